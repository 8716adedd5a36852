"""A converted model beside its estimator, on rows it was not fitted on; and data to fit on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

__all__ = ["assert_edges", "assert_same", "cases", "missing", "numbers", "people", "target"]


def cases(quick: list[Any], more: list[Any]) -> list[Any]:
    """Parameters of a test: those of every run, and those that ``ci`` adds."""
    return [*quick, *(pytest.param(case, marks=pytest.mark.ci) for case in more)]


def numbers(rows: int = 200, seed: int = 0, columns: int = 4) -> pd.DataFrame:
    """Features of very different sizes, one with few values: many rows lie on a tree's thresholds."""
    rng = np.random.default_rng(seed)
    found = {f"x{i}": rng.normal(size=rows) * 10.0 ** (2 * (i % 5) - 3) for i in range(columns - 1)}
    return pd.DataFrame({**found, "few": rng.integers(0, 6, rows) / 10})


def missing(X: pd.DataFrame, share: float = 0.15, seed: int = 1) -> pd.DataFrame:
    """The same with values taken out."""
    return X.mask(np.random.default_rng(seed).random(X.shape) < share)


def people(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Numbers and texts."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["Seoul", "Jeju", "Busan", "it's", 'a "b"', ""], rows, p=[0.4, 0.2, 0.2, 0.1, 0.06, 0.04])
    return pd.DataFrame({"age": rng.integers(18, 80, rows), "income": rng.lognormal(10, 1, rows), "city": city})


def target(X: pd.DataFrame, classes: int = 0, seed: int = 2) -> np.ndarray:
    """A noisy function of the numbers; as classes 0, 1, … if asked."""
    values = X.select_dtypes("number").fillna(0.0).to_numpy(dtype=float)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    noise = np.random.default_rng(seed).normal(size=len(X)) / 2
    y = values[:, 0] + np.sin(3 * values[:, 1]) - values[:, -1] ** 2 + noise
    return pd.qcut(y, classes, labels=False) if classes else y


def assert_same(estimator: Any, X: pd.DataFrame, new: pd.DataFrame | None = None, **options: Any) -> SQLModel:
    """Converts, and compares on X and on new rows with what the estimator answers; gives the model."""
    model = mlflow_sql_flavor.from_sklearn(estimator, X, **options)
    for data in [X] if new is None else [X, new]:
        found = model.predict(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = estimator.predict(data)
            several = expected.ndim > 1 and expected.shape[1] > 1
            proba = estimator.predict_proba(data) if found.shape[1] > 1 and not several else None
        answers = found.to_numpy() if several else found.iloc[:, 0].to_numpy()
        if hasattr(estimator, "classes_"):
            assert answers.tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(answers, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())
        if proba is not None:
            np.testing.assert_allclose(found.iloc[:, 1:].to_numpy(), proba, rtol=1e-9, atol=1e-12)
    return model


def assert_edges(estimator: Any, model: SQLModel, X: pd.DataFrame, *, infinite: bool = True) -> None:
    """Rows with one value that is missing, infinite, zero or far out: the same answer, NULL where there is none.

    Args:
        estimator: The fitted estimator.
        model: What it was converted to.
        X: Rows to take one of.
        infinite: Whether to ask for infinite ones.
    """
    values = [np.nan, 0.0, 1e7, -1e7, *([np.inf, -np.inf] if infinite else [])]
    row = X.dropna().iloc[[1]].astype(float)
    rows = pd.concat([row.assign(**{name: value}) for name in X for value in values], ignore_index=True)
    found = model.predict(rows)
    refused = 0
    for at in range(len(rows)):
        given, answer = rows.iloc[[at]], found.iloc[at]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = estimator.predict(given)[0]
                proba = estimator.predict_proba(given)[0] if len(answer) > 1 else []
        except ValueError:
            assert answer.isna().all(), given
            refused += 1
            continue
        if isinstance(expected, float):
            np.testing.assert_allclose(answer.iloc[0], expected, rtol=1e-9)
        else:
            assert answer.iloc[0] == expected, given
        np.testing.assert_allclose(answer.iloc[1:].astype(float), proba, rtol=1e-8, atol=1e-12)
    assert refused < len(rows)
