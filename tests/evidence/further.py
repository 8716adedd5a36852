"""Candidates over the columns of further classes (see ``wide``), and the forms that go with them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from .candidates import TYPES, function_names
from .combined import combined_queries
from .wide import WIDE

__all__ = ["further_expressions", "further_queries"]

_BASE = ("i", "x", "d", "s", "u", "w", "o")
_CONSTANTS = ("1", "0", "-1", "1.5", "'a'", "''", "NULL", "DATE '2024-02-29'", "INTERVAL '1' DAY", "TRUE")
_GIVEN = ("1", "0", "-1", "2", "'a'", "'c'", "','", "''", "NULL", "'$.a'", "'$.c[0]'", "'$'", "'day'", "i", "s", "1.5")
_OPERATORS = ("+", "-", "*", "/", "%", "=", "<>", "<", "||", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
_UNITS = (
    "century", "decade", "millennium", "milliseconds", "microseconds", "isodow", "isoyear", "week", "quarter", "epoch",
    "year", "month", "day", "hour", "minute", "second", "dow", "doy", "timezone", "dayofweek", "dayofyear",
)  # fmt: skip
_FIRST = ("coalesce({0}, {1})", "nullif({0}, {1})", "CASE WHEN o THEN {0} ELSE {1} END", "{0} IN ({1}, {0})")
_THREE = ("{0}, 1, 2", "{0}, 'a', 'b'", "{0}, 'c', 1", "{0}, ',', 'z'", "{0}, {0}, {0}", "'a', {0}, 'b'", "i, s, {0}")
_WORDS = {
    "postgres": "text",
    "databricks": "string",
    "mysql": "char",
    "sqlite": "text",
    "clickhouse": "Nullable(String)",
}
_FILE = Path(__file__).parent / "data" / "forms.txt"


def _forms(section: str) -> list[str]:
    """Expressions: ``{0}`` in them stands for a column, ``{text}`` for the dialect's type of texts."""
    found, inside = [], False
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            inside = line[2:] == section
        elif inside:
            found.append(line)
    return found


def further_expressions(dialect: str) -> Iterator[tuple[int, str]]:
    """Expressions over ``wide`` and what goes with them, with how common they are: 0 first."""
    text = _WORDS[dialect]
    columns = WIDE[dialect]
    over = [*_forms("over wide"), *_forms(f"over wide, {dialect}")]
    for form in _forms("alone"):
        yield 0, form.replace("{text}", text)
    for kind in TYPES[dialect].split():
        for value in ("NULL", "'2'", "'2024-02-29'", "''", "'a'", "1", "1.5", "-1.5", "TRUE", "n", "c", "s"):
            yield 0, f"CAST({value} AS {kind})"
            yield 1, f"TRY_CAST({value} AS {kind})"
        for column in columns:
            yield 0, f"CAST({column} AS {kind})"
            yield 1, f"TRY_CAST({column} AS {kind})"
            yield 1, f"CAST({column} AS {kind}[])"
            yield 1, f"CAST({column} AS array<{kind}>)"
            yield 1, f"CAST({column} AS Array({kind}))"
    for column in columns:
        for form in over:
            yield 0, form.format(column, text=text)
        for operator, other in product(_OPERATORS, (*_CONSTANTS, *_BASE, *columns)):
            yield 0, f"{column} {operator} {other}"
            if other not in columns:
                yield 1, f"{other} {operator} {column}"
        for other in (*_CONSTANTS, *_BASE):
            for form in (
                "coalesce({0}, {1})",
                "nullif({0}, {1})",
                "CASE WHEN o THEN {0} ELSE {1} END",
                "{0} IN ({1}, {0})",
            ):
                yield 0, form.format(column, other)
            for form in ("coalesce({1}, {0})", "concat({0}, {1})", "greatest({0}, {1})", "{0} BETWEEN {1} AND {1}"):
                yield 1, form.format(column, other)
        for unit in _UNITS:
            yield 0, f"extract({unit} FROM {column})"
            yield 1, f"date_trunc('{unit}', {column})"
            yield 1, f"date_part('{unit}', {column})"
    for unit, column in product(_UNITS, ("u", "w")):
        yield 0, f"extract({unit} FROM {column})"
        yield 0, f"date_trunc('{unit}', {column})"
    for name in function_names(dialect):
        if not name.isidentifier():
            continue
        yield 1, f"{name}(NULL)"
        for column in columns:
            yield 0, f"{name}({column})"
            for other in (*_GIVEN, *columns):
                yield 1, f"{name}({column}, {other})"
            for form in ("'a', {0}", "1, {0}", "', ', {0}", "s, {0}", "i, {0}"):
                yield 1, f"{name}({form.format(column)})"
            for form in (
                "{0}, 1, 2",
                "{0}, 'a', 'b'",
                "{0}, 'c', 1",
                "{0}, ',', 'z'",
                "{0}, {0}, {0}",
                "'a', {0}, 'b'",
                "i, s, {0}",
            ):
                yield 2, f"{name}({form.format(column)})"
        for one, other in product(("i", "x", "d", "s", "u", "w", "NULL"), ("NULL", "i", "x", "s", "'a'", "1", "1.5")):
            yield 2, f"{name}({one}, {other})"
            yield 2, f"{name}({one}, {other}, {other})"


def further_queries(dialect: str) -> Iterator[tuple[int, str]]:
    """Clauses over the columns of ``wide``."""
    for column in WIDE[dialect]:
        for name in ("min", "max", "count", "sum", "avg", "array_agg", "any_value"):
            yield 0, f"SELECT g, {name}({column}) AS c FROM wide GROUP BY g"
            yield 0, f"SELECT {name}({column}) AS c FROM wide"
            yield 1, f"SELECT {name}(DISTINCT {column}) AS c FROM wide"
            yield 1, f"SELECT id, {name}({column}) OVER (ORDER BY id) AS c FROM wide"
            yield 1, f"SELECT id, {name}({column}) OVER (PARTITION BY g) AS c FROM wide"
        yield 0, f"SELECT {column} AS k, count(*) AS n FROM wide GROUP BY {column}"
        yield 0, f"SELECT DISTINCT {column} AS k FROM wide"
        yield 0, f"SELECT {column} AS k, id FROM wide ORDER BY {column}, id"
        yield 0, f"SELECT {column} AS k, id FROM wide ORDER BY k DESC, id"
        yield 0, f"SELECT id FROM wide ORDER BY {column} NULLS FIRST, id"
        yield 0, f"SELECT {column} AS k FROM wide UNION ALL SELECT {column} FROM wide"
        yield 1, f"SELECT {column} AS k FROM wide UNION SELECT {column} FROM wide"
        for other in ("NULL", "i", "s", "x", "u", "w"):
            yield 1, f"SELECT {column} AS k FROM wide UNION ALL SELECT {other} FROM wide"
        for name in ("lag", "lead", "first_value", "last_value"):
            yield 0, f"SELECT id, {name}({column}) OVER (ORDER BY id) AS c FROM wide"
        yield 1, f"SELECT id, row_number() OVER (PARTITION BY {column} ORDER BY id) AS c FROM wide"
        yield 1, f"SELECT id, rank() OVER (ORDER BY {column}) AS c FROM wide"
        yield 1, f"SELECT {column} AS k, count(*) AS n FROM wide GROUP BY ROLLUP ({column})"
        yield 1, f"SELECT id FROM wide WHERE {column} IN (SELECT {column} FROM wide)"
        for form in (
            "CROSS JOIN LATERAL unnest({0}) AS q (v)",
            "CROSS JOIN LATERAL unnest({0}) WITH ORDINALITY AS q (v, m)",
            ", unnest({0}) AS q (v)",
            "LEFT JOIN LATERAL unnest({0}) AS q (v) ON TRUE",
            "LATERAL VIEW explode({0}) q AS v",
            "LATERAL VIEW OUTER explode({0}) q AS v",
            "LATERAL VIEW posexplode({0}) q AS m, v",
            "ARRAY JOIN {0} AS v",
            "LEFT ARRAY JOIN {0} AS v",
            ", json_each({0}) AS q",
        ):
            rows = form.format(column)
            yield 0, f"SELECT id, {'q.value' if 'json_each' in form else 'v'} AS c FROM wide {rows} ORDER BY id, 2"
        for form in (
            "explode({0})",
            "explode_outer({0})",
            "unnest({0})",
            "arrayJoin({0})",
            "jsonb_array_elements({0})",
        ):
            yield 0, f"SELECT id, {form.format(column)} AS c FROM wide"
        yield 1, f"SELECT array_agg({column} ORDER BY id) AS c FROM wide"
        yield 1, f"SELECT string_agg(CAST({column} AS text), ',' ORDER BY id) AS c FROM wide"
    yield from combined_queries()
