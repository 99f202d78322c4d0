"""``risicoatlas kgl …``: the workflow of a municipality on the command line."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from risicoatlas.settings import Settings

if TYPE_CHECKING:
    from risicoatlas.database import Connection
    from risicoatlas.kgl.acts import Act
    from risicoatlas.kgl.proposals import Proposal
    from risicoatlas.service import Service

MAX_ROWS = 1_000_000
Command = Callable[..., Any]


@click.group()
def command() -> None:
    """Take over, correct, validate, publish and withdraw the labels of a municipality (GM0457)."""


def _of_municipality(function: Command) -> Command:
    """What every command here takes."""
    for decorate in (
        click.argument("code"),
        click.option("--as", "key_id", metavar="KEYID", help="Act with the rights of this key; else as the operator."),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        click.pass_obj,
    ):
        function = decorate(function)
    return function


@dataclass(frozen=True)
class _Line:
    """A connection of the owner, the service around it, and the act that the command is."""

    connection: "Connection"
    service: "Service"
    act: "Act"


@contextmanager
def _line(settings: Settings, code: str, key_id: str | None, *, writes: bool = True) -> Iterator[_Line]:
    """Who may not is refused, with the audit row that the service writes too."""
    from risicoatlas import app, database
    from risicoatlas.errors import ForbiddenError
    from risicoatlas.kgl import acts

    with database.opened(settings) as where, where.loader() as connection:
        service = app.make_service(settings, where)
        actor = acts.actor_of_key(connection, key_id) if key_id else acts.OPERATOR
        act = acts.Act(actor, code)
        acts.see(connection, code, local=False)
        connection.commit()
        try:
            if key_id:
                (acts.may_write if writes else acts.may_read)(service, actor, code)
            yield _Line(connection, service, act)
        except ForbiddenError:
            connection.rollback()
            acts.refused(connection, act, "opdracht")
            connection.commit()
            raise
        connection.commit()


def _told(value: object, as_json: bool, lines: list[str]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str) if as_json else "\n".join(lines))


def _state_lines(found: dict[str, Any]) -> list[str]:
    progress = found["voortgang"]
    return [
        f"{found['gemeentecode']} {found['naam'] or ''}: {found['toestand']}, {found['variant']},"
        f" {found['gebouwen']} buildings, {progress['gevalideerd']} of {progress['functies']} functions validated,"
        f" {found['correcties']['geldend']} corrections, {found['correcties']['concept']} drafts",
        *(
            f"  {item['functie']:<26} {item['gebouwen']:>8}  {'validated' if item['gevalideerd_op'] else 'open'}"
            for item in found["functies"]
        ),
    ]


@command.command()
@_of_municipality
def state(settings: Settings, code: str, key_id: str | None, as_json: bool) -> None:
    """Show where the municipality CODE stands, and its progress per gebruiksfunctie."""
    from risicoatlas.kgl import reading

    with _line(settings, code, key_id, writes=False) as line:
        found = reading.state(line.connection, code)
    _told(found, as_json, _state_lines(found))


@command.command()
@_of_municipality
def take(settings: Settings, code: str, key_id: str | None, as_json: bool) -> None:
    """Take the proposed labels of CODE into ownership."""
    from risicoatlas.kgl import workflow

    with _line(settings, code, key_id) as line:
        found = workflow.take(line.connection, line.service.catalogue, line.act)
    _told(found, as_json, _state_lines(found))


@command.command()
@click.argument("variant", type=click.Choice(["automatisch", "handmatig"]))
@_of_municipality
def variant(settings: Settings, code: str, variant: str, key_id: str | None, as_json: bool) -> None:
    """Choose for CODE how changes of the sources are handled."""
    from risicoatlas.kgl import workflow

    with _line(settings, code, key_id) as line:
        found = workflow.set_variant(line.connection, line.service.catalogue, line.act, variant)
    _told(found, as_json, _state_lines(found))


@command.command()
@click.option("--category", required=True, help="zeerKwetsbaar, kwetsbaar, beperktKwetsbaar or niet_bepaald.")
@click.option("--reason", required=True, help="Why the label is another one than the rules propose.")
@click.argument("pand")
@_of_municipality
def correct(
    settings: Settings, code: str, pand: str, category: str, reason: str, key_id: str | None, as_json: bool
) -> None:
    """Correct the label of the building PAND of CODE, as a draft."""
    from risicoatlas.kgl import corrections, reading

    if category not in reading.CATEGORIES:
        raise click.BadParameter(f"expected one of {', '.join(reading.CATEGORIES)}", param_hint="--category")
    if not reason.strip():
        raise click.BadParameter("a reason is needed", param_hint="--reason")
    with _line(settings, code, key_id) as line:
        found = corrections.correct(line.connection, line.act, pand, corrections.Correction(category, reason.strip()))
    _told(
        found, as_json, [f"{pand}: {found['voorstel']['categorie']} -> {found['categorie']}, a draft until published"]
    )


@command.command()
@click.argument("pand")
@_of_municipality
def uncorrect(settings: Settings, code: str, pand: str, key_id: str | None, as_json: bool) -> None:
    """Withdraw the correction of the building PAND of CODE, as a draft."""
    from risicoatlas.kgl import corrections

    with _line(settings, code, key_id) as line:
        found = corrections.withdraw(line.connection, line.act, pand)
    _told(found, as_json, [f"{pand}: {found['categorie']}, a draft until published"])


@command.command("list")
@click.option("--upload", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Take over this CSV.")
@click.option("--partly", is_flag=True, help="Take over the lines that are right beside wrong ones.")
@click.option("--replace", is_flag=True, help="End what the CSV does not have; every line must be right.")
@click.argument("kind", type=click.Choice(["zorg", "kinderopvang", "lint"]))
@_of_municipality
def own_list(
    settings: Settings, code: str, kind: str, upload: Path | None, partly: bool, replace: bool, key_id: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Show an own list of CODE, or take over a CSV with --upload."""
    from risicoatlas.kgl import lists
    from risicoatlas.rules import check

    with _line(settings, code, key_id, writes=upload is not None) as line:
        if upload is None:
            rows = lists.rows(line.connection, code, kind, 0, MAX_ROWS)
            _told(rows, as_json, [f"{row['pand']} {row['detail'] or ''} {row['reden'] or ''}".rstrip() for row in rows])
            return
        delivery = lists.Delivery(kind, upload.read_bytes(), partly=partly, replace=replace)
        rules = check.read_checked(settings.config, "basisvulling")
        try:
            done = lists.upload(line.connection, line.act, rules, delivery)
        except lists.ListError as error:
            for item in error.refusals:
                click.echo(f"{upload}:{item.regel}: {item.gevonden}; verwacht {item.verwacht}", err=True)
            raise
    _told(asdict(done), as_json, [f"{name}: {value}" for name, value in asdict(done).items() if name != "geweigerd"])
    if not as_json:
        for item in done.geweigerd:
            click.echo(f"{upload}:{item.regel}: {item.gevonden}; verwacht {item.verwacht}", err=True)


@command.command()
@click.option("--function", "functions", multiple=True, help="A gebruiksfunctie; all without it. Repeatable.")
@click.option("--undo", is_flag=True, help="Take the validation back.")
@_of_municipality
def validate(
    settings: Settings, code: str, functions: tuple[str, ...], undo: bool, key_id: str | None, as_json: bool
) -> None:
    """Validate the labels of CODE, per gebruiksfunctie or all."""
    from risicoatlas.kgl import workflow

    with _line(settings, code, key_id) as line:
        found = workflow.validate(line.connection, line.service.catalogue, line.act, functions or None, valid=not undo)
    _told(found, as_json, _state_lines(found))


@command.command()
@click.option("--function", help="Only the buildings with this gebruiksfunctie.")
@click.option("--pand", "panden", multiple=True, help="Only this building. Repeatable.")
@_of_municipality
def publish(
    settings: Settings, code: str, function: str | None, panden: tuple[str, ...], key_id: str | None, as_json: bool
) -> None:
    """Publish the labels of CODE, drafts included: all, those of a function, or some buildings."""
    from risicoatlas.kgl import workflow

    if function and panden:
        raise click.UsageError("--function and --pand do not go together")
    with _line(settings, code, key_id) as line:
        part = workflow.Part(function, panden or None)
        done = workflow.publish(line.connection, line.service.catalogue, line.act, part)
    _told(
        {**done.state, "publicatie": done.publication, "gewijzigd": done.changed},
        as_json,
        [*_state_lines(done.state), f"publication {done.publication}, {done.changed} buildings changed"],
    )


@command.command()
@click.option("--reason", required=True, help="Why the data are withdrawn.")
@_of_municipality
def withdraw(settings: Settings, code: str, reason: str, key_id: str | None, as_json: bool) -> None:
    """Withdraw CODE from the public layers, with every earlier state of its buildings."""
    from risicoatlas.kgl import purge, workflow

    if not reason.strip():
        raise click.BadParameter("a reason is needed", param_hint="--reason")
    with _line(settings, code, key_id) as line:
        done = workflow.withdraw(line.connection, line.service.catalogue, line.act, reason.strip())
        line.connection.commit()
        purge.purge(settings, line.service.catalogue, done.publication)
    _told({**done.state, "publicatie": done.publication, "gewijzigd": done.changed}, as_json, _state_lines(done.state))


@command.command()
@click.option("--limit", type=click.IntRange(1, MAX_ROWS), default=100, show_default=True, help="Most to show.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only after this number.")
@_of_municipality
def events(settings: Settings, code: str, limit: int, after: int, key_id: str | None, as_json: bool) -> None:
    """Show what happened to the labels of CODE, by whom and when."""
    from risicoatlas.kgl import reading

    with _line(settings, code, key_id, writes=False) as line:
        rows = reading.events(line.connection, code, after, limit)[:limit]
    _told(
        rows,
        as_json,
        [
            f"{row['nummer']:>6}  {row['tijdstip']:<32}  {row['soort']:<24} {row['organisatie'] or '-':<20}"
            f" {json.dumps(row['gegevens'], ensure_ascii=False)}"
            for row in rows
        ],
    )


@command.command()
@click.option("--approve", is_flag=True, help="Approve the chosen changes and publish them.")
@click.option("--reject", is_flag=True, help="Reject the chosen changes: the public version stays.")
@click.option("--number", "numbers", type=click.IntRange(1), multiple=True, help="Only this change. Repeatable.")
@click.option("--function", help="Only changes with this gebruiksfunctie.")
@_of_municipality
def changes(
    settings: Settings, code: str, approve: bool, reject: bool, numbers: tuple[int, ...], function: str | None,
    key_id: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Show the changes of the sources that CODE was offered, or decide on them: on all, a function, or some."""
    from risicoatlas.kgl import proposals, workflow

    if approve and reject:
        raise click.UsageError("--approve and --reject do not go together")
    if numbers and function:
        raise click.UsageError("--number and --function do not go together")
    with _line(settings, code, key_id, writes=approve or reject) as line:
        if not approve and not reject:
            found = proposals.offered(line.connection, code)
            _told([asdict(item) for item in found], as_json, [_change_line(item) for item in found])
            return
        selection = proposals.Selection(numbers or None, function)
        done = workflow.decide(line.connection, line.service.catalogue, line.act, selection, approve=approve)
    _told(
        {**done.state, "besloten": done.decided, "achterhaald": done.overtaken, "publicatie": done.publication},
        as_json,
        [
            f"{done.decided} changes {'approved' if approve else 'rejected'}, {done.overtaken} overtaken by the"
            f" register and left for the next run; publication {done.publication or 'unchanged'}"
        ],
    )


def _change_line(item: "Proposal") -> str:
    return (
        f"{item.nummer:>6}  {item.pand}  {item.functie or '-':<22} {item.soort:<10} {item.oude_categorie or '-'} ->"
        f" {item.nieuwe_categorie or '-'}  {item.oude_regel or '-'} -> {item.nieuwe_regel or '-'}"
    )


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def runs(settings: Settings, as_json: bool) -> None:
    """Show the last runs: when, by which rules, from which deliveries, and what came of them."""
    from risicoatlas import database
    from risicoatlas.kgl import reports

    with database.opened(settings) as where, where.loader() as connection:
        found = reports.runs(connection)
    _told(
        [asdict(item) for item in found],
        as_json,
        [
            f"{item.nummer:>6}  {item.tijdstip:%Y-%m-%d %H:%M}  {item.regelset} of {item.dag}, {item.soort}:"
            f" {item.geraakt} touched, {item.berekend} labelled, {item.gewijzigd} changed, {item.vervallen} removed"
            for item in found
        ],
    )


@command.command()
@click.option("--gemeente", "code", help="Only this municipality (GM0457).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "csv"]),
    default="html",
    show_default=True,
    help="Form of the report.",
)
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Of the HTML.")
@click.option("--out", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="A file; else the screen.")
@click.argument("run", type=click.IntRange(1))
@click.pass_obj
def report(settings: Settings, run: int, code: str | None, form: str, lang: str, out: TextIO) -> None:
    """Report what RUN changed per municipality: added, gone, relabelled, and corrections that were kept."""
    from risicoatlas import database
    from risicoatlas.kgl import reports

    with database.opened(settings) as where, where.loader() as connection:
        if form == "csv":
            reports.write_csv(connection, run, out, code)
        else:
            reports.write_html(connection, run, out, code, lang)


@command.command()
@click.option("--gemeente", "code", help="Only this municipality (GM0457).")
@click.option("--distance", type=click.FloatRange(0, 10_000, min_open=True), help="Metres; else of config/kgl.yaml.")
@click.option("--out", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="A file; else the screen.")
@click.pass_obj
def ribbons(settings: Settings, code: str | None, distance: float | None, out: TextIO) -> None:
    """List dwellings near a pipeline that are on no list of ribbons yet, as CSV: to be checked by hand."""
    from risicoatlas import database
    from risicoatlas.kgl import reports
    from risicoatlas.kgl import settings as kgl_settings

    distance_m = distance or kgl_settings.read(settings.config).ribbon_distance_m
    with database.opened(settings) as where, where.loader() as connection:
        count = reports.write_ribbons(connection, out, distance_m, code)
    click.echo(f"{count} dwellings within {distance_m:g} m of a pipeline", err=True)
