"""The filter of a join (WFS 2.0, 7.9.2.5.3): XML in, the conditions of each side and those that tie the sides out.

A ValueReference says which side it means: ``kgl_public/geometrie``, ``rev_public:kgl_public/geometrie``, or
``a/geometrie`` with ``aliases="a b"``. Conditions on one side come out with the plain names of its layer; those on
both with qualified names, as ``a/geometrie``. Example::

    <fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0"><fes:Intersects>
      <fes:ValueReference>a/geometrie</fes:ValueReference><fes:ValueReference>b/geometrie</fes:ValueReference>
    </fes:Intersects></fes:Filter>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from pygeofilter import ast

from risicoatlas.catalogue import Layer
from risicoatlas.errors import RequestError
from risicoatlas.filters import fes
from risicoatlas.filters.fes import LOCATOR, Scope
from risicoatlas.filters.safe_xml import Element, elements, local_name


@dataclass(frozen=True)
class Side:
    """One of the two types: its layer and the name by which references call it."""

    layer: Layer
    name: str

    def qualified(self, field: str) -> str:
        return f"{self.name}/{field}"


Sides = tuple[Side, Side]


@dataclass(frozen=True)
class JoinFilter:
    """``each`` has the condition on one side alone, by side, None where there is none."""

    each: tuple[ast.Node | None, ast.Node | None]
    both: ast.Node


def sides(layers: tuple[Layer, Layer], aliases: tuple[str, ...]) -> Sides:
    """The sides of a join; raises :class:`RequestError` where references could not tell them apart."""
    names = aliases or tuple(layer.name for layer in layers)
    if len(names) != len(layers):
        raise RequestError(f"aliases: found {len(names)} for {len(layers)} feature types", "aliases")
    if len(set(names)) != len(names):
        raise RequestError("a join of a type with itself needs two different aliases", "aliases")
    if any("/" in name or ":" in name or not name for name in names):
        raise RequestError("aliases: expected plain names such as a,b", "aliases")
    left, right = (Side(layer, name) for layer, name in zip(layers, names, strict=True))
    return left, right


def read(data: str, of: Sides, prefixes: Mapping[str, str] | None = None) -> JoinFilter:
    """Read the text of the filter of a join; errors as of :func:`risicoatlas.filters.fes.read`.

    A filter that does not tie every row of one side to rows of the other asks for all pairs, and is refused.
    """
    left, right = (Scope(side.layer, prefixes or {}, side.name) for side in of)
    scope = JoinScope(of, (left, right))
    each: tuple[list[ast.Node], list[ast.Node]] = ([], [])
    both: list[ast.Node] = []
    tied = False
    for part in _conjuncts(fes.parsed(data)):
        found = scope.sides_of(part)
        if len(found) == 1:
            (side,) = found
            each[side].append(fes.condition(part, scope.scopes[side]))
        else:
            both.append(fes.condition(part, scope))
            tied = tied or scope.ties(part)
    if not tied:
        first, second = (side.qualified("geometrie") for side in of)
        raise RequestError(
            f"a join needs a condition on both types, for example Intersects of {first} and {second}: without one it is"
            " every pair of features",
            LOCATOR,
            "OptionNotSupported",
        )
    return JoinFilter((_all(each[0]), _all(each[1])), reduce(ast.And, both))


@dataclass(frozen=True)
class JoinScope:
    """The names of both sides, each with the scope of its own layer (:class:`risicoatlas.filters.fes.Names`)."""

    of: Sides
    scopes: tuple[Scope, Scope]

    def side_of(self, element: Element) -> int:
        """Which side a ValueReference means."""
        steps = fes.reference_steps(element)
        found = [number for number, scope in enumerate(self.scopes) if steps and self._is_named(number, scope, element)]
        if len(steps) != 2 or len(found) != 1:
            first, second = (side.qualified("naam") for side in self.of)
            text = (element.text or "").strip()
            raise RequestError(f"{text!r} does not say which type it means: write {first} or {second}", LOCATOR)
        return found[0]

    def _is_named(self, number: int, scope: Scope, element: Element) -> bool:
        """By its alias, or by the type where only one side has it."""
        step = fes.reference_steps(element)[0]
        if step in {side.name for side in self.of}:
            return step == self.of[number].name
        return scope.is_named(step, element)

    def sides_of(self, element: Element) -> set[int]:
        """The sides that a condition uses."""
        found: set[int] = set()
        for item in element.iter():
            if fes.is_reference(item):
                found.add(self.side_of(item))
            elif local_name(item) in fes.IDENTIFIERS:
                found.add(self._identified_side(fes.identifier(item)))
        return found

    def ties(self, element: Element) -> bool:
        """Whether the condition holds only for pairs that one comparison of both sides allows."""
        name = local_name(element)
        if name == "Or":
            return all(self.ties(part) for part in elements(element))
        if name in fes.LOGICAL:
            return any(self.ties(part) for part in elements(element))
        return len(self.sides_of(element)) > 1

    def attribute(self, element: Element) -> ast.Attribute:
        number = self.side_of(element)
        return ast.Attribute(self.of[number].qualified(self.scopes[number].attribute(element).name))

    def type_of(self, attribute: ast.Attribute) -> str:
        scope, plain = self._plain(attribute)
        return scope.type_of(plain)

    def srid(self, attribute: ast.Attribute) -> int:
        return self._plain(attribute)[0].layer.srid

    def geometry(self, element: Element) -> ast.Attribute:
        raise RequestError(f"{local_name(element)} must name a geometry in a join of two types", LOCATOR)

    def identified(self, text: str) -> ast.Node:
        number = self._identified_side(text)
        found = self.scopes[number].identified(text)
        if isinstance(found, ast.In):
            return ast.In(ast.Attribute(self.of[number].qualified(found.lhs.name)), found.sub_nodes, False)
        return found

    def _plain(self, attribute: ast.Attribute) -> tuple[Scope, ast.Attribute]:
        name, _, field = attribute.name.partition("/")
        (number,) = (number for number, side in enumerate(self.of) if side.name == name)
        return self.scopes[number], ast.Attribute(field)

    def _identified_side(self, text: str) -> int:
        found = [number for number, side in enumerate(self.of) if fes.key_of(text, side.layer) is not None]
        if len(found) != 1:
            raise RequestError(f"{text!r} is not an id of one of the two types: compare identificatie", LOCATOR)
        return found[0]


def _conjuncts(parts: list[Element]) -> list[Element]:
    """The conditions that must all hold, however the client nested its And."""
    found: list[Element] = []
    waiting = parts[::-1]
    while waiting:
        part = waiting.pop()
        if local_name(part) == "And":
            waiting += elements(part)[::-1]
        else:
            found.append(part)
    return found


def _all(parts: list[ast.Node]) -> ast.Node | None:
    return reduce(ast.And, parts) if parts else None
