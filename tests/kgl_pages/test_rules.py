"""The pages about the rules: made from the rule files, complete in both sets and languages, counted from what is
published."""

import datetime
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import Town
from tests.web.conftest import browser, document, words
from werkzeug.test import Client

from risicoatlas.app import make_service
from risicoatlas.rules import check, story
from risicoatlas.rules.ruleset import Article, RuleSet
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT
from risicoatlas.web import diagram, language

SETS = {name: check.read_checked(CHECKOUT / "config", name) for name in ("basisvulling", "bkl-vi")}
ARTICLES = [(rules, article) for rules in SETS.values() for article in rules.articles]
NAMES = [f"{rules.name}/{article.path.stem}" for rules, article in ARTICLES]


@pytest.fixture(scope="module")
def visitor(town: Town) -> Iterator[Client]:
    """An anonymous visitor, who changes nothing."""
    service = make_service(town.settings, town.database)
    service.pool.open(wait=True)
    yield browser(service)
    service.pool.close()


def folded(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("code", ["nl", "en"])
@pytest.mark.parametrize(("rules", "article"), ARTICLES, ids=NAMES)
def test_a_page_tells_every_paragraph_rule_and_parameter(
    visitor: Client, rules: RuleSet, article: Article, code: str
) -> None:
    answer = visitor.get(f"/kgl/regels/{rules.name}/{article.path.stem}?lang={code}")
    assert answer.status_code == 200
    told = words(answer)
    for paragraph in article.paragraphs:
        assert folded(paragraph.text.get(code)) in told
        assert folded(paragraph.source) in told
    for rule in article.rules:
        assert rule.id in told
        assert "otherwise" in rule.when or folded(rule.when) in told
    for item in article.not_encoded:
        assert folded(item.why) in told
    day = rules.on(_today())
    listed = {row.get("id") for row in document(answer).xpath("//table//tr[@id]")}
    assert listed == {item.parameter.name for item in story.parameters_of(rules, day, article)}
    for item in story.parameters_of(rules, day, article):
        assert item.parameter.contradiction is None or item.parameter.contradiction in told


def _today() -> datetime.date:
    return datetime.date.today()


def test_the_index_leads_to_every_article_of_both_sets(visitor: Client) -> None:
    found = document(visitor.get("/kgl/regels/")).xpath("//main//th/a/@href")
    assert sorted(found) == sorted(f"/kgl/regels/{name}" for name in NAMES)
    for address in found:
        assert visitor.get(address).status_code == 200


def test_counts_are_those_of_what_is_published(visitor: Client, town: Town) -> None:
    with town.database.loader() as connection:
        counted = dict(
            connection.execute(
                "SELECT regel, count(*) FROM publiek.kgl_public WHERE publicatie_tot IS NULL GROUP BY regel"
            ).fetchall()
        )
        proposed = dict(
            connection.execute(
                "SELECT regel, count(*) FROM register.kgl_label WHERE regelset = 'basisvulling' GROUP BY regel"
            ).fetchall()
        )
    shown = {}
    for article in SETS["basisvulling"].articles:
        content = document(visitor.get(f"/kgl/regels/basisvulling/{article.path.stem}"))
        for block in content.xpath("//div[@class='rule'][.//dt[.='Gepubliceerde gebouwen']]"):
            value = block.xpath(".//dt[.='Gepubliceerde gebouwen']/following-sibling::dd[1]/text()")[0]
            shown[block.get("id")] = int(value.replace(".", ""))
    assert {rule: count for rule, count in shown.items() if count} == counted
    assert counted != proposed


def test_the_other_set_has_no_counts_since_nothing_is_published_by_it(visitor: Client) -> None:
    assert "Gepubliceerde gebouwen" not in words(visitor.get("/kgl/regels/bkl-vi/woon"))


@pytest.mark.parametrize(
    "path", ["/kgl/regels/nergens/woon", "/kgl/regels/basisvulling/nergens", "/kgl/", "/kgl/regels/x"]
)
def test_other_addresses_do_not_exist(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_the_name_of_a_function_leads_to_its_page(visitor: Client, town_service: Service) -> None:
    for name in ("overige gebruiksfunctie", "overige_gebruiksfunctie"):
        answer = visitor.get(f"/kgl/regels/basisvulling/{name}")
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"{town_service.settings.public_url}/kgl/regels/basisvulling/overige"


@pytest.mark.parametrize(("rules", "article"), ARTICLES, ids=NAMES)
def test_the_drawing_and_the_list_under_it_say_the_same(visitor: Client, rules: RuleSet, article: Article) -> None:
    content = document(visitor.get(f"/kgl/regels/{rules.name}/{article.path.stem}"))
    (drawing,) = content.xpath("//*[local-name()='svg'][@role='img']")
    described = {item.get("id") for item in drawing.xpath(".//*[local-name()='title' or local-name()='desc']")}
    assert set(drawing.get("aria-labelledby").split()) == described
    steps = story.steps(rules, rules.on(_today()), article.function)
    rules_drawn = drawing.xpath(".//*[local-name()='rect'][@class='rule' or @class='off']")
    linked = content.xpath("//ol[@class='order']/li/a/text()")
    assert len(rules_drawn) == len(steps) and linked == [step.item.rule.id for step in steps]
    results = [rect.get("class") for rect in drawing.xpath(".//*[local-name()='rect']")]
    assert [name for name in results if name not in ("rule", "off", "end")] == [
        step.item.category for step in steps if not step.off
    ]


def test_every_box_of_the_drawings_holds_its_text() -> None:
    """Lines stay within their box, and boxes do not overlap."""
    texts = language.Language("nl", False, language.load_texts())
    for rules, article in ARTICLES:
        steps = story.steps(rules, rules.on(_today()), article.function)
        drawn = diagram.draw(
            steps,
            lambda step: f"{step.item.rule.paragraph.number}. {step.item.rule.paragraph.text.nl}",
            lambda category: texts.text(f"category_{category}"),
            texts.text("rest_unknown"),
        )
        bottom = 0
        for row in drawn.rows:
            assert row.rule.y >= bottom
            bottom = row.rule.y + row.rule.height
            for y, line in row.rule.lines:
                assert row.rule.y < y < bottom and len(line) <= diagram.COLUMNS
        assert bottom <= drawn.height


def test_a_changed_threshold_is_on_the_page_with_both_periods(town_service: Service, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(town_service.settings.config, config)
    path = config / "rules" / "basisvulling" / "parameters.yaml"
    old, new = (
        "values: [{from: 2023-10-31, value: 1500}]",
        "values: [{from: 2023-10-31, to: 2024-12-31, value: 1500}, {from: 2025-01-01, value: 1750}]",
    )
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    changed = replace(town_service, settings=replace(town_service.settings, config=config))
    told = words(browser(changed).get("/kgl/regels/basisvulling/kantoor"))
    assert "1.750 m2" in told
    assert "1.500: vanaf 31 oktober 2023 tot en met 31 december 2024" in told
    assert "1.750: vanaf 1 januari 2025" in told


def test_a_rule_that_is_switched_off_is_drawn_and_said_so(town_service: Service) -> None:
    rules = SETS["basisvulling"].with_parameters({"dichtheid.maat": "geen"})
    steps = story.steps(rules, rules.on(_today()), "woonfunctie")
    off = [step for step in steps if step.off]
    assert "basisvulling.woon.3" in [step.item.rule.id for step in off]
    drawn = diagram.draw(steps, lambda step: step.item.rule.id, str, "rest")
    assert [row.rule.kind for row in drawn.rows if row.result is None] == ["off"] * len(off)


def test_an_article_without_a_last_word_says_what_else_holds(visitor: Client) -> None:
    content = document(visitor.get("/kgl/regels/basisvulling/register"))
    assert content.xpath("//*[local-name()='rect'][@class='end']")
    assert content.xpath("//ol[@class='order']/li[last()]")[0].text == "dit register zegt niets over het gebouw"


def test_a_service_without_rules_has_an_empty_index(town_service: Service, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(town_service.settings.config, config, ignore=shutil.ignore_patterns("rules"))
    shutil.copytree(town_service.settings.config / "access", config / "access", dirs_exist_ok=True)
    bare = browser(replace(town_service, settings=replace(town_service.settings, config=config)))
    answer = bare.get("/kgl/regels/")
    assert answer.status_code == 200
    assert document(answer).xpath("//main//table") == []
