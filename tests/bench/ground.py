"""What the benchmarks of the service stand on: a database with the buildings of the sample generator.

The rows go the whole way: sample generator → ``risicoatlas load`` → ``risicoatlas publish``, into a layer of their own
that holds every building. Peers read a copy without the columns that only we need. Made once per number of rows.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from risicoatlas import catalogue
from risicoatlas.cluster import SERVER_SETTINGS, Cluster
from risicoatlas.database import Database
from risicoatlas.publish import tables
from risicoatlas.settings import CHECKOUT
from tests.bench.lines import Line
from tests.bench.processes import Run, our_environ, risicoatlas

# The sample holds buildings that the loader must refuse.
SPARE = 1.02
MEMORY_MIB = 300
LAYER = """
title: {nl: Panden, en: Buildings}
description: {nl: Alle panden van het register., en: Every building of the register.}
access: public
geometry: MultiPolygon
fields:
  - {name: status, type: text, title: {nl: Status, en: Status}}
  - {name: bouwjaar, type: integer, title: {nl: Bouwjaar, en: Year}}
  - {name: oppervlakte_m2, type: number, title: {nl: Oppervlakte, en: Area}}
"""
PUBLISH = """
SELECT 'NL.IMBAG.Pand.' || identificatie AS identificatie, 'Pand "' || identificatie || '" <Stad>' AS naam,
  NULL::text AS bronhouder, NULL::text AS bronhoudercode, NULL::text AS bevoegdgezag, gemeentecode,
  begin_geldigheid::timestamp AT TIME ZONE 'Europe/Amsterdam' AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid, NULL::timestamptz AS tijdstip_registratie, NULL::text AS geometrie_hersteld,
  status, bouwjaar, round(ST_Area(geometrie)::numeric, 1)::double precision AS oppervlakte_m2, geometrie
FROM register.pand
"""
# The same rows ten times over, for what has to hold on a million.
MANY = "panden_veel"
MANY_TIMES = 10
PEER_TABLE = """
CREATE TABLE public.panden AS SELECT row_number() OVER (ORDER BY volgnummer) AS nummer, identificatie, naam,
    gemeentecode, begin_geldigheid, status, bouwjaar,
    oppervlakte_m2, publicatie, geometrie FROM publiek.panden ORDER BY volgnummer;
ALTER TABLE public.panden ADD PRIMARY KEY (nummer);
CREATE UNIQUE INDEX ON public.panden (identificatie);
CREATE INDEX ON public.panden USING gist (geometrie);
"""
# Peers keep a connection per thread, or a pool per process.
CONNECTIONS = "400"
# What autovacuum does within minutes of a publication.
VACUUM = ("VACUUM ANALYZE public.panden", "VACUUM ANALYZE publiek.panden")


@dataclass(frozen=True)
class Ground:
    """Where the rows are. ``folder`` keeps what all numbers of rows share, ``home`` is our state folder."""

    folder: Path
    home: Path
    cluster: Cluster
    rows: int
    loading: Run

    @property
    def config(self) -> Path:
        return self.home / "config"

    @property
    def database(self) -> Database:
        users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
        return Database(lambda task: self.conninfo(users[task]))

    def conninfo(self, user: str) -> str:
        return self.cluster.conninfo(user)

    def environ(self, port: int) -> dict[str, str]:
        """The environment of a server of ours on the rows."""
        return our_environ(self.home) | {
            "RISICOATLAS_DATABASE_URL": self.conninfo("ra_service"),
            "RISICOATLAS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }

    def publish_many(self) -> int:
        """Publish the layer that has the rows :data:`MANY_TIMES`; gives its number of rows."""
        risicoatlas("publish", MANY, home=self.home, environ={"RISICOATLAS_CONFIG": str(self.config)})
        return self.rows * MANY_TIMES

    def memory(self) -> Line:
        """The peak of the loader on as many panden as there are rows here: it may not grow with the file."""
        what = f"load of {self.rows:,} panden of the sample as zip: peak memory of the process"
        return Line(what, self.loading.peak_mib, "MiB", at_most=MEMORY_MIB)


@contextlib.contextmanager
def prepared(folder: Path, rows: int) -> Iterator[Ground]:
    """The database with at least so many rows, running."""
    home = folder / f"rows-{rows}"
    made = home / "made.json"
    if not made.is_file():
        shutil.rmtree(home, ignore_errors=True)
        made.write_text(json.dumps(_make(home, rows)), encoding="utf-8")
    found = json.loads(made.read_text(encoding="utf-8"))
    SERVER_SETTINGS["max_connections"] = CONNECTIONS
    with Cluster(home).running() as cluster:
        ground = Ground(folder, home, cluster, found["rows"], Run(found["seconds"], found["peak_mib"]))
        # As `serve` does: documents tell of every layer, published or not.
        with ground.database.loader() as connection:
            tables.ensure(connection, catalogue.read(ground.config))
        yield ground


def _make(home: Path, rows: int) -> dict[str, float]:
    sample = home / "sample"
    home.mkdir(parents=True)
    _configure(home / "config")
    environ = {"RISICOATLAS_CONFIG": str(home / "config")}
    risicoatlas("sample", sample, "--panden", int(rows * SPARE), home=home, environ=environ)
    # 1: the sample's invalid objects are refused, as they should be.
    zips = sorted((sample / "bag").glob("*.zip"))
    loading = risicoatlas("load", "bag", *zips, home=home, environ=environ, codes=(0, 1))
    risicoatlas("publish", "panden", home=home, environ=environ)
    with (
        Cluster(home).running() as cluster,
        psycopg.connect(cluster.conninfo("postgres"), autocommit=True) as connection,
    ):
        connection.execute(PEER_TABLE)
        for statement in VACUUM:
            connection.execute(statement)
        found = connection.execute("SELECT count(*) FROM public.panden").fetchone()
    if found is None or found[0] < rows:
        raise RuntimeError(f"the sample gave {found} buildings, {rows} were asked")
    shutil.rmtree(sample)
    return {"rows": found[0], "seconds": loading.seconds, "peak_mib": loading.peak_mib}


def _configure(config: Path) -> None:
    """The configuration of the checkout with one more layer."""
    shutil.copytree(CHECKOUT / "config", config)
    repeated = PUBLISH.replace("identificatie AS identificatie", "identificatie || '.' || n AS identificatie")
    many = f"{repeated}CROSS JOIN generate_series(1, {MANY_TIMES}) AS n\n"
    for name, query in (("panden", PUBLISH), (MANY, many)):
        layer = config / "layers" / name
        layer.mkdir()
        (layer / "layer.yaml").write_text(LAYER, encoding="utf-8")
        (layer / "publish.sql").write_text(query, encoding="utf-8")
