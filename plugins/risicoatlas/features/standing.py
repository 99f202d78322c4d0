"""How a layer stands: count, publication, last load, dates of its sources and coverage, for every kind of metadata.

In: the service and an actor. Out: frozen values. Public layers have theirs stored with the publication; of a restricted
layer only the rows that this actor may read are counted, and nothing is told of the publication.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import Layer
from risicoatlas.database import reading
from risicoatlas.features import query
from risicoatlas.features.plan import plan_query
from risicoatlas.features.query import Box
from risicoatlas.features.request import FeatureRequest
from risicoatlas.features.unpublished import Municipality
from risicoatlas.filters.literals import transformed_bounds
from risicoatlas.own import state as own_tables
from risicoatlas.service import Service

RD = 28992
# Local time is made by PostgreSQL: a minimal machine has no time zones for Python.
_STORED = """
SELECT laag, aantal, publicatie, gemaakt_op, gemaakt_op AT TIME ZONE 'Europe/Amsterdam', brondatum, laatst_geladen,
  laatst_geladen AT TIME ZONE 'Europe/Amsterdam', bronnen, gemeenten,
  ST_XMin(omvang), ST_YMin(omvang), ST_XMax(omvang), ST_YMax(omvang),
  ST_XMin(omvang_etrs89), ST_YMin(omvang_etrs89), ST_XMax(omvang_etrs89), ST_YMax(omvang_etrs89)
FROM publiek.laag_stand JOIN publiek.publicatie ON nummer = publicatie
"""


@dataclass(frozen=True)
class Source:
    """A source by the name of ``layer.yaml``; without dates where it was never loaded."""

    name: str
    date: date | None
    loaded: datetime | None


@dataclass(frozen=True)
class Standing:
    """``count`` None: not known. ``extent`` in EPSG:4258, longitude first, ``rd_extent`` in EPSG:28992, both None
    where the layer is empty. ``…_local`` are the same moments in Dutch time, without a zone."""

    count: int | None = None
    publication: int | None = None
    published: datetime | None = None
    published_local: datetime | None = None
    source_date: date | None = None
    loaded: datetime | None = None
    loaded_local: datetime | None = None
    sources: tuple[Source, ...] = ()
    municipalities: tuple[Municipality, ...] = ()
    rd_extent: Box | None = None
    extent: Box | None = None


NOTHING = Standing()


def published(service: Service) -> Mapping[str, Standing]:
    """The stored standing of every public layer by its name; raises :class:`UnavailableError`."""
    with reading(service.pool) as connection:
        rows = connection.execute(_STORED).fetchall()
    return {name: _standing(*values) for name, *values in rows}


def of(service: Service, actor: Actor, layers: Iterable[Layer]) -> Mapping[str, Standing]:
    """The standing of ``layers`` as ``actor`` may know it."""
    public = published(service)
    return {layer.name: _of_one(service, actor, layer, public) for layer in layers}


def _of_one(service: Service, actor: Actor, layer: Layer, public: Mapping[str, Standing]) -> Standing:
    if layer.restricted:
        return own(service, actor, layer)
    return live(service, layer) if layer.own else public.get(layer.name, NOTHING)


def live(service: Service, layer: Layer) -> Standing:
    """Count and extent of a public table of the organisation as they are now; publications do not apply to it."""
    found = own_tables.state(service.pool, layer)
    rd = found.extent and transformed_bounds(found.extent, 4326, RD)
    return Standing(count=found.count, extent=found.extent, rd_extent=rd)


def own(service: Service, actor: Actor, layer: Layer) -> Standing:
    """Count and extents of the rows of a restricted layer that this actor may read."""
    plan = plan_query(FeatureRequest(layer.name), actor, service)
    count, extent = query.summary(plan, service)
    return Standing(count=count, extent=extent, rd_extent=extent and transformed_bounds(extent, 4326, RD))


def _standing(*values: object) -> Standing:
    count, publication, published_at, published_local, source_date, loaded, loaded_local, sources, areas, *box = values
    return Standing(
        count, publication, published_at, published_local, source_date, loaded, loaded_local,  # type: ignore[arg-type]
        sources=tuple(_source(item) for item in sources),  # type: ignore[attr-defined]
        municipalities=tuple(Municipality(item["code"], item["naam"]) for item in areas),  # type: ignore[attr-defined]
        rd_extent=_box(box[:4]),
        extent=_box(box[4:]),
    )  # fmt: skip


def _source(item: Mapping[str, str | None]) -> Source:
    day, loaded = item["stand"], item["geladen"]
    return Source(
        str(item["bron"]),
        date.fromisoformat(day) if day else None,
        datetime.fromisoformat(loaded) if loaded else None,
    )


def _box(found: Sequence[object]) -> Box | None:
    west, south, east, north = found
    return None if west is None else (west, south, east, north)  # type: ignore[return-value]
