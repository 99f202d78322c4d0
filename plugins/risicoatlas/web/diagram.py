"""The order of rules as a drawing: a box per rule, yes to the right to its category, no down to the next.

In: the steps of a function and how their texts read. Out: boxes and arrows in units of an SVG, for a template to draw.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from risicoatlas.rules.story import Step

WIDTH = 760
BOX_WIDTH, RESULT_X, RESULT_WIDTH = 500, 590, 168
LINE, PADDING, GAP = 19, 12, 34
# Characters that fit in a box, in the type of the pages.
COLUMNS = 56


@dataclass(frozen=True)
class Box:
    """A rectangle with lines of text, each with the y of its base."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[tuple[int, str], ...]
    kind: str

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass(frozen=True)
class Row:
    """A rule and what it leads to: ``result`` None where it is switched off, ``down`` the y where the next begins."""

    rule: Box
    result: Box | None
    answers: bool
    down: int | None


@dataclass(frozen=True)
class Diagram:
    """Everything to draw."""

    width: int
    height: int
    rows: tuple[Row, ...]
    end: Box | None


def draw(steps: Sequence[Step], text: Callable[[Step], str], category: Callable[[str], str], rest: str) -> Diagram:
    """The drawing of the steps; ``rest`` is what holds where no rule does, drawn only where that can be."""
    rows: list[Row] = []
    y = 2
    closed = any(step.always for step in steps)
    for index, step in enumerate(steps):
        lines = textwrap.wrap(text(step), COLUMNS)
        height = len(lines) * LINE + 2 * PADDING
        rule = Box(2, y, BOX_WIDTH, height, _lines(lines, y), "off" if step.off else "rule")
        result = None if step.off else _result(category(step.item.category), rule, step.item.category)
        last = index == len(steps) - 1
        y += height + GAP
        down = None if step.always or (last and closed) else y
        rows.append(Row(rule, result, not step.always, down))
    if closed or not steps:
        return Diagram(WIDTH, y - GAP + 2, tuple(rows), None)
    lines = textwrap.wrap(rest, COLUMNS)
    end = Box(2, y, BOX_WIDTH, len(lines) * LINE + 2 * PADDING, _lines(lines, y), "end")
    return Diagram(WIDTH, y + end.height + 2, tuple(rows), end)


def _lines(lines: Sequence[str], top: int) -> tuple[tuple[int, str], ...]:
    return tuple((top + PADDING + (number + 1) * LINE - 5, line) for number, line in enumerate(lines))


def _result(text: str, rule: Box, category: str) -> Box:
    height = LINE + 2 * PADDING
    y = rule.middle - height // 2
    return Box(RESULT_X, y, RESULT_WIDTH, height, _lines([text], y), category)
