"""The catalogue: every layer that may be served, read from ``config/layers/<layer>/layer.yaml``.

In: the config folder. Out: frozen :class:`Layer` values, the allow-list for every name that a client sends. A file that
cannot be used stops the start with ``file:line``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from psycopg import sql

from risicoatlas import crs
from risicoatlas.errors import ConfigError, NotFoundError

FIELD_TYPES = ("text", "integer", "number", "boolean", "date", "datetime")
GEOMETRY_TYPES = ("Point", "MultiLineString", "MultiPolygon")
ACCESS = ("public", "restricted")
GEOMETRY = "geometrie"
KEY = "identificatie"


@dataclass(frozen=True)
class Text:
    """A text for people, in both languages."""

    nl: str
    en: str

    def get(self, language: str) -> str:
        return self.en if language == "en" else self.nl


@dataclass(frozen=True)
class Field:
    """A column that clients may see, filter and sort on. ``values`` are the allowed ones, empty where free."""

    name: str
    type: str
    title: Text
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """A collection, feature type and map layer in one. The geometry column is ``geometrie``, in ``srid``."""

    name: str
    title: Text
    description: Text
    access: str
    geometry_type: str
    srid: int
    fields: tuple[Field, ...]
    folder: Path
    # the column that row limits compare with (gemeentecode); only restricted layers have one
    area_field: str | None = None
    styles: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def restricted(self) -> bool:
        return self.access == "restricted"

    @property
    def schema(self) -> str:
        return "besloten" if self.restricted else "publiek"

    @property
    def prefix(self) -> str:
        """The WFS namespace prefix."""
        return "besloten" if self.restricted else "rev_public"

    @property
    def namespace(self) -> str:
        return f"urn:x-risicoatlas:{self.prefix}"

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def srids(self) -> tuple[int, ...]:
        """Every CRS of the layer, storage first."""
        return crs.BELGIAN if self.srid == 31370 else crs.DUTCH

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {item.name: item for item in self.fields}


@dataclass(frozen=True)
class Catalogue:
    """All layers by name, in the order of their folders' names."""

    layers: Mapping[str, Layer] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers.values())

    def get(self, name: str) -> Layer:
        """The layer of that name; a name that is not here raises :class:`NotFoundError`."""
        try:
            return self.layers[name]
        except KeyError:
            raise NotFoundError(f"there is no layer {name!r}") from None


def read(config: Path) -> Catalogue:
    """Read every ``layers/*/layer.yaml`` of a config folder."""
    core = _load(config / "layers" / "core.yaml")
    layers = [_layer(path, core) for path in sorted((config / "layers").glob("*/layer.yaml"))]
    if not layers:
        raise ConfigError(config / "layers", None, "no layer found: expected folders with a layer.yaml")
    return Catalogue({layer.name: layer for layer in layers})


def _load(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error


def _layer(path: Path, core: Any) -> Layer:
    data = _load(path)
    name = path.parent.name
    known = {
        "title",
        "description",
        "access",
        "geometry",
        "srid",
        "field_sets",
        "fields",
        "area_field",
        "styles",
        "sources",
    }
    _refuse_unknown(path, data, known)
    access = _choice(path, data, "access", ACCESS)
    fields = tuple(_field(*item) for item in _described_fields(path, core, data))
    names = [item.name for item in fields]
    if twice := sorted({item for item in names if names.count(item) > 1}):
        raise ConfigError(
            path, _line(path, twice[0]), f"field {twice[0]} is described twice (core.yaml describes the core)"
        )
    area_field = data.get("area_field")
    if access == "restricted" and area_field not in names:
        raise ConfigError(
            path, _line(path, "area_field"), "a restricted layer needs an area_field that is one of its fields"
        )
    return Layer(
        name=name,
        title=_text(path, data, "title"),
        description=_text(path, data, "description"),
        access=access,
        geometry_type=_choice(path, data, "geometry", GEOMETRY_TYPES),
        srid=data.get("srid", 28992),
        fields=fields,
        folder=path.parent,
        area_field=area_field,
        styles=tuple(data.get("styles", [name])),
        sources=tuple(data.get("sources", [])),
    )


def _described_fields(path: Path, core: Any, data: Any) -> Iterator[tuple[Path, Any]]:
    """Every field with the file that describes it: the core, the sets that the layer shares with others, its own."""
    folder = path.parents[1]
    yield from ((folder / "core.yaml", item) for item in core["fields"])
    for name in data.get("field_sets", []):
        shared = folder / f"{name}.yaml"
        yield from ((shared, item) for item in _load(shared)["fields"])
    yield from ((path, item) for item in data.get("fields", []))


def _field(path: Path, data: Any) -> Field:
    _refuse_unknown(path, data, {"name", "type", "title", "values"})
    return Field(
        name=data["name"],
        type=_choice(path, data, "type", FIELD_TYPES),
        title=_text(path, data, "title"),
        values=tuple(str(value) for value in data.get("values", [])),
    )


def _refuse_unknown(path: Path, data: Any, known: set[str]) -> None:
    if not isinstance(data, dict):
        raise ConfigError(path, None, f"expected a mapping, found {data!r}")
    for name in data:
        if name not in known:
            raise ConfigError(
                path, _line(path, str(name)), f"unknown key {name!r}: expected one of {', '.join(sorted(known))}"
            )


def _choice(path: Path, data: Any, key: str, allowed: tuple[str, ...]) -> str:
    found = data.get(key)
    if found not in allowed:
        raise ConfigError(path, _line(path, key), f"{key}: found {found!r}, expected one of {', '.join(allowed)}")
    return str(found)


def _text(path: Path, data: Any, key: str) -> Text:
    found = data.get(key)
    if not isinstance(found, dict) or set(found) != {"nl", "en"}:
        raise ConfigError(path, _line(path, key), f"{key}: expected a text for nl and one for en, found {found!r}")
    return Text(str(found["nl"]).strip(), str(found["en"]).strip())


def _line(path: Path, needle: str) -> int | None:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if needle in text:
            return number
    return None
