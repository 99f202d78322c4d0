"""The command line as it is typed, on a database of the tests, and what is served to compare with."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from urllib.error import URLError

import psycopg
from psycopg import sql
from tests.conftest import Town

from risicoatlas import catalogue as catalogues
from risicoatlas.settings import CHECKOUT

from .conftest import ask

SCHEMAS = ["publiek", "besloten"]
OF_THE_RUN = {"publicatie", "tijdstip_registratie", "berekend_op", "vastgesteld_op"}


def environment(town: Town, **environ: str) -> dict[str, str]:
    """Of a machine with a database server of its own; ``environ`` comes last."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")}
    return {
        **clean,
        "RISICOATLAS_HOME": str(town.settings.home),
        "RISICOATLAS_DATABASE_URL": town.database.conninfo("loader"),
        **environ,
    }


def risicoatlas(environ: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(arguments), env=environ, capture_output=True, text=True, timeout=240, check=False)


def command(arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "risicoatlas", *map(str, arguments)]


def the_message(done: subprocess.CompletedProcess[str]) -> str:
    """The one message of a command that failed; beside it there is only progress."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, done.stderr
    messages = [line for line in done.stderr.splitlines() if line.startswith("risicoatlas: ")]
    assert len(messages) == 1, done.stderr
    other = [line for line in done.stderr.splitlines() if line not in messages]
    assert not any("rror" in line for line in other), done.stderr
    return messages[0].removeprefix("risicoatlas: ")


def served(conninfo: str) -> dict[str, str]:
    """A digest of every table that is served, by name; ``conninfo`` must be a superuser's."""
    with psycopg.connect(conninfo) as connection:
        names = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", [SCHEMAS]
        ).fetchall()
        digest = sql.SQL("SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {} AS t")
        return {
            f"{schema}.{name}": connection.execute(digest.format(sql.Identifier(schema, name))).fetchone()[0]
            for schema, name in names
        }


def ask_ready(url: str, patience_s: float) -> None:
    """Until the service says that it can answer."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            if ask(f"{url}/health/ready").status == 200:
                return
        except (URLError, ConnectionError, TimeoutError):
            pass
        assert time.monotonic() < deadline, f"{url} did not become ready within {patience_s} s"
        time.sleep(0.2)


def rows_of_layers(conninfo: str) -> dict[str, str]:
    """A digest of the current rows of every layer, but for what differs between two runs that do the same: the
    publication, and the moments of classifying and of establishing."""
    found = {}
    with psycopg.connect(conninfo) as connection:
        for layer in catalogues.read(CHECKOUT / "config"):
            names = [name for name in layer.by_name if name not in OF_THE_RUN]
            columns = sql.SQL(", ").join(map(sql.Identifier, [*names, "geometrie"]))
            row = connection.execute(
                sql.SQL(
                    "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM"
                    " (SELECT {} FROM {} WHERE publicatie_tot IS NULL) AS t"
                ).format(columns, layer.table)
            ).fetchone()
            found[layer.name] = row[0]
    return found
