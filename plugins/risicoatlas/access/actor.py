"""Who asks: the actor of one request, and the context variable that carries it to where no argument can.

pygeoapi hands no request to its providers and MapProxy none to its sources, so one middleware sets the variable. A
variable that is not set means refuse: :func:`current` raises.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from risicoatlas.errors import AccessError

ROLES = ("anonymous", "bronhouder", "gemeente", "raadpleger", "beheerder")


@dataclass(frozen=True)
class Actor:
    """A role, the organisation that it acts for, and the areas (GM0457, NIS 44021) that it may read."""

    role: str = "anonymous"
    organisation: str | None = None
    areas: tuple[str, ...] = ()
    key_id: str | None = None

    @property
    def anonymous(self) -> bool:
        return self.role == "anonymous"


ANONYMOUS = Actor()
_current: ContextVar[Actor] = ContextVar("risicoatlas_actor")
bind = _current.set
unbind = _current.reset


def current() -> Actor:
    """The actor of this request; raises where no middleware has set one."""
    try:
        return _current.get()
    except LookupError:
        raise AccessError("no actor is known for this request") from None
