"""What the start page tells of the register as a whole; of its layers :mod:`risicoatlas.metadata.record` tells."""

from dataclasses import dataclass
from datetime import datetime

from risicoatlas.database import reading
from risicoatlas.service import Service

# Local time is made by PostgreSQL: a minimal machine has no time zones for Python.
_PUBLICATION = """
SELECT nummer, gemaakt_op AT TIME ZONE 'Europe/Amsterdam' FROM publiek.publicatie ORDER BY nummer DESC LIMIT 1
"""


@dataclass(frozen=True)
class Publication:
    """The last one; ``made`` is local time."""

    number: int
    made: datetime


def last_publication(service: Service) -> Publication | None:
    """None where nothing is published yet; raises :class:`UnavailableError`."""
    with reading(service.pool) as connection:
        latest = connection.execute(_PUBLICATION).fetchone()
    return Publication(*latest) if latest else None
