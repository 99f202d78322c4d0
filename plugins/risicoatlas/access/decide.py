"""The one decision: may this actor read this layer, and which rows of it.

In: ``config/access/rules.yaml``. Out: :class:`AccessRules`, asked by capabilities, schemas, items, counts, legends and
tiles alike. A rule by the layer's name beats one for ``public`` or ``restricted``; on one level ``none`` beats
``read`` and ``write``; no rule means no. Who may write may read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.access.actor import ROLES, Actor
from risicoatlas.catalogue import Catalogue, Layer
from risicoatlas.errors import ConfigError

EVERYBODY = "everybody"


@dataclass(frozen=True)
class Register:
    """What is written without being a layer: a rule names it like one. ``area_field`` is what a rule limits it by."""

    name: str
    area_field: str
    access: str = "register"


# The messages of IMEV, each of a bronhouder.
IMEV = Register("imev_bericht", "bronhoudercode")
REGISTERS = {item.name: item for item in (IMEV,)}
LAYER_CLASSES = ("public", "restricted")
ALLOW = ("read", "write", "none")
_KEYS = {"who", "layer", "allow", "limit", "reason", "law"}
_REQUIRED = ("who", "layer", "allow", "reason", "law")
_AREA_LIMIT = re.compile(r"(?P<field>\w+) IN \(actor\.(?P<codes>areas|organisation)\)")


@dataclass(frozen=True)
class AccessRule:
    """One row of rules.yaml. ``area_field`` is the column that must hold one of the actor's ``codes`` (its areas, or
    the code of its organisation), None for all rows."""

    who: str
    layer: str
    allow: str
    area_field: str | None
    place: str
    codes: str = "areas"

    def concerns(self, actor: Actor, layer: Layer | Register) -> bool:
        return self.who in (EVERYBODY, actor.role) and self.layer in (layer.name, layer.access)

    def codes_of(self, actor: Actor) -> tuple[str, ...]:
        if self.codes == "organisation":
            return (actor.organisation,) if actor.organisation else ()
        return actor.areas


@dataclass(frozen=True)
class Decision:
    """``areas`` None means every row; a tuple means only rows whose area field holds one of them. ``rule`` says why."""

    allowed: bool
    areas: tuple[str, ...] | None
    rule: str

    @property
    def areas_setting(self) -> str:
        """The value of ``risicoatlas.areas`` that the row-level policies read: ``*`` for all, else a comma list.

        An area that would say more than one code there is left out, wherever it came from.
        """
        if self.areas is None:
            return "*"
        return ",".join(area for area in self.areas if area != "*" and "," not in area)

    def reaches(self, area: str) -> bool:
        """Whether rows of this area are among those that are allowed."""
        return self.allowed and (self.areas is None or area in self.areas)


REFUSED = Decision(allowed=False, areas=(), rule="no rule allows it")


@dataclass(frozen=True)
class AccessRules:
    """All rules, in the order of the file."""

    rules: tuple[AccessRule, ...]

    def decide(self, actor: Actor, layer: Layer | Register) -> Decision:
        """The decision on one layer for one actor."""
        concerned = [rule for rule in self.rules if rule.concerns(actor, layer)]
        by_name = [rule for rule in concerned if rule.layer == layer.name]
        return _decide_level(by_name or concerned, actor)

    def decide_write(self, actor: Actor, layer: Layer | Register) -> Decision:
        """Which rows of the layer this actor may change: those that a rule of ``write`` names, unless one denies."""
        concerned = [rule for rule in self.rules if rule.concerns(actor, layer) and rule.allow != "read"]
        by_name = [rule for rule in concerned if rule.layer == layer.name]
        return _decide_level(by_name or concerned, actor)


def _decide_level(rules: list[AccessRule], actor: Actor) -> Decision:
    if not rules:
        return REFUSED
    denied = next((rule for rule in rules if rule.allow == "none"), None)
    if denied:
        return Decision(allowed=False, areas=(), rule=denied.place)
    whole = next((rule for rule in rules if rule.area_field is None), None)
    if whole:
        return Decision(allowed=True, areas=None, rule=whole.place)
    codes = dict.fromkeys(code for rule in rules for code in rule.codes_of(actor))
    return Decision(allowed=True, areas=tuple(codes), rule=rules[0].place)


def read(config: Path, catalogue: Catalogue) -> AccessRules:
    """Read ``access/rules.yaml`` of a config folder; raises :class:`ConfigError` with ``file:line``."""
    path = config / "access" / "rules.yaml"
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing: without it nothing may be served") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    if not isinstance(root, yaml.SequenceNode):
        raise ConfigError(path, 1, "expected a list of rules")
    return AccessRules(tuple(_rule(path, node, catalogue) for node in root.value))


def _rule(path: Path, node: yaml.Node, catalogue: Catalogue) -> AccessRule:
    line = node.start_mark.line + 1
    data = yaml.SafeLoader("").construct_document(node)
    if not isinstance(data, dict) or set(data) - _KEYS or any(key not in data for key in _REQUIRED):
        raise ConfigError(path, line, f"a rule has {', '.join(_REQUIRED)} and perhaps limit; found {_shown(data)}")
    _choice(path, line, data, "who", (EVERYBODY, *ROLES))
    _choice(path, line, data, "layer", (*LAYER_CLASSES, *catalogue.layers, *REGISTERS))
    _choice(path, line, data, "allow", ALLOW)
    field, codes = _area_limit(path, line, data, catalogue)
    return AccessRule(data["who"], data["layer"], data["allow"], field, f"{path.name}:{line}", codes)


def _area_limit(path: Path, line: int, data: dict[str, Any], catalogue: Catalogue) -> tuple[str | None, str]:
    limit = data.get("limit")
    if limit is None:
        return None, "areas"
    found = _AREA_LIMIT.fullmatch(str(limit))
    layer = REGISTERS.get(data["layer"]) or catalogue.layers.get(data["layer"])
    expected = f"{layer.area_field} IN (actor.areas)" if layer and layer.area_field else "no limit"
    if not found or layer is None or found["field"] != layer.area_field:
        raise ConfigError(path, line, f"limit: found {limit!r}, expected {expected}")
    return found["field"], found["codes"]


def _choice(path: Path, line: int, data: dict[str, Any], key: str, allowed: Iterable[str]) -> None:
    if data[key] not in allowed:
        raise ConfigError(path, line, f"{key}: found {data[key]!r}, expected one of {', '.join(allowed)}")


def _shown(data: object) -> str:
    return ", ".join(map(str, data)) if isinstance(data, dict) else repr(data)
