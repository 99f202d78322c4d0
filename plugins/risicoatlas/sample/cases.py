"""The catalogue of cases: buildings that are each made to give one known label by one known rule.

A row says what a building holds and which label and rule must follow. The rules are those of the set ``basisvulling``
at its default parameters; the thresholds appear here as areas just below, at and just above. How the key is read:

* a register hit (LRK, DUO, bedgebied) is weighed like a function that stands before all others;
* the label of a building is the heaviest of its functions, and among equals the first of woon, bijeenkomst, kantoor,
  industrie, logies, sport, winkel, onderwijs, gezondheidszorg, cel, overige;
* an area of 999, 9999, 99999 or 999999 is unknown: a decision that depends on it is open, and an open one makes the
  whole building ``niet_bepaald`` unless another function is zeerKwetsbaar or kwetsbaar;
* areas are added over all live verblijfsobjecten of the building, for logies over those with logies only.
"""

from dataclasses import dataclass, replace

ZK, K, BK, NB = "zeerKwetsbaar", "kwetsbaar", "beperktKwetsbaar", "niet_bepaald"
ONBEKEND = "onbekend.oppervlakte"
PLACEHOLDERS = (999, 9999, 99999, 999999)

PAND_IN_GEBRUIK = "Pand in gebruik"
PAND_LEVEND = (PAND_IN_GEBRUIK, "Pand in gebruik (niet ingemeten)", "Verbouwing pand", "Pand buiten gebruik",
               "Sloopvergunning verleend")  # fmt: skip
PAND_OVERIG = ("Bouwvergunning verleend", "Bouw gestart", "Pand gesloopt", "Niet gerealiseerd pand",
               "Pand ten onrechte opgevoerd")  # fmt: skip
VBO_IN_GEBRUIK = "Verblijfsobject in gebruik"
VBO_INGETROKKEN = "Verblijfsobject ingetrokken"
VBO_LEVEND = (VBO_IN_GEBRUIK, "Verblijfsobject in gebruik (niet ingemeten)", "Verbouwing verblijfsobject",
              "Verblijfsobject buiten gebruik")  # fmt: skip
VBO_OVERIG = ("Verblijfsobject gevormd", VBO_INGETROKKEN, "Niet gerealiseerd verblijfsobject",
              "Verblijfsobject ten onrechte opgevoerd")  # fmt: skip

GEREGISTREERD = "Geregistreerd"
NIET_MEER = "Niet meer geregistreerd"


def gebruiksdoel(functie: str) -> str:
    """The BAG word of a function; ``overige`` is the one that is written apart."""
    return "overige gebruiksfunctie" if functie == "overige" else f"{functie}functie"


@dataclass(frozen=True, slots=True)
class Hit:
    """A row in KvK (code = SBI, status = whether a head office), LRK (code = type) or DUO (code = sector) at the
    address of a unit."""

    register: str
    code: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """``aantal`` equal verblijfsobjecten; ``eerder`` is what an ended occurrence said (functions, area)."""

    functies: tuple[str, ...]
    m2: int
    aantal: int = 1
    status: str = VBO_IN_GEBRUIK
    hits: tuple[Hit, ...] = ()
    eerder: tuple[tuple[str, ...], int] | None = None

    @property
    def leeft(self) -> bool:
        return self.status in VBO_LEVEND


@dataclass(frozen=True, slots=True)
class Case:
    """One building. ``regel`` is without the prefix of the set; an empty ``label`` means: not in the key."""

    naam: str
    units: tuple[Unit, ...]
    label: str
    regel: str
    status: str = PAND_IN_GEBRUIK

    @property
    def m2(self) -> int:
        """What the building measures in the world: a placeholder stands for an ordinary unit."""
        return sum(unit.aantal * (400 if unit.m2 in PLACEHOLDERS else unit.m2) for unit in self.units)


def u(functies: str, m2: int, *hits: Hit, n: int = 1, status: str = VBO_IN_GEBRUIK) -> Unit:
    """``u("woon+kantoor", 120)``: one unit with two functions."""
    return Unit(tuple(functies.split("+")), m2, n, status, hits)


def kvk(sbi: str, hoofdvestiging: str = "") -> Hit:
    return Hit("kvk", sbi, hoofdvestiging)


def lrk(soort: str, status: str = GEREGISTREERD) -> Hit:
    return Hit("lrk", soort, status)


def duo(sector: str) -> Hit:
    return Hit("duo", sector)


def case(naam: str, label: str, regel: str, *units: Unit, status: str = PAND_IN_GEBRUIK) -> Case:
    return Case(naam, units, label, regel, status)


REGISTERS = (
    case("crèche", ZK, "register.lrk", u("bijeenkomst", 200, lrk("KDV"))),
    case("grote crèche", ZK, "register.lrk", u("bijeenkomst", 400, lrk("KDV"))),
    case("bso in een schoolgebouw", ZK, "register.lrk", u("onderwijs", 300, lrk("BSO"))),
    case("crèche in een woning", ZK, "register.lrk", u("woon", 140, lrk("KDV"))),
    case("crèche in een kantoor", ZK, "register.lrk", u("kantoor", 300, lrk("KDV"))),
    case("bso in een sporthal", ZK, "register.lrk", u("sport", 600, lrk("BSO"))),
    case("crèche in een overig gebouw", ZK, "register.lrk", u("overige", 180, lrk("KDV"))),
    case("gastouder GOB", K, "woon.5", u("woon", 110, lrk("GOB"))),
    case("gastouder VGO", K, "woon.5", u("woon", 115, lrk("VGO"))),
    case("peuterspeelzaal", BK, "bijeenkomst.4", u("bijeenkomst", 120, lrk("PSZ"))),
    case("opgeheven crèche", BK, "bijeenkomst.4", u("bijeenkomst", 200, lrk("KDV", NIET_MEER))),
    case("opgeheven crèche in een woning", K, "woon.5", u("woon", 130, lrk("BSO", NIET_MEER))),
    case("opgeheven en nieuwe crèche", ZK, "register.lrk", u("bijeenkomst", 210, lrk("KDV", NIET_MEER), lrk("KDV"))),
    case("basisschool", ZK, "register.duo", u("onderwijs", 1200, duo("po"))),
    case("speciale basisschool", ZK, "register.duo", u("onderwijs", 900, duo("so"))),
    case("voortgezet speciaal onderwijs", ZK, "register.duo", u("onderwijs", 1600, duo("vso"))),
    case("middelbare school", K, "onderwijs.3", u("onderwijs", 5200, duo("vo"))),
    case("beroepsopleiding", K, "onderwijs.3", u("onderwijs", 3000, duo("mbo"))),
    case("basisschool in een kantoor", ZK, "register.duo", u("kantoor", 900, duo("po"))),
    case("basisschool in een woning", ZK, "register.duo", u("woon", 240, duo("so"))),
    case("basisschool in een dorpshuis", ZK, "register.duo", u("bijeenkomst", 240, duo("po"))),
    case(
        "brede school met crèche",
        ZK,
        "register.lrk",
        u("onderwijs", 1500, duo("po")),
        u("bijeenkomst", 200, lrk("KDV")),
    ),
    case("hospice in een kantoor", K, "register.bedgebied", u("kantoor", 500, kvk("87302"))),
    case("hospice, code met punten", K, "register.bedgebied", u("kantoor", 520, kvk("87.30.2"))),
    case("bedgebied in de gezondheidszorg", K, "register.bedgebied", u("gezondheidszorg", 2600, kvk("87302"))),
    case("bedgebied in een bedrijfsruimte", K, "register.bedgebied", u("industrie", 700, kvk("87302"))),
    case("zorgschool", ZK, "register.duo", u("onderwijs", 800, duo("so"), kvk("87302"))),
)
WOON = (
    case("gewone woning", K, "woon.5", u("woon", 105)),
    case("gehandicaptenzorg", ZK, "woon.1", u("woon", 90, kvk("8720"))),
    case("gezinsvervangend tehuis", ZK, "woon.1", u("woon", 320, kvk("87301", "Ja"))),
    case("verzorgingshuis", ZK, "woon.1", u("woon", 45, kvk("87302")), u("woon", 45, n=30)),
    case("jeugdzorg met overnachting", ZK, "woon.1", u("woon", 260, kvk("87901"))),
    case("opvanghuis", ZK, "woon.1", u("woon", 410, kvk("87902"))),
    case("opvanghuis, code met punten", ZK, "woon.1", u("woon", 380, kvk("87.90.2"))),
    case("zorg en praktijk", ZK, "woon.1", u("woon", 200, kvk("8720")), u("kantoor", 80)),
    case("zorgcode op het adres van de winkel", ZK, "woon.1", u("woon", 120), u("winkel", 90, kvk("87901"))),
    case("verpleeghuis buiten de lijst", K, "woon.5", u("woon", 60, kvk("8710"), n=1), u("woon", 60, n=24)),
    case("onbekende sbi-code", K, "woon.5", u("woon", 98, kvk("99999"))),
    case("te korte sbi-code", K, "woon.5", u("woon", 99, kvk("87"))),
    case("dagopvang ouderen", K, "woon.5", u("woon", 101, kvk("88101"))),
    case("woning met praktijk in één verblijfsobject", BK, "woon.2", u("woon+kantoor", 180)),
    case("woning met bedrijf in één verblijfsobject", BK, "woon.2", u("woon+industrie", 220)),
    case("woning boven een winkel", BK, "woon.2", u("winkel", 140), u("woon", 85)),
    case("flat boven winkels", BK, "woon.2", u("winkel", 400), u("woon", 70, n=12)),
    case("flat met stallingsgarage", BK, "woon.2", u("overige", 300), u("woon", 75, n=16)),
    case("drie functies", BK, "woon.2", u("woon+winkel+industrie", 150)),
    case("woningen boven een groot kantoor", K, "kantoor.1", u("kantoor", 600), u("woon", 100, n=10)),
    case("dienstwoning in een gevangenis", ZK, "cel.1", u("woon", 90), u("cel", 1400)),
    case("winkel is ingetrokken", K, "woon.5", u("woon", 88), u("winkel", 70, status=VBO_INGETROKKEN)),
    replace(case("was ook een winkel", K, "woon.5"), units=(Unit(("woon",), 96, eerder=(("woon", "winkel"), 96)),)),
    case("woonflat", K, "woon.5", u("woon", 78, n=48)),
    case("woning zonder bekende oppervlakte", K, "woon.5", u("woon", 999999)),
)
BIJEENKOMST = (
    case("249 m²", BK, "bijeenkomst.4", u("bijeenkomst", 249)),
    case("250 m²", BK, "bijeenkomst.4", u("bijeenkomst", 250)),
    case("251 m²", K, "bijeenkomst.3", u("bijeenkomst", 251)),
    case("twee zalen samen 250 m²", BK, "bijeenkomst.4", u("bijeenkomst", 125, n=2)),
    case("twee zalen samen 251 m²", K, "bijeenkomst.3", u("bijeenkomst", 125), u("bijeenkomst", 126)),
    case("zaal met woning, samen 300 m²", K, "bijeenkomst.3", u("bijeenkomst", 200), u("woon", 100)),
    case("dagbesteding gehandicapten", ZK, "bijeenkomst.2", u("bijeenkomst", 180, kvk("8720"))),
    case("dagverblijf", ZK, "bijeenkomst.2", u("bijeenkomst", 500, kvk("87301"))),
    case("dagopvang daklozen", ZK, "bijeenkomst.2", u("bijeenkomst", 230, kvk("87902"))),
    case("dagbesteding in een verzorgingshuis", ZK, "bijeenkomst.2", u("bijeenkomst", 230, kvk("87302"))),
    case("ondersteuning gehandicapten", BK, "bijeenkomst.4", u("bijeenkomst", 190, kvk("88103"))),
    case("restaurant", BK, "bijeenkomst.4", u("bijeenkomst", 160, kvk("56101"))),
    case("kerk", K, "bijeenkomst.3", u("bijeenkomst", 640)),
)
KANTOOR = (
    case("1.499 m²", BK, "kantoor.2", u("kantoor", 1499)),
    case("1.500 m²", BK, "kantoor.2", u("kantoor", 1500)),
    case("1.501 m²", K, "kantoor.1", u("kantoor", 1501)),
    case("samen 1.500 m²", BK, "kantoor.2", u("kantoor", 750, n=2)),
    case("samen 1.501 m²", K, "kantoor.1", u("kantoor", 750), u("kantoor", 751)),
    case("verzamelkantoor", K, "kantoor.1", u("kantoor", 180, n=14)),
    case("deel ingetrokken", BK, "kantoor.2", u("kantoor", 1400), u("kantoor", 800, status=VBO_INGETROKKEN)),
    replace(case("was groter", BK, "kantoor.2"), units=(Unit(("kantoor",), 1400, eerder=(("kantoor",), 2400)),)),
    case("kantoor met zaal", K, "bijeenkomst.3", u("kantoor", 1000), u("bijeenkomst", 600)),
    case("kantoor met winkel", BK, "kantoor.2", u("kantoor", 600), u("winkel", 300)),
)
INDUSTRIE = (
    case("4.999 m²", BK, "industrie.5", u("industrie", 4999)),
    case("5.000 m²", BK, "industrie.5", u("industrie", 5000)),
    case("5.001 m²", K, "industrie.4", u("industrie", 5001)),
    case("distributie 12.499 m²", BK, "industrie.3", u("industrie", 12499, kvk("5110"))),
    case("distributie 12.500 m²", BK, "industrie.3", u("industrie", 12500, kvk("5110"))),
    case("distributie 12.501 m²", K, "industrie.2", u("industrie", 12501, kvk("5110"))),
    case("distributie, code met punten", K, "industrie.2", u("industrie", 12600, kvk("51.10"))),
    case("distributie 6.000 m²", BK, "industrie.3", u("industrie", 6000, kvk("5110"))),
    case("opslag buiten de lijst", K, "industrie.4", u("industrie", 13000, kvk("52109"))),
    case("onbekende sbi-code", BK, "industrie.5", u("industrie", 800, kvk("12345"))),
    case("werkplaats met kantoor", BK, "kantoor.2", u("industrie", 1000), u("kantoor", 400)),
    case("fabriek met kantoor", K, "kantoor.1", u("industrie", 6000), u("kantoor", 200)),
    case("bedrijfsverzamelgebouw", BK, "industrie.5", u("industrie", 160, n=24)),
    case("kas", BK, "industrie.5", u("industrie", 4200, kvk("0113"))),
    case("grote kas", K, "industrie.4", u("industrie", 9200, kvk("0119"))),
    case("groothandel met winkel", K, "winkel.2", u("industrie", 2000), u("winkel", 1100)),
)
KAS, OVERIG = "kas, warenhuis", "overig"


@dataclass(frozen=True, slots=True)
class Cover:
    """A building of the topographic register over a share of a case, from its left side on; ``eind`` ends it."""

    aandeel: float
    soorten: tuple[str, ...] = (KAS,)
    eind: str = ""


# Greenhouses: a case and what the topographic register has in its place.
GLASTUINBOUW = (
    (case("kas", BK, "industrie.1", u("industrie", 9200, kvk("0119"))), (Cover(1),)),
    (case("kas voor de helft", BK, "industrie.1", u("industrie", 6000)), (Cover(0.5),)),
    (case("kas voor net geen helft", K, "industrie.4", u("industrie", 6000)), (Cover(0.49),)),
    (case("kleine kas voor een kwart", BK, "industrie.5", u("industrie", 900)), (Cover(0.25),)),
    (case("twee kassen samen", BK, "industrie.1", u("industrie", 7000)), (Cover(0.3), Cover(0.25))),
    (case("kas met fabriek in een gebouw", BK, "industrie.1", u("industrie", 6400)), (Cover(1, ("fabriek", KAS)),)),
    (case("hal die geen kas is", K, "industrie.4", u("industrie", 6100)), (Cover(1, (OVERIG,)),)),
    (case("kasteel", K, "industrie.4", u("industrie", 5600)), (Cover(1, ("kasteel",)),)),
    (case("kas die er niet meer is", K, "industrie.4", u("industrie", 5800)), (Cover(1, (KAS,), "2024-06-30"),)),
    (case("kas zonder oppervlakte", BK, "industrie.1", u("industrie", 999999)), (Cover(1),)),
    (case("kas met distributie", BK, "industrie.1", u("industrie", 13000, kvk("5110"))), (Cover(0.8),)),
    (case("kas met kantoor", K, "kantoor.1", u("industrie", 5200), u("kantoor", 300)), (Cover(1),)),
    (case("winkel onder glas", K, "winkel.2", u("winkel", 1200)), (Cover(1),)),
)
# Hotels beside each other, so none is isolated.
LOGIES_IN_DE_STAD = (
    case("hotel", K, "logies.2", u("logies", 40, n=60)),
    case("pension", K, "logies.2", u("logies", 100, n=3)),
    case("hotel van 1.600 m²", K, "logies.2", u("logies", 1600)),
)
LOGIES_VRIJ = (
    case("vijf huisjes, 1.495 m²", BK, "logies.1", u("logies", 299, n=5)),
    case("één gebouw, 1.499 m²", BK, "logies.1", u("logies", 1499)),
    case("één gebouw, 1.500 m²", K, "logies.2", u("logies", 1500)),
    case("zes huisjes", K, "logies.2", u("logies", 60, n=6)),
    case("logies 1.200 m² met winkel 500 m²", BK, "logies.1", u("logies", 1200), u("winkel", 500)),
    case("groepsverblijf zonder oppervlakte", NB, ONBEKEND, u("logies", 999999)),
)
SPORT = (
    case("998 m²", BK, "sport.2", u("sport", 998)),
    case("samen 999 m²", BK, "sport.2", u("sport", 500), u("sport", 499)),
    case("1.000 m²", BK, "sport.2", u("sport", 1000)),
    case("1.001 m²", K, "sport.1", u("sport", 1001)),
    case("samen 1.001 m²", K, "sport.1", u("sport", 500), u("sport", 501)),
    case("sporthal", K, "sport.1", u("sport", 2400)),
    case("kleedkamers", BK, "sport.2", u("sport", 140)),
)
WINKEL = (
    case("zes winkels, 1.998 m²", BK, "winkel.3", u("winkel", 333, n=6)),
    case("zes winkels, 2.000 m²", BK, "winkel.3", u("winkel", 333, n=5), u("winkel", 335)),
    case("zes winkels, 2.001 m²", K, "winkel.1", u("winkel", 333, n=5), u("winkel", 336)),
    case("vijf winkels, 4.500 m²", BK, "winkel.3", u("winkel", 900, n=5)),
    case("zesde winkel ingetrokken", BK, "winkel.3", u("winkel", 500, n=5), u("winkel", 500, status=VBO_INGETROKKEN)),
    case("zes winkels met woningen", BK, "woon.2", u("winkel", 150, n=6), u("woon", 80, n=6)),
    case("zes winkels en veel woningen", K, "winkel.1", u("winkel", 250, n=6), u("woon", 100, n=6)),
    case("winkel van 1.000 m²", BK, "winkel.3", u("winkel", 1000)),
    case("winkel van 1.001 m²", K, "winkel.2", u("winkel", 1001)),
    case("vijf winkels, één van 1.001 m²", K, "winkel.2", u("winkel", 200, n=4), u("winkel", 1001)),
    case("grote en kleine winkel", K, "winkel.2", u("winkel", 1100), u("winkel", 200)),
    case("supermarkt van 900 m²", BK, "winkel.3", u("winkel", 900, kvk("47110"))),
    case("warenhuis", K, "winkel.2", u("winkel", 3800, kvk("47191"))),
    case("winkelcentrum", K, "winkel.1", u("winkel", 210, n=22)),
)
ANDERE = (
    case("volwassenenonderwijs", K, "onderwijs.3", u("onderwijs", 480)),
    case("huisartsenpost", K, "gezondheidszorg.2", u("gezondheidszorg", 320, kvk("86210"))),
    case("ziekenhuis", K, "gezondheidszorg.2", u("gezondheidszorg", 26000, kvk("86101"))),
    case("politiecel", ZK, "cel.1", u("kantoor", 900), u("cel", 120)),
    case("gevangenis", ZK, "cel.1", u("cel", 8600)),
    case("trafogebouw", NB, "overige.1", u("overige", 24)),
    case("parkeergarage", NB, "overige.1", u("overige", 7400)),
    case("berging zonder bekende oppervlakte", NB, "overige.1", u("overige", 99999)),
    case("winkel met berging", BK, "winkel.3", u("winkel", 240), u("overige", 60)),
)
ZONDER_OPPERVLAKTE = (
    case("kantoor", NB, ONBEKEND, u("kantoor", 999999)),
    case("zaal", NB, ONBEKEND, u("bijeenkomst", 99999)),
    case("bedrijfshal", NB, ONBEKEND, u("industrie", 9999)),
    case("sporthal", NB, ONBEKEND, u("sport", 999)),
    case("winkel", NB, ONBEKEND, u("winkel", 999999)),
    case("distributie", NB, ONBEKEND, u("industrie", 99999, kvk("5110"))),
    case("kantoor, bekend deel 1.400 m²", NB, ONBEKEND, u("kantoor", 1400), u("kantoor", 999999)),
    case("kantoor, bekend deel 1.600 m²", K, "kantoor.1", u("kantoor", 1600), u("kantoor", 999999)),
    case(
        "distributie, bekend deel 13.000 m²", K, "industrie.2", u("industrie", 13000, kvk("5110")), u("industrie", 9999)
    ),
    case("zes winkels, bekend deel 2.250 m²", K, "winkel.1", u("winkel", 450, n=5), u("winkel", 999999)),
    case("twee winkels, de grote bekend", K, "winkel.2", u("winkel", 1200), u("winkel", 999999)),
    case("twee winkels, de kleine bekend", NB, ONBEKEND, u("winkel", 300), u("winkel", 999999)),
    case("woning onbekend, kantoor 300 m²", NB, ONBEKEND, u("woon", 999999), u("kantoor", 300)),
    case("woning met zaal", NB, ONBEKEND, u("woon", 110), u("bijeenkomst", 999999)),
    case("kantoor met les", K, "onderwijs.3", u("kantoor", 999999), u("onderwijs", 300)),
    case("kantoor met cellen", ZK, "cel.1", u("kantoor", 999999), u("cel", 200)),
    case("kantoor met sporthal", K, "sport.1", u("kantoor", 999999), u("sport", 1200)),
    case("kantoor met berging", NB, ONBEKEND, u("kantoor", 99999), u("overige", 80)),
    case("crèche", ZK, "register.lrk", u("bijeenkomst", 999999, lrk("KDV"))),
    case("ingetrokken deel onbekend", BK, "kantoor.2", u("kantoor", 800), u("kantoor", 999999, status=VBO_INGETROKKEN)),
)
# One building per status; only the live ones are in the key.
STATUSSEN = (
    *(case(status, BK, "kantoor.2", u("kantoor", 640), status=status) for status in PAND_LEVEND),
    *(case(status, "", "", u("kantoor", 640), status=status) for status in PAND_OVERIG),
    *(case(status, BK, "kantoor.2", u("kantoor", 620, status=status)) for status in VBO_LEVEND),
    *(case(status, "", "", u("kantoor", 620, status=status)) for status in VBO_OVERIG),
)
WONING_VRIJ = (
    case("boerderij", BK, "woon.3", u("woon", 240)),
    case("vrije woonflat", BK, "woon.3", u("woon", 80, n=12)),
    case("vrij zorghuis", ZK, "woon.1", u("woon", 300, kvk("87901"))),
    case("boerderij met bedrijf", BK, "woon.2", u("woon", 180), u("industrie", 600)),
    case("boerderij zonder bekende oppervlakte", BK, "woon.3", u("woon", 999999)),
)
HUIS = case("woning", K, "woon.5", u("woon", 112))
VRIJ_HUIS = case("vrije woning", BK, "woon.3", u("woon", 150))
VRIJE_LOGIES = case("vrij vakantiehuis", BK, "logies.1", u("logies", 90))
LOGIES_DICHTBIJ = case("vakantiehuis met buren", K, "logies.2", u("logies", 90))

IN_DE_STAD = (*REGISTERS, *WOON, *BIJEENKOMST, *SPORT[:2], *WINKEL, *ANDERE, *ZONDER_OPPERVLAKTE, *STATUSSEN)


def needs_estate(row: Case) -> bool:
    """Large industry is no neighbour for a street of houses."""
    return row.m2 > 3000 and "industrie" in row.units[0].functies


STRAAT = tuple(row for row in IN_DE_STAD if not needs_estate(row))
TERREIN = (*KANTOOR, *INDUSTRIE, *SPORT[2:], *(row for row in IN_DE_STAD if needs_estate(row)))
# Distances between the walls of two buildings, metres; isolated means strictly more than 76.
AFSTANDEN_M = (75.9, 75.999, 76.0, 76.001, 76.1)
