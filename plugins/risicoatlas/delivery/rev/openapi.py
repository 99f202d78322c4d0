"""The OpenAPI 3.1 document of the REV delivery, and its page."""

from werkzeug import Response

from risicoatlas.catalogue import Text
from risicoatlas.delivery import openapi
from risicoatlas.delivery.calls import JSON, Call, Route
from risicoatlas.delivery.openapi import LANG, Document, Interface
from risicoatlas.delivery.rev import draft_routes, handlers, schemas

DELIVERY: tuple[Route, ...] = (*handlers.ROUTES, *draft_routes.ROUTES)


def _header(name: str, text: str) -> Document:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": text}


REV = Interface(
    mount=handlers.MOUNT,
    title=Text("REV: aanleveren van IMEV-berichten", "REV: delivery of IMEV messages"),
    about=Text(
        "Een bronhouder levert locaties met activiteiten, referenties en contouren aan, of kwetsbare gebouwen en"
        " locaties. Een bericht wordt geheel opgeslagen of geheel geweigerd; wat is opgeslagen, staat bij het antwoord"
        " in de lagen. Lezen kan zonder sleutel, schrijven alleen de eigen gegevens. Coördinaten zijn EPSG:28992. Een"
        " geometrie die hersteld zou moeten worden, wordt geweigerd. Zoeken op geometrie kent alleen aangeleverde"
        " geometrie, geen afstanden. Met een Idempotency-Key geeft hetzelfde verzoek hetzelfde antwoord en wordt er een"
        " keer opgeslagen.",
        "A bronhouder delivers locations with activities, references and contours, or vulnerable buildings and"
        " locations. A message is stored or refused as a whole; what is stored is in the layers when the answer comes."
        " Reading needs no key, writing reaches the own data only. Coordinates are EPSG:28992. A geometry that"
        " would have to be repaired is refused. A search by geometry knows delivered geometry, no distances. With an"
        " Idempotency-Key the same request gets the same answer and is stored once.",
    ),
    tags={
        "begin": Text("Begin", "Start"),
        "LocatieEVActiviteiten": Text(
            "Locaties van activiteiten met externe veiligheidsrisico’s",
            "Locations of activities with external safety risks",
        ),
        "GebouwenOfLocaties": Text("Kwetsbare gebouwen en locaties", "Vulnerable buildings and locations"),
        "concepten": Text("Concepten: beoordeeld, niet openbaar", "Drafts: judged, not public"),
    },
    values={
        "identificatie": (
            schemas.IDENTIFICATION,
            Text("NEN3610ID, zoals NL.IMEV.AB12.ABC12345", "NEN3610ID, such as NL.IMEV.AB12.ABC12345"),
        ),
        "concept": ({"type": "string", "format": "uuid"}, Text("Een concept", "A draft")),
    },
    problems={
        "400": Text("De vraag is niet goed", "The request is wrong"),
        "401": Text("De sleutel is niet geldig", "The key is not valid"),
        "404": Text("Bestaat niet", "Does not exist"),
        "503": Text("Nu niet; Retry-After zegt wanneer wel", "Not now; Retry-After says when"),
    },
    write_problems={
        "401": Text(
            "Geen sleutel, of niet die van deze bronhouder", "No key, or not the one of this bronhouder"
        ),
        "412": Text(
            "Bestaat al, is beëindigd, of een ander was eerder",
            "Exists already, has ended, or somebody else came first",
        ),
        "413": Text("Te groot", "Too large"),
        "415": Text("Verkeerde vorm van inhoud", "Wrong media type"),
    },
    answers=schemas.ANSWERS,
    bodies=schemas.BODIES,
    problem=(JSON, "foutrapport"),
    headers=(_header("Content-Crs", "EPSG:28992"),),
    write_headers=(_header("Idempotency-Key", "1…200"), _header("If-Match", "ETag")),
    reads_freely=True,
)  # fmt: skip


def definition(call: Call) -> Response:
    return openapi.definition_of(call, REV, (*DELIVERY, *ROUTES))


def page(call: Call) -> Response:
    return openapi.page_of(call, REV, (*DELIVERY, *ROUTES))


ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/openapi.json", "beschrijving", definition,
        Text("Deze beschrijving", "This description"), "beschrijving", parameters=(LANG,), tag="begin",
    ),
    Route(
        "GET", "/openapi", "pagina", page,
        Text("Deze beschrijving als pagina", "This description as a page"), "pagina", parameters=(LANG,), tag="begin",
    ),
)  # fmt: skip
