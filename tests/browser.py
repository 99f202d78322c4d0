"""Debian's Chromium on a real server: pages that may report no error and ask no other host, and what axe finds on them.

``chrome`` and ``open_page`` are fixtures; the ``conftest.py`` of a folder takes them in. Screenshots are kept in
``screenshots/`` (not in git) for people to look at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from risicoatlas.settings import CHECKOUT
from risicoatlas.web import pages

SCREENSHOTS = CHECKOUT / "screenshots"
AXE = CHECKOUT / "plugins/risicoatlas/web/viewer/node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Watched:
    """What the browser complained about, and which hosts it asked."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def follow(self, page: Page) -> None:
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))


@pytest.fixture(scope="module")
def chrome(chromium: Path) -> Iterator[Browser]:
    assert (pages.VIEWER / "index.html").is_file(), f"the map is not built: {pages.BUILD_COMMAND}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chrome: Browser, server: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page of the service; at the end no error and no other host may have been seen."""
    watched = Watched()
    contexts = []

    def opened(path: str, **options: Any) -> Page:
        context = chrome.new_context(**{"locale": "nl-NL", "viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        watched.follow(page)
        page.goto(server.url + path)
        page.wait_for_load_state("networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watched.errors == []
    assert watched.hosts == {urlsplit(server.url).netloc}


def picture(page: Page, name: str, **options: Any) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", **options)


def violations(page: Page) -> list[str]:
    """What axe-core finds, as rule and place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", WCAG)
    return [f"{item['id']}: {node['html']}" for item in found["violations"] for node in item["nodes"]]
