"""Whatever ``mlflow.pyfunc`` takes the model takes by itself, with the same rows; what it refuses is no wrong row."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.errors import InputError

TYPES = [
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "UBIGINT", "HUGEINT", "FLOAT", "DOUBLE",
    "DECIMAL(10,2)", "VARCHAR", "BLOB", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME", "INTERVAL", "UUID",
    "BIGINT[]", "STRUCT(x BIGINT)", "MAP(VARCHAR, BIGINT)",
]  # fmt: skip
VALUES: list[Any] = [
    True, 1, 2, -1, 300, 2**40, 2**70, 1.0, 1.5, np.int8(1), np.int64(1), np.float32(1.5), np.bool_(True), "x", "1",
    "2024-01-02", "2024-01-02 03:04:05", b"x", decimal.Decimal("1.25"), decimal.Decimal(1), None, float("nan"), pd.NaT,
    pd.NA, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3), datetime.datetime(2024, 1, 2),
    pd.Timestamp("2024-01-02 03:00"), np.datetime64("2024-01-02"), datetime.time(1), [1], [1.0], [1.5], {"x": 1},
]  # fmt: skip


#: Over pandas before 3, MLflow makes such columns of dates, texts and long integers before the model, which alone
#: refuses some of them there.
CONVERTED = {"DOUBLE", "TIMESTAMP WITH TIME ZONE"} if pd.__version__ < "3" else set()


@pytest.mark.parametrize("kind", TYPES)
def test_pyfunc_takes_nothing_that_the_model_does_not(kind: str, tmp_path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT a FROM input", tmp_path / "m", input_types={"a": kind}, pip_requirements=["mlflow"], bundle_flavor=False
    )
    pyfunc = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    native = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    taken = 0
    for value in VALUES:
        for rows in 1, 40:
            frame = pd.DataFrame({"a": [value] * rows})
            found = answer(pyfunc, frame)
            alone = answer(native, frame)
            converted = alone is None and kind in CONVERTED
            assert found is None or converted or str(found) == str(alone), value
            taken += found is not None
    assert taken > 0


def answer(model: Any, frame: pd.DataFrame) -> list[Any] | None:
    try:
        return model.predict(frame.copy())["a"].tolist()
    except mlflow.MlflowException:
        return None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("BOOLEAN", 2), ("BOOLEAN", 1.0), ("INTEGER", 1.5), ("INTEGER", "x"), ("TINYINT", 300), ("BIGINT", 2**70),
        ("DATE", datetime.datetime(2024, 1, 2, 3)), ("DATE", 1), ("TIMESTAMP", 1.5), ("TIME", 1), ("BLOB", 1),
        ("DOUBLE", "x"), ("DECIMAL(10,2)", decimal.Decimal("1.255")), ("INTEGER[]", b"x"), ("INTEGER[]", 1),
        ("INTEGER[]", [1.5]), ("STRUCT(x INTEGER)", [1]), ("INTEGER[]", {"x": 1}), ("INTEGER[]", "12"),
        ("INTEGER[]", np.array([1.5])), ("STRUCT(x INTEGER)", {"x": 1.5}), ("MAP(VARCHAR, INTEGER)", {"x": 1.5}),
        ("BOOLEAN[]", [2]), ("DATE[]", [datetime.datetime(2024, 1, 2, 3)]), ("TIMESTAMP[]", [5]), ("BLOB[]", [5]),
        ("STRUCT(x DATE[])", {"x": [datetime.datetime(2024, 1, 2, 3)]}), ("STRUCT(x TIMESTAMP)", {"x": 5}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows", [1, 40])
def test_what_is_no_value_of_a_type_is_refused(kind: str, value: Any, rows: int) -> None:
    model = mlflow_sql_flavor.SQLModel("SELECT a FROM input", input_types={"a": kind})
    with pytest.raises(InputError, match="olumn 'a'"):
        model.predict(pd.DataFrame({"a": [value] * rows}))
