"""The total order of a query's rows as SQL, places in it, and when a row holds.

Rows are sorted on what was asked and then on the row number, which no two rows share, so that pages neither overlap nor
miss. Values without content come last, in turned order first, as PostgreSQL has it.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import LiteralString

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.features.request import Place, Sort
from risicoatlas.rendered import KEPT, rendered

ROW = "r"
ROW_NUMBER = sql.Identifier(ROW, "volgnummer")
_NUMBER = Sort("volgnummer")

Key = int | str | None


@lru_cache(maxsize=KEPT)
def column(name: str, row: str = ROW) -> Composable:
    return sql.Identifier(row, name)


@lru_cache(maxsize=KEPT)
def keys(sort: tuple[Sort, ...], *, turned: bool = False) -> Composable:
    """What stands behind ORDER BY; ``turned`` from the last row to the first."""
    return rendered(
        sql.SQL(", ").join(
            sql.SQL("{} {}").format(column(item.field), sql.SQL("DESC" if item.descending != turned else "ASC"))
            for item in (*sort, _NUMBER)
        )
    )


@lru_cache(maxsize=KEPT)
def row_keys(sort: tuple[Sort, ...]) -> Composable:
    """SQL of a row's keys as the text of a JSON array, from which :class:`Place` is made."""
    if not sort:
        return sql.SQL("'[' || to_json({})::text || ']'").format(ROW_NUMBER)
    values = [sql.SQL("{}::text").format(column(item.field)) for item in sort]
    return sql.SQL("json_build_array({})::text").format(sql.SQL(", ").join([*values, ROW_NUMBER]))


def beyond(sort: tuple[Sort, ...], place: Place) -> Composable:
    """The condition that a row comes after the place, or before it when that is backward."""
    if not sort:
        (number,) = place.keys
        return _beyond(_NUMBER, number, place.backward)
    alternatives = _alternatives((*sort, _NUMBER), place)
    return sql.SQL("({})").format(sql.SQL(" OR ").join(alternatives))


def _alternatives(sort: tuple[Sort, ...], place: Place) -> Iterator[Composable]:
    """Beyond in the first key; or equal in the first and beyond in the second; and so on."""
    equal: list[Composable] = []
    for item, key in zip(sort, place.keys, strict=True):
        yield sql.SQL("({})").format(sql.SQL(" AND ").join([*equal, _beyond(item, key, place.backward)]))
        equal.append(_equal(item.field, key))


def _beyond(item: Sort, key: Key, backward: bool) -> Composable:
    upwards = item.descending == backward
    if key is None:
        # The rows without a value are the end of the order upwards.
        return sql.SQL("FALSE") if upwards else sql.SQL("{} IS NOT NULL").format(column(item.field))
    form: LiteralString = "{0} > {1}" if upwards else "{0} < {1}"
    if upwards and item is not _NUMBER:
        form = "({0} > {1} OR {0} IS NULL)"
    return sql.SQL(form).format(column(item.field), sql.Literal(key))


def _equal(name: str, key: Key) -> Composable:
    if key is None:
        return sql.SQL("{} IS NULL").format(column(name))
    return sql.SQL("{} = {}").format(column(name), sql.Literal(key))


def holds(publication: int | None) -> Composable:
    """A row holds at a publication; None is the current one, which an index serves by itself."""
    if publication is None:
        return sql.SQL("{} IS NULL").format(column("publicatie_tot"))
    return sql.SQL("{since} <= {number} AND ({until} IS NULL OR {until} > {number})").format(
        since=column("publicatie"), until=column("publicatie_tot"), number=sql.Literal(publication)
    )


def changed(since: int, publication: int | None) -> Composable:
    """A row came after ``since`` and holds at the publication, or held at ``since`` and does not at the publication."""
    gone: Composable = sql.SQL("{since} <= {then} AND {until} > {then}").format(
        since=column("publicatie"), until=column("publicatie_tot"), then=sql.Literal(since)
    )
    if publication is not None:
        gone = sql.SQL("{} AND {} <= {}").format(gone, column("publicatie_tot"), sql.Literal(publication))
    return sql.SQL("({} > {} AND {} OR {})").format(column("publicatie"), sql.Literal(since), holds(publication), gone)
