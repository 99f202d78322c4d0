"""Labels for buildings that are permitted and do not stand yet, in ``register.kgl_label_vergund``.

In: the register and a :class:`RuleSet`. The same rules hold, as if everything that is permitted stood: a permitted
building has permitted neighbours too, while one that stands is judged among those that stand alone (:mod:`classify`).
"""

import datetime

from risicoatlas.database import Connection
from risicoatlas.rules import inputs
from risicoatlas.rules.classify import LOCK_NUMBER, judge
from risicoatlas.rules.ruleset import ActiveRules, RuleSet

# Which parameters list the statuses of what stands, and of what is permitted.
STATUSES = {"bag.pand_levend": "bag.pand_vergund", "bag.vbo_levend": "bag.vbo_vergund"}


def classify(connection: Connection, rules: RuleSet, *, on: datetime.date | None = None) -> int:
    """Label all permitted buildings by the rules in force on a day (today); gives how many there are. Commits at the
    end. To be called after :func:`classify.classify`, which removes the label of what no longer stands."""
    day = on or datetime.date.today()
    standing = rules.on(day)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_NUMBER])
        panden = _permitted(connection, standing)
        if panden:
            _label(connection, _with_permitted(rules, standing), panden)
        inputs.run(connection, "move_permitted.sql", regelset=standing.name)
        connection.execute("DROP TABLE bron.kgl_vergund")
    return len(panden)


def _permitted(connection: Connection, rules: ActiveRules) -> list[str]:
    connection.execute("DROP TABLE IF EXISTS bron.kgl_vergund")
    values = {name.removeprefix("bag."): rules.parameters[name] for pair in STATUSES.items() for name in pair}
    inputs.run(connection, "permitted.sql", **values)
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
