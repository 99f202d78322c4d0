"""How long until the service is ready: ``serve`` on a published town, and the demo when it has run before."""

import sys
from collections.abc import Iterator
from pathlib import Path

from risicoatlas.settings import CHECKOUT
from tests.bench.lines import Line
from tests.bench.processes import free_port, our_environ, risicoatlas, server

READY = "/health/ready"
SERVE_S = 8
DEMO_S = 30
REPEATS = 3


def lines(folder: Path) -> Iterator[Line]:
    """The slowest of three: whoever waits has no use for the best one."""
    home = folder / "demo"
    risicoatlas("demo", "--no-serve", home=home)
    title, command = _demo()
    yield Line(f"second run of {title}: to ready", _slowest(command, home), "s", at_most=DEMO_S)
    serve = [sys.executable, "-m", "risicoatlas", "serve"]
    yield Line("serve: to ready, database included", _slowest(serve, home), "s", at_most=SERVE_S)


def _slowest(command: list[str], home: Path) -> float:
    taken = []
    for _ in range(REPEATS):
        port = free_port()
        with server([*command, "--port", str(port)], our_environ(home), port, READY) as seconds:
            taken.append(seconds)
    return max(taken)


def _demo() -> tuple[str, list[str]]:
    """The script, where its set-up made this environment; it would else change the environment that runs us."""
    if (CHECKOUT / ".venv" / ".installed").is_file():
        return "deploy/demo", [str(CHECKOUT / "deploy" / "demo")]
    return "risicoatlas demo", [sys.executable, "-m", "risicoatlas", "demo"]
