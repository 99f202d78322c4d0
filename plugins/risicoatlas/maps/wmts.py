"""WMTS 1.0.0 GetTile: reads and checks a tile, asked as KVP or by its address, before MapProxy draws it.

/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=kgl_public&STYLE=default&FORMAT=image/png
     &TILEMATRIXSET=EPSG:28992&TILEMATRIX=9&TILEROW=191&TILECOL=262
/wmts/kgl_public/EPSG:28992/9/262/191.png
"""

import copy
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from risicoatlas.errors import NotFoundError, RequestError
from risicoatlas.maps.requests import TMS_VERSION, MapRequest, unprefixed, whole

ALIASES = {"NetherlandsRDNewQuad": "EPSG:28992"}
KVP = ("layer", "style", "format", "tilematrixset", "tilematrix", "tilerow", "tilecol")
STYLES = ("default",)
FORMATS = ("image/png",)
INFO_FORMATS = {"application/json": "geojson", "text/html": "html", "text/plain": "text"}
TILE_PX = 256
# How many parts the address of a tile has, and that of a pixel in it
TILE_PARTS, INFO_PARTS = 5, 7
OPERATIONS = ("getcapabilities", "gettile", "getfeatureinfo")
OWS = "{http://www.opengis.net/ows/1.1}"
WMTS = "{http://www.opengis.net/wmts/1.0}"
CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"
HREF = "{http://www.w3.org/1999/xlink}href"
WELL_KNOWN = {
    "WebMercatorQuad": "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible",
    "WorldCRS84Quad": "urn:ogc:def:wkss:OGC:1.0:GoogleCRS84Quad",
}


@dataclass(frozen=True)
class Tile:
    """One tile, row counted from the top."""

    layer: str
    matrix_set: str
    matrix: int
    column: int
    row: int

    @property
    def path(self) -> str:
        return f"/wmts/{self.layer}/{self.matrix_set}/{self.matrix}/{self.column}/{self.row}.png"


def operation_of(request: MapRequest) -> str:
    """The operation, lower case: from the parameters, or from the length of the address."""
    if request.path:
        return "gettile" if len(request.path) == TILE_PARTS else "getfeatureinfo"
    if request.required("service").upper() != "WMTS":
        raise RequestError(f"service {request.parameters['service']!r} is not offered here: expected WMTS", "service")
    operation = request.required("request").lower()
    if operation not in OPERATIONS:
        raise RequestError(f"request {operation!r} is not one of GetCapabilities, GetTile, GetFeatureInfo", "request")
    accepted = request.parameters.get("acceptversions", "1.0.0").split(",")
    if "1.0.0" not in accepted:
        raise RequestError("only version 1.0.0 is offered", "acceptversions", "VersionNegotiationFailed")
    return operation


def tile_of(request: MapRequest, layers: Collection[str], grids: Mapping[str, Any]) -> Tile:
    """The tile of a GetTile, or of GetFeatureInfo, checked against the layers that the actor sees and the grids."""
    if request.path:
        layer, matrix_set, matrix, column, row = request.path[:TILE_PARTS]
        row = row.removesuffix(".png")
    else:
        values = {name: request.required(name) for name in KVP}
        _known("style", values["style"], STYLES)
        _known("format", values["format"], FORMATS)
        layer, matrix_set, matrix = values["layer"], values["tilematrixset"], values["tilematrix"]
        column, row = values["tilecol"], values["tilerow"]
    layer = unprefixed(layer)
    _known("layer", layer, layers)
    matrix_set = ALIASES.get(matrix_set, matrix_set)
    _known("tilematrixset", matrix_set, grids)
    sizes = grids[matrix_set].grid_sizes
    _known("tilematrix", matrix, [str(level) for level in range(grids[matrix_set].levels)])
    columns, rows = sizes[int(matrix)]
    return Tile(layer, matrix_set, int(matrix), _within("tilecol", column, columns), _within("tilerow", row, rows))


def info_path(request: MapRequest, tile: Tile) -> str:
    """The address of GetFeatureInfo for MapProxy; I and J are pixels of the tile."""
    if len(request.path) == INFO_PARTS:
        across, (down, _, suffix) = request.path[5], request.path[6].partition(".")
    else:
        across, down = request.required("i"), request.required("j")
        info_format = request.required("infoformat")
        _known("infoformat", info_format, INFO_FORMATS)
        suffix = INFO_FORMATS[info_format]
    _known("infoformat", suffix, INFO_FORMATS.values())
    for name, text in (("i", across), ("j", down)):
        pixel = whole(text)
        if pixel is None or pixel >= TILE_PX:
            raise RequestError(f"{name} {text!r} is not a pixel of the tile", name, "PointIJOutOfRange")
    return f"{tile.path.removesuffix('.png')}/{across}/{down}.{suffix}"


def _known(name: str, value: str, known: Container[str]) -> None:
    if value not in known:
        raise RequestError(f"{name} {value!r} is not known", name)


def _within(name: str, text: str, count: int) -> int:
    number = whole(text.removeprefix("-"))
    if number is None:
        raise RequestError(f"{name} {text!r} is not a whole number", name)
    if text.startswith("-") or number >= count:
        raise RequestError(f"{name} {text} is not from 0 to {count - 1}", name, "TileOutOfRange")
    return number


def tms_path(request: MapRequest, layers: Collection[str], grids: Collection[str]) -> str:
    """The address for MapProxy of ``/tms`` and ``/tiles``: a list, the levels of a grid, or a tile."""
    version = request.path[:1] == (TMS_VERSION,)
    parts = [ALIASES.get(part, unprefixed(part)) for part in request.path[version:] if part]
    tile = [part.removesuffix(".png").removeprefix("-") for part in parts[2:]]
    if (
        (parts and parts[0] not in layers)
        or (len(parts) > 1 and parts[1] not in grids)
        or len(tile) not in (0, 3)
        or any(whole(part) is None for part in tile)
    ):
        raise NotFoundError("there is no such tile or layer")
    return "/".join(["", request.service, *([TMS_VERSION] if version else []), *(parts or [""])])


def mended(
    capabilities: bytes,
    abstracts: Mapping[str, str],
    legends: Mapping[str, str],
    metadata: Mapping[str, Iterable[str]],
) -> bytes:
    """MapProxy's RESTful capabilities with what it leaves out: KVP, CRS names, scale sets, abstracts, legends and
    addresses of metadata.

    WorldCRS84Quad is longitude first by its definition; MapProxy writes it as EPSG:4326.
    """
    root = etree.fromstring(capabilities)
    for get in list(root.iter(f"{OWS}Get")):
        by_parameters = copy.deepcopy(get)
        for value in by_parameters.iter(f"{OWS}Value"):
            value.text = "KVP"
        get.addprevious(by_parameters)
    for matrix_set in root.iterfind(f"{WMTS}Contents/{WMTS}TileMatrixSet"):
        _mend_matrix_set(matrix_set)
    for layer in root.iterfind(f"{WMTS}Contents/{WMTS}Layer"):
        name = layer.findtext(f"{OWS}Identifier", "")
        abstract = layer.find(f"{OWS}Abstract")
        if abstract is not None:
            abstract.text = abstracts.get(name, "")
        style = layer.find(f"{WMTS}Style")
        if style is not None and name in legends:
            etree.SubElement(style, f"{WMTS}LegendURL", {"format": "image/png", HREF: legends[name]})
        if style is not None:
            for address in metadata.get(name, ()):
                style.addprevious(etree.Element(f"{OWS}Metadata", {HREF: address}))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _mend_matrix_set(matrix_set: etree._Element) -> None:
    name = matrix_set.findtext(f"{OWS}Identifier", "")
    supported = matrix_set.find(f"{OWS}SupportedCRS")
    if supported is None or supported.text is None:
        return
    code = supported.text.rpartition(":")[2]
    supported.text = f"urn:ogc:def:crs:EPSG::{code}"
    if name == "WorldCRS84Quad":
        supported.text = CRS84
        for corner in matrix_set.iterfind(f"{WMTS}TileMatrix/{WMTS}TopLeftCorner"):
            corner.text = " ".join(reversed((corner.text or "").split()))
    if name in WELL_KNOWN:
        scale_set = etree.Element(f"{WMTS}WellKnownScaleSet")
        scale_set.text = WELL_KNOWN[name]
        supported.addnext(scale_set)
