"""The OGC API on the sample town: every collection answers, validates against its own schema and counts right."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from werkzeug.test import Client, TestResponse

from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.database import reading
from risicoatlas.providers import ogcapi
from risicoatlas.service import Service

Ask = Callable[..., TestResponse]
BEHEERDER = Actor("beheerder", "beheer")


@pytest.fixture
def ask(town_service: Service) -> Ask:
    client = Client(ogcapi.create(town_service))

    def sent(path: str, actor: Actor = ANONYMOUS, **options: Any) -> TestResponse:
        token = actors.bind(actor)
        try:
            return client.get(path, **options)
        finally:
            actors.unbind(token)

    return sent


def test_every_public_layer_is_a_collection_with_objects(ask: Ask, town_service: Service) -> None:
    found = {item["id"]: item for item in ask("/collections").json["collections"]}
    assert set(found) == {layer.name for layer in town_service.catalogue if not layer.restricted}
    for name, collection in found.items():
        page = ask(f"/collections/{name}/items?limit=3").json
        assert page["numberMatched"] == collection["aantal"] > 0, name


def test_features_hold_to_the_schema_of_their_collection(ask: Ask, town_service: Service) -> None:
    for layer in town_service.visible(BEHEERDER):
        schema = ask(f"/collections/{layer.name}/schema", BEHEERDER).json
        properties = {
            name: {
                **rules,
                "type": [rules["type"], "null"],
                **({"enum": [*rules["enum"], None]} if "enum" in rules else {}),
            }
            for name, rules in schema["properties"].items()
            if "type" in rules
        }
        validator = jsonschema_rs.validator_for(
            {"type": "object", "properties": properties, "additionalProperties": False}
        )
        for feature in ask(f"/collections/{layer.name}/items?limit=200", BEHEERDER).json["features"]:
            validator.validate(feature["properties"])


def test_counts_are_those_of_the_database(ask: Ask, town_service: Service) -> None:
    for layer in town_service.visible(ANONYMOUS):
        with reading(town_service.pool) as connection:
            row = connection.execute(
                f"SELECT count(*) FROM publiek.{layer.name} WHERE publicatie_tot IS NULL"
            ).fetchone()
        assert ask(f"/collections/{layer.name}/items").json["numberMatched"] == (row and row[0])


def test_a_municipality_of_flanders_sees_only_its_own_risk_locations(ask: Ask) -> None:
    own = Actor("gemeente", "99901", ("99901",))
    page = ask("/collections/risicolocaties/items?limit=1000", own).json
    assert page["features"] and {item["properties"]["gemeentecode"] for item in page["features"]} == {"99901"}
    assert ask("/collections/risicolocaties/items").status_code == 404
    everything = ask("/collections/risicolocaties/items?limit=1000", BEHEERDER).json
    assert {item["properties"]["gemeentecode"] for item in everything["features"]} == {"99901", "99902"}
