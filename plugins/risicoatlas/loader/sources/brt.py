"""Greenhouses of the topographic base register (BRT): TOP10NL as GML, one file for a map sheet or for the country.

    <top10nl:FeatureMember>
      <top10nl:Gebouw gml:id="nl.top10nl.100027584">
        <top10nl:typeGebouw>kas, warenhuis</top10nl:typeGebouw>
        <top10nl:geometrie>… <gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992"> …

In: a path and ``config/sources/brt.yaml``. Out: rows of ``register.kas``. A file does not say for which area it is
complete: what an earlier file of the same name brought and this one lacks has ended.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

import fiona
from fiona.errors import DriverError, FionaError

from risicoatlas.errors import SourceError
from risicoatlas.loader import mapping, vector, wkb
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
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        is_xml = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        return "BRT TOP10NL" if is_xml and _NAMESPACE.search(head) else None

    def stage(self, load: Load) -> None:
        if not self.recognise(load.path, load.settings):
            raise SourceError(load.path, None, "it is no GML of TOP10NL: the namespace of top10nl is missing")
        _refuse_broken(load.path)
        declared = _declared(load.settings)
        load.report.omschrijving = "BRT TOP10NL, kassen"
        with (
            _reading(load.path),
            _opened(load.path, declared) as collection,
            load.progress.task(f"{load.path.name} lezen", len(collection), "gebouwen") as advance,
            load.copying("kas", COLUMNS) as write,
        ):
            layout = mapping.required(declared.layouts, _header(collection), load.path, f"class {collection.name}")
            for feature in collection:
                advance(1)
                if row := _row(load, feature, layout.used(_header(collection)), declared):
                    write(row)

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


def _refuse_broken(path: Path) -> None:
    """Read the XML to its end: GDAL takes what is cut off for a file with fewer buildings. Entities are refused."""

    def refuse(*_: object) -> None:
        raise SourceError(path, None, "the XML has a DOCTYPE, which TOP10NL never has")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise SourceError(
            path, f"line {error.lineno}", f"the XML is broken or cut off: {expat.ErrorString(error.code)}"
        ) from error


def _declared(settings: Settings) -> Declared:
    path = settings.config / "sources" / "brt.yaml"
    data: Mapping[str, Any] = mapping.read_yaml(path)
    layouts = mapping.layouts(path, data["layouts"])
    return Declared(tuple(data["layers"]), frozenset(data["kassen"]), tuple(data["srids"]), layouts)


def _opened(path: Path, declared: Declared) -> fiona.Collection:
    """The class of buildings; a file without it, or in another CRS, raises :class:`SourceError`."""
    there = fiona.listlayers(path, **OPTIONS)
    name = next((name for name in declared.layers if name in there), None)
    if name is None:
        found = ", ".join(there) or "nothing"
        raise SourceError(path, None, f"no class {' or '.join(declared.layers)} with buildings; found {found}")
    collection = fiona.open(path, driver="GML", layer=name, **OPTIONS)
    epsg = collection.crs.to_epsg() if collection.crs else None
    if epsg not in declared.srids:
        collection.close()
        given = f"EPSG:{epsg}" if epsg else "not given"
        raise SourceError(path, f"class {name}", f"the CRS is {given}, expected EPSG:{declared.srids[0]}")
    return collection


def _header(collection: fiona.Collection) -> tuple[str, ...]:
    return tuple(collection.schema["properties"])


def _row(
    load: Load, feature: fiona.Feature, columns: Mapping[str, str], declared: Declared
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
    place = f"gebouw {tally.gelezen}"
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
