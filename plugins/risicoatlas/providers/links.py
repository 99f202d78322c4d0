"""Links of the OGC API: always absolute, from the public address, and never with a credential in them."""

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

from risicoatlas.catalogue import Layer, License
from risicoatlas.features import geojson
from risicoatlas.metadata import links as metadata_links
from risicoatlas.metadata.record import Record
from risicoatlas.providers.downloads import DOWNLOADS
from risicoatlas.providers.visit import ItemsRequest
from risicoatlas.settings import Settings
from risicoatlas.wfs import links as wfs_links

JSON = "application/json"
XML = "application/xml"
SCHEMA = "application/schema+json"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
HTML = "text/html"
TITLES = {
    "self": {"nl": "Dit document", "en": "This document"},
    "alternate": {"nl": "Dit document als HTML", "en": "This document as HTML"},
    "next": {"nl": "Volgende pagina", "en": "Next page"},
    "prev": {"nl": "Vorige pagina", "en": "Previous page"},
    "collection": {"nl": "De collectie", "en": "The collection"},
    "related": {"nl": "Uitleg bij dit object", "en": "This feature explained"},
    f"{REL}sortables": {"nl": "Kenmerken om op te sorteren", "en": "Properties to sort by"},
    f"{REL}functions": {"nl": "Functies voor filters", "en": "Functions for filters"},
    "iso": {"nl": "Metadata (ISO 19139)", "en": "Metadata (ISO 19139)"},
    "dcat": {"nl": "Metadata (DCAT)", "en": "Metadata (DCAT)"},
    "source": {"nl": "Metadata van de bronhouder", "en": "Metadata of the data owner"},
    "describedBy": {"nl": "Schema van de objecten in XML", "en": "Schema of the features in XML"},
}

Link = dict[str, str]
# Parameters by name, each with its value as it stands in an address.
Encoded = list[tuple[str, str]]


def link(rel: str, href: str, media_type: str, language: str) -> Link:
    title = TITLES.get(rel, {}).get(language, rel)
    return {"rel": rel, "type": media_type, "title": title, "href": href}


def page(request: ItemsRequest, collection_url: str, language: str, around: Mapping[str, str]) -> list[Link]:
    """Self, alternate, collection, and the pages ``around`` by relation, each with its cursor."""
    # Each pair is encoded once: the links of a small page took as long as its rows.
    kept = [(name, urlencode([(name, value)])) for name, value in request.repeated if name != "f"]
    query = [pair for pair in kept if pair[0] not in {"offset", "cursor"}]

    def href(form: str, pairs: Encoded) -> str:
        return f"{collection_url}/items?" + "&".join([f"f={form}", *(text for _, text in pairs)])

    found = [
        link("self", href("json", kept), geojson.MEDIA_TYPE, language),
        link("alternate", href("html", kept), HTML, language),
        *_as_files(request, kept, href, language),
        link("collection", collection_url, JSON, language),
    ]
    for rel in ("prev", "next"):
        if rel in around:
            address = href("json", [*query, ("cursor", urlencode([("cursor", around[rel])]))])
            found.append(link(rel, address, geojson.MEDIA_TYPE, language))
    if request.method != "GET":
        found = [
            {**item, "method": request.method} if item["rel"] in {"prev", "next", "self"} else item for item in found
        ]
    return found


def _as_files(
    request: ItemsRequest, repeated: Encoded, href: Callable[[str, Encoded], str], language: str
) -> list[Link]:
    """The same features as files: with the limit said, since a file without one holds everything. Changes are none."""
    if request.query.since is not None:
        return []
    kept = [*(pair for pair in repeated if pair[0] != "limit"), ("limit", f"limit={request.limit}")]
    words = {"nl": "Deze objecten als", "en": "These features as"}[language]
    return [
        {
            "rel": "alternate",
            "type": item.media_type,
            "title": f"{words} {item.title}",
            "href": href(item.name, kept),
        }
        for item in DOWNLOADS
    ]


def whole_as_files(collection_url: str, language: str) -> list[Link]:
    """Everything of a collection in each format, as it is now."""
    words = {"nl": "Alle objecten als", "en": "All features as"}[language]
    return [
        {
            "rel": "items",
            "type": item.media_type,
            "title": f"{words} {item.title}",
            "href": f"{collection_url}/items?f={item.name}",
        }
        for item in DOWNLOADS
    ]


def described_by(layer: Layer, settings: Settings, language: str) -> Link:
    """The XML schema of the WFS: GDAL takes types from it, and guesses them from the first page where it is missing.

    It looks for ``describedBy`` in the spelling of OGC 17-069 and for the plain media type.
    """
    address = wfs_links.describe_url(wfs_links.base_url(settings), (layer,))
    return link("describedBy", address, XML, language)


def metadata(record: Record, language: str) -> list[Link]:
    """Licence, ISO record, catalogue and, where it is known, the data owner's record of a layer."""
    found = [
        license(record.license),
        _describing("iso", record.address, metadata_links.ISO_XML, language),
        _describing("dcat", metadata_links.catalog(record.settings), metadata_links.JSON_LD, language),
    ]
    if record.layer.metadata_url:
        found.append(_describing("source", record.layer.metadata_url, XML, language))
    return found


def license(terms: License) -> Link:
    return {"rel": "license", "type": HTML, "title": terms.name, "href": terms.url}


def catalogue(settings: Settings, language: str) -> Link:
    """The DCAT catalogue of everything that is on offer."""
    return _describing("dcat", metadata_links.catalog(settings), metadata_links.JSON_LD, language)


def _describing(title: str, href: str, media_type: str, language: str) -> Link:
    return {"rel": "describedby", "type": media_type, "title": TITLES[title][language], "href": href}


def item(collection_url: str, key: str, language: str, repeated: list[tuple[str, str]]) -> list[Link]:
    """Links of one feature."""
    kept = [pair for pair in repeated if pair[0] != "f"]
    address = f"{collection_url}/items/{quote(key, safe='')}"
    return [
        link("self", f"{address}?{urlencode([('f', 'json'), *kept])}", geojson.MEDIA_TYPE, language),
        link("alternate", f"{address}?{urlencode([('f', 'html'), *kept])}", HTML, language),
        link("collection", collection_url, JSON, language),
    ]
