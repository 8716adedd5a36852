"""What DuckDB's planner takes more than the length of a query for is not known to be small."""

from __future__ import annotations

import duckdb
import pytest

from mlflow_sql_flavor.engines.query_check import parse_tree
from mlflow_sql_flavor.query.gate.query_bounds import is_small

CON = duckdb.connect()
TABLES = {"input": {"a": "BIGINT", "s": "VARCHAR"}, "ref": {"k": "INTEGER", "v": "BIGINT"}}


def _each(text: str, by: str, count: int, start: int = 0) -> str:
    return by.join(text.replace("@", str(i)) for i in range(start, start + count))


def _filter(text: str) -> str:
    return f"SELECT count(*) AS r FROM input WHERE {text}"


PAIRS = _each("(a = @ AND s = '@')", " OR ", 3_000)
#: 22 of them took more than 5 s of the processor or 1 GB to plan, on DuckDB 2.0.1 with tables of two rows; the others
#: are the same in other places.
LARGE = {
    "pairs joined by OR": _filter(PAIRS),
    "pairs in brackets": _filter(f"NOT ({PAIRS})"),
    "pairs in HAVING": "SELECT a AS r FROM input GROUP BY a HAVING "
    + _each("(sum(a) = @ AND max(s) = '@')", " OR ", 3_000),
    "pairs behind a column": f"SELECT a AS r FROM (SELECT a, ({PAIRS}) AS f FROM input) WHERE f",
    "conditions": _filter(_each("s NOT LIKE '%@%'", " AND ", 3_000)),
    "conditions two by two": _filter(_each("(s NOT LIKE '%@%' AND a <> @)", " AND ", 1_500)),
    "conditions of SELECTs in each other": "SELECT s AS r FROM "
    + "(SELECT s FROM " * 600
    + "input"
    + _each(" WHERE s NOT LIKE '%@%')", "", 600),
    "conditions of a join": f"SELECT count(*) AS r FROM input JOIN ref ON {_each('(a = @ AND k = @)', ' OR ', 3_000)}",
    "lists": _filter(_each("a NOT IN (@, -@)", " AND ", 3_000)),
    "a chain of equal columns": f"SELECT 1 AS r FROM (SELECT {_each('a + @ AS x@', ', ', 900)} FROM input) WHERE "
    + " AND ".join(f"x{i} = x{i - 1}" for i in range(1, 900)),
    "names written out": "SELECT a AS c0, "
    + ", ".join(f"c{i - 1} - c{i - 1} AS c{i}" for i in range(1, 26))
    + " FROM input",
    "names written out in WHERE": "SELECT a AS c0, "
    + ", ".join(f"abs(c{i - 1}) - c{i - 1} AS c{i}" for i in range(1, 26))
    + " FROM input WHERE c25 = 0",
    "joins of ranges": "SELECT count(*) AS r FROM range(2) t0(a)"
    + "".join(f" JOIN range(2) t{i}(a) ON t{i}.a = t{i - 1}.a" for i in range(1, 300)),
    "joins of values": "SELECT count(*) AS r FROM (VALUES (1)) t0(a)"
    + "".join(f" JOIN (VALUES (1)) t{i}(a) ON t{i}.a = t{i - 1}.a" for i in range(1, 300)),
    "joins of SELECTs": "SELECT count(*) AS r FROM (SELECT 1) t0(a)"
    + "".join(f" JOIN (SELECT 1) t{i}(a) ON t{i}.a = t{i - 1}.a" for i in range(1, 300)),
    "joins of a recursion": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2) "
    "SELECT count(*) AS r FROM r r0" + "".join(f" JOIN r r{i} ON r{i}.n = r{i - 1}.n" for i in range(1, 300)),
    "lateral joins": f"SELECT 1 AS r FROM input{_each(', LATERAL (SELECT a + @ AS b@) l@', '', 700)}",
    "subqueries of ranges": f"SELECT {_each('(SELECT max(x) + @ FROM range(3) t(x))', ' + ', 600)} AS r FROM input",
    "EXISTS of ranges": _filter(_each("EXISTS (SELECT 1 FROM range(3) t(x) WHERE x + @ = a)", " AND ", 300)),
    "IN of ranges": _filter(_each("a IN (SELECT x + @ FROM range(3) t(x))", " OR ", 600)),
    "DISTINCT aggregates": f"SELECT {_each('count(DISTINCT a + @)', ' + ', 800)} AS r FROM input",
    "windows": f"SELECT [{_each('sum(a) OVER (PARTITION BY a + @)', ', ', 4_000)}] AS r FROM input",
    "keys of ORDER BY": f"SELECT a AS r FROM input ORDER BY {_each('a + @', ', ', 30_000)}",
    "keys of GROUP BY": f"SELECT count(*) AS r FROM input GROUP BY {_each('a + @', ', ', 5_000)}",
    "ROLLUP": f"SELECT count(*) AS r FROM input GROUP BY ROLLUP ({_each('a + @', ', ', 900)})",
    "wide SELECTs in each other": "SELECT a AS r FROM "
    + "(SELECT * FROM " * 400
    + f"(SELECT a, {_each('a + @ AS x@', ', ', 2_000)} FROM input)"
    + ")" * 400,
    "lambdas in each other": f"SELECT {'list_transform([a], lambda x: ' * 20}x{')' * 20}::VARCHAR AS r FROM input",
    "lambdas in numbers": f"SELECT {'len(list_transform([a], lambda x: ' * 20}x{'))' * 20} AS r FROM input",
}


@pytest.mark.parametrize("name", LARGE)
def test_what_takes_minutes_to_plan(name: str) -> None:
    assert not is_small(parse_tree(CON, LARGE[name]), tables=TABLES)


def test_a_macro_with_a_lambda_counts_as_one() -> None:
    body = parse_tree(CON, "SELECT list_transform([v], lambda x: x + v)")["statements"][0]["node"]["select_list"][0]
    text = f"SELECT {'f(' * 20}a{')' * 20} AS r FROM input"
    assert not is_small(parse_tree(CON, text), lambda name: (["v"], body) if name == "f" else None, tables=TABLES)


#: As generated queries are: many conditions, names and columns, and little to plan.
SMALL = {
    "60 tables and their conditions": "SELECT count(*) AS r FROM input"
    + "".join(f" JOIN ref r{i} ON r{i}.k = input.a AND r{i}.v > {i}" for i in range(60)),
    "a tree": "SELECT "
    + "".join(f"CASE WHEN a > {i} AND s <> '{i}' AND a + {i} < 9 THEN {i} ELSE " for i in range(300))
    + "0"
    + " END" * 300
    + " AS r FROM input",
    "CASE of many": f"SELECT CASE {_each('WHEN a = @ AND s = $$@$$ THEN @', ' ', 3_000)} END AS r FROM input",
    "conditions": _filter(_each("a <> @", " AND ", 200)),
    "names": f"SELECT a + 1 AS x, {_each('x * @ AS y@', ', ', 500)} FROM input",
    "columns": f"SELECT {_each('a + @ AS y@', ', ', 5_000)} FROM input",
    "lambdas": "SELECT list_transform([[a]], lambda x: list_transform(x, lambda y: list_sum([y, a])))::VARCHAR AS r "
    "FROM input",
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_what_does_not_is_small(name: str) -> None:
    assert is_small(parse_tree(CON, SMALL[name]), tables=TABLES)
