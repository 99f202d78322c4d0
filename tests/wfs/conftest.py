"""The small world behind the WFS: a layer of each geometry type, a restricted one, and a client that speaks WSGI."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from urllib.parse import urlencode

import psycopg
import pytest
from lxml import etree
from psycopg import sql
from tests import schemas as xml_schemas
from tests import world as worlds
from tests.world import world_settings  # noqa: F401

from risicoatlas import catalogue as catalogues
from risicoatlas.access import actor as actors
from risicoatlas.access import decide
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.publish import tables
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT, Settings
from risicoatlas.wfs import service as wfs

NS = {
    "wfs": "http://www.opengis.net/wfs/2.0",
    "ows": "http://www.opengis.net/ows/1.1",
    "fes": "http://www.opengis.net/fes/2.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "p": "urn:x-risicoatlas:rev_public",
    "b": "urn:x-risicoatlas:besloten",
}
GML_ID = f"{{{NS['gml']}}}id"
# A multi-part polygon with a hole, a line in two parts, a point, and a key that is no name in XML.
SHAPES = {
    "punten": ("Point", "POINT(155000 463000.5)"),
    "lijnen": ("MultiLineString", "MULTILINESTRING((155000 463000,155010 463000),(155000 463010,155010.125 463010))"),
    "vlakken": (
        "MultiPolygon",
        "MULTIPOLYGON(((155000 463000,155100 463000,155100 463100,155000 463100,155000 463000),"
        "(155010 463010,155020 463010,155020 463020,155010 463010)),"
        "((155200 463000,155300 463000,155300 463100,155200 463000)))",
    ),
}
ODD_KEY = "a b/é:_x0041_&<"


@pytest.fixture(scope="session")
def wfs_settings(world_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:  # noqa: F811
    config = tmp_path_factory.mktemp("wfs") / "config"
    shutil.copytree(world_settings.config, config)
    shutil.copy(CHECKOUT / "config" / "wfs.yaml", config / "wfs.yaml")
    for name, (geometry, _) in SHAPES.items():
        folder = config / "layers" / name
        folder.mkdir()
        text = f"title: {{nl: {name}, en: {name}}}\ndescription: {{nl: proef, en: trial}}\naccess: public\n"
        (folder / "layer.yaml").write_text(f"{text}geometry: {geometry}\n", encoding="utf-8")
    return replace(world_settings, config=config)


@pytest.fixture(scope="session")
def wfs_database(cluster: Cluster, wfs_settings: Settings) -> Iterator[Database]:
    name = "wereld_wfs"
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE risicoatlas").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO ra_owner").format(sql.Identifier(name)))
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    database = Database(lambda task: cluster.conninfo(users[task], name))
    with database.loader() as connection:
        tables.ensure(connection, catalogues.read(wfs_settings.config))
        worlds._fill_public(connection)
        worlds._fill_restricted(connection)
        for layer, (_, text) in SHAPES.items():
            connection.execute(
                sql.SQL(
                    "INSERT INTO {} (volgnummer, identificatie, naam, geometrie, geometrie_etrs89, publicatie,"
                    " rij_hash)"
                    " SELECT n, CASE n WHEN 1 THEN 'NL.1' ELSE %s END, 'vorm', g, ST_Transform(g, 4258), 1,"
                    " gen_random_uuid() FROM generate_series(1, 2) AS n, ST_GeomFromText(%s, 28992) AS g"
                ).format(sql.Identifier("publiek", layer)),
                [ODD_KEY, text],
            )
            connection.execute(
                "INSERT INTO publiek.laag_stand (laag, publicatie, aantal) VALUES (%s, 1, 2)",
                [layer],
            )
        connection.commit()
    yield database


@pytest.fixture(scope="session")
def world(wfs_settings: Settings, wfs_database: Database) -> Iterator[Service]:
    """The service on the world; its pool is open."""
    layers = catalogues.read(wfs_settings.config)
    pool = wfs_database.pool()
    pool.open(wait=True)
    yield Service(wfs_settings, layers, decide.read(wfs_settings.config, layers), pool)
    pool.close()


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    def find(self, path: str) -> list[etree._Element]:
        return self.xml.findall(path, NS)

    def texts(self, path: str) -> list[str]:
        return [item.text or "" for item in self.find(path)]

    @property
    def ids(self) -> list[str]:
        """The gml:id of every feature of a collection."""
        return [item.get(GML_ID) for member in self.find("wfs:member") for item in member]

    def refused(self, code: str, locator: str, status: int = 400) -> str:
        """Asserts an exception report with this code and locator; gives its text."""
        assert self.status == status, self.body
        assert self.headers["Content-Type"].startswith("text/xml")
        root = self.xml
        assert root.tag == f"{{{NS['ows']}}}ExceptionReport"
        assert root.get("version") == "2.0.0"
        found = root.find("ows:Exception", NS)
        assert found.get("exceptionCode") == code, self.body
        assert found.get("locator").lower() == locator.lower(), self.body
        text = found.findtext("ows:ExceptionText", "", NS)
        assert text
        return text


@dataclass(frozen=True)
class Client:
    """Calls the WFS in this process as one actor."""

    application: Callable
    actor: Actor = ANONYMOUS

    def get(self, **parameters: object) -> Reply:
        """GET with ``service=WFS``, or without it where ``service=None``."""
        pairs = {"service": "WFS", **parameters}
        return self.query(urlencode({name: value for name, value in pairs.items() if value is not None}))

    def query(self, text: str, method: str = "GET") -> Reply:
        return self._call({"REQUEST_METHOD": method, "QUERY_STRING": text})

    def feature(self, type_name: str = "proef", **parameters: object) -> Reply:
        return self.get(request="GetFeature", version="2.0.0", typeNames=type_name, **parameters)

    def post(self, body: str | bytes, content_type: str = "application/xml", query: str = "") -> Reply:
        data = body.encode() if isinstance(body, str) else body
        return self._call(
            {
                "REQUEST_METHOD": "POST",
                "QUERY_STRING": query,
                "CONTENT_TYPE": content_type,
                "CONTENT_LENGTH": str(len(data)),
                "wsgi.input": io.BytesIO(data),
            }
        )

    def _call(self, environ: dict) -> Reply:
        seen: dict = {}

        def start_response(status: str, headers: list, exc_info: object = None) -> None:
            seen.update(status=int(status[:3]), headers=dict(headers))

        token = actors.bind(self.actor)
        try:
            body = self.application(environ, start_response)
            try:
                data = b"".join(body)
            finally:
                if hasattr(body, "close"):
                    body.close()
        finally:
            actors.unbind(token)
        return Reply(seen["status"], seen["headers"], data)


@pytest.fixture(scope="session")
def client(world: Service) -> Client:
    """An anonymous client."""
    return Client(wfs.create(world))


@pytest.fixture(scope="session")
def gemeente(client: Client) -> Client:
    """A client of the municipality that sees half of the restricted layer."""
    return replace(client, actor=worlds.GEMEENTE)


@pytest.fixture(scope="session")
def ogc() -> xml_schemas.Validator:
    """WFS, OWS, FES and GML."""
    return xml_schemas.compile()


@pytest.fixture(scope="session")
def schemas() -> ModuleType:
    """``schemas.compile(*documents)`` adds answers of DescribeFeatureType to them."""
    return xml_schemas
