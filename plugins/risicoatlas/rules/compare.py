"""Where two rule sets give different labels, counted per municipality and pair of rules."""

from dataclasses import dataclass

from risicoatlas.database import Connection


@dataclass(frozen=True)
class Difference:
    """``count`` buildings of a municipality that the first set labels ``first`` and the second ``second``."""

    municipality: str
    first: str
    second: str
    rule_first: str
    rule_second: str
    count: int


def compare(connection: Connection, first: str, second: str) -> list[Difference]:
    """The differences between two sets that have been classified, the most frequent first."""
    rows = connection.execute(
        "SELECT p.gemeentecode, a.categorie, b.categorie, a.regel, b.regel, count(*)"
        " FROM register.kgl_label a JOIN register.kgl_label b ON b.pand = a.pand AND b.regelset = %s"
        " JOIN register.pand p ON p.identificatie = a.pand"
        " WHERE a.regelset = %s AND a.categorie <> b.categorie"
        " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 6 DESC, 4, 5",
        [second, first],
    ).fetchall()
    return [Difference(*row) for row in rows]
