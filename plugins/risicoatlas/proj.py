"""pyproj as this house uses it: with the correction grid in its path, and by way of ETRS89.

In: numbers of CRSs. Out: transformers, east or longitude first. PROJ takes the national grid (:mod:`risicoatlas.grid`)
only between RD and ETRS89 itself, so a transformation to 4326, CRS84 or 3857 goes to ETRS89 first and takes that for
WGS84, as :func:`risicoatlas.crs.transformed` does in the database. Import pyproj from here and nowhere else: it reads
its path when a thread first uses it.
"""

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
