"""Types between DuckDB and Spark; no Spark is needed for them."""

import pytest

from mlflow_sql_flavor.engines.spark.types import fits, spark_type
from mlflow_sql_flavor.errors import InputError


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("BIGINT", "bigint"), ("HUGEINT", "bigint"), ("UBIGINT", "bigint"), ("TINYINT", "tinyint"), ("DATE", "date"),
        ("DECIMAL(10,2)", "decimal(10,2)"), ("TIMESTAMP", "timestamp"), ("TIMESTAMP WITH TIME ZONE", "timestamp"),
        ("UUID", "string"), ("VARCHAR[]", "array<string>"), ("MAP(VARCHAR, DOUBLE)", "map<string,double>"),
        ("STRUCT(a INTEGER, b DECIMAL(4,1)[])", "struct<`a`:int,`b`:array<decimal(4,1)>>"),
    ],
)  # fmt: skip
def test_spark_type(duckdb, spark):
    assert spark_type(duckdb) == spark


def test_an_interval_is_refused():
    with pytest.raises(InputError, match="number of days or seconds"):
        spark_type("INTERVAL")


@pytest.mark.parametrize(
    ("have", "want", "fit"),
    [
        ("int", "bigint", True), ("bigint", "int", False), ("int", "double", True), ("bigint", "double", False),
        ("float", "double", True), ("double", "float", False), ("string", "double", False), ("date", "timestamp", True),
        ("varchar(10)", "string", True), ("int", "decimal(10,0)", True), ("int", "decimal(10,2)", False),
        ("decimal(8,2)", "decimal(10,2)", True), ("decimal(10,2)", "decimal(10,1)", False),
        ("decimal(10,2)", "double", True),
    ],
)  # fmt: skip
def test_fits(have, want, fit):
    assert fits(have, want) is fit
