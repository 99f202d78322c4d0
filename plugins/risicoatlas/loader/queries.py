"""Named statements of ``loader/sql/*.sql``.

A statement begins after a line ``-- name: <name>`` and runs to the next one; parameters are ``%(name)s``. A name that
is not there is an error of ours and raises :class:`KeyError`.
"""

import re
from functools import cache
from importlib import resources
from typing import LiteralString, cast

# A percent sign that does not begin a parameter: psycopg wants it doubled, SQL does not.
_PERCENT = re.compile(r"%(?!\()")
_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(subject: str) -> dict[str, LiteralString]:
    """Every statement of one subject, by name."""
    text = (resources.files("risicoatlas") / "loader" / "sql" / f"{subject}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(_PERCENT.sub("%%", text))[1:]
    return {name: cast(LiteralString, body.strip()) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def statement(subject: str, name: str) -> LiteralString:
    return statements(subject)[name]
