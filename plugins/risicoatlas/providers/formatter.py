"""The byte formatter: pygeoapi's answer without features in, the GeoJSON document as a stream of bytes out.

pygeoapi would serialise every feature, turning ``<`` into ``&lt;`` in the data. A formatter with ``f = 'json'`` is
asked instead, and puts head, rows as PostgreSQL wrote them, and tail one after the other. What is known only after the
last row (whether there is a next page) stands in the tail.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pygeoapi.formatter.base import BaseFormatter

from risicoatlas.features import geojson, unpublished
from risicoatlas.providers import links, visit
from risicoatlas.providers.pages import Pages
from risicoatlas.providers.visit import Visit

NAME = "GeoJSON"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
MATCHED = "numberMatched"
_MEMBERS = ("numberTested", "publicatie", unpublished.MEMBER)


class GeoJsonFormatter(BaseFormatter):  # type: ignore[misc]
    """Stands in the place of pygeoapi's JSON serialisation of items."""

    def __init__(self, formatter_def: dict[str, Any]) -> None:
        super().__init__({"name": NAME, **formatter_def})
        self.name = NAME
        self.f = "json"
        self.mimetype = geojson.MEDIA_TYPE
        self.extension = "geojson"

    def write(self, options: dict[str, Any] | None = None, data: dict[str, Any] | None = None) -> Iterator[bytes]:
        """The document; called once per answer, so that the visit may be looked up here and not while streaming."""
        return page(data, visit.current())


def page(data: dict[str, Any] | None, found: Visit) -> Iterator[bytes]:
    """The document of the page of this visit."""
    if data is None or found.items is None or found.reading is None:
        raise ValueError("nothing to write")
    pages = Pages(found.items, found.reading, found.service.signing_key)
    return document(data, pages, f"{found.base_url}/collections/{found.items.query.layer}", found.language)


def document(answer: dict[str, Any], pages: Pages, collection_url: str, language: str) -> Iterator[bytes]:
    """Head, rows, tail; closing the iterator gives the connection back."""
    rows = answer["features"].rows
    try:
        yield b'{"type":"FeatureCollection","features":['
        yield from rows
        matched = pages.reading.matched(rows)
        pages.reading.close()
        tail: dict[str, Any] = {} if matched is None else {MATCHED: matched}
        tail |= {name: answer[name] for name in _MEMBERS if name in answer}
        tail["numberReturned"] = rows.returned
        tail["timeStamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tail["links"] = links.page(pages.request, collection_url, language, pages.around(rows, matched))
        yield b"]," + _ENCODER.encode(tail)[1:].encode()
    finally:
        pages.reading.close()


def definition() -> dict[str, str]:
    """The formatter entry of a collection in pygeoapi's configuration."""
    return {"name": f"{__name__}.{GeoJsonFormatter.__name__}"}
