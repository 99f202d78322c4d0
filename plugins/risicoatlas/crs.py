"""Coordinate reference systems: how a client may write one, its axis order there, and how PostGIS gets from one to
another.

In: text of a request. Out: a frozen :class:`Crs`. One transformation for every protocol: RD (28992) goes to ETRS89
(4258) and is relabelled to 4326, CRS84 and 3857, because PROJ uses the RDNAPTRANS grid on that way only and Dutch
practice takes ETRS89 for WGS84.
"""

import re
from dataclasses import dataclass

from psycopg import sql

from risicoatlas.errors import RequestError

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/"
EPSG_URN = "urn:ogc:def:crs:EPSG::"

LATITUDE_FIRST = frozenset({4326, 4258})
GEOGRAPHIC = frozenset({4326, 4258})
DUTCH = (28992, 4326, 4258, 3857)
BELGIAN = (31370, 3812, 4326, 4258, 3857)
DECIMALS = {4326: 8, 4258: 8}

_EPSG = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:EPSG:[\w.]{0,16}:|https?://www\.opengis\.net/def/crs/EPSG/[\w.]{1,16}/|"
    r"https?://www\.opengis\.net/gml/srs/epsg\.xml#|(?P<plain>EPSG:))(?P<code>\d{4,6})",
    re.IGNORECASE | re.ASCII,
)
_CRS84 = re.compile(
    r"(?:urn:ogc:def:crs:OGC:[\w.]{0,16}:CRS84|https?://www\.opengis\.net/def/crs/OGC/[\w.]{1,16}/CRS84|(?:OGC|CRS):84|"
    r"OGC:CRS84)",
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
    """Read a notation; a plain ``EPSG:4326`` is longitude first as GeoServer has it, urn and http forms follow the
    authority.

    Raises :class:`RequestError` for what is not understood or not among ``allowed``.
    """
    found = _CRS84.fullmatch(text)
    if found:
        crs = Crs(4326, text, latitude_first=False)
    elif match := _EPSG.fullmatch(text):
        srid = int(match["code"])
        crs = Crs(srid, text, latitude_first=srid in LATITUDE_FIRST and not match["plain"])
    else:
        raise RequestError(f"CRS {text!r} is not understood: write for example {EPSG_URN}28992", locator)
    if crs.srid not in allowed:
        offered = ", ".join(f"EPSG:{srid}" for srid in allowed)
        raise RequestError(f"CRS {text!r} is not offered here: choose one of {offered}", locator)
    return crs


def transformed(geometry: sql.Composable, source: int, target: int) -> sql.Composable:
    """SQL that gives ``geometry`` (in ``source``) in ``target``, by way of ETRS89 where a national grid is involved.

    Longitude or east comes first, always: the axis order of an answer is the writer's.
    """
    if source == target:
        return geometry
    if source in GEOGRAPHIC and target in GEOGRAPHIC:
        return sql.SQL("ST_SetSRID({}, {})").format(geometry, sql.Literal(target))
    if source == 3857 or source in GEOGRAPHIC:
        etrs89 = geometry if source in GEOGRAPHIC else sql.SQL("ST_Transform({}, 4326)").format(geometry)
        return sql.SQL("ST_Transform(ST_SetSRID({}, {}), {})").format(
            etrs89, sql.Literal(4326 if target == 3857 else 4258), sql.Literal(target)
        )
    etrs89 = sql.SQL("ST_Transform({}, 4258)").format(geometry)
    if target == 4258:
        return etrs89
    if target == 4326:
        return sql.SQL("ST_SetSRID({}, 4326)").format(etrs89)
    if target == 3857:
        return sql.SQL("ST_Transform(ST_SetSRID({}, 4326), 3857)").format(etrs89)
    return sql.SQL("ST_Transform({}, {})").format(etrs89, sql.Literal(target))
