"""The start page, the messages and the files of the map, behind the real door on an empty but migrated database."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from risicoatlas.access.actor import Actor
from risicoatlas.access.keys import NewKey
from risicoatlas.database import Database
from risicoatlas.features import standing
from risicoatlas.service import Service
from risicoatlas.web import language, pages

from .conftest import Login, browser, document, words

PAGES = ["/", "/?lang=en", "/auth/login", "/nergens", "/viewer/"]


@pytest.fixture
def restricted_titles(town_service: Service) -> list[str]:
    hidden = [layer for layer in town_service.catalogue if layer.restricted]
    assert hidden, "the catalogue has no restricted layer to hide"
    return [text for layer in hidden for text in (layer.name, layer.title.nl, layer.title.en)]


def test_start_page_lists_every_public_layer(visitor: Client, town_service: Service) -> None:
    listed = document(visitor.get("/")).xpath("//table//th[@scope='row']/code/text()")
    assert sorted(listed) == sorted(layer.name for layer in town_service.catalogue if not layer.restricted)


@pytest.mark.parametrize("path", [*PAGES, "/viewer/layers.json"])
def test_no_page_names_a_restricted_layer_to_anonymous(
    visitor: Client, restricted_titles: list[str], path: str
) -> None:
    text = visitor.get(path).text
    assert [title for title in restricted_titles if title in text] == []


def test_start_page_tells_anonymous_that_some_layers_want_a_login(visitor: Client) -> None:
    assert "Sommige lagen vragen een login." in words(visitor.get("/"))


def test_start_page_lists_the_restricted_layer_for_its_reader(newcomer: Client, new_key: Callable[[], NewKey]) -> None:
    assert Login(newcomer).send(new_key().key).status_code == 303
    listed = document(newcomer.get("/")).xpath("//table//th[@scope='row']/code/text()")
    assert "risicolocaties" in listed
    assert "Sommige lagen vragen een login." not in words(newcomer.get("/"))


def test_start_page_gives_the_counts_that_the_publication_stored(visitor: Client, town: Any) -> None:
    with town.database.loader() as connection:
        stored = dict(connection.execute("SELECT laag, aantal FROM publiek.laag_stand").fetchall())
    rows = document(visitor.get("/")).xpath("//tr[th[@scope='row']]")
    shown = {row.xpath("th/code/text()")[0]: int(row.xpath("td[1]/text()")[0].replace(".", "")) for row in rows}
    assert shown == stored
    assert shown["kgl_public"] > 0


def test_reader_is_told_count_and_extent_of_the_rows_of_its_own_areas_only(town_service: Service, town: Any) -> None:
    layer = town_service.catalogue.get("risicolocaties")
    with town.database.loader() as connection:
        connection.execute("SELECT set_config('risicoatlas.areas', '*', false)")
        held = dict(
            connection.execute(
                "SELECT gemeentecode, count(*) FROM besloten.risicolocaties WHERE publicatie_tot IS NULL GROUP BY 1"
            ).fetchall()
        )
    told = {area: standing.of(town_service, Actor("gemeente", areas=(area,)), [layer])[layer.name] for area in held}
    assert len(held) == 2
    assert {area: state.count for area, state in told.items()} == held
    assert len({state.rd_extent for state in told.values()}) == 2
    nobodys = standing.of(town_service, Actor("gemeente", areas=("44021",)), [layer])[layer.name]
    assert (nobodys.count, nobodys.rd_extent) == (0, None)


def test_start_page_says_that_nothing_is_published_yet(newcomer: Client) -> None:
    assert "Er is nog niets gepubliceerd." in words(newcomer.get("/"))


def test_start_page_shows_count_and_dates_of_a_publication(newcomer: Client, database: Database) -> None:
    with database.loader() as connection:
        connection.execute("INSERT INTO publiek.publicatie (nummer, gemaakt_op) VALUES (1234, '2026-11-02 13:05+00')")
        connection.execute(
            "INSERT INTO publiek.laag_stand (laag, publicatie, aantal, brondatum, laatst_geladen, bronnen, gemeenten)"
            " VALUES ('ev_activiteiten', 1234, 6480, '2026-10-15', '2026-07-01 22:30+00',"
            ' \'[{"bron": "imev", "stand": "2026-10-15", "geladen": "2026-07-01T22:30:00+00:00"},'
            ' {"bron": "kvk", "stand": null, "geladen": null}]\', \'[{"code": "GM9901", "naam": null}]\')'
        )
        connection.commit()
    dutch, english = words(newcomer.get("/")), words(newcomer.get("/?lang=en"))
    assert "Publicatie 1.234, gemaakt op 2 november 2026, 14:05." in dutch
    assert "6.480 2 juli 2026, 00:30 REV (IMEV-berichten) 15 oktober 2026KvK niet geladen 1" in dutch
    assert "Publication 1,234, made on 2 November 2026, 14:05." in english
    assert "6,480 2 July 2026, 00:30 REV (IMEV messages) 15 October 2026KvK not loaded 1" in english


@pytest.mark.parametrize(
    ("path", "header", "code"),
    [
        ("/", None, "nl"),
        ("/", "en-GB,en;q=0.9,nl;q=0.5", "en"),
        ("/", "nl-NL,nl;q=0.9,en;q=0.5", "nl"),
        ("/", "fr-FR,fr;q=0.9", "nl"),
        ("/?lang=en", "nl", "en"),
        ("/?lang=nl", "en", "nl"),
        ("/?lang=xx", None, "nl"),
    ],
)
def test_language_is_dutch_unless_english_is_asked_for(
    visitor: Client, path: str, header: str | None, code: str
) -> None:
    answer = visitor.get(path, headers={"Accept-Language": header} if header else {})
    assert document(answer).get("lang") == code
    assert "Accept-Language" in answer.headers["Vary"]


def test_links_keep_a_language_that_the_address_asked_for(visitor: Client) -> None:
    assert document(visitor.get("/?lang=en")).xpath("//nav//a/@href")[1] == "/viewer/?lang=en"
    assert document(visitor.get("/")).xpath("//nav//a/@href")[1] == "/viewer/"


@pytest.mark.parametrize("path", PAGES)
def test_page_lets_only_its_own_files_in(visitor: Client, path: str) -> None:
    answer = visitor.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_inline_code_and_loads_nothing_from_elsewhere(visitor: Client, path: str) -> None:
    page = document(visitor.get(path))
    assert page.xpath("//style | //@style | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []
    loaded = page.xpath("//@src | //link/@href | //form/@action")
    assert [address for address in loaded if urlsplit(address).netloc] == []


@pytest.mark.parametrize("path", ["/", "/auth/login", "/nergens"])
def test_page_has_landmarks_a_title_and_one_first_heading(visitor: Client, path: str) -> None:
    page = document(visitor.get(path))
    assert [len(page.xpath(f"//{name}")) for name in ("header", "main", "nav", "h1")] == [1, 1, 1, 1]
    assert page.xpath("//title/text()")[0].endswith(" – RisicoAtlas")
    assert page.xpath("//body/a[1]/@href") == ["#content"]
    assert page.xpath("//main/@id") == ["content"]
    assert page.xpath("//nav/@aria-label")


def test_service_addresses_come_from_the_settings_never_from_the_host_header(town_service: Service) -> None:
    client = browser(town_service, public_url="https://atlas.example.nl/risico")
    answer = client.get("/", headers={"Host": "evil.example"})
    assert document(answer).xpath("//ul[@class='addresses']//code/text()") == [
        "https://atlas.example.nl/risico/ogc/v1/",
        "https://atlas.example.nl/risico/wfs",
        "https://atlas.example.nl/risico/wms",
        "https://atlas.example.nl/risico/wmts/1.0.0/WMTSCapabilities.xml",
    ]
    assert "evil.example" not in answer.text
    assert document(answer).xpath("//link[@rel='stylesheet']/@href") == ["/risico/static/page.css"]


def test_unknown_address_gives_a_readable_404(visitor: Client) -> None:
    answer = visitor.get("/nergens")
    assert answer.status_code == 404
    assert "Deze pagina bestaat niet" in words(answer)


@pytest.mark.parametrize(
    "path", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/viewer/../../pages.py", "/viewer//etc/passwd"]
)
def test_files_outside_the_static_folders_are_not_served(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_map_without_its_last_slash_is_found_whatever_the_host_header_says(
    visitor: Client, town_service: Service
) -> None:
    answer = visitor.get("/viewer", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{town_service.settings.public_url}/viewer/")


def test_database_that_went_away_gives_a_503_without_its_words(empty_service: Service) -> None:
    client = browser(empty_service)
    empty_service.pool.close()
    answer = client.get("/")
    assert answer.status_code == 503
    assert "psycopg" not in answer.text
    assert "Even niet bereikbaar" in words(answer)


def test_map_that_is_not_built_gives_a_503_with_the_command(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "VIEWER", tmp_path)
    answer = visitor.get("/viewer/")
    assert answer.status_code == 503
    assert pages.BUILD_COMMAND in words(answer)


@pytest.fixture
def built_map(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>kaart</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    monkeypatch.setattr(pages, "VIEWER", tmp_path)
    yield tmp_path


@pytest.mark.usefixtures("built_map")
def test_files_of_the_map_are_kept_for_long_and_its_page_is_not(visitor: Client) -> None:
    page, script = visitor.get("/viewer/"), visitor.get("/viewer/assets/index-abc.js")
    assert (page.status_code, script.status_code) == (200, 200)
    assert page.headers["Cache-Control"] == "no-store"
    assert "immutable" in script.headers["Cache-Control"]
    assert page.headers["Content-Security-Policy"] == pages.CONTENT_SECURITY_POLICY


def test_map_is_told_the_groups_and_the_titles_of_fields_in_both_languages(
    visitor: Client, town_service: Service
) -> None:
    told = json.loads(visitor.get("/viewer/layers.json").text)
    public = {layer.name for layer in town_service.catalogue if not layer.restricted}
    assert told["anonymous"] is True
    assert {name for group in told["groups"] for name in group["layers"]} == public
    assert set(told["layers"]) == public
    first = told["layers"]["ev_activiteiten"]["fields"][0]
    assert first == {"name": "identificatie", "type": "text", "title": {"nl": "Identificatie", "en": "Identifier"}}


def test_map_of_a_reader_is_told_of_the_restricted_layer(newcomer: Client, new_key: Callable[[], NewKey]) -> None:
    Login(newcomer).send(new_key().key)
    answer = newcomer.get("/viewer/layers.json")
    assert "risicolocaties" in json.loads(answer.text)["layers"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_every_text_is_there_in_both_languages_with_the_same_places_to_fill_in() -> None:
    for name, text in language.load_texts().items():
        assert set(text) == set(language.LANGUAGES), name
        assert len({isinstance(value, list) and len(value) for value in text.values()}) == 1, name
        assert (
            len(
                {
                    tuple(
                        sorted(
                            part
                            for part in ("{number}", "{moment}", "{name}", "{role}", "{request_id}")
                            if part in str(value)
                        )
                    )
                    for value in text.values()
                }
            )
            == 1
        ), name
