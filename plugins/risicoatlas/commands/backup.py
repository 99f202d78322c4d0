"""``risicoatlas backup``."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from risicoatlas.settings import Settings


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the manifest and the path as JSON.")
@click.pass_obj
def command(settings: Settings, target: Path, as_json: bool) -> None:
    """Write database and state to the file TARGET, or into the folder TARGET; the service may go on.

    The file holds restricted rows and hashed keys: keep it like the database itself.
    """
    from risicoatlas import database
    from risicoatlas.backup import make
    from risicoatlas.errors import ClusterError
    from risicoatlas.progress import Progress

    progress = Progress.to_terminal()
    with database.as_it_is(settings) as where:
        if where is None:
            raise ClusterError(f"{settings.home} holds no database: give --home")
        path, manifest = make.make(settings, where, target, progress)
    if as_json:
        click.echo(json.dumps({"path": str(path), "bytes": path.stat().st_size, **asdict(manifest)}))
        return
    click.echo(f"{path}: publication {manifest.publication or 'none'}, {path.stat().st_size:,} bytes")
