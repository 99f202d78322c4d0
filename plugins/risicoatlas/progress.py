"""Progress of long work: a bar with rate and time left on a terminal, plain lines elsewhere. Written to standard error.

with progress.task("bag.zip lezen", total=1_000, unit="objecten") as advance:
    advance(10)
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.progress import Task as BarTask
from rich.text import Text

Advance = Callable[[int], None]

LINE_INTERVAL_S = 5.0


@dataclass(frozen=True)
class Progress:
    """Where progress goes: ``bar`` on a terminal, lines to ``stream``, or nowhere when ``stream`` is None."""

    stream: TextIO | None
    bar: bool = False

    @classmethod
    def to_terminal(cls, stream: TextIO | None = None) -> "Progress":
        """A bar where standard error is a terminal, plain lines otherwise."""
        target = stream or sys.stderr
        return cls(target, bar=target.isatty())

    @classmethod
    def silent(cls) -> "Progress":
        return cls(None)

    def say(self, text: str) -> None:
        """One line of its own."""
        if self.stream is not None:
            self.stream.write(text + "\n")
            self.stream.flush()

    @contextmanager
    def task(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Advance]:
        """One piece of work; ``advance(n)`` says that n more of ``total`` units are done."""
        if self.stream is None:
            yield lambda count: None
        elif self.bar:
            with _bar(self.stream, title, total, unit) as advance:
                yield advance
        else:
            lines = _Lines(self.stream, title, total, unit)
            yield lines.advance
            lines.end()


class _RateColumn(ProgressColumn):
    """Done, total and rate in the unit of the task."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: BarTask) -> Text:
        done = f"{task.completed:,.0f}" + (f"/{task.total:,.0f}" if task.total else "")
        rate = task.finished_speed or task.speed
        return Text(f"{done} {self.unit}" + (f" {rate:,.0f}/s" if rate else ""))


@contextmanager
def _bar(stream: TextIO, title: str, total: int | None, unit: str) -> Iterator[Advance]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _RateColumn(unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(file=stream)) as bars:
        task = bars.add_task(title, total=total)
        yield lambda count: bars.advance(task, count)


class _Lines:
    """A line at the start, at the end, and every few seconds between."""

    def __init__(self, stream: TextIO, title: str, total: int | None, unit: str) -> None:
        self.stream, self.title, self.total, self.unit = stream, title, total, unit
        self.started = self.last = time.monotonic()
        self.done = 0
        self._write(f"{title} …")

    def advance(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        if now - self.last >= LINE_INTERVAL_S:
            self.last = now
            self._write(self.line(now - self.started))

    def line(self, elapsed_s: float) -> str:
        rate = self.done / elapsed_s if elapsed_s else 0.0
        if not self.total:
            return f"{self.title}: {self.done:,} {self.unit}, {rate:,.0f}/s"
        left_s = max(0.0, (self.total - self.done) / rate) if rate else 0.0
        share = min(100.0, 100 * self.done / self.total)
        done = f"{self.done:,} of {self.total:,} {self.unit} ({share:.0f} %)"
        return f"{self.title}: {done}, {rate:,.0f}/s, {left_s:.0f} s left"

    def end(self) -> None:
        elapsed_s = time.monotonic() - self.started
        counted = f", {self.done:,} {self.unit}".rstrip() if self.done else ""
        self._write(f"{self.title}: {elapsed_s:.1f} s{counted}")

    def _write(self, text: str) -> None:
        self.stream.write(text + "\n")
        self.stream.flush()
