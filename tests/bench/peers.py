"""The peers of the service on the same table: how each is installed, started and asked.

MapServer and QGIS Server come from Debian and run as FastCGI behind lighttpd, the Python ones in an environment of
their own, made when it is not there. Two processes each, like ours. A peer that cannot answer a task says None.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from urllib.parse import quote, urlencode

from tests.bench import stock
from tests.bench.ground import Ground
from tests.bench.processes import free_port, server

WORKERS = 2
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Row:
    """One row by the key that people know, and by the number that MapServer and QGIS Server need for a key."""

    identificatie: str
    nummer: int


@dataclass(frozen=True)
class Ask:
    """What is asked of any server: ``form`` is geojson or gml, ``box`` is in RD or, for the OGC API, in degrees."""

    form: str = "geojson"
    count: int | None = None
    offset: int = 0
    box: Box | None = None
    row: "Row | None" = None
    hits: bool = False
    capabilities: bool = False


Address = Callable[[Ask], str | None]


@dataclass(frozen=True)
class Peer:
    """A server: its name, its port once it runs, and the path for a task in WFS and in the OGC API."""

    name: str
    port: int
    wfs: Address = field(default=lambda ask: None)
    ogcapi: Address = field(default=lambda ask: None)


def _query(base: str, pairs: Mapping[str, object]) -> str:
    separator = "&" if "?" in base else "?"
    return f"{base}{separator}{urlencode({name: value for name, value in pairs.items() if value is not None})}"


# How WFS 2.0 calls its parameters, and how 1.1.0 does (QGIS Server 3.22 speaks no 2.0).
WFS_2 = {"version": "2.0.0", "names": "typeNames", "count": "count", "ids": "resourceId"}
WFS_1_1 = {"version": "1.1.0", "names": "typeName", "count": "maxFeatures", "ids": "featureId"}


def wfs_address(
    base: str, layer: str, geojson: str, gml: str, names: Mapping[str, str] = WFS_2, key: str = "identificatie"
) -> Address:
    """GetFeature as every WFS takes it; ``key`` is the field of :class:`Row` that its resource ids hold."""

    def address(ask: Ask) -> str | None:
        common = {"service": "WFS", "version": names["version"]}
        if ask.capabilities:
            return _query(base, {**common, "request": "GetCapabilities"})
        box = None if ask.box is None else ",".join(map(str, ask.box)) + ",urn:ogc:def:crs:EPSG::28992"
        pairs: dict[str, object] = {**common, "request": "GetFeature", names["names"]: layer}
        if ask.hits:
            return _query(base, {**pairs, "resultType": "hits", "bbox": box})
        return _query(
            base,
            {
                **pairs,
                "outputFormat": geojson if ask.form == "geojson" else gml,
                "srsName": "urn:ogc:def:crs:EPSG::28992",
                names["count"]: ask.count,
                "startIndex": ask.offset or None,
                "bbox": box,
                names["ids"]: None if ask.row is None else f"panden.{getattr(ask.row, key)}",
            },
        )

    return address


def ogcapi_address(base: str, collection: str, *, hits: str, key: str = "identificatie", form: str = "json") -> Address:
    """``items`` of the OGC API in longitude and latitude; ``hits`` asks for the number with the least beside it."""

    def address(ask: Ask) -> str | None:
        if ask.capabilities:
            return f"{base}/collections?f=json"
        path = f"{base}/collections/{collection}/items"
        if ask.form != "geojson":
            return None
        if ask.row is not None:
            return f"{path}/{getattr(ask.row, key)}?f={form}"
        box = None if ask.box is None else ",".join(map(str, ask.box))
        if ask.hits:
            return _query(f"{path}?{hits}", {"f": form, "bbox": box})
        return _query(path, {"f": form, "limit": ask.count, "offset": ask.offset or None, "bbox": box})

    return address


@contextlib.contextmanager
def ours(ground: Ground) -> Iterator[Peer]:
    """The service as it runs: two processes with threads."""
    port = free_port()
    options = [
        "-k",
        "risicoatlas.worker.LingeringWorker",
        "-w",
        str(WORKERS),
        "--threads",
        "16",
        "--keep-alive",
        "30",
        "--limit-request-line",
        "0",
    ]
    command = [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", "--log-level", "error"]
    with server([*command, "tests.bench.ours_both:application"], ground.environ(port), port, "/ogc/v1/conformance"):
        yield Peer(
            "RisicoAtlas",
            port,
            wfs_address("/wfs", "rev_public:panden", "application/json", "application/gml+xml; version=3.2"),
            ogcapi_address("/ogc/v1", "panden", hits="limit=1"),
        )


@contextlib.contextmanager
def pygeoapi(ground: Ground) -> Iterator[Peer]:
    """pygeoapi with its own PostgreSQL provider."""
    port, python = free_port(), stock.python(ground.folder)
    options = [
        "-k",
        "gthread",
        "-w",
        str(WORKERS),
        "--threads",
        "16",
        "-b",
        f"127.0.0.1:{port}",
        "--log-level",
        "error",
    ]
    command = [str(python), "-m", "gunicorn", *options, "pygeoapi.flask_app:APP"]
    with server(command, stock.environ(ground, port), port, "/collections/panden"):
        yield Peer("pygeoapi", port, ogcapi=ogcapi_address("", "panden", hits="resulttype=hits"))


@contextlib.contextmanager
def tipg(ground: Ground) -> Iterator[Peer]:
    """tipg behind uvicorn."""
    port = free_port()
    python = _environment(ground.folder / "tipg", "tipg", "uvicorn")
    environ = {
        **os.environ,
        # its settings refuse an address without a host
        "DATABASE_URL": f"postgresql://postgres@{quote(str(ground.cluster.socket_folder), safe='')}/risicoatlas",
        "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_DB_TABLES": '["public.panden"]',
        "TIPG_MAX_FEATURES_PER_QUERY": "1000000",
        "TIPG_DEFAULT_FEATURES_LIMIT": "10",
    }
    command = [str(python), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--workers", str(WORKERS)]
    with server([*command, "--log-level", "error"], environ, port, "/collections/public.panden"):
        yield Peer(
            "tipg", port, ogcapi=ogcapi_address("", "public.panden", hits="limit=1", key="nummer", form="geojson")
        )


@contextlib.contextmanager
def mapserver(ground: Ground) -> Iterator[Peer]:
    """MapServer 8 as FastCGI."""
    port, folder = free_port(), ground.home / "mapserver"
    folder.mkdir(exist_ok=True)
    mapfile, config = folder / "bench.map", folder / "mapserver.conf"
    mapfile.write_text(_MAPFILE.format(port=port, host=ground.cluster.socket_folder), encoding="utf-8")
    config.write_text(f'CONFIG\n ENV\n "MS_MAP_NO_PATH" "1"\n END\n MAPS\n "bench" "{mapfile}"\n END\nEND\n')
    environ = {"MAPSERVER_CONFIG_FILE": str(config), "MS_MAP_NO_PATH": "1"}
    with _lighttpd(folder, port, "/mapserv", Path("/usr/lib/cgi-bin/mapserv"), environ):
        yield Peer(
            "MapServer",
            port,
            wfs_address("/mapserv?map=bench", "panden", "geojson", "application/gml+xml; version=3.2", key="nummer"),
        )


@contextlib.contextmanager
def qgis(ground: Ground) -> Iterator[Peer]:
    """QGIS Server as FastCGI."""
    port, folder = free_port(), ground.home / "qgis"
    folder.mkdir(exist_ok=True)
    project = folder / "bench.qgs"
    environ = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
    source = f"dbname='risicoatlas' host={ground.cluster.socket_folder} user='postgres' key='nummer' srid=28992"
    subprocess.run(
        [
            "/usr/bin/python3",
            "-c",
            _QGIS_PROJECT,
            f'{source} type=MultiPolygon table="public"."panden" (geometrie)',
            project,
        ],
        check=True,
        env={**_plain_environ(), **environ},
        stderr=subprocess.DEVNULL,
    )
    environ["QGIS_PROJECT_FILE"] = str(project)
    with _lighttpd(folder, port, "/qgis", Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi"), environ):
        yield Peer("QGIS Server", port, wfs_address("/qgis", "panden", "application/json", "GML3", WFS_1_1, "nummer"))


@contextlib.contextmanager
def gisserver(ground: Ground) -> Iterator[Peer]:
    """django-gisserver behind gunicorn, its GML and GeoJSON as it makes them by default."""
    port, folder = free_port(), ground.home / "gisserver"
    folder.mkdir(exist_ok=True)
    python = _environment(ground.folder / "gis", "django-gisserver", "gunicorn", "psycopg[binary]")
    (folder / "bench_site.py").write_text(_DJANGO, encoding="utf-8")
    environ = {**_plain_environ(), "PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "bench_site"}
    environ["BENCH_HOST"] = str(ground.cluster.socket_folder)
    options = [
        "-w",
        str(WORKERS),
        "-k",
        "gthread",
        "--threads",
        "16",
        "-b",
        f"127.0.0.1:{port}",
        "--log-level",
        "error",
    ]
    command = [str(python), "-m", "gunicorn", *options, "bench_site:application"]
    with server(command, environ, port, "/wfs?service=WFS&version=2.0.0&request=GetCapabilities"):
        yield Peer(
            "django-gisserver",
            port,
            wfs_address("/wfs", "app:panden", "geojson", "application/gml+xml; version=3.2", key="nummer"),
        )


PEERS: Mapping[str, Callable[[Ground], contextlib.AbstractContextManager[Peer]]] = {
    "mapserver": mapserver,
    "qgis": qgis,
    "pygeoapi": pygeoapi,
    "tipg": tipg,
    "gisserver": gisserver,
}


def _plain_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def _environment(folder: Path, *packages: str) -> Path:
    """The interpreter of an environment of its own, made when it is not there (needs the package index)."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


@contextlib.contextmanager
def _lighttpd(folder: Path, port: int, path: str, program: Path, environ: Mapping[str, str]) -> Iterator[None]:
    for needed in (shutil.which("lighttpd", path=f"{os.environ['PATH']}:/usr/sbin"), program):
        if needed is None or not Path(needed).exists():
            raise RuntimeError(
                f"{program.name} or lighttpd is missing: install Debian's cgi-mapserver, qgis-server, lighttpd"
            )
    assigned = ", ".join(f'"{name}" => {json.dumps(value)}' for name, value in environ.items())
    config = folder / "lighttpd.conf"
    config.write_text(
        dedent(f"""\
            server.modules = ("mod_fastcgi")
            server.document-root = "{folder}"
            server.port = {port}
            server.bind = "127.0.0.1"
            server.max-keep-alive-requests = 100000
            server.stream-response-body = 2
            fastcgi.server = ("{path}" => ((
              "bin-path" => "{program}", "socket" => "{folder}/fcgi.sock", "max-procs" => {WORKERS},
              "check-local" => "disable", "bin-environment" => ({assigned})
            )))
            """),
        encoding="utf-8",
    )
    command = ["/usr/sbin/lighttpd", "-D", "-f", str(config)]
    with server(command, _plain_environ(), port, f"{path}?map=bench&service=WFS&request=GetCapabilities"):
        yield


_MAPFILE = """
MAP
  NAME "bench"
  EXTENT 0 300000 300000 640000
  SIZE 100 100
  PROJECTION "init=epsg:28992" END
  OUTPUTFORMAT
    NAME "geojson"
    DRIVER "OGR/GEOJSON"
    MIMETYPE "application/json; subtype=geojson; charset=utf-8"
    FORMATOPTION "STORAGE=stream"
    FORMATOPTION "FORM=SIMPLE"
    FORMATOPTION "LCO:COORDINATE_PRECISION=3"
  END
  WEB METADATA
    "wfs_title" "bench"
    "wfs_onlineresource" "http://127.0.0.1:{port}/mapserv"
    "wfs_enable_request" "*"
    "wfs_srs" "EPSG:28992 EPSG:4326"
    "wfs_getfeature_formatlist" "geojson"
  END END
  LAYER
    NAME "panden"
    TYPE POLYGON
    STATUS ON
    CONNECTIONTYPE POSTGIS
    CONNECTION "dbname=risicoatlas host={host} user=postgres"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    DATA "geometrie from (select * from public.panden) as t using unique nummer using srid=28992"
    PROJECTION "init=epsg:28992" END
    METADATA
      "wfs_title" "panden"
      "wfs_srs" "EPSG:28992 EPSG:4326"
      "gml_include_items" "all"
      "gml_featureid" "nummer"
      "gml_types" "auto"
    END
  END
END
"""
_QGIS_PROJECT = """
import sys
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(sys.argv[1], "panden", "postgres")
assert layer.isValid()
project = QgsProject.instance()
project.setCrs(QgsCoordinateReferenceSystem("EPSG:28992"))
project.addMapLayer(layer)
project.writeEntry("WFSLayers", "/", [layer.id()])
project.writeEntry("WFSLayersPrecision", layer.id(), 3)
assert project.write(sys.argv[2])
"""
_DJANGO = """
import os
from django.conf import settings
SECRET_KEY = "bench"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench_site"
INSTALLED_APPS = ["django.contrib.gis", "gisserver"]
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.contrib.gis.db.backends.postgis", "NAME": "risicoatlas", "USER": "postgres",
  "HOST": os.environ["BENCH_HOST"], "CONN_MAX_AGE": 600}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
if not settings.configured:
    settings.configure(**{name: value for name, value in globals().items() if name.isupper()})
import django
django.setup()
from django.contrib.gis.db import models
from django.core.wsgi import get_wsgi_application
from django.urls import path
from gisserver.features import FeatureType, ServiceDescription
from gisserver.geometries import CRS
from gisserver.views import WFSView


class Panden(models.Model):
    nummer = models.BigIntegerField(primary_key=True)
    identificatie = models.TextField()
    naam = models.TextField(null=True)
    gemeentecode = models.TextField(null=True)
    begin_geldigheid = models.DateTimeField(null=True)
    status = models.TextField(null=True)
    bouwjaar = models.BigIntegerField(null=True)
    oppervlakte_m2 = models.FloatField(null=True)
    publicatie = models.BigIntegerField(null=True)
    geometrie = models.MultiPolygonField(srid=28992)

    class Meta:
        app_label = "gisserver"
        managed = False
        db_table = "panden"


RD = CRS.from_string("urn:ogc:def:crs:EPSG::28992")


class View(WFSView):
    xml_namespace = "http://example.org/gisserver"
    max_page_size = 1000000
    service_description = ServiceDescription(
        title="bench", abstract="", keywords=[], provider_name="x", provider_site="x", contact_person="x"
    )
    feature_types = [FeatureType(Panden.objects.all(), name="panden", fields="__all__", crs=RD, other_crs=[])]


urlpatterns = [path("wfs", View.as_view())]
application = get_wsgi_application()
"""
