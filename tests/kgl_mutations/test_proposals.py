"""What a run proposes to a municipality, what it decides, and what the public sees of it."""

import datetime
import io
from xml.etree import ElementTree as ET

import pytest
from tests.kgl_mutations import smtp
from tests.kgl_mutations.village import LAYERS, SETTINGS, SOMEBODY, Village, rules

from risicoatlas.errors import NotFoundError, RequestError
from risicoatlas.kgl import established, mutations, notices, proposals, reports
from risicoatlas.kgl.acts import Act
from risicoatlas.kgl.proposals import Selection
from risicoatlas.kgl.settings import Mail, Settings
from risicoatlas.publish import engine, tables

AUTOMATIC, MANUAL = "GM9901", "GM9902"
MONTHLY = Settings()


@pytest.fixture(scope="module")
def ground(module_database, catalogue):
    with module_database.loader() as connection:
        tables.ensure(connection, catalogue)
        connection.commit()
        yield connection


@pytest.fixture
def village(ground, catalogue):
    """Ten offices of 100 m2 in each of two municipalities, labelled and published; all of it is rolled back."""
    village = Village(ground, catalogue)
    village.found()
    for number in range(20):
        office(village, number, ("9901", "9902")[number % 2])
    village.relabel(changed_only=False)
    village.publish(changed_only=False)
    yield village
    ground.rollback()


def office(village, number, code, m2=100):
    """An office with one unit; gives the building."""
    pand, vbo = f"{code}10{number:010d}", f"{code}01{number:010d}"
    x = 160000 + 40 * number
    village.connection.execute(
        "INSERT INTO register.pand (identificatie, gemeentecode, status, geometrie, waarde_hash, levering)"
        " VALUES (%s, %s, 'Pand in gebruik', ST_Multi(ST_MakeEnvelope(%s, 510000, %s, 510010, 28992)), '', %s)",
        [pand, f"GM{code}", x, x + 10, village.delivery],
    )
    village.connection.execute(
        "INSERT INTO register.verblijfsobject (identificatie, status, oppervlakte_m2, gebruiksdoelen, waarde_hash,"
        " levering) VALUES (%s, 'Verblijfsobject in gebruik', %s, '{kantoorfunctie}', '', %s)",
        [vbo, m2, village.delivery],
    )
    village.connection.execute("INSERT INTO register.verblijfsobject_pand VALUES (%s, %s)", [vbo, pand])
    return pand


def grow(village, number, code, m2=2000):
    village.connection.execute(
        "UPDATE register.verblijfsobject SET oppervlakte_m2 = %s WHERE identificatie = %s",
        [m2, f"{code}01{number:010d}"],
    )
    return f"{code}10{number:010d}"


def run(village, settings=SETTINGS, day=None):
    return mutations.relabel(village.connection, rules(), settings, on=day, changed_only=True)


def public(village, pand):
    row = village.connection.execute(
        "SELECT categorie_kwetsbaarheid FROM publiek.kgl_public WHERE id_pand_bag = %s AND publicatie_tot IS NULL",
        [pand],
    ).fetchone()
    return row and row[0]


def statuses(village):
    return dict(village.rows("SELECT pand, status FROM register.kgl_wijziging ORDER BY nummer"))


def events(village, code):
    return [
        kind
        for (kind,) in village.connection.execute(
            "SELECT soort FROM register.kgl_gebeurtenis WHERE gemeentecode = %s ORDER BY nummer", [code]
        )
    ]


def test_automatic_variant_publishes_and_is_asked_to_validate(village):
    pand = grow(village, 2, "9901")
    done = run(village)
    assert (done.touched, done.computed, done.outcome.changed, done.proposed) == (1, 1, 1, 1)
    assert public(village, pand) == "beperktKwetsbaar"
    assert (events(village, AUTOMATIC), run(village).proposed) == ([], 0)
    village.publish(changed_only=True)
    assert public(village, pand) == "kwetsbaar"
    assert statuses(village) == {pand: "overgenomen"}
    assert run(village).proposed == 0
    assert events(village, AUTOMATIC) == ["validatie_gevraagd"]
    assert events(village, MANUAL) == []
    assert village.rows("SELECT gemeentecode, soort, aantallen FROM register.kgl_bericht") == [
        (AUTOMATIC, "gepubliceerd", {"herzien": 1})
    ]


def test_manual_variant_waits_until_somebody_approves(village):
    pand = grow(village, 1, "9902")
    run(village)
    village.publish(changed_only=False)
    assert public(village, pand) == "beperktKwetsbaar"
    assert events(village, MANUAL) == ["validatie_gevraagd"]
    (item,) = proposals.offered(village.connection, MANUAL)
    assert (item.pand, item.functie, item.soort) == (pand, "kantoorfunctie", "herzien")
    assert (item.oude_categorie, item.nieuwe_categorie) == ("beperktKwetsbaar", "kwetsbaar")
    assert (item.oude_regel, item.nieuwe_regel) == ("basisvulling.kantoor.2", "basisvulling.kantoor.1")

    assert proposals.approve(village.connection, Act(SOMEBODY, MANUAL), Selection(numbers=(item.nummer,))).decided == 1
    assert public(village, pand) == "beperktKwetsbaar"
    village.publish(changed_only=True)
    assert public(village, pand) == "kwetsbaar"
    assert statuses(village) == {pand: "gepubliceerd"}
    assert events(village, MANUAL) == ["validatie_gevraagd", "wijzigingen goedgekeurd"]


def test_rejected_change_is_not_proposed_again_until_it_is_another_one(village):
    pand = grow(village, 1, "9902")
    run(village)
    assert proposals.reject(village.connection, Act(SOMEBODY, MANUAL), Selection()).decided == 1
    assert run(village).proposed == 0
    village.relabel(changed_only=False)
    village.publish(changed_only=False)
    assert (public(village, pand), statuses(village)) == ("beperktKwetsbaar", {pand: "afgewezen"})

    grow(village, 1, "9902", 3000)
    assert run(village).proposed == 1
    assert [item.pand for item in proposals.offered(village.connection, MANUAL)] == [pand]


def test_change_that_goes_back_is_overtaken(village):
    pand = grow(village, 1, "9902")
    run(village)
    grow(village, 1, "9902", 100)
    run(village)
    assert proposals.offered(village.connection, MANUAL) == []
    assert statuses(village) == {pand: "achterhaald"}


def test_change_that_goes_back_before_it_is_published_is_overtaken_too(village):
    pand = grow(village, 2, "9901")
    run(village)
    grow(village, 2, "9901", 100)
    run(village)
    village.publish(changed_only=True)
    assert (public(village, pand), statuses(village)) == ("beperktKwetsbaar", {pand: "achterhaald"})
    assert village.rows("SELECT count(*) FROM register.kgl_bericht") == [(0,)]


def test_register_that_moved_on_is_not_approved_unseen(village):
    pand = grow(village, 1, "9902")
    run(village)
    village.connection.execute(
        "UPDATE register.pand SET geometrie = ST_Translate(geometrie, 1, 0) WHERE identificatie = %s", [pand]
    )
    done = proposals.approve(village.connection, Act(SOMEBODY, MANUAL), Selection())
    assert (done.decided, done.changed_meanwhile) == (0, 1)
    village.publish(changed_only=False)
    assert public(village, pand) == "beperktKwetsbaar"
    run(village)
    assert proposals.approve(village.connection, Act(SOMEBODY, MANUAL), Selection()).decided == 1


def test_decision_per_function_and_what_is_not_offered(village):
    grow(village, 1, "9902")
    new = office(village, 31, "9902")
    village.connection.execute(
        "UPDATE register.verblijfsobject SET gebruiksdoelen = '{industriefunctie}'"
        " WHERE identificatie = '9902010000000031'"
    )
    run(village)
    assert (
        proposals.approve(village.connection, Act(SOMEBODY, MANUAL), Selection(function="industriefunctie")).decided
        == 1
    )
    assert [item.functie for item in proposals.offered(village.connection, MANUAL)] == ["kantoorfunctie"]
    village.publish(changed_only=True)
    assert public(village, new) == "beperktKwetsbaar"
    with pytest.raises(RequestError, match=r"functie 'sportfunctie'; wel: kantoorfunctie"):
        proposals.approve(village.connection, Act(SOMEBODY, MANUAL), Selection(function="sportfunctie"))
    with pytest.raises(NotFoundError, match="wijziging 999999 wacht niet op een besluit van gemeente GM9902"):
        proposals.reject(village.connection, Act(SOMEBODY, MANUAL), Selection(numbers=(999999,)))
    (waiting,) = proposals.offered(village.connection, MANUAL)
    with pytest.raises(NotFoundError, match="wacht niet op een besluit van gemeente GM9901"):
        proposals.approve(village.connection, Act(SOMEBODY, AUTOMATIC), Selection(numbers=(waiting.nummer,)))


def test_building_that_is_gone_stays_public_until_that_is_approved(village):
    pand = "9902100000000003"
    village.connection.execute("DELETE FROM register.pand WHERE identificatie = %s", [pand])
    run(village)
    village.publish(changed_only=False)
    assert public(village, pand) == "beperktKwetsbaar"
    assert [item.soort for item in proposals.offered(village.connection, MANUAL)] == ["vervallen"]
    proposals.approve(village.connection, Act(SOMEBODY, MANUAL), Selection())
    village.publish(changed_only=True)
    assert public(village, pand) is None


def test_changes_wait_for_the_first_of_the_month(village):
    village.connection.execute("UPDATE register.kgl_gemeente SET vastgesteld_op = '2026-10-20'")
    grow(village, 1, "9902")
    run(village, MONTHLY, datetime.date(2026, 10, 30))
    assert proposals.offered(village.connection, MANUAL) == []
    run(village, MONTHLY, datetime.date(2026, 11, 2))
    assert len(proposals.offered(village.connection, MANUAL)) == 1


@pytest.mark.parametrize(
    ("rhythm", "since", "today", "due"),
    [
        ("direct", "2026-10-15", "2026-10-15", True),
        ("dagelijks", "2026-10-15", "2026-10-15", False),
        ("dagelijks", "2026-10-15", "2026-10-16", True),
        ("wekelijks", "2026-10-12", "2026-10-18", False),
        ("wekelijks", "2026-10-12", "2026-10-19", True),
        ("maandelijks", "2026-10-01", "2026-10-31", False),
        ("maandelijks", "2026-10-31", "2026-11-01", True),
    ],
)
def test_rhythm(rhythm, since, today, due):
    day = datetime.date.fromisoformat
    assert proposals.is_due(rhythm, day(since), day(today)) is due


def test_correction_stands_against_a_changed_label_and_that_is_told_once(village):
    pand = "9901100000000004"
    village.connection.execute(
        "INSERT INTO register.kgl_correctie (gemeentecode, pand, categorie_voorstel, regel_voorstel, categorie, reden,"
        " bron) VALUES ('GM9901', %s, 'beperktKwetsbaar', 'basisvulling.kantoor.2', 'zeerKwetsbaar', 'proef', 'hand')",
        [pand],
    )
    run(village)
    village.publish(changed_only=True)
    # a draft, until the municipality publishes
    assert public(village, pand) == "beperktKwetsbaar"
    established.establish(village.connection, [AUTOMATIC])
    village.publish(changed_only=True)
    assert public(village, pand) == "zeerKwetsbaar"
    grow(village, 4, "9901")
    assert run(village).kept == 1
    village.publish(changed_only=True)
    assert public(village, pand) == "zeerKwetsbaar"
    assert run(village).kept == 0
    assert village.rows(
        "SELECT oude_categorie, nieuwe_categorie, nieuwe_regel FROM register.kgl_wijziging WHERE status = 'behouden'"
    ) == [("beperktKwetsbaar", "kwetsbaar", "basisvulling.kantoor.1")]


def test_report_tells_what_came_went_changed_and_stayed(village):
    grown, gone = grow(village, 1, "9902"), "9902100000000003"
    village.connection.execute("DELETE FROM register.pand WHERE identificatie = %s", [gone])
    new = office(village, 33, "9901", 1600)
    done = run(village)
    out = io.StringIO()
    reports.write_csv(village.connection, done.run, out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("run,gemeentecode,nummer,pand,functie,soort,oude_categorie,nieuwe_categorie,oude_regel")
    assert {tuple(line.split(",")[3:10]) for line in lines[1:]} == {
        (new, "kantoorfunctie", "toegevoegd", "", "kwetsbaar", "", "basisvulling.kantoor.1"),
        (gone, "kantoorfunctie", "vervallen", "beperktKwetsbaar", "", "basisvulling.kantoor.2", ""),
        (grown, "kantoorfunctie", "herzien", "beperktKwetsbaar", "kwetsbaar", "basisvulling.kantoor.2",
         "basisvulling.kantoor.1"),
    }  # fmt: skip
    for code, words in (("nl", ("toegevoegd", "zeer")), ("en", ("added", "very"))):
        page = io.StringIO()
        reports.write_html(village.connection, done.run, page, MANUAL, code)
        text = page.getvalue()
        assert f'<html lang="{code}">' in text and new not in text and grown in text and gone in text
        assert words[0] in text
        assert "http" not in text
        assert text.count("<h1>") == 1 and 'scope="col"' in text and 'scope="row"' in text
    with pytest.raises(NotFoundError, match="there is no run 12345"):
        reports.write_csv(village.connection, 12345, io.StringIO())


def test_notices_stand_in_the_feed_of_their_municipality_alone(village):
    grow(village, 1, "9902")
    run(village)
    feed = ET.fromstring(notices.feed(village.connection, MANUAL, "https://atlas.example.nl"))
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = feed.iter(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == "Wijzigingen in kwetsbare gebouwen wachten op uw besluit: 1 herzien"
    assert "Please validate the labels of your municipality again." in (entry.findtext(f"{atom}content") or "")
    other = ET.fromstring(notices.feed(village.connection, AUTOMATIC, "https://atlas.example.nl"))
    assert list(other.iter(f"{atom}entry")) == []


def test_mail_goes_to_the_municipality_once_and_a_failure_is_tried_again(database, catalogue):
    with database.loader() as connection, smtp.running() as post:
        tables.ensure(connection, catalogue)
        village = Village(connection, catalogue)
        village.found()
        for number in range(4):
            office(village, number, ("9901", "9902")[number % 2])
        village.relabel(changed_only=False)
        village.publish(changed_only=False)
        grow(village, 1, "9902")
        run(village)
        connection.commit()
        mail = Mail(post.url, starttls=False, sender="atlas@example.nl", to={MANUAL: ("kgl@oostwaard.example",)})

        post.refused.add("kgl@oostwaard")
        assert notices.send(connection, mail) == (0, 1)
        assert village.rows("SELECT verzonden_op IS NULL, fout FROM register.kgl_bericht") == [
            (True, "SMTPRecipientsRefused: {'kgl@oostwaard.example': (550, b'onbekend')}")
        ]
        assert notices.send(connection, Mail("smtp://127.0.0.1:1", False, "a@b.nl", mail.to)) == (0, 1)
        post.refused.clear()
        assert notices.send(connection, mail) == (1, 0)
        assert notices.send(connection, mail) == (0, 0)
        (sent,) = post.mails
        assert sent["To"] == "kgl@oostwaard.example"
        assert (
            sent["Subject"].strip() == "Oostwaard: Wijzigingen in kwetsbare gebouwen wachten op uw besluit: 1 herzien"
        )
        assert "Changes of vulnerable buildings await your decision: 1 relabelled." in sent.get_content()


def test_name_of_a_source_adds_no_header_to_a_mail():
    item = notices.Notice(
        1, MANUAL, "Oost\r\nBcc: x@example.org\n", 1, "aangeboden", {"herzien": 1}, datetime.datetime.now(datetime.UTC)
    )
    mail = Mail("smtp://127.0.0.1:1", starttls=False, sender="a@b.nl", to={MANUAL: ("c@d.nl",)})
    message = notices._message(item, mail, "RisicoAtlas")
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Oost Bcc: x@example.org: ")


def test_rules_that_changed_label_everything_anew(village):
    grow(village, 2, "9901")
    changed = rules().with_parameters({"kantoor.groot_m2": 50})
    done = mutations.relabel(village.connection, changed, SETTINGS, changed_only=True)
    assert done.computed is None
    assert done.outcome.categories == {"kwetsbaar": 20}


def test_named_layers_leave_what_others_still_have_to_publish(village):
    pand = grow(village, 2, "9901")
    run(village)
    engine.publish(village.connection, village.catalogue, ["kgl_status"], changed_only=True)
    assert public(village, pand) == "beperktKwetsbaar"
    engine.publish(village.connection, village.catalogue, LAYERS, changed_only=True)
    assert public(village, pand) == "kwetsbaar"
