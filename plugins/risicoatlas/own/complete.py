"""The second half of reading the catalogue: what layer.yaml leaves to the database, and what cannot be served.

In: a layer of :mod:`risicoatlas.catalogue` that names a table. Out: the same layer with key type, geometry type, SRID
and fields, or a :class:`~risicoatlas.errors.ConfigError` that begins with ``file:line`` and says why not and what would
be right.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from risicoatlas.catalogue import GEOMETRY, KEY, Catalogue, Field, Layer, OwnTable, Text, refused
from risicoatlas.database import Connection
from risicoatlas.own import facts
from risicoatlas.own.facts import Column, Table

# Schemas of the service itself and of PostgreSQL: drafts, keys and audit stand there.
FORBIDDEN = frozenset({"bron", "register", "publiek", "besloten", "beheer", "pg_catalog", "information_schema"})
STORAGE = (28992, 31370)
FIELD_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "citext", "name", "uuid", "enum"), "text"),
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("float4", "float8", "numeric"), "number"),
    "bool": "boolean",
    "date": "date",
    **dict.fromkeys(("timestamp", "timestamptz"), "datetime"),
}
KEY_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    "numeric": "number",
    **dict.fromkeys(("text", "varchar", "bpchar"), "text"),
    "uuid": "uuid",
}
LINE, AREA = "MultiLineString", "MultiPolygon"
SERVED: Mapping[str, str] = {
    "Point": "Point",
    **dict.fromkeys(("LineString", "MultiLineString", "CircularString", "CompoundCurve", "MultiCurve"), LINE),
    **dict.fromkeys(("Polygon", "MultiPolygon", "CurvePolygon", "MultiSurface"), AREA),
}
GENERIC = frozenset({"Geometry", "GeometryCollection"})
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
# Columns that the service gives every layer.
OURS = frozenset({
    KEY, GEOMETRY, "volgnummer", "geometrie_etrs89", "geometrie_bron", "geometrie_toets", "publicatie",
    "publicatie_tot", "rij_hash",
})  # fmt: skip
# Names that mean something else in the address of a page of features.
PARAMETERS = frozenset({
    "f", "lang", "crs", "limit", "offset", "bbox", "datetime", "properties", "skipGeometry", "sortby", "filter",
    "api_key", "cursor", "gewijzigd_sinds",
})  # fmt: skip
KEY_TITLE = Text("Identificatie", "Identifier")
NOTE = Text(
    "Rechtstreeks gelezen uit een tabel van de organisatie: zonder publicaties, en anders zodra de tabel dat is.",
    "Read straight from a table of the organisation: without publications, and different as soon as the table is.",
)


@dataclass(frozen=True)
class Examined:
    """A complete layer, its table, and the columns that are not served, each with the reason."""

    layer: Layer
    own: OwnTable
    table: Table
    geometry: Column
    left_out: tuple[str, ...]

    @property
    def key(self) -> Column:
        return self.table.by_name[self.own.key]


def completed(catalogue: Catalogue, connection: Connection) -> Catalogue:
    """The catalogue with every own table read; raises :class:`ConfigError` for the first that cannot be served."""
    return Catalogue(
        {layer.name: examine(layer, connection).layer if layer.own else layer for layer in catalogue},
    )


def examine(layer: Layer, connection: Connection) -> Examined:
    """Read the table of one layer from the system catalogues; raises :class:`ConfigError`."""
    own, table = _table(layer, connection)
    own = replace(own, key_type=_key_type(layer, own, table))
    geometry = _geometry(layer, own, table)
    fields, left_out = _fields(layer, own, table)
    found = replace(
        layer,
        own=own,
        description=Text(f"{layer.description.nl} {NOTE.nl}", f"{layer.description.en} {NOTE.en}"),
        geometry_type=_geometry_type(layer, geometry),
        srid=_srid(layer, own, geometry),
        fields=fields,
    )
    _check_area_field(found)
    return Examined(found, own, table, geometry, left_out)


def _table(layer: Layer, connection: Connection) -> tuple[OwnTable, Table]:
    own = layer.own
    if own is None:
        raise ValueError(f"{layer.name} names no table")
    if own.schema in FORBIDDEN:
        raise refused(
            layer, "table", f"schema {own.schema} belongs to the service: make a view in a schema of your own"
        )
    table = facts.read(connection, own)
    if table is None:
        raise refused(layer, "table", f"there is no table or view {own} in the database")
    if not table.readable:
        raise refused(
            layer,
            "table",
            f"the service may not read {own}: let its owner run GRANT USAGE ON SCHEMA {own.schema} TO ra_owner;"
            f" GRANT SELECT ON {own} TO ra_owner;",
        )
    return own, table


def _key_type(layer: Layer, own: OwnTable, table: Table) -> str:
    key = _column(layer, "key", own, table, own.key)
    unique = [column.name for column in table.columns if column.unique]
    if key.type not in KEY_TYPES:
        raise refused(layer, "key", f"{own.key} is {key.type}: expected a key of {', '.join(KEY_TYPES)}")
    # Of a view only its rows can tell: views.ensure looks at them.
    if table.stored and not key.unique:
        known = f"; unique here: {', '.join(unique)}" if unique else ""
        raise refused(
            layer, "key", f"{own} has no unique key {own.key}: give it a primary key or a unique index{known}"
        )
    return KEY_TYPES[key.type]


def _column(layer: Layer, place: str, own: OwnTable, table: Table, name: str, field: str | None = None) -> Column:
    try:
        return table.by_name[name]
    except KeyError:
        offered = ", ".join(table.by_name)
        raise refused(layer, place, f"{own} has no column {name!r}: it has {offered}", field) from None


def _geometry(layer: Layer, own: OwnTable, table: Table) -> Column:
    if own.geometry_column is not None:
        found = _column(layer, "geometry_column", own, table, own.geometry_column)
        if found.geometry_type is None:
            raise refused(layer, "geometry_column", f"{found.name} is {found.type}: expected a column of type geometry")
        return found
    shapes = [column for column in table.columns if column.geometry_type]
    if len(shapes) != 1:
        names = ", ".join(column.name for column in shapes) or "none"
        raise refused(layer, "table", f"{own} has geometry columns {names}: expected one, or geometry_column: name")
    return shapes[0]


def _geometry_type(layer: Layer, geometry: Column) -> str:
    found = geometry.geometry_type or ""
    if found in GENERIC:
        if not layer.geometry_type:
            raise refused(
                layer,
                "table",
                f"{geometry.name} holds any geometry ({found}): say geometry: Point, {LINE} or {AREA}, or give the"
                " column a type",
            )
        return layer.geometry_type
    served = SERVED.get(found)
    if served is None:
        raise refused(layer, "table", f"{geometry.name} is {found}: expected one of {', '.join(SERVED)}")
    if layer.geometry_type not in {"", served}:
        raise refused(layer, "geometry", f"{geometry.name} is {found}, which is served as {served}")
    return served


def _srid(layer: Layer, own: OwnTable, geometry: Column) -> int:
    offered = " or ".join(f"EPSG:{srid}" for srid in STORAGE)
    if not geometry.srid:
        raise refused(
            layer,
            "table",
            f"{geometry.name} of {own} has no SRID (0): give the column one, such as geometry({geometry.geometry_type},"
            f" {STORAGE[0]}), in a view with a cast",
        )
    if geometry.srid not in STORAGE:
        raise refused(
            layer,
            "table",
            f"{geometry.name} is in EPSG:{geometry.srid}, expected {offered}: make a view with ST_Transform and an"
            " index on that expression",
        )
    if layer.srid not in {0, geometry.srid}:
        raise refused(layer, "srid", f"found {layer.srid}, but {geometry.name} is in EPSG:{geometry.srid}")
    return geometry.srid


def _fields(layer: Layer, own: OwnTable, table: Table) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    """The key as ``identificatie`` first, then the listed columns, or all that can be served."""
    titles = {item.column: item.title for item in layer.fields if item.name == KEY}
    key = Field(KEY, "text", titles.get(own.key, KEY_TITLE), column=own.key)
    if layer.fields:
        names = [item.name for item in layer.fields if item.name != KEY]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise refused(layer, "fields", f"field {twice[0]} is listed twice", twice[0])
        listed = tuple(_listed(layer, own, table, item) for item in layer.fields if item.column != own.key)
        return (key, *_own_key(layer, table, own), *listed), ()
    served: list[Field] = [key]
    left_out: list[str] = []
    for column in table.columns:
        if column.geometry_type or column.name == KEY == own.key:
            continue
        if why := _unserved(column.name, column):
            left_out.append(f"column {column.name!r} is left out: {why}")
        else:
            served.append(_described(column))
    return tuple(served), tuple(left_out)


def _own_key(layer: Layer, table: Table, own: OwnTable) -> Iterator[Field]:
    """The key under a name of its own too, where the list has it."""
    for item in layer.fields:
        if item.column == own.key and item.name != KEY:
            yield _listed(layer, own, table, item)


def _listed(layer: Layer, own: OwnTable, table: Table, item: Field) -> Field:
    column = _column(layer, "fields", own, table, item.column or item.name, item.name)
    if why := _unserved(item.name, column):
        raise refused(layer, "fields", f"field {item.name!r}: {why}", item.name)
    return replace(item, type=FIELD_TYPES[column.type])


def _unserved(name: str, column: Column) -> str | None:
    """Why a column cannot be a field under this name."""
    if column.type not in FIELD_TYPES:
        return f"type {column.type} is not served; a view can turn it into {', '.join(dict.fromkeys(FIELD_TYPES))}"
    rename = f"list it with another name: {{name: …, column: {column.name!r}}}"
    if not FIELD_NAME.fullmatch(name):
        return f"the name is none for GML and addresses (a letter, then letters, digits and _); {rename}"
    if name in OURS or name in PARAMETERS:
        return f"the service uses the name {name} itself; {rename}"
    return None


def _described(column: Column) -> Field:
    return Field(column.name, FIELD_TYPES[column.type], Text(column.name, column.name), column=column.name)


def _check_area_field(layer: Layer) -> None:
    if not layer.restricted:
        return
    found = layer.by_name.get(layer.area_field or "")
    if found is None or found.type != "text":
        texts = ", ".join(item.name for item in layer.fields if item.type == "text")
        raise refused(
            layer, "area_field", f"found {layer.area_field!r}, expected a field of text with the code: {texts}"
        )
