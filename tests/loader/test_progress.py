"""Progress: a bar on a terminal, plain lines elsewhere."""

import errno
import io
import os
import pty

import pytest

from risicoatlas import progress
from risicoatlas.progress import Progress


def test_lines_tell_share_rate_and_time_left(monkeypatch):
    clock = iter([0.0, 10.0, 10.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    with Progress(stream).task("lezen", total=1000, unit="objecten") as advance:
        advance(250)
    assert stream.getvalue().splitlines() == [
        "lezen …",
        "lezen: 250 of 1,000 objecten (25 %), 25/s, 30 s left",
        "lezen: 10.0 s, 250 objecten",
    ]


def test_work_without_a_total_tells_its_rate(monkeypatch):
    clock = iter([0.0, 10.0, 10.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    with Progress(stream).task("lezen", unit="regels") as advance:
        advance(250)
    assert stream.getvalue().splitlines()[1] == "lezen: 250 regels, 25/s"


def test_short_work_writes_no_line_between():
    stream = io.StringIO()
    with Progress(stream).task("lezen", total=10, unit="regels") as advance:
        for _ in range(10):
            advance(1)
    assert len(stream.getvalue().splitlines()) == 2


def test_silence_writes_nothing(capsys):
    with Progress.silent().task("lezen", total=10) as advance:
        advance(5)
    Progress.silent().say("x")
    assert capsys.readouterr() == ("", "")


def test_terminal_gets_a_bar_and_a_file_gets_lines(tmp_path):
    with (tmp_path / "log").open("w") as file:
        assert not Progress.to_terminal(file).bar
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        shown = Progress.to_terminal(terminal)
        assert shown.bar
        with shown.task("lezen", total=10, unit="objecten") as advance:
            advance(10)
    output = _all_of(master)
    assert "lezen" in output
    assert "10/10 objecten" in output
    assert "━" in output


def _all_of(master: int) -> str:
    """What was written to a terminal that is closed by now: a read gives what one write put there, as a rule."""
    chunks = []
    with os.fdopen(master, "rb", buffering=0) as terminal:
        try:
            while chunk := terminal.read(65_536):
                chunks.append(chunk)
        except OSError as error:
            assert error.errno == errno.EIO  # Linux says so at the end
    return b"".join(chunks).decode()


def test_error_inside_a_task_comes_out():
    with pytest.raises(KeyError), Progress(io.StringIO()).task("lezen", total=1):
        raise KeyError
