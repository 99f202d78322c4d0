"""A write in a browser session carries its CSRF token in a header: a session comes along by itself, from any page."""

import hmac

from werkzeug import Request

from risicoatlas.access.credentials import CSRF_KEY
from risicoatlas.errors import ForbiddenError

CSRF_HEADER = "X-CSRF-Token"


def refuse_other_sites(request: Request) -> None:
    """Raise :class:`ForbiddenError` for a session without its token, which only pages of ours know."""
    expected = request.environ.get(CSRF_KEY)
    if expected and not hmac_equal(request.headers.get(CSRF_HEADER, ""), str(expected)):
        raise ForbiddenError(f"de kop {CSRF_HEADER} ontbreekt of is niet die van uw sessie: lees hem uit een antwoord")


def hmac_equal(given: str, expected: str) -> bool:
    """Whether two tokens are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())
