"""QGIS, GDAL and OWSLib at work on the sample town: pages, boxes in three CRSs, filters that reach the service, clicks.

What reached the service is read in its own access log. ``tests/integration`` has every layer through each of them.
"""

import csv
import itertools
import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from lxml import etree
from owslib.ogcapi.features import Features
from owslib.wfs import WebFeatureService
from pyproj import Transformer
from tests.conftest import Server, Town
from tests.integration.test_clients_qgis import QUIET, a_bug_of_qgis, qgis

from risicoatlas import catalogue as catalogues
from risicoatlas.settings import CHECKOUT

LAYER = "kgl_public"
NAMES = {layer.name for layer in catalogues.read(CHECKOUT / "config") if not layer.restricted}
# Metres; a part of the town with some dozens of buildings.
BOX = (158_000, 508_000, 160_000, 510_000)
IN_BOX = f"ST_Intersects(geometrie, ST_MakeEnvelope({','.join(map(str, BOX))}, 28992))"
SYSTEMS = {"28992": BOX} | {
    code: Transformer.from_crs(28992, int(code), always_xy=True).transform_bounds(*BOX) for code in ("4326", "3857")
}
# What the stored degrees become, and how near to it everything must lie.
OTHERS = {"4326": ("geometrie_etrs89", 1e-6), "3857": ("ST_Transform(ST_SetSRID(geometrie_etrs89, 4326), 3857)", 0.2)}
PAGE = 700
PATIENCE_S = 5


@dataclass
class Log:
    """The requests that reached the service since :meth:`begin`, parameters by name as the client wrote them."""

    path: Path
    began: int = 0

    def begin(self) -> None:
        self.began = self.path.stat().st_size

    def asked(self, path: str = "", **holding: str) -> list[dict[str, str]]:
        """The queries of the paths that end so, which have these parameters with these values.

        A line is written after the answer was sent: where there is none yet, one is waited for.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not (found := self._asked(path, holding)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _asked(self, path: str, holding: dict[str, str]) -> list[dict[str, str]]:
        lines = self.path.read_text(encoding="utf-8")[self.began :].splitlines()
        entries = [json.loads(line[line.index("{") :]) for line in lines if " risicoatlas.access {" in line]
        queries = [dict(parse_qsl(entry["query"])) for entry in entries if entry["path"].endswith(path)]
        return [query for query in queries if holding.items() <= query.items()]


@pytest.fixture(scope="module")
def log(server: Server) -> Log:
    return Log(server.log)


@pytest.fixture(scope="module")
def held(town: Town) -> Callable[[str], list[str]]:
    """The identifications of the vulnerable buildings for which a condition holds, in the database."""

    def found(condition: str = "true") -> list[str]:
        with town.database.loader() as connection:
            rows = connection.execute(
                f"SELECT identificatie FROM publiek.{LAYER} WHERE publicatie_tot IS NULL AND {condition}"
            ).fetchall()
        return sorted(row[0] for row in rows)

    return found


# --- QGIS

ZEER = "categorie_kwetsbaarheid = 'zeerKwetsbaar'"


def job(name: str, provider: str, uri: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "provider": provider, "uri": uri, "key": None, **more}


def jobs(url: str) -> list[dict[str, Any]]:
    """``_`` is a parameter that the service passes over: it tells in the log whose request it was."""
    made = []

    def wfs(name: str, srid: str = "28992", options: str = "", **more: Any) -> None:
        uri = f"typename='rev_public:{LAYER}' srsname='EPSG:{srid}' version='2.0.0' url='{url}/wfs?_={name}' {options}"
        made.append(job(name, "WFS", uri, **more))

    def oapif(name: str, options: str = "", **more: Any) -> None:
        made.append(job(name, "OAPIF", f"typename='{LAYER}' url='{url}/ogc/v1' {options}", **more))

    on_demand = "restrictToRequestBBOX='1'"
    wfs("pages", options=f"pageSize='{PAGE}'")
    for code, box in SYSTEMS.items():
        wfs(f"box {code}", code, on_demand, rect=box)
    wfs("subset", subset=f"{ZEER} AND oppervlakte_m2 > 500")
    wfs("subset and box", "4326", on_demand, subset=ZEER, rect=SYSTEMS["4326"])
    wfs("date", subset="begin_geldigheid >= '2015-01-01T00:00:00Z'")
    oapif("OAPIF pages", f"pageSize='{PAGE}'")
    # QGIS 3.40 takes the stored CRS of a collection
    oapif("OAPIF box", on_demand, rect=SYSTEMS["4326"], rects={"EPSG:28992": BOX})
    oapif("OAPIF subset", subset=ZEER)
    oapif("OAPIF date", subset="begin_geldigheid <= '2015-01-01T00:00:00Z'")
    uri = f"typename='rev_public:{LAYER}' srsname='EPSG:28992' version='1.1.0' url='{url}/wfs?_=old'"
    made.append(job("old", "WFS", uri))
    for name, code in itertools.product(sorted(NAMES), OTHERS):
        uri = f"typename='rev_public:{name}' srsname='EPSG:{code}' version='2.0.0' url='{url}/wfs'"
        made.append(job(f"{name} {code}", "WFS", uri))
    return made


def looks(query: dict[str, str]) -> bool:
    """Whether QGIS (3.40, not 3.22) asks one object to see which geometry a layer really has."""
    return "1" in {query.get("COUNT"), query.get("MAXFEATURES")}


@dataclass(frozen=True)
class Seen:
    results: dict[str, Any]
    messages: list[dict[str, str]]
    log: Log = field(repr=False)

    def ids(self, name: str) -> list[str]:
        found = self.results[name]
        assert found["valid"], name
        return sorted(found["ids"])


@pytest.fixture(scope="module")
def seen(server: Server, log: Log, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    log.begin()
    results, messages = qgis(tmp_path_factory.mktemp("qgis"), jobs(server.url))
    return Seen(results, messages, Log(log.path, log.began))


@pytest.mark.qgis
class TestQgis:
    def test_it_has_nothing_to_complain_about(self, seen):
        complaints = [message for message in seen.messages if message["level"] not in QUIET]
        assert [message for message in complaints if not a_bug_of_qgis(message)] == []

    def test_every_object_comes_over_small_pages(self, seen, held):
        """Q-01, Q-06"""
        assert seen.ids("pages") == held()
        starts = [query["STARTINDEX"] for query in seen.log.asked("/wfs", _="pages", COUNT=str(PAGE))]
        assert starts == [str(start) for start in range(0, len(held()), PAGE)]

    @pytest.mark.parametrize("code", SYSTEMS)
    def test_a_box_reaches_the_service_in_the_crs_of_the_layer(self, seen, held, code):
        """Q-22: latitude first in 4326, and the objects that are found lie where they were asked."""
        name = f"box {code}"
        assert seen.ids(name) == held(IN_BOX) != []
        (asked,) = [query["BBOX"] for query in seen.log.asked("/wfs", _=name) if "BBOX" in query]
        *corners, crs = asked.split(",")
        assert crs == f"urn:ogc:def:crs:EPSG::{code}"
        x, y = map(float, corners[:2] if code != "4326" else reversed(corners[:2]))
        assert (x, y) == pytest.approx(SYSTEMS[code][:2])
        west, south, east, north = SYSTEMS[code]
        first_x, first_y = seen.results[name]["first"]
        # the middle of a building on the edge may lie outside
        assert west < first_x < east + (east - west) / 10 and south < first_y < north

    @pytest.mark.parametrize("code", OTHERS)
    @pytest.mark.parametrize("name", sorted(NAMES))
    def test_every_layer_lies_where_it_is_in_other_systems(self, seen, town, name, code):
        """Q-21, Q-23: every object, in degrees and in the system of the web maps."""
        column, near = OTHERS[code]
        with town.database.loader() as connection:
            row = connection.execute(
                "SELECT n, ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT count(*) AS n,"
                f" ST_Extent({column}) AS e FROM publiek.{name} WHERE publicatie_tot IS NULL) AS held"
            ).fetchone()
        assert row
        found = seen.results[f"{name} {code}"]
        assert (found["valid"], found["crs"], found["count"]) == (True, f"EPSG:{code}", row[0])
        assert found["bounds"] == pytest.approx(row[1:], abs=near)

    def test_the_filter_of_a_layer_is_pushed_down(self, seen, held):
        """Q-28"""
        assert seen.ids("subset") == held(f"{ZEER} AND oppervlakte_m2 > 500") != []
        asked = [query["FILTER"] for query in seen.log.asked("/wfs", _="subset") if "FILTER" in query]
        assert asked and all("PropertyIsGreaterThan" in text and "zeerKwetsbaar" in text for text in asked)
        pages = [query for query in seen.log.asked("/wfs", _="subset", REQUEST="GetFeature") if not looks(query)]
        assert len(asked) == len(pages), "no page without it"

    def test_a_filter_and_a_box_go_together_in_one_filter(self, seen, held):
        """Q-27"""
        assert seen.ids("subset and box") == held(f"{ZEER} AND {IN_BOX}")
        asked = [
            query.get("FILTER", "")
            for query in seen.log.asked("/wfs", _="subset and box")
            if "COUNT" in query and not looks(query)
        ]
        assert asked and all("fes:BBOX" in text and "zeerKwetsbaar" in text for text in asked)

    def test_a_condition_on_a_date_is_true_of_what_comes(self, seen, held):
        assert seen.ids("date") == held("begin_geldigheid >= '2015-01-01T00:00:00Z'") != []

    def test_the_old_version_reads_everything_in_one_answer(self, seen, held):
        """Q-05: no MAXFEATURES is sent where no default is declared."""
        assert seen.ids("old") == held()
        (asked,) = [query for query in seen.log.asked("/wfs", _="old", REQUEST="GetFeature") if not looks(query)]
        assert not {"MAXFEATURES", "COUNT"} & set(asked)

    def test_the_pages_of_the_ogc_api_are_followed(self, seen, held):
        """Q-12: a first look of ten objects, then pages of the size of the layer by ``next``."""
        assert seen.ids("OAPIF pages") == held()
        pages = seen.log.asked(f"/collections/{LAYER}/items", limit=str(PAGE))
        assert len(pages) == -(-len(held()) // PAGE)
        assert ["cursor" in page for page in pages] == [False] + [True] * (len(pages) - 1)

    def test_the_box_of_the_ogc_api_has_longitude_first(self, seen, held):
        """Q-26"""
        assert seen.ids("OAPIF box") == held(IN_BOX)
        (asked,) = [query for query in seen.log.asked("/items") if "bbox" in query]
        wanted = BOX if asked.get("bbox-crs", "").endswith("/28992") else SYSTEMS["4326"]
        assert list(map(float, asked["bbox"].split(","))) == pytest.approx(wanted)

    def test_a_filter_in_the_ogc_api_is_right_whoever_does_it(self, seen, held):
        """Q-29: QGIS 3.22 hands on no condition on a text, whatever is declared; then it reads everything."""
        assert seen.ids("OAPIF subset") == held(ZEER) != []
        pushed = [query for query in seen.log.asked("/items") if {"filter", "categorie_kwetsbaarheid"} & set(query)]
        whole = [query for query in seen.log.asked("/items") if set(query) == {"limit"} and query["limit"] != "10"]
        assert pushed or len(whole) > 1

    def test_a_condition_on_a_date_is_a_period_in_the_ogc_api(self, seen, held):
        """Q-44: QGIS 3.22 hands it on as ``datetime``, which asks the validity and no other date; 3.40 as a filter."""
        pushed = [
            query["filter"] for query in seen.log.asked("/items") if "begin_geldigheid" in query.get("filter", "")
        ]
        if pushed:
            assert seen.ids("OAPIF date") == held("begin_geldigheid <= '2015-01-01T00:00:00Z'") != []
            return
        (asked, *_) = [query["datetime"] for query in seen.log.asked("/items") if "datetime" in query]
        assert asked == "0000-01-01T00:00:00Z/2015-01-01T00:00:00Z"
        valid = "(begin_geldigheid IS NULL OR begin_geldigheid <= '2015-01-01T00:00:00Z')"
        assert seen.ids("OAPIF date") == held(valid) != []


@pytest.mark.qgis
def test_a_click_in_qgis_tells_the_object(server, log, seen, tmp_path):
    """Q-34: as text and as a page, each with the object under the cursor."""
    x, y = seen.results["pages"]["first"]
    uri = f"crs=EPSG:28992&format=image/png&layers={LAYER}&styles=&url={server.url}/wms"
    log.begin()
    click = [x, y, x - 100, y - 100, x + 100, y + 100]
    results, messages = qgis(tmp_path, [job("click", "wms", uri, identify=click)])
    assert [message for message in messages if message["level"] not in QUIET] == []
    told = results["click"]["identified"]
    first = seen.results["pages"]["ids"][0]
    assert first in told["text"] and first in told["html"]
    formats = {query["INFO_FORMAT"] for query in log.asked("/wms", REQUEST="GetFeatureInfo")}
    assert formats == {"text/plain", "text/html"}


# --- GDAL


def ogr(*arguments: str) -> str:
    done = subprocess.run([*arguments], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "ERROR" in done.stderr) == (0, False), done.stderr
    return done.stdout


def read(source: str, layer: str, *options: str) -> list[str]:
    """The identifications that ogr2ogr reads."""
    command = ["ogr2ogr", "-f", "CSV", "/vsistdout/", "-select", "identificatie", *options, source, layer]
    return sorted(row["identificatie"] for row in csv.DictReader(ogr(*command).splitlines()))


@pytest.mark.gdal
class TestGdal:
    @pytest.mark.parametrize("size", ["100", "570", "5000"])
    def test_every_size_of_a_page_gives_every_object(self, server, log, held, size):
        """Q-01, Q-02, Q-10: 570 divides the number of objects, so that the last page is full."""
        log.begin()
        found = read(f"WFS:{server.url}/wfs", f"rev_public:{LAYER}", "--config", "OGR_WFS_PAGE_SIZE", size)
        assert found == held()
        assert {query["COUNT"] for query in log.asked("/wfs", REQUEST="GetFeature")} == {size}

    def test_a_box_and_a_condition_are_pushed_down_in_the_wfs(self, server, log, held):
        """Q-25, Q-31"""
        log.begin()
        options = ("-spat", *map(str, BOX), "-where", ZEER)
        assert read(f"WFS:{server.url}/wfs", f"rev_public:{LAYER}", *options) == held(f"{ZEER} AND {IN_BOX}")
        asked = [query.get("FILTER", "") for query in log.asked("/wfs") if "COUNT" in query]
        assert asked and all("<BBOX>" in text and "zeerKwetsbaar" in text for text in asked)

    def test_a_box_and_a_condition_are_pushed_down_in_the_ogc_api(self, server, log, held):
        """Q-26, Q-29"""
        log.begin()
        source, size = f"OAPIF:{server.url}/ogc/v1", ("-oo", "PAGE_SIZE=1000", "-oo", "CRS=OGC:CRS84")
        assert read(source, LAYER, *size, "-spat", *map(str, SYSTEMS["4326"])) == held(IN_BOX)
        assert read(source, LAYER, *size, "-where", ZEER) == held(ZEER)
        asked = log.asked("/items")
        assert any("bbox" in query for query in asked)
        assert any("zeerKwetsbaar" in query.get("categorie_kwetsbaarheid", query.get("filter", "")) for query in asked)

    @pytest.mark.parametrize("source", ["WFS:{}/geoserver/wfs", "WFS:{}/geoserver/rev_public/ows", "OAPIF:{}/ogc/v1"])
    def test_every_layer_is_listed(self, server, source):
        listed = re.findall(r"^\d+: (\S+)", ogr("ogrinfo", "-ro", "-q", source.format(server.url)), re.MULTILINE)
        assert {name.rpartition(":")[2] for name in listed} == NAMES


# --- OWSLib


def members(answer: bytes) -> int:
    return len(list(etree.fromstring(answer).iter("{http://www.opengis.net/wfs/2.0}member")))


class TestOwslib:
    def test_version_2_reads_pages_boxes_and_a_posted_filter(self, server, held):
        atlas = WebFeatureService(f"{server.url}/geoserver/wfs", version="2.0.0", timeout=60)
        assert {name.rpartition(":")[2] for name in atlas.contents} == NAMES
        name = f"rev_public:{LAYER}"
        assert atlas.get_schema(name)["properties"]["oppervlakte_m2"]
        total = len(held())
        pages = [atlas.getfeature([name], maxfeatures=1000, startindex=start).read() for start in range(0, total, 1000)]
        assert sum(map(members, pages)) == total
        for code, box in SYSTEMS.items():
            # the caller gives x first; OWSLib turns it where the urn wants so
            urn = f"urn:ogc:def:crs:EPSG::{code}"
            assert members(atlas.getfeature([name], bbox=(*box, urn), srsname=urn).read()) == len(held(IN_BOX))
        condition = (
            '<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0"><fes:PropertyIsEqualTo><fes:ValueReference>'
            "categorie_kwetsbaarheid</fes:ValueReference><fes:Literal>zeerKwetsbaar</fes:Literal>"
            "</fes:PropertyIsEqualTo></fes:Filter>"
        )
        posted = atlas.getfeature([name], filter=etree.fromstring(condition), method="Post").read()
        assert members(posted) == len(held(ZEER))

    def test_its_filter_by_get_is_refused_and_not_passed_over(self, server, log):
        """Q-30: it goes out under a name that no service knows."""
        atlas = WebFeatureService(f"{server.url}/wfs", version="2.0.0", timeout=60)
        log.begin()
        with pytest.raises(Exception, match="query"):
            atlas.getfeature([f"rev_public:{LAYER}"], filter="<fes:Filter/>").read()
        (asked,) = log.asked("/wfs", request="GetFeature")
        assert "<fes:Filter/>" in asked["query"]

    def test_the_ogc_api_is_read_by_pages_box_and_filter(self, server, held):
        atlas = Features(f"{server.url}/ogc/v1/")
        assert set(atlas.feature_collections()) == NAMES
        assert any(item.endswith("/conf/cql2-text") for item in atlas.conformance()["conformsTo"])
        assert "oppervlakte_m2" in atlas.collection_queryables(LAYER)["properties"]
        total = len(held())
        found = [
            item["properties"]["identificatie"]
            for start in range(0, total, 1000)
            for item in atlas.collection_items(LAYER, limit=1000, offset=start)["features"]
        ]
        assert sorted(found) == held()
        inside = atlas.collection_items(LAYER, limit=1000, bbox=list(SYSTEMS["4326"]))
        assert inside["numberMatched"] == len(held(IN_BOX))
        filtered = atlas.collection_items(LAYER, limit=1000, filter=ZEER, **{"filter-lang": "cql2-text"})
        assert filtered["numberMatched"] == len(held(ZEER))
        first = atlas.collection_item(LAYER, held()[0])
        assert first["properties"]["identificatie"] == held()[0]
