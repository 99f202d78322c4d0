"""The OpenAPI document describes what the table of routes serves, and its page loads nothing from elsewhere."""

import re

import jsonschema_rs
import pytest
from lxml import html
from openapi_spec_validator import OpenAPIV31SpecValidator

from risicoatlas.delivery import kgl, openapi

from .conftest import Office, Visitor

OWN = "GM9901"


@pytest.fixture(scope="module")
def own(office: Office) -> Visitor:
    return office.of(OWN)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_document_is_valid_openapi(own: Visitor, language: str) -> None:
    answer = own.ask(f"/openapi.json?lang={language}")
    assert answer.headers["Content-Type"] == openapi.MEDIA_TYPE
    OpenAPIV31SpecValidator(answer.json).validate()


def test_every_route_is_described_and_nothing_else(own: Visitor) -> None:
    described = {
        (method.upper(), path) for path, item in own.ask("/openapi.json").json["paths"].items() for method in item
    }
    assert described == {
        (route.method, re.sub(r"<(\w+)>", r"{\1}", route.path) or "/") for route in (*kgl.ROUTES, *openapi.ROUTES)
    }


def test_answers_are_what_the_document_says(own: Visitor) -> None:
    document = own.ask("/openapi.json").json
    pand = own.a_building()
    own.correct(pand, "zeerKwetsbaar")
    values = {"{code}": OWN, "{pand}": pand, "{soort}": "zorg", "{run}": "1"}
    read = [path for path, item in document["paths"].items() if "get" in item and "openapi" not in path]
    assert len(read) >= 7
    for path in read:
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        address = re.sub(r"\{\w+\}", lambda match: values[match[0]], path)
        answer = own.ask(address if address != "/" else "")
        assert answer.status_code == 200 and answer.mimetype in content, path
        if answer.mimetype != "application/json":
            continue
        schema, value = content["application/json"], answer.json
        whole = {**schema["schema"], "components": document["components"]}
        jsonschema_rs.Draft202012Validator(whole).validate(value)
    problem = {"$ref": "#/components/schemas/problem", "components": document["components"]}
    jsonschema_rs.Draft202012Validator(problem).validate(own.ask("/nergens").json)


def test_a_write_names_its_condition_and_its_refusals(own: Visitor) -> None:
    for path, item in own.ask("/openapi.json").json["paths"].items():
        for method, operation in item.items():
            if method != "get":
                assert "If-Match" in {parameter["name"] for parameter in operation["parameters"]}, path
                assert {"403", "409", "412", "428"} <= set(operation["responses"]), path


@pytest.mark.parametrize(("language", "word"), [("nl", "Eigen lijsten"), ("en", "Own lists")])
def test_the_page_stands_by_itself(own: Visitor, language: str, word: str) -> None:
    answer = own.ask(f"/openapi?lang={language}")
    page = html.document_fromstring(answer.text)
    assert page.get("lang") == language and word in answer.text
    assert "script" not in {element.tag for element in page.iter()}
    loaded = page.xpath("//link/@href | //img/@src | //script/@src")
    assert loaded and all(address.startswith("http://127.0.0.1:8080/static/") for address in loaded)
    assert not page.xpath("//a[starts-with(@href, '#')]/@href") or all(
        page.xpath(f"//*[@id='{target[1:]}']") for target in page.xpath("//a[starts-with(@href, '#')]/@href")
    )
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
