"""What is wrong with a request, as the error report of the REV API.

{"title": "Bad Request", "status": "400", "timestamp": "…", "message": "…", "reports": [
    {"message": "…", "errors": [{"key": "ontbreekt", "location": "$.voertUit[0].heeft", "error": "…",
                                  "identification": "NL.IMEV.…"}],
     "context": {"path": "…", "method": "POST", "parameter": "…"}}]}
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from risicoatlas.catalogue import Text
from risicoatlas.errors import RisicoAtlasError
from risicoatlas.imev.findings import Finding
from risicoatlas.imev.validate import flat_identification

_STEP = re.compile(r"\.(\w+)\[(\d+)\]")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: its kind, the JSONPath (or the name of a header), a sentence, and of which object."""

    key: str
    location: str
    text: Text
    identification: str | None = None

    def told(self, language: str) -> dict[str, str]:
        found = {"key": self.key, "location": self.location, "error": self.text.get(language)}
        return found | ({"identification": self.identification} if self.identification else {})


class RefusedError(RisicoAtlasError):
    """A request that is refused, with everything that is wrong with it."""

    code = "Refused"

    def __init__(self, status: int, faults: Iterable[Fault], parameter: str | None = None) -> None:
        self.status = status
        self.faults = tuple(faults)
        self.parameter = parameter
        super().__init__("; ".join(f"{item.location}: {item.text.en}" for item in self.faults[:5]))


def refused(status: int, key: str, location: str, nl: str, en: str) -> RefusedError:
    """A refusal for one reason."""
    return RefusedError(status, [Fault(key, location, Text(nl, en))])


def of_findings(message: Mapping[str, Any], findings: Iterable[Finding]) -> list[Fault]:
    """What was found in a message, each with the identification of the object that it is in."""
    return [
        Fault(item.code, item.path, Text(item.text("nl"), item.text("en")), identification_at(message, item.path))
        for item in findings
    ]


def identification_at(message: Mapping[str, Any], path: str) -> str | None:
    """The identification of the innermost object on the path that has one."""
    value: Any = message
    found = flat_identification(value) if isinstance(value, dict) else None
    for name, index in _STEP.findall(path):
        children = value.get(name) if isinstance(value, dict) else None
        if not isinstance(children, list) or int(index) >= len(children):
            break
        value = children[int(index)]
        found = (flat_identification(value) if isinstance(value, dict) else None) or found
    return found


def report(error: RefusedError, request: Mapping[str, str], language: str) -> dict[str, Any]:
    """The body of the answer; ``request`` holds its path and method."""
    count = len(error.faults)
    words = Text(
        "1 fout gevonden" if count == 1 else f"{count} fouten gevonden",
        f"{count} error{'' if count == 1 else 's'} found",
    )
    context = {**request, **({"parameter": error.parameter} if error.parameter else {})}
    return {
        "title": HTTPStatus(error.status).phrase,
        # a text in the description of the API
        "status": str(error.status),
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "message": error.faults[0].text.get(language) if count == 1 else words.get(language),
        "reports": [
            {
                "message": words.get(language),
                "errors": [item.told(language) for item in error.faults],
                "context": context,
            }
        ],
    }
