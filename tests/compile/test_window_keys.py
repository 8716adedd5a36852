"""Windows over keys that may raise: DuckDB takes columns alone there."""

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.compile.check import check

ROWS = pa.table({"s": ["3", "1", "x", "2", None, "1"], "g": ["a", "a", "b", "b", "b", "a"], "n": [1, 2, 3, 4, 5, 6]})
DATED = pa.table({"d": pa.array([None], pa.date32()), "s": pa.array([None], pa.string()), "n": [1]})


def answer(dialect, sql, tables=None):
    return SQLModel(sql, dialect, tables=tables or {"t": ROWS}).predict(output="arrow").to_pylist()


@pytest.mark.parametrize(
    ("dialect", "key"),
    [
        ("postgres", "EXTRACT(YEAR FROM d)"), ("postgres", "s::int"), ("redshift", "EXTRACT(MONTH FROM d)"),
        ("snowflake", "s::int"), ("bigquery", "SUBSTR(s, 1, 2)"), ("databricks", "cast(s as int)"),
        ("trino", "cast(s as integer)"), ("tsql", "SUBSTRING(s, 1, 2)"), ("clickhouse", "addDays(d, 1)"),
    ],
)  # fmt: skip
def test_everyday_keys(dialect, key):
    check(
        f"SELECT n, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {key}, n) AS r FROM t", dialect, tables={"t": DATED}
    )


def test_rows_and_order():
    got = answer("postgres", "SELECT n, ROW_NUMBER() OVER (PARTITION BY g ORDER BY s::int, n) AS r FROM t "
                             "WHERE s <> 'x' ORDER BY n")  # fmt: skip
    assert [(row["n"], row["r"]) for row in got] == [(1, 3), (2, 1), (4, 1), (6, 2)]


def test_a_star_has_no_key():
    got = answer("postgres", "SELECT *, COUNT(*) OVER (PARTITION BY s::int) AS c FROM t WHERE s <> 'x' ORDER BY n")
    assert got[1] == {"s": "1", "g": "a", "n": 2, "c": 2}


def test_in_the_order_of_the_rows():
    sql = "SELECT n FROM t WHERE s <> 'x' ORDER BY ROW_NUMBER() OVER (PARTITION BY s::int ORDER BY n DESC), n DESC"
    plain = sql.replace("s::int", "s")
    assert answer("snowflake", sql) == answer("snowflake", plain)


def test_what_where_leaves_out_is_not_computed_and_the_rest_raises():
    sql = "SELECT n FROM t {} QUALIFY ROW_NUMBER() OVER (PARTITION BY s::int ORDER BY n) = 1 ORDER BY n"
    assert [row["n"] for row in answer("snowflake", sql.format("WHERE s <> 'x'"))] == [1, 2, 4]
    with pytest.raises(MlflowException, match="fail"):
        answer("snowflake", sql.format(""))


def test_within_a_step_and_above_groups():
    sql = (
        "WITH c AS (SELECT SUM(n) OVER (PARTITION BY SUBSTR(s, 1, 1) ORDER BY n) AS r FROM t) SELECT SUM(r) AS a FROM c"
    )
    assert answer("bigquery", sql) == [{"a": 23}]
    grouped = "SELECT s::int AS k, SUM(COUNT(*)) OVER (PARTITION BY s::int) AS r FROM t WHERE s <> 'x' GROUP BY s::int"
    assert sorted((row["k"], row["r"]) for row in answer("postgres", grouped)) == [(1, 2), (2, 1), (3, 1)]


NULLS = {"postgres": "VARCHAR", "redshift": "VARCHAR", "snowflake": "VARCHAR", "bigquery": "BIGINT", "tsql": "INTEGER"}


@pytest.mark.parametrize(("dialect", "kind"), NULLS.items())
def test_an_output_of_nothing_but_null(dialect, kind):
    sql = "WITH c AS (SELECT n, NULL AS x FROM t) SELECT * FROM c ORDER BY n DESC"
    if dialect == "tsql":
        sql = "SELECT n, NULL AS x FROM t ORDER BY n DESC"
    model = SQLModel(sql, dialect, tables={"t": ROWS})
    assert list(model.bind().program.output_types.values())[1] == kind
    got = model.predict(output="arrow").to_pylist()
    assert [list(row.values()) for row in got] == [[n, None] for n in (6, 5, 4, 3, 2, 1)]
    on_input = SQLModel("SELECT n, NULL AS x FROM input", dialect)
    assert on_input.bind(ROWS).program.rows == "independent"
    assert [list(row.values())[1] for row in on_input.predict(ROWS, output="arrow").to_pylist()] == [None] * 6


def test_an_order_by_below_such_a_cast_is_the_query_s_word():
    from mlflow_sql_flavor.compile.gates.row_number import orders_rows

    for end, word in ((" ORDER BY n", True), ("", False)):
        program = SQLModel("SELECT n, NULL AS x FROM t" + end, "postgres", tables={"t": ROWS}).bind().program
        assert orders_rows(program) is word
