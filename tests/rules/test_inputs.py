"""The words of the rules, computed from a register: what each switch and each oddity of the sources does to a label."""

import psycopg
import pytest
from tests.register import rule_set

from risicoatlas.database import Connection
from risicoatlas.rules import explain

WOON, KANTOOR, WINKEL, BIJEENKOMST = "woonfunctie", "kantoorfunctie", "winkelfunctie", "bijeenkomstfunctie"
INDUSTRIE, LOGIES, OVERIGE = "industriefunctie", "logiesfunctie", "overige gebruiksfunctie"


@pytest.mark.parametrize(
    ("status", "labelled"),
    [
        ("Pand in gebruik", True),
        ("Pand in gebruik (niet ingemeten)", True),
        ("Verbouwing pand", True),
        ("Pand buiten gebruik", True),
        ("Sloopvergunning verleend", True),
        ("Bouwvergunning verleend", False),
        ("Bouw gestart", False),
        ("Pand gesloopt", False),
        ("Niet gerealiseerd pand", False),
        ("Pand ten onrechte opgevoerd", False),
    ],
)
def test_only_standing_buildings_get_a_label(register, status, labelled):
    register.building(1, WOON, status=status)
    assert ("1" in register.labels()) is labelled


def test_building_without_live_verblijfsobject_gets_no_label(register):
    register.pand(1)
    register.vbo(register.pand(2), [WOON], status="ingetrokken")
    register.vbo(register.pand(3), [WOON], status="gevormd")
    assert register.labels() == {}


@pytest.mark.parametrize("placeholder", [999, 9999, 99999, 999999, 0, None])
def test_placeholder_area_is_unknown_and_never_large(register, placeholder):
    pand = register.building(1, KANTOOR, placeholder)
    assert register.labels() == {"1": "onbekend.oppervlakte"}
    assert register.row(pand)["waarschuwingen"] == ["oppervlakte_onbekend"]


def test_known_part_of_a_sum_decides_only_above_the_threshold(register):
    for number, known in ((1, 1500), (2, 1501)):
        pand = register.pand(number, x=number * 100)
        register.vbo(pand, [KANTOOR], known)
        register.vbo(pand, [KANTOOR], 999999)
    assert register.labels() == {"1": "onbekend.oppervlakte", "2": "kantoor.1"}
    assert register.row("9901100000000002")["reden"] == "Kantoorfunctie: ten minste 1.501 m2 is meer dan 1.500 m2."
    assert register.row("9901100000000002")["reden_en"] == "Kantoorfunctie: at least 1,501 m2 is more than 1,500 m2."


def test_c11_area_of_the_building_or_of_the_function(register):
    pand = register.pand(1)
    register.vbo(pand, [BIJEENKOMST], 200)
    register.vbo(pand, [INDUSTRIE], 100)
    assert register.labels() == {"1": "bijeenkomst.3"}
    assert register.labels({"oppervlakte.bereik": {"*": "functie"}}) == {"1": "bijeenkomst.4"}


def test_c11_area_of_lodgings_leaves_the_rest_of_the_building_out(register):
    pand = register.pand(1)
    register.vbo(pand, [LOGIES], 1400)
    register.vbo(pand, [OVERIGE], 400)
    assert register.labels() == {"1": "logies.1"}
    assert register.labels({"oppervlakte.bereik": {"*": "pand"}}) == {"1": "logies.2"}


def test_verblijfsobject_in_two_buildings_counts_in_each_and_is_flagged(register):
    panden = [register.pand(1), register.pand(2, x=10)]
    register.vbo(panden, [KANTOOR], 1600)
    assert register.labels() == {"1": "kantoor.1", "2": "kantoor.1"}
    assert [register.row(pand)["waarschuwingen"] for pand in panden] == [["vbo_in_meer_panden"]] * 2


def test_unknown_gebruiksdoel_and_none_at_all_are_not_decided(register):
    register.building(1, "ruimtevaartfunctie")
    register.vbo(register.pand(2, x=50), [])
    assert register.labels() == {"1": "onbekend.regel", "2": "onbekend.regel"}


def test_distance_is_measured_between_walls_of_live_buildings_with_the_function(register):
    register.building(1, WOON, x=0)
    register.building(2, WOON, x=86)  # 76 m of ground between the walls
    register.building(3, WOON, x=300)
    register.building(4, WOON, x=320, status="Pand gesloopt")
    register.building(5, KANTOOR, x=320)
    labels = register.labels()
    assert (labels["1"], labels["2"], labels["3"]) == ("woon.5", "woon.5", "woon.3")
    assert register.row("9901100000000001")["invoer"]["afstand_tot_gelijke_functie_m"] == 76
    assert register.row("9901100000000003")["invoer"]["afstand_tot_gelijke_functie_m"] == pytest.approx(204)


def test_distance_just_above_the_threshold_isolates_both(register):
    register.building(1, WOON, x=0)
    register.building(2, WOON, x=86.001)
    assert register.labels() == {"1": "woon.3", "2": "woon.3"}


def test_distance_beyond_the_search_reads_as_the_search_distance(register):
    pand = register.building(1, WOON)
    register.building(2, WOON, x=5000)
    register.labels()
    assert register.row(pand)["invoer"]["afstand_tot_gelijke_functie_m"] == 250


def test_c5_density_counts_the_units_in_the_hectare_around(register):
    register.building(1, WOON, x=0)
    register.building(2, WOON, x=50)
    crowded = register.pand(3, x=1000)
    for _ in range(3):
        register.vbo(crowded, [WOON])
    assert register.labels({"dichtheid.maat": "aantal_per_ha"}) == {"1": "woon.3.a", "2": "woon.3.a", "3": "woon.5"}


def test_c22_second_function_in_the_building_or_on_the_dwelling(register):
    mixed = register.pand(1)
    register.vbo(mixed, [WOON])
    register.vbo(mixed, [WINKEL])
    register.vbo(register.pand(2, x=20), [WOON, WINKEL])
    shed = register.pand(3, x=40)
    register.vbo(shed, [WOON])
    register.vbo(shed, [OVERIGE])
    assert register.labels() == {"1": "woon.2", "2": "woon.2", "3": "woon.2"}
    assert register.row(mixed)["waarschuwingen"] == ["C22_bereik"]
    assert register.row(shed)["waarschuwingen"] == ["C22_bereik", "C22_overige"]
    assert register.labels({"woon.tweede_functie_zonder_overige": True})["3"] == "woon.5"
    per_unit = register.labels({"woon.tweede_functie_bereik": "vbo"})
    assert (per_unit["1"], per_unit["2"], per_unit["3"]) == ("woon.5", "woon.2", "woon.5")


def test_c1_three_readings_of_one_shop(register):
    several = register.pand(1)
    register.vbo(several, [WINKEL], 1200)
    register.vbo(several, [WINKEL], 100)
    one = register.pand(2, x=20)
    register.vbo(one, [WINKEL], 600)
    register.vbo(one, [OVERIGE], 600)
    register.building(3, WINKEL, 1200, x=40)

    def readings(name: str) -> list[str]:
        return list(register.labels({"winkel.een_winkel_lezing": name}).values())

    assert readings("any_vbo") == ["winkel.2", "winkel.3", "winkel.2"]
    assert readings("one_shop_pand") == ["winkel.3", "winkel.2", "winkel.2"]
    assert readings("one_shop_vbo") == ["winkel.3", "winkel.3", "winkel.2"]
    register.labels()
    assert "C1_lezing" in register.row(several)["waarschuwingen"]
    assert "C1_lezing" in register.row(one)["waarschuwingen"]


@pytest.mark.parametrize(
    ("code", "parameters", "rule"),
    [
        ("8720", {}, "woon.1"),
        ("87301", {}, "woon.1"),
        ("87902", {}, "woon.1"),
        ("8710", {}, "woon.5"),
        ("8710", {"woon.zorg_sbi": ["87.1", "87.2", "87.3", "87.9"]}, "woon.1"),
        ("87902", {"woon.zorg_sbi": ["87.2", "87.3"]}, "woon.5"),
        ("88", {}, "woon.5"),
    ],
)
def test_c7_codes_of_24_hour_care_match_by_prefix(register, code, parameters, rule):
    register.hit("kvk", code, register.vbo(register.pand(1), [WOON]))
    register.building(2, WOON, x=20)
    assert register.labels(parameters)["1"] == rule


@pytest.mark.parametrize(("codes", "rule"), [(["51.1"], "industrie.5"), (["51.1", "52.10.9"], "industrie.3")])
def test_c8_distribution_centre_is_only_known_with_the_code_that_is_meant(register, codes, rule):
    register.hit("kvk", "52109", register.vbo(register.pand(1), [INDUSTRIE], 4000))
    assert register.labels({"industrie.distributie_sbi": codes}) == {"1": rule}


@pytest.mark.parametrize(("codes", "rule"), [(["87.30.2"], "kantoor.2"), (["87.30.2", "86.10"], "register.bedgebied")])
def test_c9_hospitals_have_beds_only_when_their_code_is_listed(register, codes, rule):
    register.hit("kvk", "86101", register.vbo(register.pand(1), [KANTOOR]))
    assert register.labels({"register.bedgebied_sbi": codes}) == {"1": rule}


@pytest.mark.parametrize(
    ("sector", "sectors", "rule"),
    [("PO", None, "register.duo"), ("vo", None, "kantoor.2"), ("vo", ["*"], "register.duo")],
)
def test_c14_sectors_of_education(register, sector, sectors, rule):
    register.hit("duo", sector, register.vbo(register.pand(1), [KANTOOR]))
    assert register.labels({"register.duo_sectoren": sectors} if sectors else {}) == {"1": rule}


def test_c17_daytime_support_is_an_option(register):
    register.hit("kvk", "88103", register.vbo(register.pand(1), [BIJEENKOMST], 100))
    assert register.labels() == {"1": "bijeenkomst.4"}
    assert register.labels({"bijeenkomst.dagverblijf_sbi": ["87.2", "88.10.3"]}) == {"1": "bijeenkomst.2"}


@pytest.mark.parametrize(
    ("kind", "status", "rule"),
    [
        ("KDV", "Geregistreerd", "register.lrk"),
        ("BSO", "Geregistreerd", "register.lrk"),
        ("PSZ", "Geregistreerd", "kantoor.2"),
        ("VGO", "Geregistreerd", "kantoor.2"),
        ("GOB", "Geregistreerd", "kantoor.2"),
        ("KDV", "Niet meer geregistreerd", "kantoor.2"),
        ("KDV", None, "kantoor.2"),
    ],
)
def test_c23_only_registered_childcare_of_the_listed_types_counts(register, kind, status, rule):
    register.hit("lrk", kind, register.vbo(register.pand(1), [KANTOOR]), status)
    assert register.labels() == {"1": rule}


def test_supermarket_by_code_without_general_non_food(register):
    register.hit("kvk", "47192", register.vbo(register.pand(1), [WINKEL], 1200))
    register.hit("kvk", "4711", register.vbo(register.pand(2, x=20), [WINKEL], 1200))
    assert register.labels({"winkel.supermarkt_vereist": True}) == {"1": "winkel.2.a", "2": "winkel.2"}


def test_greenhouse_counts_from_half_the_building(register):
    register.building(1, INDUSTRIE, 6000, x=0)
    register.building(2, INDUSTRIE, 6000, x=100)
    register.greenhouse(0, 4.9)
    register.greenhouse(100, 5)
    assert register.labels() == {"1": "industrie.4", "2": "industrie.1"}


def test_greenhouses_that_overlap_each_other_count_once(register):
    register.building(1, INDUSTRIE, 6000)
    register.building(2, INDUSTRIE, 6000, x=100)
    for x, width, name in ((0, 4, "kas"), (0, 4.5, "dubbel"), (100, 3, "links"), (103, 2, "rechts")):
        register.greenhouse(x, width, name)
    assert register.labels() == {"1": "industrie.4", "2": "industrie.1"}
    assert register.row("9901100000000002")["invoer"]["kas_aandeel"] == 0.5


def test_hit_on_a_withdrawn_verblijfsobject_does_not_count(register):
    pand = register.building(1, KANTOOR)
    register.hit("duo", "po", register.vbo(pand, [KANTOOR], status="ingetrokken"))
    assert register.labels() == {"1": "kantoor.2"}


def test_owner_sees_the_hits_and_the_public_reason_names_nobody(register, connection: Connection):
    register.hit("kvk", "87902", register.vbo(register.pand(1), [WOON]))
    register.hit("kvk", "8720", register.vbo(register.pand(2, x=20), [WOON]))
    register.labels()
    shelter, care = register.row("9901100000000001"), register.row("9901100000000002")
    assert shelter["invoer"]["treffers"][0]["code"] == "87902"
    for column in ("categorie", "regel", "artikel", "reden", "reden_en", "waarschuwingen"):
        assert shelter[column] == care[column], column
    for text in (shelter["reden"], shelter["reden_en"], shelter["artikel"]):
        assert not any(
            word in text.lower() for word in ("opvang", "shelter", "87", "zorg", "handelsregister", "geheim")
        )


def test_c24_secondary_function_of_the_law_lies_on_the_same_verblijfsobject(register):
    hospital = register.pand(1)
    unit = register.vbo(hospital, ["gezondheidszorgfunctie", KANTOOR])
    register.vbo(hospital, [WINKEL])
    register.hit("kvk", "87302", unit)
    register.building(2, KANTOOR, x=20)
    assert register.labels(name="bkl-vi") == {"1": "register.bedgebied", "2": "kantoor.2"}
    verdicts = dict(
        register.connection.execute("SELECT functie, regel FROM register.kgl_functielabel WHERE pand = %s", [hospital])
    )
    assert verdicts[KANTOOR] == "bkl-vi.kantoor.0"
    assert verdicts[WINKEL] == "bkl-vi.winkel.3"
    label = register.connection.execute("SELECT waarschuwingen FROM register.kgl_label WHERE pand = %s", [hospital])
    assert label.fetchone() == (["C24_neven"],)


@pytest.mark.parametrize(
    ("soort", "detail", "doel", "rule"),
    [
        ("kinderopvang", None, WOON, "register.lrk"),
        ("zorg", "24-uurszorg", WOON, "woon.1"),
        ("zorg", "dagverblijf", BIJEENKOMST, "bijeenkomst.2"),
        ("zorg", "bedgebied", KANTOOR, "register.bedgebied"),
        ("zorg", "bedgebied", WOON, "register.bedgebied"),
        ("zorg", "dagverblijf", WOON, "woon.5"),
    ],
)
@pytest.mark.parametrize("name", ["basisvulling", "bkl-vi"])
def test_own_list_of_the_municipality_counts_as_a_hit_in_the_register(register, name, soort, detail, doel, rule):
    register.listed(register.building(1, doel), soort, **({"functie_detail": detail} if detail else {}))
    register.building(2, doel, x=20)
    register.building(3, doel, x=40)
    labels = register.labels(name=name)
    assert labels["1"] == rule
    assert labels["2"] == labels["3"] != "register.lrk"


def test_own_list_counts_for_buildings_of_that_municipality_alone(register):
    register.listed(register.building(1, KANTOOR), "kinderopvang", gemeente="GM9902")
    register.listed(register.building(2, KANTOOR, x=50), "kinderopvang")
    assert register.labels() == {"1": "kantoor.2", "2": "register.lrk"}


def test_row_of_an_own_list_that_has_an_end_does_not_count(register):
    register.listed(register.building(1, KANTOOR), "kinderopvang", vervallen_op="2026-01-01", vervallen_door="proef")
    assert register.labels() == {"1": "kantoor.2"}


def test_row_of_an_own_list_about_a_withdrawn_verblijfsobject_does_not_count(register):
    pand = register.building(1, KANTOOR)
    register.listed(pand, "kinderopvang", verblijfsobject=register.vbo(pand, [KANTOOR], status="ingetrokken"))
    other = register.pand(2, x=50)
    register.listed(other, "kinderopvang", verblijfsobject=register.vbo(other, [KANTOOR]))
    assert register.labels() == {"1": "kantoor.2", "2": "register.lrk"}


def test_own_list_of_care_reads_like_the_trade_register_to_everybody_and_is_told_to_the_owner(register):
    register.hit("kvk", "87902", register.vbo(register.pand(1), [WOON]))
    register.listed(register.building(2, WOON, x=20), "zorg", functie_detail="24-uurszorg")
    register.labels()
    shelter, listed = register.row("9901100000000001"), register.row("9901100000000002")
    for column in ("categorie", "regel", "artikel", "reden", "reden_en", "waarschuwingen"):
        assert shelter[column] == listed[column], column
    assert [hit["code"] for hit in listed["invoer"]["treffers"]] == ["zorg 24-uurszorg"]


def test_function_beside_listed_care_is_secondary_on_the_same_verblijfsobject_by_law(register):
    pand = register.pand(1)
    unit = register.vbo(pand, ["gezondheidszorgfunctie", KANTOOR])
    register.vbo(pand, [WINKEL])
    register.listed(pand, "zorg", functie_detail="bedgebied", verblijfsobject=unit)
    register.labels(name="bkl-vi")
    assert register.function_rules(pand, "bkl-vi") == {
        KANTOOR: "bkl-vi.kantoor.0", WINKEL: "bkl-vi.winkel.3", "gezondheidszorgfunctie": "bkl-vi.gezondheidszorg.2",
        "register": "bkl-vi.register.bedgebied",
    }  # fmt: skip


def test_listed_care_in_the_whole_building_makes_what_lies_on_its_verblijfsobjecten_secondary(register):
    pand = register.pand(1)
    register.vbo(pand, ["gezondheidszorgfunctie", KANTOOR])
    register.vbo(pand, [WINKEL])
    register.listed(pand, "zorg", functie_detail="bedgebied")
    register.labels(name="bkl-vi")
    rules = register.function_rules(pand, "bkl-vi")
    assert (rules[KANTOOR], rules[WINKEL]) == ("bkl-vi.kantoor.0", "bkl-vi.winkel.3")
    row = register.connection.execute("SELECT invoer -> 'treffers' FROM register.kgl_label").fetchone()
    assert [hit["verblijfsobject"] for hit in row[0]] == [None]


def test_ribbon_gives_a_label_for_its_pipeline_alone_and_says_so(register):
    for number in range(1, 5):
        register.building(number, WOON, x=number * 15)
    pand = "9901100000000001"
    register.listed(pand, "lint", geldt_voor="W-520-01")
    register.listed(pand, "lint", geldt_voor="A-513")
    register.listed("9901100000000002", "lint", geldt_voor="A-513", gemeente="GM9902")
    assert register.labels(name="bkl-vi") == {"1": "woon.4", "2": "woon.5", "3": "woon.5", "4": "woon.5"}
    label = register.row(pand)
    assert (label["categorie"], label["geldt_voor"]) == ("beperktKwetsbaar", "A-513, W-520-01")
    assert label["reden"].endswith("het label geldt alleen voor het risico van A-513, W-520-01.")
    assert label["reden_en"].endswith("the label holds for the risk of A-513, W-520-01 alone.")
    assert label["invoer"]["lint_leidingen"] == "A-513, W-520-01"
    told = explain.explain(register.connection, rule_set("bkl-vi"), pand)
    assert (told.rule, told.applies_to) == ("bkl-vi.woon.4", "A-513, W-520-01")
    per_function = register.connection.execute("SELECT pand, geldt_voor FROM register.kgl_functielabel ORDER BY 1")
    assert [value for _, value in per_function] == ["A-513, W-520-01", None, None, None]


def test_label_holds_for_everything_again_when_the_ribbon_ends(register):
    for number in range(1, 5):
        register.building(number, WOON, x=number * 15)
    register.listed("9901100000000001", "lint", geldt_voor="A-513")
    register.labels(name="bkl-vi")
    register.connection.execute("UPDATE register.kgl_lijst SET vervallen_op = now(), vervallen_door = 'proef'")
    assert register.labels(name="bkl-vi", panden=["9901100000000001"])["1"] == "woon.5"
    assert register.row("9901100000000001")["geldt_voor"] is None


def test_name_of_a_pipeline_is_text_and_nothing_else(register):
    for number in range(1, 5):
        register.building(number, WOON, x=number * 15)
    name = "'; DROP TABLE register.pand; -- {oppervlakte_m2} %s <b>"
    register.listed("9901100000000001", "lint", geldt_voor=name)
    register.labels(name="bkl-vi")
    assert register.row("9901100000000001")["geldt_voor"] == name
    assert name in register.row("9901100000000001")["reden"]


@pytest.mark.parametrize(
    "columns",
    [
        {"soort": "zorg"},
        {"soort": "zorg", "functie_detail": "iets"},
        {"soort": "kinderopvang", "functie_detail": "bedgebied"},
        {"soort": "lint"},
        {"soort": "lint", "geldt_voor": ""},
        {"soort": "moskee"},
        {"soort": "kinderopvang", "vervallen_op": "2026-01-01"},
    ],
)
def test_list_refuses_a_row_that_no_rule_could_read(register, columns):
    pand = register.building(1, WOON)
    with pytest.raises(psycopg.errors.CheckViolation):
        register.listed(pand, **columns)


@pytest.mark.parametrize("status", ["Plaats aangewezen", "Plaats ingetrokken"])
@pytest.mark.parametrize("counted", [True, False])
def test_c21_place_that_is_assigned_counts_as_a_dwelling_where_asked(register, status, counted):
    register.building(1, WOON)
    register.building(2, LOGIES)
    register.mooring(1, x=30, status=status)
    near = counted and status == "Plaats aangewezen"
    labels = register.labels({"dichtheid.telt_plaatsen": counted})
    assert labels == {"1": "woon.5" if near else "woon.3", "2": "logies.1"}


def test_c18_head_office_is_flagged_and_a_protected_code_never(register):
    for number, (code, status) in enumerate(
        (("8720", "Ja"), ("8720", "nee"), ("8720", None), ("87902", "Ja")), start=1
    ):
        register.hit("kvk", code, register.vbo(register.pand(number, x=number * 20), [WOON]), status)
    register.labels()
    flags = [register.row(f"99011{number:011d}")["waarschuwingen"] for number in range(1, 5)]
    assert flags == [["C18_hoofdvestiging"], [], [], []]


def test_c2_flag_stands_where_the_beds_decide_and_has_words(register):
    register.hit("kvk", "87302", register.vbo(register.pand(1), [KANTOOR]))
    register.hit("kvk", "87302", register.vbo(register.pand(2, x=20), [WOON]))
    register.labels()
    assert register.row("9901100000000001")["waarschuwingen"] == ["C2_bedgebied"]
    assert register.row("9901100000000002")["waarschuwingen"] == []
    for name in ("basisvulling", "bkl-vi"):
        assert all(text.nl and text.en for text in rule_set(name).warning_texts.values())
    assert "C2_bedgebied" in rule_set("basisvulling").warning_texts


def test_area_zero_gives_a_reason_in_both_languages(register):
    pand = register.building(1, KANTOOR, 0)
    register.labels()
    label = register.row(pand)
    assert (label["categorie"], label["regel"]) == ("niet_bepaald", "basisvulling.onbekend.oppervlakte")
    assert "onbekend" in label["reden"] and "unknown" in label["reden_en"]


def test_gross_area_is_told_among_the_inputs(register):
    pand = register.building(1, LOGIES, 1300)
    assert register.labels({"oppervlakte.soort": "bruto_geschat", "oppervlakte.bruto_factor": 1.2}) == {"1": "logies.2"}
    given = register.row(pand)["invoer"]
    assert (given["oppervlakte_m2"], given["oppervlakte_soort"]) == (1560, "bruto_geschat")
