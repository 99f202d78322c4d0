"""The sentence of a label: a template with ``{names}`` of words and parameters, filled in by PostgreSQL for all rows.

Parameters are written into the sentence; words come from the row. A figure that is only known in part reads "ten minste
300", and one that is unknown "onbekend". Two languages, each with its own way to write figures.
"""

import re
from collections.abc import Mapping
from typing import Any, LiteralString, Protocol

from psycopg import sql

from risicoatlas.catalogue import Text

LANGUAGES = ("nl", "en")
PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)\}")
_FIGURE: Mapping[str, LiteralString] = {"nl": "register.getal_nl({}::numeric)", "en": "register.getal_en({}::numeric)"}
_UNKNOWN = {"nl": "onbekend", "en": "unknown"}
_AT_LEAST = {"nl": "ten minste ", "en": "at least "}


class Fillable(Protocol):
    """What a sentence must know of a word: its type, and the word of its known part, or None."""

    @property
    def type(self) -> str: ...

    @property
    def lower_bound(self) -> str | None: ...


def placeholders(text: Text) -> set[str]:
    """The names between braces, of both languages."""
    return {name for language in LANGUAGES for name in PLACEHOLDER.findall(text.get(language))}


def filled(text: Text, language: str, parameters: Mapping[str, Any], words: Mapping[str, Fillable]) -> sql.Composable:
    """The sentence as one SQL text expression over the columns of the words."""
    parts: list[sql.Composable] = []
    for index, piece in enumerate(PLACEHOLDER.split(text.get(language))):
        if index % 2 == 0:
            parts.append(sql.Literal(piece))
        elif piece in parameters:
            parts.append(sql.Literal(figure(parameters[piece], language)))
        else:
            parts.append(_word(piece, words[piece], language))
    return sql.SQL(" || ").join(part for part in parts if part != sql.Literal(""))


def figure(value: Any, language: str) -> str:
    """A value of a parameter as people of that language write it; the same as ``register.getal_nl`` and ``_en`` do."""
    if isinstance(value, list | tuple):
        return ", ".join(figure(item, language) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    english = f"{round(value, 1):,}".removesuffix(".0")
    return english if language == "en" else english.translate(str.maketrans(",.", ".,"))


def _word(name: str, word: Fillable, language: str) -> sql.Composable:
    column = sql.Identifier(name)
    options: list[sql.Composable] = [column if word.type == "text" else sql.SQL(_FIGURE[language]).format(column)]
    if word.lower_bound is not None:
        known = sql.SQL(_FIGURE[language]).format(sql.SQL("nullif({}, 0)").format(sql.Identifier(word.lower_bound)))
        options.append(sql.SQL("{} || {}").format(sql.Literal(_AT_LEAST[language]), known))
    options.append(sql.Literal(_UNKNOWN[language]))
    return sql.SQL("coalesce({})").format(sql.SQL(", ").join(options))
