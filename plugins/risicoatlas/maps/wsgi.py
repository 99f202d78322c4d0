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
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication
from wsgiref.util import FileWrapper

from risicoatlas import description
from risicoatlas.access import actor
from risicoatlas.catalogue import Layer
from risicoatlas.errors import NotFoundError, RisicoAtlasError
from risicoatlas.maps import configuration, feature_info, legend_request, publication, reports, requests, sld, wms, wmts
from risicoatlas.maps.answers import VARY, Answer
from risicoatlas.maps.configuration import Extent, MapApp
from risicoatlas.maps.graphics import Graphics
from risicoatlas.maps.mapproxy_plugin import Atelier
from risicoatlas.maps.publication import Publication
from risicoatlas.maps.renderer import Renderer
from risicoatlas.maps.requests import MapRequest
from risicoatlas.metadata import record
from risicoatlas.service import Service

LOG = logging.getLogger("risicoatlas.maps")
# One app per set of layers that some actor sees: a handful of roles.
MAX_APPS = 8
# Key of the WMTS capabilities among the documents of an app
MENDED = "wmts"
# What MapProxy must not act on: the address that the client claims, and conditions, which are judged here
_KEPT_BACK = (
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_SCRIPT_NAME",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
)

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
        """Whether nobody may keep the answer: a restricted layer is drawn in it or named in its capabilities, or an own
        table is drawn, which changes without a publication."""
        concerned = self.request.layers or tuple(self.layers)
        return any(self.layers[name].restricted for name in concerned if name in self.layers) or any(
            self.layers[name].own for name in self.request.layers if name in self.layers
        )


@dataclass(frozen=True)
class Drawn:
    """An answer of MapProxy, not yet sent."""

    status: str
    headers: Headers
    body: Iterable[bytes]

    def send(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The answer, or 304 where the client has it already."""
        etag = next((value for name, value in self.headers if name == "ETag"), None)
        if not etag or etag not in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response(self.status, self.headers)
            return self.body
        _close(self.body)
        start_response(
            "304 Not Modified", [pair for pair in self.headers if not pair[0].lower().startswith("content-")]
        )
        return []


class Maps:
    """Holds the renderer and the MapProxy apps of the publication that is shown."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.fixed = configuration.read(service.settings.config)
        self.about = description.read(service.settings.config)
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
            for name in layers.keys() & set(request.layers):
                self.service.layer(name, actor.current())
            visit = Visit(request, layers, self._app(tuple(layers.values())))
            answered = _SERVICES[request.service](self, visit, environ)
        except RisicoAtlasError as error:
            answered = _report(request, error)
        if isinstance(answered, Answer):
            return _bodiless(environ, answered.send(start_response))
        return _bodiless(environ, self._drawn(visit, answered).send(environ, start_response))

    def _app(self, layers: tuple[Layer, ...]) -> MapApp:
        """The app for these layers at the newest publication."""
        self._watch.look()
        with self._lock:
            shown = self._watch.seen or publication.NOTHING
            key = (shown, tuple(layer.name for layer in layers))
            if shown != self._shown:
                self._turn_to(shown)
            if key not in self._apps:
                folder = self.tiles / shown.folder(self.digest)
                told = record.for_all(layers, self.service, self.about)
                self._apps[key] = configuration.make_app(self.fixed, told, self._extents, self.atelier, folder)
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

    def _drawn(self, visit: Visit, environ: Environ) -> Drawn:
        """What MapProxy answers, with headers that keep a private answer private."""
        environ["mapproxy.authorize"] = self._authorize(visit)
        begun: list[Any] = []
        with feature_info.noting() as noted:
            body = visit.app(environ, lambda status, headers, exc_info=None: begun.extend((status, headers)))
        return Drawn(begun[0], [*_headers(begun[1], visit.private, visit.app.edition), *noted.items()], body)

    def _document(self, visit: Visit, environ: Environ) -> Answer:
        """Capabilities as MapProxy writes them; they stay what they are until the next publication."""
        address = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        found = visit.app.documents.get(address)
        if found is None:
            drawn = self._drawn(visit, environ)
            media_type = next(value for name, value in drawn.headers if name.lower() == "content-type")
            status = HTTPStatus(int(drawn.status[:3]))
            found = Answer(b"".join(drawn.body), media_type, status, private=visit.private)
            visit.app.documents[address] = found
        return found

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
        if request.operation == "getcapabilities":
            return self._document(visit, self._asked(environ, "/wms", wms.capabilities(request)))
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
        if MENDED not in visit.app.documents:
            bare = self._document(visit, self._asked(environ, "/wmts/1.0.0/WMTSCapabilities.xml", ""))
            renderer, url = self.atelier.renderer, self.service.settings.public_url
            told = record.for_all(visit.layers.values(), self.service, self.about)
            abstracts = {
                item.layer.name: configuration.abstract(item, renderer.styles[item.layer.name]) for item in told
            }
            sources = {item.layer.name: configuration.sources(item) for item in told}
            legends = {name: f"{url}/wms?{legend_request.query(name)}" for name in visit.layers}
            visit.app.documents[MENDED] = replace(bare, body=wmts.mended(bare.body, abstracts, legends, sources))
        return visit.app.documents[MENDED]

    def tms(self, visit: Visit, environ: Environ) -> Environ:
        """TMS 1.0.0: y counts from the bottom."""
        return self._asked(environ, wmts.tms_path(visit.request, visit.layers, visit.app.grids), "")

    def _asked(self, environ: Environ, path: str, query: str) -> Environ:
        """The environ for MapProxy, which makes links from the host that it reads: ours, never the client's."""
        url = urlsplit(self.service.settings.public_url)
        kept = {name: value for name, value in environ.items() if name not in _KEPT_BACK}
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


def _report(request: MapRequest, error: RisicoAtlasError) -> Answer:
    if request.service == "wms":
        return reports.wms(error, request)
    if request.service == "wmts":
        return reports.wmts(error)
    return reports.plain(error)


def _headers(headers: Headers, private: bool, edition: str) -> Headers:
    """MapProxy's headers, its ETag in quotes (RFC 9110 section 8.8.3) and of this edition alone, since MapProxy gives
    every tile that it has just drawn the same one; none that let a private answer be kept."""
    kept = [pair for pair in headers if pair[0].lower() not in {"vary", "etag"}]
    if private:
        kept = [pair for pair in kept if pair[0].lower() not in {"cache-control", "expires", "last-modified"}]
        return [*kept, ("Cache-Control", "private, no-store"), VARY]
    return [*kept, *(("ETag", f'"{edition}-{value}"') for name, value in headers if name.lower() == "etag"), VARY]


def _bodiless(environ: Environ, body: Iterable[bytes]) -> Iterable[bytes]:
    """HEAD gets the headers alone."""
    if environ["REQUEST_METHOD"] != "HEAD":
        return body
    _close(body)
    return []


def _close(body: Iterable[bytes]) -> None:
    if close := getattr(body, "close", None):
        close()
