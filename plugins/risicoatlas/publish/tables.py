"""The tables that are served: one per layer, made from its fields.

Beside the fields a table has ``volgnummer`` (order of pages, given in geometry order, never given twice), ``geometrie``
in the layer's CRS, ``geometrie_etrs89`` (EPSG:4258, longitude first, so that pages in degrees need no transformation),
``publicatie`` and ``publicatie_tot`` (the row holds from the one up to, not including, the other) and ``rij_hash``.
"""

from psycopg import sql

from risicoatlas.catalogue import GEOMETRY, KEY, Catalogue, Layer
from risicoatlas.database import Connection

COLUMN_TYPES = {
    "text": sql.SQL("text"),
    "integer": sql.SQL("bigint"),
    "number": sql.SQL("double precision"),
    "boolean": sql.SQL("boolean"),
    "date": sql.SQL("date"),
    "datetime": sql.SQL("timestamptz"),
}
PUBLICATION = "publicatie"


def data_fields(layer: Layer) -> list[str]:
    """The fields that ``publish.sql`` gives: all but the publication number."""
    return [field.name for field in layer.fields if field.name != PUBLICATION]


def create(connection: Connection, layer: Layer, table: sql.Identifier) -> None:
    """An empty table for the layer, without indexes."""
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(field.name), COLUMN_TYPES[field.type])
        for field in layer.fields
        if field.name != PUBLICATION
    ]
    connection.execute(
        sql.SQL(
            "CREATE TABLE {table} (volgnummer bigint NOT NULL, {columns}, {geometry} geometry({type}, {srid}),"
            " geometrie_etrs89 geometry({type}, 4258), publicatie bigint NOT NULL, publicatie_tot bigint, rij_hash"
            " uuid NOT NULL)"
        ).format(
            table=table,
            columns=sql.SQL(", ").join(columns),
            geometry=sql.Identifier(GEOMETRY),
            type=sql.SQL(layer.geometry_type),  # one of catalogue.GEOMETRY_TYPES
            srid=sql.Literal(layer.srid),
        )
    )


def finish(connection: Connection, layer: Layer, table: sql.Identifier) -> None:
    """Key, indexes, statistics, rights and, for a restricted layer, forced row-level security."""
    connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (volgnummer)").format(table))
    connection.execute(
        sql.SQL("CREATE UNIQUE INDEX ON {} ({}) WHERE publicatie_tot IS NULL").format(table, sql.Identifier(KEY))
    )
    # What pinned pages by id, and changes since a publication, are read by; few rows have ended.
    for ended in (KEY, "publicatie_tot"):
        connection.execute(
            sql.SQL("CREATE INDEX ON {} ({}) WHERE publicatie_tot IS NOT NULL").format(table, sql.Identifier(ended))
        )
    connection.execute(sql.SQL("CREATE INDEX ON {} (publicatie)").format(table))
    # Pages walk along it: past the rows that have ended, and without reading those before an offset.
    connection.execute(sql.SQL("CREATE UNIQUE INDEX ON {} (volgnummer) WHERE publicatie_tot IS NULL").format(table))
    # What a publication of changes looks up.
    for column in sorted({*layer.changed_by.values()} - {KEY}):
        connection.execute(
            sql.SQL("CREATE INDEX ON {} ({}) WHERE publicatie_tot IS NULL").format(table, sql.Identifier(column))
        )
    # Every box of the OGC API has these rows; the spatial index is walked from end to end for them.
    connection.execute(
        sql.SQL("CREATE INDEX ON {} (volgnummer) WHERE {} IS NULL").format(table, sql.Identifier(GEOMETRY))
    )
    spatial = [sql.Identifier(GEOMETRY)]
    if layer.restricted and layer.area_field:
        # The row limit and the box together: one index serves both (standards on row-level security and GiST).
        spatial.insert(0, sql.Identifier(layer.area_field))
        connection.execute(
            sql.SQL("CREATE INDEX ON {} ({}, volgnummer)").format(table, sql.Identifier(layer.area_field))
        )
    connection.execute(sql.SQL("CREATE INDEX ON {} USING gist ({})").format(table, sql.SQL(", ").join(spatial)))
    secure(connection, layer, table)
    connection.execute(sql.SQL("ANALYZE {}").format(table))


def secure(connection: Connection, layer: Layer, table: sql.Identifier) -> None:
    """Grants of a public layer; grants and forced row-level security of a restricted one."""
    if not layer.restricted or layer.area_field is None:
        connection.execute(sql.SQL("GRANT SELECT ON {} TO ra_public, ra_restricted").format(table))
        return
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").format(table))
    connection.execute(
        sql.SQL("CREATE POLICY gebieden ON {} FOR SELECT TO ra_restricted USING ({})").format(
            table, area_rule(sql.Identifier(layer.area_field))
        )
    )
    connection.execute(sql.SQL("CREATE POLICY beheer ON {} TO ra_owner USING (true) WITH CHECK (true)").format(table))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO ra_restricted").format(table))


def area_rule(area: sql.Composable) -> sql.Composed:
    """The row rule of a restricted layer: the code in ``area`` is one of those of who asks, or all may be seen.

    The setting is read once per query (a scalar sub-select), and an unset or empty one matches nothing.
    """
    return sql.SQL(
        "(SELECT current_setting('risicoatlas.areas', true)) = '*'"
        " OR {} = ANY ((SELECT string_to_array(nullif(current_setting('risicoatlas.areas', true), ''),"
        " ','))::text[])"
    ).format(area)


def drop(connection: Connection, layer: Layer) -> None:
    """Drop what is served of the layer: a table, or the view of an own table."""
    found = connection.execute(
        "SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s)", [f"{layer.schema}.{layer.name}"]
    ).fetchone()
    if found:
        connection.execute(sql.SQL("DROP VIEW {}" if found[0] == "v" else "DROP TABLE {}").format(layer.table))


def fits(connection: Connection, layer: Layer) -> bool:
    """Whether the served table has the columns that the layer's file names now."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND c.relkind = 'r'",
        [f"{layer.schema}.{layer.name}"],
    ).fetchall()
    wanted = {
        *data_fields(layer),
        "volgnummer",
        GEOMETRY,
        "geometrie_etrs89",
        PUBLICATION,
        "publicatie_tot",
        "rij_hash",
    }
    return {name for (name,) in rows} == wanted


def ensure(connection: Connection, catalogue: Catalogue) -> None:
    """An empty served table for each layer that has none, so that the service can start before the first
    publication; of an own table, the view."""
    from risicoatlas.own import views  # noqa: PLC0415 - it stands on this module

    views.forget(connection, catalogue)
    for layer in catalogue:
        if layer.own:
            views.ensure(connection, layer)
            continue
        found = connection.execute("SELECT to_regclass(%s)", [f"{layer.schema}.{layer.name}"]).fetchone()
        if not found or found[0] is None:
            create(connection, layer, layer.table)
            finish(connection, layer, layer.table)
    connection.commit()
