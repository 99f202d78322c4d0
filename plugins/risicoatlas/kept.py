"""Documents that were made before, by what they were made of: a bounded store in the memory of one process.

The key is a validator's ETag, which covers all that selects the answer: publication, edition, address, parameters,
format and language. Only answers to anonymous readers have one, so nothing of a restricted layer can be kept here.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

MAX_BYTES = 16 * 1024 * 1024


class Kept[Made]:
    """``size_of`` gives the bytes of a document; the oldest used goes when all of them pass ``max_bytes``."""

    def __init__(self, size_of: Callable[[Made], int], max_bytes: int = MAX_BYTES) -> None:
        self._size_of = size_of
        self._max_bytes = max_bytes
        self._documents: OrderedDict[str, Made] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, etag: str) -> Made | None:
        with self._lock:
            found = self._documents.get(etag)
            if found is not None:
                self._documents.move_to_end(etag)
            return found

    def put(self, etag: str, document: Made) -> None:
        """Keep a document; one that is larger than a tenth of the store would push too much out."""
        size = self._size_of(document)
        with self._lock:
            if etag in self._documents or size > self._max_bytes // 10:
                return
            self._documents[etag] = document
            self._bytes += size
            while self._bytes > self._max_bytes:
                _, oldest = self._documents.popitem(last=False)
                self._bytes -= self._size_of(oldest)
