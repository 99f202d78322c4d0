"""Processes of a benchmark: our command line with its time and peak memory, servers until they answer, and requests."""

import contextlib
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.05
PATIENCE_S = 120
ACCEPT = {"Accept": "application/geo+json, application/json"}


@dataclass(frozen=True)
class Run:
    """What a command took: wall clock, and the highest resident memory of its process (VmHWM)."""

    seconds: float
    peak_mib: float


def risicoatlas(
    *arguments: object, home: Path, environ: dict[str, str] | None = None, codes: Sequence[int] = (0,)
) -> Run:
    """Run our command line to its end; an exit code that is not among ``codes`` stops the benchmark."""
    command = [sys.executable, "-m", "risicoatlas", *map(str, arguments)]
    began, peak = time.monotonic(), 0.0
    with subprocess.Popen(
        command, env=our_environ(home) | (environ or {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read() if process.stderr else b""))
        reader.start()
        while process.poll() is None:
            peak = max(peak, _peak_mib(process.pid))
            time.sleep(POLL_S)
        seconds = time.monotonic() - began
        reader.join()
    if process.returncode not in codes:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}\n{said[0].decode()}")
    return Run(seconds, peak)


def our_environ(home: Path) -> dict[str, str]:
    """The environment without the settings of whoever runs the benchmark, but for the home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")}
    return kept | {"RISICOATLAS_HOME": str(home)}


def _peak_mib(pid: int) -> float:
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


@contextlib.contextmanager
def server(command: list[str], environ: dict[str, str], port: int, probe: str) -> Iterator[float]:
    """A server process, ready once ``probe`` answers 200: gives the seconds until then. Stopped at the end."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port, probe):
            if process.poll() is not None or time.monotonic() > began + PATIENCE_S:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            time.sleep(POLL_S)
        yield time.monotonic() - began
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int, probe: str) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return fetch(port, probe)[0] == 200
    return False


def fetch(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=ACCEPT)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass(frozen=True)
class Timing:
    """Requests per second and median time of one request, by a number of clients that keep their connection."""

    per_second: float
    median_ms: float


def timed(port: int, path: str, *, clients: int, seconds: float) -> Timing:
    """Load one address for some seconds; an answer other than 200 stops the benchmark."""
    times: list[float] = []
    failures: list[str] = []
    end = time.monotonic() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < end and not failures:
            start = time.monotonic()
            connection.request("GET", path, headers=ACCEPT)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(f"{path}: {answer.status}")
            times.append(time.monotonic() - start)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return Timing(len(times) / (time.monotonic() - began), statistics.median(times) * 1000)


def gunicorn(python: Path | str, application: str, port: int) -> list[str]:
    """The same server for everybody: one process of four threads."""
    options = ["-k", "gthread", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{port}", "--log-level", "error"]
    return [str(python), "-m", "gunicorn", *options, application]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
