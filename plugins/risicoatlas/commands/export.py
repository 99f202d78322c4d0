"""``risicoatlas export``."""

import json
from typing import TYPE_CHECKING

import click

from risicoatlas.settings import Settings

if TYPE_CHECKING:
    from risicoatlas.bulk.export import Made

FORMATS = ("gpkg", "fgb", "parquet")


@click.command()
@click.argument("layer", nargs=-1)
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Only this format. Repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(settings: Settings, layer: tuple[str, ...], formats: tuple[str, ...], as_json: bool) -> None:
    """Make the bulk files of the last publication: of the named LAYERs, or of every public one."""
    from risicoatlas import app, database
    from risicoatlas.bulk import export
    from risicoatlas.progress import Progress

    progress = Progress.to_terminal()
    with database.opened(settings, notice=progress.say) as where:
        service = app.make_service(settings, where)
        with service.pool:
            made = export.export(service, layer, formats or FORMATS, progress)
    if as_json:
        click.echo(json.dumps([_told(item) for item in made]))
        return
    for item in made:
        for file in item.edition.files:
            state = "made" if file.format.suffix in item.formats else "there already"
            click.echo(f"{file.path}: {item.edition.count} objects, {file.size} bytes, {state}")


def _told(made: "Made") -> dict[str, object]:
    edition = made.edition
    files = {file.format.suffix: {"bytes": file.size, "sha256": file.sha256} for file in edition.files}
    return {
        "laag": edition.layer,
        "publicatie": edition.publication,
        "aantal": edition.count,
        "gemaakt": list(made.formats),
        "bestanden": files,
    }
