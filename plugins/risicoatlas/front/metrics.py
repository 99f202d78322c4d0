"""``/metrics`` in the text format of Prometheus, for a key of role ``beheerder``.

Every label has a value out of a fixed list: no layer, no key, no address, nothing that a client chose. The processes of
one server put their numbers into files in a folder of its own under the home, emptied at its start.
"""

import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIApplication

from risicoatlas.access import actor as actors
from risicoatlas.backup.manifest import our_version
from risicoatlas.database import reading
from risicoatlas.errors import CredentialError, ForbiddenError
from risicoatlas.service import Service
from risicoatlas.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
POOL_EVERY_S = 1.0
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
PROTOCOLS = {
    "ogc": "ogcapi", "wfs": "wfs", "wms": "wms", "wmts": "wmts", "tms": "tms", "tiles": "tiles", "health": "health",
    "metrics": "metrics", "viewer": "viewer", "auth": "auth", "static": "static", "bestanden": "files",
    "metadata": "metadata", "aanlevering": "delivery", "": "start",
}  # fmt: skip
OPERATIONS = frozenset(
    {
        "getcapabilities", "describefeaturetype", "getfeature", "getpropertyvalue", "liststoredqueries",
        "describestoredqueries", "getfeaturebyid", "getmap", "getfeatureinfo", "getlegendgraphic", "gettile",
        "describelayer", "getstyles",
    }
)  # fmt: skip
# The last part of an OGC API path that is no name of a layer or an object.
RESOURCES = frozenset(
    {"conformance", "openapi", "collections", "items", "queryables", "schema", "tiles", "sortables", "styles", "map"}
)
_ITEM = re.compile(r"collections/[^/]+/items/[^/]+")
_TILE = re.compile(r"collections/[^/]+/tiles/.+")
_COLLECTION = re.compile(r"collections/[^/]+")


def prepare(settings: Settings) -> None:
    """Give the processes of the server that starts a folder; before anything imports prometheus_client."""
    folder = settings.home / "metrics" / str(settings.port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER_VARIABLE] = str(folder)


def forget(pid: int) -> None:
    """A worker has ended: what it had open is open no more."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - reads the folder when it is imported

    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def protocol(path: str) -> str:
    """What a path belongs to; anything unknown is ``other``."""
    parts = path.strip("/").lower().split("/")
    if parts[0] == "geoserver":
        return next((part for part in ("wfs", "wms") if part in parts), "other")
    return PROTOCOLS.get(parts[0], "other")


def operation(path: str, query: str) -> str:
    """What is done: the operation of a KVP request, or the kind of resource of an OGC API."""
    found = protocol(path)
    if found == "ogcapi":
        return _resource(path.strip("/").removeprefix("ogc/v1").strip("/"))
    if found in {"wfs", "wms", "wmts"}:
        asked = next((value for name, value in parse_qsl(query[:4096]) if name.lower() == "request"), "").lower()
        return asked if asked in OPERATIONS else "other"
    return "get"


def _resource(rest: str) -> str:
    if not rest:
        return "landing"
    last = rest.rpartition("/")[2]
    if _ITEM.fullmatch(rest):
        return "item"
    if _TILE.fullmatch(rest):
        return "tile"
    if _COLLECTION.fullmatch(rest):
        return "collection"
    return last if last in RESOURCES else "other"


@dataclass(frozen=True)
class Done:
    """A request that has ended."""

    path: str
    query: str
    status: str
    seconds: float
    sent_bytes: int
    rows: int


class Metrics:
    """The numbers of this process, and the page that tells those of all."""

    def __init__(self, service: Service) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415

        self.service = service
        self.shared = FOLDER_VARIABLE in os.environ
        self.registry = registry = CollectorRegistry()
        by_protocol = ("protocol",)
        self.requests = Counter(
            "risicoatlas_requests", "Requests answered.", ("protocol", "operation", "status"), registry=registry
        )
        self.seconds = Histogram(
            "risicoatlas_request_seconds", "From the first line of a request to the last byte of its answer.",
            by_protocol, buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.sent = Counter(
            "risicoatlas_answer_bytes", "Bytes of answers before compression.", by_protocol, registry=registry
        )
        self.rows = Counter("risicoatlas_rows", "Rows of layers read to the end.", by_protocol, registry=registry)
        self.streams = Gauge(
            "risicoatlas_streams", "Whole layers under way.", multiprocess_mode="livesum", registry=registry
        )
        self.pool = Gauge(
            "risicoatlas_pool_connections", "Connections to the database by state.", ("state",),
            multiprocess_mode="livesum", registry=registry,
        )  # fmt: skip
        self._pool_due_s = 0.0

    def answered(self, done: Done) -> None:
        """One request has ended."""
        kind = protocol(done.path)
        self.requests.labels(kind, operation(done.path, done.query), done.status).inc()
        self.seconds.labels(kind).observe(done.seconds)
        self.sent.labels(kind).inc(done.sent_bytes)
        self.rows.labels(kind).inc(done.rows)
        if time.monotonic() >= self._pool_due_s:
            self._pool_due_s = time.monotonic() + POOL_EVERY_S
            found = self.service.pool.get_stats()
            idle = found.get("pool_available", 0)
            self.pool.labels("idle").set(idle)
            self.pool.labels("used").set(found.get("pool_size", 0) - idle)
            self.pool.labels("awaited").set(found.get("requests_waiting", 0))

    def page(self) -> bytes:
        """Everything, as Prometheus reads it."""
        from prometheus_client import CollectorRegistry, generate_latest, multiprocess  # noqa: PLC0415

        gathered = self.registry
        if self.shared:
            gathered = CollectorRegistry()
            multiprocess.MultiProcessCollector(gathered)  # type: ignore[no-untyped-call]
        return generate_latest(gathered) + generate_latest(self._state())

    def _state(self) -> "CollectorRegistry":
        """What is asked when the page is: version and publication."""
        from prometheus_client import CollectorRegistry  # noqa: PLC0415

        registry = CollectorRegistry()
        registry.register(_State(self.service))
        return registry


class _State:
    """Collects the state of the database, the same for every process."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def collect(self) -> "Iterable[Metric]":
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

        with reading(self.service.pool, timeout_s=5) as connection:
            row = connection.execute(
                "SELECT coalesce(max(nummer), 0), coalesce(extract(epoch FROM now() - max(gemaakt_op)), 0)::float"
                " FROM publiek.publicatie"
            ).fetchone()
        number, age_s = row or (0, 0.0)
        yield GaugeMetricFamily("risicoatlas_publication", "Number of the last publication, or 0.", number)
        yield GaugeMetricFamily("risicoatlas_publication_age_seconds", "Time since the last publication.", age_s)
        info = GaugeMetricFamily("risicoatlas_info", "1, with the version of the software.", labels=("version",))
        info.add_metric((our_version(),), 1)
        yield info


def create(metrics: Metrics) -> WSGIApplication:
    """The page: 401 for anonymous, 403 for any key but that of a beheerder."""

    def respond(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        who = actors.current()
        if who.anonymous:
            raise CredentialError("the metrics need a key of role beheerder")
        if who.role != "beheerder":
            raise ForbiddenError("the metrics need a key of role beheerder")
        body = metrics.page()
        kind = "text/plain; version=0.0.4; charset=utf-8"
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return respond
