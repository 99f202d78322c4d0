"""Collections and their pages: requests to the query layer in, an answer with head, streamed rows and tail out.

Everything that can be wrong is found before the first byte: names, CRS, filter and access while planning, the database
when the first chunk is pulled. The head of GML states the numbers and the links to the pages around, so memory holds
the first ``BUFFER_BYTES`` of an answer that is not counted yet: one that ends within them needs no count. All numbers
and rows of an answer are of one publication, and its links lead to pages of that one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from risicoatlas import conditional
from risicoatlas.access.actor import Actor
from risicoatlas.conditional import Validator
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.features import cursor as cursors
from risicoatlas.features import query, unpublished
from risicoatlas.features.cursor import Cursor
from risicoatlas.features.join import Asked, JoinRequest, parts_of, planned
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.query import Ahead, Reading, RowStream
from risicoatlas.features.request import FeatureRequest, Locators, Place
from risicoatlas.features.unpublished import Municipality
from risicoatlas.front import streams
from risicoatlas.service import Service
from risicoatlas.wfs import links
from risicoatlas.wfs.answers import Answer, not_modified
from risicoatlas.wfs.config import WfsConfig
from risicoatlas.wfs.formats import About, Writer, table
from risicoatlas.wfs.formats.geojson import GeoJson, srs_member
from risicoatlas.wfs.requests import GetFeature, GetPropertyValue, Presentation

BUFFER_BYTES = 4 * 1024 * 1024
# Above this a page does not fit in the buffer as a rule: its numbers are asked before its rows.
BUFFER_ROWS = 3_000
LOCATORS = Locators(
    fields="propertyName",
    filter="filter",
    bbox="bbox",
    sort="sortBy",
    ids="resourceId",
    offset="startIndex",
)

Page = GetFeature | GetPropertyValue
Groups = Sequence[Sequence[Asked]]


@dataclass(frozen=True)
class Part:
    """The rows of one plan within an answer: how many match, how many come, and the rows as chunks.

    ``before`` and ``after`` are the ends of a page where other pages lie beyond them.
    """

    plan: Plan
    matched: int | None
    returned: int
    chunks: Iterable[bytes] = ()
    before: Place | None = None
    after: Place | None = None


@dataclass(frozen=True)
class Links:
    """The addresses of the pages around."""

    next: str | None = None
    previous: str | None = None


@dataclass
class Assembly:
    """An answer being put together: its request, the publication that it is of, and what is closed with it."""

    request: Page
    service: Service
    publication: int
    closers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def presentation(self) -> Presentation:
        return self.request.presentation

    def close(self) -> None:
        """Give back every connection."""
        for close in self.closers:
            close()

    def address(self, cursor: Cursor, belongs_to: str, count: int | None) -> str:
        """The address of a page, as a GET request that carries everything."""
        token = cursors.encode(cursor, belongs_to, self.service.signing_key)
        return links.request_url(links.base_url(self.service.settings), self.request.page(token, count).to_kvp())


def refuse_too_many(presentation: Presentation, config: WfsConfig) -> None:
    """A count above the maximum is refused, since a page that is cut would be taken for the last."""
    if presentation.count is not None and presentation.count > config.maximum_count:
        raise LimitError(
            f"count={presentation.count} is more than the {config.maximum_count} allowed: leave count out for all",
            "count",
        )


def validator(request: Page, reading: Reading, actor: Actor, service: Service) -> Validator | None:
    """The validator of an answer to this request, None where it gets none."""
    if not conditional.asked().apply(actor) or reading.plan.layer.own:
        return None
    return conditional.of_rows(service, reading.state, request)


def collection(request: Page, groups: Groups, writer: Writer, actor: Actor, service: Service) -> Answer:
    """The collection, or the collections, of these requests; ``hits`` are the same, counted."""
    _refuse_changes(request, writer)
    # Before a connection is taken: reading it takes one of its own.
    if _is_whole(request, groups) and not (request.presentation.hits or conditional.asked().head):
        streams.claim()
    _ = service.signing_key
    first = groups[0][0]
    # Pairs have no place in one order that a row could give: they go the way of several plans.
    if sum(map(len, groups)) == 1 and isinstance(first, FeatureRequest):
        return _single(request, first, writer, actor, service)
    return _several(request, groups, writer, actor, service)


def _is_whole(request: Page, groups: Groups) -> bool:
    """Whether the answer may be a whole layer: neither a page nor some features by their ids."""
    if request.presentation.count is not None:
        return False
    named = (item.ids if isinstance(item, FeatureRequest) else None for group in groups for item in group)
    return any(ids is None or len(ids) > query.AHEAD_ROWS for ids in named)


def _refuse_changes(request: Page, writer: Writer) -> None:
    since = request.presentation.gewijzigd_sinds
    if since is None or isinstance(writer, GeoJson) or request.presentation.hits:
        return
    raise no_changes()


def no_changes() -> RequestError:
    """The format that was asked has no room for changes."""
    offered = ", ".join(item.names[0] for item in table.FORMATS if isinstance(item.writer, GeoJson))
    return RequestError(f"changes are given as outputFormat={offered} of GetFeature", "gewijzigd_sinds")


# One plan


def _single(request: Page, found: FeatureRequest, writer: Writer, actor: Actor, service: Service) -> Answer:
    shown = request.presentation
    found = replace(
        found,
        cursor=shown.cursor,
        since=shown.gewijzigd_sinds,
        limit=None if shown.hits else shown.count,
        offset=shown.startIndex,
        locators=_with_offset(found.locators),
    )
    plan = plan_query(found, actor, service)
    reading = Reading(plan, service, found.locators, _ahead(plan, found, writer, shown.hits))
    assembly = Assembly(request, service, reading.state.publication, [reading.close])
    try:
        valid = validator(request, reading, actor, service)
        if valid and conditional.asked().met_by(valid):
            assembly.close()
            return not_modified(valid)
        if conditional.asked().head and reading.plan.limit != 0:
            reading.plan = replace(reading.plan, limit=1)
        missing = unpublished.touched(found, reading, service)
        part = _counted(reading) if shown.hits else _page(reading, writer)
        tested = reading.tested() if part.matched == 0 else None
        around = _hits_link(assembly, part) if shown.hits else _around(assembly, part)
        about = _about(assembly, [part], around, tested, missing)
        return _answer(assembly, about, [[part]], writer, valid)
    except BaseException:
        assembly.close()
        raise


def _with_offset(locators: Locators) -> Locators:
    return locators if locators.offset == LOCATORS.offset else replace(locators, offset=LOCATORS.offset)


def _ahead(plan: Plan, found: FeatureRequest, writer: Writer, hits: bool) -> Ahead | None:
    """The number, or the rows of a small page, unless the client may have the answer already or asks for headers."""
    if plan.limit == 0 or not conditional.asked().rows_wanted:
        return None
    if hits:
        return Ahead(alone=True)
    if plan.limit is None:
        # An id is of one object at most.
        return Ahead(writer.row(plan), alone=True, at_most=None if found.ids is None else len(found.ids))
    return Ahead(writer.row(plan), keyed=True, alone=plan.unfiltered, flowing=BUFFER_ROWS, numbered=True)


def _counted(reading: Reading) -> Part:
    """``resultType=hits``: the true number and no member."""
    return Part(reading.plan, reading.count(exact=True), 0)


def _page(reading: Reading, writer: Writer) -> Part:
    """One page of one plan, its first chunk pulled, with the numbers and the ends that its head must state."""
    plan = reading.plan
    if plan.limit == 0:
        return Part(plan, reading.count(), 0)
    if reading.has_rows:
        rows = reading.stream(writer.row(plan), writer.separator, keyed=plan.limit is not None)
        return _buffered(reading, rows, [*rows])
    # A whole layer that was counted at its publication needs neither a count nor a buffer.
    if (plan.limit is None and reading.counted is not None) or (plan.limit or 0) > BUFFER_ROWS:
        return _stated_first(reading, writer)
    rows = reading.stream(writer.row(plan), writer.separator, keyed=plan.limit is not None)
    chunks: list[bytes] = []
    size = 0
    for chunk in rows:
        chunks.append(chunk)
        size += len(chunk)
        if size > BUFFER_BYTES:
            chunks.clear()
            reading.restart()
            return _stated_first(reading, writer)
    return _buffered(reading, rows, chunks)


def _buffered(reading: Reading, rows: RowStream, chunks: list[bytes]) -> Part:
    plan = reading.plan
    matched = reading.matched(rows)
    after = rows.after if rows.more or _backward(plan) else None
    reading.close_unless(matched == 0)
    return Part(plan, matched, rows.returned, chunks, rows.before if plan.position else None, after)


def _stated_first(reading: Reading, writer: Writer) -> Part:
    """The numbers and the ends of a page, asked before its rows, which are not kept."""
    plan = reading.plan
    matched = reading.count(exact=True) or 0
    rest = max(matched - plan.position, 0)
    returned = rest if plan.limit is None else min(rest, plan.limit)
    before = after = None
    if plan.limit is not None and returned:
        before = reading.end_of_page(last=False) if plan.position else None
        after = reading.end_of_page(last=True) if returned < rest else None
    rows = reading.stream(writer.row(plan), writer.separator).peek()
    return Part(plan, matched, returned, rows, before, after)


def _around(assembly: Assembly, part: Part) -> Links:
    """The pages around one page; a page at an end has none there."""
    plan, count = part.plan, assembly.presentation.count
    following = preceding = None
    if part.after:
        cursor = Cursor(assembly.publication, plan.position + part.returned, part.matched, part.after)
        following = assembly.address(cursor, plan.belongs_to, count)
    if plan.position and part.before:
        cursor = Cursor(assembly.publication, plan.position, part.matched, part.before)
        preceding = assembly.address(cursor, plan.belongs_to, count)
    elif plan.position:
        # Past the end, or without a size: there is no row to go back from.
        end = plan.position if part.matched is None else min(plan.position, part.matched)
        size = end if count is None else min(count, end)
        cursor = Cursor(assembly.publication, end - size, part.matched)
        preceding = assembly.address(cursor, plan.belongs_to, size)
    return Links(following, preceding)


def _hits_link(assembly: Assembly, part: Part) -> Links:
    """The first page of what was counted."""
    count = assembly.presentation.count
    if not (count and part.matched):
        return Links()
    return Links(assembly.address(Cursor(assembly.publication, 0, part.matched), part.plan.belongs_to, count))


def _backward(plan: Plan) -> bool:
    return plan.place is not None and plan.place.backward


# Several plans


def _several(request: Page, groups: Groups, writer: Writer, actor: Actor, service: Service) -> Answer:
    """Pages over several plans begin at a position: their rows have no common order."""
    shown = request.presentation
    if shown.gewijzigd_sinds is not None:
        raise RequestError("changes are asked of one feature type at a time", "gewijzigd_sinds")
    plans = [[planned(item, actor, service) for item in group] for group in groups]
    belongs_to = "\n".join(plan.belongs_to for group in plans for plan in group)
    pinned, start = _start(shown, belongs_to, service)
    first = replace(plans[0][0], publication=pinned)
    with Reading(first, service, LOCATORS) as reading:
        assembly = Assembly(request, service, reading.state.publication)
        live = any(plan.layer.own for group in plans for plan in group)
        valid = None if live else validator(request, reading, actor, service)
        if valid and conditional.asked().met_by(valid):
            return not_modified(valid)
    plans = [[replace(plan, publication=assembly.publication) for plan in group] for group in plans]
    parts = _slices(assembly, plans, writer, start)
    flat = [part for group in parts for part in group]
    matched = sum(part.matched or 0 for part in flat)
    tested = _tested(flat, service) if matched == 0 else None
    around = _positions(assembly, flat, belongs_to, start)
    about = _about(assembly, flat, around, tested, _missing(assembly, groups))
    return _answer(assembly, about, parts, writer, valid)


def _missing(assembly: Assembly, groups: Groups) -> tuple[Municipality, ...]:
    """Of all queries and of both sides of a join together, each municipality once."""
    asked = (side for group in groups for item in group for side in _sides(item))
    pinned = (replace(item, publication=assembly.publication) for item in asked)
    return tuple(dict.fromkeys(found for item in pinned for found in unpublished.asked(item, assembly.service)))


def _sides(item: Asked) -> tuple[FeatureRequest, ...]:
    return (item.left, item.right) if isinstance(item, JoinRequest) else (item,)


def _start(shown: Presentation, belongs_to: str, service: Service) -> tuple[int | None, int]:
    """The publication that is pinned, and the number of rows before the page."""
    if shown.cursor is None:
        return None, shown.startIndex
    if shown.startIndex:
        raise RequestError("cursor says where the page begins: leave startIndex out", "startIndex")
    found = cursors.decode(shown.cursor, belongs_to, service.signing_key, LOCATORS.cursor)
    return found.publication, found.position


def _slices(assembly: Assembly, plans: list[list[Plan]], writer: Writer, start: int) -> list[list[Part]]:
    """The share of each plan in a page over all; its rows are read in its turn."""
    count = 0 if assembly.presentation.hits else assembly.presentation.count
    groups = []
    for group in plans:
        parts = []
        for plan in group:
            matched = query.count(plan, assembly.service, exact=True) or 0
            rest = max(matched - start, 0)
            returned = rest if count is None else min(rest, count)
            chunks: Iterable[bytes] = ()
            if returned:
                wanted = replace(plan, offset=start, limit=returned)
                rows = query.stream(wanted, writer.row(plan), assembly.service, writer.separator)
                assembly.closers.append(rows.close)
                chunks = rows
            parts.append(Part(plan, matched, returned, chunks))
            start, count = max(start - matched, 0), None if count is None else count - returned
        groups.append(parts)
    return groups


def _positions(assembly: Assembly, parts: list[Part], belongs_to: str, start: int) -> Links:
    """The pages around a page over several plans."""
    count, hits = assembly.presentation.count, assembly.presentation.hits
    matched, returned = sum(part.matched or 0 for part in parts), sum(part.returned for part in parts)

    def address(position: int, size: int | None) -> str:
        return assembly.address(Cursor(assembly.publication, position, matched), belongs_to, size)

    if hits:
        return Links(address(0, count) if count and matched else None)
    following = address(start + returned, count) if count and returned and start + returned < matched else None
    size = start if count is None else min(count, start)
    return Links(following, address(start - size, size) if start else None)


# What is answered


def _tested(parts: list[Part], service: Service) -> int | None:
    """Visible objects of all the layers; None where one of them is not known."""
    found = [query.tested(plan, service) for part in parts for plan in parts_of(part.plan)]
    return None if None in found else sum(count or 0 for count in found)


def _about(
    assembly: Assembly, parts: list[Part], around: Links, tested: int | None, missing: tuple[Municipality, ...]
) -> About:
    unknown = any(part.matched is None for part in parts)
    return About(
        layers=tuple(dict.fromkeys(layer for part in parts for layer in part.plan.layers)),
        matched=None if unknown else sum(part.matched or 0 for part in parts),
        returned=sum(part.returned for part in parts),
        time_stamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        base_url=links.base_url(assembly.service.settings),
        srs_name=srs_member(parts[0].plan.crs),
        next=around.next,
        previous=around.previous,
        tested=tested,
        publication=None if all(layer.own for part in parts for layer in part.plan.layers) else assembly.publication,
        hits=assembly.presentation.hits,
        plans=tuple(part.plan for part in parts),
        unpublished=missing,
    )


def _answer(
    assembly: Assembly, about: About, groups: list[list[Part]], writer: Writer, valid: Validator | None
) -> Answer:
    headers = [] if about.publication is None else [("X-Publication", str(about.publication))]
    if about.tested is not None:
        headers.append(("X-Objects-Tested", str(about.tested)))
    headers += unpublished.header(about.unpublished)
    if valid:
        headers += valid.headers()
    return Answer(_body(about, groups, writer), writer.media_type, headers=tuple(headers), close=assembly.close)


def _body(about: About, groups: list[list[Part]], writer: Writer) -> Iterator[bytes]:
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
