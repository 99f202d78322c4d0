"""Pages of the OGC API: the JSON document in, HTML out; every value is escaped, nothing is fetched from elsewhere."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from risicoatlas.providers import downloads

if TYPE_CHECKING:
    from risicoatlas.providers.ogcapi import Call

WORDS = {
    "home": {"nl": "Start", "en": "Home"},
    "service": {"nl": "OGC API", "en": "OGC API"},
    "collections": {"nl": "Collecties", "en": "Collections"},
    "items": {"nl": "Objecten", "en": "Features"},
    "conformance": {"nl": "Conformiteitsklassen", "en": "Conformance classes"},
    "definition": {"nl": "API-beschrijving", "en": "API definition"},
    "name": {"nl": "Naam", "en": "Name"},
    "type": {"nl": "Type", "en": "Type"},
    "value": {"nl": "Waarde", "en": "Value"},
    "values": {"nl": "Toegestane waarden", "en": "Allowed values"},
    "description": {"nl": "Omschrijving", "en": "Description"},
    "count": {"nl": "Aantal objecten", "en": "Number of features"},
    "publication": {"nl": "Publicatie", "en": "Publication"},
    "loaded": {"nl": "Laatst geladen", "en": "Last loaded"},
    "source_date": {"nl": "Stand van de bron", "en": "Source date"},
    "extent": {"nl": "Omvang (lengte, breedte)", "en": "Extent (longitude, latitude)"},
    "crs": {"nl": "Coördinatenstelsels", "en": "Coordinate reference systems"},
    "links": {"nl": "Verwijzingen", "en": "Links"},
    "next": {"nl": "Volgende", "en": "Next"},
    "prev": {"nl": "Vorige", "en": "Previous"},
    "returned": {"nl": "Getoond", "en": "Shown"},
    "matched": {"nl": "Gevonden", "en": "Matched"},
    "tested": {"nl": "Getest", "en": "Tested"},
    "none": {"nl": "Geen objecten gevonden.", "en": "No features found."},
    "geometry": {"nl": "Geometrie", "en": "Geometry"},
    "queryables": {"nl": "Filterbare kenmerken", "en": "Queryables"},
    "schema": {"nl": "Schema", "en": "Schema"},
    "files": {"nl": "Als bestand", "en": "As a file"},
    "sortables": {"nl": "Sorteerbare kenmerken", "en": "Sortables"},
    "functions": {"nl": "Functies voor filters", "en": "Functions for filters"},
    "arguments": {"nl": "Argumenten", "en": "Arguments"},
    "result": {"nl": "Uitkomst", "en": "Result"},
    "json": {"nl": "Dit als JSON", "en": "This as JSON"},
    "method": {"nl": "Methode", "en": "Method"},
    "parameters": {"nl": "Parameters", "en": "Parameters"},
    "skip": {"nl": "Naar de inhoud", "en": "Skip to content"},
}


def render(template: str, document: dict[str, Any], call: "Call") -> str:
    """The page of a document in the language of the visit."""
    language = call.visit.language
    address = call.request.environ.get("PATH_INFO", "").rstrip("/")
    return (
        _environment()
        .get_template(f"{template}.html")
        .render(
            document=document,
            language=language,
            word=lambda name: WORDS[name][language],
            base=call.visit.base_url,
            site=call.visit.service.settings.public_url,
            title=call.app.description.title[language],
            text=call.app.description.text[language],
            here=f"{call.visit.base_url}{address}",
            collection=call.collection,
            links=_first_links(document),
            files=[link for link in document.get("links", []) if link.get("type") in downloads.BY_MEDIA_TYPE],
        )
    )


def _first_links(document: dict[str, Any]) -> dict[str, str]:
    """The first address of each relation: files of the same features are further alternates."""
    found: dict[str, str] = {}
    for link in document.get("links", []):
        found.setdefault(link["rel"], link["href"])
    return found


def as_html(address: str) -> str:
    """The same page of a link as HTML."""
    return re.sub(r"(?<=[?&])f=json", "f=html", address)


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("risicoatlas.providers", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_html"] = as_html
    return environment
