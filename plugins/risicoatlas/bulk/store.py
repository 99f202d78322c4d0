"""Where bulk files lie and what is there: ``<home>/bestanden/<layer>/<publication>/``.

In: the service. Out: frozen :class:`Edition` values, newest first, of layers that everybody may read. An edition is one
layer at the last publication that changed it; ``bestanden.json`` beside the files is written last, so that what it
names is whole.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.catalogue import Layer
from risicoatlas.database import reading
from risicoatlas.features import files
from risicoatlas.service import Service
from risicoatlas.settings import Settings

FOLDER = "bestanden"
MANIFEST = "bestanden.json"
CHECKSUM = "sha256"

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class BulkFormat:
    """``suffix`` names the format in addresses and on the command line."""

    suffix: str
    title: str
    media_type: str


FORMATS = {
    item.suffix: item
    for item in (
        BulkFormat("gpkg", files.GEOPACKAGE.name, files.GEOPACKAGE.media_type),
        BulkFormat("fgb", files.FLATGEOBUF.name, files.FLATGEOBUF.media_type),
        BulkFormat("parquet", "GeoParquet", "application/vnd.apache.parquet"),
    )
}


@dataclass(frozen=True)
class BulkFile:
    """One finished file."""

    format: BulkFormat
    path: Path
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Edition:
    """``published`` is when the publication was made; ``extent`` longitude and latitude, None for an empty layer."""

    layer: str
    publication: int
    published: datetime
    count: int
    extent: Box | None
    files: tuple[BulkFile, ...]

    def path_of(self, file: BulkFile) -> str:
        """The address of the file of this very publication, below the public address."""
        return f"/{FOLDER}/{self.layer}/{self.publication}/{file.name}"

    def latest_path_of(self, file: BulkFile) -> str:
        """The address that stays the same from one publication to the next."""
        return f"/{FOLDER}/{self.layer}/{file.name}"


def root(settings: Settings) -> Path:
    return settings.home / FOLDER


def offered(service: Service) -> tuple[Layer, ...]:
    """The layers of which bulk files are made and served: public ones that everybody may read and that have
    publications, which an own table has not."""
    return tuple(layer for layer in service.visible(ANONYMOUS) if not layer.restricted and layer.own is None)


def withdrawn_before(service: Service) -> Mapping[str, int]:
    """Per layer the publication before which files hold what was withdrawn since; such files are not given any more."""
    with reading(service.pool) as connection:
        return dict(
            connection.execute(
                "SELECT laag, bestanden_vanaf FROM publiek.laag_bewaard WHERE bestanden_vanaf > 0"
            ).fetchall()
        )


def editions(service: Service, layer: Layer, withdrawn: Mapping[str, int] | None = None) -> list[Edition]:
    """The editions of an offered layer, newest first. ``withdrawn`` is :func:`withdrawn_before`, where it was asked."""
    folder = root(service.settings) / layer.name
    names = _names_in(folder)
    if not names:
        return []
    first = (withdrawn_before(service) if withdrawn is None else withdrawn).get(layer.name, 0)
    numbers = sorted((int(name) for name in names if name.isdecimal()), reverse=True)
    numbers = [number for number in numbers if number >= first]
    found = (_edition(folder / str(number), layer.name) for number in numbers)
    return [edition for edition in found if edition is not None and edition.files]


def remove_before(settings: Settings, name: str, first: int) -> None:
    """Delete the files of a layer that were made of publications before ``first``."""
    folder = root(settings) / name
    for item in folder.iterdir() if folder.is_dir() else ():
        if item.name.isdecimal() and int(item.name) < first:
            shutil.rmtree(item, ignore_errors=True)


def latest(
    service: Service, layer: Layer, withdrawn: Mapping[str, int] | None = None
) -> list[tuple[Edition, BulkFile]]:
    """The newest file of each format."""
    found: dict[str, tuple[Edition, BulkFile]] = {}
    for edition in editions(service, layer, withdrawn):
        for file in edition.files:
            found.setdefault(file.format.suffix, (edition, file))
    return [found[suffix] for suffix in FORMATS if suffix in found]


def stamp(service: Service) -> tuple[tuple[str, int, str], ...]:
    """What is on offer, for documents that link to it."""
    made = _names_in(root(service.settings))
    if not made:
        return ()
    withdrawn = withdrawn_before(service)
    return tuple(
        (layer.name, edition.publication, file.format.suffix)
        for layer in offered(service)
        if layer.name in made
        for edition, file in latest(service, layer, withdrawn)
    )


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _edition(folder: Path, layer: str) -> Edition | None:
    path = folder / MANIFEST
    try:
        return _read(path, layer, path.stat().st_mtime_ns)
    except FileNotFoundError:
        # being made, or removed since the folder was listed
        return None


@lru_cache(maxsize=1024)
def _read(path: Path, layer: str, _changed_ns: int) -> Edition:
    data = json.loads(path.read_text(encoding="utf-8"))
    return Edition(
        layer,
        data["publicatie"],
        datetime.fromisoformat(data["gepubliceerd_op"]),
        data["aantal"],
        tuple(data["omvang"]) if data["omvang"] else None,
        tuple(
            BulkFile(FORMATS[suffix], path.parent / f"{layer}.{suffix}", item["bytes"], item["sha256"])
            for suffix, item in sorted(data["bestanden"].items(), key=lambda pair: list(FORMATS).index(pair[0]))
        ),
    )


def manifest(edition: Edition, written: Iterable[BulkFile]) -> dict[str, Any]:
    """What :func:`_read` reads."""
    return {
        "publicatie": edition.publication,
        "gepubliceerd_op": edition.published.isoformat(),
        "aantal": edition.count,
        "omvang": edition.extent,
        "bestanden": {file.format.suffix: {"bytes": file.size, "sha256": file.sha256} for file in written},
    }
