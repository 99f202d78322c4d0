"""What a publication tells of each public layer beside its count: dates per source, and the municipalities in it.

In: a layer whose row in ``publiek.laag_stand`` is there. Out: that row, brought up to date; it also is when nothing in
the layer changed, since a load that changes nothing still says of which date the layer is.
"""

from psycopg import sql

from risicoatlas.catalogue import Catalogue, Layer
from risicoatlas.database import Connection

_AREA = "gemeentecode"
_SOURCES = sql.SQL("""
WITH geladen AS (
  SELECT bron, max(stand) AS stand, max(klaar_op) AS geladen FROM beheer.levering WHERE status = 'klaar' GROUP BY bron
), per_bron AS (
  SELECT nummer, bron, stand, geladen FROM unnest({sources}::text[]) WITH ORDINALITY AS genoemd (bron, nummer)
  LEFT JOIN geladen USING (bron)
)
UPDATE publiek.laag_stand SET
  bronnen = (SELECT coalesce(jsonb_agg(jsonb_build_object('bron', bron, 'stand', stand, 'geladen', geladen)
             ORDER BY nummer), '[]') FROM per_bron),
  brondatum = (SELECT max(stand) FROM per_bron),
  laatst_geladen = (SELECT max(geladen) FROM per_bron)
WHERE laag = {name}
""")
_MUNICIPALITIES = sql.SQL("""
UPDATE publiek.laag_stand SET gemeenten = (
  SELECT coalesce(jsonb_agg(jsonb_build_object('code', gemeentecode, 'naam', naam) ORDER BY gemeentecode), '[]')
  FROM (SELECT DISTINCT gemeentecode FROM {table} WHERE publicatie_tot IS NULL AND gemeentecode IS NOT NULL) AS hier
  LEFT JOIN register.gemeente USING (gemeentecode)
) WHERE laag = {name}
""")
# Those that were there, with those that came, without those of which nothing is left.
_CHANGED_MUNICIPALITIES = sql.SQL("""
WITH bekend AS (
  SELECT lid ->> 'code' AS gemeentecode
  FROM publiek.laag_stand, jsonb_array_elements(gemeenten) AS lid WHERE laag = {name}
), erbij AS (
  SELECT DISTINCT gemeentecode FROM {table}
  WHERE publicatie = {number} AND publicatie_tot IS NULL AND gemeentecode IS NOT NULL
), eraf AS (
  SELECT DISTINCT gemeentecode FROM {table} WHERE publicatie_tot = {number}
)
UPDATE publiek.laag_stand SET gemeenten = (
  SELECT coalesce(jsonb_agg(jsonb_build_object('code', gemeentecode, 'naam', naam) ORDER BY gemeentecode), '[]')
  FROM (SELECT gemeentecode FROM bekend UNION SELECT gemeentecode FROM erbij) AS hier
  LEFT JOIN register.gemeente USING (gemeentecode)
  WHERE gemeentecode NOT IN (SELECT gemeentecode FROM eraf WHERE gemeentecode IS NOT NULL)
    OR EXISTS (SELECT FROM {table} t WHERE t.gemeentecode = hier.gemeentecode AND t.publicatie_tot IS NULL)
) WHERE laag = {name}
""")


def store_sources(connection: Connection, layer: Layer) -> None:
    """Date and last load of each source of the layer."""
    connection.execute(_SOURCES.format(sources=sql.Literal(list(layer.sources)), name=sql.Literal(layer.name)))


def complete(connection: Connection, catalogue: Catalogue) -> None:
    """What layers that were published by a version without it do not tell yet: no municipalities is not none."""
    connection.execute("SET LOCAL timezone = 'UTC'")  # as a publication has it
    lacking = {name for (name,) in connection.execute("SELECT laag FROM publiek.laag_stand WHERE bronnen = '[]'")}
    for layer in catalogue:
        if layer.name in lacking and layer.sources:
            store_sources(connection, layer)
            store_municipalities(connection, layer, layer.table)
    connection.commit()


def store_municipalities(connection: Connection, layer: Layer, table: sql.Identifier) -> None:
    """The municipalities that have objects in ``table``, which is or will be the layer's."""
    if _AREA in layer.by_name:
        connection.execute(_MUNICIPALITIES.format(table=table, name=sql.Literal(layer.name)))


def store_changed_municipalities(connection: Connection, layer: Layer, number: int) -> None:
    """The same, after a publication that ended and added some of the layer's rows."""
    if _AREA in layer.by_name:
        connection.execute(
            _CHANGED_MUNICIPALITIES.format(table=layer.table, name=sql.Literal(layer.name), number=sql.Literal(number))
        )
