"""The XML schemas of OGC, ISO and W3C without a network: public addresses in, files of installed packages out.

pycsw carries FES, OWS, GML and ISO 19139, MapProxy WMS, WMTS and SLD. ``wfs.xsd`` is in no package: answers are
validated against ``tests/standards/wfs_answers.xsd``, and against the official one too where ``../shared/data/xsd`` is
beside the checkout.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from risicoatlas.settings import CHECKOUT

OGC = "http://schemas.opengis.net/"
XSD = "http://www.w3.org/2001/XMLSchema"
WFS_ADDRESS = f"{OGC}wfs/2.0/wfs.xsd"
OWN_WFS = CHECKOUT / "tests" / "standards" / "wfs_answers.xsd"
OFFICIAL_WFS = CHECKOUT.parent / "shared" / "data" / "xsd" / "opengis" / "wfs" / "2.0" / "wfs.xsd"
# Namespaces of every compiled schema and where their publishers keep them.
WFS_20 = (
    ("http://www.opengis.net/wfs/2.0", WFS_ADDRESS),
    ("http://www.opengis.net/gml/3.2", f"{OGC}gml/3.2.1/gml.xsd"),
    ("http://www.opengis.net/ows/1.1", f"{OGC}ows/1.1.0/owsAll.xsd"),
)


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it: pycsw needs more than its files."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise LookupError(f"the package {name} is not installed, and its schemas are needed")
    return Path(found.origin).parent


@lru_cache
def _folders() -> dict[str, Path]:
    """Beginnings of addresses and the folders that hold what lies under them."""
    pycsw = _package("pycsw")
    mapproxy = _package("mapproxy") / "test" / "schemas"
    ogc = pycsw / "core" / "schemas" / "ogc"
    iso = pycsw / "plugins" / "profiles" / "apiso" / "schemas" / "ogc" / "iso" / "19139"
    return {
        f"{OGC}gml/": ogc / "gml",
        f"{OGC}filter/": ogc / "filter",
        f"{OGC}ows/": ogc / "ows",
        f"{OGC}csw/": ogc / "csw",
        f"{OGC}iso/19139/": iso,
        f"{OGC}wms/": mapproxy / "wms",
        f"{OGC}wmts/": mapproxy / "wmts",
        f"{OGC}sld/": mapproxy / "sld",
        "http://www.w3.org/1999/": pycsw / "core" / "schemas" / "w3c" / "1999",
        "http://www.w3.org/2001/": pycsw / "core" / "schemas" / "w3c" / "2001",
    }


def path_of(address: str, wfs: Path = OWN_WFS) -> Path | None:
    """The file of a schema's public address, whether it is written with http or https."""
    public = address.replace("https://", "http://", 1)
    if public == WFS_ADDRESS:
        return wfs
    for beginning, folder in _folders().items():
        if public.startswith(beginning):
            return folder / public.removeprefix(beginning)
    return None


class _Offline(etree.Resolver):
    """Resolves public addresses to files, and the names ``application:<n>`` to documents held in memory."""

    def __init__(self, wfs: Path, documents: tuple[bytes, ...]) -> None:
        super().__init__()
        self.wfs = wfs
        self.documents = documents

    def resolve(self, system_url: str, public_id: object, context: object) -> object:
        kind, _, rest = system_url.partition(":")
        if kind == "application":
            return self.resolve_string(self.documents[int(rest)], context, base_url=system_url)
        found = path_of(system_url, self.wfs)
        return self.resolve_filename(str(found), context) if found else None


@dataclass(frozen=True)
class Validator:
    """One or two schemas, all of which must accept a document."""

    schemas: tuple[etree.XMLSchema, ...]

    def assertValid(self, root: etree._Element) -> None:  # noqa: N802 - the name of lxml
        for schema in self.schemas:
            schema.assertValid(root)


@lru_cache(maxsize=64)
def compile(*application: bytes) -> Validator:
    """WFS, GML and OWS and, where given, application schemas as one, for each ``wfs.xsd`` that is at hand."""
    found = tuple(path for path in (OWN_WFS, OFFICIAL_WFS) if path.is_file())
    return Validator(tuple(schema(WFS_20, *application, wfs=path) for path in found))


def schema(namespaces: tuple[tuple[str, str], ...], *application: bytes, wfs: Path = OWN_WFS) -> etree.XMLSchema:
    """The schemas of these namespaces and of the application as one, read from files alone."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Offline(wfs, application))
    own = [
        (etree.fromstring(document).get("targetNamespace"), f"application:{number}")
        for number, document in enumerate(application)
    ]
    imports = "".join(f'<xsd:import namespace="{uri}" schemaLocation="{place}"/>' for uri, place in (*namespaces, *own))
    return etree.XMLSchema(etree.fromstring(f'<xsd:schema xmlns:xsd="{XSD}">{imports}</xsd:schema>', parser))
