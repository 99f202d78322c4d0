"""A run as a whole: repeatable, the same for a part as for everything, and right on the sample town."""

import csv
import datetime
import random
from dataclasses import replace

import pytest

from risicoatlas.errors import ConfigError, NotFoundError
from risicoatlas.rules import classify, explain, reader
from risicoatlas.rules.compare import compare
from risicoatlas.settings import CHECKOUT

WOON, KANTOOR, BIJEENKOMST = "woonfunctie", "kantoorfunctie", "bijeenkomstfunctie"


@pytest.fixture
def rules():
    return reader.read(CHECKOUT / "config" / "rules" / "basisvulling")


def test_labels_of_the_sample_equal_the_answer_key(town, sample_dir):
    with (sample_dir / "answers.csv").open(newline="") as file:
        expected = {row["pand"]: (row["label"], row["regel"]) for row in csv.DictReader(file)}
    with town.database.loader() as connection:
        found = {
            pand: (category, rule)
            for pand, category, rule in connection.execute(
                "SELECT pand, categorie, regel FROM register.kgl_label WHERE regelset = 'basisvulling'"
            )
        }
    assert found.keys() == expected.keys()
    assert {pand: found[pand] for pand in expected if found[pand] != expected[pand]} == {}


def test_second_run_changes_nothing(register, rules):
    register.building(1, WOON)
    first = classify.classify(register.connection, rules)
    before = register.row("9901100000000001")
    second = classify.classify(register.connection, rules)
    assert (first.changed, second.changed, second.removed) == (1, 0, 0)
    assert register.row("9901100000000001") == before


def test_label_goes_with_the_building_and_changes_with_its_area(register, rules):
    gone, grown = register.building(1, WOON), register.building(2, KANTOOR, 100, x=50)
    classify.classify(register.connection, rules)
    register.connection.execute("UPDATE register.pand SET status = 'Pand gesloopt' WHERE identificatie = %s", [gone])
    register.connection.execute("UPDATE register.verblijfsobject SET oppervlakte_m2 = 2000 WHERE oppervlakte_m2 = 100")
    outcome = classify.classify(register.connection, rules)
    assert (outcome.changed, outcome.removed, outcome.by_rule) == (1, 1, {"basisvulling.kantoor.1": 1})
    assert register.row(grown)["categorie"] == "kwetsbaar"
    left = register.connection.execute(
        "SELECT count(*) FROM register.kgl_functielabel WHERE pand = %s", [gone]
    ).fetchone()
    assert left == (0,)


def test_nothing_is_left_behind_in_the_staging_schema(register, rules):
    register.building(1, WOON)
    classify.classify(register.connection, rules)
    row = register.connection.execute(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'bron' AND c.relname LIKE 'kgl\\_%'"
    ).fetchone()
    assert row == (0,)


def test_part_of_the_buildings_gets_the_labels_of_a_full_run(register, rules):
    choice = random.Random(20231031)
    for number in range(1, 61):
        pand = register.pand(number, x=choice.uniform(0, 6000))
        for _ in range(choice.randint(1, 3)):
            register.vbo(
                pand, [choice.choice([WOON, WOON, KANTOOR, BIJEENKOMST, "logiesfunctie"])], choice.randint(50, 1600)
            )
    full = register.labels()
    stored = {number: register.row(f"99011{int(number):011d}") for number in full}
    chosen = sorted(choice.sample(sorted(full), 20))
    names = [f"99011{int(number):011d}" for number in chosen]
    register.connection.execute("DELETE FROM register.kgl_label WHERE pand = ANY (%s)", [names])
    assert register.labels(panden=names) == full
    for number in chosen:
        row = register.row(f"99011{int(number):011d}")
        assert {**row, "berekend_op": None} == {**stored[number], "berekend_op": None}


def test_day_before_the_first_rule_is_refused(register, rules):
    with pytest.raises(ConfigError, match="no value on 2023-10-30"):
        classify.classify(register.connection, rules, on=datetime.date(2023, 10, 30))


def test_day_before_the_law_is_refused(register):
    law = reader.read(CHECKOUT / "config" / "rules" / "bkl-vi")
    with pytest.raises(ConfigError, match="has no value on 2023-12-31"):
        classify.classify(register.connection, law, on=datetime.date(2023, 12, 31))


def test_explanation_tells_every_rule_tried_and_the_one_that_decided(register, rules):
    pand = register.pand(1)
    unit = register.vbo(pand, [KANTOOR], 1600)
    register.vbo(pand, [WOON], 80)
    register.hit("kvk", "87902", unit)
    classify.classify(register.connection, rules)
    told = explain.explain(register.connection, rules, pand)
    assert (told.category, told.rule) == ("zeerKwetsbaar", "basisvulling.woon.1")
    assert told.building["oppervlakte_pand_m2"] == 1680
    woon, kantoor = told.functions
    assert [(trial.rule, trial.holds) for trial in woon.trials][:2] == [
        ("basisvulling.woon.1", True),
        ("basisvulling.woon.2", True),
    ]
    assert "handelsregister" in woon.trials[0].reason and "handelsregister" not in told.public_reason
    assert kantoor.inputs["oppervlakte_m2"] == 1680
    assert kantoor.trials[0].reason == "Kantoorfunctie: 1.680 m2 is meer dan 1.500 m2."


def test_explanation_of_an_undecided_building_shows_the_unknown_rule(register, rules):
    pand = register.building(1, KANTOOR, 999999)
    told = explain.explain(register.connection, rules, pand)
    assert told.rule == "basisvulling.onbekend.oppervlakte"
    assert [trial.holds for trial in told.functions[0].trials] == [None, True]
    assert register.connection.execute("SELECT count(*) FROM register.kgl_label").fetchone() == (0,)


@pytest.mark.parametrize(("status", "message"), [(None, "is not in the register"), ("Pand gesloopt", "has no label")])
def test_explanation_of_a_building_without_label_says_why(register, rules, status, message):
    if status:
        register.building(1, WOON, status=status)
    with pytest.raises(NotFoundError, match=message):
        explain.explain(register.connection, rules, "9901100000000001")


def test_two_sets_are_compared_per_municipality(register, rules):
    register.building(1, "overige gebruiksfunctie")
    register.building(2, WOON, x=20)
    classify.classify(register.connection, rules)
    other = replace(rules, name="proef").with_parameters({"overige.categorie": "beperktKwetsbaar"})
    classify.classify(register.connection, other)
    (difference,) = compare(register.connection, "basisvulling", "proef")
    assert (difference.municipality, difference.first, difference.second, difference.count) == (
        "GM9901", "niet_bepaald", "beperktKwetsbaar", 1,
    )  # fmt: skip
