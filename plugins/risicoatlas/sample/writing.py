"""Writes a whole sample folder: asks every writer in turn and leaves ``sample.json``, which says what is there."""

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from risicoatlas.errors import SourceError
from risicoatlas.sample import bag_geopackage, bag_mutations, bag_zip, boundaries, brt, imev, risicolocaties, tables
from risicoatlas.sample.model import DEFAULT_PANDEN, STAND, STAND_IN_NAMES, Antwoord, Ring
from risicoatlas.sample.town import Gemeente, Town

MARKER = "sample.json"
MUTATIONS = "mutaties"
FOLDERS = (MUTATIONS, "bag", "brt", "gemeenten", "imev", "kvk", "lrk", "duo", "risicolocaties")
FILES = ("answers.csv", "kgl_gemeente.csv")
# Share of the buildings per municipality; the fixed part of each comes first and may be larger.
SHARES = (0.66, 0.19, 0.15)
X, Y = 160000, 510000
# Of these one building each is confirmed by its municipality in an IMEV message.
CONFIRMED = (("9901", "zeerKwetsbaar"), ("9901", "kwetsbaar"), ("9902", "beperktKwetsbaar"))

Notice = Callable[[str], None]
PlotFile = bag_zip.BagExtract | bag_geopackage.GeoPackage | brt.Top10nl


@dataclass(frozen=True)
class Request:
    """What to write where."""

    folder: Path
    panden: int = DEFAULT_PANDEN
    seed: int = 1


def towns(panden: int, seed: int) -> list[Town]:
    """Three municipalities: the town (every case), its eastern neighbour, and a northern one that no risk reaches."""
    counts = [round(panden * share) for share in SHARES]
    first = Town(Gemeente("9901", "Zilverdam", "9911", X, Y, 8900, counts[0], full=True), seed)
    second = Town(Gemeente("9902", "Oostwaard", "9912", X + first.width + 4400, Y, 8920, counts[1], step=3), seed)
    third = Town(Gemeente("9903", "Eendenoord", "9913", X, Y + first.height + 2700, 8940, counts[2], step=4), seed)
    return [first, second, third]


def write(request: Request, notice: Notice = lambda text: None) -> dict[str, int]:
    """Write the sample; gives the number of objects per kind. A folder with other things in it is refused."""
    prepare(request.folder)
    folder, places = request.folder, towns(request.panden, request.seed)
    counts = {"panden": 0, "verblijfsobjecten": 0}
    boundaries.write(folder / "gemeenten", places)
    rings = {code: boundaries.ring_of(part) for code, part in boundaries.dutch(places).items()}
    relations = {town.gemeente.woonplaats: town.gemeente.code for town in places}
    (folder / "bag").mkdir(exist_ok=True)
    confirmed: dict[tuple[str, str], Antwoord] = {}
    with tables.Tables(folder) as rows:
        for town in places:
            notice(f"BAG of {town.gemeente.naam} ({town.gemeente.code})")
            with ExitStack() as stack:
                files = plot_files(folder, town, rings, relations)
                for file in files:
                    stack.enter_context(file)
                for plot in town.plots():
                    for taker in (*files, rows):
                        taker.write(plot)
                    for answer in plot.antwoorden:
                        confirmed.setdefault((answer.pand[:4], answer.label), answer)
                    counts["panden"] += len(plot.panden)
                    counts["verblijfsobjecten"] += len(plot.verblijfsobjecten)
    tables.write_status(folder / "kgl_gemeente.csv")
    notice("IMEV messages")
    counts["imev"] = imev.write(folder / "imev", places, [confirmed[key] for key in CONFIRMED])
    counts["risicolocaties"] = risicolocaties.write(folder / "risicolocaties" / "risicolocaties.csv", request.seed)
    counts |= rows.rows
    finish(request, counts)
    return counts


def write_mutations(request: Request) -> Path:
    """Write one day of changes in the town, as a delivery of BAG mutations; gives its path.

    It stands beside the sample, not in it: whoever loads it leaves the answer key.
    """
    folder = request.folder / MUTATIONS
    folder.mkdir(parents=True, exist_ok=True)
    town = towns(request.panden, request.seed)[0]
    return bag_mutations.write(folder, date.fromisoformat(STAND), bag_mutations.day_of(town.plots()))


def plot_files(folder: Path, town: Town, rings: dict[str, Ring], relations: dict[str, str]) -> list[PlotFile]:
    """The extract of a municipality, and of the first one the same objects as a GeoPackage and its greenhouses."""
    code = town.gemeente.code
    extract = folder / "bag" / f"BAGGEM{code}L-{STAND_IN_NAMES}.zip"
    files: list[PlotFile] = [bag_zip.BagExtract(extract, town.gemeente, rings[code], relations)]
    if code == "9901":
        path = folder / "bag" / f"bag_{code}_{STAND.replace('-', '')}.gpkg"
        files.append(bag_geopackage.GeoPackage(path, town.gemeente, rings[code]))
        files.append(brt.Top10nl(folder / "brt" / f"TOP10NL_{code}.gml"))
    return files


def prepare(folder: Path) -> None:
    """Accept a new or empty folder, or one that an earlier sample filled: of that only the sample's own parts go."""
    if folder.exists() and not folder.is_dir():
        raise SourceError(folder, None, "is a file; the sample needs a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise SourceError(
            folder, None, f"is not empty and holds no earlier sample ({MARKER}); choose an empty or new folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text('{"complete": false}\n', encoding="utf-8")
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


def finish(request: Request, counts: dict[str, int]) -> None:
    marker = {"complete": True, "panden": request.panden, "seed": request.seed, "written": counts}
    (request.folder / MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
