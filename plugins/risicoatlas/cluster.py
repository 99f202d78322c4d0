"""The embedded PostGIS: a private cluster under the home, on a unix socket only, started by whoever needs it.

In: a home folder. Out: a running server and the folder of its socket. Any number of processes may use one cluster: each
holds a shared lock on ``cluster.users``; who leaves last stops the server. A lock dies with its process, so a killed
process leaves nothing behind but a server that the next user takes over.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg

from risicoatlas import grid
from risicoatlas.errors import ClusterError

# sun_path of a unix socket holds 108 bytes with the closing zero (unix(7)).
SOCKET_PATH_BYTES = 107
SOCKET_NAME = ".s.PGSQL.5432"
START_TIMEOUT_S = 60
# States of a process that has ended and that nobody has collected (proc(5)).
GONE = frozenset({"Z", "X"})
# Where Debian's PROJ keeps its database of CRSs; the folder of our grid comes after it.
PROJ_OF_DEBIAN = "/usr/share/proj"
STILL_LEAVING = ("pre-existing shared memory", "FATAL:  lock file")

Notice = Callable[[str], None]

SERVER_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    # PostGIS' function costs trigger JIT compilation, which doubles the time of tiles and pages.
    "jit": "off",
    # Data sets fit in memory or on flash; the default 4.0 makes the planner sort whole layers instead of paging by key.
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    # One server, no replicas: COPY into a table made in the same transaction then skips the log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "Europe/Amsterdam",
    "log_min_messages": "warning",
    "log_statement": "none",
    # A file per weekday, overwritten after a week: the log does not grow for ever.
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_file_mode": "0600",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Account:
    """The unprivileged account that the server runs as; None of both where the process is unprivileged already."""

    uid: int | None = None
    gid: int | None = None


class Cluster:
    """One private PostgreSQL cluster. ``data`` is its data folder, ``socket_folder`` where its socket lies."""

    def __init__(self, home: Path, *, durable: bool = True, notice: Notice = lambda text: None) -> None:
        self.home = home
        self.durable = durable
        self.notice = notice
        self.account = _account()
        home.mkdir(parents=True, exist_ok=True)
        self.folder = _reachable_folder(home, self.account, notice)
        self.data = self.folder / "data"
        # what the server says before it has a log of its own, and that log
        self.log = self.folder / "postgresql.log"
        self.logs = self.folder / "log"
        self.socket_folder = _socket_folder(self.folder, self.account)

    @contextmanager
    def running(self) -> Iterator["Cluster"]:
        """Make and start the cluster where needed; stop it at the end when nobody else uses it."""
        users = self._lock_file("cluster.users")
        starting = self._lock_file("cluster.start")
        try:
            with _locked(starting):
                fcntl.flock(users, fcntl.LOCK_SH)
                self._ensure_started()
            yield self
        finally:
            with _locked(starting):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _try_exclusive(users):
                    self._stop()
            os.close(users)
            os.close(starting)

    @contextmanager
    def watched(self, interval_s: float = 2.0) -> Iterator[None]:
        """For whoever serves for long: a server that was killed is started again, as long as the block lasts."""
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(ended, interval_s), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _watch(self, ended: threading.Event, interval_s: float) -> None:
        """Looks at the process only: a thread that holds a lock would be copied locked into a forked worker."""
        starting = self._lock_file("cluster.start")
        while not ended.wait(interval_s):
            if self._lives():
                continue
            try:
                with _locked(starting):
                    self._ensure_started()
                self.notice("The database had died and was started again")
            except ClusterError as error:
                self.notice(f"The database has died and cannot be started: {error}")
        os.close(starting)

    def _lives(self) -> bool:
        try:
            return _state((self.data / "postmaster.pid").read_text().split()[0]) not in GONE
        except (OSError, IndexError):
            return False

    def conninfo(self, user: str, dbname: str = "risicoatlas") -> str:
        """A libpq connection string for a role of this cluster."""
        return psycopg.conninfo.make_conninfo(host=str(self.socket_folder), port=5432, user=user, dbname=dbname)

    def _lock_file(self, name: str) -> int:
        return os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _ensure_started(self) -> None:
        programs = find_programs()
        if not (self.data / "PG_VERSION").exists():
            self._make(programs)
        self._check_version(programs)
        if self._answers():
            return
        self._start(programs)

    def _make(self, programs: Path) -> None:
        """initdb beside the final place, then rename: a killed initdb leaves no half cluster."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        program = [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres"]
        self._run(
            [*program, "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", *([] if self.durable else ["--no-sync"])]
        )
        fresh.rename(self.data)

    def _check_version(self, programs: Path) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        found = programs.parent.name
        if made_by != found:
            raise ClusterError(
                f"{self.data} was made by PostgreSQL {made_by}, this machine has {found}: install postgresql-{made_by} "
                "with PostGIS, or make a backup there and restore it here"
            )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.conninfo("postgres", "postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _grid_folder(self) -> Path:
        """A folder with the correction grid that the account of the server can read; the environment may be closed to
        it, so it gets a copy, written by itself."""
        folder = self.folder / "proj"
        copy = folder / grid.NAME
        if not grid.available():
            self.notice(f"The grid of RDNAPTRANS2018 is missing, so RD is up to 0.25 m off: {grid.HOW}")
        elif not copy.is_file() or copy.stat().st_size != grid.FILE.stat().st_size:
            script = 'mkdir -p "$0" && cat >"$1.new" && mv "$1.new" "$1"'
            with grid.FILE.open("rb") as source:
                self._run(["/bin/sh", "-c", script, str(folder), str(copy)], given=source)
        return folder

    def _start(self, programs: Path) -> None:
        settings = dict(
            SERVER_SETTINGS,
            log_directory=str(self.logs),
            unix_socket_directories=str(self.socket_folder),
            unix_socket_permissions="0700",
        )
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        program = [str(programs / "pg_ctl"), "-D", str(self.data), "-w", "-t", str(START_TIMEOUT_S)]
        deadline = time.monotonic() + START_TIMEOUT_S
        searched = f"{PROJ_OF_DEBIAN}:{self._grid_folder()}"
        while True:
            self._remove_lock_of_the_dead()
            try:
                self._run([*program, "-l", str(self.log), "-o", options, "start"], proj=searched)
                return
            except ClusterError as error:
                # After a kill -9 the old server or its last children may still be leaving.
                if self._answers():
                    return
                if time.monotonic() > deadline or not any(text in str(error) for text in STILL_LEAVING):
                    raise
                time.sleep(0.5)

    def _remove_lock_of_the_dead(self) -> None:
        """Remove the lock files of a killed server whose process nobody has collected.

        In a container without an init process it stays as a zombie, and PostgreSQL takes that for a running server.
        """
        for lock in (self.data / "postmaster.pid", self.socket_folder / f"{SOCKET_NAME}.lock"):
            try:
                state = _state(lock.read_text().split()[0])
            except (OSError, IndexError):
                continue
            if state in GONE:
                lock.unlink(missing_ok=True)

    def _stop(self) -> None:
        if self._answers():
            self._run([str(find_programs() / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "stop"])

    def _run(self, command: Sequence[str], *, proj: str = PROJ_OF_DEBIAN, given: IO[bytes] | None = None) -> None:
        """Run a program as the account; ``proj`` is where PROJ looks for CRSs and grids (PROJ_LIB before 9.1)."""
        # A file, not a pipe: the server inherits it and would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(
                command,
                user=self.account.uid,
                group=self.account.gid,
                extra_groups=None if self.account.uid is None else [],
                umask=0o077,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PROJ_DATA": proj, "PROJ_LIB": proj},
                stdin=given or subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        if result.returncode:
            raise ClusterError(f"{Path(command[0]).name} failed: {said}\n{self._log_tail()}".strip())

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        except OSError:
            return ""


def _state(pid: str) -> str:
    """The letter of proc(5) for what the process does; raises :class:`OSError` where there is none."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def find_programs() -> Path:
    """The bin folder of the newest installed PostgreSQL that has PostGIS."""
    candidates = sorted(
        (path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    for programs in candidates:
        control = Path(f"/usr/share/postgresql/{programs.parent.name}/extension/postgis.control")
        if (programs / "initdb").exists() and control.exists():
            return programs
    raise ClusterError(
        "no PostgreSQL with PostGIS found under /usr/lib/postgresql: install Debian's postgresql-15-postgis-3"
        " (bookworm) or "
        "postgresql-17-postgis-3 (trixie), or set RISICOATLAS_DATABASE_URL to a server of your own"
    )


def _account() -> Account:
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise ClusterError(
            "the account 'postgres' is missing: install Debian's postgresql-common, or start as an ordinary user"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def _reachable_folder(home: Path, account: Account, notice: Notice) -> Path:
    """Where the cluster lies: under the home, or under /var/lib/risicoatlas where its account cannot reach the home."""
    folder = home / "cluster"
    if account.uid is not None and not _can_enter(home, account):
        folder = Path("/var/lib/risicoatlas") / _digest(home)
        notice(f"The account of the database cannot reach {home}: its cluster lies in {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    if account.uid is not None and account.gid is not None:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def _can_enter(path: Path, account: Account) -> bool:
    probe = subprocess.run(
        ["/usr/bin/test", "-x", str(path)], user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=False
    )
    return probe.returncode == 0


def _socket_folder(folder: Path, account: Account) -> Path:
    """A private folder whose name is short enough for a socket."""
    if account.uid is not None:
        base = Path("/run/risicoatlas")
    elif runtime := os.environ.get("XDG_RUNTIME_DIR"):
        base = Path(runtime) / "risicoatlas"
    else:
        base = Path(f"/tmp/risicoatlas-{os.geteuid()}")  # noqa: S108 - checked below: ours alone, or refused
    base.mkdir(parents=True, exist_ok=True, mode=0o755 if account.uid is not None else 0o700)
    private = base / _digest(folder)
    private.mkdir(exist_ok=True, mode=0o700)
    if account.uid is not None and account.gid is not None:
        os.chown(private, account.uid, account.gid)
    found = private.stat(follow_symlinks=False)
    owner = os.geteuid() if account.uid is None else account.uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise ClusterError(f"{private} must be a folder that only its owner may enter: remove it and start again")
    if len(os.fsencode(private / SOCKET_NAME)) > SOCKET_PATH_BYTES:
        raise ClusterError(f"the path of the socket {private / SOCKET_NAME} is longer than {SOCKET_PATH_BYTES} bytes")
    return private


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
