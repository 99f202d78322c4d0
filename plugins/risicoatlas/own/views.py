"""The view through which an own table is served: the shape of a published table, over rows that stay where they are.

``volgnummer`` is the key itself, so that pages and ids use its index; ``geometrie_bron`` is the untouched geometry, for
boxes that use the spatial index, and ``geometrie_toets`` a valid one, for spatial tests. A restricted table gets a
``security_barrier`` view with the row rule inside: row-level security cannot be forced on a table of somebody else.
"""

import hashlib
from typing import LiteralString

from psycopg import sql
from psycopg.sql import Composable, Composed

from risicoatlas import crs
from risicoatlas.catalogue import GEOMETRY, KEY, Catalogue, Field, Layer, refused
from risicoatlas.database import Connection
from risicoatlas.filters import spatial
from risicoatlas.filters.literals import ZONE, transformed_bounds
from risicoatlas.own import complete
from risicoatlas.own.complete import Examined
from risicoatlas.publish import tables

MARK = "risicoatlas: eigen tabel"
SCAN_TIMEOUT = "60s"
# One served value per type of PostgreSQL that is not what it is served as; none can raise on any row.
_CASTS: dict[str, LiteralString] = {
    **dict.fromkeys(("varchar", "bpchar", "citext", "name", "uuid", "enum"), "{0}::text"),
    **dict.fromkeys(("int2", "int4"), "{0}::bigint"),
    "float4": "{0}::double precision",
    # a numeric beyond the range of a double would raise
    "numeric": "CASE WHEN abs({0}) < 1e308 AND (abs({0}) > 1e-300 OR {0} = 0) THEN {0}::double precision END",
    "timestamp": "({0} AT TIME ZONE {1})",
}
_CURVED = frozenset({"CircularString", "CompoundCurve", "MultiCurve", "CurvePolygon", "MultiSurface"})
# The argument of ST_CollectionExtract
_ONE_POINT: LiteralString = "CASE WHEN ST_NumGeometries(deel) = 1 THEN ST_GeometryN(deel, 1) END"
_SOME_PARTS: LiteralString = "CASE WHEN NOT ST_IsEmpty(deel) THEN ST_Multi(deel) END"
_PARTS = {"Point": 1, "MultiLineString": 2, "MultiPolygon": 3}


def ensure(connection: Connection, layer: Layer, *, thorough: bool = False) -> None:
    """Make the view of a layer, or leave the one that is right; raises :class:`ConfigError` for what stops it.

    ``thorough`` looks for NULLs and doubles in the key although the view stands already.
    """
    examined = complete.examine(layer, connection)
    statement = select(examined)
    stands = _stands(connection, layer, statement)
    if thorough or not stands:
        check_key(connection, examined)
    if stands:
        return
    tables.drop(connection, layer)
    for state in ("laag_stand", "laag_bewaard"):
        statement_of_state = sql.SQL("DELETE FROM {} WHERE laag = %s").format(sql.Identifier("publiek", state))
        connection.execute(statement_of_state, [layer.name])
    barrier = sql.SQL(" WITH (security_barrier = true)" if layer.restricted else "")
    connection.execute(sql.SQL("CREATE VIEW {}{} AS {}").format(layer.table, barrier, statement))
    readers = sql.SQL("ra_restricted" if layer.restricted else "ra_public, ra_restricted")
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(layer.table, readers))
    mark = sql.Literal(f"{MARK} {_digest(connection, statement)} {_definition(connection, layer)}")
    connection.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(layer.table, mark))


def forget(connection: Connection, catalogue: Catalogue) -> None:
    """Drop the views of layers that the configuration no longer has: they would hold the table of somebody else."""
    kept = [f"{layer.schema}.{layer.name}" for layer in catalogue if layer.own]
    rows = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'v' AND n.nspname IN ('publiek', 'besloten')"
        " AND starts_with(obj_description(c.oid, 'pg_class'), %s) AND n.nspname || '.' || c.relname <> ALL (%s)",
        [MARK, kept],
    ).fetchall()
    for schema, name in rows:
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(schema, name)))


def check_key(connection: Connection, examined: Examined) -> None:
    """Refuse a key with NULLs, and one of a view that two rows share; reads the table as its reader."""
    own, key = examined.own, sql.Identifier(examined.own.key)
    table = sql.Identifier(own.schema, own.name)
    if not examined.key.mandatory and _any(connection, sql.SQL("SELECT 1 FROM {} WHERE {} IS NULL"), table, key):
        raise refused(examined.layer, "key", f"{own} has rows without a {own.key}: a key is never NULL")
    if examined.table.stored:
        return
    if _any(connection, sql.SQL("SELECT 1 FROM {} GROUP BY {} HAVING count(*) > 1"), table, key):
        raise refused(examined.layer, "key", f"{own} has no unique key {own.key}: several rows share one")


def _any(connection: Connection, statement: sql.SQL, table: Composable, key: Composable) -> bool:
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(SCAN_TIMEOUT)))
        return connection.execute(sql.SQL("{} LIMIT 1").format(statement.format(table, key))).fetchone() is not None


def _stands(connection: Connection, layer: Layer, statement: Composed) -> bool:
    """Whether the view is there, as it was made, and made of this statement."""
    row = connection.execute(
        "SELECT obj_description(to_regclass(%s), 'pg_class')", [f"{layer.schema}.{layer.name}"]
    ).fetchone()
    if not row or not row[0] or not row[0].startswith(MARK):
        return False
    return bool(row[0] == f"{MARK} {_digest(connection, statement)} {_definition(connection, layer)}")


def _digest(connection: Connection, statement: Composed) -> str:
    return hashlib.sha256(statement.as_string(connection).encode()).hexdigest()


def _definition(connection: Connection, layer: Layer) -> str:
    """What PostgreSQL holds of the view, as a number that changes when somebody replaces it."""
    row = connection.execute(
        "SELECT md5(pg_get_viewdef(c.oid) || coalesce(c.reloptions::text, '') || c.relacl::text)"
        " FROM pg_class c WHERE c.oid = to_regclass(%s)",
        [f"{layer.schema}.{layer.name}"],
    ).fetchone()
    return str(row[0]) if row else ""


def select(examined: Examined) -> Composed:
    """The rows as a published table would hold them; a restricted layer's limited to the areas of who asks."""
    layer, own = examined.layer, examined.own
    shape, raw = geometry(examined), _column(examined.geometry.name)
    parts: list[Composable] = [
        sql.SQL("{} AS volgnummer").format(_column(own.key)),
        *(sql.SQL("{} AS {}").format(_value(examined, item), sql.Identifier(item.name)) for item in layer.fields),
        sql.SQL("{} AS {}").format(shape, sql.Identifier(GEOMETRY)),
        sql.SQL("{} AS geometrie_etrs89").format(crs.transformed(shape, layer.srid, 4258)),
        sql.SQL("{} AS geometrie_bron").format(raw),
        sql.SQL("{} AS geometrie_toets").format(_valid(examined, shape)),
        sql.SQL("0::bigint AS publicatie, NULL::bigint AS publicatie_tot"),
    ]
    statement = sql.SQL("SELECT {} FROM {} AS t").format(
        sql.SQL(", ").join(parts), sql.Identifier(own.schema, own.name)
    )
    if not layer.restricted:
        return statement
    area = _value(examined, layer.by_name[layer.area_field or ""])
    return sql.SQL("{} WHERE {}").format(statement, tables.area_rule(area))


def _value(examined: Examined, item: Field) -> Composable:
    column = examined.table.by_name[item.column or item.name]
    if item.name == KEY:
        return sql.SQL("{}::text").format(_column(column.name))
    form = _CASTS.get(column.type, "{0}")
    return sql.SQL(form).format(_column(column.name), sql.Literal(ZONE.key))


def geometry(examined: Examined) -> Composed:
    """The geometry in the served type, flat and without curves; NULL for what lies where the CRS means nothing, since
    that could not be transformed."""
    layer, kind = examined.layer, examined.geometry.geometry_type
    shape: Composable = _column(examined.geometry.name)
    if kind in complete.GENERIC:
        extracted = sql.SQL("ST_CollectionExtract(ST_Force2D(ST_CurveToLine({})), {})").format(
            shape, sql.Literal(_PARTS[layer.geometry_type])
        )
        served = sql.SQL("(SELECT {} FROM (SELECT {} AS deel) AS d)").format(
            sql.SQL(_ONE_POINT if layer.geometry_type == "Point" else _SOME_PARTS), extracted
        )
    else:
        straight = sql.SQL("ST_CurveToLine({})").format(shape) if kind in _CURVED else shape
        flat = sql.SQL("ST_Force2D({})").format(straight)
        served = sql.SQL("ST_Multi({})" if layer.geometry_type != "Point" else "{}").format(flat)
    return sql.SQL("CASE WHEN {} @ {} THEN {} END").format(shape, region(layer.srid), served)


def _valid(examined: Examined, shape: Composable) -> Composable:
    """The served geometry, repaired where it is invalid. What was only made a multi-geometry is valid as it stands."""
    kind = examined.geometry.geometry_type
    if kind == "Point":
        return shape
    made = kind in complete.GENERIC or kind in _CURVED
    judged = shape if made else _column(examined.geometry.name)
    return sql.SQL("CASE WHEN ST_IsValid({}) THEN {} ELSE publiek.hersteld({}) END").format(judged, shape, shape)


def region(srid: int) -> Composable:
    """The box in which coordinates of this CRS mean something."""
    bounds = transformed_bounds(spatial.REGION[srid], 4326, srid)
    return sql.SQL("ST_MakeEnvelope({})").format(
        sql.SQL(", ").join(map(sql.Literal, (*(round(bound) for bound in bounds), srid)))
    )


def _column(name: str) -> Composable:
    return sql.Identifier("t", name)
