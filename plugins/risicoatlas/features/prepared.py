"""Small statements that a connection keeps with their plan: a plan in, a statement to execute with its values out.

Parsing and planning the expression of a row takes longer than reading a row by its id. What is kept reads public
tables, has a place of its own for each value (:class:`risicoatlas.rendered.Bound`), and is planned alike with any
values: rows by id, first pages, small boxes. Everything else is planned anew with the values that it holds.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import LiteralString

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.catalogue import Layer
from risicoatlas.database import Prepared
from risicoatlas.features import order
from risicoatlas.features.plan import Plan, Source
from risicoatlas.features.request import Sort
from risicoatlas.rendered import KEPT, Bound

Forms = tuple[LiteralString, ...]
_COUNTED = "1"


@dataclass(frozen=True)
class Shape:
    """What the SQL of a statement depends on beside its values; ``row`` is the expression of a row as text."""

    layer: Layer
    row: str
    keyed: bool
    numbered: bool
    inner: Forms
    client: Forms
    sort: tuple[Sort, ...]
    limited: bool


def page(plan: Plan, row: Composable, *, keyed: bool, numbered: bool = False) -> Prepared | None:
    """The rows of :meth:`Plan.page`, ``numbered`` with the number of all rows beside each; None where the statement is
    not one to be kept."""
    if not isinstance(row, sql.SQL):
        return None
    limit = None if plan.limit is None else plan.limit + 1
    return _prepared(plan, row.as_string(), plan.sort, limit, keyed=keyed, numbered=numbered)


def tally(plan: Plan, bound: int | None = None) -> Prepared | None:
    """The number of :meth:`Plan.tally`; None where the statement is not one to be kept."""
    return _prepared(plan, _COUNTED, (), bound)


def fits(plan: Plan) -> bool:
    """Whether statements of this plan are kept."""
    pinned = plan.publication is not None or plan.since is not None or plan.place is not None
    if type(plan) is not Plan or plan.source.barrier or plan.layer.own or plan.offset or pinned:
        return False
    return all(isinstance(item, Bound) for item in (*plan.source.conditions, *plan.client))


def _prepared(
    plan: Plan,
    row: str,
    sort: tuple[Sort, ...],
    limit: int | None,
    *,
    keyed: bool = False,
    numbered: bool = False,
) -> Prepared | None:
    if not fits(plan):
        return None
    inner = plan.source.conditions
    conditions = [item for item in (*inner, *plan.client) if isinstance(item, Bound)]
    forms = tuple([item.form for item in conditions])
    inner_forms, client_forms = forms[: len(inner)], forms[len(inner) :]
    shape = Shape(plan.layer, row, keyed, numbered, inner_forms, client_forms, sort, limit is not None)
    types = [name for item in conditions for name in item.types]
    values = [value for item in conditions for value in item.values]
    if limit is not None:
        types.append("bigint")
        values.append(sql.Literal(limit))
    return Prepared(_statement(shape), tuple(types), tuple(values))


@lru_cache(maxsize=KEPT)
def _statement(shape: Shape) -> str:
    numbers = count(1)

    def with_places(form: LiteralString) -> Composable:
        return sql.SQL(form).format(*(sql.SQL(f"${next(numbers)}") for _ in range(form.count("{}"))))

    inner, client = (tuple(map(with_places, forms)) for forms in (shape.inner, shape.client))
    rows = Source(shape.layer, inner, barrier=False).sql((order.holds(None),), client, order.keys(shape.sort))
    end = sql.SQL(f" LIMIT ${next(numbers)}" if shape.limited else "")
    wanted: Composable = sql.SQL(shape.row)
    if shape.row == _COUNTED:
        found = sql.SQL("SELECT count(*) FROM (SELECT {} {}{}) AS telling").format(wanted, rows, end)
        return found.as_string()
    if shape.keyed:
        wanted = sql.SQL("{}, {}").format(wanted, order.row_keys(shape.sort))
    if shape.numbered:
        wanted = sql.SQL("{}, count(*) OVER ()").format(wanted)
    return sql.SQL("SELECT {} {} ORDER BY {}{}").format(wanted, rows, order.keys(shape.sort), end).as_string()
