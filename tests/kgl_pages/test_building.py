"""The page of a building: what everybody reads, what only its municipality reads, and that the rest is absent."""

import re
from typing import Any

import psycopg
import pytest
from tests.web.conftest import document, words
from werkzeug.test import TestResponse

from risicoatlas.rules import check, stored
from risicoatlas.rules.ruleset import ActiveRules

from .conftest import CORRECTED, OWN, SETS, UNPUBLISHED, Judged

NEVER = "9999999999999999"
# What an answer says of itself and not of the building.
OF_REQUEST = ("Date", "X-Request-Id")


def page(judged: Judged, pand: str, reader: str | None = None, language: str = "nl") -> TestResponse:
    return judged.get(f"/kgl/gebouwen/{pand}?lang={language}", reader)


def one_per_rule(judged: Judged) -> list[dict[str, Any]]:
    names = ("pand", "categorie", "reden", "reden_en", "artikel", "regel")
    found = judged.rows(
        "SELECT DISTINCT ON (regel) id_pand_bag, categorie_kwetsbaarheid, reden, reden_en, artikel, regel"
        " FROM publiek.kgl_public WHERE publicatie_tot IS NULL ORDER BY regel, id_pand_bag"
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def pand_of(judged: Judged, rule: str, municipality: str = OWN) -> str:
    ((pand,),) = judged.rows(
        "SELECT l.pand FROM register.kgl_label l JOIN register.pand p ON p.identificatie = l.pand"
        " WHERE l.regel = %s AND p.gemeentecode = %s ORDER BY 1 LIMIT 1",
        rule,
        municipality,
    )
    return str(pand)


def test_a_page_for_every_rule_tells_label_sentence_rule_and_article(judged: Judged) -> None:
    found = one_per_rule(judged)
    assert len(found) > 25
    for row in found:
        told = words(page(judged, row["pand"]))
        for value in ("reden", "reden_en", "artikel", "regel"):
            assert row[value] in told, (row["regel"], value)
        english = page(judged, row["pand"], language="en")
        assert document(english).get("lang") == "en"
        assert row["reden_en"] in words(english)


def test_the_way_ends_at_the_rule_that_decided(judged: Judged) -> None:
    for row in one_per_rule(judged):
        steps = document(page(judged, row["pand"])).xpath("//ol[@class='way']/li")
        outcomes = [step.get("data-outcome") for step in steps]
        if not steps:
            continue
        decided = outcomes.index("decided")
        assert row["regel"] in steps[decided].text_content()
        assert set(outcomes[decided + 1 :]) <= {"not_reached"}
        assert "not_reached" not in outcomes[:decided]


def test_thresholds_stand_at_the_rule_with_their_value(judged: Judged) -> None:
    told = words(page(judged, pand_of(judged, "basisvulling.kantoor.2")))
    assert "kantoor.groot_m2 = 1.500 m2" in told
    english = words(page(judged, pand_of(judged, "basisvulling.kantoor.2"), language="en"))
    assert "kantoor.groot_m2 = 1,500 m2" in english


def test_what_is_not_public_is_absent_like_what_never_was(judged: Judged) -> None:
    """Unpublished, permitted, without verblijfsobject, of another length: one page, to the byte."""
    hidden = {
        "unpublished": judged.rows("SELECT pand FROM register.kgl_label WHERE left(pand, 4) = '9902' LIMIT 1"),
        "permitted": judged.rows("SELECT pand FROM register.kgl_label_vergund LIMIT 1"),
        "no unit": judged.rows(
            "SELECT identificatie FROM register.pand p WHERE left(identificatie, 4) = '9901' AND NOT EXISTS"
            " (SELECT FROM register.kgl_label l WHERE l.pand = p.identificatie) LIMIT 1"
        ),
    }
    never = page(judged, NEVER)
    assert never.status_code == 404
    for name, ((pand,),) in hidden.items():
        answer = page(judged, pand)
        assert answer.status_code == 404, name
        assert answer.data == never.data, name
        assert _headers(answer) == _headers(never), name
    for odd in ("9901", "x", f"{NEVER}0", "99011000000003%27", "NL.IMEV.gm9901.9901100000000385"):
        assert page(judged, odd).data == never.data


def _headers(answer: TestResponse) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers if pair[0] not in OF_REQUEST]


def test_no_public_page_tells_what_a_register_holds(judged: Judged) -> None:
    named = judged.rows(
        "SELECT DISTINCT p.id_pand_bag, t.naam, t.sleutel FROM publiek.kgl_public p"
        " JOIN register.verblijfsobject_pand v ON v.pand = p.id_pand_bag"
        " JOIN register.registertreffer t USING (verblijfsobject) WHERE p.publicatie_tot IS NULL AND t.naam <> ''"
    )
    assert len(named) > 20
    told = {pand: page(judged, pand).text for pand, _, _ in named}
    assert [(pand, name) for pand, name, key in named if name in told[pand] or key in told[pand]] == []


def test_a_shelter_reads_like_every_other_care(judged: Judged) -> None:
    """Whatever the page of a shelter says, that of another building says too, but for what the BAG tells: number, area,
    place and day."""
    found = judged.rows(
        "SELECT DISTINCT l.pand, bool_or(t ->> 'code' LIKE '87902%') FROM register.kgl_label l"
        " JOIN publiek.kgl_public p ON p.id_pand_bag = l.pand, jsonb_array_elements(l.invoer -> 'treffers') t"
        " WHERE l.regel = 'basisvulling.woon.1' GROUP BY l.pand"
    )
    texts = {shelter: {_without_bag(page(judged, pand)) for pand, is_one in found if is_one is shelter}
             for shelter in (True, False)}  # fmt: skip
    assert texts[True] and texts[True] <= texts[False]


def _without_bag(answer: TestResponse) -> str:
    content = document(answer)
    assert content.xpath("//ol[@class='way']") == []
    for dated in ("Gebruiksoppervlakte", "Geldig sinds", "Gebruiksdoelen in de BAG", "Bevoegd gezag"):
        for title in content.xpath(f"//dt[.='{dated}']"):
            title.getnext().drop_tree()
    return re.sub(r"\d{16}", "", " ".join(content.find("body").text_content().split()))


@pytest.mark.parametrize("reader", ["gemeente", "raadpleger", "beheerder"])
def test_who_reads_for_the_municipality_gets_inputs_rules_and_hits(judged: Judged, reader: str) -> None:
    pand = pand_of(judged, "basisvulling.woon.1")
    content = document(page(judged, pand, reader)).xpath("//section[contains(@class, 'dossier')]")
    assert len(content) == 1
    told = " ".join(content[0].text_content().split())
    for name, code in judged.rows(
        "SELECT t.naam, t.code FROM register.verblijfsobject_pand v JOIN register.registertreffer t"
        " USING (verblijfsobject) WHERE v.pand = %s",
        pand,
    ):
        assert name in told and code in told
    rules = check.read_checked(judged.town.settings.config, "basisvulling")
    care = rules.words["zorg_24_uur"].title.nl
    for label, value in ((care, "ja"), ("Status in de BAG", "Pand in gebruik")):
        assert f"{label} {value}" in re.sub(r"\s+", " ", _spaced(content[0])), label
    for rule in (rule.id for article in rules.articles if article.function == "woonfunctie" for rule in article.rules):
        assert rule in told


def _spaced(element: Any) -> str:
    return " ".join(element.itertext())


def test_what_the_municipality_put_on_its_own_list_is_told_to_it_alone(judged: Judged) -> None:
    pand = pand_of(judged, "basisvulling.kantoor.2")
    with judged.town.database.loader() as connection:
        connection.execute(
            "INSERT INTO register.kgl_lijst (gemeentecode, soort, pand, functie_detail, toegevoegd_door)"
            " VALUES (%s, 'zorg', %s, '24-uurszorg', 'proef')",
            [OWN, pand],
        )
        connection.commit()
    assert "zorg 24-uurszorg" in words(page(judged, pand, "gemeente"))
    for reader in (None, "buur"):
        assert "24-uurszorg" not in words(page(judged, pand, reader))


@pytest.mark.parametrize("reader", [None, "buur", "ongepubliceerd"])
def test_nobody_else_gets_a_dossier(judged: Judged, reader: str | None) -> None:
    content = document(page(judged, pand_of(judged, "basisvulling.woon.1"), reader))
    assert content.xpath("//*[contains(@class, 'dossier')]") == []


@pytest.mark.parametrize(
    ("reader", "status"), [(None, 404), ("gemeente", 404), ("buur", 404), ("ongepubliceerd", 200), ("raadpleger", 200)]
)
def test_an_unpublished_building_is_there_for_its_own_municipality_alone(
    judged: Judged, reader: str | None, status: int
) -> None:
    answer = page(judged, pand_of(judged, "basisvulling.woon.5", UNPUBLISHED), reader)
    assert answer.status_code == status
    assert ("staat niet in de openbare laag" in answer.text) is (status == 200)


def test_a_correction_is_told_to_the_owner_with_its_reason_and_to_others_without(judged: Judged) -> None:
    public = words(page(judged, judged.corrected))
    assert "Het bevoegd gezag heeft deze categorie vastgesteld." in public
    assert "Beperkt kwetsbaar gebouw" in public
    assert CORRECTED not in public and "kantoor.1" not in public
    owners = words(page(judged, judged.corrected, "gemeente"))
    assert CORRECTED in owners
    assert "Van kwetsbaar naar beperkt kwetsbaar" in owners
    assert "basisvulling.kantoor.1" in owners


def test_reading_a_dossier_leaves_an_audit_row(judged: Judged) -> None:
    count = "SELECT count(*) FROM beheer.audit WHERE onderwerp LIKE '%kgl_beheer%'"
    ((before,),) = judged.rows(count)
    page(judged, judged.corrected)
    assert judged.rows(count) == [(before,)]
    page(judged, judged.corrected, "gemeente")
    assert judged.rows(count) == [(before + 1,)]


def test_the_dossier_keeps_to_the_areas_of_who_asks_in_the_database_too(judged: Judged) -> None:
    query = "SELECT besloten.kgl_dossier(%s, %s) IS NOT NULL"
    asked = [judged.corrected, list(SETS)]
    seen = {}
    with judged.service.pool.connection() as connection:
        connection.execute("SET ROLE ra_restricted")
        for areas in ("", "GM9903", "GM9901,GM9903", "*"):
            connection.execute("SELECT set_config('risicoatlas.areas', %s, true)", [areas])
            row = connection.execute(query, asked).fetchone()
            seen[areas] = bool(row and row[0])
        connection.execute("SET ROLE ra_public")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query, asked)
        connection.rollback()
    assert seen == {"": False, "GM9903": False, "GM9901,GM9903": True, "*": True}


@pytest.mark.parametrize("name", SETS)
def test_rules_tried_on_stored_inputs_decide_as_the_classification_did(judged: Judged, name: str) -> None:
    active = check.read_checked(judged.town.settings.config, name).on(judged.rows("SELECT current_date")[0][0])
    verdicts = judged.rows(
        "SELECT DISTINCT ON (functie, regel, invoer) functie, regel, invoer FROM register.kgl_functielabel"
        " WHERE regelset = %s ORDER BY functie, regel, invoer, pand LIMIT 400",
        name,
    )
    assert len({rule for _, rule, _ in verdicts}) > 20
    with judged.service.pool.connection() as connection:
        connection.execute("SET ROLE ra_restricted")
        wrong = [
            (function, rule)
            for function, rule, inputs in verdicts
            if not _agrees(rule, active, function, stored.tried(connection, active, function, inputs))
        ]
        connection.rollback()
    assert wrong == []


def _agrees(rule: str, active: ActiveRules, function: str, tried: tuple[bool | None, ...]) -> bool:
    """The first rule that holds decided; where none did, one could not be known or none held."""
    items = active.rules.get(function, ())
    first = next((item for item, holds in zip(items, tried, strict=True) if holds), None)
    if ".onbekend." in rule:
        return first is None or None in tried[: first.order]
    return first is not None and first.rule.id == rule
