"""Files by GetFeature: CSV, GeoPackage, FlatGeobuf and zipped shapefiles, read back by fiona and by Debian's GDAL."""

import csv
import io
import json
import re
import sqlite3
import subprocess
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import fiona
import pytest
import shapely
import yaml
from psycopg import sql
from shapely.geometry import shape
from tests.wfs.conftest import Client
from tests.world import GEMEENTE, HOSTILE

from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.errors import ConfigError
from risicoatlas.features import csv_text, file_settings, files, shapefile
from risicoatlas.features.plan import plan_query
from risicoatlas.features.query import Reading
from risicoatlas.features.request import FeatureRequest
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT

FILE_SETTINGS = file_settings.read(CHECKOUT / "config")
MEDIA_TYPES = {
    "gpkg": "application/geopackage+sqlite3",
    "fgb": "application/flatgeobuf",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8; header=present",
}
NAMES = {
    "csv": ["csv", "text/csv", "CSV"],
    "gpkg": ["application/geopackage+sqlite3", "geopackage", "gpkg", "GPKG"],
    "fgb": ["application/flatgeobuf", "flatgeobuf", "fgb", "FlatGeobuf"],
    "zip": ["SHAPE-ZIP", "shape-zip", "shapezip", "application/zip"],
}
FIONA = ("gpkg", "fgb", "zip")


@pytest.fixture(scope="module")
def saved(client: Client, tmp_path_factory: pytest.TempPathFactory):
    """Ask for a file and save it: path, by suffix and parameters."""

    def save(suffix: str, type_name: str = "proef", by: Client = client, **parameters: object) -> Path:
        reply = by.feature(type_name, outputFormat=NAMES[suffix][0], **parameters)
        assert reply.status == 200, reply.body
        assert reply.headers["Content-Type"] == MEDIA_TYPES[suffix]
        assert reply.headers["Content-Disposition"] == f'attachment; filename="{type_name}.{suffix}"'
        path = tmp_path_factory.mktemp("saved") / f"{type_name}.{suffix}"
        path.write_bytes(reply.body)
        return path

    return save


def features(path: Path) -> list:
    with fiona.open(f"zip://{path}" if path.suffix == ".zip" else path) as found:
        return list(found)


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))


def hits(client: Client, **parameters: object) -> int:
    reply = client.feature(resultType="hits", **parameters)
    return int(reply.xml.get("numberMatched"))


@pytest.mark.parametrize("suffix", NAMES)
def test_every_name_of_a_format_gives_it(client, suffix):
    for name in NAMES[suffix]:
        reply = client.feature(outputFormat=name, count=1)
        assert (reply.status, reply.headers["Content-Type"]) == (200, MEDIA_TYPES[suffix]), name
    unescaped = client.query(
        f"service=WFS&request=GetFeature&version=2.0.0&typeNames=proef&outputFormat={NAMES[suffix][0]}"
    )
    assert unescaped.status == 200


def test_capabilities_list_every_format(client):
    listed = client.get(request="GetCapabilities").texts(
        ".//ows:Operation[@name='GetFeature']/ows:Parameter[@name='outputFormat']//ows:Value"
    )
    assert {names[0] for names in NAMES.values()} <= set(listed)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"cql_filter": "soort = 'a' AND aantal < 100"},
        {"bbox": "131000,481000,131055,481055"},
        {"cql_filter": "naam = 'er is niets'"},
        {"count": 7, "startIndex": 398, "sortBy": "aantal DESC"},
        {"propertyName": "naam,maat"},
        {"srsName": "urn:ogc:def:crs:EPSG::4326", "propertyName": "geometrie", "count": 3},
    ],
    ids=["all", "filter", "bbox", "nothing", "page", "no-geometry", "degrees"],
)
def test_every_format_holds_the_same_features(client, saved, parameters):
    reply = json.loads(client.feature(outputFormat="json", **parameters).body)
    keys = [item["properties"]["identificatie"] for item in reply["features"]]
    if "count" not in parameters:
        assert len(keys) == hits(
            client, **{name: value for name, value in parameters.items() if name != "propertyName"}
        )
    assert [row["identificatie"] for row in rows(saved("csv", **parameters).read_bytes())] == keys
    geometries = [item["geometry"] and shape(item["geometry"]).normalize() for item in reply["features"]]
    for suffix in FIONA:
        found = features(saved(suffix, **parameters))
        ordered = (
            found if suffix != "fgb" else sorted(found, key=lambda item: keys.index(item.properties["identificatie"]))
        )
        name = "identifica" if suffix == "zip" else "identificatie"
        assert [item.properties[name] for item in ordered] == keys, suffix
        for item, wanted in zip(ordered, geometries, strict=True):
            assert (item.geometry is None) == (wanted is None), suffix
            assert wanted is None or same(shape(item.geometry), wanted), suffix


def same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    """Alike but for the noise of the last decimals; a shapefile does not tell one part from several."""
    pair = [shapely.multipolygons(shapely.get_parts(geometry)).normalize() for geometry in (one, other)]
    return bool(shapely.equals_exact(*pair, 1e-7))


# --- CSV


def test_csv_keeps_every_character_and_tells_empty_from_absent(client):
    body = client.feature(outputFormat="csv", cql_filter="aantal IS NULL").body
    assert body.endswith(b"\r\n")
    assert not body.startswith(b"\xef\xbb\xbf")
    found = {row["identificatie"]: row for row in rows(body)}
    assert found["NL.PROEF.gm0001.0001"]["naam"] == HOSTILE
    lines = body.decode().split("\r\n")
    assert next(line for line in lines if line.startswith("NL.PROEF.leeg")).startswith("NL.PROEF.leeg,,")
    assert next(line for line in lines if line.startswith("NL.PROEF.oneindig")).startswith('NL.PROEF.oneindig,"",')
    assert found["NL.PROEF.oneindig"]["maat"] == ""


def test_csv_writes_each_type_and_wkt_as_documented(client):
    (row,) = rows(client.feature(outputFormat="csv", resourceId="proef.NL.PROEF.2").body)
    assert (row["aantal"], row["maat"], row["ja"], row["dag"]) == ("2", "0.5", "true", "2024-01-03")
    assert row["moment"] == "2024-01-03T12:00:00+01:00"
    assert row["geometrie"].startswith("MULTIPOLYGON(((131010 481000,")
    for srs_name, first in (("EPSG:4326", 5), ("urn:ogc:def:crs:EPSG::4326", 52)):
        reply = client.feature(outputFormat="csv", resourceId="proef.NL.PROEF.2", srsName=srs_name)
        (row,) = rows(reply.body)
        assert int(shapely.from_wkt(row["geometrie"]).bounds[0]) == first
        assert reply.headers["Content-Crs"].endswith("4326>" if first == 52 else "CRS84>")


FORMULAS = {
    "=1+1": "'=1+1", "+31": "'+31", "-": "'-", "@a": "'@a", "\tx": "'\tx", "\rx": "'\rx", "'=1": "''=1", "''-": "'''-",
    "'s-Gravenhage": "'s-Gravenhage", "a=1": "a=1", "": "",
}  # fmt: skip


@pytest.mark.parametrize(("value", "written"), FORMULAS.items())
def test_no_text_in_csv_is_a_formula_and_one_apostrophe_less_gives_it_back(world, value, written):
    cell = sql.SQL(csv_text._QUOTED).format(sql.SQL(csv_text._SAFE).format(sql.Identifier("r", "v")))
    with world.pool.connection() as connection:
        statement = sql.SQL("SELECT 'x,' || {} FROM (VALUES (%s)) AS r (v)").format(cell)
        (line,) = connection.execute(statement, [value]).fetchone()
    ((_, read),) = csv.reader(io.StringIO(line + "\r\n", newline=""))
    assert read == written
    assert value in {written, written[1:]}


def test_csv_without_a_feature_is_the_line_of_names_and_says_how_many_were_tested(client):
    reply = client.feature(outputFormat="csv", propertyName="naam,geometrie", cql_filter="naam = 'er is niets'")
    assert reply.body == b"identificatie,naam,geometrie\r\n"
    assert reply.headers["X-Objects-Tested"] == "403"


# --- what GDAL reads


def ogrinfo(path: Path) -> str:
    name = f"/vsizip/{path}" if path.suffix == ".zip" else str(path)
    return subprocess.run(["ogrinfo", "-ro", "-al", "-so", name], check=True, capture_output=True, text=True).stdout


@pytest.mark.gdal
def test_gdal_reads_types_count_and_extent_of_each_format(saved):
    types = {
        "gpkg": ("Integer64", "Integer(Boolean)", "Date", "DateTime", "Real"),
        "fgb": ("Integer64", "Integer(Boolean)", "String", "DateTime", "Real"),
        "zip": ("Integer64", "Integer", "Date", "String", "Real"),
    }
    for suffix, wanted in types.items():
        told = ogrinfo(saved(suffix))
        assert "Feature Count: 403" in told
        assert "Extent: (131000.000000, 470000.000000) - (150010.000000, 481200.000000)" in told
        assert 'ID["EPSG",28992]' in told
        for name, kind in zip(("aantal", "ja", "dag", "moment", "maat"), wanted, strict=True):
            # GDAL 3.10 shows no width of some types
            assert re.search(rf"^{name}: {re.escape(kind)}( \(|$)", told, re.MULTILINE), (suffix, name)


@pytest.mark.gdal
def test_a_file_without_features_has_its_columns_and_crs(saved):
    for suffix in FIONA:
        told = ogrinfo(saved(suffix, cql_filter="naam = 'er is niets'"))
        assert "Feature Count: 0" in told
        assert "moment: " in told
        assert 'ID["EPSG",28992]' in told


def test_a_geopackage_has_key_title_utc_times_and_longitude_first(saved):
    path = saved("gpkg", srsName="urn:ogc:def:crs:EPSG::4326")
    database = sqlite3.connect(path)
    (contents,) = database.execute("SELECT table_name, identifier, description, srs_id FROM gpkg_contents")
    (key,) = [row[1] for row in database.execute("PRAGMA table_info(proef)") if row[5]]
    whole = database.execute("PRAGMA integrity_check").fetchone()
    (moment,) = database.execute("SELECT moment FROM proef WHERE identificatie = 'NL.PROEF.2'").fetchone()
    database.close()
    assert contents == ("proef", "Proeflaag <1>", "Alles van elk type & meer.", 4326)
    assert (key, whole, moment) == ("fid", ("ok",), "2024-01-03T11:00:00.000Z")
    with fiona.open(path) as found:
        assert (int(found.bounds[0]), int(found.bounds[3])) == (5, 52)


def test_a_column_named_fid_is_no_hindrance(world, tmp_path):
    plan = plan_query(FeatureRequest("proef", fields=("naam", "aantal")), ANONYMOUS, world)
    fields = (plan.layer.by_name["naam"], replace(plan.layer.by_name["aantal"], name="fid"))
    plan = replace(plan, layer=replace(plan.layer, fields=fields), fields=fields)
    records = [{"type": "Feature", "properties": {"naam": "x", "fid": 7}, "geometry": None}]
    written = files.write(files.GEOPACKAGE, plan, lambda: records, tmp_path, FILE_SETTINGS)
    assert [dict(item.properties) for item in features(written.path)] == [{"naam": "x", "fid": 7}]


def test_every_geometry_type_is_written(saved):
    for name, kind in (("punten", "Point"), ("lijnen", "MultiLineString"), ("vlakken", "MultiPolygon")):
        for suffix in ("gpkg", "fgb"):
            with fiona.open(saved(suffix, name)) as found:
                assert (found.schema["geometry"], len(found)) == (kind, 2)
        assert len(features(saved("zip", name))) == 2


# --- shapefiles (rev-users T-12, T-18, T-36)


def test_a_shapefile_explains_its_columns_and_counts_what_it_cut(world, tmp_path):
    plan = plan_query(FeatureRequest("proef"), ANONYMOUS, world)
    empty = {item.name: None for item in plan.fields}
    texts = ("é" * 200, "kort")
    made = [{"type": "Feature", "properties": {**empty, "naam": text}, "geometry": None} for text in texts]
    written = files.write(files.SHAPEFILE, plan, lambda: made, tmp_path, FILE_SETTINGS)
    with zipfile.ZipFile(written.path) as archive:
        assert archive.read("proef.cpg").strip() == b"UTF-8"
        columns = {row["kolom"]: row for row in rows(archive.read("kolommen.csv"))}
        assert ": 1 " in archive.read("LEESMIJ.txt").decode()
    assert (columns["naam"]["ingekort"], columns["soort"]["ingekort"]) == ("1", "0")
    assert columns["tijdstip_registratie"]["kort"] == "tijdst_reg"
    assert columns["identificatie"]["titel_en"] == "Identifier"
    assert [item.properties["naam"] for item in features(written.path)] == ["é" * 127, "kort"]


def test_short_names_of_every_layer_are_readable_unique_and_at_most_ten_long(catalogue):
    for layer in catalogue:
        found = shapefile.short_names(layer.by_name, FILE_SETTINGS.short_names)
        assert len({name.lower() for name in found.values()}) == len(layer.fields)
        assert all(len(short) <= 10 and short.isidentifier() for short in found.values())
        assert all(name == short for name, short in found.items() if len(name) <= 10)
        unnamed = [name for name in found if len(name) > 10 and name not in FILE_SETTINGS.short_names]
        assert not unnamed, f"config/bestanden.yaml has no short name for {unnamed}"


def test_a_name_that_is_not_listed_loses_letters_of_its_longest_word_and_stays_unique():
    found = shapefile.short_names(["datum_vergunning", "datum_vergunningen", "a_b_c_d_e_f_g", "kort"], {})
    assert list(found.values()) == ["datu_vergu", "datu_verg2", "abcdefg", "kort"]


# --- access, refusals, bounds


def test_a_file_of_a_restricted_layer_holds_the_own_rows_only(client, saved):
    own = replace(client, actor=GEMEENTE)
    for suffix in FIONA:
        found = features(saved(suffix, "geheim", own))
        column = "gemeenteco" if suffix == "zip" else "gemeentecode"
        assert ({item.properties[column] for item in found}, len(found)) == ({"44021"}, 10)
    assert len(rows(saved("csv", "geheim", own).read_bytes())) == 10
    for names in NAMES.values():
        hidden = client.feature("geheim", outputFormat=names[0])
        absent = client.feature("nergens", outputFormat=names[0])
        assert hidden.status == absent.status == 400
        assert hidden.body.replace(b"geheim", b"nergens") == absent.body


@pytest.mark.parametrize("suffix", NAMES)
def test_what_is_wrong_is_told_before_the_first_byte(client, suffix):
    name = NAMES[suffix][0]
    client.feature(outputFormat=name, cql_filter="nergens = 1").refused("InvalidParameterValue", "cql_filter")
    client.feature(outputFormat=name, srsName="EPSG:99999").refused("InvalidParameterValue", "srsName")
    two = client.get(request="GetFeature", version="2.0.0", typeNames="(proef)(vlakken)", outputFormat=name)
    assert "one feature type" in two.refused("InvalidParameterValue", "outputFormat")


@pytest.mark.parametrize("suffix", NAMES)
def test_a_feature_by_id_comes_in_each_format_and_one_that_is_not_there_is_404(client, suffix):
    def by_id(identifier: str):
        query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
        return client.get(
            request="GetFeature", version="2.0.0", storedQuery_Id=query, id=identifier, outputFormat=NAMES[suffix][0]
        )

    assert (by_id("proef.NL.PROEF.2").status, by_id("proef.nergens").status) == (200, 404)


@pytest.mark.parametrize("suffix", NAMES)
def test_a_file_is_validated_and_holds_no_changes(client, suffix):
    name = NAMES[suffix][1]
    whole = client.feature(outputFormat=name, count=3)
    assert whole.headers["X-Publication"] == "1"
    again = client._call(
        {
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": f"service=WFS&version=2.0.0&request=GetFeature&typeNames=proef&count=3&outputFormat={name}",
            "HTTP_IF_NONE_MATCH": whole.headers["ETag"],
        }
    )
    assert (again.status, again.body) == (304, b"")
    changes = client.feature(outputFormat=name, gewijzigd_sinds=0)
    assert "changes are given as" in changes.refused("InvalidParameterValue", "gewijzigd_sinds")


def test_hits_in_a_file_format_are_the_number_in_xml(client):
    for names in NAMES.values():
        assert hits(client, outputFormat=names[0]) == 403


def test_who_comes_when_all_places_are_taken_gets_503_and_when_to_come_back(client, monkeypatch):
    bounds = replace(FILE_SETTINGS, at_once=1, wait_s=1)
    monkeypatch.setattr(file_settings, "read", lambda config: bounds)
    with files._slot(bounds):
        reply = client.feature(outputFormat="gpkg")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert client.feature(outputFormat="gpkg").status == 200


@pytest.mark.parametrize(("bound", "what"), [({"duration_s": -1}, "-1 s"), ({"size_mb": 0}, "0 MB")])
def test_a_file_that_passes_a_bound_is_refused_with_the_address_of_the_whole(client, world, monkeypatch, bound, what):
    monkeypatch.setattr(file_settings, "read", lambda config: replace(FILE_SETTINGS, **bound))
    monkeypatch.setattr(files, "_CHECK_EACH", 100)
    text = client.feature(outputFormat="gpkg").refused("InvalidParameterValue", "count")
    assert what in text
    assert "/bestanden/" in text
    assert left(world) == []


def left(service: Service) -> list[Path]:
    return list((service.settings.home / "tijdelijk").iterdir())


def test_no_file_is_left_on_the_disk_when_the_client_goes_away(world):
    plan = plan_query(FeatureRequest("proef"), ANONYMOUS, world)
    with Reading(plan, world) as reading:
        spool = files.build(files.GEOPACKAGE, reading, world)
    assert left(world) == []
    assert next(iter(spool)).startswith(b"SQLite format 3")
    spool.close()
    assert spool.file.closed


def lent(service: Service) -> int:
    """Connections that somebody holds. The pool grows and shrinks, and one being made counts until it is there."""
    return min(_lent_now(service) for _ in range(40) if not time.sleep(0.05))


def _lent_now(service: Service) -> int:
    stats = service.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


def test_an_error_of_the_database_halfway_is_a_report_and_gives_the_connection_back(client, world, monkeypatch):
    monkeypatch.setattr(files, "row", lambda plan: sql.SQL("(1 / (r.volgnummer - 300))::text"))
    before = lent(world)
    reply = client.feature(outputFormat="gpkg")
    assert reply.status == 500
    assert b"could not answer" in reply.body
    assert lent(world) <= before
    assert left(world) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"publications": 0}, "publications: expected a whole number"),
        ({"shapefile": {"a": "elf_letters"}}, "shapefile: a: 'elf_letters' is not a name of at most 10"),
        ({"shapefile": {"a": "x", "b": "X"}}, "shapefile: b and a both become X"),
        ({"other": 1}, "expected the keys"),
    ],
)
def test_settings_that_cannot_be_used_stop_the_start_with_the_file(tmp_path, change, message):
    data = yaml.safe_load((CHECKOUT / "config" / "bestanden.yaml").read_text())
    (tmp_path / "bestanden.yaml").write_text(yaml.safe_dump({**data, **change}))
    with pytest.raises(ConfigError, match=r"bestanden.yaml:1: ") as caught:
        file_settings.read(tmp_path)
    assert message in str(caught.value)


def test_the_shipped_settings_are_the_defaults():
    assert replace(FILE_SETTINGS, short_names={}) == file_settings.FileSettings()
