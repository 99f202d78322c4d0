"""``risicoatlas load`` as it is typed: exit codes, messages, JSON, and memory."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from .extracts import PANDEN, Extract, Pand

MAX_MEMORY_MIB = 300
# The command, with the peak of its own memory as the last line of standard error; what wait4() says of a child holds
# the peak of the parent too.
MEASURED = """
import atexit, pathlib, sys
from risicoatlas.cli import main
atexit.register(lambda: sys.stderr.write(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]))
main()
"""


@pytest.fixture
def run(database, settings):
    settings.home.mkdir(parents=True, exist_ok=True)

    def risicoatlas(*arguments, program=("-m", "risicoatlas")):
        environ = {
            **os.environ,
            "RISICOATLAS_DATABASE_URL": database.conninfo("loader"),
            "RISICOATLAS_HOME": str(settings.home),
        }
        command = [sys.executable, *program, "load", *map(str, arguments)]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    return risicoatlas


def test_good_file_ends_with_zero_and_a_report(run, tmp_path):
    done = run("bag", Extract().write(tmp_path / "a.zip"))
    assert done.returncode == 0, done.stderr
    assert "pand: 2 gelezen = 2 geladen" in done.stdout
    assert "a.zip lezen" in done.stderr


def test_json_is_a_list_of_reports_and_nothing_else(run, tmp_path):
    done = run("bag", "--json", Extract().write(tmp_path / "a.zip"))
    (report,) = json.loads(done.stdout)
    assert (report["bron"], report["bestand"], report["objecten"]["pand"]["geladen"]) == ("bag", "a.zip", 2)


def test_file_that_cannot_be_read_ends_with_one_and_one_line(run, tmp_path):
    path = Extract().write(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-100])
    done = run("bag", path)
    assert done.returncode == 1
    (line,) = [item for item in done.stderr.splitlines() if item.startswith("risicoatlas:")]
    assert "a.zip: the zip file is damaged or cut off" in line
    assert "Traceback" not in done.stderr


def test_refused_object_ends_with_one_and_names_the_first(run, rows, tmp_path):
    done = run("bag", Extract(panden=[*PANDEN, Pand("9901100000000003", status="?")]).write(tmp_path / "a.zip"))
    assert done.returncode == 1
    (line,) = [item for item in done.stderr.splitlines() if item.startswith("risicoatlas:")]
    assert line == (
        "risicoatlas: a.zip: 1 object refused; the first: pand, 9901100000000003, 9901PND15102026-000001.xml, object 3:"
        " de status '?' staat niet in de lijst"
    )
    assert rows("SELECT count(*) FROM register.pand") == [(2,)]


def test_good_file_is_loaded_after_a_bad_one(run, rows, tmp_path):
    bad = tmp_path / "a.zip"
    bad.write_text("no zip")
    done = run("bag", bad, Extract().write(tmp_path / "b.zip"))
    assert done.returncode == 1
    assert rows("SELECT count(*) FROM register.pand") == [(2,)]


def test_unknown_source_and_absent_file_are_wrong_use(run, tmp_path):
    assert run("onbekend", tmp_path).returncode == 2
    assert run("bag", tmp_path / "nothing.zip").returncode == 2


def test_memory_stays_below_its_bound_for_a_large_extract(run, rows, tmp_path):
    count = 40_000
    panden = (replace(PANDEN[0], identificatie=f"9901100001{number:06d}") for number in range(count))
    path = Extract(panden=panden).write(tmp_path / "large.zip")
    done = run("bag", path, program=("-c", MEASURED))
    assert done.returncode == 0
    assert rows("SELECT count(*) FROM register.pand") == [(count,)]
    peak_mib = int(done.stderr.splitlines()[-1]) / 1024
    assert 10 < peak_mib < MAX_MEMORY_MIB
