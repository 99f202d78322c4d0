"""OGC API and WFS of ours behind the door, for gunicorn: ``tests.bench.ours_both:application``.

Maps are left out: the layer of the benchmark has no style. ``/memory`` tells number and peak (MiB) of the process that
answers, and sets the peak back to what is in use now.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from risicoatlas import app
from risicoatlas.database import Database
from risicoatlas.providers import ogcapi
from risicoatlas.settings import Settings
from risicoatlas.wfs import service as wfs
from tests.bench.memory import peak_mib

_home = Path(os.environ["RISICOATLAS_HOME"])
_settings = Settings(
    home=_home,
    config=_home / "config",
    styles=_home / "config" / "styles",
    public_url=os.environ["RISICOATLAS_PUBLIC_URL"],
)
_service = app.make_service(_settings, Database(lambda task: os.environ["RISICOATLAS_DATABASE_URL"]))
app.begin(_service)


def _absent(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Length", "0")])
    return []


_edges = app.Edges(
    features=ogcapi.create(_service),
    wfs=wfs.create(_service),
    maps=_absent,
    health=_absent,
    metadata=_absent,
    pages=_absent,
    metrics=_absent,
    delivery=_absent,
)
_door = app.Door(_edges.route, _service)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/memory":
        return _door(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
    return [f"{os.getpid()} {peak_mib():.1f}".encode()]
