"""Checks of every rule set: what a file alone cannot show, because it is about names and rules of other files.

In: the config folder. Out: findings, each with ``file:line``. ``risicoatlas check`` prints them, and a set that has
any is not used: a wrong rule must not label a building.
"""

import datetime
import difflib
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

from risicoatlas.catalogue import Text
from risicoatlas.errors import ConfigError, RequestError
from risicoatlas.filters.sql import names
from risicoatlas.rules import inputs, located, reader, reasons, verdicts
from risicoatlas.rules.ruleset import (
    UNKNOWN_FUNCTION,
    ActiveRules,
    Article,
    NotEncoded,
    Place,
    Rule,
    RuleSet,
    Warning,
    Word,
    digits,
)

FOLDER = "rules"
CATEGORIES = ("zeerKwetsbaar", "kwetsbaar", "beperktKwetsbaar", "niet_bepaald")
NEEDED = (
    "categorie.volgorde",
    "functie.volgorde",
    "bag.pand_levend",
    "bag.vbo_levend",
    "bag.onbekende_oppervlakten_m2",
)


def check(config: Path) -> list[ConfigError]:
    """Everything that is wrong in ``config/rules``; an empty list where all sets can be used."""
    folders = sorted(path for path in (config / FOLDER).glob("*") if path.is_dir())
    if not folders:
        return [ConfigError(config / FOLDER, None, "no rule set found: expected a folder per set")]
    return [error for folder in folders for error in check_set(folder)]


def warnings(config: Path) -> list[ConfigError]:
    """What a reader of the rules should know and does not stop their use: SBI codes that do not exist, and values of
    which the file itself says that they are doubtful."""
    edition, known = _sbi_codes(config)
    found: list[ConfigError] = []
    for folder in sorted(path.parent for path in (config / FOLDER).glob("*/set.yaml")):
        rules, _ = reader.examine(folder)
        own = [item for item in rules.parameters.values() if item.place.path.parent == folder] if rules else []
        coded = _sbi_parameters(rules) if rules else set()
        for parameter in own:
            if parameter.doubt:
                found.append(parameter.place.error(f"{parameter.name}: {parameter.doubt}"))
            for code in parameter.values[-1][1] if parameter.name in coded else ():
                if not any(one.startswith(digits(str(code))) for one in known):
                    found.append(parameter.values_place.error(f"{parameter.name}: {edition} has no code {code}"))
    return found


def _sbi_codes(config: Path) -> tuple[str, list[str]]:
    """The edition of the codes that lists of the trade register have, and the codes themselves."""
    code = located.read(config / "sources" / "kvk.yaml").mapping("code")
    lines = (config / "codelists" / str(code.need("list"))).read_text(encoding="utf-8").splitlines()
    return str(code.need("edition")), [line.strip() for line in lines[1:]]


def _sbi_parameters(rules: RuleSet) -> set[str]:
    """The parameters that words take for codes of the trade register."""
    arguments = [
        word.arguments.get(name)
        for word in rules.words.values()
        if word.arguments.get("register") == "kvk"
        for name in ("codes", "uitgezonderd")
    ]
    return {value["parameter"] for value in arguments if isinstance(value, dict)}


def read_checked(config: Path, name: str) -> RuleSet:
    """The set of that name, without findings; the first finding is raised."""
    folder = config / FOLDER / name
    if not folder.is_dir():
        known = ", ".join(sorted(path.name for path in (config / FOLDER).glob("*") if path.is_dir()))
        raise ConfigError(config / FOLDER, None, f"there is no rule set {name!r}: choose from {known}")
    if errors := check_set(folder):
        raise errors[0]
    return reader.read(folder)


def check_set(folder: Path) -> list[ConfigError]:
    """Everything that is wrong in one set: its files first, then how they hang together."""
    rules, errors = reader.examine(folder)
    if rules is None:
        return errors
    missing = [name for name in NEEDED if name not in rules.parameters]
    errors += [ConfigError(folder / "parameters.yaml", None, f"parameter {name} is missing") for name in missing]
    for examine in (_parameters, _words, _articles, _clashes, _rules, _warnings, _protection):
        errors += examine(rules)
    if not errors:
        errors += _days(rules)
    return errors


# --- parameters and words ---------------------------------------------------------------------------------------------


def _parameters(rules: RuleSet) -> Iterator[ConfigError]:
    for name in sorted(rules.parameters.keys() & rules.words.keys()):
        yield rules.words[name].place.error(f"{name} is a word and a parameter: give one another name")


def _words(rules: RuleSet) -> Iterator[ConfigError]:
    for word in rules.words.values():
        calculation = inputs.CALCULATIONS.get(word.calculation)
        if calculation is None:
            offered = ", ".join(inputs.CALCULATIONS)
            yield word.place.error(f"{word.name}: unknown calculation {word.calculation!r}: expected one of {offered}")
            continue
        yield from _arguments(rules, word, calculation)
        if word.lower_bound is not None and word.lower_bound not in rules.words:
            yield word.place.error(f"{word.name}: unknown word {word.lower_bound!r} as lower_bound")
        if word.told_with is not None and word.told_with not in rules.words:
            yield word.place.error(f"{word.name}: unknown word {word.told_with!r} as told_with")


def _arguments(rules: RuleSet, word: Word, calculation: inputs.Calculation) -> Iterator[ConfigError]:
    for name in calculation.arguments.keys() - word.arguments.keys() - set(calculation.optional):
        yield word.place.error(f"{word.name}: {word.calculation} needs the argument {name}")
    for name, value in word.arguments.items():
        if name not in calculation.arguments:
            yield word.place.error(f"{word.name}: {word.calculation} has no argument {name!r}")
        elif isinstance(value, dict) and set(value) == {"parameter"}:
            if value["parameter"] not in rules.parameters:
                yield word.place.error(f"{word.name}: unknown parameter {value['parameter']!r}")
        elif name == "hoofdfuncties":
            yield from _main_functions(rules, word, value)
        elif calculation.arguments[name] and value not in calculation.arguments[name]:
            offered = ", ".join(map(str, calculation.arguments[name]))
            yield word.place.error(f"{word.name}: {name}: found {value!r}, expected one of {offered}")


def _main_functions(rules: RuleSet, word: Word, value: dict[str, list[str]]) -> Iterator[ConfigError]:
    for function, hits in value.items():
        if function not in _functions(rules):
            yield word.place.error(f"{word.name}: unknown function {function!r}")
        for hit in hits:
            if hit not in rules.words or rules.words[hit].calculation != "registertreffer":
                yield word.place.error(f"{word.name}: {hit!r} is no word that looks in a register")


# --- articles ---------------------------------------------------------------------------------------------------------


def _articles(rules: RuleSet) -> Iterator[ConfigError]:
    for article in rules.articles:
        place = Place(article.path, 1)
        if article.function not in _functions(rules):
            offered = ", ".join(sorted(_functions(rules)))
            yield place.error(f"unknown function {article.function!r}: expected one of {offered}")
        yield from _numbering(article)
        yield from _closing(article)
        yield from _reach(rules, article)
    described = [article.function for article in rules.articles]
    for article in rules.articles:
        if described.count(article.function) > 1:
            yield Place(article.path, 1).error(f"function {article.function!r} has two articles")
    if UNKNOWN_FUNCTION not in described:
        message = f"the article of {UNKNOWN_FUNCTION!r} is missing: it says why nothing was decided"
        yield ConfigError(rules.folder, None, message)


def _functions(rules: RuleSet) -> set[str]:
    order = rules.parameters.get("functie.volgorde")
    return {name for _, value in order.values for name in value} if order else set()


def _numbering(article: Article) -> Iterator[ConfigError]:
    """Paragraphs stand in the order of their numbers, and the id of a block ends with that of its paragraph."""
    for earlier, later in zip(article.paragraphs, article.paragraphs[1:], strict=False):
        if _sortable(later.number) <= _sortable(earlier.number):
            yield later.place.error(f"paragraph {later.number} comes after {earlier.number}: expected a higher number")
    if article.reach != "functie":
        return
    blocks: tuple[Rule | NotEncoded, ...] = (*article.rules, *article.not_encoded)
    for block in blocks:
        expected = f"{article.path.parent.name}.{article.path.stem}.{block.paragraph.number}"
        if block.id != expected and not block.id.startswith(f"{expected}."):
            yield block.place.error(f"id {block.id!r} does not follow set, article and paragraph: expected {expected}")


def _sortable(number: str) -> tuple[int, str]:
    head, _, tail = number.partition(".")
    return int(head), tail


def _reach(rules: RuleSet, article: Article) -> Iterator[ConfigError]:
    """An article for every building can only read what a building has without the function."""
    blocks: tuple[Rule | Warning, ...] = (*article.rules, *article.warnings)
    for block in blocks if article.reach == "pand" else ():
        for name in sorted(names(block.condition) & rules.words.keys()):
            calculation = inputs.CALCULATIONS.get(rules.words[name].calculation)
            if calculation is not None and not calculation.of_building:
                yield block.place.error(f"{block.id}: {name} is about a function, this article about any building")


def _closing(article: Article) -> Iterator[ConfigError]:
    """What always holds comes last; an article that names categories for its function leaves no building out."""
    for rule, following in zip(article.rules, article.rules[1:], strict=False):
        if rule.condition is True and following.in_force.overlaps(rule.in_force):
            yield following.place.error(f"{following.id} is never reached: {rule.id} before it always holds")
    if article.reach != "pand" and article.rules and article.rules[-1].condition is not True:
        last = article.rules[-1]
        yield last.place.error(f"{last.id} is the last rule and must be `when: otherwise`: no building is left out")


def _clashes(rules: RuleSet) -> Iterator[ConfigError]:
    for first, second in combinations(rules.rules, 2):
        if first.id == second.id and first.in_force.overlaps(second.in_force):
            where = f"{first.place.path.name}:{first.place.line}"
            yield second.place.error(f"{second.id} clashes with {where}: the same id on the same day")
        elif _same_condition(first, second):
            yield second.place.error(
                f"{second.id} clashes with {first.id} (line {first.place.line}): the same condition on the same day"
            )
        elif _same_order(first, second):
            yield second.place.error(
                f"{second.id} clashes with {first.id} (line {first.place.line}):"
                " two rules of one paragraph on the same day; give each a letter (2.a, 2.b) in the order of the law"
            )
    blocks = [block.id for article in rules.articles for block in article.not_encoded]
    for article in rules.articles:
        for block in article.not_encoded:
            if blocks.count(block.id) > 1 or any(rule.id == block.id for rule in rules.rules):
                yield block.place.error(f"{block.id} stands twice")
            if block.rule is not None and all(rule.id != block.rule for rule in rules.rules):
                yield block.place.error(f"{block.id}: there is no rule {block.rule!r} in this set")


def _same_order(first: Rule, second: Rule) -> bool:
    """Two rules of one paragraph without letters of their own: nothing says which of them comes first."""
    same = first.place.path == second.place.path and first.paragraph.number == second.paragraph.number
    return same and first.id != second.id and first.in_force.overlaps(second.in_force) and not _lettered(first, second)


def _same_condition(first: Rule, second: Rule) -> bool:
    same = first.place.path == second.place.path and first.when.split() == second.when.split()
    return same and first.in_force.overlaps(second.in_force) and first.condition is not True


def _lettered(first: Rule, second: Rule) -> bool:
    return all(rule.id.rpartition(".")[2].isalpha() for rule in (first, second)) and first.id < second.id


# --- conditions and sentences -----------------------------------------------------------------------------------------


def _rules(rules: RuleSet) -> Iterator[ConfigError]:
    for rule in rules.rules:
        yield from _unknown_names(rules, names(rule.condition), rule.place, rule.id)
        yield from _sentence(rules, rule.reason, rule.place, rule.id)
        yield from _applies_to(rules, rule)
        if rule.result not in CATEGORIES and rule.result not in rules.parameters:
            offered = ", ".join(CATEGORIES)
            yield rule.place.error(f"{rule.id}: result {rule.result!r} is no category ({offered}) and no parameter")


def _applies_to(rules: RuleSet, rule: Rule) -> Iterator[ConfigError]:
    """``geldt_voor`` reads the pipeline from a word, and the sentence must say that the label holds for it alone."""
    if rule.applies_to is None:
        return
    word = rules.words.get(rule.applies_to)
    if word is None or word.type != "text" or not word.public:
        yield rule.place.error(f"{rule.id}: geldt_voor: {rule.applies_to!r} is no public word of type text")
    elif any(f"{{{rule.applies_to}}}" not in rule.reason.get(language) for language in reasons.LANGUAGES):
        yield rule.place.error(
            f"{rule.id}: the sentence must name {{{rule.applies_to}}}, for which alone the label holds"
        )


def _warnings(rules: RuleSet) -> Iterator[ConfigError]:
    seen: set[str] = set()
    for article in rules.articles:
        for warning in article.warnings:
            yield from _unknown_names(rules, names(warning.condition), warning.place, warning.id)
            if warning.id in seen:
                yield warning.place.error(f"warning {warning.id} stands twice")
            seen.add(warning.id)


def _unknown_names(rules: RuleSet, found: Iterable[str], place: Place, who: str) -> Iterator[ConfigError]:
    for name in sorted(found):
        if name not in rules.words and name not in rules.parameters:
            kind = "parameter" if "." in name else "word"
            yield place.error(f"{who}: unknown {kind} {name!r}{_nearest(name, [*rules.words, *rules.parameters])}")


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {close[0]}?" if close else ""


def _sentence(rules: RuleSet, text: Text, place: Place, who: str) -> Iterator[ConfigError]:
    for name in sorted(reasons.placeholders(text)):
        word = rules.words.get(name)
        if word is None and name not in rules.parameters:
            yield place.error(f"{who}: unknown name {{{name}}} in the sentence")
        elif word is not None and not word.public:
            yield place.error(f"{who}: {{{name}}} may not stand in a sentence that everybody reads")
        elif word is not None and word.type not in {"integer", "number", "text"}:
            yield place.error(f"{who}: {{{name}}} is {word.type}: only figures and texts can be filled in")


def _protection(rules: RuleSet) -> Iterator[ConfigError]:
    """A neutral sentence hides a protected code among others; a list of nothing else would tell it all the same."""
    protected = [digits(code) for code in rules.protected_codes]
    for parameter in rules.parameters.values():
        for _, value in parameter.values:
            codes = [digits(str(code)) for code in value] if isinstance(value, list) else []
            if codes and all(any(code.startswith(item) for item in protected) for code in codes):
                yield parameter.place.error(f"{parameter.name} holds protected codes only: a label would disclose them")
    values = {name: parameter.values[-1][1] for name, parameter in rules.parameters.items()}
    for article in rules.articles:
        for warning in article.warnings:
            if any(rules.is_protected(name, values) for name in names(warning.condition)):
                yield warning.place.error(f"warning {warning.id} would disclose a protected code")


# --- every day on which something changes -----------------------------------------------------------------------------


def _days(rules: RuleSet) -> Iterator[ConfigError]:
    """Compile the rules of each day on which a rule or a value begins, and of today."""
    days = {rule.in_force.first for rule in rules.rules} | {datetime.date.today()}
    for day in sorted(days):
        try:
            active = rules.on(day)
        except ConfigError as error:
            yield error
            continue
        yield from _compiled(active)


def _compiled(active: ActiveRules) -> Iterator[ConfigError]:
    for tried in active.rules.values():
        for item in tried:
            yield from _attempt(lambda: verdicts.holds(active, item.condition), item.rule.place, item.rule.id)  # noqa: B023
    for warnings in active.warnings.values():
        for warning in warnings:
            place = warning.warning.place
            yield from _attempt(lambda: verdicts.holds(active, warning.condition), place, warning.warning.id)  # noqa: B023


def _attempt(make: Callable[[], object], place: Place, who: str) -> Iterator[ConfigError]:
    try:
        make()
    except RequestError as error:
        yield place.error(f"{who}: {error}")
