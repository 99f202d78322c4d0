"""Why a building has its label: its inputs, every rule that was tried, which one decided, and the sentence and article.

For the owner: it names the rule's own reason and the hits in registers, also where the public reads a neutral one.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from risicoatlas.database import Connection
from risicoatlas.errors import NotFoundError
from risicoatlas.rules import inputs, verdicts
from risicoatlas.rules.classify import LOCK_NUMBER, judge
from risicoatlas.rules.ruleset import ActiveRule, ActiveRules, RuleSet


@dataclass(frozen=True)
class Trial:
    """One rule tried on a building; ``holds`` None means that an input is unknown."""

    rule: str
    article: str
    when: str
    holds: bool | None
    category: str
    reason: str
    reason_en: str


@dataclass(frozen=True)
class FunctionVerdict:
    """A function of the building: its inputs, the trials in order and the rule that decided."""

    function: str
    inputs: dict[str, Any]
    trials: tuple[Trial, ...]
    rule: str
    category: str


@dataclass(frozen=True)
class Explanation:
    """The label of a building with everything that led to it; ``public_reason`` is what everybody reads, ``applies_to``
    the one pipeline for which the label holds, None where it holds for everything."""

    pand: str
    rules: str
    day: datetime.date
    category: str
    rule: str
    function: str
    article: str
    public_reason: str
    public_reason_en: str
    warnings: tuple[str, ...]
    applies_to: str | None = None
    building: dict[str, Any] = field(default_factory=dict)
    functions: tuple[FunctionVerdict, ...] = ()


def explain(connection: Connection, rules: RuleSet, pand: str, on: datetime.date | None = None) -> Explanation:
    """Judge one building afresh and tell why; nothing is written.

    Raises :class:`NotFoundError` for a building that is not in the register, not live, or without live verblijfsobject.
    """
    active = rules.on(on or datetime.date.today())
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_NUMBER])
        inputs.prepare(connection, active, [pand])
        judge(connection, active, lambda function: inputs.select(active, function))
        inputs.run(connection, "write_labels.sql", regelset=active.name)
        return _explanation(connection, active, pand)


def _explanation(connection: Connection, rules: ActiveRules, pand: str) -> Explanation:
    with connection.cursor(row_factory=dict_row) as cursor:
        label = cursor.execute(
            "SELECT * FROM register.kgl_label WHERE regelset = %s AND pand = %s", [rules.name, pand]
        ).fetchone()
        query = "SELECT * FROM bron.kgl_oordeel WHERE pand = %s ORDER BY volgorde"
        judged = cursor.execute(query, [pand]).fetchall()
    if label is None or not judged:
        raise NotFoundError(_why_absent(connection, pand))
    about = ("gebruiksdoelen", "oppervlakte_pand_m2", "verblijfsobjecten", "treffers")
    return Explanation(
        pand=pand,
        rules=rules.name,
        day=rules.day,
        category=label["categorie"],
        rule=label["regel"],
        function=label["functie"],
        article=label["artikel"],
        public_reason=label["reden"],
        public_reason_en=label["reden_en"],
        warnings=tuple(label["waarschuwingen"]),
        applies_to=label["geldt_voor"],
        building={name: label["invoer"][name] for name in about if name in label["invoer"]},
        functions=tuple(
            FunctionVerdict(
                function=row["functie"],
                inputs=row["invoer"],
                trials=_trials(connection, rules, row["functie"]),
                rule=row["regel"],
                category=row["categorie"],
            )
            for row in judged
        ),
    )


def _trials(connection: Connection, rules: ActiveRules, function: str) -> tuple[Trial, ...]:
    return tuple(_trial(connection, rules, function, item) for item in rules.rules.get(function, ()))


def _trial(connection: Connection, rules: ActiveRules, function: str, item: ActiveRule) -> Trial:
    row = connection.execute(
        sql.SQL("SELECT {holds}, {nl}, {en} FROM ({inputs}) AS invoer").format(
            holds=verdicts.holds(rules, item.condition),
            nl=verdicts.sentence(rules, item.rule.reason, "nl"),
            en=verdicts.sentence(rules, item.rule.reason, "en"),
            inputs=inputs.select(rules, function),
        )
    ).fetchone()
    holds, reason, reason_en = row if row else (None, "", "")
    paragraph = item.rule.paragraph
    return Trial(item.rule.id, paragraph.source, item.rule.when, holds, item.category, reason, reason_en)


def _why_absent(connection: Connection, pand: str) -> str:
    row = connection.execute("SELECT status FROM register.pand WHERE identificatie = %s", [pand]).fetchone()
    if row is None:
        return f"pand {pand} is not in the register"
    return f"pand {pand} ({row[0]}) has no label: it is not live, or has no live verblijfsobject"
