"""The documents about collections: what pygeoapi is told of each layer, and queryables, schema and conformance.

In: layers that the actor may see. Out: dictionaries, ready for JSON or a page.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from risicoatlas import crs
from risicoatlas.accuracy import Accuracy
from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.description import Description
from risicoatlas.features import unpublished
from risicoatlas.filters import period
from risicoatlas.filters import sql as filters
from risicoatlas.metadata.record import Record
from risicoatlas.providers import feature, formatter

SPEC = "http://www.opengis.net/spec/"
# Each class has its tests by name in tests/standards/test_conformance.py, which says too what is not declared. QGIS
# pushes filters down when it finds those of features-3 and CQL2; "basic-spatial-operators" is the name of the draft
# that QGIS 3.22 to 3.34 look for.
CONFORMANCE = tuple(
    SPEC + name
    for name in (
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-common-1/1.0/conf/landing-page",
        "ogcapi-common-1/1.0/conf/json",
        "ogcapi-common-1/1.0/conf/html",
        "ogcapi-common-1/1.0/conf/oas30",
        "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-1/1.0/conf/html",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/queryables",
        "ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-features-5/1.0/conf/core-roles-features",
        "ogcapi-features-5/1.0/conf/returnables-and-receivables",
        "ogcapi-features-5/1.0/conf/queryables",
        "ogcapi-features-5/1.0/conf/sortables",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/cql2-json",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/accent-insensitive-comparison",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-functions-plus",
        "cql2/1.0/conf/basic-spatial-operators",
        "cql2/1.0/conf/spatial-functions",
        "cql2/1.0/conf/temporal-functions",
        "cql2/1.0/conf/property-property",
        "cql2/1.0/conf/functions",
        "cql2/1.0/conf/arithmetic",
    )
)
JSON_TYPES = {name: item["type"] for name, item in feature.TYPES.items()}
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_GEOMETRY_FORMATS = {
    "Point": "geometry-point",
    "MultiLineString": "geometry-multilinestring",
    "MultiPolygon": "geometry-multipolygon",
}
_ROLES = {KEY: "id", period.BEGIN: "primary-interval-start", period.END: "primary-interval-end"}


def resources(layers: Iterable[Layer], found: Mapping[str, Record], description: Description) -> dict[str, Any]:
    """pygeoapi's ``resources``: a collection per layer."""
    return {layer.name: _resource(layer, found.get(layer.name), description) for layer in layers}


def _resource(layer: Layer, record: Record | None, description: Description) -> dict[str, Any]:
    extent = record.box if record else description.extents[layer.srid]
    return {
        "type": "collection",
        "title": {"nl": layer.title.nl, "en": layer.title.en},
        "description": {"nl": layer.description.nl, "en": layer.description.en},
        "keywords": dict(description.keywords),
        "links": [],
        "extents": {"spatial": {"bbox": list(extent), "crs": crs.CRS84}},
        "providers": [feature.definition(layer)],
        "formatters": [formatter.definition()],
    }


def add_record(collection: dict[str, Any], record: Record, language: str, *, whole: bool) -> None:
    """Count, publication, dates, coverage and attribution beside what pygeoapi wrote of a collection.

    ``whole`` names the municipalities, as the document of one collection does; a list of collections counts them.
    """
    state = record.standing
    collection["attribution"] = record.attribution.get(language)
    collection["keywords"] = list(record.keywords(language))
    if state.count is not None:
        collection["aantal"] = state.count
    if state.publication is None:
        return
    collection["publicatie"] = state.publication
    collection["publicatiedatum"] = state.published and state.published.isoformat()
    collection["brondatum"] = state.source_date and state.source_date.isoformat()
    collection["laatst_geladen"] = state.loaded and state.loaded.isoformat()
    collection["bronnen"] = [
        {
            "bron": item.name,
            "naam": record.about.source(item.name).get(language),
            "stand": item.date and item.date.isoformat(),
            "geladen": item.loaded and item.loaded.isoformat(),
        }
        for item in state.sources
    ]
    collection["dekking"] = (
        _coverage(record) if whole else {name: len(item) for name, item in _coverage(record).items()}
    )


def _coverage(record: Record) -> dict[str, list[dict[str, str | None]]]:
    """The municipalities with objects, and those of which nothing is known where the layer depends on them."""
    found = {"gemeenten": unpublished.members(record.standing.municipalities)}
    if record.layer.municipalities is not None:
        found[unpublished.MEMBER] = unpublished.members(record.missing)
    return found


def add_accuracy(collection: dict[str, Any], found: Accuracy | None, language: str) -> None:
    """How far coordinates in another CRS may be off, in metres, and that said."""
    if found is not None:
        collection["nauwkeurigheid"] = {"meter": found.metres, "toelichting": found.text.get(language)}


def schema(layer: Layer, address: str, language: str) -> dict[str, Any]:
    """The schema of a layer's features (Part 5)."""
    return {
        "$schema": JSON_SCHEMA,
        "$id": address,
        "type": "object",
        "title": layer.title.get(language),
        "description": layer.description.get(language),
        "properties": _properties(layer, language),
        "additionalProperties": False,
    }


def queryables(layer: Layer, address: str, language: str) -> dict[str, Any]:
    """What a filter may use (Part 3): every field and the geometry, and nothing else."""
    return schema(layer, address, language)


def sortables(layer: Layer, address: str, language: str) -> dict[str, Any]:
    """What ``sortby`` may name (Part 5): every field, but not the geometry."""
    found = schema(layer, address, language)
    return {**found, "properties": {name: item for name, item in found["properties"].items() if name != GEOMETRY}}


def functions() -> dict[str, Any]:
    """The functions that a filter may call (CQL2, conformance class Functions): each takes a text and gives one."""
    return {
        "functions": [
            {"name": name, "arguments": [{"type": [JSON_TYPES[row.argument]]}], "returns": [JSON_TYPES[row.result]]}
            for name, row in filters.FUNCTIONS.items()
        ]
    }


def _properties(layer: Layer, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, item in enumerate(layer.fields, start=1):
        found[item.name] = {"title": item.title.get(language), **feature.TYPES[item.type], "x-ogc-propertySeq": number}
        if item.values:
            found[item.name]["enum"] = list(item.values)
        if item.name in _ROLES:
            found[item.name]["x-ogc-role"] = _ROLES[item.name]
    found[GEOMETRY] = {
        "title": "Geometrie" if language == "nl" else "Geometry",
        "format": _GEOMETRY_FORMATS[layer.geometry_type],
        "x-ogc-role": "primary-geometry",
    }
    return found
