"""What a set of rules is, once read: articles with paragraphs, rules with conditions, parameters with dates, words.

Nothing here touches a file or a database. :class:`RuleSet` is what the files say; :meth:`RuleSet.on` gives the
:class:`ActiveRules` of one day, in which every parameter has become a value.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from risicoatlas.catalogue import Text
from risicoatlas.errors import ConfigError
from risicoatlas.filters.sql import names
from risicoatlas.rules import conditions, reasons
from risicoatlas.rules.conditions import Condition

UNDECIDED = "niet_bepaald"
# The article whose rules say why nothing could be decided; its name stands in the front matter.
UNKNOWN_FUNCTION = "onbekend"


@dataclass(frozen=True)
class Place:
    """Where in the configuration something stands."""

    path: Path
    line: int

    def error(self, message: str) -> ConfigError:
        return ConfigError(self.path, self.line, message)


@dataclass(frozen=True)
class Period:
    """From a first day up to and including a last one; ``last`` None means still."""

    first: datetime.date
    last: datetime.date | None = None

    def holds(self, on: datetime.date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)

    def overlaps(self, other: "Period") -> bool:
        return (other.last is None or self.first <= other.last) and (self.last is None or other.first <= self.last)


@dataclass(frozen=True)
class Parameter:
    """A named value of the rules with its dates. ``alternatives`` are the other values that the text allows, ``never``
    what may not stand in a list, whatever reading is chosen, ``doubt`` what is odd about the value itself."""

    name: str
    title: str
    source: str
    values: tuple[tuple[Period, Any], ...]
    place: Place
    values_place: Place
    unit: str | None = None
    contradiction: str | None = None
    alternatives: tuple[Any, ...] = ()
    allowed: tuple[Any, ...] = ()
    never: tuple[Any, ...] = ()
    doubt: str | None = None

    def on(self, day: datetime.date) -> Any:
        """The value on that day; none raises :class:`ConfigError` at the parameter's place."""
        for period, value in self.values:
            if period.holds(day):
                return value
        raise self.place.error(f"parameter {self.name} has no value on {day}")


@dataclass(frozen=True)
class Word:
    """An input of the rules: which calculation gives it, with which arguments, and which article defines it.

    ``lower_bound`` names the word that holds what is known of this one while the whole is unknown; ``told_with`` the
    word that says how this one came about, which stands beside it among the inputs of a label.
    ``public`` words may be filled in in a sentence that everybody reads.
    """

    name: str
    type: str
    calculation: str
    arguments: Mapping[str, Any]
    title: Text
    source: str
    place: Place
    unit: str | None = None
    lower_bound: str | None = None
    told_with: str | None = None
    public: bool = False


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of an article, restated in our own words, with its citation."""

    number: str
    text: Text
    source: str
    place: Place


@dataclass(frozen=True)
class Remark:
    """The warning that a rule brings where it decides."""

    id: str
    text: Text


@dataclass(frozen=True)
class Rule:
    """A condition and the category that it gives. ``result`` is a category or the parameter that holds one;
    ``applies_to`` the word that names the one pipeline for which the category holds."""

    id: str
    in_force: Period
    when: str
    condition: Condition
    result: str
    reason: Text
    paragraph: Paragraph
    place: Place
    warning: Remark | None = None
    applies_to: str | None = None


@dataclass(frozen=True)
class NotEncoded:
    """A paragraph that no rule below it carries out, and why; ``rule`` is the one elsewhere in the set that does."""

    id: str
    why: str
    paragraph: Paragraph
    place: Place
    rule: str | None = None


@dataclass(frozen=True)
class Warning:
    """A remark on a label: its condition is read over the inputs of ``function``, or of every function where None."""

    id: str
    when: str
    condition: Condition
    text: Text
    paragraph: Paragraph
    place: Place


@dataclass(frozen=True)
class Article:
    """One Markdown file: the rules of one function.

    ``reach`` is ``functie`` for buildings that have it, ``pand`` for every building (a hit in a register), ``geen`` for
    the article that says why nothing was decided.
    """

    path: Path
    function: str
    title: Text
    reach: str
    paragraphs: tuple[Paragraph, ...]
    rules: tuple[Rule, ...]
    not_encoded: tuple[NotEncoded, ...]
    warnings: tuple[Warning, ...]


@dataclass(frozen=True)
class ActiveRule:
    """A rule on one day: parameters filled in, result a category, ``order`` its place within its function."""

    rule: Rule
    order: int
    condition: Condition
    category: str
    weight: int
    neutral: bool


@dataclass(frozen=True)
class ActiveWarning:
    """A warning on one day."""

    warning: Warning
    condition: Condition


@dataclass(frozen=True)
class ActiveRules:
    """Everything that classification needs of one day. ``functions`` is in the order that breaks ties."""

    name: str
    day: datetime.date
    functions: tuple[str, ...]
    articles: Mapping[str, Article]
    rules: Mapping[str, tuple[ActiveRule, ...]]
    warnings: Mapping[str, tuple[ActiveWarning, ...]]
    words: Mapping[str, Word]
    parameters: Mapping[str, Any]
    neutral_reason: Text
    neutral_source: str

    def argument(self, word: Word, name: str, default: Any = None) -> Any:
        """An argument of a word's calculation: a value as it stands, or that of the parameter it names."""
        value = word.arguments.get(name, default)
        if isinstance(value, dict) and set(value) == {"parameter"}:
            return self.parameters[value["parameter"]]
        return value

    def reaches_all(self, function: str) -> bool:
        """Whether the article of this name is read for buildings without any such function: the hits in registers."""
        article = self.articles.get(function)
        return article is not None and article.reach == "pand"

    def unknown(self, function: str) -> tuple[ActiveRule, ...]:
        """The rules that say why a function stays undecided; a register without a hit says nothing."""
        return () if self.reaches_all(function) else self.rules.get(UNKNOWN_FUNCTION, ())

    def used(self, function: str) -> tuple[str, ...]:
        """The words that the rules, sentences and warnings of a function read, in the order of words.yaml."""
        read: set[str] = set()
        for item in (*self.rules.get(function, ()), *self.unknown(function)):
            read |= names(item.condition) | (reasons.placeholders(item.rule.reason) & self.words.keys())
            read |= {item.rule.applies_to} if item.rule.applies_to else set()
        for warning in self.warnings.get(function, ()):
            read |= names(warning.condition)
        read |= {bound for name in read if (bound := self.words[name].lower_bound)}
        read |= {beside for name in read if (beside := self.words[name].told_with)}
        return tuple(name for name in self.words if name in read)


@dataclass(frozen=True)
class RuleSet:
    """A folder of ``config/rules``. ``protected_codes`` never show in a sentence for the public."""

    name: str
    title: Text
    folder: Path
    articles: tuple[Article, ...]
    parameters: Mapping[str, Parameter]
    words: Mapping[str, Word]
    protected_codes: tuple[str, ...]
    neutral_reason: Text
    neutral_source: str
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for article in self.articles for rule in article.rules)

    @cached_property
    def warning_texts(self) -> Mapping[str, Text]:
        """What each warning says, by its id."""
        remarks = {rule.warning.id: rule.warning.text for rule in self.rules if rule.warning is not None}
        return remarks | {warning.id: warning.text for article in self.articles for warning in article.warnings}

    def with_parameters(self, overrides: Mapping[str, Any]) -> "RuleSet":
        """The same rules with other values; a name that is no parameter raises :class:`ConfigError`."""
        for name in overrides:
            if name not in self.parameters:
                raise ConfigError(self.folder / "parameters.yaml", None, f"there is no parameter {name!r}")
        return replace(self, overrides={**self.overrides, **overrides})

    def on(self, day: datetime.date) -> ActiveRules:
        """The rules in force on a day, parameters filled in; raises :class:`ConfigError` when none is."""
        values = {name: self.overrides.get(name, item.on(day)) for name, item in self.parameters.items()}
        rules = {article.function: self._active(article, day, values) for article in self.articles}
        if not any(rules.values()):
            raise ConfigError(self.folder, None, f"no rule of {self.name} is in force on {day}")
        functions = tuple(values["functie.volgorde"])
        return ActiveRules(
            name=self.name,
            day=day,
            functions=functions,
            articles={article.function: article for article in self.articles},
            rules=rules,
            warnings={article.function: self._active_warnings(article, values) for article in self.articles},
            words=self.words,
            parameters=values,
            neutral_reason=self.neutral_reason,
            neutral_source=self.neutral_source,
        )

    def _active(self, article: Article, day: datetime.date, values: Mapping[str, Any]) -> tuple[ActiveRule, ...]:
        found = [rule for rule in article.rules if rule.in_force.holds(day)]
        return tuple(self._active_rule(rule, order, values) for order, rule in enumerate(found, start=1))

    def _active_rule(self, rule: Rule, order: int, values: Mapping[str, Any]) -> ActiveRule:
        category = str(values.get(rule.result, rule.result))
        lightest_first = list(reversed(values["categorie.volgorde"]))
        if category not in lightest_first:
            known = ", ".join(lightest_first)
            raise rule.place.error(f"{rule.id}: {category!r} is no category: expected one of {known}")
        return ActiveRule(
            rule=rule,
            order=order,
            condition=self._resolved(rule.condition, values),
            category=category,
            weight=lightest_first.index(category),
            neutral=any(self.is_protected(name, values) for name in names(rule.condition)),
        )

    def _active_warnings(self, article: Article, values: Mapping[str, Any]) -> tuple[ActiveWarning, ...]:
        """The warnings of an article, and with them the general ones that stand with the unknown."""
        general = [item for item in self.articles if item.function == UNKNOWN_FUNCTION != article.function]
        sources = [article, *(general if article.reach == "functie" else [])]
        return tuple(
            ActiveWarning(warning, self._resolved(warning.condition, values))
            for source in sources
            for warning in source.warnings
        )

    def _resolved(self, condition: Condition, values: Mapping[str, Any]) -> Condition:
        bounds = {name: word.lower_bound for name, word in self.words.items() if word.lower_bound}
        return conditions.bounded(conditions.resolved(condition, values), bounds)

    def is_protected(self, name: str, values: Mapping[str, Any]) -> bool:
        """Whether a word looks in a register for codes of which one is protected."""
        word = self.words.get(name)
        if word is None:
            return False
        if "hoofdfuncties" in word.arguments:
            hits = word.arguments["hoofdfuncties"].values()
            return any(self.is_protected(hit, values) for found in hits for hit in found)
        if "codes" not in word.arguments:
            return False
        codes = word.arguments["codes"]
        # a parameter that could not be read is told of elsewhere
        codes = values.get(codes["parameter"], ()) if isinstance(codes, dict) else codes
        return any(
            digits(protected).startswith(digits(code)) or digits(code).startswith(digits(protected))
            for protected in self.protected_codes
            for code in codes
        )


def digits(code: str) -> str:
    """An SBI code without its dots: 87.30.2 and 87302 are the same code."""
    return "".join(sign for sign in str(code) if sign.isalnum())
