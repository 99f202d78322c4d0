"""The three operations of WFS 1.1.0: what differs from 2.0 is the documents, by table and template."""

from risicoatlas.access.actor import Actor
from risicoatlas.filters import fes
from risicoatlas.service import Service
from risicoatlas.wfs import capabilities, operations
from risicoatlas.wfs.answers import Answer
from risicoatlas.wfs.config import WfsConfig
from risicoatlas.wfs.dialect import GML311, VERSIONS
from risicoatlas.wfs.requests import RESULT_TYPES
from risicoatlas.wfs.v11 import formats, requests

# The operators of FES 2.0 under the names of the capabilities of Filter 1.1 (OGC 04-095, 17).
COMPARISONS = {
    "PropertyIsEqualTo": "EqualTo",
    "PropertyIsNotEqualTo": "NotEqualTo",
    "PropertyIsLessThan": "LessThan",
    "PropertyIsGreaterThan": "GreaterThan",
    "PropertyIsLessThanOrEqualTo": "LessThanEqualTo",
    "PropertyIsGreaterThanOrEqualTo": "GreaterThanEqualTo",
    "PropertyIsLike": "Like",
    "PropertyIsNull": "NullCheck",
    "PropertyIsBetween": "Between",
}
# What the schema of Filter 1.1 can name of what is read.
GEOMETRIES = ("Envelope", "Point", "LineString", "Polygon")
PARAMETERS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "GetCapabilities": (("AcceptVersions", VERSIONS), ("AcceptFormats", ("text/xml",))),
    "DescribeFeatureType": (("outputFormat", (GML311,)),),
    "GetFeature": (("resultType", RESULT_TYPES), ("outputFormat", formats.OFFERED)),
}


def get_capabilities(request: requests.GetCapabilities, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The capabilities for this actor, of the layers that WFS 2.0 shows too."""
    own = {
        "operations": [capabilities.Operation(name, PARAMETERS[name]) for name in requests.OPERATIONS],
        "formats": formats.OFFERED,
        "comparisons": tuple(COMPARISONS[name] for name in fes.COMPARISONS if name in COMPARISONS),
        "geometries": GEOMETRIES,
        "spatial": tuple(fes.SPATIAL),
    }
    return capabilities.answer(request, actor, service, config, "capabilities_11.xml", own)


def describe_feature_type(
    request: requests.DescribeFeatureType, actor: Actor, service: Service, config: WfsConfig
) -> Answer:
    """The schema that a GetFeature answer of these types is valid against."""
    return capabilities.schema(request, (*formats.GML311_NAMES, "XMLSCHEMA"), actor, service)


def get_feature(request: requests.GetFeature, actor: Actor, service: Service, config: WfsConfig) -> Answer:
    """The features of one or more queries, or how many they are. Without ``maxFeatures`` all of them."""
    return operations.features(request, formats.writer, actor, service, config)


# Operation -> the function that answers it.
OPERATIONS: dict[type, operations.Operation] = {
    requests.GetCapabilities: get_capabilities,
    requests.DescribeFeatureType: describe_feature_type,
    requests.GetFeature: get_feature,
}
