"""Reports on changes: what a run proposed per municipality (HTML, CSV), and dwellings near a pipeline to check (CSV).

In: an owner's connection; nothing is written. Out: text, row by row, so that memory does not grow with the report.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString, TextIO

from psycopg import sql
from psycopg.rows import class_row

from risicoatlas.database import Connection
from risicoatlas.errors import NotFoundError
from risicoatlas.features import csv_text
from risicoatlas.kgl.notices import language, templates
from risicoatlas.kgl.proposals import Proposal, columns_of

# The kinds that are counted; a correction that stands is one of its own.
KINDS = ("toegevoegd", "vervallen", "herzien", "behouden")
COLUMNS = (
    "pand", "functie", "soort", "oude_categorie", "nieuwe_categorie", "oude_regel", "nieuwe_regel", "status",
)  # fmt: skip
CSV_COLUMNS = ("run", "gemeentecode", "nummer", *COLUMNS, "aangeboden_op", "besloten_op", "organisatie")
AT_ONCE = 1_000


@dataclass(frozen=True)
class Run:
    """A row of ``register.kgl_run``."""

    nummer: int
    tijdstip: datetime
    regelset: str
    dag: date
    soort: str
    leveringen: list[int]
    geraakt: int
    berekend: int
    gewijzigd: int
    vervallen: int


@dataclass(frozen=True)
class Counts:
    """How many changes of each kind a municipality has."""

    code: str
    name: str
    kinds: Mapping[str, int]

    def of(self, kind: str) -> int:
        return self.kinds.get(kind, 0)


def runs(connection: Connection, limit: int = 50) -> list[Run]:
    """The last runs, newest first."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        query = sql.SQL("SELECT {} FROM register.kgl_run ORDER BY nummer DESC LIMIT %s").format(columns_of(Run))
        return cursor.execute(query, [limit]).fetchall()


def run_of(connection: Connection, number: int) -> Run:
    """One run; an unknown number raises :class:`NotFoundError`."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        query = sql.SQL("SELECT {} FROM register.kgl_run WHERE nummer = %s").format(columns_of(Run))
        found = cursor.execute(query, [number]).fetchone()
    if found is None:
        raise NotFoundError(f"there is no run {number}: `risicoatlas kgl runs` lists them", "run")
    return found


def counts(connection: Connection, run: int, municipality: str | None = None) -> list[Counts]:
    """Counts per municipality, in the order of the codes."""
    rows = connection.execute(
        "SELECT gemeentecode, coalesce(g.naam, gemeentecode), jsonb_object_agg(soort, aantal) FROM ("
        "  SELECT gemeentecode, CASE status WHEN 'behouden' THEN status ELSE soort END AS soort, count(*) AS aantal"
        "  FROM register.kgl_wijziging WHERE run = %(run)s AND (%(code)s::text IS NULL OR gemeentecode = %(code)s)"
        "  GROUP BY 1, 2) AS telling"
        " LEFT JOIN register.gemeente g USING (gemeentecode) GROUP BY 1, 2 ORDER BY 1",
        {"run": run, "code": municipality},
    ).fetchall()
    return [Counts(*row) for row in rows]


def changes(connection: Connection, run: int, municipality: str | None = None) -> Iterator[Proposal]:
    """The changes of a run, of one municipality or of all."""
    query = sql.SQL(
        "SELECT {} FROM register.kgl_wijziging WHERE run = %(run)s"
        " AND (%(code)s::text IS NULL OR gemeentecode = %(code)s) ORDER BY gemeentecode, pand, nummer"
    ).format(columns_of(Proposal))
    with connection.transaction(), connection.cursor("kgl_rapport", row_factory=class_row(Proposal)) as cursor:
        cursor.itersize = AT_ONCE
        yield from cursor.execute(query, {"run": run, "code": municipality})


def write_csv(connection: Connection, run: int, out: TextIO, municipality: str | None = None) -> None:
    """The changes of a run as CSV (UTF-8, comma, one header line)."""
    run_of(connection, run)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for item in changes(connection, run, municipality):
        writer.writerow([csv_text.safe(getattr(item, name)) for name in CSV_COLUMNS])


def write_html(
    connection: Connection, run: int, out: TextIO, municipality: str | None = None, code: str = "nl"
) -> None:
    """The changes of a run as one page that loads nothing from elsewhere; ``code`` is nl or en.

    The page for one municipality leaves out the totals of the run, from which those of others would follow.
    """
    chosen = language(code)
    page = (
        templates()
        .get_template("report.html")
        .generate(
            language=chosen,
            run=run_of(connection, run),
            whole=municipality is None,
            counts=counts(connection, run, municipality),
            kinds=KINDS,
            columns=COLUMNS,
            changes=lambda of: changes(connection, run, of),
            word=lambda value: chosen.text(value) if value else "",
        )
    )
    out.writelines(page)


_RIBBONS: LiteralString = """
WITH leiding AS (
  SELECT o.geometrie, coalesce(o.kenmerken ->> 'buisleidingIdentificatie', o.identificatie) AS naam
  FROM register.imev_object o
  WHERE o.entity_type = 'BuisleidingReferentie' AND o.eind_registratie IS NULL AND o.geometrie IS NOT NULL)
SELECT p.gemeentecode, p.identificatie, l.categorie, l.regel,
  round(min(ST_Distance(p.geometrie, b.geometrie))::numeric, 1),
  string_agg(DISTINCT b.naam, ' | ' ORDER BY b.naam),
  (SELECT concat_ws(' ', a.openbareruimte,
     concat(a.huisnummer, a.huisletter, '-' || a.toevoeging), a.postcode, a.woonplaats)
   FROM register.verblijfsobject_pand vp JOIN register.verblijfsobject v ON v.identificatie = vp.verblijfsobject
   JOIN register.adres a ON a.nummeraanduiding = v.nummeraanduiding
   WHERE vp.pand = p.identificatie ORDER BY a.postcode, a.huisnummer LIMIT 1)
FROM leiding b
JOIN register.pand p ON ST_DWithin(p.geometrie, b.geometrie, %(afstand_m)s)
JOIN register.kgl_label l ON l.regelset = 'basisvulling' AND l.pand = p.identificatie
WHERE (%(code)s::text IS NULL OR p.gemeentecode = %(code)s)
  AND l.invoer -> 'gebruiksdoelen' ? 'woonfunctie'
  AND NOT EXISTS (SELECT FROM register.kgl_lijst i
    WHERE i.pand = p.identificatie AND i.soort = 'lint' AND i.vervallen_op IS NULL)
GROUP BY p.gemeentecode, p.identificatie, l.categorie, l.regel
ORDER BY p.gemeentecode, p.identificatie
"""
RIBBON_COLUMNS = ("gemeentecode", "pand", "categorie", "regel", "afstand_m", "buisleidingen", "adres")


def write_ribbons(connection: Connection, out: TextIO, distance_m: float, municipality: str | None = None) -> int:
    """Dwellings within a distance in metres of a pipeline that are on no list of ribbons yet, as CSV; gives how many.

    The work list of a municipality: whether houses form a ribbon across a pipeline is judged by hand.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(RIBBON_COLUMNS)
    count = 0
    with connection.transaction(), connection.cursor("kgl_linten") as cursor:
        cursor.itersize = AT_ONCE
        for row in cursor.execute(_RIBBONS, {"afstand_m": distance_m, "code": municipality}):
            writer.writerow([csv_text.safe(value) for value in row])
            count += 1
    return count
