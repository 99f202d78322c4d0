"""A rule set that cannot be used is refused with the file and the line: the bad inputs of a rule file, one by one."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from risicoatlas.cli import program
from risicoatlas.errors import ConfigError
from risicoatlas.rules import check, conditions, reader
from risicoatlas.settings import CHECKOUT

SET = "basisvulling"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    shutil.copytree(CHECKOUT / "config" / "rules", tmp_path / "rules")
    return tmp_path


def change(config: Path, file: str, old: str, new: str) -> int:
    """Replace the first ``old`` in a file of the set; gives its line."""
    path = config / "rules" / SET / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def first_rule(config: Path, file: str) -> tuple[Path, str, str]:
    """An article of the set: its path, its text and its first rule block."""
    path = config / "rules" / SET / file
    text = path.read_text(encoding="utf-8")
    return path, text, text[text.index("```rule") : text.index("```\n", text.index("```rule")) + 4]


def findings(config: Path) -> list[str]:
    root = f"{config / 'rules' / SET}/"
    return [str(error).removeprefix(root) for error in check.check(config)]


def test_the_sets_of_the_repository_have_no_findings():
    assert check.check(CHECKOUT / "config") == []


def test_typo_in_a_word_is_found_at_its_rule_with_the_word_that_is_meant(config):
    line = change(config, "kantoor.md", "oppervlakte_m2 > kantoor.groot_m2", "opervlakte_m2 > kantoor.groot_m2") - 3
    assert (
        f"kantoor.md:{line}: basisvulling.kantoor.1: unknown word 'opervlakte_m2': did you mean oppervlakte_m2?"
        in findings(config)
    )


def test_unknown_parameter_is_found_at_its_rule(config):
    change(config, "kantoor.md", "> kantoor.groot_m2\n", "> kantoor.klein_m2\n")
    assert "unknown parameter 'kantoor.klein_m2'" in findings(config)[0]


def test_condition_that_is_no_cql2_is_found_at_its_line(config):
    line = change(config, "kantoor.md", "when: oppervlakte_m2 > kantoor.groot_m2", "when: oppervlakte_m2 >> 3")
    assert findings(config)[0].startswith(f"kantoor.md:{line}: ")


@pytest.mark.parametrize(
    "when", ["casei(functie) = 'a'", "functie LIKE 'a%'", "oppervlakte_m2 > 3 + 4", "T_AFTER(a1, b1)"]
)
def test_condition_that_needs_a_word_is_refused(when):
    with pytest.raises(ValueError, match=r"make it a word|.+"):
        conditions.read(when)


def test_threshold_without_a_date_is_found_at_its_line(config):
    change(config, "parameters.yaml", "values: [{from: 2023-10-31, value: 1500}]", "values: [{value: 1500}]")
    assert "a value needs the day from which it holds" in findings(config)[0]
    assert findings(config)[0].startswith("parameters.yaml:")


@pytest.mark.parametrize("name", ["register.lrk_soorten", "dichtheid.gevelafstand_m", "winkel.een_winkel_lezing"])
def test_parameter_of_any_kind_without_a_date_is_a_finding_with_its_line(config, name):
    path = config / "rules" / SET / "parameters.yaml"
    head, _, tail = path.read_text(encoding="utf-8").partition(f"\n{name}:\n")
    path.write_text(f"{head}\n{name}:\n{tail.replace('from: 2023-10-31, ', '', 1)}", encoding="utf-8")
    first = findings(config)[0]
    assert re.match(r"parameters\.yaml:\d+: a value needs the day from which it holds", first)


def test_two_values_on_one_day_are_refused(config):
    both = "values: [{from: 2023-10-31, value: 1500}, {from: 2024-07-01, value: 1600}]"
    change(config, "parameters.yaml", "values: [{from: 2023-10-31, value: 1500}]", both)
    assert "two values of kantoor.groot_m2 hold on the same day" in findings(config)[0]


def test_value_that_the_parameter_does_not_allow_is_refused(config):
    change(config, "parameters.yaml", "value: any_vbo}", "value: every_vbo}")
    assert "found 'every_vbo', expected one of any_vbo" in findings(config)[0]


def test_same_id_twice_on_a_day_clashes(config):
    change(config, "kantoor.md", "id: basisvulling.kantoor.2", "id: basisvulling.kantoor.1")
    assert any("clashes with kantoor.md" in text and "the same id" in text for text in findings(config))


def test_two_rules_of_one_paragraph_clash_without_letters(config):
    path, text, block = first_rule(config, "kantoor.md")
    other = block.replace("kantoor.1", "kantoor.1.b").replace("kantoor.groot_m2\n", "sport.veel_personen_m2\n")
    path.write_text(text.replace(block, block + "\n" + other), encoding="utf-8")
    assert any("two rules of one paragraph on the same day" in found for found in findings(config))
    lettered = block.replace("kantoor.1\n", "kantoor.1.a\n") + "\n" + other
    path.write_text(text.replace(block, lettered), encoding="utf-8")
    assert findings(config) == []


def test_two_rules_with_one_condition_on_a_day_clash(config):
    path, text, block = first_rule(config, "kantoor.md")
    ended = block.replace("2023-10-31..", "2023-10-31..2026-06-30").replace("kantoor.1", "kantoor.1.a")
    other = block.replace("kantoor.1", "kantoor.1.b").replace("result: kwetsbaar", "result: beperktKwetsbaar")
    for in_force, clashes in (("2026-06-30..", True), ("2026-07-01..", False)):
        blocks = (
            ended
            + "\n"
            + other.replace("2023-10-31..", in_force).replace("when: oppervlakte_m2 >", "when:  oppervlakte_m2  >")
        )
        path.write_text(text.replace(block, blocks), encoding="utf-8")
        line = text[: text.index(block)].count("\n") + ended.count("\n") + 2
        message = f"kantoor.md:{line}: basisvulling.kantoor.1.b clashes with basisvulling.kantoor.1.a"
        assert any(found.startswith(message) and "the same condition" in found for found in findings(config)) is clashes


def test_rule_that_replaces_another_from_a_day_on_does_not_clash(config):
    path, text, block = first_rule(config, "sport.md")
    ended = block.replace("2023-10-31..", "2023-10-31..2026-06-30")
    path.write_text(text.replace(block, ended + "\n" + block.replace("2023-10-31..", "2026-07-01..")), encoding="utf-8")
    assert findings(config) == []


def test_paragraph_without_a_block_is_found_at_its_line(config):
    line = change(config, "kantoor.md", "> 2. Een kleiner", "> 2. Nog een lid.\n> EN: x\n> Bron: x\n\n> 3. Een kleiner")
    assert f"kantoor.md:{line}: paragraph 2 has no block" in findings(config)[0]


def test_paragraph_without_citation_is_refused(config):
    change(config, "cel.md", "> Bron: Bkl, bijlage VI, onderdeel E (celfunctie); toelichting REV, celfunctie\n", "")
    assert "paragraph 1 lacks a line Bron:" in findings(config)[0]


def test_not_encoded_needs_a_reason(config):
    path = config / "rules" / SET / "onderwijs.md"
    head, _, tail = path.read_text(encoding="utf-8").partition("why: >-\n")
    path.write_text(f"{head}why: ''\n```\n{tail.partition('```')[2]}", encoding="utf-8")
    assert any("why is missing" in text for text in findings(config))


def test_paragraph_that_is_carried_out_elsewhere_names_a_rule_that_exists(config):
    line = change(config, "onderwijs.md", "rule: basisvulling.register.duo", "rule: basisvulling.register.school")
    message = f"onderwijs.md:{line - 2}: basisvulling.onderwijs.1: there is no rule 'basisvulling.register.school'"
    assert any(found.startswith(message) for found in findings(config))


def test_unknown_function_is_refused(config):
    change(config, "cel.md", "functie: celfunctie", "functie: cellenfunctie")
    assert any("cel.md:1: unknown function 'cellenfunctie'" in text for text in findings(config))


def test_unknown_key_of_a_block_is_refused(config):
    change(config, "cel.md", "result: zeerKwetsbaar", "resultaat: zeerKwetsbaar")
    assert "unknown key 'resultaat'" in findings(config)[0]


def test_result_that_is_no_category_is_refused(config):
    change(config, "cel.md", "result: zeerKwetsbaar", "result: heelKwetsbaar")
    assert any("'heelKwetsbaar' is no category" in text for text in findings(config))


def test_function_without_a_closing_rule_is_refused(config):
    change(config, "cel.md", "when: otherwise", "when: aantal_vbo > 0")
    assert any("must be `when: otherwise`" in text for text in findings(config))


def test_rule_that_is_never_reached_is_refused(config):
    change(config, "kantoor.md", "when: oppervlakte_m2 > kantoor.groot_m2", "when: otherwise")
    assert any("is never reached" in text for text in findings(config))


def test_id_that_does_not_follow_its_paragraph_is_refused(config):
    change(config, "kantoor.md", "id: basisvulling.kantoor.2", "id: basisvulling.kantoor.7")
    assert any("expected basisvulling.kantoor.2" in text for text in findings(config))


def test_sentence_may_not_name_what_only_the_owner_may_see(config):
    change(config, "cel.md", "Celfunctie: altijd zeer kwetsbaar.", "Celfunctie {lrk}.")
    assert any("{lrk} may not stand in a sentence" in text for text in findings(config))


def test_list_of_protected_codes_only_is_refused(config):
    change(config, "parameters.yaml", 'value: ["87.2", "87.3", "87.9"]', 'value: ["87.90.2"]')
    assert any("holds protected codes only" in text for text in findings(config))


def test_warning_on_a_protected_word_is_refused(config):
    change(config, "woon.md", "when: grootste_vbo_m2 >", "when: zorg_24_uur = TRUE AND grootste_vbo_m2 >")
    assert any("would disclose a protected code" in text for text in findings(config))


def test_word_with_a_wrong_type_of_value_is_found(config):
    change(config, "kantoor.md", "oppervlakte_m2 > kantoor.groot_m2\n", "oppervlakte_m2 > oppervlakte.soort\n")
    assert any("basisvulling.kantoor.1" in text for text in findings(config))


def test_word_with_an_unknown_calculation_is_refused(config):
    change(config, "words.yaml", "calculation: kas_aandeel", "calculation: kasaandeel")
    assert any("unknown calculation 'kasaandeel'" in text for text in findings(config))


def test_article_for_any_building_cannot_read_a_word_of_a_function(config):
    change(config, "register.md", "when: lrk = TRUE AND", "when: aantal_vbo > 1 AND lrk = TRUE AND")
    assert any("aantal_vbo is about a function" in text for text in findings(config))


def test_broken_yaml_is_found_at_its_line(config):
    line = change(config, "cel.md", "result: zeerKwetsbaar", "result: [zeerKwetsbaar")
    assert findings(config)[0].startswith(f"cel.md:{line + 1}: not valid YAML")


def test_all_findings_are_reported_at_once(config):
    change(config, "cel.md", "result: zeerKwetsbaar", "result: heelKwetsbaar")
    change(config, "kantoor.md", "> kantoor.groot_m2\n", "> kantoor.klein_m2\n")
    assert len(findings(config)) == 2


def test_set_with_findings_is_not_used(config):
    change(config, "cel.md", "result: zeerKwetsbaar", "result: heelKwetsbaar")
    with pytest.raises(ConfigError, match=r"cel\.md:\d+"):
        check.read_checked(config, SET)


def test_set_that_extends_another_has_its_words_and_its_own_values(config):
    law, base = (reader.read(config / "rules" / name) for name in ("bkl-vi", SET))
    assert law.words["oppervlakte_m2"] == base.words["oppervlakte_m2"]
    assert (law.parameters["winkel.een_m2"].values[0][1], base.parameters["winkel.een_m2"].values[0][1]) == (2000, 1000)


def test_set_that_extends_nothing_that_exists_is_refused(config):
    path = config / "rules" / "bkl-vi" / "set.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("extends: basisvulling", "extends: basis"), encoding="utf-8"
    )
    assert "there is no rule set 'basis' to extend" in str(check.check(config)[0])


def test_unknown_set_names_those_that_exist(config):
    with pytest.raises(ConfigError, match=r"choose from .*basisvulling"):
        check.read_checked(config, "bkl-vii")


def test_every_paragraph_has_a_block_and_a_citation():
    for folder in (path.parent for path in (CHECKOUT / "config" / "rules").glob("*/set.yaml")):
        rules = reader.read(folder)
        for article in rules.articles:
            carried = {block.paragraph.number for block in (*article.rules, *article.not_encoded, *article.warnings)}
            assert carried == {paragraph.number for paragraph in article.paragraphs}, article.path


def test_overlapping_blocks_of_one_rule_are_refused(config):
    path, text, block = first_rule(config, "sport.md")
    again = block.replace("2023-10-31..", "2026-07-01..")
    path.write_text(text.replace(block, block + "\n" + again), encoding="utf-8")
    assert any("basisvulling.sport.0.a clashes with sport.md" in found for found in findings(config))


def test_day_before_the_first_block_of_a_later_rule_still_has_a_rule_for_every_building(config):
    change(config, "cel.md", "in_force: 2023-10-31..", "in_force: 31-10-2023")
    assert "in_force: found '31-10-2023', expected 2024-01-01.." in findings(config)[0]


def test_childminding_may_never_stand_among_the_types_of_childcare(config):
    change(config, "parameters.yaml", "value: [KDV, BSO]}", "value: [KDV, BSO, GOB]}")
    assert "register.lrk_soorten: GOB may never stand in this list" in findings(config)[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("geldt_voor: lint_leidingen", "geldt_voor: lint", "'lint' is no public word of type text"),
        ("geldt_voor: lint_leidingen", "geldt_voor: de W-520", "'de W-520' is no public word of type text"),
        ("het risico van {lint_leidingen}.", "het risico van die leiding.", "must name {lint_leidingen}"),
    ],
)
def test_label_for_one_pipeline_names_it(config, old, new, message):
    path = config / "rules" / "bkl-vi" / "woon.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert any(message in str(error) for error in check.check(config))


def test_codes_that_do_not_exist_and_doubtful_values_are_warnings_with_their_line(config):
    root = f"{config}/rules/"
    for folder in ("codelists", "sources"):
        shutil.copytree(CHECKOUT / "config" / folder, config / folder)
    told = [str(warning).removeprefix(root) for warning in check.warnings(config)]
    text = (config / "rules" / SET / "parameters.yaml").read_text(encoding="utf-8")
    beds = text[: text.index('value: ["96.3.4"')].count("\n") + 1
    for code in ("96.3.4", "96.03.4", "87.3.2"):
        assert f"{SET}/parameters.yaml:{beds}: register.bedgebied_sbi: SBI 2008 has no code {code}" in told
    assert any("industrie.distributie_sbi" in text and "51.1" in text for text in told)
    assert check.check(config) == []
    change(config, "parameters.yaml", 'value: ["47.1"]', 'value: ["47.1", "99.99.9"]')
    assert any("winkel.supermarkt_sbi: SBI 2008 has no code 99.99.9" in str(item) for item in check.warnings(config))


def test_every_contradiction_stands_in_the_set_at_a_paragraph_or_a_parameter():
    for name, elsewhere in ((SET, {19, 20, 24}), ("bkl-vi", {3, 16, 19, 20})):
        folder = CHECKOUT / "config" / "rules" / name
        said = "\n".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
        missing = {number for number in range(1, 25) if not re.search(rf"\bC{number}\b", said)}
        # C19 and C20 are no matter of the rules, C24 of the law alone; C3 and C16 of the fill alone
        assert missing <= elsewhere, name


BAD = {
    "a typo in a word": ("kantoor.md", "> kantoor.groot_m2\n", "> kantoor.grot_m2\n", "did you mean kantoor.groot_m2?"),
    "a threshold without a date": (
        "parameters.yaml",
        "{from: 2023-10-31, value: 1500}",
        "{value: 1500}",
        "needs the day",
    ),
    "two rules that clash": (
        "industrie.md",
        "when: oppervlakte_m2 > industrie.veel_personen_m2",
        "when: distributiecentrum = TRUE",
        "clashes with",
    ),
    "a paragraph without a block": (
        "cel.md",
        "# Celfunctie\n",
        "# Celfunctie\n\n> 0. x\n> EN: x\n> Bron: x\n",
        "has no block",
    ),
    "a key that nothing reads": (
        "cel.md",
        "result: zeerKwetsbaar",
        "resultaat: zeerKwetsbaar",
        "unknown key 'resultaat'",
    ),
    "a file that is no YAML": ("words.yaml", "type: integer", "type: [integer", "not valid YAML"),
}


@pytest.mark.parametrize(
    "command", [["check", "--no-database"], ["serve"], ["classify"]], ids=["check", "serve", "classify"]
)
@pytest.mark.parametrize("name", BAD)
def test_bad_rule_file_stops_check_start_and_classification_with_its_line(tmp_path, command, name):
    file, old, new, message = BAD[name]
    for folder in ("config", "styles"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    change(tmp_path / "config", file, old, new)
    environ = {"RISICOATLAS_CONFIG": str(tmp_path / "config"), "RISICOATLAS_HOME": str(tmp_path / "home")}
    done = CliRunner().invoke(program, command, env=environ)
    assert done.exit_code == 1
    place = re.escape(str(tmp_path / "config" / "rules" / SET / file))
    said = f"{done.stderr}\n{done.exception}"
    assert re.search(rf"^{place}:\d+: .*{re.escape(message)}", said, re.MULTILINE), said
    assert not (tmp_path / "home" / "cluster").exists()


def test_table_of_the_annex_names_paragraphs_that_cite_that_part():
    """What a reader of the law looks up: each paragraph of the table cites its part, and no paragraph is left out."""
    text = (CHECKOUT / "config" / "rules" / "README.md").read_text(encoding="utf-8")
    law = reader.read(CHECKOUT / "config" / "rules" / "bkl-vi")
    cited = {
        (article.path.stem, paragraph.number): paragraph.source
        for article in law.articles
        if article.reach == "functie"
        for paragraph in article.paragraphs
        if paragraph.number.isdigit() and paragraph.number != "0"
    }
    named = {
        (stem, number, part)
        for part, row in re.findall(r"^\| onderdeel ([ACE]), [^|]*\|([^|]*)\|$", text, re.MULTILINE)
        for stem, number in re.findall(r"\b([a-z]+) (\d)\b", row.partition(";")[0])
    }
    assert all(f"{part}" in cited[stem, number].partition("onderdeel")[2] for stem, number, part in named)
    assert {(stem, number) for stem, number, _ in named} == cited.keys() - {("overige", "1")}
    assert {article.path.stem for article in law.articles if article.reach == "functie"} - {
        article.path.stem for article in law.articles for item in article.paragraphs if item.number == "0"
    } == {"cel"}
