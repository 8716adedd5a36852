"""Generated SQL nests deep: what DuckDB can run runs, and what it cannot is one sentence."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError


def _chain(depth: int) -> str:
    text = "0"
    for i in range(depth):
        text = f"CASE WHEN a < {i} THEN {i} ELSE {text} END"
    return text


SHAPES: dict[str, Callable[[int], str]] = {
    "else": _chain,
    "parentheses": lambda n: "(" * n + "a" + ")" * n,
    "sum": lambda n: " + ".join(["a"] * n),
    "not": lambda n: "CASE WHEN " + "NOT " * n + "a > 1 THEN 1 ELSE 0 END",
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "databricks"])
@pytest.mark.parametrize("shape", SHAPES)
def test_as_deep_as_duckdb_goes(shape: str, dialect: str) -> None:
    import duckdb

    data = pd.DataFrame({"a": [1, 300]}, index=[7, 8])
    for depth in (100, 440):
        text = SHAPES[shape](depth)
        model = SQLModel(f"SELECT {text} AS y FROM input", dialect)
        found = model.predict(data)
        with duckdb.connect() as connection:
            connection.register("input", data)
            expected = connection.sql(f"SELECT {text} AS y FROM input").fetchall()
        assert [(value,) for value in found["y"]] == expected
        assert found.index.tolist() == [7, 8], "one row for each of the input's, however deep"
        assert model.to_sql("snowflake", data).startswith("SELECT")


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize(("shape", "depth"), [("parentheses", 60_000), ("not", 1500), ("not", 60_000), ("sum", 2000)])
def test_deeper_is_one_sentence(shape: str, depth: int, dialect: str) -> None:
    text = SHAPES[shape](depth).replace("a", "1")
    with pytest.raises(QueryError, match=r"more than 1,000 deep.* WITH clause"):
        SQLModel(f"SELECT {text} AS y", dialect).predict()
