"""The catalogue: every layer that may be served, read from ``config/layers/<layer>/layer.yaml``.

In: the config folder. Out: frozen :class:`Layer` values, the allow-list for every name that a client sends. A file that
cannot be used stops the start with ``file:line``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from psycopg import sql

from risicoatlas import crs, quick_yaml
from risicoatlas.errors import ConfigError, NotFoundError

FIELD_TYPES = ("text", "integer", "number", "boolean", "date", "datetime")
GEOMETRY_TYPES = ("Point", "MultiLineString", "MultiPolygon")
ACCESS = ("public", "restricted")
# What a layer.yaml may hold.
KEYS = {
    "title", "description", "access", "geometry", "srid", "field_sets", "fields", "area_field", "styles", "sources",
    "table", "key", "geometry_column", "municipalities", "license", "attribution", "metadata", "page",
    "changed_by", "follows",
}  # fmt: skip
# Kinds of objects whose changes are written down in beheer.te_publiceren.
CHANGED_KINDS = ("pand", "gemeente", "locatie", "gebouw")
GEOMETRY = "geometrie"
KEY = "identificatie"
# What PostgreSQL, GML, a URL and a file name all take as it is.
LAYER_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# A field in the path of a page
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What a layer that tells the state of municipalities has: see features/unpublished.py
MUNICIPALITY_FIELDS = frozenset({"gemeentecode", "naam", "gepubliceerd", "bestaat", "variant"})


@dataclass(frozen=True)
class Text:
    """A text for people, in both languages."""

    nl: str
    en: str

    def get(self, language: str) -> str:
        return self.en if language == "en" else self.nl


@dataclass(frozen=True)
class License:
    """Under which terms data may be used."""

    name: str
    url: str


@dataclass(frozen=True)
class Field:
    """A column that clients may see, filter and sort on. ``values`` are the allowed ones, empty where free.

    ``column`` is what an own table calls it, where that is another name.
    """

    name: str
    type: str
    title: Text
    values: tuple[str, ...] = ()
    column: str | None = None

    def __hash__(self) -> int:
        """Of what tells fields apart: they are keys of what is kept per layer."""
        return hash((self.name, self.type))


@dataclass(frozen=True)
class OwnTable:
    """A table or view of the organisation that a layer serves as it stands, without publications.

    ``key_type`` (integer, number, text or uuid) is empty until :func:`risicoatlas.own.complete.completed` has read the
    database, as are the fields of a layer that lists none, and its geometry type and SRID where the file has none.
    """

    schema: str
    name: str
    key: str
    geometry_column: str | None = None
    key_type: str = ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


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
    own: OwnTable | None = None
    # the public layer that tells of each municipality whether its part of this layer is published
    municipalities: str | None = None
    # kinds of objects whose changes are told one by one, with the field that holds the key of each: a publication of
    # changes asks publish.sql for these alone
    changed_by: Mapping[str, str] = field(default_factory=dict)
    # layers whose rows this one counts: a publication of one of them publishes this layer too, as a whole
    follows: tuple[str, ...] = ()
    # where they differ from config/service.yml
    license: License | None = None
    attribution: Text | None = None
    # the metadata record of the data owner
    metadata_url: str | None = None
    # the path of a page of ours about one object, with fields between braces
    page: str | None = None

    def __hash__(self) -> int:
        """Of what tells layers apart, since a layer is a key of what is kept for it."""
        return hash((self.name, self.access, self.srid))

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
    def tables(self) -> tuple[tuple[str, str], ...]:
        """What an answer on this layer reads, as schema and name: its own table, and the one that tells which
        municipalities have published."""
        return ((self.schema, self.name), *([("publiek", self.municipalities)] if self.municipalities else []))

    @property
    def srids(self) -> tuple[int, ...]:
        """Every CRS of the layer, storage first."""
        return crs.BELGIAN if self.srid == 31370 else crs.DUTCH

    def page_of(self, properties: Mapping[str, Any]) -> str | None:
        """The path of our page about an object with these properties; None where there is none, or a value is
        missing."""
        names = PLACEHOLDER.findall(self.page or "")
        if not self.page or any(properties.get(name) is None for name in names):
            return None
        return PLACEHOLDER.sub(lambda found: quote(str(properties[found[1]]), safe=""), self.page)

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


def refused(layer: Layer, key: str, message: str, field: str | None = None) -> ConfigError:
    """What is wrong with a key of the layer's file, or with one of its fields, as an error that begins with its
    place."""
    path = layer.folder / "layer.yaml"
    named = re.compile(rf"\bname:\s*[\"']?{re.escape(field)}[\"']?\s*([,}}#]|$)" if field else rf"{re.escape(key)}\s*:")
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if named.search(text) if field else named.match(text):
            return ConfigError(path, number, message)
    return ConfigError(path, _line(path, f"{key}:"), message)


def read(config: Path) -> Catalogue:
    """Read every ``layers/*/layer.yaml`` of a config folder."""
    core = _load(config / "layers" / "core.yaml")
    layers = [_layer(path, core) for path in sorted((config / "layers").glob("*/layer.yaml"))]
    if not layers:
        raise ConfigError(config / "layers", None, "no layer found: expected folders with a layer.yaml")
    found = Catalogue({layer.name: layer for layer in layers})
    for layer in layers:
        _check_municipalities(layer, found)
        _check_follows(layer, found)
    return found


def _check_follows(layer: Layer, found: Catalogue) -> None:
    """What a layer follows must be a layer, and be published like itself; ``gemeenten`` tells what is counted."""
    if layer.follows and "gemeenten" not in layer.by_name:
        raise refused(layer, "follows", "follows: the layer needs a field gemeenten, codes with commas")
    for name in layer.follows:
        followed = found.layers.get(name)
        if followed is None or followed.own or followed.access != layer.access:
            raise refused(layer, "follows", f"follows: {name!r} is no layer with access {layer.access} of our own")


def _check_municipalities(layer: Layer, found: Catalogue) -> None:
    """What ``municipalities`` names must be a public layer that tells who has published."""
    if layer.municipalities is None:
        return
    if layer.restricted:
        path = layer.folder / "layer.yaml"
        raise ConfigError(path, _line(path, "municipalities"), "municipalities: a restricted layer publishes nothing")
    states = found.layers.get(layer.municipalities)
    if states is None or states.restricted or not set(states.by_name) >= MUNICIPALITY_FIELDS:
        path = layer.folder / "layer.yaml"
        wanted = ", ".join(sorted(MUNICIPALITY_FIELDS))
        raise ConfigError(
            path,
            _line(path, "municipalities"),
            f"municipalities: {layer.municipalities!r} is not a public layer with the fields {wanted}",
        )


def _load(path: Path) -> Any:
    try:
        return quick_yaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error


def _layer(path: Path, core: Any) -> Layer:
    data = _load(path)
    name = path.parent.name
    _refuse_unknown(path, data, KEYS)
    if not LAYER_NAME.fullmatch(name):
        raise ConfigError(path, None, f"layer {name!r}: expected a folder name of lower-case letters, digits and _")
    own = _own_table(path, data)
    access = _choice(path, data, "access", ACCESS)
    fields = tuple((_own_field if own else _field)(*item) for item in _described_fields(path, core, data))
    names = [item.name for item in fields]
    if twice := sorted({item for item in names if names.count(item) > 1}):
        raise ConfigError(
            path, _line(path, twice[0]), f"field {twice[0]} is described twice (core.yaml describes the core)"
        )
    area_field = data.get("area_field")
    # the fields of an own table may stand in the database alone
    if access == "restricted" and area_field not in names and (own is None or "fields" in data or not area_field):
        raise ConfigError(
            path, _line(path, "area_field"), "a restricted layer needs an area_field that is one of its fields"
        )
    return Layer(
        name=name,
        title=_text(path, data, "title"),
        description=_text(path, data, "description"),
        access=access,
        geometry_type="" if own and "geometry" not in data else _choice(path, data, "geometry", GEOMETRY_TYPES),
        srid=data.get("srid", 0 if own else 28992),
        fields=fields,
        folder=path.parent,
        area_field=area_field,
        styles=tuple(data.get("styles", [name])),
        sources=tuple(data.get("sources", [])),
        own=own,
        municipalities=data.get("municipalities"),
        changed_by=_changed_by(path, data, names),
        follows=tuple(data.get("follows", [])),
        license=_license(path, data),
        attribution=_text(path, data, "attribution") if "attribution" in data else None,
        metadata_url=_address(path, data, "metadata"),
        page=_page(path, data, names),
    )


def _changed_by(path: Path, data: Any, names: list[str]) -> dict[str, str]:
    """``changed_by: {kind: field}``."""
    found = data.get("changed_by", {})
    if not isinstance(found, dict):
        raise ConfigError(path, _line(path, "changed_by"), f"changed_by: expected kinds with a field, found {found!r}")
    for kind, name in found.items():
        if kind not in CHANGED_KINDS:
            raise ConfigError(
                path, _line(path, "changed_by"), f"changed_by: found {kind!r}, expected {' or '.join(CHANGED_KINDS)}"
            )
        if name not in names:
            raise ConfigError(path, _line(path, "changed_by"), f"changed_by: {name!r} is not a field of the layer")
    return dict(found)


def _page(path: Path, data: Any, names: list[str]) -> str | None:
    """``page: /path/{field}``; the fields that it names must be there."""
    page = data.get("page")
    if page is None:
        return None
    unknown = [name for name in PLACEHOLDER.findall(str(page)) if name not in names]
    if not str(page).startswith("/") or unknown:
        raise ConfigError(path, _line(path, "page"), f"page: found {page!r}, expected /path/{{field}} with own fields")
    return str(page)


def _own_table(path: Path, data: Any) -> OwnTable | None:
    """``table: schema.name`` with ``key`` and perhaps ``geometry_column``."""
    if "table" not in data:
        if stray := sorted({"key", "geometry_column"} & set(data)):
            raise ConfigError(path, _line(path, stray[0]), f"{stray[0]} needs a table: expected table: schema.name")
        return None
    schema, dot, name = str(data["table"]).partition(".")
    if not (schema and dot and name) or "." in name:
        raise ConfigError(path, _line(path, "table"), f"table: found {data['table']!r}, expected schema.name")
    if "key" not in data:
        raise ConfigError(path, _line(path, "table"), f"{schema}.{name} needs a key: the column that tells rows apart")
    if "field_sets" in data:
        raise ConfigError(path, _line(path, "field_sets"), "an own table has no field sets: list its fields, or none")
    column = data.get("geometry_column")
    return OwnTable(schema, name, str(data["key"]), None if column is None else str(column))


def _described_fields(path: Path, core: Any, data: Any) -> Iterator[tuple[Path, Any]]:
    """Every field with the file that describes it: the core, the sets that the layer shares with others, its own."""
    if "table" in data:
        yield from ((path, item) for item in data.get("fields", []))
        return
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


def _own_field(path: Path, data: Any) -> Field:
    """A field of an own table: its name is enough, the type is read from the database."""
    _refuse_unknown(path, data, {"name", "column", "title", "values"})
    name = str(data.get("name", ""))
    return Field(
        name=name,
        type="",
        title=_text(path, data, "title") if "title" in data else Text(name, name),
        values=tuple(str(value) for value in data.get("values", [])),
        column=str(data.get("column", name)),
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


def _license(path: Path, data: Any) -> License | None:
    found = data.get("license")
    if found is None:
        return None
    if not isinstance(found, dict) or set(found) != {"name", "url"}:
        raise ConfigError(path, _line(path, "license"), f"license: expected name and url, found {found!r}")
    return License(str(found["name"]), _address(path, found, "url") or "")


def _address(path: Path, data: Any, key: str) -> str | None:
    found = data.get(key)
    if found is None:
        return None
    if not isinstance(found, str) or not found.startswith(("https://", "http://")):
        raise ConfigError(path, _line(path, key), f"{key}: expected an address with http(s)://, found {found!r}")
    return found


def _line(path: Path, needle: str) -> int | None:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if needle in text:
            return number
    return None
