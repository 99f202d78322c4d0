"""The OGC API through its WSGI door: what clients send, what they get, and what nobody may see."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import shapely
import shapely.geometry
from pygeoapi.openapi import validate_openapi_document
from pyproj import Transformer
from tests.world import BEHEERDER, GEMEENTE, GRID, HOSTILE
from werkzeug.test import Client, TestResponse

from risicoatlas import proj
from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.providers import documents, ogcapi
from risicoatlas.service import Service

ROWS = GRID * GRID + 3
SITE = "https://atlas.example.nl/x"
BASE = "https://atlas.example.nl/x/ogc/v1"
WFS = "https://atlas.example.nl/x/wfs?"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/collections/proef/items"

SYSTEMS = (
    (4326, CRS84),
    (28992, f"{EPSG}28992"),
    (4326, f"{EPSG}4326"),
    (4258, f"{EPSG}4258"),
    (3857, f"{EPSG}3857"),
)

Ask = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def application(world: Service):
    return ogcapi.create(world)


@pytest.fixture
def ask(application) -> Ask:
    """Send a request as an actor; the path is under /ogc/v1."""
    client = Client(application)

    def sent(path: str, actor: Actor = ANONYMOUS, method: str = "GET", **options: Any) -> TestResponse:
        token = actors.bind(actor)
        try:
            return client.open(path, method=method, base_url="http://evil.example/", **options)
        finally:
            actors.unbind(token)

    return sent


def page(ask: Ask, query: str = "", actor: Actor = ANONYMOUS, collection: str = "proef") -> dict[str, Any]:
    answer = ask(f"/collections/{collection}/items?{query}", actor)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/geo+json"
    found: dict[str, Any] = answer.json
    assert found["numberReturned"] == len(found["features"])
    return found


def keys(found: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in found["features"]]


def _bounds(found: dict[str, Any]) -> list[float]:
    return list(shapely.total_bounds([shapely.geometry.shape(feature["geometry"]) for feature in found["features"]]))


def refused(answer: TestResponse, parameter: str | None = None, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    if parameter:
        assert answer.json.get("parameter") == parameter, answer.json
    for leak in ("SELECT", "psycopg", "Traceback", "publiek.", "besloten.", ".py"):
        assert leak not in answer.text
    return str(answer.json["detail"])


def all_links(found: Any) -> Iterator[dict[str, str]]:
    if isinstance(found, dict):
        if "href" in found:
            yield found
        for value in found.values():
            yield from all_links(value)
    elif isinstance(found, list):
        for value in found:
            yield from all_links(value)


class TestDocuments:
    def test_the_landing_page_links_to_what_is_there(self, ask: Ask) -> None:
        document = ask("/").json
        rels = {link["rel"] for link in document["links"]}
        assert {"service-desc", "service-doc", "conformance", "data", "self", "alternate"} <= rels
        assert {"license", "describedby"} <= rels
        for link in document["links"]:
            assert {"href", "rel", "type"} <= set(link)
            if link["rel"] not in {"about", "license", "describedby"}:
                address = link["href"].removeprefix(BASE) or "/"
                assert ask(address).status_code == 200, link

    @pytest.mark.parametrize(
        "path", ["/", "/collections", "/collections/proef", f"{ITEMS}?limit=2", f"{ITEMS}/NL.PROEF.1"]
    )
    def test_links_are_absolute_and_never_echo_the_host(self, ask: Ask, path: str) -> None:
        text = ask(path).text
        assert "evil.example" not in text
        links = list(all_links(json.loads(text)))
        assert links
        ours = (BASE, WFS, f"{SITE}/metadata/", "https://example.org")
        assert all(link["href"].startswith(ours) for link in links if link["rel"] != "license")

    def test_conformance_declares_what_makes_qgis_push_filters_down(self, ask: Ask) -> None:
        declared = ask("/conformance").json["conformsTo"]
        for name in ("features-3/1.0/conf/filter", "features-3/1.0/conf/features-filter", "cql2/1.0/conf/cql2-text"):
            assert any(item.endswith(name) for item in declared)
        assert len(declared) == len(set(declared)) == len(documents.CONFORMANCE)

    def test_collections_tell_extent_crs_and_state(self, ask: Ask) -> None:
        (collection,) = ask("/collections").json["collections"]
        assert collection["id"] == "proef" and collection["title"] == "Proeflaag <1>"
        assert collection["crs"][0] == CRS84 and f"{EPSG}28992" in collection["crs"]
        assert collection["storageCrs"] == f"{EPSG}28992"
        west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
        assert 5 < west < east < 5.5 and 52 < south < north < 52.5
        assert (collection["aantal"], collection["publicatie"], collection["brondatum"]) == (ROWS, 1, "2026-10-15")
        alone = ask("/collections/proef").json
        assert {name: alone[name] for name in ("id", "title", "extent", "crs")} == {
            name: collection[name] for name in ("id", "title", "extent", "crs")
        }

    def test_titles_follow_the_language(self, ask: Ask) -> None:
        assert ask("/collections/proef?lang=en-US").json["title"] == "Trial layer"
        assert ask("/collections/proef", headers={"Accept-Language": "en,*"}).json["title"] == "Trial layer"
        assert ask("/collections/proef").headers["Content-Language"] == "nl-NL"
        refused(ask("/collections/proef?lang=xx"), "lang")

    @pytest.mark.parametrize("name", ["queryables", "schema"])
    def test_queryables_and_schema_name_every_field_and_nothing_else(self, ask: Ask, name: str) -> None:
        answer = ask(f"/collections/proef/{name}?f=json")
        assert answer.mimetype == "application/schema+json"
        document = answer.json
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert document["$id"] == f"{BASE}/collections/proef/{name}"
        assert document["additionalProperties"] is False
        assert document["properties"]["geometrie"]["format"] == "geometry-multipolygon"
        assert document["properties"]["soort"]["enum"] == ["a", "b", "c"]
        assert document["properties"]["moment"]["format"] == "date-time"
        assert document["properties"]["identificatie"]["x-ogc-role"] == "id"
        assert not {"volgnummer", "rij_hash", "publicatie_tot"} & set(document["properties"])

    def test_the_openapi_document_is_valid_and_self_contained(self, ask: Ask) -> None:
        answer = ask("/openapi", headers={"Accept": "application/vnd.oai.openapi+json;version=3.0, application/json"})
        assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
        document = answer.json
        assert validate_openapi_document(document)
        assert document["servers"] == [{"url": BASE}]
        references = [part.split('"')[1] for part in answer.text.split('"$ref":')[1:]]
        for reference in references:
            target: Any = document
            for name in reference.removeprefix("#/").split("/"):
                target = target[name]
        names = {item.get("name") for item in document["paths"][ITEMS]["get"]["parameters"]}
        assert {"soort", "aantal", "gemeentecode"} <= names
        limit = document["components"]["parameters"]["limit"]
        assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 10000, "default": 10}
        for name in ("filter", "filter-lang", "filter-crs", "bbox", "datetime", "crs"):
            assert {"$ref": f"#/components/parameters/{name}"} in document["paths"][ITEMS]["get"]["parameters"]

    @pytest.mark.parametrize(
        "path",
        ["/", "/conformance", "/openapi", "/collections", "/collections/proef", "/collections/proef/queryables",
         "/collections/proef/schema", f"{ITEMS}?ids=", f"{ITEMS}/NL.PROEF.gm0001.0001"],
    )  # fmt: skip
    def test_every_page_is_html_for_a_browser_and_fetches_nothing_elsewhere(self, ask: Ask, path: str) -> None:
        path = path.replace("?ids=", "?identificatie=NL.PROEF.gm0001.0001")
        answer = ask(path, headers={"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"})
        assert answer.status_code == 200 and answer.mimetype == "text/html"
        assert "<title>" in answer.text and "<script>" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        sources = [part.split('"')[1] for part in answer.text.split("src=")[1:]]
        assert all(source.startswith("https://atlas.example.nl/x/") for source in sources)
        assert HOSTILE[:6] not in answer.text

    def test_an_empty_page_says_so_in_html(self, ask: Ask) -> None:
        assert "Geen objecten" in ask(f"{ITEMS}?f=html&soort=zzz").text


class TestItems:
    def test_a_page_has_ten_features_and_its_numbers(self, ask: Ask) -> None:
        found = page(ask)
        assert len(found["features"]) == 10 and found["numberMatched"] == ROWS
        assert found["type"] == "FeatureCollection" and found["timeStamp"].endswith("Z")

    def test_next_links_lead_through_everything_once(self, ask: Ask) -> None:
        address: str | None = f"{ITEMS}?f=json&limit=57&filter=naam IS NOT NULL"
        seen: list[str] = []
        pages = 0
        while address:
            found = ask(address).json
            pages += 1
            seen += keys(found)
            assert found["numberMatched"] == ROWS - 1
            rels = {link["rel"]: link["href"] for link in found["links"]}
            assert ("prev" in rels) == (pages > 1)
            address = rels["next"].removeprefix(BASE) if "next" in rels else None
        assert len(seen) == len(set(seen)) == ROWS - 1

    def test_a_full_last_page_has_no_next(self, ask: Ask) -> None:
        rels = {link["rel"] for link in page(ask, f"limit={ROWS}")["links"]}
        assert "next" not in rels
        assert "next" not in {link["rel"] for link in page(ask, f"offset={ROWS + 10}")["links"]}

    def test_hostile_values_come_through_unchanged(self, ask: Ask) -> None:
        (feature,) = page(ask, "identificatie=NL.PROEF.gm0001.0001")["features"]
        assert feature["properties"]["naam"] == HOSTILE
        one = ask(f"{ITEMS}/NL.PROEF.gm0001.0001").json
        assert one["properties"] == feature["properties"] and one["geometry"] == feature["geometry"]

    def test_one_feature_has_its_links_and_an_unknown_one_is_404(self, ask: Ask) -> None:
        answer = ask(f"{ITEMS}/NL.PROEF.1")
        assert answer.mimetype == "application/geo+json" and answer.json["id"] == "NL.PROEF.1"
        assert {"self", "alternate", "collection"} <= {link["rel"] for link in answer.json["links"]}
        for key in ("NL.PROEF.999", "x'%20OR%201=1--", "%00", "a/b", "NL.PROEF.1;DROP"):
            refused(ask(f"{ITEMS}/{key}"), status=404)

    @pytest.mark.parametrize(
        ("srid", "uri"),
        [(4326, CRS84), (28992, f"{EPSG}28992"), (4326, f"{EPSG}4326"), (4258, f"{EPSG}4258"), (3857, f"{EPSG}3857")],
    )
    def test_geometry_comes_in_each_crs_in_its_axis_order(self, ask: Ask, srid: int, uri: str) -> None:
        for path in (f"{ITEMS}?identificatie=NL.PROEF.1&crs={uri}", f"{ITEMS}/NL.PROEF.1?crs={uri}"):
            answer = ask(path)
            assert answer.headers["Content-Crs"] == f"<{uri}>"
            feature = answer.json["features"][0] if "features" in answer.json else answer.json
            wanted = proj.between(28992, srid).transform(131_000, 481_000)
            if uri in {f"{EPSG}4326", f"{EPSG}4258"}:
                wanted = wanted[::-1]
            corners = feature["geometry"]["coordinates"][0][0]
            assert min(abs(x - wanted[0]) + abs(y - wanted[1]) for x, y in corners) < (
                0.01 if srid in {28992, 3857} else 1e-7
            )

    def test_without_crs_it_is_longitude_first(self, ask: Ask) -> None:
        answer = ask(f"{ITEMS}?limit=1")
        assert answer.headers["Content-Crs"] == f"<{CRS84}>"
        x, y = answer.json["features"][0]["geometry"]["coordinates"][0][0][0]
        assert 5 < x < 6 and 52 < y < 53

    def test_a_box_gives_the_same_objects_in_every_crs(self, ask: Ask) -> None:
        corners = [(131_005, 481_005), (131_015, 481_007)]
        found = set()
        for srid, uri in (
            (28992, f"{EPSG}28992"),
            (4326, f"{EPSG}4326"),
            (4258, f"{EPSG}4258"),
            (4326, CRS84),
            (3857, f"{EPSG}3857"),
        ):
            transformer = Transformer.from_crs(28992, srid, always_xy=True)
            points = [transformer.transform(*corner) for corner in corners]
            if uri.endswith(("/4326", "/4258")):
                points = [point[::-1] for point in points]
            box = ",".join(repr(number) for point in points for number in point)
            found.add(tuple(keys(page(ask, f"bbox={box}&bbox-crs={uri}&ja=true"))))
            found.add(tuple(keys(page(ask, f"bbox={box}&bbox-crs={uri}&ja=false"))))
        assert found == {("NL.PROEF.1",), ("NL.PROEF.2",)}

    @pytest.mark.parametrize("box", ["177,65,-177,70", "-80,-5,-70,5", "5,85,6,90"])
    def test_a_box_elsewhere_says_how_many_were_tested(self, ask: Ask, box: str) -> None:
        answer = ask(f"{ITEMS}?bbox={box}&soort=a")
        assert answer.json["features"] == [] and answer.json["numberMatched"] == 0
        assert answer.json["numberTested"] == ROWS
        assert answer.headers["X-Objects-Tested"] == str(ROWS)

    @pytest.mark.parametrize(
        "box",
        ["1,2,3", "a,b,c,d", "5,53,6,52", "nan,1,2,3", "1,2,3,inf", "", "1,2,3,4,5", "131000,481000,131100,481100"],
    )
    def test_a_bad_box_is_refused(self, ask: Ask, box: str) -> None:
        refused(ask(f"{ITEMS}?bbox={box}"), "bbox")

    def test_a_box_of_six_numbers_is_taken(self, ask: Ask) -> None:
        assert page(ask, "bbox=5,52,0,6,53,10")["numberMatched"] == ROWS

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("2024-01-02", 4),
            ("2024-01-03/2024-01-04", 6),
            ("../2024-01-05T00:00:00%2B01:00", 7),
            ("2024-01-02T10:00:00Z", 4),
            ("2024-01-02/..", ROWS),
        ],
    )
    def test_datetime_meets_validity_and_open_ends_match(self, ask: Ask, text: str, count: int) -> None:
        assert page(ask, f"datetime={text}")["numberMatched"] == count

    @pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "2025-01-01/2024-01-01", "../..", "", "a/b/c"])
    def test_a_malformed_datetime_is_refused(self, ask: Ask, text: str) -> None:
        refused(ask(f"{ITEMS}?datetime={text}"), "datetime")

    def test_sorting_and_choosing_attributes(self, ask: Ask) -> None:
        found = page(ask, "sortby=-aantal&properties=aantal,soort&limit=3&filter=aantal>0&skipGeometry=true")
        assert [feature["properties"] for feature in found["features"]] == [
            {"soort": "b", "aantal": 400}, {"soort": "a", "aantal": 399}, {"soort": "c", "aantal": 398},
        ]  # fmt: skip
        assert found["features"][0]["geometry"] is None

    @pytest.mark.parametrize("text", ["limit=0", "limit=-1", "limit=abc", "limit=unlimited", "limit=", "limit=1.5"])
    def test_a_bad_limit_is_refused(self, ask: Ask, text: str) -> None:
        refused(ask(f"{ITEMS}?{text}"), "limit")

    def test_a_limit_above_the_maximum_gives_the_maximum(self, ask: Ask) -> None:
        assert len(page(ask, "limit=1000000")["features"]) == ROWS

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("nope=1", "nope"),
            ("filer=aantal>1", "filer"),
            ("limit=1&limit=2", "limit"),
            ("offset=-1", "offset"),
            ("crs=http://www.opengis.net/def/crs/0/unsupported", "crs"),
            (f"crs={EPSG}31370", "crs"),
            ("bbox=5,52,6,53&bbox-crs=http://www.opengis.net/def/crs/0/unsupported", "bbox-crs"),
            (f"bbox-crs={CRS84}", "bbox-crs"),
            ("filter=aantal>1&filter-crs=nonsense", "filter-crs"),
            ("filter=aantal>1&filter-lang=sql", "filter-lang"),
            ("filter=aantal>", "filter"),
            ("filter=nope=1", "filter"),
            ("filter=volgnummer=1", "filter"),
            ("filter=aantal='x'", "filter"),
            ("sortby=nope", "sortby"),
            ("sortby=", "sortby"),
            ("properties=nope", "properties"),
            ("skipGeometry=maybe", "skipGeometry"),
            ("f=xml", "f"),
            ("f=jsonld", "f"),
            ("aantal=x", "filter"),
        ],
    )
    def test_a_wrong_parameter_is_named(self, ask: Ask, query: str, parameter: str) -> None:
        refused(ask(f"{ITEMS}?{query}"), parameter)

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/conformance",
            "/openapi",
            "/collections",
            "/collections/proef",
            "/collections/proef/schema",
            "/collections/proef/queryables",
            f"{ITEMS}/NL.PROEF.1",
        ],
    )
    def test_an_unknown_parameter_is_refused_everywhere(self, ask: Ask, path: str) -> None:
        refused(ask(f"{path}?nope=1"), "nope")
        assert ask(f"{path}?api_key=secret").status_code == 200

    def test_a_credential_is_in_no_link(self, ask: Ask) -> None:
        assert "geheime-sleutel" not in ask(f"{ITEMS}?api_key=geheime-sleutel&limit=2").text

    @pytest.mark.parametrize(
        "accept", ["*/*", "application/json", "application/geo+json, application/json", "", "application/xml"]
    )
    def test_json_is_given_whenever_html_is_not_asked(self, ask: Ask, accept: str) -> None:
        assert ask(f"{ITEMS}?limit=1", headers={"Accept": accept} if accept else {}).mimetype == "application/geo+json"

    def test_head_agrees_with_get(self, ask: Ask) -> None:
        for path in ("/", "/collections", f"{ITEMS}?limit=5", f"{ITEMS}/NL.PROEF.1"):
            for _ in range(10):
                head = ask(path, method="HEAD")
                assert head.status_code == 200 and head.data == b""
            assert head.mimetype == ask(path).mimetype

    def test_other_methods_are_refused_with_what_is_allowed(self, ask: Ask) -> None:
        answer = ask(f"{ITEMS}/NL.PROEF.1", method="DELETE")
        refused(answer, status=405)
        assert "GET" in answer.headers["Allow"]
        assert "POST" in ask(ITEMS, method="OPTIONS").headers["Allow"]

    @pytest.mark.parametrize(
        "path", ["/nope", "/collections/nope", "/collections/nope/items", "/collections/proef/nope", "/static/x"]
    )
    def test_an_unknown_address_is_404(self, ask: Ask, path: str) -> None:
        refused(ask(path), status=404)


class TestFilter:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("soort = 'a'", 133),
            ("soort='a' OR soort='b' AND aantal < 5", 135),
            ("aantal BETWEEN 2 AND 4", 3),
            ("naam LIKE 'rij 1_'", 10),
            ("CASEI(naam) LIKE CASEI('RIJ 1_')", 10),
            ("soort IN ('a','b')", 267),
            ("naam IS NULL", 1),
            ("NOT ja = TRUE AND aantal <= 3", 2),
            ("S_INTERSECTS(geometrie, POINT(5.0353 52.3165))", 1),
            ("S_WITHIN(geometrie, POLYGON((5 52, 5.1 52, 5.1 52.4, 5 52.4, 5 52)))", 400),
            ("dag = DATE('2024-01-02')", 1),
            ("T_AFTER(moment, TIMESTAMP('2024-01-03T12:00:00Z'))", 398),
            ("T_DURING(INTERVAL(begin_geldigheid, moment), INTERVAL('2024-01-01', '2024-01-03'))", 2),
        ],
    )
    def test_cql2_text(self, ask: Ask, text: str, count: int) -> None:
        answer = ask(ITEMS, query_string={"filter": text, "filter-lang": "cql2-text"})
        assert answer.json.get("numberMatched") == count, answer.text

    def test_cql2_json_by_get_and_by_post(self, ask: Ask) -> None:
        expression = json.dumps({"op": "and", "args": [
            {"op": "=", "args": [{"property": "soort"}, "a"]},
            {"op": "<", "args": [{"property": "aantal"}, 10]},
        ]})  # fmt: skip
        by_get = ask(ITEMS, query_string={"filter": expression, "filter-lang": "cql2-json"})
        by_post = ask(ITEMS, method="POST", data=expression, content_type="application/json")
        assert by_get.json["numberMatched"] == by_post.json["numberMatched"] == 3
        refused(ask(ITEMS, method="POST", data="{", content_type="application/json"), "filter")
        refused(ask(ITEMS, method="POST", data=b"", content_type="application/json"), "filter")
        refused(ask(ITEMS, method="POST", data="a=1", content_type="text/plain"), "Content-Type")

    def test_geometries_are_in_filter_crs_with_its_axis_order(self, ask: Ask) -> None:
        x, y = Transformer.from_crs(28992, 4326, always_xy=True).transform(131_005, 481_005)
        asked = [
            (f"S_INTERSECTS(geometrie, POINT({x} {y}))", None),
            (f"S_INTERSECTS(geometrie, POINT({x} {y}))", CRS84),
            (f"S_INTERSECTS(geometrie, POINT({y} {x}))", f"{EPSG}4326"),
            ("S_INTERSECTS(geometrie, POINT(131005 481005))", f"{EPSG}28992"),
            ("S_INTERSECTS(geometrie, SRID=28992;POINT(131005 481005))", None),
        ]
        for text, uri in asked:
            query = {"filter": text, **({"filter-crs": uri} if uri else {})}
            assert keys(ask(ITEMS, query_string=query).json) == ["NL.PROEF.1"], text

    def test_a_geometry_read_in_the_wrong_crs_speaks(self, ask: Ask) -> None:
        query = {"filter": "S_INTERSECTS(geometrie, POINT(131005 481005))"}
        assert "CRS84" in refused(ask(ITEMS, query_string=query), "filter")

    def test_filter_box_time_and_attribute_all_hold(self, ask: Ask) -> None:
        query = {
            "filter": "aantal < 40",
            "soort": "a",
            "bbox": "5,52,5.1,52.4",
            "datetime": "2024-01-10",
            "limit": "100",
        }
        found = ask(ITEMS, query_string=query).json
        assert all(feature["properties"]["soort"] == "a" for feature in found["features"])
        assert found["numberMatched"] == 3

    @pytest.mark.parametrize(
        "text",
        ["naam = 'x' OR 1=1", "naam = 'x'; DROP TABLE publiek.proef", "naam = '' UNION SELECT 1", "pg_sleep(10) = 1",
         "naam LIKE '%' || naam", "current_user = 'x'", "naam = 'x' -- ", "\"naam\"\"; --\" = 'a'", "naam = 'a\x00b'"],
    )  # fmt: skip
    def test_injection_is_an_error_or_just_text(self, ask: Ask, text: str) -> None:
        answer = ask(ITEMS, query_string={"filter": text})
        if answer.status_code != 200:
            refused(answer, "filter")
        assert page(ask)["numberMatched"] == ROWS

    def test_a_key_in_an_address_is_read_as_utf_8(self, ask: Ask) -> None:
        assert "'é/ü'" in refused(ask(f"{ITEMS}/%C3%A9/%C3%BC"), "featureId", 404)

    def test_a_filter_without_end_is_refused_by_its_limit(self, ask: Ask) -> None:
        for text in ("(" * 5000 + "TRUE" + ")" * 5000, "NOT " * 20000 + "TRUE", " OR ".join(["aantal = 1"] * 2000)):
            answer = ask(ITEMS, query_string={"filter": text})
            assert answer.status_code in {200, 400}, text[:20]
        refused(ask(ITEMS, method="POST", data=_deep(), content_type="application/json"), "filter")


def _deep() -> str:
    return '{"op":"not","args":[' * 1600 + "true" + "]}" * 1600


class TestAccess:
    PATHS = ("", "/items", "/items/VL.PROEF.1", "/queryables", "/schema")

    def test_a_hidden_collection_is_absent_everywhere(self, ask: Ask) -> None:
        for path in ("/", "/collections", "/openapi", "/conformance"):
            assert "geheim" not in ask(path).text.lower()
        for path in self.PATHS:
            hidden = ask(f"/collections/geheim{path}")
            unknown = ask(f"/collections/anders{path}")
            refused(hidden, status=404)
            assert hidden.text.replace("geheim", "anders") == unknown.text
            assert {name for name, _ in hidden.headers} == {name for name, _ in unknown.headers}

    def test_a_hidden_collection_is_absent_for_wrong_parameters_too(self, ask: Ask) -> None:
        refused(ask("/collections/geheim/items?nope=1"), status=404)
        refused(ask("/collections/geheim/items?waarde=1"), status=404)

    def test_a_municipality_sees_the_collection_and_its_own_rows(self, ask: Ask) -> None:
        assert "geheim" in {item["id"] for item in ask("/collections", GEMEENTE).json["collections"]}
        assert "/collections/geheim/items" in ask("/openapi", GEMEENTE).json["paths"]
        found = page(ask, "limit=100", GEMEENTE, "geheim")
        assert len(found["features"]) == found["numberMatched"] == 10
        assert ask("/collections/geheim/items/VL.PROEF.1", GEMEENTE).status_code == 200
        refused(ask("/collections/geheim/items/VL.PROEF.11", GEMEENTE), status=404)
        assert len(page(ask, "limit=100", BEHEERDER, "geheim")["features"]) == 20

    def test_a_filter_does_not_reveal_hidden_rows(self, ask: Ask) -> None:
        found = page(ask, "filter=waarde=11", GEMEENTE, "geheim")
        assert found["features"] == [] and found["numberTested"] == 10
        for text in ("1/(waarde-15)>-5", "gemeentecode<>'44021'", "tekst LIKE '%25zien%25'"):
            answer = ask(f"/collections/geheim/items?limit=100&filter={text}", GEMEENTE)
            assert answer.status_code == 200
            assert all(int(key.rpartition(".")[2]) <= 10 for key in keys(answer.json))

    def test_the_extent_and_count_of_a_restricted_collection_are_those_of_the_own_rows(self, ask: Ask) -> None:
        own, whole = (ask("/collections/geheim", who).json for who in (GEMEENTE, BEHEERDER))
        assert own["aantal"] == 10
        assert whole["aantal"] == 20
        assert "publicatie" not in own
        boxes = [found["extent"]["spatial"]["bbox"][0] for found in (own, whole)]
        corners = [_bounds(page(ask, "limit=100", who, "geheim")) for who in (GEMEENTE, BEHEERDER)]
        assert boxes == [pytest.approx(bounds, abs=1e-7) for bounds in corners]
        assert boxes[0] != boxes[1]

    def test_without_an_actor_everything_is_refused(self, application) -> None:
        answer = Client(application).get("/collections")
        refused(answer, status=403)


def test_links_keep_every_parameter_of_the_request(ask: Ask) -> None:
    query = {"filter": "naam LIKE 'rij %' AND aantal > 1", "bbox": "5,52,6,53", "limit": "5", "crs": f"{EPSG}28992"}
    found = ask(ITEMS, query_string=query).json
    following = next(link["href"] for link in found["links"] if link["rel"] == "next")
    parts = dict(parse_qsl(urlsplit(following).query))
    assert parts.pop("cursor")
    assert parts == {**query, "f": "json"}
