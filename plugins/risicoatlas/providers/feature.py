"""The pygeoapi provider of every collection: a shell around the query layer.

It takes nothing from pygeoapi's own reading of the request: the front has read it strictly and left it in the visit.
Pages and items are asked by the front itself; pygeoapi makes the documents about collections.
"""

import json
from functools import lru_cache
from typing import Any

from pygeoapi.provider.base import BaseProvider

from risicoatlas import crs
from risicoatlas.catalogue import KEY, Layer
from risicoatlas.crs import Crs
from risicoatlas.errors import NotFoundError, RequestError
from risicoatlas.features import geojson, unpublished
from risicoatlas.features.query import RowStream
from risicoatlas.providers import visit
from risicoatlas.providers.visit import Visit

# JSON Schema of a field's type
TYPES: dict[str, dict[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
CRS84 = Crs(4326, crs.CRS84, latitude_first=False)


class Page:
    """The rows of a page under way to the formatter; pygeoapi asks for a length, which nobody knows before the end."""

    def __init__(self, rows: RowStream) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return 0


class FeatureProvider(BaseProvider):  # type: ignore[misc]
    """A layer of the catalogue as a collection; ``data`` is the layer's name."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        found = visit.current()
        self._fields = fields(found.service.layer(self.data, found.actor))

    def get_fields(self) -> dict[str, dict[str, str]]:
        return self._fields

    def query(self, **_read_by_pygeoapi: object) -> dict[str, Any]:
        """The page of the visit under way."""
        return page(visit.current())

    def get(self, identifier: str, **_read_by_pygeoapi: object) -> dict[str, Any]:
        """The item of the visit under way."""
        return item(visit.current(), identifier)


def page(found: Visit) -> dict[str, Any]:
    """The page of the reading under way: publication, tested count, and the rows as a stream."""
    if found.items is None or found.reading is None:
        raise RequestError("no page was asked for")
    reading = found.reading
    answer: dict[str, Any] = {"type": "FeatureCollection"}
    if not reading.plan.layer.own:
        answer["publicatie"] = reading.state.publication
    missing = unpublished.touched(found.items.query, reading, found.service)
    if missing:
        answer[unpublished.MEMBER] = unpublished.members(missing)
        found.headers.update(unpublished.header(missing))
    rows = reading.stream(geojson.feature_row(reading.plan), separator=b",", keyed=True).peek()
    if not rows.returned and not reading.plan.position:
        tested = reading.tested()
        if tested is not None:
            answer["numberTested"] = tested
            found.headers["X-Objects-Tested"] = str(tested)
    answer["features"] = Page(rows)
    return answer


def item(found: Visit, identifier: str) -> dict[str, Any]:
    """One Feature by its key, from the reading under way."""
    if found.reading is None:
        raise RequestError("no feature was asked for")
    for text in found.reading.texts(geojson.feature_row(found.reading.plan)):
        return json.loads(text)  # type: ignore[no-any-return]
    raise NotFoundError(f"{found.reading.plan.layer.name} has no item {identifier!r}", "featureId")


@lru_cache(maxsize=256)
def fields(layer: Layer) -> dict[str, dict[str, str]]:
    """The fields of a layer as JSON Schema types."""
    return {item.name: dict(TYPES[item.type]) for item in layer.fields}


def definition(layer: Layer) -> dict[str, Any]:
    """The provider entry of a layer in pygeoapi's configuration."""
    return {
        "type": "feature",
        "name": f"{__name__}.{FeatureProvider.__name__}",
        "data": layer.name,
        "id_field": KEY,
        "storage_crs": f"{crs.EPSG_URI}{layer.srid}",
        "crs": crs_uris(layer),
    }


def crs_uris(layer: Layer) -> list[str]:
    """Every CRS of a layer as URI, CRS84 first (Part 2, requirement 2)."""
    return [crs.CRS84, *(f"{crs.EPSG_URI}{srid}" for srid in layer.srids)]
