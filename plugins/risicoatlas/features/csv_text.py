"""CSV built by PostgreSQL: the row expression of one feature as text, and the line with the names of the columns.

RFC 4180: commas, CRLF, quotes where they are needed, UTF-8 without a byte order mark. An attribute without value is
empty, an empty text is ``""``. The geometry is WKT in the last column, ``geometrie``, in the CRS and the axis order
that were asked.

A spreadsheet takes a text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return for a formula. Such
a text gets an apostrophe before it, which makes it text. So does one that has apostrophes before such a character
already, so that taking one apostrophe off ``'*[=+-@]…`` gives the value back; ``'s-Gravenhage`` stays as it is.
Numbers, dates and geometries are never touched.
"""

import re
from typing import LiteralString

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.catalogue import GEOMETRY, Field
from risicoatlas.features.plan import Plan, column

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
SUFFIX = "csv"
END = b"\r\n"
_PLAIN: LiteralString = "coalesce({0}::text, '')"
_QUOTED: LiteralString = (
    "coalesce(CASE WHEN {0} = '' OR {0} ~ '[\",\\r\\n]' THEN '\"' || replace({0}, '\"', '\"\"') || '\"'"
    " ELSE {0} END, '')"
)
_SAFE: LiteralString = "(CASE WHEN {0} ~ '^''*[-=+@\\t\\r]' THEN '''' || {0} ELSE {0} END)"
_VALUES: dict[str, LiteralString] = {
    "integer": _PLAIN,
    "number": "coalesce(CASE WHEN {0} - {0} = 0 THEN {0}::text END, '')",
    "boolean": _PLAIN,
    "date": _PLAIN,
    "datetime": "coalesce(to_json({0}) #>> '{{}}', '')",
}
_FORMULA = re.compile(r"'*[-=+@\t\r]")


def safe(value: object) -> object:
    """A value for a cell that Python writes: an empty one for None, and a text that no spreadsheet calculates."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def header(plan: Plan) -> bytes:
    """The first line, with its end."""
    names = [item.name for item in plan.fields] + ([GEOMETRY] if plan.geometry is not None else [])
    return ",".join(names).encode() + END


def row(plan: Plan) -> Composable:
    """SQL of one line without its end."""
    cells = [_cell(item) for item in plan.fields]
    if plan.geometry is not None:
        cells.append(sql.SQL(_QUOTED).format(_wkt(plan)))
    return sql.SQL(" || ',' || ").join(cells)


def _cell(item: Field) -> Composable:
    value = column(item.name)
    if item.type == "text":
        return sql.SQL(_QUOTED).format(sql.SQL(_SAFE).format(value))
    return sql.SQL(_VALUES[item.type]).format(value)


def _wkt(plan: Plan) -> Composable:
    shape = sql.SQL("ST_FlipCoordinates({})").format(plan.geometry) if plan.crs.latitude_first else plan.geometry
    return sql.SQL("ST_AsText({}, {})").format(shape or sql.SQL("NULL"), sql.Literal(plan.crs.decimals))
