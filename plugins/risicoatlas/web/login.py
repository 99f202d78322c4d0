"""Login and logout: an API key in a form becomes a session in an HttpOnly cookie.

Both forms carry a CSRF token: that of the session once there is one, before that a random value that must equal a
cookie which no other site can read or set.
"""

import hmac
import secrets
from typing import Any

from flask import Flask, Response, g, make_response, redirect, render_template, request

from risicoatlas.access import actor as actors
from risicoatlas.access import keys, sessions
from risicoatlas.access.credentials import CSRF_KEY
from risicoatlas.errors import CredentialError
from risicoatlas.service import Service

FORM_COOKIE = "risicoatlas_formulier"
# where a login may lead to; anything else leads to the start page
TARGETS = {"viewer": "/viewer/", "start": "/", "aanlevering": "/aanlevering/"}
# A 401 must name a scheme; this one opens no dialog in a browser.
CHALLENGE = 'Cookie realm="RisicoAtlas", form-action="/auth/login", cookie-name="risicoatlas_sessie"'


def add(app: Flask, service: Service) -> None:
    """Put ``/auth/login`` (GET, POST) and ``/auth/logout`` (POST) on the application."""

    @app.get("/auth/login")
    def login_form() -> Response:
        return _form(service)

    @app.post("/auth/login")
    def login() -> Response:
        if not _token_matches(request.cookies.get(FORM_COOKIE)):
            return _form(service, "form_expired", 400)
        key = request.form.get("key", "").strip()
        if not key:
            return _form(service, "login_empty", 400)
        try:
            session = sessions.login(service.pool, key)
        except CredentialError:
            _audit(service, actors.current(), "geweigerd")
            return _form(service, "login_failed", 401)
        response = _to_target(service)
        response.set_cookie(
            sessions.COOKIE, session.token, max_age=sessions.LASTS, samesite="Lax", **_cookie_options(service)
        )
        response.delete_cookie(FORM_COOKIE)
        _audit(service, sessions.actor_of(service.pool, session.token)[0], "gelukt")
        return response

    @app.post("/auth/logout")
    def logout() -> Response:
        token = request.cookies.get(sessions.COOKIE)
        if token and not _token_matches(request.environ.get(CSRF_KEY)):
            return _form(service, "form_expired", 400)
        if token:
            sessions.logout(service.pool, token)
        response = _to_target(service)
        response.delete_cookie(sessions.COOKIE)
        return response


def _form(service: Service, message: str | None = None, code: int = 200) -> Response:
    """The page with the login form, or with the logout form for who is logged in."""
    csrf = request.environ.get(CSRF_KEY) or secrets.token_urlsafe(32)
    page = render_template("login.html", message=message, csrf=csrf, target=_target())
    response = make_response(page, code)
    if CSRF_KEY not in request.environ:
        response.set_cookie(FORM_COOKIE, csrf, samesite="Strict", **_cookie_options(service))
    if code == CredentialError.status:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _token_matches(expected: str | None) -> bool:
    sent = request.form.get("csrf", "")
    return bool(expected) and hmac.compare_digest(sent.encode(), str(expected).encode())


def _target() -> str:
    asked = request.values.get("to", "start")
    return asked if asked in TARGETS else "start"


def _to_target(service: Service) -> Response:
    keep = f"?lang={g.language.code}" if g.language.asked else ""
    return make_response(redirect(f"{service.settings.public_url}{TARGETS[_target()]}{keep}", 303))


def _cookie_options(service: Service) -> dict[str, Any]:
    """Not readable by scripts, and not sent unencrypted where the service has https."""
    return {"httponly": True, "secure": service.settings.public_url.startswith("https:")}


def _audit(service: Service, actor: actors.Actor, outcome: str) -> None:
    request_id = str(request.environ.get("risicoatlas.request_id", ""))
    keys.audit(service.pool, actor, request_id, "inloggen", "browser", outcome)
