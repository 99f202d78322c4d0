"""The start page and the map in Debian's Chromium, on a real `risicoatlas serve` of the sample town.

Every test also holds that the browser reports no error and asks no other host for anything. Screenshots are kept in
``screenshots/`` (not in git) for people to look at.
"""

import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser import picture, violations

from risicoatlas.access import keys

pytestmark = pytest.mark.browser

RD = "http://www.opengis.net/def/crs/EPSG/0/28992"
ZOOM = 13
# WCAG 2.5.8 asks 24; what lies on the map is hit with a thumb
TARGET_PX, MAP_TARGET_PX = 24, 32


def _items(server: Any, layer: str, **parameters: str) -> dict[str, Any]:
    query = urlencode({"f": "json", "crs": RD, **parameters})
    with urllib.request.urlopen(f"{server.url}/ogc/v1/collections/{layer}/items?{query}") as answer:
        return json.load(answer)


def _item(server: Any, layer: str, key: str) -> dict[str, Any]:
    query = urlencode({"f": "json", "crs": RD})
    with urllib.request.urlopen(f"{server.url}/ogc/v1/collections/{layer}/items/{key}?{query}") as answer:
        return json.load(answer)


@pytest.fixture
def building(server: Any) -> dict[str, Any]:
    """A building with the label kwetsbaar."""
    return _items(server, "kgl_public", filter="categorie_kwetsbaarheid='kwetsbaar'", limit="1")["features"][0]


def _inside(feature: dict[str, Any]) -> tuple[float, float]:
    """A place inside a feature, EPSG:28992."""
    from shapely.geometry import shape

    point = shape(feature["geometry"]).representative_point()
    return point.x, point.y


def _map_at(place: tuple[float, float], *layers: str) -> str:
    return f"/viewer/#z={ZOOM}&x={place[0]}&y={place[1]}&layers={','.join(layers)}"


def _click_middle(page: Page) -> None:
    box = page.locator("#map").bounding_box()
    assert box
    # half a pixel of the middle is lost in rounding the address to metres: a building is larger
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _settle(page: Page) -> None:
    """Wait until the page has asked for nothing more during half a second."""
    page.evaluate(
        """async () => {
          const asked = () => performance.getEntriesByType("resource").length;
          for (let before = -1; before !== asked();) {
            before = asked();
            await new Promise((resolve) => setTimeout(resolve, 500));
          }
        }"""
    )


def test_start_page_leads_to_the_map(open_page: Callable[..., Page], server: Any) -> None:
    page = open_page("/")
    listed = page.locator("th[scope=row] code").all_inner_texts()
    counted = page.locator("tr:has(th[scope=row] code:text-is('kgl_public')) td").first.inner_text()
    assert "kgl_public" in listed
    assert int(counted.replace(".", "")) == _items(server, "kgl_public", limit="1")["numberMatched"]
    picture(page, "start", full_page=True)
    page.get_by_role("link", name="Open de kaart").click()
    _settle(page)
    assert page.locator("#layer-kgl_public").is_checked()


def test_address_of_a_service_can_be_copied(open_page: Callable[..., Page], server: Any) -> None:
    page = open_page("/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Kopieer het adres van WFS").click()
    expect(page.locator("#copy-status")).to_have_text("Gekopieerd")
    assert page.evaluate("navigator.clipboard.readText()") == f"{server.url}/wfs"


def test_map_shows_the_town_its_layers_and_their_legend(open_page: Callable[..., Page], server: Any) -> None:
    page = open_page("/viewer/")
    layers = page.locator(".layers input[type=checkbox]").evaluate_all("boxes => boxes.map(box => box.id.slice(6))")
    with urllib.request.urlopen(f"{server.url}/ogc/v1/collections?f=json") as answer:
        assert sorted(layers) == sorted(item["id"] for item in json.load(answer)["collections"])
    legend = page.get_by_role("list", name="Legenda van Kwetsbare gebouwen").locator("li").all_inner_texts()
    assert [words for words in legend if "wetsbaar" in words]
    assert page.locator(".legend svg").count() >= len(legend)
    picture(page, "map")


def test_tiles_of_the_town_are_drawn(open_page: Callable[..., Page], building: dict[str, Any]) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public"))
    box = page.locator("#map").bounding_box()
    assert box
    middle = {
        "x": box["x"] + box["width"] / 2 - 60,
        "y": box["y"] + box["height"] / 2 - 60,
        "width": 120,
        "height": 120,
    }
    drawn = page.screenshot(clip=middle)
    page.locator("#layer-kgl_public").uncheck()
    page.wait_for_timeout(500)
    assert page.screenshot(clip=middle) != drawn


def test_click_on_a_building_gives_the_reason_of_its_label(
    open_page: Callable[..., Page], building: dict[str, Any]
) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public", "gemeenten"))
    _click_middle(page)
    told = page.locator(".explanation")
    expect(told.locator(".verdict")).to_have_text("Kwetsbaar gebouw")
    expect(told.locator(".reason")).to_have_text(building["properties"]["reden"])
    expect(told).to_contain_text(building["properties"]["regel"])
    expect(told).to_contain_text(building["properties"]["artikel"])
    _settle(page)
    picture(page, "reason")
    page.keyboard.press("Escape")
    expect(page.locator(".details-side")).to_be_hidden()
    expect(page.locator("#map")).to_be_focused()


def test_reason_is_told_in_english_too(open_page: Callable[..., Page], building: dict[str, Any]) -> None:
    page = open_page(f"/viewer/?lang=en#object=kgl_public/{building['id']}")
    expect(page.locator(".explanation .verdict")).to_have_text("Vulnerable building")
    expect(page.locator(".explanation .reason")).to_have_text(building["properties"]["reden_en"])
    assert page.evaluate("document.documentElement.lang") == "en"


def test_address_of_the_map_brings_back_place_layers_and_object(
    open_page: Callable[..., Page], building: dict[str, Any]
) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public", "gemeenten"))
    _click_middle(page)
    expect(page.locator(".explanation")).to_be_visible()
    address = page.evaluate("location.pathname + location.hash")
    again = open_page(address)
    expect(again.locator(".explanation .reason")).to_have_text(building["properties"]["reden"])
    assert again.evaluate("location.pathname + location.hash") == address
    on = again.locator(".layers input:checked").evaluate_all("boxes => boxes.map(box => box.id)")
    assert sorted(on) == ["layer-gemeenten", "layer-kgl_public"]


def test_map_can_be_used_without_a_mouse(open_page: Callable[..., Page], building: dict[str, Any]) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public"))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#map")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".explanation .reason")).to_have_text(building["properties"]["reden"])
    page.keyboard.press("Escape")
    expect(page.locator("#map")).to_be_focused()


def test_list_of_objects_in_view_opens_an_object_and_keeps_its_place(
    open_page: Callable[..., Page], building: dict[str, Any]
) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public"))
    page.get_by_role("tab", name="Lagen").focus()
    page.keyboard.press("ArrowRight")
    entry = page.locator(f"#objects [data-object='{building['id']}']")
    entry.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".explanation .reason")).to_have_text(building["properties"]["reden"])
    _settle(page)
    page.keyboard.press("Escape")
    expect(entry).to_be_focused()


def test_object_chosen_from_the_list_lies_in_the_part_of_the_map_that_is_seen(
    open_page: Callable[..., Page], building: dict[str, Any], server: Any
) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public"))
    page.get_by_role("tab", name="Objecten in beeld").click()
    _settle(page)
    listed = page.locator("#objects .hit").evaluate_all("found => found.map(one => one.dataset.object)")
    places = {key: _inside(_item(server, "kgl_public", key)) for key in listed}
    easternmost = max(places, key=lambda key: places[key][0])
    page.locator(f"#objects [data-object='{easternmost}']").click()
    expect(page.locator(".details")).to_be_visible()
    _settle(page)
    at = parse_qs(page.evaluate("location.hash.slice(1)"))
    box = page.locator("#map").bounding_box()
    assert box
    resolution = 3440.64 / 2 ** float(at["z"][0])
    assert abs(places[easternmost][0] - float(at["x"][0])) < box["width"] / 2 * resolution
    assert abs(places[easternmost][1] - float(at["y"][0])) < box["height"] / 2 * resolution


def test_nothing_here_looks_different_from_not_loaded(open_page: Callable[..., Page], building: dict[str, Any]) -> None:
    page = open_page(_map_at((20_000, 600_000), "kgl_public"))
    page.get_by_role("tab", name="Objecten in beeld").click()
    buildings = page.locator("#objects [data-layer=kgl_public]")
    expect(buildings.locator(".state")).to_contain_text("0 objecten hier")
    # answered by the test, not the service: a failed request would be a console error
    page.route("**/kgl_public/items*", _unreadable)
    page.get_by_role("button", name="Schuif naar het oosten").click()
    expect(buildings.locator(".state")).to_contain_text("Niet geladen: het antwoord van de dienst is onleesbaar")
    page.unroute("**/kgl_public/items*")
    buildings.get_by_role("button", name="Opnieuw").click()
    expect(buildings.locator(".state")).to_contain_text("0 objecten hier")


def _unreadable(route: Route) -> None:
    route.fulfill(status=200, content_type="application/json", body='{"type": "FeatureColl')


def test_place_outside_the_grid_can_be_asked_about(open_page: Callable[..., Page]) -> None:
    page = open_page(_map_at((-100_000, 350_000), "kgl_public"))
    _click_middle(page)
    expect(page.locator(".details-side")).to_contain_text("0 objecten hier")


def test_reader_with_a_key_finds_the_restricted_layer_on_the_map(open_page: Callable[..., Page], town: Any) -> None:
    with town.database.loader() as connection:
        made = keys.create(connection, "browser", "gemeente", None, ["99901"], None)
    page = open_page("/auth/login?to=viewer")
    page.get_by_label("API-sleutel").fill(made.key)
    page.get_by_role("button", name="Inloggen").click()
    page.locator("#layer-risicolocaties").check()
    page.get_by_role("button", name="Zoom naar Risicolocaties").click()
    page.get_by_role("tab", name="Objecten in beeld").click()
    _settle(page)
    entry = page.locator("#objects [data-layer=risicolocaties] .hit").first
    entry.click()
    expect(page.locator(".details .facts").first).to_contain_text("99901")
    _settle(page)
    picture(page, "restricted")
    page.goto(page.url.partition("/viewer")[0] + "/auth/login")
    page.get_by_role("button", name="Uitloggen").click()
    page.goto(page.url.rstrip("/") + "/viewer/")
    page.wait_for_selector("#layer-kgl_public")
    assert page.locator("#layer-risicolocaties").count() == 0


def test_buttons_are_large_enough_to_hit(open_page: Callable[..., Page]) -> None:
    page = open_page("/viewer/")
    sizes = "found => found.map(one => one.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
    assert min(page.locator(".map button").evaluate_all(sizes)) >= MAP_TARGET_PX
    assert min(page.locator("button:visible, input:visible, summary:visible").evaluate_all(sizes)) >= TARGET_PX


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/?lang=en", "/auth/login", "/viewer/"])
def test_page_passes_the_accessibility_rules_of_wcag(open_page: Callable[..., Page], path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_details_and_list_pass_the_accessibility_rules_of_wcag(
    open_page: Callable[..., Page], building: dict[str, Any], scheme: str
) -> None:
    page = open_page(_map_at(_inside(building), "kgl_public", "gemeenten"), color_scheme=scheme)
    page.get_by_role("tab", name="Objecten in beeld").click()
    _click_middle(page)
    expect(page.locator(".explanation")).to_be_visible()
    _settle(page)
    assert violations(page) == []


def test_map_works_on_a_telephone(open_page: Callable[..., Page], building: dict[str, Any]) -> None:
    page = open_page(
        _map_at(_inside(building), "kgl_public", "gemeenten"),
        viewport={"width": 390, "height": 800},
        color_scheme="dark",
    )
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("button", name="Lagen").click()
    expect(page.locator("#layer-kgl_public")).to_be_visible()
    page.get_by_role("button", name="Lagen").click()
    _click_middle(page)
    expect(page.locator(".explanation")).to_be_visible()
    _settle(page)
    picture(page, "telephone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_the_ogc_api_pass_the_rules_of_axe(
    open_page: Callable[..., Page], building: dict[str, Any], scheme: str
) -> None:
    kgl = "/ogc/v1/collections/kgl_public"
    paths = [
        "/ogc/v1/", "/ogc/v1/conformance", "/ogc/v1/openapi", "/ogc/v1/collections", kgl, f"{kgl}/schema",
        f"{kgl}/items?limit=3", f"{kgl}/items?gemeentecode=GM9902", f"{kgl}/items/{building['id']}",
    ]  # fmt: skip
    found = {}
    for path in paths:
        page = open_page(f"{path}{'&' if '?' in path else '?'}f=html", color_scheme=scheme)
        found[path] = violations(page)
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_signalling_pass_the_rules_of_axe(open_page: Callable[..., Page], server: Any, scheme: str) -> None:
    area = _items(server, "signalering", limit="1")["features"][0]["id"]
    paths = ["/signalering/", "/signalering/?lang=en", f"/signalering/gebieden/{area}"]
    found = {path: violations(open_page(path, color_scheme=scheme)) for path in paths}
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_description_of_the_delivery_passes_the_rules_of_axe(
    open_page: Callable[..., Page], server: Any, town: Any, scheme: str
) -> None:
    with town.database.loader() as connection:
        made = keys.create(connection, "browser", "gemeente", None, ["GM9901"], None)
    page = open_page("/auth/login", color_scheme=scheme)
    page.get_by_label("API-sleutel").fill(made.key)
    page.get_by_role("button", name="Inloggen").click()
    for language in ("nl", "en"):
        for address in ("kgl/openapi", "openapi"):
            page.goto(f"{server.url}/aanlevering/v1/{address}?lang={language}")
            expect(page.locator("h1")).to_be_visible()
            assert violations(page) == [], address


def test_addresses_of_a_collection_are_copied_with_the_keyboard(open_page: Callable[..., Page], server: Any) -> None:
    page = open_page("/ogc/v1/collections/kgl_public?f=html")
    picture(page, "collection", full_page=True)
    button = page.get_by_role("button", name="Kopieer het adres van WFS")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#copy-status")).to_have_text("Gekopieerd")
