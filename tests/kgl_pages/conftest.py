"""The sample town with both rule sets judged, one label corrected, and keys of who reads for whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.browser import chrome, open_page  # noqa: F401
from tests.conftest import Town, _copied
from tests.web.conftest import browser
from werkzeug.test import Client, TestResponse

from risicoatlas import catalogue
from risicoatlas.access import keys
from risicoatlas.app import make_service
from risicoatlas.database import Connection
from risicoatlas.publish import engine
from risicoatlas.service import Service

OWN, UNPUBLISHED, OTHER = "GM9901", "GM9902", "GM9903"
SETS = ("basisvulling", "bkl-vi")
CORRECTED = "Van deze verdieping is maar een deel in gebruik."
READERS = {
    "gemeente": ("gemeente", (OWN,)),
    "buur": ("gemeente", (OTHER,)),
    "ongepubliceerd": ("gemeente", (UNPUBLISHED,)),
    "raadpleger": ("raadpleger", (OWN, UNPUBLISHED)),
    "beheerder": ("beheerder", ()),
}


@dataclass(frozen=True)
class Judged:
    """The service of the town and who asks it: a key by the name of its reader, and the building that was corrected."""

    service: Service
    town: Town
    client: Client
    keys: dict[str, str]
    corrected: str

    def get(self, path: str, reader: str | None = None) -> TestResponse:
        headers = {"X-API-Key": self.keys[reader]} if reader else {}
        return self.client.get(path, headers=headers)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the owner of all tables reads."""
        with self.town.database.loader() as connection:
            connection.execute("SELECT set_config('risicoatlas.areas', '*', false)")
            return connection.execute(query, values or None).fetchall()


@pytest.fixture(scope="session")
def judged(town: Town) -> Iterator[Judged]:
    """Read-only for all tests of this folder."""
    with _copied(town) as copy:
        with copy.database.loader() as connection:
            corrected = _correct(connection)
            connection.commit()
            engine.publish(connection, catalogue.read(copy.settings.config))
            made = {
                reader: keys.create(connection, reader, role, None, list(areas), None).key
                for reader, (role, areas) in READERS.items()
            }
        service = make_service(copy.settings, copy.database)
        service.pool.open(wait=True)
        yield Judged(service, copy, browser(service), made, corrected)
        service.pool.close()


def _correct(connection: Connection) -> str:
    """One large office becomes less vulnerable, by a correction that is no draft; gives its number."""
    row = connection.execute(
        "INSERT INTO register.kgl_correctie (gemeentecode, pand, categorie_voorstel, regel_voorstel, categorie, reden,"
        " bron, organisatie, gepubliceerd_op)"
        " SELECT p.gemeentecode, l.pand, l.categorie, l.regel, 'beperktKwetsbaar', %s, 'hand', 'Afdeling veiligheid',"
        " now() FROM register.kgl_label l JOIN register.pand p ON p.identificatie = l.pand"
        " WHERE l.regel = 'basisvulling.kantoor.1' AND p.gemeentecode = %s ORDER BY l.pand LIMIT 1 RETURNING pand",
        [CORRECTED, OWN],
    ).fetchone()
    assert row is not None
    return str(row[0])
