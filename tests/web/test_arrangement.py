"""``config/viewer.yaml``: groups and drawing order of the layers, and what stops the start."""

from pathlib import Path

import pytest

from risicoatlas.catalogue import Catalogue, Text
from risicoatlas.errors import ConfigError
from risicoatlas.settings import CHECKOUT
from risicoatlas.web import arrangement

REST = Text("Overige", "Other")


def written(folder: Path, text: str) -> Path:
    (folder / arrangement.FILE).write_text(text, encoding="utf-8")
    return folder


def test_the_repositorys_own_file_can_be_used(catalogue: Catalogue) -> None:
    arranged = arrangement.read(CHECKOUT / "config", catalogue, REST)
    named = [layer.name for group in arranged.groups for layer in group.layers]
    assert sorted(named) == sorted(catalogue.layers)


def test_layers_that_no_group_names_come_last(tmp_path: Path, catalogue: Catalogue) -> None:
    config = written(tmp_path, "groups: [{title: {nl: Een, en: One}, layers: [ev_activiteiten]}]")
    first, last = arrangement.read(config, catalogue, REST).groups
    assert [layer.name for layer in first.layers] == ["ev_activiteiten"]
    assert last.title == REST
    assert len(last.layers) == len(catalogue.layers) - 1


def test_without_the_file_every_layer_is_shown(tmp_path: Path, catalogue: Catalogue) -> None:
    arranged = arrangement.read(tmp_path, catalogue, REST)
    assert arranged.shown == tuple(catalogue.layers)


def test_hidden_layers_leave_no_trace(tmp_path: Path, catalogue: Catalogue) -> None:
    config = written(
        tmp_path,
        "ground: ev_pr10_6\nshown: [ev_pr10_6, ev_activiteiten]\n"
        "groups: [{title: {nl: A, en: A}, layers: [ev_pr10_6]}, {title: {nl: B, en: B}, layers: [ev_activiteiten]}]",
    )
    seen = arrangement.read(config, catalogue, REST).seen([catalogue.get("ev_activiteiten")])
    assert [group.title.nl for group in seen.groups] == ["B"]
    assert (seen.ground, seen.shown) == (None, ("ev_activiteiten",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groups: [{title: {nl: A, en: A}, layers: [bestaat_niet]}]", "there is no layer 'bestaat_niet'"),
        ("groups: []\nshown: [bestaat_niet]", "there is no layer 'bestaat_niet'"),
        ("groups: []\nground: bestaat_niet", "there is no layer 'bestaat_niet'"),
        ("groups: [{title: {nl: A, en: A}, layers: [ev_pr10_6, ev_pr10_6]}]", "stands in two groups"),
        ("groups: [{title: {nl: A}, layers: []}]", "a group needs a title"),
        ("groups: []\nlayers: []", "expected groups"),
        ("[]", "expected groups"),
        ("groups: [", "not valid YAML"),
    ],
)
def test_file_that_cannot_be_used_stops_the_start(
    tmp_path: Path, catalogue: Catalogue, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        arrangement.read(written(tmp_path, text), catalogue, REST)
    assert str(error.value).startswith(str(tmp_path / arrangement.FILE))
