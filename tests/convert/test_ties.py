"""XGBoost's labels where two probabilities are one 32-bit float, or one step apart: as the library has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

xgb = pytest.importorskip("xgboost")

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import QueryError  # noqa: E402

ROWS = 256
X = pd.DataFrame({"x": np.arange(float(ROWS))})
RNG = np.random.default_rng(0)
#: Above it the probability is the first 32-bit float above one half.
EDGE = np.float32(1.5 * 2**-24)


def steps(value: float, count: int) -> list[float]:
    """Some 32-bit floats on both sides."""
    at = np.float32(value).view(np.int32)
    return (at + np.arange(-count, count + 1, dtype=np.int32)).view(np.float32).tolist()


def with_leaves(classes: int, values: Sequence[float], **options: Any) -> Any:
    """A classifier whose leaves add up to these margins, in turn, for each class its own."""
    made = xgb.XGBClassifier(n_estimators=1, max_depth=8, min_child_weight=0, reg_lambda=0, **options)
    made.fit(X, RNG.permutation(np.arange(ROWS) % classes))
    booster = made.get_booster()
    told = json.loads(bytes(booster.save_raw("json")))
    left = iter(list(values) * 99)
    for tree in told["learner"]["gradient_booster"]["model"]["trees"]:
        for at, child in enumerate(tree["left_children"]):
            if child < 0:
                tree["split_conditions"][at] = float(np.float32(next(left)))
    booster.load_model(bytearray(json.dumps(told).encode()))
    return made


def assert_bits(estimator: Any) -> np.ndarray:
    """The labels and probabilities of the library, every bit; gives the scores."""
    found = mlflow_sql_flavor.from_sklearn(estimator, X).predict(X)
    assert found["prediction"].tolist() == estimator.predict(X).tolist()
    assert found.iloc[:, 1:].to_numpy().tolist() == estimator.predict_proba(X).astype(float).tolist()
    return estimator.get_booster().predict(xgb.DMatrix(X), output_margin=True)


def test_at_one_half() -> None:
    margins = [0.0, -0.0, 1e-45, -1e-45, *steps(EDGE, 3), *steps(2.0**-24, 1), *steps(-(2.0**-24), 1), 100, -100]
    estimator = with_leaves(2, margins, base_score=0.5)
    scores = assert_bits(estimator)
    assert len(np.unique(scores)) == len(set(margins))
    labels, half = estimator.predict(X), estimator.predict_proba(X)[:, 1] == 0.5
    assert (labels[half] == 0).all() and (scores[half] > 0).any(), "a score above 0 whose probability is one half"
    assert labels[scores > EDGE].all() and not labels[scores <= EDGE].any()


def test_of_several_classes() -> None:
    estimator = with_leaves(3, (0.25 + RNG.integers(-3, 4, 997) * 2.0**-25).tolist(), base_score=[0, 0, 0])
    scores = assert_bits(estimator)
    assert 0.05 < np.mean(scores.argmax(axis=1) != estimator.predict(X)) < 0.5, "labels of the second largest score"


def test_a_column_for_each_of_two_classes_is_told_of() -> None:
    estimator = xgb.XGBClassifier(objective="multi:softprob", num_class=2, n_estimators=2).fit(X, X["x"] > 99)
    assert estimator.predict(X).shape == (ROWS, 2)
    with pytest.raises(QueryError, match=r"^XGBClassifier .*two classes.*multi:softprob: fit it with binary:logistic"):
        mlflow_sql_flavor.from_sklearn(estimator, X)
