"""Plans in, rows out: the one place where requests for features meet PostgreSQL.

A row is one text expression that PostgreSQL builds; rows come through ``COPY … TO STDOUT (FORMAT binary)``, which
neither escapes nor buffers, and go on as chunks of bytes: memory does not grow with the answer.
"""

import logging
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Copy, generators, sql
from psycopg.pq import ExecStatus
from psycopg.rows import dict_row
from psycopg.sql import Composable, Composed

from risicoatlas.catalogue import GEOMETRY, Layer
from risicoatlas.database import STATEMENT_TIMEOUT_S, Connection, reading
from risicoatlas.errors import RisicoAtlasError, UnavailableError
from risicoatlas.features.plan import ETRS89, Plan, column
from risicoatlas.service import Service

Box = tuple[float, float, float, float]
Message = bytes | bytearray | memoryview

LOG = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
# The statement lasts as long as the client reads: a whole layer over a slow line takes its time.
STREAM_TIMEOUT_S = 3600
COUNT_BOUND = 100_000
COUNT_TIMEOUT_S = 2

# PGCOPY signature, flags and extension length (PostgreSQL manual, COPY, "Binary Format")
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES = len(_SIGNATURE) + 8
_ONE_FIELD = b"\x00\x01"
_ROW = struct.Struct(">hi")  # number of fields, length of the first
_ROW_BYTES = _ROW.size
_END = b"\xff\xff"


class RowStream(Iterator[bytes]):
    """Chunks of joined rows; ``returned`` counts them, ``more`` tells after the last whether rows follow the page.

    Call :meth:`peek` before sending headers: it pulls the first chunk, so that an error is still an error.
    """

    def __init__(self, rows: Generator[Message], limit: int | None, separator: bytes) -> None:
        self.returned = 0
        self.more = False
        self._rows = rows
        self._limit = limit
        self._separator = separator
        self._chunks = self._joined()
        self._first: bytes | None = None

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._chunks)

    def peek(self) -> "RowStream":
        """Pull the first chunk; an error of the database is raised here."""
        if self._first is None:
            self._first = next(self._chunks, None)
        return self

    def close(self) -> None:
        """Give the connection back, however far the reading went."""
        self._chunks.close()
        self._rows.close()

    def _joined(self) -> Generator[bytes]:
        pending: list[Message] = []
        size = 0
        lead = b""
        for row in self._rows:
            if self.returned == self._limit:
                # read to the end all the same: leaving a COPY halfway costs a cancel request on a second connection
                self.more = True
                continue
            self.returned += 1
            pending.append(row)
            size += len(row)
            if size >= CHUNK_BYTES:
                yield lead + self._separator.join(pending)
                pending, size, lead = [], 0, self._separator
        if pending:
            yield lead + self._separator.join(pending)


def stream(plan: Plan, row: Composable, service: Service, separator: bytes = b"") -> RowStream:
    """The rows of a plan, each the text of ``row`` in UTF-8, joined with ``separator``."""
    # One row more than the page is asked for, so that the last page has no `next`.
    bound = None if plan.limit is None else plan.limit + 1
    return RowStream(_copied(plan, plan.select(row, bound), service), plan.limit, separator)


def texts(plan: Plan, row: Composable, service: Service) -> Iterator[bytes]:
    """The rows of a plan one by one, each the text of ``row`` in UTF-8."""
    return map(bytes, _copied(plan, plan.select(row), service))


def rows(plan: Plan, service: Service) -> Iterator[dict[str, Any]]:
    """The rows as dictionaries of the plan's fields; with ``geometrie`` as EWKB in hex unless it was not asked."""
    wanted: list[Composable] = [column(item.name) for item in plan.fields]
    if plan.geometry is not None:
        wanted.append(sql.SQL("{} AS {}").format(plan.geometry, sql.Identifier(GEOMETRY)))
    with (
        _transaction(plan, service, STATEMENT_TIMEOUT_S) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        cursor.execute(plan.select(sql.SQL(", ").join(wanted)))
        yield from cursor


def count(plan: Plan, service: Service, *, exact: bool = False) -> int | None:
    """How many rows match, page aside; None when counting would pass the bound or the time budget. Never an estimate.

    ``exact`` counts to the end, for answers that are the number (WFS ``resultType=hits``).
    """
    if plan.unfiltered:
        with _transaction(plan, service, COUNT_TIMEOUT_S) as connection:
            stored = _stored_count(connection, plan.layer)
            return _number(connection, plan.tally()) if stored is None else stored
    if exact:
        with _transaction(plan, service, STATEMENT_TIMEOUT_S) as connection:
            return _number(connection, plan.tally())
    with _transaction(plan, service, COUNT_TIMEOUT_S) as connection:
        try:
            found_count = _number(connection, plan.tally(COUNT_BOUND + 1))
        except psycopg.errors.QueryCanceled:
            raise psycopg.Rollback from None
        return found_count if found_count <= COUNT_BOUND else None
    return None


def tested(plan: Plan, service: Service) -> int:
    """How many visible objects the layer holds: what an answer without features was tested on."""
    current = sql.SQL("SELECT count(*) FROM {} AS r WHERE {} IS NULL")
    with _transaction(plan, service, COUNT_TIMEOUT_S) as connection:
        if plan.layer.restricted:
            return _number(connection, current.format(plan.layer.table, column("publicatie_tot")))
        return _stored_count(connection, plan.layer) or 0


def summary(plan: Plan, service: Service) -> tuple[int, Box | None]:
    """How many rows match and their extent in EPSG:4258, longitude first; None where no row has a geometry.

    For layers of which nothing may be stored: the answer holds for this actor alone.
    """
    rows_etrs89 = plan.select(sql.SQL("{} AS geometrie").format(ETRS89))
    statement = sql.SQL(
        "SELECT aantal, ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
        " FROM (SELECT count(*) AS aantal, ST_Extent(geometrie) AS e FROM ({}) AS rij) AS stand"
    ).format(rows_etrs89)
    with _transaction(plan, service, STATEMENT_TIMEOUT_S) as connection:
        found = connection.execute(statement).fetchone()
    total, west, south, east, north = found or (0, None, None, None, None)
    return total, None if west is None else (west, south, east, north)


def _stored_count(connection: Connection, layer: Layer) -> int | None:
    """The count that was stored with the publication of a public layer."""
    row = connection.execute("SELECT aantal FROM publiek.laag_stand WHERE laag = %s", [layer.name]).fetchone()
    return int(row[0]) if row else None


def _number(connection: Connection, statement: Composed) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _transaction(plan: Plan, service: Service, timeout_s: int) -> Iterator[Connection]:
    """A transaction as the plan's role; what PostgreSQL says of an error goes to the log, never to the client."""
    try:
        with reading(service.pool, role=plan.role, areas=plan.areas, timeout_s=timeout_s) as connection:
            yield connection
    except psycopg.errors.UndefinedTable as error:
        LOG.exception("layer %s has no table", plan.layer.name)
        raise UnavailableError(f"{plan.layer.name} is not published yet") from error
    except psycopg.Error as error:
        LOG.exception("query on %s failed", plan.layer.name)
        raise RisicoAtlasError("the database could not answer this request") from error


def _copied(plan: Plan, statement: Composed, service: Service) -> Generator[Message]:
    timeout_s = STATEMENT_TIMEOUT_S if plan.limit is not None else STREAM_TIMEOUT_S
    copy_statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(statement)
    with (
        _transaction(plan, service, timeout_s) as connection,
        connection.cursor() as cursor,
        cursor.copy(copy_statement) as copy,
    ):
        yield from unframed(_messages(copy))


def _messages(copy: Copy) -> Iterator[Message]:
    """The messages of a COPY. psycopg waits for each by itself, which takes longer than handling it: those that have
    arrived already are taken from libpq."""
    connection = copy.connection
    while message := copy.read():
        yield message
        count, message = connection.pgconn.get_copy_data(1)
        while count > 0:
            yield message
            count, message = connection.pgconn.get_copy_data(1)
        if count < 0:
            # The end, which can be told once only: what follows is what psycopg does at this point.
            (result, *_) = connection.wait(generators.fetch_many(connection.pgconn))
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)
            return


def unframed(messages: Iterable[Message]) -> Iterator[Message]:
    """The one field of each row of a binary COPY, wherever the server cut its messages.

    A row is ``00 01``, four bytes of length, the text. The server sends one row per message as a rule, which is the
    quick way; a message that holds more or less is put together with what came before.
    """
    rest = b""
    started = False
    for message in messages:
        if started and not rest and len(message) >= _ROW_BYTES:
            fields, length = _ROW.unpack_from(message)
            if fields == 1 and length == len(message) - _ROW_BYTES:
                yield message[_ROW_BYTES:]
                continue
        rest += message
        if not started:
            if len(rest) < _HEADER_BYTES:
                continue
            rest = rest[_HEADER_BYTES:]
            started = True
        position = 0
        while rest[position : position + 2] == _ONE_FIELD and len(rest) >= position + _ROW_BYTES:
            length = int.from_bytes(rest[position + 2 : position + _ROW_BYTES], "big", signed=True)
            if len(rest) < position + _ROW_BYTES + length:
                break
            yield rest[position + _ROW_BYTES : position + _ROW_BYTES + max(length, 0)]
            position += _ROW_BYTES + max(length, 0)
        rest = rest[position:]
    if rest != _END:
        raise RisicoAtlasError("the database ended its answer halfway")
