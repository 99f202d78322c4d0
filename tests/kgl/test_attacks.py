"""What a municipality, or whoever sends in its name, could reach by a detour."""

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.kgl_mutations.village import SETTINGS, rules

from risicoatlas.database import Database
from risicoatlas.delivery.calls import ADMITTED
from risicoatlas.kgl import acts, mutations, reports

from .conftest import Office, Visitor

OWN, OTHER = "GM9901", "GM9903"


@pytest.fixture(scope="module")
def own(office: Office) -> Visitor:
    return office.of(OWN)


@pytest.fixture(scope="module")
def other(office: Office) -> Visitor:
    return office.of(OTHER)


def send(visitor: Visitor, text: str | bytes, query: str = "") -> tuple[int, dict]:
    answer = visitor.ask(
        f"{visitor.here}/lijsten/zorg{query}", "POST", data=text, content_type="text/csv",
        headers={"If-Match": visitor.version()},
    )  # fmt: skip
    return answer.status_code, answer.json


def test_a_wrong_line_does_not_end_what_it_was_about(own: Visitor) -> None:
    first, second = own.a_building(number=5), own.a_building(number=6)
    assert send(own, f"pand,detail\n{first},bedgebied\n{second},bedgebied\n")[0] == 200
    status, told = send(own, f"pand,detail\n{first},bedgebied\n{second},bedgebeid\n", "?vervangen=true&deels=true")
    assert (status, [line["regel"] for line in told["regels"]]) == (422, [3])
    listed = own.ask(f"{own.here}/lijsten/zorg").json["regels"]
    assert {first, second} <= {row["pand"] for row in listed}


def test_of_two_lists_on_one_version_one_is_taken_over(own: Visitor) -> None:
    seen = own.version()
    done = [
        own.ask(
            f"{own.here}/lijsten/lint?vervangen=true", "POST", data=f"pand,detail\n{pand},Leiding\n",
            content_type="text/csv", headers={"If-Match": seen},
        ).status_code
        for pand in (own.a_building(number=15), own.a_building(number=16))
    ]  # fmt: skip
    assert done == [200, 412]


def test_who_acts_is_not_told_where_the_database_is(office: Office, own: Visitor) -> None:
    away = Database(lambda _: "host=127.0.0.1 port=1 user=geheime_rol dbname=geheime_naam")
    elsewhere = Office(office.town, replace(office.service, database=away))
    answer = Visitor(elsewhere.client, own.key, OWN).act("variant", {"variant": "automatisch"})
    assert answer.status_code == 503
    assert "geheim" not in answer.text and "127.0.0.1" not in answer.text


def test_acts_that_wait_leave_room_for_who_reads(office: Office, own: Visitor) -> None:
    pand = own.a_building(number=17)
    version = own.version(f"/gebouwen/{pand}")

    def write(number: int) -> int:
        return own.ask(
            f"{own.here}/gebouwen/{pand}/correctie", "PUT", headers={"If-Match": version},
            json={"categorie": "zeerKwetsbaar", "reden": f"Nummer {number}."},
        ).status_code  # fmt: skip

    with office.town.database.loader() as connection, ThreadPoolExecutor(16) as pool:
        acts.lock(connection, OWN)
        started = time.monotonic()
        waiting = [pool.submit(write, number) for number in range(16)]
        time.sleep(0.5)
        assert own.ask(own.here).status_code == 200
        assert time.monotonic() - started < 4
        refused = [item for item in waiting if item.done() and item.result() == 503]
        assert len(refused) == 16 - ADMITTED
        connection.rollback()
        answered = sorted(item.result() for item in waiting)
    assert answered == [200, *[412] * (ADMITTED - 1), *[503] * (16 - ADMITTED)]


@pytest.mark.parametrize(
    "content",
    [
        '{"besluit": "goedkeuren", "nummers": [1e999]}', '{"besluit": "goedkeuren", "nummers": [NaN]}',
        '{"besluit": "goedkeuren", "nummers": [' + "9" * 5000 + "]}", "[" * 200_000,
        '{"a":' * 40_000, '{"besluit": "goedkeuren", "nummers": [-1]}', '"\\ud800"',
    ],
)  # fmt: skip
def test_numbers_and_depth_without_end_are_refused(own: Visitor, content: str) -> None:
    answer = own.ask(
        f"{own.here}/wijzigingen/besluit", "POST", data=content, content_type="application/json",
        headers={"If-Match": own.version()},
    )  # fmt: skip
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("code", ["*", "GM9901,GM9903", "GM9903,GM9901", "", "gm9901", "GM9901%00", "GM9901%20"])
def test_a_code_says_one_municipality(own: Visitor, code: str) -> None:
    for path in ("", "/gebouwen", "/correcties", "/gebeurtenissen", "/berichten.xml", "/runs/1/rapport"):
        assert own.ask(f"/gemeenten/{code}{path}").status_code in {403, 404}


def test_numbers_of_another_municipality_say_nothing_of_it(office: Office, own: Visitor, other: Visitor) -> None:
    """What run, list and events of another hold is not told, nor how much it is."""
    theirs = other.a_building("functie=kantoorfunctie&categorie=beperktKwetsbaar")
    office.do(
        "UPDATE register.verblijfsobject SET oppervlakte_m2 = 2500 WHERE identificatie IN"
        " (SELECT verblijfsobject FROM register.verblijfsobject_pand WHERE pand = %s)",
        theirs,
    )
    with office.town.database.loader() as connection:
        done = mutations.relabel(connection, rules(), SETTINGS, changed_only=True)
        whole = io.StringIO()
        reports.write_html(connection, done.run, whole)
    assert done.touched
    assert "geraakt" in whole.getvalue()
    page = own.ask(f"{own.here}/runs/{done.run}/rapport").text
    assert theirs not in page
    assert "geraakt" not in page and "Leveringen" not in page


def test_no_cell_of_a_report_is_a_formula(office: Office) -> None:
    code = "GM9902"
    office.do("UPDATE register.kgl_gemeente SET variant = 'handmatig' WHERE gemeentecode = %s", code)
    visitor = office.of(code)
    pand = visitor.a_building()
    office.do(
        "INSERT INTO register.kgl_wijziging (run, gemeentecode, pand, soort, status, voorstel, organisatie)"
        " SELECT max(nummer), %s, %s, 'herzien', 'afgewezen', gen_random_uuid(), '=HYPERLINK(\"//x\")'"
        " FROM register.kgl_run",
        code,
        pand,
    )
    ((number,),) = office.sql("SELECT max(run) FROM register.kgl_wijziging WHERE pand = %s", pand)
    text = visitor.ask(f"{visitor.here}/runs/{number}/rapport?f=csv").text
    (row,) = [row for row in csv.DictReader(io.StringIO(text)) if row["pand"] == pand]
    assert row["organisatie"] == '\'=HYPERLINK("//x")'


def test_the_act_of_one_municipality_publishes_no_draft_for_a_building_that_went_to_another(
    office: Office, own: Visitor, other: Visitor
) -> None:
    pand = own.a_building("functie=kantoorfunctie&categorie=beperktKwetsbaar")
    assert own.correct(pand, "zeerKwetsbaar", "Concept van de vorige.").status_code == 200
    office.do("UPDATE register.pand SET gemeentecode = %s WHERE identificatie = %s", OTHER, pand)
    assert own.act("publicatie").status_code == 200
    found = other.building(pand)
    assert (found["concept"], found["correctie"]["gepubliceerd_op"]) == (True, None)
    assert office.public(OTHER).get(pand) is None
    assert office.public(OWN).get(pand) is None


def test_what_needs_an_approval_is_gone_as_soon_as_that_is_chosen(office: Office, own: Visitor) -> None:
    permitted = "SELECT count(*) > 0 FROM publiek.kgl_vergund WHERE gemeentecode = %s AND publicatie_tot IS NULL"
    assert office.sql(permitted, OWN) == [(True,)]
    before = office.public(OWN)
    assert own.act("variant", {"variant": "handmatig"}).status_code == 200
    assert office.sql(permitted, OWN) == [(False,)]
    assert office.public(OWN) == before
