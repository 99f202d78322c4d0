"""Where the correction grid of RDNAPTRANS2018 lies, for every PROJ of the house to find; :mod:`risicoatlas.grid_file`
makes it.

EPSG operation 9282 "Amersfoort to ETRS89 (9)" names the file. Without it PROJ takes an operation that is up to 0.25 m
off, and says nothing.
"""

import sys
from pathlib import Path

NAME = "nl_nsgi_rdtrans2018.tif"
# Beside the packages of the environment, so that whoever runs its Python finds it: a checkout, a container, a unit.
FOLDER = Path(sys.prefix) / "share" / "risicoatlas" / "proj"
FILE = FOLDER / NAME
HOW = "run python -m risicoatlas.grid_file and start again"


def available() -> bool:
    """Whether the file lies where PROJ is told to look."""
    return FILE.is_file()
