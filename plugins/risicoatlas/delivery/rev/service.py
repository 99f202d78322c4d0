"""The REV delivery behind the door: which address, who asks, is it well formed, and the answer or its error report.

Reading needs no key; an address that does not exist gives 401 without one. A write without a key, or of somebody else's
data, gives 401, as the description of the REV API has it.
"""

import json
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule

from risicoatlas.access import actor as actors
from risicoatlas.access import decide, keys
from risicoatlas.access.credentials import CSRF_KEY
from risicoatlas.catalogue import Text
from risicoatlas.delivery import calls, guard
from risicoatlas.delivery.calls import JSON, Call, Route
from risicoatlas.delivery.rev import faults, handlers, openapi
from risicoatlas.delivery.rev.faults import Fault, RefusedError, refused
from risicoatlas.errors import RequestError, RisicoAtlasError
from risicoatlas.service import Service

LOG = logging.getLogger(__name__)
# A normal message has kilobytes, a large one 5 MB.
MESSAGE_BYTES = 20_000_000
SEARCH_BYTES = 1_000_000
DISCARDED_BYTES = 100_000_000
CRS = frozenset({"EPSG:28992", "http://www.opengis.net/def/crs/EPSG/0/28992", "urn:ogc:def:crs:EPSG::28992"})
REALM = 'Basic realm="RisicoAtlas", charset="UTF-8"'
_ROUTES: dict[str, Route] = {route.name: route for route in (*openapi.DELIVERY, *openapi.ROUTES)}
_MAP = Map(
    [Rule(route.path, endpoint=route.name, methods=[route.method]) for route in _ROUTES.values()],
    merge_slashes=False,
    strict_slashes=False,
)


def answer(service: Service, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request under ``/aanlevering/v1``."""
    request = Request(environ)
    try:
        response = _answer(service, request)
    except RefusedError as error:
        response = _report(service, request, error)
    except RisicoAtlasError as error:
        response = _report(service, request, _of_error(error))
    except RequestEntityTooLarge:
        _discard(environ)
        response = _report(service, request, _too_large())
    except HTTPException as error:
        response = _of_router(service, request, error)
    return response(environ, start_response)


def _answer(service: Service, request: Request) -> Response:
    if not calls.is_text(request.path):
        raise NotFound
    adapter = _MAP.bind("localhost", path_info=request.path)
    if request.method == "OPTIONS":
        allowed = ", ".join(sorted({*adapter.allowed_methods(), "OPTIONS"}))
        return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
    name, values = adapter.match(method=request.method)
    route = _ROUTES[name]
    who = actors.current()
    request_id = str(request.environ.get("risicoatlas.request_id", ""))
    call = Call(service, who, request, request_id, route, values, service.rules.decide_write(who, decide.IMEV))
    if route.private and who.anonymous:
        raise _no_key()
    if route.writes:
        _refuse_stranger(call)
        guard.refuse_other_sites(request)
    call.parameters = calls.parameters(request, route)
    _refuse_other_crs(request)
    if route.body:
        call.body = _body(request, route)
    response = route.handler(call)
    if CSRF_KEY in request.environ:
        response.headers[guard.CSRF_HEADER] = request.environ[CSRF_KEY]
    return response


def _no_key() -> RefusedError:
    return refused(
        401, "geen_sleutel", "X-API-Key",
        "hiervoor is een sleutel nodig: als X-API-Key of als wachtwoord van Basic",
        "this needs a key: as X-API-Key or as the password of Basic",
    )  # fmt: skip


def _refuse_stranger(call: Call) -> None:
    if call.actor.anonymous:
        raise _no_key()
    if call.decision is None or not (call.decision.allowed and call.decision.areas):
        raise refused(
            401, "geen_bronhouder", "X-API-Key",
            "uw sleutel is niet die van een bronhouder", "your key is not that of a bronhouder",
        )  # fmt: skip


def _refuse_other_crs(request: Request) -> None:
    found = request.headers.get("Content-Crs")
    if found is not None and found.strip("<> ") not in CRS:
        raise refused(
            400, "content_crs", "Content-Crs",
            f"gevonden {found[:60]!r}, verwacht EPSG:28992", f"found {found[:60]!r}, expected EPSG:28992",
        )  # fmt: skip


def _body(request: Request, route: Route) -> Any:
    limit = MESSAGE_BYTES if route.writes else SEARCH_BYTES
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    content = request.get_data(cache=False)
    if (content or route.writes) and request.mimetype != JSON:
        raise refused(
            415, "content_type", "Content-Type",
            f"gevonden {request.mimetype or 'niets'!r}, verwacht {JSON}",
            f"found {request.mimetype or 'nothing'!r}, expected {JSON}",
        )  # fmt: skip
    return content if route.writes or route.body is None else handlers.search_body(content, route.body.name)


# --- errors -----------------------------------------------------------------------------------------------------------


def _report(service: Service, request: Request, error: RefusedError) -> Response:
    """The error report; a refused write leaves an audit row."""
    language = str(request.accept_languages.best_match(handlers.LANGUAGES) or "nl")
    told = faults.report(error, {"path": request.path, "method": request.method}, language)
    response = Response(json.dumps(told, ensure_ascii=False), status=error.status, mimetype=JSON)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = REALM
    who = actors.current()
    if request.method in {"POST", "PUT", "DELETE"} and not who.anonymous and error.status < 500:
        subject = f"{request.path.strip('/')[:80]} {error.status} {error.faults[0].key}"
        request_id = str(request.environ.get("risicoatlas.request_id", ""))
        keys.audit(service.pool, who, request_id, f"imev {request.method}", subject, "geweigerd")
    return response


def _discard(environ: WSGIEnvironment) -> None:
    """Read what a client is still sending: who is cut off while it sends never sees the answer."""
    left = min(int(environ.get("CONTENT_LENGTH") or 0), DISCARDED_BYTES)
    while left > 0 and (chunk := environ["wsgi.input"].read(min(left, 1 << 16))):
        left -= len(chunk)


def _too_large() -> RefusedError:
    return refused(
        413, "te_groot", "$",
        f"de inhoud is groter dan {MESSAGE_BYTES} bytes", f"the body is larger than {MESSAGE_BYTES} bytes",
    )  # fmt: skip


def _of_error(error: RisicoAtlasError) -> RefusedError:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.warning("delivery: %s", error)
    locator = error.locator if isinstance(error, RequestError) else None
    fault = Fault(error.code, locator or "$", Text(str(error), str(error)))
    return RefusedError(error.status, [fault], locator)


def _of_router(service: Service, request: Request, error: HTTPException) -> Response:
    """An address that does not exist is told of to who has a login alone, as everywhere under this root."""
    if actors.current().anonymous:
        return _report(service, request, _no_key())
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        response = _report(
            service, request,
            refused(405, "methode", "$", f"dit adres kent alleen {allowed}", f"this address knows {allowed} only"),
        )  # fmt: skip
        response.headers["Allow"] = allowed
        return response
    return _report(
        service, request,
        refused(
            error.code or 500, "niet_gevonden", "$",
            "dit adres bestaat niet; /aanlevering/v1/openapi noemt alle",
            "this address does not exist; /aanlevering/v1/openapi names all",
        ),
    )  # fmt: skip
