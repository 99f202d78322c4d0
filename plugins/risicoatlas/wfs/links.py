"""Absolute addresses in answers: always from the public address of the settings, never from what a client sent."""

from collections.abc import Mapping
from urllib.parse import urlencode

from risicoatlas.catalogue import Layer
from risicoatlas.settings import Settings
from risicoatlas.wfs.dialect import WFS20, Dialect


def base_url(settings: Settings) -> str:
    """The address of the WFS."""
    return f"{settings.public_url}/wfs"


def request_url(base: str, parameters: Mapping[str, str]) -> str:
    """A GET request that carries everything."""
    return f"{base}?{urlencode(parameters)}"


def describe_url(base: str, layers: tuple[Layer, ...], dialect: Dialect = WFS20) -> str:
    """The schema of these layers, for xsi:schemaLocation."""
    names = ",".join(f"{layer.prefix}:{layer.name}" for layer in layers)
    asked = {"service": "WFS", "version": dialect.versions[0], "request": "DescribeFeatureType"}
    return request_url(base, {**asked, dialect.type_names: names})
