"""Assembly: one WSGI application out of the protocols, behind one door that knows who asks.

The door gives each request an id, finds the actor, refuses what is too long, writes the access log and marks answers to
known actors as private. Behind it a table of path prefixes hands the request to a protocol.
"""

import json
import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import Token
from dataclasses import dataclass
from http import HTTPStatus
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication

import psycopg
from psycopg_pool import PoolTimeout

from risicoatlas import catalogue, health, proj
from risicoatlas.access import actor, credentials, decide, keys, sessions, trail
from risicoatlas.access.actor import Actor
from risicoatlas.conditional import CREDENTIALS
from risicoatlas.database import Database, refuse_strong_role
from risicoatlas.errors import CredentialError, RequestError, RisicoAtlasError, SessionError
from risicoatlas.front import client, compression, cors, metrics, refusals, streams
from risicoatlas.gathered import Gathered
from risicoatlas.own import complete
from risicoatlas.service import Service
from risicoatlas.settings import Settings

# A filter may be long (client polygons), a request line must end somewhere.
MAX_QUERY_BYTES = 64 * 1024
# What a client that was told to wait is told to wait.
RETRY_AFTER_S = 5
REQUEST_ID = "risicoatlas.request_id"
ACCESS_LOG = logging.getLogger("risicoatlas.access")
LOG = logging.getLogger("risicoatlas")
_LINE = json.JSONEncoder(ensure_ascii=False)
REALM = 'Basic realm="RisicoAtlas", charset="UTF-8"'
# What describes the answer to a known actor to a cache, or tells it from another: taken away.
PRIVATE = frozenset({"cache-control", "vary", "expires", "etag", "last-modified"})

# Addresses where the ETag is the version that a write must name (If-Match), kept for known actors too.
VERSIONED = "/aanlevering/"

Environ = dict[str, Any]
Headers = list[tuple[str, str]]


def make_service(settings: Settings, database: Database) -> Service:
    """Read the configuration and make the pool, not yet opened: a forked worker opens its own."""
    layers = catalogue.read(settings.config)
    if any(layer.own for layer in layers):
        with database.asking() as connection:
            layers = complete.completed(layers, connection)
    return Service(settings, layers, decide.read(settings.config, layers), database.pool(), database)


def begin(service: Service) -> None:
    """Open the pool of this process and refuse a role that row-level security would not bind; make what the first boxes
    would wait for."""
    service.pool.open(wait=True, timeout=15)
    with service.pool.connection() as connection:
        refuse_strong_role(connection)
    stored = {layer.srid for layer in service.catalogue}
    proj.prepare((asked, srid) for srid in stored for asked in (4326, 4258, 3857))


def create_app(service: Service) -> WSGIApplication:
    """The whole service as one WSGI callable."""
    # mapnik sets PROJ and GDAL variables when it is imported: it comes last.
    from risicoatlas.providers import ogcapi  # noqa: I001, PLC0415
    from risicoatlas.metadata import wsgi as metadata  # noqa: PLC0415
    from risicoatlas.web import pages  # noqa: PLC0415
    from risicoatlas.wfs import service as wfs  # noqa: PLC0415
    from risicoatlas.maps import wsgi as maps  # noqa: PLC0415
    from risicoatlas.delivery import service as delivery  # noqa: PLC0415

    counted = metrics.Metrics(service)
    edges = Edges(
        features=ogcapi.create(service),
        wfs=wfs.create(service),
        maps=maps.create(service),
        health=health.create(service),
        metadata=metadata.create(service),
        pages=pages.create(service),
        metrics=metrics.create(counted),
        delivery=delivery.create(service),
    )
    door = Door(edges.route, service, counted)
    return compression.Compression(cors.Cors(door, cors.read(service.settings.config)))


@dataclass(frozen=True)
class Edges:
    """The protocols, and which path belongs to which."""

    features: WSGIApplication
    wfs: WSGIApplication
    maps: WSGIApplication
    health: WSGIApplication
    metadata: WSGIApplication
    pages: WSGIApplication
    metrics: WSGIApplication
    delivery: WSGIApplication

    def route(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on; clients of the real REV GeoServer find the same paths under ``/geoserver``."""
        parts = environ["PATH_INFO"].strip("/").split("/")
        match parts:
            case ["ogc", "v1", *_]:
                return self.features(_mounted(environ, "/ogc/v1"), start_response)
            case ["wfs"] | ["geoserver", "wfs"] | ["geoserver", _, "wfs"] | ["geoserver", "wfs", _]:
                return self.wfs(_mounted(environ, environ["PATH_INFO"]), start_response)
            case ["wms" | "wmts" | "tms" | "tiles", *_]:
                return self.maps(environ, start_response)
            case ["geoserver", "wms"] | ["geoserver", _, "wms"] | ["geoserver", "wms", _]:
                return self.maps(dict(environ, PATH_INFO="/wms"), start_response)
            case ["geoserver", "ows"] | ["geoserver", _, "ows"]:
                return self._ows(environ, start_response)
            case ["metadata", *_]:
                return self.metadata(environ, start_response)
            case ["health", *_]:
                return self.health(environ, start_response)
            case ["aanlevering", "v1", *_]:
                return self.delivery(_mounted(environ, "/aanlevering/v1"), start_response)
            case ["metrics"]:
                return self.metrics(environ, start_response)
            case _:
                return self.pages(environ, start_response)

    def _ows(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if "service=wms" in environ.get("QUERY_STRING", "").lower():
            return self.maps(dict(environ, PATH_INFO="/wms"), start_response)
        return self.wfs(_mounted(environ, environ["PATH_INFO"]), start_response)


def _mounted(environ: Environ, prefix: str) -> Environ:
    rest = environ["PATH_INFO"][len(prefix) :]
    return dict(environ, SCRIPT_NAME=environ.get("SCRIPT_NAME", "") + prefix, PATH_INFO=rest)


class Door:
    """The one middleware: request id, actor, limits, log, and headers of private answers."""

    def __init__(
        self,
        inner: Callable[[Environ, StartResponse], Iterable[bytes]],
        service: Service,
        counted: metrics.Metrics | None = None,
    ) -> None:
        self.inner = Gathered(inner)
        self.service = service
        self.counted = counted
        self.streams = streams.Streams(service.settings.home, service.settings.streams)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        visit = Visit(environ, start_response, self._audit, self._counted)
        environ[REQUEST_ID] = visit.request_id
        try:
            self._refuse_too_long(environ)
            visit.enter(credentials.actor_of_request(environ, self.service.pool))
            visit.visitor = self._visitor(visit)
            return visit.watched(self.inner(environ, visit.start))
        except SessionError as error:
            return visit.watched(self._session_ended(visit, error))
        except RisicoAtlasError as error:
            return visit.watched(self._problem(visit, error))
        except Exception:  # the outermost edge: the client gets an id, the log gets the rest
            LOG.exception("request %s failed", visit.request_id)
            return visit.watched(self._problem(visit, RisicoAtlasError(f"internal error; request {visit.request_id}")))

    def _visitor(self, visit: "Visit") -> streams.Visitor:
        who = client.identity(visit.environ, visit.actor, self.service.settings.trusted_proxies)
        visitor = streams.Visitor(self.streams, who, self.counted.streams.inc if self.counted else lambda change: None)
        streams.bind(visitor)
        return visitor

    def _counted(self, visit: "Visit", seconds: float) -> None:
        if self.counted:
            query, rows = visit.environ.get("QUERY_STRING", ""), visit.visitor.rows if visit.visitor else 0
            self.counted.answered(metrics.Done(visit.path, query, visit.status, seconds, visit.sent_bytes, rows))

    def _audit(self, visit: "Visit", layer: str) -> None:
        outcome = "gelukt" if visit.status < "400" else "geweigerd"
        try:
            keys.audit(self.service.pool, visit.actor, visit.request_id, "raadplegen", layer, outcome)
        except (psycopg.Error, PoolTimeout):
            # The answer is on its way already; the access log has the key and the address.
            LOG.exception("the audit row of request %s could not be written", visit.request_id)

    @staticmethod
    def _refuse_too_long(environ: Environ) -> None:
        length = len(environ.get("QUERY_STRING", ""))
        if length > MAX_QUERY_BYTES:
            raise RequestError(f"the query string has {length} bytes, the limit is {MAX_QUERY_BYTES}: send it as POST")

    def _session_ended(self, visit: "Visit", error: SessionError) -> Iterable[bytes]:
        """Take the cookie away; a page goes on to the login, anything else gets its 401 once."""
        headers = [("Set-Cookie", f"{sessions.COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")]
        if "text/html" not in visit.environ.get("HTTP_ACCEPT", ""):
            return self._problem(visit, error, headers)
        target = f"{urlsplit(self.service.settings.public_url).path}/auth/login"
        visit.start(
            "303 See Other", [("Location", target), ("Content-Length", "0"), ("Cache-Control", "no-store"), *headers]
        )
        return []

    @staticmethod
    def _problem(visit: "Visit", error: RisicoAtlasError, more: Headers | None = None) -> Iterable[bytes]:
        status = HTTPStatus(error.status)
        media_type, body = refusals.told(visit.path, visit.environ.get("QUERY_STRING", ""), error)
        headers = [("Content-Type", media_type), ("Content-Length", str(len(body))), *(more or [])]
        if isinstance(error, CredentialError):
            headers += [("WWW-Authenticate", REALM), ("Cache-Control", "no-store")]
        visit.start(f"{error.status} {status.phrase}", headers)
        return [body]


class Visit:
    """One request from its first line to its last byte."""

    def __init__(
        self,
        environ: Environ,
        start_response: StartResponse,
        audit: Callable[["Visit", str], None],
        counted: Callable[["Visit", float], None],
    ) -> None:
        self.environ = environ
        self.visitor: streams.Visitor | None = None
        self._audit = audit
        self._counted = counted
        self.request_id = secrets.token_hex(8)
        self.method = environ["REQUEST_METHOD"]
        self.path = environ["PATH_INFO"]
        self.actor = actor.ANONYMOUS
        self.status = "500"
        self.sent_bytes = 0
        self._start_response = start_response
        self._began = time.monotonic()
        self._token: Token[Actor] | None = None
        self._trail: Token[set[str]] | None = None

    def enter(self, who: Actor) -> None:
        self.actor = who
        self._token = actor.bind(who)
        self._trail = trail.begin()

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        """``start_response`` with the request id, and for a known actor with the headers that keep the answer
        private."""
        self.status = status[:3]
        headers = [*headers, ("X-Request-Id", self.request_id)]
        if self.status in {"429", "503"} and not any(name.lower() == "retry-after" for name, _ in headers):
            headers.append(("Retry-After", str(RETRY_AFTER_S)))
        if self.actor.anonymous:
            # Else a client that logs in later goes on with the list of layers that it got as anonymous (QGIS does).
            if not any(name.lower() == "cache-control" for name, _ in headers):
                headers += [("Cache-Control", "no-store"), ("Vary", CREDENTIALS)]
        else:
            kept = {"etag"} if self.path.startswith(VERSIONED) else set()
            headers = [pair for pair in headers if pair[0].lower() not in PRIVATE - kept]
            headers += [("Cache-Control", "private, no-store"), ("Vary", CREDENTIALS)]
        return self._start_response(status, headers, exc_info) if exc_info else self._start_response(status, headers)

    def watched(self, body: Iterable[bytes]) -> "WatchedBody":
        return WatchedBody(body, self)

    def leave(self) -> None:
        if self.visitor is not None:
            streams.bind(None)
            self.visitor.leave()
        seconds = time.monotonic() - self._began
        self._counted(self, seconds)
        if self._token is not None:
            actor.unbind(self._token)
            self._token = None
        if self._trail is not None:
            touched, self._trail = trail.end(self._trail), None
            for layer in touched:
                self._audit(self, layer)
        ACCESS_LOG.info(
            _LINE.encode(
                {
                    "request_id": self.request_id,
                    "method": self.method,
                    "path": self.path,
                    # the key parameter was taken out before anything could repeat it
                    "query": self.environ.get("QUERY_STRING", "")[:2048],
                    "status": int(self.status),
                    "bytes": self.sent_bytes,
                    "ms": round(seconds * 1000, 1),
                    "key_id": self.actor.key_id,
                }
            )
        )


class WatchedBody:
    """The body of an answer, counted; the actor stays bound until it is closed."""

    def __init__(self, body: Iterable[bytes], visit: Visit) -> None:
        self._body = body
        self._visit = visit
        self._chunks = iter(body)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self._visit.sent_bytes += len(chunk)
        return chunk

    def close(self) -> None:
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._visit.leave()


def log_to(file: Path | None) -> None:
    """Access log and errors as lines on standard error, for whatever collects them, or in a file that may be renamed
    under us."""
    handler = WatchedFileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    LOG.addHandler(handler)
    logging.getLogger("psycopg.pool").addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
