"""The two languages of the pages: which one a request gets, its texts, and how it writes numbers and dates.

In: a Flask request and ``texts.yaml``. Out: a :class:`Language` that templates call. Dutch unless ``?lang=en`` or the
browser asks for English first.
"""

from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any

import yaml
from flask import Request

from risicoatlas.catalogue import Text

LANGUAGES = ("nl", "en")
THOUSANDS = {"nl": ".", "en": ","}


@dataclass(frozen=True)
class Language:
    """One language: ``code`` is nl or en; ``asked`` whether the address named it, so that links keep it."""

    code: str
    asked: bool
    texts: dict[str, dict[str, Any]]

    @property
    def other(self) -> str:
        return "en" if self.code == "nl" else "nl"

    def text(self, name: str, /, **values: object) -> str:
        """The sentence ``name`` with its values filled in; an unknown name raises KeyError."""
        sentence: str = self.texts[name][self.code]
        return sentence.format(**values) if values else sentence

    def list(self, name: str) -> list[str]:
        """A text that consists of several, such as steps."""
        steps: list[str] = self.texts[name][self.code]
        return steps

    def of(self, text: Text) -> str:
        """A text of the catalogue."""
        return text.get(self.code)

    def number(self, value: int) -> str:
        """12345 as 12.345 (nl) or 12,345 (en)."""
        return f"{value:,}".replace(",", THOUSANDS[self.code])

    def day(self, value: date) -> str:
        """A date as 15 oktober 2026."""
        return f"{value.day} {self.list('months')[value.month - 1]} {value.year}"

    def moment(self, value: datetime) -> str:
        """A local time as 15 oktober 2026, 14:05."""
        return f"{self.day(value)}, {value:%H:%M}"


def load_texts() -> dict[str, dict[str, Any]]:
    """Read ``texts.yaml``: name → language → text or list of texts."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(
        (resources.files("risicoatlas.web") / "texts.yaml").read_text("utf-8")
    )
    return content


def chosen(request: Request, texts: dict[str, dict[str, Any]]) -> Language:
    """The language of a request: ``?lang=``, else the browser's first choice of the two, else Dutch."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return Language(asked, True, texts)
    return Language(request.accept_languages.best_match(LANGUAGES) or "nl", False, texts)
