"""A register that a test fills itself: buildings as squares, verblijfsobjecten, hits in registers, greenhouses."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from shapely.geometry import MultiPolygon, box

from risicoatlas.database import Connection
from risicoatlas.rules import classify, reader
from risicoatlas.rules.ruleset import RuleSet
from risicoatlas.settings import CHECKOUT


@dataclass
class Register:
    """Fills the register and asks for labels. Numbers stand for identifiers: pand 1 is 9901100000000001."""

    connection: Connection
    delivery: int
    units: int = 0

    def pand(self, number: int, *, x: float = 0, size: float = 10, status: str = "Pand in gebruik") -> str:
        """A square building of ``size`` metres with its lower left corner at ``x``."""
        name = f"99011{number:011d}"
        square = MultiPolygon([box(160000 + x, 510000, 160000 + x + size, 510000 + size)])
        self.connection.execute(
            "INSERT INTO register.pand (identificatie, gemeentecode, status, geometrie, waarde_hash, levering)"
            " VALUES (%s, 'GM9901', %s, ST_GeomFromText(%s, 28992), '', %s)",
            [name, status, square.wkt, self.delivery],
        )
        return name

    def vbo(
        self, panden: str | Sequence[str], doelen: Sequence[str], m2: int | None = 100, status: str = "in gebruik"
    ) -> str:
        """A verblijfsobject in one or more buildings."""
        self.units += 1
        name = f"99010{self.units:011d}"
        self.connection.execute(
            "INSERT INTO register.verblijfsobject"
            " (identificatie, status, oppervlakte_m2, gebruiksdoelen, waarde_hash, levering)"
            " VALUES (%s, %s, %s, %s, '', %s)",
            [name, f"Verblijfsobject {status}", m2, list(doelen), self.delivery],
        )
        for pand in [panden] if isinstance(panden, str) else panden:
            self.connection.execute("INSERT INTO register.verblijfsobject_pand VALUES (%s, %s)", [name, pand])
        return name

    def building(self, number: int, doel: str, m2: int | None = 100, **where: Any) -> str:
        """A building with one verblijfsobject."""
        pand = self.pand(number, **where)
        self.vbo(pand, [doel], m2)
        return pand

    def hit(self, register: str, code: str, vbo: str, status: str | None = None) -> None:
        self.connection.execute(
            "INSERT INTO register.registertreffer"
            " (register, sleutel, code, naam, status, verblijfsobject, waarde_hash, levering)"
            " VALUES (%s, %s, %s, 'Stichting Geheim', %s, %s, '', %s)",
            [register, f"{register}-{vbo}", code, status, vbo, self.delivery],
        )

    def listed(self, pand: str, soort: str, *, gemeente: str = "GM9901", **columns: str) -> None:
        """A row of a list of a municipality: ``functie_detail``, ``geldt_voor``, ``verblijfsobject``."""
        row = {"gemeentecode": gemeente, "soort": soort, "pand": pand, "toegevoegd_door": "proef", **columns}
        self.connection.execute(
            sql.SQL("INSERT INTO register.kgl_lijst ({}) VALUES ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(map(sql.Literal, row.values()))
            )
        )

    def mooring(self, number: int, x: float, status: str = "Plaats aangewezen") -> None:
        """A place for a houseboat, 10 by 5 m, with its left side at ``x``."""
        square = MultiPolygon([box(160000 + x, 510000, 160000 + x + 10, 510005)])
        self.connection.execute(
            "INSERT INTO register.plaats (identificatie, soort, status, geometrie, waarde_hash, levering)"
            " VALUES (%s, 'ligplaats', %s, ST_GeomFromText(%s, 28992), '', %s)",
            [f"990102{number:010d}", status, square.wkt, self.delivery],
        )

    def greenhouse(self, x: float, width: float, name: str = "kas") -> None:
        square = MultiPolygon([box(160000 + x, 510000, 160000 + x + width, 510010)])
        self.connection.execute(
            "INSERT INTO register.kas VALUES (%s, ST_GeomFromText(%s, 28992), '', %s)",
            [f"{name}-{x}", square.wkt, self.delivery],
        )

    def labels(
        self,
        parameters: Mapping[str, Any] | None = None,
        panden: Sequence[str] | None = None,
        name: str = "basisvulling",
    ) -> dict[str, str]:
        """Classify, and give the rule without its set per number of building."""
        classify.classify(self.connection, rule_set(name).with_parameters(parameters or {}), panden=panden)
        rows = self.connection.execute(
            "SELECT pand, regel FROM register.kgl_label WHERE regelset = %s ORDER BY pand", [name]
        ).fetchall()
        return {str(int(pand[5:])): rule.removeprefix(f"{name}.") for pand, rule in rows}

    def function_rules(self, pand: str, name: str = "basisvulling") -> dict[str, str]:
        """The rule that decided per function of a building."""
        query = "SELECT functie, regel FROM register.kgl_functielabel WHERE pand = %s AND regelset = %s"
        return dict(self.connection.execute(query, [pand, name]).fetchall())

    def row(self, pand: str) -> dict[str, Any]:
        """The label of a building as stored."""
        cursor = self.connection.execute("SELECT * FROM register.kgl_label WHERE pand = %s", [pand])
        names = [column.name for column in cursor.description or ()]
        found = cursor.fetchone()
        assert found is not None
        return dict(zip(names, found, strict=True))


@functools.cache
def rule_set(name: str) -> RuleSet:
    return reader.read(CHECKOUT / "config" / "rules" / name)


def opened(connection: Connection) -> Register:
    """A register to fill, with the delivery that everything in it belongs to."""
    row = connection.execute(
        "INSERT INTO beheer.levering (bron, bestand, sha256, status) VALUES ('bag', 'proef', '', 'klaar')"
        " RETURNING nummer"
    ).fetchone()
    assert row is not None
    return Register(connection, row[0])
