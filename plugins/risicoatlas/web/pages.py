"""The pages for people as one WSGI application: start, ``/viewer/``, ``/bestanden/``, ``/kgl/``, ``/auth/`` and static
files.

In: the service; the actor comes from the middleware. Out: HTML in Dutch or English, and ``/viewer/layers.json`` for the
map. Every page works without scripts, loads nothing from another host, and names only layers that the actor may see.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from flask import Flask, Response, g, make_response, redirect, render_template, request, send_from_directory
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import HTTPException

from risicoatlas import accuracy, description
from risicoatlas.access import actor as actors
from risicoatlas.catalogue import Text
from risicoatlas.description import Description
from risicoatlas.errors import RisicoAtlasError, UnavailableError
from risicoatlas.features import standing
from risicoatlas.metadata import links, record
from risicoatlas.service import Service
from risicoatlas.web import arrangement, bestanden, deliveries, kgl, language, login, signalering, status

FOLDER = Path(__file__).parent
VIEWER = FOLDER / "static" / "viewer"
BUILD_COMMAND = "cd plugins/risicoatlas/web/viewer && npm ci && npm run build"
# Only our own files; `data:` for the pictures that OpenLayers' style sheet carries in itself.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
A_YEAR_S = 31_536_000
FORM_BYTES = 16_384
MESSAGES = {404: "not_found", 503: "unavailable"}
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """One service address to copy: ``name`` is the protocol's, ``text`` the key of its sentence."""

    name: str
    url: str
    text: str


def create(service: Service) -> WSGIApplication:
    """The application; raises :class:`ConfigError` for a ``viewer.yaml`` or ``service.yml`` that cannot be used."""
    texts = language.load_texts()
    arranged = arrangement.read(service.settings.config, service.catalogue, Text(**texts["other_layers"]))
    app = Flask(__name__, static_folder=str(FOLDER / "static"), template_folder=str(FOLDER / "templates"))
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES
    # a redirect of the router's own would repeat the Host header
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def prepare() -> None:
        g.language = language.chosen(request, texts)

    @app.context_processor
    def page_values() -> dict[str, Any]:
        return {"language": g.language, "actor": actors.current(), "base": base_path(service), "href": _href(service)}

    app.after_request(_with_headers)
    _add_start(app, service, arranged, description.read(service.settings.config))
    _add_viewer(app, service, arranged)
    login.add(app, service)
    bestanden.add(app, service)
    kgl.add(app, service)
    signalering.add(app, service)
    deliveries.add(app, service)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(RisicoAtlasError, _failed)
    return app


def base_path(service: Service) -> str:
    """The path of the public address, for an installation behind a proxy prefix; empty at the root of a host."""
    return urlsplit(service.settings.public_url).path


def _href(service: Service) -> Callable[[str], str]:
    def href(path: str) -> str:
        """A link to a page of ours that keeps the language that the address asked for."""
        keep = f"?lang={g.language.code}" if g.language.asked else ""
        return f"{base_path(service)}{path}{keep}"

    return href


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(["Accept-Language", "Cookie"])
    return response


def _add_start(app: Flask, service: Service, arranged: arrangement.Arrangement, about: Description) -> None:
    @app.get("/")
    def start() -> str:
        actor = actors.current()
        visible = service.visible(actor)
        return render_template(
            "start.html",
            groups=arranged.seen(visible).groups,
            publication=status.last_publication(service),
            records={item.layer.name: item for item in record.all_of(visible, actor, service, about)},
            about=about,
            catalog=links.catalog(service.settings),
            addresses=_addresses(service.settings.public_url),
            accuracy=accuracy.accuracy(service),
            # whether anything is hidden at all is no secret; what, is
            some_hidden=actor.anonymous and any(layer.restricted for layer in service.catalogue),
        )


def _addresses(public_url: str) -> tuple[Address, ...]:
    return (
        Address("OGC API", f"{public_url}/ogc/v1/", "service_ogcapi"),
        Address("WFS", f"{public_url}/wfs", "service_wfs"),
        Address("WMS", f"{public_url}/wms", "service_wms"),
        Address("WMTS", f"{public_url}/wmts/1.0.0/WMTSCapabilities.xml", "service_wmts"),
    )


def _add_viewer(app: Flask, service: Service, arranged: arrangement.Arrangement) -> None:
    @app.get("/viewer")
    def viewer_without_slash() -> WerkzeugResponse:
        return redirect(f"{service.settings.public_url}/viewer/", 308)

    @app.get("/viewer/")
    def viewer() -> Response:
        if not (VIEWER / "index.html").is_file():
            page = render_template(
                "message.html", title="viewer_missing", text="viewer_missing_text", command=BUILD_COMMAND
            )
            return make_response(page, UnavailableError.status)
        return send_from_directory(VIEWER, "index.html")

    @app.get("/viewer/<path:name>")
    def viewer_file(name: str) -> Response:
        response = send_from_directory(VIEWER, name)
        if name.startswith("assets/"):  # Vite puts a hash of the content in these names
            response.cache_control.public, response.cache_control.no_cache = True, None
            response.cache_control.max_age, response.cache_control.immutable = A_YEAR_S, True
        return response

    @app.get("/viewer/layers.json")
    def layers() -> dict[str, Any]:
        return _viewer_layers(service, arranged)


def _viewer_layers(service: Service, arranged: arrangement.Arrangement) -> dict[str, Any]:
    """What the map needs beside the OGC API: groups from the top down, titles of fields, extents in RD."""
    actor = actors.current()
    visible = service.visible(actor)
    seen = arranged.seen(visible)
    states = standing.of(service, actor, visible)
    return {
        "anonymous": actor.anonymous,
        "groups": [
            {"title": _both(group.title), "layers": [layer.name for layer in group.layers]} for group in seen.groups
        ],
        "ground": seen.ground,
        "shown": seen.shown,
        "layers": {
            layer.name: {
                "extent": states[layer.name].rd_extent,
                "page": layer.page.removeprefix("/") if layer.page else None,
                "fields": [{"name": item.name, "type": item.type, "title": _both(item.title)} for item in layer.fields],
            }
            for layer in visible
        },
    }


def _both(text: Text) -> dict[str, str]:
    return {"nl": text.nl, "en": text.en}


def _refused(error: HTTPException) -> tuple[str, int]:
    return _message(error.code or 500)


def _failed(error: RisicoAtlasError) -> tuple[str, int]:
    LOG.warning("request %s: %s", _request_id(), error)
    return _message(error.status)


def _message(code: int) -> tuple[str, int]:
    name = MESSAGES.get(code, "failed" if code >= 500 else "not_allowed")
    return render_template("message.html", title=name, text=f"{name}_text", request_id=_request_id()), code


def _request_id() -> str:
    return str(request.environ.get("risicoatlas.request_id", "-"))
