"""GML 3.2 (Simple Features level 0): a feature as SQL text, a collection as head, rows and tail.

Each geometry and each part of one has a ``gml:id`` of its own, which GML 3.2 demands; ``srsName`` is repeated exactly
as it was asked, with the coordinates in the order of that notation. A property without value is left out.
"""

from functools import lru_cache
from typing import LiteralString

import numpy
from markupsafe import escape
from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.catalogue import GEOMETRY, KEY, Field, Layer
from risicoatlas.crs import Crs
from risicoatlas.features.join import JoinPlan, member, occurrence
from risicoatlas.features.plan import Plan, column, output_geometry
from risicoatlas.filters.fes import AGAIN
from risicoatlas.rendered import KEPT, rendered
from risicoatlas.wfs.dialect import GML32, WFS20, Dialect
from risicoatlas.wfs.formats import About
from risicoatlas.wfs.links import describe_url
from risicoatlas.wfs.names import XSI, prefixes

# What XML 1.0 forbids cannot be escaped: it is taken out of the stream, where it costs nothing. In UTF-8 such a byte is
# never part of another character.
FIRST_PRINTABLE = 0x20
FORBIDDEN = bytes(code for code in range(FIRST_PRINTABLE) if code not in {0x09, 0x0A, 0x0D})
NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")

_ESCAPED: LiteralString = "replace(replace(replace({}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
# A time outside these years, or a number that is none, has no form in XML Schema.
_VALUES: dict[str, LiteralString] = {
    "text": _ESCAPED,
    "integer": "{0}::text",
    "number": "CASE WHEN {0} - {0} = 0 THEN {0}::text END",
    "boolean": "{0}::text",
    "date": "CASE WHEN {0} BETWEEN '0001-01-01' AND '9999-12-31' THEN {0}::text END",
    "datetime": (
        "CASE WHEN {0} BETWEEN '0001-01-02' AND '9999-12-30'"
        " THEN replace(({0} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z' END"
    ),
}
# ST_AsGML options: no srsDimension, LineString instead of Curve, and latitude before longitude.
_PLAIN = 2 + 4
_FLIPPED = 16
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MULTI = {"MultiPolygon": ("MultiSurface", "surfaceMember"), "MultiLineString": ("MultiCurve", "curveMember")}


class Gml32:
    """The writer of ``application/gml+xml; version=3.2``."""

    media_type = GML32
    separator = b""
    dialect = WFS20

    def row(self, plan: Plan) -> Composable:
        if isinstance(plan, JoinPlan):
            return pair(plan)
        return feature(plan, before="<wfs:member>", after="</wfs:member>")

    def cleaned(self, chunk: bytes) -> bytes:
        return cleaned(chunk)

    def head(self, about: About) -> bytes:
        return head(about)

    def tail(self, about: About) -> bytes:
        return b"</wfs:FeatureCollection>\n"

    def part_head(self, about: About) -> bytes:
        return b"<wfs:member>" + _tag("FeatureCollection", about, "").encode()

    def part_tail(self, about: About) -> bytes:
        return b"</wfs:FeatureCollection></wfs:member>"

    def single(self, plan: Plan, base_url: str) -> Composable:
        declared = {"gml": self.dialect.gml, "xsi": XSI, plan.layer.prefix: plan.layer.namespace}
        described = describe_url(base_url, (plan.layer,), self.dialect)
        location = f"{plan.layer.namespace} {described} {self.dialect.gml} {self.dialect.gml_schema}"
        stated = f'{_declarations(declared)} xsi:schemaLocation="{escape(location)}"'
        return feature(plan, before=DECLARATION, attributes=stated)


def cleaned(chunk: bytes) -> bytes:
    """The text without the characters that XML 1.0 cannot hold; a carriage return is kept as a reference."""
    # Looking for one byte is fifty times quicker than replacing what is hardly ever there, or looking for two.
    if chunk and numpy.frombuffer(chunk, numpy.uint8).min() < FIRST_PRINTABLE:
        chunk = chunk.translate(None, FORBIDDEN).replace(b"\r", b"&#13;")
    if b"\xef" in chunk:
        for character in NONCHARACTERS:
            chunk = chunk.replace(character, b"")
    return chunk


def feature(
    plan: Plan, before: str = "", after: str = "", attributes: str = "", name: Composable | None = None
) -> Composable:
    """SQL of one feature element; name and geometry are worked out once per row."""
    texts = (before, attributes, after)
    if name is None:
        return _feature(plan.layer, plan.chosen, plan.crs, plan.geometry is not None, texts)
    return per_row(plan, _element(plan.layer, plan.fields, plan.crs, plan.geometry is not None, texts), name)


@lru_cache(maxsize=KEPT)
def _feature(
    layer: Layer, chosen: tuple[Field, ...] | None, system: Crs, with_geometry: bool, texts: tuple[str, str, str]
) -> Composable:
    fields = layer.fields if chosen is None else chosen
    shape = output_geometry(layer, system.srid) if with_geometry else None
    return rendered(_per_row(_element(layer, fields, system, with_geometry, texts), shape))


def pair(plan: JoinPlan) -> Composable:
    """SQL of one ``wfs:Tuple`` of a join."""
    left, right = (
        member(plan, number, feature(side, "<wfs:member>", "</wfs:member>", name=_name_in_pair(plan, number)))
        for number, side in enumerate(plan.sides)
    )
    form: LiteralString = "concat('<wfs:member><wfs:Tuple>', {}, {}, '</wfs:Tuple></wfs:member>')"
    return sql.SQL(form).format(left, right)


def _name_in_pair(plan: JoinPlan, side: int) -> Composable:
    """The name of a feature that may come in many pairs: a ``gml:id`` must be unique, and clients read no reference in
    place of a feature, so that what comes again has its number after the name (see ``fes.AGAIN``)."""
    itself = plan.left.layer == plan.right.layer
    form: LiteralString = "CASE WHEN {again} THEN concat({name}, {mark}, {times}) ELSE {name} END"
    times = occurrence(side)
    again = sql.SQL("TRUE") if itself and side else sql.SQL("{} > 1").format(times)
    return sql.SQL(form).format(again=again, name=xml_name(), mark=sql.Literal(AGAIN[side]), times=times)


def _element(
    layer: Layer, fields: tuple[Field, ...], system: Crs, with_geometry: bool, texts: tuple[str, str, str]
) -> Composable:
    before, attributes, after = texts
    element = f"{layer.prefix}:{layer.name}"
    pieces: list[Composable] = [
        sql.Literal(f'{before}<{element}{attributes} gml:id="{layer.name}.'),
        sql.SQL("q.name"),
        sql.Literal('">'),
        *(property_element(layer, item) for item in fields),
        *([geometry_element(layer, system)] if with_geometry else []),
        sql.Literal(f"</{element}>{after}"),
    ]
    return sql.SQL("concat({})").format(sql.SQL(", ").join(pieces))


def per_row(plan: Plan, expression: Composable, name: Composable | None = None) -> Composable:
    """``expression`` may use ``q.name``, the key as an XML name, and ``q.shape``, the geometry in the output CRS."""
    return _per_row(expression, plan.geometry, name)


def _per_row(expression: Composable, shape: Composable | None, name: Composable | None = None) -> Composable:
    return sql.SQL("(SELECT {} FROM (SELECT {} AS name, {} AS shape OFFSET 0) AS q)").format(
        expression, name or xml_name(), shape or sql.SQL("NULL")
    )


def xml_name() -> Composable:
    """The key as the last part of a gml:id."""
    form: LiteralString = (
        "CASE WHEN {0} ~ '^[-A-Za-z0-9_.]*$' AND strpos({0}, '_x') = 0 THEN {0} ELSE publiek.xml_name({0}) END"
    )
    return sql.SQL(form).format(column(KEY))


def property_element(layer: Layer, item: Field) -> Composable:
    """``<p:naam>value</p:naam>``; NULL where there is no value."""
    name = f"{layer.prefix}:{item.name}"
    value = sql.SQL(_VALUES[item.type]).format(column(item.name))
    return sql.SQL("{} || ({}) || {}").format(sql.Literal(f"<{name}>"), value, sql.Literal(f"</{name}>"))


def geometry_element(layer: Layer, system: Crs) -> Composable:
    """``<p:geometrie>`` with the geometry; NULL where there is none."""
    name = f"{layer.prefix}:{GEOMETRY}"
    return sql.SQL("{} || ({}) || {}").format(
        sql.Literal(f"<{name}>"), geometry(layer, system), sql.Literal(f"</{name}>")
    )


def geometry(layer: Layer, system: Crs) -> Composable:
    """The geometry of ``q.shape`` in GML. PostGIS would repeat one id on all parts, so parts are written one by one."""
    srs_name = escape(system.notation)
    decimals, options = (
        sql.Literal(system.decimals),
        sql.Literal(_PLAIN + (_FLIPPED if system.latitude_first else 0)),
    )
    identifier = f"{GEOMETRY}.{layer.name}."
    if layer.geometry_type == "Point":
        # Without SRID no srsName is written; it takes the place right after the name of the element.
        form: LiteralString = (
            "'<gml:Point srsName=\"' || {srs} || '\"'"
            " || substr(ST_AsGML(3, ST_SetSRID(q.shape, 0), {decimals}, {options}, 'gml', {id} || q.name), 11)"
        )
        return sql.SQL(form).format(
            srs=sql.Literal(srs_name), decimals=decimals, options=options, id=sql.Literal(identifier)
        )
    multi, member = _MULTI[layer.geometry_type]
    part: LiteralString = "{begin} || ST_AsGML(3, {shape}, {decimals}, {options}, 'gml', {id} || q.name) || {end}"
    common = {
        "begin": sql.Literal(f"<gml:{member}>"),
        "end": sql.Literal(f"</gml:{member}>"),
        "decimals": decimals,
        "options": options,
    }
    first_id = sql.Literal(f"{GEOMETRY}.part.1.{layer.name}.")
    first: Composable = sql.SQL(part).format(
        shape=sql.SQL("ST_SetSRID(ST_GeometryN(q.shape, 1), 0)"), id=first_id, **common
    )
    if layer.geometry_type == "MultiPolygon" and not layer.own:
        # An own table may have heights.
        first = _plain_polygon(first_id, system, first)
    numbered = sql.SQL("{} || d.path[1] || {}").format(sql.Literal(f"{GEOMETRY}.part."), sql.Literal(f".{layer.name}."))
    each = sql.SQL(part).format(shape=sql.SQL("d.geom"), id=numbered, **common)
    whole: LiteralString = (
        "{open} || q.name || '\">' || CASE ST_NumGeometries(q.shape) WHEN 1 THEN {first} ELSE"
        " (SELECT string_agg({each}, '' ORDER BY d.path[1]) FROM ST_Dump(ST_SetSRID(q.shape, 0)) AS d) END || {close}"
    )
    return sql.SQL(whole).format(
        open=sql.Literal(f'<gml:{multi} srsName="{srs_name}" gml:id="{identifier}'),
        first=first,
        each=each,
        close=sql.Literal(f"</gml:{multi}>"),
    )


def _plain_polygon(identifier: Composable, system: Crs, otherwise: Composable) -> Composable:
    """The one part of a multipolygon: where it has one ring its text is turned into the same GML, in half the time that
    ST_AsGML takes."""
    form: LiteralString = (
        "CASE ST_NRings(q.shape) WHEN 1 THEN {before} || q.name || replace(replace(replace("
        "ST_AsText({shape}, {decimals}), 'MULTIPOLYGON(((', {begin}), ')))', {end}), ',', ' ') ELSE {otherwise} END"
    )
    return sql.SQL(form).format(
        before=sql.SQL("'<gml:surfaceMember><gml:Polygon gml:id=\"' || {}").format(identifier),
        shape=sql.SQL("ST_FlipCoordinates(q.shape)" if system.latitude_first else "q.shape"),
        decimals=sql.Literal(system.decimals),
        begin=sql.Literal('"><gml:exterior><gml:LinearRing><gml:posList>'),
        end=sql.Literal("</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>"),
        otherwise=otherwise,
    )


def value_row(plan: Plan, name: str | None) -> Composable:
    """SQL of one ``wfs:member`` with a property, or with the gml:id for None."""
    if name is None:
        value: Composable = sql.SQL("{} || q.name").format(sql.Literal(f"{plan.layer.name}."))
    elif name == GEOMETRY:
        value = geometry_element(plan.layer, plan.crs)
    else:
        value = property_element(plan.layer, plan.layer.by_name[name])
    return per_row(plan, sql.SQL("concat('<wfs:member>', {}, '</wfs:member>')").format(value))


def head(about: About, element: str = "FeatureCollection") -> bytes:
    """The XML declaration and the start tag of a collection, with every namespace and schema."""
    return (DECLARATION + _tag(element, about, attributes(about, WFS20))).encode()


def attributes(about: About, dialect: Dialect) -> str:
    """Namespaces and schema locations of a collection, as attributes of its start tag."""
    declared = {"wfs": dialect.wfs, "gml": dialect.gml, "xsi": XSI, **prefixes(about.layers)}
    schemas = [dialect.wfs, dialect.wfs_schema, dialect.gml, dialect.gml_schema]
    for uri in prefixes(about.layers).values():
        layers = tuple(layer for layer in about.layers if layer.namespace == uri)
        schemas += [uri, describe_url(about.base_url, layers, dialect)]
    return f'{_declarations(declared)} xsi:schemaLocation="{escape(" ".join(schemas))}"'


def _tag(element: str, about: About, declared: str) -> str:
    numbers = {
        "timeStamp": about.time_stamp,
        "numberMatched": "unknown" if about.matched is None else str(about.matched),
        "numberReturned": str(about.returned),
        "next": about.next,
        "previous": about.previous,
    }
    stated = "".join(f' {name}="{escape(value)}"' for name, value in numbers.items() if value)
    return f"<wfs:{element}{declared}{stated}>"


def _declarations(namespaces: dict[str, str]) -> str:
    return "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in namespaces.items())
