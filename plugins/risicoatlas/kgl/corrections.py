"""Corrections: the label that a municipality gives a building in place of the proposed one.

Only the label: the function of a building is the BAG's. A correction is a draft until an act of publication; it stands
whatever the rules come to later, and is never overwritten: another one ends it and is a row of its own.
"""

from dataclasses import dataclass

from risicoatlas.database import Connection
from risicoatlas.errors import ConflictError, ForbiddenError
from risicoatlas.kgl import acts, reading
from risicoatlas.kgl.acts import Act


@dataclass(frozen=True)
class Correction:
    """The label to give, and why."""

    category: str
    reason: str


def correct(connection: Connection, act: Act, pand: str, correction: Correction) -> reading.Value:
    """Give the building this label; the building as it is afterwards. Not committed here.

    Raises :class:`NotFoundError`, :class:`ForbiddenError` for a building of another municipality,
    :class:`StaleError`, and :class:`ConflictError` before the data are taken over.
    """
    before = _before(connection, act, pand)
    _end(connection, act, pand)
    proposal = before["voorstel"]
    connection.execute(
        "INSERT INTO register.kgl_correctie (gemeentecode, pand, categorie_voorstel, regel_voorstel, categorie, reden,"
        " bron, sleutel_id, organisatie) VALUES (%s, %s, %s, %s, %s, %s, 'hand', %s, %s)",
        [act.code, pand, proposal["categorie"], proposal["regel"], correction.category, correction.reason,
         act.actor.key_id, acts.organisation(act.actor)],
    )  # fmt: skip
    acts.note(
        connection, act, "correctie",
        pand=pand, oud=before["categorie"], nieuw=correction.category, voorstel=proposal["categorie"],
        reden=correction.reason,
    )  # fmt: skip
    return reading.building(connection, act.code, pand)


def withdraw(connection: Connection, act: Act, pand: str) -> reading.Value:
    """End the correction of a building, so that the proposal holds again; raises :class:`ConflictError` without one."""
    before = _before(connection, act, pand)
    if before["correctie"] is None:
        raise ConflictError(f"gebouw {pand} heeft geen correctie om in te trekken")
    _end(connection, act, pand)
    acts.note(
        connection, act, "correctie ingetrokken",
        pand=pand, oud=before["categorie"], nieuw=before["voorstel"]["categorie"],
    )  # fmt: skip
    return reading.building(connection, act.code, pand)


def _before(connection: Connection, act: Act, pand: str) -> reading.Value:
    acts.see(connection, act.code)
    acts.lock(connection, act.code)
    row = connection.execute("SELECT register.gemeente_van_pand(%s)", [pand]).fetchone()
    if row and row[0] not in (None, act.code):
        raise ForbiddenError(f"gebouw {pand} is van gemeente {row[0]}, niet van {act.code}")
    found = reading.building(connection, act.code, pand)
    acts.seen(act, found)
    row = connection.execute(
        "SELECT overgenomen_op FROM register.kgl_gemeente WHERE gemeentecode = %s", [act.code]
    ).fetchone()
    acts.owned({"gemeentecode": act.code, "overgenomen_op": row and row[0]})
    return found


def _end(connection: Connection, act: Act, pand: str) -> None:
    connection.execute(
        "UPDATE register.kgl_correctie SET vervallen_op = clock_timestamp(), vervallen_door = %s"
        " WHERE pand = %s AND vervallen_op IS NULL",
        [acts.organisation(act.actor), pand],
    )
