"""Query parameters of the OGC API: text in, typed requests out; each parameter is a row of a table.

An unknown or doubled parameter is an error (Part 1, 7.1), but for those that ``config/service.yml`` lists. Read here
and not by pygeoapi, which ignores unknown ones, takes a box by its corners only, and reads ``a OR b AND c`` wrongly.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from pygeofilter import ast

from risicoatlas import crs
from risicoatlas.catalogue import GEOMETRY, Layer
from risicoatlas.crs import Crs
from risicoatlas.description import Description
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.features.request import Envelope, FeatureRequest, Sort
from risicoatlas.filters import cql2, period
from risicoatlas.filters.literals import MAX_COORDINATE
from risicoatlas.providers.feature import CRS84
from risicoatlas.providers.visit import ItemsRequest

COMMON = ("f", "lang")
ITEM = (*COMMON, "crs")
ITEMS = (
    *ITEM, "limit", "offset", "cursor", "gewijzigd_sinds", "bbox", "bbox-crs", "datetime",
    "properties", "skipGeometry", "sortby", "filter", "filter-lang", "filter-crs",
)  # fmt: skip
# A filter in the body above this is repeated by who follows a link, since no address holds it.
MAX_LINK_BYTES = 48 * 1024
LANGUAGES = ("cql2-text", "cql2-json")
_WHOLE = re.compile(r"[0-9]{1,12}")

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Parameters:
    """The parameters of one request by name, known ones only; ``pairs`` keeps the order for links."""

    pairs: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", dict(self.pairs))

    def get(self, name: str) -> str | None:
        by_name: Mapping[str, str] = self._by_name  # type: ignore[attr-defined]
        return by_name.get(name)


def known(pairs: Pairs, allowed: Iterable[str], description: Description) -> Parameters:
    """Refuse what is unknown or doubled, leave out what the configuration ignores."""
    names = set(allowed)
    kept: dict[str, str] = {}
    for name, value in pairs:
        if name in kept:
            raise RequestError(f"{name} is given twice", name)
        if name in names:
            kept[name] = value
        elif name.lower() not in description.ignored_parameters:
            raise RequestError(f"there is no parameter {name!r} here: choose from {', '.join(sorted(names))}", name)
    return Parameters(tuple(kept.items()))


def items(layer: Layer, found: Parameters, description: Description, body: bytes = b"") -> ItemsRequest:
    """The request for a page of a collection; ``body`` is a CQL2 JSON filter sent by POST."""
    limit = _limit(found, description)
    offset = _whole(found, "offset", 0, 0)
    output = _crs(found, "crs", layer)
    query = FeatureRequest(
        layer.name,
        crs=output,
        fields=_properties(found),
        filter=_conditions(layer, found, body),
        bbox=_bbox(layer, found),
        unplaced=True,
        sort=_sort(found),
        limit=limit,
        offset=offset,
        skip_geometry=_boolean(found, "skipGeometry"),
        cursor=found.get("cursor"),
        since=None if found.get("gewijzigd_sinds") is None else _whole(found, "gewijzigd_sinds", 0, 0),
    )
    if len(quote(body)) > MAX_LINK_BYTES:
        return ItemsRequest(query, output, limit, offset, repeated=found.pairs, method="POST")
    return ItemsRequest(query, output, limit, offset, repeated=(*found.pairs, *_as_pairs(body)))


def _as_pairs(body: bytes) -> Pairs:
    """A filter that came as a body, for links that are followed without one."""
    return (("filter", body.decode()), ("filter-lang", "cql2-json")) if body else ()


def _limit(found: Parameters, description: Description) -> int:
    """Above the maximum the maximum, with a next page (Part 1, 7.15.2); far above it, nobody meant a page."""
    limit = _whole(found, "limit", description.default_limit, 1)
    if limit > description.hard_limit:
        raise LimitError(
            f"limit={limit} is more than the {description.hard_limit} allowed: a page has at most"
            f" {description.maximum_limit} objects and leads to the next",
            "limit",
        )
    return min(limit, description.maximum_limit)


def item(layer: Layer, found: Parameters) -> ItemsRequest:
    """The request for one feature: only its CRS is free."""
    output = _crs(found, "crs", layer)
    return ItemsRequest(FeatureRequest(layer.name, crs=output), output, 1, 0, repeated=found.pairs)


def _whole(found: Parameters, name: str, default: int, least: int) -> int:
    text = found.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text) or int(text) < least:
        raise RequestError(f"{name} must be a whole number of {least} or more, found {text!r}", name)
    return int(text)


def _boolean(found: Parameters, name: str) -> bool:
    text = (found.get(name) or "false").lower()
    if text not in {"true", "false"}:
        raise RequestError(f"{name} must be true or false, found {text!r}", name)
    return text == "true"


def _crs(found: Parameters, name: str, layer: Layer) -> Crs:
    text = found.get(name)
    if text is None:
        return CRS84
    return crs.parse(text, name, layer.srids)


def _bbox(layer: Layer, found: Parameters) -> Envelope | None:
    text = found.get("bbox")
    if text is None:
        if found.get("bbox-crs") is not None:
            raise RequestError("bbox-crs is given without bbox", "bbox-crs")
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(f"bbox must be 4 or 6 numbers with commas, found {text!r}", "bbox") from None
    if len(numbers) not in {4, 6} or not all(abs(number) <= MAX_COORDINATE for number in numbers):
        bound = f"{MAX_COORDINATE:,.0f}"
        raise RequestError(f"bbox must be 4 or 6 numbers of at most {bound} with commas, found {text!r}", "bbox")
    return _envelope(numbers, _crs(found, "bbox-crs", layer))


def _envelope(numbers: list[float], system: Crs) -> Envelope:
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    if system.latitude_first:
        low, high = low[::-1], high[::-1]
    if low[1] > high[1] or (low[0] > high[0] and system.srid not in crs.GEOGRAPHIC):
        raise RequestError("the first corner of bbox must be the lower left one", "bbox")
    return Envelope(low[0], low[1], high[0], high[1], system.srid)


def _properties(found: Parameters) -> tuple[str, ...] | None:
    text = found.get("properties")
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _sort(found: Parameters) -> tuple[Sort, ...]:
    """``sortby=+naam,-aantal``; a plus arrives as a space when the client does not encode it."""
    text = found.get("sortby")
    if text is None:
        return ()
    keys = [part.strip() for part in text.split(",")]
    return tuple(Sort(key.lstrip("+-"), descending=key.startswith("-")) for key in keys)


def _conditions(layer: Layer, found: Parameters, body: bytes) -> ast.Node | None:
    """Filter, period and attribute parameters, all of which must hold."""
    parts: list[ast.Node] = []
    expression = _filter(layer, found, body)
    if expression is not None:
        parts.append(expression)
    moment = found.get("datetime")
    if moment is not None:
        period.check_layer(layer)
        parts.append(period.read(moment))
    parts += [ast.Equal(ast.Attribute(name), value) for name, value in found.pairs if name in layer.by_name]
    return ast.And.from_items(*parts) if parts else None


def _filter(layer: Layer, found: Parameters, body: bytes) -> ast.Node | None:
    text = found.get("filter")
    language = found.get("filter-lang") or ("cql2-json" if body else "cql2-text")
    if language not in LANGUAGES:
        raise RequestError(f"filter-lang must be one of {', '.join(LANGUAGES)}, found {language!r}", "filter-lang")
    system = _crs(found, "filter-crs", layer)
    if body:
        if text is not None or language != "cql2-json":
            raise RequestError("a filter comes either in the address or, as CQL2 JSON, in the body", "filter")
        return cql2.read_json(body, system)
    if text is None:
        return None
    return cql2.read_text(text, system) if language == "cql2-text" else cql2.read_json(text, system)


def queryables(layer: Layer) -> list[str]:
    """The names that a filter may use."""
    return [*layer.by_name, GEOMETRY]
