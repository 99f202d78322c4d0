"""GeoJSON built by PostgreSQL: the row expression of one Feature as text (RFC 7946; CRS and axis order as asked)."""

import json
from collections.abc import Iterator
from typing import Any, LiteralString

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.catalogue import KEY, Field
from risicoatlas.features import query
from risicoatlas.features.plan import ENDED, Plan, column
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
    members = _members(plan, plan.crs.decimals if decimals is None else decimals)
    key = sql.SQL("coalesce(to_json({} || {})::text, 'null')").format(sql.Literal(id_prefix), column(KEY))
    if plan.since is None:
        return sql.SQL("{} || {} || {}").format(sql.Literal('{"type":"Feature","id":'), key, members)
    return sql.SQL(_CHANGE).format(
        key=key,
        change=plan.change,
        ended=sql.Literal(ENDED),
        members=members,
        own=_value(plan.layer.by_name[KEY]),
    )


def _members(plan: Plan, decimals: int) -> Composable:
    pieces: list[Composable] = [
        sql.Literal(',"properties":'),
        properties(plan),
        sql.Literal(',"geometry":'),
        _geometry(plan, decimals),
        sql.Literal("}"),
    ]
    return sql.SQL(" || ").join(pieces)


def properties(plan: Plan) -> Composable:
    """SQL of the attributes of one feature as a JSON object."""
    pieces: list[Composable] = []
    for number, item in enumerate(plan.fields):
        pieces.append(sql.Literal(f"{',' if number else '{'}{json.dumps(item.name)}:"))
        pieces.append(_value(item))
    return sql.SQL(" || ").join([*pieces, sql.Literal("}" if pieces else "{}")])


def features(plan: Plan, service: Service) -> Iterator[dict[str, Any]]:
    """The Features as parsed JSON, for pages and other small things."""
    for row in query.texts(plan, feature_row(plan), service):
        yield json.loads(row)


def _value(item: Field) -> Composable:
    return sql.SQL(_VALUES[item.type]).format(column(item.name))


def _geometry(plan: Plan, decimals: int) -> Composable:
    if plan.geometry is None:
        return sql.Literal("null")
    shape = sql.SQL("ST_FlipCoordinates({})").format(plan.geometry) if plan.crs.latitude_first else plan.geometry
    # Options 0: no "crs" member, whatever the CRS.
    return sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(shape, sql.Literal(decimals))
