"""The rules on a real municipality: the counts of the data's own description come out of the labels."""

from pathlib import Path

import pytest

from risicoatlas.database import Connection, Database
from risicoatlas.loader import steps
from risicoatlas.loader.sources import SOURCES
from risicoatlas.progress import Progress
from risicoatlas.rules import classify, reader
from risicoatlas.settings import CHECKOUT, Settings


@pytest.fixture
def weesp(database: Database, settings: Settings, shared_data: Path) -> Connection:
    path = shared_data / "bag_weesp" / "bag_weesp_20211015.gpkg"
    steps.load(SOURCES["bag"], path, database, settings, Progress.silent())
    with database.loader() as connection:
        rules = reader.read(CHECKOUT / "config" / "rules" / "basisvulling")
        classify.classify(connection, rules)
        yield connection


def count(connection: Connection, where: str, table: str = "kgl_functielabel") -> int:
    row = connection.execute(f"SELECT count(*) FROM register.{table} WHERE {where}").fetchone()
    return row[0] if row else 0


def test_every_living_building_of_weesp_has_the_label_that_its_numbers_ask_for(weesp: Connection):
    assert count(weesp, "true", "kgl_label") == 6480
    assert count(weesp, "reden = '' OR reden_en = '' OR artikel = '' OR reden IS NULL", "kgl_label") == 0

    def with_function(functie: str, limit: int) -> tuple[int, int]:
        above = f"(invoer ->> 'oppervlakte_m2')::numeric > {limit}"
        return count(weesp, f"functie = '{functie}'"), count(weesp, f"functie = '{functie}' AND {above}")

    assert with_function("bijeenkomstfunctie", 250) == (110, 77)
    assert with_function("kantoorfunctie", 1500) == (203, 109)
    assert with_function("industriefunctie", 5000) == (214, 28)
    assert with_function("industriefunctie", 12500) == (214, 7)
    assert with_function("sportfunctie", 1000) == (22, 15)
    assert with_function("winkelfunctie", 2000) == (153, 9)
    assert count(weesp, "functie = 'logiesfunctie'") == 18
    assert count(weesp, "functie = 'bijeenkomstfunctie' AND regel = 'basisvulling.bijeenkomst.3'") == 77

    isolated = "functie = 'woonfunctie' AND (invoer ->> 'afstand_tot_gelijke_functie_m')::numeric > 76"
    assert count(weesp, "functie = 'woonfunctie'") == 5802
    assert count(weesp, isolated) == 50
    assert count(weesp, "functie = 'woonfunctie' AND regel = 'basisvulling.woon.2'") == 251
    assert count(weesp, "functie = 'woonfunctie' AND (invoer ->> 'andere_functie_vbo')::boolean") == 71
    assert count(weesp, "'C22_overige' = ANY (waarschuwingen)", "kgl_label") == 27
    assert count(weesp, "categorie = 'niet_bepaald' AND regel = 'basisvulling.overige.1'", "kgl_label") == 333
    assert count(weesp, "jsonb_array_length(invoer -> 'gebruiksdoelen') > 1", "kgl_label") == 386
