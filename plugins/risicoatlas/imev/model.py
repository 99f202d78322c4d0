"""The information model as typed values, read from ``config/imev``.

In: the config folder. Out: a frozen :class:`Model`. A file that cannot be used stops the start with ``file:line``.
Nothing here names a class or an attribute of IMEV: a new one is a row.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.catalogue import Text
from risicoatlas.errors import ConfigError

ENTITY_TYPE = "entityType"
YES_NO = {"ja": True, "nee": False}
# cardinality -> (required, list, least number of items)
CARDINALITY = {"1": (True, False, 0), "0..1": (False, False, 0), "0..*": (False, True, 0), "1..*": (True, True, 1)}


@dataclass(frozen=True)
class Attribute:
    """One attribute; ``pattern`` is found anywhere in the text, bounds are inclusive, no ``versions`` means all."""

    name: str
    type: str
    required: bool
    many: bool
    least: int
    unique: bool
    voidable: bool
    unit: str
    minimum: float | None
    maximum: float | None
    pattern: str | None
    constant: str | None
    versions: tuple[str, ...]


@dataclass(frozen=True)
class ObjectClass:
    """A class (``object``) or data type (``gegevens``, or ``keuze`` of which exactly one attribute is given)."""

    name: str
    supertype: str | None
    kind: str
    in_message: bool
    family: str | None
    area_type: str | None


@dataclass(frozen=True)
class Activity:
    """What the Bkl says of an activity class: its code, its id in the DSO (``id_activiteit_tr``), a short name."""

    bkl_code: str
    id_activity: str
    name: str
    seveso: bool


@dataclass(frozen=True)
class RdArea:
    """The rectangle in metres (EPSG:28992) in which coordinates must lie."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def holds(self, x: float, y: float) -> bool:
        return self.x_min <= x <= self.x_max and self.y_min <= y <= self.y_max


@dataclass(frozen=True)
class Model:
    """The whole of it. Names are those of IMEV; ``versions`` newest first."""

    versions: tuple[str, ...]
    namespace: str
    roots: tuple[str, ...]
    sorts: Mapping[str, str]
    void_reasons: tuple[str, ...]
    types: Mapping[str, Mapping[str, str]]
    geometries: Mapping[str, tuple[str, ...]]
    rd: RdArea
    classes: Mapping[str, ObjectClass]
    own_attributes: Mapping[str, tuple[Attribute, ...]]
    code_lists: Mapping[str, tuple[str, ...]]
    activities: Mapping[str, Activity]
    # a pattern in words, for people
    pattern_texts: Mapping[str, Text]

    def line(self, name: str) -> Iterator[ObjectClass]:
        """The class and those above it, itself first."""
        current: str | None = name
        while current:
            item = self.classes[current]
            yield item
            current = item.supertype

    def sort(self, name: str) -> str | None:
        """locatie, activiteit, referentie, contour or gebouw; None for a class that is none of these."""
        return next((self.sorts[item.name] for item in self.line(name) if item.name in self.sorts), None)

    def allowed(self, *tops: str) -> tuple[str, ...]:
        """The classes below (or equal to) one of ``tops`` that may occur in a message."""
        return tuple(
            name
            for name, item in self.classes.items()
            if item.in_message and any(above.name in tops for above in self.line(name))
        )

    def attributes(self, name: str, version: str) -> Mapping[str, Attribute]:
        """Every attribute of the class in that version, inherited ones first; a subclass may narrow one."""
        found: dict[str, Attribute] = {}
        for item in reversed(list(self.line(name))):
            for attribute in self.own_attributes.get(item.name, ()):
                if not attribute.versions or version in attribute.versions:
                    found[attribute.name] = attribute
        return found

    def is_relation(self, attribute: Attribute) -> bool:
        """Whether the attribute holds objects of their own, with an ``entityType``."""
        item = self.classes.get(attribute.type)
        return item is not None and item.kind == "object"


@cache
def read(config: Path) -> Model:
    """Read ``config/imev``; the same folder is read once per process."""
    folder = config / "imev"
    data = _yaml(folder / "model.yaml")
    code_lists: dict[str, list[str]] = {}
    for row in _rows(folder / "codelijsten.csv", lambda row: row):
        code_lists.setdefault(row["codelijst"], []).append(row["waarde"])
    attributes: dict[str, list[Attribute]] = {}
    for owner, attribute in _rows(folder / "attributen.csv", _attribute):
        attributes.setdefault(owner, []).append(attribute)
    try:
        model = Model(
            versions=tuple(data["versies"]),
            namespace=data["namespace"],
            roots=tuple(data["wortels"]),
            sorts=data["soorten"],
            void_reasons=tuple(code_lists[data["geen_waarde"]]),
            types=data["typen"],
            geometries={name: tuple(types) for name, types in data["geometrie"].items()},
            rd=RdArea(**data["rd"]),
            classes={item.name: item for item in _rows(folder / "klassen.csv", _object_class)},
            own_attributes={owner: tuple(items) for owner, items in attributes.items()},
            code_lists={name: tuple(values) for name, values in code_lists.items()},
            activities=dict(_rows(folder / "activiteiten.csv", _activity)),
            pattern_texts=dict(_rows(folder / "patronen.csv", _pattern_text)),
        )
    except (KeyError, TypeError) as error:
        raise ConfigError(folder / "model.yaml", None, f"missing or wrong: {error}") from error
    _refuse_unknown_names(folder, model)
    return model


def _yaml(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    return data


def _rows[T](path: Path, make: Callable[[dict[str, str]], T]) -> list[T]:
    made = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            for row in reader:
                try:
                    made.append(make(row))
                except (KeyError, ValueError, AttributeError, TypeError) as error:
                    raise ConfigError(path, reader.line_num, f"the row cannot be used: {error}") from error
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    return made


def _attribute(row: dict[str, str]) -> tuple[str, Attribute]:
    required, many, least = CARDINALITY[row["kardinaliteit"]]
    return row["klasse"], Attribute(
        name=row["attribuut"],
        type=row["type"],
        required=required,
        many=many,
        least=least,
        unique=YES_NO[row["uniek"]],
        voidable=YES_NO[row["voidable"]],
        unit=row["eenheid"],
        minimum=_number(row["min"]),
        maximum=_number(row["max"]),
        pattern=row["patroon"] or None,
        constant=row["vaste_waarde"] or None,
        versions=tuple(row["versies"].split()),
    )


def _number(text: str) -> float | None:
    """A bound as it was written, so that a sentence says 10 and not 10.0."""
    if not text:
        return None
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _object_class(row: dict[str, str]) -> ObjectClass:
    return ObjectClass(
        name=row["klasse"],
        supertype=row["supertype"] or None,
        kind={"object": "object", "gegevens": "gegevens", "keuze": "keuze"}[row["soort"]],
        in_message=YES_NO[row["in_bericht"]],
        family=row["familie"] or None,
        area_type=row["gebied"] or None,
    )


def _pattern_text(row: dict[str, str]) -> tuple[str, Text]:
    return row["patroon"], Text(row["nl"], row["en"])


def _activity(row: dict[str, str]) -> tuple[str, Activity]:
    return row["klasse"], Activity(row["bkl_code"], row["id_activiteit_tr"], row["naam"], YES_NO[row["seveso"]])


def _refuse_unknown_names(folder: Path, model: Model) -> None:
    """Every type, owner, supertype and version that is named must be described."""
    known = {*model.classes, *model.code_lists, *model.types, *model.geometries}
    for item in model.classes.values():
        if item.supertype and item.supertype not in model.classes:
            raise ConfigError(folder / "klassen.csv", None, f"{item.name}: supertype {item.supertype} is not a class")
    path = folder / "attributen.csv"
    for owner, attributes in model.own_attributes.items():
        if owner not in model.classes:
            raise ConfigError(path, None, f"class {owner} is not in klassen.csv")
        for attribute in attributes:
            if attribute.type not in known:
                raise ConfigError(path, None, f"{owner}.{attribute.name}: type {attribute.type} is not described")
            if unknown := set(attribute.versions) - set(model.versions):
                raise ConfigError(path, None, f"{owner}.{attribute.name}: unknown version {unknown.pop()}")
    for name in (*model.roots, *model.sorts, *model.activities):
        if name not in model.classes:
            raise ConfigError(folder / "model.yaml", None, f"class {name} is not in klassen.csv")
