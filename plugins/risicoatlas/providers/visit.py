"""One request to the OGC API, as pygeoapi's plugins see it: it hands them no request, so a context variable does."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from risicoatlas.access.actor import Actor
from risicoatlas.crs import Crs
from risicoatlas.errors import AccessError
from risicoatlas.features.query import Reading
from risicoatlas.features.request import FeatureRequest
from risicoatlas.service import Service


@dataclass(frozen=True)
class ItemsRequest:
    """A request for items as it was read: the query, the page, and the parameters that links repeat."""

    query: FeatureRequest
    crs: Crs
    limit: int
    offset: int
    repeated: tuple[tuple[str, str], ...] = ()
    # a filter that is too long for an address: links are followed with the same body
    method: str = "GET"


@dataclass
class Visit:
    """Service, actor and, for items, the request and the open reading; the provider notes what the answer's headers
    need."""

    service: Service
    actor: Actor
    base_url: str
    language: str
    items: ItemsRequest | None = None
    reading: Reading | None = None
    # HEAD: what the headers need and no more
    head: bool = False
    headers: dict[str, str] = field(default_factory=dict)


_current: ContextVar[Visit] = ContextVar("risicoatlas_ogcapi_visit")


def current() -> Visit:
    """The visit of this request; raises where the front has set none."""
    try:
        return _current.get()
    except LookupError:
        raise AccessError("no request is known to the provider") from None


@contextmanager
def during(visit: Visit) -> Iterator[None]:
    """Make the visit known to what is called inside."""
    token = _current.set(visit)
    try:
        yield
    finally:
        _current.reset(token)
