"""WFS 2.0, assertions 35 to 55: features and values of properties (OGC 09-025r2, clauses 10 and 11)."""

import csv
import io
import json
import re
import zipfile
from datetime import datetime

import fiona
import pytest
from lxml import etree
from pyproj import Transformer
from tests.standards.bindings import BINDINGS, GET, GET_FEATURE_BY_ID, Binding, fes
from tests.standards.conftest import LAYERS
from tests.wfs.conftest import GML_ID, NS, Client, Reply

URN = "urn:ogc:def:crs:EPSG::"
HTTP = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"
# The corner of the first square of the world, which every notation must give in its own order.
EAST, NORTH = 131_000, 481_000
PREFIX = {layer.name: f"{layer.prefix}:{layer.name}" for layer in LAYERS}


def members(reply: Reply) -> list[str]:
    return [etree.QName(item).localname for member in reply.find("wfs:member") for item in member]


def first_corner(reply: Reply) -> tuple[float, float]:
    """The lowest corner of the first ring of a GML answer, as its numbers stand."""
    numbers = [float(number) for number in reply.find(".//gml:posList")[0].text.split()]
    return min(numbers[::2]), min(numbers[1::2])


@pytest.fixture(scope="module")
def offered(town_wfs: Client) -> dict[str, list[str]]:
    """Every CRS of each type as the capabilities name it."""
    types = town_wfs.get(request="GetCapabilities").find(".//wfs:FeatureType")
    return {
        item.findtext("wfs:Name", "", NS).rpartition(":")[2]: [
            found.text for name in ("DefaultCRS", "OtherCRS") for found in item.findall(f"wfs:{name}", NS)
        ]
        for item in types
    }


def test_wfs_035_each_type_gives_features_of_that_type_alone_and_valid(
    town_wfs: Client, schemas, layer: str, binding: Binding
):
    reply = binding(town_wfs, "GetFeature", typeNames=PREFIX[layer])
    assert reply.status == 200
    assert reply.xml.tag == f"{{{NS['wfs']}}}FeatureCollection"
    assert set(members(reply)) == {layer}
    schemas.compile(GET(town_wfs, "DescribeFeatureType", typeNames=layer).body).assertValid(reply.xml)


def test_wfs_036_identifiers_are_unique_and_stay(town_wfs: Client, layer: str):
    first, second = (GET(town_wfs, "GetFeature", typeNames=layer) for _ in range(2))
    every = [item.get(GML_ID) for item in first.xml.iter() if item.get(GML_ID)]
    assert len(every) == len(set(every))
    assert first.ids == second.ids


def test_wfs_037_the_numbers_and_the_time_of_a_collection_are_right(town_wfs: Client, layer: str, binding: Binding):
    for values in ({}, {"count": 1}):
        reply = binding(town_wfs, "GetFeature", typeNames=layer, **values)
        assert int(reply.xml.get("numberReturned")) == len(reply.find("wfs:member"))
        assert re.fullmatch(r"[0-9]+|unknown", reply.xml.get("numberMatched"))
        assert datetime.fromisoformat(reply.xml.get("timeStamp")).tzinfo


def test_wfs_038_hits_are_counted_without_features(town_wfs: Client, layer: str, binding: Binding):
    reply = binding(town_wfs, "GetFeature", typeNames=layer, resultType="hits")
    everything = GET(town_wfs, "GetFeature", typeNames=layer)
    assert reply.xml.get("numberReturned") == "0"
    assert reply.find("wfs:member") == []
    assert int(reply.xml.get("numberMatched")) == len(everything.ids) > 0


def test_wfs_039_hits_are_what_the_pages_add_up_to(town_wfs: Client, layer: str):
    hits = int(GET(town_wfs, "GetFeature", typeNames=layer, resultType="hits").xml.get("numberMatched"))
    size = max(1, -(-hits // 4))
    reply, seen = GET(town_wfs, "GetFeature", typeNames=layer, count=size), []
    while True:
        seen += reply.ids
        following = reply.xml.get("next")
        if following is None:
            break
        reply = town_wfs.query(following.partition("?")[2])
    assert len(seen) == len(set(seen)) == hits


def test_wfs_040_each_crs_on_offer_comes_back_by_its_name(town_wfs: Client, layer: str, offered):
    assert len(offered[layer]) >= 4
    for system in offered[layer]:
        for binding in BINDINGS:
            reply = binding(town_wfs, "GetFeature", typeNames=layer, srsName=system, count=3)
            assert reply.status == 200
            assert {item.get("srsName") for item in reply.xml.iter() if item.get("srsName")} == {system}


@pytest.mark.parametrize("system", ["urn:ogc:def:crs:EPSG::32690", "nonsense"])
def test_wfs_041_a_crs_that_is_not_offered_is_refused(town_wfs: Client, layer: str, binding: Binding, system: str):
    reply = binding(town_wfs, "GetFeature", typeNames=layer, srsName=system)
    reply.refused("InvalidParameterValue", "srsName")


@pytest.mark.parametrize(
    ("notation", "srid", "latitude_first"),
    [
        (f"{URN}4326", 4326, True),
        (f"{HTTP}4326", 4326, True),
        ("EPSG:4326", 4326, False),
        (CRS84, 4326, False),
        (f"{URN}4258", 4258, True),
        (f"{URN}3857", 3857, False),
        ("EPSG:3857", 3857, False),
        (f"{HTTP}28992", 28992, False),
        (f"{URN}28992", 28992, False),
        ("EPSG:28992", 28992, False),
    ],
)
def test_wfs_042_each_notation_of_a_crs_has_its_axis_order(client: Client, notation: str, srid, latitude_first: bool):
    reply = GET(client, "GetFeature", typeNames="proef", srsName=notation, resourceId="proef.NL.PROEF.1")
    wanted = Transformer.from_crs(28992, srid, always_xy=True).transform(EAST, NORTH)
    tolerance = 1e-5 if srid in {4326, 4258} else 0.5
    assert first_corner(reply) == pytest.approx(wanted[::-1] if latitude_first else wanted, abs=tolerance)


def test_wfs_043_a_box_is_read_in_the_axis_order_of_its_crs(client: Client):
    transformer = Transformer.from_crs(28992, 4326, always_xy=True)
    west, south = transformer.transform(EAST + 5, NORTH + 5)
    east, north = transformer.transform(EAST + 15, NORTH + 6)
    boxes = (
        f"{EAST + 5},{NORTH + 5},{EAST + 15},{NORTH + 6}",
        f"{EAST + 5},{NORTH + 5},{EAST + 15},{NORTH + 6},{URN}28992",
        f"{south},{west},{north},{east},{URN}4326",
        f"{west},{south},{east},{north},{CRS84}",
        f"{west},{south},{east},{north},EPSG:4326",
    )
    found = {tuple(GET(client, "GetFeature", typeNames="proef", bbox=box).ids) for box in boxes}
    assert found == {("proef.NL.PROEF.1", "proef.NL.PROEF.2")}


def test_wfs_044_unknown_and_missing_type_names_are_refused(town_wfs: Client, binding: Binding):
    binding(town_wfs, "GetFeature", typeNames="rev_public:nope").refused("InvalidParameterValue", "typenames")
    binding(town_wfs, "GetFeature", typeNames="").refused("MissingParameterValue", "typenames")


def test_wfs_045_property_name_leaves_the_optional_properties_out(town_wfs: Client, schemas, layer: str, binding):
    reply = binding(town_wfs, "GetFeature", typeNames=layer, propertyName="gemeentecode")
    names = {etree.QName(item).localname for item in reply.xml.findall("wfs:member/*/*", NS)}
    assert {"identificatie"} <= names <= {"identificatie", "gemeentecode"}
    schemas.compile(GET(town_wfs, "DescribeFeatureType", typeNames=layer).body).assertValid(reply.xml)
    wrong = binding(town_wfs, "GetFeature", typeNames=layer, propertyName="nope")
    wrong.refused("InvalidParameterValue", "propertyName")


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_wfs_046_the_order_asked_for_holds_over_pages(client: Client, binding: Binding, order: str):
    def values(reply: Reply) -> list[tuple[str, int]]:
        return [(item.findtext("p:soort", "", NS), int(item.findtext("p:aantal", "0", NS))) for item in features(reply)]

    sent = {"typeNames": "proef", "sortBy": f"soort {order},aantal DESC", "propertyName": "soort,aantal"}
    numbered = _between("aantal", 1, 40)
    reply = binding(client, "GetFeature", **sent, filter=numbered, count=7)
    seen = values(reply)
    while following := reply.xml.get("next"):
        reply = client.query(following.partition("?")[2])
        seen += values(reply)
    assert len(seen) == 40
    by_number = sorted(seen, key=lambda pair: -pair[1])
    assert seen == sorted(by_number, key=lambda pair: pair[0], reverse=order == "DESC")
    binding(client, "GetFeature", typeNames="proef", sortBy=f"nope {order}").refused("InvalidParameterValue", "sortBy")


def features(reply: Reply) -> list[etree._Element]:
    return [item for member in reply.find("wfs:member") for item in member]


def _between(name: str, low: int, high: int) -> str:
    bounds = "".join(
        f"<fes:{side}Boundary><fes:Literal>{value}</fes:Literal></fes:{side}Boundary>"
        for side, value in (("Lower", low), ("Upper", high))
    )
    reference = f"<fes:ValueReference>{name}</fes:ValueReference>"
    return fes(f"<fes:PropertyIsBetween>{reference}{bounds}</fes:PropertyIsBetween>")


def features_in(reply: Reply, layer: str) -> int:
    """How many features an answer in any format holds."""
    kind = reply.headers["Content-Type"].partition(";")[0]
    if kind in {"application/json", "application/geo+json"}:
        return len(json.loads(reply.body)["features"])
    if kind in {"application/gml+xml", "text/xml"}:
        return len(reply.xml.findall(f".//{{*}}{layer}"))
    if kind == "text/csv":
        return len(list(csv.reader(io.StringIO(reply.body.decode("utf-8-sig"))))) - 1
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(reply.body)) as found:
            tables = [found.read(name) for name in found.namelist() if name.endswith(".dbf")]
        # dBASE counts its records in bytes 4 to 7
        return sum(int.from_bytes(table[4:8], "little") for table in tables)
    with fiona.BytesCollection(reply.body) as found:
        return len(found)


def test_wfs_047_each_format_on_offer_gives_the_same_number_of_features(town_wfs: Client, layer: str):
    path = "ows:OperationsMetadata/ows:Operation[@name='GetFeature']/ows:Parameter[@name='outputFormat']//ows:Value"
    formats = town_wfs.get(request="GetCapabilities").texts(path)
    hits = len(GET(town_wfs, "GetFeature", typeNames=layer).ids)
    assert formats
    for name in formats:
        reply = GET(town_wfs, "GetFeature", typeNames=layer, outputFormat=name)
        assert reply.status == 200, name
        assert features_in(reply, layer) == hits, name
    wrong = GET(town_wfs, "GetFeature", typeNames=layer, outputFormat="text/nonsense")
    wrong.refused("InvalidParameterValue", "outputFormat")


def test_wfs_048_two_queries_give_two_collections_in_order(town_wfs: Client, schemas):
    queries = "".join(f'<wfs:Query typeNames="rev_public:{name}"/>' for name in ("kgl_status", "gemeenten"))
    body = (
        f'<wfs:GetFeature xmlns:wfs="{NS["wfs"]}" xmlns:rev_public="{NS["p"]}" service="WFS" version="2.0.0">'
        f"{queries}</wfs:GetFeature>"
    )
    reply = town_wfs.post(body)
    parts = reply.find("wfs:member/wfs:FeatureCollection")
    assert [etree.QName(part.find("wfs:member/*", NS)).localname for part in parts] == ["kgl_status", "gemeenten"]
    schema = town_wfs.get(request="DescribeFeatureType", typeNames="kgl_status,gemeenten")
    schemas.compile(schema.body).assertValid(reply.xml)
    by_kvp = GET(town_wfs, "GetFeature", typeNames="(kgl_status)(gemeenten)")
    assert by_kvp.xml.get("numberReturned") == reply.xml.get("numberReturned")


def test_wfs_049_ways_to_select_exclude_one_another(client: Client):
    given = {
        "filter": _between("aantal", 1, 2),
        "bbox": f"{EAST},{NORTH},{EAST + 5},{NORTH + 5}",
        "resourceId": "proef.NL.PROEF.1",
    }
    for first, second in (("filter", "resourceId"), ("filter", "bbox"), ("bbox", "resourceId")):
        values = {first: given[first], second: given[second]}
        reply = GET(client, "GetFeature", typeNames="proef", **values)
        reply.refused("InvalidParameterValue", second)


def test_wfs_050_counts_and_indexes_are_whole_numbers_from_zero(town_wfs: Client, schemas, layer: str, binding):
    none = binding(town_wfs, "GetFeature", typeNames=layer, count=0)
    assert none.find("wfs:member") == []
    assert none.xml.get("numberMatched") == str(len(GET(town_wfs, "GetFeature", typeNames=layer).ids))
    schemas.compile().assertValid(none.xml)
    for name, value in (("count", -1), ("count", "abc"), ("startIndex", -1), ("startIndex", "1.5")):
        reply = binding(town_wfs, "GetFeature", typeNames=layer, **{name: value})
        reply.refused("InvalidParameterValue", name)


# Values of properties


def values(reply: Reply) -> list[str]:
    return ["".join(member.itertext()).strip() for member in reply.find("wfs:member")]


def test_wfs_051_identifiers_can_be_asked_as_values(town_wfs: Client, ogc, layer: str, binding: Binding):
    reply = binding(town_wfs, "GetPropertyValue", typeNames=layer, valueReference="@gml:id")
    ogc.assertValid(reply.xml)
    assert reply.xml.tag == f"{{{NS['wfs']}}}ValueCollection"
    known = GET(town_wfs, "GetFeature", typeNames=layer).ids
    assert values(reply) == known
    assert reply.xml.get("numberReturned") == str(len(known))
    one = binding(town_wfs, "GetPropertyValue", storedQuery_Id=GET_FEATURE_BY_ID, id=known[0], valueReference="@gml:id")
    assert values(one) == [known[0]]


def test_wfs_052_there_is_a_value_per_feature_that_has_one(client: Client, ogc):
    for name, count in (("naam", 402), ("aantal", 400), ("soort", 400)):
        reply = GET(client, "GetPropertyValue", typeNames="proef", valueReference=name)
        ogc.assertValid(reply.xml)
        assert len(values(reply)) == int(reply.xml.get("numberReturned")) == count, name


def test_wfs_053_an_empty_or_missing_value_reference_is_refused(town_wfs: Client, binding: Binding):
    empty = binding(town_wfs, "GetPropertyValue", typeNames="gemeenten", valueReference="")
    empty.refused("InvalidParameterValue", "valueReference")
    binding(town_wfs, "GetPropertyValue", typeNames="gemeenten").refused("MissingParameterValue", "valueReference")


def test_wfs_054_values_of_an_unknown_property_are_refused(town_wfs: Client, layer: str, binding: Binding):
    reply = binding(town_wfs, "GetPropertyValue", typeNames=layer, valueReference="nope")
    reply.refused("InvalidParameterValue", "valueReference")


def test_wfs_055_values_can_be_paged_and_counted_in_every_binding(client: Client, binding: Binding):
    sent = {"typeNames": "proef", "valueReference": "aantal"}
    every = values(GET(client, "GetPropertyValue", **sent))
    assert values(binding(client, "GetPropertyValue", **sent, count=5, startIndex=10)) == every[10:15]
    hits = binding(client, "GetPropertyValue", **sent, resultType="hits")
    assert (hits.xml.get("numberMatched"), hits.xml.get("numberReturned")) == (str(len(every)), "0")
