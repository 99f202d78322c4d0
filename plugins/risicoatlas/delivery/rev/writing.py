"""A write to the register: judged, stored by the steps of the loader, written down and published, in one transaction.

In: a :class:`Write`. Out: a :class:`Stored`. Raises :class:`~.faults.RefusedError` with everything that is wrong;
nothing is stored then, and what was served before still is.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from risicoatlas.access.actor import Actor
from risicoatlas.access.decide import Decision
from risicoatlas.catalogue import Text
from risicoatlas.database import Connection
from risicoatlas.delivery.rev import faults, reading
from risicoatlas.delivery.rev.faults import Fault, RefusedError, refused
from risicoatlas.errors import UnavailableError
from risicoatlas.imev import message as messages
from risicoatlas.imev.validate import Validator, flat_identification
from risicoatlas.loader import steps
from risicoatlas.loader.sources import imev
from risicoatlas.loader.sources.imev import Imev, Judged
from risicoatlas.publish import engine
from risicoatlas.service import Service

LOCK_TIMEOUT = "20s"
PATH = "bericht"
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")
END = "eindGeldigheid"


@dataclass(frozen=True)
class Write:
    """What is asked: ``sort`` is the kind of root and ``identification`` that of the address (None for POST).

    ``versions`` are the registration numbers of which one must be the present; None where the client does not care.
    """

    method: str
    sort: str
    actor: Actor
    decision: Decision
    request_id: str
    identification: str | None = None
    versions: tuple[int, ...] | None = None
    validate_only: bool = False
    idempotency: str | None = None


@dataclass(frozen=True)
class Stored:
    """``number`` is None for what was only judged; ``remarks`` are findings that refuse nothing."""

    identification: str
    number: int | None
    message: Any
    remarks: tuple[Fault, ...] = ()


def deliver(service: Service, asked: Write, content: bytes) -> Stored:
    """POST and PUT: the message replaces all that was below its root."""
    judged = judge(service, content)
    refuse_misplaced(service, asked, judged)
    digest = hashlib.sha256(f"{asked.method} {asked.identification}\n".encode() + content).digest()
    with acting(service, asked) as connection:
        if found := _earlier(connection, service, asked, digest):
            return found
        root = str(flat_identification(judged.message))
        refuse_state(asked, reading.current(connection, root))
        return store(connection, service, asked, judged, digest)


def end(service: Service, asked: Write) -> Stored:
    """DELETE: a version of which every object ends now; an object is never taken out of the register."""
    digest = hashlib.sha256(f"{asked.method} {asked.identification}\n".encode()).digest()
    with acting(service, asked) as connection:
        if found := _earlier(connection, service, asked, digest):
            return found
        known = reading.current(connection, str(asked.identification))
        refuse_state(asked, known)
        number = known.nummer if known else 0
        kept = reading.contents(connection, [number], imev.validator_of(service.settings))
        message = _ended(json.loads(kept[number]), datetime.now(UTC).replace(microsecond=0))
        judged = judge(service, messages.canonical(message).encode())
        return store(connection, service, asked, judged, digest)


# --- judging ----------------------------------------------------------------------------------------------------------


def judge(service: Service, content: bytes) -> Judged:
    """The message, valid by the information model; raises :class:`~.faults.RefusedError` with every finding."""
    try:
        judged = imev.judge(content, PATH, service.settings)
    except messages.MessageError as error:
        raise RefusedError(400, [Fault(error.key, error.place, error.text)]) from error
    if not judged.verdict.valid:
        raise RefusedError(400, faults.of_findings(judged.message, judged.verdict.errors))
    return judged


def refuse_misplaced(service: Service, asked: Write, judged: Judged) -> None:
    """The root belongs at the address, the identification is that of the address, and all of it is the owner's own."""
    message = judged.message
    root = flat_identification(message)
    if imev.validator_of(service.settings).model.sort(message["entityType"]) != asked.sort:
        raise refused(
            400, "verkeerd_adres", "$.entityType",
            f"{message['entityType']} hoort niet bij dit adres",
            f"{message['entityType']} does not belong to this address",
        )  # fmt: skip
    if asked.identification is not None and asked.identification != root:
        raise refused(
            400, "andere_identificatie", "$.identificatie",
            f"gevonden {root}, het adres noemt {asked.identification}",
            f"found {root}, the address names {asked.identification}",
        )  # fmt: skip
    foreign = [
        Fault(
            "niet_eigenaar", f"{path}.bronhoudercode",
            Text(f"bronhoudercode {code} is niet die van uw sleutel", f"bronhoudercode {code} is not that of your key"),
            flat_identification(value),
        )
        for path, value in _objects(dict(message), "$")
        if not asked.decision.reaches(code := str(value.get("bronhoudercode")))
    ]  # fmt: skip
    if foreign:
        raise RefusedError(401, foreign)


def _objects(value: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The object and all below it: of a valid message, what holds an entityType."""
    yield path, value
    for name, children in value.items():
        for index, child in enumerate(children if isinstance(children, list) else ()):
            if isinstance(child, dict) and "entityType" in child:
                yield from _objects(child, f"{path}.{name}[{index}]")


def refuse_state(asked: Write, known: reading.Version | None) -> None:
    """What is registered now must allow the write."""
    name = asked.identification or (known.identificatie if known else "")
    if asked.method == "POST" and known is None:
        return
    if known is None or known.soort != asked.sort:
        raise refused(404, "niet_gevonden", "$", f"{name[:100]} bestaat niet", f"{name[:100]} does not exist")
    if not asked.decision.reaches(known.bronhoudercode):
        raise refused(
            401, "niet_eigenaar", "$.bronhoudercode",
            f"{name} is van een andere bronhouder", f"{name} belongs to another bronhouder",
        )  # fmt: skip
    if known.ended:
        raise refused(
            412, "beeindigd", f"$.{END}",
            f"{name} is beëindigd en kan niet meer wijzigen", f"{name} has ended and can no longer be changed",
        )  # fmt: skip
    if asked.method == "POST":
        raise refused(
            412, "bestaat_al", "$.identificatie",
            f"{name} is al geregistreerd: wijzig het met PUT", f"{name} is registered already: change it with PUT",
        )  # fmt: skip
    if asked.versions is not None and known.nummer not in asked.versions:
        raise refused(
            412, "andere_registratie", "registrationId",
            f"de huidige registratie is {known.nummer}: lees {name} opnieuw",
            f"the present registration is {known.nummer}: read {name} again",
        )  # fmt: skip


def _ended(value: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """The object and all below it, ended at the moment where it had not ended before."""
    found = {
        name: [_ended(child, moment) if isinstance(child, dict) and "entityType" in child else child for child in item]
        if isinstance(item, list)
        else item
        for name, item in value.items()
    }
    given = found.get(END)
    if given is None or _moment(given) > moment:
        found[END] = f"{moment:%Y-%m-%dT%H:%M:%S}Z"
    return found


def _moment(text: object) -> datetime:
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=DUTCH_TIME)


# --- storing ----------------------------------------------------------------------------------------------------------


@contextmanager
def acting(service: Service, asked: Write) -> Iterator[Connection]:
    """One transaction, which a validation undoes. Its turn comes before it begins: the moment of a transaction is that
    of its beginning, and a later registration must have a later moment."""
    if service.database is None:
        raise UnavailableError("deze dienst kan niet opslaan: zij heeft geen verbinding die dat mag")
    with service.database.loader() as connection:
        try:
            connection.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
            for number in (steps.LOCK,) if asked.validate_only else (engine.LOCK_NUMBER, steps.LOCK):
                connection.execute("SELECT pg_advisory_lock(%s)", [number])
            connection.commit()
            with connection.transaction(force_rollback=asked.validate_only):
                yield connection
        except psycopg.errors.LockNotAvailable as error:
            raise UnavailableError(
                "een andere levering of publicatie is bezig: probeer het straks opnieuw, er is niets gewijzigd"
            ) from error


def store(connection: Connection, service: Service, asked: Write, judged: Judged, digest: bytes) -> Stored:
    """Registered, written down and published within the transaction of :func:`acting`."""
    root = str(flat_identification(judged.message))
    load = steps.load_within(
        Imev(judged), connection, f"{asked.method} {root}", hashlib.sha256(digest).hexdigest(), service.settings
    )
    found = connection.execute(
        "SELECT uitkomst, coalesce(code, 'overig'), coalesce(plaats, '$'), reden, sleutel FROM beheer.bevinding"
        " WHERE levering = %s AND (code IS NOT NULL OR uitkomst <> 'melding') ORDER BY nummer",
        [load.levering],
    ).fetchall()
    told = [(outcome, Fault(code, place, Text(text, text), name)) for outcome, code, place, text, name in found]
    # a geometry that would have to be repaired is the owner's to repair
    if wrong := [item for outcome, item in told if outcome in ("geweigerd", "hersteld")]:
        raise RefusedError(400, wrong)
    remarks = [item for item in judged.verdict.findings if not item.serious]
    all_told = (*faults.of_findings(judged.message, remarks), *(item for _, item in told))
    if asked.validate_only:
        return Stored(root, None, judged.message, all_told)
    known = reading.current(connection, root)
    number = known.nummer if known else 0
    _note(connection, asked, root, (number, load.levering), digest)
    _publish(connection, service, asked.sort)
    return Stored(root, number, judged.message, all_told)


def _note(connection: Connection, asked: Write, root: str, made: tuple[int, int], digest: bytes) -> None:
    """The journal and the audit."""
    who = asked.actor
    connection.execute(
        "INSERT INTO beheer.imev_aanlevering (verzoek_id, sleutel_id, organisatie, methode, identificatie, registratie,"
        " levering, idempotentie, verzoek_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [asked.request_id, who.key_id, who.organisation, asked.method, root, *made, asked.idempotency, digest],
    )
    connection.execute(
        "INSERT INTO beheer.audit (verzoek_id, sleutel_id, organisatie, handeling, onderwerp, uitkomst)"
        " VALUES (%s, %s, %s, %s, %s, 'gelukt')",
        [asked.request_id, who.key_id, who.organisation, f"imev {asked.method}", root],
    )


def _publish(connection: Connection, service: Service, sort: str) -> None:
    """What the layers say of roots of this kind."""
    names = [layer.name for layer in service.catalogue if sort in layer.changed_by]
    engine.publish(connection, service.catalogue, names, changed_only=True)


def _earlier(connection: Connection, service: Service, asked: Write, digest: bytes) -> Stored | None:
    """What the same request gave before, by its idempotency key."""
    if asked.idempotency is None or asked.validate_only:
        return None
    row = connection.execute(
        "SELECT identificatie, registratie, verzoek_hash FROM beheer.imev_aanlevering"
        " WHERE organisatie = %s AND idempotentie = %s",
        [asked.actor.organisation, asked.idempotency],
    ).fetchone()
    if row is None:
        return None
    if bytes(row[2]) != digest:
        raise refused(
            400, "sleutel_hergebruikt", "Idempotency-Key",
            "deze Idempotency-Key hoort bij een ander verzoek", "this Idempotency-Key belongs to another request",
        )  # fmt: skip
    kept = reading.contents(connection, [row[1]], _validator(service))
    return Stored(row[0], row[1], json.loads(kept[row[1]]))


def _validator(service: Service) -> Validator:
    return imev.validator_of(service.settings)
