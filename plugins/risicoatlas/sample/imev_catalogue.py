"""The risk side of the town as tables: every activity of the Bkl with references and contours at plausible distances.

Distances follow the fixed distances of the Bkl where there are such (LPG, propane, CNG, fireworks ...); calculated ones
are invented and of the usual size. Positions are metres from the origin of the town, see ``town``.
"""

from dataclasses import dataclass, field, replace
from typing import Any

Attributes = dict[str, Any]
ENDED, ENDS_LATER = "2025-06-30T00:00:00Z", "2099-01-01T00:00:00Z"
TR = "nl.imow-mnre1034.activiteit."


@dataclass(frozen=True, slots=True)
class Contour:
    """A contour at ``afstand`` metres from its reference; ``level`` tells contours of one class apart.

    ``placeholder``: an area that stands in for one that is still to be calculated, which its identification says.
    """

    entity: str
    afstand: float
    extra: Attributes = field(default_factory=dict)
    level: str = ""
    eind: str = ""
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference; ``shape`` is point, area or line, ``at`` metres east and north of the middle of the site."""

    entity: str
    contours: tuple[Contour, ...] = ()
    extra: Attributes = field(default_factory=dict)
    shape: str = "point"
    at: tuple[float, float] = (0.0, 0.0)
    eind: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of one business. ``place``: metres from the origin, or None for the next site of the harbour.

    ``eind`` here and below is the end of validity; empty means: still valid.
    """

    entity: str
    tr: str
    bedrijf: str
    references: tuple[Reference, ...]
    extra: Attributes = field(default_factory=dict)
    vergunning: bool = True
    gezag: str = "gemeente"
    place: tuple[float, float] | None = None
    stof: str = "gas"
    eind: str = ""


def brand(afstand: float, type_brand: str = "fakkelbrand", categorie: str = "vastgesteld") -> Contour:
    return Contour("BrandAandachtsgebied", afstand, {"typeBrand": type_brand, "categorieAandachtsgebied": categorie})


def explosie(afstand: float, bleve: bool = False, categorie: str = "vastgesteld") -> Contour:
    return Contour("ExplosieAandachtsgebied", afstand, {"bleve": bleve, "categorieAandachtsgebied": categorie})


def gifwolk(afstand: float) -> Contour:
    return Contour("GifwolkAandachtsgebied", afstand, {"categorieAandachtsgebied": "berekend"})


def civiel(type_: str, afstand: float) -> Contour:
    return Contour("CivielExplosieAandachtsgebied", afstand, {"typeCivExpAandachtsgebied": type_}, type_)


def militair(type_: str, afstand: float) -> Contour:
    return Contour("MilitairExplosieAandachtsgebied", afstand, {"typeMilitairExpAandachtsgebied": type_}, type_)


def vuurwerk(afstand: float) -> Contour:
    return Contour("ExplosieAandachtsgebiedVuurwerk", afstand)


def pr(level: str, afstand: float) -> Contour:
    return Contour("PRContour", afstand, {"typePlaatsgebondenRisico": level}, level)


def overig(soort: str, afstand: float) -> Contour:
    return Contour("OverigeContour", afstand, {"typeOverigeContour": f"vastgesteld {soort}"}, soort)


def vast(k: float, zk: float, bk: float | None = None) -> tuple[Contour, ...]:
    """Fixed distances for kwetsbaar and zeer kwetsbaar, and for beperkt kwetsbaar where there is one."""
    rows = (pr("vastgesteld K", k), pr("vastgesteld ZK", zk))
    return rows if bk is None else (pr("vastgesteld BK", bk), *rows)


def berekend(*afstanden: float) -> tuple[Contour, ...]:
    """Calculated risk contours 10-6, 10-7 and 10-8."""
    return tuple(pr(level, afstand) for level, afstand in zip(("PR10-6", "PR10-7", "PR10-8"), afstanden, strict=False))


def tank(*contours: Contour, soort: str = "opslagtank", **extra: Any) -> Reference:
    return Reference("OpslagReferentie", contours, {"typeOpslagReferentie": soort, **extra}, "point", (18, 6))


def opslag(*contours: Contour, soort: str = "opslagplaats", oppervlakte: float = 400) -> Reference:
    return Reference("OpslagReferentie", contours, {"typeOpslagReferentie": soort, "oppervlakte": oppervlakte}, "area")


def samengesteld(*contours: Contour) -> Reference:
    return Reference("SamengesteldeReferentie", contours, {}, "area")


def lpg(throughput: float, place: tuple[float, float], naam: str) -> Activity:
    """An LPG station: filling point, buried tank, dispenser, and the pipe between them that has no contour."""
    pr_vulpunt = 25 if throughput < 500 else 35 if throughput < 1000 else 40
    return Activity(
        "TankenLPG",
        TR + "TankenOpslaanLPG",
        naam,
        (
            Reference(
                "Vulpunt", (pr("PR10-6", pr_vulpunt), brand(60), explosie(160, bleve=True)), {}, "point", (-14, 4)
            ),
            tank(pr("PR10-6", 25), brand(60), bovengronds=False, inhoud=20),
            Reference("Tankzuil", (pr("PR10-6", 15),), {}, "point", (0, -8)),
            Reference("Leiding", (), {"bovengronds": False, "diameter": 50}, "line", (0, 4)),
        ),
        {"doorzetPerJaar": throughput},
        vergunning=False,
        place=place,
        stof="LPG",
    )


def propaan(place: tuple[float, float], naam: str) -> Activity:
    return Activity(
        "OpslagtankPropaanPropeen_VasteAfstandGeenVergunningplicht",
        TR + "OpslaanPropaanPropeenOpslagtanks",
        naam,
        (
            tank(*vast(10, 25, 10), brand(20), explosie(30), bovengronds=True, inhoud=5),
            Reference("OpstelplaatsVoertuig", vast(10, 25, 10), {}, "area", (-16, 0)),
        ),
        {"aantalBevoorradingen": {"categorie": "kleiner of gelijk vijf"}},
        vergunning=False,
        place=place,
        stof="propaan",
    )


def windturbine(vergunning: bool, aantal: int, naam: str, place: tuple[float, float]) -> Activity:
    duty = "Vergunningplicht" if vergunning else "GeenVergunningplicht"
    contours = (pr("PR10-5", 46), pr("PR10-6", 165))
    row = {
        "ashoogte": 98.5,
        "rotordiameter": 9000,
        "vermogen": 3000,
        "type": "RA-90",
        "materiaalMast": "staal",
        "maxWerpafstandNominaal": 152,
        "maxWerpafstandOvertoeren": 410,
        "pandIdentificatie": "nietVanToepassing",
    }
    return Activity(
        f"Windturbine_TeBerekenenAfstand{duty}",
        TR + "Windturbine",
        naam,
        tuple(Reference("Windturbine", contours, row, "point", (340.0 * i, 0.0)) for i in range(aantal)),
        {"aantalWindturbines": aantal},
        vergunning=vergunning,
        place=place,
        stof="geen",
    )


CIVIEL = TR + "OpslaanOntplofbareStoffenCiviel"
MILITAIR = TR + "OpslaanOntplofbStofMilitaireObj"
VUURWERK = TR + "OpslaanVuurwPyroArtikelenTheater"

ACTIVITIES: tuple[Activity, ...] = (
    Activity(
        "BehandelenRegelenMetenAardgas_VasteAfstandGeenVergunningplicht",
        TR + "GasdrukRegelMeetStation",
        "Gasstation Singel",
        (Reference("Installatie", vast(6, 10, 4)),),
        {"ontwerpCapaciteit": 6000, "werkdruk": 800, "opstellingsUitvoering": "binnenBehuizing"},
        False,
        place=(730, -110),
        stof="aardgas",
    ),
    lpg(900, (730, -230), "Tankstation De Fuut"),
    lpg(400, (1490, -340), "Tankstation Oostpoort"),
    Activity(
        "TankenCNG",
        TR + "TankenCNG",
        "Groengas Singel",
        (
            Reference("Tankzuil", (*vast(10, 10, 10), replace(pr("PR10-6", 25), eind=ENDED))),
            tank(*vast(15, 15, 15), soort="bufferopslag", inhoud=4),
            Reference("Tankzuil", vast(20, 20, 20), {}, "point", (6, -10), ENDED),
        ),
        {"aantalPersonenauto": 120, "aantalAutobussen": 10},
        False,
        place=(730, -345),
        stof="aardgas",
    ),
    Activity(
        "OpslagBrandstofBunkerstation",
        TR + "OpslaanBrandstoffenBunkerstation",
        "Bunkerstation Kanaal",
        (Reference("Vulpunt", vast(20, 20), {}, "point", (12, 0)), opslag(*vast(20, 20), soort="bunkerstation")),
        {},
        False,
        place=(120, -1545),
        stof="benzine",
    ),
    Activity(
        "TankenKleinschaligVaartuig",
        TR + "KleinschaligTankenVaartuigen",
        "Jachthaven Zilverdam",
        (Reference("Tankzuil", vast(20, 20)),),
        {},
        False,
        place=(900, -1540),
        stof="benzine",
    ),
    Activity(
        "TankenGrootschaligVaartuig",
        TR + "GrootschaligTankenVaartuigen",
        "Binnenvaartservice",
        (Reference("Tankzuil", vast(20, 20)),),
        {},
        False,
        place=(1200, -1540),
        stof="benzine",
    ),
    Activity(
        "Mestvergisting",
        TR + "Mestvergistingsinstallatie",
        "Biogas Buitenweg",
        (
            opslag(*vast(50, 50, 50), soort="gaszak"),
            Reference("AftappuntOpslagtank", vast(50, 50, 50), {}, "point", (30, 0)),
        ),
        {},
        False,
        place=(-1900, 900),
        stof="methaan",
    ),
    propaan((-2250, -120), "Hoeve De Kreek"),
    propaan((-1260, 210), "Hoeve Kwelder"),
    propaan((-930, -300), "Camping De Gors"),
    Activity(
        "OpslagOxiderendVerstikkendGas",
        TR + "OpslaanOxidVerstikCryogGasOpslta",
        "Ziekenhuis Zilverdam",
        (tank(*vast(5, 5, 3), bovengronds=True, inhoud=10),),
        {},
        False,
        place=(1400, -480),
        stof="zuurstof",
    ),
    Activity(
        "OpslagBrandbareVloeistofGeenDieselBovengronds",
        TR + "OpslBrandVloeisNietDieselBovengr",
        "Verffabriek Baars",
        (Reference("Vulpunt", vast(20, 20, 20)), Reference("OpstelplaatsVoertuig", vast(20, 20), {}, "area", (-20, 0))),
        {},
        False,
        place=(1100, -1330),
        stof="benzine",
    ),
    Activity(
        "OpslagBrandbareVloeistofGeenDieselOndergronds",
        TR + "OpslBrandVloeisNietDieselOndergr",
        "Tankstation De Roer",
        (Reference("Vulpunt", vast(20, 20)),),
        {},
        False,
        place=(480, -1340),
        stof="benzine",
    ),
    Activity(
        "OpslagVerpakt_VasteAfstandGeenVergunningplicht",
        TR + "OpslaanGevStofNietOrgPerInVerpak",
        "Bouwmarkt Boei",
        (opslag(*vast(8, 8)),),
        {},
        False,
        place=(200, -1340),
        stof="klasse3",
    ),
    Activity(
        "OpstellenVoertuigen",
        TR + "OpstellenVoertuigGevaarlStoffen",
        "Transport Reiger",
        (Reference("OpstelplaatsVoertuig", vast(20, 20), {}, "area"),),
        {},
        False,
        place=(800, -1335),
        stof="klasse3",
        eind=ENDS_LATER,
    ),
    Activity(
        "AmmoniakKoelinstallatie_VasteAfstandVergunningplicht",
        TR + "KoelinstalKooldioKoolwstAmmo",
        "IJsbaan Zilverdam",
        (
            Reference(
                "Machinekamer",
                (pr("PR10-6", 60),),
                {"aantalKoelinstallaties": 1, "opstellingsUitvoering": "2", "pompbeveiliging": True},
                "area",
            ),
            Reference("Leiding", (), {"bovengronds": True, "diameter": 80}, "line", (20, 0)),
        ),
        {"werktemperatuur": -10, "hoeveelheidsKlasseAmmoniak": "1500tot3500"},
        place=(1490, -150),
        stof="ammoniak",
    ),
    Activity(
        "OpslagtankPropaanPropeen_VasteAfstandVergunningplicht",
        TR + "OpslagtankVoorGassen",
        "Vakantiepark Kreekzicht",
        (
            Reference("Vulpunt", (pr("PR10-6", 35), brand(60), explosie(160, bleve=True)), {}, "point", (-12, 0)),
            tank(pr("PR10-6", 25), brand(60), bovengronds=False, inhoud=40),
        ),
        {"doorzetPerJaar": 600},
        place=(-600, 540),
        stof="propaan",
    ),
    Activity(
        "OpslagVerpakt_VasteAfstandVergunningplicht",
        TR + "OpslaanGevaarlijkeStofInVerpakk",
        "Opslag Snoek",
        (opslag(pr("PR10-6", 20)),),
        {"beschermingsniveauConformTabelB3": "Beschermingsniveau 1:Automatische blusgasinstallatie"},
        stof="klasse3",
    ),
    Activity(
        "OpslagMeststof",
        TR + "OpslaanVasteMinerAnorgMeststof",
        "Meststoffen Karper",
        (opslag(pr("PR10-6", 60)),),
        stof="klasse51",
    ),
    Activity(
        "TankenWaterstofVoertuigWerktuig",
        TR + "OpslagTransportbedrijf",
        "Waterstof Kompas",
        (
            Reference("Vulpunt", (pr("PR10-6", 30), brand(55)), {}, "point", (-10, 0)),
            tank(pr("PR10-6", 35), brand(55), soort="tussenopslag", inhoud=12),
        ),
        place=(-140, -1380),
        stof="waterstof",
    ),
    windturbine(False, 2, "Wind Noord", (-3000, 1250)),
    windturbine(True, 4, "Windpark Zuidhaven", (-3200, -2700)),
    Activity(
        "AmmoniakKoelinstallatie_TeBerekenenAfstand",
        TR + "KoelinstalKooldioKoolwstAmmo",
        "Diepvries Zalm",
        (Reference("Machinekamer", berekend(85, 210, 400), {"opstellingsUitvoering": "3"}, "area"),),
        {"werktemperatuur": -28.5, "hoeveelheidsKlasseAmmoniak": "meer10000"},
        gezag="provincie",
        stof="ammoniak",
    ),
    Activity(
        "OpslagtankGas_TeBerekenenAfstandVergunningplicht",
        TR + "OpslagtankVoorGassen",
        "Gasterminal Anker",
        (
            tank(
                *berekend(130, 260, 420),
                brand(190, categorie="berekend"),
                explosie(340, True, "berekend"),
                gifwolk(300),
                bovengronds=True,
                inhoud=900,
            ),
            Reference("Vulpunt", (pr("PR10-6", 45), brand(90, categorie="berekend")), {}, "point", (-20, 0)),
        ),
        gezag="provincie",
        stof="butaan",
    ),
    Activity(
        "OpslagtankVloeistof",
        TR + "OpslaanVloeistoffenOpslagtank",
        "Tankopslag Loods",
        (tank(*berekend(40, 90, 150), gifwolk(420), bovengronds=True, inhoud=2400),),
        gezag="provincie",
        stof="acrylnitril",
    ),
    Activity(
        "OpslagVerpakt_TeBerekenenAfstandVergunningplicht",
        TR + "OpslaanGevaarlijkeStofInVerpakk",
        "Logistiek Sextant",
        (opslag(*berekend(30, 120, 300), brand(30, "plasbrand", "berekend"), gifwolk(300)),),
        {"beschermingsniveau": "beschermingsniveau 1"},
        stof="klasse61",
    ),
    Activity(
        "SevesoInrichting",
        TR + "SevesoInrichting",
        "Chemie Zuidhaven",
        (
            Reference(
                "SevesoReferentie",
                (
                    *berekend(220, 480, 900),
                    pr("PR10-5", 70),
                    brand(260, "plasbrand", "berekend"),
                    explosie(520, False, "berekend"),
                    gifwolk(1200),
                ),
                {},
                "area",
            ),
            Reference("SevesoReferentie", berekend(60), {}, "point", (40, 20)),
        ),
        gezag="provincie",
        stof="chloor",
    ),
    Activity(
        "BehandelenRegelenMetenAardgas_TeBerekenenAfstandVergunningplicht",
        TR + "GasdrukRegelMeetStation",
        "Meetstation Buitenweg",
        (Reference("Installatie", (*berekend(25, 60), brand(110, categorie="berekend"))),),
        place=(-300, -690),
        stof="aardgas",
    ),
    Activity(
        "BadGiftig",
        TR + "Metaalproductenindustrie",
        "Galvano Barnsteen",
        (samengesteld(*berekend(20), replace(gifwolk(250), placeholder=True)),),
        stof="chroomzuur",
    ),
    Activity(
        "OpslagSevesoHoeveelheidBuitenSevesoInrichting",
        TR + "OpslagTransportbedrijf",
        "Expeditie Kwarts",
        (
            opslag(
                *berekend(35, 80, 160), brand(30, "overig", "berekend"), explosie(200, False, "berekend"), gifwolk(300)
            ),
        ),
        {
            "kritischeTemperatuur": 405.5,
            "kookTemperatuur": 239.8,
            "mediaanLetaleConcentratie": 4000,
            "dampspanning": 8574,
            "categorieGiftigeStof": "LT3",
        },
        stof="ammoniak",
    ),
    Activity(
        "TankenLNGVoertuigWerktuig",
        TR + "OpslagTransportbedrijf",
        "LNG Motorweg",
        (
            Reference("Vulpunt", (pr("PR10-6", 50), pr("PR10-7", 90), brand(125)), {}, "point", (-14, 0)),
            Reference("Tankzuil", (pr("PR10-8", 20),)),
        ),
        {
            "reactietijdNoodstop": {"vijfofminder": True},
            "bovenvulling": True,
            "verladingPomp": False,
            "voordruk": {"minderDanOfGelijkAan_420kPa": True},
        },
        place=(300, -1375),
        stof="LNG",
    ),
    Activity(
        "MijnbouwwerkExploiteren",
        TR + "Mijnbouw",
        "Gaswinning Kwelder",
        (samengesteld(*berekend(60, 140, 240), brand(160, categorie="berekend"), explosie(210, False, "berekend")),),
        gezag="rijk",
        place=(-3450, -1300),
        stof="aardgas",
    ),
    Activity(
        "MijnbouwwerkVerplaatsbaar",
        TR + "WerkzaamhedenVerplaatsbMijnbouw",
        "Boorlocatie Gors",
        (samengesteld(*berekend(50)),),
        gezag="rijk",
        stof="aardgas",
        eind=ENDED,
    ),
    Activity(
        "AnderInsluitsysteem",
        "Niet beschikbaar",
        "Proceswater Fok",
        (Reference("AnderInsluitsysteemReferentie", (*berekend(25, 55, 85), brand(45, "overig", "berekend"))),),
        stof="propeen",
    ),
    Activity(
        "Emplacement",
        TR + "Spoorwegemplacementen",
        "Emplacement Zilverdam",
        (
            samengesteld(
                *berekend(40, 110, 280),
                brand(85, "plasbrand", "berekend"),
                explosie(230, True, "berekend"),
                gifwolk(650),
            ),
        ),
        gezag="provincie",
        place=(-250, -640),
        stof="LPG",
    ),
    Activity(
        "OpslagVuurwerkF4",
        VUURWERK,
        "Evenementen Granaat",
        (
            Reference("Bewaarplaats", (vuurwerk(400), overig("vuurwerk", 48)), {"oppervlakteDeuropening": 6}),
            Reference("Bewerkingsruimte", (vuurwerk(48),), {}, "point", (25, 0)),
            samengesteld(),
        ),
        {"hoeveelheidVuurwerk": 2500},
        stof="klasse1",
    ),
    Activity(
        "OpslagVuurwerkF1F2F3T1T2",
        VUURWERK,
        "Winkel Robijn",
        (
            Reference("Bewaarplaats", (vuurwerk(8),), {"oppervlakteDeuropening": 4}),
            Reference("BufferBewaarplaats", (vuurwerk(20),), {}, "point", (8, 0)),
        ),
        {"hoeveelheidVuurwerk": 9000, "categorieVuurwerk": ["F1", "F2", "T1"]},
        place=(730, -450),
        stof="klasse1",
    ),
    Activity(
        "OpslagOntplofbaarADR1.1Civiel",
        CIVIEL,
        "Springmiddelen Zand",
        (
            Reference(
                "Bewaarplaats", (civiel("A", 220), civiel("B", 330), civiel("C", 660), overig("ontplofbaar", 110))
            ),
        ),
        {"nettoExplosieveMassa": 850},
        stof="klasse1",
    ),
    Activity(
        "OpslagOntplofbaarADR1.3Civiel",
        CIVIEL,
        "Pyrotechniek Klei",
        (Reference("Bewaarplaats", (civiel("A", 60), civiel("B", 90))),),
        {"nettoExplosieveMassa": 1200},
        stof="klasse1",
    ),
    Activity(
        "OpslagOntplofbaarADR1.4Civiel",
        CIVIEL,
        "Munitiehandel Veen",
        (Reference("Bewaarplaats", (civiel("B", 20),)),),
        stof="klasse1",
    ),
    Activity(
        "OpslagOntplofbaarComplexen",
        CIVIEL,
        "Complex Riet",
        (
            Reference(
                "Bewaarplaats", (civiel("A", 300), civiel("B", 450), civiel("C", 900), overig("ontplofbaar", 150))
            ),
        ),
        gezag="provincie",
        stof="klasse1",
    ),
    Activity(
        "OpslagOntplofbaarMilitair_TeBerekenenAfstand",
        MILITAIR,
        "Munitiedepot Bies",
        (Reference("Bewaarplaats", (militair("A", 320), militair("B", 480), militair("C", 960))),),
        gezag="rijk",
        stof="klasse1",
    ),
    Activity(
        "OpslagOntplofbaarMilitair_VasteAfstand",
        MILITAIR,
        "Kazerne Lis",
        (
            Reference("Bewaarplaats", (militair("A", 240), militair("B", 360), militair("C", 720))),
            Reference("Bewerkingsruimte", (militair("A", 60),), {}, "point", (30, 0)),
        ),
        gezag="rijk",
        stof="klasse1",
    ),
    Activity(
        "KernenergieInrichting",
        "Niet beschikbaar",
        "Onderzoeksreactor Kalmoes",
        (samengesteld(pr("gegevenInTransitie", 100)),),
        gezag="rijk",
        stof="onbekend",
    ),
    Activity(
        "WegenNietBasisnet",
        "",
        "Provinciale weg N990",
        (
            Reference(
                "WegVervoer", berekend(15), {"wegvakcode": "N990-1", "referentiesoort": "referentielijnWeg"}, "line"
            ),
        ),
        place=(-900, -1000),
        stof="LPG",
    ),
    Activity(
        "ActiviteitRestcategorie",
        "",
        "Proeftuin Kalmoes",
        (
            Reference("AnderInsluitsysteemReferentie", (pr("gegevenInTransitie", 40), *berekend(20)), {}, "area"),
            Reference("Installatie", (overig("vuurwerk", 15), pr("vastgesteld BK", 12)), {}, "area", (35, 0)),
        ),
        {"omschrijving": "proefopstelling zonder eigen categorie"},
        stof="geen",
    ),
)
# The same kind of business again, in the neighbouring municipality; metres from its own origin.
NEIGHBOURS: tuple[Activity, ...] = (
    lpg(1200, (730, -230), "Tankstation Oostwaard"),
    propaan((-1590, 210), "Hoeve Oostwaard"),
    propaan((-2580, -120), "Kaasboerderij Lis"),
)

# Substance: a named one, or a category of the transport classes.
STOFFEN: dict[str, Attributes | str] = {
    "gas": {"stofCategorie": {"categorieNaam": "klasse 2.1: Brandbaar gas"}},
    "aardgas": {"stof": {"naam": "aardgas", "chemischeNaam": "methaan", "CASnummer": "74-82-8", "UNnummer": "1971"}},
    "methaan": {"stof": {"naam": "methaan", "chemischeNaam": "methaan", "CASnummer": "74-82-8", "UNnummer": "1972"}},
    "LPG": {"stof": {"naam": "LPG", "CASnummer": "68476-85-7", "UNnummer": "1965"}},
    "LNG": {"stof": {"naam": "LNG", "chemischeNaam": "methaan", "CASnummer": "74-82-8", "UNnummer": "1972"}},
    "propaan": {"stof": {"naam": "propaan", "chemischeNaam": "propaan", "CASnummer": "74-98-6", "UNnummer": "1978"}},
    "propeen": {"stof": {"naam": "propeen", "chemischeNaam": "propeen", "CASnummer": "115-07-1", "UNnummer": "1077"}},
    "butaan": {"stof": {"naam": "butaan", "chemischeNaam": "butaan", "CASnummer": "106-97-8", "UNnummer": "1011"}},
    "waterstof": {
        "stof": {"naam": "waterstof", "chemischeNaam": "diwaterstof", "CASnummer": "1333-74-0", "UNnummer": "1049"}
    },
    "zuurstof": {"stof": {"naam": "zuurstof", "CASnummer": "7782-44-7", "UNnummer": "1073"}},
    "ammoniak": {
        "stof": {"naam": "ammoniak", "chemischeNaam": "ammoniak", "CASnummer": "7664-41-7", "UNnummer": "1005"}
    },
    "chloor": {"stof": {"naam": "chloor", "chemischeNaam": "dichloor", "CASnummer": "7782-50-5", "UNnummer": "1017"}},
    "acrylnitril": {"stof": {"naam": "acrylnitril", "CASnummer": "107-13-1", "UNnummer": "1093"}},
    "chroomzuur": {"stof": {"naam": "chroomzuur", "CASnummer": "7738-94-5", "UNnummer": "1755"}},
    "etheen": {"stof": {"naam": "etheen", "chemischeNaam": "etheen", "CASnummer": "74-85-1", "UNnummer": "1962"}},
    "benzine": {"stofCategorie": {"categorieNaam": "Klasse 3: Brandbare vloeistoffen", "chemischeNaam": "benzine"}},
    "klasse1": {"stofCategorie": {"categorieNaam": "klasse 1: Explosieve stoffen en voorwerpen"}},
    "klasse3": {"stofCategorie": {"categorieNaam": "Klasse 3: Brandbare vloeistoffen"}},
    "klasse51": {"stofCategorie": {"categorieNaam": "Klasse 5.1: Oxiderende stoffen"}},
    "klasse61": {"stofCategorie": {"categorieNaam": "Klasse 6.1: Giftige stoffen"}},
    "geen": "nietVanToepassing",
    "onbekend": "waardeOnbekend",
}
