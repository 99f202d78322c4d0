"""The server process: bounds on what a client may send and on how long it may stall."""

import http.client
import socket
import threading
import time
from contextlib import ExitStack, closing
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from tests.conftest import Server as Running

from risicoatlas import server as process
from risicoatlas.app import MAX_QUERY_BYTES


def first_line(server: Running, request: bytes) -> bytes:
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port or 80), timeout=30) as client:
        client.sendall(request)
        return client.makefile("rb").readline()


@pytest.mark.parametrize(
    ("length", "status"), [(MAX_QUERY_BYTES + 100, b"400"), (process.MAX_LINE_BYTES + 100, b"414")]
)
def test_a_request_line_has_an_end(server: Running, length: int, status: bytes) -> None:
    line = b"GET /ogc/v1/?" + b"a" * length + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    assert first_line(server, line).split()[1] == status


def test_a_client_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STALL_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process.Server.ready(
            SimpleNamespace(settings=SimpleNamespace(public_url="")),  # type: ignore[arg-type]
            SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]),
        )
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            stuck = threading.Timer(30, accepted.shutdown, [socket.SHUT_RDWR])
            stuck.start()
            with accepted, pytest.raises(BlockingIOError):
                accepted.setblocking(True)
                accepted.sendall(bytes(100_000_000))
            stuck.cancel()


def test_a_connection_is_answered_again_at_once_and_after_a_while(server: Running) -> None:
    where = urlsplit(server.url)
    with closing(http.client.HTTPConnection(where.netloc, timeout=30)) as client:
        for pause_s in (0, 0, 0.1, 0, 0.1):
            time.sleep(pause_s)
            client.request("GET", "/health/live")
            answer = client.getresponse()
            assert answer.status == 200 and answer.read() and not answer.will_close


def test_requests_that_were_sent_together_are_answered_in_turn(server: Running) -> None:
    where = urlsplit(server.url)
    one = b"GET /ogc/v1/conformance HTTP/1.1\r\nHost: x\r\n"
    with socket.create_connection((where.hostname, where.port or 80), timeout=30) as client:
        client.sendall((one + b"\r\n") * 3 + one + b"Connection: close\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 4


def test_more_connections_than_threads_are_all_answered(server: Running) -> None:
    where = urlsplit(server.url)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(closing(http.client.HTTPConnection(where.netloc, timeout=30)))
            for _ in range(3 * process.THREADS)
        ]
        for _ in range(2):
            for client in clients:
                client.request("GET", "/health/live")
            answers = [client.getresponse() for client in clients]
            assert all(answer.status == 200 and answer.read() for answer in answers)
