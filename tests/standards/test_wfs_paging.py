"""WFS 2.0, assertions 81 to 89: pages and the addresses that lead from one to the next (OGC 09-025r2, 7.7.4)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.integration.conftest import ask
from tests.standards.bindings import GET, Binding
from tests.standards.test_wfs_capabilities import constraints
from tests.standards.test_wfs_filters import between, equal, fes
from tests.wfs.conftest import Client, Reply

ROWS = 403


def follow(client: Client, reply: Reply, link: str = "next") -> Reply | None:
    """The page behind a link, fetched by its address alone."""
    address = reply.xml.get(link)
    return client.query(urlsplit(address).query) if address else None


def pages(client: Client, first: Reply) -> list[Reply]:
    found = [first]
    while following := follow(client, found[-1]):
        assert following.status == 200, following.body
        found.append(following)
        assert len(found) <= 500
    return found


def test_wfs_081_hits_of_a_page_point_to_the_page(town_wfs: Client, layer: str, binding: Binding):
    hits = binding(town_wfs, "GetFeature", typeNames=layer, count=1, resultType="hits")
    assert hits.xml.get("numberReturned") == "0"
    assert hits.xml.get("previous") is None
    page = follow(town_wfs, hits)
    assert page is not None
    assert page.ids == GET(town_wfs, "GetFeature", typeNames=layer, count=1).ids


def test_wfs_082_next_and_previous_are_plain_addresses(town_wfs: Client, client: Client, layer: str, binding: Binding):
    first = binding(town_wfs, "GetFeature", typeNames=layer, count=1)
    second = follow(town_wfs, first)
    assert second is not None
    assert len(first.ids) == len(second.ids) == 1 and first.ids != second.ids
    before = follow(town_wfs, second, "previous")
    assert before is not None
    assert before.ids == first.ids
    # all that was asked goes along
    sent = {"filter": fes(between("aantal", 5, 20)), "sortBy": "aantal DESC", "srsName": "urn:ogc:def:crs:EPSG::4326"}
    asked = binding(client, "GetFeature", typeNames="rev_public:proef", propertyName="aantal", count=4, **sent)
    following = follow(client, asked)
    assert following is not None
    assert following.texts(".//p:aantal") == ["16", "15", "14", "13"]
    assert {item.get("srsName") for item in following.xml.iter() if item.get("srsName")} <= {sent["srsName"]}


def test_wfs_082_links_work_over_http_with_nothing_but_the_address(server):
    first = ask(f"{server.url}/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=gemeenten&count=1")
    page = Reply(first.status, dict(first.headers), first.body)
    second = ask(page.xml.get("next"), Accept="application/xml")
    again = ask(Reply(200, {}, second.body).xml.get("previous"), Accept="application/xml")
    assert Reply(200, {}, again.body).ids == page.ids != []


def test_wfs_083_transaction_safety_of_pages_is_declared_as_it_is(client: Client):
    # An insert between two pages is tried by the tests of harvesting; here: what is declared has one of the two values.
    assert constraints(client.get(request="GetCapabilities"))["PagingIsTransactionSafe"] in {"TRUE", "FALSE"}


def test_wfs_084_a_time_within_which_pages_stay_is_a_number_if_it_is_declared(client: Client):
    declared = constraints(client.get(request="GetCapabilities")).get("ResponseCacheTimeout")
    assert declared is None or int(declared) > 0


def test_wfs_085_the_last_page_has_no_next_and_the_first_no_previous(client: Client, binding: Binding):
    found = pages(client, binding(client, "GetFeature", typeNames="rev_public:proef", count=100))
    assert [bool(page.xml.get("next")) for page in found] == [True, True, True, True, False]
    assert [bool(page.xml.get("previous")) for page in found] == [False, True, True, True, True]
    whole = binding(client, "GetFeature", typeNames="rev_public:proef", count=ROWS)
    assert whole.xml.get("next") is None and whole.xml.get("previous") is None


@pytest.mark.parametrize("order", ["", "soort", "soort DESC", "ja,soort", "naam", "maat DESC"])
def test_wfs_086_pages_neither_overlap_nor_miss(client: Client, order: str):
    sent = {"sortBy": order} if order else {}
    every = GET(client, "GetFeature", typeNames="proef", **sent).ids
    first = GET(client, "GetFeature", typeNames="proef", count=31, **sent)
    found = [key for page in pages(client, first) for key in page.ids]
    assert found == every
    assert len(set(found)) == ROWS


def test_wfs_086_pages_of_seven_over_a_filter_are_the_whole(client: Client, binding: Binding):
    sent = {"typeNames": "rev_public:proef", "filter": fes(equal("soort", "a"))}
    found = [key for page in pages(client, binding(client, "GetFeature", count=7, **sent)) for key in page.ids]
    assert found == binding(client, "GetFeature", **sent).ids
    assert len(found) == len(set(found)) == 133


def test_wfs_087_only_the_last_page_is_short(client: Client, town_wfs: Client, layer: str):
    sizes = [len(page.ids) for page in pages(client, GET(client, "GetFeature", typeNames="proef", count=50))]
    assert sizes == [50] * 8 + [3]
    town = [len(page.ids) for page in pages(town_wfs, GET(town_wfs, "GetFeature", typeNames=layer, count=1000))]
    assert all(size == 1000 for size in town[:-1]) and town[-1] > 0


def test_wfs_088_an_index_past_the_end_gives_an_empty_answer(town_wfs: Client, layer: str, binding: Binding):
    reply = binding(town_wfs, "GetFeature", typeNames=layer, startIndex=100_000, count=10)
    assert (reply.status, reply.ids) == (200, [])
    assert reply.xml.get("next") is None
    assert reply.xml.get("numberReturned") == "0"


def test_wfs_089_no_answer_is_cut_without_a_word(client: Client, town_wfs: Client, layer: str, binding: Binding):
    reply = binding(town_wfs, "GetFeature", typeNames=layer)
    assert str(len(reply.ids)) == reply.xml.get("numberMatched") == reply.xml.get("numberReturned")
    assert reply.xml.get("next") is None
    beyond = binding(client, "GetFeature", typeNames="proef", count=10**12)
    if beyond.status == 200:
        assert len(beyond.ids) == ROWS
    else:
        assert any(part.isdigit() for part in beyond.refused("InvalidParameterValue", "count").split())


def test_wfs_089_a_link_repeats_no_credential(client: Client):
    reply = client.get(request="GetFeature", version="2.0.0", typeNames="proef", count=1, api_key="secret")
    assert "api_key" not in parse_qs(urlsplit(reply.xml.get("next")).query)
