"""Boundaries of the sample's municipalities: three Dutch ones around the town, two Flemish ones, all in open water."""

import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import fiona
import shapely
from fiona.model import Feature, Geometry, Properties
from shapely.geometry import LineString, MultiPolygon, Polygon, mapping
from shapely.ops import polygonize, unary_union

from risicoatlas.sample.model import STAND, Ring
from risicoatlas.sample.town import Town

# Two municipalities side by side in the North Sea, EPSG:31370.
VL_X, VL_Y, VL_SIZE = 30000, 230000, 4000
VL_NAMES = {"99901": "Zeekapelle", "99902": "Duinbeke"}


def wavy(*corners: tuple[float, float]) -> LineString:
    """A line along the corners that sways up to 40 m, in steps of 100 m, as a function of place alone."""
    points = []
    for (x1, y1), (x2, y2) in pairwise(corners):
        steps = max(1, round(math.dist((x1, y1), (x2, y2)) / 100))
        for step in range(steps + 1):
            x, y = x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps
            points.append((round(x + 40 * math.sin(y / 290), 3), round(y + 40 * math.sin(x / 310), 3)))
    return LineString(points)


def split(outer: Iterable[tuple[float, float]], *cuts: Iterable[tuple[float, float]]) -> list[Polygon]:
    """Parts of a region that is cut along lines; neighbours share their vertices exactly."""
    corners = list(outer)
    lines = [wavy(*corners, corners[0]), *(wavy(*cut) for cut in cuts)]
    return [shapely.set_precision(part, 0.001) for part in polygonize(unary_union(lines))]


def dutch(towns: list[Town]) -> dict[str, Polygon]:
    """Town 1 south-west, town 2 the whole east, town 3 north of town 1."""
    first, second, third = towns
    west, south = first.gemeente.x - 3700, first.gemeente.y - 2900
    border_x, border_y = first.gemeente.x + first.width + 600, first.gemeente.y + first.height + 700
    east = second.gemeente.x + second.width + 500
    north = max(third.gemeente.y + third.height, second.gemeente.y + second.height) + 600
    parts = split(
        [(west, south), (east, south), (east, north), (west, north)],
        [(border_x, south - 100), (border_x, north + 100)],
        [(west - 100, border_y), (border_x + 100, border_y)],
    )
    return {town.gemeente.code: _part_with(parts, (town.gemeente.x + 700, town.gemeente.y + 10)) for town in towns}


def flemish() -> dict[str, Polygon]:
    middle, east, north = VL_X + VL_SIZE, VL_X + 2 * VL_SIZE, VL_Y + VL_SIZE
    parts = split(
        [(VL_X, VL_Y), (east, VL_Y), (east, north), (VL_X, north)], [(middle, VL_Y - 100), (middle, north + 100)]
    )
    return {
        "99901": _part_with(parts, (VL_X + 900, VL_Y + 900)),
        "99902": _part_with(parts, (middle + 900, VL_Y + 900)),
    }


def _part_with(parts: list[Polygon], point: tuple[float, float]) -> Polygon:
    return next(part for part in parts if part.contains(shapely.Point(point)))


def ring_of(polygon: Polygon) -> Ring:
    return tuple((x, y) for x, y in polygon.exterior.coords)


def write(folder: Path, towns: list[Town]) -> None:
    """``gemeenten_nl.gpkg`` (EPSG:28992) and ``gemeenten_vl.gpkg`` (EPSG:31370), each with the layer ``gemeente``."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {town.gemeente.code: town.gemeente.naam for town in towns}
    rows = [({"statcode": f"GM{code}", "statnaam": names[code]}, part) for code, part in dutch(towns).items()]
    _layer(folder / "gemeenten_nl.gpkg", 28992, rows)
    rows = [({"nis": nis, "name_nl": VL_NAMES[nis]}, part) for nis, part in flemish().items()]
    _layer(folder / "gemeenten_vl.gpkg", 31370, rows)


def _layer(path: Path, epsg: int, rows: list[tuple[dict[str, str], Polygon]]) -> None:
    schema = {"geometry": "MultiPolygon", "properties": dict.fromkeys(rows[0][0], "str")}
    with (
        fiona.Env(OGR_CURRENT_DATE=f"{STAND}T12:00:00.000Z"),
        fiona.open(path, "w", driver="GPKG", layer="gemeente", schema=schema, crs=f"EPSG:{epsg}") as target,
    ):
        for properties, part in rows:
            geometry = Geometry(**mapping(MultiPolygon([part])))
            target.write(Feature(geometry=geometry, properties=Properties(**properties)))
