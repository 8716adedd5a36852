"""A time with a zone where the model has none, and the reverse: what docs/types.md says."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
import pytest

import mlflow_sql_flavor

NAIVE = pd.DataFrame({"t": pd.to_datetime(["2026-01-01 00:00"])})
SEOUL = pd.DataFrame({"t": NAIVE["t"].dt.tz_localize("Asia/Seoul")})
SQL = "SELECT CAST(t AS VARCHAR) AS said FROM input"


@pytest.mark.parametrize("rows", [1, 50])
def test_a_zone_where_the_model_has_none_becomes_utc(rows: int, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(SQL, tmp_path / "m", input_example=NAIVE, bundle_flavor=False)
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    data = pd.concat([SEOUL] * rows, ignore_index=True)
    for given in (data, pa.Table.from_pandas(data), {"t": data["t"].tolist()}):
        found = model.predict(given, output="arrow")
        assert found.column("said").to_pylist() == ["2025-12-31 15:00:00"] * rows
    with pytest.raises(mlflow.MlflowException, match="timezone-naive"):
        mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(data)


def test_no_zone_where_the_model_has_one_is_utc(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(SQL, tmp_path / "m", input_example=SEOUL, bundle_flavor=False)
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert model.predict(NAIVE)["said"][0] == "2026-01-01 00:00:00+00"
    assert model.predict(SEOUL)["said"][0] == "2025-12-31 15:00:00+00"
    assert mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(NAIVE)["said"][0] == "2026-01-01 00:00:00+00"
