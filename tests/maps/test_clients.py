"""GDAL and QGIS as clients: their WMTS and WMS drivers read a picture with the colours at the right place."""

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from PIL import Image

from risicoatlas.access import actor
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.maps import wsgi

from .conftest import CLASSES, centre
from .test_pictures import COLORS, pixel

# Both drivers read from here, at half a metre a pixel
BOX = (159_990.0, 509_960.0, 160_150.0, 510_060.0)
SIZE = (320, 200)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """The test run shows no access log."""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@pytest.fixture(scope="module")
def url(service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The maps over real HTTP, everybody anonymous."""
    applications = []

    def answer(environ, start_response):
        token = actor.bind(ANONYMOUS)
        try:
            return applications[0](environ, start_response)
        finally:
            actor.unbind(token)

    with make_server("127.0.0.1", 0, answer, server_class=Server, handler_class=Quiet) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        home = tmp_path_factory.mktemp("gdal")
        applications.append(
            wsgi.create(replace(service, settings=replace(service.settings, public_url=address, home=home)))
        )
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield address
        server.shutdown()
        thread.join()


def translated(source: str, target: Path) -> Image.Image:
    window = [BOX[0], BOX[3], BOX[2], BOX[1]]
    command = [
        "gdal_translate",
        "-q",
        "-of",
        "PNG",
        "-outsize",
        *map(str, SIZE),
        "-projwin",
        *map(str, window),
        source,
        str(target),
    ]
    # An empty home: GDAL would otherwise serve pictures of an earlier run from its cache.
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=target.parent,
        env={"HOME": str(target.parent), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    with Image.open(target) as picture:
        return picture.convert("RGBA")


def colours(picture: Image.Image) -> list[tuple[int, ...]]:
    return [picture.getpixel(pixel(centre(kind), BOX, SIZE)) for kind in CLASSES]


@pytest.mark.gdal
def test_gdal_reads_the_tiles_of_the_dutch_grid(url, tmp_path):
    source = f"WMTS:{url}/wmts/1.0.0/WMTSCapabilities.xml,layer=kgl_public,tilematrixset=EPSG:28992"

    assert colours(translated(source, tmp_path / "wmts.png")) == [COLORS[kind] for kind in CLASSES]


@pytest.mark.gdal
def test_gdal_finds_every_layer_and_grid(url):
    told = subprocess.run(
        ["gdalinfo", f"WMTS:{url}/wmts/1.0.0/WMTSCapabilities.xml"], capture_output=True, text=True, check=True
    )

    for layer in ("kgl_public", "gemeenten"):
        for grid in ("EPSG:28992", "WebMercatorQuad", "WorldCRS84Quad"):
            assert (
                f'layer={layer},tilematrixset="{grid}"' in told.stdout
                or f"layer={layer},tilematrixset={grid}" in told.stdout
            )


@pytest.mark.gdal
def test_gdal_reads_a_wms_picture(url, tmp_path):
    box = ",".join(map(str, BOX))
    source = (
        f"WMS:{url}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=kgl_public&STYLES=&CRS=EPSG:28992&BBOX={box}"
        "&FORMAT=image/png&TRANSPARENT=TRUE"
    )

    picture = translated(source, tmp_path / "wms.png")

    assert [color[:3] for color in colours(picture)] == [COLORS[kind][:3] for kind in CLASSES]


@pytest.mark.gdal
def test_gdal_lists_the_layers_of_the_wms(url):
    told = subprocess.run(
        ["gdalinfo", f"WMS:{url}/wms?SERVICE=WMS&REQUEST=GetCapabilities"], capture_output=True, text=True, check=True
    )

    assert "LAYERS=kgl_public" in told.stdout
    assert "risicolocaties" not in told.stdout


@pytest.mark.qgis
def test_qgis_opens_the_layer_in_every_protocol_without_a_complaint(url, tmp_path):
    """Debian's QGIS, in its own Python; what it logs as a warning fails the test."""
    script = Path(__file__).with_name("qgis_reads.py")
    arguments = [url, *map(str, BOX), *map(str, centre("zeerKwetsbaar"))]
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen"}

    done = subprocess.run(
        ["/usr/bin/python3", str(script), *arguments], capture_output=True, text=True, check=False, env=environ
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    red = list(COLORS["zeerKwetsbaar"][:3])
    assert told["wms"] == {"valid": True, "crs": "EPSG:28992", "colour": red}
    assert told["wmts"] == {"valid": True, "crs": "EPSG:28992", "colour": red}
    assert told["xyz"] == {"valid": True, "crs": "EPSG:3857"}
    assert "zeerKwetsbaar" in told["identify"]
    assert told["log"] == []
