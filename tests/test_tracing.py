"""Spans around predict, where the caller traces: what ran, how many rows, how long; nothing of the data."""

from __future__ import annotations

import hashlib

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor

SQL = "SELECT s, n / :by AS q FROM input"
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


def test_a_failure_is_in_the_trace_without_data(model) -> None:
    with pytest.raises(mlflow.MlflowException), mlflow.start_span("request") as outer:
        model.predict(ROWS.assign(n=["secret", "x"]))
    assert "request" in spans(outer.trace_id)


def test_no_trace_of_its_own(model) -> None:
    before = mlflow.get_last_active_trace_id()
    model.predict(ROWS)
    assert mlflow.get_last_active_trace_id() == before
