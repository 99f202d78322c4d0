"""How well the database turns coordinates from one CRS into another: asked of it, and said where data is described.

In: a connection or a service. Out: an :class:`Accuracy` per storage CRS. The embedded cluster has the correction grid
of RDNAPTRANS2018; a server of one's own may lack it, and nothing in its answers shows that. So a known point is
transformed.

The figures are those of EPSG for the operation that PROJ takes: 9282 with the grid, 9281 without (0.25 m). Belgian
Lambert 72 goes by the seven parameters of 15928 (0.2 m); 8369 would be good to 0.01 m, with a grid of the NGI that no
package here carries. Lambert 2008 is a projection of ETRS89 itself.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psycopg import sql
from psycopg_pool import ConnectionPool

from risicoatlas import crs
from risicoatlas.catalogue import Layer, Text
from risicoatlas.database import Connection, reading

if TYPE_CHECKING:
    from risicoatlas.service import Service

# Where RD begins, in Amersfoort: 7 cm apart with and without the grid.
KNOWN_RD = (155_000.0, 463_000.0)
KNOWN_ETRS89 = (5.387203657, 52.155172897)
NEAR_DEGREES = (2e-7, 1e-7)
# A server may get the grid, or lose it, while the service runs.
ASK_AGAIN_S = 600.0

RDNAPTRANS = "rdnaptrans2018"


@dataclass(frozen=True)
class Accuracy:
    """Metres that a coordinate of a layer in ``srid`` may be off in another CRS, and that said for people."""

    srid: int
    metres: float
    text: Text

    @property
    def worth_saying(self) -> bool:
        """Whether somebody who measures on a building would want to know."""
        return self.metres > 0.02


_WITH_GRID = Accuracy(
    28992,
    0.01,
    Text(
        "Van RD naar andere stelsels volgens RDNAPTRANS2018, tot op 0,01 m.",
        "From RD to other systems according to RDNAPTRANS2018, to within 0.01 m.",
    ),
)
_WITHOUT_GRID = Accuracy(
    28992,
    0.25,
    Text(
        "De database mist het correctierooster van RDNAPTRANS2018: coördinaten in een ander stelsel dan RD wijken tot"
        " 0,25 m af.",
        "The database lacks the correction grid of RDNAPTRANS2018: coordinates in another system than RD are up to"
        " 0.25 m off.",
    ),
)
_BELGIAN = Accuracy(
    31370,
    0.2,
    Text(
        "Van Lambert 72 naar andere stelsels met zeven parameters: tot op 0,2 m volgens EPSG.",
        "From Lambert 72 to other systems by seven parameters: to within 0.2 m according to EPSG.",
    ),
)


def has_grid(connection: Connection) -> bool:
    """Whether this server takes the grid: a known point comes out where RDNAPTRANS2018 has it."""
    point = sql.SQL("ST_SetSRID(ST_MakePoint({}, {}), 28992)").format(*map(sql.Literal, KNOWN_RD))
    found = connection.execute(
        sql.SQL("SELECT ST_X(g), ST_Y(g) FROM (SELECT {} AS g) AS turned").format(crs.transformed(point, 28992, 4258))
    ).fetchone()
    return found is not None and all(
        abs(value - known) < near for value, known, near in zip(found, KNOWN_ETRS89, NEAR_DEGREES, strict=True)
    )


def transformation(connection: Connection, srid: int) -> str:
    """A name for the way from ``srid`` to ETRS89 on this server; empty for the one that needs no grid.

    Coordinates that were stored under another name are to be computed anew.
    """
    return RDNAPTRANS if srid == 28992 and has_grid(connection) else ""


_grids: "WeakKeyDictionary[ConnectionPool[Connection], tuple[float, bool]]" = WeakKeyDictionary()


def accuracy(service: "Service", srid: int = 28992) -> Accuracy | None:
    """What the service's database makes of coordinates stored in ``srid``; None where nothing is lost.

    Raises :class:`UnavailableError` when the database does not answer.
    """
    if srid == 31370:
        return _BELGIAN
    if srid != 28992:
        return None
    asked_s, grid = _grids.get(service.pool, (float("-inf"), False))
    if time.monotonic() - asked_s > ASK_AGAIN_S:
        with reading(service.pool) as connection:
            grid = has_grid(connection)
        _grids[service.pool] = (time.monotonic(), grid)
    return _WITH_GRID if grid else _WITHOUT_GRID


def of_layer(layer: Layer, service: "Service") -> Accuracy | None:
    """The accuracy of one layer."""
    return accuracy(service, layer.srid)


def of_connection(connection: Connection) -> Accuracy:
    """The accuracy of RD on the server of this connection, for commands."""
    return _WITH_GRID if has_grid(connection) else _WITHOUT_GRID
