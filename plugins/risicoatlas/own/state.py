"""Count and extent of a public own table: exact, within a time budget, and kept for some minutes per process.

Nothing is stored with a publication, and nothing is estimated: what takes too long is not known.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from risicoatlas.catalogue import Layer
from risicoatlas.database import Connection, reading
from risicoatlas.errors import UnavailableError
from risicoatlas.filters.literals import transformed_bounds

LOG = logging.getLogger("risicoatlas.own")
BUDGET_S = 2
KEPT_S = 300
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class State:
    """``count`` and ``extent`` (longitude and latitude) are None where they are not known; the extent of a table
    without rows is None too."""

    count: int | None = None
    extent: Box | None = None


_kept: dict[tuple[str, str], tuple[float, State]] = {}
_lock = Lock()


def states(pool: ConnectionPool[Connection], layers: Iterable[Layer]) -> Mapping[str, State]:
    """The state of each public own table among ``layers``."""
    return {layer.name: state(pool, layer) for layer in layers if layer.own and not layer.restricted}


def state(pool: ConnectionPool[Connection], layer: Layer) -> State:
    """The state of one public own table, at most :data:`KEPT_S` old."""
    place = (str(pool.conninfo), layer.name)
    with _lock:
        kept = _kept.get(place)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    found = _read(pool, layer)
    with _lock:
        _kept[place] = (time.monotonic() + KEPT_S, found)
    return found


def forget() -> None:
    """Read everything anew from now on."""
    with _lock:
        _kept.clear()


def _read(pool: ConnectionPool[Connection], layer: Layer) -> State:
    statement = sql.SQL(
        "SELECT aantal, ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
        " FROM (SELECT count(*) AS aantal, ST_Extent(geometrie) AS e FROM {}) AS stand"
    ).format(layer.table)
    try:
        with reading(pool, timeout_s=BUDGET_S) as connection:
            row = connection.execute(statement).fetchone()
    except (psycopg.Error, UnavailableError):
        LOG.warning("count and extent of %s are not known", layer.name, exc_info=True)
        return State()
    total, *box = row or (None, None)
    return State(total, None if box[0] is None else transformed_bounds(tuple(box), layer.srid, 4326))
