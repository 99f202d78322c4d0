"""The real national delivery of one day: it gives the register that a full extract of that day gives."""

from dataclasses import asdict

import pytest
from tests.kgl_mutations import real

from risicoatlas.errors import SourceError
from risicoatlas.loader import recognise

NAME = "BAGNLDM-13112021-14112021.zip"
# the municipalities with most mutations of that day
CODES = ["1621", "0856", "0072"]
CONTENT = """
SELECT 'pand', md5(string_agg(p::text, '|' ORDER BY identificatie)) FROM (
  SELECT identificatie, gemeentecode, status, bouwjaar, geometrie, begin_geldigheid, tijdstip_registratie, waarde_hash
  FROM register.pand) AS p
UNION ALL SELECT 'verblijfsobject', md5(string_agg(v::text, '|' ORDER BY identificatie)) FROM (
  SELECT identificatie, status, oppervlakte_m2, gebruiksdoelen, nummeraanduiding, geometrie, begin_geldigheid,
    tijdstip_registratie, waarde_hash FROM register.verblijfsobject) AS v
UNION ALL SELECT 'koppeling', md5(string_agg(l::text, '|' ORDER BY verblijfsobject, pand))
  FROM register.verblijfsobject_pand AS l
UNION ALL SELECT 'adres', md5(string_agg(a::text, '|' ORDER BY nummeraanduiding)) FROM (
  SELECT nummeraanduiding, status, postcode, huisnummer FROM register.adres) AS a
"""


@pytest.fixture
def delivery(shared_data):
    return shared_data / "bag_weesp" / NAME


def test_mutations_on_the_register_before_them_give_the_register_after_them(load, database, delivery, tmp_path):
    load(real.write_extract(tmp_path / "after.zip", delivery, before=False, codes=CODES))
    with database.loader(autocommit=True) as connection:
        expected = connection.execute(CONTENT).fetchall()
        before = real.write_extract(tmp_path / "before.zip", delivery, before=True, codes=CODES)
        report = load(before)
        assert connection.execute(CONTENT).fetchall() != expected
        report = load(delivery)
        assert connection.execute(CONTENT).fetchall() == expected
        assert report.omschrijving == "BAG-mutaties van 2021-11-13 tot 2021-11-14"
        assert report.objecten["verblijfsobject"].gewijzigd > 5000
        assert report.objecten["verblijfsobject"].niet_geladen["gemeente niet geladen"] > 0
        assert report.geweigerd == 0
        assert [item for item in report.bevindingen if "overgeslagen" in item.reden] == []
        touched = connection.execute(
            "SELECT count(DISTINCT pand) FROM register.kgl_geraakt WHERE levering = %s", [report.levering]
        ).fetchone()
        assert touched == (report.kengetallen["panden geraakt"],)
        assert report.kengetallen["panden geraakt"] > 0

        again = load(delivery)
        assert connection.execute(CONTENT).fetchall() == expected
        assert (again.kengetallen["panden geraakt"], again.geweigerd) == (0, 0)
        assert again.objecten["pand"].gewijzigd == again.objecten["verblijfsobject"].gewijzigd == 0


def test_mutations_of_other_municipalities_are_counted_and_leave_the_register_alone(
    load, database, shared_data, delivery
):
    load(shared_data / "bag_weesp" / "BAGGEM0457L-15102021.zip")
    with database.loader(autocommit=True) as connection:
        before = connection.execute(CONTENT).fetchall()
        report = load(delivery)
        assert connection.execute(CONTENT).fetchall() == before
    # of every wijziging both states are occurrences of the delivery
    assert asdict(report.objecten["verblijfsobject"])["gelezen"] == 5461 + 2 * 5457
    assert report.objecten["verblijfsobject"].niet_geladen == {
        "toestand voor de wijziging": 5457,
        "geldigheid beëindigd": 5457,
        "in dezelfde levering opnieuw gewijzigd": 2,
        "gemeente niet geladen": 5459,
    }
    assert report.objecten["pand"].gelezen == 45 + 2 * 39
    assert [item.reden for item in report.bevindingen if item.soort == "levering"] == [
        "de mutaties van 2021-10-15 tot 2021-11-13 zijn niet geladen"
    ]


def test_mutations_without_a_register_are_refused(load, delivery):
    with pytest.raises(SourceError, match="no building is loaded: load a full extract first"):
        load(delivery)


def test_delivery_is_recognised_by_its_document_and_comes_after_the_extracts(tmp_path, settings, delivery, shared_data):
    settings.home.mkdir(parents=True, exist_ok=True)
    (tmp_path / "a.zip").write_bytes(delivery.read_bytes())
    (tmp_path / "b.zip").write_bytes((shared_data / "bag_weesp" / "BAGGEM0457L-15102021.zip").read_bytes())
    found = recognise.walk(tmp_path, settings)
    assert [(item.path.name, item.title) for item in found.recognised] == [
        ("b.zip", "BAG-extract"),
        ("a.zip", "BAG-mutaties van 2021-11-13 tot 2021-11-14"),
    ]
