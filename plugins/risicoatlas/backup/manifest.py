"""What a backup says of itself: the last member of the file, checked before anything is restored.

A backup is a zip of uncompressed members: ``database.dump`` (pg_dump's custom format, compressed by itself),
``home/<path>`` for each file of the home that is state, and ``manifest.json``.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from risicoatlas import database
from risicoatlas.errors import SourceError

FORMAT = 1
NAME = "manifest.json"
DUMP = "database.dump"
HOME = "home/"
CHUNK_BYTES = 1024 * 1024
MAX_MANIFEST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """``migrations`` and ``members`` map a name to a SHA-256; ``configuration`` is that of config/ and styles/."""

    format: int
    version: str
    made_at: str
    publication: int | None
    postgresql: int
    configuration: str
    migrations: dict[str, str]
    members: dict[str, str]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def our_version() -> str:
    return metadata.version("risicoatlas")


def configuration_digest(config: Path, styles: Path) -> str:
    """One number for the configuration that a service ran with."""
    total = hashlib.sha256()
    for folder in (config, styles):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            total.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def check(path: Path, advance: Callable[[int], None] = lambda count: None) -> Manifest:
    """The manifest of a backup that is whole and not newer than this version; else :class:`SourceError`.

    Every byte is read and compared with its checksum; ``advance`` is told how many.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _read(path, archive)
            _refuse_newer(path, manifest)
            _refuse_other_members(path, archive, manifest)
            for name, digest in manifest.members.items():
                if _digest(archive, name, advance) != digest:
                    raise SourceError(path, name, "the checksum differs: the backup is damaged")
    except FileNotFoundError:
        raise SourceError(path, None, "there is no such file") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise SourceError(path, None, "this is no backup, or it is damaged or cut off") from error
    return manifest


def _read(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        info = archive.getinfo(NAME)
        if info.file_size > MAX_MANIFEST_BYTES:
            raise SourceError(path, NAME, f"it has {info.file_size} bytes, at most {MAX_MANIFEST_BYTES} are read")
        found = json.loads(archive.read(info))
        if found.get("format") != FORMAT:
            raise SourceError(path, NAME, f"its format is {found.get('format')}, this version reads {FORMAT}")
        return Manifest(**found)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise SourceError(path, None, "this is no backup: it has no manifest that can be read") from None


def _refuse_newer(path: Path, manifest: Manifest) -> None:
    known = database.known_migrations()
    for name, digest in manifest.migrations.items():
        if known.get(name) != digest:
            raise SourceError(
                path,
                NAME,
                f"it was made by version {manifest.version}, with migration {name}, which this version"
                f" ({our_version()}) does not know: restore it with that version or a newer one",
            )


def _refuse_other_members(path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    names = set(archive.namelist())
    if names != {*manifest.members, NAME} or DUMP not in names or len(archive.namelist()) != len(names):
        raise SourceError(path, NAME, "the members are not those of the manifest: the backup is damaged")
    for name in names - {DUMP, NAME}:
        inner = PurePosixPath(name)
        if not name.startswith(HOME) or ".." in inner.parts or inner.is_absolute():
            raise SourceError(path, name, "a member outside the home: this is no backup of ours")


def _digest(archive: zipfile.ZipFile, name: str, advance: Callable[[int], None]) -> str:
    total = hashlib.sha256()
    for chunk in chunks(archive, name):
        total.update(chunk)
        advance(len(chunk))
    return total.hexdigest()


def chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The bytes of a member, piece by piece."""
    with archive.open(name) as member:
        while chunk := member.read(CHUNK_BYTES):
            yield chunk
