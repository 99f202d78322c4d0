"""The arithmetic of CQL2 (21-065r2, clause 7.9): pygeofilter's four operations, and the three that it has not.

In: nodes with two operands. Out: SQL on ``numeric`` that gives a number or NULL and never raises, whatever the row
holds: a division by zero, a root of a negative number and a power that no number can hold have no value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from psycopg import sql
from pygeofilter import ast


class Operator(Enum):
    """What pygeofilter's ``ArithmeticOp`` lacks."""

    MODULO = "%"
    WHOLE = "div"
    POWER = "^"


@dataclass
class Modulo(ast.Arithmetic):  # type: ignore[misc]
    """The rest of a division, with the sign of the dividend."""

    op: ClassVar[Operator] = Operator.MODULO


@dataclass
class WholeDivision(ast.Arithmetic):  # type: ignore[misc]
    """A division without its fraction."""

    op: ClassVar[Operator] = Operator.WHOLE


@dataclass
class Power(ast.Arithmetic):  # type: ignore[misc]
    """The first operand to the power of the second."""

    op: ClassVar[Operator] = Operator.POWER


# Operation -> its SQL. e to the power 690 is 1e300, the largest number that a filter may hold. The operands of a power
# are worked out once, in a subquery that OFFSET 0 keeps whole: written out they would multiply with each level.
FORMS: Mapping[Enum, sql.SQL] = {
    ast.ArithmeticOp.ADD: sql.SQL("({} + {})"),
    ast.ArithmeticOp.SUB: sql.SQL("({} - {})"),
    ast.ArithmeticOp.MUL: sql.SQL("({} * {})"),
    ast.ArithmeticOp.DIV: sql.SQL("({} / NULLIF({}, 0))"),
    Operator.MODULO: sql.SQL("mod({}, NULLIF({}, 0))"),
    Operator.WHOLE: sql.SQL("div({}, NULLIF({}, 0))"),
    Operator.POWER: sql.SQL(
        "(SELECT CASE WHEN m.a = 0 THEN CASE WHEN m.b > 0 THEN 0 WHEN m.b = 0 THEN 1 END"
        " WHEN m.a < 0 AND m.b <> trunc(m.b) THEN NULL"
        " WHEN abs(m.b * ln(abs(m.a))) <= 690 THEN power(m.a, m.b) END"
        " FROM (SELECT {} AS a, {} AS b OFFSET 0) AS m)"
    ),
}
