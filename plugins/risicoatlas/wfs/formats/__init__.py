"""Output formats of GetFeature: a table of writers, found by any of the names that clients use.

A writer makes the SQL expression of one row, and the head and tail around the rows. To add a format: one module with a
writer, one row in :data:`FORMATS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from psycopg.sql import Composable

from risicoatlas.catalogue import Layer
from risicoatlas.errors import RequestError
from risicoatlas.features.files import FileFormat
from risicoatlas.features.plan import Plan
from risicoatlas.features.unpublished import Municipality


@dataclass(frozen=True)
class About:
    """What head and tail say of an answer. ``matched`` None is not known; ``tested`` is set where nothing was found;
    ``unpublished`` are municipalities of which nothing can be told. ``hits`` says that only the number was asked."""

    layers: tuple[Layer, ...]
    matched: int | None
    returned: int
    time_stamp: str
    base_url: str
    srs_name: str | None = None
    next: str | None = None
    previous: str | None = None
    tested: int | None = None
    publication: int | None = None
    hits: bool = False
    plans: tuple[Plan, ...] = ()
    unpublished: tuple[Municipality, ...] = ()


class Writer(Protocol):
    """``media_type`` is the Content-Type, ``separator`` goes between two rows."""

    media_type: str
    separator: bytes

    def row(self, plan: Plan) -> Composable:
        """One feature of a collection as a text expression."""

    def cleaned(self, chunk: bytes) -> bytes:
        """Rows as PostgreSQL gave them, without what the format cannot hold."""

    def head(self, about: About) -> bytes:
        """What comes before the first row."""

    def tail(self, about: About) -> bytes:
        """What comes after the last."""

    def part_head(self, about: About) -> bytes:
        """What opens the answer of one query among several."""

    def part_tail(self, about: About) -> bytes:
        """What closes it."""

    def single(self, plan: Plan, base_url: str) -> Composable:
        """One feature as a document of its own."""


@dataclass(frozen=True)
class Format:
    """``names`` are what a client may write; the first stands in the capabilities. With a ``suffix`` the answer is a
    download of one feature type."""

    names: tuple[str, ...]
    writer: Writer
    suffix: str | None = None


@dataclass(frozen=True)
class Download:
    """A format that is built as a file before it is sent; the names as in :class:`Format`."""

    names: tuple[str, ...]
    form: FileFormat


def normalised(name: str) -> str:
    """A format name as compared: a ``+`` that was not encoded arrives as a blank, and blanks after ``;`` vary."""
    return "".join(name.split()).replace("+", "").lower()


def by_name(formats: tuple[Format, ...]) -> Mapping[str, Writer]:
    return {normalised(name): item.writer for item in formats for name in item.names}


def find(name: str, writers: Mapping[str, Writer], offered: tuple[str, ...]) -> Writer:
    """The writer of that name; an unknown one is a :class:`RequestError` that lists what is offered."""
    try:
        return writers[normalised(name)]
    except KeyError:
        raise RequestError(
            f"the format {name!r} is not offered: choose from {', '.join(offered)}", "outputFormat"
        ) from None
