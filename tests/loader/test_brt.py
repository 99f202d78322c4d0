"""Greenhouses of the BRT: TOP10NL as GML, of which only the greenhouses are kept."""

import zipfile
from pathlib import Path

import pytest

from risicoatlas.errors import SourceError
from risicoatlas.loader.sources import SOURCES

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<top10nl:FeatureCollectionT10NL'
    ' xmlns:top10nl="{namespace}" xmlns:brt="http://register.geostandaarden.nl/gmlapplicatieschema/brt-algemeen/1.2.0"'
    ' xmlns:gml="http://www.opengis.net/gml/3.2" gml:id="NL.TOP10NL_FC1">\n'
)
NAMESPACE = "http://register.geostandaarden.nl/gmlapplicatieschema/top10nl/1.2.0"
SQUARE = "160000 510000 160040 510000 160040 510030 160000 510030 160000 510000"
BOW_TIE = "160000 510000 160040 510030 160040 510000 160000 510030 160000 510000"


def gebouw(number, *kinds, ring=SQUARE, ended="", crs=28992):
    types = "".join(f"<top10nl:typeGebouw>{kind}</top10nl:typeGebouw>" for kind in kinds)
    end = f"<top10nl:objectEindTijd>{ended}</top10nl:objectEindTijd>" if ended else ""
    return (
        f'<top10nl:FeatureMember><top10nl:Gebouw gml:id="nl.top10nl.{number}">{end}{types}'
        f'<top10nl:geometrie><brt:BRTVlakOfPunt><brt:vlakGeometrie><gml:Polygon srsName="urn:ogc:def:crs:EPSG::{crs}"'
        f' gml:id="P{number}"><gml:exterior><gml:LinearRing><gml:posList srsDimension="2">{ring}</gml:posList>'
        "</gml:LinearRing></gml:exterior></gml:Polygon></brt:vlakGeometrie></brt:BRTVlakOfPunt></top10nl:geometrie>"
        "</top10nl:Gebouw></top10nl:FeatureMember>\n"
    )


@pytest.fixture
def gml(tmp_path):
    def write(*buildings, name="TOP10NL_25W.gml", namespace=NAMESPACE):
        path = tmp_path / name
        path.write_text(
            HEAD.format(namespace=namespace) + "".join(buildings) + "</top10nl:FeatureCollectionT10NL>\n",
            encoding="utf-8",
        )
        return path

    return write


def test_only_greenhouses_are_kept_and_every_other_building_is_counted(load, rows, gml):
    path = gml(
        gebouw(1, "kas, warenhuis"), gebouw(2, "overig"), gebouw(3, "kasteel"), gebouw(4, "warenhuis"),
        gebouw(5, "fabriek", "kas, warenhuis"), gebouw(6, "kas"), gebouw(7, "kas, warenhuis", ended="2024-01-01"),
    )  # fmt: skip
    report = load("brt", path)
    assert rows("SELECT identificatie, ST_Area(geometrie), ST_SRID(geometrie) FROM register.kas ORDER BY 1") == [
        (f"nl.top10nl.{number}", 1200.0, 28992) for number in (1, 5, 6)
    ]
    tally = report.objecten["kas"]
    assert (tally.gelezen, tally.geladen) == (7, 3)
    assert {name: count for name, count in tally.niet_geladen.items() if count} == {
        "gebouw dat geen kas is": 3, "geldigheid beëindigd": 1,
    }  # fmt: skip


def test_file_of_the_former_namespace_is_read_alike(load, rows, gml):
    load("brt", gml(gebouw(1, "kas, warenhuis"), namespace="http://www.kadaster.nl/schemas/imbrt/top10nl/1.2"))
    assert rows("SELECT count(*) FROM register.kas") == [(1,)]


def test_same_file_again_changes_nothing(load, rows, gml):
    path = gml(gebouw(1, "kas, warenhuis"), gebouw(2, "kas, warenhuis", ring=BOW_TIE))
    assert load("brt", path).objecten["kas"].hersteld == 1
    before = rows("SELECT identificatie, waarde_hash FROM register.kas ORDER BY 1")
    again = load("brt", path).objecten["kas"]
    assert (again.ongewijzigd, again.nieuw, again.gewijzigd, again.vervallen) == (2, 0, 0, 0)
    assert rows("SELECT identificatie, waarde_hash FROM register.kas ORDER BY 1") == before


def test_greenhouse_that_left_the_file_of_its_name_ends_and_no_other(load, rows, gml):
    load("brt", gml(gebouw(1, "kas, warenhuis"), gebouw(2, "kas, warenhuis")))
    load("brt", gml(gebouw(3, "kas, warenhuis"), name="TOP10NL_25O.gml"))
    report = load("brt", gml(gebouw(2, "kas, warenhuis")))
    assert rows("SELECT identificatie FROM register.kas ORDER BY 1") == [("nl.top10nl.2",), ("nl.top10nl.3",)]
    assert report.objecten["kas"].vervallen == 1
    load("brt", gml(gebouw(2, "kas, warenhuis", ended="2026-01-01"), gebouw(4, "overig")))
    assert rows("SELECT identificatie FROM register.kas") == [("nl.top10nl.3",)]


def test_building_on_two_sheets_of_one_file_is_one_greenhouse(load, rows, gml):
    report = load("brt", gml(gebouw(1, "kas, warenhuis"), gebouw(1, "kas, warenhuis")))
    assert rows("SELECT count(*) FROM register.kas") == [(1,)]
    assert report.objecten["kas"].niet_geladen["dubbele identificatie"] == 1


@pytest.mark.parametrize(
    ("ring", "reason"),
    [
        ("160000 510000 160000 510000 160000 510000 160000 510000", "niet te herstellen"),
        ("900000 510000 900040 510000 900040 510030 900000 510000", "buiten het gebied"),
    ],
)
def test_unusable_geometry_is_refused_with_reason_and_place(load, rows, gml, ring, reason):
    report = load("brt", gml(gebouw(1, "kas, warenhuis"), gebouw(2, "kas, warenhuis", ring=ring)))
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert reason in finding.reden and finding.plaats == "gebouw 2" and finding.sleutel == "nl.top10nl.2"
    assert rows("SELECT identificatie FROM register.kas") == [("nl.top10nl.1",)]


def test_other_crs_is_refused_with_both_codes(load, gml):
    with pytest.raises(SourceError, match=r"the CRS is EPSG:31370, expected EPSG:28992"):
        load("brt", gml(gebouw(1, "kas, warenhuis", crs=31370)))


def test_file_without_buildings_names_what_it_has(load, gml):
    text = gebouw(1, "x").replace("top10nl:Gebouw", "top10nl:Wegdeel")
    with pytest.raises(SourceError, match="no class Gebouw or Gebouw_Vlak with buildings; found Wegdeel"):
        load("brt", gml(text))


def test_type_that_is_missing_is_named(load, gml):
    with pytest.raises(SourceError, match="missing column: typeGebouw"):
        load("brt", gml(gebouw(1)))


@pytest.mark.parametrize("cut", [0.4, 0.9])
def test_file_that_is_cut_off_leaves_the_register_as_it_was(load, rows, gml, cut):
    load("brt", gml(gebouw(1, "kas, warenhuis")))
    path = gml(*(gebouw(number, "kas, warenhuis") for number in range(2, 30)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    with pytest.raises(SourceError, match=r"line \d+\): the XML is broken or cut off"):
        load("brt", path)
    assert rows("SELECT identificatie FROM register.kas") == [("nl.top10nl.1",)]


def test_damage_inside_a_file_is_refused_with_its_line(load, gml):
    path = gml(gebouw(1, "kas, warenhuis"), gebouw(2, "kas, warenhuis"), gebouw(3, "kas, warenhuis"))
    path.write_text(path.read_text().replace("</top10nl:typeGebouw>", "", 2))
    with pytest.raises(SourceError, match=r"line 3\): the XML is broken or cut off"):
        load("brt", path)


def test_entities_are_never_expanded(load, rows, gml):
    path = gml(gebouw(1, "&kas;"))
    text = path.read_text().replace("?>", '?>\n<!DOCTYPE x [<!ENTITY kas "kas, warenhuis">]>', 1)
    path.write_text(text)
    with pytest.raises(SourceError, match="DOCTYPE"):
        load("brt", path)
    assert rows("SELECT count(*) FROM register.kas") == [(0,)]


def test_other_file_is_none_of_the_brt(load, tmp_path, settings):
    path = tmp_path / "kvk.csv"
    path.write_text("a,b\n1,2\n")
    assert SOURCES["brt"].recognise(path, settings) is None
    with pytest.raises(SourceError, match="no GML of TOP10NL"):
        load("brt", path)


def test_zip_of_sheets_is_read_as_one_file(load, rows, gml, tmp_path, settings):
    sheets = [
        gml(gebouw(n, "kas, warenhuis"), gebouw(n + 1, "kas, warenhuis"), name=f"TOP10NL_2{n}W.gml") for n in (1, 2)
    ]
    path = zipped(tmp_path / "top10nl (1).zip", *sheets, gml(name="leeg.txt"))
    assert SOURCES["brt"].recognise(path, settings) == "BRT TOP10NL, 2 bestanden"
    report = load("brt", path)
    assert rows("SELECT identificatie FROM register.kas ORDER BY 1") == [(f"nl.top10nl.{n}",) for n in (1, 2, 3)]
    assert report.objecten["kas"].niet_geladen["dubbele identificatie"] == 1


def test_damage_in_a_zip_is_refused_with_its_file_and_line(load, rows, gml, tmp_path):
    good, bad = gml(gebouw(1, "kas, warenhuis")), gml(gebouw(2, "kas, warenhuis"), name="stuk.gml")
    bad.write_text(bad.read_text().replace("</top10nl:typeGebouw>", ""))
    with pytest.raises(SourceError, match=r"top\.zip \(stuk\.gml, line 3\): the XML is broken or cut off"):
        load("brt", zipped(tmp_path / "top.zip", good, bad))
    assert rows("SELECT count(*) FROM register.kas") == [(0,)]
    whole = zipped(tmp_path / "top.zip", gml(gebouw(1, "kas, warenhuis")))
    whole.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(SourceError):
        load("brt", whole)


def zipped(path, *files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
            file.unlink()
    return path


def test_reading_leaves_no_file_beside_the_gml(load, gml):
    path = gml(gebouw(1, "kas, warenhuis"))
    load("brt", path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_real_sample_is_recognised_and_has_no_greenhouse(load, rows, shared_data: Path, settings, tmp_path):
    sample = shared_data / "top10nl_sample" / "TOP10NL_1_2_sample.gml"
    before = sorted(item.name for item in sample.parent.iterdir())
    assert SOURCES["brt"].recognise(sample, settings) == "BRT TOP10NL"
    tally = load("brt", sample).objecten["kas"]
    assert (tally.gelezen, tally.niet_geladen["gebouw dat geen kas is"], tally.geladen) == (3, 3, 0)
    text = sample.read_text(encoding="utf-8").replace("typeGebouw>overig<", "typeGebouw>kas, warenhuis<", 2)
    (tmp_path / "kassen.gml").write_text(text, encoding="utf-8")
    assert load("brt", tmp_path / "kassen.gml").objecten["kas"].geladen == 2
    assert rows("SELECT identificatie FROM register.kas ORDER BY 1") == [
        ("nl.top10nl.100027584",), ("nl.top10nl.100027586",),
    ]  # fmt: skip
    assert sorted(item.name for item in sample.parent.iterdir()) == before
