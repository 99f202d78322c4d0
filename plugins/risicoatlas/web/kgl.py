"""Pages about vulnerable buildings: ``/kgl/gebouwen/<pand>`` says why a building has its label, ``/kgl/regels/`` and
``/kgl/regels/<set>/<functie>`` what the rules are.

In: the published layer, the rule files, and for a municipality its dossier. Out: HTML. A building that is not published
is absent, with the very page of an address that never existed, but for who reads for its municipality.
"""

import datetime
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, g, redirect, render_template
from psycopg import sql
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import NotFound

from risicoatlas.access import actor as actors
from risicoatlas.access.actor import Actor
from risicoatlas.database import Reader, asking
from risicoatlas.errors import NotFoundError
from risicoatlas.kgl import building
from risicoatlas.kgl.building import PUBLIC, Place
from risicoatlas.rules import reader, reasons, story
from risicoatlas.rules.ruleset import ActiveRules, Article, RuleSet
from risicoatlas.rules.story import Step
from risicoatlas.service import Service
from risicoatlas.web import diagram, picture, status

MAP_PX = (720, 420)
# What is seen around a building, at least.
SURROUNDINGS_M = 60
# Of a set, the articles that stand apart from the functions of buildings come last.
APART = {"pand": 1, "geen": 2}


class Sets:
    """The rule sets of the configuration by name, with what holds today."""

    def __init__(self, by_name: Mapping[str, RuleSet]) -> None:
        self._by_name = by_name
        self._of_day: tuple[datetime.date, Mapping[str, tuple[RuleSet, ActiveRules]]] | None = None

    def today(self) -> Mapping[str, tuple[RuleSet, ActiveRules]]:
        day = datetime.date.today()
        if self._of_day is None or self._of_day[0] != day:
            self._of_day = day, {name: (rules, rules.on(day)) for name, rules in self._by_name.items()}
        return self._of_day[1]


@dataclass
class Counts:
    """Published buildings per rule, counted once for each publication."""

    service: Service
    number: int = 0
    found: Mapping[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, actor: Actor) -> Mapping[str, int]:
        try:
            layer = self.service.layer(PUBLIC, actor)
        except NotFoundError:
            return {}
        latest = status.last_publication(self.service)
        with self.lock:
            if latest and latest.number != self.number:
                with asking(self.service.pool, Reader(tables=layer.tables)) as (connection, _):
                    query = sql.SQL(
                        "SELECT regel, count(*) FROM {} WHERE publicatie_tot IS NULL GROUP BY regel"
                    ).format(layer.table)
                    self.found, self.number = dict(connection.execute(query).fetchall()), latest.number
            return self.found


def add(app: Flask, service: Service) -> None:
    """Put the addresses on the application; raises :class:`ConfigError` for a rule file that cannot be used."""
    sets = Sets(_read(service))
    counts = Counts(service)
    app.jinja_env.filters["figure"] = _figure
    app.jinja_env.filters["sentence"] = _sentence
    _add_buildings(app, service, sets)
    _add_rules(app, sets, counts)


def _read(service: Service) -> dict[str, RuleSet]:
    folder = service.settings.config / "rules"
    return {path.parent.name: reader.read(path.parent) for path in sorted(folder.glob("*/set.yaml"))}


def _add_buildings(app: Flask, service: Service, sets: Sets) -> None:
    @app.get("/kgl/gebouwen/<pand>")
    def kgl_building(pand: str) -> str:
        if not building.PAND.fullmatch(pand):
            raise NotFound
        actor, today = actors.current(), sets.today()
        found = building.published(service, actor, pand)
        dossier = building.dossier(service, actor, pand, today)
        if found is None and dossier is None:
            raise NotFound
        rules, active = today.get(found.rules, (None, None)) if found else (None, None)
        way = story.way_to(rules, active, found.rule) if found and rules and active else None
        return render_template(
            "kgl_gebouw.html",
            pand=pand,
            found=found,
            rules=rules,
            article=way[0] if way else None,
            steps=_told(way[1]) if way else (),
            neutral=bool(way and _decided(way[1]).item.neutral),
            warnings=story.warning_texts(rules) if rules else {},
            map=_map(found.place) if found else None,
            dossier=dossier,
            moment=_moment,
        )


def _decided(steps: tuple[Step, ...]) -> Step:
    return next(step for step in steps if step.outcome == story.DECIDED)


def _told(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The way as everybody may read it: of a rule with a neutral sentence nothing but that sentence."""
    return () if _decided(steps).item.neutral else steps


@dataclass(frozen=True)
class Map:
    """The picture of a building in its surroundings: the query for our own WMS, and the view box of what lies on it."""

    query: str
    view: str
    width: int = MAP_PX[0]
    height: int = MAP_PX[1]


def _map(place: Place) -> Map:
    """The building in the middle with at least so much around it as it is large itself, EPSG:28992."""
    width_px, height_px = MAP_PX
    half_m = max(SURROUNDINGS_M, place.east - place.west, place.north - place.south)
    x, y = (place.west + place.east) / 2, (place.south + place.north) / 2
    half_x = half_m * width_px / height_px
    box = (x - half_x, y - half_m, x + half_x, y + half_m)
    query = picture.query(("gemeenten", PUBLIC), box, width_px, height_px)
    return Map(query, f"{box[0]:.2f} {-box[3]:.2f} {2 * half_x:.2f} {2 * half_m:.2f}")


def _moment(text: str | None) -> datetime.datetime | None:
    """A moment as the database writes it in JSON, in Dutch time."""
    return datetime.datetime.fromisoformat(text) if text else None


def _add_rules(app: Flask, sets: Sets, counts: Counts) -> None:
    @app.get("/kgl/regels")
    def kgl_rules_without_slash() -> WerkzeugResponse:
        return redirect(f"{counts.service.settings.public_url}/kgl/regels/", 308)

    @app.get("/kgl/regels/")
    def kgl_rules() -> str:
        counted = counts.of(actors.current())
        chosen = [
            (
                rules,
                [
                    (article, sum(counted.get(rule.id, 0) for rule in article.rules))
                    for article in _articles(rules, active)
                ],
            )
            for rules, active in sets.today().values()
        ]
        return render_template("kgl_regels.html", sets=chosen, slug=slug)

    @app.get("/kgl/regels/<name>/<function>")
    def kgl_function(name: str, function: str) -> str | WerkzeugResponse:
        rules, active = sets.today().get(name, (None, None))
        if rules is None or active is None:
            raise NotFound
        for article in rules.articles:
            if slug(article) == function:
                return _function_page(rules, active, article, counts)
            if re.sub(r"\W", "_", article.function) == re.sub(r"\W", "_", function):
                return redirect(f"{counts.service.settings.public_url}/kgl/regels/{name}/{slug(article)}", 308)
        raise NotFound


def slug(article: Article) -> str:
    """How an article is called in an address: as its file is."""
    return article.path.stem


def _articles(rules: RuleSet, active: ActiveRules) -> list[Article]:
    """In the order in which functions decide, those that are no function of a building last."""
    order = {function: number for number, function in enumerate(active.functions)}
    return sorted(rules.articles, key=lambda item: (APART.get(item.reach, 0), order.get(item.function, len(order))))


def _function_page(rules: RuleSet, active: ActiveRules, article: Article, counts: Counts) -> str:
    language = g.language
    steps = story.steps(rules, active, article.function)

    def text(step: Step) -> str:
        return f"{step.item.rule.paragraph.number}. {language.of(step.item.rule.paragraph.text)}"

    rest = language.text("rest_register" if article.reach == "pand" else "rest_unknown")
    return render_template(
        "kgl_functie.html",
        rules=rules,
        active=active,
        article=article,
        steps=steps,
        rest=rest,
        closed=any(step.always for step in steps),
        drawing=diagram.draw(steps, text, lambda category: language.text(f"category_{category}"), rest),
        parameters=story.parameters_of(rules, active, article),
        words=[rules.words[name] for name in active.used(article.function)],
        counts=counts.of(actors.current()),
        articles=_articles(rules, active),
        slug=slug,
    )


def _figure(value: Any) -> str:
    """A value of a parameter or an input as people of the page's language write it."""
    language = g.language
    if value is None:
        return str(language.text("unset"))
    if isinstance(value, bool):
        return str(language.text("yes" if value else "no"))
    if isinstance(value, Mapping):
        return "; ".join(f"{language.text('other_functions') if key == '*' else key}: {_figure(item)}"
                         for key, item in value.items())  # fmt: skip
    if isinstance(value, list | tuple):
        return ", ".join(_figure(item) for item in value)
    return reasons.figure(value, language.code)


def _sentence(template: str, parameters: Mapping[str, Any]) -> str:
    """The sentence of a rule with its parameters filled in; what differs per building stands between brackets."""
    return reasons.PLACEHOLDER.sub(
        lambda found: _figure(parameters[found[1]]) if found[1] in parameters else f"[{found[1]}]", template
    )
