"""``risicoatlas load SOURCE PATH…``: load files of a source into the register, report what became of every object."""

import json
import sys
from pathlib import Path

import click

from risicoatlas import database
from risicoatlas.errors import RisicoAtlasError
from risicoatlas.loader import recognise, steps
from risicoatlas.loader.report import Report
from risicoatlas.loader.sources import SOURCES
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings


@click.command()
@click.argument("source", type=click.Choice(list(SOURCES)))
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the reports as a JSON list.")
@click.pass_obj
def command(settings: Settings, source: str, paths: tuple[Path, ...], as_json: bool) -> None:
    """Load files of SOURCE into the register.

    A PATH may be a folder: every file in it that is of this source is loaded. Loading the same file again changes
    nothing; a load that was killed goes on where it was. Exit code 1 when a file could not be loaded or objects were
    refused.
    """
    progress = Progress.to_terminal()
    reports: list[Report] = []
    failures: list[str] = []
    with database.opened(settings, notice=progress.say) as opened:
        for path in recognise.expand(SOURCES[source], paths, settings):
            try:
                reports.append(steps.load(SOURCES[source], path, opened, settings, progress))
            except RisicoAtlasError as error:
                failures.append(str(error))
                click.echo(f"risicoatlas: {error}", err=True)
                continue
            if not as_json:
                click.echo("\n".join(reports[-1].lines()))
    if as_json:
        click.echo(json.dumps([report.as_json() for report in reports], ensure_ascii=False, indent=2))
    _say_refused(reports)
    if failures or any(report.geweigerd for report in reports):
        sys.exit(1)


def _say_refused(reports: list[Report]) -> None:
    """One line per file with refused objects: how many, and the first with its place and reason."""
    for report in reports:
        if report.geweigerd:
            first = next(item for item in report.bevindingen if item.uitkomst == "geweigerd")
            place = ", ".join(part for part in (first.soort, first.sleutel, first.plaats) if part)
            count = f"{report.geweigerd:,} object{'s' if report.geweigerd > 1 else ''} refused"
            click.echo(f"risicoatlas: {report.bestand}: {count}; the first: {place}: {first.reden}", err=True)
