"""Absolute addresses in answers: always from the public address of the settings, never from what a client sent."""

from collections.abc import Mapping
from urllib.parse import urlencode

from risicoatlas.catalogue import Layer
from risicoatlas.settings import Settings


def base_url(settings: Settings) -> str:
    """The address of the WFS."""
    return f"{settings.public_url}/wfs"


def request_url(base: str, parameters: Mapping[str, str]) -> str:
    """A GET request that carries everything."""
    return f"{base}?{urlencode(parameters)}"


def describe_url(base: str, layers: tuple[Layer, ...]) -> str:
    """The schema of these layers, for xsi:schemaLocation."""
    names = ",".join(f"{layer.prefix}:{layer.name}" for layer in layers)
    parameters = {"service": "WFS", "version": "2.0.0", "request": "DescribeFeatureType", "typeNames": names}
    return request_url(base, parameters)
