"""Zip files within zip files, read as a stream of XML members without unpacking them into memory.

In: a path. Out: members with the place where they stand. A nested zip is copied to an unnamed file on disk (reading it
in place would decompress it again at every seek); the system takes that file back even when the process is killed.
"""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from risicoatlas.errors import SourceError

MAX_DEPTH = 4
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Member:
    """A file in an archive: its own name, its place from the outside in, its sizes in bytes, and a way to open it."""

    name: str
    place: str
    size: int
    packed: int
    open: Callable[[], IO[bytes]]


@contextmanager
def refusing_damage(path: Path, place: str | None) -> Iterator[None]:
    """Damage to a zip becomes a :class:`SourceError` with the place."""
    try:
        yield
    except BROKEN as error:
        raise SourceError(
            path, place, f"the zip file is damaged or cut off ({error or type(error).__name__})"
        ) from error


def names(path: Path) -> list[str]:
    """Names of the outermost members; raises :class:`SourceError` where it is no zip file."""
    with refusing_damage(path, None), zipfile.ZipFile(path) as archive:
        _refuse_inner_one(archive)
        return archive.namelist()


def _refuse_inner_one(archive: zipfile.ZipFile) -> None:
    """Of a zip that was cut off after a zip stored in it, the table of contents of that inner one is found."""
    if min((info.header_offset for info in archive.infolist()), default=0) > 0:
        raise zipfile.BadZipFile("its own table of contents is missing")


def members(path: Path, spool: Path, wanted: Callable[[str], bool] = lambda name: True) -> Iterator[Member]:
    """Every file that is not a zip, at any depth, in the order of the archive; ``wanted`` may pass over a name.

    ``spool`` is the folder on whose disk nested zips are copied.
    """
    with refusing_damage(path, None), zipfile.ZipFile(path) as archive:
        _refuse_inner_one(archive)
        yield from _Walk(path, spool, wanted).through(archive, ())


@dataclass(frozen=True)
class _Walk:
    path: Path
    spool: Path
    wanted: Callable[[str], bool]

    def through(self, archive: zipfile.ZipFile, parents: tuple[str, ...]) -> Iterator[Member]:
        for info in archive.infolist():
            name, place = Path(info.filename).name, "/".join((*parents, info.filename))
            # what macOS adds beside the real files
            if info.is_dir() or name.startswith(".") or "__MACOSX" in info.filename or not self.wanted(name):
                continue
            if name.lower().endswith(".zip"):
                yield from self._nested(archive, info, (*parents, info.filename))
            else:
                yield Member(name, place, info.file_size, info.compress_size, partial(archive.open, info))

    def _nested(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, parents: tuple[str, ...]) -> Iterator[Member]:
        place = "/".join(parents)
        if len(parents) >= MAX_DEPTH:
            raise SourceError(self.path, place, f"zip files are nested more than {MAX_DEPTH} deep")
        with tempfile.TemporaryFile(dir=self.spool) as copy:
            with refusing_damage(self.path, place), archive.open(info) as inner:
                shutil.copyfileobj(inner, copy, 1 << 20)
            with refusing_damage(self.path, place), zipfile.ZipFile(copy) as nested:
                yield from self.through(nested, parents)
