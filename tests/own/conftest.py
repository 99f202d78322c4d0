"""Tables of an organisation beside the service: another schema, owner and habits; and the service on them."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.maps.conftest import Client

from risicoatlas import catalogue as catalogues
from risicoatlas.access.actor import Actor
from risicoatlas.app import Edges, make_service
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.publish import engine
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT, Settings

_numbers = itertools.count(1)
FOLDER = Path(__file__).parent
TREES = 50_000
GEMEENTE = Actor("gemeente", "GM0001", ("GM0001",), "key-1")
BEHEERDER = Actor("beheerder", None, (), "key-2")
TEXTS = "title: {{nl: {0} van ons, en: Our {0}}}\ndescription: {{nl: Proef., en: Trial.}}\n"
RULES = """
- {who: everybody, layer: public, allow: read, reason: public, law: none}
- {who: gemeente, layer: meldingen, allow: read, limit: gemeentecode IN (actor.areas), reason: own, law: none}
- {who: beheerder, layer: restricted, allow: read, reason: all, law: none}
"""
LAYERS = {
    "bomen": "access: public\ntable: gis.bomen\nkey: gid\n",
    "meldingen": "access: restricted\ntable: gis.meldingen\nkey: id\narea_field: gemeentecode\n",
    "leidingen": "access: public\ntable: gis.leidingen\nkey: code\nfields:\n"
    '  - {name: druk, column: "Druk (bar)", title: {nl: Druk in bar, en: Pressure in bar}}\n  - {name: soort}\n',
    "vormen": "access: public\ntable: gis.vormen\nkey: nr\ngeometry: MultiPolygon\ngeometry_column: vorm\n",
    "graden": "access: public\ntable: gis.in_rd\nkey: nr\n",
    "bogen": "access: public\ntable: gis.bogen\nkey: nr\n",
}


def write_layer(config: Path, name: str, text: str) -> Path:
    folder = config / "layers" / name
    folder.mkdir(parents=True)
    (folder / "layer.yaml").write_text(TEXTS.format(name) + text, encoding="utf-8")
    return folder / "layer.yaml"


def write_config(folder: Path, layers: dict[str, str], rules: str = RULES) -> Path:
    """A config folder with these layers and the repository's fixed files."""
    config = folder / "config"
    for name, text in layers.items():
        write_layer(config, name, text)
    (config / "access").mkdir()
    (config / "access" / "rules.yaml").write_text(rules, encoding="utf-8")
    for name in ("layers/core.yaml", "service.yml", "mapproxy.yaml", "wfs.yaml"):
        shutil.copy(CHECKOUT / "config" / name, config / name)
    shutil.copytree(CHECKOUT / "config" / "rules", config / "rules")
    for name in ("codelists", "imev", "sources"):
        shutil.copytree(CHECKOUT / "config" / name, config / name)
    (folder / "styles").mkdir()
    return config


def copied(cluster: Cluster, template: str) -> Database:
    """A database that one module or test may change."""
    name = f"proef_eigen_{next(_numbers)}"
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        connection.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO ra_owner").format(sql.Identifier(name)))
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    return Database(lambda task: cluster.conninfo(users[task], name))


@pytest.fixture(scope="session")
def tables_of_others(cluster: Cluster) -> str:
    """The name of a migrated database with the tables of the organisation, which another role owns; to copy."""
    database = copied(cluster, "risicoatlas")
    with psycopg.connect(database.conninfo("superuser"), autocommit=True) as connection:
        connection.execute((FOLDER / "tables.sql").read_text(encoding="utf-8"))
        return connection.info.dbname


@pytest.fixture(scope="session")
def own_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("own")
    config = write_config(folder, LAYERS)
    return replace(settings, config=config, styles=folder / "styles", home=folder / "home")


@pytest.fixture(scope="session")
def own_database(cluster: Cluster, tables_of_others: str, own_settings: Settings) -> Database:
    """For tests that only read."""
    database = copied(cluster, tables_of_others)
    with database.loader() as connection:
        engine.publish(connection, catalogues.read(own_settings.config))
    return database


@pytest.fixture(scope="session")
def own_service(own_settings: Settings, own_database: Database) -> Iterator[Service]:
    service = make_service(own_settings, own_database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


@pytest.fixture(scope="session")
def client(own_service: Service) -> Client:
    """An anonymous client of everything that is served, without the door in front."""
    return Client(edges(own_service).route)


def edges(service: Service) -> Edges:
    from risicoatlas import health
    from risicoatlas.delivery import service as delivery
    from risicoatlas.front import metrics
    from risicoatlas.metadata import wsgi as metadata
    from risicoatlas.providers import ogcapi
    from risicoatlas.web import pages
    from risicoatlas.wfs import service as wfs

    from risicoatlas.maps import wsgi as maps  # isort: skip

    return Edges(
        features=ogcapi.create(service),
        wfs=wfs.create(service),
        maps=maps.create(service),
        health=health.create(service),
        metadata=metadata.create(service),
        pages=pages.create(service),
        metrics=metrics.create(metrics.Metrics(service)),
        delivery=delivery.create(service),
    )
