"""The states of a municipality: proposed, owned, validated per gebruiksfunctie, published, withdrawn.

In: an owner's connection and an :class:`~risicoatlas.kgl.acts.Act`. Out: the state as it is afterwards. Each act is one
transaction with its event and audit row; an act that its state does not allow raises
:class:`~risicoatlas.errors.ConflictError` with what must come first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from risicoatlas.catalogue import Catalogue, Layer
from risicoatlas.database import Connection
from risicoatlas.errors import ConflictError, NotFoundError, RequestError, UnavailableError
from risicoatlas.kgl import acts, established, proposals, reading
from risicoatlas.kgl.acts import Act
from risicoatlas.publish import engine

_AREA = "gemeentecode"


@dataclass(frozen=True)
class Part:
    """What to publish: everything, the buildings with one gebruiksfunctie, or some buildings."""

    function: str | None = None
    panden: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        return self.function is None and self.panden is None


@dataclass(frozen=True)
class Published:
    """The state after the act, the number of the publication (None where nothing in it changed), and how many
    buildings came out otherwise."""

    state: reading.Value
    publication: int | None
    changed: int


@contextmanager
def _acting(connection: Connection, act: Act) -> Iterator[reading.Value]:
    """One transaction with the state before. Takes the turn of a publication first: every act tells the public layer
    of states, and two that wait for each other would be undone."""
    try:
        with connection.transaction():
            acts.see(connection, act.code)
            engine.take_turn(connection)
            acts.lock(connection, act.code)
            found = reading.state(connection, act.code)
            acts.seen(act, found)
            yield found
    except acts.BUSY as error:
        raise UnavailableError(
            f"een publicatie of een andere handeling voor {act.code} duurt langer dan {acts.LOCK_TIMEOUT}: probeer het"
            " straks opnieuw, er is niets gewijzigd"
        ) from error


def take(connection: Connection, catalogue: Catalogue, act: Act) -> reading.Value:
    """Take the proposed labels into ownership: the first act of a municipality."""
    with _acting(connection, act) as state:
        if state["overgenomen_op"]:
            raise ConflictError(f"gemeente {act.code} heeft haar gegevens al in eigendom genomen")
        if not state["gebouwen"]:
            raise ConflictError(f"gemeente {act.code} heeft nog geen gebouwen met een label: er is niets over te nemen")
        _update(connection, act.code, "overgenomen_op = now()")
        acts.note(connection, act, "overname", gebouwen=state["gebouwen"])
        return _after(connection, catalogue, act)


def set_variant(connection: Connection, catalogue: Catalogue, act: Act, variant: str) -> reading.Value:
    """Choose how changes of the sources are handled: ``automatisch`` or ``handmatig``."""
    with _acting(connection, act) as state:
        acts.owned(state)
        if variant not in reading.VARIANTS:
            raise RequestError(f"variant: gevonden {variant!r}, mogelijk: {', '.join(reading.VARIANTS)}", "variant")
        if state["variant"] != variant:
            _update(connection, act.code, "variant = %s", variant)
            acts.note(connection, act, "variant", oud=state["variant"], nieuw=variant)
            if variant == "handmatig" and state["gepubliceerd_op"]:
                # what is public without an approval, such as permitted buildings, is not from now on
                return _after(connection, catalogue, act, public_layers(catalogue))
        return _after(connection, catalogue, act)


def validate(
    connection: Connection, catalogue: Catalogue, act: Act, functions: Sequence[str] | None, *, valid: bool = True
) -> reading.Value:
    """Validate the labels of these gebruiksfuncties, or of all; ``valid`` False takes a validation back."""
    with _acting(connection, act) as state:
        acts.owned(state)
        occurring = reading.functions(state)
        named = occurring if functions is None else list(dict.fromkeys(functions))
        if unknown := [name for name in named if name not in occurring]:
            raise RequestError(
                f"functie {unknown[0]!r} komt in gemeente {act.code} niet voor; wel: {', '.join(occurring)}", "functies"
            )
        _write_validation(connection, act, state, named, valid=valid)
        acts.note(connection, act, "validatie" if valid else "validatie ingetrokken", functies=named)
        return _after(connection, catalogue, act)


def _write_validation(
    connection: Connection, act: Act, state: reading.Value, named: Sequence[str], *, valid: bool
) -> None:
    who = (act.actor.key_id, acts.organisation(act.actor))
    held = [item["functie"] for item in state["functies"] if item["gevalideerd_op"]]
    # a municipality that validated all at once has no rows of its own yet
    _add_validations(connection, act.code, held, (None, None))
    connection.execute(
        "DELETE FROM register.kgl_validatie WHERE gemeentecode = %s AND functie = ANY (%s)", [act.code, list(named)]
    )
    if valid:
        _add_validations(connection, act.code, named, who)
    left = set(reading.functions(state)) - (set(held) | set(named) if valid else set(held) - set(named))
    _update(connection, act.code, "gevalideerd_op = NULL" if left else "gevalideerd_op = now()")


def _add_validations(
    connection: Connection, code: str, functions: Sequence[str], who: tuple[str | None, str | None]
) -> None:
    connection.execute(
        "INSERT INTO register.kgl_validatie (gemeentecode, functie, gevalideerd_op, sleutel_id, organisatie)"
        " SELECT %s, functie, now(), %s, %s FROM unnest(%s::text[]) AS f (functie)"
        " ON CONFLICT (gemeentecode, functie) DO NOTHING",
        [code, *who, list(functions)],
    )


def publish(connection: Connection, catalogue: Catalogue, act: Act, part: Part) -> Published:
    """Establish what stands ready, drafts included, and publish it; live when the transaction ends."""
    with _acting(connection, act) as state:
        acts.owned(state)
        _refuse_unvalidated(state)
        if not part.whole and not state["gepubliceerd_op"]:
            raise ConflictError(f"gemeente {act.code} heeft nog niets gepubliceerd: publiceer eerst het geheel")
        panden = _panden_of(connection, act, state, part)
        changed = established.establish(connection, [act.code], panden)
        if part.whole:
            _update(
                connection, act.code,
                "gepubliceerd_op = coalesce(gepubliceerd_op, now()), vastgesteld_op = now(), ingetrokken_op = NULL",
            )  # fmt: skip
        named = {"functie": part.function, "panden": part.panden and list(part.panden)}
        acts.note(
            connection, act, "publicatie",
            **{name: value for name, value in named.items() if value}, gewijzigd=changed,
        )  # fmt: skip
        done = engine.publish(connection, catalogue, [layer.name for layer in layers(catalogue)])
        return Published(_read(connection, act), done.number, changed)


@dataclass(frozen=True)
class Decision:
    """The state after a decision on proposed changes, how many were decided, how many the register has overtaken and
    wait for the next run, and the number of the publication (None where none was made)."""

    state: reading.Value
    decided: int
    overtaken: int
    publication: int | None


def decide(
    connection: Connection, catalogue: Catalogue, act: Act, selection: proposals.Selection, *, approve: bool
) -> Decision:
    """Approve or reject changes that were offered; what is approved is public when the transaction ends."""
    with _acting(connection, act) as state:
        acts.owned(state)
        done = (proposals.approve if approve else proposals.reject)(connection, act, selection)
        number = None
        if approve and done.decided:
            names = [layer.name for layer in layers(catalogue)]
            number = engine.publish(connection, catalogue, names, changed_only=True).number
        return Decision(_read(connection, act), done.decided, done.changed_meanwhile, number)


def _refuse_unvalidated(state: reading.Value) -> None:
    left = [item["functie"] for item in state["functies"] if not item["gevalideerd_op"]]
    if left:
        raise ConflictError(
            f"gemeente {state['gemeentecode']} heeft nog niet alles gevalideerd: valideer eerst {', '.join(left)}"
        )


def _panden_of(connection: Connection, act: Act, state: reading.Value, part: Part) -> list[str] | None:
    """The buildings of a part: those that have the function now and those that were established with it."""
    if part.function is not None:
        if part.function not in reading.functions(state):
            raise RequestError(
                f"functie {part.function!r} komt in gemeente {act.code} niet voor; wel:"
                f" {', '.join(reading.functions(state))}",
                "functie",
            )
        rows = connection.execute(
            "SELECT pand FROM register.kgl_functielabel f JOIN register.pand p ON p.identificatie = f.pand"
            " WHERE f.regelset = 'basisvulling' AND f.functie = %(functie)s AND p.gemeentecode = %(code)s"
            " UNION SELECT pand FROM register.kgl_vastgesteld WHERE gemeentecode = %(code)s"
            " AND %(functie)s = ANY (string_to_array(gebruiksdoelen, ', '))",
            {"functie": part.function, "code": act.code},
        ).fetchall()
        return [pand for (pand,) in rows]
    if part.panden is None:
        return None
    known = connection.execute(
        "SELECT identificatie FROM register.pand WHERE identificatie = ANY (%s) AND gemeentecode = %s"
        " UNION SELECT pand FROM register.kgl_vastgesteld WHERE pand = ANY (%s) AND gemeentecode = %s",
        [list(part.panden), act.code, list(part.panden), act.code],
    ).fetchall()
    if strange := sorted(set(part.panden) - {pand for (pand,) in known}):
        raise NotFoundError(f"gemeente {act.code} heeft geen gebouw {strange[0]}", "panden")
    return list(part.panden)


def withdraw(connection: Connection, catalogue: Catalogue, act: Act, reason: str) -> Published:
    """Take the municipality out of the public layers, with every earlier state of its rows."""
    with _acting(connection, act) as state:
        if not state["gepubliceerd_op"]:
            raise ConflictError(f"gemeente {act.code} is niet gepubliceerd: er is niets in te trekken")
        _update(connection, act.code, "gepubliceerd_op = NULL, vastgesteld_op = NULL, ingetrokken_op = now()")
        connection.execute("DELETE FROM register.kgl_vastgesteld WHERE gemeentecode = %s", [act.code])
        acts.note(connection, act, "intrekking", reden=reason)
        done = engine.publish(connection, catalogue, [layer.name for layer in layers(catalogue)])
        for layer in public_layers(catalogue):
            _prune(connection, layer, act.code, done.number)
        for layer in counting_layers(catalogue):
            _prune(connection, layer, None, done.number)
        return Published(_read(connection, act), done.number, state["gebouwen"])


def _prune(connection: Connection, layer: Layer, code: str | None, number: int | None) -> None:
    """Remove what ended of a municipality, or with None all that ended; earlier publications of the layer are then not
    whole, and are not read."""
    rows = (
        sql.SQL("publicatie_tot IS NOT NULL")
        if code is None
        else sql.SQL("{} = {}").format(sql.Identifier(_AREA), sql.Literal(code))
    )
    removed = connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(layer.table, rows)).rowcount
    if removed and code and number is None:
        raise RuntimeError(f"{layer.name} held rows of {code} that no publication ended")
    if removed:
        connection.execute(
            "UPDATE publiek.laag_bewaard SET vanaf = greatest(vanaf, %(nu)s),"
            " bestanden_vanaf = greatest(bestanden_vanaf, %(nu)s) WHERE laag = %(laag)s",
            {"nu": number, "laag": layer.name},
        )


def public_layers(catalogue: Catalogue) -> list[Layer]:
    """The public layers that hold only what municipalities have published."""
    return [layer for layer in catalogue if layer.municipalities and not layer.own and _AREA in layer.by_name]


def counting_layers(catalogue: Catalogue) -> list[Layer]:
    """The layers with counts of what municipalities have published: their ended rows tell of what was withdrawn."""
    counted = {layer.name for layer in public_layers(catalogue)}
    return [layer for layer in catalogue if not counted.isdisjoint(layer.follows)]


def layers(catalogue: Catalogue) -> list[Layer]:
    """Every layer that an act of publication changes: those, the states, and the owner's own."""
    states = {layer.municipalities for layer in public_layers(catalogue)}
    chosen = {layer.name for layer in public_layers(catalogue)} | states | {acts.LAYER}
    return [layer for layer in catalogue if layer.name in chosen]


def _after(connection: Connection, catalogue: Catalogue, act: Act, changed: Sequence[Layer] = ()) -> reading.Value:
    """Tell the states to the public, with the layers that this act changes, and give this one."""
    names = {layer.municipalities for layer in public_layers(catalogue)} | {layer.name for layer in changed}
    engine.publish(connection, catalogue, [layer.name for layer in catalogue if layer.name in names])
    return _read(connection, act)


def _read(connection: Connection, act: Act) -> reading.Value:
    # a publication reads in UTC
    acts.see(connection, act.code)
    return reading.state(connection, act.code)


def _update(connection: Connection, code: str, change: LiteralString, *values: object) -> None:
    connection.execute(
        "INSERT INTO register.kgl_gemeente (gemeentecode) VALUES (%s) ON CONFLICT (gemeentecode) DO NOTHING", [code]
    )
    statement = sql.SQL("UPDATE register.kgl_gemeente SET {} WHERE gemeentecode = %s").format(sql.SQL(change))
    connection.execute(statement, [*values, code])
