"""Municipal boundaries of both countries."""

import pytest

from risicoatlas.errors import SourceError

from .extracts import Extract
from .vectors import SQUARE, polygon, write

LAMBERT_SQUARE = [
    (104000.0, 193000.0),
    (105000.0, 193000.0),
    (105000.0, 194000.0),
    (104000.0, 194000.0),
    (104000.0, 193000.0),
]


def dutch(path, *codes, ring=SQUARE):
    return write(
        path, "gemeente", "Polygon", [(polygon(ring), {"statcode": code, "statnaam": f"Dorp {code}"}) for code in codes]
    )


def test_flemish_boundary_is_transformed_to_rd(load, rows, tmp_path):
    path = write(
        tmp_path / "vl.gpkg",
        "gemeente",
        "Polygon",
        [(polygon(LAMBERT_SQUARE), {"nis": "44021", "name_nl": "Gent"})],
        31370,
    )
    load("gemeenten", path)
    ((code, land, srid, area),) = rows(
        "SELECT gemeentecode, land, ST_SRID(geometrie), ST_Area(geometrie) FROM register.gemeente"
    )
    assert (code, land, srid) == ("44021", "VL", 28992)
    # a projection changes areas by less than a thousandth here
    assert area == pytest.approx(1_000_000, rel=1e-3)


def test_layer_of_provinces_with_the_same_columns_is_passed_over(load, rows, tmp_path):
    path = write(
        tmp_path / "nl.gpkg", "aprovincie", "Polygon", [(polygon(), {"statcode": "PV20", "statnaam": "Groningen"})]
    )
    load("gemeenten", dutch(path, "GM9901"))
    assert rows("SELECT gemeentecode FROM register.gemeente") == [("GM9901",)]


def test_boundary_brings_a_municipality_of_the_bag_into_existence(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    report = load("gemeenten", dutch(tmp_path / "nl.gpkg", "GM9901"))
    assert report.objecten["gemeente"].gewijzigd == 1
    assert rows("SELECT bestaat, geometrie IS NOT NULL FROM register.gemeente") == [(True, True)]


def test_municipality_that_went_up_in_another_ends(load, rows, tmp_path):
    load("gemeenten", dutch(tmp_path / "a.gpkg", "GM9901"))
    far = [(x + 5000, y) for x, y in SQUARE]
    load("gemeenten", dutch(tmp_path / "b.gpkg", "GM9902", ring=far))
    assert rows("SELECT count(*) FROM register.gemeente WHERE bestaat") == [(2,)]
    report = load("gemeenten", dutch(tmp_path / "c.gpkg", "GM9903"))
    assert [(item.sleutel, item.reden) for item in report.bevindingen] == [("GM9901", "het gebied ligt nu in GM9903")]
    assert rows("SELECT gemeentecode, bestaat FROM register.gemeente ORDER BY 1") == [
        ("GM9901", False),
        ("GM9902", True),
        ("GM9903", True),
    ]


def test_second_boundary_of_a_municipality_is_refused(load, tmp_path):
    report = load("gemeenten", dutch(tmp_path / "a.gpkg", "GM9901", "GM9901"))
    (finding,) = report.bevindingen
    assert (finding.uitkomst, finding.plaats) == ("geweigerd", "laag gemeente, rij 2")
    assert finding.reden == "de gemeente GM9901 staat al eerder in deze levering"


def test_unexpected_crs_is_refused(load, tmp_path):
    path = write(tmp_path / "vl.gpkg", "gemeente", "Polygon", [(polygon(), {"nis": "44021", "name_nl": "Gent"})], 28992)
    with pytest.raises(SourceError, match="the CRS is EPSG:28992, expected EPSG:31370"):
        load("gemeenten", path)


def test_boundary_outside_the_country_is_refused(load, rows, tmp_path):
    """Metres of RD with another CRS written on them."""
    path = write(
        tmp_path / "nl.gpkg", "gemeente", "Polygon", [(polygon(), {"statcode": "GM9901", "statnaam": "A"})], 3857
    )
    report = load("gemeenten", path)
    assert [item.reden for item in report.bevindingen] == ["de grens ligt buiten het land"]
    assert rows("SELECT count(*) FROM register.gemeente") == [(0,)]


def test_metres_in_a_file_of_degrees_are_refused(load, tmp_path):
    path = write(
        tmp_path / "nl.gpkg", "gemeente", "Polygon", [(polygon(), {"statcode": "GM9901", "statnaam": "A"})], 4326
    )
    with pytest.raises(SourceError, match="coordinates that cannot be of EPSG:4326"):
        load("gemeenten", path)


def test_missing_column_is_named(load, tmp_path):
    path = write(tmp_path / "nl.gpkg", "gemeente", "Polygon", [(polygon(), {"statcode": "GM9901"})])
    with pytest.raises(SourceError, match="missing column: statnaam"):
        load("gemeenten", path)
