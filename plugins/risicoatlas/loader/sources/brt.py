"""Greenhouses of the topographic base register (BRT): TOP10NL as GML, by map sheet or of the country, or a zip of such.

    <top10nl:FeatureMember>
      <top10nl:Gebouw gml:id="nl.top10nl.100027584">
        <top10nl:typeGebouw>kas, warenhuis</top10nl:typeGebouw>
        <top10nl:geometrie>… <gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992"> …

In: a path and ``config/sources/brt.yaml``. Out: rows of ``register.kas``. A file does not say for which area it is
complete: what an earlier file of the same name brought and this one lacks has ended.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import fiona
from fiona.errors import DriverError, FionaError

from risicoatlas.errors import SourceError
from risicoatlas.loader import archive, mapping, vector, wkb
from risicoatlas.loader.mapping import Layout
from risicoatlas.loader.source import Load
from risicoatlas.loader.sources.bag import RD_AREA
from risicoatlas.loader.sources.bag_rows import ending
from risicoatlas.settings import Settings

KIND = "kas"
NO_GREENHOUSE = "gebouw dat geen kas is"
COLUMNS = ("plaats", "fout", "identificatie", "geometrie")
HEAD_BYTES = 1 << 16
# No file beside the one that is read, and nothing from the network.
OPTIONS = {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"}
_NAMESPACE = re.compile(rb"""xmlns:\w+\s*=\s*["'][^"']*/(?:imbrt/)?top10nl/""")


@dataclass(frozen=True)
class Declared:
    """What the configuration says of TOP10NL."""

    layers: tuple[str, ...]
    greenhouses: frozenset[str]
    srids: tuple[int, ...]
    layouts: tuple[Layout, ...]


@dataclass(frozen=True)
class BrtSource:
    """See :class:`~risicoatlas.loader.source.Source`."""

    name: str = "brt"
    staging: tuple[str, ...] = ("kas",)

    def recognise(self, path: Path, settings: Settings) -> str | None:
        try:
            found = _parts(path)
        except SourceError:
            return None
        return f"BRT TOP10NL, {len(found)} bestanden" if len(found) > 1 else "BRT TOP10NL" if found else None

    def stage(self, load: Load) -> None:
        found = _parts(load.path)
        if not found:
            raise SourceError(load.path, None, "it is no GML of TOP10NL: the namespace of top10nl is missing")
        load.report.omschrijving = "BRT TOP10NL, kassen"
        for part in found:
            _refuse_broken(load.path, part)
            _stage_part(load, part, _declared(load.settings))

    def check(self, load: Load) -> None:
        tally = load.report.tally(KIND)
        tally.skip("dubbele identificatie", load.run("brt", "dubbel"))

    def normalise(self, load: Load) -> None:
        load.run("brt", "herstel", gebied_rd=RD_AREA)
        load.run("brt", "bevindingen")

    def register(self, load: Load) -> None:
        tally = load.report.tally(KIND)
        load.count(tally, "brt", "tel")
        load.run("brt", "schrijf")
        load.run("brt", "overgenomen")
        tally.vervallen = load.run("brt", "vervallen", bestand=load.path.name)


@dataclass(frozen=True)
class Part:
    """One GML file: where it stands in a zip (None for a file by itself), its name for GDAL, and a way to read it."""

    place: str | None
    name: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def _parts(path: Path) -> list[Part]:
    """The files of TOP10NL that a path holds: itself, or members of a zip."""
    if not zipfile.is_zipfile(path):
        parts = [Part(None, str(path), lambda: path.open("rb"))]
    else:
        names = sorted(name for name in archive.names(path) if name.lower().endswith((".gml", ".xml")))
        parts = [Part(name, f"/vsizip/{{{path}}}/{name}", partial(_member, path, name)) for name in names]
    return [part for part in parts if _is_top10nl(path, part)]


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as opened, opened.open(name) as file:
        yield file


def _is_top10nl(path: Path, part: Part) -> bool:
    with archive.refusing_damage(path, part.place), part.open() as file:
        head = file.read(HEAD_BYTES)
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _NAMESPACE.search(head) is not None


def _refuse_broken(path: Path, part: Part) -> None:
    """Read the XML to its end: GDAL takes what is cut off for a file with fewer buildings. Entities are refused."""

    def refuse(*_: object) -> None:
        raise SourceError(path, part.place, "the XML has a DOCTYPE, which TOP10NL never has")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        with archive.refusing_damage(path, part.place), part.open() as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        place = ", ".join(filter(None, (part.place, f"line {error.lineno}")))
        raise SourceError(path, place, f"the XML is broken or cut off: {expat.ErrorString(error.code)}") from error


def _stage_part(load: Load, part: Part, declared: Declared) -> None:
    with (
        _reading(load.path),
        _opened(load.path, part, declared) as collection,
        load.progress.task(f"{part.place or load.path.name} lezen", len(collection), "gebouwen") as advance,
        load.copying("kas", COLUMNS) as write,
    ):
        header = tuple(collection.schema["properties"])
        columns = mapping.required(declared.layouts, header, load.path, part.place or collection.name).used(header)
        for number, feature in enumerate(collection, start=1):
            advance(1)
            place = ", ".join(filter(None, (part.place, f"gebouw {number}")))
            if row := _row(load, feature, columns, declared, place):
                write(row)


def _declared(settings: Settings) -> Declared:
    path = settings.config / "sources" / "brt.yaml"
    data: Mapping[str, Any] = mapping.read_yaml(path)
    layouts = mapping.layouts(path, data["layouts"])
    return Declared(tuple(data["layers"]), frozenset(data["kassen"]), tuple(data["srids"]), layouts)


def _opened(path: Path, part: Part, declared: Declared) -> fiona.Collection:
    """The class of buildings; a file without it, or in another CRS, raises :class:`SourceError`."""
    collection = next(filter(None, (_layer(part, name) for name in declared.layers)), None)
    if collection is None:
        found = ", ".join(fiona.listlayers(part.name, **OPTIONS)) or "nothing"
        expected = " or ".join(declared.layers)
        raise SourceError(path, part.place, f"no class {expected} with buildings; found {found}")
    epsg = collection.crs.to_epsg() if collection.crs else None
    if epsg not in declared.srids:
        collection.close()
        given = f"EPSG:{epsg}" if epsg else "not given"
        raise SourceError(path, part.place, f"the CRS is {given}, expected EPSG:{declared.srids[0]}")
    return collection


def _layer(part: Part, name: str) -> fiona.Collection | None:
    """A class of the file, None where it has none of that name; the list of all costs a reading of the whole file."""
    try:
        return fiona.open(part.name, driver="GML", layer=name, **OPTIONS)
    except ValueError:
        return None


def _row(
    load: Load, feature: fiona.Feature, columns: Mapping[str, str], declared: Declared, place: str
) -> tuple[object, ...] | None:
    """A greenhouse ready for staging; another building, or one that has ended, is counted with its reason."""
    tally = load.report.tally(KIND)
    tally.gelezen += 1
    values = {ours: feature.properties[column] for ours, column in columns.items()}
    kinds = values["soorten"] if isinstance(values["soorten"], list) else [values["soorten"]]
    reason = ending(values) if declared.greenhouses.intersection(kinds) else NO_GREENHOUSE
    if reason:
        tally.skip(reason)
        return None
    try:
        return (place, None, values["identificatie"], vector.as_wkb(feature.geometry, declared.srids[0]))
    except wkb.ShapeError as error:
        return (place, str(error), values["identificatie"], None)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What GDAL says of a file that it cannot read, as our error."""
    try:
        yield
    except (DriverError, FionaError, ValueError) as error:
        raise SourceError(path, None, f"it cannot be read as GML ({error})") from error


SOURCE = BrtSource()
