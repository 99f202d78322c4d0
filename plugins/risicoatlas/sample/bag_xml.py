"""The XML of a BAG 2.0 extract: one function per object type, from our objects to ``sl:stand`` elements as text.

The shape is that of the extracts which the Kadaster delivers (schema 20200601), for instance::

    <sl:stand><sl-bag-extract:bagObject><Objecten:Pand>
      <Objecten:identificatie domein="NL.IMBAG.Pand">9901100000000001</Objecten:identificatie> ...
      <Objecten:voorkomen><Historie:Voorkomen> ... </Historie:Voorkomen></Objecten:voorkomen>
    </Objecten:Pand></sl-bag-extract:bagObject></sl:stand>

An object has one ``stand`` per occurrence; an ended occurrence carries ``eindGeldigheid`` and ``eindRegistratie``.
"""

from collections.abc import Iterator
from dataclasses import replace
from xml.sax.saxutils import escape

from risicoatlas.sample.model import Adres, Openbareruimte, Pand, Plaats, Ring, Verblijfsobject

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<sl-bag-extract:bagStand xmlns:DatatypenNEN3610="www.kadaster.nl/schemas/lvbag/imbag/datatypennen3610/v20200601" \
xmlns:Objecten="www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601" xmlns:gml="http://www.opengis.net/gml/3.2" \
xmlns:Historie="www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601" \
xmlns:Objecten-ref="www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601" \
xmlns:nen5825="www.kadaster.nl/schemas/lvbag/imbag/nen5825/v20200601" \
xmlns:KenmerkInOnderzoek="www.kadaster.nl/schemas/lvbag/imbag/kenmerkinonderzoek/v20200601" \
xmlns:selecties-extract="http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601" \
xmlns:sl-bag-extract="http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601" \
xmlns:sl="http://www.kadaster.nl/schemas/standlevering-generiek/1.0" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema" \
xsi:schemaLocation="http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601 \
https://developer.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601/BagvsExtractDeelbestandExtractLvc-2.1.0.xsd">
  <sl-bag-extract:bagInfo>
    <selecties-extract:Gebied-Registratief>
      <selecties-extract:Gebied-GEM>
        <selecties-extract:GemeenteCollectie>
          <selecties-extract:Gemeente>
            <selecties-extract:GemeenteIdentificatie>{gemeente}</selecties-extract:GemeenteIdentificatie>
          </selecties-extract:Gemeente>
        </selecties-extract:GemeenteCollectie>
      </selecties-extract:Gebied-GEM>
    </selecties-extract:Gebied-Registratief>
    <selecties-extract:LVC-Extract>
      <selecties-extract:StandTechnischeDatum>{stand}</selecties-extract:StandTechnischeDatum>
    </selecties-extract:LVC-Extract>
  </sl-bag-extract:bagInfo>
  <sl:standBestand>
    <sl:dataset>LVBAG</sl:dataset>
    <sl:inhoud>
      <sl:gebied>GEMEENTE</sl:gebied>
      <sl:leveringsId>0000000001</sl:leveringsId>
      <sl:objectTypen>
        <sl:objectType>{soort}</sl:objectType>
      </sl:objectTypen>
    </sl:inhoud>"""
TAIL = """
  </sl:standBestand>
</sl-bag-extract:bagStand>
"""

# What an occurrence outside the register carries, beside its ends: at the object and at the national register.
INACTIEF = ("<Historie:tijdstipInactief>2020-03-02T09:00:00.000</Historie:tijdstipInactief>",
            "<Historie:tijdstipInactiefLV>2020-03-02T09:05:00.000</Historie:tijdstipInactiefLV>")  # fmt: skip
NIET_BAG = ("", "<Historie:tijdstipNietBagLV>2018-03-16T12:34:17.765</Historie:tijdstipNietBagLV>")


def stand(inner: str) -> str:
    return f"<sl:stand><sl-bag-extract:bagObject>{inner}</sl-bag-extract:bagObject></sl:stand>"


def begin_dates(bouwjaar: int, occurrences: int) -> list[str]:
    """Begin of validity per occurrence, oldest first; the register itself began in 2010."""
    first = max(bouwjaar, 2010)
    return [f"{min(first + number, 2026 - occurrences + number)}-06-01" for number in range(occurrences)]


def identificatie(domein: str, value: str) -> str:
    return f'<Objecten:identificatie domein="NL.IMBAG.{domein}">{value}</Objecten:identificatie>'


def document(begin: str, geconstateerd: str = "N") -> str:
    return (
        f"<Objecten:geconstateerd>{geconstateerd}</Objecten:geconstateerd><Objecten:documentdatum>{begin}</Objecten:documentdatum>"
        f"<Objecten:documentnummer>Z.{begin[:4]}/D&amp;O.{begin[5:7]}</Objecten:documentnummer>"
    )


def voorkomen(nummer: int, begin: str, eind: str | None, outside: tuple[str, str] = ("", "")) -> str:
    ended = f"<Historie:eindGeldigheid>{eind}</Historie:eindGeldigheid>" if eind else ""
    ended_registration = f"<Historie:eindRegistratie>{eind}T10:15:00.000</Historie:eindRegistratie>" if eind else ""
    ended_lv = (
        f"<Historie:tijdstipEindRegistratieLV>{eind}T10:30:05.240</Historie:tijdstipEindRegistratieLV>" if eind else ""
    )
    return (
        "<Objecten:voorkomen><Historie:Voorkomen>"
        f"<Historie:voorkomenidentificatie>{nummer}</Historie:voorkomenidentificatie>"
        f"<Historie:beginGeldigheid>{begin}</Historie:beginGeldigheid>{ended}"
        f"<Historie:tijdstipRegistratie>{begin}T10:15:00.000</Historie:tijdstipRegistratie>{ended_registration}{outside[0]}"
        f"<Historie:BeschikbaarLV><Historie:tijdstipRegistratieLV>{begin}T10:30:05.240</Historie:tijdstipRegistratieLV>"
        f"{ended_lv}{outside[1]}</Historie:BeschikbaarLV></Historie:Voorkomen></Objecten:voorkomen>"
    )


def occurrences(bouwjaar: int, count: int) -> Iterator[tuple[int, str, str | None]]:
    """Number, begin and end of each occurrence; the last one is open."""
    begins = begin_dates(bouwjaar, count)
    for number, begin in enumerate(begins, 1):
        yield number, begin, begins[number] if number < count else None


def linear_ring(ring: Ring, dimension: int) -> str:
    height = " 0.0" if dimension == 3 else ""
    positions = " ".join(f"{x} {y}{height}" for x, y in ring)
    positions = f'<gml:posList count="{len(ring)}">{positions}</gml:posList>'
    return f"    <gml:LinearRing>\n      {positions}\n    </gml:LinearRing>\n"


def polygon(ring: Ring, holes: tuple[Ring, ...] = (), dimension: int = 2) -> str:
    """A GML polygon; panden have three dimensions with height 0, all others two."""
    interiors = "".join(f"  <gml:interior>\n{linear_ring(hole, dimension)}  </gml:interior>\n" for hole in holes)
    return (
        f'<gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992" srsDimension="{dimension}">\n  <gml:exterior>\n'
        f"{linear_ring(ring, dimension)}  </gml:exterior>\n{interiors}</gml:Polygon>"
    )


def pand(value: Pand, outside: tuple[str, str] = ("", "")) -> Iterator[str]:
    statuses = (*value.eerdere_statussen, value.status)
    for (nummer, begin, eind), status in zip(occurrences(value.bouwjaar, len(statuses)), statuses, strict=True):
        yield stand(pand_occurrence(replace(value, status=status), nummer, begin, eind, outside))


def pand_occurrence(value: Pand, nummer: int, begin: str, eind: str | None, outside: tuple[str, str] = ("", "")) -> str:
    """One occurrence of a building."""
    return (
        f"<Objecten:Pand>{identificatie('Pand', value.identificatie)}"
        f"<Objecten:geometrie>{polygon(value.ring, value.binnenringen, 3)}</Objecten:geometrie>"
        f"<Objecten:oorspronkelijkBouwjaar>{value.bouwjaar}</Objecten:oorspronkelijkBouwjaar>"
        f"<Objecten:status>{value.status}</Objecten:status>{document(begin)}{voorkomen(nummer, begin, eind, outside)}"
        "</Objecten:Pand>"
    )


def _address_ref(value: Adres) -> str:
    name = "Objecten-ref:NummeraanduidingRef"
    return f'<{name} domein="NL.IMBAG.Nummeraanduiding">{value.identificatie}</{name}>'


def verblijfsobject(value: Verblijfsobject, outside: tuple[str, str] = ("", "")) -> Iterator[str]:
    says = [(eerder.status, eerder.gebruiksdoelen, eerder.oppervlakte) for eerder in value.eerder]
    says.append((value.status, value.gebruiksdoelen, value.oppervlakte))
    for (nummer, begin, eind), (status, doelen, oppervlakte) in zip(
        occurrences(value.bouwjaar, len(says)), says, strict=True
    ):
        said = replace(value, status=status, gebruiksdoelen=doelen, oppervlakte=oppervlakte)
        yield stand(verblijfsobject_occurrence(said, nummer, begin, eind, outside))


def verblijfsobject_occurrence(
    value: Verblijfsobject, nummer: int, begin: str, eind: str | None, outside: tuple[str, str] = ("", "")
) -> str:
    """One occurrence of a verblijfsobject."""
    x, y = value.punt
    panden = "".join(
        f'<Objecten-ref:PandRef domein="NL.IMBAG.Pand">{pand}</Objecten-ref:PandRef>' for pand in value.panden
    )
    neven = "".join(map(_address_ref, value.nevenadressen))
    neven = f"<Objecten:heeftAlsNevenadres>{neven}</Objecten:heeftAlsNevenadres>" if neven else ""
    gebruiksdoelen = "".join(f"<Objecten:gebruiksdoel>{doel}</Objecten:gebruiksdoel>" for doel in value.gebruiksdoelen)
    return (
        f"<Objecten:Verblijfsobject><Objecten:heeftAlsHoofdadres>{_address_ref(value.adres)}</Objecten:heeftAlsHoofdadres>"
        f"{voorkomen(nummer, begin, eind, outside)}{neven}{identificatie('Verblijfsobject', value.identificatie)}"
        '<Objecten:geometrie><Objecten:punt><gml:Point srsName="urn:ogc:def:crs:EPSG::28992" srsDimension="3">\n'
        f"  <gml:pos>{x} {y} 0.0</gml:pos>\n</gml:Point></Objecten:punt></Objecten:geometrie>{gebruiksdoelen}"
        f"<Objecten:oppervlakte>{value.oppervlakte}</Objecten:oppervlakte><Objecten:status>{value.status}</Objecten:status>"
        f"{document(begin)}<Objecten:maaktDeelUitVan>{panden}</Objecten:maaktDeelUitVan></Objecten:Verblijfsobject>"
    )


def nummeraanduiding(value: Adres, outside: tuple[str, str] = ("", "")) -> Iterator[str]:
    letter = f"<Objecten:huisletter>{value.huisletter}</Objecten:huisletter>" if value.huisletter else ""
    if value.toevoeging:
        letter += f"<Objecten:huisnummertoevoeging>{value.toevoeging}</Objecten:huisnummertoevoeging>"
    yield stand(
        f"<Objecten:Nummeraanduiding>{identificatie('Nummeraanduiding', value.identificatie)}"
        f"<Objecten:huisnummer>{value.huisnummer}</Objecten:huisnummer>{letter}"
        f"<Objecten:postcode>{value.postcode}</Objecten:postcode>"
        f"<Objecten:typeAdresseerbaarObject>{value.soort}</Objecten:typeAdresseerbaarObject>"
        f"<Objecten:status>Naamgeving uitgegeven</Objecten:status>{document('2010-06-01')}"
        f"{voorkomen(1, '2010-06-01', None, outside)}"
        '<Objecten:ligtAan><Objecten-ref:OpenbareRuimteRef domein="NL.IMBAG.Openbareruimte">'
        f"{value.openbareruimte}</Objecten-ref:OpenbareRuimteRef></Objecten:ligtAan></Objecten:Nummeraanduiding>"
    )


def openbareruimte(value: Openbareruimte, outside: tuple[str, str] = ("", "")) -> Iterator[str]:
    short = (
        "<Objecten:verkorteNaam><nen5825:VerkorteNaamOpenbareRuimte><nen5825:verkorteNaam>"
        f"{escape(value.verkorte_naam)}</nen5825:verkorteNaam></nen5825:VerkorteNaamOpenbareRuimte></Objecten:verkorteNaam>"
        if value.verkorte_naam
        else ""
    )
    yield stand(
        f"<Objecten:OpenbareRuimte>{identificatie('Openbareruimte', value.identificatie)}"
        f"<Objecten:naam>{escape(value.naam)}</Objecten:naam><Objecten:type>{value.type}</Objecten:type>"
        f"<Objecten:status>Naamgeving uitgegeven</Objecten:status>{document('2010-06-01')}"
        '<Objecten:ligtIn><Objecten-ref:WoonplaatsRef domein="NL.IMBAG.Woonplaats">'
        f"{value.woonplaats}</Objecten-ref:WoonplaatsRef></Objecten:ligtIn>"
        f"{voorkomen(1, '2010-06-01', None, outside)}{short}"
        "</Objecten:OpenbareRuimte>"
    )


def plaats(value: Plaats) -> Iterator[str]:
    yield stand(
        f"<Objecten:{value.adres.soort}><Objecten:heeftAlsHoofdadres>{_address_ref(value.adres)}</Objecten:heeftAlsHoofdadres>"
        f"{voorkomen(1, '2010-06-01', None)}{identificatie(value.adres.soort, value.identificatie)}"
        f"<Objecten:status>{value.status}</Objecten:status><Objecten:geometrie>{polygon(value.ring)}</Objecten:geometrie>"
        f"{document('2010-06-01')}</Objecten:{value.adres.soort}>"
    )


def woonplaats(code: str, naam: str, ring: Ring) -> Iterator[str]:
    yield stand(
        f"<Objecten:Woonplaats>{identificatie('Woonplaats', code)}<Objecten:naam>{escape(naam)}</Objecten:naam>"
        f"<Objecten:geometrie><Objecten:vlak>{polygon(ring)}</Objecten:vlak></Objecten:geometrie>"
        f"<Objecten:status>Woonplaats aangewezen</Objecten:status>{document('2010-06-01')}"
        f"{voorkomen(1, '2010-06-01', None)}</Objecten:Woonplaats>"
    )


def in_onderzoek(soort: str, kenmerk: str, value: str, eind: str | None) -> str:
    """A characteristic under investigation (``J``), ended or still open; a register of its own beside the objects."""
    ended = f"<Historie:eindRegistratie>{eind}T08:33:54.923</Historie:eindRegistratie>" if eind else ""
    valid = f"<Historie:eindGeldigheid>{eind}</Historie:eindGeldigheid>" if eind else ""
    lv = f"<Historie:tijdstipEindRegistratieLV>{eind}T08:39:14.914</Historie:tijdstipEindRegistratieLV>" if eind else ""
    return (
        f"<sl:stand><sl-bag-extract:kenmerkInOnderzoek><KenmerkInOnderzoek:Kenmerk{soort}InOnderzoek>"
        f"<KenmerkInOnderzoek:kenmerk>{kenmerk}</KenmerkInOnderzoek:kenmerk>"
        f'<KenmerkInOnderzoek:identificatieVan{soort} domein="NL.IMBAG.{soort}">{value}'
        f"</KenmerkInOnderzoek:identificatieVan{soort}>"
        "<KenmerkInOnderzoek:inOnderzoek>J</KenmerkInOnderzoek:inOnderzoek>"
        "<KenmerkInOnderzoek:documentdatum>2021-02-10</KenmerkInOnderzoek:documentdatum>"
        "<KenmerkInOnderzoek:documentnummer>Z.2021/D.02</KenmerkInOnderzoek:documentnummer>"
        "<KenmerkInOnderzoek:historieInOnderzoek><Historie:HistorieInOnderzoek>"
        f"<Historie:tijdstipRegistratie>2021-02-10T14:57:53.757</Historie:tijdstipRegistratie>{ended}"
        f"<Historie:beginGeldigheid>2021-02-10</Historie:beginGeldigheid>{valid}<Historie:BeschikbaarLVInOnderzoek>"
        f"<Historie:tijdstipRegistratieLV>2021-02-10T14:57:56.637</Historie:tijdstipRegistratieLV>{lv}"
        "</Historie:BeschikbaarLVInOnderzoek></Historie:HistorieInOnderzoek></KenmerkInOnderzoek:historieInOnderzoek>"
        f"</KenmerkInOnderzoek:Kenmerk{soort}InOnderzoek></sl-bag-extract:kenmerkInOnderzoek></sl:stand>"
    )
