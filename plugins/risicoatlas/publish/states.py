"""Where a municipality stands with its KGL: only what it has published reaches the schema ``publiek``.

In: municipality codes, or a CSV of states. Out: rows of ``register.kgl_gemeente``. Nothing is published by itself.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from risicoatlas.database import Connection
from risicoatlas.errors import RequestError


def publish_municipalities(connection: Connection, codes: Sequence[str]) -> None:
    """The KGL of these municipalities counts as published from now on; a code without buildings is refused."""
    loaded = {
        code
        for (code,) in connection.execute(
            "SELECT DISTINCT gemeentecode FROM register.pand WHERE gemeentecode = ANY(%s)", [list(codes)]
        )
    }
    if unknown := [code for code in codes if code not in loaded]:
        raise RequestError(f"no building of {', '.join(unknown)} is loaded: codes are written as GM0457", "gemeente")
    connection.cursor().executemany(
        "INSERT INTO register.kgl_gemeente (gemeentecode, overgenomen_op, gevalideerd_op, gepubliceerd_op)"
        " VALUES (%s, now(), now(), now()) ON CONFLICT (gemeentecode) DO UPDATE SET"
        " overgenomen_op = coalesce(register.kgl_gemeente.overgenomen_op, now()),"
        " gevalideerd_op = coalesce(register.kgl_gemeente.gevalideerd_op, now()),"
        " gepubliceerd_op = coalesce(register.kgl_gemeente.gepubliceerd_op, now())",
        [[code] for code in codes],
    )


def publish_all_loaded(connection: Connection) -> None:
    """Every municipality with buildings that has no state yet counts as published."""
    connection.execute(
        "INSERT INTO register.kgl_gemeente (gemeentecode, overgenomen_op, gevalideerd_op, gepubliceerd_op)"
        " SELECT DISTINCT gemeentecode, now(), now(), now() FROM register.pand ON CONFLICT (gemeentecode) DO NOTHING"
    )


def read_states(connection: Connection, path: Path) -> None:
    """States of a CSV (gemeentecode, variant, overgenomen_op, gevalideerd_op, gepubliceerd_op); known ones stay."""
    with path.open(encoding="utf-8", newline="") as file:
        connection.cursor().executemany(
            "INSERT INTO register.kgl_gemeente (gemeentecode, variant, overgenomen_op, gevalideerd_op, gepubliceerd_op)"
            " VALUES (%(gemeentecode)s, %(variant)s, %(overgenomen_op)s, %(gevalideerd_op)s, %(gepubliceerd_op)s)"
            " ON CONFLICT (gemeentecode) DO NOTHING",
            [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)],
        )
