"""Plans and their rows on a real database."""

import json
import re
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from pygeofilter import ast
from tests.world import BEHEERDER, GEMEENTE, GRID, HOSTILE

from risicoatlas import crs as crs_module
from risicoatlas import proj
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.crs import Crs
from risicoatlas.database import reading
from risicoatlas.errors import NotFoundError, RequestError, RisicoAtlasError
from risicoatlas.features import geojson, query
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.request import Envelope, FeatureRequest, Place, Sort
from risicoatlas.filters import cql2
from risicoatlas.service import Service

ALL_ROWS = GRID * GRID + 3


def plan(world: Service, actor: Actor = ANONYMOUS, **parts) -> Plan:
    return plan_query(FeatureRequest(**{"layer": "proef", **parts}), actor, world)


def ids(world: Service, found: Plan) -> list[str]:
    return [row["identificatie"] for row in query.rows(found, world)]


def test_the_whole_layer_streams_as_valid_json(world: Service) -> None:
    found = plan(world)
    rows = query.stream(found, geojson.feature_row(found), world, separator=b",")
    features = json.loads(b"[" + b"".join(rows) + b"]")
    assert len(features) == ALL_ROWS == rows.returned
    assert [feature["properties"]["aantal"] for feature in features[:3]] == [1, 2, 3]
    assert not rows.more


def test_hostile_text_survives_unchanged(world: Service) -> None:
    found = plan(world, ids=("NL.PROEF.gm0001.0001",))
    (feature,) = geojson.features(found, world)
    assert feature["properties"]["naam"] == HOSTILE
    assert feature["id"] == "NL.PROEF.gm0001.0001"


def test_numbers_that_json_cannot_write_and_nulls_are_null(world: Service) -> None:
    found = plan(world, ids=("NL.PROEF.leeg", "NL.PROEF.oneindig"))
    empty, infinite = geojson.features(found, world)
    assert empty["properties"]["maat"] is None and infinite["properties"]["maat"] is None
    assert empty["properties"]["naam"] is None and infinite["properties"]["naam"] == ""
    assert empty["geometry"] is None and empty["properties"]["ja"] is None


def test_values_keep_their_type_and_zone(world: Service) -> None:
    (feature,) = geojson.features(plan(world, ids=("NL.PROEF.2",)), world)
    properties = feature["properties"]
    assert (properties["aantal"], properties["maat"], properties["ja"], properties["dag"]) == (
        2,
        0.5,
        True,
        "2024-01-03",
    )
    assert properties["moment"] == "2024-01-03T12:00:00+01:00"


@pytest.mark.parametrize("srid", [28992, 4326, 4258, 3857])
@pytest.mark.parametrize("latitude_first", [False, True])
def test_geometry_comes_in_the_crs_and_axis_order_that_was_asked(
    world: Service, srid: int, latitude_first: bool
) -> None:
    crs = Crs(srid, "as asked", latitude_first)
    (feature,) = geojson.features(plan(world, ids=("NL.PROEF.1",), crs=crs), world)
    corners = feature["geometry"]["coordinates"][0][0]
    x, y = proj.between(28992, srid).transform(131_000, 481_000)
    tolerance = 1e-7 if srid in crs_module.GEOGRAPHIC else 0.01
    wanted = (y, x) if latitude_first else (x, y)
    assert min(abs(a - wanted[0]) + abs(b - wanted[1]) for a, b in corners) < tolerance
    assert "crs" not in feature["geometry"]


def test_pages_cover_the_layer_once_in_order(world: Service) -> None:
    seen: list[str] = []
    for offset in range(0, 500, 7):
        found = plan(world, limit=7, offset=offset)
        rows = query.stream(found, geojson.feature_row(found), world, separator=b",")
        page = json.loads(b"[" + b"".join(rows) + b"]")
        seen += [feature["id"] for feature in page]
        assert rows.more == (offset + 7 < ALL_ROWS)
    assert len(seen) == len(set(seen)) == ALL_ROWS


def test_a_full_last_page_knows_that_it_is_the_last(world: Service) -> None:
    found = plan(world, limit=ALL_ROWS)
    rows = query.stream(found, geojson.feature_row(found), world)
    assert sum(1 for _ in rows) >= 1
    assert (rows.returned, rows.more) == (ALL_ROWS, False)


def test_an_ended_row_is_seen_only_at_its_own_publication(world: Service) -> None:
    assert ids(world, plan(world, ids=("NL.PROEF.1",))) == ["NL.PROEF.1"]
    (old,) = query.rows(plan(world, publication=0), world)
    assert old["naam"] == "oude rij 1"


def test_sorting_ends_with_the_row_number(world: Service) -> None:
    found = plan(world, sort=(Sort("soort", descending=True), Sort("naam")), limit=5)
    kinds = [
        row["soort"]
        for row in query.rows(plan(world, filter=cql2.read_text("soort IS NOT NULL"), sort=found.sort), world)
    ]
    assert kinds == sorted(kinds, reverse=True)
    assert 'DESC, "r"."naam" ASC, "r"."volgnummer"' in found.select(sql.SQL("1")).as_string()


def test_only_wanted_fields_are_read(world: Service) -> None:
    found = plan(world, fields=("aantal", "naam"), ids=("NL.PROEF.1",), skip_geometry=True)
    (feature,) = geojson.features(found, world)
    assert feature["properties"] == {"naam": "rij 1", "aantal": 1} and feature["geometry"] is None
    assert feature["id"] == "NL.PROEF.1"


@pytest.mark.parametrize(
    "name", ["nope", "volgnummer", "rij_hash", "publicatie_tot", "geometrie_etrs89", 'x"; DROP TABLE x; --']
)
def test_a_name_that_is_no_field_is_refused_everywhere(world: Service, name: str) -> None:
    for parts in ({"fields": (name,)}, {"sort": (Sort(name),)}, {"filter": ast.IsNull(ast.Attribute(name), False)}):
        with pytest.raises(RequestError, match="attribute"):
            plan(world, **parts)


def test_counts_are_stored_exact_or_absent(world: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert query.count(plan(world, limit=1), world) == ALL_ROWS
    filtered = plan(world, filter=cql2.read_text("soort = 'a'"))
    assert query.count(filtered, world) == 133
    monkeypatch.setattr(query, "COUNT_BOUND", 100)
    assert query.count(filtered, world) is None
    assert query.count(filtered, world, exact=True) == 133


def test_a_count_that_takes_too_long_is_absent_and_leaves_the_pool_whole(
    world: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Plan, "tally", lambda self, bound=None: sql.SQL("SELECT pg_sleep(5)").format())
    monkeypatch.setattr(query, "COUNT_TIMEOUT_S", 1)
    assert query.count(plan(world, filter=cql2.read_text("soort = 'a'")), world) is None
    monkeypatch.undo()
    assert query.count(plan(world, filter=cql2.read_text("soort = 'a'")), world) == 133


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Envelope(131001, 481001, 131019, 481009, 28992), {"NL.PROEF.1", "NL.PROEF.2"}),
        (Envelope(131000, 481000, 131000, 481000, 28992), {"NL.PROEF.1"}),
        (Envelope(5.0, 52.0, 5.1, 52.3163, 4326), None),
        (Envelope(-180, -90, 180, 90, 4326), None),
        (Envelope(177, 65, -177, 70, 4326), set()),
        (Envelope(-80, -5, -70, 5, 4326), set()),
    ],
)
def test_a_box_gives_what_postgis_says_intersects(world: Service, box: Envelope, expected: set[str] | None) -> None:
    found = set(ids(world, plan(world, bbox=box)))
    if expected is not None:
        assert found == expected
    if box.min_x <= box.max_x:
        with reading(world.pool) as connection:
            rows = connection.execute(
                "SELECT identificatie FROM publiek.proef WHERE publicatie_tot IS NULL AND ST_Intersects("
                " CASE %(srid)s WHEN 28992 THEN geometrie ELSE ST_SetSRID(geometrie_etrs89, 4326) END,"
                " ST_MakeEnvelope(%(a)s, %(b)s, %(c)s, %(d)s, %(srid)s))",
                {"a": box.min_x, "b": box.min_y, "c": box.max_x, "d": box.max_y, "srid": box.srid},
            ).fetchall()
        assert found == {name for (name,) in rows}


def test_a_box_read_in_the_wrong_crs_is_refused(world: Service) -> None:
    with pytest.raises(RequestError, match="area of use of EPSG:28992"):
        plan(world, bbox=Envelope(5.0, 52.0, 5.1, 52.4, 28992))
    with pytest.raises(RequestError, match="area of use of EPSG:4326"):
        plan(world, bbox=Envelope(131000, 481000, 131100, 481100, 4326))


def test_a_restricted_layer_is_absent_for_who_may_not_see_it(world: Service) -> None:
    with pytest.raises(NotFoundError) as hidden:
        plan(world, layer="geheim")
    with pytest.raises(NotFoundError) as unknown:
        plan(world, layer="geheim_niet")
    assert str(hidden.value).replace("geheim", "x") == str(unknown.value).replace("geheim_niet", "x")


def test_a_municipality_gets_its_own_rows_and_the_administrator_all(world: Service) -> None:
    assert len(ids(world, plan(world, GEMEENTE, layer="geheim"))) == 10
    assert query.count(plan(world, GEMEENTE, layer="geheim"), world) == 10
    assert query.tested(plan(world, GEMEENTE, layer="geheim"), world) == 10
    assert len(ids(world, plan(world, BEHEERDER, layer="geheim"))) == 20
    assert ids(world, plan(world, Actor("gemeente", "x", ()), layer="geheim")) == []


def test_row_level_security_holds_without_the_rule_in_the_plan(world: Service) -> None:
    with reading(world.pool, role="ra_restricted", areas="44021") as connection:
        assert connection.execute("SELECT count(*) FROM besloten.geheim").fetchone() == (10,)
    with reading(world.pool, role="ra_restricted", areas="") as connection:
        assert connection.execute("SELECT count(*) FROM besloten.geheim").fetchone() == (0,)


@pytest.mark.parametrize(
    "text",
    [
        "1 / (waarde - 15) > -5",
        "waarde = 15 OR waarde > 0",
        "tekst LIKE '%zien%'",
        "gemeentecode = '11002'",
        "NOT gemeentecode = '44021'",
        "S_INTERSECTS(geometrie, BBOX(2, 49, 7, 52))",
        "waarde * waarde * waarde > 0 OR TRUE",
    ],
)
def test_no_filter_reaches_a_hidden_row(world: Service, text: str) -> None:
    found = plan(world, GEMEENTE, layer="geheim", filter=cql2.read_text(text))
    assert all(int(name.rpartition(".")[2]) <= 10 for name in ids(world, found))


def test_a_client_filter_stands_outside_the_barrier_and_plain_comparisons_inside(world: Service) -> None:
    text = "waarde = 3 AND tekst LIKE 'a%' AND waarde + 1 > 2"
    statement = plan(world, GEMEENTE, layer="geheim", filter=cql2.read_text(text)).select(sql.SQL("1")).as_string()
    inner, _, outer = statement.partition("OFFSET 0")
    assert '"waarde" = 3' in inner and "44021" in inner
    assert "LIKE" in outer and "LIKE" not in inner
    assert "+" in outer and "+" not in inner


def explained(world: Service, found: Plan) -> str:
    statement = sql.SQL("EXPLAIN {}").format(found.select(sql.SQL("1")))
    with reading(world.pool, role=found.role, areas=found.areas) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        return "\n".join(line for (line,) in connection.execute(statement))


def test_a_box_uses_the_spatial_index(world: Service) -> None:
    box = Envelope(131001, 481001, 131019, 481009, 28992)
    text = explained(world, plan(world, bbox=box))
    assert re.search(r"Index Cond: \(+geometrie &&", text) and "Seq Scan" not in text
    degrees = explained(world, plan(world, bbox=Envelope(5.0, 52.0, 5.1, 52.3163, 4326)))
    assert re.search(r"Index Cond: \(+geometrie &&", degrees) and "Seq Scan" not in degrees


def test_a_box_on_a_restricted_layer_uses_the_spatial_index(world: Service) -> None:
    box = Envelope(104000, 193000, 104100, 193010, 31370)
    text = explained(world, plan(world, GEMEENTE, layer="geheim", bbox=box))
    assert "geometrie &&" in text and "Index Cond" in text and "Seq Scan" not in text


def test_a_page_and_an_id_use_their_index(world: Service) -> None:
    assert "proef_volgnummer_idx" in (page := explained(world, plan(world, limit=10)))
    assert "Sort" not in page and "Seq Scan" not in page
    assert "identificatie" in explained(world, plan(world, ids=("NL.PROEF.3",)))
    after = replace(plan(world, limit=10), place=Place((100,)))
    assert "Sort" not in explained(world, after) and "Seq Scan" not in explained(world, after)


def test_an_error_of_the_database_is_told_in_our_words(world: Service) -> None:
    found = plan(world, limit=3)
    rows = query.stream(found, sql.SQL("(1 / 0)::text"), world)
    with pytest.raises(RisicoAtlasError) as error:
        rows.peek()
    assert "division" not in str(error.value)
    assert len(ids(world, plan(world, limit=3))) == 3


def test_an_error_after_some_rows_keeps_its_cause(world: Service) -> None:
    found = plan(world)
    rows = query.stream(found, sql.SQL("repeat('x', 10000) || (1 / (3 - row_number() OVER ()))::text"), world)
    with pytest.raises(RisicoAtlasError) as error:
        list(rows)
    assert isinstance(error.value.__cause__, psycopg.errors.DivisionByZero)
    assert len(ids(world, plan(world, limit=3))) == 3


def test_a_stream_that_is_left_halfway_gives_its_connection_back(world: Service) -> None:
    for _ in range(20):
        found = plan(world)
        rows = query.stream(found, sql.SQL("repeat('x', 100000)"), world).peek()
        next(rows)
        rows.close()
    assert len(ids(world, plan(world, limit=3))) == 3
