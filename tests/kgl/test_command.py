"""``risicoatlas kgl``: the same workflow on the command line, as the operator or with the rights of a key."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.conftest import Town
from tests.integration.commands import environment, risicoatlas, the_message

from risicoatlas.cli import program
from risicoatlas.errors import RisicoAtlasError

from .conftest import Office, new_key

CODE = "GM9902"


@pytest.fixture(scope="module")
def kgl(office: Office):
    """Runs a command with --json in this process; gives what it printed, or the message of what it failed with."""

    def run(*arguments: str, status: int = 0) -> Any:
        done = CliRunner().invoke(program, ["kgl", *arguments, "--json"], env=environment(office.town))
        assert done.exit_code == status, (done.output, done.exception)
        if status == 1:
            assert isinstance(done.exception, RisicoAtlasError), done.exception
            return str(done.exception)
        return done.output if status else json.loads(done.stdout)

    return run


def test_a_municipality_goes_all_the_way(office: Office, kgl: Any, tmp_path: Path) -> None:
    office.do("DELETE FROM register.kgl_gemeente WHERE gemeentecode = %s", CODE)
    assert kgl("state", CODE)["toestand"] == "voorgesteld"
    assert kgl("take", CODE)["toestand"] == "in_eigendom"
    assert kgl("variant", "handmatig", CODE)["variant"] == "handmatig"
    (pand,) = office.sql(
        "SELECT pand FROM register.kgl_gebouw WHERE gemeentecode = %s AND categorie = 'kwetsbaar' LIMIT 1", CODE
    )[0]
    assert kgl("correct", "--category", "zeerKwetsbaar", "--reason", "Gezien.", pand, CODE)["concept"] is True
    assert kgl("uncorrect", pand, CODE)["categorie"] == "kwetsbaar"
    kgl("correct", "--category", "beperktKwetsbaar", "--reason", "Toch niet.", pand, CODE)
    path = tmp_path / "zorg.csv"
    path.write_text(f"pand,detail\n{pand},bedgebied\n")
    assert kgl("list", "zorg", CODE, "--upload", str(path))["toegevoegd"] == 1
    assert [row["pand"] for row in kgl("list", "zorg", CODE)] == [pand]
    assert kgl("validate", "--function", "woonfunctie", CODE)["voortgang"]["gevalideerd"] == 1
    assert "valideer eerst" in kgl("publish", CODE, status=1)
    assert kgl("validate", CODE)["toestand"] == "gevalideerd"
    assert kgl("publish", CODE)["toestand"] == "gepubliceerd"
    assert office.public(CODE)[pand] == "beperktKwetsbaar"
    assert kgl("publish", "--pand", pand, CODE)["gewijzigd"] == 0
    assert kgl("withdraw", "--reason", "Eind.", CODE)["toestand"] == "ingetrokken"
    assert office.public(CODE) == {}
    events = kgl("events", CODE)
    assert [event["soort"] for event in events] == [
        "overname", "variant", "correctie", "correctie ingetrokken", "correctie", "lijst", "validatie", "validatie",
        "publicatie", "publicatie", "intrekking",
    ]  # fmt: skip
    assert {(event["sleutel_id"], event["organisatie"]) for event in events} == {(None, "operator")}


def test_with_a_key_its_rights_hold_and_its_name_is_written_down(office: Office, kgl: Any) -> None:
    own, other = new_key(office.town, "gemeente", CODE), new_key(office.town, "gemeente", "GM9901")
    reader = new_key(office.town, "raadpleger", CODE)
    assert kgl("validate", CODE, "--as", own.id)["toestand"] == "ingetrokken"
    assert kgl("events", CODE, "--as", reader.id)[-1]["sleutel_id"] == own.id
    for key in (other, reader):
        assert CODE in kgl("validate", CODE, "--as", key.id, status=1)
        assert office.audit(CODE)[-1][2:] == ("geweigerd", key.id)
    assert "no valid key" in kgl("state", CODE, "--as", "nergens", status=1)


def test_wrong_lines_of_a_list_are_told_with_the_file_and_the_line(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "lint.csv"
    path.write_text("pand,detail\n12,A-501\n")
    done = risicoatlas(environment(office.town), "kgl", "list", "lint", CODE, "--upload", path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"{path}:2: pand '12'; verwacht 16 cijfers"
    assert "1 regels zijn niet bruikbaar" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("take",), ("variant", "soms", CODE), ("correct", "1", CODE), ("withdraw", CODE),
        ("correct", "--category", "rood", "--reason", "r", "1", CODE),
        ("correct", "--category", "kwetsbaar", "--reason", " ", "1", CODE),
        ("publish", "--function", "a", "--pand", "b", CODE),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_2(kgl: Any, arguments: tuple[str, ...]) -> None:
    kgl(*arguments, status=2)


def test_a_role_that_only_serves_is_told_what_it_lacks(town: Town) -> None:
    environ = environment(town, RISICOATLAS_DATABASE_URL=town.database.conninfo("service"))
    assert "no member of ra_owner" in the_message(risicoatlas(environ, "kgl", "state", CODE))
