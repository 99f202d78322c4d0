"""What a shapefile cannot hold, made bearable: short names of columns, and cut texts that are counted and told.

In: a layer and its plan. Out: names, converters of values, and the texts of ``kolommen.csv`` and ``LEESMIJ.txt`` in the
archive.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from risicoatlas.catalogue import Field, Layer
from risicoatlas.features.file_settings import NAME_LENGTH

# The longest text of dBASE, in bytes.
TEXT_BYTES = 254
# A dBASE table has no time of day, no true and false, and numbers up to 18 digits.
TYPES = {
    "text": f"str:{TEXT_BYTES}",
    "integer": "int64:18",
    "number": "float",
    "boolean": "int32:1",
    "date": "date",
    "datetime": "str:25",
}
_HEAD = ("kolom", "kort", "type", "titel_nl", "titel_en", "ingekort")
_README = """\
{title} ({name})

De kolomnamen van een shapefile zijn hooguit 10 tekens: kolommen.csv zegt welke kolom welke is.
Een tekst is hooguit 254 bytes. De kolom "ingekort" telt hoeveel waarden zijn afgekapt: {cut} in dit bestand.
Waar en onwaar zijn 1 en 0; een tijdstip is tekst (ISO 8601); een lege tekst en een ontbrekende waarde zijn gelijk.
GeoPackage kent deze beperkingen niet.

{title_en} ({name})

Column names of a shapefile have at most 10 characters: kolommen.csv tells which is which.
A text has at most 254 bytes. The column "ingekort" counts the values that were cut: {cut} in this file.
True and false are 1 and 0; a moment is text (ISO 8601); an empty text and a missing value are the same.
GeoPackage has none of these limits.
"""


def short_names(names: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Each name with one of at most ten characters, all different: a name that fits stays, another is as ``known`` has
    it, else with its words cut."""
    wanted = {name: name if len(name) <= NAME_LENGTH else known.get(name) or shortened(name) for name in names}
    taken = {name.lower() for name, short in wanted.items() if name == short}
    for name, short in wanted.items():
        if name == short:
            continue
        number, free = 1, short
        while free.lower() in taken:
            number += 1
            free = f"{short[: NAME_LENGTH - len(str(number))]}{number}"
        taken.add(free.lower())
        wanted[name] = free
    return wanted


def shortened(name: str) -> str:
    """The name in ten characters: the longest of its words loses its last letter until it fits."""
    words = name.split("_")
    while len("_".join(words)) > NAME_LENGTH:
        longest = max(range(len(words)), key=lambda place: len(words[place]))
        if len(words[longest]) == 1:
            return "".join(words)[:NAME_LENGTH]
        words[longest] = words[longest][:-1]
    return "_".join(words)


@dataclass
class Columns:
    """The columns of one shapefile, and how many values of each were cut while it was written."""

    layer: Layer
    fields: tuple[Field, ...]
    names: Mapping[str, str]
    cut: dict[str, int] = field(default_factory=dict)

    def converter(self, item: Field) -> Callable[[Any], Any] | None:
        """What makes a value of the query fit for the column; None where nothing is to be done."""
        if item.type == "text":
            return lambda value: self._fitted(item.name, value)
        return _number_of if item.type == "boolean" else None

    def _fitted(self, name: str, value: str | None) -> str | None:
        if value is None or len(value) * 4 <= TEXT_BYTES:
            return value
        encoded = value.encode()
        if len(encoded) <= TEXT_BYTES:
            return value
        self.cut[name] = self.cut.get(name, 0) + 1
        return encoded[:TEXT_BYTES].decode(errors="ignore")

    def table(self) -> str:
        """``kolommen.csv``."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_HEAD)
        for item in self.fields:
            short, cut = self.names[item.name], self.cut.get(item.name, 0)
            writer.writerow([item.name, short, item.type, item.title.nl, item.title.en, cut])
        return text.getvalue()

    def readme(self) -> str:
        """``LEESMIJ.txt``."""
        layer = self.layer
        return _README.format(
            title=layer.title.nl, title_en=layer.title.en, name=layer.name, cut=sum(self.cut.values())
        )


def _number_of(value: bool | None) -> int | None:
    return None if value is None else int(value)
