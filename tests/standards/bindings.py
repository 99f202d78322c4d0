"""One request of WFS 2.0 in its three encodings: keyword values in, the reply to GET, to a form or to XML out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from tests.wfs.conftest import NS, Client, Reply

FORM = "application/x-www-form-urlencoded"
HEAD = " ".join(f'xmlns:{prefix}="{NS[prefix]}"' for prefix in ("wfs", "fes", "gml", "ows"))
NAMES = 'xmlns:rev_public="urn:x-risicoatlas:rev_public" xmlns:besloten="urn:x-risicoatlas:besloten"'
# Parameters that are attributes of the operation, and of a query.
OF_ROOT = ("count", "startIndex", "resultType", "outputFormat", "valueReference")
GET_FEATURE_BY_ID = "urn:ogc:def:query:OGC-WFS::GetFeatureById"

Values = Mapping[str, object]


def fes(inner: str) -> str:
    """A filter with the usual prefixes bound."""
    return f'<fes:Filter xmlns:fes="{NS["fes"]}" xmlns:gml="{NS["gml"]}" {NAMES}>{inner}</fes:Filter>'


def xml(operation: str, **values: object) -> str:
    """The XML form of a request that is given as parameters of KVP."""
    given = {name: str(value) for name, value in values.items()}
    version = "" if operation == "GetCapabilities" else ' version="2.0.0"'
    attributes = "".join(f" {name}={quoteattr(given.pop(name))}" for name in OF_ROOT if name in given)
    inner = _INNER[operation](given)
    if given:
        raise ValueError(f"no XML form is known of {', '.join(given)}")
    return f'<wfs:{operation} {HEAD} {NAMES} service="WFS"{version}{attributes}>{inner}</wfs:{operation}>'


def _query(given: dict[str, str]) -> str:
    if "storedQuery_Id" in given:
        identifier = given.pop("storedQuery_Id")
        parameters = "".join(
            f'<wfs:Parameter name="{name}">{escape(given.pop(name))}</wfs:Parameter>' for name in list(given)
        )
        return f"<wfs:StoredQuery id={quoteattr(identifier)}>{parameters}</wfs:StoredQuery>"
    names = given.pop("typeNames").replace(",", " ")
    srs = f" srsName={quoteattr(given.pop('srsName'))}" if "srsName" in given else ""
    properties = [name for name in given.pop("propertyName", "").split(",") if name]
    wanted = "".join(f"<wfs:PropertyName>{escape(name)}</wfs:PropertyName>" for name in properties)
    order = "".join(_sort(key) for key in given.pop("sortBy", "").split(",") if key)
    sort = f"<fes:SortBy>{order}</fes:SortBy>" if order else ""
    return f"<wfs:Query typeNames={quoteattr(names)}{srs}>{wanted}{given.pop('filter', '')}{sort}</wfs:Query>"


def _sort(key: str) -> str:
    name, _, order = key.strip().partition(" ")
    return (
        f"<fes:SortProperty><fes:ValueReference>{name}</fes:ValueReference>"
        f"<fes:SortOrder>{order or 'ASC'}</fes:SortOrder></fes:SortProperty>"
    )


def _capabilities(given: dict[str, str]) -> str:
    parts = {"acceptVersions": ("AcceptVersions", "Version"), "sections": ("Sections", "Section")}
    return "".join(
        f"<ows:{outer}>"
        + "".join(f"<ows:{each}>{item}</ows:{each}>" for item in given.pop(name).split(","))
        + f"</ows:{outer}>"
        for name, (outer, each) in parts.items()
        if name in given
    )


def _listed(parameter: str, element: str) -> Callable[[dict[str, str]], str]:
    def inner(given: dict[str, str]) -> str:
        names = [name for name in given.pop(parameter, "").split(",") if name]
        return "".join(f"<wfs:{element}>{escape(name)}</wfs:{element}>" for name in names)

    return inner


_INNER: Mapping[str, Callable[[dict[str, str]], str]] = {
    "GetCapabilities": _capabilities,
    "DescribeFeatureType": _listed("typeNames", "TypeName"),
    "ListStoredQueries": lambda _given: "",
    "DescribeStoredQueries": _listed("storedQuery_Id", "StoredQueryId"),
    "GetFeature": _query,
    "GetPropertyValue": _query,
}


@dataclass(frozen=True)
class Binding:
    """A way to send a request."""

    name: str
    send: Callable[..., Reply]

    def __call__(self, client: Client, operation: str, **values: object) -> Reply:
        return self.send(client, operation, **values)


def kvp(operation: str, **values: object) -> str:
    version = {} if operation == "GetCapabilities" else {"version": "2.0.0"}
    return urlencode({"service": "WFS", **version, "request": operation, **values})


def _get(client: Client, operation: str, **values: object) -> Reply:
    return client.query(kvp(operation, **values))


def _form(client: Client, operation: str, **values: object) -> Reply:
    return client.post(kvp(operation, **values), FORM)


def _xml(client: Client, operation: str, **values: object) -> Reply:
    return client.post(xml(operation, **values))


GET, POST_FORM, POST_XML = Binding("GET", _get), Binding("form", _form), Binding("XML", _xml)
BINDINGS = (GET, POST_FORM, POST_XML)
