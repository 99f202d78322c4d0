"""What is told of a layer, whatever the form: a layer with its standing in, a frozen :class:`Record` out.

Every protocol and every metadata format takes its texts, terms and addresses from here.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from risicoatlas import accuracy, crs
from risicoatlas.access.actor import Actor
from risicoatlas.bulk import store
from risicoatlas.catalogue import Layer, License, Text
from risicoatlas.description import Description
from risicoatlas.features import standing, unpublished
from risicoatlas.features.query import Box
from risicoatlas.features.request import FeatureRequest
from risicoatlas.features.standing import Standing
from risicoatlas.features.unpublished import Municipality
from risicoatlas.metadata import links
from risicoatlas.service import Service
from risicoatlas.settings import Settings

# Codes that a text of one line names before it counts the others
MAX_NAMED = 20


@dataclass(frozen=True)
class Endpoint:
    """A service: ``protocol`` is the name of the Dutch metadata profile, ``description`` its self-description."""

    key: str
    protocol: str
    title: str
    address: str
    description: str
    specification: str
    kind: str


# The kinds are those of INSPIRE's spatial data service types.
SERVICES = (
    Endpoint(
        "wfs", "OGC:WFS", "WFS", "/wfs", "/wfs?service=WFS&request=GetCapabilities",
        "http://www.opengis.net/def/serviceType/ogc/wfs", "download",
    ),
    Endpoint(
        "ogcapi", "OGC:API features", "OGC API Features", "/ogc/v1/", "/ogc/v1/openapi?f=json",
        "http://www.opengis.net/def/interface/ogcapi-features", "download",
    ),
    Endpoint(
        "wms", "OGC:WMS", "WMS", "/wms", "/wms?service=WMS&request=GetCapabilities",
        "http://www.opengis.net/def/serviceType/ogc/wms", "view",
    ),
    Endpoint(
        "wmts", "OGC:WMTS", "WMTS", "/wmts", "/wmts/1.0.0/WMTSCapabilities.xml",
        "http://www.opengis.net/def/serviceType/ogc/wmts", "view",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Distribution:
    """A way to get the data: a service where ``endpoint`` is set, else a file of ``media_type``."""

    title: str
    protocol: str
    address: str
    name: str
    media_type: str
    endpoint: Endpoint | None = None


Finder = Callable[[Service, Layer], Iterable[Distribution]]


@dataclass(frozen=True)
class Record:
    """``box`` is longitude and latitude; ``modified`` the day of the publication, or of the request where there is
    none. ``missing`` are municipalities that have not published."""

    layer: Layer
    identifier: uuid.UUID
    standing: Standing
    missing: tuple[Municipality, ...]
    license: License
    attribution: Text
    about: Description
    settings: Settings
    distributions: tuple[Distribution, ...]
    exactness: tuple[Text, ...] = ()
    # what somebody who measures would want to know of coordinates in another CRS
    inexact: Text | None = None

    @property
    def modified(self) -> date:
        moment = self.standing.published
        return moment.date() if moment else date.today()

    @property
    def box(self) -> Box:
        return self.standing.extent or self.about.extents[self.layer.srid]

    @property
    def address(self) -> str:
        return links.record(self.settings, self.layer)

    @property
    def page(self) -> str:
        return links.collection(self.settings, self.layer)

    @property
    def crs_uris(self) -> tuple[str, ...]:
        return tuple(f"{crs.EPSG_URI}{srid}" for srid in self.layer.srids)

    def keywords(self, language: str) -> tuple[str, ...]:
        """Those of the service, and the date of each source: ``stand BAG 2026-10-15``."""
        word = "date of" if language == "en" else "stand"
        dated = [(self.about.source(item.name).get(language), item.date) for item in self.standing.sources if item.date]
        return (*self.about.keywords[language], *(f"{word} {name} {day}" for name, day in dated))

    def accuracy(self, language: str) -> tuple[str, ...]:
        """Statements on the position of objects."""
        return tuple(text.get(language) for text in self.exactness)


def of(layer: Layer, service: Service, about: Description, state: Standing) -> Record:
    """The record of one layer; asks which municipalities have not published, where the layer depends on that."""
    exact = accuracy.of_layer(layer, service)
    said = (about.accuracy, exact.text if exact else None)
    return Record(
        layer=layer,
        identifier=identifier(service.settings, about, layer.name),
        standing=state,
        missing=unpublished.asked(FeatureRequest(layer.name), service),
        license=about.license_of(layer),
        attribution=about.attribution_of(layer),
        about=about,
        settings=service.settings,
        distributions=tuple(item for find in FINDERS for item in find(service, layer)),
        exactness=tuple(text for text in said if text is not None),
        inexact=exact.text if exact and exact.worth_saying else None,
    )


def all_of(layers: Iterable[Layer], actor: Actor, service: Service, about: Description) -> tuple[Record, ...]:
    """The records of these layers, which the actor may see."""
    found = tuple(layers)
    states = standing.of(service, actor, found)
    return tuple(of(layer, service, about, states[layer.name]) for layer in found)


def for_all(layers: Iterable[Layer], service: Service, about: Description) -> tuple[Record, ...]:
    """The records as every reader of these layers may see them: of a restricted one without counts and places."""
    states = standing.published(service)
    return tuple(of(layer, service, about, states.get(layer.name, standing.NOTHING)) for layer in layers)


def identifier(settings: Settings, about: Description, name: str) -> uuid.UUID:
    """The same for ever: of the configured namespace, else of the public address."""
    if about.namespace is not None:
        return uuid.uuid5(about.namespace, name)
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.public_url}/metadata/{name}")


def through_services(service: Service, layer: Layer) -> Iterable[Distribution]:
    """Every service gives every layer."""
    url = service.settings.public_url
    names = {"wfs": f"{layer.prefix}:{layer.name}"}
    for item in SERVICES:
        address = links.collection(service.settings, layer) if item.key == "ogcapi" else url + item.description
        media = "application/json" if item.key == "ogcapi" else "text/xml"
        yield Distribution(item.title, item.protocol, address, names.get(item.key, layer.name), media, item)


def as_files(service: Service, layer: Layer) -> Iterable[Distribution]:
    """The newest bulk file of each format at its stable address, where it has been made."""
    if layer not in store.offered(service):
        return
    for edition, file in store.latest(service, layer):
        address = service.settings.public_url + edition.latest_path_of(file)
        yield Distribution(file.format.title, "download", address, layer.name, file.format.media_type)


# Who knows ways to get a layer.
FINDERS: tuple[Finder, ...] = (through_services, as_files)


_WORDS = {
    "date": {"nl": "Stand", "en": "Date of the sources"},
    "never": {"nl": "niet geladen", "en": "not loaded"},
    "no_date": {"nl": "datum onbekend, geladen op", "en": "date unknown, loaded on"},
    "publication": {"nl": "Publicatie {0} van {1}, {2} objecten", "en": "Publication {0} of {1}, {2} objects"},
    "own": {
        "nl": "Een tabel van de bronhouder zelf, zoals zij nu is; publicaties gelden er niet voor",
        "en": "A table of the data owner as it is now; publications do not apply to it",
    },
    "unpublished": {"nl": "Nog niet gepubliceerd", "en": "Not published yet"},
    "readable": {"nl": "{0} objecten die u mag zien", "en": "{0} objects that you may see"},
    "area": {"nl": "Gemeenten met objecten", "en": "Municipalities with objects"},
    "license": {"nl": "Licentie", "en": "Licence"},
    "attribution": {"nl": "Bronvermelding", "en": "Attribution"},
    "missing": {
        "nl": "Niet gepubliceerd, dus onbekend en niet leeg",
        "en": "Not published, so unknown and not empty",
    },
}


def summary(record: Record, language: str) -> str:
    """Count, publication, dates and coverage in plain sentences, for abstracts and lineage."""
    parts = [] if record.layer.restricted and record.standing.count is None else [_published(record, language)]
    if record.standing.sources:
        parts.append(f"{_WORDS['date'][language]}: {sources(record, language)}")
    if record.standing.municipalities:
        parts.append(f"{_WORDS['area'][language]}: {named(record.standing.municipalities)}")
    if record.missing:
        parts.append(f"{_WORDS['missing'][language]}: {named(record.missing)}")
    return " ".join(f"{part}." for part in parts)


def terms(record: Record, language: str) -> str:
    """``Licentie: CC0 1.0 (https://…). Bronvermelding: ….``"""
    license_, attribution = _WORDS["license"][language], _WORDS["attribution"][language]
    text = f"{license_}: {record.license.name} ({record.license.url})."
    return f"{text} {attribution}: {record.attribution.get(language)}."


def sources(record: Record, language: str) -> str:
    """``BAG 2026-10-15, KvK niet geladen``"""
    texts = []
    for item in record.standing.sources:
        name = record.about.source(item.name).get(language)
        if item.date:
            texts.append(f"{name} {item.date}")
        elif item.loaded:
            texts.append(f"{name} ({_WORDS['no_date'][language]} {item.loaded:%Y-%m-%d})")
        else:
            texts.append(f"{name} {_WORDS['never'][language]}")
    return ", ".join(texts)


def named(municipalities: tuple[Municipality, ...]) -> str:
    """``Oosterhaven (GM9901), …``; the number of the others after so many."""
    texts = [f"{item.name} ({item.code})" if item.name else item.code for item in municipalities[:MAX_NAMED]]
    others = len(municipalities) - len(texts)
    return ", ".join([*texts, *([f"+{others}"] if others else [])])


def _published(record: Record, language: str) -> str:
    state = record.standing
    if state.publication is not None:
        return _WORDS["publication"][language].format(state.publication, record.modified, state.count)
    if record.layer.restricted:
        return _WORDS["readable"][language].format(state.count)
    return _WORDS["own" if record.layer.own else "unpublished"][language]
