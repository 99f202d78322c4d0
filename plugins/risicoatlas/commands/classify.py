"""``risicoatlas classify``."""

import datetime
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from risicoatlas.settings import Settings

if TYPE_CHECKING:
    from risicoatlas.kgl.mutations import Relabelled
    from risicoatlas.rules.classify import Outcome
    from risicoatlas.rules.compare import Difference
    from risicoatlas.rules.explain import Explanation

HOLDS = {True: "holds", False: "does not hold", None: "unknown"}


@click.command()
@click.option(
    "--set", "name", default="basisvulling", show_default=True, help="The rule set, a folder of config/rules."
)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day whose rules apply (default: today).")
@click.option(
    "--changed",
    is_flag=True,
    help="Only what may come out otherwise since the last run; the labels are those of a full run.",
)
@click.option("--explain", metavar="PAND", help="Tell why a building (16 digits) has its label; nothing is written.")
@click.option("--compare", nargs=2, metavar="A B", help="Count per municipality where two rule sets differ.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(
    settings: Settings,
    name: str,
    on: datetime.datetime | None,
    changed: bool,
    explain: str | None,
    compare: tuple[str, str] | None,
    as_json: bool,
) -> None:
    """Label every building by the rules, with the rule, the reason and the article of each label.

    What comes out otherwise than a municipality has established becomes a proposal to it: see `risicoatlas kgl`.
    """
    from risicoatlas import database
    from risicoatlas.kgl import mutations, notices
    from risicoatlas.kgl import settings as kgl_settings
    from risicoatlas.rules import check
    from risicoatlas.rules import compare as comparison
    from risicoatlas.rules import explain as explanation

    day = on.date() if on else None
    names = compare or (name,)
    sets = [check.read_checked(settings.config, each) for each in names]
    with database.opened(settings) as where, where.loader() as connection:
        if explain:
            told = explanation.explain(connection, sets[0], explain, day)
            _print(asdict(told), as_json, lambda: _explain_lines(told))
            return
        handling = kgl_settings.read(settings.config, settings.smtp_url)
        done = [
            mutations.relabel(
                connection, each, handling, on=day, changed_only=changed, notice=lambda text: click.echo(text, err=True)
            )
            for each in sets
        ]
        _say_mail(*notices.send(connection, handling.mail))
        if compare:
            differences = comparison.compare(connection, *compare)
            _print([asdict(item) for item in differences], as_json, lambda: _difference_lines(differences))
            return
    _print(_as_json(done[0]), as_json, lambda: _done_lines(done[0]))


def _as_json(done: "Relabelled") -> dict[str, object]:
    """The outcome, with what the run looked at and proposed beside it."""
    data = asdict(done)
    outcome: dict[str, object] = data.pop("outcome")
    return {**outcome, **data}


def _run_lines(done: "Relabelled") -> list[str]:
    looked_at = "everything labelled" if done.computed is None else f"{done.computed} buildings labelled anew"
    lines = [f"run {done.run}: {done.touched} buildings touched since the last run, {looked_at}"]
    if done.proposed or done.kept:
        lines.append(f"  {done.proposed} changes of established labels proposed, {done.kept} corrections kept")
    return lines


def _done_lines(done: "Relabelled") -> list[str]:
    return [*_run_lines(done), *_outcome_lines(done.outcome), f"  {done.permitted:>9}  permitted, labelled apart"]


def _say_mail(sent: int, failed: int) -> None:
    if sent:
        click.echo(f"{sent} notices sent by mail", err=True)
    if failed:
        click.echo(f"{failed} notices could not be sent by mail: see register.kgl_bericht", err=True)


def _print(value: object, as_json: bool, lines: Callable[[], list[str]]) -> None:
    if as_json:
        click.echo(json.dumps(value, default=str, ensure_ascii=False))
        return
    for line in lines():
        click.echo(line)


def _outcome_lines(outcome: "Outcome") -> list[str]:
    return [
        f"{outcome.rules}, rules of {outcome.day}: {outcome.total} buildings,"
        f" {outcome.changed} labels new or changed, {outcome.removed} removed",
        *(f"  {count:>9}  {category}" for category, count in outcome.categories.items()),
        *(f"  {count:>9}  {rule}" for rule, count in outcome.by_rule.items()),
        *(f"  {count:>9}  warning {warning}" for warning, count in outcome.warnings.items()),
    ]


def _explain_lines(told: "Explanation") -> list[str]:
    lines = [
        f"{told.pand}: {told.category} by {told.rule} ({told.function}), rules of {told.day}",
        f"  {told.public_reason}",
        f"  {told.public_reason_en}",
        f"  article: {told.article}",
        *([f"  holds for: {told.applies_to}, and for nothing else"] if told.applies_to else []),
        *(f"  {key}: {value}" for key, value in told.building.items()),
        *(f"  warning: {warning}" for warning in told.warnings),
    ]
    for verdict in told.functions:
        lines.append(f"{verdict.function}: {verdict.category} by {verdict.rule}")
        lines += [f"    {key} = {'unknown' if value is None else value}" for key, value in verdict.inputs.items()]
        for trial in verdict.trials:
            lines.append(f"  {trial.rule} {HOLDS[trial.holds]} -> {trial.category}: {trial.when}")
            lines += [f"    {trial.reason}", f"    {trial.article}"] if trial.holds else []
    return lines


def _difference_lines(differences: "list[Difference]") -> list[str]:
    return [
        f"{item.municipality}  {item.first:<18} -> {item.second:<18} {item.count:>8}"
        f"  {item.rule_first} / {item.rule_second}"
        for item in differences
    ] or ["no differences"]
