"""Reads a rule set: ``set.yaml``, ``parameters.yaml``, ``words.yaml`` and one Markdown file per article.

A set may extend another: the parameters and words of that one hold where it does not give its own.

An article begins with its front matter and then gives, per paragraph, a quote and the block that carries it out::

    > 3. Meer dan 250 m2 gebruiksoppervlakte: kwetsbaar.
    > EN: More than 250 m2 of floor area: kwetsbaar.
    > Bron: Bkl bijlage VI, onderdeel C (bijeenkomstfunctie).

    ```rule
    id: basisvulling.bijeenkomst.3
    in_force: 2023-10-31..
    when: oppervlakte_m2 > bijeenkomst.veel_personen_m2
    result: kwetsbaar
    reden: {nl: "…", en: "…"}
    ```

A block is ``rule``, ``elsewhere`` (id, rule, why), ``not-encoded`` (id, why) or ``warning`` (id, when, text). All that
is wrong is collected, each with its file and line; :func:`read` raises the first, :func:`examine` gives all.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from risicoatlas.catalogue import Text
from risicoatlas.errors import ConfigError
from risicoatlas.rules import conditions, located
from risicoatlas.rules.ruleset import (
    Article,
    NotEncoded,
    Paragraph,
    Parameter,
    Period,
    Place,
    Remark,
    Rule,
    RuleSet,
    Warning,
    Word,
)

REACHES = ("functie", "pand", "geen")
WORD_TYPES = ("integer", "number", "boolean", "text")
_NUMBERED = re.compile(r"(?P<number>\d+(?:\.[a-z])?)\.\s+(?P<text>.+)")
_DAY = r"\d{4}-\d{2}-\d{2}"
_PERIOD = re.compile(rf"(?P<first>{_DAY})\.\.(?P<last>{_DAY})?")


def read(folder: Path) -> RuleSet:
    """The rule set of a folder; the first thing that is wrong is raised as :class:`ConfigError` with ``file:line``."""
    rules, errors = examine(folder)
    if rules is None or errors:
        raise errors[0]
    return rules


def examine(folder: Path) -> tuple[RuleSet | None, list[ConfigError]]:
    """The rule set as far as it can be read, and everything that is wrong in its files."""
    errors: list[ConfigError] = []
    head = _attempt(errors, lambda: located.read(folder / "set.yaml"))
    parameters, words = _vocabulary(folder, head, errors)
    found = [_article(path, errors) for path in sorted(folder.glob("*.md"))]
    articles = tuple(article for article in found if article is not None)
    if not found:
        errors.append(ConfigError(folder, None, "no article found: expected Markdown files"))
    if head is None:
        return None, errors
    return _attempt(errors, partial(_rule_set, folder, head, articles, parameters, words)), errors


def _vocabulary(
    folder: Path, head: located.Mapping | None, errors: list[ConfigError]
) -> tuple[dict[str, Parameter], dict[str, Word]]:
    """Parameters and words of a set, over those of the set that it extends; what is wrong there is reported there."""
    parameters: dict[str, Parameter] = {}
    words: dict[str, Word] = {}
    base = head.get("extends") if head else None
    if head and base is not None:
        if not (folder.parent / str(base) / "set.yaml").is_file():
            errors.append(head.at("extends").error(f"there is no rule set {base!r} to extend"))
        parameters |= _entries(folder.parent / str(base) / "parameters.yaml", _parameter, [])
        words |= _entries(folder.parent / str(base) / "words.yaml", _word, [])
    parameters |= _entries(folder / "parameters.yaml", _parameter, errors)
    words |= _entries(folder / "words.yaml", _word, errors)
    return parameters, words


def _rule_set(
    folder: Path,
    head: located.Mapping,
    articles: tuple[Article, ...],
    parameters: dict[str, Parameter],
    words: dict[str, Word],
) -> RuleSet:
    head.refuse_unknown({"title", "extends", "protected_codes", "neutral"})
    neutral = head.mapping("neutral")
    return RuleSet(
        name=folder.name,
        title=head.text("title"),
        folder=folder,
        articles=articles,
        parameters=parameters,
        words=words,
        protected_codes=tuple(str(code) for code in head.need("protected_codes")),
        neutral_reason=neutral.text("reden"),
        neutral_source=str(neutral.need("bron")),
    )


def _attempt[T](errors: list[ConfigError], make: Callable[[], T]) -> T | None:
    """What ``make`` gives; an error is kept, and the rest is read on."""
    try:
        return make()
    except ConfigError as error:
        errors.append(error)
        return None


def _entries[T](path: Path, make: Callable[[str, located.Mapping], T], errors: list[ConfigError]) -> dict[str, T]:
    result: dict[str, T] = {}
    whole = _attempt(errors, partial(located.read, path))
    if whole is None:
        return result

    def one(name: str) -> T:
        if name in result:
            raise whole.at(name).error(f"{name} stands twice")
        return make(name, whole.mapping(name))

    for name in whole.names():
        entry = _attempt(errors, partial(one, name))
        if entry is not None:
            result[name] = entry
    return result


# --- parameters and words ---------------------------------------------------------------------------------------------


def _parameter(name: str, data: located.Mapping) -> Parameter:
    known = {"title", "unit", "source", "contradiction", "values", "alternatives", "allowed", "never", "doubt"}
    data.refuse_unknown(known)
    values = tuple(_dated_value(item) for item in data.mappings("values"))
    for index, (period, _) in enumerate(values):
        if any(period.overlaps(other) for other, _ in values[:index]):
            raise data.mappings("values")[index].place.error(f"two values of {name} hold on the same day")
    allowed = tuple(data.get("allowed") or ())
    for value in [value for _, value in values] if allowed else ():
        if value not in allowed:
            raise data.at("values").error(f"{name}: found {value!r}, expected one of {', '.join(map(str, allowed))}")
    never = tuple(data.get("never") or ())
    for value in (value for _, value in values if isinstance(value, list)):
        if refused := [str(item) for item in value if item in never]:
            raise data.at("values").error(f"{name}: {', '.join(refused)} may never stand in this list: see its source")
    return Parameter(
        name=name,
        title=str(data.need("title")),
        source=str(data.need("source")),
        values=values,
        place=data.place,
        values_place=data.at("values"),
        unit=data.get("unit"),
        contradiction=data.get("contradiction"),
        alternatives=tuple(data.get("alternatives") or ()),
        allowed=allowed,
        never=never,
        doubt=data.get("doubt"),
    )


def _dated_value(data: located.Mapping) -> tuple[Period, Any]:
    data.refuse_unknown({"from", "to", "value"})
    first, last = data.get("from"), data.get("to")
    if not isinstance(first, datetime.date):
        raise data.at("from").error(f"a value needs the day from which it holds (from: 2024-01-01), found {first!r}")
    if last is not None and (not isinstance(last, datetime.date) or last < first):
        raise data.at("to").error(f"to: expected a day on or after {first}, found {last!r}")
    if not data.has("value"):
        raise data.place.error("value is missing (null where the text sets none)")
    return Period(first, last), data.get("value")


def _word(name: str, data: located.Mapping) -> Word:
    known = {"type", "unit", "calculation", "arguments", "lower_bound", "told_with", "public", "title", "source"}
    data.refuse_unknown(known)
    return Word(
        name=name,
        type=data.choice("type", WORD_TYPES),
        calculation=str(data.need("calculation")),
        arguments=data.get("arguments") or {},
        title=data.text("title"),
        source=str(data.need("source")),
        place=data.place,
        unit=data.get("unit"),
        lower_bound=data.get("lower_bound"),
        told_with=data.get("told_with"),
        public=bool(data.get("public", False)),
    )


# --- articles ---------------------------------------------------------------------------------------------------------


@dataclass
class _Blocks:
    """What has been read of one article so far."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    not_encoded: list[NotEncoded] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)


def _article(path: Path, errors: list[ConfigError]) -> Article | None:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines[1:], start=1) if line.strip() == "---"), None)
    if not lines or lines[0].strip() != "---" or end is None:
        errors.append(ConfigError(path, 1, "an article begins with front matter between two lines of ---"))
        return None
    blocks = _Blocks()
    _read_body(path, lines, end + 1, blocks, errors)

    def whole() -> Article:
        head = located.parse("\n".join(lines[1:end]), path, offset=1)
        head.refuse_unknown({"functie", "titel", "bereik"})
        return Article(
            path=path,
            function=str(head.need("functie")),
            title=head.text("titel"),
            reach=head.choice("bereik", REACHES),
            paragraphs=tuple(blocks.paragraphs),
            rules=tuple(blocks.rules),
            not_encoded=tuple(blocks.not_encoded),
            warnings=tuple(blocks.warnings),
        )

    return _attempt(errors, whole)


def _read_body(path: Path, lines: list[str], start: int, blocks: _Blocks, errors: list[ConfigError]) -> None:
    """Walk the lines: a quote opens a paragraph, the blocks below it carry it out."""
    paragraph: Paragraph | None = None
    encoded = True
    number = start
    while number < len(lines):
        line = lines[number].rstrip()
        if line.startswith(">"):
            last = _end(lines, number, lambda text: text.startswith(">"))
            _need_block(paragraph, encoded, errors)
            paragraph = _attempt(errors, lambda: _paragraph(path, lines[number:last], number + 1))  # noqa: B023
            blocks.paragraphs += [paragraph] if paragraph else []
            encoded = False
            number = last
        elif line.startswith("```"):
            last = _end(lines, number + 1, lambda text: text.rstrip() != "```")
            place = Place(path, number + 1)
            _attempt(errors, lambda: _block(line[3:].strip(), lines[number + 1 : last], place, paragraph, blocks))  # noqa: B023
            encoded = True
            number = last + 1
        else:
            number += 1
    _need_block(paragraph, encoded, errors)


def _end(lines: list[str], start: int, goes_on: Callable[[str], bool]) -> int:
    number = start
    while number < len(lines) and goes_on(lines[number]):
        number += 1
    return number


def _need_block(paragraph: Paragraph | None, encoded: bool, errors: list[ConfigError]) -> None:
    if paragraph is not None and not encoded:
        errors.append(
            paragraph.place.error(
                f"paragraph {paragraph.number} has no block: expected rule, elsewhere, not-encoded or warning below it"
            )
        )


def _paragraph(path: Path, quote: list[str], line: int) -> Paragraph:
    place = Place(path, line)
    parts: dict[str, list[str]] = {"nl": [], "en": [], "bron": []}
    current = "nl"
    for text in (text.removeprefix(">").strip() for text in quote):
        for label, part in (("EN:", "en"), ("Bron:", "bron")):
            if text.startswith(label):
                current, text = part, text.removeprefix(label).strip()  # noqa: PLW2901
        parts[current].append(text)
    joined = {part: " ".join(found).strip() for part, found in parts.items()}
    numbered = _NUMBERED.fullmatch(joined["nl"])
    if numbered is None:
        raise place.error("a paragraph begins with its number: > 1. …")
    for part, label in (("en", "EN:"), ("bron", "Bron:")):
        if not joined[part]:
            raise place.error(f"paragraph {numbered['number']} lacks a line {label}")
    return Paragraph(numbered["number"], Text(numbered["text"], joined["en"]), joined["bron"], place)


def _block(kind: str, lines: list[str], place: Place, paragraph: Paragraph | None, blocks: _Blocks) -> None:
    if kind not in BLOCKS:
        raise place.error(f"unknown block {kind!r}: expected one of {', '.join(BLOCKS)}")
    if paragraph is None:
        raise place.error(f"a {kind} block stands below the paragraph that it carries out")
    data = located.parse("\n".join(lines), place.path, offset=place.line)
    BLOCKS[kind](data, place, paragraph, blocks)


def _rule(data: located.Mapping, place: Place, paragraph: Paragraph, blocks: _Blocks) -> None:
    data.refuse_unknown({"id", "in_force", "when", "result", "reden", "warning", "geldt_voor"})
    when = str(data.need("when"))
    blocks.rules.append(
        Rule(
            id=str(data.need("id")),
            in_force=_period(data, "in_force"),
            when=when,
            condition=_condition(data, when),
            result=str(data.need("result")),
            reason=data.text("reden"),
            paragraph=paragraph,
            place=place,
            warning=_remark(data.mapping("warning")) if data.has("warning") else None,
            applies_to=data.get("geldt_voor"),
        )
    )


def _remark(data: located.Mapping) -> Remark:
    data.refuse_unknown({"id", "text"})
    return Remark(str(data.need("id")), data.text("text"))


def _not_encoded(data: located.Mapping, place: Place, paragraph: Paragraph, blocks: _Blocks) -> None:
    data.refuse_unknown({"id", "why"})
    blocks.not_encoded.append(NotEncoded(str(data.need("id")), str(data.need("why")), paragraph, place))


def _elsewhere(data: located.Mapping, place: Place, paragraph: Paragraph, blocks: _Blocks) -> None:
    data.refuse_unknown({"id", "rule", "why"})
    found = NotEncoded(str(data.need("id")), str(data.need("why")), paragraph, place, str(data.need("rule")))
    blocks.not_encoded.append(found)


def _warning(data: located.Mapping, place: Place, paragraph: Paragraph, blocks: _Blocks) -> None:
    data.refuse_unknown({"id", "when", "text"})
    when = str(data.need("when"))
    blocks.warnings.append(
        Warning(str(data.need("id")), when, _condition(data, when), data.text("text"), paragraph, place)
    )


BLOCKS = {"rule": _rule, "elsewhere": _elsewhere, "not-encoded": _not_encoded, "warning": _warning}


def _condition(data: located.Mapping, when: str) -> conditions.Condition:
    try:
        return conditions.read(when)
    except ValueError as error:
        raise data.at("when").error(str(error)) from error


def _period(data: located.Mapping, key: str) -> Period:
    text = str(data.need(key))
    found = _PERIOD.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        first = datetime.date.fromisoformat(found["first"])
        last = datetime.date.fromisoformat(found["last"]) if found["last"] else None
    except ValueError:
        raise data.at(key).error(f"{key}: found {text!r}, expected 2024-01-01.. or 2024-01-01..2024-12-31") from None
    return Period(first, last)
