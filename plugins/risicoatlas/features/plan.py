"""The plan of a query: a typed request and who asks in, the SQL of the rows that may be seen and are wanted out.

A public table holds nothing but what everybody may see, so its plan is one flat SELECT. A restricted layer is read
through an inner query closed with ``OFFSET 0``: the rule, the box that we computed, the key, and comparisons of a
column with a literal of its type. What else a client sends stays outside: a rule merely ANDed to the client's filter
would leak hidden values through errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

import shapely
from psycopg import sql
from psycopg.sql import Composable, Composed
from pygeofilter import ast

from risicoatlas import crs
from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY, Field, Layer
from risicoatlas.crs import Crs
from risicoatlas.errors import LimitError, NotFoundError, RequestError
from risicoatlas.features.request import Envelope, FeatureRequest, Sort
from risicoatlas.filters import literals, spatial
from risicoatlas.filters import sql as filters
from risicoatlas.filters.literals import GeometryLiteral
from risicoatlas.service import Service

MAX_IDS = 2_000
ROW = "r"
ROW_NUMBER = sql.Identifier(ROW, "volgnummer")
ETRS89 = sql.Identifier(ROW, "geometrie_etrs89")
_FALSE = sql.SQL("FALSE")


@dataclass(frozen=True)
class Source:
    """The FROM of a plan: conditions on the table, and whether a barrier stands between them and the client's."""

    layer: Layer
    conditions: tuple[Composable, ...]
    barrier: bool

    def sql(self, client: tuple[Composable, ...], order: Composable) -> Composed:
        """``FROM … WHERE …`` with rows under the alias ``r``."""
        if not self.barrier:
            return sql.SQL("FROM {} AS r{}").format(self.layer.table, _where((*self.conditions, *client)))
        inner = sql.SQL("SELECT r.* FROM {} AS r{} ORDER BY {} OFFSET 0").format(
            self.layer.table, _where(self.conditions), order
        )
        return sql.SQL("FROM ({}) AS r{}").format(inner, _where(client))


@dataclass(frozen=True)
class Plan:
    """What will be read: layer, fields in order, output CRS and geometry, and the query around any row expression.

    ``geometry`` is the geometry in ``crs``, east or longitude first whatever the notation (the writer turns it), None
    when it was not asked. ``role`` and ``areas`` are for :func:`risicoatlas.database.reading`. ``unfiltered`` says that
    the count stored with the publication is the count of this plan.
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

    def select(self, row: Composable, limit: int | None = None) -> Composed:
        """The rows in order, ``row`` evaluated for each; ``limit`` in place of the plan's own.

        Rows before the offset are passed over in a query of their own: PostgreSQL would work out ``row`` for them too.
        """
        source = self.source.sql(self.client, self.order)
        order = sql.SQL("ORDER BY {}").format(self.order)
        bound = self.limit if limit is None else limit
        end = sql.SQL("") if bound is None else sql.SQL(" LIMIT {}").format(sql.Literal(bound))
        if not self.offset:
            return sql.SQL("SELECT {} {} {}{}").format(row, source, order, end)
        page = sql.SQL("SELECT r.* {} {}{} OFFSET {}").format(source, order, end, sql.Literal(self.offset))
        return sql.SQL("SELECT {} FROM ({}) AS r {}").format(row, page, order)

    def tally(self, bound: int | None = None) -> Composed:
        """One number: how many rows match, page and order aside; counting stops at ``bound``."""
        inner = sql.SQL("SELECT 1 {}").format(self.source.sql(self.client, ROW_NUMBER))
        if bound is not None:
            inner = sql.SQL("{} LIMIT {}").format(inner, sql.Literal(bound))
        return sql.SQL("SELECT count(*) FROM ({}) AS telling").format(inner)

    @property
    def order(self) -> Composable:
        keys: list[Composable] = [
            sql.SQL("{} {}").format(column(item.field), sql.SQL("DESC" if item.descending else "ASC"))
            for item in self.sort
        ]
        return sql.SQL(", ").join([*keys, ROW_NUMBER])


def plan_query(request: FeatureRequest, actor: Actor, service: Service) -> Plan:
    """Decide what this actor gets of this request; 400, 403 and 404 happen here, before the database is touched."""
    layer = service.layer(request.layer, actor)
    decision = service.rules.decide(actor, layer)
    output = request.crs or Crs(layer.srid, f"EPSG:{layer.srid}", latitude_first=False)
    conditions, client = _conditions(request, layer)
    if layer.restricted and decision.areas is not None:
        conditions.insert(0, _row_limit(layer, decision.areas))
    return Plan(
        layer=layer,
        fields=_fields(request, layer),
        crs=output,
        geometry=None if request.skip_geometry else output_geometry(layer, output.srid),
        source=Source(layer, (_current(request.publication), *conditions), barrier=layer.restricted),
        client=tuple(client),
        sort=_sort(request, layer),
        limit=request.limit,
        offset=request.offset,
        role="ra_restricted" if layer.restricted else "ra_public",
        areas=decision.areas_setting,
        unfiltered=not (layer.restricted or conditions or client or request.publication or request.after),
    )


def columns(layer: Layer) -> Mapping[str, filters.Column]:
    """The allow-list of a layer's filters: its fields and its geometry, over rows with the alias ``r``."""
    found = {item.name: filters.Column(item.name, item.type, column(item.name)) for item in layer.fields}
    found[GEOMETRY] = filters.Column(GEOMETRY, "geometry", column(GEOMETRY), layer.srid, ETRS89)
    return found


def column(name: str) -> Composable:
    return sql.Identifier(ROW, name)


def output_geometry(layer: Layer, srid: int) -> Composable:
    """The geometry in ``srid``, longitude or east first; the ETRS89 column saves the transformation for degrees."""
    if srid == layer.srid:
        return column(GEOMETRY)
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
    if request.after is not None:
        inner.append(sql.SQL("{} > {}").format(ROW_NUMBER, sql.Literal(request.after)))
    if request.bbox is not None:
        literal = box_literal(request.bbox, request.locators.bbox)
        if layer.restricted:
            inner.append(spatial.box_overlap(known[GEOMETRY], literal))
        client.append(spatial.compare(ast.GeometryIntersects, known[GEOMETRY], literal))
    if request.filter is not None:
        safe, rest = filters.split(request.filter, known)
        inner += [filters.compile(node, known, request.locators.filter) for node in safe]
        client += [filters.compile(node, known, request.locators.filter) for node in rest]
    return inner, client


def _ids(request: FeatureRequest) -> Composable:
    wanted = request.ids or ()
    if len(wanted) > MAX_IDS:
        raise LimitError(f"{len(wanted)} ids are more than the {MAX_IDS} allowed", request.locators.ids)
    if any("\x00" in item for item in wanted):
        raise NotFoundError("no object has such an id", request.locators.ids)
    if not wanted:
        return _FALSE
    return sql.SQL("{} IN ({})").format(column(KEY), sql.SQL(", ").join(map(sql.Literal, wanted)))


def _row_limit(layer: Layer, areas: tuple[str, ...]) -> Composable:
    if not areas or layer.area_field is None:
        return _FALSE
    return sql.SQL("{} IN ({})").format(column(layer.area_field), sql.SQL(", ").join(map(sql.Literal, areas)))


def _current(publication: int | None) -> Composable:
    if publication is None:
        return sql.SQL("{} IS NULL").format(column("publicatie_tot"))
    return sql.SQL("{} <= {} AND ({} IS NULL OR {} > {})").format(
        column("publicatie"),
        sql.Literal(publication),
        column("publicatie_tot"),
        column("publicatie_tot"),
        sql.Literal(publication),
    )


def _fields(request: FeatureRequest, layer: Layer) -> tuple[Field, ...]:
    """The wanted fields, each once, in the order of the layer."""
    if request.fields is None:
        return layer.fields
    _refuse_unknown(request.fields, layer, request.locators.fields)
    return tuple(item for item in layer.fields if item.name in request.fields)


def _sort(request: FeatureRequest, layer: Layer) -> tuple[Sort, ...]:
    _refuse_unknown(tuple(item.field for item in request.sort), layer, request.locators.sort)
    if request.sort and request.after is not None:
        raise RequestError("a page after a row is in default order and cannot be sorted", request.locators.sort)
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
