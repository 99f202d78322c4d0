"""Messages become rows of the register, or are refused whole, and the layers show what is valid now."""

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Connection, Database
from risicoatlas.errors import SourceError
from risicoatlas.loader import steps
from risicoatlas.loader.report import Report
from risicoatlas.loader.sources.imev import SOURCE
from risicoatlas.progress import Progress
from risicoatlas.publish.engine import publish
from risicoatlas.settings import Settings

Message = dict[str, Any]
Loader = Callable[[Message], Report]
LAYERS = (
    "ev_activiteiten",
    "ev_brandaandachtsgebieden",
    "ev_explosieaandachtsgebieden",
    "ev_gifwolkaandachtsgebieden",
    "ev_pr10_6",
    "aandachtsgebieden",
)


def published(connection: Connection, catalogue: Catalogue) -> dict[str, int]:
    """Publish the layers of this part; gives the rows per layer."""
    publish(connection, catalogue, LAYERS)
    counts = {}
    for name in LAYERS:
        row = connection.execute(f"SELECT count(*) FROM publiek.{name} WHERE publicatie_tot IS NULL").fetchone()
        counts[name] = row[0] if row else 0
    connection.commit()
    return counts


def value(connection: Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def activity(message: Message) -> Message:
    return message["voertUit"][0]


def vulpunt(message: Message) -> Message:
    return activity(message)["heeft"][0]


def test_a_message_gives_a_row_per_object_at_each_level(load: Loader, connection: Connection, message: Message) -> None:
    report = load(message)
    found = connection.execute(
        "SELECT o.soort, o.identificatie, boven.identificatie, w.identificatie FROM register.imev_object o"
        " JOIN register.imev_object w ON w.nummer = o.wortel"
        " LEFT JOIN register.imev_object boven ON boven.nummer = o.ouder ORDER BY o.nummer"
    ).fetchall()
    root = "NL.IMEV.PROEF.locatie"
    assert found == [
        ("locatie", root, None, root),
        ("activiteit", "NL.IMEV.PROEF.activiteit", root, root),
        ("referentie", "NL.IMEV.PROEF.vulpunt", "NL.IMEV.PROEF.activiteit", root),
        ("contour", "NL.IMEV.PROEF.brand", "NL.IMEV.PROEF.vulpunt", root),
        ("contour", "NL.IMEV.PROEF.pr", "NL.IMEV.PROEF.vulpunt", root),
    ]
    assert report.objecten["contour"].nieuw == 2
    assert report.omschrijving == "IMEV-bericht LocatieActiviteit, geldig in IMEV 3.0.2 en 3.0.1, gelezen als 3.0.2"


def test_voids_are_kept_beside_the_values(load: Loader, connection: Connection, message: Message) -> None:
    load(message)
    kept = value(connection, "SELECT geen_waarde FROM register.imev_object WHERE soort = 'activiteit'")
    assert kept == {"basisVergunningNummer": "waardeOnbekend", "datumVergunningOfMelding": "nietVanToepassing"}
    values = value(connection, "SELECT kenmerken FROM register.imev_object WHERE soort = 'activiteit'")
    assert "basisVergunningNummer" not in values
    assert values["datumLaatsteWijziging"] == "2024-02-03"


def test_a_reference_without_contours_says_why(load: Loader, connection: Connection, message: Message) -> None:
    vulpunt(message)["resulteertIn"] = "nietVanToepassing"
    report = load(message)
    assert report.omschrijving.endswith("geldig in IMEV 3.0.2, gelezen als 3.0.2")
    kept = value(connection, "SELECT geen_waarde FROM register.imev_object WHERE soort = 'referentie'")
    assert kept == {"resulteertIn": "nietVanToepassing"}


def test_a_distance_becomes_an_area_of_less_than_half_a_percent_error(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    load(message)
    assert published(connection, catalogue) == {
        "ev_activiteiten": 1,
        "ev_brandaandachtsgebieden": 1,
        "ev_explosieaandachtsgebieden": 0,
        "ev_gifwolkaandachtsgebieden": 0,
        "ev_pr10_6": 1,
        "aandachtsgebieden": 1,
    }
    area, distance = connection.execute(
        "SELECT ST_Area(geometrie), afstand_m FROM publiek.ev_brandaandachtsgebieden"
    ).fetchone() or (0, 0)
    assert distance == 60
    assert abs(area / (math.pi * 60**2) - 1) < 0.005


def test_attributes_have_the_names_of_the_real_service(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    load(message)
    published(connection, catalogue)
    row = connection.execute(
        "SELECT identificatie, naam, bronhouder, bronhoudercode, bevoegdgezag, bedrijfsnaam, naamexploitant,"
        " naamexploitant_geen_waarde, evactiviteit, bkl_code, seveso, bal_activiteit,"
        " basis_vergunning_nummer_geen_waarde"
        " FROM publiek.ev_activiteiten"
    ).fetchone()
    assert row == (
        "NL.IMEV.PROEF.activiteit",
        "Tankstation De Proef",
        "Omgevingsdienst Proef",
        "PROEF",
        "gemeente",
        "Tankstation De Proef",
        None,
        "waardeOnbekend",
        "TankenLPG",
        "VII-A.1a",
        False,
        "BAL-3.8.10, BAL-3.8.6",
        "waardeOnbekend",
    )
    row = connection.execute(
        "SELECT type, familie, bedrijfsnaam, maatgevende_stof, stof, stofcategorie, maatgevende_stof_geen_waarde,"
        " placeholder FROM publiek.aandachtsgebieden"
    ).fetchone()
    assert row == ("brand", "ev", "Tankstation De Proef", "LPG", "LPG", None, None, False)
    row = connection.execute(
        "SELECT maatgevende_stof, stof, stofcategorie, type_plaatsgebonden_risico FROM publiek.ev_pr10_6"
    ).fetchone()
    assert row == ("klasse 2.1: Brandbaar gas", None, "klasse 2.1: Brandbaar gas", "PR10-6")


MOMENTS = (
    ("eindGeldigheid", "2024-06-01T00:00:00Z", 0),
    ("eindGeldigheid", "2999-01-01T00:00:00Z", 1),
    ("beginGeldigheid", "2999-01-01T00:00:00Z", 0),
)
LEVELS = ("locatie", "activiteit", "vulpunt", "brand")


def test_only_what_is_valid_now_is_published_at_every_level(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    for level in LEVELS:
        for attribute, moment, shown in MOMENTS:
            given = copy.deepcopy(message)
            reference = vulpunt(given)
            objects = dict(zip(LEVELS, (given, activity(given), reference, reference["resulteertIn"][0]), strict=True))
            objects[level][attribute] = moment
            load(given)
            found = published(connection, catalogue)["ev_brandaandachtsgebieden"]
            assert found == shown, f"{level} {attribute} {moment}"


def test_every_kind_of_area_is_in_its_layer_with_its_type(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    pattern = vulpunt(message)["resulteertIn"][0]
    own: dict[str, Message] = {
        "BrandAandachtsgebied": {"typeBrand": "plasbrand"},
        "ExplosieAandachtsgebied": {"bleve": True},
        "GifwolkAandachtsgebied": {"maatgevendeStof": "nietVanToepassing"},
        "CivielExplosieAandachtsgebied": {"typeCivExpAandachtsgebied": "A"},
        "MilitairExplosieAandachtsgebied": {"typeMilitairExpAandachtsgebied": "B"},
        "ExplosieAandachtsgebiedVuurwerk": {},
    }
    vulpunt(message)["resulteertIn"] = [
        {
            **pattern,
            "entityType": name,
            "identificatie": {"namespace": "NL.IMEV", "lokaalID": f"PROEF.Placeholder_{name}"},
            **values,
        }
        for name, values in own.items()
    ]
    load(message)
    counts = published(connection, catalogue)
    assert [counts[f"ev_{kind}aandachtsgebieden"] for kind in ("brand", "explosie", "gifwolk")] == [1, 4, 1]
    found = connection.execute(
        "SELECT type, type_brand, bleve, coalesce(type_civ_exp_aandachtsgebied, type_militair_exp_aandachtsgebied),"
        " maatgevende_stof_geen_waarde, placeholder FROM publiek.aandachtsgebieden ORDER BY type"
    ).fetchall()
    assert found == [
        ("brand", "plasbrand", None, None, None, True),
        ("explosie", None, True, None, None, True),
        ("explosie_civiel", None, None, "A", None, True),
        ("explosie_militair", None, None, "B", None, True),
        ("explosie_vuurwerk", None, None, None, None, True),
        ("gifwolk", None, None, None, "nietVanToepassing", True),
    ]


def test_a_distance_is_drawn_around_an_area_too(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    reference = vulpunt(message)
    reference.update(entityType="Installatie", geometrie=message["geometrie"])
    load(message)
    published(connection, catalogue)
    side_m, distance_m = 80, 60
    exact = side_m**2 + 4 * side_m * distance_m + math.pi * distance_m**2
    area = value(connection, "SELECT ST_Area(geometrie) FROM publiek.ev_brandaandachtsgebieden")
    assert abs(area / exact - 1) < 0.005


def test_a_message_is_recognised_by_its_content(settings: Settings, tmp_path: Path, message: Message) -> None:
    path = tmp_path / "zonder_extensie"
    path.write_bytes(b"\xef\xbb\xbf  " + json.dumps(message).encode())
    assert SOURCE.recognise(path, settings) == "IMEV-bericht LocatieActiviteit"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    assert SOURCE.recognise(path, settings) is None
    path.write_bytes(b"PK\x03\x04")
    assert SOURCE.recognise(path, settings) is None


def test_what_is_no_json_leaves_the_register_as_it_was(
    database: Database, settings: Settings, tmp_path: Path, connection: Connection
) -> None:
    path = tmp_path / "bericht.json"
    path.write_text('{"entityType": "LocatieActiviteit", ')
    with pytest.raises(SourceError, match=r"bericht\.json \(line 1, column \d+\): not JSON"):
        steps.load(SOURCE, path, database, settings, Progress.silent())
    assert value(connection, "SELECT status FROM beheer.levering") == "geweigerd"
    assert value(connection, "SELECT count(*) FROM register.imev_object") == 0


def test_a_new_version_ends_the_old_one(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    load(message)
    published(connection, catalogue)
    vulpunt(message)["resulteertIn"] = [{**vulpunt(message)["resulteertIn"][0], "afstandOfGeometrie": {"afstand": 80}}]
    report = load(message)
    assert (report.objecten["contour"].gewijzigd, report.objecten["contour"].vervallen) == (1, 1)
    counts = connection.execute(
        "SELECT count(*) FILTER (WHERE eind_registratie IS NULL), count(*) FROM register.imev_object"
    ).fetchone()
    assert counts == (4, 9)
    assert published(connection, catalogue)["ev_pr10_6"] == 0
    assert value(connection, "SELECT afstand_m FROM publiek.aandachtsgebieden WHERE publicatie_tot IS NULL") == 80


def test_the_same_message_again_changes_nothing(load: Loader, connection: Connection, message: Message) -> None:
    load(message)
    message["comment"] = ["datum: vandaag", "versie IMEV: 3.0.1"]
    report = load(dict(reversed(message.items())))
    assert report.objecten["bericht"].ongewijzigd == 1
    assert report.objecten["contour"].ongewijzigd == 2
    assert value(connection, "SELECT count(*) FROM register.imev_object") == 5


def test_a_wrong_message_is_refused_whole(load: Loader, connection: Connection, message: Message) -> None:
    vulpunt(message)["resulteertIn"][1]["typePlaatsgebondenRisico"] = "PR10-9"
    report = load(message)
    assert value(connection, "SELECT count(*) FROM register.imev_object") == 0
    assert report.objecten["bericht"].geweigerd == 1
    assert report.objecten["contour"].geweigerd == 2
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert finding.plaats == "$.voertUit[0].heeft[0].resulteertIn[1].typePlaatsgebondenRisico"
    assert finding.reden.startswith('gevonden "PR10-9", verwacht een van: PR10-5, PR10-6')


def test_a_refused_new_version_leaves_the_old_one(load: Loader, connection: Connection, message: Message) -> None:
    load(message)
    del message["bedrijfsnaam"]
    load(message)
    assert value(connection, "SELECT count(*) FROM register.imev_object WHERE eind_registratie IS NULL") == 5


def test_an_identificatie_of_another_message_is_refused(load: Loader, connection: Connection, message: Message) -> None:
    load(message)
    message["identificatie"]["lokaalID"] = "PROEF.elders"
    report = load(message)
    assert report.objecten["bericht"].geweigerd == 1
    places = {item.plaats: item.reden for item in report.bevindingen if item.uitkomst == "geweigerd"}
    assert places["$.voertUit[0].identificatie"] == (
        "identificatie NL.IMEV.PROEF.activiteit hoort al bij een activiteit van NL.IMEV.PROEF.locatie"
    )
    assert value(connection, "SELECT count(*) FROM register.imev_object") == 5


def test_broken_geometry_is_repaired_and_says_so(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    x, y = 160000, 510000
    bow_tie = [[x, y], [x + 40, y + 40], [x + 40, y], [x, y + 40], [x, y]]
    message["geometrie"]["coordinates"] = [bow_tie]
    report = load(message)
    assert report.objecten["locatie"].hersteld == 1
    published(connection, catalogue)
    valid, reason = connection.execute(
        "SELECT ST_IsValid(geometrie), geometrie_hersteld FROM publiek.ev_activiteiten"
    ).fetchone() or (False, "")
    assert valid
    assert "ST_MakeValid" in reason


def test_an_open_ring_is_closed_and_says_so(load: Loader, connection: Connection, message: Message) -> None:
    message["geometrie"]["coordinates"][0].pop()
    report = load(message)
    assert report.objecten["locatie"].hersteld == 1
    assert value(connection, "SELECT ST_Area(geometrie) FROM register.imev_object WHERE soort = 'locatie'") == 6400


def test_an_area_without_extent_is_refused(load: Loader, connection: Connection, message: Message) -> None:
    message["geometrie"]["coordinates"] = [[[160000, 510000]] * 4]
    report = load(message)
    assert report.objecten["bericht"].geweigerd == 1
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert finding.plaats == "$"
    assert "niet te herstellen" in finding.reden
    assert value(connection, "SELECT count(*) FROM register.imev_object") == 0


def test_a_contour_without_area_is_loaded_and_reported(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    vulpunt(message)["resulteertIn"][0]["afstandOfGeometrie"] = {"afstand": 0}
    line = {"type": "LineString", "coordinates": [[160000, 510000], [160010, 510000]]}
    vulpunt(message)["resulteertIn"][1]["afstandOfGeometrie"] = {"geometrie": line}
    report = load(message)
    told = [item.sleutel for item in report.bevindingen if "geen oppervlak" in item.reden]
    assert told == ["NL.IMEV.PROEF.brand", "NL.IMEV.PROEF.pr"]
    counts = published(connection, catalogue)
    assert (counts["ev_brandaandachtsgebieden"], counts["ev_pr10_6"]) == (0, 0)


def test_a_closed_line_is_published_as_the_area_that_it_encloses(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    ring = message["geometrie"]["coordinates"][0]
    vulpunt(message)["resulteertIn"][1]["afstandOfGeometrie"] = {
        "geometrie": {"type": "LineString", "coordinates": ring}
    }
    load(message)
    assert published(connection, catalogue)["ev_pr10_6"] == 1
    assert value(connection, "SELECT ST_Area(geometrie) FROM publiek.ev_pr10_6") == 6400


def test_the_municipality_is_the_one_with_the_largest_part(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    connection.execute(
        "INSERT INTO register.gemeente (gemeentecode, naam, land, geometrie) VALUES"
        " ('GM0001', 'West', 'NL', ST_Multi(ST_MakeEnvelope(150000, 500000, 160010, 520000, 28992))),"
        " ('GM0002', 'Oost', 'NL', ST_Multi(ST_MakeEnvelope(160010, 500000, 170000, 520000, 28992))),"
        " ('44021', 'Zuid', 'VL', ST_Multi(ST_MakeEnvelope(150000, 500000, 170000, 520000, 28992)))"
    )
    connection.commit()
    load(message)
    published(connection, catalogue)
    assert value(connection, "SELECT gemeentecode FROM publiek.aandachtsgebieden") == "GM0001"
    assert value(connection, "SELECT gemeentecode FROM publiek.ev_activiteiten") == "GM0001"


def test_outside_every_municipality_the_code_is_null(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    load(message)
    published(connection, catalogue)
    assert value(connection, "SELECT gemeentecode FROM publiek.aandachtsgebieden") is None
    assert value(connection, "SELECT count(*) FROM publiek.aandachtsgebieden") == 1


def building(**values: object) -> Message:
    return {
        "entityType": "KwetsbaarGebouw",
        "identificatie": {"namespace": "NL.IMEV", "lokaalID": "PROEF.gebouw"},
        "bronhoudercode": "PROEF",
        "beginGeldigheid": "2024-01-01T00:00:00",
        "categorieKwetsbaarheid": "kwetsbaar",
        **values,
    }


def test_a_building_whose_pand_is_not_loaded_is_refused(load: Loader, connection: Connection) -> None:
    report = load(building(idPandBAG="9901100000000001"))
    (finding,) = [item for item in report.bevindingen if item.uitkomst == "geweigerd"]
    assert finding.plaats == "$.idPandBAG"
    assert finding.reden == "pand 9901100000000001 is niet geladen: laad eerst de BAG van de gemeente"
    assert value(connection, "SELECT count(*) FROM register.imev_object") == 0


def test_a_building_of_a_loaded_pand_is_stored(load: Loader, connection: Connection) -> None:
    connection.execute(
        "WITH l AS (INSERT INTO beheer.levering (bron, bestand, sha256, status) VALUES ('bag', 'b', '0', 'klaar')"
        " RETURNING nummer) INSERT INTO register.pand (identificatie, gemeentecode, status, geometrie, waarde_hash,"
        " levering) SELECT '9901100000000001', 'GM9901', 'Pand in gebruik',"
        " ST_Multi(ST_MakeEnvelope(160000, 510000, 160010, 510010, 28992)), '', nummer FROM l"
    )
    connection.commit()
    report = load(building(idPandBAG="9901100000000001"))
    assert report.objecten["gebouw"].nieuw == 1
    stored = value(connection, "SELECT kenmerken ->> 'categorieKwetsbaarheid' FROM register.imev_object")
    assert stored == "kwetsbaar"


def test_a_building_without_pand_is_accepted_and_reported(load: Loader, connection: Connection) -> None:
    report = load(building())
    assert report.objecten["gebouw"].nieuw == 1
    assert [item.reden for item in report.bevindingen] == ["het bericht noemt geen pand en geeft geen geometrie"]


def test_each_real_message_is_published_or_refused_with_its_true_reason(
    load: Loader, connection: Connection, catalogue: Catalogue, shared_data: Path
) -> None:
    refused, versions = {}, {}
    for path in sorted((shared_data / "imev").glob("examples-*/*.json")):
        report = load(json.loads(path.read_text(encoding="utf-8")))
        name = path.name.split("_")[1]
        versions[name] = report.omschrijving.rsplit(" ", 1)[1]
        reasons = [(item.plaats, item.reden) for item in report.bevindingen if item.uitkomst == "geweigerd"]
        if reasons:
            refused[name] = reasons
    assert versions == {
        "KwetsbaarGebouw": "3.0.1",
        "KwetsbareLocatie": "3.0.1",
        "Basisnet": "3.0.1",
        "Buisleiding": "3.0.1",
        "Sevesoinrichting": "3.0.1",
        "LNG": "3.0.2",
    }
    assert refused == {
        "KwetsbaarGebouw": [
            ("$.idPandBAG", "pand 0003100000119847 is niet geladen: laad eerst de BAG van de gemeente")
        ],
        "LNG": [
            (
                "$.bronhouder",
                'gevonden "RUD Limburg-Noord. !@#$%^&*()_+", verwacht tekst van de vorm 1 tot 100 tekens zonder punt',
            )
        ],
    }
    counts = published(connection, catalogue)
    assert (counts["ev_activiteiten"], counts["ev_brandaandachtsgebieden"], counts["aandachtsgebieden"]) == (1, 1, 3)
    found = connection.execute("SELECT familie, seveso FROM publiek.aandachtsgebieden ORDER BY 1").fetchall()
    assert found == [("bl", False), ("bn", False), ("ev", True)]
