"""A small world for the query layer: a public layer with every type of field, a restricted one, some named rows.

Fixtures: import them by name into a conftest. The layers stand in a config folder of their own, so that these tests do
not depend on the layers that the service publishes.
"""

import shutil
from collections.abc import Iterator

import pytest
from psycopg import sql
from psycopg_pool import ConnectionPool

from risicoatlas import catalogue as catalogues
from risicoatlas.access import decide
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection, Database
from risicoatlas.publish import tables
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT, Settings

GRID = 20
SIDE_M = 10
ORIGIN = (131_000, 481_000)
HOSTILE = 'x<y & "\\ \n\t\x01 é ’ 😀 &lt; \u2028'

PUBLIC = """
title: {nl: Proeflaag <1>, en: Trial layer}
description: {nl: Alles van elk type & meer., en: Everything of each type.}
access: public
geometry: MultiPolygon
fields:
  - {name: soort, type: text, title: {nl: Soort, en: Kind}, values: [a, b, c]}
  - {name: aantal, type: integer, title: {nl: Aantal, en: Number}}
  - {name: maat, type: number, title: {nl: Maat, en: Size}}
  - {name: ja, type: boolean, title: {nl: Ja, en: Yes}}
  - {name: dag, type: date, title: {nl: Dag, en: Day}}
  - {name: moment, type: datetime, title: {nl: Moment, en: Moment}}
"""
RESTRICTED = """
title: {nl: Geheime laag, en: Secret layer}
description: {nl: Alleen voor de eigen gemeente., en: For the own municipality only.}
access: restricted
geometry: MultiPolygon
srid: 31370
area_field: gemeentecode
fields:
  - {name: waarde, type: integer, title: {nl: Waarde, en: Value}}
  - {name: tekst, type: text, title: {nl: Tekst, en: Text}}
"""
RULES = """
- {who: everybody, layer: public, allow: read, reason: public, law: none}
- {who: gemeente, layer: geheim, allow: read, limit: gemeentecode IN (actor.areas), reason: own, law: none}
- {who: beheerder, layer: restricted, allow: read, reason: all, law: none}
"""
GEMEENTE = Actor("gemeente", "44021", ("44021",))
BEHEERDER = Actor("beheerder", "beheer")
__all__ = ["ANONYMOUS", "BEHEERDER", "GEMEENTE", "world", "world_database", "world_settings"]


@pytest.fixture(scope="session")
def world_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config = tmp_path_factory.mktemp("world") / "config"
    for layer, text in (("proef", PUBLIC), ("geheim", RESTRICTED)):
        folder = config / "layers" / layer
        folder.mkdir(parents=True)
        (folder / "layer.yaml").write_text(text, encoding="utf-8")
    (config / "access").mkdir()
    (config / "access" / "rules.yaml").write_text(RULES, encoding="utf-8")
    shutil.copy(CHECKOUT / "config" / "layers" / "core.yaml", config / "layers" / "core.yaml")
    shutil.copy(CHECKOUT / "config" / "service.yml", config / "service.yml")
    return Settings(home=settings.home, config=config, styles=settings.styles, public_url="https://atlas.example.nl/x")


@pytest.fixture(scope="session")
def world_database(cluster: Cluster, world_settings: Settings) -> Iterator[Database]:
    """A database with the two layers, filled; read-only for the tests."""
    import psycopg

    name = "wereld"
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE risicoatlas").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO ra_owner").format(sql.Identifier(name)))
    users = {"loader": "ra_loader", "service": "ra_service", "superuser": "postgres"}
    database = Database(lambda task: cluster.conninfo(users[task], name))
    with database.loader() as connection:
        layers = catalogues.read(world_settings.config)
        tables.ensure(connection, layers)
        _fill_public(connection)
        _fill_restricted(connection)
        connection.commit()
    with database.loader(autocommit=True) as connection:
        connection.execute("ANALYZE publiek.proef")
        connection.execute("ANALYZE besloten.geheim")
    yield database


@pytest.fixture(scope="session")
def world(world_settings: Settings, world_database: Database) -> Iterator[Service]:
    """The service on the world; its pool is open."""
    layers = catalogues.read(world_settings.config)
    pool: ConnectionPool[Connection] = world_database.pool()
    pool.open(wait=True)
    yield Service(world_settings, layers, decide.read(world_settings.config, layers), pool)
    pool.close()


def _fill_public(connection: Connection) -> None:
    """A grid of 400 squares of 10 m, then named rows; row numbers follow the grid."""
    connection.execute(
        """
        INSERT INTO publiek.proef (volgnummer, identificatie, naam, gemeentecode, soort, aantal, maat, ja, dag, moment,
            begin_geldigheid, geometrie, geometrie_etrs89, publicatie, rij_hash)
        SELECT n, 'NL.PROEF.' || n, 'rij ' || n, 'GM0001', (ARRAY['a', 'b', 'c'])[n %% 3 + 1], n,
            n / 4.0, n %% 2 = 0, date '2024-01-01' + n, timestamptz '2024-01-01 12:00+01' + n * interval '1 day',
            timestamptz '2024-01-01 00:00+01' + n * interval '1 day', g,
            ST_Transform(g, 4258), 1, gen_random_uuid()
        FROM generate_series(1, %(rows)s) AS n, LATERAL (SELECT
            %(x)s + (n - 1) %% %(grid)s * %(side)s AS x, %(y)s + (n - 1) / %(grid)s * %(side)s AS y) AS hoek,
            LATERAL (SELECT ST_Multi(ST_MakeEnvelope(x, y, x + %(side)s, y + %(side)s, 28992)) AS g) AS vorm
        """,
        {"rows": GRID * GRID, "x": ORIGIN[0], "y": ORIGIN[1], "grid": GRID, "side": SIDE_M},
    )
    connection.execute(
        """
        INSERT INTO publiek.proef (volgnummer, identificatie, naam, geometrie, geometrie_etrs89, publicatie, rij_hash)
        SELECT 1001, 'NL.PROEF.gm0001.0001', %s, g, ST_Transform(g, 4258), 1, gen_random_uuid()
        FROM (SELECT ST_Multi(ST_MakeEnvelope(150000, 470000, 150010, 470010, 28992)) AS g) AS vorm
        """,
        [HOSTILE],
    )
    connection.execute(
        """
        INSERT INTO publiek.proef (volgnummer, identificatie, naam, maat, publicatie, rij_hash)
        VALUES (1002, 'NL.PROEF.leeg', NULL, 'NaN', 1, gen_random_uuid()),
               (1003, 'NL.PROEF.oneindig', '', 'Infinity', 1, gen_random_uuid())
        """
    )
    # an ended row: seen only by who pins publication 0
    connection.execute(
        "INSERT INTO publiek.proef (volgnummer, identificatie, naam, publicatie, publicatie_tot, rij_hash)"
        " VALUES (2000, 'NL.PROEF.1', 'oude rij 1', 0, 1, gen_random_uuid())"
    )
    connection.execute("INSERT INTO publiek.publicatie (nummer, lagen) VALUES (0, '{proef}'), (1, '{proef}')")
    connection.execute(
        "INSERT INTO publiek.laag_stand (laag, publicatie, aantal, omvang_etrs89, brondatum, laatst_geladen)"
        " SELECT 'proef', 1, count(*), ST_Envelope(ST_Extent(geometrie_etrs89)::geometry), date '2026-10-15', now()"
        " FROM publiek.proef WHERE publicatie_tot IS NULL"
    )


def _fill_restricted(connection: Connection) -> None:
    """Ten rows of the actor's municipality and ten of another one, at the same places."""
    connection.execute(
        """
        INSERT INTO besloten.geheim (volgnummer, identificatie, naam, gemeentecode, waarde, tekst, geometrie,
            geometrie_etrs89, publicatie, rij_hash)
        SELECT n, 'VL.PROEF.' || n, 'geheim ' || n, CASE WHEN n <= 10 THEN '44021' ELSE '11002' END, n,
            CASE WHEN n <= 10 THEN n::text ELSE 'niet in te zien' END, g, ST_Transform(g, 4258), 1, gen_random_uuid()
        FROM generate_series(1, 20) AS n, LATERAL (SELECT ST_Multi(ST_MakeEnvelope(
            104000 + n * 20, 193000, 104010 + n * 20, 193010, 31370)) AS g) AS vorm
        """
    )
