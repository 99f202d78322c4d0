"""Real buildings: Weesp, 15 October 2021, with the areas of the sample town moved there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Town

from risicoatlas import catalogue
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.demo import prepare
from risicoatlas.publish import engine
from risicoatlas.settings import Settings

from .test_counts import Ground, assert_equal, reckoned, told

# From the middle of the sample town to that of Weesp, in RD.
EAST_M, NORTH_M = 131_900 - 160_000, 480_000 - 510_000
MESSAGES = 15


@pytest.fixture(scope="module")
def weesp(
    settings: Settings,
    cluster: Cluster,
    module_database: Database,
    shared_data: Path,
    sample_dir: Path,
    tmp_path_factory: Any,
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("weesp")
    for source in ("bag_weesp/bag_weesp_20211015.gpkg", "nl_boundaries/nl_gemeenten_2025.gpkg"):
        (folder / Path(source).name).symlink_to(shared_data / source)
    for path in sorted((sample_dir / "imev").glob("RASM?.[BLN]*.json"))[:MESSAGES]:
        (folder / path.name).write_text(json.dumps(moved(json.loads(path.read_text("utf-8")))), encoding="utf-8")
    prepare(settings, module_database, folder)
    with module_database.loader() as connection:
        # the boundaries are those of 2025, when Weesp lay in Amsterdam
        connection.execute("INSERT INTO register.kgl_gemeente (gemeentecode, gepubliceerd_op) VALUES ('GM0363', now())")
        connection.commit()
        engine.publish(connection, catalogue.read(settings.config))
    yield Town(settings, cluster, "", "", module_database)


def moved(value: Any) -> Any:
    """A message with every position in Weesp."""
    if isinstance(value, dict):
        return {key: moved(item) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(number, float | int) and number > 100_000 for number in value):
            return [value[0] + EAST_M, value[1] + NORTH_M]
        return [moved(item) for item in value]
    return value


@pytest.mark.lang
def test_every_count_in_weesp_is_that_of_an_independent_computation(weesp: Town) -> None:
    served = told(weesp)
    assert_equal(served, reckoned(Ground.of(weesp)))
    assert any(row["gevonden"] > 100 for row in served.values())
    # its neighbours have published nothing
    assert {row["onbekend"] for row in served.values()} == {True, False}
