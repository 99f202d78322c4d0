"""Every bad input gets its status and the report of the REV API; nothing is stored, and what was served still is."""

import copy
import json
from collections.abc import Callable

import pytest

from risicoatlas.access import keys

from .conftest import ROOT, Answer, Visitor, World, flat, station_of

TOUCHED = (
    "SELECT (SELECT count(*) FROM register.imev_object), (SELECT count(*) FROM register.imev_bericht),"
    " (SELECT count(*) FROM beheer.levering), (SELECT max(nummer) FROM publiek.publicatie),"
    " (SELECT count(*) FROM bron.imev_object)"
)


@pytest.fixture(scope="module")
def standing(owner: Visitor) -> dict:
    """What was delivered before."""
    message = station_of("PROEF", "staat")
    assert owner.post(message).status == 201
    return message


def changed(message: dict, change: Callable[[dict], None]) -> dict:
    found = copy.deepcopy(message)
    change(found)
    return found


def contours(message: dict) -> list[dict]:
    return message["voertUit"][0]["heeft"][0]["resulteertIn"]


RD_FIELD = "$.voertUit[0].heeft[0].resulteertIn[1].afstandOfGeometrie.geometrie.coordinates"
BYTES = [
    (b"{", 400, "geen_json"),
    (b"", 400, "geen_json"),
    ('{"a": "é"}'.encode("latin-1"), 400, "geen_utf8"),
    (b"[]", 400, "geen_object"),
    (b'{"a": NaN}', 400, "geen_getal"),
    (b'{"a": 1e999}', 400, "getal"),
    (b'{"a": 1, "a": 2}', 400, "dubbel_lid"),
    (b'{"a": "\\u0000"}', 400, "teken"),
    (b'{"a": "\\ud800"}', 400, "teken"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "te_diep"),
    (b'{"a":' * 200 + b"1" + b"}" * 200, 400, "te_diep"),
    (b'{"a": "' + b"x" * 60_000_000 + b'"}', 413, "te_groot"),
]


@pytest.mark.parametrize(("content", "status", "key"), BYTES, ids=lambda item: str(item)[:20])
def test_bytes_that_are_no_message(
    world: World, owner: Visitor, standing: dict, content: bytes, status: int, key: str
) -> None:
    before = world.sql(TOUCHED)
    for answer in (
        owner.post(content),
        owner.ask(f"{ROOT}/LocatieEVActiviteiten/{flat(standing)}", "PUT", content),
    ):
        assert (answer.status, [found for found, _ in answer.faults]) == (status, [key])
        is_report(answer)
    assert world.sql(TOUCHED) == before and owner.get(flat(standing)).json == standing


def is_report(answer: Answer) -> None:
    told = answer.json
    assert set(told) == {"title", "status", "timestamp", "message", "reports"}
    assert told["status"] == str(answer.status) and told["message"]
    for report in told["reports"]:
        assert report["context"]["method"] in {"POST", "PUT", "GET", "DELETE"}
        for error in report["errors"]:
            assert error["key"] and error["error"] and error["location"]


def crossing(message: dict) -> None:
    x, y = 160000, 510000
    ring = [[x, y], [x + 50, y + 50], [x + 50, y], [x, y + 50], [x, y]]
    contours(message)[1]["afstandOfGeometrie"] = {"geometrie": {"type": "Polygon", "coordinates": [ring]}}


def degrees(message: dict) -> None:
    ring = [[5.1, 52.1], [5.2, 52.1], [5.2, 52.2], [5.1, 52.1]]
    contours(message)[1]["afstandOfGeometrie"] = {"geometrie": {"type": "Polygon", "coordinates": [ring]}}


def several(message: dict) -> None:
    del message["bedrijfsnaam"]
    message["voertUit"][0]["vergunningsPlicht"] = "ja"
    contours(message)[0]["afstandOfGeometrie"] = {"afstand": -1}
    contours(message)[1]["entityType"] = "Contour"


WRONG = [
    (degrees, [("buiten_rd", f"{RD_FIELD}[0][0]")]),
    (crossing, [("geometrie_ongeldig", "$.voertUit[0].heeft[0].resulteertIn[1]")]),
    (
        several,
        [
            ("ontbreekt", "$.bedrijfsnaam"),
            ("type", "$.voertUit[0].vergunningsPlicht"),
            ("minimum", "$.voertUit[0].heeft[0].resulteertIn[0].afstandOfGeometrie.afstand"),
            ("entitytype_onbekend", "$.voertUit[0].heeft[0].resulteertIn[1].entityType"),
        ],
    ),
]


@pytest.mark.parametrize(("change", "expected"), WRONG, ids=lambda item: getattr(item, "__name__", ""))
def test_a_message_that_is_wrong(
    world: World, owner: Visitor, standing: dict, change: Callable[[dict], None], expected: list[tuple[str, str]]
) -> None:
    before = world.sql(TOUCHED)
    wrong = changed(standing, change)
    answers = [owner.put(wrong), owner.put(wrong, "?validateOnly=true")]
    for answer in answers:
        assert answer.status == 400 and answer.faults == expected
        is_report(answer)
    told = answers[0].json["reports"][0]["errors"][-1]["identification"]
    assert told == f"{flat(standing).removesuffix('locatie')}pr"
    assert world.sql(TOUCHED) == before and owner.get(flat(standing)).json == standing
    rows = {row["id_locatie"] for row in owner.features("ev_pr10_6")}
    assert flat(standing) in rows


def test_the_report_speaks_the_language_of_the_reader(owner: Visitor, standing: dict) -> None:
    wrong = changed(standing, lambda message: message.pop("bedrijfsnaam"))
    assert "ontbreekt" in owner.put(wrong).json["message"]
    assert "is missing" in owner.put(wrong, Accept_Language="en").json["message"]


def test_an_id_that_exists_elsewhere(world: World, owner: Visitor, other: Visitor, standing: dict) -> None:
    assert owner.post(standing).faults == [("bestaat_al", "$.identificatie")]
    taken = station_of("ANDER", "bezet")
    taken["voertUit"][0]["identificatie"] = standing["voertUit"][0]["identificatie"]
    before = world.sql(TOUCHED)
    answer = other.post(taken)
    assert answer.status == 400 and answer.faults == [("identificatie_bezet", "$.voertUit[0].identificatie")]
    assert world.sql(TOUCHED) == before and other.get(flat(taken)).status == 404


def test_what_is_not_there(owner: Visitor) -> None:
    message = station_of("PROEF", "nergens")
    for answer in (owner.put(message), owner.get(flat(message)), owner.delete(flat(message))):
        assert answer.status == 404 and answer.faults == [("niet_gevonden", "$")]
    assert owner.ask(f"{ROOT}/Niets").status == 404
    method = owner.ask(f"{ROOT}/LocatieEVActiviteiten", "PATCH")
    assert method.status == 405 and method.headers["Allow"] == "GET, HEAD, POST"


def test_the_wrong_address(owner: Visitor, standing: dict) -> None:
    assert owner.post(standing, base="GebouwenOfLocaties").faults == [("verkeerd_adres", "$.entityType")]
    answer = owner.ask(f"{ROOT}/LocatieEVActiviteiten/NL.IMEV.PROEF.anders", "PUT", standing)
    assert answer.status == 400 and answer.faults == [("andere_identificatie", "$.identificatie")]
    assert owner.get(flat(standing), base="GebouwenOfLocaties").status == 404


@pytest.mark.parametrize(
    ("headers", "status", "key"),
    [
        ({"Content_Crs": "EPSG:4326"}, 400, "content_crs"),
        ({"Content_Type": "text/plain"}, 415, "content_type"),
        ({"Idempotency_Key": "met een spatie"}, 400, "idempotency_key"),
    ],
)
def test_wrong_headers(owner: Visitor, standing: dict, headers: dict[str, str], status: int, key: str) -> None:
    answer = owner.put({**standing, "bedrijfsnaam": "Anders"}, **headers)
    assert answer.status == status and answer.faults[0][0] == key
    assert owner.get(flat(standing)).json == standing


def test_wrong_parameters(owner: Visitor, standing: dict) -> None:
    for query, name in (("validateOnly=ja", "validateOnly"), ("registrationId=x", "registrationId"), ("a=b", "a")):
        answer = owner.put(standing, f"?{query}")
        assert answer.status == 400 and answer.json["reports"][0]["context"]["parameter"] == name
        is_report(answer)


def test_a_key_that_is_no_bronhouder_writes_nothing(world: World, standing: dict) -> None:
    for role, areas in (("gemeente", ["GM9901"]), ("raadpleger", ["GM9901"]), ("beheerder", [])):
        with world.database.loader() as connection:
            key = keys.create(connection, "proef", role, "PROEF", areas, 1).key
        answer = Visitor(world.port, key).put(standing)
        assert answer.status == 401 and answer.faults == [("geen_bronhouder", "X-API-Key")], role


def test_a_search_that_is_wrong(owner: Visitor) -> None:
    address = f"{ROOT}/LocatieEVActiviteiten/zoeken"
    for body, place in (
        ({"geometrie": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}, "$.geometrie"),
        ({"geometrie": {"type": "Vlak", "coordinates": []}}, "$.geometrie"),
        ({"featureTypes": ["Tank"]}, "$.featureTypes"),
        ({"tijdstipGeldigheid": "gisteren"}, "$.tijdstipGeldigheid"),
        ({"onbekend": 1}, "$"),
    ):
        answer = owner.ask(address, "POST", body)
        assert answer.status == 400 and answer.faults[0][1] == place, json.dumps(body)
