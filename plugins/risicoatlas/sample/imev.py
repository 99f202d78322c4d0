"""Writes the risk side and some vulnerable objects as IMEV messages: one root object per file, nested as delivered.

    LocatieActiviteit -> voertUit: [activity -> heeft: [reference -> resulteertIn: [contour]]]

Contours come by turns as a distance and as a polygon around their reference; some of the polygons cross themselves. A
few messages name version 3.0.1 of the model, which has no void in ``resulteertIn``.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from risicoatlas.sample import imev_catalogue as catalogue
from risicoatlas.sample.imev_catalogue import Activity, Contour, Reference
from risicoatlas.sample.model import Antwoord
from risicoatlas.sample.town import CANAL_Y, MOTORWAY_Y, RAIL_Y, Town, harbour_site

Message = dict[str, Any]
BEGIN = "2024-01-01T00:00:00Z"
# Every so many messages one is of the older version, where its content allows.
OLDER_EVERY = 6
# How the key of a contour begins, of a placeholder as the real register has it.
_PREFIX = {False: "C", True: "Placeholder"}


@dataclass(frozen=True, slots=True)
class Bronhouder:
    """Who delivers: code, readable name, and the code of the organisation where it is a government."""

    code: str
    naam: str
    overheid: str = ""


OMGEVINGSDIENST = Bronhouder("RASMP", "Omgevingsdienst Markermeer", "so9901")
OPERATOR = Bronhouder("RASMB", "Leidingbeheer Markermeer")
RIJK = Bronhouder("RASMR", "Rijksdienst Vaarwegen en Sporen", "oorg99001")


@dataclass(slots=True)
class Author:
    """Makes the objects of one message: identifications, validity, and whether a contour is a distance or a polygon."""

    bronhouder: Bronhouder
    key: str
    seen: "Counter[str]" = field(default_factory=Counter)
    eind: str = ""

    def base(self, entity: str, key: str, eind: str = "") -> Message:
        """What every object has (ExterneVeiligheidsObject)."""
        holder = self.bronhouder
        organisation = "bronhoudercodeOverheid" if holder.overheid else "bronhoudercodeGeenOverheid"
        lokaal = f"{holder.code}.{key}"
        row: Message = {
            "entityType": entity,
            "id": f"NL.IMEV.{lokaal}",
            "identificatie": {"namespace": "NL.IMEV", "lokaalID": lokaal, "versie": ""},
            "bronobjectID": key,
            "bronhoudercode": holder.code,
            organisation: holder.overheid or holder.code,
            "bronhouder": holder.naam,
            "beginGeldigheid": BEGIN,
        }
        if eind or self.eind:
            row["eindGeldigheid"] = self.eind or eind
        return row

    def activity(self, activity: Activity, site: tuple[float, float], key: str) -> Message:
        references = [
            self.reference(reference, shape_of(reference, site), activity.stof, f"{key}-R{number}")
            for number, reference in enumerate(activity.references, 1)
        ]
        return {**self.base(activity.entity, key), **self.permit(activity), **activity.extra, "heeft": references}

    def permit(self, activity: Activity) -> Message:
        """The permit of a Bkl activity; the two classes outside the Bkl have less."""
        if activity.entity == "WegenNietBasisnet":
            return {}
        row: Message = {
            "basisVergunningNummer": f"Z-2023-{self.key}",
            "datumVergunningOfMelding": "2023-08-21",
            "datumLaatsteWijziging": "2023-11-02" if activity.vergunning else "nietVanToepassing",
            "vergunningsPlicht": activity.vergunning,
            "bevoegdGezag": activity.gezag,
        }
        return {**row, "idActiviteitTR": activity.tr} if activity.tr else row

    def reference(self, reference: Reference, geometry: BaseGeometry, stof: str, key: str) -> Message:
        contours = [
            self.contour(contour, geometry, stof, f"{key}-{_PREFIX[contour.placeholder]}{number}", reference.eind)
            for number, contour in enumerate(reference.contours, 1)
        ]
        return {
            **self.base(reference.entity, key, reference.eind),
            "geometrie": geojson(geometry),
            **reference.extra,
            "resulteertIn": contours or "nietVanToepassing",
        }

    def contour(self, contour: Contour, geometry: BaseGeometry, stof: str, key: str, eind: str) -> Message:
        number = self.seen[contour.entity + contour.level] = self.seen[contour.entity + contour.level] + 1
        place: Message = {"afstand": contour.afstand}
        if number % 2 == 0:
            place = {"geometrie": geojson(around(geometry, contour.afstand, crossing=number == 2))}
        return {
            **self.base(contour.entity, key, contour.eind or eind),
            "afstandOfGeometrie": place,
            **contour.extra,
            "maatgevendeStof": catalogue.STOFFEN[stof],
        }


def around(geometry: BaseGeometry, distance: float, *, crossing: bool) -> Polygon:
    """The area within a distance; ``crossing`` swaps two corners: the ring crosses itself and can be repaired."""
    area = geometry.buffer(distance, quad_segs=16)
    if not crossing:
        return area
    corners = list(area.exterior.coords)
    corners[5], corners[6] = corners[6], corners[5]
    return Polygon(corners)


def geojson(geometry: BaseGeometry) -> Message:
    """GeoJSON in EPSG:28992 with three decimals, as the model asks."""
    rounded = shapely.transform(geometry, lambda corners: corners.round(3))
    row: Message = json.loads(json.dumps(mapping(rounded)))
    return row


def shape_of(reference: Reference, site: tuple[float, float]) -> BaseGeometry:
    x, y = site[0] + reference.at[0], site[1] + reference.at[1]
    shapes: dict[str, Callable[[], BaseGeometry]] = {
        "point": lambda: Point(x, y),
        "area": lambda: box(x - 12, y - 8, x + 12, y + 8),
        "line": lambda: LineString([(x - 14, y), (x, y + 3), (x + 18, y + 3)]),
    }
    return shapes[reference.shape]()


# -- locations of activities


def locations(town: Town, rows: tuple[Activity, ...], prefix: str, seen: "Counter[str]") -> Iterator[Message]:
    """One message per business. Every fifth leaves voidable attributes void."""
    harbour = 0
    for number, activity in enumerate(rows, 1):
        place = activity.place
        if place is None:
            place, harbour = harbour_site(harbour), harbour + 1
        site = (town.gemeente.x + place[0], town.gemeente.y + place[1])
        key = f"{prefix}{number:03d}"
        author = Author(OMGEVINGSDIENST, key, seen, activity.eind)
        yield {
            **author.base("LocatieActiviteit", key),
            "bedrijfsnaam": activity.bedrijf,
            "geometrie": geojson(terrain(site, crossing=number == 4)),
            "locatieomschrijving": f"terrein van {activity.bedrijf}",
            **operator(activity, void=number % 5 == 0),
            "voertUit": [author.activity(activity, site, f"{key}-A1")],
        }


def operator(activity: Activity, *, void: bool) -> Message:
    if void:
        return {
            "naamExploitant": activity.bedrijf,
            "idNummeraanduidingBAGExploitant": "nietVanToepassing",
            "kvkNummerExploitant": "waardeOnbekend",
            "kvkNummerAanvrager": "gegevenInTransitie",
        }
    number = 91000000 + sum(map(ord, activity.bedrijf)) * 37
    return {
        "naamExploitant": activity.bedrijf,
        "idNummeraanduidingBAGExploitant": "9901200000000001",
        "kvkNummerExploitant": [str(number), str(number + 1)],
        "kvkNummerAanvrager": str(number),
        "vestigingsnummerExploitant": f"0000{number}",
    }


def terrain(site: tuple[float, float], *, crossing: bool) -> Polygon:
    x, y = site
    corners = [(x - 26, y - 18), (x + 24, y - 20), (x + 28, y + 16), (x - 22, y + 20)]
    return Polygon([corners[0], corners[2], corners[1], corners[3]] if crossing else corners)


# -- pipelines

PIPELINES: tuple[tuple[str, float, Message, tuple[Contour, ...], str], ...] = (
    (
        "aardgas",
        0,
        {
            "buisleidingCategorieStof": ["aardgas"],
            "buisleidingMateriaal": "Koolstofstaal, (CS)",
            "buisleidingProduct": "naturalGas",
            "wanddikte": 12.5,
            "diameter": 914,
            "bovenkantbuis": 140,
            "maximaleWerkdruk": 6620,
        },
        (catalogue.pr("PR10-6", 35), catalogue.brand(115, categorie="berekend")),
        "aardgas",
    ),
    (
        "etheen",
        -14,
        {
            "buisleidingCategorieStof": ["ontvlambareGassenNietAardgas"],
            "buisleidingProduct": "ethylene",
            "diameter": 273,
            "bovenkantbuis": 120,
            "maximaleWerkdruk": 9900,
        },
        (
            catalogue.pr("PR10-6", 40),
            catalogue.pr("PR10-7", 90),
            catalogue.brand(130, categorie="berekend"),
            catalogue.explosie(210, False, "berekend"),
        ),
        "etheen",
    ),
    (
        "ammoniak",
        -24,
        {
            "buisleidingCategorieStof": ["acuutToxischeStoffen"],
            "buisleidingProduct": "liquidAmmonia",
            "diameter": 219,
            "bovenkantbuis": -20,
            "maximaleWerkdruk": 4000,
        },
        (catalogue.pr("PR10-6", 55), catalogue.pr("PR10-8", 320), catalogue.gifwolk(700)),
        "ammoniak",
    ),
)
PIPELINE_STATUSES = ("operationeel", "operationeel", "operationeel", "tijdelijkBuitenGebruik", "geprojecteerd")


def pipelines(towns: list[Town], seen: "Counter[str]") -> Iterator[Message]:
    """Pipes from west to east through the gap beside the railway, on through the neighbouring municipality."""
    for number, (naam, shift, attributes, contours, stof) in enumerate(PIPELINES, 1):
        author = Author(OPERATOR, f"B{number}", seen)
        route = pipe_route(towns, shift)
        references = []
        for part, (start, end) in enumerate(pairwise(route), 1):
            line: BaseGeometry = LineString([start, end])
            if part == 2:
                middle = line.interpolate(0.5, normalized=True)
                line = MultiLineString([[start, middle.coords[0]], [middle.coords[0], end]])
            extra = {
                **attributes,
                "status": PIPELINE_STATUSES[part % 5],
                "buisleidingIdentificatie": f"{naam}-{part:03d}",
            }
            row = Reference("BuisleidingReferentie", () if part == len(route) - 1 else contours, extra)
            references.append(author.reference(row, line, stof, f"B{number}-A1-R{part}"))
        activity = Activity("Buisleiding", f"{catalogue.TR}BuisleidingGevaarlijkeStoffen", naam, (), gezag="rijk")
        yield {
            **author.base("BuisleidingStelsel", f"B{number}"),
            "eigenaar": OPERATOR.naam,
            "naamExploitant": OPERATOR.naam,
            "locatieomschrijving": f"leiding voor {naam} van west naar oost",
            "kvkNummerExploitant": ["91999901"],
            "voertUit": [
                {**author.base("Buisleiding", f"B{number}-A1"), **author.permit(activity), "heeft": references}
            ],
        }


def pipe_route(towns: list[Town], shift: float) -> list[tuple[float, float]]:
    first, second = towns[0], towns[1]
    x, y, other = first.gemeente.x, first.gemeente.y + shift, second.gemeente.x
    return [
        (x - 3600, y - 420),
        (x - 1700, y - 520),
        (x - 300, y - 640),
        (x + 700, y - 640),
        (x + 1600, y - 640),
        (other - 3400, y - 560),
        (other - 400, y - 640),
        (other + 800, y - 640),
        (other + 1700, y - 600),
    ]


# -- basisnet

BASISNET: tuple[tuple[str, float, str, Message, tuple[Contour, ...], str], ...] = (
    (
        "SpoorVervoer",
        RAIL_Y,
        "Spoorlijn Markermeer",
        {"trajectcode": "990", "referentiesoort": "buitensteSpoor"},
        (
            catalogue.pr("PR10-6", 9),
            catalogue.pr("PR10-7", 48),
            catalogue.brand(30, "plasbrand"),
            catalogue.explosie(200, True),
        ),
        "LPG",
    ),
    (
        "WegVervoer",
        MOTORWAY_Y,
        "A99",
        {"wegvakcode": "A99-1", "referentiesoort": "kantVerharding"},
        (
            catalogue.pr("PR10-6", 14),
            catalogue.pr("PR10-8", 160),
            catalogue.brand(30, "plasbrand"),
            catalogue.explosie(200, True),
        ),
        "LPG",
    ),
    (
        "WaterVervoer",
        CANAL_Y - 20,
        "Stadskanaal",
        {"watervakcode": "SKA", "referentiesoort": "oeverlijn"},
        (catalogue.brand(30, "plasbrand"), catalogue.gifwolk(900), catalogue.pr("PR10-6", 5)),
        "ammoniak",
    ),
)


def basisnet(towns: list[Town], seen: "Counter[str]") -> Iterator[Message]:
    """Railway, motorway and canal, each as one location in two or three stretches."""
    first, second = towns[0].gemeente, towns[1].gemeente
    for number, (soort, y, route, attributes, contours, stof) in enumerate(BASISNET, 1):
        author = Author(RIJK, f"N{number}", seen)
        xs = (first.x - 3600, first.x - 200, first.x + 1500, second.x + 1700)
        line = [(x, first.y + y + (-30 if i in {0, 3} else 0)) for i, x in enumerate(xs)]
        references = [
            author.reference(Reference(soort, contours, attributes), LineString(part), stof, f"N{number}-A1-R{i}")
            for i, part in enumerate(pairwise(line), 1)
        ]
        activity = Activity("Basisnet", "Niet beschikbaar", route, (), gezag="rijk", vergunning=False)
        yield {
            **author.base("LocatieBasisnet", f"N{number}"),
            "geometrie": geojson(LineString(line)),
            "type": soort,
            "route": route,
            "voertUit": [{**author.base("Basisnet", f"N{number}-A1"), **author.permit(activity), "heeft": references}],
        }


def road_axis(town: Town, seen: "Counter[str]") -> Message:
    """A road outside the basisnet with its axis: in the model, but not in the schema's references of an activity."""
    author = Author(OMGEVINGSDIENST, "W001", seen)
    x, y = town.gemeente.x - 1200, town.gemeente.y - 1100
    axis = author.reference(
        Reference("WegAs", (catalogue.pr("PR10-6", 12),)), LineString([(x, y), (x + 600, y + 40)]), "LPG", "W001-A1-R1"
    )
    activity = Activity("WegenNietBasisnet", "", "Gemeentelijke weg", ())
    return {
        **author.base("LocatieActiviteit", "W001"),
        "bedrijfsnaam": "Gemeente Zilverdam",
        "geometrie": geojson(box(x, y - 8, x + 600, y + 48)),
        **operator(activity, void=True),
        "voertUit": [{**author.base("WegenNietBasisnet", "W001-A1"), "heeft": [axis]}],
    }


# -- vulnerable objects


def buildings(answers: list[Antwoord]) -> Iterator[Message]:
    """Buildings whose owner confirms the label that the rules give."""
    for number, answer in enumerate(answers, 1):
        code = answer.pand[:4]
        author = Author(Bronhouder(f"GM{code}", f"Gemeente {code}", f"gm{code}"), answer.pand)
        yield {
            **author.base("KwetsbaarGebouw", answer.pand),
            **vulnerable_id(code, answer.pand),
            "categorieKwetsbaarheid": answer.label,
            "gebruiksdoeleindenDetail": ["gecontroleerd door de gemeente"],
            "idPandBAG": answer.pand,
            "populatie": 40 * number,
            "kadastraleAanduiding": [f"ZVD01B{number:05d}G0000"],
        }


def places(towns: list[Town]) -> Iterator[Message]:
    """Places that are no buildings: an event site, a campsite, a marina, and a campsite with more people than its
    category goes with."""
    rows = (
        (towns[0], "kwetsbaar", (-700, 60), 5200),
        (towns[0], "beperktKwetsbaar", (-1000, -320), 45),
        (towns[1], "gegevenInTransitie", (200, -1500), 30),
        (towns[0], "beperktKwetsbaar", (-1250, -330), 180),
    )
    for number, (town, categorie, (dx, dy), populatie) in enumerate(rows, 1):
        code, x, y = town.gemeente.code, town.gemeente.x + dx, town.gemeente.y + dy
        author = Author(Bronhouder(f"GM{code}", f"Gemeente {town.gemeente.naam}", f"gm{code}"), f"K{number:03d}")
        yield {
            **author.base("KwetsbareLocatie", f"K{number:03d}"),
            **vulnerable_id(code, f"K{number:03d}"),
            "categorieKwetsbaarheid": categorie,
            "geometrie": geojson(Polygon([(x, y), (x + 140, y + 10), (x + 120, y + 90), (x - 10, y + 70)])),
            "populatie": populatie,
        }


def vulnerable_id(code: str, key: str) -> Message:
    """Vulnerable objects carry the code of the municipality in their id, not the short code of the supplier."""
    return {
        "id": f"NL.IMEV.gm{code}.{key}",
        "identificatie": {"namespace": "NL.IMEV", "lokaalID": f"gm{code}.{key}", "versie": ""},
    }


# -- files


def messages(towns: list[Town], confirmed: list[Antwoord]) -> Iterator[Message]:
    """All messages, in one fixed order; the third municipality has none on the risk side."""
    seen: Counter[str] = Counter()
    yield from locations(towns[0], catalogue.ACTIVITIES, "L", seen)
    yield from locations(towns[1], catalogue.NEIGHBOURS, "M", seen)
    yield from pipelines(towns, seen)
    yield from basisnet(towns, seen)
    yield road_axis(towns[0], seen)
    yield from buildings(confirmed)
    yield from places(towns)


def write(folder: Path, towns: list[Town], confirmed: list[Antwoord]) -> int:
    """One file per message, named after its root object; gives the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for number, message in enumerate(messages(towns, confirmed), 1):
        older = number % OLDER_EVERY == 0 and '"resulteertIn": "' not in json.dumps(message)
        version = "3.0.1" if older else "3.0.2"
        comment = [
            "Fictief aanleverbestand van RisicoAtlas",
            f"versie IMEV: {version}",
            f"schema IMEV{version}_schema.json",
        ]
        text = json.dumps({"comment": comment, **message}, ensure_ascii=False, indent=1)
        (folder / f"{message['id'].removeprefix('NL.IMEV.')}.json").write_text(text + "\n", encoding="utf-8")
    return number
