"""A delivery touches what it changed: its cost does not grow with the register, and time alone is followed too."""

import json

import pytest
from psycopg import sql

from risicoatlas.catalogue import Catalogue
from risicoatlas.publish import changes, engine

from .conftest import World, station_of

MANY = 3000


@pytest.fixture(scope="module")
def filled(world: World) -> World:
    """A register of many stations, copied from one in SQL."""
    assert world.of("PROEF").post(station_of("PROEF", "bron")).status == 201
    with world.database.loader() as connection:
        for sort in ("locatie", "activiteit", "referentie", "contour"):
            connection.execute(
                "INSERT INTO register.imev_object (nummer, identificatie, soort, entity_type, ouder, wortel,"
                " bronhoudercode, begin_geldigheid, kenmerken, geen_waarde, geometrie, afstand_m, imev_versie,"
                " levering) OVERRIDING SYSTEM VALUE"
                " SELECT 1000000 + n * 1000 + o.nummer - o.wortel, o.identificatie || n, o.soort,"
                " o.entity_type, 1000000 + n * 1000 + o.ouder - o.wortel, 1000000 + n * 1000, 'VEEL',"
                " o.begin_geldigheid, o.kenmerken, o.geen_waarde, ST_Translate(o.geometrie, n %% 50 * 200,"
                " n / 50 * 200), o.afstand_m, o.imev_versie, o.levering"
                " FROM register.imev_object o, generate_series(1, %s) n"
                " WHERE o.soort = %s AND o.bronhoudercode = 'PROEF'",
                [MANY, sort],
            )
        connection.commit()
    with world.database.loader(autocommit=True) as connection:
        connection.execute("ANALYZE register.imev_object")
    return world


def test_what_a_delivery_asks_of_a_layer_is_found_by_index(filled: World, catalogue: Catalogue) -> None:
    with filled.database.loader() as connection:
        engine.publish(connection, catalogue)
        connection.commit()
        connection.execute("ANALYZE register.imev_object")
        connection.execute("SET LOCAL join_collapse_limit = 20; SET LOCAL from_collapse_limit = 20")
        for layer in catalogue:
            if "locatie" not in layer.changed_by:
                continue
            keys = {layer.changed_by["locatie"]: ("NL.IMEV.PROEF.bron-locatie",)}
            text = (layer.folder / "publish.sql").read_text(encoding="utf-8").strip().rstrip(";")
            query = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM ({}) AS bron WHERE {}").format(
                sql.SQL(text + "\n"),
                changes.condition(keys, "bron"),  # type: ignore[arg-type]
            )
            plan = connection.execute(query).fetchone()[0][0]["Plan"]
            read = sum(rows_of(plan, "imev_object"))
            assert read < 200, f"{layer.name} reads {read} rows: {json.dumps(plan)[:3000]}"


def rows_of(plan: dict, table: str) -> list[float]:
    """Rows that scans of the table looked at."""
    found = [rows for child in plan.get("Plans", []) for rows in rows_of(child, table)]
    if plan.get("Relation Name") == table:
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        found.append((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    return found


def test_a_delivery_reads_little_of_the_register(filled: World) -> None:
    """Rows read by scans of the register and of what is served, whatever the time it takes."""
    owner = filled.of("PROEF")
    assert owner.post(station_of("PROEF", "warm")).status == 201
    filled.sql("SELECT pg_stat_force_next_flush()")
    counted = (
        "SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables"
        " WHERE schemaname = 'publiek' AND n_live_tup > 100 OR relname = 'imev_object' AND schemaname = 'register'"
    )
    before = filled.sql(counted)[0][0]
    assert owner.post(station_of("PROEF", "meet")).status == 201
    filled.sql("SELECT pg_stat_force_next_flush()")
    assert filled.sql(counted)[0][0] - before < MANY
    rows = owner.ask("/ogc/v1/collections/ev_pr10_6/items?f=json&id_locatie=NL.IMEV.PROEF.meet-locatie").json
    assert len(rows["features"]) == 1


def test_what_time_alone_ends_is_published_with_the_next_delivery(world: World) -> None:
    owner = world.of("PROEF")
    assert owner.post(station_of("PROEF", "tijd")).status == 201
    # as if it had been delivered with an end that was in the future then
    with world.database.loader() as connection:
        connection.execute("ALTER TABLE register.imev_object DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE register.imev_object SET eind_geldigheid = clock_timestamp() WHERE identificatie = %s",
            ["NL.IMEV.PROEF.tijd-locatie"],
        )
        connection.execute("ALTER TABLE register.imev_object ENABLE TRIGGER USER")
        connection.commit()
    address = "/ogc/v1/collections/ev_pr10_6/items?f=json&id_locatie=NL.IMEV.PROEF.tijd-locatie"
    assert len(owner.ask(address).json["features"]) == 1
    assert owner.post(station_of("PROEF", "volgende")).status == 201
    assert owner.ask(address).json["features"] == []
