"""GetFeatureInfo: the objects under a click, through the query layer, as text, HTML or GeoJSON.

In: a click in a picture. Out: an :class:`Answer` that MapProxy joins with those of other layers and sends.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import Any

from mapproxy.featureinfo import FeatureInfoDoc

from risicoatlas import crs
from risicoatlas.access import actor
from risicoatlas.catalogue import Layer
from risicoatlas.errors import RequestError
from risicoatlas.features import geojson, unpublished
from risicoatlas.features.plan import plan_query
from risicoatlas.features.query import Reading
from risicoatlas.features.request import Envelope, FeatureRequest
from risicoatlas.features.unpublished import Municipality
from risicoatlas.maps.requests import whole
from risicoatlas.service import Service

# A finger is wider than a pixel; points and lines have no width at all.
TOLERANCE_PX = 4
MAX_OBJECTS = 100
TEXT, HTML, JSON = "text", "html", "json"
_TYPES = {"text/plain": TEXT, "text/html": HTML, "application/json": JSON, "application/geo+json": JSON}

Feature = dict[str, Any]


@dataclass(frozen=True)
class Click:
    """A place in a picture as a small box, and how many objects may be told."""

    envelope: Envelope
    limit: int


@dataclass(frozen=True)
class Found:
    """The GeoJSON features of one layer under the click; ``tested`` is how many objects an answer without any was
    tested on, None where nothing could be tested; ``unpublished`` the municipalities there of which nothing can be
    told."""

    layer: Layer
    features: tuple[Feature, ...]
    tested: int | None = None
    unpublished: tuple[Municipality, ...] = ()


_headers: ContextVar[dict[str, str]] = ContextVar("risicoatlas_feature_info_headers")


@contextmanager
def noting() -> Iterator[dict[str, str]]:
    """Collects the headers of the answer that is written inside: MapProxy has no place for them."""
    noted: dict[str, str] = {}
    token = _headers.set(noted)
    try:
        yield noted
    finally:
        _headers.reset(token)


def click(
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    position: tuple[int, int],
    srid: int,
    count: str | None,
) -> Click:
    """The click at ``position``, pixels from the top left; ``count`` is FEATURE_COUNT, 1 where it is absent."""
    width, height = (box[2] - box[0]) / size[0], (box[3] - box[1]) / size[1]
    x, y = box[0] + (position[0] + 0.5) * width, box[3] - (position[1] + 0.5) * height
    reach_x, reach_y = TOLERANCE_PX * width, TOLERANCE_PX * height
    limit = whole(count or "") or 1
    return Click(Envelope(x - reach_x, y - reach_y, x + reach_x, y + reach_y, srid), min(limit, MAX_OBJECTS))


def look_up(layer: Layer, where: Click, service: Service) -> Found:
    """What lies there and the actor of the request may see, geometry in the CRS of the picture."""
    srid = where.envelope.srid
    request = FeatureRequest(
        layer=layer.name,
        crs=crs.Crs(srid, f"EPSG:{srid}", latitude_first=False),
        bbox=where.envelope,
        limit=where.limit,
    )
    try:
        plan = plan_query(request, actor.current(), service)
    except RequestError:
        # a place where its CRS means nothing
        return Found(layer, ())
    with Reading(plan, service) as reading:
        missing = unpublished.touched(request, reading, service)
        features = tuple(json.loads(text) for text in reading.texts(geojson.feature_row(plan, f"{layer.name}.")))
        tested = None if features else reading.tested()
    return Found(layer, features, tested, missing)


class Answer(FeatureInfoDoc):  # type: ignore[misc] # MapProxy has no types
    """Objects of one or more layers in one of the three formats."""

    def __init__(self, info_type: str, found: Iterable[Found]) -> None:
        self.info_type = info_type
        self.found = tuple(found)

    def as_string(self) -> str:
        noted = _headers.get({})
        noted.update(unpublished.header(_unpublished(self.found)))
        tested = _tested(self.found)
        if tested is not None:
            noted["X-Objects-Tested"] = str(tested)
        return _WRITERS[self.info_type](self.found)

    @classmethod
    def combine(cls, docs: Iterable["Answer"]) -> "Answer":
        every = list(docs)
        return cls(every[0].info_type, [one for doc in every for one in doc.found])


def answer(info_format: str, found: Found) -> Answer:
    """``info_format`` is a media type that the capabilities offer."""
    return Answer(_TYPES.get(info_format, TEXT), [found])


def _shown(one: Found, feature: Feature) -> list[tuple[str, str]]:
    """Title and value of every field that has a value, in the order of the layer."""
    properties = feature["properties"]
    return [
        (field.title.nl, str(properties[field.name]))
        for field in one.layer.fields
        if properties.get(field.name) is not None
    ]


def _unpublished(found: tuple[Found, ...]) -> tuple[Municipality, ...]:
    """Of all layers together, each once."""
    return tuple(dict.fromkeys(item for one in found for item in one.unpublished))


def _tested(found: tuple[Found, ...]) -> int | None:
    """What an answer without objects was tested on, all layers together."""
    numbers = [one.tested for one in found if one.tested is not None]
    return sum(numbers) if numbers and not any(one.features for one in found) else None


def _notice(found: tuple[Found, ...]) -> str | None:
    """Which municipalities have not published: an empty answer there is unknown, not none."""
    missing = _unpublished(found)
    if not missing:
        return None
    return f"Niet gepubliceerd: {', '.join(item.name or item.code for item in missing)}"


def _text(found: tuple[Found, ...]) -> str:
    blocks = [
        "\n".join([one.layer.title.nl, *(f"  {title}: {value}" for title, value in _shown(one, feature))])
        for one in found
        for feature in one.features
    ]
    blocks = blocks or ["Geen objecten op deze plek."]
    if notice := _notice(found):
        blocks.append(notice)
    return "\n\n".join(blocks) + "\n"


def _html(found: tuple[Found, ...]) -> str:
    tables = [
        f"<table><caption>{escape(one.layer.title.nl)}</caption>"
        + "".join(f"<tr><th>{escape(title)}</th><td>{escape(value)}</td></tr>" for title, value in _shown(one, feature))
        + "</table>"
        for one in found
        for feature in one.features
    ]
    body = "".join(tables) or "<p>Geen objecten op deze plek.</p>"
    if notice := _notice(found):
        body += f"<p>{escape(notice)}</p>"
    head = '<meta charset="utf-8"><title>RisicoAtlas</title>'
    return f'<!DOCTYPE html><html lang="nl"><head>{head}</head><body>{body}</body></html>'


def _geojson(found: tuple[Found, ...]) -> str:
    features = [feature for one in found for feature in one.features]
    tested = _tested(found)
    members: dict[str, Any] = {} if tested is None else {"numberTested": tested}
    if missing := _unpublished(found):
        members[unpublished.MEMBER] = unpublished.members(missing)
    return json.dumps({"type": "FeatureCollection", "features": features, **members}, ensure_ascii=False)


_WRITERS = {TEXT: _text, HTML: _html, JSON: _geojson}
