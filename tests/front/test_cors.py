"""CORS: any site reads the services, none gets a session."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from risicoatlas.access import sessions
from risicoatlas.errors import ConfigError
from risicoatlas.front import cors

SITE = "https://kaart.example.nl"
PREFLIGHT = {"Origin": SITE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-api-key"}


def inner(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Access-control-allow-origin", "https://library.example")]
    )
    return [b"answer"]


def client(*origins: str) -> Client:
    return Client(cors.Cors(inner, frozenset(origins)))


@pytest.mark.parametrize(
    "path",
    ["/ogc/v1/collections", "/wfs", "/wms", "/wmts/1.0.0/x", "/tiles/a/b/1/2/3.png", "/tms/1.0.0/", "/geoserver/wfs"],
)
def test_every_service_may_be_read_by_any_site_also_with_a_key(path: str) -> None:
    for headers in ({}, {"Origin": SITE}, {"Origin": SITE, "X-API-Key": "key"}):
        answer = client("*").get(path, headers=headers)
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
        assert {"Content-Crs", "X-Objects-Tested", "Link", "ETag", "X-Request-Id"} <= set(
            answer.headers["Access-Control-Expose-Headers"].split(", ")
        )


def test_credentials_are_never_allowed_and_a_session_gets_no_header() -> None:
    asking = client("*")
    assert "Access-Control-Allow-Credentials" not in asking.get("/wfs", headers={"Origin": SITE}).headers
    asking.set_cookie(sessions.COOKIE, "session")
    answer = asking.get("/wfs", headers={"Origin": SITE})
    # what a library behind may have said, and nothing of ours
    assert answer.headers.get("Access-Control-Allow-Origin") != "*"
    assert "Access-Control-Expose-Headers" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/auth/login", "/beheer/", "/aanlevering/v1/", "/metrics", "/viewer/", "*", ""])
def test_pages_login_and_management_are_closed(path: str) -> None:
    environ = {"REQUEST_METHOD": "OPTIONS", "PATH_INFO": path, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST"}
    seen: list[Any] = []
    body = cors.Cors(inner, cors.ANY)(environ, lambda status, headers, exc=None: seen.append((status, headers)))  # type: ignore[arg-type, return-value]
    assert list(body) == [b"answer"]
    assert ("Access-Control-Allow-Origin", "*") not in seen[0][1]


def test_a_preflight_is_answered_the_same_for_every_address_without_a_credential() -> None:
    answers = [client("*").options(path, headers=PREFLIGHT) for path in ("/wfs", "/ogc/v1/collections/hidden/items")]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert dict(answers[0].headers) == dict(answers[1].headers)
    allowed = answers[0].headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"x-api-key", "authorization", "content-type", "accept"} <= set(allowed)
    assert "POST" in answers[0].headers["Access-Control-Allow-Methods"]
    assert answers[0].data == b""


def test_options_that_is_no_preflight_goes_to_the_service() -> None:
    assert client("*").options("/wfs").data == b"answer"


def test_a_list_of_origins_lets_those_in_and_caches_know_it() -> None:
    listed = client(SITE)
    allowed, other = (listed.get("/wfs", headers={"Origin": origin}) for origin in (SITE, "https://elders.example"))
    assert allowed.headers["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Origin" not in other.headers
    assert allowed.headers["Vary"] == other.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("text", "origins"),
    [("", {"*"}), ('cors: "*"', {"*"}), ("cors: off", set()), ('cors: "off"', set()), (f"cors: [{SITE}]", {SITE})],
)
def test_the_configuration_says_which_origins(tmp_path: Path, text: str, origins: set[str]) -> None:
    (tmp_path / "service.yml").write_text(f"title: x\n{text}\n")
    assert cors.read(tmp_path) == origins


@pytest.mark.parametrize("value", ["on", "[]", "[https://a.example/path]", "[null]", "https://a.example", "['*']"])
def test_what_is_no_origin_stops_the_start_with_file_and_line(tmp_path: Path, value: str) -> None:
    (tmp_path / "service.yml").write_text(f"title: x\ncors: {value}\n")
    with pytest.raises(ConfigError, match=r"service\.yml:2: cors"):
        cors.read(tmp_path)
