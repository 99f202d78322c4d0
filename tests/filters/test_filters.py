"""Filters: what clients write → AST → SQL, on a real database where it is about rows."""

import operator
from contextlib import suppress
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from pygeofilter import ast, values

from risicoatlas.crs import Crs
from risicoatlas.database import reading
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.features.plan import columns
from risicoatlas.filters import cql2, ecql, literals, period, spatial
from risicoatlas.filters import sql as filters
from risicoatlas.filters.sql import Column
from risicoatlas.service import Service

NAMES = ("tekst", "getal", "maat", "ja", "dag", "moment")
TYPES = ("text", "integer", "number", "boolean", "date", "datetime")
TABLE: dict[str, Column] = {
    name: Column(name, kind, sql.Identifier(name)) for name, kind in zip(NAMES, TYPES, strict=True)
}
TABLE["geometrie"] = Column("geometrie", "geometry", sql.Identifier("geometrie"), 28992, sql.Identifier("etrs89"))


NOT_UNDERSTOOD = (
    "", " ", "tekst", "1", "'a'", "tekst =", "= 1", "tekst = 'a", "(tekst = 'a'", "tekst = 'a')", "tekst = 'a' AND",
    "AND", "tekst LIKE", "tekst IN ()", "tekst IN", "getal BETWEEN 1", "tekst IS", "getal = 1 getal = 2", "getal = = 1",
    "POINT(1 2)", "S_INTERSECTS(geometrie)", "S_INTERSECTS(geometrie, POINT(1))", "S_INTERSECTS(geometrie, POINT(1 2)",
    "S_INTERSECTS(geometrie, POINT EMPTY)", "S_INTERSECTS(tekst, POINT(5 52))", "S_INTERSECTS(geometrie, 'x')",
    "geometrie = POINT(5 52)", "geometrie IS 1", "getal = 1 AND 2", "(getal = 1) + 2 = 3", "tekst + 1 = 2",
    "ja > TRUE", "tekst > 1", "getal LIKE 'a'", "tekst LIKE 1", "dag = 'gisteren'", "DATE('2024-99-01') = dag",
    "TIMESTAMP('2024-01-01') = moment", "T_AFTER(tekst, DATE('2024-01-01'))", "INTERVAL('..', '2024') = dag",
    "T_DURING(dag, INTERVAL('2025-01-01', '2024-01-01'))", "dwithin(geometrie, POINT(5 52), 1, m)", "a.b.c = 1",
    "lower(getal) = 'a'", "casei(tekst, tekst) = 'a'", "getal = 1e999", "getal ^ 2 ^ 3 = 4", "getal % = 0", "#",
    "SRID=99999;POINT(1 2) = geometrie", "S_INTERSECTS(geometrie, SRID=12;POINT(1 2))", "sqrt(getal) = 1",
)  # fmt: skip
TOO_MUCH = (
    "(" * 100 + "TRUE" + ")" * 100, "x" * 70_000, " AND ".join(["getal + 1 = 2"] * 400),
    f"tekst IN ({','.join(['1'] * 3000)})", "NOT (" * 60 + "ja" + ")" * 60, "getal" + " + (1" * 80 + ")" * 80 + " = 1",
)  # fmt: skip
WKT = (
    "POINT Z (5 52 1)", "LINESTRING(5 52, 6 53)", "MULTIPOINT((5 52), (6 53))", "MULTIPOINT(5 52, 6 53)",
    "POLYGON((5 52, 6 52, 6 53, 5 52), (5.5 52.1, 5.6 52.1, 5.6 52.2, 5.5 52.1))",
    "MULTIPOLYGON(((5 52, 6 52, 6 53, 5 52)))", "GEOMETRYCOLLECTION(POINT(5 52), LINESTRING(5 52, 6 53))",
)  # fmt: skip


def sql_of(text: str) -> str:
    return filters.compile(cql2.read_text(text), TABLE).as_string()


class TestText:
    """CQL2 text and ECQL."""

    def test_and_binds_closer_than_or(self) -> None:
        found = cql2.read_text("getal = 1 OR getal = 2 AND maat = 3")
        assert isinstance(found, ast.Or) and isinstance(found.rhs, ast.And)

    def test_not_binds_closer_than_and_and_looser_than_a_comparison(self) -> None:
        found = cql2.read_text("NOT getal = 1 AND getal = 2")
        assert isinstance(found, ast.And) and isinstance(found.lhs, ast.Not)

    def test_arithmetic_has_its_usual_precedence(self) -> None:
        found = cql2.read_text("getal + 2 * 3 = (getal + 2) * 3")
        assert isinstance(found.lhs, ast.Add) and isinstance(found.rhs, ast.Mul)

    @pytest.mark.parametrize(
        ("text", "value"),
        [("'it''s'", "it's"), (r"'it\'s'", "it's"), (r"'C:\'", "C:\\"), ("''", ""), ("'é–😀'", "é–😀")],
    )
    def test_quotes_within_a_text(self, text: str, value: str) -> None:
        assert cql2.read_text(f"tekst = {text}").rhs == value

    def test_names_may_be_short_quoted_or_look_like_a_keyword_in_quotes(self) -> None:
        assert cql2.read_text("a = 1").lhs.name == "a"
        assert cql2.read_text('"and" = 1').lhs.name == "and"
        assert cql2.read_text('"x""y" = 1').lhs.name == 'x"y'

    def test_keywords_are_read_in_any_case(self) -> None:
        assert sql_of("tekst is not null and getal between 1 and 2") == sql_of(
            "tekst IS NOT NULL AND getal BETWEEN 1 AND 2"
        )

    @pytest.mark.parametrize("text", NOT_UNDERSTOOD)
    def test_what_is_not_understood_is_refused_with_the_parameter(self, text: str) -> None:
        with pytest.raises(RequestError) as error:
            sql_of(text)
        assert error.value.locator == "filter" and error.value.status == 400

    @pytest.mark.parametrize("text", TOO_MUCH)
    def test_depth_and_size_are_bounded(self, text: str) -> None:
        with pytest.raises((LimitError, RequestError)):
            sql_of(text)

    @pytest.mark.parametrize("duration", ["P99999999999D", "P999999999Y", f"P{'9' * 5000}D"])
    def test_a_duration_beyond_the_calendar_is_refused(self, duration: str) -> None:
        with pytest.raises(RequestError, match="calendar"):
            ecql.read(f"moment DURING 2024-01-01T00:00:00Z/{duration}", 28992)

    def test_a_long_line_that_crosses_itself_is_refused_and_one_that_does_not_is_read(self) -> None:
        zigzag = ", ".join(f"{155_000 + number % 2} {463_000 + number * 7919 % 500}" for number in range(500))
        stairs = ", ".join(f"{155_000 + (number + 1) // 2} {463_000 + number // 2}" for number in range(500))
        with pytest.raises(LimitError, match="crosses itself"):
            ecql.read(f"INTERSECTS(geometrie, LINESTRING({zigzag}))", 28992)
        with pytest.raises(LimitError, match="collection"):
            ecql.read(f"INTERSECTS(geometrie, GEOMETRYCOLLECTION(LINESTRING({stairs})))", 28992)
        assert ecql.read(f"INTERSECTS(geometrie, LINESTRING({stairs}))", 28992)

    def test_edges_that_would_be_cut_into_millions_are_refused(self) -> None:
        edges = ", ".join(f"{14 * (number % 2)} {47 + number / 200}" for number in range(2000))
        with pytest.raises(LimitError, match="too long"):
            filters.compile(ecql.read(f"DWITHIN(geometrie, SRID=4326;LINESTRING({edges}), 1, m)", 28992), TABLE)

    def test_a_long_chain_of_one_operator_is_one_level(self) -> None:
        assert sql_of(" OR ".join(f"getal = {number}" for number in range(150))).count(" OR ") == 149

    def test_ecql_as_clients_of_geoserver_write_it(self) -> None:
        box = ecql.read("BBOX(geometrie, 130000, 480000, 131000, 481000)", 28992)
        assert box.rhs.srid == 28992 and box.rhs.shape.bounds == (130000, 480000, 131000, 481000)
        degrees = ecql.read("BBOX(geometrie, 4.9, 52.3, 5.0, 52.4, 'EPSG:4326')", 28992)
        assert degrees.rhs.srid == 4326 and degrees.rhs.shape.bounds == (4.9, 52.3, 5.0, 52.4)
        turned = ecql.read("BBOX(geometrie, 52.3, 4.9, 52.4, 5.0, 'urn:ogc:def:crs:EPSG::4326')", 28992)
        assert turned.rhs.shape.bounds == (4.9, 52.3, 5.0, 52.4)
        assert ecql.read("rev_public:tekst = 'a'", 28992).lhs.name == "tekst"
        assert ecql.read("tekst ILIKE 'A%'", 28992).nocase
        assert ecql.read("DWITHIN(geometrie, POINT(130000 480000), 2, kilometers)", 28992).distance == 2
        assert ecql.read("RELATE(geometrie, POINT(130000 480000), 'T********')", 28992).pattern == "T********"
        during = ecql.read("moment DURING 2024-01-01T00:00:00Z/2024-02-01T00:00:00Z", 28992)
        assert isinstance(during.rhs, values.Interval)
        assert isinstance(ecql.read("moment BEFORE OR DURING 2024-01-01T00:00:00Z/P1D", 28992), ast.TimeBeforeOrDuring)
        assert isinstance(ecql.read("EXCLUDE", 28992), ast.Include)

    def test_ecql_without_srid_is_in_the_storage_crs_and_says_so_when_it_cannot_be(self) -> None:
        with pytest.raises(RequestError, match="EPSG:28992") as error:
            ecql.read("INTERSECTS(geometrie, POINT(4.9 52.3))", 28992)
        assert error.value.locator == "cql_filter"
        assert ecql.read("INTERSECTS(geometrie, SRID=4326;POINT(4.9 52.3))", 28992).rhs.srid == 4326

    def test_wkt_of_every_kind(self) -> None:
        for text in (
            "POINT Z (5 52 1)",
            "LINESTRING(5 52, 6 53)",
            "MULTIPOINT((5 52), (6 53))",
            "MULTIPOINT(5 52, 6 53)",
            "POLYGON((5 52, 6 52, 6 53, 5 52), (5.5 52.1, 5.6 52.1, 5.6 52.2, 5.5 52.1))",
            "MULTIPOLYGON(((5 52, 6 52, 6 53, 5 52)))",
            "GEOMETRYCOLLECTION(POINT(5 52), LINESTRING(5 52, 6 53))",
        ):
            node = cql2.read_text(f"S_INTERSECTS(geometrie, {text})")
            assert node.rhs.shape.is_valid and not node.rhs.shape.has_z

    @given(st.text(max_size=60))
    def test_no_text_makes_the_parser_do_anything_but_answer(self, text: str) -> None:
        with suppress(RequestError):
            filters.compile(cql2.read_text(text), TABLE)

    @given(st.text(alphabet="getal='()<> 1.e-+*/ANDORNTIKBW,_%ja", max_size=60))
    def test_no_near_miss_does_either(self, text: str) -> None:
        for read in (cql2.read_text, lambda found: ecql.read(found, 28992)):
            with suppress(RequestError):
                filters.compile(read(text), TABLE)


class TestJson:
    @pytest.mark.parametrize(
        ("document", "text"),
        [
            ({"op": "=", "args": [{"property": "tekst"}, "a"]}, "tekst = 'a'"),
            ({"op": "and", "args": [{"op": "<", "args": [{"property": "getal"}, 1]}, True]}, "getal < 1 AND TRUE"),
            ({"op": "not", "args": [{"op": "isNull", "args": [{"property": "tekst"}]}]}, "NOT tekst IS NULL"),
            ({"op": "in", "args": [{"property": "getal"}, [1, 2]]}, "getal IN (1, 2)"),
            ({"op": "between", "args": [{"property": "getal"}, 1, 2]}, "getal BETWEEN 1 AND 2"),
            ({"op": "like", "args": [{"property": "tekst"}, "a%"]}, "tekst LIKE 'a%'"),
            ({"op": "=", "args": [{"op": "casei", "args": [{"property": "tekst"}]}, {"op": "casei", "args": ["A"]}]},
             "CASEI(tekst) = CASEI('A')"),
            ({"op": ">", "args": [{"op": "*", "args": [{"property": "getal"}, 2]}, 3]}, "getal * 2 > 3"),
            ({"op": "s_intersects", "args": [{"property": "geometrie"}, {"type": "Point", "coordinates": [5, 52]}]},
             "S_INTERSECTS(geometrie, POINT(5 52))"),
            ({"op": "s_within", "args": [{"property": "geometrie"}, {"bbox": [5, 52, 6, 53]}]},
             "S_WITHIN(geometrie, BBOX(5, 52, 6, 53))"),
            ({"op": "t_after", "args": [{"property": "moment"}, {"timestamp": "2024-01-01T00:00:00Z"}]},
             "T_AFTER(moment, TIMESTAMP('2024-01-01T00:00:00Z'))"),
            ({"op": "t_during", "args": [{"interval": [{"property": "dag"}, ".."]},
                                         {"interval": ["2024-01-01", ".."]}]},
             "T_DURING(INTERVAL(dag, '..'), INTERVAL('2024-01-01', '..'))"),
            ({"op": "=", "args": [{"property": "dag"}, {"date": "2024-01-01"}]}, "dag = DATE('2024-01-01')"),
        ],
    )  # fmt: skip
    def test_json_says_what_the_text_says(self, document: dict, text: str) -> None:
        compiled = filters.compile(cql2.read_json(document), TABLE).as_string()
        assert compiled == filters.compile(cql2.read_text(text), TABLE).as_string()

    @pytest.mark.parametrize(
        "document",
        ["", "{", "[]", "1", '"a"', "null", '{"op":"="}', '{"op":"=","args":[1]}', '{"op":"and","args":[1,2]}',
         '{"x":1}', '{"op":"=","args":[{"property":1},1]}',
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"type":"Point"}]}',
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"type":"Point","coordinates":["a"]}]}',
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"type":"Point","coordinates":[NaN,1]}]}',
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}]}',
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"bbox":[1,2]}]}',
         '{"op":"in","args":[{"property":"getal"},1]}',
         '{"op":"exec","args":["x"]}', '{"op":"=","args":[{"property":"tekst"},"a\\u0000b"]}',
         '{"op":"=","args":[{"property":"tekst"},"\\ud800"]}', '{"op":"=","args":[{"property":"getal"},1e400]}',
         '{"op":"not","args":[' * 1600 + "true" + "]}" * 1600,
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"bbox":[1' + "0" * 400 + ",1,2,3]}]}",
         '{"op":"t_after","args":[{"property":"moment"},' + '{"interval":[' * 400 + '".."' + ',".."]}' * 400 + "]}",
         '{"op":"s_intersects","args":[{"property":"geometrie"},{"type":"Polygon","coordinates":'
         + "[" * 900 + "]" * 900 + "}]}"],
    )  # fmt: skip
    def test_what_is_not_understood_is_refused(self, document: str) -> None:
        with pytest.raises(RequestError):
            filters.compile(cql2.read_json(document), TABLE)

    def test_a_refusal_can_be_written_whatever_it_repeats(self) -> None:
        with pytest.raises(RequestError) as error:
            cql2.read_json('{"\\ud800":1}')
        assert str(error.value).encode()


class TestLiterals:
    RD = Crs(28992, "EPSG:28992", latitude_first=False)

    def test_a_geometry_with_too_many_vertices_is_refused(self) -> None:
        points = ",".join(f"{130_000 + number} 480000" for number in range(literals.MAX_VERTICES + 1))
        with pytest.raises(LimitError, match="vertices"):
            literals.geometry(f"LINESTRING({points})", self.RD)

    def test_a_geometry_that_crosses_itself_is_refused_with_the_place(self) -> None:
        with pytest.raises(RequestError, match="Self-intersection"):
            literals.geometry("POLYGON((0 480000, 10 480010, 10 480000, 0 480010, 0 480000))", self.RD)

    def test_latitude_first_is_turned(self) -> None:
        found = literals.geometry("POINT(52 5)", Crs(4326, "urn", latitude_first=True))
        assert found.shape.bounds == (5, 52, 5, 52)

    def test_a_box_that_touches_the_area_of_use_is_honoured(self) -> None:
        literals.envelope((-1_000_000, 480_000, 130_000, 481_000), self.RD)
        with pytest.raises(RequestError, match="area of use"):
            literals.envelope((-1_000_000, 480_000, -900_000, 481_000), self.RD)

    def test_a_time_without_offset_is_local(self) -> None:
        found = literals.moment("2024-07-01T12:00:00")
        assert isinstance(found, datetime) and found.astimezone(UTC).hour == 10

    def test_a_period_ends_after_it_begins(self) -> None:
        assert filters.names(period.read("2024-01-01/2024-02-01")) == {"begin_geldigheid", "eind_geldigheid"}
        assert filters.names(period.read("../2024-02-01")) == {"begin_geldigheid"}

    def test_units_are_known_or_refused(self) -> None:
        assert spatial.metres(1, "Kilometers", "filter") == 1000
        with pytest.raises(RequestError, match="unit"):
            spatial.metres(1, "furlong", "filter")
        with pytest.raises(RequestError, match="distance"):
            spatial.metres(-1, "m", "filter")


# --- the same filter, by PostgreSQL and by Python ---------------------------------------------------------------------

ROWS = [
    {"volgnummer": number, "soort": "abc"[number % 3], "aantal": number, "maat": number / 4.0, "ja": number % 2 == 0}
    for number in range(1, 401)
]
OPERATORS = {
    ast.Equal: operator.eq, ast.NotEqual: operator.ne, ast.LessThan: operator.lt,
    ast.LessEqual: operator.le, ast.GreaterThan: operator.gt, ast.GreaterEqual: operator.ge,
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mul: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
ARITHMETIC = [ast.Add, ast.Sub, ast.Mul, ast.Div]
COMPARISONS = [kind for kind in OPERATORS if kind not in ARITHMETIC]

numbers = st.one_of(st.integers(-5, 405), st.floats(-5, 105).map(lambda value: round(value, 2)))
kinds = st.sampled_from("abcd")


def applied(build, *arguments):
    return build(*arguments)


def attribute(*names: str) -> st.SearchStrategy:
    return st.sampled_from(names).map(ast.Attribute)


def numeric(depth: int = 2) -> st.SearchStrategy:
    leaf = st.one_of(numbers, attribute("aantal", "maat"))
    if depth == 0:
        return leaf
    deeper = numeric(depth - 1)
    return st.one_of(leaf, st.builds(applied, st.sampled_from(ARITHMETIC), deeper, deeper))


def conditions(depth: int = 3) -> st.SearchStrategy:
    comparison = st.sampled_from(COMPARISONS)
    leaf = st.one_of(
        st.builds(applied, comparison, numeric(), numeric()),
        st.builds(applied, comparison, attribute("soort"), kinds),
        st.builds(ast.Equal, attribute("ja"), st.booleans()),
        st.builds(ast.Between, attribute("aantal"), numbers, numbers, st.booleans()),
        st.builds(ast.In, attribute("soort"), st.lists(kinds, min_size=1), st.booleans()),
        st.builds(ast.IsNull, attribute("soort", "aantal"), st.booleans()),
    )
    if depth == 0:
        return leaf
    deeper = conditions(depth - 1)
    two = st.builds(applied, st.sampled_from([ast.And, ast.Or]), deeper, deeper)
    return st.one_of(leaf, two, st.builds(ast.Not, deeper))


def evaluated(node, row):
    """Three-valued logic: True, False or None."""
    match node:
        case ast.And() | ast.Or():
            left, right = evaluated(node.lhs, row), evaluated(node.rhs, row)
            decided = isinstance(node, ast.Or)
            return decided if decided in (left, right) else None if None in (left, right) else not decided
        case ast.Not():
            inner = evaluated(node.sub_node, row)
            return None if inner is None else not inner
        case ast.Between():
            value = row[node.lhs.name]
            inside = None if value is None else node.low <= value <= node.high
            return inside if inside is None else inside is not node.not_
        case ast.In():
            value = row[node.lhs.name]
            return None if value is None else (value in node.sub_nodes) is not node.not_
        case ast.IsNull():
            return (row[node.lhs.name] is None) is not node.not_
    left, right = number_of(node.lhs, row), number_of(node.rhs, row)
    return None if left is None or right is None else OPERATORS[type(node)](left, right)


def number_of(node, row):
    match node:
        case ast.Attribute():
            value = row[node.name]
            return Fraction(value) if isinstance(value, float | int) and not isinstance(value, bool) else value
        case ast.Arithmetic():
            left, right = number_of(node.lhs, row), number_of(node.rhs, row)
            if left is None or right is None or (isinstance(node, ast.Div) and right == 0):
                return None
            return {
                "+": lambda: left + right,
                "-": lambda: left - right,
                "*": lambda: left * right,
                "/": lambda: left / right,
            }[node.op.value]()
        case bool() | str():
            return node
    return Fraction(str(node))


def divides(node) -> bool:
    return isinstance(node, ast.Div) or any(divides(child) for child in getattr(node, "get_sub_nodes", list)() or ())


def close(node, row) -> bool:
    """Whether two sides of a comparison all but meet: numeric rounds a quotient, so either answer is right there."""
    if isinstance(node, ast.Comparison) and not isinstance(node.rhs, str | bool):
        left, right = number_of(node.lhs, row), number_of(node.rhs, row)
        if left is None or right is None or abs(left - right) > 1e-9:
            return False
        return left != right or divides(node.lhs) or divides(node.rhs)
    children = getattr(node, "get_sub_nodes", list)() or ()
    return any(close(child, row) for child in children if isinstance(child, ast.Condition | ast.Comparison))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=conditions())
def test_postgresql_selects_the_rows_that_the_filter_says(world: Service, node) -> None:
    known = columns(world.catalogue.get("proef"))
    condition = filters.compile(node, known)
    statement = sql.SQL("SELECT volgnummer FROM publiek.proef AS r WHERE volgnummer <= 400 AND {}").format(condition)
    with reading(world.pool) as connection:
        found = {number for (number,) in connection.execute(statement)}
    either = {row["volgnummer"] for row in ROWS if close(node, row)}
    expected = {row["volgnummer"] for row in ROWS if evaluated(node, row) is True}
    assert found - either == expected - either


EXTREME = (
    "aantal / 0 = 1", "aantal / (aantal - 3) > 0", "maat * 1e300 * 1e300 > 1", "maat / maat = 1",
    "aantal * 9223372036854775807 * 99 > 0", "aantal = 99999999999999999999999999", "maat < 1e300 AND maat > -1e300",
    "aantal % 0 = 1", "aantal % (aantal - 3) > 0", "maat % maat = 0", "aantal div 0 = 1", "maat div (maat - 1) = 1",
    "aantal ^ 1e300 > 1", "aantal ^ -1e300 < 1", "0 ^ (aantal - 5) = 0", "(aantal - 5) ^ 0.5 > 0", "maat ^ maat > 1",
    "((aantal ^ 9) ^ 9) ^ 9 > 1", "1e300 ^ 1e300 > 1", "(1 / aantal) ^ 1e9 < 1", "(maat - maat) ^ (maat - maat) = 1",
    "aantal / 3 * 3 = aantal", "dag < TIMESTAMP('9999-12-31T23:59:59Z')", "moment > DATE('0001-01-01')",
    "T_AFTER(dag, DATE('9999-12-31'))", "T_INTERSECTS(dag, INTERVAL('..', '9999-12-31'))",
    "T_AFTER(moment, TIMESTAMP('0001-01-01T00:00:00+14:00'))", "dag = TIMESTAMP('0001-01-01T00:00:00+14:00')",
)  # fmt: skip


@pytest.mark.parametrize("text", EXTREME)
def test_no_filter_raises_on_any_row(world: Service, text: str) -> None:
    known = columns(world.catalogue.get("proef"))
    statement = sql.SQL("SELECT count(*) FROM publiek.proef AS r WHERE {}").format(
        filters.compile(cql2.read_text(text), known)
    )
    with reading(world.pool) as connection:
        connection.execute(statement).fetchone()


SPATIAL = ("INTERSECTS", "DISJOINT", "CONTAINS", "WITHIN", "TOUCHES", "CROSSES", "OVERLAPS", "EQUALS")
SHAPES = (
    "POLYGON((131000 481000, 131030 481000, 131030 481025, 131000 481000))",
    "POLYGON((131010 481010, 131020 481010, 131020 481020, 131010 481020, 131010 481010))",
    "LINESTRING(131000 481000, 131100 481100)",
    "POINT(131010 481010)",
)


@pytest.mark.parametrize("name", SPATIAL)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_spatial_test_gives_what_postgis_gives(world: Service, name: str, shape: str) -> None:
    known = columns(world.catalogue.get("proef"))
    rd = Crs(28992, "EPSG:28992", latitude_first=False)
    condition = filters.compile(cql2.read_text(f"S_{name}(geometrie, {shape})", rd), known)
    function = sql.Identifier(f"st_{name.lower()}")
    plain = sql.SQL("{}(r.geometrie, ST_GeomFromText({}, 28992))").format(function, sql.Literal(shape))
    statement = sql.SQL("SELECT array_agg(volgnummer ORDER BY volgnummer) FROM publiek.proef AS r WHERE {}")
    with reading(world.pool) as connection:
        found = connection.execute(statement.format(condition)).fetchone()
        assert found == connection.execute(statement.format(plain)).fetchone()


def test_operands_may_stand_the_other_way_round(world: Service) -> None:
    known = columns(world.catalogue.get("proef"))
    box = "BBOX(5, 52, 5.1, 52.4)"
    one = filters.compile(cql2.read_text(f"S_WITHIN(geometrie, {box})"), known)
    other = filters.compile(cql2.read_text(f"S_CONTAINS({box}, geometrie)"), known)
    assert one == other


def test_a_literal_far_outside_never_fails_in_the_projection(world: Service) -> None:
    known = columns(world.catalogue.get("proef"))
    total = {"S_INTERSECTS": 401, "S_WITHIN": 401, "S_CONTAINS": 0, "S_EQUALS": 0, "S_DISJOINT": 0}
    for name, expected in total.items():
        condition = filters.compile(cql2.read_text(f"{name}(geometrie, BBOX(-180, -90, 180, 90))"), known)
        statement = sql.SQL("SELECT count(*) FROM publiek.proef AS r WHERE {}").format(condition)
        with reading(world.pool) as connection:
            assert connection.execute(statement).fetchone() == (expected,), name
    for name, expected in {"S_INTERSECTS": 0, "S_DISJOINT": 401}.items():
        condition = filters.compile(cql2.read_text(f"{name}(geometrie, BBOX(170, -80, 179, -70))"), known)
        statement = sql.SQL("SELECT count(*) FROM publiek.proef AS r WHERE {}").format(condition)
        with reading(world.pool) as connection:
            assert connection.execute(statement).fetchone() == (expected,), name


def test_distance_is_in_metres_whatever_the_crs_of_the_literal(world: Service) -> None:
    known = columns(world.catalogue.get("proef"))
    rd = filters.compile(ecql.read("DWITHIN(geometrie, POINT(130990 481005), 15, meters)", 28992), known)
    degrees = filters.compile(ecql.read("DWITHIN(geometrie, SRID=4326;POINT(5.035082 52.316474), 15, m)", 28992), known)
    for condition in (rd, degrees):
        statement = sql.SQL("SELECT array_agg(volgnummer ORDER BY volgnummer) FROM publiek.proef AS r WHERE {}")
        with reading(world.pool) as connection:
            found = connection.execute(statement.format(condition)).fetchone()
        assert found is not None and 1 in found[0] and 3 not in found[0]


def test_like_knows_its_two_wildcards_and_escapes_all_else() -> None:
    assert filters.like_pattern("a*b?c!*d", "*", "?", "!") == "a%b_c*d"
    assert filters.like_pattern("100%_", "*", "?", "!") == r"100\%\_"
    assert filters.like_pattern("a\\", "%", "_", "\\") == "a\\\\"
    assert "ESCAPE" in sql_of("tekst LIKE '%\\'")


def test_a_day_against_moments_is_the_whole_day() -> None:
    node = ast.Equal(ast.Attribute("moment"), date(2024, 7, 1))
    text = filters.compile(node, TABLE).as_string()
    assert "2024-07-01 00:00:00+02:00" in text and "2024-07-01 23:59:59.999999+02:00" in text


def test_a_node_without_handler_is_an_error_and_never_true() -> None:
    box = ast.BBox(ast.Attribute("geometrie"), 1, 2, 3, 4)
    for node in (ast.Exists(ast.Attribute("tekst"), False), ast.ArrayEquals(["a"], ["a"]), box, object()):
        with pytest.raises(RequestError):
            filters.compile(node, TABLE)


def test_literals_are_quoted_and_names_come_from_the_allow_list() -> None:
    assert sql_of("tekst = 'x''; DROP TABLE t; --'") == "(\"tekst\" = 'x''; DROP TABLE t; --')"
    renamed = {"n": Column("n", "text", sql.SQL("upper(naam)"))}
    assert filters.compile(cql2.read_text("n = 'A'"), renamed).as_string() == "(upper(naam) = 'A')"


def test_plain_comparisons_are_told_from_the_rest() -> None:
    text = "getal = 1 AND tekst LIKE 'a%' AND (maat > 2 OR ja) AND dag IS NULL AND getal + 1 = 2 AND tekst = tekst"
    safe, rest = filters.split(cql2.read_text(text), TABLE)
    assert [type(item) for item in safe] == [ast.Equal, ast.IsNull]
    assert len(rest) == 4


def test_names_finds_every_attribute() -> None:
    text = "T_DURING(INTERVAL(dag, moment), INTERVAL('2024-01-01', '..')) AND casei(tekst) LIKE 'a' OR getal + maat > 1"
    assert filters.names(cql2.read_text(text)) == {"dag", "moment", "tekst", "getal", "maat"}
