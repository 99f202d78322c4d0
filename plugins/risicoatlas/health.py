"""Health for whoever watches the service: ``/health/live`` says that it runs, ``/health/ready`` that it can answer."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from psycopg import Error
from psycopg_pool import PoolTimeout

from risicoatlas.database import reading
from risicoatlas.errors import UnavailableError
from risicoatlas.service import Service


def create(service: Service) -> WSGIApplication:
    """Answers 200, or 503 where the database or the first publication is missing; 404 for other paths."""

    def respond(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        if path == "/health/live":
            return _answer(start_response, HTTPStatus.OK, {"status": "live"})
        if path == "/health/ready":
            return _answer(start_response, *_readiness(service))
        return _answer(start_response, HTTPStatus.NOT_FOUND, {"title": "Not Found", "status": 404})

    return respond


def _readiness(service: Service) -> tuple[HTTPStatus, dict[str, object]]:
    try:
        with reading(service.pool, timeout_s=5) as connection:
            row = connection.execute("SELECT max(nummer) FROM publiek.publicatie").fetchone()
    except (UnavailableError, PoolTimeout, Error):
        return HTTPStatus.SERVICE_UNAVAILABLE, {"status": "database unreachable"}
    if row is None or row[0] is None:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"status": "nothing published yet"}
    return HTTPStatus.OK, {"status": "ready", "publicatie": row[0]}


def _answer(start_response: StartResponse, status: HTTPStatus, body: dict[str, object]) -> Iterable[bytes]:
    payload = json.dumps(body).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(payload))),
        ("Cache-Control", "no-store"),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return [payload]
