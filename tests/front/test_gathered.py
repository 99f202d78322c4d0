"""Answers as they leave: small ones whole and with their length, long ones as they come."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from risicoatlas.gathered import GATHERED_BYTES, Gathered

CHUNK = b"x" * (GATHERED_BYTES // 2)


class Body:
    """Chunks that tell how many were read, and whether they were closed."""

    def __init__(self, chunks: Iterable[bytes | Exception]) -> None:
        self.read = 0
        self.closed = False
        self._chunks = iter(chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self.read += 1
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    def close(self) -> None:
        self.closed = True


def answered(body: Body, method: str = "GET", status: str = "200 OK") -> tuple[dict[str, str], Iterable[bytes]]:
    seen: dict[str, str] = {}

    def inner(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(status, [("Content-Type", "text/plain")])
        return body

    found = Gathered(inner)({"REQUEST_METHOD": method}, lambda status, headers: seen.update(headers))
    return seen, found


def test_a_small_body_is_one_piece_with_its_length_and_what_it_held_is_given_back() -> None:
    body = Body([b"head", b"rows", b"tail"])
    headers, found = answered(body)
    assert list(found) == [b"headrowstail"]
    assert headers["Content-Length"] == "12"
    assert body.closed


def test_a_long_body_goes_on_as_it_comes() -> None:
    body = Body([CHUNK, CHUNK, CHUNK, b"tail"])
    headers, found = answered(body)
    assert body.read == 2, "no more than the bound is held"
    assert "Content-Length" not in headers
    assert not body.closed
    assert b"".join(found) == CHUNK * 3 + b"tail"
    found.close()  # type: ignore[attr-defined]
    assert body.closed


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("GET", "204 None")])
def test_an_answer_that_has_no_body_states_no_length(method: str, status: str) -> None:
    headers, found = answered(Body([]), method, status)
    assert b"".join(found) == b""
    assert "Content-Length" not in headers


def test_what_goes_wrong_in_a_small_body_is_still_an_error() -> None:
    body = Body([b"head", ValueError("halfway")])
    with pytest.raises(ValueError, match="halfway"):
        answered(body)
    assert body.closed
