"""The town for what must hold of every layer, the small world for what must hold of values; both without HTTP."""

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import Town
from tests.integration.conftest import new_key
from tests.standards.bindings import BINDINGS, Binding
from tests.wfs.conftest import Client, client, gemeente, ogc, schemas, wfs_database, wfs_settings, world
from tests.world import world_settings
from werkzeug.test import Client as HttpClient
from werkzeug.test import TestResponse

from risicoatlas import catalogue as catalogues
from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.app import make_service
from risicoatlas.providers import ogcapi
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT
from risicoatlas.wfs import service as wfs

LAYERS = tuple(catalogues.read(CHECKOUT / "config"))
# Layers with the same fields and geometry differ in their rows alone: one of them stands for all, the others take their
# turn with the long tests. What must hold of the rows of every layer stands in tests/imev/test_layers.py.
_FIRST = {(layer.geometry_type, layer.access, layer.fields): layer.name for layer in reversed(LAYERS)}
EACH_LAYER = tuple(
    pytest.param(layer.name, marks=() if layer.name in _FIRST.values() else pytest.mark.lang) for layer in LAYERS
)
# A Flemish and a Dutch one, so that each restricted layer gives rows.
OWN_AREA, OWN_DUTCH = "99901", "GM9903"
MUNICIPALITY = Actor("gemeente", OWN_AREA, (OWN_AREA, OWN_DUTCH))
__all__ = ["client", "gemeente", "ogc", "schemas", "wfs_database", "wfs_settings", "world", "world_settings"]

Ask = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def atlas(town: Town) -> Iterator[Service]:
    """The service of the town for the whole run."""
    service = make_service(town.settings, town.database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


@pytest.fixture(scope="session")
def town_wfs(atlas: Service) -> Client:
    """The WFS of the town as a municipality, so that restricted layers give rows too."""
    return Client(wfs.create(atlas), MUNICIPALITY)


@pytest.fixture(params=EACH_LAYER)
def layer(request: pytest.FixtureRequest) -> str:
    """Each layer of the catalogue."""
    return str(request.param)


@pytest.fixture(params=BINDINGS, ids=lambda binding: binding.name)
def binding(request: pytest.FixtureRequest) -> Binding:
    """Each way to send a request."""
    found: Binding = request.param
    return found


@pytest.fixture(scope="session")
def own_key(town: Town) -> str:
    """The key of the municipality, for the server."""
    return new_key(town, "gemeente", OWN_AREA, OWN_DUTCH).key


def asker(service: Service, usual: Actor) -> Ask:
    """Requests to the OGC API of a service; paths are under its root. Answers are read to their end and closed."""
    http = HttpClient(ogcapi.create(service))

    def ask(path: str, actor: Actor = usual, method: str = "GET", **options: object) -> TestResponse:
        token = actors.bind(actor)
        try:
            return http.open(path, method=method, buffered=True, **options)
        finally:
            actors.unbind(token)

    return ask


@pytest.fixture(scope="session")
def ask(atlas: Service) -> Ask:
    """The OGC API of the town, as the municipality."""
    return asker(atlas, MUNICIPALITY)


@pytest.fixture(scope="session")
def ask_world(world: Service) -> Ask:
    """The OGC API of the world, as anybody."""
    return asker(world, ANONYMOUS)
