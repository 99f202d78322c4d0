"""The edge of the OGC API: a WSGI callable that routes, chooses format and language, and turns errors into answers.

pygeoapi's functions take an API object and a request, so each actor gets a shallow copy of the API object with only the
collections that may be seen: a hidden one is absent from lists and its address answers like one that never existed.
"""

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from pygeoapi import api as pygeoapi_core
from pygeoapi.api import API, APIRequest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from risicoatlas import accuracy, conditional
from risicoatlas import description as descriptions
from risicoatlas.access import actor as actors
from risicoatlas.bulk import links as bulk_links
from risicoatlas.bulk import store
from risicoatlas.catalogue import Layer
from risicoatlas.conditional import Conditions, Validator
from risicoatlas.errors import BusyError, LimitError, NotFoundError, RequestError, RisicoAtlasError
from risicoatlas.features import file_settings, geojson
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.query import Ahead, Reading
from risicoatlas.front import streams
from risicoatlas.kept import Kept
from risicoatlas.metadata import record as metadata
from risicoatlas.metadata.record import Record
from risicoatlas.providers import description as configuration
from risicoatlas.providers import documents, downloads, feature, formatter, html, links, openapi, parameters
from risicoatlas.providers.visit import ItemsRequest, Visit, during
from risicoatlas.service import Service

JSON = "application/json"
HTML = "text/html"
PROBLEM = "application/problem+json"
NEGOTIATED = "Accept, Accept-Language"
MAX_BODY_BYTES = 1024 * 1024
# Links of pygeoapi to what is not offered here.
_FOREIGN = ("/processes", "/jobs", "/TileMatrixSets", "f=jsonld", "f=CSV", "f=csv", "/asyncapi")

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Handler = Callable[["Call"], Response]


@dataclass
class Call:
    """One request under way: the visit, format and parameters, and what the address names."""

    app: "OgcApi"
    request: Request
    visit: Visit
    form: str
    found: parameters.Parameters
    collection: str | None = None
    key: str | None = None
    validator: Validator | None = None

    @cached_property
    def layer(self) -> Layer:
        return self.visit.service.layer(self.collection or "", self.visit.actor)

    @property
    def collection_url(self) -> str:
        return f"{self.visit.base_url}/collections/{self.collection}"

    @cached_property
    def conditions(self) -> Conditions:
        return Conditions.of(self.request.environ)

    @property
    def validated(self) -> bool:
        """Whether the answer gets a validator."""
        return self.conditions.apply(self.visit.actor)

    @property
    def depends_on(self) -> tuple[object, ...]:
        """All that an answer depends on beside the publication and the edition."""
        return (self.request.path, self.found.pairs, self.form, self.visit.language)

    def has_rows(self, reading: Reading, *, dates: bool = True) -> bool:
        """Whether the client has the answer of this reading already."""
        if not self.validated or reading.plan.layer.own:
            return False
        if self.validator is None:
            self.validator = conditional.of_rows(self.visit.service, reading.state, self.depends_on)
        return self.conditions.met_by(self.validator, dates=dates)

    def api_request(self, **values: object) -> APIRequest:
        """The request as pygeoapi reads it: JSON, in the chosen language, and nothing unread."""
        query = urlencode({"f": "json", "lang": self.language_tag, **values})
        return APIRequest(Request({**self.request.environ, "QUERY_STRING": query}), self.app.api.locales)

    @property
    def language_tag(self) -> str:
        tags = self.app.description.languages
        return next((tag for tag in tags if tag.startswith(self.visit.language)), tags[0])

    def records(self, layers: Iterable[Layer]) -> dict[str, Record]:
        """What is told of these layers, by name."""
        found = metadata.all_of(layers, self.visit.actor, self.visit.service, self.app.description)
        return {item.layer.name: item for item in found}

    def api(self, found: dict[str, Record] | None = None) -> API:
        """pygeoapi's API object with the collections of this actor only."""
        visible = self.visit.service.visible(self.visit.actor)
        return self.app.api_with(documents.resources(visible, found or {}, self.app.description))


@dataclass(frozen=True)
class Route:
    """A path, what answers it, and the parameters that it takes beside the attributes of a collection."""

    path: str
    name: str
    handler: Handler
    parameters: tuple[str, ...] = parameters.COMMON
    methods: tuple[str, ...] = ("GET", "HEAD")
    attributes: bool = False
    forms: tuple[str, ...] = openapi.FORMATS
    # what makes the validator of a document; rows make their own
    validator: Callable[..., Validator] | None = conditional.of_edition


@dataclass(frozen=True)
class Document:
    """A document that was sent, with what describes it."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


@dataclass
class OgcApi:
    """The application; made once per process and service."""

    service: Service
    description: descriptions.Description
    base_url: str
    api: API = field(init=False)

    def __post_init__(self) -> None:
        config = configuration.pygeoapi_config(self.description, self.base_url)
        self.api = API(config, {})
        self.kept: Kept[Document] = Kept(lambda document: len(document.body))
        self.document = lru_cache(maxsize=64)(self._document)
        self.offered = tuple(dict.fromkeys(tag[:2].lower() for tag in self.description.languages))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self.answer(request)
        except RisicoAtlasError as error:
            response = problem(error)
        except HTTPException as error:
            status = error.code or 500
            allowed = dict(error.get_headers()).get("Allow") if status == HTTPStatus.METHOD_NOT_ALLOWED else None
            response = problem(_as_ours(status, request), {"Allow": allowed} if allowed else None)
        # NL API design rules, API-57
        response.headers["API-Version"] = openapi.VERSION
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Route, read, call the handler inside the visit."""
        path = request.path.rstrip("/") or "/"
        _check_text(request)
        adapter = _MAP.bind("localhost", path_info=path)
        if request.method == "OPTIONS":
            return Response(status=204, headers={"Allow": ", ".join(sorted({*adapter.allowed_methods(), "OPTIONS"}))})
        name, values = adapter.match(method=request.method)
        route = _ROUTES[name]
        visit = Visit(self.service, actors.current(), self.base_url, self._language(request))
        call = Call(self, request, visit, "json", parameters.Parameters(()), **values)
        allowed = [*route.parameters, *(call.layer.by_name if route.attributes else ())]
        call.found = parameters.known(request.args.items(multi=True), allowed, self.description)
        call.form = _format(request, call.found, route.forms) if name != "openapi.json" else "json"
        with during(visit):
            response = _handled(route, call)
        response.headers["Content-Language"] = call.language_tag
        if response.mimetype == HTML:
            response.headers.update(html.HEADERS)
        if call.validator is None:
            response.headers.add("Vary", NEGOTIATED)
        else:
            response.headers.update(call.validator.headers(NEGOTIATED))
        if request.method == "HEAD" and response.is_streamed:
            response.close()
        return response

    def _language(self, request: Request) -> str:
        """``lang``, or the first language of the client that is offered, by its first two letters."""
        offered = self.offered
        stated = request.args.get("lang")
        if stated is None:
            if "HTTP_ACCEPT_LANGUAGE" not in request.environ:
                return offered[0]
            wanted = (tag[:2].lower() for tag, _quality in request.accept_languages)
            return next((tag for tag in wanted if tag in offered), offered[0])
        if stated[:2].lower() not in offered:
            raise RequestError(f"lang must be one of {', '.join(offered)}, found {stated!r}", "lang")
        return stated[:2].lower()

    def api_with(self, resources: dict[str, Any]) -> API:
        """A shallow copy of pygeoapi's API object with these collections."""
        found = copy.copy(self.api)
        found.config = {**self.api.config, "resources": resources}
        return found

    def _document(self, names: tuple[str, ...], language: str) -> dict[str, Any]:
        layers = [self.service.catalogue.get(name) for name in names]
        return openapi.document(layers, self.description, self.base_url, language)


def _handled(route: Route, call: Call) -> Response:
    """The answer, or 304: before any work where an ETag proves that it was given, else beside the new one."""
    if not (route.validator and call.validated):
        return route.handler(call)
    validator = route.validator(call.visit.service, call.depends_on)
    if not call.conditions.met_by(validator, dates=False):
        response = _made(route, call, validator)
        call.validator = validator
        if not call.conditions.met_by(validator):
            return response
    call.validator = validator
    return Response(status=HTTPStatus.NOT_MODIFIED)


def _made(route: Route, call: Call, validator: Validator) -> Response:
    """The document of a validator, as it was made before where it was."""
    kept = call.app.kept.get(validator.etag)
    if kept is None:
        response = route.handler(call)
        kept = Document(response.get_data(), tuple(response.headers.items()))
        if response.status_code == HTTPStatus.OK:
            call.app.kept.put(validator.etag, kept)
        return response
    return Response(kept.body, headers=list(kept.headers))


def create(service: Service) -> WSGIApplication:
    """The OGC API of a service as a WSGI callable, mounted at ``/ogc/v1``."""
    file_settings.read(service.settings.config)
    app = OgcApi(service, descriptions.read(service.settings.config), f"{service.settings.public_url}/ogc/v1")
    for layer in service.catalogue:
        if layer.srid not in app.description.extents:
            raise configuration.missing_extent(service.settings.config, layer)
    return app


# --- handlers ---------------------------------------------------------------------------------------------------------


def landing_page(call: Call) -> Response:
    document = _from_pygeoapi(pygeoapi_core.landing_page(call.api(), call.api_request()))
    document["links"] = [_readable(link, call) for link in document["links"] if not _is_foreign(link)]
    address = f"{call.visit.base_url}/functions?f=json"
    document["links"].append(links.link(f"{links.REL}functions", address, JSON, call.visit.language))
    document["links"].append(links.catalogue(call.app.service.settings, call.visit.language))
    document["links"].append(links.license(call.app.description.license))
    document["attribution"] = call.app.description.attribution.get(call.visit.language)
    return _document(call, document, "landing")


def conformance(call: Call) -> Response:
    return _document(call, {"conformsTo": list(documents.CONFORMANCE)}, "conformance")


def collections(call: Call) -> Response:
    found = call.records(call.visit.service.visible(call.visit.actor))
    document = _from_pygeoapi(pygeoapi_core.describe_collections(call.api(found), call.api_request()))
    document["links"] = [link for link in document["links"] if not _is_foreign(link)]
    document["links"].append(links.catalogue(call.app.service.settings, call.visit.language))
    for collection in document["collections"]:
        _complete(collection, found[collection["id"]], call, whole=False)
    return _document(call, document, "collections")


def collection(call: Call) -> Response:
    found = call.records([call.layer])
    name = call.layer.name
    document = _from_pygeoapi(pygeoapi_core.describe_collections(call.api(found), call.api_request(), name))
    _complete(document, found[name], call, whole=True)
    return _document(call, document, "collection", record=found[name], addresses=html.addresses(found[name], call))


def queryables(call: Call) -> Response:
    address = f"{call.collection_url}/queryables"
    document = documents.queryables(call.layer, address, call.visit.language)
    return _document(call, document, "properties", links.SCHEMA, kind="queryables")


def schema(call: Call) -> Response:
    address = f"{call.collection_url}/schema"
    document = documents.schema(call.layer, address, call.visit.language)
    return _document(call, document, "properties", links.SCHEMA, kind="schema")


def sortables(call: Call) -> Response:
    address = f"{call.collection_url}/sortables"
    document = documents.sortables(call.layer, address, call.visit.language)
    return _document(call, document, "properties", links.SCHEMA, kind="sortables")


def functions(call: Call) -> Response:
    return _document(call, documents.functions(), "functions")


def definition(call: Call) -> Response:
    names = tuple(layer.name for layer in call.visit.service.visible(call.visit.actor))
    document = call.app.document(names, call.visit.language)
    return _document(call, document, "openapi", openapi.MEDIA_TYPE, tags=html.tags(document, call))


def items(call: Call) -> Response:
    """A page as our provider and our formatter make it, streamed."""
    read = parameters.items(call.layer, call.found, call.app.description, _body(call.request))
    # Before a connection is taken: reading it takes one of its own.
    _ = call.visit.service.signing_key
    is_file = call.form in downloads.BY_NAME
    asked = downloads.asked(read.query, call.found.get("limit")) if is_file else read.query
    plan = plan_query(asked, call.visit.actor, call.visit.service)
    if is_file and downloads.streams_whole(call.form, asked) and call.request.method != "HEAD":
        streams.claim()
    reading = Reading(plan, call.visit.service, ahead=None if is_file else _ahead(plan, call, page=True))
    try:
        if call.has_rows(reading):
            reading.close()
            return Response(status=HTTPStatus.NOT_MODIFIED)
        if is_file:
            is_head = call.request.method == "HEAD"
            return downloads.answer(call.form, asked, reading, call.visit.service, head=is_head)
        call.visit.items, call.visit.head = read, call.request.method == "HEAD"
        if call.visit.head:
            reading.plan = replace(reading.plan, limit=1)
        return _page(call, read, reading)
    except BaseException:
        reading.close()
        raise


def _ahead(plan: Plan, call: Call, *, page: bool) -> Ahead | None:
    """The rows of a small page, or of one item, unless the client may have them already or asks for the headers."""
    if not call.conditions.rows_wanted:
        return None
    row = geojson.feature_row(plan)
    return Ahead(row, keyed=page, alone=plan.unfiltered or not page, flowing=plan.limit or 0, numbered=page)


def _page(call: Call, read: ItemsRequest, reading: Reading) -> Response:
    call.visit.reading = reading
    # Not by way of pygeoapi: it would read the request once more, which takes longer than a small page, and hand both
    # nothing that they use.
    content = formatter.page(feature.page(call.visit), call.visit)
    headers = {
        "Content-Crs": f"<{read.crs.uri}>",
        **_publication(reading),
        **call.visit.headers,
    }
    media_type = HTML if call.form == "html" else geojson.MEDIA_TYPE
    if call.visit.head:
        # What was read is less than the page: it has no length to tell.
        reading.close()
        return Response(iter(()), headers=headers, mimetype=media_type)
    if call.form == "html":
        page = json.loads(b"".join(content))
        return Response(html.render("items", page, call), mimetype=HTML, headers=headers)
    response = Response(content, headers=headers, mimetype=media_type)
    # An iterator that was never begun does nothing when it is closed.
    response.call_on_close(reading.close)
    return response


def _publication(reading: Reading) -> dict[str, str]:
    """The publication that was read; an own table has none."""
    return {} if reading.plan.layer.own else {"X-Publication": str(reading.state.publication)}


def item(call: Call) -> Response:
    """One feature; its JSON is ours, since pygeoapi would turn ``<`` into ``&lt;``."""
    read = parameters.item(call.layer, call.found)
    call.visit.items = read
    plan = plan_query(replace(read.query, ids=(call.key or "",), limit=1), call.visit.actor, call.visit.service)
    with Reading(plan, call.visit.service, ahead=_ahead(plan, call, page=False)) as reading:
        if call.has_rows(reading, dates=False):
            return Response(status=HTTPStatus.NOT_MODIFIED)
        call.visit.reading = reading
        found = feature.item(call.visit, call.key or "")
        if call.has_rows(reading):
            return Response(status=HTTPStatus.NOT_MODIFIED)
        headers = {"Content-Crs": f"<{read.crs.uri}>", **_publication(reading)}
    found["links"] = links.item(call.collection_url, found["id"], call.visit.language, list(call.found.pairs))
    if page := call.layer.page_of(found["properties"]):
        address = f"{call.visit.service.settings.public_url}{page}"
        found["links"].append(links.link("related", address, links.HTML, call.visit.language))
    return _document(call, found, "item", geojson.MEDIA_TYPE, headers)


def _of_collections(service: Service, *parts: object) -> Validator:
    """Collections tell of bulk files too, which come after their publication."""
    return conditional.of_publication(service, *parts, store.stamp(service))


_ROWS = (
    Route("/", "landing", landing_page),
    Route("/conformance", "conformance", conformance),
    Route("/openapi", "openapi", definition),
    Route("/functions", "functions", functions),
    # where the Dutch API design rules look for it (API-51)
    Route("/openapi.json", "openapi.json", definition),
    Route("/collections", "collections", collections, validator=_of_collections),
    Route("/collections/<collection>", "collection", collection, validator=_of_collections),
    Route("/collections/<collection>/queryables", "queryables", queryables),
    Route("/collections/<collection>/schema", "schema", schema),
    Route("/collections/<collection>/sortables", "sortables", sortables),
    Route(
        "/collections/<collection>/items",
        "items",
        items,
        parameters.ITEMS,
        ("GET", "HEAD", "POST"),
        attributes=True,
        forms=openapi.ITEMS_FORMATS,
        validator=None,
    ),
    Route("/collections/<collection>/items/<path:key>", "item", item, parameters.ITEM, validator=None),
)
_ROUTES = {route.name: route for route in _ROWS}
_MAP = Map([Rule(route.path, endpoint=route.name, methods=list(route.methods)) for route in _ROWS])


# --- answers ----------------------------------------------------------------------------------------------------------


def problem(error: RisicoAtlasError, headers: dict[str, str] | None = None) -> Response:
    """RFC 9457: what is wrong in our own words, with the parameter where one is to blame."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error),
        "code": error.code,
    }
    locator = getattr(error, "locator", None)
    if locator:
        document["parameter"] = locator
    if isinstance(error, BusyError):
        headers = {**dict(error.headers), **(headers or {})}
    return Response(_dumped(document), status=error.status, headers=headers, mimetype=PROBLEM)


def _document(
    call: Call,
    document: dict[str, Any],
    template: str,
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
    **more: object,
) -> Response:
    """The document, or its page; ``more`` is for the page alone."""
    if call.form == "html":
        return Response(html.render(template, document, call, **more), mimetype=HTML, headers=headers)
    return Response(_dumped(document), content_type=media_type, headers=headers)


def _dumped(document: dict[str, Any]) -> bytes:
    return _ENCODER.encode(document).encode()


def _check_text(request: Request) -> None:
    """Refuse an address that is not UTF-8: werkzeug would put a replacement character, and nothing would match."""
    try:
        unquote_to_bytes(request.environ.get("QUERY_STRING", "")).decode()
    except UnicodeDecodeError:
        raise RequestError("the parameters are not in UTF-8") from None


def _format(request: Request, found: parameters.Parameters, forms: tuple[str, ...]) -> str:
    """``f``, or what the client accepts; JSON for whoever says nothing clear."""
    form = found.get("f")
    if form is None:
        accepted = {HTML: "html"} | {name: form for name, form in downloads.BY_MEDIA_TYPE.items() if form in forms}
        offered = [JSON, geojson.MEDIA_TYPE, links.SCHEMA, "application/vnd.oai.openapi+json", *accepted]
        return accepted.get(request.accept_mimetypes.best_match(offered, JSON), "json")
    form = downloads.canonical(form)
    if form not in forms:
        raise RequestError(f"f must be one of {', '.join(forms)}, found {form!r}", "f")
    return form


def _body(request: Request) -> bytes:
    if request.method != "POST":
        return b""
    if request.mimetype not in {JSON, "application/query-cql-json", "application/cql2+json"}:
        raise RequestError("POST takes a filter as CQL2 JSON, with Content-Type application/json", "Content-Type")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise LimitError(f"the body is longer than the {MAX_BODY_BYTES} bytes allowed", "filter")
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if not body:
        raise RequestError("the body is empty: a filter as CQL2 JSON is expected", "filter")
    return body


def _from_pygeoapi(answer: tuple[dict[str, str], int, Any]) -> dict[str, Any]:
    """The document that pygeoapi made; it writes ``<`` and ``>`` of our titles as entities, which is undone."""
    _headers, status, content = answer
    if status != HTTPStatus.OK:
        raise _refused(status, content)
    found: dict[str, Any] = json.loads(content.replace("&lt;", "<").replace("&gt;", ">"))
    return found


def _refused(status: int, content: Any) -> RisicoAtlasError:
    """An error that pygeoapi itself found."""
    try:
        text = str(json.loads(content)["description"])
    except (ValueError, KeyError, TypeError):
        text = "the request cannot be answered"
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError(text)
    return RequestError(text) if status < HTTPStatus.INTERNAL_SERVER_ERROR else RisicoAtlasError(text)


def _as_ours(status: int, request: Request) -> RisicoAtlasError:
    """What werkzeug's routing found wrong."""
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        error: RisicoAtlasError = RequestError(f"{request.method} is not offered here")
        error.status = HTTPStatus.METHOD_NOT_ALLOWED
        return error
    return NotFoundError("there is nothing at this address")


def _complete(document: dict[str, Any], record: Record, call: Call, *, whole: bool) -> None:
    language = call.visit.language
    document["links"] = [link for link in document["links"] if not _is_foreign(link)]
    layer, service = record.layer, call.app.service
    address = f"{call.visit.base_url}/collections/{layer.name}"
    document["links"].append(links.described_by(layer, service.settings, language))
    document["links"] += links.whole_as_files(address, language)
    document["links"] += bulk_links.of_layer(layer, service, language)
    document["links"].append(links.link(f"{links.REL}sortables", f"{address}/sortables?f=json", links.SCHEMA, language))
    document["links"] += links.metadata(record, language)
    document["crs"] = document["crs"][:]
    documents.add_record(document, record, language, whole=whole)
    documents.add_accuracy(document, accuracy.of_layer(record.layer, call.app.service), language)


def _is_foreign(link: dict[str, str]) -> bool:
    return any(part in link["href"] for part in _FOREIGN)


def _readable(link: dict[str, str], call: Call) -> dict[str, str]:
    if link["rel"] == "service-desc":
        link["href"] = f"{call.visit.base_url}/openapi?f=json"
    return link
