"""Findings name the place, what was found there and what would be right."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from risicoatlas.errors import ConfigError, SourceError
from risicoatlas.imev import message as messages
from risicoatlas.imev import model, schemas
from risicoatlas.imev.validate import Validator
from risicoatlas.settings import Settings

Message = dict[str, Any]


def activity(message: Message) -> Message:
    return message["voertUit"][0]


def reference(message: Message) -> Message:
    return activity(message)["heeft"][0]


def area(message: Message) -> Message:
    return reference(message)["resulteertIn"][0]


AREA = "$.voertUit[0].heeft[0].resulteertIn[0]"
CASES: dict[str, tuple[Callable[[Message], object], str, str]] = {
    "unknown property": (
        lambda m: m.update(bedrijfnaam="X"),
        "$.bedrijfnaam",
        "attribute bedrijfnaam does not exist on LocatieActiviteit in IMEV 3.0.2; perhaps bedrijfsnaam is meant",
    ),
    "missing required": (
        lambda m: activity(m).pop("idActiviteitTR"),
        "$.voertUit[0].idActiviteitTR",
        "the required attribute idActiviteitTR is missing",
    ),
    "wrong type": (
        lambda m: activity(m).update(vergunningsPlicht="ja"),
        "$.voertUit[0].vergunningsPlicht",
        'found "ja", expected true or false',
    ),
    "code not in its list, also when only the case differs": (
        lambda m: area(m).update(categorieAandachtsgebied="Berekend"),
        f"{AREA}.categorieAandachtsgebied",
        'found "Berekend", expected one of: vastgesteld, berekend, gegevenInTransitie',
    ),
    "unknown entityType": (
        lambda m: activity(m).update(entityType="TankenLpg"),
        "$.voertUit[0].entityType",
        'entityType "TankenLpg" does not exist in IMEV: expected TankenLPG',
    ),
    "entityType of the wrong kind": (
        lambda m: reference(m).update(entityType=3),
        "$.voertUit[0].heeft[0].entityType",
        "entityType 3 does not exist in IMEV",
    ),
    "no entityType": (
        lambda m: area(m).pop("entityType"),
        AREA,
        "entityType is missing: expected BrandAandachtsgebied",
    ),
    "an activity where a contour belongs": (
        lambda m: area(m).update(entityType="TankenLPG"),
        f"{AREA}.entityType",
        "TankenLPG (activiteit) does not belong here: expected: contour (BrandAandachtsgebied",
    ),
    "a class that may not occur in a message": (
        lambda m: reference(m).update(entityType="WegAs"),
        "$.voertUit[0].heeft[0].entityType",
        "WegAs exists in the model but may not occur in a message",
    ),
    "an empty relation": (lambda m: m.update(voertUit=[]), "$.voertUit", "0 values, expected at least 1"),
    "a child that is no object": (
        lambda m: m["voertUit"].append("TankenLPG"),
        "$.voertUit[1]",
        'found "TankenLPG", expected an object with entityType',
    ),
    "duplicate identificatie": (
        lambda m: area(m).update(identificatie=m["identificatie"]),
        f"{AREA}.identificatie",
        "identificatie NL.IMEV.PROEF.locatie is used before in this message, at $",
    ),
    "neither distance nor geometry": (
        lambda m: area(m).update(afstandOfGeometrie={}),
        f"{AREA}.afstandOfGeometrie",
        "expected exactly one of: geometrie, afstand",
    ),
    "both distance and geometry": (
        lambda m: area(m)["afstandOfGeometrie"].update(geometrie=m["geometrie"]),
        f"{AREA}.afstandOfGeometrie",
        "expected exactly one of: geometrie, afstand",
    ),
    "a distance above the bound": (
        lambda m: area(m).update(afstandOfGeometrie={"afstand": 10000}),
        f"{AREA}.afstandOfGeometrie.afstand",
        "found 10000, expected at most 9999.99",
    ),
    "a geometry of the wrong type": (
        lambda m: reference(m).update(geometrie=m["geometrie"]),
        "$.voertUit[0].heeft[0].geometrie.type",
        'found "Polygon", expected one of: Point',
    ),
    "a list of numbers that is no polygon": (
        lambda m: m["geometrie"].update(coordinates=[160000, 510000]),
        "$.geometrie.coordinates[0]",
        "found 160000, expected a list",
    ),
    "degrees instead of RD": (
        lambda m: reference(m).update(geometrie={"type": "Point", "coordinates": [5.2, 52.5]}),
        "$.voertUit[0].heeft[0].geometrie.coordinates",
        "these look like degrees (longitude, latitude)",
    ),
    "x and y swapped": (
        lambda m: reference(m).update(geometrie={"type": "Point", "coordinates": [510000, 160000]}),
        "$.voertUit[0].heeft[0].geometrie.coordinates",
        "x and y seem to be swapped",
    ),
    "a day that does not exist": (
        lambda m: m.update(beginGeldigheid="2024-02-30T00:00:00Z"),
        "$.beginGeldigheid",
        '"2024-02-30T00:00:00Z" is not an existing date or time',
    ),
    "not a void reason": (
        lambda m: m.update(kvkNummerExploitant="onbekend"),
        "$.kvkNummerExploitant",
        "expected a list or one of gegevenInTransitie, nietVanToepassing, waardeOnbekend",
    ),
    "a void reason where none is allowed": (
        lambda m: m.update(bronhoudercode="waardeOnbekend"),
        "$.bronhoudercode",
        "expected text of the form 3 to 6 capitals or digits",
    ),
    "a pattern that is broken inside a data type": (
        lambda m: area(m)["maatgevendeStof"]["stof"].update(UNnummer="12"),
        f"{AREA}.maatgevendeStof.stof.UNnummer",
        'found "12", expected text of the form 4 digits',
    ),
    "a value that occurs twice": (
        lambda m: m["voertUit"].append(m["voertUit"][0]),
        "$.voertUit[1].identificatie",
        "is used before in this message, at $.voertUit[0]",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_broken_message_is_refused_with_place_and_reason(
    validator: Validator, message: Message, case: tuple[Callable[[Message], object], str, str]
) -> None:
    change, path, reason = case
    change(message)
    verdict = validator.judge(message)
    assert not verdict.valid
    found = {finding.path: finding.text("en") for finding in verdict.errors}
    assert reason in found[path]


def test_the_unbroken_message_is_valid_in_both_versions(validator: Validator, message: Message) -> None:
    verdict = validator.judge(message)
    assert verdict.findings == ()
    assert (verdict.valid_in, verdict.declared, verdict.version) == (("3.0.2", "3.0.1"), None, "3.0.2")


def test_levels_below_a_broken_object_are_judged_too(validator: Validator, message: Message) -> None:
    activity(message)["entityType"] = "Onbekend"
    area(message)["typeBrand"] = "vlam"
    paths = [finding.path for finding in validator.judge(message).errors]
    assert paths == ["$.voertUit[0].entityType", f"{AREA}.typeBrand"]


def test_findings_are_told_in_dutch_too(validator: Validator, message: Message) -> None:
    del message["bedrijfsnaam"]
    (finding,) = validator.judge(message).errors
    assert finding.text("nl") == "het verplichte kenmerk bedrijfsnaam ontbreekt"


def test_a_void_reason_is_accepted_for_every_voidable_attribute(validator: Validator, message: Message) -> None:
    voids = validator.model.void_reasons
    for version in validator.model.versions:
        for attribute in validator.attributes("LocatieActiviteit", version).values():
            if attribute.voidable:
                for reason in voids:
                    assert not list(validator.findings({**message, attribute.name: reason}, version))


def test_a_reference_without_contours_is_of_3_0_2_only(validator: Validator, message: Message) -> None:
    reference(message)["resulteertIn"] = "waardeOnbekend"
    message["comment"] = ["versie IMEV: 3.0.1"]
    verdict = validator.judge(message)
    assert (verdict.declared, verdict.version, verdict.valid_in) == ("3.0.1", "3.0.2", ("3.0.2",))


def test_a_full_stop_in_the_bronhouder_is_of_3_0_1_only(validator: Validator, message: Message) -> None:
    message["bronhouder"] = "Dienst a.d. Proef"
    assert validator.judge(message).valid_in == ("3.0.1",)


def test_what_the_schema_allows_but_is_odd_is_told_and_accepted(validator: Validator, message: Message) -> None:
    area(message)["maatgevendeStof"]["stof"]["kleur"] = "blauw"
    message["identificatie"]["namespace"] = "NL.ANDERS"
    message["tijdstipRegistratie"] = "2024-01-01T00:00:00Z"
    verdict = validator.judge(message)
    assert verdict.valid
    assert {finding.code for finding in verdict.findings} == {
        "extra_kenmerk",
        "andere_namespace",
        "registratie_door_bron",
    }


def test_a_message_of_5_mb_is_judged_within_2_seconds(validator: Validator, message: Message) -> None:
    contours = []
    ring = [[160000 + step * 0.5, 510000 + (step % 7)] for step in range(2100)]
    for number in range(120):
        contours.append(
            {
                **area(message),
                "identificatie": {"namespace": "NL.IMEV", "lokaalID": f"PROEF.vlak{number}"},
                "afstandOfGeometrie": {"geometrie": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}},
            }
        )
    reference(message)["resulteertIn"] = contours
    data = json.dumps(message).encode()
    assert len(data) > 5_000_000
    validator.judge({"entityType": "LocatieActiviteit"})
    started = time.process_time()
    verdict = validator.judge(messages.parse(data, "groot.json"))
    elapsed_s = time.process_time() - started
    assert verdict.valid
    assert elapsed_s < 2


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b'{"entityType": "Locatie', "line 1, column 16", "not JSON"),
        (b"[]", "$", "found a list, expected one object"),
        (b'{"a": "\xff"}', "byte 7", "not UTF-8"),
        (b'{"a": 1, "a": 2}', "$", "member 'a' occurs twice"),
        (b'{"a": NaN}', "$", "NaN is not JSON"),
        (b'{"a": 1e999}', "$", "Out of range"),
        (b'{"a": "\\u0000"}', "$", "NUL"),
        (b'{"a": "\\ud800"}', "$", "surrogate"),
        (b"[" * 100_000, "$", "nested too deep"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(data: bytes, place: str, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        messages.parse(data, "bericht.json")
    assert f"({place})" in str(caught.value)
    assert reason in str(caught.value)


def test_a_backslash_before_u0000_is_just_text() -> None:
    assert messages.parse(rb'{"a": "\\u0000"}', "bericht.json") == {"a": r"\u0000"}


def test_a_byte_order_mark_is_read_over() -> None:
    assert messages.parse(b'\xef\xbb\xbf{"a": 1}', "bericht.json") == {"a": 1}


def test_every_class_of_every_version_compiles(validator: Validator) -> None:
    classes = [name for name, item in validator.model.classes.items() if item.in_message]
    assert len(classes) == 78
    for version in validator.model.versions:
        for name in classes:
            schemas.compile_class(validator.model, name, version)


def test_each_of_the_46_activities_has_a_place_in_the_bkl_and_a_name(validator: Validator) -> None:
    activities = validator.model.allowed("EVActiviteit")
    assert len(activities) == 46
    assert set(activities) == set(validator.model.activities)


def test_a_new_class_needs_only_rows(settings: Settings, tmp_path: Path, message: Message) -> None:
    shutil.copytree(settings.config / "imev", tmp_path / "imev")
    with (tmp_path / "imev/klassen.csv").open("a") as file:
        file.write("RookAandachtsgebied,Aandachtsgebied,object,ja,,rook\n")
    with (tmp_path / "imev/attributen.csv").open("a") as file:
        file.write("RookAandachtsgebied,dichtheid,Real,1,nee,nee,g/m3,0,10,,,\n")
    validator = Validator.of(tmp_path)
    area(message).update(entityType="RookAandachtsgebied", dichtheid=11)
    (finding,) = validator.judge(message).errors
    assert (finding.path, finding.text("en")) == (f"{AREA}.dichtheid", "found 11, expected at most 10")


@pytest.mark.parametrize(
    ("file", "row", "reason"),
    [
        ("attributen.csv", "Vulpunt,kleur,Kleur,1,nee,nee,,,,,,\n", "Vulpunt.kleur: type Kleur is not described"),
        ("attributen.csv", "Vulput,kleur,Real,1,nee,nee,,,,,,\n", "class Vulput is not in klassen.csv"),
        ("attributen.csv", "Vulpunt,kleur,Real,2..3,nee,nee,,,,,,\n", "attributen.csv:"),
        ("klassen.csv", "Rook,Damp,object,ja,,\n", "supertype Damp is not a class"),
        ("klassen.csv", "Rook,EVContour,object,soms,,\n", "klassen.csv:"),
    ],
)
def test_a_row_that_cannot_be_used_stops_the_start_with_its_file(
    settings: Settings, tmp_path: Path, file: str, row: str, reason: str
) -> None:
    shutil.copytree(settings.config / "imev", tmp_path / "imev")
    with (tmp_path / "imev" / file).open("a") as opened:
        opened.write(row)
    with pytest.raises(ConfigError, match=reason):
        model.read(tmp_path)
