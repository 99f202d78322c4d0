"""The rules tried on inputs that a classification has stored: what :mod:`explain` tells, without the register.

In: the inputs of a function as ``register.kgl_functielabel.invoer`` holds them. Out: per rule whether it holds, None
where an input is unknown. PostgreSQL evaluates the very conditions that classified; no table is read, so any role may
ask.
"""

import json
from collections.abc import Mapping
from typing import Any

from psycopg import sql

from risicoatlas.database import Connection
from risicoatlas.publish.tables import COLUMN_TYPES
from risicoatlas.rules import verdicts
from risicoatlas.rules.ruleset import ActiveRules


def tried(
    connection: Connection, rules: ActiveRules, function: str, inputs: Mapping[str, Any]
) -> tuple[bool | None, ...]:
    """Whether each rule of the function holds, in their order. An input that was not stored is unknown."""
    items = rules.rules.get(function, ())
    if not items:
        return ()
    columns = [
        sql.SQL("(waarden ->> {name})::{type} AS {column}").format(
            name=sql.Literal(name), type=COLUMN_TYPES[rules.words[name].type], column=sql.Identifier(name)
        )
        for name in rules.used(function)
    ]
    row = connection.execute(
        sql.SQL(
            "SELECT {holds} FROM (SELECT {columns} FROM (SELECT {inputs}::jsonb AS waarden) AS bron) AS invoer"
        ).format(
            holds=sql.SQL(", ").join(verdicts.holds(rules, item.condition) for item in items),
            columns=sql.SQL(", ").join(columns) if columns else sql.SQL("waarden"),
            inputs=sql.Literal(json.dumps(dict(inputs))),
        )
    ).fetchone()
    return tuple(row) if row else ()
