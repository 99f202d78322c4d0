"""The source that MapProxy draws our layers with: ``type: risicoatlas`` (entry-point group ``mapproxy``).

MapProxy's own mapnik source fails with mapnik 4.3. A public layer is drawn for everybody alike and may be cached; a
restricted one is drawn for the actor of the request, read from the context variable. MapProxy may lose that variable in
its thread pool: then nothing is drawn.
"""

from dataclasses import dataclass, field
from typing import Any

from mapproxy.config.configuration.source import (
    SourceConfiguration,
    register_source_configuration,
    source_configuration_types,
)
from mapproxy.extent import MapExtent
from mapproxy.image import ImageResult
from mapproxy.image.opts import ImageOptions
from mapproxy.layer import BlankImageError
from mapproxy.layer.map_layer import MapLayer
from mapproxy.query import InfoQuery, LegendQuery, MapQuery
from mapproxy.source import InfoSource, LegendSource, SourceError
from mapproxy.srs import _SRS, SRS
from mapproxy.util.ext.dictspec.spec import anything, number, required
from PIL import Image

from risicoatlas import proj
from risicoatlas.access import actor
from risicoatlas.catalogue import Layer
from risicoatlas.errors import AccessError, RisicoAtlasError
from risicoatlas.maps import feature_info, legend
from risicoatlas.maps.renderer import Picture, Renderer
from risicoatlas.service import Service

SOURCE_TYPE = "risicoatlas"


@dataclass(frozen=True)
class Atelier:
    """What every source needs to draw and to answer: handed to MapProxy inside the source's configuration."""

    service: Service
    renderer: Renderer
    _legends: dict[str, Image.Image] = field(default_factory=dict, repr=False)

    def legend(self, layer: Layer) -> Image.Image:
        """The legend of a layer in its default form, drawn once."""
        if layer.name not in self._legends:
            style = self.renderer.styles[layer.name]
            self._legends[layer.name] = legend.draw(style, layer, self.renderer.graphics)
        return self._legends[layer.name]

    def areas(self, layer: Layer) -> str:
        """The areas that the actor of this request may see of a restricted layer; empty where nothing may be seen."""
        if not layer.restricted:
            return ""
        try:
            decision = self.service.rules.decide(actor.current(), layer)
        except AccessError:
            return ""
        return decision.areas_setting if decision.allowed else ""


class LayerSource(MapLayer):  # type: ignore[misc] # MapProxy has no types
    """Draws one layer of the catalogue in whatever CRS is asked."""

    supports_meta_tiles = True

    def __init__(self, layer: Layer, atelier: Atelier, extent: MapExtent) -> None:
        super().__init__(image_opts=ImageOptions(transparent=True, format="image/png"))
        self.layer = layer
        self.atelier = atelier
        self.extent = extent

    def get_map(self, query: MapQuery) -> ImageResult:
        areas = self.atelier.areas(self.layer)
        if self.layer.restricted and not areas:
            raise BlankImageError
        picture = Picture(tuple(query.bbox), srid_of(query.srs), *query.size)
        try:
            image = self.atelier.renderer.draw(self.layer, picture, areas)
        except RisicoAtlasError as error:
            raise SourceError(str(error)) from error
        return ImageResult(
            image, size=query.size, image_opts=self.image_opts, cacheable=not (self.layer.restricted or self.layer.own)
        )


class LayerInfo(InfoSource):  # type: ignore[misc]
    """Answers GetFeatureInfo of one layer through the query layer."""

    def __init__(self, layer: Layer, atelier: Atelier) -> None:
        self.layer = layer
        self.atelier = atelier

    def get_info(self, query: InfoQuery) -> feature_info.Answer:
        click = feature_info.click(query.bbox, query.size, query.pos, srid_of(query.srs), query.feature_count)
        try:
            found = feature_info.look_up(self.layer, click, self.atelier.service)
        except RisicoAtlasError as error:
            raise SourceError(str(error)) from error
        return feature_info.answer(query.info_format, found)


class LayerLegend(LegendSource):  # type: ignore[misc]
    """The size of a legend, for the capabilities; GetLegendGraphic itself is answered before MapProxy."""

    def __init__(self, layer: Layer, atelier: Atelier) -> None:
        self.layer = layer
        self.atelier = atelier

    @property
    def size(self) -> tuple[int, int]:
        return self.atelier.legend(self.layer).size

    def get_legend(self, query: LegendQuery) -> ImageResult:
        return ImageResult(self.atelier.legend(self.layer), size=self.size, image_opts=ImageOptions(format="image/png"))


class LayerSourceConfiguration(SourceConfiguration):  # type: ignore[misc]
    """``{type: risicoatlas, layer: Layer, atelier: Atelier, extent: [srid, minx, miny, maxx, maxy]}``"""

    def source(self, params: dict[str, Any] | None = None) -> LayerSource:
        srid, *box = self.conf["extent"]
        return LayerSource(self.conf["layer"], self.conf["atelier"], MapExtent(tuple(box), SRS(srid)))

    def fi_source(self, params: dict[str, Any] | None = None) -> LayerInfo:
        return LayerInfo(self.conf["layer"], self.conf["atelier"])

    def lg_source(self, params: dict[str, Any] | None = None) -> LayerLegend:
        return LayerLegend(self.conf["layer"], self.conf["atelier"])


def srid_of(srs: SRS) -> int:
    """The number of a MapProxy SRS; CRS:84 is EPSG:4326 here, as MapProxy hands boxes over longitude first."""
    code = str(srs.srs_code).upper()
    return 4326 if code == "CRS:84" else int(code.removeprefix("EPSG:"))


def _way_of_the_house(source: _SRS, target: _SRS) -> proj.Way:
    return proj.between(srid_of(source), srid_of(target))


def plugin_entrypoint() -> None:
    """Called by MapProxy; registering twice changes nothing.

    MapProxy would ask PROJ for 4326 and 3857 at once, and so miss the correction grid: its boxes would lie up to 0.25 m
    beside what the database draws.
    """
    _SRS._transformer = _way_of_the_house
    if SOURCE_TYPE in source_configuration_types:
        return
    spec = {required("layer"): anything(), required("atelier"): anything(), required("extent"): [number()]}
    register_source_configuration(SOURCE_TYPE, LayerSourceConfiguration, SOURCE_TYPE, spec)
