"""The plan of a join of two layers: two requests and the condition between them in, the SQL of the pairs out.

Each side is a plan of its own, so that access rules and the conditions on one side alone hold *before* the join: a
restricted side stays behind its barrier, and the join sees no row of it that the actor may not read. The condition
between them then compares visible rows only. Where both sides are public tables PostgreSQL flattens all of it, and
either's spatial index serves the join.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from psycopg import sql
from psycopg.sql import Composable, Composed
from pygeofilter import ast

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.errors import RequestError
from risicoatlas.features.order import ROW
from risicoatlas.features.plan import Plan, columns, plan_query
from risicoatlas.features.request import FeatureRequest, Sort
from risicoatlas.filters import sql as filters
from risicoatlas.service import Service

# SQL aliases of the sides, and of the page of pairs.
SIDES = ("links", "rechts")
PAGE = "paar"
_NUMBERS = (sql.Identifier(SIDES[0], "volgnummer"), sql.Identifier(SIDES[1], "volgnummer"))


@dataclass(frozen=True)
class JoinRequest:
    """``names`` are what ``condition`` calls the sides (``<name>/<field>``); ``sort`` has the side of each key."""

    left: FeatureRequest
    right: FeatureRequest
    names: tuple[str, str]
    condition: ast.Node
    sort: tuple[tuple[int, Sort], ...] = ()


Asked = FeatureRequest | JoinRequest


@dataclass(frozen=True, kw_only=True)
class JoinPlan(Plan):
    """A plan whose rows are pairs. What a plan of one layer says, it says of the left side.

    A page begins at an offset: no row of one layer is a place among pairs.
    """

    left: Plan
    right: Plan
    condition: Composable
    keys: tuple[Composable, ...]

    @property
    def sides(self) -> tuple[Plan, Plan]:
        """The plans of both sides, as the transaction that reads the pairs reads them."""
        left, right = (
            replace(side, role=self.role, areas=self.areas, publication=self.publication)
            for side in (self.left, self.right)
        )
        return left, right

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.left.layer, self.right.layer

    @property
    def belongs_to(self) -> str:
        left, right = self.sides
        condition = sql.SQL(" ").join((self.condition, self.order)).as_string()
        return f"{left.belongs_to} {right.belongs_to} {condition}"

    @property
    def order(self) -> Composable:
        """Total: the keys of both sides come last."""
        return sql.SQL(", ").join([*self.keys, *_NUMBERS])

    def select(self, row: Composable, limit: int | None = None) -> Composed:
        """The pairs in order; ``row`` is made of :func:`member` of both sides."""
        bound = self.limit if limit is None else limit
        wanted = [
            sql.SQL("{} AS {}").format(sql.Identifier(alias, name), sql.Identifier(f"{alias}_{number}"))
            for alias, plan in zip(SIDES, self.sides, strict=True)
            for number, name in enumerate(_names(plan))
        ]
        page = sql.SQL("SELECT {}, row_number() OVER (ORDER BY {}) AS plaats {} ORDER BY {}{}{}").format(
            sql.SQL(", ").join(wanted),
            self.order,
            self._source(),
            self.order,
            sql.SQL("") if bound is None else sql.SQL(" LIMIT {}").format(sql.Literal(bound)),
            sql.SQL(" OFFSET {}").format(sql.Literal(self.offset)) if self.offset else sql.SQL(""),
        )
        times = sql.SQL(", ").join(
            sql.SQL("row_number() OVER (PARTITION BY {} ORDER BY plaats) AS {}").format(
                sql.Identifier(f"{alias}_0"), sql.Identifier(f"{alias}_keer")
            )
            for alias in SIDES
        )
        return sql.SQL("SELECT {row} FROM (SELECT *, {times} FROM ({page}) AS {p}) AS {p} ORDER BY plaats").format(
            row=row, times=times, page=page, p=sql.Identifier(PAGE)
        )

    def tally(self, bound: int | None = None) -> Composed:
        end = sql.SQL("") if bound is None else sql.SQL(" LIMIT {}").format(sql.Literal(bound))
        return sql.SQL("SELECT count(*) FROM (SELECT 1 {}{}) AS telling").format(self._source(), end)

    def _source(self) -> Composed:
        """``FROM … JOIN … ON …`` with the rows of each side under its alias."""
        left, right = (
            # without an order, which would keep PostgreSQL from flattening it
            sql.SQL("(SELECT r.* {}) AS {}").format(plan._rows(), sql.Identifier(alias))
            for alias, plan in zip(SIDES, self.sides, strict=True)
        )
        return sql.SQL("FROM {} JOIN {} ON {}").format(left, right, self.condition)


def plan_join(request: JoinRequest, actor: Actor, service: Service) -> JoinPlan:
    """Decide what this actor gets of each side, and of the pairs; errors as of :func:`plan_query`."""
    left, right = (plan_query(side, actor, service) for side in (request.left, request.right))
    role, areas = _reader(left, right)
    known: dict[str, filters.Column] = {}
    for alias, name, plan in zip(SIDES, request.names, (left, right), strict=True):
        known |= _qualified(alias, name, plan.layer)
    of_left = {item.name: getattr(left, item.name) for item in fields(Plan)}
    changed = {"role": role, "areas": areas, "sort": (), "unfiltered": False}
    return JoinPlan(
        **{**of_left, **changed},
        left=left,
        right=right,
        condition=filters.compile(request.condition, known, request.left.locators.filter),
        keys=tuple(_key(number, item, (left, right)[number].layer, request) for number, item in request.sort),
    )


def planned(request: Asked, actor: Actor, service: Service) -> Plan:
    """The plan of a request for rows or for pairs."""
    if isinstance(request, JoinRequest):
        return plan_join(request, actor, service)
    return plan_query(request, actor, service)


def parts_of(plan: Plan) -> tuple[Plan, ...]:
    """The plan itself, or those of the sides of a join."""
    return plan.sides if isinstance(plan, JoinPlan) else (plan,)


def member(plan: JoinPlan, side: int, row: Composable) -> Composable:
    """``row`` of one side, an expression over the alias ``r``, within a row of pairs."""
    alias = SIDES[side]
    named = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.Identifier(PAGE, f"{alias}_{number}"), sql.Identifier(name))
        for number, name in enumerate(_names(plan.sides[side]))
    )
    return sql.SQL("(SELECT {} FROM (SELECT {} OFFSET 0) AS {})").format(row, named, sql.Identifier(ROW))


def occurrence(side: int) -> Composable:
    """How many times the feature of this side has stood in the page up to here."""
    return sql.Identifier(PAGE, f"{SIDES[side]}_keer")


def _names(plan: Plan) -> tuple[str, ...]:
    """The columns that a row expression may use; the number of the row comes first."""
    named = (item.name for item in plan.fields)
    stored = (GEOMETRY,) if plan.layer.own else (GEOMETRY, "geometrie_etrs89")
    return tuple(dict.fromkeys(("volgnummer", KEY, *named, *stored)))


def _qualified(alias: str, name: str, layer: Layer) -> Mapping[str, filters.Column]:
    """The allow-list of one side, under the names that the condition uses."""
    named = ((f"{name}/{item.name}", item) for item in columns(layer, alias).values())
    return {full: replace(item, name=full) for full, item in named}


def _key(number: int, item: Sort, layer: Layer, request: JoinRequest) -> Composable:
    if item.field not in layer.by_name:
        offered = ", ".join(layer.by_name)
        raise RequestError(
            f"{layer.name} has no attribute {item.field!r}: choose from {offered}", request.left.locators.sort
        )
    direction = sql.SQL("DESC" if item.descending else "ASC")
    return sql.SQL("{} {}").format(sql.Identifier(SIDES[number], item.field), direction)


def _reader(left: Plan, right: Plan) -> tuple[str, str]:
    """Role and areas of the one transaction that reads both sides: those of the restricted side."""
    restricted = [plan for plan in (left, right) if plan.layer.restricted]
    if not restricted:
        return left.role, left.areas
    if len({plan.areas for plan in restricted}) > 1:
        # The policies of the database know one list of areas per transaction.
        raise RequestError(
            f"{left.layer.name} and {right.layer.name} are limited to different areas here and cannot be joined",
            "typeNames",
            "OptionNotSupported",
        )
    return restricted[0].role, restricted[0].areas
