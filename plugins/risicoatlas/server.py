"""The server process: gunicorn with threads, one application per worker, the database held by the master."""

import sys
from typing import Any
from wsgiref.types import WSGIApplication

import click
from gunicorn.app.base import BaseApplication

from risicoatlas import app, database
from risicoatlas.catalogue import read as read_catalogue
from risicoatlas.publish import tables
from risicoatlas.settings import Settings

THREADS = 4


class Server(BaseApplication):  # type: ignore[misc] # gunicorn is not typed
    """gunicorn configured by our settings alone: no file, no command line."""

    def __init__(self, settings: Settings, where: database.Database) -> None:
        self.settings = settings
        self.service = app.make_service(settings, where)
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.workers,
            "threads": THREADS,
            "worker_class": "gthread",
            # 0: our own bound applies, gunicorn's 4,094 bytes kill long filters
            "limit_request_line": 0,
            "limit_request_field_size": 65536,
            "timeout": 120,
            "keepalive": 30,
            "graceful_timeout": 10,
            "preload_app": True,
            "proc_name": "risicoatlas",
            "post_worker_init": lambda worker: app.open_pool(self.service.pool),
            "when_ready": lambda server: click.echo(f"RisicoAtlas is ready at {self.settings.public_url}/", err=True),
            "loglevel": "warning",
            # else a socket in the home folder of the account
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return app.create_app(self.service)


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; the embedded cluster runs as long."""
    app.log_to_stderr()
    with database.opened(settings, serving=True, notice=lambda text: click.echo(text, err=True)) as where:
        if not settings.database_url:
            with where.loader() as connection:
                tables.ensure(connection, read_catalogue(settings.config))
        sys.argv = sys.argv[:1]
        Server(settings, where).run()
