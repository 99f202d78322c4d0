"""Every error that RisicoAtlas raises on purpose, as one small tree.

    RisicoAtlasError
    ├── SettingError             a setting of the process           stops the start
    ├── ConfigError              a file in config/ or styles/       stops the start, begins with file:line
    ├── SourceError              a file that is loaded              exit code 1, names file and place
    ├── ClusterError             the embedded PostGIS               exit code 1
    ├── UnavailableError         database gone or not ready         503
    │   ├── BusyError            too much is under way already      503, with Retry-After
    │   └── NotOwnerError        the role given may only serve      503
    ├── TooManyError             too much at once by one client 429
    ├── RequestError             what a client sent                 400, with the parameter as locator
    │   ├── NotFoundError        no such thing, or hidden           404
    │   ├── ExpiredError         a publication that is pruned       410, in WFS 403
    │   ├── LimitError           a bound that the request passes    400 or 413
    │   ├── ConflictError        not in this state, or not yet      409
    │   ├── StaleError           another changed it in between      412
    │   └── UnconditionalError   a write without If-Match           428
    └── AccessError
        ├── CredentialError      present but not valid              401
        └── ForbiddenError       known actor, not allowed           403

An error is raised where it is known and rendered at the edges only: the command line, the WFS exception report,
pygeoapi's answer, MapProxy, and the plain pages. ``str(error)`` is fit for the client: our own words, never the
database's.
"""

from pathlib import Path


class RisicoAtlasError(Exception):
    """Base: an OGC exception code and an HTTP status for the edges that need them."""

    code = "NoApplicableCode"
    status = 500


class SettingError(RisicoAtlasError):
    """A setting that cannot be used: its name, what was found, what would be right."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"{name}: found {found!r}, expected {expected}")


class ConfigError(RisicoAtlasError):
    """A file of the configuration that cannot be used; the message begins with ``file:line``."""

    def __init__(self, path: Path | str, line: int | None, message: str) -> None:
        super().__init__(f"{path}:{line or 1}: {message}")


class SourceError(RisicoAtlasError):
    """A source file that cannot be loaded: the file, the place in it, what was found and what would be right."""

    def __init__(self, path: Path | str, place: str | None, message: str) -> None:
        super().__init__(f"{path}{f' ({place})' if place else ''}: {message}")


class ClusterError(RisicoAtlasError):
    """The embedded PostgreSQL could not be found, made, started or stopped."""


class UnavailableError(RisicoAtlasError):
    """The database is not there, or nothing is published yet."""

    status = 503


class NotOwnerError(UnavailableError):
    """The address of the database belongs to a role that serves, and neither loads nor publishes."""


class BusyError(UnavailableError):
    """As much of this kind is under way as this process takes on: the same request succeeds later."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """RFC 9110, 10.2.3."""
        return (("Retry-After", str(self.retry_after_s)),)


class TooManyError(RisicoAtlasError):
    """The client has as much under way as one client may; the message names the bound."""

    status = 429


class RequestError(RisicoAtlasError):
    """A request that cannot be answered as it stands; ``locator`` names the parameter (OWS Common 8.3)."""

    code = "InvalidParameterValue"
    status = 400

    def __init__(self, message: str, locator: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.locator = locator
        self.code = code or type(self).code


class NotFoundError(RequestError):
    """No such layer or object; hidden ones give the very same answer."""

    code = "NotFound"
    status = 404


class ExpiredError(RequestError):
    """What is asked of an earlier publication is not kept any more."""

    code = "ResponseCacheExpired"
    status = 410


class LimitError(RequestError):
    """The request passes a bound; the message names the bound and its value."""


class ConflictError(RequestError):
    """The order of things does not allow it now; the message says what must come first."""

    code = "Conflict"
    status = 409


class StaleError(RequestError):
    """What the client saw before it wrote is not how things stand: read it again."""

    code = "PreconditionFailed"
    status = 412


class UnconditionalError(RequestError):
    """A write that does not say which version it is about (RFC 6585, 3)."""

    code = "PreconditionRequired"
    status = 428


class AccessError(RisicoAtlasError):
    """Who asks may not have this."""

    status = 403


class CredentialError(AccessError):
    """A credential was sent and is not valid; never treated as anonymous."""

    status = 401


class SessionError(CredentialError):
    """The session of a browser has ended; its cookie is taken away."""


class ForbiddenError(AccessError):
    """A known actor without the right."""
