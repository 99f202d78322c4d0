"""Who sees what on the map: a hidden layer is absent, rows are limited, and without a decision nothing is answered."""

import threading

import psycopg
import pytest
from mapproxy.config import local_base_config
from mapproxy.extent import MapExtent
from mapproxy.layer import BlankImageError
from mapproxy.query import MapQuery
from mapproxy.srs import SRS
from pyproj import Transformer

from risicoatlas.errors import AccessError
from risicoatlas.maps import wsgi
from risicoatlas.maps.configuration import domain
from risicoatlas.maps.mapproxy_plugin import LayerSource
from risicoatlas.maps.renderer import Picture, datasource

from .conftest import BEHEERDER, GEMEENTE, LOCATIONS, LOCATIONS_BOX, OTHER_GEMEENTE

HIDDEN, UNKNOWN = "risicolocaties", "bestaat_niet"
LEVEL = 16


def tile_of_locations():
    """The address of the web tile that holds the middle between the two locations."""
    middle = [sum(place[axis] for place in LOCATIONS.values()) / 2 + 50 for axis in (0, 1)]
    x, y = Transformer.from_crs(31370, 3857, always_xy=True).transform(*middle)
    world, side = 20037508.342789244, 2 * 20037508.342789244 / 2**LEVEL
    return f"/tiles/risicolocaties/WebMercatorQuad/{LEVEL}/{int((x + world) // side)}/{int((world - y) // side)}.png"


def drawn(answer, nis):
    """Whether anything is drawn in the middle of that municipality's location."""
    x, y = LOCATIONS[nis]
    width, height = answer.picture.size
    min_x, min_y, max_x, max_y = LOCATIONS_BOX
    left, right = ((x + step - min_x) / (max_x - min_x) * width for step in (10, 90))
    top, bottom = ((max_y - y - step) / (max_y - min_y) * height for step in (90, 10))
    return answer.picture.crop((int(left), int(top), int(right), int(bottom))).getbbox() is not None


@pytest.mark.parametrize(
    "address", ["/wms?service=WMS&request=GetCapabilities", "/wms?service=WMS&version=1.1.1&request=GetCapabilities",
                "/wmts/1.0.0/WMTSCapabilities.xml", "/wmts?service=WMTS&request=GetCapabilities", "/tms/1.0.0/"],
)  # fmt: skip
def test_a_hidden_layer_is_in_no_capabilities(client, address):
    path, _, query = address.partition("?")

    anonymous = client.get(path, environ={"QUERY_STRING": query})
    allowed = client.as_actor(GEMEENTE).get(path, environ={"QUERY_STRING": query})

    assert anonymous.status == allowed.status == 200
    assert "kgl_public" in anonymous.text
    assert "isicolocatie" not in anonymous.text
    assert "31370" not in anonymous.text
    assert "risicolocaties" in allowed.text


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        ("/wms", {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "{}", "styles": "",
                  "crs": "EPSG:4326", "bbox": "50,4,51,5", "width": 8, "height": 8, "format": "image/png"},
         400, 'code="LayerNotDefined"'),
        ("/wms", {"service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "kgl_public",
                  "query_layers": "{}", "styles": "", "crs": "EPSG:4326", "bbox": "50,4,51,5", "width": 8, "height": 8,
                  "i": 1, "j": 1, "info_format": "text/plain"}, 400, 'code="LayerNotDefined"'),
        ("/wms", {"service": "WMS", "version": "1.3.0", "request": "GetLegendGraphic", "layer": "{}",
                  "format": "image/png"},
         400, 'code="LayerNotDefined"'),
        ("/wmts", {"service": "WMTS", "version": "1.0.0", "request": "GetTile", "layer": "{}", "style": "default",
                   "format": "image/png", "tilematrixset": "WebMercatorQuad", "tilematrix": 12, "tilerow": 1371,
                   "tilecol": 2096},
         400, 'exceptionCode="InvalidParameterValue" locator="layer"'),
        ("/wmts/{}/WebMercatorQuad/12/2096/1371.png", {}, 400, 'exceptionCode="InvalidParameterValue" locator="layer"'),
        ("/tiles/{}/WebMercatorQuad/12/2096/1371.png", {}, 404, ""),
        ("/tms/1.0.0/{}/WebMercatorQuad/12/2096/1371.png", {}, 404, ""),
        ("/tms/1.0.0/{}/WebMercatorQuad", {}, 404, ""),
    ],
)  # fmt: skip
def test_a_hidden_layer_answers_exactly_like_one_that_never_existed(client, path, parameters, status, code):
    hidden, unknown = (
        client.get(path.format(name), **{key: str(value).format(name) for key, value in parameters.items()})
        for name in (HIDDEN, UNKNOWN)
    )

    assert hidden.status == unknown.status == status
    assert hidden.text.replace(HIDDEN, UNKNOWN) == unknown.text
    assert {**hidden.headers, "content-length": ""} == {**unknown.headers, "content-length": ""}
    assert code in hidden.text


@pytest.mark.parametrize(
    ("who", "own", "other"), [(GEMEENTE, "99901", "99902"), (OTHER_GEMEENTE, "99902", "99901")], ids=["99901", "99902"]
)
def test_a_municipality_sees_its_own_locations_only(client, who, own, other):
    answer = client.as_actor(who).map("risicolocaties", LOCATIONS_BOX, crs="EPSG:31370")

    assert drawn(answer, own)
    assert not drawn(answer, other)


def test_a_beheerder_sees_every_location(client):
    answer = client.as_actor(BEHEERDER).map("risicolocaties", LOCATIONS_BOX, crs="EPSG:31370")

    assert all(drawn(answer, nis) for nis in LOCATIONS)


def test_actors_that_ask_at_the_same_moment_get_their_own_rows(client):
    """The maps and the connections are shared by all; areas are those of the request."""
    seen = []

    def ask(who, own, other):
        for _ in range(8):
            answer = client.as_actor(who).map("risicolocaties", LOCATIONS_BOX, crs="EPSG:31370")
            seen.append(drawn(answer, own) and not drawn(answer, other))

    threads = [
        threading.Thread(target=ask, args=arguments)
        for arguments in ((GEMEENTE, "99901", "99902"), (OTHER_GEMEENTE, "99902", "99901")) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [True] * 32


def test_what_is_drawn_for_one_actor_is_kept_nowhere(client, service):
    tile = client.as_actor(BEHEERDER).get(tile_of_locations())
    picture = client.as_actor(GEMEENTE).map("risicolocaties", LOCATIONS_BOX, crs="EPSG:31370")

    for answer in (tile, picture):
        assert answer.status == 200
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["vary"] == "Authorization, Cookie, X-API-Key"
        assert "etag" not in answer.headers
    assert not [
        path
        for path in (service.settings.home / "tiles").rglob("*risicolocaties*")
        if path.suffix == ".png" or path.is_dir()
    ]


def test_a_restricted_layer_of_another_country_is_drawn_in_the_dutch_grid_too(client):
    """The viewer shows every layer on one map in RD."""
    x, y = Transformer.from_crs(31370, 28992, always_xy=True).transform(*(place + 50 for place in LOCATIONS["99901"]))
    side = 256 * 3440.64 / 2**10
    tile = client.as_actor(GEMEENTE).get(
        f"/tiles/risicolocaties/EPSG:28992/10/{int((x + 285401.92) // side)}/{int((903401.92 - y) // side)}.png"
    )

    assert tile.picture.getbbox() is not None


def test_a_parameter_does_not_make_a_private_tile_look_public(client):
    answer = client.as_actor(BEHEERDER).get(tile_of_locations(), layer="kgl_public", layers="kgl_public")

    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers


def test_a_tile_of_a_restricted_layer_holds_the_rows_of_who_asks(client):
    """The same address, one after the other: nothing of the first answer is in the second."""
    everything = client.as_actor(BEHEERDER).get(tile_of_locations())
    own = client.as_actor(GEMEENTE).get(tile_of_locations())

    assert everything.picture.getbbox() is not None
    assert own.picture.getbbox() is not None
    assert everything.body != own.body


def test_without_an_actor_the_maps_refuse(service):
    with pytest.raises(AccessError):
        wsgi.create(service)({"PATH_INFO": "/wms", "REQUEST_METHOD": "GET"}, lambda *_: None)


def test_mapproxy_without_the_access_hook_refuses(client):
    maps = client.app
    client.get("/wms", service="WMS", request="GetCapabilities")
    app = next(iter(maps._apps.values()))

    with pytest.raises(AccessError):
        app({"PATH_INFO": "/wms", "REQUEST_METHOD": "GET"}, lambda *_: None)


def test_a_restricted_layer_whose_actor_was_lost_on_the_way_is_blank(client, service):
    """MapProxy's thread pool does not carry the context variable."""
    client.as_actor(BEHEERDER).get("/wms", service="WMS", request="GetCapabilities")
    base_config = next(iter(client.app._apps.values())).app.base_config
    extent = domain(31370)
    ended = []

    def draw():
        with local_base_config(base_config):
            source = LayerSource(
                service.catalogue.get("risicolocaties"), client.app.atelier, MapExtent(extent.box, SRS(extent.srid))
            )
            try:
                ended.append(source.get_map(MapQuery(LOCATIONS_BOX, (64, 64), SRS(31370))))
            except BlankImageError:
                ended.append("blank")

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()

    assert ended == ["blank"]


def test_the_database_gives_no_row_of_a_restricted_layer_without_areas(client, service):
    renderer = client.app.atelier.renderer

    picture = renderer.draw(service.catalogue.get("risicolocaties"), Picture(LOCATIONS_BOX, 31370, 64, 64), areas="")

    assert picture.getbbox() is None


@pytest.mark.parametrize("areas", ["99901' OR true --", "x','99901", "*,99901", "!bbox!", "@gebieden"])
def test_areas_are_values_and_never_become_sql(client, service, areas):
    renderer = client.app.atelier.renderer

    picture = renderer.draw(service.catalogue.get("risicolocaties"), Picture(LOCATIONS_BOX, 31370, 64, 64), areas=areas)

    assert (picture.getbbox() is not None) == (areas == "*,99901")


def test_the_connections_of_the_renderer_have_no_right_on_restricted_tables(client, service):
    layer = service.catalogue.get("risicolocaties")
    style = client.app.atelier.renderer.styles[layer.name]

    parameters = datasource(str(service.pool.conninfo), layer, style, 31370)
    with (
        psycopg.connect(f"dbname={parameters['dbname']}") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM besloten.risicolocaties")


def test_a_public_tile_may_be_kept_by_everybody(client):
    tile = client.get("/tiles/kgl_public/EPSG:28992/3/3/3.png")

    assert tile.status == 200
    assert "private" not in tile.headers.get("cache-control", "")
