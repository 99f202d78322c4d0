"""GDAL's WFS driver as a client over real HTTP: the same counts, extents, types and geometries as the database."""

import json
import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

import pytest
from pyproj import Transformer
from tests.conftest import free_port
from tests.wfs.conftest import Client
from werkzeug.serving import make_server

from risicoatlas.access import actor as actors
from risicoatlas.service import Service
from risicoatlas.wfs import service as wfs

pytestmark = pytest.mark.gdal
# GML 3.2 has no type for polygons alone: what a schema can say is MultiSurface and MultiCurve.
TYPES = {"Point": "Point", "MultiLineString": "Multi Curve", "MultiPolygon": "Multi Surface"}


@dataclass(frozen=True)
class Served:
    """A WFS on a port of this machine, and the query strings that reached it."""

    url: str
    asked: list[str]

    def ogrinfo(self, layer: str, *arguments: str, url: str = "") -> str:
        command = ["ogrinfo", "-ro", "-so", *arguments, f"WFS:{url or self.url}", layer]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr, done.stderr
        return done.stdout

    def features(self, layer: str, *arguments: str) -> list[dict]:
        command = ["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", *arguments, f"WFS:{self.url}", layer]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["features"]


@pytest.fixture(scope="module")
def served(world: Service) -> Iterator[Served]:
    port = free_port()
    settings = replace(world.settings, public_url=f"http://127.0.0.1:{port}")
    application = wfs.create(replace(world, settings=settings))
    asked: list[str] = []

    def door(environ, start_response):
        asked.append(environ["QUERY_STRING"])
        actors.bind(actors.ANONYMOUS)
        return application(environ, start_response)

    server = make_server("127.0.0.1", port, door, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(f"http://127.0.0.1:{port}/wfs", asked)
    server.shutdown()
    thread.join()
    server.server_close()


def stored(world: Service, layer: str) -> tuple[int, list[float]]:
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        row = connection.execute(
            f"SELECT count(*), ST_XMin(ST_Extent(geometrie)), ST_YMin(ST_Extent(geometrie)),"
            f" ST_XMax(ST_Extent(geometrie)), ST_YMax(ST_Extent(geometrie))"
            f" FROM publiek.{layer} WHERE publicatie_tot IS NULL"
        ).fetchone()
    return row[0], list(row[1:])


@pytest.mark.parametrize("layer", ["proef", "punten", "lijnen", "vlakken"])
def test_ogrinfo_sees_count_extent_type_and_crs_of_the_database(served, world, layer):
    report = served.ogrinfo(f"rev_public:{layer}")
    count, extent = stored(world, layer)
    assert f"Feature Count: {count}\n" in report
    (found,) = [line for line in report.splitlines() if line.startswith("Extent: ")]
    numbers = [
        float(text)
        for text in found.removeprefix("Extent: ").replace("(", "").replace(")", "").replace(" -", ",").split(",")
    ]
    assert numbers == pytest.approx(extent, abs=0.001)
    assert f"Geometry: {TYPES[world.catalogue.get(layer).geometry_type]}" in report
    assert 'ID["EPSG",28992]]' in report


def test_ogrinfo_reads_the_schema_and_not_a_guess(served):
    served.asked.clear()
    report = served.ogrinfo("rev_public:proef")
    for line in (
        "naam: String", "aantal: Integer64", "maat: Real", "ja: Integer(Boolean)", "dag: Date", "moment: DateTime",
        "Geometry Column = geometrie", "identificatie: String",
    ):  # fmt: skip
        assert line in report
    described = [text for text in served.asked if "DescribeFeatureType" in text]
    assert len(described) == 1, "a schema that GDAL cannot read is asked again for every page"


def test_gdal_reads_every_row_through_small_pages(served):
    features = served.features("rev_public:proef", "--config", "OGR_WFS_PAGE_SIZE", "7")
    assert len({item["properties"]["gml_id"] for item in features}) == len(features) == 403


def test_gdal_pushes_down_a_box_and_a_condition(served):
    served.asked.clear()
    inside = served.features("rev_public:proef", "-spat", "131005", "481005", "131025", "481015")
    assert len(inside) == 6
    large = served.features("rev_public:proef", "-where", "aantal > 390")
    assert len(large) == 10
    filters = [dict(parse_qsl(text)).get("FILTER", "") for text in served.asked]
    assert any("<BBOX>" in text for text in filters)
    assert any("<PropertyIsGreaterThan>" in text for text in filters)


@pytest.mark.parametrize("srs_name", ["urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::3857", "EPSG:4326"])
def test_gdal_puts_another_crs_in_the_right_place(served, world, srs_name):
    report = served.ogrinfo("rev_public:punten", url=f"{served.url}?VERSION=2.0.0&SRSNAME={srs_name}")
    (found,) = [line for line in report.splitlines() if line.startswith("Extent: ")]
    x, y = (float(text.strip("() ")) for text in found.removeprefix("Extent: ").partition(" - ")[0].split(","))
    degrees = Transformer.from_crs(28992, 4258, always_xy=True).transform(155000, 463000.5)
    mercator = Transformer.from_crs(4326, 3857, always_xy=True).transform(*degrees)
    assert (x, y) == pytest.approx(mercator if "3857" in srs_name else degrees, abs=1 if "3857" in srs_name else 1e-5)


def test_gdal_takes_geojson_when_told_to(served):
    url = f"{served.url}?VERSION=2.0.0&OUTPUTFORMAT=application/json"
    assert "Feature Count: 403\n" in served.ogrinfo("rev_public:proef", url=url)


def test_ogrinfo_sees_every_layer_of_the_town_as_the_database_holds_it(server, town, town_service):
    for layer in town_service.visible(actors.ANONYMOUS):
        with town.database.loader() as connection:
            row = connection.execute(
                "SELECT aantal, ST_XMin(omvang), ST_YMin(omvang), ST_XMax(omvang), ST_YMax(omvang)"
                " FROM publiek.laag_stand WHERE laag = %s",
                [layer.name],
            ).fetchone()
        report = Served(f"{server.url}/wfs", []).ogrinfo(
            f"rev_public:{layer.name}", "--config", "OGR_WFS_PAGE_SIZE", "5000"
        )
        assert f"Feature Count: {row[0]}\n" in report, layer.name
        assert row[0], f"{layer.name} is empty"
        (found,) = [line for line in report.splitlines() if line.startswith("Extent: ")]
        numbers = [float(text) for text in re.findall(r"-?\d+\.\d+", found)]
        assert numbers == pytest.approx(list(row[1:]), abs=0.001), layer.name


def test_every_layer_of_the_town_is_valid_against_its_schema(town_service, schemas, ogc):
    client = Client(wfs.create(town_service))
    ogc.assertValid(client.get(request="GetCapabilities").xml)
    for layer in town_service.visible(actors.ANONYMOUS):
        schema = client.get(request="DescribeFeatureType", typeNames=layer.name).body
        schemas.compile(schema).assertValid(client.feature(layer.name).xml)


@pytest.mark.parametrize(
    "path", ["/wfs", "/geoserver/wfs", "/geoserver/rev_public/wfs", "/geoserver/wfs/rev_public", "/geoserver/ows"]
)
def test_the_paths_of_the_real_register_answer_alike(server, path):
    query = "service=WFS&version=2.0.0&request=GetFeature&typeName=rev_public:gemeenten&outputFormat=json"
    with urllib.request.urlopen(f"{server.url}{path}?{query}", timeout=30) as answer:
        found = json.load(answer)
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"]) > 0
