"""Pages of items against pygeoapi with its own PostgreSQL provider, on the same rows and the same kind of server."""

import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench import stock
from tests.bench.ground import Ground
from tests.bench.lines import Line
from tests.bench.processes import fetch, free_port, gunicorn, server, timed

RD = "http://www.opengis.net/def/crs/EPSG/0/28992"


@dataclass(frozen=True)
class Page:
    """A page as it is asked, by how many clients at a time; in ``rounds`` of ours and theirs in turn."""

    limit: int
    crs: str | None
    clients: int
    rounds: int = 1
    least_ratio: float | None = None

    @property
    def path(self) -> str:
        return f"/collections/panden/items?f=json&limit={self.limit}{f'&crs={self.crs}' if self.crs else ''}"

    @property
    def title(self) -> str:
        clients = "1 client" if self.clients == 1 else f"{self.clients} clients"
        return (
            f"items?limit={self.limit}, {'EPSG:28992' if self.crs else 'CRS84'}, {clients}; peer: pygeoapi's provider"
        )


PAGES = (
    Page(1000, RD, 1, 3, 5.0),
    Page(1000, RD, 4, 3, 5.0),
    Page(10, RD, 1),
    Page(10, RD, 4),
    Page(1000, None, 1),
    Page(10000, RD, 1),
)


def lines(ground: Ground, seconds: float) -> Iterator[Line]:
    our_port, their_port = free_port(), free_port()
    ours = gunicorn(sys.executable, "tests.bench.ours:application", our_port)
    theirs = gunicorn(stock.python(ground.folder), "pygeoapi.flask_app:APP", their_port)
    probe = "/collections/panden"
    with (
        server(ours, ground.environ(our_port), our_port, probe),
        server(theirs, stock.environ(ground, their_port), their_port, probe),
    ):
        for page in PAGES:
            for port in (our_port, their_port):
                check(fetch(port, page.path), page.limit)
            pairs = [
                tuple(
                    timed(port, page.path, clients=page.clients, seconds=seconds).per_second
                    for port in (our_port, their_port)
                )
                for _ in range(page.rounds)
            ]
            yield Line(
                page.title,
                statistics.median(our for our, _ in pairs),
                "req/s",
                statistics.median(their for _, their in pairs),
                least_ratio=page.least_ratio,
                paired_ratio=statistics.median(our / their for our, their in pairs),
            )


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
