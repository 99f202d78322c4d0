"""The rules on a real municipality: the counts of the data's own description come out of the labels.

Weesp, 15 October 2021; the numbers are those of the description of the data and of the questions C1, C5, C11, C12, C22.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.register import rule_set

from risicoatlas.database import Connection, Database
from risicoatlas.loader import steps
from risicoatlas.loader.sources import SOURCES
from risicoatlas.progress import Progress
from risicoatlas.rules import classify
from risicoatlas.settings import Settings

LIVE_VBO = "status IN ('Verblijfsobject in gebruik', 'Verblijfsobject in gebruik (niet ingemeten)',\
 'Verbouwing verblijfsobject', 'Verblijfsobject buiten gebruik')"


@pytest.fixture(scope="module")
def loaded(module_database: Database, settings: Settings, shared_data: Path) -> Database:
    path = shared_data / "bag_weesp" / "bag_weesp_20211015.gpkg"
    steps.load(SOURCES["bag"], path, module_database, settings, Progress.silent())
    with module_database.loader() as connection:
        classify.classify(connection, rule_set("basisvulling"))
        classify.classify(connection, rule_set("bkl-vi"))
        connection.commit()
    return module_database


@pytest.fixture
def weesp(loaded: Database) -> Iterator[Connection]:
    """Classified by both sets; what a test classifies anew is rolled back."""
    with loaded.loader() as connection:
        connection.execute("SELECT 1")
        yield connection
        connection.rollback()


def count(connection: Connection, where: str, table: str = "kgl_functielabel", rules: str = "basisvulling") -> int:
    row = connection.execute(
        f"SELECT count(*) FROM register.{table} WHERE regelset = '{rules}' AND ({where})"
    ).fetchone()
    return row[0] if row else 0


def decided_by(connection: Connection, rule: str, rules: str = "basisvulling") -> int:
    """Panden of which a function was decided by a rule."""
    return count(connection, f"regel = '{rules}.{rule}'", rules=rules)


def dwellings(connection: Connection, rule: str, only: str = "true") -> int:
    """Dwellings in the panden of which the woonfunctie was decided by a rule; one in two panden counts in each."""
    row = connection.execute(
        "SELECT count(*) FROM register.kgl_functielabel l"
        " JOIN register.verblijfsobject_pand p USING (pand)"
        " JOIN register.verblijfsobject v ON v.identificatie = p.verblijfsobject"
        f" WHERE l.regelset = 'basisvulling' AND l.functie = 'woonfunctie' AND l.regel = 'basisvulling.{rule}'"
        f" AND 'woonfunctie' = ANY (v.gebruiksdoelen) AND v.{LIVE_VBO} AND {only}"
    ).fetchone()
    return row[0] if row else 0


def test_every_living_building_has_a_label_with_reason_and_article(weesp: Connection):
    for rules in ("basisvulling", "bkl-vi"):
        assert count(weesp, "true", "kgl_label", rules) == 6480
        lacking = "coalesce(reden, '') = '' OR coalesce(reden_en, '') = '' OR coalesce(artikel, '') = ''"
        assert count(weesp, lacking, "kgl_label", rules) == 0
    assert count(weesp, "jsonb_array_length(invoer -> 'gebruiksdoelen') > 1", "kgl_label") == 386


@pytest.mark.parametrize(
    ("functie", "panden", "above"),
    [
        ("bijeenkomstfunctie", 110, {250: 77}),
        ("kantoorfunctie", 203, {1500: 109}),
        ("industriefunctie", 214, {5000: 28, 12500: 7}),
        ("logiesfunctie", 18, {1500: 5}),
        ("sportfunctie", 22, {1000: 15}),
        ("winkelfunctie", 153, {1000: 17, 2000: 9}),
        ("celfunctie", 0, {}),
    ],
)
def test_panden_with_a_function_and_their_area(weesp: Connection, functie: str, panden: int, above: dict[int, int]):
    assert count(weesp, f"functie = '{functie}'") == panden
    for limit, expected in above.items():
        row = weesp.execute(
            "SELECT count(*) FROM register.kgl_functielabel f JOIN register.kgl_label l USING (regelset, pand)"
            " WHERE regelset = 'basisvulling' AND f.functie = %s"
            " AND (l.invoer ->> 'oppervlakte_pand_m2')::numeric > %s",
            [functie, limit],
        ).fetchone()
        assert row == (expected,), limit


def test_area_of_the_building_decides_in_the_fill_and_of_the_function_by_law(weesp: Connection):
    """C11, pand / function. Of the 9 winkel panden above 2,000 m2 by the pand, 4 are above it by their shops."""
    assert decided_by(weesp, "bijeenkomst.3") == 77
    assert decided_by(weesp, "bijeenkomst.3", "bkl-vi") == 53
    assert decided_by(weesp, "kantoor.1") == 109
    assert decided_by(weesp, "kantoor.1", "bkl-vi") == 100
    assert decided_by(weesp, "sport.1") == 15
    assert decided_by(weesp, "sport.1", "bkl-vi") == 7
    assert decided_by(weesp, "industrie.4") == 28
    above = "functie = 'winkelfunctie' AND (invoer ->> 'oppervlakte_m2')::numeric > 2000"
    assert count(weesp, above) == 9
    classify.classify(weesp, rule_set("basisvulling").with_parameters({"oppervlakte.bereik": {"*": "functie"}}))
    assert count(weesp, above) == 4
    assert decided_by(weesp, "bijeenkomst.3") == 53


@pytest.mark.parametrize(("reading", "panden"), [("any_vbo", 9), ("one_shop_pand", 6), ("one_shop_vbo", 3)])
def test_three_readings_of_one_shop(weesp: Connection, reading: str, panden: int):
    """C1: panden of which the one shop is above 1,000 m2, whatever other shops do."""
    rules = rule_set("basisvulling").with_parameters({"winkel.een_winkel_lezing": reading})
    classify.classify(weesp, rules)
    assert count(weesp, "functie = 'winkelfunctie' AND (invoer ->> 'een_winkel_m2')::numeric > 1000") == panden


def test_isolated_dwellings(weesp: Connection):
    """C5: 50 of 5,802; 47 when blocks of flats are no isolated dwellings."""
    isolated = "functie = 'woonfunctie' AND (invoer ->> 'afstand_tot_gelijke_functie_m')::numeric > 76"
    assert count(weesp, "functie = 'woonfunctie'") == 5802
    assert count(weesp, isolated) == 50
    classify.classify(weesp, rule_set("basisvulling").with_parameters({"woon.vrijliggend_max_woningen": 1}))
    assert count(weesp, f"{isolated} AND (invoer ->> 'aantal_vbo')::integer <= 1") == 47


def test_second_function_of_the_building_or_of_the_dwelling(weesp: Connection):
    """C22: 251 panden with 1,994 dwellings, up to 128 in one; by the dwelling 71 panden, 100 dwellings; 27 panden with
    1,291 dwellings fall only because the second function is overige."""
    assert (decided_by(weesp, "woon.2"), dwellings(weesp, "woon.2")) == (251, 1994)
    row = weesp.execute(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM register.kgl_functielabel l"
        " JOIN register.verblijfsobject_pand p USING (pand) JOIN register.verblijfsobject v"
        f" ON v.identificatie = p.verblijfsobject WHERE l.regel = 'basisvulling.woon.2' AND v.{LIVE_VBO}"
        " AND 'woonfunctie' = ANY (v.gebruiksdoelen) GROUP BY l.pand) AS per_pand"
    ).fetchone()
    assert row == (128,)
    assert count(weesp, "'C22_overige' = ANY (waarschuwingen)", "kgl_label") == 27
    assert dwellings(weesp, "woon.2", "(l.invoer ->> 'andere_functie_pand_zonder_overige')::boolean IS FALSE") == 1291
    classify.classify(weesp, rule_set("basisvulling").with_parameters({"woon.tweede_functie_bereik": "vbo"}))
    itself = "cardinality(v.gebruiksdoelen) > 1"
    assert (decided_by(weesp, "woon.2"), dwellings(weesp, "woon.2", itself)) == (71, 100)


def test_buildings_with_only_overige_are_not_decided(weesp: Connection):
    """C12: 333, which the other category makes beperkt kwetsbaar."""
    assert count(weesp, "categorie = 'niet_bepaald' AND regel = 'basisvulling.overige.1'", "kgl_label") == 333
    classify.classify(weesp, rule_set("basisvulling").with_parameters({"overige.categorie": "beperktKwetsbaar"}))
    only = "categorie = 'beperktKwetsbaar' AND regel = 'basisvulling.overige.1'"
    assert count(weesp, only, "kgl_label") == 333


def test_few_or_no_examples_of_some_functions(weesp: Connection):
    only = "jsonb_array_length(invoer -> 'gebruiksdoelen') = 1 AND functie = '{}'"
    assert count(weesp, only.format("onderwijsfunctie"), "kgl_label") == 3
    assert count(weesp, only.format("logiesfunctie"), "kgl_label") == 6


def test_moorings_of_weesp_make_dwellings_less_isolated_where_they_count(weesp: Connection):
    """C21: 167 moorings and 13 pitches are in the BAG of Weesp."""
    assert weesp.execute("SELECT soort, count(*) FROM register.plaats GROUP BY 1 ORDER BY 1").fetchall() == [
        ("ligplaats", 167), ("standplaats", 13),
    ]  # fmt: skip
    isolated = "functie = 'woonfunctie' AND (invoer ->> 'afstand_tot_gelijke_functie_m')::numeric > 76"
    before = count(weesp, isolated)
    classify.classify(weesp, rule_set("basisvulling").with_parameters({"dichtheid.telt_plaatsen": True}))
    assert count(weesp, isolated) < before
