"""A register of a few hundred objects that is published again and again, served through the door and over HTTP."""

import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from risicoatlas import catalogue as catalogues
from risicoatlas.access import keys
from risicoatlas.app import Door, make_service
from risicoatlas.catalogue import Catalogue
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.providers import ogcapi
from risicoatlas.publish import engine, tables
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT, Settings
from risicoatlas.wfs import service as wfs

LAYER = """
title: {{nl: Proef, en: Trial}}
description: {{nl: Proef, en: Trial}}
access: {access}
geometry: Point
srid: {srid}
{area}
fields:
  - {{name: soort, type: text, title: {{nl: Soort, en: Kind}}}}
  - {{name: maat, type: number, title: {{nl: Maat, en: Size}}}}
"""
QUERY = """
SELECT sleutel AS identificatie, naam, NULL AS bronhouder, NULL AS bronhoudercode, NULL AS bevoegdgezag, gemeentecode,
  NULL AS begin_geldigheid, NULL AS eind_geldigheid, NULL AS tijdstip_registratie, NULL AS geometrie_hersteld,
  soort, maat, ST_SetSRID(ST_MakePoint(x, y), {srid}) AS geometrie
FROM register.proef
"""
RULES = """
- {who: everybody, layer: public, allow: read, reason: public, law: none}
- {who: gemeente, layer: geheim, allow: read, limit: gemeentecode IN (actor.areas), reason: own, law: none}
"""
OBJECTS = 120
# id -> what a reader can tell of it
Copy = dict[str, tuple[Any, ...]]


@dataclass
class World:
    """The register and what it publishes. ``published`` is the truth: each publication as a reader should copy it."""

    database: Database
    settings: Settings
    layers: Catalogue
    published: dict[int, Copy] = field(default_factory=dict)

    def publish(self) -> int:
        """Publish what the register holds now; the number of the newest publication."""
        with self.database.loader() as connection:
            engine.publish(connection, self.layers)
            row = connection.execute("SELECT max(nummer) FROM publiek.publicatie").fetchone()
            rows = connection.execute(
                "SELECT identificatie, naam, soort, maat FROM publiek.proef WHERE publicatie_tot IS NULL"
            ).fetchall()
        number = int(row[0]) if row else 0
        self.published[number] = {name: tuple(values) for name, *values in rows}
        return number

    def change(self, chance: random.Random, share: float) -> None:
        """Add, change and take away objects; about this share of them."""
        with self.database.loader() as connection:
            for number in range(OBJECTS):
                if chance.random() > share:
                    continue
                connection.execute("DELETE FROM register.proef WHERE sleutel = %s", [f"k{number}"])
                if chance.random() < 0.7:
                    add(connection, number, chance)
            connection.commit()

    @contextmanager
    def service(self) -> Iterator[Service]:
        """A service as another process would have it."""
        found = make_service(self.settings, self.database)
        found.pool.open(wait=True)
        yield found
        found.pool.close()

    def key(self, *areas: str) -> str:
        with self.database.loader() as connection:
            return keys.create(connection, "proef", "gemeente", None, list(areas), 1).key


def add(connection: Any, number: int, chance: random.Random) -> None:
    """One object: kinds repeat, some have none, sizes repeat."""
    connection.execute(
        "INSERT INTO register.proef VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            f"k{number}", f"naam {chance.randrange(1000)}", str(44020 + number % 3),
            chance.choice(["a", "b", "Ç", None]), chance.choice([None, 0.1, 2.5, float("nan"), -3.0]),
            150000 + number, 450000 + chance.randrange(100),
        ],
    )  # fmt: skip


def door(service: Service) -> Door:
    """OGC API and WFS behind the door."""
    features, feature_service = ogcapi.create(service), wfs.create(service)

    def route(environ: Any, start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path.startswith("/ogc/v1"):
            return features({**environ, "PATH_INFO": path.removeprefix("/ogc/v1")}, start_response)
        return feature_service(environ, start_response)

    return Door(route, service)


@dataclass
class Asker:
    """Sends requests to one process; ``address`` may be an absolute link."""

    client: Client
    public_url: str

    def __call__(self, address: str, method: str = "GET", **options: Any) -> TestResponse:
        parts = urlsplit(address)
        path = parts.path.removeprefix(urlsplit(self.public_url).path)
        answer = self.client.open(path, method=method, query_string=options.pop("query", parts.query), **options)
        answer.get_data()
        answer.close()
        return answer


@pytest.fixture(scope="module")
def world(cluster: Cluster, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    config = tmp_path_factory.mktemp("harvest") / "config"
    for name, access, srid, area in (
        ("proef", "public", 28992, ""),
        ("geheim", "restricted", 31370, "area_field: gemeentecode"),
    ):
        folder = config / "layers" / name
        folder.mkdir(parents=True)
        (folder / "layer.yaml").write_text(LAYER.format(access=access, srid=srid, area=area))
        (folder / "publish.sql").write_text(QUERY.format(srid=srid))
    for name in ("layers/core.yaml", "service.yml", "wfs.yaml"):
        shutil.copy(CHECKOUT / "config" / name, config / name)
    (config / "access").mkdir()
    (config / "access" / "rules.yaml").write_text(RULES)
    name = f"oogst_{random.randrange(10**9)}"
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE risicoatlas").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO ra_owner").format(sql.Identifier(name)))
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    database = Database(lambda task: cluster.conninfo(users[task], name))
    own = Settings(home=settings.home, config=Path(config), styles=settings.styles, public_url="https://a.example.nl/x")
    made = World(database, own, catalogues.read(config))
    chance = random.Random(1)
    with database.loader() as connection:
        connection.execute(
            "CREATE TABLE register.proef (sleutel text, naam text, gemeentecode text, soort text, maat float, x float,"
            " y float)"
        )
        for number in range(OBJECTS):
            add(connection, number, chance)
        tables.ensure(connection, made.layers)
        connection.commit()
    made.publish()
    yield made


@pytest.fixture(scope="module")
def service(world: World) -> Iterator[Service]:
    with world.service() as found:
        yield found


@pytest.fixture(scope="module")
def ask(world: World, service: Service) -> Asker:
    return Asker(Client(door(service)), world.settings.public_url)


@pytest.fixture
def servers(world: World) -> Iterator[list[str]]:
    """Two processes' worth of the service over HTTP; whoever follows a link may come to the other."""
    with world.service() as first, world.service() as second:
        running = [make_server("127.0.0.1", 0, door(each), threaded=True) for each in (first, second)]
        threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in running]
        for thread in threads:
            thread.start()
        yield [f"http://127.0.0.1:{server.server_port}" for server in running]
        for server, thread in zip(running, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
