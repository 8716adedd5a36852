"""Runs queries through the parts that decide and keep rows, on one shared DuckDB instance; and writes such queries."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from mlflow_sql_flavor.artifact.spec import CompatSpec
from mlflow_sql_flavor.artifact.tables import ReferenceTable
from mlflow_sql_flavor.compile import duckdb_binding
from mlflow_sql_flavor.compile.function_kinds import function_kinds, macro_bodies
from mlflow_sql_flavor.compile.gates import row_number
from mlflow_sql_flavor.engines import query_check, sandbox
from mlflow_sql_flavor.engines.duckdb import Instance, Runner
from mlflow_sql_flavor.engines.limits import Limits
from mlflow_sql_flavor.engines.program import Program
from mlflow_sql_flavor.engines.sandbox import TableSource
from mlflow_sql_flavor.frames.schema import arrow_schema
from mlflow_sql_flavor.query.facts.rows import RowPlan, plan_rows

INPUT = {"id": "BIGINT", "g": "VARCHAR", "x": "DOUBLE", "n": "BIGINT"}
SCHEMA = arrow_schema(INPUT)
LIMITS = replace(Limits.default(), threads=2)

#: Keys that are unique (r), that are not (d), no rows (e), and keys that are equal once they are numbers (s).
TABLES = {
    "r": pa.table({"k": ["a", "b", "c", None], "v": [1, 2, 3, 4], "x": [1.0, 2.0, None, 5.0], "id": [1, 2, 3, 9]}),
    "d": pa.table({"k": ["a", "a", "b", None], "v": [1, 2, 2, 3], "w": [1.0, 2.0, 3.0, None]}),
    "e": pa.table({"k": pa.array([], pa.string()), "v": pa.array([], pa.int64())}),
    "s": pa.table({"k": ["1", "01", "2"], "v": [1, 2, 3]}),
}


@dataclass(frozen=True)
class Found:
    """What was decided of a query, and how it runs: as decided, and as it is."""

    plan: RowPlan
    rows: str
    runner: Runner
    raw: Runner


class Bench:
    """One instance with the tables above."""

    def __init__(self) -> None:
        self.tables = {name: ReferenceTable(name, data) for name, data in TABLES.items()}
        sources = {name: TableSource(data, None) for name, data in TABLES.items()}
        self.instance = Instance(lambda: sandbox.open_instance(limits=LIMITS, tables=sources))
        self.cursor = self.instance.cursor()
        self.kind = function_kinds(macro_bodies(CompatSpec()), ())
        self.types = {name: table.types for name, table in self.tables.items()} | {"input": INPUT}

    @functools.lru_cache  # noqa: B019
    def _unique(self, name: str, columns: tuple[str, ...], loose: tuple[str, ...]) -> bool:
        return self.tables[name].unique(columns, loose)

    def find(self, sql: str) -> Found:
        """Raises QueryError where DuckDB does not take the query."""
        names = [*TABLES, "input"]
        query_check.check(self.cursor, sql, tables=names)
        base = duckdb_binding.bind(self.instance, Program(sql, "input", SCHEMA, {}))
        plan = plan_rows(
            row_number.statement_of(query_check.parse_tree(self.cursor, sql)),
            "input",
            {name: data.column_names for name, data in TABLES.items()},
            kind=self.kind,
            unique=lambda name, columns, loose: self._unique(name.lower(), tuple(columns), tuple(loose)),
            types=self.types,
        )
        program, _ = row_number.with_row_id(base, plan, self.instance)
        return Found(plan, program.rows, Runner(self.instance, program, LIMITS), Runner(self.instance, base, LIMITS))


@functools.lru_cache(maxsize=1)
def bench() -> Bench:
    return Bench()


def rows_of(table: pa.Table) -> list[str]:
    """Each row as text: NaN is equal to itself there."""
    return [repr(tuple(row.values())) for row in table.to_pylist()]


def sample(chance: random.Random, count: int) -> pa.Table:
    """Rows for the input, each with its own id."""
    ids = list(range(count))
    chance.shuffle(ids)
    return pa.table(
        {
            "id": ids,
            "g": [chance.choice(["a", "b", "c", "zz", None, "1"]) for _ in ids],
            "x": [chance.choice([1.0, 2.0, None, -1.0, 5.0]) for _ in ids],
            "n": [chance.choice([1, 2, 3, None]) for _ in ids],
        },
        schema=SCHEMA,
    )


_Scope = list[tuple[str, list[str]]]
_REFERENCES: _Scope = [(name, data.column_names) for name, data in TABLES.items()]
_BASES: _Scope = [*_REFERENCES, ("input", list(INPUT)), ("input", list(INPUT))]
_NUMBERS = ("x", "n", "v", "w", "id", "m")


class Writer:
    """Writes one query over the tables: joins of every kind, CTEs, subqueries, windows, aggregates, stars.

    Args:
        chance: Decides everything.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0
        self._ctes: _Scope = []

    def _pick(self, *options: Any) -> Any:
        return self._chance.choice(options)

    def _alias(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def _column(self, scope: _Scope) -> str:
        alias, columns = self._pick(*scope)
        name = self._pick(*columns)
        return self._pick(f"{alias}.{name}", f"{alias}.{name}", name, f'"{alias}".{name.upper()}')

    def _number(self, scope: _Scope, depth: int) -> str:
        kind = self._chance.randrange(16)
        if kind < 5:
            numbers = [(alias, [c for c in columns if c in _NUMBERS]) for alias, columns in scope]
            numbers = [entry for entry in numbers if entry[1]]
            return self._column(numbers) if numbers else "1"
        if kind < 6 or depth == 0:
            return str(self._chance.randrange(4))
        if kind < 8:
            return f"({self._number(scope, depth - 1)} + {self._number(scope, depth - 1)})"
        if kind == 8:
            return f"CASE WHEN {self._condition(scope, depth - 1)} THEN {self._number(scope, depth - 1)} ELSE 0 END"
        if kind == 9:
            call = self._pick(f"sum({self._number(scope, 0)})", "count(*)", f"max({self._number(scope, 0)})")
            return f"{call} OVER ({self._pick('', 'PARTITION BY ' + self._column(scope))})"
        if kind in (10, 11):
            return self._subquery(scope, depth - 1)
        if kind == 12:
            return f"coalesce({self._number(scope, depth - 1)}, 0)"
        if kind == 13:
            inner = self._number(scope, depth - 1)
            return self._pick(f"list_sum([{inner}])", f"list_max(list_transform([1, 2], lambda q: q + {inner}))")
        if kind == 14 and self._chance.random() < 0.15:
            outer = f"(SELECT max({self._column(scope)}))"
            return self._pick("unnest([1, 2])", "sum(x)", "count(*)", "max(n)", "(SELECT sum(x))", outer)
        return "1"

    def _condition(self, scope: _Scope, depth: int) -> str:
        kind = self._chance.randrange(7)
        if kind < 3:
            return f"{self._number(scope, depth)} {self._pick('>', '<', '=')} {self._number(scope, depth)}"
        table, columns = self._pick(*_BASES)
        if kind == 3 and depth > 0:
            alias = self._alias()
            inner = self._condition([(alias, columns), *scope], depth - 1)
            return f"EXISTS(SELECT {self._pick('1', '*', columns[0])} FROM {table} {alias} WHERE {inner})"
        if kind == 4 and depth > 0:
            return f"{self._column(scope)} IN (SELECT {self._pick(*columns)} FROM {table})"
        return f"{self._column(scope)} IS NOT NULL"

    def _subquery(self, scope: _Scope, depth: int) -> str:
        alias = self._alias()
        table, columns = self._pick(*_BASES, *self._ctes)
        inner = [(alias, columns)]
        value = self._pick(
            f"sum({self._number(inner, 0)})",
            "count(*)",
            f"max({self._number(inner + scope, 0)})",
            f"count(DISTINCT {self._column(inner)})",
        )
        names = ", ".join(columns)
        source = self._pick(
            f"{table} {alias}",
            f"(SELECT * FROM {table}) {alias}",
            f"(SELECT DISTINCT * FROM {table}) {alias}",
            f"(SELECT {names} FROM {table} UNION {self._pick('', 'ALL')} SELECT {names} FROM {table}) {alias}",
        )
        where = self._pick(
            "",
            f" WHERE {self._condition(inner + scope, depth)}",
            f" WHERE {alias}.{self._pick(*columns)} = {self._column(scope)}",
        )
        return f"(SELECT {value} FROM {source}{where})"

    def _side(self, main: _Scope, ctes: _Scope) -> tuple[str, str, list[str]]:
        alias = self._alias()
        kind = self._chance.randrange(11)
        if kind < 4:
            table, columns = self._pick(*_REFERENCES)
            return f"{table} {alias}", alias, columns
        table, columns = self._pick(*_BASES, *ctes)
        key = self._pick(*columns)
        if kind == 4:
            by = self._pick(key, "1", "ALL", f"ROLLUP({key})")
            end = self._pick("", " HAVING count(*) > 0", " LIMIT 2")
            value = self._pick(*columns)
            return f"(SELECT {key}, max({value}) AS m FROM {table} GROUP BY {by}{end}) {alias}", alias, [key, "m"]
        if kind == 5:
            return f"(SELECT DISTINCT {self._pick('', f'ON ({key}) ')}{key} FROM {table}) {alias}", alias, [key]
        if kind == 6:
            where = self._condition([(table, columns)], 0)
            return f"(SELECT {', '.join(columns)} FROM {table} WHERE {where}) {alias}", alias, columns
        if kind == 7:
            end = self._pick("", " HAVING count(*) > 3", " WHERE 1 = 0", " LIMIT 0")
            return f"(SELECT count(*) AS m, max({key}) AS {key} FROM {table}{end}) {alias}", alias, ["m", key]
        if kind == 8:
            end = self._pick("", f" FROM {table}", f" FROM {table} LIMIT 1", f" WHERE {self._condition(main, 1)}")
            return f"LATERAL (SELECT {self._number([(table, columns), *main], 1)} AS m{end}) {alias}", alias, ["m"]
        if kind == 9:
            text = self._pick(f"(SELECT * FROM {table}) {alias}", f"(SELECT {key} AS {key} FROM {table}) {alias}")
            return text, alias, columns
        return f"{table} {alias}", alias, columns

    def _from(self, depth: int, ctes: _Scope) -> tuple[str, _Scope, str]:
        alias = self._pick("input", self._alias())
        table, columns = self._pick(("input", list(INPUT)), *(cte for cte in ctes if self._chance.random() < 0.7))
        kind = self._chance.randrange(8)
        if kind == 0:
            text = f"(SELECT * FROM {table}) {alias}"
        elif kind == 1:
            text = f"(SELECT *, {self._number([(table, columns)], 1)} AS m FROM {table}) {alias}"
            columns = [*columns, "m"]
        elif kind == 2 and depth > 0:
            inner, columns = self._select(depth - 1, [])
            text = f"({inner}) {alias}"
        elif kind == 3:
            renamed = [f"p{i}" for i in range(self._chance.randrange(1, len(columns) + 1))]
            text = f"{table} {alias}({', '.join(renamed)})"
            columns = renamed + columns[len(renamed) :]
        else:
            text = f"{table} {alias}"
        scope: _Scope = [(alias, columns)]
        for _ in range(self._pick(0, 0, 1, 1, 2)):
            text, scope = self._join(text, scope, ctes)
        return text, scope, alias

    def _join(self, text: str, scope: _Scope, ctes: _Scope) -> tuple[str, _Scope]:
        side, alias, columns = self._side(scope, ctes)
        kind = self._pick(
            *["LEFT JOIN"] * 4,
            *("JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "ASOF LEFT JOIN", "SEMI JOIN"),
            *("POSITIONAL JOIN", "NATURAL LEFT JOIN", ","),
        )
        shared = [name for name in columns if any(name in other for _, other in scope)]
        if kind in ("CROSS JOIN", "POSITIONAL JOIN", "NATURAL LEFT JOIN", ","):
            text = f"{text} {kind} {side}" if kind != "," else f"{text}, {side}"
        elif kind == "ASOF LEFT JOIN":
            equal = self._pick("", f"{alias}.{self._pick(*columns)} = {self._column(scope)} AND ")
            text = f"{text} {kind} {side} ON {equal}{self._column(scope)} >= {alias}.{self._pick(*columns)}"
        elif shared and self._chance.random() < 0.4:
            text = f"{text} {kind} {side} USING ({self._pick(*shared)})"
        elif kind == "RIGHT JOIN" and self._chance.random() < 0.7:
            text = f"{side} {kind} {text} ON {self._on(scope, alias, columns)}"
        else:
            text = f"{text} {kind} {side} ON {self._on(scope, alias, columns)}"
        return text, scope if kind == "SEMI JOIN" else [*scope, (alias, columns)]

    def _on(self, scope: _Scope, alias: str, columns: list[str]) -> str:
        kind = self._chance.randrange(6)
        one, two = f"{self._pick(alias + '.', '')}{self._pick(*columns)}", self._column(scope)
        if kind < 3:
            return self._pick(f"{one} = {two}", f"{two} = {one}")
        both = [*scope, (alias, columns)]
        if kind == 3:
            return f"{one} = {two} AND {self._condition(both, 1)}"
        return self._condition(both, 1) if kind == 4 else f"{one} = {self._number(scope, 1)}"

    def _select(self, depth: int, ctes: _Scope) -> tuple[str, list[str]]:
        text, scope, alias = self._from(depth, ctes)
        columns = scope[0][1]
        first = f"{alias}.{columns[0]}"
        star = self._chance.random() < 0.35
        outputs = [self._pick("*", f"{alias}.*", "COLUMNS(*)", f"* EXCLUDE ({columns[0]})") if star else first]
        names = list(columns) if star else [columns[0]]
        for _ in range(self._pick(0, 1, 2)):
            name = self._pick("o1", "o2", "o3", "x", "v")
            if name not in names:
                outputs.append(f"{self._number(scope, 2)} AS {name}")
                names.append(name)
        if self._chance.random() < 0.02:
            outputs.append(self._pick(f"{alias} AS whole", f"#{self._chance.randrange(1, 6)} AS place"))
        end = self._pick(*[""] * 12, f" WHERE {self._condition(scope, 1)}", " LIMIT 3", " ORDER BY 1")
        return f"SELECT {self._pick(*[''] * 15, 'DISTINCT ')}{', '.join(outputs)} FROM {text}{end}", names

    def query(self) -> str:
        """The query's text; DuckDB may find it ambiguous or mistyped."""
        ctes: _Scope = []
        texts = []
        self._ctes = []
        for _ in range(self._pick(0, 0, 0, 1, 1, 2)):
            name = self._pick("c1", "c2", "r", "INPUT" if self._chance.random() < 0.2 else "c3")
            if name in [known for known, _ in ctes]:
                continue
            inner, columns = self._select(1, ctes)
            head = name
            if self._chance.random() < 0.2:
                renamed = [f"p{i}" for i in range(self._chance.randrange(1, len(columns) + 1))]
                head, columns = f"{name}({', '.join(renamed)})", renamed + columns[len(renamed) :]
            texts.append(f"{head} AS {self._pick('', '', 'MATERIALIZED ')}({inner})")
            ctes.append((name, columns))
        self._ctes = ctes
        final, _ = self._select(2, ctes)
        return (f"WITH {', '.join(texts)} " if texts else "") + final
