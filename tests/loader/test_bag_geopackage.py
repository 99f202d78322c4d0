"""GeoPackages with BAG objects, in the layout of the extract and in that of PDOK."""

import pytest

from risicoatlas.errors import SourceError

from .vectors import point, polygon, write

PAND = "9901100000000001"
PDOK_PAND = {"identificatie": PAND, "status": "Pand in gebruik", "bouwjaar": "1990.0"}
PDOK_VBO = {
    "identificatie": "9901010000000001",
    "status": "Verblijfsobject in gebruik",
    "oppervlakte": "120.0",
    "gebruiksdoel": "woonfunctie, kantoorfunctie",
    "pandidentificatie": PAND,
    "postcode": "9901 aa",
    "huisnummer": "12",
    "huisletter": "B",
    "toevoeging": None,
    "openbare_ruimte": "Dorpsstraat",
    "woonplaats": "Zilverdam",
}


def test_pdok_layout_brings_the_address_with_the_object(load, rows, tmp_path):
    path = write(tmp_path / "a.gpkg", "pand", "Polygon", [(polygon(), PDOK_PAND)])
    write(path, "verblijfsobject", "Point", [(point(), PDOK_VBO)])
    load("bag", path)
    assert rows("SELECT identificatie, bouwjaar, begin_geldigheid FROM register.pand") == [(PAND, 1990, None)]
    assert rows(
        "SELECT v.oppervlakte_m2, v.gebruiksdoelen, p.pand, a.postcode, a.huisnummer, a.huisletter, a.openbareruimte"
        " FROM register.verblijfsobject v JOIN register.verblijfsobject_pand p ON p.verblijfsobject = v.identificatie"
        " JOIN register.adres a USING (nummeraanduiding)"
    ) == [(120, ["kantoorfunctie", "woonfunctie"], PAND, "9901AA", 12, "B", "Dorpsstraat")]


def test_prefixes_are_taken_off_and_leading_zeros_put_back(load, rows, tmp_path):
    path = write(
        tmp_path / "a.gpkg", "pand", "Polygon", [(polygon(), {**PDOK_PAND, "identificatie": "503100000000296"})]
    )
    vbo = {**PDOK_VBO, "pandidentificatie": "NL.IMBAG.Pand.0503100000000296"}
    write(path, "verblijfsobject", "Point", [(point(), vbo)])
    load("bag", path)
    assert rows(
        "SELECT identificatie FROM register.pand JOIN register.verblijfsobject_pand ON pand = identificatie"
    ) == [("0503100000000296",)]


def test_layer_with_another_name_is_known_by_its_columns(load, rows, tmp_path):
    load("bag", write(tmp_path / "a.gpkg", "gebouwen_2026", "Polygon", [(polygon(), PDOK_PAND)]))
    assert rows("SELECT count(*) FROM register.pand") == [(1,)]


def test_a_geopackage_ends_nothing(load, rows, tmp_path):
    other = {**PDOK_PAND, "identificatie": "9901100000000002"}
    load("bag", write(tmp_path / "a.gpkg", "pand", "Polygon", [(polygon(), PDOK_PAND), (polygon(), other)]))
    report = load("bag", write(tmp_path / "b.gpkg", "pand", "Polygon", [(polygon(), PDOK_PAND)]))
    assert report.objecten["pand"].vervallen == 0
    assert rows("SELECT count(*) FROM register.pand") == [(2,)]


def test_missing_column_is_named_with_its_layer(load, tmp_path):
    properties = {name: value for name, value in PDOK_PAND.items() if name != "status"}
    path = write(tmp_path / "a.gpkg", "pand", "Polygon", [(polygon(), properties)])
    with pytest.raises(SourceError, match=r"a\.gpkg \(layer pand\): missing column: status"):
        load("bag", path)


def test_wrong_crs_is_refused_with_both_codes(load, tmp_path):
    path = write(
        tmp_path / "a.gpkg", "pand", "Polygon", [(polygon([(5, 52), (5.1, 52), (5, 52.1), (5, 52)]), PDOK_PAND)], 4258
    )
    with pytest.raises(SourceError, match=r"\(layer pand\): the CRS is EPSG:4258, expected EPSG:28992"):
        load("bag", path)


def test_file_without_bag_objects_is_refused(load, tmp_path):
    path = write(tmp_path / "a.gpkg", "bomen", "Point", [(point(), {"soort": "eik"})])
    with pytest.raises(SourceError, match="no layer with panden or verblijfsobjecten"):
        load("bag", path)


def test_text_file_is_refused_as_no_vector_file(load, tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_text("no geopackage")
    with pytest.raises(SourceError, match="it is no GeoPackage"):
        load("bag", path)


def test_truncated_geopackage_is_refused(load, rows, tmp_path):
    path = write(tmp_path / "a.gpkg", "pand", "Polygon", [(polygon(), PDOK_PAND)] * 2000)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(SourceError):
        load("bag", path)
    assert rows("SELECT count(*) FROM register.pand") == [(0,)]


def test_coordinates_are_kept_in_millimetres(load, rows, tmp_path):
    ring = [(160000.00012, 510000.0), (160010.0, 510000.0), (160010.0, 510010.00098), (160000.00012, 510000.0)]
    load("bag", write(tmp_path / "a.gpkg", "pand", "Polygon", [(polygon(ring), PDOK_PAND)]))
    assert rows("SELECT ST_AsText(geometrie), geometrie_hersteld FROM register.pand") == [
        ("MULTIPOLYGON(((160000 510000,160010 510000,160010 510010.001,160000 510000)))", None)
    ]


def test_line_where_an_area_is_asked_is_refused(load, tmp_path):
    line = {"type": "LineString", "coordinates": [(160000.0, 510000.0), (160010.0, 510000.0)]}
    path = write(
        tmp_path / "a.gpkg",
        "pand",
        "Unknown",
        [(line, PDOK_PAND), (polygon(), {**PDOK_PAND, "identificatie": "9901100000000002"})],
    )
    report = load("bag", path)
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert (finding.plaats, finding.reden) == ("laag pand, rij 1", "de geometrie is een LINESTRING, verwacht: vlak")
