"""FES 2.0 filters: XML in, pygeofilter's AST out, with typed literals and geometry in the layer's CRSs.

What old clients send is read alike: ``ogc:Filter`` of FES 1.1, a filter without namespace, ``PropertyName`` for
``ValueReference``, ``FeatureId`` and ``GmlObjectId`` for ``ResourceId``. A name must be a property of the layer, and an
operator that is not in a table here is an error, never "true".
Example::

    <fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0">
      <fes:PropertyIsEqualTo matchCase="true">
        <fes:ValueReference>gemeentecode</fes:ValueReference><fes:Literal>GM9901</fes:Literal>
      </fes:PropertyIsEqualTo>
    </fes:Filter>
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from typing import Protocol

from pygeofilter import ast, values

from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.errors import RequestError
from risicoatlas.filters import gml, literals, safe_xml
from risicoatlas.filters.literals import GeometryLiteral
from risicoatlas.filters.safe_xml import PARSING_FAILED, Element, elements, local_name, namespace
from risicoatlas.filters.sql import ENVELOPE

NAMESPACES = (None, "http://www.opengis.net/fes/2.0", "http://www.opengis.net/ogc", "http://www.opengis.net/wfs/2.0")
NOT_SUPPORTED = "OperationNotSupported"
LOCATOR = "filter"
MAX_BYTES = 1_048_576


@dataclass(frozen=True)
class Filter:
    """``node`` is the condition; ``ids`` stands in its place where the filter is nothing but a list of ResourceIds."""

    node: ast.Node | None = None
    ids: tuple[str, ...] | None = None


class Names(Protocol):
    """What names and literals of a filter are read against."""

    def attribute(self, element: Element) -> ast.Attribute:
        """The property that a ValueReference names."""

    def type_of(self, attribute: ast.Attribute) -> str:
        """The type of a property, of the catalogue or ``geometry``."""

    def srid(self, attribute: ast.Attribute) -> int:
        """The CRS of a geometry beside this property that states none."""

    def geometry(self, element: Element) -> ast.Attribute:
        """The geometry that an operator means which names none."""

    def identified(self, text: str) -> ast.Node:
        """The condition that a feature has this resource id."""


@dataclass(frozen=True)
class Scope:
    """The names of one layer, and the alias that a join gives it."""

    layer: Layer
    prefixes: Mapping[str, str] = field(default_factory=dict)
    alias: str | None = None

    def attribute(self, element: Element) -> ast.Attribute:
        """The property that a ValueReference names; a step of the type before it and a bound prefix are allowed."""
        steps = reference_steps(element)
        name = self._local(steps[-1], element) if steps else ""
        if len(steps) > 2 or (len(steps) == 2 and not self.is_named(steps[0], element)):
            name = ""
        if name != GEOMETRY and name not in self.layer.by_name:
            found, known = (element.text or "").strip(), ", ".join((*self.layer.by_name, GEOMETRY))
            raise RequestError(f"{self.layer.name} has no property {found!r}: it has {known}", LOCATOR)
        return ast.Attribute(name)

    def type_of(self, attribute: ast.Attribute) -> str:
        return "geometry" if attribute.name == GEOMETRY else self.layer.by_name[attribute.name].type

    def srid(self, attribute: ast.Attribute) -> int:
        return self.layer.srid

    def geometry(self, element: Element) -> ast.Attribute:
        return ast.Attribute(GEOMETRY)

    def identified(self, text: str) -> ast.Node:
        key = key_of(text, self.layer)
        return ast.In(ast.Attribute(KEY), [key], False) if key is not None else NOTHING

    def is_named(self, step: str, element: Element) -> bool:
        """Whether a step of a reference names the layer or its alias."""
        return step == self.alias or self._local(step, element) == self.layer.name

    def _local(self, step: str, element: Element) -> str | None:
        prefix, _, name = step.rpartition(":")
        if not prefix:
            return name
        bound = element.nsmap.get(prefix) or self.prefixes.get(prefix)
        return name if bound == self.layer.namespace or (bound is None and prefix == self.layer.prefix) else None


def read(data: str, layer: Layer, prefixes: Mapping[str, str] | None = None) -> Filter:
    """Read the text of a filter for a layer; ``prefixes`` are bound outside of the XML (the KVP ``NAMESPACES``).

    Raises :class:`RequestError`: OperationParsingFailed for XML that cannot be read, OperationNotSupported for an
    operator that is not offered, InvalidParameterValue for an unknown property or a geometry that cannot be used.
    """
    scope = Scope(layer, prefixes or {})
    parts = parsed(data)
    if parts and all(local_name(part) in IDENTIFIERS for part in parts):
        return Filter(ids=tuple(key for part in parts if (key := _key(part, layer)) is not None))
    if len(parts) != 1:
        raise RequestError(f"a filter holds one condition, found {len(parts)}", LOCATOR, PARSING_FAILED)
    return Filter(node=condition(parts[0], scope))


def parsed(data: str) -> list[Element]:
    """What the text of a filter holds: a condition, or identifiers."""
    root = safe_xml.parse(data.encode(), LOCATOR, max_bytes=MAX_BYTES)
    if local_name(root) != "Filter" or namespace(root) not in NAMESPACES:
        raise RequestError(f"expected a fes:Filter, found {local_name(root)}", LOCATOR, PARSING_FAILED)
    return elements(root)


def reference_steps(element: Element) -> list[str]:
    """The steps of a ValueReference, of which the last names a property."""
    return [step for step in (element.text or "").strip().split("/") if step]


def resource_id(layer: Layer, key: str) -> str:
    """The ``gml:id``: ``<layer>.<identificatie>``, escaped so that it is a name in XML (as ISO 9075-14 does)."""
    return f"{layer.name}." + _NOT_IN_NAME.sub(lambda found: "".join(f"_x{ord(c):04X}_" for c in found[0]), key)


def key_of(text: str, layer: Layer) -> str | None:
    """The ``identificatie`` that a resource id of this layer names; None for an id of something else."""
    name, dot, key = _NUMBER_AGAIN.sub("", text).partition(".")
    if name != layer.name or not dot or not key:
        return None
    decoded = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), key)
    # no text in the database holds these
    return None if re.search("[\x00\ud800-\udfff]", decoded) else decoded


# The underscore of a literal "_x" is escaped too, so that the way back is certain.
_NOT_IN_NAME = re.compile(r"[^-A-Za-z0-9_.]|_(?=x)")
_ESCAPED = re.compile(r"_x([0-9A-F]{4,5}|10[0-9A-F]{4})_")
# What follows the id of a feature that comes again in a join, on the left and on the right, before a number. It is no
# escape, and an escaped key cannot hold it.
AGAIN = ("_xt", "_xu")
_NUMBER_AGAIN = re.compile(rf"({'|'.join(AGAIN)})[0-9]+$")
IDENTIFIERS = {"ResourceId": "rid", "FeatureId": "fid", "GmlObjectId": "{http://www.opengis.net/gml}id"}


def _key(element: Element, layer: Layer) -> str | None:
    return key_of(identifier(element), layer)


def identifier(element: Element) -> str:
    """What a ResourceId holds."""
    found = element.get(IDENTIFIERS[local_name(element)])
    if not found:
        raise RequestError(f"a {local_name(element)} without an identifier", LOCATOR, PARSING_FAILED)
    return str(found)


def condition(element: Element, scope: Names) -> ast.Node:
    name = local_name(element)
    if name not in CONDITIONS or namespace(element) not in NAMESPACES:
        raise RequestError(f"the filter operator {name} is not offered", LOCATOR, NOT_SUPPORTED)
    return CONDITIONS[name](element, scope)


# Logic


def _combined(make: type[ast.Combination]) -> "Reader":
    def reader(element: Element, scope: Names) -> ast.Node:
        parts = [condition(child, scope) for child in elements(element)]
        if len(parts) < 2:
            raise _incomplete(element, "two conditions")
        return reduce(make, parts)

    return reader


def _not(element: Element, scope: Names) -> ast.Node:
    (part,) = _children(element, 1)
    return ast.Not(condition(part, scope))


def _ids(element: Element, scope: Names) -> ast.Node:
    return scope.identified(identifier(element))


# Comparison


def _comparison(make: type[ast.Comparison]) -> "Reader":
    def reader(element: Element, scope: Names) -> ast.Node:
        first, second = _children(element, 2)
        if not is_reference(first) and not is_reference(second):
            raise _incomplete(element, "a property")
        operands = [_operand(item, scope) for item in (first, second)]
        if element.get("matchCase", "true") in IGNORE_CASE and _all_text(operands, scope):
            return make(*(ast.Function("casei", [operand]) for operand in operands))
        return make(*operands)

    return reader


def _all_text(operands: list[ast.Attribute | str], scope: Names) -> bool:
    """Whether every property among the operands is text, so that upper and lower case mean something."""
    return all(scope.type_of(operand) == "text" for operand in operands if isinstance(operand, ast.Attribute))


def _between(element: Element, scope: Names) -> ast.Node:
    subject, lower, upper = _children(element, 3)
    if local_name(lower) != "LowerBoundary" or local_name(upper) != "UpperBoundary":
        raise _incomplete(element, "a LowerBoundary and an UpperBoundary")
    low, high = (_operand(_children(part, 1)[0], scope) for part in (lower, upper))
    return ast.Between(_property(subject, scope), low, high, False)


def _like(element: Element, scope: Names) -> ast.Node:
    subject, pattern = _children(element, 2)
    wildcard, single = element.get("wildCard", "*"), element.get("singleChar", "?")
    escape = element.get("escapeChar") or element.get("escape") or "\\"
    if not (wildcard and single) or len({wildcard, single, escape}) != 3:
        raise RequestError("wildCard, singleChar and escapeChar must be three different characters", LOCATOR)
    nocase = element.get("matchCase", "true") in IGNORE_CASE
    return ast.Like(_property(subject, scope), _literal(pattern), nocase, wildcard, single, escape, False)


def _null(element: Element, scope: Names) -> ast.Node:
    (subject,) = _children(element, 1)
    return ast.IsNull(_property(subject, scope), False)


def _nil(element: Element, scope: Names) -> ast.Node:
    """No property is ever nil with a reason here: what is not known is absent."""
    (subject,) = _children(element, 1)
    _property(subject, scope)
    return NOTHING


# Space


def _bbox(element: Element, scope: Names) -> ast.Node:
    """A feature meets the box where it is not disjoint from it (FES 2.0, 7.8.3.2); without a property: its geometry.

    A second property stands for the box around it.
    """
    parts = elements(element)
    attribute = _geometry_property(parts.pop(0), scope) if len(parts) == 2 else scope.geometry(element)
    if len(parts) != 1:
        raise _incomplete(element, "one gml:Envelope")
    if is_reference(parts[0]):
        return ast.GeometryIntersects(attribute, ast.Function(ENVELOPE, [_geometry_property(parts[0], scope)]))
    return ast.GeometryIntersects(attribute, gml.envelope(parts[0], scope.srid(attribute), LOCATOR))


def _spatial(make: type[ast.SpatialComparisonPredicate]) -> "Reader":
    def reader(element: Element, scope: Names) -> ast.Node:
        first, second = _children(element, 2)
        if is_reference(first):
            attribute = _geometry_property(first, scope)
            return make(attribute, _geometry(second, scope, attribute))
        attribute = _geometry_property(second, scope)
        return make(_geometry(first, scope, attribute), attribute)

    return reader


def _distance(make: type[ast.SpatialDistancePredicate]) -> "Reader":
    def reader(element: Element, scope: Names) -> ast.Node:
        subject, literal, distance = _children(element, 3)
        if local_name(distance) != "Distance":
            raise _incomplete(element, "a Distance")
        units = distance.get("uom") or distance.get("units") or "m"
        try:
            length = float(distance.text or "")
        except ValueError:
            raise RequestError(f"{distance.text!r} is not a distance", LOCATOR) from None
        attribute = _geometry_property(subject, scope)
        return make(attribute, _geometry(literal, scope, attribute), length, units)

    return reader


def _geometry_property(element: Element, scope: Names) -> ast.Attribute:
    attribute = _property(element, scope)
    if scope.type_of(attribute) != "geometry":
        raise RequestError(f"{attribute.name} is not a geometry: the geometry property is {GEOMETRY}", LOCATOR)
    return attribute


def _geometry(element: Element, scope: Names, other: ast.Attribute) -> GeometryLiteral | ast.Attribute:
    """The geometry that ``other`` is tested against: written out, or a second property."""
    if is_reference(element):
        return _geometry_property(element, scope)
    if local_name(element) == "Literal":
        (element,) = _children(element, 1)
    return gml.read(element, scope.srid(other), LOCATOR)


# Time


def _temporal(make: type[ast.TemporalPredicate]) -> "Reader":
    def reader(element: Element, scope: Names) -> ast.Node:
        subject, other = _children(element, 2)
        return make(_property(subject, scope), scope.attribute(other) if is_reference(other) else _time(other))

    return reader


def _any_interacts(element: Element, scope: Names) -> ast.Node:
    """The property and the period have a moment in common."""
    return ast.Not(_temporal(ast.TimeDisjoint)(element, scope))


def _time(element: Element) -> date | datetime | values.Interval:
    """A Literal, a gml:TimeInstant or a gml:TimePeriod; the ends of a period may stand in instants of their own.

    A time before which, or after which, all is ``unknown`` leaves the period open there; ``now`` is the moment of the
    request.
    """
    name = local_name(element)
    if name == "TimePeriod":
        begin, end = (_end(part) for part in _children(element, 2))
        return values.Interval(begin, end)
    inner = elements(element)
    if not inner:
        if element.get(INDETERMINATE) == "now":
            return datetime.now(literals.ZONE)
        if element.get(INDETERMINATE):
            raise RequestError(f"a moment that is {element.get(INDETERMINATE)} cannot be compared", LOCATOR)
        return literals.moment((element.text or "").strip(), LOCATOR)
    if len(inner) != 1 or name not in TIMES:
        raise _incomplete(element, "a gml:TimeInstant or a gml:TimePeriod")
    return _time(inner[0])


def _end(element: Element) -> date | datetime | values.Interval | None:
    """One end of a period; None where it is open."""
    holder = element if not elements(element) else _children(_children(element, 1)[0], 1)[0]
    return None if holder.get(INDETERMINATE) == "unknown" else _time(element)


# Operands


def is_reference(element: Element) -> bool:
    return local_name(element) in REFERENCES


def _property(element: Element, scope: Names) -> ast.Attribute:
    if not is_reference(element):
        raise RequestError(f"expected a ValueReference, found {local_name(element)}", LOCATOR, _unreadable(element))
    return scope.attribute(element)


def _operand(element: Element, scope: Names) -> ast.Attribute | str:
    return scope.attribute(element) if is_reference(element) else _literal(element)


def _literal(element: Element) -> str:
    """The text of a literal: the compiler gives it the type of the property that it is compared with."""
    if local_name(element) != "Literal":
        raise RequestError(f"expected a Literal, found {local_name(element)}", LOCATOR, _unreadable(element))
    if elements(element):
        raise RequestError("expected a Literal of plain text", LOCATOR)
    return element.text or ""


def _unreadable(element: Element) -> str:
    """Functions and arithmetic are well-formed but not offered; anything else is a mistake."""
    return NOT_SUPPORTED if local_name(element) in {"Function", "Add", "Sub", "Mul", "Div"} else PARSING_FAILED


def _children(element: Element, count: int) -> list[Element]:
    found = elements(element)
    if len(found) != count:
        raise _incomplete(element, f"{count} operands")
    return found


def _incomplete(element: Element, expected: str) -> RequestError:
    return RequestError(f"{local_name(element)} needs {expected}", LOCATOR, PARSING_FAILED)


NOTHING = ast.Include(True)
REFERENCES = ("ValueReference", "PropertyName")
TIMES = ("Literal", "TimeInstant", "begin", "end", "beginPosition", "endPosition")
INDETERMINATE = "indeterminatePosition"
IGNORE_CASE = ("false", "0")
Reader = Callable[[Element, Names], ast.Node]

LOGICAL: dict[str, Reader] = {"And": _combined(ast.And), "Or": _combined(ast.Or), "Not": _not}
COMPARISONS: dict[str, Reader] = {
    "PropertyIsEqualTo": _comparison(ast.Equal),
    "PropertyIsNotEqualTo": _comparison(ast.NotEqual),
    "PropertyIsLessThan": _comparison(ast.LessThan),
    "PropertyIsGreaterThan": _comparison(ast.GreaterThan),
    "PropertyIsLessThanOrEqualTo": _comparison(ast.LessEqual),
    "PropertyIsGreaterThanOrEqualTo": _comparison(ast.GreaterEqual),
    "PropertyIsLike": _like,
    "PropertyIsNull": _null,
    "PropertyIsNil": _nil,
    "PropertyIsBetween": _between,
}
SPATIAL: dict[str, Reader] = {
    "BBOX": _bbox,
    "Equals": _spatial(ast.GeometryEquals),
    "Disjoint": _spatial(ast.GeometryDisjoint),
    "Intersects": _spatial(ast.GeometryIntersects),
    "Touches": _spatial(ast.GeometryTouches),
    "Crosses": _spatial(ast.GeometryCrosses),
    "Within": _spatial(ast.GeometryWithin),
    "Contains": _spatial(ast.GeometryContains),
    "Overlaps": _spatial(ast.GeometryOverlaps),
    "Beyond": _distance(ast.DistanceBeyond),
    "DWithin": _distance(ast.DistanceWithin),
}
TEMPORAL: dict[str, Reader] = {
    "After": _temporal(ast.TimeAfter),
    "Before": _temporal(ast.TimeBefore),
    "During": _temporal(ast.TimeDuring),
    "TEquals": _temporal(ast.TimeEquals),
    "TContains": _temporal(ast.TimeContains),
    "TOverlaps": _temporal(ast.TimeOverlaps),
    "OverlappedBy": _temporal(ast.TimeOverlappedBy),
    "Begins": _temporal(ast.TimeBegins),
    "BegunBy": _temporal(ast.TimeBegunBy),
    "Ends": _temporal(ast.TimeEnds),
    "EndedBy": _temporal(ast.TimeEndedBy),
    "Meets": _temporal(ast.TimeMeets),
    "MetBy": _temporal(ast.TimeMetBy),
}
# An operator of FES 2.0 (7.14) that its schema of capabilities has no name for.
UNNAMED: dict[str, Reader] = {"AnyInteracts": _any_interacts}
CONDITIONS: dict[str, Reader] = {
    **LOGICAL,
    **COMPARISONS,
    **SPATIAL,
    **TEMPORAL,
    **UNNAMED,
    **dict.fromkeys(IDENTIFIERS, _ids),
}
