"""Writes a delivery of BAG mutations in the form of the Kadaster: what changed in one day, always the same bytes.

    BAGNLDM-16102026-17102026.zip
        Leveringsdocument-BAG-Extract.xml
        9999MUT16102026-17102026.zip    → 9999MUT16102026-17102026-000001.xml, a mutatieGroep per object
        9999IOMUT16102026-17102026.zip  → an empty file

In: objects of the model before and after. Out: the zip. A change ends the current occurrence and adds the next one.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zipfile import ZipFile

from risicoatlas.sample import bag_xml
from risicoatlas.sample.bag_zip import entry
from risicoatlas.sample.cases import PAND_IN_GEBRUIK, VBO_IN_GEBRUIK
from risicoatlas.sample.model import Pand, Perceel, Ring, Verblijfsobject

_NAMESPACES = (
    'xmlns:ml="http://www.kadaster.nl/schemas/mutatielevering-generiek/1.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
    ' xmlns:selecties-extract="http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601"'
    ' xmlns:mlm="http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-mutaties-lvc/v20200601"'
    ' xmlns:Historie="www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601"'
    ' xmlns:Objecten="www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601"'
    ' xmlns:Objecten-ref="www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601"'
)
Object = Pand | Verblijfsobject


@dataclass(frozen=True)
class Change:
    """An object before and after; without ``was`` it is new, without ``wordt`` its current occurrence is removed.

    ``voorkomen`` is the number of the occurrence before, ``sinds`` the day from which it holds (ISO).
    """

    was: Object | None
    wordt: Object | None
    voorkomen: int = 1
    sinds: str = ""


def latest(value: Object) -> tuple[int, str]:
    """Number and first day of the current occurrence, as the extract of the sample has it."""
    earlier = value.eerdere_statussen if isinstance(value, Pand) else value.eerder
    number, begin, _ = list(bag_xml.occurrences(value.bouwjaar, len(earlier) + 1))[-1]
    return number, begin


def changed(was: Object, wordt: Object | None) -> Change:
    """A change of an object of the sample."""
    number, begin = latest(was)
    return Change(was, wordt, number, begin)


def write(folder: Path, day: date, changes: Iterable[Change]) -> Path:
    """The delivery of the changes of one day; gives its path."""
    until = day.fromordinal(day.toordinal() + 1)
    name = f"{day:%d%m%Y}-{until:%d%m%Y}"
    path = folder / f"BAGNLDM-{name}.zip"
    period = (day.isoformat(), until.isoformat())
    groups = "".join(_group(change, day.isoformat()) for change in changes)
    with ZipFile(path, "w") as outer:
        outer.writestr(entry("Leveringsdocument-BAG-Extract.xml"), _delivery_document(*period))
        for kind, content in (("MUT", groups), ("IOMUT", "")):
            member = f"9999{kind}{name}"
            inner = io.BytesIO()
            with ZipFile(inner, "w") as archive:
                archive.writestr(entry(f"{member}-000001.xml"), _file(content, *period))
            outer.writestr(entry(f"{member}.zip"), inner.getvalue())
    return path


# Of so many buildings of the town something changes in the day of the sample, each kind of change in turn.
CHANGED_BUILDINGS = 40


def day_of(plots: Iterable[Perceel]) -> list[Change]:
    """A day in the town: buildings go, move and grow, get another use, and new ones come, in one fixed order."""
    changes: list[Change] = []
    turn = 0
    for plot in plots:
        homes = {pand: vbo for vbo in plot.verblijfsobjecten if len(vbo.panden) == 1 for pand in vbo.panden}
        for pand in plot.panden:
            vbo = homes.get(pand.identificatie)
            if vbo is None or pand.status != PAND_IN_GEBRUIK or vbo.status != VBO_IN_GEBRUIK:
                continue
            changes += _KINDS[turn % len(_KINDS)](pand, vbo)
            turn += 1
            if turn == CHANGED_BUILDINGS:
                return changes
    return changes


def _demolished(pand: Pand, vbo: Verblijfsobject) -> list[Change]:
    withdrawn = replace(vbo, status="Verblijfsobject ingetrokken")
    return [changed(pand, replace(pand, status="Pand gesloopt")), changed(vbo, withdrawn)]


def _moved(pand: Pand, vbo: Verblijfsobject) -> list[Change]:
    return [changed(pand, replace(pand, ring=_beside(pand.ring), binnenringen=()))]


def _grown(pand: Pand, vbo: Verblijfsobject) -> list[Change]:
    return [changed(vbo, replace(vbo, oppervlakte=vbo.oppervlakte + 2500))]


def _used_otherwise(pand: Pand, vbo: Verblijfsobject) -> list[Change]:
    return [changed(vbo, replace(vbo, gebruiksdoelen=("bijeenkomstfunctie",)))]


def _joined(pand: Pand, vbo: Verblijfsobject) -> list[Change]:
    """A new building beside it, with a unit at the same address."""
    code, number = pand.identificatie[:4], pand.identificatie[-6:]
    new = Pand(f"{code}1077{number:0>8}", _beside(pand.ring), PAND_IN_GEBRUIK, 2026)
    unit = replace(vbo, identificatie=f"{code}0177{number:0>8}", panden=(new.identificatie,), bouwjaar=2026, eerder=())
    return [Change(None, new), Change(None, replace(unit, nevenadressen=()))]


_KINDS = (_demolished, _moved, _grown, _used_otherwise, _joined)


def _beside(ring: Ring) -> Ring:
    """The same outline 40 metres to the north."""
    return tuple((x, round(y + 40, 3)) for x, y in ring)


def _occurrence(value: Object, number: int, begin: str, end: str | None) -> str:
    build = bag_xml.pand_occurrence(value, number, begin, end) if isinstance(value, Pand) else (
        bag_xml.verblijfsobject_occurrence(value, number, begin, end)
    )  # fmt: skip
    return f"<mlm:bagObject>{build}</mlm:bagObject>"


def _group(change: Change, day: str) -> str:
    was, becomes = change.was, change.wordt
    if was is None:
        if becomes is None:
            raise ValueError("a change needs an object before or after it")
        return _wrapped(f"<ml:toevoeging><ml:wordt>{_occurrence(becomes, 1, day, None)}</ml:wordt></ml:toevoeging>")
    before = f"<ml:was>{_occurrence(was, change.voorkomen, change.sinds, None)}</ml:was>"
    if becomes is None:
        return _wrapped(f"<ml:verwijdering>{before}</ml:verwijdering>")
    ended = f"<ml:wordt>{_occurrence(was, change.voorkomen, change.sinds, day)}</ml:wordt>"
    after = _occurrence(becomes, change.voorkomen + 1, day, None)
    return _wrapped(
        f"<ml:wijziging>{before}{ended}</ml:wijziging><ml:toevoeging><ml:wordt>{after}</ml:wordt></ml:toevoeging>"
    )


def _wrapped(content: str) -> str:
    return f"<ml:mutatieGroep>{content}</ml:mutatieGroep>"


def _extract(since: str, until: str) -> str:
    return (
        f"<selecties-extract:MUT-Extract><selecties-extract:StandTechnischeDatum>{until}"
        "</selecties-extract:StandTechnischeDatum><selecties-extract:Mutatieperiode>"
        f"<selecties-extract:MutatiedatumVanaf>{since}</selecties-extract:MutatiedatumVanaf>"
        f"<selecties-extract:MutatiedatumTot>{until}</selecties-extract:MutatiedatumTot>"
        "</selecties-extract:Mutatieperiode></selecties-extract:MUT-Extract>"
    )


def _file(groups: str, since: str, until: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<mlm:bagMutaties {_NAMESPACES}><mlm:bagInfo>'
        f"<selecties-extract:Gebied-Registratief><selecties-extract:Gebied-NLD/></selecties-extract:Gebied-Registratief>"
        f"{_extract(since, until)}</mlm:bagInfo><ml:mutatieBericht><ml:dataset>LVBAG</ml:dataset><ml:inhoud>"
        "<ml:gebied>NEDERLAND</ml:gebied><ml:leveringsId>0000000001</ml:leveringsId><ml:objectTypen/></ml:inhoud>"
        f"{groups}</ml:mutatieBericht></mlm:bagMutaties>\n"
    )


def _delivery_document(since: str, until: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<xb:BAG-Extract-Levering'
        ' xmlns:xb="http://www.kadaster.nl/schemas/lvbag/extract-levering/v20200601"'
        ' xmlns:selecties-extract="http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601"><xb:SelectieGegevens>'
        f"{_extract(since, until)}<selecties-extract:Gebied-Registratief><selecties-extract:Gebied-NLD/>"
        "</selecties-extract:Gebied-Registratief></xb:SelectieGegevens><xb:SchemaInfo>"
        "<xb:naam>BagvsExtractDeelbestandMutatieLvc-2.1.0.xsd</xb:naam><xb:versie>20200601</xb:versie>"
        "</xb:SchemaInfo></xb:BAG-Extract-Levering>\n"
    )
