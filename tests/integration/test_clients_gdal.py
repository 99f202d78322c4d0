"""GDAL through three doors: ``WFS:``, ``OAPIF:`` and the database itself give the same of every layer."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyproj import CRS, Transformer
from tests.conftest import Town

from risicoatlas import catalogue as catalogues
from risicoatlas.catalogue import Layer
from risicoatlas.settings import CHECKOUT

from .conftest import OF_BOTH

pytestmark = pytest.mark.gdal
LAYERS = tuple(catalogues.read(CHECKOUT / "config"))
# What GDAL calls the fields of layer.yaml, in every driver.
OGR_TYPES = {
    "text": "String",
    "integer": "Integer64",
    "number": "Real",
    "boolean": "Integer(Boolean)",
    "date": "Date",
    "datetime": "DateTime",
}
# GML 3.2 has MultiSurface where the others have MultiPolygon.
GEOMETRIES = {
    "Point": {"Point"},
    "MultiLineString": {"Multi Line String", "Multi Curve"},
    "MultiPolygon": {"Multi Polygon", "Multi Surface"},
}
# Identifiers that a driver adds, and the bookkeeping of the table.
NOT_FIELDS = {"gml_id", "id", "publicatie_tot", "rij_hash"}
METRES, DEGREES = 0.001, 0.000002
# GDAL takes WGS84 to RD without the national grid where it has none.
TURNED_METRES = 2.0


@dataclass(frozen=True)
class Seen:
    """What ``ogrinfo -so`` tells of a layer; ``extent`` has x (east) first."""

    count: int
    geometry: str
    extent: tuple[float, ...]
    crs: CRS
    fields: dict[str, str]


def ogrinfo(*arguments: str, **environ: str) -> Seen:
    command = ["ogrinfo", "-ro", "-so", "-wkt_format", "WKT2", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "PROJ_", "PG"))}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=clean | environ, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert not re.search("error|warning", done.stderr, re.IGNORECASE), done.stderr
    return read(done.stdout)


def read(report: str) -> Seen:
    extent = re.search(r"^Extent(?: \(geometrie\))?: \((.+), (.+)\) - \((.+), (.+)\)$", report, re.MULTILINE)
    wkt = re.search(r"^(?:Layer SRS WKT|SRS WKT \(geometrie\)):\n(.+?\n)(?=\S)", report, re.MULTILINE | re.DOTALL)
    geometry = re.search(r"^Geometry(?: \(geometrie\))?: (.+)$", report, re.MULTILINE)
    count = re.search(r"^Feature Count: (\d+)$", report, re.MULTILINE)
    assert extent and wkt and geometry and count, report
    # The last lines; the width of a field is shown for some types, and not the same ones in every version.
    listed = report.rpartition("Data axis to CRS axis mapping")[2]
    fields = re.findall(r"^(\w+): (\w+(?:\(Boolean\))?)(?: |$)", listed, re.MULTILINE)
    return Seen(
        int(count[1]), geometry[1], tuple(map(float, extent.groups())), CRS.from_wkt(wkt[1]),
        {name: kind for name, kind in fields if name not in NOT_FIELDS},
    )  # fmt: skip


def in_database(town: Town, layer: Layer) -> Seen:
    """What the table holds now, read by GDAL's PostgreSQL driver as the role that the service takes."""
    role = (
        f"-c role=ra_restricted -c risicoatlas.areas={','.join(OF_BOTH)}" if layer.restricted else "-c role=ra_public"
    )
    source = f"PG:{town.cluster.conninfo('ra_service', town.dbname)} schemas={layer.schema}"
    return ogrinfo("-where", "publicatie_tot IS NULL", source, layer.name, PGOPTIONS=role)


def extent_in_degrees(town: Town, layer: Layer) -> tuple[float, ...]:
    """Longitude first; the stored geometry of the pages, not a transformed box, which is larger."""
    with town.database.loader() as connection:
        row = connection.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geometrie_etrs89) AS e"
            f" FROM {layer.schema}.{layer.name} WHERE publicatie_tot IS NULL{area(layer)}) AS extent"
        ).fetchone()
    assert row
    return row


def area(layer: Layer) -> str:
    return f" AND {layer.area_field} IN {OF_BOTH}" if layer.restricted else ""


def through_wfs(url: str, layer: Layer, **environ: str) -> Seen:
    return ogrinfo(f"WFS:{url}/wfs", f"{layer.prefix}:{layer.name}", **environ)


def through_oapif(url: str, layer: Layer, **environ: str) -> Seen:
    return ogrinfo(f"OAPIF:{url}/ogc/v1", layer.name, **environ)


def credential(layer: Layer, key: str, how: str) -> dict[str, str]:
    if not layer.restricted:
        return {}
    return {"GDAL_HTTP_USERPWD": f"qgis:{key}"} if how == "Basic" else {"GDAL_HTTP_HEADERS": f"X-API-Key: {key}"}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize(("through", "how"), [(through_wfs, "X-API-Key"), (through_oapif, "Basic")])
def test_gdal_sees_of_every_layer_what_the_database_holds(town, url, key_of_both, layer, through, how):
    seen = through(url, layer, **credential(layer, key_of_both, how))
    held = in_database(town, layer)

    assert held.count > 0, "the sample has an object in every layer"
    assert seen.count == held.count
    assert seen.fields == held.fields == {field.name: OGR_TYPES[field.type] for field in layer.fields}
    assert {seen.geometry, held.geometry} <= GEOMETRIES[layer.geometry_type]
    assert held.crs.to_epsg() == layer.srid
    if through is through_wfs:
        assert seen.crs.to_epsg() == layer.srid
        assert seen.extent == pytest.approx(held.extent, abs=METRES)
    else:
        assert_extent_of_oapif(seen, layer, extent_in_degrees(town, layer))


def assert_extent_of_oapif(seen: Seen, layer: Layer, degrees: tuple[float, ...]) -> None:
    """The driver is told the extent in degrees; from GDAL 3.8 on it shows that box turned into the stored CRS."""
    if seen.crs.is_geographic:
        assert seen.extent == pytest.approx(degrees, abs=DEGREES)
        return
    assert seen.crs.to_epsg() == layer.srid
    turned = Transformer.from_crs(4258, layer.srid, always_xy=True).transform_bounds(*degrees)
    assert seen.extent == pytest.approx(turned, abs=TURNED_METRES)


def test_degrees_are_those_of_the_national_grid(town):
    """The extents that are compared above lie where the metres lie."""
    layer = next(layer for layer in LAYERS if layer.name == "gemeenten")
    west, south, east, north = extent_in_degrees(town, layer)
    x_min, y_min, x_max, y_max = in_database(town, layer).extent
    to_degrees = Transformer.from_crs(28992, 4258, always_xy=True)
    centre = to_degrees.transform((x_min + x_max) / 2, (y_min + y_max) / 2)
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx(centre, abs=0.002)


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.restricted], ids=lambda layer: layer.name)
def test_gdal_with_a_key_in_either_form_sees_the_same(url, key_of_both, layer):
    """Not through OAPIF: GDAL 3.10 sends no header of ours to it."""
    basic = through_wfs(url, layer, **credential(layer, key_of_both, "Basic"))
    assert basic == through_wfs(url, layer, **credential(layer, key_of_both, "X-API-Key"))


@pytest.mark.parametrize("source", ["WFS:{}/wfs", "OAPIF:{}/ogc/v1"])
def test_gdal_without_a_key_lists_the_public_layers_and_no_other(url, source, tmp_path: Path):
    listed = subprocess.run(
        ["ogrinfo", "-ro", "-q", source.format(url)], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    names = {name.rpartition(":")[2] for name in re.findall(r"^\d+: (\S+)", listed, re.MULTILINE)}
    assert names == {layer.name for layer in LAYERS if not layer.restricted}
