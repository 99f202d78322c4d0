"""Fixtures of the loader's tests: one file into the database of the test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from risicoatlas.database import Connection, Database
from risicoatlas.loader import steps
from risicoatlas.loader.report import Report
from risicoatlas.loader.sources import SOURCES
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

Loading = Callable[[str, Path], Report]
Rows = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def load(database: Database, settings: Settings) -> Loading:
    """Load a file of a source: ``load("bag", path)``."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return lambda source, path: steps.load(SOURCES[source], path, database, settings, Progress.silent())


@pytest.fixture
def rows(connection: Connection) -> Rows:
    """The rows of a query, as it stands in the database now."""

    def ask(query: str) -> list[tuple[object, ...]]:
        found = connection.execute(query).fetchall()  # type: ignore[call-overload]
        connection.commit()
        return found  # type: ignore[no-any-return]

    return ask
