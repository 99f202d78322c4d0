"""The parameter ``datetime`` of OGC API and WFS and ``TIME`` of WMS: text in, a condition on validity out.

2026-10-15                  that day            2026-10-15T12:00:00Z      that moment
2026-01-01/2026-12-31       from and including  ../2026-12-31, 2026-01-01/..   open ends
"""

from datetime import date, datetime

from pygeofilter import ast

from risicoatlas.catalogue import Layer
from risicoatlas.errors import RequestError
from risicoatlas.filters import literals

# The last is how QGIS writes a period without a beginning; its other end, the year 9999, is a date like others.
OPEN = frozenset({"", "..", "0000-01-01T00:00:00Z"})
BEGIN = "begin_geldigheid"
END = "eind_geldigheid"


def read(text: str, locator: str = "datetime") -> ast.Node:
    """The condition that validity meets the period; an object without a begin or an end is open on that side."""
    start, end = _ends(text, locator)
    parts: list[ast.Node] = []
    if end is not None:
        parts.append(ast.Or(ast.IsNull(ast.Attribute(BEGIN), not_=False), ast.LessEqual(ast.Attribute(BEGIN), end)))
    if start is not None:
        parts.append(ast.Or(ast.IsNull(ast.Attribute(END), not_=False), ast.GreaterEqual(ast.Attribute(END), start)))
    return ast.And.from_items(*parts)


def check_layer(layer: Layer, locator: str = "datetime") -> None:
    """Refuse a period on a layer whose objects have no validity."""
    for name in (BEGIN, END):
        if name not in layer.by_name:
            raise RequestError(
                f"{layer.name} has no {name}: a period cannot be asked of it, filter on a field of its own", locator
            )


def _ends(text: str, locator: str) -> tuple[date | None, date | None]:
    parts = text.split("/")
    if len(parts) == 1:
        found = literals.moment(text, locator)
        return found, found
    if len(parts) != 2:
        raise RequestError(f"{text!r} is not a period: expected one date or time, or two with a /", locator)
    start, end = (None if part in OPEN else literals.moment(part, locator) for part in parts)
    if start is None and end is None:
        raise RequestError("a period needs at least one date or time", locator)
    if start is not None and end is not None and _after(start, end):
        raise RequestError(f"the period {text!r} ends before it begins", locator)
    return start, end


def _after(start: date, end: date) -> bool:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return start > end
    return literals.local_day(start) > literals.local_day(end)
