"""MapProxy's configuration: the fixed part of ``config/mapproxy.yaml`` joined with the layers that an actor may see.

In: the visible layers and the state of their publication. Out: a MapProxy WSGI app that knows those layers and no
others, so that a hidden layer is absent from it as one that never existed.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import yaml
from mapproxy.cache.base import TileLocker
from mapproxy.config.configuration.base import ConfigurationError
from mapproxy.config.configuration.proxy import ProxyConfiguration
from mapproxy.config.spec import validate_options
from mapproxy.service.tile import TileServer
from mapproxy.util.lock import FileLock, cleanup_lockdir
from mapproxy.wsgiapp import MapProxyApp

from risicoatlas import proj
from risicoatlas.catalogue import Layer
from risicoatlas.description import Description
from risicoatlas.errors import AccessError, ConfigError
from risicoatlas.maps import legend, mapproxy_plugin
from risicoatlas.maps.answers import Answer
from risicoatlas.maps.mapproxy_plugin import Atelier
from risicoatlas.maps.style import Style
from risicoatlas.metadata import record as metadata
from risicoatlas.metadata.record import Record

FILE = "mapproxy.yaml"
# The standardised rendering pixel of OGC 06-042, in metres
PIXEL_M = 0.00028
_GENERATED = {"layers", "sources", "caches"}
_FORBIDDEN = {"ogcapi", "demo"}

Conf = dict[str, Any]


@dataclass(frozen=True)
class Extent:
    """A box in the layer's own CRS."""

    srid: int
    box: tuple[float, float, float, float]


def read(config: Path) -> Conf:
    """The fixed part; raises :class:`ConfigError` for what is generated, or would leave the access decision out."""
    path = config / FILE
    try:
        conf = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing: it holds the grids and services of the maps") from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(
            path, error.problem_mark.line + 1 if error.problem_mark else None, f"not valid YAML: {error.problem}"
        ) from error
    if not isinstance(conf, dict) or set(conf) & _GENERATED:
        raise ConfigError(
            path, None, f"{', '.join(sorted(_GENERATED))} are made from the catalogue and may not stand here"
        )
    if wrong := _FORBIDDEN & set(conf.get("services", {})):
        raise ConfigError(
            path, None, f"service {', '.join(sorted(wrong))} may not be on: it does not ask who may see a layer"
        )
    return conf


@dataclass(frozen=True)
class MapApp:
    """A MapProxy app with the grids and CRSs that it offers. ``edition`` names the publication and the styles that it
    draws: its folder of tiles."""

    app: MapProxyApp
    grids: Mapping[str, Any]
    srids: tuple[int, ...]
    edition: str = ""
    # capabilities by their address: they do not change as long as this app stands
    documents: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Without the hook MapProxy lets everything pass.
        if "mapproxy.authorize" not in environ:
            raise AccessError("nobody has decided what may be seen")
        answer: Iterable[bytes] = self.app(environ, start_response)
        return answer


def make_app(
    fixed: Conf, records: Iterable[Record], extents: Mapping[str, Extent], atelier: Atelier, cache: Path
) -> MapApp:
    """A MapProxy app for the layers of these records, its tiles under ``cache``."""
    mapproxy_plugin.plugin_entrypoint()
    told = tuple(records)
    served = [item.layer for item in told]
    conf = _joined(fixed, told, extents, atelier, cache)
    errors, informal_only = validate_options(conf)
    if errors and not informal_only:
        raise ConfigError(FILE, None, "; ".join(errors))
    try:
        proxy = ProxyConfiguration(conf, conf_base_dir=str(cache))
        services = proxy.configured_services()
    except ConfigurationError as error:
        raise ConfigError(FILE, None, str(error)) from error
    for service in services:
        if isinstance(service, TileServer):
            _count_levels_alike(service)
            _close_locks(service)
    grids = {name: proxy.grids[name].tile_grid() for name in fixed["grids"]}
    srids = tuple(dict.fromkeys(srid for layer in served for srid in layer.srids))
    return MapApp(MapProxyApp(services, proxy.base_config), grids, srids, cache.name)


def _count_levels_alike(service: TileServer) -> None:
    """MapProxy's ``/tms`` leaves out the first level of world-wide grids; here z is the same everywhere."""
    for layer in service.layers.values():
        layer.grid._skip_first_level = False


class _ClosedLock(FileLock):  # type: ignore[misc] # MapProxy has no types
    """MapProxy removes the file of a lock and leaves closing it to the garbage collector."""

    def unlock(self) -> None:
        held = self._locked
        super().unlock()
        if held:
            self._lock.close()


class _Locker(TileLocker):  # type: ignore[misc]
    def lock(self, tile: Any) -> FileLock:
        cleanup_lockdir(self.lock_dir, max_lock_time=self.lock_timeout + 10, force=False)
        return _ClosedLock(self.lock_filename(tile), timeout=self.lock_timeout, remove_on_unlock=True)


def _close_locks(service: TileServer) -> None:
    for layer in service.layers.values():
        made = layer.tile_manager.locker
        if isinstance(made, TileLocker):
            layer.tile_manager.locker = _Locker(made.lock_dir, made.lock_timeout, made.lock_cache_id)


def _joined(
    fixed: Conf, records: tuple[Record, ...], extents: Mapping[str, Extent], atelier: Atelier, cache: Path
) -> Conf:
    conf = copy.deepcopy(fixed)
    layers = [item.layer for item in records]
    if records:
        conf["services"]["wms"]["md"] = described(records[0].about) | conf["services"]["wms"].get("md", {})
    grids = list(conf["grids"])
    conf["globals"].setdefault("cache", {}).update(base_dir=str(cache), tile_lock_dir=str(cache / "locks"))
    served = list(dict.fromkeys(srid for layer in layers for srid in layer.srids))
    conf["services"]["wms"]["srs"] = [*(f"EPSG:{srid}" for srid in served), "CRS:84"]
    conf["services"]["wms"]["bbox_srs"] = [f"EPSG:{srid}" for srid in served]
    conf["sources"], conf["caches"], conf["layers"] = {}, {}, []
    for record in records:
        layer = record.layer
        extent = extents.get(layer.name) or domain(layer.srid)
        source = {
            "type": mapproxy_plugin.SOURCE_TYPE,
            "layer": layer,
            "atelier": atelier,
            "extent": [extent.srid, *extent.box],
        }
        conf["sources"][f"{layer.name}_drawn"] = source
        conf["caches"][f"{layer.name}_tiles"] = _cache(layer, grids)
        conf["layers"].append(_layer(record, atelier.renderer.styles[layer.name]))
    return conf


def _cache(layer: Layer, grids: list[str]) -> Conf:
    conf: Conf = {"sources": [f"{layer.name}_drawn"], "grids": grids, "format": "image/png"}
    if layer.restricted:
        # Never on disk, one picture a tile, in the thread that knows the actor.
        return conf | {"disable_storage": True, "meta_size": [1, 1], "concurrent_tile_creators": 1}
    if layer.own:
        # It changes without a publication: a kept tile would be of nobody knows when.
        return conf | {"disable_storage": True, "meta_size": [1, 1]}
    return conf | {"cache": {"type": "file", "directory_layout": "tc"}}


def described(about: Description) -> Conf:
    """What every capabilities document says of the service, where mapproxy.yaml does not."""
    return {
        "title": escape(about.title["nl"]),
        "abstract": escape(about.text["nl"]),
        "online_resource": escape(about.provider["url"]),
        "contact": {
            "person": escape(about.contact["name"]),
            "organization": escape(about.provider["name"]),
            "email": escape(about.contact["email"]),
        },
        "access_constraints": escape(about.license.url),
        "keyword_list": [{"keywords": [escape(word) for word in about.keywords["nl"]]}],
    }


def _layer(record: Record, style: Style) -> Conf:
    # MapProxy writes titles into its XML as they are.
    layer = record.layer
    conf: Conf = {
        "name": layer.name,
        "title": escape(layer.title.nl),
        "sources": [f"{layer.name}_drawn"],
        "tile_sources": [f"{layer.name}_tiles"],
        "md": {
            "abstract": escape(abstract(record, style)),
            "keyword_list": [{"keywords": [escape(word) for word in record.keywords("nl")]}],
            "attribution": {"title": escape(record.attribution.nl), "url": record.about.provider["url"]},
            "metadata": [
                {"url": address, "type": "ISO19115:2003", "format": "application/xml"} for address in sources(record)
            ],
            "data": [{"url": record.page, "format": "application/json"}],
        },
    }
    # MapProxy calls the coarsest resolution min_res; so the capabilities tell MaxScaleDenominator.
    return conf | ({"min_res": style.max_scale * PIXEL_M} if style.max_scale else {})


def sources(record: Record) -> list[str]:
    """Addresses of the metadata of a layer: ours and, where it is known, the data owner's."""
    return [record.address, *([record.layer.metadata_url] if record.layer.metadata_url else [])]


def abstract(record: Record, style: Style) -> str:
    """Both descriptions with dates and terms, and the scale from which the layer is drawn: an empty overview is not
    "nothing there"."""
    texts = []
    for language in ("nl", "en"):
        texts.append(record.layer.description.get(language))
        if note := legend.drawn_from(style, language):
            texts.append(f"{note}.")
        texts += [metadata.summary(record, language), metadata.terms(record, language)]
        if record.inexact:
            texts.append(record.inexact.get(language))
    return " ".join(text for text in texts if text)


def domain(srid: int) -> Extent:
    """Where a CRS is meant to be used: the extent of a layer that has none of its own, or may not show it."""
    area = proj.CRS.from_epsg(srid).area_of_use
    if area is None:
        raise ConfigError(FILE, None, f"EPSG:{srid} has no area of use: give the layer another CRS")
    return Extent(4326, (area.west, area.south, area.east, area.north))
