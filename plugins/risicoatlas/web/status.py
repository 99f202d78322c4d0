"""What the start page tells about each layer: how many objects, of which date, loaded when.

In: the service and an actor. Out: frozen values. Public layers have their counts stored with the publication; of a
restricted layer the objects that this actor may read are counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import Layer
from risicoatlas.database import reading
from risicoatlas.features import query
from risicoatlas.features.plan import plan_query
from risicoatlas.features.request import FeatureRequest
from risicoatlas.service import Service

# Local time is made by PostgreSQL: a minimal machine has no time zones for Python.
_STATES = """
SELECT laag, aantal, brondatum, laatst_geladen AT TIME ZONE 'Europe/Amsterdam',
       ST_XMin(omvang), ST_YMin(omvang), ST_XMax(omvang), ST_YMax(omvang)
FROM publiek.laag_stand
"""
_PUBLICATION = """
SELECT nummer, gemaakt_op AT TIME ZONE 'Europe/Amsterdam' FROM publiek.publicatie ORDER BY nummer DESC LIMIT 1
"""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LayerState:
    """``count`` None: not known; ``extent`` in EPSG:28992, None where the layer is empty or restricted."""

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
        name: LayerState(count, source_date, loaded, None if box[0] is None else (box[0], box[1], box[2], box[3]))
        for name, count, source_date, loaded, *box in rows
    }
    return State(Publication(*latest) if latest else None, layers)


def state(service: Service, actor: Actor, layers: Iterable[Layer]) -> State:
    """The state of ``layers`` as ``actor`` may know it."""
    public = published(service)
    return State(
        public.publication,
        {
            layer.name: LayerState(count=_counted(service, actor, layer))
            if layer.restricted
            else public.layers.get(layer.name, LayerState())
            for layer in layers
        },
    )


def _counted(service: Service, actor: Actor, layer: Layer) -> int | None:
    return query.count(plan_query(FeatureRequest(layer.name), actor, service), service)
