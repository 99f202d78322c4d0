"""Cursors: where a page of a row of pages begins, pinned to a publication, as one token that only this service makes.

``<payload>.<signature>``, both in base64url. The payload is no secret: publication, position and the keys of a row that
the client has just had. The signature covers what it belongs to as well (which rows, in which order, for which class of
readers), so a token cannot be made up, changed, or moved to another request or another reader.
"""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass

from risicoatlas.errors import RequestError
from risicoatlas.features.request import Place

MAX_LENGTH = 32 * 1024
_SIGNATURE_BYTES = 16
_LABEL = b"risicoatlas cursor 1\0"


@dataclass(frozen=True)
class Cursor:
    """``position`` is the number of rows before ``place``, ``matched`` the number of rows of all pages where the first
    page counted them. Without a place the page begins at the position itself."""

    publication: int
    position: int
    matched: int | None
    place: Place | None = None


def encode(cursor: Cursor, belongs_to: str, secret: bytes) -> str:
    """The token of a cursor."""
    keys, backward = (cursor.place.keys, cursor.place.backward) if cursor.place else ((), False)
    values = [cursor.publication, cursor.position, cursor.matched, int(backward), *keys]
    payload = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_base64(payload)}.{_base64(_signature(payload, belongs_to, secret))}"


def decode(token: str, belongs_to: str, secret: bytes, locator: str) -> Cursor:
    """The cursor of a token; :class:`RequestError` for one that was not made here for this very request and reader."""
    payload, signature = _parts(token, locator)
    if not hmac.compare_digest(signature, _signature(payload, belongs_to, secret)):
        raise _refused(locator)
    publication, position, matched, backward, *keys = json.loads(payload)
    place = Place(tuple(keys), bool(backward)) if keys else None
    return Cursor(publication, position, matched, place)


def _parts(token: str, locator: str) -> tuple[bytes, bytes]:
    parts = token.split(".")
    if len(token) > MAX_LENGTH or len(parts) != 2:
        raise _refused(locator)
    try:
        payload, signature = (
            base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True) for part in parts
        )
    except (binascii.Error, ValueError):
        raise _refused(locator) from None
    # One spelling only: base64 has room for bits that nobody reads.
    if token != f"{_base64(payload)}.{_base64(signature)}":
        raise _refused(locator)
    return payload, signature


def _signature(payload: bytes, belongs_to: str, secret: bytes) -> bytes:
    return hmac.digest(secret, _LABEL + payload + b"\0" + belongs_to.encode(), "sha256")[:_SIGNATURE_BYTES]


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _refused(locator: str) -> RequestError:
    return RequestError(
        f"{locator} is not one that belongs to this request: follow the links next and previous as they are given, or"
        f" begin again without {locator}",
        locator,
    )
