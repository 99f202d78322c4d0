"""WMTS 1.0.0, TMS 1.0.0 and /tiles: capabilities, refusals and addresses."""

import pytest
from lxml import etree
from pyproj import Transformer

from .conftest import PROVIDER_URL, PUBLIC_URL, centre

WMTS = "{http://www.opengis.net/wmts/1.0}"
OWS = "{http://www.opengis.net/ows/1.1}"
LINK = "{http://www.w3.org/1999/xlink}href"
TILE = {
    "service": "WMTS", "request": "GetTile", "version": "1.0.0", "layer": "kgl_public", "style": "default",
    "format": "image/png", "tilematrixset": "EPSG:28992", "tilematrix": 3, "tilerow": 3, "tilecol": 4,
}  # fmt: skip


def code(answer):
    """Exception code and locator of a report in the right form."""
    root = etree.fromstring(answer.body)
    assert root.tag == f"{OWS}ExceptionReport"
    assert root[0].findtext(f"{OWS}ExceptionText")
    return root[0].get("exceptionCode"), (root[0].get("locator") or "").lower()


@pytest.fixture(scope="session")
def capabilities(client):
    return etree.fromstring(client.get("/wmts/1.0.0/WMTSCapabilities.xml").body)


def test_parameters_and_address_give_the_same_capabilities(client):
    by_address = client.get("/wmts/1.0.0/WMTSCapabilities.xml")
    by_parameters = client.get("/wmts", service="WMTS", request="GetCapabilities", version="1.0.0")
    owslib = client.get("/wmts/1.0.0/WMTSCapabilities.xml", service="WMTS", request="GetCapabilities", version="1.0.0")

    assert by_address.headers["content-type"] == "application/xml"
    assert by_address.body == by_parameters.body == owslib.body


def test_both_ways_of_asking_a_tile_are_told(capabilities):
    values = {
        value.text
        for operation in capabilities.iter(f"{OWS}Operation")
        if operation.get("name") == "GetTile"
        for value in operation.iter(f"{OWS}Value")
    }

    assert values == {"KVP", "RESTful"}


def test_every_address_is_the_public_one(capabilities):
    links = [element.get(LINK) for element in capabilities.iter() if element.get(LINK)]
    templates = [element.get("template") for element in capabilities.iter(f"{WMTS}ResourceURL")]

    assert links
    assert templates
    ours = (f"{PUBLIC_URL}/wms", f"{PUBLIC_URL}/wmts", f"{PUBLIC_URL}/metadata/", PROVIDER_URL)
    assert all(link.startswith(ours) for link in links + templates)


def test_grids_are_those_of_their_standards(capabilities):
    """Dutch tiling scheme: level 0 at 1:12,288,000; world grids as registered with OGC, CRS84 longitude first."""
    found = {
        item.findtext(f"{OWS}Identifier"): (
            item.findtext(f"{OWS}SupportedCRS"),
            item.findtext(f"{WMTS}WellKnownScaleSet"),
            round(float(item.findtext(f"{WMTS}TileMatrix/{WMTS}ScaleDenominator")), 3),
            [round(float(number), 3) for number in item.findtext(f"{WMTS}TileMatrix/{WMTS}TopLeftCorner").split()],
        )
        for item in capabilities.iterfind(f"{WMTS}Contents/{WMTS}TileMatrixSet")
    }

    assert found == {
        "EPSG:28992": ("urn:ogc:def:crs:EPSG::28992", None, 12288000.0, [-285401.92, 903401.92]),
        "WebMercatorQuad": (
            "urn:ogc:def:crs:EPSG::3857", "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible",
            559082264.029, [-20037508.343, 20037508.343],
        ),
        "WorldCRS84Quad": (
            "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:wkss:OGC:1.0:GoogleCRS84Quad", 279541132.014, [-180, 90],
        ),
    }  # fmt: skip


def test_a_layer_tells_from_which_scale_it_is_drawn_and_where_its_legend_is(client, capabilities):
    layer = next(
        item for item in capabilities.iter(f"{WMTS}Layer") if item.findtext(f"{OWS}Identifier") == "kgl_public"
    )

    legend = layer.find(f"{WMTS}Style/{WMTS}LegendURL").get(LINK)

    assert "vanaf schaal 1:100.000" in layer.findtext(f"{OWS}Abstract")
    assert client.get("/wms", environ={"QUERY_STRING": legend.partition("?")[2]}).picture.size[0] > 0


@pytest.mark.parametrize(
    "name", ["service", "request", "layer", "style", "format", "tilematrixset", "tilematrix", "tilerow", "tilecol"]
)
def test_a_tile_without_a_parameter_is_refused_by_its_name(client, name):
    answer = client.get("/wmts", **{key: value for key, value in TILE.items() if key != name})

    assert answer.status == 400
    assert code(answer) == ("MissingParameterValue", name)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("service", "WFS", "InvalidParameterValue"),
        ("layer", "bestaat_niet", "InvalidParameterValue"),
        ("style", "bestaat_niet", "InvalidParameterValue"),
        ("format", "image/nothing", "InvalidParameterValue"),
        ("tilematrixset", "EPSG:9999", "InvalidParameterValue"),
        ("tilematrix", "99", "InvalidParameterValue"),
        ("tilematrix", "-1", "InvalidParameterValue"),
        ("tilerow", "8", "TileOutOfRange"),
        ("tilerow", "-1", "TileOutOfRange"),
        ("tilecol", "99999", "TileOutOfRange"),
        ("tilecol", "x", "InvalidParameterValue"),
        ("tilecol", "9" * 5000, "InvalidParameterValue"),
        ("tilecol", "\x01", "InvalidParameterValue"),
        ("request", "GetNothing", "InvalidParameterValue"),
    ],
)
def test_a_tile_that_is_not_there_is_refused_by_the_name_of_what_is_wrong(client, name, value, expected):
    answer = client.get("/wmts", **{**TILE, name: value})

    assert answer.status == 400
    assert code(answer) == (expected, name)


def test_only_the_version_that_exists_is_negotiated(client):
    assert code(client.get("/wmts", service="WMTS", request="GetCapabilities", acceptversions="9.0.0")) == (
        "VersionNegotiationFailed",
        "acceptversions",
    )
    assert client.get("/wmts", service="WMTS", request="GetCapabilities", acceptversions="9.0.0,1.0.0").status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/wmts/kgl_public/EPSG:28992/3/4/99.png", 400),
        ("/wmts/kgl_public/EPSG:28992/3/4", 404),
        ("/wmts/kgl_public", 404),
        ("/tiles/kgl_public/EPSG:28992/3/4/99.png", 404),
        ("/tiles/kgl_public/EPSG:9999/3/4/3.png", 404),
        ("/tiles/kgl_public", 404),
        ("/tms/1.0.0/kgl_public/EPSG:28992/3/4/99.png", 404),
        ("/tms/1.0.0/kgl_public/EPSG:28992/99/4/3.png", 404),
        ("/tiles/..%2f..%2fetc/passwd/0/0/0.png", 404),
        ("/tiles/../../etc/passwd/0/0/0.png", 404),
        (f"/tiles/kgl_public/EPSG:28992/3/{'9' * 5000}/3.png", 404),
        ("/tiles/kgl_public/EPSG:28992/3/4/3.png/..", 404),
        ("/tms/1.0.0/%00", 404),
        ("/tms/1.0.0/%3Cb%3E", 404),
        ("/wmts/%01/kgl_public", 404),
        (f"/wmts/kgl_public/EPSG:28992/3/4/3/{'9' * 5000}/1.geojson", 400),
    ],
)
def test_an_address_outside_what_there_is_is_a_plain_refusal(client, path, status):
    assert client.get(path).status == status


def test_tms_lists_every_layer_in_every_grid(client):
    root = etree.fromstring(client.get("/tms/1.0.0/").body)

    found = {item.get("href") for item in root.iter("TileMap")}

    assert {
        f"{PUBLIC_URL}/tms/1.0.0/{layer}/{grid}"
        for layer in ("kgl_public", "gemeenten")
        for grid in ("EPSG:28992", "WebMercatorQuad", "WorldCRS84Quad")
    } == found


def test_tms_tells_the_resolution_of_each_level(client):
    root = etree.fromstring(client.get("/tms/1.0.0/kgl_public/EPSG:28992").body)

    sizes = {int(item.get("order")): float(item.get("units-per-pixel")) for item in root.iter("TileSet")}

    assert sizes[0] == 3440.64
    assert sizes[10] == 3440.64 / 2**10


def test_feature_info_of_a_tile_tells_the_object_at_the_pixel(client):
    x, y = Transformer.from_crs(28992, 3857, always_xy=True).transform(*centre("kwetsbaar"))
    world, level = 20037508.342789244, 18
    side = 2 * world / 2**level
    column, row = (x + world) / side, (world - y) / side
    pixel = {"i": int(column % 1 * 256), "j": int(row % 1 * 256)}
    place = {"tilematrixset": "WebMercatorQuad", "tilematrix": level, "tilerow": int(row), "tilecol": int(column)}

    kvp = client.get(
        "/wmts", **{**TILE, **place, **pixel, "request": "GetFeatureInfo", "infoformat": "application/json"}
    )
    rest = client.get(
        f"/wmts/kgl_public/WebMercatorQuad/{level}/{int(column)}/{int(row)}/{pixel['i']}/{pixel['j']}.geojson"
    )

    assert '"kgl_public.pand.2"' in kvp.text
    assert kvp.body == rest.body


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"i": 256}, ("PointIJOutOfRange", "i")),
        ({"j": -1}, ("PointIJOutOfRange", "j")),
        ({"infoformat": "application/nothing"}, ("InvalidParameterValue", "infoformat")),
    ],
)
def test_feature_info_outside_a_tile_is_refused(client, changed, expected):
    asked = {**TILE, "request": "GetFeatureInfo", "i": 1, "j": 1, "infoformat": "text/plain", **changed}

    assert code(client.get("/wmts", **asked)) == expected


def test_a_tile_that_did_not_change_is_not_sent_again(client):
    path = "/tiles/gemeenten/EPSG:28992/3/4/3.png"
    client.get(path)  # drawn; from here on the tile comes from the cache
    first = client.get(path)

    again = client.get(path, environ={"HTTP_IF_NONE_MATCH": first.headers["etag"]})

    assert first.status == 200
    assert first.headers["etag"].startswith('"')
    assert again.status == 304
    assert again.body == b""
