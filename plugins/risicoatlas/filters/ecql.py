"""ECQL, the language of ``cql_filter``, as clients of GeoServer write it: text in, pygeofilter's AST out.

categorie_kwetsbaarheid = 'kwetsbaar' AND BBOX(geometrie, 130000, 480000, 131000, 481000)
INTERSECTS(geometrie, POLYGON((…)))            in the storage CRS of the layer
DWITHIN(geometrie, SRID=4326;POINT(4.9 52.3), 500, meters)
begin_geldigheid AFTER 2024-01-01T00:00:00Z
"""

from pygeofilter import ast

from risicoatlas.crs import Crs
from risicoatlas.filters import text

_DIALECT = text.Dialect(
    name="ECQL",
    spatial={
        "INTERSECTS": ast.GeometryIntersects,
        "DISJOINT": ast.GeometryDisjoint,
        "CONTAINS": ast.GeometryContains,
        "WITHIN": ast.GeometryWithin,
        "TOUCHES": ast.GeometryTouches,
        "CROSSES": ast.GeometryCrosses,
        "OVERLAPS": ast.GeometryOverlaps,
        "EQUALS": ast.GeometryEquals,
    },
    temporal_infix={
        "BEFORE": ast.TimeBefore,
        "BEFORE OR DURING": ast.TimeBeforeOrDuring,
        "DURING": ast.TimeDuring,
        "DURING OR AFTER": ast.TimeDuringOrAfter,
        "AFTER": ast.TimeAfter,
        "TEQUALS": ast.TimeEquals,
    },
    distance={"DWITHIN": ast.DistanceWithin, "BEYOND": ast.DistanceBeyond},
    calls=frozenset({"BBOX", "ENVELOPE", "RELATE"}),
    prefixed_names=True,
)


def read(expression: str, srid: int, locator: str = "cql_filter") -> ast.Node:
    """The AST of an ECQL filter; ``srid`` is the native CRS of the layer, in which geometries without SRID are read."""
    return text.parse(expression, _DIALECT, Crs(srid, f"EPSG:{srid}", latitude_first=False), locator)
