"""GetCapabilities and DescribeFeatureType: documents made from the catalogue, the access rules and our own tables.

What is declared is what a table here or in the filter reader holds, so nothing is promised that has no code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

from psycopg_pool import ConnectionPool

from risicoatlas import crs, proj
from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.database import Connection, reading
from risicoatlas.errors import RequestError
from risicoatlas.features.query import Box
from risicoatlas.filters import fes, gml
from risicoatlas.metadata import links as metadata_links
from risicoatlas.metadata import record
from risicoatlas.metadata.record import Record
from risicoatlas.service import Service
from risicoatlas.wfs import links, names, requests, stored
from risicoatlas.wfs.answers import Answer, document
from risicoatlas.wfs.config import WfsConfig
from risicoatlas.wfs.dialect import GML32, VERSIONS
from risicoatlas.wfs.formats import normalised
from risicoatlas.wfs.formats.table import GML32_NAMES, OFFERED
from risicoatlas.wfs.requests import DescribeFeatureType, GetCapabilities

TRUE, FALSE = "TRUE", "FALSE"
# QGIS compares these values letter by letter.
CONSTRAINTS = (
    ("ImplementsBasicWFS", TRUE),
    ("ImplementsTransactionalWFS", FALSE),
    ("ImplementsLockingWFS", FALSE),
    ("KVPEncoding", TRUE),
    ("XMLEncoding", TRUE),
    ("SOAPEncoding", FALSE),
    ("ImplementsInheritance", FALSE),
    ("ImplementsRemoteResolve", FALSE),
    ("ImplementsResultPaging", TRUE),
    ("ImplementsStandardJoins", TRUE),
    ("ImplementsSpatialJoins", TRUE),
    ("ImplementsTemporalJoins", TRUE),
    ("ImplementsFeatureVersioning", FALSE),
    ("ManageStoredQueries", FALSE),
    ("PagingIsTransactionSafe", TRUE),
)
CONFORMANCE = (
    ("ImplementsQuery", TRUE),
    ("ImplementsAdHocQuery", TRUE),
    ("ImplementsFunctions", FALSE),
    ("ImplementsResourceId", TRUE),
    ("ImplementsMinStandardFilter", TRUE),
    ("ImplementsStandardFilter", TRUE),
    ("ImplementsMinSpatialFilter", TRUE),
    ("ImplementsSpatialFilter", TRUE),
    ("ImplementsMinTemporalFilter", TRUE),
    ("ImplementsTemporalFilter", TRUE),
    ("ImplementsVersionNav", FALSE),
    ("ImplementsSorting", TRUE),
    ("ImplementsExtendedOperators", FALSE),
    ("ImplementsMinimumXPath", TRUE),
    ("ImplementsSchemaElementFunc", FALSE),
)
RESOLVE = ("resolve", ("none", "local"))
# Parameters that clients choose from, per operation.
PARAMETERS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "GetCapabilities": (
        ("AcceptVersions", VERSIONS),
        ("AcceptFormats", ("text/xml",)),
        ("Sections", requests.SECTIONS),
    ),
    "DescribeFeatureType": (("outputFormat", (GML32,)),),
    "GetFeature": (("outputFormat", OFFERED), ("resultType", requests.RESULT_TYPES), RESOLVE),
    "GetPropertyValue": (("resultType", requests.RESULT_TYPES), RESOLVE),
}
SCHEMA_TYPES = {
    "text": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
}
GEOMETRY_TYPES = {
    "Point": "PointPropertyType",
    "MultiLineString": "MultiCurvePropertyType",
    "MultiPolygon": "MultiSurfacePropertyType",
}


@dataclass(frozen=True)
class Operation:
    """One ``ows:Operation``."""

    name: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class FeatureType:
    """One ``wfs:FeatureType``; ``box`` is longitude and latitude of the extent."""

    layer: Layer
    crs: tuple[str, ...]
    box: Box
    record: Record

    def abstract(self, language: str) -> str:
        """What the layer is, how it stands, under which terms, and what is lost on the way to another CRS."""
        inexact = self.record.inexact
        parts = (
            self.layer.description.get(language),
            record.summary(self.record, language),
            record.terms(self.record, language),
            inexact.get(language) if inexact else "",
        )
        return " ".join(part for part in parts if part)


def get_capabilities(request: GetCapabilities, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The capabilities for this actor; with the current updateSequence only its root."""
    own = {
        "operations": [Operation(name, PARAMETERS.get(name, ())) for name in requests.OPERATIONS],
        "constraints": CONSTRAINTS,
        "formats": OFFERED,
        "conformance": CONFORMANCE,
        "comparisons": tuple(fes.COMPARISONS),
        "geometries": ("Envelope", *gml.READERS),
        "spatial": tuple(fes.SPATIAL),
        "temporal": tuple(fes.TEMPORAL),
    }
    return answer(request, actor, service, config, "capabilities.xml", own)


def answer(
    request: GetCapabilities,
    actor: Actor,
    service: Service,
    config: WfsConfig,
    template: str,
    own: Mapping[str, object],
) -> Answer:
    """The document of any version: ``own`` is what differs, the layers that the actor may read are the same."""
    layers = service.visible(actor)
    sequence = _sequence(service.pool)
    sections = request.sections
    if request.updateSequence is not None:
        asked = request.updateSequence
        if not re.fullmatch(r"[0-9]{1,18}", asked) or int(asked) > sequence:
            raise RequestError(
                f"updateSequence {asked!r} is later than {sequence}", "updateSequence", "InvalidUpdateSequence"
            )
        if int(asked) == sequence:
            sections = ()
    body = document(
        template,
        version=request.version,
        versions=VERSIONS,
        sequence=str(sequence),
        sections=sections,
        config=config,
        base_url=links.base_url(service.settings),
        namespaces=sorted(names.prefixes(layers).items()),
        types=[_feature_type(item) for item in record.all_of(layers, actor, service, config.about)],
        catalog=metadata_links.catalog(service.settings),
        **own,
    )
    return Answer([body])


def _feature_type(found: Record) -> FeatureType:
    layer, extent = found.layer, found.standing.extent
    systems = tuple(f"{crs.EPSG_URN}{srid}" for srid in layer.srids)
    box = _outwards(extent) if extent else area_of_use(layer.srid)
    return FeatureType(layer, (*systems, "urn:ogc:def:crs:OGC:1.3:CRS84"), box, found)


def _sequence(pool: "ConnectionPool[Connection]") -> int:
    """The number of the last publication."""
    with reading(pool) as connection:
        row = connection.execute("SELECT coalesce(max(nummer), 0) FROM publiek.publicatie").fetchone()
    return int(row[0]) if row else 0


def _outwards(box: Box) -> Box:
    """Rounded to a millionth of a degree, so that every object stays in it."""
    west, south, east, north = (value * 1e6 for value in box)
    return floor(west) / 1e6, floor(south) / 1e6, ceil(east) / 1e6, ceil(north) / 1e6


@lru_cache
def area_of_use(srid: int) -> Box:
    """Where data of this CRS can lie: the extent of an empty layer."""
    area = proj.CRS.from_epsg(srid).area_of_use
    return area.bounds if area else (-180.0, -90.0, 180.0, 90.0)


def describe_feature_type(request: DescribeFeatureType, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The schema that a GetFeature answer of these types is valid against."""
    return schema(request, (*GML32_NAMES, "XMLSCHEMA"), actor, service)


def schema(request: DescribeFeatureType, offered: tuple[str, ...], actor: Actor, service: Service) -> Answer:
    """The schema in the GML of the request's version; ``offered`` are the names of its one format."""
    dialect = request.dialect
    if normalised(request.outputFormat) not in map(normalised, offered):
        raise RequestError(f"the format {request.outputFormat!r} is not offered: use {offered[0]}", "outputFormat")
    asked = [names.layer_of(name, service, actor, "typeName") for name in dict.fromkeys(request.typeNames)]
    layers = tuple(dict.fromkeys(asked or service.visible(actor)))
    if not layers:
        raise RequestError("there is no feature type", "typeName")
    main = layers[0].namespace
    others = {layer.namespace: layer for layer in layers if layer.namespace != main}
    base = links.base_url(service.settings)
    imports = [
        (uri, links.describe_url(base, tuple(layer for layer in layers if layer.namespace == uri), dialect))
        for uri in others
    ]
    body = document(
        "feature_types.xsd",
        prefix=layers[0].prefix,
        namespace=main,
        imports=imports,
        layers=[layer for layer in layers if layer.namespace == main],
        types=SCHEMA_TYPES,
        geometry_types=GEOMETRY_TYPES,
        key=KEY,
        geometry=GEOMETRY,
        dialect=dialect,
    )
    return Answer([body], dialect.gml_format)


def list_stored_queries(
    _request: requests.ListStoredQueries, actor: Actor, service: Service, config: WfsConfig
) -> Answer:
    """The stored queries and the types that they may give."""
    return Answer([_stored("stored_queries.xml", stored.STORED_QUERIES, service.visible(actor))])


def describe_stored_queries(
    request: requests.DescribeStoredQueries, actor: Actor, service: Service, config: WfsConfig
) -> Answer:
    """The descriptions of the named stored queries, or of all."""
    wanted = tuple(dict.fromkeys(stored.get(name) for name in request.storedQueryIds)) or stored.STORED_QUERIES
    return Answer([_stored("stored_query_descriptions.xml", wanted, service.visible(actor))])


def _stored(template: str, queries: tuple[stored.StoredQueryType, ...], layers: tuple[Layer, ...]) -> bytes:
    namespaces = sorted(names.prefixes(layers).items())
    return document(template, queries=queries, layers=layers, namespaces=namespaces)
