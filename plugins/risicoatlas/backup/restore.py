"""Restore a backup: into a database beside, checked, then swapped in one transaction; or nothing at all.

The embedded cluster gets its roles and the leakproof mark from ``migrations/provision.sql`` again, since a dump carries
neither. A database of one's own must be provisioned and empty; the restore is one transaction there.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

import psycopg
from psycopg import sql

from risicoatlas import database, home
from risicoatlas.backup import manifest, programs
from risicoatlas.backup.manifest import Manifest
from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection
from risicoatlas.errors import ClusterError
from risicoatlas.progress import Advance, Progress
from risicoatlas.settings import Settings

LIVE = "risicoatlas"
BESIDE = "risicoatlas_herstel"
FORMER = "risicoatlas_voorheen"
# Made by provision.sql; extensions do not carry the mark that it sets.
PROVISIONED = re.compile(
    r"; \d+ \d+ (EXTENSION |COMMENT - EXTENSION|FUNCTION public ra_provisioned|SCHEMA - public"
    r"|(ACL|COMMENT) (- SCHEMA public|public FUNCTION ))"
)
OF_A_SUPERUSER = re.compile(r"TABLE DATA public spatial_ref_sys")


def restore(settings: Settings, path: Path, *, replace: bool, progress: Progress) -> Manifest:
    """Check the file, then restore it.

    Raises :class:`SourceError` for a file that is damaged or newer, :class:`ClusterError` where the home is in use,
    holds data and ``replace`` was not given, or the database refuses. What was there is then there still.
    """
    with progress.task(f"Checking {path}", path.stat().st_size if path.is_file() else None, "bytes") as advance:
        found = manifest.check(path, advance)
    with home.alone(settings.home):
        if settings.database_url:
            _into_external(settings, path, progress)
        else:
            _into_embedded(settings, path, found, replace=replace, progress=progress)
    if found.configuration != manifest.configuration_digest(settings.config, settings.styles):
        progress.say("the configuration differs from the one that the backup was made with: run `risicoatlas check`")
    return found


def _into_embedded(settings: Settings, path: Path, found: Manifest, *, replace: bool, progress: Progress) -> None:
    with Cluster(settings.home, notice=progress.say).running() as cluster:
        finish(settings.home, cluster)
        if not replace and _holds_data(cluster):
            raise ClusterError(
                f"{settings.home} holds data already: give --replace to lose it, after a backup, or another --home"
            )
        with ExitStack() as undo:
            undo.callback(_drop, cluster, BESIDE)
            undo.callback(shutil.rmtree, settings.home / home.STAGED, ignore_errors=True)
            with progress.task("Restoring", path.stat().st_size, "bytes") as advance, zipfile.ZipFile(path) as archive:
                _fill_beside(cluster, _told(archive, advance), archive)
                _stage(archive, settings.home / home.STAGED)
            _verify(cluster, found)
            with _superuser(cluster, BESIDE) as connection:
                _begin_new_line(connection)
            (settings.home / home.STAGED).rename(settings.home / home.READY)
            _swap(cluster)
            finish(settings.home, cluster)


def finish(folder: Path, cluster: Cluster) -> None:
    """Complete a restore whose process was killed after the swap; undo one that was killed before it."""
    ready = folder / home.READY
    if not ready.is_dir():
        return
    if _exists(cluster, BESIDE):
        _drop(cluster, BESIDE)
        shutil.rmtree(ready)
        return
    for cache in home.CACHES:
        shutil.rmtree(folder / cache, ignore_errors=True)
    for source in sorted(path for path in ready.rglob("*") if path.is_file()):
        target = folder / source.relative_to(ready)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    _drop(cluster, FORMER)
    shutil.rmtree(ready)


def _fill_beside(cluster: Cluster, dumped: Iterator[bytes], archive: zipfile.ZipFile) -> None:
    _drop(cluster, BESIDE)
    database.provision(cluster, BESIDE)
    wanted = [
        line for line in programs.contents(manifest.chunks(archive, manifest.DUMP)) if not PROVISIONED.search(line)
    ]
    programs.restore(cluster.conninfo("postgres", BESIDE), wanted, (), dumped)
    with _superuser(cluster, BESIDE) as connection:
        connection.execute("ANALYZE")


def _into_external(settings: Settings, path: Path, progress: Progress) -> None:
    conninfo = settings.database_url or ""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if not _true(
            connection,
            "SELECT to_regprocedure('ra_provisioned()') IS NOT NULL AND to_regrole('ra_delivery') IS NOT NULL",
        ):
            raise ClusterError("the database is not provisioned: have migrations/provision.sql run there first")
        if _true(connection, "SELECT to_regnamespace('beheer') IS NOT NULL"):
            raise ClusterError(
                "the database is not empty: restore into a new one and point RISICOATLAS_DATABASE_URL at it"
            )
    with zipfile.ZipFile(path) as archive, progress.task("Restoring", path.stat().st_size, "bytes") as advance:
        lines = programs.contents(manifest.chunks(archive, manifest.DUMP))
        wanted = [line for line in lines if not PROVISIONED.search(line) and not OF_A_SUPERUSER.search(line)]
        programs.restore(conninfo, wanted, ("--no-owner", "--role=ra_owner"), _told(archive, advance))
        _stage(archive, settings.home)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET ROLE ra_owner")
        _begin_new_line(connection)


def _told(archive: zipfile.ZipFile, advance: Advance) -> Iterator[bytes]:
    for chunk in manifest.chunks(archive, manifest.DUMP):
        yield chunk
        advance(len(chunk))


def _stage(archive: zipfile.ZipFile, folder: Path) -> None:
    """The files of the home, which only their owner may read."""
    folder.mkdir(exist_ok=True, mode=0o700)
    for name in archive.namelist():
        if name.startswith(manifest.HOME):
            target = folder / name.removeprefix(manifest.HOME)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                target.chmod(0o600)
                file.writelines(manifest.chunks(archive, name))


def _verify(cluster: Cluster, found: Manifest) -> None:
    """The database beside is what the manifest says, with the walls around restricted rows up."""
    with _superuser(cluster, BESIDE) as connection:
        row = connection.execute(
            "SELECT (SELECT max(nummer) FROM publiek.publicatie), (SELECT proleakproof FROM pg_proc"
            " WHERE oid = 'geometry_overlaps(geometry, geometry)'::regprocedure)"
        ).fetchone()
        if row != (found.publication, True) or database.applied_migrations(connection) != found.migrations:
            raise ClusterError("the restored database is not what the manifest says: nothing was changed")
    with psycopg.connect(cluster.conninfo("ra_service", BESIDE)) as connection:
        database.refuse_strong_role(connection)


def _begin_new_line(connection: Connection) -> None:
    """Publications after a restore are not those that were lost: no link and no number of before leads into them."""
    connection.execute(resources.files("risicoatlas.backup").joinpath("new_line.sql").read_text(encoding="utf-8"))


def _swap(cluster: Cluster) -> None:
    _drop(cluster, FORMER)
    with psycopg.connect(cluster.conninfo("postgres", "postgres")) as connection:
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        if _exists(cluster, LIVE):
            connection.execute(rename.format(sql.Identifier(LIVE), sql.Identifier(FORMER)))
        connection.execute(rename.format(sql.Identifier(BESIDE), sql.Identifier(LIVE)))


def _holds_data(cluster: Cluster) -> bool:
    if not _exists(cluster, LIVE):
        return False
    with _superuser(cluster, LIVE) as connection:
        return database.holds_data(connection)


def _exists(cluster: Cluster, name: str) -> bool:
    with _superuser(cluster, "postgres") as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(cluster: Cluster, name: str) -> None:
    with _superuser(cluster, "postgres") as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _superuser(cluster: Cluster, dbname: str) -> Connection:
    return psycopg.connect(cluster.conninfo("postgres", dbname), autocommit=True)


def _true(connection: Connection, question: str) -> bool:
    row = connection.execute(question).fetchone()
    return bool(row and row[0])
