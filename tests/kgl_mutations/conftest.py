"""Fixtures of the mutations: files into the database of the test, and the office of a municipality."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.kgl.conftest import office

from risicoatlas.database import Database
from risicoatlas.loader import steps
from risicoatlas.loader.report import Report
from risicoatlas.loader.sources import SOURCES
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

__all__ = ["load", "office"]
Loading = Callable[[Path], Report]


@pytest.fixture
def load(database: Database, settings: Settings) -> Loading:
    """Load a file of the BAG."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return lambda path: steps.load(SOURCES["bag"], path, database, settings, Progress.silent())
