"""A publication of changes: which objects to ask of ``publish.sql``, and the state of a layer without counting anew.

In: ``beheer.te_publiceren``, where triggers and runs write which objects changed, by kind and key, and what
``register.kgl_geraakt`` holds for the next run. Out: a condition per
layer over the columns that its ``changed_by`` names, and ``publiek.laag_stand`` brought up to date from what was added
and ended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from risicoatlas.catalogue import CHANGED_KINDS, GEOMETRY, Layer
from risicoatlas.database import Connection
from risicoatlas.publish import standing


@dataclass(frozen=True)
class Changed:
    """Keys of the objects that changed, by kind; None stands for all of them. ``numbers`` are the rows that say so."""

    keys: Mapping[str, tuple[str, ...] | None]
    numbers: tuple[int, ...] = ()

    @property
    def some(self) -> bool:
        """Whether anything changed."""
        return any(keys is None or keys for keys in self.keys.values())

    def of(self, layer: Layer) -> Mapping[str, tuple[str, ...]] | None:
        """Keys by column of the layer, None where everything may have changed."""
        found: dict[str, tuple[str, ...]] = {}
        for kind, column in layer.changed_by.items():
            keys = self.keys[kind]
            if keys is None:
                return None
            if keys:
                found[column] = keys
        return found


def follow_time(connection: Connection) -> None:
    """Write down the roots of which an object became valid, or ended, since this was asked last: no trigger sees that.

    The moment goes back where a transaction that began earlier got its turn later: what it sees is older too.
    """
    connection.execute(
        """
        INSERT INTO beheer.te_publiceren (soort, sleutel)
        SELECT w.soort, w.identificatie
        FROM register.imev_object o JOIN register.imev_object w ON w.nummer = o.wortel
        WHERE o.nummer IN (
          SELECT nummer FROM register.imev_object, beheer.geldigheid_gevolgd WHERE eind_registratie IS NULL
            AND begin_geldigheid > tijdstip AND begin_geldigheid <= transaction_timestamp()
          UNION ALL
          SELECT nummer FROM register.imev_object, beheer.geldigheid_gevolgd WHERE eind_registratie IS NULL
            AND eind_geldigheid > tijdstip AND eind_geldigheid <= transaction_timestamp())
        EXCEPT SELECT soort, sleutel FROM beheer.te_publiceren
        """
    )
    connection.execute("UPDATE beheer.geldigheid_gevolgd SET tijdstip = transaction_timestamp()")


def read(connection: Connection) -> Changed:
    """What is written down by now."""
    rows = connection.execute("SELECT soort, sleutel, nummer FROM beheer.te_publiceren ORDER BY nummer").fetchall()
    # time alone publishes a municipality whose moment was in the future
    moments = connection.execute(
        "SELECT gemeentecode FROM register.kgl_gemeente WHERE gepubliceerd_op <= transaction_timestamp()"
        " AND gepubliceerd_op > (SELECT max(gemaakt_op) FROM publiek.publicatie)"
    ).fetchall()
    # what the register changed and no run has labelled yet: a building may be gone, or be of another municipality
    touched = connection.execute(
        "SELECT DISTINCT pand FROM register.kgl_geraakt WHERE NOT verwerkt @> '{basisvulling}'"
        " AND (pand IS NOT NULL OR oude_geometrie IS NULL)"
    ).fetchall()
    named = [
        *((soort, key) for soort, key, _ in rows),
        *(("gemeente", code) for (code,) in moments),
        *(("pand", pand) for (pand,) in touched),
    ]
    keys: dict[str, tuple[str, ...] | None] = {}
    for kind in CHANGED_KINDS:
        found = [key for soort, key in named if soort == kind]
        keys[kind] = None if None in found else tuple(dict.fromkeys(found))
    return Changed(keys, tuple(number for _, _, number in rows))


def forget(connection: Connection, taken: Changed, published: Iterable[Layer], every: Iterable[Layer]) -> None:
    """Forget what this publication took in: of each kind that no other layer still has to publish."""
    names = {layer.name for layer in published}
    waiting = {kind for layer in every if layer.name not in names for kind in layer.changed_by}
    done = [kind for kind in CHANGED_KINDS if kind not in waiting]
    connection.execute(
        "DELETE FROM beheer.te_publiceren WHERE soort = ANY (%s) AND nummer = ANY (%s)", [done, list(taken.numbers)]
    )


def condition(keys: Mapping[str, tuple[str, ...]], alias: str) -> sql.Composed:
    """Rows with one of these keys, as PostgreSQL can take into ``publish.sql`` and look up in an index."""
    tests = [
        sql.SQL("{}.{} = ANY ({}::text[])").format(
            sql.Identifier(alias), sql.Identifier(column), sql.Literal(list(items))
        )
        for column, items in keys.items()
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(tests))


@dataclass(frozen=True)
class Step:
    """What a publication did to a layer: its number, and the rows added and ended."""

    number: int
    added: int
    ended: int


def store_state(connection: Connection, layer: Layer, step: Step) -> bool:
    """Bring the state of a public layer up to date; False where that asks for the whole table: it is not known yet, or
    an object at the edge of the extent ended."""
    if (step.added or step.ended) and not _store_counts(connection, layer, step):
        return False
    if not (step.added or step.ended):
        connection.execute("UPDATE publiek.laag_stand SET publicatie = %s WHERE laag = %s", [step.number, layer.name])
    standing.store_sources(connection, layer)
    standing.store_changed_municipalities(connection, layer, step.number)
    return True


# Extents of what was added and what ended by this publication, in both systems: as long as nothing at an edge ended,
# the extent of the layer only grows.
_STATE = """
WITH erbij AS (
  SELECT ST_Extent({geometry}) AS b, ST_Extent(geometrie_etrs89) AS e FROM {table}
  WHERE publicatie = {number} AND publicatie_tot IS NULL),
eraf AS (
  SELECT ST_Extent({geometry}) AS b, ST_Extent(geometrie_etrs89) AS e FROM {table} WHERE publicatie_tot = {number}),
nieuw AS (
  SELECT s.laag, erbij.b, erbij.e FROM publiek.laag_stand s, erbij, eraf
  WHERE s.laag = {name} AND s.omvang IS NOT NULL AND s.omvang_etrs89 IS NOT NULL
    AND NOT coalesce({edge_rd}, false) AND NOT coalesce({edge_etrs89}, false))
UPDATE publiek.laag_stand s
SET publicatie = {number}, aantal = s.aantal + {growth},
  omvang = {box_rd}, omvang_etrs89 = {box_etrs89}
FROM nieuw WHERE nieuw.laag = s.laag
"""
# Whether what ended lay at the edge of the stored extent.
_AT_EDGE = (
    "(ST_XMin({ended}) <= ST_XMin({stored}) OR ST_YMin({ended}) <= ST_YMin({stored})"
    " OR ST_XMax({ended}) >= ST_XMax({stored}) OR ST_YMax({ended}) >= ST_YMax({stored}))"
)
_GROWN = (
    "ST_MakeEnvelope(least(ST_XMin({stored}), ST_XMin({added})), least(ST_YMin({stored}), ST_YMin({added})),"
    " greatest(ST_XMax({stored}), ST_XMax({added})), greatest(ST_YMax({stored}), ST_YMax({added})), {srid})"
)


def _store_counts(connection: Connection, layer: Layer, step: Step) -> bool:
    def parts(stored: str, column: str, srid: int) -> tuple[sql.Composed, sql.Composed]:
        names = {"stored": sql.Identifier("s", stored), "ended": sql.Identifier("eraf", column)}
        grown = sql.SQL(_GROWN).format(added=sql.Identifier("nieuw", column), srid=sql.Literal(srid), **names)
        return sql.SQL(_AT_EDGE).format(**names), grown

    edge_rd, box_rd = parts("omvang", "b", layer.srid)
    edge_etrs89, box_etrs89 = parts("omvang_etrs89", "e", 4258)
    query = sql.SQL(_STATE).format(
        geometry=sql.Identifier(GEOMETRY),
        table=layer.table,
        number=sql.Literal(step.number),
        name=sql.Literal(layer.name),
        growth=sql.Literal(step.added - step.ended),
        edge_rd=edge_rd,
        edge_etrs89=edge_etrs89,
        box_rd=box_rd,
        box_etrs89=box_etrs89,
    )
    return connection.execute(query).rowcount == 1
