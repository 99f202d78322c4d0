"""A line of the benchmarks: what was measured, what it is compared with, and whether it meets its target."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

COLUMNS = ("what", "measured", "peer", "measured/peer", "target", "verdict")


@dataclass(frozen=True)
class Line:
    """``peer`` is the same quantity of whom we compare with, in the same run.

    A target is either a bound on the measured value (``at_most``, in ``unit``) or on the ratio (``least_ratio``); a
    line without one tells how things stand. ``ratio`` overrules measured/peer where pairs were measured in turn: then
    it is the median of the pairs.
    """

    what: str
    measured: float
    unit: str
    peer: float | None = None
    at_most: float | None = None
    least_ratio: float | None = None
    paired_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        if self.paired_ratio is not None:
            return self.paired_ratio
        return None if self.peer is None else self.measured / self.peer

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if self.at_most is not None:
            return self.measured <= self.at_most
        if self.least_ratio is not None:
            return self.ratio is not None and self.ratio >= self.least_ratio
        return None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g} {self.unit}"
        return "" if self.least_ratio is None else f"at least {self.least_ratio:g} x"

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what, "measured": round(self.measured, 3), "unit": self.unit,
            "peer": None if self.peer is None else round(self.peer, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "at_most": self.at_most, "least_ratio": self.least_ratio, "met": self.met,
        }  # fmt: skip

    def cells(self) -> tuple[str, ...]:
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x"
        peer = "" if self.peer is None else _quantity(self.peer, self.unit)
        return self.what, _quantity(self.measured, self.unit), peer, ratio, self.target, verdict


def _quantity(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def circumstances() -> str:
    """Date, machine and how busy it is: a time says little without them."""
    with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        models = {line.partition(":")[2].strip() for line in file if line.startswith("model name")}
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({'; '.join(models) or platform.machine()}),"
        f" load average {load}"
    )


def table(lines: Iterable[Line], caption: str) -> Table:
    shown = Table(*COLUMNS, caption=caption)
    for line in lines:
        shown.add_row(*line.cells())
    return shown


def markdown(lines: Iterable[Line], caption: str) -> str:
    """The table for a README."""
    rows = [COLUMNS, tuple("---" for _ in COLUMNS), *(line.cells() for line in lines)]
    return "\n".join([f"{caption}:", "", *(f"| {' | '.join(row)} |" for row in rows)])


def as_json(lines: Iterable[Line], begun: str, ended: str) -> str:
    return json.dumps({"begun": begun, "ended": ended, "lines": [line.as_json() for line in lines]}, indent=2)
