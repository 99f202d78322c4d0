"""The whole layer as GML in one answer against the bare COPY of the same text: ``python -m tests.bench.wfs_stream``.

The bare COPY is psql writing to nowhere; ours goes through the service and HTTP. Every answer is counted before its
time counts. The peak of the memory of the worker is that of one full answer, above what it was before.
"""

import argparse
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from risicoatlas import app
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.features.plan import plan_query
from risicoatlas.features.request import FeatureRequest
from risicoatlas.settings import CHECKOUT, Settings
from risicoatlas.wfs.formats import Writer, table
from tests.bench.ground import THIS_PYTHON, Ground, Outcome, Timing, fetch, gunicorn, prepared, server

LAYER = "panden"
MEMBER = {"gml32": b"<wfs:member>", "json": b'{"type":"Feature",'}
REPEATS = 3
TARGET = 0.5


@dataclass(frozen=True)
class Stream:
    """Rows per second of the service and of the bare COPY, first byte, size, and memory above idle."""

    format: str
    rows: int
    ours_per_second: float
    bare_per_second: float
    first_byte_ms: float
    size_mb: float
    memory_mib: float

    @property
    def ratio(self) -> float:
        return self.ours_per_second / self.bare_per_second


def full_layer(ground: Ground) -> Iterator[Stream]:
    """Each format, best of three runs on both sides."""
    (ground.config / "wfs.yaml").write_bytes((CHECKOUT / "config" / "wfs.yaml").read_bytes())
    port = _free_port()
    environ = {
        **os.environ,
        "RISICOATLAS_HOME": str(ground.home),
        "RISICOATLAS_DATABASE_URL": ground.conninfo("ra_service"),
        "RISICOATLAS_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    capabilities = "/?service=WFS&request=GetCapabilities"
    with server(gunicorn(THIS_PYTHON, "tests.bench.ours_wfs:application", port), environ, port, capabilities):
        for name in MEMBER:
            _peak(port)
            idle = _peak(port)
            runs = [_answer(port, name, ground.rows) for _ in range(REPEATS)]
            seconds = min(run[0] for run in runs)
            bare = min(_bare(ground, table.writer(name)) for _ in range(REPEATS))
            yield Stream(
                format=name,
                rows=ground.rows,
                ours_per_second=ground.rows / seconds,
                bare_per_second=ground.rows / bare,
                first_byte_ms=min(run[1] for run in runs) * 1000,
                size_mb=runs[0][2] / 1e6,
                memory_mib=_peak(port) - idle,
            )


def outcomes(ground: Ground, _seconds: float) -> Iterator[Outcome]:
    """For the table of all benchmarks: one full answer here, one bare COPY there."""
    for found in full_layer(ground):
        ours, bare = (rows / found.rows for rows in (found.ours_per_second, found.bare_per_second))
        text = f"WFS, {found.rows} rows as {found.format} in one answer, against the bare COPY"
        yield Outcome(text, 1, Timing(ours, 1000 / ours), Timing(bare, 1000 / bare), TARGET)


def _answer(port: int, name: str, rows: int) -> tuple[float, float, int]:
    """Seconds until the last and the first byte, and the size; a wrong number of members stops the benchmark."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.monotonic()
    connection.request("GET", f"/?service=WFS&request=GetFeature&typeNames={LAYER}&outputFormat={name}")
    answer = connection.getresponse()
    first = b"" if answer.status != 200 else answer.read(1)
    first_byte = time.monotonic() - began
    size, members, tail = 1, 0, first
    # Counting members costs the client a little, which is charged to us.
    while chunk := answer.read1(1 << 20):
        members += (tail + chunk).count(MEMBER[name]) - tail.count(MEMBER[name])
        tail = chunk[-len(MEMBER[name]) :]
        size += len(chunk)
    seconds = time.monotonic() - began
    connection.close()
    if members != rows:
        raise RuntimeError(f"{members} members of {rows}, status {answer.status}")
    return seconds, first_byte, size


def _bare(ground: Ground, writer: Writer) -> float:
    """Seconds that psql takes for the same text, by the same role."""
    settings = Settings(home=ground.home, config=ground.config, styles=ground.home)
    service = app.make_service(settings, ground.database)
    plan = plan_query(FeatureRequest(LAYER), ANONYMOUS, service)
    with psycopg.connect(ground.conninfo("postgres")) as connection:
        statement = plan.select(writer.row(plan)).as_string(connection)
    copy = f"SET ROLE ra_public; COPY ({statement}) TO STDOUT (FORMAT binary)"
    began = time.monotonic()
    subprocess.run(
        ["psql", "-qX", "-d", ground.conninfo("ra_service"), "-c", copy], check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - began


def _peak(port: int) -> float:
    return float(fetch(port, "/memory")[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--home", type=Path, default=Path(".risicoatlas-bench"))
    options = parser.parse_args()
    shown = Table(
        "format", "rows", "MB", "ours rows/s", "bare COPY rows/s", "ratio", "target", "first byte ms", "memory MiB"
    )
    with prepared(options.home.resolve(), options.rows) as ground:
        for found in full_layer(ground):
            shown.add_row(
                found.format,
                str(found.rows),
                f"{found.size_mb:.0f}",
                f"{found.ours_per_second:,.0f}",
                f"{found.bare_per_second:,.0f}",
                f"{found.ratio:.2f}",
                f"{TARGET:g}",
                f"{found.first_byte_ms:.0f}",
                f"{found.memory_mib:.1f}",
            )
    Console(width=160).print(shown)


if __name__ == "__main__":
    main()
