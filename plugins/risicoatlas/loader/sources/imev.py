"""IMEV messages: one file is one message, with one root object and up to four levels below each other.

A message is wholly loaded or wholly refused, and every finding has its JSONPath. An object that was there under the
same root gets ``eind_registratie``, the new one ``tijdstip_registratie``: the register's own time, whatever the
message says.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from risicoatlas.imev import message as messages
from risicoatlas.imev.findings import Finding
from risicoatlas.imev.model import ENTITY_TYPE, Model
from risicoatlas.imev.objects import Row, fingerprint, rows
from risicoatlas.imev.validate import Validator, Verdict, flat_identification
from risicoatlas.loader.source import Load
from risicoatlas.settings import Settings

TABLE = "imev_object"
SUBJECT = "imev"
MESSAGE = "bericht"
HEAD_BYTES = 1 << 18
_ENTITY_TYPE = re.compile(rb'"entityType"\s*:\s*"([A-Za-z0-9_.]{1,100})"')
COLUMNS = (
    "volgorde",
    "ouder",
    "plaats",
    "identificatie",
    "soort",
    "entity_type",
    "bronhoudercode",
    "bronhouder",
    "begin_geldigheid",
    "eind_geldigheid",
    "kenmerken",
    "geen_waarde",
    "geometrie",
    "dimensie",
    "hersteld",
    "afstand_m",
    "imev_versie",
    "waarde_hash",
    "inhoud",
)


@dataclass(frozen=True)
class Judged:
    """A message as it was delivered, with what is to be said of it."""

    message: Mapping[str, Any]
    verdict: Verdict


def judge(content: bytes, path: Path | str, settings: Settings) -> Judged:
    """Read and judge one message; bytes that are none raise :class:`~risicoatlas.imev.message.MessageError`."""
    message = messages.parse(content, path)
    return Judged(message, _validator(settings.config).judge(message))


@dataclass(frozen=True)
class Imev:
    """The source ``imev``; the model that judges is that of the settings' config folder.

    A message that was ``judged`` already is not read from a file.
    """

    judged: Judged | None = None
    name: str = "imev"
    staging: tuple[str, ...] = (TABLE,)

    def recognise(self, path: Path, settings: Settings) -> str | None:
        """A JSON object with an ``entityType`` is a message, be it a wrong one."""
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
        except OSError:
            return None
        found = _ENTITY_TYPE.search(head) if head.startswith(b"{") else None
        return f"IMEV-bericht {found[1].decode()}" if found else None

    def stage(self, load: Load) -> None:
        """Judge the message and stage its objects; a refused or unchanged one is counted and stages nothing."""
        judged = self.judged or judge(load.path.read_bytes(), load.path, load.settings)
        message, verdict = judged.message, judged.verdict
        validator = _validator(load.settings.config)
        load.report.omschrijving = _described(message.get(ENTITY_TYPE), verdict)
        load.report.tally(MESSAGE).gelezen = 1
        for finding in verdict.findings:
            _tell(load, finding, flat_identification(message))
        if not verdict.valid:
            _count_refused(load, message, validator.model)
            return
        objects = list(rows(message, verdict.version, validator))
        for row in objects:
            load.report.tally(row.sort).gelezen += 1
        found = fingerprint(message)
        previous = load.rows(SUBJECT, "vorige", identificatie=objects[0].identification)
        if previous and previous[0][1] == found:
            _count(load, [(sort, tally.gelezen, 0) for sort, tally in load.report.objecten.items()], "ongewijzigd")
            return
        whole = messages.canonical(message)
        with load.copying(TABLE, COLUMNS) as write:
            for row in objects:
                of_root = (found, whole) if row.parent is None else (None, None)
                write((*_staged(row, verdict.version), *of_root))

    def check(self, load: Load) -> None:
        """Panden that are named must be there, and an identificatie belongs to one root."""
        load.run(SUBJECT, "zoek_panden")
        load.run(SUBJECT, "meld_zonder_pand")
        load.run(SUBJECT, "zoek_bezette")

    def normalise(self, load: Load) -> None:
        """Repair geometry; what cannot be repaired refuses the message."""
        load.run(SUBJECT, "herstel")

    def register(self, load: Load) -> None:
        """Replace the previous version of the message, or leave the register as it is."""
        load.run(SUBJECT, "schrijf_klassen", klassen=Jsonb(_classes(_validator(load.settings.config).model)))
        root = load.rows(SUBJECT, "wortel")
        if not root:
            return
        counts = [(str(sort), int(str(total)), int(str(mended))) for sort, total, mended in load.rows(SUBJECT, "tel")]
        if load.run(SUBJECT, "meld_geweigerd"):
            _count(load, [(MESSAGE, 1, 0), *counts], "geweigerd")
            return
        previous = load.rows(SUBJECT, "vorige", identificatie=root[0][0])
        load.run(SUBJECT, "meld_hersteld")
        load.run(SUBJECT, "meld_zonder_vlak")
        replaced = {}
        if previous:
            replaced = {str(sort): int(str(number)) for sort, number in load.rows(SUBJECT, "gewijzigd")}
            for sort, number in load.rows(SUBJECT, "vervallen", wortel=previous[0][0]):
                load.report.tally(str(sort)).vervallen = int(str(number))
            load.run(SUBJECT, "sluit_vorige", wortel=previous[0][0])
        load.run(SUBJECT, "schrijf")
        load.run(SUBJECT, "schrijf_bericht")
        _count_loaded(load, counts, replaced)


@cache
def _validator(config: Path) -> Validator:
    return Validator.of(config)


def validator_of(settings: Settings) -> Validator:
    """The validator that judges messages."""
    return _validator(settings.config)


def _described(name: object, verdict: Verdict) -> str:
    valid = f"geldig in IMEV {' en '.join(verdict.valid_in)}" if verdict.valid_in else "in geen versie van IMEV geldig"
    return f"IMEV-bericht {name}, {valid}, gelezen als {verdict.version}"


def _tell(load: Load, finding: Finding, root: str | None) -> None:
    outcome = "geweigerd" if finding.serious else "melding"
    load.report.find(outcome, MESSAGE, finding.text("nl"), sleutel=root, plaats=finding.path)


def _staged(row: Row, version: str) -> tuple[object, ...]:
    return (
        row.order,
        row.parent,
        row.path,
        row.identification,
        row.sort,
        row.entity_type,
        row.values["bronhoudercode"],
        row.values.get("bronhouder"),
        row.values["beginGeldigheid"],
        row.values.get("eindGeldigheid"),
        json.dumps(row.values, ensure_ascii=False),
        json.dumps(row.voids, ensure_ascii=False),
        row.wkb,
        row.dimension,
        row.mended,
        row.distance_m,
        version,
    )


def _classes(model: Model) -> list[dict[str, object]]:
    """What SQL needs to know of each class; families and area types are those of the class or of one above it."""
    found: list[dict[str, object]] = []
    for name in model.classes:
        sort = model.sort(name)
        activity = model.activities.get(name)
        if sort is None:
            continue
        found.append(
            {
                "naam": name,
                "soort": sort,
                "familie": next((item.family for item in model.line(name) if item.family), None),
                "gebied": next((item.area_type for item in model.line(name) if item.area_type), None),
                "bkl_code": activity.bkl_code if activity else None,
                "activiteit": activity.name if activity else None,
                "seveso": activity.seveso if activity else False,
            }
        )
    return found


def _count_refused(load: Load, message: Mapping[str, object], model: Model) -> None:
    """Count the objects of a refused message by where they stand, whatever they say they are."""
    relations = {
        item.name: model.sort(item.type) or MESSAGE
        for items in model.own_attributes.values()
        for item in items
        if model.is_relation(item)
    }
    waiting: list[object] = [message]
    name = message.get(ENTITY_TYPE)
    root = model.sort(name) if isinstance(name, str) and name in model.classes else None
    load.report.tally(MESSAGE).geweigerd += 1
    if root:
        load.report.tally(root).gelezen += 1
        load.report.tally(root).geweigerd += 1
    while waiting:
        value = waiting.pop()
        for name, sort in relations.items():
            children = value.get(name) if isinstance(value, dict) else None
            if isinstance(children, list):
                load.report.tally(sort).gelezen += len(children)
                load.report.tally(sort).geweigerd += len(children)
                waiting.extend(children)


def _count(load: Load, counts: list[tuple[str, int, int]], outcome: str) -> None:
    """Give all objects one outcome."""
    for sort, total, _ in counts:
        setattr(load.report.tally(sort), outcome, total)


def _count_loaded(load: Load, counts: list[tuple[str, int, int]], replaced: dict[str, int]) -> None:
    mended_any = any(mended for _, _, mended in counts)
    for sort, total, mended in [(MESSAGE, 1, int(mended_any)), *counts]:
        tally = load.report.tally(sort)
        tally.geladen, tally.hersteld = total - mended, mended
        changed = replaced.get(sort, 0) if sort != MESSAGE else int(bool(replaced))
        tally.gewijzigd, tally.nieuw = changed, total - changed


SOURCE = Imev()
