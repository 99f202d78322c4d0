"""``config/service.yml`` is the one place that says who answers for the service and under which terms."""

import shutil
from pathlib import Path

import pytest
import yaml

from risicoatlas import catalogue as catalogues
from risicoatlas import description
from risicoatlas.catalogue import License, Text
from risicoatlas.errors import ConfigError
from risicoatlas.maps import configuration as maps
from risicoatlas.settings import CHECKOUT
from risicoatlas.wfs import config as wfs

NEW = ("attribution", "accuracy", "sources", "metadata_namespace", "topic", "theme")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the configuration that a test may change."""
    shutil.copytree(CHECKOUT / "config", tmp_path / "config")
    return tmp_path / "config"


def changed(path: Path, **values: object) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | values
    kept = {name: value for name, value in content.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")


def test_every_protocol_names_the_same_organisation_contact_and_terms(folder: Path) -> None:
    changed(
        folder / "service.yml",
        provider={"name": "Gemeente Proef", "url": "https://proef.example/"},
        contact={"name": "Geo", "email": "geo@proef.example"},
        license={"name": "CC BY", "url": "https://licence.example/by"},
    )
    about, of_wfs = description.read(folder), wfs.read(folder)
    of_maps = maps.described(about)
    assert (of_wfs.provider.name, of_maps["contact"]["organization"]) == ("Gemeente Proef", "Gemeente Proef")
    assert (of_wfs.provider.email, of_maps["contact"]["email"]) == ("geo@proef.example", "geo@proef.example")
    assert of_wfs.access_constraints == of_maps["access_constraints"] == "https://licence.example/by"


def test_folder_of_before_the_new_keys_is_read_as_it_was(folder: Path) -> None:
    changed(folder / "service.yml", **dict.fromkeys(NEW))
    changed(
        folder / "wfs.yaml",
        keywords=["a"], fees="NONE", access_constraints="NONE",
        provider={"name": "Eigen", "site": "https://eigen.example", "contact": "x", "email": "x@eigen.example"},
    )  # fmt: skip
    about, of_wfs = description.read(folder), wfs.read(folder)
    assert about.attribution == Text("RisicoAtlas", "RisicoAtlas")
    assert about.source("bag") == Text("bag", "bag")
    assert (of_wfs.provider.name, of_wfs.access_constraints, of_wfs.keywords) == ("Eigen", "NONE", ("a",))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"contact": {"name": "x"}}, "contact: expected name and email"),
        ({"attribution": "x"}, "attribution: expected a text for nl and one for en"),
        ({"sources": {"bag": "BAG"}}, "sources: bag: expected a text for nl and one for en"),
        ({"metadata_namespace": "x"}, "metadata_namespace: expected a UUID"),
        ({"license": None}, "expected the keys"),
        ({"licence": {}}, "expected the keys"),
    ],
)
def test_what_cannot_be_used_stops_the_start(folder: Path, values: dict[str, object], text: str) -> None:
    changed(folder / "service.yml", **values)
    with pytest.raises(ConfigError, match=text):
        description.read(folder)


def test_layer_may_state_its_own_terms(folder: Path) -> None:
    path = folder / "layers" / "gemeenten" / "layer.yaml"
    terms = {"name": "CC BY", "url": "https://licence.example/by"}
    changed(path, license=terms, attribution={"nl": "Kadaster", "en": "Kadaster"}, metadata="https://ngr.example/1")
    layers, about = catalogues.read(folder), description.read(folder)
    own, other = layers.get("gemeenten"), layers.get("kgl_status")
    assert about.license_of(own) == License("CC BY", "https://licence.example/by")
    assert (about.attribution_of(own).nl, own.metadata_url) == ("Kadaster", "https://ngr.example/1")
    assert about.license_of(other) == about.license


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"license": {"name": "x"}}, "license: expected name and url"),
        ({"license": {"name": "x", "url": "javascript:1"}}, "url: expected an address"),
        ({"metadata": "ngr"}, "metadata: expected an address"),
        ({"municipalities": "nergens"}, "'nergens' is not a public layer with the fields"),
        ({"municipalities": "gemeenten"}, "'gemeenten' is not a public layer with the fields bestaat"),
        ({"municipalities": "risicolocaties"}, "'risicolocaties' is not a public layer"),
    ],
)
def test_terms_that_cannot_be_used_stop_the_start(folder: Path, values: dict[str, object], text: str) -> None:
    path = folder / "layers" / "kgl_public" / "layer.yaml"
    changed(path, **values)
    with pytest.raises(ConfigError, match=text) as raised:
        catalogues.read(folder)
    assert str(path) in str(raised.value)
