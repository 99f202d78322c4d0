"""The door: request id, actor, limits, private answers, and what the access log says of a request."""

import contextvars
import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from risicoatlas.access import actor, keys, sessions
from risicoatlas.app import ACCESS_LOG, MAX_QUERY_BYTES, Door
from risicoatlas.database import Connection
from risicoatlas.service import Service


class Seen:
    """A protocol that answers with who it was asked by."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.environ = environ
        if environ["PATH_INFO"] == "/broken":
            raise ValueError("a secret of the inside")
        start_response("200 OK", [("Cache-Control", "public, max-age=99"), ("Vary", "Accept")])
        return self._body()

    @staticmethod
    def _body() -> Iterator[bytes]:
        # read only when the body is: the actor must still be bound then
        yield actor.current().role.encode()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def client(seen: Seen, empty_service: Service) -> Client:
    return Client(Door(seen, empty_service))


@pytest.fixture
def key(connection: Connection) -> str:
    return keys.create(connection, "proef", "beheerder", None, [], 1).key


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    ACCESS_LOG.addHandler(caplog.handler)
    with caplog.at_level(logging.INFO, ACCESS_LOG.name):
        yield caplog
    ACCESS_LOG.removeHandler(caplog.handler)


def line(log: pytest.LogCaptureFixture) -> dict[str, Any]:
    return dict(json.loads([item.message for item in log.records if item.name == ACCESS_LOG.name][-1]))


def finished(answer: TestResponse) -> TestResponse:
    answer.close()
    return answer


def test_an_anonymous_answer_keeps_its_caching_and_gets_a_request_id(client: Client) -> None:
    answer = finished(client.get("/x"))
    assert answer.data == b"anonymous"
    assert answer.headers["Cache-Control"] == "public, max-age=99"
    assert len(answer.headers["X-Request-Id"]) == 16


def test_an_anonymous_answer_that_says_nothing_of_caches_is_kept_by_none(empty_service: Service) -> None:
    def inner(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"which layers there are"]

    answer = finished(Client(Door(inner, empty_service)).get("/x"))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Authorization, Cookie, X-API-Key"


def test_an_answer_to_a_known_actor_is_private_whatever_the_protocol_said(client: Client, key: str) -> None:
    answer = finished(client.get("/x", headers={"X-API-Key": key}))
    assert answer.data == b"beheerder"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Vary"] == "Authorization, Cookie, X-API-Key"


def test_the_actor_is_gone_after_the_request(client: Client, key: str) -> None:
    def asked() -> None:
        finished(client.get("/x", headers={"X-API-Key": key}))
        with pytest.raises(Exception, match="no actor is known"):
            actor.current()

    # a context of its own: what another test left in this thread proves nothing
    contextvars.Context().run(asked)


def test_the_access_log_names_the_request_and_never_the_key(
    client: Client, key: str, log: pytest.LogCaptureFixture
) -> None:
    answer = finished(client.get(f"/x?a=1&api_key={key}"))
    record = line(log)
    assert record["request_id"] == answer.headers["X-Request-Id"]
    assert (record["path"], record["query"], record["status"], record["bytes"]) == ("/x", "a=1", 200, len("beheerder"))
    assert record["key_id"] == key.split("_")[1]
    assert key not in log.text


def test_an_invalid_key_is_401_with_a_challenge_on_public_paths_too(client: Client, seen: Seen) -> None:
    answer = finished(client.get("/x", headers={"X-API-Key": "wrong"}))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert not seen.environ


def test_an_ended_session_is_401_once_and_its_cookie_is_taken_away(client: Client) -> None:
    client.set_cookie(sessions.COOKIE, "ended")
    assert finished(client.get("/x")).status_code == 401
    assert finished(client.get("/x")).status_code == 200


def test_a_page_that_is_asked_with_an_ended_session_goes_on_to_the_login(client: Client) -> None:
    client.set_cookie(sessions.COOKIE, "ended")
    answer = finished(client.get("/viewer/", headers={"Accept": "text/html,*/*"}))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/login")
    assert client.get_cookie(sessions.COOKIE) is None


def test_a_query_string_over_the_bound_is_refused_and_the_bound_named(client: Client) -> None:
    assert finished(client.get("/x?" + "a" * MAX_QUERY_BYTES)).status_code == 200
    answer = finished(client.get("/x?" + "a" * (MAX_QUERY_BYTES + 1)))
    assert answer.status_code == 400
    assert str(MAX_QUERY_BYTES) in answer.text


def test_an_unexpected_error_says_nothing_of_the_inside(client: Client, log: pytest.LogCaptureFixture) -> None:
    answer = finished(client.get("/broken"))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert line(log)["status"] == 500
