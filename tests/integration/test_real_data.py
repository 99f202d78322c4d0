"""Real data, from file to what is served: a whole municipality, the boundaries, and every published example message."""

import json
import shutil
from pathlib import Path

import pytest

from risicoatlas import demo
from risicoatlas.database import Connection, Database
from risicoatlas.settings import Settings

from .commands import risicoatlas

WEESP = "bag_weesp_20211015.gpkg"
# What the description of the data counts.
PAND_STATUSES = {
    "Pand in gebruik": 10_803, "Bouwvergunning verleend": 1_036, "Pand gesloopt": 458, "Bouw gestart": 354,
    "Niet gerealiseerd pand": 206, "Verbouwing pand": 20, "Pand ten onrechte opgevoerd": 8,
    "Sloopvergunning verleend": 7, "Pand in gebruik (niet ingemeten)": 4, "Pand buiten gebruik": 3,
}  # fmt: skip
CURRENT = {"pand": 12_899, "verblijfsobject": 12_509, "nummeraanduiding": 12_694, "openbareruimte": 321,
           "woonplaats": 2, "ligplaats": 167, "standplaats": 13}  # fmt: skip
LIVE, LABELLED = 10_837, 6_480
LIVE_STATUSES = ["Pand in gebruik", "Pand in gebruik (niet ingemeten)", "Verbouwing pand", "Pand buiten gebruik",
                 "Sloopvergunning verleend"]  # fmt: skip
REFUSED = {
    "A11.6_KwetsbaarGebouw_IMEV3.0.1_vb.json": "pand 0003100000119847 is niet geladen",
    "VII-E10_LNG_Opslag_en_Tanken_IMEV3.0.2_vb.json": "RUD Limburg-Noord",
}


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One municipality, the boundaries of all, and the messages."""
    target = tmp_path_factory.mktemp("real")
    shutil.copy(shared_data / "bag_weesp" / WEESP, target)
    shutil.copy(shared_data / "nl_boundaries" / "nl_gemeenten_2025.gpkg", target)
    for path in shared_data.glob("imev/examples-*/*.json"):
        shutil.copy(path, target)
    return target


@pytest.fixture(scope="module")
def real(settings: Settings, module_database: Database, folder: Path) -> Database:
    demo.prepare(settings, module_database, folder)
    return module_database


@pytest.fixture
def register(real: Database):
    with real.loader() as connection:
        yield connection


def one(connection: Connection, query: str, *parameters: object) -> object:
    row = connection.execute(query, parameters).fetchone()
    assert row
    return row[0] if len(row) == 1 else row


def report(connection: Connection, file: str) -> dict:
    status, found = one(connection, "SELECT status, verslag FROM beheer.levering WHERE bestand = %s", file)
    assert status == "klaar"
    return found


def test_every_object_of_the_file_is_accounted_for(register):
    objects = report(register, WEESP)["objecten"]
    assert {kind: tally["gelezen"] for kind, tally in objects.items()} == CURRENT
    for tally in objects.values():
        taken = tally["geladen"] + tally["hersteld"] + tally["ongewijzigd"]
        assert tally["gelezen"] == taken + tally["geweigerd"] + sum(tally["niet_geladen"].values())
    assert dict(register.execute("SELECT status, count(*) FROM register.pand GROUP BY 1").fetchall()) == PAND_STATUSES


def test_every_live_building_with_a_live_object_has_a_label_with_its_reason(register):
    assert one(register, "SELECT count(*) FROM register.pand WHERE status = ANY(%s)", LIVE_STATUSES) == LIVE
    labels = register.execute(
        "SELECT categorie, regel, reden, reden_en, artikel, invoer FROM register.kgl_label WHERE regelset = %s",
        [demo.RULE_SET],
    ).fetchall()
    assert len(labels) == LABELLED
    assert {row[0] for row in labels} >= {"kwetsbaar", "beperktKwetsbaar", "niet_bepaald"}
    assert all(all(row) for row in labels)
    undecided = {row[2] for row in labels if row[0] == "niet_bepaald"}
    assert undecided
    assert all(len(reason) > 20 for reason in undecided)


def test_what_has_a_label_is_published_and_nothing_else(register):
    served = register.execute(
        "SELECT id_pand_bag, categorie_kwetsbaarheid, reden, gemeentecode FROM publiek.kgl_public"
        " WHERE publicatie_tot IS NULL"
    ).fetchall()
    assert len(served) == LABELLED
    assert {row[0]: row[1] for row in served} == dict(
        register.execute("SELECT pand, categorie FROM register.kgl_label WHERE regelset = %s", [demo.RULE_SET])
    )
    assert one(register, "SELECT aantal FROM publiek.laag_stand WHERE laag = 'kgl_public'") == LABELLED


def test_municipality_that_no_longer_exists_is_loaded_and_reported_as_such(register):
    remarks = [item["reden"] for item in report(register, WEESP)["bevindingen"]]
    assert any("gemeente 0457" in remark and "bestaat niet (meer)" in remark for remark in remarks)
    state = one(
        register,
        "SELECT bestaat, geometrie IS NULL, gepubliceerd FROM publiek.kgl_status WHERE gemeentecode = 'GM0457'",
    )
    assert state == (False, True, True)


def test_every_message_is_published_or_refused_with_its_reason(register, folder):
    served = {
        key
        for (key,) in register.execute(
            "SELECT identificatie FROM publiek.ev_activiteiten"
            " UNION SELECT identificatie FROM publiek.aandachtsgebieden"
            " UNION SELECT identificatie FROM publiek.ev_pr10_6"
        )
    }
    for path in folder.glob("*.json"):
        found = report(register, path.name)
        refusals = [item["reden"] for item in found["bevindingen"] if item["uitkomst"] == "geweigerd"]
        if path.name in REFUSED:
            assert any(REFUSED[path.name] in reason for reason in refusals), refusals
            continue
        assert refusals == []
        assert all(tally["geweigerd"] == 0 for tally in found["objecten"].values())
        if "Kwetsb" not in path.name:
            assert served & identifications(json.loads(path.read_text(encoding="utf-8"))), path.name


def identifications(found: object) -> set[str]:
    """Every identification in a message, as the register writes it."""
    if isinstance(found, list):
        return set().union(*map(identifications, found)) if found else set()
    if not isinstance(found, dict):
        return set()
    own = found.get("identificatie")
    inside = identifications(list(found.values()))
    return inside | {f"{own['namespace']}.{own['lokaalID']}"} if isinstance(own, dict) else inside


@pytest.mark.lang
def test_demo_of_the_whole_folder_ends_well_and_the_second_time_changes_nothing(shared_data, run_folder):
    environ = {"RISICOATLAS_HOME": str(run_folder / "demo"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    first = risicoatlas(environ, "demo", "--no-serve", "--data", shared_data)
    assert first.returncode == 0, first.stderr
    assert "publication 1" in first.stdout
    assert "12,899 gelezen = 12,899 geladen" in first.stderr
    second = risicoatlas(environ, "demo", "--no-serve", "--data", shared_data)
    assert second.returncode == 0, second.stderr
    assert "geladen" not in second.stderr, "files that were loaded before are not read again"
    assert "nothing changed since the last publication" in second.stdout
