"""Joins of two feature types in one query of GetFeature (WFS 2.0, 7.9.2.5.3): a query in, a request for pairs out.

Examples of both encodings::

    TYPENAMES=ev_activiteiten,kgl_public&ALIASES=a,k&FILTER=<Filter …><DWithin><ValueReference>a/geometrie…
    <wfs:Query typeNames="rev_public:ev_activiteiten rev_public:kgl_public" aliases="a k">…</wfs:Query>
"""

from dataclasses import replace

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import GEOMETRY, KEY
from risicoatlas.errors import RequestError
from risicoatlas.features.join import JoinRequest
from risicoatlas.features.request import FeatureRequest, Locators, Sort
from risicoatlas.filters import fes_join
from risicoatlas.filters.fes_join import Side, Sides
from risicoatlas.service import Service
from risicoatlas.wfs import names
from risicoatlas.wfs.crs import output_crs
from risicoatlas.wfs.dialect import GML32
from risicoatlas.wfs.formats import Writer
from risicoatlas.wfs.formats.gml32 import Gml32
from risicoatlas.wfs.requests import Query

MAX_TYPES = 2


def request(query: Query, writer: Writer, locators: Locators, actor: Actor, service: Service) -> JoinRequest:
    """What a query of two types; raises :class:`RequestError` for what a join here cannot be."""
    _refuse(query, writer)
    first, second = (names.layer_of(name, service, actor, "typeNames") for name in query.typeNames)
    of = fes_join.sides((first, second), query.aliases)
    found = fes_join.read(query.filter or "", of, dict(query.namespaces))
    left, right = (
        replace(_side(query, of, number, locators), filter=found.each[number]) for number in range(MAX_TYPES)
    )
    sort = tuple(_sort(key, of) for key in query.sortBy)
    return JoinRequest(left, right, (of[0].name, of[1].name), found.both, sort)


def _refuse(query: Query, writer: Writer) -> None:
    if len(query.typeNames) > MAX_TYPES:
        raise RequestError(
            f"a join takes {MAX_TYPES} feature types, found {len(query.typeNames)}: ask several queries as"
            " typeNames=(a)(b)",
            "typeNames",
            "OptionNotSupported",
        )
    others = {
        "cql_filter": query.cql_filter,
        "datetime": query.datetime,
        "bbox": query.bbox,
        "resourceId": query.resourceId,
    }
    for name, value in others.items():
        if value is not None:
            raise RequestError(
                f"{name} cannot say what joins two types: write a fes:Filter", name, "OptionNotSupported"
            )
    if query.filter is None:
        raise RequestError(
            "two feature types in one query are a join, which needs a filter on both; to get one after the other ask"
            " typeNames=(a)(b)",
            "typeNames",
            "OptionNotSupported",
        )
    if not isinstance(writer, Gml32):
        raise RequestError(f"the pairs of a join are written as {GML32} only", "outputFormat")


def _side(query: Query, of: Sides, number: int, locators: Locators) -> FeatureRequest:
    layer = of[number].layer
    fields, geometry = _properties(query.propertyName, of, number)
    return FeatureRequest(
        layer=layer.name,
        crs=output_crs(query.srsName, layer),
        fields=fields,
        skip_geometry=not geometry,
        locators=locators,
    )


def _properties(wanted: tuple[str, ...] | None, of: Sides, number: int) -> tuple[tuple[str, ...] | None, bool]:
    """The fields of one side, the mandatory key among them, and whether its geometry is wanted."""
    if wanted is None:
        return None, True
    found = [_resolved(text, of, "propertyName") for text in wanted]
    own = [name for side, name in found if side == number]
    return tuple(dict.fromkeys((KEY, *(name for name in own if name != GEOMETRY)))), GEOMETRY in own


def _sort(key: Sort, of: Sides) -> tuple[int, Sort]:
    number, name = _resolved(key.field, of, "sortBy")
    return number, replace(key, field=name)


def _resolved(text: str, of: Sides, locator: str) -> tuple[int, str]:
    """The side and the property that ``a/naam`` or ``rev_public:kgl_public/naam`` names."""
    step, _, name = text.partition("/")
    found = [number for number, side in enumerate(of) if step == side.name] or [
        number for number, side in enumerate(of) if _is_type(step, side)
    ]
    if not name or len(found) != 1:
        examples = " or ".join(side.qualified("naam") for side in of)
        raise RequestError(f"{text!r} does not say which type it means: write {examples}", locator)
    return found[0], names.property_of(name, of[found[0]].layer, locator)


def _is_type(step: str, side: Side) -> bool:
    return step in {side.layer.name, f"{side.layer.prefix}:{side.layer.name}"}
