"""The BAG 2.0 extract of the Kadaster: zips of zips of XML, read as a stream.

    BAGGEM0457L-15102021.zip
      Leveringsdocument-BAG-Extract.xml     date, municipalities
      GEM-WPL-RELATIE-15102021.zip          which towns belong to which municipality: counted, not used
      0457GEM15102021.zip                   (a national extract has the next level here)
        0457PND15102021.zip  → 0457PND15102021-000001.xml …   one <sl:stand> per occurrence
        0457InOnderzoek… 0457Inactief… 0457NietBag…           the same one level deeper

In: a path. Out: staged rows of current occurrences; every other occurrence is counted with its reason. XML is parsed
without DTD, entities or network.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby, islice
from pathlib import Path
from typing import IO, cast

from lxml import etree

from risicoatlas.errors import SourceError
from risicoatlas.loader import archive, wkb
from risicoatlas.loader.archive import Member, refusing_damage
from risicoatlas.loader.source import Load
from risicoatlas.loader.sources.bag_rows import KINDS, SRID, UNUSED, ending
from risicoatlas.progress import Advance

DELIVERY = "Leveringsdocument-BAG-Extract.xml"
# Kinds that every extract must bring, as their files are called.
REQUIRED = ("PND", "VBO", "NUM", "OPR", "WPL")
_FILE = re.compile(r"\d{4}(?P<type>[A-Z]{3})\d{8}-(?P<number>\d{6})\.xml", re.IGNORECASE)
_RD = re.compile(r"(?:EPSG:(?:[\d.]*:)?|epsg/0/)(?:28992|7415)$", re.IGNORECASE)

RELATION = "gemeente_woonplaats_relatie"
IN_RESEARCH = "kenmerk_in_onderzoek"

Values = dict[str, etree._Element]
Row = tuple[object, ...]


@dataclass(frozen=True)
class Delivery:
    """What the delivery document says: date of the data, and municipalities by code; ``NL`` is the whole country.

    ``period`` is that of a delivery of mutations, from and until; a full extract has none.
    """

    date: str | None
    areas: Mapping[str, str | None]
    period: tuple[str, str] | None = None


def is_extract(path: Path) -> bool:
    return any(Path(name).name == DELIVERY for name in archive.names(path))


def read_delivery(path: Path, spool: Path) -> Delivery:
    """Read the delivery document; a zip without one raises :class:`SourceError`."""
    for member in archive.members(path, spool, lambda name: name == DELIVERY):
        with reading(path, member), member.open() as file:
            root = etree.parse(file, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
            return _delivery(root)
    raise SourceError(path, None, f"it is no BAG extract: {DELIVERY} is missing")


def _delivery(root: etree._Element) -> Delivery:
    areas: dict[str, str | None] = {}
    if root.find(".//{*}Gebied-NLD") is not None:
        areas["NL"] = None
    for item in root.iterfind(".//{*}Gemeente"):
        code = item.findtext("{*}GemeenteIdentificatie")
        if code:
            areas[f"GM{code}"] = item.findtext("{*}GemeenteNaam")
    return Delivery(root.findtext(".//{*}StandTechnischeDatum"), areas, _period(root))


def _period(root: etree._Element) -> tuple[str, str] | None:
    if root.find(".//{*}MUT-Extract") is None:
        return None
    return root.findtext(".//{*}MutatiedatumVanaf") or "", root.findtext(".//{*}MutatiedatumTot") or ""


def first_panden(path: Path, spool: Path, count: int = 50) -> list[str]:
    """Identifications of the first panden, to see whether another file has the same ones."""
    for member in archive.members(path, spool, lambda name: "PND" in name or name.endswith(".zip")):
        with reading(path, member), member.open() as file:
            objects = _objects(path, member, Counted(file, member, lambda done: None))
            found = [item.findtext("{*}identificatie") for item in islice(objects, count)]
            if ids := sorted({text for text in found if text}):
                return ids
    return []


def stage(load: Load) -> None:
    """Stage the whole extract, one COPY per XML file."""
    parts: dict[str, set[int]] = {}
    with load.progress.task(f"{load.path.name} lezen", load.path.stat().st_size >> 10, "kB") as advance:
        for member in archive.members(load.path, load.settings.home):
            if match := _FILE.fullmatch(member.name):
                parts.setdefault(match["type"].upper(), set()).add(int(match["number"]))
            if member.name.lower().endswith(".xml") and member.name != DELIVERY:
                _stage_member(load, member, advance)
    _refuse_missing(load.path, parts)


def _refuse_missing(path: Path, parts: Mapping[str, set[int]]) -> None:
    for kind in REQUIRED:
        numbers = parts.get(kind, set())
        missing = set(range(1, max(numbers, default=1) + 1)) - numbers
        if missing:
            raise SourceError(path, None, f"the extract is not complete: file {min(missing)} of kind {kind} is missing")


def _stage_member(load: Load, member: Member, advance: Advance) -> None:
    for kind, rows in groupby(_rows(load, member, advance), key=lambda item: item[0]):
        definition = KINDS[kind]
        with load.copying(definition.table, definition.columns) as write:
            for _, row in rows:
                write(row)


def _rows(load: Load, member: Member, advance: Advance) -> Iterator[tuple[str, Row]]:
    """Rows of the current occurrences of one file, with their kind; the others are counted."""
    with reading(load.path, member), member.open() as file:
        objects = _objects(load.path, member, Counted(file, member, advance))
        for number, element in enumerate(objects, start=1):
            name = local_name(element)
            if name == "GemeenteWoonplaatsRelatie":
                count_unused(load, RELATION)
            elif name.startswith("Kenmerk"):
                count_research(load, element)
            elif (reader := READERS.get(name)) is None:
                raise SourceError(
                    load.path, member.place, f"object {number} is a {name}: expected {', '.join(READERS)}"
                )
            elif row := _row(load, reader, element, f"{member.name}, object {number}"):
                yield reader.kind, row


def _row(load: Load, reader: "Reader", element: etree._Element, place: str) -> Row | None:
    values = values_of(element)
    history = history_of(values)
    tally = load.report.tally(reader.kind)
    tally.gelezen += 1
    if reason := ending(history):
        tally.skip(reason)
        return None
    return row_of(load.path, reader, values, place)


def values_of(element: etree._Element) -> Values:
    """The properties of an object by name."""
    return {without_namespace(child.tag): child for child in element}


def row_of(path: Path, reader: "Reader", values: Values, place: str) -> Row:
    """The columns of an occurrence; a shape that is none is staged with its reason, another CRS refuses the file."""
    history = history_of(values)
    try:
        return (place, None, text_of(values, "identificatie"), *reader.read(values, history))
    except wkb.ShapeError as error:
        # Staged without its geometry, so that the findings of all objects come out of one place.
        del values["geometrie"]
        return (place, str(error), text_of(values, "identificatie"), *reader.read(values, history))
    except CrsError as error:
        raise SourceError(path, place, f"the CRS is {error}, expected EPSG:28992") from None


class CrsError(Exception):
    """A geometry in another CRS: the whole file is wrong."""


def _objects(path: Path, member: Member, file: "Counted") -> Iterator[etree._Element]:
    """Each object of a file."""
    for element in elements(path, member, file, ("stand", "GemeenteWoonplaatsRelatie")):
        yield element if local_name(element) != "stand" else _content(path, member, element)


def elements(path: Path, member: Member, file: "Counted", names: Sequence[str]) -> Iterator[etree._Element]:
    """Each element of these names, freed when the next one is asked for."""
    context = etree.iterparse(
        cast(IO[bytes], file),
        events=("end",),
        tag=[f"{{*}}{name}" for name in names],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in context:
        parent = element.getparent()
        yield element
        element.clear()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
    if context.root.getroottree().docinfo.doctype:
        raise SourceError(path, member.place, "the XML has a DOCTYPE, which a BAG extract never has")


def _content(path: Path, member: Member, stand: etree._Element) -> etree._Element:
    """``<sl:stand><bagObject><Pand>`` or ``<sl:stand><kenmerkInOnderzoek><Kenmerk…>``."""
    if len(stand) == 1 and len(stand[0]) == 1:
        return stand[0][0]
    raise SourceError(path, f"{member.place}, line {stand.sourceline}", "a <stand> must hold one object")


def count_unused(load: Load, kind: str) -> None:
    tally = load.report.tally(kind)
    tally.gelezen += 1
    tally.skip(UNUSED)


def count_research(load: Load, element: etree._Element) -> None:
    """A mark that some property is doubted: counted, of use to nobody downstream."""
    tally = load.report.tally(IN_RESEARCH)
    tally.gelezen += 1
    ended = element.find(".//{*}eindGeldigheid") is not None or element.find(".//{*}eindRegistratie") is not None
    tally.skip("geldigheid beëindigd" if ended else "in onderzoek")


_HISTORY = {
    "voorkomenidentificatie": "voorkomen",
    "beginGeldigheid": "begin_geldigheid",
    "eindGeldigheid": "eind_geldigheid",
    "tijdstipRegistratie": "tijdstip_registratie",
    "eindRegistratie": "eind_registratie",
    "tijdstipInactief": "tijdstip_inactief",
    "tijdstipInactiefLV": "tijdstip_inactief",
    "tijdstipNietBagLV": "tijdstip_niet_bag",
}


def history_of(values: Values) -> dict[str, str | None]:
    container = values.get("voorkomen")
    if container is None:
        return {}
    found: dict[str, str | None] = {}
    for item in container.iter():
        if name := _HISTORY.get(without_namespace(item.tag)):
            found[name] = item.text
    return found


@dataclass(frozen=True)
class Reader:
    """How an element becomes the columns of its kind, after place, error and identificatie."""

    kind: str
    read: Callable[[Values, Mapping[str, str | None]], Row]


def _read_pand(values: Values, history: Mapping[str, str | None]) -> Row:
    status, year = text_of(values, "status"), text_of(values, "oorspronkelijkBouwjaar")
    return (status, year, _polygons(values.get("geometrie")), *_moments(history))


def _read_verblijfsobject(values: Values, history: Mapping[str, str | None]) -> Row:
    purposes: list[str] = []
    if (last := values.get("gebruiksdoel")) is not None:
        # several of them stand beside each other; `values` has only one
        purposes = [
            item.text or "" for item in cast(etree._Element, last.getparent()).iterfind(f"{{*}}{local_name(last)}")
        ]
    main = _references(values.get("heeftAlsHoofdadres"))
    return (
        text_of(values, "status"),
        text_of(values, "oppervlakte"),
        purposes,
        _references(values.get("maaktDeelUitVan")),
        main[0] if main else None,
        _references(values.get("heeftAlsNevenadres")),
        _place_or_area(values.get("geometrie")),
        *_moments(history),
    )


def _read_nummeraanduiding(values: Values, history: Mapping[str, str | None]) -> Row:
    names = ("status", "postcode", "huisnummer", "huisletter", "huisnummertoevoeging")
    street, town = _references(values.get("ligtAan")), _references(values.get("ligtIn"))
    return (
        *(text_of(values, name) for name in names),
        street[0] if street else None,
        town[0] if town else None,
        None,
        None,
        history.get("voorkomen"),
    )


def _read_openbareruimte(values: Values, history: Mapping[str, str | None]) -> Row:
    town = _references(values.get("ligtIn"))
    return (text_of(values, "naam"), town[0] if town else None, history.get("voorkomen"))


def _read_woonplaats(values: Values, history: Mapping[str, str | None]) -> Row:
    return (text_of(values, "naam"), history.get("voorkomen"))


def _read_plaats(kind: str, values: Values, history: Mapping[str, str | None]) -> Row:
    return (text_of(values, "status"), _polygons(values.get("geometrie")), *_moments(history), kind)


READERS = {
    "Pand": Reader("pand", _read_pand),
    "Verblijfsobject": Reader("verblijfsobject", _read_verblijfsobject),
    "Nummeraanduiding": Reader("nummeraanduiding", _read_nummeraanduiding),
    "OpenbareRuimte": Reader("openbareruimte", _read_openbareruimte),
    "Woonplaats": Reader("woonplaats", _read_woonplaats),
    "Ligplaats": Reader("ligplaats", partial(_read_plaats, "ligplaats")),
    "Standplaats": Reader("standplaats", partial(_read_plaats, "standplaats")),
}


def _moments(history: Mapping[str, str | None]) -> tuple[str | None, ...]:
    return history.get("begin_geldigheid"), history.get("tijdstip_registratie"), history.get("voorkomen")


def _references(container: etree._Element | None) -> list[str]:
    return [item.text or "" for item in container] if container is not None else []


def text_of(values: Values, name: str) -> str | None:
    element = values.get(name)
    return element.text if element is not None else None


def _polygons(container: etree._Element | None) -> str | None:
    if container is None:
        return None
    parts = []
    for polygon in container.iter("{*}Polygon", "{*}PolygonPatch"):
        dimension = _dimension(polygon)
        rings = polygon.iterfind(".//{*}posList")
        parts.append([wkb.pairs(ring.text or "", dimension) for ring in rings])
    if not parts:
        shape = next(container.iter("{http://www.opengis.net/gml/3.2}*"), container)
        raise wkb.ShapeError(f"de geometrie is een {local_name(shape)}, verwacht: Polygon")
    return wkb.polygons(parts, SRID)


def _place_or_area(container: etree._Element | None) -> str | None:
    """The geometry of a verblijfsobject: a point, or an area."""
    point = container.find(".//{*}Point") if container is not None else None
    if point is None:
        return _polygons(container)
    numbers = wkb.pairs(point.findtext("{*}pos") or "", _dimension(point))
    if len(numbers) != 2:
        raise wkb.ShapeError("het punt heeft geen twee coördinaten")
    return wkb.point(numbers[0], numbers[1], SRID)


def _dimension(shape: etree._Element) -> int:
    """2 or 3; refuses another CRS, which is said at the same place."""
    name = shape.get("srsName")
    if name is not None and not _RD.search(name):
        raise CrsError(name)
    return 3 if shape.get("srsDimension") == "3" else 2


def local_name(element: etree._Element) -> str:
    return without_namespace(element.tag)


@cache
def without_namespace(tag: str) -> str:
    """A tag without its namespace; remembered, since a file has a million elements and fifty tags."""
    return str(tag).rpartition("}")[2]


class Counted:
    """A file that tells how far it was read, in kB of the zip file."""

    def __init__(self, file: IO[bytes], member: Member, advance: Advance) -> None:
        self.file, self.advance = file, advance
        self.share = member.packed / max(member.size, 1) / 1024
        self.read_kb = 0.0

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        before, self.read_kb = int(self.read_kb), self.read_kb + len(data) * self.share
        self.advance(int(self.read_kb) - before)
        return data


@contextmanager
def reading(path: Path, member: Member) -> Iterator[None]:
    """What is wrong with the zip or the XML of one member, with its place."""
    try:
        with refusing_damage(path, member.place):
            yield
    except etree.XMLSyntaxError as error:
        place = f"{member.place}, line {error.lineno}"
        raise SourceError(path, place, f"the XML is broken or cut off: {error.msg}") from error
