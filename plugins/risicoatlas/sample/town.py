"""Lays out a municipality: streets with the cases, an estate, the countryside, and neighbourhoods that fill it up.

In: a municipality and how many buildings it shall have. Out: an iterator of plots, the same each time it is asked for;
nothing of the town is kept in memory.

Local coordinates are metres from the municipality's origin, x to the east and y to the north:

    countryside  x -3300 .. -200              isolated buildings, one group per lot of 330 m
    neighbourhoods  x >= 0, y >= 0            320 by 300 m each, slightly turned
    case streets  x 0 .. 1460, y -60 .. -620  cases on the north side, ordinary houses opposite
    railway  y -680
    estate  x 0 .. 1500, y -760 .. -1300      offices, halls, sports
    motorway  y -1420, canal  y -1560         with moorings
    greenhouses  x >= 0, y -1720 .. -1660
    harbour  x -3100 .. -1280, y -2220 .. -1700
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from risicoatlas.sample import cases as c
from risicoatlas.sample.model import (
    Adres,
    Antwoord,
    Eerder,
    Pand,
    Perceel,
    Plaats,
    Point,
    Ring,
    Topografie,
    Treffer,
    Verblijfsobject,
)
from risicoatlas.sample.registrar import Registrar, Street

RULE_SET = "basisvulling"
WIJK_WIDTH, WIJK_HEIGHT = 320, 300
LOT = 330
STREET_LENGTH, STREET_PITCH, STREET_COLUMNS = 700, 112, (0, 760)
ESTATE_LENGTH, ESTATE_PITCH, ESTATE_TOP = 1500, 150, -760
RAIL_Y, MOTORWAY_Y, CANAL_Y = -680, -1420, -1560
GREENHOUSES_Y = -1720
# Harbour: sites of 260 m for risky businesses without a place of their own, south-west of the town.
HARBOUR_X, HARBOUR_Y, HARBOUR_PITCH, HARBOUR_COLUMNS, HARBOUR_SITES = -3100, -1700, 260, 8, 24
# The kinds of neighbourhood, in the order in which they are added.
WIJKEN = ("rij", "winkel", "flat", "villa", "rij", "bedrijf", "rij", "kantoor", "rij", "flat", "rij", "villa")


@dataclass(frozen=True, slots=True)
class Frame:
    """Local axes: origin in EPSG:28992 and a turn; without a turn integer metres stay exact."""

    x: float
    y: float
    cos: float = 1.0
    sin: float = 0.0

    @classmethod
    def turned(cls, x: float, y: float, degrees: float) -> "Frame":
        return cls(x, y, math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))

    def point(self, x: float, y: float) -> Point:
        return round(self.x + x * self.cos - y * self.sin, 3), round(self.y + x * self.sin + y * self.cos, 3)

    def ring(self, *points: Point) -> Ring:
        corners = tuple(self.point(x, y) for x, y in points)
        return (*corners, corners[0])

    def box(self, x: float, y: float, width: float, depth: float) -> Ring:
        return self.ring((x, y), (x + width, y), (x + width, y + depth), (x, y + depth))


@dataclass(frozen=True, slots=True)
class Gemeente:
    """A municipality of the sample: its codes, its origin in EPSG:28992, and which cases it holds: every
    ``step``-th, and with ``full`` the odd ones and the harbour too."""

    code: str
    naam: str
    woonplaats: str
    x: int
    y: int
    first_postcode: int
    panden: int
    step: int = 1
    full: bool = False


class Town:
    """One municipality, walked plot by plot."""

    def __init__(self, gemeente: Gemeente, seed: int) -> None:
        self.gemeente = gemeente
        self.seed = seed

    def plots(self) -> Iterator[Perceel]:
        """All plots, in one fixed order; what is added after the neighbourhoods leaves all before it as it was."""
        builder = Builder(self.gemeente, self.seed)
        yield from self._grown(builder)
        yield from builder.greenhouses()

    def _grown(self, builder: "Builder") -> Iterator[Perceel]:
        """The fixed part; then neighbourhoods until the wanted number of buildings is reached."""
        built = 0
        for plot in builder.fixed():
            built += len(plot.panden)
            yield plot
        for number in range(self.gemeente.panden):
            for plot in builder.wijk(number, self.columns):
                if built >= self.gemeente.panden:
                    return
                built += len(plot.panden)
                yield plot

    @property
    def columns(self) -> int:
        """Columns of the grid of neighbourhoods; it grows with the number of buildings and stays about square."""
        return max(3, math.isqrt(self.gemeente.panden // 260))

    @property
    def width(self) -> int:
        return max(self.columns * WIJK_WIDTH, STREET_COLUMNS[-1] + STREET_LENGTH + 60)

    @property
    def height(self) -> int:
        """An upper bound of the height of the neighbourhoods, metres."""
        return WIJK_HEIGHT * (2 + self.gemeente.panden // (260 * self.columns))


class Builder:
    """Builds plots: draws from one random source and one registrar, so the order of calls is part of the result."""

    def __init__(self, gemeente: Gemeente, seed: int) -> None:
        self.gemeente = gemeente
        self.random = Random(f"{seed}/{gemeente.code}")  # noqa: S311  (a town, not a secret)
        self.registrar = Registrar(gemeente.code, gemeente.woonplaats, gemeente.first_postcode)
        self.frame = Frame(gemeente.x, gemeente.y)
        self.hits = 0

    # -- the fixed part

    def fixed(self) -> Iterator[Perceel]:
        yield from self.case_streets(self.shuffled(c.STRAAT))
        yield from self.estate(self.shuffled(c.TERREIN))
        yield from self.countryside()
        yield from self.waterfront()
        if self.gemeente.full:
            yield from self.harbour()

    def shuffled(self, rows: tuple[c.Case, ...]) -> list[c.Case]:
        """The cases of this municipality in an order that looks grown."""
        chosen = list(rows[:: self.gemeente.step])
        self.random.shuffle(chosen)
        return chosen

    def case_streets(self, rows: list[c.Case]) -> Iterator[Perceel]:
        """Cases side by side; the houses opposite make every dwelling here one with neighbours."""
        place, x = 0, float(STREET_LENGTH)
        street, y = self.registrar.street(), 0.0
        for row in rows:
            width, depth = footprint(row)
            if x + width > STREET_LENGTH:
                left, y = STREET_COLUMNS[place % 2], -60.0 - STREET_PITCH * (place // 2)
                place, x = place + 1, 0.0
                street = self.registrar.street()
                yield from self.terraces(self.frame, street, left, y - 10 - 9.5, STREET_LENGTH, side=-1)
            plot = self.new_plot(street)
            self.build(plot, row, self.outline(left + x, y + 11, width, depth), street)
            x += width + 14
            yield plot

    def estate(self, rows: list[c.Case]) -> Iterator[Perceel]:
        """Offices, halls and sports, each free on its plot."""
        x, y = float(ESTATE_LENGTH), float(ESTATE_TOP + ESTATE_PITCH)
        street = self.registrar.street()
        for row in rows:
            width, depth = footprint(row)
            if x + width > ESTATE_LENGTH:
                x, y, street = 0.0, y - ESTATE_PITCH, self.registrar.street()
            plot = self.new_plot(street)
            self.build(plot, row, self.outline(x, y - depth, width, depth), street)
            x += width + 30
            yield plot

    def outline(self, x: float, y: float, width: float, depth: float) -> Ring:
        """A rectangle; every second large building has a wing at the back."""
        if min(width, depth) < 16 or self.random.random() < 0.5:
            return self.frame.box(x, y, width, depth)
        middle, back = x + round(width * 0.4), y + round(depth * 0.55)
        return self.frame.ring(
            (x, y), (x + width, y), (x + width, back), (middle, back), (middle, y + depth), (x, y + depth)
        )

    def harbour(self) -> Iterator[Perceel]:
        """A hall on each harbour site."""
        street = self.registrar.street(naam="Zuidhaven")
        for number in range(HARBOUR_SITES):
            plot = self.new_plot(street)
            x, y = harbour_site(number)
            row = c.case("loods", c.BK, "industrie.5", c.u("industrie", self.random.randint(700, 998)))
            self.build(plot, row, self.frame.box(x - 70, y + 34, 42, 26), street)
            yield plot

    def countryside(self) -> Iterator[Perceel]:
        """One group of buildings per lot, so far from the next that only the group itself decides what is isolated."""
        groups = self.lone_cases() + self.pairs() + self.company() + self.odd_geometry()
        if self.gemeente.full:
            groups += [self.shared_units, self.dangling]
        street = self.registrar.street(naam="Buitenweg")
        for number, group in enumerate(groups):
            column, line = number % 9, number // 9
            frame = Frame(self.frame.x - 3300 + LOT * column, self.frame.y - 600 + LOT * line)
            plot = self.new_plot(street)
            group(plot, frame, street)
            yield plot

    def lone_cases(self) -> "list[Group]":
        rows = (*c.WONING_VRIJ, *c.LOGIES_VRIJ)[:: self.gemeente.step]
        return [*(Single(self, row) for row in rows), Row(self, c.LOGIES_IN_DE_STAD)]

    def pairs(self) -> "list[Group]":
        """Two houses, and two holiday houses, with a measured distance between their walls."""
        distances = c.AFSTANDEN_M[:: self.gemeente.step]
        return [
            *(Pair(self, distance_m, c.HUIS, c.VRIJ_HUIS) for distance_m in distances),
            *(Pair(self, distance_m, c.LOGIES_DICHTBIJ, c.VRIJE_LOGIES) for distance_m in distances),
        ]

    def company(self) -> "list[Group]":
        """A lone house beside something that is no dwelling, no longer one, or not yet one: it stays alone."""
        shed = c.case("schuur", "", "")
        office = c.case("kantoor aan huis", c.BK, "kantoor.2", c.u("kantoor", 90))
        demolished = c.case("gesloopt huis", "", "", c.u("woon", 100), status="Pand gesloopt")
        permitted = c.case("vergund huis", "", "", c.u("woon", 100), status="Bouwvergunning verleend")
        withdrawn = c.case("ingetrokken woning", "", "", c.u("woon", 100, status=c.VBO_INGETROKKEN))
        others = (shed, office, demolished, permitted, withdrawn, shed, shed)
        return [Beside(self, c.VRIJ_HUIS, other) for other in others[:: self.gemeente.step]]

    def odd_geometry(self) -> "list[Group]":
        """Self-crossing and other invalid rings that a repair makes whole, and a valid ring with a courtyard."""
        office = c.case("kantoor", c.BK, "kantoor.2", c.u("kantoor", 300))
        return [
            Shaped(self, office, ((0, 0), (30, 20), (30, 0), (0, 20))),
            Shaped(self, c.VRIJ_HUIS, ((0, 0), (14, 10), (14, 0), (0, 10))),
            Shaped(self, office, ((0, 0), (20, 0), (20, 12), (26, 12), (20, 12), (0, 12))),
            Shaped(self, c.case("schuur", "", ""), ((0, 0), (12, 8), (12, 0), (0, 8))),
            Shaped(self, office, ((0, 0), (40, 0), (40, 40), (0, 40)), ((14, 14), (14, 26), (26, 26), (26, 14))),
        ]

    def shared_units(self, plot: Perceel, frame: Frame, street: Street) -> None:
        """Units in two buildings count in each: 3,000 m2 is shared, and one of the two has 2,500 m2 of its own."""
        left = self.pand(plot, frame.box(0, 0, 60, 50), c.PAND_IN_GEBRUIK)
        right = self.pand(plot, frame.box(60, 0, 60, 50), c.PAND_IN_GEBRUIK)
        self.units(plot, c.u("industrie", 3000), (left, right), street)
        self.units(plot, c.u("industrie", 2500), (left,), street)
        self.answer(plot, left, c.K, "industrie.4")
        self.answer(plot, right, c.BK, "industrie.5")
        farm = self.pand(plot, frame.box(0, 80, 20, 12), c.PAND_IN_GEBRUIK)
        annex = self.pand(plot, frame.box(20, 80, 12, 12), c.PAND_IN_GEBRUIK)
        self.units(plot, c.u("woon", 210), (farm, annex), street)
        for pand in (farm, annex):
            self.answer(plot, pand, c.K, "woon.5")

    def dangling(self, plot: Perceel, frame: Frame, street: Street) -> None:
        """Units that name a building which is not in the delivery: alone, and beside a building that is."""
        absent = self.new_pand(frame.box(0, 60, 9, 9), c.PAND_IN_GEBRUIK)
        self.units(plot, c.u("kantoor", 80), (absent,), street)
        present = self.pand(plot, frame.box(0, 0, 20, 12), c.PAND_IN_GEBRUIK)
        self.units(plot, c.u("kantoor", 400), (present, absent), street)
        self.answer(plot, present, c.BK, "kantoor.2")

    def waterfront(self) -> Iterator[Perceel]:
        """Moorings along the canal and a few pitches behind them: addresses without a building."""
        street = self.registrar.street("Water", "Stadskanaal")
        plot = self.new_plot(street)
        for kind, soort, y, length, number in (
            ("02", "Ligplaats", CANAL_Y + 4, 18, 12),
            ("03", "Standplaats", CANAL_Y + 40, 12, 6),
        ):
            for i in range(number):
                adres = self.registrar.address(street, street.next_number(), soort=soort)
                status = "Plaats ingetrokken" if i == number - 1 else "Plaats aangewezen"
                ring = self.frame.box(300 + i * (length + 6), y, length, 5)
                plot.plaatsen.append(Plaats(self.registrar.plaats(kind), adres, ring, status))
        yield plot

    # -- the neighbourhoods

    def greenhouses(self) -> Iterator[Perceel]:
        """Greenhouses south of the canal, which the topographic register has too; in the full town only."""
        if not self.gemeente.full:
            return
        x, street = 0.0, self.registrar.street(naam="Kassenweg")
        for row, covers in c.GLASTUINBOUW:
            width, depth = footprint(row)
            plot = self.new_plot(street)
            self.build(plot, row, self.frame.box(x, GREENHOUSES_Y, width, depth), street)
            left = x
            for cover in covers:
                ring = self.frame.box(left, GREENHOUSES_Y, width * cover.aandeel, depth)
                plot.topografie.append(Topografie(ring, cover.soorten, eind=cover.eind))
                left += width * cover.aandeel
            x += width + 20
            yield plot

    def wijk(self, number: int, columns: int) -> Iterator[Perceel]:
        line, column = divmod(number, columns)
        frame = Frame.turned(
            self.frame.x + WIJK_WIDTH * column + WIJK_WIDTH / 2,
            self.frame.y + WIJK_HEIGHT * line + WIJK_HEIGHT / 2,
            self.random.uniform(-4, 4),
        )
        layout = {"rij": self.rij, "villa": self.villa, "flat": self.flat, "winkel": self.winkelstraat,
                  "bedrijf": self.bedrijven, "kantoor": self.kantoren}  # fmt: skip
        yield from layout[WIJKEN[number % len(WIJKEN)]](frame)

    def rij(self, frame: Frame) -> Iterator[Perceel]:
        """Four streets of terraced houses with sheds at the end of the garden."""
        for y in (-93, -31, 31, 93):
            street = self.registrar.street()
            yield from self.terraces(frame, street, -140, y + 8, 270, side=1)
            yield from self.terraces(frame, street, -140, y - 8 - 9.5, 270, side=-1)

    def terraces(self, frame: Frame, street: Street, x: float, y: float, length: float, side: int) -> Iterator[Perceel]:
        """Rows of eight houses that share their walls; ``side`` is where the garden lies (1 north, -1 south)."""
        for left in range(int(length // 50)):
            plot = self.new_plot(street)
            bouwjaar = self.random.randint(1905, 2019)
            for i in range(8):
                at = x + left * 50 + i * 5.75
                case_ = replace(c.HUIS, units=(c.u("woon", self.random.randint(78, 164)),))
                self.build(plot, case_, frame.box(at, y, 5.75, 9.5), street, bouwjaar)
                if self.random.random() < 0.6:
                    self.pand(
                        plot, frame.box(at + 1.2, y + (17 if side > 0 else -10), 3.2, 2.4), c.PAND_IN_GEBRUIK, bouwjaar
                    )
            yield plot

    def villa(self, frame: Frame) -> Iterator[Perceel]:
        """Detached houses with a garage, about 11 m apart."""
        for y in (-86, 0, 86):
            street = self.registrar.street()
            for shift in (12, -12 - 11):
                plot = self.new_plot(street)
                for i in range(12):
                    case_ = replace(c.HUIS, units=(c.u("woon", self.random.randint(140, 420)),))
                    self.build(plot, case_, frame.box(-138 + i * 23, y + shift, 12, 11), street)
                    if i % 3:
                        self.pand(plot, frame.box(-138 + i * 23 + 14, y + shift + 2, 4, 7), c.PAND_IN_GEBRUIK)
                yield plot

    def flat(self, frame: Frame) -> Iterator[Perceel]:
        """Slabs of flats around lawns, with rows of garages that have no verblijfsobject."""
        street = self.registrar.street()
        plot = self.new_plot(street)
        for y in (-110, -30, 50):
            for x in (-138, -44, 50):
                flats = self.random.choice((24, 36, 48, 60))
                case_ = replace(c.HUIS, units=(c.u("woon", self.random.randint(58, 96), n=flats),))
                self.build(plot, case_, frame.box(x, y, 74, 12.5), street)
            for i in range(12):
                self.pand(plot, frame.box(-138 + i * 3.1, y + 32, 3.1, 6), c.PAND_IN_GEBRUIK)
        yield plot

    def winkelstraat(self, frame: Frame) -> Iterator[Perceel]:
        """Shops, cafés and offices on the ground floor, flats above."""
        for y in (-90, 0, 90):
            street = self.registrar.street()
            for shift in (7, -7 - 15):
                plot = self.new_plot(street)
                for i in range(30):
                    self.build(plot, self.shop(), frame.box(-138 + i * 9, y + shift, 9, 15), street)
                yield plot

    def shop(self) -> c.Case:
        flats = self.random.randint(0, 3)
        ground = self.random.choice(("winkel", "winkel", "winkel", "winkel", "bijeenkomst", "kantoor"))
        if ground == "bijeenkomst":
            return c.case("café", c.BK, "woon.2", c.u(ground, self.random.randint(60, 120)), c.u("woon", 70))
        below = c.u(ground, self.random.randint(60, 190))
        if flats:
            return c.case(
                "winkel met woningen", c.BK, "woon.2", below, c.u("woon", self.random.randint(48, 92), n=flats)
            )
        return c.case("winkel", c.BK, f"{ground}.3" if ground == "winkel" else f"{ground}.2", below)

    def bedrijven(self, frame: Frame) -> Iterator[Perceel]:
        """An industrial estate: small halls, and some above 5,000 m2."""
        for y in (-105, -35, 35):
            plot = self.new_plot(street := self.registrar.street())
            for i in range(5):
                large = self.random.random() < 0.3
                m2 = self.random.randint(5001, 9800) if large else self.random.randint(180, 2400)
                row = c.case(
                    "hal", c.K if large else c.BK, "industrie.4" if large else "industrie.5", c.u("industrie", m2)
                )
                self.build(plot, row, frame.box(-138 + i * 56, y, 44, 34 if large else 24), street)
            yield plot

    def kantoren(self, frame: Frame) -> Iterator[Perceel]:
        """A business park: offices on both sides of 1,500 m2."""
        for y in (-100, -30, 40):
            plot = self.new_plot(street := self.registrar.street())
            for i in range(6):
                large = self.random.random() < 0.5
                m2 = self.random.randint(1501, 7800) if large else self.random.randint(260, 998)
                row = c.case(
                    "kantoor", c.K if large else c.BK, "kantoor.1" if large else "kantoor.2", c.u("kantoor", m2)
                )
                self.build(plot, row, frame.box(-134 + i * 46, y, 26, 18), street)
            yield plot

    # -- the bricks

    def new_plot(self, street: Street) -> Perceel:
        plot = Perceel()
        if not street.announced:
            street.announced = True
            plot.openbareruimten.append(street.openbareruimte)
        return plot

    def build(self, plot: Perceel, row: c.Case, ring: Ring, street: Street, bouwjaar: int = 0) -> Pand:
        """One building of a case on one ring."""
        pand = self.pand(plot, ring, row.status, bouwjaar)
        self.furnish(plot, row, pand, street)
        return pand

    def furnish(self, plot: Perceel, row: c.Case, pand: Pand, street: Street) -> None:
        """The units and the answer of a case in a building that stands."""
        adressen = (
            iter(self.registrar.addresses(street, sum(unit.aantal for unit in row.units))) if row.units else iter(())
        )
        for unit in row.units:
            self.units(plot, unit, (pand,), street, adressen)
        if row.label:
            self.answer(plot, pand, row.label, row.regel)

    def new_pand(self, ring: Ring, status: str, bouwjaar: int = 0, holes: tuple[Ring, ...] = ()) -> Pand:
        bouwjaar = bouwjaar or self.random.randint(1880, 2022)
        earlier = (
            ("Bouw gestart", c.PAND_IN_GEBRUIK)[: self.random.choice((0, 0, 0, 1, 2))]
            if status in c.PAND_LEVEND
            else ()
        )
        return Pand(self.registrar.pand(), ring, status, bouwjaar, holes, earlier)

    def pand(self, plot: Perceel, ring: Ring, status: str, bouwjaar: int = 0, holes: tuple[Ring, ...] = ()) -> Pand:
        pand = self.new_pand(ring, status, bouwjaar, holes)
        plot.panden.append(pand)
        return pand

    def units(
        self,
        plot: Perceel,
        unit: c.Unit,
        panden: tuple[Pand, ...],
        street: Street,
        adressen: Iterator[Adres] | None = None,
    ) -> None:
        adressen = adressen or iter(self.registrar.addresses(street, unit.aantal))
        doelen = tuple(c.gebruiksdoel(functie) for functie in unit.functies)
        eerder = (
            (Eerder(c.VBO_IN_GEBRUIK, tuple(map(c.gebruiksdoel, unit.eerder[0])), unit.eerder[1]),)
            if unit.eerder
            else ()
        )
        for number in range(unit.aantal):
            adres = next(adressen)
            second = self.random.random() < 0.01
            neven = (self.registrar.address(street, street.next_number()),) if second else ()
            vbo = Verblijfsobject(
                identificatie=self.registrar.verblijfsobject(),
                adres=adres,
                punt=inside(panden[0].ring, number, unit.aantal),
                status=unit.status,
                gebruiksdoelen=doelen,
                oppervlakte=unit.m2,
                panden=tuple(pand.identificatie for pand in panden),
                bouwjaar=panden[0].bouwjaar,
                nevenadressen=neven,
                eerder=eerder,
            )
            plot.verblijfsobjecten.append(vbo)
            if number == 0:
                for hit in unit.hits:
                    plot.treffers.append(self.treffer(hit, vbo))

    def treffer(self, hit: c.Hit, vbo: Verblijfsobject) -> Treffer:
        """Every second row names the verblijfsobject itself; the others, and all of DUO, only the address."""
        self.hits += 1
        met_bag = hit.register != "duo" and self.hits % 2 == 0
        naam = f"{NAMES.get(hit.register, 'Onderneming')} {self.hits}"
        return Treffer(hit.register, hit.code, naam, vbo.adres, vbo.identificatie, hit.status, met_bag)

    def answer(self, plot: Perceel, pand: Pand, label: str, regel: str) -> None:
        plot.antwoorden.append(Antwoord(pand.identificatie, label, f"{RULE_SET}.{regel}"))


NAMES = {"kvk": "Onderneming", "lrk": "Kinderopvang", "duo": "School"}
FLOORS = {"woon": 2, "kantoor": 4, "cel": 3, "logies": 3, "onderwijs": 2, "gezondheidszorg": 6, "overige": 3}


def harbour_site(number: int) -> Point:
    """The middle of a site, metres from the origin of the town."""
    line, column = divmod(number, HARBOUR_COLUMNS)
    return HARBOUR_X + HARBOUR_PITCH * column, HARBOUR_Y - HARBOUR_PITCH * line


def footprint(row: c.Case) -> tuple[float, float]:
    """Width and depth in metres that fit the area of a case: flats are stacked, halls lie on the ground."""
    functie = row.units[0].functies[0]
    floors = FLOORS.get(functie, 1) if row.m2 > 160 else 1
    if sum(unit.aantal for unit in row.units) > 10:
        floors = max(floors, 4)
    ground_m2 = max(20.0, row.m2 * 1.15 / floors)
    depth = min(round(math.sqrt(ground_m2 / 1.6)), 60)
    return float(round(ground_m2 / depth)), float(depth)


def inside(ring: Ring, number: int, total: int) -> Point:
    """A point inside a ring: on the line between the middles of its first and second side, which also lies inside the
    second triangle of a bow-tie."""
    (x1, y1), (x2, y2), (x3, y3) = ring[0], ring[1], ring[2]
    share = (number + 0.5) / total
    return (
        round((x1 + x2) / 2 + (x3 - x1) / 2 * share, 3),
        round((y1 + y2) / 2 + (y3 - y1) / 2 * share, 3),
    )


@dataclass(frozen=True, slots=True)
class Single:
    """One case, alone on its lot."""

    builder: Builder
    row: c.Case

    def __call__(self, plot: Perceel, frame: Frame, street: Street) -> None:
        width, depth = footprint(self.row)
        self.builder.build(plot, self.row, frame.box(0, 0, width, depth), street)
        self.builder.pand(plot, frame.box(0, depth + 12, 9, 6), c.PAND_IN_GEBRUIK)


@dataclass(frozen=True, slots=True)
class Row:
    """Cases side by side on one lot, so that none of them is isolated."""

    builder: Builder
    rows: tuple[c.Case, ...]

    def __call__(self, plot: Perceel, frame: Frame, street: Street) -> None:
        x = 0.0
        for row in self.rows:
            width, depth = footprint(row)
            self.builder.build(plot, row, frame.box(x, 0, width, depth), street)
            x += width + 18


@dataclass(frozen=True, slots=True)
class Pair:
    """Two equal buildings; ``near`` is their case up to 76 m between the walls, ``far`` beyond it."""

    builder: Builder
    distance_m: float
    near: c.Case
    far: c.Case

    def __call__(self, plot: Perceel, frame: Frame, street: Street) -> None:
        row = self.far if self.distance_m > 76 else self.near
        self.builder.build(plot, row, frame.box(0, 0, 10, 8), street)
        self.builder.build(plot, row, frame.box(10 + self.distance_m, 0, 10, 8), street)


@dataclass(frozen=True, slots=True)
class Beside:
    """A lone house with another building at 20 m that must not count as its neighbour."""

    builder: Builder
    house: c.Case
    other: c.Case

    def __call__(self, plot: Perceel, frame: Frame, street: Street) -> None:
        self.builder.build(plot, self.house, frame.box(0, 0, 14, 10), street)
        self.builder.build(plot, self.other, frame.box(34, 0, 12, 9), street)


@dataclass(frozen=True, slots=True)
class Shaped:
    """A case on a ring of its own, alone on its lot."""

    builder: Builder
    row: c.Case
    corners: tuple[Point, ...]
    hole: tuple[Point, ...] = ()

    def __call__(self, plot: Perceel, frame: Frame, street: Street) -> None:
        holes = (frame.ring(*self.hole),) if self.hole else ()
        pand = self.builder.pand(plot, frame.ring(*self.corners), self.row.status, holes=holes)
        self.builder.furnish(plot, self.row, pand, street)


Group = Callable[[Perceel, Frame, Street], None]
