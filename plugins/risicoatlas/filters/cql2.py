"""CQL2 (OGC 21-065r2), text and JSON: what a client wrote in, pygeofilter's AST out.

categorie_kwetsbaarheid = 'kwetsbaar' AND S_INTERSECTS(geometrie, POINT(5.04 52.31))
{"op": "and", "args": [{"op": "=", "args": [{"property": "naam"}, "Stad"]}, …]}
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NoReturn

from pygeofilter import ast

from risicoatlas import crs
from risicoatlas.crs import Crs
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.filters import arithmetic, literals, text

WGS84 = Crs(4326, "CRS84", latitude_first=False)
MAX_DEPTH = 48
_SPATIAL: Mapping[str, Callable[..., ast.Node]] = {
    "s_intersects": ast.GeometryIntersects,
    "s_disjoint": ast.GeometryDisjoint,
    "s_contains": ast.GeometryContains,
    "s_within": ast.GeometryWithin,
    "s_touches": ast.GeometryTouches,
    "s_crosses": ast.GeometryCrosses,
    "s_overlaps": ast.GeometryOverlaps,
    "s_equals": ast.GeometryEquals,
}


def _not_disjoint(left: ast.AstType, right: ast.AstType) -> ast.Node:
    return ast.Not(ast.TimeDisjoint(left, right))


_TEMPORAL: Mapping[str, Callable[..., ast.Node]] = {
    "t_after": ast.TimeAfter,
    "t_before": ast.TimeBefore,
    "t_contains": ast.TimeContains,
    "t_disjoint": ast.TimeDisjoint,
    "t_during": ast.TimeDuring,
    "t_equals": ast.TimeEquals,
    "t_finishedby": ast.TimeEndedBy,
    "t_finishes": ast.TimeEnds,
    "t_intersects": _not_disjoint,
    "t_meets": ast.TimeMeets,
    "t_metby": ast.TimeMetBy,
    "t_overlappedby": ast.TimeOverlappedBy,
    "t_overlaps": ast.TimeOverlaps,
    "t_startedby": ast.TimeBegunBy,
    "t_starts": ast.TimeBegins,
}
_DIALECT = text.Dialect(
    name="CQL2",
    spatial={name.upper(): build for name, build in _SPATIAL.items()},
    temporal={name.upper(): build for name, build in _TEMPORAL.items()},
    temporal_literals=True,
    backslash_quote=True,
    box_literal=True,
    products={"%": arithmetic.Modulo, "DIV": arithmetic.WholeDivision},
    power=arithmetic.Power,
)


def read_text(expression: str, system: Crs = WGS84, locator: str = "filter") -> ast.Node:
    """The AST of a CQL2 text; geometries are in ``system`` (filter-crs), in the axis order of its notation."""
    return text.parse(expression, _DIALECT, system, locator)


def read_json(expression: str | bytes | Mapping[str, Any], system: Crs = WGS84, locator: str = "filter") -> ast.Node:
    """The AST of a CQL2 JSON document, given as text or as parsed."""
    if isinstance(expression, (str, bytes)):
        if len(expression) > text.MAX_CHARACTERS:
            found = len(expression)
            raise LimitError(f"the filter has {found} characters, more than the {text.MAX_CHARACTERS} allowed", locator)
        expression = _load(expression, locator)
    node = _Json(system, locator).node(expression, 0)
    if not text.is_condition(node):
        raise RequestError("CQL2 JSON: expected a condition, found a value", locator)
    return ast.Include(not_=not node) if isinstance(node, bool) else node


def _load(expression: str | bytes, locator: str) -> Mapping[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        found: Mapping[str, Any] = json.loads(expression, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise RequestError("the filter is not valid JSON", locator) from error
    return found


class _Json:
    """A walk over the document; each kind of object has its row in a table."""

    def __init__(self, system: Crs, locator: str) -> None:
        self.crs = system
        self.locator = locator

    def refuse(self, message: str) -> RequestError:
        return RequestError(f"CQL2 JSON: {message}", self.locator)

    def node(self, found: Any, depth: int) -> ast.AstType:
        if depth > MAX_DEPTH:
            raise LimitError(f"the filter is nested deeper than {MAX_DEPTH} levels", self.locator)
        if isinstance(found, (bool, int, float, str)):
            return found
        if not isinstance(found, Mapping):
            raise self.refuse(f"{json.dumps(found)[:40]} is not an expression")
        if "op" in found:
            return self.operation(str(found["op"]), found.get("args"), depth)
        if "interval" in found:
            return self.interval(found, depth)
        for key, build in self._objects.items():
            if key in found:
                return build(self, found)
        raise self.refuse(f"an object with {', '.join(map(repr, found))[:80] or 'nothing'} is not an expression")

    def operation(self, name: str, found: Any, depth: int) -> ast.AstType:
        if not isinstance(found, list):
            raise self.refuse(f"{name} needs a list of args")
        row = _OPERATIONS.get(name) or _OPERATIONS.get(name.lower())
        if row is None:
            return ast.Function(name, [self.value(item, depth) for item in found])
        kind, least, most, build = row
        if not least <= len(found) <= most:
            raise self.refuse(f"{name} takes {least} args, not {len(found)}" if most == least else f"{name} needs args")
        if kind == "in":
            if not isinstance(found[1], list):
                raise self.refuse("in takes a value and a list")
            return build(self.value(found[0], depth), [self.value(item, depth) for item in found[1]])
        read = {"condition": self.condition, "value": self.value, "any": self.operand}[kind]
        return build(*[read(item, depth) for item in found])

    def condition(self, found: Any, depth: int) -> ast.AstType:
        node = self.node(found, depth + 1)
        if not text.is_condition(node):
            raise self.refuse("expected a condition, found a value")
        return node

    def value(self, found: Any, depth: int) -> ast.AstType:
        node = self.node(found, depth + 1)
        if not text.is_value(node):
            raise self.refuse("expected a value, found a condition or a geometry")
        return node

    def operand(self, found: Any, depth: int) -> ast.AstType:
        return self.node(found, depth + 1)

    def geometry(self, found: Mapping[str, Any]) -> literals.GeometryLiteral:
        return literals.geometry(found, self.stated(found), self.locator)

    def stated(self, found: Mapping[str, Any]) -> Crs:
        """``"crs": {"type": "name", "properties": {"name": …}}`` of GeoJSON before RFC 7946: passed over, coordinates
        would be read in another CRS than the client means."""
        if found.get("crs") is None:
            return self.crs
        member = found["crs"]
        properties = member.get("properties") if isinstance(member, Mapping) else None
        name = properties.get("name") if isinstance(properties, Mapping) else None
        if not isinstance(name, str):
            raise self.refuse("the crs of a geometry needs properties with a name")
        return crs.parse(name, self.locator, literals.WRITABLE)

    def box(self, found: Mapping[str, Any]) -> literals.GeometryLiteral:
        numbers = found["bbox"]
        plain = isinstance(numbers, list) and all(
            isinstance(item, (int, float)) and abs(item) <= literals.MAX_COORDINATE for item in numbers
        )
        if not plain or len(numbers) not in {4, 6}:
            raise self.refuse(f"bbox takes four finite numbers of at most {literals.MAX_COORDINATE:,.0f}")
        half = len(numbers) // 2
        bounds = (float(numbers[0]), float(numbers[1]), float(numbers[half]), float(numbers[half + 1]))
        return literals.envelope(bounds, self.crs, self.locator)

    def moment(self, found: Mapping[str, Any]) -> date:
        key = "date" if "date" in found else "timestamp"
        moment = literals.moment(str(found[key]), self.locator)
        if isinstance(moment, datetime) is not (key == "timestamp"):
            raise self.refuse(f"{found[key]!r} is not a {key}")
        return moment

    def interval(self, found: Mapping[str, Any], depth: int) -> Any:
        ends = found["interval"]
        if not isinstance(ends, list) or len(ends) != 2:
            raise self.refuse("interval takes two ends")
        start, end = (item if isinstance(item, str) else self.node(item, depth + 1) for item in ends)
        return text.interval(start, end, self.locator)

    def attribute(self, found: Mapping[str, Any]) -> ast.Attribute:
        if not isinstance(found["property"], str):
            raise self.refuse("property takes a name")
        return ast.Attribute(found["property"])

    _objects: Mapping[str, Callable[["_Json", Mapping[str, Any]], Any]] = {
        "property": attribute,
        "date": moment,
        "timestamp": moment,
        "coordinates": geometry,
        "geometries": geometry,
        "bbox": box,
    }


def _like(value: ast.AstType, pattern: ast.AstType) -> ast.Node:
    return ast.Like(value, pattern, nocase=False, wildcard="%", singlechar="_", escapechar="\\", not_=False)


def _between(value: ast.AstType, low: ast.AstType, high: ast.AstType) -> ast.Node:
    return ast.Between(value, low, high, not_=False)


# name: kind of its args, least and most number of them, what it makes
_OPERATIONS: Mapping[str, tuple[str, int, int, Callable[..., ast.AstType]]] = {
    "and": ("condition", 1, 10_000, ast.And.from_items),
    "or": ("condition", 1, 10_000, ast.Or.from_items),
    "not": ("condition", 1, 1, ast.Not),
    "=": ("value", 2, 2, ast.Equal),
    "<>": ("value", 2, 2, ast.NotEqual),
    "<": ("value", 2, 2, ast.LessThan),
    "<=": ("value", 2, 2, ast.LessEqual),
    ">": ("value", 2, 2, ast.GreaterThan),
    ">=": ("value", 2, 2, ast.GreaterEqual),
    "between": ("value", 3, 3, _between),
    "like": ("value", 2, 2, _like),
    "in": ("in", 2, 2, lambda value, options: ast.In(value, options, not_=False)),
    "isNull": ("value", 1, 1, lambda value: ast.IsNull(value, not_=False)),
    "+": ("value", 2, 2, ast.Add),
    "-": ("value", 2, 2, ast.Sub),
    "*": ("value", 2, 2, ast.Mul),
    "/": ("value", 2, 2, ast.Div),
    "%": ("value", 2, 2, arithmetic.Modulo),
    "div": ("value", 2, 2, arithmetic.WholeDivision),
    "^": ("value", 2, 2, arithmetic.Power),
    **{name: ("any", 2, 2, build) for name, build in (*_SPATIAL.items(), *_TEMPORAL.items())},
}
