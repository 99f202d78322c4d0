"""The report: its proof, its text and its JSON."""

import json

import pytest

from risicoatlas.loader.report import AccountingError, Finding, Report


@pytest.fixture
def report():
    made = Report("bag", "a.zip", 7, omschrijving="BAG-extract Zilverdam", duur_s=1.25)
    tally = made.tally("pand")
    tally.gelezen, tally.geladen, tally.hersteld, tally.ongewijzigd, tally.geweigerd = 10, 3, 1, 2, 1
    tally.nieuw, tally.gewijzigd = 3, 1
    tally.skip("geldigheid beëindigd", 3)
    return made


def test_counts_that_add_up_are_accepted(report):
    report.prove()


@pytest.mark.parametrize("field", ["gelezen", "geladen", "hersteld", "ongewijzigd", "geweigerd", "nieuw", "gewijzigd"])
def test_counts_that_do_not_add_up_are_an_error(report, field):
    tally = report.tally("pand")
    setattr(tally, field, getattr(tally, field) + 1)
    with pytest.raises(AccountingError, match=r"a\.zip: the counts of pand do not add up"):
        report.prove()


def test_text_shows_the_sum(report):
    assert list(report.lines()) == [
        "a.zip: BAG-extract Zilverdam, levering 7, 1.2 s",
        "  pand: 10 gelezen = 3 geladen + 1 hersteld + 2 ongewijzigd + 1 geweigerd + 3 geldigheid beëindigd;"
        " 3 nieuw, 1 gewijzigd, 0 vervallen",
    ]


def test_text_says_how_many_findings_are_not_shown(report):
    report.bevindingen = [Finding("melding", "pand", str(number), "regel 1", "vreemd") for number in range(12)]
    report.aantal_bevindingen = {"melding": 40}
    lines = list(report.lines())
    assert lines[2:4] == ["  melding: 40", "    pand 0 (regel 1): vreemd"]
    assert lines[-1] == "    … en nog 30 (--json, of beheer.bevinding)"


def test_json_holds_everything_and_reads_back(report):
    report.bevindingen = [Finding("melding", "pand", "1", None, "vreemd")]
    again = Report.from_json(json.loads(json.dumps(report.as_json())))
    assert again.as_json() == report.as_json()
    assert again.tally("pand") == report.tally("pand")
