"""The flat files: rows of KvK, LRK and DUO, the answer key, and where each municipality stands with its KGL."""

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from risicoatlas.sample.model import Perceel, Treffer

ADDRESS = ("postcode", "huisnummer", "huisletter", "huisnummer_toevoeging")
COLUMNS = {
    "kvk": (
        "kvk_nummer",
        "vestigingsnummer",
        "handelsnaam",
        "sbi_code",
        "hoofdvestiging",
        *ADDRESS,
        "bag_verblijfsobject",
    ),
    "lrk": ("lrk_id", "type", "naam", "status", *ADDRESS, "bag_verblijfsobject"),
    "duo": ("brin", "vestigingsnummer", "naam", "sector", *ADDRESS),
}
ANSWERS = ("pand", "label", "regel")
STATUS = ("gemeentecode", "variant", "overgenomen_op", "gevalideerd_op", "gepubliceerd_op")
# GM9902 took its KGL into ownership but never published it.
STATUS_ROWS = (
    ("GM9901", "automatisch", "2026-03-02T09:00:00Z", "2026-04-13T14:30:00Z", "2026-04-14T08:00:00Z"),
    ("GM9902", "handmatig", "2026-05-11T10:15:00Z", "", ""),
    ("GM9903", "automatisch", "2026-02-16T11:00:00Z", "2026-03-30T16:00:00Z", "2026-04-01T08:00:00Z"),
)


class Writer(Protocol):
    """What ``csv.writer`` gives."""

    def writerow(self, row: Iterable[object], /) -> object: ...


class Tables:
    """Open CSV files in a folder; :meth:`write` adds what a plot brings, leaving closes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.rows = dict.fromkeys((*COLUMNS, "answers"), 0)

    def __enter__(self) -> "Tables":
        self.writers = {name: self.open(f"{name}/{name}.csv", columns) for name, columns in COLUMNS.items()}
        self.answers = self.open("answers.csv", ANSWERS)
        for row in STRANGERS:
            self.hit(row, ("8888ZZ", "1", "", ""))
        return self

    def __exit__(self, *exc: object) -> None:
        self.stack.close()

    def open(self, name: str, columns: Iterable[str]) -> "Writer":
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = csv.writer(self.stack.enter_context(path.open("w", encoding="utf-8", newline="")), lineterminator="\n")
        writer.writerow(columns)
        return writer

    def write(self, plot: Perceel) -> None:
        for treffer in plot.treffers:
            adres = treffer.adres
            place = (adres.postcode, str(adres.huisnummer), adres.huisletter, adres.toevoeging)
            self.hit(treffer, place)
        for answer in plot.antwoorden:
            self.answers.writerow((answer.pand, answer.label, answer.regel))
        self.rows["answers"] += len(plot.antwoorden)

    def hit(self, treffer: "Treffer | Stranger", place: tuple[str, str, str, str]) -> None:
        number = self.rows[treffer.register] = self.rows[treffer.register] + 1
        bag = treffer.verblijfsobject if treffer.met_bag else ""
        row = {
            "kvk": (
                f"90{number:06d}",
                f"0000{number:08d}",
                treffer.naam,
                treffer.code,
                treffer.status or "Nee",
                *place,
                bag,
            ),
            "lrk": (f"9{number:08d}", treffer.code, treffer.naam, treffer.status, *place, bag),
            "duo": (f"{number:02d}ZZ", "00", treffer.naam, treffer.code, *place),
        }[treffer.register]
        self.writers[treffer.register].writerow(row)


class Stranger:
    """A register row whose address is not in the BAG of the sample: it must be reported and hit nothing."""

    verblijfsobject, met_bag = "", False

    def __init__(self, register: str, code: str, naam: str, status: str = "") -> None:
        self.register, self.code, self.naam, self.status = register, code, naam, status


STRANGERS = (
    Stranger("kvk", "87902", "Onderneming buiten de stad"),
    Stranger("lrk", "KDV", "Kinderopvang buiten de stad", "Geregistreerd"),
    Stranger("duo", "po", "School buiten de stad"),
)


def write_status(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(STATUS)
        writer.writerows(STATUS_ROWS)
