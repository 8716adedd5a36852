"""The document says what MLflow's server takes and gives: requests and answers are held to its schemas."""

from __future__ import annotations

import json

import jsonschema
import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main

EXAMPLE = pd.DataFrame(
    {
        "n": pd.array([1, None], dtype="Int64"),
        "s": ["x", None],
        "l": [[1.5, None], []],
        "t": pd.to_datetime(["2024-01-02"] * 2),
    }
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("openapi") / "scores"
    mlflow_sql_flavor.save_model(
        "SELECT n, s, l, t, {'a': n, 'b': s} AS r, :k AS k FROM input WHERE n >= :k OR n IS NULL",
        path, input_example=(EXAMPLE, {"k": 1}), bundle_flavor=False, pip_requirements=["mlflow"],
    )  # fmt: skip
    return path


def document(path) -> dict:
    found = CliRunner().invoke(main, ["openapi", str(path)])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def schema(document: dict, name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def check(value: object, document: dict, name: str) -> None:
    jsonschema.validate(value, schema(document, name), cls=jsonschema.Draft202012Validator)


def test_columns_that_mlflow_hands_on_as_they_are_have_their_own_type(tmp_path) -> None:
    types = {"n": "BIGINT", "h": "HUGEINT", "l": "VARCHAR[]", "s": "STRUCT(t VARCHAR[], n INTEGER)", "b": "BLOB[]"}
    mlflow_sql_flavor.save_model("SELECT * FROM input", tmp_path / "m", input_types=types)
    assert document(tmp_path / "m")["components"]["schemas"]["Row"]["properties"] == {
        "n": {"type": "integer", "format": "int64"},
        "h": {"type": "integer"},
        "l": {"type": "array", "items": {"type": ["string", "null"]}},
        "s": {
            "type": "object",
            "properties": {
                "t": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
                "n": {"type": ["integer", "null"], "format": "int32"},
            },
        },
        "b": {"type": "array", "items": {}},
    }


def test_requests_and_answers_are_of_its_schemas(model) -> None:
    from mlflow.models.utils import load_serving_example
    from mlflow.pyfunc.scoring_server import infer_and_parse_data

    found = document(model)
    assert found["openapi"] == "3.1.0" and found["info"]["title"] == "scores"
    request = json.loads(load_serving_example(str(model)))
    check(request, found, "Request")
    check(
        {"dataframe_records": [{"n": None, "s": "x", "l": [1.0], "t": "2024-01-02"}], "params": {"k": 2}},
        found,
        "Request",
    )
    loaded = mlflow.pyfunc.load_model(str(model))
    params = request.pop("params")
    answer = loaded.predict(infer_and_parse_data(request, loaded.metadata.get_input_schema()), params=params)
    rows = json.loads(answer.to_json(orient="records", date_format="iso"))
    assert len(rows) == 2
    for row in rows:
        check(row, found, "Answer")


@pytest.mark.parametrize(
    "request_",
    [
        {}, {"dataframe_records": [{"s": 5, "l": [], "t": "2024-01-02"}]}, {"dataframe_records": [{"n": 1}]},
        {"dataframe_records": [], "params": {"k": "x"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_server_refuses_is_none(model, request_) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(request_, document(model), "Request")


def answers(path, request: dict) -> list:
    """What MLflow's server answers, row by row."""
    import io

    from mlflow.pyfunc.scoring_server import infer_and_parse_data, predictions_to_json

    loaded = mlflow.pyfunc.load_model(str(path))
    params = request.pop("params", None)
    given = infer_and_parse_data(request, loaded.metadata.get_input_schema())
    text = io.StringIO()
    predictions_to_json(loaded.predict(given, params=params), text)
    return json.loads(text.getvalue())["predictions"]


PLAIN = {"bundle_flavor": False, "pip_requirements": ["mlflow"]}


def test_one_column_is_answered_as_records(tmp_path) -> None:
    example = pd.DataFrame({"a": ["x"]})
    mlflow_sql_flavor.save_model(
        "SELECT 1 AS n, a AS b FROM input", tmp_path / "m", prediction_column="b", input_example=example, **PLAIN
    )
    found = document(tmp_path / "m")
    (row,) = answers(tmp_path / "m", {"dataframe_records": [{"a": "x"}]})
    assert row == {"b": "x"}
    check(row, found, "Answer")
    assert "Parameters" not in found["components"]["schemas"]
    with pytest.raises(jsonschema.ValidationError):
        check("x", found, "Answer")
    for no_rows in ({"dataframe_records": []}, {"inputs": {}}):
        with pytest.raises(mlflow.MlflowException):
            answers(tmp_path / "m", dict(no_rows))
        with pytest.raises(jsonschema.ValidationError):
            check(no_rows, found, "Request")


def test_no_input_a_default_that_is_no_number_and_a_list(tmp_path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT :f AS f, 1 IN (:l) AS l",
        tmp_path / "m",
        input_example=(None, {"f": float("nan"), "l": [1, 2]}),
        **PLAIN,
    )
    found = document(tmp_path / "m")
    assert "default" not in found["components"]["schemas"]["Parameters"]["properties"]["f"]
    request = {"inputs": {}, "params": {"f": 1.5, "l": [1]}}
    check(request, found, "Request")
    (row,) = answers(tmp_path / "m", dict(request))
    assert row == {"f": 1.5, "l": True}
    check(row, found, "Answer")
    null = {"inputs": {}, "params": {"l": None}}
    with pytest.raises(mlflow.MlflowException):
        answers(tmp_path / "m", dict(null))
    with pytest.raises(jsonschema.ValidationError):
        check(null, found, "Request")
