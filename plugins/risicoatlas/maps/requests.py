"""Reads a map request: path, and parameters of GET or of a form that was posted, names in any case.

In: a WSGI environ. Out: a frozen :class:`MapRequest`. Parameters that nobody knows are kept and ignored (QGIS sends
DPI and more); a body that is not a form is refused, so no XML and no style of a client is ever read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from risicoatlas.errors import LimitError, RequestError

MAX_BODY_BYTES = 64 * 1024
MAX_PARAMETERS = 1000
FORM = "application/x-www-form-urlencoded"
# TMS and the WMTS capabilities write their version as the first part of the path
TMS_VERSION = "1.0.0"
PREFIXES = ("rev_public:", "besloten:")
# Parameters that hold names of layers, separated by commas
_LAYER_PARAMETERS = ("layers", "query_layers", "layer")

Environ = dict[str, Any]


@dataclass(frozen=True)
class MapRequest:
    """``service`` is the first segment of the path: wms, wmts, tms or tiles; ``parameters`` have lower-case names."""

    service: str
    path: tuple[str, ...]
    parameters: Mapping[str, str]

    @property
    def operation(self) -> str:
        return self.parameters.get("request", "").lower()

    @property
    def version(self) -> str:
        return self.parameters.get("version", "") or "1.3.0"

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that the request names, without the prefix that GeoServer clients write.

        An address names its layer itself: parameters behind it count for nothing.
        """
        if self.path and self.service != "wms":
            parts = self.path[1:] if self.path[0] == TMS_VERSION else self.path
            named = [part for part in parts[:1] if not part.endswith(".xml")]
        else:
            named = [name for key in _LAYER_PARAMETERS for name in self.parameters.get(key, "").split(",") if name]
        return tuple(dict.fromkeys(map(unprefixed, named)))

    def required(self, name: str) -> str:
        """A parameter that must be there; without it :class:`RequestError` with code MissingParameterValue."""
        value = self.parameters.get(name, "")
        if not value:
            raise RequestError(f"parameter {name} is missing", name, "MissingParameterValue")
        return value

    @property
    def query_string(self) -> str:
        """The parameters for MapProxy, layer names without prefix."""
        plain = {
            name: ",".join(map(unprefixed, value.split(","))) if name in _LAYER_PARAMETERS else value
            for name, value in self.parameters.items()
        }
        return urlencode(plain)


def unprefixed(name: str) -> str:
    """``rev_public:ev_pr10_6`` and ``ev_pr10_6`` are one layer."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def whole(text: str) -> int | None:
    """A whole number from 0 of nine digits at most; None for any other text."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def read(environ: Environ) -> MapRequest:
    """The request; of a parameter that comes twice the first counts, as MapProxy has it."""
    service, *path = environ["PATH_INFO"].strip("/").split("/")
    parameters: dict[str, str] = {}
    query = _query(environ)
    if query.count("&") >= MAX_PARAMETERS:
        raise LimitError(f"there are more than {MAX_PARAMETERS} parameters")
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name.lower(), value)
    return MapRequest(service, tuple(path), parameters)


def _query(environ: Environ) -> str:
    query = str(environ.get("QUERY_STRING", ""))
    if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
        return query
    media_type = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    if environ["REQUEST_METHOD"] != "POST" or media_type != FORM:
        raise RequestError(f"send a GET, or a POST with Content-Type {FORM}", "request")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_BODY_BYTES:
        raise LimitError(f"the form has {length} bytes, the limit is {MAX_BODY_BYTES}")
    return f"{query}&{environ['wsgi.input'].read(length).decode('utf-8', 'replace')}"
