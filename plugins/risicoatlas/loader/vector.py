"""Vector files at the edge, by fiona: layers with their header, CRS and rows.

In: a path. Out: :class:`VectorLayer` values and rows of plain Python. What GDAL cannot read raises
:class:`~risicoatlas.errors.SourceError`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fiona
import shapely
from fiona.errors import DriverError, FionaError
from fiona.model import Geometry
from shapely.geometry import shape

from risicoatlas.errors import SourceError
from risicoatlas.loader import wkb

# What a file begins with, and the driver that may open it. GDAL asks all of its drivers otherwise, of which some write
# files beside the one they look at (.gfs), follow references to other files, or go to the network.
SIGNATURES = ((b"SQLite format 3\0", "GPKG"), (b"fgb", "FlatGeobuf"), (b"\0\0\x27\x0a", "ESRI Shapefile"))
HEAD_BYTES = 1 << 16


def driver(path: Path) -> str | None:
    """The driver for this file, by its content; None when it is none of the forms that are read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"FeatureCollection"' in head:
        return "GeoJSON"
    return next((name for signature, name in SIGNATURES if head.startswith(signature)), None)


@dataclass(frozen=True)
class VectorLayer:
    """What a layer says of itself. ``geometry`` is its declared type, None for a table; ``epsg`` None where unknown."""

    name: str
    header: tuple[str, ...]
    geometry: str | None
    epsg: int | None
    crs_name: str
    count: int


def layers(path: Path) -> list[VectorLayer]:
    """The layers of a file; a file that is no vector file raises :class:`SourceError`."""
    if driver(path) is None:
        raise SourceError(path, None, "it is no GeoPackage, FlatGeobuf, shapefile or GeoJSON")
    try:
        return [_layer(path, name) for name in fiona.listlayers(path)]
    except (DriverError, FionaError, ValueError) as error:
        raise SourceError(path, None, f"it cannot be read as a vector file ({error})") from error


def _layer(path: Path, name: str) -> VectorLayer:
    with fiona.open(path, driver=driver(path), layer=name) as collection:
        geometry = collection.schema["geometry"]
        crs = collection.crs
        return VectorLayer(
            name=name,
            header=tuple(collection.schema["properties"]),
            geometry=None if geometry == "None" else geometry,
            epsg=crs.to_epsg() if crs else None,
            crs_name=(f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt()[:60]) if crs else "not given",
            count=len(collection),
        )


def rows(path: Path, layer: str, columns: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any], Geometry | None]]:
    """Each feature as (its number in the file, the values of these columns, geometry or None)."""
    try:
        with fiona.open(path, driver=driver(path), layer=layer, include_fields=tuple(columns)) as collection:
            for feature in collection:
                yield feature.id, dict(feature.properties), feature.geometry
    except (DriverError, FionaError) as error:
        raise SourceError(path, f"layer {layer}", f"it cannot be read ({error})") from error


def matching(path: Path, layer: str, column: str, values: list[str]) -> int:
    """How many features have one of these values in a column; the values are digits and letters only."""
    listed = ", ".join(f"'{value}'" for value in values if value.replace(".", "").isalnum())
    with fiona.open(path, driver=driver(path), layer=layer, ignore_geometry=True) as collection:
        return sum(1 for _ in collection.filter(where=f"{column} IN ({listed})"))


def as_wkb(geometry: Geometry | None, srid: int) -> str | None:
    """A geometry as hexadecimal EWKB; :class:`~risicoatlas.loader.wkb.ShapeError` for what PostGIS could not read."""
    if geometry is None:
        return None
    kind, coordinates = geometry.type, geometry.coordinates
    if kind == "Point":
        return wkb.point(coordinates[0], coordinates[1], srid)
    if kind == "Polygon":
        return wkb.polygons([[wkb.flat(ring) for ring in coordinates]], srid)
    if kind == "MultiPolygon":
        return wkb.polygons([[wkb.flat(ring) for ring in part] for part in coordinates], srid)
    # Rare ones: what may be made of them is judged in the database, like all else.
    return shapely.to_wkb(shapely.set_srid(shape(geometry), srid), hex=True, include_srid=True)
