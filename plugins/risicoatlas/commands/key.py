"""``risicoatlas key create|list|revoke``."""

import json

import click

from risicoatlas.settings import Settings


@click.group()
def command() -> None:
    """Create, list and revoke API keys."""


@command.command()
@click.option("--name", required=True, help="Who or what the key is for.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["bronhouder", "gemeente", "raadpleger", "beheerder"]),
    help="What the holder is: config/access/rules.yaml says what each role may read.",
)
@click.option("--organisation", help="Code of the organisation (bronhoudercode).")
@click.option("--area", "areas", multiple=True, help="Code that the key may read: GM0457, or NIS 44021. Repeatable.")
@click.option("--days", type=click.IntRange(1, 3660), help="Days until the key expires.")
@click.option("--json", "as_json", is_flag=True, help="Print id, key and expiry as JSON.")
@click.pass_obj
def create(
    settings: Settings,
    name: str,
    role: str,
    organisation: str | None,
    areas: tuple[str, ...],
    days: int | None,
    as_json: bool,
) -> None:
    """Make a key and print it: the only time that it can be seen."""
    from risicoatlas import database
    from risicoatlas.access import keys

    with database.opened(settings) as where, where.loader() as connection:
        made = keys.create(connection, name, role, organisation, areas, days)
    expires = made.expires.isoformat() if made.expires else None
    click.echo(json.dumps({"id": made.id, "key": made.key, "expires": expires}) if as_json else made.key)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def list_keys(settings: Settings, as_json: bool) -> None:
    """List every key with its role, areas and state, never the key itself."""
    from risicoatlas import database

    with database.opened(settings) as where, where.loader() as connection:
        rows = connection.execute(
            "SELECT id, naam, rol, organisatie, gebieden, verloopt_op, CASE WHEN ingetrokken_op IS NOT NULL THEN"
            " 'revoked'"
            " WHEN verloopt_op <= now() THEN 'expired' ELSE 'valid' END FROM beheer.sleutel ORDER BY gemaakt_op"
        ).fetchall()
    names = ("id", "name", "role", "organisation", "areas", "expires", "state")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    if as_json:
        click.echo(json.dumps(records, default=str))
        return
    for record in records:
        areas = " ".join(record["areas"]) or record["organisation"] or "-"
        click.echo(f"{record['id']}  {record['role']:<10}  {record['state']:<8} {areas:<20}  {record['name']}")


@command.command()
@click.argument("key_id")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """End a key and its browser sessions at once."""
    from risicoatlas import database
    from risicoatlas.access import keys

    with database.opened(settings) as where, where.loader() as connection:
        keys.revoke(connection, key_id)
    click.echo(f"key {key_id} is revoked")
