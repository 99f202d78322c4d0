"""Answers: a status, headers and bytes, ready for WSGI; and the exception report of OWS Common.

An answer that streams holds a database connection until it is closed, so ``Answer.close`` is called whatever happens.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import resources

import jinja2

from risicoatlas.conditional import Validator
from risicoatlas.errors import BusyError, CredentialError, ExpiredError, NotFoundError, RequestError, RisicoAtlasError
from risicoatlas.filters.safe_xml import writable
from risicoatlas.wfs.dialect import WFS20, Dialect

XML = "text/xml; charset=utf-8"


def _nothing() -> None:
    """The close of an answer that holds nothing open."""


@dataclass(frozen=True)
class Answer:
    """``body`` is iterated once."""

    body: Iterable[bytes]
    content_type: str = XML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    close: Callable[[], None] = field(default=_nothing)

    @property
    def status_line(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"


TEMPLATES = jinja2.Environment(
    loader=jinja2.FunctionLoader(
        lambda name: (resources.files("risicoatlas.wfs") / "templates" / name).read_text(encoding="utf-8")
    ),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
)


def document(template: str, **values: object) -> bytes:
    """An XML document from a template; every value is escaped."""
    return TEMPLATES.get_template(template).render(**values).encode()


def report(error: RisicoAtlasError, dialect: Dialect = WFS20) -> Answer:
    """``ows:ExceptionReport`` with code, locator and our own words."""
    locator = error.locator if isinstance(error, RequestError) else None
    locator = dialect.parameters.get(locator or "", locator)
    code = error.code if not isinstance(error, NotFoundError) else NotFoundError.code
    body = document(dialect.report, code=code, locator=writable(locator or "service"), text=writable(str(error)))
    headers: tuple[tuple[str, str], ...] = error.headers if isinstance(error, BusyError) else ()
    if isinstance(error, CredentialError):
        headers = (("WWW-Authenticate", 'Basic realm="RisicoAtlas"'),)
    # WFS 2.0, annex D, has no 410
    status = HTTPStatus.FORBIDDEN.value if isinstance(error, ExpiredError) else error.status
    return Answer([body], status=status, headers=headers)


def not_modified(validator: Validator) -> Answer:
    """The client has this answer already."""
    return Answer([], status=HTTPStatus.NOT_MODIFIED.value, headers=validator.headers())
