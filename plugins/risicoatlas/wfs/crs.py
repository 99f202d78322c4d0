"""The CRS of an answer of the WFS."""

from risicoatlas import crs
from risicoatlas.catalogue import Layer


def output_crs(srs_name: str | None, layer: Layer) -> crs.Crs:
    """The CRS that ``srsName`` asks for, by default that in which the layer is stored."""
    return crs.parse(srs_name or f"{crs.EPSG_URN}{layer.srid}", "srsName", layer.srids)
