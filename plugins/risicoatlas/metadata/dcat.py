"""The catalogue as DCAT in JSON-LD: records in, one self-contained dictionary out (its context needs no other host)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from risicoatlas.catalogue import Text
from risicoatlas.description import Description
from risicoatlas.metadata import links, record
from risicoatlas.metadata.record import SERVICES, Distribution, Endpoint, Record
from risicoatlas.settings import Settings

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "geo": "http://www.opengis.net/ont/geosparql#",
}
_MEDIA_TYPES = "http://www.iana.org/assignments/media-types/"
_LANGUAGES = "http://publications.europa.eu/resource/authority/language/"

Node = dict[str, Any]


def catalog(records: Iterable[Record], settings: Settings, about: Description, modified: date) -> Node:
    """``dcat:Catalog`` with a dataset per record and every service."""
    shown = tuple(records)
    return {
        "@context": CONTEXT,
        "@id": links.catalog(settings),
        "@type": "dcat:Catalog",
        "dct:title": _both(about.title),
        "dct:description": _both(about.text),
        "dct:publisher": _publisher(about),
        "dct:license": _at(about.license.url),
        "dct:language": [_at(_LANGUAGES + "NLD"), _at(_LANGUAGES + "ENG")],
        "dct:modified": _typed(modified, "date"),
        "foaf:homepage": _at(f"{settings.public_url}/"),
        "dcat:dataset": [dataset(item) for item in shown],
        "dcat:service": [_service(item, settings, about, shown) for item in SERVICES],
    }


def dataset(found: Record) -> Node:
    """``dcat:Dataset`` of one layer."""
    layer, about, state = found.layer, found.about, found.standing
    node: Node = {
        "@id": found.page,
        "@type": "dcat:Dataset",
        "dct:identifier": str(found.identifier),
        "dct:title": _texts(layer.title),
        "dct:description": [
            _in(language, f"{layer.description.get(language)} {record.summary(found, language)}")
            for language in ("nl", "en")
        ],
        "dcat:keyword": [_in(language, word) for language in ("nl", "en") for word in found.keywords(language)],
        "dcat:theme": _at(about.theme),
        "dct:publisher": _publisher(about),
        "dcat:contactPoint": _contact(about),
        "dct:license": _at(found.license.url),
        "dct:rights": {"@type": "dct:RightsStatement", "dct:description": _texts(found.attribution)},
        "dct:modified": _typed(found.modified, "date"),
        "dct:spatial": _location(found),
        "dcat:landingPage": _at(f"{found.page}?f=html"),
        "foaf:page": [_at(found.address), *([_at(layer.metadata_url)] if layer.metadata_url else [])],
        "dcat:distribution": [_distribution(item, found) for item in found.distributions],
    }
    if state.published:
        node["dct:issued"] = _typed(state.published.date(), "date")
    if state.source_date:
        node["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:endDate": _typed(state.source_date, "date")}
    return node


def _distribution(item: Distribution, found: Record) -> Node:
    node: Node = {
        "@type": "dcat:Distribution",
        "dct:title": f"{item.title}: {item.name}",
        "dct:license": _at(found.license.url),
        "dcat:accessURL": _at(item.address),
        "dcat:mediaType": _at(_MEDIA_TYPES + item.media_type),
    }
    if item.endpoint is None:
        node["dcat:downloadURL"] = _at(item.address)
    else:
        node["dcat:accessService"] = _at(links.service(found.settings, item.endpoint.key))
    return node


def _service(item: Endpoint, settings: Settings, about: Description, records: tuple[Record, ...]) -> Node:
    return {
        "@id": links.service(settings, item.key),
        "@type": "dcat:DataService",
        "dct:title": item.title,
        "dct:identifier": str(record.identifier(settings, about, f"services/{item.key}")),
        "dcat:endpointURL": _at(settings.public_url + item.address),
        "dcat:endpointDescription": _at(settings.public_url + item.description),
        "dct:conformsTo": _at(item.specification),
        "dct:license": _at(about.license.url),
        "dct:publisher": _publisher(about),
        "dcat:contactPoint": _contact(about),
        "dcat:servesDataset": [_at(found.page) for found in records],
    }


def _publisher(about: Description) -> Node:
    return {"@id": about.provider["url"], "@type": "foaf:Organization", "foaf:name": about.provider["name"]}


def _contact(about: Description) -> Node:
    return {
        "@type": "vcard:Organization",
        "vcard:fn": about.contact["name"],
        "vcard:hasEmail": _at(f"mailto:{about.contact['email']}"),
    }


def _location(found: Record) -> Node:
    west, south, east, north = (round(value, 6) for value in found.box)
    ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
    return {
        "@type": "dct:Location",
        "dcat:bbox": {"@type": "geo:wktLiteral", "@value": f"POLYGON(({ring}))"},
    }


def _at(address: str) -> Node:
    return {"@id": address}


def _in(language: str, value: str) -> Node:
    return {"@language": language, "@value": value}


def _texts(text: Text) -> list[Node]:
    return [_in("nl", text.nl), _in("en", text.en)]


def _both(texts: Mapping[str, Any]) -> list[Node]:
    return [_in(language, str(texts[language])) for language in ("nl", "en")]


def _typed(value: object, kind: str) -> Node:
    return {"@type": f"xsd:{kind}", "@value": str(value)}
