"""A day of changes in the sample town, by the commands that an operator types."""

import json
import os
import signal
import subprocess
import sys

import pytest
from tests.kgl_mutations import small
from tests.kgl_mutations.village import rules

from risicoatlas.kgl import mutations
from risicoatlas.kgl.settings import Settings as KglSettings
from risicoatlas.sample.writing import Request, write_mutations

LABELS = "SELECT to_jsonb(l) - 'berekend_op' FROM register.kgl_label l ORDER BY regelset, pand"
SERVED = (
    "SELECT id_pand_bag, categorie_kwetsbaarheid, regel, ST_AsText(geometrie) FROM publiek.kgl_public"
    " WHERE publicatie_tot IS NULL ORDER BY 1"
)


@pytest.fixture
def commands(town_of_module):
    """Type a command on the copy of the town; gives what it prints as JSON."""

    def run(*arguments):
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")},
            "RISICOATLAS_DATABASE_URL": town_of_module.database.conninfo("loader"),
            "RISICOATLAS_HOME": str(town_of_module.settings.home),
        }
        done = subprocess.run(
            [sys.executable, "-m", "risicoatlas", *map(str, arguments), "--json"],
            env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def ask(town, query):
    with town.database.loader(autocommit=True) as connection:
        return connection.execute(query).fetchall()


def test_day_is_loaded_labelled_and_published_by_what_changed(commands, town_of_module, tmp_path):
    town = town_of_module
    first = write_mutations(Request(tmp_path / "a"))
    assert first.read_bytes() == write_mutations(Request(tmp_path / "b")).read_bytes()
    before = dict(row[:2] for row in ask(town, SERVED))

    (report,) = commands("load", "bag", first)
    assert report["omschrijving"] == "BAG-mutaties van 2026-10-15 tot 2026-10-16"
    assert report["aantal_bevindingen"].get("geweigerd", 0) == 0
    assert [item for item in report["bevindingen"] if "overgeslagen" in item["reden"]] == []
    # a demolished building with its unit, a moved one, a unit that grew, one of another use, a new building: of forty
    assert report["objecten"]["pand"]["gewijzigd"] == 16
    assert report["objecten"]["pand"]["nieuw"] == 8
    touched = report["kengetallen"]["panden geraakt"]
    assert touched >= 40

    run = commands("classify", "--changed")
    assert run["touched"] == touched
    assert touched <= run["computed"] < 400
    assert run["proposed"] >= 30
    published = commands("publish", "--changed")
    assert published["number"] is not None
    changed = {layer["layer"] for layer in published["layers"] if layer["added"] or layer["ended"]}
    assert (
        {"kgl_beheer", "kgl_public"}
        <= changed
        <= {"kgl_beheer", "kgl_public", "kgl_status", "kgl_vergund", "kgl_verschillen", "signalering"}
    )
    after = dict(row[:2] for row in ask(town, SERVED))
    assert len(before.keys() - after.keys()) == 8
    assert len(after.keys() - before.keys()) == 8

    labels, served = ask(town, LABELS), ask(town, SERVED)
    again = commands("classify")
    assert (again["changed"], again["removed"]) == (0, 0)
    # layers that do not tell their changes one by one follow with this one
    full = {layer["layer"]: (layer["added"], layer["ended"]) for layer in commands("publish")["layers"]}
    assert {full[layer["layer"]] for layer in published["layers"]} == {(0, 0)}
    assert (ask(town, LABELS), ask(town, SERVED)) == (labels, served)


def test_run_that_is_killed_leaves_what_was_touched_to_the_next_one(town_copy):
    """Whatever was touched stays written down until a run over it is complete."""
    with town_copy.database.loader() as connection:
        connection.execute(
            "UPDATE register.verblijfsobject SET oppervlakte_m2 = 2000 WHERE identificatie LIKE '%00017'"
        )
        connection.commit()
        touched = connection.execute(
            "SELECT count(DISTINCT pand) FROM register.kgl_geraakt WHERE NOT verwerkt @> '{basisvulling}'"
        ).fetchone()
        connection.commit()
        with pytest.raises(KeyboardInterrupt), connection.transaction():
            mutations.relabel(connection, rules(), KglSettings(), changed_only=True)
            raise KeyboardInterrupt
        done = mutations.relabel(connection, rules(), KglSettings(), changed_only=True)
        assert touched == (done.touched,)
        assert done.outcome.changed > 0


KILLED = """
import os, signal, sys
from pathlib import Path
from risicoatlas.database import Database
from risicoatlas.loader import steps
from risicoatlas.loader.sources.bag import BagSource
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

conninfo, home, path, step = sys.argv[1:]
real = getattr(BagSource, step)

def deadly(self, load):
    real(self, load)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(BagSource, step, deadly)
settings = Settings.from_environ({}, home=Path(home))
steps.load(BagSource(), Path(path), Database(lambda task: conninfo), settings, Progress.silent())
"""


@pytest.mark.parametrize("step", ["stage", "check", "normalise", "register"])
def test_killed_load_of_mutations_is_completed_by_the_next_one(load, database, settings, tmp_path, step):
    load(small.extract(tmp_path / "village.zip"))
    path = small.mutations(tmp_path, small.demolished(small.PANDEN[0]))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, database.conninfo("loader"), str(settings.home), str(path), step], check=False
    )
    assert done.returncode == -signal.SIGKILL
    report = load(path)
    assert report.objecten["pand"].gewijzigd == 1
    assert report.kengetallen == {"panden geraakt": 1}
    with database.loader() as connection:
        assert connection.execute("SELECT status FROM register.pand ORDER BY identificatie").fetchone() == (
            "Pand gesloopt",
        )
