"""``risicoatlas restore``."""

from pathlib import Path

import click

from risicoatlas.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Restore over a home that holds data; what it holds is lost.")
@click.pass_obj
def command(settings: Settings, file: Path, replace: bool) -> None:
    """Restore the backup FILE into the home, which nobody may be using; all of it or nothing."""
    from risicoatlas.backup import restore
    from risicoatlas.progress import Progress

    found = restore.restore(settings, file.resolve(), replace=replace, progress=Progress.to_terminal())
    click.echo(f"restored: publication {found.publication or 'none'} of {found.made_at}, version {found.version}")
