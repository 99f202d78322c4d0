"""The whole workflow over HTTP, by two municipalities at once, with a restart and ``kill -9`` in the middle.

Nothing that was answered is lost, nobody sees the drafts of the other, every change is in the audit trail, and at every
publication nothing of a municipality that has not published is in any table of ``publiek``: the database itself looks,
when the publication is committed.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPErrorProcessor, Request, build_opener

import psycopg
import pytest
from tests.conftest import Town, free_port
from tests.integration.commands import ask_ready

from risicoatlas.access import keys
from risicoatlas.publish import engine

FIRST, SECOND = "GM9902", "GM9903"
BOTH = (FIRST, SECOND)
# Looks through the text of every row of every table in publiek for a building of a municipality that is not published.
# The law of the trial: a publication that holds one cannot be committed.
WATCH = r"""
CREATE SCHEMA proef AUTHORIZATION ra_owner;
CREATE TABLE proef.gezien (publicatie bigint, tabel text, rijen bigint);
CREATE FUNCTION proef.kijk() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  tabel record;
  patroon text;
  gevonden bigint;
  rijen bigint;
BEGIN
  SELECT '(^|[^0-9A-Fa-f])(' || string_agg(DISTINCT left(p.identificatie, 4), '|') || ')[0-9]{12}([^0-9A-Fa-f]|$)'
    INTO patroon
    FROM register.pand p LEFT JOIN register.kgl_gemeente k USING (gemeentecode) WHERE k.gepubliceerd_op IS NULL;
  FOR tabel IN SELECT relname FROM pg_class WHERE relnamespace = 'publiek'::regnamespace AND relkind IN ('r', 'v', 'm')
  LOOP
    EXECUTE format('SELECT count(*) FILTER (WHERE t::text ~ %L), count(*) FROM publiek.%I t', patroon, tabel.relname)
      INTO gevonden, rijen;
    IF gevonden > 0 THEN
      RAISE EXCEPTION 'publication %: % rows of publiek.% are not published', NEW.nummer, gevonden, tabel.relname;
    END IF;
    INSERT INTO proef.gezien VALUES (NEW.nummer, tabel.relname, rijen);
  END LOOP;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER kijk AFTER INSERT ON publiek.publicatie DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION proef.kijk();
"""


class _AsItIs(HTTPErrorProcessor):
    def http_response(self, request, response):
        return response


@dataclass(frozen=True)
class Answer:
    status: int
    etag: str
    body: Any


@dataclass
class Service:
    """``risicoatlas serve`` by the weak role, in a process group of its own, so that all of it can be killed."""

    town: Town
    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")},
            "RISICOATLAS_HOME": str(self.home),
            "RISICOATLAS_DATABASE_URL": self.town.database.conninfo("service"),
            "RISICOATLAS_LOADER_DATABASE_URL": self.town.database.conninfo("loader"),
            "RISICOATLAS_PORT": str(self.port),
        }
        with (self.home / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "risicoatlas", "serve"], env=environ, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        ask_ready(self.url, 60)

    def stop(self, number: int = signal.SIGTERM) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        self.process.wait(timeout=60)

    def restart(self, number: int = signal.SIGTERM) -> None:
        self.stop(number)
        self.start()


@dataclass
class Municipality:
    """Drives its own workflow and remembers what was answered."""

    service: Service
    code: str
    key: str
    key_id: str
    answered: list[str] = field(default_factory=list)

    def ask(self, path: str, method: str = "GET", body: Any = None, etag: str | None = None) -> Answer:
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"} | ({"If-Match": etag} if etag else {})
        data = None if body is None else json.dumps(body).encode()
        address = f"{self.service.url}/aanlevering/v1/kgl{path}"
        request = Request(address, data, headers, method=method)
        with build_opener(_AsItIs()).open(request, timeout=90) as response:
            content = response.read()
            return Answer(response.status, response.headers.get("ETag", ""), json.loads(content) if content else None)

    @property
    def here(self) -> str:
        return f"/gemeenten/{self.code}"

    def act(self, name: str, body: Any, event: str) -> Answer:
        answer = self.ask(f"{self.here}/{name}", "POST", body, self.ask(self.here).etag)
        assert answer.status == 200, answer.body
        self.answered.append(event)
        return answer

    def panden(self, query: str) -> list[str]:
        return [row["pand"] for row in self.ask(f"{self.here}/gebouwen?limit=1000&{query}").body["gebouwen"]]

    def correct(self, pand: str, category: str) -> None:
        path = f"{self.here}/gebouwen/{pand}"
        body = {"categorie": category, "reden": f"Gezien door {self.code}."}
        answer = self.ask(f"{path}/correctie", "PUT", body, self.ask(path).etag)
        assert answer.status == 200, answer.body
        self.answered.append("correctie")

    def events(self) -> list[dict[str, Any]]:
        return self.ask(f"{self.here}/gebeurtenissen?limit=1000").body["gebeurtenissen"]


@dataclass
class Trial:
    """Two municipalities that have done nothing yet, and one that is public all the time."""

    town: Town
    service: Service
    municipalities: dict[str, Municipality]

    def rows(self, query: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.town.database.conninfo("superuser")) as connection:
            return connection.execute(query, values).fetchall()

    def public(self, code: str) -> dict[str, str]:
        rows = self.rows(
            "SELECT id_pand_bag, categorie_kwetsbaarheid FROM publiek.kgl_public"
            " WHERE gemeentecode = %s AND publicatie_tot IS NULL",
            code,
        )
        return dict(rows)

    def both(self, work: Any) -> None:
        """The same work by both at once; what one of them fails is raised."""
        with ThreadPoolExecutor(2) as pool:
            found = [pool.submit(work, municipality) for municipality in self.municipalities.values()]
            for item in found:
                item.result()


@pytest.fixture(scope="module")
def trial(town_of_module: Town, run_folder: Path) -> Iterator[Trial]:
    town, home = town_of_module, run_folder / "drive"
    home.mkdir()
    with town.database.loader() as connection:
        connection.execute("DELETE FROM register.kgl_gemeente WHERE gemeentecode = ANY (%s)", [list(BOTH)])
        connection.execute("DELETE FROM register.kgl_vastgesteld WHERE gemeentecode = ANY (%s)", [list(BOTH)])
        engine.publish(connection, town_catalogue(town))
        # as a withdrawal does
        connection.execute("DELETE FROM publiek.kgl_public WHERE gemeentecode = ANY (%s)", [list(BOTH)])
        made = {code: keys.create(connection, code, "gemeente", None, [code], 1) for code in BOTH}
        connection.commit()
    with psycopg.connect(town.database.conninfo("superuser")) as connection:
        connection.execute(WATCH)
    service = Service(town, home)
    service.start()
    yield Trial(town, service, {code: Municipality(service, code, key.key, key.id) for code, key in made.items()})
    service.stop()


def town_catalogue(town: Town) -> Any:
    from risicoatlas import catalogue

    return catalogue.read(town.settings.config)


def wait_for(trial: Trial, question: str) -> None:
    deadline = time.monotonic() + 30
    while not trial.rows(question)[0][0]:
        assert time.monotonic() < deadline, question
        time.sleep(0.05)


WAITS_TO_WRITE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND application_name = 'risicoatlas loader'"
)


def begin(municipality: Municipality) -> None:
    """Take over, correct, and validate half of the functions."""
    municipality.act("overname", {}, "overname")
    municipality.act("variant", {"variant": "handmatig"}, "variant")
    for pand in municipality.panden("categorie=kwetsbaar")[:4]:
        municipality.correct(pand, "zeerKwetsbaar")
    functions = [item["functie"] for item in municipality.ask(municipality.here).body["functies"]]
    for name in functions[:3]:
        municipality.act("validatie", {"functies": [name]}, "validatie")


def complete(municipality: Municipality) -> None:
    """Validate the rest, after the restart."""
    progress = municipality.ask(municipality.here).body["voortgang"]
    assert progress == {"functies": 11, "gevalideerd": 3}
    municipality.act("validatie", {"functies": "alle"}, "validatie")


def test_two_municipalities_at_once_with_a_restart_and_a_kill_in_the_middle(trial: Trial) -> None:
    first, second = trial.municipalities[FIRST], trial.municipalities[SECOND]
    trial.both(begin)
    trial.service.restart()
    trial.both(complete)

    first.act("publicatie", {}, "publicatie")
    corrected = [pand for pand, category in trial.public(FIRST).items() if category == "zeerKwetsbaar"]
    assert {event["gegevens"]["pand"] for event in first.events() if event["soort"] == "correctie"} <= set(corrected)
    assert trial.public(SECOND) == {}

    # A publication that is killed while it writes: the test holds the table.
    draft = first.panden("categorie=kwetsbaar")[0]
    with psycopg.connect(trial.town.database.conninfo("superuser")) as held, ThreadPoolExecutor(1) as pool:
        held.execute("LOCK TABLE publiek.kgl_public IN SHARE MODE")
        killed: Future[Answer] = pool.submit(second.act, "publicatie", {}, "publicatie")
        wait_for(trial, WAITS_TO_WRITE)
        first.correct(draft, "zeerKwetsbaar")
        trial.service.stop(signal.SIGKILL)
        with pytest.raises((URLError, ConnectionError, OSError)):
            killed.result()
    trial.service.start()

    assert trial.public(SECOND) == {}
    assert second.ask(second.here).body["toestand"] == "gevalideerd"
    assert first.ask(f"{first.here}/gebouwen/{draft}").body["concept"] is True
    assert trial.public(FIRST)[draft] == "kwetsbaar"

    second.act("publicatie", {}, "publicatie")
    assert len(trial.public(SECOND)) == second.ask(second.here).body["gebouwen"]
    assert trial.public(FIRST)[draft] == "kwetsbaar"
    first.act("publicatie", {"panden": [draft]}, "publicatie")
    assert trial.public(FIRST)[draft] == "zeerKwetsbaar"
    first.act("intrekking", {"reden": "Eind van de proef."}, "intrekking")
    assert trial.public(FIRST) == {} and trial.public(SECOND)


def test_everything_that_was_answered_is_kept_in_its_order(trial: Trial) -> None:
    for municipality in trial.municipalities.values():
        events = municipality.events()
        assert [event["soort"] for event in events] == municipality.answered
        assert {event["sleutel_id"] for event in events} == {municipality.key_id}


def test_every_change_is_in_the_audit_trail_with_the_key_that_made_it(trial: Trial) -> None:
    for code, municipality in trial.municipalities.items():
        rows = trial.rows(
            "SELECT handeling, sleutel_id, verzoek_id IS NOT NULL, uitkomst FROM beheer.audit"
            " WHERE handeling LIKE 'kgl %%' AND onderwerp LIKE %s ORDER BY nummer",
            f"{code}%",
        )
        assert rows == [(f"kgl {name}", municipality.key_id, True, "gelukt") for name in municipality.answered]


def test_nobody_saw_anything_of_the_other(trial: Trial) -> None:
    for code, municipality in trial.municipalities.items():
        other = trial.municipalities[SECOND if code == FIRST else FIRST]
        for path in ("", "/gebouwen", "/correcties", "/gebeurtenissen", "/lijsten/zorg"):
            assert municipality.ask(other.here + path).status == 403
        items = f"{trial.service.url}/ogc/v1/collections/kgl_beheer/items"
        query = "limit=1000&properties=gemeentecode&skipGeometry=true"
        request = Request(f"{items}?{query}", headers={"X-API-Key": municipality.key})
        with build_opener().open(request, timeout=60) as response:
            features = json.load(response)["features"]
        assert {feature["properties"]["gemeentecode"] for feature in features} == {code}


def test_every_publication_was_looked_through(trial: Trial) -> None:
    seen = trial.rows("SELECT publicatie, count(*), sum(rijen) FROM proef.gezien GROUP BY 1 ORDER BY 1")
    # taking over, validation that is complete, three publications of the whole and a part, a withdrawal
    assert len(seen) >= 7
    assert all(tables >= 10 and rows > 2000 for _, tables, rows in seen)


def test_the_watch_would_have_seen_a_leak(trial: Trial) -> None:
    with psycopg.connect(trial.town.database.conninfo("superuser")) as connection:
        connection.execute(
            "INSERT INTO publiek.kgl_public SELECT (jsonb_populate_record(k, jsonb_build_object("
            " 'volgnummer', 10000000, 'identificatie', 'NL.IMEV.gm9902.9902100000000001',"
            " 'id_pand_bag', '9902100000000001', 'gemeentecode', 'GM9902', 'publicatie_tot', 3))).*"
            " FROM publiek.kgl_public k LIMIT 1"
        )
        connection.execute("INSERT INTO publiek.publicatie (nummer) VALUES (10000000)")
        with pytest.raises(psycopg.errors.RaiseException, match=r"1 rows of publiek\.kgl_public are not published"):
            connection.commit()
