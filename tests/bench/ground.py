"""What every benchmark stands on: a database of synthetic buildings, servers as processes, and a timed load.

The rows lie in towns, as buildings do; the table that the service reads is made by the publication's own code, and
peers read a copy without the columns that only we need.
"""

import contextlib
import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from risicoatlas import catalogue as catalogues
from risicoatlas import database as databases
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.publish import tables
from risicoatlas.settings import CHECKOUT

DBNAME = "bench"
LAYER = """
title: {nl: Panden, en: Buildings}
description: {nl: Kunstmatige panden., en: Synthetic buildings.}
access: public
geometry: MultiPolygon
fields:
  - {name: status, type: text, title: {nl: Status, en: Status}}
  - {name: bouwjaar, type: integer, title: {nl: Bouwjaar, en: Year}}
  - {name: oppervlakte_m2, type: number, title: {nl: Oppervlakte, en: Area}}
"""
RULES = "- {who: everybody, layer: public, allow: read, reason: bench, law: none}\n"
ROWS = """
INSERT INTO publiek.panden (volgnummer, identificatie, naam, gemeentecode, begin_geldigheid, status, bouwjaar,
    oppervlakte_m2, geometrie, geometrie_etrs89, publicatie, rij_hash)
SELECT row_number() OVER (ORDER BY g), 'NL.BENCH.' || n, 'pand "' || n || '" <Stad>',
    'GM' || lpad((n %% 400)::text, 4, '0'),
    timestamptz '2020-01-01' + n * interval '1 minute', (ARRAY['Pand in gebruik', 'Bouw gestart', 'Sloop'])[n %% 3 + 1],
    1900 + n %% 120, (n %% 900) / 3.0, g, ST_Transform(g, 4258), 1, gen_random_uuid()
FROM generate_series(1, %(rows)s) AS n,
    LATERAL (SELECT 30000 + (n %% 400 / 20) * 10000 + (n / 400 %% 50) * 14 AS x,
                    350000 + (n %% 20) * 10000 + (n / 20000) * 14 AS y) AS hoek,
    LATERAL (SELECT ST_Multi(ST_MakePolygon(ST_SetSRID(ST_MakeLine(ARRAY[
        ST_MakePoint(x, y), ST_MakePoint(x + 9.317, y + 1), ST_MakePoint(x + 9, y + 10.251),
        ST_MakePoint(x + 0.5, y + 10), ST_MakePoint(x, y)]), 28992))) AS g) AS vorm
"""
PEER_TABLE = """
CREATE TABLE public.panden AS SELECT identificatie, naam, gemeentecode, begin_geldigheid, status, bouwjaar,
    oppervlakte_m2, publicatie, geometrie FROM publiek.panden ORDER BY volgnummer;
ALTER TABLE public.panden ADD PRIMARY KEY (identificatie);
CREATE INDEX ON public.panden USING gist (geometrie);
ANALYZE public.panden;
ANALYZE publiek.panden;
"""


@dataclass(frozen=True)
class Ground:
    """Where the rows are: our configuration folder, the cluster and the number of rows."""

    home: Path
    config: Path
    cluster: Cluster
    rows: int

    def conninfo(self, user: str) -> str:
        return self.cluster.conninfo(user, DBNAME)

    @property
    def database(self) -> Database:
        users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
        return Database(lambda task: self.conninfo(users[task]))


@contextlib.contextmanager
def prepared(home: Path, rows: int) -> Iterator[Ground]:
    """The database, filled; made once per home and number of rows."""
    config = _config(home)
    with Cluster(home, durable=False).running() as cluster:
        ground = Ground(home, config, cluster, rows)
        if not _is_filled(ground):
            _fill(ground)
        yield ground


def _config(home: Path) -> Path:
    config = home / "config"
    (config / "layers" / "panden").mkdir(parents=True, exist_ok=True)
    (config / "access").mkdir(exist_ok=True)
    (config / "layers" / "panden" / "layer.yaml").write_text(LAYER, encoding="utf-8")
    (config / "access" / "rules.yaml").write_text(RULES, encoding="utf-8")
    for name in ("layers/core.yaml", "service.yml"):
        (config / name).write_bytes((CHECKOUT / "config" / name).read_bytes())
    return config


def _is_filled(ground: Ground) -> bool:
    try:
        with psycopg.connect(ground.conninfo("postgres")) as connection:
            found = connection.execute("SELECT count(*) FROM public.panden").fetchone()
    except psycopg.Error:
        return False
    return found == (ground.rows,)


def _fill(ground: Ground) -> None:
    with psycopg.connect(ground.cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DBNAME)))
    databases.provision(ground.cluster, DBNAME)
    databases.migrate(ground.database)
    with ground.database.loader() as connection:
        tables.ensure(connection, catalogues.read(ground.config))
        connection.execute(ROWS, {"rows": ground.rows})
        connection.execute("INSERT INTO publiek.publicatie (nummer, lagen) VALUES (1, '{panden}')")
        connection.execute(
            "INSERT INTO publiek.laag_stand (laag, publicatie, aantal, omvang_etrs89)"
            " SELECT 'panden', 1, count(*), ST_Envelope(ST_Extent(geometrie_etrs89)::geometry) FROM publiek.panden"
        )
        connection.commit()
    with psycopg.connect(ground.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(PEER_TABLE)


@dataclass(frozen=True)
class Timing:
    """Requests per second and median time of one request, by a number of clients that keep their connection."""

    per_second: float
    median_ms: float


@dataclass(frozen=True)
class Outcome:
    """One line: what was asked, what it took here and there, and what the ratio should be at least."""

    what: str
    clients: int
    ours: Timing
    peer: Timing
    target: float

    @property
    def ratio(self) -> float:
        return self.ours.per_second / self.peer.per_second


@contextlib.contextmanager
def server(command: list[str], environ: dict[str, str], port: int, probe: str) -> Iterator[None]:
    """A server process, ready once ``probe`` answers 200; stopped at the end."""
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if fetch(port, probe)[0] == 200:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def fetch(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept": "application/geo+json, application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def timed(port: int, path: str, *, clients: int, seconds: float) -> Timing:
    """Load one address for some seconds; an answer other than 200 stops the benchmark."""
    times: list[float] = []
    failures: list[str] = []
    end = time.monotonic() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < end and not failures:
            start = time.monotonic()
            connection.request("GET", path, headers={"Accept": "application/geo+json, application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(f"{path}: {answer.status}")
            times.append(time.monotonic() - start)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return Timing(len(times) / (time.monotonic() - began), statistics.median(times) * 1000)


def gunicorn(python: Path | str, application: str, port: int) -> list[str]:
    """The same server for everybody: one process of four threads."""
    options = ["-k", "gthread", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{port}", "--log-level", "error"]
    return [str(python), "-m", "gunicorn", *options, application]


THIS_PYTHON = sys.executable
