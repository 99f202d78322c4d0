"""``risicoatlas check``."""

import json
from typing import TYPE_CHECKING

import click

from risicoatlas.errors import ConfigError
from risicoatlas.settings import Settings

if TYPE_CHECKING:
    from risicoatlas.catalogue import Catalogue
    from risicoatlas.own.check import Report


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON list.")
@click.option("--no-database", is_flag=True, help="Do not look at the tables of your own in the database.")
@click.pass_obj
def command(settings: Settings, as_json: bool, no_database: bool) -> None:
    """Check configuration, access rules, rules of law, styles and tables of your own; every finding begins with
    file:line. What only slows it, or what the
    database lacks, is no failure."""
    from risicoatlas import catalogue
    from risicoatlas.access import decide
    from risicoatlas.kgl import settings as kgl_settings
    from risicoatlas.maps import sld
    from risicoatlas.rules import check as rule_check

    layers = catalogue.read(settings.config)
    report = _own_tables(settings, layers, no_database)
    errors = report.errors
    for examine in (
        lambda: decide.read(settings.config, layers),
        lambda: sld.read_all(settings.styles, report.catalogue),
        lambda: kgl_settings.read(settings.config, settings.smtp_url),
    ):
        try:
            examine()
        except ConfigError as error:
            errors.append(error)
    errors += rule_check.check(settings.config)
    for warning in (*_of_database(settings), *rule_check.warnings(settings.config)):
        click.echo(f"warning: {warning}", err=True)
    findings = [str(finding) for finding in (*errors, *report.advice)]
    if as_json:
        click.echo(json.dumps(findings, ensure_ascii=False))
    for finding in findings:
        click.echo(finding, err=True)
    if errors:
        raise click.exceptions.Exit(1)
    if not as_json:
        advice = f"no findings but {len(report.advice)} times advice" if report.advice else "no findings"
        click.echo(f"{len(layers.layers)} layers, access rules, rules and styles: {advice}")


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


def _own_tables(settings: Settings, layers: "Catalogue", no_database: bool) -> "Report":
    """What the database says of tables of the organisation; a line on standard error where it was not looked at."""
    from risicoatlas import database
    from risicoatlas.own import check

    if not any(layer.own for layer in layers):
        return check.Report(layers)
    why = "as --no-database asks"
    if not no_database:
        with database.as_it_is(settings) as where:
            if where is not None:
                return check.check(layers, where)
        why = f"{settings.home} has none"
    click.echo(f"the database was not looked at ({why}): tables of your own are not checked", err=True)
    return check.without_database(layers)
