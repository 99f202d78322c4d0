"""The drill: a home is lost, and its backup brings everything back; an upgrade keeps a way back."""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Town
from werkzeug.test import Client, TestResponse

from risicoatlas import database as databases
from risicoatlas import home
from risicoatlas.access import keys
from risicoatlas.app import create_app, make_service
from risicoatlas.backup import make, manifest, programs, restore, upgrade
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.errors import ClusterError, SourceError
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

QUESTIONS = (
    "/ogc/v1/collections/kgl_public/items?f=json&limit=7",
    "/ogc/v1/collections/risicolocaties/items?f=json&limit=7",
    "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ev_activiteiten&COUNT=5&OUTPUTFORMAT=json",
    "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=risicolocaties&RESULTTYPE=hits",
)


@dataclass(frozen=True)
class Saved:
    """A town with a key, its backup, and what it answered to whoever holds the key and to anybody."""

    town: Town
    path: Path
    key: str
    answers: list[bytes]
    next_link: str
    publication: int


class Whole(Client):
    """Reads each answer to its end and closes it: until then its actor stays bound."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


@contextmanager
def asked(settings: Settings, database: Database) -> Iterator[Client]:
    service = make_service(settings, database)
    service.pool.open(wait=True)
    yield Whole(create_app(service))
    service.pool.close()


def answers(settings: Settings, database: Database, key: str) -> list[bytes]:
    found = []
    with asked(settings, database) as client:
        for question in QUESTIONS:
            for headers in ({}, {"X-API-Key": key}):
                answer = client.get(question, headers=headers)
                found.append(f"{answer.status_code} ".encode() + stable(answer.data))
                answer.close()
    return found


def stable(body: bytes) -> bytes:
    """What an answer says of the data; number of the publication and links begin a new line at a restore."""
    if not body.startswith(b"{"):
        return b"\n".join(line for line in body.splitlines() if b"timeStamp" not in line)
    passing = {"timeStamp", "links", "publicatie"}
    return json.dumps({name: value for name, value in json.loads(body).items() if name not in passing}).encode()


@pytest.fixture(scope="module")
def folder(run_folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=run_folder) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def saved(town_of_module: Town, folder: Path) -> Saved:
    town = town_of_module
    state = replace(town.settings, home=folder / "lost")
    (state.home / "secrets").mkdir(parents=True)
    (state.home / "secrets" / "links.key").write_text("of the next links")
    (state.home / "tiles").mkdir()
    (state.home / "tiles" / "0.png").write_text("made again by itself")
    with town.database.loader() as connection:
        key = keys.create(connection, "drill", "beheerder", None, [], 9).key
    with asked(state, town.database) as client:
        page = client.get(QUESTIONS[0]).get_json()
    path, written = make.make(state, town.database, folder, Progress.silent())
    assert written.publication
    found = answers(state, town.database, key)
    shutil.rmtree(state.home)
    (following,) = (link["href"] for link in page["links"] if link["rel"] == "next")
    return Saved(town, path, key, found, following, page["publicatie"])


@pytest.fixture(scope="module")
def back(saved: Saved, folder: Path) -> Settings:
    """The home that the backup made."""
    settings = replace(saved.town.settings, home=folder / "back")
    restore.restore(settings, saved.path, replace=False, progress=Progress.silent())
    return settings


def count(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.conninfo("postgres")) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def test_a_lost_home_comes_back_with_the_same_answers_and_keys(saved: Saved, back: Settings) -> None:
    with databases.opened(back, durable=False) as where:
        assert answers(back, where, saved.key) == saved.answers
    assert (back.home / "secrets" / "links.key").read_text() == "of the next links"
    assert not (back.home / "tiles").exists()


def test_no_link_and_no_number_of_before_a_restore_leads_into_what_is_published_after_it(saved: Saved, back: Settings):
    items = "/ogc/v1/collections/kgl_public/items"
    with databases.opened(back, durable=False) as where, asked(back, where) as client:
        now = client.get(f"{items}?limit=1").get_json()["publicatie"]
        assert now > saved.publication
        assert client.get(saved.next_link).status_code == 410
        assert client.get(f"{items}?gewijzigd_sinds={saved.publication}").status_code == 410
        # of a publication after the backup, which is lost
        assert client.get(f"{items}?gewijzigd_sinds={saved.publication + 1}").status_code == 410
        assert client.get(f"{items}?gewijzigd_sinds={now}").get_json()["features"] == []
        with where.loader() as connection:
            (number,) = connection.execute("SELECT nextval('beheer.publicatie_nummer')").fetchone()
        assert number > now


def test_every_row_of_every_table_comes_back(saved: Saved, back: Settings) -> None:
    tables = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tableowner = 'ra_owner' ORDER BY 1"

    def counted(conninfo: str) -> dict[str, int]:
        with psycopg.connect(conninfo) as connection:
            names = [name for (name,) in connection.execute(tables)]
            return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # type: ignore[index]

    with Cluster(back.home, durable=False).running() as cluster:
        found = counted(cluster.conninfo("postgres"))
    expected = counted(saved.town.database.conninfo("superuser"))
    # the restore itself: a number that was never given, and its line in the trail
    for name in ("publiek.publicatie", "beheer.audit"):
        expected[name] += 1
    assert found == expected
    assert min(found["beheer.sleutel"], found["beheer.audit"], found["besloten.risicolocaties"]) > 0


def test_row_security_is_forced_and_the_box_overlap_leakproof_after_a_restore(back: Settings) -> None:
    with Cluster(back.home, durable=False).running() as cluster:
        assert count(
            cluster,
            "SELECT proleakproof FROM pg_proc WHERE oid = 'geometry_overlaps(geometry, geometry)'::regprocedure",
        )
        forced = (
            "SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'besloten'::regnamespace"
        )
        assert count(cluster, forced)
        assert not count(cluster, "SELECT has_table_privilege('ra_service', 'besloten.risicolocaties', 'SELECT')")
        estimated = "SELECT has_function_privilege('ra_service', 'st_estimatedextent(text, text)', 'EXECUTE')"
        assert not count(cluster, estimated)


def test_a_home_that_holds_data_is_not_restored_over_by_mistake(saved: Saved, back: Settings) -> None:
    with pytest.raises(ClusterError, match="--replace"):
        restore.restore(back, saved.path, replace=False, progress=Progress.silent())


def test_a_home_in_use_is_not_restored_into(saved: Saved, back: Settings) -> None:
    with home.in_use(back.home), pytest.raises(ClusterError, match="stop the service"):
        restore.restore(back, saved.path, replace=True, progress=Progress.silent())
    with (
        home.alone(back.home),
        pytest.raises(ClusterError, match="restore into it is under way"),
        databases.opened(back),
    ):
        pass


def test_a_restore_that_fails_halfway_leaves_what_was_there(
    saved: Saved, back: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise ClusterError("no room")

    for step in ("_verify", "_stage"):
        with monkeypatch.context() as patch, pytest.raises(ClusterError, match="no room"):
            patch.setattr(restore, step, broken)
            restore.restore(back, saved.path, replace=True, progress=Progress.silent())
    with Cluster(back.home, durable=False).running() as cluster:
        assert count(cluster, "SELECT count(*) FROM pg_database WHERE datname LIKE 'risicoatlas%'") == 1
        assert count(cluster, "SELECT count(*) FROM beheer.sleutel") == 1
    assert not (back.home / home.STAGED).exists()


@pytest.mark.parametrize("swapped", [False, True])
def test_a_restore_that_was_killed_is_undone_before_the_swap_and_completed_after_it(
    back: Settings, swapped: bool
) -> None:
    (back.home / home.READY / "secrets").mkdir(parents=True)
    (back.home / home.READY / "secrets" / "links.key").write_text("of the backup" if swapped else "not yet")
    before = (back.home / "secrets" / "links.key").read_text()
    with Cluster(back.home, durable=False).running() as cluster:
        left = restore.FORMER if swapped else restore.BESIDE
        with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {left}")
    with databases.opened(back, durable=False), Cluster(back.home, durable=False).running() as cluster:
        assert count(cluster, "SELECT count(*) FROM pg_database WHERE datname LIKE 'risicoatlas%'") == 1
    assert (back.home / "secrets" / "links.key").read_text() == ("of the backup" if swapped else before)
    assert not (back.home / home.READY).exists()


def test_the_backup_is_for_its_owner_only_and_holds_no_cache(saved: Saved) -> None:
    assert saved.path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(saved.path) as archive:
        assert set(archive.namelist()) == {manifest.DUMP, "home/secrets/links.key", manifest.NAME}
    assert [path.name for path in saved.path.parent.glob(".*partial")] == []


def changed(saved: Saved, target: Path, **manifest_values: object) -> Path:
    with zipfile.ZipFile(saved.path) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == manifest.NAME:
                data = json.dumps(json.loads(data) | manifest_values).encode()
            archive.writestr(name, data)
    return target


class TestFilesThatAreRefused:
    def refused(self, folder: Path, saved: Saved, path: Path, text: str) -> None:
        settings = replace(saved.town.settings, home=folder / "never")
        with pytest.raises(SourceError, match=text):
            restore.restore(settings, path, replace=True, progress=Progress.silent())
        assert not settings.home.exists()

    def test_one_that_is_cut_off(self, saved: Saved, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "cut"
        path.write_bytes(saved.path.read_bytes()[:-1000])
        self.refused(folder, saved, path, "cut off")

    def test_one_with_a_byte_that_differs(self, saved: Saved, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "damaged"
        data = bytearray(saved.path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        self.refused(folder, saved, path, "damaged")

    def test_one_of_a_newer_version_with_its_name(self, saved: Saved, folder: Path, tmp_path: Path) -> None:
        path = changed(saved, tmp_path / "newer", version="99.1", migrations={"9999_later.sql": "0" * 64})
        self.refused(folder, saved, path, "version 99.1, with migration 9999_later.sql")

    def test_one_whose_member_is_not_in_the_manifest(self, saved: Saved, folder: Path, tmp_path: Path) -> None:
        self.refused(folder, saved, changed(saved, tmp_path / "less", members={manifest.DUMP: "0" * 64}), "members")

    def test_one_that_points_out_of_the_home(self, saved: Saved, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "outside"
        with zipfile.ZipFile(saved.path) as source, zipfile.ZipFile(path, "w") as archive:
            found = json.loads(source.read(manifest.NAME))
            for name in ("home/../../x", manifest.DUMP):
                archive.writestr(name, b"")
            found["members"] = dict.fromkeys(("home/../../x", manifest.DUMP), "0" * 64)
            archive.writestr(manifest.NAME, json.dumps(found))
        self.refused(folder, saved, path, "outside the home")

    def test_one_that_is_no_backup_or_not_there(self, saved: Saved, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello")
        self.refused(folder, saved, tmp_path / "text", "no backup")
        self.refused(folder, saved, tmp_path / "nowhere", "no such file")


class TestUpgrade:
    @pytest.fixture
    def newer(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        """The migrations of a version to come."""
        folder = tmp_path / "migrations"
        shutil.copytree(str(databases.MIGRATIONS), folder)
        monkeypatch.setattr(databases, "MIGRATIONS", folder)
        return folder

    def test_a_migration_that_fails_leaves_the_former_state_and_a_backup(self, back: Settings, newer: Path) -> None:
        (newer / "9998_good.sql").write_text("CREATE TABLE beheer.nieuw (nummer int)")
        (newer / "9999_bad.sql").write_text("SELECT 1 / 0")
        said: list[str] = []
        with pytest.raises(psycopg.errors.DivisionByZero), databases.opened(back, durable=False, notice=said.append):
            pass
        with Cluster(back.home, durable=False).running() as cluster:
            assert count(cluster, "SELECT to_regclass('beheer.nieuw')") is None
            assert count(cluster, "SELECT count(*) FROM beheer.migratie WHERE naam LIKE '999%'") == 0
        assert "9998_good.sql, 9999_bad.sql" in said[0]

    def test_an_upgrade_makes_a_backup_first_says_the_way_back_and_the_old_version_refuses_to_start(
        self, back: Settings, newer: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said: list[str] = []
        for number in (9996, 9997, 9998, 9999):
            (newer / f"{number}_more.sql").write_text(f"CREATE TABLE beheer.nieuw_{number} (nummer int)")
            with databases.opened(back, durable=False, notice=said.append):
                pass
        kept = sorted((back.home / home.BACKUPS).iterdir())
        assert len(kept) == 3
        assert f"restore --replace {kept[-1]}" in said[-1]
        assert home.state_files(back.home) == [back.home / "secrets" / "links.key"]
        monkeypatch.undo()
        with (
            pytest.raises(ClusterError, match=r"newer version.*9996_more.sql.*restore --replace"),
            databases.opened(back),
        ):
            pass
        # the newest backup was made with three of the four tables: the version before it goes back with the first
        with pytest.raises(SourceError, match="does not know"):
            restore.restore(back, kept[-1], replace=True, progress=Progress.silent())

    def test_the_way_back_is_walked(self, saved: Saved, back: Settings) -> None:
        restore.restore(back, saved.path, replace=True, progress=Progress.silent())
        with databases.opened(back, durable=False) as where:
            assert answers(back, where, saved.key) == saved.answers

    def test_an_empty_database_is_changed_without_a_backup(
        self, database: Database, settings: Settings, newer: Path, tmp_path: Path
    ) -> None:
        (newer / "9999_more.sql").write_text("CREATE TABLE beheer.nieuw (nummer int)")
        said: list[str] = []
        upgrade.prepare(replace(settings, home=tmp_path / "home"), database, said.append)
        assert (said, (tmp_path / "home").exists()) == ([], False)


class TestOwnDatabase:
    """An address in RISICOATLAS_DATABASE_URL, whose role is no superuser."""

    @pytest.fixture
    def empty(self, saved: Saved) -> Iterator[str]:
        cluster = saved.town.cluster
        databases.provision(cluster, "eigen_leeg")
        yield "eigen_leeg"
        with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE eigen_leeg WITH (FORCE)")

    def test_backup_and_restore_go_by_its_address(self, saved: Saved, empty: str, tmp_path: Path) -> None:
        town = saved.town
        url = town.database.conninfo("loader")
        settings = replace(town.settings, home=tmp_path / "home", database_url=url)
        with databases.as_it_is(settings) as where:
            assert where
            path, _ = make.make(settings, where, tmp_path, Progress.silent())
        there = replace(settings, database_url=town.cluster.conninfo("ra_loader", empty))
        restore.restore(there, path, replace=False, progress=Progress.silent())
        back = Database(lambda task: town.cluster.conninfo({"loader": "ra_loader"}.get(task, "ra_service"), empty))
        assert answers(settings, back, saved.key) == saved.answers
        with pytest.raises(ClusterError, match="not empty"):
            restore.restore(there, path, replace=True, progress=Progress.silent())

    def test_rows_that_the_role_cannot_see_are_an_error_not_a_gap(self, saved: Saved, tmp_path: Path) -> None:
        settings = replace(saved.town.settings, home=tmp_path, database_url=saved.town.database.conninfo("loader"))
        with saved.town.database.loader() as connection:
            connection.execute("CREATE TABLE beheer.dicht AS SELECT 1 AS een")
            connection.execute("ALTER TABLE beheer.dicht ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            connection.commit()
            with pytest.raises(ClusterError, match=r"beheer\.dicht"), databases.as_it_is(settings) as where:
                assert where
                make.make(settings, where, tmp_path, Progress.silent())
            connection.execute("DROP TABLE beheer.dicht")
            connection.commit()
        assert list(tmp_path.iterdir()) == []

    def test_it_is_not_changed_by_a_new_version_in_passing(
        self, saved: Saved, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        settings = replace(saved.town.settings, database_url=saved.town.database.conninfo("loader"))
        folder = tmp_path / "migrations"
        shutil.copytree(str(databases.MIGRATIONS), folder)
        (folder / "9999_more.sql").write_text("CREATE TABLE beheer.nieuw (nummer int)")
        monkeypatch.setattr(databases, "MIGRATIONS", folder)
        with pytest.raises(ClusterError, match="init --upgrade"), databases.opened(settings):
            pass


class TestCommands:
    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "risicoatlas", *words], capture_output=True, text=True, check=False, timeout=120
        )

    def test_backup_and_restore_say_what_they_did(self, back: Settings, folder: Path, tmp_path: Path) -> None:
        done = self.run("--home", str(back.home), "backup", "--json", str(tmp_path))
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        again = self.run("--home", str(back.home), "backup", found["path"])
        assert (again.returncode, "already" in again.stderr) == (1, True)
        done = self.run("--home", str(back.home), "restore", "--replace", found["path"])
        assert done.returncode == 0, done.stderr
        assert f"publication {found['publication']}" in done.stdout

    def test_a_backup_of_a_home_that_is_not_there_makes_none(self, tmp_path: Path) -> None:
        done = self.run("--home", str(tmp_path / "none"), "backup", str(tmp_path))
        assert (done.returncode, list(tmp_path.iterdir())) == (1, [])


def test_a_password_is_not_on_the_command_line_of_the_programs() -> None:
    environ = programs.environment("postgresql://me:secret@db.example.nl:5433/atlas?sslmode=require")
    assert (environ["PGPASSWORD"], environ["PGHOST"], environ["PGSSLMODE"]) == ("secret", "db.example.nl", "require")


def test_a_dump_that_fails_is_an_error_in_one_sentence(settings: Settings) -> None:
    with pytest.raises(ClusterError, match="pg_dump failed"):
        io.BytesIO(b"".join(programs.dump("host=/nowhere dbname=x", ())))
