"""A year of operation: behind a proxy under a path prefix, watched, compressed, bounded, logged to a file."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import zstandard
from lxml import etree, html
from tests.conftest import Server, Town, free_port
from tests.integration.conftest import Answer, ask, new_key

from risicoatlas.front.streams import Bounds, Streams
from risicoatlas.settings import CHECKOUT

PREFIX = "/atlas"
PER_CLIENT = 2
LAYERS = {path.parent.name for path in (CHECKOUT / "config" / "layers").glob("*/layer.yaml")}
LAYER = re.compile("|".join(sorted(LAYERS, reverse=True)))
ARCHITECTURE = CHECKOUT / "plugins" / "risicoatlas" / "README.md"
WHOLE = "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=kgl_public&OUTPUTFORMAT=application/json"


class Proxy(BaseHTTPRequestHandler):
    """What deploy/nginx.conf does: takes the prefix off, names the client, and repeats nothing that it claimed."""

    upstream = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.path.startswith(f"{PREFIX}/"):
            self.send_error(404, "outside the prefix")
            return
        headers = {name: value for name, value in self.headers.items() if not name.startswith("X-Forwarded")}
        headers |= {"Host": "127.0.0.1", "X-Forwarded-For": "198.51.100.1", "Connection": "close"}
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream.request(self.command, self.path.removeprefix(PREFIX), body or None, headers)
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the names that the base class looks for

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@dataclass(frozen=True)
class Site:
    """The service as the outside sees it (``url``), and as its proxy does (``inside``)."""

    url: str
    inside: Server
    log: Path


@pytest.fixture(scope="module")
def site(town: Town, serve_town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("operation")
    public = f"http://127.0.0.1:{free_port()}{PREFIX}"
    environ = {
        "RISICOATLAS_PUBLIC_URL": public,
        "RISICOATLAS_LOG": str(folder / "atlas.log"),
        "RISICOATLAS_STREAMS_PER_CLIENT": str(PER_CLIENT),
        "RISICOATLAS_TRUSTED_PROXIES": "127.0.0.1",
    }
    with serve_town(town, folder / "stderr", **environ) as inside:
        handler = type("Handler", (Proxy,), {"upstream": urlsplit(inside.url).port})
        proxy = ThreadingHTTPServer(("127.0.0.1", urlsplit(public).port or 0), handler)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield Site(public, inside, folder / "atlas.log")
        proxy.shutdown()
        proxy.server_close()


def links_of(url: str, answer: Answer) -> set[str]:
    """Every address in a page, a document or a capabilities answer, absolute."""
    kind = answer.headers.get_content_type()
    if kind == "text/html":
        page = html.fromstring(answer.body)
        found = [value for _, name, value, _ in page.iterlinks() if name in {"href", "src", "action"}]
    elif kind.endswith("json"):
        found = re.findall(r'"(https?://[^"]*|/[^"]*)"', answer.text) if "layers.json" in url else []
        found += re.findall(r'"(https?://[^"]+)"', answer.text)
        found = [json.loads(f'"{text}"') for text in found]
    elif kind.endswith("xml"):
        root = etree.fromstring(answer.body)
        found = [str(value) for value in root.xpath("//@*[local-name()='href' or local-name()='template']")]
        found += [str(value) for value in root.xpath("//@next | //@previous | //ServiceException/@href")]
    else:
        return set()
    return {urljoin(url, text.partition("#")[0]) for text in found if text and not text.startswith("data:")}


@dataclass
class Crawl:
    """Follows links, at most ``PER_SHAPE`` of each kind; ``failed`` says what went wrong where."""

    site: Site
    PER_SHAPE = 1
    failed: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)

    def run(self, *paths: str) -> None:
        queue = [(f"{self.site.url}{path}", "start") for path in paths]
        seen = set()
        while queue:
            url, source = queue.pop(0)
            if url in seen or not self._wanted(url, source):
                continue
            seen.add(url)
            answer = ask(url, Accept="text/html" if "f=html" in url else "*/*")
            if answer.status != 200:
                self.failed.append(f"{url} (from {source}): {answer.status} {answer.text[:120]}")
                continue
            self.kinds.add(answer.headers.get_content_type())
            if self.site.inside.url.encode() in answer.body:
                self.failed.append(f"{url}: names the address behind the proxy")
            queue += [(link, url) for link in sorted(links_of(url, answer))]

    def _wanted(self, url: str, source: str) -> bool:
        public = urlsplit(self.site.url)
        parts = urlsplit(url)
        if parts.hostname != public.hostname:
            return False
        if not url.startswith(f"{self.site.url}/"):
            if url != self.site.url:
                self.failed.append(f"{source}: {url} is outside the prefix")
            return False
        # the start of the addresses of a level's tiles, to which TMS adds column and row
        if re.search(r"/tms/1\.0\.0/[^/]+/[^/]+/\d+$", url):
            return False
        # an address to put parameters or numbers into; a form that is sent
        if "{" in url or "%7B" in url or url.endswith(("?", "/wms", "/wfs", "/wmts", "/auth/logout")):
            return False
        shape = re.sub(r"\d+", "0", re.sub(r"(?i)cursor=[^&]*", "cursor=x", LAYER.sub("x", url)))
        self.asked[shape] = self.asked.get(shape, 0) + 1
        return self.asked[shape] <= self.PER_SHAPE


def test_every_link_of_every_protocol_stays_under_the_prefix_and_answers(site: Site) -> None:
    crawl = Crawl(site)
    crawl.run(
        "/",
        "/?lang=en",
        "/viewer/",
        "/viewer/layers.json",
        "/auth/login",
        "/ogc/v1/",
        "/ogc/v1/?f=html",
        "/ogc/v1/openapi",
        "/ogc/v1/collections/kgl_public/items?limit=3",
        "/wfs?SERVICE=WFS&REQUEST=GetCapabilities",
        "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=kgl_public&COUNT=2",
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
        "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities",
        "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
        "/wmts/1.0.0/WMTSCapabilities.xml",
        "/tms/1.0.0/",
    )
    assert crawl.failed == []
    assert len(crawl.asked) > 60
    assert {"text/html", "application/json", "image/png", "text/javascript"} <= crawl.kinds
    assert any(kind.endswith("xml") for kind in crawl.kinds)


def test_the_host_and_forwarded_headers_of_a_client_are_not_repeated(site: Site) -> None:
    evil = "evil.example"
    claimed = {"Host": evil, "X_Forwarded_Host": evil, "X_Forwarded_Prefix": "/evil", "X_Script_Name": "/evil"}
    capabilities = [f"/{name}?SERVICE={name.upper()}&REQUEST=GetCapabilities" for name in ("wfs", "wms", "wmts")]
    for path in ("/ogc/v1/", "/viewer", *capabilities):
        for where in (site.url, site.inside.url):
            answer = ask(where + path, **claimed)
            assert b"evil" not in answer.body
            assert "evil" not in str(answer.headers)


def test_a_cookie_and_a_redirect_stay_under_the_prefix(site: Site) -> None:
    assert ask(f"{site.url}/viewer").headers["Location"] == f"{site.url}/viewer/"
    ended = ask(f"{site.url}/viewer/", Cookie="risicoatlas_sessie=ended", Accept="text/html")
    assert (ended.status, ended.headers["Location"]) == (303, f"{PREFIX}/auth/login")


@pytest.fixture(scope="module")
def measured(site: Site, town: Town) -> str:
    key = new_key(town, "beheerder").key
    hidden = "/ogc/v1/collections/risicolocaties/items"
    for path in (WHOLE, "/ogc/v1/collections/kgl_public/items/nothing", hidden, "/geheim"):
        ask(site.inside.url + path)
    ask(site.inside.url + hidden, key)
    answer = ask(f"{site.inside.url}/metrics", key)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return answer.text


class TestMetrics:
    def test_they_are_for_a_beheerder_only_also_from_this_machine(self, site: Site, town: Town) -> None:
        anonymous = ask(f"{site.inside.url}/metrics")
        assert (anonymous.status, anonymous.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")
        assert ask(f"{site.inside.url}/metrics", new_key(town, "gemeente", "99901").key).status == 403

    def test_they_count_by_protocol_operation_and_status_over_all_processes(self, measured: str) -> None:
        counted = re.findall(r"^risicoatlas_requests_total\{(.*)\} (\S+)$", measured, re.MULTILINE)
        assert any('operation="getfeature"' in labels and 'protocol="wfs"' in labels for labels, _ in counted)
        assert any('operation="item"' in labels and 'status="404"' in labels for labels, _ in counted)
        for name in ("request_seconds_bucket", "answer_bytes_total", "pool_connections", "streams", "publication"):
            assert re.search(rf"^risicoatlas_{name}(\{{.*\}})? [0-9.e+]+$", measured, re.MULTILINE), name
        rows = re.findall(r'^risicoatlas_rows_total\{protocol="wfs"\} (\S+)', measured, re.MULTILINE)
        assert float(rows[0]) > 0

    def test_no_label_holds_what_a_client_sent_or_the_name_of_a_layer(self, measured: str) -> None:
        values = set(re.findall(r'(?:protocol|operation|status|state)="([^"]*)"', measured))
        assert not values & {"geheim", "risicolocaties", "kgl_public", "nothing"}
        assert "risicolocaties" not in measured
        assert set(re.findall(r'(\w+)="', measured)) == {"protocol", "operation", "status", "state", "le", "version"}

    def test_every_metric_is_explained(self, measured: str) -> None:
        names = set(re.findall(r"^# TYPE (\w+)", measured, re.MULTILINE))
        described = set(re.findall(r"^\| `(risicoatlas_\w+)` \| .{15,}", ARCHITECTURE.read_text(), re.MULTILINE))
        assert names == described


def test_answers_are_compressed_over_http_and_head_says_the_same(site: Site) -> None:
    url = site.inside.url + WHOLE
    plain, packed = ask(url), ask(url, Accept_Encoding="zstd, gzip;q=0.5")
    assert packed.headers["Content-Encoding"] == "zstd"
    unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(packed.body)
    assert len(packed.body) * 3 < len(plain.body)
    assert json.loads(unpacked)["features"] == json.loads(plain.body)["features"]
    where = urlsplit(site.inside.url)
    connection = http.client.HTTPConnection("127.0.0.1", where.port or 0, timeout=30)
    connection.request("HEAD", WHOLE, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Encoding"), answer.read()) == (200, "gzip", b"")
    assert "Accept-Encoding" in (answer.getheader("Vary") or "")
    connection.close()


def test_another_site_may_read_but_not_with_a_session(site: Site) -> None:
    answer = ask(f"{site.url}/ogc/v1/collections", Origin="https://kaart.example.nl")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    login = ask(f"{site.url}/auth/login", Origin="https://kaart.example.nl")
    assert "Access-Control-Allow-Origin" not in login.headers


def test_one_whole_layer_too_many_is_429_with_a_report_that_names_the_limit_and_others_go_on(
    site: Site, town: Town
) -> None:
    there = Streams(town.settings.home, Bounds(PER_CLIENT, 99, 99))
    with ExitStack() as held:
        for _ in range(PER_CLIENT):
            held.enter_context(there.claimed("192.0.2.99"))
        refused = ask(site.inside.url + WHOLE, X_Forwarded_For="192.0.2.99")
        assert refused.status == 429
        assert refused.headers["Retry-After"].isdecimal()
        assert f"{PER_CLIENT} requests for whole layers under way" in refused.text
        assert b"ExceptionReport" in refused.body
        assert ask(f"{site.inside.url}{WHOLE}&COUNT=10", X_Forwarded_For="192.0.2.99").status == 200
        assert ask(site.inside.url + WHOLE, X_Forwarded_For="192.0.2.98").status == 200
    assert ask(site.inside.url + WHOLE, X_Forwarded_For="192.0.2.99").status == 200


def test_the_log_goes_to_the_file_and_goes_on_when_that_is_renamed(site: Site) -> None:
    ask(f"{site.inside.url}/health/live")
    site.log.rename(site.log.with_suffix(".1"))
    site.log.touch()
    answer = ask(f"{site.inside.url}/health/live")
    # the line is written when the answer is on its way already
    deadline = time.monotonic() + 10
    while answer.headers["X-Request-Id"] not in site.log.read_text():
        assert time.monotonic() < deadline, "no line in the new file"
        time.sleep(0.05)
    assert "/health/live" not in (site.log.parent / "stderr").read_text()
