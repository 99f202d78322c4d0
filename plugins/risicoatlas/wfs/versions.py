"""Which version of WFS a request is in: parameters or an XML element in, the dialect that answers it out.

GetCapabilities negotiates (OWS Common 1.1, 7.3.2): the first version of ``acceptVersions`` that is offered; without it
an old client's ``version`` below the lowest on offer gets the lowest, as WFS 1.0 had it. Every other operation states
its version, or gets the first.
"""

import re

from risicoatlas.errors import RequestError
from risicoatlas.filters.safe_xml import PARSING_FAILED, Element, elements, local_name, namespace
from risicoatlas.wfs.dialect import DIALECTS, VERSIONS, WFS11, WFS20, Dialect
from risicoatlas.wfs.kvp import Parameters

FAILED = "VersionNegotiationFailed"
_OF_VERSION = {version: dialect for dialect in DIALECTS for version in dialect.versions}
# Some clients write the first two numbers only.
_SHORT = {"2.0": WFS20.versions[0], "1.1": WFS11.versions[0]}
_HERE = " and ".join((", ".join(VERSIONS[:-1]), VERSIONS[-1]))


def of_kvp(values: Parameters) -> Dialect:
    """The dialect of a KVP request; raises :class:`RequestError` for a version that is not offered."""
    version = values.get("version")
    if (values.get("request") or "").lower() == "getcapabilities":
        accepted = values.list("acceptVersions")
        return _OF_VERSION[negotiated(accepted) if accepted else _at_least_lowest(version)]
    return _OF_VERSION[_stated(version)]


def of_xml(root: Element) -> Dialect:
    """The dialect of an XML request: its namespace and its ``version`` agree, or it is refused.

    An element of no WFS is for the reader of 2.0, which says what it expects.
    """
    dialect = next((item for item in DIALECTS if item.wfs == namespace(root)), WFS20)
    version = root.get("version")
    if local_name(root) == "GetCapabilities":
        accepted = _accepted(root)
        version = negotiated(accepted) if accepted else version and _at_least_lowest(version)
        return _OF_VERSION[version] if version else dialect
    if version is not None and _OF_VERSION[_stated(version)] is not dialect:
        raise RequestError(
            f"version {version} does not go with elements of {namespace(root)}", "version", PARSING_FAILED
        )
    return dialect


def negotiated(accepted: tuple[str, ...]) -> str:
    """The first version on the client's list that is offered."""
    found = next((version for version in accepted if version in _OF_VERSION), None)
    if found is None:
        message = f"none of the versions {', '.join(accepted)} is offered here: this service speaks {_HERE}"
        raise RequestError(message, "acceptVersions", FAILED)
    return found


def _at_least_lowest(version: str | None) -> str:
    """The version of a GetCapabilities without ``acceptVersions``."""
    version = _SHORT.get(version or VERSIONS[0], version or VERSIONS[0])
    if re.fullmatch(r"[01]\.[0-9]{1,2}(\.[0-9]{1,2})?", version) and version < WFS11.versions[0]:
        return WFS11.versions[0]
    if version not in _OF_VERSION:
        raise RequestError(f"version {version!r} is not offered here: this service speaks {_HERE}", "version", FAILED)
    return version


def _stated(version: str | None) -> str:
    version = _SHORT.get(version or VERSIONS[0], version or VERSIONS[0])
    if version not in _OF_VERSION:
        # A client of an older version has to negotiate again; any other is a mistake.
        code = FAILED if version.startswith("1.") else "InvalidParameterValue"
        raise RequestError(f"version {version!r} is not offered here: this service speaks {_HERE}", "version", code)
    return version


def _accepted(root: Element) -> tuple[str, ...]:
    """``ows:AcceptVersions`` of either version of OWS Common."""
    lists = [child for child in elements(root) if local_name(child) == "AcceptVersions"]
    return tuple((item.text or "").strip() for found in lists for item in elements(found))
