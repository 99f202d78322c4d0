"""The cost of a neighbour does not grow with the number of buildings: seen in plans and in what is read."""

import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from psycopg import ClientCursor, sql
from tests.register import rule_set

from risicoatlas.database import Connection
from risicoatlas.rules import inputs

WOON = "woonfunctie"
FEW, MANY = 400, 3200


@pytest.fixture
def neighbours(register) -> Iterator[Connection]:
    """A connection on which plans are those of one process."""
    connection = register.connection
    connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    connection.execute("SET LOCAL jit = off")
    yield connection


def fill(connection: Connection, register: Any, number: int) -> None:
    """The tables of a run on dwellings 25 m apart in rows of fifty; ``bron.kgl_buur`` has those with woonfunctie."""
    connection.execute(
        "INSERT INTO register.pand (identificatie, gemeentecode, status, geometrie, waarde_hash, levering)"
        " SELECT '99011' || lpad(n::text, 11, '0'), 'GM9901', 'Pand in gebruik',"
        " ST_Multi(ST_MakeEnvelope(x, y, x + 8, y + 8, 28992)), '', %s FROM generate_series(1, %s) n,"
        " LATERAL (SELECT 150000 + n %% 50 * 25 AS x, 500000 + n / 50 * 25 AS y) p",
        [register.delivery, number],
    )
    connection.execute(
        "INSERT INTO register.verblijfsobject"
        " (identificatie, status, oppervlakte_m2, gebruiksdoelen, waarde_hash, levering)"
        " SELECT replace(identificatie, '99011', '99010'), 'Verblijfsobject in gebruik', 100, %s, '', levering"
        " FROM register.pand",
        [[WOON]],
    )
    connection.execute(
        "INSERT INTO register.verblijfsobject_pand"
        " SELECT replace(identificatie, '99011', '99010'), identificatie FROM register.pand"
    )
    inputs.prepare(connection, rule_set("basisvulling").on(rule_set("basisvulling").rules[0].in_force.first))
    inputs.run(connection, "neighbours.sql", functie=WOON, plaatsen=False)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def plan(connection: Connection, text: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a plan, inner ones too."""
    with ClientCursor(connection) as cursor:
        row = cursor.execute(sql.SQL("EXPLAIN (FORMAT JSON) " + text), parameters).fetchone()
    assert row is not None
    return list(nodes(row[0][0]["Plan"]))


def test_nearest_neighbour_is_found_by_the_index(neighbours, register):
    fill(neighbours, register, MANY)
    row = neighbours.execute("SELECT prosrc FROM pg_proc WHERE proname = 'afstand_tot_buur'").fetchone()
    inner = re.search(r"SELECT ST_Distance.*?LIMIT 1", row[0], re.DOTALL)
    assert inner
    text = re.sub(r"afstand_tot_buur\.(\w+)", r"%(\1)s", inner[0].replace(" INTO afstand_m", ""))
    text = text.replace("%(geometrie)s", "%(geometrie)s::geometry")
    parameters = {"geometrie": "SRID=28992;POINT(150500 500500)", "pand": "", "zoekafstand_m": 250.0}
    found = plan(neighbours, text, parameters)
    (scan,) = [node for node in found if node.get("Relation Name") == "kgl_buur"]
    assert scan["Node Type"] == "Index Scan"
    assert "<->" in scan["Order By"] and "&&" in scan["Index Cond"]


def test_units_in_the_hectare_are_counted_by_the_index(neighbours, register):
    fill(neighbours, register, MANY)
    text = (resources.files("risicoatlas.rules") / "sql" / "density.sql").read_text(encoding="utf-8")
    found = plan(neighbours, text[text.index("INSERT") :], {"functie": WOON})
    (inner,) = [node for node in found if node.get("Relation Name") == "kgl_buur" and node.get("Alias") == "o"]
    assert inner["Node Type"] in {"Index Scan", "Bitmap Heap Scan"}


@pytest.mark.parametrize("statement", ["distance.sql", "density.sql"])
def test_neighbours_that_are_looked_at_do_not_grow_with_the_buildings(neighbours, register, statement):
    """Rows fetched by index per building, among few and among many; the buildings themselves are read once."""
    looked_at = {}
    for number in (FEW, MANY):
        neighbours.execute("SAVEPOINT leeg")
        fill(neighbours, register, number)
        before = reads(neighbours)
        inputs.run(neighbours, statement, functie=WOON, zoekafstand_m=250.0)
        fetched, scans = (after - one for after, one in zip(reads(neighbours), before, strict=True))
        assert scans <= 2
        looked_at[number] = fetched / number
        neighbours.execute("ROLLBACK TO leeg")
    assert 1 <= looked_at[MANY] <= 2 * looked_at[FEW]
    assert looked_at[MANY] < 60


def reads(connection: Connection) -> tuple[int, int]:
    """Rows that indexes of ``bron.kgl_buur`` gave in this transaction, and how often the table was read whole."""
    row = connection.execute(
        "SELECT idx_tup_fetch, seq_scan FROM pg_stat_xact_user_tables WHERE relid = 'bron.kgl_buur'::regclass"
    ).fetchone()
    assert row is not None
    return row
