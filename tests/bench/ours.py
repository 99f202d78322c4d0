"""The OGC API alone, behind the door of the service, for gunicorn: ``tests.bench.ours:application``."""

import os
from pathlib import Path

from risicoatlas import app
from risicoatlas.database import Database
from risicoatlas.providers import ogcapi
from risicoatlas.settings import Settings

_home = Path(os.environ["RISICOATLAS_HOME"])
_settings = Settings(home=_home, config=_home / "config", styles=_home, public_url=os.environ["RISICOATLAS_PUBLIC_URL"])
_service = app.make_service(_settings, Database(lambda task: os.environ["RISICOATLAS_DATABASE_URL"]))
app.begin(_service)
application = app.Door(ogcapi.create(_service), _service)
