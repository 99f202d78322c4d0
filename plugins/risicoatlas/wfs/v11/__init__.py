"""WFS 1.1.0 for old clients: its own requests, documents and GML; plans, filters and rows are those of WFS 2.0."""

from risicoatlas.wfs.v11.operations import OPERATIONS
from risicoatlas.wfs.v11.requests import DescribeFeatureType, GetCapabilities, from_kvp, from_xml

__all__ = ["OPERATIONS", "DescribeFeatureType", "GetCapabilities", "from_kvp", "from_xml"]
