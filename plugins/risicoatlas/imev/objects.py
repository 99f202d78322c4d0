"""A valid message as rows for the register: one per object, parents before children.

In: the root object and the version it is read as. Out: :class:`Row` values with the values of the object, its voids
apart, and its geometry as shapely made it (EPSG:28992, not yet repaired).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape

from risicoatlas.imev.model import ENTITY_TYPE
from risicoatlas.imev.validate import Validator, flat_identification

SRID = 28992
COMMENT = "comment"
NOT_CLOSED = "Een ring was niet gesloten; het eerste punt is achteraan herhaald."
POLYGONS = {"Polygon": 1, "MultiPolygon": 2}


@dataclass(frozen=True)
class Row:
    """One object. ``order`` counts from 0 at the root, ``parent`` is the order of the object above it."""

    order: int
    parent: int | None
    path: str
    identification: str
    sort: str
    entity_type: str
    values: Mapping[str, Any]
    voids: Mapping[str, str]
    geometry: shapely.Geometry | None
    # why the geometry differs from the delivered one already
    mended: str | None
    distance_m: float | None

    @property
    def wkb(self) -> str | None:
        """The geometry as hexadecimal EWKB."""
        if self.geometry is None:
            return None
        return str(shapely.to_wkb(shapely.set_srid(self.geometry, SRID), hex=True, include_srid=True))

    @property
    def dimension(self) -> int | None:
        """1 for points, 2 for lines, 3 for areas, as PostGIS counts; None without geometry."""
        return None if self.geometry is None else int(shapely.get_dimensions(self.geometry)) + 1


def fingerprint(message: Mapping[str, Any]) -> bytes:
    """A hash that changes when a value of the message does; order of members and ``comment`` do not count."""
    kept = {key: value for key, value in message.items() if key != COMMENT}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).digest()


def rows(message: Mapping[str, Any], version: str, validator: Validator) -> Iterator[Row]:
    """The objects of a message that :meth:`Validator.judge` found valid in ``version``."""
    waiting: list[tuple[Mapping[str, Any], str, int | None]] = [(message, "$", None)]
    order = 0
    while waiting:
        value, path, parent = waiting.pop()
        yield _row(value, path, (order, parent), version, validator)
        relation = validator.relation(value[ENTITY_TYPE], version)
        children = value.get(relation.name) if relation else None
        if relation and isinstance(children, list):
            places = [(child, f"{path}.{relation.name}[{index}]", order) for index, child in enumerate(children)]
            waiting.extend(reversed(places))
        order += 1


def _row(value: Mapping[str, Any], path: str, place: tuple[int, int | None], version: str, validator: Validator) -> Row:
    name = value[ENTITY_TYPE]
    attributes = validator.attributes(name, version)
    relation = validator.relation(name, version)
    void = validator.model.void_reasons
    voids = {key: item for key, item in value.items() if attributes[key].voidable and item in void}
    left_out = {*voids, COMMENT, relation.name if relation else None}
    values = {key: item for key, item in value.items() if key not in left_out}
    extent = values.pop("afstandOfGeometrie", None) or {"geometrie": values.pop("geometrie", None)}
    geometry, mended = _geometry(extent.get("geometrie"))
    return Row(
        order=place[0],
        parent=place[1],
        path=path,
        identification=flat_identification(value) or "",
        sort=validator.model.sort(name) or "",
        entity_type=name,
        values=values,
        voids=voids,
        geometry=geometry,
        mended=mended,
        distance_m=extent.get("afstand"),
    )


def _geometry(given: Mapping[str, Any] | None) -> tuple[shapely.Geometry | None, str | None]:
    """Shapely's geometry in two dimensions, rings closed."""
    if given is None:
        return None, None
    coordinates = _flat(given["coordinates"])
    opened = _close_rings(coordinates, POLYGONS.get(given["type"], 0))
    return shape({"type": given["type"], "coordinates": coordinates}), NOT_CLOSED if opened else None


def _flat(coordinates: list[Any]) -> list[Any]:
    if coordinates and not isinstance(coordinates[0], list):
        return coordinates[:2]
    return [_flat(item) for item in coordinates]


def _close_rings(coordinates: list[Any], depth: int) -> int:
    """Close the rings that lie ``depth`` lists deep; gives how many were open."""
    if depth == 0:
        return 0
    if depth > 1:
        return sum(_close_rings(item, depth - 1) for item in coordinates)
    opened = [ring for ring in coordinates if ring[0] != ring[-1]]
    for ring in opened:
        ring.append(list(ring[0]))
    return len(opened)
