"""Make a backup while the service goes on: one snapshot of the database, with what else of the home is state.

In: an open database. Out: one file that only its owner may read, written beside and renamed when it is complete.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from risicoatlas import database, home
from risicoatlas.backup import manifest, programs
from risicoatlas.backup.manifest import Manifest
from risicoatlas.database import Connection, Database
from risicoatlas.errors import ClusterError, SourceError
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

SUFFIX = ".risicoatlas.zip"


@dataclass(frozen=True)
class Snapshot:
    """One state of the database, which pg_dump and the manifest share."""

    identifier: str
    publication: int | None
    migrations: dict[str, str]
    postgresql: int


def make(settings: Settings, where: Database, target: Path, progress: Progress) -> tuple[Path, Manifest]:
    """Write the backup to ``target``, or into it under a name with the time where it is a folder.

    Raises :class:`SourceError` where the file is there already, :class:`ClusterError` where the database cannot be
    dumped as a whole.
    """
    path = _named(target)
    if path.exists():
        raise SourceError(path, None, "there is a file of this name already: give another name, or a folder")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with progress.task(f"Backup to {path}", unit="bytes") as advance:
            written = _write(settings, where, partial, advance)
        partial.rename(path)
        _sync(path.parent)
    except OSError as error:
        raise SourceError(path, None, f"the backup cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return path, written


def _named(target: Path) -> Path:
    path = target.resolve()
    if path.is_dir():
        return path / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}{SUFFIX}"
    if not path.parent.is_dir():
        raise SourceError(path, None, "there is no such folder")
    return path


def _write(settings: Settings, where: Database, partial: Path, advance: Callable[[int], None]) -> Manifest:
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file, _snapshot(settings, where) as (snapshot, dumped):
        members = {}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            members[manifest.DUMP] = _add(archive, manifest.DUMP, dumped, advance)
            for source in home.state_files(settings.home):
                name = manifest.HOME + source.relative_to(settings.home).as_posix()
                members[name] = _add(archive, name, _chunks(source), advance)
            written = _described(settings, snapshot, members)
            archive.writestr(manifest.NAME, written.to_json())
        file.flush()
        os.fsync(file.fileno())
    return written


def _described(settings: Settings, snapshot: Snapshot, members: dict[str, str]) -> Manifest:
    return Manifest(
        format=manifest.FORMAT,
        version=manifest.our_version(),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        publication=snapshot.publication,
        postgresql=snapshot.postgresql,
        configuration=manifest.configuration_digest(settings.config, settings.styles),
        migrations=snapshot.migrations,
        members=members,
    )


def _add(archive: zipfile.ZipFile, name: str, source: Iterable[bytes], advance: Callable[[int], None]) -> str:
    total = hashlib.sha256()
    with archive.open(zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6]), "w", force_zip64=True) as member:
        for chunk in source:
            member.write(chunk)
            total.update(chunk)
            advance(len(chunk))
    return total.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(manifest.CHUNK_BYTES):
            yield chunk


@contextmanager
def _snapshot(settings: Settings, where: Database) -> Iterator[tuple[Snapshot, Iterator[bytes]]]:
    task = "loader" if settings.database_url else "superuser"
    with psycopg.connect(where.conninfo(task)) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        arguments = []
        if settings.database_url:
            connection.execute("SET LOCAL ROLE ra_owner")
            arguments = _arguments_of_owner(connection)
        snapshot = _read_snapshot(connection)
        yield snapshot, programs.dump(where.conninfo(task), [f"--snapshot={snapshot.identifier}", *arguments])


def _read_snapshot(connection: Connection) -> Snapshot:
    row = connection.execute(
        "SELECT pg_export_snapshot(), (SELECT max(nummer) FROM publiek.publicatie),"
        " current_setting('server_version_num')::int / 10000"
    ).fetchone()
    if row is None:
        raise ClusterError("the database gave no snapshot")
    return Snapshot(row[0], row[1], database.applied_migrations(connection), row[2])


def _arguments_of_owner(connection: Connection) -> list[str]:
    """For a role that row security binds: it sees every row only where a policy of the owner says so.

    pg_dump would leave out the rows of other tables in silence, so such a table is refused.
    """
    hidden = connection.execute(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p"
        " WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')"
        " AND 'ra_owner'::regrole = ANY (p.polroles) AND pg_get_expr(p.polqual, p.polrelid) = 'true')"
        " AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspowner = 'ra_owner'::regrole)"
    ).fetchall()
    if hidden:
        names = ", ".join(name for (name,) in hidden)
        raise ClusterError(f"ra_owner does not see every row of {names}: make the backup with your server's own means")
    schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspowner = 'ra_owner'::regrole").fetchall()
    return ["--role=ra_owner", "--enable-row-security", *(f"--schema={name}" for (name,) in schemas)]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
