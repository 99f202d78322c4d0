"""``risicoatlas check`` says of a table of an organisation what stops it and what makes it slow."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.own.conftest import LAYERS, copied, write_config

from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.settings import CHECKOUT

SLOW = """
CREATE TABLE gis.traag (
  id integer UNIQUE, gemeentecode text, "Straat Naam" text, tijden time, vak geometry(Polygon, 28992));
INSERT INTO gis.traag VALUES
  (1, 'GM0001', 'x', NULL, ST_MakeEnvelope(1e5, 4e5, 2e5, 5e5, 28992)),
  (4, 'GM0001', 'x', NULL, ST_MakeEnvelope(1e9, 1e9, 2e9, 2e9, 28992));
GRANT SELECT ON gis.traag TO ra_owner;
"""
TRAAG = {"traag": "access: restricted\ntable: gis.traag\nkey: id\narea_field: gemeentecode\n"}


@pytest.fixture(scope="module")
def database(cluster: Cluster, tables_of_others: str) -> Iterator[Database]:
    found = copied(cluster, tables_of_others)
    with psycopg.connect(found.conninfo("superuser"), autocommit=True) as connection:
        connection.execute(SLOW)
        connection.execute("GRANT ra_owner TO ra_service")
    yield found
    with psycopg.connect(found.conninfo("superuser"), autocommit=True) as connection:
        connection.execute("REVOKE ra_owner FROM ra_service")


def check(tmp_path: Path, layers: dict[str, str], url: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = write_config(tmp_path, layers, "[]")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")}
    environ = {"RISICOATLAS_CONFIG": str(config), "RISICOATLAS_HOME": str(tmp_path / "home")}
    if url:
        environ["RISICOATLAS_DATABASE_URL"] = url
    return subprocess.run(
        [sys.executable, "-m", "risicoatlas", "check", *arguments], env=clean | environ, capture_output=True,
        text=True, check=False, timeout=120, cwd=CHECKOUT,
    )  # fmt: skip


def of_tables(said: str) -> list[str]:
    """What is said of tables; warnings are of the rules of law or of the accuracy of the database."""
    return [line for line in said.splitlines() if not line.startswith("warning: ")]


def test_check_says_what_is_missing_for_speed_and_is_content_all_the_same(tmp_path: Path, database: Database) -> None:
    found = check(tmp_path, TRAAG, database.conninfo("loader"))
    assert found.returncode == 0, found.stderr
    place = f"{tmp_path}/config/layers/traag/layer.yaml"
    said = of_tables(found.stderr)
    for line, text in (
        (4, "has no spatial index: every map reads the whole table; CREATE INDEX ON gis.traag USING gist (vak)"),
        (4, "has no statistics yet"),
        (5, "id may be NULL"),
        (6, "has no index on gemeentecode"),
        (4, "column 'Straat Naam' is left out: the name is none for GML"),
        (4, "column 'tijden' is left out: type time is not served"),
        (4, "1 rows of gis.traag show no geometry"),
    ):
        assert any(item.startswith(f"{place}:{line}: advice: ") and text in item for item in said), (text, said)
    assert len(said) == 7
    assert "no findings but 7 times advice" in found.stdout


def test_check_has_nothing_to_say_of_a_table_that_is_in_order(tmp_path: Path, database: Database) -> None:
    found = check(tmp_path, {"meldingen": LAYERS["meldingen"]}, database.conninfo("loader"), "--json")
    assert (found.returncode, json.loads(found.stdout), of_tables(found.stderr)) == (0, [], [])


def test_check_fails_for_what_stops_a_layer_and_names_every_one(tmp_path: Path, database: Database) -> None:
    layers = {
        "weg": "access: public\ntable: gis.weg\nkey: id\n",
        "bomen": "access: public\ntable: gis.bomen\nkey: soort\n",
        "bogen": LAYERS["bogen"],
    }
    found = check(tmp_path, layers, database.conninfo("loader"), "--json")
    assert found.returncode == 1
    errors = [text for text in json.loads(found.stdout) if "advice: " not in text]
    assert len(errors) == 2
    assert "layers/bomen/layer.yaml:5: soort is enum: expected a key of" in errors[0]
    assert "layers/weg/layer.yaml:4: there is no table or view gis.weg in the database" in errors[1]


def test_check_reads_what_it_may_where_the_role_may_only_serve(tmp_path: Path, database: Database) -> None:
    with psycopg.connect(database.conninfo("superuser"), autocommit=True) as connection:
        connection.execute("REVOKE ra_owner FROM ra_service")
    found = check(tmp_path, {"bomen": LAYERS["bomen"]}, database.conninfo("service"))
    assert found.returncode == 0, found.stderr
    assert "rows and indexes were not looked at: the role may not act as ra_owner" in found.stderr


@pytest.mark.parametrize(("arguments", "why"), [((), "has none"), (("--no-database",), "as --no-database asks")])
def test_check_says_when_the_database_was_not_looked_at(tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    found = check(tmp_path, TRAAG, None, *arguments)
    assert found.returncode == 0, found.stderr
    assert "the database was not looked at" in found.stderr and why in found.stderr
    assert not (tmp_path / "home").exists()


def test_check_fails_when_the_database_does_not_answer(tmp_path: Path) -> None:
    found = check(tmp_path, TRAAG, "postgresql://nobody@127.0.0.1:1/none")
    assert found.returncode == 1
    assert "the database cannot be reached" in found.stderr
