"""What the delivery API says no to, and with which status: 400, 401, 403, 404, 405, 409, 412, 413, 415, 428."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client

from risicoatlas.access import keys
from risicoatlas.front.compression import Compression

from .conftest import ROOT, Office, Visitor, Whole, new_key

OWN, OTHER = "GM9901", "GM9902"
CARE = ("celfunctie", "gezondheidszorgfunctie", "logiesfunctie")
PAND = "9901100000000001"
PATHS = (
    "", "/", "/openapi", "/openapi.json", "/nergens", "/gemeenten", f"/gemeenten/{OWN}", f"/gemeenten/{OWN}/gebouwen",
    f"/gemeenten/{OWN}/gebouwen/{PAND}", f"/gemeenten/{OWN}/gebouwen/{PAND}/correctie", f"/gemeenten/{OWN}/overname",
    "/gemeenten/GM0000", "/%00", "/gemeenten/..",
)  # fmt: skip


@pytest.fixture(scope="module")
def own(office: Office) -> Visitor:
    return office.of(OWN)


@pytest.fixture(scope="module")
def pand(own: Visitor) -> str:
    return own.a_building()


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"]
    return answer.json


class TestWithoutALogin:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_every_address_gives_401_whether_it_exists_or_not(self, office: Office, method: str) -> None:
        nobody = office.anonymous()
        answers = [nobody.ask(path, method) for path in PATHS]
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.headers["WWW-Authenticate"].split()[0] for answer in answers} == {"Basic"}
        assert len({answer.text for answer in answers}) == 1

    def test_all_of_v1_is_closed_but_what_everybody_may_read(self, office: Office) -> None:
        for path in ("/aanlevering/v1", "/aanlevering/v1/", "/aanlevering/v1/bestaat_niet", "/aanlevering/v1/kglx"):
            assert office.client.get(path).status_code == 401
        assert office.client.post("/aanlevering/v1/LocatieEVActiviteiten", json={}).status_code == 401

    def test_a_revoked_key_is_no_login(self, office: Office) -> None:
        made = new_key(office.town, "gemeente", OWN)
        visitor = Visitor(office.client, made.key, OWN)
        assert visitor.ask(visitor.here).status_code == 200
        with office.town.database.loader() as connection:
            keys.revoke(connection, made.id)
        problem(visitor.ask(visitor.here), 401)


class TestOfAnotherMunicipality:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", ""), ("GET", "/gebouwen"), ("GET", f"/gebouwen/{PAND}"), ("GET", "/correcties"),
            ("GET", "/gebeurtenissen"), ("GET", "/lijsten/zorg"), ("POST", "/overname"), ("POST", "/variant"),
            ("POST", "/validatie"), ("POST", "/publicatie"), ("POST", "/intrekking"), ("POST", "/lijsten/zorg"),
            ("PUT", f"/gebouwen/{PAND}/correctie"), ("DELETE", f"/gebouwen/{PAND}/correctie"),
        ],
    )  # fmt: skip
    def test_everything_is_403_with_an_audit_row_whether_it_exists_or_not(
        self, office: Office, own: Visitor, method: str, path: str
    ) -> None:
        for code in (OTHER, "GM0000"):
            before = len(office.audit(code))
            answer = own.ask(f"/gemeenten/{code}{path}", method)
            told = problem(answer, 403)["detail"]
            assert code in told
            found = office.audit(code)[before:]
            assert [(subject.split()[0], outcome) for _, subject, outcome, _ in found] == [(code, "geweigerd")]
            assert found[0][3] is not None

    def test_a_correction_on_the_building_of_another_is_403_with_an_audit_row(
        self, office: Office, own: Visitor
    ) -> None:
        theirs = office.of(OTHER).a_building()
        for method in ("PUT", "DELETE"):
            answer = own.ask(
                f"{own.here}/gebouwen/{theirs}/correctie", method, headers={"If-Match": '"x"'},
                json={"categorie": "kwetsbaar", "reden": "r"} if method == "PUT" else None,
            )  # fmt: skip
            assert theirs in problem(answer, 403)["detail"]
            assert office.audit(f"{OWN} {theirs}")[-1][2] == "geweigerd"
        assert own.ask(f"{own.here}/gebouwen/{theirs}").status_code == 404

    def test_who_reads_may_not_write(self, office: Office) -> None:
        reader = office.of(OWN, "raadpleger")
        manager = Visitor(office.client, new_key(office.town, "beheerder").key, OWN)
        for visitor in (reader, manager):
            assert visitor.state()["gemeentecode"] == OWN
            problem(visitor.act("validatie", {"functies": "alle"}), 403)
        assert manager.ask(f"/gemeenten/{OTHER}").status_code == 200
        problem(manager.ask("/gemeenten/GM0000"), 404)
        problem(reader.ask(f"/gemeenten/{OTHER}"), 403)

    def test_a_bronhouder_writes_for_its_own_code_and_those_of_its_key(self, office: Office) -> None:
        by_code = Visitor(office.client, new_key(office.town, "bronhouder", organisation=OWN).key, OWN)
        by_area = Visitor(office.client, new_key(office.town, "bronhouder", OWN, organisation="OD01").key, OWN)
        for visitor in (by_code, by_area):
            assert visitor.act("validatie", {"functies": ["woonfunctie"]}).status_code == 200
            problem(visitor.ask(f"/gemeenten/{OTHER}"), 403)


class TestVersions:
    WRITES = (
        ("POST", "/validatie", {"functies": "alle"}),
        ("POST", "/variant", {"variant": "handmatig"}),
        ("POST", "/publicatie", {}),
        ("POST", "/intrekking", {"reden": "r"}),
    )

    @pytest.mark.parametrize(("method", "path", "body"), WRITES)
    def test_a_write_without_a_version_is_428(self, own: Visitor, method: str, path: str, body: Any) -> None:
        for headers in ({}, {"If-Match": "*"}):
            assert "If-Match" in problem(own.ask(own.here + path, method, json=body, headers=headers), 428)["detail"]

    @pytest.mark.parametrize(("method", "path", "body"), WRITES)
    def test_a_write_on_a_stale_version_is_412(self, own: Visitor, method: str, path: str, body: Any) -> None:
        problem(own.ask(own.here + path, method, json=body, headers={"If-Match": '"iets-anders"'}), 412)

    def test_the_version_of_a_compressed_answer_can_be_sent_back(self, office: Office, own: Visitor) -> None:
        browser = Visitor(Whole(Compression(office.client.application), use_cookies=False), own.key, OWN)
        read = browser.ask(browser.here, headers={"Accept-Encoding": "gzip"})
        assert (read.headers["Content-Encoding"], read.headers["ETag"][:3]) == ("gzip", 'W/"')
        assert browser.act("validatie", {"functies": ["sportfunctie"]}, read.headers["ETag"]).status_code == 200
        problem(browser.act("validatie", {"functies": ["sportfunctie"]}, read.headers["ETag"]), 412)

    def test_a_correction_needs_the_version_of_its_building(self, own: Visitor, pand: str) -> None:
        path, body = f"{own.here}/gebouwen/{pand}/correctie", {"categorie": "zeerKwetsbaar", "reden": "r"}
        problem(own.ask(path, "PUT", json=body), 428)
        problem(own.ask(path, "DELETE"), 428)
        seen = own.version(f"/gebouwen/{pand}")
        assert own.ask(path, "PUT", json=body, headers={"If-Match": seen}).status_code == 200
        problem(own.ask(path, "PUT", json=body, headers={"If-Match": seen}), 412)
        problem(own.ask(path, "DELETE", headers={"If-Match": seen}), 412)
        assert own.uncorrect(pand).status_code == 200

    def test_of_many_at_once_on_one_version_one_is_done(self, office: Office, own: Visitor) -> None:
        pand = own.a_building(number=7)
        seen = own.version(f"/gebouwen/{pand}")

        def write(number: int) -> int:
            answer = own.ask(
                f"{own.here}/gebouwen/{pand}/correctie", "PUT", headers={"If-Match": seen},
                json={"categorie": "zeerKwetsbaar", "reden": f"Nummer {number}."},
            )  # fmt: skip
            return answer.status_code

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(write, range(6))) == [200, *[412] * 5]
        assert len(own.building(pand)["geschiedenis"]) == 1
        state = own.version()
        with ThreadPoolExecutor(3) as pool:
            done = pool.map(lambda name: own.act("validatie", {"functies": [name]}, state), CARE)
            assert sorted(answer.status_code for answer in done) == [200, 412, 412]

    def test_an_answer_that_is_known_already_is_304(self, own: Visitor, pand: str) -> None:
        for path in ("", f"/gebouwen/{pand}"):
            tag = own.version(path)
            answer = own.ask(own.here + path, headers={"If-None-Match": tag})
            assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
            assert answer.headers["Cache-Control"] == "private, no-store"


class TestTheOrderOfThings:
    def test_nothing_comes_before_ownership(self, office: Office) -> None:
        other = office.of(OTHER)
        office.do("UPDATE register.kgl_gemeente SET overgenomen_op = NULL WHERE gemeentecode = %s", OTHER)
        assert other.state()["toestand"] == "voorgesteld"
        theirs = other.a_building()
        answers = [
            other.act("variant", {"variant": "automatisch"}),
            other.act("validatie", {"functies": "alle"}),
            other.act("publicatie"),
            other.correct(theirs, "zeerKwetsbaar"),
            other.ask(
                f"{other.here}/lijsten/zorg", "POST", data=f"pand,detail\n{theirs},bedgebied\n",
                content_type="text/csv", headers={"If-Match": other.version()},
            ),
        ]  # fmt: skip
        for answer in answers:
            assert "in eigendom" in problem(answer, 409)["detail"]
        assert other.act("overname").json["toestand"] == "in_eigendom"
        assert "al in eigendom" in problem(other.act("overname"), 409)["detail"]

    def test_publication_waits_for_every_function_that_occurs(self, office: Office) -> None:
        other = office.of(OTHER)
        functions = [item["functie"] for item in other.state()["functies"]]
        assert "register" not in functions and len(functions) == 11
        assert other.act("validatie", {"functies": functions[1:]}).json["voortgang"] == {
            "functies": 11,
            "gevalideerd": 10,
        }
        assert functions[0] in problem(other.act("publicatie"), 409)["detail"]
        assert other.act("validatie", {"functies": functions[:1]}).json["toestand"] == "gevalideerd"
        back = other.act("validatie", {"functies": ["woonfunctie"], "gevalideerd": False}).json
        assert (back["toestand"], back["gevalideerd_op"]) == ("in_eigendom", None)
        assert "woonfunctie" in problem(other.act("publicatie"), 409)["detail"]

    def test_a_part_comes_after_the_whole_and_an_end_after_a_beginning(self, office: Office) -> None:
        other = office.of(OTHER)
        assert other.act("validatie", {"functies": "alle"}).status_code == 200
        assert "eerst het geheel" in problem(other.act("publicatie", {"functie": "woonfunctie"}), 409)["detail"]
        assert "niet gepubliceerd" in problem(other.act("intrekking", {"reden": "r"}), 409)["detail"]

    def test_there_must_be_a_correction_to_withdraw(self, own: Visitor, pand: str) -> None:
        problem(own.uncorrect(pand), 409)


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("path", "body", "message"),
        [
            ("/variant", {}, "variant ontbreekt"),
            ("/variant", {"variant": "soms"}, "automatisch"),
            ("/variant", {"variant": "handmatig", "meer": 1}, "onbekend lid"),
            ("/variant", [], "object"),
            ("/variant", {"variant": 3}, "gevonden 3"),
            ("/validatie", {"functies": []}, "functies"),
            ("/validatie", {"functies": ["slaapfunctie"]}, "slaapfunctie"),
            ("/publicatie", {"functie": "woonfunctie", "panden": ["9901100000000001"]}, "gevonden"),
            ("/publicatie", {"functie": "slaapfunctie"}, "slaapfunctie"),
            ("/publicatie", {"panden": ["1"]}, "panden"),
            ("/intrekking", {"reden": "  "}, "lege tekst"),
            ("/intrekking", {"reden": "x" * 2001}, "hoogstens 2000"),
        ],
    )
    def test_a_body_that_is_wrong_is_400_and_says_where(self, own: Visitor, path: str, body: Any, message: str) -> None:
        told = problem(own.act(path.strip("/"), body), 400)
        assert message in told["detail"]

    @pytest.mark.parametrize(
        "content",
        [
            b"{", b"\xff", b'{"variant": NaN}', b'{"variant": "handmatig", "variant": "handmatig"}', b"[" * 5000,
            json.dumps({"variant": [[[[[[["x"]]]]]]]}).encode(), b'{"variant": "a\\u0000"}', b'{"variant": "\\ud800"}',
            b"",
        ],
    )  # fmt: skip
    def test_a_body_that_is_no_json_of_ours_is_refused(self, own: Visitor, content: bytes) -> None:
        answer = own.ask(
            f"{own.here}/variant", "POST", data=content, content_type="application/json",
            headers={"If-Match": own.version()},
        )  # fmt: skip
        problem(answer, 400)

    def test_bodies_have_bounds_and_one_form(self, own: Visitor) -> None:
        version = own.version()
        large = own.ask(f"{own.here}/variant", "POST", data=b"{" + b" " * 300_000, content_type="application/json",
                        headers={"If-Match": version})  # fmt: skip
        problem(large, 413)
        form = own.ask(f"{own.here}/variant", "POST", data={"variant": "handmatig"}, headers={"If-Match": version})
        problem(form, 415)

    def test_a_reason_is_needed_and_only_the_label_can_be_changed(self, own: Visitor, pand: str) -> None:
        path, version = f"{own.here}/gebouwen/{pand}/correctie", own.version(f"/gebouwen/{pand}")
        for body in (
            {"categorie": "kwetsbaar"},
            {"categorie": "kwetsbaar", "reden": " "},
            {"categorie": "rood", "reden": "r"},
            {"categorie": "kwetsbaar", "reden": "r", "functie": "kantoorfunctie"},
        ):
            problem(own.ask(path, "PUT", json=body, headers={"If-Match": version}), 400)

    @pytest.mark.parametrize(
        "query", ["x=1", "limit=0", "limit=1001", "limit=a", "limit=1&limit=2", "categorie=rood", "na=1", "concept=ja",
                  "waarschuwing=%00"]
    )  # fmt: skip
    def test_a_parameter_that_is_unknown_or_wrong_is_400(self, own: Visitor, query: str) -> None:
        assert problem(own.ask(f"{own.here}/gebouwen?{query}"), 400)["parameter"] == query.partition("=")[0]

    def test_addresses_and_methods_that_are_not_there(self, own: Visitor) -> None:
        problem(own.ask("/nergens"), 404)
        problem(own.ask("/gemeenten/%00/overname", "POST"), 404)
        problem(own.ask(f"/gemeenten/{'9' * 3000}/overname", "POST"), 403)
        problem(own.ask(f"{own.here}/gebouwen/12"), 404)
        problem(own.ask(f"{own.here}/gebouwen/9901100000000000"), 404)
        problem(own.ask(f"{own.here}/lijsten/honden"), 404)
        assert problem(own.ask(f"{own.here}/variant"), 405)
        assert own.ask(f"{own.here}/variant").headers["Allow"] == "POST"
        assert own.ask(f"{own.here}/variant", "OPTIONS").headers["Allow"] == "OPTIONS, POST"

    def test_nothing_of_all_this_changed_anything(self, own: Visitor) -> None:
        assert (own.state()["variant"], own.state()["toestand"]) == ("automatisch", "gepubliceerd")


class TestBySession:
    @pytest.fixture
    def browser(self, office: Office) -> Client:
        """A browser in which somebody of the municipality has logged in."""
        client = Whole(office.client.application)
        form = client.get("/auth/login").text
        csrf = form.partition('name="csrf" value="')[2].partition('"')[0]
        answer = client.post("/auth/login", data={"csrf": csrf, "key": new_key(office.town, "gemeente", OWN).key})
        assert answer.status_code == 303
        return client

    def test_a_write_needs_the_token_of_the_session(self, browser: Client) -> None:
        path = f"{ROOT}/gemeenten/{OWN}"
        read = browser.get(path)
        token, body = read.headers["X-CSRF-Token"], {"functies": ["celfunctie"]}
        for headers in ({}, {"X-CSRF-Token": "geraden"}):
            sent = {"If-Match": read.headers["ETag"], **headers}
            problem(browser.post(f"{path}/validatie", json=body, headers=sent), 403)
        sent = {"If-Match": read.headers["ETag"], "X-CSRF-Token": token}
        assert browser.post(f"{path}/validatie", json=body, headers=sent).status_code == 200
