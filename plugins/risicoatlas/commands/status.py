"""``risicoatlas status``."""

import json

import click

from risicoatlas.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Show the last publication, the count of each public layer and the last deliveries."""
    from psycopg.rows import dict_row

    from risicoatlas import accuracy, database

    with (
        database.opened(settings) as where,
        where.loader() as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        layers = cursor.execute(
            "SELECT laag, publicatie, aantal, brondatum, laatst_geladen FROM publiek.laag_stand ORDER BY laag"
        ).fetchall()
        deliveries = cursor.execute(
            "SELECT nummer, bron, bestand, stand, status, klaar_op FROM beheer.levering ORDER BY nummer DESC LIMIT 20"
        ).fetchall()
        number = cursor.execute("SELECT max(nummer) AS nummer FROM publiek.publicatie").fetchone()
        exactness = accuracy.of_connection(connection)
    publication = number["nummer"] if number else None
    if as_json:
        found = {"publicatie": publication, "lagen": layers, "leveringen": deliveries}
        click.echo(json.dumps(found | {"nauwkeurigheid_rd_m": exactness.metres}, default=str))
        return
    click.echo(f"publication: {publication or 'none yet'}")
    click.echo(f"coordinates: {exactness.text.en}")
    for row in layers:
        click.echo(f"  {row['laag']:<30} {row['aantal']:>9}  loaded {row['laatst_geladen'] or 'never'}")
    for row in deliveries:
        click.echo(f"  delivery {row['nummer']:>4} {row['bron']:<14} {row['status']:<9} {row['bestand']}")
