"""What a protocol asks of the query layer, typed and free of any notation of the protocol."""

from dataclasses import dataclass, field

from pygeofilter.ast import Node

from risicoatlas.crs import Crs


@dataclass(frozen=True)
class Envelope:
    """A box, east/longitude first, in ``srid``; west of ``min_x`` > ``max_x`` it crosses the antimeridian."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float
    srid: int


@dataclass(frozen=True)
class Sort:
    """One sort key; the row number always follows the last, so that the order is total."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Locators:
    """How the protocol calls its parameters, for errors that say which one is wrong."""

    fields: str = "properties"
    filter: str = "filter"
    bbox: str = "bbox"
    sort: str = "sortby"
    ids: str = "id"
    offset: str = "offset"
    cursor: str = "cursor"
    since: str = "gewijzigd_sinds"


@dataclass(frozen=True)
class Place:
    """A place in the order of a query: just after the row with these keys, or just before it when ``backward``.

    ``keys`` are the values that the rows are sorted on, as text, and at the end the row number.
    """

    keys: tuple[int | str | None, ...]
    backward: bool = False


@dataclass(frozen=True)
class FeatureRequest:
    """One query on one layer.

    ``fields`` None means all, ``crs`` None the storage CRS, ``limit`` None the whole layer, ``filter`` a pygeofilter
    AST whose geometry literals carry their SRID, ``ids`` values of ``identificatie``. ``unplaced`` says that rows
    without a geometry meet any box: OGC API Features 1 has it so (/req/core/fc-bbox-response C), WFS has not.
    ``publication`` None means the current rows, a number those that held at that publication. ``cursor`` is the token
    of a page in a row of pages, as the client sent it. With ``since`` the changes after that publication are asked, in
    place of the rows.
    """

    layer: str
    crs: Crs | None = None
    fields: tuple[str, ...] | None = None
    filter: Node | None = None
    bbox: Envelope | None = None
    unplaced: bool = False
    ids: tuple[str, ...] | None = None
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    offset: int = 0
    skip_geometry: bool = False
    publication: int | None = None
    cursor: str | None = None
    since: int | None = None
    locators: Locators = field(default_factory=Locators)
