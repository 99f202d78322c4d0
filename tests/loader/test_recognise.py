"""Files are known by their content; of two deliveries of the same panden the GeoPackage is taken."""

import json

import pytest

from risicoatlas.errors import SourceError
from risicoatlas.loader import recognise
from risicoatlas.loader.sources import SOURCES

from .extracts import Extract
from .vectors import point, polygon, write

PAND = {"status": "Pand in gebruik", "bouwjaar": "1990"}


@pytest.fixture
def folder(settings, tmp_path):
    settings.home.mkdir(parents=True, exist_ok=True)
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def names(items):
    return [item.path.name for item in items]


def test_content_decides_and_boundaries_come_first(folder, settings):
    Extract(code="9902").write(folder / "a.bin")
    write(folder / "z.dat", "gemeente", "Polygon", [(polygon(), {"statcode": "GM9901", "statnaam": "Zilverdam"})])
    (folder / "list.txt").write_text("lrk_id,type,naam,status,postcode,huisnummer\n1,KDV,De Bij,,1234AA,1\n")
    (folder / "readme.zip").write_text("no zip")
    found = recognise.walk(folder, settings)
    assert [(item.source.name, item.path.name) for item in found.recognised] == [
        ("gemeenten", "z.dat"),
        ("bag", "a.bin"),
        ("lrk", "list.txt"),
    ]
    assert [(item.path.name, item.reason) for item in found.left] == [("readme.zip", "de inhoud hoort bij geen bron")]


def test_geopackage_is_taken_where_it_has_the_panden_of_an_extract(folder, settings):
    Extract().write(folder / "same.zip")
    Extract(code="9902", panden=[]).write(folder / "other.zip")
    features = [
        (polygon(), {**PAND, "identificatie": f"NL.IMBAG.Pand.990110000000000{number}"}) for number in (1, 2, 3)
    ]
    write(folder / "bag.gpkg", "pand", "Polygon", features)
    found = recognise.walk(folder, settings)
    assert names(found.recognised) == ["bag.gpkg", "other.zip"]
    assert [(item.path.name, item.reason) for item in found.left] == [("same.zip", "dezelfde panden staan in bag.gpkg")]


def test_what_is_left_is_listed_with_the_reason(folder, settings):
    write(folder / "trees.gpkg", "bomen", "Point", [(point(), {"soort": "eik"})])
    (folder / "x.json").write_text(json.dumps({"type": "Feature"}))
    (folder / ".hidden").write_text("x")
    found = recognise.walk(folder, settings)
    assert [(item.path.name, item.reason) for item in found.left] == [
        ("trees.gpkg", "geen bron heeft deze lagen en kolommen: bomen"),
        ("x.json", "de inhoud hoort bij geen bron"),
    ]


def test_looking_at_files_writes_none(folder, settings):
    """GDAL's GML driver leaves a .gfs file beside what it opens."""
    (folder / "a.gml").write_text(
        '<?xml version="1.0"?><c xmlns="http://www.opengis.net/gml"><featureMember><f><n>1</n></f></featureMember></c>'
    )
    recognise.walk(folder, settings)
    assert names(recognise.Left(path, "") for path in folder.iterdir()) == ["a.gml"]


def test_folder_on_the_command_line_gives_the_files_of_that_source(folder, settings):
    Extract().write(folder / "a.zip")
    (folder / "list.csv").write_text("lrk_id,type,naam,status,postcode,huisnummer\n")
    assert recognise.expand(SOURCES["lrk"], [folder], settings) == [folder / "list.csv"]
    with pytest.raises(SourceError, match="no file of source duo"):
        recognise.expand(SOURCES["duo"], [folder], settings)


def test_real_folder_gives_weesp_once_and_every_message(shared_data, settings):
    settings.home.mkdir(parents=True, exist_ok=True)
    found = recognise.walk(shared_data, settings)
    loaded = {(item.source.name, item.path.name) for item in found.recognised}
    assert {
        ("gemeenten", "nl_gemeenten_2025.gpkg"),
        ("gemeenten", "vl_gemeenten_2020_31370.gpkg"),
        ("bag", "bag_weesp_20211015.gpkg"),
        ("bag", "bag_apeldoorn_noord_2022.gpkg"),
    } <= loaded
    left = {item.path.name: item.reason for item in found.left}
    assert left["BAGGEM0457L-15102021.zip"] == "dezelfde panden staan in bag_weesp_20211015.gpkg"
    # mutations come after every extract and GeoPackage
    assert [item.path.name for item in found.recognised if item.source.name == "bag"][
        -1
    ] == "BAGNLDM-13112021-14112021.zip"
    messages = {path.name for path in (shared_data / "imev").glob("examples-*/*.json")}
    assert {name for source, name in loaded if source == "imev"} == messages
