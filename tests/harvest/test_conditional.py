"""ETag, Last-Modified, 304 and HEAD: what an anonymous reader has already is not sent again, and known readers get
nothing that could tell."""

import random
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from tests.harvest.conftest import Asker, World
from tests.harvest.test_pages import ITEMS, WFS, links

from risicoatlas.features.plan import Plan
from risicoatlas.features.query import Reading

DOCUMENTS = (
    "/ogc/v1/", "/ogc/v1/conformance", "/ogc/v1/openapi", "/ogc/v1/collections", "/ogc/v1/collections/proef",
    "/ogc/v1/collections/proef/queryables", "/ogc/v1/collections/proef/schema",
    "/wfs?service=WFS&request=GetCapabilities", "/wfs?service=WFS&request=DescribeFeatureType",
    "/wfs?service=WFS&request=ListStoredQueries",
)  # fmt: skip
BY_ID = "&storedQuery_Id=urn:ogc:def:query:OGC-WFS::GetFeatureById&id=proef."
ROWS = (
    f"{ITEMS}?limit=5", f"{ITEMS}?limit=5&f=html", f"{ITEMS}?filter=soort='a'", f"{ITEMS}?sortby=naam", f"{ITEMS}/KEY",
    WFS, f"{WFS}&count=3", f"{WFS}&outputFormat=json&startIndex=4", f"{WFS}&resultType=hits", f"{WFS}&count=0",
    "/wfs?service=WFS&request=GetFeature&typeNames=(proef)(proef)&count=3",
    f"/wfs?service=WFS&request=GetFeature{BY_ID}KEY",
    "/wfs?service=WFS&request=GetPropertyValue&typeNames=proef&valueReference=naam",
)  # fmt: skip


@pytest.fixture
def key(ask: Asker) -> str:
    """An object that is there now."""
    return str(ask(f"{ITEMS}?limit=1&f=json").json["features"][0]["id"])


@pytest.mark.parametrize("address", [*DOCUMENTS, *ROWS])
def test_what_has_not_changed_is_304_and_what_has_is_sent(ask: Asker, world: World, key: str, address: str) -> None:
    address = address.replace("KEY", key)
    first = ask(address)
    assert first.status_code == 200
    assert first.headers["ETag"].startswith('W/"')
    # QGIS would go on with the layers that it saw before it logged in
    assert first.headers["Cache-Control"] == ("no-store" if "GetCapabilities" in address else "no-cache")
    vary = {name.strip() for name in first.headers["Vary"].split(",")}
    assert {"Authorization", "Cookie", "X-API-Key"} <= vary
    assert ("Accept-Language" in vary) == address.startswith("/ogc")
    modified = first.headers["Last-Modified"]
    for condition in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": modified},
        {"If-None-Match": f'"x", {first.headers["ETag"][2:]}', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = ask(address, headers=condition)
        assert (again.status_code, again.data) == (304, b""), condition
        assert again.headers["ETag"] == first.headers["ETag"] and again.headers["Vary"]
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)
    for condition in (
        {"If-None-Match": 'W/"other"'},
        {"If-Modified-Since": earlier},
        {"If-Modified-Since": "nonsense"},
        {"If-None-Match": 'W/"other"', "If-Modified-Since": modified},
    ):
        assert ask(address, headers=condition).status_code == 200, condition


@pytest.mark.parametrize("address", ROWS)
def test_a_304_reads_no_row(ask: Asker, key: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = address.replace("KEY", key)
    tag = ask(address).headers["ETag"]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("rows are read")

    monkeypatch.setattr(Plan, "select", refuse)
    monkeypatch.setattr(Plan, "tally", refuse)
    assert ask(address, headers={"If-None-Match": tag}).status_code == 304


def test_every_publication_and_every_variant_has_its_own_tag(ask: Asker, world: World) -> None:
    variants = (
        f"{ITEMS}?limit=5", f"{ITEMS}?limit=6", f"{ITEMS}?limit=5&lang=en", f"{ITEMS}?limit=5&f=html", WFS,
        f"{WFS}&count=4", f"{WFS}&outputFormat=json", "/ogc/v1/collections", "/wfs?service=WFS&request=GetCapabilities",
    )  # fmt: skip
    before = {address: ask(address) for address in variants}
    tags = {answer.headers["ETag"] for answer in before.values()}
    assert len(tags) == len(variants)
    assert ask(f"{ITEMS}?limit=5", headers={"Accept-Language": "en"}).headers["ETag"] not in tags - {
        before[f"{ITEMS}?limit=5&lang=en"].headers["ETag"]
    }
    world.change(random.Random(2), 0.2)
    world.publish()
    for address, old in before.items():
        held = {"If-None-Match": old.headers["ETag"], "If-Modified-Since": old.headers["Last-Modified"]}
        new = ask(address, headers=held)
        assert new.status_code == 200 and new.headers["ETag"] not in tags
        assert ask(address, headers={"If-Modified-Since": old.headers["Last-Modified"]}).status_code == 200


def test_a_pinned_page_keeps_its_tag_while_others_are_published(ask: Asker, world: World) -> None:
    following = links(ask(f"{ITEMS}?limit=5&f=json"))["next"]
    tag = ask(following).headers["ETag"]
    world.change(random.Random(3), 0.2)
    world.publish()
    assert ask(following, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("address", [f"{ITEMS}?limit=5", WFS, "/ogc/v1/collections", DOCUMENTS[7]])
def test_a_known_reader_gets_no_validator_and_no_304(ask: Asker, world: World, address: str) -> None:
    tag = ask(address)
    own = {"X-API-Key": world.key("44021")}
    held = {"If-None-Match": tag.headers["ETag"], "If-Modified-Since": tag.headers["Last-Modified"]}
    answer = ask(address, headers={**own, **held})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert "ETag" not in answer.headers and "Last-Modified" not in answer.headers


def test_what_is_not_there_is_404_whatever_the_client_holds(ask: Asker) -> None:
    held = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    for address in (
        f"{ITEMS}/nergens", "/ogc/v1/collections/geheim", "/ogc/v1/collections/geheim/items",
        f"/wfs?service=WFS&request=GetFeature{BY_ID}nergens",
    ):  # fmt: skip
        for condition in (held, {"If-None-Match": "*"}, {"If-None-Match": "*", **held}):
            answer = ask(address, headers=condition)
            assert answer.status_code == 404, (address, condition)
            assert "ETag" not in answer.headers


def test_a_post_is_never_304(ask: Asker) -> None:
    tag = ask(f"{ITEMS}?limit=5").headers["ETag"]
    body = '{"op": "isNull", "args": [{"property": "soort"}]}'
    answer = ask(
        f"{ITEMS}?limit=5", method="POST", data=body, content_type="application/json", headers={"If-None-Match": tag}
    )
    assert answer.status_code == 200 and "ETag" not in answer.headers


@pytest.mark.parametrize("address", [*DOCUMENTS, *ROWS, f"{ITEMS}?soort=zzz", f"{WFS}&cql_filter=soort='zzz'"])
def test_head_has_the_headers_of_get_and_no_body(ask: Asker, key: str, address: str) -> None:
    address = address.replace("KEY", key)
    get, head = ask(address), ask(address, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    differ = {"X-Request-Id", "Content-Length"}
    assert {name: value for name, value in head.headers if name not in differ} == {
        name: value for name, value in get.headers if name not in differ
    }
    assert head.headers.get("Content-Length") in {None, get.headers.get("Content-Length")}
    assert ask(address, method="HEAD", headers={"If-None-Match": get.headers["ETag"]}).status_code == 304


def test_head_makes_one_row_at_most(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int | None] = []
    stream = Reading.stream

    def noted(self, *parts, **named):
        limits.append(self.plan.limit)
        return stream(self, *parts, **named)

    monkeypatch.setattr(Reading, "stream", noted)
    for address in (f"{ITEMS}?limit=10000", f"{WFS}&outputFormat=json&cql_filter=maat IS NULL", WFS):
        assert ask(address, method="HEAD").status_code == 200
    assert limits == [1, 1, 1]
