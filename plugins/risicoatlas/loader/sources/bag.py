"""The BAG: panden, verblijfsobjecten and addresses, from an extract of the Kadaster, from its daily mutations or from a
GeoPackage."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risicoatlas.errors import SourceError
from risicoatlas.loader import mapping
from risicoatlas.loader.source import Load
from risicoatlas.loader.sources import bag_extract, bag_geopackage, bag_mutations
from risicoatlas.settings import Settings

# Kinds that the register keeps, in the order of writing; the other staged kinds give their names to addresses.
REGISTERED = ("pand", "verblijfsobject", "nummeraanduiding")
PLACES = ("ligplaats", "standplaats")
NAMES_ONLY = {"openbareruimte": "bag_openbareruimte", "woonplaats": "bag_woonplaats"}
MUTATIONS = "mutaties"
AS_NAME = "opgenomen als naam bij adressen"

# Bounds of EPSG:28992 with room for the sea (EPSG registry: area of use of the Dutch stereographic system), as (E)WKT.
RD_AREA = "SRID=28992;POLYGON((-7000 289000, 300000 289000, 300000 629000, -7000 629000, -7000 289000))"


@dataclass(frozen=True)
class BagSource:
    """See :class:`~risicoatlas.loader.source.Source`."""

    name: str = "bag"
    staging: tuple[str, ...] = (
        "bag_pand",
        "bag_verblijfsobject",
        "bag_nummeraanduiding",
        "bag_openbareruimte",
        "bag_woonplaats",
        "bag_plaats",
        "bag_was",
        "bag_eind",
        "pand",
        "verblijfsobject",
        "adres",
        "plaats",
    )

    def recognise(self, path: Path, settings: Settings) -> str | None:
        try:
            if zipfile.is_zipfile(path):
                return _title(path, settings) if bag_extract.is_extract(path) else None
            found = bag_geopackage.uses(path, settings.config)
        except SourceError:
            return None
        kinds = [f"{use.layer.count:,} {use.kind}" for use in found if use.kind in {"pand", "verblijfsobject"}]
        return f"BAG-GeoPackage met {', '.join(kinds)}" if kinds else None

    def stage(self, load: Load) -> None:
        if zipfile.is_zipfile(load.path) or load.path.suffix.lower() == ".zip":
            delivery = bag_extract.read_delivery(load.path, load.settings.home)
            load.report.stand = delivery.date
            if delivery.period:
                _stage_mutations(load, delivery.period)
                return
            areas = dict(delivery.areas)
            load.report.omschrijving = "BAG-extract " + ", ".join(name or code for code, name in areas.items())
            load.report.gebied = sorted(areas) or None
            load.report.namen = {code: name for code, name in areas.items() if name}
            bag_extract.stage(load)
        else:
            load.report.omschrijving = "BAG-GeoPackage"
            bag_geopackage.stage(load)
            load.report.find("melding", "levering", "een GeoPackage zegt niet of het volledig is: er vervalt niets")

    def check(self, load: Load) -> None:
        if _is_mutation(load):
            bag_mutations.check(load)
        for kind, table in NAMES_ONLY.items():
            if kind in load.report.objecten:
                ((count,),) = load.rows("bag", f"aantal_{table}")
                load.report.tally(kind).skip(AS_NAME, int(str(count)))

    def normalise(self, load: Load) -> None:
        lists = mapping.read_yaml(load.settings.config / "codelists" / "bag.yaml")
        parameters: dict[str, Any] = {**lists, "gebied_rd": RD_AREA}
        with load.progress.task(f"{load.path.name} normaliseren", 5, "stappen") as advance:
            for statement in (
                "normaliseer_pand",
                "normaliseer_verblijfsobject",
                "normaliseer_adres",
                "normaliseer_plaats",
            ):
                load.run("bag", statement, **parameters)
                advance(1)
            load.run("bag", "analyseer")
            load.run("bag", "bevindingen")
            advance(1)

    def register(self, load: Load) -> None:
        with load.progress.task(f"{load.path.name} in het register", len(REGISTERED), "soorten") as advance:
            for kind in REGISTERED:
                _register(load, kind)
                advance(1)
        _register_places(load)
        if _is_mutation(load):
            load.run("mutaties", "hernoemd")
        load.run("mutaties", "schrijf_openbareruimte")
        _register_gemeenten(load)
        if not _is_mutation(load):
            load.run("bag", "analyseer_register")
        # Lists that were loaded before may find their addresses now.
        load.run("lists", "koppel", alles=not _is_mutation(load))
        if _is_mutation(load):
            ((touched,),) = load.rows("mutaties", "panden_geraakt")
            load.report.kengetallen = {"panden geraakt": int(str(touched))}


def _title(path: Path, settings: Settings) -> str:
    period = bag_extract.read_delivery(path, settings.home).period
    return f"BAG-mutaties van {period[0]} tot {period[1]}" if period else "BAG-extract"


def _stage_mutations(load: Load, period: tuple[str, str]) -> None:
    load.report.omschrijving = f"BAG-mutaties van {period[0]} tot {period[1]}"
    load.report.instellingen = {MUTATIONS: list(period)}
    bag_mutations.stage(load)


def _is_mutation(load: Load) -> bool:
    return MUTATIONS in load.report.instellingen


def _register(load: Load, kind: str) -> None:
    """New, changed, unchanged and ended objects of one kind."""
    tally = load.report.tally(kind)
    load.count(tally, "bag", f"tel_{kind}")
    load.run("bag", f"schrijf_{kind}")
    if kind == "verblijfsobject":
        for subject in ("panden", "nevenadressen"):
            load.run("bag", f"wis_{subject}_van_gewijzigde")
            load.run("bag", f"schrijf_{subject}_van_gewijzigde")
    if _is_mutation(load):
        tally.vervallen = bag_mutations.register_ended(load, kind)
    if load.report.gebied:
        load.run("bag", f"overgenomen_{kind}", gebied=load.report.gebied)
        tally.vervallen = load.run("bag", f"vervallen_{kind}", gebied=load.report.gebied)


def _register_places(load: Load) -> None:
    """Moorings and pitches: counted each by its kind, written together."""
    for kind in PLACES:
        if kind in load.report.objecten:
            load.count(load.report.tally(kind), "bag", "tel_plaats", soort=kind)
    load.run("bag", "schrijf_plaats")
    if _is_mutation(load):
        for kind in bag_mutations.PLACES:
            if kind in load.report.objecten:
                load.report.tally(kind).vervallen = bag_mutations.register_ended(load, kind)
    if load.report.gebied:
        load.run("bag", "overgenomen_plaats", gebied=load.report.gebied)
        for kind in PLACES:
            # an extract without any has no file of the kind
            if ended := load.run("bag", "vervallen_plaats", gebied=load.report.gebied, soort=kind):
                load.report.tally(kind).vervallen = ended


def _register_gemeenten(load: Load) -> None:
    """Municipalities that the boundaries do not have are kept by name and reported."""
    names = json.dumps(load.report.namen)
    codes = [code for code in load.report.gebied or () if code != "NL"]
    load.run("bag", "onbekende_gemeenten", codes=codes, namen=names)
    load.run("bag", "naam_gemeente", namen=names)
    load.run("bag", "bevindingen_gemeente", codes=codes)


SOURCE = BagSource()
