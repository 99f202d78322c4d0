"""Real data: one whole municipality as an extract and as a GeoPackage, a part of another one, boundaries and a list."""

CONTENT = """
SELECT 'pand', md5(string_agg(p::text, '|' ORDER BY identificatie)) FROM (
  SELECT identificatie, gemeentecode, status, bouwjaar, geometrie, geometrie_hersteld, begin_geldigheid,
    tijdstip_registratie, waarde_hash FROM register.pand) AS p
UNION ALL SELECT 'verblijfsobject', md5(string_agg(v::text, '|' ORDER BY identificatie)) FROM (
  SELECT identificatie, status, oppervlakte_m2, gebruiksdoelen, nummeraanduiding, geometrie, begin_geldigheid,
    tijdstip_registratie, waarde_hash FROM register.verblijfsobject) AS v
UNION ALL SELECT 'panden', md5(string_agg(l::text, '|' ORDER BY verblijfsobject, pand))
FROM register.verblijfsobject_pand AS l
UNION ALL SELECT 'nevenadressen', md5(string_agg(l::text, '|' ORDER BY verblijfsobject, nummeraanduiding))
FROM register.verblijfsobject_nevenadres AS l
UNION ALL SELECT 'adres', md5(string_agg(a::text, '|' ORDER BY nummeraanduiding)) FROM (
  SELECT nummeraanduiding, status, postcode, huisnummer, huisletter, toevoeging, openbareruimte, woonplaats
  FROM register.adres) AS a
ORDER BY 1
"""
LIVE_PAND = (
    "status IN ('Pand in gebruik', 'Pand in gebruik (niet ingemeten)', 'Verbouwing pand', 'Pand buiten gebruik',"
    " 'Sloopvergunning verleend')"
)
LIVE_VBO = (
    "status IN ('Verblijfsobject in gebruik', 'Verblijfsobject in gebruik (niet ingemeten)',"
    " 'Verbouwing verblijfsobject', 'Verblijfsobject buiten gebruik')"
)


def test_extract_is_accounted_for_and_equals_the_geopackage(load, rows, shared_data):
    folder = shared_data / "bag_weesp"
    report = load("bag", folder / "BAGGEM0457L-15102021.zip")

    # occurrences of the archive, of which those marked as not (any more) in the BAG are left out of its description
    read = {
        kind: tally.gelezen - tally.niet_geladen.get("niet (meer) in de BAG", 0)
        for kind, tally in report.objecten.items()
    }
    assert read["pand"] == 23_091
    assert read["verblijfsobject"] == 26_085
    assert read["nummeraanduiding"] == 16_113
    assert read["openbareruimte"] == 593
    assert (read["woonplaats"], read["ligplaats"], read["standplaats"]) == (3, 167, 21)
    loaded = {kind: tally.geladen for kind, tally in report.objecten.items() if tally.geladen}
    assert loaded == {
        "pand": 12_899, "verblijfsobject": 12_509, "nummeraanduiding": 12_694, "ligplaats": 167, "standplaats": 13,
    }  # fmt: skip

    dangling = [item for item in report.bevindingen if "waarnaar het verwijst is niet geleverd" in item.reden]
    assert len(dangling) == 1
    assert "gemeente 0457 (Weesp) bestaat niet (meer) in de geladen grenzen" in [
        item.reden for item in report.bevindingen
    ]
    _compare_reference_counts(rows)

    content = rows(CONTENT)
    again = load("bag", folder / "bag_weesp_20211015.gpkg")
    assert {kind: tally.ongewijzigd for kind, tally in again.objecten.items() if tally.ongewijzigd} == loaded
    assert rows(CONTENT) == content


def _compare_reference_counts(rows):
    live = f"SELECT identificatie FROM register.pand WHERE {LIVE_PAND}"
    with_vbo = (
        "SELECT DISTINCT l.pand FROM register.verblijfsobject_pand l"
        f" JOIN register.verblijfsobject v ON v.identificatie = l.verblijfsobject WHERE {LIVE_VBO}"
    )
    assert rows(f"SELECT count(*) FROM ({live}) p") == [(10_837,)]
    assert rows(f"SELECT count(*) FROM register.verblijfsobject WHERE {LIVE_VBO}") == [(11_046,)]
    assert rows(f"SELECT count(*) FROM ({live} INTERSECT ({with_vbo})) p") == [(6_480,)]
    several = "SELECT verblijfsobject FROM register.verblijfsobject_pand GROUP BY 1 HAVING count(*) > 1"
    assert rows(f"SELECT count(*) FROM ({several}) v") == [(173,)]
    assert rows("SELECT count(*) FROM register.verblijfsobject WHERE oppervlakte_m2 = 999999") == [(10,)]
    assert rows("SELECT count(*) FROM register.adres WHERE postcode IS NULL") == [(162,)]


def test_geopackage_alone_gives_the_content_of_the_extract(load, rows, shared_data):
    load("bag", shared_data / "bag_weesp" / "bag_weesp_20211015.gpkg")
    from_geopackage = rows(CONTENT)
    load("bag", shared_data / "bag_weesp" / "BAGGEM0457L-15102021.zip")
    assert rows(CONTENT) == from_geopackage
    _compare_reference_counts(rows)


def test_national_miniature_is_read(load, shared_data):
    report = load("bag", shared_data / "bag_nlextract_samples" / "BAGNLDL-15092020-small.zip")
    assert report.objecten["pand"].gelezen == 6
    assert report.objecten["pand"].geladen == 2


def test_pdok_layout_joins_every_verblijfsobject(load, rows, shared_data):
    report = load("bag", shared_data / "bag_apeldoorn_noord" / "bag_apeldoorn_noord_2022.gpkg")
    assert {kind: tally.geladen for kind, tally in report.objecten.items()} == {
        "pand": 382,
        "verblijfsobject": 490,
        "nummeraanduiding": 490,
    }
    assert rows("SELECT count(*) FROM register.verblijfsobject_pand JOIN register.pand ON identificatie = pand") == [
        (490,)
    ]


def test_row_that_is_no_pand_is_refused_in_a_real_file(load, shared_data):
    report = load("bag", shared_data / "bag_wippolder_3dbag" / "wippolder.gpkg")
    assert (report.objecten["pand"].geladen, report.objecten["pand"].geweigerd) == (59, 1)


def test_boundaries_of_both_countries_are_loaded(load, rows, shared_data):
    load("gemeenten", shared_data / "nl_boundaries" / "nl_gemeenten_2025.gpkg")
    flemish = load("gemeenten", shared_data / "vl_boundaries" / "vl_gemeenten_2020_31370.gpkg")
    assert flemish.objecten["gemeente"].hersteld == 2
    assert rows(
        "SELECT land, count(*), bool_and(ST_IsValid(geometrie)) FROM register.gemeente GROUP BY land ORDER BY land"
    ) == [("NL", 342, True), ("VL", 299, True)]


def test_list_of_inspections_gives_each_registration_once(load, rows, shared_data):
    report = load("lrk", shared_data / "lrk_amsterdam" / "risicoprofielenkinderopvangamsterdam.csv")
    tally = report.objecten["lrk"]
    assert (tally.gelezen, tally.geladen) == (2_951, 1_032)
    assert rows("SELECT count(DISTINCT sleutel) FROM register.registertreffer") == [(1_032,)]
