"""The table of sources, in the order of loading: boundaries first, then buildings, then what names them."""

from collections.abc import Mapping

from risicoatlas.loader.source import Source
from risicoatlas.loader.sources import bag

SOURCES: Mapping[str, Source] = {source.name: source for source in (bag.SOURCE,)}
