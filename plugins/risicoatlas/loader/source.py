"""What a source is and what its steps get: the one interface between the steps and ``loader/sources``."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from psycopg import sql

from risicoatlas.database import Connection
from risicoatlas.loader import queries
from risicoatlas.loader.report import Report, Tally
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

WriteRow = Callable[[Sequence[object]], None]


@dataclass(frozen=True)
class Load:
    """One file on its way into the register, or one delivery that never was a file: ``path`` is its name then.

    ``levering`` is its number in ``beheer.levering``. The connection is ra_owner's, inside a transaction that the steps
    or their caller commit; its time zone is Europe/Amsterdam, the zone of the times in the sources.
    """

    connection: Connection
    path: Path
    levering: int
    report: Report
    settings: Settings
    progress: Progress = field(default_factory=Progress.silent)

    @contextmanager
    def copying(self, table: str, columns: Sequence[str]) -> Iterator[WriteRow]:
        """COPY rows into a staging table ``bron.<table>``; a geometry goes in as hexadecimal (E)WKB.

        Only one such block, and no other statement, can be open at a time: a connection does one COPY.
        """
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier("bron", table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy.write_row

    def run(self, subject: str, name: str, **parameters: object) -> int:
        """Run the statement ``name`` of ``loader/sql/<subject>.sql``; gives the rows touched."""
        statement = queries.statement(subject, name)
        return self.connection.execute(statement, {"levering": self.levering, **parameters}).rowcount

    def rows(self, subject: str, name: str, **parameters: object) -> list[tuple[object, ...]]:
        """The rows of a statement that asks."""
        statement = queries.statement(subject, name)
        return self.connection.execute(statement, {"levering": self.levering, **parameters}).fetchall()

    def count(self, tally: Tally, subject: str, name: str, **parameters: object) -> None:
        """Fill the counts of a kind from a statement that gives refused, unchanged, new, changed and mended."""
        ((refused, unchanged, new, changed, mended),) = self.rows(subject, name, **parameters)
        tally.geweigerd, tally.ongewijzigd, tally.nieuw = int(str(refused)), int(str(unchanged)), int(str(new))
        tally.gewijzigd, tally.hersteld = int(str(changed)), int(str(mended))
        tally.geladen = tally.nieuw + tally.gewijzigd - tally.hersteld


class Source(Protocol):
    """A register that can be loaded. Its steps are called in this order, each with the same :class:`Load`."""

    @property
    def name(self) -> str:
        """The SOURCE of the command line and the ``bron`` of ``beheer.levering``."""

    @property
    def staging(self) -> tuple[str, ...]:
        """Names of its tables in the schema ``bron``; emptied before a stage and after a load."""

    def recognise(self, path: Path, settings: Settings) -> str | None:
        """What this file is, in a few words for the reader, judged by its content; None when it is not of this source.

        Cheap, and never raises for a file of another kind.
        """

    def stage(self, load: Load) -> None:
        """Read the file into the staging tables and count every object in ``load.report``.

        A file that cannot be read raises :class:`~risicoatlas.errors.SourceError` with the place.
        """

    def check(self, load: Load) -> None:
        """Judge the delivery as a whole, once all of it is staged."""

    def normalise(self, load: Load) -> None:
        """Make the staged values fit for the register, set-based; what cannot be made fit keeps its reason."""

    def register(self, load: Load) -> None:
        """Write the register, in one transaction with the end of the delivery; complete the counts of the report."""
