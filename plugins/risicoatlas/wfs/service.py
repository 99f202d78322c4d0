"""The WFS as a WSGI callable: read the request, answer it by the table of operations, report errors as OWS does.

GET and form-encoded POST carry parameters, any other POST an XML request. The actor comes from the context variable
that the door has set; without it everything is refused.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from risicoatlas import conditional
from risicoatlas.access import actor as actors
from risicoatlas.conditional import Conditions, Validator
from risicoatlas.errors import LimitError, RequestError, RisicoAtlasError
from risicoatlas.features import file_settings
from risicoatlas.filters import safe_xml
from risicoatlas.filters.safe_xml import Element
from risicoatlas.kept import Kept
from risicoatlas.service import Service
from risicoatlas.wfs import config as configuration
from risicoatlas.wfs import operations, requests, v11, versions
from risicoatlas.wfs.answers import Answer, not_modified, report
from risicoatlas.wfs.config import WfsConfig
from risicoatlas.wfs.dialect import WFS11, WFS20, Dialect
from risicoatlas.wfs.kvp import Parameters

LOG = logging.getLogger(__name__)
MAX_BODY_BYTES = 1_048_576
FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")

# What makes the validator of a document; rows make their own.
VALIDATORS: dict[type, Callable[..., Validator]] = {
    requests.GetCapabilities: conditional.of_layers,
    requests.DescribeFeatureType: conditional.of_edition,
    requests.ListStoredQueries: conditional.of_edition,
    requests.DescribeStoredQueries: conditional.of_edition,
    v11.GetCapabilities: conditional.of_publication,
    v11.DescribeFeatureType: conditional.of_edition,
}

Environ = dict[str, Any]
Message = Parameters | Element
# Request -> the function that answers it.
OPERATIONS = {**operations.OPERATIONS, **v11.OPERATIONS}
READERS = {WFS20: (requests.from_kvp, requests.from_xml), WFS11: (v11.from_kvp, v11.from_xml)}


def create(service: Service) -> WSGIApplication:
    """The WSGI callable; its configuration is read here, so that a mistake in it stops the start."""
    file_settings.read(service.settings.config)
    return Wfs(service, configuration.read(service.settings.config))


class Wfs:
    """Holds what does not change between requests."""

    def __init__(self, service: Service, config: WfsConfig) -> None:
        self.service = service
        self.config = config
        self._kept: Kept[Answer] = Kept(lambda answer: sum(map(len, answer.body)))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            start_response("204 No Content", [("Allow", ", ".join(METHODS))])
            return ()
        with conditional.during(Conditions.of(environ)):
            answer = self._answer(environ)
        start_response(answer.status_line, [("Content-Type", answer.content_type), *answer.headers])
        if environ["REQUEST_METHOD"] == "HEAD":
            answer.close()
            return ()
        return Body(answer)

    def _answer(self, environ: Environ) -> Answer:
        dialect = WFS20
        try:
            message = received(environ)
            dialect = spoken(message)
            request = read(message, dialect, self.config)
            kind = VALIDATORS.get(type(request))
            return self._called(request) if kind is None else self._validated(request, kind)
        except RisicoAtlasError as error:
            return report(error, dialect)
        except Exception:  # the edge: the client gets an id, the log gets the rest
            identifier = environ.get("risicoatlas.request_id", "-")
            LOG.exception("request %s failed", identifier)
            return report(RisicoAtlasError(f"internal error; request {identifier}"), dialect)

    def _called(self, request: requests.Request) -> Answer:
        return OPERATIONS[type(request)](request, actors.current(), self.service, self.config)

    def _validated(self, request: requests.Request, kind: Callable[..., Validator]) -> Answer:
        """A document with its validator, or 304: before any work where an ETag proves that it was given."""
        conditions = conditional.asked()
        if not conditions.apply(actors.current()):
            return self._called(request)
        validator = kind(self.service, request)
        if conditions.met_by(validator, dates=False):
            return not_modified(validator)
        answer = self._kept.get(validator.etag)
        if answer is None:
            answer = self._called(request)
            self._kept.put(validator.etag, answer)
        if conditions.met_by(validator):
            return not_modified(validator)
        return replace(answer, headers=(*answer.headers, *validator.headers()))


class Body:
    """The body of an answer; the server closes it, also when the client goes away."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._chunks = iter(answer.body)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Give back what the answer holds open."""
        self._answer.close()


def spoken(message: Message) -> Dialect:
    """The dialect in which the request is to be read and answered."""
    return versions.of_kvp(message) if isinstance(message, Parameters) else versions.of_xml(message)


def read(message: Message, dialect: Dialect, config: WfsConfig) -> requests.Request:
    """The typed request; raises :class:`RequestError`."""
    from_kvp, from_xml = READERS[dialect]
    if isinstance(message, Parameters):
        return from_kvp(message, config.vendor_parameters)
    return from_xml(message)


def received(environ: Environ) -> Message:
    """What came, parameters or XML, of a WSGI environ; raises :class:`RequestError`."""
    query = environ.get("QUERY_STRING", "")
    method = environ["REQUEST_METHOD"]
    if method not in METHODS:
        raise _method_error(method)
    if method != "POST":
        return Parameters.parse(query)
    body = _body(environ)
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    # Some clients send XML under the type of a form, or under none.
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return safe_xml.parse(body.lstrip(), "request", max_bytes=MAX_BODY_BYTES)
    if kind in {FORM, ""}:
        return Parameters.parse(query, _form(body))
    raise RequestError("the body is not an XML request", "request", safe_xml.PARSING_FAILED)


def _form(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise RequestError("the form is not URL-encoded", "request", safe_xml.PARSING_FAILED) from None


def _body(environ: Environ) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise LimitError(f"the body has {length} bytes, at most {MAX_BODY_BYTES} are read", "request")
    size = int(length) if length.isdecimal() else MAX_BODY_BYTES + 1
    data: bytes = environ["wsgi.input"].read(size) if size else b""
    if len(data) > MAX_BODY_BYTES:
        raise LimitError(f"the body has more than {MAX_BODY_BYTES} bytes", "request")
    return data


def _method_error(method: str) -> RisicoAtlasError:
    error = RequestError(
        f"the method {method} is not offered: use {', '.join(METHODS)}", "request", "OperationNotSupported"
    )
    error.status = 405
    return error
