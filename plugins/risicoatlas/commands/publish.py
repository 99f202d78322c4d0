"""``risicoatlas publish``."""

import json
from dataclasses import asdict

import click

from risicoatlas.settings import Settings


@click.command()
@click.argument("layer", nargs=-1)
@click.option(
    "--gemeente", "codes", multiple=True, help="Publish the KGL of this municipality (GM0457) from now on. Repeatable."
)
@click.option(
    "--changed", is_flag=True, help="Only objects that are known to have changed, of layers that tell them one by one."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(settings: Settings, layer: tuple[str, ...], codes: tuple[str, ...], changed: bool, as_json: bool) -> None:
    """Publish what the register holds, as one transaction: the named LAYERs, or all."""
    from risicoatlas import catalogue, database
    from risicoatlas.kgl import notices
    from risicoatlas.kgl import settings as kgl_settings
    from risicoatlas.publish import engine, states

    layers = catalogue.read(settings.config)
    for name in layer:
        layers.get(name)
    with database.opened(settings) as where, where.loader() as connection:
        states.publish_municipalities(connection, codes)
        connection.commit()
        result = engine.publish(
            connection, layers, layer or None, lambda text: click.echo(text, err=True), changed_only=changed
        )
        notices.send(connection, kgl_settings.read(settings.config, settings.smtp_url).mail)
    if as_json:
        click.echo(json.dumps(asdict(result)))
        return
    for row in result.layers:
        click.echo(f"{row.layer}: {_objects(row.total)}{row.added} added or changed, {row.ended} ended")
    click.echo(f"publication {result.number}" if result.number else "nothing changed: no new publication")


def _objects(total: int | None) -> str:
    return "" if total is None else f"{total} objects, "
