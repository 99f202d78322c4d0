"""The one compiler of filters: pygeofilter's AST in, a condition as ``psycopg.sql`` out.

The columns are the allow-list: any other name is an error. Literals are checked against the type of what they are
compared with before there is SQL, and quoted by psycopg. What comes out cannot raise on any row: arithmetic runs in
``numeric``, what has no value (a division by zero) is NULL, there are no casts of text and no functions but those of
:data:`FUNCTIONS`. A node without handler is an error, never "true".
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from psycopg import sql
from psycopg.sql import Composable
from pygeofilter import ast, values

from risicoatlas.errors import LimitError, RequestError
from risicoatlas.filters import arithmetic, spatial
from risicoatlas.filters.literals import ZONE, GeometryLiteral, local_day, moment

MAX_DEPTH = 64
# With 512 nodes no product of columns and literals reaches the 131,072 digits at which numeric overflows.
MAX_NODES = 512
MAX_LIST = 2_000
MAX_NUMBER = 1e300

# The box around a geometry attribute, as the second operand of a spatial test
ENVELOPE = "envelope"
NUMERIC = frozenset({"integer", "number"})
TEMPORAL = frozenset({"date", "datetime"})


@dataclass(frozen=True)
class Column:
    """A name that a filter may use: its type (of the catalogue, or ``geometry``) and the SQL that stands for it.

    A geometry column has its ``srid``; ``etrs89`` is the same geometry in EPSG:4258 where a column holds that, and
    makes tests against longitude and latitude exact and free of transformation. ``box`` is what the spatial index
    stands on, where that is not the column itself.
    """

    name: str
    type: str
    sql: Composable
    srid: int | None = None
    etrs89: Composable | None = None
    box: Composable | None = None


@dataclass(frozen=True)
class Term:
    """A compiled value: its type, its SQL, and the Python value where it is a literal."""

    type: str
    sql: Composable
    literal: Any = None
    column: Column | None = None
    computed: bool = False

    @property
    def is_literal(self) -> bool:
        return self.literal is not None


@dataclass
class _Budget:
    """What is left of the bounds on depth and size while one filter is compiled."""

    nodes: int = MAX_NODES
    depth: int = 0


@dataclass(frozen=True)
class _Scope:
    columns: Mapping[str, Column]
    locator: str
    budget: _Budget = field(default_factory=_Budget)

    def refuse(self, message: str) -> RequestError:
        return RequestError(message, self.locator)


Handler = Callable[[Any, _Scope], Composable]


def compile(node: ast.AstType, columns: Mapping[str, Column], locator: str = "filter") -> Composable:
    """The condition that ``node`` states over ``columns``; raises :class:`RequestError` for what cannot be compiled."""
    return _condition(node, _Scope(columns, locator))


def names(node: ast.AstType) -> frozenset[str]:
    """Every attribute that a filter uses."""
    if isinstance(node, ast.Attribute):
        return frozenset({node.name})
    if isinstance(node, values.Interval):
        return names(node.start) | names(node.end)
    if not isinstance(node, ast.Node):
        return frozenset()
    pattern = names(node.pattern) if isinstance(node, ast.Like) else frozenset()
    return pattern.union(*(names(child) for child in node.get_sub_nodes() or ()))


def split(node: ast.AstType, columns: Mapping[str, Column]) -> tuple[list[ast.AstType], list[ast.AstType]]:
    """The parts of a top-level AND: those that compare a column with a literal of its type, and the rest.

    The former cannot raise and may be tested before a row is known to be visible; they use indexes there.
    """
    safe: list[ast.AstType] = []
    rest: list[ast.AstType] = []
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.And):
            waiting += [item.rhs, item.lhs]
        else:
            (safe if _is_plain(item, columns) else rest).append(item)
    return safe, rest


def _is_plain(node: ast.AstType, columns: Mapping[str, Column]) -> bool:
    if isinstance(node, ast.Comparison):
        operands = [node.lhs, node.rhs]
    elif isinstance(node, ast.Between):
        operands = [node.lhs, node.low, node.high]
    elif isinstance(node, ast.In):
        operands = [node.lhs, *node.sub_nodes]
    elif isinstance(node, ast.IsNull):
        operands = [node.lhs]
    else:
        return False
    column, *values_ = operands
    known = isinstance(column, ast.Attribute) and column.name in columns and columns[column.name].type != "geometry"
    return known and all(isinstance(value, (str, int, float, date)) for value in values_)


# --- conditions -------------------------------------------------------------------------------------------------------


def _condition(node: ast.AstType, scope: _Scope) -> Composable:
    if isinstance(node, bool):
        return sql.SQL("TRUE" if node else "FALSE")
    if isinstance(node, (ast.Attribute, ast.Function)):
        term = _term(node, scope)
        if term.type != "boolean":
            raise scope.refuse(f"{_named(node)} is not a condition: compare it with a value")
        return term.sql
    handler = _CONDITIONS.get(type(node))
    if handler is None:
        raise scope.refuse(f"{_named(node)} is not supported as a condition")
    _spend(scope)
    scope.budget.depth += 1
    if scope.budget.depth > MAX_DEPTH:
        raise LimitError(f"the filter is nested deeper than {MAX_DEPTH} levels", scope.locator)
    compiled = handler(node, scope)
    scope.budget.depth -= 1
    return compiled


def _spend(scope: _Scope, count: int = 1) -> None:
    scope.budget.nodes -= count
    if scope.budget.nodes < 0:
        raise LimitError(f"the filter has more than {MAX_NODES} parts", scope.locator)


def _combination(node: ast.Combination, scope: _Scope) -> Composable:
    """A chain of the same operator is one level, however the reader nested it."""
    parts: list[Composable] = []
    waiting: list[Any] = [node]
    while waiting:
        item = waiting.pop()
        if type(item) is type(node):
            waiting += [item.rhs, item.lhs]
        else:
            parts.append(_condition(item, scope))
    joined = sql.SQL(" AND " if isinstance(node, ast.And) else " OR ").join(parts)
    return sql.SQL("({})").format(joined)


def _not(node: ast.Not, scope: _Scope) -> Composable:
    return sql.SQL("(NOT {})").format(_condition(node.sub_node, scope))


def _include(node: ast.Include, _scope: _Scope) -> Composable:
    return sql.SQL("FALSE" if node.not_ else "TRUE")


def _comparison(node: ast.Comparison, scope: _Scope) -> Composable:
    left, right = _term(node.lhs, scope), _term(node.rhs, scope)
    return _compare(left, node.op.value, right, scope)


def _compare(left: Term, operator: str, right: Term, scope: _Scope) -> Composable:
    """One comparison with operands brought to one type; a day against moments is that whole day."""
    left, right = _unified(left, right, scope)
    if left.type == "boolean" and operator not in {"=", "<>"}:
        raise scope.refuse("true and false have no order: use = or <>")
    if right.type == "day":
        return _compare_day(left.sql, operator, right.literal)
    if left.type == "day":
        return _compare_day(right.sql, _MIRRORED[operator], left.literal)
    return sql.SQL("({} {} {})").format(left.sql, _OPERATORS[operator], right.sql)


def _compare_day(moments: Composable, operator: str, day: date) -> Composable:
    start, end = sql.Literal(_day_start(day)), sql.Literal(_day_end(day))
    form, bound = _DAY_FORMS[operator]
    if bound is None:
        return sql.SQL(form).format(moments, start, end)
    return sql.SQL(form).format(moments, start if bound == "start" else end)


def _between(node: ast.Between, scope: _Scope) -> Composable:
    value, low, high = (_term(item, scope) for item in (node.lhs, node.low, node.high))
    inside = sql.SQL("({} AND {})").format(_compare(value, ">=", low, scope), _compare(value, "<=", high, scope))
    return sql.SQL("(NOT {})").format(inside) if node.not_ else inside


def _in(node: ast.In, scope: _Scope) -> Composable:
    options = list(node.sub_nodes)
    if not options:
        raise scope.refuse("the list of IN is empty")
    if len(options) > MAX_LIST:
        raise LimitError(f"the list of IN has {len(options)} values, more than the {MAX_LIST} allowed", scope.locator)
    value = _term(node.lhs, scope)
    pairs = [_unified(value, _term(option, scope, spend=False), scope) for option in options]
    plain = all(right.is_literal and right.type != "day" and left.sql == value.sql for left, right in pairs)
    if plain:
        inside = sql.SQL("({} IN ({}))").format(value.sql, sql.SQL(", ").join(right.sql for _, right in pairs))
    else:
        _spend(scope, len(options))
        equal = [_compare(value, "=", _term(option, scope), scope) for option in options]
        inside = sql.SQL("({})").format(sql.SQL(" OR ").join(equal))
    return sql.SQL("(NOT {})").format(inside) if node.not_ else inside


def _is_null(node: ast.IsNull, scope: _Scope) -> Composable:
    value = _term(node.lhs, scope)
    return sql.SQL("({} IS NOT NULL)" if node.not_ else "({} IS NULL)").format(value.sql)


def _like(node: ast.Like, scope: _Scope) -> Composable:
    value = _term(node.lhs, scope)
    if value.type != "text":
        raise scope.refuse(f"LIKE needs a text; {_named(node.lhs)} is {value.type}")
    pattern = _pattern(node.pattern, node, scope)
    form = "({} {} {} ESCAPE '\\')"
    operator = sql.SQL(("NOT " if node.not_ else "") + ("ILIKE" if node.nocase else "LIKE"))
    return sql.SQL(form).format(value.sql, operator, pattern)


def _pattern(found: ast.AstType, node: ast.Like, scope: _Scope) -> Composable:
    """The pattern in PostgreSQL's own wildcards; casei(…) and accenti(…) may stand around it."""
    if isinstance(found, ast.Function) and len(found.arguments) == 1:
        function = _function_row(found, scope)
        return function.form.format(_pattern(found.arguments[0], node, scope))
    if not isinstance(found, str):
        raise scope.refuse("the pattern of LIKE must be a text")
    _check_text(found, scope)
    return sql.Literal(like_pattern(found, node.wildcard, node.singlechar, node.escapechar))


def like_pattern(text: str, wildcard: str | None, single: str | None, escape: str | None) -> str:
    """Translate a pattern with any wildcards to ``%``, ``_`` and ``\\``; a last escape stands for itself."""
    out: list[str] = []
    index = 0
    while index < len(text):
        if escape and text.startswith(escape, index) and index + len(escape) < len(text):
            index += len(escape)
            out.append(_escaped(text[index]))
        elif wildcard and text.startswith(wildcard, index):
            out.append("%")
            index += len(wildcard) - 1
        elif single and text.startswith(single, index):
            out.append("_")
            index += len(single) - 1
        else:
            out.append(_escaped(text[index]))
        index += 1
    return "".join(out)


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "%_\\" else character


# --- time -------------------------------------------------------------------------------------------------------------


def _temporal(node: ast.TemporalPredicate, scope: _Scope) -> Composable:
    left, right = _period(node.lhs, scope), _period(node.rhs, scope)
    parts = {"a": left[0], "b": left[1], "c": right[0], "d": right[1]}
    return sql.SQL(_ALLEN[type(node)]).format(**parts)


def _period(node: ast.AstType, scope: _Scope) -> tuple[Composable, Composable]:
    """First and last moment of an instant, a day or an interval, as timestamptz; open ends are infinite."""
    if isinstance(node, values.Interval):
        _spend(scope)
        return _bound(node.start, scope, last=False), _bound(node.end, scope, last=True)
    return _bound(node, scope, last=False), _bound(node, scope, last=True)


def _bound(node: ast.AstType, scope: _Scope, *, last: bool) -> Composable:
    if node is None:
        return sql.SQL("'infinity'::timestamptz" if last else "'-infinity'::timestamptz")
    if isinstance(node, str):
        node = moment(node, scope.locator)
    if isinstance(node, datetime):
        return sql.Literal(_aware(node))
    if isinstance(node, date):
        return sql.Literal(_day_end(node) if last else _day_start(node))
    term = _term(node, scope)
    if term.type == "datetime":
        return term.sql
    if term.type == "date":
        # A date so far away that it is no timestamp must not raise: it is clipped first.
        form = (
            "((least({0}, date '9999-12-31') + 1)::timestamp AT TIME ZONE {1} - interval '1 microsecond')"
            if last
            else "(greatest(least({0}, date '9999-12-31'), date '0001-01-01 BC')::timestamp AT TIME ZONE {1})"
        )
        return sql.SQL(form).format(term.sql, sql.Literal(ZONE.key))
    raise scope.refuse(f"{_named(node)} is {term.type}, not a date or time")


def _day_start(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _day_end(day: date) -> datetime:
    if day == date.max:
        return datetime.max.replace(tzinfo=ZONE)
    return datetime.combine(day + timedelta(days=1), time(), ZONE) - timedelta(microseconds=1)


def _aware(found: datetime) -> datetime:
    return found if found.tzinfo else found.replace(tzinfo=ZONE)


# --- space ------------------------------------------------------------------------------------------------------------


def _spatial(node: ast.SpatialComparisonPredicate, scope: _Scope) -> Composable:
    column, literal, swapped = _geometry_operands(node, scope)
    if isinstance(literal, Column):
        return spatial.compare_columns(type(node), column, literal)
    return spatial.compare(spatial.MIRRORED.get(type(node), type(node)) if swapped else type(node), column, literal)


def _distance(node: ast.SpatialDistancePredicate, scope: _Scope) -> Composable:
    column, literal, _ = _geometry_operands(node, scope)
    distance_m = spatial.metres(node.distance, node.units, scope.locator)
    if isinstance(literal, Column):
        near = spatial.columns_within_distance(column, literal, distance_m)
    else:
        near = spatial.within_distance(column, literal, distance_m)
    return near if isinstance(node, ast.DistanceWithin) else sql.SQL("(NOT {})").format(near)


def _relate(node: ast.Relate, scope: _Scope) -> Composable:
    column, literal, swapped = _geometry_operands(node, scope)
    if isinstance(literal, Column) or swapped:
        raise scope.refuse("RELATE needs a geometry attribute and then a geometry that is written out")
    if not re.fullmatch(r"[012TF*]{9}", node.pattern):
        raise scope.refuse("the pattern of RELATE must have nine of the characters 0 1 2 T F *")
    return spatial.relate(column, literal, node.pattern)


def _geometry_operands(node: ast.AstType, scope: _Scope) -> tuple[Column, GeometryLiteral | Column, bool]:
    operands = [_geometry_operand(item, scope) for item in (node.lhs, node.rhs)]
    left, right = operands
    if isinstance(left, Column):
        return left, right, False
    if isinstance(right, Column):
        return right, left, True
    raise scope.refuse("a spatial test needs a geometry attribute of the layer")


def _geometry_operand(node: ast.AstType, scope: _Scope) -> GeometryLiteral | Column:
    _spend(scope)
    if isinstance(node, GeometryLiteral):
        return node
    if isinstance(node, ast.Attribute):
        column = _column(node.name, scope)
        if column.type != "geometry":
            raise scope.refuse(f"{node.name} is {column.type}, not a geometry")
        return column
    if isinstance(node, ast.Function) and node.name == ENVELOPE:
        column = _envelope_of(node, scope)
        return replace(column, sql=sql.SQL("ST_Envelope({})").format(column.sql), etrs89=None)
    raise scope.refuse(f"{_named(node)} is not a geometry")


def _envelope_of(node: ast.Function, scope: _Scope) -> Column:
    operand = _geometry_operand(node.arguments[0], scope) if len(node.arguments) == 1 else None
    if not isinstance(operand, Column):
        raise scope.refuse(f"{ENVELOPE} takes a geometry attribute")
    return operand


# --- values -----------------------------------------------------------------------------------------------------------


def _term(node: ast.AstType, scope: _Scope, *, spend: bool = True) -> Term:
    if spend:
        _spend(scope)
    if isinstance(node, ast.Attribute):
        column = _column(node.name, scope)
        return Term(column.type, column.sql, column=column)
    if isinstance(node, ast.Arithmetic):
        return _arithmetic(node, scope)
    if isinstance(node, ast.Function):
        return _function(node, scope)
    return _literal(node, scope)


def _column(name: str, scope: _Scope) -> Column:
    try:
        return scope.columns[name]
    except KeyError:
        offered = ", ".join(sorted(scope.columns))
        raise scope.refuse(f"there is no attribute {name!r} here: choose from {offered}") from None


def _literal(value: ast.AstType, scope: _Scope) -> Term:
    if isinstance(value, bool):
        return Term("boolean", sql.Literal(value), value)
    if isinstance(value, (int, float)):
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            raise LimitError(f"a number of the filter is not finite, or larger than {MAX_NUMBER:g}", scope.locator)
        return Term("number", sql.Literal(value), value)
    if isinstance(value, str):
        _check_text(value, scope)
        return Term("text", sql.Literal(value), value)
    if isinstance(value, datetime):
        return Term("datetime", sql.Literal(_aware(value)), _aware(value))
    if isinstance(value, date):
        return Term("date", sql.Literal(value), value)
    raise scope.refuse(f"{_named(value)} is not supported as a value")


def _check_text(value: str, scope: _Scope) -> None:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise scope.refuse("a text of the filter holds a character that cannot be stored")


def _arithmetic(node: ast.Arithmetic, scope: _Scope) -> Term:
    scope.budget.depth += 1
    if scope.budget.depth > MAX_DEPTH:
        raise LimitError(f"the filter is nested deeper than {MAX_DEPTH} levels", scope.locator)
    operands = [_as_number(_term(item, scope), item, scope) for item in (node.lhs, node.rhs)]
    scope.budget.depth -= 1
    return Term("number", arithmetic.FORMS[node.op].format(*operands), computed=True)


def _as_number(term: Term, node: ast.AstType, scope: _Scope) -> Composable:
    if term.type not in NUMERIC:
        raise scope.refuse(f"{_named(node)} is {term.type}, not a number")
    return term.sql if term.computed else sql.SQL("{}::numeric").format(_parenthesised(term))


def _parenthesised(term: Term) -> Composable:
    return sql.SQL("({})").format(term.sql) if term.is_literal else term.sql


@dataclass(frozen=True)
class _Function:
    form: sql.SQL
    argument: str
    result: str


def _function(node: ast.Function, scope: _Scope) -> Term:
    row = _function_row(node, scope)
    scope.budget.depth += 1
    if scope.budget.depth > MAX_DEPTH:
        raise LimitError(f"the filter is nested deeper than {MAX_DEPTH} levels", scope.locator)
    argument = _term(node.arguments[0], scope)
    scope.budget.depth -= 1
    if argument.type != row.argument:
        raise scope.refuse(f"{node.name} needs {row.argument}; {_named(node.arguments[0])} is {argument.type}")
    return Term(row.result, row.form.format(argument.sql), computed=True)


def _function_row(node: ast.Function, scope: _Scope) -> _Function:
    row = FUNCTIONS.get(node.name.lower())
    if row is None:
        raise scope.refuse(f"there is no function {node.name!r} here: choose from {', '.join(sorted(FUNCTIONS))}")
    if len(node.arguments) != 1:
        raise scope.refuse(f"{node.name} takes one argument, not {len(node.arguments)}")
    return row


def _unified(left: Term, right: Term, scope: _Scope) -> tuple[Term, Term]:
    """Both operands in one type; a literal follows the column that it is compared with."""
    if left.type == "geometry" or right.type == "geometry":
        raise scope.refuse("a geometry cannot be compared with = < >: use a spatial test")
    if right.is_literal and not left.is_literal:
        right = _coerced(right, left, scope)
    elif left.is_literal and not right.is_literal:
        left = _coerced(left, right, scope)
    if left.type in NUMERIC and right.type in NUMERIC:
        return _same_number(left, right), _same_number(right, left)
    if {left.type, right.type} == {"date", "datetime"}:
        return _as_day(left), _as_day(right)
    if left.type != right.type and "day" not in {left.type, right.type}:
        raise scope.refuse(f"{_described(left)} cannot be compared with {_described(right)}")
    return left, right


def _same_number(term: Term, other: Term) -> Term:
    """Against a computed number, a column or literal becomes numeric too: numeric to float8 may overflow."""
    if other.computed and not term.computed:
        return Term("number", sql.SQL("{}::numeric").format(_parenthesised(term)), term.literal, computed=True)
    return term


def _as_day(term: Term) -> Term:
    if term.type == "date":
        return term
    return Term("date", sql.SQL("({} AT TIME ZONE {})::date").format(term.sql, sql.Literal(ZONE.key)), computed=True)


def _coerced(literal: Term, other: Term, scope: _Scope) -> Term:
    """The literal in the type of ``other``, or an error; FES and ECQL write every value as text."""
    value = literal.literal
    if literal.type == "text" and other.type != "text":
        return _coerced(_literal(_parsed(value, other, scope), scope), other, scope)
    if other.type == "datetime" and literal.type == "date":
        return Term("day", literal.sql, value)
    if other.type == "date" and literal.type == "datetime":
        day = local_day(value)
        return Term("date", sql.Literal(day), day)
    return literal


def _parsed(text: str, other: Term, scope: _Scope) -> ast.AstType:
    if other.type in NUMERIC:
        if re.fullmatch(r"\s*[+-]?\d{1,400}\s*", text):
            return int(text)
        try:
            return float(text)
        except ValueError:
            raise scope.refuse(f"{text!r} is not a number; {_described(other)}") from None
    if other.type in TEMPORAL:
        return moment(text, scope.locator)
    if other.type == "boolean" and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    raise scope.refuse(f"{text!r} cannot be compared: {_described(other)}")


def _described(term: Term) -> str:
    if term.column is not None:
        return f"{term.column.name} is {term.type}"
    return f"{term.literal!r} ({term.type})" if term.is_literal else f"an expression of type {term.type}"


def _named(node: ast.AstType) -> str:
    if isinstance(node, ast.Attribute):
        return str(node.name)
    if isinstance(node, ast.Function):
        return f"{node.name}()"
    return repr(node)[:60] if isinstance(node, (str, int, float, date)) else type(node).__name__


_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_OPERATORS = {text: sql.SQL(text) for text in ("=", "<>", "<", "<=", ">", ">=")}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# {0} is a moment, {1} the first or last microsecond of the day
_DAY_FORMS: Mapping[str, tuple[Any, str | None]] = {
    "=": ("({0} BETWEEN {1} AND {2})", None),
    "<>": ("({0} NOT BETWEEN {1} AND {2})", None),
    "<": ("({0} < {1})", "start"),
    ">=": ("({0} >= {1})", "start"),
    ">": ("({0} > {1})", "end"),
    "<=": ("({0} <= {1})", "end"),
}
# Total on every text. casei and accenti are CQL2's, strTo… GeoServer's.
FUNCTIONS: Mapping[str, _Function] = {
    "casei": _Function(sql.SQL("lower({})"), "text", "text"),
    "accenti": _Function(sql.SQL("unaccent({})"), "text", "text"),
    "lower": _Function(sql.SQL("lower({})"), "text", "text"),
    "upper": _Function(sql.SQL("upper({})"), "text", "text"),
    "strtolowercase": _Function(sql.SQL("lower({})"), "text", "text"),
    "strtouppercase": _Function(sql.SQL("upper({})"), "text", "text"),
}
# Allen's relations (ISO 19108): a..b is the left operand, c..d the right one.
_ALLEN: Mapping[type[ast.TemporalPredicate], Any] = {
    ast.TimeAfter: "({a} > {d})",
    ast.TimeBefore: "({b} < {c})",
    ast.TimeDisjoint: "({a} > {d} OR {b} < {c})",
    ast.TimeEquals: "({a} = {c} AND {b} = {d})",
    ast.TimeDuring: "({a} > {c} AND {b} < {d})",
    ast.TimeContains: "({a} < {c} AND {b} > {d})",
    ast.TimeBegins: "({a} = {c} AND {b} < {d})",
    ast.TimeBegunBy: "({a} = {c} AND {b} > {d})",
    ast.TimeEnds: "({b} = {d} AND {a} > {c})",
    ast.TimeEndedBy: "({b} = {d} AND {a} < {c})",
    ast.TimeMeets: "({b} = {c})",
    ast.TimeMetBy: "({a} = {d})",
    ast.TimeOverlaps: "({a} < {c} AND {b} > {c} AND {b} < {d})",
    ast.TimeOverlappedBy: "({a} > {c} AND {a} < {d} AND {b} > {d})",
    ast.TimeBeforeOrDuring: "({b} <= {d})",
    ast.TimeDuringOrAfter: "({a} >= {c})",
}
_SPATIAL: Sequence[type[Any]] = tuple(spatial.OPERATORS)
_CONDITIONS: Mapping[type[Any], Handler] = {
    ast.And: _combination,
    ast.Or: _combination,
    ast.Not: _not,
    ast.Include: _include,
    **dict.fromkeys(
        (ast.Equal, ast.NotEqual, ast.LessThan, ast.LessEqual, ast.GreaterThan, ast.GreaterEqual), _comparison
    ),
    ast.Between: _between,
    ast.In: _in,
    ast.Like: _like,
    ast.IsNull: _is_null,
    **dict.fromkeys(_ALLEN, _temporal),
    **dict.fromkeys(_SPATIAL, _spatial),
    ast.DistanceWithin: _distance,
    ast.DistanceBeyond: _distance,
    ast.Relate: _relate,
}
