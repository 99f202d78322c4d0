"""pyproj as this house uses it: with the correction grid in its path, and by way of ETRS89.

In: numbers of CRSs. Out: transformers, east or longitude first. PROJ takes the national grid (:mod:`risicoatlas.grid`)
only between RD and ETRS89 itself, so a transformation to 4326, CRS84 or 3857 goes to ETRS89 first and takes that for
WGS84, as :func:`risicoatlas.crs.transformed` does in the database. Import pyproj from here and nowhere else: it reads
its path when a thread first uses it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj
from pyproj import CRS

from risicoatlas import crs, grid

__all__ = ["CRS", "Way", "between"]

pyproj.datadir.append_data_dir(str(grid.FOLDER))


@dataclass(frozen=True)
class Way:
    """The steps from one CRS to another; each is a transformer of pyproj."""

    steps: tuple[Any, ...]

    def transform(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Coordinates, numbers or sequences of them; infinite where the projection knows no answer."""
        for step in self.steps:
            x, y = step.transform(x, y)
        return x, y

    def transform_bounds(self, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """The box around a box, its edges followed."""
        for step in self.steps:
            bounds = step.transform_bounds(*bounds, densify_pts=21)
        return bounds


@lru_cache
def between(source: int, target: int) -> Way:
    """The way from ``source`` to ``target``, both by number."""
    legs = crs.legs(source, target)
    return Way(tuple(pyproj.Transformer.from_crs(start, end, always_xy=True) for start, end in legs))
