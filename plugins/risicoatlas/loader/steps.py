"""The four steps of a load, for every source alike: stage → check → normalise → register.

In: a source, a path, a database. Out: the :class:`Report`. What is committed when, how a killed load goes on, and
which of our errors a failure of the file, the disk or the database becomes, is decided here and nowhere else.
"""

import errno
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from risicoatlas.database import Connection, Database
from risicoatlas.errors import RisicoAtlasError, SourceError, UnavailableError
from risicoatlas.loader.report import OUTCOMES, SHOWN_FINDINGS, Finding, Report
from risicoatlas.loader.source import Load, Source
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

# One load at a time: staging tables are shared. A killed loader's server process lets go within CHECK_INTERVAL of its
# death.
LOCK = 20221017
LOCK_PATIENCE_S = 60
CHECK_INTERVAL = "1s"
FEW_ROWS = 1_000

STAGED = "gestaged"
NORMALISED = "genormaliseerd"


def load(source: Source, path: Path, database: Database, settings: Settings, progress: Progress) -> Report:
    """Load one file. A file that cannot be loaded raises :class:`SourceError`, and the register is as it was."""
    started = time.monotonic()
    with _translated(path), database.loader() as connection:
        _prepare(connection, progress)
        digest = _sha256(path)
        report, done = _open_delivery(connection, source, path, digest)
        task = Load(connection, path, report.levering, report, settings, progress)
        try:
            with _translated(path):
                _run_steps(source, task, done, started)
        except UnavailableError:
            # Nothing is wrong with the file: the delivery stays open and goes on when it is loaded again.
            raise
        except RisicoAtlasError as error:
            connection.rollback()
            _close_refused(connection, source, report, str(error))
            raise
        return report


def load_within(source: Source, connection: Connection, name: str, digest: str, settings: Settings) -> Load:
    """Take one delivery through the same steps inside the transaction of the caller, who commits or undoes all of it.

    ``name`` and ``digest`` (SHA-256) are what the journal says of it. Waits for a load that is under way as long as the
    ``lock_timeout`` of the transaction; raises :class:`UnavailableError` then.
    """
    started = time.monotonic()
    path = Path(name)
    with _translated(path):
        connection.execute("SET LOCAL timezone = 'Europe/Amsterdam'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        report = _new_delivery(connection, source, name, digest)
        task = Load(connection, path, report.levering, report, settings)
        source.stage(task)
        _write_findings(task)
        source.check(task)
        source.normalise(task)
        _write_findings(task)
        _register(source, task)
        _end(task, source, started)
    return task


def _run_steps(source: Source, load: Load, done: str | None, started: float) -> None:
    if done is None:
        source.stage(load)
        _commit_step(load, source, STAGED)
    if done != NORMALISED:
        source.check(load)
        source.normalise(load)
        _commit_step(load, source, NORMALISED)
    _register(source, load)
    _end(load, source, started)
    load.connection.commit()


def _register(source: Source, load: Load) -> None:
    # what a delivery touches is written down under its number: see register.huidige_levering()
    load.connection.execute("SELECT set_config('risicoatlas.levering', %s, true)", [str(load.levering)])
    source.register(load)


def _prepare(connection: Connection, progress: Progress) -> None:
    """Session settings and the lock that lets one load at a time use the staging tables."""
    connection.execute(
        "SELECT set_config('timezone', 'Europe/Amsterdam', false),"
        " set_config('client_connection_check_interval', %s, false)",
        [CHECK_INTERVAL],
    )
    deadline = time.monotonic() + LOCK_PATIENCE_S
    waiting = False
    while not _scalar(connection, "SELECT pg_try_advisory_lock(%s)", LOCK):
        if not waiting:
            progress.say("Another load is running: waiting for its end.")
            waiting = True
        if time.monotonic() > deadline:
            raise UnavailableError(f"another load has been running for more than {LOCK_PATIENCE_S} s: try again later")
        time.sleep(0.5)
    connection.commit()


def _open_delivery(connection: Connection, source: Source, path: Path, digest: str) -> tuple[Report, str | None]:
    """The delivery of this file: one that was killed, with the step that it had reached, or a new one."""
    row = connection.execute(
        "SELECT nummer, stap, verslag FROM beheer.levering WHERE bron = %s AND sha256 = %s AND status = 'bezig'"
        " ORDER BY nummer DESC LIMIT 1",
        [source.name, digest],
    ).fetchone()
    resumable = row is not None and row[1] is not None and _staging_counts(connection, source) == row[2]["staging"]
    kept = row[0] if row is not None and resumable else None
    # Whoever else is 'bezig' is dead: the lock is ours.
    connection.execute(
        "UPDATE beheer.levering SET status = 'geweigerd', klaar_op = now(),"
        " verslag = jsonb_build_object('fout', %s::text) WHERE status = 'bezig' AND nummer IS DISTINCT FROM %s",
        ["afgebroken", kept],
    )
    if row is not None and kept is not None:
        report, done = Report.from_json(row[2]["verslag"]), str(row[1])
        connection.commit()
        return report, done
    report = _new_delivery(connection, source, path.name, digest)
    connection.commit()
    return report, None


def _new_delivery(connection: Connection, source: Source, name: str, digest: str) -> Report:
    _empty_staging(connection, source)
    number = _scalar(
        connection,
        "INSERT INTO beheer.levering (bron, bestand, sha256, status) VALUES (%s, %s, %s, 'bezig') RETURNING nummer",
        source.name,
        name,
        digest,
    )
    return Report(bron=source.name, bestand=name, levering=int(str(number)))


def _commit_step(load: Load, source: Source, step: str) -> None:
    _write_findings(load)
    state = {"verslag": load.report.as_json(), "staging": _staging_counts(load.connection, source)}
    load.connection.execute(
        "UPDATE beheer.levering SET stap = %s, stand = %s, gebied = %s, verslag = %s WHERE nummer = %s",
        [step, load.report.stand, load.report.gebied, json.dumps(state), load.levering],
    )
    load.connection.commit()


def _end(load: Load, source: Source, started: float) -> None:
    """The end of the register's transaction: findings, the proof of the counts, the report."""
    report = load.report
    _write_findings(load)
    _read_findings(load)
    report.prove()
    _empty_staging(load.connection, source)
    report.duur_s = time.monotonic() - started
    load.connection.execute(
        "UPDATE beheer.levering SET status = 'klaar', stap = NULL, klaar_op = now(), verslag = %s WHERE nummer = %s",
        [json.dumps(report.as_json()), load.levering],
    )
    load.connection.execute(
        "INSERT INTO beheer.audit (handeling, onderwerp, uitkomst) VALUES ('levering', %s, 'gelukt')",
        [f"{load.levering} {source.name} {report.bestand}"],
    )


def _close_refused(connection: Connection, source: Source, report: Report, message: str) -> None:
    _empty_staging(connection, source)
    connection.execute("DELETE FROM beheer.bevinding WHERE levering = %s", [report.levering])
    connection.execute(
        "UPDATE beheer.levering SET status = 'geweigerd', stap = NULL, klaar_op = now(),"
        " verslag = jsonb_build_object('fout', %s::text) WHERE nummer = %s",
        [message, report.levering],
    )
    connection.commit()


def _write_findings(load: Load) -> None:
    found, load.report.new_findings = load.report.new_findings, []
    if not found:
        return
    columns = "COPY beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden) FROM STDIN"
    with load.connection.cursor() as cursor, cursor.copy(columns) as copy:
        for item in found:
            copy.write_row((load.levering, item.uitkomst, item.soort, item.sleutel, item.plaats, item.reden))


def _read_findings(load: Load) -> None:
    """Count the findings of the delivery and take the first of each outcome into the report."""
    execute, report = load.connection.execute, load.report
    report.aantal_bevindingen = dict(
        execute(
            "SELECT uitkomst, count(*) FROM beheer.bevinding WHERE levering = %s GROUP BY uitkomst", [load.levering]
        ).fetchall()
    )
    report.bevindingen = [
        Finding(*row)
        for outcome in OUTCOMES
        for row in execute(
            "SELECT uitkomst, soort, sleutel, plaats, reden FROM beheer.bevinding WHERE levering = %s AND uitkomst = %s"
            " ORDER BY nummer LIMIT %s",
            [load.levering, outcome, SHOWN_FINDINGS],
        ).fetchall()
    ]


def _staging_counts(connection: Connection, source: Source) -> dict[str, int]:
    """Rows per staging table; an unlogged table that PostgreSQL emptied after a crash shows here."""
    count = sql.SQL("SELECT count(*) FROM {}")
    return {name: int(str(_scalar(connection, count.format(sql.Identifier("bron", name))))) for name in source.staging}


def _empty_staging(connection: Connection, source: Source) -> None:
    """Empty tables are left alone and short ones get a DELETE: a TRUNCATE costs as much as loading a small message."""
    for name, count in _staging_counts(connection, source).items():
        if count:
            statement = sql.SQL("TRUNCATE {}" if count > FEW_ROWS else "DELETE FROM {}")
            connection.execute(statement.format(sql.Identifier("bron", name)))


def _scalar(connection: Connection, statement: sql.Composed | LiteralString, *parameters: object) -> object:
    row = connection.execute(statement, parameters).fetchone()
    return row[0] if row else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Failures of disk and database as our own errors, each with what it means for the load."""
    again = "nothing was changed; load the file again to go on"
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise UnavailableError(f"{path}: another load is running: {again}") from error
    except psycopg.errors.DiskFull as error:
        raise UnavailableError(f"{path}: the disk of the database is full: {again} when there is room") from error
    except psycopg.errors.OutOfMemory as error:
        raise UnavailableError(f"{path}: the database is out of memory: {again}") from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError(f"{path}: the database went away while loading: {again}") from error
    except psycopg.DataError as error:
        raise SourceError(path, None, f"a value cannot be stored: {str(error).splitlines()[0]}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UnavailableError(f"{path}: the disk is full: {again} when there is room") from error
        raise SourceError(path, None, f"cannot be read: {error.strerror}") from error
