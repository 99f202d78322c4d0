"""Browser sessions: a login page turns a key into an HttpOnly cookie, for as long as the key holds and at most eight
hours."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg_pool import ConnectionPool

from risicoatlas.access.actor import Actor
from risicoatlas.access.keys import INVALID, authenticate, digest, keys_transaction
from risicoatlas.database import Connection
from risicoatlas.errors import SessionError

COOKIE = "risicoatlas_sessie"
LASTS = timedelta(hours=8)


@dataclass(frozen=True)
class Session:
    """What the browser keeps: the token in its cookie, and the CSRF token for its forms."""

    token: str
    csrf: str
    expires: datetime


def login(pool: ConnectionPool[Connection], key: str) -> Session:
    """A session for a valid key; raises :class:`~risicoatlas.errors.CredentialError` for any other."""
    actor = authenticate(pool, key)
    session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), datetime.now(UTC) + LASTS)
    with keys_transaction(pool) as connection:
        connection.execute("DELETE FROM beheer.sessie WHERE verloopt_op < now()")
        connection.execute(
            "INSERT INTO beheer.sessie (sha256, sleutel_id, csrf, verloopt_op) VALUES (%s, %s, %s, %s)",
            [digest(session.token), actor.key_id, session.csrf, session.expires],
        )
    return session


def logout(pool: ConnectionPool[Connection], token: str) -> None:
    """End a session; one that is not there is ended already."""
    with keys_transaction(pool) as connection:
        connection.execute("DELETE FROM beheer.sessie WHERE sha256 = %s", [digest(token)])


def actor_of(pool: ConnectionPool[Connection], token: str) -> tuple[Actor, str]:
    """The actor of a session and its CSRF token; raises :class:`SessionError` when it has ended or its key has."""
    with keys_transaction(pool) as connection:
        row = connection.execute(
            "SELECT k.rol, k.organisatie, k.gebieden, k.id, s.csrf FROM beheer.sessie s JOIN beheer.sleutel k ON"
            " k.id = s.sleutel_id"
            " WHERE s.sha256 = %s AND s.verloopt_op > now() AND k.ingetrokken_op IS NULL"
            " AND (k.verloopt_op IS NULL OR k.verloopt_op > now())",
            [digest(token)],
        ).fetchone()
    if row is None:
        raise SessionError(INVALID)
    return Actor(row[0], row[1], tuple(row[2]), row[3]), row[4]
