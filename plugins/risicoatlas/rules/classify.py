"""Classification: every live building gets the label that the rules of one day propose, with the reason why.

In: the register and a :class:`RuleSet`. Out: ``register.kgl_functielabel`` per building and function and
``register.kgl_label`` per building, replaced per rule set in one transaction. Cost grows linearly with the buildings.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from psycopg import sql

from risicoatlas.database import Connection
from risicoatlas.rules import inputs, verdicts
from risicoatlas.rules.ruleset import ActiveRules, RuleSet

# Two runs would use the same tables in ``bron``; the second waits for the first.
LOCK_NUMBER = 20221018
Notice = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What a run gave: labels per category and per rule, and how many labels it wrote or removed."""

    rules: str
    day: datetime.date
    total: int
    categories: Mapping[str, int] = field(default_factory=dict)
    by_rule: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    changed: int = 0
    removed: int = 0


def classify(
    connection: Connection,
    rules: RuleSet,
    *,
    on: datetime.date | None = None,
    panden: Sequence[str] | None = None,
    notice: Notice = lambda text: None,
) -> Outcome:
    """Label all buildings, or those named, by the rules in force on a day (today); commits at the end."""
    active = rules.on(on or datetime.date.today())
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_NUMBER])
        notice("reading buildings, registers and distances")
        inputs.prepare(connection, active, panden)
        judge(connection, active, lambda function: inputs.select(active, function), notice)
        notice("writing labels")
        changed, removed = _write(connection, active, panden)
        inputs.drop(connection)
    return _outcome(connection, active, panden, changed, removed)


def judge(
    connection: Connection,
    rules: ActiveRules,
    select_inputs: Callable[[str], sql.Composable],
    notice: Notice = lambda text: None,
) -> None:
    """Fill ``bron.kgl_oordeel`` function by function, from whatever ``select_inputs`` gives for each."""
    inputs.run(connection, "verdicts.sql")
    for function in rules.functions:
        notice(f"judging {function}")
        connection.execute(verdicts.insert(rules, function, select_inputs(function)))
    connection.execute("ANALYZE bron.kgl_oordeel")


def _write(connection: Connection, rules: ActiveRules, panden: Sequence[str] | None) -> tuple[int, int]:
    """Labels written and removed."""
    chosen = None if panden is None else list(panden)
    inputs.run(connection, "delete_functions.sql", regelset=rules.name, panden=chosen)
    inputs.run(connection, "write_functions.sql", regelset=rules.name)
    removed = inputs.run(connection, "delete_labels.sql", regelset=rules.name, panden=chosen)
    changed = inputs.run(connection, "write_labels.sql", regelset=rules.name)
    return changed, removed


def _outcome(
    connection: Connection, rules: ActiveRules, panden: Sequence[str] | None, changed: int, removed: int
) -> Outcome:
    """The counts over the buildings that were labelled."""
    values = {"regelset": rules.name, "panden": None if panden is None else list(panden)}

    def counted(what: LiteralString, source: LiteralString = "register.kgl_label l") -> dict[str, int]:
        query = sql.SQL(
            "SELECT {what}, count(*) FROM {source} WHERE l.regelset = %(regelset)s AND (%(panden)s::text[] IS NULL OR"
            " l.pand = ANY (%(panden)s::text[])) GROUP BY 1 ORDER BY 2 DESC, 1"
        ).format(what=sql.SQL(what), source=sql.SQL(source))
        with psycopg.ClientCursor(connection) as cursor:
            return dict(cursor.execute(query, values).fetchall())

    categories = counted("l.categorie")
    return Outcome(
        rules=rules.name,
        day=rules.day,
        total=sum(categories.values()),
        categories=categories,
        by_rule=counted("l.regel"),
        warnings=counted("w", "register.kgl_label l CROSS JOIN unnest(l.waarschuwingen) AS w"),
        changed=changed,
        removed=removed,
    )
