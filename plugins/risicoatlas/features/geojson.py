"""GeoJSON built by PostgreSQL: the row expression of one Feature as text (RFC 7946; CRS and axis order as asked)."""

import json
from collections.abc import Iterator
from typing import Any, LiteralString

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.catalogue import KEY, Field
from risicoatlas.features import query
from risicoatlas.features.plan import Plan, column
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


def feature_row(plan: Plan, id_prefix: str = "") -> Composable:
    """SQL of one Feature as text; ``id_prefix`` comes before the key (WFS: ``<layer>.``)."""
    key = sql.SQL("to_json({} || {})").format(sql.Literal(id_prefix), column(KEY))
    pieces: list[Composable] = [
        sql.Literal('{"type":"Feature","id":'),
        sql.SQL("coalesce({}::text, 'null')").format(key),
        sql.Literal(',"properties":{'),
    ]
    for number, item in enumerate(plan.fields):
        pieces.append(sql.Literal(f"{',' if number else ''}{json.dumps(item.name)}:"))
        pieces.append(_value(item))
    pieces += [sql.Literal('},"geometry":'), _geometry(plan), sql.Literal("}")]
    return sql.SQL(" || ").join(pieces)


def features(plan: Plan, service: Service) -> Iterator[dict[str, Any]]:
    """The Features as parsed JSON, for pages and other small things."""
    for row in query.texts(plan, feature_row(plan), service):
        yield json.loads(row)


def _value(item: Field) -> Composable:
    return sql.SQL(_VALUES[item.type]).format(column(item.name))


def _geometry(plan: Plan) -> Composable:
    if plan.geometry is None:
        return sql.Literal("null")
    shape = sql.SQL("ST_FlipCoordinates({})").format(plan.geometry) if plan.crs.latitude_first else plan.geometry
    # Options 0: no "crs" member, whatever the CRS.
    return sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(shape, sql.Literal(plan.crs.decimals))
