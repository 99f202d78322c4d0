"""How a plan reads an own table: conditions on the key and the geometry as they are stored, which have the indexes.

Nothing here raises on any row, so that it may stand inside the barrier of a restricted layer.
"""

import re
from collections.abc import Iterable

from psycopg import sql
from psycopg.sql import Composable
from pygeofilter import ast

from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.features.order import ROW, ROW_NUMBER, column
from risicoatlas.filters.sql import Column

# How PostgreSQL writes a key of each type; any other text is the key of no row.
_WRITTEN = {
    "integer": re.compile(r"0|-?[1-9][0-9]{0,18}"),
    "number": re.compile(r"-?[0-9]{1,1000}(\.[0-9]{1,1000})?"),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "text": re.compile(r"[^\x00]*", re.DOTALL),
}
_TYPES = {"integer": sql.SQL("numeric"), "number": sql.SQL("numeric"), "uuid": sql.SQL("uuid"), "text": sql.SQL("text")}
MAX_BIGINT = 2**63 - 1


def geometry_column(layer: Layer, row: str = ROW) -> Column:
    """The geometry for filters: valid, since a test of an invalid one may raise, and with the indexed one for boxes.

    It has no ETRS89 column: transforming the literal once is cheaper than every row.
    """
    valid, stored = column("geometrie_toets", row), column("geometrie_bron", row)
    return Column(GEOMETRY, "geometry", valid, layer.srid, box=stored)


def key_conditions(layer: Layer, wanted: Iterable[str]) -> list[Composable]:
    """The key in its own type is one of these; beside the comparison as text, which decides."""
    if layer.own is None:
        return []
    literals = [found for text in wanted if (found := _literal(layer.own.key_type, text)) is not None]
    if not literals:
        return [sql.SQL("FALSE")]
    return [sql.SQL("{} IN ({})").format(ROW_NUMBER, sql.SQL(", ").join(literals))]


def key_filters(layer: Layer, nodes: Iterable[ast.AstType]) -> list[Composable]:
    """The same for parts of a filter that say ``identificatie = …`` or ``identificatie IN (…)``."""
    found: list[Composable] = []
    for node in nodes if layer.own else ():
        match node:
            case ast.Equal(lhs=ast.Attribute(name=name), rhs=str(text)) if name == KEY:
                found += key_conditions(layer, (text,))
            case ast.In(lhs=ast.Attribute(name=name), sub_nodes=texts, not_=False) if name == KEY:
                found += key_conditions(layer, [text for text in texts if isinstance(text, str)])
            case _:
                pass
    return found


def _literal(key_type: str, text: str) -> Composable | None:
    if not _WRITTEN[key_type].fullmatch(text):
        return None
    if key_type == "integer":
        return sql.Literal(int(text)) if abs(int(text)) <= MAX_BIGINT else None
    return sql.SQL("{}::{}").format(sql.Literal(text), _TYPES[key_type])
