"""WMS 1.3.0 and 1.1.1: the checks of the OGC suite that concern us, and what QGIS and GeoServer clients send."""

import io
import json

import pytest
from lxml import etree
from PIL import Image

from .conftest import BEHEERDER, CLASSES, GEMEENTE, LOCATIONS, LOCATIONS_BOX, PROVIDER_URL, PUBLIC_URL, TOWN_BOX, centre

WMS = "{http://www.opengis.net/wms}"
LINK = "{http://www.w3.org/1999/xlink}href"
MAP = {
    "request": "GetMap", "layers": "kgl_public", "styles": "", "crs": "EPSG:28992",
    "bbox": ",".join(map(str, TOWN_BOX)), "width": 100, "height": 100, "format": "image/png",
}  # fmt: skip


def info(client, **parameters):
    """GetFeatureInfo on the first building."""
    x, y = centre("zeerKwetsbaar")
    asked = {
        **MAP, "request": "GetFeatureInfo", "query_layers": "kgl_public",
        "i": int((x - TOWN_BOX[0]) / 2), "j": int((TOWN_BOX[3] - y) / 2), **parameters,
    }  # fmt: skip
    return client.wms(**asked)


def code(answer):
    """The exception code of a report in the right form."""
    root = etree.fromstring(answer.body)
    assert root.tag == "{http://www.opengis.net/ogc}ServiceExceptionReport"
    assert answer.headers["content-type"].startswith("text/xml")
    return root[0].get("code")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(None, "1.3.0"), ("1.3.0", "1.3.0"), ("100.0.0", "1.3.0"), ("1.1.1", "1.1.1"), ("0.0.0", "1.1.1")],
)
def test_the_version_is_negotiated(client, asked, answered):
    parameters = {"service": "WMS", "request": "GetCapabilities"} | ({"version": asked} if asked else {})

    capabilities = client.get("/wms", **parameters)

    root = etree.fromstring(capabilities.body, etree.XMLParser(load_dtd=False, no_network=True))
    assert root.get("version") == answered


def test_every_address_in_the_capabilities_is_the_public_one(client):
    root = etree.fromstring(client.wms(request="GetCapabilities").body)

    links = [element.get(LINK) for element in root.iter() if element.get(LINK)]

    assert links
    ours = (f"{PUBLIC_URL}/wms", f"{PUBLIC_URL}/metadata/", f"{PUBLIC_URL}/ogc/v1/", PROVIDER_URL)
    assert all(link.startswith(ours) for link in links)


def test_boxes_in_the_capabilities_have_the_axis_order_of_their_crs(client):
    root = etree.fromstring(client.wms(request="GetCapabilities").body)
    layer = next(item for item in root.iter(f"{WMS}Layer") if item.findtext(f"{WMS}Name") == "kgl_public")

    boxes = {
        box.get("CRS"): [float(box.get(name)) for name in ("minx", "miny", "maxx", "maxy")]
        for box in layer.iter(f"{WMS}BoundingBox")
    }

    assert boxes["EPSG:28992"] == [160000, 510000, 160140, 510020]
    assert 52 < boxes["EPSG:4326"][0] < boxes["EPSG:4326"][2] < 53
    assert 5 < boxes["EPSG:4326"][1] < boxes["EPSG:4326"][3] < 6


def test_the_legend_of_the_capabilities_has_the_size_that_they_tell(client):
    root = etree.fromstring(client.wms(request="GetCapabilities").body)

    for legend in root.iter(f"{WMS}LegendURL"):
        query = legend.find(f"{WMS}OnlineResource").get(LINK).partition("?")[2]
        picture = client.get("/wms", environ={"QUERY_STRING": query}).picture
        assert picture.size == (int(legend.get("width")), int(legend.get("height")))


def test_titles_are_escaped(client):
    root = etree.fromstring(client.wms(request="GetCapabilities").body)

    assert "Kwetsbare gebouwen <proef> & zo" in [item.text for item in root.iter(f"{WMS}Title")]


@pytest.mark.parametrize("missing", ["version", "layers", "styles", "crs", "bbox", "width", "height", "format"])
def test_a_map_without_a_parameter_of_the_standard_is_refused(client, missing):
    parameters = {"service": "WMS", "version": "1.3.0", **MAP}
    del parameters[missing]

    answer = client.get("/wms", **parameters)

    assert answer.status == 400
    assert code(answer) == "MissingParameterValue"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"layers": "bestaat_niet"}, "LayerNotDefined"),
        ({"layers": "kgl_public,bestaat_niet"}, "LayerNotDefined"),
        ({"layers": ",,"}, "LayerNotDefined"),
        ({"styles": "bestaat_niet"}, "StyleNotDefined"),
        ({"layers": "kgl_public,gemeenten", "styles": "default"}, "StyleNotDefined"),
        ({"crs": "EPSG:32631"}, "InvalidCRS"),
        ({"crs": "nergens"}, "InvalidCRS"),
        ({"format": "image/vnd.nothing"}, "InvalidFormat"),
        ({"bbox": "2,1,1,2"}, "InvalidParameterValue"),
        ({"bbox": "1,1,1,2"}, "InvalidParameterValue"),
        ({"bbox": "1,1,2"}, "InvalidParameterValue"),
        ({"bbox": "1,1,nan,2"}, "InvalidParameterValue"),
        ({"width": 0}, "InvalidParameterValue"),
        ({"height": -5}, "InvalidParameterValue"),
        ({"width": 100_000}, "InvalidParameterValue"),
        ({"bgcolor": "groen"}, "InvalidParameterValue"),
        ({"version": "7.0.0"}, "InvalidParameterValue"),
        ({"width": "9" * 5000}, "InvalidParameterValue"),
        ({"width": "\x01"}, "InvalidParameterValue"),
        ({"crs": f"EPSG:{'9' * 5000}"}, "InvalidCRS"),
        ({"crs": "EPSG:\uffff"}, "InvalidCRS"),
        # mapnik would draw dashes for minutes
        ({"bbox": "160000,510000,160000.01,510000.01"}, "InvalidParameterValue"),
        ({"crs": "EPSG:4326", "bbox": "52,5,53,5.0000001"}, "InvalidParameterValue"),
        ({f"p{number}": "" for number in range(1001)}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_code_of_the_standard(client, changed, expected):
    answer = client.wms(**{**MAP, **changed})

    assert answer.status == 400
    assert code(answer) == expected


def test_the_least_pixel_is_measured_in_the_crs_that_is_drawn(client):
    near = {**MAP, "version": "1.1.1", "srs": "EPSG:28992", "crs": "CRS:84", "bbox": "0,0,0.01,0.01"}

    answer = client.wms(**near)

    assert answer.status == 400
    assert "a pixel is smaller than 0.001" in answer.text


def test_a_crs_that_only_another_layer_has_is_refused_for_this_one(client):
    answer = client.as_actor(BEHEERDER).wms(**{**MAP, "crs": "EPSG:31370"})

    assert code(answer) == "InvalidCRS"


def test_parameters_that_no_standard_knows_are_ignored(client):
    """QGIS sends its resolution in three ways."""
    plain = client.wms(**MAP)
    qgis = client.wms(**MAP, DPI=100, MAP_RESOLUTION=100, FORMAT_OPTIONS="dpi:100")

    assert qgis.body == plain.body


def test_names_in_any_case_and_numbers_with_an_exponent_are_read(client):
    plain = client.wms(**MAP)
    other = client.get("/wms", SeRvIcE="WMS", VERSION="1.3.0", **{name.upper(): value for name, value in MAP.items()})
    exponent = client.wms(**{**MAP, "bbox": f"15.998e4,{TOWN_BOX[1]},+{TOWN_BOX[2]}.0,{TOWN_BOX[3]}"})

    assert other.body == plain.body == exponent.body


def test_names_with_the_prefix_of_the_real_register_are_understood(client):
    plain = client.wms(**MAP)
    prefixed = client.wms(**{**MAP, "layers": "rev_public:kgl_public", "styles": "aandachtsgebied"})

    assert prefixed.body == plain.body


@pytest.mark.parametrize(("format_", "kind"), [("image/png", "PNG"), ("image/jpeg", "JPEG")])
@pytest.mark.parametrize("size", [(8, 5), (100, 100), (1024, 768)])
def test_a_picture_has_the_format_and_size_that_were_asked(client, format_, kind, size):
    answer = client.wms(**{**MAP, "format": format_, "width": size[0], "height": size[1]})

    with Image.open(io.BytesIO(answer.body)) as picture:
        assert picture.size == size
        assert picture.format == kind


def test_the_background_is_white_or_what_was_asked_or_nothing(client):
    corner = [
        client.wms(**MAP, **more).picture.getpixel((0, 0))
        for more in ({}, {"bgcolor": "0xABCDEF"}, {"transparent": "TRUE"}, {"transparent": "FALSE"})
    ]

    assert corner == [(255, 255, 255, 255), (0xAB, 0xCD, 0xEF, 255), (0, 0, 0, 0), (255, 255, 255, 255)]


def test_a_report_may_be_asked_as_a_picture(client):
    told = client.wms(**{**MAP, "styles": "bestaat_niet", "exceptions": "INIMAGE"})
    blank = client.wms(**{**MAP, "styles": "bestaat_niet", "exceptions": "BLANK", "bgcolor": "0xABCDEF"})

    assert told.picture.size == blank.picture.size == (100, 100)
    assert len(told.picture.getcolors()) > 1
    assert blank.picture.getcolors() == [(10_000, (0xAB, 0xCD, 0xEF, 255))]


def test_the_older_version_has_its_own_parameters_axis_order_and_reports(client):
    parameters = {"service": "WMS", "version": "1.1.1", **MAP}
    del parameters["crs"]
    rd = client.get("/wms", **parameters, srs="EPSG:28992")
    wrong = client.get("/wms", **{**parameters, "layers": "bestaat_niet"}, srs="EPSG:28992")

    assert rd.picture.tobytes() == client.wms(**MAP).picture.tobytes()
    assert wrong.headers["content-type"] == "application/vnd.ogc.se_xml"
    assert b'code="LayerNotDefined"' in wrong.body


def test_a_form_that_is_posted_is_read_like_an_address(client):
    from urllib.parse import urlencode

    body = urlencode({"service": "WMS", "version": "1.3.0", **MAP}).encode()
    posted = client.get("/wms", method="POST", body=body, environ={"CONTENT_TYPE": "application/x-www-form-urlencoded"})

    assert posted.body == client.wms(**MAP).body


def test_xml_that_is_posted_is_refused_unread(client):
    body = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><GetMap>&b;</GetMap>'

    answer = client.get("/wms", method="POST", body=body, environ={"CONTENT_TYPE": "text/xml"})

    assert answer.status == 400
    assert b"root:" not in answer.body


def test_a_style_of_the_client_is_not_read(client):
    """SLD and SLD_BODY are parameters that nobody knows here: no address is fetched, the own style is drawn."""
    answer = client.wms(**MAP, sld="http://127.0.0.1:1/x.sld", sld_body="<StyledLayerDescriptor/>")

    assert answer.body == client.wms(**MAP).body


def test_head_gives_the_headers_alone(client):
    answer = client.get("/wms", method="HEAD", service="WMS", request="GetCapabilities")

    assert answer.status == 200
    assert answer.body == b""


def test_feature_info_tells_the_object_under_the_click(client):
    text = info(client, info_format="text/plain")
    html = info(client, info_format="text/html")
    found = json.loads(info(client, info_format="application/json").text)

    assert "Categorie: zeerKwetsbaar" in text.text
    assert "<td>zeerKwetsbaar</td>" in html.text
    assert "Kwetsbare gebouwen &lt;proef&gt; &amp; zo" in html.text
    assert [feature["id"] for feature in found["features"]] == ["kgl_public.pand.1"]
    assert found["features"][0]["properties"]["categorie_kwetsbaarheid"] == "zeerKwetsbaar"


def test_feature_info_gives_one_object_unless_more_are_asked(client):
    """A click that reaches two buildings at once; also over two layers, FEATURE_COUNT is per layer."""
    wide = {"bbox": "159000,509000,161000,511000", "i": 50, "j": 50}

    counts = {
        count: len(
            json.loads(info(client, info_format="application/json", feature_count=count, **wide).text)["features"]
        )
        for count in ("", "0", "-1", "veel", "1", "3", "10")
    }
    both = info(
        client, info_format="application/json", layers="kgl_public,gemeenten", query_layers="kgl_public,gemeenten"
    )

    assert counts == {"": 1, "0": 1, "-1": 1, "veel": 1, "1": 1, "3": 3, "10": 3}
    assert {feature["id"].partition(".")[0] for feature in json.loads(both.text)["features"]} == {
        "kgl_public",
        "gemeenten",
    }


def test_feature_info_beside_every_object_is_an_empty_answer_in_its_format(client):
    found = info(client, info_format="application/json", i=1, j=1)
    text = info(client, info_format="text/plain", i=1, j=1)

    assert json.loads(found.text) == {"type": "FeatureCollection", "features": [], "numberTested": len(CLASSES)}
    assert found.headers["x-objects-tested"] == str(len(CLASSES))
    assert text.status == 200


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"i": -1}, "InvalidPoint"),
        ({"i": 100}, "InvalidPoint"),
        ({"j": 100}, "InvalidPoint"),
        ({"j": "1.5"}, "InvalidPoint"),
        ({"i": "9" * 5000}, "InvalidPoint"),
        ({"info_format": "application/nothing"}, "InvalidFormat"),
        ({"query_layers": "bestaat_niet"}, "LayerNotDefined"),
        ({"query_layers": ",,"}, "LayerNotDefined"),
    ],
)
def test_feature_info_that_cannot_be_answered_is_refused(client, changed, expected):
    assert code(info(client, **changed)) == expected


def test_a_click_outside_the_world_of_the_crs_finds_nothing(client):
    found = info(client, info_format="application/json", bbox="4,51,6,53", i=3, j=3)

    assert json.loads(found.text) == {"type": "FeatureCollection", "features": []}


def test_a_count_of_objects_that_is_no_number_means_one(client):
    found = info(client, info_format="application/json", feature_count="9" * 5000)

    assert len(json.loads(found.text)["features"]) == 1


@pytest.mark.parametrize("color", ["0x00FF00", "#00ff00", "00FF00"])
def test_a_ground_colour_may_be_written_in_three_ways(client, color):
    answer = client.wms(**MAP, bgcolor=color, transparent="false")

    assert answer.picture.convert("RGB").getpixel((1, 1)) == (0, 255, 0)


def test_feature_info_of_a_restricted_layer_tells_own_rows_only(client):
    def asked(who, nis):
        x, y = LOCATIONS[nis]
        min_x, _, max_x, max_y = LOCATIONS_BOX
        return client.as_actor(who).wms(
            request="GetFeatureInfo", layers="risicolocaties", query_layers="risicolocaties", styles="",
            crs="EPSG:31370", bbox=",".join(map(str, LOCATIONS_BOX)), width=max_x - min_x, height=max_x - min_x,
            i=x + 50 - min_x, j=max_y - y - 50, info_format="application/json", format="image/png",
        )  # fmt: skip

    own, other = asked(GEMEENTE, "99901"), asked(GEMEENTE, "99902")

    assert [feature["id"] for feature in json.loads(own.text)["features"]] == ["risicolocaties.risico.99901"]
    assert json.loads(other.text)["features"] == []
    assert own.headers["cache-control"] == "private, no-store"
