"""CSV files at the edge: encoding and delimiter are found out, rows come with their line.

In: a path. Out: the header, and rows as dictionaries of text. UTF-8 with or without byte order mark, else Windows-1252;
semicolon, comma or tab. What cannot be read raises :class:`~risicoatlas.errors.SourceError` with the line.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from risicoatlas.errors import SourceError

DELIMITERS = ";,\t"
FALLBACK_ENCODING = "cp1252"
CHUNK = 1 << 20
MAX_HEADER = 1 << 16
csv.field_size_limit(1 << 26)  # a boundary as WKT is longer than the 128 kB that Python allows by itself


@dataclass(frozen=True)
class Row:
    """A row: the line that it ends on, its values by column (trimmed, empty as None), or why it is no row."""

    line: int
    values: dict[str, str | None]
    error: str | None = None


@dataclass(frozen=True)
class CsvFile:
    """How a file must be read, and its header."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """Every row after the header; empty lines are passed over."""
        with _decoding(self.path), self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            try:
                next(reader)
                for fields in reader:
                    if fields:
                        yield self._row(reader.line_num, fields)
            except csv.Error as error:
                raise SourceError(self.path, f"line {reader.line_num}", f"it is no CSV: {error}") from error

    def _row(self, line: int, fields: Sequence[str]) -> Row:
        if len(fields) != len(self.header):
            return Row(line, {}, f"de regel heeft {len(fields)} kolommen, de kop {len(self.header)}")
        if any("\0" in field for field in fields):
            return Row(line, {}, "de regel bevat een nulteken")
        return Row(line, {name: value.strip() or None for name, value in zip(self.header, fields, strict=True)})


def opened(path: Path) -> CsvFile:
    """Find out how the file must be read; an empty or binary one raises :class:`SourceError`."""
    encoding = _encoding(path)
    with _decoding(path), path.open(encoding=encoding, newline="") as file:
        first = file.readline(MAX_HEADER)
    if not first.strip() or len(first) == MAX_HEADER or "\0" in first:
        raise SourceError(path, "line 1", "it is no CSV with a header")
    delimiter = max(DELIMITERS, key=first.count)
    header = tuple(name.strip() for name in next(csv.reader([first], delimiter=delimiter)))
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise SourceError(path, "line 1", f"column {twice[0]} occurs twice")
    return CsvFile(path, encoding, delimiter, header)


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise SourceError(path, None, "its text is neither UTF-8 nor Windows-1252") from error


def _encoding(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(CHUNK):
                pass
    except UnicodeDecodeError:
        return FALLBACK_ENCODING
    return "utf-8-sig"
