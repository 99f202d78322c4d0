"""Bad input on the command line: one message with its place, exit code 1, and what is published stays as it was."""

import csv
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Town
from tests.loader.extracts import LINE, Extract, Pand
from tests.loader.vectors import polygon, write

from .commands import environment, risicoatlas, served, the_message

GOOD = Pand("9901100000000001")
KVK = ("kvk_nummer", "vestigingsnummer", "handelsnaam", "sbi_code", "postcode", "huisnummer", "huisletter",
       "huisnummer_toevoeging", "bag_verblijfsobject")  # fmt: skip
ROW = ("90000099", "000000000099", "Onderneming", "47110", "8900AB", "1", "", "", "")


@dataclass(frozen=True)
class Case:
    """A source, a maker of the bad file (in a folder, from the sample), and what the message says."""

    source: str
    make: Callable[[Path, Path], Path]
    says: str


def truncated(folder: Path, sample: Path) -> Path:
    whole = next(sample.glob("bag/BAGGEM9903*.zip")).read_bytes()
    (folder / "cut.zip").write_bytes(whole[: len(whole) // 2])
    return folder / "cut.zip"


def cut_inside(folder: Path, sample: Path) -> Path:
    """The outer zip is whole, a file in it is not."""
    path = Extract(files={"PND": b"<?xml version='1.0'?><half"}).write(folder / "half.zip")
    assert path.stat().st_size
    return path


def extract(*panden: Pand) -> Callable[[Path, Path], Path]:
    return lambda folder, sample: Extract(panden=panden, code="9904", name="Proefstad").write(folder / "bag.zip")


def boundaries(folder: Path, sample: Path) -> Path:
    return write(folder / "grens.gpkg", "gemeente", "Polygon",
                 [(polygon(), {"statcode": "GM9904", "statnaam": "Proefstad"})], epsg=3857)  # fmt: skip


def kvk(*rows: tuple[str, ...], columns: tuple[str, ...] = KVK) -> Callable[[Path, Path], Path]:
    def make(folder: Path, sample: Path) -> Path:
        with (folder / "kvk.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return folder / "kvk.csv"

    return make


def message(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path], Path]:
    def make(folder: Path, sample: Path) -> Path:
        found = json.loads((sample / "imev" / "RASMP.L005.json").read_text(encoding="utf-8"))
        change(found)
        (folder / "bericht.json").write_text(json.dumps(found), encoding="utf-8")
        return folder / "bericht.json"

    return make


CASES = {
    "a truncated zip": Case("bag", truncated, r"cut\.zip.*: the zip file is damaged or cut off"),
    "a file that breaks off inside the zip": Case("bag", cut_inside, r"half\.zip \(.*9901PND15102026-000001\.xml.*\)"),
    "a wrong CRS in a zip": Case(
        "bag", extract(Pand(GOOD.identificatie, srs="urn:ogc:def:crs:EPSG::4326")),
        r"bag\.zip.*9904PND15102026-000001\.xml.*4326",
    ),
    "a wrong CRS in a GeoPackage": Case(
        "gemeenten", boundaries, r"grens\.gpkg.*GM9904, laag gemeente, rij 1: de grens ligt buiten het land"
    ),
    "a missing column": Case("kvk", kvk(ROW[:3], columns=KVK[:3]), r"kvk\.csv.*sbi_code"),
    "a message that breaks the schema": Case(
        "imev", message(lambda found: found.pop("bedrijfsnaam")), r"bericht\.json.*bedrijfsnaam"
    ),
    "an unknown entityType": Case(
        "imev", message(lambda found: found["voertUit"][0].update(entityType="Kernfusie")),
        r"bericht\.json.*voertUit.*Kernfusie",
    ),
    "no JSON at all": Case("imev", lambda folder, sample: text(folder / "bericht.json", "{"), r"bericht\.json"),
    "a duplicate id": Case("kvk", kvk(ROW, (*ROW[:2], "Iets anders", *ROW[3:])), r"kvk\.csv.*90000099.*regel 2"),
    "a polygon that cannot be repaired": Case(
        "bag", extract(GOOD, Pand("9901100000000002", ring=LINE)),
        r"bag\.zip: 1 object refused; the first: pand, 9901100000000002, 9904PND15102026-000001\.xml",
    ),
    "a code that is not in its list": Case(
        "bag", extract(GOOD, Pand("9901100000000002", status="Pand in beheer")),
        r"bag\.zip.*9901100000000002.*Pand in beheer",
    ),
    "a code of IMEV that is not in its list": Case(
        "imev", message(lambda found: found["voertUit"][0].update(bevoegdGezag="keizer")),
        r"bericht\.json.*bevoegdGezag",
    ),
}  # fmt: skip


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def before(town_of_module: Town) -> dict[str, str]:
    return served(town_of_module.database.conninfo("superuser"))


@pytest.mark.parametrize("name", CASES)
def test_bad_file_is_one_message_with_its_place(town_of_module, before, sample_dir, tmp_path, name):
    case = CASES[name]
    done = risicoatlas(environment(town_of_module), "load", case.source, case.make(tmp_path, sample_dir))
    assert re.search(case.says, the_message(done)), done.stderr
    assert served(town_of_module.database.conninfo("superuser")) == before


def test_database_that_is_not_there_is_one_message(town_of_module, before, sample_dir, tmp_path):
    gone = environment(town_of_module, RISICOATLAS_DATABASE_URL=f"host={tmp_path} dbname=risicoatlas")
    path = sample_dir / "kvk" / "kvk.csv"
    for arguments in (("load", "kvk", path), ("classify",), ("publish",), ("status",), ("key", "list")):
        said = the_message(risicoatlas(gone, *arguments))
        assert said.startswith("the database cannot be reached: ")
        assert str(tmp_path) in said


@pytest.mark.parametrize("arguments", [("load", "bag"), ("classify",), ("publish",)], ids=lambda found: found[0])
def test_database_that_goes_away_is_one_message(town_of_module, before, sample_dir, arguments):
    """Its connection is cut as soon as the command is at work."""
    files = [next(sample_dir.glob("bag/BAGGEM9903*.zip"))] if arguments[0] == "load" else []
    with cut_off(town_of_module.database.conninfo("superuser")):
        done = risicoatlas(environment(town_of_module), *arguments, *files)
    assert re.search("the database went away", the_message(done))
    assert served(town_of_module.database.conninfo("superuser")) == before


class cut_off:  # noqa: N801 - used as a function in a with statement
    """Ends the loader's connection to this database once it holds a lock on a table of its own work."""

    HUNT = """
        SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = 'risicoatlas loader' AND EXISTS (
          SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
          WHERE l.pid = a.pid AND l.mode = 'RowExclusiveLock' OR l.pid = a.pid AND l.mode = 'AccessExclusiveLock')
    """

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.hunter = threading.Thread(target=self.hunt)
        self.over = threading.Event()

    def hunt(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            while not self.over.is_set():
                if connection.execute(self.HUNT).fetchall():
                    return
                time.sleep(0.005)

    def __enter__(self) -> None:
        self.hunter.start()

    def __exit__(self, *exc_info: object) -> None:
        self.over.set()
        self.hunter.join()


@pytest.fixture
def small_disk(run_folder: Path) -> Iterator[Path]:
    """A disk of one megabyte; only root may make one."""
    folder = run_folder / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk cannot be made here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def fill(disk: Path, left: int) -> Path:
    """A file that leaves so many bytes."""
    room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "filling").write_bytes(bytes(room - left))
    return disk / "filling"


def test_disk_of_the_home_that_is_full_is_one_message(town_of_module, before, small_disk, sample_dir):
    """Nested zips are unpacked there."""
    filled = fill(small_disk, 8192)
    environ = environment(town_of_module, RISICOATLAS_HOME=str(small_disk))
    path = next(sample_dir.glob("bag/BAGGEM9901*.zip"))
    assert f"{path.name}: the disk is full" in the_message(risicoatlas(environ, "load", "bag", path))
    assert served(town_of_module.database.conninfo("superuser")) == before

    filled.unlink()
    assert risicoatlas(environ, "load", "bag", path).returncode == 0


def test_disk_of_the_database_that_is_full_is_one_message(town_copy, small_disk, sample_dir):
    superuser = town_copy.database.conninfo("superuser")
    before = served(superuser)
    folder = small_disk / "tablespace"
    folder.mkdir(mode=0o700)
    if town_copy.cluster.account.uid is not None:
        shutil.chown(folder, town_copy.cluster.account.uid, town_copy.cluster.account.gid)
    space = town_copy.dbname
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE {space} LOCATION '{folder}'")
        connection.execute(f"GRANT CREATE ON TABLESPACE {space} TO PUBLIC")
        try:
            connection.execute(f"ALTER TABLE bron.bag_verblijfsobject SET TABLESPACE {space}")
            fill(small_disk, 64 * 1024)
            path = next(sample_dir.glob("bag/BAGGEM9901*.zip"))
            said = the_message(risicoatlas(environment(town_copy), "load", "bag", path))
            assert f"{path.name}: the disk of the database is full" in said
            assert served(superuser) == before

            url = f"{town_copy.database.conninfo('loader')} options='-c default_tablespace={space}'"
            connection.execute("UPDATE register.pand SET geometrie = ST_Translate(geometrie, 1, 0)")
            said = the_message(risicoatlas(environment(town_copy, RISICOATLAS_DATABASE_URL=url), "publish"))
            assert said.startswith("the disk of the database is full")
            assert served(superuser) == before
            assert risicoatlas(environment(town_copy), "publish").returncode == 0
            assert served(superuser) != before
        finally:
            connection.execute("DROP TABLE IF EXISTS bron.bag_verblijfsobject")
            connection.execute(f"DROP TABLESPACE {space}")


def test_full_load_after_all_the_bad_ones(town_of_module, sample_dir):
    """Nothing that went wrong above stands in the way."""
    done = risicoatlas(environment(town_of_module), "load", "bag", next(sample_dir.glob("bag/BAGGEM9903*.zip")))
    assert done.returncode == 0, done.stderr
    done = risicoatlas(environment(town_of_module), "load", "kvk", sample_dir / "kvk" / "kvk.csv")
    assert done.returncode == 0, done.stderr
