"""GetFeature: encodings, formats, pages, axis order and identifiers (WFS 2.0, clauses 7.6, 7.9 and 11)."""

import json
import re
from urllib.parse import urlsplit

import pytest
import shapely
from tests.wfs.conftest import GML_ID, NS, ODD_KEY, SHAPES

from risicoatlas import proj
from risicoatlas.access import actor as actors
from risicoatlas.filters.fes import resource_id

WFS = f'xmlns:wfs="{NS["wfs"]}" xmlns:fes="{NS["fes"]}" xmlns:gml="{NS["gml"]}" xmlns:q="{NS["p"]}"'
TOTAL = 403


def get_feature(query: str, **attributes: object) -> str:
    stated = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<wfs:GetFeature {WFS} service="WFS" version="2.0.0"{stated}>{query}</wfs:GetFeature>'


def without_time(body: bytes) -> bytes:
    return re.sub(rb'timeStamp="[^"]+"', b"", body)


def json_ids(body: bytes) -> list[str]:
    return [item["id"] for item in json.loads(body)["features"]]


PAIRS = {
    "count and start": (
        {"count": 5, "startIndex": 3},
        {"count": 5, "startIndex": 3},
        '<wfs:Query typeNames="q:proef"/>',
    ),
    "sorted": (
        {"sortBy": "soort DESC,aantal", "count": 9},
        {"count": 9},
        '<wfs:Query typeNames="q:proef"><fes:SortBy><fes:SortProperty><fes:ValueReference>soort</fes:ValueReference>'
        "<fes:SortOrder>DESC</fes:SortOrder></fes:SortProperty><fes:SortProperty>"
        "<fes:ValueReference>q:aantal</fes:ValueReference></fes:SortProperty></fes:SortBy></wfs:Query>",
    ),
    "properties": (
        {"propertyName": "naam,rev_public:aantal", "count": 3},
        {"count": 3},
        '<wfs:Query typeNames="q:proef"><wfs:PropertyName>naam</wfs:PropertyName>'
        "<wfs:PropertyName>q:aantal</wfs:PropertyName></wfs:Query>",
    ),
    "another crs": (
        {"srsName": "urn:ogc:def:crs:EPSG::4326", "count": 2},
        {"count": 2},
        '<wfs:Query typeNames="q:proef" srsName="urn:ogc:def:crs:EPSG::4326"/>',
    ),
    "ids": (
        {"resourceId": "proef.NL.PROEF.7,proef.NL.PROEF.2"},
        {},
        '<wfs:Query typeNames="q:proef"><fes:Filter><fes:ResourceId rid="proef.NL.PROEF.7"/>'
        '<fes:ResourceId rid="proef.NL.PROEF.2"/></fes:Filter></wfs:Query>',
    ),
    "hits": ({"resultType": "hits"}, {"resultType": "hits"}, '<wfs:Query typeNames="q:proef"/>'),
    "geojson": (
        {"outputFormat": "application/json", "count": 2},
        {"outputFormat": "application/json", "count": 2},
        '<wfs:Query typeNames="q:proef"/>',
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_get_and_post_give_the_same(client, name):
    kvp, attributes, query = PAIRS[name]
    get = client.feature("rev_public:proef", **kvp)
    post = client.post(get_feature(query, **attributes))
    form = client.post(
        "&".join(
            f"{key}={value}"
            for key, value in {
                "service": "WFS",
                "request": "GetFeature",
                "typeNames": "rev_public:proef",
                **kvp,
            }.items()
        ).replace(" ", "+"),
        "application/x-www-form-urlencoded",
    )
    assert get.status == post.status == form.status == 200
    if "json" in name:
        assert json.loads(get.body)["features"] == json.loads(post.body)["features"]
        return
    assert without_time(form.body) == without_time(get.body)
    links = re.compile(rb'(next|previous)="[^"]*"')
    assert links.sub(b"", without_time(post.body)) == links.sub(b"", without_time(get.body))


def test_a_default_namespace_does_as_well_as_a_prefix(client):
    body = (
        f'<GetFeature xmlns="{NS["wfs"]}" xmlns:ns4="{NS["p"]}" service="WFS" version="2.0.0" count="2">'
        '<Query typeNames="ns4:proef"/></GetFeature>'
    )
    assert client.post(body).ids == client.feature(count=2).ids


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml; charset=utf-8", "", "application/x-www-form-urlencoded"]
)
def test_an_xml_body_is_known_by_its_first_character(client, content_type):
    assert (
        len(client.post(get_feature('<wfs:Query typeNames="q:proef"/>', count=1), content_type, "SERVICE=WFS").ids) == 1
    )


@pytest.mark.parametrize("name", ["proef", *SHAPES])
@pytest.mark.parametrize("srs_name", [None, "urn:ogc:def:crs:EPSG::4326", "http://www.opengis.net/def/crs/EPSG/0/4258"])
def test_the_answer_is_valid_against_the_schema_of_its_type(client, schemas, name, srs_name):
    reply = client.feature(name, srsName=srs_name)
    schema = client.get(request="DescribeFeatureType", typeNames=name)
    schemas.compile(schema.body).assertValid(reply.xml)
    assert len(reply.ids) == int(reply.xml.get("numberReturned")) == int(reply.xml.get("numberMatched"))
    assert len(set(reply.xml.xpath("//@gml:id", namespaces=NS))) == len(reply.xml.xpath("//@gml:id", namespaces=NS))


def test_a_restricted_answer_is_valid_and_holds_the_rows_of_the_actor_only(gemeente, schemas):
    reply = gemeente.feature("besloten:geheim")
    schema = gemeente.get(request="DescribeFeatureType", typeNames="geheim")
    schemas.compile(schema.body).assertValid(reply.xml)
    assert len(reply.ids) == 10
    assert gemeente.feature("geheim", resultType="hits").xml.get("numberMatched") == "10"


def test_the_schema_location_names_the_schema_of_the_type(client):
    location = client.feature(count=1).xml.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    address = dict(zip(location[::2], location[1::2], strict=True))[NS["p"]]
    assert address.startswith("https://atlas.example.nl/x/wfs?")
    assert (
        client.query(urlsplit(address).query).body == client.get(request="DescribeFeatureType", typeNames="proef").body
    )


def test_values_survive_xml_and_nulls_are_left_out(client):
    reply = client.feature(resourceId="proef.NL.PROEF.gm0001.0001")
    (name,) = reply.texts(".//p:naam")
    # U+0001 cannot stand in XML 1.0 and is taken out
    assert name == 'x<y & "\\ \n\t é ’ 😀 &lt; \u2028'
    assert not reply.find(".//p:aantal")
    for empty in ("leeg", "oneindig"):
        found = client.feature(resourceId=f"proef.NL.PROEF.{empty}")
        assert not found.find(".//p:maat"), "a number that is none has no value"
        assert not found.find(".//p:geometrie")


def test_a_key_that_is_no_name_is_escaped_in_the_id_and_found_by_it(client, world):
    layer = world.catalogue.get("punten")
    identifier = resource_id(layer, ODD_KEY)
    assert client.feature("punten").ids == ["punten.NL.1", identifier]
    assert client.feature("punten", resourceId=identifier).texts(".//p:identificatie") == [ODD_KEY]


# Formats


@pytest.mark.parametrize(
    "name", ["application/json", "json", "geojson", "application/geo+json", "application/json; subtype=geojson"]
)
def test_geojson_answers_to_all_its_names(client, name):
    reply = client.feature(outputFormat=name, count=2)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert json_ids(reply.body) == ["proef.NL.PROEF.1", "proef.NL.PROEF.2"]
    answer = json.loads(reply.body)
    assert (answer["numberMatched"], answer["numberReturned"]) == (TOTAL, 2)
    assert answer["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::28992"
    assert answer["features"][0]["geometry"]["coordinates"][0][0][0] == [131000, 481000]


def test_every_format_gives_the_same_features(client):
    assert json_ids(client.feature(outputFormat="json").body) == client.feature().ids
    assert client.feature(outputFormat="text/xml; subtype=gml/3.2").ids == client.feature(outputFormat="gml32").ids


def test_a_plus_that_was_not_encoded_is_understood(client):
    reply = client.query(
        "service=WFS&request=GetFeature&typenames=proef&count=1&outputformat=application/gml+xml; version=3.2"
    )
    assert len(reply.ids) == 1


# Axis order


NOTATIONS = [
    ("urn:ogc:def:crs:EPSG::4326", 4326, True),
    ("http://www.opengis.net/def/crs/EPSG/0/4326", 4326, True),
    ("EPSG:4326", 4326, False),
    ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326, False),
    ("urn:ogc:def:crs:EPSG::4258", 4258, True),
    ("EPSG:4258", 4258, False),
    ("urn:ogc:def:crs:EPSG::28992", 28992, False),
    ("EPSG:28992", 28992, False),
    ("urn:ogc:def:crs:EPSG::3857", 3857, False),
    ("EPSG:3857", 3857, False),
]


@pytest.mark.parametrize(("notation", "srid", "latitude_first"), NOTATIONS)
def test_axis_order_follows_the_notation_and_srs_name_is_repeated_exactly(client, notation, srid, latitude_first):
    east, north = proj.between(28992, srid).transform(155000, 463000.5)
    reply = client.feature("punten", count=1, srsName=notation)
    (point,) = reply.find(".//gml:Point")
    assert point.get("srsName") == notation
    found = [float(number) for number in point.findtext("gml:pos", None, NS).split()]
    tolerance = 2e-8 if srid in {4326, 4258} else 0.01
    assert found == pytest.approx([north, east] if latitude_first else [east, north], abs=tolerance)
    features = json.loads(client.feature("punten", count=1, srsName=notation, outputFormat="json").body)["features"]
    assert features[0]["geometry"]["coordinates"] == pytest.approx([east, north], abs=tolerance)


@pytest.mark.parametrize("name", SHAPES)
def test_parts_and_holes_come_through(client, name):
    found = json.loads(client.feature(name, count=1, outputFormat="json").body)["features"][0]["geometry"]
    assert shapely.geometry.shape(found).equals(shapely.from_wkt(SHAPES[name][1]))
    gml = client.feature(name, count=1)
    positions = " ".join(item.text for item in gml.find(".//gml:posList") + gml.find(".//gml:pos"))
    numbers = [float(number) for number in re.findall(r"[\d.]+", SHAPES[name][1])]
    assert [float(number) for number in positions.split()] == numbers


@pytest.mark.parametrize(
    "name", ["urn:ogc:def:crs:EPSG::32690", "EPSG:31370", "nonsense", "urn:ogc:def:crs:EPSG::99999999"]
)
def test_a_crs_that_is_not_offered_is_refused(client, name):
    client.feature(srsName=name).refused("InvalidParameterValue", "srsName")


# Boxes


def test_a_box_means_the_same_in_every_crs(client, world):
    west, south, east, north = 131005, 481005, 131025, 481015
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        truth = connection.execute(
            "SELECT array_agg('proef.' || identificatie ORDER BY volgnummer) FROM publiek.proef"
            " WHERE ST_Intersects(geometrie, ST_MakeEnvelope(%s, %s, %s, %s, 28992))",
            [west, south, east, north],
        ).fetchone()[0]
        degrees = connection.execute(
            "SELECT ST_X(a), ST_Y(a), ST_X(b), ST_Y(b) FROM ST_Transform(ST_Point(%s, %s, 28992), 4258) AS a,"
            " ST_Transform(ST_Point(%s, %s, 28992), 4258) AS b",
            [west, south, east, north],
        ).fetchone()
    assert len(truth) == 6
    left, bottom, right, top = degrees
    assert client.feature(bbox=f"{west},{south},{east},{north}").ids == truth
    assert client.feature(bbox=f"{west},{south},{east},{north},urn:ogc:def:crs:EPSG::28992").ids == truth
    assert client.feature(bbox=f"{bottom},{left},{top},{right},urn:ogc:def:crs:EPSG::4326").ids == truth
    assert client.feature(bbox=f"{left},{bottom},{right},{top},EPSG:4326").ids == truth
    assert client.feature(bbox=f"{left},{bottom},{right},{top},EPSG:4326", srsName="EPSG:3857").ids == truth


@pytest.mark.parametrize(
    "box", ["1,2,3", "a,b,c,d", "131020,481000,131000,481010", "1,2,3,4,5", "nan,1,2,3", "1,2,3,4,EPSG:1"]
)
def test_a_bad_box_is_refused(client, box):
    client.feature(bbox=box).refused("InvalidParameterValue", "bbox")


def test_a_box_outside_the_area_of_its_crs_is_refused_and_not_silently_empty(client):
    assert "28992" in client.feature(bbox="5.0,52.0,5.1,52.1").refused("InvalidParameterValue", "bbox")


# Pages


def test_pages_of_seven_have_no_gap_and_no_double(client):
    for order in ({}, {"sortBy": "soort"}, {"sortBy": "soort DESC"}, {"sortBy": "naam"}):
        seen: list[str] = []
        for start in range(0, TOTAL + 7, 7):
            page = client.feature(startIndex=start, count=7, **order)
            assert page.xml.get("numberMatched") == str(TOTAL)
            assert len(page.ids) == int(page.xml.get("numberReturned")) == min(7, max(TOTAL - start, 0))
            seen += page.ids
        assert len(seen) == len(set(seen)) == TOTAL


def test_next_and_previous_are_followed_by_a_bare_get(client):
    body = get_feature(
        '<wfs:Query typeNames="q:proef" srsName="urn:ogc:def:crs:EPSG::4258"><fes:Filter><fes:PropertyIsLessThan>'
        "<fes:ValueReference>aantal</fes:ValueReference><fes:Literal>10</fes:Literal></fes:PropertyIsLessThan></fes:Filter>"
        "<fes:SortBy><fes:SortProperty><fes:ValueReference>aantal</fes:ValueReference><fes:SortOrder>DESC</fes:SortOrder>"
        "</fes:SortProperty></fes:SortBy></wfs:Query>",
        count=4,
    )
    pages = [client.post(body)]
    assert pages[0].xml.get("previous") is None
    while address := pages[-1].xml.get("next"):
        assert address.startswith("https://atlas.example.nl/x/wfs?")
        pages.append(client.query(urlsplit(address).query))
    assert [len(page.ids) for page in pages] == [4, 4, 1]
    assert pages[2].texts(".//p:aantal") == ["1"]
    assert pages[2].find(".//gml:MultiSurface")[0].get("srsName") == "urn:ogc:def:crs:EPSG::4258"
    assert client.query(urlsplit(pages[1].xml.get("previous")).query).ids == pages[0].ids


def test_hits_count_truly_and_lead_to_the_first_page(client):
    hits = client.feature(resultType="hits", count=1)
    assert (hits.xml.get("numberMatched"), hits.xml.get("numberReturned")) == (str(TOTAL), "0")
    assert not hits.ids
    assert hits.xml.get("previous") is None
    assert len(client.query(urlsplit(hits.xml.get("next")).query).ids) == 1


def test_no_count_gives_the_whole_layer(client):
    reply = client.feature()
    assert len(reply.ids) == TOTAL
    assert reply.xml.get("next") is None


def test_a_start_past_the_end_is_an_empty_page(client):
    reply = client.feature(startIndex=5000, count=10)
    assert reply.status == 200
    assert (reply.xml.get("numberMatched"), reply.xml.get("numberReturned"), reply.xml.get("next")) == (
        str(TOTAL),
        "0",
        None,
    )
    filtered = client.feature(startIndex=5000, count=10, cql_filter="aantal < 10")
    assert (filtered.xml.get("numberMatched"), filtered.xml.get("numberReturned")) == ("9", "0")


def test_count_zero_is_empty_with_the_true_number(client):
    reply = client.feature(count=0)
    assert (reply.status, reply.ids, reply.xml.get("numberMatched")) == (200, [], str(TOTAL))


@pytest.mark.parametrize(
    ("name", "value"), [("count", "-1"), ("count", "abc"), ("count", "1.5"), ("startIndex", "-1"), ("startIndex", "x")]
)
def test_a_count_or_start_that_is_none_is_refused(client, name, value):
    client.feature(**{name: value}).refused("InvalidParameterValue", name)


def test_max_features_is_count_of_old_clients(client):
    assert client.feature(maxFeatures=3).ids == client.feature(count=3).ids


def test_an_empty_answer_says_on_how_many_objects_it_was_tested(client, gemeente):
    reply = client.feature(cql_filter="aantal = 100000")
    assert (reply.status, reply.headers["X-Objects-Tested"], reply.xml.get("numberMatched")) == (200, str(TOTAL), "0")
    answer = json.loads(client.feature(cql_filter="aantal = 100000", outputFormat="json").body)
    assert (answer["features"], answer["numberTested"]) == ([], TOTAL)
    assert "X-Objects-Tested" not in client.feature(count=1).headers
    hidden = gemeente.feature("geheim", cql_filter="waarde > 10")
    assert (hidden.xml.get("numberMatched"), hidden.headers["X-Objects-Tested"]) == ("0", "10")


# Properties and order


def test_property_names_limit_what_is_optional(client):
    reply = client.feature(propertyName="naam", count=1)
    (feature,) = reply.find("wfs:member/p:proef")
    assert [child.tag.partition("}")[2] for child in feature] == ["identificatie", "naam"]
    assert client.feature(propertyName="*", count=1).ids == client.feature(count=1).ids
    assert client.feature(propertyName="naam,geometrie", count=1).find(".//p:geometrie")


def test_unknown_properties_are_refused_where_they_stand(client):
    client.feature(propertyName="nope").refused("InvalidParameterValue", "propertyName")
    client.feature(propertyName="gml:name").refused("InvalidParameterValue", "propertyName")
    client.feature(sortBy="nope").refused("InvalidParameterValue", "sortBy")
    client.feature(cql_filter="nope = 1").refused("InvalidParameterValue", "cql_filter")


def test_the_old_way_of_writing_an_order_is_read(client):
    assert (
        client.feature(sortBy="aantal D", cql_filter="aantal > 0").ids
        == client.feature(sortBy="aantal DESC", cql_filter="aantal > 0").ids
    )


# Several queries, identifiers


def test_two_queries_give_two_collections_in_order(client, schemas):
    body = get_feature('<wfs:Query typeNames="q:punten"/><wfs:Query typeNames="q:proef"/>', count=5)
    reply = client.post(body)
    parts = reply.find("wfs:member/wfs:FeatureCollection")
    assert [part.get("numberReturned") for part in parts] == ["2", "3"]
    assert [part.get("numberMatched") for part in parts] == ["2", str(TOTAL)]
    assert reply.xml.get("numberReturned") == "5"
    schema = client.get(request="DescribeFeatureType", typeNames="punten,proef")
    schemas.compile(schema.body).assertValid(reply.xml)
    following = client.query(urlsplit(reply.xml.get("next")).query)
    parts = following.find("wfs:member/wfs:FeatureCollection")
    assert [part.get("numberReturned") for part in parts] == ["0", "5"]
    assert (
        client.feature("(punten)(proef)", count=5).find("wfs:member/wfs:FeatureCollection")[1].get("numberReturned")
        == "3"
    )
    assert len(json_ids(client.feature("(punten)(proef)", outputFormat="json").body)) == 2 + TOTAL


def test_ids_of_different_types_need_no_type_names(client):
    reply = client.get(request="GetFeature", resourceId="proef.NL.PROEF.7,punten.NL.1,proef.NL.PROEF.8")
    assert reply.ids == ["proef.NL.PROEF.7", "proef.NL.PROEF.8", "punten.NL.1"]
    features = client.get(request="GetFeature", resourceId="proef.NL.PROEF.7,punten.NL.1", outputFormat="json")
    assert json_ids(features.body) == ["proef.NL.PROEF.7", "punten.NL.1"]


def test_an_id_of_another_type_is_refused_and_an_unknown_one_is_empty(client):
    client.feature("proef", resourceId="punten.NL.1").refused("InvalidParameterValue", "resourceId")
    for unknown in ("proef.NL.PROEF.9999", "test-8e6f", "geheim.VL.PROEF.1", "nope.1"):
        reply = client.feature("proef", resourceId=unknown)
        assert (reply.status, reply.ids) == (200, [])


@pytest.mark.parametrize(
    "identifier",
    ["urn:ogc:def:query:OGC-WFS::GetFeatureById", "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById"],
)
def test_get_feature_by_id_gives_the_feature_itself(client, schemas, identifier):
    reply = client.get(request="GetFeature", storedQuery_Id=identifier, id="proef.NL.PROEF.7")
    assert reply.xml.tag == f"{{{NS['p']}}}proef"
    assert reply.xml.get(GML_ID) == "proef.NL.PROEF.7"
    schemas.compile(client.get(request="DescribeFeatureType", typeNames="proef").body).assertValid(reply.xml)
    parameter = '<wfs:Parameter name="id">proef.NL.PROEF.7</wfs:Parameter>'
    assert (
        client.post(get_feature(f'<wfs:StoredQuery id="{identifier}">{parameter}</wfs:StoredQuery>')).body == reply.body
    )


@pytest.mark.parametrize(
    "unknown", ["proef.NL.PROEF.9999", "nope.1", "geheim.VL.PROEF.1", "proef", "proef.", "'; DROP TABLE x; --"]
)
def test_get_feature_by_an_unknown_id_is_404(client, unknown):
    query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    client.get(request="GetFeature", storedQuery_Id=query, id=unknown).refused("NotFound", "id", 404)


def test_get_feature_by_id_needs_the_id(client):
    query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    client.get(request="GetFeature", storedQuery_Id=query).refused("MissingParameterValue", "id")


# Streams


def test_a_client_that_leaves_halfway_gives_its_connection_back(client, world):
    environ = {"REQUEST_METHOD": "GET", "QUERY_STRING": "service=WFS&request=GetFeature&typeNames=proef"}
    token = actors.bind(actors.ANONYMOUS)
    for _ in range(world.pool.max_size + 2):
        body = client.application(environ, lambda status, headers: None)
        assert next(iter(body)).startswith(b"<?xml")
        body.close()
    actors.unbind(token)
    assert client.feature(count=1).ids == ["proef.NL.PROEF.1"]


def test_a_head_request_holds_nothing(client, world):
    for _ in range(world.pool.max_size + 2):
        assert client.query("service=WFS&request=GetFeature&typeNames=proef", "HEAD").status == 200


# GetPropertyValue


def test_property_values_are_members_and_features_without_one_give_none(client, ogc):
    reply = client.get(request="GetPropertyValue", typeNames="proef", valueReference="aantal", count=3)
    ogc.assertValid(reply.xml)
    assert reply.texts("wfs:member/p:aantal") == ["1", "2", "3"]
    assert (reply.xml.get("numberMatched"), reply.xml.get("numberReturned")) == ("400", "3")
    assert client.query(urlsplit(reply.xml.get("next")).query).texts("wfs:member/p:aantal") == ["4", "5", "6"]
    body = (
        f'<wfs:GetPropertyValue {WFS} service="WFS" version="2.0.0" valueReference="q:aantal" count="3">'
        '<wfs:Query typeNames="q:proef"/></wfs:GetPropertyValue>'
    )
    assert client.post(body).texts("wfs:member/p:aantal") == ["1", "2", "3"]
    hits = client.get(request="GetPropertyValue", typeNames="proef", valueReference="aantal", resultType="hits")
    assert (hits.xml.get("numberMatched"), hits.xml.get("numberReturned")) == ("400", "0")


def test_the_id_and_the_geometry_are_values_too(client, ogc):
    reply = client.get(request="GetPropertyValue", typeNames="punten", valueReference="@gml:id", count=1)
    ogc.assertValid(reply.xml)
    assert reply.texts("wfs:member") == ["punten.NL.1"]
    reply = client.get(request="GetPropertyValue", typeNames="punten", valueReference="rev_public:punten/geometrie")
    ogc.assertValid(reply.xml)
    assert len(reply.find("wfs:member/p:geometrie/gml:Point")) == 2
    query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    reply = client.get(request="GetPropertyValue", storedQuery_Id=query, id="punten.NL.1", valueReference="@gml:id")
    assert reply.texts("wfs:member") == ["punten.NL.1"]


@pytest.mark.parametrize(
    ("reference", "code"),
    [("", "InvalidParameterValue"), (None, "MissingParameterValue"), ("nope", "InvalidParameterValue")],
)
def test_a_value_reference_must_name_a_property(client, reference, code):
    client.get(request="GetPropertyValue", typeNames="proef", valueReference=reference).refused(code, "valueReference")
