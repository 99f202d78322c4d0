"""pygeoapi's configuration, made of what ``config/service.yml`` says."""

from pathlib import Path
from typing import Any

from risicoatlas.catalogue import Layer
from risicoatlas.description import Description
from risicoatlas.errors import ConfigError


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
                "terms_of_service": description.license.url,
                "url": provider["url"],
            },
            "license": {"name": description.license.name, "url": description.license.url},
            "provider": provider,
            "contact": {**contact, "url": provider["url"]},
        },
        "resources": {},
    }


def missing_extent(config: Path, layer: Layer) -> ConfigError:
    return ConfigError(config / "service.yml", None, f"extents: {layer.name} is in EPSG:{layer.srid}, which has none")
