"""After a withdrawal: what lies outside the database and was made of the rows that are gone.

In: the service and the publication that withdrew. Out: no bulk file and no tile of before on this machine. None of them
is given in between either: files by ``publiek.laag_bewaard.bestanden_vanaf``, tiles since each publication has a folder
of its own.
"""

import shutil
from pathlib import Path

from risicoatlas.bulk import store
from risicoatlas.kgl import workflow
from risicoatlas.service import Service

TILES = "tiles"


def purge(service: Service, publication: int | None) -> None:
    """Delete files and tiles of the publications before."""
    if publication is None:
        return
    for layer in workflow.public_layers(service.catalogue):
        store.remove_withdrawn(service, layer.name)
    _purge_tiles(service.settings.home / TILES, publication)


def _purge_tiles(tiles: Path, publication: int) -> None:
    """Folders are named after the publication, ten digits first."""
    if not tiles.is_dir():
        return
    for folder in tiles.iterdir():
        number = folder.name.partition("-")[0]
        if folder.is_dir() and number.isdecimal() and int(number) < publication:
            shutil.rmtree(folder, ignore_errors=True)
