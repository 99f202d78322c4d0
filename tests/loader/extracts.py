"""Small BAG extracts for the tests: the nesting and the XML of the Kadaster with a handful of objects."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

DATE = "15102026"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<sl-bag-extract:bagStand xmlns:Objecten="www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601"'
    ' xmlns:gml="http://www.opengis.net/gml/3.2"'
    ' xmlns:Historie="www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601"'
    ' xmlns:Objecten-ref="www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601"'
    ' xmlns:sl-bag-extract="http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601"'
    ' xmlns:sl="http://www.kadaster.nl/schemas/standlevering-generiek/1.0">\n<sl:standBestand>\n'
)
TAIL = "</sl:standBestand></sl-bag-extract:bagStand>\n"
SQUARE = "160000 510000 0 160010 510000 0 160010 510010 0 160000 510010 0 160000 510000 0"
BOW_TIE = "160000 510000 0 160010 510010 0 160010 510000 0 160000 510010 0 160000 510000 0"
LINE = "160000 510000 0 160010 510000 0 160020 510000 0 160000 510000 0"


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of an object; ``ended`` names elements of its history that make it one of the past."""

    identificatie: str
    voorkomen: int = 1
    ended: Mapping[str, str] = field(default_factory=dict)

    def history(self) -> str:
        ended = "".join(f"<Historie:{name}>{value}</Historie:{name}>" for name, value in self.ended.items())
        return (
            "<Objecten:voorkomen><Historie:Voorkomen>"
            f"<Historie:voorkomenidentificatie>{self.voorkomen}</Historie:voorkomenidentificatie>"
            "<Historie:beginGeldigheid>2020-01-01</Historie:beginGeldigheid>"
            f"<Historie:tijdstipRegistratie>2020-01-02T10:00:00.000</Historie:tijdstipRegistratie>{ended}"
            "</Historie:Voorkomen></Objecten:voorkomen>"
        )


@dataclass(frozen=True)
class Pand(Occurrence):
    status: str = "Pand in gebruik"
    bouwjaar: str = "1990"
    ring: str = SQUARE
    srs: str = "urn:ogc:def:crs:EPSG::28992"

    def xml(self) -> str:
        return _stand(
            f'<Objecten:Pand><Objecten:identificatie domein="NL.IMBAG.Pand">{self.identificatie}'
            f'</Objecten:identificatie><Objecten:geometrie><gml:Polygon srsName="{self.srs}" srsDimension="3">'
            f"<gml:exterior><gml:LinearRing><gml:posList>{self.ring}</gml:posList></gml:LinearRing></gml:exterior>"
            f"</gml:Polygon></Objecten:geometrie><Objecten:oorspronkelijkBouwjaar>{self.bouwjaar}"
            f"</Objecten:oorspronkelijkBouwjaar><Objecten:status>{self.status}</Objecten:status>"
            f"{self.history()}</Objecten:Pand>"
        )


@dataclass(frozen=True)
class Verblijfsobject(Occurrence):
    panden: tuple[str, ...] = ()
    doelen: tuple[str, ...] = ("woonfunctie",)
    oppervlakte: str = "100"
    status: str = "Verblijfsobject in gebruik"
    hoofdadres: str = "9901200000000001"
    nevenadressen: tuple[str, ...] = ()
    vlak: str | None = None

    def xml(self) -> str:
        return _stand(
            "<Objecten:Verblijfsobject>"
            f"<Objecten:heeftAlsHoofdadres>{_ref('Nummeraanduiding', self.hoofdadres)}</Objecten:heeftAlsHoofdadres>"
            + self._side_addresses()
            + f"{self.history()}<Objecten:identificatie>{self.identificatie}</Objecten:identificatie>"
            f"<Objecten:geometrie>{self._shape()}</Objecten:geometrie>"
            + "".join(f"<Objecten:gebruiksdoel>{doel}</Objecten:gebruiksdoel>" for doel in self.doelen)
            + f"<Objecten:oppervlakte>{self.oppervlakte}</Objecten:oppervlakte>"
            f"<Objecten:status>{self.status}</Objecten:status><Objecten:maaktDeelUitVan>"
            + "".join(_ref("Pand", pand) for pand in self.panden)
            + "</Objecten:maaktDeelUitVan></Objecten:Verblijfsobject>"
        )

    def _side_addresses(self) -> str:
        refs = "".join(_ref("Nummeraanduiding", item) for item in self.nevenadressen)
        return f"<Objecten:heeftAlsNevenadres>{refs}</Objecten:heeftAlsNevenadres>" if refs else ""

    def _shape(self) -> str:
        srs = 'srsName="urn:ogc:def:crs:EPSG::28992"'
        if self.vlak is None:
            point = f'<gml:Point {srs} srsDimension="3"><gml:pos>160005 510005 0</gml:pos></gml:Point>'
            return f"<Objecten:punt>{point}</Objecten:punt>"
        ring = f"<gml:exterior><gml:LinearRing><gml:posList>{self.vlak}</gml:posList></gml:LinearRing></gml:exterior>"
        return f'<Objecten:vlak><gml:Polygon {srs} srsDimension="3">{ring}</gml:Polygon></Objecten:vlak>'


@dataclass(frozen=True)
class Nummeraanduiding(Occurrence):
    huisnummer: str = "1"
    postcode: str = "9901AA"
    huisletter: str = ""
    toevoeging: str = ""
    openbareruimte: str = "9901300000000001"

    def xml(self) -> str:
        extra = f"<Objecten:huisletter>{self.huisletter}</Objecten:huisletter>" if self.huisletter else ""
        if self.toevoeging:
            extra += f"<Objecten:huisnummertoevoeging>{self.toevoeging}</Objecten:huisnummertoevoeging>"
        return _stand(
            f"<Objecten:Nummeraanduiding><Objecten:identificatie>{self.identificatie}</Objecten:identificatie>"
            f"<Objecten:huisnummer>{self.huisnummer}</Objecten:huisnummer>{extra}"
            f"<Objecten:postcode>{self.postcode}</Objecten:postcode>"
            f"<Objecten:status>Naamgeving uitgegeven</Objecten:status>{self.history()}"
            f"<Objecten:ligtAan>{_ref('OpenbareRuimte', self.openbareruimte)}</Objecten:ligtAan>"
            "</Objecten:Nummeraanduiding>"
        )


@dataclass(frozen=True)
class OpenbareRuimte(Occurrence):
    naam: str = "Dorpsstraat"

    def xml(self) -> str:
        return _stand(
            f"<Objecten:OpenbareRuimte><Objecten:identificatie>{self.identificatie}</Objecten:identificatie>"
            f"<Objecten:naam>{self.naam}</Objecten:naam><Objecten:status>Naamgeving uitgegeven</Objecten:status>"
            f"<Objecten:ligtIn>{_ref('Woonplaats', '9901')}</Objecten:ligtIn>{self.history()}</Objecten:OpenbareRuimte>"
        )


@dataclass(frozen=True)
class Woonplaats(Occurrence):
    naam: str = "Zilverdam"

    def xml(self) -> str:
        return _stand(
            f"<Objecten:Woonplaats><Objecten:identificatie>{self.identificatie}</Objecten:identificatie>"
            f"<Objecten:naam>{self.naam}</Objecten:naam>{self.history()}</Objecten:Woonplaats>"
        )


@dataclass(frozen=True)
class Plaats(Occurrence):
    """A mooring or a pitch."""

    soort: str = "Ligplaats"
    status: str = "Plaats aangewezen"
    ring: str = SQUARE

    def xml(self) -> str:
        return _stand(
            f"<Objecten:{self.soort}><Objecten:identificatie>{self.identificatie}</Objecten:identificatie>"
            f"<Objecten:status>{self.status}</Objecten:status><Objecten:geometrie>"
            '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992" srsDimension="3"><gml:exterior><gml:LinearRing>'
            f"<gml:posList>{self.ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
            f"</Objecten:geometrie>{self.history()}</Objecten:{self.soort}>"
        )


PANDEN = (Pand("9901100000000001"), Pand("9901100000000002", ring=SQUARE.replace("1600", "1601")))
VERBLIJFSOBJECTEN = (Verblijfsobject("9901010000000001", panden=("9901100000000001",)),)
NUMMERAANDUIDINGEN = (Nummeraanduiding("9901200000000001"),)


@dataclass(frozen=True)
class Extract:
    """The content of an extract; what is not given is a small, sound municipality."""

    panden: Iterable[Pand] = PANDEN
    verblijfsobjecten: Iterable[Verblijfsobject] = VERBLIJFSOBJECTEN
    nummeraanduidingen: Iterable[Nummeraanduiding] = NUMMERAANDUIDINGEN
    plaatsen: Iterable[Plaats] = ()
    code: str = "9901"
    name: str = "Zilverdam"
    # files that take the place of the generated ones, by kind: None leaves the kind out
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    document: bool = True

    def write(self, path: Path) -> Path:
        inner = _zip({f"{self.code}{kind}{DATE}.zip": content for kind, content in self._kinds().items()})
        outer = {f"{self.code}GEM{DATE}.zip": inner}
        if self.document:
            outer["Leveringsdocument-BAG-Extract.xml"] = self._document()
        path.write_bytes(_zip(outer))
        return path

    def _kinds(self) -> dict[str, bytes]:
        kinds = {
            "PND": xml_file(self.panden),
            "VBO": xml_file(self.verblijfsobjecten),
            "NUM": xml_file(self.nummeraanduidingen),
            "OPR": xml_file([OpenbareRuimte(f"{self.code}300000000001")]),
            "WPL": xml_file([Woonplaats("9901")]),
        }
        for kind, soort in (("LIG", "Ligplaats"), ("STA", "Standplaats")):
            if of_kind := [item for item in self.plaatsen if item.soort == soort]:
                kinds[kind] = xml_file(of_kind)
        replaced = {kind: self.files.get(kind, content) for kind, content in kinds.items()}
        return {
            kind: _zip({f"{self.code}{kind}{DATE}-000001.xml": content})
            for kind, content in replaced.items()
            if content is not None
        }

    def _document(self) -> bytes:
        return (
            '<xb:BAG-Extract-Levering xmlns:xb="http://www.kadaster.nl/schemas/lvbag/extract-levering/v20200601"'
            ' xmlns:s="http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601"><xb:SelectieGegevens>'
            "<s:LVC-Extract><s:StandTechnischeDatum>2026-10-15</s:StandTechnischeDatum></s:LVC-Extract>"
            "<s:Gebied-Registratief><s:Gebied-GEM><s:GemeenteCollectie><s:Gemeente>"
            f"<s:GemeenteIdentificatie>{self.code}</s:GemeenteIdentificatie><s:GemeenteNaam>{self.name}</s:GemeenteNaam>"
            "</s:Gemeente></s:GemeenteCollectie></s:Gebied-GEM></s:Gebied-Registratief>"
            "</xb:SelectieGegevens></xb:BAG-Extract-Levering>"
        ).encode()


def xml_file(
    objects: Iterable[Pand | Verblijfsobject | Nummeraanduiding | OpenbareRuimte | Woonplaats | Plaats],
) -> bytes:
    return (HEAD + "\n".join(item.xml() for item in objects) + TAIL).encode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _stand(content: str) -> str:
    return f"<sl:stand><sl-bag-extract:bagObject>{content}</sl-bag-extract:bagObject></sl:stand>"


def _ref(kind: str, identificatie: str) -> str:
    return f"<Objecten-ref:{kind}Ref>{identificatie}</Objecten-ref:{kind}Ref>"
