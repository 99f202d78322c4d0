"""What the system catalogues say of a table: kind, columns, keys, rights. Every role may read these; no row is touched.

In: a connection and the names in layer.yaml. Out: a frozen :class:`Table`, None where there is no such table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from risicoatlas.catalogue import OwnTable
from risicoatlas.database import Connection

# relkind of pg_class: those that hold rows of their own, and may have indexes
STORED = frozenset({"r", "p", "m"})
_TABLE = """
SELECT c.oid::bigint, c.relkind::text, c.reltuples < 0,
       has_schema_privilege('ra_owner', n.oid, 'USAGE') AND has_table_privilege('ra_owner', c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_COLUMNS = """
SELECT a.attname, CASE WHEN t.typtype = 'e' THEN 'enum' ELSE coalesce(base.typname, t.typname) END, a.attnotnull,
       CASE WHEN t.typname = 'geometry' THEN postgis_typmod_type(a.atttypmod) END,
       CASE WHEN t.typname = 'geometry' THEN postgis_typmod_srid(a.atttypmod) END,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid
               AND i.indimmediate AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type base ON base.oid = t.typbasetype
WHERE a.attrelid = %s::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_DIMENSIONS = re.compile(r"(ZM|Z|M)$")


@dataclass(frozen=True)
class Column:
    """``type`` is PostgreSQL's name of it (``enum`` for every enumeration); a geometry has its type without Z and M,
    and its SRID, 0 where that is not known."""

    name: str
    type: str
    mandatory: bool
    geometry_type: str | None
    srid: int | None
    unique: bool


@dataclass(frozen=True)
class Table:
    """``readable``: ra_owner may select from it. ``unanalysed``: it has no statistics yet."""

    oid: int
    kind: str
    unanalysed: bool
    readable: bool
    columns: tuple[Column, ...]

    @property
    def stored(self) -> bool:
        return self.kind in STORED

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}


def read(connection: Connection, table: OwnTable) -> Table | None:
    """The table as it is now."""
    found = connection.execute(_TABLE, [table.schema, table.name]).fetchone()
    if found is None:
        return None
    oid, kind, unanalysed, readable = found
    columns = tuple(
        Column(name, kind_, mandatory, shape and _DIMENSIONS.sub("", shape), srid, unique)
        for name, kind_, mandatory, shape, srid, unique in connection.execute(_COLUMNS, [oid]).fetchall()
    )
    return Table(oid, kind, unanalysed, readable, columns)
