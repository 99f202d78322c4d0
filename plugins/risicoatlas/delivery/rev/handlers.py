"""What answers the addresses of the REV delivery: a call that was read in, an answer of JSON out.

The table of addresses is :data:`ROUTES`; there is one set of rows for locations and one for vulnerable objects.
"""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import shapely
from shapely.geometry import shape
from werkzeug import Response

from risicoatlas.access import decide
from risicoatlas.catalogue import Text
from risicoatlas.delivery.calls import JSON, Body, Call, Parameter, Route
from risicoatlas.delivery.rev import reading, schemas, writing
from risicoatlas.delivery.rev.faults import Fault, RefusedError, refused
from risicoatlas.delivery.rev.reading import Page, Search, Version
from risicoatlas.delivery.rev.writing import DUTCH_TIME, Stored, Write
from risicoatlas.imev import message as messages
from risicoatlas.imev.findings import json_path, shown
from risicoatlas.loader.sources import imev

MOUNT = "/aanlevering/v1"
# The address, and the kind of its root objects.
LOCATIONS, BUILDINGS = "/LocatieEVActiviteiten", "/GebouwenOfLocaties"
SORTS = {LOCATIONS: "locatie", BUILDINGS: "gebouw"}
SRID = 28992
LANGUAGES = ("nl", "en")
MAX_SIZE = 1000
# RFC 9110: what a name in a header field may be; a UUID fits.
_IDEMPOTENCY = re.compile(r"[\x21-\x7e]{1,200}")


def language_of(call: Call) -> str:
    return str(call.request.accept_languages.best_match(LANGUAGES) or "nl")


def deliver(call: Call) -> Response:
    """POST, PUT."""
    asked = _write(call)
    return _stored(call, writing.deliver(call.service, asked, call.body), asked)


def end(call: Call) -> Response:
    """DELETE."""
    asked = _write(call)
    done = writing.end(call.service, asked)
    return _stored(call, done, asked) if asked.validate_only else Response(status=204)


def one(call: Call) -> Response:
    """The message as it was delivered, in canonical JSON."""
    name = call.values["identificatie"]
    wanted = call.parameters.get("registrationId")
    with call.reading() as connection:
        found = reading.current(connection, name) if wanted is None else reading.version(connection, name, wanted)
        if found is None or found.soort != _sort(call):
            raise _absent(name)
        content = reading.contents(connection, [found.nummer], imev.validator_of(call.service.settings))[found.nummer]
    return json_answer(call, content, found.nummer)


def listed(call: Call) -> Response:
    return _links_of(call, Search())


def searched(call: Call) -> Response:
    return _links_of(call, _search(call, call.body))


def searched_buildings(call: Call) -> Response:
    """Unlike the search for locations, the objects themselves."""
    wanted = _search(call, {**call.body, "featureTypes": [call.body["featureType"]]})
    with call.reading() as connection:
        _, found = reading.search(connection, _sort(call), wanted, _page(call))
        return _objects(call, connection, found)


def history(call: Call) -> Response:
    with call.reading() as connection:
        found = _history(call, connection, corrected=call.parameters["includeCorrected"])
    results = [
        {
            **_link(call, item.identificatie, item.nummer),
            "beginRegistratie": item.tijdstip_registratie.isoformat(),
            "eindRegistratie": item.eind_registratie.isoformat() if item.eind_registratie else None,
            "corrected": item.corrected,
        }
        for item in found
    ]
    return json_answer(call, json.dumps({"_embedded": {"results": results}}))


def history_of_building(call: Call) -> Response:
    """Every version, as the object itself."""
    with call.reading() as connection:
        return _objects(call, connection, _history(call, connection, corrected=True))


def _history(call: Call, connection: Any, *, corrected: bool) -> list[Version]:
    name = call.values["identificatie"]
    known = reading.current(connection, name)
    if known is None or known.soort != _sort(call):
        raise _absent(name)
    return reading.history(connection, name, _sort(call), _page(call), corrected=corrected)


# --- what was asked ---------------------------------------------------------------------------------------------------


def _write(call: Call) -> Write:
    header = call.request.headers.get("Idempotency-Key")
    if header is not None and not _IDEMPOTENCY.fullmatch(header):
        raise refused(
            400, "idempotency_key", "Idempotency-Key",
            "verwacht 1 tot en met 200 zichtbare tekens", "expected 1 to 200 visible characters",
        )  # fmt: skip
    return replace(
        write_of(call),
        sort=_sort(call),
        identification=call.values.get("identificatie"),
        validate_only=call.parameters.get("validateOnly", False),
        idempotency=header,
    )


def write_of(call: Call) -> Write:
    """The write of who calls, of no kind yet."""
    return Write(
        method=call.request.method,
        sort="",
        actor=call.actor,
        decision=call.decision or decide.REFUSED,
        request_id=call.request_id,
        versions=_versions(call),
    )


def _versions(call: Call) -> tuple[int, ...] | None:
    """The registrations that the client means, of ``registrationId`` and of If-Match; both must hold."""
    wanted = call.parameters.get("registrationId")
    found: set[int] | None = None if wanted is None else {wanted}
    tags = call.request.if_match
    if "If-Match" in call.request.headers and not tags.star_tag:
        named = {int(tag) for tag in tags.as_set(include_weak=True) if re.fullmatch(r"[0-9]{1,18}", tag)}
        found = named if found is None else found & named
    return None if found is None else tuple(found)


def search_body(content: bytes, name: str) -> Any:
    """The JSON body of a search; an empty one searches for everything."""
    if not content and name == "zoekvraag":
        return {}
    try:
        value = messages.parse(content, "zoekvraag")
    except messages.MessageError as error:
        raise RefusedError(400, [Fault(error.key, error.place, error.text)]) from error
    wrong = [
        Fault(
            "zoekvraag", json_path("$", item.instance_path),
            Text(f"gevonden {shown(item.instance)}: {item.message[:200]}",
                 f"found {shown(item.instance)}: {item.message[:200]}"),
        )
        for item in jsonschema_rs.Draft202012Validator(schemas.BODIES[name]).iter_errors(value)
    ]  # fmt: skip
    if wrong:
        raise RefusedError(400, wrong)
    return value


def _search(call: Call, body: dict[str, Any]) -> Search:
    types = body.get("featureTypes")
    known = imev.validator_of(call.service.settings).model
    if unknown := [name for name in types or () if name not in known.classes or known.sort(name) is None]:
        raise refused(
            400, "featuretype_onbekend", "$.featureTypes",
            f"{shown(unknown[0])} bestaat niet in IMEV", f"{shown(unknown[0])} does not exist in IMEV",
        )  # fmt: skip
    return Search(
        geometry=_geometry(body["geometrie"]) if "geometrie" in body else None,
        types=tuple(types) if types else None,
        registered=_moment(body, "tijdstipRegistratie"),
        valid=_moment(body, "tijdstipGeldigheid"),
        corrected=body.get("includeCorrected", False),
        owner=body.get("bronhoudercode"),
    )


def _geometry(given: dict[str, Any]) -> str:
    try:
        found = shapely.force_2d(shape(given))
        if not found.is_empty and found.is_valid:
            return str(shapely.to_wkb(shapely.set_srid(found, SRID), hex=True, include_srid=True))
        nl, en = shapely.is_valid_reason(found), shapely.is_valid_reason(found)
    except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
        nl = en = str(error)
    raise refused(400, "geometrie_ongeldig", "$.geometrie", f"geen geldige geometrie: {nl}", f"no valid geometry: {en}")


def _moment(body: dict[str, Any], name: str) -> datetime | None:
    if name not in body:
        return None
    try:
        found = datetime.fromisoformat(body[name])
    except ValueError as error:
        raise refused(
            400, "datum", f"$.{name}",
            f"{shown(body[name])} is geen datum of tijd", f"{shown(body[name])} is no date or time",
        ) from error  # fmt: skip
    return found if found.tzinfo else found.replace(tzinfo=DUTCH_TIME)


def _sort(call: Call) -> str:
    return SORTS[_base(call)]


def _base(call: Call) -> str:
    return "/" + call.route.path.split("/")[1]


def _page(call: Call) -> Page:
    return Page(call.parameters["page"], call.parameters["size"])


def _absent(name: str) -> RefusedError:
    return refused(404, "niet_gevonden", "$", f"{name[:100]} bestaat niet", f"{name[:100]} does not exist")


# --- answers ----------------------------------------------------------------------------------------------------------


def json_answer(call: Call, content: str, version: int | None = None, status: int = 200) -> Response:
    """An answer of JSON in EPSG:28992; ``version`` is its ETag, by which a client that has it already gets 304."""
    response = Response(content, status=status, mimetype=JSON, headers={"Content-Crs": "EPSG:28992"})
    if version is not None:
        response.set_etag(str(version))
    if call.request.method in {"GET", "HEAD"}:
        response.make_conditional(call.request)
    return response


def _link(call: Call, name: str, number: int | None) -> dict[str, Any]:
    return {"registrationId": number, "identificatie": name, "link": _address(call, f"{_base(call)}/{name}")}


def _address(call: Call, path: str) -> str:
    return f"{call.service.settings.public_url}{MOUNT}{path}"


def registered(call: Call, base: str, done: Stored) -> dict[str, Any]:
    """What is told of a message that was registered, or only judged, at the addresses that begin with ``base``."""
    language = language_of(call)
    return {
        "registrationId": done.number,
        "identificatie": done.identification,
        "link": _address(call, f"{base}/{done.identification}"),
        "object": done.message,
        "meldingen": [item.told(language) for item in done.remarks],
    }


def _stored(call: Call, done: Stored, asked: Write) -> Response:
    answer = registered(call, _base(call), done)
    created = asked.method == "POST" and not asked.validate_only
    response = json_answer(call, json.dumps(answer, ensure_ascii=False), done.number, 201 if created else 200)
    if created:
        response.headers["Location"] = answer["link"]
    return response


def _links_of(call: Call, wanted: Search) -> Response:
    page = _page(call)
    with call.reading() as connection:
        total, found = reading.search(connection, _sort(call), wanted, page)
    last = max((total - 1) // page.size, 0)
    near = {"self": page.number, "first": 0, "previous": page.number - 1, "next": page.number + 1, "last": last}
    shown_links = {
        rel: _address(call, f"{call.request.path}?{urlencode({'page': number, 'size': page.size})}")
        for rel, number in near.items()
        if 0 <= number <= last or rel == "self"
    }
    results = [_link(call, item.identificatie, item.nummer) for item in found]
    sizes = {"number": page.number, "size": page.size, "totalElements": total, "totalPages": -(-total // page.size)}
    return json_answer(call, json.dumps({"_embedded": {"results": results}, "_links": shown_links, "page": sizes}))


def _objects(call: Call, connection: Any, found: list[Version]) -> Response:
    numbers = [item.nummer for item in found]
    kept = reading.contents(connection, numbers, imev.validator_of(call.service.settings))
    return json_answer(call, f"[{','.join(kept[number] for number in numbers)}]")


# --- the table --------------------------------------------------------------------------------------------------------

_PAGING = (
    Parameter(
        "page", {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0},
        Text("Nummer van de pagina, vanaf 0", "Number of the page, from 0"),
    ),
    Parameter(
        "size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 20},
        Text("Aantal op een pagina", "Number on a page"),
    ),
)  # fmt: skip
_VALIDATE = Parameter(
    "validateOnly", {"type": "boolean", "default": False},
    Text("Alleen beoordelen: er wordt niets opgeslagen", "Judge only: nothing is stored"),
)  # fmt: skip
_REGISTRATION = Parameter(
    "registrationId", {"type": "integer", "minimum": 1},
    Text("Alleen als dit het nummer van de registratie is", "Only if this is the number of the registration"),
)  # fmt: skip
_CORRECTED = Parameter(
    "includeCorrected", {"type": "boolean", "default": False},
    Text("Ook versies die later zijn gecorrigeerd", "Versions that were corrected later too"),
)  # fmt: skip
_MESSAGE = Body("bericht", schemas.BODIES["bericht"], Text("Een IMEV-bericht", "An IMEV message"))


def _routes(base: str, what: Text, find: Route, past: Route) -> tuple[Route, ...]:
    tag = base.removeprefix("/")
    object_path = f"{base}/<identificatie>"
    return (
        Route(
            "GET", base, f"{tag}Lijst", listed,
            Text(f"{what.nl}: wat nu geldt", f"{what.en}: what is valid now"), "links", parameters=_PAGING, tag=tag,
        ),
        Route(
            "POST", base, f"{tag}Toevoegen", deliver, Text("Toevoegen", "Add"), "geregistreerd",
            parameters=(_VALIDATE,), body=_MESSAGE, writes=True, versioned=True, tag=tag, statuses=("201", "200"),
        ),
        find,
        Route(
            "GET", object_path, f"{tag}Object", one,
            Text("Het bericht zoals aangeleverd", "The message as delivered"), "bericht",
            parameters=(_REGISTRATION,), versioned=True, tag=tag,
        ),
        Route(
            "PUT", object_path, f"{tag}Wijzigen", deliver,
            Text("Wijzigen: vervangt alles onder de wortel", "Change: replaces all below the root"), "geregistreerd",
            parameters=(_REGISTRATION, _VALIDATE), body=_MESSAGE, writes=True, versioned=True, tag=tag,
        ),
        Route(
            "DELETE", object_path, f"{tag}Beeindigen", end,
            Text("Beëindigen: eindGeldigheid wordt nu", "End: eindGeldigheid becomes now"), "geregistreerd",
            parameters=(_REGISTRATION, _VALIDATE), writes=True, tag=tag, statuses=("204", "200"),
        ),
        past,
    )  # fmt: skip


_FIND, _PAST = Text("Zoeken", "Search"), Text("Eerdere registraties", "Earlier registrations")
ROUTES: tuple[Route, ...] = (
    *_routes(
        LOCATIONS, Text("Locaties met hun activiteiten", "Locations with their activities"),
        Route(
            "POST", f"{LOCATIONS}/zoeken", "LocatieEVActiviteitenZoeken", searched, _FIND, "links",
            parameters=_PAGING, body=Body("zoekvraag", schemas.BODIES["zoekvraag"], _FIND, {}),
            tag="LocatieEVActiviteiten",
        ),
        Route(
            "GET", f"{LOCATIONS}/<identificatie>/historie", "LocatieEVActiviteitenHistorie", history, _PAST, "historie",
            parameters=(*_PAGING, _CORRECTED), tag="LocatieEVActiviteiten",
        ),
    ),
    *_routes(
        BUILDINGS, Text("Kwetsbare gebouwen en locaties", "Vulnerable buildings and locations"),
        Route(
            "POST", f"{BUILDINGS}/zoeken", "GebouwenOfLocatiesZoeken", searched_buildings, _FIND, "berichten",
            parameters=_PAGING, body=Body("zoekvraagGebouw", schemas.BODIES["zoekvraagGebouw"], _FIND),
            tag="GebouwenOfLocaties",
        ),
        Route(
            "GET", f"{BUILDINGS}/<identificatie>/historie", "GebouwenOfLocatiesHistorie", history_of_building, _PAST,
            "berichten", parameters=_PAGING, tag="GebouwenOfLocaties",
        ),
    ),
)  # fmt: skip
