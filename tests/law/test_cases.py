"""Every case of ``tests/law/<set>/*.yaml`` comes out as it says, and no rule, threshold or switch is left untried.

Each YAML file gives buildings by the inputs of their functions and the rule that must decide.

    - name: An assembly building of exactly 250 m2 is not large
      given: {bijeenkomstfunctie: {oppervlakte_m2: 250}}
      expect: {regel: basisvulling.bijeenkomst.4, categorie: beperktKwetsbaar}

``waarschuwingen`` are flags that must be raised, ``zonder`` flags that must not; ``on`` is the day (2024-01-01 where
it is left out), ``parameters`` sets switches of the rule set. An input that is not given is 0 or false, ``aantal_vbo``
1; a null is unknown; the known part of a sum follows the sum unless it is given.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg import sql
from psycopg.rows import dict_row
from pygeofilter import ast

from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection, Database
from risicoatlas.filters.sql import names as filter_names
from risicoatlas.rules import classify, inputs, reader
from risicoatlas.rules.ruleset import UNKNOWN_FUNCTION, ActiveRules, RuleSet
from risicoatlas.settings import CHECKOUT

LAW = Path(__file__).parent
TYPES = {
    "integer": sql.SQL("bigint"),
    "number": sql.SQL("float8"),
    "boolean": sql.SQL("boolean"),
    "text": sql.SQL("text"),
}
BLANK: Mapping[str, Any] = {"integer": 0, "number": 0.0, "boolean": False, "text": ""}


@dataclass(frozen=True)
class Case:
    """One building and what must come out."""

    name: str
    rules: str
    given: Mapping[str, Mapping[str, Any]]
    expect: Mapping[str, Any]
    on: datetime.date = datetime.date(2024, 1, 1)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def read_cases(path: Path) -> list[Case]:
    # YAML 1.1 reads the key `on` as true
    items = [
        {"on" if key is True else key: value for key, value in item.items()}
        for item in yaml.safe_load(path.read_text())
    ]
    return [Case(rules=path.parent.name, **item) for item in items]


ALL_CASES = [case for path in sorted(LAW.glob("*/*.yaml")) for case in read_cases(path)]
Verdicts = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="session")
def rule_sets() -> dict[str, RuleSet]:
    return {name: reader.read(CHECKOUT / "config" / "rules" / name) for name in {case.rules for case in ALL_CASES}}


@pytest.fixture(scope="session")
def verdicts(cluster: Cluster, rule_sets: dict[str, RuleSet]) -> Verdicts:
    """What the engine decides for every case: one run per set of switches, over inputs that the case states."""
    found: dict[str, Mapping[str, Any]] = {}
    database = Database(lambda task: cluster.conninfo("ra_loader"))
    with database.loader() as connection:
        for rules, cases in _groups(rule_sets):
            with connection.transaction(force_rollback=True):
                found |= _judged(connection, rules, cases)
    return found


def _groups(rule_sets: dict[str, RuleSet]) -> Iterator[tuple[ActiveRules, list[Case]]]:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in ALL_CASES:
        groups[repr((case.rules, case.on, sorted(case.parameters.items())))].append(case)
    for cases in groups.values():
        rules = rule_sets[cases[0].rules].with_parameters(cases[0].parameters)
        yield rules.on(cases[0].on), cases


def _judged(connection: Connection, rules: ActiveRules, cases: list[Case]) -> dict[str, Mapping[str, Any]]:
    inputs.drop(connection)
    classify.judge(connection, rules, lambda function: _inputs(rules, function, cases))
    with connection.cursor(row_factory=dict_row) as cursor:
        labels = {row["pand"]: row for row in cursor.execute("SELECT * FROM bron.kgl_zwaarste")}
        warnings = cursor.execute(
            "SELECT pand, array_agg(DISTINCT w) AS w FROM bron.kgl_oordeel, unnest(waarschuwingen) w GROUP BY 1"
        )
        flags = {row["pand"]: set(row["w"]) for row in warnings}
    return {
        f"{case.rules}: {case.name}": {**labels.get(case.name, {}), "flags": flags.get(case.name, set())}
        for case in cases
    }


def _inputs(rules: ActiveRules, function: str, cases: list[Case]) -> sql.Composable:
    words = rules.used(function)
    rows = [(case.name, _values(rules, function, words, case)) for case in cases if function in case.given]
    names = sql.SQL(", ").join(
        sql.SQL("{}::{}").format(sql.Identifier(word), TYPES[rules.words[word].type]) for word in words
    )
    if not rows:
        nothing = sql.SQL(", ").join(
            sql.SQL("NULL::{} AS {}").format(TYPES[rules.words[word].type], sql.Identifier(word)) for word in words
        )
        return sql.SQL("SELECT ''::text AS pand, {} WHERE false").format(nothing)
    literals = sql.SQL(", ").join(
        sql.SQL("({})").format(sql.SQL(", ").join(sql.Literal(value) for value in (name, *values)))
        for name, values in rows
    )
    return sql.SQL("SELECT pand, {names} FROM (VALUES {rows}) AS gegeven (pand, {columns})").format(
        names=names, rows=literals, columns=sql.SQL(", ").join(map(sql.Identifier, words))
    )


def _values(rules: ActiveRules, function: str, words: tuple[str, ...], case: Case) -> list[Any]:
    given = dict(case.given[function])
    assert given.keys() <= rules.words.keys(), f"{case.name}: {given.keys() - rules.words.keys()} are no words"
    given.setdefault("functie", function)
    given.setdefault("aantal_vbo", 1)
    for name, word in rules.words.items():
        if word.lower_bound and name in given:
            given.setdefault(word.lower_bound, given[name] or 0)
    return [given[word] if word in given else BLANK[rules.words[word].type] for word in words]


@pytest.mark.parametrize("case", ALL_CASES, ids=[f"{case.rules}: {case.name}" for case in ALL_CASES])
def test_case_comes_out_as_written(case: Case, verdicts: Verdicts) -> None:
    verdict = verdicts[f"{case.rules}: {case.name}"]
    found = {
        "regel": verdict.get("regel"),
        "categorie": verdict.get("categorie"),
        "geldt_voor": verdict.get("geldt_voor"),
    }
    expected = dict(case.expect)
    warned, not_warned = (set(expected.pop(name, [])) for name in ("waarschuwingen", "zonder"))
    assert {name: found[name] for name in expected} == expected
    assert verdict["flags"] >= warned
    assert not verdict["flags"] & not_warned


def test_names_of_cases_are_unique() -> None:
    names = [f"{case.rules}: {case.name}" for case in ALL_CASES]
    assert sorted(names) == sorted(set(names))


def test_every_rule_decides_a_case(rule_sets: dict[str, RuleSet]) -> None:
    decided = {case.expect.get("regel") for case in ALL_CASES}
    missing = {rule.id for rules in rule_sets.values() for rule in rules.rules} - decided
    assert not missing


def test_every_warning_is_raised_by_a_case(rule_sets: dict[str, RuleSet]) -> None:
    raised = {(case.rules, flag) for case in ALL_CASES for flag in case.expect.get("waarschuwingen", [])}
    for rules in rule_sets.values():
        warnings = {item.id for article in rules.articles for item in article.warnings}
        assert not warnings - {flag for name, flag in raised if name == rules.name}


def test_every_alternative_of_a_condition_has_a_case(rule_sets: dict[str, RuleSet]) -> None:
    """Switches that stand in a condition or a result; those that change an input are tested on a register."""
    for rules in rule_sets.values():
        read = {name for rule in rules.rules for name in filter_names(rule.condition)} | {
            rule.result for rule in rules.rules
        }
        for name in read & rules.parameters.keys():
            tried = [
                case.parameters[name] for case in ALL_CASES if case.rules == rules.name and name in case.parameters
            ]
            assert all(value in tried for value in rules.parameters[name].alternatives), name


def test_every_threshold_is_tried_below_at_and_above(rule_sets: dict[str, RuleSet]) -> None:
    for rules in rule_sets.values():
        for where, function, word, parameter in _all_thresholds(rules):
            limit = rules.parameters[parameter].on(datetime.date(2024, 1, 1))
            if limit is not None:
                tried = [value for value in _tried(rules, function, word) if value is not None]
                sides = {(value > limit) - (value < limit) for value in tried}
                assert sides == {-1, 0, 1}, f"{where}: {word} around {parameter}"


def test_every_threshold_is_tried_with_an_unknown_value(rule_sets: dict[str, RuleSet]) -> None:
    """A count is always known; every other measure may be lacking in its register."""
    for rules in rule_sets.values():
        for where, function, word, _ in _all_thresholds(rules):
            assert word == "aantal_vbo" or None in _tried(rules, function, word), f"{where}: {word} unknown"


def _all_thresholds(rules: RuleSet) -> Iterator[tuple[str, str, str, str]]:
    """Rule or warning, function, word and parameter of every comparison with a parameter."""
    for article in rules.articles:
        for block in (*article.rules, *article.warnings):
            for word, parameter in _thresholds(block.condition, rules):
                yield block.id, article.function, word, parameter


def _thresholds(node: Any, rules: RuleSet) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Comparison) and isinstance(node.lhs, ast.Attribute) and isinstance(node.rhs, ast.Attribute):
        if rules.words[node.lhs.name].type in {"integer", "number"}:
            yield node.lhs.name, node.rhs.name
    elif isinstance(node, ast.Node) and not isinstance(node, ast.Attribute):
        for child in node.get_sub_nodes():
            yield from _thresholds(child, rules)


def _tried(rules: RuleSet, function: str, word: str) -> list[float | None]:
    """What the cases give for a word of a function; the article for the unknown is read for every function."""
    return [
        given[word]
        for case in ALL_CASES
        if case.rules == rules.name
        for name, given in case.given.items()
        if function in (name, UNKNOWN_FUNCTION) and word in given
    ]
