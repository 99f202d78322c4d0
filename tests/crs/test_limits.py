"""Every bound on what a client may send in a filter: a proper exception that names the bound, in each form."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from risicoatlas import app
from risicoatlas.features import plan
from risicoatlas.filters import cql2, fes, literals, safe_xml, spatial, text
from risicoatlas.filters import sql as filters
from risicoatlas.providers import ogcapi

from .conftest import Visitor

LAYER = "kgl_public"
FES = 'xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
WFS_2 = "http://www.opengis.net/wfs/2.0"
COORDINATE = f"{literals.MAX_COORDINATE:,.0f}"

Points = list[tuple[float, float]]
# A line in steps that never meets itself, and one that crosses itself once, in RD.
STAIRS: Points = [(150_000 + i, 460_000 + i) for i in range(literals.MAX_VERTICES + 1)]
CROSSED: Points = [(150_000 + i, 460_000.0) for i in range(literals.MAX_CROSSING_VERTICES)] + [(150_005.5, 459_999.0)]
CROSSED[-2] = (150_005.5, 460_001.0)
# To and fro through the country, more edge than is ever drawn; its corners stand apart, so it does not meet itself.
LACE: Points = [(3.3 + 3.9 * (i % 2), 51 + i * 2.5e-4) for i in range(8_000)]


@dataclass(frozen=True)
class Answer:
    status: int
    locator: str
    text: str


def wfs(client: Visitor, **parameters: str) -> Answer:
    """As a form, so that the bound on an address does not come first."""
    asked = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": LAYER, **parameters}
    answer = client.post("/wfs", data=asked)
    found = next(etree.fromstring(answer.data).iter("{*}Exception"))
    return Answer(answer.status_code, found.get("locator"), "".join(found.itertext()))


def xml(client: Visitor, condition: str) -> Answer:
    """The same filter in an XML request."""
    body = (
        f'<wfs:GetFeature xmlns:wfs="{WFS_2}" service="WFS" version="2.0.0"><wfs:Query typeNames="{LAYER}">'
        f"{condition}</wfs:Query></wfs:GetFeature>"
    )
    answer = client.post("/wfs", data=body, content_type="application/xml")
    found = next(etree.fromstring(answer.data).iter("{*}Exception"))
    return Answer(answer.status_code, found.get("locator"), "".join(found.itertext()))


def cql2_text(client: Visitor, condition: str, **parameters: str) -> Answer:
    pairs = {"filter": condition, **parameters}.items()
    query = "&".join(f"{name}={quote(value, safe=',()').replace('%20', '+')}" for name, value in pairs)
    answer = client.get(f"/ogc/v1/collections/{LAYER}/items?{query}")
    assert answer.mimetype == "application/problem+json"
    return Answer(answer.status_code, answer.json.get("parameter"), answer.json["detail"])


def cql2_json(client: Visitor, node: Any) -> Answer:
    body = node if isinstance(node, bytes) else json.dumps(node).encode()
    address = f"/ogc/v1/collections/{LAYER}/items?filter-crs=EPSG:28992"
    answer = client.post(address, data=body, content_type="application/json")
    assert answer.mimetype == "application/problem+json"
    return Answer(answer.status_code, answer.json.get("parameter"), answer.json["detail"])


def wkt(points: Points) -> str:
    return "LINESTRING(" + ", ".join(f"{x:.7g} {y:.9g}" for x, y in points) + ")"


def gml(points: Points, srid: int = 28992) -> str:
    listed = " ".join(f"{x:.7g} {y:.9g}" for x, y in points)
    return f'<gml:LineString srsName="EPSG:{srid}"><gml:posList>{listed}</gml:posList></gml:LineString>'


def geojson(points: Points) -> dict[str, Any]:
    return {"op": "s_intersects", "args": [{"property": "geometrie"}, {"type": "LineString", "coordinates": points}]}


def intersects(geometry: str) -> str:
    return f"<fes:Intersects><fes:ValueReference>geometrie</fes:ValueReference>{geometry}</fes:Intersects>"


def filtered(condition: str) -> str:
    return f"<fes:Filter {FES}>{condition}</fes:Filter>"


NAMED = "<fes:ValueReference>naam</fes:ValueReference>"
IS_NULL = f"<fes:PropertyIsNull>{NAMED}</fes:PropertyIsNull>"
JSON_NULL = {"op": "isNull", "args": [{"property": "naam"}]}


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = JSON_NULL
    for _ in range(depth):
        node = {"op": "not", "args": [node]}
    return node


def distance(unit: str, size: float) -> str:
    point = '<gml:Point srsName="EPSG:28992"><gml:pos>155000 463000</gml:pos></gml:Point>'
    return filtered(
        f"<fes:DWithin><fes:ValueReference>geometrie</fes:ValueReference>{point}"
        f'<fes:Distance uom="{unit}">{size:.0f}</fes:Distance></fes:DWithin>'
    )


def lace_near() -> str:
    near = f'{gml(LACE, 4326)}<fes:Distance uom="m">1</fes:Distance>'
    return filtered(f"<fes:DWithin><fes:ValueReference>geometrie</fes:ValueReference>{near}</fes:DWithin>")


# Short numbers, or the bound on characters comes first.
SHORT: Points = [(i % 9, i % 7) for i in range(literals.MAX_VERTICES + 1)]
TO_AND_FRO = f"LINESTRING({','.join(f'{x} {y}' for x, y in SHORT)})"
PARTS = filters.MAX_NODES // 2
MANY = range(filters.MAX_LIST + 1)
IDS = [f"{LAYER}.x{number}" for number in range(plan.MAX_IDS + 1)]
BELGIAN: Points = [(20_000 + 270_000 * (i % 2), 30_000 + i) for i in range(300)]
DISTANCE_KM = f"{spatial.MAX_DISTANCE_M / 1000:.0f} km"

Ask = Callable[[Visitor], Answer]
# The bound, the form -> the request, and what its refusal must name: the value of the bound.
LIMITS: dict[tuple[str, str], tuple[Ask, str, object]] = {
    ("depth", "ECQL"): (
        lambda v: wfs(v, cql_filter="(" * 60 + "naam IS NULL" + ")" * 60), "cql_filter", text.MAX_DEPTH,
    ),
    ("depth", "CQL2 text"): (lambda v: cql2_text(v, "(" * 60 + "naam IS NULL" + ")" * 60), "filter", text.MAX_DEPTH),
    ("depth", "CQL2 JSON"): (lambda v: cql2_json(v, nested(60)), "filter", cql2.MAX_DEPTH),
    ("depth", "FES"): (
        lambda v: wfs(v, filter=filtered("<fes:Not>" * 80 + IS_NULL + "</fes:Not>" * 80)), "filter", safe_xml.MAX_DEPTH,
    ),
    ("depth", "XML"): (
        lambda v: xml(v, filtered("<fes:Not>" * 80 + IS_NULL + "</fes:Not>" * 80)), "request", safe_xml.MAX_DEPTH,
    ),
    ("size", "ECQL"): (lambda v: wfs(v, cql_filter="naam = '" + "x" * 66_000 + "'"), "cql_filter", text.MAX_CHARACTERS),
    ("size", "CQL2 text"): (lambda v: cql2_text(v, "naam = '" + "x" * 66_000 + "'"), None, app.MAX_QUERY_BYTES),
    ("size", "CQL2 JSON"): (
        lambda v: cql2_json(v, {"op": "=", "args": [{"property": "naam"}, "x" * 66_000]}), "filter",
        text.MAX_CHARACTERS,
    ),
    ("size", "CQL2 JSON, body"): (
        lambda v: cql2_json(v, b'"' + b"x" * ogcapi.MAX_BODY_BYTES + b'"'), "filter", ogcapi.MAX_BODY_BYTES,
    ),
    ("size", "FES"): (lambda v: wfs(v, filter=filtered(" " * fes.MAX_BYTES)), "request", fes.MAX_BYTES),
    ("size", "XML"): (lambda v: xml(v, filtered(" " * fes.MAX_BYTES)), "request", fes.MAX_BYTES),
    ("parts", "ECQL"): (
        lambda v: wfs(v, cql_filter=" OR ".join(["naam IS NULL"] * PARTS)), "cql_filter", filters.MAX_NODES,
    ),
    ("parts", "CQL2 text"): (
        lambda v: cql2_text(v, " OR ".join(["naam IS NULL"] * PARTS)), "filter", filters.MAX_NODES,
    ),
    ("parts", "CQL2 JSON"): (
        lambda v: cql2_json(v, {"op": "or", "args": [JSON_NULL] * PARTS}), "filter", filters.MAX_NODES,
    ),
    ("parts", "FES"): (
        lambda v: wfs(v, filter=filtered(f"<fes:Or>{IS_NULL * PARTS}</fes:Or>")), "filter", filters.MAX_NODES,
    ),
    ("list", "ECQL"): (
        lambda v: wfs(v, cql_filter=f"oppervlakte_m2 IN ({','.join(map(str, MANY))})"), "cql_filter", filters.MAX_LIST,
    ),
    ("list", "CQL2 text"): (
        lambda v: cql2_text(v, f"oppervlakte_m2 IN ({','.join(map(str, MANY))})"), "filter", filters.MAX_LIST,
    ),
    ("list", "CQL2 JSON"): (
        lambda v: cql2_json(v, {"op": "in", "args": [{"property": "oppervlakte_m2"}, list(MANY)]}), "filter",
        filters.MAX_LIST,
    ),
    ("number", "ECQL"): (lambda v: wfs(v, cql_filter="oppervlakte_m2 < 1e301"), "cql_filter", "1e+300"),
    ("number", "CQL2 text"): (lambda v: cql2_text(v, "oppervlakte_m2 < 1e301"), "filter", "1e+300"),
    ("number", "CQL2 JSON"): (
        lambda v: cql2_json(v, {"op": "<", "args": [{"property": "oppervlakte_m2"}, 1e301]}), "filter", "1e+300",
    ),
    ("vertices", "CQL2 JSON"): (
        lambda v: cql2_json(v, json.dumps(geojson(SHORT), separators=(",", ":")).encode()), "filter",
        literals.MAX_VERTICES,
    ),
    ("vertices", "FES"): (lambda v: wfs(v, filter=filtered(intersects(gml(STAIRS)))), "filter", literals.MAX_VERTICES),
    ("vertices", "XML"): (lambda v: xml(v, filtered(intersects(gml(STAIRS)))), "filter", literals.MAX_VERTICES),
    ("vertices", "ECQL"): (
        lambda v: wfs(v, cql_filter=f"INTERSECTS(geometrie, {TO_AND_FRO})"), "cql_filter", literals.MAX_VERTICES,
    ),
    ("vertices", "CQL2 text"): (
        lambda v: cql2_text(v, f"S_INTERSECTS(geometrie,{TO_AND_FRO})"), "filter", literals.MAX_VERTICES,
    ),
    ("crossing", "ECQL"): (
        lambda v: wfs(v, cql_filter=f"INTERSECTS(geometrie, {wkt(CROSSED)})"), "cql_filter",
        literals.MAX_CROSSING_VERTICES,
    ),
    ("crossing", "CQL2 text"): (
        lambda v: cql2_text(v, f"S_INTERSECTS(geometrie, {wkt(CROSSED)})", **{"filter-crs": "EPSG:28992"}), "filter",
        literals.MAX_CROSSING_VERTICES,
    ),
    ("crossing", "CQL2 JSON"): (lambda v: cql2_json(v, geojson(CROSSED)), "filter", literals.MAX_CROSSING_VERTICES),
    ("crossing", "FES"): (
        lambda v: wfs(v, filter=filtered(intersects(gml(CROSSED)))), "filter", literals.MAX_CROSSING_VERTICES,
    ),
    ("edges", "ECQL"): (
        lambda v: wfs(v, cql_filter=f"DWITHIN(geometrie, SRID=4326;{wkt(LACE[:2000])}, 1, m)".replace(", ", ",")),
        "cql_filter", spatial.MAX_SEGMENTS,
    ),
    ("edges", "CQL2 text"): (
        lambda v: cql2_text(v, f"S_INTERSECTS(geometrie, SRID=31370;{wkt(BELGIAN)})"), "filter", spatial.MAX_SEGMENTS,
    ),
    ("edges", "FES"): (lambda v: wfs(v, filter=lace_near()), "filter", spatial.MAX_SEGMENTS),
    ("brackets", "ECQL"): (
        lambda v: wfs(v, cql_filter="INTERSECTS(geometrie, POLYGON" + "(" * 20 + "1 2" + ")" * 21), "cql_filter",
        text.MAX_BRACKETS,
    ),
    ("brackets", "CQL2 text"): (
        lambda v: cql2_text(v, "S_INTERSECTS(geometrie, POLYGON" + "(" * 20 + "1 2" + ")" * 21), "filter",
        text.MAX_BRACKETS,
    ),
    ("coordinate", "ECQL"): (
        lambda v: wfs(v, cql_filter="INTERSECTS(geometrie, POINT(1e10 0))"), "cql_filter", COORDINATE,
    ),
    ("coordinate", "ECQL BBOX"): (
        lambda v: wfs(v, cql_filter="BBOX(geometrie, 1, 2, 1e10, 4)"), "cql_filter", COORDINATE,
    ),
    ("coordinate", "CQL2 text"): (
        lambda v: cql2_text(v, "S_INTERSECTS(geometrie, POINT(1e10 0))"), "filter", COORDINATE,
    ),
    ("coordinate", "CQL2 JSON"): (lambda v: cql2_json(v, geojson([(1e10, 0), (1, 1)])), "filter", COORDINATE),
    ("coordinate", "CQL2 JSON bbox"): (
        lambda v: cql2_json(v, {"op": "s_intersects", "args": [{"property": "geometrie"}, {"bbox": [0, 0, 1e10, 1]}]}),
        "filter", COORDINATE,
    ),
    ("coordinate", "FES"): (
        lambda v: wfs(v, filter=filtered(intersects(gml([(1e10, 0), (1, 1)])))), "filter", COORDINATE,
    ),
    ("coordinate", "WFS bbox"): (lambda v: wfs(v, bbox="0,0,1e10,1"), "bbox", COORDINATE),
    ("coordinate", "OGC bbox"): (lambda v: cql2_text(v, "naam IS NULL", bbox="0,0,1e10,1"), "bbox", COORDINATE),
    ("distance", "ECQL"): (
        lambda v: wfs(v, cql_filter="DWITHIN(geometrie, POINT(155000 463000), 1e9, m)"), "cql_filter", DISTANCE_KM,
    ),
    ("distance", "FES"): (lambda v: wfs(v, filter=distance("m", 1e9)), "filter", DISTANCE_KM),
    ("ids", "WFS"): (lambda v: wfs(v, resourceId=",".join(IDS)), "resourceId", plan.MAX_IDS),
    ("ids", "FES"): (
        lambda v: wfs(v, filter=filtered("".join(f'<fes:ResourceId rid="{name}"/>' for name in IDS))), "resourceId",
        plan.MAX_IDS,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("limit", "form"), LIMITS, ids=str)
def test_a_bound_is_named_with_its_value(visitor: Visitor, limit: str, form: str) -> None:
    ask, locator, value = LIMITS[limit, form]
    answer = ask(visitor)
    assert answer.status == 400, answer
    assert answer.locator == locator, answer
    assert str(value) in answer.text, answer.text[:300]
    assert len(answer.text) < 1_000 and "Traceback" not in answer.text


def test_the_world_as_a_literal_is_honoured_and_cut_to_where_data_can_be(visitor: Visitor) -> None:
    """The area of a client's geometry has no bound of its own: what lies outside the region is cut off before SQL."""
    world = "POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
    answer = visitor.get(f"/ogc/v1/collections/{LAYER}/items?filter={quote(f'S_INTERSECTS(geometrie, {world})')}")
    whole = visitor.get(f"/ogc/v1/collections/{LAYER}/items").json["numberMatched"]
    assert answer.json["numberMatched"] == whole > 50


def test_what_just_fits_is_answered(visitor: Visitor) -> None:
    fitting = (
        "(" * (text.MAX_DEPTH - 1) + "naam IS NULL" + ")" * (text.MAX_DEPTH - 1),
        f"oppervlakte_m2 IN ({','.join(map(str, range(filters.MAX_LIST)))})",
        f"INTERSECTS(geometrie, {wkt([(150_000 + i % 10, 460_000 + i) for i in range(4_000)])})",
        f"INTERSECTS(geometrie, POINT({math.nextafter(284_000, 0)} 463000))",
    )
    for condition in fitting:
        asked = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": LAYER}
        answer = visitor.post("/wfs", data={**asked, "cql_filter": condition, "outputFormat": "json"})
        assert answer.status_code == 200, answer.text[:300]
