"""Requests of WFS 1.1.0 as frozen values, read from KVP and from XML alike.

Field names are those of WFS 2.0 where it renamed them, so that both versions go the same way (``maxFeatures`` is
``count``). ``startIndex`` is not of the standard but accepted, as GeoServer does. Examples (OGC 04-094)::

    SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=rev_public:gemeenten&MAXFEATURES=10&SORTBY=naam D

    <wfs:GetFeature xmlns:wfs="http://www.opengis.net/wfs" service="WFS" version="1.1.0" maxFeatures="10">
      <wfs:Query typeName="rev_public:gemeenten"><ogc:SortBy xmlns:ogc="http://www.opengis.net/ogc"><ogc:SortProperty>
        <ogc:PropertyName>naam</ogc:PropertyName><ogc:SortOrder>DESC</ogc:SortOrder></ogc:SortProperty></ogc:SortBy>
      </wfs:Query></wfs:GetFeature>
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from risicoatlas.errors import RequestError
from risicoatlas.filters.safe_xml import Element, elements, local_name
from risicoatlas.wfs import requests
from risicoatlas.wfs.dialect import GML311, WFS11, Dialect
from risicoatlas.wfs.kvp import Parameters


@dataclass(frozen=True)
class GetCapabilities(requests.GetCapabilities):
    """As in WFS 2.0; the version is settled already."""

    version: str = WFS11.versions[0]

    @classmethod
    def from_kvp(cls, values: Parameters) -> Self:
        return cls(sections=requests.sections(values.list("sections")), updateSequence=values.get("updateSequence"))

    @classmethod
    def from_xml(cls, root: Element) -> Self:
        lists = [child for child in elements(root) if local_name(child) == "Sections"]
        wanted = tuple((item.text or "").strip() for found in lists for item in elements(found))
        return cls(sections=requests.sections(wanted or None), updateSequence=root.get("updateSequence"))


@dataclass(frozen=True)
class DescribeFeatureType(requests.DescribeFeatureType):
    """No ``typeNames`` means all."""

    dialect: ClassVar[Dialect] = WFS11
    outputFormat: str = GML311


@dataclass(frozen=True)
class GetFeature(requests.GetFeature):
    """One or more queries, each of one feature type."""

    dialect: ClassVar[Dialect] = WFS11

    @classmethod
    def from_kvp(cls, values: Parameters) -> Self:
        return _checked(super().from_kvp(_one_query_per_type(values)))

    @classmethod
    def from_xml(cls, root: Element) -> Self:
        return _checked(super().from_xml(root))


def _one_query_per_type(values: Parameters) -> Parameters:
    """``TYPENAME=a,b`` asks two types one after the other (OGC 04-094, 14.7.3); 2.0 writes that ``(a)(b)``."""
    found = values.groups("typeName", "typeNames")
    names = [name.strip() for group in found for name in group.split(",") if name.strip()]
    if len(names) <= len(found):
        return values
    others = {name: value for name, value in values.values.items() if name not in {"typename", "typenames"}}
    return Parameters({**others, "typename": "".join(f"({name})" for name in names)})


def _checked[Asked: GetFeature](request: Asked) -> Asked:
    for query in request.queries:
        if isinstance(query, requests.StoredQuery):
            raise RequestError("stored queries are of WFS 2.0.0", "version", "OperationNotSupported")
        if len(query.typeNames) > 1:
            raise RequestError(
                "joins are of WFS 2.0.0: name one feature type per Query", "typeName", "OptionNotSupported"
            )
    return request


Request = GetCapabilities | DescribeFeatureType | GetFeature

# Operation -> how it is read from KVP and from XML.
OPERATIONS: dict[str, requests.Readers] = {
    "GetCapabilities": (GetCapabilities.from_kvp, GetCapabilities.from_xml),
    "DescribeFeatureType": (DescribeFeatureType.from_kvp, DescribeFeatureType.from_xml),
    "GetFeature": (GetFeature.from_kvp, GetFeature.from_xml),
}
_OF_20 = {"storedquery_id", "storedqueryid", "valuereference", "aliases", "id"}
_OF_11 = {"featureversion", "expiry", "traversexlinkdepth", "traversexlinkexpiry", "proptravxlinkdepth"}
PARAMETERS = (requests.PARAMETERS - _OF_20) | _OF_11
STRICT = frozenset({"GetFeature"})


def from_kvp(values: Parameters, vendor_parameters: frozenset[str]) -> requests.Request:
    """Read a KVP request, GET or form; raises :class:`RequestError` with the parameter as locator."""
    requests.check_service(values.get("service"))
    name = requests.operation(values.required("request"), OPERATIONS)
    if name in STRICT:
        values.refuse_unknown(PARAMETERS, vendor_parameters)
    return OPERATIONS[name][0](values)


def from_xml(root: Element) -> requests.Request:
    """Read an XML request; any prefix and a default namespace do."""
    name = requests.operation(local_name(root), OPERATIONS)
    # the schema gives this attribute a default
    requests.check_service(root.get("service", "WFS"))
    return OPERATIONS[name][1](root)
