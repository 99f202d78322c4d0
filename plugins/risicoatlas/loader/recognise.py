"""Finding out what files are, by their content.

In: files or folders. Out: what can be loaded, in the order of loading, and what is left with the reason why. A name or
an extension decides nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from risicoatlas.errors import SourceError
from risicoatlas.loader.source import Source
from risicoatlas.settings import Settings


@dataclass(frozen=True)
class Recognised:
    """A file that can be loaded: its source and what it is."""

    source: Source
    path: Path
    title: str


@dataclass(frozen=True)
class Left:
    """A file that is not loaded, and why."""

    path: Path
    reason: str


def expand(source: Source, paths: Sequence[Path], settings: Settings) -> list[Path]:
    """The files to load: a file as it is named, of a folder those that are of this source.

    A folder without any raises :class:`SourceError`.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [item for item in files(path) if source.recognise(item, settings)]
        if not inside:
            raise SourceError(path, None, f"no file of source {source.name} was found in this folder")
        found.extend(inside)
    return found


def files(folder: Path) -> Iterator[Path]:
    """Every file under a folder, in the order of names; hidden ones are passed over."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
