"""Bulk files: every public layer as it was at a publication, in GeoPackage, FlatGeobuf and GeoParquet.

:mod:`.export` makes them, beside and then renamed; :mod:`.store` knows which there are; ``web/bestanden.py`` serves
them, and :mod:`.atom` lists them for programs.
"""
