"""What the OGC API says about itself: ``config/service.yml`` in, a frozen value and pygeoapi's configuration out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from risicoatlas.catalogue import Layer
from risicoatlas.errors import ConfigError

Texts = Mapping[str, Any]
_KEYS = {
    "title", "description", "keywords", "provider", "contact", "license", "languages", "limits",
    "ignored_parameters", "extents",
}  # fmt: skip


@dataclass(frozen=True)
class Description:
    """The texts per language, limits of a page, parameters let through, and extents where none is known (CRS84)."""

    title: Texts
    text: Texts
    keywords: Texts
    provider: Mapping[str, str]
    contact: Mapping[str, str]
    license: Mapping[str, str]
    languages: tuple[str, ...]
    default_limit: int
    maximum_limit: int
    hard_limit: int
    ignored_parameters: frozenset[str]
    extents: Mapping[int, tuple[float, float, float, float]]


def read(config: Path) -> Description:
    """Read ``service.yml``; raises :class:`ConfigError`."""
    path = config / "service.yml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    if not isinstance(data, dict) or set(data) - {"cors"} != _KEYS:
        raise ConfigError(path, None, f"expected exactly the keys {', '.join(sorted(_KEYS))}")
    limits = data["limits"]
    if not isinstance(limits, dict) or set(limits) != {"default", "maximum", "hard"}:
        raise ConfigError(path, None, "limits: expected default, maximum and hard")
    if not 1 <= limits["default"] <= limits["maximum"] <= limits["hard"]:
        raise ConfigError(path, None, "limits: expected default, maximum and hard, none above the one that follows")
    return Description(
        title=data["title"],
        text=data["description"],
        keywords=data["keywords"],
        provider=data["provider"],
        contact=data["contact"],
        license=data["license"],
        languages=tuple(data["languages"]),
        default_limit=limits["default"],
        maximum_limit=limits["maximum"],
        hard_limit=limits["hard"],
        ignored_parameters=frozenset(str(name).lower() for name in data["ignored_parameters"]),
        extents={int(srid): tuple(box) for srid, box in data["extents"].items()},
    )


def pygeoapi_config(description: Description, base_url: str) -> dict[str, Any]:
    """pygeoapi's configuration but for the collections, which depend on who asks."""
    provider, contact = dict(description.provider), dict(description.contact)
    return {
        "server": {
            "url": base_url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": list(description.languages),
            "limits": {
                "default_items": description.default_limit,
                "max_items": description.maximum_limit,
                "on_exceed": "throttle",
            },
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": dict(description.title),
                "description": dict(description.text),
                "keywords": dict(description.keywords),
                "keywords_type": "theme",
                "terms_of_service": description.license["url"],
                "url": provider["url"],
            },
            "license": dict(description.license),
            "provider": provider,
            "contact": {**contact, "url": provider["url"]},
        },
        "resources": {},
    }


def missing_extent(config: Path, layer: Layer) -> ConfigError:
    return ConfigError(config / "service.yml", None, f"extents: {layer.name} is in EPSG:{layer.srid}, which has none")
