"""Conditions of rules: CQL2 text -> AST with parameters filled in, constants folded, partly known areas bounded.

A rule uses comparisons, IN, BETWEEN, IS NULL, AND, OR and NOT; ``otherwise`` always holds. Anything harder is a word.
Folding leaves only words in the tree: a switch that is off costs nothing, and the words that it needs are not
calculated.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pygeofilter import ast

from risicoatlas.errors import RequestError
from risicoatlas.filters import cql2

# A node of pygeofilter; True for ``otherwise`` and for what folding proved, False for what never holds.
type Condition = Any

OTHERWISE = "otherwise"
COMPARISONS: Mapping[type[ast.Node], Callable[[Any, Any], bool]] = {
    ast.Equal: lambda left, right: bool(left == right),
    ast.NotEqual: lambda left, right: bool(left != right),
    ast.LessThan: lambda left, right: bool(left < right),
    ast.LessEqual: lambda left, right: bool(left <= right),
    ast.GreaterThan: lambda left, right: bool(left > right),
    ast.GreaterEqual: lambda left, right: bool(left >= right),
}
ABOVE = (ast.GreaterThan, ast.GreaterEqual)
BELOW = (ast.LessThan, ast.LessEqual)
MIRRORED = {
    ast.GreaterThan: ast.LessThan,
    ast.GreaterEqual: ast.LessEqual,
    ast.LessThan: ast.GreaterThan,
    ast.LessEqual: ast.GreaterEqual,
}


def read(text: str) -> Condition:
    """The condition that a text states; raises :class:`ValueError` with a reason where it is no condition of a rule."""
    line = " ".join(text.split())
    if line == OTHERWISE:
        return True
    try:
        node = cql2.read_text(line, locator="when")
    except RequestError as error:
        raise ValueError(str(error)) from error
    _refuse_foreign(node)
    return node


def _refuse_foreign(node: Any) -> None:
    allowed = (ast.And, ast.Or, ast.Not, ast.In, ast.Between, ast.IsNull, ast.Attribute, *COMPARISONS)
    if isinstance(node, ast.Node):
        if not isinstance(node, allowed):
            raise ValueError(f"a rule may not use {type(node).__name__}: make it a word")
        for item in node.get_sub_nodes() or ():
            _refuse_foreign(item)
    elif not isinstance(node, bool | int | float | str):
        raise ValueError(f"a rule may not compare with {node!r}")


def resolved(condition: Any, values: Mapping[str, Any]) -> Any:
    """The condition with the values of its parameters, folded as far as they decide it."""
    if isinstance(condition, ast.Attribute):
        return values.get(condition.name, condition)
    if not isinstance(condition, ast.Node):
        return condition
    if isinstance(condition, ast.And | ast.Or):
        return _combined(type(condition), resolved(condition.lhs, values), resolved(condition.rhs, values))
    if isinstance(condition, ast.Not):
        inner = resolved(condition.sub_node, values)
        return (not inner) if isinstance(inner, bool) else ast.Not(inner)
    if isinstance(condition, ast.In):
        options = [resolved(item, values) for item in condition.sub_nodes]
        left = resolved(condition.lhs, values)
        return (
            ast.In(left, options, condition.not_) if isinstance(left, ast.Node) else (left in options) != condition.not_
        )
    if isinstance(condition, ast.Between):
        parts = [resolved(item, values) for item in (condition.lhs, condition.low, condition.high)]
        return ast.Between(*parts, condition.not_)
    if isinstance(condition, ast.IsNull):
        left = resolved(condition.lhs, values)
        return ast.IsNull(left, condition.not_) if isinstance(left, ast.Node) else (left is None) != condition.not_
    return _compared(type(condition), resolved(condition.lhs, values), resolved(condition.rhs, values))


def _combined(kind: type[ast.Node], left: Any, right: Any) -> Any:
    decisive = kind is ast.Or
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return decisive if one is decisive else other
    return kind(left, right)


def _compared(kind: type[ast.Node], left: Any, right: Any) -> Any:
    """A comparison; with an unset (null) parameter it cannot hold, and its switch is meant to be off."""
    if left is None or right is None:
        return False
    if isinstance(left, ast.Node) or isinstance(right, ast.Node):
        return kind(left, right)
    return COMPARISONS[kind](left, right)


def bounded(condition: Any, bounds: Mapping[str, str]) -> Any:
    """Let what is known of a partly unknown sum decide where it can.

    With ``bekend`` the lower bound of ``m2``: ``m2 > t`` becomes ``m2 > t OR bekend > t``, true as soon as the known
    part passes the threshold, unknown below it. ``m2 < t`` becomes ``m2 < t AND bekend < t``, false likewise.
    """
    if not isinstance(condition, ast.Node) or isinstance(condition, ast.Attribute):
        return condition
    if isinstance(condition, ast.And | ast.Or):
        return type(condition)(bounded(condition.lhs, bounds), bounded(condition.rhs, bounds))
    if isinstance(condition, ast.Not):
        return ast.Not(bounded(condition.sub_node, bounds))
    if type(condition) not in MIRRORED:
        return condition
    if isinstance(condition.rhs, ast.Attribute) and not isinstance(condition.lhs, ast.Node):
        return bounded(MIRRORED[type(condition)](condition.rhs, condition.lhs), bounds)
    if not isinstance(condition.lhs, ast.Attribute) or condition.lhs.name not in bounds:
        return condition
    known = type(condition)(ast.Attribute(bounds[condition.lhs.name]), condition.rhs)
    return ast.Or(condition, known) if isinstance(condition, ABOVE) else ast.And(condition, known)
