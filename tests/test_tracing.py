"""Spans around predict, where the caller traces: what ran, how many rows, how long; nothing of the data."""

from __future__ import annotations

import hashlib

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.pyfunc import SQLModelWrapper

SQL = "SELECT s, n / :by AS q FROM input"
TYPES = {"d": "VARCHAR", "n": "DOUBLE"}
ROWS = pd.DataFrame({"s": ["secret one", "secret two"], "n": [1.0, 2.0]})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("traced") / "m"
    mlflow_sql_flavor.save_model(
        SQL, path, input_example=(ROWS, {"by": 2.0}), bundle_flavor=False, pip_requirements=["mlflow"]
    )
    return mlflow.pyfunc.load_model(str(path))


def spans(trace_id: str):
    mlflow.flush_trace_async_logging()
    return {span.name: span for span in mlflow.get_trace(trace_id).data.spans}


def test_a_span_within_the_callers(model) -> None:
    with mlflow.start_span("request") as outer:
        model.predict(ROWS, params={"by": 4.0})
    found = spans(outer.trace_id)
    span = found["sql"]
    assert span.parent_id == found["request"].span_id
    assert span.attributes["sql.sha256"] == hashlib.sha256(SQL.encode()).hexdigest()
    assert span.attributes["sql.dialect"] == "duckdb" and span.attributes["sql.rows"] == 2
    assert span.attributes["sql.milliseconds"] > 0
    assert "secret" not in str(span.to_dict()) and "4.0" not in str(span.attributes)


@pytest.mark.parametrize(
    ("change", "params"), [({"n": ["secret", "x"]}, {"by": 2.0}), ({}, {"by": "secret"}), ({"d": ["secret"] * 2}, {})]
)
def test_a_failure_is_in_the_trace_without_data(change, params) -> None:
    model = mlflow_sql_flavor.SQLModel("SELECT d::DATE AS d, n / :by AS q FROM input", input_types=TYPES)
    with mlflow.start_span("request") as outer, pytest.raises(mlflow.MlflowException) as raised:
        SQLModelWrapper(model).predict(ROWS.assign(**{"d": "2024-01-01", **change}), params={"by": 2.0, **params})
    found = spans(outer.trace_id)["sql"]
    kind, code = type(raised.value).__name__, raised.value.error_code
    assert found.status.status_code == "ERROR" and found.status.description == f"{kind} ({code})"
    assert found.attributes["sql.error"] == kind and found.attributes["sql.error_code"] == code
    assert not found.events and "secret" not in str(found.to_dict())


def test_no_trace_of_its_own(model) -> None:
    before = mlflow.get_last_active_trace_id()
    model.predict(ROWS)
    assert mlflow.get_last_active_trace_id() == before
