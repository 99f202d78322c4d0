"""A municipality with the manual variant decides on what a day of changes brings, over HTTP and on the command line."""

import csv
import io
import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from tests.kgl_mutations.village import SETTINGS, rules

from risicoatlas.kgl import mutations

CODE = "GM9901"


@pytest.fixture(scope="module")
def changed(office):
    """Four offices of the manual municipality grew; gives their panden with the run."""
    town = office.town
    office.do("UPDATE register.kgl_gemeente SET variant = 'handmatig' WHERE gemeentecode = %s", CODE)
    panden = [
        pand
        for (pand,) in office.sql(
            "SELECT pand FROM register.kgl_label WHERE regelset = 'basisvulling' AND regel = 'basisvulling.kantoor.2'"
            " AND pand LIKE '9901%%' AND (invoer ->> 'verblijfsobjecten')::int = 1"
            " AND jsonb_array_length(invoer -> 'gebruiksdoelen') = 1 ORDER BY pand LIMIT 4"
        )
    ]
    office.do(
        "UPDATE register.verblijfsobject SET oppervlakte_m2 = 2500 WHERE identificatie IN"
        " (SELECT verblijfsobject FROM register.verblijfsobject_pand WHERE pand = ANY (%s))",
        panden,
    )
    with town.database.loader() as connection:
        done = mutations.relabel(connection, rules(), SETTINGS, changed_only=True)
    assert done.proposed == 4
    return panden, done.run


@pytest.fixture(scope="module")
def run(office):
    def risicoatlas(*arguments, ok=True):
        town = office.town
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")},
            "RISICOATLAS_DATABASE_URL": town.database.conninfo("loader"),
            "RISICOATLAS_HOME": str(town.settings.home),
        }
        done = subprocess.run(
            [sys.executable, "-m", "risicoatlas", *map(str, arguments)],
            env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) is ok, done.stderr
        return done

    return risicoatlas


def test_offered_changes_are_decided_over_http_and_approved_ones_are_public_at_once(office, changed):
    panden, run_number = changed
    visitor = office.of(CODE)
    state = visitor.state()
    assert (state["wijzigingen"], state["validatie_gevraagd_op"] is not None) == (4, True)
    assert all(item["opnieuw_valideren"] for item in state["functies"])

    listed = visitor.ask(f"{visitor.here}/wijzigingen?limit=3").json
    assert [item["pand"] for item in listed["wijzigingen"]] == panden[:3]
    assert {item["nieuwe_categorie"] for item in listed["wijzigingen"]} == {"kwetsbaar"}
    (following,) = [link["href"] for link in listed["links"] if link["rel"] == "next"]
    assert "na=" in following

    approved, rejected = (listed["wijzigingen"][index]["nummer"] for index in (0, 1))
    done = visitor.act("wijzigingen/besluit", {"besluit": "goedkeuren", "nummers": [approved]})
    assert done.status_code == 200, done.text
    assert (done.json["besloten"], done.json["wijzigingen"]) == (1, 3)
    assert done.json["publicatie"] is not None
    assert office.public(CODE)[panden[0]] == "kwetsbaar"
    assert office.public(CODE)[panden[1]] == "beperktKwetsbaar"

    done = visitor.act("wijzigingen/besluit", {"besluit": "afwijzen", "nummers": [rejected]})
    assert (done.json["besloten"], done.json["publicatie"]) == (1, None)
    assert (
        visitor.ask(f"{visitor.here}/wijzigingen?status=afgewezen&run={run_number}").json["wijzigingen"][0]["pand"]
        == (panden[1])
    )
    assert ("kgl wijzigingen afgewezen", CODE, "gelukt") in [row[:3] for row in office.audit(CODE)]
    kinds = [item["soort"] for item in visitor.ask(f"{visitor.here}/gebeurtenissen").json["gebeurtenissen"]]
    assert {"validatie_gevraagd", "wijzigingen goedgekeurd", "wijzigingen afgewezen"} <= set(kinds)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"besluit": "misschien"}, 400, "verwacht een van"),
        ({"besluit": "afwijzen", "nummers": [1], "functie": "kantoorfunctie"}, 400, ""),
        ({"besluit": "afwijzen", "nummers": [999999]}, 404, "wijziging 999999 wacht niet op een besluit"),
        ({"besluit": "afwijzen", "functie": "celfunctie"}, 400, "geen aangeboden wijziging heeft functie 'celfunctie'"),
    ],
)
def test_decision_that_cannot_be_taken_is_refused(office, changed, body, status, detail):
    answer = office.of(CODE).act("wijzigingen/besluit", body)
    assert (answer.status_code, detail in answer.json["detail"]) == (status, True), answer.text


def test_others_see_and_decide_nothing(office, changed):
    other = office.of("GM9902")
    assert other.ask(f"/gemeenten/{CODE}/wijzigingen").status_code == 403
    assert other.ask(f"{other.here}/wijzigingen").json["wijzigingen"] == []
    for path in ("berichten.xml", "runs/1/rapport", "lijsten/lint/werklijst"):
        assert other.ask(f"/gemeenten/{CODE}/{path}").status_code == 403
    refused = other.ask(
        f"/gemeenten/{CODE}/wijzigingen/besluit", "POST", json={"besluit": "afwijzen"}, headers={"If-Match": '"x"'}
    )
    assert refused.status_code == 403
    stale = office.of(CODE).act("wijzigingen/besluit", {"besluit": "afwijzen"}, version='"oud"')
    assert stale.status_code == 412
    _, number = changed
    report = other.ask(f"{other.here}/runs/{number}/rapport?f=csv").text
    assert report.splitlines()[1:] == []


def test_report_and_feed_over_http(office, changed):
    panden, number = changed
    visitor = office.of(CODE)
    rows = list(csv.DictReader(io.StringIO(visitor.ask(f"{visitor.here}/runs/{number}/rapport?f=csv").text)))
    assert {row["pand"] for row in rows} == set(panden)
    page = visitor.ask(f"{visitor.here}/runs/{number}/rapport?lang=en")
    assert (page.headers["Content-Language"], page.mimetype) == ("en", "text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert panden[0] in page.text
    assert visitor.ask(f"{visitor.here}/runs/424242/rapport").status_code == 404
    assert visitor.ask(f"{visitor.here}/runs/een/rapport").status_code == 404
    feed = visitor.ask(f"{visitor.here}/berichten.xml")
    assert feed.mimetype == "application/atom+xml"
    assert "4 herzien" in ET.fromstring(feed.data).findtext(".//{*}entry/{*}title")


def test_commands_list_decide_and_report(office, changed, run, tmp_path):
    panden, number = changed
    found = json.loads(run("kgl", "changes", CODE, "--json").stdout)
    left = [item["nummer"] for item in found]
    assert left
    assert "kantoor.1" in run("kgl", "changes", CODE).stdout
    done = json.loads(run("kgl", "changes", CODE, "--reject", "--number", left[0], "--json").stdout)
    assert (done["besloten"], done["wijzigingen"]) == (1, len(left) - 1)
    assert "1 changes approved" in run("kgl", "changes", CODE, "--approve", "--function", "kantoorfunctie").stdout
    assert json.loads(run("kgl", "runs", "--json").stdout)[0]["nummer"] >= number
    out = tmp_path / "report.html"
    run("kgl", "report", number, "--gemeente", CODE, "--out", out)
    assert panden[0] in out.read_text()
    assert "there is no run 999" in run("kgl", "report", 999, ok=False).stderr


def test_work_list_of_dwellings_near_a_pipeline_leaves_those_on_the_list(office, run):
    visitor = office.of(CODE)
    far = list(csv.DictReader(io.StringIO(visitor.ask(f"{visitor.here}/lijsten/lint/werklijst?afstand_m=2000").text)))
    assert len(far) > 3
    assert {row["gemeentecode"] for row in far} == {CODE}
    assert all(0 <= float(row["afstand_m"]) <= 2000 and row["buisleidingen"] for row in far)
    first = far[0]["pand"]
    office.do(
        "INSERT INTO register.kgl_lijst (gemeentecode, soort, pand, geldt_voor, toegevoegd_door)"
        " VALUES (%s, 'lint', %s, 'leiding A', 'proef')",
        CODE, first,
    )  # fmt: skip
    done = run("kgl", "ribbons", "--gemeente", CODE, "--distance", 2000)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["pand"] for row in rows] == [row["pand"] for row in far if row["pand"] != first]
    assert f"{len(rows)} dwellings within 2000 m of a pipeline" in done.stderr
