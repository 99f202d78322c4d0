"""A register that a test fills itself."""

from collections.abc import Iterator

import pytest
from tests.register import Register, opened

from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection, Database


@pytest.fixture
def connection(cluster: Cluster) -> Iterator[Connection]:
    """An owner's connection in a transaction that is rolled back: what a test loads and labels is gone after it."""
    with Database(lambda task: cluster.conninfo("ra_loader")).loader() as connected:
        connected.execute("SELECT 1")
        yield connected
        connected.rollback()


@pytest.fixture
def register(connection: Connection) -> Register:
    return opened(connection)
