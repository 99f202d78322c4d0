"""XML that a client sent: bytes in, an lxml element out, with nothing fetched, expanded or unbounded. And text of a
client in XML of ours: :func:`writable`.

No DTD is accepted at all: an OGC request needs none, and refusing it closes external entities, entity expansion and
remote schemas in one go. Depth is counted before any code recurses over the tree.
"""

import re

from lxml import etree

from risicoatlas.errors import LimitError, RequestError

MAX_DEPTH = 64
PARSING_FAILED = "OperationParsingFailed"
# What XML 1.0 can hold (section 2.2)
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = etree._Element


def parse(data: bytes, locator: str, *, max_bytes: int) -> Element:
    """The root element; :class:`RequestError` (OperationParsingFailed) for what is not well-formed or has a DTD."""
    if len(data) > max_bytes:
        raise LimitError(f"{len(data)} bytes of XML, at most {max_bytes} are read", locator)
    if b"<!DOCTYPE" in data:
        raise _doctype(locator)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        place = f" (line {error.lineno})" if isinstance(error, etree.XMLSyntaxError) and error.lineno else ""
        raise RequestError(f"this is not well-formed XML{place}", locator, PARSING_FAILED) from error
    # An encoding such as UTF-16 hides the word from the test above.
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype(locator)
    _refuse_deep(root, locator)
    return root


def local_name(element: Element) -> str:
    """The name without its namespace."""
    return str(etree.QName(element).localname)


def namespace(element: Element) -> str | None:
    return etree.QName(element).namespace


def writable(text: str) -> str:
    """The text with U+FFFD for each character that cannot stand in XML, escaped or not."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def elements(parent: Element) -> list[Element]:
    """The child elements, without text."""
    return [child for child in parent if isinstance(child.tag, str)]


def _doctype(locator: str) -> RequestError:
    return RequestError("a DOCTYPE is not accepted", locator, PARSING_FAILED)


def _refuse_deep(root: Element, locator: str) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise LimitError(f"elements are nested deeper than {MAX_DEPTH}", locator)
