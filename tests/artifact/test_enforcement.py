"""What MLflow makes of an input example before a model sees it is known at save, and the advice works."""

from __future__ import annotations

import datetime
import json
import logging
import re

import mlflow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mlflow.models import Model, ModelSignature
from mlflow.models.utils import load_serving_example
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.types import ColSpec, DataType, Schema

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact.enforcement import refused_by_pyfunc
from mlflow_sql_flavor.artifact.example import save_example, stored
from mlflow_sql_flavor.errors import InputError
from mlflow_sql_flavor.review.retest import retest

MISSING = {
    "integers": pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
    "integers of 32 bits": pd.DataFrame({"a": pd.array([1, None], dtype="Int32")}),
    "truth values": pd.DataFrame({"a": pd.array([True, None], dtype="boolean")}),
    "lists": pd.DataFrame({"a": [[1, None], [2]]}),
    "a list of lists": pd.DataFrame({"a": [[[1], [None, 2]]]}),
    "floats": pd.DataFrame({"a": [1.5, None]}),
    "text": pd.DataFrame({"a": ["x", None]}),
    "structs": pd.DataFrame({"a": [{"x": 1, "y": None}, {"x": 2, "y": 3}]}),
}
REFUSED = {
    "category": pd.DataFrame({"a": pd.Categorical(["x", "y"])}),
    "category with NULL": pd.DataFrame({"a": pd.Categorical(["x", None])}),
    "category of integers": pd.DataFrame({"a": pd.Categorical([1, 2])}),
    "category of floats": pd.DataFrame({"a": pd.Categorical([1.5, 2.0])}),
    "category of truth values": pd.DataFrame({"a": pd.Categorical([True, False])}),
    "duration": pd.DataFrame({"a": pd.to_timedelta([3600, 90_061], unit="s")}),
    "zone": pd.DataFrame({"a": pd.to_datetime(["2024-03-01 10:00+02:00", None])}),
    "unsigned": pd.DataFrame({"a": np.array([1, 2], dtype="uint64")}),
}


def saved(tmp_path, example, **given):
    mlflow_sql_flavor.save_model("SELECT a FROM input", tmp_path / "m", input_example=example, **given)
    return mlflow.pyfunc.load_model(str(tmp_path / "m")), mlflow_sql_flavor.load_model(str(tmp_path / "m"))


def as_sent(tmp_path, model):
    request = json.loads(load_serving_example(str(tmp_path / "m")))
    return infer_and_parse_data(request, model.metadata.get_input_schema())


@pytest.mark.parametrize("example", MISSING.values(), ids=MISSING)
def test_missing_values_pass_as_a_frame_and_as_json(example, tmp_path, caplog) -> None:
    pyfunc, native = saved(tmp_path, example)
    expected = native.predict(example)
    for data in example, as_sent(tmp_path, pyfunc), example.dropna():
        pd.testing.assert_frame_equal(pyfunc.predict(data), expected.loc[data.index])
    assert not [record for record in caplog.records if "refuses" in record.message]


def test_integers_beside_a_missing_value_are_exact(tmp_path) -> None:
    pyfunc, _ = saved(tmp_path, MISSING["integers"])
    assert pyfunc.predict(pd.DataFrame({"a": pd.array([2**53 + 1, None], dtype="Int64")}))["a"].tolist()[0] == 2**53 + 1


@pytest.mark.parametrize("signed", [None, ModelSignature(inputs=Schema([ColSpec(DataType.long, "a", required=False)]))])
@pytest.mark.parametrize("params", [None, {"p": 1}])
def test_integers_beyond_53_bits_beside_a_null_are_read_back_as_they_were(params, signed, tmp_path) -> None:
    rows = pd.DataFrame({"a": pd.array([2**60 + 1, None], dtype="Int64")})
    mlflow_sql_flavor.save_model(
        "SELECT a, :p AS p FROM input" if params else "SELECT a FROM input", tmp_path / "m",
        input_example=(rows, params) if params else rows, signature=signed,
    )  # fmt: skip
    data, _ = stored(tmp_path / "m")
    assert data["a"].tolist() == [2**60 + 1, pd.NA]
    assert [check for check in retest(tmp_path / "m") if check.verdict == "bad"] == []


@pytest.mark.parametrize("example", REFUSED.values(), ids=REFUSED)
def test_what_pyfunc_refuses_is_said_with_what_to_pass(example, tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    pyfunc, native = saved(tmp_path, example)
    with pytest.raises(mlflow.MlflowException):
        pyfunc.predict(example)
    told = [record.message for record in caplog.records if "refuses column 'a'" in record.message]
    assert len(told) == 1
    advice = re.search(r"data\['a'\].*(?=\.$)", told[0])
    assert advice is not None
    data = example.assign(a=eval(advice[0], {"data": example, "str": str}))
    expected = native.predict(example)["a"]
    got = pyfunc.predict(data)["a"]
    if isinstance(example["a"].dtype, pd.DatetimeTZDtype):
        expected = expected.dt.tz_convert("UTC").dt.tz_localize(None)
        got = got.dt.tz_localize(None) if got.dt.tz is not None else got
    assert got.tolist()[0] == expected.tolist()[0] and got.isna().tolist() == expected.isna().tolist()


HOUR = datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("example", "text"),
    [
        (pl.DataFrame({"a": [HOUR, None]}), "3600000000 microseconds"),
        (pa.table({"a": pa.array([HOUR, None])}), "3600000000 microseconds"),
        (pa.table({"a": pa.array([pa.MonthDayNano([14, -2, 3000]), None])}), "14 months -2 days 3 microseconds"),
        (pa.table({"a": pa.array([pa.MonthDayNano([0, 0, 0]), None])}), "0 days"),
    ],
)
def test_durations_and_intervals_of_polars_and_arrow_are_stored(example, text, tmp_path) -> None:
    pyfunc, native = saved(tmp_path, example)
    data, _ = stored(tmp_path / "m")
    assert data["a"].tolist()[0] == text
    expected = native.predict(example, output="arrow").column("a").to_pylist()
    assert native.predict(data, output="arrow").column("a").to_pylist() == expected
    assert len(pyfunc.predict(data)) == 2


def test_what_mlflow_has_no_json_for_is_one_sentence(tmp_path) -> None:
    with pytest.raises(mlflow.MlflowException):
        saved(tmp_path, pa.table({"a": pa.array([[HOUR]])}))
    with pytest.raises(InputError, match="MLflow cannot store the input example as JSON"):
        save_example(Model(), pd.DataFrame({"a": [object()]}), tmp_path)


def test_advice_on_the_signature_only_where_one_was_given(tmp_path) -> None:
    inputs = Schema([ColSpec(DataType.long, "a")])
    for signed in (True, False):
        (told,) = refused_by_pyfunc(MISSING["integers"], inputs, signed)
        assert ("leave signature out" in told) == signed


def test_a_signature_that_takes_no_missing_value_is_told(tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    signature = ModelSignature(inputs=Schema([ColSpec(DataType.long, "a")]))
    saved(tmp_path, MISSING["integers"], signature=signature)
    told = [record.message for record in caplog.records if "refuses" in record.message]
    assert len(told) == 2 and "leave signature out" in told[0] and "or leave it out" in told[1]


@pytest.mark.parametrize("columns", [[0], [("a", "b")], [1.5]], ids=str)
def test_labels_that_are_not_text(columns, tmp_path) -> None:
    frame = pd.DataFrame([[1]])
    frame.columns = pd.MultiIndex.from_tuples(columns) if isinstance(columns[0], tuple) else columns
    with pytest.raises(InputError, match="is not text") as error:
        mlflow_sql_flavor.save_model("SELECT * FROM input", tmp_path / "m", input_example=frame)
    frame.columns = ["a"]  # as the message says
    assert "example.columns = [...]" in error.value.message
    pyfunc, _ = saved(tmp_path, frame)
    assert pyfunc.predict(frame)["a"].tolist() == [1]
