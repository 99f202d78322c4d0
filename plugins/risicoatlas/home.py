"""The state folder: what in it is state and what can be made again, and who is using it.

Whoever opens the database of a home holds a shared lock on ``home.lock``; a restore needs it alone. A lock dies
with its process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from risicoatlas.errors import ClusterError

LOCK = "home.lock"
BACKUPS = "backups"
# Folders of a restore that is under way, or was when its process was killed.
STAGED = "restore.new"
READY = "restore.ready"
# What is made again by itself out of the database. Everything else in a home is state, and goes into its backup.
CACHES = ("tiles", "metrics", "tijdelijk", "bestanden")
NOT_STATE = frozenset(
    {
        *CACHES,
        BACKUPS,
        STAGED,
        READY,
        LOCK,
        "streams.lock",
        "cluster",
        "cluster.users",
        "cluster.start",
        "sample",
        "sample.sha256",
    }
)


def state_files(home: Path) -> list[Path]:
    """Every file that a backup must hold beside the database, in the order of the names."""
    if not home.is_dir():
        return []
    tops = [entry for entry in home.iterdir() if entry.name not in NOT_STATE]
    files = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*"))]
    return sorted(path for path in files if path.is_file() and not path.is_symlink())


@contextmanager
def in_use(home: Path) -> Iterator[None]:
    """Hold the home together with others; raises :class:`ClusterError` while a restore has it alone."""
    with _held(home, fcntl.LOCK_SH, "a restore into it is under way: wait until it has ended"):
        yield


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the home alone; raises :class:`ClusterError` while anybody uses it."""
    with _held(home, fcntl.LOCK_EX, "it is in use: stop the service and every other command on it first"):
        yield


@contextmanager
def _held(home: Path, kind: int, refusal: str) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ClusterError(f"{home}: {refusal}") from None
    try:
        yield
    finally:
        os.close(descriptor)
