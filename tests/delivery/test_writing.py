"""A delivery is stored as a whole, given back as it came, shown by every layer at once, and its owner's alone."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor

from .conftest import ROOT, Visitor, World, flat, station_of

PR10_6, BRAND = "ev_pr10_6", "ev_brandaandachtsgebieden"


def of_location(visitor: Visitor, layer: str, name: str) -> list[dict]:
    return [row for row in visitor.features(layer) if row["id_locatie"] == name]


def test_what_is_posted_is_given_back_and_shown(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "a")
    name = flat(message)
    answer = owner.post(message, Content_Crs="EPSG:28992")
    assert answer.status == 201, answer.body
    assert answer.headers["Location"].endswith(f"{ROOT}/LocatieEVActiviteiten/{name}")
    assert answer.json["identificatie"] == name and answer.json["object"] == message
    found = world.anybody.get(name)
    assert found.status == 200 and found.json == message
    assert found.headers["ETag"] == f'"{answer.json["registrationId"]}"'
    (contour,) = of_location(world.anybody, PR10_6, name)
    assert contour["gemeentecode"] == "GM9901"
    wfs = world.anybody.ask(
        f"/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames={BRAND}&outputFormat=application/json"
    )
    assert name in {item["properties"]["id_locatie"] for item in wfs.json["features"]}
    journal = "SELECT organisatie, methode, registratie FROM beheer.imev_aanlevering WHERE identificatie = %s"
    assert world.sql(journal, name) == [("PROEF", "POST", answer.json["registrationId"])]
    assert world.sql("SELECT uitkomst FROM beheer.audit WHERE handeling = 'imev POST' AND onderwerp = %s", name) == [
        ("gelukt",)
    ]


def test_validation_alone_stores_nothing(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "proefdruk")
    count = "SELECT (SELECT count(*) FROM register.imev_object), (SELECT count(*) FROM beheer.levering)"
    before = world.sql(count)
    answer = owner.post(message, "?validateOnly=true")
    assert answer.status == 200 and answer.json["registrationId"] is None
    assert world.sql(count) == before and owner.get(flat(message)).status == 404


def test_put_replaces_all_below_the_root(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "b")
    name = flat(message)
    first = owner.post(message).json["registrationId"]
    changed = copy.deepcopy(message)
    changed["bedrijfsnaam"] = "Anders"
    del changed["voertUit"][0]["heeft"][0]["resulteertIn"][1]
    answer = owner.put(changed)
    assert answer.status == 200, answer.body
    assert owner.get(name).json == changed
    assert owner.ask(f"{ROOT}/LocatieEVActiviteiten/{name}?registrationId={first}").json == message
    assert of_location(world.anybody, PR10_6, name) == []
    assert [row["bedrijfsnaam"] for row in of_location(world.anybody, BRAND, name)] == ["Anders"]
    ended = "SELECT count(*) FROM register.imev_object WHERE wortel = %s AND eind_registratie IS NULL"
    assert world.sql(ended, first) == [(0,)]
    same = owner.put(changed)
    assert same.status == 200 and same.json["registrationId"] == answer.json["registrationId"]


def test_history_tells_what_was_registered_and_what_corrected(owner: Visitor) -> None:
    message = station_of("PROEF", "c")
    name = flat(message)
    first = owner.post(message).json["registrationId"]
    second = owner.put({**message, "bedrijfsnaam": "Verbeterd"}).json["registrationId"]
    third = owner.put({**message, "bedrijfsnaam": "Later", "beginGeldigheid": "2025-01-01T00:00:00Z"})
    address = f"{ROOT}/LocatieEVActiviteiten/{name}/historie"
    told = owner.ask(f"{address}?includeCorrected=true").json["_embedded"]["results"]
    assert [(item["registrationId"], item["corrected"]) for item in told] == [
        (third.json["registrationId"], False), (second, False), (first, True),
    ]  # fmt: skip
    assert told[1]["eindRegistratie"] == told[0]["beginRegistratie"] and told[0]["eindRegistratie"] is None
    assert [item["registrationId"] for item in owner.ask(address).json["_embedded"]["results"]] == [
        third.json["registrationId"], second,
    ]  # fmt: skip


def test_delete_ends_the_object_and_all_below_it(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "d")
    name = flat(message)
    owner.post(message)
    assert owner.delete(name, "?validateOnly=true").status == 200
    assert len(of_location(world.anybody, PR10_6, name)) == 1
    assert owner.delete(name).status == 204
    assert of_location(world.anybody, PR10_6, name) == []
    kept = owner.get(name)
    assert kept.status == 200 and json.dumps(kept.json).count("eindGeldigheid") == 5
    listed = owner.ask(f"{ROOT}/LocatieEVActiviteiten?size=1000").json["_embedded"]["results"]
    assert name not in {item["identificatie"] for item in listed}
    for refused in (owner.put(message), owner.post(message), owner.delete(name)):
        assert refused.status == 412 and refused.faults == [("beeindigd", "$.eindGeldigheid")]
    assert owner.get(name).json == kept.json


def test_a_write_can_name_the_registration_that_it_is_about(owner: Visitor) -> None:
    message = station_of("PROEF", "e")
    name = flat(message)
    first = owner.post(message)
    number, tag = first.json["registrationId"], first.headers["ETag"]
    changed = {**message, "bedrijfsnaam": "Nieuw"}
    assert owner.put(changed, f"?registrationId={number}", If_Match=tag).status == 200
    for answer in (
        owner.put(message, f"?registrationId={number}"),
        owner.put(message, If_Match=tag),
        owner.delete(name, If_Match=tag),
    ):
        assert answer.status == 412 and answer.faults == [("andere_registratie", "registrationId")]
    assert owner.get(name).json == changed


def test_the_same_request_with_an_idempotency_key_is_stored_once(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "f")
    first = owner.post(message, Idempotency_Key="een-sleutel")
    again = owner.post(message, Idempotency_Key="een-sleutel")
    assert (first.status, again.status) == (201, 201)
    assert first.json["registrationId"] == again.json["registrationId"]
    assert world.sql("SELECT count(*) FROM register.imev_object WHERE identificatie = %s", flat(message)) == [(1,)]
    another = owner.post(station_of("PROEF", "g"), Idempotency_Key="een-sleutel")
    assert another.status == 400 and another.faults == [("sleutel_hergebruikt", "Idempotency-Key")]


def test_only_the_owner_writes(world: World, owner: Visitor, other: Visitor) -> None:
    message = station_of("PROEF", "h")
    name = flat(message)
    assert owner.post(message).status == 201
    for answer in (other.put(message), other.post(station_of("PROEF", "i"))):
        assert answer.status == 401
        assert ("niet_eigenaar", "$.voertUit[0].heeft[0].resulteertIn[1].bronhoudercode") in answer.faults
    assert other.delete(name).status == 401
    # under the own code, but over somebody else's object
    stolen = {**station_of("ANDER", "h"), "identificatie": message["identificatie"]}
    assert other.put(stolen).faults == [("niet_eigenaar", "$.bronhoudercode")]
    part = copy.deepcopy(message)
    part["voertUit"][0]["heeft"][0]["bronhoudercode"] = "ANDER"
    assert owner.put(part).faults == [("niet_eigenaar", "$.voertUit[0].heeft[0].bronhoudercode")]
    stranger = world.anybody.put(message)
    assert stranger.status == 401 and stranger.faults == [("geen_sleutel", "X-API-Key")]
    assert "WWW-Authenticate" in stranger.headers
    assert owner.get(name).json == message
    refusals = "SELECT count(*) FROM beheer.audit WHERE organisatie = 'ANDER' AND uitkomst = 'geweigerd'"
    assert world.sql(refusals)[0][0] >= 4


def test_three_bronhouders_keep_their_own(world: World, owner: Visitor, other: Visitor) -> None:
    third = world.of("DERDE")
    for code, visitor in (("PROEF", owner), ("ANDER", other), ("DERDE", third)):
        assert visitor.post(station_of(code, "drie")).status == 201
    assert third.delete(flat(station_of("DERDE", "drie"))).status == 204
    codes = {row["bronhoudercode"] for row in world.anybody.features(BRAND) if "drie" in row["id_locatie"]}
    assert codes == {"PROEF", "ANDER"}


def test_of_two_at_once_on_one_registration_one_is_stored(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "samen")
    tag = owner.post(message).headers["ETag"]
    with ThreadPoolExecutor(4) as many:
        told = list(
            many.map(lambda n: owner.put({**message, "bedrijfsnaam": f"nr {n}"}, If_Match=tag).status, range(4))
        )
    assert sorted(told) == [200, 412, 412, 412]


def test_deliveries_at_once_have_rising_moments(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "reeks")
    name = flat(message)
    owner.post(message)
    with ThreadPoolExecutor(4) as many:
        told = list(many.map(lambda n: owner.put({**message, "bedrijfsnaam": f"nr {n}"}).status, range(4)))
    assert told == [200] * 4
    moments = world.sql(
        "SELECT tijdstip_registratie, eind_registratie FROM register.imev_object WHERE identificatie = %s"
        " ORDER BY nummer",
        name,
    )
    assert len(moments) == 5 and moments == sorted(moments, key=lambda row: row[0])
    assert [end for _, end in moments] == [*(begin for begin, _ in moments[1:]), None]
    assert [row["bedrijfsnaam"] for row in of_location(owner, BRAND, name)] == [owner.get(name).json["bedrijfsnaam"]]
