"""What ``risicoatlas check`` says of own tables: what stops a layer, and what makes it slow or leaves rows out.

In: a catalogue and a database. Out: a :class:`Report`; nothing is changed. Each finding begins with ``file:line``.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.sql import Composable, Composed

from risicoatlas.catalogue import Catalogue, Layer, refused
from risicoatlas.database import Connection, Database
from risicoatlas.errors import ConfigError, NotOwnerError
from risicoatlas.own import complete, views
from risicoatlas.own.complete import Examined

ADVICE = "advice: "
COUNT_TIMEOUT = "10s"
Advice = Iterator[tuple[str, str]]


@dataclass
class Report:
    """``catalogue`` has the layers that can be served, complete; ``errors`` stop a layer, ``advice`` does not."""

    catalogue: Catalogue
    errors: list[ConfigError] = field(default_factory=list)
    advice: list[ConfigError] = field(default_factory=list)


def without_database(catalogue: Catalogue) -> Report:
    """The layers that need no database."""
    return Report(Catalogue({layer.name: layer for layer in catalogue if not layer.own}))


def check(catalogue: Catalogue, database: Database) -> Report:
    """Every own table of the catalogue; raises :class:`~risicoatlas.errors.UnavailableError` without a database."""
    try:
        with database.loader(autocommit=True) as connection:
            return _looked(catalogue, connection, deep=True)
    except NotOwnerError:
        # the role of a database of one's own that may only serve: it reads what the system catalogues tell
        with database.asking() as connection:
            return _looked(catalogue, connection, deep=False)


def _looked(catalogue: Catalogue, connection: Connection, *, deep: bool) -> Report:
    served: dict[str, Layer] = {}
    report = Report(Catalogue(served))
    for layer in catalogue:
        try:
            served[layer.name] = _complete(layer, connection, report, deep) if layer.own else layer
        except ConfigError as error:
            report.errors.append(error)
    return report


def _complete(layer: Layer, connection: Connection, report: Report, deep: bool) -> Layer:
    examined = complete.examine(layer, connection)
    found = [*_of_catalogue(examined)]
    if deep:
        try:
            views.check_key(connection, examined)
            found += _of_rows(connection, examined)
        except psycopg.Error as error:
            reason = error.diag.message_primary or "no answer"
            raise refused(layer, "table", f"the rows of {examined.own} cannot be read: {reason}") from error
    else:
        found.append(("table", "its rows and indexes were not looked at: the role may not act as ra_owner"))
    report.advice += [refused(layer, key, ADVICE + text) for key, text in found]
    return examined.layer


def _of_catalogue(examined: Examined) -> Advice:
    """What the definition of the table tells."""
    own, table = examined.own, examined.table
    yield from (("table", text) for text in examined.left_out)
    if not examined.key.mandatory and table.stored:
        yield "key", f"{own.key} may be NULL: ALTER TABLE {own} ALTER {own.key} SET NOT NULL keeps such rows out"
    if not table.stored:
        yield "key", f"{own} is no table: that its key stays unique is looked at when it is published, and here"
    if examined.geometry.geometry_type in complete.GENERIC:
        yield "table", f"{examined.geometry.name} has no type of its own: rows of another type show no geometry"
    if table.stored and table.unanalysed:
        yield "table", f"{own} has no statistics yet, so plans are guesses: ANALYZE {own}"


def _of_rows(connection: Connection, examined: Examined) -> Advice:
    """What plans and rows tell."""
    own = examined.own
    shape = sql.Identifier("t", examined.geometry.name)
    box = sql.SQL("{} && {}").format(shape, views.region(examined.layer.srid))
    if not _indexed(connection, examined, box):
        yield (
            "table",
            f"{own} has no spatial index: every map reads the whole table; CREATE INDEX ON {own} USING gist"
            f" ({examined.geometry.name})",
        )
    if not examined.table.stored and not _ordered(connection, examined):
        yield "key", f"the rows of {own} are sorted for every page: give the table under it an index on {own.key}"
    if examined.layer.restricted:
        name = examined.layer.by_name[examined.layer.area_field or ""].column or examined.layer.area_field or ""
        area = sql.SQL("{} = 'x'").format(sql.Identifier("t", name))
        if not _indexed(connection, examined, area):
            yield "area_field", f"{own} has no index on {name}: who sees little waits as long as who sees all"
    if lost := _without_geometry(connection, examined):
        yield (
            "table",
            f"{lost} rows of {own} show no geometry: it is of another type than {examined.layer.geometry_type}, empty,"
            f" or outside the area of EPSG:{examined.layer.srid}",
        )


def _without_geometry(connection: Connection, examined: Examined) -> int:
    """Rows that have a geometry which is not served; 0 too where counting takes too long."""
    statement = sql.SQL("SELECT count(*) FROM {} AS t WHERE {} IS NOT NULL AND ({}) IS NULL").format(
        _table(examined), sql.Identifier("t", examined.geometry.name), views.geometry(examined)
    )
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(COUNT_TIMEOUT)))
            row = connection.execute(statement).fetchone()
    except psycopg.errors.QueryCanceled:
        return 0
    return int(row[0]) if row else 0


def _indexed(connection: Connection, examined: Examined, condition: Composable) -> bool:
    """Whether an index, of the table or of those under a view, can serve the condition."""
    statement = sql.SQL("SELECT 1 FROM {} AS t WHERE {}").format(_table(examined), condition)
    return "Seq Scan" not in _nodes(connection, statement)


def _ordered(connection: Connection, examined: Examined) -> bool:
    """Whether rows come in the order of the key without being sorted."""
    statement = sql.SQL("SELECT 1 FROM {} AS t ORDER BY {} LIMIT 1").format(
        _table(examined), sql.Identifier("t", examined.own.key)
    )
    return "Sort" not in _nodes(connection, statement)


def _nodes(connection: Connection, statement: Composed) -> set[str]:
    """The kinds of nodes of a plan that reads whole tables, and sorts, only where nothing else is possible."""
    with connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_sort = off")
        row = connection.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(statement)).fetchone()
    plan = row[0] if row else []
    return set(_walk((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def _walk(node: dict[str, object]) -> Iterator[str]:
    yield str(node["Node Type"])
    children = node.get("Plans", [])
    for child in children if isinstance(children, list) else []:
        yield from _walk(child)


def _table(examined: Examined) -> sql.Identifier:
    return sql.Identifier(examined.own.schema, examined.own.name)
