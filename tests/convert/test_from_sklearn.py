"""What is refused and how it is said; the model as any other: saved, loaded, batched."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

import mlflow  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.decomposition import FactorAnalysis  # noqa: E402
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier  # noqa: E402
from sklearn.linear_model import Ridge, SGDClassifier  # noqa: E402
from sklearn.naive_bayes import GaussianNB  # noqa: E402
from sklearn.neighbors import KNeighborsRegressor  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer, StandardScaler  # noqa: E402
from sklearn.svm import SVR  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import InputError, QueryError  # noqa: E402

from .same import assert_same, numbers, people, target  # noqa: E402

X = numbers(120)
Y = target(X)


class Doubled(Ridge):
    """What a user may inherit and change."""

    def predict(self, data: Any) -> Any:
        return 2 * super().predict(data)


class Inside(Ridge):
    """The same where only its answers tell."""

    def _decision_function(self, data: Any) -> Any:
        return 2 * super()._decision_function(data)


class Rounded(StandardScaler):
    def transform(self, X: Any, copy: bool | None = None) -> Any:
        return np.round(super().transform(X, copy))


def columns(name: str, step: Any) -> ColumnTransformer:
    return ColumnTransformer([(name, step, list(X))])


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (SVR(), r"^SVR cannot be converted: log it with mlflow\.sklearn\.$"),
        (KNeighborsRegressor(), "^KNeighborsRegressor cannot be converted"),
        (
            Pipeline([("few", FactorAnalysis(2)), ("last", Ridge())]),
            r"step 'few' \(FactorAnalysis\) cannot be converted\. Fit without it, or log the whole with mlflow\.sk",
        ),
        (
            Pipeline([("all", columns("few", FactorAnalysis(2))), ("last", Ridge())]),
            r"step 'all__few' \(Fac",
        ),
        (make_pipeline(FunctionTransformer(np.abs), Ridge()), "step 'functiontransformer'.*calls a Python function"),
        (make_pipeline(StandardScaler(), SVR()), r"step 'svr' \(SVR\)"),
        (GradientBoostingRegressor(n_estimators=2, init=Ridge()), r"initial estimator \(Ridge\) is not a constant"),
        (Doubled(), r"^Doubled cannot be converted: .* its own, Doubled\.predict"),
        (make_pipeline(Rounded(), Ridge()), r"^step 'rounded' \(Rounded\).*Rounded\.transform"),
        (
            Inside(),
            "120 of 120 values of 'prediction' are not the estimator's, first in row 0 of X: .* in SQL, .* in sc",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_converted_is_named(estimator: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        mlflow_sql_flavor.from_sklearn(estimator.fit(X, Y), X)


def test_a_number_that_sql_cannot_write() -> None:
    made = GaussianNB(priors=[0.0, 1.0]).fit(X, target(X, 2))
    with pytest.raises(
        QueryError, match=r"^GaussianNB cannot be converted: it holds .*-inf\. Fit it another way, or log"
    ):
        mlflow_sql_flavor.from_sklearn(made, X)


def test_probabilities_without_a_formula_are_refused_by_name() -> None:
    made = SGDClassifier(loss="modified_huber", random_state=0).fit(X, target(X, 3))
    with pytest.raises(QueryError, match=r"SGDClassifier.*predict_proba.*pass probabilities=False"):
        mlflow_sql_flavor.from_sklearn(made, X)
    assert_same(made, X, probabilities=False)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X.to_numpy(), "X is a pandas DataFrame"),
        (X.head(0), "X has no rows"),
        (X.set_axis([1, 2, 3, 4], axis=1), "named by text"),
        (X[X.columns[::-1]], "other columns than the estimator was fitted on, or in another order"),
        (X.assign(few=pd.Timestamp("2024-01-01")), "'few' of X holds datetime"),
    ],
)
def test_an_unfit_x(data: Any, message: str) -> None:
    made = Ridge().fit(X, Y)
    with pytest.raises(InputError, match=message):
        mlflow_sql_flavor.from_sklearn(made, data)


def test_an_unfit_estimator() -> None:
    with pytest.raises(QueryError, match="Ridge is not fitted"):
        mlflow_sql_flavor.from_sklearn(Ridge(), X)
    with pytest.raises(QueryError, match="int is not an estimator of scikit-learn, XGBoost, LightGBM or CatBoost"):
        mlflow_sql_flavor.from_sklearn(3, X)
    with pytest.raises(InputError, match="'x0' and 'X0' are the same name"):
        twins = pd.DataFrame({"x0": X["x0"], "X0": X["x1"]})
        mlflow_sql_flavor.from_sklearn(Ridge().fit(twins, Y), twins)


def test_missing_values_the_estimator_refuses_are_said_at_once() -> None:
    with pytest.raises(QueryError, match=r"The estimator itself cannot predict on X: .*NaN"):
        mlflow_sql_flavor.from_sklearn(Ridge().fit(X, Y), X.assign(few=np.nan))


def test_text_without_an_encoder() -> None:
    data = people()
    made = make_pipeline(StandardScaler(), Ridge()).fit(data[["age", "income"]], data["age"])
    data["income"] = data["income"].astype(str)
    with pytest.raises(QueryError, match="income"):
        mlflow_sql_flavor.from_sklearn(made, data[["age", "income"]])


def test_saved_loaded_and_cut_into_batches(tmp_path: Path) -> None:
    made = RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, target(X, 3))
    model = mlflow_sql_flavor.from_sklearn(made, X, prediction_column="prediction")
    mlflow_sql_flavor.save_model(model, tmp_path / "m", input_example=X.head())
    loaded = mlflow_sql_flavor.load_model(tmp_path / "m")
    assert loaded.sql == model.sql and "RandomForestClassifier of scikit-learn" in loaded.sql.splitlines()[0]
    assert loaded.spec.rows == "independent"
    pd.testing.assert_frame_equal(loaded.predict(X), model.predict(X))
    answer = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(X)
    assert answer.tolist() == made.predict(X).tolist()


def test_the_package_stays_light() -> None:
    """Neither importing it nor loading a converted model needs scikit-learn."""
    code = (
        "import sys, mlflow_sql_flavor\n"
        "assert callable(mlflow_sql_flavor.from_sklearn)\n"
        "print([name for name in ('sklearn', 'orbital', 'duckdb', 'sqlglot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2] / "docs" / "sklearn.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        exec(block, {})
    assert (tmp_path / "progression" / "MLmodel").is_file()
