"""JSON Schemas made of the model: one per class and version, compiled with jsonschema-rs.

A schema covers one object without its children: the validator walks the relations itself, so that each object is judged
as what its ``entityType`` says and every finding points at the attribute that is wrong. One schema for a whole message
cannot do that: nested ``oneOf`` answers "matches none of 46".
"""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from risicoatlas.imev.model import ENTITY_TYPE, Attribute, Model

Schema = dict[str, Any]

_POSITION: Schema = {"type": "array", "minItems": 2, "items": {"type": "number"}}
_LINE: Schema = {"type": "array", "minItems": 2, "items": _POSITION}
_RINGS: Schema = {"type": "array", "items": {"type": "array", "minItems": 4, "items": _POSITION}}
# RFC 7946, section 3.1: the shape of `coordinates` per type.
COORDINATES: Mapping[str, Schema] = {
    "Point": _POSITION,
    "MultiPoint": {"type": "array", "items": _POSITION},
    "LineString": _LINE,
    "MultiLineString": {"type": "array", "items": _LINE},
    "Polygon": _RINGS,
    "MultiPolygon": {"type": "array", "items": _RINGS},
}


def compile_class(model: Model, name: str, version: str) -> jsonschema_rs.Validator:
    """The validator of one class in one version: 3 ms, so ask once per process."""
    return jsonschema_rs.Draft202012Validator(_object(model, name, version))


def _object(model: Model, name: str, version: str) -> Schema:
    attributes = model.attributes(name, version)
    properties = {key: _attribute(model, attribute, version) for key, attribute in attributes.items()}
    properties[ENTITY_TYPE] = {"const": name}
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key, attribute in attributes.items() if attribute.required],
        "additionalProperties": False,
    }


def _attribute(model: Model, attribute: Attribute, version: str) -> Schema:
    schema = {} if model.is_relation(attribute) else _type(model, attribute, version)
    if attribute.many:
        schema = {"type": "array", "items": schema, "minItems": attribute.least}
        # Equal children have equal keys, which the validator refuses itself.
        if attribute.unique and not model.is_relation(attribute):
            schema["uniqueItems"] = True
    if attribute.voidable:
        return {"if": {"enum": list(model.void_reasons)}, "else": schema}
    return schema


def _type(model: Model, attribute: Attribute, version: str) -> Schema:
    if attribute.constant is not None:
        return {"const": attribute.constant}
    if attribute.type in model.code_lists:
        return {"enum": list(model.code_lists[attribute.type])}
    if attribute.type in model.geometries:
        return _geometry(model.geometries[attribute.type])
    if attribute.type in model.classes:
        return _data_type(model, attribute.type, version)
    return _simple(model.types[attribute.type], attribute)


def _simple(described: Mapping[str, str], attribute: Attribute) -> Schema:
    bounds = {
        "type": described.get("json"),
        "pattern": attribute.pattern or described.get("patroon"),
        "minimum": attribute.minimum,
        "maximum": attribute.maximum,
    }
    return {key: value for key, value in bounds.items() if value is not None}


def _data_type(model: Model, name: str, version: str) -> Schema:
    """A data type is open, as in the published schema; of a choice exactly one of the described attributes is given."""
    attributes = model.attributes(name, version)
    schema: Schema = {
        "type": "object",
        "properties": {key: _attribute(model, attribute, version) for key, attribute in attributes.items()},
        "required": [key for key, attribute in attributes.items() if attribute.required],
    }
    if model.classes[name].kind == "keuze":
        schema |= {"minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return schema


def _geometry(types: tuple[str, ...]) -> Schema:
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"enum": list(types)}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"properties": {"coordinates": COORDINATES[name]}},
            }
            for name in types
        ],
    }
