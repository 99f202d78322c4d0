"""mapnik, imported in the one way that leaves the rest of the process whole.

``import mapnik`` points PROJ_LIB, GDAL_DATA and ICU_DATA at its own folders; rasterio and fiona, imported later,
would then look for their databases there and fail. The variables get back what they were.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLES = ("PROJ_LIB", "GDAL_DATA", "ICU_DATA")


@contextmanager
def _environment_kept() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _VARIABLES}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


with _environment_kept():
    import mapnik

FONTS = Path(mapnik.__file__).parent / "lib" / "mapnik" / "fonts"

__all__ = ["FONTS", "mapnik"]
