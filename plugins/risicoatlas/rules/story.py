"""How the rules are told on a page: the steps of a function in their order, and what each rests on.

In: a :class:`RuleSet` and its :class:`ActiveRules` of one day. Out: steps with what became of them, the parameters
behind a function, warnings by their id. Reads no building: of one, the rule that decided is enough.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from risicoatlas.catalogue import Text
from risicoatlas.filters.sql import names
from risicoatlas.rules import reasons
from risicoatlas.rules.ruleset import ActiveRule, ActiveRules, Article, Parameter, RuleSet

# What became of a rule on the way to the one that decided.
DECIDED, PASSED, UNTOLD, OFF, NOT_REACHED = "decided", "passed", "untold", "off", "not_reached"


@dataclass(frozen=True)
class Threshold:
    """A parameter with the value that it has on the day of the rules."""

    parameter: Parameter
    value: Any


@dataclass(frozen=True)
class Step:
    """One rule of a function in its turn. ``outcome`` is None where no building is told of.

    ``register`` says that the rule reads a hit in a register, which is nobody's but the municipality's to know.
    """

    item: ActiveRule
    thresholds: tuple[Threshold, ...]
    register: bool
    outcome: str | None = None

    @property
    def off(self) -> bool:
        """Whether a parameter keeps the rule from ever holding."""
        return self.item.condition is False

    @property
    def always(self) -> bool:
        return self.item.condition is True


def steps(rules: RuleSet, active: ActiveRules, function: str) -> tuple[Step, ...]:
    """The rules of a function in the order in which they are tried."""
    return tuple(_step(rules, active, item) for item in active.rules.get(function, ()))


def way_to(rules: RuleSet, active: ActiveRules, rule: str) -> tuple[Article, tuple[Step, ...]] | None:
    """The article of the rule that decided and its steps, as far as everybody may read them; None where no rule of that
    day has this id, as a correction has none."""
    for function, items in active.rules.items():
        order = next((item.order for item in items if item.rule.id == rule), None)
        if order is not None:
            told = (
                Step(step.item, step.thresholds, step.register, _outcome(step, order))
                for step in steps(rules, active, function)
            )
            return active.articles[function], tuple(told)
    return None


def warning_texts(rules: RuleSet) -> Mapping[str, Text]:
    """The sentence of each warning by its id."""
    return {warning.id: warning.text for article in rules.articles for warning in article.warnings}


def parameters_of(rules: RuleSet, active: ActiveRules, article: Article) -> tuple[Threshold, ...]:
    """Every parameter that the rules, results, sentences, warnings and inputs of an article read, in the order of
    parameters.yaml."""
    read: set[str] = set()
    for rule in article.rules:
        read |= names(rule.condition) | reasons.placeholders(rule.reason) | {rule.result}
    for warning in article.warnings:
        read |= names(warning.condition)
    for name in active.used(article.function):
        read |= set(_named(rules.words[name].arguments))
    return _thresholds(rules, active, read)


def _step(rules: RuleSet, active: ActiveRules, item: ActiveRule) -> Step:
    read = names(item.rule.condition)
    register = any(name in rules.words and not rules.words[name].public for name in names(item.condition))
    return Step(item, _thresholds(rules, active, read | {item.rule.result}), register)


def _outcome(step: Step, decided: int) -> str:
    if step.item.order == decided:
        return DECIDED
    if step.item.order > decided:
        return NOT_REACHED
    if step.off:
        return OFF
    return UNTOLD if step.register else PASSED


def _thresholds(rules: RuleSet, active: ActiveRules, read: Iterable[str]) -> tuple[Threshold, ...]:
    wanted = set(read)
    return tuple(
        Threshold(parameter, active.parameters[name]) for name, parameter in rules.parameters.items() if name in wanted
    )


def _named(arguments: Mapping[str, Any]) -> Iterable[str]:
    """The parameters that the arguments of a word name."""
    for value in arguments.values():
        if isinstance(value, dict):
            if isinstance(value.get("parameter"), str):
                yield value["parameter"]
            else:
                yield from _named(value)
