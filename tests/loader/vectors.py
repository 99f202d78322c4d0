"""Small vector files for the tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fiona

SQUARE = [(160000.0, 510000.0), (160010.0, 510000.0), (160010.0, 510010.0), (160000.0, 510010.0), (160000.0, 510000.0)]


def polygon(ring: Sequence[tuple[float, float]] = SQUARE) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(ring)]}


def point(x: float = 160005.0, y: float = 510005.0) -> dict[str, Any]:
    return {"type": "Point", "coordinates": (x, y)}


def write(
    path: Path, layer: str, geometry: str, features: Sequence[tuple[Any, dict[str, Any]]], epsg: int = 28992
) -> Path:
    """Add a layer to a GeoPackage; every property is text, and the first feature names them all."""
    schema = {"geometry": geometry, "properties": dict.fromkeys(features[0][1], "str")}
    crs = None if geometry == "None" else f"EPSG:{epsg}"
    with fiona.open(path, "w", driver="GPKG", layer=layer, schema=schema, crs=crs) as target:
        for shape, properties in features:
            target.write({"type": "Feature", "geometry": shape, "properties": properties})
    return path
