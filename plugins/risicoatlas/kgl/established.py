"""The established version of a municipality's labels (``register.kgl_vastgesteld``), from which layers are published.

In: municipality codes, or buildings of them. Out: how many changed. Nothing is committed here: whoever establishes also
writes the event, in the same transaction.
"""

from collections.abc import Sequence

from risicoatlas.database import Connection
from risicoatlas.rules import inputs


def establish(
    connection: Connection, municipalities: Sequence[str], panden: Sequence[str] | None = None, *, drafts: bool = True
) -> int:
    """Make what stands ready the established version, of whole municipalities or of some of their buildings.

    ``drafts`` False leaves buildings with a correction, or an end of one, that nobody has published yet as they are;
    True publishes these too. Returns the number of buildings that changed. Rows that come out the same are left alone.
    """
    parameters = {
        "gemeenten": list(municipalities),
        "panden": None if panden is None else list(panden),
        "concepten": drafts,
    }
    removed = inputs.run(connection, "remove.sql", package="risicoatlas.kgl", **parameters)
    written = inputs.run(connection, "establish.sql", package="risicoatlas.kgl", **parameters)
    if drafts:
        inputs.run(connection, "drafts_done.sql", package="risicoatlas.kgl", **parameters)
    return removed + written


def follow(
    connection: Connection, panden: Sequence[str] | None = None, municipalities: Sequence[str] | None = ()
) -> None:
    """Establish what needs nobody's approval: all but drafts of published municipalities with the automatic variant,
    and the first version of each.

    ``panden`` limits that to these buildings and to all of these ``municipalities`` (None: of every one), where nothing
    else can have changed.
    """
    rows = connection.execute(
        "SELECT gemeentecode, vastgesteld_op IS NULL FROM register.kgl_gemeente"
        " WHERE gepubliceerd_op IS NOT NULL AND (variant = 'automatisch' OR vastgesteld_op IS NULL)"
    ).fetchall()
    known = [code for code, first in rows if not first]
    whole = known if panden is None or municipalities is None else [code for code in known if code in municipalities]
    if whole:
        establish(connection, whole, drafts=False)
    if panden and (partly := [code for code in known if code not in whole]):
        establish(connection, partly, panden, drafts=False)
    if new := [code for code, first in rows if first]:
        establish(connection, new)
        connection.execute(
            "UPDATE register.kgl_gemeente SET vastgesteld_op = now() WHERE gemeentecode = ANY (%s)", [new]
        )
