"""From inputs to verdicts: one statement per function that tries its rules in order and says which decided, and why.

A rule whose condition is unknown (NULL) does not hit. It still counts: as long as an earlier unknown rule would give
another category than the rule that hits, the function is undecided, and the article for the unknown says why.
"""

from collections.abc import Callable, Sequence

from psycopg import sql

from risicoatlas.catalogue import Text
from risicoatlas.filters.sql import Column
from risicoatlas.filters.sql import compile as compile_filter
from risicoatlas.rules import reasons
from risicoatlas.rules.conditions import Condition
from risicoatlas.rules.ruleset import ActiveRule, ActiveRules


def insert(rules: ActiveRules, function: str, inputs: sql.Composable) -> sql.Composed:
    """INSERT of the verdicts of one function into ``bron.kgl_oordeel``.

    ``inputs`` is a SELECT of ``pand`` and each word of ``rules.used(function)``.
    """
    return sql.SQL("INSERT INTO bron.kgl_oordeel {}").format(select(rules, function, inputs))


def select(rules: ActiveRules, function: str, inputs: sql.Composable) -> sql.Composed:
    """The rows of ``bron.kgl_oordeel`` for one function; a building that an article for all does not hit gives none."""
    tried = rules.rules.get(function, ())
    unknown = rules.unknown(function)
    columns = {name: _column(rules, name) for name in rules.used(function)}

    def per_rule(value: Callable[[ActiveRule], sql.Composable]) -> sql.Composed:
        """The value of the rule that decided, or of the rule that says why none did."""
        return sql.SQL("CASE WHEN onbeslist THEN {} ELSE {} END").format(
            _by_number("onbekende_regel", unknown, value), _by_number("treffer", tried, value)
        )

    return sql.SQL(
        "SELECT pand, {function}, {order}, {category}, CASE WHEN onbeslist THEN 2 * mogelijk - 1 ELSE 2 * gewicht END,"
        " {rule}, {article}, {reason_nl}, {reason_en}, {applies_to}, {inputs_used}, {warning}, {warnings}"
        " FROM ({undecided}) AS oordeel WHERE {kept}"
    ).format(
        function=sql.Literal(function),
        order=sql.Literal(rules.functions.index(function)),
        category=per_rule(lambda item: sql.Literal(item.category)),
        rule=per_rule(lambda item: sql.Literal(item.rule.id)),
        article=per_rule(lambda item: sql.Literal(_article(rules, item))),
        reason_nl=per_rule(lambda item: reason(rules, item, "nl")),
        reason_en=per_rule(lambda item: reason(rules, item, "en")),
        applies_to=per_rule(lambda item: _word_or_null(item.rule.applies_to)),
        inputs_used=_inputs_used(rules, function),
        warning=per_rule(lambda item: _literal_or_null(item.rule.warning.id if item.rule.warning else None)),
        warnings=_warnings(rules, function, columns),
        undecided=_undecided(tried, unknown, columns, _tried(rules, tried, columns, inputs)),
        kept=sql.SQL("treffer IS NOT NULL" if rules.reaches_all(function) else "true"),
    )


def reason(rules: ActiveRules, item: ActiveRule, language: str) -> sql.Composable:
    """The public sentence of a rule; the neutral one for every hit where it rests on a list with a protected code."""
    text = rules.neutral_reason if item.neutral else item.rule.reason
    return sentence(rules, text, language)


def sentence(rules: ActiveRules, text: Text, language: str) -> sql.Composable:
    """A template filled in with parameters and the words of the row."""
    return reasons.filled(text, language, rules.parameters, rules.words)


def holds(rules: ActiveRules, condition: Condition) -> sql.Composable:
    """A condition as SQL over the columns of the inputs."""
    return compile_filter(condition, {name: _column(rules, name) for name in rules.words}, "when")


def _tried(
    rules: ActiveRules, tried: Sequence[ActiveRule], columns: dict[str, Column], inputs: sql.Composable
) -> sql.Composed:
    """The inputs with ``treffer``, the number of the first rule that holds, and ``onbekend``, the unknown ones."""
    conditions = [compile_filter(item.condition, columns, "when") for item in tried]
    hit = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(test, sql.Literal(item.order))
        for test, item in zip(conditions, tried, strict=True)
    )
    maybe = sql.SQL(", ").join(
        sql.SQL("CASE WHEN {} IS NULL THEN {} END").format(test, sql.Literal(item.order))
        for test, item in zip(conditions, tried, strict=True)
        if not isinstance(item.condition, bool)
    )
    return sql.SQL(
        "SELECT *, {hit} AS treffer, array_remove(ARRAY[{maybe}]::integer[], NULL) AS onbekend"
        " FROM ({inputs}) AS invoer"
    ).format(hit=sql.SQL("CASE {} END").format(hit) if tried else sql.SQL("NULL::integer"), maybe=maybe, inputs=inputs)


def _undecided(
    tried: Sequence[ActiveRule], unknown: Sequence[ActiveRule], columns: dict[str, Column], inputs: sql.Composed
) -> sql.Composed:
    """Adds the weight of the hit, whether an unknown rule stands in its way, and the heaviest that it may become."""
    why = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(compile_filter(item.condition, columns, "when"), sql.Literal(item.order))
        for item in unknown
    )
    weights = sql.SQL("{}::integer[]").format(sql.Literal([item.weight for item in tried]))
    return sql.SQL(
        "SELECT *, ({weights})[treffer] AS gewicht,"
        " treffer IS NULL OR (onbekend <> '{{}}' AND EXISTS (SELECT FROM unnest(onbekend) AS nummer"
        " WHERE nummer < treffer AND ({weights})[nummer] <> ({weights})[treffer])) AS onbeslist,"
        " CASE WHEN onbekend = '{{}}' THEN 0 ELSE greatest(({weights})[treffer], (SELECT max(({weights})[nummer])"
        " FROM unnest(onbekend) AS nummer WHERE treffer IS NULL OR nummer < treffer)) END AS mogelijk,"
        " {why} AS onbekende_regel FROM ({inputs}) AS getoetst"
    ).format(weights=weights, why=_case(why, bool(unknown)), inputs=inputs)


def _case(branches: sql.Composable, some: bool) -> sql.Composable:
    return sql.SQL("CASE {} END").format(branches) if some else sql.SQL("NULL::integer")


def _by_number(column: str, items: Sequence[ActiveRule], value: Callable[[ActiveRule], sql.Composable]) -> sql.Composed:
    if not items:
        return sql.SQL("NULL").format()
    cases = sql.SQL(" ").join(sql.SQL("WHEN {} THEN {}").format(sql.Literal(item.order), value(item)) for item in items)
    return sql.SQL("CASE {} {} END").format(sql.Identifier(column), cases)


def _warnings(rules: ActiveRules, function: str, columns: dict[str, Column]) -> sql.Composed:
    cases = sql.SQL(", ").join(
        sql.SQL("CASE WHEN {} THEN {} END").format(
            compile_filter(item.condition, columns, "when"), sql.Literal(item.warning.id)
        )
        for item in rules.warnings.get(function, ())
    )
    return sql.SQL("array_remove(ARRAY[{}]::text[], NULL)").format(cases)


def _inputs_used(rules: ActiveRules, function: str) -> sql.Composed:
    pairs = sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(name)) for name in rules.used(function)
    )
    return sql.SQL("jsonb_build_object({})").format(pairs)


def _article(rules: ActiveRules, item: ActiveRule) -> str:
    return rules.neutral_source if item.neutral else item.rule.paragraph.source


def _literal_or_null(value: str | None) -> sql.Composable:
    return sql.SQL("NULL::text") if value is None else sql.Literal(value)


def _word_or_null(name: str | None) -> sql.Composable:
    return sql.SQL("NULL::text") if name is None else sql.Identifier(name)


def _column(rules: ActiveRules, name: str) -> Column:
    return Column(name, rules.words[name].type, sql.Identifier(name))
