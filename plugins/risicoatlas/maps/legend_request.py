"""GetLegendGraphic: reads the request and answers with the legend as picture or JSON.

/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=kgl_public&FORMAT=image/png&LANGUAGE=nl&SCALE=5000
/wms?SERVICE=WMS&REQUEST=GetLegendGraphic&LAYER=kgl_public&FORMAT=application/json
"""

import json
from collections.abc import Mapping
from io import BytesIO
from urllib.parse import urlencode

from PIL import Image

from risicoatlas.catalogue import Layer
from risicoatlas.errors import RequestError
from risicoatlas.maps import legend
from risicoatlas.maps.answers import Answer
from risicoatlas.maps.renderer import Renderer
from risicoatlas.maps.requests import MapRequest

FORMATS = ("image/png", "image/jpeg", "application/json")
LANGUAGES = ("nl", "en")


def query(layer: str) -> str:
    """The query string of a layer's legend."""
    return urlencode(
        {"service": "WMS", "version": "1.3.0", "request": "GetLegendGraphic", "layer": layer, "format": FORMATS[0]}
    )


def answer(request: MapRequest, layers: Mapping[str, Layer], renderer: Renderer) -> Answer:
    """The legend of one layer; RULE narrows it to one rule, SCALE to the rules that are drawn there."""
    name = request.required("layer")
    if len(request.layers) != 1 or request.layers[0] not in layers:
        raise RequestError(f"there is no layer {name!r}", "layer", "LayerNotDefined")
    layer = layers[request.layers[0]]
    style = renderer.styles[layer.name]
    media_type = request.parameters.get("format") or FORMATS[0]
    if media_type not in FORMATS:
        raise RequestError(f"format {media_type!r} is not one of {', '.join(FORMATS)}", "format", "InvalidFormat")
    scale = _scale(request)
    if media_type == "application/json":
        body = json.dumps(legend.model(style, layer, scale), ensure_ascii=False).encode()
        return Answer(body, media_type, private=layer.restricted)
    transparent = request.parameters.get("transparent", "").lower() == "true"
    picture = legend.draw(
        style, layer, renderer.graphics, language=_language(request), scale=scale, transparent=transparent
    )
    return Answer(encoded(picture, media_type), media_type, private=layer.restricted)


def encoded(picture: Image.Image, media_type: str) -> bytes:
    """The picture as PNG or JPEG; JPEG knows no transparency and gets a white ground."""
    out = BytesIO()
    if media_type == "image/jpeg":
        ground = Image.new("RGBA", picture.size, "white")
        Image.alpha_composite(ground, picture).convert("RGB").save(out, "JPEG", quality=90)
    else:
        picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _language(request: MapRequest) -> str:
    found = (request.parameters.get("language") or LANGUAGES[0])[:2].lower()
    return found if found in LANGUAGES else LANGUAGES[0]


def _scale(request: MapRequest) -> float | None:
    text = request.parameters.get("scale", "")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise RequestError(f"scale {text!r} is not a scale denominator", "scale") from None
