"""Column lineage: against sqlglot's own where it says as much, and against what DuckDB does when a column changes."""

from __future__ import annotations

import pandas as pd
import pytest
from sqlglot.lineage import lineage as sqlglot_lineage

import mlflow_sql_flavor
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.reading.parsed_query import Lineage
from mlflow_sql_flavor.query.translation.lineage import MAX_CHARACTERS, trace

SCHEMA = {
    "input": {"id": "BIGINT", "region": "VARCHAR", "x": "DOUBLE", "y": "DOUBLE", "unused": "DOUBLE"},
    "regions": {"region": "VARCHAR", "weight": "DOUBLE", "label": "VARCHAR"},
}
QUERIES = {
    "columns": "SELECT id, x + y AS s, x AS again FROM input",
    "star": "SELECT * FROM input",
    "star and more": "SELECT i.*, r.weight FROM input AS i LEFT JOIN regions AS r USING (region)",
    "constant": "SELECT id, 1 AS one FROM input",
    "alias of a table": "SELECT a.x AS p, b.y AS q FROM input AS a JOIN input AS b ON a.id = b.id",
    "cte": "WITH t AS (SELECT id, x * 2 AS d FROM input), u AS (SELECT id, d + 1 AS e FROM t) SELECT e FROM u",
    "cte with names": "WITH t(a, b) AS (SELECT id, x FROM input) SELECT b, a FROM t",
    "two steps": "WITH t AS (SELECT x AS v FROM input), s AS (SELECT v AS w FROM t) SELECT w, v FROM s, t WHERE v = w",
    "subquery": "SELECT s.m FROM (SELECT region, max(x) AS m FROM input GROUP BY region) AS s",
    "scalar subquery": "SELECT id, x - (SELECT avg(y) FROM input) AS d FROM input",
    "union": "SELECT x AS v, id AS k FROM input UNION ALL SELECT weight, 0 FROM regions",
    "case": "SELECT CASE WHEN region = 'a' THEN x ELSE y END AS v FROM input",
    "window": "SELECT id, sum(x) OVER (PARTITION BY region ORDER BY id) AS total FROM input",
    "aggregate": "SELECT region, sum(x) AS sx FROM input WHERE y > 0 GROUP BY region HAVING count(*) > 0 ORDER BY sx",
    "where": "SELECT id FROM input WHERE x > 0.3",
    "exists": (
        "SELECT id FROM input AS i WHERE EXISTS (SELECT 1 FROM regions r WHERE r.region = i.region AND r.weight > i.x)"
    ),
    "in": "SELECT id FROM input WHERE region IN (SELECT region FROM regions WHERE weight > 0.5)",
    "order and limit": "SELECT id FROM input ORDER BY y LIMIT 3",
    "ordinals": "SELECT region, count(*) AS n FROM input GROUP BY 1 ORDER BY 2, 1",
    "qualify": "SELECT id FROM input QUALIFY row_number() OVER (PARTITION BY region ORDER BY x) = 1",
    "distinct": "SELECT DISTINCT region FROM input",
    "counted": "SELECT count(*) AS n FROM input",
    "recursive": (
        "WITH RECURSIVE r(k, v) AS (SELECT id, x FROM input UNION ALL SELECT k + 10, v / 2 FROM r WHERE k < 20) "
        "SELECT k, v FROM r ORDER BY k, v"
    ),
    "unnest": "SELECT id, u.v AS v FROM input, UNNEST([x, y]) AS u(v) ORDER BY id, v",
    "nested ctes": "SELECT z FROM (WITH t AS (SELECT x AS q FROM input) SELECT q + 1 AS z FROM t) AS o",
    "lateral alias": "SELECT x + 1 AS a, a * 2 AS b FROM input",
    "exclude": "SELECT * EXCLUDE (x, unused) FROM input",
    "coalesce join": "SELECT coalesce(r.label, i.region) AS l FROM input i LEFT JOIN regions r ON r.region = i.region",
}
# sqlglot follows values only, and not into these
BEYOND = {"recursive", "unnest", "lateral alias"}


def traced(sql: str, dialect: str = "duckdb") -> Lineage:
    return trace(parse(sql, dialect), SCHEMA, "input")


@pytest.mark.parametrize("name", [name for name in QUERIES if name not in BEYOND])
def test_values_come_from_where_sqlglot_says(name: str) -> None:
    sql = QUERIES[name]
    found = traced(sql)
    assert found.reason is None and not found.partial
    for output, places in found.origins().items():
        tree = sqlglot_lineage(output, sql, schema=SCHEMA, dialect="duckdb")
        expected = {
            (node.expression.name.casefold(), node.name.rpartition(".")[2].strip('"').casefold())
            for node in tree.walk()
            if not node.downstream and type(node.expression).__name__ == "Table"
        }
        ours = {(relation.casefold(), column.casefold()) for relation, column in places if column}
        assert ours >= expected, output
        if "SELECT" not in sql[7:].upper():  # in subqueries ours has the conditions too
            assert ours == expected, output


FRAME = pd.DataFrame(
    {
        "id": range(8),
        "region": list("abcabcab"),
        "x": [0.1, 0.9, 0.4, 0.7, 0.2, 0.6, 0.3, 0.8],
        "y": [0.5, -0.2, 0.8, 0.1, -0.6, 0.9, 0.4, -0.3],
        "unused": [1.0] * 8,
    }
)
REGIONS = pd.DataFrame({"region": ["a", "b", "d"], "weight": [0.6, 0.2, 0.9], "label": ["A", "B", "D"]})
OTHER = {
    "id": [9, 8, 7, 6, 5, 4, 3, 2],
    "region": list("bbbaaddd"),
    "x": [0.95, 0.05, 0.35, 0.15, 0.65, 0.25, 0.85, 0.45],
    "y": [-0.5, 0.2, -0.8, 0.7, 0.6, -0.9, 0.3, 0.1],
    "unused": [5.0] * 8,
}


def arranged(values: pd.Series, sql: str) -> list[str]:
    """The values, in the order of the rows where the query gives one: another is not a change."""
    return [repr(value) for value in values] if sql.rfind("ORDER BY") > sql.rfind(")") else sorted(map(repr, values))


@pytest.mark.parametrize("name", QUERIES)
def test_a_column_that_matters_is_in_the_lineage(name: str) -> None:
    """DuckDB is the judge: an output that changes with a column comes from it, or its rows do."""
    sql = QUERIES[name]
    found = traced(sql).origins(rows=True)
    rows = set(found.pop(""))
    model = mlflow_sql_flavor.SQLModel(sql, tables={"regions": REGIONS})
    before = model.predict(FRAME)
    changed = 0
    for column, values in OTHER.items():
        after = model.predict(FRAME.assign(**{column: values}))
        for output in before.columns:
            if arranged(before[output], sql) != arranged(after[output], sql):
                assert column != "unused" or "*" in sql
                changed += 1
                places = {*found[output], *rows}
                assert ("input", column) in places, f"{output} changes with {column}"
    assert changed or name in ("counted",)


@pytest.mark.parametrize(
    ("sql", "dialect", "output", "expected"),
    [
        ("SELECT LISTAGG(label, ',') AS l FROM regions", "snowflake", "l", {("regions", "label")}),
        ("SELECT `x` AS `A b` FROM input", "bigquery", "A b", {("input", "x")}),
        ("SELECT x + :Factor AS v FROM input", "databricks", "v", {("input", "x"), ("parameters", "Factor")}),
        (
            "SELECT x + ? + ? AS v FROM input",
            "duckdb",
            "v",
            {("input", "x"), ("parameters", "p1"), ("parameters", "p2")},
        ),
        ("SELECT top 3 X AS v FROM INPUT ORDER BY Y", "tsql", "v", {("input", "x")}),
    ],
)
def test_dialects(sql: str, dialect: str, output: str, expected: set[tuple[str, str]]) -> None:
    assert set(traced(sql, dialect).origins()[output]) == expected


def test_steps_are_told() -> None:
    found = traced(QUERIES["cte"])
    assert [(r.name, r.kind) for r in found.relations if r.kind != "table"] == [
        ("input", "input"), ("t", "step"), ("u", "step"), ("output", "output"),
    ]  # fmt: skip
    names = [
        (found.relations[e.source].name, e.source_column, found.relations[e.target].name, e.column) for e in found.edges
    ]
    assert ("t", "d", "u", "e") in names and ("u", "e", "output", "e") in names


def test_outputs_have_the_models_names() -> None:
    query = parse("SELECT X, Y AS Zed FROM input", "snowflake")
    assert list(trace(query, SCHEMA, "input", ["ZED", "X"]).origins()) == ["ZED", "X"]
    assert trace(query, SCHEMA, "input", ["ZED", "X"]).origins()["ZED"] == (("input", "y"),)


def test_what_cannot_be_followed_says_so() -> None:
    assert traced("SELECT columns('x|y') FROM input").partial
    only_duckdb = parse("SELECT `x` AS v FROM input")
    assert only_duckdb.tree is None
    assert "only DuckDB reads" in (trace(only_duckdb, SCHEMA, "input").reason or "")
    long = traced(f"SELECT x{' + 1' * (MAX_CHARACTERS // 4)} AS v FROM input")
    assert "characters" in (long.reason or "") and long.origins() == {}


def test_deep_and_wide_queries_are_followed() -> None:
    steps = "".join(
        f", s{n} AS (SELECT l.x + r.y AS x, l.y FROM s{n - 1} AS l JOIN s{n - 1} AS r ON l.x = r.x)"
        for n in range(1, 200)
    )
    found = traced(f"WITH s0 AS (SELECT x, y FROM input){steps} SELECT x, y FROM s199")
    assert set(found.origins()["x"]) == {("input", "x"), ("input", "y")}
    chain = traced(f"SELECT {' + '.join(['x', 'y'] * 4_000)} AS v FROM input")
    assert set(chain.origins()["v"]) == {("input", "x"), ("input", "y")}
    schema = {"input": {f"c{n}": "DOUBLE" for n in range(500)}}
    wide = trace(parse("SELECT * FROM input"), schema, "input")
    assert wide.origins()["c499"] == (("input", "c499"),)
