"""A small reader of BAG extracts for these tests only: the current occurrences in a nested zip, as plain rows."""

import io
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from lxml import etree

OBJECTEN = "{www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601}"
REF = "{www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601}"
HISTORIE = "{www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601}"
GML = "{http://www.opengis.net/gml/3.2}"
CLASSES = {"PND": "Pand", "VBO": "Verblijfsobject", "NUM": "Nummeraanduiding", "OPR": "OpenbareRuimte",
           "LIG": "Ligplaats", "STA": "Standplaats", "WPL": "Woonplaats"}  # fmt: skip


def member_names(path: Path) -> dict[str, list[str]]:
    """Names of the zips in the municipality's zip, and of the files in each of them."""
    with ZipFile(path) as outer, ZipFile(io.BytesIO(outer.read(_inner(outer)))) as inner:
        return {name: ZipFile(io.BytesIO(inner.read(name))).namelist() for name in inner.namelist()}


def _inner(outer: ZipFile) -> str:
    return next(name for name in outer.namelist() if "GEM" in name and "WPL" not in name)


def documents(path: Path, kind: str, bundle: str = "") -> Iterator[bytes]:
    """The XML files of one object type; ``bundle`` is Inactief, InOnderzoek or NietBag."""
    prefix = {"": "", "Inactief": "IA", "InOnderzoek": "IO", "NietBag": "NB"}[bundle]
    with ZipFile(path) as outer, ZipFile(io.BytesIO(outer.read(_inner(outer)))) as inner:
        code, stand = path.stem[6:10], path.stem[-8:]
        source = inner
        if bundle:
            source = ZipFile(io.BytesIO(inner.read(f"{code}{bundle}{stand}.zip")))
        with ZipFile(io.BytesIO(source.read(f"{code}{prefix}{kind}{stand}.zip"))) as files:
            for name in files.namelist():
                yield files.read(name)


def objects(path: Path, kind: str, bundle: str = "", *, ended: bool = False) -> Iterator[etree._Element]:
    """Objects of one type: those that hold now, or with ``ended`` those that do not."""
    for document in documents(path, kind, bundle):
        for _, element in etree.iterparse(io.BytesIO(document), tag=f"{OBJECTEN}{CLASSES[kind]}"):
            over = element.find(f".//{HISTORIE}eindGeldigheid") is not None
            if over == ended:
                yield element


def text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{OBJECTEN}{name}") or ""


def pand(element: etree._Element) -> tuple[str, str, str]:
    """Identification, status and the geometry as WKT, as it stands."""
    rings = []
    for positions in element.iter(f"{GML}posList"):
        numbers = (positions.text or "").split()
        rings.append("(" + ",".join(f"{numbers[i]} {numbers[i + 1]}" for i in range(0, len(numbers), 3)) + ")")
    return text(element, "identificatie"), text(element, "status"), f"POLYGON({','.join(rings)})"


def verblijfsobject(element: etree._Element) -> tuple[str, str, int, list[str], list[str], str]:
    """Identification, status, area, functions, panden and main address."""
    doelen = [doel.text for doel in element.findall(f"{OBJECTEN}gebruiksdoel")]
    panden = [ref.text for ref in element.iter(f"{REF}PandRef")]
    adres = element.findtext(f"{OBJECTEN}heeftAlsHoofdadres/{REF}NummeraanduidingRef")
    return (
        text(element, "identificatie"),
        text(element, "status"),
        int(text(element, "oppervlakte")),
        doelen,
        panden,
        adres,
    )


def nummeraanduiding(element: etree._Element) -> tuple[str, str, int, str, str]:
    return (text(element, "identificatie"), text(element, "postcode"), int(text(element, "huisnummer")),
            text(element, "huisletter"), text(element, "huisnummertoevoeging"))  # fmt: skip
