"""GDAL and QGIS hand a join of two layers to the service, and get every pair."""

import csv
import subprocess
from urllib.parse import parse_qsl

import pytest
from tests.integration.test_clients_qgis import qgis
from tests.wfs.conftest import ODD_KEY
from tests.wfs.test_clients import served  # noqa: F401


@pytest.mark.gdal
def test_gdal_lets_the_service_join_two_layers(served):  # noqa: F811
    served.asked.clear()
    statement = (
        'SELECT * FROM "rev_public:punten" AS p JOIN "rev_public:vlakken" AS v'
        " ON ST_Intersects(p.geometrie, v.geometrie)"
    )
    command = ["ogr2ogr", "-f", "CSV", "/vsistdout/", "-sql", statement, f"WFS:{served.url}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert {(row["p.identificatie"], row["v.identificatie"]) for row in rows} == {
        (left, right) for left in ("NL.1", ODD_KEY) for right in ("NL.1", ODD_KEY)
    }
    assert len(rows) == 4
    asked = [dict(parse_qsl(text)) for text in served.asked]
    assert "(rev_public:punten,rev_public:vlakken)" in [item.get("TYPENAMES") for item in asked]


@pytest.mark.qgis
def test_qgis_lets_the_service_join_two_layers(served, tmp_path):  # noqa: F811
    statement = (
        "SELECT punten.identificatie, punten.naam, vlakken.identificatie AS vlak, punten.geometrie"
        " FROM punten JOIN vlakken ON ST_Intersects(punten.geometrie, vlakken.geometrie)"
    )
    uri = f"typename='rev_public:punten' srsname='EPSG:28992' version='2.0.0' url='{served.url}' sql={statement}"
    served.asked.clear()
    results, messages = qgis(tmp_path, [{"name": "join", "provider": "WFS", "uri": uri, "key": None}])
    assert messages == []
    found = results["join"]
    assert (found["valid"], found["count"], found["told"]) == (True, 4, 4), "features that come again are not lost"
    assert list(found["fields"]) == ["punten.identificatie", "punten.naam", "vlak"]
    asked = [dict(parse_qsl(text)) for text in served.asked]
    assert "rev_public:punten,rev_public:vlakken" in [item.get("TYPENAMES") for item in asked if "FILTER" in item]
