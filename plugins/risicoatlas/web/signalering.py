"""``/signalering/``: what lies in an area, around an activity or in a municipality, and what if something came.

In: parameters of an address, a form or a JSON document. Out: HTML that prints as a report, or JSON, CSV and GeoJSON by
``f``. Only published layers are read, nothing is stored.
"""

from collections.abc import Mapping

from flask import Flask, Response, g, make_response, redirect, render_template, request
from werkzeug import Response as WerkzeugResponse

from risicoatlas.access import actor as actors
from risicoatlas.errors import LimitError, RequestError
from risicoatlas.service import Service
from risicoatlas.signalering import answers, questions, writing
from risicoatlas.signalering.answers import Area
from risicoatlas.signalering.questions import ACTIVITY, AREA, FORMAT, LANGUAGE, MUNICIPALITY, Footprint, Source

FORMATS = {
    "json": (writing.as_json, writing.JSON),
    "geojson": (writing.as_geojson, writing.GEOJSON),
    "csv": (writing.as_csv, writing.CSV),
}
HTML = "html"
# 10,000 vertices, as many as a filter may have
MAX_BODY_BYTES = 512 * 1024


def add(app: Flask, service: Service) -> None:
    """Put the addresses on the application."""

    @app.get("/signalering")
    def signalling_without_slash() -> WerkzeugResponse:
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        return redirect(f"{service.settings.public_url}/signalering/{query}", 308)

    @app.get("/signalering/")
    def signalling() -> Response:
        return _answered(service, _single(request.args))

    @app.post("/signalering/")
    def signalling_posted() -> Response:
        request.max_content_length = request.max_form_memory_size = MAX_BODY_BYTES
        return _answered(service, None)

    for kind, path in ((AREA, "gebieden"), (ACTIVITY, "activiteiten"), (MUNICIPALITY, "gemeenten")):
        _add_report(app, service, kind, path)


def _add_report(app: Flask, service: Service, kind: str, path: str) -> None:
    @app.get(f"/signalering/{path}/<key>", endpoint=f"signalling_{kind}")
    def report(key: str) -> Response:
        return _answered(service, {**_single(request.args), kind: key})


def _answered(service: Service, values: Mapping[str, str] | None) -> Response:
    """``values`` None: those of the body."""
    format_ = _query_format()
    try:
        if values is None:
            values = {**_single(request.args), **_posted()}
        format_ = values.get(FORMAT) or format_
        if format_ != HTML and format_ not in FORMATS:
            raise RequestError(f"f: found {format_!r}, expected {', '.join((HTML, *FORMATS))}", FORMAT)
        question = questions.read(values)
        if question is None:
            if format_ != HTML:
                raise RequestError("nothing was asked: give gebied, activiteit, gemeente or geometrie", AREA)
            return _page(values)
        found = answers.answer(question, service, actors.current())
    except RequestError as error:
        if format_ in FORMATS:
            problem = {"code": error.code, "description": str(error), "locator": error.locator}
            return make_response(problem, error.status)
        return _page(values or {}, error=error)
    if format_ == HTML:
        return _page(values, found=found, what_if=isinstance(question, Footprint | Source), question=question)
    write, media_type = FORMATS[format_]
    response = make_response(write(found, summary))
    response.headers["Content-Type"] = media_type
    if format_ == "csv":
        response.headers["Content-Disposition"] = "attachment; filename=signalering.csv"
    return response


def summary(area: Area) -> str:
    """How an area stands in one sentence of the language of who asks."""
    language = g.language
    tested = language.number(area.tested)
    if area.unknown:
        return str(language.text("signal_unknown", found=language.number(area.at_least), tested=tested))
    if area.none_found:
        return str(language.text("signal_none", tested=tested))
    return str(language.text("signal_found", found=language.number(area.at_least), tested=tested))


def _query_format() -> str:
    asked = request.args.get(FORMAT)
    if asked:
        return asked
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return "json" if best == "application/json" else HTML


def _single(values: Mapping[str, str]) -> dict[str, str]:
    """Each parameter once."""
    lists = getattr(values, "lists", None)
    for name, given in lists() if lists else ():
        if len(given) > 1:
            raise RequestError(f"parameter {name!r} was given {len(given)} times", name)
    return dict(values.items())


def _posted() -> dict[str, str]:
    if request.content_length is not None and request.content_length > MAX_BODY_BYTES:
        raise LimitError(f"the body has {request.content_length} bytes, at most {MAX_BODY_BYTES} are read")
    if request.is_json:
        return questions.of_json(request.get_data())
    return _single(request.form)


def _page(
    values: Mapping[str, str],
    *,
    found: answers.Answer | None = None,
    error: RequestError | None = None,
    what_if: bool = False,
    question: questions.Question | None = None,
) -> Response:
    page = render_template(
        "signalering.html",
        values=values,
        found=found,
        error=error,
        what_if=what_if,
        footprint=isinstance(question, Footprint),
        summary=summary,
        counts=answers.COUNTS,
        types=questions.TYPES,
        formats=tuple(FORMATS),
        query={name: value for name, value in values.items() if name not in (FORMAT, LANGUAGE)},
    )
    return make_response(page, error.status if error else 200)
