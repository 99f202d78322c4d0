"""KvK, LRK and DUO lists: reading, one row per registration, and the way to a verblijfsobject."""

import pytest

from risicoatlas.errors import SourceError

from .extracts import Extract, Nummeraanduiding, Verblijfsobject

LRK_HEADER = "lrk_id,type,naam,status,postcode,huisnummer,huisletter,huisnummer_toevoeging,bag_verblijfsobject"
KVK_HEADER = "kvk_nummer,vestigingsnummer,handelsnaam,sbi_code,postcode,huisnummer,huisletter,huisnummer_toevoeging"
DUO_HEADER = "brin,vestigingsnummer,naam,sector,postcode,huisnummer"
PAND = "9901100000000001"
ADRESSEN = (
    Nummeraanduiding("9901200000000001", huisnummer="1"),
    Nummeraanduiding("9901200000000002", huisnummer="1", huisletter="A"),
    Nummeraanduiding("9901200000000003", huisnummer="1", huisletter="A", toevoeging="2"),
    Nummeraanduiding("9901200000000004", huisnummer="5"),
)
VERBLIJFSOBJECTEN = tuple(
    Verblijfsobject(f"990101000000000{number}", panden=(PAND,), hoofdadres=f"990120000000000{number}")
    for number in (1, 2, 3)
)


@pytest.fixture
def town(load, tmp_path):
    """Three verblijfsobjecten on house number 1, 1A and 1A-2; number 5 is a second address of the first."""
    first = Verblijfsobject(
        "9901010000000001", panden=(PAND,), hoofdadres="9901200000000001", nevenadressen=("9901200000000004",)
    )
    extract = Extract(verblijfsobjecten=[first, *VERBLIJFSOBJECTEN[1:]], nummeraanduidingen=ADRESSEN)
    load("bag", extract.write(tmp_path / "bag.zip"))


def csv(folder, name, *lines, encoding="utf-8"):
    path = folder / name
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("9901AA,1,,,", "9901010000000001"),
        ("9901 aa,1,a,,", "9901010000000002"),
        ("9901AA,1,A,2,", "9901010000000003"),
        ("9901AA,1,,A-2,", "9901010000000003"),
        ("9901AA,5,,,", "9901010000000001"),
        (",,,,9901010000000003", "9901010000000003"),
        ("9901AA,1,A,,NL.IMBAG.Verblijfsobject.9901010000000003", "9901010000000003"),
        ("9901AA,1,A,,9901010000000099", "9901010000000002"),
        ("9901AA,1,B,,", None),
        ("9901AB,1,,,", None),
        ("9901AA,,,,", None),
    ],
)
def test_registration_is_linked_by_identification_or_address(town, load, rows, tmp_path, address, found):
    load("lrk", csv(tmp_path, "lrk.csv", LRK_HEADER, f"1,KDV,De Bij,Geregistreerd,{address}"))
    assert rows("SELECT verblijfsobject FROM register.registertreffer") == [(found,)]


def test_unlinked_rows_are_counted_and_reported(town, load, tmp_path):
    lines = ["1,KDV,De Bij,Geregistreerd,9901AA,1,,,", "2,BSO,De Mier,Geregistreerd,1234ZZ,9,,,"]
    report = load("lrk", csv(tmp_path, "lrk.csv", LRK_HEADER, *lines))
    assert report.kengetallen == {"aan de BAG gekoppeld": 1, "niet gekoppeld": 1}
    assert [(item.sleutel, item.plaats, item.reden) for item in report.bevindingen] == [
        ("2", "regel 3", "1234ZZ 9 is niet in de BAG gevonden")
    ]


def test_list_that_was_loaded_before_the_bag_is_linked_by_the_bag(load, rows, tmp_path):
    load("lrk", csv(tmp_path, "lrk.csv", LRK_HEADER, "1,KDV,De Bij,Geregistreerd,9901AA,1,,,"))
    assert rows("SELECT verblijfsobject FROM register.registertreffer") == [(None,)]
    load("bag", Extract().write(tmp_path / "bag.zip"))
    assert rows("SELECT verblijfsobject FROM register.registertreffer") == [("9901010000000001",)]


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-8")]
)
def test_delimiter_and_encoding_are_found_out(load, rows, tmp_path, delimiter, encoding):
    lines = (LRK_HEADER, "1,KDV,Coöperatie Bijna Zó,Geregistreerd,9901AA,1,,,")
    load("lrk", csv(tmp_path, "lrk.csv", *(line.replace(",", delimiter) for line in lines), encoding=encoding))
    assert rows("SELECT naam, code, postcode FROM register.registertreffer") == [
        ("Coöperatie Bijna Zó", "KDV", "9901AA")
    ]


def test_list_of_inspections_gives_one_row_per_registration_the_last(load, rows, tmp_path):
    lines = [
        "lrknummer,naam,type,status,adres,postcode",
        "7,De Bij,KDV,Geregistreerd,Laan van de Zee 12 H,9901AA",
        "8,De Mier,BSO,,Plein '40-'45 3,9901AA",
        "7,De Bij,KDV,Niet meer geregistreerd,Laan van de Zee 12 H,9901AA",
    ]
    report = load("lrk", csv(tmp_path, "lrk.csv", *lines))
    assert rows("SELECT sleutel, status, huisnummer, toevoeging FROM register.registertreffer ORDER BY 1") == [
        ("7", "Niet meer geregistreerd", 12, "H"),
        ("8", None, 3, None),
    ]
    assert report.objecten["lrk"].niet_geladen == {"dubbele regel van dezelfde registratie": 1}


def test_second_row_of_a_key_with_other_values_is_refused_with_both_places(load, rows, tmp_path):
    lines = ["1,KDV,De Bij,Geregistreerd,9901AA,1,,,", "1,KDV,De Bij,Geregistreerd,9901AA,2,,,"]
    report = load("lrk", csv(tmp_path, "lrk.csv", LRK_HEADER, *lines, lines[0]))
    tally = report.objecten["lrk"]
    assert (tally.geladen, tally.geweigerd, sum(tally.niet_geladen.values())) == (1, 1, 1)
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert (finding.plaats, finding.reden) == ("regel 3", "1 staat ook op regel 2, met andere waarden")


def test_sbi_code_is_kept_as_digits_and_an_unknown_one_reported(load, rows, tmp_path):
    lines = [
        "90000001,000000000001,Zorg,87.30.2,9901AA,1,,",
        "90000001,000000000001,Zorg,4711,9901AA,1,,",
        "90000002,000000000002,Winkel,47110,9901AA,1,,",
        "90000003,000000000003,Niets,99999,9901AA,1,,",
    ]
    report = load("kvk", csv(tmp_path, "kvk.csv", KVK_HEADER, *lines))
    assert rows("SELECT sleutel, code FROM register.registertreffer ORDER BY 1, 2") == [
        ("90000001-000000000001", "4711"),
        ("90000001-000000000001", "87302"),
        ("90000002-000000000002", "47110"),
        ("90000003-000000000003", "99999"),
    ]
    unknown = [item.sleutel for item in report.bevindingen if "(SBI 2008)" in item.reden]
    assert unknown == ["90000003-000000000003"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",KDV,De Bij,Geregistreerd,9901AA,1,,,", "de sleutel ontbreekt"),
        ("1,,De Bij,Geregistreerd,9901AA,1,,,", "de code NULL is geen code"),
        ("1,KDV,De Bij,Geregistreerd,9901AA,een,,,", "het huisnummer 'een' is geen geheel getal"),
        ("1,KDV,De Bij", "de regel heeft 3 kolommen, de kop 9"),
    ],
)
def test_unusable_row_is_refused_with_its_line(load, tmp_path, line, reason):
    report = load("lrk", csv(tmp_path, "lrk.csv", LRK_HEADER, "9,KDV,De Mier,Geregistreerd,9901AA,1,,,", line))
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert (finding.plaats, finding.reden) == ("regel 3", reason)
    assert (report.objecten["lrk"].geladen, report.objecten["lrk"].geweigerd) == (1, 1)


def test_missing_column_is_named(load, tmp_path):
    with pytest.raises(SourceError, match=r"lrk\.csv \(line 1\): missing column: postcode"):
        load(
            "lrk",
            csv(tmp_path, "lrk.csv", LRK_HEADER.replace("postcode", "pc"), "1,KDV,De Bij,Geregistreerd,9901AA,1,,,"),
        )


def test_registration_that_left_the_list_of_its_municipality_ends(town, load, rows, tmp_path):
    both = ["1,KDV,De Bij,Geregistreerd,9901AA,1,,,", "2,KDV,De Mier,Geregistreerd,9901AA,1,A,,"]
    load("lrk", csv(tmp_path, "a.csv", LRK_HEADER, *both, "3,KDV,Elders,Geregistreerd,1234ZZ,1,,,"))
    report = load("lrk", csv(tmp_path, "b.csv", LRK_HEADER, both[0]))
    assert (report.objecten["lrk"].ongewijzigd, report.objecten["lrk"].vervallen) == (1, 1)
    # 3 lies in no municipality that the second list has a row in
    assert rows("SELECT sleutel FROM register.registertreffer ORDER BY 1") == [("1",), ("3",)]


def test_school_sector_is_kept_in_lower_case(load, rows, tmp_path):
    header = "brin,vestigingsnummer,naam,sector,postcode,huisnummer,huisletter,huisnummer_toevoeging"
    load("duo", csv(tmp_path, "duo.csv", header, "01AB,00,De Vis,PO,9901AA,1,,"))
    assert rows("SELECT register, sleutel, code FROM register.registertreffer") == [("duo", "01AB00", "po")]


@pytest.mark.parametrize(
    ("source", "header", "line", "reason"),
    [
        ("lrk", LRK_HEADER, "1,XYZ,Bij,Geregistreerd,9901AA,1,,,", "de code 'XYZ' staat niet in de lijst (codelijst)"),
        ("lrk", LRK_HEADER, "1,KDV,De Bij,Voorlopig,9901AA,1,,,", "de status 'Voorlopig' staat niet in de lijst"),
        ("lrk", LRK_HEADER, "1,KDV,De Bij,,9901AA,1,,,", "de status NULL staat niet in de lijst"),
        ("duo", DUO_HEADER, "01AB,00,De Linde,XO,9901AA,1", "de code 'xo' staat niet in de lijst (codelijst)"),
    ],
)  # fmt: skip
def test_unknown_type_status_or_sector_is_kept_and_reported(town, load, rows, tmp_path, source, header, line, reason):
    report = load(source, csv(tmp_path, "lijst.csv", header, line))
    assert reason in [item.reden for item in report.bevindingen if item.uitkomst == "melding"]
    assert rows("SELECT count(*) FROM register.registertreffer") == [(1,)]


def test_known_types_statuses_and_sectors_are_not_reported(town, load, tmp_path):
    lines = ["1,kdv,De Bij,geregistreerd,9901AA,1,,,", "2,VGO,Oma,Niet meer geregistreerd,9901AA,1,,,"]
    report = load("lrk", csv(tmp_path, "lrk.csv", LRK_HEADER, *lines))
    assert report.bevindingen == []


def test_head_office_is_kept_with_the_establishment(town, load, rows, tmp_path):
    header = f"{KVK_HEADER},hoofdvestiging"
    load("kvk", csv(tmp_path, "kvk.csv", header, "90000001,000000000001,Zorg,8720,9901AA,1,,,Ja"))
    assert rows("SELECT code, status FROM register.registertreffer") == [("8720", "Ja")]
