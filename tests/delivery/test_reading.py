"""Reading needs no key: lists in pages from 0, searches by place, kind and time; what is kept back is not there."""

import json

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.imev.conftest import common, square

from risicoatlas.delivery import openapi as pages
from risicoatlas.delivery.rev import openapi

from .conftest import ROOT, Visitor, World, flat, station_of

BASE = f"{ROOT}/LocatieEVActiviteiten"
BUILDINGS = f"{ROOT}/GebouwenOfLocaties"


@pytest.fixture(scope="module")
def names(owner: Visitor, other: Visitor) -> list[str]:
    """Five locations of two bronhouders, in the order of their names."""
    made = []
    for code, visitor, keys in (("PROEF", owner, "abc"), ("ANDER", other, "de")):
        for key in keys:
            message = station_of(code, key)
            assert visitor.post(message).status == 201
            made.append(flat(message))
    return sorted(made)


def place(key: str) -> dict:
    return {
        **common("KwetsbareLocatie", key),
        "geometrie": square(160000, 510000, 20),
        "categorieKwetsbaarheid": "kwetsbaar",
        "populatie": 80,
    }


def test_a_list_has_pages_from_zero(world: World, names: list[str]) -> None:
    pages = [world.anybody.ask(f"{BASE}?page={number}&size=2").json for number in range(3)]
    found = [item["identificatie"] for page in pages for item in page["_embedded"]["results"]]
    assert found == names
    assert pages[1]["page"] == {"number": 1, "size": 2, "totalElements": 5, "totalPages": 3}
    assert {rel: link[-13:] for rel, link in pages[1]["_links"].items()} == {
        "self": "page=1&size=2", "first": "page=0&size=2", "previous": "page=0&size=2", "next": "page=2&size=2",
        "last": "page=2&size=2",
    }  # fmt: skip
    assert set(pages[2]["_links"]) == {"self", "first", "previous", "last"}
    beyond = world.anybody.ask(f"{BASE}?page=9&size=2").json
    assert beyond["_embedded"]["results"] == [] and beyond["page"]["totalElements"] == 5


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 5),
        ({"bronhoudercode": "ANDER"}, 2),
        ({"featureTypes": ["TankenLPG"]}, 5),
        ({"featureTypes": ["TankenCNG"]}, 0),
        ({"geometrie": square(159990, 509990, 20)}, 5),
        ({"geometrie": square(0, 400000, 20)}, 0),
        # the contour reaches further than the point of its reference
        ({"geometrie": square(160020, 510020, 2), "featureTypes": ["PRContour"]}, 5),
        ({"geometrie": square(160020, 510020, 2), "featureTypes": ["Vulpunt"]}, 0),
        ({"tijdstipGeldigheid": "2023-01-01T00:00:00"}, 0),
        ({"tijdstipRegistratie": "2023-01-01T00:00:00"}, 0),
    ],
)
def test_a_search_by_place_kind_owner_and_time(world: World, names: list[str], body: dict, count: int) -> None:
    answer = world.anybody.ask(f"{BASE}/zoeken", "POST", body)
    assert answer.status == 200 and answer.json["page"]["totalElements"] == count


def test_a_vulnerable_location_is_seen_by_its_owner_until_its_municipality_publishes(
    world: World, owner: Visitor, other: Visitor
) -> None:
    message = place("plek")
    name = flat(message)
    assert owner.post(message, base="GebouwenOfLocaties").status == 201
    wanted = {"geometrie": square(160000, 510000, 5), "featureType": "KwetsbareLocatie"}
    address = f"{BUILDINGS}/{name}"

    def seen(visitor: Visitor) -> tuple[int, int, int, list]:
        return (
            visitor.ask(address).status, visitor.ask(f"{address}/historie").status,
            visitor.ask(BUILDINGS).json["page"]["totalElements"],
            visitor.ask(f"{BUILDINGS}/zoeken", "POST", wanted).json,
        )  # fmt: skip

    assert seen(owner) == (200, 200, 1, [message])
    for stranger in (other, world.anybody):
        assert seen(stranger) == (404, 404, 0, [])
    # nor is it there for the role of the service itself
    with world.database.asking() as connection:
        connection.execute("SET ROLE ra_delivery")
        connection.execute("SET risicoatlas.areas = 'ANDER'")
        for table in ("imev_object", "imev_bericht"):
            found = connection.execute(f"SELECT t::text FROM register.{table} t").fetchall()  # type: ignore[arg-type]
            assert found and not any("plek" in text for (text,) in found)
    world.do(
        "INSERT INTO register.kgl_gemeente (gemeentecode, overgenomen_op, gepubliceerd_op)"
        " VALUES ('GM9901', now(), now())"
    )
    assert seen(world.anybody) == (200, 200, 1, [message])
    assert owner.put({**message, "populatie": 90}, base="GebouwenOfLocaties").status == 200
    assert [row["populatie"] for row in world.anybody.features("kgl_locaties")] == [90]


def test_a_building_needs_its_pand(world: World, owner: Visitor) -> None:
    pand = "9901100000000001"
    message = {**common("KwetsbaarGebouw", "pand"), "categorieKwetsbaarheid": "kwetsbaar", "idPandBAG": pand}
    answer = owner.post(message, base="GebouwenOfLocaties")
    assert answer.status == 400 and answer.faults == [("pand_onbekend", "$.idPandBAG")]
    world.do(
        "INSERT INTO register.pand (identificatie, gemeentecode, status, geometrie, waarde_hash, levering) SELECT %s,"
        " 'GM9902', 'Pand in gebruik', ST_Multi(ST_MakeEnvelope(170000, 510000, 170010, 510010, 28992)), '',"
        " max(nummer) FROM beheer.levering",
        pand,
    )
    assert owner.post(message, base="GebouwenOfLocaties").status == 201
    assert owner.get(flat(message), base="GebouwenOfLocaties").json == message
    wanted = {"geometrie": square(170001, 510001, 1), "featureType": "KwetsbaarGebouw"}
    assert owner.ask(f"{BUILDINGS}/zoeken", "POST", wanted).json == [message]
    # its municipality has not published
    assert world.anybody.get(flat(message), base="GebouwenOfLocaties").status == 404
    assert owner.delete(flat(message), base="GebouwenOfLocaties").status == 204
    assert owner.ask(f"{BUILDINGS}/zoeken", "POST", wanted).json == []


def test_a_message_of_before_messages_were_kept_is_made_of_the_register(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "oud")
    assert owner.post(message).status == 201
    world.do("DELETE FROM register.imev_bericht USING register.imev_object o WHERE o.nummer = imev_bericht.wortel"
             " AND o.identificatie = %s", flat(message))  # fmt: skip
    assert owner.get(flat(message)).json == message
    assert owner.delete(flat(message)).status == 204


def test_an_unchanged_object_is_not_sent_again(world: World, names: list[str]) -> None:
    first = world.anybody.get(names[0])
    again = world.anybody.ask(f"{BASE}/{names[0]}", If_None_Match=first.headers["ETag"])
    assert first.status == 200 and again.status in {200, 304}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_document_is_valid_and_names_every_address(world: World, language: str) -> None:
    answer = world.anybody.ask(f"{ROOT}/openapi.json?lang={language}")
    assert answer.headers["Content-Type"] == pages.MEDIA_TYPE
    OpenAPIV31SpecValidator(answer.json).validate()
    described = {(method.upper(), path) for path, item in answer.json["paths"].items() for method in item}
    assert described == {
        (route.method, route.path.replace("<", "{").replace(">", "}")) for route in (*openapi.DELIVERY, *openapi.ROUTES)
    }
    page = world.anybody.ask(f"{ROOT}/openapi?lang={language}")
    assert page.status == 200 and b"/LocatieEVActiviteiten/zoeken" in page.body


def test_answers_are_what_the_document_says(world: World, owner: Visitor, names: list[str]) -> None:
    document = world.anybody.ask(f"{ROOT}/openapi.json").json

    def check(path: str, method: str, answer: object, status: str = "200") -> None:
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]}).validate(answer)

    base, one = "/LocatieEVActiviteiten", "/LocatieEVActiviteiten/{identificatie}"
    check(base, "get", world.anybody.ask(BASE).json)
    check(f"{base}/zoeken", "post", world.anybody.ask(f"{BASE}/zoeken", "POST", {}).json)
    check(one, "get", world.anybody.get(names[0]).json)
    check(f"{one}/historie", "get", world.anybody.ask(f"{BASE}/{names[0]}/historie").json)
    check(base, "post", owner.post(station_of("PROEF", "schema")).json, "201")
    check(base, "post", owner.post(b"{").json, "400")
    check(one, "get", world.anybody.get("NL.IMEV.X.Y").json, "404")
    assert json.dumps(document).count('"$ref": "#') > 20
