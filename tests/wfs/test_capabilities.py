"""What the service says of itself: capabilities, schemas and stored queries (WFS 2.0, clauses 8, 9 and 14)."""

import pytest
from lxml import etree
from tests.wfs.conftest import NS

from risicoatlas.filters import fes
from risicoatlas.wfs import requests

OWS = f'xmlns:wfs="{NS["wfs"]}" xmlns:ows="{NS["ows"]}"'


def test_capabilities_are_valid_and_say_2_0_0(client, ogc):
    reply = client.get(request="GetCapabilities")
    assert reply.status == 200
    ogc.assertValid(reply.xml)
    assert reply.xml.get("version") == "2.0.0"
    assert reply.texts("ows:ServiceIdentification/ows:ServiceType") == ["WFS"]


@pytest.mark.parametrize("sections", [",".join(requests.SECTIONS), "FeatureTypeList", "OperationsMetadata"])
def test_sections_leave_the_others_out_and_stay_valid(client, ogc, sections):
    reply = client.get(request="GetCapabilities", sections=sections)
    ogc.assertValid(reply.xml)
    assert [etree.QName(child).localname for child in reply.xml] == sections.split(",")


def test_an_unknown_section_is_refused(client):
    client.get(request="GetCapabilities", sections="Nope").refused("InvalidParameterValue", "sections")


def test_the_first_offered_version_of_the_clients_list_is_taken(client):
    for accepted, version in (("10.0.0,2.0.0,1.1.0", "2.0.0"), ("2.0.2,2.0.0", "2.0.2")):
        assert client.get(request="GetCapabilities", acceptVersions=accepted).xml.get("version") == version
        wanted = "".join(f"<ows:Version>{item}</ows:Version>" for item in accepted.split(","))
        inner = f"<ows:AcceptVersions>{wanted}</ows:AcceptVersions>"
        body = f'<wfs:GetCapabilities {OWS} service="WFS">{inner}</wfs:GetCapabilities>'
        assert client.post(body).xml.get("version") == version


@pytest.mark.parametrize(
    "parameters", [{"acceptVersions": "9.9.9"}, {"version": "9.9.9"}, {"version": "abc"}, {"acceptVersions": "1.0.0"}]
)
def test_a_version_that_is_not_offered_is_refused_and_2_0_0_named(client, parameters):
    locator = next(iter(parameters))
    text = client.get(request="GetCapabilities", **parameters).refused("VersionNegotiationFailed", locator)
    assert "2.0.0" in text


def test_every_type_has_a_bound_prefix_a_urn_and_a_box_in_degrees(client):
    reply = client.get(request="GetCapabilities")
    types = reply.find("wfs:FeatureTypeList/wfs:FeatureType")
    assert [item.findtext("wfs:Name", None, NS) for item in types] == [
        "rev_public:lijnen", "rev_public:proef", "rev_public:punten", "rev_public:vlakken"
    ]  # fmt: skip
    assert reply.xml.nsmap["rev_public"] == NS["p"]
    for item in types:
        assert item.findtext("wfs:DefaultCRS", None, NS) == "urn:ogc:def:crs:EPSG::28992"
        lower, upper = (
            item.findtext(f"ows:WGS84BoundingBox/ows:{corner}Corner", None, NS) for corner in ("Lower", "Upper")
        )
        (left, bottom), (right, top) = (tuple(map(float, corner.split())) for corner in (lower, upper))
        assert 3 < left <= right < 8
        assert 50 < bottom <= top < 54


def test_the_box_of_a_type_holds_its_stored_extent(client, world):
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        extent = connection.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
            " FROM (SELECT ST_Extent(geometrie_etrs89) AS e FROM publiek.proef) AS x"
        ).fetchone()
    proef = client.get(request="GetCapabilities").find("wfs:FeatureTypeList/wfs:FeatureType")[1]
    corners = [proef.findtext(f"ows:WGS84BoundingBox/ows:{corner}Corner", None, NS) for corner in ("Lower", "Upper")]
    left, bottom, right, top = (float(number) for corner in corners for number in corner.split())
    assert left <= extent[0] <= left + 2e-6
    assert bottom <= extent[1] <= bottom + 2e-6
    assert right - 2e-6 <= extent[2] <= right
    assert top - 2e-6 <= extent[3] <= top


def test_a_restricted_type_is_listed_for_whom_it_is_and_absent_for_others(client, gemeente, ogc):
    assert b"geheim" not in client.get(request="GetCapabilities").body
    assert b"besloten" not in client.get(request="GetCapabilities").body
    reply = gemeente.get(request="GetCapabilities")
    ogc.assertValid(reply.xml)
    assert "besloten:geheim" in reply.texts("wfs:FeatureTypeList/wfs:FeatureType/wfs:Name")


def test_the_constraints_that_clients_read_are_there_in_upper_case(client):
    reply = client.get(request="GetCapabilities")
    constraints = reply.find(".//ows:Constraint") + reply.find(".//fes:Constraint")
    found = {item.get("name"): item.findtext("ows:DefaultValue", None, NS) for item in constraints}
    wanted_true = [
        *("ImplementsBasicWFS", "ImplementsResultPaging", "KVPEncoding", "XMLEncoding", "ImplementsQuery"),
        *("ImplementsAdHocQuery", "ImplementsResourceId", "ImplementsMinStandardFilter", "ImplementsStandardFilter"),
        *("ImplementsMinSpatialFilter", "ImplementsSorting", "ImplementsMinimumXPath"),
        *("ImplementsStandardJoins", "ImplementsSpatialJoins", "ImplementsTemporalJoins"),
    ]
    wanted_false = [
        *("ImplementsTransactionalWFS", "ImplementsLockingWFS", "ImplementsInheritance", "ImplementsRemoteResolve"),
        *("SOAPEncoding", "ImplementsFeatureVersioning", "ManageStoredQueries"),
    ]
    assert {name: found[name] for name in wanted_true} == dict.fromkeys(wanted_true, "TRUE")
    assert {name: found[name] for name in wanted_false} == dict.fromkeys(wanted_false, "FALSE")
    assert "CountDefault" not in found


def test_each_operation_is_listed_with_addresses_of_the_public_url(client):
    operations = client.get(request="GetCapabilities").find("ows:OperationsMetadata/ows:Operation")
    assert [item.get("name") for item in operations] == list(requests.OPERATIONS)
    href = "{http://www.w3.org/1999/xlink}href"
    for item in operations:
        assert item.find(".//ows:Get", NS).get(href) == "https://atlas.example.nl/x/wfs?"
        assert item.find(".//ows:Post", NS).get(href) == "https://atlas.example.nl/x/wfs"
    assert not {"Transaction", "LockFeature"} & {item.get("name") for item in operations}


def test_the_filter_operators_listed_are_those_of_the_reader(client):
    reply = client.get(request="GetCapabilities")
    for kind, table in (("Comparison", fes.COMPARISONS), ("Spatial", fes.SPATIAL), ("Temporal", fes.TEMPORAL)):
        assert [item.get("name") for item in reply.find(f".//fes:{kind}Operator")] == list(table)


def test_an_equal_update_sequence_gives_the_root_alone_and_a_later_one_is_refused(client, ogc):
    current = client.get(request="GetCapabilities").xml.get("updateSequence")
    short = client.get(request="GetCapabilities", updateSequence=current)
    ogc.assertValid(short.xml)
    assert len(short.xml) == 0
    reply = client.get(request="GetCapabilities", updateSequence=str(int(current) + 1))
    reply.refused("InvalidUpdateSequence", "updateSequence")


def test_names_of_parameters_have_no_case_and_empty_ones_are_nothing(client):
    plain = client.query("service=WFS&request=GetCapabilities")
    assert client.query("SERVICE=WFS&&Request=getcapabilities&FOO=&version=&").body == plain.body


# Schemas


def test_without_type_names_the_schema_holds_every_visible_type(client):
    reply = client.get(request="DescribeFeatureType", version="2.0.0")
    assert reply.headers["Content-Type"] == "application/gml+xml; version=3.2"
    names = [item.get("name") for item in reply.find("xsd:element")]
    assert names == ["lijnen", "proef", "punten", "vlakken"]
    assert all(item.get("substitutionGroup") == "gml:AbstractFeature" for item in reply.find("xsd:element"))


@pytest.mark.parametrize("name", ["proef", "rev_public:proef"])
def test_both_spellings_of_the_type_parameter_and_both_bindings_give_one_schema(client, name):
    schema = client.get(request="DescribeFeatureType", typeName=name).body
    assert client.get(request="DescribeFeatureType", typeNames=name).body == schema
    assert client.get(request="DescribeFeatureType", typeNames=name, typeName=name).body == schema
    root = f'<wfs:DescribeFeatureType {OWS} xmlns:x="{NS["p"]}" service="WFS" version="2.0.0">'
    assert client.post(f"{root}<wfs:TypeName>x:proef</wfs:TypeName></wfs:DescribeFeatureType>").body == schema


def test_types_are_plain_xml_schema_types(client):
    fields = client.get(request="DescribeFeatureType", typeNames="proef").find(".//xsd:sequence/xsd:element")
    found = {item.get("name"): item.get("type") for item in fields}
    assert found["naam"] == "xsd:string"
    assert found["aantal"] == "xsd:long"
    assert found["maat"] == "xsd:double"
    assert found["ja"] == "xsd:boolean"
    assert found["dag"] == "xsd:date"
    assert found["moment"] == "xsd:dateTime"
    assert found["geometrie"] == "gml:MultiSurfacePropertyType"


@pytest.mark.parametrize(
    "output_format", ["application/gml+xml; version=3.2", "text/xml; subtype=gml/3.2", "gml32", "XMLSCHEMA"]
)
def test_the_format_names_of_clients_are_taken(client, output_format):
    assert client.get(request="DescribeFeatureType", typeName="proef", outputFormat=output_format).status == 200


def test_an_unknown_type_or_format_is_refused(client):
    reply = client.get(request="DescribeFeatureType", typeNames="nope")
    reply.refused("InvalidParameterValue", "typeName")
    reply = client.get(request="DescribeFeatureType", typeNames="foo:proef")
    reply.refused("InvalidParameterValue", "typeName")
    reply = client.get(request="DescribeFeatureType", typeNames="proef", outputFormat="text/html")
    reply.refused("InvalidParameterValue", "outputFormat")


def test_types_of_two_namespaces_give_one_schema_that_imports_the_other(gemeente):
    reply = gemeente.get(request="DescribeFeatureType", typeNames="proef,geheim")
    assert [item.get("name") for item in reply.find("xsd:element")] == ["proef"]
    imported = reply.find("xsd:import")[1]
    assert imported.get("namespace") == NS["b"]
    assert imported.get("schemaLocation").endswith("typeNames=besloten%3Ageheim")


# Stored queries


def test_the_stored_queries_are_listed_and_described(client, ogc):
    listed = client.get(request="ListStoredQueries")
    ogc.assertValid(listed.xml)
    assert listed.find("wfs:StoredQuery")[0].get("id") == "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    assert "rev_public:proef" in listed.texts("wfs:StoredQuery/wfs:ReturnFeatureType")
    described = client.get(request="DescribeStoredQueries", storedQuery_Id="urn:ogc:def:query:OGC-WFS::GetFeatureById")
    ogc.assertValid(described.xml)
    assert [item.get("name") for item in described.find(".//wfs:Parameter")] == ["id"]
    assert client.get(request="DescribeStoredQueries").body == described.body
    for operation, reply in (("ListStoredQueries", listed), ("DescribeStoredQueries", described)):
        assert client.post(f'<wfs:{operation} {OWS} service="WFS" version="2.0.0"/>').body == reply.body


def test_an_unknown_stored_query_is_refused(client):
    reply = client.get(request="DescribeStoredQueries", storedQuery_Id="nope")
    reply.refused("InvalidParameterValue", "storedquery_id")
    reply = client.get(request="GetFeature", storedQuery_Id="nope", id="1")
    reply.refused("InvalidParameterValue", "storedquery_id")
