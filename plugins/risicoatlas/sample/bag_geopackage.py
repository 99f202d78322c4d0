"""Writes the current objects of one municipality as a GeoPackage: a layer per object type, ids with a domain prefix.

The layout is that of extracts which were converted with GDAL's LVBAG driver: camelCase columns, comma lists,
only occurrences without an end, no height. Rows are written in batches, so memory stays flat.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import fiona
from fiona.model import Feature, Geometry, Properties

from risicoatlas.sample import bag_xml
from risicoatlas.sample.model import STAND, Adres, Openbareruimte, Pand, Perceel, Plaats, Ring, Verblijfsobject
from risicoatlas.sample.town import Gemeente

CRS = "EPSG:28992"
COMMON = {"identificatie": "str", "status": "str", "geconstateerd": "bool", "documentDatum": "datetime",
          "documentNummer": "str", "voorkomenIdentificatie": "int32", "beginGeldigheid": "datetime",
          "tijdstipRegistratie": "datetime", "tijdstipRegistratieLV": "datetime"}  # fmt: skip
ADDRESSES = {"hoofdadresNummeraanduidingRef": "str", "nevenadresNummeraanduidingRef": "str"}
LAYERS: dict[str, tuple[str, dict[str, str]]] = {
    "pand": ("Polygon", {"oorspronkelijkBouwjaar": "int32", **COMMON}),
    "verblijfsobject": ("Point", {"gebruiksdoel": "str", "oppervlakte": "int32", **ADDRESSES, "pandRef": "str",
                                  **COMMON}),
    "nummeraanduiding": ("None", {"huisnummer": "int32", "huisletter": "str", "huisnummerToevoeging": "str",
                                  "postcode": "str", "typeAdresseerbaarObject": "str", "openbareruimteRef": "str",
                                  "woonplaatsRef": "str", **COMMON}),
    "openbareruimte": ("None", {"naam": "str", "type": "str", "woonplaatsRef": "str", "verkorteNaam": "str", **COMMON}),
    "woonplaats": ("MultiPolygon", {"naam": "str", **COMMON}),
    "ligplaats": ("Polygon", {**ADDRESSES, **COMMON}),
    "standplaats": ("Polygon", {**ADDRESSES, **COMMON}),
}  # fmt: skip
Row = tuple[dict[str, Any], dict[str, Any] | None]
# Rows that are kept before they go to their layer; a GeoPackage takes one writer at a time.
BATCH = 10_000


class Columns(Properties):  # type: ignore[misc]
    """Columns of one row with plain lookup: fiona's own copies all columns for each one that is read."""

    def __getitem__(self, item: str) -> Any:
        return self._data[item]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)


class GeoPackage:
    """The GeoPackage of one municipality: entering makes its layers, :meth:`write` takes plots, leaving ends them.

    The clock of the machine is kept out, so the same town gives the same bytes.
    """

    def __init__(self, path: Path, gemeente: Gemeente, woonplaats_ring: Ring) -> None:
        self.path = path
        self.waiting: dict[str, list[Row]] = {layer: [] for layer in LAYERS}
        self.waiting["woonplaats"] = [woonplaats(gemeente.woonplaats, gemeente.naam, woonplaats_ring)]
        self.env = fiona.Env(OGR_CURRENT_DATE=f"{STAND}T12:00:00.000Z")

    def __enter__(self) -> "GeoPackage":
        self.env.__enter__()
        for layer, (geometry, properties) in LAYERS.items():
            schema = {"geometry": geometry, "properties": properties}
            crs = None if geometry == "None" else CRS
            with fiona.open(self.path, "w", driver="GPKG", layer=layer, schema=schema, crs=crs):
                pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                for layer in LAYERS:
                    self.flush(layer)
        finally:
            self.env.__exit__(kind, error, trace)

    def write(self, plot: Perceel) -> None:
        for layer, rows in ROWS.items():
            waiting = self.waiting[layer]
            waiting.extend(rows(plot))
            if len(waiting) >= BATCH:
                self.flush(layer)

    def flush(self, layer: str) -> None:
        rows, self.waiting[layer] = self.waiting[layer], []
        with fiona.open(self.path, "a", layer=layer) as target:
            target.writerecords(
                Feature(geometry=Geometry(**geometry) if geometry else None, properties=Columns(**properties))
                for properties, geometry in rows
            )


@cache
def history(begin: str, nummer: int) -> dict[str, Any]:
    """Document and dates of an occurrence; as date values, since fiona reads a text with a regular expression."""
    day = datetime.fromisoformat(begin)
    return {
        "geconstateerd": False,
        "documentDatum": day,
        "documentNummer": f"Z.{begin[:4]}/D&O.{begin[5:7]}",
        "voorkomenIdentificatie": nummer,
        "beginGeldigheid": day,
        "tijdstipRegistratie": day.replace(hour=10, minute=15),
        "tijdstipRegistratieLV": day.replace(hour=10, minute=30, second=5, microsecond=240_000),
    }


def common(domein: str, identificatie: str, status: str, begin: str, nummer: int = 1) -> dict[str, Any]:
    return {"identificatie": f"NL.IMBAG.{domein}.{identificatie}", "status": status, **history(begin, nummer)}


def _address_refs(adres: Adres, neven: tuple[Adres, ...] = ()) -> dict[str, Any]:
    others = ",".join(f"NL.IMBAG.Nummeraanduiding.{other.identificatie}" for other in neven)
    return {"hoofdadresNummeraanduidingRef": f"NL.IMBAG.Nummeraanduiding.{adres.identificatie}",
            "nevenadresNummeraanduidingRef": others or None}  # fmt: skip


def pand(value: Pand) -> Row:
    begins = bag_xml.begin_dates(value.bouwjaar, len(value.eerdere_statussen) + 1)
    properties = common("Pand", value.identificatie, value.status, begins[-1], len(begins))
    geometry = {"type": "Polygon", "coordinates": [list(value.ring), *map(list, value.binnenringen)]}
    return {"oorspronkelijkBouwjaar": value.bouwjaar, **properties}, geometry


def verblijfsobject(value: Verblijfsobject) -> Row:
    begins = bag_xml.begin_dates(value.bouwjaar, len(value.eerder) + 1)
    properties = {
        "gebruiksdoel": ",".join(value.gebruiksdoelen),
        "oppervlakte": value.oppervlakte,
        **_address_refs(value.adres, value.nevenadressen),
        "pandRef": ",".join(f"NL.IMBAG.Pand.{pand}" for pand in value.panden),
        **common("Verblijfsobject", value.identificatie, value.status, begins[-1], len(begins)),
    }
    return properties, {"type": "Point", "coordinates": value.punt}


def nummeraanduiding(value: Adres) -> Row:
    return {
        "huisnummer": value.huisnummer, "huisletter": value.huisletter or None,
        "huisnummerToevoeging": value.toevoeging or None, "postcode": value.postcode,
        "typeAdresseerbaarObject": value.soort, "openbareruimteRef": f"NL.IMBAG.Openbareruimte.{value.openbareruimte}",
        "woonplaatsRef": None, **common("Nummeraanduiding", value.identificatie, "Naamgeving uitgegeven", "2010-06-01"),
    }, None  # fmt: skip


def openbareruimte(value: Openbareruimte) -> Row:
    return {
        "naam": value.naam, "type": value.type, "woonplaatsRef": f"NL.IMBAG.Woonplaats.{value.woonplaats}",
        "verkorteNaam": value.verkorte_naam or None,
        **common("Openbareruimte", value.identificatie, "Naamgeving uitgegeven", "2010-06-01"),
    }, None  # fmt: skip


def woonplaats(identificatie: str, naam: str, ring: Ring) -> Row:
    properties = {"naam": naam, **common("Woonplaats", identificatie, "Woonplaats aangewezen", "2010-06-01")}
    return properties, {"type": "MultiPolygon", "coordinates": [[list(ring)]]}


def plaats(value: Plaats) -> Row:
    properties = {
        **_address_refs(value.adres),
        **common(value.adres.soort, value.identificatie, value.status, "2010-06-01"),
    }
    return properties, {"type": "Polygon", "coordinates": [list(value.ring)]}


def _addresses(plot: Perceel) -> Iterator[Adres]:
    for vbo in plot.verblijfsobjecten:
        yield vbo.adres
        yield from vbo.nevenadressen
    for value in plot.plaatsen:
        yield value.adres


ROWS: dict[str, Callable[[Perceel], Iterator[Row]]] = {
    "pand": lambda plot: map(pand, plot.panden),
    "verblijfsobject": lambda plot: map(verblijfsobject, plot.verblijfsobjecten),
    "nummeraanduiding": lambda plot: map(nummeraanduiding, _addresses(plot)),
    "openbareruimte": lambda plot: map(openbareruimte, plot.openbareruimten),
    "ligplaats": lambda plot: (plaats(value) for value in plot.plaatsen if value.adres.soort == "Ligplaats"),
    "standplaats": lambda plot: (plaats(value) for value in plot.plaatsen if value.adres.soort == "Standplaats"),
}
