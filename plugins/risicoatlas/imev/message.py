"""Reading the bytes of one message: a JSON object as it was written, numbers and voids untouched."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from risicoatlas.catalogue import Text
from risicoatlas.errors import SourceError

MAX_BYTES = 64 * 1024 * 1024
# The deepest of the model, a ring of a multipolygon of a contour, lies 14 deep.
MAX_DEPTH = 32
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Only an escape or a long exponent can make a text or number that JSON allows and a database cannot store.
_SUSPECT = re.compile(rb"\\u|[eE]\+?\d{3}")


class MessageError(SourceError):
    """Bytes that are no message: ``key`` names the kind of error, ``place`` is where, ``text`` what."""

    def __init__(self, path: Path | str, key: str, place: str, text: Text) -> None:
        super().__init__(path, place, text.en)
        self.key, self.place, self.text = key, place, text


def canonical(message: Mapping[str, Any]) -> str:
    """The message as JSON of which members are sorted and nothing is blank: equal for equal messages."""
    return json.dumps(message, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def parse(data: bytes, path: Path | str) -> dict[str, Any]:
    """The root object of a message.

    Raises :class:`MessageError` with line and column for what is not JSON, is not UTF-8, names a member twice, holds a
    number or character that cannot be stored, nests too deep, or has a list or value as its root: one message is one
    object.
    """
    if len(data) > MAX_BYTES:
        raise MessageError(
            path, "te_groot", "$", Text(f"{len(data)} bytes, verwacht ten hoogste {MAX_BYTES} voor een bericht",
                                        f"{len(data):,} bytes, expected at most {MAX_BYTES:,} for one message"),
        )  # fmt: skip
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
        _refuse_deep(value)
        if _SUSPECT.search(data):
            _refuse_unstorable(value)
    except UnicodeDecodeError as error:
        text = Text("geen UTF-8", "not UTF-8")
        raise MessageError(path, "geen_utf8", f"byte {error.start}", text) from error
    except json.JSONDecodeError as error:
        text = Text(f"geen JSON: {error.msg}", f"not JSON: {error.msg}")
        raise MessageError(path, "geen_json", f"line {error.lineno}, column {error.colno}", text) from error
    except UnicodeEncodeError as error:
        text = Text("een tekst bevat een half teken (een losse surrogate)",
                    "a text holds half of a character (a lone surrogate)")  # fmt: skip
        raise MessageError(path, "teken", "$", text) from error
    except RecursionError as error:
        raise MessageError(path, "te_diep", "$", _TOO_DEEP) from error
    except _UnusableError as error:
        raise MessageError(path, error.key, "$", error.text) from error
    except ValueError as error:
        text = Text(f"een getal kan niet worden bewaard: {error}", str(error))
        raise MessageError(path, "getal", "$", text) from error
    if not isinstance(value, dict):
        nl, en = (
            ("een lijst", "a list") if isinstance(value, list) else (f"de waarde {value!r}", f"the value {value!r}")
        )
        text = Text(f"gevonden {nl}, verwacht een object: een bericht heeft één wortel",
                    f"found {en}, expected one object: a message has one root")  # fmt: skip
        raise MessageError(path, "geen_object", "$", text)
    return value


_TOO_DEEP = Text(
    "objecten zijn te diep genest voor een bericht van vier lagen",
    "objects nested too deep for a message of four levels",
)


class _UnusableError(ValueError):
    def __init__(self, key: str, text: Text) -> None:
        super().__init__(text.en)
        self.key, self.text = key, text


def _refuse_deep(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise _UnusableError("te_diep", _TOO_DEEP)


def _refuse_unstorable(value: object) -> None:
    """Raise ValueError for an infinite number, half a character, or the character NUL."""
    if _NUL.search(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()):
        text = Text("een tekst bevat het teken NUL", "a text holds the character NUL")
        raise _UnusableError("teken", text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        text = Text(
            f"lid {twice!r} komt tweemaal voor in een object: maar een van beide waarden kan bedoeld zijn",
            f"member {twice!r} occurs twice in one object: only one of the two values can be meant",
        )
        raise _UnusableError("dubbel_lid", text)
    return found


def _no_constant(name: str) -> float:
    text = Text(
        f"de waarde {name} is geen JSON: verwacht een getal", f"the value {name} is not JSON: expected a number"
    )
    raise _UnusableError("geen_getal", text)
