"""Requests of WFS 2.0 as frozen values, read from KVP and from XML alike.

Field names are those of the standard (OGC 09-025r2). A filter stays the text that came: it can be read only beside the
layer whose properties it names, and a ``next`` link must carry it. Examples of both encodings::

    SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=rev_public:gemeenten&COUNT=10&SORTBY=naam DESC

    <wfs:GetFeature xmlns:wfs="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0" count="10">
      <wfs:Query typeNames="rev_public:gemeenten"><fes:SortBy xmlns:fes="http://www.opengis.net/fes/2.0">
        <fes:SortProperty><fes:ValueReference>naam</fes:ValueReference><fes:SortOrder>DESC</fes:SortOrder>
        </fes:SortProperty></fes:SortBy></wfs:Query></wfs:GetFeature>
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from lxml import etree

from risicoatlas.errors import RequestError
from risicoatlas.features.request import Sort
from risicoatlas.filters.safe_xml import PARSING_FAILED, Element, elements, local_name, namespace
from risicoatlas.wfs import stored, versions
from risicoatlas.wfs.dialect import GML32, WFS20, Dialect
from risicoatlas.wfs.kvp import Parameters, missing, natural
from risicoatlas.wfs.names import OWS, canonical

VERSIONS = WFS20.versions
RESULT_TYPES = ("results", "hits")
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "FeatureTypeList", "Filter_Capabilities")


@dataclass(frozen=True)
class GetCapabilities:
    """``sections`` are the parts of the document that are wanted."""

    version: str = VERSIONS[0]
    sections: tuple[str, ...] = SECTIONS
    updateSequence: str | None = None

    @classmethod
    def from_kvp(cls, values: Parameters) -> "GetCapabilities":
        accepted = values.list("acceptVersions")
        version = versions.negotiated(accepted) if accepted else offered(values.get("version"))
        return cls(version, sections(values.list("sections")), values.get("updateSequence"))

    @classmethod
    def from_xml(cls, root: Element) -> "GetCapabilities":
        accepted = _texts(root, f"{{{OWS}}}AcceptVersions/{{{OWS}}}Version")
        wanted = _texts(root, f"{{{OWS}}}Sections/{{{OWS}}}Section")
        version = versions.negotiated(accepted) if accepted else VERSIONS[0]
        return cls(version, sections(wanted or None), root.get("updateSequence"))


@dataclass(frozen=True)
class DescribeFeatureType:
    """No ``typeNames`` means all."""

    dialect: ClassVar[Dialect] = WFS20

    typeNames: tuple[str, ...] = ()
    outputFormat: str = GML32

    @classmethod
    def from_kvp(cls, values: Parameters) -> Self:
        bound = dict(values.namespaces())
        names = values.list("typeNames", "typeName") or ()
        return cls(
            tuple(canonical(name, bound) for name in names), values.get("outputFormat") or cls.dialect.gml_format
        )

    @classmethod
    def from_xml(cls, root: Element) -> Self:
        names = tuple(_qname(item) for item in elements(root) if local_name(item) == "TypeName")
        return cls(names, root.get("outputFormat") or cls.dialect.gml_format)


@dataclass(frozen=True)
class ListStoredQueries:
    """Nothing varies in it."""

    @classmethod
    def from_kvp(cls, _values: Parameters) -> "ListStoredQueries":
        return cls()

    @classmethod
    def from_xml(cls, _root: Element) -> "ListStoredQueries":
        return cls()


@dataclass(frozen=True)
class DescribeStoredQueries:
    """No ``storedQueryIds`` means all."""

    storedQueryIds: tuple[str, ...] = ()

    @classmethod
    def from_kvp(cls, values: Parameters) -> "DescribeStoredQueries":
        return cls(values.list("storedQuery_Id") or ())

    @classmethod
    def from_xml(cls, root: Element) -> "DescribeStoredQueries":
        return cls(tuple((item.text or "").strip() for item in elements(root) if local_name(item) == "StoredQueryId"))


@dataclass(frozen=True)
class BoundingBox:
    """Four numbers in the order in which they came; ``crs`` None is the storage CRS of the layer."""

    corners: tuple[float, float, float, float]
    crs: str | None = None

    @classmethod
    def parse(cls, text: str) -> "BoundingBox":
        """``x,y,x,y`` and, as the fifth part, a CRS."""
        parts = [part.strip() for part in text.split(",", 4)]
        try:
            first_x, first_y, last_x, last_y = (float(part) for part in parts[:4])
        except ValueError:
            raise RequestError(f"bbox: found {text!r}, expected four numbers and perhaps a CRS", "bbox") from None
        return cls((first_x, first_y, last_x, last_y), parts[4] if len(parts) > 4 else None)

    def __str__(self) -> str:
        return ",".join([*(repr(number) for number in self.corners), *([self.crs] if self.crs else [])])


@dataclass(frozen=True)
class Query:
    """One ad-hoc query; ``filter`` is the text of a fes:Filter, with the prefixes of ``namespaces`` bound too.

    ``datetime`` is a moment or a period of validity, which holds beside the filter (see :mod:`..filters.period`).
    """

    typeNames: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    srsName: str | None = None
    propertyName: tuple[str, ...] | None = None
    filter: str | None = None
    cql_filter: str | None = None
    datetime: str | None = None
    bbox: BoundingBox | None = None
    resourceId: tuple[str, ...] | None = None
    sortBy: tuple[Sort, ...] = ()
    namespaces: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_xml(cls, element: Element) -> "Query":
        """``<wfs:Query typeNames="a:b" srsName="...">`` with PropertyName, fes:Filter and fes:SortBy."""
        parts: dict[str, list[Element]] = {}
        for child in elements(element):
            parts.setdefault(local_name(child), []).append(child)
        if unknown := set(parts) - {"PropertyName", "Filter", "SortBy"}:
            raise RequestError(f"a Query holds no {min(unknown)}", min(unknown), PARSING_FAILED)
        if any(len(parts.get(name, ())) > 1 for name in ("Filter", "SortBy")):
            raise RequestError("a Query holds one Filter and one SortBy at most", "filter", PARSING_FAILED)
        names = (element.get("typeNames") or element.get("typeName") or "").split()
        return cls(
            typeNames=tuple(canonical(name, _bound(element)) for name in names),
            aliases=tuple((element.get("aliases") or "").split()),
            srsName=element.get("srsName"),
            propertyName=_all_or(
                tuple(_qname(item) for item in parts["PropertyName"]) if "PropertyName" in parts else None
            ),
            filter=next((_text_of(item) for item in parts.get("Filter", ())), None),
            sortBy=tuple(_sort_property(item) for part in parts.get("SortBy", ()) for item in elements(part)),
        )

    def to_kvp(self) -> dict[str, str]:
        """The parameters that give this query again."""
        pairs = {
            "typeNames": ",".join(self.typeNames),
            "aliases": ",".join(self.aliases),
            "srsName": self.srsName or "",
            "propertyName": ",".join(self.propertyName or ()),
            "filter": self.filter or "",
            "cql_filter": self.cql_filter or "",
            "datetime": self.datetime or "",
            "bbox": str(self.bbox) if self.bbox else "",
            "resourceId": ",".join(self.resourceId or ()),
            "sortBy": ",".join(f"{key.field} {'DESC' if key.descending else 'ASC'}" for key in self.sortBy),
            "namespaces": ",".join(f"xmlns({prefix},{uri})" for prefix, uri in self.namespaces),
        }
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class StoredQuery:
    """A call of a stored query with its parameters."""

    id: str
    parameters: tuple[tuple[str, str], ...]
    srsName: str | None = None

    @classmethod
    def from_kvp(cls, values: Parameters) -> "StoredQuery":
        identifier = values.required("storedQuery_Id")
        return cls._checked(
            identifier, {name: values.get(name) for name in stored.get(identifier).parameters}, values.get("srsName")
        )

    @classmethod
    def from_xml(cls, element: Element) -> "StoredQuery":
        identifier = (element.get("id") or "").strip()
        given = {(item.get("name") or "").lower(): (item.text or "").strip() or None for item in elements(element)}
        return cls._checked(identifier, {name: given.get(name) for name in stored.get(identifier).parameters})

    @classmethod
    def _checked(cls, identifier: str, found: Mapping[str, str | None], srs_name: str | None = None) -> "StoredQuery":
        for name, value in found.items():
            if value is None:
                raise missing(name)
        return cls(stored.get(identifier).id, tuple((name, value) for name, value in found.items() if value), srs_name)

    def to_kvp(self) -> dict[str, str]:
        pairs = {"storedQuery_Id": self.id, **dict(self.parameters), "srsName": self.srsName or ""}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class Presentation:
    """What the standard calls presentation parameters; ``count`` None means everything.

    Ours beside them, in KVP only: ``cursor``, the page that a link leads to, and ``gewijzigd_sinds``, a publication.
    """

    outputFormat: str = GML32
    resultType: str = "results"
    count: int | None = None
    startIndex: int = 0
    cursor: str | None = None
    gewijzigd_sinds: int | None = None

    @classmethod
    def from_kvp(cls, values: Parameters, default_format: str = GML32) -> "Presentation":
        return cls(
            values.get("outputFormat") or default_format,
            _result_type(values.get("resultType")),
            values.integer("count", "maxFeatures"),
            values.integer("startIndex") or 0,
            # present but empty is no cursor of ours, and must not become the first page
            values.raw("cursor"),
            values.integer("gewijzigd_sinds"),
        )

    @classmethod
    def from_xml(cls, root: Element, default_format: str = GML32) -> "Presentation":
        count = root.get("count") or root.get("maxFeatures")
        return cls(
            root.get("outputFormat") or default_format,
            _result_type(root.get("resultType")),
            natural(count.strip(), "count") if count else None,
            natural(root.get("startIndex", "0").strip(), "startIndex"),
        )

    @property
    def hits(self) -> bool:
        return self.resultType == "hits"

    def to_kvp(self) -> dict[str, str]:
        pairs = {"outputFormat": self.outputFormat, "cursor": self.cursor or ""}
        if not self.cursor:
            pairs["startIndex"] = str(self.startIndex)
        if self.count is not None:
            pairs["count"] = str(self.count)
        if self.gewijzigd_sinds is not None:
            pairs["gewijzigd_sinds"] = str(self.gewijzigd_sinds)
        return {name: value for name, value in pairs.items() if value}

    def at(self, cursor: str, count: int | None) -> "Presentation":
        """The same, as results, from a cursor on."""
        return replace(self, cursor=cursor, count=count, startIndex=0, resultType="results")


@dataclass(frozen=True)
class GetFeature:
    """One or more queries and how their answer is presented."""

    dialect: ClassVar[Dialect] = WFS20

    queries: tuple[Query | StoredQuery, ...]
    presentation: Presentation = Presentation()

    @classmethod
    def from_kvp(cls, values: Parameters) -> Self:
        return cls(_queries(values), Presentation.from_kvp(values, cls.dialect.gml_format))

    @classmethod
    def from_xml(cls, root: Element) -> Self:
        queries = tuple(_query_element(item) for item in elements(root))
        if not queries:
            raise missing("typeNames")
        return cls(queries, Presentation.from_xml(root, cls.dialect.gml_format))

    def page(self, cursor: str, count: int | None) -> Self:
        """The request of another page."""
        return replace(self, presentation=self.presentation.at(cursor, count))

    def to_kvp(self) -> dict[str, str]:
        """A GET request that asks the same; several queries become ``(a)(b)``."""
        parts = [query.to_kvp() for query in self.queries]
        names = dict.fromkeys(name for part in parts for name in part)
        if len(parts) > 1:
            merged = {name: "".join(f"({part.get(name, '')})" for part in parts) for name in names}
        else:
            merged = parts[0]
        return {
            "service": "WFS",
            "version": VERSIONS[0],
            "request": "GetFeature",
            **merged,
            **self.presentation.to_kvp(),
        }


@dataclass(frozen=True)
class GetPropertyValue:
    """One query and the one property whose values are wanted."""

    valueReference: str
    query: Query | StoredQuery
    presentation: Presentation = Presentation()

    @classmethod
    def from_kvp(cls, values: Parameters) -> "GetPropertyValue":
        reference = _value_reference(values.raw("valueReference"))
        return cls(
            canonical(reference, dict(values.namespaces())), _only(_queries(values)), Presentation.from_kvp(values)
        )

    @classmethod
    def from_xml(cls, root: Element) -> "GetPropertyValue":
        reference = canonical(_value_reference(root.get("valueReference")), _bound(root))
        return cls(
            reference, _only(tuple(_query_element(item) for item in elements(root))), Presentation.from_xml(root)
        )

    def page(self, cursor: str, count: int | None) -> "GetPropertyValue":
        """The request of another page."""
        return replace(self, presentation=self.presentation.at(cursor, count))

    def to_kvp(self) -> dict[str, str]:
        base = {
            "service": "WFS",
            "version": VERSIONS[0],
            "request": "GetPropertyValue",
            "valueReference": self.valueReference,
        }
        return {**base, **self.query.to_kvp(), **self.presentation.to_kvp()}


Request = (
    GetCapabilities | DescribeFeatureType | ListStoredQueries | DescribeStoredQueries | GetFeature | GetPropertyValue
)
Readers = tuple[Callable[[Parameters], Request], Callable[[Element], Request]]

# Operation -> how it is read from KVP and from XML.
OPERATIONS: dict[str, Readers] = {
    "GetCapabilities": (GetCapabilities.from_kvp, GetCapabilities.from_xml),
    "DescribeFeatureType": (DescribeFeatureType.from_kvp, DescribeFeatureType.from_xml),
    "ListStoredQueries": (ListStoredQueries.from_kvp, ListStoredQueries.from_xml),
    "DescribeStoredQueries": (DescribeStoredQueries.from_kvp, DescribeStoredQueries.from_xml),
    "GetFeature": (GetFeature.from_kvp, GetFeature.from_xml),
    "GetPropertyValue": (GetPropertyValue.from_kvp, GetPropertyValue.from_xml),
}
# Every parameter of every WFS operation: clients repeat those of one on another (GDAL: SRSNAME on GetCapabilities).
# fmt: off
PARAMETERS = frozenset({
    "service", "version", "request", "acceptversions", "acceptformats", "sections", "updatesequence",
    "typenames", "typename", "aliases", "namespaces", "namespace", "srsname", "propertyname", "sortby",
    "filter", "cql_filter", "datetime", "bbox", "resourceid", "featureid", "storedquery_id", "storedqueryid", "id",
    "outputformat", "resulttype", "count", "maxfeatures", "startindex", "valuereference",
    "resolve", "resolvedepth", "resolvetimeout", "resolvepath", "cursor", "gewijzigd_sinds",
})
# fmt: on
STRICT = frozenset({"GetFeature", "GetPropertyValue"})


def from_kvp(values: Parameters, vendor_parameters: frozenset[str]) -> Request:
    """Read a KVP request, GET or form; raises :class:`RequestError` with the parameter as locator."""
    check_service(values.get("service"))
    name = operation(values.required("request"), OPERATIONS)
    if name in STRICT:
        values.refuse_unknown(PARAMETERS, vendor_parameters)
        _refuse_resolve(values.get("resolve"))
    return OPERATIONS[name][0](values)


def from_xml(root: Element) -> Request:
    """Read an XML request; any prefix and a default namespace do."""
    name = operation(local_name(root), OPERATIONS)
    if namespace(root) != WFS20.wfs and name != "GetCapabilities":
        raise RequestError(f"expected elements of {WFS20.wfs}, found {namespace(root)}", "request", PARSING_FAILED)
    check_service(root.get("service"))
    _refuse_resolve(root.get("resolve"))
    return OPERATIONS[name][1](root)


def offered(version: str | None) -> str:
    """The version of WFS 2.0 that is asked for, by default the first; :mod:`.versions` has refused what is neither."""
    return version if version in VERSIONS else VERSIONS[0]


def check_service(found: str | None) -> None:
    if not found:
        raise missing("service")
    if found.upper() != "WFS":
        raise RequestError(f"service: found {found!r}, expected WFS", "service")


def operation(name: str, offered_here: Iterable[str]) -> str:
    """The name of an operation as the standard writes it; raises :class:`RequestError` for one that is not offered."""
    known = {item.lower(): item for item in offered_here}
    if name.lower() not in known:
        raise RequestError(
            f"the operation {name!r} is not offered: choose from {', '.join(known.values())}",
            "request",
            "OperationNotSupported",
        )
    return known[name.lower()]


def _refuse_resolve(found: str | None) -> None:
    """Features here refer to nothing outside, so only ``local`` and ``none`` have a meaning."""
    if (found or "none").lower() not in {"none", "local"}:
        raise RequestError(f"resolve={found} is not offered: use local or none", "resolve", "OptionNotSupported")


def sections(found: tuple[str, ...] | None) -> tuple[str, ...]:
    if not found or "All" in found:
        return SECTIONS
    if unknown := [name for name in found if name not in SECTIONS]:
        raise RequestError(f"there is no section {unknown[0]!r}: choose from {', '.join(SECTIONS)}", "sections")
    return found


def _result_type(found: str | None) -> str:
    kind = (found or "results").lower()
    if kind not in RESULT_TYPES:
        raise RequestError(f"resultType: found {found!r}, expected results or hits", "resultType")
    return kind


def _value_reference(found: str | None) -> str:
    if found is None:
        raise missing("valueReference")
    if not found.strip():
        raise RequestError("valueReference is empty: name a property", "valueReference")
    return found.strip()


def _queries(values: Parameters) -> tuple[Query | StoredQuery, ...]:
    if values.get("storedQuery_Id", "storedQueryId"):
        return (StoredQuery.from_kvp(values),)
    names = values.groups("typeNames", "typeName")
    if not names and not values.get("resourceId", "featureId"):
        raise missing("typeNames")
    _refuse_together(values)
    bound = dict(values.namespaces())
    each = [_per_query(values, names, name) for name in ("filter", "propertyName", "sortBy", "srsName", "aliases")]
    common = {
        "cql_filter": values.get("cql_filter"),
        "datetime": values.get("datetime"),
        "bbox": BoundingBox.parse(found) if (found := values.get("bbox")) else None,
        "resourceId": values.list("resourceId", "featureId"),
        "namespaces": values.namespaces(),
    }
    return tuple(
        Query(
            typeNames=tuple(canonical(name, bound) for name in types.split(",") if name),
            filter=fes,
            propertyName=_all_or(
                tuple(canonical(name, bound) for name in properties.split(",")) if properties else None
            ),
            sortBy=tuple(_sort(item, bound) for item in order.split(",")) if order else (),
            srsName=srs_name,
            aliases=tuple(alias.strip() for alias in aliases.split(",")) if aliases else (),
            **common,  # type: ignore[arg-type]
        )
        for types, fes, properties, order, srs_name, aliases in zip(names or ("",), *each, strict=True)
    )


def _per_query(values: Parameters, queries: tuple[str, ...], name: str) -> tuple[str | None, ...]:
    """The value of a parameter for each query: one for all, or one each."""
    count = len(queries) or 1
    if not values.has(name):
        return (None,) * count
    found = values.groups(name)
    if len(found) in (0, 1):
        return (found or (None,)) * count
    if len(found) != count:
        raise RequestError(f"{name} holds {len(found)} groups for {count} queries", name)
    return tuple(part or None for part in found)


def _refuse_together(values: Parameters) -> None:
    """The standard lets one of these stand only (WFS 2.0, table 8); so does the real register's GeoServer."""
    selections = (("filter",), ("cql_filter",), ("bbox",), ("resourceId", "featureId"))
    given = [names[0] for names in selections if values.get(*names)]
    if len(given) > 1:
        raise RequestError(f"{' and '.join(given)} exclude each other: write one filter", given[1])


def _only(queries: tuple[Query | StoredQuery, ...]) -> Query | StoredQuery:
    if len(queries) != 1:
        raise RequestError(f"GetPropertyValue takes one query, found {len(queries)}", "typeNames", PARSING_FAILED)
    return queries[0]


def _query_element(element: Element) -> Query | StoredQuery:
    readers: dict[str, Callable[[Element], Query | StoredQuery]] = {
        "Query": Query.from_xml,
        "StoredQuery": StoredQuery.from_xml,
    }
    name = local_name(element)
    if name not in readers:
        raise RequestError(f"expected a Query or a StoredQuery, found {name}", name, PARSING_FAILED)
    return readers[name](element)


def _sort(text: str, bound: Mapping[str, str]) -> Sort:
    """``naam``, ``naam ASC``, ``naam DESC``; WFS 1.1 wrote ``naam A`` and ``naam D``."""
    found = re.fullmatch(r"\s*(?P<name>[^\s+]+)(?:[\s+]+(?P<order>ASC|DESC|A|D))?\s*", text, re.IGNORECASE)
    if not found:
        raise RequestError(f"sortBy: found {text!r}, expected a property and perhaps ASC or DESC", "sortBy")
    return Sort(canonical(found["name"], bound), (found["order"] or "A").upper().startswith("D"))


def _sort_property(element: Element) -> Sort:
    """``<fes:SortProperty><fes:ValueReference>naam</fes:ValueReference><fes:SortOrder>DESC</fes:SortOrder>``."""
    parts = {local_name(child): child for child in elements(element)}
    name = parts.get("ValueReference", parts.get("PropertyName"))
    if local_name(element) != "SortProperty" or name is None:
        raise RequestError("sortBy: expected a SortProperty with a ValueReference", "sortBy", PARSING_FAILED)
    order = (parts["SortOrder"].text or "").strip().upper() if "SortOrder" in parts else "ASC"
    if order not in {"ASC", "DESC"}:
        raise RequestError(f"sortBy: found the order {order!r}, expected ASC or DESC", "sortBy")
    return Sort(_qname(name), order == "DESC")


def _all_or(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """``propertyName=*`` means all (OWSLib sends it)."""
    return None if names is None or "*" in names else names


def _texts(root: Element, path: str) -> tuple[str, ...]:
    return tuple((item.text or "").strip() for item in root.findall(path))


def _qname(element: Element) -> str:
    return canonical(element.text or "", _bound(element))


def _bound(element: Element) -> dict[str, str]:
    return {prefix: uri for prefix, uri in element.nsmap.items() if prefix}


def _text_of(element: Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)
