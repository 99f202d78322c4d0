"""OGC API Features Parts 1 and 2, assertions 1 to 31: pages, boxes, time, CRS (OGC 17-069r4 and 18-058r1)."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely
import shapely.geometry
from openapi_spec_validator import OpenAPIV30SpecValidator
from pyproj import Transformer
from tests.integration import conftest as http
from tests.standards.conftest import Ask
from tests.standards.test_wfs_filters import Truth, truth  # noqa: F401 - a fixture

from risicoatlas.service import Service

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
ITEMS = "/collections/proef/items"
UNSUPPORTED = "http://www.opengis.net/def/crs/0/unsupported"
BAD_BOXES = ("1,2,3,4,5", "5,53,6,52", "NaN,1,2,3", "a,b,c,d", "1,2,3", "", "1,2,3,inf", "5,52,6,53,")
BAD_MOMENTS = ("yesterday", "2024-13-01", "2025-01-01/2024-01-01", "../..", "", "a/b/c", "2024-01-01T25:00:00Z")


def resources(layer: str) -> tuple[str, ...]:
    """Every resource of the service and of a collection but single features."""
    own = (f"/collections/{layer}{part}" for part in ("", "/queryables", "/sortables", "/schema", "/items"))
    return ("/", "/conformance", "/openapi", "/functions", "/collections", *own)


def relative(address: str) -> str:
    """The path and query of a link under the root of the API."""
    found = urlsplit(address)
    path = found.path.partition("/ogc/v1")[2] or "/"
    return f"{path}?{found.query}" if found.query else path


def links(document: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [link for link in document["links"] if link["rel"] == rel]


def items(ask: Ask, query: str = "", collection: str = "proef", **options: Any) -> dict[str, Any]:
    answer = ask(f"/collections/{collection}/items?{query}", **options)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/geo+json"
    found: dict[str, Any] = answer.json
    assert found["numberReturned"] == len(found["features"])
    return found


def keys(found: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in found["features"]]


def every_page(ask: Ask, address: str) -> list[dict[str, Any]]:
    found = [ask(address).json]
    while following := links(found[-1], "next"):
        found.append(ask(relative(following[0]["href"])).json)
        assert len(found) <= 500
    return found


def refused(answer: Any, parameter: str | None = None, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert parameter is None or answer.json["parameter"] == parameter
    assert not re.search(r"SELECT|psycopg|Traceback|publiek\.|besloten\.|\.py", answer.text)
    return str(answer.json["detail"])


def positions(found: dict[str, Any]) -> shapely.Geometry:
    return shapely.GeometryCollection(
        [shapely.geometry.shape(item["geometry"]) for item in found["features"] if item["geometry"]]
    )


@pytest.fixture(scope="module")
def definition(ask: Ask) -> dict[str, Any]:
    document: dict[str, Any] = ask("/openapi").json
    return document


def parameter(definition: dict[str, Any], name: str, collection: str = "kgl_public") -> dict[str, Any]:
    """A parameter of the items of a collection, references followed."""
    for item in definition["paths"][f"/collections/{collection}/items"]["get"]["parameters"]:
        found = definition["components"]["parameters"][item["$ref"].rpartition("/")[2]] if "$ref" in item else item
        if found["name"] == name:
            return found
    raise AssertionError(f"{name} is not described")


# Documents


def test_oapif_01_the_landing_page_links_to_what_is_there(ask: Ask):
    answer = ask("/", headers={"Accept": "application/json"})
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    assert {"service-desc", "service-doc", "conformance", "data"} <= {link["rel"] for link in answer.json["links"]}
    for link in answer.json["links"]:
        assert {"href", "rel", "type"} <= set(link)
        if "/ogc/v1" in link["href"]:
            assert ask(relative(link["href"])).status_code == 200, link


def test_oapif_02_the_definition_is_a_valid_openapi_3_0_document(ask: Ask):
    (link,) = links(ask("/").json, "service-desc")
    assert link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    answer = ask(relative(link["href"]), headers={"Accept": link["type"]})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == link["type"]
    assert answer.json["openapi"].startswith("3.0")
    OpenAPIV30SpecValidator(answer.json).validate()


def test_oapif_03_conformance_lists_classes(ask: Ask):
    declared = ask("/conformance").json["conformsTo"]
    assert all(isinstance(uri, str) and uri.startswith("http") for uri in declared)
    for name in ("core", "geojson", "html", "oas30"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in declared
    assert len(declared) == len(set(declared))
    # test_conformance.py holds each of them to its tests


def test_oapif_04_the_list_of_collections_and_its_links(ask: Ask):
    document = ask("/collections").json
    assert len(links(document, "self")) == 1
    assert [link["type"] for link in links(document, "alternate")] == ["text/html"]
    assert all(link["rel"] and link["type"] for link in document["links"])
    assert document["collections"]


def test_oapif_05_each_collection_links_to_items_with_extent_and_crs(ask: Ask, layer: str):
    (found,) = (item for item in ask("/collections").json["collections"] if item["id"] == layer)
    assert "application/geo+json" in {link["type"] for link in links(found, "items")}
    for link in links(found, "items"):
        assert ask(relative(link["href"])).status_code == 200
    ((west, south, east, north),) = found["extent"]["spatial"]["bbox"]
    assert 2 < west <= east < 8 and 49 < south <= north < 54
    assert found["crs"][0] == CRS84
    assert items(ask, "limit=1", layer)["features"]


def test_oapif_06_a_collection_alone_says_what_the_list_says(ask: Ask, layer: str):
    (listed,) = (item for item in ask("/collections").json["collections"] if item["id"] == layer)
    alone = ask(f"/collections/{layer}").json
    for name in ("id", "title", "description", "extent", "crs"):
        assert alone[name] == listed[name]
    assert links(alone, "self")
    refused(ask("/collections/nope"), status=404)


# Pages


def test_oapif_07_items_are_a_geojson_feature_collection(ask: Ask, layer: str):
    found = items(ask, "limit=5", layer)
    assert found["type"] == "FeatureCollection"
    assert all(
        item["type"] == "Feature" and {"id", "geometry", "properties"} <= set(item) for item in found["features"]
    )


def test_oapif_08_links_and_time_of_a_page(ask: Ask, layer: str):
    found = items(ask, "limit=1", layer)
    for rel in ("self", "alternate"):
        (link,) = links(found, rel)[:1]
        assert link["type"]
        assert ask(relative(link["href"])).mimetype == link["type"]
    assert datetime.fromisoformat(found["timeStamp"]).tzinfo


def test_oapif_09_the_numbers_of_a_page_are_right(ask: Ask, layer: str):
    first = items(ask, "limit=1000", layer)
    pages = every_page(ask, f"/collections/{layer}/items?limit=1000")
    assert first["numberMatched"] == sum(page["numberReturned"] for page in pages) > 0
    assert all(page["numberReturned"] == len(page["features"]) for page in pages)


@pytest.mark.parametrize("query", ["limit=57", "limit=57&sortby=soort", "limit=57&sortby=-naam,maat", "limit=403"])
def test_oapif_10_next_leads_through_everything_once(ask_world: Ask, query: str):
    pages = every_page(ask_world, f"{ITEMS}?{query}")
    seen = [key for page in pages for key in keys(page)]
    assert len(seen) == len(set(seen)) == 403
    assert not links(pages[-1], "next")
    assert all(len(page["features"]) == 57 for page in pages[:-1])


def test_oapif_11_coordinates_are_longitude_and_latitude(ask: Ask, layer: str):
    west, south, east, north = positions(items(ask, "limit=1000", layer)).bounds
    assert 2 < west <= east < 8 and 49 < south <= north < 54


def test_oapif_12_limit_is_described_as_the_standard_does(definition: dict[str, Any], layer: str):
    found = parameter(definition, "limit", layer)
    assert (found["in"], found["required"], found["style"], found["explode"]) == ("query", False, "form", False)
    schema = found["schema"]
    assert schema["type"] == "integer" and schema["minimum"] == 1
    assert schema["minimum"] <= schema["default"] <= schema["maximum"]


def test_oapif_13_limit_is_honoured_capped_or_refused(ask: Ask, definition: dict[str, Any], layer: str):
    most = parameter(definition, "limit", layer)["schema"]["maximum"]
    assert len(items(ask, "limit=1", layer)["features"]) == 1
    whole = items(ask, f"limit={most}", layer)
    assert len(whole["features"]) == min(most, whole["numberMatched"])
    assert keys(items(ask, f"limit={most + 1}", layer)) == keys(whole)
    for text in ("0", "-1", "abc", "unlimited", "1.5", "", "1e3", "٣"):
        refused(ask(f"/collections/{layer}/items", query_string={"limit": text}), "limit")


def test_oapif_14_unknown_parameters_are_refused_but_for_those_of_credentials(ask: Ask, layer: str):
    for path in resources(layer):
        refused(ask(f"{path}?unknown=1"), "unknown")
        for name in ("api_key", "apikey", "access_token", "token", "map"):
            assert ask(f"{path}?{name}=x").status_code == 200, (path, name)


def test_oapif_15_bbox_is_described_as_the_standard_does(definition: dict[str, Any], layer: str):
    found = parameter(definition, "bbox", layer)
    assert (found["in"], found["required"], found["style"], found["explode"]) == ("query", False, "form", False)
    schema = found["schema"]
    assert schema["type"] == "array" and schema["items"] == {"type": "number"}
    sizes = [(item["minItems"], item["maxItems"]) for item in schema["oneOf"]]
    assert sizes == [(4, 4), (6, 6)]


# Boxes. Rows without a geometry meet every box (Part 1, /req/core/fc-bbox-response C): the world has two.

UNPLACED = ["NL.PROEF.leeg", "NL.PROEF.oneindig"]


def test_oapif_16_a_box_gives_what_the_database_gives(ask_world: Ask, truth: Truth):  # noqa: F811
    box = (5.0353, 52.3162, 5.0361, 52.3166)
    condition = f"ST_Intersects(geometrie_etrs89, ST_MakeEnvelope{(*box, 4258)}) OR geometrie IS NULL"
    expected = [key.removeprefix("proef.") for key in truth(condition)]
    assert 2 < len(expected) < 200
    assert keys(items(ask_world, f"limit=1000&bbox={','.join(map(str, box))}")) == expected
    for elsewhere in ("-1.5,50,1.5,53", "-80,-5,-70,5"):
        assert keys(items(ask_world, f"bbox={elsewhere}")) == UNPLACED


def test_oapif_16_a_box_around_the_extent_gives_everything(ask: Ask, layer: str):
    ((west, south, east, north),) = ask(f"/collections/{layer}").json["extent"]["spatial"]["bbox"]
    everything = items(ask, "limit=1000", layer)
    assert keys(items(ask, f"limit=1000&bbox={west},{south},{east},{north}", layer)) == keys(everything)


def test_oapif_17_a_box_may_cross_the_antimeridian(ask_world: Ask):
    assert keys(items(ask_world, "bbox=177,65,-177,70")) == UNPLACED
    # the long way round: everything but a strip of two degrees on the other side of the earth
    round_the_world = items(ask_world, "bbox=2,50,0,54&limit=1000")
    assert len(round_the_world["features"]) == 403


@pytest.mark.parametrize(
    ("box", "count"),
    [("-180,85,180,90", 2), ("-180,-90,180,-85", 2), ("0,50,-10,9,54,100", 403), ("-180,-90,180,90", 403)],
)
def test_oapif_18_boxes_at_the_poles_and_with_heights_are_taken(ask_world: Ask, box: str, count: int):
    assert len(items(ask_world, f"bbox={box}&limit=1000")["features"]) == count


@pytest.mark.parametrize("box", BAD_BOXES)
def test_oapif_18_bad_boxes_are_refused(ask: Ask, layer: str, box: str):
    refused(ask(f"/collections/{layer}/items?bbox={box}"), "bbox")


def test_oapif_19_a_feature_without_geometry_meets_every_box(ask_world: Ask):
    found = items(ask_world, "bbox=5.03530,52.31630,5.03531,52.31631")
    assert keys(found)[-2:] == UNPLACED
    assert [item["geometry"] for item in found["features"][-2:]] == [None, None]
    # a spatial test of a filter is another matter: of what has no place nothing can be said
    filtered = {"filter": "S_INTERSECTS(geometrie,BBOX(0,50,9,55))", "limit": "1000"}
    assert not set(UNPLACED) & set(keys(ask_world(ITEMS, query_string=filtered).json))


# Time. Row n of the world is valid from day n of January 2024 with no end; three rows have no beginning either.


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2024-01-02T10:00:00Z", 4),
        ("2024-01-02", 4),
        ("2024-01-03/2024-01-04", 6),
        ("2024-01-03T00:00:00+01:00/2024-01-04T00:00:00+01:00", 6),
        ("../2024-01-05T00:00:00+01:00", 7),
        ("/2024-01-05T00:00:00+01:00", 7),
        ("2024-01-02/..", 403),
    ],
)
def test_oapif_20_datetime_selects_by_validity_and_what_has_no_time_matches(ask_world: Ask, definition, text, count):
    assert parameter(definition, "datetime")["schema"] == {"type": "string"}
    answer = ask_world(ITEMS, query_string={"datetime": text, "limit": "1000"})
    assert answer.json["numberMatched"] == len(answer.json["features"]) == count


@pytest.mark.parametrize("text", BAD_MOMENTS)
def test_oapif_21_a_bad_datetime_is_refused(ask: Ask, layer: str, text: str):
    refused(ask(f"/collections/{layer}/items", query_string={"datetime": text}), "datetime")


def test_oapif_22_attributes_are_parameters(ask_world: Ask, ask: Ask, definition: dict[str, Any], layer: str):
    schema = ask(f"/collections/{layer}/schema").json["properties"]
    described = {
        item["name"]
        for item in definition["paths"][f"/collections/{layer}/items"]["get"]["parameters"]
        if "name" in item
    }
    assert described == {name for name, item in schema.items() if "type" in item}
    value = next(item["properties"]["gemeentecode"] for item in items(ask, "limit=50", layer)["features"])
    found = ask(f"/collections/{layer}/items", query_string={"gemeentecode": value or "", "limit": "1000"}).json
    assert {item["properties"]["gemeentecode"] for item in found["features"]} <= {value}
    both = items(ask_world, "soort=a&ja=true&limit=1000")
    assert both["features"]
    assert {(item["properties"]["soort"], item["properties"]["ja"]) for item in both["features"]} == {("a", True)}


def test_oapif_23_box_time_and_attribute_all_hold(ask_world: Ask):
    parts = ("bbox=5,52,5.1,52.4", "datetime=2024-01-20", "soort=a")
    sets = [set(keys(items(ask_world, f"{part}&limit=1000"))) for part in parts]
    together = keys(items(ask_world, f"{'&'.join(parts)}&limit=1000"))
    assert set(together) == set.intersection(*sets) and 0 < len(together) < min(map(len, sets))


def test_oapif_24_one_feature_its_links_and_404(ask: Ask, layer: str):
    (listed,) = items(ask, "limit=1", layer)["features"]
    answer = ask(f"/collections/{layer}/items/{listed['id']}")
    assert answer.mimetype == "application/geo+json"
    assert {name: answer.json[name] for name in ("type", "id", "geometry", "properties")} == {
        name: listed[name] for name in ("type", "id", "geometry", "properties")
    }
    assert {"self", "alternate", "collection"} <= {link["rel"] for link in answer.json["links"]}
    assert ask(relative(links(answer.json, "self")[0]["href"])).json == answer.json
    for unknown in ("unknown", "%00", "é", "a%2Fb"):
        refused(ask(f"/collections/{layer}/items/{unknown}"), status=404)


def test_oapif_25_head_says_what_get_says(ask: Ask, layer: str):
    for path in ("/", "/collections", f"/collections/{layer}", f"/collections/{layer}/items?limit=2"):
        head, get = ask(path, method="HEAD"), ask(path)
        assert (head.status_code, head.mimetype, head.data) == (get.status_code, get.mimetype, b"")
    for path in ("/nope", f"/collections/{layer}/items?limit=0"):
        assert ask(path, method="HEAD").status_code == ask(path).status_code


def test_oapif_25_over_http_there_are_options_and_cors(server):
    address = f"{server.url}/ogc/v1/collections/gemeenten/items?limit=1"
    found = http.ask(address, Origin="https://example.com")
    assert found.status == 200
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert found.headers["Access-Control-Allow-Credentials"] is None


def test_oapif_26_html_by_accept_and_by_f(ask: Ask, layer: str):
    for path in resources(layer):
        for answer in (ask(path, headers={"Accept": "text/html"}), ask(f"{path}?f=html")):
            assert answer.status_code == 200 and answer.mimetype == "text/html"
            assert "<title>" in answer.text
        assert ask(f"{path}?f=nonsense").status_code in {400, 406}


# CRS (Part 2)


def test_oapif_27_crs_lists_are_as_part_2_has_them(ask: Ask, layer: str):
    document = ask("/collections").json
    (listed,) = (item for item in document["collections"] if item["id"] == layer)
    for found in (listed, ask(f"/collections/{layer}").json):
        systems = list(found["crs"])
        if "#/crs" in systems:
            systems += document["crs"]
        assert all(uri == "#/crs" or re.fullmatch(r"https?://www\.opengis\.net/def/crs/\S+", uri) for uri in systems)
        assert found["storageCrs"] in systems
        assert "storageCrsCoordinateEpoch" not in found or found["storageCrs"]


def test_oapif_28_content_crs_names_the_crs_of_the_answer(ask: Ask, layer: str):
    key = items(ask, "limit=1", layer)["features"][0]["id"]
    for path in (f"/collections/{layer}/items", f"/collections/{layer}/items/{key}"):
        assert ask(path).headers["Content-Crs"] == f"<{CRS84}>"
        for uri in ask(f"/collections/{layer}").json["crs"]:
            assert ask(path, query_string={"crs": uri}).headers["Content-Crs"] == f"<{uri}>"


@pytest.mark.parametrize("uri", [UNSUPPORTED, f"{EPSG}32690", "nonsense", "", f"{EPSG}28992#"])
def test_oapif_29_an_unknown_crs_is_refused(ask: Ask, layer: str, uri: str):
    refused(ask(f"/collections/{layer}/items", query_string={"crs": uri}), "crs")
    refused(ask(f"/collections/{layer}/items", query_string={"bbox": "5,52,6,53", "bbox-crs": uri}), "bbox-crs")


def test_oapif_30_geometry_in_each_crs_is_the_same_place(ask: Ask, layer: str):
    first = items(ask, "limit=3", layer)
    for uri in ask(f"/collections/{layer}").json["crs"]:
        srid = 4326 if uri == CRS84 else int(uri.rpartition("/")[2])
        answer = ask(f"/collections/{layer}/items", query_string={"limit": "3", "crs": uri})
        found = positions(answer.json)
        if uri in {f"{EPSG}4326", f"{EPSG}4258"}:
            found = shapely.transform(found, lambda points: points[:, ::-1])
        if srid in {4326, 4258}:
            assert found.equals_exact(positions(first), tolerance=1e-7)
        else:
            transformer = Transformer.from_crs(4326, srid, always_xy=True)
            wanted = shapely.transform(positions(first), transformer.transform, interleaved=False)
            # plain PROJ without the correction grid is up to a quarter of a metre off
            assert (
                shapely.hausdorff_distance(
                    shapely.MultiPoint(shapely.get_coordinates(found)),
                    shapely.MultiPoint(shapely.get_coordinates(wanted)),
                )
                < 1.5
            )


def test_oapif_31_a_box_in_each_crs_gives_the_same_features(ask: Ask, layer: str):
    ((west, south, east, north),) = ask(f"/collections/{layer}").json["extent"]["spatial"]["bbox"]
    middle, above = (west + east) / 2, (south + north) / 2
    expected = set(keys(items(ask, f"bbox={west},{south},{middle},{above}&limit=1000", layer)))
    whole = set(keys(items(ask, "limit=1000", layer)))
    for uri in ask(f"/collections/{layer}").json["crs"]:
        box = _box(uri, west, south, middle, above)
        query = {"bbox": box, "bbox-crs": uri, "limit": "1000"}
        found = set(keys(ask(f"/collections/{layer}/items", query_string=query).json))
        # the edge of a box in degrees is no straight line in metres: what touches it may differ
        assert len(found ^ expected) <= max(1, len(whole) // 50), uri


def _box(uri: str, *corners: float) -> str:
    srid = 4326 if uri == CRS84 else int(uri.rpartition("/")[2])
    low, high = corners[:2], corners[2:]
    if uri in {f"{EPSG}4326", f"{EPSG}4258"}:
        low, high = low[::-1], high[::-1]
    elif srid not in {4326, 4258}:
        bounds = Transformer.from_crs(4326, srid, always_xy=True).transform_bounds(*corners)
        low, high = bounds[:2], bounds[2:]
    return ",".join(map(repr, (*low, *high)))


def test_oapif_31_a_feature_by_its_key_is_the_feature_of_the_page_in_each_crs(ask_world: Ask, world: Service):
    for uri in ask_world("/collections/proef").json["crs"]:
        (listed,) = ask_world(ITEMS, query_string={"identificatie": "NL.PROEF.7", "crs": uri}).json["features"]
        alone = json.loads(ask_world(f"{ITEMS}/NL.PROEF.7", query_string={"crs": uri}).data)
        assert alone["geometry"] == listed["geometry"]
