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


@dataclass(frozen=True)
class FeatureRequest:
    """One query on one layer.

    ``fields`` None means all, ``crs`` None the storage CRS, ``limit`` None the whole layer, ``filter`` a pygeofilter
    AST whose geometry literals carry their SRID, ``ids`` values of ``identificatie``. ``publication`` None means the
    current rows, a number those that held at that publication. ``after`` is the row number of the last row of the
    page before, for pages in default order.
    """

    layer: str
    crs: Crs | None = None
    fields: tuple[str, ...] | None = None
    filter: Node | None = None
    bbox: Envelope | None = None
    ids: tuple[str, ...] | None = None
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    offset: int = 0
    skip_geometry: bool = False
    publication: int | None = None
    after: int | None = None
    locators: Locators = field(default_factory=Locators)
