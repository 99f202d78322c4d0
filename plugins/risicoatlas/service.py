"""What one service process holds: settings, catalogue, access rules and the pool, handed to every edge."""

from dataclasses import dataclass
from functools import cached_property

from psycopg_pool import ConnectionPool

from risicoatlas.access import keys, trail
from risicoatlas.access.actor import Actor
from risicoatlas.access.decide import AccessRules
from risicoatlas.catalogue import Catalogue, Layer
from risicoatlas.database import Connection, Database
from risicoatlas.errors import NotFoundError
from risicoatlas.settings import Settings


@dataclass(frozen=True)
class Service:
    """Made once per process by :mod:`risicoatlas.app`; everything in it is shared between threads."""

    settings: Settings
    catalogue: Catalogue
    rules: AccessRules
    pool: ConnectionPool[Connection]
    # for what changes more than a correction: publishing, above all
    database: Database | None = None

    @cached_property
    def signing_key(self) -> bytes:
        """What signs cursors, the same in every process of the installation; read once."""
        return keys.signing_key(self.pool)

    def visible(self, actor: Actor) -> tuple[Layer, ...]:
        """The layers that this actor may read, in the order of the catalogue."""
        return tuple(layer for layer in self.catalogue if self.rules.decide(actor, layer).allowed)

    def layer(self, name: str, actor: Actor) -> Layer:
        """The layer of that name; a hidden one is absent, with the very same error. The use of a restricted one is
        noted for the audit."""
        layer = self.catalogue.get(name)
        if not self.rules.decide(actor, layer).allowed:
            raise NotFoundError(f"there is no layer {name!r}")
        if layer.restricted:
            trail.note(name)
        return layer
