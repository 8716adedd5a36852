"""A SQL baseline beside a trained model: hold-out, k-fold and bootstrap, for a number and for a class.

    pip install scikit-learn
    python docs/examples/evaluate_baseline.py

The baseline of the number is the mean of the training rows in the same band, joined from a reference table; that of
the class is a rule. `mlflow.models.evaluate` judges the models of each kind on the same rows, with a metric of our own.
Each run shows what data went in: `mlflow.log_input` records the rows and the reference table. Everything is written to
a temporary folder, or to the folder given as the argument.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

BANDS = """
-- The mean of the training rows with a like body mass index and blood pressure.
SELECT bands.progression AS prediction
FROM input LEFT JOIN bands
    ON bands.bmi_band = CASE WHEN bmi < 0 THEN 'low' ELSE 'high' END
    AND bands.bp_band = CASE WHEN bp < 0 THEN 'low' ELSE 'high' END
"""

RULE = """
SELECT CASE WHEN worst_radius >= 16.8 OR worst_concave_points >= 0.16 THEN 1 ELSE 0 END AS malignant
FROM input
"""


def bands(X: pd.DataFrame, y: pd.Series) -> pd.DataFrame:
    """The baseline's reference table."""
    keys = {f"{name}_band": np.where(X[name] < 0, "low", "high") for name in ("bmi", "bp")}
    return pd.DataFrame({**keys, "progression": y}).groupby(list(keys), as_index=False).mean()


def baseline(X: pd.DataFrame, y: pd.Series) -> SQLModel:
    """The baseline, fitted: its reference table is all that it learns."""
    return SQLModel(BANDS, tables={"bands": bands(X, y)})


def within_50(predictions: pd.Series, targets: pd.Series, metrics: Any = None) -> float:
    """Share of predictions that are at most 50 off."""
    return float((np.abs(np.ravel(predictions) - np.ravel(targets)) <= 50).mean())


def cost(predictions: pd.Series, targets: pd.Series, metrics: Any = None) -> float:
    """Mean cost: an overlooked case costs ten false alarms."""
    found, true = np.ravel(predictions).astype(int), np.ravel(targets).astype(int)
    return float((10 * ((true == 1) & (found == 0)) + ((true == 0) & (found == 1))).mean())


def rmse(predictions: Any, targets: Any) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((np.ravel(predictions) - np.ravel(targets)) ** 2)))


def evaluate(uri: str, X: pd.DataFrame, y: pd.Series, kind: str, metric: Callable[..., float], better: bool) -> Any:
    """The metrics of `mlflow.models.evaluate` on the hold-out rows, and one of our own."""
    return mlflow.models.evaluate(
        uri,
        X.assign(target=y),
        targets="target",
        model_type=kind,
        extra_metrics=[mlflow.models.make_metric(eval_fn=metric, greater_is_better=better, name=metric.__name__)],
        evaluator_config={"log_explainer": False},
    ).metrics


def log_sklearn(estimator: Any, X: pd.DataFrame) -> str:
    """Logs a trained model; gives its address."""
    return mlflow.sklearn.log_model(
        estimator,
        name="trained",
        input_example=X.head(),
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    ).model_uri


def regressors() -> None:
    """Hold-out, k-fold and bootstrap of a number."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    ridge = make_pipeline(StandardScaler(), Ridge())

    table, metrics = bands(X_train, y_train), {}
    training = mlflow.data.from_pandas(X_train.assign(target=y_train), name="diabetes", targets="target")
    with mlflow.start_run(run_name="mean of the band, in SQL"):
        mlflow.log_input(training, context="training")
        mlflow.log_input(mlflow.data.from_pandas(table, name="bands"), context="reference table")
        info = mlflow_sql_flavor.log_model(
            BANDS, name="baseline", tables={"bands": table}, input_example=X_train.head()
        )
        metrics["baseline"] = evaluate(info.model_uri, X_test, y_test, "regressor", within_50, True)
    with mlflow.start_run(run_name="ridge"):
        mlflow.log_input(training, context="training")
        ridge.fit(X_train, y_train)
        metrics["ridge"] = evaluate(log_sklearn(ridge, X_train), X_test, y_test, "regressor", within_50, True)
    shown = pd.DataFrame(metrics).T[["example_count", "root_mean_squared_error", "mean_absolute_error", "within_50"]]
    print(f"\nHold-out: {len(X_test)} patients that neither model has seen\n")
    print(shown.astype({"example_count": int}).round(3).to_string())

    print("\nk-fold: RMSE in each of five folds, both models fitted on the other four\n")
    folds = []
    with mlflow.start_run(run_name="five folds"):
        for number, (train, test) in enumerate(KFold(5, shuffle=True, random_state=0).split(X)):
            fitted = baseline(X.iloc[train], y.iloc[train]), clone(ridge).fit(X.iloc[train], y.iloc[train])
            found = {n: rmse(m.predict(X.iloc[test]), y.iloc[test]) for n, m in zip(metrics, fitted, strict=True)}
            mlflow.log_metrics({f"rmse_{name}": value for name, value in found.items()}, step=number)
            folds.append(found)
        mean = pd.DataFrame(folds).mean()
        mlflow.log_metrics({f"mean_rmse_{name}": value for name, value in mean.items()})
    print(pd.DataFrame([*folds, dict(mean)], index=[*range(1, 6), "mean"]).round(2).to_string())

    # Rows drawn again and again from the hold-out rows: how far the difference may be chance.
    first, second = baseline(X_train, y_train).predict(X_test)["prediction"].to_numpy(), ridge.predict(X_test)
    draw = np.random.default_rng(0).integers(0, len(X_test), (1000, len(X_test)))
    true = y_test.to_numpy()
    gain = [rmse(first[rows], true[rows]) - rmse(second[rows], true[rows]) for rows in draw]
    low, high = np.quantile(gain, [0.025, 0.975])
    print(f"\nBootstrap: ridge's RMSE is {np.mean(gain):.1f} smaller, 95 % of draws between {low:.1f} and {high:.1f}")


def classifiers() -> None:
    """Hold-out of a class: a rule, a trained model, and the trained model converted to SQL."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X.columns, y = X.columns.str.replace(" ", "_"), 1 - y
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
    trained = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)
    example = X_train.head()

    metrics = {}
    with mlflow.start_run(run_name="rule in SQL"):
        info = mlflow_sql_flavor.log_model(RULE, name="rule", prediction_column="malignant", input_example=example)
        metrics["rule in SQL"] = evaluate(info.model_uri, X_test, y_test, "classifier", cost, False)
    with mlflow.start_run(run_name="logistic regression"):
        uri = log_sklearn(trained, X_train)
        metrics["logistic regression"] = evaluate(uri, X_test, y_test, "classifier", cost, False)
    with mlflow.start_run(run_name="logistic regression, as SQL"):
        converted = mlflow_sql_flavor.from_sklearn(trained, X_train, prediction_column="prediction")
        info = mlflow_sql_flavor.log_model(converted, name="converted", input_example=example)
        metrics["the same, as SQL"] = evaluate(info.model_uri, X_test, y_test, "classifier", cost, False)
    shown = pd.DataFrame(metrics).T[["example_count", "accuracy_score", "recall_score", "cost"]]
    print(f"\nHold-out: {len(X_test)} tumours that no model has seen\n")
    print(shown.astype({"example_count": int}).round(3).to_string())


def main(folder: Path) -> None:
    """Runs the whole example in a folder."""
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    for name, work in (("progression", regressors), ("tumours", classifiers)):
        mlflow.create_experiment(name, artifact_location=(folder / "artifacts" / name).as_uri())
        mlflow.set_experiment(name)
        work()


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=UserWarning)
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
