"""A publication of changes: what it asks of the database, what it leaves alone, and the state that it stores."""

import pytest
from tests.kgl_mutations.village import LAYERS, Village
from tests.publish.test_engine import LAYER, QUERY

from risicoatlas import catalogue as catalogues
from risicoatlas.errors import ConfigError
from risicoatlas.publish import changes, engine, tables


@pytest.fixture
def village(connection, catalogue):
    """Forty buildings, published; rolled back."""
    tables.ensure(connection, catalogue)
    village = Village(connection, catalogue)
    village.found()
    for number in range(40):
        village.add(number * 7 + 1, number * 3)
    village.relabel(changed_only=False)
    village.publish(changed_only=False)
    yield village
    connection.rollback()


def state(village):
    return village.rows(
        "SELECT aantal, ST_XMin(omvang), ST_XMax(omvang) FROM publiek.laag_stand WHERE laag = 'kgl_public'"
    )


def test_publish_sql_is_asked_by_index_for_the_buildings_that_changed(village):
    layer = village.catalogue.get("kgl_public")
    query = (layer.folder / "publish.sql").read_text().rstrip().rstrip(";")
    village.connection.execute("SET LOCAL enable_seqscan = off")
    condition = changes.condition({"id_pand_bag": ("9901100000000001",)}, "bron").as_string(village.connection)
    plan = "\n".join(line for (line,) in village.rows(f"EXPLAIN SELECT * FROM ({query}) AS bron WHERE {condition}"))
    assert "Index Scan using kgl_vastgesteld_pkey" in plan
    assert "Index Cond: (pand = ANY ('{9901100000000001}'::text[]))" in plan
    served = changes.condition({"id_pand_bag": ("9901100000000001",)}, "o").as_string(village.connection)
    plan = "\n".join(
        line
        for (line,) in village.rows(
            f"EXPLAIN SELECT * FROM publiek.kgl_public o WHERE o.publicatie_tot IS NULL AND {served}"
        )
    )
    assert "id_pand_bag" in plan.split("Index Cond:")[1]


def test_extent_follows_what_came_and_what_went(village):
    ((count, west, east),) = state(village)
    village.connection.execute(
        "UPDATE register.pand SET geometrie = ST_Translate(geometrie, 5000, 0) WHERE identificatie ="
        " (SELECT id_pand_bag FROM publiek.kgl_public WHERE publicatie_tot IS NULL AND gemeentecode = 'GM9901'"
        " ORDER BY ST_XMin(geometrie) LIMIT 1)"
    )
    village.relabel(changed_only=True)
    village.publish(changed_only=True)
    ((after, new_west, new_east),) = state(village)
    assert (after, new_east > east + 4000) == (count, True)
    assert village.rows(
        "SELECT count(*), min(ST_XMin(geometrie)), max(ST_XMax(geometrie)) FROM publiek.kgl_public"
        " WHERE publicatie_tot IS NULL"
    ) == state(village)
    assert new_west >= west


def test_layers_that_do_not_tell_their_changes_are_left_alone(village):
    village.connection.execute(
        "INSERT INTO register.gemeente (gemeentecode, naam, land, geometrie) VALUES ('GM9909', 'Nieuw', 'NL',"
        " ST_Multi(ST_MakeEnvelope(0, 300000, 10, 300010, 28992)))"
    )
    done = engine.publish(village.connection, village.catalogue, changed_only=True)
    names = [item.layer for item in done.layers]
    assert {*LAYERS, "signalering"} <= {*names} and "gemeenten" not in names
    assert {item.layer: item.added for item in done.layers}["kgl_status"] == 1
    assert village.rows("SELECT count(*) FROM publiek.gemeenten WHERE naam = 'Nieuw'") == [(0,)]
    full = engine.publish(village.connection, village.catalogue)
    assert {item.layer: item.added for item in full.layers}["gemeenten"] == 1


def test_first_publication_is_a_full_one_and_one_without_changes_makes_none(connection, catalogue):
    tables.ensure(connection, catalogue)
    assert engine.publish(connection, catalogue, changed_only=True).number == 1
    assert engine.publish(connection, catalogue, changed_only=True).number is None
    assert len(engine.publish(connection, catalogue).layers) == len(catalogue.layers)


def test_changes_are_told_once_they_are_published_by_every_layer(village):
    village.status(1, 2)
    village.relabel(changed_only=True)
    told = "SELECT count(*) > 0 FROM beheer.te_publiceren WHERE soort = 'pand'"
    assert village.rows(told) == [(True,)]
    village.publish(changed_only=True)
    assert village.rows(told) == [(False,)]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM register.pand WHERE identificatie = %s",
        "UPDATE register.pand SET gemeentecode = 'GM9903' WHERE identificatie = %s",
    ],
)
def test_changes_that_no_run_has_seen_yet_are_published_as_a_full_publication_does(village, change):
    ((pand,),) = village.rows(
        "SELECT id_pand_bag FROM publiek.kgl_public WHERE gemeentecode = 'GM9901' AND publicatie_tot IS NULL LIMIT 1"
    )
    village.connection.execute(change, [pand])
    village.publish(changed_only=True)
    row = f"WHERE id_pand_bag = '{pand}' AND publicatie_tot IS NULL"
    after = (
        f"SELECT (SELECT count(*) FROM publiek.kgl_public {row}),"
        f" (SELECT array_agg(gemeentecode) FROM besloten.kgl_beheer {row})"
    )
    found = village.rows(after)
    assert found[0][0] == 0
    assert engine.publish(village.connection, village.catalogue, LAYERS).number is None
    assert village.rows(after) == found


def test_name_of_a_hit_reaches_the_layer_of_the_owner(village):
    ((pand, vbo),) = village.rows("SELECT pand, verblijfsobject FROM register.verblijfsobject_pand LIMIT 1")
    village.connection.execute(
        "INSERT INTO register.registertreffer (register, sleutel, code, naam, status, verblijfsobject, waarde_hash,"
        " levering) VALUES ('kvk', 's', '87902', 'Oude naam', 'x', %s, '', %s)",
        [vbo, village.delivery],
    )
    village.relabel(changed_only=True)
    village.publish(changed_only=True)
    village.connection.execute("UPDATE register.registertreffer SET naam = 'Nieuwe naam' WHERE sleutel = 's'")
    village.relabel(changed_only=True)
    village.publish(changed_only=True)
    shown = f"SELECT registertreffers FROM besloten.kgl_beheer WHERE id_pand_bag = '{pand}' AND publicatie_tot IS NULL"
    assert village.rows(shown) == [("kvk 87902 Nieuwe naam",)]


def test_municipality_that_withdraws_leaves_the_layer_and_its_state(village):
    village.connection.execute("UPDATE register.kgl_gemeente SET gepubliceerd_op = NULL WHERE gemeentecode = 'GM9902'")
    village.publish(changed_only=True)
    assert village.rows("SELECT DISTINCT gemeentecode FROM publiek.kgl_public WHERE publicatie_tot IS NULL") == [
        ("GM9901",)
    ]
    assert village.rows("SELECT gemeenten FROM publiek.laag_stand WHERE laag = 'kgl_public'") == [
        ([{"code": "GM9901", "naam": "Zilverdam"}],)
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("changed_by: {straat: naam}", "changed_by: found 'straat', expected pand or gemeente"),
        ("changed_by: {pand: adres}", "changed_by: 'adres' is not a field of the layer"),
        ("changed_by: [pand]", "changed_by: expected kinds with a field"),
    ],
)
def test_changed_by_that_cannot_be_used_is_refused_with_its_line(tmp_path, settings, line, message):
    folder = tmp_path / "layers" / "proef"
    folder.mkdir(parents=True)
    (tmp_path / "layers" / "core.yaml").write_text((settings.config / "layers" / "core.yaml").read_text())
    (folder / "layer.yaml").write_text(LAYER.format(access="public", srid=28992, area=line))
    (folder / "publish.sql").write_text(QUERY.format(srid=28992))
    with pytest.raises(ConfigError, match=message) as error:
        catalogues.read(tmp_path)
    assert "layer.yaml:8" in str(error.value)
