"""A picture of our own map in a page: the query of the GetMap (WMS 1.3.0) that it is."""

from collections.abc import Iterable
from urllib.parse import urlencode

Box = tuple[float, float, float, float]


def query(layers: Iterable[str], box: Box, width_px: int, height_px: int) -> str:
    """The query for ``/wms``; ``box`` is west, south, east, north in EPSG:28992."""
    return urlencode(
        {
            "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": ",".join(layers), "styles": "",
            "crs": "EPSG:28992", "bbox": ",".join(f"{value:.2f}" for value in box), "width": width_px,
            "height": height_px, "format": "image/png",
        }
    )  # fmt: skip
