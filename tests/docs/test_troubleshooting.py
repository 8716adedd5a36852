"""Each message of docs/troubleshooting.md is one that is really said, and each class of error has the code it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel, errors
from mlflow_sql_flavor.mlflow_errors import public

from .charts import table_under

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", PAGE, flags=re.M)
ROWS = pd.DataFrame({"a": [1, 2], "s": ["x", "y"]})
INPUT = "SELECT a, s FROM input"


def said(head: str) -> list[str]:
    """The messages of all tables with this head."""
    return [row[0].strip("`") for text in SECTIONS if head in text for row in table_under(text, head)[1:]]


MESSAGES = said("| message |")


def saved(sql: str, example: Any = ROWS, dialect: str = "duckdb", **more: Any) -> None:
    given = {"bundle_flavor": False, "pip_requirements": ["mlflow"], **more}
    mlflow_sql_flavor.save_model(sql, "model", dialect=dialect, input_example=example, **given)


def refused(sql: str, dialect: str = "duckdb", example: Any = ROWS, **more: Any) -> Callable[[], Any]:
    return lambda: saved(sql, example, dialect, **more)


def asked(sql: str, data: Any = ROWS, params: Any = None, dialect: str = "duckdb", **more: Any) -> Callable[[], Any]:
    return lambda: SQLModel(sql, dialect=dialect, **more).predict(data, params)


def through_mlflow(data: Any) -> Callable[[], Any]:
    def call() -> None:
        saved(INPUT)
        mlflow.pyfunc.load_model("model").predict(data)

    return call


def natively(sql: str, data: Any, params: Any = None) -> Callable[[], Any]:
    def call() -> None:
        saved(sql, (ROWS, {"by": 2}) if ":by" in sql else ROWS)
        mlflow_sql_flavor.load_model("model").predict(data, params)

    return call


def loaded(change: Callable[[], Any] = lambda: None, config: Any = None, **more: Any) -> Callable[[], Any]:
    def call() -> None:
        saved(INPUT if not more else "SELECT half(a) AS h FROM input", **more)
        change()
        mlflow_sql_flavor.load_model("model", model_config=config)

    return call


def half(a: float) -> float:
    return a / 2


def newer() -> None:
    file = Path("model/MLmodel")
    file.write_text(file.read_text().replace("format_version: 2", "format_version: 9"))


def twice() -> None:
    saved(INPUT)
    saved(INPUT)


MANY = "SELECT count(*) AS n FROM input AS b, input AS c, input AS d WHERE b.a * c.a * d.a > 7"
#: What brings about each message, in the order of the page.
TRIED: dict[str, Callable[[], Any]] = {
    "DuckDB cannot read the query": refused("SELEC a FROM input"),
    "Referenced column": refused("SELECT aa FROM input"),
    "The query reads its input": refused("SELECT a FROM input", example=None),
    "Table … is neither": refused("SELECT a FROM input JOIN more USING (a)"),
    "Parameter … has no type": refused("SELECT a FROM input WHERE a > :low"),
    "… has no function": refused("SELECT foobar(a) AS b FROM input", "postgres"),
    "This output has no name": refused("SELECT a + 1 FROM input", "tsql"),
    "A model is one query": refused("SELECT 1 AS a; SELECT 2 AS a"),
    "… is not allowed": refused("SELECT * FROM read_csv('x.csv')"),
    "The query holds a template": refused("SELECT a FROM {{ ref('x') }}"),
    "Strict:": refused("SELECT array_positions(string_to_array(s, ','), 'b') AS u FROM input", "postgres", strict=True),
    "The model does not give": refused(
        "SELECT a / 2 AS q FROM input", "postgres", expected_output=pd.DataFrame({"q": [0.5, 1.0]})
    ),
    "Path … already exists": twice,
    "Model is missing inputs": through_mlflow(ROWS[["s"]]),
    "Incompatible input types": through_mlflow(ROWS.assign(a=[1, None])),
    "The input lacks column": natively(INPUT, ROWS[["s"]]),
    "The model has no parameter": natively("SELECT a * :by AS b FROM input", ROWS, {"bi": 2}),
    "Parameter … is of type": natively("SELECT a * :by AS b FROM input", ROWS, {"by": "two"}),
    "The query divides by zero": asked("SELECT 1 / (a - 1) AS n FROM input", dialect="postgres"),
    "A value of output column": asked("SELECT sum(a) AS n FROM input", pd.DataFrame({"a": [2**62] * 3})),
    "The query ran longer": asked(MANY, pd.DataFrame({"a": range(2000)}), limits={"timeout_seconds": 0.2}),
    "The query needs more memory": asked(
        "SELECT count(DISTINCT b.a * 10000 + c.a) AS n FROM input AS b, input AS c",
        pd.DataFrame({"a": range(3000)}),
        limits={"memory_limit": "32MB"},
    ),
    "The result has more": asked(INPUT, limits={"max_rows": 1}),
    "The model's file": loaded(lambda: Path("model/input_example.json").unlink()),
    "The model is of format_version": loaded(newer),
    "The model has Python functions": loaded(udfs=[half]),
    "model_config has no key": loaded(config={"timeout_secs": 3}),
    "The model has no reference table": loaded(config={"tables": {"prices": ROWS}}),
    "No such artifact": lambda: mlflow_sql_flavor.load_model("nowhere"),
}


@pytest.mark.parametrize("start", TRIED)
def test_a_message_of_the_page(start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = [message for message in MESSAGES if message.startswith(start)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(MlflowException) as error:
        TRIED[start]()
    # What stands for a name is on the same line: two sentences are not taken for one.
    assert re.search(".+?".join(map(re.escape, re.split(" ?… ?", row))), error.value.message), error.value.message


def test_every_message_is_tried() -> None:
    assert [message for message in MESSAGES if sum(map(message.startswith, TRIED)) != 1] == []
    assert len(MESSAGES) == len(TRIED)


@public
def fails(kind: type[errors.SQLModelError]) -> None:
    raise kind("It failed.")


def test_the_codes_of_the_classes() -> None:
    (section,) = [text for text in SECTIONS if text.startswith("Errors by class")]
    found = {row[0].strip("`"): (row[1].strip("`"), int(row[2])) for row in table_under(section, "| class |")[1:]}
    raised = {}
    for name in errors.__all__:
        if isinstance(getattr(errors, name), type):
            with pytest.raises(MlflowException) as error:
                fails(getattr(errors, name))
            raised[name] = error.value.error_code, error.value.get_http_status_code()
    assert found == raised
