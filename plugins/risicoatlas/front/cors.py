"""CORS (Fetch standard, 3.2): viewers of other sites may read the services, and never with a visitor's session.

``cors`` in ``config/service.yml`` is ``"*"`` (also where it is absent), a list of origins, or ``off``. A key in a
header is put there by the script itself and works with ``*``: a site that has the key may use it anyhow. What a browser
adds by itself, the session cookie, must not: ``Access-Control-Allow-Credentials`` is never sent, and an answer to a
request with that cookie gets no CORS header at all. Login and management pages are in no allowed path.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

import yaml

from risicoatlas.access.credentials import session_token
from risicoatlas.errors import ConfigError

PATHS = frozenset({"ogc", "wfs", "wms", "wmts", "tms", "tiles", "geoserver", "bestanden"})
METHODS = "GET, HEAD, POST, OPTIONS"
REQUEST_HEADERS = (
    "Accept, Accept-Crs, Accept-Language, Authorization, Content-Crs, Content-Type, If-Modified-Since, If-None-Match,"
    " Range, X-API-Key"
)
ANSWER_HEADERS = (
    "API-Version, Content-Crs, Content-Disposition, Content-Encoding, Content-Language, Content-Length, Content-Range,"
    " ETag, Link, Last-Modified, Retry-After, X-Niet-Gepubliceerd, X-Objects-Tested, X-Publication, X-Request-Id"
)
PREFLIGHT_LASTS_S = 86_400
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|http://\[[0-9a-f:]+\](:\d{1,5})?")

Origins = frozenset[str]
ANY: Origins = frozenset({"*"})


def read(config: Path) -> Origins:
    """The allowed origins: ``ANY``, some, or none; raises :class:`ConfigError`."""
    path = config / "service.yml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = data.get("cors", "*") if isinstance(data, dict) else "*"
    if found == "*":
        return ANY
    # YAML 1.1 reads a bare off as false
    if found is False or found == "off":
        return frozenset()
    if isinstance(found, list) and found and all(_ORIGIN.fullmatch(str(item)) for item in found):
        return frozenset(map(str, found))
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next((number for number, text in enumerate(lines, 1) if text.startswith("cors")), None)
    raise ConfigError(
        path, line, f"cors: found {found!r}, expected '*', off, or origins such as https://kaart.example.nl"
    )


class Cors:
    """The middleware: answers preflights itself, and marks the answers of the services."""

    def __init__(self, inner: WSGIApplication, origins: Origins) -> None:
        self.inner = inner
        self.origins = origins

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if not self.origins or environ["PATH_INFO"].strip("/").partition("/")[0] not in PATHS:
            return self.inner(environ, start_response)
        marks = self._marks(environ.get("HTTP_ORIGIN", ""))
        if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            return _preflight(marks, start_response)
        if session_token(environ) is not None:
            return self.inner(environ, start_response)
        return self.inner(environ, _marking(marks, start_response))

    def _marks(self, origin: str) -> list[tuple[str, str]]:
        if self.origins == ANY:
            return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", ANSWER_HEADERS)]
        if origin not in self.origins:
            return [("Vary", "Origin")]
        return [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", ANSWER_HEADERS),
            ("Vary", "Origin"),
        ]


def _marking(marks: list[tuple[str, str]], start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        # what a library behind says of CORS on its own is not ours
        headers = [pair for pair in headers if not pair[0].lower().startswith("access-control-")] + marks
        return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

    return start


def _preflight(marks: list[tuple[str, str]], start_response: StartResponse) -> Iterable[bytes]:
    """The same for every address, existing or not: it tells nothing and needs no credential."""
    start_response(
        "204 No Content",
        [
            *marks,
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", REQUEST_HEADERS),
            ("Access-Control-Max-Age", str(PREFLIGHT_LASTS_S)),
        ],
    )
    return []
