"""The plan of a query: a typed request and who asks in, the SQL of the rows that may be seen and are wanted out.

A public table holds nothing but what everybody may see, so its plan is one flat SELECT. A restricted layer is read
through an inner query closed with ``OFFSET 0``: the rule, the box that we computed, the key, and comparisons of a
column with a literal of its type. What else a client sends stays outside: a rule merely ANDed to the client's filter
would leak hidden values through errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import LiteralString

import shapely
from psycopg import sql
from psycopg.sql import Composable, Composed

from risicoatlas import crs
from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY, Field, Layer
from risicoatlas.crs import Crs
from risicoatlas.errors import LimitError, NotFoundError, RequestError
from risicoatlas.features import cursor as cursors
from risicoatlas.features import order
from risicoatlas.features.cursor import Cursor
from risicoatlas.features.order import ROW_NUMBER
from risicoatlas.features.request import Envelope, FeatureRequest, Place, Sort
from risicoatlas.filters import literals, spatial
from risicoatlas.filters import sql as filters
from risicoatlas.filters.literals import GeometryLiteral
from risicoatlas.own import reading
from risicoatlas.rendered import KEPT, Bound
from risicoatlas.service import Service

MAX_IDS = 2_000
column = order.column
ETRS89 = column("geometrie_etrs89")
ENDED = "beeindigd"
# The most that a box holds for which PostgreSQL keeps its plan: some thousands of buildings in a city.
SMALL_BOX_M2 = 1e6
DEGREE_M = 111_320.0
_FALSE = sql.SQL("FALSE")


@dataclass(frozen=True)
class Source:
    """The FROM of a plan: conditions on the table, and whether a barrier stands between them and the client's."""

    layer: Layer
    conditions: tuple[Composable, ...]
    barrier: bool

    def sql(self, inner: tuple[Composable, ...], client: tuple[Composable, ...], keys: Composable) -> Composed:
        """``FROM … WHERE …`` with rows under the alias ``r``; ``inner`` conditions cannot raise, so they stand with our
        own."""
        if not self.barrier:
            return sql.SQL("FROM {} AS r{}").format(self.layer.table, _where((*inner, *self.conditions, *client)))
        rows = sql.SQL("SELECT r.* FROM {} AS r{} ORDER BY {} OFFSET 0").format(
            self.layer.table, _where((*inner, *self.conditions)), keys
        )
        return sql.SQL("FROM ({}) AS r{}").format(rows, _where(client))


@dataclass(frozen=True)
class Plan:
    """What will be read: layer, fields in order, output CRS and geometry, and the query around any row expression.

    ``geometry`` is the geometry in ``crs``, east or longitude first whatever the notation (the writer turns it), None
    when it was not asked. ``role`` and ``areas`` are for :class:`risicoatlas.database.Reader`. ``unfiltered`` says that
    the count stored with the publication is the count of this plan.

    ``publication`` None means the current rows. ``position`` is the number of rows before the page, ``place`` where it
    begins. A plan reached by a cursor is ``resumed``, and ``matched`` is what its first page counted. A plan with
    ``since`` reads changes: ``change`` is SQL of the kind of each.
    """

    layer: Layer
    fields: tuple[Field, ...]
    crs: Crs
    geometry: Composable | None
    source: Source
    client: tuple[Composable, ...]
    sort: tuple[Sort, ...]
    limit: int | None
    offset: int
    role: str
    areas: str
    unfiltered: bool
    publication: int | None = None
    place: Place | None = None
    position: int = 0
    matched: int | None = None
    resumed: bool = False
    since: int | None = None

    def select(self, row: Composable, limit: int | None = None) -> Composed:
        """The rows in order, ``row`` evaluated for each; ``limit`` in place of the plan's own.

        Rows before the offset are passed over in a query of their own, and those of a page before a row are turned
        around in one: PostgreSQL would work out ``row`` for all of them too.
        """
        backward = self.place is not None and self.place.backward
        bound = self.limit if limit is None or backward else limit
        keys = sql.SQL("ORDER BY {}").format(self.order)
        end = sql.SQL("") if bound is None else sql.SQL(" LIMIT {}").format(sql.Literal(bound))
        if self._walks_index:
            return replace(self, offset=0, source=self._from_offset()).select(row, limit)
        if not self.offset and not backward:
            return sql.SQL("SELECT {} {} {}{}").format(row, self._rows(), keys, end)
        wanted = sql.SQL("ORDER BY {}").format(order.keys(self.sort, turned=backward))
        offset = sql.SQL(" OFFSET {}").format(sql.Literal(self.offset)) if self.offset else sql.SQL("")
        page = sql.SQL("SELECT r.* {} {}{}{}").format(self._rows(), wanted, end, offset)
        return sql.SQL("SELECT {} FROM ({}) AS r {}").format(row, page, keys)

    def page(self, row: Composable, *, keyed: bool = False) -> Composed:
        """The rows of the page and one more, by which the last page is known; ``keyed`` with the keys of each."""
        wanted = sql.SQL("{}, {}").format(row, order.row_keys(self.sort)) if keyed else row
        return self.select(wanted, None if self.limit is None else self.limit + 1)

    def tally(self, bound: int | None = None) -> Composed:
        """One number: how many rows match, page and order aside; counting stops at ``bound``."""
        everything = replace(self, place=None, sort=())
        inner = sql.SQL("SELECT 1 {}").format(everything._rows())
        if bound is not None:
            inner = sql.SQL("{} LIMIT {}").format(inner, sql.Literal(bound))
        return sql.SQL("SELECT count(*) FROM ({}) AS telling").format(inner)

    def boundary(self, *, last: bool) -> Composed:
        """The keys of the last row of a full page, or of its first, without making its rows."""
        at_end = last != (self.place is not None and self.place.backward)
        offset = self.offset + ((self.limit or 1) - 1 if at_end else 0)
        return replace(self, offset=offset, limit=1).select(order.row_keys(self.sort))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer that is read."""
        return (self.layer,)

    @property
    def chosen(self) -> tuple[Field, ...] | None:
        """The fields where they are a choice, None for all: as a key, all of them are looked at each time."""
        return None if self.fields is self.layer.fields else self.fields

    @property
    def order(self) -> Composable:
        return order.keys(self.sort)

    @property
    def holds(self) -> Composable:
        """The condition that a row holds at the publication of this plan."""
        return order.holds(self.publication)

    @property
    def change(self) -> Composable:
        """``toegevoegd``, ``gewijzigd`` or ``beeindigd``, of a plan with ``since``."""
        return sql.SQL("CASE WHEN {} THEN CASE WHEN r.oud THEN 'gewijzigd' ELSE 'toegevoegd' END ELSE {} END").format(
            self._came, sql.Literal(ENDED)
        )

    @property
    def belongs_to(self) -> str:
        """Which rows in which order, and for which class of readers: what a cursor is signed for."""
        rows = (*self.source.conditions, sql.SQL("|"), *self.client, sql.SQL("|"), self.order)
        text = sql.SQL(" ").join(rows).as_string()
        return f"{self.layer.name} {self.role} {self.areas} {self.since} {text}"

    def token(self, cursor: Cursor, secret: bytes) -> str:
        """The token of a cursor in the pages of this plan."""
        return cursors.encode(cursor, self.belongs_to, secret)

    @property
    def _came(self) -> Composable:
        return sql.SQL("{} > {}").format(column("publicatie"), sql.Literal(self.since))

    @property
    def _walks_index(self) -> bool:
        """Whether an offset can be found in the index of the rows that hold, without reading one."""
        narrowed = self.source.barrier or self.source.conditions or self.client or self.since is not None
        turned = self.sort or self.place or self.publication is not None
        return bool(self.offset) and not (narrowed or turned or self.layer.own)

    def _from_offset(self) -> Source:
        """The rows from the offset on, which is found as a row number."""
        first = sql.SQL("{} >= (SELECT {} FROM {} AS r WHERE {} ORDER BY {} LIMIT 1 OFFSET {})").format(
            ROW_NUMBER, ROW_NUMBER, self.layer.table, self.holds, self.order, sql.Literal(self.offset)
        )
        return replace(self.source, conditions=(first,))

    def _rows(self) -> Composed:
        after = order.beyond(self.sort, self.place) if self.place else None
        if self.since is not None:
            return self._changes(after)
        inner: list[Composable] = [self.holds]
        client = list(self.client)
        if after is not None:
            # Numbers are compared without a chance of an error, which would tell of a hidden row.
            (client if self.sort else inner).append(after)
        return self.source.sql(tuple(inner), tuple(client), self.order)

    def _changes(self, after: Composable | None) -> Composed:
        """Rows that came after ``since`` and hold, and rows that held then and do not now, unless another took their
        place. Rows that the client's conditions pass over count as absent, before and after: applied to an old answer
        the changes give the new one."""
        candidates = self.source.sql((order.changed(self.since or 0, self.publication),), self.client, ROW_NUMBER)
        known = (
            sql.SQL("({} OR NOT r.nieuw)").format(self._came),
            *(() if after is None else (after,)),
        )
        return sql.SQL(
            "FROM (SELECT r.*, bool_or({came}) OVER reeks AS nieuw, bool_or(NOT {came}) OVER reeks AS oud {candidates}"
            " WINDOW reeks AS (PARTITION BY {key})) AS r{known}"
        ).format(came=self._came, candidates=candidates, key=column(KEY), known=_where(known))


def plan_query(request: FeatureRequest, actor: Actor, service: Service) -> Plan:
    """Decide what this actor gets of this request; 400, 403 and 404 happen here, before the database is touched."""
    layer = service.layer(request.layer, actor)
    decision = service.rules.decide(actor, layer)
    if layer.own and request.since is not None:
        raise RequestError(
            f"{layer.name} is read straight from a table: it has no publications, and no changes since one",
            request.locators.since,
        )
    output = request.crs or Crs(layer.srid, f"EPSG:{layer.srid}", latitude_first=False)
    conditions, client = _conditions(request, layer)
    if layer.restricted and decision.areas is not None:
        conditions.insert(0, _row_limit(layer, decision.areas))
    plan = Plan(
        layer=layer,
        fields=_fields(request, layer),
        crs=output,
        geometry=None if request.skip_geometry else output_geometry(layer, output.srid),
        source=Source(layer, tuple(conditions), barrier=layer.restricted),
        client=tuple(client),
        sort=_sort(request, layer),
        limit=request.limit,
        offset=request.offset,
        role="ra_restricted" if layer.restricted else "ra_public",
        areas=decision.areas_setting,
        unfiltered=not (layer.restricted or layer.own or conditions or client or request.since is not None),
        publication=request.publication,
        position=request.offset,
        since=request.since,
    )
    return plan if request.cursor is None else _resumed(plan, request, service)


def _resumed(plan: Plan, request: FeatureRequest, service: Service) -> Plan:
    """The plan from the place of its cursor on, at the publication that the first page pinned."""
    where = request.locators
    if request.offset:
        raise RequestError(f"{where.cursor} says where the page begins: leave {where.offset} out", where.offset)
    found = cursors.decode(request.cursor or "", plan.belongs_to, service.signing_key, where.cursor)
    pinned = replace(plan, publication=found.publication, position=found.position, matched=found.matched, resumed=True)
    if found.place is None:
        return replace(pinned, offset=found.position)
    if not found.place.backward:
        return replace(pinned, place=found.place)
    size = found.position if plan.limit is None else min(plan.limit, found.position)
    return replace(pinned, place=found.place, position=found.position - size, limit=size)


@lru_cache(maxsize=KEPT)
def columns(layer: Layer, row: str = order.ROW) -> Mapping[str, filters.Column]:
    """The allow-list of a layer's filters: its fields and its geometry, over rows with the alias ``row``."""
    found = {item.name: filters.Column(item.name, item.type, column(item.name, row)) for item in layer.fields}
    if layer.own:
        found[GEOMETRY] = reading.geometry_column(layer, row)
    else:
        etrs89 = column("geometrie_etrs89", row)
        found[GEOMETRY] = filters.Column(GEOMETRY, "geometry", column(GEOMETRY, row), layer.srid, etrs89)
    return found


@lru_cache(maxsize=KEPT)
def output_geometry(layer: Layer, srid: int) -> Composable:
    """The geometry in ``srid``, longitude or east first; the ETRS89 column saves the transformation for degrees."""
    if srid == layer.srid:
        return column(GEOMETRY)
    if layer.own:
        return crs.transformed(column(GEOMETRY), layer.srid, srid)
    return crs.transformed(ETRS89, 4258, srid)


def box_literal(box: Envelope, locator: str) -> GeometryLiteral:
    """A box as a checked literal; one that crosses the antimeridian becomes its two halves."""
    system = Crs(box.srid, f"EPSG:{box.srid}", latitude_first=False)
    if box.min_x > box.max_x and box.srid in crs.GEOGRAPHIC:
        halves = [
            shapely.box(box.min_x, box.min_y, 180.0, box.max_y),
            shapely.box(-180.0, box.min_y, box.max_x, box.max_y),
        ]
        return literals.geometry(shapely.MultiPolygon(halves), system, locator)
    return literals.envelope((box.min_x, box.min_y, box.max_x, box.max_y), system, locator)


def _conditions(request: FeatureRequest, layer: Layer) -> tuple[list[Composable], list[Composable]]:
    """Conditions for inside the barrier (they cannot raise) and for outside it."""
    known = columns(layer)
    inner: list[Composable] = []
    client: list[Composable] = []
    if request.ids is not None:
        inner.append(_ids(request))
        inner += reading.key_conditions(layer, request.ids)
    if request.bbox is not None:
        literal = box_literal(request.bbox, request.locators.bbox)
        if layer.restricted:
            inner.append(_placed(spatial.box_overlap(known[GEOMETRY], literal), request))
        meets = spatial.meets_box(known[GEOMETRY], literal)
        # Which index serves a large one best depends on its size.
        client.append(_placed(meets if _is_small(literal) else sql.Composed([meets]), request))
    if request.filter is not None:
        safe, rest = filters.split(request.filter, known)
        inner += [filters.compile(node, known, request.locators.filter) for node in safe]
        inner += reading.key_filters(layer, safe)
        client += [filters.compile(node, known, request.locators.filter) for node in rest]
    return inner, client


def _placed(meets: Composable, request: FeatureRequest) -> Composable:
    """The condition of a box, which rows without a geometry meet or not."""
    if not request.unplaced:
        return meets
    if isinstance(meets, Bound):
        return Bound(f'({meets.form} OR "r"."geometrie" IS NULL)', meets.types, meets.values)
    return sql.SQL("({} OR {} IS NULL)").format(meets, column(GEOMETRY))


def _is_small(literal: GeometryLiteral) -> bool:
    """Whether so few objects lie in a box that the spatial index is the way to them."""
    square_metres = literal.shape.area * (DEGREE_M**2 if literal.srid in crs.GEOGRAPHIC else 1)
    return square_metres <= SMALL_BOX_M2


def _ids(request: FeatureRequest) -> Composable:
    wanted = request.ids or ()
    if len(wanted) > MAX_IDS:
        raise LimitError(f"{len(wanted)} ids are more than the {MAX_IDS} allowed", request.locators.ids)
    if any("\x00" in item for item in wanted):
        raise NotFoundError("no object has such an id", request.locators.ids)
    if not wanted:
        return _FALSE
    if len(wanted) == 1:
        return Bound('"r"."identificatie" = {}', ("text",), (sql.Literal(wanted[0]),))
    return Bound('"r"."identificatie" = ANY ({})', ("text[]",), (sql.Literal(list(wanted)),))


def _row_limit(layer: Layer, areas: tuple[str, ...]) -> Composable:
    if not areas or layer.area_field is None:
        return _FALSE
    return sql.SQL("{} IN ({})").format(column(layer.area_field), sql.SQL(", ").join(map(sql.Literal, areas)))


def _fields(request: FeatureRequest, layer: Layer) -> tuple[Field, ...]:
    """The wanted fields, each once, in the order of the layer."""
    if request.fields is None:
        return layer.fields
    _refuse_unknown(request.fields, layer, request.locators.fields)
    return tuple(item for item in layer.fields if item.name in request.fields)


def _sort(request: FeatureRequest, layer: Layer) -> tuple[Sort, ...]:
    _refuse_unknown(tuple(item.field for item in request.sort), layer, request.locators.sort)
    if request.sort and request.since is not None:
        raise RequestError("changes come in the order of the layer and cannot be sorted", request.locators.sort)
    return request.sort


def _refuse_unknown(names: tuple[str, ...], layer: Layer, locator: str) -> None:
    for name in names:
        if name not in layer.by_name:
            offered = ", ".join(layer.by_name)
            raise RequestError(f"{layer.name} has no attribute {name!r}: choose from {offered}", locator)


def _where(conditions: tuple[Composable, ...]) -> Composable:
    if not conditions:
        return sql.SQL("")
    separator: LiteralString = " AND "
    return sql.SQL(" WHERE {}").format(sql.SQL(separator).join(conditions))
