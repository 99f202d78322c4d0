"""Literals of a filter: geometries and moments, checked before any SQL is made of them.

In: coordinates or text as a client wrote them. Out: :class:`GeometryLiteral` (shapely geometry, east or longitude
first, with its SRID), ``date`` or ``datetime`` with a zone. What cannot be used raises :class:`RequestError`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape as from_geojson
from shapely.geometry.base import BaseGeometry

from risicoatlas import proj
from risicoatlas.crs import BELGIAN, DUTCH, GEOGRAPHIC, Crs
from risicoatlas.errors import LimitError, RequestError

MAX_VERTICES = 10_000
# GEOS works out every crossing of a line with itself, and nothing interrupts it: 3,000 vertices can take minutes.
MAX_CROSSING_VERTICES = 200
MAX_COORDINATE = 1e9
# A day, and a time without offset, is a Dutch and Belgian one: the BAG and IMEV write local time.
ZONE = ZoneInfo("Europe/Amsterdam")
# PostgreSQL takes no offset of this or more; the largest in use is 14 hours.
MAX_OFFSET = timedelta(hours=16)
# Every CRS that a client may write a geometry in.
WRITABLE = tuple(dict.fromkeys((*DUTCH, *BELGIAN)))
_FORMS = "WKT such as POINT(155000 463000), or a GeoJSON geometry"
WORLD = (-180.0, -90.0, 180.0, 90.0)

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?P<time>[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:?\d{2})?)?")

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class GeometryLiteral:
    """A valid geometry in ``srid``, x or longitude first whatever order the client wrote; ``locator`` names the
    parameter that it came in."""

    shape: BaseGeometry
    srid: int
    locator: str = field(default="filter", compare=False)
    # whether the shape is its own envelope
    box: bool = False

    @property
    def __geo_interface__(self) -> Mapping[str, Any]:
        mapping: Mapping[str, Any] = self.shape.__geo_interface__
        return mapping


def geometry(found: BaseGeometry | Mapping[str, Any] | str, crs: Crs, locator: str = "filter") -> GeometryLiteral:
    """Check a shapely geometry, GeoJSON geometry or WKT text whose coordinates have the axis order of ``crs``."""
    try:
        if isinstance(found, str):
            shape = shapely.from_wkt(found)
        else:
            shape = found if isinstance(found, BaseGeometry) else from_geojson(dict(found))
    except (
        ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise RequestError(
            "the geometry is not well-formed: expected WKT such as POINT(155000 463000) or GeoJSON", locator
        ) from error
    if shape is None or shape.is_empty:
        raise RequestError("the geometry is empty", locator)
    count = int(shapely.get_num_coordinates(shape))
    if count > MAX_VERTICES:
        raise LimitError(f"the geometry has {count} vertices, more than the {MAX_VERTICES} allowed", locator)
    shape = shapely.force_2d(shape)
    if crs.latitude_first:
        shape = shapely.transform(shape, lambda points: points[:, ::-1])
    _check_finite_and_valid(shape, locator)
    if count > MAX_CROSSING_VERTICES and _may_cross(shape):
        raise LimitError(
            f"a line that crosses itself, or a collection, has {MAX_CROSSING_VERTICES} vertices at most, not {count}",
            locator,
        )
    check_area(shape.bounds, crs, locator)
    return GeometryLiteral(shape, crs.srid, locator)


def envelope(bounds: Bounds, crs: Crs, locator: str = "filter") -> GeometryLiteral:
    """A box as a literal, its corners in the axis order of ``crs``; one of no width or height is a line or a point."""
    min_x, min_y, max_x, max_y = bounds
    if not (min_x <= max_x and min_y <= max_y):
        raise RequestError("the lower corner of the box lies above or right of the upper one", locator)
    if min_x == max_x and min_y == max_y:
        return geometry(shapely.Point(min_x, min_y), crs, locator)
    if min_x == max_x or min_y == max_y:
        return geometry(shapely.LineString([(min_x, min_y), (max_x, max_y)]), crs, locator)
    if not all(abs(number) <= MAX_COORDINATE for number in bounds):
        raise _not_finite(locator)
    found = shapely.box(min_y, min_x, max_y, max_x) if crs.latitude_first else shapely.box(*bounds)
    check_area(found.bounds, crs, locator)
    return GeometryLiteral(found, crs.srid, locator, box=True)


def moment(text: str, locator: str = "filter") -> date | datetime:
    """Read ``2026-10-15`` or ``2026-10-15T12:00:00Z``; a time without an offset is local."""
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        if match["time"] is None:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text.upper())
        if abs(found.utcoffset() or timedelta()) >= MAX_OFFSET:
            raise ValueError(text)
        return found if found.tzinfo else found.replace(tzinfo=ZONE)
    except ValueError:
        raise RequestError(
            f"{text!r} is not a date or time: expected 2026-10-15 or 2026-10-15T12:00:00Z", locator
        ) from None


def local_day(found: date) -> date:
    """The day of a moment in :data:`ZONE`; at the ends of the calendar, where no zone fits, the day as written."""
    if not isinstance(found, datetime):
        return found
    try:
        return found.astimezone(ZONE).date()
    except OverflowError:
        return found.date()


def check_area(bounds: Bounds, crs: Crs, locator: str) -> None:
    """Refuse a place wholly outside the area of use of its CRS: nearly always coordinates of another CRS."""
    area = area_of_use(crs.srid)
    if bounds[0] > area[2] or bounds[2] < area[0] or bounds[1] > area[3] or bounds[3] < area[1]:
        raise RequestError(
            f"the coordinates lie wholly outside the area of use of {crs.notation} in which they are read: "
            f"x or longitude {area[0]:.0f} to {area[2]:.0f}, y or latitude {area[1]:.0f} to {area[3]:.0f}; "
            "state their CRS "
            "(filter-crs, bbox-crs, srsName, the fifth part of bbox, or SRID=4326; before the geometry) "
            "or mind the axis order",
            locator,
        )


@lru_cache
def area_of_use(srid: int) -> Bounds:
    """The area of use in the CRS itself, east or longitude first; geographic systems here have the world."""
    if srid in GEOGRAPHIC:
        return WORLD
    area = proj.CRS.from_epsg(srid).area_of_use
    if area is None:
        return (float("-inf"), float("-inf"), float("inf"), float("inf"))
    return transformed_bounds(area.bounds, 4326, srid)


@lru_cache(maxsize=256)
def transformed_bounds(bounds: Bounds, source: int, target: int) -> Bounds:
    """The box around a box in another CRS, edges followed."""
    return proj.between(source, target).transform_bounds(bounds)


def _check_finite_and_valid(shape: BaseGeometry, locator: str) -> None:
    points = shapely.get_coordinates(shape)
    if not (abs(points) <= MAX_COORDINATE).all():
        raise _not_finite(locator)
    if not shape.is_valid:
        raise RequestError(f"the geometry is not valid: {shapely.is_valid_reason(shape)}", locator)


def _not_finite(locator: str) -> LimitError:
    return LimitError(f"a coordinate of the geometry is not a finite number of at most {MAX_COORDINATE:,.0f}", locator)


def _may_cross(shape: BaseGeometry) -> bool:
    """Whether parts of the shape may cross one another: a valid polygon cannot, and points have nothing to cross."""
    return shape.geom_type == "GeometryCollection" or ("LineString" in shape.geom_type and not shape.is_simple)
