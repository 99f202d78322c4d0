"""The one door to PostgreSQL: connections per task, migrations, and the transaction in which a request reads.

In: settings. Out: psycopg connections. The embedded cluster has a login role per task (``ra_loader``, ``ra_service``);
an external server is reached with the one address of ``RISICOATLAS_DATABASE_URL``, whose role must be a member of the
roles of ``migrations/provision.sql``. No connection is ever used as superuser but by :func:`provision`.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import LiteralString
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.sql import Composable
from psycopg_pool import ConnectionPool

from risicoatlas import home
from risicoatlas.cluster import Cluster, Notice
from risicoatlas.errors import ClusterError, NotOwnerError, UnavailableError
from risicoatlas.rendered import rendered
from risicoatlas.settings import Settings

Connection = psycopg.Connection[TupleRow]
STATEMENT_TIMEOUT_S = 60
IDLE_S = 0.5
OPENED: LiteralString = "geopend"
END = sql.SQL("ROLLBACK")
Rows = list[TupleRow]
_LAST_USED: "WeakKeyDictionary[Connection, float]" = WeakKeyDictionary()
# Connections of one process.
POOL_SIZE = 10
MIGRATIONS = resources.files("risicoatlas") / "migrations"


@dataclass(frozen=True)
class Database:
    """Where the data is. ``conninfo`` gives the connection string of a task: loader, service or superuser."""

    conninfo: Callable[[str], str]

    @contextmanager
    def loader(self, *, autocommit: bool = False) -> Iterator[Connection]:
        """A connection that owns the tables: loading, classifying, publishing and managing keys.

        Raises :class:`UnavailableError` when the database cannot be reached, goes away or has no room left, and
        :class:`NotOwnerError` where the address given belongs to a role that only serves.
        """
        with (
            _undone(),
            _connect(
                self.conninfo("loader"), autocommit=autocommit, application_name="risicoatlas loader"
            ) as connection,
        ):
            _become_owner(connection)
            if not autocommit:
                connection.commit()
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A short connection of the service that asks the system catalogues; it has no right on any table."""
        with (
            _undone(),
            _connect(self.conninfo("service"), autocommit=True, application_name="risicoatlas service") as connection,
        ):
            yield connection

    def pool(self, *, min_size: int = 1, max_size: int = POOL_SIZE) -> ConnectionPool[Connection]:
        """A pool of service connections: no rights of their own, a role is taken per transaction by :func:`reading`."""
        return ConnectionPool(
            self.conninfo("service"),
            min_size=min_size,
            max_size=max_size,
            open=False,
            timeout=10,
            check=_check_idle,
            kwargs={"application_name": "risicoatlas service"},
        )


def _check_idle(connection: Connection) -> None:
    """Ask a connection whether it still lives, unless it did a moment ago: asking takes as long as a small answer."""
    if time.monotonic() - _LAST_USED.get(connection, 0.0) > IDLE_S:
        ConnectionPool.check_connection(connection)


def _connect(conninfo: str, *, autocommit: bool, application_name: str) -> Connection:
    try:
        return psycopg.connect(conninfo, autocommit=autocommit, application_name=application_name, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database cannot be reached: {str(error).splitlines()[0]}") from error


def _become_owner(connection: Connection) -> None:
    try:
        connection.execute("SET ROLE ra_owner")
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotOwnerError(
            "the role of RISICOATLAS_DATABASE_URL is no member of ra_owner: it serves, and neither loads nor publishes;"
            " RISICOATLAS_LOADER_DATABASE_URL may name one that does"
        ) from error


@contextmanager
def _undone() -> Iterator[None]:
    """A failure of the database as our own error: what was not committed is not there."""
    again = "what was under way is undone; run the command again"
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise UnavailableError(f"the disk of the database is full: {again} when there is room") from error
    except psycopg.errors.OutOfMemory as error:
        raise UnavailableError(f"the database is out of memory: {again}") from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        # 57P: shut down by an operator or a crash; no state at all: the line is dead
        lost = error.sqlstate is None or error.sqlstate.startswith(("57P", "08"))
        what = "went away" if lost else "could not go on"
        raise UnavailableError(f"the database {what} ({str(error).splitlines()[0]}): {again}") from error


@contextmanager
def opened(
    settings: Settings,
    *,
    durable: bool = True,
    serving: bool = False,
    upgrade: bool = False,
    notice: Notice = lambda text: None,
) -> Iterator[Database]:
    """The database of these settings, running and migrated: the embedded cluster, or the external server.

    An external server that is opened for ``serving`` is not migrated, since the role that serves owns nothing there;
    one that holds data only where ``upgrade`` agrees.
    """
    from risicoatlas.backup import restore, upgrade as upgrading  # noqa: I001, PLC0415 - both stand on this module

    if settings.database_url:
        database = _of_urls(settings.database_url, settings.loader_database_url)
        if not serving:
            upgrading.prepare(settings, database, notice, agreed=upgrade)
            migrate(database)
        yield database
        return
    with (
        home.in_use(settings.home),
        Cluster(settings.home, durable=durable, notice=notice).running() as cluster,
        cluster.watched() if serving else nullcontext(),
    ):
        database = _of_cluster(cluster)
        restore.finish(settings.home, cluster)
        provision(cluster)
        upgrading.prepare(settings, database, notice)
        migrate(database)
        yield database


@contextmanager
def as_it_is(settings: Settings) -> Iterator[Database | None]:
    """The database of these settings, neither made nor migrated; None where the home holds no cluster."""
    if settings.database_url:
        yield _of_urls(settings.database_url, settings.loader_database_url)
        return
    cluster = Cluster(settings.home) if settings.home.is_dir() else None
    if cluster is None or not (cluster.data / "PG_VERSION").exists():
        yield None
        return
    with home.in_use(settings.home), cluster.running():
        yield _of_cluster(cluster)


def _of_urls(service: str, loader: str | None) -> Database:
    return Database(lambda task: (loader or service) if task == "loader" else service)


def _of_cluster(cluster: Cluster) -> Database:
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    return Database(lambda task: cluster.conninfo(users[task]))


def provision(cluster: Cluster, dbname: str = "risicoatlas") -> None:
    """Database, extensions and roles of the embedded cluster; does nothing that is done already."""
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(20221015)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [dbname]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(dbname)))
    with psycopg.connect(cluster.conninfo("postgres", dbname), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(20221015)")
        # the role came later than the function
        marked = connection.execute(
            "SELECT to_regprocedure('ra_provisioned()') IS NOT NULL AND to_regrole('ra_delivery') IS NOT NULL"
        ).fetchone()
        if not marked or not marked[0]:
            connection.execute(_resource("provision.sql"))


def migrate(database: Database) -> None:
    """Apply the numbered migrations that are due, all of them in one transaction or none, forward only."""
    with database.loader() as connection:
        if not due_migrations(connection):
            connection.commit()
            return
        connection.commit()
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(20221016)")
            known = known_migrations()
            for name in due_migrations(connection):
                try:
                    connection.execute(_resource(name))
                except psycopg.errors.RaiseException as error:
                    raise ClusterError(f"migration {name}: {error.diag.message_primary}") from error
                connection.execute("INSERT INTO beheer.migratie (naam, sha256) VALUES (%s, %s)", [name, known[name]])


def due_migrations(connection: Connection) -> list[str]:
    """The migrations that this database lacks; raises :class:`ClusterError` where it is newer than this version, or a
    migration was changed after it had been applied."""
    done, known = applied_migrations(connection), known_migrations()
    if newer := sorted(set(done) - set(known)):
        raise ClusterError(
            f"the database was changed by a newer version ({', '.join(newer)}): install that version, or restore the"
            " backup that it made before, with `risicoatlas restore --replace FILE`"
        )
    for name, digest in done.items():
        if known[name] != digest:
            raise ClusterError(f"migration {name} was changed after it had been applied: add a new one instead")
    return [name for name in known if name not in done]


def applied_migrations(connection: Connection) -> dict[str, str]:
    """The name and SHA-256 of each migration that this database has had."""
    row = connection.execute("SELECT to_regclass('beheer.migratie') IS NOT NULL").fetchone()
    if not row or not row[0]:
        return {}
    return dict(connection.execute("SELECT naam, sha256 FROM beheer.migratie ORDER BY naam").fetchall())


def holds_data(connection: Connection) -> bool:
    """Whether anything was loaded or published, or a key made, in this database."""
    if not applied_migrations(connection):
        return False
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM beheer.levering) OR EXISTS (SELECT FROM beheer.sleutel)"
        " OR EXISTS (SELECT FROM publiek.publicatie)"
    ).fetchone()
    return bool(row and row[0])


def known_migrations() -> dict[str, str]:
    """The name and SHA-256 of each migration of this version, in their order."""
    names = sorted(entry.name for entry in MIGRATIONS.iterdir() if re.fullmatch(r"\d{4}.*\.sql", entry.name))
    return {name: hashlib.sha256(_resource(name).encode()).hexdigest() for name in names}


def _resource(name: str) -> str:
    return (MIGRATIONS / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Reader:
    """Who reads, and for how long: ``ra_public`` or ``ra_restricted``, and the comma list of areas that the policies
    read.

    ``tables`` (schema, name) are locked against a swap before the transaction looks at anything. Its one snapshot then
    holds their rows: a table that a publication swaps in is empty for a snapshot that is older than itself.
    """

    role: str = "ra_public"
    areas: str = ""
    timeout_s: int = STATEMENT_TIMEOUT_S
    tables: tuple[tuple[str, str], ...] = ()

    def begin(self) -> sql.Composed:
        """Everything that opens the transaction, in one message. Role, areas and the rest end with it. A transaction
        on tables can be brought back to the savepoint :data:`OPENED`."""
        isolation: LiteralString = "REPEATABLE READ" if self.tables else "READ COMMITTED"
        opening = sql.SQL(
            "BEGIN ISOLATION LEVEL {isolation} READ ONLY; SET LOCAL ROLE {role}; SET LOCAL risicoatlas.areas = {areas};"
            # times are written with the offset of this zone, whatever the zone of the server
            " SET LOCAL statement_timeout = {timeout}; SET LOCAL timezone = 'Europe/Amsterdam';"
            # starting workers and compiling take longer than nearly every answer
            " SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0"
        ).format(
            isolation=sql.SQL(isolation),
            role=sql.Identifier(self.role),
            areas=sql.Literal(self.areas),
            timeout=sql.Literal(f"{self.timeout_s}s"),
        )
        if not self.tables:
            return opening
        locks = [sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.Identifier(*names)) for names in self.tables]
        return sql.SQL("; ").join([opening, *locks, sql.SQL(f"SAVEPOINT {OPENED}")])


@lru_cache(maxsize=1024)
def _opening(reader: Reader) -> sql.SQL:
    return rendered(reader.begin())


@contextmanager
def reading(
    pool: ConnectionPool[Connection], *, role: str = "ra_public", areas: str = "", timeout_s: int = STATEMENT_TIMEOUT_S
) -> Iterator[Connection]:
    """One read-only transaction as ``ra_public`` or ``ra_restricted``; ``areas`` is the comma list that the policies
    read.

    Role and areas are transaction-local: nothing of them is left on the pooled connection.
    """
    with asking(pool, Reader(role, areas, timeout_s)) as (connection, _):
        yield connection


@contextmanager
def writing(pool: ConnectionPool[Connection], areas: str) -> Iterator[Connection]:
    """One transaction as ``ra_delivery``, which corrects buildings of the municipalities in ``areas`` and writes down
    what happened. Committed at the end, undone by an error.

    Raises :class:`UnavailableError` where the database is away, or another act holds the municipality for too long.
    """
    settings = (
        ("role", "ra_delivery"),
        ("risicoatlas.areas", areas),
        ("statement_timeout", f"{STATEMENT_TIMEOUT_S}s"),
    )
    try:
        with pool.connection() as connection:
            for name, value in settings:
                connection.execute("SELECT set_config(%s, %s, true)", [name, value])
            yield connection
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        raise UnavailableError(
            "een andere handeling voor deze gemeente is bezig: probeer het straks opnieuw"
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError("the database cannot be reached at the moment") from error


@contextmanager
def asking(
    pool: ConnectionPool[Connection], reader: Reader, *questions: Composable
) -> Iterator[tuple[Connection, list[Rows]]]:
    """A read-only transaction and the rows of its first questions, which go in the message that opens it.

    With :data:`END` as the last question it is over by then: one message there and back.
    """
    with _lent(pool, reader) as connection:
        yield connection, _rows_of(connection.execute(sql.SQL("; ").join([_opening(reader), *questions])))


@contextmanager
def _lent(pool: ConnectionPool[Connection], reader: Reader) -> Iterator[Connection]:
    """A connection for statements that begin a transaction themselves."""
    try:
        with pool.connection() as connection:
            # BEGIN is ours: psycopg would send one of its own, and wait for it.
            connection.autocommit = True
            try:
                yield connection
            finally:
                _end(connection)
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if isinstance(error, psycopg.errors.QueryCanceled):
            raise UnavailableError(
                f"the answer took longer than {reader.timeout_s} s: ask for a smaller area or fewer objects"
            ) from error
        raise UnavailableError("the database cannot be reached at the moment") from error


def _rows_of(cursor: psycopg.Cursor[TupleRow]) -> list[Rows]:
    """The rows of each of several statements that gives rows."""
    found = []
    while True:
        if cursor.description:
            found.append(cursor.fetchall())
        if not cursor.nextset():
            return found


def _end(connection: Connection) -> None:
    """Nothing was written: what is under way is given up. A connection that is gone is left to the pool."""
    with suppress(psycopg.OperationalError, psycopg.InterfaceError):
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.execute("ROLLBACK")
    if not connection.closed:
        connection.autocommit = False
        # Not by way of the pool's `reset`, which takes every connection through another thread.
        _LAST_USED[connection] = time.monotonic()


def refuse_strong_role(connection: Connection) -> None:
    """Raise unless the service's role is weak: no superuser, no BYPASSRLS, no owner of a restricted table without
    FORCE."""
    row = connection.execute(
        "SELECT session_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = session_user"
    ).fetchone()
    if row is None or row[1] or row[2]:
        raise ClusterError(
            "the role of the service is superuser or has BYPASSRLS: give it a role that row-level security binds"
        )
    unforced = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'besloten' AND c.relkind IN ('r', 'p')"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
    ).fetchall()
    unforced += connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'besloten' AND (c.relkind IN ('m', 'f')"
        " OR c.relkind = 'v' AND 'security_barrier=true' <> ALL (coalesce(c.reloptions, '{}')))"
    ).fetchall()
    if unforced:
        names = ", ".join(name for (name,) in unforced)
        raise ClusterError(f"in besloten without forced row-level security, or a barrier of a view: {names}")
