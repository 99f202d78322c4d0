"""``risicoatlas init``."""

import click

from risicoatlas.settings import Settings


@click.command()
@click.option("--upgrade", is_flag=True, help="Let this version change a database of your own that holds data.")
@click.pass_obj
def command(settings: Settings, upgrade: bool) -> None:
    """Make the database, its tables and an empty table for each layer."""
    from risicoatlas import catalogue, database
    from risicoatlas.publish import standing, tables

    with (
        database.opened(settings, upgrade=upgrade, notice=lambda text: click.echo(text, err=True)) as where,
        where.loader() as connection,
    ):
        layers = catalogue.read(settings.config)
        tables.ensure(connection, layers)
        standing.complete(connection, layers)
    click.echo("the database is ready")
