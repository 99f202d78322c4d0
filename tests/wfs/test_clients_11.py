"""Old clients over real HTTP: OWSLib, GDAL and QGIS with WFS 1.1.0 read what the database holds."""

import io

import pytest
from lxml import etree
from owslib.wfs import WebFeatureService
from tests.integration.test_clients_qgis import QUIET, qgis
from tests.wfs.test_clients import Served, served, stored  # noqa: F401

GML_ID = "{http://www.opengis.net/gml}id"
FILTER = (
    '<ogc:Filter xmlns:ogc="http://www.opengis.net/ogc"><ogc:PropertyIsGreaterThan><ogc:PropertyName>aantal'
    "</ogc:PropertyName><ogc:Literal>390</ogc:Literal></ogc:PropertyIsGreaterThan></ogc:Filter>"
)


def ids(answer: io.BytesIO) -> list[str]:
    members = etree.fromstring(answer.read()).iterfind("{http://www.opengis.net/gml}featureMember/*")
    return [item.get(GML_ID) for item in members]


def test_owslib_reads_capabilities_schema_box_filter_and_a_limit(served):  # noqa: F811
    atlas = WebFeatureService(served.url, version="1.1.0")
    assert atlas.identification.version == "1.1.0"
    assert {"rev_public:proef", "rev_public:punten"} <= set(atlas.contents)
    proef = atlas.contents["rev_public:proef"]
    assert str(proef.crsOptions[0].getcodeurn()) == "urn:ogc:def:crs:EPSG::28992"
    assert 4.9 < proef.boundingBoxWGS84[0] < 5.5
    schema = atlas.get_schema("rev_public:proef")
    assert schema["geometry"]
    assert schema["properties"]["aantal"]
    assert len(ids(atlas.getfeature(typename="rev_public:proef"))) == 403
    assert len(ids(atlas.getfeature(typename="rev_public:proef", propertyname="*", maxfeatures=3))) == 3
    box = (131005, 481005, 131025, 481015)
    assert len(ids(atlas.getfeature(typename="rev_public:proef", bbox=box))) == 6
    assert len(ids(atlas.getfeature(typename="rev_public:proef", filter=FILTER))) == 10
    features = atlas.getfeature(typename="rev_public:proef", featureid=["proef.NL.PROEF.7"])
    assert ids(features) == ["proef.NL.PROEF.7"]


@pytest.mark.gdal
@pytest.mark.parametrize("layer", ["proef", "punten", "lijnen", "vlakken"])
def test_gdal_reads_a_layer_in_1_1_0_with_its_schema(served, world, layer):  # noqa: F811
    served.asked.clear()
    report = served.ogrinfo(f"rev_public:{layer}", url=f"{served.url}?VERSION=1.1.0")
    count, extent = stored(world, layer)
    assert f"Feature Count: {count}\n" in report
    (found,) = [line for line in report.splitlines() if line.startswith("Extent: ")]
    numbers = found.removeprefix("Extent: ").replace("(", "").replace(")", "").replace(" -", ",").split(",")
    assert [float(text) for text in numbers] == pytest.approx(extent, abs=0.001)
    assert "Geometry Column = geometrie" in report
    assert not [text for text in served.asked if "2.0.0" in text]
    assert not [text for text in served.asked if "STARTINDEX" in text], "1.1.0 has no pages"


@pytest.mark.qgis
def test_qgis_reads_every_object_in_1_1_0_in_three_crs(served, tmp_path):  # noqa: F811
    jobs = [
        {
            "name": srid,
            "provider": "WFS",
            "uri": f"typename='rev_public:proef' srsname='EPSG:{srid}' version='1.1.0' url='{served.url}'",
            "key": None,
        }
        for srid in ("28992", "4326", "3857")
    ]
    served.asked.clear()
    results, messages = qgis(tmp_path, jobs)
    assert [message for message in messages if message["level"] not in QUIET] == []
    for srid, found in results.items():
        assert found["valid"]
        assert found["crs"] == f"EPSG:{srid}"
        assert found["count"] == found["told"] == 403
        assert {"aantal", "naam", "moment"} <= set(found["fields"])
    left, bottom, right, top = results["4326"]["extent"]
    assert 4.9 < left < right < 5.5
    assert 52 < bottom < top < 53
    assert any("VERSION=1.1.0" in text and "GetFeature" in text for text in served.asked)
