"""The formats of WFS 1.1.0: GML 3.1.1 first, then what WFS 2.0 offers besides GML 3.2."""

from risicoatlas.wfs import formats
from risicoatlas.wfs.dialect import GML311
from risicoatlas.wfs.formats import Format, Writer, table
from risicoatlas.wfs.formats.gml32 import Gml32
from risicoatlas.wfs.formats.gml311 import Gml311

GML311_NAMES = (
    GML311,
    "text/xml; subtype=gml/3.1.1/base/gml.xsd",
    "text/gml; subtype=gml/3.1.1",
    "application/gml+xml; version=3.1",
    "gml3",
    "gml31",
    "gml311",
    "text/xml",
)
FORMATS = (Format(GML311_NAMES, Gml311()), *(item for item in table.FORMATS if not isinstance(item.writer, Gml32)))
WRITERS = formats.by_name(FORMATS)
OFFERED = (*(item.names[0] for item in FORMATS), *(item.names[0] for item in table.DOWNLOADS))


def writer(name: str) -> Writer:
    """The writer that ``outputFormat`` names."""
    return formats.find(name, WRITERS, OFFERED)
