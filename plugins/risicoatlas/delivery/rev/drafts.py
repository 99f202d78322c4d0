"""Drafts: messages that were judged and shown beside what is served, and are in no public layer before they are
published.

In: a :class:`~.writing.Write` and a message. Out: a :class:`Draft` with what each layer would show otherwise, worked
out by storing and publishing the message in a transaction that is undone. Drafts are seen by their owner, who alone
changes them, and by the organisations that the owner names.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql
from psycopg.rows import class_row

from risicoatlas.access.actor import Actor
from risicoatlas.database import Connection, reading
from risicoatlas.delivery.rev import reading as registered
from risicoatlas.delivery.rev import writing
from risicoatlas.delivery.rev.faults import RefusedError, refused
from risicoatlas.delivery.rev.writing import Stored, Write
from risicoatlas.imev import message as messages
from risicoatlas.imev.validate import flat_identification
from risicoatlas.loader.sources import imev
from risicoatlas.service import Service

# An owner that has so many open drafts has forgotten some.
MAX_OPEN = 200
MAX_SHARED = 50
# Of one preview: more is a message for a program.
MAX_SHAPES = 20_000
FILE_CHARACTERS = 120
# What differs for every registration, even where it says the same.
_OF_REGISTRATION = ("tijdstip_registratie", "publicatie", "publicatie_tot", "volgnummer", "rij_hash")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ORGANISATION = re.compile(r"[A-Za-z0-9_-]{1,40}")
_ALL = sql.SQL(
    "SELECT id::text, versie, bronhoudercode, bestand, methode, soort, identificatie, registratie, meldingen,"
    " gemaakt_op, gedeeld_met, gepubliceerd_op, gepubliceerd_als FROM beheer.imev_concept"
)
_ONE = sql.SQL("{} WHERE id = %s::uuid").format(_ALL)


@dataclass(frozen=True)
class Draft:
    """A draft; ``registratie`` is the registration that it was compared with, None for a new object. ``meldingen`` are
    remarks as they were told, in both languages."""

    id: str
    versie: int
    bronhoudercode: str
    bestand: str | None
    methode: str
    soort: str
    identificatie: str
    registratie: int | None
    meldingen: list[dict[str, Any]]
    gemaakt_op: datetime
    gedeeld_met: list[str]
    gepubliceerd_op: datetime | None
    gepubliceerd_als: int | None

    def belongs_to(self, actor: Actor) -> bool:
        """Whether the actor may change it; others read it."""
        return actor.organisation == self.bronhoudercode

    def visible_to(self, actor: Actor) -> bool:
        """Whether the actor may read it, as the policy on the table has it."""
        return self.belongs_to(actor) or actor.organisation in self.gedeeld_met


@dataclass(frozen=True)
class Effect:
    """How many objects of the root a layer shows no longer, shows anew, and goes on showing."""

    laag: str
    toegevoegd: int
    beeindigd: int
    gelijk: int


@dataclass(frozen=True)
class Outline:
    """An object of a layer as a path of SVG, in metres from the north-west corner of all of them."""

    laag: str
    wijziging: str
    path: str


@dataclass(frozen=True)
class Picture:
    """All outlines in one drawing of ``width_m`` by ``height_m``, with the north-west corner in EPSG:28992."""

    west: float
    north: float
    width_m: float
    height_m: float
    outlines: tuple[Outline, ...]


# --- made and changed by the owner ------------------------------------------------------------------------------------


def make(service: Service, asked: Write, content: bytes, file: str | None = None) -> str:
    """Judge a message and keep it as a draft; gives its id. Raises :class:`~.faults.RefusedError` with every finding of
    a message that could not be published as it is; nothing is kept then."""
    judged = writing.judge(service, content)
    root = str(flat_identification(judged.message))
    sort = str(imev.validator_of(service.settings).model.sort(judged.message["entityType"]))
    asked = replace(asked, sort=sort, identification=None, validate_only=False)
    writing.refuse_misplaced(service, asked, judged)
    with writing.acting(service, asked) as connection:
        _refuse_too_many(connection, asked.actor)
        known = registered.current(connection, root)
        asked = replace(asked, method="POST" if known is None else "PUT", identification=root if known else None)
        writing.refuse_state(asked, known)
        with connection.transaction(force_rollback=True):
            before = _newest(connection)
            stored = writing.store(connection, service, asked, judged, hashlib.sha256(content).digest())
            shapes = _shapes(connection, service, asked, root, before)
        made = _kept(connection, asked, stored, (root, known.nummer if known else None), file)
        with connection.cursor() as cursor:
            cursor.executemany(_SHAPE, [(made, number, *shape) for number, shape in enumerate(shapes)])
        _audit(connection, asked, made, "gemaakt")
    return made


_SHAPE: LiteralString = (
    "INSERT INTO beheer.imev_concept_vorm (concept, nummer, laag, wijziging, identificatie, naam, geometrie)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s)"
)


def share(service: Service, asked: Write, name: str, organisations: Sequence[str]) -> None:
    """Name the organisations that may read it, in place of those named before."""
    wrong = [item for item in organisations if not _ORGANISATION.fullmatch(item)]
    if wrong or len(organisations) > MAX_SHARED:
        found = wrong[0][:60] if wrong else len(organisations)
        raise refused(
            400, "organisatie", "$.organisaties",
            f"gevonden {found!r}, verwacht hoogstens {MAX_SHARED} codes van letters, cijfers, - en _",
            f"found {found!r}, expected at most {MAX_SHARED} codes of letters, digits, - and _",
        )  # fmt: skip
    with writing.acting(service, asked) as connection:
        _locked(connection, asked, name)
        connection.execute(
            "UPDATE beheer.imev_concept SET gedeeld_met = %s, versie = versie + 1 WHERE id = %s::uuid",
            [sorted(set(organisations) - {asked.actor.organisation}), name],
        )
        _audit(connection, asked, name, "gedeeld")


def discard(service: Service, asked: Write, name: str) -> None:
    """Take it away; the audit trail keeps that it was there."""
    with writing.acting(service, asked) as connection:
        _locked(connection, asked, name)
        connection.execute("DELETE FROM beheer.imev_concept WHERE id = %s::uuid", [name])
        _audit(connection, asked, name, "verworpen")


def publish(service: Service, asked: Write, name: str) -> tuple[Draft, Stored]:
    """Register the message and publish it, in one transaction with the end of the draft. 412 where the object was
    registered otherwise since the draft was made."""
    with writing.acting(service, asked) as connection:
        draft = _locked(connection, asked, name)
        content = _content(connection, name).encode()
        write = replace(
            asked,
            method=draft.methode,
            sort=draft.soort,
            identification=draft.identificatie if draft.methode == "PUT" else None,
            versions=None if draft.registratie is None else (draft.registratie,),
        )
        judged = writing.judge(service, content)
        writing.refuse_misplaced(service, write, judged)
        writing.refuse_state(write, registered.current(connection, draft.identificatie))
        stored = writing.store(connection, service, write, judged, hashlib.sha256(content).digest())
        connection.execute(
            "UPDATE beheer.imev_concept SET gepubliceerd_op = clock_timestamp(), gepubliceerd_als = %s,"
            " versie = versie + 1 WHERE id = %s::uuid",
            [stored.number, name],
        )
        _audit(connection, asked, name, "gepubliceerd")
    return draft, stored


def _refuse_too_many(connection: Connection, actor: Actor) -> None:
    row = connection.execute(
        "SELECT count(*) FROM beheer.imev_concept WHERE bronhoudercode = %s AND gepubliceerd_op IS NULL",
        [actor.organisation],
    ).fetchone()
    if row and row[0] >= MAX_OPEN:
        raise refused(
            400, "te_veel_concepten", "$",
            f"er staan al {MAX_OPEN} concepten open: publiceer of verwerp er eerst een",
            f"{MAX_OPEN} drafts are open already: publish or discard one first",
        )  # fmt: skip


def _newest(connection: Connection) -> int:
    row = connection.execute("SELECT coalesce(max(nummer), 0) FROM publiek.publicatie").fetchone()
    return int(row[0]) if row else 0


def _shapes(
    connection: Connection, service: Service, asked: Write, root: str, before: int
) -> list[tuple[str, str, str, str | None, str]]:
    """What public layers show of the root, in the transaction that published the draft after publication ``before``."""
    shown = [layer for layer in service.catalogue if asked.sort in layer.changed_by and not layer.restricted]
    form: LiteralString = (
        "(SELECT {layer} AS laag, CASE WHEN publicatie_tot IS NOT NULL THEN 'beeindigd' WHEN publicatie > {before}"
        " THEN 'toegevoegd' ELSE 'gelijk' END AS wijziging, identificatie, naam, geometrie::text AS geometrie,"
        " md5((to_jsonb(r) - {unlike}::text[])::text) AS inhoud FROM {table} AS r WHERE {column} = {root}"
        " AND (publicatie_tot IS NULL OR publicatie_tot > {before}) AND NOT ST_IsEmpty(geometrie))"
    )
    parts = [
        sql.SQL(form).format(
            layer=sql.Literal(layer.name),
            before=sql.Literal(before),
            table=layer.table,
            column=sql.Identifier(layer.changed_by[asked.sort]),
            root=sql.Literal(root),
            unlike=sql.Literal([*_OF_REGISTRATION]),
        )
        for layer in shown
    ]
    if not parts:
        return []
    query = sql.SQL(
        "SELECT laag, CASE WHEN beide THEN 'gelijk' ELSE wijziging END, identificatie, naam, geometrie"
        " FROM (SELECT *, min(wijziging) OVER zelfde <> max(wijziging) OVER zelfde AS beide FROM ({}) AS rij"
        " WINDOW zelfde AS (PARTITION BY laag, identificatie, inhoud)) AS rij"
        " WHERE NOT (beide AND wijziging = 'beeindigd') LIMIT {}"
    ).format(sql.SQL(" UNION ALL ").join(parts), sql.Literal(MAX_SHAPES + 1))
    found = connection.execute(query).fetchall()
    if len(found) > MAX_SHAPES:
        raise refused(
            400, "te_groot_voor_concept", "$",
            f"het bericht geeft meer dan {MAX_SHAPES} objecten in de lagen: lever het rechtstreeks aan",
            f"the message gives more than {MAX_SHAPES} objects in the layers: deliver it straight away",
        )  # fmt: skip
    return found


def _kept(connection: Connection, asked: Write, stored: Stored, known: tuple[str, int | None], file: str | None) -> str:
    told = [{"nl": item.told("nl"), "en": item.told("en")} for item in stored.remarks]
    row = connection.execute(
        "INSERT INTO beheer.imev_concept (bronhoudercode, bestand, methode, soort, identificatie, registratie, inhoud,"
        " meldingen, gemaakt_door) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id::text",
        [
            stored.message["bronhoudercode"],
            file[:FILE_CHARACTERS] if file else None,
            asked.method,
            asked.sort,
            *known,
            messages.canonical(stored.message),
            json.dumps(told, ensure_ascii=False),
            asked.actor.key_id,
        ],
    ).fetchone()
    return str(row[0]) if row else ""


def _locked(connection: Connection, asked: Write, name: str) -> Draft:
    """The draft, for its owner, who means the version that is there, and as long as it is one."""
    if not _UUID.fullmatch(name):
        raise _absent()
    with connection.cursor(row_factory=class_row(Draft)) as cursor:
        found = cursor.execute(sql.SQL("{} FOR UPDATE").format(_ONE), [name]).fetchone()
    if found is None or not found.visible_to(asked.actor):
        raise _absent()
    if not (found.belongs_to(asked.actor) and asked.decision.reaches(found.bronhoudercode)):
        raise refused(
            401, "niet_eigenaar", "$", "dit concept is van een andere bronhouder", "this draft is another bronhouder's"
        )
    if found.gepubliceerd_op is not None:
        raise refused(412, "al_gepubliceerd", "$", "dit concept is al gepubliceerd", "this draft was published already")
    if asked.versions is not None and found.versie not in asked.versions:
        raise refused(
            412, "andere_versie", "If-Match",
            f"het concept heeft nu versie {found.versie}: lees het opnieuw",
            f"the draft is at version {found.versie} now: read it again",
        )  # fmt: skip
    return found


def _content(connection: Connection, name: str) -> str:
    row = connection.execute("SELECT inhoud FROM beheer.imev_concept WHERE id = %s::uuid", [name]).fetchone()
    return str(row[0]) if row else ""


def _audit(connection: Connection, asked: Write, name: str, what: str) -> None:
    connection.execute(
        "INSERT INTO beheer.audit (verzoek_id, sleutel_id, organisatie, handeling, onderwerp, uitkomst)"
        " VALUES (%s, %s, %s, %s, %s, 'gelukt')",
        [asked.request_id, asked.actor.key_id, asked.actor.organisation, f"concept {what}", name],
    )


def _absent() -> RefusedError:
    return refused(404, "niet_gevonden", "$", "dit concept bestaat niet", "this draft does not exist")


# --- read by the owner and whom it names ------------------------------------------------------------------------------


def listed(service: Service, actor: Actor) -> list[Draft]:
    """The drafts that the actor may read, the newest first; at most twice as many as an owner may have open."""
    query = sql.SQL("{} ORDER BY gemaakt_op DESC LIMIT %s").format(_ALL)
    with _seen_by(service, actor) as connection, connection.cursor(row_factory=class_row(Draft)) as cursor:
        return cursor.execute(query, [2 * MAX_OPEN]).fetchall()


def read(service: Service, actor: Actor, name: str) -> tuple[Draft, str, list[Effect]]:
    """A draft, its message in canonical JSON, and what layers would show otherwise (or do, once it was published)."""
    if not _UUID.fullmatch(name):
        raise _absent()
    with _seen_by(service, actor) as connection:
        with connection.cursor(row_factory=class_row(Draft)) as cursor:
            found = cursor.execute(_ONE, [name]).fetchone()
        if found is None:
            raise _absent()
        with connection.cursor(row_factory=class_row(Effect)) as cursor:
            effects = cursor.execute(
                "SELECT laag, count(*) FILTER (WHERE wijziging = 'toegevoegd') AS toegevoegd,"
                " count(*) FILTER (WHERE wijziging = 'beeindigd') AS beeindigd,"
                " count(*) FILTER (WHERE wijziging = 'gelijk') AS gelijk"
                " FROM beheer.imev_concept_vorm WHERE concept = %s::uuid GROUP BY laag ORDER BY laag",
                [name],
            ).fetchall()
        return found, _content(connection, name), effects


def picture(service: Service, actor: Actor, name: str) -> Picture | None:
    """What layers show now and would show, drawn; None where nothing of it has a place. A point is a square."""
    if not _UUID.fullmatch(name):
        raise _absent()
    with _seen_by(service, actor) as connection:
        rows = connection.execute(_PICTURE, {"concept": name}).fetchall()
    if not rows:
        return None
    west, north, width_m, height_m = rows[0][3:]
    return Picture(
        west, north, width_m, height_m, tuple(Outline(layer, change, path) for layer, change, path, *_ in rows)
    )


# The same shape in several layers is drawn once; margins are a twentieth of the longer side.
_PICTURE: LiteralString = """
WITH vorm AS (
  SELECT DISTINCT ON (wijziging, ST_AsBinary(geometrie)) laag, wijziging, nummer, geometrie
  FROM beheer.imev_concept_vorm WHERE concept = %(concept)s::uuid ORDER BY wijziging, ST_AsBinary(geometrie), nummer),
omvang AS (
  SELECT ST_XMin(e) - m AS x, ST_YMax(e) + m AS y, ST_XMax(e) - ST_XMin(e) + 2 * m AS breed,
    ST_YMax(e) - ST_YMin(e) + 2 * m AS hoog, m
  FROM (SELECT e, greatest(ST_XMax(e) - ST_XMin(e), ST_YMax(e) - ST_YMin(e), 20) / 20 AS m
    FROM (SELECT ST_Extent(geometrie) AS e FROM vorm) AS alles) AS rand)
SELECT laag, wijziging,
  ST_AsSVG(ST_Translate(
    CASE ST_Dimension(geometrie) WHEN 0 THEN ST_Envelope(ST_Buffer(geometrie, m / 4)) ELSE geometrie END,
    -x, -y), 0, 1),
  x, y, breed, hoog
FROM vorm CROSS JOIN omvang
ORDER BY array_position(ARRAY['gelijk', 'beeindigd', 'toegevoegd'], wijziging), ST_Area(geometrie) DESC, nummer
"""


def _seen_by(service: Service, actor: Actor) -> AbstractContextManager[Connection]:
    """A read-only transaction whose policies let through what this organisation may read."""
    organisation = actor.organisation or ""
    return reading(service.pool, role="ra_delivery", areas="" if "," in organisation else organisation)
