"""API keys: made and revoked by the command line, recognised by the service.

A key is ``ra_<id>_<secret>`` with 256 random bits, shown once; the database holds its SHA-256. A slow hash would add
nothing: there is nothing to guess in 256 random bits.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg_pool import ConnectionPool

from risicoatlas.access.actor import Actor
from risicoatlas.database import Connection
from risicoatlas.errors import CredentialError, RequestError, UnavailableError

# Roles that read or write for named areas, and roles that act for an organisation.
NEEDS_AREAS = frozenset({"gemeente", "raadpleger"})
NEEDS_ORGANISATION = frozenset({"bronhouder"})
# What the policies of the database take as one area: nothing with a comma, and not the * of a beheerder.
AREA = re.compile("GM[0-9]{4}|[0-9]{5}")
INVALID = "the credential is not valid: it is unknown, has expired or was revoked"


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown once."""

    id: str
    key: str
    expires: datetime | None


def digest(text: str) -> bytes:
    """What the database holds of a key or a session token."""
    return hashlib.sha256(text.encode()).digest()


def create(
    connection: Connection, name: str, role: str, organisation: str | None, areas: Sequence[str], days: int | None
) -> NewKey:
    """Make a key and write the audit row; raises :class:`RequestError` where the role lacks areas or organisation, or
    an area is no code."""
    if role in NEEDS_AREAS and not areas:
        raise RequestError(f"a key of role {role} needs at least one --area, such as GM0457 or 44021", "area")
    if wrong := [area for area in areas if not AREA.fullmatch(area)]:
        raise RequestError(f"the area {wrong[0]!r} is no code such as GM0457 or 44021", "area")
    if role in NEEDS_ORGANISATION and not organisation:
        raise RequestError(f"a key of role {role} needs --organisation, the bronhoudercode", "organisation")
    identifier = secrets.token_hex(6)
    key = f"ra_{identifier}_{secrets.token_urlsafe(32)}"
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    connection.execute(
        "INSERT INTO beheer.sleutel (id, naam, rol, organisatie, gebieden, sha256, verloopt_op) VALUES (%s, %s, %s,"
        " %s, %s, %s, %s)",
        [identifier, name, role, organisation, list(areas), digest(key), expires],
    )
    _audit_change(connection, identifier, "sleutel gemaakt")
    connection.commit()
    return NewKey(identifier, key, expires)


def revoke(connection: Connection, identifier: str) -> None:
    """End a key and its sessions at once; an unknown id raises :class:`RequestError`."""
    ended = connection.execute(
        "UPDATE beheer.sleutel SET ingetrokken_op = coalesce(ingetrokken_op, now()) WHERE id = %s RETURNING id",
        [identifier],
    ).fetchone()
    if not ended:
        raise RequestError(f"there is no key with id {identifier!r}: see `risicoatlas key list`", "id")
    connection.execute("DELETE FROM beheer.sessie WHERE sleutel_id = %s", [identifier])
    _audit_change(connection, identifier, "sleutel ingetrokken")
    connection.commit()


def _audit_change(connection: Connection, identifier: str, action: str) -> None:
    connection.execute(
        "INSERT INTO beheer.audit (sleutel_id, handeling, uitkomst) VALUES (%s, %s, 'gelukt')", [identifier, action]
    )


def authenticate(pool: ConnectionPool[Connection], key: str) -> Actor:
    """The actor of a key; raises :class:`CredentialError`, with one text for every reason."""
    with keys_transaction(pool) as connection:
        row = connection.execute(
            "SELECT rol, organisatie, gebieden, id FROM beheer.sleutel WHERE sha256 = %s AND ingetrokken_op IS NULL"
            " AND (verloopt_op IS NULL OR verloopt_op > now())",
            [digest(key)],
        ).fetchone()
    if row is None:
        raise CredentialError(INVALID)
    return Actor(row[0], row[1], tuple(row[2]), row[3])


def audit(
    pool: ConnectionPool[Connection], actor: Actor, request_id: str, action: str, subject: str, outcome: str
) -> None:
    """One row of the audit table, in a transaction of its own."""
    with keys_transaction(pool) as connection:
        connection.execute(
            "INSERT INTO beheer.audit (verzoek_id, sleutel_id, organisatie, handeling, onderwerp, uitkomst)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [request_id, actor.key_id, actor.organisation, action, subject, outcome],
        )


def signing_key(pool: ConnectionPool[Connection]) -> bytes:
    """The secret that signs cursors, made once by a migration."""
    with keys_transaction(pool) as connection:
        row = connection.execute("SELECT waarde FROM beheer.geheim WHERE naam = 'cursor'").fetchone()
    if row is None:
        raise UnavailableError("the secret that signs cursors is missing from the database")
    return bytes(row[0])


@contextmanager
def keys_transaction(pool: ConnectionPool[Connection]) -> Iterator[Connection]:
    """A transaction as ``ra_keys``: reads keys, keeps sessions, appends to the audit, and nothing else.

    Raises :class:`UnavailableError` where the database is away.
    """
    try:
        with pool.connection() as connection:
            connection.execute("SELECT set_config('role', 'ra_keys', true)")
            yield connection
    except psycopg.OperationalError as error:
        raise UnavailableError("the database cannot be reached at the moment") from error
