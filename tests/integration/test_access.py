"""Who sees what over real HTTP: with the key of one municipality its rows, without it a layer that never existed."""

import csv
import json
import re
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from lxml import etree
from PIL import Image
from tests.conftest import Town

from risicoatlas import catalogue as catalogues
from risicoatlas.access import keys, sessions
from risicoatlas.settings import CHECKOUT

from .conftest import OTHER, OWN, UNPUBLISHED, Answer, ask, new_key

LAYER = "risicolocaties"
# Of the same length, so that Content-Length can be compared.
NEVER = "risicolocatiez"
PUBLIC = tuple(layer.name for layer in catalogues.read(CHECKOUT / "config") if not layer.restricted)
WFS = "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST="
WMS = "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST="
MAP = "STYLES=&CRS=EPSG:31370&BBOX=30000,230000,34000,233000&WIDTH=200&HEIGHT=150&FORMAT=image/png"
TILE = "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&STYLE=&TILEMATRIXSET=EPSG:28992&TILEMATRIX=5&TILEROW=20&TILECOL=3"

# Documents that list what there is.
LISTS = (
    "/", "/?lang=en", "/viewer/", "/viewer/layers.json", "/auth/login",
    "/ogc/v1/", "/ogc/v1/collections", "/ogc/v1/openapi", "/ogc/v1/conformance",
    "/ogc/v1/?f=html", "/ogc/v1/collections?f=html&lang=en", "/ogc/v1/openapi?f=html",
    f"{WFS}GetCapabilities", f"{WFS}DescribeFeatureType", f"{WFS}ListStoredQueries", f"{WFS}DescribeStoredQueries",
    "/geoserver/wfs?SERVICE=WFS&REQUEST=GetCapabilities", "/geoserver/ows?SERVICE=WMS&REQUEST=GetCapabilities",
    f"{WMS}GetCapabilities", "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities",
    "/wmts/1.0.0/WMTSCapabilities.xml", "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities", "/tms/1.0.0/",
)  # fmt: skip
# Addresses of one layer, with its name as {}.
ADDRESSES = (
    "/ogc/v1/collections/{}",
    "/ogc/v1/collections/{}?f=html",
    "/ogc/v1/collections/{}/items",
    "/ogc/v1/collections/{}/items?f=html",
    "/ogc/v1/collections/{}/items?filter=rubriek%3D'2.1'",
    "/ogc/v1/collections/{}/items?rubriek=2.1",
    "/ogc/v1/collections/{}/items?nonsense=1",
    "/ogc/v1/collections/{}/items/RL-99901-00001",
    "/ogc/v1/collections/{}/queryables",
    "/ogc/v1/collections/{}/schema",
    WFS + "GetFeature&TYPENAMES={}",
    WFS + "GetFeature&TYPENAMES=besloten:{}",
    WFS + "GetFeature&TYPENAMES={}&RESULTTYPE=hits",
    WFS + "GetFeature&TYPENAMES={}&OUTPUTFORMAT=application/json",
    WFS + "GetFeature&TYPENAMES={}&CQL_FILTER=rubriek%3D'2.1'",
    WFS + "GetFeature&RESOURCEID={}.RL-99901-00001",
    WFS + "GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID={}.RL-99901-00001",
    WFS + "GetPropertyValue&TYPENAMES={}&VALUEREFERENCE=rubriek",
    WFS + "DescribeFeatureType&TYPENAMES={}",
    "/geoserver/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={}",
    WMS + "GetMap&LAYERS={}&" + MAP,
    WMS + "GetMap&LAYERS=gemeenten,{}&" + MAP.replace("STYLES=", "STYLES=,"),
    WMS + "GetFeatureInfo&LAYERS={0}&QUERY_LAYERS={0}&INFO_FORMAT=application/json&I=9&J=9&" + MAP,
    WMS + "GetLegendGraphic&LAYER={}&FORMAT=image/png",
    WMS + "GetLegendGraphic&LAYER={}&FORMAT=application/json",
    "/wmts?LAYER={}&FORMAT=image/png&" + TILE,
    "/wmts/{}/EPSG:28992/5/3/20.png",
    "/tms/1.0.0/{}",
    "/tms/1.0.0/{}/EPSG:28992/5/3/20.png",
    "/tiles/{}/EPSG:28992/5/3/20.png",
    "/viewer/{}",
    "/{}",
)
# What is told of a building beside its identification, its shape and its numbers.
TEXTS = (
    "naam", "bronhouder", "categorie_kwetsbaarheid", "gebruiksdoelen", "regel", "reden", "reden_en", "artikel",
    "waarschuwingen", "regelset",
)  # fmt: skip
VARYING = {"date", "x-request-id"}


@dataclass(frozen=True)
class Rows:
    """What the list of the sample says of one municipality: identifications, and a text that only it has."""

    own: set[str]
    other: set[str]


@pytest.fixture(scope="module")
def rows(sample_dir: Path) -> Rows:
    with (sample_dir / "risicolocaties" / "risicolocaties.csv").open(encoding="utf-8", newline="") as file:
        found = [(row["nis"], row["identificatie"]) for row in csv.DictReader(file)]
    return Rows({key for nis, key in found if nis == OWN}, {key for nis, key in found if nis == OTHER})


def alike(answer: Answer, name: str) -> tuple[object, ...]:
    """Status, headers and body, the name of the layer put out of sight."""
    headers = [(key.lower(), value) for key, value in answer.headers.items() if key.lower() not in VARYING]
    return answer.status, headers, answer.body.replace(name.encode(), b"<name>")


def members(text: bytes) -> set[str]:
    return {element.text for element in etree.fromstring(text).iter("{*}identificatie")}


class TestWithTheKeyOfOneMunicipality:
    """Its own rows and no other's, in every protocol."""

    def test_ogc_api_gives_its_rows_only(self, url, own_key, rows):
        found = json.loads(ask(f"{url}/ogc/v1/collections/{LAYER}/items?limit=1000", own_key).body)
        assert {feature["id"] for feature in found["features"]} == rows.own
        assert found["numberMatched"] == len(rows.own)
        assert ask(f"{url}/ogc/v1/collections/{LAYER}/items/{min(rows.own)}", own_key).status == 200

    def test_a_row_of_another_municipality_answers_like_one_that_never_existed(self, url, own_key, rows):
        there, never = min(rows.other), "RL-99902-99999"
        for address in (f"/ogc/v1/collections/{LAYER}/items/{{}}", f"{WFS}GetFeature&RESOURCEID={LAYER}.{{}}"):
            hidden, absent = (alike(ask(url + address.format(key), own_key), key) for key in (there, never))
            assert mended(hidden) == mended(absent)

    def test_wfs_gives_its_rows_only(self, url, own_key, rows):
        assert members(ask(f"{url}{WFS}GetFeature&TYPENAMES={LAYER}", own_key).body) == rows.own
        hits = ask(f"{url}{WFS}GetFeature&TYPENAMES={LAYER}&RESULTTYPE=hits", own_key).body
        assert etree.fromstring(hits).get("numberMatched") == str(len(rows.own))

    def test_a_filter_does_not_reach_the_rows_of_another(self, url, own_key, rows):
        wanted = quote(f"gemeentecode = '{OTHER}' OR identificatie = '{min(rows.other)}'")
        found = json.loads(ask(f"{url}/ogc/v1/collections/{LAYER}/items?filter={wanted}", own_key).body)
        assert found["features"] == []
        assert found["numberMatched"] == 0
        assert members(ask(f"{url}{WFS}GetFeature&TYPENAMES={LAYER}&CQL_FILTER={wanted}", own_key).body) == set()

    def test_wms_draws_its_rows_only(self, url, town, own_key):
        own, other = (box_of(town, area) for area in (OWN, OTHER))
        assert colours(map_of(url, own, own_key)) > 1
        assert colours(map_of(url, other, own_key)) == 1
        assert colours(map_of(url, other, new_key(town, "gemeente", OTHER).key)) > 1

    def test_feature_info_tells_of_its_rows_only(self, url, town, own_key):
        for area, expected in ((OWN, 1), (OTHER, 0)):
            x, y = point_in(town, area)
            query = urlencode({
                "LAYERS": LAYER, "QUERY_LAYERS": LAYER, "STYLES": "", "CRS": "EPSG:31370", "WIDTH": 101, "HEIGHT": 101,
                "BBOX": f"{x - 1},{y - 1},{x + 1},{y + 1}", "I": 50, "J": 50, "INFO_FORMAT": "application/json",
                "FORMAT": "image/png",
            })  # fmt: skip
            found = json.loads(ask(f"{url}{WMS}GetFeatureInfo&{query}", own_key).body)
            assert len(found["features"]) >= expected
            assert {row["properties"]["gemeentecode"] for row in found["features"]} <= {OWN}
            assert bool(found["features"]) is bool(expected)

    def test_the_legend_is_there(self, url, own_key):
        legend = ask(f"{url}{WMS}GetLegendGraphic&LAYER={LAYER}&FORMAT=image/png", own_key)
        assert legend.status == 200
        assert legend.headers["Content-Type"] == "image/png"
        assert legend.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("address", [address for address in LISTS if "conformance" not in address])
    def test_the_layer_is_in_every_list(self, url, own_key, address):
        if address in {"/viewer/", "/auth/login", "/ogc/v1/", "/ogc/v1/?f=html"}:
            return
        answer = ask(url + address, own_key)
        assert LAYER in answer.text.lower()
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_no_answer_names_a_row_of_another_municipality(self, url, own_key, rows):
        texts = [ask(url + address, own_key).text for address in LISTS]
        texts += [ask(url + address.format(LAYER), own_key).body.decode("latin-1") for address in ADDRESSES]
        for text in texts:
            assert not any(key in text for key in rows.other)


def mended(found: tuple[object, ...]) -> tuple[object, ...]:
    """Without the time stamp of a WFS answer."""
    status, headers, body = found
    assert isinstance(body, bytes)
    return status, headers, re.sub(rb'timeStamp="[^"]+"', b"", body)


def box_of(town: Town, area: str) -> str:
    """The extent of a municipality's rows, as BBOX in EPSG:31370."""
    with town.database.loader() as connection:
        row = connection.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geometrie) AS e"
            " FROM besloten.risicolocaties WHERE gemeentecode = %s) AS extent",
            [area],
        ).fetchone()
    assert row
    return ",".join(map(str, row))


def point_in(town: Town, area: str) -> tuple[float, float]:
    with town.database.loader() as connection:
        row = connection.execute(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geometrie) AS p FROM besloten.risicolocaties"
            " WHERE gemeentecode = %s ORDER BY ST_Area(geometrie) DESC LIMIT 1) AS point",
            [area],
        ).fetchone()
    assert row
    return row


def map_of(url: str, box: str, key: str) -> Image.Image:
    query = f"LAYERS={LAYER}&STYLES=&CRS=EPSG:31370&WIDTH=400&HEIGHT=300&FORMAT=image/png&BBOX={box}"
    answer = ask(f"{url}{WMS}GetMap&{query}", key)
    assert answer.headers["Content-Type"] == "image/png", answer.text
    return Image.open(BytesIO(answer.body)).convert("RGBA")


def colours(picture: Image.Image) -> int:
    return len(picture.getcolors(maxcolors=1 << 24))


class TestWithoutAKey:
    """The layer is absent everywhere."""

    @pytest.mark.parametrize("address", LISTS)
    def test_no_list_names_the_layer(self, url, address):
        answer = ask(url + address)
        assert answer.status == 200
        assert "risicolocati" not in answer.text.lower()
        assert "risk location" not in answer.text.lower()
        # of the real names of tables and namespaces neither
        assert "besloten" not in answer.text.lower()

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_its_address_answers_like_one_that_never_existed(self, url, address):
        hidden, never = ask(url + address.format(LAYER)), ask(url + address.format(NEVER))
        assert hidden.status in {400, 404} or "wms" in address
        assert alike(hidden, LAYER) == alike(never, NEVER)

    @pytest.mark.parametrize("address", [ADDRESSES[2], ADDRESSES[10], ADDRESSES[20], "/tiles/{}/EPSG:28992/5/3/20.png"])
    def test_its_address_answers_as_fast_as_one_that_never_existed(self, url, address):
        times: dict[str, list[float]] = {LAYER: [], NEVER: []}
        for _ in range(20):
            for name, taken in times.items():
                began = time.perf_counter()
                ask(url + address.format(name))
                taken.append(time.perf_counter() - began)
        hidden, never = min(times[LAYER]), min(times[NEVER])
        # reading the layer takes several milliseconds more
        assert abs(hidden - never) < 0.5 * max(hidden, never) + 0.0005

    def test_a_key_of_another_role_does_not_see_it_either(self, url, town):
        key = new_key_of_bronhouder(town)
        assert LAYER not in ask(f"{url}/ogc/v1/collections", key).text
        hidden, never = (ask(url + ADDRESSES[2].format(name), key) for name in (LAYER, NEVER))
        assert alike(hidden, LAYER) == alike(never, NEVER)

    def test_a_filter_on_a_public_layer_cannot_name_it(self, url):
        answer = ask(f"{url}{WFS}GetFeature&TYPENAMES=gemeenten&CQL_FILTER={quote(LAYER + '.rubriek = 1')}")
        assert answer.status == 400


def new_key_of_bronhouder(town: Town) -> str:
    with town.database.loader() as connection:
        return keys.create(connection, "proef", "bronhouder", "RASMP", (), 1).key


@pytest.fixture(scope="module")
def published(url: str) -> dict[str, str]:
    """Every public layer in full, as everybody may read it."""
    wanted = [f"/ogc/v1/collections/{name}/items?limit=10000" for name in PUBLIC]
    wanted += [f"{WFS}GetFeature&TYPENAMES={name}" for name in PUBLIC]
    return {address: ask(url + address).text for address in (*wanted, *LISTS)}


class TestWhatIsPublished:
    def test_every_object_was_looked_at(self, published, town):
        with town.database.loader() as connection:
            counts = dict(connection.execute("SELECT laag, aantal FROM publiek.laag_stand").fetchall())
        assert set(counts) == set(PUBLIC)
        for name in PUBLIC:
            page = json.loads(published[f"/ogc/v1/collections/{name}/items?limit=10000"])
            assert len(page["features"]) == counts[name] > 0

    def test_buildings_of_a_municipality_that_did_not_publish_are_nowhere(self, published, town):
        with town.database.loader() as connection:
            hidden = {
                key
                for (key,) in connection.execute(
                    "SELECT identificatie FROM register.pand WHERE gemeentecode = %s", [UNPUBLISHED]
                )
            }
            served = connection.execute("SELECT DISTINCT gemeentecode FROM publiek.kgl_public").fetchall()
        assert hidden
        assert UNPUBLISHED not in {code for (code,) in served}
        for text in published.values():
            assert not hidden & set(re.findall(r"(?<!\d)\d{16}(?!\d)", text))

    def test_no_business_and_no_registration_is_named(self, published, sample_dir):
        secret = set()
        for list_name, columns in (
            ("kvk", ("handelsnaam", "kvk_nummer", "vestigingsnummer")), ("lrk", ("naam", "lrk_id")), ("duo", ("naam",)),
        ):  # fmt: skip
            with (sample_dir / list_name / f"{list_name}.csv").open(encoding="utf-8", newline="") as file:
                secret |= {row[column] for row in csv.DictReader(file) for column in columns if row[column]}
        assert len(secret) > 100
        named = re.compile("|".join(rf"\b{re.escape(text)}\b" for text in sorted(secret)))
        for address, text in published.items():
            assert not named.search(text), address

    def test_a_shelter_reads_like_any_other_building_of_its_rule(self, published, town):
        """No column that is not of the BAG itself tells 87.90.2 from the other codes of the same rule."""
        with town.database.loader() as connection:
            told = connection.execute(
                "SELECT k.regel, t.code = '87902', k.categorie_kwetsbaarheid, k.reden, k.reden_en, k.artikel,"
                " k.waarschuwingen, k.naam, k.bevoegdgezag = k.bronhouder, k.regelset"
                " FROM register.registertreffer t JOIN register.verblijfsobject_pand v USING (verblijfsobject)"
                " JOIN publiek.kgl_public k ON k.id_pand_bag = v.pand AND k.publicatie_tot IS NULL"
                " WHERE t.register = 'kvk' AND t.code LIKE '87%'"
                " AND k.regel IN (SELECT l.regel FROM register.kgl_label l"
                " WHERE l.invoer -> 'treffers' @> '[{\"code\": \"87902\"}]')"
            ).fetchall()
        shelters = {(row[0], *row[2:]) for row in told if row[1]}
        others = {(row[0], *row[2:]) for row in told if not row[1]}
        assert shelters
        assert shelters <= others
        page = json.loads(published["/ogc/v1/collections/kgl_public/items?limit=10000"])
        texts = {str(feature["properties"][name]) for feature in page["features"] for name in TEXTS}
        assert len(texts) > len(TEXTS)
        assert not any("87902" in text or "87.90.2" in text for text in texts)


class TestCredentials:
    @pytest.mark.parametrize("address", ["/", "/ogc/v1/collections", f"{WFS}GetCapabilities", f"{WMS}GetCapabilities",
                                         "/tiles/gemeenten/EPSG:28992/5/3/20.png", "/health/ready"])  # fmt: skip
    @pytest.mark.parametrize("headers", [{"X_API_Key": "ra_0_unknown"}, {"Authorization": "Basic cWdpczp1bmtub3du"}])
    def test_an_invalid_key_is_refused_on_public_addresses_too(self, url, address, headers):
        answer = ask(url + address, **headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")

    def test_a_revoked_key_is_refused_at_once(self, url, town):
        made = new_key(town, "gemeente", OWN)
        address = f"{url}/ogc/v1/collections/{LAYER}"
        assert ask(address, made.key).status == 200
        with town.database.loader() as connection:
            keys.revoke(connection, made.id)
        assert ask(address, made.key).status == 401
        assert ask(f"{url}/ogc/v1/collections", made.key).status == 401

    def test_a_login_in_the_browser_makes_the_layer_visible(self, url, own_key):
        form = ask(f"{url}/auth/login")
        token = re.search(r'name="csrf" value="([^"]+)"', form.text)[1]
        sent = urlencode({"csrf": token, "key": own_key}).encode()
        done = ask(f"{url}/auth/login", data=sent, Cookie=form.headers["Set-Cookie"].partition(";")[0])
        cookies = SimpleCookie("; ".join(done.headers.get_all("Set-Cookie")))
        session = f"{sessions.COOKIE}={cookies[sessions.COOKIE].value}"
        assert done.status == 303
        assert LAYER in ask(f"{url}/ogc/v1/collections", Cookie=session).text
        assert LAYER in ask(f"{url}/viewer/layers.json", Cookie=session).text
        assert LAYER not in ask(f"{url}/ogc/v1/collections").text

    def test_each_use_of_a_restricted_layer_leaves_an_audit_row(self, url, town):
        made = new_key(town, "gemeente", OWN)
        asked = [
            ADDRESSES[2],
            ADDRESSES[10],
            ADDRESSES[20],
            ADDRESSES[22],
            ADDRESSES[23],
            "/ogc/v1/collections/gemeenten",
        ]
        requests = {ask(url + address.format(LAYER), made.key).headers["X-Request-Id"]: address for address in asked}
        with town.database.loader() as connection:
            audited = connection.execute(
                "SELECT verzoek_id, handeling, onderwerp, uitkomst FROM beheer.audit"
                " WHERE sleutel_id = %s AND verzoek_id IS NOT NULL",
                [made.id],
            ).fetchall()
        used = {request for request, address in requests.items() if "gemeenten" not in address}
        assert set(audited) == {(request, "raadplegen", LAYER, "gelukt") for request in used}

    def test_no_key_is_written_to_the_log(self, server, url, own_key):
        ask(f"{url}/ogc/v1/collections?api_key={own_key}")
        time.sleep(0.2)
        log = server.log.read_text()
        assert "/ogc/v1/collections" in log
        assert own_key not in log
