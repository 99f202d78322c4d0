"""The report of one delivery: what became of every object that was read.

For each kind of object (pand, verblijfsobject …) the counts must add up::

    gelezen = geladen + hersteld + ongewijzigd + geweigerd + sum(niet_geladen)

``geladen`` are new or changed objects taken as they were, ``hersteld`` new or changed ones whose geometry was mended,
``niet_geladen`` objects that were rightly left out, by reason (ended occurrences, double rows). Of ``geladen +
hersteld``, ``nieuw`` and ``gewijzigd`` tell which; ``vervallen`` are objects of the register that the delivery no
longer has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from risicoatlas.errors import RisicoAtlasError

# How many findings of each outcome the report itself shows; all of them are in beheer.bevinding.
SHOWN_FINDINGS = 1000
MAX_READER_FINDINGS = 100_000
OUTCOMES = ("geweigerd", "hersteld", "melding", "vervallen")


class AccountingError(RisicoAtlasError):
    """The counts of a report do not add up: an error of ours, and the load is rolled back."""


@dataclass
class Tally:
    """Counts of one kind of object."""

    gelezen: int = 0
    geladen: int = 0
    hersteld: int = 0
    ongewijzigd: int = 0
    geweigerd: int = 0
    niet_geladen: dict[str, int] = field(default_factory=dict)
    nieuw: int = 0
    gewijzigd: int = 0
    vervallen: int = 0

    @property
    def accounted(self) -> int:
        return self.geladen + self.hersteld + self.ongewijzigd + self.geweigerd + sum(self.niet_geladen.values())

    def skip(self, reason: str, count: int = 1) -> None:
        """Count objects that are rightly left out."""
        self.niet_geladen[reason] = self.niet_geladen.get(reason, 0) + count


@dataclass(frozen=True)
class Finding:
    """One remark: ``uitkomst`` is one of OUTCOMES, ``plaats`` where in the file, ``reden`` a Dutch sentence."""

    uitkomst: str
    soort: str
    sleutel: str | None
    plaats: str | None
    reden: str


@dataclass
class Report:
    """What is told about one delivery; :meth:`as_json` is the ``verslag`` of ``beheer.levering``."""

    bron: str
    bestand: str
    levering: int
    omschrijving: str = ""
    stand: str | None = None
    gebied: list[str] | None = None
    # names of municipalities that the delivery itself gives
    namen: dict[str, str] = field(default_factory=dict)
    # settings of the source that later steps need, so that a killed load goes on with the same ones
    instellingen: dict[str, Any] = field(default_factory=dict)
    # other figures for the reader
    kengetallen: dict[str, int] = field(default_factory=dict)
    objecten: dict[str, Tally] = field(default_factory=dict)
    # remarks of a reader, written to beheer.bevinding at the end of its step
    new_findings: list[Finding] = field(default_factory=list)
    bevindingen: list[Finding] = field(default_factory=list)
    aantal_bevindingen: dict[str, int] = field(default_factory=dict)
    duur_s: float = 0.0

    def tally(self, soort: str) -> Tally:
        """The counts of a kind of object, made when first asked for."""
        return self.objecten.setdefault(soort, Tally())

    def find(
        self, uitkomst: str, soort: str, reden: str, *, sleutel: str | None = None, plaats: str | None = None
    ) -> None:
        """Add a finding from Python; sets of findings are inserted into ``beheer.bevinding`` by SQL."""
        if len(self.new_findings) >= MAX_READER_FINDINGS:
            raise RisicoAtlasError(
                f"{self.bestand}: more than {MAX_READER_FINDINGS:,} findings while reading: is it the right file?"
            )
        self.new_findings.append(Finding(uitkomst, soort, sleutel, plaats, reden))

    @property
    def geweigerd(self) -> int:
        return sum(tally.geweigerd for tally in self.objecten.values())

    def prove(self) -> None:
        """Raise :class:`AccountingError` unless every object that was read is accounted for."""
        for soort, tally in self.objecten.items():
            if tally.gelezen != tally.accounted or tally.geladen + tally.hersteld != tally.nieuw + tally.gewijzigd:
                raise AccountingError(f"{self.bestand}: the counts of {soort} do not add up: {asdict(tally)}")

    def as_json(self) -> dict[str, Any]:
        """A JSON object; findings are at most SHOWN_FINDINGS per outcome, ``aantal_bevindingen`` counts all."""
        data = asdict(self)
        del data["new_findings"]
        data["duur_s"] = round(self.duur_s, 2)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """The report as a killed load left it."""
        values = dict(data)
        values["objecten"] = {soort: Tally(**tally) for soort, tally in values["objecten"].items()}
        values["bevindingen"] = [Finding(**finding) for finding in values["bevindingen"]]
        return cls(**values)

    def lines(self) -> Iterator[str]:
        """The report for people."""
        yield f"{self.bestand}: {self.omschrijving or self.bron}, levering {self.levering}, {self.duur_s:.1f} s"
        for soort, tally in self.objecten.items():
            yield f"  {soort}: {_sentence(tally)}"
        if self.kengetallen:
            yield "  " + ", ".join(f"{count:,} {name}" for name, count in self.kengetallen.items())
        for outcome in OUTCOMES:
            if total := self.aantal_bevindingen.get(outcome, 0):
                yield f"  {outcome}: {total:,}"
                yield from self._finding_lines(outcome, total)

    def _finding_lines(self, outcome: str, total: int, shown: int = 10) -> Iterator[str]:
        found = [finding for finding in self.bevindingen if finding.uitkomst == outcome][:shown]
        for item in found:
            where = " ".join(part for part in (item.soort, item.sleutel, item.plaats and f"({item.plaats})") if part)
            yield f"    {where}: {item.reden}"
        if total > len(found):
            yield f"    … en nog {total - len(found):,} (--json, of beheer.bevinding)"


def _sentence(tally: Tally) -> str:
    parts = [f"{tally.gelezen:,} gelezen = {tally.geladen:,} geladen"]
    for name in ("hersteld", "ongewijzigd", "geweigerd"):
        if count := getattr(tally, name):
            parts.append(f"{count:,} {name}")
    parts.extend(f"{count:,} {reason}" for reason, count in tally.niet_geladen.items() if count)
    tail = f"; {tally.nieuw:,} nieuw, {tally.gewijzigd:,} gewijzigd, {tally.vervallen:,} vervallen"
    return " + ".join(parts) + (tail if tally.nieuw or tally.gewijzigd or tally.vervallen else "")
