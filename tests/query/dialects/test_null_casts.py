"""A NULL of every type: ``CAST(NULL AS …)`` is NULL in every dialect, and has that type for what stands around it."""

from __future__ import annotations

import pytest

from mlflow_sql_flavor import SQLModel

COMMON = ["double precision", "varchar", "date", "bigint", "boolean", "numeric(9,2)", "timestamp"]
TYPES = {
    "duckdb": ["double", *COMMON[1:]],
    "postgres": COMMON,
    "redshift": COMMON,
    "snowflake": ["double", "varchar", "date", "bigint", "boolean", "number(9,2)", "timestamp_ntz"],
    "bigquery": ["float64", "string", "date", "int64", "bool", "numeric", "timestamp"],
    "databricks": ["double", "string", "date", "bigint", "boolean", "decimal(9,2)", "timestamp"],
    "trino": ["double", "varchar", "date", "bigint", "boolean", "decimal(9,2)", "timestamp"],
    "tsql": ["float", "varchar(9)", "date", "bigint", "bit", "decimal(9,2)", "datetime2"],
    "oracle": ["number", "varchar2(9)", "date", "number(9)", "number(9,2)"],
    "mysql": ["double", "char", "date", "signed", "decimal(9,2)", "datetime"],
    "sqlite": ["real", "text", "integer", "numeric"],
    "clickhouse": [
        f"Nullable({kind})" for kind in ("Float64", "String", "Date", "Int64", "UInt8", "Decimal(9,2)", "DateTime")
    ],
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "kind"), [(dialect, kind) for dialect, kinds in TYPES.items() for kind in kinds])
def test_a_null_of_a_type(dialect: str, kind: str) -> None:
    dual = " FROM dual" if dialect == "oracle" else ""
    sql = f"SELECT x AS a, CASE WHEN x IS NULL THEN 1 ELSE 0 END AS b FROM (SELECT CAST(NULL AS {kind}) AS x{dual}) t"
    assert SQLModel(sql, dialect).predict(output="arrow").to_pydict() == {"a": [None], "b": [1]}


@pytest.mark.parametrize(("dialect", "kind"), [(dialect, kinds[0]) for dialect, kinds in TYPES.items()])
def test_a_null_of_a_number_is_compared_and_computed(dialect: str, kind: str) -> None:
    dual = " FROM dual" if dialect == "oracle" else ""
    sql = f"SELECT x + 1 AS a FROM (SELECT CAST(NULL AS {kind}) AS x{dual}) t WHERE x IS NULL OR x > 1"
    assert SQLModel(sql, dialect).predict(output="arrow").to_pydict() == {"a": [None]}
