"""``risicoatlas check``."""

import json

import click

from risicoatlas.errors import ConfigError
from risicoatlas.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON list.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Check configuration, access rules, rules of law and styles; every finding begins with file:line.

    What the database lacks is a warning.
    """
    from risicoatlas import catalogue
    from risicoatlas.access import decide
    from risicoatlas.maps import sld
    from risicoatlas.rules import check as rule_check

    findings: list[ConfigError] = []
    layers = catalogue.read(settings.config)
    for examine in (
        lambda: decide.read(settings.config, layers),
        lambda: sld.read_all(settings.styles, layers),
    ):
        try:
            examine()
        except ConfigError as error:
            findings.append(error)
    findings += rule_check.check(settings.config)
    for warning in _of_database(settings):
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps([str(finding) for finding in findings], ensure_ascii=False))
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        raise click.exceptions.Exit(1)
    if not as_json:
        click.echo(f"{len(layers.layers)} layers, access rules, rules and styles: no findings")


def _of_database(settings: Settings) -> list[str]:
    """The grid of RD: asked of a server of one's own; the embedded cluster gets the file of this environment."""
    import psycopg

    from risicoatlas import accuracy, grid

    if not settings.database_url:
        return [] if grid.available() else [f"the grid of RDNAPTRANS2018 is missing: {grid.HOW}"]
    try:
        with psycopg.connect(settings.database_url, connect_timeout=10) as connection:
            found = accuracy.of_connection(connection)
    except psycopg.OperationalError as error:
        return [f"the database cannot be asked how exact it is: {str(error).splitlines()[0]}"]
    return [found.text.en] if found.worth_saying else []
