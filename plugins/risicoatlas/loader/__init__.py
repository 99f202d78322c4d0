"""Loading: a file of a source register goes into the schema ``register``, and every object in it is accounted for.

In: a path and the name of a source. Out: rows in ``register``, and a :class:`~risicoatlas.loader.report.Report` that is
kept in ``beheer.levering`` (findings in ``beheer.bevinding``). Four steps, run by :mod:`risicoatlas.loader.steps`:

    stage       read the file, COPY its values as they are into ``bron.*``          committed
    check       judge what only the whole delivery can tell (missing parts, codes)
    normalise   types, code lists, repair of geometry, set-based, still in ``bron``  committed, with check
    register    one transaction: new, changed, unchanged, ended; the report is closed in the same transaction

A load that is killed goes on after its last committed step when the same file is loaded again. One load runs at a time.

**To add a source**: a module ``loader/sources/<name>.py`` with an object ``SOURCE`` that is a
:class:`~risicoatlas.loader.source.Source` (a name, its staging tables, ``recognise`` and the four steps), its SQL in
``loader/sql/<name>.sql`` (named statements, run with ``load.run("<name>", "<statement>", ...)``), its staging tables in
a migration, and a row in ``loader/sources/__init__.py``. What a step gets is a
:class:`~risicoatlas.loader.source.Load`: connection, path, report, progress. Steps never commit;
:mod:`~risicoatlas.loader.steps` does. ``bron.herstel(geometry, dimension)`` repairs a geometry and says why and how.

A file that cannot be read at all raises :class:`~risicoatlas.errors.SourceError` and changes nothing. An object that
cannot be used is refused: it is counted, it has a finding with its place and reason, and what the register had of it
stays.
"""
