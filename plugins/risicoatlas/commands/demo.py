"""``risicoatlas demo``."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risicoatlas.errors import RisicoAtlasError
from risicoatlas.settings import Settings

if TYPE_CHECKING:
    from risicoatlas.database import Database
    from risicoatlas.demo import Outcome
    from risicoatlas.progress import Progress


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port (RISICOATLAS_PORT, 8080).")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="State folder (RISICOATLAS_HOME).")
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Load this folder, not the sample."
)
@click.option("--no-serve", is_flag=True, help="Stop when everything is published.")
@click.pass_obj
def command(settings: Settings, port: int | None, home: Path | None, data: Path | None, no_serve: bool) -> None:
    """Load, classify and publish the sample town, or the folder --data, and serve it."""
    from risicoatlas import database, demo
    from risicoatlas.progress import Progress

    settings = settings.on_port(port) if port else settings
    settings = replace(settings, home=home.resolve()) if home else settings
    progress = Progress.to_terminal()
    with database.opened(settings, notice=progress.say) as where:
        outcome = demo.prepare(settings, where, data or demo.sample_folder(settings, progress), progress)
        _tell(outcome, given=data is not None)
        if data is None:
            _export(settings, where, progress)
        if not no_serve:
            from risicoatlas.server import serve

            serve(settings)
        elif outcome.failed:
            raise click.exceptions.Exit(1)


def _export(settings: Settings, where: "Database", progress: "Progress") -> None:
    """Bulk files of the sample, which takes two seconds; of data that was given they are made when it suits."""
    from risicoatlas import app
    from risicoatlas.bulk import export
    from risicoatlas.progress import Progress

    service = app.make_service(settings, where)
    try:
        with progress.task("Making bulk files"), service.pool:
            export.export(service, progress=Progress.silent())
    except RisicoAtlasError as error:
        progress.say(f"no bulk files: {error}")


def _tell(outcome: "Outcome", *, given: bool) -> None:
    """What a reader must know; which files were left is of interest for a folder that was given, not for our sample."""
    sections = [("Objects refused", outcome.refused), ("Not loaded", outcome.failed)]
    if given:
        sections.insert(0, ("Left, not a source of ours", outcome.left))
    for title, lines in sections:
        if lines:
            click.echo(f"{title}:")
            click.echo("\n".join(f"  {line}" for line in lines))
    number = outcome.publication
    state = f"publication {number}" if number else "nothing changed since the last publication"
    click.echo(f"{len(outcome.loaded)} files loaded; {state}")
