"""Coordinate reference systems: how a client may write one, its axis order there, and how PostGIS gets from one to
another.

In: text of a request. Out: a frozen :class:`Crs`. One transformation for every protocol: RD (28992) goes to ETRS89
(4258) and is relabelled to 4326, CRS84 and 3857, because PROJ uses the RDNAPTRANS grid on that way only and Dutch
practice takes ETRS89 for WGS84.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from psycopg import sql

from risicoatlas.errors import RequestError

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/"
EPSG_URN = "urn:ogc:def:crs:EPSG::"

LATITUDE_FIRST = frozenset({4326, 4258})
GEOGRAPHIC = frozenset({4326, 4258})
DUTCH = (28992, 4326, 4258, 3857)
BELGIAN = (31370, 3812, 4326, 4258, 3857)
# No notation of a CRS in use is longer.
SHORT = 64
DECIMALS = {4326: 8, 4258: 8}


@dataclass(frozen=True)
class Notation:
    """One way to write a CRS: ``pattern`` reads it, ``example`` writes it from a number.

    ``authority`` says that coordinates then stand in the order of the authority, latitude first for
    :data:`LATITUDE_FIRST`; else east or longitude comes first.
    """

    name: str
    pattern: re.Pattern[str]
    example: str
    authority: bool


def _notation(name: str, pattern: str, example: str, *, authority: bool) -> Notation:
    return Notation(name, re.compile(pattern, re.IGNORECASE | re.ASCII), example, authority)


_CODE = r"(?P<code>\d{4,6})"
# Every notation that is read, the same in every protocol and place (srsName, bbox, crs, filter-crs, literals). The
# short forms are longitude first, as GeoServer has them; urn, http and the safe CURIE, which stands for the http form
# (OGC API Features Part 2, 7.2), follow the authority. A bare number is refused: it might as well be a height.
NOTATIONS = (
    _notation("urn", rf"urn:ogc:def:crs:EPSG:[\w.]{{0,16}}:{_CODE}", "urn:ogc:def:crs:EPSG::{}", authority=True),
    _notation(
        "urn with a version", rf"urn:ogc:def:crs:EPSG:[\w.]{{1,16}}:{_CODE}", "urn:ogc:def:crs:EPSG:9.9:{}",
        authority=True,
    ),
    _notation(
        "urn of before registration", rf"urn:x-ogc:def:crs:EPSG:[\w.]{{0,16}}:{_CODE}", "urn:x-ogc:def:crs:EPSG::{}",
        authority=True,
    ),
    _notation(
        "http", rf"https?://www\.opengis\.net/def/crs/EPSG/[\w.]{{1,16}}/{_CODE}",
        "http://www.opengis.net/def/crs/EPSG/0/{}", authority=True,
    ),
    _notation("safe CURIE", rf"\[EPSG:{_CODE}\]", "[EPSG:{}]", authority=True),
    _notation("short", rf"EPSG:{_CODE}", "EPSG:{}", authority=False),
    _notation(
        "GML 2", rf"https?://www\.opengis\.net/gml/srs/epsg\.xml\#{_CODE}",
        "http://www.opengis.net/gml/srs/epsg.xml#{}", authority=False,
    ),
)  # fmt: skip
# Every way to write longitude and latitude of WGS84, in that order.
CRS84_NOTATIONS = (
    CRS84, "https://www.opengis.net/def/crs/OGC/0/CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84",
    "urn:ogc:def:crs:OGC:2:84", "urn:ogc:def:crs:CRS::84", "OGC:CRS84", "[OGC:CRS84]", "OGC:84", "CRS:84",
)  # fmt: skip
_CRS84 = re.compile(
    r"urn:(?:x-)?ogc:def:crs:(?:OGC:[\w.]{0,16}:(?:CRS)?84|CRS:[\w.]{0,16}:84)|"
    r"https?://www\.opengis\.net/def/crs/OGC/[\w.]{1,16}/CRS84|(?:OGC|CRS):84|OGC:CRS84|\[OGC:CRS84\]",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Crs:
    """A CRS as it was asked for: its number, the notation, and whether latitude comes first in that notation."""

    srid: int
    notation: str
    latitude_first: bool

    @property
    def uri(self) -> str:
        """The http form that OGC API uses."""
        return CRS84 if self.srid == 4326 and not self.latitude_first else f"{EPSG_URI}{self.srid}"

    @property
    def decimals(self) -> int:
        """Decimals of a coordinate: millimetres in RD, 8 in degrees (IMEV, chapter on precision)."""
        return DECIMALS.get(self.srid, 3)


def parse(text: str, locator: str, allowed: tuple[int, ...]) -> Crs:
    """Read one of :data:`NOTATIONS` or :data:`CRS84_NOTATIONS`, in any case.

    Raises :class:`RequestError` for what is not understood or not among ``allowed``.
    """
    crs = _read_short(text) if len(text) <= SHORT else _read(text)
    if crs is None:
        raise RequestError(f"CRS {text!r} is not understood: write for example {EPSG_URN}28992", locator)
    if crs.srid not in allowed:
        offered = ", ".join(f"EPSG:{srid}" for srid in allowed)
        raise RequestError(f"CRS {text!r} is not offered here: choose one of {offered}", locator)
    return crs


@lru_cache(maxsize=1024)
def _read_short(text: str) -> Crs | None:
    return _read(text)


def _read(text: str) -> Crs | None:
    if _CRS84.fullmatch(text):
        return Crs(4326, text, latitude_first=False)
    for notation in NOTATIONS:
        if match := notation.pattern.fullmatch(text):
            srid = int(match["code"])
            return Crs(srid, text, latitude_first=notation.authority and srid in LATITUDE_FIRST)
    return None


def legs(source: int, target: int) -> tuple[tuple[int, int], ...]:
    """The transformations that lead from ``source`` to ``target``; between two of them the CRS is only relabelled.

    National systems go by way of ETRS89 (4258), which counts as WGS84; web mercator is reckoned from WGS84.
    """
    if source == target:
        return ()
    first = () if source in GEOGRAPHIC else ((source, 4326 if source == 3857 else 4258),)
    last = () if target in GEOGRAPHIC else ((4326 if target == 3857 else 4258, target),)
    return (*first, *last)


def transformed(geometry: sql.Composable, source: int, target: int) -> sql.Composable:
    """SQL that gives ``geometry`` (in ``source``) in ``target``, along :func:`legs`.

    Longitude or east comes first, always: the axis order of an answer is the writer's.
    """
    label = source
    for start, end in legs(source, target):
        geometry = sql.SQL("ST_Transform({}, {})").format(_labelled(geometry, label, start), sql.Literal(end))
        label = end
    return _labelled(geometry, label, target)


def _labelled(geometry: sql.Composable, label: int, wanted: int) -> sql.Composable:
    if label == wanted:
        return geometry
    return sql.SQL("ST_SetSRID({}, {})").format(geometry, sql.Literal(wanted))
