"""Risk locations from CSV with WKT in EPSG:31370."""

import pytest

HEADER = (
    "identificatie;nis;rubriek;startdatum;einddatum;omv_nummer;iioa_nummer;wijziging_vergunning;bron_rubriek;"
    "omschrijving;geschrapt;geometrie_wkt"
)
SQUARE = "POLYGON((104000 193000,104010 193000,104010 193010,104000 193010,104000 193000))"


def row(**changes):
    values = {
        "identificatie": "RL1",
        "nis": "44021",
        "rubriek": "17.1",
        "startdatum": "2001-05-01",
        "einddatum": "",
        "omv_nummer": "OMV_1",
        "iioa_nummer": "",
        "wijziging_vergunning": "ja",
        "bron_rubriek": "gemeente",
        "omschrijving": "tank",
        "geschrapt": "nee",
        "geometrie_wkt": SQUARE,
    }
    return ";".join({**values, **changes}.values())


@pytest.fixture
def loaded(load, tmp_path):
    def load_lines(*lines):
        path = tmp_path / "r.csv"
        path.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
        return load("risicolocaties", path)

    return load_lines


def test_row_is_kept_with_its_types(loaded, rows):
    loaded(row(einddatum="2020-01-31", geschrapt="ja"))
    assert rows(
        "SELECT identificatie, gemeentecode, startdatum::text, einddatum::text, wijziging_vergunning, geschrapt,"
        " GeometryType(geometrie), ST_SRID(geometrie), geometrie_hersteld FROM register.risicolocatie"
    ) == [("RL1", "44021", "2001-05-01", "2020-01-31", "JA", True, "MULTIPOLYGON", 31370, None)]


@pytest.mark.parametrize(
    ("wkt", "kind", "area"),
    [("POINT(104000 193000)", "punt", 3.14), ("LINESTRING(104000 193000,104010 193000)", "lijn", 23.1)],
)
def test_point_and_line_become_a_narrow_area_and_say_so(loaded, rows, wkt, kind, area):
    report = loaded(row(geometrie_wkt=wkt))
    ((text, found),) = rows("SELECT geometrie_hersteld, ST_Area(geometrie) FROM register.risicolocatie")
    assert text == f"Geleverd als {kind}; vlak gemaakt met een straal van 1 m."
    assert found == pytest.approx(area, rel=0.01)
    assert report.objecten["risicolocatie"].hersteld == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identificatie": ""}, "de identificatie ontbreekt"),
        ({"nis": "GM0457"}, "'GM0457' is geen NIS-code"),
        ({"rubriek": ""}, "de rubriek ontbreekt"),
        ({"startdatum": ""}, "de startdatum NULL is geen datum"),
        ({"startdatum": "2001-02-30"}, "de startdatum '2001-02-30' is geen datum"),
        ({"einddatum": "2000-01-01"}, "de einddatum ligt voor de startdatum"),
        ({"wijziging_vergunning": "misschien"}, "wijziging_vergunning 'misschien' is geen JA of NEE"),
        ({"geschrapt": "x"}, "geschrapt 'x' is geen ja of nee"),
        ({"geometrie_wkt": "POLYGON((1 2"}, "de geometrie is geen leesbare WKT"),
        ({"geometrie_wkt": ""}, "de geometrie ontbreekt"),
        ({"geometrie_wkt": "POINT(4.3 51.0)"}, "de geometrie ligt buiten het gebied van EPSG:31370"),
        ({"geometrie_wkt": "POINT(504000 193000)"}, "de geometrie ligt buiten het gebied van EPSG:31370"),
    ],
)
def test_unusable_row_is_refused_with_its_line(loaded, changes, reason):
    report = loaded(row(identificatie="RL0"), row(**changes))
    refused = [(item.plaats, item.reden) for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert refused == [("regel 3", reason)]


def test_double_identification_is_refused(loaded):
    report = loaded(row(), row(rubriek="2.1"))
    refused = [(item.plaats, item.reden) for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert refused == [("regel 3", "de identificatie staat al eerder in deze levering")]


def test_list_takes_the_place_of_what_its_municipalities_had(loaded, rows):
    loaded(row(), row(identificatie="RL2"), row(identificatie="RL3", nis="44023"))
    report = loaded(row())
    tally = report.objecten["risicolocatie"]
    assert (tally.ongewijzigd, tally.vervallen) == (1, 1)
    assert rows("SELECT identificatie FROM register.risicolocatie ORDER BY 1") == [("RL1",), ("RL3",)]


def test_municipality_that_is_not_loaded_is_reported(loaded):
    report = loaded(row())
    assert [item.reden for item in report.bevindingen] == ["gemeente 44021 bestaat niet (meer) in de geladen grenzen"]
