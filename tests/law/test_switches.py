"""Every question that the sources leave open (C1 to C24) is answered both ways, on the same building of a register.

``switches_<set>.yaml`` gives buildings by their verblijfsobjecten, with hits in registers, and neighbours at a distance
between the walls; ``expect`` is the outcome with the set as it is, each entry of ``switched`` that of other parameters.

    - name: C7 a nursing home
      units: [{doelen: [woonfunctie], kvk: "8710"}]
      expect: {regel: woon.3}
      switched: [{parameters: {woon.zorg_sbi: ["87.1", "87.2"]}, regel: woon.1}]

An outcome may state ``categorie``, all ``waarschuwingen``, some of ``invoer``, and the rule of some ``functies``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.register import Register, opened, rule_set

from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection, Database
from risicoatlas.filters.sql import names as filter_names
from risicoatlas.rules import classify, reasons
from risicoatlas.rules.ruleset import RuleSet
from risicoatlas.settings import CHECKOUT

LAW = Path(__file__).parent
README = CHECKOUT / "config" / "rules" / "README.md"
SETS = ("basisvulling", "bkl-vi")
# So far apart that no building of another case is a neighbour.
APART_M = 1000
# Questions that no parameter answers, each with the test of what is done instead.
NO_SWITCH = {"C19": "test_no_citation_names_a_letter", "C20": "test_a_municipality_chooses_how_mutations_are_processed"}


@dataclass(frozen=True)
class Outcome:
    """What must come out, with these parameters."""

    regel: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    categorie: str | None = None
    waarschuwingen: list[str] | None = None
    invoer: Mapping[str, Any] = field(default_factory=dict)
    functies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One building, the outcome of the set as it is, and those of its switches."""

    rules: str
    name: str
    units: list[dict[str, Any]]
    expect: Outcome
    switched: tuple[Outcome, ...] = ()
    buren: tuple[dict[str, Any], ...] = ()
    ligplaats_op_m: float | None = None


def read(path: Path) -> Iterator[Case]:
    for item in yaml.safe_load(path.read_text(encoding="utf-8")):
        outcomes = {
            "expect": Outcome(**item.pop("expect")),
            "switched": tuple(Outcome(**outcome) for outcome in item.pop("switched", ())),
        }
        yield Case(rules=path.stem.removeprefix("switches_"), **item, **outcomes)


CASES = [case for name in SETS for case in read(LAW / f"switches_{name}.yaml")]
Found = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def found(cluster: Cluster) -> Iterator[Mapping[str, Found]]:
    """The labels of every building, by rule set and parameters."""
    with Database(lambda task: cluster.conninfo("ra_loader")).loader() as connection:
        register = opened(connection)
        for number, case in enumerate(CASES):
            build(register, number, case)
        wanted = {key(case.rules, outcome): (case.rules, outcome.parameters) for case, outcome in outcomes()}
        yield {name: labels(connection, rules, parameters) for name, (rules, parameters) in wanted.items()}
        connection.rollback()


def outcomes() -> Iterator[tuple[Case, Outcome]]:
    for case in CASES:
        for outcome in (case.expect, *case.switched):
            yield case, outcome


def key(rules: str, outcome: Outcome) -> str:
    return repr((rules, sorted(outcome.parameters.items())))


def build(register: Register, number: int, case: Case) -> None:
    """The building of a case with its lower left corner at ``number`` times the distance between cases."""
    x = number * APART_M
    pand = register.pand(number * 10, x=x)
    for unit in case.units:
        for _ in range(unit.get("n", 1)):
            vbo = register.vbo(pand, unit["doelen"], unit.get("m2", 100))
        for name, status in (("kvk", unit.get("status")), ("lrk", "Geregistreerd"), ("duo", None)):
            if name in unit:
                register.hit(name, unit[name], vbo, status)
    for place, neighbour in enumerate(case.buren, start=1):
        register.vbo(register.pand(number * 10 + place, x=x + 10 + neighbour["op_m"]), neighbour["doelen"])
    if case.ligplaats_op_m is not None:
        register.mooring(number, x - 10 - case.ligplaats_op_m)


def labels(connection: Connection, rules: str, parameters: Mapping[str, Any]) -> Found:
    classify.classify(connection, rule_set(rules).with_parameters(parameters))
    functions: dict[str, dict[str, str]] = defaultdict(dict)
    for pand, function, rule in connection.execute(
        "SELECT pand, functie, regel FROM register.kgl_functielabel WHERE regelset = %s", [rules]
    ):
        functions[pand][function] = rule
    query = "SELECT pand, categorie, regel, waarschuwingen, invoer FROM register.kgl_label WHERE regelset = %s"
    return {
        pand: {
            "categorie": category,
            "regel": rule,
            "waarschuwingen": flags,
            "invoer": given,
            "functies": functions[pand],
        }
        for pand, category, rule, flags, given in connection.execute(query, [rules])
    }


@pytest.mark.parametrize(
    ("number", "case"), list(enumerate(CASES)), ids=[f"{case.rules}: {case.name}" for case in CASES]
)
def test_switch_comes_out_as_written(number: int, case: Case, found: Mapping[str, Found]) -> None:
    for outcome in (case.expect, *case.switched):
        label = found[key(case.rules, outcome)][f"99011{number * 10:011d}"]
        assert label["regel"] == f"{case.rules}.{outcome.regel}", outcome.parameters
        assert outcome.categorie in (None, label["categorie"]), outcome.parameters
        assert outcome.waarschuwingen in (None, label["waarschuwingen"]), outcome.parameters
        assert label["invoer"].items() >= outcome.invoer.items(), outcome.parameters
        functions = {function: f"{case.rules}.{rule}" for function, rule in outcome.functies.items()}
        assert label["functies"].items() >= functions.items(), outcome.parameters


@pytest.mark.parametrize("name", SETS)
def test_every_alternative_of_every_open_question_is_switched(name: str) -> None:
    """Each alternative has a building on which it makes a difference."""
    tried = [
        (parameter, value)
        for case in CASES
        for outcome in case.switched
        if case.rules == name and differs(case.expect, outcome)
        for parameter, value in outcome.parameters.items()
    ]
    rules = rule_set(name)
    missing = [
        (parameter, value)
        for parameter in read_parameters(rules)
        if rules.parameters[parameter].contradiction
        for value in rules.parameters[parameter].alternatives
        if (parameter, value) not in tried
    ]
    assert missing == []


def differs(one: Outcome, other: Outcome) -> bool:
    return (one.regel, one.categorie, one.waarschuwingen, one.functies) != (
        other.regel, other.categorie, other.waarschuwingen, other.functies,
    )  # fmt: skip


def read_parameters(rules: RuleSet) -> set[str]:
    """The parameters that conditions, results, sentences and inputs of a set read."""
    blocks = [*rules.rules, *(warning for article in rules.articles for warning in article.warnings)]
    read = {name for block in blocks for name in filter_names(block.condition)}
    read |= {name for rule in rules.rules for name in (rule.result, *reasons.placeholders(rule.reason))}
    words = [rules.words[name] for name in read & rules.words.keys()]
    words += [rules.words[name] for word in words for name in (word.lower_bound, word.told_with) if name]
    for word in words:
        arguments = [value for value in word.arguments.values() if isinstance(value, dict)]
        read |= {value["parameter"] for value in arguments if set(value) == {"parameter"}}
    return (read | {"categorie.volgorde"}) & rules.parameters.keys()


def test_every_question_has_a_case_both_ways() -> None:
    switched = {case.name.split()[0] for case in CASES if any(differs(case.expect, item) for item in case.switched)}
    questions = {f"C{number}" for number in range(1, 25)}
    assert switched | NO_SWITCH.keys() == questions
    for test in NO_SWITCH.values():
        assert test in globals()


def test_every_question_of_a_parameter_has_a_number_and_an_answer_in_the_readme() -> None:
    """The table of the questions names every parameter that answers one, in the row of its number."""
    rows = {
        match["number"]: match["rest"]
        for match in re.finditer(r"^\| (?P<number>C\d+) \|(?P<rest>.*)$", README.read_text("utf-8"), re.MULTILINE)
    }
    assert list(rows) == [f"C{number}" for number in range(1, 25)]
    for name in SETS:
        for parameter in rule_set(name).parameters.values():
            if parameter.contradiction and parameter.alternatives:
                assert f"`{parameter.name}`" in rows[parameter.contradiction], parameter.name


def test_no_citation_names_a_letter() -> None:
    """C19: the letters of the annex are not the same everywhere, so functions are cited by name."""
    for name in SETS:
        for article in rule_set(name).articles:
            for paragraph in article.paragraphs:
                assert not re.search(r"\b[A-E][ ,-]+(onder )?[a-i]\b", paragraph.source), paragraph.source


def test_a_municipality_chooses_how_mutations_are_processed(cluster: Cluster) -> None:
    """C20: no parameter of the rules but the management variant of the municipality, which is one of two."""
    with Database(lambda task: cluster.conninfo("ra_loader")).loader() as connection:
        for number, variant in enumerate(("automatisch", "handmatig")):
            connection.execute(
                "INSERT INTO register.kgl_gemeente (gemeentecode, variant) VALUES (%s, %s)", [f"GM000{number}", variant]
            )
        connection.rollback()
