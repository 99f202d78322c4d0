"""Buildings of the topographic base register (TOP10NL) as GML, of which some are greenhouses; always the same bytes."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO
from xml.sax.saxutils import escape

from risicoatlas.sample.model import STAND, Perceel, Topografie

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<top10nl:FeatureCollectionT10NL xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\
 xmlns:top10nl="http://www.kadaster.nl/schemas/imbrt/top10nl/1.2"\
 xmlns:brt="http://www.kadaster.nl/schemas/imbrt/brt-alg/1.0" xmlns:gml="http://www.opengis.net/gml/3.2"\
 gml:id="NL.TOP10NL_FC1">
"""
TAIL = "</top10nl:FeatureCollectionT10NL>\n"


class Top10nl:
    """One file, written building by building; :meth:`write` adds what a plot has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0

    def __enter__(self) -> "Top10nl":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file: IO[str] = self.path.open("w", encoding="utf-8", newline="\n")
        self.file.write(HEAD)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.write(TAIL)
        self.file.close()

    def write(self, plot: Perceel) -> None:
        for gebouw in plot.topografie:
            self.number += 1
            self.file.writelines(member(gebouw, 990100000 + self.number))


def member(gebouw: Topografie, number: int) -> Iterator[str]:
    """One building: ``typeGebouw`` may occur several times, ``objectEindTijd`` ends it."""
    yield f'  <top10nl:FeatureMember>\n    <top10nl:Gebouw gml:id="nl.top10nl.{number}">\n'
    yield "      <top10nl:identificatie>\n        <brt:NEN3610ID>\n"
    yield "          <brt:namespace>NL.TOP10NL</brt:namespace>\n"
    yield f"          <brt:lokaalID>{number}</brt:lokaalID>\n        </brt:NEN3610ID>\n      </top10nl:identificatie>\n"
    yield "      <top10nl:brontype>luchtfoto</top10nl:brontype>\n"
    yield f"      <top10nl:bronactualiteit>{STAND}</top10nl:bronactualiteit>\n"
    yield f"      <top10nl:objectBeginTijd>{gebouw.begin}</top10nl:objectBeginTijd>\n"
    if gebouw.eind:
        yield f"      <top10nl:objectEindTijd>{gebouw.eind}</top10nl:objectEindTijd>\n"
    yield f"      <top10nl:tijdstipRegistratie>{gebouw.begin}</top10nl:tijdstipRegistratie>\n"
    for soort in gebouw.soorten:
        yield f"      <top10nl:typeGebouw>{escape(soort)}</top10nl:typeGebouw>\n"
    yield "      <top10nl:hoogteklasse>laagbouw</top10nl:hoogteklasse>\n"
    yield "      <top10nl:status>in gebruik</top10nl:status>\n      <top10nl:geometrie>\n        <brt:BRTVlakOfPunt>\n"
    yield "          <brt:vlakGeometrie>\n"
    yield f'            <gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992" gml:id="LOCAL_ID_{number}">\n'
    yield "              <gml:exterior>\n                <gml:LinearRing>\n"
    corners = " ".join(f"{x:.3f} {y:.3f}" for x, y in gebouw.ring)
    yield f'                  <gml:posList srsDimension="2" count="{len(gebouw.ring)}">{corners}</gml:posList>\n'
    yield "                </gml:LinearRing>\n              </gml:exterior>\n            </gml:Polygon>\n"
    yield "          </brt:vlakGeometrie>\n        </brt:BRTVlakOfPunt>\n      </top10nl:geometrie>\n"
    yield "    </top10nl:Gebouw>\n  </top10nl:FeatureMember>\n"
