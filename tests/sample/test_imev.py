"""The IMEV messages: valid against the schema, complete in types, and out of reach of the third municipality."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fiona
import jsonschema_rs
import pytest
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

CHILDREN = ("voertUit", "heeft", "resulteertIn")
REFERENCES = {
    "AftappuntOpslagtank", "AnderInsluitsysteemReferentie", "Bewaarplaats", "Bewerkingsruimte", "BufferBewaarplaats",
    "BuisleidingReferentie", "Installatie", "Leiding", "Machinekamer", "OpslagReferentie", "OpstelplaatsVoertuig",
    "SamengesteldeReferentie", "SevesoReferentie", "SpoorVervoer", "Tankzuil", "Vulpunt", "WaterVervoer", "WegAs",
    "WegVervoer", "Windturbine",
}  # fmt: skip
CONTOURS = {
    "BrandAandachtsgebied", "ExplosieAandachtsgebied", "GifwolkAandachtsgebied", "CivielExplosieAandachtsgebied",
    "MilitairExplosieAandachtsgebied", "ExplosieAandachtsgebiedVuurwerk", "PRContour", "OverigeContour",
}  # fmt: skip
PR_LEVELS = {
    "PR10-5",
    "PR10-6",
    "PR10-7",
    "PR10-8",
    "vastgesteld BK",
    "vastgesteld K",
    "vastgesteld ZK",
    "gegevenInTransitie",
}

Objects = list[tuple[int, dict[str, Any], dict[str, Any] | None]]


@pytest.fixture(scope="module")
def messages(sample_dir: Path) -> dict[str, dict[str, Any]]:
    paths = sorted((sample_dir / "imev").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="module")
def objects(messages: dict[str, dict[str, Any]]) -> Objects:
    """Level (0 location .. 3 contour), object, parent."""
    return [row for message in messages.values() for row in nested(message)]


def nested(
    item: dict[str, Any], level: int = 0, parent: dict[str, Any] | None = None
) -> Iterator[tuple[int, dict, dict | None]]:
    yield level, item, parent
    for name in CHILDREN:
        if isinstance(item.get(name), list):
            for child in item[name]:
                yield from nested(child, level + 1, item)


@pytest.fixture(scope="module")
def schema(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / "imev" / "schema" / "IMEV3.0.2_schema.json").read_text(encoding="utf-8"))


def geojson_stubs() -> jsonschema_rs.Registry:
    position: dict[str, Any] = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}

    def lists(items: dict[str, Any], least: int = 1) -> dict[str, Any]:
        return {"type": "array", "minItems": least, "items": items}

    line, ring = lists(position, 2), lists(position, 4)
    coordinates = {"Point": position, "LineString": line, "Polygon": lists(ring), "MultiPoint": lists(position),
                   "MultiLineString": lists(line), "MultiPolygon": lists(lists(ring))}  # fmt: skip
    return jsonschema_rs.Registry([
        (f"https://geojson.org/schema/{name}.json",
         {"type": "object", "required": ["type", "coordinates"], "additionalProperties": False,
          "properties": {"type": {"const": name}, "coordinates": rows}})
        for name, rows in coordinates.items()
    ])  # fmt: skip


def validator(schema: dict[str, Any], entity: str) -> jsonschema_rs.Draft202012Validator:
    document = {"$schema": schema["$schema"], "$ref": f"#/$defs/{entity}", "$defs": schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(document, registry=geojson_stubs(), validate_formats=True)


def test_messages_are_valid_against_the_schema(messages: dict[str, dict[str, Any]], schema: dict[str, Any]) -> None:
    validators = {entity: validator(schema, entity) for entity in {row["entityType"] for row in messages.values()}}
    for name, message in messages.items():
        if name == "RASMP.W001":  # WegAs: in the model, not in the schema's list of references of an activity
            continue
        errors = [error.message for error in validators[message["entityType"]].iter_errors(message)]
        assert errors == [], name


def test_road_axis_is_valid_at_its_own_level(messages: dict[str, dict[str, Any]], schema: dict[str, Any]) -> None:
    axis = messages["RASMP.W001"]["voertUit"][0]["heeft"][0]
    assert axis["entityType"] == "WegAs"
    assert validator(schema, "WegAs").is_valid(axis)


def test_a_broken_message_is_not_valid(messages: dict[str, dict[str, Any]], schema: dict[str, Any]) -> None:
    broken = messages["RASMP.L002"] | {"bedrijfsnam": "x"}
    assert not validator(schema, "LocatieActiviteit").is_valid(broken)


def test_older_messages_hold_no_void_that_only_the_newer_version_knows(messages: dict[str, dict[str, Any]]) -> None:
    older = [message for message in messages.values() if "versie IMEV: 3.0.1" in message["comment"]]
    assert len(older) >= 5
    for message in older:
        assert all(not isinstance(item.get("resulteertIn"), str) for _, item, _ in nested(message))


def test_every_activity_type_occurs(objects: Objects) -> None:
    assert len({item["entityType"] for level, item, _ in objects if level == 1}) == 46


def test_activities_carry_the_id_of_the_code_list(objects: Objects, shared_data: Path) -> None:
    path = shared_data.parent / "domain" / "codelists" / "bkl_activiteiten.csv"
    with path.open(encoding="utf-8", newline="") as source:
        expected = {row["entityType"]: row["idActiviteitTR"] for row in csv.DictReader(source)}
    found = {
        item["entityType"]: item.get("idActiviteitTR", "niet van toepassing")
        for level, item, _ in objects
        if level == 1
    }
    assert found == expected


def test_every_reference_type_occurs(objects: Objects) -> None:
    assert {item["entityType"] for level, item, _ in objects if level == 2} == REFERENCES


def test_every_contour_comes_as_distance_and_as_geometry(objects: Objects) -> None:
    forms: defaultdict[str, set[str]] = defaultdict(set)
    for level, item, _ in objects:
        if level == 3:
            name = item["entityType"] + item.get("typePlaatsgebondenRisico", "")
            forms[name] |= item["afstandOfGeometrie"].keys()
    expected = (CONTOURS - {"PRContour"}) | {f"PRContour{level}" for level in PR_LEVELS}
    assert forms == {name: {"afstand", "geometrie"} for name in expected}


def test_some_contours_are_invalid_and_can_be_repaired(objects: Objects) -> None:
    shapes = [shape(item["afstandOfGeometrie"]["geometrie"]) for level, item, _ in objects
              if level == 3 and "geometrie" in item["afstandOfGeometrie"]]  # fmt: skip
    invalid = [area for area in shapes if not area.is_valid]
    assert len(invalid) >= 5
    assert all(area.buffer(0).area > 0 for area in invalid)


def test_some_objects_have_ended_at_every_level(objects: Objects) -> None:
    ended = {level for level, item, _ in objects if item.get("eindGeldigheid", "2099") < "2026"}
    assert ended == {0, 1, 2, 3}
    assert any(item.get("eindGeldigheid", "") > "2090" for _, item, _ in objects)


def test_identifications_are_unique(objects: Objects) -> None:
    names = [item["id"] for _, item, _ in objects]
    assert len(names) == len(set(names))
    for _, item, _ in objects:
        assert item["id"] == f"NL.IMEV.{item['identificatie']['lokaalID']}"


def reach(item: dict[str, Any], reference: dict[str, Any]) -> BaseGeometry:
    place = item["afstandOfGeometrie"]
    if "geometrie" in place:
        return shape(place["geometrie"]).buffer(0)
    return shape(reference["geometrie"]).buffer(place["afstand"])


def test_no_contour_reaches_the_third_municipality(objects: Objects, sample_dir: Path) -> None:
    with fiona.open(sample_dir / "gemeenten" / "gemeenten_nl.gpkg", layer="gemeente") as layer:
        areas = {feature["properties"]["statcode"]: shape(feature["geometry"]) for feature in layer}
    reached = {
        code
        for level, item, parent in objects
        if level == 3 and parent is not None
        for code, area in areas.items()
        if reach(item, parent).intersects(area)
    }
    assert reached == {"GM9901", "GM9902"}


def test_confirmed_buildings_carry_the_label_of_the_key(messages: dict[str, dict[str, Any]], sample_dir: Path) -> None:
    with (sample_dir / "answers.csv").open(encoding="utf-8", newline="") as source:
        labels = {row["pand"]: row["label"] for row in csv.DictReader(source)}
    confirmed = [message for message in messages.values() if message["entityType"] == "KwetsbaarGebouw"]
    assert len(confirmed) == 3
    assert all(labels[message["idPandBAG"]] == message["categorieKwetsbaarheid"] for message in confirmed)
