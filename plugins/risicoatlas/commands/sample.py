"""``risicoatlas sample DIR``: write the fictional town."""

import json
from pathlib import Path

import click

from risicoatlas.errors import SourceError
from risicoatlas.sample.model import DEFAULT_PANDEN, MINIMUM_PANDEN
from risicoatlas.settings import Settings


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--panden",
    type=click.IntRange(MINIMUM_PANDEN, 2_000_000),
    default=DEFAULT_PANDEN,
    show_default=True,
    help="Buildings in all.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--mutations", is_flag=True, help="Also a day of changes, as a delivery of BAG mutations in DIR/mutaties."
)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(settings: Settings, folder: Path, panden: int, seed: int, mutations: bool, as_json: bool) -> None:
    """Write a fictional town in the true source formats, with its answer key, into the new or empty folder DIR."""
    from risicoatlas.sample.writing import Request, write, write_mutations

    request = Request(folder, panden, seed)
    try:
        counts = write(request, lambda text: click.echo(text, err=True))
        if mutations:
            click.echo(f"a day of changes: {write_mutations(request)}", err=True)
    except OSError as error:
        raise SourceError(folder, None, f"cannot be written: {error.strerror or error}") from error
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "seed": seed, "written": counts}))
        return
    click.echo(f"Written to {folder}:")
    for name, count in counts.items():
        click.echo(f"  {count:>9,} {name}")
