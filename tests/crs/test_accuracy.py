"""A database of one's own may lack the grid of RD: nothing in its answers shows it, so the service says so."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from lxml import etree
from tests.conftest import Town
from tests.crs_points import lacking_the_grid

from .conftest import Visitor, visited

NL, EN = "mist het correctierooster van RDNAPTRANS2018", "lacks the correction grid of RDNAPTRANS2018"
FIGURES = {NL: "0,25 m", EN: "0.25 m"}
CAPABILITIES = ("/wfs?service=WFS&request=GetCapabilities", "/wms?service=WMS&request=GetCapabilities")


@pytest.fixture(scope="module")
def bare(town_of_module: Town) -> Iterator[tuple[Town, Visitor]]:
    """The town on a server that has no grid."""
    with lacking_the_grid(town_of_module.database), visited(town_of_module) as client:
        yield town_of_module, client


def commanded(town: Town, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "RISICOATLAS_DATABASE_URL": town.database.conninfo("loader")}
    environ["RISICOATLAS_HOME"] = str(town.settings.home)
    command = [sys.executable, "-m", "risicoatlas", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environ)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_start_page_says_it_in_the_language_of_the_reader(bare, visitor: Visitor, language: str) -> None:
    sentence = {"nl": NL, "en": EN}[language]
    page = bare[1].get(f"/?lang={language}").text
    assert sentence in page and FIGURES[sentence] in page
    assert sentence not in visitor.get(f"/?lang={language}").text


@pytest.mark.parametrize("address", CAPABILITIES)
def test_capabilities_say_it_of_every_layer_in_both_languages(bare, visitor: Visitor, address: str) -> None:
    def abstracts(client: Visitor) -> str:
        root = etree.fromstring(client.get(address).data)
        return " ".join(item.text or "" for item in root.iter("{*}Abstract"))

    lacking, whole = abstracts(bare[1]), abstracts(visitor)
    layers = len(visitor.get("/ogc/v1/collections").json["collections"])
    assert lacking.count(NL) == lacking.count(EN) == layers > 5
    assert NL not in whole and EN not in whole


def test_collections_hold_the_figure(bare, visitor: Visitor) -> None:
    for client, metres in ((bare[1], 0.25), (visitor, 0.01)):
        listed = client.get("/ogc/v1/collections").json["collections"]
        alone = client.get("/ogc/v1/collections/kgl_public?lang=en").json
        assert {item["nauwkeurigheid"]["meter"] for item in [*listed, alone]} == {metres}
        assert "RDNAPTRANS2018" in alone["nauwkeurigheid"]["toelichting"]
    assert EN in bare[1].get("/ogc/v1/collections/kgl_public?lang=en").json["nauwkeurigheid"]["toelichting"]


def test_the_belgian_layer_has_the_figure_of_epsg(visitor: Visitor, flemish_key: str) -> None:
    headers = {"X-API-Key": flemish_key}
    found = visitor.get("/ogc/v1/collections/risicolocaties", headers=headers).json["nauwkeurigheid"]
    assert found["meter"] == 0.2 and "EPSG" in found["toelichting"]


def test_commands_say_it(bare, town: Town) -> None:
    done = commanded(bare[0], "status")
    assert EN in done.stdout
    assert json.loads(commanded(bare[0], "status", "--json").stdout)["nauwkeurigheid_rd_m"] == 0.25
    assert json.loads(commanded(town, "status", "--json").stdout)["nauwkeurigheid_rd_m"] == 0.01
    assert EN in commanded(bare[0], "check").stderr
    assert "grid" not in commanded(town, "check").stderr
