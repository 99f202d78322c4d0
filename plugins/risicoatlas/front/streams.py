"""How many whole layers may be under way at once: per client over all processes, and per process in all.

A whole layer holds a thread and a connection to the database as long as its client reads. Who asks for more than the
bound waits a little, since most layers take less than a second; then the answer is 429. A process lends out fewer
threads and connections than it has, so that pages, tiles and health are answered beside clients that read slowly on
purpose.
"""

import fcntl
import hashlib
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from risicoatlas.errors import TooManyError, UnavailableError

PATIENCE_S = 5.0
POLL_S = 0.05
FILE = "streams.lock"
# struct flock of Linux: type, whence, start, length, pid
_FLOCK = struct.Struct("hhqqi4x")


@dataclass(frozen=True)
class Bounds:
    """``per_process`` and ``waiting`` together are the threads that whole layers can take."""

    per_client: int
    per_process: int
    waiting: int
    patience_s: float = PATIENCE_S


class Streams:
    """The slots of one process and, by way of a file, of its siblings. A lock dies with its holder."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.bounds = bounds
        self._path = folder / FILE
        self._in_process = threading.BoundedSemaphore(bounds.per_process)
        self._waiting = threading.BoundedSemaphore(bounds.waiting)

    @contextmanager
    def claimed(self, client: str | None) -> Iterator[None]:
        """One whole layer for this client; raises :class:`TooManyError` or :class:`UnavailableError`."""
        with ExitStack() as held:
            if not self._try(client, held):
                self._wait(client, held)
            yield

    def _try(self, client: str | None, held: ExitStack) -> bool:
        """Take both slots, or none."""
        with ExitStack() as taken:
            if client is not None and not self._lock(client, taken):
                return False
            if not self._in_process.acquire(blocking=False):
                return False
            taken.callback(self._in_process.release)
            held.push(taken.pop_all())
        return True

    def _wait(self, client: str | None, held: ExitStack) -> None:
        deadline = time.monotonic() + self.bounds.patience_s
        if not self._waiting.acquire(blocking=False):
            raise self._refusal(client)
        try:
            while not self._try(client, held):
                if time.monotonic() > deadline:
                    raise self._refusal(client)
                time.sleep(POLL_S)
        finally:
            self._waiting.release()

    def _refusal(self, client: str | None) -> TooManyError | UnavailableError:
        with ExitStack() as taken:
            if client is not None and not self._lock(client, taken):
                return TooManyError(
                    f"this client has {self.bounds.per_client} requests for whole layers under way, which is the limit:"
                    " finish one first, or ask for pages with count"
                )
        return UnavailableError(
            f"{self.bounds.per_process} whole layers are under way, which is the limit of a process: try again"
            " later, or ask for pages with count"
        )

    def _lock(self, client: str, taken: ExitStack) -> bool:
        """One of the places of this client in the file: a lock of the open file, not of the process (fcntl(2))."""
        first = int.from_bytes(hashlib.sha256(client.encode()).digest()[:5], "big") * self.bounds.per_client
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for place in range(first, first + self.bounds.per_client):
            try:
                fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0))
            except BlockingIOError:
                continue
            taken.callback(os.close, descriptor)
            return True
        os.close(descriptor)
        return False


class Visitor:
    """Who a request counts for, and what it reads; holds its slot until the last byte.

    ``told`` hears of slots taken (1) and given back (-1).
    """

    def __init__(self, streams: Streams, client: str | None, told: Callable[[int], None] = lambda change: None) -> None:
        self.streaming = False
        self.rows = 0
        self._streams = streams
        self._client = client
        self._told = told
        self._held = ExitStack()

    def claim(self) -> None:
        if not self.streaming:
            self._held.enter_context(self._streams.claimed(self._client))
            self.streaming = True
            self._told(1)

    def leave(self) -> None:
        self._held.close()
        if self.streaming:
            self.streaming = False
            self._told(-1)


_current: ContextVar[Visitor | None] = ContextVar("risicoatlas_visitor", default=None)
bind = _current.set
unbind = _current.reset


def claim() -> None:
    """The request that is under way reads a whole layer; once per request, before it takes a connection. Where no
    request is under way, as in a command, nothing is counted."""
    if visitor := _current.get():
        visitor.claim()


def read(rows: int) -> None:
    """The request that is under way has read so many rows of a layer."""
    if visitor := _current.get():
        visitor.rows += rows
