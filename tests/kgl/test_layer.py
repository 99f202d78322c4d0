"""``kgl_beheer``: the owner's layer, whole for its municipality and absent for all others; the role that corrects."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from tests.conftest import Town
from werkzeug.test import Client

from risicoatlas.app import create_app
from risicoatlas.database import Connection, Database, writing
from risicoatlas.errors import SettingError
from risicoatlas.settings import Settings

from .conftest import Office, Whole, new_key

OWN, OTHER = "GM9902", "GM9901"
ITEMS = "/ogc/v1/collections/kgl_beheer/items?f=json&limit=10000&skipGeometry=true"
WFS = "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=kgl_beheer&OUTPUTFORMAT=json&COUNT=5"
WMS = (
    "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=kgl_beheer&STYLES=&CRS=EPSG:28992"
    "&BBOX=120000,470000,130000,480000&WIDTH=64&HEIGHT=64&FORMAT=image/png"
)
TILE = "/tiles/kgl_beheer/WebMercatorQuad/10/527/336.png"


@pytest.fixture(scope="module")
def client(office: Office) -> Client:
    return Whole(create_app(office.service), use_cookies=False)


def key_of(office: Office, role: str, *areas: str) -> dict[str, str]:
    return {"X-API-Key": new_key(office.town, role, *areas).key}


class TestWhoSeesIt:
    @pytest.mark.parametrize("role", ["gemeente", "raadpleger"])
    def test_the_buildings_of_the_own_municipality(self, office: Office, client: Client, role: str) -> None:
        answer = client.get(ITEMS, headers=key_of(office, role, OWN)).json
        ((expected,),) = office.sql("SELECT count(*) FROM register.kgl_gebouw WHERE gemeentecode = %s", OWN)
        assert answer["numberMatched"] == expected > 0
        assert {item["properties"]["gemeentecode"] for item in answer["features"]} == {OWN}

    def test_a_beheerder_sees_all(self, office: Office, client: Client) -> None:
        found = client.get(f"{ITEMS}&properties=gemeentecode", headers=key_of(office, "beheerder")).json["features"]
        assert {item["properties"]["gemeentecode"] for item in found} == {"GM9901", "GM9902", "GM9903"}

    @pytest.mark.parametrize("path", [ITEMS, WFS, WMS, TILE])
    def test_a_protocol_that_shows_it_to_the_owner_has_nothing_of_it_for_anybody(
        self, office: Office, client: Client, path: str
    ) -> None:
        assert client.get(path, headers=key_of(office, "gemeente", OWN)).status_code == 200
        hidden, absent = client.get(path), client.get(path.replace("kgl_beheer", "kgl_nergens"))
        assert hidden.status_code == absent.status_code != 200
        assert hidden.text.replace("kgl_beheer", "kgl_nergens") == absent.text

    @pytest.mark.parametrize(
        "path", ["/", "/ogc/v1/collections?f=json", "/ogc/v1/openapi?f=json", "/viewer/layers.json", "/bestanden/",
                 "/wfs?SERVICE=WFS&REQUEST=GetCapabilities", "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
                 "/wmts/1.0.0/WMTSCapabilities.xml", "/metadata/catalog.jsonld"]
    )  # fmt: skip
    def test_no_document_for_anybody_names_it(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "kgl_beheer" not in answer.text


class TestWhatIsInIt:
    def test_labels_per_function_hits_and_inputs_are_flat_columns(self, office: Office, client: Client) -> None:
        found = client.get(ITEMS, headers=key_of(office, "gemeente", OWN)).json["features"]
        properties = [item["properties"] for item in found]
        assert all(not isinstance(value, dict | list) for row in properties for value in row.values())
        assert any(row["registertreffers"] for row in properties)
        assert all(row["toestand"] == "in_eigendom" and row["variant"] == "handmatig" for row in properties)
        homes = [row for row in properties if "woonfunctie" in row["gebruiksdoelen"]]
        assert homes and all(row["woonfunctie"] for row in homes)
        assert not any(row["woonfunctie"] for row in properties if "woonfunctie" not in row["gebruiksdoelen"])


@pytest.fixture
def delivering(office: Office) -> Iterator[Connection]:
    """A transaction of the role that corrects, for one municipality; undone at its end."""
    with pytest.raises(ZeroDivisionError), writing(office.service.pool, OWN) as connection:
        yield connection
        raise ZeroDivisionError


class TestTheRoleOfTheDelivery:
    def test_it_sees_one_municipality(self, delivering: Connection) -> None:
        for table in ("kgl_gebouw", "kgl_gebouw_functie", "kgl_gebouw_adres", "kgl_gemeente", "kgl_gebeurtenis"):
            rows = delivering.execute(f"SELECT DISTINCT gemeentecode FROM register.{table}").fetchall()
            assert rows in ([(OWN,)], []), table

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT status FROM register.pand", "SELECT 1 FROM register.kgl_label",
            "SELECT 1 FROM register.registertreffer", "SELECT 1 FROM register.kgl_vastgesteld",
            "SELECT 1 FROM beheer.sleutel", "SELECT 1 FROM beheer.audit",
            "SELECT 1 FROM besloten.kgl_beheer", "SELECT 1 FROM publiek.kgl_public",
            "UPDATE register.kgl_gemeente SET gepubliceerd_op = now()", "DELETE FROM register.kgl_correctie",
            "DELETE FROM register.kgl_gebeurtenis", "UPDATE register.kgl_correctie SET categorie = 'kwetsbaar'",
            "UPDATE register.kgl_correctie SET gepubliceerd_op = now()", "CREATE TABLE register.x (y int)",
            "INSERT INTO register.kgl_lijst (gemeentecode) VALUES ('GM9902')",
        ],
    )  # fmt: skip
    def test_it_may_nothing_else(self, delivering: Connection, statement: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), delivering.transaction():
            delivering.execute(statement)

    def test_it_writes_for_no_other_municipality(self, delivering: Connection) -> None:
        for statement in (
            "INSERT INTO register.kgl_correctie (gemeentecode, pand, categorie, reden, bron)"
            f" VALUES ('{OTHER}', '9901100000000001', 'kwetsbaar', 'r', 'hand')",
            "INSERT INTO register.kgl_correctie (gemeentecode, pand, categorie, reden, bron)"
            f" VALUES ('{OWN}', '9901100000000001', 'kwetsbaar', 'r', 'hand')",
            f"INSERT INTO register.kgl_gebeurtenis (gemeentecode, soort) VALUES ('{OTHER}', 'overname')",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
                delivering.transaction(),
            ):
                delivering.execute(statement)

    def test_a_service_without_a_loader_corrects_and_does_not_publish(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        alone = Database(lambda task: office.town.database.conninfo("service"))
        visitor = Office(office.town, replace(office.service, database=alone)).of(OWN)
        pand = visitor.a_building("categorie=kwetsbaar")
        assert visitor.correct(pand, "zeerKwetsbaar").status_code == 200
        answer = visitor.act("validatie", {"functies": "alle"})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        # the log says what to set, the client does not read of the database
        assert "RISICOATLAS_LOADER_DATABASE_URL" in caplog.text
        assert "RISICOATLAS" not in answer.text

    def test_a_loader_beside_the_embedded_server_is_refused(self, office: Office) -> None:
        with pytest.raises(SettingError, match="RISICOATLAS_DATABASE_URL names no server"):
            Settings.from_environ({"RISICOATLAS_LOADER_DATABASE_URL": "postgresql://x"})

    def test_the_service_itself_has_no_right_without_taking_a_role(self, town: Town) -> None:
        with (
            psycopg.connect(town.database.conninfo("service")) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT 1 FROM register.kgl_gebouw")
