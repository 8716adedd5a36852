"""Three states of a function: modelled; passed through by name; unknown to the engine the query is written for."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ....errors import did_you_mean
from ...facts.context import Context
from .calls import written_name

__all__ = ["catalog", "check_function"]

# Words of SQL's grammar that look like functions and that no engine lists as one.
GRAMMAR = frozenset(
    [
        "abs",
        "array",
        "any",
        "all",
        "some",
        "exists",
        "case",
        "cast",
        "try_cast",
        "convert",
        "coalesce",
        "nullif",
        "ifnull",
        "greatest",
        "least",
        "extract",
        "trim",
        "ltrim",
        "rtrim",
        "substring",
        "substr",
        "position",
        "overlay",
        "row",
        "if",
        "iif",
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "interval",
        "date",
        "time",
        "timestamp",
        "datetime",
        "left",
        "right",
        "replace",
        "values",
        "list",
        "struct",
        "map",
        "tuple",
        "grouping",
        "grouping_set",
        "rank",
        "dense_rank",
        "row_number",
        "ntile",
        "lag",
        "lead",
        "first_value",
        "last_value",
        "nth_value",
        "cume_dist",
        "percent_rank",
        "json_value",
        "json_query",
        "json_object",
        "json_array",
        "json_exists",
        "json_table",
        "xmlelement",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "current_user",
        "user",
        "session_user",
        "unnest",
        "lateral",
        "rollup",
        "cube",
        "sets",
        "char",
        "mod",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "microsecond",
        "quarter",
        "week",
        "insert",
        "truncate",
        "collate",
        "normalize",
        "treat",
        "listagg",
        "within",
        "filter",
        "timestampadd",
        "timestampdiff",
        "date_add",
        "date_sub",
        "adddate",
        "subdate",
        "group_concat",
        "concat",
        "concat_ws",
        "string_agg",
        "json_arrayagg",
        "json_objectagg",
        "json_array_agg",
        "json_object_agg",
    ]
)


@cache
def _catalogs() -> dict[str, str]:
    text = (files(__package__.rpartition(".")[0]) / "functions.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


@cache
def catalog(engine: str) -> frozenset[str]:
    """Function names an engine has, in lower case."""
    return frozenset(_catalogs()[engine].split())


@cache
def _registry(dialect: str) -> frozenset[str]:
    return frozenset(name.lower() for name in Dialect.get_or_raise(dialect).parser_class.FUNCTIONS)


def check_function(node: exp.Func, ctx: Context) -> None:
    """Judge one function call of the source query.

    Raises:
        QueryError: the engine has no such function, or DuckDB has none and no rule gives it.
    """
    rules = ctx.rules
    name = written_name(node, ctx.sql)
    if name is None or rules.name == "duckdb":
        return
    folded = name.lower()
    if folded in ctx.udfs or folded in rules.functions or folded in rules.known_functions:
        return
    if isinstance(node.parent, (exp.Table, exp.Lateral, exp.Unnest)):  # table functions: judged on DuckDB's own parse
        return
    if rules.catalog:
        names = catalog(rules.catalog)
        if folded not in names and folded not in GRAMMAR and folded not in rules.grammar:
            hint = did_you_mean(folded, names)
            raise ctx.error(node, f"{rules.name} has no function {name!r}.{hint}")
    if not isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return
    if folded not in catalog("duckdb"):
        hint = "" if rules.catalog else did_you_mean(folded, _registry(rules.name))
        raise ctx.error(
            node, f"The function {name!r} has no counterpart on DuckDB yet.{hint} Write it with other functions."
        )
    ctx.warn("passed_through", node, f"{name!r} is passed to DuckDB's function of the same name, unchecked.")
