"""What the service says of itself in every protocol: ``config/service.yml`` in, one frozen value out.

Organisation, contact, licence and attribution stand there and nowhere else; ``wfs.yaml`` and ``mapproxy.yaml`` hold
what is of one protocol alone, and a ``layer.yaml`` what differs for a layer.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.catalogue import Layer, License, Text
from risicoatlas.errors import ConfigError

Texts = Mapping[str, Any]
FILE = "service.yml"
_KEYS = {
    "title", "description", "keywords", "provider", "contact", "license", "languages", "limits",
    "ignored_parameters", "extents",
}  # fmt: skip
# A folder of before these keys were there is still read.
# `cors` is for the front.
_MORE_KEYS = {"cors", "attribution", "accuracy", "sources", "metadata_namespace", "topic", "theme"}


@dataclass(frozen=True)
class Description:
    """The texts per language, who answers for the service, under which terms, limits of a page, parameters let through,
    and extents where none is known (CRS84). ``sources`` are the names for people of what ``layer.yaml`` lists,
    ``accuracy`` the statement on position, ``namespace`` what identifiers of metadata records are made from,
    ``topic`` the category of ISO 19115 and ``theme`` that of DCAT."""

    title: Texts
    text: Texts
    keywords: Texts
    provider: Mapping[str, str]
    contact: Mapping[str, str]
    license: License
    languages: tuple[str, ...]
    default_limit: int
    maximum_limit: int
    hard_limit: int
    ignored_parameters: frozenset[str]
    extents: Mapping[int, tuple[float, float, float, float]]
    attribution: Text
    accuracy: Text | None = None
    sources: Mapping[str, Text] = field(default_factory=dict)
    namespace: uuid.UUID | None = None
    topic: str = "environment"
    theme: str = "http://publications.europa.eu/resource/authority/data-theme/ENVI"

    def license_of(self, layer: Layer) -> License:
        return layer.license or self.license

    def attribution_of(self, layer: Layer) -> Text:
        return layer.attribution or self.attribution

    def source(self, name: str) -> Text:
        """The name for people of a source; its own where the file gives none."""
        return self.sources.get(name, Text(name, name))


def read(config: Path) -> Description:
    """Read ``service.yml``; raises :class:`ConfigError`."""
    path = config / FILE
    data = _checked(path)
    limits = _limits(path, data["limits"])
    provider = _parts(path, data, "provider", ("name", "url"))
    license_ = _parts(path, data, "license", ("name", "url"))
    attribution = data.get("attribution", {"nl": provider["name"], "en": provider["name"]})
    return Description(
        title=data["title"],
        text=data["description"],
        keywords=data["keywords"],
        provider=provider,
        contact=_parts(path, data, "contact", ("name", "email")),
        license=License(license_["name"], license_["url"]),
        languages=tuple(data["languages"]),
        default_limit=limits["default"],
        maximum_limit=limits["maximum"],
        hard_limit=limits["hard"],
        ignored_parameters=frozenset(str(name).lower() for name in data["ignored_parameters"]),
        extents={int(srid): tuple(box) for srid, box in data["extents"].items()},
        attribution=_text(path, "attribution", attribution),
        accuracy=_text(path, "accuracy", data["accuracy"]) if "accuracy" in data else None,
        sources={name: _text(path, f"sources: {name}", text) for name, text in data.get("sources", {}).items()},
        namespace=_namespace(path, data.get("metadata_namespace")),
        **{name: str(data[name]) for name in ("topic", "theme") if name in data},
    )


def _checked(path: Path) -> Any:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    if not isinstance(data, dict) or not _KEYS <= set(data) <= _KEYS | _MORE_KEYS:
        raise ConfigError(
            path,
            None,
            f"expected the keys {', '.join(sorted(_KEYS))}, and perhaps {', '.join(sorted(_MORE_KEYS))}",
        )
    return data


def _limits(path: Path, found: Any) -> Mapping[str, int]:
    if not isinstance(found, dict) or set(found) != {"default", "maximum", "hard"}:
        raise ConfigError(path, None, "limits: expected default, maximum and hard")
    if not 1 <= found["default"] <= found["maximum"] <= found["hard"]:
        raise ConfigError(path, None, "limits: expected default, maximum and hard, none above the one that follows")
    return found


def _parts(path: Path, data: Any, key: str, names: tuple[str, ...]) -> dict[str, str]:
    found = data[key]
    if not isinstance(found, dict) or not set(names) <= set(found):
        raise ConfigError(path, None, f"{key}: expected {' and '.join(names)}, found {found!r}")
    return {name: str(value) for name, value in found.items()}


def _text(path: Path, key: str, found: Any) -> Text:
    if not isinstance(found, dict) or set(found) != {"nl", "en"}:
        raise ConfigError(path, None, f"{key}: expected a text for nl and one for en, found {found!r}")
    return Text(str(found["nl"]).strip(), str(found["en"]).strip())


def _namespace(path: Path, found: Any) -> uuid.UUID | None:
    if found is None:
        return None
    try:
        return uuid.UUID(str(found))
    except ValueError:
        raise ConfigError(path, None, f"metadata_namespace: expected a UUID, found {found!r}") from None
