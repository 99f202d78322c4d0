"""CSV of one feature type: the writer around the lines of :mod:`risicoatlas.features.csv_text`."""

from psycopg import sql
from psycopg.sql import Composable

from risicoatlas.features import csv_text
from risicoatlas.features.plan import Plan
from risicoatlas.wfs.formats import About


class Csv:
    """The writer of ``text/csv``."""

    media_type = csv_text.MEDIA_TYPE
    separator = csv_text.END

    def row(self, plan: Plan) -> Composable:
        return csv_text.row(plan)

    def cleaned(self, chunk: bytes) -> bytes:
        return chunk

    def head(self, about: About) -> bytes:
        return csv_text.header(about.plans[0])

    def tail(self, about: About) -> bytes:
        return csv_text.END if about.returned else b""

    def part_head(self, about: About) -> bytes:
        """A table holds one feature type, so there are no parts."""
        return b""

    def part_tail(self, about: About) -> bytes:
        return b""

    def single(self, plan: Plan, base_url: str) -> Composable:
        header, end = csv_text.header(plan).decode(), csv_text.END.decode()
        return sql.SQL("{} || {} || {}").format(sql.Literal(header), csv_text.row(plan), sql.Literal(end))
