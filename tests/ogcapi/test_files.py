"""Items as files: ``f=csv``, ``gpkg`` and ``fgb`` through the same plan as the pages."""

import csv
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fiona
import pytest
from openapi_spec_validator import validate
from tests.world import GEMEENTE, GRID
from werkzeug.test import Client, TestResponse

from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.features import file_settings, files
from risicoatlas.front import streams
from risicoatlas.front.streams import Bounds, Streams, Visitor
from risicoatlas.providers import ogcapi
from risicoatlas.service import Service

ROWS = GRID * GRID + 3
TYPES = {"csv": "text/csv", "gpkg": "application/geopackage+sqlite3", "fgb": "application/flatgeobuf"}
ITEMS = "/collections/proef/items"

Ask = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def ask(world: Service) -> Iterator[Ask]:
    client = Client(ogcapi.create(world))

    def sent(path: str, actor: Actor = ANONYMOUS, **options: Any) -> TestResponse:
        token = actors.bind(actor)
        try:
            return client.open(path, **options)
        finally:
            actors.unbind(token)

    yield sent


def keys(answer: TestResponse, form: str, folder: Path) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == TYPES[form]
    if form == "csv":
        return [row["identificatie"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    path = folder / f"antwoord.{form}"
    path.write_bytes(answer.data)
    with fiona.open(path) as found:
        return [item.properties["identificatie"] for item in found]


@pytest.mark.parametrize("form", TYPES)
def test_a_file_holds_what_the_page_with_the_same_parameters_holds(ask, form, tmp_path):
    queries = ("limit=7&offset=398&sortby=-aantal", "bbox=5.03,52.3,5.036,52.317&limit=100", "filter=aantal<5&limit=9")
    for query in queries:
        page = [item["id"] for item in ask(f"{ITEMS}?f=json&{query}").json["features"]]
        assert page
        assert sorted(keys(ask(f"{ITEMS}?f={form}&{query}"), form, tmp_path)) == sorted(page)


@pytest.mark.parametrize("form", TYPES)
def test_a_file_without_limit_holds_everything_that_matches(ask, form, tmp_path):
    answer = ask(f"{ITEMS}?f={form}")
    assert len(keys(answer, form, tmp_path)) == ROWS
    assert answer.headers["Content-Disposition"] == f'attachment; filename="proef.{form}"'
    assert answer.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    nothing = ask(f"{ITEMS}?f={form}&filter=naam='er is niets'")
    assert keys(nothing, form, tmp_path) == []
    assert nothing.headers["X-Objects-Tested"] == str(ROWS)


@pytest.mark.parametrize(
    ("query", "method", "whole"), [("", "GET", True), ("&limit=9", "GET", False), ("", "HEAD", False)]
)
def test_a_whole_layer_as_csv_counts_as_one_that_streams(ask, tmp_path, query, method, whole):
    visitor = Visitor(Streams(tmp_path, Bounds(per_client=1, per_process=1, waiting=1)), "192.0.2.1")
    token = streams.bind(visitor)
    try:
        assert ask(f"{ITEMS}?f=csv{query}", method=method, buffered=True).status_code == 200
        assert visitor.streaming is whole
    finally:
        streams.unbind(token)
        visitor.leave()


def test_other_names_and_the_accept_header_give_the_same_format(ask):
    names = {"csv": ["CSV", "text/csv"], "gpkg": ["geopackage", TYPES["gpkg"]], "fgb": ["flatgeobuf", TYPES["fgb"]]}
    for form, others in names.items():
        for name in others:
            assert ask(ITEMS, query_string={"f": name, "limit": 1}).mimetype == TYPES[form]
        assert ask(f"{ITEMS}?limit=1", headers={"Accept": TYPES[form]}).mimetype == TYPES[form]
    assert ask(f"{ITEMS}?f=gpkg+sqlite").json["parameter"] == "f"
    assert ask("/collections/proef?f=csv").json["parameter"] == "f"
    assert ask("/collections", headers={"Accept": "text/csv"}).mimetype == "application/json"


def test_links_lead_to_the_same_page_and_to_the_whole_collection(ask, tmp_path):
    page = ask(f"{ITEMS}?f=json&offset=2&filter=soort='a'")
    own = {link["type"]: link["href"] for link in page.json["links"] if link["rel"] == "alternate"}
    whole = {link["type"]: link["href"] for link in ask("/collections/proef").json["links"] if link["rel"] == "items"}
    for form, media_type in TYPES.items():
        assert parse_qs(urlsplit(own[media_type]).query) == {
            "f": [form], "offset": ["2"], "filter": ["soort='a'"], "limit": ["10"],
        }  # fmt: skip
        path = own[media_type].partition("/ogc/v1")[2]
        assert sorted(keys(ask(path), form, tmp_path)) == sorted(item["id"] for item in page.json["features"])
        assert whole[media_type].endswith(f"/collections/proef/items?f={form}")
    shown = ask(f"{ITEMS}?f=html&lang=nl").text
    assert "Deze objecten als GeoPackage" in shown
    assert "All features as FlatGeobuf" in ask("/collections/proef?f=html&lang=en").text


def test_the_api_definition_lists_the_formats_of_items_and_of_nothing_else(ask):
    document = ask("/openapi?f=json").json
    validate(document)
    listed = document["components"]["parameters"]
    assert listed["fItems"]["schema"]["enum"] == ["json", "html", *TYPES]
    assert listed["f"]["schema"]["enum"] == ["json", "html"]
    items = document["paths"][ITEMS]["get"]
    assert {"$ref": "#/components/parameters/fItems"} in items["parameters"]
    assert set(TYPES.values()) <= set(document["components"]["responses"]["Features"]["content"])


@pytest.mark.parametrize("form", TYPES)
def test_a_restricted_layer_gives_the_own_rows_and_is_absent_for_others(ask, form, tmp_path):
    address = f"/collections/geheim/items?f={form}"
    assert len(keys(ask(address, GEMEENTE), form, tmp_path)) == 10
    hidden, absent = ask(address), ask(f"/collections/nergens/items?f={form}")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("geheim", "nergens") == absent.text


def test_a_busy_process_says_when_to_come_back_and_what_is_wrong_is_a_problem(ask, monkeypatch):
    bounds = file_settings.FileSettings(at_once=1, wait_s=1)
    monkeypatch.setattr(file_settings, "read", lambda config: bounds)
    with files._slot(bounds):
        answer = ask(f"{ITEMS}?f=gpkg")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.mimetype == "application/problem+json"
    for form in TYPES:
        assert ask(f"{ITEMS}?f={form}&filter=nergens=1").json["parameter"] == "filter"


def test_a_file_is_validated_and_holds_no_changes(ask):
    for form in TYPES:
        first = ask(f"{ITEMS}?f={form}&limit=3")
        assert first.headers["X-Publication"] == "1"
        again = ask(f"{ITEMS}?f={form}&limit=3", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert ask(f"{ITEMS}?f={form}&gewijzigd_sinds=0").json["parameter"] == "gewijzigd_sinds"


def lent(service: Service) -> int:
    """Connections that somebody holds. The pool grows and shrinks, and one being made counts until it is there."""
    return min(_lent_now(service) for _ in range(40) if not time.sleep(0.05))


def _lent_now(service: Service) -> int:
    stats = service.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


def test_a_head_request_has_the_headers_and_gives_the_connection_back(ask, world):
    before = lent(world)
    for form, media_type in TYPES.items():
        answer = ask(f"{ITEMS}?f={form}", method="HEAD")
        assert (answer.mimetype, answer.data) == (media_type, b"")
    assert lent(world) <= before
