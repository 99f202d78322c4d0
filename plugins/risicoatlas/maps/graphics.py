"""Marks and hatches as small files, which mapnik reads by path; the name is the digest of the content.

In: a point symbol or a hatch. Out: the path of a file that draws it.
"""

import hashlib
import math
import os
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from risicoatlas.maps.style import Fill, Hatch, PointSymbol, Stroke

Point = tuple[float, float]
SVG = "http://www.w3.org/2000/svg"
_FINER = 8


def _ring(count: int, radius: float, turn: float = 0.0, inner: float | None = None) -> tuple[Point, ...]:
    """The corners of a regular figure around the origin, the first one up; ``inner`` alternates a second radius."""
    steps = count * (2 if inner is not None else 1)
    radii = [radius if inner is None or step % 2 == 0 else inner for step in range(steps)]
    angles = [math.radians(turn) + 2 * math.pi * step / steps for step in range(steps)]
    return tuple((size * math.sin(angle), -size * math.cos(angle)) for size, angle in zip(radii, angles, strict=True))


_ARM = 1 / 3
_CROSS = tuple(
    (x, y)
    for x, y in (
        (-_ARM, -1), (_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM),
        (_ARM, 1), (-_ARM, 1), (-_ARM, _ARM), (-1, _ARM), (-1, -_ARM), (-_ARM, -_ARM),
    )
)  # fmt: skip
_HALF = math.sqrt(0.5)
# Figures inside the unit circle or unit square; SE names them and leaves their form to the renderer.
_FIGURES: dict[str, tuple[Point, ...]] = {
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle": ((0, -1), (1, 1), (-1, 1)),
    "diamond": _ring(4, 1.0),
    "star": _ring(5, 1.0, inner=0.4),
    "cross": _CROSS,
    "x": tuple(((x - y) * _HALF, (x + y) * _HALF) for x, y in _CROSS),
    "circle": _ring(48, 1.0),
}
# Lines of a hatch in a cell of size 1, drawn beyond its edges so that neighbouring cells join.
_LINES: dict[str, tuple[tuple[Point, Point], ...]] = {
    "horline": (((-1, 0.5), (2, 0.5)),),
    "vertline": (((0.5, -1), (0.5, 2)),),
    "slash": (((-1, 1), (1, -1)), ((-1, 2), (2, -1)), ((0, 2), (2, 0))),
    "backslash": (((-1, 0), (1, 2)), ((-1, -1), (2, 2)), ((0, -1), (2, 1))),
}
_LINES["plus"] = _LINES["horline"] + _LINES["vertline"]
_LINES["times"] = _LINES["slash"] + _LINES["backslash"]


@dataclass(frozen=True)
class Graphics:
    """A folder of pictures; a file is written once and never changed."""

    folder: Path

    def mark(self, symbol: PointSymbol) -> Path:
        """A file with the mark, ``symbol.size`` pixels from edge to edge plus its outline."""
        outline = symbol.stroke.width if symbol.stroke else 0.0
        side, radius = symbol.size + outline, symbol.size / 2
        points = " ".join(f"{side / 2 + x * radius:.3f},{side / 2 + y * radius:.3f}" for x, y in _FIGURES[symbol.mark])
        text = (
            f'<svg xmlns="{SVG}" width="{side:g}" height="{side:g}" viewBox="0 0 {side:g} {side:g}">'
            f'<polygon points="{points}" {_fill(symbol.fill)} {_stroke(symbol.stroke)}/></svg>'
        )
        return self._written(text.encode(), ".svg")

    def hatch(self, hatch: Hatch) -> Path:
        """A file with one cell of the pattern, ``hatch.size`` pixels square."""
        out = BytesIO()
        _cell(hatch).save(out, "PNG")
        return self._written(out.getvalue(), ".png")

    def _written(self, content: bytes, suffix: str) -> Path:
        path = self.folder / f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            beside.write_bytes(content)
            beside.replace(path)
        return path


def _cell(hatch: Hatch) -> Image.Image:
    """Drawn large and made small, so that lines are smooth. Of an SVG mapnik would take the lines' box for the cell."""
    side, width = round(hatch.size) * _FINER, hatch.stroke.width * _FINER
    mask = Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    if hatch.shape == "dot":
        pen.ellipse([(side - width) / 2, (side - width) / 2, (side + width) / 2, (side + width) / 2], fill=255)
    for (x1, y1), (x2, y2) in _LINES.get(hatch.shape, ()):
        pen.line([x1 * side, y1 * side, x2 * side, y2 * side], fill=255, width=max(round(width), 1))
    alpha = mask.resize((round(hatch.size), round(hatch.size)), Image.Resampling.BOX)
    cell = Image.new("RGBA", alpha.size, hatch.stroke.color)
    cell.putalpha(alpha.point(lambda value: round(value * hatch.stroke.opacity)))
    return cell


def _fill(fill: Fill | None) -> str:
    return f'fill="{fill.color}" fill-opacity="{fill.opacity:g}"' if fill and fill.color else 'fill="none"'


def _stroke(stroke: Stroke | None) -> str:
    if stroke is None:
        return 'stroke="none"'
    return f'stroke="{stroke.color}" stroke-width="{stroke.width:g}" stroke-opacity="{stroke.opacity:g}"'
