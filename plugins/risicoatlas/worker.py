"""gunicorn's threaded worker, whose threads stay with a connection for a moment after an answer.

Many clients ask the next thing at once. Handing their connection back to the main thread, which hands it to a thread
again when it becomes readable, costs as much as half of a small answer.
"""

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# How long a thread waits where no other connection does.
LINGER_MS = 5


class LingeringWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is not typed
    """Named in the configuration of the server."""

    def handle(self, conn: Any) -> Any:
        """Answer a request, and those that follow it closely; gives what gunicorn does with the connection then."""
        kept = super().handle(conn)
        while kept is True and self._may_linger(conn) and _is_readable(conn):
            kept = super().handle(conn)
        return kept

    def _may_linger(self, conn: Any) -> bool:
        """Whether the thread is free for it: none waits for one, and the worker is not about to stop."""
        return bool(self.alive) and not conn.is_http2 and self.tpool._work_queue.empty()


def _is_readable(conn: Any) -> bool:
    """Whether the next request is there, or the end of the connection; what was read ahead is for gunicorn."""
    if conn.parser.unreader.buf.getvalue():
        return False
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LINGER_MS))
