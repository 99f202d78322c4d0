"""Messages for the tests of IMEV: small, whole, and made here, so that a test names only what it changes."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from risicoatlas.database import Database
from risicoatlas.imev.validate import Validator
from risicoatlas.loader import steps
from risicoatlas.loader.report import Report
from risicoatlas.loader.sources.imev import SOURCE
from risicoatlas.progress import Progress
from risicoatlas.settings import Settings

Message = dict[str, Any]
CENTRE = (160000.0, 510000.0)


def common(name: str, key: str) -> Message:
    """What every object has."""
    return {
        "entityType": name,
        "identificatie": {"namespace": "NL.IMEV", "lokaalID": f"PROEF.{key}", "versie": ""},
        "bronhoudercode": "PROEF",
        "bronhouder": "Omgevingsdienst Proef",
        "beginGeldigheid": "2024-01-01T00:00:00Z",
    }


def square(x: float, y: float, side: float) -> Message:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def contour(name: str, key: str, extent: Message, **values: object) -> Message:
    return {**common(name, key), "afstandOfGeometrie": extent, "maatgevendeStof": "waardeOnbekend", **values}


def station() -> Message:
    """An LPG station: location, activity, a point reference and two contours, one as distance and one as geometry."""
    x, y = CENTRE
    areas = [
        contour("BrandAandachtsgebied", "brand", {"afstand": 60}, maatgevendeStof={"stof": {"naam": "LPG"}}),
        contour(
            "PRContour",
            "pr",
            {"geometrie": square(x - 25, y - 25, 50)},
            typePlaatsgebondenRisico="PR10-6",
            maatgevendeStof={"stofCategorie": {"categorieNaam": "klasse 2.1: Brandbaar gas"}},
        ),
    ]
    vulpunt = {
        **common("Vulpunt", "vulpunt"),
        "geometrie": {"type": "Point", "coordinates": [x, y]},
        "resulteertIn": areas,
    }
    activity = {
        **common("TankenLPG", "activiteit"),
        "basisVergunningNummer": "waardeOnbekend",
        "datumVergunningOfMelding": "nietVanToepassing",
        "datumLaatsteWijziging": "2024-02-03",
        "vergunningsPlicht": False,
        "bevoegdGezag": "gemeente",
        "balActiviteit": ["BAL-3.8.10", "BAL-3.8.6"],
        "idActiviteitTR": "nl.imow-mnre1034.activiteit.TankenOpslaanLPG",
        "heeft": [vulpunt],
    }
    return {
        **common("LocatieActiviteit", "locatie"),
        "bedrijfsnaam": "Tankstation De Proef",
        "geometrie": square(x - 40, y - 40, 80),
        "naamExploitant": "waardeOnbekend",
        "idNummeraanduidingBAGExploitant": "waardeOnbekend",
        "kvkNummerExploitant": "waardeOnbekend",
        "kvkNummerAanvrager": "nietVanToepassing",
        "voertUit": [activity],
    }


@pytest.fixture
def message() -> Message:
    return copy.deepcopy(station())


@pytest.fixture(scope="session")
def validator(settings: Settings) -> Validator:
    return Validator.of(settings.config)


Loader = Callable[[Message], Report]


@pytest.fixture
def load(database: Database, settings: Settings, tmp_path: Path) -> Iterator[Loader]:
    """Load a message through the steps of the loader, as `risicoatlas load imev` does with a file."""

    def run(given: Message) -> Report:
        path = tmp_path / "bericht.json"
        path.write_text(json.dumps(given), encoding="utf-8")
        return steps.load(SOURCE, path, database, settings, Progress.silent())

    yield run
