"""The whole layer in one answer of the WFS against the bare COPY of the same text.

The bare COPY is psql writing to nowhere; ours goes through the service and HTTP. Every answer is counted before its
time counts. Runs of ours and theirs alternate, so that a busy machine is busy for both, and the ratio is the median of
the pairs. The memory is the peak of the worker during the full answers above what it was before them.
"""

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg

from risicoatlas import app
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.features.plan import plan_query
from risicoatlas.features.request import FeatureRequest
from risicoatlas.settings import Settings
from risicoatlas.wfs.formats import Writer, table
from tests.bench.ground import Ground
from tests.bench.lines import Line
from tests.bench.processes import fetch, free_port, gunicorn, server

LAYER = "panden"
MEMBER = {"gml32": b"<wfs:member>", "json": b'{"type":"Feature",'}
PAIRS = 5
LEAST_RATIO = 0.5
MEMORY_MIB = 64


def lines(ground: Ground) -> Iterator[Line]:
    """Speed and memory for each format; GML is what the target asks."""
    port = free_port()
    command = gunicorn(sys.executable, "tests.bench.ours_wfs:application", port)
    capabilities = "/?service=WFS&request=GetCapabilities"
    with server(command, ground.environ(port), port, capabilities):
        for name in MEMBER:
            _peak(port)
            idle = _peak(port)
            pairs = [(_answer(port, name, ground.rows), _bare(ground, table.writer(name))) for _ in range(PAIRS)]
            memory = _peak(port) - idle
            what = f"WFS, {ground.rows:,} rows as {name} in one answer"
            yield Line(
                f"{what}; peer: bare COPY of the same text",
                ground.rows / statistics.median(ours for ours, _ in pairs),
                "rows/s",
                ground.rows / statistics.median(bare for _, bare in pairs),
                least_ratio=LEAST_RATIO,
                paired_ratio=statistics.median(bare / ours for ours, bare in pairs),
            )
            yield Line(f"{what}: memory of the worker above idle", memory, "MiB", at_most=MEMORY_MIB)


def _answer(port: int, name: str, rows: int) -> float:
    """Seconds until the last byte; a wrong number of members stops the benchmark."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.monotonic()
    connection.request("GET", f"/?service=WFS&request=GetFeature&typeNames={LAYER}&outputFormat={name}")
    answer = connection.getresponse()
    members, tail = 0, b""
    # Counting members costs the client a little, which is charged to us.
    while chunk := answer.read1(1 << 20):
        members += (tail + chunk).count(MEMBER[name]) - tail.count(MEMBER[name])
        tail = chunk[-len(MEMBER[name]) :]
    seconds = time.monotonic() - began
    connection.close()
    if members != rows:
        raise RuntimeError(f"{members} members of {rows}, status {answer.status}")
    return seconds


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
