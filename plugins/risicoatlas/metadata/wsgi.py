"""The edge of ``/metadata``: records of layers and services as XML, the catalogue as JSON-LD.

    /metadata/catalog.jsonld             DCAT
    /metadata/{layer}.xml                ISO 19139 of a layer; of a hidden one the answer of one that never existed
    /metadata/services/{service}.xml     ISO 19119: wfs, ogcapi, wms, wmts

In: the service; the actor comes from the middleware. Out: documents, or problem+json.
"""

import json
from collections.abc import Iterable
from datetime import date
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Request, Response

from risicoatlas import description as descriptions
from risicoatlas.access import actor as actors
from risicoatlas.errors import NotFoundError, RequestError, RisicoAtlasError
from risicoatlas.features import standing
from risicoatlas.features.query import Box
from risicoatlas.metadata import dcat, iso, links, record
from risicoatlas.metadata.record import SERVICES
from risicoatlas.service import Service

PREFIX = "/metadata/"
XML = "application/xml; charset=utf-8"
METHODS = ("GET", "HEAD")


def create(service: Service) -> WSGIApplication:
    """The WSGI callable; ``service.yml`` is read here, so that a mistake in it stops the start."""
    return Metadata(service)


class Metadata:
    """Holds what does not change between requests."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.about = descriptions.read(service.settings.config)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            answer = self._answer(request)
        except RisicoAtlasError as error:
            answer = _problem(error)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in METHODS:
            error = RequestError(f"{request.method} is not offered here: use {', '.join(METHODS)}")
            error.status = HTTPStatus.METHOD_NOT_ALLOWED
            raise error
        match request.path.removeprefix(PREFIX).split("/"):
            case ["catalog.jsonld"]:
                return Response(self._catalog(), content_type=links.JSON_LD)
            case ["services", name] if name.endswith(".xml"):
                return Response(self._service(name.removesuffix(".xml")), content_type=XML)
            case [name] if name.endswith(".xml"):
                return Response(self._record(name.removesuffix(".xml")), content_type=XML)
        raise NotFoundError("there is nothing at this address")

    def _record(self, name: str) -> bytes:
        actor = actors.current()
        layer = self.service.layer(name, actor)
        (found,) = record.all_of([layer], actor, self.service, self.about)
        return iso.dataset(found)

    def _service(self, name: str) -> bytes:
        endpoint = next((item for item in SERVICES if item.key == name), None)
        if endpoint is None:
            raise NotFoundError(f"there is no service {name!r}")
        public = tuple(layer for layer in self.service.catalogue if not layer.restricted)
        state = standing.published(self.service)
        extents = [item.extent for item in state.values() if item.extent]
        return iso.service(endpoint, public, self.service.settings, self.about, self._day(), self._around(extents))

    def _catalog(self) -> bytes:
        actor = actors.current()
        records = record.all_of(self.service.visible(actor), actor, self.service, self.about)
        found = dcat.catalog(records, self.service.settings, self.about, self._day())
        return json.dumps(found, ensure_ascii=False, indent=1).encode()

    def _day(self) -> date:
        """The day of the last publication."""
        days = [item.published.date() for item in standing.published(self.service).values() if item.published]
        return max(days, default=date.today())

    def _around(self, extents: list[Box]) -> Box:
        """The box around all layers; the country where nothing is published."""
        if not extents:
            return next(iter(self.about.extents.values()))
        west, south, east, north = zip(*extents, strict=True)
        return min(west), min(south), max(east), max(north)


def _problem(error: RisicoAtlasError) -> Response:
    status = HTTPStatus(error.status)
    body = {"title": status.phrase, "status": error.status, "detail": str(error), "code": error.code}
    headers = {"Allow": ", ".join(METHODS)} if status == HTTPStatus.METHOD_NOT_ALLOWED else None
    return Response(
        json.dumps(body, ensure_ascii=False), status=error.status, headers=headers, mimetype="application/problem+json"
    )
