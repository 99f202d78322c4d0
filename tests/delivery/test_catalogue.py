"""Every root type and every class of the sample goes in by POST, comes back equal, and is in its layers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from risicoatlas.catalogue import Catalogue
from risicoatlas.imev.validate import Validator
from risicoatlas.publish import engine
from risicoatlas.settings import Settings

from .conftest import Visitor, World, flat

LAYERS = {
    "LocatieActiviteit": ("ev_activiteiten", "evactiviteit"),
    "BuisleidingStelsel": ("bl_buisleidingreferentie", "evactiviteit"),
    "LocatieBasisnet": ("bn_basisnet", None),
}


def objects(value: dict) -> Iterator[dict]:
    yield value
    for children in value.values():
        for child in children if isinstance(children, list) else ():
            if isinstance(child, dict) and "entityType" in child:
                yield from objects(child)


def mended(message: dict) -> dict:
    """Some geometry of the sample crosses itself, which a delivery refuses: what it spans is taken instead."""
    for value in objects(message):
        extent = value.get("afstandOfGeometrie", value)
        if "geometrie" in extent and not (found := shape(extent["geometrie"])).is_valid:
            extent["geometrie"] = json.loads(shapely.to_geojson(found.convex_hull))
    return message


@pytest.fixture(scope="module")
def chosen(sample_dir: Path, settings: Settings) -> list[dict]:
    """Few valid messages of the risk side that hold every class which the sample has."""
    found, seen, validator = [], set(), Validator.of(settings.config)
    for path in sorted((sample_dir / "imev").glob("*.json")):
        message = json.loads(path.read_text(encoding="utf-8"))
        names = {item["entityType"] for item in objects(message)}
        if message["entityType"] in LAYERS and names - seen and validator.judge(message).valid:
            found.append(mended(message))
            seen.update(names)
    return found


def test_every_class_round_trips_and_is_seen(world: World, chosen: list[dict]) -> None:
    visitors = {code: world.of(code) for code in {item["bronhoudercode"] for item in chosen}}
    for message in chosen:
        answer = visitors[message["bronhoudercode"]].post(message)
        assert answer.status == 201, (message["id"], answer.faults)
        assert world.anybody.get(flat(message)).json == message
    rows = {name: world.anybody.features(name) for name, _ in LAYERS.values()}
    for message in chosen:
        layer, field = LAYERS[message["entityType"]]
        key = "id_locatie" if field else "id"
        shown = [row for row in rows[layer] if row[key] == flat(message)]
        ended = any("eindGeldigheid" in item for item in objects(message))
        assert shown or ended, message["id"]
        if field and not ended:
            assert {row[field] for row in shown} == {item["entityType"] for item in message["voertUit"]}
    activities = {item["entityType"] for message in chosen for item in message["voertUit"]}
    assert len(activities) >= 40 and {message["entityType"] for message in chosen} == set(LAYERS)


def test_the_layers_are_what_a_whole_publication_makes_of_them(
    world: World, owner: Visitor, chosen: list[dict], catalogue: Catalogue
) -> None:
    """What came in one by one is what all of it together gives."""
    with world.database.loader() as connection:
        done = engine.publish(connection, catalogue)
        connection.commit()
    assert [(item.layer, item.added, item.ended) for item in done.layers if item.added or item.ended] == []
