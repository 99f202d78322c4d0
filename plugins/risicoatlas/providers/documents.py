"""The documents about collections: what pygeoapi is told of each layer, and queryables, schema and conformance.

In: layers that the actor may see. Out: dictionaries, ready for JSON or a page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from risicoatlas import crs
from risicoatlas.access.actor import Actor
from risicoatlas.accuracy import Accuracy
from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.database import reading
from risicoatlas.errors import UnavailableError
from risicoatlas.features import query
from risicoatlas.features.plan import plan_query
from risicoatlas.features.query import Box
from risicoatlas.features.request import FeatureRequest
from risicoatlas.filters import period
from risicoatlas.filters import sql as filters
from risicoatlas.own import state as own_tables
from risicoatlas.providers import feature, formatter
from risicoatlas.providers.description import Description
from risicoatlas.service import Service

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


@dataclass(frozen=True)
class State:
    """What is told of a layer; ``extent`` in longitude and latitude. Of a restricted one: of the actor's own rows, and
    nothing of the publication."""

    extent: Box | None
    count: int | None
    publication: int | None = None
    source_date: date | None = None
    loaded_at: datetime | None = None


def states(service: Service, actor: Actor, layers: Iterable[Layer]) -> Mapping[str, State]:
    """The state of every public layer, and of those restricted ones among ``layers``, which the actor may see."""
    layers = tuple(layers)
    own = {layer.name: _own(service, actor, layer) for layer in layers if layer.restricted}
    tables = own_tables.states(service.pool, layers)
    live = {name: State(table.extent, table.count) for name, table in tables.items()}
    return {**_published(service), **own, **live}


def _own(service: Service, actor: Actor, layer: Layer) -> State:
    count, extent = query.summary(plan_query(FeatureRequest(layer.name), actor, service), service)
    return State(extent, count)


def _published(service: Service) -> Mapping[str, State]:
    """The stored state of every public layer."""
    try:
        with reading(service.pool) as connection:
            rows = connection.execute(
                "SELECT laag, ST_XMin(omvang_etrs89), ST_YMin(omvang_etrs89), ST_XMax(omvang_etrs89),"
                " ST_YMax(omvang_etrs89), aantal, publicatie, brondatum, laatst_geladen FROM publiek.laag_stand"
            ).fetchall()
    except psycopg.Error as error:
        raise UnavailableError("the database cannot be reached at the moment") from error
    return {row[0]: State(None if row[1] is None else (row[1], row[2], row[3], row[4]), *row[5:]) for row in rows}


def resources(layers: Iterable[Layer], found: Mapping[str, State], description: Description) -> dict[str, Any]:
    """pygeoapi's ``resources``: a collection per layer."""
    return {layer.name: _resource(layer, found.get(layer.name), description) for layer in layers}


def _resource(layer: Layer, state: State | None, description: Description) -> dict[str, Any]:
    extent = state.extent if state and state.extent else description.extents[layer.srid]
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


def add_state(collection: dict[str, Any], state: State | None) -> None:
    """Count, publication and dates beside what pygeoapi wrote of a collection."""
    if state is None or state.count is None:
        return
    collection["aantal"] = state.count
    if state.publication is None:
        return
    collection["publicatie"] = state.publication
    collection["brondatum"] = state.source_date and state.source_date.isoformat()
    collection["laatst_geladen"] = state.loaded_at and state.loaded_at.isoformat()


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
