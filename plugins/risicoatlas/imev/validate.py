"""Judging a message: every object as the class that its ``entityType`` names, at every level, also below broken ones.

In: the root object of a message. Out: a :class:`Verdict` with the versions in which it is valid and the findings with
their JSONPath. The verdict is that of the published JSON Schema, with two kinds of exception:

* laxer: a void reason is accepted for every voidable attribute; where the value is free text the schema's ``oneOf``
  matches twice, and so refuses it;
* stricter, since it could not be stored: a choice holds one of the attributes that it describes, a date exists,
  coordinates lie inside the area of EPSG:28992, an ``identificatie`` is not empty and used once.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind

from risicoatlas.catalogue import Text
from risicoatlas.imev import model as imev_model
from risicoatlas.imev import schemas
from risicoatlas.imev.findings import JSON_TYPES, Finding, choice, json_path, shown
from risicoatlas.imev.model import ENTITY_TYPE, Attribute, Model

Json = Mapping[str, Any]
MAX_FINDINGS = 500
REGISTER_SETS = ("tijdstipRegistratie", "eindRegistratie")
DATE_TYPES = ("Date", "DateTime")


@dataclass(frozen=True)
class Verdict:
    """``version`` is the one the message is read as; ``findings`` are those of that version, serious ones first."""

    version: str
    valid_in: tuple[str, ...]
    declared: str | None
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        return self.version in self.valid_in

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.serious)


class Validator:
    """Judges messages against one model. Schemas are compiled when a class is first met and kept."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._compiled: dict[tuple[str, str], jsonschema_rs.Validator] = {}
        self._attributes: dict[tuple[str, str], Mapping[str, Attribute]] = {}

    @classmethod
    def of(cls, config: Path) -> "Validator":
        """The validator of a config folder."""
        return cls(imev_model.read(config))

    def judge(self, message: Json) -> Verdict:
        """Judge the root object in every version.

        It is read as the version that its ``comment`` names where it is valid in that one, else as the newest in which
        it is valid; a message valid in none is judged by the one it names, else by the newest.
        """
        found = {version: tuple(self.findings(message, version)) for version in self.model.versions}
        valid_in = tuple(version for version in found if not any(finding.serious for finding in found[version]))
        declared = self._declared(message)
        candidates = valid_in or self.model.versions
        version = declared if declared in candidates else candidates[0]
        if not valid_in and declared:
            version = declared
        findings = sorted(found[version], key=lambda finding: not finding.serious)
        return Verdict(version, valid_in, declared, tuple(findings[:MAX_FINDINGS]))

    def attributes(self, name: str, version: str) -> Mapping[str, Attribute]:
        """The attributes of a class in a version, inherited ones included."""
        key = (version, name)
        if key not in self._attributes:
            self._attributes[key] = self.model.attributes(name, version)
        return self._attributes[key]

    def relation(self, name: str, version: str) -> Attribute | None:
        """The attribute that holds the children of the class."""
        return next((item for item in self.attributes(name, version).values() if self.model.is_relation(item)), None)

    def _declared(self, message: Json) -> str | None:
        comment = message.get("comment")
        lines = [line for line in comment if isinstance(line, str)] if isinstance(comment, list) else []
        named = {version for version in self.model.versions if any(version in line for line in lines)}
        return named.pop() if len(named) == 1 else None

    def findings(self, message: Json, version: str) -> Iterator[Finding]:
        """What is wrong or remarkable in one version, in the order of the message."""
        seen: dict[str, str] = {}
        yield from self._object(message, "$", self.model.roots, version, seen)

    def _object(
        self, value: object, path: str, tops: Sequence[str], version: str, seen: dict[str, str]
    ) -> Iterator[Finding]:
        """Findings of one object that should be one of the classes below ``tops``, and of those under it."""
        if not isinstance(value, dict):
            yield Finding(path, "geen_object", {"found": shown(value)})
            return
        name = value.get(ENTITY_TYPE)
        misplaced = self._misplaced(name, path, tops)
        if misplaced:
            yield misplaced
            relations = [item for key in ("voertUit", "heeft", "resulteertIn") if (item := self._relation_named(key))]
        else:
            yield from self._own(value, str(name), path, version)
            relations = [item for item in [self.relation(str(name), version)] if item]
        yield from _identified(value, path, self.model, seen)
        for relation in relations:
            children = value.get(relation.name)
            for index, child in enumerate(children if isinstance(children, list) else ()):
                yield from self._object(child, f"{path}.{relation.name}[{index}]", (relation.type,), version, seen)

    def _relation_named(self, name: str) -> Attribute | None:
        """A relation of any class by its name, to go on below an object of which the class is not known."""
        attributes = (item for items in self.model.own_attributes.values() for item in items)
        return next((item for item in attributes if item.name == name and self.model.is_relation(item)), None)

    def _misplaced(self, name: object, path: str, tops: Sequence[str]) -> Finding | None:
        allowed = self.model.allowed(*tops)
        if name in allowed:
            return None
        if name is None:
            return Finding(path, "entitytype_ontbreekt", {"expected": choice(allowed)})
        place = f"{path}.{ENTITY_TYPE}"
        item = self.model.classes.get(name) if isinstance(name, str) else None
        sort = self.model.sort(item.name) if item else None
        if item is None or sort is None:
            near = difflib.get_close_matches(str(name), allowed, n=1)
            values = {"found": shown(name), "expected": near[0] if near else choice(allowed)}
            return Finding(place, "entitytype_onbekend", values)
        if not item.in_message:
            return Finding(place, "niet_in_bericht", {"found": item.name, "names": choice(allowed)})
        expected = choice([self.model.sorts[top] for top in tops])
        values = {"found": item.name, "sort": sort, "expected": expected, "names": choice(allowed)}
        return Finding(place, "verkeerde_plaats", values)

    def _own(self, value: Json, name: str, path: str, version: str) -> Iterator[Finding]:
        """Findings of the object itself, its children left out."""
        relation = self.relation(name, version)
        judged = dict(value)
        if relation and isinstance(judged.get(relation.name), list):
            judged[relation.name] = [None] * len(judged[relation.name])
        key = (version, name)
        if key not in self._compiled:
            self._compiled[key] = schemas.compile_class(self.model, name, version)
        errors = list(self._compiled[key].iter_errors(judged))
        for error in errors:
            yield from _translated(error, path, name, version, self)
        broken = {error.instance_path[0] for error in errors if error.instance_path}
        for attribute in self.attributes(name, version).values():
            if attribute.name in value and attribute.name not in broken:
                yield from self._beyond(attribute, value[attribute.name], f"{path}.{attribute.name}", version)

    def _beyond(self, attribute: Attribute, value: object, path: str, version: str) -> Iterator[Finding]:
        """What a JSON Schema does not say of a value that fits it."""
        if attribute.voidable and value in self.model.void_reasons:
            return
        if attribute.name in REGISTER_SETS:
            yield Finding(path, "registratie_door_bron", {"name": attribute.name}, serious=False)
        if isinstance(value, str) and attribute.type in DATE_TYPES and not _exists(value):
            yield Finding(path, "datum", {"found": shown(value)})
        elif isinstance(value, dict) and attribute.type in self.model.geometries:
            yield from _outside(value["coordinates"], f"{path}.coordinates", self.model.rd)
        elif attribute.type in self.model.classes and isinstance(value, dict):
            inner = self.attributes(attribute.type, version)
            for key, item in value.items():
                if key in inner:
                    yield from self._beyond(inner[key], item, f"{path}.{key}", version)
                else:
                    values = {"name": key, "owner": attribute.type}
                    yield Finding(json_path(path, [key]), "extra_kenmerk", values, serious=False)


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return False
    return True


def flat_identification(value: Json) -> str | None:
    """``NL.IMEV.<lokaalID>`` of an object, None where its identificatie is not usable."""
    given = value.get("identificatie")
    if not isinstance(given, dict):
        return None
    parts = [part for key in ("namespace", "lokaalID") if isinstance(part := given.get(key), str) and part.strip()]
    return ".".join(parts) if len(parts) == 2 else None


def _identified(value: Json, path: str, model: Model, seen: dict[str, str]) -> Iterator[Finding]:
    given = value.get("identificatie")
    if not isinstance(given, dict):
        return
    for key in ("namespace", "lokaalID"):
        if isinstance(given.get(key), str) and not given[key].strip():
            yield Finding(f"{path}.identificatie.{key}", "leeg")
    flat = flat_identification(value)
    if flat is None:
        return
    if flat in seen:
        yield Finding(f"{path}.identificatie", "dubbele_identificatie", {"found": flat, "expected": seen[flat]})
    seen.setdefault(flat, path)
    if given["namespace"] != model.namespace:
        place = f"{path}.identificatie.namespace"
        values = {"found": shown(given["namespace"]), "expected": model.namespace}
        yield Finding(place, "andere_namespace", values, serious=False)
    if isinstance(value.get("id"), str) and value["id"] != flat and not value["id"].startswith(f"{flat}."):
        yield Finding(f"{path}.id", "ander_id", {"found": value["id"], "expected": flat}, serious=False)


def _outside(coordinates: list[Any], path: str, rd: imev_model.RdArea) -> Iterator[Finding]:
    """The first coordinate of a geometry that lies outside the area; its own JSONPath."""
    if not coordinates:
        return
    if not isinstance(coordinates[0], list):
        x, y = coordinates[:2]
        if not rd.holds(x, y):
            area = f"x {rd.x_min:.0f}…{rd.x_max:.0f}, y {rd.y_min:.0f}…{rd.y_max:.0f}"
            values = {"found": shown(coordinates), "expected": area, "hint": _likely(x, y, rd)}
            yield Finding(path, "buiten_rd", values)
        return
    if _all_inside(coordinates, rd):
        return
    for index, item in enumerate(coordinates):
        found = next(_outside(item, f"{path}[{index}]", rd), None)
        if found:
            yield found
            return


def _all_inside(positions: list[Any], rd: imev_model.RdArea) -> bool:
    """Whether these are positions that all lie in the area, by their extremes: most geometries end here."""
    if not positions[0] or isinstance(positions[0][0], list):
        return False
    xs = [position[0] for position in positions]
    ys = [position[1] for position in positions]
    return rd.holds(min(xs), min(ys)) and rd.holds(max(xs), max(ys))


def _likely(x: float, y: float, rd: imev_model.RdArea) -> Text | str:
    if 3 <= x <= 8 and 50 <= y <= 54:
        return Text(": dit lijken graden (lengte, breedte)", ": these look like degrees (longitude, latitude)")
    if 3 <= y <= 8 and 50 <= x <= 54:
        return Text(": dit lijken graden (breedte, lengte)", ": these look like degrees (latitude, longitude)")
    if rd.holds(y, x):
        return Text(": x en y lijken verwisseld", ": x and y seem to be swapped")
    return ""


def _translated(
    error: jsonschema_rs.ValidationError, base: str, name: str, version: str, validator: Validator
) -> Iterator[Finding]:
    """A schema error in our words; the place is the attribute itself, also where it is missing or unknown."""
    path = json_path(base, error.instance_path)
    found = shown(error.instance)
    match error.kind:
        case ValidationErrorKind.Required(missing):
            yield Finding(json_path(path, [missing]), "ontbreekt", {"name": missing})
        case ValidationErrorKind.AdditionalProperties(unexpected) if not error.instance_path:
            for unknown in unexpected:
                yield _unknown(unknown, path, name, version, validator)
        case (
            ValidationErrorKind.AdditionalProperties()
            | ValidationErrorKind.MinProperties()
            | ValidationErrorKind.MaxProperties()
        ):
            yield Finding(path, "keuze", {"expected": choice(_choices(error, validator, name, version))})
        case ValidationErrorKind.Type(types):
            yield Finding(path, "type", {"found": found, "expected": _expected_type(error, types, validator)})
        case ValidationErrorKind.Pattern(pattern):
            values = {"found": found, "expected": validator.model.pattern_texts.get(pattern, pattern)}
            yield Finding(path, "patroon", values)
        case kind:
            yield Finding(path, *_plain(kind, error.instance, error.message))


def _unknown(unknown: str, path: str, name: str, version: str, validator: Validator) -> Finding:
    near = difflib.get_close_matches(unknown, validator.attributes(name, version), n=1)
    hint = Text(f"; bedoeld is misschien {near[0]}", f"; perhaps {near[0]} is meant") if near else ""
    values = {"name": unknown, "owner": name, "version": version, "hint": hint}
    return Finding(json_path(path, [unknown]), "onbekend_kenmerk", values)


def _choices(error: jsonschema_rs.ValidationError, validator: Validator, name: str, version: str) -> Sequence[str]:
    """The attributes of the choice that the error is about, found along its path."""
    owner = name
    for step in error.instance_path:
        attribute = validator.attributes(owner, version).get(step) if isinstance(step, str) else None
        if attribute:
            owner = attribute.type
    return list(validator.attributes(owner, version))


def _expected_type(error: jsonschema_rs.ValidationError, types: Sequence[str], validator: Validator) -> Text:
    expected = JSON_TYPES[types[0]]
    if error.schema_path[-2:-1] != ["else"]:
        return expected
    reasons = ", ".join(validator.model.void_reasons)
    return Text(f"{expected.nl} of een van {reasons}", f"{expected.en} or one of {reasons}")


def _plain(kind: ValidationErrorKind, value: object, message: str) -> tuple[str, Mapping[str, str | Text]]:
    """Code and values of an error whose limit stands in the schema itself."""
    found = shown(value)
    match kind:
        case ValidationErrorKind.Enum(options):
            listed = [str(option) for option in options] if isinstance(options, list) else [str(options)]
            return "code", {"found": found, "expected": choice(listed)}
        case ValidationErrorKind.Constant(expected):
            return "vaste_waarde", {"found": found, "expected": shown(expected)}
        case ValidationErrorKind.Minimum(limit) | ValidationErrorKind.Maximum(limit):
            return kind.name, {"found": found, "expected": str(limit)}
        case ValidationErrorKind.MinItems(limit):
            return "te_weinig", {"found": str(len(value) if isinstance(value, list) else 0), "expected": str(limit)}
        case ValidationErrorKind.UniqueItems():
            return "dubbele_waarde", {}
        case _:
            return "overig", {"found": message}
