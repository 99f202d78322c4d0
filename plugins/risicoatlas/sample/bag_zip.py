"""Writes one municipality as a BAG 2.0 extract: a zip of zips of XML, as the Kadaster nests it, always the same bytes.

    BAGGEM9901L-15102026.zip
        Leveringsdocument-BAG-Extract.xml
        9901GEM15102026.zip
            9901PND15102026.zip
                9901PND15102026-000001.xml, 9901PND15102026-000002.xml, ...
            9901VBO..., NUM, OPR, WPL, LIG, STA
            9901InOnderzoek15102026.zip, 9901Inactief15102026.zip, 9901NietBag15102026.zip   (a zip per object type)
        GEM-WPL-RELATIE-15102026.zip

Every object goes to its own open member as it comes, so memory does not grow with the town.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from risicoatlas.sample import bag_xml, cases
from risicoatlas.sample.model import STAND, STAND_IN_NAMES, Pand, Perceel, Ring, Verblijfsobject
from risicoatlas.sample.registrar import Registrar
from risicoatlas.sample.town import Frame, Gemeente

# The Kadaster puts 10,000 objects in a file; fewer here, so that a small town has members of several files too.
OBJECTS_PER_FILE = 2_500
KINDS = ("PND", "VBO", "NUM", "OPR", "WPL", "LIG", "STA")
# Of every so many panden and verblijfsobjecten one is under investigation.
INVESTIGATED_EVERY = 150


def entry(name: str, method: int = ZIP_DEFLATED) -> ZipInfo:
    """A zip entry without the clock and the system of the machine in it."""
    info = ZipInfo(name, (2026, 10, 15, 12, 0, 0))
    info.compress_type = method
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


class Member:
    """The zip of one object type; starts a next XML file every :data:`OBJECTS_PER_FILE` objects."""

    def __init__(self, folder: Path, gemeente: str, prefix: str, kind: str) -> None:
        self.name = f"{gemeente}{prefix}{kind}{STAND_IN_NAMES}"
        self.path = folder / f"{self.name}.zip"
        self.head = bag_xml.HEAD.format(gemeente=gemeente, stand=STAND, soort=kind).encode()
        self.zip = ZipFile(self.path, "w", ZIP_DEFLATED, compresslevel=4)
        self.file: IO[bytes] | None = None
        self.files = self.objects = 0

    def write(self, stands: Iterable[str]) -> None:
        for text in stands:
            if self.file is None or self.objects % OBJECTS_PER_FILE == 0:
                self.next_file()
            assert self.file is not None  # noqa: S101  (next_file opened it)
            self.file.write(text.encode())
            self.objects += 1

    def next_file(self) -> None:
        self.end_file()
        self.files += 1
        self.file = self.zip.open(entry(f"{self.name}-{self.files:06d}.xml"), "w")
        self.file.write(self.head)

    def end_file(self) -> None:
        if self.file:
            self.file.write(bag_xml.TAIL.encode())
            self.file.close()

    def close(self) -> None:
        """A type without objects still has its one, empty file."""
        if not self.files:
            self.next_file()
        self.end_file()
        self.zip.close()


class BagExtract:
    """The extract of one municipality; ``with`` opens it, :meth:`write` takes plots, leaving writes the nested zip."""

    def __init__(self, path: Path, gemeente: Gemeente, woonplaats_ring: Ring, relations: dict[str, str]) -> None:
        self.path, self.gemeente, self.relations = path, gemeente, relations
        self.woonplaats_ring = woonplaats_ring
        self.folder = Path(tempfile.mkdtemp(prefix="bag", dir=path.parent))
        self.members = {kind: Member(self.folder, gemeente.code, "", kind) for kind in KINDS}
        self.investigated = {kind: Member(self.folder, gemeente.code, "IO", kind) for kind in KINDS}

    def __enter__(self) -> "BagExtract":
        self.members["WPL"].write(
            bag_xml.woonplaats(self.gemeente.woonplaats, self.gemeente.naam, self.woonplaats_ring)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.assemble()
        finally:
            shutil.rmtree(self.folder)

    def write(self, plot: Perceel) -> None:
        members = self.members
        for ruimte in plot.openbareruimten:
            members["OPR"].write(bag_xml.openbareruimte(ruimte))
        for pand in plot.panden:
            if members["PND"].objects % INVESTIGATED_EVERY == 0:
                self.investigate("PND", "Pand", pand.identificatie, "geometrie")
            members["PND"].write(bag_xml.pand(pand))
        for vbo in plot.verblijfsobjecten:
            if members["VBO"].objects % INVESTIGATED_EVERY == 0:
                self.investigate("VBO", "Verblijfsobject", vbo.identificatie, "oppervlakte")
            members["VBO"].write(bag_xml.verblijfsobject(vbo))
            for adres in (vbo.adres, *vbo.nevenadressen):
                members["NUM"].write(bag_xml.nummeraanduiding(adres))
        for plaats in plot.plaatsen:
            members["LIG" if plaats.adres.soort == "Ligplaats" else "STA"].write(bag_xml.plaats(plaats))
            members["NUM"].write(bag_xml.nummeraanduiding(plaats.adres))

    def investigate(self, kind: str, soort: str, identificatie: str, kenmerk: str) -> None:
        ended = "2021-07-14" if self.investigated[kind].objects % 2 else None
        self.investigated[kind].write([bag_xml.in_onderzoek(soort, kenmerk, identificatie, ended)])

    def assemble(self) -> None:
        for member in (*self.members.values(), *self.investigated.values()):
            member.close()
        inner = self.folder / f"{self.gemeente.code}GEM{STAND_IN_NAMES}.zip"
        with ZipFile(inner, "w") as outer:
            for kind in KINDS:
                add(outer, self.members[kind].path)
            add(outer, self.bundle("InOnderzoek", [member.path for member in self.investigated.values()]))
            add(outer, self.bundle("Inactief", self.outside("IA", bag_xml.INACTIEF)))
            add(outer, self.bundle("NietBag", self.outside("NB", bag_xml.NIET_BAG)))
        with ZipFile(self.path, "w", ZIP_DEFLATED, compresslevel=4) as outer:
            outer.writestr(entry("Leveringsdocument-BAG-Extract.xml"), delivery_document(self.gemeente))
            add(outer, inner)
            add(outer, self.relation_file())

    def bundle(self, name: str, paths: Iterable[Path]) -> Path:
        path = self.folder / f"{self.gemeente.code}{name}{STAND_IN_NAMES}.zip"
        with ZipFile(path, "w") as outer:
            for member in paths:
                add(outer, member)
        return path

    def outside(self, prefix: str, marks: tuple[str, str]) -> Iterator[Path]:
        """Members of occurrences outside the register: a house beside a lone farm, so that loading it shows."""
        pand, vbo = outsider(self.gemeente, "8" if prefix == "IA" else "9")
        stands = {"PND": bag_xml.pand(pand, marks), "VBO": bag_xml.verblijfsobject(vbo, marks),
                  "NUM": bag_xml.nummeraanduiding(vbo.adres, marks)}  # fmt: skip
        for kind in KINDS:
            member = Member(self.folder, self.gemeente.code, prefix, kind)
            member.write(stands.get(kind, ()))
            member.close()
            yield member.path

    def relation_file(self) -> Path:
        """Which woonplaats belongs to which municipality; also an ended relation."""
        name = f"GEM-WPL-RELATIE-{STAND_IN_NAMES}"
        with ZipFile(self.folder / f"{name}.zip", "w") as outer:
            outer.writestr(entry(f"{name}-000001.xml"), relation_document(self.relations))
        return self.folder / f"{name}.zip"


def add(outer: ZipFile, path: Path) -> None:
    """Add a finished zip; it is stored, since it is compressed already."""
    with path.open("rb") as source, outer.open(entry(path.name, ZIP_STORED), "w", force_zip64=False) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def outsider(gemeente: Gemeente, series: str) -> tuple[Pand, Verblijfsobject]:
    """A house that is not (or no longer) in the register, 25 m from the first lone farm."""
    registrar = Registrar(gemeente.code, gemeente.woonplaats, gemeente.first_postcode)
    ring = Frame(gemeente.x, gemeente.y).box(-3300 + 40, -600 - (20 if series == "9" else 0), 10, 8)
    street = registrar.street()
    adres = replace(registrar.address(street, 9000), identificatie=f"{gemeente.code}20{series}000000001")
    pand = Pand(f"{gemeente.code}10{series}000000001", ring, cases.PAND_IN_GEBRUIK, 1990)
    code = f"{gemeente.code}01{series}000000001"
    vbo = Verblijfsobject(
        code, adres, ring[0], cases.VBO_IN_GEBRUIK, ("woonfunctie",), 120, (pand.identificatie,), 1990
    )
    return pand, vbo


def delivery_document(gemeente: Gemeente) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xb:BAG-Extract-Levering xmlns:xb="http://www.kadaster.nl/schemas/lvbag/extract-levering/v20200601" \
xmlns:selecties-extract="http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601">
    <xb:SelectieGegevens>
        <selecties-extract:LVC-Extract>
            <selecties-extract:StandTechnischeDatum>{STAND}</selecties-extract:StandTechnischeDatum>
        </selecties-extract:LVC-Extract>
        <selecties-extract:Gebied-Registratief>
            <selecties-extract:Gebied-GEM>
                <selecties-extract:GemeenteCollectie>
                    <selecties-extract:Gemeente>
                        <selecties-extract:GemeenteIdentificatie>{gemeente.code}</selecties-extract:GemeenteIdentificatie>
                        <selecties-extract:GemeenteNaam>{gemeente.naam}</selecties-extract:GemeenteNaam>
                    </selecties-extract:Gemeente>
                </selecties-extract:GemeenteCollectie>
            </selecties-extract:Gebied-GEM>
        </selecties-extract:Gebied-Registratief>
    </xb:SelectieGegevens>
    <xb:SchemaInfo>
        <xb:naam>BagvsExtractDeelbestandExtractLvc-2.1.0.xsd</xb:naam>
        <xb:versie>20200601</xb:versie>
    </xb:SchemaInfo>
</xb:BAG-Extract-Levering>
"""


def relation_document(relations: dict[str, str]) -> str:
    """``relations``: woonplaats -> gemeente."""

    def relation(woonplaats: str, gemeente: str, begin: str, eind: str) -> str:
        ended = f"<bagtypes:einddatumTijdvakGeldigheid>{eind}</bagtypes:einddatumTijdvakGeldigheid>" if eind else ""
        return (
            "<gwr-product:GemeenteWoonplaatsRelatie><gwr-product:tijdvakgeldigheid>"
            f"<bagtypes:begindatumTijdvakGeldigheid>{begin}</bagtypes:begindatumTijdvakGeldigheid>{ended}"
            "</gwr-product:tijdvakgeldigheid><gwr-product:gerelateerdeWoonplaats>"
            f"<gwr-product:identificatie>{woonplaats}</gwr-product:identificatie></gwr-product:gerelateerdeWoonplaats>"
            f"<gwr-product:gerelateerdeGemeente><gwr-product:identificatie>{gemeente}</gwr-product:identificatie>"
            "</gwr-product:gerelateerdeGemeente><gwr-product:status>definitief</gwr-product:status>"
            "</gwr-product:GemeenteWoonplaatsRelatie>"
        )

    first = next(iter(relations))
    rows = [relation(first, "9900", "2010-07-23", "2010-07-24")]
    rows += [relation(woonplaats, gemeente, "2010-07-24", "") for woonplaats, gemeente in relations.items()]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<gwr-bestand:BAG-GWR-Deelbestand-LVC xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xmlns:xs="http://www.w3.org/2001/XMLSchema" \
xmlns:gwr-bestand="www.kadaster.nl/schemas/lvbag/gem-wpl-rel/gwr-deelbestand-lvc/v20200601" \
xmlns:selecties-extract="http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601" \
xmlns:bagtypes="www.kadaster.nl/schemas/lvbag/gem-wpl-rel/bag-types/v20200601" \
xmlns:gwr-product="www.kadaster.nl/schemas/lvbag/gem-wpl-rel/gwr-producten-lvc/v20200601" \
xmlns:DatatypenNEN3610="www.kadaster.nl/schemas/lvbag/imbag/datatypennen3610/v20200601" \
xsi:schemaLocation="http://www.kadaster.nl/schemas/lvbag/gem-wpl-rel/gwr-deelbestand-lvc/v20200601 \
https://developer.kadaster.nl/schemas/lvbag/gem-wpl-rel/gwr-deelbestand-lvc/v20200601/BagvsGwrDeelbestandLvc-2.1.0.xsd">
  <gwr-bestand:SelectieGegevens>
    <selecties-extract:StandTechnischeDatum>{STAND}</selecties-extract:StandTechnischeDatum>
  </gwr-bestand:SelectieGegevens>
  <gwr-bestand:Product>
    <gwr-product:GemeenteWoonplaatsRelatieProduct>{"".join(rows)}</gwr-product:GemeenteWoonplaatsRelatieProduct>
  </gwr-bestand:Product>
</gwr-bestand:BAG-GWR-Deelbestand-LVC>
"""
