"""RD and ETRS89: every PROJ of the house takes the grid of RDNAPTRANS2018, and all say the same."""

import json
import subprocess
import sys
from pathlib import Path

import numpy
import psycopg
import pyproj
import pytest
import rasterio
from mapproxy.config.config import load_default_config, local_base_config
from mapproxy.srs import SRS
from psycopg import sql
from tests.crs_points import Point, apart_m, points

from risicoatlas import crs, grid, grid_file, proj
from risicoatlas.cluster import Cluster
from risicoatlas.database import Connection
from risicoatlas.errors import SourceError
from risicoatlas.maps import mapproxy_plugin

TRUTH_M, ALIKE_M = 0.02, 0.01
# The point of the national survey in Amersfoort, where RD begins.
AMERSFOORT = ((155_000.0, 463_000.0), (5.387203657, 52.155172897))
DEGREES = (4258, 4326)


def in_database(connection: Connection, given: list[Point], source: int, target: int) -> list[Point]:
    """The points, turned by the SQL of :mod:`risicoatlas.crs`."""
    point = sql.SQL("ST_SetSRID(ST_MakePoint(x, y), {})").format(sql.Literal(source))
    return connection.execute(
        sql.SQL(
            "SELECT ST_X(g), ST_Y(g) FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p(x, y, n),"
            " LATERAL (SELECT {} AS g) AS turned ORDER BY n"
        ).format(crs.transformed(point, source, target)),
        [[x for x, _ in given], [y for _, y in given]],
    ).fetchall()


def in_pyproj(given: list[Point], source: int, target: int) -> list[Point]:
    x, y = proj.between(source, target).transform([x for x, _ in given], [y for _, y in given])
    return list(zip(x, y, strict=True))


def in_mapproxy(given: list[Point], source: int, target: int) -> list[Point]:
    mapproxy_plugin.plugin_entrypoint()
    with local_base_config(load_default_config()):
        return list(SRS(source).transform_to(SRS(target), given))


def farthest_m(some: list[Point], others: list[Point], srid: int) -> float:
    assert len(some) == len(others) > 300
    if srid in crs.GEOGRAPHIC:
        return max(map(apart_m, some, others))
    # a metre of web mercator is 0.6 m here; counting it whole is the stricter test
    return max(float(numpy.hypot(a[0] - b[0], a[1] - b[1])) for a, b in zip(some, others, strict=True))


RD = [rd for rd, _ in points()]
ETRS89 = [degrees for _, degrees in points()]


class TestTheGridFile:
    def test_set_up_writes_what_the_epsg_operation_names(self, tmp_path: Path) -> None:
        made = tmp_path / grid.NAME
        grid_file.write(made)
        with rasterio.open(made) as written:
            assert (written.width, written.height, written.crs.to_epsg()) == (grid_file.COLUMNS, grid_file.ROWS, 4289)
            assert written.descriptions == ("latitude_offset", "longitude_offset")
            # Amersfoort in Bessel degrees: its correction is what the two systems differ there
            north, east = (value * 1.0 for value in next(written.sample([(5.38763889, 52.15616056)])))
        assert north / 3600 == pytest.approx(-0.000988, abs=2e-6)
        assert east / 3600 == pytest.approx(-0.000435, abs=2e-6)
        assert [path.name for path in tmp_path.iterdir()] == [grid.NAME]

    def test_a_second_run_leaves_it_alone(self) -> None:
        before = grid.FILE.stat().st_mtime_ns
        subprocess.run([sys.executable, "-m", "risicoatlas.grid_file"], check=True)
        assert grid.FILE.stat().st_mtime_ns == before

    def test_another_table_is_refused(self) -> None:
        with pytest.raises(SourceError, match="481 rows of 301 nodes"):
            grid_file._check([[50.0, 2.0, 0.0, 0.0]])

    def test_the_server_reads_a_copy_that_its_account_may_read(self, cluster: Cluster) -> None:
        copy = cluster.folder / "proj" / grid.NAME
        assert copy.read_bytes() == grid.FILE.read_bytes()
        assert copy.stat().st_uid == cluster.data.stat().st_uid


class TestRdnaptrans2018:
    """Within 2 cm of the official procedure, all over the country, there and back."""

    def test_pyproj(self) -> None:
        assert farthest_m(in_pyproj(RD, 28992, 4258), ETRS89, 4258) < TRUTH_M
        assert farthest_m(in_pyproj(ETRS89, 4258, 28992), RD, 28992) < TRUTH_M

    def test_postgis(self, connection: Connection) -> None:
        assert farthest_m(in_database(connection, RD, 28992, 4258), ETRS89, 4258) < TRUTH_M
        assert farthest_m(in_database(connection, ETRS89, 4258, 28992), RD, 28992) < TRUTH_M

    @pytest.mark.parametrize("srid", DEGREES)
    def test_mapproxy(self, srid: int) -> None:
        assert farthest_m(in_mapproxy(RD, 28992, srid), ETRS89, srid) < TRUTH_M
        assert farthest_m(in_mapproxy(ETRS89, srid, 28992), RD, 28992) < TRUTH_M

    def test_the_point_where_rd_begins(self, connection: Connection) -> None:
        rd, degrees = AMERSFOORT
        for turned in (in_pyproj([rd], 28992, 4258), in_database(connection, [rd], 28992, 4258)):
            assert apart_m(turned[0], degrees) < 0.002


@pytest.mark.parametrize("target", [4258, 4326, 3857])
def test_postgis_pyproj_and_mapproxy_agree_in_every_crs(connection: Connection, target: int) -> None:
    given = in_database(connection, RD, 28992, target)
    for other in (in_pyproj, in_mapproxy):
        assert farthest_m(given, other(RD, 28992, target), target) < ALIKE_M
        assert farthest_m(in_database(connection, given, target, 28992), other(given, target, 28992), 28992) < ALIKE_M


def test_straight_to_4326_proj_would_miss_the_grid() -> None:
    """Why the way by ETRS89 is worth a module."""
    straight = pyproj.Transformer.from_crs(28992, 4326, always_xy=True).transform(
        [x for x, _ in RD], [y for _, y in RD]
    )
    assert farthest_m(list(zip(*straight, strict=True)), ETRS89, 4326) > 0.1


def test_the_belgian_systems_take_the_same_way(connection: Connection) -> None:
    lambert = [(float(x), float(y)) for x in range(30_000, 290_000, 13_000) for y in range(30_000, 240_000, 12_000)]
    for target in (4258, 4326, 3812, 3857):
        given = in_database(connection, lambert, 31370, target)
        assert farthest_m(given, in_pyproj(lambert, 31370, target), target) < ALIKE_M


@pytest.mark.parametrize("first", ["risicoatlas.maps.engine", "rasterio", "fiona", "mapproxy.srs"])
def test_the_grid_is_found_whatever_was_imported_first(first: str) -> None:
    script = (
        f"import json, {first}\nfrom risicoatlas.maps import engine\nfrom risicoatlas import proj\n"
        "print(json.dumps(proj.between(28992, 4258).transform(155000, 463000)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert apart_m(tuple(json.loads(done.stdout)), AMERSFOORT[1]) < 0.002


def test_a_thread_that_is_born_later_finds_it_too() -> None:
    script = (
        "import json, threading\nfrom risicoatlas import proj\nfound = []\n"
        "go = lambda: found.append(proj.between(28992, 4258).transform(155000, 463000))\n"
        "thread = threading.Thread(target=go); thread.start(); thread.join(); print(json.dumps(found[0]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert apart_m(tuple(json.loads(done.stdout)), AMERSFOORT[1]) < 0.002


def test_postgis_of_an_older_proj_reads_the_older_variable(cluster: Cluster) -> None:
    """PROJ_DATA is new in 9.1; both are in the environment of the server."""
    pid = (cluster.data / "postmaster.pid").read_text().split()[0]
    environ = dict(part.split("=", 1) for part in Path(f"/proc/{pid}/environ").read_text().split("\0") if part)
    assert environ["PROJ_DATA"] == environ["PROJ_LIB"] == f"/usr/share/proj:{cluster.folder / 'proj'}"
    with psycopg.connect(cluster.conninfo("postgres", "risicoatlas")) as connection:
        assert connection.execute("SELECT postgis_proj_version()").fetchone()
