"""A load that is killed, or that loses its disk or its database, goes on when the file is loaded again."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from risicoatlas.errors import UnavailableError
from risicoatlas.loader import archive, steps
from risicoatlas.loader.sources import SOURCES
from risicoatlas.loader.sources.bag import BagSource
from risicoatlas.progress import Progress

from .extracts import Extract

REGISTER = """
SELECT
  (SELECT array_agg(p ORDER BY identificatie) FROM (SELECT identificatie, status, geometrie FROM register.pand) AS p),
  (SELECT array_agg(l ORDER BY verblijfsobject, pand) FROM register.verblijfsobject_pand AS l),
  (SELECT array_agg(a ORDER BY nummeraanduiding) FROM (SELECT nummeraanduiding, postcode FROM register.adres) AS a)
"""

# Loads a file in a process of its own that kills itself before or after one step.
KILLED = """
import os, signal, sys
from pathlib import Path
from risicoatlas.database import Database
from risicoatlas.loader import steps
from risicoatlas.loader.sources.bag import BagSource
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

conninfo, home, path, step, moment = sys.argv[1:]

def deadly(real):
    def run(self, load):
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, load)
        os.kill(os.getpid(), signal.SIGKILL)
    return run

setattr(BagSource, step, deadly(getattr(BagSource, step)))
settings = Settings.from_environ({}, home=Path(home))
steps.load(BagSource(), Path(path), Database(lambda task: conninfo), settings, Progress.silent())
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["stage", "check", "normalise", "register"])
def test_killed_load_is_completed_by_the_next_one(database, settings, load, rows, tmp_path, step, moment):
    load("bag", Extract().write(tmp_path / "clean.zip"))
    expected = rows(REGISTER)
    with database.loader() as connection:
        connection.execute("TRUNCATE register.pand, register.verblijfsobject, register.adres CASCADE")
    path = Extract(name="Zilverdam 2").write(tmp_path / "a.zip")

    arguments = [database.conninfo("loader"), str(settings.home), str(path), step, moment]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert rows("SELECT count(*) FROM register.pand") == [(0,)]

    report = load("bag", path)
    assert rows(REGISTER) == expected
    assert report.objecten["pand"].geladen == 2
    assert rows("SELECT count(*) FROM beheer.levering WHERE status = 'bezig'") == [(0,)]
    assert rows("SELECT count(*) FROM beheer.bevinding WHERE levering = (SELECT max(nummer) FROM beheer.levering)") == [
        (len(report.bevindingen),)
    ]


def interrupted(monkeypatch, step):
    def stop(self, load):
        raise KeyboardInterrupt

    monkeypatch.setattr(BagSource, step, stop)


def test_staged_file_is_not_read_again(load, monkeypatch, tmp_path):
    path = Extract().write(tmp_path / "a.zip")
    with monkeypatch.context() as patch:
        interrupted(patch, "register")
        with pytest.raises(KeyboardInterrupt):
            load("bag", path)
    interrupted(monkeypatch, "stage")
    interrupted(monkeypatch, "normalise")
    assert load("bag", path).objecten["pand"].geladen == 2


def test_staging_that_postgresql_emptied_after_a_crash_is_filled_again(load, monkeypatch, connection, tmp_path):
    """Staging tables are unlogged: a crash of the server empties them."""
    path = Extract().write(tmp_path / "a.zip")
    with monkeypatch.context() as patch:
        interrupted(patch, "check")
        with pytest.raises(KeyboardInterrupt):
            load("bag", path)
    connection.execute("TRUNCATE bron.bag_pand")
    connection.commit()
    assert load("bag", path).objecten["pand"].geladen == 2


def test_other_file_after_a_killed_one_starts_clean(load, rows, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        interrupted(patch, "check")
        with pytest.raises(KeyboardInterrupt):
            load("bag", Extract().write(tmp_path / "a.zip"))
    other = Extract(code="9902", panden=[], verblijfsobjecten=[], nummeraanduidingen=[])
    load("bag", other.write(tmp_path / "b.zip"))
    assert rows("SELECT count(*) FROM register.pand") == [(0,)]
    assert rows("SELECT status FROM beheer.levering ORDER BY nummer") == [("geweigerd",), ("klaar",)]


def test_database_that_goes_away_is_one_clear_message(database, load, rows, monkeypatch, tmp_path):
    def cut_off(self, task):
        with psycopg.connect(database.conninfo("superuser"), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [task.connection.info.backend_pid])
        task.connection.execute("SELECT 1")

    path = Extract().write(tmp_path / "a.zip")
    with monkeypatch.context() as patch:
        patch.setattr(BagSource, "normalise", cut_off)
        with pytest.raises(
            UnavailableError, match=r"a\.zip: the database went away while loading: nothing was changed"
        ):
            load("bag", path)
    assert load("bag", path).objecten["pand"].geladen == 2


def test_full_disk_is_one_clear_message(load, rows, monkeypatch, tmp_path):
    # /dev/full answers every write as a full disk does
    monkeypatch.setattr(
        archive.tempfile, "TemporaryFile", lambda dir: os.fdopen(os.open("/dev/full", os.O_RDWR), "r+b", 0)
    )
    with pytest.raises(UnavailableError, match=r"a\.zip: the disk is full: nothing was changed"):
        load("bag", Extract().write(tmp_path / "a.zip"))
    assert rows("SELECT count(*) FROM register.pand") == [(0,)]


def test_full_disk_of_the_database_is_one_clear_message(load, rows, monkeypatch, tmp_path):
    def refuse(self, task):
        task.connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$")

    monkeypatch.setattr(BagSource, "normalise", refuse)
    with pytest.raises(UnavailableError, match="the disk of the database is full"):
        load("bag", Extract().write(tmp_path / "a.zip"))
    assert rows("SELECT count(*) FROM register.pand") == [(0,)]


def test_second_load_waits_and_then_says_why_it_gives_up(database, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(steps, "LOCK_PATIENCE_S", 0)
    path = Extract().write(tmp_path / "a.zip")
    with database.loader() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [steps.LOCK])
        with pytest.raises(UnavailableError, match="another load has been running"):
            steps.load(SOURCES["bag"], path, database, settings, Progress.silent())
