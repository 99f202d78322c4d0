"""What the start page tells about each layer: how many objects, of which date, loaded when.

In: the service and an actor. Out: frozen values. Public layers have their counts stored with the publication; of a
restricted layer the objects that this actor may read are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import sql

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import Layer
from risicoatlas.database import reading
from risicoatlas.features.plan import plan_query
from risicoatlas.features.request import FeatureRequest
from risicoatlas.filters.literals import transformed_bounds
from risicoatlas.own import state as own
from risicoatlas.service import Service

# Local time is made by PostgreSQL: a minimal machine has no time zones for Python.
_STATES = """
SELECT laag, aantal, brondatum, laatst_geladen AT TIME ZONE 'Europe/Amsterdam',
       ST_XMin(omvang), ST_YMin(omvang), ST_XMax(omvang), ST_YMax(omvang)
FROM publiek.laag_stand
"""
_READABLE = sql.SQL("""
SELECT aantal, ST_XMin(omvang), ST_YMin(omvang), ST_XMax(omvang), ST_YMax(omvang)
FROM (
  SELECT count(*) AS aantal, ST_Transform(ST_SetSRID(ST_Extent(geometrie)::geometry, {srid}), 28992) AS omvang
  FROM ({rows}) AS leesbaar
) AS stand
""")
_PUBLICATION = """
SELECT nummer, gemaakt_op AT TIME ZONE 'Europe/Amsterdam' FROM publiek.publicatie ORDER BY nummer DESC LIMIT 1
"""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LayerState:
    """``count`` None: not known; ``extent`` in EPSG:28992, None where the layer is empty."""

    count: int | None = None
    source_date: date | None = None
    loaded: datetime | None = None
    extent: Box | None = None


@dataclass(frozen=True)
class Publication:
    """The last one; ``made`` is local time."""

    number: int
    made: datetime


@dataclass(frozen=True)
class State:
    """The state of the register for one actor: by layer name, only layers that the actor may see."""

    publication: Publication | None
    layers: dict[str, LayerState]


def published(service: Service) -> State:
    """The last publication and the stored state of every public layer."""
    with reading(service.pool) as connection:
        latest = connection.execute(_PUBLICATION).fetchone()
        rows = connection.execute(_STATES).fetchall()
    layers = {
        name: LayerState(count, source_date, loaded, _box(box)) for name, count, source_date, loaded, *box in rows
    }
    return State(Publication(*latest) if latest else None, layers)


def state(service: Service, actor: Actor, layers: Iterable[Layer]) -> State:
    """The state of ``layers`` as ``actor`` may know it."""
    public = published(service)
    return State(
        public.publication,
        {
            layer.name: _readable(service, actor, layer)
            if layer.restricted
            else _live(service, layer)
            if layer.own
            else public.layers.get(layer.name, LayerState())
            for layer in layers
        },
    )


def _live(service: Service, layer: Layer) -> LayerState:
    """Count and extent of a public own table as they are now."""
    found = own.state(service.pool, layer)
    return LayerState(found.count, extent=found.extent and transformed_bounds(found.extent, 4326, 28992))


def _readable(service: Service, actor: Actor, layer: Layer) -> LayerState:
    """Count and extent of the rows of a restricted layer that this actor may read."""
    plan = plan_query(FeatureRequest(layer.name), actor, service)
    statement = _READABLE.format(rows=plan.select(sql.SQL("r.geometrie")), srid=sql.Literal(layer.srid))
    with reading(service.pool, role=plan.role, areas=plan.areas) as connection:
        row = connection.execute(statement).fetchone()
    count, *box = row or (0, None)
    return LayerState(count, extent=_box(box))


def _box(found: Sequence[float | None]) -> Box | None:
    west, south, east, north = (*found, None, None, None, None)[:4]
    if west is None or south is None or east is None or north is None:
        return None
    return west, south, east, north
