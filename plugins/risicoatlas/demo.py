"""The main job in one go: sample or given data → load → classify → publish.

In: settings, a database and a folder of source files. Out: published layers. Files are recognised by their content, so
a folder of real deliveries works like the sample. Everything is idempotent: a second run finds nothing to do.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from risicoatlas import catalogue
from risicoatlas.database import Connection, Database
from risicoatlas.errors import RisicoAtlasError, UnavailableError
from risicoatlas.kgl import mutations
from risicoatlas.kgl import settings as kgl_settings
from risicoatlas.loader import recognise, steps
from risicoatlas.progress import Progress
from risicoatlas.publish import engine, states
from risicoatlas.rules import check, classify
from risicoatlas.sample import writing
from risicoatlas.settings import Settings

RULE_SET = "basisvulling"
STATES_FILE = "kgl_gemeente.csv"
SAMPLE_PANDEN = 4200
SAMPLE_SEED = 1


@dataclass
class Outcome:
    """What became of a folder: files loaded, those of which objects were refused, files left, and files that failed."""

    loaded: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    publication: int | None = None


def sample_folder(settings: Settings, progress: Progress) -> Path:
    """The sample town under the home; written only when it is not there yet, as this generator writes it."""
    folder = settings.home / "sample"
    written = settings.home / "sample.sha256"
    digest = _generator_digest()
    if written.is_file() and written.read_text() == digest and (folder / writing.MARKER).is_file():
        return folder
    writing.write(writing.Request(folder, SAMPLE_PANDEN, SAMPLE_SEED), progress.say)
    written.write_text(digest)
    return folder


def _generator_digest() -> str:
    sources = sorted(Path(writing.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def prepare(settings: Settings, database: Database, folder: Path, progress: Progress | None = None) -> Outcome:
    """Load every recognised file of the folder, classify and publish."""
    progress = progress or Progress.silent()
    layers = catalogue.read(settings.config)
    outcome = Outcome()
    _load(settings, database, folder, outcome, progress)
    with database.loader() as connection:
        _set_states(connection, folder)
        with progress.task("Classifying buildings"):
            rules = check.read_checked(settings.config, RULE_SET)
            mutations.relabel(connection, rules, kgl_settings.read(settings.config, settings.smtp_url))
            # the other sets are there to compare with: their differences are a layer
            for name in _other_sets(settings.config):
                classify.classify(connection, check.read_checked(settings.config, name))
        with progress.task("Publishing"):
            result = engine.publish(connection, layers, notice=lambda text: None)
    outcome.publication = result.number
    return outcome


def _other_sets(config: Path) -> list[str]:
    return sorted(path.parent.name for path in (config / "rules").glob("*/set.yaml") if path.parent.name != RULE_SET)


def _load(settings: Settings, database: Database, folder: Path, outcome: Outcome, progress: Progress) -> None:
    found = recognise.walk(folder, settings)
    outcome.left = [f"{item.path}: {item.reason}" for item in found.left]
    # one connection asks for all files: making one takes longer than the question
    with database.loader(autocommit=True) as asking:
        for item in found.recognised:
            if _is_loaded(asking, item):
                outcome.loaded.append(f"{item.path} ({item.title}), loaded before")
            else:
                _load_file(settings, database, item, outcome, progress)


def _load_file(
    settings: Settings, database: Database, item: recognise.Recognised, outcome: Outcome, progress: Progress
) -> None:
    try:
        report = steps.load(item.source, item.path, database, settings, progress)
    except RisicoAtlasError as error:
        outcome.failed.append(str(error))
        progress.say(f"not loaded: {error}")
        return
    outcome.loaded.append(f"{item.path} ({item.title})")
    if report.geweigerd:
        outcome.refused.append(f"{item.path}: {report.geweigerd} objects, see its report")
    for line in report.lines():
        progress.say(line)


def _is_loaded(connection: Connection, item: recognise.Recognised) -> bool:
    """Whether the last complete delivery under this file's name was this very file."""
    try:
        row = connection.execute(
            "SELECT sha256 FROM beheer.levering WHERE bron = %s AND bestand = %s AND status = 'klaar'"
            " ORDER BY nummer DESC LIMIT 1",
            [item.source.name, item.path.name],
        ).fetchone()
    except psycopg.OperationalError as error:
        raise UnavailableError(f"{item.path}: the database went away: run it again to go on") from error
    with item.path.open("rb") as file:
        return row is not None and row[0] == hashlib.file_digest(file, "sha256").hexdigest()


def _set_states(connection: Connection, folder: Path) -> None:
    """Where each municipality stands: as the sample's file says; of data that was given, all counts as published."""
    path = folder / STATES_FILE
    if path.is_file():
        states.read_states(connection, path)
    else:
        states.publish_all_loaded(connection)
    connection.commit()
