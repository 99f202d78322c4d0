"""WFS 2.0, assertions 1 to 21: what the service says of itself, and how it is asked (OGC 09-025r2, clause 8)."""

import re

import pytest
from lxml import etree
from tests.standards.bindings import BINDINGS, GET, NAMES, POST_XML, Binding
from tests.wfs.conftest import NS, Client, Reply

from risicoatlas.wfs import requests

HREF = "{http://www.w3.org/1999/xlink}href"
BASIC = (
    "GetCapabilities", "DescribeFeatureType", "ListStoredQueries", "DescribeStoredQueries", "GetFeature",
    "GetPropertyValue",
)  # fmt: skip
CONSTRAINTS = (
    "ImplementsBasicWFS", "ImplementsTransactionalWFS", "ImplementsLockingWFS", "ImplementsInheritance",
    "ImplementsRemoteResolve", "ImplementsResultPaging", "ImplementsStandardJoins", "ImplementsSpatialJoins",
    "ImplementsTemporalJoins", "ImplementsFeatureVersioning", "ManageStoredQueries", "KVPEncoding", "XMLEncoding",
    "SOAPEncoding",
)  # fmt: skip
OF_FILTERS = (
    "ImplementsQuery", "ImplementsAdHocQuery", "ImplementsResourceId", "ImplementsMinStandardFilter",
    "ImplementsStandardFilter", "ImplementsMinSpatialFilter", "ImplementsSorting", "ImplementsMinimumXPath",
)  # fmt: skip


@pytest.fixture(scope="module")
def capabilities(town_wfs: Client) -> Reply:
    return town_wfs.get(request="GetCapabilities")


def constraints(reply: Reply) -> dict[str, str]:
    """Default values of all constraints of service and filters by name."""
    found = reply.find("ows:OperationsMetadata/ows:Constraint") + reply.find(".//fes:Constraint")
    return {item.get("name"): item.findtext("ows:DefaultValue", "", NS) for item in found}


def test_wfs_001_capabilities_are_a_valid_document_of_2_0(town_wfs, ogc, binding: Binding):
    reply = binding(town_wfs, "GetCapabilities")
    assert reply.status == 200
    assert reply.xml.tag == f"{{{NS['wfs']}}}WFS_Capabilities"
    assert reply.xml.get("version") in {"2.0.0", "2.0.2"}
    ogc.assertValid(reply.xml)


def test_wfs_002_the_version_is_chosen_from_the_list_of_the_client(town_wfs, binding: Binding):
    reply = binding(town_wfs, "GetCapabilities", acceptVersions="10.0.0,2.0.0,1.1.0")
    assert reply.xml.get("version") == "2.0.0"


def test_wfs_003_a_list_without_a_version_on_offer_is_refused(town_wfs, binding: Binding):
    reply = binding(town_wfs, "GetCapabilities", acceptVersions="9.9.9")
    assert "2.0.0" in reply.refused("VersionNegotiationFailed", "acceptversions")


def test_wfs_004_a_request_without_service_is_refused(town_wfs):
    town_wfs.query("request=GetCapabilities").refused("MissingParameterValue", "service")
    town_wfs.post(f'<wfs:GetCapabilities xmlns:wfs="{NS["wfs"]}"/>').refused("MissingParameterValue", "service")


def test_wfs_005_a_request_without_its_name_is_refused(town_wfs):
    town_wfs.query("service=WFS").refused("MissingParameterValue", "request")
    town_wfs.query("").refused("MissingParameterValue", "service")


def test_wfs_006_another_service_is_refused(town_wfs):
    town_wfs.query("service=FOO&request=GetCapabilities").refused("InvalidParameterValue", "service")
    body = f'<wfs:GetCapabilities xmlns:wfs="{NS["wfs"]}" service="FOO"/>'
    town_wfs.post(body).refused("InvalidParameterValue", "service")


def test_wfs_007_an_unknown_operation_is_refused(town_wfs):
    town_wfs.query("service=WFS&request=Nope").refused("OperationNotSupported", "request")
    body = f'<wfs:Nope xmlns:wfs="{NS["wfs"]}" service="WFS" version="2.0.0"/>'
    town_wfs.post(body).refused("OperationNotSupported", "request")


def test_wfs_008_the_service_calls_itself_wfs_2_0(capabilities: Reply):
    (kind,) = capabilities.texts("ows:ServiceIdentification/ows:ServiceType")
    assert kind.upper() == "WFS"
    versions = capabilities.texts("ows:ServiceIdentification/ows:ServiceTypeVersion")
    assert any(version.startswith("2.0") for version in versions)


def test_wfs_009_no_section_is_missing(capabilities: Reply):
    sections = [etree.QName(item).localname for item in capabilities.xml]
    assert sections == list(requests.SECTIONS)
    assert capabilities.find("wfs:FeatureTypeList/wfs:FeatureType")
    assert capabilities.find("fes:Filter_Capabilities")


def test_wfs_010_the_basic_operations_are_listed_with_addresses(capabilities: Reply):
    listed = {item.get("name"): item for item in capabilities.find("ows:OperationsMetadata/ows:Operation")}
    assert set(BASIC) <= set(listed)
    for name in BASIC:
        assert listed[name].find("ows:DCP/ows:HTTP/ows:Get", NS).get(HREF).startswith("http"), name
        assert listed[name].find("ows:DCP/ows:HTTP/ows:Post", NS).get(HREF).startswith("http"), name


def test_wfs_011_every_constraint_says_true_or_false(capabilities: Reply):
    found = constraints(capabilities)
    assert set(CONSTRAINTS) <= set(found)
    assert {found[name] for name in CONSTRAINTS} <= {"TRUE", "FALSE"}


def test_wfs_012_a_binding_that_is_declared_works_and_another_is_refused(town_wfs, capabilities: Reply, layer: str):
    found = constraints(capabilities)
    assert (found["KVPEncoding"], found["XMLEncoding"], found["SOAPEncoding"]) == ("TRUE", "TRUE", "FALSE")
    sent = [binding(town_wfs, "GetFeature", typeNames=layer, count=2).ids for binding in BINDINGS]
    assert sent[0] == sent[1] == sent[2] != []


def test_wfs_013_basic_wfs_and_its_filter_classes_are_declared(capabilities: Reply):
    found = constraints(capabilities)
    assert found["ImplementsBasicWFS"] == "TRUE"
    assert {name: found[name] for name in OF_FILTERS} == dict.fromkeys(OF_FILTERS, "TRUE")


@pytest.mark.parametrize("operation", ["GetFeature", "GetPropertyValue"])
def test_wfs_014_local_references_can_be_resolved(town_wfs, capabilities: Reply, operation: str):
    path = f"ows:OperationsMetadata/ows:Operation[@name='{operation}']/ows:Parameter[@name='resolve']//ows:Value"
    assert "local" in capabilities.texts(path)
    values = {"typeNames": "gemeenten", "count": 1, "resolve": "local"}
    if operation == "GetPropertyValue":
        values["valueReference"] = "naam"
    assert GET(town_wfs, operation, **values).status == 200


def test_wfs_015_each_type_has_a_bound_name_a_crs_and_a_box_in_degrees(capabilities: Reply, layer: str):
    types = {item.findtext("wfs:Name", "", NS): item for item in capabilities.find(".//wfs:FeatureType")}
    (name,) = (name for name in types if name.rpartition(":")[2] == layer)
    assert types[name].nsmap[name.partition(":")[0]]
    systems = types[name].findall("wfs:DefaultCRS", NS) + types[name].findall("wfs:OtherCRS", NS)
    assert all(re.match(r"urn:ogc:def:crs:|https?://", item.text) for item in systems)
    lower, upper = (
        [float(number) for number in types[name].findtext(f"ows:WGS84BoundingBox/ows:{corner}Corner", "", NS).split()]
        for corner in ("Lower", "Upper")
    )
    assert 2 < lower[0] <= upper[0] < 8
    assert 49 < lower[1] <= upper[1] < 54


def test_wfs_016_paging_is_declared_in_the_letters_that_qgis_compares(capabilities: Reply):
    found = constraints(capabilities)
    assert found["ImplementsResultPaging"] == "TRUE"
    # nothing is cut without being asked, so there is no default count to state
    assert "CountDefault" not in found


def test_wfs_017_no_transaction_is_listed_for_who_may_not_write(town_wfs, capabilities: Reply, client: Client):
    for reply in (capabilities, client.get(request="GetCapabilities")):
        listed = {item.get("name") for item in reply.find("ows:OperationsMetadata/ows:Operation")}
        assert not listed & {"Transaction", "LockFeature", "GetFeatureWithLock", "CreateStoredQuery"}
        assert constraints(reply)["ImplementsTransactionalWFS"] == "FALSE"


def test_wfs_018_addresses_are_those_of_the_public_url(client: Client):
    operations = client.get(request="GetCapabilities").find("ows:OperationsMetadata/ows:Operation")
    for item in operations:
        assert item.find(".//ows:Get", NS).get(HREF) == "https://atlas.example.nl/x/wfs?"
        assert item.find(".//ows:Post", NS).get(HREF) == "https://atlas.example.nl/x/wfs"


@pytest.mark.parametrize("section", requests.SECTIONS)
def test_wfs_019_sections_can_be_asked_alone_and_an_unknown_format_gives_xml(town_wfs, ogc, section: str):
    for send in (GET, POST_XML):
        reply = send(town_wfs, "GetCapabilities", sections=section)
        ogc.assertValid(reply.xml)
        assert [etree.QName(item).localname for item in reply.xml] == [section]
    reply = GET(town_wfs, "GetCapabilities", acceptFormats="text/nonsense")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith(("text/xml", "application/xml"))


def test_wfs_020_update_sequence_shortens_the_answer_or_is_refused(town_wfs, ogc, capabilities: Reply):
    current = capabilities.xml.get("updateSequence")
    short = GET(town_wfs, "GetCapabilities", updateSequence=current)
    ogc.assertValid(short.xml)
    assert len(short.xml) == 0
    assert short.xml.get("updateSequence") == current
    later = GET(town_wfs, "GetCapabilities", updateSequence=str(int(current) + 1))
    later.refused("InvalidUpdateSequence", "updateSequence")
    head = f'<wfs:GetCapabilities xmlns:wfs="{NS["wfs"]}" {NAMES} service="WFS"'
    assert len(town_wfs.post(f'{head} updateSequence="{current}"/>').xml) == 0


def test_wfs_021_names_of_parameters_have_no_case_and_empty_ones_are_nothing(town_wfs, capabilities: Reply):
    for text in (
        "SERVICE=WFS&REQUEST=GetCapabilities",
        "Service=WFS&Request=GetCapabilities",
        "&&service=WFS&&request=GetCapabilities&",
    ):
        assert town_wfs.query(text).body == capabilities.body
