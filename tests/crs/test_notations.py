"""Every notation of every CRS in every place where a client may write one: which axis comes first, over real answers.

The table is :data:`risicoatlas.crs.NOTATIONS`, which the reader itself uses. Expected coordinates come of pyproj.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import etree
from psycopg import sql
from tests.conftest import Town

from risicoatlas import crs, proj
from risicoatlas.errors import RequestError

from .conftest import Visitor

SRIDS = (28992, 4326, 4258, 3857)
LAYER = "kgl_public"
WFS_FES = 'xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
# What stands here, on purpose written out again: the order is a promise, not a result of the code.
LATITUDE_FIRST = {
    "urn": True, "urn with a version": True, "urn of before registration": True, "http": True, "safe CURIE": True,
    "short": False, "GML 2": False,
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A CRS as it is written, and whether latitude comes first then."""

    text: str
    srid: int
    latitude_first: bool

    def __str__(self) -> str:
        return self.text

    def ordered(self, x: float, y: float) -> tuple[float, float]:
        return (y, x) if self.latitude_first else (x, y)


CELLS = [
    Cell(notation.example.format(srid), srid, LATITUDE_FIRST[notation.name] and srid in (4326, 4258))
    for notation in crs.NOTATIONS
    for srid in (SRIDS if notation.name in {"urn", "http", "short"} else (28992, 4326))
]
CELLS += [
    Cell("epsg:28992", 28992, False),
    Cell("epsg:4326", 4326, False),
    Cell("URN:OGC:DEF:CRS:EPSG::4326", 4326, True),
]
CELLS += [Cell("https://www.opengis.net/def/crs/EPSG/0/4326", 4326, True)]
CELLS += [Cell(text, 4326, False) for text in crs.CRS84_NOTATIONS]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=str)


@dataclass(frozen=True)
class Building:
    """One building of the town: its id, the first corner and a point inside it, in RD."""

    id: str
    corner: tuple[float, float]
    inside: tuple[float, float]

    def at(self, srid: int, place: tuple[float, float]) -> tuple[float, float]:
        return proj.between(28992, srid).transform(*place)

    def box(self, cell: Cell) -> list[float]:
        """A metre and a half around the point inside, in the order of the notation."""
        x, y = self.at(cell.srid, self.inside)
        reach = 1e-5 if cell.srid in crs.GEOGRAPHIC else 1.0
        return [*cell.ordered(x - reach, y - reach), *cell.ordered(x + reach, y + reach)]

    def point(self, cell: Cell) -> str:
        return " ".join(map(repr, cell.ordered(*self.at(cell.srid, self.inside))))


@pytest.fixture(scope="session")
def building(own_town: Town) -> Building:
    """A building with nothing else within some metres of the point."""
    with own_town.database.loader() as connection:
        row = connection.execute(
            "SELECT identificatie, ST_X(hoek), ST_Y(hoek), ST_X(binnen), ST_Y(binnen) FROM publiek.kgl_public k,"
            " LATERAL (SELECT (ST_DumpPoints(geometrie)).geom AS hoek LIMIT 1) AS eerste,"
            " LATERAL (SELECT ST_PointOnSurface(geometrie) AS binnen) AS midden"
            " WHERE publicatie_tot IS NULL AND NOT EXISTS (SELECT FROM publiek.kgl_public o"
            "  WHERE o.publicatie_tot IS NULL AND o.identificatie <> k.identificatie"
            "  AND ST_DWithin(o.geometrie, binnen, 5)) ORDER BY volgnummer LIMIT 1"
        ).fetchone()
    assert row
    return Building(row[0], row[1:3], row[3:5])


def wfs(client: Visitor, **parameters: object) -> Any:
    asked = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": LAYER, **parameters}
    answer = client.get(f"/wfs?{urlencode(asked)}")
    assert answer.status_code == 200, answer.text
    return answer


def items(client: Visitor, **parameters: object) -> Any:
    answer = client.get(f"/ogc/v1/collections/{LAYER}/items?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.text
    return answer


def close(found: tuple[float, float], wanted: tuple[float, float], srid: int) -> bool:
    """Within a centimetre: millimetres and 8 decimals are written."""
    return found == pytest.approx(wanted, abs=2e-8 if srid in crs.GEOGRAPHIC else 0.005)


def first_corner(feature: dict[str, Any]) -> tuple[float, float]:
    return tuple(feature["geometry"]["coordinates"][0][0][0])


@every_cell
class TestOutput:
    def test_wfs_gml_follows_the_notation(self, visitor: Visitor, building: Building, cell: Cell) -> None:
        answer = wfs(visitor, resourceId=f"{LAYER}.{building.id}", srsName=cell.text)
        numbers = next(etree.fromstring(answer.data).iter("{*}posList")).text.split()
        wanted = cell.ordered(*building.at(cell.srid, building.corner))
        assert close(tuple(map(float, numbers[:2])), wanted, cell.srid)

    def test_wfs_1_1_gml_follows_the_notation(self, visitor: Visitor, building: Building, cell: Cell) -> None:
        asked = {"version": "1.1.0", "typeName": LAYER, "typeNames": "", "featureId": f"{LAYER}.{building.id}"}
        answer = wfs(visitor, **asked, srsName=cell.text)
        numbers = next(etree.fromstring(answer.data).iter("{http://www.opengis.net/gml}posList")).text.split()
        wanted = cell.ordered(*building.at(cell.srid, building.corner))
        assert close(tuple(map(float, numbers[:2])), wanted, cell.srid)

    def test_wfs_json_has_east_or_longitude_first_always(
        self, visitor: Visitor, building: Building, cell: Cell
    ) -> None:
        answer = wfs(visitor, resourceId=f"{LAYER}.{building.id}", srsName=cell.text, outputFormat="application/json")
        assert close(first_corner(answer.json["features"][0]), building.at(cell.srid, building.corner), cell.srid)

    def test_ogc_api_follows_the_notation_and_names_it(self, visitor: Visitor, building: Building, cell: Cell) -> None:
        for answer in (
            items(visitor, identificatie=building.id, crs=cell.text),
            visitor.get(f"/ogc/v1/collections/{LAYER}/items/{building.id}?{urlencode({'crs': cell.text})}"),
        ):
            feature = answer.json["features"][0] if "features" in answer.json else answer.json
            wanted = cell.ordered(*building.at(cell.srid, building.corner))
            assert close(first_corner(feature), wanted, cell.srid)
            named = crs.CRS84 if cell.srid == 4326 and not cell.latitude_first else f"{crs.EPSG_URI}{cell.srid}"
            assert answer.headers["Content-Crs"] == f"<{named}>"


def fes_point(building: Building, cell: Cell) -> str:
    return (
        f"<fes:Filter {WFS_FES}><fes:Intersects><fes:ValueReference>geometrie</fes:ValueReference>"
        f'<gml:Point srsName="{cell.text}"><gml:pos>{building.point(cell)}</gml:pos></gml:Point>'
        "</fes:Intersects></fes:Filter>"
    )


def fes_box(building: Building, cell: Cell) -> str:
    west, south, east, north = map(repr, building.box(cell))
    return (
        f"<fes:Filter {WFS_FES}><fes:BBOX><fes:ValueReference>geometrie</fes:ValueReference>"
        f'<gml:Envelope srsName="{cell.text}"><gml:lowerCorner>{west} {south}</gml:lowerCorner>'
        f"<gml:upperCorner>{east} {north}</gml:upperCorner></gml:Envelope></fes:BBOX></fes:Filter>"
    )


def json_point(building: Building, cell: Cell) -> str:
    point = {"type": "Point", "coordinates": [float(part) for part in building.point(cell).split()]}
    return json.dumps({"op": "s_intersects", "args": [{"property": "geometrie"}, point]})


def json_box(building: Building, cell: Cell) -> str:
    return json.dumps({"op": "s_intersects", "args": [{"property": "geometrie"}, {"bbox": building.box(cell)}]})


def box_text(building: Building, cell: Cell) -> str:
    return ", ".join(map(repr, building.box(cell)))


# Where a CRS is written with coordinates -> the parameters of the request, and whether it is the WFS.
PLACES: dict[str, Callable[[Building, Cell], tuple[bool, dict[str, str]]]] = {
    "WFS bbox, fifth part": lambda b, c: (True, {"bbox": f"{box_text(b, c)},{c.text}"}),
    "FES literal": lambda b, c: (True, {"filter": fes_point(b, c)}),
    "FES BBOX": lambda b, c: (True, {"filter": fes_box(b, c)}),
    "WFS 1.1 bbox, fifth part": lambda b, c: (
        True, {"version": "1.1.0", "typeNames": "", "typeName": LAYER, "bbox": f"{box_text(b, c)},{c.text}"},
    ),
    "ECQL prefix": lambda b, c: (True, {"cql_filter": f"INTERSECTS(geometrie, {c.text};POINT({b.point(c)}))"}),
    "ECQL prefix in DWITHIN": lambda b, c: (
        True, {"cql_filter": f"DWITHIN(geometrie, {c.text};POINT({b.point(c)}), 1, meters)"},
    ),
    "ECQL BBOX": lambda b, c: (True, {"cql_filter": f"BBOX(geometrie, {box_text(b, c)}, '{c.text}')"}),
    "bbox-crs": lambda b, c: (False, {"bbox": box_text(b, c).replace(" ", ""), "bbox-crs": c.text}),
    "filter-crs, text": lambda b, c: (
        False, {"filter": f"S_INTERSECTS(geometrie, POINT({b.point(c)}))", "filter-crs": c.text},
    ),
    "filter-crs, text, BBOX": lambda b, c: (
        False, {"filter": f"S_INTERSECTS(geometrie, BBOX({box_text(b, c)}))", "filter-crs": c.text},
    ),
    "filter-crs, JSON": lambda b, c: (
        False, {"filter": json_point(b, c), "filter-lang": "cql2-json", "filter-crs": c.text},
    ),
    "filter-crs, JSON, bbox": lambda b, c: (
        False, {"filter": json_box(b, c), "filter-lang": "cql2-json", "filter-crs": c.text},
    ),
    "CQL2 prefix": lambda b, c: (False, {"filter": f"S_INTERSECTS(geometrie, {c.text};POINT({b.point(c)}))"}),
}  # fmt: skip


@every_cell
def test_coordinates_are_read_in_the_order_of_the_notation(visitor: Visitor, building: Building, cell: Cell) -> None:
    seen = {}
    for place, written in PLACES.items():
        at_wfs, parameters = written(building, cell)
        if at_wfs:
            found = wfs(visitor, **parameters, outputFormat="application/json", propertyName="identificatie").json
        else:
            found = items(visitor, **parameters, skipGeometry="true").json
        seen[place] = [feature["properties"]["identificatie"] for feature in found["features"]]
    assert seen == {place: [building.id] for place in PLACES}


class TestWhatIsNoNotation:
    @pytest.mark.parametrize(
        "text",
        ["28992", "RD", "EPSG", "EPSG:", "EPSG::28992", "EPSG:RD", "urn:ogc:def:crs:EPSG:28992", "[EPSG:4326", "",
         "EPSG:28992 ", "urn:ogc:def:crs:OGC:1.3:CRS83", "http://example.org/def/crs/EPSG/0/4326", "EPSG:２８９９２"],
    )  # fmt: skip
    def test_it_is_refused_with_what_to_write(self, text: str) -> None:
        with pytest.raises(RequestError, match=r"is not understood: write for example urn:ogc:def:crs:EPSG::28992"):
            crs.parse(text, "srsName", SRIDS)

    def test_a_crs_that_is_not_offered_is_refused_with_those_that_are(self, visitor: Visitor) -> None:
        for address, parameter in (
            (f"/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames={LAYER}&srsName=EPSG:32631", "srsName"),
            (f"/ogc/v1/collections/{LAYER}/items?crs=EPSG:32631", "crs"),
            (f"/ogc/v1/collections/{LAYER}/items?bbox=1,2,3,4&bbox-crs=EPSG:31370", "bbox-crs"),
        ):
            answer = visitor.get(address)
            assert answer.status_code == 400
            assert parameter in answer.text and "EPSG:28992, EPSG:4326, EPSG:4258, EPSG:3857" in answer.text


def test_the_table_has_an_order_for_every_notation_and_an_example_that_is_read() -> None:
    assert {notation.name for notation in crs.NOTATIONS} == set(LATITUDE_FIRST)
    for notation in crs.NOTATIONS:
        for srid in SRIDS:
            assert notation.pattern.fullmatch(notation.example.format(srid))
            assert crs.parse(notation.example.format(srid), "crs", SRIDS).srid == srid


def test_both_protocols_give_the_very_same_numbers(visitor: Visitor, building: Building) -> None:
    for cell in CELLS:
        of_wfs = wfs(visitor, resourceId=f"{LAYER}.{building.id}", srsName=cell.text, outputFormat="json").json
        of_api = items(visitor, identificatie=building.id, crs=cell.text).json
        rings = [found["features"][0]["geometry"]["coordinates"][0][0] for found in (of_wfs, of_api)]
        assert [cell.ordered(*point) for point in rings[0]] == [tuple(point) for point in rings[1]]


def test_a_bbox_without_a_crs_is_read_in_the_default_of_each_protocol(visitor: Visitor, building: Building) -> None:
    """WFS 2.0: the DefaultCRS of the type; OGC API: CRS84."""
    rd, degrees = Cell("EPSG:28992", 28992, False), Cell(crs.CRS84, 4326, False)
    for found in (
        wfs(visitor, bbox=box_text(building, rd), outputFormat="json").json,
        items(visitor, bbox=box_text(building, degrees)).json,
    ):
        assert [feature["properties"]["identificatie"] for feature in found["features"]] == [building.id]


def test_a_filter_in_rd_and_an_answer_in_degrees_may_go_together(visitor: Visitor, building: Building) -> None:
    x, y = building.inside
    for condition in (f"INTERSECTS(geometrie, POINT({x} {y}))", f"DWITHIN(geometrie, POINT({x} {y}), 1, meters)"):
        found = wfs(visitor, cql_filter=condition, srsName="EPSG:4326", outputFormat="application/json").json
        assert [feature["id"] for feature in found["features"]] == [f"{LAYER}.{building.id}"]
        assert close(first_corner(found["features"][0]), building.at(4326, building.corner), 4326)
    found = items(visitor, filter=f"S_INTERSECTS(geometrie, POINT({x} {y}))", **{"filter-crs": "EPSG:28992"}).json
    assert close(first_corner(found["features"][0]), building.at(4326, building.corner), 4326)


def test_stored_degrees_are_those_of_the_official_procedure(own_town: Town) -> None:
    """The column that pages in degrees are read from, against pyproj, over the whole layer."""
    with own_town.database.loader() as connection:
        rows = connection.execute(
            sql.SQL(
                "SELECT ST_X(a), ST_Y(a), ST_X(b), ST_Y(b) FROM (SELECT"
                " ST_PointN(ST_ExteriorRing(ST_GeometryN(geometrie, 1)), 1) AS a,"
                " ST_PointN(ST_ExteriorRing(ST_GeometryN(geometrie_etrs89, 1)), 1) AS b FROM {}) AS hoeken"
            ).format(sql.Identifier("publiek", LAYER))
        ).fetchall()
    assert len(rows) > 50
    for x, y, lon, lat in rows:
        assert close((lon, lat), proj.between(28992, 4258).transform(x, y), 4258)
