"""Documents and polygons that are made in a quicker way are the same as those made in the plain way."""

import pytest
from psycopg import sql

from risicoatlas.crs import parse
from risicoatlas.database import reading
from risicoatlas.kept import Kept
from risicoatlas.wfs.formats import gml32

SQUARE = "(0.0005 -0.0001, 10 0, 10 1e15, 0 10.12345678, 0.0005 -0.0001)"
HOLE = "(1 1, 1 2, 2 2, 1 1)"
SHAPES = {
    "a polygon": f"MULTIPOLYGON(({SQUARE}))",
    "a hole": f"MULTIPOLYGON(({SQUARE}, {HOLE}))",
    "two parts": f"MULTIPOLYGON(({SQUARE}), ({HOLE}))",
    "two parts and a hole": f"MULTIPOLYGON(({SQUARE}), ({SQUARE}, {HOLE}))",
    "nothing": "MULTIPOLYGON EMPTY",
}


@pytest.mark.parametrize("notation", ["EPSG:28992", "urn:ogc:def:crs:EPSG::4258", "EPSG:4326"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_polygon_is_written_as_st_asgml_writes_it(world, monkeypatch, name, notation):
    layer = world.catalogue.get("proef")
    system = parse(notation, "srsName", layer.srids)
    quick = gml32.geometry(layer, system)
    monkeypatch.setattr(gml32, "_plain_polygon", lambda identifier, system, otherwise: otherwise)
    plain = gml32.geometry(layer, system)
    with reading(world.pool) as connection:
        found = connection.execute(
            sql.SQL("SELECT {}, {} FROM (SELECT 'k' AS name, ST_GeomFromText({}, {}) AS shape) AS q").format(
                quick, plain, sql.Literal(SHAPES[name]), sql.Literal(system.srid)
            )
        ).fetchone()
    assert found[0] == found[1]
    assert (found[0] is None) == (name == "nothing")


def test_capabilities_that_were_kept_for_the_anonymous_are_not_given_to_a_known_actor(client, gemeente):
    asked = {"request": "GetCapabilities", "version": "2.0.0"}
    first, again = client.get(**asked), client.get(**asked)
    assert first.body == again.body
    assert b"besloten:geheim" not in first.body
    assert b"besloten:geheim" in gemeente.get(**asked).body
    assert client.get(**asked).body == first.body


def test_a_full_store_lets_the_longest_unused_go():
    kept = Kept(len, max_bytes=30)
    for etag in ("a", "b", "c"):
        kept.put(etag, b"123")
    assert kept.get("a") == b"123"
    for number in range(8):
        kept.put(str(number), b"123")
    assert kept.get("a") == b"123"
    assert kept.get("b") is None
    kept.put("large", b"1234")
    assert kept.get("large") is None, "more than a tenth of the store"
