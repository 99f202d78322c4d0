"""Tables of an organisation change without asking: rows, columns, rights; and the configuration changes too."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from tests.maps.conftest import Client
from tests.own.conftest import LAYERS, copied, edges, write_config, write_layer

from risicoatlas import catalogue as catalogues
from risicoatlas.app import make_service
from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection, Database, refuse_strong_role
from risicoatlas.errors import ClusterError, ConfigError
from risicoatlas.own import state
from risicoatlas.publish import engine, tables
from risicoatlas.settings import Settings

CHOSEN = {name: LAYERS[name] for name in ("bogen", "leidingen", "meldingen")}


@dataclass(frozen=True)
class House:
    """A service of one test, and its organisation's own connection."""

    settings: Settings
    database: Database
    client: Client
    organisation: Connection


@pytest.fixture
def house(cluster: Cluster, tables_of_others: str, settings: Settings, tmp_path: Path) -> Iterator[House]:
    database = copied(cluster, tables_of_others)
    config = write_config(tmp_path, CHOSEN)
    chosen = replace(settings, config=config, styles=tmp_path / "styles", home=tmp_path / "home")
    with database.loader() as connection:
        engine.publish(connection, catalogues.read(config))
    service = make_service(chosen, database)
    service.pool.open(wait=True)
    state.forget()
    with psycopg.connect(database.conninfo("superuser"), autocommit=True) as organisation:
        yield House(chosen, database, Client(edges(service).route), organisation)
    service.pool.close()


def publish(house: House) -> None:
    with house.database.loader() as connection:
        engine.publish(connection, catalogues.read(house.settings.config))


def status(house: House, path: str, **parameters: object) -> int:
    answer = house.client.get(path, **parameters)
    for word in ("SELECT", "gis.bogen", "psycopg", "relation", "permission"):
        assert word not in answer.text, answer.text
    return answer.status


def test_a_changed_row_is_served_at_once(house: House) -> None:
    house.organisation.execute("UPDATE gis.gas SET bar = 99 WHERE code = 'G/1'")
    found = json.loads(house.client.get("/ogc/v1/collections/leidingen/items", f="json", filter="druk=99").body)
    assert sorted(feature["id"] for feature in found["features"]) == ["G/1", "G/99"]


@pytest.mark.parametrize(
    "change", ["DROP TABLE gis.bogen CASCADE", "REVOKE SELECT ON gis.bogen FROM ra_owner", "DROP VIEW publiek.bogen"]
)
def test_a_table_that_goes_while_it_is_served_is_unavailable_and_the_rest_stays(house: House, change: str) -> None:
    house.organisation.execute(change)
    state.forget()
    assert status(house, "/ogc/v1/collections/bogen/items", f="json") == 503
    assert status(house, "/ogc/v1/collections/bogen/items/1", f="json") == 503
    assert status(house, "/wfs", service="WFS", version="2.0.0", request="GetFeature", typeNames="bogen") == 503
    picture = house.client.map("bogen", (139900, 449900, 140200, 450200))
    assert "ServiceException" in picture.text and "gis.bogen" not in picture.text
    assert status(house, "/ogc/v1/collections", f="json") == 200
    assert status(house, "/wfs", service="WFS", request="GetCapabilities") == 200
    assert status(house, "/") == 200
    assert status(house, "/ogc/v1/collections/leidingen/items", f="json") == 200


def test_a_table_that_is_made_anew_is_served_again_after_publish(house: House) -> None:
    house.organisation.execute("DROP TABLE gis.bogen CASCADE")
    house.organisation.execute(
        "CREATE TABLE gis.bogen (nr bigint PRIMARY KEY, naam text, vak geometry(Polygon, 28992))"
    )
    house.organisation.execute("GRANT SELECT ON gis.bogen TO ra_owner")
    house.organisation.execute("INSERT INTO gis.bogen VALUES (7, 'nieuw', ST_MakeEnvelope(1e5, 4e5, 2e5, 5e5, 28992))")
    assert status(house, "/ogc/v1/collections/bogen/items", f="json") == 503
    publish(house)
    found = json.loads(house.client.get("/ogc/v1/collections/bogen/items/7", f="json").body)
    assert found["geometry"]["type"] == "MultiPolygon"


def test_a_view_that_is_right_is_left_and_one_that_was_replaced_is_made_anew(house: House) -> None:
    def number() -> int:
        row = house.organisation.execute("SELECT 'besloten.meldingen'::regclass::oid::bigint").fetchone()
        assert row
        return row[0]

    first = number()
    publish(house)
    assert number() == first
    house.organisation.execute("ALTER VIEW besloten.meldingen RESET (security_barrier)")
    publish(house)
    assert number() != first
    options = house.organisation.execute("SELECT reloptions FROM pg_class WHERE oid = %s", [number()]).fetchone()
    assert options == (["security_barrier=true"],)


def test_the_service_does_not_start_with_a_view_in_besloten_that_is_no_barrier(house: House) -> None:
    with house.database.asking() as connection:
        refuse_strong_role(connection)
        house.organisation.execute("ALTER VIEW besloten.meldingen RESET (security_barrier)")
        with pytest.raises(ClusterError, match="meldingen"):
            refuse_strong_role(connection)


def test_nobody_reads_a_restricted_table_past_the_rule(house: House) -> None:
    """The role of public layers has no right at all; the other without areas sees no row."""
    for role, areas, seen in (("ra_restricted", "", 0), ("ra_restricted", "GM0001", 2_000), ("ra_public", "*", None)):
        with house.organisation.transaction(force_rollback=True):
            house.organisation.execute("SELECT set_config('role', %s, true)", [role])
            house.organisation.execute("SELECT set_config('risicoatlas.areas', %s, true)", [areas])
            if seen is None:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), house.organisation.transaction():
                    house.organisation.execute("SELECT count(*) FROM besloten.meldingen")
            else:
                row = house.organisation.execute("SELECT count(*) FROM besloten.meldingen").fetchone()
                assert row == (seen,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege), house.organisation.transaction():
                house.organisation.execute("SELECT count(*) FROM gis.meldingen")


def test_a_layer_that_is_taken_away_lets_go_of_the_table(house: House) -> None:
    (house.settings.config / "layers" / "bogen" / "layer.yaml").unlink()
    publish(house)
    house.organisation.execute("DROP TABLE gis.bogen")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        house.organisation.execute("DROP VIEW gis.leidingen")


def test_a_layer_goes_from_own_table_to_publication_and_back(house: House) -> None:
    path = house.settings.config / "layers" / "bogen" / "layer.yaml"
    own = path.read_text(encoding="utf-8")
    published = own.partition("access")[0] + "access: public\ngeometry: MultiPolygon\n"
    path.write_text(published, encoding="utf-8")
    core = [item.name for item in catalogues.read(house.settings.config).get("bogen").fields]
    columns = ", ".join("'1'" if name == "identificatie" else "NULL" for name in core if name != "publicatie")
    names = ", ".join(name for name in core if name != "publicatie")
    path.with_name("publish.sql").write_text(
        f"SELECT {names}, geometrie FROM (VALUES ({columns}, NULL::geometry)) AS rij({names}, geometrie)",
        encoding="utf-8",
    )
    kinds = []
    for text in (published, own):
        path.write_text(text, encoding="utf-8")
        publish(house)
        kinds.append(
            house.organisation.execute(
                "SELECT relkind::text FROM pg_class WHERE oid = 'publiek.bogen'::regclass"
            ).fetchone()
        )
    assert kinds == [("r",), ("v",)]
    assert not house.organisation.execute("SELECT 1 FROM publiek.laag_stand WHERE laag = 'bogen'").fetchone()


def test_a_layer_that_cannot_be_served_stops_the_start_and_the_publication(house: House) -> None:
    path = write_layer(house.settings.config, "weg", "access: public\ntable: gis.weg\nkey: id\n")
    with pytest.raises(ConfigError) as start:
        make_service(house.settings, house.database)
    with pytest.raises(ConfigError) as publication:
        publish(house)
    assert str(start.value) == str(publication.value)
    assert str(start.value).startswith(f"{path}:4: there is no table or view gis.weg")
    with house.database.loader() as connection, pytest.raises(ConfigError):
        tables.ensure(connection, catalogues.read(house.settings.config))
