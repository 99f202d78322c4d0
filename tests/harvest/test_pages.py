"""Pages by cursor: none overlaps, none misses, whatever is published meanwhile; no cursor is anybody else's."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
from lxml import etree
from tests.harvest.conftest import Asker, World, door
from werkzeug.test import Client, TestResponse

from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.errors import RequestError
from risicoatlas.features import geojson, query
from risicoatlas.features.cursor import Cursor, decode, encode
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.request import FeatureRequest, Place
from risicoatlas.service import Service
from risicoatlas.wfs import paging

ITEMS = "/ogc/v1/collections/proef/items"
WFS = "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=proef"
ORDERS = ("", "soort", "-soort", "maat,-soort", "-maat,naam")


def links(answer: TestResponse) -> dict[str, str]:
    """The links of a page, in GeoJSON or GML."""
    if "json" in answer.mimetype:
        return {link["rel"].replace("previous", "prev"): link["href"] for link in answer.json["links"]}
    root = etree.fromstring(answer.data)
    found = {"next": root.get("next"), "prev": root.get("previous")}
    return {rel: href for rel, href in found.items() if href}


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    if "json" in answer.mimetype:
        return [feature["id"].removeprefix("proef.") for feature in answer.json["features"]]
    return [text.removeprefix("proef.") for text in re.findall(r'<rev_public:proef gml:id="([^"]+)"', answer.text)]


def pages(ask: Asker, address: str, **options: Any) -> Iterator[TestResponse]:
    """The page of an address and all that follow it."""
    answer = ask(address, **options)
    yield answer
    while following := links(answer).get("next"):
        answer = ask(following)
        yield answer


def cursor_of(ask: Asker, address: str, **options: Any) -> str:
    return parse_qs(urlsplit(links(ask(address, **options))["next"]).query)["cursor"][0]


def starts(size: int, order: str = "") -> list[str]:
    wfs_order = ",".join(f"{key.lstrip('-')} {'DESC' if key[0] == '-' else 'ASC'}" for key in order.split(",") if key)
    return [
        f"{ITEMS}?f=json&limit={size}&sortby={order}" if order else f"{ITEMS}?f=json&limit={size}",
        f"{WFS}&count={size}" + (f"&sortBy={quote(wfs_order)}" if order else ""),
        f"{WFS}&outputFormat=json&count={size}" + (f"&sortBy={quote(wfs_order)}" if order else ""),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_the_whole_cut_up_in_any_order_forwards_and_back(ask: Asker, order: str) -> None:
    whole = ids(ask(starts(10000, order)[0]))
    assert len(whole) == len(set(whole)) > 60
    for start in starts(17, order):
        there = list(pages(ask, start))
        assert [key for page in there for key in ids(page)] == whole
        assert [len(ids(page)) for page in there[:-1]] == [17] * (len(there) - 1)
        assert "next" not in links(there[-1]) and "prev" not in links(there[0])
        back = there[-1]
        for before in reversed(there[:-1]):
            assert "startIndex" not in links(back)["prev"] and "offset" not in links(back)["prev"]
            back = ask(links(back)["prev"])
            assert ids(back) == ids(before)
            assert "next" in links(back)
        assert "prev" not in links(back)
        assert ids(ask(links(back)["next"])) == ids(there[1])


@pytest.mark.parametrize("number", range(3), ids=["OGC API", "WFS GML", "WFS GeoJSON"])
def test_pages_stay_those_of_the_first_page_whatever_is_published_meanwhile(
    ask: Asker, world: World, number: int
) -> None:
    chance = random.Random(number)
    first = world.publish()
    wanted = ids(ask(starts(10000)[0]))
    found: list[str] = []
    for count, page in enumerate(pages(ask, starts(13)[number])):
        found += ids(page)
        assert page.headers["X-Publication"] == str(first)
        matched = (
            page.json["numberMatched"] if "json" in page.mimetype else etree.fromstring(page.data).get("numberMatched")
        )
        assert int(matched) == len(wanted)
        # few rows are changed in place, most are a table that is swapped in
        world.change(chance, 0.7 if count % 3 == 2 else 0.05)
        world.publish()
    assert found == wanted
    assert world.publish() > first + 3
    assert ids(ask(starts(10000)[0])) != wanted


def test_a_page_back_is_of_the_same_publication(ask: Asker, world: World) -> None:
    first = ask(starts(10)[0])
    second = ask(links(first)["next"])
    world.change(random.Random(5), 0.5)
    world.publish()
    assert ids(ask(links(second)["prev"])) == ids(first)


def test_offsets_lead_into_pages_and_their_previous_page_begins_at_the_first_row(ask: Asker) -> None:
    whole = ids(ask(starts(10000)[0]))
    for address in (f"{ITEMS}?f=json&limit=10&offset=13", f"{WFS}&count=10&startIndex=13"):
        page = ask(address)
        assert ids(page) == whole[13:23] and ids(ask(links(page)["next"])) == whole[23:33]
        before = ask(links(page)["prev"])
        assert ids(before) == whole[3:13]
        short = ask(links(before)["prev"])
        assert ids(short) == whole[:3] and "prev" not in links(short)
    for address in (f"{ITEMS}?f=json&limit=10&offset=5000", f"{WFS}&count=10&startIndex=5000"):
        page = ask(address)
        assert ids(page) == [] and "next" not in links(page)
        assert ids(ask(links(page)["prev"])) == whole[-10:]


def test_hits_lead_to_the_first_page_of_what_was_counted(ask: Asker, world: World) -> None:
    hits = ask(f"{WFS}&resultType=hits&count=5")
    wanted = ids(ask(starts(5)[1]))
    world.change(random.Random(8), 0.6)
    world.publish()
    assert ids(ask(links(hits)["next"])) == wanted


def test_a_page_over_several_types_is_pinned_too(ask: Asker, world: World) -> None:
    address = "/wfs?service=WFS&request=GetFeature&typeNames=(proef)(proef)&count=7&outputFormat=json"
    wanted = ids(ask(starts(10000)[0]))
    found: list[str] = []
    for page in pages(ask, address):
        found += ids(page)
        world.change(random.Random(len(found)), 0.1)
        world.publish()
    assert found == wanted * 2


def test_next_after_a_post_is_a_bare_get_that_carries_everything(ask: Asker) -> None:
    condition = {"op": "isNull", "args": [{"property": "soort"}]}
    wanted = ids(ask(f"{ITEMS}?f=json&limit=1000&filter=soort IS NULL"))
    body = {"data": json.dumps(condition), "content_type": "application/json", "method": "POST"}
    assert [key for page in pages(ask, f"{ITEMS}?limit=4&f=json", **body) for key in ids(page)] == wanted
    assert len(wanted) > 8


def test_a_filter_too_long_for_an_address_is_posted_again(ask: Asker) -> None:
    condition = {"op": ">", "args": [{"property": "naam"}, "a"]}
    text = json.dumps(condition) + " " * 20_000
    first = ask(f"{ITEMS}?f=json&limit=50", method="POST", data=text, content_type="application/json")
    (following,) = [link for link in first.json["links"] if link["rel"] == "next"]
    assert following["method"] == "POST" and "filter" not in following["href"]
    second = ask(following["href"], method="POST", data=text, content_type="application/json")
    assert len(ids(first)) == 50 and ids(second) and not set(ids(first)) & set(ids(second))


def test_the_credential_is_never_in_a_link(ask: Asker, world: World) -> None:
    key = world.key("44021")
    for path in (
        "/ogc/v1/collections/geheim/items?limit=3&f=json",
        "/wfs?service=WFS&request=GetFeature&typeNames=geheim&count=3&outputFormat=json",
    ):
        answer = ask(f"{path}&api_key={key}")
        assert "next" in links(answer)
        assert key not in answer.text and "api_key" not in answer.text


@pytest.mark.parametrize(("size", "rows"), [(1, 1000), (2000, 1000), (1, 5), (10**9, 5)])
def test_a_page_that_does_not_fit_in_memory_says_the_same(
    ask: Asker, monkeypatch: pytest.MonkeyPatch, size: int, rows: int
) -> None:
    orders = ("", "&sortBy=soort DESC,maat")
    addresses = [f"{WFS}&count=17{order}{where}" for order in orders for where in ("", "&cql_filter=maat IS NULL")]
    addresses += [WFS, f"{WFS}&startIndex=9", f"{WFS}&cql_filter=maat IS NULL", f"{WFS}&count=8&startIndex=3"]

    def told() -> list[Any]:
        found = []
        for address in addresses:
            there = list(pages(ask, address))
            back = [links(page).get("prev") for page in there]
            found.append([(re.sub('timeStamp="[^"]+"', "", page.text)) for page in there] + back)
            found.append([ids(ask(href)) for href in back if href])
        return found

    wanted = told()
    monkeypatch.setattr(paging, "BUFFER_BYTES", size)
    monkeypatch.setattr(paging, "BUFFER_ROWS", rows)
    assert told() == wanted


def test_pages_of_what_was_not_counted_never_count(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    where = "naam IS NOT NULL"
    wanted = ids(ask(f"{ITEMS}?f=json&limit=1000&filter={where}"))
    monkeypatch.setattr(query, "COUNT_BOUND", 20)
    for start in (f"{ITEMS}?f=json&limit=9&filter={where}", f"{WFS}&count=9&cql_filter={where}"):
        first = ask(start)
        with monkeypatch.context() as patch:
            patch.setattr(Plan, "tally", None)
            there = list(pages(ask, links(first)["next"]))
        assert ids(first) + [key for page in there for key in ids(page)] == wanted
        for page in [first, *there[:-1]]:
            if "json" in page.mimetype:
                assert "numberMatched" not in page.json
            else:
                assert etree.fromstring(page.data).get("numberMatched") == "unknown"


def test_more_than_the_highest_count_or_limit_is_refused_and_named(ask: Asker) -> None:
    answer = ask(f"{ITEMS}?limit=1000001")
    assert (answer.status_code, answer.json["parameter"]) == (400, "limit") and "1000000" in answer.json["detail"]
    report = ask(f"{WFS}&count=1000001")
    assert report.status_code == 400 and 'locator="count"' in report.text and "1000000" in report.text
    values = ask("/wfs?service=WFS&request=GetPropertyValue&typeNames=proef&valueReference=naam&count=1000001")
    assert values.status_code == 400 and 'locator="count"' in values.text
    assert ask(f"{WFS}&count=1000000").status_code == ask(f"{ITEMS}?limit=1000000").status_code == 200


@pytest.mark.parametrize("keys", [(7,), ("zeven",), (None, "x'\"\\", "", 12), ("é", -1)])
def test_a_cursor_is_read_as_it_was_written(keys: tuple[int | str | None, ...]) -> None:
    for backward in (False, True):
        cursor = Cursor(3, 40, None, Place(keys, backward))
        token = encode(cursor, "what it belongs to", b"secret")
        assert decode(token, "what it belongs to", b"secret", "cursor") == cursor
        for other in (("elsewhere", b"secret"), ("what it belongs to", b"other")):
            with pytest.raises(RequestError):
                decode(token, *other, "cursor")


class TestForeignCursors:
    """What is not followed as it was given is refused, and the parameter named."""

    def refused(self, answer: TestResponse, parameter: str = "cursor") -> None:
        assert answer.status_code == 400, answer.text
        if "json" in answer.mimetype:
            assert answer.json["parameter"] == parameter
        else:
            assert f'locator="{parameter}"' in answer.text

    @pytest.mark.parametrize(
        "other",
        ["sortby=naam", "sortby=-naam", "filter=soort IS NULL", "bbox=5,52,6,53", "soort=a", "gewijzigd_sinds=1",
         "datetime=2024-01-01"],
    )  # fmt: skip
    def test_a_cursor_is_of_one_question(self, ask: Asker, other: str) -> None:
        cursor = cursor_of(ask, f"{ITEMS}?f=json&limit=10")
        assert ask(f"{ITEMS}?limit=10&cursor={cursor}").status_code == 200
        self.refused(ask(f"{ITEMS}?limit=10&cursor={cursor}&{other}"))

    def test_a_cursor_is_of_one_layer_and_reader(self, ask: Asker, world: World) -> None:
        own = {"headers": {"X-API-Key": world.key("44021")}}
        other = {"headers": {"X-API-Key": world.key("44020")}}
        both = {"headers": {"X-API-Key": world.key("44020", "44021")}}
        hidden = "/ogc/v1/collections/geheim/items?f=json&limit=3"
        cursor = cursor_of(ask, hidden, **own)
        assert ask(f"{hidden}&cursor={cursor}", **own).status_code == 200
        self.refused(ask(f"{hidden}&cursor={cursor}", **other))
        self.refused(ask(f"{hidden}&cursor={cursor}", **both))
        self.refused(ask(f"{ITEMS}?cursor={cursor}", **own))
        assert ask(f"{hidden}&cursor={cursor}").status_code == 404

    def test_a_damaged_cursor_is_refused_wherever_it_is_damaged(self, ask: Asker) -> None:
        cursor = cursor_of(ask, f"{ITEMS}?f=json&limit=10")
        for place in range(len(cursor)):
            changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
            self.refused(ask(f"{ITEMS}?cursor={changed}"))
        for text in ("", ".", "a", "..", cursor + "=", cursor * 2, cursor[:-1], "%00", "é.é", "A" * 40_000):
            self.refused(ask(f"{ITEMS}?cursor={text}"))
            self.refused(ask(f"{WFS}&cursor={text}"))

    def test_a_cursor_and_an_offset_contradict_each_other(self, ask: Asker) -> None:
        self.refused(ask(f"{ITEMS}?offset=3&cursor={cursor_of(ask, f'{ITEMS}?f=json&limit=10')}"), "offset")
        self.refused(ask(f"{WFS}&startIndex=3&cursor={cursor_of(ask, f'{WFS}&count=10')}"), "startIndex")

    def test_another_process_takes_the_cursor(self, ask: Asker, world: World) -> None:
        with world.service() as other:
            there = Asker(Client(door(other)), world.settings.public_url)
            first = ask(starts(10)[0])
            assert ids(there(links(first)["next"])) == ids(ask(links(first)["next"]))

    def test_the_size_of_a_page_may_change_on_the_way(self, ask: Asker) -> None:
        whole = ids(ask(starts(10000)[0]))
        cursor = cursor_of(ask, f"{ITEMS}?f=json&limit=10")
        page = ask(f"{ITEMS}?f=json&limit=25&cursor={cursor}")
        assert ids(page) == whole[10:35] and ids(ask(links(page)["prev"])) == whole[:10]


def test_a_pruned_publication_is_410_and_in_wfs_an_expired_cache(ask: Asker, world: World) -> None:
    first, other = ask(starts(10)[0]), ask(starts(10)[1])
    world.change(random.Random(3), 0.1)
    world.publish()
    with world.database.loader() as connection:
        connection.execute("UPDATE publiek.publicatie SET gemaakt_op = gemaakt_op - interval '8 days'")
        connection.commit()
    world.change(random.Random(4), 0.1)
    world.publish()
    gone = ask(links(first)["next"])
    assert (gone.status_code, gone.mimetype) == (410, "application/problem+json")
    assert gone.json["parameter"] == "cursor" and "harvest the whole layer" in gone.json["detail"]
    expired = ask(links(other)["next"])
    assert expired.status_code == 403
    assert 'exceptionCode="ResponseCacheExpired" locator="cursor"' in expired.text
    assert ask(f"{ITEMS}?gewijzigd_sinds=1").status_code == 410
    assert len(list(pages(ask, starts(10)[0]))) > 5


def test_a_reader_that_waited_for_a_swap_gets_the_new_table_and_not_an_empty_one(
    world: World, service: Service
) -> None:
    """A COPY takes its snapshot before it waits for the table: the new one would be empty for it."""
    import threading

    found: list[int] = []

    def read() -> None:
        plan = plan_query(FeatureRequest("proef"), ANONYMOUS, service)
        rows = query.stream(plan, geojson.feature_row(plan), service)
        found.append(sum(1 for _ in rows) and rows.returned)

    with world.database.loader() as connection:
        connection.execute("CREATE TABLE publiek.proef__proef (LIKE publiek.proef INCLUDING ALL)")
        connection.execute("INSERT INTO publiek.proef__proef SELECT * FROM publiek.proef")
        connection.execute("GRANT SELECT ON publiek.proef__proef TO ra_public, ra_restricted")
        connection.execute("DROP TABLE publiek.proef")
        connection.execute("ALTER TABLE publiek.proef__proef RENAME TO proef")
        reader = threading.Thread(target=read)
        reader.start()
        _wait_for_a_lock(world)
        connection.commit()
    reader.join(10)
    assert found == [len(world.published[max(world.published)])]


def _wait_for_a_lock(world: World) -> None:
    with psycopg.connect(world.database.conninfo("superuser"), autocommit=True) as connection:
        for _ in range(500):
            row = connection.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'publiek.proef'::regclass"
            ).fetchone()
            if row and row[0]:
                return
            connection.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits for the table")
