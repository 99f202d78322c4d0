"""The parameters of one request: a query string or form in, values by name in any case out.

Example: ``SERVICE=WFS&REQUEST=GetFeature&TYPENAMES=rev_public:kgl_public&typename=kgl_public``
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, unquote_to_bytes

from risicoatlas.errors import RequestError
from risicoatlas.filters.safe_xml import PARSING_FAILED

MAX_PARAMETERS = 100
_NAMESPACE = re.compile(r"xmlns\((?:(?P<prefix>[^(),=]+)[,=])?(?P<uri>[^()]+)\)")


@dataclass(frozen=True)
class Parameters:
    """Values by lower-case name. An empty value counts as absent, but for :meth:`raw`."""

    values: Mapping[str, str]

    @classmethod
    def parse(cls, *texts: str) -> "Parameters":
        """Read query strings and forms; one name with two different values is refused, since neither can be meant."""
        found: dict[str, str] = {}
        for text in texts:
            for name, value in _pairs(text):
                key = name.lower()
                if found.setdefault(key, value) != value:
                    raise RequestError(f"{name} is given more than once, with different values", key)
        return cls(found)

    def get(self, *names: str) -> str | None:
        """The value of the first of these names that has one; two of them must not contradict each other."""
        first: str | None = None
        for name in names:
            value = self._filled.get(name.lower())
            # QGIS sends both TYPENAMES and TYPENAME.
            if value is not None and first is not None and value != first:
                raise RequestError(f"{' and '.join(names)} contradict each other", names[0])
            first = first or value
        return first

    @cached_property
    def _filled(self) -> Mapping[str, str]:
        return {name: text for name, value in self.values.items() if (text := value.strip())}

    def has(self, name: str) -> bool:
        """Whether it came, be it without a value."""
        return name.lower() in self.values

    def raw(self, name: str) -> str | None:
        """The value as it came, which may be empty; None where the parameter is absent."""
        return self.values.get(name.lower())

    def required(self, *names: str) -> str:
        found = self.get(*names)
        if found is None:
            raise missing(names[0])
        return found

    def list(self, *names: str) -> tuple[str, ...] | None:
        """A comma list."""
        found = self.get(*names)
        return None if found is None else tuple(part for item in found.split(",") if (part := item.strip()))

    def groups(self, *names: str) -> tuple[str, ...]:
        """One value, or one per query as ``(a)(b)`` (WFS 2.0, 6.2.5.3)."""
        found = self.get(*names)
        if found is None:
            return ()
        if found.startswith("(") and found.endswith(")"):
            return tuple(part.strip() for part in found[1:-1].split(")("))
        return (found,)

    def integer(self, *names: str) -> int | None:
        found = self.get(*names)
        return None if found is None else natural(found, names[0])

    def namespaces(self) -> tuple[tuple[str, str], ...]:
        """``NAMESPACES=xmlns(p,uri),xmlns(q,uri)``; WFS 1.1 wrote ``xmlns(p=uri)``."""
        found = self.get("namespaces", "namespace") or ""
        matches = list(_NAMESPACE.finditer(found))
        if found and not matches:
            raise RequestError("namespaces: expected for example xmlns(p,urn:x-risicoatlas:rev_public)", "namespaces")
        return tuple((match["prefix"] or "", match["uri"]) for match in matches)

    def refuse_unknown(self, *known: frozenset[str]) -> None:
        """A misspelt parameter must not widen the answer: it is refused. ``known`` are in lower case."""
        unknown = self.values.keys() - known[0]
        for name in (name for name in self.values if name in unknown):
            if name and not any(name in names for names in known[1:]):
                raise RequestError(f"the parameter {name!r} is not known here", name)


def natural(text: str, locator: str) -> int:
    """A count or an index: a whole number from 0."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise RequestError(f"{locator}: found {text!r}, expected a whole number from 0", locator)
    return int(text)


def missing(name: str) -> RequestError:
    return RequestError(f"the parameter {name} is missing", name, "MissingParameterValue")


def _pairs(text: str) -> list[tuple[str, str]]:
    """As :func:`urllib.parse.parse_qsl`, which takes three times as long."""
    if text.count("&") >= MAX_PARAMETERS:
        raise RequestError(f"there are more than {MAX_PARAMETERS} parameters", None, PARSING_FAILED)
    found = []
    try:
        for part in text.replace("+", " ").split("&"):
            name, _, value = part.partition("=")
            if "%" in part:
                name, value = _decoded(name), _decoded(value)
            if part:
                found.append((name, value))
    except UnicodeDecodeError:
        raise RequestError("the parameters are not in UTF-8", None, PARSING_FAILED) from None
    return found


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode() if text.isascii() else unquote(text, errors="strict")
