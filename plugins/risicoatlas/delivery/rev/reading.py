"""What is registered, read for who asks: one object, its history, a page of a list or of what was searched for.

In: a connection of ``ra_delivery``, which sees what is public and what is the asker's own. A *version* is one
registration of a root object with all below it; its number is that of the root in ``register.imev_object``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from risicoatlas.database import Connection
from risicoatlas.imev.validate import Validator

Message = dict[str, Any]
# Of a version: whether a later one says something else of the same period, so that it was wrong.
_CORRECTED = (
    "EXISTS (SELECT FROM register.imev_object l WHERE l.identificatie = w.identificatie AND l.nummer > w.nummer"
    " AND l.ouder IS NULL AND l.begin_geldigheid = w.begin_geldigheid)"
)
_VERSION = (
    "w.nummer, w.identificatie, w.soort, w.bronhoudercode, w.tijdstip_registratie, w.eind_registratie,"
    " coalesce(w.eind_geldigheid <= now(), false) AS ended"
)


@dataclass(frozen=True)
class Version:
    """One registration; ``ended`` says that its validity is over."""

    nummer: int
    identificatie: str
    soort: str
    bronhoudercode: str
    tijdstip_registratie: datetime
    eind_registratie: datetime | None
    ended: bool
    corrected: bool = False


@dataclass(frozen=True)
class Page:
    """Which part of the answer is wanted; numbers count from 0."""

    number: int
    size: int


@dataclass(frozen=True)
class Search:
    """Which roots are meant; ``geometry`` is hexadecimal EWKB in EPSG:28992.

    An object below the root meets ``geometry`` and ``types`` together. Without moments it is what is registered and
    valid now; ``corrected`` adds versions that were replaced.
    """

    geometry: str | None = None
    types: tuple[str, ...] | None = None
    registered: datetime | None = None
    valid: datetime | None = None
    corrected: bool = False
    owner: str | None = None


def current(connection: Connection, identification: str) -> Version | None:
    """The version of a root that is registered now, ended or not."""
    return _version(connection, "w.identificatie = %s AND w.eind_registratie IS NULL", identification)


def version(connection: Connection, identification: str, number: int) -> Version | None:
    """The version of that number, if it is one of this object."""
    return _version(connection, "w.identificatie = %s AND w.nummer = %s", identification, number)


def _version(connection: Connection, condition: str, *values: object) -> Version | None:
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        statement = sql.SQL("SELECT {} FROM register.imev_object w WHERE w.ouder IS NULL AND {}")
        return cursor.execute(statement.format(sql.SQL(_VERSION), sql.SQL(condition)), values).fetchone()


def history(connection: Connection, identification: str, sort: str, page: Page, *, corrected: bool) -> list[Version]:
    """The versions of an object, newest first; ``corrected`` adds those that a later one corrects."""
    statement = sql.SQL(
        "SELECT {version}, {corrected} AS corrected FROM register.imev_object w"
        " WHERE w.identificatie = %(id)s AND w.ouder IS NULL AND w.soort = %(soort)s AND (%(alle)s OR NOT {corrected})"
        " ORDER BY w.nummer DESC LIMIT %(size)s OFFSET %(skip)s"
    ).format(version=sql.SQL(_VERSION), corrected=sql.SQL(_CORRECTED))
    values = {
        "id": identification,
        "soort": sort,
        "alle": corrected,
        "size": page.size,
        "skip": page.number * page.size,
    }
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(statement, values).fetchall()


def search(connection: Connection, sort: str, wanted: Search, page: Page) -> tuple[int, list[Version]]:
    """How many versions there are in all, and those of the page, in the order of their identification."""
    where = _condition(wanted)
    values = {
        "soort": sort,
        "geometrie": wanted.geometry,
        "typen": list(wanted.types or ()),
        "registratie": wanted.registered,
        "geldig": wanted.valid,
        "bronhouder": wanted.owner,
        "size": page.size,
        "skip": page.number * page.size,
    }
    count = sql.SQL("SELECT count(*) FROM register.imev_object w WHERE {}").format(where)
    rows = sql.SQL(
        "SELECT {version} FROM register.imev_object w WHERE {where} ORDER BY w.identificatie, w.nummer"
        " LIMIT %(size)s OFFSET %(skip)s"
    ).format(version=sql.SQL(_VERSION), where=where)
    row = connection.execute(count, values).fetchone()
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return int(row[0]) if row else 0, cursor.execute(rows, values).fetchall()


def _condition(wanted: Search) -> sql.Composed:
    tests = [sql.SQL("w.ouder IS NULL AND w.soort = %(soort)s")]
    if wanted.registered is not None:
        tests.append(sql.SQL("w.tijdstip_registratie <= %(registratie)s"))
    if not wanted.corrected:
        tests.append(
            sql.SQL("w.eind_registratie IS NULL")
            if wanted.registered is None
            else sql.SQL("(w.eind_registratie IS NULL OR w.eind_registratie > %(registratie)s)")
        )
    moment = "coalesce(%(geldig)s::timestamptz, now())"
    tests.append(
        sql.SQL(f"w.begin_geldigheid <= {moment} AND (w.eind_geldigheid IS NULL OR w.eind_geldigheid > {moment})")
    )
    if wanted.owner is not None:
        tests.append(sql.SQL("w.bronhoudercode = %(bronhouder)s"))
    inner = []
    if wanted.types is not None:
        inner.append(sql.SQL("o.entity_type = ANY (%(typen)s)"))
    if wanted.geometry is not None:
        # a building that was delivered stands where its pand does
        inner.append(
            sql.SQL(
                "(ST_Intersects(o.geometrie, %(geometrie)s::geometry) OR o.kenmerken ->> 'idPandBAG' IN (SELECT"
                " p.identificatie FROM register.pand p WHERE ST_Intersects(p.geometrie, %(geometrie)s::geometry)))"
            )
        )
    if inner:
        below = sql.SQL("w.nummer IN (SELECT o.wortel FROM register.imev_object o WHERE {})")
        tests.append(below.format(sql.SQL(" AND ").join(inner)))  # type: ignore[arg-type]
    return sql.SQL(" AND ").join(tests)


def contents(connection: Connection, numbers: list[int], validator: Validator) -> dict[int, str]:
    """The messages of these versions as they were delivered, in canonical JSON."""
    rows = connection.execute(
        "SELECT wortel, inhoud FROM register.imev_bericht WHERE wortel = ANY (%s)", [numbers]
    ).fetchall()
    found: dict[int, str] = dict(rows)
    for number in numbers:
        if number not in found:
            found[number] = json.dumps(_rebuilt(connection, number, validator), sort_keys=True, ensure_ascii=False)
    return found


def _rebuilt(connection: Connection, number: int, validator: Validator) -> Message:
    """A message that was stored before messages were kept: the same objects and values, out of the register."""
    rows = connection.execute(
        "SELECT nummer, ouder, soort, entity_type, kenmerken || geen_waarde, ST_AsGeoJSON(geometrie, 3, 0)::jsonb,"
        " afstand_m, imev_versie FROM register.imev_object WHERE wortel = %s ORDER BY nummer",
        [number],
    ).fetchall()
    made: dict[int, Message] = {}
    for own, parent, sort, name, values, geometry, distance, imev_version in rows:
        made[own] = {**values, **_extent(sort, geometry, distance)}
        if parent is not None:
            above = made[parent]
            relation = validator.relation(above["entityType"], imev_version)
            if relation is not None:
                above.setdefault(relation.name, []).append(made[own])
        made[own]["entityType"] = name
    return made[number]


def _extent(sort: str, geometry: Mapping[str, Any] | None, distance: float | None) -> Message:
    if sort == "contour":
        return {"afstandOfGeometrie": {"afstand": distance} if geometry is None else {"geometrie": geometry}}
    return {} if geometry is None else {"geometrie": geometry}
