"""What QGIS, GDAL and OWSLib were seen to send, byte for byte where it matters; what each test is for stands in
``quirks.yaml``. The programs themselves run in the other modules and under ``tests/integration``."""

import base64
import gzip
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree
from pyproj import Transformer
from shapely.geometry import shape
from tests.crs.conftest import Visitor
from werkzeug.test import TestResponse

GML = "{http://www.opengis.net/gml/3.2}"
WFS = "{http://www.opengis.net/wfs/2.0}"
TYPE = "rev_public:kgl_public"
URN = "urn:ogc:def:crs:EPSG::"
QGIS = {"User-Agent": "Mozilla/5.0 QGIS/32216", "Accept-Language": "en,*", "Accept-Encoding": "gzip, deflate"}


def wfs(visitor: Visitor, query: str, **more: Any) -> TestResponse:
    """The query string as the client wrote it; spaces, quotes and line breaks become percent codes, nothing else."""
    return visitor.get(f"/wfs?{quote(query, safe='&=,:;/?()*')}", **more)


def unpacked(answer: TestResponse) -> bytes:
    """The body; who says that it takes gzip may get it."""
    return gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item[0].get(f"{GML}id") for item in etree.fromstring(unpacked(answer)).iter(f"{WFS}member")]


def feature(parameters: str) -> str:
    """As QGIS begins every GetFeature."""
    return f"SERVICE=WFS&REQUEST=GetFeature&VERSION=2.0.0&TYPENAMES={TYPE}&{parameters}"


@pytest.fixture(scope="module")
def total(visitor: Visitor) -> int:
    found = re.search(r'numberMatched="(\d+)"', wfs(visitor, feature("RESULTTYPE=hits")).text)
    assert found
    return int(found[1])


# --- pages


def test_qgis_reads_pages_until_a_short_one(visitor: Visitor, total: int):
    """Q-01, Q-06, Q-08: none before it is short, no id twice, and the page past the end is an empty collection."""
    size = 230
    found: list[str] = []
    for start in range(0, total, size):
        page = ids(wfs(visitor, feature(f"STARTINDEX={start}&COUNT={size}&SRSNAME={URN}28992"), headers=QGIS))
        assert len(page) == min(size, total - start)
        found += page
    assert len(set(found)) == total
    last = wfs(visitor, feature(f"STARTINDEX={total}&COUNT={size}&SRSNAME={URN}28992"), headers=QGIS)
    assert (last.status_code, ids(last)) == (200, [])
    assert etree.fromstring(unpacked(last)).get("numberReturned") == "0"


def test_a_count_is_given_or_refused_and_never_made_smaller(visitor: Visitor, total: int):
    """Q-02: GDAL would take the smaller page for the last one."""
    for count in (1, 1000, 2000, 5000, 10_000):
        assert len(ids(wfs(visitor, feature(f"STARTINDEX=0&COUNT={count}")))) == min(count, total)
    answer = wfs(visitor, feature("STARTINDEX=0&COUNT=999999999"))
    assert answer.status_code == 400 and 'locator="count"' in answer.text and re.search(r"\d{5,}", answer.text)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_the_capabilities_promise_pages_and_no_smaller_default(visitor: Visitor, version: str):
    """Q-03, Q-05: without the promise QGIS and GDAL send no STARTINDEX; with a default QGIS lowers its pages to it."""
    document = wfs(visitor, f"SERVICE=WFS&REQUEST=GetCapabilities&VERSION={version}").text
    assert "CountDefault" not in document and "DefaultMaxFeatures" not in document
    if version == "2.0.0":
        assert re.search(r'name="ImplementsResultPaging">\s*<ows:NoValues/>\s*<ows:DefaultValue>TRUE<', document)


def test_the_old_version_has_no_pages_and_gives_everything(visitor: Visitor, total: int):
    """Q-05"""
    query = f"SERVICE=WFS&REQUEST=GetFeature&VERSION=1.1.0&TYPENAME={TYPE}&SRSNAME={URN}4326"
    answer = wfs(visitor, query)
    assert answer.text.count('<rev_public:kgl_public gml:id="') == total
    hits = wfs(visitor, f"SERVICE=WFS&REQUEST=GetFeature&VERSION=1.1.0&TYPENAME={TYPE}&RESULTTYPE=hits").text
    assert f'numberOfFeatures="{total}"' in hits


def test_an_id_is_type_and_key_in_every_request(visitor: Visitor):
    """Q-06, Q-43: QGIS drops an id that it has had, and asks the object again by it."""
    forward = ids(wfs(visitor, feature("STARTINDEX=0&COUNT=20")))
    assert forward == ids(wfs(visitor, feature("STARTINDEX=0&COUNT=10"))) + ids(
        wfs(visitor, feature("STARTINDEX=10&COUNT=10"))
    )
    as_json = wfs(visitor, feature("STARTINDEX=0&COUNT=20&OUTPUTFORMAT=application/json")).json["features"]
    assert [item["id"] for item in as_json] == forward
    assert forward[0] == f"kgl_public.{as_json[0]['properties']['identificatie']}"
    assert ids(wfs(visitor, feature(f"RESOURCEID={forward[7]}"))) == [forward[7]]


def test_hits_are_a_number_with_none_returned(visitor: Visitor, total: int):
    """Q-09"""
    root = etree.fromstring(unpacked(wfs(visitor, feature("RESULTTYPE=hits"), headers=QGIS)))
    assert (root.get("numberMatched"), root.get("numberReturned"), len(root)) == (str(total), "0", 0)


def test_next_of_the_ogc_api_leads_through_everything_and_no_further(visitor: Visitor, total: int):
    """Q-11, Q-12: a cap would be harmless here; an address that lost a parameter would not. QGIS wants no cache."""
    headers = QGIS | {
        "Accept": "application/geo+json, application/json",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
    }
    address, found, pages = "/ogc/v1/collections/kgl_public/items?limit=570", [], 0
    while address:
        answer = visitor.get(address, headers=headers)
        assert answer.mimetype == "application/geo+json"
        page = json.loads(unpacked(answer))
        found += [item["id"] for item in page["features"]]
        pages += 1
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert len(found) == len(set(found)) == total
    assert pages == -(-total // 570), "a full last page has no next"


# --- capabilities, versions, names


@pytest.mark.parametrize(
    ("query", "version"),
    [
        ("SERVICE=WFS&REQUEST=GetCapabilities&ACCEPTVERSIONS=2.0.0,1.1.0,1.0.0", "2.0.0"),
        ("SERVICE=WFS&REQUEST=GetCapabilities&VERSION=2.0.0", "2.0.0"),
        ("SERVICE=WFS&REQUEST=GetCapabilities", "2.0.0"),
        ("SERVICE=WFS&REQUEST=GetCapabilities&VERSION=1.1.0", "1.1.0"),
        ("service=WFS&request=GetCapabilities&version=1.1.0", "1.1.0"),
        ("VERSION=2.0.0&SRSNAME=EPSG:28992&SERVICE=WFS&REQUEST=GetCapabilities", "2.0.0"),
        ("OUTPUTFORMAT=application/json&VERSION=2.0.0&SERVICE=WFS&REQUEST=GetCapabilities", "2.0.0"),
    ],
)
def test_every_way_of_asking_capabilities_gives_the_version_that_is_meant(visitor: Visitor, query: str, version: str):
    """Q-13, Q-15, Q-18: what does not belong to the operation is passed over, in any order and case."""
    answer = wfs(visitor, query)
    assert answer.status_code == 200
    assert etree.fromstring(answer.data).get("version") == version


@pytest.mark.parametrize(
    "names", [f"TYPENAMES={TYPE}&TYPENAME={TYPE}", f"TYPENAME={TYPE}", f"TYPENAMES={TYPE}", f"typeName={TYPE}"]
)
def test_either_name_of_the_type_parameter_is_read_in_either_operation(visitor: Visitor, names: str):
    """Q-16"""
    described = wfs(visitor, f"SERVICE=WFS&REQUEST=DescribeFeatureType&VERSION=2.0.0&{names}")
    assert 'name="kgl_public"' in described.text and 'name="gemeenten"' not in described.text
    assert len(ids(wfs(visitor, f"SERVICE=WFS&REQUEST=GetFeature&VERSION=2.0.0&{names}&COUNT=2"))) == 2


@pytest.mark.parametrize("format_", ["application/gml+xml; version=3.2", "text/xml; subtype=gml/3.2"])
def test_gdal_repeats_a_format_when_it_asks_the_schema(visitor: Visitor, format_: str):
    """Q-15, Q-17: that of the schema location; what its user put into the address comes first."""
    query = f"SRSNAME=EPSG:28992&VERSION=2.0.0&SERVICE=WFS&REQUEST=DescribeFeatureType&TYPENAME={TYPE}"
    query += f"&OUTPUTFORMAT={format_}"
    answer = wfs(visitor, query)
    assert answer.status_code == 200, answer.text
    assert etree.fromstring(answer.data).tag.endswith("schema")


def test_without_a_format_the_answer_is_gml_3_2_in_the_default_crs(visitor: Visitor):
    """Q-19, Q-24: neither QGIS nor GDAL names a format; GDAL names no CRS either."""
    answer = wfs(visitor, feature("STARTINDEX=0&COUNT=3"))
    assert answer.mimetype == "application/gml+xml" or "gml/3.2" in answer.headers["Content-Type"]
    names = {item.get("srsName") for item in etree.fromstring(answer.data).iter(f"{GML}MultiSurface")}
    assert names == {f"{URN}28992"}


# --- axis order


@pytest.mark.parametrize("code", ["4326", "4258", "3857", "28992"])
def test_qgis_gets_its_urn_back_and_the_axis_order_of_it(visitor: Visitor, code: str):
    """Q-21, Q-23: on every geometry."""
    root = etree.fromstring(wfs(visitor, feature(f"STARTINDEX=0&COUNT=5&SRSNAME={URN}{code}")).data)
    shapes = list(root.iter(f"{GML}MultiSurface"))
    assert len(shapes) == 5 and {item.get("srsName") for item in shapes} == {f"{URN}{code}"}
    first, second = map(float, next(root.iter(f"{GML}posList")).text.split()[:2])
    expected = {"4326": (52.5, 5.4), "4258": (52.5, 5.4), "3857": (605_000, 6_895_000), "28992": (158_000, 512_000)}
    assert (first, second) == pytest.approx(expected[code], rel=0.03)


def test_the_box_of_qgis_finds_the_same_in_three_crs(visitor: Visitor):
    """Q-22: the numbers have 17 decimals and the CRS is the fifth part, latitude first in 4326."""
    to_mercator = Transformer.from_crs(4326, 3857, always_xy=True)
    corners = [*to_mercator.transform(5.44, 52.578), *to_mercator.transform(5.45, 52.584)]
    boxes = {
        "4326": "52.57800000000000296,5.44000000000000039,52.58399999999999608,5.4500000000000001776",
        "3857": ",".join(f"{number:.17f}" for number in corners),
    }
    found = {}
    for code, box in boxes.items():
        query = feature(f"STARTINDEX=0&COUNT=5000&SRSNAME={URN}{code}&BBOX={box},{URN}{code}")
        found[code] = set(ids(wfs(visitor, query)))
    degrees = {item["id"] for item in items(visitor, "bbox=5.44,52.578,5.45,52.584&limit=5000")}
    assert {name.partition(".")[2] for name in found["4326"]} == degrees > set()
    assert found["4326"] == found["3857"]


def items(visitor: Visitor, query: str) -> list[dict[str, Any]]:
    answer = visitor.get(f"/ogc/v1/collections/kgl_public/items?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json["features"]


def test_gdal_sends_an_envelope_without_a_name(visitor: Visitor):
    """Q-25: it is in the default CRS; the namespace has no prefix and neither has the reference."""
    condition = (
        '<Filter xmlns="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"><BBOX>'
        "<ValueReference>geometrie</ValueReference><gml:Envelope>"
        "<gml:lowerCorner>158000.0000000000000000 507000.0000000000000000</gml:lowerCorner>"
        "<gml:upperCorner>160000.0000000000000000 512000.0000000000000000</gml:upperCorner>"
        "</gml:Envelope></BBOX></Filter>"
    )
    found = ids(wfs(visitor, feature(f"STARTINDEX=0&COUNT=5000&FILTER={condition}")))
    assert found == ids(wfs(visitor, feature("COUNT=5000&BBOX=158000,507000,160000,512000"))) != []


def test_the_ogc_api_is_longitude_first_where_nothing_is_asked(visitor: Visitor):
    """Q-26: QGIS 3.22 and GDAL 3.6 know no other CRS there."""
    for item in items(visitor, "limit=10&bbox=5.41901285805873467,52.55954120130457198,5.48866917327718593,52.60"):
        west, south, east, north = shape(item["geometry"]).bounds
        assert 5 < west < east < 6 and 52 < south < north < 53


# --- filters


def test_qgis_writes_a_filter_with_line_breaks_and_no_prefix(visitor: Visitor):
    """Q-28: text and numbers."""
    for operator, name, literal, condition in (
        ("PropertyIsEqualTo", "gemeentecode", "GM9901", "gemeentecode = 'GM9901'"),
        ("PropertyIsGreaterThan", "oppervlakte_m2", "2000", "oppervlakte_m2 > 2000"),
    ):
        text = (
            '<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0">\n'
            f" <fes:{operator}>\n  <fes:ValueReference>{name}</fes:ValueReference>\n"
            f"  <fes:Literal>{literal}</fes:Literal>\n </fes:{operator}>\n</fes:Filter>\n"
        )
        found = ids(wfs(visitor, feature(f"STARTINDEX=0&COUNT=5000&SRSNAME={URN}28992&FILTER={text}")))
        assert found == ids(wfs(visitor, feature(f"COUNT=5000&CQL_FILTER={condition}"))) != []


@pytest.mark.parametrize("query", ["query=b'<fes:Filter/>'", "filters=<x/>", "QUERY=x", "cql=naam='x'"])
def test_a_filter_under_a_wrong_name_is_refused(visitor: Visitor, query: str):
    """Q-30: OWSLib's own fault; passing it over would give everything."""
    answer = wfs(visitor, f"service=WFS&version=2.0.0&request=GetFeature&typenames={TYPE}&{query}")
    assert answer.status_code == 400
    assert "ExceptionReport" in answer.text and f'locator="{query.partition("=")[0].lower()}"' in answer.text


def test_gdal_finds_the_columns_among_the_parameters_of_the_definition(visitor: Visitor):
    """Q-29: by the link and the media type that it asks with; and the parameter filters."""
    accept = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json"
    links = visitor.get("/ogc/v1", headers={"Accept": "application/json"}).json["links"]
    address = next(link["href"] for link in links if link["rel"] == "service-desc")
    document = visitor.get(address, headers={"Accept": accept}).json
    parameters = document["paths"]["/collections/kgl_public/items"]["get"]["parameters"]
    names = {item.get("name") or item["$ref"].rpartition("/")[2] for item in parameters}
    assert {"gemeentecode", "categorie_kwetsbaarheid", "bbox", "limit"} <= names
    found = items(visitor, "f=json&limit=5000&categorie_kwetsbaarheid=zeerKwetsbaar")
    assert {item["properties"]["categorie_kwetsbaarheid"] for item in found} == {"zeerKwetsbaar"}


def test_the_open_ends_of_qgis_are_open(visitor: Visitor):
    """Q-44: it writes the years 0 and 9999."""
    for written, plain in (
        ("0000-01-01T00:00:00Z/2020-01-01T00:00:00Z", "../2020-01-01T00:00:00Z"),
        ("2020-01-01T00:00:00Z/9999-12-31T00:00:00Z", "2020-01-01T00:00:00Z/.."),
    ):
        found = items(visitor, f"limit=5000&datetime={written}")
        assert found == items(visitor, f"limit=5000&datetime={plain}") != []


# --- schema


def test_types_of_a_schema_are_those_that_gdal_can_read(visitor: Visitor):
    """Q-31: with another one it guesses from the first page, and asks no box any more."""
    for name in ("kgl_public", "ev_activiteiten", "aandachtsgebieden", "gemeenten"):
        text = wfs(visitor, f"SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType&TYPENAME=rev_public:{name}").text
        types = set(re.findall(r'<xsd:element name="\w+" type="([\w:]+)"', text)) - {f"rev_public:{name}Type"}
        plain = {f"xsd:{item}" for item in ("string", "long", "int", "integer", "double", "decimal", "boolean")}
        assert types <= plain | {"xsd:date", "xsd:dateTime", "gml:MultiSurfacePropertyType"}


def test_what_has_no_value_is_left_out(visitor: Visitor):
    """Q-32: an empty element is no number and no date."""
    document = wfs(visitor, feature("COUNT=500")).data
    empty = {item.tag for item in etree.fromstring(document).iter() if not len(item) and not (item.text or "").strip()}
    assert empty <= {f"{WFS}boundedBy"}, "found empty elements"


# --- headers, logins, errors


@pytest.mark.parametrize(
    "address",
    [
        f"/wfs?{feature('COUNT=1')}", "/wfs?SERVICE=WFS&REQUEST=GetCapabilities",
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
        "/ogc/v1/", "/ogc/v1/collections/kgl_public/items?limit=1", "/ogc/v1/openapi",
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "*/*", "Accept-Language": "en,*"}])
def test_no_header_is_needed(visitor: Visitor, address: str, headers: dict[str, str]):
    """Q-36: never 406 for an absent Accept; nothing for an absent User-Agent."""
    answer = visitor.get(address, headers=headers)
    assert answer.status_code == 200
    assert answer.mimetype != "text/html" or headers == {}


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"qgis:{key}".encode()).decode()}


RESTRICTED = "SERVICE=WFS&REQUEST=GetFeature&VERSION=2.0.0&TYPENAMES=besloten:risicolocaties&COUNT=1"


def test_a_key_is_taken_as_basic_unasked_and_in_the_address(visitor: Visitor, flemish_key: str):
    """Q-37, Q-38: QGIS 3.22 can send no other; no link of an answer repeats it."""
    for query, headers in (
        (RESTRICTED, basic(flemish_key)),
        (RESTRICTED, {"X-API-Key": flemish_key}),
        (f"{RESTRICTED}&api_key={flemish_key}", {}),
    ):
        answer = wfs(visitor, query, headers=headers)
        assert len(ids(answer)) == 1
        assert flemish_key not in answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_wrong_login_is_told_in_the_form_that_the_client_shows(visitor: Visitor):
    """Q-39: QGIS shows the text of an exception report, GDAL the title of a problem."""
    answer = wfs(visitor, RESTRICTED, headers=basic("ra_0_fout"))
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
    report = etree.fromstring(answer.data)
    assert report.tag.endswith("ExceptionReport")
    assert len("".join(report.itertext()).strip()) > 20
    old = visitor.get(f"/geoserver/ows?{RESTRICTED.replace('2.0.0', '1.1.0')}", headers=basic("ra_0_fout"))
    assert (old.status_code, etree.fromstring(old.data).tag) == (401, "{http://www.opengis.net/ows}ExceptionReport")
    answer = visitor.get("/ogc/v1/collections/risicolocaties/items", headers=basic("ra_0_fout"))
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.json["title"] and answer.json["detail"]


def test_two_logins_in_one_request_are_refused(visitor: Visitor, flemish_key: str):
    """Q-41: OWSLib keeps the headers of one object for the next."""
    answer = wfs(visitor, RESTRICTED, headers={"X-API-Key": flemish_key} | basic("ra_0_ander"))
    assert answer.status_code == 400 and "two different credentials" in answer.text


def test_what_is_hidden_is_not_listed(visitor: Visitor):
    """Q-42: GDAL opens every collection that is listed."""
    listed = [item["id"] for item in visitor.get("/ogc/v1/collections?f=json").json["collections"]]
    assert listed and "risicolocaties" not in listed
    for name in listed:
        assert visitor.get(f"/ogc/v1/collections/{name}/items?limit=10").status_code == 200


def test_a_failing_database_is_a_report_and_no_broken_answer(visitor: Visitor, monkeypatch: pytest.MonkeyPatch):
    """Q-40: QGIS takes a 500 for an empty layer; 503 and a report are read."""
    from psycopg_pool import ConnectionPool, PoolTimeout

    def busy(*_args: object, **_kwargs: object) -> None:
        raise PoolTimeout("no place")

    monkeypatch.setattr(ConnectionPool, "getconn", busy)
    answer = wfs(visitor, feature("COUNT=7"))
    assert answer.status_code == 503
    assert etree.fromstring(answer.data).tag.endswith("ExceptionReport")
    assert "no place" not in answer.text
    answer = visitor.get("/ogc/v1/collections/kgl_public/items?limit=7")
    assert answer.status_code == 503
    assert json.loads(answer.data)["status"] == 503
