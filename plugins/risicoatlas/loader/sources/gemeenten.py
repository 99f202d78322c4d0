"""Municipal boundaries of the Netherlands and Flanders, from a vector file with one row per municipality.

In: a layer in one of the layouts of ``config/sources/gemeenten.yaml``. Out: rows of ``register.gemeente`` in
EPSG:28992.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from risicoatlas import crs
from risicoatlas.errors import SourceError
from risicoatlas.loader import mapping, vector, wkb
from risicoatlas.loader.mapping import Layout
from risicoatlas.loader.source import Load
from risicoatlas.loader.vector import VectorLayer
from risicoatlas.settings import Settings

KIND = "gemeente"
COLUMNS = ("plaats", "fout", "gemeentecode", "naam", "land", "geometrie")
RD = 28992


@dataclass(frozen=True)
class GemeentenSource:
    """See :class:`~risicoatlas.loader.source.Source`."""

    name: str = "gemeenten"
    staging: tuple[str, ...] = ("gemeente",)

    def recognise(self, path: Path, settings: Settings) -> str | None:
        try:
            found = _used(path, settings)
        except SourceError:
            return None
        return f"gemeentegrenzen: {found[0].count:,} van {found[1].name}" if found else None

    def stage(self, load: Load) -> None:
        found = _used(load.path, load.settings)
        if found is None:
            options = _layouts(load.settings)
            headers = [layer.header for layer in vector.layers(load.path)]
            mapping.required(options, headers[0] if headers else (), load.path, None)
            raise SourceError(load.path, None, "no layer with codes of municipalities was found")
        layer, layout = found
        if layer.epsg not in layout.settings["srids"]:
            expected = ", ".join(f"EPSG:{srid}" for srid in layout.settings["srids"])
            raise SourceError(load.path, f"layer {layer.name}", f"the CRS is {layer.crs_name}, expected {expected}")
        load.report.omschrijving = f"gemeentegrenzen, {layout.name}"
        load.report.instellingen = {"srid": layer.epsg, "code_form": layout.settings["code_form"]}
        load.report.instellingen["bounds_rd"] = layout.settings["bounds_rd"]
        with load.progress.task(f"{load.path.name} lezen", layer.count, "gemeenten") as advance:
            _stage_rows(load, layer, layout)
            advance(layer.count)

    def check(self, load: Load) -> None:
        load.run("gemeenten", "controleer", code_form=f"^{load.report.instellingen['code_form']}$")

    def normalise(self, load: Load) -> None:
        transformed = crs.transformed(sql.Identifier("geometrie"), load.report.instellingen["srid"], RD)
        try:
            load.connection.execute(sql.SQL("UPDATE bron.gemeente SET grens = {}").format(transformed))
        except psycopg.errors.InternalError_ as error:
            srid = load.report.instellingen["srid"]
            raise SourceError(load.path, None, f"coordinates that cannot be of EPSG:{srid}") from error
        low_x, low_y, high_x, high_y = load.report.instellingen["bounds_rd"]
        load.run("gemeenten", "herstel", min_x=low_x, min_y=low_y, max_x=high_x, max_y=high_y)
        load.run("gemeenten", "bevindingen")

    def register(self, load: Load) -> None:
        tally = load.report.tally(KIND)
        load.count(tally, "gemeenten", "tel")
        load.run("gemeenten", "schrijf")
        tally.vervallen = load.run("gemeenten", "opgegaan")


def _stage_rows(load: Load, layer: VectorLayer, layout: Layout) -> None:
    tally, columns = load.report.tally(KIND), layout.columns
    with load.copying("gemeente", COLUMNS) as write:
        for number, values, geometry in vector.rows(load.path, layer.name, columns.values()):
            tally.gelezen += 1
            place = f"laag {layer.name}, rij {number}"
            code, name = values[columns["gemeentecode"]], values[columns["naam"]]
            try:
                shape, error = vector.as_wkb(geometry, layer.epsg or 0), None
            except wkb.ShapeError as problem:
                shape, error = None, str(problem)
            write((place, error, code, name, layout.settings["land"], shape))


def _layouts(settings: Settings) -> tuple[Layout, ...]:
    path = settings.config / "sources" / "gemeenten.yaml"
    return mapping.layouts(path, mapping.read_yaml(path)["layouts"])


def _used(path: Path, settings: Settings) -> tuple[VectorLayer, Layout] | None:
    """The layer with municipalities: the columns of a layout, and a first code of its form (provinces have others)."""
    for layer in vector.layers(path):
        layout = mapping.fitting(_layouts(settings), layer.header)
        if layout is None or layer.geometry is None:
            continue
        column = layout.columns["gemeentecode"]
        first = next(iter(vector.rows(path, layer.name, [column])), None)
        if first and re.fullmatch(layout.settings["code_form"], str(first[1][column])):
            return layer, layout
    return None


SOURCE = GemeentenSource()
