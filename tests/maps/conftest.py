"""A small world for the maps: four buildings, two municipalities and a restricted layer in two Flemish ones.

The layers have the names and fields of the real ones, so the real styles draw them; their rows are written here.
"""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from wsgiref.types import WSGIApplication

import psycopg
import pytest
import yaml
from PIL import Image

from risicoatlas import catalogue as catalogues
from risicoatlas.access import actor
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.app import make_service
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.maps import wsgi
from risicoatlas.publish.engine import publish
from risicoatlas.service import Service
from risicoatlas.settings import Settings

WORLD = Path(__file__).parent / "world"
PUBLIC_URL = "https://atlas.example.nl/kaart"
# of config/service.yml
PROVIDER_URL = "https://example.org/"
# The four buildings stand in a row, 20 m square with their south-west corners here, EPSG:28992
ROW_X, ROW_Y, STEP_M, SIDE_M = 160_000, 510_000, 40, 20
CLASSES = ("zeerKwetsbaar", "kwetsbaar", "beperktKwetsbaar", "niet_bepaald")
TOWN_BOX = (ROW_X - 20, ROW_Y - 90, ROW_X + 180, ROW_Y + 110)
# Restricted squares of 100 m, EPSG:31370, and the municipality of each
LOCATIONS = {"99901": (150_000, 170_000), "99902": (150_200, 170_000)}
LOCATIONS_BOX = (149_950, 169_900, 150_350, 170_300)

GEMEENTE = Actor("gemeente", "99901", ("99901",), "key-1")
OTHER_GEMEENTE = Actor("gemeente", "99902", ("99902",), "key-2")
BEHEERDER = Actor("beheerder", None, (), "key-3")


def centre(kind: str) -> tuple[float, float]:
    """The middle of the building of that class, EPSG:28992."""
    return ROW_X + CLASSES.index(kind) * STEP_M + SIDE_M / 2, ROW_Y + SIDE_M / 2


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def picture(self) -> Image.Image:
        assert self.headers["content-type"].startswith("image/"), self.text
        return Image.open(io.BytesIO(self.body)).convert("RGBA")


@dataclass(frozen=True)
class Client:
    """Asks a WSGI application as one actor, as the door in front of it does."""

    app: WSGIApplication
    who: Actor = ANONYMOUS

    def as_actor(self, who: Actor) -> "Client":
        return replace(self, who=who)

    def get(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        environ: dict[str, Any] | None = None,
        **parameters: object,
    ) -> Answer:
        started: list[Any] = []
        request = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": urlencode(parameters),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "evil.example",
            "HTTP_X_FORWARDED_HOST": "worse.example",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "CONTENT_LENGTH": str(len(body)),
            **(environ or {}),
        }
        token = actor.bind(self.who)
        try:
            chunks = self.app(request, lambda status, headers, exc_info=None: started.extend((status, headers)))
            answer = b"".join(chunks)
            if close := getattr(chunks, "close", None):
                close()
        finally:
            actor.unbind(token)
        status, headers = started
        return Answer(int(status[:3]), {name.lower(): value for name, value in headers}, answer)

    def wms(self, **parameters: object) -> Answer:
        return self.get("/wms", **{"service": "WMS", "version": "1.3.0", **parameters})

    def map(
        self,
        layers: str,
        box: tuple[float, ...],
        *,
        size: tuple[int, int] = (200, 200),
        crs: str = "EPSG:28992",
        **more: object,
    ) -> Answer:
        return self.wms(
            request="GetMap", layers=layers, styles="", crs=crs, bbox=",".join(map(repr, box)),
            width=size[0], height=size[1], format="image/png", transparent="TRUE", **more,
        )  # fmt: skip


@pytest.fixture(scope="session")
def world_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the run with the layers of this world, and tiles of their own."""
    folder = tmp_path_factory.mktemp("maps")
    config = folder / "config"
    shutil.copytree(WORLD, config)
    for name in ("service.yml", "mapproxy.yaml", "access", "layers/core.yaml"):
        source = settings.config / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, config / name)
    # the access rules of the layers that are in this world
    rules = yaml.safe_load((config / "access" / "rules.yaml").read_text(encoding="utf-8"))
    here = {"public", "restricted", *(folder.name for folder in (WORLD / "layers").iterdir())}
    (config / "access" / "rules.yaml").write_text(yaml.safe_dump([rule for rule in rules if rule["layer"] in here]))
    return replace(settings, config=config, home=folder / "home", public_url=PUBLIC_URL)


@contextmanager
def served(settings: Settings, database: Database) -> Iterator[Service]:
    """The world published, and the service on it."""
    with database.loader() as connection:
        publish(connection, catalogues.read(settings.config))
        connection.commit()
    service = make_service(settings, database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


@pytest.fixture(scope="session")
def world(cluster: Cluster) -> Iterator[Database]:
    """A database for all tests that only read."""
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE proef_kaart TEMPLATE risicoatlas")
        connection.execute("GRANT CREATE, TEMPORARY ON DATABASE proef_kaart TO ra_owner")
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    yield Database(lambda task: cluster.conninfo(users[task], "proef_kaart"))


@pytest.fixture(scope="session")
def service(world_settings: Settings, world: Database) -> Iterator[Service]:
    with served(world_settings, world) as running:
        yield running


@pytest.fixture(scope="session")
def client(service: Service) -> Client:
    return Client(wsgi.create(service))


@pytest.fixture
def fresh(world_settings: Settings, database: Database, tmp_path: Path) -> Iterator[tuple[Service, Database]]:
    """A world of one test, which it may change and publish anew."""
    with served(replace(world_settings, home=tmp_path / "home"), database) as running:
        yield running, database
