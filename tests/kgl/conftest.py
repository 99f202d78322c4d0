"""The delivery API behind the real door: keys of municipalities, and a visitor who sends the version that he read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.conftest import Town
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from risicoatlas.access import keys
from risicoatlas.app import Door, make_service
from risicoatlas.delivery import service as delivery
from risicoatlas.service import Service
from risicoatlas.web import pages

ROOT = "/aanlevering/v1/kgl"


def new_key(town: Town, role: str, *areas: str, organisation: str | None = None) -> keys.NewKey:
    with town.database.loader() as connection:
        return keys.create(connection, "proef", role, organisation, areas, 1)


class Whole(Client):
    """Reads each answer to its end and closes it, as a browser does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


@dataclass
class Visitor:
    """Sends requests as the holder of a key; None is anonymous."""

    client: Client
    key: str | None = None
    code: str = ""

    def ask(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        headers = {**({"X-API-Key": self.key} if self.key else {}), **more.pop("headers", {})}
        return self.client.open(f"{ROOT}{path}", method=method, headers=headers, **more)

    @property
    def here(self) -> str:
        return f"/gemeenten/{self.code}"

    def state(self) -> dict[str, Any]:
        answer = self.ask(self.here)
        assert answer.status_code == 200, answer.text
        return answer.json

    def version(self, path: str = "") -> str:
        return self.ask(f"{self.here}{path}").headers["ETag"]

    def act(self, name: str, body: Any = None, version: str | None = None) -> TestResponse:
        """An act on the state that is read just before."""
        return self.ask(
            f"{self.here}/{name}", "POST", json={} if body is None else body,
            headers={"If-Match": version or self.version()},
        )  # fmt: skip

    def correct(self, pand: str, category: str, reason: str = "Gezien ter plaatse.") -> TestResponse:
        return self.ask(
            f"{self.here}/gebouwen/{pand}/correctie", "PUT", json={"categorie": category, "reden": reason},
            headers={"If-Match": self.version(f"/gebouwen/{pand}")},
        )  # fmt: skip

    def uncorrect(self, pand: str) -> TestResponse:
        headers = {"If-Match": self.version(f"/gebouwen/{pand}")}
        return self.ask(f"{self.here}/gebouwen/{pand}/correctie", "DELETE", headers=headers)

    def building(self, pand: str) -> dict[str, Any]:
        return self.ask(f"{self.here}/gebouwen/{pand}").json

    def buildings(self, query: str = "") -> list[dict[str, Any]]:
        answer = self.ask(f"{self.here}/gebouwen?limit=1000&{query}")
        assert answer.status_code == 200, answer.text
        return answer.json["gebouwen"]

    def a_building(self, query: str = "categorie=kwetsbaar", number: int = 0) -> str:
        return str(self.buildings(query)[number]["pand"])


@dataclass
class Office:
    """The town, its service, and whoever comes to it."""

    town: Town
    service: Service
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        mounted = DispatcherMiddleware(pages.create(self.service), {"/aanlevering/v1": delivery.create(self.service)})
        self.client = Whole(Door(mounted, self.service), use_cookies=False)

    def of(self, code: str, role: str = "gemeente") -> Visitor:
        """Somebody of the municipality."""
        return Visitor(self.client, new_key(self.town, role, code, organisation=f"org-{code}").key, code)

    def anonymous(self) -> Visitor:
        return Visitor(self.client)

    def sql(self, query: str, *values: object) -> list[tuple]:
        with self.town.database.loader() as connection:
            connection.execute("SET risicoatlas.areas = '*'")
            return connection.execute(query, values).fetchall()

    def do(self, statement: str, *values: object) -> None:
        with self.town.database.loader() as connection:
            connection.execute(statement, values)
            connection.commit()

    def public(self, code: str) -> dict[str, str]:
        """Category by pand, as everybody sees it."""
        rows = self.sql(
            "SELECT id_pand_bag, categorie_kwetsbaarheid FROM publiek.kgl_public"
            " WHERE gemeentecode = %s AND publicatie_tot IS NULL",
            code,
        )
        return dict(rows)

    def audit(self, code: str) -> list[tuple]:
        return self.sql(
            "SELECT handeling, onderwerp, uitkomst, sleutel_id FROM beheer.audit WHERE onderwerp LIKE %s"
            " ORDER BY nummer",
            f"{code}%",
        )


@pytest.fixture(scope="module")
def office(town_of_module: Town) -> Iterator[Office]:
    """A copy of the town that the tests of a module change."""
    service = make_service(town_of_module.settings, town_of_module.database)
    service.pool.open(wait=True)
    yield Office(town_of_module, service)
    service.pool.close()
