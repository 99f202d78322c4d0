"""The OpenAPI 3.1 document of a delivery API, made of its table of routes, and a page of it for people.

The addresses here are those of the KGL.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from werkzeug import Response

from risicoatlas import description
from risicoatlas.catalogue import Text
from risicoatlas.delivery import kgl, schemas
from risicoatlas.delivery.calls import JSON, Call, Parameter, Route
from risicoatlas.kgl import lists
from risicoatlas.providers.html import HEADERS

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
# Of the interface, not of the program: raised by the rules of semantic versioning.
VERSION = "1.0.0"
LANGUAGES = ("nl", "en")
TITLE = Text("Kwetsbare gebouwen: beheer door de gemeente", "Vulnerable buildings: management by the municipality")
ABOUT = Text(
    "Een gemeente neemt de voorgestelde labels in eigendom, corrigeert, valideert per gebruiksfunctie, publiceert en"
    " trekt in. Wie schrijft, stuurt in If-Match de ETag van wat hij las: 428 zonder, 412 als een ander eerder was. Een"
    " correctie is een concept tot een publicatie. Fouten zijn application/problem+json.",
    "A municipality takes the proposed labels into ownership, corrects, validates per gebruiksfunctie, publishes and"
    " withdraws. Who writes sends in If-Match the ETag of what was read: 428 without, 412 where somebody else came"
    " first. A correction is a draft until a publication. Errors are application/problem+json.",
)
TAGS = {
    "begin": Text("Begin", "Start"),
    "gemeente": Text("Gemeente", "Municipality"),
    "gebouw": Text("Gebouwen en correcties", "Buildings and corrections"),
    "lijst": Text("Eigen lijsten", "Own lists"),
    "wijziging": Text("Wijzigingen uit de bronnen", "Changes of the sources"),
}
_VALUES = {
    "code": ({"type": "string"}, Text("Gemeentecode, zoals GM0457", "Code of the municipality, such as GM0457")),
    "pand": (schemas.PAND, Text("Identificatie van het pand in de BAG", "Identifier of the building in the BAG")),
    "run": ({"type": "integer", "minimum": 1}, Text("Nummer van de run", "Number of the run")),
    "soort": ({"type": "string", "enum": list(lists.KINDS)}, Text("Soort lijst", "Kind of list")),
}
_PROBLEMS = {
    "400": Text("De vraag is niet goed; parameter zegt waar", "The request is wrong; parameter says where"),
    "401": Text("Login nodig, of de sleutel is niet geldig", "A login is needed, or the key is not valid"),
    "403": Text("Uw sleutel reikt hier niet toe", "Your key does not reach this"),
    "404": Text("Bestaat niet", "Does not exist"),
    "503": Text("Nu niet; Retry-After zegt wanneer wel", "Not now; Retry-After says when"),
}
_WRITE_PROBLEMS = {
    "409": Text("De toestand laat dit niet toe", "The state does not allow this"),
    "412": Text("Een ander was eerder: lees opnieuw", "Somebody else came first: read again"),
    "413": Text("Te groot", "Too large"),
    "415": Text("Verkeerde vorm van inhoud", "Wrong media type"),
    "428": Text("If-Match ontbreekt", "If-Match is missing"),
}
_REFUSED_LIST = {"422": Text("Regels die niet bruikbaar zijn, in regels", "Lines that cannot be used, in regels")}
Document = dict[str, Any]


@dataclass(frozen=True)
class Interface:
    """One of the delivery APIs as far as its description goes: where it is, what it says of itself, its schemas and the
    answers that every address may give. ``headers`` are those of every request, ``write_headers`` of every write.

    ``reads_freely``: reading needs no key. ``problem`` is the media type and the schema of errors.
    """

    mount: str
    title: Text
    about: Text
    tags: Mapping[str, Text]
    values: Mapping[str, tuple[Document, Text]]
    problems: Mapping[str, Text]
    write_problems: Mapping[str, Text]
    answers: Mapping[str, Document]
    bodies: Mapping[str, Document]
    problem: tuple[str, str]
    headers: tuple[Document, ...] = ()
    write_headers: tuple[Document, ...] = ()
    reads_freely: bool = False


def document(
    interface: Interface, routes: Iterable[Route], about: description.Description, base_url: str, language: str
) -> Document:
    """The whole document, which points to nothing outside itself."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": interface.title.get(language),
            "description": interface.about.get(language),
            "version": VERSION,
            "contact": {"name": about.contact["name"], "email": about.contact["email"]},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": text.get(language)} for name, text in interface.tags.items()],
        "security": [*([{}] if interface.reads_freely else []), *_LOGINS],
        "paths": _paths(interface, routes, language),
        "components": {
            "schemas": {
                **interface.answers,
                **{f"{name}Body": schema for name, schema in interface.bodies.items()},
            },
            "securitySchemes": {
                "sleutel": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "basis": {"type": "http", "scheme": "basic"},
                "sessie": {"type": "apiKey", "in": "cookie", "name": "risicoatlas_sessie"},
            },
        },
    }


_LOGINS: list[Document] = [{"sleutel": []}, {"basis": []}, {"sessie": []}]


def _paths(interface: Interface, routes: Iterable[Route], language: str) -> Document:
    found: Document = {}
    for route in routes:
        path = re.sub(r"<(\w+)>", r"{\1}", route.path) or "/"
        found.setdefault(path, {})[route.method.lower()] = _operation(interface, route, language)
    return found


def _operation(interface: Interface, route: Route, language: str) -> Document:
    operation: Document = {
        "operationId": route.name,
        "summary": route.text.get(language),
        "tags": [route.tag],
        "parameters": [
            *(_path_value(name, interface, language) for name in re.findall(r"<(\w+)>", route.path)),
            *(_query(item, language) for item in route.parameters),
            *([_IF_MATCH] if route.conditional else []),
            *interface.headers,
            *(interface.write_headers if route.writes else ()),
        ],
        "responses": _responses(interface, route, language),
    }
    if interface.reads_freely and (route.writes or route.private):
        operation["security"] = _LOGINS
    if route.body:
        schema = {"$ref": f"#/components/schemas/{route.body.name}Body"} if route.body.schema else {"type": "string"}
        operation["requestBody"] = {
            "description": route.body.text.get(language),
            "required": route.body.empty is None,
            "content": {route.body.media_type: {"schema": schema}},
        }
    return operation


_IF_MATCH: Document = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "description": "ETag",
}  # fmt: skip


def _path_value(name: str, interface: Interface, language: str) -> Document:
    schema, text = interface.values[name]
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": text.get(language)}


def _query(item: Parameter, language: str) -> Document:
    return {
        "name": item.name, "in": "query", "required": False, "schema": item.schema,
        "description": item.text.get(language),
    }  # fmt: skip


def _responses(interface: Interface, route: Route, language: str) -> Document:
    problems = dict(interface.problems)
    if route.writes:
        problems |= interface.write_problems
    if route.answer == "lijstverslag":
        problems |= _REFUSED_LIST
    schema = {"$ref": f"#/components/schemas/{route.answer}"}
    media = {"text/html": {"schema": {"type": "string"}}} if route.answer == "pagina" else {JSON: {"schema": schema}}
    if route.media_types:
        media = {name: {"schema": schema} for name in route.media_types}
    if route.answer == "beschrijving":
        media = {MEDIA_TYPE: {"schema": schema}}
    good: Document = {"description": route.text.get(language), "content": media}
    if route.versioned:
        good["headers"] = {"ETag": {"schema": {"type": "string"}}}
    media_type, name = interface.problem
    problem = {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {
        **{status: good if status != "204" else {"description": route.text.get(language)} for status in route.statuses},
        **{
            status: {"description": text.get(language), "content": problem} for status, text in sorted(problems.items())
        },
    }


# --- the addresses ----------------------------------------------------------------------------------------------------


def _language(call: Call) -> str:
    asked = call.parameters.get("lang")
    return str(asked or call.request.accept_languages.best_match(LANGUAGES) or "nl")


def _made(call: Call, interface: Interface, routes: Iterable[Route], language: str) -> Document:
    settings = call.service.settings
    base_url = f"{settings.public_url}{interface.mount}"
    return document(interface, routes, description.read(settings.config), base_url, language)


def definition(call: Call) -> Response:
    return definition_of(call, KGL, (*kgl.ROUTES, *ROUTES))


def page(call: Call) -> Response:
    return page_of(call, KGL, (*kgl.ROUTES, *ROUTES))


def definition_of(call: Call, interface: Interface, routes: Iterable[Route]) -> Response:
    """The document as JSON."""
    made = _made(call, interface, routes, _language(call))
    return Response(json.dumps(made, ensure_ascii=False), content_type=MEDIA_TYPE)


def page_of(call: Call, interface: Interface, routes: Iterable[Route]) -> Response:
    """The document as a page for people."""
    language = _language(call)
    made = _made(call, interface, routes, language)
    html = (
        _environment()
        .get_template("openapi.html")
        .render(document=made, language=language, other="en" if language == "nl" else "nl", words=WORDS,
                site=call.service.settings.public_url)
    )  # fmt: skip
    response = Response(html, mimetype="text/html")
    response.headers.update(HEADERS)
    response.headers["Content-Language"] = language
    return response


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("risicoatlas.delivery", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


WORDS = {
    "skip": Text("Naar de inhoud", "Skip to content"),
    "other": Text("English", "Nederlands"),
    "home": Text("Overzicht", "Overview"),
    "address": Text("Adres", "Address"),
    "method": Text("Methode", "Method"),
    "what": Text("Wat het doet", "What it does"),
    "given": Text("Wat u meegeeft", "What you send"),
    "answers": Text("Antwoorden", "Answers"),
    "members": Text("Leden van de inhoud", "Members of the body"),
    "document": Text("Het document als JSON", "The document as JSON"),
    "version": Text("Versie", "Version"),
}
KGL = Interface(
    kgl.MOUNT, TITLE, ABOUT, TAGS, _VALUES, _PROBLEMS, _WRITE_PROBLEMS, schemas.ANSWERS, schemas.BODIES,
    ("application/problem+json", "problem"),
)  # fmt: skip
LANG = Parameter("lang", {"type": "string", "enum": list(LANGUAGES)}, Text("Taal", "Language"))
ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/openapi.json", "beschrijving", definition,
        Text("Deze beschrijving", "This description"), "beschrijving", parameters=(LANG,), tag="begin",
    ),
    Route(
        "GET", "/openapi", "pagina", page,
        Text("Deze beschrijving als pagina", "This description as a page"), "pagina",
        parameters=(LANG,), tag="begin",
    ),
)  # fmt: skip
