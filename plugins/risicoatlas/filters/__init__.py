"""Filters: readers (CQL2, ECQL, FES) make pygeofilter's AST of what clients write, :mod:`.sql` makes SQL of the AST.

Geometry in the AST is always a :class:`risicoatlas.filters.literals.GeometryLiteral`: checked, with SRID, east first.
"""
