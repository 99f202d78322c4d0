"""Layers that follow others, in a publication of changes: which of their areas have other counts now.

In: what this publication added to and ended in the layers that are followed, in place. Out: keys of the areas beside
it, and of those in municipalities that show more or fewer objects than before, since every area tells how many were
tested.
"""

from collections.abc import Iterable, Mapping

from psycopg import sql

from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.database import Connection

# A drawn circle lies inside the distance that is tested: 12 m at 10 km.
BESIDE_M = 15
# Of more areas than this the whole layer is counted as quickly.
MOST = 20_000

_MOVED = sql.SQL(
    "SELECT {geometry} AS geometrie, gemeentecode, CASE WHEN publicatie = {number} THEN 1 ELSE -1 END AS teken"
    " FROM {table} WHERE publicatie = {number} OR publicatie_tot = {number}"
)
_BESIDE = sql.SQL(
    "WITH bewogen AS MATERIALIZED ({moved}), aantal AS ("
    " SELECT array_agg(gemeentecode) AS codes FROM (SELECT gemeentecode FROM bewogen GROUP BY gemeentecode"
    " HAVING sum(teken) <> 0) AS anders)"
    " SELECT s.{key} FROM bewogen b JOIN {table} s ON s.{geometry} && ST_Expand(b.geometrie, {beside})"
    " WHERE s.publicatie_tot IS NULL"
    " UNION SELECT s.{key} FROM {table} s, aantal"
    " WHERE s.publicatie_tot IS NULL AND string_to_array(s.gemeenten, ', ') && aantal.codes"
    " LIMIT {most}"
)


def keys(
    connection: Connection, layer: Layer, followed: Iterable[Layer], number: int
) -> Mapping[str, tuple[str, ...]] | None:
    """Keys by column, as for :func:`.changes.condition`; None where they are too many to tell one by one."""
    moved = [
        _MOVED.format(geometry=sql.Identifier(GEOMETRY), number=sql.Literal(number), table=item.table)
        for item in followed
    ]
    if not moved:
        return {}
    found = connection.execute(
        _BESIDE.format(
            moved=sql.SQL(" UNION ALL ").join(moved),
            key=sql.Identifier(KEY),
            table=layer.table,
            geometry=sql.Identifier(GEOMETRY),
            beside=sql.Literal(BESIDE_M),
            most=sql.Literal(MOST + 1),
        )
    ).fetchall()
    if len(found) > MOST:
        return None
    return {KEY: tuple(sorted(key for (key,) in found))} if found else {}
