"""Unknown is not none: the municipalities that a query touches and that have not published their part of a layer.

In: a typed request. Out: codes and names, from the public layer that ``municipalities`` in ``layer.yaml`` names
(``kgl_status`` for ``kgl_public``). A layer without that property is complete as it is, and costs nothing here.
"""

import re
from dataclasses import dataclass

from psycopg import sql
from pygeofilter import ast

from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.catalogue import GEOMETRY, Layer
from risicoatlas.features.plan import box_literal, column, plan_query
from risicoatlas.features.query import Reading
from risicoatlas.features.request import FeatureRequest
from risicoatlas.filters import spatial
from risicoatlas.filters import sql as filters
from risicoatlas.filters.literals import GeometryLiteral
from risicoatlas.service import Service

HEADER = "X-Niet-Gepubliceerd"
MEMBER = "nietGepubliceerd"
# A header has a length that proxies bear; the member of a GeoJSON answer names all.
MAX_IN_HEADER = 20
CODE, NAME = "gemeentecode", "naam"
# An object has the values of its municipality in these, so what a filter says of them holds for the municipality too.
_SHARED = frozenset({CODE, "bronhoudercode", "bronhouder", "bevoegdgezag"})
_MEETING = tuple(operator for operator in spatial.OPERATORS if operator is not ast.GeometryDisjoint)
_COLUMNS = sql.SQL("{}, {}").format(column(CODE), column(NAME))
_LISTED = sql.SQL(
    "SELECT coalesce(jsonb_agg(jsonb_build_array(gemeentecode, naam) ORDER BY gemeentecode), '[]')"
    " FROM ({rows}) AS stand"
)
_CODE_IN_KEY = re.compile(r"NL\.IMEV\.(gm\d{4})\.")
# A municipality that was merged away counts as long as objects of its own were taken over.
_STANDING = ast.And(
    ast.Equal(ast.Attribute("gepubliceerd"), False),
    ast.Or(ast.Equal(ast.Attribute("bestaat"), True), ast.IsNull(ast.Attribute("variant"), True)),
)


@dataclass(frozen=True)
class Municipality:
    """A municipality whose part is not published; ``name`` None where no list of municipalities gave one."""

    code: str
    name: str | None

    def member(self) -> dict[str, str | None]:
        return {"code": self.code, "naam": self.name}


def touched(request: FeatureRequest, reading: Reading, service: Service) -> tuple[Municipality, ...]:
    """The municipalities that this query touches and of which the answer is unknown, in the order of their codes.

    ``reading`` is the one of the answer: what it tells and what it leaves out are of the same moment.
    """
    layer = service.catalogue.get(request.layer)
    if layer.municipalities is None:
        return ()
    condition = concerned(request, layer)
    states = FeatureRequest(
        layer.municipalities,
        fields=(CODE, NAME),
        filter=_STANDING if condition is None else ast.And(_STANDING, condition),
        skip_geometry=True,
        publication=reading.plan.publication,
    )
    row = reading.fetched(_LISTED.format(rows=plan_query(states, ANONYMOUS, service).select(_COLUMNS)))
    return tuple(Municipality(*item) for item in row[0]) if row else ()


def asked(request: FeatureRequest, service: Service) -> tuple[Municipality, ...]:
    """The same in a reading of its own; for public layers."""
    if service.catalogue.get(request.layer).municipalities is None:
        return ()
    with Reading(plan_query(request, ANONYMOUS, service), service) as reading:
        return touched(request, reading, service)


def header(found: tuple[Municipality, ...]) -> tuple[tuple[str, str], ...]:
    """``X-Niet-Gepubliceerd: GM9902, GM9903``; with more than ``MAX_IN_HEADER`` the number of the others: ``+322``."""
    if not found:
        return ()
    codes = [item.code for item in found[:MAX_IN_HEADER]]
    others = len(found) - len(codes)
    return ((HEADER, ", ".join([*codes, *([f"+{others}"] if others else [])])),)


def members(found: tuple[Municipality, ...]) -> list[dict[str, str | None]]:
    """The value of the member ``nietGepubliceerd``."""
    return [item.member() for item in found]


def concerned(request: FeatureRequest, layer: Layer) -> ast.Node | None:
    """What must hold of a municipality for an object in it to match; None where the request says nothing on it."""
    parts = [
        _of_ids(request.ids),
        _meets(box_literal(request.bbox, request.locators.bbox)) if request.bbox else None,
        relaxed(request.filter) if request.filter is not None else None,
    ]
    known = [part for part in parts if part is not None]
    return ast.And.from_items(*known) if known else None


def relaxed(node: ast.AstType) -> ast.Node | None:
    """The part of a filter that its objects share with their municipality; never stricter than the filter."""
    if isinstance(node, ast.And):
        known = [part for part in (relaxed(node.lhs), relaxed(node.rhs)) if part is not None]
        return ast.And.from_items(*known) if known else None
    if isinstance(node, ast.Or):
        left, right = relaxed(node.lhs), relaxed(node.rhs)
        return None if left is None or right is None else ast.Or(left, right)
    literal = _literal(node)
    if isinstance(node, _MEETING):
        return None if literal is None else _meets(literal)
    if isinstance(node, ast.DistanceWithin):
        return None if literal is None else _or_no_boundary(node)
    return node if isinstance(node, ast.Node) and filters.names(node) <= _SHARED else None


def _literal(node: ast.AstType) -> GeometryLiteral | None:
    operands = (getattr(node, "lhs", None), getattr(node, "rhs", None))
    return next((item for item in operands if isinstance(item, GeometryLiteral)), None)


def _meets(literal: GeometryLiteral) -> ast.Node:
    return _or_no_boundary(ast.GeometryIntersects(ast.Attribute(GEOMETRY), literal))


def _or_no_boundary(node: ast.Node) -> ast.Node:
    """A municipality whose boundary was not loaded can lie anywhere."""
    return ast.Or(node, ast.IsNull(ast.Attribute(GEOMETRY), False))


def _of_ids(ids: tuple[str, ...] | None) -> ast.Node | None:
    """The code stands in the key of an object (``NL.IMEV.gm0457.…``); other keys are of no municipality."""
    if ids is None:
        return None
    codes = {match[1].upper() for key in ids if (match := _CODE_IN_KEY.match(key))}
    return ast.In(ast.Attribute(CODE), sorted(codes) or [""], False)
