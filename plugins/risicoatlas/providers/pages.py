"""The pages around a page: what was read in, the cursors of the next and the previous page out."""

from dataclasses import dataclass

from risicoatlas.features.query import Reading, RowStream
from risicoatlas.providers.visit import ItemsRequest

Around = dict[str, str]


@dataclass(frozen=True)
class Pages:
    """The page that is being written, and the secret that signs the cursors to its neighbours."""

    request: ItemsRequest
    reading: Reading
    secret: bytes

    def around(self, rows: RowStream, matched: int | None) -> Around:
        """Cursors by relation (``next``, ``prev``), after the last row was read; a page at an end has none there."""
        plan = self.reading.plan
        found = {}
        backward = plan.place is not None and plan.place.backward
        if rows.after and (rows.more or backward):
            found["next"] = self.reading.cursor(plan.position + rows.returned, rows.after, matched)
        if rows.before and plan.position:
            found["prev"] = self.reading.cursor(plan.position, rows.before, matched)
        elif plan.position:
            # Past the end: there is no row to go back from.
            end = plan.position if matched is None else min(plan.position, matched)
            found["prev"] = self.reading.cursor(max(0, end - self.request.limit), None, matched)
        return {rel: plan.token(cursor, self.secret) for rel, cursor in found.items()}
