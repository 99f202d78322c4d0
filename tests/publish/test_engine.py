"""Publication on the real database: numbers, unchanged rows, ended rows, restricted rows."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.crs_points import lacking_the_grid

from risicoatlas import catalogue as catalogues
from risicoatlas import proj
from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Connection, Database, reading
from risicoatlas.errors import ConfigError
from risicoatlas.publish import engine, tables
from risicoatlas.settings import Settings

LAYER = """
title: {{nl: Proef, en: Trial}}
description: {{nl: Proef, en: Trial}}
access: {access}
geometry: Point
srid: {srid}
fields: []
{area}
"""
QUERY = """
SELECT sleutel AS identificatie, naam, NULL AS bronhouder, NULL AS bronhoudercode, NULL AS bevoegdgezag, gemeentecode,
  NULL AS begin_geldigheid, NULL AS eind_geldigheid, NULL AS tijdstip_registratie, NULL AS geometrie_hersteld,
  ST_SetSRID(ST_MakePoint(x, y), {srid}) AS geometrie
FROM register.proef
"""


@pytest.fixture
def layers(tmp_path: Path, settings: Settings) -> Catalogue:
    core = settings.config / "layers" / "core.yaml"
    for name, access, srid, area in (
        ("proef", "public", 28992, ""),
        ("geheim", "restricted", 31370, "area_field: gemeentecode"),
    ):
        folder = tmp_path / "layers" / name
        folder.mkdir(parents=True)
        (folder / "layer.yaml").write_text(LAYER.format(access=access, srid=srid, area=area))
        (folder / "publish.sql").write_text(QUERY.format(srid=srid))
    (tmp_path / "layers" / "core.yaml").write_text(core.read_text())
    return catalogues.read(tmp_path)


@pytest.fixture
def register(connection: Connection, layers: Catalogue) -> Connection:
    connection.execute("CREATE TABLE register.proef (sleutel text, naam text, gemeentecode text, x float, y float)")
    connection.execute(
        "INSERT INTO register.proef SELECT 'k' || i, 'n' || i, (44020 + i % 3)::text, 100000 + i, 400000 + i FROM"
        " generate_series(1, 30) i"
    )
    tables.ensure(connection, layers)
    return connection


def served(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT identificatie, naam, publicatie, publicatie_tot, volgnummer FROM publiek.proef ORDER BY volgnummer"
    ).fetchall()


def test_the_first_publication_gives_every_row_and_the_stored_count(register: Connection, layers: Catalogue) -> None:
    result = engine.publish(register, layers)
    assert {row.layer: (row.total, row.added, row.ended) for row in result.layers} == {
        "proef": (30, 30, 0),
        "geheim": (30, 30, 0),
    }
    state = register.execute(
        "SELECT laag, aantal, publicatie, ST_XMin(omvang), ST_XMax(omvang) FROM publiek.laag_stand"
    ).fetchall()
    assert state == [("proef", 30, result.number, 100001.0, 100030.0)]


def test_publishing_again_without_change_makes_no_publication(register: Connection, layers: Catalogue) -> None:
    first = engine.publish(register, layers)
    before = served(register)
    again = engine.publish(register, layers)
    assert again.number is None
    assert served(register) == before
    assert register.execute("SELECT count(*), max(nummer) FROM publiek.publicatie").fetchone() == (1, first.number)


@pytest.mark.parametrize("changed", [1, 29], ids=["few rows: changed in place", "most rows: rebuilt"])
def test_a_changed_row_is_a_new_one_and_an_ended_one(register: Connection, layers: Catalogue, changed: int) -> None:
    first = engine.publish(register, layers)
    numbers = {row[0]: row[4] for row in served(register)}
    register.execute("UPDATE register.proef SET naam = 'anders' WHERE substr(sleutel, 2)::int <= %s", [changed])
    second = engine.publish(register, layers)
    rows = served(register)
    assert len(rows) == 30 + changed
    assert len({row[4] for row in rows}) == len(rows)
    for identifier, name, since, until, number in rows:
        touched = int(str(identifier)[1:]) <= changed
        if touched and name == "anders":
            assert (since, until) == (second.number, None)
            assert number > 30
        else:
            assert (since, until) == (first.number, second.number if touched else None)
            assert number == numbers[str(identifier)]


def test_a_row_that_is_gone_is_ended(register: Connection, layers: Catalogue) -> None:
    engine.publish(register, layers)
    register.execute("DELETE FROM register.proef WHERE sleutel = 'k7'")
    second = engine.publish(register, layers)
    assert [row[:4:3] for row in served(register) if row[3] is not None] == [("k7", second.number)]


def test_a_publish_query_that_does_not_fit_is_refused_and_changes_nothing(
    register: Connection, layers: Catalogue
) -> None:
    engine.publish(register, layers)
    before = served(register)
    register.execute("UPDATE register.proef SET naam = 'anders'")
    register.execute("INSERT INTO register.proef VALUES ('k1', 'dubbel', '44021', 1, 1)")
    with pytest.raises(ConfigError, match=r"publish\.sql:1: does not give the rows of layer"):
        engine.publish(register, layers)
    assert served(register) == before


def test_a_restricted_row_is_seen_for_its_area_only(
    register: Connection, layers: Catalogue, database: Database
) -> None:
    engine.publish(register, layers)
    pool = database.pool()
    pool.open(wait=True)
    counts = {}
    for areas in ("", "44021", "44020,44021", "*", "99999"):
        with reading(pool, role="ra_restricted", areas=areas) as connection:
            row = connection.execute("SELECT count(*) FROM besloten.geheim").fetchone()
            counts[areas] = row[0] if row else None
    assert counts == {"": 0, "44021": 10, "44020,44021": 20, "*": 30, "99999": 0}
    with pytest.raises(psycopg.errors.InsufficientPrivilege), reading(pool) as connection:
        connection.execute("SELECT count(*) FROM besloten.geheim")
    pool.close()


def test_coordinates_that_were_stored_without_the_grid_are_computed_anew_once(
    register: Connection, layers: Catalogue, database: Database
) -> None:
    """As after an upgrade of a home that was published before the grid was there."""
    register.commit()
    notices: list[str] = []
    with lacking_the_grid(database), database.loader() as connection:
        engine.publish(connection, layers)
        assert etrs89_of_k1(connection)[1] != pytest.approx(etrs89_by_pyproj(), abs=1e-7)
    for expected in (2, None):
        with database.loader() as connection:
            result = engine.publish(connection, layers, notice=notices.append)
            assert result.number == expected
            assert etrs89_of_k1(connection)[1] == pytest.approx(etrs89_by_pyproj(), abs=1e-9)
            # the old coordinates stay readable under the number that pages of before pin
            assert etrs89_of_k1(connection)[0] == 2
    assert [text for text in notices if "computed anew" in text] == [
        "proef: its coordinates in ETRS89 came by another transformation and are computed anew"
    ]
    with database.loader() as connection:
        ended = connection.execute("SELECT count(*) FROM besloten.geheim WHERE publicatie_tot IS NOT NULL").fetchone()
        assert ended == (0,), "31370 needs no grid: nothing of it changes"


def etrs89_of_k1(connection: Connection) -> tuple[int, tuple[float, float]]:
    """Number of rows of that key, and the coordinates of the current one."""
    rows = connection.execute(
        "SELECT publicatie_tot IS NULL, ST_X(geometrie_etrs89), ST_Y(geometrie_etrs89) FROM publiek.proef"
        " WHERE identificatie = 'k1'"
    ).fetchall()
    return len(rows), next((x, y) for current, x, y in rows if current)


def etrs89_by_pyproj() -> tuple[float, float]:
    return proj.between(28992, 4258).transform(100_001, 400_001)


@pytest.fixture(autouse=True)
def _no_leftovers(connection: Connection) -> Iterator[None]:
    yield
    connection.rollback()


def test_a_load_that_changes_no_object_still_moves_the_dates_of_the_sources(
    register: Connection, layers: Catalogue
) -> None:
    public = replace(layers.get("proef"), sources=("kvk", "bag"))
    named = Catalogue({"proef": public})
    register.execute(
        "INSERT INTO beheer.levering (bron, bestand, sha256, stand, status, klaar_op)"
        " VALUES ('bag', 'a.zip', 'a', '2026-01-15', 'klaar', '2026-01-20'),"
        " ('bag', 'b.zip', 'b', '2026-09-15', 'bezig', NULL)"
    )
    number = engine.publish(register, named).number

    def dates() -> object:
        return register.execute(
            "SELECT publicatie, brondatum::text, (SELECT array_agg((b ->> 'bron') || coalesce(b ->> 'stand', ' geen'))"
            " FROM jsonb_array_elements(bronnen) AS b) FROM publiek.laag_stand"
        ).fetchone()

    assert dates() == (number, "2026-01-15", ["kvk geen", "bag2026-01-15"])
    register.execute("UPDATE beheer.levering SET status = 'klaar', klaar_op = now() WHERE bestand = 'b.zip'")
    assert engine.publish(register, named).number is None
    assert dates() == (number, "2026-09-15", ["kvk geen", "bag2026-09-15"])


def test_a_publication_stores_the_municipalities_that_have_objects(register: Connection, layers: Catalogue) -> None:
    register.execute("INSERT INTO register.gemeente (gemeentecode, naam, land) VALUES ('44021', 'Zeekapelle', 'VL')")
    engine.publish(register, layers)
    (stored,) = register.execute("SELECT gemeenten FROM publiek.laag_stand").fetchone() or ()
    assert stored == [
        {"code": "44020", "naam": None},
        {"code": "44021", "naam": "Zeekapelle"},
        {"code": "44022", "naam": None},
    ]
