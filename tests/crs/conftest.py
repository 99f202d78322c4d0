"""The sample town behind the real door, asked in this process: every protocol of one application."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.conftest import Town, _copied
from werkzeug.test import Client, TestResponse

from risicoatlas.access import keys
from risicoatlas.app import create_app, make_service


class Visitor(Client):
    """Reads each answer to its end and closes it, so that its connection goes back."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


@contextmanager
def visited(town: Town) -> Iterator[Visitor]:
    service = make_service(town.settings, town.database)
    service.pool.open(wait=True)
    yield Visitor(create_app(service))
    service.pool.close()


@pytest.fixture(scope="session")
def own_town(town: Town) -> Iterator[Town]:
    """A copy, since a key is made in it."""
    with _copied(town) as copy:
        yield copy


@pytest.fixture(scope="session")
def visitor(own_town: Town) -> Iterator[Visitor]:
    """An anonymous visitor of the town, who changes nothing."""
    with visited(own_town) as client:
        yield client


@pytest.fixture(scope="session")
def flemish_key(own_town: Town) -> str:
    """The key of somebody who reads every restricted layer."""
    with own_town.database.loader() as connection:
        made = keys.create(connection, "proef", "beheerder", None, [], None)
        connection.commit()
    return made.key
