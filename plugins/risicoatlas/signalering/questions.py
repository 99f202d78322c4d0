"""What may be asked, as a typed question: of an area, an activity, a municipality, a new footprint or a new source.

In: parameters as a client wrote them. Out: one of the frozen classes of :data:`Question`. What cannot be used raises
:class:`RequestError` with the parameter as locator.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from risicoatlas import crs
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.filters.literals import GeometryLiteral, geometry

# Types of areas, as the layer signalering has them.
TYPES = (
    "brand", "explosie", "gifwolk", "explosie_civiel", "explosie_militair", "explosie_vuurwerk", "pr10_6",
)  # fmt: skip
AREA, ACTIVITY, MUNICIPALITY = "gebied", "activiteit", "gemeente"
GEOMETRY, CRS, DISTANCES, FORMAT, LANGUAGE = "geometrie", "crs", "afstand", "f", "lang"
PARAMETERS = (AREA, ACTIVITY, MUNICIPALITY, GEOMETRY, CRS, DISTANCES, FORMAT, LANGUAGE)
MAX_DISTANCE_M = 10_000
# What a place may measure at most, east to west and north to south.
MAX_EXTENT_M = 20_000
MAX_DISTANCES = 20
_CODE = re.compile(r"GM[0-9]{4}")
# Longer than any identifier of IMEV.
_MAX_ID = 255
_PAIR = re.compile(r"\s*([a-z0-9_]+)\s*:\s*([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*")


@dataclass(frozen=True)
class AreaAsked:
    """What lies in the area with this identifier."""

    key: str


@dataclass(frozen=True)
class ActivityAsked:
    """What lies around the activity with this identifier."""

    key: str


@dataclass(frozen=True)
class MunicipalityAsked:
    """What lies in the areas that touch this municipality (GM0457)."""

    code: str


@dataclass(frozen=True)
class Footprint:
    """Which areas a new building or location would touch."""

    place: GeometryLiteral


@dataclass(frozen=True)
class NewArea:
    """An area of ``type`` up to ``distance_m`` around the place of a new source; 0 m is the place itself."""

    type: str
    distance_m: float


@dataclass(frozen=True)
class Source:
    """What would lie in the areas of a new activity."""

    place: GeometryLiteral
    areas: tuple[NewArea, ...]


Question = AreaAsked | ActivityAsked | MunicipalityAsked | Footprint | Source


def read(values: Mapping[str, str]) -> Question | None:
    """The question in these parameters; None where they ask nothing."""
    if unknown := sorted(set(values) - set(PARAMETERS)):
        raise RequestError(f"parameter {unknown[0]!r} is not known: expected {', '.join(PARAMETERS)}", unknown[0])
    given = {name: value.strip() for name, value in values.items() if value.strip()}
    asked = [name for name in (AREA, ACTIVITY, MUNICIPALITY, GEOMETRY) if name in given]
    if len(asked) > 1:
        raise RequestError(f"{asked[0]} and {asked[1]} were both given: ask one of them", asked[1])
    if not asked:
        if DISTANCES in given:
            raise RequestError("afstand was given without geometrie: around what?", DISTANCES)
        return None
    name = asked[0]
    if name == GEOMETRY:
        return _what_if(given)
    if name == MUNICIPALITY:
        code = given[name].upper()
        if not _CODE.fullmatch(code):
            raise RequestError(f"found {given[name]!r}, expected the code of a municipality such as GM0457", name)
        return MunicipalityAsked(code)
    if len(given[name]) > _MAX_ID or "\0" in given[name]:
        raise RequestError("found what is no identifier, expected one such as NL.IMEV.…", name)
    return AreaAsked(given[name]) if name == AREA else ActivityAsked(given[name])


def of_json(text: bytes) -> dict[str, str]:
    """The parameters in a JSON document: ``{"geometrie": {…} or WKT, "crs": …, "afstand": {"brand": 60}}``."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError("the body is not JSON") from error
    if not isinstance(found, dict):
        raise RequestError("the body is no JSON object")
    values: dict[str, str] = {}
    for name, value in found.items():
        if name == DISTANCES and isinstance(value, dict):
            values[name] = ",".join(f"{kind}:{distance}" for kind, distance in value.items())
        else:
            values[str(name)] = value if isinstance(value, str) else json.dumps(value)
    return values


def _what_if(given: Mapping[str, str]) -> Footprint | Source:
    system = crs.parse(given.get(CRS, "EPSG:28992"), CRS, crs.DUTCH)
    place = geometry(_written(given[GEOMETRY]), system, GEOMETRY)
    if DISTANCES not in given:
        return Footprint(place)
    return Source(place, _distances(given[DISTANCES]))


def _written(text: str) -> Mapping[str, object] | str:
    """WKT, or a GeoJSON geometry or feature."""
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError("the geometry is neither WKT nor GeoJSON", GEOMETRY) from error
    inner = found.get("geometry") if found.get("type") == "Feature" else found
    if not isinstance(inner, dict):
        raise RequestError("the feature has no geometry", GEOMETRY)
    return inner


def _distances(text: str) -> tuple[NewArea, ...]:
    """``brand:60,explosie:160``."""
    parts = text.split(",")
    if len(parts) > MAX_DISTANCES:
        raise LimitError(f"found {len(parts)} distances, at most {MAX_DISTANCES} are answered at once", DISTANCES)
    return tuple(dict.fromkeys(_distance(part) for part in parts))


def _distance(part: str) -> NewArea:
    match = _PAIR.fullmatch(part)
    if match is None or match[1] not in TYPES:
        raise RequestError(
            f"found {part.strip()!r}, expected a type and metres such as brand:60; types: {', '.join(TYPES)}", DISTANCES
        )
    distance = float(match[2])
    if distance > MAX_DISTANCE_M:
        raise LimitError(f"{match[1]}: found {match[2]} m, at most {MAX_DISTANCE_M} m is answered", DISTANCES)
    return NewArea(match[1], distance)
