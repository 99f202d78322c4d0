"""Reads an ``ogc:Filter`` (Filter Encoding 1.1) of a style rule into pygeofilter's AST, and the fields of a label.

    <ogc:Filter>
      <ogc:PropertyIsEqualTo>
        <ogc:PropertyName>categorie_kwetsbaarheid</ogc:PropertyName><ogc:Literal>kwetsbaar</ogc:Literal>
      </ogc:PropertyIsEqualTo>
    </ogc:Filter>

Only a field of the layer may be named, and only an allowed value compared with, so that a misspelt style stops the
start instead of drawing nothing.
"""

from collections.abc import Callable

from lxml import etree
from pygeofilter import ast

from risicoatlas.catalogue import Field, Layer

OGC = "{http://www.opengis.net/ogc}"

Element = etree._Element
Value = str | float | int | bool


class UnreadableError(Exception):
    """An element that cannot be read, with its line; the reader of the file turns it into a ConfigError."""

    def __init__(self, element: Element, message: str) -> None:
        super().__init__(message)
        self.line = element.sourceline if isinstance(element.sourceline, int) else None


def read(element: Element, layer: Layer) -> tuple[ast.Node, set[str]]:
    """The condition of a Filter and the names of the fields in it."""
    if len(element) != 1:
        raise UnreadableError(element, "a Filter holds one condition")
    names: set[str] = set()
    return _condition(element[0], layer, names), names


def label(element: Element, layer: Layer) -> tuple[tuple[str | ast.Attribute, ...], set[str]]:
    """The parts of a TextSymbolizer's Label: text as it stands, ``ogc:PropertyName`` as a field."""
    parts: list[str | ast.Attribute] = [element.text.strip()] if element.text and element.text.strip() else []
    names: set[str] = set()
    for child in element:
        parts.append(_property(child, layer, names)[0])
        if child.tail and child.tail.strip():
            parts.append(child.tail.strip())
    if not parts:
        raise UnreadableError(element, "an empty Label draws nothing")
    return tuple(parts), names


def _condition(element: Element, layer: Layer, names: set[str]) -> ast.Node:
    tag = str(element.tag)
    if tag in _COMPARISONS:
        prop, field, (literal,) = _operands(element, layer, names, 1)
        return _COMPARISONS[tag](prop, _value(literal, field))
    if tag in _COMBINATIONS:
        parts = [_condition(child, layer, names) for child in element]
        if len(parts) < 2:
            raise UnreadableError(element, "And and Or combine at least two conditions")
        joined = parts[0]
        for part in parts[1:]:
            joined = _COMBINATIONS[tag](joined, part)
        return joined
    if tag == f"{OGC}Not" and len(element) == 1:
        return ast.Not(_condition(element[0], layer, names))
    if tag == f"{OGC}PropertyIsNull":
        prop, _, _ = _operands(element, layer, names, 0)
        return ast.IsNull(prop, not_=False)
    if tag == f"{OGC}PropertyIsBetween":
        return _between(element, layer, names)
    raise UnreadableError(element, f"{tag.rpartition('}')[2]} is not supported in a style's filter")


_COMPARISONS: dict[str, Callable[[ast.Node, Value], ast.Node]] = {
    f"{OGC}PropertyIsEqualTo": ast.Equal,
    f"{OGC}PropertyIsNotEqualTo": ast.NotEqual,
    f"{OGC}PropertyIsLessThan": ast.LessThan,
    f"{OGC}PropertyIsLessThanOrEqualTo": ast.LessEqual,
    f"{OGC}PropertyIsGreaterThan": ast.GreaterThan,
    f"{OGC}PropertyIsGreaterThanOrEqualTo": ast.GreaterEqual,
}
_COMBINATIONS: dict[str, Callable[[ast.Node, ast.Node], ast.Node]] = {f"{OGC}And": ast.And, f"{OGC}Or": ast.Or}


def _between(element: Element, layer: Layer, names: set[str]) -> ast.Node:
    if [child.tag for child in element] != [
        f"{OGC}{name}" for name in ("PropertyName", "LowerBoundary", "UpperBoundary")
    ]:
        raise UnreadableError(element, "PropertyIsBetween holds PropertyName, LowerBoundary and UpperBoundary")
    prop, field = _property(element[0], layer, names)
    low, high = (_value(_literal(boundary), field) for boundary in list(element)[1:])
    return ast.Between(prop, low, high, not_=False)


def _literal(boundary: Element) -> Element:
    if len(boundary) != 1:
        raise UnreadableError(boundary, "a boundary holds one Literal")
    return boundary[0]


def _operands(
    element: Element, layer: Layer, names: set[str], literals: int
) -> tuple[ast.Attribute, Field, list[Element]]:
    children = list(element)
    if len(children) != 1 + literals:
        raise UnreadableError(element, f"expected a PropertyName and {literals} Literal")
    prop, field = _property(children[0], layer, names)
    return prop, field, children[1:]


def _property(element: Element, layer: Layer, names: set[str]) -> tuple[ast.Attribute, Field]:
    name = (element.text or "").strip()
    if element.tag != f"{OGC}PropertyName":
        raise UnreadableError(element, f"found {str(element.tag).rpartition('}')[2]}, expected PropertyName")
    if name not in layer.by_name:
        raise UnreadableError(element, f"layer {layer.name} has no field {name!r}")
    names.add(name)
    return ast.Attribute(name), layer.by_name[name]


def _value(element: Element, field: Field) -> Value:
    """A Literal as the type of its field."""
    text = (element.text or "").strip()
    if element.tag != f"{OGC}Literal":
        raise UnreadableError(element, f"found {str(element.tag).rpartition('}')[2]}, expected Literal")
    if field.values and text not in field.values:
        raise UnreadableError(
            element, f"field {field.name} knows no value {text!r}: expected one of {', '.join(field.values)}"
        )
    try:
        return _READERS[field.type](text)
    except (KeyError, ValueError):
        raise UnreadableError(
            element, f"found {text!r}, expected a value of type {field.type} for field {field.name}"
        ) from None


_READERS: dict[str, Callable[[str], Value]] = {
    "text": str,
    "date": str,
    "datetime": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
}
