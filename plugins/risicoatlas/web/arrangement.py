"""How layers are grouped and drawn: ``config/viewer.yaml``, for the start page and for the map.

In: the config folder and the catalogue. Out: an :class:`Arrangement` of the layers that an actor may see. The first
layer of the first group is drawn on top. Layers that the file does not name come in a last group of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.catalogue import Catalogue, Layer, Text
from risicoatlas.errors import ConfigError

FILE = "viewer.yaml"
KEYS = {"ground", "shown", "groups"}


@dataclass(frozen=True)
class Group:
    """Layers under one heading, top one first."""

    title: Text
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Arrangement:
    """``ground`` lies under everything and stands for a background map; ``shown`` is on at the start."""

    groups: tuple[Group, ...]
    ground: str | None
    shown: tuple[str, ...]

    def seen(self, layers: Iterable[Layer]) -> "Arrangement":
        """What is left for an actor who may see ``layers``: no name of another, no empty group."""
        visible = {layer.name for layer in layers}
        kept = (
            Group(group.title, tuple(layer for layer in group.layers if layer.name in visible)) for group in self.groups
        )
        return Arrangement(
            groups=tuple(group for group in kept if group.layers),
            ground=self.ground if self.ground in visible else None,
            shown=tuple(name for name in self.shown if name in visible),
        )


def read(config: Path, catalogue: Catalogue, rest: Text) -> Arrangement:
    """Read ``viewer.yaml``; without it every layer is in the group ``rest`` and shown.

    A name that is no layer, or that stands in two groups, stops the start with the file.
    """
    path = config / FILE
    if not path.is_file():
        return Arrangement((Group(rest, tuple(catalogue)),), None, tuple(catalogue.layers))
    data = _load(path)
    groups = [Group(Text(**item["title"]), _layers(path, catalogue, item["layers"])) for item in data["groups"]]
    named = [layer.name for group in groups for layer in group.layers]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ConfigError(path, None, f"layer {twice[0]!r} stands in two groups")
    others = tuple(layer for layer in catalogue if layer.name not in named)
    ground = data.get("ground")
    _layers(path, catalogue, [ground] if ground else [])
    shown = _layers(path, catalogue, data.get("shown", []))
    return Arrangement((*groups, Group(rest, others)), ground, tuple(layer.name for layer in shown))


def _load(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    if not isinstance(data, dict) or not set(data) <= KEYS or not isinstance(data.get("groups"), list):
        raise ConfigError(path, None, f"expected groups, and optionally the other of {', '.join(sorted(KEYS))}")
    for item in data["groups"]:
        if not isinstance(item, dict) or set(item) != {"title", "layers"} or set(item["title"]) != {"nl", "en"}:
            raise ConfigError(path, None, f"a group needs a title (nl, en) and layers, found {item!r}")
    return data


def _layers(path: Path, catalogue: Catalogue, names: list[str]) -> tuple[Layer, ...]:
    for name in names:
        if name not in catalogue.layers:
            raise ConfigError(path, None, f"there is no layer {name!r}")
    return tuple(catalogue.layers[name] for name in names)
