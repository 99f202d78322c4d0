"""Pages of the OGC API: the JSON document in, HTML out; every value is escaped, nothing is fetched from elsewhere."""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from risicoatlas.providers import downloads
from risicoatlas.web.language import Language, load_texts

if TYPE_CHECKING:
    from risicoatlas.metadata.record import Record
    from risicoatlas.providers.ogcapi import Call

# A page brings its own style and script from here and nothing else.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'none';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def render(template: str, document: dict[str, Any], call: "Call", **more: object) -> str:
    """The page of a document in the language of the visit."""
    language = call.visit.language
    return (
        _environment()
        .get_template(f"{template}.html")
        .render(
            document=document,
            language=language,
            say=_language(language),
            word=lambda name, *values: words()[name][language].format(*values),
            base=call.visit.base_url,
            to=partial(_address, call),
            site=call.visit.service.settings.public_url,
            title=call.app.description.title[language],
            about=call.app.description,
            turned=_turned(call),
            as_json=_as_json(call, document),
            layer=call.layer if call.collection else None,
            collection=call.collection,
            links=_first_links(document),
            files=[link for link in document.get("links", []) if link.get("type") in downloads.BY_MEDIA_TYPE],
            **more,
        )
    )


def _first_links(document: dict[str, Any]) -> dict[str, str]:
    """The first address of each relation: files of the same features are further alternates."""
    found: dict[str, str] = {}
    for link in document.get("links", []):
        found.setdefault(link["rel"], link["href"])
    return found


def addresses(record: "Record", call: "Call") -> list[tuple[str, str]]:
    """Name and address of every way to get a layer, the features themselves first."""
    features = words()["as_geojson"][call.visit.language]
    found = [(features, f"{record.page}/items?f=json")]
    return found + [(item.title, item.address) for item in record.distributions]


def tags(document: Mapping[str, Any], call: "Call") -> list[dict[str, str]]:
    """The parts of the API definition: the service itself, then each layer."""
    service = {"name": "", "title": words()["service_paths"][call.visit.language]}
    return [service, *({"name": tag["name"], "title": tag["description"]} for tag in document["tags"])]


def as_html(address: str) -> str:
    """The same page of a link as HTML."""
    return re.sub(r"(?<=[?&])f=json", "f=html", address)


@lru_cache
def _language(code: str) -> Language:
    """How this language writes numbers and dates."""
    return Language(code, False, load_texts())


def _address(call: "Call", path: str = "/") -> str:
    """The page at a path of the OGC API, in the language that the address of this one asked for."""
    asked = call.found.get("lang")
    return f"{call.visit.base_url}{path}?{urlencode({'f': 'html', **({'lang': asked} if asked else {})})}"


def _turned(call: "Call") -> str:
    """This page in the other language."""
    other = "en" if call.visit.language == "nl" else "nl"
    kept = [pair for pair in call.found.pairs if pair[0] not in {"lang", "f"}]
    return f"{_here(call)}?{urlencode([*kept, ('f', 'html'), ('lang', other)])}"


def _as_json(call: "Call", document: Mapping[str, Any]) -> str:
    for link in document.get("links", []):
        if link["rel"] == "self":
            return str(link["href"])
    return f"{_here(call)}?f=json"


def _here(call: "Call") -> str:
    return f"{call.visit.base_url}{call.request.environ.get('PATH_INFO', '').rstrip('/')}"


@lru_cache
def words() -> Mapping[str, Mapping[str, str]]:
    """``words.yaml``: name → language → text."""
    content: dict[str, dict[str, str]] = yaml.safe_load(
        (resources.files("risicoatlas.providers") / "words.yaml").read_text("utf-8")
    )
    return content


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
