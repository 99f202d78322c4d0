"""GeoJSON built by PostgreSQL: the row expression of one Feature as text (RFC 7946; CRS and axis order as asked)."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, LiteralString

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.catalogue import KEY, Field, Layer
from risicoatlas.crs import Crs
from risicoatlas.features import query
from risicoatlas.features.plan import ENDED, Plan, column, output_geometry
from risicoatlas.rendered import KEPT, rendered
from risicoatlas.service import Service

MEDIA_TYPE = "application/geo+json"
# to_json escapes quotes, backslashes and control characters; a number that JSON cannot write becomes null.
_VALUES: dict[str, LiteralString] = {
    "text": "coalesce(to_json({0})::text, 'null')",
    "integer": "coalesce({0}::text, 'null')",
    "number": "coalesce(CASE WHEN {0} - {0} = 0 THEN {0}::text END, 'null')",
    "boolean": "coalesce({0}::text, 'null')",
    "date": "coalesce(to_json({0})::text, 'null')",
    "datetime": "coalesce(to_json({0})::text, 'null')",
}
# An object that has ended may have been withdrawn: it is told by its id alone.
_CHANGE: LiteralString = (
    '(SELECT \'{{"type":"Feature","id":\' || {key} || \',"wijziging":"\' || w.wijziging || \'"\' ||'
    ' CASE w.wijziging WHEN {ended} THEN \',"properties":{{"identificatie":\' || {own} || \'}},"geometry":null}}\''
    " ELSE {members} END FROM (SELECT {change} AS wijziging) AS w)"
)


def feature_row(plan: Plan, id_prefix: str = "", decimals: int | None = None) -> Composable:
    """SQL of one Feature as text; ``id_prefix`` comes before the key (WFS: ``<layer>.``), ``decimals`` in place of
    those of the CRS."""
    digits = plan.crs.decimals if decimals is None else decimals
    if plan.since is None:
        return _feature(plan.layer, plan.chosen, plan.crs, plan.geometry is not None, id_prefix, digits)
    return sql.SQL(_CHANGE).format(
        key=_key(id_prefix),
        change=plan.change,
        ended=sql.Literal(ENDED),
        members=_members(plan.fields, _geometry(plan.layer, plan.crs, plan.geometry is not None, digits)),
        own=_value(plan.layer.by_name[KEY]),
    )


@lru_cache(maxsize=KEPT)
def _feature(
    layer: Layer, chosen: tuple[Field, ...] | None, system: Crs, with_geometry: bool, id_prefix: str, decimals: int
) -> Composable:
    fields = layer.fields if chosen is None else chosen
    members = _members(fields, _geometry(layer, system, with_geometry, decimals))
    start = sql.Literal('{"type":"Feature","id":')
    return rendered(sql.SQL("{} || {} || {}").format(start, _key(id_prefix), members))


def _key(id_prefix: str) -> Composable:
    return sql.SQL("coalesce(to_json({} || {})::text, 'null')").format(sql.Literal(id_prefix), column(KEY))


def _members(fields: tuple[Field, ...], geometry: Composable) -> Composable:
    pieces: list[Composable] = [
        sql.Literal(',"properties":'),
        properties(fields),
        sql.Literal(',"geometry":'),
        geometry,
        sql.Literal("}"),
    ]
    return sql.SQL(" || ").join(pieces)


def properties(fields: tuple[Field, ...]) -> Composable:
    """SQL of the attributes of one feature as a JSON object."""
    pieces: list[Composable] = []
    for number, item in enumerate(fields):
        pieces.append(sql.Literal(f"{',' if number else '{'}{json.dumps(item.name)}:"))
        pieces.append(_value(item))
    return sql.SQL(" || ").join([*pieces, sql.Literal("}" if pieces else "{}")])


def features(plan: Plan, service: Service) -> Iterator[dict[str, Any]]:
    """The Features as parsed JSON, for pages and other small things."""
    for row in query.texts(plan, feature_row(plan), service):
        yield json.loads(row)


def _value(item: Field) -> Composable:
    return sql.SQL(_VALUES[item.type]).format(column(item.name))


def _geometry(layer: Layer, system: Crs, with_geometry: bool, decimals: int) -> Composable:
    if not with_geometry:
        return sql.Literal("null")
    geometry = output_geometry(layer, system.srid)
    shape = sql.SQL("ST_FlipCoordinates({})").format(geometry) if system.latitude_first else geometry
    # Options 0: no "crs" member, whatever the CRS.
    return sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(shape, sql.Literal(decimals))
