"""Addresses of metadata: always absolute, from the public address."""

from risicoatlas.catalogue import Layer
from risicoatlas.settings import Settings

ISO_XML = "application/vnd.iso.19139+xml"
JSON_LD = "application/ld+json"


def record(settings: Settings, layer: Layer) -> str:
    """The ISO 19139 record of a layer."""
    return f"{settings.public_url}/metadata/{layer.name}.xml"


def service(settings: Settings, name: str) -> str:
    """The ISO 19119 record of a service, by its key in :data:`risicoatlas.metadata.record.SERVICES`."""
    return f"{settings.public_url}/metadata/services/{name}.xml"


def catalog(settings: Settings) -> str:
    """The DCAT catalogue."""
    return f"{settings.public_url}/metadata/catalog.jsonld"


def collection(settings: Settings, layer: Layer) -> str:
    """The page of a layer for people, and its collection for programs."""
    return f"{settings.public_url}/ogc/v1/collections/{layer.name}"
