"""The BAG extract: every occurrence is accounted for, and what is wrong is refused with its place."""

from dataclasses import replace
from pathlib import Path

import pytest

from risicoatlas.errors import SourceError

from .extracts import (
    BOW_TIE,
    LINE,
    NUMMERAANDUIDINGEN,
    PANDEN,
    SQUARE,
    VERBLIJFSOBJECTEN,
    Extract,
    Nummeraanduiding,
    Pand,
    Plaats,
    Verblijfsobject,
    xml_file,
)

FIRST, SECOND = PANDEN
THIRD = "9901100000000003"


def reasons(report, outcome):
    return {item.sleutel: item.reden for item in report.bevindingen if item.uitkomst == outcome}


def test_current_occurrences_are_loaded_and_others_counted_by_reason(load, rows, tmp_path):
    panden = [
        *PANDEN,
        replace(FIRST, voorkomen=0, ended={"eindGeldigheid": "2020-01-01", "eindRegistratie": "2020-01-02T10:00:00"}),
        Pand(THIRD, ended={"tijdstipNietBagLV": "2021-01-01T00:00:00"}),
        Pand("9901100000000004", ended={"tijdstipInactief": "2021-01-01T00:00:00"}),
        Pand("9901100000000005", ended={"eindRegistratie": "2021-01-01T00:00:00"}),
    ]
    report = load("bag", Extract(panden=panden).write(tmp_path / "a.zip"))

    tally = report.objecten["pand"]
    assert (tally.gelezen, tally.geladen) == (6, 2)
    assert tally.niet_geladen == {
        "geldigheid beëindigd": 1,
        "niet (meer) in de BAG": 1,
        "inactief": 1,
        "registratie beëindigd": 1,
    }
    assert rows("SELECT identificatie, gemeentecode, bouwjaar FROM register.pand ORDER BY 1") == [
        ("9901100000000001", "GM9901", 1990),
        ("9901100000000002", "GM9901", 1990),
    ]


def test_report_is_kept_with_the_delivery(load, rows, tmp_path):
    report = load("bag", Extract().write(tmp_path / "a.zip"))
    kept = rows("SELECT status, stand::text, gebied, verslag->'objecten'->'pand'->>'geladen' FROM beheer.levering")
    assert kept == [("klaar", "2026-10-15", ["GM9901"], "2")]
    assert report.omschrijving == "BAG-extract Zilverdam"


def test_same_file_again_changes_nothing(load, rows, tmp_path):
    path = Extract().write(tmp_path / "a.zip")
    load("bag", path)
    before = rows("SELECT * FROM register.pand ORDER BY 1")
    report = load("bag", path)
    assert {kind: tally.ongewijzigd for kind, tally in report.objecten.items() if tally.ongewijzigd} == {
        "pand": 2,
        "verblijfsobject": 1,
        "nummeraanduiding": 1,
    }
    assert rows("SELECT * FROM register.pand ORDER BY 1") == before


def test_changed_object_is_updated_and_absent_object_ends(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    report = load("bag", Extract(panden=[replace(FIRST, status="Pand buiten gebruik")]).write(tmp_path / "b.zip"))
    tally = report.objecten["pand"]
    assert (tally.gewijzigd, tally.ongewijzigd, tally.vervallen) == (1, 0, 1)
    assert rows("SELECT identificatie, status FROM register.pand") == [("9901100000000001", "Pand buiten gebruik")]
    assert reasons(report, "vervallen") == {SECOND.identificatie: "komt niet meer voor in het volledige extract"}


def test_extract_of_one_municipality_ends_nothing_of_another(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    other = Extract(panden=[Pand("9902100000000001")], verblijfsobjecten=[], nummeraanduidingen=[], code="9902")
    assert load("bag", other.write(tmp_path / "b.zip")).objecten["pand"].vervallen == 0
    assert rows("SELECT count(*) FROM register.pand") == [(3,)]


def test_object_of_another_municipality_in_the_extract_belongs_to_that_extract(load, rows, tmp_path):
    """An object keeps its identification when boundaries change, and comes in the extract of its new municipality."""
    load("bag", Extract(panden=[FIRST, Pand("9902100000000009")]).write(tmp_path / "a.zip"))
    other = Extract(panden=[Pand("9902100000000001")], verblijfsobjecten=[], nummeraanduidingen=[], code="9902")
    load("bag", other.write(tmp_path / "b.zip"))
    assert rows("SELECT count(*) FROM register.pand WHERE identificatie = '9902100000000009'") == [(1,)]


@pytest.mark.parametrize(
    ("pand", "reason"),
    [
        (Pand(THIRD, status="Pand gebruikt"), "de status 'Pand gebruikt' staat niet in de lijst"),
        (Pand("99011"), "de identificatie '99011' bestaat niet uit 16 cijfers"),
        (Pand(THIRD, ring=SQUARE.replace("160000", "960000")), "de geometrie ligt buiten het gebied van EPSG:28992"),
        (Pand(THIRD, ring="160000 510000 0 160010 x 0"), "een coördinaat is geen getal"),
        (Pand(THIRD, ring="160000 510000 0 160010 510000 0 160000 510000 0"), "een ring heeft 3 punten, minder dan 4"),
        (Pand(THIRD, ring=SQUARE[: SQUARE.rindex(" 160000")]), "een ring is niet gesloten"),
        (Pand(THIRD, ring=LINE), "de geometrie is niet te herstellen (zelfdoorsnijding"),
    ],
)
def test_unusable_pand_is_refused_with_reason_and_place(load, rows, tmp_path, pand, reason):
    report = load("bag", Extract(panden=[*PANDEN, pand]).write(tmp_path / "a.zip"))
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert finding.reden.startswith(reason)
    assert (finding.sleutel, finding.plaats) == (pand.identificatie, "9901PND15102026-000001.xml, object 3")
    assert (report.objecten["pand"].geladen, report.objecten["pand"].geweigerd) == (2, 1)
    assert rows("SELECT count(*) FROM register.pand") == [(2,)]


def test_refused_object_keeps_what_the_register_had_of_it(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    report = load("bag", Extract(panden=[FIRST, replace(SECOND, status="?")]).write(tmp_path / "b.zip"))
    assert (report.objecten["pand"].geweigerd, report.objecten["pand"].vervallen) == (1, 0)
    assert rows("SELECT status FROM register.pand WHERE identificatie = '9901100000000002'") == [("Pand in gebruik",)]


def test_invalid_polygon_is_repaired_and_says_why_and_how(load, rows, tmp_path):
    report = load("bag", Extract(panden=[replace(FIRST, ring=BOW_TIE), SECOND]).write(tmp_path / "a.zip"))
    assert (report.objecten["pand"].hersteld, report.objecten["pand"].geladen) == (1, 1)
    ((text, valid, kind, area),) = rows(
        "SELECT geometrie_hersteld, ST_IsValid(geometrie), GeometryType(geometrie), ST_Area(geometrie)"
        " FROM register.pand WHERE geometrie_hersteld IS NOT NULL"
    )
    assert text == (
        "Ongeldige geometrie (zelfdoorsnijding bij [160005 510005]); hersteld met ST_MakeValid,"
        " alleen vlakken behouden, op millimeters."
    )
    assert (valid, kind, area) == (True, "MULTIPOLYGON", 50.0)


def test_duplicate_identification_is_refused_and_the_highest_occurrence_used(load, rows, tmp_path):
    panden = [FIRST, replace(FIRST, voorkomen=2, bouwjaar="2001"), SECOND]
    report = load("bag", Extract(panden=panden).write(tmp_path / "a.zip"))
    assert reasons(report, "geweigerd") == {
        FIRST.identificatie: "de identificatie komt 2 keer voor in deze levering; een ervan is gebruikt"
    }
    assert rows("SELECT bouwjaar FROM register.pand ORDER BY identificatie") == [(2001,), (1990,)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"doelen": ("speelfunctie",)}, "het gebruiksdoel 'speelfunctie' staat niet in de lijst"),
        ({"status": "weg"}, "de status 'weg' staat niet in de lijst"),
        ({"oppervlakte": "groot"}, "de oppervlakte 'groot' is geen geheel getal"),
        ({"panden": ("12",)}, "een pand waarnaar het verwijst bestaat niet uit 16 cijfers"),
    ],
)
def test_unusable_verblijfsobject_is_refused(load, tmp_path, change, reason):
    item = replace(VERBLIJFSOBJECTEN[0], **change)
    report = load("bag", Extract(verblijfsobjecten=[item]).write(tmp_path / "a.zip"))
    assert reasons(report, "geweigerd") == {"9901010000000001": reason}


def test_verblijfsobject_keeps_all_panden_purposes_and_addresses(load, rows, tmp_path):
    item = Verblijfsobject(
        "9901010000000001",
        panden=(SECOND.identificatie, FIRST.identificatie),
        doelen=("woonfunctie", "kantoorfunctie"),
        nevenadressen=("9901200000000002",),
        vlak=SQUARE,
    )
    adressen = [*NUMMERAANDUIDINGEN, Nummeraanduiding("9901200000000002", huisnummer="2")]
    report = load("bag", Extract(verblijfsobjecten=[item], nummeraanduidingen=adressen).write(tmp_path / "a.zip"))
    assert rows("SELECT pand FROM register.verblijfsobject_pand ORDER BY 1") == [
        (FIRST.identificatie,),
        (SECOND.identificatie,),
    ]
    assert rows("SELECT nummeraanduiding FROM register.verblijfsobject_nevenadres") == [("9901200000000002",)]
    ((doelen, shape, inside),) = rows(
        "SELECT gebruiksdoelen, GeometryType(v.geometrie), ST_Within(v.geometrie, p.geometrie)"
        " FROM register.verblijfsobject v, register.pand p WHERE p.identificatie = '9901100000000001'"
    )
    assert (doelen, shape, inside) == (["kantoorfunctie", "woonfunctie"], "POINT", True)
    assert reasons(report, "hersteld") == {"9901010000000001": "Vlak; een punt op het vlak genomen."}


def test_links_follow_a_changed_verblijfsobject(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    moved = replace(VERBLIJFSOBJECTEN[0], panden=(SECOND.identificatie,))
    load("bag", Extract(verblijfsobjecten=[moved]).write(tmp_path / "b.zip"))
    assert rows("SELECT pand FROM register.verblijfsobject_pand") == [(SECOND.identificatie,)]


def test_verblijfsobject_of_an_absent_pand_is_kept_and_reported(load, rows, tmp_path):
    item = replace(VERBLIJFSOBJECTEN[0], panden=("9901100000000077",))
    report = load("bag", Extract(verblijfsobjecten=[item]).write(tmp_path / "a.zip"))
    assert report.objecten["verblijfsobject"].geladen == 1
    assert reasons(report, "melding")["9901010000000001"] == (
        "het pand 9901100000000077 waarnaar het verwijst is niet geleverd"
    )
    assert rows("SELECT pand FROM register.verblijfsobject_pand") == [("9901100000000077",)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"panden": ()}, "het verwijst naar geen pand: het telt in geen gebouw mee"),
        ({"oppervlakte": "0"}, "de oppervlakte is 0 m2: zij telt als onbekend"),
        ({"oppervlakte": "-5"}, "de oppervlakte is -5 m2: zij telt als onbekend"),
        ({"doelen": ()}, "het gebruiksdoel ontbreekt"),
        (
            {"doelen": (), "panden": (), "oppervlakte": "0"},
            "het gebruiksdoel ontbreekt; het verwijst naar geen pand: het telt in geen gebouw mee;"
            " de oppervlakte is 0 m2: zij telt als onbekend",
        ),
    ],
)
def test_odd_verblijfsobject_is_kept_and_reported(load, rows, tmp_path, change, reason):
    item = replace(VERBLIJFSOBJECTEN[0], **change)
    report = load("bag", Extract(verblijfsobjecten=[item]).write(tmp_path / "a.zip"))
    assert reasons(report, "melding")["9901010000000001"] == reason
    assert rows("SELECT count(*) FROM register.verblijfsobject") == [(1,)]


def test_address_takes_the_names_of_street_and_town(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    assert rows("SELECT postcode, huisnummer, openbareruimte, woonplaats, status FROM register.adres") == [
        ("9901AA", 1, "Dorpsstraat", "Zilverdam", "Naamgeving uitgegeven")
    ]


def test_municipality_without_boundary_is_kept_by_name_and_reported(load, rows, tmp_path):
    report = load("bag", Extract().write(tmp_path / "a.zip"))
    assert rows("SELECT gemeentecode, naam, bestaat, geometrie FROM register.gemeente") == [
        ("GM9901", "Zilverdam", False, None)
    ]
    assert reasons(report, "melding")["GM9901"] == (
        "gemeente 9901 (Zilverdam) bestaat niet (meer) in de geladen grenzen"
    )


def broken(extract: Extract, path: Path, damage: bytes) -> Path:
    """An extract whose pand file is cut off or holds other bytes."""
    return replace(extract, files={"PND": damage}).write(path)


def test_truncated_zip_is_refused(load, tmp_path):
    path = Extract().write(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(SourceError, match=r"a\.zip: the zip file is damaged or cut off"):
        load("bag", path)


def test_damage_inside_a_member_is_refused_with_its_place(load, tmp_path):
    path = Extract().write(tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    data[200:260] = bytes(60)
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"\(9901GEM15102026\.zip.*damaged or cut off"):
        load("bag", path)


def test_broken_xml_is_refused_with_member_and_line(load, tmp_path):
    damage = xml_file(PANDEN)[:-80]
    with pytest.raises(SourceError, match=r"9901PND15102026-000001\.xml, line \d+\): the XML is broken or cut off"):
        load("bag", broken(Extract(), tmp_path / "a.zip", damage))


def test_entities_are_refused_and_never_expanded(load, tmp_path):
    doctype = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    bomb = xml_file(PANDEN).replace(b"?>\n", b"?>\n" + doctype, 1)
    bomb = bomb.replace(b"Pand in gebruik", b"&a;")
    with pytest.raises(SourceError, match="DOCTYPE"):
        load("bag", broken(Extract(), tmp_path / "a.zip", bomb))


def test_wrong_crs_is_refused_with_its_place(load, tmp_path):
    panden = [FIRST, replace(SECOND, srs="urn:ogc:def:crs:EPSG::4258")]
    with pytest.raises(SourceError, match=r"object 2\): the CRS is urn:ogc:def:crs:EPSG::4258, expected EPSG:28992"):
        load("bag", Extract(panden=panden).write(tmp_path / "a.zip"))


@pytest.mark.parametrize("kind", ["PND", "VBO", "NUM", "OPR", "WPL"])
def test_missing_member_is_named(load, tmp_path, kind):
    with pytest.raises(SourceError, match=f"not complete: file 1 of kind {kind} is missing"):
        load("bag", Extract(files={kind: None}).write(tmp_path / "a.zip"))


def test_zip_without_delivery_document_is_no_extract(load, tmp_path):
    with pytest.raises(SourceError, match=r"Leveringsdocument-BAG-Extract\.xml is missing"):
        load("bag", Extract(document=False).write(tmp_path / "a.zip"))


def test_unreadable_extract_leaves_the_register_as_it_was(load, rows, tmp_path):
    load("bag", Extract().write(tmp_path / "a.zip"))
    before = rows("SELECT * FROM register.pand ORDER BY 1")
    panden = [replace(FIRST, bouwjaar="2005"), replace(SECOND, srs="EPSG:4326")]
    with pytest.raises(SourceError):
        load("bag", Extract(panden=panden).write(tmp_path / "b.zip"))
    assert rows("SELECT * FROM register.pand ORDER BY 1") == before
    assert rows("SELECT status, verslag->>'fout' IS NOT NULL FROM beheer.levering ORDER BY nummer") == [
        ("klaar", False),
        ("geweigerd", True),
    ]
    assert rows("SELECT count(*) FROM bron.bag_pand") == [(0,)]


def test_moorings_and_pitches_are_kept_with_their_kind_and_status(load, rows, tmp_path):
    plaatsen = (
        Plaats("9901020000000001"),
        Plaats("9901020000000002", status="Plaats ingetrokken", ring=BOW_TIE),
        Plaats("9901030000000001", soort="Standplaats"),
        Plaats("9901030000000002", soort="Standplaats", ended={"eindGeldigheid": "2021-01-01"}),
        Plaats("9901020000000003", status="Plaats weg"),
    )
    report = load("bag", Extract(plaatsen=plaatsen).write(tmp_path / "bag.zip"))
    query = "SELECT identificatie, soort, status FROM register.plaats ORDER BY 1"
    assert rows(query) == [
        ("9901020000000001", "ligplaats", "Plaats aangewezen"),
        ("9901020000000002", "ligplaats", "Plaats ingetrokken"),
        ("9901030000000001", "standplaats", "Plaats aangewezen"),
    ]
    moorings, pitches = report.objecten["ligplaats"], report.objecten["standplaats"]
    assert (moorings.geladen, moorings.hersteld, moorings.geweigerd) == (1, 1, 1)
    assert (pitches.geladen, pitches.niet_geladen["geldigheid beëindigd"]) == (1, 1)
    assert any("de status 'Plaats weg' staat niet in de lijst" in item.reden for item in report.bevindingen)
    again = load("bag", Extract(plaatsen=plaatsen[1:3]).write(tmp_path / "bag.zip"))
    assert (again.objecten["ligplaats"].vervallen, again.objecten["standplaats"].ongewijzigd) == (1, 1)
    assert len(rows(query)) == 2
    assert load("bag", Extract().write(tmp_path / "bag.zip")).objecten["standplaats"].vervallen == 1
    assert rows(query) == []
