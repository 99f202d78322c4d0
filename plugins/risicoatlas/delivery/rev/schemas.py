"""The JSON Schemas of the REV delivery (2020-12), after the description of the REV API.

The searches are what requests are checked with. A message is judged by the information model itself.
"""

from typing import Any

from risicoatlas.delivery.schemas import MAYBE_TEXT, TEXT, WHOLE, closed
from risicoatlas.imev.schemas import COORDINATES

Schema = dict[str, Any]

GEOMETRY: Schema = {
    "oneOf": [
        closed(["type", "coordinates"], type={"const": name}, coordinates=shape) for name, shape in COORDINATES.items()
    ],
    "description": "EPSG:28992",
}
MOMENT: Schema = {"type": "string", "maxLength": 40}
BUILDINGS = ("KwetsbaarGebouw", "KwetsbareLocatie")
# What an object is to be called, wherever it is named.
IDENTIFICATION: Schema = {"type": "string"}
MESSAGE: Schema = {
    "type": "object",
    "required": ["entityType", "identificatie", "bronhoudercode", "beginGeldigheid"],
    "properties": {
        "entityType": TEXT,
        "identificatie": {"type": "object"},
        "bronhoudercode": TEXT,
        "beginGeldigheid": TEXT,
    },
    "description": "IMEV 3.0.2 of 3.0.1",
}
BODIES: dict[str, Schema] = {
    "bericht": MESSAGE,
    "zoekvraag": closed(
        [],
        geometrie=GEOMETRY,
        featureTypes={"type": "array", "items": {"type": "string", "maxLength": 100}, "minItems": 1, "maxItems": 100},
        tijdstipRegistratie=MOMENT,
        tijdstipGeldigheid=MOMENT,
        includeCorrected={"type": "boolean"},
        bronhoudercode={"type": "string", "maxLength": 20},
    ),
    "zoekvraagGebouw": closed(
        ["geometrie", "featureType"],
        geometrie=GEOMETRY,
        featureType={"type": "string", "enum": list(BUILDINGS)},
        tijdstipRegistratie=MOMENT,
        tijdstipGeldigheid=MOMENT,
        bronhoudercode={"type": "string", "maxLength": 20},
    ),
    "delen": closed(
        ["organisaties"],
        organisaties={"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 50},
    ),
}


def _answer(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _many(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_FAULT: Schema = {
    "type": "object",
    "properties": {"key": TEXT, "location": TEXT, "error": TEXT, "identification": TEXT},
    "required": ["key", "location", "error"],
}
_LINK = _answer(registrationId={"type": "integer"}, identificatie=IDENTIFICATION, link=TEXT)
_DRAFT = _answer(
    id=TEXT,
    link=TEXT,
    bronhoudercode=TEXT,
    identificatie=IDENTIFICATION,
    nieuw={"type": "boolean"},
    registrationId={"type": ["integer", "null"]},
    bestand=MAYBE_TEXT,
    gemaaktOp=TEXT,
    gepubliceerdOp=MAYBE_TEXT,
    gedeeldMet={"type": "array", "items": TEXT},
    meldingen=_many("fout"),
)
_PAGED: Schema = {
    "_links": {"type": "object", "additionalProperties": TEXT},
    "page": _answer(number=WHOLE, size=WHOLE, totalElements=WHOLE, totalPages=WHOLE),
}
ANSWERS: dict[str, Schema] = {
    "bericht": MESSAGE,
    "berichten": _many("bericht"),
    "link": _LINK,
    "geregistreerd": {
        **_LINK,
        "properties": {
            **_LINK["properties"],
            "registrationId": {"type": ["integer", "null"], "description": "Leeg als alleen is gevalideerd"},
            "object": {"$ref": "#/components/schemas/bericht"},
            "meldingen": _many("fout"),
        },
    },
    "links": _answer(_embedded=_answer(results=_many("link")), **_PAGED),
    "historie": _answer(_embedded=_answer(results=_many("registratie"))),
    "registratie": {
        "allOf": [
            {"$ref": "#/components/schemas/link"},
            _answer(beginRegistratie=TEXT, eindRegistratie=MAYBE_TEXT, corrected={"type": "boolean"}),
        ]
    },
    "fout": _FAULT,
    "concept": {
        **_DRAFT,
        "properties": {
            **_DRAFT["properties"],
            "gevolgen": {
                "type": "array",
                "items": _answer(laag=TEXT, toegevoegd=WHOLE, beeindigd=WHOLE, gelijk=WHOLE),
            },
            "object": {"$ref": "#/components/schemas/bericht"},
        },
    },
    "concepten": _answer(_embedded=_answer(results={"type": "array", "items": _DRAFT})),
    "beschrijving": {"type": "object"},
    "pagina": TEXT,
    "foutrapport": _answer(
        title=TEXT,
        status=TEXT,
        timestamp=TEXT,
        message=TEXT,
        reports={"type": "array", "items": _answer(message=TEXT, errors=_many("fout"), context={"type": "object"})},
    ),
}
