"""The style model: what an SLD says, typed; the renderer, the legend and later other targets read only this.

Sizes and widths are pixels of 0.28 mm (OGC 06-121, standardised rendering pixel), scales are denominators, colours
``#rrggbb``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pygeofilter.ast import Attribute, Node

from risicoatlas.catalogue import Text

MARKS = ("square", "circle", "triangle", "star", "cross", "x", "diamond")
HATCHES = ("horline", "vertline", "slash", "backslash", "plus", "times", "dot")


@dataclass(frozen=True)
class Stroke:
    """A line: SE Stroke."""

    color: str
    width: float = 1.0
    opacity: float = 1.0
    dash: tuple[float, ...] = ()
    join: str = "miter"
    cap: str = "butt"


@dataclass(frozen=True)
class Hatch:
    """A repeated mark that fills an area: SE GraphicFill of ``shape://<name>``, ``size`` the period in pixels."""

    shape: str
    stroke: Stroke
    size: float


@dataclass(frozen=True)
class Fill:
    """An area: SE Fill, one colour or a hatch."""

    color: str | None = None
    opacity: float = 1.0
    hatch: Hatch | None = None


@dataclass(frozen=True)
class PolygonSymbol:
    fill: Fill | None
    stroke: Stroke | None


@dataclass(frozen=True)
class LineSymbol:
    stroke: Stroke


@dataclass(frozen=True)
class PointSymbol:
    mark: str
    size: float
    fill: Fill | None
    stroke: Stroke | None
    opacity: float = 1.0
    rotation: float = 0.0


@dataclass(frozen=True)
class TextSymbol:
    """A label; ``label`` mixes fixed text and fields."""

    label: tuple[str | Attribute, ...]
    size: float = 10.0
    bold: bool = False
    italic: bool = False
    color: str = "#000000"
    halo_color: str | None = None
    halo_radius: float = 1.0
    along_line: bool = False
    dx: float = 0.0
    dy: float = 0.0


Symbol = PolygonSymbol | LineSymbol | PointSymbol | TextSymbol


# A label may be as long as this on either side of its object.
LABEL_REACH_PX = 96


def reach_px(symbol: Symbol) -> float:
    """How far a symbol is drawn outside the geometry of its object."""
    match symbol:
        case TextSymbol():
            return LABEL_REACH_PX
        case PointSymbol(size=size, stroke=stroke):
            return size + (stroke.width if stroke else 0)
        case PolygonSymbol(stroke=stroke) | LineSymbol(stroke=stroke):
            # twice the half of its width: a mitred corner sticks out
            return stroke.width if stroke else 0


@dataclass(frozen=True)
class Rule:
    """One SE Rule. ``condition`` None means every object; ``otherwise`` is ElseFilter.

    Drawn where ``min_scale <= scale denominator < max_scale``, as SE has it.
    """

    name: str
    title: Text
    condition: Node | None
    otherwise: bool
    min_scale: float | None
    max_scale: float | None
    symbols: tuple[Symbol, ...]

    def drawn_at(self, scale: float) -> bool:
        return (self.min_scale is None or scale >= self.min_scale) and (
            self.max_scale is None or scale < self.max_scale
        )


@dataclass(frozen=True)
class Style:
    """A UserStyle for one layer; each member of ``passes`` is a FeatureTypeStyle, drawn over the one before."""

    layer: str
    name: str
    title: Text
    passes: tuple[tuple[Rule, ...], ...]
    # the fields that conditions and labels read, in the order of the layer
    fields: tuple[str, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for one in self.passes for rule in one)

    @property
    def max_scale(self) -> float | None:
        """The scale denominator from which nothing is drawn any more; None where something always is."""
        bounds = [rule.max_scale for rule in self.rules]
        return None if any(bound is None for bound in bounds) else max(bound for bound in bounds if bound is not None)

    @property
    def reach_px(self) -> int:
        """How far outside a picture an object may lie and still show in it."""
        return math.ceil(max(reach_px(symbol) for rule in self.rules for symbol in rule.symbols)) + 1

    def legend_rules(self, scale: float | None = None) -> Iterator[Rule]:
        """The rules that a legend shows: with a title, and drawn at ``scale`` where one is given; each title once."""
        seen: set[Text] = set()
        for rule in self.rules:
            if rule.title.nl and rule.title not in seen and (scale is None or rule.drawn_at(scale)):
                seen.add(rule.title)
                yield rule
