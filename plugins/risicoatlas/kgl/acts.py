"""Who acts on the KGL of which municipality, what is written down of it, and that one acts at a time.

In: an actor and a municipality code. Out: an event (``register.kgl_gebeurtenis``) and an audit row in the transaction
of the act itself: what happened is written down, and what is written down happened.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from risicoatlas.access.actor import Actor
from risicoatlas.access.decide import Decision
from risicoatlas.database import Connection
from risicoatlas.errors import ConflictError, ForbiddenError, RequestError, StaleError
from risicoatlas.kgl import reading
from risicoatlas.service import Service

LAYER = "kgl_beheer"
# With the number of the municipality: the lock of whoever changes its KGL.
LOCK_CLASS = 20221020
LOCK_TIMEOUT = "60s"
OPERATOR = Actor("beheerder", "operator")


@dataclass(frozen=True)
class Act:
    """One act by somebody on a municipality. ``versions`` are the ETags of which one must be that of what is changed;
    None where the command line asks for none."""

    actor: Actor
    code: str
    request_id: str | None = None
    versions: tuple[str, ...] | None = None


def may_read(service: Service, actor: Actor, code: str) -> Decision:
    """The decision to read the municipality; raises :class:`ForbiddenError`."""
    decision = service.rules.decide(actor, service.catalogue.get(LAYER))
    if not decision.reaches(code):
        raise ForbiddenError(f"uw sleutel geeft geen toegang tot gemeente {code}")
    return decision


def may_write(service: Service, actor: Actor, code: str) -> Decision:
    """The decision to change the municipality; raises :class:`ForbiddenError`."""
    decision = service.rules.decide_write(actor, service.catalogue.get(LAYER))
    if not decision.reaches(code):
        raise ForbiddenError(f"uw sleutel mag de gegevens van gemeente {code} niet wijzigen")
    return decision


def see(connection: Connection, code: str, *, local: bool = True) -> None:
    """What is read is of this municipality alone, in Dutch time: until the end of the transaction, or of the line."""
    for name, value in (("risicoatlas.areas", code), ("timezone", "Europe/Amsterdam"), ("lock_timeout", LOCK_TIMEOUT)):
        connection.execute("SELECT set_config(%s, %s, %s)", [name, value, local])


def lock(connection: Connection, code: str) -> None:
    """Until the end of the transaction nobody else changes the KGL of the municipality."""
    number = int("".join(filter(str.isdecimal, code)) or 0)
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, number])


def seen(act: Act, value: reading.Value) -> None:
    """Raise :class:`StaleError` where this is not the version that the act is about."""
    if act.versions is not None and reading.etag(value) not in act.versions:
        raise StaleError("de gegevens zijn gewijzigd sinds u ze las: lees ze opnieuw", "If-Match")


def owned(state: reading.Value) -> None:
    """Raise :class:`ConflictError` where the municipality has not taken its data over yet."""
    if not state["overgenomen_op"]:
        raise ConflictError(
            f"gemeente {state['gemeentecode']} heeft haar gegevens nog niet in eigendom genomen: doe dat eerst"
        )


def note(connection: Connection, act: Act, kind: str, **data: Any) -> None:
    """Write the event and the audit row."""
    who = act.actor
    connection.execute(
        "INSERT INTO register.kgl_gebeurtenis (gemeentecode, soort, sleutel_id, organisatie, gegevens)"
        " VALUES (%s, %s, %s, %s, %s)",
        [act.code, kind, who.key_id, organisation(who), Jsonb(data)],
    )
    subject = f"{act.code} {data['pand']}" if "pand" in data else act.code
    connection.execute(
        "INSERT INTO beheer.audit (verzoek_id, sleutel_id, organisatie, handeling, onderwerp, uitkomst)"
        " VALUES (%s, %s, %s, %s, %s, 'gelukt')",
        [act.request_id, who.key_id, organisation(who), f"kgl {kind}", subject],
    )


def refused(connection: Connection, act: Act, what: str) -> None:
    """Write the audit row of an act that was refused for lack of a right."""
    connection.execute(
        "INSERT INTO beheer.audit (verzoek_id, sleutel_id, organisatie, handeling, onderwerp, uitkomst)"
        " VALUES (%s, %s, %s, %s, %s, 'geweigerd')",
        [act.request_id, act.actor.key_id, organisation(act.actor), f"kgl {what}", act.code],
    )


def organisation(actor: Actor) -> str:
    """For whom the actor acts: the organisation of its key, else the municipalities, else its role."""
    return actor.organisation or ", ".join(actor.areas) or actor.role


def actor_of_key(connection: Connection, identifier: str) -> Actor:
    """The actor of a valid key by its id, for the command line; raises :class:`RequestError`."""
    row = connection.execute(
        "SELECT rol, organisatie, gebieden, id FROM beheer.sleutel WHERE id = %s AND ingetrokken_op IS NULL"
        " AND (verloopt_op IS NULL OR verloopt_op > now())",
        [identifier],
    ).fetchone()
    if row is None:
        raise RequestError(f"there is no valid key with id {identifier!r}: see `risicoatlas key list`", "as")
    return Actor(row[0], row[1], tuple(row[2]), row[3])


BUSY = psycopg.errors.LockNotAvailable
