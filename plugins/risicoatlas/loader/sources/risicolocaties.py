"""Risk locations of Flemish municipalities (OVAM), from a CSV with the geometry as WKT in EPSG:31370.

In: a CSV in one of the layouts of ``config/sources/risicolocaties.yaml``. Out: rows of ``register.risicolocatie``.
"""

from dataclasses import dataclass
from pathlib import Path

from risicoatlas.errors import SourceError
from risicoatlas.loader import csvfile, mapping
from risicoatlas.loader.mapping import Layout
from risicoatlas.loader.source import Load
from risicoatlas.settings import Settings

KIND = "risicolocatie"
VALUES = (
    "identificatie",
    "gemeentecode",
    "rubriek",
    "startdatum",
    "einddatum",
    "omv_nummer",
    "iioa_nummer",
    "wijziging_vergunning",
    "bron_rubriek",
    "omschrijving",
    "geschrapt",
    "capakey",
    "geometrie_wkt",
)


@dataclass(frozen=True)
class RisicolocatiesSource:
    """See :class:`~risicoatlas.loader.source.Source`."""

    name: str = "risicolocaties"
    staging: tuple[str, ...] = ("risicolocatie",)

    def recognise(self, path: Path, settings: Settings) -> str | None:
        try:
            layout = mapping.fitting(_layouts(settings), csvfile.opened(path).header)
        except (SourceError, OSError):
            return None
        return f"risicolocaties, {layout.name}" if layout else None

    def stage(self, load: Load) -> None:
        file = csvfile.opened(load.path)
        layout = mapping.required(_layouts(load.settings), file.header, load.path, "line 1")
        data = mapping.read_yaml(_config(load.settings))
        load.report.omschrijving = f"risicolocaties, {layout.name}"
        load.report.instellingen = {key: data[key] for key in ("srid", "bounds", "buffer_m")}
        tally, columns = load.report.tally(KIND), layout.used(file.header)
        with (
            load.progress.task(f"{load.path.name} lezen", unit="regels") as advance,
            load.copying("risicolocatie", ("plaats", "fout", *VALUES)) as write,
        ):
            for row in file.rows():
                tally.gelezen += 1
                advance(1)
                values = (row.values.get(columns[name]) if name in columns else None for name in VALUES)
                write((f"regel {row.line}", row.error, *values))

    def check(self, load: Load) -> None:
        load.run("risicolocaties", "controleer")

    def normalise(self, load: Load) -> None:
        settings = load.report.instellingen
        low_x, low_y, high_x, high_y = settings["bounds"]
        load.run(
            "risicolocaties",
            "herstel",
            srid=settings["srid"],
            straal=settings["buffer_m"],
            min_x=low_x,
            min_y=low_y,
            max_x=high_x,
            max_y=high_y,
        )
        load.run("risicolocaties", "bevindingen")

    def register(self, load: Load) -> None:
        tally = load.report.tally(KIND)
        load.count(tally, "risicolocaties", "tel")
        load.run("risicolocaties", "schrijf")
        tally.vervallen = load.run("risicolocaties", "vervallen")


def _config(settings: Settings) -> Path:
    return settings.config / "sources" / "risicolocaties.yaml"


def _layouts(settings: Settings) -> tuple[Layout, ...]:
    path = _config(settings)
    return mapping.layouts(path, mapping.read_yaml(path)["layouts"])


SOURCE = RisicolocatiesSource()
