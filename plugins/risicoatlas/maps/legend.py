"""Legends: a picture and a JSON model, both from the style model, so that they say what the rules draw.

In: a style. Out: a Pillow picture whose swatches mapnik drew with the very same symbols, or a dictionary.
"""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from risicoatlas.catalogue import Layer
from risicoatlas.maps import mapnik_style
from risicoatlas.maps.engine import FONTS, mapnik
from risicoatlas.maps.graphics import Graphics
from risicoatlas.maps.style import Fill, LineSymbol, PointSymbol, PolygonSymbol, Rule, Stroke, Style, Symbol

SWATCH = (32, 20)
MARGIN_PX = 6
TEXT_PX = 12
# An area of a swatch, leaving room for its outline; a line that rises through it; its middle.
_AREA = "POLYGON((3 3, 29 3, 29 17, 3 17, 3 3))"
_LINE = "LINESTRING(2 6, 12 14, 20 6, 30 14)"
_POINT = "POINT(16 10)"
_DRAWN_FROM = {"nl": ("Getekend vanaf schaal 1:{}", "."), "en": ("Drawn from scale 1:{}", ",")}


def draw(
    style: Style,
    layer: Layer,
    graphics: Graphics,
    *,
    language: str = "nl",
    scale: float | None = None,
    transparent: bool = False,
) -> Image.Image:
    """The legend as RGBA: one line per rule with a title, and the scale from which the layer is drawn."""
    rules = list(style.legend_rules(scale))
    letters = font(TEXT_PX)
    note = drawn_from(style, language)
    texts = [rule.title.get(language) for rule in rules] + ([note] if note else [])
    step = SWATCH[1] + MARGIN_PX
    width = MARGIN_PX * 3 + SWATCH[0] + max((round(letters.getlength(text)) for text in texts), default=0)
    picture = Image.new(
        "RGBA", (width, MARGIN_PX + step * max(len(texts), 1)), (255, 255, 255, 0 if transparent else 255)
    )
    pen = ImageDraw.Draw(picture)
    for number, text in enumerate(texts):
        top = MARGIN_PX + number * step
        if number < len(rules):
            drawn = swatch(rules[number], layer, graphics)
            picture.alpha_composite(drawn, (MARGIN_PX, top))
        left = MARGIN_PX * 2 + SWATCH[0] if number < len(rules) else MARGIN_PX
        pen.text((left, top + SWATCH[1] / 2), text, fill=(34, 34, 34, 255), font=letters, anchor="lm")
    return picture


def swatch(rule: Rule, layer: Layer, graphics: Graphics) -> Image.Image:
    """One rule drawn by mapnik on a figure of the layer's kind, RGBA on transparent."""
    drawing = mapnik.Map(*SWATCH, "epsg:3857")
    mapnik.load_map_from_string(drawing, mapnik_style.compile_swatch(rule, graphics))
    feature = mapnik.Feature(mapnik.Context(), 1)
    feature.geometry = mapnik.Geometry.from_wkt(
        {"Point": _POINT, "MultiLineString": _LINE}.get(layer.geometry_type, _AREA)
    )
    source = mapnik.MemoryDatasource()
    source.add_feature(feature)
    shown = mapnik.Layer("swatch", "epsg:3857")
    shown.datasource = source
    shown.styles.append("swatch")
    drawing.layers.append(shown)
    drawing.zoom_to_box(mapnik.Box2d(0, 0, *SWATCH))
    image = mapnik.Image(*SWATCH)
    mapnik.render(drawing, image)
    return Image.frombuffer("RGBA", SWATCH, image.to_string(), "raw", "RGBA", 0, 1).copy()


def drawn_from(style: Style, language: str) -> str:
    """The sentence about the scale from which the layer is drawn; empty where it always is."""
    if style.max_scale is None:
        return ""
    sentence, separator = _DRAWN_FROM[language]
    return sentence.format(f"{style.max_scale:,.0f}".replace(",", separator))


@lru_cache(maxsize=4)
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / "DejaVuSans.ttf"), size)


def model(style: Style, layer: Layer, scale: float | None = None) -> dict[str, Any]:
    """The legend as data::

        {"layer": "kgl_public", "title": {"nl": …, "en": …}, "drawn_from": 100000, "rules": [
          {"name": "kwetsbaar.dichtbij", "title": {"nl": …, "en": …}, "min_scale": null, "max_scale": 10000,
           "symbols": [{"kind": "polygon", "fill": "#fd9a3c", "fill_opacity": 1, "hatch": null, "stroke": "#8c4a00",
                        "stroke_width": 1.2, "stroke_opacity": 1, "dash": []}]}]}

    ``drawn_from`` is the scale denominator above which nothing is drawn, null where something always is.
    """
    return {
        "layer": layer.name,
        "title": asdict(style.title if style.title.nl else layer.title),
        "drawn_from": style.max_scale,
        "rules": [
            {
                "name": rule.name,
                "title": asdict(rule.title),
                "min_scale": rule.min_scale,
                "max_scale": rule.max_scale,
                "symbols": [described for symbol in rule.symbols if (described := _described(symbol))],
            }
            for rule in style.legend_rules(scale)
        ],
    }


def _described(symbol: Symbol) -> dict[str, Any] | None:
    match symbol:
        case PolygonSymbol(fill, stroke):
            return {"kind": "polygon"} | _fill(fill) | _stroke(stroke)
        case LineSymbol(stroke):
            return {"kind": "line"} | _stroke(stroke)
        case PointSymbol(mark, size, fill, stroke):
            return {"kind": "point", "mark": mark, "size": size} | _fill(fill) | _stroke(stroke)
        case _:
            return None


def _fill(fill: Fill | None) -> dict[str, Any]:
    hatch = fill.hatch if fill else None
    return {
        "fill": fill.color if fill else None,
        "fill_opacity": fill.opacity if fill else 0,
        "hatch": {"shape": hatch.shape, "color": hatch.stroke.color, "width": hatch.stroke.width, "size": hatch.size}
        if hatch
        else None,
    }


def _stroke(stroke: Stroke | None) -> dict[str, Any]:
    return {
        "stroke": stroke.color if stroke else None,
        "stroke_width": stroke.width if stroke else 0,
        "stroke_opacity": stroke.opacity if stroke else 0,
        "dash": list(stroke.dash) if stroke else [],
    }
