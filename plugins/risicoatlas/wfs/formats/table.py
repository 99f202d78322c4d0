"""The formats on offer, in the order of the capabilities; the first is what a client gets that asks for none."""

from risicoatlas.features import csv_text, files
from risicoatlas.features.files import FileFormat
from risicoatlas.wfs import formats
from risicoatlas.wfs.formats import Download, Format, Writer, normalised
from risicoatlas.wfs.formats.csv_table import Csv
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
    Format(("csv", "text/csv"), Csv(), csv_text.SUFFIX),
)
DOWNLOADS = (
    Download(
        ("application/geopackage+sqlite3", "application/geopackage+vnd.sqlite3", "geopackage", "geopkg", "gpkg"),
        files.GEOPACKAGE,
    ),
    Download(("application/flatgeobuf", "flatgeobuf", "fgb"), files.FLATGEOBUF),
    Download(
        ("SHAPE-ZIP", "shapezip", "application/zip", "application/x-zipped-shp", "shapefile", "ESRI Shapefile"),
        files.SHAPEFILE,
    ),
)
WRITERS = formats.by_name(FORMATS)
OFFERED = tuple(item.names[0] for item in (*FORMATS, *DOWNLOADS))
_SUFFIXES = {
    **{normalised(name): item.suffix for item in FORMATS if item.suffix for name in item.names},
    **{normalised(name): item.form.suffix for item in DOWNLOADS for name in item.names},
}
_FILES = {normalised(name): item.form for item in DOWNLOADS for name in item.names}


def writer(name: str) -> Writer:
    """The writer that ``outputFormat`` names."""
    return formats.find(name, WRITERS, OFFERED)


def file_format(name: str) -> FileFormat | None:
    """The format of a file that is built first; None for one that is written as the rows come."""
    return _FILES.get(normalised(name))


def suffix(name: str) -> str | None:
    """The suffix of a format for files, which holds one feature type; None for what clients read as an answer."""
    return _SUFFIXES.get(normalised(name))
