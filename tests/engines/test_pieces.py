"""What an answer takes is counted against ``memory_limit`` while it is taken out of DuckDB."""

import duckdb
import pyarrow as pa
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.engines.result_batches import arrow_up_to, rows_up_to
from mlflow_sql_flavor.errors import InputError, LimitError

ROWS = pa.table({"a": list(range(20_000))})


def test_a_piece_too_many_ends_it() -> None:
    with duckdb.connect() as con:
        relation = con.sql("SELECT repeat('x', 1000) AS r FROM range(1000000)")
        with pytest.raises(MemoryError):
            arrow_up_to(relation, None, 10_000_000)
        assert 5 < arrow_up_to(relation, 5, None).num_rows < 5_000
        assert arrow_up_to(relation.limit(5_000), None, 10_000_000).num_rows == 5_000
        cursor = con.execute("SELECT repeat('x', 1000) AS r FROM range(1000000)")
        with pytest.raises(MemoryError):
            rows_up_to(cursor, None, 10_000_000)
        assert len(rows_up_to(con.execute("SELECT 1 FROM range(5000)"), None, 10_000_000)) == 5_000


@pytest.mark.parametrize("rows", [20_000, 1])
def test_an_answer_is_within_the_limit_of_memory(rows: int) -> None:
    query = f"SELECT repeat('x', 10000) AS r FROM input, range({20_000 // rows})"
    model = mlflow_sql_flavor.SQLModel(query, limits={"memory_limit": "100MB"})
    with pytest.raises(LimitError, match="needs more memory than 100,000,000 bytes"):
        model.predict(ROWS.slice(0, rows), output="arrow")


def test_a_failure_in_a_later_piece_keeps_its_kind() -> None:
    """DuckDB hands on no more than its text."""
    data = pa.table({"s": ["1"] * 9_000 + ["x"]})
    for query in ("SELECT s::INTEGER AS r FROM input", "SELECT s::INTEGER AS r FROM input WHERE s <> '2'"):
        with pytest.raises(InputError, match="cannot be converted"):
            mlflow_sql_flavor.SQLModel(query).predict(data, output="arrow")
