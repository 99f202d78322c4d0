"""The JSON Schemas of the delivery API (2020-12): what a body may hold, and what answers look like.

The bodies are what requests are checked with, so that the description cannot say something else.
"""

from typing import Any

from risicoatlas.kgl import reading

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
PAND: Schema = {"type": "string", "pattern": "^[0-9]{16}$"}
CODE: Schema = {"type": "string", "pattern": "^GM[0-9]{4}$"}
# A text with more in it than blanks.
REASON: Schema = {"type": "string", "maxLength": 2000, "pattern": "\\S"}
FUNCTION: Schema = {"type": "string", "minLength": 1, "maxLength": 60}
CATEGORY: Schema = {"type": "string", "enum": list(reading.CATEGORIES)}
MAYBE_CATEGORY: Schema = {"type": ["string", "null"], "enum": [*reading.CATEGORIES, None]}
COUNTS: Schema = {"type": "object", "additionalProperties": WHOLE}
# What a municipality decides on proposed changes.
DECISIONS = ("goedkeuren", "afwijzen")
CHANGE_STATES = ("wacht", "overgenomen", "goedgekeurd", "afgewezen", "gepubliceerd", "behouden", "achterhaald")


def closed(required: list[str], **properties: Schema) -> Schema:
    """An object that holds these members and no others."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _answer(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _many(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _page(member: str, name: str) -> Schema:
    return _answer(**{member: _many(name), "links": _many("link")})


BODIES: dict[str, Schema] = {
    "leeg": closed([]),
    "variant": closed(["variant"], variant={"type": "string", "enum": list(reading.VARIANTS)}),
    "validatie": closed(
        ["functies"],
        functies={
            "oneOf": [
                {"const": "alle"},
                {"type": "array", "items": FUNCTION, "minItems": 1, "maxItems": 50, "uniqueItems": True},
            ],
            "description": "De gebruiksfuncties, of alle",
        },
        gevalideerd={**FLAG, "default": True, "description": "false trekt de validatie weer in"},
    ),
    "publicatie": {
        **closed(
            [],
            functie={**FUNCTION, "description": "Alleen de gebouwen met deze gebruiksfunctie"},
            panden={
                "type": "array", "items": PAND, "minItems": 1, "maxItems": 1000, "uniqueItems": True,
                "description": "Alleen deze gebouwen",
            },
        ),
        "maxProperties": 1,
    },
    "intrekking": closed(["reden"], reden=REASON),
    "correctie": closed(["categorie", "reden"], categorie=CATEGORY, reden=REASON),
    "besluit": closed(
        ["besluit"],
        besluit={"type": "string", "enum": list(DECISIONS)},
        nummers={
            "type": "array", "items": WHOLE, "minItems": 1, "maxItems": 1000, "uniqueItems": True,
            "description": "Alleen deze wijzigingen; zonder nummers en functie alle aangeboden",
        },
        functie={**FUNCTION, "description": "Alleen de wijzigingen met deze gebruiksfunctie"},
    ) | {"not": {"required": ["nummers", "functie"]}},
}  # fmt: skip

_FUNCTION_STATE = _answer(
    functie=TEXT,
    gebouwen=WHOLE,
    per_categorie=COUNTS,
    gevalideerd_op=MOMENT,
    gevalideerd_door=MAYBE_TEXT,
    opnieuw_valideren=FLAG,
)
_STATE = _answer(
    gemeentecode=TEXT, naam=MAYBE_TEXT, toestand={"type": "string", "enum": list(reading.STATES)},
    variant={"type": "string", "enum": list(reading.VARIANTS)}, overgenomen_op=MOMENT, gevalideerd_op=MOMENT,
    gepubliceerd_op=MOMENT, ingetrokken_op=MOMENT, validatie_gevraagd_op=MOMENT, wijzigingen=WHOLE,
    gebeurtenissen=WHOLE, gebouwen=WHOLE,
    per_categorie=COUNTS,
    voortgang=_answer(functies=WHOLE, gevalideerd=WHOLE),
    correcties=_answer(geldend=WHOLE, concept=WHOLE, voorstel_gewijzigd=WHOLE),
    functies={"type": "array", "items": _FUNCTION_STATE}, links=_many("link"),
)  # fmt: skip
_CORRECTION = _answer(
    nummer=WHOLE, voorstel=MAYBE_CATEGORY, categorie=CATEGORY, reden=TEXT, bron=TEXT, sleutel_id=MAYBE_TEXT,
    organisatie=MAYBE_TEXT, tijdstip=MOMENT, gepubliceerd_op=MOMENT, vervallen_op=MOMENT, vervallen_door=MAYBE_TEXT,
)  # fmt: skip
_VERDICT = _answer(
    functie=TEXT, categorie=CATEGORY, regel=TEXT, artikel=TEXT, reden=TEXT, reden_en=TEXT, invoer={"type": "object"}
)
_ROW = _answer(
    pand=TEXT, identificatie=TEXT, categorie=CATEGORY, voorstel=CATEGORY, functie=MAYBE_TEXT, regel=TEXT,
    waarschuwingen={"type": "array", "items": TEXT}, geldt_voor=MAYBE_TEXT, correctie=MAYBE_CATEGORY,
    voorstel_gewijzigd=FLAG, concept=FLAG, vastgesteld=MAYBE_CATEGORY, href=TEXT,
)  # fmt: skip
_BUILDING = _answer(
    pand=TEXT, identificatie=TEXT, gemeentecode=TEXT, pandstatus=TEXT, categorie=CATEGORY,
    voorstel={"type": "object"}, functies={"type": "array", "items": _VERDICT},
    adressen={"type": "array", "items": {"type": "object"}},
    correctie={"oneOf": [{"$ref": "#/components/schemas/correctie"}, {"type": "null"}]},
    voorstel_gewijzigd=FLAG, concept=FLAG, vastgesteld={"type": ["object", "null"]},
    geschiedenis=_many("correctie"), links=_many("link"),
)  # fmt: skip
ANSWERS: dict[str, Schema] = {
    "link": {"type": "object", "properties": {"href": TEXT, "rel": TEXT}, "required": ["href", "rel"]},
    "begin": _answer(rol=TEXT, organisatie=MAYBE_TEXT, gemeenten=_many("gemeente"), links=_many("link")),
    "gemeente": _answer(gemeentecode=TEXT, naam=MAYBE_TEXT, mag_wijzigen=FLAG, href=TEXT),
    "stand": _STATE,
    "gepubliceerd": {
        **_STATE,
        "properties": {
            **_STATE["properties"],
            "publicatie": {"type": ["integer", "null"], "description": "Nummer; leeg als er niets veranderde"},
            "gewijzigd": WHOLE,
        },
    },
    "correctie": _CORRECTION,
    "correcties": _answer(
        correcties={
            "type": "array",
            "items": {
                "allOf": [
                    {"$ref": "#/components/schemas/correctie"},
                    _answer(pand=TEXT, voorstel_nu=MAYBE_CATEGORY, gebouw_aanwezig=FLAG, concept=FLAG),
                ]
            },
        },
        links=_many("link"),
    ),
    "gebouw": _BUILDING,
    "gebouwregel": _ROW,
    "gebouwen": _page("gebouwen", "gebouwregel"),
    "gebeurtenis": _answer(
        nummer=WHOLE, soort=TEXT, tijdstip=MOMENT, sleutel_id=MAYBE_TEXT, organisatie=MAYBE_TEXT,
        gegevens={"type": "object"},
    ),
    "gebeurtenissen": _page("gebeurtenissen", "gebeurtenis"),
    "wijziging": _answer(
        nummer=WHOLE, run=WHOLE, gemeentecode=TEXT, pand=TEXT, functie=MAYBE_TEXT,
        soort={"type": "string", "enum": ["toegevoegd", "vervallen", "herzien"]}, oude_categorie=MAYBE_CATEGORY,
        nieuwe_categorie=MAYBE_CATEGORY, oude_regel=MAYBE_TEXT, nieuwe_regel=MAYBE_TEXT,
        status={"type": "string", "enum": list(CHANGE_STATES)}, aangeboden_op=MOMENT, besloten_op=MOMENT,
        organisatie=MAYBE_TEXT,
    ),
    "wijzigingen": _page("wijzigingen", "wijziging"),
    "besloten": {
        **_STATE,
        "properties": {
            **_STATE["properties"],
            "publicatie": {"type": ["integer", "null"], "description": "Nummer; leeg als er niets veranderde"},
            "besloten": WHOLE,
            "achterhaald": {**WHOLE, "description": "Sinds het voorstel gewijzigd: wacht op de volgende run"},
        },
    },
    "bestand": TEXT,
    "lijstregel": _answer(
        nummer=WHOLE, pand=TEXT, verblijfsobject=MAYBE_TEXT, detail=MAYBE_TEXT, reden=MAYBE_TEXT,
        toegevoegd_door=TEXT, toegevoegd_op=MOMENT,
    ),
    "lijst": _page("regels", "lijstregel"),
    "weigering": _answer(regel=WHOLE, gevonden=TEXT, verwacht=TEXT),
    "lijstverslag": _answer(
        gelezen=WHOLE, toegevoegd=WHOLE, ongewijzigd=WHOLE, vervallen=WHOLE, geweigerd=_many("weigering"),
        labels_gewijzigd=WHOLE,
    ),
    "beschrijving": {"type": "object"},
    "pagina": TEXT,
    "problem": {
        "type": "object",
        "properties": {
            "title": TEXT, "status": WHOLE, "detail": TEXT, "code": TEXT, "parameter": MAYBE_TEXT,
            "regels": _many("weigering"),
        },
        "required": ["title", "status", "detail"],
    },
}  # fmt: skip
