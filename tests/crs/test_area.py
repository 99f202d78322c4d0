"""Coordinates in the wrong CRS must not come back as a quiet zero; a valid place without objects must."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import etree
from psycopg import sql
from tests.conftest import Town

from risicoatlas import catalogue as catalogues
from risicoatlas import proj
from risicoatlas.crs import Crs
from risicoatlas.errors import RequestError
from risicoatlas.filters import literals

from .conftest import Visitor

FES = 'xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
DUTCH, FLEMISH = "kgl_public", "risicolocaties"


def fes_point(point: str, srs_name: str = "") -> str:
    named = f' srsName="{srs_name}"' if srs_name else ""
    return (
        f"<fes:Filter {FES}><fes:Intersects><fes:ValueReference>geometrie</fes:ValueReference>"
        f"<gml:Point{named}><gml:pos>{point}</gml:pos></gml:Point></fes:Intersects></fes:Filter>"
    )


def cql2_json(geometry: dict[str, Any]) -> dict[str, str]:
    node = {"op": "s_intersects", "args": [{"property": "geometrie"}, geometry]}
    return {"filter": json.dumps(node), "filter-lang": "cql2-json"}


def point(x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y], **more}


# What is asked -> the locator of the refusal and the CRS that it names. Coordinates of another system each time.
WFS_REFUSED = {
    "ECQL, degrees in RD": ({"cql_filter": "INTERSECTS(geometrie, POINT(5.47 52.58))"}, "EPSG:28992"),
    "ECQL DWITHIN": ({"cql_filter": "DWITHIN(geometrie, POINT(5.47 52.58), 500, meters)"}, "EPSG:28992"),
    "ECQL BBOX": ({"cql_filter": "BBOX(geometrie, 5.4, 52.5, 5.5, 52.6)"}, "EPSG:28992"),
    "ECQL ENVELOPE": ({"cql_filter": "WITHIN(geometrie, ENVELOPE(5.4, 5.5, 52.5, 52.6))"}, "EPSG:28992"),
    "ECQL, stated RD": ({"cql_filter": "INTERSECTS(geometrie, SRID=28992;POINT(5.47 52.58))"}, "EPSG:28992"),
    "ECQL, stated 4326": ({"cql_filter": "INTERSECTS(geometrie, EPSG:4326;POINT(160889 510202))"}, "EPSG:4326"),
    "ECQL, y before x": ({"cql_filter": "INTERSECTS(geometrie, POINT(510202 160889))"}, "EPSG:28992"),
    "ECQL, mercator in RD": ({"cql_filter": "INTERSECTS(geometrie, POINT(609000 6912000))"}, "EPSG:28992"),
    "ECQL, 3857 beyond the world": ({"cql_filter": "INTERSECTS(geometrie, SRID=3857;POINT(3e7 3e7))"}, "EPSG:3857"),
    "FES": ({"filter": fes_point("5.47 52.58")}, "28992"),
    "FES, stated 4326": ({"filter": fes_point("510202 160889", "urn:ogc:def:crs:EPSG::4326")}, "4326"),
    "bbox": ({"bbox": "5.4,52.5,5.5,52.6"}, "28992"),
    "bbox, fifth part": ({"bbox": "510202,160889,510203,160890,urn:ogc:def:crs:EPSG::4326"}, "4326"),
}
API_REFUSED = {
    "CQL2 text": ({"filter": "S_INTERSECTS(geometrie, POINT(160889 510202))"}, "CRS84"),
    "CQL2 text BBOX": ({"filter": "S_INTERSECTS(geometrie, BBOX(160889, 510202, 160900, 510210))"}, "CRS84"),
    "CQL2 text, stated": (
        {"filter": "S_INTERSECTS(geometrie, POINT(5.47 52.58))", "filter-crs": "EPSG:28992"}, "EPSG:28992",
    ),
    "CQL2 text, SRID": ({"filter": "S_INTERSECTS(geometrie, SRID=28992;POINT(5.47 52.58))"}, "EPSG:28992"),
    "CQL2 JSON": (cql2_json(point(160889, 510202)), "CRS84"),
    "CQL2 JSON bbox": (cql2_json({"bbox": [160889, 510202, 160900, 510210]}), "CRS84"),
    "CQL2 JSON, crs member": (
        cql2_json(point(5.47, 52.58, crs={"type": "name", "properties": {"name": "EPSG:28992"}})), "EPSG:28992",
    ),
    "bbox": ({"bbox": "160889,510202,160900,510210"}, "EPSG:4326"),
    "bbox-crs": ({"bbox": "5.4,52.5,5.5,52.6", "bbox-crs": "EPSG:28992"}, "EPSG:28992"),
}  # fmt: skip


def wfs(client: Visitor, layer: str = DUTCH, headers: dict[str, str] | None = None, **parameters: str) -> Any:
    asked = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": layer, **parameters}
    return client.get(f"/wfs?{urlencode(asked)}", headers=headers)


def items(client: Visitor, layer: str = DUTCH, headers: dict[str, str] | None = None, **parameters: str) -> Any:
    return client.get(f"/ogc/v1/collections/{layer}/items?{urlencode(parameters)}", headers=headers)


class TestWrongPlaceSpeaks:
    @pytest.mark.parametrize("output", ["application/json", "application/gml+xml; version=3.2"])
    @pytest.mark.parametrize("case", WFS_REFUSED)
    def test_in_the_wfs(self, visitor: Visitor, case: str, output: str) -> None:
        parameters, named = WFS_REFUSED[case]
        answer = wfs(visitor, **parameters, outputFormat=output)
        assert answer.status_code == 400, answer.text
        found = next(etree.fromstring(answer.data).iter("{*}Exception"))
        text = "".join(found.itertext())
        assert found.get("exceptionCode") == "InvalidParameterValue"
        assert found.get("locator") in parameters
        assert "wholly outside the area of use" in text and named in text
        assert "SRID=4326; before the geometry" in text and "srsName" in text

    @pytest.mark.parametrize("case", API_REFUSED)
    def test_in_the_ogc_api(self, visitor: Visitor, case: str) -> None:
        parameters, named = API_REFUSED[case]
        answer = items(visitor, **parameters)
        assert answer.status_code == 400 and answer.mimetype == "application/problem+json"
        assert answer.json["parameter"] in parameters
        text = answer.json["detail"]
        assert "wholly outside the area of use" in text and named in text
        assert "filter-crs" in text and "bbox-crs" in text

    @pytest.mark.parametrize("wrong", [(4.35, 50.85), (160_889, 510_202), (50.85, 4.35), (485_000, 6_590_000)])
    def test_in_the_belgian_layer(self, visitor: Visitor, flemish_key: str, wrong: tuple[float, float]) -> None:
        headers = {"X-API-Key": flemish_key}
        x, y = wrong
        for answer in (
            wfs(visitor, FLEMISH, headers, cql_filter=f"INTERSECTS(geometrie, POINT({x} {y}))"),
            wfs(visitor, FLEMISH, headers, bbox=f"{x},{y},{x + 1},{y + 1}"),
            wfs(visitor, FLEMISH, headers, filter=fes_point(f"{x} {y}")),
            items(visitor, FLEMISH, headers, bbox=f"{x},{y},{x + 1},{y + 1}", **{"bbox-crs": "EPSG:31370"}),
        ):
            assert answer.status_code == 400 and "31370" in answer.text, answer.text
        for text in (f"SRID=3812;POINT({x} {y})", f"EPSG:31370;POINT({x} {y})"):
            answer = items(visitor, FLEMISH, headers, filter=f"S_INTERSECTS(geometrie, {text})")
            assert answer.status_code == 400 and "area of use" in answer.text

    def test_hits_and_values_are_refused_as_features_are(self, visitor: Visitor) -> None:
        condition = {"cql_filter": "INTERSECTS(geometrie, POINT(5.47 52.58))"}
        assert wfs(visitor, **condition, resultType="hits").status_code == 400
        assert wfs(visitor, request="GetPropertyValue", valueReference="naam", **condition).status_code == 400

    def test_a_crs_member_that_names_nothing_is_refused(self, visitor: Visitor) -> None:
        for member in ("EPSG:28992", {}, {"properties": {}}, {"properties": {"name": 28992}}):
            answer = items(visitor, **cql2_json(point(5.4, 52.5, crs=member)))
            assert answer.status_code == 400 and "properties with a name" in answer.json["detail"]


# Valid places where nothing stands.
EMPTY = (
    {"bbox": "5.4,52.5,5.400001,52.500001,EPSG:4326"},
    {"bbox": "-80,-5,-70,5,EPSG:4326"},
    {"bbox": "10000,310000,10010,310010"},
    {"cql_filter": "INTERSECTS(geometrie, SRID=4326;POINT(-70 -5))"},
    {"cql_filter": "INTERSECTS(geometrie, EPSG:3857;POINT(0 0))"},
    {"filter": fes_point("-5 -70", "urn:ogc:def:crs:EPSG::4326")},
)


class TestAValidPlaceIsHonoured:
    @pytest.mark.parametrize("parameters", EMPTY)
    def test_an_empty_one_gives_zero_with_the_number_tested(self, visitor: Visitor, parameters: dict[str, str]) -> None:
        total = wfs(visitor, outputFormat="json", count="1").json["numberMatched"]
        answer = wfs(visitor, outputFormat="json", **parameters)
        assert answer.json["features"] == [] and answer.json["numberTested"] == total > 50
        assert answer.headers["X-Objects-Tested"] == str(total)

    def test_a_box_that_touches_the_area_or_holds_all_of_it_is_honoured(self, visitor: Visitor) -> None:
        total = wfs(visitor, outputFormat="json", resultType="hits").data
        assert total
        whole = items(visitor).json["numberMatched"]
        for answer in (
            items(visitor, bbox="-180,-90,180,90"),
            items(visitor, bbox="-1000000,-1000000,1000000,1000000", **{"bbox-crs": "EPSG:28992"}),
            items(visitor, bbox="0,300000,300000,700000", **{"bbox-crs": "EPSG:28992"}),
            items(visitor, bbox="2.5,50.0,8.0,54.0"),
        ):
            assert answer.json["numberMatched"] == whole
        x_min, y_min, _, _ = literals.area_of_use(28992)
        touching = f"{x_min - 100},{y_min - 100},{x_min},{y_min}"
        assert items(visitor, bbox=touching, **{"bbox-crs": "EPSG:28992"}).json["numberMatched"] == 0

    def test_longitude_and_latitude_have_the_world(self) -> None:
        for name in ("CRS84", "EPSG:4258"):
            system = Crs(4258 if name.endswith("4258") else 4326, name, latitude_first=False)
            literals.check_area((180, 90, 180, 90), system, "bbox")
            with pytest.raises(RequestError, match=f"{name} in which they are read: x or longitude -180 to 180"):
                literals.check_area((180.1, 0, 181, 1), system, "bbox")

    def test_a_feature_under_the_middle_of_a_long_edge_is_found(self, own_town: Town, visitor: Visitor) -> None:
        """A parallel is a curve in RD: the box for the index follows it in steps, and may not cut off what bulges."""
        with own_town.database.loader() as connection:
            row = connection.execute(
                "SELECT identificatie, ST_YMax(geometrie_etrs89) FROM publiek.kgl_public WHERE publicatie_tot IS NULL"
                " ORDER BY 2 DESC LIMIT 1"
            ).fetchone()
        assert row
        for half in range(1, 12):
            south = row[1] - 1e-8
            box = f"{5.4 - half},{south!r},{5.5 + half * 0.9},{south + 3!r}"
            found = items(visitor, bbox=box).json
            assert [feature["id"] for feature in found["features"]] == [row[0]], box


REPAIRED = sql.SQL(
    "SELECT identificatie, ST_X(p), ST_Y(p) FROM {}, LATERAL (SELECT ST_PointOnSurface(geometrie) AS p) AS midden"
    " WHERE publicatie_tot IS NULL AND geometrie_hersteld IS NOT NULL AND NOT ST_IsEmpty(geometrie) LIMIT 20"
)


def test_repaired_geometry_is_found_by_every_kind_of_question(own_town: Town, visitor: Visitor) -> None:
    """On the real register nine of ten risk contours were invalid, and spatial questions missed them."""
    asked = 0
    layers = [layer for layer in catalogues.read(own_town.settings.config) if not layer.restricted]
    with own_town.database.loader() as connection:
        repaired = [(layer.name, *row) for layer in layers for row in connection.execute(REPAIRED.format(layer.table))]
    assert repaired
    for name, key, x, y in repaired:
        lon, lat = proj.between(28992, 4326).transform(x, y)
        for answer in (
            wfs(visitor, name, cql_filter=f"INTERSECTS(geometrie, POINT({x} {y}))", outputFormat="json"),
            wfs(visitor, name, cql_filter=f"DWITHIN(geometrie, POINT({x} {y}), 1, meters)", outputFormat="json"),
            wfs(visitor, name, bbox=f"{x - 1},{y - 1},{x + 1},{y + 1}", outputFormat="json"),
            wfs(visitor, name, filter=fes_point(f"{x} {y}"), outputFormat="json"),
            items(visitor, name, filter=f"S_INTERSECTS(geometrie, POINT({lon!r} {lat!r}))", limit="100"),
            items(visitor, name, bbox=f"{lon - 1e-5},{lat - 1e-5},{lon + 1e-5},{lat + 1e-5}", limit="100"),
        ):
            assert key in [feature["properties"]["identificatie"] for feature in answer.json["features"]], name
            asked += 1
    assert asked == 6 * len(repaired)


@pytest.mark.parametrize("name", ["geom", "the_geom", "shape", "geometry"])
def test_the_wrong_name_of_the_geometry_is_answered_with_the_right_one(visitor: Visitor, name: str) -> None:
    for answer in (
        wfs(visitor, cql_filter=f"INTERSECTS({name}, POINT(160889 510202))"),
        wfs(visitor, cql_filter=f"BBOX({name}, 160889, 510202, 160900, 510210)"),
        items(visitor, filter=f"S_INTERSECTS({name}, POINT(5.4 52.5))"),
    ):
        assert answer.status_code == 400 and "geometrie" in answer.text


@pytest.mark.parametrize(
    "box",
    ["", "1", "1,2,3", "a,b,c,d", "1,2,3,4,5,6,7", "nan,nan,nan,nan", "inf,1,2,3", "160900,510210,160889,510202",
     "1e400,0,1,1", "1;2;3;4", "160889,510202,160900,510210,EPSG:99999", "160889,510202,160900,510210,x"],
)  # fmt: skip
def test_a_bad_box_is_400_and_names_the_parameter(visitor: Visitor, box: str) -> None:
    """The real register answered some of these with 500."""
    answers = [items(visitor, bbox=box, **{"bbox-crs": "EPSG:28992"})]
    if box:  # in the WFS an empty parameter is one that is not given (OWS Common 11.5.3)
        answers.append(wfs(visitor, bbox=box))
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert "bbox" in answer.text and "Traceback" not in answer.text
