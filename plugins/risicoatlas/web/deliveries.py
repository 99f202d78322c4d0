"""``/aanlevering/``: a file with an IMEV message becomes a draft, which is looked at, published or discarded.

In: forms of a browser in which a bronhouder is logged in. Out: HTML; the same as ``/aanlevering/v1/concepten`` does for
programs. Everything works without scripts. Others see that these pages are there, and that they ask a login.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, g, make_response, redirect, render_template, request
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import RequestEntityTooLarge

from risicoatlas.access import actor as actors
from risicoatlas.access import decide, keys
from risicoatlas.access.credentials import CSRF_KEY
from risicoatlas.access.decide import Decision
from risicoatlas.catalogue import Text
from risicoatlas.delivery import guard
from risicoatlas.delivery.rev import drafts
from risicoatlas.delivery.rev.faults import Fault, RefusedError, refused
from risicoatlas.delivery.rev.service import MESSAGE_BYTES
from risicoatlas.delivery.rev.writing import Write
from risicoatlas.errors import RequestError, RisicoAtlasError
from risicoatlas.service import Service
from risicoatlas.web import picture

PATH = "/aanlevering/"
FORM_OVERHEAD_BYTES = 16_384
WIDTH_PX = 720
GROUND = ("gemeenten", "kgl_public")
_EXPIRED = Fault(
    "formulier", "csrf", Text("het formulier is verlopen: probeer het opnieuw", "the form has expired: try again")
)
_EMPTY = Fault("leeg", "bestand", Text("kies een bestand met een IMEV-bericht", "choose a file with an IMEV message"))


def add(app: Flask, service: Service) -> None:
    """Put the addresses on the application."""

    @app.get("/aanlevering")
    def delivery_without_slash() -> WerkzeugResponse:
        return redirect(f"{service.settings.public_url}{PATH}", 308)

    @app.get(PATH)
    def deliveries() -> Response:
        return _overview(service)

    @app.post(PATH)
    def deliver() -> WerkzeugResponse:
        request.max_content_length = MESSAGE_BYTES + FORM_OVERHEAD_BYTES
        try:
            asked = _write(service, "POST")
            made = drafts.make(service, asked, *_file())
        except RequestEntityTooLarge:
            return _overview(service, _too_large())
        except RisicoAtlasError as error:
            _audit_refusal(service, "maken", error)
            return _overview(service, _as_refusal(error))
        return _to(service, made)

    @app.get(f"{PATH}concepten/<name>")
    def draft(name: str) -> Response:
        return _draft(service, name)

    for act, run in _ACTS.items():
        _add_act(app, service, act, run)


def _add_act(app: Flask, service: Service, act: str, run: Callable[[Service, Write, str], None]) -> None:
    @app.post(f"{PATH}concepten/<name>/{act}", endpoint=f"draft_{act}")
    def acted(name: str) -> WerkzeugResponse:
        try:
            _check_form()
            run(service, _write(service, "POST", request.form.get("versie", "")), name)
        except RisicoAtlasError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise
            _audit_refusal(service, act, error)
            return _draft(service, name, _as_refusal(error))
        return _to(service, None if act == "verwerpen" else name)


def _share(service: Service, asked: Write, name: str) -> None:
    drafts.share(service, asked, name, request.form.get("organisaties", "").replace(",", " ").split())


def _publish(service: Service, asked: Write, name: str) -> None:
    drafts.publish(service, asked, name)


_ACTS: dict[str, Callable[[Service, Write, str], None]] = {
    "publiceren": _publish,
    "verwerpen": drafts.discard,
    "delen": _share,
}


# --- what was asked ---------------------------------------------------------------------------------------------------


def _file() -> tuple[bytes, str | None]:
    found = request.files.get("bestand")
    _check_form()
    if found is None or not found.filename:
        raise RefusedError(400, [_EMPTY])
    return found.read(), found.filename


def _check_form() -> None:
    """The token of the session. Who comes with a key has none; a browser may send a key along from another site."""
    guard.refuse_cross_site(request)
    expected = request.environ.get(CSRF_KEY)
    if expected and not guard.hmac_equal(request.form.get("csrf", ""), str(expected)):
        raise RefusedError(400, [_EXPIRED])


def _write(service: Service, method: str, version: str = "") -> Write:
    who = actors.current()
    decision = _right(service)
    if not (decision.allowed and decision.areas):
        raise refused(
            401, "geen_bronhouder", "X-API-Key",
            "uw login is niet die van een bronhouder", "your login is not that of a bronhouder",
        )  # fmt: skip
    versions = (int(version),) if version.isascii() and version.isdigit() and len(version) < 19 else None
    return Write(method=method, sort="", actor=who, decision=decision, request_id=_request_id(), versions=versions)


def _right(service: Service) -> Decision:
    return service.rules.decide_write(actors.current(), decide.IMEV)


# --- answers ----------------------------------------------------------------------------------------------------------


def _overview(service: Service, error: RefusedError | None = None) -> Response:
    who = actors.current()
    right = _right(service)
    page = render_template(
        "aanlevering.html",
        error=error,
        may_deliver=right.allowed and bool(right.areas),
        drafts=[] if who.anonymous else drafts.listed(service, who),
        csrf=request.environ.get(CSRF_KEY, ""),
    )
    return make_response(page, error.status if error else 200)


def _draft(service: Service, name: str, error: RefusedError | None = None) -> Response:
    who = actors.current()
    if who.anonymous:
        return _overview(service, _login())
    found, content, effects = drafts.read(service, who, name)
    page = render_template(
        "concept.html",
        error=error,
        draft=found,
        own=found.belongs_to(who) and _right(service).reaches(found.bronhoudercode),
        effects=[(service.catalogue.get(item.laag).title, item) for item in effects],
        map=_map(drafts.picture(service, who, name)),
        remarks=[item[g.language.code] for item in found.meldingen],
        content=content,
        csrf=request.environ.get(CSRF_KEY, ""),
    )
    return make_response(page, error.status if error else 200)


@dataclass(frozen=True)
class Map:
    """A picture of our own map (``query`` of a GetMap) with what changes drawn over it."""

    query: str
    width: int
    height: int
    view: str
    outlines: tuple[drafts.Outline, ...]


def _map(found: drafts.Picture | None) -> Map | None:
    if found is None:
        return None
    height = round(WIDTH_PX * min(max(found.height_m / found.width_m, 0.3), 1.2))
    # the box gets the form of the picture; what is drawn stays in its middle
    scale_m = max(found.width_m / WIDTH_PX, found.height_m / height)
    width_m, height_m = WIDTH_PX * scale_m, height * scale_m
    left, above = (width_m - found.width_m) / 2, (height_m - found.height_m) / 2
    west, north = found.west - left, found.north + above
    box = (west, north - height_m, west + width_m, north)
    view = f"{-left:.1f} {-above:.1f} {width_m:.1f} {height_m:.1f}"
    return Map(picture.query(GROUND, box, WIDTH_PX, height), WIDTH_PX, height, view, found.outlines)


def _to(service: Service, name: str | None) -> WerkzeugResponse:
    keep = f"?lang={g.language.code}" if g.language.asked else ""
    place = f"concepten/{name}" if name else ""
    return redirect(f"{service.settings.public_url}{PATH}{place}{keep}", 303)


def _login() -> RefusedError:
    return refused(401, "login", "sessie", "hiervoor is een login nodig", "this needs a login")


def _too_large() -> RefusedError:
    return refused(
        413, "te_groot", "bestand",
        f"het bestand is groter dan {MESSAGE_BYTES} bytes", f"the file is larger than {MESSAGE_BYTES} bytes",
    )  # fmt: skip


def _as_refusal(error: RisicoAtlasError) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    locator = error.locator if isinstance(error, RequestError) else None
    return RefusedError(error.status, [Fault(error.code, locator or "$", Text(str(error), str(error)))])


def _audit_refusal(service: Service, act: str, error: RisicoAtlasError) -> None:
    who = actors.current()
    if not who.anonymous and error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        subject = f"{request.path[:80]} {error.status}"
        keys.audit(service.pool, who, _request_id(), f"concept {act}", subject, "geweigerd")


def _request_id() -> str:
    return str(request.environ.get("risicoatlas.request_id", ""))
