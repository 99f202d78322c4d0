"""Own lists of a municipality: care, childcare and ribbons of houses that the registers do not have.

In: a CSV with a building (``pand``), a verblijfsobject, or an address (``postcode``, ``huisnummer``, ``huisletter``,
``toevoeging``) per line, with ``detail`` and ``reden``. Out: rows of ``register.kgl_lijst``, and the labels of their
buildings anew. Every line is judged; a wrong one is told by its number with what was found and what would be right.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.rows import dict_row

from risicoatlas.database import Connection
from risicoatlas.errors import RequestError
from risicoatlas.kgl import acts, reading
from risicoatlas.kgl.acts import Act
from risicoatlas.loader.csvfile import DELIMITERS, FALLBACK_ENCODING
from risicoatlas.rules import classify
from risicoatlas.rules.ruleset import RuleSet

COLUMNS = ("pand", "verblijfsobject", "postcode", "huisnummer", "huisletter", "toevoeging", "detail", "reden")
ALIASES = {"huisnummer_toevoeging": "toevoeging", "huisnummertoevoeging": "toevoeging", "pand_id": "pand"}
CARE = ("24-uurszorg", "bedgebied", "dagverblijf")
KINDS = ("zorg", "kinderopvang", "lint")
MAX_TEXT = 500
_ID = re.compile(r"\d{16}")
_POSTCODE = re.compile(r"[1-9]\d{3}[A-Z]{2}")

Values = Mapping[str, str]


@dataclass(frozen=True)
class Refusal:
    """A line that cannot be used: what was found and what would be right."""

    regel: int
    gevonden: str
    verwacht: str


@dataclass(frozen=True)
class Line:
    """A line that reads well; ``places`` are the buildings, each with a verblijfsobject or ``""``."""

    number: int
    values: Values
    places: tuple[tuple[str, str], ...] = ()


@dataclass
class Upload:
    """What became of a list, in lines and in rows."""

    gelezen: int = 0
    toegevoegd: int = 0
    ongewijzigd: int = 0
    vervallen: int = 0
    geweigerd: list[Refusal] = field(default_factory=list)
    labels_gewijzigd: int = 0


class ListError(RequestError):
    """A list with lines that cannot be used, of which nothing was taken over."""

    status = 422

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(f"{len(refusals)} regels zijn niet bruikbaar: er is niets overgenomen", "regels")
        self.refusals = tuple(refusals)


@dataclass(frozen=True)
class Delivery:
    """A list as it was sent. ``partly`` takes over the lines that are right; ``replace`` ends what is not in it, and so
    takes over nothing where a line is wrong: what that line was about would end unseen."""

    kind: str
    content: bytes
    partly: bool = False
    replace: bool = False


def upload(connection: Connection, act: Act, rules: RuleSet, delivery: Delivery) -> Upload:
    """Take a list over and label its buildings again, in one transaction.

    Raises :class:`ListError` with every line that is wrong, unless ``partly`` without ``replace``;
    :class:`ConflictError` before the data are taken over.
    """
    with connection.transaction():
        acts.see(connection, act.code)
        acts.lock(connection, act.code)
        state = reading.state(connection, act.code)
        acts.seen(act, state)
        acts.owned(state)
        result = Upload()
        lines = _placed(connection, act.code, _read(delivery, result), result)
        result.geweigerd.sort(key=lambda item: item.regel)
        if result.geweigerd and (delivery.replace or not delivery.partly):
            raise ListError(result.geweigerd)
        changed = _write(connection, act, delivery, lines, result)
        acts.note(
            connection, act, "lijst",
            lijst=delivery.kind, toegevoegd=result.toegevoegd, vervallen=result.vervallen,
            geweigerd=len(result.geweigerd),
        )  # fmt: skip
        if changed:
            outcome = classify.classify(connection, rules, panden=changed)
            result.labels_gewijzigd = outcome.changed + outcome.removed
        return result


def rows(connection: Connection, code: str, kind: str, after: int, limit: int) -> list[reading.Value]:
    """The rows of a list that count, in the order in which they were added."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT nummer, pand, verblijfsobject, coalesce(functie_detail, geldt_voor) AS detail, reden,"
            " toegevoegd_door, to_json(toegevoegd_op) AS toegevoegd_op FROM register.kgl_lijst"
            " WHERE gemeentecode = %s AND soort = %s AND vervallen_op IS NULL AND nummer > %s ORDER BY nummer LIMIT %s",
            [code, kind, after, limit + 1],
        ).fetchall()


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(delivery: Delivery, result: Upload) -> list[Line]:
    header, reader = _opened(delivery.content)
    found = []
    for number, fields in reader:
        result.gelezen += 1
        if len(fields) != len(header):
            result.geweigerd.append(Refusal(number, f"{len(fields)} kolommen", f"{len(header)}, zoals de kop"))
            continue
        values = {name: text.strip() for name, text in zip(header, fields, strict=True) if text.strip()}
        if refusal := _wrong(number, values, delivery.kind):
            result.geweigerd.append(refusal)
        else:
            found.append(Line(number, values))
    return found


def _opened(content: bytes) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode(FALLBACK_ENCODING, errors="replace")
    if "\0" in text or not text.strip():
        raise RequestError("de lijst is leeg of geen tekst: verwacht een CSV met een kop", "lijst")
    first = text.lstrip().splitlines()[0]
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=max(DELIMITERS, key=first.count))
    header = [ALIASES.get(name.strip().lower(), name.strip().lower()) for name in next(reader)]
    if strange := [name for name in header if name not in COLUMNS]:
        raise RequestError(f"kolom {strange[0]!r} is onbekend; mogelijk: {', '.join(COLUMNS)}", "lijst")
    if len(set(header)) != len(header):
        raise RequestError("een kolom komt tweemaal voor", "lijst")
    if not ({"pand", "verblijfsobject"} & set(header) or {"postcode", "huisnummer"} <= set(header)):
        raise RequestError("de kop mist een plaats: pand, verblijfsobject, of postcode en huisnummer", "lijst")
    return header, _lines(reader)


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:
    try:
        for fields in reader:
            if any(text.strip() for text in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise RequestError(f"regel {reader.line_num} is geen CSV: {error}", "lijst") from error


def _wrong(number: int, values: Values, kind: str) -> Refusal | None:
    """The first thing that is wrong with a line by itself."""
    for wrong in (_wrong_place(values), _DETAILS[kind](values), _too_long(values)):
        if wrong:
            return Refusal(number, *wrong)
    return None


def _wrong_place(values: Values) -> tuple[str, str] | None:
    for name in ("pand", "verblijfsobject"):
        if name in values:
            return None if _ID.fullmatch(values[name]) else (f"{name} {values[name]!r}", "16 cijfers")
    postcode = values.get("postcode", "").replace(" ", "").upper()
    if not _POSTCODE.fullmatch(postcode):
        return f"postcode {values.get('postcode', '')!r}", "een postcode zoals 1381AB, of een pand"
    if not re.fullmatch(r"\d{1,5}", values.get("huisnummer", "")):
        return f"huisnummer {values.get('huisnummer', '')!r}", "een geheel getal; letter en toevoeging apart"
    return None


def _care(values: Values) -> tuple[str, str] | None:
    found = values.get("detail", "")
    return None if found in CARE else (f"detail {found!r}", " of ".join(CARE))


def _ribbon(values: Values) -> tuple[str, str] | None:
    return None if "detail" in values else ("geen detail", "de buisleiding waarvoor het lint geldt")


def _childcare(values: Values) -> tuple[str, str] | None:
    return (f"detail {values['detail']!r}", "geen detail bij kinderopvang") if "detail" in values else None


_DETAILS: Mapping[str, Callable[[Values], tuple[str, str] | None]] = {
    "zorg": _care,
    "kinderopvang": _childcare,
    "lint": _ribbon,
}


def _too_long(values: Values) -> tuple[str, str] | None:
    for name, text in values.items():
        if len(text) > MAX_TEXT:
            return f"{name} van {len(text)} tekens", f"hoogstens {MAX_TEXT} tekens"
    return None


# --- places -----------------------------------------------------------------------------------------------------------


def _placed(connection: Connection, code: str, lines: Sequence[Line], result: Upload) -> list[Line]:
    """The lines with their buildings; what lies nowhere or elsewhere is refused."""
    by_number = {line.number: line for line in lines}
    rows = connection.execute(
        reading.statement("list_places.sql"),
        {
            "gemeente": code,
            "nummer": list(by_number),
            **{name: [line.values.get(name) for line in lines] for name in ("pand", "verblijfsobject")},
            "postcode": [line.values.get("postcode", "").replace(" ", "").upper() or None for line in lines],
            "huisnummer": [_number(line) for line in lines],
            **{name: [line.values.get(name) for line in lines] for name in ("huisletter", "toevoeging")},
        },
    ).fetchall()
    found = []
    for number, somewhere, own in rows:
        line = by_number[number]
        if own:
            found.append(Line(number, line.values, tuple(_place(text) for text in own)))
            continue
        what = _told(line.values)
        right = f"een plaats in gemeente {code}" if somewhere else "een plaats die in de BAG staat"
        result.geweigerd.append(
            Refusal(number, f"{what} {'in een andere gemeente' if somewhere else 'onbekend'}", right)
        )
    return _without_doubles(sorted(found, key=lambda line: line.number), result)


def _number(line: Line) -> int | None:
    text = line.values.get("huisnummer", "")
    return int(text) if re.fullmatch(r"\d{1,5}", text) else None


def _place(text: str) -> tuple[str, str]:
    pand, _, vbo = text.partition(" ")
    return pand, vbo


def _told(values: Values) -> str:
    for name in ("pand", "verblijfsobject"):
        if name in values:
            return f"{name} {values[name]}"
    return " ".join(values[name] for name in ("postcode", "huisnummer", "huisletter", "toevoeging") if name in values)


def _without_doubles(lines: Sequence[Line], result: Upload) -> list[Line]:
    first: dict[tuple[str, str, str], int] = {}
    found = []
    for line in lines:
        keys = [(pand, vbo, line.values.get("detail", "")) for pand, vbo in line.places]
        double = next((first[key] for key in keys if key in first), None)
        if double is not None:
            result.geweigerd.append(Refusal(line.number, f"hetzelfde als regel {double}", "elke plaats eenmaal"))
            continue
        first.update(dict.fromkeys(keys, line.number))
        found.append(line)
    return found


# --- writing ----------------------------------------------------------------------------------------------------------


def _write(connection: Connection, act: Act, delivery: Delivery, lines: Sequence[Line], result: Upload) -> list[str]:
    """Write the rows that are new, and end those that are gone; the buildings that this touches."""
    wanted = [(pand, vbo, line.values) for line in lines for pand, vbo in line.places]
    detail = "geldt_voor" if delivery.kind == "lint" else "functie_detail"
    parameters = {
        "gemeente": act.code,
        "soort": delivery.kind,
        "door": acts.organisation(act.actor),
        "pand": [pand for pand, _, _ in wanted],
        "vbo": [vbo for _, vbo, _ in wanted],
        "detail": [values.get("detail", "") for _, _, values in wanted],
        "reden": [values.get("reden") for _, _, values in wanted],
        "zorg": detail == "functie_detail",
    }
    touched = []
    if delivery.replace:
        ended = connection.execute(reading.statement("list_end.sql"), parameters).fetchall()
        result.vervallen = len(ended)
        touched += [pand for (pand,) in ended]
    added = connection.execute(reading.statement("list_add.sql"), parameters).fetchall()
    result.toegevoegd = len(added)
    result.ongewijzigd = len(wanted) - len(added)
    return sorted({*touched, *(pand for (pand,) in added)})
