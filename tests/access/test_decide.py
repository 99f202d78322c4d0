"""The rules of config/access as one decision."""

from pathlib import Path

import pytest

from risicoatlas.access import decide
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.catalogue import Catalogue, Layer, Text
from risicoatlas.errors import ConfigError


def layer(name: str, access: str) -> Layer:
    text = Text("x", "x")
    return Layer(name, text, text, access, "MultiPolygon", 28992, (), Path(), area_field="gemeentecode")


OPEN, SECRET, OTHER = layer("open", "public"), layer("secret", "restricted"), layer("other", "restricted")
LAYERS = Catalogue({item.name: item for item in (OPEN, SECRET, OTHER)})
BASE = "reason: r, law: l"


def rules(tmp_path: Path, text: str) -> decide.AccessRules:
    (tmp_path / "access").mkdir(exist_ok=True)
    (tmp_path / "access" / "rules.yaml").write_text(text)
    return decide.read(tmp_path, LAYERS)


def test_no_rule_means_no(tmp_path: Path) -> None:
    found = rules(tmp_path, f"- {{who: everybody, layer: public, allow: read, {BASE}}}")
    assert found.decide(ANONYMOUS, OPEN).allowed
    assert not found.decide(ANONYMOUS, SECRET).allowed
    assert found.decide(ANONYMOUS, SECRET).areas == ()


def test_a_limit_gives_the_areas_of_the_actor(tmp_path: Path) -> None:
    found = rules(
        tmp_path, f'- {{who: gemeente, layer: secret, allow: read, limit: "gemeentecode IN (actor.areas)", {BASE}}}'
    )
    decision = found.decide(Actor("gemeente", areas=("44021",)), SECRET)
    assert (decision.allowed, decision.areas, decision.areas_setting) == (True, ("44021",), "44021")
    assert not found.decide(Actor("gemeente", areas=("44021",)), OTHER).allowed


def test_deny_beats_allow_on_one_level_and_the_layer_beats_its_class(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        f"""
- {{who: beheerder, layer: restricted, allow: read, {BASE}}}
- {{who: beheerder, layer: restricted, allow: none, {BASE}}}
- {{who: beheerder, layer: other, allow: read, {BASE}}}
""",
    )
    assert not found.decide(Actor("beheerder"), SECRET).allowed
    assert found.decide(Actor("beheerder"), OTHER).areas is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {who: nobody, layer: public, allow: read, reason: r, law: l}", "who: found 'nobody'"),
        ("- {who: everybody, layer: publik, allow: read, reason: r, law: l}", "layer: found 'publik'"),
        ("- {who: everybody, layer: public, allow: change, reason: r, law: l}", "allow: found 'change'"),
        ("- {who: everybody, layer: public, allow: read}", "a rule has who, layer, allow, reason, law"),
        (
            "- {who: gemeente, layer: secret, allow: read, limit: 'nis = 1', reason: r, law: l}",
            "limit: found 'nis = 1'",
        ),
        ("who: everybody", "expected a list"),
    ],
)
def test_a_wrong_rule_stops_the_start_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"rules\.yaml:1: ") as raised:
        rules(tmp_path, text)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("areas", "setting"), [(None, "*"), ((), ""), (("44021", "44022"), "44021,44022"), (("*", "44021", "1,2"), "44021")]
)
def test_the_setting_of_the_policies_says_all_for_no_list_of_areas(areas: tuple[str, ...] | None, setting: str) -> None:
    assert decide.Decision(allowed=True, areas=areas, rule="r").areas_setting == setting


def test_who_may_write_may_read_and_a_reader_may_not_write(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        f"""
- {{who: gemeente, layer: secret, allow: write, limit: "gemeentecode IN (actor.areas)", {BASE}}}
- {{who: raadpleger, layer: secret, allow: read, limit: "gemeentecode IN (actor.areas)", {BASE}}}
- {{who: beheerder, layer: restricted, allow: read, {BASE}}}
""",
    )
    writer, reader = Actor("gemeente", areas=("GM0001",)), Actor("raadpleger", areas=("GM0001",))
    assert found.decide(writer, SECRET).reaches("GM0001") and found.decide_write(writer, SECRET).reaches("GM0001")
    assert not found.decide_write(writer, SECRET).reaches("GM0002")
    assert not found.decide_write(writer, OTHER).allowed
    assert found.decide(reader, SECRET).reaches("GM0001") and not found.decide_write(reader, SECRET).allowed
    assert found.decide(Actor("beheerder"), SECRET).areas is None
    assert not found.decide_write(Actor("beheerder"), SECRET).allowed


def test_codes_of_the_organisation_and_of_the_areas_go_together(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        f"""
- {{who: bronhouder, layer: secret, allow: write, limit: "gemeentecode IN (actor.organisation)", {BASE}}}
- {{who: bronhouder, layer: secret, allow: write, limit: "gemeentecode IN (actor.areas)", {BASE}}}
""",
    )
    decision = found.decide_write(Actor("bronhouder", "GM0001", ("GM0002",)), SECRET)
    assert decision.areas == ("GM0001", "GM0002")
    assert found.decide_write(Actor("bronhouder", None, ()), SECRET).areas == ()


def test_a_denial_stops_writing_too(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        f"""
- {{who: gemeente, layer: secret, allow: write, limit: "gemeentecode IN (actor.areas)", {BASE}}}
- {{who: everybody, layer: secret, allow: none, {BASE}}}
""",
    )
    actor = Actor("gemeente", areas=("GM0001",))
    assert not found.decide(actor, SECRET).allowed and not found.decide_write(actor, SECRET).allowed
