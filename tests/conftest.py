"""Fixtures: a real PostGIS in a cluster of its own, a fresh database per test that asks for one, and the sample town
served.

Nothing here is skipped for a missing server: without PostGIS the run fails. Only tests on real data, which the
repository does not ship, are left out where the folder ``../shared/data`` is not beside the checkout.
"""

import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError

import psycopg
import pytest
from psycopg import sql

from risicoatlas import catalogue as catalogues
from risicoatlas import database as databases
from risicoatlas.access import actor
from risicoatlas.app import make_service
from risicoatlas.catalogue import Catalogue
from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection, Database
from risicoatlas.publish import tables
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT, Settings

SHARED_DATA = CHECKOUT.parent / "shared" / "data"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data to test on, where it lies beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is not beside the checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """A folder of this run that the database's account may enter; pytest closes its own to everybody but the user."""
    with tempfile.TemporaryDirectory(prefix="risicoatlas-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def settings(run_folder: Path) -> Settings:
    """Settings with a home of this run and the repository's own config."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")}
    return Settings.from_environ(environ, home=run_folder / "home")


@pytest.fixture(scope="session")
def catalogue(settings: Settings) -> Catalogue:
    return catalogues.read(settings.config)


@pytest.fixture(scope="session")
def cluster(settings: Settings) -> Iterator[Cluster]:
    """The cluster of this run, with a migrated, empty database as template."""
    with Cluster(settings.home, durable=False).running() as running:
        databases.provision(running)
        databases.migrate(_database(running, "risicoatlas"))
        yield running


def _database(cluster: Cluster, dbname: str) -> Database:
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    return Database(lambda task: cluster.conninfo(users[task], dbname))


def _copy_of(cluster: Cluster, template: str) -> str:
    name = f"proef_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        connection.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO ra_owner").format(sql.Identifier(name)))
    return name


def _drop(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A migrated, empty database for one test."""
    name = _copy_of(cluster, "risicoatlas")
    yield _database(cluster, name)
    _drop(cluster, name)


@pytest.fixture(scope="module")
def module_database(cluster: Cluster) -> Iterator[Database]:
    """A migrated, empty database for the tests of one module."""
    name = _copy_of(cluster, "risicoatlas")
    yield _database(cluster, name)
    _drop(cluster, name)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """An owner's connection to the database of this test."""
    with database.loader() as connected:
        yield connected


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample town in its source formats, as `risicoatlas sample` writes it."""
    folder = tmp_path_factory.mktemp("sample") / "town"
    subprocess.run([sys.executable, "-m", "risicoatlas", "sample", str(folder)], check=True, capture_output=True)
    return folder


@dataclass(frozen=True)
class Town:
    """The sample town, loaded, classified and published.

    ``pristine`` is the database that copies are made of: PostgreSQL copies none that somebody is connected to.
    """

    settings: Settings
    cluster: Cluster
    pristine: str
    dbname: str
    database: Database


@pytest.fixture(scope="session")
def town(settings: Settings, cluster: Cluster, sample_dir: Path) -> Iterator[Town]:
    """Read-only for all tests; take :func:`town_copy` to change something."""
    from risicoatlas.demo import prepare

    pristine = _copy_of(cluster, "risicoatlas")
    prepare(settings, _database(cluster, pristine), sample_dir)
    name = _copy_of(cluster, pristine)
    yield Town(settings, cluster, pristine, name, _database(cluster, name))


@contextmanager
def _copied(town: Town) -> Iterator[Town]:
    name = _copy_of(town.cluster, town.pristine)
    yield replace(town, dbname=name, database=_database(town.cluster, name))
    _drop(town.cluster, name)


@pytest.fixture
def town_copy(town: Town) -> Iterator[Town]:
    """A copy of the town that one test may change."""
    with _copied(town) as copy:
        yield copy


@pytest.fixture(scope="module")
def town_of_module(town: Town) -> Iterator[Town]:
    """A copy of the town that the tests of one module may change."""
    with _copied(town) as copy:
        yield copy


@pytest.fixture
def town_service(town: Town) -> Iterator[Service]:
    """The service of the town in this process, without HTTP; the pool is open."""
    service = make_service(town.settings, town.database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


@pytest.fixture
def empty_service(settings: Settings, database: Database, catalogue: Catalogue) -> Iterator[Service]:
    """The service on empty tables."""
    with database.loader() as connection:
        tables.ensure(connection, catalogue)
    service = make_service(settings, database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


@pytest.fixture
def anonymous() -> Iterator[None]:
    """Binds the anonymous actor, as the door does for each request."""
    token = actor.bind(actor.ANONYMOUS)
    yield
    actor.unbind(token)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A real `risicoatlas serve` on a port of this machine."""

    url: str
    log: Path


@pytest.fixture(scope="session")
def server(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The town served over HTTP, by the weak role and through RISICOATLAS_DATABASE_URL as on a server of one's own."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    with _served(town, log) as running:
        yield running


class _served:  # noqa: N801 - used as a function in a with statement
    def __init__(self, town: Town, log: Path, **environ: str) -> None:
        self.port = free_port()
        self.log = log
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")},
            "RISICOATLAS_HOME": str(town.settings.home),
            "RISICOATLAS_DATABASE_URL": town.cluster.conninfo("ra_service", town.dbname),
            "RISICOATLAS_PORT": str(self.port),
            **environ,
        }

    def __enter__(self) -> Server:
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "risicoatlas", "serve"], env=self.environ, stdout=output, stderr=output
            )
        url = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:
                    assert answer.status == 200
                return Server(url, self.log)
            except (URLError, ConnectionError, TimeoutError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise AssertionError(f"the server did not become ready:\n{self.log.read_text()}") from None
                time.sleep(0.2)

    def __exit__(self, *exc_info: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def serve_town():
    """Start another server of a town: ``with serve_town(town, log, RISICOATLAS_PUBLIC_URL=...) as server``."""
    return _served


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium; its absence is a failure."""
    found = shutil.which("chromium")
    assert found, "chromium is missing: install Debian's package chromium"
    return Path(found)
