"""What a municipality reads of its own KGL: state, buildings, corrections and events, as dictionaries for JSON.

In: a connection that sees the municipality (``risicoatlas.areas``), as ``ra_delivery`` or the owner; a code, a filter.
Out: plain values. Times are ISO 8601 in Dutch time. Nothing is written here.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from risicoatlas.database import Connection
from risicoatlas.errors import NotFoundError

CATEGORIES = ("zeerKwetsbaar", "kwetsbaar", "beperktKwetsbaar", "niet_bepaald")
VARIANTS = ("automatisch", "handmatig")
STATES = ("voorgesteld", "in_eigendom", "gevalideerd", "gepubliceerd", "ingetrokken")
# A pseudo function: a hit in a register that reaches any building. It has no BAG function to validate.
REGISTER = "register"
Value = dict[str, Any]


@dataclass(frozen=True)
class Filter:
    """Which buildings of a list; None leaves a criterion out. ``after`` is the last pand of the page before."""

    category: str | None = None
    function: str | None = None
    corrected: bool | None = None
    draft: bool | None = None
    proposal_changed: bool | None = None
    warning: str | None = None
    after: str = ""
    limit: int = 100


@lru_cache
def statement(name: str) -> sql.SQL:
    """A named file of ``kgl/sql``."""
    return sql.SQL((resources.files("risicoatlas.kgl") / "sql" / name).read_text(encoding="utf-8"))


def etag(value: Mapping[str, Any]) -> str:
    """A strong ETag, without quotes: the same content is the same version, whoever made it."""
    text = json.dumps(value, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def state(connection: Connection, code: str) -> Value:
    """Where the municipality stands; raises :class:`NotFoundError` where nothing of it is known."""
    row = connection.execute(statement("state.sql"), {"gemeente": code}).fetchone()
    found: Value = row[0] if row else {}
    if not found or (found["naam"] is None and not found["gebouwen"] and found["overgenomen_op"] is None):
        raise NotFoundError(f"er zijn geen gegevens van gemeente {code}", "gemeentecode")
    done = [item for item in found["functies"] if item["gevalideerd_op"]]
    found["voortgang"] = {"functies": len(found["functies"]), "gevalideerd": len(done)}
    found["toestand"] = _state_of(found)
    return found


def known(connection: Connection, code: str) -> None:
    """Raise :class:`NotFoundError` for a municipality of which nothing is known."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM register.gemeente WHERE gemeentecode = %(code)s)"
        " OR EXISTS (SELECT FROM register.kgl_gemeente WHERE gemeentecode = %(code)s)"
        " OR EXISTS (SELECT FROM register.kgl_gebouw WHERE gemeentecode = %(code)s)",
        {"code": code},
    ).fetchone()
    if not row or not row[0]:
        raise NotFoundError(f"er zijn geen gegevens van gemeente {code}", "gemeentecode")


def _state_of(found: Value) -> str:
    if found["gepubliceerd_op"]:
        return "gepubliceerd"
    if found["ingetrokken_op"]:
        return "ingetrokken"
    progress = found["voortgang"]
    if found["gevalideerd_op"] and progress["gevalideerd"] == progress["functies"]:
        return "gevalideerd"
    return "in_eigendom" if found["overgenomen_op"] else "voorgesteld"


def functions(found: Value) -> list[str]:
    """The gebruiksfuncties that occur in the municipality."""
    return [item["functie"] for item in found["functies"]]


def buildings(connection: Connection, code: str, wanted: Filter) -> list[Value]:
    """A page of buildings in the order of their numbers: one more than the limit where there are more."""
    conditions, values = _conditions(code, wanted)
    query = sql.SQL(
        "SELECT pand, identificatie, categorie, voorstel, functie, regel, waarschuwingen, geldt_voor, correctie,"
        " voorstel_gewijzigd, concept, vastgesteld FROM register.kgl_gebouw g WHERE {} ORDER BY pand LIMIT {}"
    ).format(sql.SQL(" AND ").join(conditions), sql.Literal(wanted.limit + 1))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def _conditions(code: str, wanted: Filter) -> tuple[list[sql.SQL], Value]:
    rows: Sequence[tuple[sql.SQL, str, object]] = (
        (sql.SQL("gemeentecode = %(gemeente)s"), "gemeente", code),
        (sql.SQL("pand > %(na)s"), "na", wanted.after or None),
        (sql.SQL("categorie = %(categorie)s"), "categorie", wanted.category),
        (
            sql.SQL(
                "EXISTS (SELECT FROM register.kgl_gebouw_functie f WHERE f.pand = g.pand AND f.functie = %(functie)s)"
            ),
            "functie",
            wanted.function,
        ),
        (sql.SQL("(correctie IS NOT NULL) = %(gecorrigeerd)s"), "gecorrigeerd", wanted.corrected),
        (sql.SQL("concept = %(concept)s"), "concept", wanted.draft),
        (sql.SQL("voorstel_gewijzigd = %(gewijzigd)s"), "gewijzigd", wanted.proposal_changed),
        (sql.SQL("%(waarschuwing)s = ANY (waarschuwingen)"), "waarschuwing", wanted.warning),
    )
    used = [(condition, name, value) for condition, name, value in rows if value is not None]
    return [condition for condition, _, _ in used], {name: value for _, name, value in used}


def building(connection: Connection, code: str, pand: str) -> Value:
    """One building of the municipality; one of another is absent like one that does not exist."""
    row = connection.execute(statement("building.sql"), {"gemeente": code, "pand": pand}).fetchone()
    if row is None:
        raise NotFoundError(f"gemeente {code} heeft geen gebouw {pand} met een label", "pand")
    found: Value = row[0]
    return found


def corrections(connection: Connection, code: str, after: int, limit: int, *, everything: bool) -> list[Value]:
    """Corrections in the order in which they were made, those that have ended only where ``everything`` is asked.

    ``gebouw_aanwezig`` is false for a correction on a building that no longer has a label: it is kept.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT c.nummer, c.pand, c.categorie_voorstel AS voorstel, c.categorie, c.reden, c.bron, c.sleutel_id,"
            " c.organisatie, to_json(c.tijdstip) AS tijdstip, to_json(c.gepubliceerd_op) AS gepubliceerd_op,"
            " to_json(c.vervallen_op) AS vervallen_op, c.vervallen_door, g.voorstel AS voorstel_nu,"
            " g.pand IS NOT NULL AS gebouw_aanwezig, coalesce(g.concept, false) AS concept"
            " FROM register.kgl_correctie c"
            " LEFT JOIN register.kgl_gebouw g ON g.pand = c.pand AND g.gemeentecode = %(code)s"
            # a building may have come from another municipality since
            " WHERE (c.gemeentecode = %(code)s OR g.pand IS NOT NULL) AND c.nummer > %(after)s"
            " AND (%(everything)s OR c.vervallen_op IS NULL) ORDER BY c.nummer LIMIT %(limit)s",
            {"code": code, "after": after, "everything": everything, "limit": limit + 1},
        ).fetchall()


def events(connection: Connection, code: str, after: int, limit: int) -> list[Value]:
    """What happened, from the beginning on."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT nummer, soort, to_json(tijdstip) AS tijdstip, sleutel_id, organisatie, gegevens"
            " FROM register.kgl_gebeurtenis WHERE gemeentecode = %s AND nummer > %s ORDER BY nummer LIMIT %s",
            [code, after, limit + 1],
        ).fetchall()
