"""What the sample writes: objects of the BAG with their earlier occurrences, rows of the registers, and answers.

Coordinates are EPSG:28992, metres, three decimals. Identifications are the bare 16 digits (a woonplaats has 4).
"""

from dataclasses import dataclass, field

Point = tuple[float, float]
Ring = tuple[Point, ...]

STAND = "2026-10-15"
STAND_IN_NAMES = "15102026"
DEFAULT_PANDEN = 4200
# The cases alone are about this many buildings.
MINIMUM_PANDEN = 3000


@dataclass(frozen=True, slots=True)
class Pand:
    """A building; ``eerdere_statussen`` are the statuses of its earlier occurrences, oldest first."""

    identificatie: str
    ring: Ring
    status: str
    bouwjaar: int
    binnenringen: tuple[Ring, ...] = ()
    eerdere_statussen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adres:
    """A nummeraanduiding."""

    identificatie: str
    openbareruimte: str
    postcode: str
    huisnummer: int
    huisletter: str = ""
    toevoeging: str = ""
    soort: str = "Verblijfsobject"


@dataclass(frozen=True, slots=True)
class Eerder:
    """What an earlier occurrence of a verblijfsobject said; it must not count."""

    status: str
    gebruiksdoelen: tuple[str, ...]
    oppervlakte: int


@dataclass(frozen=True, slots=True)
class Verblijfsobject:
    """A unit of use: its functions, its area in whole square metres and the buildings that it lies in."""

    identificatie: str
    adres: Adres
    punt: Point
    status: str
    gebruiksdoelen: tuple[str, ...]
    oppervlakte: int
    panden: tuple[str, ...]
    bouwjaar: int
    nevenadressen: tuple[Adres, ...] = ()
    eerder: tuple[Eerder, ...] = ()


@dataclass(frozen=True, slots=True)
class Plaats:
    """A mooring (ligplaats) or a pitch (standplaats): an address without a building."""

    identificatie: str
    adres: Adres
    ring: Ring
    status: str


@dataclass(frozen=True, slots=True)
class Openbareruimte:
    """A street or a water with its name."""

    identificatie: str
    naam: str
    type: str
    woonplaats: str
    verkorte_naam: str = ""


@dataclass(frozen=True, slots=True)
class Topografie:
    """A building of the topographic register, drawn by itself and without any link to the BAG; ``eind`` ends it."""

    ring: Ring
    soorten: tuple[str, ...]
    begin: str = "2008-11-24"
    eind: str = ""


@dataclass(frozen=True, slots=True)
class Treffer:
    """A row of KvK, LRK or DUO about one address; ``met_bag``: the row names the verblijfsobject itself."""

    register: str
    code: str
    naam: str
    adres: Adres
    verblijfsobject: str
    status: str = ""
    met_bag: bool = False


@dataclass(frozen=True, slots=True)
class Antwoord:
    """The expected label of a building and the rule that must give it."""

    pand: str
    label: str
    regel: str


@dataclass(slots=True)
class Perceel:
    """Everything that stands on one plot of the town."""

    openbareruimten: list[Openbareruimte] = field(default_factory=list)
    panden: list[Pand] = field(default_factory=list)
    verblijfsobjecten: list[Verblijfsobject] = field(default_factory=list)
    plaatsen: list[Plaats] = field(default_factory=list)
    topografie: list[Topografie] = field(default_factory=list)
    treffers: list[Treffer] = field(default_factory=list)
    antwoorden: list[Antwoord] = field(default_factory=list)
