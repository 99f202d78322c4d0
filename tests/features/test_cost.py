"""What the pages of a large layer cost: an index serves each, and a later page is no dearer than the first."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from risicoatlas import catalogue as catalogues
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.app import make_service
from risicoatlas.database import Database, Reader, asking
from risicoatlas.features import geojson, prepared
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.request import Envelope, FeatureRequest, Place
from risicoatlas.publish import tables
from risicoatlas.service import Service
from risicoatlas.settings import Settings

ROWS, ENDED = 60_000, 3_000
# Row numbers go with the place, as in a published layer; the last ENDED numbers took the place of rows that ended.
FILL = """
INSERT INTO publiek.gemeenten (volgnummer, identificatie, geometrie, geometrie_etrs89, publicatie, publicatie_tot,
  rij_hash)
SELECT n, 'k' || CASE WHEN n > {rows} THEN (n - {rows}) * 20 ELSE n END, g, ST_Transform(g, 4258),
  CASE WHEN n > {rows} THEN 2 ELSE 1 END, CASE WHEN n <= {rows} AND n % 20 = 0 THEN 2 END, gen_random_uuid()
FROM generate_series(1, {rows} + {ended}) AS n, LATERAL (SELECT ST_Multi(ST_MakeEnvelope(
  100000 + n % 300 * 100, 400000 + n / 300 * 100, 100050 + n % 300 * 100, 400050 + n / 300 * 100, 28992)) AS g) AS vorm
"""


@pytest.fixture(scope="module")
def large(module_database: Database, settings: Settings) -> Iterator[Service]:
    """60,000 objects of which 3,000 changed at the second publication."""
    layers = catalogues.read(Path(settings.config))
    with module_database.loader() as connection:
        tables.ensure(connection, layers)
        connection.execute(sql.SQL(FILL).format(rows=sql.Literal(ROWS), ended=sql.Literal(ENDED)))
        connection.execute("INSERT INTO publiek.publicatie (nummer) VALUES (1), (2)")
        connection.execute(
            "INSERT INTO publiek.laag_stand (laag, publicatie, aantal) VALUES ('gemeenten', 2, %s)", [ROWS]
        )
        connection.commit()
    with module_database.loader(autocommit=True) as connection:
        connection.execute("ANALYZE publiek.gemeenten")
    service = make_service(settings, module_database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


def planned(service: Service, place: Place | None = None, **parts: Any) -> Plan:
    plan = plan_query(FeatureRequest(**{"layer": "gemeenten", "limit": 100, **parts}), ANONYMOUS, service)
    return replace(plan, place=place)


def explained(service: Service, plan: Plan, *, kept: bool = False) -> tuple[str, float]:
    """The plan of PostgreSQL as text, and the pages of memory or disk that it touched; ``kept`` as a statement that is
    planned without its values."""
    row = geojson.feature_row(plan)
    before, statement = sql.SQL(""), plan.select(row, (plan.limit or 0) + 1)
    if kept:
        found = prepared.page(plan, row, keyed=True)
        assert found is not None
        before = sql.SQL(f"DEALLOCATE ALL; PREPARE kept({', '.join(found.types)}) AS {found.form}; ")
        statement = sql.SQL("EXECUTE kept({})").format(sql.SQL(", ").join(found.values))
    explain = sql.SQL("{}EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}").format(before, statement)
    with asking(service.pool, Reader(tables=((plan.layer.schema, plan.layer.name),)), explain) as (_, (rows,)):
        text = (rows[0][0] or b"").decode()
        top = json.loads(text)[0]["Plan"]
        return text, top["Shared Hit Blocks"] + top["Shared Read Blocks"]


EVERYWHERE = Envelope(0, 300000, 280000, 625000, 28992)
BOX = Envelope(110000, 410000, 110900, 410900, 28992)
CASES: dict[str, dict[str, Any]] = {
    "first page": {},
    "next": {"place": Place((40_000,))},
    "previous": {"place": Place((40_000,), backward=True)},
    "last page": {"place": Place((ROWS + ENDED - 10,))},
    "pinned next": {"place": Place((40_000,)), "publication": 1},
    "pinned previous": {"place": Place((40_000,), backward=True), "publication": 1},
    "pinned first": {"publication": 1},
    "box": {"bbox": BOX},
    "box, next": {"bbox": BOX, "place": Place((20_000,))},
    "box, pinned": {"bbox": BOX, "publication": 1},
    "box and what has no place": {"bbox": BOX, "unplaced": True},
    "box and what has no place, next": {"bbox": BOX, "unplaced": True, "place": Place((20_000,))},
    "id": {"ids": ("k777",)},
    "id, pinned": {"ids": ("k780", "k777"), "publication": 1},
    "changes": {"since": 1},
    "no changes": {"since": 2},
}


@pytest.mark.parametrize("name", CASES)
def test_an_index_serves_every_page(large: Service, name: str) -> None:
    text, _ = explained(large, planned(large, **CASES[name]))
    assert "Seq Scan" not in text, text


@pytest.mark.parametrize("name", ["first page", "box", "box and what has no place", "id", "ids"])
def test_a_kept_statement_uses_the_same_index_whatever_its_values(large: Service, name: str) -> None:
    case = CASES.get(name, {"ids": ("k777", "k778")})
    text, touched = explained(large, planned(large, **case), kept=True)
    _, planned_anew = explained(large, planned(large, **case))
    assert "Seq Scan" not in text, text
    assert touched <= planned_anew + 10


@pytest.mark.parametrize("kept", [False, True])
def test_what_has_no_place_is_found_without_walking_the_spatial_index(large: Service, kept: bool) -> None:
    _, placed = explained(large, planned(large, bbox=BOX), kept=kept)
    _, unplaced = explained(large, planned(large, bbox=BOX, unplaced=True), kept=kept)
    assert unplaced <= placed + 10


@pytest.mark.parametrize("case", [{"bbox": EVERYWHERE}, {"place": Place((40_000,))}, {"publication": 1}, {"since": 1}])
def test_what_is_planned_otherwise_with_other_values_is_not_kept(large: Service, case: dict[str, Any]) -> None:
    plan = planned(large, **case)
    assert prepared.page(plan, geojson.feature_row(plan), keyed=True) is None


def test_a_later_page_touches_no_more_than_the_first(large: Service) -> None:
    _, first = explained(large, planned(large))
    for name in ("next", "previous", "pinned next", "pinned previous"):
        _, later = explained(large, planned(large, **CASES[name]))
        assert later <= first * 1.5 + 10, name


def test_an_offset_in_the_whole_layer_is_found_in_an_index(large: Service) -> None:
    text, _ = explained(large, planned(large, offset=40_000))
    assert "Index Only Scan" in text
    _, first = explained(large, planned(large))
    _, narrowed = explained(large, planned(large, offset=40_000, bbox=EVERYWHERE))
    assert narrowed > 10 * first, "which is what cursors are for"
