"""How large the largest value of a reference table is; what may copy a large one runs in a process of its own."""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.engines.cells import largest_cell
from mlflow_sql_flavor.engines.query_check import parse_tree
from mlflow_sql_flavor.query.gate.query_bounds import is_small

TEXT = "repeat('x', 1000)"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("1", 0, 0),
        ("NULL::VARCHAR", 0, 0),
        ("DATE '2024-01-01'", 0, 0),
        (TEXT, 1000, 1000),
        (f"{TEXT}::BLOB", 1000, 1000),
        (f"[{TEXT}, NULL, 'a']", 1001, 1100),
        ("range(1000)", 8000, 16000),
        (f"[[{TEXT}], NULL, []]", 1000, 1100),
        (f"{{'a': {TEXT}, 'b': 1, 'c': NULL::VARCHAR}}", 1000, 1000),
        (f"[{{'a': [{TEXT}]}}]", 1000, 1100),
        (f"MAP {{'a': {TEXT}, {TEXT}: 'b'}}", 2000, 2100),
        ("repeat('1', 1000)::BIT", 1000, 1000),
        (f"union_value(a := {TEXT})", 1000, 1000),
        ("['abc', 'd']::VARCHAR[2]", 4, 40),
    ],
)
def test_of_every_type(value: str, least: int, most: int) -> None:
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS SELECT 1 AS k, {value} AS v UNION ALL SELECT 2, NULL")
        con.execute("CREATE TABLE nothing (a VARCHAR)")
        assert least <= largest_cell(con, ["t", "nothing"]) <= most


def test_copies_of_a_large_value_count() -> None:
    with duckdb.connect() as con:
        once = parse_tree(con, "SELECT upper(v) AS r FROM t")
        often = parse_tree(con, f"SELECT {' || '.join(['v'] * 20)} AS r FROM t")
    tables = {"t": {"v": "VARCHAR"}}
    found = [
        [is_small(tree, tables=tables, cell=cell) for cell in (0, 1000, 50_000, 300_000)] for tree in (once, often)
    ]
    assert found == [[True, True, True, False], [True, True, False, False]]


def test_a_model_with_a_large_value(tmp_path: Path) -> None:
    """It answers as ever; where a row of it may be copied for each row of the input, its worker bounds that."""
    pytest.importorskip("cloudpickle")
    data, query = pd.DataFrame({"a": [1, 2]}), "SELECT a, length(v || v) AS n FROM input LEFT JOIN t ON k = a"
    answers = []
    for length, isolated in ((10, False), (300_000, True)):
        path = f"{tmp_path}/{length}"
        table = pa.table({"k": [1], "v": ["x" * length]})
        pq.write_table(table, f"{tmp_path}/t.parquet")
        mlflow_sql_flavor.save_model(query, path, tables={"t": f"{tmp_path}/t.parquet"}, input_example=data)
        model = mlflow_sql_flavor.load_model(path)
        assert model.bind().compiled.isolated is isolated
        answers.append(model.predict(data)["n"].fillna(-1).tolist())
    assert answers == [[20, -1], [600_000, -1]]
