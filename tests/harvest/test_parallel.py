"""Harvesters at the same time as publications, over HTTP: each gets one publication, whole and without doubles."""

import json
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from lxml import etree
from tests.harvest.conftest import World

ITEMS = "/ogc/v1/collections/proef/items?f=json&limit={size}"
GML = "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=proef&count={size}"
JSON = GML + "&outputFormat=application/json&sortBy=soort"


@dataclass(frozen=True)
class Harvest:
    """What a harvester has in the end, and how many pages it took."""

    publication: int
    names: dict[str, str | None]
    pages: int


def harvested(urls: list[str], start: str, pause_s: float) -> Harvest:
    """Follow `next` to the end, each page from another process than the last."""
    found: dict[str, str | None] = {}
    publications = set()
    address, count = start, 0
    while address:
        parts = urlsplit(address)
        path = parts.path.removeprefix("/x")
        with urlopen(f"{urls[count % len(urls)]}{path}?{parts.query}", timeout=60) as answer:
            publications.add(int(answer.headers["X-Publication"]))
            names, address = _read(answer.read(), answer.headers.get_content_type())
        for key, name in names:
            assert key not in found, f"{key} came twice"
            found[key] = name
        count += 1
        time.sleep(pause_s)
    (publication,) = publications
    return Harvest(publication, found, count)


def _read(body: bytes, media_type: str) -> tuple[list[tuple[str, str | None]], str]:
    if "json" in media_type:
        page: dict[str, Any] = json.loads(body)
        names = [(item["id"].removeprefix("proef."), item["properties"]["naam"]) for item in page["features"]]
        return names, next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    root = etree.fromstring(body)
    pairs = re.findall(r'gml:id="proef\.([^"]+)".*?<rev_public:naam>(.*?)<', body.decode())
    assert len(pairs) == int(root.get("numberReturned"))
    return pairs, root.get("next") or ""


def run(world: World, urls: list[str], harvesters: int, every_s: float, pause_s: float, size: int) -> list[Harvest]:
    """Harvest in parallel while the register changes and is published."""
    stop = threading.Event()

    def republish() -> None:
        chance = random.Random(21)
        while not stop.is_set():
            world.change(chance, chance.choice([0.05, 0.3, 0.8]))
            world.publish()
            stop.wait(every_s)

    publisher = threading.Thread(target=republish)
    publisher.start()
    try:
        with ThreadPoolExecutor(harvesters) as pool:
            starts = [(ITEMS, GML, JSON)[number % 3].format(size=size) for number in range(harvesters)]
            return list(pool.map(lambda start: harvested(urls, start, pause_s), starts))
    finally:
        stop.set()
        publisher.join()


def check(world: World, harvests: list[Harvest]) -> None:
    for harvest in harvests:
        truth = {key: values[0] for key, values in world.published[harvest.publication].items()}
        assert harvest.names == truth
        assert harvest.pages > 5


def test_harvests_during_publications_are_each_of_one_publication(world: World, servers: list[str]) -> None:
    before = len(world.published)
    check(world, run(world, servers, harvesters=6, every_s=0.2, pause_s=0.2, size=8))
    assert len(world.published) > before + 3


@pytest.mark.lang
def test_twenty_harvesters_while_every_five_seconds_is_published(world: World, servers: list[str]) -> None:
    before = len(world.published)
    check(world, run(world, servers, harvesters=20, every_s=5, pause_s=1, size=3))
    assert len(world.published) > before + 4
