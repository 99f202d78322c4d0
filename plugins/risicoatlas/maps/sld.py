"""Reads ``styles/<layer>/<style>.sld`` (SLD 1.1 with Symbology Encoding) into the style model.

Read are NamedLayer, UserStyle, FeatureTypeStyle, Rule with Filter or ElseFilter and scale range, Polygon-, Line-,
Point- and TextSymbolizer with plain Fill, Stroke, Mark, Font and Halo, and GraphicFill of a ``shape://`` mark.
Anything else is a :class:`ConfigError` with ``file:line``: an element that were dropped would be a map that lies.

A title has two languages: ``<se:Title>`` is Dutch, a second one with ``xml:lang="en"`` English.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from lxml import etree
from pygeofilter.ast import Node

from risicoatlas.catalogue import Catalogue, Layer, Text
from risicoatlas.errors import ConfigError
from risicoatlas.maps import sld_filter
from risicoatlas.maps.sld_filter import OGC, UnreadableError
from risicoatlas.maps.style import (
    HATCHES,
    MARKS,
    Fill,
    Hatch,
    LineSymbol,
    PointSymbol,
    PolygonSymbol,
    Rule,
    Stroke,
    Style,
    Symbol,
    TextSymbol,
)

SLD = "{http://www.opengis.net/sld}"
SE = "{http://www.opengis.net/se}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Styles per geometry type for tables of an organisation that has drawn none.
PLAIN = Path(__file__).parent / "plain"
PLAIN_NAME = "plain"

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)

Element = etree._Element
Parameters = dict[str, str]


def read_all(styles: Path, catalogue: Catalogue) -> dict[str, Style]:
    """The default style of every layer, by the layer's name; a layer without a style is a :class:`ConfigError`, but for
    one on an own table, which is then drawn as :data:`PLAIN` says."""
    return {layer.name: _default(styles / layer.name / f"{layer.styles[0]}.sld", layer) for layer in catalogue}


def _default(path: Path, layer: Layer) -> Style:
    if layer.own and not path.parent.exists():
        return read(PLAIN / f"{layer.geometry_type}.sld", layer, any_layer=True)
    return read(path, layer)


def read(path: Path, layer: Layer, *, any_layer: bool = False) -> Style:
    """One SLD file; raises :class:`ConfigError` with ``file:line``. ``any_layer``: the file is not for one layer."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(path, None, f"the file is missing: layer {layer.name} needs a style") from None
    try:
        root = etree.fromstring(data, _PARSER)
        return _style(root, layer, path.stem, PLAIN_NAME if any_layer else layer.name)
    except etree.XMLSyntaxError as error:
        raise ConfigError(path, error.lineno, f"not well-formed: {error.msg}") from error
    except UnreadableError as error:
        raise ConfigError(path, error.line, str(error)) from error


def _style(root: Element, layer: Layer, name: str, expected: str) -> Style:
    _expect(root, f"{SLD}StyledLayerDescriptor")
    _children(root, f"{SLD}NamedLayer")
    named = _one(root, f"{SLD}NamedLayer")
    _children(named, f"{SE}Name", f"{SLD}UserStyle")
    if (found := _text(named, f"{SE}Name")) != expected:
        raise UnreadableError(named, f"NamedLayer is {found!r}, expected {expected!r} as the folder is called")
    user = _one(named, f"{SLD}UserStyle")
    _children(user, f"{SE}Name", f"{SE}Description", f"{SLD}IsDefault", f"{SE}FeatureTypeStyle")
    used: set[str] = set()
    passes = tuple(_feature_type_style(item, layer, used) for item in user.iterchildren(f"{SE}FeatureTypeStyle"))
    if not any(passes):
        raise UnreadableError(user, "a style without a rule draws nothing")
    fields = tuple(field.name for field in layer.fields if field.name in used)
    return Style(layer.name, _text(user, f"{SE}Name") or name, _title(user), passes, fields)


def _feature_type_style(element: Element, layer: Layer, used: set[str]) -> tuple[Rule, ...]:
    _children(element, f"{SE}Name", f"{SE}Description", f"{SE}Rule")
    return tuple(_rule(item, layer, used) for item in element.iterchildren(f"{SE}Rule"))


def _rule(element: Element, layer: Layer, used: set[str]) -> Rule:
    scales = (f"{SE}MinScaleDenominator", f"{SE}MaxScaleDenominator")
    head = (f"{SE}Name", f"{SE}Description", f"{OGC}Filter", f"{SE}ElseFilter", *scales)
    _children(element, *head, *_SYMBOLIZERS)
    condition = _filter(element, layer, used)
    symbols = tuple(_SYMBOLIZERS[item.tag](item, layer, used) for item in element if item.tag in _SYMBOLIZERS)
    if not symbols:
        raise UnreadableError(element, "a rule without a symbolizer draws nothing")
    otherwise = element.find(f"{SE}ElseFilter") is not None
    if otherwise and condition is not None:
        raise UnreadableError(element, "a rule has a Filter or an ElseFilter, not both")
    low, high = (_number_of(element, tag) for tag in scales)
    if low is not None and high is not None and low >= high:
        raise UnreadableError(element, f"scale range: {low} is not below {high}")
    return Rule(_text(element, f"{SE}Name"), _title(element), condition, otherwise, low, high, symbols)


def _filter(element: Element, layer: Layer, used: set[str]) -> Node | None:
    found = element.find(f"{OGC}Filter")
    if found is None:
        return None
    condition, names = sld_filter.read(found, layer)
    used |= names
    return condition


def _polygon(element: Element, layer: Layer, used: set[str]) -> Symbol:
    _children(element, f"{SE}Fill", f"{SE}Stroke")
    return PolygonSymbol(_fill(element), _stroke(element))


def _line(element: Element, layer: Layer, used: set[str]) -> Symbol:
    _children(element, f"{SE}Stroke")
    stroke = _stroke(element)
    if stroke is None:
        raise UnreadableError(element, "a LineSymbolizer needs a Stroke")
    return LineSymbol(stroke)


def _point(element: Element, layer: Layer, used: set[str]) -> Symbol:
    _children(element, f"{SE}Graphic")
    graphic = _one(element, f"{SE}Graphic")
    _children(graphic, f"{SE}Mark", f"{SE}Opacity", f"{SE}Size", f"{SE}Rotation")
    mark = _one(graphic, f"{SE}Mark")
    _children(mark, f"{SE}WellKnownName", f"{SE}Fill", f"{SE}Stroke")
    return PointSymbol(
        mark=_choice(mark, f"{SE}WellKnownName", MARKS),
        size=_number_of(graphic, f"{SE}Size") or 6.0,
        fill=_fill(mark),
        stroke=_stroke(mark),
        opacity=_opacity(graphic, _number_of(graphic, f"{SE}Opacity")),
        rotation=_number_of(graphic, f"{SE}Rotation") or 0.0,
    )


def _text_symbol(element: Element, layer: Layer, used: set[str]) -> Symbol:
    _children(element, f"{SE}Label", f"{SE}Font", f"{SE}LabelPlacement", f"{SE}Halo", f"{SE}Fill")
    label, names = sld_filter.label(_one(element, f"{SE}Label"), layer)
    used |= names
    font = _parameters(element.find(f"{SE}Font"), "font-family", "font-size", "font-weight", "font-style")
    fill, halo = _fill(element), element.find(f"{SE}Halo")
    along_line, dx, dy = _placement(element.find(f"{SE}LabelPlacement"))
    if halo is not None:
        _children(halo, f"{SE}Radius", f"{SE}Fill")
    halo_fill = _fill(halo) if halo is not None else None
    return TextSymbol(
        label=label,
        size=_number(element, font.get("font-size", "10")),
        bold=font.get("font-weight") == "bold",
        italic=font.get("font-style") in ("italic", "oblique"),
        color=fill.color if fill and fill.color else "#000000",
        halo_color=halo_fill.color if halo_fill else None,
        halo_radius=(_number_of(halo, f"{SE}Radius") or 1.0) if halo is not None else 1.0,
        along_line=along_line,
        dx=dx,
        dy=dy,
    )


_SYMBOLIZERS: dict[str, Callable[[Element, Layer, set[str]], Symbol]] = {
    f"{SE}PolygonSymbolizer": _polygon,
    f"{SE}LineSymbolizer": _line,
    f"{SE}PointSymbolizer": _point,
    f"{SE}TextSymbolizer": _text_symbol,
}


def _placement(element: Element | None) -> tuple[bool, float, float]:
    """Whether the label follows the line, and its displacement in pixels, y upward as in SE."""
    if element is None:
        return False, 0.0, 0.0
    _children(element, f"{SE}PointPlacement", f"{SE}LinePlacement")
    point = element.find(f"{SE}PointPlacement")
    if point is None:
        _children(_one(element, f"{SE}LinePlacement"))
        return True, 0.0, 0.0
    _children(point, f"{SE}Displacement")
    shift = point.find(f"{SE}Displacement")
    if shift is None:
        return False, 0.0, 0.0
    _children(shift, f"{SE}DisplacementX", f"{SE}DisplacementY")
    return False, _number_of(shift, f"{SE}DisplacementX") or 0.0, _number_of(shift, f"{SE}DisplacementY") or 0.0


def _fill(parent: Element) -> Fill | None:
    element = parent.find(f"{SE}Fill")
    if element is None:
        return None
    _children(element, f"{SE}SvgParameter", f"{SE}GraphicFill")
    graphic = element.find(f"{SE}GraphicFill")
    if graphic is not None:
        _children(element, f"{SE}GraphicFill")
        _children(graphic, f"{SE}Graphic")
        return Fill(hatch=_hatch(_one(graphic, f"{SE}Graphic")))
    found = _parameters(element, "fill", "fill-opacity")
    # SE 11.1.3: a Fill without a colour is 50 % grey
    return Fill(found.get("fill", "#808080"), _opacity(element, _number(element, found.get("fill-opacity", "1"))))


def _hatch(graphic: Element) -> Hatch:
    _children(graphic, f"{SE}Mark", f"{SE}Size")
    mark = _one(graphic, f"{SE}Mark")
    _children(mark, f"{SE}WellKnownName", f"{SE}Stroke")
    stroke = _stroke(mark)
    if stroke is None:
        raise UnreadableError(mark, "a hatch needs a Stroke")
    shape = _choice(mark, f"{SE}WellKnownName", tuple(f"shape://{name}" for name in HATCHES))
    return Hatch(shape.removeprefix("shape://"), stroke, _number_of(graphic, f"{SE}Size") or 8.0)


def _stroke(parent: Element) -> Stroke | None:
    element = parent.find(f"{SE}Stroke")
    if element is None:
        return None
    _children(element, f"{SE}SvgParameter")
    found = _parameters(
        element, "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "stroke-linecap"
    )
    dash = tuple(_number(element, item) for item in found.get("stroke-dasharray", "").replace(",", " ").split())
    if len(dash) % 2:
        raise UnreadableError(element, "stroke-dasharray needs pairs of a dash and a gap")
    return Stroke(
        color=found.get("stroke", "#000000"),
        width=_number(element, found.get("stroke-width", "1")),
        opacity=_opacity(element, _number(element, found.get("stroke-opacity", "1"))),
        dash=dash,
        join=_allowed(element, found.get("stroke-linejoin", "miter"), ("miter", "round", "bevel")),
        cap=_allowed(element, found.get("stroke-linecap", "butt"), ("butt", "round", "square")),
    )


def _parameters(element: Element | None, *known: str) -> Parameters:
    """The SvgParameters of an element; an unknown or repeated name, or a colour that is none, is refused."""
    found: Parameters = {}
    for item in element.iterchildren(f"{SE}SvgParameter") if element is not None else ():
        name, value = item.get("name", ""), (item.text or "").strip()
        if name not in known or name in found or len(item):
            raise UnreadableError(
                item, f"SvgParameter {name!r}: expected each of {', '.join(known)} at most once, as plain text"
            )
        if name in ("fill", "stroke") and not _is_color(value):
            raise UnreadableError(item, f"{name}: found {value!r}, expected a colour such as #d7191c")
        found[name] = value
    return found


def _is_color(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(char in "0123456789abcdefABCDEF" for char in text[1:])


def _expect(element: Element, tag: str) -> None:
    if element.tag != tag:
        raise UnreadableError(element, f"found {_short(element.tag)}, expected {_short(tag)}")


def _children(element: Element, *known: str) -> None:
    """Refuse a child that is not among the known ones, or two where SE has one."""
    several = {f"{SE}SvgParameter", f"{SE}Rule", f"{SE}FeatureTypeStyle", f"{SE}Title", *_SYMBOLIZERS}
    seen: set[str] = set()
    for child in element:
        if child.tag not in known:
            expected = ", ".join(_short(tag) for tag in known) or "nothing"
            raise UnreadableError(
                child, f"{_short(child.tag)} in {_short(element.tag)} is not supported: expected {expected}"
            )
        if child.tag in seen and child.tag not in several:
            raise UnreadableError(child, f"{_short(child.tag)} stands here twice")
        seen.add(child.tag)


def _one(element: Element, tag: str) -> Element:
    found = element.find(tag)
    if found is None:
        raise UnreadableError(element, f"{_short(element.tag)} needs a {_short(tag)}")
    return found


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _title(element: Element) -> Text:
    """Dutch and English title of a Rule or UserStyle; English falls back on Dutch."""
    description = element.find(f"{SE}Description")
    if description is None:
        return Text("", "")
    _children(description, f"{SE}Title", f"{SE}Abstract")
    titles = {item.get(LANG, "nl"): (item.text or "").strip() for item in description.iterchildren(f"{SE}Title")}
    if unknown := set(titles) - {"nl", "en"}:
        raise UnreadableError(description, f"Title in {', '.join(sorted(unknown))}: expected nl or en")
    return Text(titles.get("nl", ""), titles.get("en", titles.get("nl", "")))


def _choice(element: Element, tag: str, allowed: Iterable[str]) -> str:
    return _allowed(element, _text(element, tag), tuple(allowed))


def _allowed(element: Element, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise UnreadableError(element, f"found {value!r}, expected one of {', '.join(allowed)}")
    return value


def _number_of(element: Element, tag: str) -> float | None:
    found = element.find(tag)
    return None if found is None else _number(found, (found.text or "").strip())


def _number(element: Element, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UnreadableError(element, f"found {text!r}, expected a number") from None


def _opacity(element: Element, value: float | None) -> float:
    if value is None:
        return 1.0
    if not 0 <= value <= 1:
        raise UnreadableError(element, f"opacity {value} is not from 0 to 1")
    return value


def _short(tag: str) -> str:
    return tag.rpartition("}")[2]
