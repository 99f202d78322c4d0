"""pg_dump and pg_restore as streams: bytes out of the one, bytes into the other, their complaint as our error.

Connection strings go by the environment: a command line can be read by everybody on the machine.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from psycopg import pq

from risicoatlas.errors import ClusterError

CHUNK_BYTES = 256 * 1024


def find(name: str) -> str:
    """The newest program of that name: an older one refuses a newer server."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which(name)
    if not program:
        raise ClusterError(f"{name} is missing: install Debian's postgresql-client")
    return program


def environment(conninfo: str) -> dict[str, str]:
    """A connection string as the variables of libpq."""
    options = pq.Conninfo.parse(conninfo.encode())
    values = {option.envvar.decode(): option.val.decode() for option in options if option.envvar and option.val}
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "10", **values}


def dump(conninfo: str, arguments: Sequence[str]) -> Iterator[bytes]:
    """What pg_dump writes, in its custom format; raises :class:`ClusterError` at the end where it failed."""
    command = [find("pg_dump"), "--format=custom", "--no-password", *arguments]
    with tempfile.TemporaryFile() as complaint:
        process = subprocess.Popen(
            command, env=environment(conninfo), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint
        )
        try:
            while chunk := _pipe(process.stdout).read(CHUNK_BYTES):
                yield chunk
        finally:
            _pipe(process.stdout).close()
            _ended(process, command[0], complaint)


def contents(archive: Iterable[bytes]) -> list[str]:
    """The lines of the table of contents of a dump."""
    command = [find("pg_restore"), "--list"]
    with tempfile.TemporaryFile() as complaint, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=complaint)
        _feed(process, archive)
        _ended(process, command[0], complaint)
        output.seek(0)
        return output.read().decode().splitlines()


def restore(conninfo: str, wanted: Sequence[str], arguments: Sequence[str], archive: Iterable[bytes]) -> None:
    """Restore the wanted lines of the table of contents in one transaction: all or nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listed, tempfile.TemporaryFile() as complaint:
        listed.write("\n".join(wanted) + "\n")
        listed.flush()
        command = [find("pg_restore"), "--exit-on-error", "--single-transaction", "--no-password"]
        environ = environment(conninfo)
        command += [f"--dbname={environ['PGDATABASE']}", f"--use-list={listed.name}", *arguments]
        process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=complaint)
        _feed(process, archive)
        _ended(process, command[0], complaint)


def _feed(process: "subprocess.Popen[bytes]", archive: Iterable[bytes]) -> None:
    pipe = _pipe(process.stdin)
    # it stops reading when it knows enough, or has failed: its exit code tells
    with suppress(BrokenPipeError):
        for chunk in archive:
            pipe.write(chunk)
    with suppress(BrokenPipeError):
        pipe.close()


def _ended(process: "subprocess.Popen[bytes]", program: str, complaint: IO[bytes]) -> None:
    if process.wait():
        complaint.seek(0)
        lines = complaint.read().decode(errors="replace").strip().splitlines()
        raise ClusterError(f"{Path(program).name} failed: {lines[0] if lines else process.returncode}")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ClusterError("a program was started without its pipe")
    return stream
