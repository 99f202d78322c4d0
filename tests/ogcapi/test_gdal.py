"""GDAL's OAPIF driver over real HTTP: counts, types, axis order, and filters that reach the server."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from tests.conftest import free_port
from tests.world import GRID
from werkzeug.serving import WSGIRequestHandler, make_server

from risicoatlas.app import Door
from risicoatlas.providers import ogcapi
from risicoatlas.service import Service

ROWS = GRID * GRID + 3
pytestmark = pytest.mark.gdal


@dataclass
class Running:
    """The OGC API over HTTP, and the request lines that reached it."""

    url: str
    lines: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def running(world: Service) -> Iterator[Running]:
    port = free_port()
    found = Running(f"http://127.0.0.1:{port}/ogc/v1")
    service = replace(world, settings=replace(world.settings, public_url=f"http://127.0.0.1:{port}"))
    inner = ogcapi.create(service)

    def mounted(environ, start_response):
        found.lines.append(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}")
        path = environ["PATH_INFO"].removeprefix("/ogc/v1")
        return inner({**environ, "SCRIPT_NAME": "/ogc/v1", "PATH_INFO": path}, start_response)

    class Silent(WSGIRequestHandler):
        def log(self, *_args, **_kwargs) -> None:
            pass

    server = make_server("127.0.0.1", port, Door(mounted, service), threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def ogr(*arguments: str) -> str:
    program = shutil.which(arguments[0])
    assert program, f"{arguments[0]} is missing: install Debian's package gdal-bin"
    done = subprocess.run([program, *arguments[1:]], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


# From 3.8 on the driver reads a layer in the CRS that it is stored in; before, it knows no other than this one.
IN_DEGREES = ("-oo", "CRS=OGC:CRS84")


def test_the_layer_its_count_types_and_extent(running: Running) -> None:
    text = ogr("ogrinfo", "-so", *IN_DEGREES, f"OAPIF:{running.url}", "proef")
    assert f"Feature Count: {ROWS}" in text
    for line in (
        "naam: String",
        "aantal: Integer",
        "maat: Real",
        "ja: Integer(Boolean)",
        "dag: Date",
        "moment: DateTime",
    ):
        assert line in text, text
    extent = next(line for line in text.splitlines() if line.startswith("Extent"))
    west, south = (float(part) for part in extent.partition("(")[2].partition(")")[0].split(","))
    assert 5 < west < 5.5 and 52 < south < 52.5


def test_only_public_layers_are_listed(running: Running) -> None:
    assert "geheim" not in ogr("ogrinfo", f"OAPIF:{running.url}")


def test_every_object_arrives_once_over_pages(running: Running, tmp_path) -> None:
    target = tmp_path / "uit.geojson"
    ogr("ogr2ogr", "-oo", "PAGE_SIZE=50", str(target), f"OAPIF:{running.url}", "proef")
    features = json.loads(target.read_text(encoding="utf-8"))["features"]
    names = [feature["properties"]["identificatie"] for feature in features]
    assert len(names) == len(set(names)) == ROWS


def test_a_box_and_an_attribute_filter_reach_the_server(running: Running) -> None:
    running.lines.clear()
    box = ("-spat", "5.0352", "52.3164", "5.0356", "52.3165")
    text = ogr("ogrinfo", "-so", *IN_DEGREES, *box, f"OAPIF:{running.url}", "proef")
    assert any("bbox=" in line for line in running.lines)
    assert "Feature Count: 3" in text or "Feature Count: 6" in text
    running.lines.clear()
    text = ogr("ogrinfo", "-so", "-where", "soort = 'a'", f"OAPIF:{running.url}", "proef")
    assert any("soort=a" in line or "filter=" in line for line in running.lines), running.lines
    assert "Feature Count: 133" in text
