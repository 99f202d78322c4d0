"""An answer as JSON, GeoJSON and CSV. Names are those of the layer signalering; moments are ISO 8601, metres RD."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from risicoatlas.signalering.answers import Answer, Area, Found, Municipality

# What says in words how an area stands, in the language of who asks.
Summary = Callable[[Area], str]
JSON, GEOJSON, CSV = "application/json", "application/geo+json", "text/csv; charset=utf-8; header=present"
# As features/csv_text.py: a spreadsheet would take it for a formula.
_FORMULA = re.compile(r"'*[-=+@\t\r]")


def as_json(answer: Answer, summary: Summary) -> str:
    return _text(
        {
            **_head(answer),
            "gebieden": [_area(area, summary) for area in answer.areas],
            "objecten": None if answer.objects is None else [_found(item) for item in answer.objects],
        }
    )


def as_geojson(answer: Answer, summary: Summary) -> str:
    """Areas, then what lies in them; ``soort`` tells them apart. Coordinates in RD, as the member ``crs`` says."""
    features = [
        _feature(area.key, {"soort": "gebied", **_area(area, summary)}, area.geometry) for area in answer.areas
    ] + [_feature(item.key, _found(item), item.geometry) for item in answer.objects or ()]
    return _text(
        {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}},
            **_head(answer),
            "features": features,
        }
    )


def as_csv(answer: Answer, summary: Summary) -> str:
    """A line per area. A count that is unknown is an empty cell beside ``onbekend`` true."""
    rows = [_area(area, summary) for area in answer.areas]
    columns = list(rows[0]) if rows else ["identificatie"]
    columns.append("gemeenten")
    states = "; ".join(_state(item) for item in answer.municipalities)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in (*row.values(), states)])
    return out.getvalue()


def _state(item: Municipality) -> str:
    if not item.published:
        return f"{item.code} niet gepubliceerd"
    day = f"{item.published_on:%Y-%m-%d}" if item.published_on else "?"
    return f"{item.code} gepubliceerd {day} ({item.variant})"


def _head(answer: Answer) -> dict[str, Any]:
    return {
        "naam": answer.name,
        "publicatie": answer.publication,
        "onbekend": answer.unknown,
        "buiten_gemeenten": answer.outside,
        "niet_gepubliceerd": [item.code for item in answer.municipalities if not item.published],
        "gemeenten": [
            {
                "code": item.code,
                "naam": item.name,
                "gepubliceerd": item.published,
                "gepubliceerd_op": item.published_on.isoformat() if item.published_on else None,
                "variant": item.variant,
            }
            for item in answer.municipalities
        ],
        "objecten_gevonden": answer.objects_found,
    }


def _area(area: Area, summary: Summary) -> dict[str, Any]:
    return {
        "identificatie": area.key,
        "naam": area.name,
        "type": area.type,
        "activiteit": area.activity,
        "id_activiteit": area.activity_key,
        "afstand_m": area.distance_m,
        "op_afstand": area.by_distance,
        "placeholder": area.placeholder,
        **area.counts,
        "getest": area.tested,
        "gevonden": area.at_least,
        "onbekend": area.unknown,
        "niet_gepubliceerd": area.unpublished,
        "buiten_gemeenten": area.outside,
        "grenswaarde": area.limit_value,
        "standaardwaarde": area.standard_value,
        "voorschriftengebied": area.rules_area,
        "samenvatting": summary(area),
    }


def _found(item: Found) -> dict[str, Any]:
    return {
        "identificatie": item.key,
        "soort": item.kind,
        "categorie_kwetsbaarheid": item.category,
        "gemeentecode": item.municipality,
        "gebieden": list(item.areas),
    }


def _feature(key: str | None, properties: Mapping[str, Any], geometry: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"type": "Feature", "id": key, "geometry": geometry, "properties": dict(properties)}


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
