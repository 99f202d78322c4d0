"""The pages behind the real door, asked in this process: actor and session come from the cookie, as over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from lxml import html
from tests.browser import chrome, open_page  # noqa: F401
from werkzeug.test import Client, TestResponse

from risicoatlas.access import keys
from risicoatlas.app import Door
from risicoatlas.database import Database
from risicoatlas.service import Service
from risicoatlas.web import pages


class Visitor(Client):
    """Reads each answer to its end and closes it, as a browser does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


def browser(service: Service, **settings: str) -> Client:
    """A visitor with a cookie jar; ``settings`` change the service's, such as its public address."""
    changed = replace(service, settings=replace(service.settings, **settings))
    return Visitor(Door(pages.create(changed), changed))


def document(answer: TestResponse) -> html.HtmlElement:
    return html.document_fromstring(answer.text)


def words(answer: TestResponse) -> str:
    """What a reader sees of a page, blanks folded."""
    return " ".join(document(answer).find("body").text_content().split())


@dataclass(frozen=True)
class Login:
    """A visitor who can fill in the login form."""

    client: Client

    def token(self, path: str = "/auth/login") -> str:
        return str(document(self.client.get(path)).xpath("//input[@name='csrf']/@value")[0])

    def send(self, key: str, **fields: str) -> TestResponse:
        return self.client.post("/auth/login", data={"csrf": self.token(), "key": key, **fields})


@pytest.fixture
def visitor(town_service: Service) -> Client:
    """An anonymous visitor of the sample town, who changes nothing."""
    return browser(town_service)


@pytest.fixture
def newcomer(empty_service: Service) -> Client:
    """A visitor of a service of this test alone, in which nothing is published."""
    return browser(empty_service)


@pytest.fixture
def new_key(database: Database) -> Callable[[], keys.NewKey]:
    """Makes a key of the fictional Flemish municipality 99901."""

    def make() -> keys.NewKey:
        with database.loader() as connection:
            return keys.create(connection, "proef", "gemeente", None, ["99901"], None)

    return make
