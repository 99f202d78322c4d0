"""The daily mutations of the BAG (LV BAG 2.0): what came and what changed, from what (``was``) to what (``wordt``).

    BAGNLDM-13112021-14112021.zip
      Leveringsdocument-BAG-Extract.xml     <MUT-Extract> with its period
      9999MUT13112021-14112021.zip          → 9999MUT13112021-14112021-000001.xml …
        <ml:mutatieGroep>
          <ml:wijziging><ml:was>…</ml:was><ml:wordt>… the same occurrence, now with an end …</ml:wordt></ml:wijziging>
          <ml:toevoeging><ml:wordt>… the next occurrence …</ml:wordt></ml:toevoeging>
        </ml:mutatieGroep>
      9999IOMUT13112021-14112021.zip        marks of doubt: counted, not used
      GEM-WPL-RELATIE-14112021.zip          counted, not used

In: a path. Out: staged rows of the occurrences that are current after the mutations, what each ``was``, and what ended.
Every occurrence is counted with its reason.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree
from psycopg import sql

from risicoatlas.errors import SourceError
from risicoatlas.loader import archive, queries
from risicoatlas.loader.archive import Member
from risicoatlas.loader.source import Load
from risicoatlas.loader.sources import bag_extract
from risicoatlas.loader.sources.bag_extract import (
    READERS,
    RELATION,
    Counted,
    Reader,
    Row,
    Values,
    history_of,
    local_name,
    row_of,
    text_of,
    values_of,
)
from risicoatlas.loader.sources.bag_rows import KINDS, UNUSED, ending
from risicoatlas.progress import Advance

WAS = "toestand voor de wijziging"
REMOVED = "verwijderd"
SUPERSEDED = "in dezelfde levering opnieuw gewijzigd"
ELSEWHERE = "gemeente niet geladen"
PARTS = {"toevoeging": ["wordt"], "wijziging": ["was", "wordt"], "verwijdering": ["was"]}
_FILE = re.compile(r"\d{4}(?P<type>(?:IO)?MUT)[\d-]*-(?P<number>\d{6})\.xml", re.IGNORECASE)
# Numbers of mutations follow the files and the order in them.
PER_FILE = 1_000_000_000

GATHERED = 1_000
WHOLE_COUNTRY = "NL"
TABLES = {name: kind.table for name, kind in KINDS.items() if kind.table}
# Kinds that the register keeps by the municipality in their identification, and its tables.
REGISTERS = {
    "pand": "pand",
    "verblijfsobject": "verblijfsobject",
    "nummeraanduiding": "adres",
    "openbareruimte": "openbareruimte",
    "ligplaats": "plaats",
    "standplaats": "plaats",
}
PLACES = ("ligplaats", "standplaats")

_WAS_COLUMNS = (
    "soort", "plaats", "identificatie", "voorkomen", "mutatie", "status", "tijdstip_registratie",
)  # fmt: skip
_END_COLUMNS = ("soort", "plaats", "identificatie", "voorkomen", "mutatie", "reden", "tijdstip_registratie")


@dataclass(frozen=True)
class _Staged:
    """A row for one staging table."""

    table: str
    columns: tuple[str, ...]
    row: Row


def stage(load: Load) -> None:
    """Stage all mutations, file by file in the order of their numbers' files."""
    files: dict[str, set[int]] = {}
    with load.progress.task(f"{load.path.name} lezen", load.path.stat().st_size >> 10, "kB") as advance:
        for member in archive.members(load.path, load.settings.home):
            if not member.name.lower().endswith(".xml") or member.name == bag_extract.DELIVERY:
                continue
            match = _FILE.fullmatch(member.name)
            if match:
                files.setdefault(match["type"].upper(), set()).add(int(match["number"]))
            _stage_member(load, member, int(match["number"]) if match else 0, advance)
    _refuse_missing(load, files)


def _refuse_missing(load: Load, files: dict[str, set[int]]) -> None:
    numbers = files.get("MUT", set())
    if missing := set(range(1, max(numbers, default=1) + 1)) - numbers:
        raise SourceError(load.path, None, f"the delivery is not complete: file {min(missing)} of kind MUT is missing")


def _stage_member(load: Load, member: Member, number: int, advance: Advance) -> None:
    """Rows of several tables come in turn, while a connection fills one at a time: they are gathered in between."""
    waiting: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for item in _rows(load, member, number, advance):
        rows = waiting.setdefault((item.table, item.columns), [])
        rows.append(item.row)
        if len(rows) == GATHERED:
            _write(load, item.table, item.columns, rows)
            rows.clear()
    for (table, columns), rows in waiting.items():
        _write(load, table, columns, rows)


def _write(load: Load, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    with load.copying(table, columns) as write:
        for row in rows:
            write(row)


def _rows(load: Load, member: Member, file_number: int, advance: Advance) -> Iterator[_Staged]:
    with bag_extract.reading(load.path, member), member.open() as file:
        counted = Counted(file, member, advance)
        found = bag_extract.elements(load.path, member, counted, ("mutatieGroep", "GemeenteWoonplaatsRelatie"))
        number = 0
        for element in found:
            if local_name(element) == "GemeenteWoonplaatsRelatie":
                bag_extract.count_unused(load, RELATION)
                continue
            number += 1
            place = f"{member.name}, mutatie {number}"
            for order, mutation in enumerate(element):
                sequence = file_number * PER_FILE + number * 100 + order
                yield from _mutation(load, mutation, _Position(place, sequence))


@dataclass(frozen=True)
class _Position:
    """Where a mutation stands, for people and for the order."""

    place: str
    sequence: int


def _mutation(load: Load, mutation: etree._Element, position: _Position) -> Iterator[_Staged]:
    """What one ``toevoeging``, ``wijziging`` or ``verwijdering`` gives."""
    name = local_name(mutation)
    parts = [local_name(part) for part in mutation]
    if parts != PARTS.get(name):
        raise SourceError(
            load.path,
            position.place,
            f"found <{name}> with {' and '.join(parts) or 'nothing'}: expected a toevoeging with wordt, a wijziging"
            " with was and wordt, or a verwijdering with was",
        )
    objects = [_content(load, part, position) for part in mutation]
    kind = local_name(objects[0])
    if kind.startswith("Kenmerk"):
        for item in objects:
            bag_extract.count_research(load, item)
        return
    if (reader := READERS.get(kind)) is None:
        raise SourceError(load.path, position.place, f"found a {kind}: expected {', '.join(READERS)}")
    load.report.tally(reader.kind).gelezen += len(objects)
    if KINDS[reader.kind].table is None:
        load.report.tally(reader.kind).skip(UNUSED, len(objects))
        return
    states = dict(zip(parts, (values_of(item) for item in objects), strict=True))
    yield from _states(load, reader, states, position)


def _content(load: Load, part: etree._Element, position: _Position) -> etree._Element:
    if len(part) == 1 and len(part[0]) == 1:
        return part[0][0]
    raise SourceError(load.path, position.place, f"<{local_name(part)}> must hold one object")


def _states(load: Load, reader: Reader, states: Mapping[str, Values], position: _Position) -> Iterator[_Staged]:
    """The occurrence before and after. A correction of an occurrence that had ended before says nothing of now."""
    tally = load.report.tally(reader.kind)
    was, becomes = states.get("was"), states.get("wordt")
    was_current = was is not None and ending(history_of(was)) is None
    if was is not None:
        tally.skip(WAS)
        if was_current:
            yield _was(reader, was, position)
    if becomes is None:
        if was is not None and was_current:
            yield _end(reader, was, position, REMOVED)
        return
    reason = ending(history_of(becomes))
    if reason is None:
        definition = KINDS[reader.kind]
        row = row_of(load.path, reader, becomes, position.place)
        yield _Staged(str(definition.table), (*definition.columns, "mutatie"), (*row, position.sequence))
        return
    tally.skip(reason)
    if was_current:
        yield _end(reader, becomes, position, reason)


def _was(reader: Reader, values: Values, position: _Position) -> _Staged:
    history = history_of(values)
    row = (
        reader.kind, position.place, text_of(values, "identificatie"), history.get("voorkomen"), position.sequence,
        text_of(values, "status"), history.get("tijdstip_registratie"),
    )  # fmt: skip
    return _Staged("bag_was", _WAS_COLUMNS, row)


def _end(reader: Reader, values: Values, position: _Position, reason: str) -> _Staged:
    history = history_of(values)
    row = (
        reader.kind, position.place, text_of(values, "identificatie"), history.get("voorkomen"), position.sequence,
        reason, history.get("tijdstip_registratie"),
    )  # fmt: skip
    return _Staged("bag_eind", _END_COLUMNS, row)


# --- after staging ----------------------------------------------------------------------------------------------------


def check(load: Load) -> None:
    """Reduce what was staged to the last state per object, of municipalities that are loaded; judge how it fits."""
    load.run("mutaties", "analyseer")
    codes = [str(code) for (code,) in load.rows("mutaties", "gemeenten")]
    if not codes:
        raise SourceError(
            load.path, None, "mutations change a register, and no building is loaded: load a full extract first"
        )
    for kind in load.report.objecten:
        if table := TABLES.get(kind):
            _on_table(load, "was_eigen", kind, table)
            _skip(load, kind, SUPERSEDED, "achterhaald")
    if WHOLE_COUNTRY not in codes:
        _leave_others(load, codes)
    period = load.report.instellingen["mutaties"]
    load.run("mutaties", "gat", vanaf=period[0])
    for kind in ("pand", "verblijfsobject", *PLACES):
        _on_table(load, "ouder", kind, TABLES[kind])
        _on_table(load, "was_anders", kind, TABLES[kind])


def _leave_others(load: Load, codes: list[str]) -> None:
    """What belongs to municipalities that are not loaded is counted and left."""
    for kind in load.report.objecten:
        if kind in REGISTERS:
            _skip(load, kind, ELSEWHERE, "elders", codes=codes)
    for name in ("was_elders", "eind_elders"):
        load.run("mutaties", name, codes=codes)


def _skip(load: Load, kind: str, reason: str, name: str, **parameters: object) -> None:
    if count := _on_table(load, name, kind, TABLES[kind], **parameters):
        load.report.tally(kind).skip(reason, count)


def register_ended(load: Load, kind: str) -> int:
    """Remove from the register what the mutations ended; gives how many."""
    return _on_table(load, "vervallen" if kind != "nummeraanduiding" else "vervallen_adres", kind, TABLES[kind])


def _on_table(load: Load, name: str, kind: str, table: str, **parameters: object) -> int:
    """Run a statement that is the same for several kinds: ``{bron}`` is the staging table, ``{register}`` theirs, and
    ``{soort}`` a condition on ``b``, a row of a table that two kinds share."""
    statement = sql.SQL(queries.statement("mutaties", name)).format(
        bron=sql.Identifier("bron", table),
        register=sql.Identifier("register", REGISTERS.get(kind, kind)),
        soort=sql.SQL("b.soort = {}").format(sql.Literal(kind)) if kind in PLACES else sql.SQL("true"),
    )
    values = {"levering": load.levering, "soort": kind, **parameters}
    return load.connection.execute(statement, values).rowcount
