"""WFS 2.0, assertions 22 to 34: schemas of feature types and stored queries (OGC 09-025r2, clauses 9 and 14)."""

import pytest
from lxml import etree
from tests.standards.bindings import BINDINGS, GET, GET_FEATURE_BY_ID, POST_XML, Binding
from tests.standards.conftest import LAYERS
from tests.wfs.conftest import GML_ID, NS, Client

HTTP_ID = "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
PREFIX = {layer.name: f"{layer.prefix}:{layer.name}" for layer in LAYERS}


def test_wfs_022_without_type_names_the_schema_holds_all_types(town_wfs: Client, schemas):
    documents = [GET(town_wfs, "DescribeFeatureType")]
    for item in documents[0].find("xsd:import"):
        if item.get("namespace").startswith("urn:x-risicoatlas:"):
            documents.append(town_wfs.query(item.get("schemaLocation").partition("?")[2]))
    names = {item.get("name") for document in documents for item in document.find("xsd:element")}
    assert names == set(PREFIX)
    schemas.compile(*(document.body for document in documents))


def test_wfs_023_each_type_has_a_schema_of_its_own(town_wfs: Client, schemas, layer: str, binding: Binding):
    reply = binding(town_wfs, "DescribeFeatureType", typeNames=PREFIX[layer])
    assert reply.status == 200
    (element,) = reply.find("xsd:element")
    assert (element.get("name"), element.get("substitutionGroup")) == (layer, "gml:AbstractFeature")
    schemas.compile(reply.body)


def test_wfs_024_a_type_of_a_foreign_namespace_is_refused(town_wfs: Client):
    get = town_wfs.get(
        request="DescribeFeatureType", typeNames="x:kgl_public", namespaces="xmlns(x,http://example.com/other)"
    )
    get.refused("InvalidParameterValue", "typename")
    body = (
        f'<wfs:DescribeFeatureType xmlns:wfs="{NS["wfs"]}" xmlns:x="http://example.com/other" service="WFS" '
        'version="2.0.0"><wfs:TypeName>x:kgl_public</wfs:TypeName></wfs:DescribeFeatureType>'
    )
    town_wfs.post(body).refused("InvalidParameterValue", "typename")


def test_wfs_025_old_spellings_of_type_and_format_are_taken(town_wfs: Client):
    plain = town_wfs.get(request="DescribeFeatureType", typeNames="gemeenten")
    assert town_wfs.get(request="DescribeFeatureType", typeName="gemeenten").body == plain.body
    formatted = town_wfs.get(
        request="DescribeFeatureType", typeNames="gemeenten", outputFormat="application/gml+xml; version=3.2"
    )
    assert formatted.body == plain.body
    wrong = town_wfs.get(request="DescribeFeatureType", typeNames="gemeenten", outputFormat="text/nonsense")
    wrong.refused("InvalidParameterValue", "outputformat")


def test_wfs_026_answers_are_valid_against_the_schema_that_they_point_to(town_wfs: Client, schemas, layer: str):
    reply = GET(town_wfs, "GetFeature", typeNames=layer)
    places = reply.xml.get(XSI).split()
    address = dict(zip(places[::2], places[1::2], strict=True))[reply.xml.nsmap[PREFIX[layer].partition(":")[0]]]
    schema = town_wfs.query(address.partition("?")[2])
    assert schema.status == 200
    assert reply.ids
    schemas.compile(schema.body).assertValid(reply.xml)


def test_wfs_027_get_feature_by_id_is_listed(town_wfs: Client, ogc, binding: Binding):
    reply = binding(town_wfs, "ListStoredQueries")
    ogc.assertValid(reply.xml)
    assert reply.xml.tag == f"{{{NS['wfs']}}}ListStoredQueriesResponse"
    assert {item.get("id") for item in reply.find("wfs:StoredQuery")} & {GET_FEATURE_BY_ID, HTTP_ID}


def test_wfs_028_stored_queries_return_types_that_are_on_offer(town_wfs: Client, client: Client):
    for who in (town_wfs, client):
        offered = set(who.get(request="GetCapabilities").texts(".//wfs:FeatureType/wfs:Name"))
        returned = set(who.get(request="ListStoredQueries").texts("wfs:StoredQuery/wfs:ReturnFeatureType"))
        assert returned <= offered


def test_wfs_029_stored_queries_are_described_all_or_one(town_wfs: Client, ogc, binding: Binding):
    for values in ({}, {"storedQuery_Id": GET_FEATURE_BY_ID}):
        reply = binding(town_wfs, "DescribeStoredQueries", **values)
        ogc.assertValid(reply.xml)
        described = reply.find("wfs:StoredQueryDescription")
        assert [item.get("id") for item in described] == [GET_FEATURE_BY_ID]
        assert [item.get("name") for item in described[0].findall("wfs:Parameter", NS)] == ["id"]


def test_wfs_030_an_unknown_stored_query_is_not_described(town_wfs: Client, binding: Binding):
    reply = binding(town_wfs, "DescribeStoredQueries", storedQuery_Id="urn:example:unknown")
    reply.refused("InvalidParameterValue", "storedquery_id")


def test_wfs_031_an_unknown_stored_query_is_not_run(town_wfs: Client, binding: Binding):
    reply = binding(town_wfs, "GetFeature", storedQuery_Id="urn:example:unknown", id="x")
    reply.refused("InvalidParameterValue", "storedquery_id")


@pytest.mark.parametrize("identifier", [GET_FEATURE_BY_ID, HTTP_ID])
def test_wfs_032_get_feature_by_id_answers_with_the_feature_itself(town_wfs: Client, schemas, layer: str, identifier):
    (known,) = GET(town_wfs, "GetFeature", typeNames=layer, count=1).ids
    schema = GET(town_wfs, "DescribeFeatureType", typeNames=layer).body
    for binding in BINDINGS:
        reply = binding(town_wfs, "GetFeature", storedQuery_Id=identifier, id=known)
        assert reply.status == 200
        assert etree.QName(reply.xml).localname == layer
        assert reply.xml.get(GML_ID) == known
        schemas.compile(schema).assertValid(reply.xml)


def test_wfs_033_get_feature_by_id_of_an_unknown_id_is_404(town_wfs: Client, layer: str, binding: Binding):
    reply = binding(town_wfs, "GetFeature", storedQuery_Id=GET_FEATURE_BY_ID, id=f"{layer}.unknown-0")
    reply.refused("NotFound", "id", 404)


@pytest.mark.parametrize("identifier", ["nonsense", ".", "gemeenten.", "a b", "gemeenten.<x>&", "é" * 300, "\u0001"])
def test_wfs_034_get_feature_by_id_of_nonsense_is_404_and_of_nothing_400(town_wfs: Client, identifier: str):
    GET(town_wfs, "GetFeature", storedQuery_Id=GET_FEATURE_BY_ID, id=identifier).refused("NotFound", "id", 404)
    for send in (GET, POST_XML):
        send(town_wfs, "GetFeature", storedQuery_Id=GET_FEATURE_BY_ID).refused("MissingParameterValue", "id")
