"""One request to the delivery API, read: parameters, body and condition, each checked before anything is done.

In: a werkzeug request and a :class:`Route`. Out: a :class:`Call` of typed values. Raises
:class:`~risicoatlas.errors.RequestError` and its kind with the name of what is wrong.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import BoundedSemaphore
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind
from werkzeug import Request, Response

from risicoatlas.access.actor import Actor
from risicoatlas.access.decide import Decision
from risicoatlas.catalogue import Text
from risicoatlas.database import Connection, reading, writing
from risicoatlas.errors import LimitError, RequestError, UnavailableError, UnconditionalError
from risicoatlas.kgl.acts import Act
from risicoatlas.service import Service

LOG = logging.getLogger(__name__)
JSON, CSV = "application/json", "text/csv"
JSON_BYTES = 256 * 1024
CSV_BYTES = 8 * 1024 * 1024
# More than any body of ours nests.
MAX_DEPTH = 6
READ_TIMEOUT_S = 60
# Acts at a time in one process, and with those that wait for their turn: an act may wait a minute for another one of
# its municipality, and who only reads shares the threads and the connections of the process with it.
ACTING, ADMITTED = 4, 10
TURN_S = 5
_ACTING, _ADMITTED = BoundedSemaphore(ACTING), BoundedSemaphore(ADMITTED)
_WRONG_TEXT = re.compile("[\0\ud800-\udfff]")

Schema = dict[str, Any]
Handler = Callable[["Call"], Response]


class TooLargeError(LimitError):
    """A body that passes its bound."""

    status = 413


class MediaTypeError(RequestError):
    """A body in a form that this address does not take."""

    status = 415


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query. ``schema`` is an integer, a boolean or a text, with its bounds, choices and default."""

    name: str
    schema: Schema
    text: Text

    def read(self, found: str) -> Any:
        kind = self.schema["type"]
        if kind == "boolean":
            if found not in {"true", "false"}:
                raise self._wrong(found, "true of false")
            return found == "true"
        if kind == "integer":
            low, high = self.schema.get("minimum", 0), self.schema.get("maximum", 2**63 - 1)
            if not re.fullmatch(r"\d{1,19}", found) or not low <= int(found) <= high:
                raise self._wrong(found, f"een geheel getal van {low} tot en met {high}")
            return int(found)
        if "enum" in self.schema and found not in self.schema["enum"]:
            raise self._wrong(found, f"een van {', '.join(self.schema['enum'])}")
        if "pattern" in self.schema and not re.fullmatch(self.schema["pattern"], found):
            raise self._wrong(found, f"de vorm {self.schema['pattern']}")
        return found

    def _wrong(self, found: str, expected: str) -> RequestError:
        return RequestError(f"{self.name}: gevonden {found!r}, verwacht {expected}", self.name)


@dataclass(frozen=True)
class Body:
    """What a request carries: JSON of a schema, or a CSV (``schema`` None). ``empty`` stands for no body at all."""

    name: str
    schema: Schema | None
    text: Text
    empty: Any = None

    @property
    def media_type(self) -> str:
        return CSV if self.schema is None else JSON

    @property
    def limit(self) -> int:
        return CSV_BYTES if self.schema is None else JSON_BYTES


@dataclass(frozen=True)
class Route:
    """An address with a method, what answers it, and all that its description says.

    ``writes`` asks the right to change the municipality and, with ``conditional``, an If-Match. ``answer`` names a
    schema of the description; ``versioned`` answers carry an ETag.
    """

    method: str
    path: str
    name: str
    handler: Handler
    text: Text
    answer: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    writes: bool = False
    # asks a login although it only reads, where others do not
    private: bool = False
    conditional: bool = False
    versioned: bool = False
    tag: str = "gemeente"
    # where the answer is no JSON
    media_types: tuple[str, ...] = ()
    # of a good answer
    statuses: tuple[str, ...] = ("200",)


@dataclass
class Call:
    """A request that was read. ``decision`` limits what the transaction sees; None where no municipality is asked."""

    service: Service
    actor: Actor
    request: Request
    request_id: str
    route: Route
    values: Mapping[str, str]
    decision: Decision | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    versions: tuple[str, ...] | None = None

    @property
    def code(self) -> str:
        """The municipality of the address."""
        return self.values["code"]

    @cached_property
    def act(self) -> Act:
        return Act(self.actor, self.code, self.request_id, self.versions)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction that sees the municipality of the address, or all that the actor may read."""
        with reading(
            self.service.pool, role="ra_delivery", areas=self._areas(), timeout_s=READ_TIMEOUT_S
        ) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may correct buildings of this one municipality."""
        with _turn(), writing(self.service.pool, self.code) as connection:
            yield connection

    @contextmanager
    def owning(self) -> Iterator[Connection]:
        """A connection that publishes; raises :class:`UnavailableError` where this service has none."""
        if self.service.database is None:
            raise UnavailableError("deze dienst kan niet publiceren: zij heeft geen verbinding die dat mag")
        with _turn(), ExitStack() as opened:
            try:
                connection = opened.enter_context(self.service.database.loader())
            except UnavailableError as error:
                # it may name where the database is and who logs in to it
                LOG.warning("delivery: %s", error)
                raise UnavailableError("deze dienst kan nu niet publiceren: probeer het straks opnieuw") from error
            yield connection

    def _areas(self) -> str:
        if "code" in self.values:
            return self.code
        return self.decision.areas_setting if self.decision else ""


@contextmanager
def _turn() -> Iterator[None]:
    """One of the acts at a time; raises :class:`UnavailableError` where too many wait, or the wait is too long."""
    with _one_of(_ADMITTED, 0), _one_of(_ACTING, TURN_S):
        yield


@contextmanager
def _one_of(places: BoundedSemaphore, timeout_s: float) -> Iterator[None]:
    if not places.acquire(timeout=timeout_s):
        raise UnavailableError(
            "er zijn te veel handelingen tegelijk: probeer het straks opnieuw, er is niets gewijzigd"
        )
    try:
        yield
    finally:
        places.release()


def is_text(value: str) -> bool:
    """Whether PostgreSQL takes it as text."""
    return not _WRONG_TEXT.search(value)


def parameters(request: Request, route: Route) -> dict[str, Any]:
    """The parameters by name, with defaults; unknown and double ones are refused."""
    known = {item.name: item for item in route.parameters}
    found: dict[str, Any] = {}
    for name, text in request.args.items(multi=True):
        if name not in known:
            expected = f"bekend: {', '.join(known)}" if known else "dit adres heeft er geen"
            raise RequestError(f"parameter {name[:60]!r} is onbekend; {expected}", name[:60])
        if name in found:
            raise RequestError(f"parameter {name} staat er meer dan eens", name)
        if not is_text(text):
            raise RequestError(f"{name}: de waarde bevat een teken dat geen tekst is", name)
        found[name] = known[name].read(text)
    return {name: item.schema["default"] for name, item in known.items() if "default" in item.schema} | found


def versions(request: Request) -> tuple[str, ...]:
    """The ETags of If-Match; raises :class:`UnconditionalError` without one.

    The weak form counts too, against RFC 9110, 13.1.1: it is what an answer that was compressed on its way carries, and
    ours is of the content, whatever its encoding.
    """
    tags = request.if_match
    if "If-Match" not in request.headers or tags.star_tag:
        raise UnconditionalError(
            "If-Match ontbreekt: stuur de ETag van wat u las, zodat u geen wijziging van een ander overschrijft",
            "If-Match",
        )
    return tuple(tags.as_set(include_weak=True))


def body(request: Request, wanted: Body) -> Any:
    """The value of a JSON body that meets its schema, or the bytes of a CSV."""
    request.max_content_length = wanted.limit
    if (request.content_length or 0) > wanted.limit:
        raise TooLargeError(f"de inhoud heeft {request.content_length} bytes, hoogstens {wanted.limit} mag", "body")
    content = request.get_data(cache=False)
    if not content and wanted.empty is not None:
        return wanted.empty
    if request.mimetype != wanted.media_type:
        raise MediaTypeError(
            f"Content-Type: gevonden {request.mimetype or 'niets'!r}, verwacht {wanted.media_type}", "Content-Type"
        )
    return content if wanted.schema is None else _json(content, wanted)


def _json(content: bytes, wanted: Body) -> Any:
    try:
        value = json.loads(content, object_pairs_hook=_members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, RequestError):
            raise
        raise RequestError("de inhoud is geen geldige JSON", "body") from error
    _check(value, 1)
    validator = jsonschema_rs.Draft202012Validator(wanted.schema or {})
    first = next(iter(validator.iter_errors(value)), None)
    if first is not None:
        place = "/".join(map(str, first.instance_path)) or "body"
        raise RequestError(f"{place}: {_sentence(first, wanted)}", place)
    return value


def _sentence(error: jsonschema_rs.ValidationError, wanted: Body) -> str:
    """What is wrong in our own words."""
    found = _short(error.instance)
    match error.kind:
        case ValidationErrorKind.AdditionalProperties(unexpected):
            known = ", ".join((wanted.schema or {}).get("properties", {})) or "geen"
            return f"onbekend lid {', '.join(map(_short, unexpected))}; bekend: {known}"
        case ValidationErrorKind.Required(name):
            return f"lid {name} ontbreekt"
        case ValidationErrorKind.Enum(options):
            return f"gevonden {found}, verwacht een van {_short(options)}"
        case ValidationErrorKind.Type(types):
            return f"gevonden {found}, verwacht {' of '.join(types)}"
        case ValidationErrorKind.MinLength() | ValidationErrorKind.Pattern("\\S"):
            return "gevonden een lege tekst, verwacht een tekst met inhoud"
        case ValidationErrorKind.Pattern(pattern):
            return f"gevonden {found}, verwacht de vorm {pattern}"
        case ValidationErrorKind.MaxLength(limit) | ValidationErrorKind.MaxItems(limit):
            return f"gevonden {len(error.instance)} lang, hoogstens {limit} mag"  # type: ignore[arg-type]
        case _:
            return f"gevonden {found}: {error.message[:300]}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError("een lid komt tweemaal voor", "body")
    return found


def _no_constant(name: str) -> Any:
    raise RequestError(f"{name} is geen JSON", "body")


def _check(value: Any, depth: int) -> None:
    """Refuse what nests too deep, and text that is none."""
    if depth > MAX_DEPTH:
        raise RequestError(f"de inhoud is dieper dan {MAX_DEPTH} lagen genest", "body")
    if isinstance(value, str) and not is_text(value):
        raise RequestError("de inhoud bevat een teken dat geen tekst is", "body")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check(item, depth + 1)
    if isinstance(value, dict):
        for name in value:
            _check(name, depth)


def json_answer(value: Any, etag: str | None = None, request: Request | None = None) -> Response:
    """An answer of JSON; with an ETag a client that has it already (If-None-Match) gets 304."""
    response = Response(json.dumps(value, ensure_ascii=False, default=str), mimetype=JSON)
    if etag is not None:
        response.set_etag(etag)
    if request is not None and request.method in {"GET", "HEAD"}:
        response.make_conditional(request)
    return response
