"""Features of a collection as a file: what ``f=`` offers beside JSON and HTML, and the answer.

A file has no ``next`` link that anybody would see, so without ``limit`` it holds everything that matches; with one it
is that page. CSV is written as the rows come, the others are built first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from werkzeug.wrappers import Response

from risicoatlas.errors import RequestError
from risicoatlas.features import csv_text, files, unpublished
from risicoatlas.features.files import FileFormat
from risicoatlas.features.plan import Plan
from risicoatlas.features.query import Reading, RowStream
from risicoatlas.features.request import FeatureRequest
from risicoatlas.service import Service


@dataclass(frozen=True)
class Download:
    """``name`` is the value of ``f``, ``names`` what else is understood; ``form`` None for CSV."""

    name: str
    media_type: str
    title: str
    names: tuple[str, ...]
    form: FileFormat | None = None


def _file(form: FileFormat, *names: str) -> Download:
    return Download(form.suffix, form.media_type, form.name, names, form)


DOWNLOADS = (
    Download("csv", "text/csv", "CSV", ("text/csv",)),
    _file(files.GEOPACKAGE, "geopackage", "application/geopackage+sqlite3"),
    _file(files.FLATGEOBUF, "flatgeobuf", "application/flatgeobuf"),
)
BY_NAME = {item.name: item for item in DOWNLOADS}
# A plus that was not encoded arrives as a space.
ALIASES = {name.replace("+", " "): item.name for item in DOWNLOADS for name in (item.name, *item.names)}
BY_MEDIA_TYPE = {item.media_type: item.name for item in DOWNLOADS}


def canonical(form: str) -> str:
    """The name of the table for what a client wrote as ``f``; any other text as it came."""
    return ALIASES.get(form.lower().replace("+", " "), form)


def asked(request: FeatureRequest, limit: str | None) -> FeatureRequest:
    """What a file holds; changes have no room in one."""
    if request.since is not None:
        raise RequestError("changes are given as f=json", request.locators.since)
    return request if limit is not None else replace(request, limit=None)


def streams_whole(name: str, request: FeatureRequest) -> bool:
    """Whether the answer is a whole layer that streams; files that are built first have bounds of their own."""
    return BY_NAME[name].form is None and request.limit is None


def answer(name: str, request: FeatureRequest, reading: Reading, service: Service, *, head: bool) -> Response:
    """The file of what a reading reads, which is closed with it; a HEAD request has nothing built."""
    form = BY_NAME[name].form
    plan = reading.plan
    missing = unpublished.header(unpublished.touched(request, reading, service))
    if head:
        reading.close()
        response = Response(iter(()), content_type=csv_text.MEDIA_TYPE if form is None else form.media_type)
    else:
        response = _streamed(reading) if form is None else _built(form, reading, service)
    response.headers.add(*files.disposition(plan.layer.name, name))
    response.headers["Content-Crs"] = f"<{plan.crs.uri}>"
    response.headers["X-Publication"] = str(reading.state.publication)
    response.headers.extend(missing)
    return response


def _built(form: FileFormat, reading: Reading, service: Service) -> Response:
    spool = files.build(form, reading, service)
    response = Response(iter(spool), content_type=form.media_type)
    response.content_length = spool.size
    response.call_on_close(spool.close)
    _tell_tested(response, spool.count, reading)
    reading.close()
    return response


def _streamed(reading: Reading) -> Response:
    rows = reading.stream(csv_text.row(reading.plan), csv_text.END).peek()
    response = Response(_lines(reading.plan, rows), content_type=csv_text.MEDIA_TYPE)
    response.call_on_close(reading.close)
    _tell_tested(response, rows.returned, reading)
    return response


def _lines(plan: Plan, rows: RowStream) -> Iterator[bytes]:
    yield csv_text.header(plan)
    yield from rows
    if rows.returned:
        yield csv_text.END


def _tell_tested(response: Response, returned: int, reading: Reading) -> None:
    if not returned and not reading.plan.position:
        response.headers["X-Objects-Tested"] = str(reading.tested())
