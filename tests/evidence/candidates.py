"""Typed queries from a dialect's catalogue: functions, operators and casts over every class of argument."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import mlflow_sql_flavor
from mlflow_sql_flavor.query.dialects import rules_of

__all__ = ["AGGREGATES", "COLUMNS", "SECOND", "SHIFTS", "WINDOWS", "expressions", "function_names"]

COLUMNS = {"int": "i", "bigint": "l", "double": "x", "dec": "d", "text": "s", "bool": "o", "date": "u", "ts": "w"}
SECOND = {"int": "j", "bigint": "j", "double": "y", "dec": "e", "text": "t", "bool": "p", "date": "v", "ts": "q"}
TYPES = {
    "postgres": "int bigint smallint numeric numeric(10,2) numeric(5,0) real float8 text varchar varchar(3) char(4) "
    "boolean date timestamp timestamp(0) timestamptz time json jsonb",
    "databricks": "int bigint smallint tinyint decimal decimal(10,2) decimal(5,0) float double string varchar(3) "
    "boolean date timestamp timestamp_ntz binary",
    "mysql": "signed unsigned decimal decimal(10,2) decimal(5,0) double float char char(3) date datetime datetime(3) "
    "time",
    "sqlite": "integer int real numeric text varchar(3) date blob decimal(10,2)",
    "clickhouse": "Int32 Int64 Int8 UInt8 UInt64 Float32 Float64 Decimal(10,2) String Date DateTime DateTime64(3) "
    "Bool "
    "Nullable(Int32) Nullable(Int64) Nullable(Float64) Nullable(String) Nullable(Date) Nullable(Decimal(10,2))",
}
_ARITHMETIC = ("+", "-", "*", "/", "%")
_COMPARISONS = ("=", "<>", "<", "<=")
_TEXTUAL = ("||", "LIKE", "NOT LIKE")
_LITERALS = {"int": "2", "dec": "1.5", "text": "'a'", "date": "DATE '2024-02-29'", "null": "NULL"}
AGGREGATES = [
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "median",
    "any_value",
    "bool_and",
    "bool_or",
    "every",
    "string_agg",
    "array_agg",
    "group_concat",
    "total",
    "bit_and",
    "bit_or",
    "bit_xor",
    "count_if",
    "first",
    "last",
    "mode",
    "uniq",
    "uniqExact",
    "groupArray",
    "any",
    "anyLast",
    "argMin",
    "argMax",
    "collect_list",
    "collect_set",
    "max_by",
    "min_by",
    "listagg",
    "corr",
    "covar_pop",
    "covar_samp",
]
WINDOWS = ["row_number()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(3)"]
SHIFTS = ("lag", "lead", "first_value", "last_value")
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "dow", "doy", "epoch", "isoyear"]


def function_names(dialect: str) -> list[str]:
    """The names in the engine's own list of functions that translation knows: any other is refused."""
    from sqlglot.dialects.dialect import Dialect

    path = Path(mlflow_sql_flavor.__file__).parent / "query" / "dialects" / "functions.json"
    rules = rules_of(dialect)
    known = {name.lower() for name in Dialect.get_or_raise(dialect).parser_class.FUNCTIONS}
    known |= {*rules.functions, *rules.known_functions, *rules.grammar}
    return [name for name in json.loads(path.read_text(encoding="utf-8"))[dialect].split() if name in known]


def expressions(dialect: str) -> Iterator[tuple[int, str]]:
    """Expressions over the columns of table ``a``, with how common they are: 0 first."""
    every = list(COLUMNS.items())
    for (_, one), (_, other) in product(every, SECOND.items()):
        for operator in (*_ARITHMETIC, *_COMPARISONS, *_TEXTUAL):
            yield (0 if one != other else 1), f"{one} {operator} {other}"
        for form in (
            "coalesce({0}, {1})",
            "nullif({0}, {1})",
            "CASE WHEN o THEN {0} ELSE {1} END",
            "CASE {0} WHEN {1} THEN 1 ELSE 0 END",
            "{0} IN ({1}, {0})",
            "{0} BETWEEN {1} AND {0}",
            "greatest({0}, {1})",
            "least({0}, {1})",
            "concat({0}, {1})",
            "{0} IS DISTINCT FROM {1}",
            "{0} NOT IN ({1})",
            "ifnull({0}, {1})",
            "nvl({0}, {1})",
            "if(o, {0}, {1})",
            "iif(o, {0}, {1})",
        ):
            yield 1, form.format(one, other)
    for (name, one), (kind, constant) in product(every, _LITERALS.items()):
        for operator in (*_ARITHMETIC, *_COMPARISONS, *_TEXTUAL):
            yield 0, f"{one} {operator} {constant}"
            yield 1, f"{constant} {operator} {one}"
        for form in (
            "coalesce({0}, {1})",
            "nullif({0}, {1})",
            "CASE WHEN {0} = {1} THEN 'y' ELSE 'n' END",
            "{0} IN ({1}, {1})",
            "{0} NOT IN ({1})",
            "CASE WHEN o THEN {0} ELSE {1} END",
            "concat({0}, {1})",
            "concat({1}, {0}, {1})",
            "concat({0}, {1}, {0}, {1})",
            "greatest({0}, {1})",
            "{0} BETWEEN {1} AND {1}",
            "ifnull({0}, {1})",
            "if({0} = {1}, 1, 0)",
        ):
            yield 0, form.format(one, constant)
        del name, kind
    for name, one in every:
        second = SECOND[name]
        for form in (
            "-{0}",
            "NOT {0}",
            "{0} IS NULL",
            "{0} IS NOT NULL",
            "{0} AND p",
            "{0} OR p",
            "{0} IS TRUE",
            "{0} IS NOT TRUE",
            "{0} IS FALSE",
            "CASE WHEN o THEN {0} END",
            "CASE WHEN {0} = {1} THEN {0} END",
            "CASE WHEN o THEN {0} WHEN p THEN {1} ELSE NULL END",
            "{0} = {1} AND {0} = {0}",
            "NOT ({0} = {1})",
            "({0}, {1}) = ({1}, {0})",
            "({0}, 1) IN (({1}, 1))",
        ):
            yield 0, form.format(one, second)
        for unit in UNITS:
            yield 1, f"extract({unit} FROM {one})"
            yield 1, f"date_trunc('{unit}', {one})"
            yield 2, f"date_part('{unit}', {one})"
            for form in (
                "{0} + INTERVAL '1' {1}",
                "{0} - INTERVAL '3' {1}",
                "{0} + INTERVAL 2 {1}",
                "{0} + INTERVAL '1 {1}'",
                "date_add({0}, INTERVAL 1 {1})",
                "date_sub({0}, INTERVAL 1 {1})",
                "timestampdiff({1}, {0}, {2})",
                "datediff({1}, {0}, {2})",
                "dateadd({1}, 2, {0})",
                "date_diff('{1}', {0}, {2})",
                "trunc({0}, '{1}')",
            ):
                yield 2, form.format(one, unit, second)
        for kind in TYPES.get(dialect, "").split():
            yield 0, f"CAST({one} AS {kind})"
            yield 2, f"TRY_CAST({one} AS {kind})"
            for text in ("n", "c"):
                yield 1, f"CAST({text} AS {kind})"
            for _, other in every:
                yield 2, f"CAST({one} AS {kind}) = {other}"
        for part in ("'%a%'", "'a%'", "'_'", "''", "'A'"):
            yield 1, f"{one} LIKE {part}"
    for form in (
        "substring(s FROM 2 FOR 3)",
        "substring(s FROM 2)",
        "trim(BOTH 'a' FROM s)",
        "trim(LEADING FROM s)",
        "position('a' IN s)",
        "s ILIKE 'A%'",
        "s NOT LIKE '%p%'",
        "s SIMILAR TO 'a%'",
        "s RLIKE 'a+'",
        "s REGEXP 'a+'",
        "s ~ 'a+'",
        "s ~* 'A'",
        "upper(s) || lower(t)",
        "s LIKE t",
        "x BETWEEN 0 AND 10",
        "i BETWEEN -5 AND 5",
        "i IN (1, 7, 10)",
        "s IN ('apple', '')",
        "x > i",
        "d > x",
        "i = 1.5",
        "(i + 1) * 2",
        "i / 2.0",
        "(i + j) / 2",
        "i % 3",
        "x * 100 / y",
        "round(100.0 * i / j, 2)",
        "i / nullif(j, 0)",
        "s IS NULL OR s = ''",
        "u >= '2024-01-01'",
        "u BETWEEN '2024-01-01' AND '2024-12-31'",
        "w >= '2024-01-01 00:00:00'",
        "w < DATE '2024-03-01'",
        "u - v",
        "w - q",
        "u + 1",
        "u - 7",
        "DATE '2024-02-29'",
        "TIMESTAMP '2024-02-29 12:00:00'",
        "1",
        "'text'",
        "1.5",
        "-1",
        "NULL",
        "TRUE",
        "1e3",
        "''",
        "'ß'",
        "3000000000",
        "'it''s'",
    ):
        yield 0, form
    for name in function_names(dialect):
        if not name.isidentifier():
            continue
        for column in COLUMNS.values():
            yield 0, f"{name}({column})"
        for one, rest in product(
            ("i", "x", "d", "s", "u", "w"),
            (
                "1",
                "2",
                "'a'",
                "0",
                "-1",
                "1, 2",
                "2, 3",
                "'a', 'b'",
                "1, 'x'",
                "5, '*'",
                "'a', 2",
                "'day'",
                "'month'",
                "'%Y-%m-%d'",
                "'yyyy-MM-dd'",
                "','",
            ),
        ):
            yield 1, f"{name}({one}, {rest})"
        for one in ("i", "x", "d", "s", "u", "w", "o"):
            for other in ("j", "y", "e", "t", "v", "q"):
                yield 2, f"{name}({one}, {other})"
        for rest in (
            "'a', s",
            "', ', s, t",
            "'month', u",
            "'day', w",
            "s, t, 'z'",
            "i, j, 3",
            "x, y, 1.0",
            "s, 1, 3",
            "s, i, j",
            "o, i, j",
            "o, s, t",
            "10, i",
            "2, x",
            "'%Y', u",
            "'-', s, t",
            "u, v, 1",
            "",
            "s, t, s, t",
        ):
            yield 2, f"{name}({rest})"
