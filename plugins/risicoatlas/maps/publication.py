"""The publication that the maps show: its tile folder, and the extents that its capabilities tell.

A new publication, another style or another mapproxy.yaml gives a new folder, so no old tile is ever shown for it.
"""

import logging
import math
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from psycopg_pool import ConnectionPool

from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Connection, reading
from risicoatlas.errors import UnavailableError
from risicoatlas.maps.configuration import Extent

LOG = logging.getLogger("risicoatlas.maps")
EVERY_S = 0.2
AFTER_FAILURE_S = 2.0


@dataclass(frozen=True)
class Publication:
    """``number`` 0 stands for "nothing published yet"; ``made_at`` tells two databases with the same number apart, and
    ``loaded_at`` a load that changed no object but the date of a source: tiles stay, capabilities do not."""

    number: int
    made_at: int
    loaded_at: int = 0

    def folder(self, digest: str) -> str:
        return f"{self.number:010d}-{self.made_at}-{digest}"


NOTHING = Publication(0, 0)


def current(pool: ConnectionPool[Connection]) -> Publication:
    """The newest publication; one short query."""
    with reading(pool) as connection:
        row = connection.execute(
            "SELECT nummer, (extract(epoch FROM gemaakt_op) * 1000)::bigint,"
            " (SELECT coalesce(extract(epoch FROM max(laatst_geladen)) * 1000, 0)::bigint FROM publiek.laag_stand)"
            " FROM publiek.publicatie ORDER BY nummer DESC LIMIT 1"
        ).fetchone()
    return Publication(*row) if row else NOTHING


class Watch:
    """Tells the newest publication, looking at most every ``EVERY_S``: a viewer asks for dozens of tiles at once.

    One thread looks, the others go on with what was seen. While the database is away that stays, and drawn tiles are
    still served.
    """

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool
        self._looking = Lock()
        self._due_s = -math.inf
        self.seen: Publication | None = None

    def look(self) -> None:
        """Bring ``seen`` up to date; raises :class:`UnavailableError` where the database was never reached."""
        if time.monotonic() < self._due_s or not self._looking.acquire(blocking=self.seen is None):
            return
        try:
            self.seen = current(self._pool)
            self._due_s = time.monotonic() + EVERY_S
        except UnavailableError:
            self._due_s = time.monotonic() + AFTER_FAILURE_S
            if self.seen is None:
                raise
        finally:
            self._looking.release()


def extents(pool: ConnectionPool[Connection], catalogue: Catalogue) -> Mapping[str, Extent]:
    """The stored extent of each public layer that has rows, in the layer's CRS."""
    with reading(pool) as connection:
        rows = connection.execute(
            "SELECT laag, ST_SRID(omvang), ST_XMin(omvang), ST_YMin(omvang), ST_XMax(omvang), ST_YMax(omvang)"
            " FROM publiek.laag_stand WHERE omvang IS NOT NULL"
        ).fetchall()
    return {name: Extent(srid, _with_area(box)) for name, srid, *box in rows if name in catalogue.layers}


def _with_area(box: list[float]) -> tuple[float, float, float, float]:
    """One point alone has no area; capabilities need west < east."""
    min_x, min_y, max_x, max_y = box
    return min_x, min_y, max(max_x, min_x + 1), max(max_y, min_y + 1)


def forget_old(tiles: Path, shown: str) -> None:
    """Delete the tiles of publications before the one that is shown, beside the request that noticed it.

    The newest of them stays: another process may still be answering from it.
    """
    others = [path for path in tiles.iterdir() if path.is_dir() and path.name[:10].isdecimal() and path.name != shown]
    others.sort(key=lambda path: path.stat().st_mtime)
    if old := others[:-1]:
        threading.Thread(target=_delete, args=(old,), daemon=True, name="forget-tiles").start()


def _delete(folders: list[Path]) -> None:
    for folder in folders:
        LOG.info("tiles of an older publication deleted: %s", folder.name)
        shutil.rmtree(folder, ignore_errors=True)
