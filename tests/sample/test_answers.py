"""The answer key, recomputed from the written files in plain SQL, without the rule engine and without the generator."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import fiona
import pytest
from lxml import etree
from shapely.geometry import shape

from risicoatlas.database import Connection, Database

from . import extract

CODES = ("9901", "9902", "9903")
KEY = (Path(__file__).parent / "key.sql").read_text()


def zip_of(sample: Path, code: str) -> Path:
    return sample / "bag" / f"BAGGEM{code}L-15102026.zip"


@pytest.fixture(scope="module")
def loaded(cluster, sample_dir: Path) -> Iterator[Connection]:
    """The three extracts and the register lists in temporary tables of the real PostGIS."""
    database = Database(lambda task: cluster.conninfo("ra_loader"))
    with database.loader() as connection:
        connection.execute("CREATE TEMP TABLE pand (id text PRIMARY KEY, status text, geom geometry(Geometry, 28992))")
        connection.execute(
            "CREATE TEMP TABLE vbo (id text PRIMARY KEY, status text, m2 int, doelen text[], panden text[], adres text)"
        )
        connection.execute(
            "CREATE TEMP TABLE adres (id text PRIMARY KEY, postcode text, huisnummer int, huisletter text,"
            " toevoeging text)"
        )
        connection.execute(
            "CREATE TEMP TABLE treffer (register text, code text, status text, postcode text, huisnummer int,"
            " huisletter text, toevoeging text, vbo text)"
        )
        connection.execute("CREATE TEMP TABLE topografie (soorten text[], eind date, geom geometry(Polygon, 28992))")
        copy_topography(connection, sample_dir / "brt" / "TOP10NL_9901.gml")
        for code in CODES:
            copy_extract(connection, zip_of(sample_dir, code))
        copy_registers(connection, sample_dir)
        connection.execute("CREATE INDEX ON pand USING gist (geom)")
        connection.execute("ANALYZE pand, vbo, adres")
        yield connection
        connection.rollback()


def copy_extract(connection: Connection, path: Path) -> None:
    cursor = connection.cursor()
    cursor.executemany(
        "INSERT INTO pand VALUES (%s, %s, ST_GeomFromText(%s, 28992))", map(extract.pand, extract.objects(path, "PND"))
    )
    cursor.executemany(
        "INSERT INTO vbo VALUES (%s, %s, %s, %s, %s, %s)", map(extract.verblijfsobject, extract.objects(path, "VBO"))
    )
    cursor.executemany(
        "INSERT INTO adres VALUES (%s, %s, %s, %s, %s)", map(extract.nummeraanduiding, extract.objects(path, "NUM"))
    )


def copy_registers(connection: Connection, sample: Path) -> None:
    codes = {"kvk": "sbi_code", "lrk": "type", "duo": "sector"}
    for register, column in codes.items():
        for row in rows_of(sample / register / f"{register}.csv"):
            connection.execute(
                "INSERT INTO treffer VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [register, row[column], row.get("status"), row["postcode"], int(row["huisnummer"]), row["huisletter"],
                 row["huisnummer_toevoeging"], row.get("bag_verblijfsobject", "")],
            )  # fmt: skip


def copy_topography(connection: Connection, path: Path) -> None:
    root = etree.parse(path).getroot()
    for gebouw in root.iterfind(".//{*}Gebouw"):
        numbers = gebouw.findtext(".//{*}posList", "").split()
        corners = ", ".join(f"{x} {y}" for x, y in zip(numbers[::2], numbers[1::2], strict=True))
        soorten = [item.text for item in gebouw.iterfind("{*}typeGebouw")]
        connection.execute(
            "INSERT INTO topografie VALUES (%s, %s, ST_GeomFromText(%s, 28992))",
            [soorten, gebouw.findtext("{*}objectEindTijd"), f"POLYGON(({corners}))"],
        )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_key_equals_the_decision_table_in_plain_sql(loaded: Connection, sample_dir: Path) -> None:
    computed = {pand: (label, regel) for pand, label, regel in loaded.execute(KEY).fetchall()}
    answers = {row["pand"]: (row["label"], row["regel"]) for row in rows_of(sample_dir / "answers.csv")}
    different = {
        pand: (answers.get(pand), computed.get(pand))
        for pand in answers.keys() | computed.keys()
        if answers.get(pand) != computed.get(pand)
    }
    assert different == {}
    assert {pand[:4] for pand in answers} == set(CODES)


def test_key_has_every_rule_that_can_decide(sample_dir: Path) -> None:
    rules = Counter(row["regel"].removeprefix("basisvulling.") for row in rows_of(sample_dir / "answers.csv"))
    expected = {
        "register.lrk", "register.duo", "register.bedgebied", "woon.1", "woon.2", "woon.3", "woon.5", "bijeenkomst.2",
        "bijeenkomst.3", "bijeenkomst.4", "kantoor.1", "kantoor.2", "industrie.1", "industrie.2", "industrie.3",
        "industrie.4", "industrie.5", "logies.1", "logies.2", "sport.1", "sport.2", "winkel.1", "winkel.2", "winkel.3",
        "onderwijs.3", "gezondheidszorg.2", "cel.1", "overige.1", "onbekend.oppervlakte",
    }  # fmt: skip
    assert set(rules) == expected


def test_geopackage_holds_the_current_objects_of_the_zip(sample_dir: Path) -> None:
    path = zip_of(sample_dir, "9901")
    geopackage = sample_dir / "bag" / "bag_9901_20261015.gpkg"
    panden = {row[0]: row[1:] for row in map(extract.pand, extract.objects(path, "PND"))}
    with fiona.open(geopackage, layer="pand") as layer:
        for feature in layer:
            status, wkt = panden.pop(feature["properties"]["identificatie"].removeprefix("NL.IMBAG.Pand."))
            assert feature["properties"]["status"] == status
            assert wkt.count(",") == sum(map(len, feature["geometry"]["coordinates"])) - 1
    assert panden == {}
    vbos = {row[0]: row[1:] for row in map(extract.verblijfsobject, extract.objects(path, "VBO"))}
    with fiona.open(geopackage, layer="verblijfsobject") as layer:
        for feature in layer:
            row = feature["properties"]
            status, m2, doelen, refs, adres = vbos.pop(row["identificatie"].removeprefix("NL.IMBAG.Verblijfsobject."))
            assert (row["status"], row["oppervlakte"], row["gebruiksdoel"]) == (status, m2, ",".join(doelen))
            assert row["pandRef"] == ",".join(f"NL.IMBAG.Pand.{ref}" for ref in refs)
            assert row["hoofdadresNummeraanduidingRef"] == f"NL.IMBAG.Nummeraanduiding.{adres}"
            assert shape(feature["geometry"]).geom_type == "Point"
    assert vbos == {}
