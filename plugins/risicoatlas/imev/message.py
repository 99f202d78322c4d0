"""Reading the bytes of one message: a JSON object as it was written, numbers and voids untouched."""

import json
import re
from pathlib import Path
from typing import Any

from risicoatlas.errors import SourceError

MAX_BYTES = 64 * 1024 * 1024
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Only an escape or a long exponent can make a text or number that JSON allows and a database cannot store.
_SUSPECT = re.compile(rb"\\u|[eE]\+?\d{3}")


def parse(data: bytes, path: Path | str) -> dict[str, Any]:
    """The root object of a message.

    Raises :class:`SourceError` with line and column for what is not JSON, is not UTF-8, names a member twice, holds a
    number or character that cannot be stored, or has a list or value as its root: one message is one object.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(path, None, f"{len(data):,} bytes, expected at most {MAX_BYTES:,} for one message")
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
        if _SUSPECT.search(data):
            _refuse_unstorable(value)
    except UnicodeDecodeError as error:
        raise SourceError(path, f"byte {error.start}", "not UTF-8") from error
    except json.JSONDecodeError as error:
        raise SourceError(path, f"line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise SourceError(path, "$", "a text holds half of a character (a lone surrogate)") from error
    except RecursionError as error:
        raise SourceError(path, "$", "objects nested too deep for a message of four levels") from error
    except ValueError as error:
        raise SourceError(path, "$", str(error)) from error
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else f"the value {value!r}"
        raise SourceError(path, "$", f"found {kind}, expected one object: a message has one root")
    return value


def _refuse_unstorable(value: object) -> None:
    """Raise ValueError for an infinite number, half a character, or the character NUL."""
    if _NUL.search(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()):
        raise ValueError("a text holds the character NUL")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {twice!r} occurs twice in one object: only one of the two values can be meant")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"the value {name} is not JSON: expected a number")
