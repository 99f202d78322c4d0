"""Finding out what files are, by their content.

In: files or folders. Out: what can be loaded, in the order of loading, and what is left with the reason why. A name or
an extension decides nothing.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from risicoatlas.errors import SourceError
from risicoatlas.loader import vector
from risicoatlas.loader.source import Source
from risicoatlas.loader.sources import SOURCES, bag_extract, bag_geopackage
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


@dataclass(frozen=True)
class Found:
    """What a folder holds: files to load, in the order of loading, and files that are left."""

    recognised: tuple[Recognised, ...]
    left: tuple[Left, ...]


def walk(folder: Path, settings: Settings) -> Found:
    """Judge every file under a folder; of an extract and a GeoPackage with the same panden, the GeoPackage is taken."""
    recognised: list[Recognised] = []
    left: list[Left] = []
    for path in files(folder):
        found = _recognised(path, settings)
        if isinstance(found, Left):
            left.append(found)
        else:
            recognised.append(found)
    for item, twin in _twins(recognised, settings):
        recognised.remove(item)
        left.append(Left(item.path, f"dezelfde panden staan in {twin.path.name}"))
    # mutations change what an extract brings, in the order of their days
    order = {name: number for number, name in enumerate(SOURCES)}
    periods = {item.path: _period(item, settings) for item in recognised}
    return Found(
        tuple(sorted(recognised, key=lambda item: (order[item.source.name], periods[item.path], item.path))),
        tuple(sorted(left, key=lambda item: item.path)),
    )


def _period(item: Recognised, settings: Settings) -> tuple[str, ...]:
    """The days of a delivery of BAG mutations; empty for every other file."""
    if item.source.name != "bag" or not zipfile.is_zipfile(item.path):
        return ()
    return bag_extract.read_delivery(item.path, settings.home).period or ()


def _recognised(path: Path, settings: Settings) -> Recognised | Left:
    for source in SOURCES.values():
        if title := source.recognise(path, settings):
            return Recognised(source, path, title)
    return Left(path, _why_not(path))


def _why_not(path: Path) -> str:
    if zipfile.is_zipfile(path):
        return "een zip zonder BAG-extract"
    try:
        names = ", ".join(layer.name for layer in vector.layers(path) if layer.geometry)
    except SourceError:
        names = ""
    return f"geen bron heeft deze lagen en kolommen: {names}" if names else "de inhoud hoort bij geen bron"


def _twins(recognised: Sequence[Recognised], settings: Settings) -> list[tuple[Recognised, Recognised]]:
    """Extracts whose panden a GeoPackage has too, with that GeoPackage."""
    bag = [item for item in recognised if item.source.name == "bag"]
    packages = [item for item in bag if not zipfile.is_zipfile(item.path)]
    pairs = []
    for item in bag:
        if packages and item not in packages and not _period(item, settings):
            panden = bag_extract.first_panden(item.path, settings.home)
            same = (other for other in packages if bag_geopackage.holds(other.path, settings.config, panden))
            if twin := next(same, None):
                pairs.append((item, twin))
    return pairs


def expand(source: Source, paths: Sequence[Path], settings: Settings) -> list[Path]:
    """The files to load: a file as it is named, of a folder those that are of this source.

    A folder without any raises :class:`SourceError`.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [Recognised(source, item, "") for item in files(path) if source.recognise(item, settings)]
        if not inside:
            raise SourceError(path, None, f"no file of source {source.name} was found in this folder")
        found.extend(item.path for item in sorted(inside, key=lambda item: (_period(item, settings), item.path)))
    return found


def files(folder: Path) -> Iterator[Path]:
    """Every file under a folder, in the order of names; hidden ones are passed over."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
