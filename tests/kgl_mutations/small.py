"""A village of a few buildings as a BAG extract, and mutations of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from risicoatlas.sample import bag_mutations, bag_zip
from risicoatlas.sample.bag_mutations import Change
from risicoatlas.sample.model import Adres, Openbareruimte, Pand, Perceel, Verblijfsobject
from risicoatlas.sample.town import Gemeente

GEMEENTE = Gemeente("9901", "Zilverdam", "9911", 160000, 510000, 8900, 10)
STREET = Openbareruimte("9901300000000001", "Dorpsstraat", "Weg", "9911")
DAY = date(2026, 10, 15)


def pand(number: int, x: float = 0, status: str = "Pand in gebruik") -> Pand:
    """A building of 10 by 10 metres."""
    left, low = 160000.0 + x, 510000.0
    ring = ((left, low), (left + 10, low), (left + 10, low + 10), (left, low + 10), (left, low))
    return Pand(f"990110{number:010d}", ring, status, 1990)


def vbo(number: int, *panden: Pand, doel: str = "woonfunctie", m2: int = 100) -> Verblijfsobject:
    adres = Adres(f"990120{number:010d}", STREET.identificatie, "8900AA", number)
    place = panden[0].ring[0] if panden else (160000.0, 510000.0)
    ids = tuple(item.identificatie for item in panden)
    return Verblijfsobject(f"990101{number:010d}", adres, place, "Verblijfsobject in gebruik", (doel,), m2, ids, 1990)


PANDEN = tuple(pand(number, 20.0 * number) for number in range(1, 6))
VBOS = tuple(vbo(number, item) for number, item in enumerate(PANDEN, start=1))


def extract(path: Path, panden: tuple[Pand, ...] = PANDEN, vbos: tuple[Verblijfsobject, ...] = VBOS) -> Path:
    ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0))
    with bag_zip.BagExtract(path, GEMEENTE, ring, {"9911": "9901"}) as file:
        file.write(Perceel([STREET], list(panden), list(vbos)))
    return path


def mutations(folder: Path, *changes: Change, day: date = DAY) -> Path:
    return bag_mutations.write(folder, day, changes)


def demolished(item: Pand) -> Change:
    return bag_mutations.changed(item, replace(item, status="Pand gesloopt"))
