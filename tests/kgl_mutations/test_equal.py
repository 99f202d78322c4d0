"""A run over what changed ends in exactly the state of a full run: labels, established versions, served layers."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kgl_mutations.village import CHANGES, Village

from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Connection, Database
from risicoatlas.publish import engine, tables

# All that a run gives but the time at which it did.
LABELS = (
    "SELECT to_jsonb(l) - 'berekend_op' FROM register.kgl_label l ORDER BY pand, regelset",
    "SELECT to_jsonb(f) FROM register.kgl_functielabel f ORDER BY pand, regelset, functie",
    "SELECT to_jsonb(v) - 'berekend_op' FROM register.kgl_label_vergund v ORDER BY pand, regelset",
)
ESTABLISHED = (
    "SELECT to_jsonb(v) - 'vastgesteld_op' FROM register.kgl_vastgesteld v ORDER BY pand",
    "SELECT gemeentecode, pand, soort, nieuwe_categorie, nieuwe_regel, status, voorstel FROM register.kgl_wijziging"
    " WHERE status IN ('wacht', 'afgewezen') ORDER BY pand, nummer",
)
SERVED = (
    "SELECT to_jsonb(t) FROM publiek.kgl_public t ORDER BY volgnummer",
    "SELECT to_jsonb(t) FROM publiek.kgl_status t ORDER BY volgnummer",
    "SELECT to_jsonb(t) FROM publiek.kgl_vergund t ORDER BY volgnummer",
    "SELECT to_jsonb(t) FROM besloten.kgl_beheer t ORDER BY volgnummer",
    "SELECT to_jsonb(t) FROM besloten.kgl_verschillen t ORDER BY volgnummer",
    "SELECT laag, aantal, ST_AsEWKT(omvang), ST_AsEWKT(omvang_etrs89), gemeenten, bronnen FROM publiek.laag_stand"
    " ORDER BY 1",
)
STEPS = st.lists(
    st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 9999), st.integers(0, 9999)), min_size=1, max_size=5),
    min_size=1,
    max_size=3,
)


class Ground:
    """What a village stands on; a short name in the report of a failing example."""

    def __init__(self, connection: Connection, catalogue: Catalogue) -> None:
        self.connection, self.catalogue = connection, catalogue

    def __repr__(self) -> str:
        return "ground"


@pytest.fixture(scope="module")
def ground(module_database: Database, catalogue: Catalogue) -> Iterator[Ground]:
    with module_database.loader() as connection:
        tables.ensure(connection, catalogue)
        yield Ground(connection, catalogue)
        connection.rollback()


def snapshot(village: Village, queries: tuple[str, ...]) -> list[list[tuple[object, ...]]]:
    return [village.rows(query) for query in queries]


def begun(ground: Ground, sets: tuple[str, ...] = ("basisvulling",)) -> Village:
    """A village of thirty buildings, labelled and published."""
    village = Village(ground.connection, ground.catalogue, sets=sets, places=len(sets) > 1)
    village.found()
    for number in range(30):
        village.add(number * 7 + 1, number * 3)
    village.relabel(changed_only=False)
    village.publish(changed_only=False)
    return village


def check_equal(village: Village) -> None:
    """What stands now is what full runs give, from the present state and from nothing."""
    connection = village.connection
    now = [snapshot(village, queries) for queries in (LABELS, ESTABLISHED, SERVED)]
    with connection.transaction(force_rollback=True):
        for done in village.relabel(changed_only=False):
            assert (done.outcome.changed, done.outcome.removed) == (0, 0)
            assert (done.proposed, done.kept) == (0, 0)
        result = village.publish(changed_only=False)
        assert result.number is None, result
        # the stored state, counted over the whole table
        for layer in map(village.catalogue.get, ("kgl_public", "kgl_status", "kgl_vergund")):
            whole = engine._Done(layer, engine.LayerResult(layer.name, 0, 0, 0), None, anew=False)
            number = connection.execute("SELECT max(nummer) FROM publiek.publicatie").fetchone()
            assert number is not None
            engine._store_state(connection, whole, number[0])
        assert [snapshot(village, queries) for queries in (LABELS, ESTABLISHED, SERVED)] == now
        connection.execute("DELETE FROM register.kgl_label")
        connection.execute("DELETE FROM register.kgl_functielabel")
        village.relabel(changed_only=False)
        assert snapshot(village, LABELS) == now[0]


def run_steps(ground: Ground, steps: list[list[tuple[str, int, int]]], sets: tuple[str, ...]) -> None:
    try:
        village = begun(ground, sets)
        for step in steps:
            for name, a, b in step:
                getattr(village, name)(a, b)
            for done in village.relabel(changed_only=True):
                assert done.computed is not None
            village.publish(changed_only=True)
            check_equal(village)
    finally:
        ground.connection.rollback()


@settings(max_examples=10, deadline=None, derandomize=True, database=None)
@given(steps=STEPS)
def test_run_over_changes_equals_a_full_run(ground: Ground, steps) -> None:
    run_steps(ground, steps, ("basisvulling",))


@settings(max_examples=3, deadline=None, derandomize=True, database=None)
@given(steps=STEPS)
def test_run_over_changes_equals_a_full_run_of_both_sets_with_places(ground: Ground, steps) -> None:
    run_steps(ground, steps, ("basisvulling", "bkl-vi"))


@pytest.mark.lang
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(steps=STEPS)
def test_run_over_changes_equals_a_full_run_at_length(ground: Ground, steps) -> None:
    run_steps(ground, steps, ("basisvulling", "bkl-vi"))


def test_another_area_alone_labels_no_neighbour_anew(ground: Ground) -> None:
    try:
        village = begun(ground, ("basisvulling", "bkl-vi"))
        units = "UPDATE register.verblijfsobject SET oppervlakte_m2 = oppervlakte_m2 + 7 WHERE identificatie = %s"
        village.connection.execute(units, [village.vbos()[3]])
        assert [(done.touched, done.computed) for done in village.relabel(changed_only=True)] == [(1, 1), (1, 1)]
        village.publish(changed_only=True)
        check_equal(village)
    finally:
        ground.connection.rollback()
