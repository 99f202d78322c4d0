"""Every protocol serves tables of an organisation as they are, with no line of code and no publication."""

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from lxml import etree
from tests import schemas
from tests.maps.conftest import Client
from tests.own.conftest import BEHEERDER, GEMEENTE, LAYERS, TREES
from tests.wfs.conftest import NS

from risicoatlas.settings import Settings

RD = "http://www.opengis.net/def/crs/EPSG/0/28992"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
PUBLIC = sorted(set(LAYERS) - {"meldingen"})
HIDDEN = "geheim van een ander"


def uuid_of(number: int) -> str:
    found = hashlib.md5(str(number).encode()).hexdigest()
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))


def items(client: Client, layer: str, **parameters: object) -> dict:
    answer = client.get(f"/ogc/v1/collections/{layer}/items", **{"f": "json", "crs": RD} | parameters)
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def names(found: dict) -> list[str]:
    return [feature["id"] for feature in found["features"]]


def wfs(client: Client, request: str = "GetFeature", **parameters: object) -> bytes:
    answer = client.get("/wfs", service="WFS", version="2.0.0", request=request, **parameters)
    assert answer.status == 200, answer.text
    return answer.body


def members(body: bytes) -> list[etree._Element]:
    return [item for member in etree.fromstring(body).findall("wfs:member", NS) for item in member]


# --- what is told of a table


def test_a_table_is_a_collection_with_the_columns_of_the_database(client: Client) -> None:
    schema = json.loads(client.get("/ogc/v1/collections/bomen/schema", f="json").body)
    assert {name: item.get("type") for name, item in schema["properties"].items()} == {
        "identificatie": "string", "gid": "integer", "soort": "string", "Naam": "string", "hoogte": "number",
        "stamdikte": "number", "geplant": "string", "gezien": "string", "gezond": "boolean", "geometrie": None,
    }  # fmt: skip
    assert schema["properties"]["geometrie"]["format"] == "geometry-multipolygon"


def test_fields_may_be_listed_and_given_a_name_that_gml_knows(client: Client) -> None:
    schema = json.loads(client.get("/ogc/v1/collections/leidingen/schema", f="json", lang="en").body)
    assert list(schema["properties"]) == ["identificatie", "druk", "soort", "geometrie"]
    assert schema["properties"]["druk"]["title"] == "Pressure in bar"


def test_the_metadata_says_that_there_are_no_publications_and_counts_what_is_there_now(client: Client) -> None:
    found = json.loads(client.get("/ogc/v1/collections/bomen", f="json", lang="en").body)
    assert found["aantal"] == TREES
    assert "publicatie" not in found
    assert "without publications" in found["description"]
    west, south, east, north = found["extent"]["spatial"]["bbox"][0]
    assert 4.5 < west < east < 5 and 51.9 < south < north < 52.2
    assert b"zonder publicaties" in wfs(client, "GetCapabilities")
    assert "zonder publicaties" in client.wms(request="GetCapabilities").text


def test_the_start_page_and_the_viewer_know_the_table(client: Client) -> None:
    assert "bomen van ons" in client.get("/").text
    layers = json.loads(client.get("/viewer/layers.json").body)["layers"]
    assert [item["name"] for item in layers["leidingen"]["fields"]] == ["identificatie", "druk", "soort"]
    assert layers["bomen"]["extent"] == pytest.approx([100000, 450000, 104990, 454010], abs=60)


# --- rows


@pytest.mark.parametrize(
    ("layer", "key"), [("bomen", "123"), ("leidingen", "W 17"), ("leidingen", "G/17"), ("bogen", "1")]
)
def test_an_object_is_found_by_its_key(client: Client, layer: str, key: str) -> None:
    path = f"/ogc/v1/collections/{layer}/items/{key}"
    if "/" not in key:
        assert json.loads(client.get(path, f="json").body)["properties"]["identificatie"] == key
    by_id = items(client, layer, filter=f"identificatie='{key}'")
    assert names(by_id) == [key]
    (found,) = members(wfs(client, typeNames=layer, resourceId=f"{layer}.{key}"))
    assert found.findtext(f"p:{'identificatie'}", None, NS) == key


def test_a_uuid_is_a_key_too(client: Client) -> None:
    own = client.as_actor(GEMEENTE)
    key = uuid_of(10)
    assert json.loads(own.get(f"/ogc/v1/collections/meldingen/items/{key}", f="json").body)["id"] == key
    assert len(members(wfs(own, typeNames="meldingen", resourceId=f"meldingen.{key}"))) == 1


@pytest.mark.parametrize("key", ["0123", "+1", "1.0", "1e2", "99999999999999999999", "abc", "", "-0", "1;2", "'"])
def test_what_is_no_key_finds_nothing_and_breaks_nothing(client: Client, key: str) -> None:
    answer = client.get(f"/ogc/v1/collections/bomen/items/{key or '%20'}", f="json")
    assert answer.status == 404, answer.text
    assert names(items(client, "bomen", filter="identificatie='{}'".format(key.replace("'", "''")))) == []
    assert not members(wfs(client, typeNames="bomen", resourceId=f"bomen.{key or ' '}"))


def test_pages_give_every_row_once_in_the_order_of_the_key(client: Client) -> None:
    seen: list[str] = []
    address = f"/ogc/v1/collections/leidingen/items?{urlencode({'f': 'json', 'limit': 250})}"
    while address:
        path, _, query = address.partition("?")
        answer = client.get(path, environ={"QUERY_STRING": query})
        page = json.loads(answer.body)
        seen += names(page)
        found = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = re.sub(r"^https?://[^/]+", "", found[0]) if found else ""
    assert len(seen) == len(set(seen)) == 600
    numbered = [names(items(client, "bomen", limit=3, offset=offset)) for offset in (0, 3, TREES - 2)]
    assert numbered == [["1", "2", "3"], ["4", "5", "6"], ["49999", "50000"]]


@pytest.mark.parametrize(
    ("layer", "parameters", "count"),
    [
        ("bomen", {"filter": "soort='eik' AND hoogte<1"}, 33),
        ("bomen", {"filter": "gid=7 OR Naam='boom 8'"}, 2),
        ("bomen", {"filter": "Naam LIKE 'boom 4999_'"}, 10),
        ("bomen", {"filter": "gezien > TIMESTAMP('2024-07-01T09:59:59Z') AND gezond=true"}, TREES // 2),
        ("bomen", {"Naam": "boom 12"}, 1),
        ("bomen", {"bbox": "100000,450000,100099,450005", "bbox-crs": RD}, 4),
        ("bomen", {"filter": "S_INTERSECTS(geometrie, POINT(100025 450005))", "filter-crs": RD}, 1),
        ("bomen", {"bbox": "4.5,51.9,4.8,52.2"}, TREES),
        ("leidingen", {"filter": "druk BETWEEN 10 AND 19"}, 10),
        ("leidingen", {"filter": "soort='water'"}, 300),
    ],
)
def test_filters_and_boxes_select(client: Client, layer: str, parameters: dict, count: int) -> None:
    assert items(client, layer, limit=1, **parameters)["numberMatched"] == count


def test_within_a_distance(client: Client) -> None:
    body = wfs(client, typeNames="bomen", cql_filter="DWITHIN(geometrie, POINT(100035 450005), 6, meters)")
    assert [item.findtext("p:gid", None, NS) for item in members(body)] == ["1", "2"]


def test_two_tables_are_joined_in_the_service_behind_the_rule_of_the_restricted_one(client: Client) -> None:
    few = "<PropertyIsLessThan><ValueReference>a/gid</ValueReference><Literal>3</Literal></PropertyIsLessThan>"
    near, other = (
        f'<Filter xmlns="{NS["fes"]}"><And><{name}><ValueReference>a/{field}</ValueReference>'
        f"<ValueReference>b/{field}</ValueReference>{tail}</{name}>{few}</And></Filter>"
        for name, field, tail in (
            ("DWithin", "geometrie", '<Distance uom="m">1</Distance>'),
            ("PropertyIsNotEqualTo", "identificatie", ""),
        )
    )
    found = wfs(client, typeNames="bomen,bomen", aliases="a,b", filter=near, srsName="EPSG:4326")
    tuples = etree.fromstring(found).findall("wfs:member/wfs:Tuple", NS)
    keys = [[item.text for item in pair.iterfind(".//{*}gid")] for pair in tuples]
    assert ["1", "1"] in keys
    assert {left for left, _ in keys} == {"1", "2"}
    asked = {"typeNames": "bomen,meldingen", "aliases": "a,b", "filter": other, "resultType": "hits"}
    hidden = client.get("/wfs", service="WFS", request="GetFeature", **asked)
    assert hidden.status == 400
    own = client.as_actor(GEMEENTE)
    seen = etree.fromstring(wfs(own, typeNames="meldingen", resultType="hits")).get("numberMatched")
    pairs = etree.fromstring(wfs(own, **asked)).get("numberMatched")
    assert int(pairs) == 2 * int(seen) > 0
    everything = etree.fromstring(wfs(client.as_actor(BEHEERDER), **asked)).get("numberMatched")
    assert int(everything) > int(pairs)


def test_sorting_and_chosen_properties(client: Client) -> None:
    found = items(client, "bomen", sortby="-hoogte,Naam", properties="hoogte", limit=2)
    assert [feature["properties"] for feature in found["features"]] == [{"hoogte": 500.0}, {"hoogte": 499.99}]


def test_degrees_are_transformed_on_the_way_out(client: Client) -> None:
    found = items(client, "bomen", crs="http://www.opengis.net/def/crs/OGC/1.3/CRS84", limit=1)
    x, y = found["features"][0]["geometry"]["coordinates"][0][0][0]
    assert (x, y) == pytest.approx((4.58593799, 52.03560273), abs=1e-6)


def test_a_table_in_degrees_is_served_through_a_view_in_rd(client: Client) -> None:
    found = items(client, "graden", bbox="5.000065,52.000065,5.000115,52.000115", crs=CRS84)
    assert names(found) == ["7", "8", "9", "10", "11"]
    assert found["features"][-1]["geometry"]["coordinates"] == pytest.approx([5.00011, 52.00011], abs=1e-7)


def test_geometry_is_flat_straight_and_of_one_type(client: Client) -> None:
    (circle,) = items(client, "bogen")["features"]
    assert circle["geometry"]["type"] == "MultiPolygon"
    ring = circle["geometry"]["coordinates"][0][0]
    assert len(ring) > 32 and all(len(point) == 2 for point in ring)
    shapes = {feature["id"]: feature["geometry"] for feature in items(client, "vormen")["features"]}
    assert {key for key, shape in shapes.items() if shape} == {"1", "2", "7"}
    assert {shape["type"] for shape in shapes.values() if shape} == {"MultiPolygon"}


@pytest.mark.parametrize(
    "test", ["S_INTERSECTS", "S_CONTAINS", "S_WITHIN", "S_TOUCHES", "S_CROSSES", "S_OVERLAPS", "S_EQUALS", "S_DISJOINT"]
)
@pytest.mark.parametrize("system", [RD, "http://www.opengis.net/def/crs/OGC/1.3/CRS84"])
def test_a_geometry_that_is_wrong_does_not_break_a_spatial_test(client: Client, test: str, system: str) -> None:
    place = "POLYGON((130000 449900, 130600 449900, 130600 450200, 130000 450200, 130000 449900))"
    if system != RD:
        place = "POLYGON((5.0 52.0, 5.1 52.0, 5.1 52.1, 5.0 52.1, 5.0 52.0))"
    found = items(client, "vormen", filter=f"{test}(geometrie, {place})", **{"filter-crs": system})
    assert ("2" in names(found)) == (test in {"S_INTERSECTS", "S_WITHIN"})


def test_a_bow_tie_is_found_where_it_lies(client: Client) -> None:
    found = items(client, "vormen", bbox="130210,450030,130220,450060", **{"bbox-crs": RD})
    # what has no geometry meets every box of the OGC API (Part 1, 7.15.3)
    assert [feature["id"] for feature in found["features"] if feature["geometry"]] == ["2"]


def test_nothing_found_says_how_many_were_tested(client: Client) -> None:
    answer = client.get("/ogc/v1/collections/bomen/items", f="json", filter="gid=-1")
    assert json.loads(answer.body)["numberTested"] == TREES
    assert answer.headers["x-objects-tested"] == str(TREES)


def test_nothing_of_a_table_that_changes_is_validated_or_pinned(client: Client) -> None:
    page = client.get("/ogc/v1/collections/bomen/items", f="json", limit=1)
    one = client.get("/ogc/v1/collections/bomen/items/1", f="json")
    features = client.get("/wfs", service="WFS", version="2.0.0", request="GetFeature", typeNames="bomen", count=1)
    for answer in (page, one, features):
        assert answer.status == 200
        assert not {"etag", "last-modified", "x-publication"} & set(answer.headers), answer.headers
    assert "publicatie" not in json.loads(page.body)
    since = client.get("/ogc/v1/collections/bomen/items", f="json", gewijzigd_sinds=0)
    assert since.status == 400 and "has no publications" in since.text


def test_a_period_is_refused_where_objects_have_no_validity(client: Client) -> None:
    answer = client.get("/ogc/v1/collections/bomen/items", f="json", datetime="2024-01-01")
    assert answer.status == 400
    assert "begin_geldigheid" in answer.text


# --- GML


@pytest.mark.parametrize("layer", PUBLIC)
def test_gml_is_valid_against_the_schema_of_the_layer(client: Client, layer: str) -> None:
    described = wfs(client, "DescribeFeatureType", typeNames=layer)
    body = wfs(client, typeNames=layer, count=50)
    schema = schemas.compile(described)
    root = etree.fromstring(body)
    root.attrib.pop("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", None)
    schema.assertValid(root)
    assert members(body)


def test_gml_of_a_restricted_table_is_valid_too(client: Client) -> None:
    own = client.as_actor(GEMEENTE)
    schema = schemas.compile(wfs(own, "DescribeFeatureType", typeNames="meldingen"))
    root = etree.fromstring(wfs(own, typeNames="meldingen", count=50))
    root.attrib.pop("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", None)
    schema.assertValid(root)


# --- maps


def test_a_table_without_a_style_is_drawn_plainly(client: Client) -> None:
    picture = client.map("bomen", (100000, 450000, 100400, 450400)).picture
    assert picture.getextrema()[3][1] > 0
    for layer, box in (("leidingen", (119900, 440000, 121200, 441000)), ("bogen", (139900, 449900, 140200, 450200))):
        assert client.map(layer, box).picture.getextrema()[3][1] > 0, layer
    assert client.map("vormen", (130190, 449990, 130310, 450110)).picture.getextrema()[3][1] > 0
    assert client.map("bomen", (510000, 6800000, 520000, 6810000), crs="EPSG:3857").picture.getextrema()[3][1] > 0
    assert client.wms(request="GetLegendGraphic", layer="bomen", format="image/png").picture


def test_a_click_tells_the_row(client: Client) -> None:
    answer = client.wms(
        request="GetFeatureInfo", layers="bomen", query_layers="bomen", styles="", crs="EPSG:28992",
        bbox="100000,450000,100100,450100", width=100, height=100, i=25, j=95, info_format="application/json",
        format="image/png",
    )  # fmt: skip
    assert [feature["id"] for feature in json.loads(answer.body)["features"]] == ["bomen.1"]


def test_a_picture_of_a_table_that_changes_is_kept_by_nobody(client: Client, own_settings: Settings) -> None:
    answer = client.map("bomen", (100000, 450000, 100400, 450400))
    assert answer.headers["cache-control"] == "private, no-store"
    tile = client.get("/tiles/bomen/EPSG:28992/8/50/60.png")
    assert tile.status == 200, tile.text
    assert tile.headers["cache-control"] == "private, no-store"
    assert not [path for path in Path(own_settings.home).rglob("*.png") if "symbols" not in path.parts]


# --- who may see what


def test_only_own_rows_of_a_restricted_table_are_there(client: Client) -> None:
    own, every = client.as_actor(GEMEENTE), client.as_actor(BEHEERDER)
    assert items(own, "meldingen", limit=1)["numberMatched"] == 2_000
    assert items(every, "meldingen", limit=1)["numberMatched"] == 20_000
    assert json.loads(own.get("/ogc/v1/collections/meldingen", f="json").body)["aantal"] == 2_000
    body = wfs(own, typeNames="meldingen", outputFormat="application/json")
    assert HIDDEN.encode() not in body
    for text in (
        f"tekst='{HIDDEN}'", f"tekst LIKE '%{HIDDEN[7:]}%'", "gemeentecode='GM0002'",
        f"identificatie='{uuid_of(11)}'", f"casei(tekst)='{HIDDEN}'",
    ):  # fmt: skip
        assert names(items(own, "meldingen", filter=text)) == [], text
    assert own.get(f"/ogc/v1/collections/meldingen/items/{uuid_of(11)}", f="json").status == 404
    nothing = own.get("/ogc/v1/collections/meldingen/items", f="json", filter="tekst='x'")
    assert nothing.headers["x-objects-tested"] == "2000"


def test_the_map_of_a_restricted_table_shows_own_rows_only(client: Client) -> None:
    """A point of the municipality, and beside it points of another."""
    own, every = client.as_actor(GEMEENTE), client.as_actor(BEHEERDER)
    here, elsewhere = (150040, 459990, 150060, 460003), (150012, 459990, 150032, 460003)
    assert own.map("meldingen", here).picture.getextrema()[3][1] > 0
    assert own.map("meldingen", elsewhere).picture.getextrema()[3][1] == 0
    assert every.map("meldingen", elsewhere).picture.getextrema()[3][1] > 0


def test_a_restricted_table_is_absent_for_others(client: Client) -> None:
    assert client.get("/ogc/v1/collections/meldingen/items", f="json").status == 404
    assert client.get("/ogc/v1/collections/bestaat_niet/items", f="json").status == 404
    assert client.get("/wfs", service="WFS", version="2.0.0", request="GetFeature", typeNames="meldingen").status == 400
    assert "LayerNotDefined" in client.map("meldingen", (150000, 460000, 150100, 460100)).text
    for path in ("/", "/ogc/v1/collections?f=json", "/viewer/layers.json"):
        where, _, query = path.partition("?")
        assert "meldingen" not in client.get(where, environ={"QUERY_STRING": query}).text
    assert b"meldingen" not in wfs(client, "GetCapabilities")
    assert quote("meldingen") not in client.wms(request="GetCapabilities").text
