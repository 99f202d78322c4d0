"""A village in two municipalities that a test changes at will, in the register itself; numbers choose what changes."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from risicoatlas.access.actor import Actor
from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Connection
from risicoatlas.kgl import established, mutations, proposals
from risicoatlas.kgl.acts import Act
from risicoatlas.kgl.mutations import Relabelled
from risicoatlas.kgl.proposals import Selection
from risicoatlas.kgl.settings import Settings
from risicoatlas.publish import engine
from risicoatlas.publish.engine import Publication
from risicoatlas.rules import reader
from risicoatlas.rules.ruleset import RuleSet
from risicoatlas.settings import CHECKOUT

LAYERS = ("kgl_beheer", "kgl_public", "kgl_status", "kgl_vergund", "kgl_verschillen")
FUNCTIONS = (
    "woonfunctie", "woonfunctie", "woonfunctie", "logiesfunctie", "kantoorfunctie", "industriefunctie", "winkelfunctie",
    "bijeenkomstfunctie", "overige gebruiksfunctie",
)  # fmt: skip
PAND_STATUSES = ("Pand in gebruik", "Verbouwing pand", "Pand gesloopt", "Bouwvergunning verleend")
VBO_STATUSES = ("Verblijfsobject in gebruik", "Verblijfsobject ingetrokken", "Verblijfsobject buiten gebruik")
AREAS = (1, 60, 251, 999, 1200, 1600, 5100, 13000)
HITS = (("kvk", "87902"), ("kvk", "4711"), ("lrk", "KDV"), ("duo", "po"))
LISTS = (("kinderopvang", None, None), ("zorg", "bedgebied", None), ("lint", None, "leiding A"))
CATEGORIES = ("zeerKwetsbaar", "kwetsbaar", "beperktKwetsbaar")
SETTINGS = Settings(rhythm="direct")
SOMEBODY = Actor("gemeente", "proefgemeente", ("GM9901", "GM9902"))


@functools.cache
def rules(name: str = "basisvulling", *, places: bool = False) -> RuleSet:
    """A rule set; with ``places``, moorings and pitches count as dwellings where a parameter may say so."""
    found = reader.read(CHECKOUT / "config" / "rules" / name)
    counts = places and "dichtheid.telt_plaatsen" in found.parameters
    return found.with_parameters({"dichtheid.telt_plaatsen": True}) if counts else found


@dataclass
class Village:
    """Changes of the register; everything stays in the transaction of the connection."""

    connection: Connection
    catalogue: Catalogue
    delivery: int = 0
    made: int = 0
    sets: tuple[str, ...] = ("basisvulling",)
    places: bool = False

    # --- the register -------------------------------------------------------------------------------------------------

    def found(self) -> None:
        """Two municipalities: the first takes changes in by itself, the second approves them."""
        row = self.connection.execute(
            "INSERT INTO beheer.levering (bron, bestand, sha256, status, stand) VALUES ('bag', 'proef', '', 'klaar',"
            " '2026-10-15') RETURNING nummer"
        ).fetchone()
        assert row is not None
        self.delivery = row[0]
        self.connection.execute(
            "INSERT INTO register.gemeente (gemeentecode, naam, land) VALUES ('GM9901', 'Zilverdam', 'NL'),"
            " ('GM9902', 'Oostwaard', 'NL')"
        )
        self.connection.execute(
            "INSERT INTO register.kgl_gemeente (gemeentecode, variant, overgenomen_op, gevalideerd_op, gepubliceerd_op)"
            " VALUES ('GM9901', 'automatisch', '2026-01-01', '2026-01-01', '2026-01-01'),"
            " ('GM9902', 'handmatig', '2026-01-01', '2026-01-01', '2026-01-01')"
        )

    def panden(self) -> list[str]:
        return self._ids("SELECT identificatie FROM register.pand ORDER BY 1")

    def vbos(self) -> list[str]:
        return self._ids("SELECT identificatie FROM register.verblijfsobject ORDER BY 1")

    def _ids(self, query: str) -> list[str]:
        return [name for (name,) in self.connection.execute(query).fetchall()]  # type: ignore[call-overload]

    def add(self, a: int, b: int) -> None:
        """A building somewhere in a strip of 900 metres, with a unit."""
        self.made += 1
        code = "9901" if a % 3 else "9902"
        pand = f"{code}10{self.made:010d}"
        x, y = 160000 + (a * 37) % 900, 510000 + (b * 53) % 120
        self.connection.execute(
            "INSERT INTO register.pand (identificatie, gemeentecode, status, geometrie, waarde_hash, levering,"
            " tijdstip_registratie)"
            " VALUES (%s, %s, 'Pand in gebruik', ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 28992)), '', %s,"
            " '2026-01-01')",
            [pand, f"GM{code}", x, y, x + 8, y + 8, self.delivery],
        )
        self._unit(pand, a, b)

    def _unit(self, pand: str, a: int, b: int) -> None:
        self.made += 1
        vbo = f"{pand[:4]}01{self.made:010d}"
        self.connection.execute(
            "INSERT INTO register.verblijfsobject (identificatie, status, oppervlakte_m2, gebruiksdoelen, waarde_hash,"
            " levering) VALUES (%s, 'Verblijfsobject in gebruik', %s, %s, '', %s)",
            [vbo, AREAS[b % len(AREAS)], [FUNCTIONS[(a + b) % len(FUNCTIONS)]], self.delivery],
        )
        self.connection.execute("INSERT INTO register.verblijfsobject_pand VALUES (%s, %s)", [vbo, pand])

    def unit(self, a: int, b: int) -> None:
        if panden := self.panden():
            self._unit(panden[a % len(panden)], a, b)

    def remove(self, a: int, b: int) -> None:
        if panden := self.panden():
            self.connection.execute("DELETE FROM register.pand WHERE identificatie = %s", [panden[a % len(panden)]])

    def move(self, a: int, b: int) -> None:
        if panden := self.panden():
            self.connection.execute(
                "UPDATE register.pand SET geometrie = ST_Translate(geometrie, %s, 0) WHERE identificatie = %s",
                [(b % 200) - 100, panden[a % len(panden)]],
            )

    def status(self, a: int, b: int) -> None:
        if panden := self.panden():
            self.connection.execute(
                "UPDATE register.pand SET status = %s WHERE identificatie = %s",
                [PAND_STATUSES[b % len(PAND_STATUSES)], panden[a % len(panden)]],
            )

    def use(self, a: int, b: int) -> None:
        if vbos := self.vbos():
            doelen = sorted({FUNCTIONS[b % len(FUNCTIONS)], FUNCTIONS[(b // 7) % len(FUNCTIONS)]})
            self.connection.execute(
                "UPDATE register.verblijfsobject SET gebruiksdoelen = %s WHERE identificatie = %s",
                [doelen, vbos[a % len(vbos)]],
            )

    def area(self, a: int, b: int) -> None:
        if vbos := self.vbos():
            self.connection.execute(
                "UPDATE register.verblijfsobject SET oppervlakte_m2 = %s WHERE identificatie = %s",
                [AREAS[b % len(AREAS)], vbos[a % len(vbos)]],
            )

    def vbo_status(self, a: int, b: int) -> None:
        if vbos := self.vbos():
            self.connection.execute(
                "UPDATE register.verblijfsobject SET status = %s WHERE identificatie = %s",
                [VBO_STATUSES[b % len(VBO_STATUSES)], vbos[a % len(vbos)]],
            )

    def drop_vbo(self, a: int, b: int) -> None:
        if vbos := self.vbos():
            self.connection.execute(
                "DELETE FROM register.verblijfsobject WHERE identificatie = %s", [vbos[a % len(vbos)]]
            )

    def share(self, a: int, b: int) -> None:
        """A unit lies in a second building, or no longer does."""
        if (vbos := self.vbos()) and (panden := self.panden()):
            key = [vbos[a % len(vbos)], panden[b % len(panden)]]
            done = self.connection.execute(
                "INSERT INTO register.verblijfsobject_pand VALUES (%s, %s) ON CONFLICT DO NOTHING", key
            )
            if not done.rowcount:
                self.connection.execute(
                    "DELETE FROM register.verblijfsobject_pand WHERE verblijfsobject = %s AND pand = %s", key
                )

    def hit(self, a: int, b: int) -> None:
        if vbos := self.vbos():
            register, code = HITS[b % len(HITS)]
            self.connection.execute(
                "INSERT INTO register.registertreffer (register, sleutel, code, naam, status, verblijfsobject,"
                " waarde_hash, levering) VALUES (%s, %s, %s, 'Stichting', 'Geregistreerd', %s, '', %s)"
                " ON CONFLICT (register, sleutel, code) DO UPDATE SET verblijfsobject = excluded.verblijfsobject",
                [register, f"s{a % 5}", code, vbos[a % len(vbos)], self.delivery],
            )

    def unhit(self, a: int, b: int) -> None:
        self.connection.execute("DELETE FROM register.registertreffer WHERE sleutel = %s", [f"s{a % 5}"])

    def greenhouse(self, a: int, b: int) -> None:
        x = 160000 + (a * 37) % 900
        self.connection.execute(
            "INSERT INTO register.kas VALUES (%s, ST_Multi(ST_MakeEnvelope(%s, 510000, %s, 510120, 28992)), '', %s)"
            " ON CONFLICT (identificatie) DO UPDATE SET geometrie = excluded.geometrie",
            [f"kas{b % 3}", x, x + 30, self.delivery],
        )

    def raze_greenhouse(self, a: int, b: int) -> None:
        self.connection.execute("DELETE FROM register.kas WHERE identificatie = %s", [f"kas{b % 3}"])

    # --- the municipality ---------------------------------------------------------------------------------------------

    def correct(self, a: int, b: int) -> None:
        if panden := self.panden():
            pand = panden[a % len(panden)]
            self.connection.execute(
                "UPDATE register.kgl_correctie SET vervallen_op = now() WHERE pand = %s AND vervallen_op IS NULL",
                [pand],
            )
            self.connection.execute(
                "INSERT INTO register.kgl_correctie (gemeentecode, pand, categorie_voorstel, regel_voorstel, categorie,"
                " reden, bron)"
                " SELECT 'GM' || left(%s, 4), %s, (SELECT categorie FROM register.kgl_label WHERE pand = %s"
                " AND regelset = 'basisvulling'), NULL, %s, 'proef', 'hand'",
                [pand, pand, pand, CATEGORIES[b % len(CATEGORIES)]],
            )

    def withdraw_correction(self, a: int, b: int) -> None:
        found = self._ids("SELECT pand FROM register.kgl_correctie WHERE vervallen_op IS NULL ORDER BY 1")
        if found:
            self.connection.execute(
                "UPDATE register.kgl_correctie SET vervallen_op = now() WHERE pand = %s AND vervallen_op IS NULL",
                [found[a % len(found)]],
            )

    def publish_drafts(self, a: int, b: int) -> None:
        """A municipality publishes all that stands ready, its corrections too."""
        row = self.connection.execute(
            "SELECT 1 FROM register.kgl_gemeente WHERE gemeentecode = %s AND gepubliceerd_op IS NOT NULL",
            [("GM9901", "GM9902")[a % 2]],
        ).fetchone()
        if row:
            established.establish(self.connection, [("GM9901", "GM9902")[a % 2]])

    def place(self, a: int, b: int) -> None:
        """A mooring, which the one set of rules counts as a dwelling."""
        x = 160000 + (a * 37) % 900
        self.connection.execute(
            "INSERT INTO register.plaats (identificatie, soort, status, geometrie, waarde_hash, levering)"
            " VALUES (%s, 'ligplaats', 'Plaats aangewezen',"
            " ST_Multi(ST_MakeEnvelope(%s, 510000, %s, 510010, 28992)), '', %s)"
            " ON CONFLICT (identificatie) DO UPDATE SET geometrie = excluded.geometrie",
            [f"990102000000000{b % 4}", x, x + 15, self.delivery],
        )

    def leave(self, a: int, b: int) -> None:
        self.connection.execute("DELETE FROM register.plaats WHERE identificatie = %s", [f"990102000000000{b % 4}"])

    def own_list(self, a: int, b: int) -> None:
        """A building comes on an own list of its municipality, or leaves it."""
        if panden := self.panden():
            pand = panden[a % len(panden)]
            ended = self.connection.execute(
                "UPDATE register.kgl_lijst SET vervallen_op = now(), vervallen_door = 'proef'"
                " WHERE pand = %s AND vervallen_op IS NULL",
                [pand],
            )
            if not ended.rowcount:
                kind, detail, pipe = LISTS[b % len(LISTS)]
                self.connection.execute(
                    "INSERT INTO register.kgl_lijst (gemeentecode, soort, pand, functie_detail, geldt_voor,"
                    " toegevoegd_door) VALUES ('GM' || left(%s, 4), %s, %s, %s, %s, 'proef')",
                    [pand, kind, pand, detail, pipe],
                )

    def variant(self, a: int, b: int) -> None:
        self.connection.execute(
            "UPDATE register.kgl_gemeente SET variant = %s WHERE gemeentecode = %s",
            [("automatisch", "handmatig")[b % 2], ("GM9901", "GM9902")[a % 2]],
        )

    def publish_state(self, a: int, b: int) -> None:
        """A municipality withdraws its data, or publishes them (again)."""
        self.connection.execute(
            "UPDATE register.kgl_gemeente SET gepubliceerd_op = %s WHERE gemeentecode = %s",
            [(None, "2026-02-02")[b % 2], ("GM9901", "GM9902")[a % 2]],
        )

    def rename(self, a: int, b: int) -> None:
        self.connection.execute(
            "UPDATE register.gemeente SET naam = %s WHERE gemeentecode = %s",
            [f"Naam {b % 3}", ("GM9901", "GM9902")[a % 2]],
        )

    def approve(self, a: int, b: int) -> None:
        self._decide(proposals.approve, a, b)

    def reject(self, a: int, b: int) -> None:
        self._decide(proposals.reject, a, b)

    def _decide(self, decide: Callable[..., object], a: int, b: int) -> None:
        for code in ("GM9901", "GM9902"):
            if waiting := proposals.offered(self.connection, code):
                one = Selection(numbers=(waiting[a % len(waiting)].nummer,))
                decide(self.connection, Act(SOMEBODY, code), one if b % 2 else Selection())

    # --- runs ---------------------------------------------------------------------------------------------------------

    def relabel(self, *, changed_only: bool) -> list[Relabelled]:
        return [
            mutations.relabel(self.connection, rules(name, places=self.places), SETTINGS, changed_only=changed_only)
            for name in self.sets
        ]

    def publish(self, *, changed_only: bool) -> Publication:
        return engine.publish(self.connection, self.catalogue, LAYERS, changed_only=changed_only)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]


CHANGES: Sequence[str] = (
    "add", "add", "add", "unit", "remove", "move", "move", "status", "use", "use", "area", "vbo_status", "drop_vbo",
    "share", "hit", "hit", "unhit", "greenhouse", "raze_greenhouse", "correct", "correct", "withdraw_correction",
    "variant", "publish_state", "publish_drafts", "rename", "approve", "reject",
    "place", "place", "leave", "own_list", "own_list",
)  # fmt: skip
