"""Full extracts made of a real delivery of mutations: the register before it, and the one after it."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

KINDS = {"Pand": "PND", "Verblijfsobject": "VBO", "Nummeraanduiding": "NUM"}
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<s:bagStand xmlns:s="urn:x"><s:standBestand>'
TAIL = b"</s:standBestand></s:bagStand>"


def groups(path: Path) -> Iterator[etree._Element]:
    """Every mutatieGroep of objects of a delivery."""
    with zipfile.ZipFile(path) as outer:
        name = next(item for item in outer.namelist() if "9999MUT" in item)
        with zipfile.ZipFile(io.BytesIO(outer.read(name))) as inner:
            for member in sorted(inner.namelist()):
                yield from etree.fromstring(inner.read(member)).iter("{*}mutatieGroep")


def is_current(occurrence: etree._Element) -> bool:
    return occurrence.find(".//{*}eindGeldigheid") is None


def states(path: Path, before: bool) -> dict[tuple[str, str], etree._Element]:
    """The current occurrence per object, by kind and identification: the first `was`, or the last `wordt`."""
    found: dict[tuple[str, str], etree._Element] = {}
    added: set[tuple[str, str]] = set()
    for group in groups(path):
        for part in group.iter("{*}was", "{*}wordt"):
            occurrence = part[0][0]
            key = (etree.QName(occurrence).localname, str(occurrence.findtext("{*}identificatie")))
            if not is_current(occurrence):
                continue
            is_was = etree.QName(part).localname == "was"
            if before and is_was and key not in added:
                found.setdefault(key, occurrence)
            if not is_was:
                added.add(key)
                if not before:
                    found[key] = occurrence
    return found


def write_extract(path: Path, source: Path, *, before: bool, codes: list[str]) -> Path:
    """A full extract of these municipalities with the objects of the mutations before or after them."""
    files: dict[str, list[bytes]] = {kind: [] for kind in (*KINDS.values(), "OPR", "WPL")}
    for (name, identificatie), occurrence in states(source, before).items():
        if identificatie[:4] in codes and name in KINDS:
            files[KINDS[name]].append(
                b"<s:stand><s:bagObject>" + etree.tostring(occurrence) + b"</s:bagObject></s:stand>"
            )
    kinds = {
        f"{codes[0]}{kind}15102021.zip": zipped({f"{codes[0]}{kind}15102021-000001.xml": HEAD + b"".join(items) + TAIL})
        for kind, items in files.items()
    }
    outer = {f"{codes[0]}GEM15102021.zip": zipped(kinds), "Leveringsdocument-BAG-Extract.xml": document(codes)}
    path.write_bytes(zipped(outer))
    return path


def document(codes: list[str]) -> bytes:
    named = "".join(
        f"<s:Gemeente><s:GemeenteIdentificatie>{code}</s:GemeenteIdentificatie>"
        f"<s:GemeenteNaam>G{code}</s:GemeenteNaam></s:Gemeente>"
        for code in codes
    )
    return (
        '<xb:Levering xmlns:xb="urn:y" xmlns:s="urn:z"><s:LVC-Extract><s:StandTechnischeDatum>2021-11-13'
        f"</s:StandTechnischeDatum></s:LVC-Extract>{named}</xb:Levering>"
    ).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
