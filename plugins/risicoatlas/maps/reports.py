"""Error reports: WMS ServiceExceptionReport, OWS ExceptionReport for WMTS, plain text for tiles."""

import textwrap
from http import HTTPStatus
from typing import Any

from lxml import etree
from PIL import Image, ImageDraw

from risicoatlas.errors import RequestError, RisicoAtlasError
from risicoatlas.filters.safe_xml import writable
from risicoatlas.maps import legend, legend_request, requests
from risicoatlas.maps.answers import Answer
from risicoatlas.maps.requests import MapRequest
from risicoatlas.maps.wms import COLOR, MAX_SIDE_PX

OGC = "http://www.opengis.net/ogc"
OWS = "http://www.opengis.net/ows/1.1"
_NO_PREFIX: Any = {None: OGC}  # lxml's stubs forget the default namespace


def wms(error: RisicoAtlasError, request: MapRequest) -> Answer:
    """WMS 1.3.0 section 6.11 and annex E.2; 1.1.1 without a namespace and with its own media type.

    GetMap may ask for the report as a picture (EXCEPTIONS=INIMAGE) or an empty one (BLANK), answered with 200.
    """
    wanted = request.parameters.get("exceptions", "").rpartition("se_")[2].lower()
    size = _size(request)
    if request.operation == "getmap" and wanted in ("inimage", "blank") and size:
        return _pictured(str(error) if wanted == "inimage" else "", size, request)
    if request.version.startswith("1.1"):
        root = etree.Element("ServiceExceptionReport", version="1.1.1")
        tag, media_type = "ServiceException", "application/vnd.ogc.se_xml"
    else:
        root = etree.Element(f"{{{OGC}}}ServiceExceptionReport", version="1.3.0", nsmap=_NO_PREFIX)
        tag, media_type = f"{{{OGC}}}ServiceException", "text/xml; charset=utf-8"
    item = etree.SubElement(root, tag, code=error.code)
    if isinstance(error, RequestError) and error.locator:
        item.set("locator", error.locator)
    item.text = writable(str(error))
    return _xml(root, error.status, media_type)


def _size(request: MapRequest) -> tuple[int, int] | None:
    sides = [request.parameters.get(name, "") for name in ("width", "height")]
    width, height = map(requests.whole, sides)
    if not width or not height or max(width, height) > MAX_SIDE_PX:
        return None
    return width, height


def _pictured(text: str, size: tuple[int, int], request: MapRequest) -> Answer:
    transparent = request.parameters.get("transparent", "").lower() == "true"
    color = request.parameters.get("bgcolor", "0xFFFFFF").removeprefix("0x").removeprefix("#")
    picture = Image.new(
        "RGBA", size, f"#{color if COLOR.fullmatch(color) else 'FFFFFF'}{'00' if transparent else 'FF'}"
    )
    lines = textwrap.fill(text, max(size[0] // 7, 1))
    ImageDraw.Draw(picture).multiline_text((4, 4), lines, fill="#aa0000", font=legend.font(legend.TEXT_PX))
    media_type = request.parameters.get("format", "")
    media_type = media_type if media_type == "image/jpeg" else "image/png"
    return Answer(legend_request.encoded(picture, media_type), media_type)


def wmts(error: RisicoAtlasError) -> Answer:
    """OWS Common 1.1 section 8, as WMTS 1.0.0 asks."""
    root = etree.Element(f"{{{OWS}}}ExceptionReport", version="1.0.0", nsmap={"ows": OWS})
    item = etree.SubElement(root, f"{{{OWS}}}Exception", exceptionCode=error.code)
    if isinstance(error, RequestError) and error.locator:
        item.set("locator", error.locator)
    etree.SubElement(item, f"{{{OWS}}}ExceptionText").text = writable(str(error))
    return _xml(root, error.status, "text/xml; charset=utf-8")


def plain(error: RisicoAtlasError) -> Answer:
    return Answer(f"{error}\n".encode(), "text/plain; charset=utf-8", HTTPStatus(error.status))


def _xml(root: etree._Element, status: int, media_type: str) -> Answer:
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Answer(body, media_type, HTTPStatus(status))
