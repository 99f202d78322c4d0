"""SQL as one text: what is put together once and used in every statement after that.

psycopg walks through every piece of a statement each time that it is sent. The expression of a row has some two hundred
pieces and depends on the layer and the form of the answer alone, never on what a client wrote.
"""

from typing import LiteralString

from psycopg import sql
from psycopg.abc import AdaptContext
from psycopg.sql import Composable

# Expressions that a process keeps of one kind: a layer has some ten, by CRS and choice of fields.
KEPT = 512


def rendered(expression: Composable) -> sql.SQL:
    """The same SQL as a single piece."""
    # Literal in fact: every name and value in it was quoted by psycopg.
    return sql.SQL(expression.as_string())


class Bound(Composable):
    """A condition with its values apart, for statements that a connection keeps (:mod:`risicoatlas.features.prepared`).

    ``form`` has a ``{}`` for each value, ``types`` are theirs. Anywhere else it is the condition with its values in it.
    """

    def __init__(self, form: LiteralString, types: tuple[str, ...], values: tuple[Composable, ...]) -> None:
        super().__init__((form, values))
        self.form = form
        self.types = types
        self.values = values

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        return sql.SQL(self.form).format(*self.values).as_bytes(context)
