"""Hands out identifications, streets, postcodes and house numbers of one municipality, in one fixed order."""

from dataclasses import dataclass, field
from itertools import count

from risicoatlas.sample.model import Adres, Openbareruimte

# Letters of Dutch postcodes; F, I, O, Q, U and Y are not used.
POSTCODE_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
UNUSED_PAIRS = {"SA", "SD", "SS"}
PAIRS = [a + b for a in POSTCODE_LETTERS for b in POSTCODE_LETTERS if a + b not in UNUSED_PAIRS]

STEMS = (
    "Linden", "Esdoorn", "Meidoorn", "Vlier", "Wilgen", "Elzen", "Merel", "Lijster", "Zwaluw", "Reiger", "Kievit",
    "Fuut", "Meerkoet", "Snoek", "Karper", "Baars", "Zalm", "Anker", "Roer", "Fok", "Zeil", "Mast", "Kompas", "Sextant",
    "Loods", "Boei", "Duin", "Kreek", "Gors", "Kwelder", "Zand", "Klei", "Veen", "Riet", "Bies", "Lis", "Kalmoes",
    "Saffier", "Robijn", "Granaat", "Barnsteen", "Kwarts", "Tarwe", "Haver", "Gerst", "Rogge", "Klaver", "Vlas",
)  # fmt: skip
ENDINGS = ("straat", "laan", "hof", "weg", "plein", "pad", "singel", "kade")
PREFIXES = ("", "Oude ", "Nieuwe ", "Korte ", "Lange ", "Kleine ", "Grote ")


def street_name(index: int) -> str:
    """The ``index``-th street name: all stems first, then other endings, then prefixes; a number when they run out."""
    rest, stem = divmod(index, len(STEMS))
    rest, ending = divmod(rest, len(ENDINGS))
    rest, prefix = divmod(rest, len(PREFIXES))
    # the ending turns with the stem, so that one neighbourhood is not all "-straat"
    name = f"{PREFIXES[prefix]}{STEMS[stem]}{ENDINGS[(ending + stem) % len(ENDINGS)]}"
    return f"{name} {rest + 1}" if rest else name


@dataclass(slots=True)
class Street:
    """A street that gives out house numbers; both sides share one sequence."""

    openbareruimte: Openbareruimte
    postcode: str
    announced: bool = False
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def next_number(self) -> int:
        return next(self._numbers)


@dataclass(slots=True)
class Registrar:
    """Counters of one municipality (four digits) and its woonplaats."""

    gemeente: str
    woonplaats: str
    first_postcode: int
    _panden: "count[int]" = field(default_factory=lambda: count(1))
    _objecten: "count[int]" = field(default_factory=lambda: count(1))
    _adressen: "count[int]" = field(default_factory=lambda: count(1))
    _straten: "count[int]" = field(default_factory=lambda: count(0))

    def pand(self) -> str:
        return f"{self.gemeente}10{next(self._panden):010d}"

    def verblijfsobject(self) -> str:
        return f"{self.gemeente}01{next(self._objecten):010d}"

    def plaats(self, kind: str) -> str:
        """A ligplaats (``02``) or a standplaats (``03``)."""
        return f"{self.gemeente}{kind}{next(self._objecten):010d}"

    def street(self, type_: str = "Weg", naam: str = "") -> Street:
        index = next(self._straten)
        numbers, pair = divmod(index, len(PAIRS))
        ruimte = Openbareruimte(
            f"{self.gemeente}30{index + 1:010d}", naam or street_name(index), type_, self.woonplaats
        )
        return Street(ruimte, f"{self.first_postcode + numbers}{PAIRS[pair]}")

    def address(
        self, street: Street, number: int, letter: str = "", toevoeging: str = "", soort: str = "Verblijfsobject"
    ) -> Adres:
        identificatie = f"{self.gemeente}20{next(self._adressen):010d}"
        return Adres(
            identificatie, street.openbareruimte.identificatie, street.postcode, number, letter, toevoeging, soort
        )

    def addresses(self, street: Street, units: int) -> list[Adres]:
        """One address per unit of a building: a letter after the number, from 20 units on an addition."""
        number = street.next_number()
        if units == 1:
            return [self.address(street, number)]
        if units <= len(POSTCODE_LETTERS):
            return [self.address(street, number, letter=POSTCODE_LETTERS[i]) for i in range(units)]
        return [self.address(street, number, toevoeging=str(i + 1)) for i in range(units)]
