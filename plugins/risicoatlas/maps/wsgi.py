"""The map edge: ``/wms``, ``/wmts``, ``/tms`` and ``/tiles`` as one WSGI callable in front of MapProxy.

Each request is answered by a MapProxy app that was made for exactly the layers that its actor may see, so a hidden
layer is absent from capabilities and answers like one that never existed. What MapProxy does not check or know is
done here: names of layers and CRSs, tiles outside the grid, legends, the public address, and headers of answers drawn
for one actor.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication
from wsgiref.util import FileWrapper

from risicoatlas.access import actor
from risicoatlas.catalogue import Layer
from risicoatlas.errors import NotFoundError, RisicoAtlasError
from risicoatlas.maps import configuration, legend_request, publication, reports, requests, sld, wms, wmts
from risicoatlas.maps.answers import VARY, Answer
from risicoatlas.maps.configuration import Extent, MapApp
from risicoatlas.maps.graphics import Graphics
from risicoatlas.maps.mapproxy_plugin import Atelier
from risicoatlas.maps.publication import Publication
from risicoatlas.maps.renderer import Renderer
from risicoatlas.maps.requests import MapRequest
from risicoatlas.service import Service

LOG = logging.getLogger("risicoatlas.maps")
# One app per set of layers that some actor sees: a handful of roles.
MAX_APPS = 8
_FORWARDED = ("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_SCRIPT_NAME")

Environ = dict[str, Any]
Headers = list[tuple[str, str]]


def create(service: Service) -> WSGIApplication:
    """The map edge of this service; a style or mapproxy.yaml that cannot be used stops the start."""
    return Maps(service)


@dataclass(frozen=True)
class Visit:
    """One request with what it may see."""

    request: MapRequest
    layers: Mapping[str, Layer]
    app: MapApp

    @property
    def private(self) -> bool:
        """Whether the answer depends on who asks: a restricted layer is drawn in it or named in its capabilities."""
        concerned = self.request.layers or tuple(self.layers)
        return any(self.layers[name].restricted for name in concerned if name in self.layers)


class Maps:
    """Holds the renderer and the MapProxy apps of the publication that is shown."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.fixed = configuration.read(service.settings.config)
        self.tiles = service.settings.home / "tiles"
        styles = sld.read_all(service.settings.styles, service.catalogue)
        renderer = Renderer(str(service.pool.conninfo), styles, Graphics(self.tiles / "symbols"))
        self.atelier = Atelier(service, renderer)
        self.digest = hashlib.sha256(repr((styles, self.fixed)).encode()).hexdigest()[:8]
        self._watch = publication.Watch(service.pool)
        self._lock = Lock()
        self._apps: OrderedDict[tuple[Publication, tuple[str, ...]], MapApp] = OrderedDict()
        self._shown: Publication | None = None
        self._extents: Mapping[str, Extent] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # No actor means that nobody has decided: this raises.
        layers = {layer.name: layer for layer in self.service.visible(actor.current())}
        request = MapRequest(environ["PATH_INFO"].strip("/").split("/")[0], (), {})
        try:
            request = requests.read(environ)
            visit = Visit(request, layers, self._app(tuple(layers.values())))
            answered = _SERVICES[request.service](self, visit, environ)
        except RisicoAtlasError as error:
            answered = _report(request, error)
        if isinstance(answered, Answer):
            return _bodiless(environ, answered.send(start_response))
        return _bodiless(environ, self._draw(visit, answered, start_response))

    def _app(self, layers: tuple[Layer, ...]) -> MapApp:
        """The app for these layers at the newest publication."""
        shown = self._watch.newest()
        key = (shown, tuple(layer.name for layer in layers))
        with self._lock:
            if shown != self._shown:
                self._turn_to(shown)
            if key not in self._apps:
                folder = self.tiles / shown.folder(self.digest)
                self._apps[key] = configuration.make_app(self.fixed, layers, self._extents, self.atelier, folder)
            self._apps.move_to_end(key)
            while len(self._apps) > MAX_APPS:
                self._apps.popitem(last=False)
            return self._apps[key]

    def _turn_to(self, shown: Publication) -> None:
        LOG.info("maps show publication %s", shown.number)
        self._extents = publication.extents(self.service.pool, self.service.catalogue)
        self._apps.clear()
        self._shown = shown
        folder = self.tiles / shown.folder(self.digest)
        folder.mkdir(parents=True, exist_ok=True)
        publication.forget_old(self.tiles, folder.name)

    def _draw(self, visit: Visit, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let MapProxy answer, with headers that keep a private answer private, or 304 where nothing changed."""
        known = environ.pop("HTTP_IF_NONE_MATCH", "")
        environ.pop("HTTP_IF_MODIFIED_SINCE", None)
        environ["mapproxy.authorize"] = self._authorize(visit)
        begun: list[Any] = []
        body = visit.app(environ, lambda status, headers, exc_info=None: begun.extend((status, headers)))
        status, headers = begun[0], _headers(begun[1], visit.private)
        etag = next((value for name, value in headers if name == "ETag"), None)
        if etag and etag in known:
            _close(body)
            status, body = "304 Not Modified", []
            headers = [pair for pair in headers if not pair[0].lower().startswith("content-")]
        start_response(status, headers)
        return body

    @staticmethod
    def _authorize(visit: Visit) -> Callable[..., dict[str, str]]:
        """The second wall: MapProxy asks before it draws or lists; one layer that is not visible closes the answer."""

        def authorize(_service: str, layers: Iterable[Any], **_: Any) -> dict[str, str]:
            names = {name[0] if isinstance(name, tuple) else name for name in layers}
            return {"authorized": "full" if names <= set(visit.layers) else "none"}

        return authorize

    # --- one method per first segment of the path: an answer, or the environ with which MapProxy is asked

    def wms(self, visit: Visit, environ: Environ) -> Answer | Environ:
        """GetMap, GetFeatureInfo, GetCapabilities and GetLegendGraphic."""
        request = visit.request
        wms.check(request, visit.layers, visit.app.srids)
        if request.operation == "getlegendgraphic":
            return legend_request.answer(request, visit.layers, self.atelier.renderer)
        return self._asked(environ, "/wms", wms.for_mapproxy(request))

    def wmts(self, visit: Visit, environ: Environ) -> Answer | Environ:
        """Tiles by KVP and by address; capabilities mended."""
        request = visit.request
        if request.path[:1] == ("1.0.0",):
            return self._wmts_capabilities(visit, environ)
        if request.path and len(request.path) not in (wmts.TILE_PARTS, wmts.INFO_PARTS):
            raise NotFoundError(f"there is nothing at {environ['PATH_INFO']}")
        operation = wmts.operation_of(request)
        if operation == "getcapabilities":
            return self._wmts_capabilities(visit, environ)
        tile = wmts.tile_of(request, visit.layers, visit.app.grids)
        path = tile.path if operation == "gettile" else wmts.info_path(request, tile)
        return self._asked(environ, path, "")

    def _wmts_capabilities(self, visit: Visit, environ: Environ) -> Answer:
        """One document for KVP and for the address, as WMTS asks."""
        asked = self._asked(environ, "/wmts/1.0.0/WMTSCapabilities.xml", "")
        body = b"".join(self._draw(visit, asked, lambda *_: _ignored))
        renderer, url = self.atelier.renderer, self.service.settings.public_url
        abstracts = {
            layer.name: configuration.abstract(layer, renderer.styles[layer.name]) for layer in visit.layers.values()
        }
        legends = {name: f"{url}/wms?{legend_request.query(name)}" for name in visit.layers}
        return Answer(wmts.mended(body, abstracts, legends), "application/xml", private=visit.private)

    def tms(self, visit: Visit, environ: Environ) -> Environ:
        """TMS 1.0.0: y counts from the bottom."""
        path = "/".join(wmts.ALIASES.get(part, requests.unprefixed(part)) for part in visit.request.path)
        return self._asked(environ, f"/{visit.request.service}/{path}", "")

    def _asked(self, environ: Environ, path: str, query: str) -> Environ:
        """The environ for MapProxy, which makes links from the host that it reads: ours, never the client's."""
        url = urlsplit(self.service.settings.public_url)
        kept = {name: value for name, value in environ.items() if name not in _FORWARDED}
        return kept | {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": url.path,
            "HTTP_HOST": url.netloc,
            "wsgi.url_scheme": url.scheme,
            # Without one MapProxy hands out the file of a tile in a way that nobody can close.
            "wsgi.file_wrapper": FileWrapper,
        }


_SERVICES: dict[str, Callable[[Maps, Visit, Environ], Answer | Environ]] = {
    "wms": Maps.wms,
    "wmts": Maps.wmts,
    "tms": Maps.tms,
    "tiles": Maps.tms,
}


def _ignored(_: bytes) -> None:
    """The writer of a start_response whose status nobody needs."""


def _report(request: MapRequest, error: RisicoAtlasError) -> Answer:
    if request.service == "wms":
        return reports.wms(error, request)
    if request.service == "wmts":
        return reports.wmts(error)
    return reports.plain(error)


def _headers(headers: Headers, private: bool) -> Headers:
    """MapProxy's headers, its ETag in quotes (RFC 9110 section 8.8.3); none that let a private answer be kept."""
    kept = [pair for pair in headers if pair[0].lower() not in {"vary", "etag"}]
    if private:
        kept = [pair for pair in kept if pair[0].lower() not in {"cache-control", "expires", "last-modified"}]
        return [*kept, ("Cache-Control", "private, no-store"), VARY]
    return [*kept, *(("ETag", f'"{value}"') for name, value in headers if name.lower() == "etag"), VARY]


def _bodiless(environ: Environ, body: Iterable[bytes]) -> Iterable[bytes]:
    """HEAD gets the headers alone."""
    if environ["REQUEST_METHOD"] != "HEAD":
        return body
    _close(body)
    return []


def _close(body: Iterable[bytes]) -> None:
    if close := getattr(body, "close", None):
        close()
