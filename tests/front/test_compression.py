"""Compression: which answers, which encoding, and that nothing waits for it."""

import gzip
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import zstandard
from werkzeug.test import Client, TestResponse

from risicoatlas.front.compression import MIN_BYTES, Compression, chosen

TEXT = b'{"type":"Feature","id":"x"},' * 400


class Answering:
    """A protocol that answers with these headers and chunks."""

    def __init__(self, *headers: tuple[str, str], chunks: Iterable[bytes] = (TEXT,), status: str = "200 OK") -> None:
        self.headers, self.chunks, self.status = list(headers), chunks, status
        self.closed = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(self.status, self.headers)
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks

    def close(self) -> None:
        self.closed = True


def ask(inner: Answering, encodings: str = "gzip", method: str = "GET", **headers: str) -> TestResponse:
    given = {"Accept-Encoding": encodings, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Client(Compression(inner), use_cookies=False).open("/x", method=method, headers=given)


def encoded(chunks: Iterator[bytes], encoding: str) -> Iterable[bytes]:
    """The body as a server gets it, chunk by chunk."""
    environ = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": encoding}
    return Compression(Answering(JSON, chunks=chunks))(environ, lambda *start: lambda data: None)


JSON = ("Content-Type", "application/geo+json")


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, *;q=0.1", "zstd"),
        ("*", "zstd"),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=1.0", "gzip"),
        ("GZIP ; q=0.8", "gzip"),
        ("br, deflate", None),
        ("gzip;q=lots", None),
        ("gzip;q=2", None),
    ],
)
def test_the_encoding_follows_accept_encoding_and_its_q_values(header: str, encoding: str | None) -> None:
    assert chosen(header) == encoding


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json", "application/geo+json", "application/gml+xml; version=3.2", "text/csv", "text/html",
        "application/vnd.mapbox-vector-tile", "application/problem+json", "application/xml", "text/xml; charset=UTF-8",
        "application/vnd.oai.openapi+json;version=3.0", "application/schema+json", "image/svg+xml", "text/javascript",
    ],
)  # fmt: skip
def test_text_like_answers_are_encoded_whole(media_type: str) -> None:
    for name, decode in (("gzip", gzip.decompress), ("zstd", zstandard.ZstdDecompressor().decompressobj().decompress)):
        inner = Answering(
            ("Content-Type", media_type), ("Content-Length", str(2 * len(TEXT))), chunks=(TEXT, b"", TEXT)
        )
        answer = ask(inner, name)
        assert answer.headers["Content-Encoding"] == name
        assert "Content-Length" not in answer.headers
        assert len(answer.data) < len(TEXT)
        assert decode(answer.data) == TEXT + TEXT
        answer.close()
        assert inner.closed


@pytest.mark.parametrize(
    "inner",
    [
        Answering(("Content-Type", "image/png")),
        Answering(("Content-Type", "application/zip")),
        Answering(("Content-Type", "application/geopackage+sqlite3")),
        Answering(("Content-Type", "application/vnd.apache.parquet")),
        Answering(),
        Answering(JSON, ("Content-Encoding", "br")),
        Answering(JSON, ("Content-Range", "bytes 0-9/99"), status="206 Partial Content"),
        Answering(JSON, ("Cache-Control", "public, no-transform")),
        Answering(("Content-Type", "text/html"), ("Set-Cookie", "risicoatlas_formulier=x")),
    ],
    ids=lambda inner: str(inner.headers),
)
def test_what_is_packed_partial_or_of_a_form_is_left_alone(inner: Answering) -> None:
    answer = ask(inner)
    assert answer.headers.get("Content-Encoding") in {None, "br"}
    assert answer.data == TEXT


def test_a_page_for_who_carries_a_cookie_is_not_encoded_since_it_holds_a_csrf_token() -> None:
    page = Answering(("Content-Type", "text/html; charset=utf-8"))
    assert "Content-Encoding" not in ask(page, Cookie="risicoatlas_sessie=x").headers
    assert ask(page).headers["Content-Encoding"] == "gzip"


def test_a_small_answer_is_left_alone_but_says_that_it_varies() -> None:
    answer = ask(Answering(JSON, ("Content-Length", str(MIN_BYTES - 1)), ("Vary", "Accept")))
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Length"] == str(MIN_BYTES - 1)
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"


def test_every_answer_that_could_be_encoded_varies() -> None:
    for encodings in ("", "gzip"):
        assert ask(Answering(JSON), encodings).headers["Vary"] == "Accept-Encoding"
        assert ask(Answering(JSON, ("Vary", "*")), encodings).headers["Vary"] == "*"
    assert "Vary" not in ask(Answering(("Content-Type", "image/png"))).headers


def test_head_has_the_headers_of_get_and_no_body() -> None:
    inner = Answering(JSON, ("Content-Length", str(len(TEXT))), ("ETag", '"a"'), chunks=())
    head = ask(inner, method="HEAD")
    assert head.data == b""
    get = ask(Answering(JSON, ("Content-Length", str(len(TEXT))), ("ETag", '"a"')))
    assert dict(head.headers) == dict(get.headers)


def test_the_etag_of_an_encoded_answer_is_weak_and_stays_so_in_a_304() -> None:
    assert ask(Answering(JSON, ("ETag", '"a"'))).headers["ETag"] == 'W/"a"'
    assert ask(Answering(JSON, ("ETag", 'W/"a"'))).headers["ETag"] == 'W/"a"'
    assert ask(Answering(JSON, ("ETag", '"a"')), "").headers["ETag"] == '"a"'
    same = Answering(("ETag", '"a"'), chunks=(), status="304 Not Modified")
    encoded = ask(same, If_None_Match='W/"a"')
    assert (encoded.headers["ETag"], encoded.headers["Vary"], encoded.data) == ('W/"a"', "Accept-Encoding", b"")
    assert ask(same, If_None_Match='"a"').headers["ETag"] == '"a"'


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_neither_the_first_byte_nor_a_slow_row_waits_for_what_follows(encoding: str) -> None:
    def slow() -> Iterator[bytes]:
        yield b"head"
        time.sleep(0.3)
        yield b"row"
        raise AssertionError("asked for more than was needed")

    chunks = iter(encoded(slow(), encoding))
    decoder = zlib.decompressobj(31) if encoding == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    assert decoder.decompress(next(chunks)) == b"head"
    assert decoder.decompress(next(chunks)) == b"row"


def test_an_answer_that_breaks_off_is_not_closed_as_if_it_were_whole() -> None:
    def broken() -> Iterator[bytes]:
        yield TEXT
        raise ConnectionError("the database went away")

    got = b""
    with pytest.raises(ConnectionError):
        for chunk in encoded(broken(), "gzip"):
            got += chunk
    with pytest.raises(EOFError):
        gzip.decompress(got)
