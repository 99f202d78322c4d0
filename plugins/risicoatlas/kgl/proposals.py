"""Proposals of a run to the municipalities, and what these decide: approve, reject, or leave waiting.

In: an owner's connection, inside the transaction of the caller. Out: rows of ``register.kgl_wijziging`` with their
events. Municipalities with the automatic variant decide nothing: the next publication takes their proposals in. With
the manual variant proposals wait until they are offered, by the rhythm of ``config/kgl.yaml``, and then until somebody
decides; what is rejected leaves the public version as it is.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import LiteralString

from psycopg import sql
from psycopg.rows import class_row

from risicoatlas.database import Connection
from risicoatlas.errors import NotFoundError, RequestError
from risicoatlas.kgl import acts, established
from risicoatlas.kgl.acts import Act
from risicoatlas.kgl.settings import Settings
from risicoatlas.rules import inputs

PACKAGE = "risicoatlas.kgl"
# Of more changes at once an event tells the number, and of these which.
NOTED = 1_000


@dataclass(frozen=True)
class Selection:
    """Which of the offered changes: those of these numbers, or with this function, or without either all."""

    numbers: tuple[int, ...] | None = None
    function: str | None = None


@dataclass(frozen=True)
class Proposal:
    """One proposed change of a building."""

    nummer: int
    run: int
    gemeentecode: str
    pand: str
    functie: str | None
    soort: str
    oude_categorie: str | None
    nieuwe_categorie: str | None
    oude_regel: str | None
    nieuwe_regel: str | None
    status: str
    aangeboden_op: datetime.datetime | None
    besloten_op: datetime.datetime | None
    organisatie: str | None


@dataclass(frozen=True)
class Decided:
    """How many changes were decided, and how many changed since they were proposed and wait for the next run."""

    decided: int
    changed_meanwhile: int = 0


def offered(connection: Connection, municipality: str) -> list[Proposal]:
    """The changes that wait for a decision of the municipality, in the order of their numbers."""
    with connection.cursor(row_factory=class_row(Proposal)) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT {} FROM register.kgl_wijziging WHERE gemeentecode = %s AND status = 'wacht'"
                " AND aangeboden_op IS NOT NULL ORDER BY nummer"
            ).format(columns_of(Proposal)),
            [municipality],
        ).fetchall()


@dataclass(frozen=True)
class Filter:
    """Which changes of a municipality: with a status (``aangeboden``: those that await a decision), of a run, after a
    number, and at most so many."""

    status: str
    run: int | None = None
    after: int = 0
    limit: int = 100


def listed(connection: Connection, municipality: str, wanted: Filter) -> list[Proposal]:
    """The changes that meet the filter, in the order of their numbers."""
    with connection.cursor(row_factory=class_row(Proposal)) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT {} FROM register.kgl_wijziging WHERE gemeentecode = %(code)s AND nummer > %(na)s"
                " AND (%(run)s::bigint IS NULL OR run = %(run)s)"
                " AND CASE %(status)s WHEN 'aangeboden' THEN status = 'wacht' AND aangeboden_op IS NOT NULL"
                " ELSE status = %(status)s END ORDER BY nummer LIMIT %(limit)s"
            ).format(columns_of(Proposal)),
            {
                "code": municipality,
                "na": wanted.after,
                "run": wanted.run,
                "status": wanted.status,
                "limit": wanted.limit,
            },
        ).fetchall()


def columns_of(row: type) -> sql.Composable:
    """The columns of a row class, by the names of its fields."""
    return sql.SQL(", ").join(sql.Identifier(item.name) for item in fields(row))


def approve(connection: Connection, act: Act, selection: Selection) -> Decided:
    """Establish the selected changes of the municipality of the act; the next publication shows them.

    Raises :class:`NotFoundError` for a number that is not among the offered changes. A change that the register has
    overtaken since is not established: it waits for the next run.
    """
    chosen = _selected(connection, act.code, selection)
    same = _still_proposed(connection, chosen)
    approved = [item for item in chosen if item.pand in same]
    if approved:
        established.establish(connection, [act.code], [item.pand for item in approved], drafts=False)
        _decide(connection, act, approved, "goedgekeurd")
    return Decided(len(approved), len(chosen) - len(approved))


def reject(connection: Connection, act: Act, selection: Selection) -> Decided:
    """Leave the public version of the selected buildings as it is; the same change is not proposed again.

    Raises :class:`NotFoundError` for a number that is not among the offered changes.
    """
    chosen = _selected(connection, act.code, selection)
    if chosen:
        _decide(connection, act, chosen, "afgewezen")
    return Decided(len(chosen))


def propose(connection: Connection, run: int, panden: Sequence[str] | None) -> tuple[int, int]:
    """Write what a run changes in established versions, of these buildings or of all; gives how many proposals are new
    and how many corrections stand against a changed label."""
    rows = connection.execute(
        "SELECT gemeentecode, variant = 'handmatig' FROM register.kgl_gemeente"
        " WHERE gepubliceerd_op IS NOT NULL AND vastgesteld_op IS NOT NULL"
    ).fetchall()
    codes, manual = [code for code, _ in rows], [code for code, by_hand in rows if by_hand]
    # of a municipality that withdrew its data nothing is left to decide
    connection.execute(
        "UPDATE register.kgl_wijziging SET status = 'achterhaald' WHERE status = 'wacht' AND gemeentecode <> ALL (%s)",
        [codes],
    )
    if not codes:
        return 0, 0
    values = {
        "gemeenten": codes,
        "handmatig": manual,
        "panden": None if panden is None else list(panden),
        "run": run,
    }
    inputs.run(connection, "differences_established.sql", package=PACKAGE, **values)
    proposed = inputs.run(connection, "propose.sql", package=PACKAGE, **values)
    kept = inputs.run(connection, "kept.sql", package=PACKAGE, **values)
    connection.execute("DROP TABLE pg_temp.kgl_voorstel")
    if proposed:
        _notify(connection, "gepubliceerd", "status = 'overgenomen' AND run = %(run)s", {"run": run})
    return proposed, kept


def offer(connection: Connection, settings: Settings, today: datetime.date) -> list[str]:
    """Offer what waits, to municipalities with the manual variant whose moment has come; gives their codes."""
    rows = connection.execute(
        "SELECT k.gemeentecode, coalesce((SELECT max(w.aangeboden_op) FROM register.kgl_wijziging w"
        " WHERE w.gemeentecode = k.gemeentecode), k.vastgesteld_op)::date"
        " FROM register.kgl_gemeente k WHERE k.variant = 'handmatig' AND k.vastgesteld_op IS NOT NULL"
        " AND EXISTS (SELECT FROM register.kgl_wijziging w WHERE w.gemeentecode = k.gemeentecode AND w.status = 'wacht'"
        " AND w.aangeboden_op IS NULL) ORDER BY 1"
    ).fetchall()
    due = [code for code, since in rows if is_due(settings.rhythm_of(code), since, today)]
    if due:
        connection.execute(
            "UPDATE register.kgl_wijziging SET aangeboden_op = clock_timestamp()"
            " WHERE gemeentecode = ANY (%s) AND status = 'wacht' AND aangeboden_op IS NULL",
            [due],
        )
        ask_validation(connection, due)
        waiting: LiteralString = "status = 'wacht' AND gemeentecode = ANY (%(codes)s)"
        _notify(connection, "aangeboden", waiting, {"codes": due}, ready=True)
    return due


def is_due(rhythm: str, since: datetime.date, today: datetime.date) -> bool:
    """Whether a period of the rhythm began after ``since``, up to and including today."""
    begin = {
        "dagelijks": today,
        "wekelijks": today - datetime.timedelta(days=today.weekday()),
        "maandelijks": today.replace(day=1),
    }.get(rhythm)
    return begin is None or begin > since


def followed(connection: Connection) -> list[str]:
    """After a publication took in what needs nobody's approval and what was approved: tell the municipalities, and ask
    those with the automatic variant to validate. Gives the codes of the latter."""
    connection.execute("UPDATE register.kgl_wijziging SET status = 'gepubliceerd' WHERE status = 'goedgekeurd'")
    rows = connection.execute(
        "UPDATE register.kgl_bericht b SET gereed_op = clock_timestamp() FROM register.kgl_gemeente k"
        " WHERE b.gereed_op IS NULL AND k.gemeentecode = b.gemeentecode AND k.variant = 'automatisch'"
        " AND k.gepubliceerd_op IS NOT NULL RETURNING b.gemeentecode"
    ).fetchall()
    codes = sorted({code for (code,) in rows})
    if codes:
        ask_validation(connection, codes)
    return codes


def ask_validation(connection: Connection, codes: Sequence[str]) -> None:
    """Write down that these municipalities are asked to validate their labels again."""
    connection.execute(
        "INSERT INTO register.kgl_gebeurtenis (gemeentecode, soort, gegevens)"
        " SELECT code, 'validatie_gevraagd', '{}' FROM unnest(%s::text[]) AS code",
        [list(codes)],
    )


def _notify(
    connection: Connection, kind: str, which: LiteralString, values: Mapping[str, object], *, ready: bool = False
) -> None:
    """One notice per municipality with the counts per kind of change, of the changes that meet a condition."""
    connection.execute(
        sql.SQL(
            "INSERT INTO register.kgl_bericht (gemeentecode, run, soort, aantallen, gereed_op)"
            " SELECT gemeentecode, max(run), %(kind)s, jsonb_object_agg(soort, aantal),"
            " CASE WHEN %(ready)s THEN clock_timestamp() END FROM ("
            "  SELECT gemeentecode, soort, max(run) AS run, count(*) AS aantal FROM register.kgl_wijziging"
            "  WHERE {which} GROUP BY 1, 2) AS telling GROUP BY gemeentecode ORDER BY gemeentecode"
        ).format(which=sql.SQL(which)),
        {**values, "kind": kind, "ready": ready},
    )


def _selected(connection: Connection, municipality: str, selection: Selection) -> list[Proposal]:
    """The selected changes, locked until the end of the transaction."""
    connection.execute(
        "SELECT FROM register.kgl_wijziging WHERE gemeentecode = %s AND status = 'wacht' ORDER BY nummer FOR UPDATE",
        [municipality],
    )
    waiting = offered(connection, municipality)
    if selection.numbers is not None:
        known = {item.nummer: item for item in waiting}
        if unknown := [number for number in selection.numbers if number not in known]:
            raise NotFoundError(
                f"wijziging {unknown[0]} wacht niet op een besluit van gemeente {municipality}: ze bestaat niet, is nog"
                " niet aangeboden of is al besloten",
                "nummer",
            )
        return [known[number] for number in dict.fromkeys(selection.numbers)]
    if selection.function is not None:
        found = [item for item in waiting if item.functie == selection.function]
        if not found:
            functions = sorted({item.functie for item in waiting if item.functie})
            raise RequestError(
                f"geen aangeboden wijziging heeft functie {selection.function!r}; wel:"
                f" {', '.join(functions) or 'geen'}",
                "functie",
            )
        return found
    return waiting


def _still_proposed(connection: Connection, chosen: Sequence[Proposal]) -> set[str]:
    """The buildings of which the register still gives what was proposed."""
    rows = connection.execute(
        "SELECT w.pand FROM register.kgl_wijziging w LEFT JOIN register.kgl_voorstel g ON g.pand = w.pand"
        " WHERE w.nummer = ANY (%s) AND w.voorstel = coalesce(g.voorstel, md5('vervallen')::uuid)",
        [[item.nummer for item in chosen]],
    ).fetchall()
    return {pand for (pand,) in rows}


def _decide(connection: Connection, act: Act, chosen: Sequence[Proposal], status: str) -> None:
    numbers = [item.nummer for item in chosen]
    connection.execute(
        "UPDATE register.kgl_wijziging SET status = %s, besloten_op = clock_timestamp(), sleutel_id = %s,"
        " organisatie = %s WHERE nummer = ANY (%s)",
        [status, act.actor.key_id, acts.organisation(act.actor), numbers],
    )
    acts.note(connection, act, f"wijzigingen {status}", aantal=len(numbers), nummers=numbers[:NOTED])
