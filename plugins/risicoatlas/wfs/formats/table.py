"""The formats on offer, in the order of the capabilities; the first is what a client gets that asks for none."""

from risicoatlas.wfs import formats
from risicoatlas.wfs.formats import Format, Writer
from risicoatlas.wfs.formats.geojson import GeoJson
from risicoatlas.wfs.formats.gml32 import Gml32

GML32_NAMES = (
    "application/gml+xml; version=3.2",
    "text/xml; subtype=gml/3.2",
    "text/xml; subtype=gml/3.2.1",
    "application/gml+xml",
    "gml32",
    "gml3.2",
)
FORMATS = (
    Format(GML32_NAMES, Gml32()),
    Format(
        ("application/json", "json", "geojson", "application/geo+json", "application/json; subtype=geojson"), GeoJson()
    ),
)
WRITERS = formats.by_name(FORMATS)
OFFERED = tuple(item.names[0] for item in FORMATS)


def writer(name: str) -> Writer:
    """The writer that ``outputFormat`` names."""
    return formats.find(name, WRITERS, OFFERED)
