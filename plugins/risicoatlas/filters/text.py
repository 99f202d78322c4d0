"""The parser of both text languages, CQL2 text and ECQL: text in, pygeofilter's AST out.

Written here because pygeofilter's grammars give AND and OR the same precedence (``a OR b AND c`` becomes ``(a OR b) AND
c``), know no doubled quote, take ``.`` for LIKE's one character and refuse names of one letter. The languages differ in
their :class:`Dialect` only. Precedence, loosest first: OR, AND, NOT, comparison, + and -, * and /, power, sign.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from pygeofilter import ast, values
from pygeofilter.util import parse_duration

from risicoatlas import crs
from risicoatlas.crs import Crs
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.filters import literals

MAX_CHARACTERS = 65_536
MAX_DEPTH = 48
# Of a geometry: a collection of multipolygons needs five.
MAX_BRACKETS = 8
GEOMETRY_ATTRIBUTE = "geometrie"

_TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<moment>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)
    |(?P<duration>P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?(?![\w(]))
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<string>'(?:''|[^'])*')
    |(?P<quoted>"(?:""|[^"])*")
    |(?P<crs>\[?[A-Za-z][\w:./\#-]{0,99}\]?;)
    |(?P<name>[^\W\d][\w.:]*)
    |(?P<symbol><=|>=|<>|!=|[=<>+\-*/%^(),;])""",
    re.VERBOSE,
)
_WKT = frozenset(
    "POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION".split()  # noqa: SIM905
)
_COMPARISONS: Mapping[str, Callable[..., ast.Node]] = {
    "=": ast.Equal, "<>": ast.NotEqual, "!=": ast.NotEqual,
    "<": ast.LessThan, "<=": ast.LessEqual, ">": ast.GreaterThan, ">=": ast.GreaterEqual,
}  # fmt: skip
_SUMS: Mapping[str, Callable[..., ast.Node]] = {"+": ast.Add, "-": ast.Sub}
_PRODUCTS: Mapping[str, Callable[..., ast.Node]] = {"*": ast.Mul, "/": ast.Div}


@dataclass(frozen=True)
class Dialect:
    """What one language has that the other has not."""

    name: str
    spatial: Mapping[str, Callable[..., ast.Node]]
    # tests written as functions: T_AFTER(a, b)
    temporal: Mapping[str, Callable[..., ast.Node]] = field(default_factory=dict)
    # tests written between their operands: a AFTER b
    temporal_infix: Mapping[str, Callable[..., ast.Node]] = field(default_factory=dict)
    distance: Mapping[str, Callable[..., ast.Node]] = field(default_factory=dict)
    # further forms with a bracket, rows of _CALLS
    calls: frozenset[str] = frozenset({"BBOX"})
    # DATE('…'), TIMESTAMP('…') and INTERVAL('…', '…')
    temporal_literals: bool = False
    # \' inside a text, beside ''
    backslash_quote: bool = False
    # BBOX(1, 2, 3, 4) is a geometry, not only a test BBOX(attribute, 1, 2, 3, 4)
    box_literal: bool = False
    # operators that bind as * and / do, beside those two
    products: Mapping[str, Callable[..., ast.Node]] = field(default_factory=dict)
    # a ^ b
    power: Callable[..., ast.Node] | None = None
    # PropertyName = rev_public:naam
    prefixed_names: bool = False


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else ""


def parse(text: str, dialect: Dialect, default: Crs, locator: str = "filter") -> ast.Node:
    """The AST of a filter; geometries without a CRS of their own are read in ``default``, in its axis order."""
    if len(text) > MAX_CHARACTERS:
        raise LimitError(f"the filter has {len(text)} characters, more than the {MAX_CHARACTERS} allowed", locator)
    return _Parser(text, dialect, default, locator).whole()


def is_condition(node: ast.AstType) -> bool:
    """Whether a node may stand beside AND, OR and NOT; whether a bare attribute is boolean is known to the compiler."""
    return isinstance(node, (bool, ast.Condition, ast.Predicate, ast.Attribute, ast.Function))


def is_value(node: ast.AstType) -> bool:
    """Whether a node may be compared or calculated with."""
    return not isinstance(node, (ast.Condition, ast.Predicate, literals.GeometryLiteral, values.Interval))


class _Parser:
    """A recursive descent over the tokens of one filter, one method per level of precedence."""

    def __init__(self, text: str, dialect: Dialect, default: Crs, locator: str) -> None:
        self.text = text
        self.dialect = dialect
        self.default = default
        self.locator = locator
        self.tokens = self._tokens()
        self.index = 0
        self.depth = 0

    # --- tokens ---

    def _tokens(self) -> list[_Token]:
        found, position = [], 0
        while position < len(self.text):
            match = self._string(position) or _TOKENS.match(self.text, position)
            if match is None:
                raise self._refuse(f"{self.text[position]!r} is not understood", position)
            position = match.end()
            if match.lastgroup != "space":
                found.append(_Token(match.lastgroup or "string", match.group(), match.start(), match.end()))
        return [*found, _Token("end", "", len(self.text), len(self.text))]

    def _string(self, position: int) -> re.Match[str] | None:
        """CQL2 also has the quote as ``\\'`` within a text."""
        if not self.dialect.backslash_quote or self.text[position] != "'":
            return None
        return re.compile(r"(?P<string>'(?:''|\\'|[^'])*')").match(self.text, position)

    def _refuse(self, message: str, position: int | None = None) -> RequestError:
        at = self.now.start if position is None else position
        return RequestError(f"{self.dialect.name}, character {at + 1}: {message}", self.locator)

    @property
    def now(self) -> _Token:
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> _Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def take(self) -> _Token:
        token = self.now
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def accept(self, *texts: str) -> bool:
        """Step over these symbols or words when they come next, all of them."""
        for ahead, text in enumerate(texts):
            token = self.peek(ahead)
            if (token.word if token.kind == "name" else token.text if token.kind == "symbol" else None) != text:
                return False
        self.index += len(texts)
        return True

    def expect(self, text: str) -> None:
        if not self.accept(text):
            found = "the end" if self.now.kind == "end" else repr(self.now.text)
            raise self._refuse(f"expected {text!r}, found {found}")

    # --- conditions ---

    def whole(self) -> ast.Node:
        node = self.condition(self.disjunction())
        if self.now.kind != "end":
            raise self._refuse(f"{self.now.text!r} was not expected here")
        return ast.Include(not_=not node) if isinstance(node, bool) else node

    def condition(self, node: ast.AstType) -> ast.AstType:
        if not is_condition(node):
            raise self._refuse("expected a condition, found a value")
        return node

    def value(self, node: ast.AstType) -> ast.AstType:
        if not is_value(node):
            raise self._refuse("expected a value, found a condition or a geometry")
        return node

    def disjunction(self) -> ast.AstType:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LimitError(f"the filter is nested deeper than {MAX_DEPTH} levels", self.locator)
        node = self.conjunction()
        while self.accept("OR"):
            node = ast.Or(self.condition(node), self.condition(self.conjunction()))
        self.depth -= 1
        return node

    def conjunction(self) -> ast.AstType:
        node = self.negation()
        while self.now.word == "AND":
            self.take()
            node = ast.And(self.condition(node), self.condition(self.negation()))
        return node

    def negation(self) -> ast.AstType:
        negated = False
        while self.accept("NOT"):
            negated = not negated
        node = self.predicate()
        return ast.Not(self.condition(node)) if negated else node

    def predicate(self) -> ast.AstType:
        left = self.sum()
        if self.now.kind == "symbol" and self.now.text in _COMPARISONS:
            build = _COMPARISONS[self.take().text]
            return build(self.value(left), self.value(self.sum()))
        not_ = self.now.word == "NOT" and self.peek().word in {"BETWEEN", "LIKE", "ILIKE", "IN"}
        if not_:
            self.take()
        word = self.now.word
        if word in self._predicates:
            self.take()
            return self._predicates[word](self, left, not_)
        if word in self.dialect.temporal_infix:
            return self._temporal_infix(left)
        return left

    def _between(self, left: ast.AstType, not_: bool) -> ast.Node:
        low = self.value(self.sum())
        self.expect("AND")
        return ast.Between(self.value(left), low, self.value(self.sum()), not_)

    def _like(self, left: ast.AstType, not_: bool) -> ast.Node:
        nocase = self.peek(-1).word == "ILIKE"
        return ast.Like(self.value(left), self.value(self.sum()), nocase, "%", "_", "\\", not_)

    def _in(self, left: ast.AstType, not_: bool) -> ast.Node:
        return ast.In(self.value(left), self.arguments(), not_)

    def _is(self, left: ast.AstType, _not: bool) -> ast.Node:
        not_ = self.accept("NOT")
        self.expect("NULL")
        return ast.IsNull(self.value(left), not_)

    _predicates: Mapping[str, Callable[["_Parser", ast.AstType, bool], ast.Node]] = {
        "BETWEEN": _between,
        "LIKE": _like,
        "ILIKE": _like,
        "IN": _in,
        "IS": _is,
    }

    def _temporal_infix(self, left: ast.AstType) -> ast.Node:
        word = self.take().word
        for suffix in (("OR", "DURING"), ("OR", "AFTER")):
            if self.accept(*suffix):
                word = " ".join((word, *suffix))
        build = self.dialect.temporal_infix.get(word)
        if build is None:
            raise self._refuse(f"{word} is not a test on time")
        return build(self.value(left), self.period())

    def period(self) -> ast.AstType:
        """``moment``, ``moment/moment``, ``moment/duration`` or ``duration/moment``."""
        start = self.instant()
        if not self.accept("/"):
            if not isinstance(start, date):
                raise self._refuse("expected a date and time such as 2026-10-15T12:00:00Z")
            return start
        end = self.instant()
        if not isinstance(start, date):
            if not isinstance(end, date):
                raise self._refuse("a period needs at least one date and time")
            return values.Interval(self.shifted(end, -start), end)
        return values.Interval(start, end if isinstance(end, date) else self.shifted(start, end))

    def shifted(self, moment: date, duration: timedelta) -> date:
        try:
            return moment + duration
        except OverflowError:
            raise self._refuse("the period reaches outside the calendar") from None

    def instant(self) -> date | timedelta:
        token = self.take()
        if token.kind == "duration":
            return self.duration(token)
        if token.kind in {"moment", "string"}:
            return literals.moment(token.text.strip("'"), self.locator)
        raise self._refuse("expected a date and time such as 2026-10-15T12:00:00Z", token.start)

    def duration(self, token: _Token) -> timedelta:
        try:
            return cast(timedelta, parse_duration(token.text))
        except (OverflowError, ValueError):
            raise self._refuse("the duration reaches outside the calendar", token.start) from None

    # --- values ---

    def sum(self) -> ast.AstType:
        node = self.product()
        while self.now.kind == "symbol" and self.now.text in _SUMS:
            build = _SUMS[self.take().text]
            node = build(self.value(node), self.value(self.product()))
        return node

    def product(self) -> ast.AstType:
        node = self.factor()
        offered = {**_PRODUCTS, **self.dialect.products}
        while self.now.kind in {"symbol", "name"} and (build := offered.get(self.now.text.upper())):
            self.take()
            node = build(self.value(node), self.value(self.factor()))
        return node

    def factor(self) -> ast.AstType:
        """A value, or a value to the power of another; a sign belongs to the value (CQL2, powerTerm)."""
        node = self.atom()
        if self.dialect.power and self.accept("^"):
            return self.dialect.power(self.value(node), self.value(self.atom()))
        return node

    def atom(self) -> ast.AstType:
        token = self.now
        if self.accept("("):
            node = self.disjunction()
            self.expect(")")
            return node
        if self.accept("-"):
            return self.negative()
        if self.peek().kind == "number" and self.accept("+"):
            token = self.now
        read = self._atoms.get(token.kind)
        if read is None:
            raise self._refuse(f"expected a value, found {'the end' if token.kind == 'end' else repr(token.text)}")
        self.take()
        return read(self, token)

    def negative(self) -> ast.AstType:
        """What follows a minus; a row of signs is one level, however long."""
        negated = True
        while self.accept("-"):
            negated = not negated
        node = self.value(self.atom())
        if not negated:
            return node
        if isinstance(node, (int, float)) and not isinstance(node, bool):
            return -node
        return ast.Sub(0, node)

    def number(self, token: _Token) -> int | float:
        return float(token.text) if any(mark in token.text for mark in ".eE") else int(token.text[:400])

    def string(self, token: _Token) -> str:
        inner = token.text[1:-1].replace("''", "'")
        return inner.replace("\\'", "'") if self.dialect.backslash_quote else inner

    def moment(self, token: _Token) -> date:
        return literals.moment(token.text, self.locator)

    def quoted(self, token: _Token) -> ast.Attribute:
        return ast.Attribute(token.text[1:-1].replace('""', '"'))

    def named(self, token: _Token) -> ast.AstType:
        """What begins with a name: TRUE, a geometry, a test or function with its arguments, or an attribute."""
        word = token.word
        if word in {"TRUE", "FALSE"}:
            return word == "TRUE"
        if word in {"INCLUDE", "EXCLUDE"} and self.now.text != "(":
            return ast.Include(not_=word == "EXCLUDE")
        if word in _WKT and (self.now.text == "(" or self.now.word in {"Z", "M", "ZM", "EMPTY"}):
            return self.geometry(token, self.default)
        if word == "SRID" and self.now.text == "=":
            return self.extended_geometry()
        if self.now.text == "(":
            return self.call(token)
        name = token.text.rpartition(":")[2] if self.dialect.prefixed_names else token.text
        return ast.Attribute(name)

    def prefixed_geometry(self, token: _Token) -> literals.GeometryLiteral:
        """``EPSG:4326;POINT(4.9 52.4)``: any notation before the semicolon, and its axis order."""
        return self.geometry_in(crs.parse(token.text.removesuffix(";"), self.locator, literals.WRITABLE))

    _atoms: Mapping[str, Callable[["_Parser", _Token], ast.AstType]] = {
        "number": number,
        "string": string,
        "moment": moment,
        "quoted": quoted,
        "name": named,
        "crs": prefixed_geometry,
    }

    def call(self, token: _Token) -> ast.AstType:
        word, dialect = token.word, self.dialect
        build = dialect.spatial.get(word) or dialect.temporal.get(word)
        if build:
            return build(*self.counted(word, 2))
        if word in dialect.distance:
            return self.distance(dialect.distance[word])
        if dialect.temporal_literals and word in {"DATE", "TIMESTAMP", "INTERVAL"}:
            return self.temporal_literal(word)
        if word in dialect.calls:
            return _CALLS[word](self)
        return ast.Function(token.text, self.arguments())

    def relate(self) -> ast.Node:
        left, right, pattern = self.counted("RELATE", 3)
        return ast.Relate(left, right, str(pattern))

    def ranges(self) -> literals.GeometryLiteral:
        """GeoServer's ``ENVELOPE(x1, x2, y1, y2)``."""
        min_x, max_x, min_y, max_y = self.numbers("ENVELOPE", 4)
        return literals.envelope((min_x, min_y, max_x, max_y), self.default, self.locator)

    def arguments(self) -> list[ast.AstType]:
        self.expect("(")
        found = [self.disjunction()]
        while self.accept(","):
            found.append(self.disjunction())
        self.expect(")")
        return found

    def counted(self, word: str, count: int) -> list[ast.AstType]:
        found = self.arguments()
        if len(found) != count:
            raise self._refuse(f"{word} takes {count} arguments, not {len(found)}")
        return found

    def numbers(self, word: str, count: int) -> list[float]:
        separated = self.peek(2).text == "," or self.peek(3).text == ","
        self.expect("(")
        found: list[float] = []
        while len(found) < count:
            if found and separated:
                self.expect(",")
            number = self.atom()
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise self._refuse(f"{word} takes {count} numbers")
            found.append(float(number))
        self.expect(")")
        return found

    def box(self) -> ast.AstType:
        """``BBOX(1, 2, 3, 4)`` as a geometry, or the test ``BBOX(attribute, 1, 2, 3, 4, 'EPSG:4326')``."""
        starts_with_name = self.peek().kind in {"name", "quoted"}
        if not starts_with_name:
            if not self.dialect.box_literal:
                raise self._refuse("BBOX takes an attribute and four numbers")
            return literals.envelope(_four(self.numbers("BBOX", 4)), self.default, self.locator)
        attribute, *rest = self.arguments()
        stated = self.default
        if len(rest) == 5 and isinstance(rest[4], str):
            stated = crs.parse(str(rest.pop()), self.locator, literals.WRITABLE)
        if len(rest) != 4 or not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in rest):
            raise self._refuse("BBOX takes an attribute, four numbers and perhaps a CRS between quotes")
        bounds = literals.envelope(_four([float(item) for item in rest]), stated, self.locator)
        return ast.GeometryIntersects(attribute or ast.Attribute(GEOMETRY_ATTRIBUTE), bounds)

    def distance(self, build: Callable[..., ast.Node]) -> ast.Node:
        """``DWITHIN(attribute, geometry, 100, meters)``; the unit is bare words or a text."""
        self.expect("(")
        left = self.disjunction()
        self.expect(",")
        right = self.disjunction()
        self.expect(",")
        distance = self.atom()
        self.expect(",")
        words = [self.take().text.strip("'")]
        while self.now.kind == "name":
            words.append(self.take().text)
        self.expect(")")
        if isinstance(distance, bool) or not isinstance(distance, (int, float)):
            raise self._refuse("the distance must be a number")
        return build(left, right, float(distance), " ".join(words))

    def temporal_literal(self, word: str) -> ast.AstType:
        if word == "INTERVAL":
            start, end = self.counted(word, 2)
            return interval(start, end, self.locator)
        (text,) = self.counted(word, 1)
        found = literals.moment(str(text), self.locator)
        if isinstance(found, datetime) is not (word == "TIMESTAMP"):
            raise self._refuse(f"{word}({str(text)!r}) is not a {word.lower()}")
        return found

    # --- geometries ---

    def geometry(self, token: _Token, stated: Crs) -> literals.GeometryLiteral:
        """WKT from ``token`` to its closing bracket, read by shapely."""
        while self.now.word in {"Z", "M", "ZM"}:
            self.take()
        if self.now.word == "EMPTY":
            raise self._refuse("the geometry is empty")
        depth = 0
        while self.now.kind != "end":
            text = self.now.text
            depth += (text == "(") - (text == ")")
            if depth > MAX_BRACKETS:
                raise LimitError(f"the geometry is nested deeper than {MAX_BRACKETS} levels", self.locator)
            end = self.take().end
            if depth == 0:
                return literals.geometry(self.text[token.start : end], stated, self.locator)
        raise self._refuse("a bracket of the geometry is not closed", token.start)

    def extended_geometry(self) -> literals.GeometryLiteral:
        """``SRID=4326;POINT(4.9 52.4)``: x or longitude first, as PostGIS and GeoServer have it; ``SRID=EPSG:4326;``
        is read too."""
        self.expect("=")
        number = self.take()
        if number.kind == "crs":
            return self.prefixed_geometry(number)
        self.expect(";")
        return self.geometry_in(crs.parse(f"EPSG:{number.text}", self.locator, literals.WRITABLE))

    def geometry_in(self, stated: Crs) -> literals.GeometryLiteral:
        token = self.take()
        if token.word not in _WKT:
            raise self._refuse("expected a geometry after the CRS and its semicolon", token.start)
        return self.geometry(token, stated)


def interval(start: ast.AstType, end: ast.AstType, locator: str) -> values.Interval:
    """``INTERVAL``: each end is ``..``, a text with a date or time, or an attribute."""
    bounds = [_interval_end(item, locator) for item in (start, end)]
    low, high = bounds
    if isinstance(low, date) and isinstance(high, date) and literals.local_day(low) > literals.local_day(high):
        raise RequestError("the interval ends before it begins", locator)
    return values.Interval(low, high)


def _interval_end(item: ast.AstType, locator: str) -> ast.AstType:
    if isinstance(item, str):
        return None if item == ".." else literals.moment(item, locator)
    if isinstance(item, (ast.Attribute, date)):
        return item
    raise RequestError("an interval takes dates, times, attributes or '..'", locator)


def _four(numbers: list[float]) -> literals.Bounds:
    first, second, third, fourth = numbers
    return (first, second, third, fourth)


_CALLS: Mapping[str, Callable[[_Parser], ast.AstType]] = {
    "BBOX": _Parser.box,
    "ENVELOPE": _Parser.ranges,
    "RELATE": _Parser.relate,
}
