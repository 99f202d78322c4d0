"""Run the benchmarks and print what they measured with its target: ``python -m tests.bench.run --help``.

A benchmark is a function in :data:`BENCHMARKS` that gives lines of the table; answers are checked before their time
counts. Exit code 1 when a target is missed.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from rich.console import Console

from tests.bench import against, items, kgl, lines, load, start, wfs_stream
from tests.bench.ground import prepared
from tests.bench.lines import Line
from tests.bench.peers import PEERS


def _service(options: argparse.Namespace) -> Iterator[Line]:
    """What stands on the rows: the memory of their loading, pages, and the whole layer as a stream."""
    with prepared(options.home, options.rows) as ground:
        yield ground.memory()
        yield from items.lines(ground, options.seconds)
        yield from wfs_stream.lines(ground)


def _against(options: argparse.Namespace) -> Iterator[Line]:
    """Everything that the peers do too."""
    with prepared(options.home, options.peer_rows) as ground:
        yield from against.lines(ground, options.seconds, options.peers, options.only)


BENCHMARKS: Mapping[str, Callable[[argparse.Namespace], Iterable[Line]]] = {
    "load": lambda options: load.lines(options.home),
    "start": lambda options: start.lines(options.home),
    "service": _service,
    "peers": _against,
    "kgl": lambda options: kgl.lines(options.home, options.panden),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--rows", type=int, default=200_000, help="panden of the sample (default: %(default)s)")
    parser.add_argument(
        "--panden", type=int, nargs="+", default=[250_000, 500_000, 1_000_000], metavar="N",
        help="panden for `kgl`, growing (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--peer-rows", type=int, default=100_000, help="panden for `peers` (default: %(default)s)")
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=[*PEERS], help="whom to compare with (default: all)"
    )
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="of `peers`, the lines with this text in their title"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="per timing of a page (default: %(default)s)")
    parser.add_argument("--home", type=Path, default=Path(".risicoatlas-bench"), help="state folder, kept")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the table as JSON")
    shape.add_argument("--markdown", action="store_true", help="the table for a README")
    options = parser.parse_args()
    options.home = options.home.resolve()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    begun = lines.circumstances()
    found = []
    for name in options.names or BENCHMARKS:
        for line in BENCHMARKS[name](options):
            found.append(line)
            sys.stderr.write(" | ".join(line.cells()) + "\n")
    _print(options, found, begun)
    sys.exit(any(line.met is False for line in found))


def _print(options: argparse.Namespace, found: list[Line], begun: str) -> None:
    ended = lines.circumstances()
    if options.json:
        sys.stdout.write(lines.as_json(found, begun, ended) + "\n")
        return
    caption = f"Begun {begun}; ended {ended}"
    if options.markdown:
        sys.stdout.write(lines.markdown(found, caption) + "\n")
        return
    Console(width=170).print(lines.table(found, caption))


if __name__ == "__main__":
    main()
