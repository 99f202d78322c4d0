"""Writes the current objects of one municipality as a GeoPackage: a layer per object type, ids with their domain prefix.

The layout is that of extracts which were converted with GDAL's LVBAG driver: camelCase columns, lists joined with a comma,
only occurrences without an end, no height. Another pass over the town per layer keeps memory flat.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fiona
from fiona.model import Feature, Geometry, Properties

from risicoatlas.sample import bag_xml
from risicoatlas.sample.model import STAND, Adres, Openbareruimte, Pand, Perceel, Plaats, Ring, Verblijfsobject
from risicoatlas.sample.town import Town

CRS = "EPSG:28992"
COMMON = {"identificatie": "str", "status": "str", "geconstateerd": "bool", "documentDatum": "datetime",
          "documentNummer": "str", "voorkomenIdentificatie": "int32", "beginGeldigheid": "datetime",
          "tijdstipRegistratie": "datetime", "tijdstipRegistratieLV": "datetime"}  # fmt: skip
ADDRESSES = {"hoofdadresNummeraanduidingRef": "str", "nevenadresNummeraanduidingRef": "str"}
LAYERS: dict[str, tuple[str, dict[str, str]]] = {
    "pand": ("Polygon", {"oorspronkelijkBouwjaar": "int32", **COMMON}),
    "verblijfsobject": ("Point", {"gebruiksdoel": "str", "oppervlakte": "int32", **ADDRESSES, "pandRef": "str", **COMMON}),
    "nummeraanduiding": ("None", {"huisnummer": "int32", "huisletter": "str", "huisnummerToevoeging": "str",
                                  "postcode": "str", "typeAdresseerbaarObject": "str", "openbareruimteRef": "str",
                                  "woonplaatsRef": "str", **COMMON}),
    "openbareruimte": ("None", {"naam": "str", "type": "str", "woonplaatsRef": "str", "verkorteNaam": "str", **COMMON}),
    "woonplaats": ("MultiPolygon", {"naam": "str", **COMMON}),
    "ligplaats": ("Polygon", {**ADDRESSES, **COMMON}),
    "standplaats": ("Polygon", {**ADDRESSES, **COMMON}),
}  # fmt: skip
Row = tuple[dict[str, Any], dict[str, Any] | None]


def write(path: Path, town: Town, woonplaats_ring: Ring) -> None:
    """One layer after the other; the clock of the machine is kept out, so the same town gives the same bytes."""
    with fiona.Env(OGR_CURRENT_DATE=f"{STAND}T12:00:00.000Z"):
        for layer, (geometry, properties) in LAYERS.items():
            schema = {"geometry": geometry, "properties": properties}
            crs = None if geometry == "None" else CRS
            with fiona.open(path, "w", driver="GPKG", layer=layer, schema=schema, crs=crs) as target:
                target.writerecords(features(layer, town, woonplaats_ring))


def features(layer: str, town: Town, woonplaats_ring: Ring) -> Iterator[Feature]:
    if layer == "woonplaats":
        gemeente = town.gemeente
        rows: Iterator[Row] = iter([woonplaats(gemeente.woonplaats, gemeente.naam, woonplaats_ring)])
    else:
        rows = (row for plot in town.plots() for row in ROWS[layer](plot))
    for properties, geometry in rows:
        yield Feature(geometry=Geometry(**geometry) if geometry else None, properties=Properties(**properties))


def common(domein: str, identificatie: str, status: str, begin: str, nummer: int = 1) -> dict[str, Any]:
    return {
        "identificatie": f"NL.IMBAG.{domein}.{identificatie}", "status": status, "geconstateerd": False,
        "documentDatum": f"{begin}T00:00:00", "documentNummer": f"Z.{begin[:4]}/D&O.{begin[5:7]}",
        "voorkomenIdentificatie": nummer, "beginGeldigheid": f"{begin}T00:00:00",
        "tijdstipRegistratie": f"{begin}T10:15:00", "tijdstipRegistratieLV": f"{begin}T10:30:05.240",
    }  # fmt: skip


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
    properties = {**_address_refs(value.adres), **common(value.adres.soort, value.identificatie, value.status, "2010-06-01")}
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
