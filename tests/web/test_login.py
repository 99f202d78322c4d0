"""Login and logout: a key becomes a session, and no other site can start or end one."""

from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from werkzeug.test import Client, TestResponse

from risicoatlas.access import keys, sessions
from risicoatlas.access.keys import NewKey
from risicoatlas.database import Database
from risicoatlas.service import Service

from .conftest import Login, browser, document, words


def cookie(answer: TestResponse, name: str) -> SimpleCookie:
    """The cookie of that name that an answer sets; empty where it sets none."""
    found = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        if header.startswith(f"{name}="):
            found.load(header)
    return found


def test_valid_key_gives_a_cookie_that_scripts_cannot_read(newcomer: Client, new_key: Callable[[], NewKey]) -> None:
    answer = Login(newcomer).send(new_key().key)
    session = cookie(answer, sessions.COOKIE)[sessions.COOKIE]
    assert answer.status_code == 303
    assert session["httponly"] is True
    assert session["samesite"] == "Lax"
    assert session["path"] == "/"
    assert timedelta(seconds=int(session["max-age"])) == sessions.LASTS
    assert "U bent ingelogd als gemeente." in words(newcomer.get("/auth/login"))


def test_cookies_are_only_sent_encrypted_where_the_service_has_https(
    empty_service: Service, new_key: Callable[[], NewKey]
) -> None:
    # the cookie jar of the client takes no part: it would hold back a Secure cookie on its http address
    client = browser(empty_service, public_url="https://atlas.example.nl")
    form = client.get("/auth/login", base_url="https://atlas.example.nl")
    csrf = document(form).xpath("//input[@name='csrf']/@value")[0]
    answer = client.post("/auth/login", base_url="https://atlas.example.nl", data={"csrf": csrf, "key": new_key().key})
    assert cookie(answer, sessions.COOKIE)[sessions.COOKIE]["secure"] is True


@pytest.mark.parametrize("key", ["ra_000000000000_niet-deze", "x' OR '1'='1", "ключ"])
def test_unknown_key_gives_a_401_page_and_no_session(newcomer: Client, key: str) -> None:
    answer = Login(newcomer).send(key)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers
    assert "Basic" not in answer.headers["WWW-Authenticate"]
    assert not cookie(answer, sessions.COOKIE)
    assert "Deze sleutel is niet geldig" in words(answer)


def test_revoked_key_gives_a_401_page(newcomer: Client, new_key: Callable[[], NewKey], database: Database) -> None:
    made = new_key()
    with database.loader() as connection:
        keys.revoke(connection, made.id)
    assert Login(newcomer).send(made.key).status_code == 401


def test_empty_key_is_asked_for_again(newcomer: Client) -> None:
    answer = Login(newcomer).send("  ")
    assert answer.status_code == 400
    assert "Vul uw API-sleutel in." in words(answer)


def test_failed_login_does_not_repeat_the_key(newcomer: Client) -> None:
    assert "geheim-geheim" not in Login(newcomer).send("geheim-geheim").text


@pytest.mark.parametrize("sent", [{}, {"csrf": ""}, {"csrf": "iets anders"}])
def test_login_form_of_another_site_is_refused(
    newcomer: Client, new_key: Callable[[], NewKey], sent: dict[str, str]
) -> None:
    newcomer.get("/auth/login")
    answer = newcomer.post("/auth/login", data={"key": new_key().key, **sent})
    assert answer.status_code == 400
    assert not cookie(answer, sessions.COOKIE)


def test_login_without_the_cookie_of_the_form_is_refused(empty_service: Service, new_key: Callable[[], NewKey]) -> None:
    token = Login(browser(empty_service)).token()
    other = browser(empty_service)
    assert other.post("/auth/login", data={"csrf": token, "key": new_key().key}).status_code == 400


@pytest.mark.parametrize(
    ("to", "leads_to"),
    [
        ("viewer", "/viewer/"),
        ("start", "/"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/beheer/", "/"),
    ],
)
def test_login_leads_only_to_known_pages(
    newcomer: Client, empty_service: Service, new_key: Callable[[], NewKey], to: str, leads_to: str
) -> None:
    answer = Login(newcomer).send(new_key().key, to=to)
    assert answer.headers["Location"] == f"{empty_service.settings.public_url}{leads_to}"


def test_logout_ends_the_session_itself(newcomer: Client, new_key: Callable[[], NewKey]) -> None:
    login = Login(newcomer)
    token = cookie(login.send(new_key().key), sessions.COOKIE)[sessions.COOKIE].value
    answer = newcomer.post("/auth/logout", data={"csrf": login.token()})
    assert answer.status_code == 303
    assert cookie(answer, sessions.COOKIE)[sessions.COOKIE]["max-age"] == "0"
    newcomer.set_cookie(sessions.COOKIE, token)
    assert newcomer.get("/").status_code == 401


def test_logout_by_another_site_is_refused_and_the_session_stays(
    newcomer: Client, new_key: Callable[[], NewKey]
) -> None:
    Login(newcomer).send(new_key().key)
    assert newcomer.post("/auth/logout").status_code == 400
    assert newcomer.post("/auth/logout", data={"csrf": "geraden"}).status_code == 400
    assert "U bent ingelogd als gemeente." in words(newcomer.get("/auth/login"))


def test_logout_without_a_session_leads_to_the_start_page(newcomer: Client, empty_service: Service) -> None:
    answer = newcomer.post("/auth/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{empty_service.settings.public_url}/")


def test_logout_by_a_link_is_not_possible(newcomer: Client) -> None:
    assert newcomer.get("/auth/logout").status_code == 405


def test_every_login_leaves_an_audit_row(newcomer: Client, new_key: Callable[[], NewKey], database: Database) -> None:
    made = new_key()
    Login(newcomer).send("fout")
    Login(newcomer).send(made.key)
    with database.loader() as connection:
        rows = connection.execute(
            "SELECT uitkomst, sleutel_id, verzoek_id <> '' FROM beheer.audit"
            " WHERE handeling = 'inloggen' ORDER BY nummer"
        ).fetchall()
    assert rows == [("geweigerd", None, True), ("gelukt", made.id, True)]


def test_form_that_is_too_large_is_refused(newcomer: Client) -> None:
    assert Login(newcomer).send("x" * 20_000).status_code == 413
