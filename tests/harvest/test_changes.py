"""`gewijzigd_sinds`: the changes applied to an old copy give exactly the new one, for the whole and for any part."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harvest.conftest import Asker, Copy, World
from tests.harvest.test_pages import ITEMS, WFS, ids, pages

PARTS = (
    "",
    "&soort=a",
    "&filter=maat>0 OR soort IS NULL",
    "&bbox=150000,450000,150060,450050&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/28992",
)


def copied(ask: Asker, part: str = "", **options: Any) -> tuple[int, Copy]:
    """A full harvest by `next`: the publication, and what was copied."""
    found: Copy = {}
    publication = 0
    for page in pages(ask, f"{ITEMS}?f=json&limit=40{part}", **options):
        publication = page.json["publicatie"]
        for feature in page.json["features"]:
            assert feature["id"] not in found
            found[feature["id"]] = _told(feature)
    return publication, found


def _told(feature: dict[str, Any]) -> tuple[Any, ...]:
    properties = feature["properties"]
    return (properties["naam"], properties["soort"], properties["maat"], str(feature["geometry"]))


def applied(
    ask: Asker, copy: Copy, since: int, part: str = "", start: str = f"{ITEMS}?f=json&limit=7"
) -> tuple[int, Copy]:
    """The copy with the changes since a publication; each change must fit what is there."""
    found, seen, publication = dict(copy), set(), since
    for page in pages(ask, f"{start}&gewijzigd_sinds={since}{part}"):
        publication = page.json["publicatie"]
        assert page.headers["X-Publication"] == str(publication)
        for feature in page.json["features"]:
            key = feature["id"].removeprefix("proef.")
            assert key not in seen, "one change per object"
            seen.add(key)
            kind = feature["wijziging"]
            assert (key in found) == (kind != "toegevoegd"), (key, kind)
            if kind == "beeindigd":
                assert feature["properties"] == {"identificatie": key} and feature["geometry"] is None
                del found[key]
            else:
                found[key] = _told(feature)
        if "numberMatched" in page.json:
            matched = page.json["numberMatched"]
    assert matched == len(seen)
    return publication, found


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), shares=st.lists(st.sampled_from([0.0, 0.03, 0.3, 0.9]), min_size=1, max_size=3))
def test_the_changes_applied_to_an_old_copy_give_the_new_copy(
    ask: Asker, world: World, seed: int, shares: list[float]
) -> None:
    chance = random.Random(seed)
    before = {part: copied(ask, part) for part in PARTS}
    for share in shares:
        world.change(chance, share)
        world.publish()
    for part in PARTS:
        since, copy = before[part]
        assert applied(ask, copy, since, part) == copied(ask, part), part
    since, copy = before[""]
    assert (
        applied(ask, copy, since, start=f"{WFS}&outputFormat=json&srsName=CRS:84&count=9")[1].keys()
        == copied(ask)[1].keys()
    )


def test_changes_are_paged_at_one_publication(ask: Asker, world: World) -> None:
    since, copy = copied(ask)
    world.change(random.Random(11), 0.5)
    target = world.publish()
    wanted = copied(ask)
    chance = random.Random(12)
    first = ask(f"{ITEMS}?f=json&limit=5&gewijzigd_sinds={since}")
    kinds: dict[str, str] = {}
    for page in pages(ask, f"{ITEMS}?f=json&limit=5&gewijzigd_sinds={since}"):
        assert page.json["publicatie"] == target and page.json["numberMatched"] == first.json["numberMatched"]
        kinds.update({feature["id"]: feature["wijziging"] for feature in page.json["features"]})
        world.change(chance, 0.1)
        world.publish()
    assert len(kinds) == first.json["numberMatched"] > 20
    assert {key for key, kind in kinds.items() if kind == "beeindigd"} == copy.keys() - wanted[1].keys()
    assert {key for key, kind in kinds.items() if kind == "toegevoegd"} == wanted[1].keys() - copy.keys()


def test_an_object_that_moves_to_another_municipality_has_ended_for_the_first(ask: Asker, world: World) -> None:
    own = {"headers": {"X-API-Key": world.key("44021")}}
    hidden = "/ogc/v1/collections/geheim/items?f=json&limit=1000"
    before = ask(hidden, **own).json
    moved = before["features"][0]["id"]
    with world.database.loader() as connection:
        connection.execute("UPDATE register.proef SET gemeentecode = '44020' WHERE sleutel = %s", [moved])
        connection.commit()
    world.publish()
    (change,) = ask(f"{hidden}&gewijzigd_sinds={before['publicatie']}", **own).json["features"]
    assert (change["id"], change["wijziging"], change["geometry"]) == (moved, "beeindigd", None)


@pytest.mark.parametrize("text", ["999999", "-1", "x", "", "1.5"])
def test_a_number_that_is_no_publication_yet_is_refused(ask: Asker, text: str) -> None:
    answer = ask(f"{ITEMS}?gewijzigd_sinds={text}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "gewijzigd_sinds")
    if text == "999999":
        assert "harvest the whole layer" in answer.json["detail"]


def test_what_changes_cannot_be_combined_with_is_refused(ask: Asker) -> None:
    answer = ask(f"{ITEMS}?gewijzigd_sinds=1&sortby=naam")
    assert (answer.status_code, answer.json["parameter"]) == (400, "sortby")
    gml = ask(f"{WFS}&gewijzigd_sinds=1")
    assert gml.status_code == 400 and 'locator="gewijzigd_sinds"' in gml.text and "application/json" in gml.text
    several = ask("/wfs?service=WFS&request=GetFeature&typeNames=(proef)(proef)&outputFormat=json&gewijzigd_sinds=1")
    assert several.status_code == 400 and 'locator="gewijzigd_sinds"' in several.text
    values = ask("/wfs?service=WFS&request=GetPropertyValue&typeNames=proef&valueReference=naam&gewijzigd_sinds=1")
    assert values.status_code == 400 and 'locator="gewijzigd_sinds"' in values.text


def test_no_change_is_an_empty_answer_that_says_where_it_leads(ask: Asker, world: World) -> None:
    newest = world.publish()
    answer = ask(f"{ITEMS}?f=json&gewijzigd_sinds={newest}")
    assert ids(answer) == [] and answer.json["publicatie"] == newest and answer.json["numberMatched"] == 0


def test_a_layer_built_anew_keeps_no_changes_of_before(ask: Asker, world: World) -> None:
    first = ask(f"{ITEMS}?f=json&limit=5")
    since = first.json["publicatie"]
    with world.database.loader() as connection:
        connection.execute("ALTER TABLE publiek.proef ADD vroeger text")
        connection.commit()
    assert world.publish() > since
    assert ask(f"{ITEMS}?gewijzigd_sinds={since}").status_code == 410
    following = next(link["href"] for link in first.json["links"] if link["rel"] == "next")
    assert ask(following).status_code == 410
    assert len(copied(ask)[1]) == len(world.published[max(world.published)])
