"""From a file of the BAG to published labels, in a fresh home each, by our command line as a process of its own.

The real Weesp where ``../shared/data`` is beside the checkout, else as many panden of the sample generator. The peer
is what the same GeoPackage costs ogr2ogr, which copies the rows into the same PostGIS and does nothing else with them.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from risicoatlas import database as databases
from risicoatlas.cluster import Cluster
from risicoatlas.settings import CHECKOUT
from tests.bench.ground import MEMORY_MIB
from tests.bench.lines import Line
from tests.bench.processes import our_environ, risicoatlas

WEESP = CHECKOUT.parent / "shared" / "data" / "bag_weesp"
PEER = "peer"
# Of so many panden the sample's first municipality, the one that has both files, gets about as many as Weesp has.
SAMPLE_PANDEN = 20_200


@dataclass(frozen=True)
class Delivery:
    """The same buildings in both forms, and the most seconds that each may take."""

    title: str
    zip: Path
    geopackage: Path

    def forms(self) -> tuple[tuple[str, Path, float], ...]:
        return ("zip", self.zip, 60.0), ("GeoPackage", self.geopackage, 30.0)


def lines(folder: Path) -> Iterator[Line]:
    delivery = _delivery(folder)
    home = folder / "load"
    for form, path, most_seconds in delivery.forms():
        shutil.rmtree(home, ignore_errors=True)
        source = home / "source"
        source.mkdir(parents=True)
        (source / path.name).symlink_to(path)
        # Everything from nothing: initdb, migrations, load, rules, publication.
        run = risicoatlas("demo", "--data", source, "--no-serve", home=home, codes=(0, 1))
        panden, published = _counts(home)
        if not published:
            raise RuntimeError(f"{path} was loaded, and no label was published")
        what = f"{delivery.title}, {panden:,} panden: {form} to published, fresh home"
        peer = _ogr2ogr(home, delivery.geopackage)
        yield Line(f"{what}; peer: ogr2ogr of the GeoPackage", run.seconds, "s", peer, at_most=most_seconds)
        yield Line(f"{delivery.title}, {form}: peak memory of the process", run.peak_mib, "MiB", at_most=MEMORY_MIB)
    shutil.rmtree(home)


def _delivery(folder: Path) -> Delivery:
    if WEESP.is_dir():
        return Delivery("Weesp", WEESP / "BAGGEM0457L-15102021.zip", WEESP / "bag_weesp_20211015.gpkg")
    sample = folder / f"sample-{SAMPLE_PANDEN}"
    if not (sample / "answers.csv").is_file():
        shutil.rmtree(sample, ignore_errors=True)
        risicoatlas("sample", sample, "--panden", SAMPLE_PANDEN, home=folder)
    (zipped,) = (sample / "bag").glob("BAGGEM9901L-*.zip")
    (geopackage,) = (sample / "bag").glob("*.gpkg")
    return Delivery("sample town", zipped, geopackage)


def _counts(home: Path) -> tuple[int, int]:
    """Buildings in the register and labels published."""
    with Cluster(home).running() as cluster, psycopg.connect(cluster.conninfo("postgres")) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM register.pand),"
            " (SELECT count(*) FROM publiek.kgl_public WHERE publicatie_tot IS NULL)"
        ).fetchone()
    return row or (0, 0)


def _ogr2ogr(home: Path, path: Path) -> float:
    """Seconds of a plain copy of every layer into a database beside ours."""
    with Cluster(home).running() as cluster:
        databases.provision(cluster, PEER)
        target = f"PG:{cluster.conninfo('postgres', PEER)}"
        began = time.monotonic()
        subprocess.run(
            ["ogr2ogr", "-q", "-f", "PostgreSQL", "--config", "PG_USE_COPY", "YES", target, str(path)],
            check=True,
            env=our_environ(home),
        )
        return time.monotonic() - began
