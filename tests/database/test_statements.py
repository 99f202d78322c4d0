"""Statements that connections keep, several questions in one message, and rows that come in chunks."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from risicoatlas import database as databases
from risicoatlas.database import (
    CHUNK_ROWS,
    END,
    KEPT_STATEMENTS,
    Connection,
    Database,
    Prepared,
    Reader,
    Transaction,
    answers,
    asking,
)
from risicoatlas.errors import UnavailableError

TABLE = ("publiek", "proef")


@pytest.fixture
def pool(database: Database) -> Iterator[ConnectionPool[Connection]]:
    """A pool of one connection on a database with one public table, which holds the text ``eerste``."""
    _publish(database, "eerste")
    with database.pool(max_size=1) as opened:
        opened.wait()
        yield opened


def _publish(database: Database, text: str) -> None:
    """Another table in the place of the former, as a publication swaps it."""
    with database.loader() as connection:
        connection.execute("CREATE TABLE publiek.nieuw (tekst text); GRANT SELECT ON publiek.nieuw TO ra_public")
        connection.execute("INSERT INTO publiek.nieuw VALUES (%s)", [text])
        connection.execute("DROP TABLE IF EXISTS publiek.proef; ALTER TABLE publiek.nieuw RENAME TO proef")
        connection.commit()


def _kept(number: int, value: object = "eerste") -> Prepared:
    form = f"SELECT tekst, {number} FROM publiek.proef WHERE tekst = $1"
    return Prepared(form, ("text",), (sql.Literal(value),))


def _ask(pool: ConnectionPool[Connection], *questions: databases.Question) -> list[databases.Texts]:
    with asking(pool, Reader(tables=(TABLE,)), *questions) as (_, found):
        return found


def test_a_kept_statement_is_planned_once_and_takes_any_value(pool: ConnectionPool[Connection]) -> None:
    hostile = "'); DROP TABLE publiek.proef; -- \\ é"
    for value, expected in (("eerste", [(b"eerste", b"1")]), (hostile, []), ("eerste", [(b"eerste", b"1")])):
        assert _ask(pool, _kept(1, value), END) == [expected]
    counted = sql.SQL("SELECT count(*), sum(generic_plans) FROM pg_prepared_statements")
    assert _ask(pool, counted) == [[(b"1", b"3")]]


def test_a_table_that_was_swapped_in_is_read_by_what_was_kept(
    pool: ConnectionPool[Connection], database: Database
) -> None:
    everything = Prepared("SELECT tekst FROM publiek.proef", (), ())
    assert _ask(pool, everything) == [[(b"eerste",)]]
    _publish(database, "tweede")
    assert _ask(pool, everything) == [[(b"tweede",)]]


def test_a_connection_keeps_so_many_statements(pool: ConnectionPool[Connection]) -> None:
    for number in range(KEPT_STATEMENTS + 10):
        assert _ask(pool, _kept(number)) == [[(b"eerste", str(number).encode())]]
    assert _ask(pool, sql.SQL("SELECT count(*) FROM pg_prepared_statements")) == [[(str(KEPT_STATEMENTS).encode(),)]]
    assert _ask(pool, _kept(0)) == [[(b"eerste", b"0")]], "which was the first to go"


def test_after_an_error_everything_is_prepared_anew(pool: ConnectionPool[Connection]) -> None:
    assert _ask(pool, _kept(1))
    with pytest.raises(psycopg.errors.DivisionByZero):
        _ask(pool, _kept(2), sql.SQL("SELECT 1 / 0"), _kept(3))
    assert _ask(pool, _kept(3), _kept(2), _kept(1)) == [[(b"eerste", str(number).encode())] for number in (3, 2, 1)]


def test_a_value_that_cannot_be_sent_leaves_nothing_that_counts_as_prepared(pool: ConnectionPool[Connection]) -> None:
    for refused in ("a\0b", "\ud800"):
        with pytest.raises((psycopg.DataError, UnicodeEncodeError)):
            _ask(pool, _kept(1), _kept(2, refused))
        assert _ask(pool, _kept(1), _kept(2)) == [[(b"eerste", b"1")], [(b"eerste", b"2")]]


def test_rights_are_those_of_the_role_of_each_transaction(pool: ConnectionPool[Connection], database: Database) -> None:
    assert _ask(pool, _kept(1))
    with database.loader() as connection:
        connection.execute("REVOKE SELECT ON publiek.proef FROM ra_public")
        connection.commit()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _ask(pool, _kept(1))


def test_the_time_budget_holds_for_a_kept_statement(pool: ConnectionPool[Connection]) -> None:
    slow = Prepared("SELECT pg_sleep($1)", ("double precision",), (sql.Literal(20),))
    with pytest.raises(UnavailableError, match="longer than 1 s"), asking(pool, Reader(timeout_s=1), slow):
        pass
    assert _ask(pool, _kept(1))


ROWS = 3 * CHUNK_ROWS + 1


@contextmanager
def flowing(
    pool: ConnectionPool[Connection], first: databases.Question, rows: databases.Question
) -> Iterator[tuple[Connection, databases.Texts, databases.Chunks]]:
    transaction = Transaction(pool, Reader(), first, flowing=(rows,))
    with closing(transaction):
        assert transaction.chunks is not None
        yield transaction.connection, transaction.found[0], transaction.chunks


def _numbers(expression: str = "n::text") -> sql.SQL:
    return sql.SQL(f"SELECT {expression}, n FROM generate_series(1, {ROWS}) AS n")


def test_rows_come_in_chunks_in_their_order(pool: ConnectionPool[Connection]) -> None:
    with flowing(pool, sql.SQL("SELECT 'stand'"), _numbers()) as (connection, first, chunks):
        assert first == [(b"stand",)]
        sizes, found = [], []
        for chunk in chunks.of_next():
            sizes.append(chunk.ntuples)
            found += [int(chunk.get_value(row, 0) or 0) for row in range(chunk.ntuples)]
        chunks.end()
        assert found == [*range(1, ROWS + 1)] and max(sizes) == CHUNK_ROWS
        assert answers(connection, sql.SQL("SELECT 1")) == [[(b"1",)]]


def test_what_is_not_read_is_given_up(pool: ConnectionPool[Connection]) -> None:
    for _ in range(3):
        with flowing(pool, sql.SQL("SELECT 1"), _numbers("repeat('x', 1000000)")) as (connection, _found, chunks):
            next(chunks.of_next())
            chunks.close()
            assert connection.pgconn.transaction_status != TransactionStatus.ACTIVE
    assert _ask(pool, _kept(1))


def test_an_error_among_the_rows_is_raised_where_it_stands(pool: ConnectionPool[Connection]) -> None:
    late = _numbers(f"(1 / ({ROWS} - n))::text")
    with flowing(pool, sql.SQL("SELECT 1"), late) as (connection, _, chunks):
        found = chunks.of_next()
        assert next(found).ntuples == CHUNK_ROWS
        with pytest.raises(psycopg.errors.DivisionByZero):
            list(found)
        assert connection.pgconn.transaction_status == TransactionStatus.INERROR
    assert _ask(pool, _kept(1))


def test_nothing_of_a_transaction_is_left_on_its_connection(pool: ConnectionPool[Connection]) -> None:
    asked = sql.SQL("SELECT current_user, current_setting('risicoatlas.areas', true)")
    assert _ask(pool, asked) == [[(b"ra_public", b"")]]
    with pool.connection() as connection:
        row = connection.execute("SELECT current_user, current_setting('plan_cache_mode')").fetchone()
    assert row == ("ra_service", "auto")
