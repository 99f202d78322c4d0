"""After a change of the register: label anew what may come out otherwise, and put before the municipality what does.

In: the buildings that were touched since the last run of a rule set (``register.kgl_geraakt``, filled by triggers).
Out: the labels as a full run gives them, a row in ``register.kgl_run``, and proposals in ``register.kgl_wijziging``.

A building comes out otherwise when it was touched itself, or when it is a neighbour that the rule of distance looks at.
A full run takes the place where the rules changed, where too much was touched, or where there was no run before.
"""

import datetime
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString

import psycopg
from psycopg import sql

from risicoatlas.database import Connection
from risicoatlas.kgl import proposals
from risicoatlas.kgl.settings import Settings
from risicoatlas.rules import classify, inputs, permitted
from risicoatlas.rules.classify import Outcome
from risicoatlas.rules.ruleset import ActiveRules, RuleSet

PACKAGE = "risicoatlas.kgl"
# The rule set whose labels are established and published.
ESTABLISHED = "basisvulling"
# What was touched is kept this long; a rule set that was not run for as long is run as a whole.
KEPT_DAYS = 90
NEAR_M = 25.0
Notice = Callable[[str], None]


@dataclass(frozen=True)
class Relabelled:
    """What a run did: its number, what it looked at (touched, labelled anew; None means all), what came of it, and how
    many permitted buildings have a label beside."""

    run: int
    outcome: Outcome
    touched: int
    computed: int | None
    proposed: int
    kept: int
    permitted: int


def relabel(
    connection: Connection,
    rules: RuleSet,
    settings: Settings,
    *,
    on: datetime.date | None = None,
    changed_only: bool = False,
    notice: Notice = lambda text: None,
) -> Relabelled:
    """Label all buildings, or with ``changed_only`` those that may come out otherwise; commits at the end.

    The state afterwards is the same either way. For the established rule set, differences with the established
    versions become proposals, and those that are due are offered.
    """
    active = rules.on(on or datetime.date.today())
    digest = _digest(rules, active)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [classify.LOCK_NUMBER])
        touched = _take_touched(connection, active.name)
        panden = _to_label(connection, active, digest, touched) if changed_only else None
        outcome = classify.classify(connection, rules, on=active.day, panden=panden, notice=notice)
        permitted_count = _permitted(connection, rules, active, panden)
        run = _record(connection, outcome, digest, touched, panden)
        _prune(connection)
        _mark_for_publication(connection, outcome, panden)
        proposed, kept = 0, 0
        if active.name == ESTABLISHED:
            notice("comparing with the established versions")
            proposed, kept = proposals.propose(connection, run, panden)
            proposals.offer(connection, settings, active.day)
        connection.execute("DROP TABLE pg_temp.kgl_raak")
    computed = None if panden is None else len(panden)
    return Relabelled(run, outcome, touched, computed, proposed, kept, permitted_count)


def _permitted(connection: Connection, rules: RuleSet, active: ActiveRules, panden: Sequence[str] | None) -> int:
    """Label the permitted buildings too, as far as they may come out otherwise; gives how many there are."""
    if panden is None:
        return permitted.classify(connection, rules, on=active.day)
    connection.execute(
        "CREATE TEMPORARY TABLE kgl_vorm ON COMMIT DROP AS"
        " SELECT oude_geometrie AS geometrie FROM pg_temp.kgl_raak WHERE oude_geometrie IS NOT NULL UNION ALL"
        " SELECT geometrie FROM register.pand WHERE identificatie IN (SELECT pand FROM pg_temp.kgl_raak)"
    )
    connection.execute("CREATE INDEX ON pg_temp.kgl_vorm USING gist (geometrie)")
    connection.execute("ANALYZE pg_temp.kgl_vorm")
    rows = connection.execute("SELECT DISTINCT pand FROM pg_temp.kgl_raak WHERE pand IS NOT NULL").fetchall()
    touched = [pand for (pand,) in rows]
    found = permitted.classify(connection, rules, on=active.day, touched=touched, near="kgl_vorm")
    connection.execute("DROP TABLE pg_temp.kgl_vorm")
    return found


def _digest(rules: RuleSet, active: ActiveRules) -> bytes:
    """Of everything but the register that labels depend on: the files, and what of them holds on the day."""
    digest = hashlib.sha256()
    for path in sorted(rules.folder.iterdir()):
        digest.update(path.read_bytes())
    in_force = {function: [item.rule.id for item in items] for function, items in active.rules.items()}
    digest.update(repr((sorted(active.parameters.items()), in_force)).encode())
    return digest.digest()


def _take_touched(connection: Connection, name: str) -> int:
    """``pg_temp.kgl_raak``: what was touched since the last run of the rule set, which takes it in now; gives the
    number of buildings. A row without building stands for more than was written down."""
    _run(connection, "touched.sql", regelset=name)
    return _count(connection, "SELECT count(DISTINCT pand) FROM pg_temp.kgl_raak")


def _to_label(connection: Connection, active: ActiveRules, digest: bytes, touched: int) -> list[str] | None:
    """The buildings that may come out otherwise, or None where all must be labelled."""
    if not _follows(connection, active, digest):
        return None
    if _is_too_much(connection, active):
        return None
    many = _count(connection, "SELECT register.kgl_veel()")
    if touched > many:
        return None
    _neighbours(connection, active)
    found = [pand for (pand,) in connection.execute("SELECT DISTINCT pand FROM pg_temp.kgl_bij ORDER BY 1")]
    connection.execute("DROP TABLE pg_temp.kgl_bij, pg_temp.kgl_verschil")
    return None if len(found) > many else found


def _is_too_much(connection: Connection, active: ActiveRules) -> bool:
    """Whether more was touched than was written down one by one; places only matter to rules that count them."""
    return bool(
        _count(
            connection,
            "SELECT count(*) FROM pg_temp.kgl_raak WHERE pand IS NULL AND oude_geometrie IS NULL"
            " AND (oorzaak <> 'plaats' OR %s)",
            inputs.counts_places(active),
        )
    )


def _follows(connection: Connection, active: ActiveRules, digest: bytes) -> bool:
    """Whether the labels that are there came by the same rules, not too long ago."""
    row = connection.execute(
        "SELECT regels, tijdstip > now() - %s * interval '1 day' FROM register.kgl_run WHERE regelset = %s"
        " ORDER BY nummer DESC LIMIT 1",
        [KEPT_DAYS - 1, active.name],
    ).fetchone()
    return row is not None and bytes(row[0]) == digest and bool(row[1])


def _neighbours(connection: Connection, active: ActiveRules) -> None:
    """``pg_temp.kgl_bij``: the touched buildings and the neighbours that the rules look at."""
    near, counted = inputs.functions_using(active, "gevelafstand"), inputs.functions_using(active, "aantal_per_ha")
    _run(
        connection,
        "differences.sql",
        regelset=active.name,
        functies=[*near, *counted],
        geteld=counted,
        pand_levend=active.parameters["bag.pand_levend"],
        vbo_levend=active.parameters["bag.vbo_levend"],
        woning=inputs.DWELLING,
        plaatsen=inputs.counts_places(active),
    )
    connection.execute(
        "CREATE TEMPORARY TABLE kgl_bij ON COMMIT DROP AS SELECT pand FROM pg_temp.kgl_raak WHERE pand IS NOT NULL"
    )
    for function in near:
        word = next(name for name in active.used(function) if active.words[name].calculation == "gevelafstand")
        _run(
            connection,
            "neighbours.sql",
            woord=word,
            regelset=active.name,
            functie=function,
            zoekafstand_m=inputs.search_distance(active),
            dichtbij_m=NEAR_M,
        )
    for function in counted:
        _run(connection, "counted.sql", regelset=active.name, functie=function)


def _record(connection: Connection, outcome: Outcome, digest: bytes, touched: int, panden: Sequence[str] | None) -> int:
    return _count(
        connection,
        "INSERT INTO register.kgl_run (regelset, dag, soort, regels, leveringen, geraakt, berekend, gewijzigd,"
        " vervallen) SELECT %s, %s, %s, %s, coalesce((SELECT array_agg(DISTINCT levering) FROM pg_temp.kgl_raak"
        " WHERE levering IS NOT NULL), '{}'), %s, %s, %s, %s RETURNING nummer",
        outcome.rules,
        outcome.day,
        "volledig" if panden is None else "wijzigingen",
        digest,
        touched,
        outcome.total,
        outcome.changed,
        outcome.removed,
    )


def _prune(connection: Connection) -> None:
    connection.execute("DELETE FROM register.kgl_geraakt WHERE tijdstip < now() - %s * interval '1 day'", [KEPT_DAYS])


def _mark_for_publication(connection: Connection, outcome: Outcome, panden: Sequence[str] | None) -> None:
    """Layers of the owner show the label of every building, by every rule set; which came out otherwise is not told one
    by one."""
    if panden is not None:
        connection.execute(
            "INSERT INTO beheer.te_publiceren (soort, sleutel) SELECT 'pand', unnest(%s::text[])", [list(panden)]
        )
    elif outcome.changed or outcome.removed:
        connection.execute("INSERT INTO beheer.te_publiceren (soort) VALUES ('pand')")


def _count(connection: Connection, query: LiteralString, *parameters: object) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def _run(connection: Connection, name: str, *, woord: str | None = None, **parameters: object) -> None:
    """Run a file of ``kgl/sql``; ``{woord}`` in it is the name of a word of the rules, which an index may know."""
    text: LiteralString = (resources.files(PACKAGE) / "sql" / name).read_text(encoding="utf-8")
    statement = sql.SQL(text) if woord is None else sql.SQL(text).format(woord=sql.Literal(woord))
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(statement, parameters)
        while cursor.nextset():
            pass
