"""The OpenAPI 3.0 document of what an actor may see: layers in, one self-contained dictionary out.

Written here because pygeoapi's document leaves out the filter parameters, describes methods that are not offered, and
points to schemas on other hosts.
"""

from collections.abc import Iterable
from typing import Any

from risicoatlas.catalogue import KEY, Layer
from risicoatlas.description import Description
from risicoatlas.features import geojson
from risicoatlas.providers import downloads, feature, links, parameters

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"
# Of the interface, not of the program: raised by the rules of semantic versioning.
VERSION = "1.1.0"
FORMATS = ("json", "html")
# Features come as files too.
ITEMS_FORMATS = (*FORMATS, *downloads.BY_NAME)
_FILES_WITHOUT_LIMIT = f"A file ({', '.join(downloads.BY_NAME)}) without limit holds every feature that matches."
Document = dict[str, Any]


def document(layers: Iterable[Layer], description: Description, base_url: str, language: str) -> Document:
    """The whole document."""
    shown = tuple(layers)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": description.title[language],
            "description": description.text[language],
            "version": VERSION,
            "contact": {"name": description.contact["name"], "email": description.contact["email"]},
            "license": {"name": description.license.name, "url": description.license.url},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": layer.name, "description": layer.title.get(language)} for layer in shown],
        "paths": {**_service_paths(), **{path: item for layer in shown for path, item in _paths(layer, language)}},
        "components": {
            "parameters": _parameters(description),
            "responses": _responses(),
            "schemas": _schemas(),
        },
    }


def _service_paths() -> Document:
    rows = (
        ("/", "getLandingPage", "Landing page", "LandingPage"),
        ("/conformance", "getConformance", "Conformance classes", "Conformance"),
        ("/collections", "getCollections", "All collections", "Collections"),
        ("/openapi", "getOpenapi", "This document", "Definition"),
        ("/functions", "getFunctions", "Functions for filters", "Document"),
    )
    return {path: {"get": _operation(name, title, answer, parameters.COMMON)} for path, name, title, answer in rows}


def _paths(layer: Layer, language: str) -> Iterable[tuple[str, Document]]:
    root, title = f"/collections/{layer.name}", layer.title.get(language)
    rows = (
        ("", "describe", "Collection", parameters.COMMON),
        ("/queryables", "getQueryables", "Schema", parameters.COMMON),
        ("/schema", "getSchema", "Schema", parameters.COMMON),
        ("/sortables", "getSortables", "Schema", parameters.COMMON),
    )
    for suffix, verb, answer, names in rows:
        name = f"{verb}_{layer.name}"
        yield root + suffix, {"get": _operation(name, title, answer, names, tag=layer.name)}
    page = _operation(f"getItems_{layer.name}", title, "Features", _of_items(parameters.ITEMS), tag=layer.name)
    page["parameters"] += [_attribute(item.name, item.type) for item in layer.fields]
    search = _operation(f"postItems_{layer.name}", title, "Features", _of_items(_without_filter()), tag=layer.name)
    search["requestBody"] = {
        "description": "A filter as CQL2 JSON",
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    yield f"{root}/items", {"get": page, "post": search}
    one = _operation(f"getItem_{layer.name}", title, "Feature", parameters.ITEM, tag=layer.name)
    one["parameters"].append({"$ref": "#/components/parameters/featureId"})
    yield f"{root}/items/{{featureId}}", {"get": one}


def _without_filter() -> tuple[str, ...]:
    return tuple(name for name in parameters.ITEMS if name not in {"filter", "filter-lang"})


def _of_items(names: Iterable[str]) -> list[str]:
    """The components of a page's parameters: its formats are more than those of other documents."""
    return ["fItems" if name == "f" else name for name in names]


def _operation(name: str, title: str, answer: str, names: Iterable[str], tag: str | None = None) -> Document:
    operation: Document = {
        "operationId": name,
        "summary": title,
        "parameters": [{"$ref": f"#/components/parameters/{item}"} for item in names],
        "responses": {
            "200": {"$ref": f"#/components/responses/{answer}"},
            **{
                status: {"$ref": "#/components/responses/Problem"}
                for status in ("400", "401", "404", "410", "500", "503")
            },
        },
    }
    if tag:
        operation["tags"] = [tag]
    return operation


def _attribute(name: str, kind: str) -> Document:
    return _query(name, feature.TYPES[kind], f"Only features whose {name} has this value")


def _query(name: str, schema: Document, text: str) -> Document:
    return {
        "name": name, "in": "query", "required": False, "style": "form", "explode": False,
        "description": text, "schema": schema,
    }  # fmt: skip


def _rows(description: Description) -> tuple[tuple[str, Document, str], ...]:
    """Name, schema and text of every query parameter."""
    uri = {"type": "string", "format": "uri"}
    names = {"type": "array", "items": {"type": "string"}}
    box = {
        "type": "array",
        "items": {"type": "number"},
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    }
    limit = {
        "type": "integer",
        "minimum": 1,
        "maximum": description.maximum_limit,
        "default": description.default_limit,
    }
    return (
        ("f", {"type": "string", "enum": list(FORMATS), "default": "json"}, "Format of the answer"),
        ("lang", {"type": "string", "enum": list(description.languages)}, "Language of titles"),
        (
            "limit",
            limit,
            "Most features in a page; more than the maximum gives the maximum, more than"
            f" {description.hard_limit} is refused. {_FILES_WITHOUT_LIMIT}",
        ),
        ("offset", {"type": "integer", "minimum": 0, "default": 0}, "Features to pass over"),
        ("cursor", {"type": "string"}, "The page that a link next or prev leads to; not to be made by hand"),
        (
            "gewijzigd_sinds",
            {"type": "integer", "minimum": 0},
            "Only what changed after this publication: features have a member wijziging (toegevoegd, gewijzigd,"
            " beeindigd), and one that has ended is told by its id alone. Which objects are meant follows from the"
            " other parameters, before and after",
        ),
        ("bbox", box, "Only features that meet this box, in bbox-crs"),
        ("bbox-crs", uri, "CRS of bbox, with its axis order; CRS84 when absent"),
        ("crs", uri, "CRS of the answer, with its axis order; CRS84 when absent"),
        (
            "datetime",
            {"type": "string"},
            "Of what is valid now, only features that are valid at this moment or in this period too",
        ),
        ("properties", names, "Only these attributes"),
        ("skipGeometry", {"type": "boolean", "default": False}, "Leave the geometry out"),
        ("sortby", names, "Attributes to sort on; - before a name turns the order"),
        ("filter", {"type": "string"}, "Only features for which this CQL2 expression holds"),
        ("filter-lang", {"type": "string", "enum": list(parameters.LANGUAGES), "default": "cql2-text"}, "Of filter"),
        ("filter-crs", uri, "CRS of geometries in filter; CRS84 when absent"),
    )


def _parameters(description: Description) -> Document:
    found = {name: _query(name, schema, text) for name, schema, text in _rows(description)}
    forms = {"type": "string", "enum": list(ITEMS_FORMATS), "default": "json"}
    found["fItems"] = _query("f", forms, f"Format of the answer. {_FILES_WITHOUT_LIMIT}")
    found["featureId"] = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": KEY,
    }
    return found


def _responses() -> Document:
    rows = {
        "LandingPage": ("application/json", "document"),
        "Conformance": ("application/json", "conformance"),
        "Collections": ("application/json", "collections"),
        "Collection": ("application/json", "collection"),
        "Document": ("application/json", "any"),
        "Definition": (MEDIA_TYPE, "any"),
        "Schema": (links.SCHEMA, "any"),
        "Features": (geojson.MEDIA_TYPE, "featureCollection"),
        "Feature": (geojson.MEDIA_TYPE, "feature"),
    }
    found: Document = {
        name: {
            "description": name,
            "content": {
                media: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
                "text/html": {"schema": {"type": "string"}},
            },
        }
        for name, (media, schema) in rows.items()
    }
    binary = {"schema": {"type": "string", "format": "binary"}}
    found["Features"]["content"] |= {item.media_type: binary for item in downloads.DOWNLOADS}
    found["Problem"] = {
        "description": "What is wrong, and with which parameter",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    }
    return found


def _schemas() -> Document:
    text, whole = {"type": "string"}, {"type": "integer", "minimum": 0}

    def of(required: list[str], **properties: Document) -> Document:
        return {"type": "object", "required": required, "properties": properties}

    def many(name: str) -> Document:
        return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}

    return {
        "any": {"type": "object"},
        "link": of(["href", "rel"], href=text, rel=text, type=text, title=text),
        "document": of(["links"], title=text, description=text, links=many("link")),
        "conformance": of(["conformsTo"], conformsTo={"type": "array", "items": text}),
        "collections": of(["links", "collections"], links=many("link"), collections=many("collection")),
        "collection": of(["id", "links"], id=text, title=text, description=text, links=many("link")),
        "geometry": {**of(["type"], type=text), "nullable": True},
        "feature": of(
            ["type", "geometry", "properties"],
            type={"type": "string", "enum": ["Feature"]},
            id=text,
            geometry={"$ref": "#/components/schemas/geometry"},
            properties={"type": "object"},
            wijziging={"type": "string", "enum": ["toegevoegd", "gewijzigd", "beeindigd"]},
            links=many("link"),
        ),
        "featureCollection": of(
            ["type", "features"],
            type={"type": "string", "enum": ["FeatureCollection"]},
            features=many("feature"),
            links=many("link"),
            timeStamp={"type": "string", "format": "date-time"},
            numberMatched=whole,
            numberReturned=whole,
            numberTested=whole,
            publicatie=whole,
            nietGepubliceerd=many("municipality"),
        ),
        "municipality": of(["code"], code=text, naam={**text, "nullable": True}),
        "problem": of(["title", "status"], type=text, title=text, status=whole, detail=text, code=text, parameter=text),
    }
