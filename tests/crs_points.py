"""Points of the Netherlands in RD and what RDNAPTRANS2018 makes of them, by the validated program of ``pyrdnap``."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import psycopg
from pyrdnap import RDNAP2018v1

from risicoatlas.database import Database

# Where EPSG operation 9282 is meant to be used: the land, the Wadden islands and twelve miles of sea.
WEST, SOUTH, EAST, NORTH = 3.2, 50.75, 7.22, 53.7
STEP_M = 10_000
METRES_PER_DEGREE = (68_600.0, 111_200.0)

Point = tuple[float, float]


@lru_cache
def points() -> tuple[tuple[Point, Point], ...]:
    """RD in metres and ETRS89 as longitude and latitude, every 10 km over land and coast."""
    official = RDNAP2018v1()
    found = []
    for x in range(11_000, 285_000, STEP_M):
        for y in range(307_000, 625_000, STEP_M):
            answer = official.reverse(x, y)
            if WEST < answer.lon < EAST and SOUTH < answer.lat < NORTH:
                found.append(((float(x), float(y)), (float(answer.lon), float(answer.lat))))
    return tuple(found)


def apart_m(one: Point, other: Point) -> float:
    """The distance of two near points of the Netherlands in degrees, to a per cent."""
    east, north = ((a - b) * size for a, b, size in zip(one, other, METRES_PER_DEGREE, strict=True))
    return float((east**2 + north**2) ** 0.5)


# EPSG 9281: what PROJ takes where the grid is missing.
_SEVEN_PARAMETERS = (
    "+proj=sterea +lat_0=52.15616055555555 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 +ellps=bessel"
    " +towgs84=565.4171,50.3319,465.5524,1.9342,-1.6677,9.1019,4.0725 +units=m +no_defs"
)


@contextmanager
def lacking_the_grid(database: Database) -> Iterator[None]:
    """The database as one of a server that has no grid, for connections that are made within the block."""
    with psycopg.connect(database.conninfo("superuser"), autocommit=True) as connection:
        kept = connection.execute(
            "SELECT auth_name, srtext, proj4text FROM spatial_ref_sys WHERE srid = 28992"
        ).fetchone()
        change = "UPDATE spatial_ref_sys SET auth_name = %s, srtext = %s, proj4text = %s WHERE srid = 28992"
        connection.execute(change, [None, "", _SEVEN_PARAMETERS])
        yield
        connection.execute(change, kept)
