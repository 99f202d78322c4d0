"""pygeoapi with its own PostgreSQL provider, in an environment of its own: what a page costs without our work."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.ground import Ground

PACKAGES = ("pygeoapi", "sqlalchemy", "geoalchemy2", "psycopg2-binary", "gunicorn", "flask")
FIELDS = (
    "identificatie",
    "naam",
    "gemeentecode",
    "begin_geldigheid",
    "status",
    "bouwjaar",
    "oppervlakte_m2",
    "publicatie",
)


def python(folder: Path) -> Path:
    """The interpreter of the peer's environment, made when it is not there (needs the package index)."""
    folder = folder / "stock"
    found = folder / "bin" / "python"
    if not found.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(found), "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return found


def environ(ground: Ground, port: int) -> dict[str, str]:
    """Its configuration and OpenAPI document, written under the home."""
    config = ground.home / "stock.json"
    document = ground.home / "stock-openapi.json"
    config.write_text(json.dumps(_config(ground, port)), encoding="utf-8")
    document.write_text(json.dumps({"openapi": "3.0.2", "paths": {}, "info": {}}), encoding="utf-8")
    return {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}


def _config(ground: Ground, port: int) -> dict[str, Any]:
    socket = ground.cluster.socket_folder
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": f"postgresql+psycopg2://postgres@/risicoatlas?host={socket}",
        "id_field": "identificatie",
        "table": "panden",
        "geom_field": "geometrie",
        "properties": list(FIELDS),
        "storage_crs": "http://www.opengis.net/def/crs/EPSG/0/28992",
        "crs": ["http://www.opengis.net/def/crs/EPSG/0/28992", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
    }
    text = {"en": "bench"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 10000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {
                "title": text, "description": text, "keywords": {"en": ["x"]}, "keywords_type": "theme",
                "terms_of_service": "x", "url": "http://x",
            },
            "license": {"name": "x", "url": "http://x"},
            "provider": {"name": "x", "url": "http://x"},
            "contact": {"name": "x", "email": "x@example.org"},
        },
        "resources": {
            "panden": {
                "type": "collection", "title": text, "description": text, "keywords": {"en": ["x"]},
                "extents": {"spatial": {"bbox": [3, 50, 8, 54], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
                "providers": [provider],
            }
        },
    }  # fmt: skip
