"""GetFeature and GetPropertyValue: a request becomes plans, plans become streamed rows, a writer puts head and tail.

Everything that can be wrong is found before the first byte: names, CRS, filter and access while planning, the database
when the first chunk is pulled. Memory holds one chunk, or the first ``BUFFER_BYTES`` of an answer whose rows are not
counted yet: an answer that ends within them needs no count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from psycopg.sql import Composable
from pygeofilter import ast

from risicoatlas import conditional, crs
from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.errors import LimitError, NotFoundError, RequestError
from risicoatlas.features import query
from risicoatlas.features.join import Asked
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.query import Ahead, Reading
from risicoatlas.features.request import Envelope, FeatureRequest, Sort
from risicoatlas.filters import ecql, fes, period
from risicoatlas.service import Service
from risicoatlas.wfs import capabilities, downloads, joins, links, names, paging, requests
from risicoatlas.wfs.answers import Answer, not_modified
from risicoatlas.wfs.config import WfsConfig
from risicoatlas.wfs.crs import output_crs
from risicoatlas.wfs.formats import About, Writer, gml32, table
from risicoatlas.wfs.requests import GetFeature, GetPropertyValue, Query, StoredQuery

# A viewer asks every layer at one spot in one request.
MAX_QUERIES = 50
LOCATORS = paging.LOCATORS

Operation = Callable[..., Answer]


def get_feature(request: GetFeature, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The features of one or more queries; ``hits`` is the same plans, counted."""
    return features(request, table.writer, actor, service, config)


def features(
    request: GetFeature, writer_of: Callable[[str], Writer], actor: Actor, service: Service, config: WfsConfig
) -> Answer:
    """The answer to GetFeature of any version, in a format of its table."""
    paging.refuse_too_many(request.presentation, config)
    asked, hits = request.presentation.outputFormat, request.presentation.hits
    file_format = table.file_format(asked)
    # GDAL asks for hits in the format of its pages, and reads the number from XML only.
    writer = writer_of(request.dialect.gml_format if hits or file_format else asked)
    first = request.queries[0]
    if isinstance(first, StoredQuery) and len(request.queries) == 1 and not hits and not file_format:
        return _feature_by_id(request, first, writer, actor, service)
    per_query = [_asked(item, writer, actor, service) for item in request.queries]
    if sum(map(len, per_query)) > MAX_QUERIES:
        raise LimitError(f"more than {MAX_QUERIES} queries in one request", "typeNames")
    suffix = None if hits else table.suffix(asked)
    if suffix is None:
        return paging.collection(request, per_query, writer, actor, service)
    found = downloads.one_request(per_query, asked)
    if file_format is None:
        answer = paging.collection(request, per_query, writer, actor, service)
        return downloads.named(answer, found, suffix)
    if isinstance(first, StoredQuery) and not query.count(plan_query(found, actor, service), service):
        raise _no_feature(dict(first.parameters)["id"])
    return downloads.built(file_format, request, found, actor, service)


def get_property_value(request: GetPropertyValue, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The values of one property, each in a ``wfs:member``; features without a value give none."""
    paging.refuse_too_many(request.presentation, config)
    (found, *others) = feature_requests(request.query, actor, service)
    if others:
        raise RequestError("GetPropertyValue takes one feature type", "typeNames")
    layer = service.layer(found.layer, actor)
    name = value_reference(request.valueReference, layer)
    if name != GML_ID:
        has_value = ast.IsNull(ast.Attribute(name), True)
        condition = has_value if found.filter is None else ast.And(found.filter, has_value)
        found = replace(found, filter=condition, fields=(KEY, *([] if name in {KEY, GEOMETRY} else [name])))
    found = replace(found, skip_geometry=name != GEOMETRY)
    return paging.collection(request, [[found]], ValueWriter(name), actor, service)


# What is asked


def _asked(item: Query | StoredQuery, writer: Writer, actor: Actor, service: Service) -> list[Asked]:
    """What one WFS query asks the query layer: each of its feature types, or the pairs of two."""
    if isinstance(item, Query) and len(item.typeNames) > 1:
        return [joins.request(item, writer, LOCATORS, actor, service)]
    return [*feature_requests(item, actor, service)]


def feature_requests(item: Query | StoredQuery, actor: Actor, service: Service) -> list[FeatureRequest]:
    """The requests to the query layer that one WFS query stands for: one per feature type."""
    if isinstance(item, StoredQuery):
        return [_by_id(item, actor, service)]
    if len(item.typeNames) > 1:
        raise RequestError("a join has no values of one property: use GetFeature", "typeNames", "OptionNotSupported")
    if item.typeNames:
        layer = names.layer_of(item.typeNames[0], service, actor, "typeNames")
        return [_feature_request(item, layer, actor, service)]
    if item.filter is not None or item.resourceId is None:
        raise RequestError("the parameter typeNames is missing", "typeNames", "MissingParameterValue")
    # Ids alone name their types.
    types = dict.fromkeys(identifier.partition(".")[0] for identifier in item.resourceId)
    layers = [names.layer_of(name, service, actor, "resourceId") for name in types]
    return [
        _feature_request(replace(item, resourceId=tuple(_of_layer(item.resourceId, layer))), layer, actor, service)
        for layer in layers
    ]


def _of_layer(identifiers: tuple[str, ...], layer: Layer) -> Iterator[str]:
    return (identifier for identifier in identifiers if fes.key_of(identifier, layer) is not None)


def _feature_request(item: Query, layer: Layer, actor: Actor, service: Service) -> FeatureRequest:
    condition, ids = _condition(item, layer)
    if item.resourceId is not None:
        ids = _ids(item.resourceId, layer, actor, service)
    fields, geometry = _properties(item.propertyName, layer)
    return FeatureRequest(
        layer=layer.name,
        crs=output_crs(item.srsName, layer),
        fields=fields,
        filter=_in_period(condition, item, layer),
        bbox=_envelope(item.bbox, layer) if item.bbox else None,
        ids=ids,
        sort=tuple(Sort(names.property_of(key.field, layer, "sortBy"), key.descending) for key in item.sortBy),
        skip_geometry=not geometry,
        locators=replace(LOCATORS, filter="cql_filter") if item.cql_filter else LOCATORS,
    )


def _condition(item: Query, layer: Layer) -> tuple[ast.Node | None, tuple[str, ...] | None]:
    if item.cql_filter is not None:
        return ecql.read(item.cql_filter, layer.srid), None
    if item.filter is None:
        return None, None
    found = fes.read(item.filter, layer, dict(item.namespaces))
    return found.node, found.ids


def _in_period(condition: ast.Node | None, item: Query, layer: Layer) -> ast.Node | None:
    """The condition and that of ``datetime``, both of which must hold."""
    if item.datetime is None:
        return condition
    period.check_layer(layer)
    during = period.read(item.datetime)
    return during if condition is None else ast.And(condition, during)


def _ids(identifiers: tuple[str, ...], layer: Layer, actor: Actor, service: Service) -> tuple[str, ...]:
    """Keys; an id of another visible type contradicts ``typeNames``, an id of nothing visible matches nothing."""
    for identifier in identifiers:
        name = identifier.partition(".")[0]
        if name != layer.name and any(name == other.name for other in service.visible(actor)):
            raise RequestError(f"{identifier!r} is not an id of {layer.name}", "resourceId")
    return tuple(key for identifier in identifiers if (key := fes.key_of(identifier, layer)) is not None)


def _properties(wanted: tuple[str, ...] | None, layer: Layer) -> tuple[tuple[str, ...] | None, bool]:
    """The fields, the mandatory key among them, and whether the geometry is wanted."""
    if wanted is None:
        return None, True
    found = [names.property_of(name, layer, "propertyName") for name in wanted]
    return tuple(dict.fromkeys((KEY, *(name for name in found if name != GEOMETRY)))), GEOMETRY in found


def _envelope(box: requests.BoundingBox, layer: Layer) -> Envelope:
    """The box with east or longitude first; its CRS is the storage CRS where none is given (WFS 2.0, 7.9.2.4.3)."""
    system = crs.parse(box.crs or f"{crs.EPSG_URN}{layer.srid}", "bbox", layer.srids)
    first_x, first_y, last_x, last_y = box.corners
    if system.latitude_first:
        return Envelope(first_y, first_x, last_y, last_x, system.srid)
    return Envelope(first_x, first_y, last_x, last_y, system.srid)


GML_ID = "@gml:id"


def value_reference(text: str, layer: Layer) -> str:
    """A property, or ``@gml:id``; a step of the type may come first (``rev_public:kgl_public/naam``)."""
    steps = [step for step in text.split("/") if step]
    if len(steps) == 2 and names.canonical(steps[0], {}).rpartition(":")[2] == layer.name:
        steps = steps[1:]
    if steps and steps[0] in {GML_ID, "gml:@id", "@id"}:
        return GML_ID
    return names.property_of(steps[0] if len(steps) == 1 else text, layer, "valueReference")


def _by_id(item: StoredQuery, actor: Actor, service: Service) -> FeatureRequest:
    """GetFeatureById; an id of a hidden layer is an id of nothing."""
    identifier = dict(item.parameters)["id"]
    try:
        layer = service.layer(identifier.partition(".")[0], actor)
    except NotFoundError:
        raise _no_feature(identifier) from None
    key = fes.key_of(identifier, layer)
    if key is None:
        raise _no_feature(identifier)
    return FeatureRequest(layer.name, crs=output_crs(item.srsName, layer), ids=(key,), locators=LOCATORS)


def _feature_by_id(request: GetFeature, item: StoredQuery, writer: Writer, actor: Actor, service: Service) -> Answer:
    """The feature itself as the document, not a collection of one (WFS 2.0, 7.9.3.6)."""
    if request.presentation.cursor is not None or request.presentation.gewijzigd_sinds is not None:
        raise RequestError("one feature by its id has no pages and no changes", "storedquery_id")
    plan = plan_query(replace(_by_id(item, actor, service), limit=1), actor, service)
    row = writer.single(plan, links.base_url(service.settings))
    ahead = Ahead(row, alone=True) if conditional.asked().rows_wanted else None
    with Reading(plan, service, LOCATORS, ahead) as reading:
        validator = paging.validator(request, reading, actor, service)
        if validator and conditional.asked().met_by(validator, dates=False):
            return not_modified(validator)
        rows = reading.stream(row)
        body = writer.cleaned(b"".join(rows))
    if not rows.returned:
        raise _no_feature(dict(item.parameters)["id"])
    if validator and conditional.asked().met_by(validator):
        return not_modified(validator)
    return Answer([body], writer.media_type, headers=validator.headers() if validator else ())


def _no_feature(identifier: str) -> NotFoundError:
    return NotFoundError(f"there is no feature {identifier!r}", "id")


@dataclass(frozen=True)
class ValueWriter(gml32.Gml32):
    """Writes a ``wfs:ValueCollection`` of one property."""

    name: str = GML_ID

    def row(self, plan: Plan) -> Composable:
        return gml32.value_row(plan, None if self.name == GML_ID else self.name)

    def head(self, about: About) -> bytes:
        return gml32.head(about, "ValueCollection")

    def tail(self, about: About) -> bytes:
        return b"</wfs:ValueCollection>\n"


# Operation -> the function that answers it.
OPERATIONS: dict[type, Operation] = {
    requests.GetCapabilities: capabilities.get_capabilities,
    requests.DescribeFeatureType: capabilities.describe_feature_type,
    requests.ListStoredQueries: capabilities.list_stored_queries,
    requests.DescribeStoredQueries: capabilities.describe_stored_queries,
    requests.GetFeature: get_feature,
    requests.GetPropertyValue: get_property_value,
}
