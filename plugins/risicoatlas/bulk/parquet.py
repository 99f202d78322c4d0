"""GeoParquet 1.1: pages of rows in, a file of row groups out; geometry as WKB, a bounding box per row as its covering.

pyarrow is imported by the command that writes these files alone; the service has no need of it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from psycopg import sql
from psycopg.sql import Composable
from pyproj import CRS

from risicoatlas.catalogue import GEOMETRY, Field, Layer
from risicoatlas.features import geojson
from risicoatlas.features.files import in_four_digits
from risicoatlas.features.plan import Plan

VERSION = "1.1.0"
BOX = "bbox"
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_MOMENT = pa.timestamp("us", tz="UTC")
TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": _MOMENT,
}


def row(plan: Plan) -> Composable:
    """SQL of ``[properties, WKB in hex or null]``."""
    return sql.SQL("'[' || {} || ',' || coalesce(to_json(encode(ST_AsBinary({}), 'hex'))::text, 'null') || ']'").format(
        geojson.properties(plan.fields), plan.geometry or sql.SQL("NULL")
    )


def write(path: Path, layer: Layer, pages: Iterable[Iterable[Any]]) -> int:
    """The number of rows written; a row group per page."""
    count = 0
    extent: list[tuple[float, ...]] = []
    with pq.ParquetWriter(path, _schema(layer), compression="zstd") as writer:
        for page in pages:
            table = _table(layer, list(page), extent)
            count += table.num_rows
            if table.num_rows:
                writer.write_table(table)
        writer.add_key_value_metadata({"geo": json.dumps(metadata(layer, extent))})
    return count


def metadata(layer: Layer, extent: list[tuple[float, ...]]) -> dict[str, Any]:
    """The file metadata ``geo`` (GeoParquet 1.1.0, 3)."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [layer.geometry_type],
        "crs": CRS.from_epsg(layer.srid).to_json_dict(),
        "covering": {BOX: {corner: [BOX, corner] for corner in _CORNERS}},
    }
    if extent:
        lows, highs = [item[:2] for item in extent], [item[2:] for item in extent]
        column["bbox"] = [*map(min, zip(*lows, strict=True)), *map(max, zip(*highs, strict=True))]
    return {"version": VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _schema(layer: Layer) -> pa.Schema:
    box = pa.struct([(corner, pa.float64()) for corner in _CORNERS])
    fields = [(item.name, TYPES[item.type]) for item in layer.fields]
    return pa.schema([*fields, (GEOMETRY, pa.binary()), (BOX, box)])


def _table(layer: Layer, rows: list[Any], extent: list[tuple[float, ...]]) -> pa.Table:
    """One row group; the box of its geometries is added to ``extent``."""
    columns = [_column(item, [properties[item.name] for properties, _ in rows]) for item in layer.fields]
    wkb = [None if text is None else bytes.fromhex(text) for _, text in rows]
    bounds: Iterable[Any] = shapely.bounds(shapely.from_wkb(wkb)) if wkb else ()
    boxes = [
        None if corners[0] != corners[0] else dict(zip(_CORNERS, map(float, corners), strict=True))
        for corners in bounds
    ]
    known = [tuple(box.values()) for box in boxes if box]
    if known:
        lows, highs = zip(*(item[:2] for item in known), strict=True), zip(*(item[2:] for item in known), strict=True)
        extent.append((*map(min, lows), *map(max, highs)))
    schema = _schema(layer)
    arrays = [*columns, pa.array(wkb, pa.binary()), pa.array(boxes, schema.field(BOX).type)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(item: Field, values: list[Any]) -> pa.Array:
    if item.type in {"date", "datetime"}:
        return pa.array(map(in_four_digits, values), pa.string()).cast(TYPES[item.type])
    return pa.array(values, TYPES[item.type])
