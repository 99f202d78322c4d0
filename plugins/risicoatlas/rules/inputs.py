"""The inputs of the rules: tables per building and function in schema ``bron``, and one SELECT per function over them.

A word of ``words.yaml`` names a calculation of :data:`CALCULATIONS` with its arguments. A new code list, threshold or
reading is another row there; only a new kind of calculation is Python. What no condition reads is not calculated.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from risicoatlas.database import Connection
from risicoatlas.rules.ruleset import ActiveRules, Word, digits

OTHER = "overige gebruiksfunctie"
# Up to so many buildings, with some seventy around each in a town, looking up beats reading everything.
FEW = 5_000
_FOR_FEW = {"enable_hashjoin": "off", "enable_mergejoin": "off", "default_statistics_target": "10"}
DWELLING = "woonfunctie"
TABLES = (
    "kgl_omgeving",
    "kgl_gebouw",
    "kgl_vbo",
    "kgl_pand",
    "kgl_functie",
    "kgl_doelen",
    "kgl_raak",
    "kgl_treffer",
    "kgl_afstand",
    "kgl_per_ha",
    "kgl_kas",
    "kgl_lint",
    "kgl_neven",
    "kgl_buur",
    "kgl_oordeel",
)


@dataclass(frozen=True)
class Use:
    """A word as one function reads it."""

    rules: ActiveRules
    word: Word
    function: str

    def argument(self, name: str, default: Any = None) -> Any:
        """An argument; one that differs per function is a mapping with ``*`` for the others."""
        value = self.rules.argument(self.word, name, default)
        if isinstance(value, dict):
            return value.get(self.function, value.get("*", default))
        return value


Expression = Callable[[Use], sql.Composable]


@dataclass(frozen=True)
class Calculation:
    """SQL for a word over the aliases of ``select``, and the names of its arguments with their allowed values.

    ``of_building``: the word has a value for a building whatever its functions.
    """

    expression: Expression
    arguments: Mapping[str, tuple[Any, ...]]
    optional: tuple[str, ...] = ()
    of_building: bool = False


def _choice(name: str, options: Mapping[str, LiteralString]) -> Expression:
    return lambda use: sql.SQL(options[use.argument(name)])


def _fixed(text: LiteralString) -> Expression:
    return lambda use: sql.SQL(text)


def _measured(expression: Expression) -> Expression:
    """An area as ``soort`` asks for it: as the BAG has it, or times the ``factor`` that estimates the gross area."""

    def measured(use: Use) -> sql.Composable:
        area = expression(use)
        if use.argument("soort", NET_AREA) == NET_AREA:
            return area
        return sql.SQL("(({}) * {})").format(area, sql.Literal(use.argument("factor")))

    return measured


def _area(expression: Expression, arguments: Mapping[str, tuple[Any, ...]]) -> "Calculation":
    measures = {"soort": (NET_AREA, GROSS_ESTIMATE), "factor": ()}
    return Calculation(_measured(expression), {**arguments, **measures}, optional=("soort", "factor"))


def _other_function(use: Use) -> sql.Composable:
    """Whether building or verblijfsobject has another function besides this one."""
    ignored = bool(use.argument("zonder_overige", False))
    if use.argument("bereik") == "vbo":
        return sql.SQL("f.andere_op_vbo_zonder_overige" if ignored else "f.andere_op_vbo")
    others = sql.SQL("array_remove(d.functies, {})").format(sql.Literal(use.function))
    if ignored:
        others = sql.SQL("array_remove({}, {})").format(others, sql.Literal(OTHER))
    return sql.SQL("cardinality({}) > 0").format(others)


def _has_function(use: Use) -> sql.Composable:
    return sql.SQL("{} = ANY (d.functies)").format(sql.Literal(use.argument("functie")))


def _register_hit(use: Use) -> sql.Composable:
    return sql.SQL("coalesce(t.{}, false)").format(sql.Identifier(use.word.name))


def _secondary(use: Use) -> sql.Composable:
    """Whether a main function lies on the same verblijfsobject, or elsewhere in the building only."""
    found = sql.SQL(
        "EXISTS (SELECT FROM bron.kgl_neven n WHERE n.woord = {} AND n.pand = f.pand AND n.functie = f.functie AND {})"
    )
    here = sql.SQL(WHERE_SECONDARY[use.argument("bereik")])
    return found.format(sql.Literal(use.word.name), here)


SCOPES = ("pand", "functie")
NET_AREA, GROSS_ESTIMATE = "gebruiksoppervlakte", "bruto_geschat"
# Where a main function must lie to make another one secondary; `elders`: in the building but not on the same unit.
WHERE_SECONDARY: Mapping[str, LiteralString] = {
    "vbo": "n.op_vbo",
    "pand": "true",
    "elders": "NOT n.op_vbo",
    "geen": "false",
}
READINGS = ("any_vbo", "one_shop_pand", "one_shop_vbo")
CALCULATIONS: Mapping[str, Calculation] = {
    "oppervlakte": _area(_choice("bereik", {"pand": "p.m2", "functie": "f.m2"}), {"bereik": SCOPES}),
    "oppervlakte_bekend": _area(
        _choice("bereik", {"pand": "p.bekend_m2", "functie": "f.bekend_m2"}), {"bereik": SCOPES}
    ),
    "oppervlakte_onbekend": Calculation(
        _choice("bereik", {"pand": "p.m2 IS NULL", "functie": "f.m2 IS NULL"}), {"bereik": SCOPES}
    ),
    "waarde": Calculation(lambda use: sql.Literal(use.argument("waarde")), {"waarde": ()}, of_building=True),
    "functie": Calculation(lambda use: sql.Literal(use.function), {}),
    "aantal_vbo": Calculation(_fixed("f.aantal_vbo"), {}),
    "grootste_vbo": _area(_fixed("f.grootste_m2"), {}),
    "grootste_vbo_bekend": _area(_fixed("f.grootste_bekend_m2"), {}),
    "kleinste_vbo": Calculation(_fixed("f.kleinste_m2"), {}),
    "een_vbo": _area(
        _choice(
            "lezing",
            {
                "any_vbo": "f.grootste_m2",
                "one_shop_pand": "CASE WHEN f.aantal_vbo = 1 THEN p.m2 ELSE 0 END",
                "one_shop_vbo": "CASE WHEN f.aantal_vbo = 1 THEN f.m2 ELSE 0 END",
            },
        ),
        {"lezing": READINGS},
    ),
    "een_vbo_bekend": _area(
        _choice(
            "lezing",
            {
                "any_vbo": "f.grootste_bekend_m2",
                "one_shop_pand": "CASE WHEN f.aantal_vbo = 1 THEN p.bekend_m2 ELSE 0 END",
                "one_shop_vbo": "CASE WHEN f.aantal_vbo = 1 THEN f.bekend_m2 ELSE 0 END",
            },
        ),
        {"lezing": READINGS},
    ),
    "andere_functie": Calculation(
        _other_function, {"bereik": ("pand", "vbo"), "zonder_overige": (True, False)}, optional=("zonder_overige",)
    ),
    "heeft_functie": Calculation(_has_function, {"functie": ()}, of_building=True),
    "vbo_in_meer_panden": Calculation(_fixed("p.vbo_in_meer_panden"), {}, of_building=True),
    "registertreffer": Calculation(
        _register_hit,
        {"register": ("kvk", "lrk", "duo"), "codes": (), "uitgezonderd": (), "statussen": (), "lijst": ()},
        optional=("uitgezonderd", "statussen", "lijst"),
        of_building=True,
    ),
    "lint": Calculation(_fixed("l.leidingen IS NOT NULL"), {}),
    "lint_leidingen": Calculation(_fixed("l.leidingen"), {}),
    "gevelafstand": Calculation(
        _fixed("a.afstand_m"), {"zoekafstand_m": (), "plaatsen": (True, False)}, optional=("plaatsen",)
    ),
    "aantal_per_ha": Calculation(_fixed("h.aantal"), {"plaatsen": (True, False)}, optional=("plaatsen",)),
    "nevenfunctie": Calculation(
        _secondary,
        {"bereik": tuple(WHERE_SECONDARY), "hoofdfuncties": ()},
    ),
    "kas_aandeel": Calculation(_fixed("coalesce(k.aandeel, 0)"), {}),
}
# Every table that a word may read; those of a calculation that is not used are empty.
_FROM_FUNCTION: LiteralString = (
    " FROM bron.kgl_functie f JOIN bron.kgl_pand p USING (pand) JOIN bron.kgl_doelen d USING (pand)"
    " LEFT JOIN bron.kgl_treffer t USING (pand) LEFT JOIN bron.kgl_kas k USING (pand)"
    " LEFT JOIN bron.kgl_lint l USING (pand)"
    " LEFT JOIN bron.kgl_afstand a ON a.pand = f.pand AND a.functie = f.functie"
    " LEFT JOIN bron.kgl_per_ha h ON h.pand = f.pand AND h.functie = f.functie"
    " WHERE p.kandidaat AND f.functie = {function}"
)
_FROM_BUILDING: LiteralString = (
    " FROM bron.kgl_pand p JOIN bron.kgl_doelen d USING (pand) JOIN bron.kgl_treffer t USING (pand) WHERE p.kandidaat"
)


def select(rules: ActiveRules, function: str) -> sql.Composable:
    """SELECT of ``pand`` and every word that the function reads, one row per building to judge.

    An article that reaches every building is judged where a register has a hit, since nothing else can make it hold.
    """
    columns = [
        sql.SQL(", {} AS {}").format(expression(Use(rules, rules.words[name], function)), sql.Identifier(name))
        for name in rules.used(function)
    ]
    source = _FROM_BUILDING if rules.reaches_all(function) else _FROM_FUNCTION
    return sql.SQL("SELECT p.pand{columns}").format(columns=sql.Composed(columns)) + sql.SQL(source).format(
        function=sql.Literal(function)
    )


def expression(use: Use) -> sql.Composable:
    """The SQL of a word for one function."""
    return CALCULATIONS[use.word.calculation].expression(use)


def prepare(connection: Connection, rules: ActiveRules, panden: Sequence[str] | None = None) -> None:
    """Fill the tables in ``bron`` for all buildings, or for some; they last until :func:`drop`."""
    drop(connection)
    values = rules.parameters
    chosen = {
        "panden": None if panden is None else list(panden),
        "pand_levend": values["bag.pand_levend"],
        "vbo_levend": values["bag.vbo_levend"],
    }
    run(
        connection,
        "surroundings.sql",
        afstand_functies=functions_using(rules, "gevelafstand"),
        zoekafstand_m=search_distance(rules),
        telt=bool(functions_using(rules, "aantal_per_ha")),
        **chosen,
    )
    with _by_index(connection, panden):
        run(
            connection,
            "buildings.sql",
            onbekende_m2=values["bag.onbekende_oppervlakten_m2"],
            functies=list(rules.functions),
            **chosen,
        )
    _register_hits(connection, rules)
    run(connection, "ribbons.sql")
    _secondary_functions(connection, rules)
    _neighbours(connection, rules)
    _statement(connection, "CREATE UNLOGGED TABLE bron.kgl_kas (pand text, aandeel float8)")
    if functions_using(rules, "kas_aandeel"):
        run(connection, "greenhouses.sql")


@contextmanager
def _by_index(connection: Connection, panden: Sequence[str] | None) -> Iterator[None]:
    """Where few buildings are labelled, look each unit up: PostgreSQL would read all into a hash. So few rows need
    no large sample either."""
    chosen = _FOR_FEW if panden is not None and len(panden) <= FEW else {}
    for name, value in chosen.items():
        connection.execute(sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    yield
    for name in chosen:
        connection.execute(sql.SQL("SET LOCAL {} TO DEFAULT").format(sql.Identifier(name)))


def drop(connection: Connection) -> None:
    """Remove the tables of a run."""
    names = sql.SQL(", ").join(sql.Identifier("bron", name) for name in TABLES)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(names))


def run(connection: Connection, name: str, *, package: str = "risicoatlas.rules", **parameters: Any) -> int:
    """Execute a named file of ``sql`` in a package with its parameters; gives the rows that its last statement
    touched."""
    text = (resources.files(package) / "sql" / name).read_text(encoding="utf-8")
    # Values are bound on our side: a file may hold several statements, which the server's own binding refuses.
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(sql.SQL(text), parameters)
        while cursor.nextset():
            pass
        return cursor.rowcount


def _statement(connection: Connection, text: LiteralString) -> None:
    connection.execute(text)


def functions_using(rules: ActiveRules, calculation: str) -> list[str]:
    """The functions of which a condition, sentence or warning reads such a calculation."""
    return [
        function
        for function in rules.functions
        if any(rules.words[name].calculation == calculation for name in rules.used(function))
    ]


# --- registers --------------------------------------------------------------------------------------------------------

# Hits per building and verblijfsobject; a row of a municipal list that names none (`genoemd`) is about all of them.
_HITS: LiteralString = (
    "SELECT v.pand, v.vbo, v.vbo AS genoemd, r.register, r.code, r.sleutel, r.status"
    " FROM bron.kgl_vbo v JOIN register.registertreffer r ON r.verblijfsobject = v.vbo WHERE v.kandidaat"
    " UNION ALL"
    " SELECT v.pand, v.vbo, l.verblijfsobject, l.register, l.code, l.sleutel, l.status"
    " FROM bron.kgl_vbo v JOIN register.kgl_lijsttreffer l ON l.pand = v.pand"
    " AND (l.verblijfsobject IS NULL OR l.verblijfsobject = v.vbo) WHERE v.kandidaat"
)


def _register_hits(connection: Connection, rules: ActiveRules) -> None:
    """``bron.kgl_raak``: the hits that some word reads; ``bron.kgl_treffer``: per building with any, one boolean per
    word, and the hits themselves for the owner."""
    words = [word for word in rules.words.values() if word.calculation == "registertreffer"]
    tests = {word.name: _hit(Use(rules, word, "")) for word in words}
    flags = sql.SQL(", ").join(
        sql.SQL("bool_or({}) AS {}").format(test, sql.Identifier(name)) for name, test in tests.items()
    )
    connection.execute(
        sql.SQL("CREATE UNLOGGED TABLE bron.kgl_raak AS SELECT * FROM ({hits}) r WHERE {any}").format(
            hits=sql.SQL(_HITS), any=sql.SQL(" OR ").join(tests.values())
        )
    )
    connection.execute(
        sql.SQL(
            "CREATE UNLOGGED TABLE bron.kgl_treffer AS SELECT r.pand, {flags}, jsonb_agg(DISTINCT jsonb_build_object("
            "'register', r.register, 'code', r.code, 'sleutel', r.sleutel, 'verblijfsobject', r.genoemd)) AS treffers"
            " FROM bron.kgl_raak r GROUP BY r.pand"
        ).format(flags=flags)
    )
    _statement(connection, "ANALYZE bron.kgl_raak, bron.kgl_treffer")


def _hit(use: Use) -> sql.Composable:
    """Whether the row ``r`` of a register, or of a list of the own municipality, is a hit for a word."""
    found = _register_row(use)
    if listed := use.argument("lijst"):
        found = sql.SQL("({} OR (r.register = 'lijst' AND r.code = {}))").format(found, sql.Literal(listed))
    return found


def _register_row(use: Use) -> sql.Composable:
    register = use.argument("register")
    parts = [
        sql.SQL("r.register = {}").format(sql.Literal(register)),
        _matches(register, use.argument("codes")),
    ]
    if excluded := use.argument("uitgezonderd"):
        parts.append(sql.SQL("NOT {}").format(_matches(register, excluded)))
    if statuses := use.argument("statussen"):
        lowered = sql.Literal([str(status).lower() for status in statuses])
        parts.append(sql.SQL("lower(r.status) = ANY ({}::text[])").format(lowered))
    return sql.SQL("({})").format(sql.SQL(" AND ").join(parts))


def _matches(register: str, codes: Iterable[Any]) -> sql.Composable:
    """SBI codes match by prefix on their digits (87.9 covers 87902), types and sectors as a whole; ``*`` is all."""
    texts = [str(code) for code in codes]
    if "*" in texts:
        return sql.SQL("true")
    if register == "kvk":
        patterns = sql.Literal([f"{digits(text)}%" for text in texts])
        return sql.SQL("translate(r.code, '. ', '') LIKE ANY ({}::text[])").format(patterns)
    return sql.SQL("lower(r.code) = ANY ({}::text[])").format(sql.Literal([text.lower() for text in texts]))


def _secondary_functions(connection: Connection, rules: ActiveRules) -> None:
    """``bron.kgl_neven``: per word the functions beside a main function, and whether on the same verblijfsobject.

    A main function is one of ``hoofdfuncties``: a mapping of functions to the register words of which one must hit the
    verblijfsobject, none meaning always.
    """
    _statement(connection, "CREATE UNLOGGED TABLE bron.kgl_neven (woord text, pand text, functie text, op_vbo boolean)")
    for word in (word for word in rules.words.values() if word.calculation == "nevenfunctie"):
        tests = [_is_main(rules, function, hits) for function, hits in word.arguments["hoofdfuncties"].items()]
        connection.execute(
            sql.SQL(
                "INSERT INTO bron.kgl_neven"
                " SELECT {word}, f.pand, f.functie, bool_or(f.functie = ANY (h.functies))"
                " FROM (SELECT v.pand, v.functies, m.functie AS hoofd"
                " FROM bron.kgl_vbo v, unnest(v.functies) AS m (functie) WHERE v.kandidaat AND ({tests})) h"
                " JOIN bron.kgl_functie f ON f.pand = h.pand AND f.functie <> h.hoofd GROUP BY f.pand, f.functie"
            ).format(word=sql.Literal(word.name), tests=sql.SQL(" OR ").join(tests))
        )
    _statement(connection, "ANALYZE bron.kgl_neven")


def _is_main(rules: ActiveRules, function: str, words: Sequence[str]) -> sql.Composed:
    named = sql.SQL("m.functie = {}").format(sql.Literal(function))
    if not words:
        return sql.SQL("({})").format(named)
    hits = sql.SQL(" OR ").join(_hit(Use(rules, rules.words[word], "")) for word in words)
    return sql.SQL(
        "({named} AND EXISTS (SELECT FROM bron.kgl_raak r WHERE r.pand = v.pand AND r.vbo = v.vbo AND ({hits})))"
    ).format(named=named, hits=hits)


# --- neighbours -------------------------------------------------------------------------------------------------------


def search_distance(rules: ActiveRules) -> float:
    """How far neighbours are looked for, in metres."""
    return max(
        (
            float(rules.argument(word, "zoekafstand_m"))
            for word in rules.words.values()
            if word.calculation == "gevelafstand"
        ),
        default=0,
    )


def counts_places(rules: ActiveRules) -> bool:
    """Whether moorings and pitches count as dwellings for distance and density."""
    return any(bool(rules.argument(word, "plaatsen", False)) for word in rules.words.values())


def _neighbours(connection: Connection, rules: ActiveRules) -> None:
    """``bron.kgl_afstand`` and ``bron.kgl_per_ha`` for the functions whose conditions read them."""
    _statement(connection, "CREATE UNLOGGED TABLE bron.kgl_afstand (pand text, functie text, afstand_m float8)")
    _statement(connection, "CREATE UNLOGGED TABLE bron.kgl_per_ha (pand text, functie text, aantal integer)")
    near, dense = functions_using(rules, "gevelafstand"), functions_using(rules, "aantal_per_ha")
    for function in dict.fromkeys([*near, *dense]):
        run(connection, "neighbours.sql", functie=function, plaatsen=function == DWELLING and counts_places(rules))
        if function in near:
            run(connection, "distance.sql", functie=function, zoekafstand_m=search_distance(rules))
        if function in dense:
            run(connection, "density.sql", functie=function)
        _statement(connection, "DROP TABLE bron.kgl_buur")
    _statement(connection, "ANALYZE bron.kgl_afstand, bron.kgl_per_ha")
