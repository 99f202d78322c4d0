"""The layers beside the published buildings: locations of messages, permitted buildings, differences of the sets."""

import csv
from pathlib import Path

import pytest
from tests.conftest import Town

from risicoatlas import catalogue
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.database import Connection
from risicoatlas.errors import NotFoundError
from risicoatlas.features import query
from risicoatlas.features.plan import plan_query
from risicoatlas.features.request import FeatureRequest
from risicoatlas.publish import engine
from risicoatlas.rules import check, classify, compare, permitted

from .conftest import OTHER, OWN, UNPUBLISHED, Judged


def publish(town: Town, *changes: str) -> None:
    """Make the changes and publish."""
    with town.database.loader() as connection:
        for change in changes:
            connection.execute(change)
        connection.commit()
        engine.publish(connection, catalogue.read(town.settings.config))


def rows(town: Town, question: str) -> list[tuple]:
    with town.database.loader() as connection:
        return connection.execute(question).fetchall()


LOCATIONS = (
    "SELECT right(identificatie, 4), gemeentecode, categorie_kwetsbaarheid, populatie, waarschuwingen"
    " FROM publiek.kgl_locaties WHERE publicatie_tot IS NULL ORDER BY 1"
)


def test_locations_are_published_with_their_category_and_a_warning_where_the_number_of_people_disagrees(
    town: Town,
) -> None:
    assert rows(town, LOCATIONS) == [
        ("K001", OWN, "kwetsbaar", 5200, None),
        ("K002", OWN, "beperktKwetsbaar", 45, None),
        ("K004", OWN, "beperktKwetsbaar", 180, "populatie_groot"),
    ]


def test_locations_follow_their_municipality_and_their_validity(town_copy: Town) -> None:
    publish(
        town_copy,
        f"UPDATE register.kgl_gemeente SET gepubliceerd_op = now() WHERE gemeentecode = '{UNPUBLISHED}'",
        "UPDATE register.imev_object SET kenmerken = kenmerken || '{\"populatie\": 50}'"
        " WHERE identificatie LIKE '%.K001'",
        "UPDATE register.imev_object SET eind_geldigheid = now() WHERE identificatie LIKE '%.K002'",
    )
    assert rows(town_copy, LOCATIONS) == [
        ("K001", OWN, "kwetsbaar", 50, "populatie_klein"),
        ("K003", UNPUBLISHED, "niet_bepaald", 30, None),
        ("K004", OWN, "beperktKwetsbaar", 180, "populatie_groot"),
    ]


def test_a_location_outside_every_boundary_belongs_to_the_municipality_in_its_identifier(town_copy: Town) -> None:
    publish(
        town_copy,
        "UPDATE register.imev_object SET geometrie = ST_Translate(geometrie, 0, -200000)"
        " WHERE identificatie LIKE '%.K00%'",
    )
    assert {code for _, code, *_ in rows(town_copy, LOCATIONS)} == {OWN}


PERMITTED = "SELECT id_pand_bag FROM publiek.kgl_vergund WHERE publicatie_tot IS NULL"


def test_permitted_buildings_are_apart_from_those_that_stand(town: Town, sample_dir: Path) -> None:
    found = rows(town, "SELECT id_pand_bag, gemeentecode, fase, status_bag, reden, reden_en FROM publiek.kgl_vergund")
    assert {(code, phase) for _, code, phase, *_ in found} == {(OWN, "vergund")}
    assert {"Bouwvergunning verleend", "Bouw gestart"} <= {status for _, _, _, status, *_ in found}
    assert all(nl and en for *_, nl, en in found)
    with (sample_dir / "answers.csv").open(newline="") as file:
        standing = {row["pand"] for row in csv.DictReader(file)}
    labelled = {pand for (pand,) in rows(town, "SELECT pand FROM register.kgl_label_vergund")}
    assert not labelled & standing
    for layer in ("register.kgl_label", "register.kgl_vastgesteld", "register.kgl_functielabel"):
        assert not labelled & {pand for (pand,) in rows(town, f"SELECT pand FROM {layer}")}
    assert not labelled & {pand for (pand,) in rows(town, "SELECT id_pand_bag FROM publiek.kgl_public")}


def test_a_proposal_that_somebody_must_approve_first_is_not_public(town_copy: Town) -> None:
    assert rows(town_copy, PERMITTED)
    publish(town_copy, f"UPDATE register.kgl_gemeente SET variant = 'handmatig' WHERE gemeentecode = '{OWN}'")
    assert rows(town_copy, PERMITTED) == []


def test_what_is_built_leaves_the_permitted_and_joins_those_that_stand(town_copy: Town) -> None:
    ((pand,),) = rows(
        town_copy, "SELECT id_pand_bag FROM publiek.kgl_vergund WHERE status_bag = 'Bouw gestart' ORDER BY 1 LIMIT 1"
    )
    rules = check.read_checked(town_copy.settings.config, "basisvulling")
    with town_copy.database.loader() as connection:
        connection.execute("UPDATE register.pand SET status = 'Pand in gebruik' WHERE identificatie = %s", [pand])
        classify.classify(connection, rules)
        permitted.classify(connection, rules)
    publish(town_copy)
    assert (pand,) not in rows(town_copy, PERMITTED)
    assert rows(town_copy, f"SELECT count(*) FROM publiek.kgl_public WHERE id_pand_bag = '{pand}'") == [(1,)]


def test_differences_are_those_of_the_comparison(judged: Judged) -> None:
    served = judged.rows(
        "SELECT gemeentecode, categorie_basisvulling, categorie_bkl_vi, regel_basisvulling, regel_bkl_vi, count(*)"
        " FROM besloten.kgl_verschillen WHERE publicatie_tot IS NULL GROUP BY 1, 2, 3, 4, 5"
    )
    with judged.town.database.loader() as connection:
        told = compare.compare(connection, "basisvulling", "bkl-vi")
    expected = {(d.municipality, d.first, d.second, d.rule_first, d.rule_second, d.count) for d in told}
    assert expected and set(served) == expected
    assert {code for code, *_ in served} == {OWN, UNPUBLISHED, OTHER}


def test_differences_say_which_way_the_law_goes(judged: Judged) -> None:
    found = set(
        judged.rows("SELECT DISTINCT categorie_basisvulling, categorie_bkl_vi, richting FROM besloten.kgl_verschillen")
    )
    assert ("kwetsbaar", "zeerKwetsbaar", "zwaarder") in found
    assert ("kwetsbaar", "beperktKwetsbaar", "lichter") in found
    assert ("niet_bepaald", "kwetsbaar", "wel_bepaald") in found


def test_there_are_no_differences_where_the_second_set_was_not_calculated(town_copy: Town) -> None:
    current = "besloten.kgl_verschillen WHERE publicatie_tot IS NULL"
    assert _counted(town_copy, current) > 0
    publish(town_copy, "DELETE FROM register.kgl_label WHERE regelset = 'bkl-vi'")
    assert _counted(town_copy, current) == 0


def _counted(town: Town, table: str) -> int:
    with town.database.loader() as connection:
        return _count(connection, table)


def _count(connection: Connection, table: str) -> int:
    connection.execute("SELECT set_config('risicoatlas.areas', '*', false)")
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize(
    ("actor", "areas"),
    [
        (Actor("gemeente", areas=(OWN,)), {OWN}),
        (Actor("gemeente", areas=(UNPUBLISHED,)), {UNPUBLISHED}),
        (Actor("raadpleger", areas=(OWN, OTHER)), {OWN, OTHER}),
        (Actor("bronhouder", organisation=OWN), {OWN}),
        (Actor("bronhouder", organisation="RUD"), set()),
        (Actor("beheerder"), {OWN, UNPUBLISHED, OTHER}),
    ],
    ids=["gemeente", "unpublished", "raadpleger", "bronhouder", "another bronhouder", "beheerder"],
)
def test_differences_are_seen_by_who_reads_for_the_municipality(judged: Judged, actor: Actor, areas: set[str]) -> None:
    held = dict(
        judged.rows(
            "SELECT gemeentecode, count(*) FROM besloten.kgl_verschillen WHERE publicatie_tot IS NULL GROUP BY 1"
        )
    )
    plan = plan_query(FeatureRequest("kgl_verschillen"), actor, judged.service)
    assert query.count(plan, judged.service) == sum(held[code] for code in areas)


def test_differences_are_absent_for_everybody_else(judged: Judged) -> None:
    with pytest.raises(NotFoundError):
        judged.service.layer("kgl_verschillen", ANONYMOUS)
