"""Error reports of the map protocols: WMS ServiceExceptionReport, OWS ExceptionReport for WMTS, plain text for tiles."""

from http import HTTPStatus

from lxml import etree

from risicoatlas.errors import RequestError, RisicoAtlasError
from risicoatlas.maps.answers import Answer

OGC = "http://www.opengis.net/ogc"
OWS = "http://www.opengis.net/ows/1.1"


def wms(error: RisicoAtlasError, version: str) -> Answer:
    """WMS 1.3.0 section 6.11 and annex E.2; 1.1.1 without a namespace and with its own media type."""
    if version.startswith("1.1"):
        root = etree.Element("ServiceExceptionReport", version="1.1.1")
        tag, media_type = "ServiceException", "application/vnd.ogc.se_xml"
    else:
        root = etree.Element(f"{{{OGC}}}ServiceExceptionReport", version="1.3.0", nsmap={None: OGC})
        tag, media_type = f"{{{OGC}}}ServiceException", "text/xml; charset=utf-8"
    item = etree.SubElement(root, tag, code=error.code)
    if isinstance(error, RequestError) and error.locator:
        item.set("locator", error.locator)
    item.text = str(error)
    return _xml(root, error.status, media_type)


def wmts(error: RisicoAtlasError) -> Answer:
    """OWS Common 1.1 section 8, as WMTS 1.0.0 asks."""
    root = etree.Element(f"{{{OWS}}}ExceptionReport", version="1.0.0", nsmap={"ows": OWS})
    item = etree.SubElement(root, f"{{{OWS}}}Exception", exceptionCode=error.code)
    if isinstance(error, RequestError) and error.locator:
        item.set("locator", error.locator)
    etree.SubElement(item, f"{{{OWS}}}ExceptionText").text = str(error)
    return _xml(root, error.status, "text/xml; charset=utf-8")


def plain(error: RisicoAtlasError) -> Answer:
    return Answer(f"{error}\n".encode(), "text/plain; charset=utf-8", HTTPStatus(error.status))


def _xml(root: etree._Element, status: int, media_type: str) -> Answer:
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Answer(body, media_type, HTTPStatus(status))
