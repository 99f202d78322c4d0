"""Declared columns of a source: which of several mappings fits a header, and what is missing where none does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.errors import ConfigError, SourceError


@dataclass(frozen=True)
class Layout:
    """One form in which a source comes: our names on the left, its columns on the right.

    ``optional`` columns are used where they are there. ``values`` gives, per name of ours, a fixed value or a
    translation.
    """

    name: str
    columns: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def missing(self, header: Iterable[str]) -> list[str]:
        """The columns that this layout needs and the header has not."""
        there = set(header)
        return [column for column in self.columns.values() if column not in there]

    def used(self, header: Iterable[str]) -> dict[str, str]:
        """Our name to column, for every column that is there."""
        there = set(header)
        return {ours: column for ours, column in {**self.columns, **self.optional}.items() if column in there}


def read_yaml(path: Path) -> Any:
    """A file of ``config/``, read again only when it was changed; an unreadable one raises :class:`ConfigError`."""
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error


@cache
def _parsed(path: Path, changed: int) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def layouts(path: Path, items: object) -> tuple[Layout, ...]:
    """The layouts of one list in a configuration file."""
    if not isinstance(items, list) or not items:
        raise ConfigError(path, None, "expected a list of layouts")
    return tuple(_layout(path, item) for item in items)


def _layout(path: Path, item: object) -> Layout:
    if not isinstance(item, dict) or not isinstance(item.get("columns"), dict) or "name" not in item:
        raise ConfigError(path, None, f"a layout needs a name and columns, found {item!r}")
    settings = {key: value for key, value in item.items() if key not in {"name", "columns", "optional"}}
    return Layout(str(item["name"]), item["columns"], item.get("optional") or {}, settings)


def fitting(options: Sequence[Layout], header: Sequence[str]) -> Layout | None:
    """The layout that has all of its columns in the header; of several, the one that asks most."""
    fits = [layout for layout in options if not layout.missing(header)]
    return max(fits, key=lambda layout: len(layout.columns), default=None)


def required(options: Sequence[Layout], header: Sequence[str], path: Path, place: str | None) -> Layout:
    """The fitting layout; none raises :class:`SourceError` with what the nearest one misses."""
    if layout := fitting(options, header):
        return layout
    nearest = min(options, key=lambda layout: len(layout.missing(header)))
    missing = ", ".join(nearest.missing(header))
    raise SourceError(path, place, f"missing column: {missing} (layout {nearest.name}); found {', '.join(header)}")
