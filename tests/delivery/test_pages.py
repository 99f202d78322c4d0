"""The pages of the delivery in Debian's Chromium, by keyboard: a file, its report, the preview, publish and discard."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import picture, violations

from .conftest import Visitor, World, flat, station_of

pytestmark = pytest.mark.browser


@pytest.fixture
def bronhouder(open_page: Callable[..., Page], world: World) -> Iterator[Callable[..., Page]]:
    """Opens a page as the bronhouder PROEF, logged in by the form."""
    key = world.of("PROEF").key

    def opened(path: str, **options: Any) -> Page:
        page = open_page("/auth/login?to=aanlevering", **options)
        log_in(page, str(key))
        if path != "/aanlevering/":
            page.goto(world.url + path)
        return page

    yield opened


def log_in(page: Page, key: str) -> None:
    page.get_by_label("API-sleutel").fill(key)
    page.keyboard.press("Enter")
    page.wait_for_url("**/aanlevering/")


def file_of(folder: Path, message: Any) -> Path:
    path = folder / "bericht.json"
    path.write_text(message if isinstance(message, str) else json.dumps(message), encoding="utf-8")
    return path


def send(page: Page, file: Path) -> None:
    page.get_by_label("Bestand met een IMEV-bericht").set_input_files(file)
    page.get_by_label("Bestand met een IMEV-bericht").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def press(page: Page, name: str) -> None:
    """The button by its name, reached and pressed by the keyboard."""
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def table(page: Page) -> dict[str, list[str]]:
    """The numbers of each layer."""
    rows = page.get_by_role("row").all()[1:]
    return {
        row.locator("code").inner_text(): [cell.inner_text() for cell in row.get_by_role("cell").all()] for row in rows
    }


def test_file_is_judged_shown_and_published(
    bronhouder: Callable[..., Page], world: World, owner: Visitor, tmp_path: Path
) -> None:
    message = station_of("PROEF", "pagina-a")
    owner.post(message)
    del message["voertUit"][0]["heeft"][0]["resulteertIn"][1]
    page = bronhouder("/aanlevering/")
    send(page, file_of(tmp_path, message))
    expect(page).to_have_title(re.compile(f"Concept van {re.escape(flat(message))}"))
    expect(page.get_by_text("Dit vervangt registratie")).to_be_visible()
    assert table(page)["ev_pr10_6"] == ["0", "1", "0"] and table(page)["ev_brandaandachtsgebieden"] == ["0", "0", "1"]
    assert page.locator("figure path.beeindigd").count() > 0 and page.locator("figure path.gelijk").count() > 0
    image = page.get_by_role("img", name="Kaart van de plaats van het object")
    assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    assert violations(page) == []
    picture(page, "concept", full_page=True)
    press(page, "Publiceer")
    expect(page.get_by_role("status")).to_contain_text("Gepubliceerd op")
    expect(page.get_by_role("heading", name="Wat er in de openbare lagen is veranderd")).to_be_visible()
    assert page.get_by_role("button").count() == 0
    assert world.anybody.get(flat(message)).json == message
    assert flat(message) not in {row["id_locatie"] for row in world.anybody.features("ev_pr10_6")}


def test_file_with_errors_is_told_what_and_where(chrome: Browser, world: World, tmp_path: Path) -> None:
    message = station_of("PROEF", "pagina-b")
    del message["voertUit"][0]["entityType"]
    message["onzin"] = 1
    before = world.sql("SELECT count(*) FROM beheer.imev_concept")
    # not by way of open_page: Chromium notes a page that is refused as an error
    page = chrome.new_context(locale="nl-NL").new_page()
    page.goto(f"{world.url}/auth/login?to=aanlevering")
    log_in(page, str(world.of("PROEF").key))
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))
    send(page, file_of(tmp_path, message))
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Er is niets opgeslagen of veranderd")
    expect(told).to_contain_text("$.voertUit[0]")
    assert 400 in answers and violations(page) == []
    picture(page, "aanlevering-fouten", full_page=True)
    assert world.sql("SELECT count(*) FROM beheer.imev_concept") == before
    page.context.close()


def test_draft_is_shared_and_discarded(bronhouder: Callable[..., Page], world: World, tmp_path: Path) -> None:
    message = station_of("PROEF", "pagina-c")
    page = bronhouder("/aanlevering/")
    send(page, file_of(tmp_path, message))
    address = page.url
    page.get_by_label("Codes van organisaties").fill("ANDER, VR05")
    press(page, "Bewaar")
    expect(page.get_by_text("ANDER, VR05")).to_be_visible()
    assert page.url == address
    press(page, "Verwerp")
    page.wait_for_url("**/aanlevering/")
    assert page.get_by_role("link", name=flat(message)).count() == 0
    assert world.anybody.get(flat(message)).status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_pass_the_accessibility_rules_of_wcag(
    open_page: Callable[..., Page], bronhouder: Callable[..., Page], scheme: str
) -> None:
    found = {
        path: violations(open_page(path, color_scheme=scheme)) for path in ("/aanlevering/", "/aanlevering/?lang=en")
    }
    found["bronhouder"] = violations(bronhouder("/aanlevering/?lang=en", color_scheme=scheme))
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_page_of_a_draft_is_absent_for_others(world: World, owner: Visitor, other: Visitor) -> None:
    draft = owner.ask("/aanlevering/v1/concepten", "POST", station_of("PROEF", "pagina-d")).json["id"]
    path = f"/aanlevering/concepten/{draft}"
    assert owner.ask(path).status == 200 and flat(station_of("PROEF", "pagina-d")) in owner.ask(path).body.decode()
    absent = other.ask("/aanlevering/concepten/00000000-0000-4000-8000-000000000000")
    hidden = other.ask(path)
    assert hidden.status == absent.status == 404
    assert world.anybody.ask(path).status == 401
    assert "Concept van" not in hidden.body.decode() + world.anybody.ask(path).body.decode()
    for act in ("publiceren", "verwerpen", "delen"):
        assert other.ask(f"{path}/{act}", "POST", b"", Content_Type="application/x-www-form-urlencoded").status == 404
    assert owner.ask(path).status == 200


def test_form_without_the_token_of_its_session_does_nothing(
    bronhouder: Callable[..., Page], owner: Visitor, world: World
) -> None:
    message = station_of("PROEF", "pagina-e")
    draft = owner.ask("/aanlevering/v1/concepten", "POST", message).json["id"]
    page = bronhouder("/aanlevering/")
    answer = page.request.post(
        f"{world.url}/aanlevering/concepten/{draft}/publiceren", form={"csrf": "geraden"}, max_redirects=0
    )
    assert answer.status == 400 and "verlopen" in answer.text()
    assert world.anybody.get(flat(message)).status == 404


def test_another_site_cannot_use_what_a_browser_keeps(owner: Visitor, world: World) -> None:
    message = station_of("PROEF", "pagina-f")
    draft = owner.ask("/aanlevering/v1/concepten", "POST", message).json["id"]
    for path in (f"/aanlevering/concepten/{draft}/publiceren", f"/aanlevering/v1/concepten/{draft}/publiceren"):
        answer = owner.ask(path, "POST", Sec_Fetch_Site="cross-site")
        assert answer.status == 403 and "andere site" in answer.body.decode()
    assert world.anybody.get(flat(message)).status == 404
    assert (
        owner.ask(f"/aanlevering/v1/concepten/{draft}/publiceren", "POST", Sec_Fetch_Site="same-origin").status == 200
    )
