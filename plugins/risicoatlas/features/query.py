"""Plans in, rows out: the one place where requests for features meet PostgreSQL.

A :class:`Reading` is one transaction with one snapshot: the publication, counts and rows of an answer belong together.
A row is one text expression that PostgreSQL builds; rows come through ``COPY … TO STDOUT (FORMAT binary)``, which
neither escapes nor buffers, and go on as chunks of bytes: memory does not grow with the answer.
"""

import json
import logging
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Copy, generators, sql
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import TupleRow, dict_row
from psycopg.sql import Composable, Composed
from psycopg_pool import ConnectionPool

from risicoatlas.catalogue import GEOMETRY
from risicoatlas.database import END, OPENED, STATEMENT_TIMEOUT_S, Connection, Reader, Rows, asking
from risicoatlas.errors import ExpiredError, RequestError, RisicoAtlasError, UnavailableError
from risicoatlas.features.cursor import Cursor
from risicoatlas.features.plan import ETRS89, Plan, column
from risicoatlas.features.request import Locators, Place
from risicoatlas.front import streams
from risicoatlas.service import Service

Box = tuple[float, float, float, float]
Message = bytes | bytearray | memoryview
Pair = tuple[Message, Message | None]

LOG = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
# The statement lasts as long as the client reads: a whole layer over a slow line takes its time.
STREAM_TIMEOUT_S = 3600
# What is asked ahead is held whole, whatever the size of its geometries.
AHEAD_ROWS = 100
COUNT_BOUND = 100_000
COUNT_TIMEOUT_S = 2
_GO_BACK = f"ROLLBACK TO SAVEPOINT {OPENED}"

# PGCOPY signature, flags and extension length (PostgreSQL manual, COPY, "Binary Format")
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES = len(_SIGNATURE) + 8
_ROW = struct.Struct(">hi")  # number of fields, length of the first
_ROW_BYTES = _ROW.size
_LENGTH_BYTES = 4
_END = b"\xff\xff"


@dataclass(frozen=True)
class State:
    """The publication that an answer is of and when it was made, the newest, the oldest that the layer still holds
    whole, and the count stored with the newest. Before the first publication the number is 0."""

    publication: int
    made_at: datetime | None
    newest: int
    kept_from: int
    count: int | None


class RowStream(Iterator[bytes]):
    """Chunks of joined rows; ``returned`` counts them, ``more`` tells after the last whether rows follow the page.

    Call :meth:`peek` before sending headers: it pulls the first chunk, so that an error is still an error. Of keyed
    rows the places of the first and the last are known after the last chunk.
    """

    def __init__(self, rows: Generator[Pair], limit: int | None, separator: bytes) -> None:
        self.returned = 0
        self.more = False
        self._rows = rows
        self._limit = limit
        self._separator = separator
        self._ends: tuple[Message | None, Message | None] = (None, None)
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

    @property
    def before(self) -> Place | None:
        """Just before the first row."""
        return _place(self._ends[0], backward=True)

    @property
    def after(self) -> Place | None:
        """Just after the last row."""
        return _place(self._ends[1], backward=False)

    def _joined(self) -> Generator[bytes]:
        pending: list[Message] = []
        size = 0
        lead = b""
        first: Message | None = None
        key: Message | None = None
        for row, following in self._rows:
            if self.returned == self._limit:
                # read to the end all the same: leaving a COPY halfway costs a cancel request on a second connection
                self.more = True
                continue
            key = following
            if not self.returned:
                first = key
            self.returned += 1
            pending.append(row)
            size += len(row)
            if size >= CHUNK_BYTES:
                yield lead + self._separator.join(pending)
                pending, size, lead = [], 0, self._separator
        self._ends = first, key
        streams.read(self.returned)
        if pending:
            yield lead + self._separator.join(pending)


def _place(keys: Message | None, *, backward: bool) -> Place | None:
    return None if keys is None else Place(tuple(json.loads(bytes(keys), parse_float=str)), backward)


@dataclass(frozen=True)
class Ahead:
    """What is known to be wanted of a reading before it is opened, and goes in the same message: the rows with ``row``
    as their text, or the number of rows for None. ``at_most`` is how many rows there can be, where the plan has no
    limit. ``alone`` when nothing else is asked as a rule, so that the transaction ends with it."""

    row: Composable | None = None
    keyed: bool = False
    alone: bool = False
    at_most: int | None = None

    def fits(self, plan: Plan) -> bool:
        """Whether it may be asked before the publication is known, and its answer be held in memory."""
        bound = self.at_most if plan.limit is None else plan.limit
        few = self.row is None or (bound is not None and bound <= AHEAD_ROWS)
        return plan.publication is None and plan.since is None and few

    def questions(self, plan: Plan) -> Iterator[Composable]:
        if self.row is not None:
            yield plan.page(self.row, keyed=self.keyed)
        elif not plan.unfiltered:
            yield plan.tally()
        # Which municipalities have not published is asked after the rows.
        if self.alone and not any(layer.municipalities for layer in plan.layers):
            yield END


class Reading:
    """One transaction on the layer of one plan, at one publication; to be closed, whatever happens.

    Raises :class:`ExpiredError` for a publication of which not every row is kept.
    """

    def __init__(
        self, plan: Plan, service: Service, locators: Locators | None = None, ahead: Ahead | None = None
    ) -> None:
        self._ahead = ahead if ahead is not None and ahead.fits(plan) else None
        self._timeout_s = STATEMENT_TIMEOUT_S if plan.limit is not None else STREAM_TIMEOUT_S
        tables = tuple(table for layer in plan.layers for table in layer.tables)
        reader = Reader(plan.role, plan.areas, self._timeout_s, tables)
        self._layer = plan.layer.name
        self._service = service
        self._stream: RowStream | None = None
        self._stack = ExitStack()
        questions = self._ahead.questions(plan) if self._ahead else ()
        with _errors_of(self._layer):
            asked = asking(service.pool, reader, _state_of(plan), *questions)
            self._connection, (state, *self._found) = self._stack.enter_context(asked)
        try:
            self.state = _state(state[0])
            _refuse_expired(plan, self.state, locators or Locators())
        except RequestError:
            self.close()
            raise
        current = self.state.publication == self.state.newest
        self.plan = replace(plan, publication=None if current else self.state.publication)

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def cursor(self, position: int, place: Place | None, matched: int | None) -> Cursor:
        """A cursor to another page of what is read here."""
        return Cursor(self.state.publication, position, matched, place)

    def close(self) -> None:
        """End the transaction and give the connection back."""
        if self._stream is not None:
            self._stream.close()
        self._stack.close()

    def close_unless(self, needed: bool) -> None:
        """Give the connection back before a slow client has read what is in memory already."""
        if not needed:
            self.close()

    def stream(self, row: Composable, separator: bytes = b"", *, keyed: bool = False) -> RowStream:
        """The rows of the plan, each the text of ``row`` in UTF-8, joined with ``separator``; ``keyed`` for pages that
        lead to others."""
        found = self._taken(row, keyed=keyed)
        rows = self._copied(self.plan.page(row, keyed=keyed)) if found is None else _pairs(found)
        self._stream = RowStream(rows, self.plan.limit, separator)
        return self._stream

    @property
    def has_rows(self) -> bool:
        """Whether the rows were asked ahead, and are in memory."""
        return self._ahead is not None and self._ahead.row is not None and bool(self._found)

    def _taken(self, row: Composable | None, *, keyed: bool = False) -> Rows | None:
        """What was asked ahead, once."""
        if self._ahead is None or self._ahead.row != row or self._ahead.keyed != keyed or not self._found:
            return None
        return self._found.pop()

    def restart(self) -> None:
        """Give up a stream that was begun; the transaction goes on."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        with _errors_of(self._layer):
            self._connection.execute(_GO_BACK)

    def texts(self, row: Composable) -> Iterator[bytes]:
        """The rows one by one, each the text of ``row`` in UTF-8."""
        found = self._taken(row)
        return (bytes(text) for text, _ in (self._copied(self.plan.select(row)) if found is None else _pairs(found)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries of the plan's fields; with ``geometrie`` as EWKB in hex unless it was not asked."""
        wanted: list[Composable] = [column(item.name) for item in self.plan.fields]
        if self.plan.geometry is not None:
            wanted.append(sql.SQL("{} AS {}").format(self.plan.geometry, sql.Identifier(GEOMETRY)))
        with _errors_of(self._layer), self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(self.plan.select(sql.SQL(", ").join(wanted)))
            yield from cursor

    def end_of_page(self, *, last: bool) -> Place | None:
        """Just after the last row of a full page, or just before the first, found without making its rows."""
        with _errors_of(self._layer):
            row = self._connection.execute(self.plan.boundary(last=last)).fetchone()
        return None if row is None else _place(row[0].encode(), backward=not last)

    @property
    def counted(self) -> int | None:
        """How many rows match, where that is known already."""
        if self.plan.matched is not None:
            return self.plan.matched
        return self.state.count if self.plan.unfiltered and self.plan.publication is None else None

    def count(self, *, exact: bool = False) -> int | None:
        """How many rows match, page aside; None when counting would pass the bound or the time budget. Never an
        estimate.

        ``exact`` counts to the end, for answers that are the number (WFS ``resultType=hits``).
        """
        if self.counted is not None or (self.plan.resumed and not exact):
            return self.counted
        if found := self._taken(None):
            return int(found[0][0])
        if self._over:
            with self._again() as again:
                return again.count(exact=exact)
        if exact:
            return self._number(self.plan.tally(), STATEMENT_TIMEOUT_S)
        bounded = self._bounded(self.plan.tally(COUNT_BOUND + 1))
        return bounded if bounded is not None and bounded <= COUNT_BOUND else None

    def tested(self) -> int | None:
        """How many visible objects the layer holds: what an answer without features was tested on; None where an own
        table takes too long to count."""
        if self._over and (self.plan.layer.own or self.plan.layer.restricted):
            with self._again() as again:
                return again.tested()
        if self.plan.layer.own and not self.plan.layer.restricted:
            return self._bounded(sql.SQL("SELECT count(*) FROM {}").format(self.plan.layer.table))
        if not self.plan.layer.restricted and self.plan.publication is None:
            return self.state.count or 0
        statement = sql.SQL("SELECT count(*) FROM {} AS r WHERE {}").format(self.plan.layer.table, self.plan.holds)
        return self._number(statement, STATEMENT_TIMEOUT_S)

    @property
    def _over(self) -> bool:
        """Whether the transaction has ended with what was asked ahead."""
        return self._connection.info.transaction_status == TransactionStatus.IDLE

    def _again(self) -> "Reading":
        """Another transaction on the same publication, for what is asked after all."""
        return Reading(replace(self.plan, publication=self.state.publication), self._service)

    def _bounded(self, statement: Composed) -> int | None:
        """One number, None where it takes longer than the time budget of a count."""
        try:
            return self._number(statement, COUNT_TIMEOUT_S)
        except UnavailableError as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                return None
            raise

    def fetched(self, statement: Composed) -> TupleRow | None:
        """The first row of a statement of our own."""
        with _errors_of(self._layer):
            return self._connection.execute(statement).fetchone()

    def _number(self, statement: Composed, timeout_s: int) -> int:
        """One number within a time budget of its own; the transaction outlives it."""
        if timeout_s == self._timeout_s:
            bounded = statement
        else:
            bounded = sql.SQL("SET LOCAL statement_timeout = {}; {}; SET LOCAL statement_timeout = {}").format(
                sql.Literal(f"{timeout_s}s"), statement, sql.Literal(f"{self._timeout_s}s")
            )
        with _errors_of(self._layer, timeout_s):
            try:
                cursor = self._connection.execute(bounded)
            finally:
                if self._connection.info.transaction_status == TransactionStatus.INERROR:
                    self._connection.execute(_GO_BACK)
            while not cursor.description:
                cursor.nextset()
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def _copied(self, statement: Composed) -> Generator[Pair]:
        copy_statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(statement)
        with (
            _errors_of(self._layer),
            self._connection.cursor() as cursor,
            cursor.copy(copy_statement) as copy,
        ):
            yield from keyed(_messages(copy))


def _pairs(rows: Rows) -> Generator[Pair]:
    """Rows that came as text, with their keys where they have some."""
    for row, *key in rows:
        yield row.encode(), key[0].encode() if key else None


def stream(plan: Plan, row: Composable, service: Service, separator: bytes = b"") -> RowStream:
    """The rows of a plan in a reading of their own, which ends with the last of them or when the stream is closed."""
    return RowStream(_alone(plan, row, service), plan.limit, separator)


def _alone(plan: Plan, row: Composable, service: Service) -> Generator[Pair]:
    with Reading(plan, service) as reading:
        yield from reading._copied(reading.plan.page(row))


def texts(plan: Plan, row: Composable, service: Service) -> Iterator[bytes]:
    """The rows of a plan one by one, each the text of ``row`` in UTF-8."""
    with Reading(plan, service) as reading:
        yield from reading.texts(row)


def rows(plan: Plan, service: Service) -> Iterator[dict[str, Any]]:
    """The rows as :meth:`Reading.rows` gives them."""
    with Reading(plan, service) as reading:
        yield from reading.rows()


def count(plan: Plan, service: Service, *, exact: bool = False) -> int | None:
    """How many rows match, as :meth:`Reading.count` tells it."""
    with Reading(plan, service) as reading:
        return reading.count(exact=exact)


def tested(plan: Plan, service: Service) -> int | None:
    """How many visible objects the layer holds, as :meth:`Reading.tested` tells it."""
    with Reading(plan, service) as reading:
        return reading.tested()


def summary(plan: Plan, service: Service) -> tuple[int, Box | None]:
    """How many rows match and their extent in EPSG:4258, longitude first; None where no row has a geometry.

    For layers of which nothing may be stored: the answer holds for this actor alone.
    """
    rows_etrs89 = plan.select(sql.SQL("{} AS geometrie").format(ETRS89))
    statement = sql.SQL(
        "SELECT aantal, ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
        " FROM (SELECT count(*) AS aantal, ST_Extent(geometrie) AS e FROM ({}) AS rij) AS stand"
    ).format(rows_etrs89)
    with Reading(plan, service) as reading:
        found = reading.fetched(statement)
    total, west, south, east, north = found or (0, None, None, None, None)
    return total, None if west is None else (west, south, east, north)


def latest(pool: ConnectionPool[Connection]) -> tuple[int, datetime | None]:
    """The number of the newest publication and when it was made, or when a load after it changed no more than the date
    of a source; 0 before the first."""
    question = sql.SQL(
        "SELECT nummer, greatest(gemaakt_op, (SELECT max(laatst_geladen) FROM publiek.laag_stand))"
        " FROM publiek.publicatie ORDER BY nummer DESC LIMIT 1"
    )
    with asking(pool, Reader(), question, END) as (_, (rows,)):
        return (int(rows[0][0]), rows[0][1]) if rows else (0, None)


def _state_of(plan: Plan) -> Composed:
    layers = sql.SQL(", ").join(sql.Literal(layer.name) for layer in plan.layers)
    return sql.SQL("SELECT * FROM publiek.stand(ARRAY[{}]::text[], {}::bigint)").format(
        layers, sql.Literal(plan.publication)
    )


def _state(row: TupleRow) -> State:
    newest, made_at, kept_from, stored, pinned = row
    newest = newest or 0
    return State(newest if pinned is None else pinned, made_at, newest, kept_from, stored)


def _refuse_expired(plan: Plan, state: State, locators: Locators) -> None:
    if not state.kept_from <= state.publication <= state.newest:
        raise ExpiredError(
            f"the objects of publication {state.publication} are not kept any more: harvest the whole layer",
            locators.cursor,
        )
    if plan.since is None:
        return
    if plan.since > state.publication:
        raise RequestError(
            f"{locators.since}={plan.since} is newer than publication {state.publication}: harvest the whole layer",
            locators.since,
        )
    if plan.since < state.kept_from:
        raise ExpiredError(
            f"changes are known from publication {state.kept_from} on, not from {plan.since}: harvest the whole layer",
            locators.since,
        )


@contextmanager
def _errors_of(layer: str, timeout_s: int | None = None) -> Iterator[None]:
    """What PostgreSQL says of an error goes to the log, never to the client."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        spent = f"longer than {timeout_s} s" if timeout_s else "too long"
        raise UnavailableError(f"the answer took {spent}: ask for a smaller area or fewer objects") from error
    except psycopg.errors.UndefinedTable as error:
        LOG.exception("layer %s has no table", layer)
        raise UnavailableError(f"{layer} is not published yet") from error
    except psycopg.errors.InsufficientPrivilege as error:
        LOG.exception("the table of layer %s may not be read", layer)
        raise UnavailableError(f"{layer} cannot be read at the moment") from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        LOG.exception("the database went away during a query on %s", layer)
        raise UnavailableError("the database cannot be reached at the moment") from error
    except psycopg.Error as error:
        LOG.exception("query on %s failed", layer)
        raise RisicoAtlasError("the database could not answer this request") from error


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
    """The first field of each row of a binary COPY."""
    return (row for row, _ in keyed(messages))


def keyed(messages: Iterable[Message]) -> Iterator[Pair]:
    """The one field of each row of a binary COPY, or both of two, wherever the server cut its messages.

    A row is its number of fields in two bytes, and of each field four bytes of length and the text. The server sends
    one row per message as a rule, which is the quick way; a message that holds more or less is put together with what
    came before.
    """
    rest = b""
    started = False
    for message in messages:
        if started and not rest and len(message) >= _ROW_BYTES:
            fields, length = _ROW.unpack_from(message)
            end = _ROW_BYTES + length
            if fields == 1 and end == len(message):
                yield message[_ROW_BYTES:], None
                continue
            key = end + _LENGTH_BYTES
            if fields == 2 and length >= 0 and key + int.from_bytes(message[end:key], "big") == len(message):
                yield message[_ROW_BYTES:end], message[key:]
                continue
        rest += message
        if not started:
            if len(rest) < _HEADER_BYTES:
                continue
            rest = rest[_HEADER_BYTES:]
            started = True
        position = 0
        while found := _whole_row(rest, position):
            row, key_text, position = found
            yield row, key_text
        rest = rest[position:]
    if rest != _END:
        raise RisicoAtlasError("the database ended its answer halfway")


def _whole_row(data: bytes, position: int) -> tuple[bytes, bytes | None, int] | None:
    """The fields of the row that begins here and where it ends; None where it is not whole, or no row but the end."""
    fields = int.from_bytes(data[position : position + 2], "big")
    if len(data) < position + 2 or data[position : position + 2] == _END:
        return None
    position += 2
    values: list[bytes | None] = []
    for _ in range(fields):
        if len(data) < position + _LENGTH_BYTES:
            return None
        length = int.from_bytes(data[position : position + _LENGTH_BYTES], "big", signed=True)
        position += _LENGTH_BYTES
        if len(data) < position + length:
            return None
        values.append(data[position : position + length] if length >= 0 else None)
        position += max(length, 0)
    row, key = (*values, None) if fields == 1 else values
    return row or b"", key, position
