"""Writes the risicolocaties of two Flemish municipalities as CSV with WKT in EPSG:31370: points, areas and multi-areas.

The columns are our own choice, since the import template of OVAM is not public; their meaning follows the attributes
that it names. The rubrieken are examples.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from risicoatlas.sample.boundaries import VL_SIZE, VL_X, VL_Y

COLUMNS = ("identificatie", "nis", "rubriek", "startdatum", "einddatum", "omv_nummer", "iioa_nummer",
           "wijziging_vergunning", "bron_rubriek", "omschrijving", "geschrapt", "geometrie_wkt")  # fmt: skip
PER_MUNICIPALITY = {"99901": 48, "99902": 30}
RUBRIEKEN = (
    ("2.1.2", "opslag van afvalstoffen"), ("4.3", "lakken en verven van metaal"), ("6.4.1", "opslag van smeerolie"),
    ("6.5.1", "brandstofverdeling"), ("12.2", "transformator"), ("15.2", "garage en carrosserie"),
    ("17.3.2.1.1", "opslag van brandbare vloeistoffen"), ("17.3.6.1", "opslag van bijtende stoffen"),
    ("19.3", "houtbewerking"), ("24.4", "laboratorium"), ("29.5.2", "metaalbewerking"), ("46", "wasserij"),
)  # fmt: skip
ROW_LENGTH = 8


def write(path: Path, seed: int) -> int:
    """Gives the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [row for nis in PER_MUNICIPALITY for row in locations(nis, seed)]
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return len(rows)


def locations(nis: str, seed: int) -> Iterator[tuple[str, ...]]:
    """Rows of one municipality, in fixed positions: every 9th has ended, every 11th is struck, every 13th changed."""
    random = Random(f"{seed}/{nis}")  # noqa: S311  (sample data, not a secret)
    for number in range(1, PER_MUNICIPALITY[nis] + 1):
        rubriek, omschrijving = RUBRIEKEN[random.randrange(len(RUBRIEKEN))]
        year = random.randint(1996, 2025)
        permit = year >= 2018
        yield (
            f"RL-{nis}-{number:05d}",
            nis,
            rubriek,
            f"{year}-{random.randint(1, 12):02d}-15",
            f"{year + 1}-12-31" if number % 9 == 0 else "",
            f"OMV_{year}{random.randint(0, 999999):06d}" if permit else "",
            f"{year}0601-{random.randint(0, 9999):04d}" if permit else "",
            "JA" if number % 13 == 0 else "NEE",
            "deskundige" if number % 4 == 0 else "gemeente",
            omschrijving,
            "true" if number % 11 == 0 else "false",
            shapely.to_wkt(geometry(nis, number, random), rounding_precision=2),
        )


def geometry(nis: str, number: int, random: Random) -> BaseGeometry:
    """Every 7th a point, every 8th two areas, number 5 of the first municipality an area that crosses itself."""
    line, column = divmod(number - 1, ROW_LENGTH)
    west = VL_X + (VL_SIZE if nis == "99902" else 0)
    x, y = west + 500 + column * 380 + random.randint(0, 60), VL_Y + 500 + line * 420 + random.randint(0, 60)
    width, depth = random.randint(25, 160), random.randint(20, 120)
    corners = [(x, y), (x + width, y + 6), (x + width - 5, y + depth), (x - 4, y + depth - 8)]
    if number % 7 == 0:
        return Point(x, y)
    if number == 5 and nis == "99901":
        return Polygon([corners[0], corners[2], corners[1], corners[3]])
    if number % 8 == 0:
        annex = [(x + width + 20, y), (x + width + 60, y), (x + width + 60, y + 35), (x + width + 20, y + 35)]
        return MultiPolygon([Polygon(corners), Polygon(annex)])
    return Polygon(corners)
