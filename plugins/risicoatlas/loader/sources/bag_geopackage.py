"""BAG objects from a GeoPackage (or another vector file), in one of the layouts of ``config/sources/bag.yaml``.

In: a path. Out: staged rows. Such a file does not say whether it is complete, so nothing in the register ends because
of it.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fiona.model import Geometry

from risicoatlas.errors import SourceError
from risicoatlas.loader import mapping, vector, wkb
from risicoatlas.loader.mapping import Layout
from risicoatlas.loader.source import Load
from risicoatlas.loader.sources.bag_rows import KINDS, SRID, ending
from risicoatlas.loader.vector import VectorLayer

CRS = (28992, 7415)  # RD New, and RD New with NAP heights
ADDRESS = ("postcode", "huisnummer", "huisletter", "toevoeging", "openbareruimte_naam", "woonplaats_naam")
ID_DIGITS = 16
# Two deliveries of one municipality differ in what was built or ended between their dates.
SAME_SHARE = 0.8
# A number column drops leading zeros; no municipality has a code below 0003, so 13 digits are the least there can be.
MIN_ID_DIGITS = 13

# Kinds whose identification a number column may have shortened.
PADDED = {"pand", "verblijfsobject", "ligplaats", "standplaats"}

Values = dict[str, Any]
Row = tuple[object, ...]


@dataclass(frozen=True)
class Use:
    """A layer of the file, the kind of object in it, and the layout in which it comes."""

    layer: VectorLayer
    kind: str
    layout: Layout


@dataclass(frozen=True)
class Declared:
    """What the configuration says of one kind."""

    kind: str
    layers: tuple[str, ...]
    geometry: str | None
    layouts: tuple[Layout, ...]


def declared(config: Path) -> tuple[Declared, ...]:
    """The kinds of ``config/sources/bag.yaml``."""
    path = config / "sources" / "bag.yaml"
    kinds = mapping.read_yaml(path)["kinds"]
    return tuple(
        Declared(kind, tuple(item["layers"]), item.get("geometry"), mapping.layouts(path, item["layouts"]))
        for kind, item in kinds.items()
    )


def uses(path: Path, config: Path) -> list[Use]:
    """Which layers hold which kind; a layer that is named as a kind but misses a column raises :class:`SourceError`."""
    kinds = declared(config)
    found = (_use(path, layer, kinds) for layer in vector.layers(path))
    return [use for use in found if use is not None]


def _use(path: Path, layer: VectorLayer, kinds: tuple[Declared, ...]) -> Use | None:
    for item in kinds:
        if layer.name.lower() in item.layers:
            return Use(layer, item.kind, mapping.required(item.layouts, layer.header, path, f"layer {layer.name}"))
    candidates = [
        Use(layer, item.kind, layout)
        for item in kinds
        if _has_geometry(layer, item.geometry) and (layout := mapping.fitting(item.layouts, layer.header))
    ]
    # The kind that asks most of the header: a woonplaats needs little, so much else looks like one.
    best = max(candidates, key=lambda use: len(use.layout.columns), default=None)
    return best if best and best.kind in {"pand", "verblijfsobject"} else None


def _has_geometry(layer: VectorLayer, wanted: str | None) -> bool:
    if wanted is None or layer.geometry is None:
        return wanted is layer.geometry
    return layer.geometry == "Unknown" or wanted in layer.geometry


def holds(path: Path, config: Path, panden: list[str]) -> bool:
    """Whether nearly all of these panden are in the file."""
    for use in uses(path, config):
        if use.kind == "pand" and panden:
            column = use.layout.columns["identificatie"]
            asked = [prefix + pand for pand in panden for prefix in ("", "NL.IMBAG.Pand.")]
            return vector.matching(path, use.layer.name, column, asked) >= SAME_SHARE * len(panden)
    return False


def stage(load: Load) -> None:
    """Stage every layer that holds a kind of BAG object."""
    found = uses(load.path, load.settings.config)
    if not any(use.kind in {"pand", "verblijfsobject"} for use in found):
        raise SourceError(load.path, None, "no layer with panden or verblijfsobjecten was found")
    for use in found:
        _refuse_crs(load.path, use.layer)
        with load.progress.task(f"{load.path.name}, {use.layer.name}", use.layer.count, "objecten") as advance:
            _stage_layer(load, use, advance)


def _refuse_crs(path: Path, layer: VectorLayer) -> None:
    if layer.geometry is not None and layer.epsg not in CRS:
        raise SourceError(path, f"layer {layer.name}", f"the CRS is {layer.crs_name}, expected EPSG:28992")


def _stage_layer(load: Load, use: Use, advance: Callable[[int], None]) -> None:
    kind = KINDS[use.kind]
    with load.copying(kind.table, kind.columns) as write:
        for _, values in _current(load, use, advance):
            write(tuple(values.get(name) for name in kind.columns))
    if use.kind == "verblijfsobject" and "postcode" in use.layout.used(use.layer.header):
        _stage_addresses(load, use)


def _current(load: Load, use: Use, advance: Callable[[int], None]) -> Iterator[tuple[str, Values]]:
    """Place and values of each current occurrence by our names, ready for staging; the others are counted."""
    tally, columns = load.report.tally(use.kind), use.layout.used(use.layer.header)
    for number, properties, geometry in vector.rows(load.path, use.layer.name, columns.values()):
        place = f"laag {use.layer.name}, rij {number}"
        values = {ours: _plain(properties[column]) for ours, column in columns.items()}
        tally.gelezen += 1
        advance(1)
        if reason := ending(values):
            tally.skip(reason)
            continue
        yield place, _prepared(values, geometry, place, use)


def _prepared(values: Values, geometry: Geometry | None, place: str, use: Use) -> Values:
    values["plaats"] = place
    values["soort"] = use.kind
    values["identificatie"] = _bare(values.get("identificatie"), pad=use.kind in PADDED)
    for name in ("nummeraanduiding", "openbareruimte", "woonplaats"):
        values[name] = _bare(values.get(name))
    if use.kind == "verblijfsobject":
        values["gebruiksdoelen"] = _listed(values.get("gebruiksdoelen"))
        values["panden"] = [_bare(item, pad=True) for item in _listed(values.get("panden"))]
        values["nevenadressen"] = [_bare(item) for item in _listed(values.get("nevenadressen"))]
        if values["nummeraanduiding"] is None and values.get("huisnummer") is not None:
            # PDOK gives the address without its identification: the object lends it its own.
            values["nummeraanduiding"] = values["identificatie"]
    try:
        values["geometrie"] = vector.as_wkb(geometry, SRID)
    except wkb.ShapeError as error:
        values["fout"] = str(error)
    return values


def _stage_addresses(load: Load, use: Use) -> None:
    """The addresses that stand on the objects: a second reading, since one COPY runs at a time."""
    tally, columns = load.report.tally("nummeraanduiding"), use.layout.used(use.layer.header)
    with load.copying("bag_nummeraanduiding", ("plaats", "identificatie", "status", *ADDRESS)) as write:
        for number, properties, _ in vector.rows(load.path, use.layer.name, columns.values()):
            values = {ours: _plain(properties[column]) for ours, column in columns.items()}
            if values.get("huisnummer") is None:
                continue
            tally.gelezen += 1
            key = _bare(values["identificatie"], pad=True)
            address = (values.get(name) for name in ADDRESS)
            write((f"laag {use.layer.name}, rij {number}", key, "Naamgeving uitgegeven", *address))


def _plain(value: object) -> str | None:
    """Values as the extract writes them: text, numbers without a needless fraction, empty as None."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _bare(text: object, *, pad: bool = False) -> str | None:
    """An identification without its prefix, with the leading zeros that a number column took."""
    if text is None:
        return None
    bare = str(text).rsplit(".", 1)[-1]
    if pad and bare.isdecimal() and MIN_ID_DIGITS <= len(bare) < ID_DIGITS:
        return bare.zfill(ID_DIGITS)
    return bare


def _listed(text: object) -> list[str]:
    return [item for item in re.split(r"\s*,\s*", str(text).strip()) if item] if text else []
