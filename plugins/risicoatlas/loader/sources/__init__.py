"""The table of sources, in the order of loading: boundaries first, then buildings, then what names them."""

from collections.abc import Mapping

from risicoatlas.loader.source import Source
from risicoatlas.loader.sources import bag, brt, gemeenten, imev, lists, risicolocaties

_ORDER: tuple[Source, ...] = (
    gemeenten.SOURCE,
    bag.SOURCE,
    brt.SOURCE,
    *lists.SOURCES,
    imev.SOURCE,
    risicolocaties.SOURCE,
)
SOURCES: Mapping[str, Source] = {source.name: source for source in _ORDER}
