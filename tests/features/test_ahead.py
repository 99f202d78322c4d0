"""What is asked in the message that opens a reading: the same rows and numbers as without, by one connection."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.world import BEHEERDER, GRID, ORIGIN, SIDE_M

from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.crs import Crs
from risicoatlas.database import Database
from risicoatlas.features import geojson, query
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.query import AHEAD_ROWS, Ahead, Reading
from risicoatlas.features.request import Envelope, FeatureRequest, Place, Sort
from risicoatlas.filters import cql2
from risicoatlas.service import Service

X, Y = ORIGIN
SQUARES = GRID * GRID
ALL = Envelope(X - 1, Y - 1, X + GRID * SIDE_M + 1, Y + GRID * SIDE_M + 1, 28992)
FEW = Envelope(X + 1, Y + 1, X + 2.5 * SIDE_M, Y + 2.5 * SIDE_M, 28992)
COUNTRY = Envelope(0, 300_000, 280_000, 620_000, 28992)
NOWHERE = Envelope(200_000, 500_000, 200_100, 500_100, 28992)
CASES: dict[str, dict[str, Any]] = {
    "everything": {},
    "a box with all": {"bbox": ALL},
    "a box with few": {"bbox": FEW},
    "a box and what has no place": {"bbox": FEW, "unplaced": True},
    "a large box": {"bbox": COUNTRY},
    "an empty box": {"bbox": NOWHERE},
    "a box in turned order": {"bbox": ALL, "sort": (Sort("aantal", descending=True),)},
    "an id": {"ids": ("NL.PROEF.gm0001.0001",)},
    "ids in a box": {"ids": ("NL.PROEF.1", "NL.PROEF.2", "NL.PROEF.400"), "bbox": FEW},
    "a filter": {"filter": cql2.read_text("aantal > 7", Crs(28992, "EPSG:28992", latitude_first=False))},
    "an offset": {"bbox": ALL, "offset": 390},
}
LIMITS = (1, 10, AHEAD_ROWS, AHEAD_ROWS + 1, SQUARES - 1, SQUARES, 1_000)


@pytest.fixture(scope="module")
def narrow(world: Service, world_database: Database) -> Iterator[Service]:
    """The world, by one connection: who asks for a second while it has one waits in vain."""
    with world_database.pool(max_size=1) as pool:
        pool.wait()
        yield replace(world, pool=pool)


def planned(service: Service, actor: Actor = ANONYMOUS, **parts: Any) -> Plan:
    return plan_query(FeatureRequest(**{"layer": "proef", **parts}), actor, service)


def read(plan: Plan, service: Service, ahead: Ahead | None) -> tuple[bytes, int, bool, Place | None, int | None]:
    with Reading(plan, service, ahead=ahead) as reading:
        rows = reading.stream(geojson.feature_row(plan), b",", keyed=True)
        text = b"".join(rows)
        return text, rows.returned, rows.more, rows.after, reading.matched(rows)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", CASES)
def test_a_page_is_the_same_however_it_is_asked(narrow: Service, name: str, limit: int) -> None:
    plan = planned(narrow, limit=limit, **CASES[name])
    ahead = Ahead(geojson.feature_row(plan), keyed=True, alone=plan.unfiltered, flowing=3_000, numbered=True)
    found = read(plan, narrow, ahead)
    assert found == read(plan, narrow, None)
    assert found[-1] == query.count(plan, narrow, exact=True)


@pytest.mark.parametrize("limit", [10, 1_000])
def test_a_page_of_a_restricted_layer_is_the_same_too(narrow: Service, limit: int) -> None:
    plan = planned(narrow, BEHEERDER, layer="geheim", limit=limit)
    ahead = Ahead(geojson.feature_row(plan), keyed=True, flowing=3_000, numbered=True)
    assert read(plan, narrow, ahead) == read(plan, narrow, None)


@pytest.mark.parametrize("limit", [AHEAD_ROWS + 1, 1_000])
def test_a_stream_that_is_begun_again_gives_all_its_rows(narrow: Service, limit: int) -> None:
    plan = planned(narrow, limit=limit, bbox=ALL)
    row = geojson.feature_row(plan)
    whole = read(plan, narrow, None)[0]
    with Reading(plan, narrow, ahead=Ahead(row, keyed=True, flowing=3_000)) as reading:
        next(iter(reading.stream(row, b",", keyed=True)))
        reading.restart()
        assert reading.count(exact=True) == SQUARES
        assert b"".join(reading.stream(row, b",")) == whole


def test_a_reading_that_nobody_closed_gives_its_connection_back(narrow: Service) -> None:
    plan = planned(narrow, limit=1_000)
    for _ in range(3):
        Reading(plan, narrow, ahead=Ahead(geojson.feature_row(plan), keyed=True, flowing=3_000))
    assert query.count(planned(narrow, bbox=ALL), narrow, exact=True) == SQUARES
