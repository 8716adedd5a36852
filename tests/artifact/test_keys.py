"""Declared keys: held against the table, kept in MLmodel, held against data that takes the table's place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.artifact.tables import ReferenceTable
from mlflow_sql_flavor.model import compiled_model_of

CUSTOMERS = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"], "city": ["x", "x", "y"], "none": [1, 1, None]})
JOIN = "SELECT i.id, c.name FROM input i LEFT JOIN customers c ON c.id = i.id"
GROUPED = """SELECT c.id, c.name, upper(c.city) AS town, sum(i.amount) AS total
FROM customers c JOIN input i ON i.customer = c.id GROUP BY c.id HAVING c.city <> 'z' ORDER BY c.name"""
BOUGHT = pd.DataFrame({"customer": [1, 1, 2], "amount": [1.5, 2.5, 4.0]})


def saved(path: Path, **given: Any) -> dict[str, Any]:
    mlflow_sql_flavor.save_model(
        JOIN,
        path,
        tables={"customers": CUSTOMERS},
        input_types={"id": "BIGINT"},
        bundle_flavor=False,
        pip_requirements=[],
        **given,
    )
    return yaml.safe_load((path / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"customers": ["ID"]}, {"customers": [["id"]]}),
        ({"Customers": "id"}, {"customers": [["id"]]}),
        ({"customers": [["id"], ["name", "city"]]}, {"customers": [["id"], ["name", "city"]]}),
        (None, {}),
    ],
)
def test_they_are_kept(tmp_path: Path, given: Any, stored: dict[str, Any]) -> None:
    assert saved(tmp_path / "m", keys=given)["keys"] == stored
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert list(model.predict(pd.DataFrame({"id": [2, 9]}))["name"].fillna("-")) == ["b", "-"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"customers": ["city"]}, "city is no key of reference table 'customers': its rows repeat values"),
        ({"customers": ["none"]}, "none is no key"),
        ({"customers": ["nmae"]}, "column 'nmae', which reference table 'customers' does not have. Did you mean"),
        ({"costumers": ["id"]}, "no reference table. Did you mean 'customers'"),
        ({"customers": []}, "names no column"),
        (["id"], "Argument keys takes a dict of texts to lists of columns"),
    ],
)
def test_what_is_no_key_is_refused(given: Any, sentence: str) -> None:
    with pytest.raises(MlflowException, match=sentence.replace("(", r"\(")):
        SQLModel(JOIN, tables={"customers": CUSTOMERS}, keys=given)


def test_newer_data_has_the_key(tmp_path: Path) -> None:
    saved(tmp_path / "m", keys={"customers": [["id"], ["name"]]})

    def load(table: pd.DataFrame) -> SQLModel:
        return mlflow_sql_flavor.load_model(str(tmp_path / "m"), model_config={"tables": {"customers": table}})

    newer = CUSTOMERS.assign(name=["k", "l", "m"])
    assert list(load(newer).predict(pd.DataFrame({"id": [2]}))["name"]) == ["l"]
    with pytest.raises(MlflowException, match="name is no key of reference table 'customers'"):
        load(CUSTOMERS.assign(name=["a", "a", "b"]))
    with pytest.raises(MlflowException, match="name is no key"):
        load(CUSTOMERS.assign(name=["a", None, "b"]))


def test_the_rows_rest_on_it_without_another_look(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    looked = ReferenceTable.unique
    monkeypatch.setattr(
        ReferenceTable, "unique", lambda self, columns, loose=(): asked.append(1) or looked(self, columns, loose)
    )
    model = SQLModel(JOIN, tables={"customers": CUSTOMERS}, keys={"customers": ["id"]})
    assert compiled_model_of(model).bind({"id": "BIGINT"}).program.rows == "independent"
    assert len(asked) == 1  # when it was declared


def test_a_group_by_the_key_decides_the_other_columns() -> None:
    """PostgreSQL's manual, SELECT, GROUP BY: functional dependence on the primary key."""
    model = SQLModel(GROUPED, "postgres", {"customers": CUSTOMERS}, keys={"customers": ["id"]})
    found = model.predict(BOUGHT)
    assert found.to_dict("list") == {"id": [1, 2], "name": ["a", "b"], "town": ["X", "X"], "total": [4.0, 4.0]}


@pytest.mark.parametrize("keys", [None, {"customers": ["name"]}])
def test_without_that_key_it_is_refused(keys: Any) -> None:
    with pytest.raises(MlflowException, match="GROUP BY"):
        SQLModel(GROUPED, "postgres", {"customers": CUSTOMERS}, keys=keys).predict(BOUGHT)


def test_a_file_that_names_a_key_of_no_table_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "m")
    text = (tmp_path / "m" / "MLmodel").read_text(encoding="utf-8")
    (tmp_path / "m" / "MLmodel").write_text(text.replace("    keys: {}", "    keys: {other: [[id]]}"), encoding="utf-8")
    with pytest.raises(MlflowException, match="keys name 'other', which is no table"):
        mlflow_sql_flavor.load_model(str(tmp_path / "m"))
