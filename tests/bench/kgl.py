"""Labels at national size: classify and publish buildings by the hundred thousand, and what a mutation of some costs.

A town of the sample is loaded, and its register is copied onto a grid until there are enough buildings; the rows are
those that a load gives. Each step is a command of ours as a process of its own. The peer is what PostgreSQL needs to
copy and index the rows that the step gave: ``CREATE TABLE … AS SELECT`` and its indexes, in the same database.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from risicoatlas.cluster import Cluster
from tests.bench.ground import MEMORY_MIB
from tests.bench.lines import Line
from tests.bench.processes import Run, risicoatlas

TOWN = 10_000
# Time for four times the buildings, at most so many times that of one.
GROWTH = 4.5
CLASSIFY_S_PER_MILLION = 240
PUBLISH_S_PER_MILLION = 180
MUTATION_S = 10
MUTATED = 1_000
# The number of an object in a copy of the town, of which there is one every 15 by 14 km, ten to a row.
NUMBER = "left({id}, 6) || lpad((right({id}, 10)::bigint + n * 10000000)::text, 10, '0')"
TABLES = {
    "register.pand": {"identificatie": NUMBER, "geometrie": "ST_Translate({id}, dx, dy)"},
    "register.verblijfsobject": {"identificatie": NUMBER, "geometrie": "ST_Translate({id}, dx, dy)"},
    "register.verblijfsobject_pand": {"verblijfsobject": NUMBER, "pand": NUMBER},
    "register.registertreffer": {"sleutel": "{id} || '.' || n", "verblijfsobject": NUMBER},
    "register.kas": {"identificatie": "{id} || '.' || n", "geometrie": "ST_Translate({id}, dx, dy)"},
}


def lines(folder: Path, sizes: Sequence[int]) -> Iterator[Line]:
    """Growing numbers of buildings in one home; the last is mutated."""
    home = folder / "kgl"
    shutil.rmtree(home, ignore_errors=True)
    sample = home / "sample"
    home.mkdir(parents=True)
    risicoatlas("sample", sample, "--panden", TOWN, home=home)
    risicoatlas("demo", "--data", sample, "--no-serve", home=home, codes=(0, 1))
    base, copies = _live(home)[0], 1
    taken: list[tuple[int, float]] = []
    for size in sizes:
        wanted = -(-size // base)
        _copy(home, copies, wanted - 1)
        copies = wanted
        yield from _measured(home, taken)
    (few, short), (many, long) = taken[0], taken[-1]
    if many > few:
        what = f"classify: time for {many:,} panden, in times that for {few:,} ({many / few:.1f} x the panden)"
        yield Line(what, long / short, "x", at_most=GROWTH / 4 * many / few)
    yield _mutation(home)
    shutil.rmtree(home)


def _measured(home: Path, taken: list[tuple[int, float]]) -> Iterator[Line]:
    panden, vbos = _live(home)
    millions = panden / 1e6
    run = risicoatlas("classify", home=home)
    taken.append((panden, run.seconds))
    copied = _copied(home, "register.kgl_label", ("(pand)",))
    what = f"{panden:,} panden with {vbos:,} verblijfsobjecten"
    yield Line(f"classify {what}; peer: copy and index of the labels", run.seconds, "s", copied,
               at_most=CLASSIFY_S_PER_MILLION * max(millions, 0.25))  # fmt: skip
    yield _memory(f"classify {what}", run)
    run = risicoatlas("publish", "kgl_public", home=home)
    copied = _copied(home, "publiek.kgl_public", ("(identificatie)", "USING gist (geometrie)"))
    yield Line(f"publish {what}; peer: copy and index of the rows", run.seconds, "s", copied,
               at_most=PUBLISH_S_PER_MILLION * max(millions, 0.25))  # fmt: skip
    yield _memory(f"publish {what}", run)


def _memory(what: str, run: Run) -> Line:
    return Line(f"{what}: peak memory of the process", run.peak_mib, "MiB", at_most=MEMORY_MIB)


def _mutation(home: Path) -> Line:
    """Other areas for some buildings, from the register to the layer."""
    risicoatlas("classify", "--changed", home=home)
    risicoatlas("publish", "--changed", home=home)
    with Cluster(home).running():
        with _connected(home) as connection:
            connection.execute(
                "UPDATE register.verblijfsobject SET oppervlakte_m2 = oppervlakte_m2 + 1 WHERE identificatie IN"
                " (SELECT verblijfsobject FROM register.verblijfsobject_pand WHERE pand IN (SELECT id_pand_bag"
                "   FROM publiek.kgl_public WHERE publicatie_tot IS NULL ORDER BY md5(id_pand_bag) LIMIT %s))",
                [MUTATED],
            )
        began = time.monotonic()
        risicoatlas("classify", "--changed", home=home)
        risicoatlas("publish", "--changed", home=home)
        seconds = time.monotonic() - began
        with _connected(home) as connection:
            live = connection.execute(
                "SELECT count(*) FROM publiek.kgl_public WHERE publicatie_tot IS NULL"
                " AND publicatie = (SELECT max(nummer) FROM publiek.publicatie)"
            ).fetchone()
    if live is None or live[0] < MUTATED * 0.9:
        raise RuntimeError(f"{live} buildings came with the publication, {MUTATED} were changed")
    return Line(f"{live[0]:,} changed buildings: from the register to the layer, two commands", seconds, "s",
                at_most=MUTATION_S)  # fmt: skip


def _connected(home: Path) -> psycopg.Connection:
    return psycopg.connect(Cluster(home).conninfo("postgres"), autocommit=True)


def _live(home: Path) -> tuple[int, int]:
    with Cluster(home).running(), _connected(home) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM register.pand), (SELECT count(*) FROM register.verblijfsobject)"
        ).fetchone()
    return found or (0, 0)


def _copy(home: Path, first: int, last: int) -> None:
    """Copies ``first`` to ``last`` of the town, which is copy 0."""
    with Cluster(home).running(), _connected(home) as connection:
        for table, changed in TABLES.items():
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                    " AND attidentity = '' AND attgenerated = '' ORDER BY attnum",
                    [table],
                )
            ]
            kept = f"bron.town_{table.partition('.')[2]}"
            values = ", ".join(
                changed[name].format(id=f"o.{name}") if name in changed else f"o.{name}" for name in names
            )
            connection.execute(f"CREATE TABLE IF NOT EXISTS {kept} AS SELECT * FROM {table}")
            connection.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {kept} AS o,"
                " (SELECT n, ((n % 10) - 8) * 15000.0 AS dx, (n / 10 - 9) * 14000.0 AS dy"
                f"  FROM generate_series({first}, {last}) AS n) AS k"
            )
            connection.execute(f"VACUUM ANALYZE {table}")


def _copied(home: Path, table: str, indexes: Sequence[str]) -> float:
    """Seconds that PostgreSQL needs to copy the rows of a table and index the copy."""
    with Cluster(home).running(), _connected(home) as connection:
        began = time.monotonic()
        connection.execute(f"CREATE TABLE bron.peer AS SELECT * FROM {table}")
        for index in indexes:
            connection.execute(f"CREATE INDEX ON bron.peer {index}")
        seconds = time.monotonic() - began
        connection.execute("DROP TABLE bron.peer")
    return seconds
