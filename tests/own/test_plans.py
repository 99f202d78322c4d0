"""A table of an organisation is read by the indexes that it has: the view in between hides none of them."""

from dataclasses import replace

import pytest
from psycopg import sql
from tests.own.conftest import BEHEERDER, GEMEENTE
from tests.own.test_served import uuid_of

from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.crs import Crs
from risicoatlas.database import reading
from risicoatlas.features.geojson import feature_row
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.request import Envelope, FeatureRequest, Place
from risicoatlas.filters import cql2
from risicoatlas.maps import renderer, sld
from risicoatlas.service import Service

RD = Crs(28992, "EPSG:28992", latitude_first=False)
BOX = Envelope(101000, 451000, 101100, 451100, 28992)
KEY = sql.SQL("r.identificatie")
DEGREES = Envelope(4.60, 52.04, 4.601, 52.041, 4326)
ONE = cql2.read_text(f"identificatie='{uuid_of(10)}'", RD)
ACTORS = (GEMEENTE, BEHEERDER)
POINTS = Envelope(150100, 460100, 150120, 460110, 28992)


def explained(service: Service, plan: Plan, statement: sql.Composed) -> str:
    with reading(service.pool, role=plan.role, areas=plan.areas) as connection:
        rows = connection.execute(sql.SQL("EXPLAIN {}").format(statement)).fetchall()
    return "\n".join(line for (line,) in rows)


@pytest.mark.parametrize(
    ("request_", "index"),
    [
        (FeatureRequest("bomen", bbox=BOX, limit=100), "bomen_geom_idx"),
        (FeatureRequest("bomen", bbox=DEGREES, limit=100), "bomen_geom_idx"),
        (FeatureRequest("graden", bbox=Envelope(5.0001, 52.0001, 5.0003, 52.0003, 4326)), "in_graden_rd"),
        (FeatureRequest("bomen", ids=("17", "18")), "bomen_pkey"),
        (FeatureRequest("bomen", limit=10), "bomen_pkey"),
        (FeatureRequest("bomen", limit=10, filter=cql2.read_text("identificatie='17'", RD)), "bomen_pkey"),
        (FeatureRequest("bomen", filter=cql2.read_text("identificatie IN ('1', '2') AND gid > 0", RD)), "bomen_pkey"),
    ],
)  # fmt: skip
def test_a_public_table_is_read_by_its_own_indexes(own_service: Service, request_: FeatureRequest, index: str) -> None:
    plan = plan_query(request_, ANONYMOUS, own_service)
    for statement in (plan.select(feature_row(plan)), plan.tally(1000)) if plan.client else (plan.select(KEY),):
        found = explained(own_service, plan, statement)
        assert index in found, found
        assert "Seq Scan" not in found, found


def test_a_page_after_another_is_read_from_its_place_in_the_key(own_service: Service) -> None:
    first = plan_query(FeatureRequest("bomen", limit=10), ANONYMOUS, own_service)
    plan = replace(first, place=Place((40_000,), backward=False))
    found = explained(own_service, plan, plan.select(feature_row(plan)))
    assert "Index Cond: (gid > 40000)" in found, found


@pytest.mark.parametrize(
    ("who", "request_", "index"),
    [
        *((who, FeatureRequest("meldingen", bbox=POINTS, limit=100), "meldingen_plek_idx") for who in ACTORS),
        *((who, FeatureRequest("meldingen", ids=(uuid_of(10),)), "meldingen_pkey") for who in ACTORS),
        *((who, FeatureRequest("meldingen", filter=ONE), "meldingen_pkey") for who in ACTORS),
        (GEMEENTE, FeatureRequest("meldingen", limit=10), "meldingen_gemeentecode_idx"),
    ],
)
def test_a_restricted_table_too_behind_its_barrier(
    own_service: Service, who: Actor, request_: FeatureRequest, index: str
) -> None:
    plan = plan_query(request_, who, own_service)
    found = explained(own_service, plan, plan.select(feature_row(plan)))
    assert index in found, found
    assert "Seq Scan" not in found, found


def test_a_view_over_several_tables_is_read_by_theirs(own_service: Service) -> None:
    box = Envelope(120000, 440100, 120050, 440120, 28992)
    for request_, indexes in (
        (FeatureRequest("leidingen", bbox=box), ("gas_lijn_idx", "water_lijn_idx")),
        (FeatureRequest("leidingen", ids=("G/7",)), ("gas_pkey", "water_pkey")),
    ):
        plan = plan_query(request_, ANONYMOUS, own_service)
        with reading(own_service.pool) as connection:
            connection.execute("SET LOCAL enable_seqscan = off")
            rows = connection.execute(sql.SQL("EXPLAIN {}").format(plan.select(feature_row(plan)))).fetchall()
        found = "\n".join(line for (line,) in rows)
        assert all(index in found for index in indexes) and "Seq Scan" not in found, found


def test_a_map_of_a_table_reads_its_spatial_index(own_service: Service) -> None:
    layer = own_service.catalogue.get("bomen")
    style = sld.read_all(own_service.settings.styles, own_service.catalogue)["bomen"]
    for srid, window in (
        (28992, "ST_MakeEnvelope(101000, 451000, 101100, 451100, 28992)"),
        (3857, "ST_MakeEnvelope(512000, 6807000, 512200, 6807200, 3857)"),
    ):
        text = renderer._rows(layer, style, srid).as_string(None).replace("!bbox!", window)
        with reading(own_service.pool) as connection:
            found = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {text}").fetchall())
        assert "bomen_geom_idx" in found and "Seq Scan" not in found, found
