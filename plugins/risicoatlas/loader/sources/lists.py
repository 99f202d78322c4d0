"""KvK, LRK and DUO: lists of addresses that make a building vulnerable, one module for the three.

In: a CSV in one of the layouts of ``config/sources/<name>.yaml``. Out: rows of ``register.registertreffer``, linked to
a verblijfsobject by its BAG identification or by postcode and house number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risicoatlas.errors import SourceError
from risicoatlas.loader import csvfile, mapping
from risicoatlas.loader.csvfile import CsvFile, Row
from risicoatlas.loader.mapping import Layout
from risicoatlas.loader.source import Load
from risicoatlas.settings import Settings

COLUMNS = ("plaats", "fout", "sleutel", "code", "naam", "status", "postcode", "huisnummer", "huisletter", "toevoeging")
BAG_ID = "verblijfsobject"
# "Laan van Vlaanderen 143", "Middenweg 90 H", "Lindengracht 83 85": number, letter and what else follows the street
_ADDRESS = re.compile(r"^.*?\s(?P<number>\d{1,5})(?:[\s-]*(?P<rest>.*))?$")

Values = dict[str, str | None]


@dataclass(frozen=True)
class ListSource:
    """See :class:`~risicoatlas.loader.source.Source`."""

    name: str
    staging: tuple[str, ...] = ("registertreffer",)

    def recognise(self, path: Path, settings: Settings) -> str | None:
        try:
            file = csvfile.opened(path)
            layout = mapping.fitting(_layouts(settings, self.name), file.header)
        except (SourceError, OSError):
            return None
        return f"{self.name.upper()}: {layout.name}" if layout else None

    def stage(self, load: Load) -> None:
        file = csvfile.opened(load.path)
        layout = mapping.required(_layouts(load.settings, self.name), file.header, load.path, "line 1")
        load.report.omschrijving = f"{self.name.upper()}, {layout.name}"
        kept = ("unique", "code", "double", "complete", "status")
        load.report.instellingen = {key: layout.settings[key] for key in kept if key in layout.settings}
        tally = load.report.tally(self.name)
        with (
            load.progress.task(f"{load.path.name} lezen", unit="regels") as advance,
            load.copying("registertreffer", (*COLUMNS, BAG_ID)) as write,
        ):
            for row in file.rows():
                tally.gelezen += 1
                advance(1)
                write(_staged(row, layout, file))

    def check(self, load: Load) -> None:
        """Rows that stand in the file more than once."""
        last = load.report.instellingen["double"] == "last"
        load.run("lists", "dubbel", laatste=last, met_code="code" in load.report.instellingen["unique"])
        tally = load.report.tally(self.name)
        for reason, count in load.rows("lists", "aantal_dubbel"):
            tally.skip(str(reason), int(str(count)))

    def normalise(self, load: Load) -> None:
        code = load.report.instellingen["code"]
        load.run("lists", "normaliseer", vorm=code["form"])
        load.run("lists", "bevindingen", bron=self.name)
        if known := _known_codes(load, code):
            load.run("lists", "onbekende_codes", bron=self.name, codes=known, lijst=code.get("edition", "codelijst"))
        if statuses := load.report.instellingen.get("status"):
            load.run("lists", "onbekende_statussen", bron=self.name, statussen=[text.lower() for text in statuses])

    def register(self, load: Load) -> None:
        tally = load.report.tally(self.name)
        load.count(tally, "lists", "tel", bron=self.name)
        if load.report.instellingen["unique"] == ["sleutel"]:
            load.run("lists", "andere_code", bron=self.name)
        load.run("lists", "schrijf", bron=self.name)
        load.run("lists", "koppel", alles=True)
        if load.report.instellingen["complete"] == "municipality":
            tally.vervallen = load.run("lists", "vervallen", bron=self.name)
        ((linked, unlinked),) = load.rows("lists", "aantal_gekoppeld", bron=self.name)
        load.report.kengetallen = {"aan de BAG gekoppeld": int(str(linked)), "niet gekoppeld": int(str(unlinked))}
        load.run("lists", "niet_gekoppeld", bron=self.name)


def _known_codes(load: Load, code: Mapping[str, Any]) -> list[str]:
    """The codes that may occur, as the file of a list or the configuration has them, without zeros at their end."""
    if "list" in code:
        known = csvfile.opened(load.settings.config / "codelists" / code["list"])
        return [(row.values[known.header[0]] or "").rstrip("0") for row in known.rows()]
    return [str(value) for value in code.get("values", ())]


def _layouts(settings: Settings, name: str) -> tuple[Layout, ...]:
    """The layouts of a list; what a layout does not say itself comes from the top of the file."""
    path = settings.config / "sources" / f"{name}.yaml"
    data = mapping.read_yaml(path)
    common = {key: value for key, value in data.items() if key != "layouts"}
    return tuple(_complete(layout, common) for layout in mapping.layouts(path, data["layouts"]))


def _complete(layout: Layout, common: Mapping[str, Any]) -> Layout:
    settings = {**common, **layout.settings}
    keys = {f"sleutel {number}": column for number, column in enumerate(settings["key"]["columns"])}
    return Layout(layout.name, {**keys, **layout.columns}, layout.optional, settings)


def _staged(row: Row, layout: Layout, file: CsvFile) -> tuple[object, ...]:
    place = f"regel {row.line}"
    if row.error:
        return (place, row.error, *(None for _ in COLUMNS[2:]), None)
    values: Values = {ours: row.values[column] for ours, column in layout.used(file.header).items()}
    key = [row.values[column] for column in layout.settings["key"]["columns"]]
    values["sleutel"] = layout.settings["key"]["separator"].join(part for part in key if part) if all(key) else None
    if "adres" in values:
        _split_address(values)
    return (place, None, *(values.get(name) for name in (*COLUMNS[2:], BAG_ID)))


def _split_address(values: Values) -> None:
    """House number and addition out of a street with a number; without a number both stay empty."""
    if match := _ADDRESS.match(values["adres"] or ""):
        values["huisnummer"], values["toevoeging"] = match["number"], match["rest"] or None


SOURCES = tuple(ListSource(name) for name in ("kvk", "lrk", "duo"))
