"""Publishes risk registers (REV, KGL, risicolocaties) as OGC API Features, WFS, WMS and WMTS."""

__version__ = "0.1.0"
