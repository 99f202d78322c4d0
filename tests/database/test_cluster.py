"""The embedded cluster: private, weakly privileged, and whole again after every kill."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from risicoatlas import database as databases
from risicoatlas.cluster import SOCKET_NAME, SOCKET_PATH_BYTES, Cluster, find_programs
from risicoatlas.database import Connection, Database, migrate, refuse_strong_role
from risicoatlas.errors import ClusterError


@pytest.fixture
def home(run_folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=run_folder) as name:
        Path(name).chmod(0o711)
        yield Path(name) / "of a cluster"


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def test_the_server_listens_on_a_short_private_socket_only(cluster: Cluster) -> None:
    assert len(os.fsencode(cluster.socket_folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0
    with psycopg.connect(cluster.conninfo("postgres", "postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_the_server_runs_as_an_unprivileged_account(cluster: Cluster) -> None:
    status = Path(f"/proc/{postmaster(cluster)}/status").read_text()
    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    assert "0" not in uids


def test_the_log_of_the_server_is_a_file_per_weekday_that_is_overwritten(cluster: Cluster) -> None:
    with psycopg.connect(cluster.conninfo("postgres", "postgres")) as connection:
        shown = connection.execute(
            "SELECT current_setting('log_filename'), current_setting('log_truncate_on_rotation'),"
            " current_setting('log_rotation_age')"
        ).fetchone()
    assert shown == ("postgresql-%a.log", "on", "1d")
    assert [path.stat().st_mode & 0o077 for path in cluster.logs.iterdir()] == [0]


def test_the_last_user_stops_the_server_and_the_next_starts_it(home: Path) -> None:
    with Cluster(home, durable=False).running() as first:
        pid = postmaster(first)
        with Cluster(home, durable=False).running() as second:
            assert postmaster(second) == pid
        assert (first.data / "postmaster.pid").exists()
    assert not (first.data / "postmaster.pid").exists()
    with Cluster(home, durable=False).running() as again:
        assert postmaster(again) != pid


def test_a_killed_server_is_started_again_and_has_kept_what_was_committed(home: Path) -> None:
    with Cluster(home).running() as cluster:
        with psycopg.connect(cluster.conninfo("postgres", "postgres")) as connection:
            connection.execute("CREATE TABLE bewaard AS SELECT 1 AS een")
        os.kill(postmaster(cluster), signal.SIGKILL)
    with Cluster(home).running() as cluster, psycopg.connect(cluster.conninfo("postgres", "postgres")) as connection:
        assert connection.execute("SELECT een FROM bewaard").fetchone() == (1,)


def test_a_killed_user_leaves_a_server_that_the_next_takes_over_and_stops(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from risicoatlas.cluster import Cluster\n"
        "with Cluster(Path(sys.argv[1]), durable=False).running():\n    print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"
        user.kill()
    cluster = Cluster(home, durable=False)
    pid = postmaster(cluster)
    with cluster.running():
        assert postmaster(cluster) == pid
    time.sleep(0.1)
    assert not (cluster.data / "postmaster.pid").exists()


def test_a_cluster_of_another_version_is_refused_with_both_versions(home: Path) -> None:
    with Cluster(home, durable=False).running() as cluster:
        version_file = cluster.data / "PG_VERSION"
    version_file.write_text("9\n")
    with pytest.raises(ClusterError, match=f"PostgreSQL 9, this machine has {find_programs().parent.name}"):
        Cluster(home, durable=False).running().__enter__()


def test_the_box_overlap_is_leakproof(connection: Connection) -> None:
    found = connection.execute(
        "SELECT proleakproof FROM pg_proc WHERE oid = 'geometry_overlaps(geometry, geometry)'::regprocedure"
    ).fetchone()
    assert found == (True,)


@pytest.mark.parametrize("role", ["ra_public", "ra_restricted", "ra_keys"])
def test_no_role_of_the_service_may_ask_the_estimated_extent_of_a_table(connection: Connection, role: str) -> None:
    """PostGIS runs it as its owner: it told the whole extent of a table under row-level security."""
    functions = connection.execute(
        "SELECT has_function_privilege(%s, oid, 'EXECUTE') FROM pg_proc WHERE proname = 'st_estimatedextent'", [role]
    ).fetchall()
    assert functions == [(False,)] * 3


def test_migrating_twice_changes_nothing_and_a_changed_migration_is_refused(
    database: Database, connection: Connection
) -> None:
    before = connection.execute("SELECT naam, toegepast_op FROM beheer.migratie").fetchall()
    migrate(database)
    assert connection.execute("SELECT naam, toegepast_op FROM beheer.migratie").fetchall() == before
    connection.execute("UPDATE beheer.migratie SET sha256 = 'x' WHERE naam = '0001_schemas.sql'")
    connection.commit()
    with pytest.raises(ClusterError, match=r"0001_schemas\.sql was changed"):
        migrate(database)


@pytest.mark.parametrize("role", ["postgres", "ra_bypass"])
def test_the_service_refuses_a_role_that_row_level_security_does_not_bind(
    cluster: Cluster, database: Database, role: str
) -> None:
    dbname = psycopg.conninfo.conninfo_to_dict(database.conninfo("service"))["dbname"]
    with psycopg.connect(cluster.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS ra_bypass")
        connection.execute("CREATE ROLE ra_bypass LOGIN BYPASSRLS")
    with (
        psycopg.connect(cluster.conninfo(role, str(dbname))) as connection,
        pytest.raises(ClusterError, match="superuser or has BYPASSRLS"),
    ):
        refuse_strong_role(connection)


def test_the_service_refuses_a_restricted_table_without_forced_security(
    database: Database, connection: Connection
) -> None:
    connection.execute("CREATE TABLE besloten.open (id int)")
    connection.execute("ALTER TABLE besloten.open ENABLE ROW LEVEL SECURITY")
    connection.commit()
    with psycopg.connect(database.conninfo("service")) as service, pytest.raises(ClusterError, match="open"):
        refuse_strong_role(service)


def test_role_and_areas_do_not_stay_on_a_pooled_connection(database: Database) -> None:
    pool = database.pool(max_size=1)
    pool.open(wait=True)
    with databases.reading(pool, role="ra_restricted", areas="44021") as connection:
        assert connection.execute("SELECT current_user, current_setting('risicoatlas.areas')").fetchone() == (
            "ra_restricted",
            "44021",
        )
    with pool.connection() as connection:
        assert connection.execute(
            "SELECT current_user, coalesce(current_setting('risicoatlas.areas', true), '')"
        ).fetchone() == ("ra_service", "")
    pool.close()
