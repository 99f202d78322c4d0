"""The whole service from the outside: keys of two municipalities, and requests over real HTTP."""

from dataclasses import dataclass
from email.message import Message
from urllib.request import HTTPErrorProcessor, Request, build_opener

import pytest
from tests.conftest import Server, Town

from risicoatlas.access import keys
from risicoatlas.access.keys import NewKey

# The two fictional Flemish municipalities of the sample, and the Dutch one that has not published.
OWN, OTHER, UNPUBLISHED = "99901", "99902", "GM9902"
# With one of each country there are rows in every restricted layer.
OF_BOTH = (OWN, "GM9903")


class _AsItIs(HTTPErrorProcessor):
    """Refusals and redirects are answers like others."""

    def http_response(self, request, response):
        return response

    https_response = http_response


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(url: str, key: str | None = None, data: bytes | None = None, **headers: str) -> Answer:
    """One request; ``key`` goes as X-API-Key, keyword arguments as headers with ``-`` for ``_``."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"X-API-Key": key} if key else {})
    with build_opener(_AsItIs()).open(Request(url, data, sent), timeout=60) as response:
        return Answer(response.status, response.headers, response.read())


def new_key(town: Town, role: str = "gemeente", *areas: str) -> NewKey:
    with town.database.loader() as connection:
        return keys.create(connection, "proef", role, None, areas, 1)


@pytest.fixture(scope="session")
def own_key(town: Town) -> str:
    """The key of one municipality."""
    return new_key(town, "gemeente", OWN).key


@pytest.fixture(scope="session")
def key_of_both(town: Town) -> str:
    """The key of a Flemish and a Dutch municipality."""
    return new_key(town, "gemeente", *OF_BOTH).key


@pytest.fixture(scope="session")
def url(server: Server) -> str:
    return server.url
