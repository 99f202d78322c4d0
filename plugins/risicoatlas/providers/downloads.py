"""Features of a collection as a file: what ``f=`` offers beside JSON and HTML, and the answer.

A file has no ``next`` link that anybody would see, so without ``limit`` it holds everything that matches; with one it
is that page. CSV is written as the rows come, the others are built first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from werkzeug.wrappers import Response

from risicoatlas.features import csv_text, files, query
from risicoatlas.features.files import FileFormat
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.query import RowStream
from risicoatlas.providers.visit import Visit


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


def answer(name: str, visit: Visit, *, everything: bool) -> Response:
    """The file of the visit's request; ``everything`` where no limit was given."""
    if visit.items is None:
        raise ValueError("nothing was asked")
    asked = replace(visit.items.query, limit=None) if everything else visit.items.query
    plan = plan_query(asked, visit.actor, visit.service)
    form = BY_NAME[name].form
    response = _streamed(plan, visit) if form is None else _built(form, plan, visit)
    response.headers.add(*files.disposition(plan.layer, name))
    response.headers["Content-Crs"] = f"<{plan.crs.uri}>"
    return response


def _built(form: FileFormat, plan: Plan, visit: Visit) -> Response:
    spool = files.build(form, plan, visit.service)
    response = Response(iter(spool), content_type=form.media_type)
    response.content_length = spool.size
    response.call_on_close(spool.close)
    _tell_tested(response, spool.count, plan, visit)
    return response


def _streamed(plan: Plan, visit: Visit) -> Response:
    rows = query.stream(plan, csv_text.row(plan), visit.service, separator=csv_text.END).peek()
    response = Response(_lines(plan, rows), content_type=csv_text.MEDIA_TYPE)
    response.call_on_close(rows.close)
    _tell_tested(response, rows.returned, plan, visit)
    return response


def _lines(plan: Plan, rows: RowStream) -> Iterator[bytes]:
    yield csv_text.header(plan)
    yield from rows
    if rows.returned:
        yield csv_text.END


def _tell_tested(response: Response, returned: int, plan: Plan, visit: Visit) -> None:
    if not returned and not plan.offset:
        response.headers["X-Objects-Tested"] = str(query.tested(plan, visit.service))
