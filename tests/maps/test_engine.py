"""mapnik beside the other geographic libraries in one process."""

import os
import subprocess
import sys

import pytest

from risicoatlas.publish.engine import LOCK_TIMEOUT

ASK = {
    "rasterio": "import rasterio.crs; assert rasterio.crs.CRS.from_epsg(28992).to_epsg() == 28992",
    "fiona": "import fiona.crs; assert 'Amersfoort' in fiona.crs.CRS.from_epsg(28992).to_wkt()",
    "pyproj": "import pyproj; assert pyproj.CRS.from_epsg(28992).to_epsg() == 28992",
}


@pytest.mark.parametrize("library", ASK)
def test_a_library_that_is_imported_after_mapnik_finds_its_own_data(library):
    done = subprocess.run(
        [sys.executable, "-c", f"import risicoatlas.maps.engine\n{ASK[library]}"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_a_variable_that_was_set_before_keeps_its_value():
    script = (
        "import risicoatlas.maps.engine, os; assert os.environ['PROJ_LIB'] == '/own' and 'ICU_DATA' not in os.environ"
    )
    environ = {**os.environ, "PROJ_LIB": "/own"}
    environ.pop("ICU_DATA", None)

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environ)

    assert done.returncode == 0, done.stderr


def test_a_picture_ends_before_a_publication_gives_up_waiting_for_it():
    from risicoatlas.maps.renderer import TIMEOUT_S

    assert int(LOCK_TIMEOUT.removesuffix("s")) > TIMEOUT_S
