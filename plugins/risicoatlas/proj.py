"""pyproj as this house uses it: with the correction grid in its path, and by way of ETRS89.

In: numbers of CRSs. Out: transformers, east or longitude first. PROJ takes the national grid (:mod:`risicoatlas.grid`)
only between RD and ETRS89 itself, so a transformation to 4326, CRS84 or 3857 goes to ETRS89 first and takes that for
WGS84, as :func:`risicoatlas.crs.transformed` does in the database. Import pyproj from here and nowhere else: it reads
its path when a thread first uses it.
"""

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj
from pyproj import CRS

from risicoatlas import crs, grid

__all__ = ["CRS", "Way", "between", "prepare"]

pyproj.datadir.append_data_dir(str(grid.FOLDER))

# Within so small a cell a projection is straight but for 0.2 m: 0.01 degree is 1.1 km.
CELL_DEGREES = 0.01
CELLS = 10_000

Bounds = tuple[float, float, float, float]
Legs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Way:
    """The steps from one CRS to another."""

    legs: Legs

    def transform(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Coordinates, numbers or sequences of them; infinite where the projection knows no answer."""
        found: tuple[Any, Any] = _in_its_thread(_transformed, self.legs, x, y)
        return found

    def transform_bounds(self, bounds: Bounds) -> Bounds:
        """The box around a box, its edges followed."""
        found: Bounds = _in_its_thread(_bounds, self.legs, bounds)
        return found


def between(source: int, target: int) -> Way:
    """The way from ``source`` to ``target``, both by number."""
    return Way(tuple(crs.legs(source, target)))


def small_box(bounds: Bounds, source: int, target: int) -> Bounds | None:
    """The box in a national system, to 0.2 m in its region, around one in degrees that is no larger than
    :data:`CELL_DEGREES`; None for any other. Where the projection lies is worked out once per cell: following the edges
    of each box costs more than reading what is in it."""
    west, south, east, north = bounds
    if source not in crs.GEOGRAPHIC or target in crs.GEOGRAPHIC:
        return None
    if not (east - west <= CELL_DEGREES and north - south <= CELL_DEGREES):
        return None
    place = math.floor((west + east) / 2 / CELL_DEGREES), math.floor((south + north) / 2 / CELL_DEGREES)
    longitude, latitude, x, y, x_east, y_east, x_north, y_north = _cell(source, target, *place)
    if not math.isfinite(x + y + x_east + y_east + x_north + y_north):
        return None
    corners = [
        (x + u * x_east + v * x_north, y + u * y_east + v * y_north)
        for u in (west - longitude, east - longitude)
        for v in (south - latitude, north - latitude)
    ]
    return (
        min(corner[0] for corner in corners),
        min(corner[1] for corner in corners),
        max(corner[0] for corner in corners),
        max(corner[1] for corner in corners),
    )


@lru_cache(maxsize=CELLS)
def _cell(source: int, target: int, column: int, row: int) -> tuple[float, ...]:
    """The middle of a cell in both systems, and how far a degree to the east and to the north leads from there."""
    longitude, latitude, half = (column + 0.5) * CELL_DEGREES, (row + 0.5) * CELL_DEGREES, CELL_DEGREES / 2
    xs, ys = between(source, target).transform(
        [longitude, longitude - half, longitude + half, longitude, longitude],
        [latitude, latitude, latitude, latitude - half, latitude + half],
    )
    to_east = (xs[2] - xs[1]) / CELL_DEGREES, (ys[2] - ys[1]) / CELL_DEGREES
    to_north = (xs[4] - xs[3]) / CELL_DEGREES, (ys[4] - ys[3]) / CELL_DEGREES
    return longitude, latitude, xs[0], ys[0], *to_east, *to_north


def _transformed(legs: Legs, x: Any, y: Any) -> tuple[Any, Any]:
    for step in _steps(legs):
        x, y = step.transform(x, y)
    return x, y


def _bounds(legs: Legs, bounds: Bounds) -> Bounds:
    for step in _steps(legs):
        bounds = step.transform_bounds(*bounds, densify_pts=21)
    return bounds


@lru_cache
def _steps(legs: Legs) -> tuple[Any, ...]:
    return tuple(pyproj.Transformer.from_crs(start, end, always_xy=True) for start, end in legs)


def _in_its_thread(task: Callable[..., Any], *values: Any) -> Any:
    """pyproj makes a transformer anew in every thread that uses it, which takes over 0.1 s: one thread does it all."""
    return _thread().submit(task, *values).result()


@lru_cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="proj")


def prepare(pairs: Iterable[tuple[int, int]]) -> None:
    """Have the transformers of these pairs made beforehand; nobody waits for it."""
    for source, target in pairs:
        _thread().submit(_steps, between(source, target).legs)


def _end_thread() -> None:
    if _thread.cache_info().currsize:
        _thread().shutdown()
    _thread.cache_clear()
    _steps.cache_clear()


# A process that forks should have no threads, and its child has none of them.
os.register_at_fork(before=_end_thread)
