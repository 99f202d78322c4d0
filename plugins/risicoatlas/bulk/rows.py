"""All rows of a public layer as they were at one publication, in pages that hold no table for long.

A transaction over six million rows would keep a publication from swapping the table in. Pages by row number, pinned to
the publication, give the same rows: what ends meanwhile is kept until it is pruned, a week later.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.catalogue import Layer
from risicoatlas.features import query
from risicoatlas.features.order import ROW_NUMBER
from risicoatlas.features.plan import Plan, plan_query
from risicoatlas.features.request import FeatureRequest, Place
from risicoatlas.service import Service

PAGE = 20_000


@dataclass(frozen=True)
class Source:
    """A layer at a publication as everybody may see it, in its storage CRS; ``advance`` is told how many rows came."""

    layer: Layer
    publication: int
    service: Service
    advance: Callable[[int], None] = lambda count: None

    def plan(self, after: int | None = None) -> Plan:
        """The page after a row number."""
        request = FeatureRequest(self.layer.name, publication=self.publication, limit=PAGE)
        found = plan_query(request, ANONYMOUS, self.service)
        return found if after is None else replace(found, place=Place((after,)))


def pages(source: Source, row: Callable[[Plan], Composable]) -> Iterator[Iterator[Any]]:
    """The pages, each to be read to its end before the next; ``row`` is JSON."""
    reader = _Reader(source, row)
    while reader.more:
        yield reader.page()


class _Reader:
    """Remembers where the last page ended."""

    def __init__(self, source: Source, row: Callable[[Plan], Composable]) -> None:
        self.more = True
        self._last: int | None = None
        self._source, self._row = source, row

    def page(self) -> Iterator[Any]:
        found = self._source.plan(self._last)
        numbered = sql.SQL("'[' || {}::text || ',' || {} || ']'").format(ROW_NUMBER, self._row(found))
        stream = query.stream(found, numbered, self._source.service, separator=b",")
        try:
            for chunk in stream:
                records = json.loads(b"[" + chunk.lstrip(b",") + b"]")
                for number, record in records:
                    self._last = number
                    yield record
                self._source.advance(len(records))
        finally:
            stream.close()
            self.more = stream.more
