"""Which restricted layers a request touches: noted where a layer is asked for by name, made audit rows by the door."""

from contextvars import ContextVar, Token

_touched: ContextVar[set[str]] = ContextVar("risicoatlas_trail")


def begin() -> Token[set[str]]:
    """Start the trail of a request."""
    return _touched.set(set())


def note(layer: str) -> None:
    """The request touches this restricted layer. Where no request is under way nothing is noted."""
    touched = _touched.get(None)
    if touched is not None:
        touched.add(layer)


def end(token: Token[set[str]]) -> tuple[str, ...]:
    """The layers of the request, in the order of their names."""
    names = tuple(sorted(_touched.get()))
    _touched.reset(token)
    return names
