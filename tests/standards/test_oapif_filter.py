"""OGC API Features Parts 3 and 5 and what clients need, assertions 32 to 47: filters, schemas, order, errors."""

import re
from typing import Any

import jsonschema_rs
import pytest
from pyproj import Transformer
from tests.integration import conftest as http
from tests.standards.conftest import Ask
from tests.standards.test_oapif_core import (
    CRS84,
    EPSG,
    ITEMS,
    REL,
    definition,  # noqa: F401 - a fixture
    items,
    keys,
    links,
    parameter,
    refused,
    relative,
)
from tests.world import BEHEERDER, GEMEENTE

from risicoatlas.filters import sql as filters

PUSH_DOWN = (
    "ogcapi-features-3/1.0/conf/filter", "ogcapi-features-3/1.0/conf/features-filter", "cql2/1.0/conf/cql2-text",
    "cql2/1.0/conf/basic-cql2", "cql2/1.0/conf/advanced-comparison-operators",
    "cql2/1.0/conf/case-insensitive-comparison", "cql2/1.0/conf/basic-spatial-functions",
    "cql2/1.0/conf/basic-spatial-operators",
)  # fmt: skip


def filtered(ask: Ask, text: str, **more: str) -> Any:
    return ask(ITEMS, query_string={"filter": text, "limit": "1000", **more})


def test_oapif_32_the_definition_describes_the_filter_parameters(definition: dict[str, Any], layer: str):  # noqa: F811
    language = parameter(definition, "filter-lang", layer)["schema"]
    assert set(language["enum"]) == {"cql2-text", "cql2-json"} and language["default"] == "cql2-text"
    assert parameter(definition, "filter", layer)["schema"] == {"type": "string"}
    assert parameter(definition, "filter-crs", layer)["schema"]["format"] == "uri"


def test_oapif_33_a_filter_selects_and_a_wrong_one_is_refused(ask_world: Ask, ask: Ask, layer: str):
    found = filtered(ask_world, "aantal > 395 AND soort = 'a'").json
    assert {item["properties"]["soort"] for item in found["features"]} == {"a"}
    assert sorted(item["properties"]["aantal"] for item in found["features"]) == [396, 399]
    path = f"/collections/{layer}/items"
    for text in ("naam =", "nope = 1", "naam = 'x", "naam", "1", "(naam = 'x'", "naam == 'x'", "naam = 'x' AND", ""):
        if text:
            refused(ask(path, query_string={"filter": text}), "filter")
    refused(ask(path, query_string={"filter": "naam = 'x'", "filter-lang": "sql"}), "filter-lang")
    refused(ask(path, query_string={"filter": "naam = 'x'", "filter-crs": "nonsense"}), "filter-crs")


def test_oapif_34_filter_box_time_and_attributes_all_hold(ask_world: Ask):
    parts = {"filter": "aantal < 40", "bbox": "5,52,5.1,52.4", "datetime": "2024-01-20", "soort": "a"}
    sets = [
        set(keys(ask_world(ITEMS, query_string={name: text, "limit": "1000"}).json)) for name, text in parts.items()
    ]
    together = set(keys(ask_world(ITEMS, query_string={**parts, "limit": "1000"}).json))
    assert together == set.intersection(*sets) and together


def test_oapif_35_a_filters_geometries_are_in_filter_crs(ask_world: Ask):
    x, y = Transformer.from_crs(28992, 4326, always_xy=True).transform(131_005, 481_005)
    for point, uri in (
        (f"{x} {y}", None),
        (f"{x} {y}", CRS84),
        (f"{y} {x}", f"{EPSG}4326"),
        (f"{y} {x}", f"{EPSG}4258"),
        ("131005 481005", f"{EPSG}28992"),
    ):
        more = {"filter-crs": uri} if uri else {}
        found = filtered(ask_world, f"S_INTERSECTS(geometrie,POINT({point}))", **more).json
        assert keys(found) == ["NL.PROEF.1"], (point, uri)


@pytest.mark.parametrize("name", ["queryables", "sortables", "schema"])
def test_oapif_36_queryables_and_schema_are_json_schemas(ask: Ask, layer: str, name: str):
    answer = ask(f"/collections/{layer}/{name}")
    assert answer.mimetype == "application/schema+json"
    document = answer.json
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"].endswith(f"/ogc/v1/collections/{layer}/{name}")
    assert document["type"] == "object"
    for item in document["properties"].values():
        assert ("type" in item) != item.get("format", "").startswith("geometry-")
    jsonschema_rs.meta.validate(document)
    spelled = f"{REL}{name}"
    found = links(ask(f"/collections/{layer}").json, spelled)
    assert "application/schema+json" in {link["type"] for link in found}, spelled


def test_oapif_37_only_queryables_may_be_in_a_filter(ask: Ask, layer: str):
    document = ask(f"/collections/{layer}/queryables").json
    assert document["additionalProperties"] is False
    for name in document["properties"]:
        answer = ask(f"/collections/{layer}/items", query_string={"filter": f"{name} IS NULL", "limit": "1"})
        assert answer.status_code == 200, answer.text
    for name in ("volgnummer", "rij_hash", "geometrie_etrs89", "publicatie_tot", "nope"):
        refused(ask(f"/collections/{layer}/items", query_string={"filter": f"{name} IS NULL"}), "filter")
    assert links(ask(f"/collections/{layer}").json, f"{REL}queryables")


def test_oapif_38_functions_are_listed_and_work(ask: Ask, ask_world: Ask):
    document = ask("/functions").json
    listed = {item["name"].lower(): item for item in document["functions"]}
    assert set(listed) == set(filters.FUNCTIONS)
    for name, item in listed.items():
        assert item["returns"] == ["string"]
        assert [argument["type"] for argument in item["arguments"]] == [["string"]]
        found = filtered(ask_world, f"{name}(naam) = {name}('rij 7')").json
        assert keys(found) == ["NL.PROEF.7"], name
    refused(filtered(ask_world, "pg_sleep(1) = 1"), "filter")
    assert links(ask("/").json, f"{REL}functions")


@pytest.mark.parametrize("text", ["+soort,-aantal", "%2Bsoort,-aantal", "soort,-aantal"])
def test_oapif_39_sortby_orders_over_pages(ask_world: Ask, text: str):
    seen: list[tuple[str, int]] = []
    address: str | None = f"{ITEMS}?sortby={text}&limit=150&filter=aantal>0"
    while address:
        document = ask_world(address).json
        seen += [(item["properties"]["soort"], item["properties"]["aantal"]) for item in document["features"]]
        following = links(document, "next")
        address = relative(following[0]["href"]) if following else None
    assert len(seen) == 400
    assert seen == sorted(seen, key=lambda pair: (pair[0], -pair[1]))
    refused(ask_world(f"{ITEMS}?sortby=nope"), "sortby")


def test_oapif_39_every_sortable_sorts_and_nothing_else(ask: Ask, layer: str):
    sortables = ask(f"/collections/{layer}/sortables").json["properties"]
    assert sortables
    for name in sortables:
        assert ask(f"/collections/{layer}/items?sortby=-{name}&limit=1").status_code == 200
    for name in {*ask(f"/collections/{layer}/schema").json["properties"], "volgnummer"} - set(sortables):
        refused(ask(f"/collections/{layer}/items?sortby={name}"), "sortby")


def test_oapif_41_the_schema_has_roles_and_items_hold_to_it(ask: Ask, layer: str):
    collection = ask(f"/collections/{layer}").json
    (link,) = (found for found in links(collection, f"{REL}schema") if found["type"] == "application/schema+json")
    document = ask(relative(link["href"])).json
    roles = {item["x-ogc-role"]: name for name, item in document["properties"].items() if "x-ogc-role" in item}
    assert roles["id"] == "identificatie" and roles["primary-geometry"] == "geometrie"
    assert {"primary-interval-start", "primary-interval-end"} <= set(roles)
    order = [item["x-ogc-propertySeq"] for item in document["properties"].values() if "x-ogc-propertySeq" in item]
    assert order == sorted(order)
    validator = jsonschema_rs.validator_for(_of_properties(document))
    for item in items(ask, "limit=1000", layer)["features"]:
        validator.validate(item["properties"])


def _of_properties(document: dict[str, Any]) -> dict[str, Any]:
    """The schema of the member ``properties``; what is not known is null in GeoJSON."""
    found = {}
    for name, item in document["properties"].items():
        if "type" in item:
            found[name] = {**item, "type": [item["type"], "null"]}
            if "enum" in item:
                found[name]["enum"] = [*item["enum"], None]
    return {"$schema": document["$schema"], "type": "object", "properties": found, "additionalProperties": False}


def test_oapif_42_the_classes_that_make_qgis_push_filters_down_are_declared(ask: Ask):
    declared = set(ask("/conformance").json["conformsTo"])
    assert {f"http://www.opengis.net/spec/{name}" for name in PUSH_DOWN} <= declared


@pytest.mark.parametrize("query", ["limit=1", "limit=10", "limit=20", "limit=1000", "limit=1&filter=naam IS NOT NULL"])
def test_oapif_43_the_pages_that_clients_ask_first_have_a_count_or_say_nothing(ask: Ask, layer: str, query: str):
    found = items(ask, query, layer)
    everything = items(ask, query.replace("limit=1&", "limit=10000&"), layer)
    assert found.get("numberMatched", everything.get("numberMatched")) == everything.get("numberMatched")


def test_oapif_44_offsets_work_beside_next_links(ask_world: Ask):
    every = keys(items(ask_world, "limit=1000"))
    for offset in (0, 1, 57, 402, 403, 5000):
        assert keys(items(ask_world, f"limit=10&offset={offset}")) == every[offset : offset + 10]
    for text in ("-1", "x", "1.5", ""):
        refused(ask_world(f"{ITEMS}?offset={text}"), "offset")


def test_oapif_45_json_is_given_by_its_general_name(ask: Ask, layer: str):
    path = f"/collections/{layer}/items?limit=1"
    for answer in (ask(path, headers={"Accept": "application/json"}), ask(f"{path}&f=json"), ask(path)):
        assert answer.json["type"] == "FeatureCollection"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nope", 404),
        ("/collections/nope", 404),
        ("/collections/nope/items", 404),
        ("/collections/gemeenten/items/nope", 404),
        ("/collections/gemeenten/items?limit=x", 400),
        ("/collections/gemeenten/items?filter=%00", 400),
        ("/collections/gemeenten/items?filter=naam='%ff'", 400),
        ("/collections/gemeenten/items?bbox=%F0%9F%98%80", 400),
    ],
)
def test_oapif_46_errors_are_problems_in_our_own_words(ask: Ask, path: str, status: int):
    text = refused(ask(path), status=status)
    assert text and not re.search(r"<|line \d|\"/", text)


def test_oapif_47_answers_have_an_etag_and_304_per_class_of_access(server, own_key: str):
    address = f"{server.url}/ogc/v1/collections/gemeenten/items?limit=2"
    public = http.ask(address)
    assert public.headers["ETag"]
    again = http.ask(address, If_None_Match=public.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    private = http.ask(f"{server.url}/ogc/v1/collections/risicolocaties/items?limit=2", own_key)
    assert private.status == 200
    assert set(re.findall(r"private|no-store", private.headers["Cache-Control"])) & {"private", "no-store"}
    seen = http.ask(address, own_key)
    assert seen.headers["ETag"] is None or seen.headers["ETag"] != public.headers["ETag"]
    assert "Accept" in public.headers["Vary"]


def test_oapif_47_restricted_rows_differ_between_viewers(world, ask_world: Ask):
    own, whole = (ask_world("/collections/geheim/items?limit=100", who).json for who in (GEMEENTE, BEHEERDER))
    assert own["numberMatched"] == 10 and whole["numberMatched"] == 20
    assert ask_world("/collections/geheim/items").status_code == 404
