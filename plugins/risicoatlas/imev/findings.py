"""What is wrong with a message, or worth saying of it: a place, what was found there and what would be right.

A finding is a code with values; its sentence is made in the reader's language. ``path`` is a JSONPath from ``$``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from risicoatlas.catalogue import Text

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHOWN_CHARACTERS = 60

TEXTS: Mapping[str, Text] = {
    "geen_object": Text(
        "gevonden {found}, verwacht een object met entityType", "found {found}, expected an object with entityType"
    ),
    "entitytype_ontbreekt": Text(
        "entityType ontbreekt: verwacht {expected}", "entityType is missing: expected {expected}"
    ),
    "entitytype_onbekend": Text(
        "entityType {found} bestaat niet in IMEV: verwacht {expected}",
        "entityType {found} does not exist in IMEV: expected {expected}",
    ),
    "verkeerde_plaats": Text(
        "{found} ({sort}) hoort hier niet: verwacht: {expected} ({names})",
        "{found} ({sort}) does not belong here: expected: {expected} ({names})",
    ),
    "niet_in_bericht": Text(
        "{found} bestaat in het model maar mag niet in een bericht: verwacht {names}",
        "{found} exists in the model but may not occur in a message: expected {names}",
    ),
    "ontbreekt": Text("het verplichte kenmerk {name} ontbreekt", "the required attribute {name} is missing"),
    "onbekend_kenmerk": Text(
        "kenmerk {name} bestaat niet bij {owner} in IMEV {version}{hint}",
        "attribute {name} does not exist on {owner} in IMEV {version}{hint}",
    ),
    "type": Text("gevonden {found}, verwacht {expected}", "found {found}, expected {expected}"),
    "code": Text("gevonden {found}, verwacht een van: {expected}", "found {found}, expected one of: {expected}"),
    "vaste_waarde": Text(
        "gevonden {found}, verwacht de vaste waarde {expected}", "found {found}, expected the fixed value {expected}"
    ),
    "patroon": Text(
        "gevonden {found}, verwacht tekst van de vorm {expected}", "found {found}, expected text of the form {expected}"
    ),
    "minimum": Text("gevonden {found}, verwacht ten minste {expected}", "found {found}, expected at least {expected}"),
    "maximum": Text("gevonden {found}, verwacht ten hoogste {expected}", "found {found}, expected at most {expected}"),
    "te_weinig": Text(
        "{found} waarden, verwacht ten minste {expected}", "{found} values, expected at least {expected}"
    ),
    "dubbele_waarde": Text("een waarde komt dubbel voor in de lijst", "a value occurs twice in the list"),
    "keuze": Text("verwacht precies één van: {expected}", "expected exactly one of: {expected}"),
    "datum": Text("{found} is geen bestaande datum of tijd", "{found} is not an existing date or time"),
    "leeg": Text("mag niet leeg zijn", "must not be empty"),
    "dubbele_identificatie": Text(
        "identificatie {found} is in dit bericht al gebruikt bij {expected}",
        "identificatie {found} is used before in this message, at {expected}",
    ),
    "buiten_rd": Text(
        "coördinaat {found} ligt buiten het gebied van EPSG:28992 ({expected}){hint}",
        "coordinate {found} lies outside the area of EPSG:28992 ({expected}){hint}",
    ),
    "extra_kenmerk": Text(
        "kenmerk {name} is onbekend bij {owner}; het wordt bewaard",
        "attribute {name} is unknown on {owner}; it is kept",
    ),
    "andere_namespace": Text("namespace {found}, gebruikelijk is {expected}", "namespace {found}, usual is {expected}"),
    "ander_id": Text(
        "id is {found}, de identificatie geeft {expected}", "id is {found}, identificatie gives {expected}"
    ),
    "registratie_door_bron": Text(
        "{name} wordt door het register gezet; de aangeleverde waarde wordt bewaard maar niet gebruikt",
        "{name} is set by the register; the delivered value is kept but not used",
    ),
    "geen_vlak": Text(
        "de contour heeft geen oppervlak ({found}) en staat dus niet in een vlakkenlaag",
        "the contour has no area ({found}) and so is in no polygon layer",
    ),
    "overig": Text("{found}", "{found}"),
}
JSON_TYPES: Mapping[str, Text] = {
    "string": Text("tekst", "text"),
    "number": Text("een getal", "a number"),
    "integer": Text("een geheel getal", "a whole number"),
    "boolean": Text("true of false", "true or false"),
    "array": Text("een lijst", "a list"),
    "object": Text("een object", "an object"),
}


@dataclass(frozen=True)
class Finding:
    """``serious`` findings refuse the message, the others are only told."""

    path: str
    code: str
    values: Mapping[str, str | Text] = field(default_factory=dict)
    serious: bool = True

    def text(self, language: str = "nl") -> str:
        """The sentence, without the path."""
        words = {key: value.get(language) if isinstance(value, Text) else value for key, value in self.values.items()}
        return TEXTS[self.code].get(language).format_map(words)

    def __str__(self) -> str:
        return f"{self.path}: {self.text('en')}"


def json_path(base: str, steps: Sequence[str | int]) -> str:
    """``base`` with steps added: ``$.voertUit[0].heeft``; a name that is no plain word is quoted."""
    parts = [base]
    for step in steps:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _PLAIN_NAME.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append(f"[{json.dumps(step, ensure_ascii=False)}]")
    return "".join(parts)


def shown(value: object) -> str:
    """A value as JSON, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def choice(names: Sequence[str], most: int = 8) -> str:
    """Names for a sentence; a long list is cut visibly."""
    return ", ".join(names[:most]) + (f", … ({len(names)})" if len(names) > most else "")
