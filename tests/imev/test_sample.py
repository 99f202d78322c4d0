"""The sample town's messages: judged, loaded and published; what is served is counted again from the files."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from risicoatlas.imev.validate import Validator

Message = dict[str, Any]
AREAS = {
    "BrandAandachtsgebied": "brand",
    "ExplosieAandachtsgebied": "explosie",
    "GifwolkAandachtsgebied": "gifwolk",
    "CivielExplosieAandachtsgebied": "explosie_civiel",
    "MilitairExplosieAandachtsgebied": "explosie_militair",
    "ExplosieAandachtsgebiedVuurwerk": "explosie_vuurwerk",
}
FAMILIES = {"LocatieActiviteit": "ev", "BuisleidingStelsel": "bl", "LocatieBasisnet": "bn"}


def sample_messages(sample_dir: Path) -> Iterator[tuple[str, Message]]:
    for path in sorted((sample_dir / "imev").glob("*.json")):
        yield path.name, json.loads(path.read_text(encoding="utf-8"))


def children(value: Message) -> list[Message]:
    found = [value.get(name) for name in ("voertUit", "heeft", "resulteertIn")]
    return [child for item in found if isinstance(item, list) for child in item]


def valid_now(value: Message) -> bool:
    moments = [datetime.fromisoformat(value[name]) for name in ("beginGeldigheid", "eindGeldigheid") if name in value]
    begin, *end = [moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments]
    now = datetime.now(UTC)
    return begin <= now and all(now < moment for moment in end)


def living_contours(root: Message) -> Iterator[Message]:
    level = [root] if valid_now(root) else []
    for _ in range(3):
        level = [child for value in level for child in children(value) if valid_now(child)]
    yield from level


def test_every_message_of_the_sample_is_valid_but_the_one_with_a_weg_as(sample_dir: Path, validator: Validator) -> None:
    wrong = {}
    activities = set()
    for name, message in sample_messages(sample_dir):
        verdict = validator.judge(message)
        activities |= {activity["entityType"] for activity in message.get("voertUit", [])}
        if not verdict.valid:
            wrong[name] = [finding.code for finding in verdict.errors]
    assert list(wrong.values()) == [["niet_in_bericht"]]
    assert activities == set(validator.model.activities)


def test_the_areas_that_are_served_are_those_of_the_files(town: Any, sample_dir: Path, validator: Validator) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for _, message in sample_messages(sample_dir):
        if validator.judge(message).valid and message["entityType"] in FAMILIES:
            for contour in living_contours(message):
                if contour["entityType"] in AREAS:
                    expected[FAMILIES[message["entityType"]], AREAS[contour["entityType"]]] += 1
    with town.database.loader() as connection:
        rows = connection.execute(
            "SELECT familie, type, count(*), bool_and(ST_IsValid(geometrie) AND gemeentecode IS NOT NULL)"
            " FROM publiek.aandachtsgebieden WHERE publicatie_tot IS NULL GROUP BY familie, type"
        ).fetchall()
    assert {(familie, kind): count for familie, kind, count, _ in rows} == expected
    assert all(whole for *_, whole in rows)
