"""The server process: gunicorn with threads, one application per worker, the database held by the master."""

import socket
import struct
import sys
from typing import Any
from wsgiref.types import WSGIApplication

import click
from gunicorn.app.base import BaseApplication
from gunicorn.http import message

from risicoatlas import app, database
from risicoatlas.catalogue import read as read_catalogue
from risicoatlas.front import metrics
from risicoatlas.publish import standing, tables
from risicoatlas.rules import check as rule_check
from risicoatlas.settings import Settings
from risicoatlas.worker import LingeringWorker

# More than the pool has connections, and than whole layers may take (settings.WHOLE_LAYERS and WAITING): a page, and
# /health/live, are answered beside streams to slow clients.
THREADS = 32
# A client that neither reads nor sends gives its thread and its connection to the database back, after three times
# this: a send that filled a part of the buffer counts as progress.
STALL_S = 20
# The query string of the longest request (app.MAX_QUERY_BYTES), with room for its path and for a refusal of our own.
MAX_LINE_BYTES = 2 * app.MAX_QUERY_BYTES


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
            "worker_class": LingeringWorker,
            # gunicorn's 4,094 bytes kill long filters, and 0 is no bound at all
            "limit_request_line": MAX_LINE_BYTES,
            "limit_request_field_size": 65536,
            "timeout": 120,
            "keepalive": 30,
            "graceful_timeout": 10,
            "preload_app": True,
            "proc_name": "risicoatlas",
            "post_worker_init": lambda worker: app.begin(self.service),
            "when_ready": self.ready,
            "child_exit": lambda arbiter, worker: metrics.forget(worker.pid),
            "loglevel": "warning",
            # else a socket in the home folder of the account
            "control_socket_disable": True,
        }
        # the highest that gunicorn lets a configuration ask
        message.MAX_REQUEST_LINE = MAX_LINE_BYTES
        for name, value in options.items():
            self.cfg.set(name, value)

    def ready(self, arbiter: Any) -> None:
        """Bound how long a client may stall: accepted sockets have the timeouts of the listening one."""
        for listener in arbiter.LISTENERS:
            for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                listener.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALL_S, 0))
        click.echo(f"RisicoAtlas is ready at {self.settings.public_url}/", err=True)

    def load(self) -> WSGIApplication:
        return app.create_app(self.service)


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; the embedded cluster runs as long. A rule that cannot be used stops the start."""
    for error in rule_check.check(settings.config):
        raise error
    app.log_to(settings.log)
    metrics.prepare(settings)
    with database.opened(settings, serving=True, notice=lambda text: click.echo(text, err=True)) as where:
        if not settings.database_url:
            with where.loader() as connection:
                layers = read_catalogue(settings.config)
                tables.ensure(connection, layers)
                standing.complete(connection, layers)
        sys.argv = sys.argv[:1]
        Server(settings, where).run()
