"""The command ``risicoatlas``: a table of commands, each imported only when it is called.

Exit codes: 0 ok, 1 failed (one clear message on standard error), 2 wrong use.
"""

import importlib
import logging
import signal
import sys
from pathlib import Path

import click

from risicoatlas.errors import RisicoAtlasError
from risicoatlas.settings import Settings

COMMANDS = {
    "init": "Make the database and its tables.",
    "sample": "Write a fictional municipality in the true source formats.",
    "load": "Load a source into the register.",
    "classify": "Label every building by the rules.",
    "publish": "Publish what the register holds.",
    "kgl": "Take over, correct, validate, publish and withdraw the labels of a municipality.",
    "export": "Make the bulk files of every public layer.",
    "serve": "Serve everything on one port.",
    "demo": "Load, classify, publish and serve the sample, or --data DIR.",
    "status": "Show what is loaded and published.",
    "check": "Check configuration, rules and styles.",
    "backup": "Write database and state to one file.",
    "restore": "Restore a backup.",
    "key": "Create, list and revoke API keys.",
}


class LazyGroup(click.Group):
    """A group whose commands live in ``risicoatlas.commands.<name>`` as ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"risicoatlas.commands.{cmd_name}")
        command: click.Command = module.command
        command.name = cmd_name
        command.short_help = COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="State folder (RISICOATLAS_HOME).")
@click.version_option(package_name="risicoatlas")
@click.pass_context
def program(ctx: click.Context, home: Path | None) -> None:
    """Publish risk registers as OGC API Features, WFS, WMS and WMTS."""
    ctx.obj = Settings.from_environ(home=home)


def main() -> None:
    """Entry point: our own errors become one line on standard error and exit code 1."""
    # A terminated command leaves like any other: it rolls back and stops the database that it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # psycopg remarks on a lost connection on standard error, beside our one message.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    try:
        program()
    except RisicoAtlasError as error:
        click.echo(f"risicoatlas: {error}", err=True)
        sys.exit(1)
