"""The delivery API as one WSGI callable: who asks, which address, may they, is it well formed, and the answer.

This is the part under ``/kgl``; the delivery of the REV beside it has a service of its own (:mod:`.rev.service`).
Without a login every address gives 401, whether it exists or not. Errors are ``application/problem+json``; what is
refused for lack of a right leaves an audit row. A write in a browser session carries its CSRF token in a header.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import Map, MapAdapter, Rule

from risicoatlas.access import actor as actors
from risicoatlas.access import keys, trail
from risicoatlas.access.credentials import CSRF_KEY
from risicoatlas.delivery import calls, guard, kgl, openapi
from risicoatlas.delivery.calls import Call, Route, TooLargeError
from risicoatlas.delivery.guard import CSRF_HEADER
from risicoatlas.delivery.rev import service as rev
from risicoatlas.errors import CredentialError, ForbiddenError, NotFoundError, RequestError, RisicoAtlasError
from risicoatlas.kgl import acts
from risicoatlas.kgl.lists import ListError
from risicoatlas.service import Service

LOG = logging.getLogger(__name__)
LOGIN = "voor deze adressen is een login nodig: een sleutel als X-API-Key of als wachtwoord van Basic, of een sessie"
_ROUTES: dict[str, Route] = {route.name: route for route in (*kgl.ROUTES, *openapi.ROUTES)}
_MAP = Map(
    [Rule(f"/kgl{route.path}", endpoint=route.name, methods=[route.method]) for route in _ROUTES.values()],
    merge_slashes=False,
    strict_slashes=False,
)


def create(service: Service) -> WSGIApplication:
    """The application; what it needs of the configuration is read when it is asked."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not _is_of_kgl(environ):
            return rev.answer(service, environ, start_response)
        request = Request(environ)
        if actors.current().anonymous:
            raise CredentialError(LOGIN)
        try:
            response = _answer(service, request)
        except RisicoAtlasError as error:
            response = _problem(error)
        except RequestEntityTooLarge:
            response = _problem(TooLargeError("de inhoud is groter dan dit adres toelaat", "body"))
        except HTTPException as error:
            response = _of_router(error)
        return response(environ, start_response)

    return application


def _is_of_kgl(environ: WSGIEnvironment) -> bool:
    return str(environ.get("PATH_INFO", "")).split("/")[1:2] == ["kgl"]


def _answer(service: Service, request: Request) -> Response:
    if not calls.is_text(request.path):
        raise NotFoundError("dit adres bestaat niet: het bevat een teken dat geen tekst is")
    adapter = _MAP.bind("localhost", path_info=request.path)
    if request.method == "OPTIONS":
        return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": _allowed(adapter)})
    name, values = adapter.match(method=request.method)
    route = _ROUTES[name]
    request_id = str(request.environ.get("risicoatlas.request_id", ""))
    call = Call(service, actors.current(), request, request_id, route, values)
    _decide(call)
    call.parameters = calls.parameters(request, route)
    if route.writes:
        guard.refuse_other_sites(request)
    if route.conditional:
        call.versions = calls.versions(request)
    if route.body:
        call.body = calls.body(request, route.body)
    try:
        response = route.handler(call)
    except ForbiddenError:
        _refused(call)
        raise
    if CSRF_KEY in request.environ:
        response.headers[CSRF_HEADER] = request.environ[CSRF_KEY]
    return response


def _decide(call: Call) -> None:
    """The right to the municipality of the address, before anything is told of it."""
    layer = call.service.catalogue.layers.get(acts.LAYER)
    if layer is None:
        raise NotFoundError("deze dienst beheert geen kwetsbare gebouwen")
    if "code" not in call.values:
        call.decision = call.service.rules.decide(call.actor, layer)
        return
    if not call.route.writes:
        trail.note(layer.name)
    try:
        decide = acts.may_write if call.route.writes else acts.may_read
        call.decision = decide(call.service, call.actor, call.code)
    except ForbiddenError:
        _refused(call)
        raise


def _refused(call: Call) -> None:
    subject = " ".join(text[:40] for text in call.values.values())
    keys.audit(call.service.pool, call.actor, call.request_id, f"kgl {call.route.name}", subject, "geweigerd")


def _problem(error: RisicoAtlasError, headers: Mapping[str, str] | None = None) -> Response:
    status = HTTPStatus(error.status)
    told: dict[str, Any] = {"title": status.phrase, "status": error.status, "detail": str(error), "code": error.code}
    if isinstance(error, RequestError):
        told["parameter"] = error.locator
    if isinstance(error, ListError):
        told["regels"] = [vars(item) for item in error.refusals]
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.warning("delivery: %s", error)
    body = json.dumps(told, ensure_ascii=False)
    return Response(body, status, dict(headers or {}), content_type="application/problem+json")


class _RefusedError(RequestError):
    """What the router itself says no to."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message, code="NotFound" if status == HTTPStatus.NOT_FOUND else "OperationNotSupported")
        self.status = status


def _of_router(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return _problem(_RefusedError(status, f"dit adres kent alleen {allowed}"), {"Allow": allowed})
    return _problem(_RefusedError(status, "dit adres bestaat niet; /aanlevering/v1/kgl/openapi noemt alle"))


def _allowed(adapter: MapAdapter) -> str:
    return ", ".join(sorted({*adapter.allowed_methods(), "OPTIONS"}))
