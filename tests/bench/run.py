"""Run the benchmarks and print their ratios: ``python -m tests.bench.run --help``.

A benchmark is a function in :data:`BENCHMARKS` that gives rows for the table; answers are checked before the timing.
"""

import argparse
import json
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import stock, wfs_stream
from tests.bench.ground import THIS_PYTHON, Ground, Outcome, Timing, fetch, gunicorn, prepared, server, timed

RD = "http://www.opengis.net/def/crs/EPSG/0/28992"


def items(ground: Ground, seconds: float) -> Iterable[Outcome]:
    """A page of 1,000 in RD, and small and large pages, against pygeoapi's own PostgreSQL provider."""
    pages = [(10, RD, 1.0), (1000, RD, 5.0), (1000, None, 1.0), (10000, RD, 1.0)]
    ours = _timings(ground, "ours", pages, seconds)
    peers = _timings(ground, "stock", pages, seconds)
    for limit, crs, target in pages:
        for clients in (1, 4):
            name = f"items?limit={limit}, {'EPSG:28992' if crs else 'CRS84'}, against pygeoapi's provider"
            key = (limit, crs, clients)
            yield Outcome(name, clients, ours[key], peers[key], target)


def _timings(ground: Ground, who: str, pages: list, seconds: float) -> Mapping[tuple, Timing]:
    port = _free_port()
    if who == "stock":
        command = gunicorn(stock.python(ground.home), "pygeoapi.flask_app:APP", port)
        environ = stock.environ(ground, port)
    else:
        command = gunicorn(THIS_PYTHON, "tests.bench.ours:application", port)
        environ = {
            **os.environ,
            "RISICOATLAS_HOME": str(ground.home),
            "RISICOATLAS_DATABASE_URL": ground.conninfo("ra_service"),
            "RISICOATLAS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
    found = {}
    with server(command, environ, port, "/collections/panden"):
        for limit, crs, _target in pages:
            path = f"/collections/panden/items?f=json&limit={limit}{f'&crs={crs}' if crs else ''}"
            check(fetch(port, path), limit)
            for clients in (1, 4):
                found[(limit, crs, clients)] = timed(port, path, clients=clients, seconds=seconds)
    return found


def check(answer: tuple[int, bytes], limit: int) -> None:
    """A page counts only when it holds what was asked: so many distinct features with all their attributes."""
    status, body = answer
    if status != 200:
        raise RuntimeError(f"wrong answer: status {status}: {body[:300]!r}")
    features = json.loads(body)["features"]
    names = {feature["id"] for feature in features}
    wanted = set(stock.FIELDS) - {"identificatie"}
    whole = all(item["geometry"]["coordinates"] and wanted <= set(item["properties"]) for item in features)
    if len(names) != limit or not whole:
        raise RuntimeError(f"wrong answer: status {status}, {len(names)} features of {limit}")


BENCHMARKS: Mapping[str, Callable[[Ground, float], Iterable[Outcome]]] = {
    "items": items,
    "wfs_stream": wfs_stream.outcomes,
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(BENCHMARKS), help=f"which: {', '.join(BENCHMARKS)}")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="per measurement")
    parser.add_argument("--home", type=Path, default=Path(".risicoatlas-bench"))
    options = parser.parse_args()
    table = Table("what", "clients", "ours req/s", "ours ms", "peer req/s", "peer ms", "ratio", "target")
    with prepared(options.home.resolve(), options.rows) as ground:
        for name in options.names:
            for found in BENCHMARKS[name](ground, options.seconds):
                table.add_row(
                    found.what,
                    str(found.clients),
                    f"{found.ours.per_second:.1f}",
                    f"{found.ours.median_ms:.1f}",
                    f"{found.peer.per_second:.1f}",
                    f"{found.peer.median_ms:.1f}",
                    f"{found.ratio:.1f} x",
                    f"{found.target:g} x",
                )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
