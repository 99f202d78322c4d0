"""Keys and sessions on the real database: valid, invalid, expired, revoked, and two at once."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from risicoatlas.access import credentials, keys, sessions
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.database import Connection, Database
from risicoatlas.errors import CredentialError, RequestError, UnavailableError


@pytest.fixture
def pool(database: Database) -> Iterator[ConnectionPool[Connection]]:
    opened = database.pool()
    opened.open(wait=True)
    yield opened
    opened.close()


@pytest.fixture
def key(connection: Connection) -> keys.NewKey:
    return keys.create(connection, "proef", "gemeente", None, ["44021"], 1)


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"whoever:{password}".encode()).decode()


def test_a_key_is_taken_as_header_as_basic_and_as_parameter(pool: Any, key: keys.NewKey) -> None:
    for environ in (
        {"HTTP_X_API_KEY": key.key},
        {"HTTP_AUTHORIZATION": basic(key.key)},
        {"QUERY_STRING": f"a=1&api_key={key.key}&b=%20"},
    ):
        found = credentials.actor_of_request(environ, pool)
        assert (found.role, found.areas, found.key_id) == ("gemeente", ("44021",), key.id)


def test_the_key_parameter_is_taken_out_of_the_query_string(pool: Any, key: keys.NewKey) -> None:
    environ = {"QUERY_STRING": f"a=1%2B1&API_Key={key.key}&b=%20+x"}
    credentials.actor_of_request(environ, pool)
    assert environ["QUERY_STRING"] == "a=1%2B1&b=%20+x"


@pytest.mark.parametrize("name", ["api%5Fkey", "%61pi_key", "API%5fKEY"])
def test_a_key_under_a_name_in_percent_codes_is_a_key_too(pool: Any, key: keys.NewKey, name: str) -> None:
    environ = {"QUERY_STRING": f"a=1&{name}={key.key}"}
    assert credentials.actor_of_request(environ, pool).key_id == key.id
    assert environ["QUERY_STRING"] == "a=1"


@pytest.mark.parametrize("area", ["*", "", "GM0001,GM0002", "GM1", "44021'"])
def test_a_key_takes_codes_of_municipalities_only(connection: Connection, area: str) -> None:
    with pytest.raises(RequestError, match="code"):
        keys.create(connection, "proef", "gemeente", None, ["GM0457", area], 1)


def test_a_key_that_cannot_be_looked_up_is_no_fault_of_the_client(database: Database) -> None:
    closed = database.pool()
    with pytest.raises(UnavailableError):
        keys.authenticate(closed, "ra_x_y")


def test_without_credential_the_actor_is_anonymous(pool: Any) -> None:
    assert credentials.actor_of_request({"QUERY_STRING": "f=json"}, pool) is ANONYMOUS


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_X_API_KEY": "ra_0_wrong"},
        {"HTTP_AUTHORIZATION": basic("wrong")},
        {"HTTP_AUTHORIZATION": "Basic !!!"},
        {"HTTP_AUTHORIZATION": "Bearer abc"},
        {"QUERY_STRING": "api_key="},
        {"HTTP_COOKIE": f"{sessions.COOKIE}=unknown"},
    ],
)
def test_an_invalid_credential_is_refused_and_never_anonymous(pool: Any, environ: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        credentials.actor_of_request(environ, pool)


def test_two_different_credentials_are_refused(pool: Any, key: keys.NewKey) -> None:
    with pytest.raises(RequestError, match="two different"):
        credentials.actor_of_request({"HTTP_X_API_KEY": key.key, "QUERY_STRING": "api_key=other"}, pool)


def test_expired_and_revoked_keys_are_refused_with_the_same_text(
    pool: Any, connection: Connection, key: keys.NewKey
) -> None:
    expired = keys.create(connection, "oud", "beheerder", None, [], 1)
    connection.execute(
        "UPDATE beheer.sleutel SET verloopt_op = now() - interval '1 second' WHERE id = %s", [expired.id]
    )
    connection.commit()
    keys.revoke(connection, key.id)
    texts = set()
    for text in (expired.key, key.key, "ra_unknown"):
        with pytest.raises(CredentialError) as raised:
            keys.authenticate(pool, text)
        texts.add(str(raised.value))
    assert texts == {keys.INVALID}


def test_the_database_holds_no_key(connection: Connection, key: keys.NewKey) -> None:
    row = connection.execute("SELECT sleutel::text FROM beheer.sleutel").fetchone()
    assert row is not None
    assert key.key not in row[0]
    assert key.key.split("_", 2)[2] not in row[0]


def test_a_session_ends_with_logout_and_with_its_key(pool: Any, connection: Connection, key: keys.NewKey) -> None:
    first, second = sessions.login(pool, key.key), sessions.login(pool, key.key)
    environ: dict[str, Any] = {"HTTP_COOKIE": f"{sessions.COOKIE}={first.token}"}
    assert credentials.actor_of_request(environ, pool).key_id == key.id
    assert environ[credentials.CSRF_KEY] == first.csrf
    sessions.logout(pool, first.token)
    with pytest.raises(CredentialError):
        credentials.actor_of_request({"HTTP_COOKIE": f"{sessions.COOKIE}={first.token}"}, pool)
    keys.revoke(connection, key.id)
    with pytest.raises(CredentialError):
        credentials.actor_of_request({"HTTP_COOKIE": f"{sessions.COOKIE}={second.token}"}, pool)


def test_a_key_without_the_areas_that_its_role_needs_is_refused(connection: Connection) -> None:
    with pytest.raises(RequestError, match="--area"):
        keys.create(connection, "x", "gemeente", None, [], None)
    with pytest.raises(RequestError, match="--organisation"):
        keys.create(connection, "x", "bronhouder", None, [], None)


def test_the_service_may_not_read_more_than_its_task(pool: Any) -> None:
    import psycopg

    with keys.keys_transaction(pool) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM register.pand")
    with keys.keys_transaction(pool) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM beheer.audit")
