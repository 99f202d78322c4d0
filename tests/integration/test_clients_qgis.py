"""QGIS as Debian ships it opens every layer through WFS and OGC API, and draws a WMS layer, with nothing in its log."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Town

from risicoatlas import catalogue as catalogues
from risicoatlas.catalogue import Layer
from risicoatlas.settings import CHECKOUT

from .conftest import OF_BOTH

pytestmark = pytest.mark.qgis
LAYERS = tuple(catalogues.read(CHECKOUT / "config"))
# python3-qgis belongs to Debian's own Python, not to that of the virtual environment.
DEBIAN_PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("qgis_client.py")
QUIET = {"info", "success"}


def wfs(url: str, layer: Layer, key: str | None = None) -> dict[str, Any]:
    uri = f"typename='{layer.prefix}:{layer.name}' srsname='EPSG:{layer.srid}' version='2.0.0' url='{url}/wfs'"
    return {"name": f"WFS {layer.name}", "provider": "WFS", "uri": uri, "authcfg": " authcfg={}", "key": key}


def oapif(url: str, layer: Layer, key: str | None = None) -> dict[str, Any]:
    uri = f"typename='{layer.name}' url='{url}/ogc/v1'"
    return {"name": f"OAPIF {layer.name}", "provider": "OAPIF", "uri": uri, "authcfg": " authcfg={}", "key": key}


def wms(url: str, layer: Layer, key: str | None = None) -> dict[str, Any]:
    uri = f"crs=EPSG:{layer.srid}&format=image/png&layers={layer.name}&styles=&url={url}/wms"
    return {"name": f"WMS {layer.name}", "provider": "wms", "uri": uri, "authcfg": "&authcfg={}", "key": key}


def qgis(folder: Path, jobs: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What QGIS saw of each job, and its messages."""
    done = subprocess.run(
        [DEBIAN_PYTHON, "-B", str(PROGRAM)],
        input=json.dumps({"folder": str(folder), "jobs": jobs}), capture_output=True, text=True, timeout=300,
        check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, f"install Debian's python3-qgis; it said: {done.stderr}"
    told = json.loads(done.stdout[done.stdout.index('{"version"') :])
    return told["results"], told["messages"]


@pytest.fixture(scope="module")
def seen(url: str, key_of_both: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    """What an anonymous QGIS saw and what one with a login did after it, with the same profile and so the same cache.

    Two processes: a running QGIS keeps the capabilities of an address.
    """
    folder = tmp_path_factory.mktemp("qgis")
    drawn = {"kgl_public", "risicolocaties"}
    results: dict[str, Any] = {}
    messages: list[dict[str, str]] = []
    for restricted in (False, True):
        layers = [layer for layer in LAYERS if layer.restricted is restricted]
        key = key_of_both if restricted else None
        jobs = [make(url, layer, key) for layer in layers for make in (wfs, oapif)]
        jobs += [wms(url, layer, key) for layer in layers if layer.name in drawn]
        found, told = qgis(folder, jobs)
        results |= found
        messages += told
    return results, messages


def held(town: Town, layer: Layer) -> tuple[int, str | None]:
    area = f" AND {layer.area_field} IN {OF_BOTH}" if layer.restricted else ""
    with town.database.loader() as connection:
        row = connection.execute(
            f"SELECT count(*) FROM {layer.schema}.{layer.name} WHERE publicatie_tot IS NULL{area}"
        ).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("protocol", ["WFS", "OAPIF"])
def test_qgis_reads_every_object_of_every_layer(seen, town, layer, protocol):
    found = seen[0][f"{protocol} {layer.name}"]
    assert found["valid"]
    assert found["count"] == found["told"] == held(town, layer) > 0
    assert set(layer.by_name) <= set(found["fields"])


@pytest.mark.parametrize("name", ["kgl_public", "risicolocaties"])
def test_qgis_draws_a_picture_of_a_layer_of_the_wms(seen, name):
    found = seen[0][f"WMS {name}"]
    assert found["valid"]
    assert found["errors"] == []
    assert found["colours"] > 2


def test_qgis_has_nothing_to_complain_about(seen):
    complaints = [message for message in seen[1] if message["level"] not in QUIET]
    assert [message for message in complaints if not a_bug_of_qgis(message)] == []


def a_bug_of_qgis(message: dict[str, str]) -> bool:
    """3.24 to 3.44 lose the extent of a collection in turning it into the stored CRS (qgis/QGIS#63984)."""
    return message["tag"] == "OAPIF" and message["text"].startswith(
        "Layer extent reported by the server is not correct"
    )


def test_qgis_without_a_login_finds_no_restricted_layer(url, tmp_path):
    layers = [layer for layer in LAYERS if layer.restricted]
    results, _messages = qgis(tmp_path, [make(url, layer) for layer in layers for make in (wfs, oapif, wms)])
    assert len(layers) > 1
    assert [found["valid"] for found in results.values()] == [False] * 3 * len(layers)
