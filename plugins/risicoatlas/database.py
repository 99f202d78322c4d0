"""The one door to PostgreSQL: connections per task, migrations, and the transaction in which a request reads.

In: settings. Out: psycopg connections. The embedded cluster has a login role per task (``ra_loader``, ``ra_service``);
an external server is reached with the one address of ``RISICOATLAS_DATABASE_URL``, whose role must be a member of the
roles of ``migrations/provision.sql``. No connection is ever used as superuser but by :func:`provision`.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import LiteralString
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators, sql
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
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
# Rows as PostgreSQL wrote them, in UTF-8.
Row = tuple[bytes | None, ...]
Texts = list[Row]
# Connections of one process.
POOL_SIZE = 10
# Prepared statements that a connection keeps: some 100 KB each, in its server process.
KEPT_STATEMENTS = 64
# Rows that are in memory at once while a long answer is read: one may have megabytes of geometry.
CHUNK_ROWS = 16
CANCEL_S = 5
_TUPLES, _DONE = ExecStatus.TUPLES_OK.value, ExecStatus.COMMAND_OK.value
_ROWS = frozenset({_TUPLES, ExecStatus.TUPLES_CHUNK.value})
_FINE = _ROWS | {_DONE}
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
            # What is prepared is said by `Prepared`: psycopg would prepare the end of a transaction too, and forget all
            # statements at each.
            kwargs={
                "application_name": "risicoatlas service",
                "client_encoding": "utf8",
                "prepare_threshold": None,
            },
        )


@dataclass(frozen=True)
class Prepared:
    """A statement that a connection parses and plans once, whatever its values: ``form`` has ``$1``, ``$2`` … of
    ``types`` in their places. For statements that are planned alike with any values."""

    form: str
    types: tuple[str, ...]
    values: tuple[Composable, ...]


Question = Composable | Prepared


@dataclass
class _Session:
    """What a connection holds: prepared statements by form and types, the oldest used first."""

    last_used: float = 0.0
    names: OrderedDict[tuple[str, tuple[str, ...]], str] = field(default_factory=OrderedDict)
    made: int = 0
    stale: bool = False

    def forget(self) -> None:
        """Prepare everything anew: which statements of a message that failed were prepared is not known."""
        self.names.clear()
        self.stale = True

    def message(self, connection: Connection, questions: tuple[Question, ...]) -> Iterator[bytes]:
        """The statements that ask these questions."""
        for question in questions:
            if isinstance(question, Prepared):
                yield from self._execution(connection, question)
            else:
                yield question.as_bytes(connection)

    def _execution(self, connection: Connection, question: Prepared) -> Iterator[bytes]:
        key = (question.form, question.types)
        name = self.names.get(key)
        if name is None:
            if len(self.names) >= KEPT_STATEMENTS:
                yield f"DEALLOCATE {self.names.popitem(last=False)[1]}".encode()
            self.made += 1
            name = self.names[key] = f"ra_{self.made}"
            types = f"({', '.join(question.types)})" if question.types else ""
            yield f"PREPARE {name}{types} AS {question.form}".encode()
        else:
            self.names.move_to_end(key)
        values = b", ".join([value.as_bytes(connection) for value in question.values])
        yield b"EXECUTE %s(%s)" % (name.encode(), values) if values else b"EXECUTE " + name.encode()


_SESSIONS: "WeakKeyDictionary[Connection, _Session]" = WeakKeyDictionary()


def _session(connection: Connection) -> _Session:
    found = _SESSIONS.get(connection)
    if found is None:
        found = _SESSIONS[connection] = _Session()
    return found


def _check_idle(connection: Connection) -> None:
    """Ask a connection whether it still lives, unless it did a moment ago: asking takes as long as a small answer."""
    if time.monotonic() - _session(connection).last_used > IDLE_S:
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
            " SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0;"
            # what is prepared has one plan
            " SET LOCAL plan_cache_mode = force_generic_plan"
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


class Transaction:
    """A read-only transaction on a connection of the pool; to be closed, whatever happens.

    ``found`` are the rows of its first questions, which go in the message that opens it. Where there is something in
    ``flowing`` its rows come after them, as ``chunks``.
    """

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        reader: Reader,
        *questions: Question,
        flowing: tuple[Question, ...] = (),
    ) -> None:
        self._pool = pool
        self._open = False
        self.chunks: Chunks | None = None
        try:
            self.connection = pool.getconn()
            self._open = True
            if not flowing:
                self.found = answers(self.connection, _opening(reader), *questions)
                return
            self.chunks = Chunks(self.connection, _opening(reader), *questions, *flowing)
            self.found = [[row for chunk in self.chunks.of_next() for row in texts(chunk)] for _ in questions]
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise _unavailable(error, reader) from error
        except BaseException:
            self.close()
            raise

    @property
    def over(self) -> bool:
        """Whether nothing can be asked in it any more."""
        return not self._open or self.connection.pgconn.transaction_status == TransactionStatus.IDLE

    def close(self) -> None:
        """End it and give the connection back."""
        if self._open:
            self._open = False
            try:
                if self.chunks is not None:
                    self.chunks.close()
            finally:
                _end(self.connection)
                self._pool.putconn(self.connection)

    def __del__(self) -> None:
        """A connection that nobody gave back is not lost with what held it."""
        self.close()


def _unavailable(error: psycopg.Error, reader: Reader) -> UnavailableError:
    if isinstance(error, psycopg.errors.QueryCanceled):
        return UnavailableError(
            f"the answer took longer than {reader.timeout_s} s: ask for a smaller area or fewer objects"
        )
    return UnavailableError("the database cannot be reached at the moment")


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
    pool: ConnectionPool[Connection], reader: Reader, *questions: Question
) -> Iterator[tuple[Connection, list[Texts]]]:
    """A :class:`Transaction` with the rows of its first questions.

    With :data:`END` as the last question it is over by then: one message there and back.
    """
    transaction = Transaction(pool, reader, *questions)
    try:
        yield transaction.connection, transaction.found
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise _unavailable(error, reader) from error
    finally:
        transaction.close()


def answers(connection: Connection, *questions: Question) -> list[Texts]:
    """The rows of those questions that give rows, all asked in one message.

    Not by way of a cursor, which takes as long as the rest of a small answer.
    """
    _send(connection, questions)
    found = []
    for result in connection.wait(generators.execute(connection.pgconn)):
        status = result.status
        if status == _TUPLES:
            found.append(texts(result))
        elif status != _DONE:
            raise _error(connection, result)
    return found


class Chunks:
    """The answers to questions that were asked in one message, each in chunks of rows, read as they arrive."""

    def __init__(self, connection: Connection, *questions: Question) -> None:
        self._connection = connection
        _send(connection, questions)
        connection.pgconn.set_chunked_rows_mode(CHUNK_ROWS)
        connection.wait(generators.send(connection.pgconn))

    def of_next(self) -> Iterator[PGresult]:
        """The chunks of the next statement that gives rows."""
        connection, pgconn = self._connection, self._connection.pgconn
        while (result := connection.wait(generators.fetch(pgconn))) is not None:
            status = result.status
            if status in _ROWS:
                yield result
                if status == _TUPLES:
                    return
            elif status != _DONE:
                # The end of the message, by which the connection is free for what follows an error.
                connection.wait(generators.fetch_many(pgconn))
                raise _error(connection, result)

    def end(self) -> None:
        """What follows the last rows, by which the connection is free again."""
        for result in self._connection.wait(generators.fetch_many(self._connection.pgconn)):
            if result.status not in _FINE:
                raise _error(self._connection, result)

    def close(self) -> None:
        """Have what was not read given up; the transaction is to be brought back then, or ended."""
        connection = self._connection
        if connection.closed or connection.pgconn.transaction_status != TransactionStatus.ACTIVE:
            return
        connection.cancel_safe(timeout=CANCEL_S)
        connection.wait(generators.fetch_many(connection.pgconn))


def texts(result: PGresult) -> Texts:
    """The rows of a result."""
    columns = range(result.nfields)
    value = result.get_value
    return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]


def _send(connection: Connection, questions: tuple[Question, ...]) -> None:
    session = _session(connection)
    try:
        message = b"; ".join(session.message(connection, questions))
    except BaseException:
        # a value that PostgreSQL does not take: what was to be prepared in this message never was
        session.forget()
        raise
    connection.pgconn.send_query(message)


def _error(connection: Connection, result: PGresult) -> psycopg.Error:
    """What went wrong, after which nothing that was prepared counts."""
    _session(connection).forget()
    return psycopg.errors.error_from_result(result)


def _end(connection: Connection) -> None:
    """Nothing was written: what is under way is given up. A connection that is gone is left to the pool."""
    with suppress(psycopg.OperationalError, psycopg.InterfaceError):
        if connection.pgconn.transaction_status != TransactionStatus.IDLE:
            answers(connection, END)
        session = _session(connection)
        if session.stale:
            answers(connection, sql.SQL("DEALLOCATE ALL"))
            session.names.clear()
            session.stale = False
        # Not by way of the pool's `reset`, which takes every connection through another thread.
        session.last_used = time.monotonic()


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
