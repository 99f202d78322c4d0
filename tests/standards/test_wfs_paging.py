"""WFS 2.0, assertions 81 to 89: pages and the addresses that lead from one to the next (OGC 09-025r2, 7.7.4)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import Town
from tests.integration.conftest import ask
from tests.standards.bindings import GET, Binding
from tests.standards.conftest import MUNICIPALITY
from tests.standards.test_wfs_capabilities import constraints
from tests.standards.test_wfs_filters import between, equal, fes
from tests.wfs.conftest import Client, Reply

from risicoatlas.app import make_service
from risicoatlas.wfs import service as wfs

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


# Between two pages the last object ends and another comes in its place, in a new publication.
PUBLISHED = """
WITH nieuw AS (INSERT INTO publiek.publicatie (nummer, lagen)
  SELECT max(nummer) + 1, '{kgl_public}' FROM publiek.publicatie RETURNING nummer),
laatste AS (SELECT * FROM publiek.kgl_public WHERE publicatie_tot IS NULL ORDER BY volgnummer DESC LIMIT 1),
eind AS (UPDATE publiek.kgl_public AS k SET publicatie_tot = nieuw.nummer FROM nieuw, laatste
  WHERE k.volgnummer = laatste.volgnummer),
stand AS (UPDATE publiek.laag_stand SET publicatie = nieuw.nummer FROM nieuw WHERE laag = 'kgl_public')
INSERT INTO publiek.kgl_public (volgnummer, identificatie, naam, publicatie, rij_hash)
  SELECT laatste.volgnummer + 1, 'NL.NIEUW', 'nieuw', nieuw.nummer, gen_random_uuid() FROM nieuw, laatste
"""


def test_wfs_083_what_is_published_between_two_pages_does_not_change_them(town_copy: Town):
    service = make_service(town_copy.settings, town_copy.database)
    service.pool.open(wait=True)
    try:
        client = Client(wfs.create(service), MUNICIPALITY)
        declared = constraints(client.get(request="GetCapabilities"))["PagingIsTransactionSafe"]
        before = GET(client, "GetFeature", typeNames="kgl_public").ids
        first = GET(client, "GetFeature", typeNames="kgl_public", count=len(before) // 3)
        with town_copy.database.loader() as connection:
            connection.execute(PUBLISHED)
        found = [key for page in pages(client, first) for key in page.ids]
        after = GET(client, "GetFeature", typeNames="kgl_public").ids
    finally:
        service.pool.close()
    assert after == [*before[:-1], "kgl_public.NL.NIEUW"]
    assert declared == "TRUE"
    assert found == before


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
