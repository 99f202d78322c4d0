"""Coordinates to hexadecimal EWKB, the form in which COPY takes a geometry.

In: rings and points as sequences of numbers. Out: text. Only two dimensions are kept: a height says nothing in the
registers that we load. What PostGIS would refuse to read at all raises :class:`ShapeError` with a Dutch reason.
"""

import struct
from collections.abc import Iterable, Sequence

POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON = 1, 2, 3, 4, 5, 6
SRID_FLAG = 0x20000000
MIN_RING_POINTS = 4

Ring = Sequence[float]  # x1, y1, x2, y2, …
Polygon = Sequence[Ring]


class ShapeError(Exception):
    """Coordinates that are no geometry; the message is a Dutch reason."""


def point(x: float, y: float, srid: int) -> str:
    return struct.pack("<BIIdd", 1, POINT | SRID_FLAG, srid, x, y).hex()


def polygons(parts: Sequence[Polygon], srid: int) -> str:
    """A polygon, or a multipolygon when there are more parts; first ring of a part is its outside."""
    if not parts:
        raise ShapeError("de geometrie heeft geen vlak")
    if len(parts) == 1:
        return (struct.pack("<BII", 1, POLYGON | SRID_FLAG, srid) + _rings(parts[0])).hex()
    head = struct.pack("<BIII", 1, MULTIPOLYGON | SRID_FLAG, srid, len(parts))
    return (head + b"".join(struct.pack("<BI", 1, POLYGON) + _rings(part) for part in parts)).hex()


def pairs(text: str, dimension: int) -> list[float]:
    """The x and y of a ``posList`` with 2 or 3 numbers per point."""
    try:
        numbers = list(map(float, text.split()))
    except ValueError as error:
        raise ShapeError(f"een coördinaat is geen getal ({error})") from None
    if dimension == 3:
        if len(numbers) % 3 == 0:
            del numbers[2::3]
            return numbers
    elif len(numbers) % 2 == 0:
        return numbers
    raise ShapeError(f"het aantal coördinaten is geen veelvoud van {dimension}")


def flat(points: Iterable[Sequence[float]]) -> list[float]:
    """GeoJSON-like points as one list."""
    return [number for item in points for number in item[:2]]


def _rings(polygon: Polygon) -> bytes:
    parts = [struct.pack("<I", len(polygon))]
    for ring in polygon:
        count = len(ring) // 2
        if count < MIN_RING_POINTS:
            raise ShapeError(f"een ring heeft {count} punten, minder dan {MIN_RING_POINTS}")
        if ring[0] != ring[-2] or ring[1] != ring[-1]:
            raise ShapeError("een ring is niet gesloten")
        parts.append(struct.pack(f"<I{len(ring)}d", count, *ring))
    return b"".join(parts)
