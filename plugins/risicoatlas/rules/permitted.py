"""Labels for buildings that are permitted and do not stand yet, in ``register.kgl_label_vergund``.

In: the register and a :class:`RuleSet`. The same rules hold, as if everything that is permitted stood: a permitted
building has permitted neighbours too, while one that stands is judged among those that stand alone (:mod:`classify`).
"""

import datetime
import math
from collections.abc import Sequence

from psycopg import sql

from risicoatlas.database import Connection
from risicoatlas.rules import inputs
from risicoatlas.rules.classify import LOCK_NUMBER, judge
from risicoatlas.rules.ruleset import ActiveRules, RuleSet

HECTARE_RADIUS_M = math.sqrt(10_000 / math.pi)
# Which parameters list the statuses of what stands, and of what is permitted.
STATUSES = {"bag.pand_levend": "bag.pand_vergund", "bag.vbo_levend": "bag.vbo_vergund"}


def classify(
    connection: Connection,
    rules: RuleSet,
    *,
    on: datetime.date | None = None,
    touched: Sequence[str] | None = None,
    near: str | None = None,
) -> int:
    """Label all permitted buildings by the rules in force on a day (today), or those that are among the ``touched`` and
    those that have a label already and lie near a shape in the table ``near`` (column ``geometrie``, EPSG:28992).

    Gives how many there are; commits at the end. To be called after :func:`classify.classify`, which removes the label
    of what no longer stands.
    """
    day = on or datetime.date.today()
    standing = rules.on(day)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_NUMBER])
        looked_at = None if touched is None else [*touched, *_near(connection, standing, near)]
        panden = _permitted(connection, standing, looked_at)
        if panden:
            _label(connection, _with_permitted(rules, standing), panden)
        inputs.run(connection, "move_permitted.sql", regelset=standing.name, panden=looked_at)
        connection.execute("DROP TABLE bron.kgl_vergund")
        row = connection.execute(
            "SELECT count(*) FROM register.kgl_label_vergund WHERE regelset = %s", [standing.name]
        ).fetchone()
    return int(row[0]) if row else 0


def _near(connection: Connection, rules: ActiveRules, shapes: str | None) -> list[str]:
    """Permitted buildings whose distance or density a change of one of these shapes may change."""
    if shapes is None:
        return []
    reach_m = max(inputs.search_distance(rules), HECTARE_RADIUS_M)
    found = connection.execute(
        sql.SQL(
            "SELECT v.pand FROM register.kgl_label_vergund v JOIN register.pand p ON p.identificatie = v.pand"
            " WHERE v.regelset = {set} AND EXISTS (SELECT FROM {shapes} AS s WHERE s.geometrie &&"
            " ST_Expand(p.geometrie, {reach}))"
        ).format(set=sql.Literal(rules.name), shapes=sql.Identifier("pg_temp", shapes), reach=sql.Literal(reach_m))
    )
    return [pand for (pand,) in found]


def _permitted(connection: Connection, rules: ActiveRules, looked_at: list[str] | None) -> list[str]:
    connection.execute("DROP TABLE IF EXISTS bron.kgl_vergund")
    values = {name.removeprefix("bag."): rules.parameters[name] for pair in STATUSES.items() for name in pair}
    inputs.run(connection, "permitted.sql", panden=looked_at, **values)
    return [pand for (pand,) in connection.execute("SELECT pand FROM bron.kgl_vergund ORDER BY pand").fetchall()]


def _with_permitted(rules: RuleSet, standing: ActiveRules) -> ActiveRules:
    """The rules for which what is permitted stands."""
    values = standing.parameters
    return rules.with_parameters(
        {live: [*values[live], *values[permitted]] for live, permitted in STATUSES.items()}
    ).on(standing.day)


def _label(connection: Connection, rules: ActiveRules, panden: list[str]) -> None:
    """Give these buildings labels, for the moment among those of what stands."""
    inputs.prepare(connection, rules, panden)
    judge(connection, rules, lambda function: inputs.select(rules, function))
    inputs.run(connection, "write_labels.sql", regelset=rules.name)
    inputs.drop(connection)
