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


def test_one_column_and_no_input(tmp_path) -> None:
    mlflow_sql_flavor.save_model("SELECT 1 AS a, 'x' AS b", tmp_path / "m", prediction_column="b", bundle_flavor=False,
                                 pip_requirements=["mlflow"])  # fmt: skip
    found = document(tmp_path / "m")
    check("x", found, "Answer")
    assert "Parameters" not in found["components"]["schemas"]
