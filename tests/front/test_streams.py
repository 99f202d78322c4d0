"""Whole layers at once: bounded per client over all processes, and per process."""

import multiprocessing
import threading
import time
from ipaddress import ip_network
from pathlib import Path

import pytest

from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.database import POOL_SIZE
from risicoatlas.errors import SettingError, TooManyError, UnavailableError
from risicoatlas.front.client import identity
from risicoatlas.front.streams import Bounds, Streams, Visitor
from risicoatlas.server import THREADS
from risicoatlas.settings import WAITING, WHOLE_LAYERS, Settings

PROXIES = (ip_network("10.0.0.0/8"),)
CLIENT = "192.0.2.7"


def streams(
    folder: Path, per_client: int = 2, per_process: int = 4, waiting: int = 2, patience_s: float = 0.2
) -> Streams:
    return Streams(folder, Bounds(per_client, per_process, 2, patience_s))


def claimed(found: Streams, client: str | None, count: int) -> list[Visitor]:
    visitors = [Visitor(found, client) for _ in range(count)]
    for visitor in visitors:
        visitor.claim()
    return visitors


def test_one_client_gets_so_many_and_the_refusal_names_the_bound(tmp_path: Path) -> None:
    found = streams(tmp_path)
    held = claimed(found, CLIENT, 2)
    with pytest.raises(TooManyError, match="has 2 requests for whole layers under way"):
        Visitor(found, CLIENT).claim()
    claimed(found, "192.0.2.8", 2)
    held[0].leave()
    claimed(found, CLIENT, 1)


def test_a_request_counts_once_however_many_layers_it_reads(tmp_path: Path) -> None:
    visitor, *_ = claimed(streams(tmp_path, per_client=1), CLIENT, 1)
    visitor.claim()
    visitor.leave()
    visitor.leave()


def test_a_process_lends_out_no_more_than_its_share(tmp_path: Path) -> None:
    found = streams(tmp_path)
    held = claimed(found, None, 4)
    with pytest.raises(UnavailableError, match="4 whole layers are under way"):
        Visitor(found, None).claim()
    assert len(held) == 4


def test_who_waits_gets_the_place_that_comes_free(tmp_path: Path) -> None:
    found = streams(tmp_path, patience_s=5)
    held = claimed(found, CLIENT, 2)
    threading.Timer(0.2, held[0].leave).start()
    began = time.monotonic()
    claimed(found, CLIENT, 1)
    assert 0.1 < time.monotonic() - began < 3


def test_those_who_wait_are_bounded_too(tmp_path: Path) -> None:
    found = streams(tmp_path, patience_s=1)
    held = claimed(found, CLIENT, 2)
    waiting = [threading.Thread(target=_try, args=(found,)) for _ in range(2)]
    for thread in waiting:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    with pytest.raises(TooManyError):
        Visitor(found, CLIENT).claim()
    assert time.monotonic() - began < 0.3
    for thread in waiting:
        thread.join()
    assert held


def _try(found: Streams) -> None:
    visitor = Visitor(found, CLIENT)
    try:
        visitor.claim()
    except TooManyError:
        visitor.leave()


def _hold(folder: Path, ready: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event") -> None:
    held = claimed(streams(folder), CLIENT, 2)
    ready.set()
    done.wait(10)
    held.clear()


def test_the_bound_of_a_client_holds_over_processes_and_ends_with_them(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, done))
    other.start()
    assert ready.wait(10)
    with pytest.raises(TooManyError):
        Visitor(streams(tmp_path), CLIENT).claim()
    other.kill()
    other.join()
    claimed(streams(tmp_path), CLIENT, 2)


def peer(address: str, forwarded: str | None = None) -> dict[str, str]:
    return {"REMOTE_ADDR": address} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})


@pytest.mark.parametrize(
    ("environ", "client"),
    [
        (peer("192.0.2.7"), "192.0.2.7"),
        (peer("127.0.0.1"), None),
        (peer("::1"), None),
        (peer("::ffff:192.0.2.7"), "192.0.2.7"),
        (peer("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
        (peer("192.0.2.7", "198.51.100.1"), "192.0.2.7"),
        (peer("127.0.0.1", "198.51.100.1"), None),
        (peer("10.0.0.1", "203.0.113.9, 198.51.100.1"), "198.51.100.1"),
        (peer("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.2.0.1"), "198.51.100.1"),
        (peer("10.0.0.1", "nonsense"), "10.0.0.1"),
        (peer("10.0.0.1"), "10.0.0.1"),
        (peer(""), None),
    ],
)
def test_a_client_is_its_address_and_only_a_trusted_proxy_may_name_another(
    environ: dict[str, str], client: str | None
) -> None:
    assert identity(environ, ANONYMOUS, PROXIES) == client


def test_a_client_with_a_key_is_its_key_wherever_it_comes_from() -> None:
    assert identity(peer("127.0.0.1"), Actor("gemeente", None, ("GM0457",), "abc"), ()) == "key abc"


def test_proxies_are_a_setting_and_what_is_no_address_stops_the_start() -> None:
    found = Settings.from_environ({"RISICOATLAS_TRUSTED_PROXIES": "10.0.0.4, 10.1.0.0/16,::1"})
    assert [str(network) for network in found.trusted_proxies] == ["10.0.0.4/32", "10.1.0.0/16", "::1/128"]
    with pytest.raises(SettingError, match="RISICOATLAS_TRUSTED_PROXIES: found 'proxy'"):
        Settings.from_environ({"RISICOATLAS_TRUSTED_PROXIES": "proxy"})


def test_whole_layers_leave_threads_and_connections_to_others() -> None:
    assert WHOLE_LAYERS < POOL_SIZE - 2
    assert WHOLE_LAYERS + WAITING < THREADS - 10
