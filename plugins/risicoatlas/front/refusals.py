"""What the door itself says no with, in the form that the client of each protocol shows to its user.

QGIS repeats the words of an exception report of the WFS; of anything else it tells the status alone.
"""

import json
from http import HTTPStatus

from risicoatlas.errors import RequestError, RisicoAtlasError
from risicoatlas.front import metrics
from risicoatlas.wfs import answers, versions
from risicoatlas.wfs.dialect import WFS20, Dialect
from risicoatlas.wfs.kvp import Parameters

# More than the parameters that tell a version; the reason of the refusal may be that there is far more.
READ_BYTES = 4096


def told(path: str, query: str, error: RisicoAtlasError) -> tuple[str, bytes]:
    """Media type and body; ``path`` and ``query`` are those of the request."""
    if not _of_wfs(path, query):
        title = HTTPStatus(error.status).phrase
        problem = {"title": title, "status": error.status, "detail": str(error)}
        return "application/problem+json", json.dumps(problem).encode()
    report = answers.report(error, _dialect(query))
    return report.content_type, b"".join(report.body)


def _of_wfs(path: str, query: str) -> bool:
    if metrics.protocol(path) == "wfs":
        return True
    return path.startswith("/geoserver/") and path.endswith("/ows") and "service=wms" not in query.lower()


def _dialect(query: str) -> Dialect:
    try:
        return versions.of_kvp(Parameters.parse(query[:READ_BYTES]))
    except RequestError:
        return WFS20
