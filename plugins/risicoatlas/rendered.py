"""SQL as one text: what is put together once and used in every statement after that.

psycopg walks through every piece of a statement each time that it is sent. The expression of a row has some two hundred
pieces and depends on the layer and the form of the answer alone, never on what a client wrote.
"""

from psycopg import sql
from psycopg.sql import Composable

# Expressions that a process keeps of one kind: a layer has some ten, by CRS and choice of fields.
KEPT = 512


def rendered(expression: Composable) -> sql.SQL:
    """The same SQL as a single piece."""
    # Literal in fact: every name and value in it was quoted by psycopg.
    return sql.SQL(expression.as_string())
