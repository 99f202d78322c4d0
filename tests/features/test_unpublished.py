"""Unknown is not none: an answer on a layer that municipalities publish says which of them it cannot speak for.

Of the municipalities of the sample GM9902 alone has not published its vulnerable buildings.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import etree
from pygeofilter import ast
from werkzeug.test import Client, TestResponse

from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.catalogue import Layer
from risicoatlas.crs import Crs
from risicoatlas.database import reading
from risicoatlas.features import unpublished
from risicoatlas.features.request import Envelope, FeatureRequest
from risicoatlas.features.unpublished import Municipality
from risicoatlas.filters import cql2, ecql
from risicoatlas.maps import wsgi as maps
from risicoatlas.providers import ogcapi
from risicoatlas.service import Service
from risicoatlas.wfs import service as wfs

RD = Crs(28992, "EPSG:28992", latitude_first=False)
RD_URI = "http://www.opengis.net/def/crs/EPSG/0/28992"
PUBLISHED, NOT = "GM9901", "GM9902"
Ask = Callable[..., TestResponse]
Box = tuple[float, float, float, float]


@pytest.fixture
def kgl(town_service: Service) -> Layer:
    return town_service.catalogue.get("kgl_public")


@pytest.fixture
def inside(town_service: Service) -> Callable[[str], Box]:
    """A box of 20 m well inside a municipality, EPSG:28992."""

    def found(code: str) -> Box:
        with reading(town_service.pool) as connection:
            row = connection.execute(
                "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM publiek.gemeenten,"
                " ST_Expand(ST_PointOnSurface(geometrie), 10) AS b WHERE gemeentecode = %s",
                [code],
            ).fetchone()
        assert row
        return row

    return found


@pytest.fixture
def told(town_service: Service) -> Callable[..., list[str]]:
    """The codes that a request on the vulnerable buildings is told of."""

    def codes(cql: str | None = None, **parts: Any) -> list[str]:
        condition = cql2.read_text(cql, RD) if cql else None
        request = FeatureRequest("kgl_public", filter=condition, **parts)
        return [item.code for item in unpublished.asked(request, town_service)]

    return codes


def polygon(box: Box) -> str:
    west, south, east, north = box
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


class TestArea:
    def test_whole_layer_touches_every_municipality_that_has_not_published(self, told):
        assert told() == [NOT]

    def test_box_is_compared_with_the_boundaries(self, told, inside):
        assert told(bbox=Envelope(*inside(PUBLISHED), 28992)) == []
        assert told(bbox=Envelope(*inside(NOT), 28992)) == [NOT]

    def test_box_over_both_is_told_of_the_unpublished_one_though_it_finds_objects(self, told, inside):
        left, right = inside(PUBLISHED), inside(NOT)
        both = [*map(min, left[:2], right[:2]), *map(max, left[2:], right[2:])]
        assert told(bbox=Envelope(*both, 28992)) == [NOT]

    @pytest.mark.parametrize("operator", ["S_INTERSECTS", "S_WITHIN", "S_CONTAINS", "S_TOUCHES", "S_EQUALS"])
    def test_literal_of_a_spatial_filter_is_the_area(self, told, inside, operator):
        assert told(f"{operator}(geometrie, {polygon(inside(PUBLISHED))})") == []
        assert told(f"{operator}(geometrie, {polygon(inside(NOT))})") == [NOT]

    def test_area_outside_of_something_is_everywhere(self, told, inside):
        assert told(f"S_DISJOINT(geometrie, {polygon(inside(PUBLISHED))})") == [NOT]
        assert told(f"NOT S_INTERSECTS(geometrie, {polygon(inside(PUBLISHED))})") == [NOT]

    def test_distance_reaches_over_the_boundary(self, town_service, inside):
        x, y = inside(PUBLISHED)[:2]
        for metres, codes in ((10, []), (50_000, [NOT])):
            near = ecql.read(f"DWITHIN(geometrie, POINT({x} {y}), {metres}, meters)", 28992)
            request = FeatureRequest("kgl_public", filter=near)
            assert [item.code for item in unpublished.asked(request, town_service)] == codes

    def test_both_sides_of_and_narrow_and_of_or_widen(self, told, inside):
        here, there = (f"S_INTERSECTS(geometrie, {polygon(inside(code))})" for code in (PUBLISHED, NOT))
        assert told(f"{here} AND {there}") == []
        assert told(f"{here} OR {there}") == [NOT]
        assert told(f"{here} AND regelset = 'basisvulling'") == []
        assert told(f"{here} OR oppervlakte_m2 > 5") == [NOT]


class TestOtherConditions:
    @pytest.mark.parametrize(
        ("condition", "codes"),
        [
            (f"gemeentecode = '{PUBLISHED}'", []),
            (f"gemeentecode = '{NOT}'", [NOT]),
            (f"gemeentecode IN ('{PUBLISHED}', '{NOT}')", [NOT]),
            (f"NOT gemeentecode = '{NOT}'", []),
            (f"CASEI(gemeentecode) = CASEI('{NOT.lower()}')", [NOT]),
            (f"bronhoudercode = '{PUBLISHED}'", []),
            ("gemeentecode = 'GM0000'", []),
            ("categorie_kwetsbaarheid = 'kwetsbaar'", [NOT]),
        ],
    )
    def test_code_of_the_municipality_is_one(self, told, condition, codes):
        assert told(condition) == codes

    def test_key_of_an_object_names_its_municipality(self, told):
        assert told(ids=("NL.IMEV.gm9901.9901100000000001",)) == []
        assert told(ids=("NL.IMEV.gm9902.9902100000000001", "x")) == [NOT]
        assert told(ids=("x",)) == []


class TestEdges:
    def test_layer_that_no_municipality_publishes_asks_nothing(self, town_service):
        assert town_service.catalogue.get("ev_activiteiten").municipalities is None
        town_service.pool.close()
        assert unpublished.asked(FeatureRequest("ev_activiteiten"), town_service) == ()

    def test_municipality_without_a_boundary_is_never_ruled_out(self, kgl):
        box = FeatureRequest("kgl_public", bbox=Envelope(20_000, 400_000, 20_010, 400_010, 28992))
        condition = unpublished.concerned(box, kgl)
        assert isinstance(condition, ast.Or)
        assert isinstance(condition.rhs, ast.IsNull)

    def test_header_names_so_many_and_counts_the_others(self):
        many = tuple(Municipality(f"GM{number:04}", None) for number in range(342))
        ((name, value),) = unpublished.header(many)
        assert name == "X-Niet-Gepubliceerd"
        assert value.split(", ") == [*(f"GM{number:04}" for number in range(20)), "+322"]
        assert unpublished.header(()) == ()


@pytest.fixture
def ask(town_service: Service) -> Ask:
    """Asks the OGC API, the WFS or the maps of the town as anonymous."""
    edges = {
        "ogc": Client(ogcapi.create(town_service)),
        "wfs": Client(wfs.create(town_service)),
        "maps": Client(maps.create(town_service)),
    }

    def sent(edge: str, path: str, **parameters: object) -> TestResponse:
        token = actors.bind(ANONYMOUS)
        try:
            return edges[edge].get(f"{path}?{urlencode(parameters)}", buffered=True)
        finally:
            actors.unbind(token)

    return sent


def text_of(box: Box) -> str:
    return ",".join(map(str, box))


def name_of(service: Service, code: str) -> str:
    with reading(service.pool) as connection:
        row = connection.execute("SELECT naam FROM publiek.gemeenten WHERE gemeentecode = %s", [code]).fetchone()
    assert row
    return str(row[0])


class TestAnswers:
    def test_ogc_api_says_it_in_header_member_and_words(self, ask, inside, town_service):
        where = {"bbox": text_of(inside(NOT)), "bbox-crs": RD_URI}
        answer = ask("ogc", "/collections/kgl_public/items", f="json", **where)
        assert answer.headers["X-Niet-Gepubliceerd"] == NOT
        assert answer.json["nietGepubliceerd"] == [{"code": NOT, "naam": name_of(town_service, NOT)}]
        assert (answer.json["numberMatched"], answer.json["numberTested"] > 0) == (0, True)
        assert answer.headers["X-Objects-Tested"] == str(answer.json["numberTested"])

    def test_answer_with_objects_says_it_too(self, ask):
        answer = ask("ogc", "/collections/kgl_public/items", f="json", limit=5)
        assert len(answer.json["features"]) == 5
        assert [item["code"] for item in answer.json["nietGepubliceerd"]] == [NOT]

    def test_answer_on_what_is_published_says_nothing(self, ask, inside):
        answer = ask(
            "ogc", "/collections/kgl_public/items", f="json", bbox=text_of(inside(PUBLISHED)), **{"bbox-crs": RD_URI}
        )
        assert "X-Niet-Gepubliceerd" not in answer.headers
        assert "nietGepubliceerd" not in answer.json

    @pytest.mark.parametrize(
        "parameters", [{"outputFormat": "application/json"}, {}, {"resultType": "hits"}, {"count": 0}]
    )
    def test_wfs_says_it_in_every_form(self, ask, inside, parameters):
        answer = ask(
            "wfs", "/", service="WFS", version="2.0.0", request="GetFeature", typeNames="kgl_public",
            bbox=text_of(inside(NOT)), **parameters,
        )  # fmt: skip
        assert answer.headers["X-Niet-Gepubliceerd"] == NOT
        assert int(answer.headers["X-Objects-Tested"]) > 0
        if "outputFormat" in parameters:
            assert [item["code"] for item in answer.json["nietGepubliceerd"]] == [NOT]
            assert answer.json["numberTested"] == int(answer.headers["X-Objects-Tested"])
        else:
            # the schema of WFS has no room for it
            assert b"nietGepubliceerd" not in answer.data
            assert etree.fromstring(answer.data).get("numberMatched") == "0"

    @pytest.mark.parametrize("form", ["csv", "gpkg", "fgb"])
    def test_files_of_the_ogc_api_say_it_too(self, ask, inside, form):
        where = {"bbox": text_of(inside(NOT)), "bbox-crs": RD_URI}
        answer = ask("ogc", "/collections/kgl_public/items", f=form, **where)
        assert answer.status_code == 200
        assert answer.headers["X-Niet-Gepubliceerd"] == NOT
        assert int(answer.headers["X-Objects-Tested"]) > 0
        elsewhere = ask("ogc", "/collections/ev_activiteiten/items", f=form)
        assert "X-Niet-Gepubliceerd" not in elsewhere.headers

    @pytest.mark.parametrize("form", ["csv", "geopackage", "flatgeobuf", "shape-zip"])
    def test_files_of_the_wfs_say_it_too(self, ask, inside, form):
        answer = ask(
            "wfs", "/", service="WFS", version="2.0.0", request="GetFeature", typeNames="kgl_public",
            bbox=text_of(inside(NOT)), outputFormat=form,
        )  # fmt: skip
        assert answer.status_code == 200
        assert answer.headers["X-Niet-Gepubliceerd"] == NOT

    def test_property_values_say_it_too(self, ask):
        answer = ask(
            "wfs", "/", service="WFS", version="2.0.0", request="GetPropertyValue", typeNames="kgl_public",
            valueReference="regel", resourceId="kgl_public.NL.IMEV.gm9902.9902100000000001",
        )  # fmt: skip
        assert answer.headers["X-Niet-Gepubliceerd"] == NOT

    def click(self, ask: Ask, box: Box, info_format: str, layers: str = "kgl_public") -> TestResponse:
        return ask(
            "maps", "/wms", service="WMS", version="1.3.0", request="GetFeatureInfo", layers=layers, styles="",
            query_layers=layers, crs="EPSG:28992", bbox=text_of(box), width=101, height=101, i=50, j=50,
            info_format=info_format,
        )  # fmt: skip

    def test_click_on_the_map_says_it_with_the_number_tested(self, ask, inside):
        answer = self.click(ask, inside(NOT), "application/json")
        found = json.loads(answer.data)
        assert found["features"] == []
        assert [item["code"] for item in found["nietGepubliceerd"]] == [NOT]
        assert answer.headers["X-Niet-Gepubliceerd"] == NOT
        assert found["numberTested"] == int(answer.headers["X-Objects-Tested"]) > 0

    @pytest.mark.parametrize("info_format", ["text/plain", "text/html"])
    def test_click_says_it_in_words(self, ask, inside, town_service, info_format):
        answer = self.click(ask, inside(NOT), info_format)
        assert f"Niet gepubliceerd: {name_of(town_service, NOT)}" in answer.text
        assert "Niet gepubliceerd" not in self.click(ask, inside(PUBLISHED), info_format).text
