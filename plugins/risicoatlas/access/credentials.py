"""From the headers of a request to the actor: one credential at most, and an invalid one is never silently anonymous.

``X-API-Key: KEY`` | ``Authorization: Basic base64(anything:KEY)`` (QGIS sends it preemptively) | ``?api_key=KEY`` |
the session cookie of the login page.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import unquote_plus

from psycopg_pool import ConnectionPool

from risicoatlas.access import keys, sessions
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.database import Connection
from risicoatlas.errors import CredentialError, RequestError

KEY_PARAMETER = "api_key"
# A name with percent codes or a plus, which may stand for that of the key.
_CODED_NAME = re.compile(r"(?:^|&)[^=&]*[%+]")
# environ keys that the pages read
CSRF_KEY = "risicoatlas.csrf"


def actor_of_request(environ: dict[str, Any], pool: ConnectionPool[Connection]) -> Actor:
    """The actor; takes ``api_key`` out of the query string, so that nothing behind can repeat it.

    Raises :class:`CredentialError` for an invalid credential and :class:`RequestError` for two different ones.
    """
    found = set(_keys_of(environ))
    if len(found) > 1:
        raise RequestError("the request carries two different credentials: send one", "api_key")
    actor = keys.authenticate(pool, found.pop()) if found else ANONYMOUS
    token = session_token(environ)
    if token is None:
        return actor
    of_session, environ[CSRF_KEY] = sessions.actor_of(pool, token)
    if not actor.anonymous and actor.key_id != of_session.key_id:
        raise RequestError("the request carries a key and the session of another key: send one", "api_key")
    return of_session


def session_token(environ: Mapping[str, Any]) -> str | None:
    """The token in the session cookie, if there is one."""
    if "HTTP_COOKIE" not in environ:
        return None
    try:
        cookie = SimpleCookie(environ["HTTP_COOKIE"]).get(sessions.COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie and cookie.value else None


def _keys_of(environ: dict[str, Any]) -> list[str]:
    found = []
    if "HTTP_X_API_KEY" in environ:
        found.append(str(environ["HTTP_X_API_KEY"]))
    if "HTTP_AUTHORIZATION" in environ:
        found.append(_key_of_authorization(str(environ["HTTP_AUTHORIZATION"])))
    found += _take_parameter(environ)
    return found


def _key_of_authorization(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise CredentialError("this service takes an API key: as X-API-Key, or as the password of Basic")
    try:
        _, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CredentialError("the Authorization header is not valid Basic") from error
    return password


def _take_parameter(environ: dict[str, Any]) -> list[str]:
    query = environ.get("QUERY_STRING", "")
    if KEY_PARAMETER not in query.lower() and not _CODED_NAME.search(query):
        return []
    parts = [(_name(part.partition("=")[0]) == KEY_PARAMETER, part) for part in query.split("&")]
    if not any(is_key for is_key, _ in parts):
        return []
    environ["QUERY_STRING"] = "&".join(part for is_key, part in parts if not is_key)
    return [unquote_plus(part.partition("=")[2]) for is_key, part in parts if is_key]


def _name(text: str) -> str:
    """A name may be written in percent codes: such a key would end in the log."""
    return (unquote_plus(text) if "%" in text or "+" in text else text).lower()
