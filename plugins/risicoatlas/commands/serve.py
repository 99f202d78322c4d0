"""``risicoatlas serve``."""

import click

from risicoatlas.settings import Settings


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port (RISICOATLAS_PORT, 8080).")
@click.pass_obj
def command(settings: Settings, port: int | None) -> None:
    """Serve everything on one port until a signal ends it."""
    from risicoatlas.server import serve

    serve(settings.on_port(port) if port else settings)
