"""The stored queries on offer. There is one, which the standard obliges every server to have."""

from dataclasses import dataclass

from risicoatlas.errors import RequestError

GET_FEATURE_BY_ID = "urn:ogc:def:query:OGC-WFS::GetFeatureById"


@dataclass(frozen=True)
class StoredQueryType:
    """``aliases`` are other spellings of the identifier: WFS 2.0.2 made it an http address."""

    id: str
    title: str
    abstract: str
    parameters: tuple[str, ...]
    aliases: tuple[str, ...] = ()


STORED_QUERIES = (
    StoredQueryType(
        id=GET_FEATURE_BY_ID,
        title="Get a feature by its identifier",
        abstract="Gives the one feature with this gml:id; 404 where there is none.",
        parameters=("id",),
        aliases=(
            "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById",
            "urn:ogc:def:storedQuery:OGC-WFS::GetFeatureById",
        ),
    ),
)
_BY_ID = {name: query for query in STORED_QUERIES for name in (query.id, *query.aliases)}


def get(identifier: str) -> StoredQueryType:
    """The stored query of that identifier; an unknown one is a :class:`RequestError`."""
    try:
        return _BY_ID[identifier]
    except KeyError:
        raise RequestError(f"there is no stored query {identifier!r}", "storedquery_id") from None
