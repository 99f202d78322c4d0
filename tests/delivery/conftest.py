"""A register that is empty, served over HTTP, and three bronhouders with a key each."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPResponse
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from tests.browser import chrome, open_page  # noqa: F401
from tests.conftest import free_port
from tests.imev.conftest import Message, station

from risicoatlas.access import keys
from risicoatlas.app import create_app, make_service
from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Database
from risicoatlas.publish import engine, tables
from risicoatlas.settings import Settings

ROOT = "/aanlevering/v1"
OWNERS = ("PROEF", "ANDER", "DERDE")


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Kind and place of everything that is wrong."""
        return [(item["key"], item["location"]) for report in self.json["reports"] for item in report["errors"]]


@dataclass(frozen=True)
class Visitor:
    """Sends requests over a socket, with a key or without."""

    port: int
    key: str | None = None

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"X-API-Key": self.key} if self.key else {}
        if content is not None:
            sent["Content-Type"] = "application/json"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, content, {**sent, **named})
            answer: HTTPResponse = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def post(self, message: Any, query: str = "", base: str = "LocatieEVActiviteiten", **headers: str) -> Answer:
        return self.ask(f"{ROOT}/{base}{query}", "POST", message, **headers)

    def put(self, message: Message, query: str = "", base: str = "LocatieEVActiviteiten", **headers: str) -> Answer:
        return self.ask(f"{ROOT}/{base}/{flat(message)}{query}", "PUT", message, **headers)

    def delete(self, name: str, query: str = "", base: str = "LocatieEVActiviteiten", **headers: str) -> Answer:
        return self.ask(f"{ROOT}/{base}/{name}{query}", "DELETE", **headers)

    def get(self, name: str, base: str = "LocatieEVActiviteiten") -> Answer:
        return self.ask(f"{ROOT}/{base}/{name}")

    def features(self, layer: str) -> list[dict[str, Any]]:
        """The rows of a layer, as the OGC API gives them."""
        answer = self.ask(f"/ogc/v1/collections/{layer}/items?f=json&limit=1000")
        assert answer.status == 200, answer.body
        return [{"id": item["id"], **item["properties"]} for item in answer.json["features"]]


@dataclass(frozen=True)
class World:
    """The service, and whoever comes to it."""

    port: int
    database: Database

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of(self, owner: str) -> Visitor:
        with self.database.loader() as connection:
            return Visitor(self.port, keys.create(connection, "proef", "bronhouder", owner, [], 1).key)

    @property
    def anybody(self) -> Visitor:
        return Visitor(self.port)

    def sql(self, query: str, *values: object) -> list[tuple]:
        with self.database.loader() as connection:
            return connection.execute(query, values).fetchall()

    def do(self, statement: str, *values: object) -> None:
        with self.database.loader() as connection:
            connection.execute(statement, values)
            connection.commit()


@pytest.fixture(scope="module")
def world(settings: Settings, catalogue: Catalogue, module_database: Database) -> Iterator[World]:
    with module_database.loader() as connection:
        tables.ensure(connection, catalogue)
        connection.execute(
            "INSERT INTO register.gemeente (gemeentecode, naam, land, geometrie) SELECT 'GM9901', 'Proefstad', 'NL',"
            " ST_Multi(ST_MakeEnvelope(100000, 400000, 200000, 600000, 28992))"
        )
        connection.commit()
        engine.publish(connection, catalogue)
        connection.commit()
    port = free_port()
    service = make_service(replace(settings, public_url=f"http://127.0.0.1:{port}"), module_database)
    service.pool.open(wait=True)
    server = make_server("127.0.0.1", port, create_app(service), server_class=Threaded, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield World(server.server_port, module_database)
    server.shutdown()
    server.server_close()
    service.pool.close()


@pytest.fixture
def server(world: World) -> World:
    """What a browser opens pages of."""
    return world


@pytest.fixture(scope="module")
def owner(world: World) -> Visitor:
    return world.of("PROEF")


@pytest.fixture(scope="module")
def other(world: World) -> Visitor:
    return world.of("ANDER")


def flat(message: Message) -> str:
    return f"{message['identificatie']['namespace']}.{message['identificatie']['lokaalID']}"


def station_of(code: str, key: str) -> Message:
    """The station of the tests of IMEV, of this bronhouder and with identifications of its own."""
    text = json.dumps(station()).replace("PROEF.", f"{code}.{key}-").replace('"PROEF"', f'"{code}"')
    return json.loads(text)
