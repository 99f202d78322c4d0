"""The pages in Debian's Chromium on a real server: WCAG, the keyboard, the picture, and no other host.

``screenshots/`` keeps how they look, for people."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser import picture, violations
from tests.conftest import Town

from risicoatlas.access import keys

pytestmark = pytest.mark.browser
TELEPHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def pand(town: Town) -> str:
    """A published shop that is large, of the municipality of the key."""
    with town.database.loader() as connection:
        row = connection.execute(
            "SELECT id_pand_bag FROM publiek.kgl_public WHERE regel = 'basisvulling.winkel.2'"
            " AND publicatie_tot IS NULL AND gemeentecode = 'GM9901' ORDER BY 1 LIMIT 1"
        ).fetchone()
    assert row
    return str(row[0])


@pytest.fixture
def owner(open_page: Callable[..., Page], town: Town) -> Iterator[Callable[..., Page]]:
    """Opens a page as its municipality, logged in by the form."""
    with town.database.loader() as connection:
        key = keys.create(connection, "browser", "gemeente", None, ["GM9901"], None).key

    def opened(path: str, **options: Any) -> Page:
        page = open_page("/auth/login", **options)
        page.get_by_label("API-sleutel").fill(key)
        page.get_by_role("button", name="Inloggen").click()
        page.goto(page.url.partition("/auth")[0].rstrip("/") + path)
        page.wait_for_load_state("networkidle")
        return page

    yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_pass_the_accessibility_rules_of_wcag(
    open_page: Callable[..., Page],
    owner: Callable[..., Page],
    pand: str,
    scheme: str,
) -> None:
    building = f"/kgl/gebouwen/{pand}"
    paths = [
        building,
        f"{building}?lang=en",
        "/kgl/regels/",
        "/kgl/regels/basisvulling/woon",
        "/kgl/regels/bkl-vi/winkel",
    ]
    found = {path: violations(open_page(path, color_scheme=scheme)) for path in paths}
    found["owner"] = violations(owner(building, color_scheme=scheme))
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_the_map_opens_the_explanation_of_a_building(
    open_page: Callable[..., Page],
    pand: str,
) -> None:
    page = open_page(f"/viewer/#object=kgl_public/NL.IMEV.gm9901.{pand}")
    link = page.get_by_role("link", name="Lees de hele uitleg")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Gebouw {pand}")
    expect(page.locator("[data-outcome=decided]")).to_contain_text("basisvulling.winkel.2")


def test_the_picture_is_drawn_by_our_own_service_and_described(
    open_page: Callable[..., Page],
    pand: str,
) -> None:
    page = open_page(f"/kgl/gebouwen/{pand}")
    drawn = page.locator("figure img")
    assert drawn.evaluate("image => image.complete && image.naturalWidth") == 720
    assert pand in (drawn.get_attribute("alt") or "")
    outline = page.locator("figure path").bounding_box()
    frame = drawn.bounding_box()
    assert outline and frame
    middle = (outline["x"] + outline["width"] / 2, outline["y"] + outline["height"] / 2)
    assert abs(middle[0] - frame["x"] - frame["width"] / 2) < 3
    assert abs(middle[1] - frame["y"] - frame["height"] / 2) < 3
    picture(page, "building", full_page=True)


def test_a_page_can_be_read_and_left_by_the_keyboard(
    open_page: Callable[..., Page],
    pand: str,
) -> None:
    page = open_page(f"/kgl/gebouwen/{pand}")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("main a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Winkelfunctie")
    assert page.url.endswith("/kgl/regels/basisvulling/winkel#basisvulling.winkel.2")
    expect(page.locator("[id='basisvulling.winkel.2']")).to_be_in_viewport()


def test_the_owner_opens_and_closes_a_function_by_the_keyboard(owner: Callable[..., Page], pand: str) -> None:
    page = owner(f"/kgl/gebouwen/{pand}")
    told = page.locator(".dossier details").first
    summary = told.locator("summary")
    assert told.evaluate("one => one.open")
    summary.focus()
    page.keyboard.press("Enter")
    assert not told.evaluate("one => one.open")
    page.keyboard.press("Space")
    expect(told.locator("ol.way > li").first).to_be_visible()
    picture(page, "building-owner", full_page=True)


@pytest.mark.parametrize("path", ["/kgl/gebouwen/{pand}", "/kgl/regels/", "/kgl/regels/basisvulling/woon"])
def test_pages_fit_a_telephone(open_page: Callable[..., Page], pand: str, path: str) -> None:
    page = open_page(path.format(pand=pand), viewport=TELEPHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    picture(page, f"kgl-telephone-{path.strip('/').split('/')[-1].strip('{}')}", full_page=True)


def test_the_drawing_of_the_rules_is_one_picture_with_a_name(open_page: Callable[..., Page]) -> None:
    page = open_page("/kgl/regels/basisvulling/woon")
    expect(page.get_by_role("img", name="Stroomschema van Woonfunctie")).to_be_visible()
    for box in page.locator("svg.diagram rect").all():
        line = box.locator("xpath=following-sibling::*[local-name()='text'][1]")
        outer, inner = box.bounding_box(), line.bounding_box()
        assert outer and inner and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    picture(page, "rules", full_page=True)
