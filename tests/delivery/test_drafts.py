"""A draft is judged and shown, is its owner's alone and whom it names, and becomes public by one act."""

import copy
import json
from typing import Any

import pytest

from risicoatlas.access import keys

from .conftest import ROOT, Answer, Visitor, World, flat, station_of

DRAFTS = f"{ROOT}/concepten"
BRAND = "ev_brandaandachtsgebieden"


def make(visitor: Visitor, message: Any, **headers: str) -> Answer:
    return visitor.ask(DRAFTS, "POST", message, **headers)


def kept(visitor: Visitor, message: Any) -> Answer:
    answer = make(visitor, message)
    assert answer.status == 201, answer.body
    return answer


def consulting(world: World, organisation: str, area: str = "GM9902") -> Visitor:
    with world.database.loader() as connection:
        return Visitor(world.port, keys.create(connection, "proef", "raadpleger", organisation, [area], 1).key)


def effects(answer: Answer) -> dict[str, tuple[int, int, int]]:
    return {item["laag"]: (item["toegevoegd"], item["beeindigd"], item["gelijk"]) for item in answer.json["gevolgen"]}


def test_draft_is_shown_and_stores_nothing_public(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "concept-a")
    state = (
        "SELECT (SELECT count(*) FROM register.imev_object), (SELECT count(*) FROM beheer.imev_aanlevering),"
        " (SELECT max(nummer) FROM beheer.levering)"
    )
    before, shown = world.sql(state), world.anybody.features(BRAND)
    answer = kept(owner, message)
    assert answer.headers["Location"].endswith(f"{DRAFTS}/{answer.json['id']}")
    assert answer.json["nieuw"] and answer.json["registrationId"] is None
    assert answer.json["object"] == message and answer.json["gepubliceerdOp"] is None
    assert effects(answer)[BRAND] == (1, 0, 0) and effects(answer)["ev_activiteiten"][0] == 1
    assert world.sql(state) == before and world.anybody.features(BRAND) == shown
    assert world.anybody.get(flat(message)).status == 404
    assert answer.json["id"] in [item["id"] for item in owner.ask(DRAFTS).json["_embedded"]["results"]]


def test_publishing_a_draft_makes_the_preview_true(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "concept-b")
    draft = kept(owner, message).json
    done = owner.ask(f"{DRAFTS}/{draft['id']}/publiceren", "POST")
    assert done.status == 200, done.body
    assert world.anybody.get(flat(message)).json == message
    assert flat(message) in {row["id_locatie"] for row in world.anybody.features(BRAND)}
    told = owner.ask(f"{DRAFTS}/{draft['id']}").json
    assert told["gepubliceerdOp"] and told["registrationId"] == done.json["registrationId"]
    assert told["gevolgen"] == draft["gevolgen"]
    again = owner.ask(f"{DRAFTS}/{draft['id']}/publiceren", "POST")
    assert (again.status, again.faults) == (412, [("al_gepubliceerd", "$")])
    journal = "SELECT methode FROM beheer.imev_aanlevering WHERE identificatie = %s"
    assert world.sql(journal, flat(message)) == [("POST",)]
    acts = "SELECT handeling FROM beheer.audit WHERE onderwerp = %s ORDER BY nummer"
    assert world.sql(acts, draft["id"]) == [("concept gemaakt",), ("concept gepubliceerd",)]


def test_change_shows_old_beside_new_and_replaces_it(world: World, owner: Visitor) -> None:
    message = station_of("PROEF", "concept-c")
    first = owner.post(message).json["registrationId"]
    changed = copy.deepcopy(message)
    del changed["voertUit"][0]["heeft"][0]["resulteertIn"][1]
    answer = kept(owner, changed)
    assert not answer.json["nieuw"] and answer.json["registrationId"] == first
    assert effects(answer)["ev_pr10_6"] == (0, 1, 0)
    assert effects(answer)[BRAND] == (0, 0, 1)
    assert owner.ask(f"{DRAFTS}/{answer.json['id']}/publiceren", "POST").status == 200
    assert flat(message) not in {row["id_locatie"] for row in world.anybody.features("ev_pr10_6")}


def test_draft_of_an_older_registration_is_refused(owner: Visitor) -> None:
    message = station_of("PROEF", "concept-d")
    owner.post(message)
    draft = kept(owner, {**message, "bedrijfsnaam": "Uit het concept"}).json["id"]
    owner.put({**message, "bedrijfsnaam": "Iemand was eerder"})
    answer = owner.ask(f"{DRAFTS}/{draft}/publiceren", "POST")
    assert (answer.status, answer.faults) == (412, [("andere_registratie", "registrationId")])
    assert owner.get(flat(message)).json["bedrijfsnaam"] == "Iemand was eerder"


def test_nobody_else_sees_or_changes_it(world: World, owner: Visitor, other: Visitor) -> None:
    draft = kept(owner, station_of("PROEF", "concept-e")).json["id"]
    for visitor in (other, consulting(world, "VR01")):
        assert draft not in visitor.ask(DRAFTS).body.decode()
        unknown = visitor.ask(f"{DRAFTS}/{'0' * 8}-0000-4000-8000-{'0' * 12}")
        hidden = visitor.ask(f"{DRAFTS}/{draft}")
        assert hidden.status == unknown.status == 404 and hidden.faults == unknown.faults
    for method, path in (("POST", "/publiceren"), ("DELETE", ""), ("PUT", "/delen")):
        body = {"organisaties": ["ANDER"]} if path == "/delen" else None
        assert other.ask(f"{DRAFTS}/{draft}{path}", method, body).status == 404
    assert world.anybody.ask(DRAFTS).status == world.anybody.ask(f"{DRAFTS}/{draft}").status == 401
    assert world.anybody.ask(f"{DRAFTS}/bestaat-niet").status == 401
    assert world.anybody.ask(DRAFTS, "POST", {}).status == 401


def test_shared_draft_is_read_and_not_changed(world: World, owner: Visitor, other: Visitor) -> None:
    reader = consulting(world, "VR02")
    made = kept(owner, station_of("PROEF", "concept-f"))
    draft, path = made.json["id"], f"{DRAFTS}/{made.json['id']}"
    stale = owner.ask(f"{path}/delen", "PUT", {"organisaties": ["VR02"]}, If_Match='"99"')
    assert (stale.status, stale.faults) == (412, [("andere_versie", "If-Match")])
    shared = owner.ask(f"{path}/delen", "PUT", {"organisaties": ["VR02", "ANDER"]}, If_Match=made.headers["ETag"])
    assert shared.status == 200 and shared.json["gedeeldMet"] == ["ANDER", "VR02"]
    assert shared.headers["ETag"] != made.headers["ETag"]
    for visitor in (reader, other):
        assert visitor.ask(path).json["object"] == made.json["object"]
    # who may deliver itself is told whose it is; who may not deliver at all, that
    assert other.ask(f"{path}/publiceren", "POST").faults == [("niet_eigenaar", "$")]
    assert reader.ask(f"{path}/publiceren", "POST").faults == [("geen_bronhouder", "X-API-Key")]
    assert owner.ask(f"{path}/delen", "PUT", {"organisaties": []}).status == 200
    assert reader.ask(path).status == 404
    wrong = owner.ask(f"{path}/delen", "PUT", {"organisaties": ["a,b"]})
    assert (wrong.status, wrong.faults) == (400, [("organisatie", "$.organisaties")])
    assert draft in owner.ask(DRAFTS).body.decode()


def test_discarded_draft_is_gone(world: World, owner: Visitor) -> None:
    draft = kept(owner, station_of("PROEF", "concept-g")).json["id"]
    assert owner.ask(f"{DRAFTS}/{draft}", "DELETE").status == 204
    assert owner.ask(f"{DRAFTS}/{draft}").status == 404 and draft not in owner.ask(DRAFTS).body.decode()
    assert world.sql("SELECT count(*) FROM beheer.imev_concept_vorm WHERE concept = %s::uuid", draft) == [(0,)]
    acts = "SELECT handeling FROM beheer.audit WHERE onderwerp = %s ORDER BY nummer"
    assert world.sql(acts, draft) == [("concept gemaakt",), ("concept verworpen",)]


@pytest.mark.parametrize(
    ("body", "status", "fault"),
    [
        (b"geen json", 400, "geen_json"),
        (b"[]", 400, "geen_object"),
        (json.dumps({"entityType": "Onzin"}).encode(), 400, "entitytype_onbekend"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(owner: Visitor, body: bytes, status: int, fault: str) -> None:
    answer = make(owner, body)
    assert answer.status == status and fault in [key for key, _ in answer.faults], answer.body


def test_message_of_another_is_refused(world: World, owner: Visitor) -> None:
    answer = make(owner, station_of("ANDER", "concept-h"))
    assert answer.status == 401 and {key for key, _ in answer.faults} == {"niet_eigenaar"}
    assert world.sql("SELECT count(*) FROM beheer.imev_concept WHERE identificatie LIKE '%%concept-h%%'") == [(0,)]


def test_open_drafts_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("risicoatlas.delivery.rev.drafts.MAX_OPEN", 1)
    third = world.of("DERDE")
    kept(third, station_of("DERDE", "concept-i"))
    answer = make(third, station_of("DERDE", "concept-j"))
    assert (answer.status, answer.faults) == (400, [("te_veel_concepten", "$")])


def test_preview_that_is_too_large_is_refused_and_not_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("risicoatlas.delivery.rev.drafts.MAX_SHAPES", 3)
    owner, message = world.of("PROEF"), station_of("PROEF", "concept-k")
    answer = make(owner, message)
    assert (answer.status, answer.faults) == (400, [("te_groot_voor_concept", "$")])
    assert world.sql("SELECT count(*) FROM beheer.imev_concept WHERE identificatie = %s", flat(message)) == [(0,)]
    assert owner.post(message).status == 201
