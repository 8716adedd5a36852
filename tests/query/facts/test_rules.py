"""What a line of a dialect's tables can say, and what comes of it."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.dialects.shared.build import lit
from mlflow_sql_flavor.query.facts.context import REFUSALS, Context
from mlflow_sql_flavor.query.facts.rules import DialectRules

A_PAIR = "f(a, b)"


def made(rules: DialectRules, sql: str) -> str | None:
    """What the one rule for a call makes of it; None where it leaves the call."""
    node = parse_one(sql)
    found = rules.functions["f"] if isinstance(node, exp.Anonymous) else rules.rules[type(node)]
    new = found[0](node, Context(sql, rules, REFUSALS))
    return new.sql() if new is not None else None


def shown(value: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.call("shown", value)


def test_constants_and_what_is_made_of_the_node_stand_where_the_line_has_them() -> None:
    rules = DialectRules("sqlite")
    rules.renames({"f": ("g", "BIGINT", lit(1), "expressions", lambda node, ctx: lit(node.name))}, of=shown)
    assert made(rules, A_PAIR) == "G(1, SHOWN(a), SHOWN(b), 'f')"


def test_each_argument_by_its_own_and_the_last_for_all_that_follow() -> None:
    rules = DialectRules("sqlite")
    rules.renames({"f": "g", exp.Upper: ("g", None, "this")}, of=(shown, lambda value, ctx: value))
    assert made(rules, "f(a, b, c)") == "G(SHOWN(a), b, c)"
    assert made(rules, "UPPER(a)") == "G(SHOWN(a))"


def test_a_name_that_the_node_settles() -> None:
    rules = DialectRules("sqlite")
    rules.renames({"f": lambda node, ctx: f"g{len(node.expressions)}"})
    assert made(rules, A_PAIR) == "G2(a, b)"


def test_calls_of_another_number_of_arguments_are_left() -> None:
    rules = DialectRules("sqlite")
    rules.renames({"f": "g"}, arity=2)
    assert made(rules, A_PAIR) == "G(a, b)"
    assert made(rules, "f(a)") is None


def test_a_first_argument_converted() -> None:
    rules = DialectRules("sqlite")
    rules.converts({"f": shown, exp.Upper: shown})
    assert made(rules, A_PAIR) == "SHOWN(a)"
    assert made(rules, "UPPER(a)") == "SHOWN(a)"


def test_what_nothing_stands_for_is_refused_whatever_is_allowed() -> None:
    rules = DialectRules("sqlite")
    rules.lacks({"f"}, "f() has no counterpart.")
    with pytest.raises(QueryError, match=r"f\(\) has no counterpart"):
        made(rules, A_PAIR)
