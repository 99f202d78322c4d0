"""What is told of one building: what everybody may read, and what is added for its municipality.

In: the number of a pand (16 digits) and who asks. Out: the published row, read as ``ra_public``; and the dossier, which
the function ``besloten.kgl_dossier`` gives for the areas of who asks, decided by the access rules of ``kgl_beheer``.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from risicoatlas.access import trail
from risicoatlas.access.actor import Actor
from risicoatlas.access.decide import REFUSED, Decision
from risicoatlas.catalogue import Text
from risicoatlas.database import Connection, Reader, asking, reading
from risicoatlas.rules import stored, story
from risicoatlas.rules.ruleset import ActiveRules, RuleSet
from risicoatlas.rules.story import Step
from risicoatlas.service import Service

PUBLIC, RESTRICTED = "kgl_public", "kgl_beheer"
PAND = re.compile(r"[0-9]{16}")


@dataclass(frozen=True)
class Place:
    """Where a building lies, EPSG:28992 in metres; ``outline`` is the path data of an SVG, its y turned."""

    outline: str
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Published:
    """The row of a building in ``kgl_public``."""

    key: str
    pand: str
    category: str
    reason: Text
    article: str
    rule: str
    rules: str
    functions: str | None
    area_m2: int | None
    warnings: tuple[str, ...]
    municipality: str
    municipality_code: str
    valid_from: datetime.date | None
    publication: int
    place: Place


@dataclass(frozen=True)
class Trial:
    """A rule tried on the inputs of a building; ``holds`` None means that one of them is unknown."""

    step: Step
    holds: bool | None
    decided: bool
    reached: bool

    @property
    def outcome(self) -> str:
        """``decided``, ``passed``, ``unknown``, ``would`` (held, where an unknown rule before it stood in its way) or
        ``not_reached``."""
        if self.decided:
            return "decided"
        if not self.reached:
            return "not_reached"
        if self.holds is None:
            return "unknown"
        return "would" if self.holds else "passed"


@dataclass(frozen=True)
class FunctionTold:
    """A function of a building as the rules judged it: its inputs, and every rule in its turn."""

    function: str
    category: str
    rule: str
    inputs: Mapping[str, Any]
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Proposal:
    """The label that a rule set proposes, with all that led to it."""

    rules: RuleSet
    label: Mapping[str, Any]
    functions: tuple[FunctionTold, ...]


@dataclass(frozen=True)
class Dossier:
    """What the municipality reads of a building beside what is published."""

    status: str
    municipality_code: str
    proposals: tuple[Proposal, ...]
    hits: tuple[Mapping[str, Any], ...]
    corrections: tuple[Mapping[str, Any], ...]
    established: Mapping[str, Any] | None


def published(service: Service, actor: Actor, pand: str) -> Published | None:
    """The building as everybody may read it; None where it is not published, or is no building at all.

    The key holds the municipality, which the number of a pand does not tell: the key of every municipality that has
    published is tried, each by the index. Raises :class:`NotFoundError` where the layer itself is hidden.
    """
    layer = service.layer(PUBLIC, actor)
    states = service.layer(layer.municipalities or layer.name, actor)
    query = sql.SQL(
        "SELECT r.*, ST_AsSVG(r.geometrie, 0, 2) AS omtrek, ST_XMin(r.geometrie) AS west, ST_YMin(r.geometrie) AS zuid,"
        " ST_XMax(r.geometrie) AS oost, ST_YMax(r.geometrie) AS noord,"
        " (r.begin_geldigheid AT TIME ZONE 'Europe/Amsterdam')::date AS begin"
        " FROM {layer} r WHERE r.publicatie_tot IS NULL AND r.identificatie = ANY (ARRAY("
        "SELECT 'NL.IMEV.' || lower(s.gemeentecode) || '.' || %s FROM {states} s"
        " WHERE s.publicatie_tot IS NULL AND s.gepubliceerd))"
    ).format(layer=layer.table, states=states.table)
    with (
        asking(service.pool, Reader(tables=layer.tables)) as (connection, _),
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        row = cursor.execute(query, [pand]).fetchone()
    return _published(row) if row else None


def _published(row: Mapping[str, Any]) -> Published:
    return Published(
        key=row["identificatie"],
        pand=row["id_pand_bag"],
        category=row["categorie_kwetsbaarheid"],
        reason=Text(row["reden"], row["reden_en"]),
        article=row["artikel"],
        rule=row["regel"],
        rules=row["regelset"],
        functions=row["gebruiksdoelen"],
        area_m2=row["oppervlakte_m2"],
        warnings=tuple(filter(None, (row["waarschuwingen"] or "").split(", "))),
        municipality=row["bronhouder"],
        municipality_code=row["gemeentecode"],
        valid_from=row["begin"],
        publication=row["publicatie"],
        place=Place(row["omtrek"], row["west"], row["zuid"], row["oost"], row["noord"]),
    )


def dossier(
    service: Service, actor: Actor, pand: str, sets: Mapping[str, tuple[RuleSet, ActiveRules]]
) -> Dossier | None:
    """The building as its municipality may read it; None for everybody else. The rules are tried anew on the inputs
    that the last classification stored."""
    decision = _decision(service, actor)
    if not decision.allowed:
        return None
    trail.note(RESTRICTED)
    with reading(service.pool, role="ra_restricted", areas=decision.areas_setting) as connection:
        row = connection.execute("SELECT besloten.kgl_dossier(%s, %s)", [pand, list(sets)]).fetchone()
        found = row[0] if row else None
        if found is None:
            return None
        labels = {label["regelset"]: label for label in found["labels"]}
        told = {
            name: tuple(_told(connection, rules, active, item) for item in _in_order(found["functies"], active))
            for name, (rules, active) in sets.items()
        }
    return Dossier(
        status=found["status"],
        municipality_code=found["gemeentecode"],
        proposals=tuple(
            Proposal(rules, labels[name], told[name]) for name, (rules, _) in sets.items() if name in labels
        ),
        hits=tuple(found["treffers"]),
        corrections=tuple(found["correcties"]),
        established=found["vastgesteld"],
    )


def _in_order(functions: list[dict[str, Any]], active: ActiveRules) -> list[dict[str, Any]]:
    """The verdicts of one set in the order of its functions."""
    known = {function: order for order, function in enumerate(active.functions)}
    chosen = [item for item in functions if item["regelset"] == active.name]
    return sorted(chosen, key=lambda item: known.get(item["functie"], len(known)))


def _told(connection: Connection, rules: RuleSet, active: ActiveRules, verdict: dict[str, Any]) -> FunctionTold:
    function, inputs = verdict["functie"], verdict["invoer"]
    trials, reached = [], True
    for step, holds in zip(
        story.steps(rules, active, function), stored.tried(connection, active, function, inputs), strict=True
    ):
        decided = step.item.rule.id == verdict["regel"]
        trials.append(Trial(step, holds, decided, reached))
        reached = reached and not decided
    return FunctionTold(function, verdict["categorie"], verdict["regel"], inputs, tuple(trials))


def _decision(service: Service, actor: Actor) -> Decision:
    """Whether this actor reads for a municipality, and for which, as the access rules have it for ``kgl_beheer``."""
    layer = service.catalogue.layers.get(RESTRICTED)
    return service.rules.decide(actor, layer) if layer else REFUSED
