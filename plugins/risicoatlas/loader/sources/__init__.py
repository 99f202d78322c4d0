"""The table of sources, in the order of loading: boundaries first, then buildings, then what names them."""

from collections.abc import Mapping

from risicoatlas.loader.source import Source

SOURCES: Mapping[str, Source] = {}
