"""What ``config/bestanden.yaml`` says about files: bounds of those built on request, how long bulk files stay, names.

In: the config folder. Out: a frozen :class:`FileSettings`. Without the file the defaults below hold, so that a config
folder of before goes on to work; a file that cannot be used stops the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.errors import ConfigError

FILE = "bestanden.yaml"
# The width of a column name in dBASE III, which a shapefile keeps its attributes in.
NAME_LENGTH = 10
_BOUNDS = ("at_once", "wait_seconds", "seconds", "megabytes")


@dataclass(frozen=True)
class FileSettings:
    """``short_names`` are the column names of shapefiles, ``publications`` how many of each layer are kept."""

    at_once: int = 2
    wait_s: int = 10
    duration_s: int = 120
    size_mb: int = 1024
    publications: int = 3
    short_names: Mapping[str, str] = field(default_factory=dict)


@lru_cache
def read(config: Path) -> FileSettings:
    """Read ``bestanden.yaml`` once per process; raises :class:`ConfigError`."""
    path = config / FILE
    if not path.is_file():
        return FileSettings()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    _expect_keys(path, data, {"on_request", "publications", "shapefile"}, "the file")
    _expect_keys(path, data["on_request"], set(_BOUNDS), "on_request")
    at_once, wait_s, duration_s, size_mb = (
        _positive(path, f"on_request: {name}", data["on_request"][name]) for name in _BOUNDS
    )
    kept = _positive(path, "publications", data["publications"])
    return FileSettings(at_once, wait_s, duration_s, size_mb, kept, _names(path, data["shapefile"]))


def _names(path: Path, data: Any) -> dict[str, str]:
    """Short names: at most ten plain characters, no two alike, since a dBASE table does not tell capitals apart."""
    if not isinstance(data, dict):
        raise ConfigError(path, None, f"shapefile: expected names of columns with their short names, found {data!r}")
    seen: dict[str, str] = {}
    for name, short in data.items():
        if not (isinstance(short, str) and short.isascii() and short.isidentifier() and len(short) <= NAME_LENGTH):
            raise ConfigError(path, None, f"shapefile: {name}: {short!r} is not a name of at most {NAME_LENGTH}")
        if short.lower() in seen:
            raise ConfigError(path, None, f"shapefile: {name} and {seen[short.lower()]} both become {short}")
        seen[short.lower()] = name
    return dict(data)


def _positive(path: Path, key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(path, None, f"{key}: expected a whole number of 1 or more, found {value!r}")
    return value


def _expect_keys(path: Path, data: Any, keys: set[str], where: str) -> None:
    if not isinstance(data, dict) or set(data) != keys:
        found = ", ".join(map(str, data)) if isinstance(data, dict) else repr(data)
        raise ConfigError(path, None, f"{where}: expected the keys {', '.join(sorted(keys))}; found {found}")
