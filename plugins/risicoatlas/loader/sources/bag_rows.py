"""Rows of BAG objects as both readers stage them: kinds, columns, and which occurrence is current."""

from collections.abc import Mapping
from dataclasses import dataclass

SRID = 28992

# What makes an occurrence one of the past, in the order in which it is reported.
ENDINGS = {
    "tijdstip_niet_bag": "niet (meer) in de BAG",
    "tijdstip_inactief": "inactief",
    "eind_geldigheid": "geldigheid beëindigd",
    "eind_registratie": "registratie beëindigd",
}
UNUSED = "soort niet gebruikt"


@dataclass(frozen=True)
class Kind:
    """A kind of BAG object: its name and its staging table with columns."""

    name: str
    table: str
    columns: tuple[str, ...]


_HISTORY = ("begin_geldigheid", "tijdstip_registratie", "voorkomen")
_ADDRESSES = ("nummeraanduiding", "nevenadressen")
_NUMBER = ("postcode", "huisnummer", "huisletter", "toevoeging")
_WHERE = ("openbareruimte", "woonplaats", "openbareruimte_naam", "woonplaats_naam")
_START = ("plaats", "fout", "identificatie")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("pand", "bag_pand", (*_START, "status", "bouwjaar", "geometrie", *_HISTORY)),
        Kind(
            "verblijfsobject",
            "bag_verblijfsobject",
            (*_START, "status", "oppervlakte", "gebruiksdoelen", "panden", *_ADDRESSES, "geometrie", *_HISTORY),
        ),
        Kind(
            "nummeraanduiding",
            "bag_nummeraanduiding",
            (*_START, "status", *_NUMBER, *_WHERE, "voorkomen"),
        ),
        Kind("openbareruimte", "bag_openbareruimte", (*_START, "naam", "woonplaats", "voorkomen")),
        Kind("woonplaats", "bag_woonplaats", (*_START, "naam", "voorkomen")),
        Kind("ligplaats", "bag_plaats", (*_START, "status", "geometrie", *_HISTORY, "soort")),
        Kind("standplaats", "bag_plaats", (*_START, "status", "geometrie", *_HISTORY, "soort")),
    )
}


def ending(values: Mapping[str, object]) -> str | None:
    """Why this occurrence is not the current one, or None when it is."""
    return next((reason for name, reason in ENDINGS.items() if values.get(name)), None)
