"""Before a new version changes a database that holds data: a backup of it, and the way back in words."""

from risicoatlas import database, home
from risicoatlas.backup import make
from risicoatlas.cluster import Notice
from risicoatlas.database import Database
from risicoatlas.errors import ClusterError
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

KEPT = 3


def prepare(settings: Settings, where: Database, notice: Notice, *, agreed: bool = False) -> None:
    """Make a backup where migrations are due on data; the last ``KEPT`` stay in ``backups/`` of the home.

    A database of one's own is not backed up and not changed in passing: without ``agreed`` it is refused. Raises
    :class:`ClusterError` for a database that a newer version has changed.
    """
    with where.loader() as connection:
        due = database.due_migrations(connection)
        if not due or not database.holds_data(connection):
            return
    if settings.database_url:
        if not agreed:
            raise ClusterError(
                f"this version would change the database ({', '.join(due)}): make a backup, then run"
                " `risicoatlas init --upgrade`"
            )
        return
    folder = settings.home / home.BACKUPS
    folder.mkdir(exist_ok=True, mode=0o700)
    notice(f"This version changes the database ({', '.join(due)}): a backup is made first")
    path, _ = make.make(settings, where, folder, Progress.silent())
    notice(f"The way back: install the former version and run `risicoatlas restore --replace {path}`")
    for old in sorted(folder.glob(f"*{make.SUFFIX}"))[:-KEPT]:
        old.unlink()
