"""Spatial tests of a column against a checked literal, as SQL that uses the spatial index and does not raise.

Each test is ``storage && box AND ST_…``: the box, computed here, serves the index. A literal in longitude and latitude
is tested against the column in ETRS89 where there is one, since the straight edges of the client's polygon are straight
there; else its edges are cut to 0.01 degree and it is transformed. What lies outside the region of the national
projection is cut off first, so that no transformation can fail; no data lies there.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely
from psycopg import sql
from psycopg.sql import Composable
from pygeofilter import ast
from shapely.geometry.base import BaseGeometry

from risicoatlas import crs, proj
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.filters.literals import Bounds, GeometryLiteral, transformed_bounds
from risicoatlas.rendered import Bound

if TYPE_CHECKING:
    from risicoatlas.filters.sql import Column

# Where the projection behaves, in degrees: wider than any data of the CRS.
REGION = {28992: (-2.0, 47.0, 15.0, 60.0), 31370: (-4.0, 46.0, 14.0, 56.0), 3812: (-4.0, 46.0, 14.0, 56.0)}
# The box for the index is widened. By a metre, since a database of one's own may lack the correction grid that pyproj
# has, which moves a point by up to 0.25 m; and by a share of its side, since a straight edge in one CRS is a curve in
# the other and is followed in 21 steps: between two of them it may bulge 5 m on 300 km, 70 m on 1,100 km.
MARGIN_M, MARGIN_DEGREES = 1.0, 1e-5
MARGIN_SHARE = 1e-3
SEGMENT_DEGREES = 0.01
# A short text may stand for edges of millions of kilometres: cut up they would fill the memory.
MAX_SEGMENTS = 50_000
MAX_DISTANCE_M = 1e7

OPERATORS: Mapping[type[Any], sql.SQL] = {
    ast.GeometryIntersects: sql.SQL("ST_Intersects"),
    ast.GeometryDisjoint: sql.SQL("ST_Intersects"),
    ast.GeometryContains: sql.SQL("ST_Contains"),
    ast.GeometryWithin: sql.SQL("ST_Within"),
    ast.GeometryTouches: sql.SQL("ST_Touches"),
    ast.GeometryCrosses: sql.SQL("ST_Crosses"),
    ast.GeometryOverlaps: sql.SQL("ST_Overlaps"),
    ast.GeometryEquals: sql.SQL("ST_Equals"),
}
# op(literal, column) said as op(column, literal)
MIRRORED: Mapping[type[Any], type[Any]] = {
    ast.GeometryContains: ast.GeometryWithin,
    ast.GeometryWithin: ast.GeometryContains,
}
# False where the literal reaches outside the region: all of it must lie inside the feature.
_WHOLE_LITERAL = (ast.GeometryContains, ast.GeometryEquals)
# One metre in the unit (OGC 09-026r2 and GeoServer's ECQL names).
UNITS_M = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "urn:ogc:def:uom:ogc:1.0:metre": 1.0,
    "km": 1000.0, "kilometer": 1000.0, "kilometers": 1000.0, "kilometre": 1000.0, "kilometres": 1000.0,
    "ft": 0.3048, "feet": 0.3048, "statute miles": 1609.344, "mi": 1609.344,
    "nautical miles": 1852.0, "nmi": 1852.0, "[nmi_i]": 1852.0,
}  # fmt: skip


def compare(operator: type[Any], column: "Column", literal: GeometryLiteral) -> Composable:
    """``operator(column, literal)``."""
    inside = _clipped(column, literal)
    if inside is None or (operator in _WHOLE_LITERAL and inside is not literal.shape):
        return sql.SQL("({} IS NOT NULL)" if operator is ast.GeometryDisjoint else "FALSE").format(column.sql)
    found = _test(operator, column, _cut(literal, inside))
    return sql.SQL("(NOT {})" if operator is ast.GeometryDisjoint else "{}").format(found)


def meets_box(column: "Column", literal: GeometryLiteral) -> Composable:
    """``column`` intersects ``literal``; where a statement may be kept for it, with the values apart."""
    inside = _clipped(column, literal)
    if inside is None:
        return sql.SQL("FALSE")
    return _test(ast.GeometryIntersects, column, _cut(literal, inside))


def _cut(literal: GeometryLiteral, inside: BaseGeometry) -> GeometryLiteral:
    return literal if inside is literal.shape else replace(literal, shape=inside, box=False)


def _test(operator: type[Any], column: "Column", literal: GeometryLiteral) -> Bound:
    tested, shape = _common(column, literal)
    indexed = (column.box or column.sql).as_string()
    form = f"({indexed} && {{}} AND {OPERATORS[operator].as_string()}({tested.as_string()}, {{}}))"
    # Literal in fact: names of our own.
    return Bound(form, ("geometry", "geometry"), (_box(column, literal.shape, literal.srid), shape))


def compare_columns(operator: type[Any], left: "Column", right: "Column") -> Composable:
    """``operator(left, right)`` of two geometries of the same row or of a join."""
    other = _as_stored(right, left)
    found = sql.SQL("({} && {} AND {}({}, {}))").format(
        left.box or left.sql, _box_as_stored(right, left), OPERATORS[operator], left.sql, other
    )
    return sql.SQL("(NOT {})").format(found) if operator is ast.GeometryDisjoint else found


def columns_within_distance(left: "Column", right: "Column", distance_m: float) -> Composable:
    """Whether two geometries lie within so many metres, measured in the storage CRS of the left one."""
    within = sql.SQL("ST_DWithin({}, {}, {})").format(left.sql, _as_stored(right, left), sql.Literal(distance_m))
    if left.box is None:
        return within
    return sql.SQL("({} && ST_Expand({}, {}) AND {})").format(
        left.box, _box_as_stored(right, left), sql.Literal(distance_m), within
    )


def _box_as_stored(column: "Column", other: "Column") -> Composable:
    """What stands for the box of the column in the storage CRS of the other: the indexed geometry, where it can."""
    return column.box if column.box is not None and column.srid == other.srid else _as_stored(column, other)


def _as_stored(column: "Column", other: "Column") -> Composable:
    """The column in the storage CRS of the other; the one in ETRS89, where there is one, saves half of the way."""
    source, target = column.srid or 0, other.srid or 0
    if source != target and column.etrs89 is not None:
        return crs.transformed(column.etrs89, 4258, target)
    return crs.transformed(column.sql, source, target)


def within_distance(column: "Column", literal: GeometryLiteral, distance_m: float) -> Composable:
    """Whether the column lies within so many metres of the literal, measured in the storage CRS."""
    inside = _clipped(column, literal)
    if inside is None:
        return sql.SQL("({} IS NULL AND NULL)").format(column.sql)
    shape = _stored(column, replace(literal, shape=inside))
    within = sql.SQL("ST_DWithin({}, {}, {})").format(column.sql, shape, sql.Literal(distance_m))
    if column.box is None:
        return within
    return sql.SQL("({} && ST_Expand({}, {}) AND {})").format(column.box, shape, sql.Literal(distance_m), within)


def relate(column: "Column", literal: GeometryLiteral, pattern: str) -> Composable:
    """Whether the DE-9IM matrix of column and literal matches the pattern."""
    inside = _clipped(column, literal)
    if inside is None:
        return sql.SQL("FALSE")
    tested, shape = _common(column, replace(literal, shape=inside))
    return sql.SQL("ST_Relate({}, {}, {})").format(tested, shape, sql.Literal(pattern))


def box_overlap(column: "Column", literal: GeometryLiteral) -> Composable:
    """Overlap of the column's box with a box computed here: cannot raise, so it may stand inside a barrier."""
    inside = _clipped(column, literal)
    return (
        sql.SQL("FALSE")
        if inside is None
        else sql.SQL("{} && {}").format(column.box or column.sql, _box(column, inside, literal.srid))
    )


def metres(distance: float, unit: str, locator: str) -> float:
    """A distance in metres; an unknown unit or an unusable number is refused."""
    factor = UNITS_M.get(unit.lower())
    if factor is None:
        raise RequestError(f"the unit {unit!r} is not known: use m or km", locator)
    if not (math.isfinite(distance) and 0 <= distance * factor <= MAX_DISTANCE_M):
        raise RequestError(f"the distance must lie between 0 and {MAX_DISTANCE_M / 1000:.0f} km", locator)
    return distance * factor


def literal_sql(shape: BaseGeometry, srid: int) -> Composable:
    """A geometry as a constant of PostGIS."""
    extended = shapely.to_wkb(shapely.set_srid(shape, srid), hex=True, include_srid=True)
    return sql.SQL("{}::geometry").format(sql.Literal(extended))


def _clipped(column: "Column", literal: GeometryLiteral) -> BaseGeometry | None:
    """The part of the literal in the region of the column's CRS; the very same object where that is all of it."""
    if literal.srid == column.srid or column.srid not in REGION:
        return literal.shape
    region = REGION[column.srid]
    if literal.srid not in crs.GEOGRAPHIC:
        region = transformed_bounds(region, 4326, literal.srid)
    bounds = literal.shape.bounds
    if bounds[0] >= region[0] and bounds[1] >= region[1] and bounds[2] <= region[2] and bounds[3] <= region[3]:
        return literal.shape
    part = shapely.intersection(literal.shape, shapely.box(*region))
    return None if part.is_empty else part


def _common(column: "Column", literal: GeometryLiteral) -> tuple[Composable, Composable]:
    """Column and literal in one CRS."""
    if literal.srid == column.srid or column.etrs89 is None or literal.srid not in {*crs.GEOGRAPHIC, 3857}:
        return column.sql, _stored(column, literal)
    if literal.box and literal.srid in crs.GEOGRAPHIC:
        return column.etrs89, _rectangle(literal.shape.bounds, 4258)
    shape = literal_sql(literal.shape, literal.srid)
    return column.etrs89, sql.SQL("ST_SetSRID({}, 4258)").format(crs.transformed(shape, literal.srid, 4326))


def _stored(column: "Column", literal: GeometryLiteral) -> Composable:
    if literal.srid == column.srid:
        if literal.box:
            return _rectangle(literal.shape.bounds, literal.srid)
        return literal_sql(literal.shape, literal.srid)
    step = SEGMENT_DEGREES if literal.srid in crs.GEOGRAPHIC else SEGMENT_DEGREES * 111_000
    if literal.shape.length / step > MAX_SEGMENTS:
        raise LimitError(
            f"the edges of the geometry are too long in all: cut into pieces of {step:g} they are more than the"
            f" {MAX_SEGMENTS} allowed; draw it smaller, or in EPSG:{column.srid}",
            literal.locator,
        )
    cut = (
        literal.shape if literal.shape.geom_type in {"Point", "MultiPoint"} else shapely.segmentize(literal.shape, step)
    )
    return crs.transformed(literal_sql(cut, literal.srid), literal.srid, column.srid or literal.srid)


def _box(column: "Column", shape: BaseGeometry, srid: int) -> Composable:
    if column.srid is None or srid == column.srid:
        return _rectangle(shape.bounds, srid)
    small = proj.small_box(shape.bounds, srid, column.srid) if column.srid in REGION else None
    left, bottom, right, top = small or transformed_bounds(shape.bounds, srid, column.srid)
    least = MARGIN_DEGREES if column.srid in crs.GEOGRAPHIC else MARGIN_M
    margin = least + MARGIN_SHARE * max(right - left, top - bottom)
    return _rectangle((left - margin, bottom - margin, right + margin, top + margin), column.srid)


def _rectangle(bounds: Bounds, srid: int) -> Composable:
    if all(map(math.isfinite, bounds)):
        # Literal in fact: five numbers.
        numbers = ", ".join(map(repr, map(float, bounds)))
        return sql.SQL(f"ST_MakeEnvelope({numbers}, {srid})")
    return sql.SQL("ST_MakeEnvelope({})").format(sql.SQL(", ").join(map(sql.Literal, (*bounds, srid))))
