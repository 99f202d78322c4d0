"""Small answers as one piece: a body that ends within ``GATHERED_BYTES`` is sent at once, with its length.

A body in chunks costs a write, and often a packet, for each of head, rows and tail; what goes wrong halfway can only
be told by breaking the connection off. A longer body goes on as it comes.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

# What PostgreSQL's rows are joined to (features.query.CHUNK_BYTES): a first whole chunk goes out without delay.
GATHERED_BYTES = 64 * 1024
_WITHOUT_BODY = ("1", "204", "304")


class Gathered:
    """Middleware around a WSGI application, which may call ``start_response`` as late as with its first chunk."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
            begun[:] = [(status, headers)]
            return _no_write

        body = self._inner(environ, start)
        try:
            chunks, rest = _first_of(body)
        except BaseException:
            _close(body)
            raise
        status, headers = begun[0]
        if rest is None:
            _close(body)
            if environ["REQUEST_METHOD"] != "HEAD" and not status.startswith(_WITHOUT_BODY):
                headers = [pair for pair in headers if pair[0].lower() != "content-length"]
                headers.append(("Content-Length", str(sum(map(len, chunks)))))
            start_response(status, headers)
            return [b"".join(chunks)]
        start_response(status, headers)
        return _Rest(chain(chunks, rest), body)


class _Rest:
    """A body of which some chunks were read already; the server closes it."""

    def __init__(self, chunks: Iterator[bytes], body: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        _close(self._body)


def _first_of(body: Iterable[bytes]) -> tuple[list[bytes], Iterator[bytes] | None]:
    """Chunks up to the bound, and what follows; None where nothing does."""
    chunks: list[bytes] = []
    size = 0
    rest = iter(body)
    for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size >= GATHERED_BYTES:
            return chunks, rest
    return chunks, None


def _close(body: Iterable[bytes]) -> None:
    if close := getattr(body, "close", None):
        close()


def _no_write(_data: bytes) -> object:
    raise NotImplementedError("the application gives its body back, as every one here does")
