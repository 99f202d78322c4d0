"""Plans in, rows out: the one place where requests for features meet PostgreSQL.

A :class:`Reading` is one transaction with one snapshot: the publication, counts and rows of an answer belong together.
A row is one text expression that PostgreSQL builds; rows arrive some at a time and go on as chunks of bytes: memory
does not grow with the answer.
"""

import json
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow, dict_row
from psycopg.sql import Composable, Composed
from psycopg_pool import ConnectionPool

from risicoatlas.catalogue import GEOMETRY
from risicoatlas.database import (
    END,
    OPENED,
    STATEMENT_TIMEOUT_S,
    Chunks,
    Connection,
    Prepared,
    Question,
    Reader,
    Row,
    Texts,
    Transaction,
    answers,
    asking,
)
from risicoatlas.errors import ExpiredError, RequestError, RisicoAtlasError, UnavailableError
from risicoatlas.features import prepared
from risicoatlas.features.cursor import Cursor
from risicoatlas.features.plan import ETRS89, Plan, column
from risicoatlas.features.request import Locators, Place
from risicoatlas.front import streams
from risicoatlas.rendered import KEPT, rendered
from risicoatlas.service import Service

Box = tuple[float, float, float, float]
# Rows that came together, and the keys of one of them by its place.
Batch = tuple[list[bytes], Callable[[int], bytes | None]]

LOG = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
# The statement lasts as long as the client reads: a whole layer over a slow line takes its time.
STREAM_TIMEOUT_S = 3600
# What is asked ahead is held whole up to so many rows, whatever the size of their geometries; more come in chunks.
AHEAD_ROWS = 100
COUNT_BOUND = 100_000
COUNT_TIMEOUT_S = 2
_GO_BACK = sql.SQL(f"ROLLBACK TO SAVEPOINT {OPENED}")
_ONE = sql.SQL("1")
# Row, keys and number.
_NUMBERED = 3
# The publication: the newest, when the one that is asked was made, from which on all rows are kept, how many rows the
# first layer has, and the one that is asked.
_STATE = """
SELECT n.nummer,
  (SELECT extract(epoch FROM p.gemaakt_op) FROM publiek.publicatie AS p WHERE p.nummer = coalesce($2, n.nummer)),
  (SELECT coalesce(max(b.vanaf), 0) FROM publiek.laag_bewaard AS b WHERE b.laag = ANY ($1)),
  (SELECT s.aantal FROM publiek.laag_stand AS s WHERE s.laag = $1[1]), $2
FROM (SELECT max(nummer) AS nummer FROM publiek.publicatie) AS n"""
_LATEST = Prepared(
    "SELECT nummer, extract(epoch FROM greatest(gemaakt_op, (SELECT max(laatst_geladen) FROM publiek.laag_stand)))"
    " FROM publiek.publicatie ORDER BY nummer DESC LIMIT 1",
    (),
    (),
)


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

    def __init__(self, rows: Generator[Batch], limit: int | None, separator: bytes) -> None:
        self.returned = 0
        self.more = False
        self._rows = rows
        self._limit = limit
        self._separator = separator
        self._ends: tuple[bytes | None, bytes | None] = (None, None)
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
        pending: list[bytes] = []
        size = 0
        lead = b""
        first: bytes | None = None
        last: bytes | None = None
        for arrived, key_of in self._rows:
            rows = arrived
            if self._limit is not None and self.returned + len(rows) > self._limit:
                # read to the end all the same: leaving halfway costs a cancel request on a second connection
                self.more = True
                rows = arrived[: self._limit - self.returned]
            if not rows:
                continue
            if not self.returned:
                first = key_of(0)
            last = key_of(len(rows) - 1)
            self.returned += len(rows)
            pending += rows
            size += sum(map(len, rows))
            if size >= CHUNK_BYTES:
                yield lead + self._separator.join(pending)
                pending, size, lead = [], 0, self._separator
        self._ends = first, last
        streams.read(self.returned)
        if pending:
            yield lead + self._separator.join(pending)


def _place(keys: bytes | None, *, backward: bool) -> Place | None:
    return None if keys is None else Place(tuple(json.loads(keys, parse_float=str)), backward)


@dataclass(frozen=True)
class Ahead:
    """What is known to be wanted of a reading before it is opened, and goes in the same message: the rows with ``row``
    as their text, or the number of rows for None. ``at_most`` is how many rows there can be, where the plan has no
    limit; up to ``flowing`` rows may come in chunks, for who asks nothing else before their end. ``alone`` when nothing
    else is asked as a rule, so that the transaction ends with it. ``numbered`` when the number of rows is wanted too,
    where the page is not the whole."""

    row: Composable | None = None
    keyed: bool = False
    alone: bool = False
    at_most: int | None = None
    flowing: int = 0
    numbered: bool = False

    def fits(self, plan: Plan) -> bool:
        """Whether it may be asked before the publication is known."""
        if plan.publication is not None or plan.since is not None:
            return False
        return self.row is None or self._held(plan) or self.flows(plan)

    def flows(self, plan: Plan) -> bool:
        """Whether the rows come in chunks."""
        bound = self._bound(plan)
        few = bound is not None and bound <= self.flowing
        # Which municipalities have not published is asked before the rows.
        return self.row is not None and few and not self._held(plan) and not _told_of(plan)

    def rows(self, plan: Plan) -> Question:
        """The question for the rows."""
        row = self.row or _ONE
        kept = prepared.page(plan, row, keyed=self.keyed, numbered=self._numbered(plan))
        return kept or plan.page(row, keyed=self.keyed)

    def number(self, plan: Plan) -> Question | None:
        """The question for the number of rows, where that alone is wanted and not known."""
        if plan.unfiltered or self.row is not None:
            return None
        return prepared.tally(plan) or plan.tally()

    def questions(self, plan: Plan) -> Iterator[Question]:
        """All that is asked, and the end of the transaction where nothing follows as a rule."""
        rows = None if self.row is None else self.rows(plan)
        number = self.number(plan)
        if rows is not None:
            yield rows
        elif number is not None:
            yield number
        # What flows is counted in another transaction, if it must be: most of the time all rows are there. An own table
        # has no publication, by which both would be of the same rows.
        complete = self.alone or (not plan.layer.own and (self.flows(plan) or self._numbered(plan)))
        if complete and not _told_of(plan):
            yield END

    def read(self, found: Texts) -> tuple[Texts | None, int | None]:
        """The rows, and the number of rows where it came."""
        if self.row is None:
            return None, int(found[0][0] or 0)
        numbered = bool(found) and len(found[0]) == _NUMBERED
        return found, int(found[0][_NUMBERED - 1] or 0) if numbered else None

    def _numbered(self, plan: Plan) -> bool:
        """Whether all rows are counted with those of a page: where an index gives them that costs little. Else they are
        counted once it is known that more follow."""
        return self.numbered and self.keyed and self._held(plan) and not plan.unfiltered and prepared.fits(plan)

    def _held(self, plan: Plan) -> bool:
        bound = self._bound(plan)
        return bound is not None and bound <= AHEAD_ROWS

    def _bound(self, plan: Plan) -> int | None:
        return self.at_most if plan.limit is None else plan.limit


def _told_of(plan: Plan) -> bool:
    return any(layer.municipalities for layer in plan.layers)


class Reading:
    """One transaction on the layer of one plan, at one publication; to be closed, whatever happens.

    Raises :class:`ExpiredError` for a publication of which not every row is kept.
    """

    def __init__(
        self, plan: Plan, service: Service, locators: Locators | None = None, ahead: Ahead | None = None
    ) -> None:
        self._ahead = ahead if ahead is not None and ahead.fits(plan) else None
        self._timeout_s = STATEMENT_TIMEOUT_S if plan.limit is not None else STREAM_TIMEOUT_S
        self._layer = plan.layer.name
        self._service = service
        self._stream: RowStream | None = None
        self._rows_ahead: Texts | None = None
        self._number_ahead: int | None = None
        self._locators = locators or Locators()
        self._begin(plan)

    def _begin(self, plan: Plan) -> None:
        with _errors_of(self._layer):
            state = self._open(plan)
        try:
            self.state = _state(state)
            _refuse_expired(plan, self.state, self._locators)
        except RequestError:
            self.close()
            raise
        publication = None if self.state.publication == self.state.newest else self.state.publication
        self.plan = plan if plan.publication == publication else replace(plan, publication=publication)

    def _open(self, plan: Plan) -> Row:
        """Begin the transaction, with all that is asked ahead; gives the state."""
        tables = tuple(table for layer in plan.layers for table in layer.tables)
        reader = Reader(plan.role, plan.areas, self._timeout_s, tables)
        pool, ahead, state = self._service.pool, self._ahead, _state_of(plan)
        questions = () if ahead is None else tuple(ahead.questions(plan))
        if ahead is not None and ahead.flows(plan):
            self._transaction = Transaction(pool, reader, state, flowing=questions)
        else:
            self._transaction = Transaction(pool, reader, state, *questions)
        self._connection, self._chunks = self._transaction.connection, self._transaction.chunks
        found, *answered = self._transaction.found
        if answered and ahead is not None:
            self._rows_ahead, self._number_ahead = ahead.read(answered[0])
        return found[0]

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
        self._transaction.close()

    def close_unless(self, needed: bool) -> None:
        """Give the connection back before a slow client has read what is in memory already."""
        if not needed:
            self.close()

    def stream(self, row: Composable, separator: bytes = b"", *, keyed: bool = False) -> RowStream:
        """The rows of the plan, each the text of ``row`` in UTF-8, joined with ``separator``; ``keyed`` for pages that
        lead to others."""
        self._stream = RowStream(self._batches(row, keyed=keyed), self.plan.limit, separator)
        return self._stream

    @property
    def has_rows(self) -> bool:
        """Whether the rows were asked ahead, and are in memory."""
        return self._rows_ahead is not None

    def _batches(self, row: Composable, *, keyed: bool, paged: bool = True) -> Generator[Batch]:
        """The rows that were asked ahead, once, or else as they come."""
        if self._ahead is not None and self._ahead.row == row and self._ahead.keyed == keyed:
            if (held := self._rows_ahead) is not None:
                self._rows_ahead = None
                return _held(held)
            if (chunks := self._chunks) is not None:
                self._chunks = None
                return self._flowing(chunks)
        return self._asked(self.plan.page(row, keyed=keyed) if paged else self.plan.select(row))

    def _asked(self, statement: Question) -> Generator[Batch]:
        with _errors_of(self._layer):
            chunks = Chunks(self._connection, statement)
        yield from self._flowing(chunks)

    def _flowing(self, chunks: Chunks) -> Generator[Batch]:
        with _errors_of(self._layer), closing(chunks):
            for result in chunks.of_next():
                yield _batch(result)
            chunks.end()

    def restart(self) -> None:
        """Give up a stream that was begun; the transaction goes on, or another on the same publication."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._over:
            self._transaction.close()
            self._ahead = None
            self._begin(replace(self.plan, publication=self.state.publication))
            return
        with _errors_of(self._layer):
            answers(self._connection, _GO_BACK)

    def texts(self, row: Composable) -> Iterator[bytes]:
        """The rows one by one, each the text of ``row`` in UTF-8."""
        return (text for rows, _ in self._batches(row, keyed=False, paged=False) for text in rows)

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
        if self._number_ahead is not None:
            return self._number_ahead if exact or self._number_ahead <= COUNT_BOUND else None
        if self._over:
            return self._counted_again(exact=exact)
        if exact:
            return self._number(self.plan.tally(), STATEMENT_TIMEOUT_S)
        bounded = self._bounded(self.plan.tally(COUNT_BOUND + 1))
        return bounded if bounded is not None and bounded <= COUNT_BOUND else None

    def _counted_again(self, *, exact: bool) -> int | None:
        try:
            with self._again() as again:
                return again.count(exact=exact)
        except (ExpiredError, UnavailableError):
            # The rows are on their way already, and say more than an error about their number.
            if exact:
                raise
            return None

    def matched(self, rows: RowStream) -> int | None:
        """How many rows match, once those of the page were read: counted only where there are others."""
        plan = self.plan
        backward = plan.place is not None and plan.place.backward
        if rows.more or (rows.returned == 0 and plan.position) or backward:
            return self.count()
        return plan.position + rows.returned

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
        return self._transaction.over

    def _again(self) -> "Reading":
        """Another transaction on the same publication, for what is asked after all. The connection of this one is given
        back first: whoever held one and waited for a second could wait for others who do."""
        self._transaction.close()
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

    def _number(self, statement: Question, timeout_s: int) -> int:
        """One number within a time budget of its own; the transaction outlives it."""
        with _errors_of(self._layer, timeout_s):
            try:
                found = answers(self._connection, *self._within(statement, timeout_s))
            finally:
                if self._connection.pgconn.transaction_status == TransactionStatus.INERROR:
                    answers(self._connection, _GO_BACK)
        return int(found[0][0][0] or 0)

    def _within(self, statement: Question, timeout_s: int) -> Iterator[Question]:
        """The statement within a time budget of its own."""
        if timeout_s == self._timeout_s:
            yield statement
            return
        yield _timeout(timeout_s)
        yield statement
        yield _timeout(self._timeout_s)


def _timeout(seconds: int) -> Composable:
    return sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{seconds}s"))


def _held(rows: Texts) -> Generator[Batch]:
    """Rows that are in memory, with their keys where they have some."""
    yield [row[0] or b"" for row in rows], lambda place: rows[place][1] if len(rows[place]) > 1 else None


def _batch(result: PGresult) -> Batch:
    value = result.get_value
    keyed = result.nfields > 1
    rows = [value(place, 0) or b"" for place in range(result.ntuples)]
    return rows, lambda place: value(place, 1) if keyed else None


def stream(plan: Plan, row: Composable, service: Service, separator: bytes = b"") -> RowStream:
    """The rows of a plan in a reading of their own, which ends with the last of them or when the stream is closed."""
    return RowStream(_alone(plan, row, service), plan.limit, separator)


def _alone(plan: Plan, row: Composable, service: Service) -> Generator[Batch]:
    with Reading(plan, service) as reading:
        yield from reading._asked(reading.plan.page(row))


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
    with asking(pool, Reader(), _LATEST, END) as (_, (rows,)):
        return (int(rows[0][0] or 0), _moment(rows[0][1])) if rows else (0, None)


def _state_of(plan: Plan) -> Prepared:
    return _state_question(tuple(layer.name for layer in plan.layers), plan.publication)


@lru_cache(maxsize=KEPT)
def _state_question(layers: tuple[str, ...], publication: int | None) -> Prepared:
    return Prepared(_STATE, ("text[]", "bigint"), (rendered(sql.Literal([*layers])), sql.Literal(publication)))


def _state(row: Row) -> State:
    newest, made_at, kept_from, stored, pinned = row
    last = int(newest or 0)
    return State(
        last if pinned is None else int(pinned),
        _moment(made_at),
        last,
        int(kept_from or 0),
        None if stored is None else int(stored),
    )


@lru_cache(maxsize=KEPT)
def _moment(epoch_s: bytes | None) -> datetime | None:
    return None if epoch_s is None else datetime.fromtimestamp(float(epoch_s), UTC)


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
