"""CQL2 (OGC 21-065r2): the corners of its grammars.

Each row is a text, the condition in SQL, and the same as JSON where that is more than a repetition; the service must
find the same objects by all three.
"""

import json
from typing import Any

import pytest
from tests.standards.conftest import Ask
from tests.standards.test_oapif_core import ITEMS, keys, refused
from tests.standards.test_wfs_filters import Truth, truth  # noqa: F401 - a fixture

from risicoatlas.filters import cql2

Json = Any
POINT = "ST_Transform(ST_Point(131005, 481005, 28992), 4258)"
SQUARE = "POLYGON((5.0353 52.3164,5.0358 52.3164,5.0358 52.3166,5.0353 52.3166,5.0353 52.3164))"
SQUARE_SQL = f"ST_GeomFromText('{SQUARE}', 4258)"
FIRST = "POLYGON((131000 481000,131010 481000,131010 481010,131000 481010,131000 481000))"
RING = [[5.0353, 52.3164], [5.0358, 52.3164], [5.0358, 52.3166], [5.0353, 52.3166], [5.0353, 52.3164]]


def p(name: str) -> Json:
    return {"property": name}


def op(name: str, *args: Json) -> Json:
    return {"op": name, "args": list(args)}


LOGIC: dict[str, tuple[str, Json]] = {
    "soort = 'a' OR soort = 'b' AND aantal < 5": (
        "soort = 'a' OR (soort = 'b' AND aantal < 5)",
        op("or", op("=", p("soort"), "a"), op("and", op("=", p("soort"), "b"), op("<", p("aantal"), 5))),
    ),
    "(soort = 'a' OR soort = 'b') AND aantal < 5": (
        "(soort = 'a' OR soort = 'b') AND aantal < 5",
        op("and", op("or", op("=", p("soort"), "a"), op("=", p("soort"), "b")), op("<", p("aantal"), 5)),
    ),
    "NOT soort = 'a' AND aantal < 9": (
        "(NOT soort = 'a') AND aantal < 9",
        op("and", op("not", op("=", p("soort"), "a")), op("<", p("aantal"), 9)),
    ),
    "NOT (soort = 'a' AND aantal < 9)": (
        "NOT (soort = 'a' AND aantal < 9)",
        op("not", op("and", op("=", p("soort"), "a"), op("<", p("aantal"), 9))),
    ),
    "soort = 'a' and NoT ja = true Or aantal = 2": ("(soort = 'a' AND NOT ja) OR aantal = 2", None),
    "ja": ("ja", p("ja")),
    "ja = TRUE": ("ja", op("=", p("ja"), True)),
    "TRUE": ("TRUE", True),
    "FALSE OR aantal = 3": ("aantal = 3", op("or", False, op("=", p("aantal"), 3))),
    "((((aantal = 3))))": ("aantal = 3", None),
}
COMPARISONS: dict[str, tuple[str, Json]] = {
    "aantal <> 3": ("aantal <> 3", op("<>", p("aantal"), 3)),
    "3 >= aantal": ("aantal <= 3", op(">=", 3, p("aantal"))),
    "aantal >= 1.5e1 AND aantal < +20": ("aantal BETWEEN 15 AND 19", None),
    "naam IS NULL": ("naam IS NULL", op("isNull", p("naam"))),
    "naam IS NOT NULL": ("naam IS NOT NULL", op("not", op("isNull", p("naam")))),
    "naam = ''": ("naam = ''", op("=", p("naam"), "")),
    "\"naam\" = 'rij 7'": ("naam = 'rij 7'", None),
    "naam LIKE 'rij 1_'": ("naam LIKE 'rij 1_'", op("like", p("naam"), "rij 1_")),
    "naam LIKE 'rij 1%' AND naam NOT LIKE '%9'": (
        "naam LIKE 'rij 1%' AND naam NOT LIKE '%9'",
        op("and", op("like", p("naam"), "rij 1%"), op("not", op("like", p("naam"), "%9"))),
    ),
    "naam LIKE '%\\\\%'": ("naam LIKE '%\\\\%'", None),
    "aantal BETWEEN 2 + 1 AND 2 * 3": (
        "aantal BETWEEN 3 AND 6",
        op("between", p("aantal"), op("+", 2, 1), op("*", 2, 3)),
    ),
    "aantal NOT BETWEEN 5 AND 1000": ("aantal NOT BETWEEN 5 AND 1000", op("not", op("between", p("aantal"), 5, 1000))),
    "aantal IN (1, 2.0, 1 + 2)": ("aantal IN (1, 2, 3)", op("in", p("aantal"), [1, 2.0, op("+", 1, 2)])),
    "soort NOT IN ('a', 'b')": ("soort = 'c'", op("not", op("in", p("soort"), ["a", "b"]))),
    "dag IN (DATE('2024-01-02'), DATE('2024-01-03'))": (
        "dag IN ('2024-01-02', '2024-01-03')",
        op("in", p("dag"), [{"date": "2024-01-02"}, {"date": "2024-01-03"}]),
    ),
    "CASEI(naam) = CASEI('RIJ 7')": (
        "naam = 'rij 7'",
        op("=", op("casei", p("naam")), op("casei", "RIJ 7")),
    ),
    "CASEI(naam) LIKE CASEI('RIJ 7_')": (
        "naam LIKE 'rij 7_'",
        op("like", op("casei", p("naam")), op("casei", "RIJ 7_")),
    ),
    "CASEI(soort) IN (CASEI('A'), CASEI('B'))": (
        "soort IN ('a', 'b')",
        op("in", op("casei", p("soort")), [op("casei", "A"), op("casei", "B")]),
    ),
    "ACCENTI(naam) = ACCENTI('ríj 7')": ("naam = 'rij 7'", op("=", op("accenti", p("naam")), op("accenti", "ríj 7"))),
    "ACCENTI(CASEI(naam)) LIKE ACCENTI(CASEI('RÍJ 7%'))": ("naam LIKE 'rij 7%'", None),
    "naam LIKE '%é ’ 😀%'": ("naam LIKE '%é ’ 😀%'", op("like", p("naam"), "%é ’ 😀%")),
}
PROPERTIES: dict[str, tuple[str, Json]] = {
    "aantal > maat": ("aantal > maat", op(">", p("aantal"), p("maat"))),
    "aantal = maat * 4": ("aantal = maat * 4", op("=", p("aantal"), op("*", p("maat"), 4))),
    "naam <> soort": ("naam <> soort", op("<>", p("naam"), p("soort"))),
    "dag = moment": ("dag = moment::date", op("=", p("dag"), p("moment"))),
    "begin_geldigheid < moment": ("begin_geldigheid < moment", op("<", p("begin_geldigheid"), p("moment"))),
    "aantal IN (maat, maat * 4)": (
        "aantal IN (maat, maat * 4)",
        op("in", p("aantal"), [p("maat"), op("*", p("maat"), 4)]),
    ),
    "aantal BETWEEN maat AND maat * 4": (
        "aantal BETWEEN maat AND maat * 4",
        op("between", p("aantal"), p("maat"), op("*", p("maat"), 4)),
    ),
    "S_INTERSECTS(geometrie, geometrie)": (
        "geometrie IS NOT NULL",
        op("s_intersects", p("geometrie"), p("geometrie")),
    ),
}
ARITHMETIC: dict[str, tuple[str, Json]] = {
    "aantal = 1 + 2 * 3 - 8 / 4": (
        "aantal = 5",
        op("=", p("aantal"), op("-", op("+", 1, op("*", 2, 3)), op("/", 8, 4))),
    ),
    "aantal = (1 + 2) * 3": ("aantal = 9", op("=", p("aantal"), op("*", op("+", 1, 2), 3))),
    "aantal = 10 - 4 - 3": ("aantal = 3", op("=", p("aantal"), op("-", op("-", 10, 4), 3))),
    "aantal = 64 / 4 / 4": ("aantal = 4", op("=", p("aantal"), op("/", op("/", 64, 4), 4))),
    "aantal / 2 = 2.5": ("aantal = 5", op("=", op("/", p("aantal"), 2), 2.5)),
    "aantal % 100 = 7": ("aantal % 100 = 7", op("=", op("%", p("aantal"), 100), 7)),
    "aantal div 100 = 2": ("aantal / 100 = 2", op("=", op("div", p("aantal"), 100), 2)),
    "aantal DIV 100 * 100 = aantal": ("aantal % 100 = 0", None),
    "aantal ^ 2 = 49": ("aantal = 7", op("=", op("^", p("aantal"), 2), 49)),
    "2 * aantal ^ 2 = 98": ("aantal = 7", op("=", op("*", 2, op("^", p("aantal"), 2)), 98)),
    "aantal ^ 0.5 < 3": ("aantal < 9", op("<", op("^", p("aantal"), 0.5), 3)),
    "-aantal = -3": ("aantal = 3", op("=", op("-", 0, p("aantal")), -3)),
    "aantal = - - 3": ("aantal = 3", None),
    "aantal+1=4": ("aantal = 3", None),
    "aantal-1=2": ("aantal = 3", None),
    # what has no value is not true, and its opposite neither
    "1 / (aantal - 3) > 0": ("aantal > 3", op(">", op("/", 1, op("-", p("aantal"), 3)), 0)),
    "NOT 1 / (aantal - 3) > 0": ("aantal < 3", None),
    "5 % (aantal - 3) > 1000 OR aantal = 3": ("aantal = 3", None),
    "5 div (aantal - 3) > 1000 OR aantal = 3": ("aantal = 3", None),
    "(aantal - 9) ^ 0.5 < 1": ("aantal = 9", None),
    "(aantal - 3) ^ -1 = 1": ("aantal = 4", None),
    "10 ^ aantal > 0 AND aantal > 290": ("aantal BETWEEN 291 AND 299", None),
}
SPACE: dict[str, tuple[str, Json]] = {
    f"S_INTERSECTS(geometrie, {SQUARE})": (
        f"ST_Intersects(geometrie_etrs89, {SQUARE_SQL})",
        op("s_intersects", p("geometrie"), {"type": "Polygon", "coordinates": [RING]}),
    ),
    f"s_within(geometrie, {SQUARE.lower()})": (
        f"ST_Within(geometrie_etrs89, {SQUARE_SQL})",
        op("s_within", p("geometrie"), {"type": "Polygon", "coordinates": [RING]}),
    ),
    "S_INTERSECTS(geometrie, BBOX(5.0353, 52.3164, 5.0358, 52.3166))": (
        f"ST_Intersects(geometrie_etrs89, {SQUARE_SQL})",
        op("s_intersects", p("geometrie"), {"bbox": [5.0353, 52.3164, 5.0358, 52.3166]}),
    ),
    f"S_INTERSECTS({SQUARE}, geometrie)": (
        f"ST_Intersects(geometrie_etrs89, {SQUARE_SQL})",
        op("s_intersects", {"type": "Polygon", "coordinates": [RING]}, p("geometrie")),
    ),
    f"S_CONTAINS({SQUARE}, geometrie)": (f"ST_Within(geometrie_etrs89, {SQUARE_SQL})", None),
    f"S_DISJOINT(geometrie, {SQUARE})": (f"ST_Disjoint(geometrie_etrs89, {SQUARE_SQL})", None),
    f"S_OVERLAPS(geometrie, {SQUARE})": (f"ST_Overlaps(geometrie_etrs89, {SQUARE_SQL})", None),
    "S_CROSSES(geometrie, LINESTRING(5.0353 52.3164, 5.0358 52.3166))": (
        "ST_Crosses(geometrie_etrs89, ST_GeomFromText('LINESTRING(5.0353 52.3164,5.0358 52.3166)', 4258))",
        op("s_crosses", p("geometrie"), {"type": "LineString", "coordinates": [RING[0], RING[2]]}),
    ),
    "S_INTERSECTS(geometrie, MULTIPOINT((5.0354 52.3165), (5.0357 52.3165)))": (
        "ST_Intersects(geometrie_etrs89, ST_GeomFromText('MULTIPOINT(5.0354 52.3165,5.0357 52.3165)', 4258))",
        None,
    ),
    "S_INTERSECTS(geometrie, GEOMETRYCOLLECTION(POINT(5.0354 52.3165), POINT(5.0357 52.3165)))": (
        "ST_Intersects(geometrie_etrs89, ST_GeomFromText('MULTIPOINT(5.0354 52.3165,5.0357 52.3165)', 4258))",
        None,
    ),
    "S_INTERSECTS(geometrie, POINT Z(5.0354 52.3165 3))": (
        "ST_Intersects(geometrie_etrs89, ST_Point(5.0354, 52.3165, 4258))",
        None,
    ),
    f"S_EQUALS(geometrie, SRID=28992;{FIRST})": (
        "volgnummer = 1",
        None,
    ),
    "S_TOUCHES(geometrie, SRID=28992;POINT(131000 481000))": ("volgnummer = 1", None),
}
DAY = "INTERVAL('2024-03-01T11:00:00Z', '2024-03-05T11:00:00Z')"
DAY_JSON = {"interval": ["2024-03-01T11:00:00Z", "2024-03-05T11:00:00Z"]}
START, STOP = "timestamptz '2024-03-01 11:00Z'", "timestamptz '2024-03-05 11:00Z'"
EVE = "INTERVAL('2024-03-01T10:00:00Z', '2024-03-05T10:00:00Z')"
EVE_JSON = {"interval": ["2024-03-01T10:00:00Z", "2024-03-05T10:00:00Z"]}
TIME: dict[str, tuple[str, Json]] = {
    "dag = DATE('2024-03-01')": ("dag = '2024-03-01'", op("=", p("dag"), {"date": "2024-03-01"})),
    "moment >= TIMESTAMP('2024-03-01T11:00:00Z')": (
        f"moment >= {START}",
        op(">=", p("moment"), {"timestamp": "2024-03-01T11:00:00Z"}),
    ),
    "moment = TIMESTAMP('2024-03-01T11:00:00.000Z')": (f"moment = {START}", None),
    "T_AFTER(moment, DATE('2024-03-01'))": (
        "moment > timestamptz '2024-03-02 00:00 Europe/Amsterdam' - interval '1 microsecond'",
        op("t_after", p("moment"), {"date": "2024-03-01"}),
    ),
    "T_BEFORE(moment, TIMESTAMP('2024-03-01T11:00:00Z'))": (
        f"moment < {START}",
        op("t_before", p("moment"), {"timestamp": "2024-03-01T11:00:00Z"}),
    ),
    f"T_DURING(moment, {DAY})": (f"moment > {START} AND moment < {STOP}", op("t_during", p("moment"), DAY_JSON)),
    f"T_INTERSECTS(moment, {DAY})": (
        f"moment BETWEEN {START} AND {STOP}",
        op("t_intersects", p("moment"), DAY_JSON),
    ),
    f"T_DISJOINT(moment, {DAY})": (
        f"moment NOT BETWEEN {START} AND {STOP}",
        op("t_disjoint", p("moment"), DAY_JSON),
    ),
    f"T_STARTS(moment, {DAY})": (f"moment = {START}", op("t_starts", p("moment"), DAY_JSON)),
    f"T_FINISHES(moment, {DAY})": (f"moment = {STOP}", op("t_finishes", p("moment"), DAY_JSON)),
    f"T_STARTEDBY({DAY}, moment)": (f"moment = {START}", op("t_startedBy", DAY_JSON, p("moment"))),
    f"T_FINISHEDBY({DAY}, moment)": (f"moment = {STOP}", op("t_finishedBy", DAY_JSON, p("moment"))),
    f"T_CONTAINS({DAY}, moment)": (f"moment > {START} AND moment < {STOP}", op("t_contains", DAY_JSON, p("moment"))),
    f"T_MEETS(moment, {DAY})": (f"moment = {START}", op("t_meets", p("moment"), DAY_JSON)),
    f"T_METBY(moment, {DAY})": (f"moment = {STOP}", op("t_metBy", p("moment"), DAY_JSON)),
    f"T_EQUALS({DAY}, INTERVAL(moment, '2024-03-05T11:00:00Z'))": (
        f"moment = {START}",
        op("t_equals", DAY_JSON, {"interval": [p("moment"), "2024-03-05T11:00:00Z"]}),
    ),
    f"T_OVERLAPS(INTERVAL(begin_geldigheid, moment), {EVE})": (
        "dag = '2024-03-01'",
        op("t_overlaps", {"interval": [p("begin_geldigheid"), p("moment")]}, EVE_JSON),
    ),
    f"T_OVERLAPPEDBY(INTERVAL(begin_geldigheid, moment), {EVE})": (
        "dag = '2024-03-05'",
        op("t_overlappedBy", {"interval": [p("begin_geldigheid"), p("moment")]}, EVE_JSON),
    ),
    "T_AFTER(moment, INTERVAL('..', '2024-03-01T11:00:00Z'))": (
        f"moment > {START}",
        op("t_after", p("moment"), {"interval": ["..", "2024-03-01T11:00:00Z"]}),
    ),
    "T_INTERSECTS(moment, INTERVAL('2024-03-01T11:00:00Z', '..'))": (f"moment >= {START}", None),
}
CASES = {**LOGIC, **COMPARISONS, **PROPERTIES, **ARITHMETIC, **SPACE, **TIME}


def found(ask: Ask, expression: str, language: str) -> list[str]:
    answer = ask(ITEMS, query_string={"filter": expression, "filter-lang": language, "limit": "1000"})
    assert answer.status_code == 200, answer.text
    return keys(answer.json)


@pytest.mark.parametrize("text", CASES)
def test_text_and_json_find_what_the_database_finds(ask_world: Ask, truth: Truth, text: str) -> None:  # noqa: F811
    condition, document = CASES[text]
    expected = [key.removeprefix("proef.") for key in truth(condition)]
    assert expected, "the case says nothing"
    assert found(ask_world, text, "cql2-text") == expected
    if document is not None:
        assert found(ask_world, json.dumps(document), "cql2-json") == expected
        if isinstance(document, dict):
            posted = ask_world(f"{ITEMS}?limit=1000", method="POST", json=document)
            assert keys(posted.json) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("naam = 'it''s'", "it's"),
        (r"naam = 'it\'s'", "it's"),
        ("naam = '%25 + & = \"'", '%25 + & = "'),
        ("naam='é'", "é"),
    ],
)
def test_quotes_and_signs_within_a_text_are_text(ask_world: Ask, text: str, name: str) -> None:
    assert cql2.read_text(text).rhs == name
    assert ask_world(ITEMS, query_string={"filter": text}).json["features"] == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("filter=naam='rij+7'", 1),
        ("filter=naam='rij%207'", 1),
        ("filter=naam='rij%2B7'", 0),
        ("filter=aantal%3D3%2B4", 1),
        ("filter=aantal=%2B7", 1),
        ("filter=naam+LIKE+'%25+7'", 1),
        ("filter=naam%20LIKE%20%27%25%C3%A9%25%27", 1),
        ("filter=naam%20LIKE%20'%25é%25'", 1),
        ("filter=aantal%20%3C%203", 2),
        ("filter=aantal%09=%0A7", 1),
    ],
)
def test_plus_space_and_percent_are_read_as_in_every_address(ask_world: Ask, query: str, count: int) -> None:
    assert ask_world(f"{ITEMS}?{query}").json["numberMatched"] == count


@pytest.mark.parametrize("document", ["{", "[]", "1", '"x"', "null", '{"op":"and"}', '{"op":"=","args":[1]}', "NaN"])
def test_json_that_is_no_filter_is_refused(ask_world: Ask, document: str) -> None:
    refused(ask_world(ITEMS, query_string={"filter": document, "filter-lang": "cql2-json"}), "filter")


@pytest.mark.parametrize(
    "text",
    [
        "A_CONTAINS(naam, ('a', 'b'))", "naam = 'a' = TRUE", "aantal = 2 ^ 3 ^ 4", "aantal = 3 % ", "naam LIKE soort",
        "S_INTERSECTS(geometrie, BBOX(1, 2))", "DATE('2024-01-01T00:00:00Z') = dag", "INTERVAL('x', '..') = dag",
        "moment > TIMESTAMP('2024-01-01T00:00:00+16:00')",
        "naam BETWEEN 'a'", "naam IN ()", "T_AFTER(naam, DATE('2024-01-01'))", "naam IS 3", "aantal = 'x'",
        "aantal = 1e400", "S_NEAR(geometrie, POINT(5 52))", "soort + 1 = 2", "ja > FALSE", "geometrie = geometrie",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(ask_world: Ask, text: str) -> None:
    refused(ask_world(ITEMS, query_string={"filter": text}), "filter")
