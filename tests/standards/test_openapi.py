"""The OpenAPI document drives the real server: schemathesis makes requests of it, good ones and bad ones, from a fixed
seed; each answer has a status, a content type and a body that the document describes, and none is a failure of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV30SpecValidator
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation
from tests.conftest import Server
from tests.standards.conftest import EACH_LAYER, LAYERS, Ask

FEW, MANY = 2, 60
SERVICE = ("/", "/conformance", "/collections", "/openapi", "/functions")


@pytest.fixture(scope="module")
def api(server: Server, own_key: str) -> schemathesis.BaseSchema:
    """The document as the municipality gets it, so that the restricted collection is in it."""
    schemathesis.checks.load_all_checks()
    return schemathesis.openapi.from_url(f"{server.url}/ogc/v1/openapi?f=json", headers={"X-API-Key": own_key})


@pytest.fixture(scope="module")
def session(own_key: str) -> Iterator[requests.Session]:
    with requests.Session() as found:
        found.headers["X-API-Key"] = own_key
        yield found


def operations(api: Any, beginning: str) -> list[APIOperation]:
    """The operations of a collection, or of the service."""
    found = [result.ok() for result in api.get_all_operations()]
    if beginning in SERVICE:
        return [operation for operation in found if operation.path == beginning]
    return [operation for operation in found if f"{operation.path}/".startswith(f"/collections/{beginning}/")]


def drive(operation: APIOperation, mode: GenerationMode, examples: int, session: requests.Session) -> int:
    """Send what schemathesis makes of an operation and check the answers; the number of requests sent."""
    checks = schemathesis.checks
    expected = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    sent = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        nonlocal sent
        sent += 1
        case.validate_response(case.call(session=session, timeout=30), checks=expected)

    one()
    return sent


def test_the_document_is_valid_for_each_viewer(ask: Ask, ask_world: Ask) -> None:
    for who in (ask, ask_world):
        for language in ("nl", "en"):
            OpenAPIV30SpecValidator(who(f"/openapi?lang={language}").json).validate()


def test_every_operation_has_a_name_of_its_own_and_every_collection_is_described(api: Any) -> None:
    found = [result.ok() for result in api.get_all_operations()]
    names = [operation.definition.raw["operationId"] for operation in found]
    assert len(names) == len(set(names))
    for layer in LAYERS:
        assert {
            f"/collections/{layer.name}{part}" for part in ("", "/items", "/queryables", "/schema", "/sortables")
        } < {operation.path for operation in found}


@pytest.mark.parametrize("part", [*SERVICE, *EACH_LAYER])
def test_the_server_answers_as_its_document_says(api: Any, session: requests.Session, part: str) -> None:
    for operation in operations(api, part):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            assert drive(operation, mode, FEW, session) > 0


@pytest.mark.lang
@pytest.mark.parametrize("part", [*SERVICE, "kgl_public", "risicolocaties"])
def test_the_server_answers_as_its_document_says_to_many_requests(
    api: Any, session: requests.Session, part: str
) -> None:
    for operation in operations(api, part):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            assert drive(operation, mode, MANY, session) > 0
