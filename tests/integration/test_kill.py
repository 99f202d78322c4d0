"""``kill -9`` of a command and of PostgreSQL at any step: what was published is still served, the next run completes,
and the result is that of a run that nobody disturbed."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from tests.conftest import free_port

from risicoatlas.cluster import Cluster

from .commands import ask_ready, command, risicoatlas, rows_of_layers, the_message
from .conftest import ask

# What is there before: a small municipality, the lists, and some activities. What is then loaded: the town itself.
BASE = ("gemeenten", "kvk", "lrk", "duo", "risicolocaties", "kgl_gemeente.csv")
MESSAGES = ("RASMP.L001.json", "RASMP.L005.json", "RASMB.B1.json")
BASE_BAG, NEW_BAG = "BAGGEM9903L-15102026.zip", "BAGGEM9901L-15102026.zip"
# A command and the lines of its progress that it is killed at.
MOMENTS = {
    "load": (r"lezen …$", r"normaliseren …$", r"in het register …$"),
    "classify": (r"^reading buildings", r"^judging kantoorfunctie", r"^writing labels"),
    "publish": (r"publishing ev_activiteiten", r"publishing kgl_public", r"publishing risicolocaties"),
}
RESTART_S = 30


@dataclass
class Atlas:
    """A home of its own with the embedded cluster, served all the time."""

    home: Path
    sample: Path
    port: int = field(default_factory=free_port)

    @property
    def environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")}
        return {**clean, "RISICOATLAS_HOME": str(self.home), "RISICOATLAS_PORT": str(self.port)}

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.home)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arguments(self, name: str) -> list[object]:
        return [name, "bag", self.sample / "bag" / NEW_BAG] if name == "load" else [name]

    def run(self, name: str, **environ: str) -> None:
        done = risicoatlas(self.environ | environ, *self.arguments(name))
        assert done.returncode == 0, done.stderr

    def counts(self) -> dict[str, int]:
        """The counts that the service tells of its public layers."""
        found = json.loads(ask(f"{self.url}/ogc/v1/collections").body)
        return {item["id"]: item["aantal"] for item in found["collections"]}

    def objects(self) -> int:
        """Buildings that it really gives."""
        page = json.loads(ask(f"{self.url}/ogc/v1/collections/kgl_public/items?limit=10000").body)
        return len(page["features"])

    def started(self, name: str, moment: str, delay_s: float) -> subprocess.Popen[str]:
        """The command, at work since it wrote a line that matches and some time passed."""
        process = subprocess.Popen(
            command(self.arguments(name)), env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr
        for line in process.stderr:
            if re.search(moment, line.rstrip()):
                break
        time.sleep(delay_s)
        return process

    def kill_command(self, name: str, moment: str, delay_s: float) -> bool:
        """Whether it was killed before it had ended by itself."""
        process = self.started(name, moment, delay_s)
        process.kill()
        process.communicate(timeout=60)
        return process.returncode == -signal.SIGKILL

    def kill_postgresql(self, name: str, moment: str, delay_s: float) -> bool:
        """Whether the command was under way; it must then say so and end with 1."""
        process = self.started(name, moment, delay_s)
        os.kill(int((self.cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=120)
        done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
        if process.returncode == 0:
            return False
        assert re.search("the database (went away|cannot be reached)", the_message(done))
        return True


@pytest.fixture(scope="module")
def folder(sample_dir: Path, run_folder: Path) -> Path:
    """A part of the sample."""
    target = run_folder / "part"
    for name in BASE:
        source = sample_dir / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target / name)
    for name in MESSAGES:
        (target / "imev").mkdir(exist_ok=True)
        shutil.copy(sample_dir / "imev" / name, target / "imev" / name)
    (target / "bag").mkdir()
    shutil.copy(sample_dir / "bag" / BASE_BAG, target / "bag" / BASE_BAG)
    return target


@pytest.fixture(scope="module")
def atlas(folder: Path, run_folder: Path, sample_dir: Path) -> Iterator[Atlas]:
    """Published and served, with nothing of the town in it yet."""
    made = Atlas(run_folder / "kill", sample_dir)
    done = risicoatlas(made.environ, "demo", "--no-serve", "--data", folder)
    assert done.returncode == 0, done.stderr
    log = run_folder / "kill.log"
    with log.open("w") as output:
        server = subprocess.Popen(command(["serve"]), env=made.environ, stdout=output, stderr=output)
    try:
        ask_ready(made.url, RESTART_S)
        yield made
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="module")
def expected(atlas: Atlas) -> dict[str, str]:
    """The layers after a run that nobody disturbed, in a copy."""
    with psycopg.connect(atlas.cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        # PostgreSQL copies no database that somebody is connected to; the service connects again.
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'risicoatlas'")
        connection.execute("CREATE DATABASE ongestoord TEMPLATE risicoatlas")
        connection.execute("GRANT CREATE, TEMPORARY ON DATABASE ongestoord TO ra_owner")
    for name in MOMENTS:
        atlas.run(name, RISICOATLAS_DATABASE_URL=atlas.cluster.conninfo("ra_loader", "ongestoord"))
    return rows_of_layers(atlas.cluster.conninfo("postgres", "ongestoord"))


def disturb(atlas: Atlas, name: str, moments: tuple[str, ...], chance: random.Random) -> None:
    """Kill PostgreSQL, then the command at each moment; look at the service in between; complete."""
    before, objects = atlas.counts(), atlas.objects()
    assert atlas.kill_postgresql(name, moments[0], chance.uniform(0, 0.1))
    ask_ready(atlas.url, RESTART_S)
    assert (atlas.counts(), atlas.objects()) == (before, objects)
    # In the order of the work: once its last step is committed there is little left to disturb.
    killed = [atlas.kill_command(name, moment, chance.uniform(0, 0.1)) for moment in moments]
    assert any(killed)
    if name != "publish":
        assert (atlas.counts(), atlas.objects()) == (before, objects)
    atlas.run(name)


def test_killed_at_any_step_everything_is_served_and_the_next_run_completes(atlas, expected):
    chance = random.Random(20221019)
    before = atlas.counts()
    for name, moments in MOMENTS.items():
        disturb(atlas, name, moments, chance)

    assert rows_of_layers(atlas.cluster.conninfo("postgres")) == expected
    after = atlas.counts()
    assert after["kgl_public"] == atlas.objects() > before["kgl_public"]
    assert {name: count for name, count in after.items() if name.startswith("ev_")} == {
        name: count for name, count in before.items() if name.startswith("ev_")
    }


def test_killed_postgresql_is_served_again_with_nobody_looking(atlas, expected):
    """No command runs: the service itself starts the database again."""
    before = atlas.counts()
    os.kill(int((atlas.cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    ask_ready(atlas.url, RESTART_S)
    assert atlas.counts() == before


def test_nothing_is_left_open_by_the_killed(atlas, expected):
    with psycopg.connect(atlas.cluster.conninfo("postgres")) as connection:
        assert connection.execute("SELECT count(*) FROM beheer.levering WHERE status = 'bezig'").fetchone() == (0,)
        left = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE '%\\_\\_nieuw'").fetchall()
    assert left == []


@pytest.mark.lang
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_any_moment(atlas, expected, seed):
    """Chance picks the command, who is killed, and the moment; then everything runs again from an older delivery."""
    chance = random.Random(seed)
    with psycopg.connect(atlas.cluster.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(
            "TRUNCATE register.pand, register.verblijfsobject, register.adres, register.kgl_label,"
            " register.kgl_functielabel CASCADE"
        )
    done = risicoatlas(atlas.environ, "load", "bag", atlas.sample / "bag" / BASE_BAG)
    assert done.returncode == 0, done.stderr
    before = atlas.counts()
    for name, moments in MOMENTS.items():
        kill = chance.choice((atlas.kill_command, atlas.kill_postgresql))
        kill(name, chance.choice(moments), chance.expovariate(2))
        ask_ready(atlas.url, RESTART_S)
        if name != "publish":
            assert atlas.counts() == before
        atlas.run(name)
    assert rows_of_layers(atlas.cluster.conninfo("postgres")) == expected
