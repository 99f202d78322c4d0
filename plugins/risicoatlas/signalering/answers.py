"""Answers: areas with their counts, the municipalities that they touch and where these stand, and what lies inside.

In: a :data:`~.questions.Question` and who asks. Out: an :class:`Answer`, read in one snapshot of the published layers
alone. Counts of areas that exist are those of the layer signalering; a new area is counted here in the same way.
Nothing is stored. EPSG:28992, metres.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor, sql
from psycopg.rows import DictRow, dict_row

from risicoatlas import crs
from risicoatlas.access.actor import Actor
from risicoatlas.database import Reader, asking
from risicoatlas.errors import LimitError, NotFoundError
from risicoatlas.filters.literals import GeometryLiteral
from risicoatlas.service import Service
from risicoatlas.signalering.questions import (
    ACTIVITY,
    AREA,
    GEOMETRY,
    MAX_EXTENT_M,
    MUNICIPALITY,
    ActivityAsked,
    AreaAsked,
    Footprint,
    MunicipalityAsked,
    NewArea,
    Question,
    Source,
)

# What is read: the areas, the buildings and locations, who has published, and the references of distances.
AREAS, BUILDINGS, LOCATIONS, STATES = "signalering", "kgl_public", "kgl_locaties", "kgl_status"
REFERENCES = ("ev_referenties_punt", "ev_referenties_lijn", "ev_referenties_polygon", "bl_buisleidingreferentie")
COUNTS = ("zkg", "kg", "bkg", "kl", "bkl", "niet_bepaald")
# More are counted, not listed.
MAX_OBJECTS = 5_000
# A drawn circle lies inside the real one: 1 - cos(pi / 64) of its radius, 12 m at 10 km. Areas are looked up with this.
DRAWN_SHARE = 0.0013
_MAX_DRAWN_M = 15


@dataclass(frozen=True)
class Municipality:
    """A municipality that is touched, and how its vulnerable buildings stand; ``variant`` says how it keeps them."""

    code: str
    name: str | None
    published: bool
    published_on: datetime.datetime | None
    variant: str | None


@dataclass(frozen=True)
class Area:
    """An area with its counts: None where a part is unknown. ``at_least`` counts in the published part alone.

    ``limit_value`` and ``standard_value`` are the conflicts with PR 10-6 (Bkl 5.7 and on), None for any other type.
    """

    key: str | None
    name: str | None
    type: str
    activity: str | None
    activity_key: str | None
    distance_m: float | None
    by_distance: bool
    placeholder: bool
    counts: Mapping[str, int | None]
    at_least: int
    tested: int
    unknown: bool
    unpublished: str | None
    outside: bool
    limit_value: int | None
    standard_value: int | None
    rules_area: bool | None
    geometry: Mapping[str, Any] | None

    @property
    def none_found(self) -> bool:
        """Whether all is known, and nothing lies inside."""
        return not self.unknown and not any(self.counts.values())


@dataclass(frozen=True)
class Found:
    """A building or location in one of the areas, as its municipality has published it; ``areas`` are keys, or types of
    a new source."""

    key: str
    kind: str
    category: str
    municipality: str
    areas: tuple[str, ...]
    geometry: Mapping[str, Any] | None


@dataclass(frozen=True)
class Answer:
    """``objects`` is None where they were not asked for, or are more than :data:`MAX_OBJECTS`; ``objects_found`` counts
    them then too. ``outside``: a part of what was asked lies in no municipality that is known."""

    name: str | None
    publication: int | None
    municipalities: tuple[Municipality, ...]
    areas: tuple[Area, ...]
    objects: tuple[Found, ...] | None
    objects_found: int | None
    outside: bool

    @property
    def unknown(self) -> bool:
        return (
            self.outside
            or any(not item.published for item in self.municipalities)
            or any(area.unknown for area in self.areas)
        )


def answer(question: Question, service: Service, actor: Actor) -> Answer:
    """Raises :class:`NotFoundError` for what does not exist, :class:`LimitError` for a place that is too large."""
    names = (AREAS, BUILDINGS, LOCATIONS, STATES, *REFERENCES)
    layers = [service.layer(name, actor) for name in names]
    reader = Reader(tables=tuple((layer.schema, layer.name) for layer in layers))
    with asking(service.pool, reader) as (connection, _), connection.cursor(row_factory=dict_row) as cursor:
        match question:
            case AreaAsked(key):
                return _of_area(cursor, key)
            case ActivityAsked(key):
                return _of_activity(cursor, key)
            case MunicipalityAsked(code):
                return _of_municipality(cursor, code)
            case Footprint(place):
                return _of_footprint(cursor, _placed(cursor, place))
            case Source(place, areas):
                return _of_source(cursor, _placed(cursor, place), areas)


_NOW = sql.SQL("publicatie_tot IS NULL")
_AREA_COLUMNS = sql.SQL("s.*, ST_AsGeoJSON(s.geometrie, 3) AS vorm")
# Where a distance is measured from; the area itself where it is tested by overlap.
_REFERENCE = sql.SQL("coalesce({})").format(
    sql.SQL(", ").join(
        sql.SQL("(SELECT r.geometrie FROM publiek.{} r WHERE r.publicatie_tot IS NULL AND r.identificatie ="
                " s.id_referentie)").format(sql.Identifier(name))
        for name in REFERENCES
    )
)  # fmt: skip
_MEASURED = sql.SQL(
    "SELECT s.identificatie AS sleutel, m.van IS NOT NULL AS op_afstand, coalesce(m.van, s.geometrie) AS van,"
    " CASE WHEN m.van IS NOT NULL THEN s.afstand_m ELSE 0 END AS meter"
    " FROM publiek.signalering s"
    " CROSS JOIN LATERAL (SELECT CASE WHEN s.op_afstand THEN {} END AS van OFFSET 0) m"
    " WHERE s.publicatie_tot IS NULL AND s.identificatie = ANY (%(sleutels)s::text[])"
).format(_REFERENCE)
_NEW = sql.SQL(
    "SELECT n.soort AS sleutel, true AS op_afstand, ST_GeomFromWKB(%(plek)s::bytea, 28992) AS van, n.meter"
    " FROM unnest(%(soorten)s::text[], %(meters)s::float8[]) AS n (soort, meter)"
)
# Every object of these areas: per area one look into the spatial index of each layer.
_INSIDE = sql.SQL(
    "WITH gebied AS MATERIALIZED ({areas}) SELECT g.sleutel, o.* FROM gebied g CROSS JOIN LATERAL ({objects}) AS o"
)
_OBJECTS = sql.SQL(" UNION ALL ").join(
    sql.SQL(
        "SELECT k.identificatie, {kind} AS soort, k.categorie_kwetsbaarheid AS categorie, k.gemeentecode, k.geometrie"
        " FROM publiek.{table} k WHERE k.publicatie_tot IS NULL AND k.geometrie && ST_Expand(g.van, g.meter)"
        " AND CASE WHEN g.op_afstand THEN ST_DWithin(g.van, k.geometrie, g.meter)"
        " ELSE ST_Intersects(g.van, k.geometrie) END"
    ).format(kind=sql.Literal(kind), table=sql.Identifier(table))
    for kind, table in (("gebouw", BUILDINGS), ("locatie", LOCATIONS))
)
_PER_OBJECT = sql.SQL(
    "SELECT identificatie, soort, categorie, gemeentecode, array_agg(sleutel ORDER BY sleutel) AS gebieden,"
    " ST_AsGeoJSON(geometrie, 3) AS vorm, count(*) OVER () AS alle FROM ({}) AS binnen"
    " GROUP BY identificatie, soort, categorie, gemeentecode, geometrie"
    " ORDER BY array_position(ARRAY['zeerKwetsbaar', 'kwetsbaar', 'beperktKwetsbaar', 'niet_bepaald'], categorie),"
    " soort, identificatie LIMIT %(meest)s"
)


def _of_area(cursor: Cursor[DictRow], key: str) -> Answer:
    rows = _areas(cursor, sql.SQL("s.identificatie = %(sleutel)s"), {"sleutel": key})
    if not rows:
        raise NotFoundError(f"there is no area {key!r}", AREA)
    return _answered(cursor, rows[0]["naam"] or key, rows)


def _of_activity(cursor: Cursor[DictRow], key: str) -> Answer:
    rows = _areas(cursor, sql.SQL("s.id_activiteit = %(sleutel)s"), {"sleutel": key})
    if not rows:
        raise NotFoundError(f"there is no activity {key!r} with an area", ACTIVITY)
    return _answered(cursor, rows[0]["naam"] or key, rows)


def _of_municipality(cursor: Cursor[DictRow], code: str) -> Answer:
    state = cursor.execute(
        sql.SQL("SELECT naam, geometrie IS NOT NULL AS begrensd FROM publiek.kgl_status WHERE gemeentecode = %s AND {}")
        .format(_NOW), [code],
    ).fetchone()  # fmt: skip
    if state is None:
        raise NotFoundError(f"there is no municipality {code!r}", MUNICIPALITY)
    touching = sql.SQL("%(gemeente)s = ANY (string_to_array(s.gemeenten, ', '))")
    rows = _areas(cursor, touching, {"gemeente": code})
    found = _answered(cursor, state["naam"] or code, rows, listed=False, besides=(code,))
    return found if state["begrensd"] else _outside(found)


def _of_footprint(cursor: Cursor[DictRow], place: bytes) -> Answer:
    """Areas that the place would touch: exactly by distance, else by overlap."""
    query = sql.SQL(
        "WITH plek AS MATERIALIZED (SELECT ST_GeomFromWKB(%(plek)s::bytea, 28992) AS plek)"
        " SELECT {columns} FROM plek CROSS JOIN publiek.signalering s"
        " CROSS JOIN LATERAL (SELECT CASE WHEN s.op_afstand THEN {reference} END AS van OFFSET 0) m"
        " WHERE s.publicatie_tot IS NULL AND s.geometrie && ST_Expand(plek, %(rand)s)"
        " AND CASE WHEN m.van IS NOT NULL THEN ST_DWithin(m.van, plek, s.afstand_m)"
        " ELSE ST_Intersects(s.geometrie, plek) END ORDER BY s.type, s.identificatie"
    ).format(columns=_AREA_COLUMNS, reference=_REFERENCE)
    rows = cursor.execute(query, {"plek": place, "rand": _MAX_DRAWN_M}).fetchall()
    touched = _touched(cursor, place, 0)
    return Answer(
        name=None,
        publication=_publication(cursor),
        municipalities=touched.municipalities,
        areas=tuple(_area(row) for row in rows),
        objects=None,
        objects_found=None,
        outside=touched.outside,
    )


def _of_source(cursor: Cursor[DictRow], place: bytes, areas: Sequence[NewArea]) -> Answer:
    # the same type twice is told by its distance
    keys = [f"{area.type}:{area.distance_m:g}" for area in areas]
    values = {"plek": place, "soorten": keys, "meters": [area.distance_m for area in areas]}
    counted = {
        (row["sleutel"], row["soort"], row["categorie"]): row["aantal"]
        for row in cursor.execute(
            sql.SQL("SELECT sleutel, soort, categorie, count(*) AS aantal FROM ({}) AS binnen GROUP BY 1, 2, 3")
            .format(_INSIDE.format(areas=_NEW, objects=_OBJECTS)), values,
        )
    }  # fmt: skip
    made = [
        _new_area(area, key, counted, _touched(cursor, place, area.distance_m))
        for area, key in zip(areas, keys, strict=True)
    ]
    objects, number = _objects(cursor, _NEW, values)
    widest = _touched(cursor, place, max(area.distance_m for area in areas))
    return Answer(
        name=None,
        publication=_publication(cursor),
        municipalities=widest.municipalities,
        areas=tuple(made),
        objects=objects,
        objects_found=number,
        outside=widest.outside,
    )


@dataclass(frozen=True)
class _Touched:
    """Municipalities within a distance, whether a part lies in none, and how many objects those who have published
    show."""

    municipalities: tuple[Municipality, ...]
    outside: bool
    tested: int
    drawn: str | None


def _touched(cursor: Cursor[DictRow], place: bytes, distance_m: float) -> _Touched:
    values = {"plek": place, "meter": distance_m}
    rows = cursor.execute(
        "SELECT gemeentecode, naam, gepubliceerd, gepubliceerd_op, variant FROM publiek.kgl_status"
        " WHERE publicatie_tot IS NULL AND ST_DWithin(ST_GeomFromWKB(%(plek)s::bytea, 28992), geometrie, %(meter)s)"
        " ORDER BY gemeentecode",
        values,
    ).fetchall()
    rest = cursor.execute(
        "WITH vlak AS MATERIALIZED (SELECT CASE WHEN %(meter)s::float8 > 0 THEN"
        " ST_Buffer(ST_GeomFromWKB(%(plek)s::bytea, 28992), %(meter)s::float8, 'quad_segs=16')"
        " ELSE ST_GeomFromWKB(%(plek)s::bytea, 28992) END AS vlak)"
        " SELECT ST_AsGeoJSON(vlak, 3) AS vorm, ST_Area(vlak) - coalesce((SELECT sum(ST_Area(ST_Intersection("
        "k.geometrie, vlak))) FROM publiek.kgl_status k WHERE k.publicatie_tot IS NULL AND ST_Intersects(vlak,"
        " k.geometrie)), 0) > 1 AS buiten FROM vlak",
        values,
    ).fetchone()
    published = [row["gemeentecode"] for row in rows if row["gepubliceerd"]]
    return _Touched(
        tuple(_municipality(row) for row in rows),
        not rows or bool(rest and rest["buiten"]),
        _tested(cursor, published),
        rest["vorm"] if rest else None,
    )


def _tested(cursor: Cursor[DictRow], codes: Sequence[str]) -> int:
    row = cursor.execute(
        "SELECT (SELECT count(*) FROM publiek.kgl_public WHERE publicatie_tot IS NULL AND gemeentecode = ANY (%(c)s))"
        " + (SELECT count(*) FROM publiek.kgl_locaties WHERE publicatie_tot IS NULL AND gemeentecode = ANY (%(c)s)"
        " AND geometrie IS NOT NULL) AS aantal",
        {"c": list(codes)},
    ).fetchone()
    return int(row["aantal"]) if row else 0


_COUNTED = {
    "zkg": ("gebouw", "zeerKwetsbaar"),
    "kg": ("gebouw", "kwetsbaar"),
    "bkg": ("gebouw", "beperktKwetsbaar"),
    "kl": ("locatie", "kwetsbaar"),
    "bkl": ("locatie", "beperktKwetsbaar"),
}


def _new_area(area: NewArea, key: str, counted: Mapping[tuple[str, str, str], int], touched: _Touched) -> Area:
    unpublished = [item.code for item in touched.municipalities if not item.published]
    unknown = bool(unpublished) or touched.outside
    found = {name: counted.get((key, *what), 0) for name, what in _COUNTED.items()}
    found["niet_bepaald"] = sum(counted.get((key, kind, "niet_bepaald"), 0) for kind in ("gebouw", "locatie"))
    at_least = sum(number for (asked, _, _), number in counted.items() if asked == key)
    conflicts = area.type == "pr10_6" and not unknown
    return Area(
        key=key,
        name=None,
        type=area.type,
        activity=None,
        activity_key=None,
        distance_m=area.distance_m,
        by_distance=True,
        placeholder=False,
        counts={name: None if unknown else number for name, number in found.items()},
        at_least=at_least,
        # a building may lie over the boundary of its municipality
        tested=max(touched.tested, at_least),
        unknown=unknown,
        unpublished=", ".join(unpublished) or None,
        outside=touched.outside,
        limit_value=found["zkg"] + found["kg"] + found["kl"] if conflicts else None,
        standard_value=found["bkg"] + found["bkl"] if conflicts else None,
        rules_area={"brand": True, "explosie": True, "gifwolk": False}.get(area.type),
        geometry=json.loads(touched.drawn) if touched.drawn else None,
    )


def _areas(cursor: Cursor[DictRow], condition: sql.Composable, values: Mapping[str, Any]) -> list[DictRow]:
    query = sql.SQL(
        "SELECT {columns} FROM publiek.signalering s WHERE s.publicatie_tot IS NULL AND {condition}"
        " ORDER BY s.naam, s.type, s.identificatie"
    ).format(columns=_AREA_COLUMNS, condition=condition)
    return cursor.execute(query, values).fetchall()


def _answered(
    cursor: Cursor[DictRow], name: str, rows: Sequence[DictRow], *, listed: bool = True, besides: tuple[str, ...] = ()
) -> Answer:
    codes = {code for row in rows for code in (row["gemeenten"] or "").split(", ") if code} | set(besides)
    states = cursor.execute(
        "SELECT gemeentecode, naam, gepubliceerd, gepubliceerd_op, variant FROM publiek.kgl_status"
        " WHERE publicatie_tot IS NULL AND gemeentecode = ANY (%s) ORDER BY gemeentecode",
        [sorted(codes)],
    ).fetchall()
    objects, number = None, None
    if listed:
        objects, number = _objects(cursor, _MEASURED, {"sleutels": [row["identificatie"] for row in rows]})
    return Answer(
        name=name,
        publication=_publication(cursor),
        municipalities=tuple(_municipality(row) for row in states),
        areas=tuple(_area(row) for row in rows),
        objects=objects,
        objects_found=number,
        outside=any(row["buiten_gemeenten"] for row in rows),
    )


def _outside(found: Answer) -> Answer:
    """Of a municipality without a boundary nobody can tell which areas touch it."""
    return Answer(
        found.name, found.publication, found.municipalities, found.areas, found.objects, found.objects_found, True
    )


def _objects(
    cursor: Cursor[DictRow], areas: sql.Composable, values: Mapping[str, Any]
) -> tuple[tuple[Found, ...] | None, int]:
    query = _PER_OBJECT.format(_INSIDE.format(areas=areas, objects=_OBJECTS))
    rows = cursor.execute(query, {**values, "meest": MAX_OBJECTS}).fetchall()
    number = rows[0]["alle"] if rows else 0
    if number > MAX_OBJECTS:
        return None, number
    return tuple(
        Found(
            key=row["identificatie"],
            kind=row["soort"],
            category=row["categorie"],
            municipality=row["gemeentecode"],
            areas=tuple(row["gebieden"]),
            geometry=json.loads(row["vorm"]) if row["vorm"] else None,
        )
        for row in rows
    ), number


def _area(row: DictRow) -> Area:
    return Area(
        key=row["identificatie"],
        name=row["naam"],
        type=row["type"],
        activity=row["activiteit"],
        activity_key=row["id_activiteit"],
        distance_m=row["afstand_m"],
        by_distance=row["op_afstand"],
        placeholder=bool(row["placeholder"]),
        counts={name: row[name] for name in COUNTS},
        at_least=row["gevonden"],
        tested=row["getest"],
        unknown=row["onbekend"],
        unpublished=row["niet_gepubliceerd"],
        outside=row["buiten_gemeenten"],
        limit_value=row["grenswaarde"],
        standard_value=row["standaardwaarde"],
        rules_area=row["voorschriftengebied"],
        geometry=json.loads(row["vorm"]) if row["vorm"] else None,
    )


def _municipality(row: DictRow) -> Municipality:
    return Municipality(row["gemeentecode"], row["naam"], row["gepubliceerd"], row["gepubliceerd_op"], row["variant"])


def _publication(cursor: Cursor[DictRow]) -> int | None:
    row = cursor.execute("SELECT max(nummer) AS nummer FROM publiek.publicatie").fetchone()
    return row["nummer"] if row else None


def _placed(cursor: Cursor[DictRow], place: GeometryLiteral) -> bytes:
    """The place in RD as WKB, by the one transformation of the service."""
    given = sql.SQL("ST_SetSRID(ST_GeomFromWKB({}), {})").format(sql.Literal(place.shape.wkb), sql.Literal(place.srid))
    row = cursor.execute(
        sql.SQL(
            "SELECT ST_AsBinary(p) AS plek, greatest(ST_XMax(p) - ST_XMin(p), ST_YMax(p) - ST_YMin(p)) AS omvang"
            " FROM (SELECT {} AS p OFFSET 0) AS plek"
        ).format(crs.transformed(given, place.srid, 28992))
    ).fetchone()
    if row is None or row["omvang"] > MAX_EXTENT_M:
        raise LimitError(f"the place measures more than {MAX_EXTENT_M} m: ask for a smaller one", GEOMETRY)
    return bytes(row["plek"])
