"""ClickHouse over tables that say which columns are Nullable, against its recorded rows."""

from __future__ import annotations

import decimal
import json
import math
import re
from typing import Any

import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import SQLModelError

from .clickhouse_answers import FILE, TABLES, table

CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def plain(value: Any) -> Any:
    """As the recorded JSON has it: numbers by value, NaN as null, moments as text."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (float, decimal.Decimal)):
        return None if math.isnan(value) else round(float(value), 9)
    return value if value is None or isinstance(value, (int, str)) else str(value)


@pytest.mark.parametrize("case", CASES, ids=[case["sql"] for case in CASES])
def test_rows(case: dict[str, Any]) -> None:
    sql = case["sql"]
    tables = {name: table(name) for name in TABLES if re.search(rf"\b{name}\b", sql)}
    found = SQLModel(sql, dialect="clickhouse", tables=tables or None).predict(output="arrow")
    rows = [[plain(column[i].as_py()) for column in found.columns] for i in range(found.num_rows)]
    expected = [[plain(value) for value in row] for row in case["rows"]]
    assert (rows if "ORDER" in sql else sorted(rows, key=str)) == (
        expected if "ORDER" in sql else sorted(expected, key=str)
    )


def test_a_column_of_which_nothing_is_said_is_an_error_where_it_counts() -> None:
    sql = "SELECT shop, sum(amt) AS s FROM sal GROUP BY shop WITH ROLLUP"
    unsaid = pa.table({"shop": ["n", "s"], "amt": [1, 2]})
    with pytest.raises(SQLModelError, match="Nullable"):
        SQLModel(sql, dialect="clickhouse", tables={"sal": unsaid}).predict()


@pytest.mark.parametrize(
    "setting", ["transform_null_in = 1", "prefer_column_name_to_alias = 1", "group_by_use_nulls = 1"]
)
def test_a_setting_that_changes_rows_is_refused(setting: str) -> None:
    with pytest.raises(SQLModelError, match=setting.partition(" ")[0]):
        SQLModel(f"SELECT id FROM ord SETTINGS {setting}", dialect="clickhouse", tables={"ord": table("ord")}).predict()
