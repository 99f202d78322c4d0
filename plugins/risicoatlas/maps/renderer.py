"""Draws one layer as a picture: mapnik over PostGIS, as the public role or limited to the actor's areas.

In: a layer, a box and a size in pixels. Out: a Pillow picture in RGBA, transparent where nothing is drawn. The database
transforms (:mod:`risicoatlas.crs`, the one way for every protocol); mapnik never does.
"""

import logging
import queue
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from PIL import Image
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from risicoatlas import crs
from risicoatlas.catalogue import GEOMETRY, Layer
from risicoatlas.errors import UnavailableError
from risicoatlas.maps import mapnik_style
from risicoatlas.maps.engine import mapnik
from risicoatlas.maps.graphics import Graphics
from risicoatlas.maps.style import Style

LOG = logging.getLogger("risicoatlas.maps")
# Shorter than a publication waits for its readers (publish.engine.LOCK_TIMEOUT)
TIMEOUT_S = 15
CONNECTIONS = 16
# How every connection of the renderer is set; the costs of PostGIS would make PostgreSQL compile each query.
_SESSION = {
    "role": "ra_public",
    "default_transaction_read_only": "on",
    "statement_timeout": f"{TIMEOUT_S}s",
    "jit": "off",
    "timezone": "UTC",
}
_UNIT = {True: "epsg:4326", False: "epsg:3857"}
_SQL_TYPES = {"integer": "bigint", "number": "double precision", "boolean": "boolean"}


@dataclass(frozen=True)
class Picture:
    """What is asked: a box, east or longitude first, in ``srid``, drawn on ``width`` × ``height`` pixels."""

    box: tuple[float, float, float, float]
    srid: int
    width: int
    height: int


@dataclass(frozen=True)
class Renderer:
    """Holds a stock of mapnik maps per layer and CRS; a map is used by one thread at a time."""

    conninfo: str = field(repr=False)
    styles: Mapping[str, Style]
    graphics: Graphics
    _stock: dict[tuple[str, int], "queue.LifoQueue[Any]"] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def draw(self, layer: Layer, picture: Picture, areas: str = "") -> Image.Image:
        """The picture; ``areas`` is what a restricted layer is limited to (``*`` for all, empty for no row at all).

        Raises :class:`UnavailableError` when the database does not answer.
        """
        stock = self._stock_of(layer, picture.srid)
        try:
            drawing = stock.get_nowait()
        except queue.Empty:
            drawing = None
        try:
            drawing, image = self._drawn(drawing, layer, picture, areas)
        except RuntimeError as error:
            # mapnik's text names the connection and the statement: it is for the log only
            LOG.error("layer %s could not be drawn: %s", layer.name, error)
            raise UnavailableError(f"layer {layer.name} cannot be drawn at the moment") from None
        stock.put(drawing)
        return image

    def _drawn(self, drawing: Any, layer: Layer, picture: Picture, areas: str) -> tuple[Any, Image.Image]:
        """A map from the stock may hold a connection that died meanwhile: then once more with a new map."""
        if drawing is not None:
            try:
                return drawing, _render(drawing, picture, areas)
            except RuntimeError:
                LOG.warning("layer %s: drawing again on a new connection", layer.name)
        fresh = self._map(layer, picture.srid)
        return fresh, _render(fresh, picture, areas)

    def _stock_of(self, layer: Layer, srid: int) -> "queue.LifoQueue[Any]":
        with self._lock:
            return self._stock.setdefault((layer.name, srid), queue.LifoQueue())

    def _map(self, layer: Layer, srid: int) -> Any:
        style = self.styles[layer.name]
        # Geometry arrives in the CRS of the picture: mapnik only has to know whether a unit is a metre or a degree.
        unit = _UNIT[srid in crs.GEOGRAPHIC]
        drawing = mapnik.Map(1, 1, unit)
        mapnik.load_map_from_string(drawing, mapnik_style.compile_style(style, self.graphics))
        drawing.srs = unit
        drawing.aspect_fix_mode = mapnik.aspect_fix_mode.RESPECT
        drawing.buffer_size = style.reach_px
        drawn = mapnik.Layer(layer.name, unit)
        drawn.datasource = mapnik.PostGIS(**datasource(self.conninfo, layer, style, srid))
        for name in mapnik_style.style_names(style):
            drawn.styles.append(name)
        drawing.layers.append(drawn)
        return drawing


def _render(drawing: Any, picture: Picture, areas: str) -> Image.Image:
    drawing.resize(picture.width, picture.height)
    drawing.zoom_to_box(mapnik.Box2d(*picture.box))
    image = mapnik.Image(picture.width, picture.height)
    mapnik.render_with_vars(drawing, image, {"gebieden": areas})
    size = (picture.width, picture.height)
    return Image.frombuffer("RGBA", size, image.to_string(), "raw", "RGBA", 0, 1)


def datasource(conninfo: str, layer: Layer, style: Style, srid: int) -> dict[str, Any]:
    """The parameters of mapnik's PostGIS plugin.

    mapnik joins its parameters to a connection string without quoting any, so each is quoted here.
    """
    known = conninfo_to_dict(conninfo)
    password, dbname = known.pop("password", None), known.pop("dbname", "")
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    known["options"] = f"{known.get('options') or ''} {options}".strip()
    known["application_name"] = "risicoatlas maps"
    table = sql.SQL("({}) AS laag").format(_rows(layer, style, srid))
    parameters: dict[str, Any] = {
        "dbname": f"{_quoted('dbname', str(dbname))} {make_conninfo('', **known)}",
        "table": table.as_string(None),
        "geometry_field": GEOMETRY,
        "key_field": "volgnummer",
        "srid": srid,
        # Given, so that mapnik does not read a whole layer for it at the start; nothing is cut by it.
        "extent": "-30000000,-30000000,30000000,30000000",
        "initial_size": 1,
        "max_size": CONNECTIONS,
    }
    return parameters | ({"password": _quoted("password", str(password))} if password else {})


def _quoted(name: str, value: str) -> str:
    return make_conninfo("", **{name: value}).removeprefix(f"{name}=")


def _rows(layer: Layer, style: Style, srid: int) -> sql.Composed:
    """The current rows of the layer in the box that mapnik asks for, geometry in ``srid``.

    mapnik puts its box at ``!bbox!`` and the areas, quoted, at ``!@gebieden!``.
    """
    window = sql.SQL("!bbox!" if srid == layer.srid else "publiek.kaartvenster(!bbox!, {})").format(
        sql.Literal(layer.srid)
    )
    columns = sql.SQL("").join(
        sql.SQL(", {0}::{1} AS {0}").format(sql.Identifier(name), sql.SQL(_sql_type(layer, name)))
        for name in style.fields
    )
    if layer.restricted:
        source = _restricted_rows(layer, style, window)
        geometry = crs.transformed(sql.Identifier(GEOMETRY), layer.srid, srid)
    else:
        current = sql.SQL("{} WHERE publicatie_tot IS NULL AND {} && {} ORDER BY volgnummer")
        source = current.format(layer.table, sql.Identifier("geometrie_bron" if layer.own else GEOMETRY), window)
        geometry = _geometry(layer, srid)
    # mapnik wants a number; the key of an own table may be a text
    number = sql.SQL(
        "row_number() OVER (ORDER BY volgnummer) AS volgnummer" if layer.own and not layer.restricted else "volgnummer"
    )
    return sql.SQL("SELECT {}{}, {} AS {} FROM {}").format(number, columns, geometry, sql.Identifier(GEOMETRY), source)


def _geometry(layer: Layer, srid: int) -> sql.Composable:
    """The geometry in ``srid``, from the stored ETRS89 column where that saves a transformation."""
    if srid == layer.srid:
        return sql.Identifier(GEOMETRY)
    if layer.own:
        return crs.transformed(sql.Identifier(GEOMETRY), layer.srid, srid)
    return crs.transformed(sql.Identifier("geometrie_etrs89"), 4258, srid)


def _restricted_rows(layer: Layer, style: Style, window: sql.Composable) -> sql.Composed:
    types = [_sql_type(layer, name) for name in style.fields]
    described = sql.SQL("").join(
        sql.SQL(", {} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in zip(style.fields, types, strict=True)
    )
    return sql.SQL(
        "publiek.{}({}, {}, {}::text[], {}::regtype[], {}, !@gebieden!) AS rij(volgnummer bigint{}, {} geometry)"
    ).format(
        sql.Identifier("kaart_besloten_eigen" if layer.own else "kaart_besloten"),
        sql.Literal(layer.name),
        sql.Literal(layer.area_field),
        sql.Literal(list(style.fields)),
        sql.Literal(types),
        window,
        described,
        sql.Identifier(GEOMETRY),
    )


def _sql_type(layer: Layer, name: str) -> Any:
    """Dates become text: mapnik reads numbers, booleans and text."""
    return _SQL_TYPES.get(layer.by_name[name].type, "text")
