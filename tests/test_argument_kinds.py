"""Every public argument, given what is no such thing: one sentence as MLflow's error, never a bare Python one."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

import mlflow_sql_flavor as flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError

WRONG = {"int": 3, "object": object(), "list": [1], "dict": {1: 2}, "bytes": b"x", "text": "x"}
SQL = "SELECT 1 AS a"
ROWS = pd.DataFrame({"a": [1.0, 2.0]})


@cache
def model() -> SQLModel:
    return SQLModel(SQL)


def estimator() -> Any:
    return LinearRegression().fit(ROWS, ROWS["a"])


def connection() -> Any:
    return duckdb.connect()


#: ``{public function: (how it is called, arguments that are right)}``.
CALLS: dict[str, tuple[Callable[..., Any], Callable[[Path], dict[str, Any]]]] = {
    "SQLModel": (SQLModel, lambda folder: {"sql": SQL}),
    "SQLModel.bind": (lambda **given: model().bind(**given), lambda folder: {}),
    "SQLModel.predict": (lambda **given: model().predict(**given), lambda folder: {}),
    "SQLModel.predict_batches": (lambda **given: model().predict_batches(**given), lambda folder: {"data": None}),
    "SQLModel.verify": (lambda **given: model().verify(**given), lambda folder: {"expected": ROWS}),
    "SQLModel.run_on": (lambda **given: model().run_on(**given), lambda folder: {"connection": connection()}),
    "SQLModel.verify_on": (lambda **given: model().verify_on(**given), lambda folder: {"connection": connection()}),
    "SQLModel.to_sql": (lambda **given: model().to_sql(**given), lambda folder: {"dialect": "postgres"}),
    "SQLModel.copy": (lambda **given: model().copy(**given), lambda folder: {}),
    "save_model": (flavor.save_model, lambda folder: {"sql_model": SQL, "path": folder / "model"}),
    # A query that is refused: what log_model itself takes is looked at before, what it hands on in save_model.
    "log_model": (flavor.log_model, lambda folder: {"sql_model": "SELECT", "name": "x"}),
    "load_model": (flavor.load_model, lambda folder: {"model_uri": str(folder)}),
    "from_sklearn": (flavor.from_sklearn, lambda folder: {"estimator": estimator(), "X": ROWS}),
    "from_dbt": (flavor.from_dbt, lambda folder: {"project_or_target_dir": folder, "model": "x"}),
    "diff": (flavor.diff, lambda folder: {"a": model(), "b": model()}),
    "get_default_pip_requirements": (flavor.get_default_pip_requirements, lambda folder: {}),
    "get_default_conda_env": (flavor.get_default_conda_env, lambda folder: {}),
}


def arguments(name: str) -> list[str]:
    found: Any = flavor
    for part in name.split("."):
        found = getattr(found, part)
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        each.name for each in inspect.signature(found).parameters.values() if each.kind in kinds and each.name != "self"
    ]


#: MLflow's store, which only a call of it makes, takes seconds to make.
SLOW = {"log_model": (pytest.mark.ci,)}


@pytest.mark.parametrize(
    ("name", "argument"),
    [pytest.param(name, each, marks=SLOW.get(name, ())) for name in CALLS for each in arguments(name)],
)
def test_no_kind_of_argument_leaves_a_bare_error(name, argument, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, right = CALLS[name]
    for kind, value in WRONG.items():
        folder = tmp_path / kind
        folder.mkdir()
        # Of code, files and the folder of a model MLflow says so itself, as for every flavor.
        mlflows = (TypeError, OSError) if argument in ("code_paths", "extra_files", "model_uri", "a", "b") else ()
        with contextlib.suppress(MlflowException, *mlflows):
            call(**{**right(folder), argument: value})


def test_every_public_function_is_called() -> None:
    """A new one, or a new method of SQLModel, has its arguments given wrong kinds too."""
    functions = {name for name in flavor.__all__ if inspect.isroutine(getattr(flavor, name))}
    methods = {
        f"SQLModel.{name}" for name, each in vars(SQLModel).items() if inspect.isfunction(each) and name[0] != "_"
    }
    assert set(CALLS) == functions | methods | {"SQLModel"}


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("SQLModel", {"udfs": 3}, "Argument udfs takes a list of functions or None, not an int."),
        ("SQLModel", {"udfs": connection}, "Argument udfs takes a list of functions or None, not a function."),
        (
            "SQLModel",
            {"signature": "x"},
            "Argument signature takes an mlflow.models.ModelSignature or None, not a str.",
        ),
        ("SQLModel", {"prediction_column": 3}, "Argument prediction_column takes a text or None, not an int."),
        ("SQLModel", {"allow": "hash"}, "Argument allow takes a list of texts or None, not a str."),
        ("save_model", {"allow": 3}, "Argument allow takes a list of texts or None, not an int."),
        (
            "save_model",
            {"allow": ["hash", 3]},
            "Argument allow takes a list of texts or None, not a list of str, int.",
        ),
        (
            "save_model",
            {"input_types": {"a": 3}},
            "Argument input_types takes a dict of texts to texts or pyarrow.DataTypes, a pyarrow.Schema or None, "
            "not a dict of str to int.",
        ),
        ("save_model", {"path": None}, "Argument path takes a text or a path, not None."),
        ("save_model", {"strict": "x"}, "Argument strict takes a bool or None, not a str."),
        (
            "log_model",
            {"tags": {1: 2}},
            "Argument tags takes a dict of texts to values or None, not a dict of int to int.",
        ),
        ("log_model", {"step": "x"}, "Argument step takes a whole number, not a str."),
        ("from_dbt", {"input": 5}, "Argument input takes a text or None, not an int."),
        ("load_model", {"model_uri": object()}, "Argument model_uri takes a text or a path, not an object."),
        ("from_sklearn", {"probabilities": 1}, "Argument probabilities takes a bool, not an int."),
        (
            "SQLModel.predict_batches",
            {"output": b"x"},
            "Argument output takes a text, a path or None, not a bytes.",
        ),
        (
            "SQLModel.run_on",
            {"into": {1: 2}},
            "Argument into takes a text, a list of texts or None, not a dict of int to int.",
        ),
    ],
)
def test_a_sentence_says_which_what_and_what_instead(name, given, sentence, tmp_path) -> None:
    call, right = CALLS[name]
    with pytest.raises(InputError) as caught:
        call(**{**right(tmp_path), **given})
    assert isinstance(caught.value, MlflowException)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    "given",
    [
        {"allow": None},
        {"allow": {"hash"}},
        {"allow": {"hash": 1}.keys()},
        {"strict": np.True_},
        {"signature": False},
        {"input_types": pa.schema({"a": pa.int32()})},
        {"input_types": {"a": pa.int32(), "b": "BIGINT"}},
        {"metadata": MappingProxyType({"a": 1})},
        {"extra_pip_requirements": iter(["numpy"])},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_is_such_a_thing_is_taken(given, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    flavor.save_model("SELECT a FROM input" if "input_types" in given else SQL, "model", **given)
    assert Path("model/MLmodel").is_file()
