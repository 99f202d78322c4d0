"""WMS 1.3.0 and 1.1.1: what is checked before MapProxy answers, since it would fail on it or let it pass.

In: a request and the layers that the actor sees. Out: nothing, or a :class:`RequestError` with the standard's code.
"""

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from risicoatlas.catalogue import Layer
from risicoatlas.crs import GEOGRAPHIC
from risicoatlas.errors import RequestError
from risicoatlas.maps.requests import MapRequest, whole

OPERATIONS = ("getcapabilities", "getmap", "getfeatureinfo", "getlegendgraphic")
VERSIONS = ("1.3.0", "1.1.1")
FORMATS = ("image/png", "image/jpeg")
INFO_FORMATS = ("text/plain", "text/html", "application/json")
MAX_SIDE_PX = 4096
# A line that is dashed at 1:1 takes mapnik a second; a hundred times nearer it takes for ever.
MIN_PIXEL_M, MIN_PIXEL_DEGREES = 1e-3, 1e-8
STYLE_NAMES = ("", "default")
MAX_LAYERS = 50
LAYER_LISTS = ("layers", "query_layers")
# Style names of the real REV GeoServer; here each layer has one style.
_STYLE_ALIASES = ("prcontour", "aandachtsgebied")


COLOR = re.compile(r"(0x|#)?[0-9a-fA-F]{6}")


def check(request: MapRequest, layers: Mapping[str, Layer], srids: Collection[int]) -> None:
    """Refuse what cannot be answered. ``srids`` are the CRSs of the capabilities."""
    service = request.parameters.get("service", "")
    if request.operation == "getcapabilities":
        request.required("service")
    if service and service.upper() != "WMS":
        raise RequestError(f"service {service!r} is not offered here: expected WMS", "service")
    if request.required("request").lower() not in OPERATIONS:
        raise RequestError(
            f"request {request.parameters['request']!r} is not known", "request", "OperationNotSupported"
        )
    if request.operation in ("getmap", "getfeatureinfo"):
        _check_map(request, layers, srids)
    if request.operation == "getfeatureinfo":
        _check_info(request)


def _check_map(request: MapRequest, layers: Mapping[str, Layer], srids: Collection[int]) -> None:
    drawn = request.operation == "getmap"
    for name in ("version", "layers", "bbox", "width", "height", *(("format",) if drawn else ())):
        request.required(name)
    if drawn and "styles" not in request.parameters:
        raise RequestError("parameter styles is missing; it may be empty", "styles", "MissingParameterValue")
    if request.version not in VERSIONS:
        raise RequestError(f"version {request.version!r} is not one of {', '.join(VERSIONS)}", "version")
    if len(request.layers) > MAX_LAYERS:
        raise RequestError(f"{len(request.layers)} layers: the limit is {MAX_LAYERS}", "layers")
    for name in request.layers:
        if name not in layers:
            raise RequestError(f"there is no layer {name!r}", "layers", "LayerNotDefined")
    if not all(name for key in LAYER_LISTS if key in request.parameters for name in request.parameters[key].split(",")):
        raise RequestError("there is no layer without a name", "layers", "LayerNotDefined")
    _check_crs(request, layers, srids)
    _check_box(request)
    _check_styles(request)
    _check_picture(request)
    _check_pixel(request)


def _check_picture(request: MapRequest) -> None:
    size = [request.parameters[name] for name in ("width", "height")]
    if not all(0 < (whole(text) or 0) <= MAX_SIDE_PX for text in size):
        raise RequestError(
            f"width and height {' and '.join(size)} are not each from 1 to {MAX_SIDE_PX} pixels", "width"
        )
    if request.operation == "getmap" and request.parameters["format"] not in FORMATS:
        raise RequestError(
            f"format {request.parameters['format']!r} is not one of {', '.join(FORMATS)}", "format", "InvalidFormat"
        )
    color = request.parameters.get("bgcolor", "0xFFFFFF")
    if not COLOR.fullmatch(color):
        raise RequestError(f"bgcolor {color!r} is not a colour such as 0xFFFFFF", "bgcolor")


def _check_crs(request: MapRequest, layers: Mapping[str, Layer], srids: Collection[int]) -> None:
    name = "srs" if request.version.startswith("1.1") else "crs"
    text = request.required(name).upper()
    code = "4326" if text == "CRS:84" else text.removeprefix("EPSG:")
    srid = whole(code)
    if srid is None or srid not in srids:
        raise RequestError(f"CRS {text} is not offered", name, "InvalidCRS" if name == "crs" else "InvalidSRS")
    for layer in request.layers:
        if srid not in layers[layer].srids:
            offered = ", ".join(f"EPSG:{srid}" for srid in layers[layer].srids)
            raise RequestError(f"layer {layer} is not offered in {text}, only in {offered}", name, "InvalidCRS")


def _check_box(request: MapRequest) -> None:
    parts = request.parameters["bbox"].split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(abs(number) < 1e9 for number in numbers):
        raise RequestError(f"bbox {request.parameters['bbox']!r} is not four numbers", "bbox")
    if numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise RequestError("bbox: a minimum is not below its maximum", "bbox")


def _check_pixel(request: MapRequest) -> None:
    """Width and height of one pixel on the ground; box, size and CRS are checked already."""
    left, bottom, right, top = (float(part) for part in request.parameters["bbox"].split(","))
    across = (right - left) / int(request.parameters["width"])
    down = (top - bottom) / int(request.parameters["height"])
    name = "srs" if request.version.startswith("1.1") else "crs"
    srid = whole(request.parameters[name].upper().removeprefix("EPSG:"))
    least = MIN_PIXEL_DEGREES if srid is None or srid in GEOGRAPHIC else MIN_PIXEL_M
    if min(across, down) < least:
        raise RequestError(f"bbox: a pixel is smaller than {least:g}, the least that is drawn", "bbox")


def _check_styles(request: MapRequest) -> None:
    styles = request.parameters.get("styles", "").split(",")
    asked = request.parameters["layers"].split(",")
    if len(styles) not in (1, len(asked)) or (len(styles) == 1 and len(asked) > 1 and styles[0]):
        raise RequestError(f"{len(styles)} styles for {len(asked)} layers", "styles", "StyleNotDefined")
    for style in styles:
        if style not in (*STYLE_NAMES, *_STYLE_ALIASES, *request.layers):
            raise RequestError(f"there is no style {style!r}", "styles", "StyleNotDefined")


def _check_info(request: MapRequest) -> None:
    request.required("query_layers")
    info_format = request.parameters.get("info_format", "")
    if info_format and info_format not in INFO_FORMATS:
        raise RequestError(
            f"info_format {info_format!r} is not one of {', '.join(INFO_FORMATS)}", "info_format", "InvalidFormat"
        )
    across, down = ("x", "y") if request.version.startswith("1.1") else ("i", "j")
    for name, size in ((across, "width"), (down, "height")):
        text = request.required(name)
        pixel = whole(text)
        if pixel is None or pixel >= int(request.parameters[size]):
            raise RequestError(f"{name} {text!r} is not a pixel of the picture", name, "InvalidPoint")


def for_mapproxy(request: MapRequest) -> str:
    """The query string for MapProxy: a version that it knows, the default style by its default name, an INFO_FORMAT."""
    changed = {**request.parameters, "service": "WMS", "version": negotiated(request.version)}
    if "styles" in changed:
        changed["styles"] = ""
    if "bgcolor" in changed:
        changed["bgcolor"] = f"0x{changed['bgcolor'][-6:]}"
    if request.operation == "getfeatureinfo" and not changed.get("info_format"):
        changed["info_format"] = INFO_FORMATS[0]
    return MapRequest(request.service, request.path, changed).query_string


def capabilities(request: MapRequest) -> str:
    """The query string of GetCapabilities, the same for all clients of one version."""
    return urlencode({"service": "WMS", "request": "GetCapabilities", "version": negotiated(request.version)})


def negotiated(version: str) -> str:
    """WMS 1.3.0 section 6.2.4: the highest version that is not above the asked one, else the lowest."""
    numbers = [number for part in version.split(".") if (number := whole(part)) is not None]
    return VERSIONS[0] if not numbers or numbers >= [1, 3] else VERSIONS[1]
