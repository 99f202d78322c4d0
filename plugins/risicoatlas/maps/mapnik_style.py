"""Compiles the style model into mapnik's XML: one mapnik style per FeatureTypeStyle.

In: a :class:`Style`. Out: the text of a ``<Map>`` with its styles and without any layer or connection.
"""

from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import cast

from lxml import etree
from pygeofilter import ast

from risicoatlas.maps.graphics import Graphics
from risicoatlas.maps.style import Fill, LineSymbol, PointSymbol, PolygonSymbol, Rule, Stroke, Style, Symbol, TextSymbol

Element = etree._Element
FACES = {
    (False, False): "DejaVu Sans Book",
    (True, False): "DejaVu Sans Bold",
    (False, True): "DejaVu Sans Oblique",
    (True, True): "DejaVu Sans Bold Oblique",
}


def style_names(style: Style) -> tuple[str, ...]:
    """The mapnik styles of a layer, in drawing order."""
    return tuple(f"{style.layer}-{number}" for number in range(len(style.passes)))


def compile_style(style: Style, graphics: Graphics) -> str:
    """The whole style."""
    root = etree.Element("Map")
    for name, rules in zip(style_names(style), style.passes, strict=True):
        _mapnik_style(root, name, rules, graphics)
    return etree.tostring(root, encoding="unicode")


def compile_swatch(rule: Rule, graphics: Graphics) -> str:
    """One rule that always draws, as style ``swatch``: for a legend."""
    root = etree.Element("Map")
    bare = Rule(rule.name, rule.title, None, False, None, None, rule.symbols)
    _mapnik_style(root, "swatch", (bare,), graphics)
    return etree.tostring(root, encoding="unicode")


def _mapnik_style(root: Element, name: str, rules: Iterable[Rule], graphics: Graphics) -> None:
    parent = etree.SubElement(root, "Style", name=name)
    for rule in rules:
        _rule(parent, rule, graphics)


def _rule(parent: Element, rule: Rule, graphics: Graphics) -> None:
    element = etree.SubElement(parent, "Rule")
    if rule.otherwise:
        etree.SubElement(element, "ElseFilter")
    elif rule.condition is not None:
        etree.SubElement(element, "Filter").text = expression(rule.condition)
    for tag, value in (("MinScaleDenominator", rule.min_scale), ("MaxScaleDenominator", rule.max_scale)):
        if value is not None:
            etree.SubElement(element, tag).text = f"{value:.10g}"
    for symbol in rule.symbols:
        _symbol(symbol, element, graphics)


@singledispatch
def _symbol(symbol: Symbol, parent: Element, graphics: Graphics) -> None:
    raise TypeError(f"no mapnik form for {symbol!r}")


@_symbol.register
def _(symbol: PolygonSymbol, parent: Element, graphics: Graphics) -> None:
    if symbol.fill and symbol.fill.hatch:
        # A global origin lets the pattern run on from tile to tile.
        path = str(graphics.hatch(symbol.fill.hatch))
        etree.SubElement(parent, "PolygonPatternSymbolizer", file=path, alignment="global")
    elif symbol.fill:
        etree.SubElement(parent, "PolygonSymbolizer", attrib=_fill(symbol.fill))
    if symbol.stroke:
        etree.SubElement(parent, "LineSymbolizer", attrib=_stroke(symbol.stroke))


@_symbol.register
def _(symbol: LineSymbol, parent: Element, graphics: Graphics) -> None:
    etree.SubElement(parent, "LineSymbolizer", attrib=_stroke(symbol.stroke))


@_symbol.register
def _(symbol: PointSymbol, parent: Element, graphics: Graphics) -> None:
    attributes = {
        "file": str(graphics.mark(symbol)),
        "allow-overlap": "true",
        "ignore-placement": "true",
        "placement": "interior",
    }
    if symbol.opacity < 1:
        attributes["opacity"] = f"{symbol.opacity:g}"
    if symbol.rotation:
        attributes["transform"] = f"rotate({symbol.rotation:g})"
    etree.SubElement(parent, "MarkersSymbolizer", attrib=attributes)


@_symbol.register
def _(symbol: TextSymbol, parent: Element, graphics: Graphics) -> None:
    attributes = {
        "face-name": FACES[(symbol.bold, symbol.italic)],
        "size": f"{symbol.size:g}",
        "fill": symbol.color,
        "placement": "line" if symbol.along_line else "interior",
        # A label that gave way to another would give way in one tile and not in the next.
        "allow-overlap": "true",
        "dx": f"{symbol.dx:g}",
        # SE counts upward, mapnik downward
        "dy": f"{-symbol.dy:g}",
    }
    if symbol.halo_color:
        attributes |= {"halo-fill": symbol.halo_color, "halo-radius": f"{symbol.halo_radius:g}"}
    parts = [_literal(part) if isinstance(part, str) else expression(part) for part in symbol.label]
    etree.SubElement(parent, "TextSymbolizer", attrib=attributes).text = " + ".join(parts)


def _fill(fill: Fill) -> dict[str, str]:
    return {"fill": fill.color or "none", "fill-opacity": f"{fill.opacity:g}"}


def _stroke(stroke: Stroke) -> dict[str, str]:
    attributes = {
        "stroke": stroke.color,
        "stroke-width": f"{stroke.width:g}",
        "stroke-opacity": f"{stroke.opacity:g}",
        "stroke-linejoin": stroke.join,
        "stroke-linecap": stroke.cap,
    }
    if stroke.dash:
        attributes["stroke-dasharray"] = ",".join(f"{item:g}" for item in stroke.dash)
    return attributes


_OPERATORS: dict[type[ast.Node], str] = {
    ast.Equal: "=",
    ast.NotEqual: "!=",
    ast.LessThan: "<",
    ast.LessEqual: "<=",
    ast.GreaterThan: ">",
    ast.GreaterEqual: ">=",
    ast.And: "and",
    ast.Or: "or",
}


def expression(node: ast.Node) -> str:
    """A condition in mapnik's expression language; a node without a form here is a :class:`TypeError`."""
    found = _EXPRESSIONS.get(type(node))
    if found is None:
        raise TypeError(f"no mapnik expression for {type(node).__name__}")
    return found(node)


def _operand(value: object) -> str:
    return expression(value) if isinstance(value, ast.Node) else _literal(value)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _binary(node: ast.Node) -> str:
    both = cast(ast.Comparison, node)
    return f"({_operand(both.lhs)} {_OPERATORS[type(node)]} {_operand(both.rhs)})"


def _between(node: ast.Node) -> str:
    between = cast(ast.Between, node)
    field = _operand(between.lhs)
    return f"({field} >= {_operand(between.low)} and {field} <= {_operand(between.high)})"


_EXPRESSIONS: dict[type[ast.Node], Callable[[ast.Node], str]] = {
    **dict.fromkeys(_OPERATORS, _binary),
    ast.Attribute: lambda node: f"[{cast(ast.Attribute, node).name}]",
    ast.Not: lambda node: f"not {_operand(cast(ast.Not, node).sub_node)}",
    ast.IsNull: lambda node: f"({_operand(cast(ast.IsNull, node).lhs)} = null)",
    ast.Between: _between,
}
