"""The models that the serving tests save and serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

import mlflow_sql_flavor

ZONES = pd.DataFrame({"region": ["Seoul", "Busan", "O'Brien"], "factor": [1.5, 2.0, 0.5]})
SCORES = """
SELECT i.id, i.name, i.amount * z.factor * :boost AS score, CAST(i.code AS INT) AS code, 100 / i.divisor AS share,
       array_contains(:regions, i.region) AS local, concat(:label, i.name) AS label
FROM input i LEFT JOIN zones z ON i.region = z.region
"""
PARAMS: dict[str, Any] = {"boost": 1.0, "label": "it's ", "regions": ["Seoul", "Jeju"]}
ROW: dict[str, Any] = {
    "id": 1, "name": "한강", "amount": 2.5, "region": "Seoul", "code": "7", "divisor": 4,
}  # fmt: skip
ANSWER = {
    "id": 1, "name": "한강", "score": 3.75, "code": 7, "share": 25.0, "local": True, "label": "it's 한강",
}  # fmt: skip


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows, :data:`ROW` where they say nothing else, as the frame a caller on the host has."""
    return pd.DataFrame([{**ROW, **row} for row in rows])


def save_scores(path: Path) -> None:
    """Every kind of parameter, a reference table, and two ways for a caller's value to fail."""
    mlflow_sql_flavor.save_model(
        SCORES, path, dialect="databricks", tables={"zones": ZONES}, input_example=(frame({}), PARAMS)
    )


def save_catalog(path: Path) -> None:
    """Reads only its reference table: there is no input to send."""
    mlflow_sql_flavor.save_model(
        "SELECT region, factor FROM zones WHERE factor >= $floor ORDER BY factor DESC, region",
        path,
        tables={"zones": ZONES},
        input_example=(None, {"floor": 1.0}),
    )


def save_limited(path: Path) -> None:
    """Five rows at most, and half a second: a few hundred rows of input take hours."""
    mlflow_sql_flavor.save_model(
        """SELECT n, hits FROM (
             SELECT count(*) AS hits FROM input a, input b, input c, input d, input e
             WHERE a.x + b.x * c.x > d.x - e.x
           ), (SELECT unnest(generate_series(1, $rows)) AS n)""",
        path,
        limits={"timeout_seconds": 0.5, "max_rows": 5},
        input_example=(pd.DataFrame({"x": [1.0]}), {"rows": 1}),
    )


def save_twin(path: Path) -> None:
    """The same inputs and outputs as the scikit-learn model of :func:`save_sklearn`."""
    mlflow_sql_flavor.save_model(
        "SELECT 1.0 + 2 * a + 3 * b AS y FROM input", path, prediction_column="y", input_example=TWIN_EXAMPLE
    )


def save_sklearn(path: Path) -> None:
    """A linear regression on the same columns."""
    import mlflow
    from sklearn.linear_model import LinearRegression

    data = pd.DataFrame({"a": [0, 1, 2, 3], "b": [0.0, 1.0, 0.5, 2.5]})
    model = LinearRegression().fit(data, 1.0 + 2 * data["a"] + 3 * data["b"])
    requirements = ["mlflow", "scikit-learn"]  # given, so that none are inferred by a process of its own
    mlflow.sklearn.save_model(model, path, input_example=TWIN_EXAMPLE, pip_requirements=requirements)


TWIN_EXAMPLE = pd.DataFrame({"a": [1], "b": [0.5]})
