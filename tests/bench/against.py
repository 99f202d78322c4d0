"""Pages, boxes, harvests and small answers against MapServer, QGIS Server, pygeoapi, tipg and django-gisserver.

All stand on the same rows in the same PostgreSQL, two processes each. An answer is checked before it is timed: a peer
whose answer is wrong is left out of that line and named on standard error. Timings go round: ours, each peer, ours
again; a line compares the medians, with the best peer of that line.
"""

import contextlib
import http.client
import itertools
import json
import re
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg

from tests.bench import peers
from tests.bench.ground import MANY, Ground
from tests.bench.lines import Line
from tests.bench.peers import Ask, Box, Peer, Row
from tests.bench.processes import ACCEPT

ROUNDS = 3
FIRST_OR_NEAR = 1 / 1.3
# Rows at the edge of a box in degrees that a peer may have more or less than we have.
EDGE_SHARE = 0.002
# Boxes are chosen with few rows so near to an edge that a peer may see them on the other side: not along a street.
EDGE_M = 0.4
TRIED = 60
MEMBER = re.compile(rb"<(?:wfs|gml):(?:member|featureMember)>")
# The first position of an answer in GeoJSON or GML.
POSITION = re.compile(rb'(?:"coordinates"\s*:[\s\[]*|<(?:\w+:)?(?:posList|pos)\b[^>]*>\s*)(-?[\d.]+)[\s,]+(-?[\d.]+)')
HITS = re.compile(rb'(?:numberMatched|numberOfFeatures)"?\s*[=:]\s*"?(\d+)')
FIRST_BYTE_MS = 200
MEMORY_MIB = 100


@dataclass(frozen=True)
class Task:
    """One line of the table: what is asked, in which protocol, and what the answer must hold."""

    title: str
    protocol: str
    asks: tuple[Ask, ...]
    expected: tuple[int | None, ...]
    least_ratio: float
    clients: int = 1
    unit: str = "req/s"

    @property
    def per_answer(self) -> int:
        """Rows per answer where the line is in rows."""
        return (self.expected[0] or 1) if self.unit == "rows/s" else 1

    def paths(self, peer: Peer) -> list[str] | None:
        found = [getattr(peer, self.protocol)(ask) for ask in self.asks]
        return None if None in found else found


@dataclass(frozen=True)
class Places:
    """What the tasks ask for, worked out by the database: a row, and boxes with the number of rows that meet them."""

    row: Row
    box: Box
    box_rows: int
    degrees: Box
    degrees_rows: int
    small: Box
    small_rows: int
    small_degrees: Box
    small_degrees_rows: int
    extent: Box
    extent_degrees: Box


def lines(ground: Ground, seconds: float, chosen: Sequence[str], only: str = "") -> Iterator[Line]:
    places = find_places(ground)
    with contextlib.ExitStack() as stack:
        us = stack.enter_context(peers.ours(ground))
        others = [stack.enter_context(peers.PEERS[name](ground)) for name in chosen]
        extents = {"wfs": places.extent, "ogcapi": places.extent_degrees}
        for task in tasks(ground.rows, places):
            if only in task.title:
                yield compared(task, us, others, seconds, extents[task.protocol])
        if only:
            return
        yield from next_pages(us, ground.rows, seconds)
        yield from whole_of_many(us, ground)


def tasks(rows: int, places: Places) -> Iterator[Task]:
    far = rows * 9 // 10
    for protocol, form in (("wfs", "geojson"), ("wfs", "gml"), ("ogcapi", "geojson")):
        name = f"{protocol.upper()} {form}"
        box, box_rows = (places.degrees, places.degrees_rows) if protocol == "ogcapi" else (places.box, places.box_rows)
        for count in (1_000, 10_000):
            yield Task(f"{name}: page of {count:,}", protocol, (Ask(form, count),), (count,), 2)
        yield Task(f"{name}: box of {box_rows:,} hits", protocol, (Ask(form, 10_000, box=box),), (box_rows,), 2)
        yield Task(f"{name}: 1,000 at offset {far:,}", protocol, (Ask(form, 1_000, far),), (1_000,), 3)
        whole = Ask(form) if protocol == "wfs" else None
        if whole:
            yield Task(f"{name}: whole layer in one answer", protocol, (whole,), (rows,), 3, unit="rows/s")
    for protocol in ("wfs", "ogcapi"):
        yield from numbers(protocol, rows, places)
    for protocol, form in (("wfs", "geojson"), ("wfs", "gml"), ("ogcapi", "geojson")):
        yield from small_answers(protocol, form, places)


def small_box(protocol: str, places: Places) -> tuple[Box, int]:
    """A box of a few dozen rows, in the coordinates of the protocol."""
    if protocol == "ogcapi":
        return places.small_degrees, places.small_degrees_rows
    return places.small, places.small_rows


def numbers(protocol: str, rows: int, places: Places) -> Iterator[Task]:
    """Answers without a feature."""
    box, box_rows = small_box(protocol, places)
    hits, name = Ask(hits=True), protocol.upper()
    yield Task(f"{name}: hits", protocol, (hits,), (rows,), FIRST_OR_NEAR)
    yield Task(f"{name}: hits in a box", protocol, (replace(hits, box=box),), (box_rows,), FIRST_OR_NEAR)
    yield Task(f"{name}: capabilities, collections", protocol, (Ask(capabilities=True),), (None,), FIRST_OR_NEAR)


def small_answers(protocol: str, form: str, places: Places) -> Iterator[Task]:
    """Answers of a few features, and what a map with a table asks in turn."""
    box, box_rows = small_box(protocol, places)
    by_id, in_box, hits = Ask(form, row=places.row), Ask(form, 1_000, box=box), Ask(form, hits=True, box=box)
    name = f"{protocol.upper()} {form}"
    yield Task(f"{name}: by id", protocol, (by_id,), (1,), FIRST_OR_NEAR)
    yield Task(f"{name}: page of 10", protocol, (Ask(form, 10),), (10,), FIRST_OR_NEAR)
    for clients in (8, 32):
        asks, expected = (in_box, by_id, hits), (box_rows, 1, box_rows)
        yield Task(f"{name}: box, id, hits in turn, {clients} clients", protocol, asks, expected, 2, clients)


def find_places(ground: Ground) -> Places:
    with psycopg.connect(ground.conninfo("postgres")) as connection:
        row = connection.execute(
            "SELECT identificatie, nummer, ST_X(m), ST_Y(m) FROM (SELECT *, ST_Centroid(geometrie) AS m"
            " FROM public.panden WHERE nummer = %s) AS p",
            [ground.rows // 2],
        ).fetchone()
        assert row is not None
        middle = (row[2], row[3])
        box, box_rows = _box_around(connection, middle, 2_000)
        small, small_rows = _box_around(connection, middle, 50)
        extent, extent_degrees = _extent(connection, "geometrie"), _extent(connection, "geometrie_etrs89")
        return Places(
            Row(row[0], row[1]), box, box_rows, *_in_degrees(connection, box), small, small_rows,
            *_in_degrees(connection, small), extent, extent_degrees,
        )  # fmt: skip


def _extent(connection: psycopg.Connection, column: str) -> Box:
    found = connection.execute(
        f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent({column}) AS e"
        " FROM publiek.panden) AS omvang"
    ).fetchone()
    assert found is not None
    return found


def _box_around(connection: psycopg.Connection, middle: tuple[float, float], wanted: int) -> tuple[Box, int]:
    """The box round a point that just meets so many rows."""
    found = connection.execute(
        "SELECT max(greatest(abs(ST_X(m) - %(x)s), abs(ST_Y(m) - %(y)s))) FROM (SELECT ST_Centroid(geometrie) AS m"
        " FROM public.panden ORDER BY ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 28992) <-> geometrie LIMIT %(n)s) AS n",
        {"x": middle[0], "y": middle[1], "n": wanted},
    ).fetchone()
    assert found is not None
    half = min(
        (round(found[0] * 0.85 + step * EDGE_M, 1) for step in range(TRIED)),
        key=lambda half: _rows_at_edge(connection, middle, half),
    )
    box = _square(middle, half)
    return box, _rows_in(connection, "geometrie", box, 28992)


def _rows_at_edge(connection: psycopg.Connection, middle: tuple[float, float], half: float) -> int:
    """How many rows more a box has that is a little larger on all sides than one a little smaller."""
    within, around = (
        _rows_in(connection, "geometrie", _square(middle, half + more), 28992) for more in (-EDGE_M, EDGE_M)
    )
    return around - within


def _square(middle: tuple[float, float], half: float) -> Box:
    return (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)


def _in_degrees(connection: psycopg.Connection, box: Box) -> tuple[Box, int]:
    found = connection.execute(
        "SELECT ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g)"
        " FROM ST_Transform(ST_MakeEnvelope(%s, %s, %s, %s, 28992), 4258) AS g",
        box,
    ).fetchone()
    assert found is not None
    degrees = (round(found[0], 6), round(found[1], 6), round(found[2], 6), round(found[3], 6))
    return degrees, _rows_in(connection, "geometrie_etrs89", degrees, 4258)


def _rows_in(connection: psycopg.Connection, column: str, box: Box, srid: int) -> int:
    found = connection.execute(
        f"SELECT count(*) FROM publiek.panden WHERE publicatie_tot IS NULL"
        f" AND ST_Intersects({column}, ST_MakeEnvelope(%s, %s, %s, %s, %s))",
        [*box, srid],
    ).fetchone()
    assert found is not None
    return int(found[0])


def compared(task: Task, us: Peer, others: Sequence[Peer], seconds: float, extent: Box) -> Line:
    """Ours and the best of the peers whose answers are right."""
    able = [us, *(peer for peer in others if right(task, peer, extent))]
    if not right(task, us, extent):
        raise RuntimeError(f"{task.title}: our own answer is wrong")
    rates: dict[str, list[float]] = {peer.name: [] for peer in able}
    for _ in range(ROUNDS):
        for peer in list(able):
            try:
                found = rate(peer.port, task.paths(peer) or [], task.clients, seconds)
            except RuntimeError as error:
                if peer is us:
                    raise
                sys.stderr.write(f"{task.title}: {peer.name} is left out: {error}\n")
                able.remove(peer)
                del rates[peer.name]
                continue
            rates[peer.name].append(found * task.per_answer)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    best = max((name for name in medians if name != us.name), key=medians.__getitem__, default=None)
    told = ", ".join(f"{name} {value:,.1f}" for name, value in medians.items())
    sys.stderr.write(f"{task.title} ({task.unit}): {told}\n")
    return Line(
        f"{task.title}; best peer: {best or 'none'}",
        medians[us.name],
        task.unit,
        None if best is None else medians[best],
        least_ratio=None if best is None else task.least_ratio,
    )


def right(task: Task, peer: Peer, extent: Box) -> bool:
    """Whether the peer can do the task and answers it rightly: so many features, in the CRS that was asked."""
    paths = task.paths(peer)
    if paths is None:
        return False
    for ask, path, expected in zip(task.asks, paths, task.expected, strict=True):
        status, body = fetch_whole(peer.port, path)
        found = None if expected is None else number_of(ask, body)
        if status != 200 or not near_enough(ask, task.protocol, found, expected):
            sys.stderr.write(f"{task.title}: {peer.name} is left out: status {status}, {found} of {expected}\n")
            return False
        if not (ask.hits or ask.capabilities) and not lies_in(body, extent):
            sys.stderr.write(f"{task.title}: {peer.name} is left out: not in the CRS that was asked\n")
            return False
    return True


def lies_in(body: bytes, extent: Box) -> bool:
    """Whether the first position of the answer lies in the extent of the layer, a metre or so aside."""
    found = POSITION.search(body)
    if found is None:
        return False
    x, y = float(found[1]), float(found[2])
    min_x, min_y, max_x, max_y = extent
    margin = (max_x - min_x) / 1_000
    return min_x - margin <= x <= max_x + margin and min_y - margin <= y <= max_y + margin


def near_enough(ask: Ask, protocol: str, found: int | None, expected: int | None) -> bool:
    """Whether an answer holds what it must. Peers know no correction grid, which moves the edges of a box in degrees by
    up to 0.25 m: there, and only there, a few rows may differ."""
    if found is None or expected is None:
        return found == expected
    margin = expected * EDGE_SHARE if ask.box and protocol == "ogcapi" else 0
    return abs(found - expected) <= margin


def number_of(ask: Ask, body: bytes) -> int:
    """Distinct features of an answer, or the number that it states."""
    if ask.hits:
        found = HITS.search(body)
        return int(found[1]) if found else -1
    if body.lstrip().startswith(b"{"):
        document = json.loads(body)
        features = document.get("features", [document])
        return len({json.dumps(item["properties"].get("identificatie", item.get("id"))) for item in features})
    return len(MEMBER.findall(body)) or int(b"gml:id" in body)


def fetch_whole(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=ACCEPT)
        answer = connection.getresponse()
        return answer.status, answer.read()


def rate(port: int, paths: Sequence[str], clients: int, seconds: float) -> float:
    """Answers per second by clients that keep their connection and ask the paths in turn; at least one each."""
    counts = [0] * clients
    failures: list[str] = []
    began = time.monotonic()

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for path in itertools.islice(itertools.cycle(paths), number, None):
            _acknowledge_at_once(connection)
            connection.request("GET", path, headers=ACCEPT)
            answer = connection.getresponse()
            _acknowledge_at_once(connection)
            while answer.read(1 << 20):
                pass
            if answer.status != 200:
                failures.append(f"{path}: {answer.status}")
            counts[number] += 1
            if failures or time.monotonic() > began + seconds:
                break
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return sum(counts) / (time.monotonic() - began)


def _acknowledge_at_once(connection: http.client.HTTPConnection) -> None:
    """A server that sends head and body apart, and waits for the one before the other, is not to wait 40 ms for us."""
    if connection.sock is None:
        connection.connect()
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def next_pages(us: Peer, rows: int, seconds: float) -> Iterator[Line]:
    """A page reached by ``next``, far into the layer, against the first page."""
    first = us.ogcapi(Ask(count=1_000)) or ""
    path = first
    for _ in range(rows * 9 // 10 // 1_000):
        _status, body = fetch_whole(us.port, path)
        following = [link["href"] for link in json.loads(body)["links"] if link["rel"] == "next"]
        path = re.sub(r"^https?://[^/]+", "", following[0])
    pairs = [(rate(us.port, [path], 1, seconds), rate(us.port, [first], 1, seconds)) for _ in range(ROUNDS)]
    yield Line(
        f"OGCAPI geojson: 1,000 by next at {rows * 9 // 10:,}; peer: our first page",
        statistics.median(far for far, _ in pairs),
        "req/s",
        statistics.median(near for _, near in pairs),
        least_ratio=0.9,
        paired_ratio=statistics.median(far / near for far, near in pairs),
    )


def whole_of_many(us: Peer, ground: Ground) -> Iterator[Line]:
    """First byte and memory of an answer with ten times the rows."""
    rows = ground.publish_many()
    path = f"/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames={MANY}&outputFormat="
    for name, member in (("application/json", b'"type":"Feature",'), ("gml32", b"<wfs:member>")):
        idle = _workers_mib(us.port)
        first_ms, counted = _first_byte(us.port, f"{path}{name}", member)
        if counted != rows:
            raise RuntimeError(f"{counted} of {rows} rows")
        title = f"{rows:,} rows as {name} in one answer"
        yield Line(f"{title}: first byte", first_ms, "ms", at_most=FIRST_BYTE_MS)
        yield Line(f"{title}: memory of the worker above idle", _workers_mib(us.port) - idle, "MiB", at_most=MEMORY_MIB)


def _first_byte(port: int, path: str, member: bytes) -> tuple[float, int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.monotonic()
    connection.request("GET", path, headers=ACCEPT)
    answer = connection.getresponse()
    tail = answer.read1(1 << 16)
    first_ms, counted = (time.monotonic() - began) * 1000, tail.count(member)
    while chunk := answer.read1(1 << 20):
        tail = tail[-len(member) + 1 :]
        counted += (tail + chunk).count(member)
        tail = chunk
    connection.close()
    return first_ms, counted


def _workers_mib(port: int) -> float:
    """The highest peak of our processes: each answers for itself, so both are asked until both were met."""
    found = {}
    for _ in range(20):
        _status, body = fetch_whole(port, "/memory")
        process, peak = body.decode().split()
        found[process] = float(peak)
    return max(found.values())
