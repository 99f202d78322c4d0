"""Makes bulk files: the publication of each layer in each format, built beside, renamed, and old ones removed.

In: the service and names of layers and formats. Out: files in the store. Rows are read as the anonymous actor from
``publiek``. A file that is there already is not made again: the files of a publication never change. What ends halfway
leaves everything that was offered.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg

from risicoatlas.bulk import parquet, rows, store
from risicoatlas.bulk.rows import Source
from risicoatlas.bulk.store import BulkFile, Edition
from risicoatlas.catalogue import Layer
from risicoatlas.database import reading
from risicoatlas.errors import RequestError, RisicoAtlasError, UnavailableError
from risicoatlas.features import file_settings, files
from risicoatlas.progress import Progress
from risicoatlas.service import Service

_BESIDE = ".nieuw"
_LOCK = ".slot"
# The last publication that changed the layer; the first of all for a layer that never had a row.
_STATE = """
SELECT (SELECT max(nummer) FROM publiek.publicatie), s.aantal, p.nummer, p.gemaakt_op, ST_XMin(s.omvang_etrs89),
       ST_YMin(s.omvang_etrs89), ST_XMax(s.omvang_etrs89), ST_YMax(s.omvang_etrs89)
FROM publiek.laag_stand AS s, LATERAL (
  SELECT nummer, gemaakt_op FROM publiek.publicatie
  ORDER BY s.laag = ANY (lagen) DESC, CASE WHEN s.laag = ANY (lagen) THEN -nummer ELSE nummer END LIMIT 1
) AS p
WHERE s.laag = %s
"""

Writer = Callable[[Source, Path], tuple[Path, int]]


@dataclass(frozen=True)
class Made:
    """What became of one layer: its edition, and the formats that were made now."""

    edition: Edition
    formats: tuple[str, ...]


def export(
    service: Service,
    names: Iterable[str] = (),
    formats: Iterable[str] = tuple(store.FORMATS),
    progress: Progress | None = None,
) -> list[Made]:
    """Make what is missing of the named layers, or of all public ones; remove what is old or no longer public.

    Raises :class:`RequestError` for a layer that is not public, :class:`UnavailableError` while another export is under
    way or where the disk has no room.
    """
    public = {layer.name: layer for layer in store.offered(service)}
    for name in names:
        service.catalogue.get(name)
        if name not in public:
            raise RequestError(f"{name} is not a public layer with publications, which bulk files are made of", "layer")
    progress = progress or Progress.silent()
    chosen = [public[name] for name in dict.fromkeys(names)] or list(public.values())
    with _alone(store.root(service.settings)) as root:
        _remove_hidden(root, public)
        found = []
        for layer in chosen:
            made = _of_layer(layer, tuple(formats), service, progress)
            if made:
                found.append(made)
        return found


@contextmanager
def _alone(root: Path) -> Iterator[Path]:
    """The one export that is under way; what a killed one left is removed."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with (root / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UnavailableError("another export is under way: wait for its end") from error
            shutil.rmtree(root / _BESIDE, ignore_errors=True)
            yield root
            shutil.rmtree(root / _BESIDE, ignore_errors=True)
    except OSError as error:
        raise UnavailableError(f"bulk files cannot be written: {error.strerror}") from error


def _remove_hidden(root: Path, public: Iterable[str]) -> None:
    for folder in root.iterdir():
        if folder.is_dir() and folder.name not in public and not folder.name.startswith("."):
            shutil.rmtree(folder)


def _of_layer(layer: Layer, formats: tuple[str, ...], service: Service, progress: Progress) -> Made | None:
    state = _state(layer, service)
    if state is None:
        progress.say(f"{layer.name}: not published yet")
        return None
    newest, current = state
    kept = {item.publication: item for item in store.editions(service, layer)}
    edition = kept.get(current.publication, current)
    missing = [name for name in formats if name not in {file.format.suffix for file in edition.files}]
    for name in missing:
        title = f"{layer.name}: publication {edition.publication} as {store.FORMATS[name].title}"
        with progress.task(title, edition.count, "objects") as advance:
            source = Source(layer, newest, service, advance)
            edition = _with(edition, _write(edition, source, name))
    _remove_old(service, layer)
    return Made(edition, tuple(missing))


def _state(layer: Layer, service: Service) -> tuple[int, Edition] | None:
    """The edition that is current, without files, and the newest publication, at which its rows are read: since they
    did not change they are the same, and those of an old number may not be kept any more."""
    try:
        with reading(service.pool) as connection:
            row = connection.execute(_STATE, [layer.name]).fetchone()
    except psycopg.Error as error:
        raise UnavailableError("the state of the layers cannot be read") from error
    if row is None:
        return None
    newest, count, publication, published, west, south, east, north = row
    extent = None if west is None else (west, south, east, north)
    return newest, Edition(layer.name, publication, _moment(published), count, extent, ())


def _moment(value: datetime) -> datetime:
    return value.replace(microsecond=0)


def _write(edition: Edition, source: Source, name: str) -> BulkFile:
    """The finished file, in its place."""
    root, layer = store.root(source.service.settings), source.layer
    (root / _BESIDE).mkdir(exist_ok=True)
    path, count = _WRITERS[name](source, Path(tempfile.mkdtemp(dir=root / _BESIDE)))
    if count != edition.count:
        raise RisicoAtlasError(
            f"{layer.name}: {count} of the {edition.count} objects of publication {edition.publication} are left:"
            " export again"
        )
    digest = _settled(path)
    target = root / layer.name / str(edition.publication)
    target.mkdir(parents=True, exist_ok=True)
    size = path.stat().st_size
    return BulkFile(store.FORMATS[name], path.replace(target / path.name), size, digest)


def _by_fiona(form: files.FileFormat) -> Writer:
    def write(source: Source, folder: Path) -> tuple[Path, int]:
        def records() -> Iterator[files.Record]:
            for page in rows.pages(source, files.row):
                yield from page

        settings = file_settings.read(source.service.settings.config)
        written = files.write(form, source.plan(), records, folder, settings)
        return written.path, written.count

    return write


def _parquet(source: Source, folder: Path) -> tuple[Path, int]:
    path = folder / f"{source.layer.name}.parquet"
    return path, parquet.write(path, source.layer, rows.pages(source, parquet.row))


_WRITERS: dict[str, Writer] = {
    "gpkg": _by_fiona(files.GEOPACKAGE),
    "fgb": _by_fiona(files.FLATGEOBUF),
    "parquet": _parquet,
}


def _settled(path: Path) -> str:
    """The SHA-256 of a file that is on the disk, whatever happens to the machine."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def _with(edition: Edition, file: BulkFile) -> Edition:
    """The edition with one file more, as its manifest has it from now on."""
    edition = replace(edition, files=(*edition.files, file))
    beside = file.path.parent / f".{store.MANIFEST}"
    beside.write_text(json.dumps(store.manifest(edition, edition.files)), encoding="utf-8")
    beside.replace(file.path.parent / store.MANIFEST)
    return edition


def _remove_old(service: Service, layer: Layer) -> None:
    kept = file_settings.read(service.settings.config).publications
    for edition in store.editions(service, layer)[kept:]:
        shutil.rmtree(store.root(service.settings) / layer.name / str(edition.publication))
    store.remove_before(service.settings, layer.name, store.withdrawn_before(service).get(layer.name, 0))
