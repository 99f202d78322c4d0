"""The pages of the OGC API on the sample town: two languages, what they tell of a layer, and how they are built."""

import re
from collections.abc import Callable
from importlib import resources
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html
from werkzeug.test import Client, TestResponse

from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.features import standing
from risicoatlas.providers import html as pages
from risicoatlas.providers import ogcapi, openapi
from risicoatlas.service import Service

Ask = Callable[..., TestResponse]
KGL = "/collections/kgl_public"
PATHS = [
    "/", "/conformance", "/openapi", "/functions", "/collections", KGL, f"{KGL}/queryables", f"{KGL}/schema",
    f"{KGL}/items?limit=3", f"{KGL}/items?filter=gemeentecode='GM9902'",
]  # fmt: skip
ITEM = "{item}"


@pytest.fixture
def ask(town_service: Service) -> Ask:
    client = Client(ogcapi.create(town_service))

    def sent(path: str, **options: Any) -> TestResponse:
        token = actors.bind(ANONYMOUS)
        try:
            if path == ITEM:
                path = f"{KGL}/items/{client.get(f'{KGL}/items?limit=1').json['features'][0]['id']}"
            return client.open(path, buffered=True, **options)
        finally:
            actors.unbind(token)

    return sent


def page(ask: Ask, path: str, language: str | None = None, **headers: str) -> html.HtmlElement:
    if path == ITEM:
        answer = ask(path, headers={"Accept": "text/html", **headers})
    else:
        asked = f"&lang={language}" if language else ""
        answer = ask(f"{path}{'&' if '?' in path else '?'}f=html{asked}", headers=headers)
    assert answer.status_code == 200, answer.text
    return html.document_fromstring(answer.text)


def words(found: html.HtmlElement) -> str:
    return " ".join(found.find("body").text_content().split())


def dutch(number: int | None) -> str:
    return f"{number:,}".replace(",", ".")


class TestEveryPage:
    @pytest.mark.parametrize("path", [*PATHS, ITEM])
    def test_has_a_language_a_title_landmarks_and_one_first_heading(self, ask, path):
        found = page(ask, path)
        assert found.get("lang") == "nl"
        assert found.findtext(".//title").endswith(" – RisicoAtlas")
        assert [len(found.xpath(f"//{name}")) for name in ("header", "main", "h1")] == [1, 1, 1]
        assert found.xpath("//nav/@aria-label")
        assert found.xpath("//body/a[1]/@href") == ["#content"]

    @pytest.mark.parametrize("path", [*PATHS, ITEM])
    def test_heads_of_tables_say_what_they_head_and_ids_are_given_once(self, ask, path):
        found = page(ask, path)
        assert [item for item in found.iter("th") if item.get("scope") not in {"col", "row", "rowgroup"}] == []
        ids = found.xpath("//@id")
        assert len(ids) == len(set(ids))
        assert set(found.xpath("//@aria-labelledby")) <= set(ids)
        levels = [int(item.tag[1]) for item in found.iter("h1", "h2", "h3")]
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))

    @pytest.mark.parametrize("path", [*PATHS, ITEM])
    def test_loads_nothing_from_elsewhere_and_has_no_code_of_its_own(self, ask, town_service, path):
        found = page(ask, path)
        loaded = found.xpath("//@src | //link/@href")
        assert {urlsplit(address).netloc for address in loaded} == {urlsplit(town_service.settings.public_url).netloc}
        assert found.xpath("//style | //@style | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []

    @pytest.mark.parametrize("path", PATHS)
    def test_is_english_for_who_asks_and_links_keep_it(self, ask, town_service, path):
        found = page(ask, path, "en")
        assert found.get("lang") == "en"
        own = [link for link in found.xpath("//main//a/@href") if "/ogc/v1/" in link and "f=html" in link]
        assert [link for link in own if parse_qs(urlsplit(link).query).get("lang") != ["en"]] == []
        (other,) = found.xpath("//nav//a[@hreflang]")
        assert (other.get("hreflang"), parse_qs(urlsplit(other.get("href")).query)["lang"]) == ("nl", ["nl"])

    def test_follows_the_browser_where_the_address_says_nothing(self, ask):
        assert page(ask, KGL, **{"Accept-Language": "en-GB,en;q=0.9"}).get("lang") == "en"
        assert page(ask, KGL, **{"Accept-Language": "fr"}).get("lang") == "nl"
        assert "lang=" not in page(ask, KGL).xpath("//nav//a/@href")[1]

    def test_other_language_keeps_the_query(self, ask):
        (other,) = page(ask, f"{KGL}/items?limit=3&sortby=-id_pand_bag").xpath("//nav//a[@hreflang]/@href")
        assert parse_qs(urlsplit(other).query) == {
            "limit": ["3"], "sortby": ["-id_pand_bag"], "f": ["html"], "lang": ["en"],
        }  # fmt: skip

    def test_every_word_is_there_in_both_languages_and_used(self):
        folder = resources.files("risicoatlas.providers") / "templates"
        used = {
            name
            for file in folder.iterdir()
            for name in re.findall(r"""word\(["'](\w+)["']""", file.read_text(encoding="utf-8"))
        }
        assert all(set(text) == {"nl", "en"} for text in pages.words().values())
        assert used <= set(pages.words())
        assert set(pages.words()) - used <= {"as_geojson", "service_paths"}


class TestWhatIsTold:
    def test_collection_tells_count_publication_dates_terms_and_coverage(self, ask, town_service):
        state = standing.published(town_service)["kgl_public"]
        told = words(page(ask, KGL))
        assert f"Aantal objecten {dutch(state.count)}" in told
        assert f"Publicatie {state.publication}, gemaakt op" in told
        assert "Stand van de bron BAG 15 oktober 2026" in told
        assert "Stand van de bron BRT" in told
        assert "BRT niet geladen" not in told
        assert "CC0 1.0" in told
        assert "Gemeenten met objecten" in told
        assert told.index("GM9902") < told.index("Gemeenten met objecten") < told.index("GM9901")

    def test_collection_has_addresses_to_copy(self, ask, town_service):
        url = town_service.settings.public_url
        copied = page(ask, KGL).xpath("//ul[@class='addresses']//code/text()")
        assert copied[0] == f"{url}{'/ogc/v1'}{KGL}/items?f=json"
        assert f"{url}/wfs?service=WFS&request=GetCapabilities" in copied
        assert len(copied) == 5

    def test_collection_as_json_tells_the_same(self, ask, town_service):
        state = standing.published(town_service)["kgl_public"]
        found = ask(KGL).json
        assert (found["aantal"], found["publicatie"]) == (state.count, state.publication)
        assert found["bronnen"][0]["naam"] == "BAG"
        assert found["bronnen"][0]["stand"] == "2026-10-15"
        assert next(item for item in found["bronnen"] if item["bron"] == "brt")["geladen"] is not None
        assert [item["code"] for item in found["dekking"]["gemeenten"]] == ["GM9901", "GM9903"]
        assert [item["code"] for item in found["dekking"]["nietGepubliceerd"]] == ["GM9902"]
        assert "stand BAG 2026-10-15" in found["keywords"]
        rels = [(link["rel"], link["type"]) for link in found["links"]]
        assert ("license", "text/html") in rels
        assert ("describedby", "application/vnd.iso.19139+xml") in rels
        assert ("describedby", "application/ld+json") in rels

    def test_list_of_collections_counts_what_a_collection_names(self, ask):
        found = {item["id"]: item for item in ask("/collections").json["collections"]}
        assert found["kgl_public"]["dekking"] == {"gemeenten": 2, "nietGepubliceerd": 1}
        assert "nietGepubliceerd" not in found["gemeenten"]["dekking"]
        assert found["gemeenten"]["dekking"]["gemeenten"] == 3

    def test_empty_page_says_what_was_searched_and_of_whom_nothing_is_known(self, ask, town_service):
        state = standing.published(town_service)["kgl_public"]
        told = words(page(ask, f"{KGL}/items?filter=gemeentecode='GM9902'"))
        assert f"Geen objecten gevonden. Gezocht in {dutch(state.count)} objecten." in told
        assert "Van deze gemeenten is niets gepubliceerd." in told
        assert "GM9902" in told
        english = words(page(ask, f"{KGL}/items?filter=gemeentecode='GM9902'", "en"))
        assert "Nothing of these municipalities is published." in english

    def test_definition_is_readable_without_scripts(self, ask, town_service):
        found = page(ask, "/openapi")
        assert found.xpath("//script") == []
        paths = set(ask("/openapi").json["paths"])
        assert set(found.xpath("//table//th[@scope='row']/code/text()")) >= paths
        titles = {layer.title.nl for layer in town_service.catalogue if not layer.restricted}
        assert titles <= set(found.xpath("//h2/text()"))


class TestDesignRules:
    @pytest.mark.parametrize(
        ("path", "status"), [("/", 200), (f"{KGL}/items?limit=1", 200), ("/nergens", 404), (f"{KGL}/items?x=1", 400)]
    )
    def test_every_answer_names_the_version_of_the_api(self, ask, path, status):
        answer = ask(path)
        assert (answer.status_code, answer.headers["API-Version"]) == (status, openapi.VERSION)

    def test_version_is_that_of_the_definition(self, ask):
        assert ask("/openapi").json["info"]["version"] == openapi.VERSION

    def test_definition_lies_where_the_rules_say(self, ask):
        answer = ask("/openapi.json", headers={"Accept": "text/html"})
        assert answer.headers["Content-Type"].startswith("application/vnd.oai.openapi+json")
        assert answer.json == ask("/openapi?f=json").json

    @pytest.mark.parametrize("path", ["/collections", KGL, f"{KGL}/items", "/conformance"])
    def test_slash_at_the_end_changes_nothing(self, ask, path):
        plain, slashed = ask(path), ask(f"{path}/")
        assert slashed.status_code == plain.status_code == 200
        assert slashed.json.keys() == plain.json.keys()

    @pytest.mark.parametrize(("path", "method", "status"), [("/x", "GET", 404), ("/", "POST", 405), (KGL, "PUT", 405)])
    def test_every_error_is_a_problem(self, ask, path, method, status):
        answer = ask(path, method=method)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert {"title", "status", "detail"} <= set(answer.json)
