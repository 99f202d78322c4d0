"""Conditional requests (RFC 9110, 8.8 and 13): what an answer was made of in, ETag, Last-Modified and 304 out.

Only answers to anonymous readers are validated: what a known reader gets is kept by nobody, and has nothing that could
tell of it. A publication or another edition of the service changes every validator; no row is read for one.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from werkzeug.http import http_date, parse_date, parse_etags

from risicoatlas.access.actor import Actor
from risicoatlas.features.query import State, latest
from risicoatlas.own import state as own
from risicoatlas.service import Service
from risicoatlas.settings import Settings

# What selects an answer beside its address, for every answer that a cache may keep.
CREDENTIALS = "Authorization, Cookie, X-API-Key"
METHODS = ("GET", "HEAD")
_PACKAGE = Path(__file__).parent
_SOURCES = {".py", ".sql", ".xml", ".xsd", ".html", ".yaml", ".yml"}

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Edition:
    """The code and the configuration that answers are made with."""

    digest: str
    changed_at: datetime


@dataclass(frozen=True)
class Validator:
    """A weak ETag and the time of the last change."""

    etag: str
    modified: datetime
    stored: bool = True

    def headers(self, vary: str = "") -> Headers:
        """A cache may keep the answer but must ask again, or may not where it is not ``stored``; ``vary`` names what
        else selects it."""
        return (
            ("ETag", f'W/"{self.etag}"'),
            ("Last-Modified", _http_date(self.modified)),
            ("Cache-Control", "no-cache" if self.stored else "no-store"),
            ("Vary", f"{vary}, {CREDENTIALS}" if vary else CREDENTIALS),
        )

    def unchanged(self, none_match: str | None, modified_since: str | None, *, dates: bool = True) -> bool:
        """Whether the client has this answer already. ``dates`` False looks at ETags alone, which prove that there was
        an answer; ``*`` proves nothing."""
        if none_match is not None:
            tags = parse_etags(none_match)
            return not tags.star_tag and tags.contains_weak(self.etag)
        since = parse_date(modified_since) if dates else None
        return since is not None and self.modified.replace(microsecond=0) <= since


@dataclass(frozen=True)
class Conditions:
    """What the headers of a request ask, for protocols whose operations see no headers."""

    method: str = "POST"
    none_match: str | None = None
    modified_since: str | None = None

    @classmethod
    def of(cls, environ: Mapping[str, Any]) -> "Conditions":
        """The conditions of a WSGI request."""
        return cls(environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_IF_MODIFIED_SINCE"))

    @property
    def head(self) -> bool:
        return self.method == "HEAD"

    @property
    def rows_wanted(self) -> bool:
        """Whether the answer has its rows for certain: neither a 304 nor headers alone."""
        return not (self.head or self.none_match or self.modified_since)

    def apply(self, actor: Actor) -> bool:
        """Whether the answer gets a validator: what a known actor gets has none."""
        return actor.anonymous and self.method in METHODS

    def met_by(self, validator: Validator, *, dates: bool = True) -> bool:
        """Whether the client has this answer already."""
        return validator.unchanged(self.none_match, self.modified_since, dates=dates)


@lru_cache(maxsize=64)
def _http_date(moment: datetime) -> str:
    return http_date(moment)


_conditions: ContextVar[Conditions] = ContextVar("risicoatlas_conditions")


def asked() -> Conditions:
    """The conditions of the request under way; none where no edge has set them."""
    return _conditions.get(Conditions())


@contextmanager
def during(conditions: Conditions) -> Iterator[None]:
    """Make the conditions known to what is called inside."""
    token = _conditions.set(conditions)
    try:
        yield
    finally:
        _conditions.reset(token)


def of_rows(service: Service, state: State, *parts: object) -> Validator:
    """The validator of what was read at a publication; ``parts`` are all that the answer depends on beside it."""
    return _validator(service, (state.publication, state.made_at), parts)


def of_publication(service: Service, *parts: object) -> Validator:
    """The validator of a document that tells of the newest publication, and of own tables as they are now."""
    tables = own.states(service.pool, service.catalogue)
    if not tables:
        return _validator(service, latest(service.pool), parts)
    found = _validator(service, latest(service.pool), (*parts, tuple(tables.items())))
    # Nobody tells when a table changed last.
    return replace(found, modified=datetime.now(UTC))


def of_layers(service: Service, *parts: object) -> Validator:
    """The validator of a document that lists the layers of who asks. No cache keeps it: QGIS takes what it got as
    anonymous for the answer after a login, whatever ``no-cache`` and ``Vary`` say."""
    return replace(of_publication(service, *parts), stored=False)


def of_edition(service: Service, *parts: object) -> Validator:
    """The validator of a document that no publication changes."""
    return _validator(service, (0, None), parts)


def _validator(service: Service, publication: tuple[int, datetime | None], parts: tuple[object, ...]) -> Validator:
    made_with = edition(service.settings)
    number, made_at = publication
    # The time too: another database may have the same number.
    text = repr((made_with.digest, number, made_at and made_at.timestamp(), parts))
    return Validator(
        hashlib.sha256(text.encode()).hexdigest()[:24], max(made_at or made_with.changed_at, made_with.changed_at)
    )


@lru_cache
def edition(settings: Settings) -> Edition:
    """Read once per process; all processes of one start come to the same."""
    files = [path for folder in (settings.config, settings.styles) for path in _files(folder)]
    files += [path for path in _files(_PACKAGE) if path.suffix in _SOURCES]
    digest = hashlib.sha256(settings.public_url.encode())
    changed = 0.0
    for path in sorted(files):
        digest.update(str(path).encode() + path.read_bytes())
        changed = max(changed, path.stat().st_mtime)
    now = datetime.now(UTC)
    return Edition(digest.hexdigest(), min(datetime.fromtimestamp(changed, UTC), now))


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in folder.walk():
        folders[:] = [name for name in folders if name != "node_modules"]
        yield from (root / name for name in names)
