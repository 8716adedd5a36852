"""What MLflow makes of an input example before a model sees it is known at save, and the advice works."""

from __future__ import annotations

import datetime
import decimal
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
from mlflow.types.schema import Array, Object, Property

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
    "category of moments": pd.DataFrame({"a": pd.Categorical([pd.Timestamp("2024-01-01 10:00"), None])}),
    "category of a zone": pd.DataFrame({"a": pd.Categorical([pd.Timestamp("2024-01-01", tz="Asia/Seoul"), None])}),
    "category of durations": pd.DataFrame({"a": pd.Categorical([pd.Timedelta("-1h"), None])}),
    "category of dates": pd.DataFrame({"a": pd.Categorical([datetime.date(2024, 1, 1), None])}),
    "category of bytes": pd.DataFrame({"a": pd.Categorical([b"x", b"y"])}),
    "duration": pd.DataFrame({"a": pd.to_timedelta([3600, 90_061], unit="s")}),
    "negative duration": pd.DataFrame({"a": pd.to_timedelta(["-1h", None, "-1h 00:00:00.000001"])}),
    "duration of Arrow": pd.DataFrame({"a": pd.array([pd.Timedelta("-1h"), None], dtype="duration[us][pyarrow]")}),
    "zone of Arrow": pd.DataFrame(
        {"a": pd.to_datetime(["2024-03-01 10:00+02:00", None]).astype("timestamp[us, tz=UTC][pyarrow]")}
    ),
    "zone": pd.DataFrame({"a": pd.to_datetime(["2024-03-01 10:00+02:00", None])}),
    "moments of two zones": pd.DataFrame(
        {"a": pd.Series([pd.Timestamp("2024-01-01", tz=z) for z in ("Asia/Seoul", "UTC")] + [None], dtype=object)}
    ),
    "lists of Arrow with a missing row": pd.DataFrame(
        {"a": pd.Series([[1], None], dtype=pd.ArrowDtype(pa.list_(pa.int64())))}
    ),
    "decimals of Arrow": pd.DataFrame(
        {"a": pd.Series([decimal.Decimal("1.5"), None], dtype=pd.ArrowDtype(pa.decimal128(10, 2)))}
    ),
}


def saved(tmp_path, example, sql="SELECT a FROM input", **given):
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", input_example=example, **given)
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
    advice = re.search(r"(pd\.\w+\()?data\['a'\].*(?=\.$)", told[0])
    assert advice is not None
    data = example.assign(a=eval(advice[0], {"data": example, "str": str, "pd": pd}))
    expected = native.predict(example)["a"].tolist()
    for taken in pyfunc.predict(data)["a"], pyfunc.predict(as_sent(tmp_path, pyfunc))["a"]:
        assert str(taken.tolist()) == str(expected)
    assert not [record for record in caplog.records if "JSON" in record.message]


DAY, MOMENT = datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3)
PAIRS = pa.map_(pa.string(), pa.int64())
#: A column each; as a frame and as JSON it reaches the query with the same values.
NESTED = {
    "dates": [DAY, None],
    "lists of dates": [[DAY, None], None],
    "lists of moments": [[MOMENT]],
    "structs of dates": [{"x": DAY}, None],
    "structs of moments": [{"x": MOMENT}, {"x": None}, None],
    "structs in lists": [[{"x": 1, "y": None}], []],
    "lists of structs of moments": [[{"x": MOMENT}]],
    "structs in structs": [{"x": {"y": 1.5}}],
    "decimals": [decimal.Decimal("1.25"), None],
    "lists of decimals": [[decimal.Decimal("1.5")]],
    "structs of decimals": [{"x": decimal.Decimal("1.5")}],
    "lists of 32 bits": [np.array([1.5], dtype="float32")],
    "bytes": [b"x", b"\xff"],
    "times": [datetime.time(1, 2)],
    "maps": pa.array([[("a", 1)], [("b", None)]], PAIRS),
    "lists of lists": [[[1], [None]]],
    "lists of texts": [["Seoul", "Busan", None], ["x\0"], [], None],
    "lists of lists of texts": [[["abc", None]]],
    "structs of lists of texts": [{"t": ["abc", None], "n": 1}],
    "structs of lists of integers": [{"t": [1, None], "u": {"v": [True, None]}}, None],
    "lists of structs of lists of texts": [[{"t": ["abc", None]}]],
    "lists of texts in arrays of numpy": [np.array(["abc", None], dtype=object)],
    "unsigned 64 bits": np.array([2, 1], dtype="uint64"),
}


@pytest.mark.parametrize("column", NESTED.values(), ids=NESTED)
def test_nested_values_pass_as_a_frame_and_as_json(column, tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    example = pa.table({"a": column}) if isinstance(column, pa.Array) else pd.DataFrame({"a": column})
    pyfunc, native = saved(tmp_path, example)
    frame = example.to_pandas() if isinstance(column, pa.Array) else example
    expected = native.predict(frame)["a"].tolist()
    for data in frame, as_sent(tmp_path, pyfunc):
        assert str(pyfunc.predict(data)["a"].tolist()) == str(expected)
    assert not [record for record in caplog.records if "JSON" in record.message or "refuses" in record.message]


@pytest.mark.parametrize(
    ("types", "values"),
    [
        (None, [2**70 + 1, 1]),
        ({"a": "HUGEINT"}, [2**70 + 1, 1]),
        ({"a": "HUGEINT[]"}, [[2**70 + 1, 1]]),
        ({"a": "UHUGEINT"}, [1, 2]),
        (None, np.array([2**63 + 5, 1], dtype="uint64")),
    ],
)
def test_integers_beyond_64_bits_pass_as_a_frame_and_as_json(types, values, tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    example = pd.DataFrame({"a": values if hasattr(values, "dtype") else pd.Series(values, dtype=object)})
    pyfunc, native = saved(tmp_path, example, "SELECT CAST(a AS VARCHAR) AS a FROM input", input_types=types)
    expected = [str(value) for value in values]
    for answer in native.predict(example), pyfunc.predict(example), pyfunc.predict(as_sent(tmp_path, pyfunc)):
        assert answer["a"].tolist() == expected
    assert not [record for record in caplog.records if "JSON" in record.message or "refuses" in record.message]
    assert [check for check in retest(tmp_path / "m") if check.verdict == "bad"] == []


def test_maps_of_lists_with_a_null_pass_as_a_frame_and_as_json(tmp_path) -> None:
    for at, (kind, values) in enumerate([("VARCHAR", ["abc", None]), ("BIGINT", [1, None])]):
        (folder := tmp_path / str(at)).mkdir()
        example = pd.DataFrame({"a": [{"k": values}]})
        pyfunc, _ = saved(folder, example, input_types={"a": f"MAP(VARCHAR, {kind}[])"})
        for data in example, as_sent(folder, pyfunc):
            assert pyfunc.predict(data)["a"].tolist() == [{"k": values}]


def test_an_example_without_null_takes_one_in_lists_of_texts(tmp_path) -> None:
    """MLflow's own Array(string) makes ['S', 'B', 'N'] of it, without a word."""
    pyfunc, _ = saved(tmp_path, pd.DataFrame({"a": [["x"]]}))
    given = [["Seoul", "Busan", None]]
    assert pyfunc.predict(pd.DataFrame({"a": given}))["a"].tolist() == given
    request = {"dataframe_records": [{"a": given[0]}]}
    inputs = pyfunc.metadata.get_input_schema()
    assert pyfunc.predict(infer_and_parse_data(request, inputs))["a"].tolist() == given


def test_lists_of_texts_that_a_signature_changes_are_told_and_stay_the_callers(tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    example = pd.DataFrame({"a": [{"t": ["abc", None]}]})
    kind = Object([Property("t", Array(DataType.string), required=False)])
    saved(tmp_path, example, signature=ModelSignature(inputs=Schema([ColSpec(kind, "a")])))
    (told,) = [record.message for record in caplog.records if "other values" in record.message]
    assert "Column 'a' reaches the model with other values" in told and "Leave signature out" in told
    assert example["a"].tolist() == [{"t": ["abc", None]}]


def test_values_that_json_changes_are_told(tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    saved(tmp_path, pd.DataFrame({"a": [[b"x"]]}))
    (told,) = [record.message for record in caplog.records if "sent as JSON" in record.message]
    assert "Column 'a' of the input example sent as JSON is read as other values" in told


def test_bytes_with_null_have_advice_that_works(tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    saved(tmp_path, pd.DataFrame({"a": [b"x", None]}))
    (told,) = [record.message for record in caplog.records if "MLflow's server" in record.message]
    assert "takes no null in column 'a', whose values are bytes" in told and "from_base64(a)" in told
    caplog.clear()
    (tmp_path / "text").mkdir()
    text = pd.DataFrame({"a": ["eA==", None]})
    pyfunc, _ = saved(tmp_path / "text", text, sql="SELECT from_base64(a) AS a FROM input")
    assert pyfunc.predict(as_sent(tmp_path / "text", pyfunc))["a"].tolist() == [b"x", None]
    assert not [record for record in caplog.records if "server" in record.message]


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ([(1, 2), None], "data['a'].map(list, na_action='ignore')"),
        ([{"x": (1, 2)}], "pass lists for the tuples in its values"),
    ],
)
def test_tuples_have_advice_that_works(values, advice, tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    data = pd.DataFrame({"a": values})
    pyfunc, native = saved(tmp_path, data)
    (told,) = [record.message for record in caplog.records if "mlflow.pyfunc refuses column 'a'" in record.message]
    assert advice in told
    lists = pd.DataFrame({"a": eval(advice, {"data": data, "list": list})}) if "map" in advice else None
    lists = pd.DataFrame({"a": [{"x": [1, 2]}]}) if lists is None else lists
    assert pyfunc.predict(lists)["a"].tolist() == native.predict(data)["a"].tolist()


HOUR = datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("example", "text"),
    [
        (pl.DataFrame({"a": [HOUR, None]}), "01:00:00"),
        (pa.table({"a": pa.array([HOUR, None])}), "01:00:00"),
        (pa.table({"a": pa.array([pa.MonthDayNano([14, -2, 3000]), None])}), "14 months -2 days 00:00:00.000003"),
        (pa.table({"a": pa.array([pa.MonthDayNano([0, 0, 0]), None])}), "00:00:00"),
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


def test_a_column_that_has_no_json_is_named_with_what_to_pass(tmp_path) -> None:
    example = pd.DataFrame({"a": [1], "z": [{1, 2}]})
    with pytest.raises(InputError, match=r"Column 'z' holds it: pass example\['z'\].map\(list, na_action='ignore'\)"):
        saved(tmp_path, example)
    saved(tmp_path, example.assign(z=example["z"].map(list, na_action="ignore")))


@pytest.mark.parametrize("value", [[HOUR], [pd.Timestamp("2024-01-01", tz="UTC")]])
def test_durations_and_zones_within_a_list_have_advice(value, tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    said = ""
    try:
        saved(tmp_path, pd.DataFrame({"a": [value]}))
    except InputError as error:
        said = error.message
    assert "Pass them as text, and CAST that in the query" in said + caplog.text


def test_arrays_of_two_dimensions_have_advice_that_works(tmp_path) -> None:
    data = pd.DataFrame({"a": [np.ones((2, 2)), None]})
    with pytest.raises(InputError, match="no lists of one dimension") as error:
        saved(tmp_path, data)
    advice = re.search(r"data\['a'\].*(?=\.$)", error.value.message)
    assert advice is not None
    pyfunc, _ = saved(tmp_path, pd.DataFrame({"a": eval(advice[0])}))
    assert pyfunc.predict(pd.DataFrame({"a": [[[1.0, 2.0]]]}))["a"].tolist() == [[[1.0, 2.0]]]


def test_a_null_in_an_example_that_is_sent_as_inputs_is_told(tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    example = {"a": 1, "b": None}
    saved(tmp_path, example, "SELECT a, b FROM input")
    (told,) = [record.message for record in caplog.records if "`inputs`" in record.message]
    assert "Column 'b'" in told and "pd.DataFrame([example])" in told
    caplog.clear()
    (tmp_path / "frame").mkdir()
    saved(tmp_path / "frame", pd.DataFrame([example]), "SELECT a, b FROM input")
    assert "`inputs`" not in caplog.text


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
