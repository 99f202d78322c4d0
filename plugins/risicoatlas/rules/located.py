"""YAML that knows its lines: mappings whose every key can be named as ``file:line`` in an error."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from risicoatlas import quick_yaml
from risicoatlas.catalogue import Text
from risicoatlas.errors import ConfigError
from risicoatlas.rules.ruleset import Place


@dataclass(frozen=True)
class Mapping:
    """A YAML mapping in a file; ``offset`` is the number of lines above its text, for YAML inside Markdown."""

    path: Path
    node: yaml.MappingNode
    offset: int = 0

    @property
    def place(self) -> Place:
        return Place(self.path, self.node.start_mark.line + 1 + self.offset)

    def at(self, key: str) -> Place:
        """Where a key stands, or the mapping where it has no such key."""
        for found, _ in self.node.value:
            if found.value == key:
                return Place(self.path, found.start_mark.line + 1 + self.offset)
        return self.place

    def names(self) -> list[str]:
        return [str(key.value) for key, _ in self.node.value]

    def has(self, key: str) -> bool:
        return key in self.names()

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key as Python data."""
        for found, value in self.node.value:
            if found.value == key:
                return yaml.SafeLoader("").construct_object(value, deep=True)
        return default

    def need(self, key: str) -> Any:
        """The value of a key that may not be absent or empty."""
        value = self.get(key)
        if value is None or value == "":
            raise self.at(key).error(f"{key} is missing")
        return value

    def text(self, key: str) -> Text:
        """A text for people in both languages."""
        found = self.need(key)
        if not isinstance(found, dict) or set(found) != {"nl", "en"}:
            raise self.at(key).error(f"{key}: expected a text for nl and one for en, found {found!r}")
        return Text(str(found["nl"]).strip(), str(found["en"]).strip())

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        found = self.need(key)
        if found not in allowed:
            raise self.at(key).error(f"{key}: found {found!r}, expected one of {', '.join(allowed)}")
        return str(found)

    def mapping(self, key: str) -> "Mapping":
        """The mapping under a key."""
        for found, value in self.node.value:
            if found.value == key and isinstance(value, yaml.MappingNode):
                return Mapping(self.path, value, self.offset)
        raise self.at(key).error(f"{key}: expected a mapping, found {self.get(key)!r}")

    def mappings(self, key: str) -> list["Mapping"]:
        """The list of mappings under a key."""
        for found, value in self.node.value:
            if found.value == key and isinstance(value, yaml.SequenceNode):
                items = [item for item in value.value if isinstance(item, yaml.MappingNode)]
                if items and len(items) == len(value.value):
                    return [Mapping(self.path, item, self.offset) for item in items]
        raise self.at(key).error(f"{key}: expected a list of mappings, found {self.get(key)!r}")

    def items(self) -> Iterator[tuple[str, "Mapping"]]:
        """Every key with the mapping under it."""
        for key in self.names():
            yield key, self.mapping(key)

    def refuse_unknown(self, known: set[str]) -> None:
        """Raise :class:`ConfigError` for a key that nothing reads, and for one that stands twice."""
        keys = self.names()
        for key in keys:
            if key not in known:
                raise self.at(key).error(f"unknown key {key!r}: expected one of {', '.join(sorted(known))}")
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise self.at(twice[0]).error(f"{twice[0]} stands twice")


def parse(text: str, path: Path, offset: int = 0) -> Mapping:
    """The mapping that a text holds; raises :class:`ConfigError` with the line where it is none."""
    try:
        node = yaml.compose(text, quick_yaml.LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 + offset if error.problem_mark else offset
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(path, offset + 1, "expected a mapping of keys to values")
    return Mapping(path, node, offset)


def read(path: Path) -> Mapping:
    """The mapping in a file."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
