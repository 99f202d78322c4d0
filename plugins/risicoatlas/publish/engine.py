"""A publication: run each layer's ``publish.sql``, compare with what is served, and change only what differs.

One transaction for all layers: a crash at any point leaves the last publication untouched, and readers see either the
old or the new number. Where much changes the table is built beside and swapped; where little does, rows are ended and
added. Unchanged rows keep the publication in which they came.

A publication of changes does the same for the objects that are known to have changed (:mod:`.changes`). It leaves
layers alone whose changes are not told one by one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from risicoatlas import accuracy, crs
from risicoatlas.catalogue import GEOMETRY, KEY, Catalogue, Layer
from risicoatlas.database import Connection
from risicoatlas.errors import ConfigError, UnavailableError
from risicoatlas.kgl import established, proposals
from risicoatlas.own import views
from risicoatlas.publish import changes, following, standing, tables

# Above this share of changed rows a rebuild is cheaper than updating indexes row by row.
REBUILD_SHARE = 0.2
PRUNE_AFTER = "7 days"
LOCK_TIMEOUT = "20s"
LOCK_NUMBER = 20221019

Notice = Callable[[str], None]


@dataclass(frozen=True)
class LayerResult:
    """What one publication did to one layer, in rows; ``total`` is None where a restricted layer was not counted."""

    layer: str
    total: int | None
    added: int
    ended: int


@dataclass(frozen=True)
class Publication:
    """A publication that was made; ``number`` is None when nothing had changed."""

    number: int | None
    layers: tuple[LayerResult, ...]


def publish(
    connection: Connection,
    catalogue: Catalogue,
    names: Iterable[str] | None = None,
    notice: Notice = lambda text: None,
    *,
    changed_only: bool = False,
) -> Publication:
    """Publish the named layers, or all; commits at the end.

    A layer that ``follows`` a chosen one is published with it. With ``changed_only``, of layers with ``changed_by``
    just the objects that changed since they were published last, and of layers that follow these what counts them; what
    is served afterwards is the same. Other layers are left alone.

    Raises :class:`ConfigError` for a ``publish.sql`` that does not give the layer's fields, :class:`UnavailableError`
    when a reader holds a table for longer than the lock timeout.
    """
    chosen = _chosen(catalogue, names)
    try:
        with connection.transaction():
            take_turn(connection)
            # The hash of a row goes over its text: times must read the same in every session.
            connection.execute("SET LOCAL timezone = 'UTC'")
            if changed_only:
                # a view over views of the register has more tables than the planner puts in order by itself
                connection.execute("SET LOCAL join_collapse_limit = 20; SET LOCAL from_collapse_limit = 20")
            changed_only = changed_only and _is_published(connection)
            changes.follow_time(connection)
            if any(layer.municipalities for layer in chosen):
                found = changes.read(connection)
                panden = found.keys["pand"] if changed_only else None
                established.follow(connection, panden, found.keys["gemeente"])
            views.forget(connection, catalogue)
            # once more: what was established now is among the changes
            found = changes.read(connection)
            if changed_only:
                chosen = [layer for layer in chosen if layer.changed_by or (layer.follows and found.some)]
            done = _publish(connection, chosen, notice, found if changed_only else None)
            changes.forget(connection, found, chosen, catalogue)
            if any("pand" in layer.changed_by for layer in chosen):
                proposals.followed(connection)
            return done
    except psycopg.errors.LockNotAvailable as error:
        raise UnavailableError(
            f"a reader held a layer for longer than {LOCK_TIMEOUT}: publish again, nothing was changed"
        ) from error


def _chosen(catalogue: Catalogue, names: Iterable[str] | None) -> list[Layer]:
    """The layers of these names and those that follow one of them, or all; who follows comes last."""
    named = None if names is None else set(names)
    chosen = [
        layer for layer in catalogue if named is None or layer.name in named or not named.isdisjoint(layer.follows)
    ]
    return sorted(chosen, key=lambda layer: bool(layer.follows))


def take_turn(connection: Connection) -> None:
    """Wait for the publication that is under way; until the end of the transaction there is no other.

    Whoever writes what a publication reads takes its turn before any lock of its own, so that no two wait for each
    other.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_NUMBER])


@dataclass(frozen=True)
class _Done:
    """What was done to one layer. ``beside`` is a table that waits to be swapped in, ``anew`` says that it holds
    nothing of earlier publications, ``partly`` that only objects that changed were looked at."""

    layer: Layer
    result: LayerResult
    beside: sql.Identifier | None
    anew: bool
    partly: bool = False

    @property
    def changed(self) -> bool:
        return self.anew or bool(self.result.added or self.result.ended)


def _publish(
    connection: Connection, chosen: list[Layer], notice: Notice, changed: changes.Changed | None
) -> Publication:
    for layer in chosen:
        if layer.own:
            notice(f"{layer.name} is served from {layer.own}")
            views.ensure(connection, layer, thorough=True)
    layers = [layer for layer in chosen if not layer.own]
    row = connection.execute("SELECT nextval('beheer.publicatie_nummer')").fetchone()
    number = int(row[0]) if row else 0
    pruned = _pruned_up_to(connection)
    done: list[_Done] = []
    for layer in layers:
        notice(f"publishing {layer.name}")
        numbers = _Numbers(number, pruned)
        keys = _changed_keys(connection, layer, numbers, changed, done)
        done.append(_publish_layer(connection, layer, numbers, notice, keys))
    results = tuple(item.result for item in done)
    differing = [item.layer for item in done if item.changed]
    if not differing and _is_published(connection):
        for layer in layers:
            standing.store_sources(connection, layer)
        return Publication(None, results)
    _record(connection, number, [layer.name for layer in differing if not layer.restricted])
    for item in done:
        if not item.layer.restricted:
            step = changes.Step(number, item.result.added, item.result.ended)
            if not item.partly or not changes.store_state(connection, item.layer, step):
                _store_state(connection, item, number)
        _store_kept(connection, item, number if item.anew else pruned)
    # Last, since readers wait from the first swap on.
    for item in done:
        _swap(connection, item)
    return Publication(number, results)


def _changed_keys(
    connection: Connection, layer: Layer, numbers: "_Numbers", changed: changes.Changed | None, done: "list[_Done]"
) -> Mapping[str, tuple[str, ...]] | None:
    """Keys by column of what may have changed; None where the layer is to be published as a whole."""
    if changed is None or not tables.fits(connection, layer):
        return None
    own = changed.of(layer)
    if not layer.follows or own is None:
        return own
    followed = [item for item in done if item.layer.name in layer.follows]
    # what a municipality shows or hides changes what is known of its areas
    if changed.keys["gemeente"] != () or not all(item.partly for item in followed):
        return None
    counted = following.keys(connection, layer, [item.layer for item in followed if item.changed], numbers.number)
    return None if counted is None else {**own, **counted}


def _is_published(connection: Connection) -> bool:
    """Whether there was a publication before."""
    return bool(connection.execute("SELECT 1 FROM publiek.publicatie LIMIT 1").fetchone())


def _record(connection: Connection, number: int, public: list[str]) -> None:
    """The publication itself. Each has a second of its own, since HTTP tells times apart by seconds."""
    connection.execute(
        "INSERT INTO beheer.audit (handeling, onderwerp, uitkomst) VALUES ('publicatie', %s, 'gelukt')", [str(number)]
    )
    connection.execute(
        "INSERT INTO publiek.publicatie (nummer, lagen, gemaakt_op) SELECT %s, %s, greatest(clock_timestamp(),"
        " date_trunc('second', max(gemaakt_op)) + interval '1 second') FROM publiek.publicatie",
        [number, public],
    )


def _publish_layer(
    connection: Connection,
    layer: Layer,
    numbers: "_Numbers",
    notice: Notice,
    keys: Mapping[str, tuple[str, ...]] | None,
) -> _Done:
    served = tables.fits(connection, layer)
    otherwise = served and _is_transformed_otherwise(connection, layer)
    if otherwise:
        notice(f"{layer.name}: its coordinates in ETRS89 came by another transformation and are computed anew")
    if keys is not None and served and not otherwise:
        return _publish_changes(connection, layer, numbers, keys)
    fresh = _fresh_rows(connection, layer)
    total, added, ended = _difference(connection, layer, fresh, served)
    beside = None
    if not served or added + ended > REBUILD_SHARE * max(total, 1):
        beside = _rebuild(connection, layer, fresh, numbers, served)
    elif added or ended:
        _change(connection, layer, fresh, numbers)
    connection.execute(sql.SQL("DROP TABLE {}").format(fresh))
    return _Done(layer, LayerResult(layer.name, total, added, ended), beside, anew=not served)


def _publish_changes(
    connection: Connection, layer: Layer, numbers: "_Numbers", keys: Mapping[str, tuple[str, ...]]
) -> _Done:
    """The rows with these keys, in place."""
    added = ended = 0
    if keys:
        fresh = _fresh_rows(connection, layer, keys)
        _, added, ended = _difference(connection, layer, fresh, True, keys)
        if added or ended:
            _change(connection, layer, fresh, numbers, keys)
        connection.execute(sql.SQL("DROP TABLE {}").format(fresh))
    row = connection.execute("SELECT aantal FROM publiek.laag_stand WHERE laag = %s", [layer.name]).fetchone()
    total = row[0] + added - ended if row else None
    return _Done(layer, LayerResult(layer.name, total, added, ended), None, anew=False, partly=True)


@dataclass(frozen=True)
class _Numbers:
    """The publication that is being made, and the one up to which ended rows are pruned."""

    number: int
    pruned: int


def _swap(connection: Connection, done: _Done) -> None:
    if done.beside is None:
        return
    connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
    tables.drop(connection, done.layer)
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(done.beside, sql.Identifier(done.layer.name)))


def _is_transformed_otherwise(connection: Connection, layer: Layer) -> bool:
    """Whether what is served has other coordinates in ETRS89 than the database computes now: one row tells."""
    row = connection.execute(
        sql.SQL(
            "SELECT NOT ST_OrderingEquals({etrs89}, n.geometrie_etrs89) FROM {table} n"
            " WHERE publicatie_tot IS NULL AND NOT ST_IsEmpty(n.{geometry}) LIMIT 1"
        ).format(etrs89=_etrs89(layer), table=layer.table, geometry=sql.Identifier(GEOMETRY))
    ).fetchone()
    return bool(row and row[0])


def _fresh_rows(
    connection: Connection, layer: Layer, keys: Mapping[str, tuple[str, ...]] | None = None
) -> sql.Identifier:
    """A temporary table with the rows of ``publish.sql``, all or those with these keys, and a hash of each.

    The hash holds the transformation to ETRS89 too: with another one every row is new, its stored coordinates also.
    """
    path = layer.folder / "publish.sql"
    fresh = sql.Identifier("pg_temp", f"vers_{layer.name}"[:63])
    hashed: list[sql.Composable] = [sql.Identifier(name) for name in (*tables.data_fields(layer), GEOMETRY)]
    if way := accuracy.transformation(connection, layer.srid):
        hashed.append(sql.Literal(way))
    casts = [
        sql.SQL("{0}::{1} AS {0}").format(sql.Identifier(field.name), tables.COLUMN_TYPES[field.type])
        for field in layer.fields
        if field.name != tables.PUBLICATION
    ]
    statement = sql.SQL(
        "CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS"
        " SELECT *, md5(ROW({hashed})::text)::uuid AS rij_hash"
        " FROM (SELECT {casts}, {geometry} FROM ({query}) AS bron{chosen}) AS rij"
    ).format(
        chosen=_where(keys, "bron"),
        table=sql.Identifier(f"vers_{layer.name}"[:63]),
        hashed=sql.SQL(", ").join(hashed),
        casts=sql.SQL(", ").join(casts),
        geometry=sql.Identifier(GEOMETRY),
        query=_query_of(path),
    )
    try:
        with connection.transaction():
            connection.execute(statement)
            connection.execute(sql.SQL("CREATE UNIQUE INDEX ON {} ({})").format(fresh, sql.Identifier(KEY)))
            connection.execute(sql.SQL("ALTER TABLE {} ALTER {} SET NOT NULL").format(fresh, sql.Identifier(KEY)))
            connection.execute(sql.SQL("ANALYZE {}").format(fresh))
    except (psycopg.errors.ProgrammingError, psycopg.errors.IntegrityError, psycopg.errors.DataError) as error:
        raise ConfigError(
            path, None, f"does not give the rows of layer {layer.name}: {error.diag.message_primary}"
        ) from error
    return fresh


def _where(keys: Mapping[str, tuple[str, ...]] | None, alias: str) -> sql.Composable:
    return sql.SQL(" WHERE {}").format(changes.condition(keys, alias)) if keys else sql.SQL("")


def _and(keys: Mapping[str, tuple[str, ...]] | None, alias: str) -> sql.Composable:
    return sql.SQL(" AND {}").format(changes.condition(keys, alias)) if keys else sql.SQL("")


def _query_of(path: Path) -> sql.SQL:
    try:
        text = path.read_text(encoding="utf-8").strip().rstrip(";")
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing: a layer needs the query that fills it") from None
    # A file of the configuration, written by the publisher; no text of a client ever comes here.
    return sql.SQL(text + "\n")


def _difference(
    connection: Connection,
    layer: Layer,
    fresh: sql.Identifier,
    served: bool,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[int, int, int]:
    """Rows in all, rows to add (new or changed) and served rows to end; with ``keys``, of the rows with these."""
    total = _count(connection, sql.SQL("SELECT count(*) FROM {}").format(fresh))
    if not served:
        return total, total, 0
    same = _count(
        connection,
        sql.SQL(
            "SELECT count(*) FROM {fresh} n JOIN {table} o USING ({key}, rij_hash) WHERE o.publicatie_tot IS NULL"
        ).format(fresh=fresh, table=layer.table, key=sql.Identifier(KEY)),
    )
    current = _count(
        connection,
        sql.SQL("SELECT count(*) FROM {} o WHERE o.publicatie_tot IS NULL{}").format(layer.table, _and(keys, "o")),
    )
    return total, total - same, current - same


def _count(connection: Connection, query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _columns(layer: Layer, alias: LiteralString) -> sql.Composed:
    names = [*tables.data_fields(layer), GEOMETRY]
    return sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.SQL(alias), sql.Identifier(name)) for name in names)


def _names(layer: Layer) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in [*tables.data_fields(layer), GEOMETRY])


def _etrs89(layer: Layer) -> sql.Composable:
    return crs.transformed(sql.SQL("n.{}").format(sql.Identifier(GEOMETRY)), layer.srid, 4258)


def _highest(connection: Connection, layer: Layer, served: bool) -> int:
    if not served:
        return 0
    return _count(connection, sql.SQL("SELECT coalesce(max(volgnummer), 0) FROM {}").format(layer.table))


def _rebuild(
    connection: Connection, layer: Layer, fresh: sql.Identifier, numbers: _Numbers, served: bool
) -> sql.Identifier:
    """Build the table beside: rows in geometry order, ended rows that are not pruned yet kept."""
    beside = sql.Identifier(layer.schema, f"{layer.name}__nieuw"[:63])
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(beside))
    tables.create(connection, layer, beside)
    highest = _highest(connection, layer, served)
    parts = [
        sql.SQL(
            "SELECT {highest} + row_number() OVER (ORDER BY n.{geometry}, n.{key}) AS volgnummer, {columns},"
            " {etrs89} AS geometrie_etrs89,"
            " {number}::bigint AS publicatie, NULL::bigint AS publicatie_tot, n.rij_hash FROM {fresh} n{unserved}"
        ).format(
            highest=sql.Literal(highest),
            geometry=sql.Identifier(GEOMETRY),
            key=sql.Identifier(KEY),
            columns=_columns(layer, "n"),
            etrs89=_etrs89(layer),
            number=sql.Literal(numbers.number),
            fresh=fresh,
            unserved=_not_served(layer) if served else sql.SQL(""),
        )
    ]
    if served:
        parts.append(_kept_rows(layer, fresh, numbers))
    connection.execute(
        sql.SQL(
            "INSERT INTO {beside} (volgnummer, {names}, geometrie_etrs89, publicatie, publicatie_tot, rij_hash)"
            " SELECT * FROM ({parts}) AS alles ORDER BY {geometry}"
        ).format(
            beside=beside,
            names=_names(layer),
            parts=sql.SQL(" UNION ALL ").join(parts),
            geometry=sql.Identifier(GEOMETRY),
        )
    )
    tables.finish(connection, layer, beside)
    return beside


def _not_served(layer: Layer) -> sql.Composed:
    return sql.SQL(
        " WHERE NOT EXISTS (SELECT FROM {table} o WHERE o.{key} = n.{key} AND o.rij_hash = n.rij_hash AND"
        " o.publicatie_tot IS NULL)"
    ).format(table=layer.table, key=sql.Identifier(KEY))


def _kept_rows(layer: Layer, fresh: sql.Identifier, numbers: _Numbers) -> sql.Composed:
    """Served rows that stay: unchanged ones as they are, ended ones until they are pruned, changed ones ended now."""
    return sql.SQL(
        "SELECT o.volgnummer, {columns}, o.geometrie_etrs89, o.publicatie,"
        " CASE WHEN o.publicatie_tot IS NULL AND n.{key} IS NULL THEN {number}::bigint ELSE o.publicatie_tot END,"
        " o.rij_hash"
        " FROM {table} o LEFT JOIN {fresh} n ON n.{key} = o.{key} AND n.rij_hash = o.rij_hash"
        " WHERE o.publicatie_tot IS NULL OR o.publicatie_tot > {pruned}"
    ).format(
        columns=_columns(layer, "o"),
        key=sql.Identifier(KEY),
        number=sql.Literal(numbers.number),
        table=layer.table,
        fresh=fresh,
        pruned=sql.Literal(numbers.pruned),
    )


def _pruned_up_to(connection: Connection) -> int:
    """The oldest publication that a cursor may still pin: rows that ended at it or before are pruned."""
    return _count(
        connection,
        sql.SQL(
            "SELECT coalesce(max(nummer), 0) FROM publiek.publicatie WHERE gemaakt_op < now() - {}::interval"
        ).format(sql.Literal(PRUNE_AFTER)),
    )


def _change(
    connection: Connection,
    layer: Layer,
    fresh: sql.Identifier,
    numbers: _Numbers,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """End the rows that are gone or changed and add the new ones; prune what ended long ago. With ``keys``, rows
    without one of these stay as they are."""
    connection.execute(
        sql.SQL(
            "UPDATE {table} o SET publicatie_tot = {number} WHERE o.publicatie_tot IS NULL{chosen} AND NOT EXISTS"
            " (SELECT FROM {fresh} n WHERE n.{key} = o.{key} AND n.rij_hash = o.rij_hash)"
        ).format(
            table=layer.table,
            number=sql.Literal(numbers.number),
            chosen=_and(keys, "o"),
            fresh=fresh,
            key=sql.Identifier(KEY),
        )
    )
    connection.execute(
        sql.SQL(
            "INSERT INTO {table} (volgnummer, {names}, geometrie_etrs89, publicatie, rij_hash)"
            " SELECT {highest} + row_number() OVER (ORDER BY n.{geometry}, n.{key}), {columns}, {etrs89}, {number},"
            " n.rij_hash"
            " FROM {fresh} n{unserved}"
        ).format(
            table=layer.table,
            names=_names(layer),
            highest=sql.Literal(_highest(connection, layer, served=True)),
            geometry=sql.Identifier(GEOMETRY),
            key=sql.Identifier(KEY),
            columns=_columns(layer, "n"),
            etrs89=_etrs89(layer),
            number=sql.Literal(numbers.number),
            fresh=fresh,
            unserved=_not_served(layer),
        )
    )
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE publicatie_tot <= {}").format(layer.table, sql.Literal(numbers.pruned))
    )


def _store_kept(connection: Connection, done: _Done, since: int) -> None:
    """The oldest publication of which this layer still holds every row."""
    connection.execute(
        "INSERT INTO publiek.laag_bewaard AS b (laag, vanaf) VALUES (%s, %s)"
        " ON CONFLICT (laag) DO UPDATE SET vanaf = greatest(b.vanaf, excluded.vanaf)",
        [done.layer.name, since],
    )


def _store_state(connection: Connection, done: _Done, number: int) -> None:
    """Count, extents, dates and coverage of a public layer, read by metadata instead of being counted per request."""
    layer, table = done.layer, done.beside or done.layer.table
    box = sql.SQL("ST_MakeEnvelope(ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b), {})")
    connection.execute(
        sql.SQL(
            "INSERT INTO publiek.laag_stand (laag, publicatie, aantal, omvang, omvang_etrs89)"
            " SELECT {name}, {number}, aantal, {rd}, {etrs89} FROM"
            " (SELECT count(*) AS aantal, ST_Extent({geometry}) AS b, ST_Extent(geometrie_etrs89) AS e FROM {table}"
            "  WHERE publicatie_tot IS NULL) AS telling"
            " ON CONFLICT (laag) DO UPDATE SET publicatie = excluded.publicatie, aantal = excluded.aantal, omvang ="
            " excluded.omvang, omvang_etrs89 = excluded.omvang_etrs89"
        ).format(
            name=sql.Literal(layer.name),
            number=sql.Literal(number),
            rd=box.format(sql.Literal(layer.srid)),
            etrs89=sql.SQL("ST_MakeEnvelope(ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e), 4258)"),
            geometry=sql.Identifier(GEOMETRY),
            table=table,
        )
    )
    standing.store_sources(connection, layer)
    standing.store_municipalities(connection, layer, table)
