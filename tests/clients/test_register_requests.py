"""What users of the real register send, with the host changed and nothing else; each test names its number in
``register.yaml``."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import fiona
import pytest
from owslib.wfs import WebFeatureService
from shapely.geometry import shape
from tests.clients.conftest import AREAS, Register, Spot

from risicoatlas import catalogue as catalogues
from risicoatlas.settings import CHECKOUT

LAYERS = tuple(layer for layer in catalogues.read(CHECKOUT / "config") if not layer.restricted)
NAMES = [layer.name for layer in LAYERS]
CORE = [
    "identificatie", "naam", "bronhouder", "bronhoudercode", "bevoegdgezag", "gemeentecode", "begin_geldigheid",
    "eind_geldigheid", "tijdstip_registratie",
]  # fmt: skip


def keys(answer: dict) -> set[str]:
    return {feature["properties"]["identificatie"] for feature in answer["features"]}


def test_a_condition_in_rd_with_the_answer_in_degrees(register: Register, spot: Spot):
    """T-01: longitude first, though ``srsName=EPSG:4326``; the literal stays in metres."""
    here = register.json(srsName="EPSG:4326", count=200, cql_filter=f"INTERSECTS(geometrie, POINT({spot.x} {spot.y}))")
    assert keys(here) == spot.here > set()
    for feature in here["features"]:
        west, south, east, north = shape(feature["geometry"]).bounds
        assert west < spot.longitude < east and south < spot.latitude < north
    near = register.json(
        srsName="EPSG:4326", count=300, cql_filter=f"DWITHIN(geometrie, POINT({spot.x} {spot.y}), 500, meters)"
    )
    assert keys(near) == spot.near >= spot.here


def test_the_same_point_in_degrees_is_no_quiet_zero(register: Register, spot: Spot):
    """T-02: refused with the way to write it, and that way finds what the metres find."""
    place = f"POINT({spot.longitude} {spot.latitude})"
    for function in (f"INTERSECTS(geometrie, {place})", f"DWITHIN(geometrie, {place}, 500, meters)"):
        for result_type in ("results", "hits"):
            answer = register(
                typeNames=f"rev_public:{AREAS}", outputFormat="application/json", srsName="EPSG:4326", count=5,
                resultType=result_type, cql_filter=function,
            )  # fmt: skip
            assert answer.status == 400
            assert "EPSG:28992" in answer.text and "SRID=4326;" in answer.text
    stated = register.json(cql_filter=f"INTERSECTS(geometrie, SRID=4326;{place})")
    assert keys(stated) == spot.here


@pytest.mark.parametrize("condition", [None, "familie = 'ev'", "familie = 'ev' AND gemeentecode = 'GM0000'"])
def test_hits_can_be_read_by_a_text_match(register: Register, count_of, condition):
    """T-03: one ``numberMatched="N"``, a number, with a filter, without one and for nothing."""
    answer = register(typeNames=f"rev_public:{AREAS}", resultType="hits", cql_filter=condition)
    found = re.findall(r'numberMatched="(\d+)"', answer.text)
    assert found == [str(count_of(AREAS, condition or "true"))]
    assert 'numberReturned="0"' in answer.text


def test_layers_can_be_discovered_by_a_text_match(register: Register):
    """T-04: ``<Name>rev_public:...</Name>``, without a prefix on Name, in both versions of the protocol."""
    for version in ("2.0.0", "1.1.0"):
        document = register(request="GetCapabilities", version=version).text
        assert sorted(re.findall(r"<Name>rev_public:([^<]+)</Name>", document)) == sorted(NAMES)


def test_an_apostrophe_is_doubled_and_an_unknown_attribute_is_refused(register: Register):
    """T-05: never everything, never a failure of the service."""
    who = "bronhouder = 'Omgevingsdienst d''Arc' AND evactiviteit = 'Emplacement'"
    assert register.json(cql_filter=who)["features"] == []
    for wrong in ("bronhouder = 'd'Arc'", "bronhouderr = 'x'", "bronhouder ='x", "bronhouder"):
        answer = register(typeNames=f"rev_public:{AREAS}", outputFormat="application/json", cql_filter=wrong)
        assert answer.status == 400, wrong
        assert 'locator="cql_filter"' in answer.text
    assert "bronhoudercode" in register(typeNames=AREAS, cql_filter="bronhouderr = 'x'").text, "names what there is"


def test_a_large_radius_is_answered_in_time(register: Register, spot: Spot, count_of):
    """T-06: the patience of the client is 25 s; the whole town lies within 50 km."""
    for unit in ("meters", "metres", "m", "kilometers"):
        radius = 50 if unit == "kilometers" else 50_000
        condition = f"DWITHIN(geometrie, POINT({spot.x} {spot.y}), {radius}, {unit})"
        assert register.json("rev_public:kgl_public", cql_filter=condition, count=5)["numberMatched"] == count_of(
            "kgl_public"
        )


def test_five_are_given_and_all_are_counted(register: Register, count_of):
    """T-07"""
    answer = register.json(count=5)
    assert (len(answer["features"]), answer["numberMatched"]) == (5, count_of(AREAS))


@pytest.mark.parametrize(
    "path", ["/geoserver/wfs/rev_public", "/geoserver/rev_public/wfs", "/geoserver/rev_public/ows"]
)
@pytest.mark.parametrize("name", [AREAS, f"rev_public:{AREAS}"])
@pytest.mark.parametrize("format_", ["json", "application/json"])
def test_the_singular_name_gives_the_whole_layer_in_metres(register: Register, count_of, path, name, format_):
    """T-08, T-10: no count, no startIndex, no srsName."""
    answer = register(path, typeName=name, outputFormat=format_)
    found = json.loads(answer.body)
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"]) == count_of(AREAS)
    assert found["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::28992"
    west, south, _east, _north = shape(found["features"][0]["geometry"]).bounds
    assert west > 10_000 and south > 300_000


@pytest.mark.parametrize("name", NAMES)
def test_nothing_found_is_a_collection(register: Register, name):
    """T-09: ``features`` is an empty list, of every layer."""
    found = register.json(f"rev_public:{name}", cql_filter="identificatie = 'bestaat niet'")
    assert (found["type"], found["features"], found["numberMatched"]) == ("FeatureCollection", [], 0)


@pytest.mark.parametrize("name", NAMES)
def test_no_count_gives_everything(register: Register, count_of, name):
    """T-10: and the numbers say so, in JSON and in GML."""
    found = register.json(f"rev_public:{name}")
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"]) == count_of(name) > 0
    document = register(typeNames=f"rev_public:{name}").text
    assert document.count("<wfs:member>") == count_of(name)
    assert f'numberReturned="{count_of(name)}"' in document


@pytest.mark.parametrize("path", ["/geoserver/wfs/rev_public", "/geoserver/rev_public/wfs"])
def test_owslib_lists_every_layer_at_the_address_of_the_workspace(register: Register, path):
    """T-11"""
    found = WebFeatureService(f"{register.url}{path}", version="2.0.0", timeout=60)
    assert sorted(found.contents) == sorted(f"rev_public:{name}" for name in NAMES)
    answer = found.getfeature(typename=[f"rev_public:{AREAS}"], outputFormat="json", maxfeatures=2)
    assert len(json.loads(answer.read())["features"]) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_has_one_kind_of_geometry_and_flat_values(register: Register, name):
    """T-12, T-29, T-36: types can be taken from the first feature, and no value is an object or a list."""
    layer = next(layer for layer in LAYERS if layer.name == name)
    features = register.json(f"rev_public:{name}")["features"]
    kinds = {feature["geometry"]["type"] for feature in features if feature["geometry"]}
    assert kinds == {layer.geometry_type}
    for field in layer.fields:
        values = [feature["properties"][field.name] for feature in features]
        types = {type(value) for value in values if value is not None}
        assert types <= {"text": {str}, "integer": {int}, "number": {int, float}, "boolean": {bool}}.get(
            field.type, {str}
        ), field.name


def test_a_whole_layer_comes_as_shapefile_and_as_geojson(register: Register, count_of, tmp_path):
    """T-18: short names of columns can be read, and are explained in the file."""
    answer = register(typeNames="rev_public:kgl_public", outputFormat="shape-zip")
    assert answer.status == 200
    target = tmp_path / "kgl.zip"
    target.write_bytes(answer.body)
    with fiona.open(f"zip://{target}") as found:
        assert len(found) == count_of("kgl_public")
        assert {"naam", "bronhouder", "gemeenteco", "cat_kwetsb"} & set(found.schema["properties"])
        assert all(len(name) <= 10 for name in found.schema["properties"])
        assert found.crs.to_epsg() == 28992
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert "categorie_kwetsbaarheid" in archive.read("kolommen.csv").decode()
    assert len(register.json("rev_public:kgl_public")["features"]) == count_of("kgl_public")


def test_pages_of_a_thousand_have_no_gap_and_no_double(register: Register, count_of):
    """T-19, T-22: by number, by ``next``, and with the page of 2,000 that the copies ask."""
    total = count_of("kgl_public")
    for size in (1000, 2000):
        starts = range(0, total + size, size)
        pages = [register.json("rev_public:kgl_public", count=size, startIndex=start) for start in starts]
        found = [feature["id"] for page in pages for feature in page["features"]]
        assert len(found) == len(set(found)) == total
        assert [len(page["features"]) for page in pages[:-2]] == [size] * (len(pages) - 2), "full up to the last"
    followed, page = [], register.json("rev_public:kgl_public", count=1000)
    while True:
        followed += [feature["id"] for feature in page["features"]]
        link = next((item["href"] for item in page["links"] if item["rel"] == "next"), None)
        if link is None:
            break
        page = json.loads(register.get(link.removeprefix(register.url)).body)
    assert followed == found


@pytest.mark.parametrize(
    ("suffix", "degrees", "latitude_first"),
    [
        (None, False, False), ("urn:ogc:def:crs:EPSG::28992", False, False), ("EPSG:28992", False, False),
        ("http://www.opengis.net/def/crs/EPSG/0/28992", False, False), ("urn:ogc:def:crs:EPSG::4326", True, True),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", True, True), ("EPSG:4326", True, False),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", True, False), ("urn:ogc:def:crs:EPSG::4258", True, True),
        ("http://www.opengis.net/gml/srs/epsg.xml#28992", False, False),
    ],
)  # fmt: skip
def test_a_box_means_the_same_with_every_suffix(register: Register, spot: Spot, suffix, degrees, latitude_first):
    """T-20"""
    here, half = ((spot.longitude, spot.latitude), 0.00001) if degrees else ((spot.x, spot.y), 1)
    x, y = reversed(here) if latitude_first else here
    box = f"{x - half},{y - half},{x + half},{y + half}" + (f",{suffix}" if suffix else "")
    found = register.json(bbox=box)
    assert spot.here <= keys(found) <= spot.near


def test_all_objects_of_a_place_come_in_one_request(register: Register, spot: Spot):
    """T-21: a list of types, one box, one answer; and every layer can be asked by the number of its location."""
    box = f"{spot.x - 50},{spot.y - 50},{spot.x + 50},{spot.y + 50}"
    types = "".join(f"(rev_public:{name})" for name in NAMES)
    answer = register(typeNames=types, bbox=box, outputFormat="json")
    assert answer.status == 200, answer.text
    together = {feature["id"] for feature in json.loads(answer.body)["features"]}
    apart = {item["id"] for name in NAMES for item in register.json(f"rev_public:{name}", bbox=box)["features"]}
    assert together == apart
    assert {name.partition(".")[0] for name in together} >= {AREAS, "gemeenten"}
    (first, *_) = spot.here
    location = register.json(cql_filter=f"identificatie = '{first}'")["features"][0]["properties"]["id_locatie"]
    for name in ("ev_activiteiten", "aandachtsgebieden", AREAS):
        found = register.json(name, cql_filter=f"id_locatie = '{location}'")["features"]
        assert found and {item["properties"]["id_locatie"] for item in found} == {location}


def test_a_wrong_name_of_the_geometry_is_told_the_right_one(register: Register, spot: Spot):
    """T-23"""
    for name in ("geom", "the_geom", "shape"):
        answer = register(typeNames=AREAS, cql_filter=f"INTERSECTS({name}, POINT({spot.x} {spot.y}))")
        assert answer.status == 400 and "geometrie" in answer.text.replace(name, "", 1)
    answer = register.get(
        f"/ogc/v1/collections/{AREAS}/items?{urlencode({'filter': 'S_INTERSECTS(geom,POINT(5 52))'})}"
    )
    assert answer.status == 400 and "geometrie" in answer.text


@pytest.mark.parametrize("name", ["filer", "cqlfilter", "where", "query", "bronhouder", "bbox-crs", "limit", "f"])
def test_a_parameter_that_is_not_known_never_gives_everything(register: Register, name):
    """T-24: in the WFS; names of the other protocol are unknown in this one."""
    answer = register(typeNames=AREAS, outputFormat="json", **{name: "bronhouder='x'"})
    assert answer.status == 400 and f'locator="{name}"' in answer.text


@pytest.mark.parametrize("name", ["cql_filter", "where", "bboxcrs", "count", "startIndex", "srsName", "filter_lang"])
def test_nor_does_it_in_the_ogc_api(register: Register, name):
    """T-24"""
    answer = register.get(f"/ogc/v1/collections/{AREAS}/items?{urlencode({name: 'x'})}")
    assert answer.status == 400
    assert json.loads(answer.body)["parameter"] == name


def test_a_crs_may_be_written_short_and_long(register: Register, spot: Spot):
    """T-25: in ``crs``, ``bbox-crs`` and ``filter-crs``; the header answers with the whole URI."""
    long = "http://www.opengis.net/def/crs/EPSG/0/28992"
    box = f"{spot.x - 1},{spot.y - 1},{spot.x + 1},{spot.y + 1}"
    for written in (long, "EPSG:28992", "urn:ogc:def:crs:EPSG::28992"):
        query = urlencode({"bbox": box, "bbox-crs": written, "crs": written})
        answer = register.get(f"/ogc/v1/collections/{AREAS}/items?{query}")
        assert answer.status == 200, answer.text
        assert answer.headers["Content-Crs"] == f"<{long}>"
        assert spot.here <= keys(json.loads(answer.body)) <= spot.near
        query = urlencode({"filter": f"S_INTERSECTS(geometrie,POINT({spot.x} {spot.y}))", "filter-crs": written})
        assert keys(json.loads(register.get(f"/ogc/v1/collections/{AREAS}/items?{query}").body)) == spot.here


@pytest.mark.parametrize(
    "box", [",,,", "1,2,3", "1,2,3,4,5", "a,b,c,d", "5,52,5", "5,53,6,52", "NaN,52,6,53", "5;52;6;53", "1,2,3,4,5,6,7"]
)
def test_a_bad_box_is_the_clients_error(register: Register, box):
    """T-26"""
    answer = register(typeNames=AREAS, outputFormat="json", bbox=box)
    assert answer.status == 400 and 'locator="bbox"' in answer.text
    answer = register.get(f"/ogc/v1/collections/{AREAS}/items?{urlencode({'bbox': box})}")
    assert answer.status == 400 and json.loads(answer.body)["parameter"] == "bbox"


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_has_the_same_core_and_can_be_filtered_on_it(register: Register, name):
    """T-27, T-28: who is told as naam and bronhouder in each, beside the names of the register."""
    schema = register(request="DescribeFeatureType", typeNames=f"rev_public:{name}").text
    assert re.findall(r'<xsd:element name="(\w+)"', schema)[1 : len(CORE) + 1] == CORE
    queryables = json.loads(register.get(f"/ogc/v1/collections/{name}/queryables?f=json").body)["properties"]
    assert set(CORE) <= set(queryables)
    condition = " AND ".join(f"({field} IS NULL OR {field} IS NOT NULL)" for field in CORE)
    found = register.json(f"rev_public:{name}", cql_filter=condition, count=1)
    assert found["numberMatched"] > 0


def test_geometry_that_was_repaired_is_found(register: Register, town):
    """T-30: by a point inside it; the row says what was repaired."""
    with town.database.loader() as connection:
        rows = connection.execute(
            "SELECT identificatie, ST_X(p), ST_Y(p) FROM publiek.aandachtsgebieden, ST_PointOnSurface(geometrie) AS p"
            " WHERE publicatie_tot IS NULL AND geometrie_hersteld IS NOT NULL"
        ).fetchall()
    assert rows
    for key, x, y in rows:
        found = register.json("aandachtsgebieden", cql_filter=f"INTERSECTS(geometrie, POINT({x} {y}))")
        assert key in keys(found)
        (row,) = (item for item in found["features"] if item["properties"]["identificatie"] == key)
        assert row["properties"]["geometrie_hersteld"]


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_says_how_much_it_holds_and_of_when(register: Register, count_of, name):
    """T-31: so that nothing found and not filled look different."""
    collection = json.loads(register.get(f"/ogc/v1/collections/{name}?f=json").body)
    assert collection["aantal"] == count_of(name)
    assert collection["laatst_geladen"]
    answer = register(typeNames=name, cql_filter="identificatie = 'bestaat niet'", outputFormat="json")
    assert answer.headers["X-Objects-Tested"] == str(count_of(name))
    assert json.loads(answer.body)["numberTested"] == count_of(name)


def test_what_has_ended_is_not_in_the_layer(register: Register):
    """T-32: nor is any object there twice."""
    for name in NAMES:
        features = register.json(f"rev_public:{name}")["features"]
        found = [feature["properties"]["identificatie"] for feature in features]
        assert len(found) == len(set(found))
        ends = {feature["properties"]["eind_geldigheid"] for feature in features} - {None}
        assert all(datetime.fromisoformat(end) > datetime.now(UTC) for end in ends)


def test_every_area_says_its_kind_and_activity(register: Register, count_of):
    """T-33, T-34, T-39, T-42: type, class, Seveso, the delivered distance and whether it is a placeholder."""
    for name, kind in ((AREAS, "explosie"), ("ev_brandaandachtsgebieden", "brand")):
        types = {feature["properties"]["type"] for feature in register.json(name)["features"]}
        assert types and all(item.startswith(kind) for item in types)
    for condition in (
        "type = 'gifwolk'", "evactiviteit = 'Emplacement'", "seveso = true", "afstand_m > 0",
        "placeholder = false AND categorieaandachtsgebied = 'berekend'",
    ):  # fmt: skip
        found = register.json("aandachtsgebieden", cql_filter=condition, count=1)
        assert found["numberMatched"] == count_of("aandachtsgebieden", condition) > 0, condition
    marks = {item["properties"]["placeholder"] for item in register.json("aandachtsgebieden")["features"]}
    assert None not in marks, "each says whether it is one"


def test_an_area_drawn_from_a_distance_has_it(register: Register):
    """T-39: the polygon is there, and wider than the distance on every side."""
    found = register.json("aandachtsgebieden", cql_filter="afstand_m > 0", count=10)
    for feature in found["features"]:
        west, south, east, north = shape(feature["geometry"]).bounds
        # 64 sides to the circle reach less far by a little
        assert min(east - west, north - south) > 2 * feature["properties"]["afstand_m"] * 0.99


def test_unknown_is_not_no(register: Register):
    """T-38, T-41: what is not told is null, with the reason beside it; what is not decided has a value of its own."""
    told = 0
    for field in (
        "naamexploitant",
        "basis_vergunning_nummer",
        "datum_vergunning_of_melding",
        "datum_laatste_wijziging",
    ):
        void = register.json("ev_activiteiten", cql_filter=f"{field}_geen_waarde IS NOT NULL")["features"]
        assert {item["properties"][field] for item in void} <= {None}
        told += len(void)
    assert told
    assert register.json("kgl_public", cql_filter="categorie_kwetsbaarheid = 'niet_bepaald'")["numberMatched"] > 0
    assert register.json("kgl_public", cql_filter="categorie_kwetsbaarheid IS NULL")["numberMatched"] == 0
    states = {item["properties"]["gemeentecode"] for item in register.json("kgl_status")["features"]}
    buildings = {item["properties"]["gemeentecode"] for item in register.json("kgl_public")["features"]}
    assert states > buildings, "a municipality without buildings is in the layer of states"


def test_the_ids_of_a_building_are_told_apart(register: Register):
    """T-44: that of the register and that of the BAG, each with its title in the schema."""
    schema = json.loads(register.get("/ogc/v1/collections/kgl_public/schema?f=json").body)["properties"]
    assert "BAG" in schema["id_pand_bag"]["title"] and "BAG" not in schema["identificatie"]["title"]
    (feature,) = register.json("kgl_public", count=1)["features"]
    assert re.fullmatch(r"\d{16}", feature["properties"]["id_pand_bag"])
    assert feature["properties"]["identificatie"].startswith("NL.IMEV.")


def test_a_failing_layer_does_not_break_the_others(register: Register):
    """A1: a client that goes through the layers meets a refusal and no broken connection."""
    statuses = [register(typeNames=f"rev_public:{name}", count=1).status for name in (*NAMES, "veiligheidszones")]
    assert statuses == [200] * len(NAMES) + [400]


@pytest.mark.parametrize("path", ["/geoserver/wfs", "/geoserver/ows", "/geoserver/rev_public/ows"])
def test_addresses_in_the_capabilities_lead_back(register: Register, path):
    """A client that follows the addresses of the document stays with this service."""
    document = register(path, request="GetCapabilities").text
    addresses = {urlsplit(item).netloc for item in re.findall(r'<ows:(?:Get|Post) xlink:href="([^"]+)"', document)}
    assert addresses == {urlsplit(register.url).netloc}
