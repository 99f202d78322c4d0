"""The box around a small box in degrees, without following its edges."""

import math
import random

import pytest

from risicoatlas import proj
from risicoatlas.filters.spatial import MARGIN_M, REGION

ALLOWED_M = 0.25


@pytest.mark.parametrize("target", REGION)
@pytest.mark.parametrize("source", [4326, 4258])
def test_it_is_the_box_of_pyproj_to_less_than_the_margin(source: int, target: int) -> None:
    west, south, east, north = REGION[target]
    chance = random.Random(target)
    for _ in range(100):
        x, y = chance.uniform(west, east - 0.01), chance.uniform(south, north - 0.01)
        box = (x, y, x + chance.uniform(0, 0.01), y + chance.uniform(0, 0.01))
        found = proj.small_box(box, source, target)
        assert found is not None
        exact = proj.between(source, target).transform_bounds(box)
        assert max(abs(a - b) for a, b in zip(found, exact, strict=True)) < ALLOWED_M < MARGIN_M


@pytest.mark.parametrize(
    ("box", "source", "target"),
    [
        ((5.0, 52.0, 5.02, 52.001), 4326, 28992),
        ((5.0, 52.0, 5.001, 52.02), 4326, 28992),
        ((155000.0, 463000.0, 155001.0, 463001.0), 28992, 4326),
        ((5.0, 52.0, 5.001, 52.001), 4326, 4258),
        ((math.nan, 52.0, math.nan, 52.001), 4326, 28992),
    ],
    ids=["wide", "high", "not in degrees", "to degrees", "no numbers"],
)
def test_any_other_box_is_left_to_pyproj(box: proj.Bounds, source: int, target: int) -> None:
    assert proj.small_box(box, source, target) is None
