"""GetFeature and GetPropertyValue: a request becomes plans, plans become streamed rows, a writer puts head and tail.

Everything that can be wrong is found before the first byte: names, CRS, filter and access while planning, the database
when the first chunk is pulled. Memory holds one chunk, or the first ``BUFFER_BYTES`` of an answer whose rows are not
counted yet: an answer that ends within them needs no count.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from psycopg.sql import Composable
from pygeofilter import ast

from risicoatlas import crs
from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY, Layer
from risicoatlas.errors import LimitError, NotFoundError, RequestError
from risicoatlas.features import query
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.query import RowStream
from risicoatlas.features.request import Envelope, FeatureRequest, Locators, Sort
from risicoatlas.filters import ecql, fes
from risicoatlas.service import Service
from risicoatlas.wfs import capabilities, links, names, requests
from risicoatlas.wfs.answers import Answer
from risicoatlas.wfs.config import WfsConfig
from risicoatlas.wfs.formats import About, Writer, gml32, table
from risicoatlas.wfs.formats.geojson import srs_member
from risicoatlas.wfs.requests import GetFeature, GetPropertyValue, Query, StoredQuery

BUFFER_BYTES = 4 * 1024 * 1024
MAX_QUERIES = 20
LOCATORS = Locators(fields="propertyName", filter="filter", bbox="bbox", sort="sortBy", ids="resourceId")

Operation = Callable[..., Answer]
Page = GetFeature | GetPropertyValue


@dataclass(frozen=True)
class Part:
    """The rows of one plan within an answer: how many match, how many come, and the rows as chunks."""

    plan: Plan
    matched: int | None
    returned: int
    chunks: Iterable[bytes] = ()
    close: Callable[[], None] = lambda: None


def get_feature(request: GetFeature, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The features of one or more queries; ``hits`` is the same plans, counted."""
    writer = table.writer(request.presentation.outputFormat)
    if request.presentation.hits:
        # GDAL asks for hits in the format of its pages, and reads the number from XML only.
        writer = table.writer(requests.GML32)
    first = request.queries[0]
    if isinstance(first, StoredQuery) and len(request.queries) == 1 and not request.presentation.hits:
        return _feature_by_id(first, writer, actor, service)
    per_query = [feature_requests(item, actor, service) for item in request.queries]
    if sum(map(len, per_query)) > MAX_QUERIES:
        raise LimitError(f"more than {MAX_QUERIES} queries in one request", "typeNames")
    plans = [[plan_query(item, actor, service) for item in group] for group in per_query]
    return _collection(request, plans, writer, service)


def get_property_value(request: GetPropertyValue, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The values of one property, each in a ``wfs:member``; features without a value give none."""
    (found, *others) = feature_requests(request.query, actor, service)
    if others:
        raise RequestError("GetPropertyValue takes one feature type", "typeNames")
    layer = service.layer(found.layer, actor)
    name = value_reference(request.valueReference, layer)
    if name != GML_ID:
        has_value = ast.IsNull(ast.Attribute(name), True)
        condition = has_value if found.filter is None else ast.And(found.filter, has_value)
        found = replace(found, filter=condition, fields=(KEY, *([] if name in {KEY, GEOMETRY} else [name])))
    plan = plan_query(replace(found, skip_geometry=name != GEOMETRY), actor, service)
    return _collection(request, [[plan]], ValueWriter(name), service)


# What is asked


def feature_requests(item: Query | StoredQuery, actor: Actor, service: Service) -> list[FeatureRequest]:
    """The requests to the query layer that one WFS query stands for: one per feature type."""
    if isinstance(item, StoredQuery):
        return [_by_id(item, actor, service)]
    if len(item.typeNames) > 1:
        raise RequestError(
            "a join of feature types is not offered: ask several queries as typeNames=(a)(b)",
            "typeNames",
            "OptionNotSupported",
        )
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
        crs=_output_crs(item.srsName, layer),
        fields=fields,
        filter=condition,
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


def _output_crs(srs_name: str | None, layer: Layer) -> crs.Crs:
    return crs.parse(srs_name or f"{crs.EPSG_URN}{layer.srid}", "srsName", layer.srids)


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
    return FeatureRequest(layer.name, crs=_output_crs(item.srsName, layer), ids=(key,), locators=LOCATORS)


def _feature_by_id(item: StoredQuery, writer: Writer, actor: Actor, service: Service) -> Answer:
    """The feature itself as the document, not a collection of one (WFS 2.0, 7.9.3.6)."""
    plan = plan_query(replace(_by_id(item, actor, service), limit=1), actor, service)
    rows = query.stream(plan, writer.single(plan, links.base_url(service.settings)), service)
    body = writer.cleaned(b"".join(rows))
    if not rows.returned:
        raise _no_feature(dict(item.parameters)["id"])
    return Answer([body], writer.media_type)


def _no_feature(identifier: str) -> NotFoundError:
    return NotFoundError(f"there is no feature {identifier!r}", "id")


# What is answered


def _collection(request: Page, plans: list[list[Plan]], writer: Writer, service: Service) -> Answer:
    groups = _counted(plans, service) if request.presentation.hits else _parts(request, plans, writer, service)
    parts = [part for group in groups for part in group]
    about = _about(request, parts, service)
    headers = (("X-Objects-Tested", str(about.tested)),) if about.tested is not None else ()

    def close() -> None:
        for part in parts:
            part.close()

    return Answer(_body(about, groups, writer, service), writer.media_type, headers=headers, close=close)


def _counted(plans: list[list[Plan]], service: Service) -> list[list[Part]]:
    """``resultType=hits``: the true numbers and no member."""
    return [[Part(plan, query.count(plan, service, exact=True), 0) for plan in group] for group in plans]


def _parts(request: Page, plans: list[list[Plan]], writer: Writer, service: Service) -> list[list[Part]]:
    start, count = request.presentation.startIndex, request.presentation.count
    if sum(map(len, plans)) == 1:
        plan = next(plan for group in plans for plan in group)
        return [[_page(replace(plan, offset=start, limit=count), writer, service)]]
    groups = []
    for group in plans:
        parts = []
        for plan in group:
            part, start, count = _slice(plan, start, count, writer, service)
            parts.append(part)
        groups.append(parts)
    return groups


def _slice(plan: Plan, start: int, count: int | None, writer: Writer, service: Service) -> tuple[Part, int, int | None]:
    """The share of one plan in a page over several, and what is left of the page; its rows are read in its turn."""
    matched = query.count(plan, service, exact=True) or 0
    returned = max(matched - start, 0) if count is None else min(max(matched - start, 0), count)
    rows = query.stream(replace(plan, offset=start, limit=returned), writer.row(plan), service, writer.separator)
    part = Part(plan, matched, returned, rows if returned else (), rows.close)
    return part, max(start - matched, 0), None if count is None else count - returned


def _page(plan: Plan, writer: Writer, service: Service) -> Part:
    """One page of one plan, its first chunk pulled, with the numbers that its head must state."""
    if plan.limit == 0:
        return Part(plan, query.count(plan, service), 0)
    stored = query.count(plan, service) if plan.unfiltered else None
    rows = query.stream(plan, writer.row(plan), service, writer.separator)
    try:
        if stored is not None:
            return Part(plan, stored, _returned(plan, stored), rows.peek(), rows.close)
        return _buffered(plan, rows, service)
    except BaseException:
        rows.close()
        raise


def _buffered(plan: Plan, rows: RowStream, service: Service) -> Part:
    """A page whose size is not known: what ends within the buffer is counted by reading it."""
    chunks: list[bytes] = []
    size = 0
    for chunk in rows:
        chunks.append(chunk)
        size += len(chunk)
        if size > BUFFER_BYTES:
            matched = query.count(plan, service, exact=True) or 0
            return Part(plan, matched, _returned(plan, matched), _chained(chunks, rows), rows.close)
    rows.close()
    if rows.more or (rows.returned == 0 and plan.offset):
        return Part(plan, query.count(plan, service), rows.returned, chunks)
    return Part(plan, plan.offset + rows.returned, rows.returned, chunks)


def _chained(chunks: list[bytes], rows: RowStream) -> Iterator[bytes]:
    """The buffer and then the rest; the buffer is freed on the way."""
    while chunks:
        yield chunks.pop(0)
    yield from rows


def _returned(plan: Plan, matched: int) -> int:
    rest = max(matched - plan.offset, 0)
    return rest if plan.limit is None else min(rest, plan.limit)


def _about(request: Page, parts: list[Part], service: Service) -> About:
    unknown = any(part.matched is None for part in parts)
    matched = None if unknown else sum(part.matched or 0 for part in parts)
    returned = sum(part.returned for part in parts)
    base = links.base_url(service.settings)
    start, count = request.presentation.startIndex, request.presentation.count
    following = preceding = None
    if count and request.presentation.hits:
        following = links.request_url(base, request.page(start).to_kvp()) if matched else None
    elif count:
        more = returned == count if matched is None else start + returned < matched
        following = links.request_url(base, request.page(start + count).to_kvp()) if more and returned else None
    if start and not request.presentation.hits:
        preceding = links.request_url(base, _before(request).to_kvp())
    return About(
        layers=tuple(dict.fromkeys(part.plan.layer for part in parts)),
        matched=matched,
        returned=returned,
        time_stamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        base_url=base,
        srs_name=srs_member(parts[0].plan.crs),
        next=following,
        previous=preceding,
        tested=sum(query.tested(part.plan, service) or 0 for part in parts) if matched == 0 else None,
    )


def _before(request: Page) -> Page:
    """The page before; where it begins at the first row it is only as long as the rows before this one."""
    start, count = request.presentation.startIndex, request.presentation.count
    size = start if count is None else min(count, start)
    before = request.page(start - size)
    return replace(before, presentation=replace(before.presentation, count=size))


def _body(about: About, groups: list[list[Part]], writer: Writer, service: Service) -> Iterator[bytes]:
    yield writer.head(about)
    several = len(groups) > 1
    written = False
    for group in groups:
        own = _own(about, group) if several else about
        if several:
            yield writer.part_head(own)
        for part in group:
            for number, chunk in enumerate(part.chunks):
                if number == 0 and written:
                    yield writer.separator
                written = True
                yield writer.cleaned(chunk)
        if several:
            yield writer.part_tail(own)
    yield writer.tail(about)


def _own(about: About, group: list[Part]) -> About:
    """What the collection of one query among several states; links and the number tested belong to the whole."""
    unknown = any(part.matched is None for part in group)
    matched = None if unknown else sum(part.matched or 0 for part in group)
    returned = sum(part.returned for part in group)
    return replace(about, matched=matched, returned=returned, next=None, previous=None)


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
