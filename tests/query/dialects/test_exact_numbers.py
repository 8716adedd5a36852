"""Digits of exact numbers that DuckDB has as a DOUBLE: the exact ones, or an error."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

VALUES = ["1.100000000000000000", "2.220000000000000000", "-7.123456789012345678", None]


# https://spark.apache.org/docs/latest/api/sql/#avg: of DECIMAL(p, s) it is DECIMAL(p + 4, s + 4), half up
@pytest.mark.parametrize("written", ["AVG(d)", "AVG(d) FILTER (WHERE d > 0)", "AVG(DISTINCT d)", "AVG(d) OVER ()"])
def test_the_mean_of_sparks_decimals(written):
    values = [None if value is None else Decimal(value) for value in VALUES * 2]
    table = pa.table({"d": pa.array(values, pa.decimal128(20, 18))})
    kept = [value for value in values if value is not None and ("> 0" not in written or value > 0)]
    kept = list(dict.fromkeys(kept)) if "DISTINCT" in written else kept
    expected = (sum(kept) / len(kept)).quantize(Decimal("1e-22"), ROUND_HALF_UP)
    found = SQLModel(f"SELECT {written} AS r FROM input", dialect="databricks").predict(table, output="arrow")
    assert set(found["r"].to_pylist()) == {expected}
    assert found.schema.field("r").type == pa.decimal128(24, 22)


# https://www.postgresql.org/docs/current/datatype-numeric.html: a numeric has all its digits, a DOUBLE fifteen
def test_a_rounded_quotient_of_more_digits_than_a_double_has():
    sql = "SELECT round(x / 7, 3) AS r FROM (SELECT {}::numeric AS x) t"
    assert SQLModel(sql.format("1e11"), dialect="postgres").predict()["r"].tolist() == [pytest.approx(14285714285.714)]
    with pytest.raises(MlflowException, match="15 digits"):
        SQLModel(sql.format("1e15"), dialect="postgres").predict()
