"""What WFS 2.0 and WFS 1.1 write differently, as data: namespaces, schemas, templates and names.

Whatever is not in :class:`Dialect` is the same for both: access, plans, filters and the SQL of the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from risicoatlas.wfs import names

GML32 = "application/gml+xml; version=3.2"
GML311 = "text/xml; subtype=gml/3.1.1"


@dataclass(frozen=True)
class Dialect:
    """``versions`` are those that are answered in it, the first by default; ``feature`` is the GML element that every
    feature stands for, ``type_names`` the parameter with the feature types, ``report`` the template of exceptions;
    ``parameters`` are the names of parameters that differ from those of WFS 2.0, by the latter."""

    versions: tuple[str, ...]
    wfs: str
    wfs_schema: str
    gml: str
    gml_schema: str
    gml_format: str
    feature: str
    type_names: str
    report: str
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)


WFS20 = Dialect(
    versions=("2.0.0", "2.0.2"),
    wfs=names.WFS,
    wfs_schema=names.WFS_SCHEMA,
    gml=names.GML,
    gml_schema=names.GML_SCHEMA,
    gml_format=GML32,
    feature="gml:AbstractFeature",
    type_names="typeNames",
    report="exception_report.xml",
)
WFS11 = Dialect(
    versions=("1.1.0",),
    wfs="http://www.opengis.net/wfs",
    wfs_schema="http://schemas.opengis.net/wfs/1.1.0/wfs.xsd",
    gml="http://www.opengis.net/gml",
    gml_schema="http://schemas.opengis.net/gml/3.1.1/base/gml.xsd",
    gml_format=GML311,
    feature="gml:_Feature",
    type_names="typeName",
    report="exception_report_11.xml",
    parameters={"typeNames": "typeName", "count": "maxFeatures", "resourceId": "featureId"},
)
# In the order of preference.
DIALECTS = (WFS20, WFS11)
VERSIONS = tuple(version for dialect in DIALECTS for version in dialect.versions)
