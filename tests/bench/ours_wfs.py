"""The WFS alone for gunicorn: ``tests.bench.ours_wfs:application``; ``/memory`` tells the peak of this process in MiB.

Asking for the peak sets it back to what is in use now, so that the next answer is that of what came between.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from risicoatlas import app
from risicoatlas.database import Database
from risicoatlas.settings import Settings
from risicoatlas.wfs import service as wfs
from tests.bench.memory import peak_mib

_home = Path(os.environ["RISICOATLAS_HOME"])
_settings = Settings(home=_home, config=_home / "config", styles=_home, public_url=os.environ["RISICOATLAS_PUBLIC_URL"])
_service = app.make_service(_settings, Database(lambda task: os.environ["RISICOATLAS_DATABASE_URL"]))
app.begin(_service)
_wfs = app.Door(wfs.create(_service), _service)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/memory":
        return _wfs(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{peak_mib():.1f}".encode()]
