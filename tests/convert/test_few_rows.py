"""The text for few rows: the very answers of the other one, and no way past what is checked of a query."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

sklearn = pytest.importorskip("sklearn")

from sklearn import ensemble, tree  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor import SQLModel  # noqa: E402
from mlflow_sql_flavor.compile import duckdb_binding  # noqa: E402
from mlflow_sql_flavor.compile.gates.row_number import with_row_id  # noqa: E402
from mlflow_sql_flavor.engines import query_check  # noqa: E402
from mlflow_sql_flavor.engines.empty_instance import EMPTY_INSTANCE  # noqa: E402
from mlflow_sql_flavor.engines.program import Program  # noqa: E402
from mlflow_sql_flavor.errors import InputError, LimitError, QueryError, SQLModelError  # noqa: E402
from mlflow_sql_flavor.model import compiled_model_of  # noqa: E402
from mlflow_sql_flavor.query.facts.parse_tree import statement_of  # noqa: E402
from mlflow_sql_flavor.query.facts.rows import RowPlan  # noqa: E402

from .same import cases, missing, numbers, people, target  # noqa: E402

X = numbers(300)
GAPS = missing(X)
Y, THREE = target(X), target(X, 3)


#: Named like parts of the text, and as many as there are features.
ODD = GAPS.fillna(0.0).set_axis(["n", "x", "nodes", "sums"], axis=1)


def forest() -> Any:
    return ensemble.RandomForestRegressor(4, max_depth=7, random_state=0)


def cities() -> pd.DataFrame:
    return missing(X).assign(city=people(300)["city"].astype("category"))


MODELS: dict[str, Any] = {
    "boosting": lambda: (ensemble.GradientBoostingRegressor(n_estimators=40, random_state=0).fit(X, Y), X),
    "boosting, zero": lambda: (ensemble.GradientBoostingRegressor(n_estimators=30, init="zero").fit(X, Y), X),
    "boosting, classes": lambda: (ensemble.GradientBoostingClassifier(n_estimators=11).fit(X, THREE), X),
    "forest, classes": lambda: (ensemble.RandomForestClassifier(9, random_state=0).fit(GAPS, THREE), GAPS),
    "forest": lambda: (ensemble.RandomForestRegressor(5, max_leaf_nodes=60, random_state=0).fit(GAPS, Y), GAPS),
    "one tree": lambda: (tree.DecisionTreeRegressor(random_state=0).fit(X, Y), X),
    "histogram": lambda: (
        ensemble.HistGradientBoostingRegressor(max_iter=20, categorical_features="from_dtype").fit(cities(), Y),
        cities(),
    ),
    "in a pipeline": lambda: (
        make_pipeline(
            ColumnTransformer([("city", OneHotEncoder(sparse_output=False), ["city"])], remainder="passthrough"),
            ensemble.ExtraTreesRegressor(6, max_leaf_nodes=50, random_state=0),
        ).fit(people(300), Y),
        people(300),
    ),
    "votes": lambda: (
        ensemble.VotingRegressor([("a", forest()), ("b", make_pipeline(StandardScaler(), forest()))]).fit(ODD, Y),
        ODD,
    ),
    "probabilities": lambda: (CalibratedClassifierCV(ensemble.RandomForestClassifier(5), cv=2).fit(X, THREE), X),
    "boosted forests": lambda: (ensemble.AdaBoostRegressor(forest(), n_estimators=2).fit(X, Y), X),
    "median of trees": lambda: (
        ensemble.AdaBoostRegressor(tree.DecisionTreeRegressor(max_depth=6), n_estimators=10, random_state=0).fit(X, Y),
        X,
    ),
    "of a logarithm": lambda: (
        TransformedTargetRegressor(forest(), func=np.log, inverse_func=np.exp).fit(X, np.exp(Y)),
        X,
    ),
}


def alone(model: SQLModel) -> SQLModel:
    """The text that is shown, for any number of rows."""
    return SQLModel(model.sql, signature=model.signature)


QUICK = ["boosting", "forest, classes"]


@pytest.mark.parametrize("name", cases(QUICK, [name for name in MODELS if name not in QUICK]))
def test_the_very_same_answers(name: str, tmp_path: Path) -> None:
    estimator, data = MODELS[name]()
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    mlflow_sql_flavor.save_model(model, tmp_path / "m", input_example=data.head())
    loaded = mlflow_sql_flavor.load_model(tmp_path / "m")
    bound = compiled_model_of(loaded).bound[-1]
    assert bound.few is not None and set(bound.few.program.constants) >= {"nodes"}
    assert len(bound.few.program.sql) < len(loaded.spec.few_rows.duckdb_sql) / 2
    new = data.sample(frac=1.0, random_state=1)
    floats = list(new.select_dtypes("float"))
    new[floats] = new[floats].mask(np.random.default_rng(3).random((len(new), len(floats))) < 0.1)
    new.loc[new.index[0], floats[0]] = np.inf
    shown = alone(model)
    for rows in (new, new.head(1), new.head(0), data):
        expected = shown.predict(rows)
        pd.testing.assert_frame_equal(model.predict(rows), expected, check_exact=True)
        pd.testing.assert_frame_equal(loaded.predict(rows), expected, check_exact=True)


def test_many_rows_run_the_text_that_is_shown() -> None:
    model = SQLModel("SELECT a, 'many' AS text FROM input", few_rows=(2, "SELECT a, 'few' AS text FROM input"))
    assert model.predict({"a": [1, 2]})["text"].tolist() == ["few", "few"]
    assert model.predict({"a": [1, 2, 3]})["text"].tolist() == ["many"] * 3
    assert model.copy().predict({"a": [1]})["text"].tolist() == ["few"]


def test_a_busy_machine_makes_no_other_model() -> None:
    """A time that is over is an error, not a query whose rows are of another kind."""

    def late(*_: Any) -> Any:
        raise LimitError("It does not open within 17 s.")

    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        tree = statement_of(query_check.parse_tree(cursor, "SELECT a FROM input"))
    program = Program("SELECT a FROM input", "input", None, {"a": "BIGINT"}, "table", None)
    with pytest.raises(LimitError, match="17 s"):
        with_row_id(program, RowPlan("independent", "", tree=tree), EMPTY_INSTANCE, late)


def test_arrays_that_are_known_to_be_small_are_bound_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are when the model is loaded; a process of its own takes seconds."""

    def never(*_: Any) -> Any:
        raise AssertionError("bound in another process")

    monkeypatch.setattr(duckdb_binding, "bind_apart", never)
    estimator, data = MODELS["forest, classes"]()
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    assert compiled_model_of(model).definition.few_rows is not None


@pytest.mark.parametrize("names", [("a", "b"), ("b", "n"), ("n", "model")])
def test_a_step_may_have_the_name_of_a_variable(names: tuple[str, str]) -> None:
    steps = zip(names, (StandardScaler(), ensemble.GradientBoostingRegressor(n_estimators=30)), strict=True)
    estimator = Pipeline(list(steps)).fit(X, Y)
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    assert compiled_model_of(model).definition.few_rows is not None
    assert np.allclose(model.predict(X[:3])["prediction"], estimator.predict(X[:3]), rtol=1e-12, atol=0)


def test_neither_a_small_tree_nor_a_deep_one_has_another_text() -> None:
    small = mlflow_sql_flavor.from_sklearn(tree.DecisionTreeRegressor(max_depth=3).fit(X, Y), X)
    chain = pd.DataFrame({"x": np.arange(300.0)})
    deep = tree.DecisionTreeRegressor().fit(chain, [1.3**i for i in range(300)])
    assert deep.get_depth() > 60 and deep.get_n_leaves() > 200
    for model in (small, mlflow_sql_flavor.from_sklearn(deep, chain)):
        assert compiled_model_of(model.copy()).definition.few_rows is None


@pytest.mark.parametrize("given", [3, (0, "SELECT 1"), ("3", "SELECT 1"), (1, "SELECT 1", 2)])
def test_what_is_no_pair_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="few_rows is"):
        SQLModel("SELECT a FROM input", few_rows=given)


@pytest.mark.parametrize(
    "sql",
    ["SELECT a AS b FROM input", "SELECT a::VARCHAR AS a FROM input", "SELECT sum(a) AS a FROM input", "SELECT 1 AS a"],
)
def test_another_answer_is_refused(sql: str) -> None:
    with pytest.raises(QueryError, match="few_rows has other columns, rows, parameters or tables"):
        SQLModel("SELECT a FROM input", few_rows=(5, sql)).predict({"a": [1]})


def test_other_values_on_the_example_are_refused(tmp_path: Path) -> None:
    model = SQLModel("SELECT a + 1 AS b FROM input", few_rows=(5, "SELECT a + 2 AS b FROM input"))
    with pytest.raises(Exception, match="other rows than the query"):
        mlflow_sql_flavor.save_model(model, tmp_path / "m", input_example=pd.DataFrame({"a": [1]}))
    assert not (tmp_path / "m" / "MLmodel").exists()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT content AS a FROM read_text('/etc/passwd')", "read_text"),
        ("WITH n AS (SELECT CAST(getenv('HOME') AS VARCHAR) AS a) SELECT a FROM n", "getenv"),
        ("SELECT a FROM other", "other"),
        ("SELECT a::VARCHAR AS a FROM input", "few_rows has other columns"),
        ("SELECT a FROM input ORDER BY random()", "."),
        ("WITH n AS (SELECT CAST('[1]' AS INTEGER[]) AS l) SELECT a FROM input, n, n AS m WHERE a > 1", "."),
        ("INSERT INTO n VALUES (1)", "."),
    ],
)
def test_an_edited_text_is_judged_like_any_other(sql: str, message: str, tmp_path: Path) -> None:
    model = SQLModel("SELECT a FROM input", few_rows=(5, "SELECT a FROM input"))
    mlflow_sql_flavor.save_model(model, tmp_path / "m", input_example=pd.DataFrame({"a": [1]}))
    path = tmp_path / "m" / "MLmodel"
    section = yaml.safe_load(path.read_text(encoding="utf-8"))
    section["flavors"]["sql"]["few_rows"]["duckdb_sql"] = sql
    path.write_text(yaml.safe_dump(section), encoding="utf-8")
    with pytest.raises(Exception, match=message) as caught:
        mlflow_sql_flavor.load_model(tmp_path / "m")
    assert isinstance(caught.value, SQLModelError) or type(caught.value).__name__ == "MlflowException"
