"""WFS 2.0, assertions 90 to 95 and 105: encodings, methods, and what is not on offer (OGC 09-025r2, clause 6)."""

import gzip
import re
from urllib.request import Request, urlopen

import pytest
from tests.integration.conftest import ask
from tests.standards.bindings import FORM, GET, GET_FEATURE_BY_ID, HEAD, NAMES, POST_XML, kvp, xml
from tests.standards.test_wfs_capabilities import constraints
from tests.wfs.conftest import NS, Client, Reply

OPERATIONS = {
    "GetCapabilities": {},
    "DescribeFeatureType": {"typeNames": "rev_public:gemeenten"},
    "ListStoredQueries": {},
    "DescribeStoredQueries": {"storedQuery_Id": GET_FEATURE_BY_ID},
    "GetFeature": {"typeNames": "rev_public:gemeenten", "count": 2},
    "GetPropertyValue": {"typeNames": "rev_public:gemeenten", "count": 2, "valueReference": "naam"},
}


def timeless(reply: Reply) -> bytes:
    """The answer without the moment at which it was made."""
    return re.sub(rb'timeStamp="[^"]*"', b"", reply.body)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "text/xml; charset=UTF-8"])
def test_wfs_090_xml_requests_give_what_kvp_gives(town_wfs: Client, operation: str, content_type: str):
    values = OPERATIONS[operation]
    posted = town_wfs.post(xml(operation, **values), content_type)
    assert posted.status == 200
    assert timeless(posted) == timeless(GET(town_wfs, operation, **values))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("prefix", ["", "w", "fes", "ns_1"])
def test_wfs_091_any_prefix_does(town_wfs: Client, operation: str, prefix: str):
    body = xml(operation, **OPERATIONS[operation])
    renamed = body.replace('xmlns:wfs="', f'xmlns{":" if prefix else ""}{prefix}="')
    if prefix == "fes":
        renamed = renamed.replace(f'xmlns:fes="{NS["fes"]}"', "")
    for before, after in (("<wfs:", "<"), ("</wfs:", "</")):
        renamed = renamed.replace(before, f"{after}{prefix}:" if prefix else after)
    assert timeless(town_wfs.post(renamed)) == timeless(town_wfs.post(body))


@pytest.mark.parametrize("body", ["<wfs:GetFeature", "<a><b></a>", "<", "\ufeff<a", "<a/><b/>"])
def test_wfs_092_a_body_that_is_not_well_formed_is_refused(town_wfs: Client, ogc, body: str):
    reply = town_wfs.post(body)
    reply.refused("OperationParsingFailed", "request")
    ogc.assertValid(reply.xml)


def test_wfs_092_a_body_of_an_unknown_root_is_refused(town_wfs: Client):
    for body in ("<a/>", f'<wfs:Nope {HEAD} service="WFS" version="2.0.0"/>', "<html><body/></html>"):
        town_wfs.post(body).refused("OperationNotSupported", "request")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_wfs_093_forms_and_xml_without_a_content_type_work(town_wfs: Client, operation: str):
    values = OPERATIONS[operation]
    expected = timeless(GET(town_wfs, operation, **values))
    assert timeless(town_wfs.post(kvp(operation, **values), FORM)) == expected
    assert timeless(town_wfs.post(kvp(operation, **values), f"{FORM}; charset=UTF-8")) == expected
    assert timeless(town_wfs.post(xml(operation, **values), "")) == expected
    assert timeless(town_wfs.post(xml(operation, **values), FORM)) == expected


def test_wfs_094_unknown_parameters_are_refused_but_for_those_that_select_nothing(town_wfs: Client):
    for operation in ("GetFeature", "GetPropertyValue"):
        values = OPERATIONS[operation]
        GET(town_wfs, operation, **values, filtr="x").refused("InvalidParameterValue", "filtr")
        town_wfs.post(kvp(operation, **values, filtr="x"), FORM).refused("InvalidParameterValue", "filtr")
        assert GET(town_wfs, operation, **values, map="x", DPI=96, sections="All").status == 200


def test_wfs_094_over_http_there_are_head_options_and_compression(server):
    address = f"{server.url}/wfs?{kvp('GetFeature', typeNames='kgl_public')}"
    plain = ask(address)
    with urlopen(Request(address, method="HEAD"), timeout=30) as head:
        assert head.status == 200
        assert head.headers["Content-Type"] == plain.headers["Content-Type"]
        assert head.read() == b""
    with urlopen(Request(address, method="OPTIONS", headers={"Origin": "https://example.com"}), timeout=30) as options:
        assert options.status in {200, 204}
        assert {"GET", "POST"} <= set(options.headers["Allow"].replace(" ", "").split(","))
    packed = ask(address, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    unpacked = Reply(200, {}, gzip.decompress(packed.body))
    assert unpacked.ids == Reply(200, {}, plain.body).ids != []
    assert plain.headers["Content-Encoding"] is None


def test_wfs_094_a_public_layer_may_be_asked_by_pages_of_other_hosts(server):
    found = ask(f"{server.url}/wfs?{kvp('GetFeature', typeNames='gemeenten', count=1)}", Origin="https://example.com")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert found.headers["Access-Control-Allow-Credentials"] is None


JOIN = (
    f'<wfs:GetFeature {HEAD} {NAMES} service="WFS" version="2.0.0">'
    '<wfs:Query typeNames="rev_public:gemeenten rev_public:kgl_status" aliases="a b"><fes:Filter>%s</fes:Filter>'
    "</wfs:Query></wfs:GetFeature>"
)
SPATIAL_JOIN = (
    "<fes:Intersects><fes:ValueReference>a/geometrie</fes:ValueReference>"
    "<fes:ValueReference>b/geometrie</fes:ValueReference></fes:Intersects>"
)
STANDARD_JOIN = (
    "<fes:PropertyIsEqualTo><fes:ValueReference>a/gemeentecode</fes:ValueReference>"
    "<fes:ValueReference>b/gemeentecode</fes:ValueReference></fes:PropertyIsEqualTo>"
)


@pytest.mark.parametrize(
    ("constraint", "condition"),
    [("ImplementsSpatialJoins", SPATIAL_JOIN), ("ImplementsStandardJoins", STANDARD_JOIN)],
)
def test_wfs_095_joins_work_if_declared_and_are_refused_if_not(town_wfs: Client, ogc, constraint: str, condition: str):
    declared = constraints(town_wfs.get(request="GetCapabilities"))[constraint]
    reply = town_wfs.post(JOIN % condition)
    if declared == "FALSE":
        reply.refused("OptionNotSupported", "typeNames")
        return
    assert reply.status == 200, reply.body
    tuples = reply.find("wfs:member/wfs:Tuple")
    assert len(tuples) == int(reply.xml.get("numberReturned")) > 0
    for pair in tuples:
        names = [item.tag.rpartition("}")[2] for item in pair.findall("wfs:member/*", NS)]
        assert names == ["gemeenten", "kgl_status"]


@pytest.mark.parametrize(
    "operation",
    ["Transaction", "LockFeature", "GetFeatureWithLock", "CreateStoredQuery", "DropStoredQuery"],
)
def test_wfs_105_operations_that_are_not_on_offer_are_refused_and_not_listed(town_wfs: Client, operation: str):
    GET(town_wfs, operation).refused("OperationNotSupported", "request")
    town_wfs.post(kvp(operation), FORM).refused("OperationNotSupported", "request")
    body = f'<wfs:{operation} {HEAD} {NAMES} service="WFS" version="2.0.0"/>'
    town_wfs.post(body).refused("OperationNotSupported", "request")
    listed = town_wfs.get(request="GetCapabilities").find("ows:OperationsMetadata/ows:Operation")
    assert operation not in {item.get("name") for item in listed}
    assert POST_XML(town_wfs, "ListStoredQueries").status == 200
