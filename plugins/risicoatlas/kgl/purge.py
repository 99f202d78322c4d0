"""After a withdrawal: what lies outside the database and was made of the rows that are gone.

In: settings, layers, and the publication that withdrew. Out: no bulk file and no tile of before on this machine. None
of them is given in between either: files by ``publiek.laag_bewaard.bestanden_vanaf``, tiles since each publication has
a folder of its own.
"""

import shutil
from pathlib import Path

from risicoatlas.bulk import store
from risicoatlas.catalogue import Catalogue
from risicoatlas.kgl import workflow
from risicoatlas.settings import Settings

TILES = "tiles"


def purge(settings: Settings, catalogue: Catalogue, publication: int | None) -> None:
    """Delete files and tiles of the publications before."""
    if publication is None:
        return
    for layer in (*workflow.public_layers(catalogue), *workflow.counting_layers(catalogue)):
        store.remove_before(settings, layer.name, publication)
    _purge_tiles(settings.home / TILES, publication)


def _purge_tiles(tiles: Path, publication: int) -> None:
    """Folders are named after the publication, ten digits first."""
    if not tiles.is_dir():
        return
    for folder in tiles.iterdir():
        number = folder.name.partition("-")[0]
        if folder.is_dir() and number.isdecimal() and int(number) < publication:
            shutil.rmtree(folder, ignore_errors=True)
