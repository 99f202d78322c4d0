"""A whole answer in memory: for reports, legends and capabilities, which are small.

No cache keeps them: QGIS would show the capabilities that it got before it had a login, ``no-cache`` or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from wsgiref.types import StartResponse

VARY = ("Vary", "Authorization, Cookie, X-API-Key")


@dataclass(frozen=True)
class Answer:
    body: bytes
    media_type: str
    status: HTTPStatus = HTTPStatus.OK
    # drawn or written for one actor: no cache may keep it
    private: bool = False

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", self.media_type), ("Content-Length", str(len(self.body))), VARY]
        headers.append(("Cache-Control", "private, no-store" if self.private else "no-store"))
        headers.append(("Access-Control-Allow-Origin", "*"))
        start_response(f"{self.status.value} {self.status.phrase}", headers)
        return [self.body]
