"""WFS 1.1.0 (OGC 04-094) for old clients: negotiation, documents, GML 3.1.1, encodings and axis order."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import pytest
from lxml import etree
from pyproj import Transformer
from tests.wfs.conftest import Client, Reply

from risicoatlas.wfs.v11.formats import GML311_NAMES

NS = {
    "wfs": "http://www.opengis.net/wfs",
    "ows": "http://www.opengis.net/ows",
    "ogc": "http://www.opengis.net/ogc",
    "gml": "http://www.opengis.net/gml",
    "p": "urn:x-risicoatlas:rev_public",
}
HEAD = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
GML_ID = f"{{{NS['gml']}}}id"
GML_SCHEMA = "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd"
TOTAL = 403
RD, DEGREES = "urn:ogc:def:crs:EPSG::28992", "urn:ogc:def:crs:EPSG::4326"


@dataclass(frozen=True)
class Old:
    """A client that speaks 1.1.0."""

    client: Client

    def feature(self, name: str = "proef", **parameters: object) -> Reply:
        return self.client.get(request="GetFeature", version="1.1.0", typeName=name, **parameters)

    def post(self, query: str, attributes: str = "") -> Reply:
        return self.client.post(
            f'<wfs:GetFeature {HEAD} service="WFS" version="1.1.0" {attributes}>{query}</wfs:GetFeature>'
        )


@pytest.fixture(scope="session")
def old(client: Client) -> Old:
    return Old(client)


def ids(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return [item.get(GML_ID) for member in reply.xml.findall("gml:featureMember", NS) for item in member]


def refused(reply: Reply, code: str, locator: str) -> str:
    """Asserts a report of OWS Common 1.0, as WFS 1.1.0 wants it; gives its text."""
    assert reply.status == 400, reply.body
    assert reply.xml.tag == f"{{{NS['ows']}}}ExceptionReport"
    assert reply.xml.get("version") == "1.0.0"
    found = reply.xml.find("ows:Exception", NS)
    assert (found.get("exceptionCode"), found.get("locator")) == (code, locator), reply.body
    return found.findtext("ows:ExceptionText", "", NS)


# The schemas of the time: GML 3.1.1, OWS 1.0 and Filter 1.1 come with pycsw. That of WFS 1.1.0 itself lies nowhere on
# PyPI: its one element that holds features is written out here (wfs.xsd, FeatureCollectionType).
COLLECTION = f"""<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:gml="{NS["gml"]}"
  targetNamespace="{NS["wfs"]}" xmlns:wfs="{NS["wfs"]}" elementFormDefault="qualified">
  <xsd:import namespace="{NS["gml"]}" schemaLocation="{GML_SCHEMA}"/>
  <xsd:element name="FeatureCollection" substitutionGroup="gml:_FeatureCollection"><xsd:complexType><xsd:complexContent>
    <xsd:extension base="gml:AbstractFeatureCollectionType">
      <xsd:attribute name="lockId" type="xsd:string"/><xsd:attribute name="timeStamp" type="xsd:dateTime"/>
      <xsd:attribute name="numberOfFeatures" type="xsd:nonNegativeInteger"/>
    </xsd:extension></xsd:complexContent></xsd:complexType></xsd:element></xsd:schema>"""


class Offline(etree.Resolver):
    FOLDER = Path(*find_spec("pycsw").submodule_search_locations) / "core" / "schemas"
    FILES: ClassVar = {
        "http://schemas.opengis.net/ows/1.0.0/owsAll.xsd": "ogc/ows/1.0.0/owsAll.xsd",
        "http://schemas.opengis.net/filter/1.1.0/filter.xsd": "ogc/filter/1.1.0/filter.xsd",
    }

    def __init__(self, own: dict[str, bytes]) -> None:
        super().__init__()
        self.own = own

    def _gml(self) -> bytes:
        """gml.xsd without its animated styles: libxml2 cannot read the circle of schemas of SMIL behind them."""
        places = (self.FOLDER / "ogc/gml/3.1.1/base" / name for name in ("feature.xsd", "geometryAggregates.xsd"))
        lines = "".join(f'<xsd:include schemaLocation="{place}"/>' for place in places)
        declared = f'xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="{NS["gml"]}"'
        return f"<xsd:schema {declared}>{lines}</xsd:schema>".encode()

    def resolve(self, system_url: str, public_id: object, context: object) -> object:
        if system_url == GML_SCHEMA:
            return self.resolve_string(self._gml(), context)
        if system_url in self.own:
            return self.resolve_string(self.own[system_url], context)
        return (
            self.resolve_filename(str(self.FOLDER / self.FILES[system_url]), context)
            if (system_url in self.FILES)
            else None
        )


@cache
def compiled(**own: bytes) -> etree.XMLSchema:
    """GML, OWS, Filter and the named schemas of our own, each by its target namespace."""
    documents = {f"own:{name}": text for name, text in own.items()}
    places = [(etree.fromstring(text).get("targetNamespace"), place) for place, text in documents.items()]
    places += [(NS["gml"], GML_SCHEMA)]
    places += [(NS["ows"], "http://schemas.opengis.net/ows/1.0.0/owsAll.xsd")]
    places += [(NS["ogc"], "http://schemas.opengis.net/filter/1.1.0/filter.xsd")]
    lines = "".join(f'<xsd:import namespace="{uri}" schemaLocation="{place}"/>' for uri, place in places)
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Offline(documents))
    root = f'<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">{lines}</xsd:schema>'
    return etree.XMLSchema(etree.fromstring(root, parser))


# Negotiation


@pytest.mark.parametrize(
    ("parameters", "version"),
    [
        ({"acceptVersions": "2.0.0,1.1.0,1.0.0"}, "2.0.0"),
        ({"acceptVersions": "1.1.0,1.0.0"}, "1.1.0"),
        ({"acceptVersions": "1.0.0,1.1.0,2.0.0"}, "1.1.0"),
        ({"version": "1.1.0"}, "1.1.0"),
        ({"version": "1.0.0"}, "1.1.0"),
        ({"version": "2.0.0"}, "2.0.0"),
        ({}, "2.0.0"),
    ],
)
def test_negotiation_ends_in_a_version_on_offer(client, parameters, version):
    reply = client.get(request="GetCapabilities", **parameters)
    assert (reply.status, reply.xml.get("version")) == (200, version)
    assert reply.xml.tag.startswith(f"{{{NS['wfs']}}}" if version == "1.1.0" else "{http://www.opengis.net/wfs/2.0}")


def test_an_xml_request_negotiates_alike(client):
    for namespace, ows in (
        (NS["wfs"], NS["ows"]),
        ("http://www.opengis.net/wfs/2.0", "http://www.opengis.net/ows/1.1"),
    ):
        for accepted, version in (("1.1.0", "1.1.0"), ("2.0.0", "2.0.0")):
            inner = f'<AcceptVersions xmlns="{ows}"><Version>{accepted}</Version></AcceptVersions>'
            body = f'<GetCapabilities xmlns="{namespace}" service="WFS">{inner}</GetCapabilities>'
            assert client.post(body).xml.get("version") == version
    assert client.post(f'<GetCapabilities xmlns="{NS["wfs"]}" service="WFS"/>').xml.get("version") == "1.1.0"
    assert client.post(f'<GetCapabilities xmlns="{NS["wfs"]}" service="WFS" version="1.0.0"/>').status == 200


def test_a_request_of_1_0_0_is_told_which_versions_there_are(client):
    body = f'<GetFeature xmlns="{NS["wfs"]}" service="WFS" version="1.0.0"><Query typeName="proef"/></GetFeature>'
    text = client.post(body).refused("VersionNegotiationFailed", "version")
    assert "2.0.0" in text
    assert "1.1.0" in text
    get = client.get(request="GetFeature", version="1.0.0", typeName="proef")
    get.refused("VersionNegotiationFailed", "version")


# Documents


def test_the_parts_of_the_capabilities_are_valid_and_promise_no_paging(client, world):
    reply = client.get(request="GetCapabilities", version="1.1.0")
    schema = compiled()
    for part in (
        "ows:ServiceIdentification",
        "ows:ServiceProvider",
        "ows:OperationsMetadata",
        "ogc:Filter_Capabilities",
    ):
        schema.assertValid(etree.ElementTree(reply.xml.find(part, NS)))
    assert reply.xml.xpath("//ows:Operation/@name", namespaces=NS) == [
        "GetCapabilities", "DescribeFeatureType", "GetFeature"
    ]  # fmt: skip
    assert b"Paging" not in reply.body
    assert b"DefaultMaxFeatures" not in reply.body, "nothing is cut"
    names = [item.text for item in reply.xml.findall("wfs:FeatureTypeList/wfs:FeatureType/wfs:Name", NS)]
    assert names == [
        item.text for item in client.get(request="GetCapabilities").find("wfs:FeatureTypeList/wfs:FeatureType/wfs:Name")
    ]
    assert "geheim" not in reply.body.decode()


def test_sections_and_update_sequence_work_as_in_2_0(client):
    reply = client.get(request="GetCapabilities", version="1.1.0", sections="FeatureTypeList")
    assert [etree.QName(item).localname for item in reply.xml] == ["FeatureTypeList"]
    sequence = reply.xml.get("updateSequence")
    assert len(client.get(request="GetCapabilities", version="1.1.0", updateSequence=sequence).xml) == 0


@pytest.mark.parametrize("name", ["proef", "punten", "lijnen", "vlakken"])
def test_a_collection_is_valid_gml_3_1_1_against_its_own_schema(client, old, name):
    schema = client.get(request="DescribeFeatureType", version="1.1.0", typeName=name)
    assert schema.headers["Content-Type"] == "text/xml; subtype=gml/3.1.1"
    valid = compiled(wfs=COLLECTION.encode(), application=schema.body)
    for srs_name in (None, DEGREES):
        reply = old.feature(name, srsName=srs_name)
        valid.assertValid(reply.xml)
        assert reply.xml.get("numberOfFeatures") == str(len(ids(reply)))
    empty = old.feature(name, featureId=f"{name}.nope")
    valid.assertValid(empty.xml)
    assert empty.xml.get("numberOfFeatures") == "0"


def test_the_schema_location_is_that_of_1_1_0(client, old):
    location = old.feature(maxFeatures=1).xml.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    places = dict(zip(location[::2], location[1::2], strict=True))
    assert places[NS["wfs"]] == "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd"
    described = client.query(places[NS["p"]].partition("?")[2])
    assert described.body == client.get(request="DescribeFeatureType", version="1.1.0", typeName="proef").body
    assert b"gml:_Feature" in described.body


# GetFeature


def test_without_max_features_the_whole_layer_comes(old):
    reply = old.feature()
    assert len(ids(reply)) == len(set(ids(reply))) == TOTAL
    assert reply.xml.get("numberOfFeatures") == str(TOTAL)


def test_hits_are_a_number_and_no_features(old):
    reply = old.feature(resultType="hits")
    assert (reply.xml.get("numberOfFeatures"), len(reply.xml)) == (str(TOTAL), 0)
    filtered = old.feature(resultType="hits", maxFeatures=3, bbox="131005,481005,131025,481015")
    assert filtered.xml.get("numberOfFeatures") == "6"


FILTER = (
    f'<ogc:Filter xmlns:ogc="{NS["ogc"]}" xmlns:gml="{NS["gml"]}"><ogc:And><ogc:PropertyIsGreaterThan>'
    "<ogc:PropertyName>rev_public:aantal</ogc:PropertyName><ogc:Literal>1</ogc:Literal></ogc:PropertyIsGreaterThan>"
    "<ogc:BBOX><ogc:PropertyName>geometrie</ogc:PropertyName><gml:Envelope><gml:lowerCorner>131005 481005"
    "</gml:lowerCorner><gml:upperCorner>131025 481015</gml:upperCorner></gml:Envelope></ogc:BBOX></ogc:And>"
    "</ogc:Filter>"
)
SORTED = (
    "<ogc:SortBy><ogc:SortProperty><ogc:PropertyName>p:aantal</ogc:PropertyName><ogc:SortOrder>DESC</ogc:SortOrder>"
    "</ogc:SortProperty></ogc:SortBy>"
)
PAIRS = {
    "everything": ({}, "", '<wfs:Query typeName="p:proef"/>'),
    "limit": ({"maxFeatures": 4}, 'maxFeatures="4"', '<wfs:Query typeName="p:proef"/>'),
    "filter and order": (
        {"filter": FILTER, "sortBy": "aantal D"},
        "",
        f'<wfs:Query typeName="p:proef">{FILTER}{SORTED}</wfs:Query>',
    ),
    "properties": (
        {"propertyName": "naam", "maxFeatures": 2},
        'maxFeatures="2"',
        '<wfs:Query typeName="p:proef"><wfs:PropertyName>p:naam</wfs:PropertyName></wfs:Query>',
    ),
    "ids": (
        {"featureId": "proef.NL.PROEF.7,proef.NL.PROEF.2"},
        "",
        '<wfs:Query typeName="p:proef"><ogc:Filter><ogc:FeatureId fid="proef.NL.PROEF.7"/>'
        '<ogc:GmlObjectId gml:id="proef.NL.PROEF.2"/></ogc:Filter></wfs:Query>',
    ),
    "hits": ({"resultType": "hits"}, 'resultType="hits"', '<wfs:Query typeName="p:proef"/>'),
    "degrees": (
        {"srsName": DEGREES, "maxFeatures": 1},
        'maxFeatures="1"',
        f'<wfs:Query typeName="p:proef" srsName="{DEGREES}"/>',
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_get_and_post_give_the_same(old, name):
    parameters, attributes, query = PAIRS[name]
    get, post = old.feature(**parameters), old.post(query, attributes)
    for reply in (get, post):
        assert reply.status == 200, reply.body
        reply.headers.clear()
    left, right = get.xml, post.xml
    left.attrib.pop("timeStamp"), right.attrib.pop("timeStamp")
    assert etree.tostring(left, method="c14n") == etree.tostring(right, method="c14n")
    if name == "filter and order":
        assert ids(get) == [f"proef.NL.PROEF.{n}" for n in (23, 22, 21, 3, 2)]


def test_several_types_come_in_one_collection(old, client):
    assert ids(old.feature("punten,proef", maxFeatures=3))[0] == "punten.NL.1"
    reply = old.post('<wfs:Query typeName="p:punten"/><wfs:Query typeName="p:proef"/>', 'maxFeatures="5"')
    assert len(ids(reply)) == 5
    assert reply.xml.get("numberOfFeatures") == "5"
    by_id = client.get(request="GetFeature", version="1.1.0", featureId="punten.NL.1,proef.NL.PROEF.1")
    assert ids(by_id) == ["punten.NL.1", "proef.NL.PROEF.1"]


def test_a_start_index_is_taken_although_1_1_0_has_none(old):
    assert ids(old.feature(startIndex=5, maxFeatures=2)) == ["proef.NL.PROEF.6", "proef.NL.PROEF.7"]


@pytest.mark.parametrize("name", GML311_NAMES)
def test_gml_3_1_1_answers_to_all_its_names(old, name):
    reply = old.feature(outputFormat=name, maxFeatures=1)
    assert reply.headers["Content-Type"] == "text/xml; subtype=gml/3.1.1"
    assert ids(reply) == ["proef.NL.PROEF.1"]


def test_geojson_is_offered_too_and_gml_3_2_is_not(old):
    features = json.loads(old.feature(outputFormat="application/json", maxFeatures=2).body)["features"]
    assert [item["id"] for item in features] == ["proef.NL.PROEF.1", "proef.NL.PROEF.2"]
    refused(old.feature(outputFormat="application/gml+xml; version=3.2"), "InvalidParameterValue", "outputFormat")


@pytest.mark.parametrize(
    ("notation", "latitude_first"),
    [(DEGREES, True), ("urn:x-ogc:def:crs:EPSG:6.11.2:4326", True), ("EPSG:4326", False),
     ("http://www.opengis.net/gml/srs/epsg.xml#4258", False)],
)  # fmt: skip
def test_the_notation_decides_the_axis_order(old, notation, latitude_first):
    (point, *_) = old.feature("punten", srsName=notation).xml.findall(".//gml:Point", NS)
    assert point.get("srsName") == notation
    found = tuple(map(float, point.findtext("gml:pos", "", NS).split()))
    longitude, latitude = Transformer.from_crs(28992, 4258, always_xy=True).transform(155000, 463000.5)
    assert found == pytest.approx((latitude, longitude) if latitude_first else (longitude, latitude), abs=1e-5)
    box = (found[0] - 1e-4, found[1] - 1e-4, found[0] + 1e-4, found[1] + 1e-4)
    assert len(ids(old.feature("punten", bbox=",".join([*map(str, box), notation])))) == 2


def test_a_box_without_crs_is_in_that_of_the_layer_and_degrees_are_refused(old):
    assert len(ids(old.feature(bbox="131005,481005,131025,481015"))) == 6
    refused(old.feature(bbox="5.0,52.0,5.1,52.1"), "InvalidParameterValue", "bbox")


# Refusals


@pytest.mark.parametrize(
    ("parameters", "code", "locator"),
    [
        ({"typeName": "nope"}, "InvalidParameterValue", "typeName"),
        ({"typeName": "geheim"}, "InvalidParameterValue", "typeName"),
        ({"typeName": None}, "MissingParameterValue", "typeName"),
        ({"typeName": "proef", "filterr": "x"}, "InvalidParameterValue", "filterr"),
        ({"typeName": "proef", "maxFeatures": "-1"}, "InvalidParameterValue", "maxFeatures"),
        ({"typeName": "proef", "srsName": "EPSG:1234"}, "InvalidParameterValue", "srsName"),
        ({"typeName": "proef", "filter": "<Filter"}, "OperationParsingFailed", "filter"),
        ({"typeName": "proef", "outputFormat": "x"}, "InvalidParameterValue", "outputFormat"),
        ({"typeName": "proef", "storedQuery_Id": "x"}, "InvalidParameterValue", "storedquery_id"),
        ({"request": "GetGmlObject"}, "OperationNotSupported", "request"),
        ({"request": "Transaction"}, "OperationNotSupported", "request"),
        ({"request": "ListStoredQueries"}, "OperationNotSupported", "request"),
    ],
)
def test_refusals_come_as_reports_of_ows_1_0(client, parameters, code, locator):
    reply = client.get(**{"request": "GetFeature", "version": "1.1.0", **parameters})
    refused(reply, code, locator)
    compiled().assertValid(reply.xml)


def test_a_join_is_told_to_be_of_2_0(old):
    text = refused(old.post('<wfs:Query typeName="p:proef p:punten"/>'), "OptionNotSupported", "typeName")
    assert "2.0.0" in text


def test_a_version_that_contradicts_the_namespace_is_refused(client):
    body = f'<GetFeature xmlns="{NS["wfs"]}" service="WFS" version="2.0.0"><Query typeName="proef"/></GetFeature>'
    client.post(body).refused("OperationParsingFailed", "version")


def test_a_restricted_layer_is_read_in_1_1_0_within_the_rows_of_the_actor(gemeente):
    assert len(ids(Old(gemeente).feature("besloten:geheim"))) == 10
    reply = Old(gemeente).feature("geheim", resultType="hits")
    assert reply.xml.get("numberOfFeatures") == "10"
