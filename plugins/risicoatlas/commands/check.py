"""``risicoatlas check``."""

import json

import click

from risicoatlas.errors import ConfigError
from risicoatlas.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON list.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Check configuration, access rules, rules of law and styles; every finding begins with file:line."""
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
    if as_json:
        click.echo(json.dumps([str(finding) for finding in findings], ensure_ascii=False))
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        raise click.exceptions.Exit(1)
    if not as_json:
        click.echo(f"{len(layers.layers)} layers, access rules, rules and styles: no findings")
