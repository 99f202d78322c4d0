"""A write is refused that a page of another site had a browser send: a session, or the key that a browser keeps for
Basic, comes along by itself. Who has a session carries its CSRF token too, in a header or a form.
"""

import hmac

from werkzeug import Request

from risicoatlas.access.credentials import CSRF_KEY
from risicoatlas.errors import ForbiddenError

CSRF_HEADER = "X-CSRF-Token"
# What a browser says of a request from our own pages, or by hand; programs say nothing.
OWN_SITE = ("same-origin", "none")


def refuse_other_sites(request: Request) -> None:
    """Raise :class:`ForbiddenError` for what a page of another site sends, and for a session without its token, which
    only pages of ours know."""
    refuse_cross_site(request)
    expected = request.environ.get(CSRF_KEY)
    if expected and not hmac_equal(request.headers.get(CSRF_HEADER, ""), str(expected)):
        raise ForbiddenError(f"de kop {CSRF_HEADER} ontbreekt of is niet die van uw sessie: lees hem uit een antwoord")


def refuse_cross_site(request: Request) -> None:
    """Raise :class:`ForbiddenError` where the browser says (Fetch Metadata, W3C) that another site sends this."""
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE:
        raise ForbiddenError(
            "een pagina van een andere site mag dit niet versturen: gebruik de pagina's van deze dienst"
        )


def hmac_equal(given: str, expected: str) -> bool:
    """Whether two tokens are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())
