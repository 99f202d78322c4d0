"""Namespaces of WFS and the names of feature types and properties as clients write them.

A name comes as ``kgl_public``, ``rev_public:kgl_public`` or with a prefix of the client's own that is bound to our
namespace; it leaves as the local name or as ``<our prefix>:<local name>``.
"""

from collections.abc import Iterable, Mapping

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, Layer
from risicoatlas.errors import NotFoundError, RequestError
from risicoatlas.service import Service

WFS = "http://www.opengis.net/wfs/2.0"
FES = "http://www.opengis.net/fes/2.0"
OWS = "http://www.opengis.net/ows/1.1"
GML = "http://www.opengis.net/gml/3.2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WFS_SCHEMA = "http://schemas.opengis.net/wfs/2.0/wfs.xsd"
OWS_SCHEMA = "http://schemas.opengis.net/ows/1.1.0/owsAll.xsd"
GML_SCHEMA = "http://schemas.opengis.net/gml/3.2.1/gml.xsd"

APPLICATION = {"rev_public": "urn:x-risicoatlas:rev_public", "besloten": "urn:x-risicoatlas:besloten"}
_PREFIX_OF = {uri: prefix for prefix, uri in APPLICATION.items()}


def canonical(text: str, bound: Mapping[str, str]) -> str:
    """The name with our own prefix where the client's prefix is bound to our namespace, else as it came."""
    prefix, _, local = text.strip().rpartition(":")
    uri = bound.get(prefix, APPLICATION.get(prefix)) if prefix else None
    return f"{_PREFIX_OF[uri]}:{local}" if uri in _PREFIX_OF else text.strip()


def layer_of(name: str, service: Service, actor: Actor, locator: str) -> Layer:
    """The layer of a type name; a hidden one is refused word for word as one that does not exist."""
    prefix, _, local = name.rpartition(":")
    unknown = RequestError(f"there is no feature type {name!r}: GetCapabilities lists those that there are", locator)
    try:
        layer = service.layer(local, actor)
    except NotFoundError:
        raise unknown from None
    if prefix not in {"", layer.prefix}:
        raise unknown
    return layer


def property_of(name: str, layer: Layer, locator: str) -> str:
    """The local name of a property of the layer; the geometry is one."""
    prefix, _, local = name.rpartition(":")
    if prefix not in {"", layer.prefix} or (local not in layer.by_name and local != GEOMETRY):
        known = ", ".join((*layer.by_name, GEOMETRY))
        raise RequestError(f"{layer.name} has no property {name!r}: it has {known}", locator)
    return local


def prefixes(layers: Iterable[Layer]) -> dict[str, str]:
    """The namespaces of these layers by prefix."""
    return {layer.prefix: layer.namespace for layer in layers}
