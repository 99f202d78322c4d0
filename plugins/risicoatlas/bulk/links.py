"""Links of a collection to its bulk files, for whoever describes a layer."""

from risicoatlas.bulk import atom, store
from risicoatlas.catalogue import Layer
from risicoatlas.service import Service

_WORDS = {
    "nl": "{title}, alle objecten van publicatie {number}",
    "en": "{title}, all features of publication {number}",
}
_FEED = {"nl": "Bestanden per publicatie (Atom)", "en": "Files per publication (Atom)"}


def of_layer(layer: Layer, service: Service, language: str) -> list[dict[str, object]]:
    """The newest file of each format at its stable address, and the feed; nothing for a layer that has none."""
    if layer not in store.offered(service):
        return []
    base = service.settings.public_url
    found: list[dict[str, object]] = [
        {
            "rel": "enclosure",
            "type": file.format.media_type,
            "title": _WORDS[language].format(title=file.format.title, number=edition.publication),
            "href": f"{base}{edition.latest_path_of(file)}",
            "length": file.size,
        }
        for edition, file in store.latest(service, layer)
    ]
    if found:
        found.append(
            {"rel": "related", "type": atom.MEDIA_TYPE, "title": _FEED[language], "href": f"{base}{atom.PATH}"}
        )
    return found
