"""GML geometry literals of filters: an element of GML 3.2, 3.1 or 2 in, a checked geometry with its SRID out.

East or longitude comes first in what is returned, whatever the order in the text: ``srsName`` decides it through
:func:`risicoatlas.crs.parse`, and a literal without one stands in the storage CRS of the layer, its DefaultCRS. Only
straight segments in two dimensions are read; a third coordinate is dropped. Example::

    <gml:Polygon xmlns:gml="http://www.opengis.net/gml/3.2" srsName="urn:ogc:def:crs:EPSG::28992"><gml:exterior>
      <gml:LinearRing><gml:posList>0 0 10 0 10 10 0 0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>
"""

from collections.abc import Callable, Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from risicoatlas import crs
from risicoatlas.errors import RequestError
from risicoatlas.filters import literals
from risicoatlas.filters.literals import GeometryLiteral
from risicoatlas.filters.safe_xml import PARSING_FAILED, Element, elements, local_name, namespace

NAMESPACES = ("http://www.opengis.net/gml/3.2", "http://www.opengis.net/gml")
ENVELOPES = ("Envelope", "Box")
RING_PROPERTIES = ("exterior", "interior", "outerBoundaryIs", "innerBoundaryIs")

Coordinates = list[tuple[float, float]]


def read(element: Element, storage_srid: int, locator: str) -> GeometryLiteral:
    """The geometry of a literal, in ``storage_srid`` where no CRS is stated.

    Raises :class:`RequestError` for a form that is not read, an unknown CRS and a geometry that is not valid.
    """
    if local_name(element) in ENVELOPES:
        return envelope(element, storage_srid, locator)
    try:
        geometry = _read(element, locator)
    except (ValueError, shapely.errors.ShapelyError) as error:
        raise _malformed(element, locator) from error
    return literals.geometry(geometry, _crs(element, storage_srid, locator), locator)


def envelope(element: Element, storage_srid: int, locator: str) -> GeometryLiteral:
    """The box of a ``gml:Envelope`` or ``gml:Box``."""
    if local_name(element) not in ENVELOPES or namespace(element) not in NAMESPACES:
        raise RequestError(f"expected a gml:Envelope, found {local_name(element)}", locator, PARSING_FAILED)
    corners = [point for child in elements(element) for point in _points(child, locator)]
    if len(corners) != 2:
        raise _malformed(element, locator)
    (first_x, first_y), (last_x, last_y) = corners
    return literals.envelope((first_x, first_y, last_x, last_y), _crs(element, storage_srid, locator), locator)


def _crs(element: Element, storage_srid: int, locator: str) -> crs.Crs:
    stated = {name for item in element.iter() if (name := item.get("srsName"))}
    if len(stated) > 1:
        raise RequestError(f"one geometry in more than one CRS: {', '.join(sorted(stated))}", locator)
    if not stated:
        return crs.Crs(storage_srid, f"{crs.EPSG_URN}{storage_srid}", latitude_first=False)
    return crs.parse(stated.pop(), locator, literals.WRITABLE)


def _read(element: Element, locator: str) -> BaseGeometry:
    name = local_name(element)
    if name not in READERS or namespace(element) not in NAMESPACES:
        offered = ", ".join(sorted((*READERS, "Envelope")))
        raise RequestError(f"{name} is not read as a geometry: use one of {offered}", locator)
    return READERS[name](element, locator)


def _point(element: Element, locator: str) -> BaseGeometry:
    (point,) = _points(_only(element, locator), locator)
    return shapely.Point(point)


def _line(element: Element, locator: str) -> BaseGeometry:
    return shapely.LineString(_sequence(element, locator))


def _curve(element: Element, locator: str) -> BaseGeometry:
    """A ``Curve`` of straight segments; each begins where the one before ended."""
    points: Coordinates = []
    for segment in elements(_only(element, locator)):
        if local_name(segment) != "LineStringSegment":
            raise RequestError(f"a {local_name(segment)} is not read: only straight segments are", locator)
        part = _sequence(segment, locator)
        points += part[1:] if points and part and points[-1] == part[0] else part
    return shapely.LineString(points)


def _polygon(element: Element, locator: str) -> BaseGeometry:
    rings = [_ring(child, locator) for child in elements(element) if local_name(child) in RING_PROPERTIES]
    if not rings:
        raise _malformed(element, locator)
    return shapely.Polygon(rings[0], rings[1:])


def _ring(element: Element, locator: str) -> Coordinates:
    ring = _only(element, locator)
    if local_name(ring) != "LinearRing":
        raise RequestError(f"a {local_name(ring)} is not read: only gml:LinearRing is", locator)
    points = _sequence(ring, locator)
    if len(points) < 4 or points[0] != points[-1]:
        raise RequestError("a ring needs at least four positions and must end where it begins", locator)
    return points


def _surface(element: Element, locator: str) -> BaseGeometry:
    patches: list[Any] = [_polygon(patch, locator) for patch in elements(_only(element, locator))]
    return patches[0] if len(patches) == 1 else shapely.MultiPolygon(patches)


def _multi(make: Callable[[Sequence[Any]], BaseGeometry], part_type: str) -> Callable[[Element, str], BaseGeometry]:
    """A reader of ``surfaceMember`` (one each) and ``surfaceMembers`` (several) alike."""

    def reader(element: Element, locator: str) -> BaseGeometry:
        members = [_read(part, locator) for member in elements(element) for part in elements(member)]
        parts = [part for member in members for part in shapely.get_parts(member)]
        if not parts or any(part.geom_type != part_type for part in parts):
            raise _malformed(element, locator)
        return make(parts)

    return reader


READERS: dict[str, Callable[[Element, str], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "Curve": _curve,
    "Polygon": _polygon,
    "Surface": _surface,
    "MultiPoint": _multi(shapely.MultiPoint, "Point"),
    "MultiLineString": _multi(shapely.MultiLineString, "LineString"),
    "MultiCurve": _multi(shapely.MultiLineString, "LineString"),
    "MultiPolygon": _multi(shapely.MultiPolygon, "Polygon"),
    "MultiSurface": _multi(shapely.MultiPolygon, "Polygon"),
}


def _sequence(element: Element, locator: str) -> Coordinates:
    return [point for child in elements(element) for point in _points(child, locator)]


def _points(element: Element, locator: str) -> Coordinates:
    """The positions of pos, posList, coordinates, lowerCorner, upperCorner or pointProperty."""
    name = local_name(element)
    if name in {"pointProperty", "pointMember"}:
        return _points(_only(_only(element, locator), locator), locator)
    if name == "coordinates":
        return _coordinates(element, locator)
    if name not in {"pos", "posList", "lowerCorner", "upperCorner"}:
        raise _malformed(element, locator)
    numbers = [_number(text, element, locator) for text in (element.text or "").split()]
    size = _dimension(element, len(numbers) if name != "posList" else 2)
    if not numbers or size not in (2, 3) or len(numbers) % size:
        raise _malformed(element, locator)
    return [(numbers[start], numbers[start + 1]) for start in range(0, len(numbers), size)]


def _coordinates(element: Element, locator: str) -> Coordinates:
    """``<gml:coordinates cs="," ts=" ">1,2 3,4</gml:coordinates>`` of GML 2 and 3.1."""
    text = (element.text or "").strip()
    between, after = element.get("cs", ","), element.get("ts", " ")
    tuples = [part.split(between) for part in (text.split() if after.isspace() else text.split(after)) if part]
    if not tuples or any(len(parts) not in (2, 3) for parts in tuples):
        raise _malformed(element, locator)
    return [(_number(parts[0], element, locator), _number(parts[1], element, locator)) for parts in tuples]


def _dimension(element: Element, default: int) -> int:
    for item in (element, *element.iterancestors()):
        if stated := item.get("srsDimension"):
            return int(stated) if stated in {"2", "3"} else 0
    return default


def _number(text: str, element: Element, locator: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _malformed(element, locator) from None


def _only(element: Element, locator: str) -> Element:
    found = elements(element)
    if len(found) != 1:
        raise _malformed(element, locator)
    return found[0]


def _malformed(element: Element, locator: str) -> RequestError:
    return RequestError(f"the positions of gml:{local_name(element)} cannot be read", locator, PARSING_FAILED)
