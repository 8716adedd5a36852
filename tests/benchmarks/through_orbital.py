"""How far orbital's own query is from scikit-learn: ``python -m tests.benchmarks.through_orbital``.

What is exact here goes through orbital in ``from_sklearn``, as far as it treats missing values and unknown categories
as the estimator does; what is not is written directly.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import duckdb
import numpy as np
import orbital
import pandas as pd
from orbital.types import DoubleColumnType
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, PoissonRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeRegressor

CASES: dict[str, list[Any]] = {
    "`LinearRegression`": [LinearRegression()],
    "`StandardScaler`, `Ridge`": [StandardScaler(), Ridge()],
    "`MinMaxScaler`, `ElasticNet`": [MinMaxScaler(), ElasticNet()],
    "`RobustScaler`, `Lasso`": [RobustScaler(), Lasso()],
    "`SimpleImputer('median')`, `StandardScaler`, `Ridge`": [
        SimpleImputer(strategy="median"),
        StandardScaler(),
        Ridge(),
    ],
    "`SimpleImputer(add_indicator=True)`, `Ridge`": [SimpleImputer(add_indicator=True), Ridge()],
    "`PoissonRegressor`": [PoissonRegressor()],
    "`DecisionTreeRegressor`": [DecisionTreeRegressor(random_state=0)],
    "`RandomForestRegressor(20)`": [RandomForestRegressor(20, random_state=0)],
    "`GradientBoostingRegressor`": [GradientBoostingRegressor(random_state=0)],
}


def line(steps: list[Any], X: pd.DataFrame, y: pd.Series) -> str:
    """Rows that differ, and by how much at most."""
    made = make_pipeline(*steps).fit(X, y)
    try:
        parsed = orbital.parse_pipeline(made, features={name: DoubleColumnType() for name in X})
        sql = orbital.export_sql("rows", parsed, dialect="duckdb")
    except (NotImplementedError, ValueError) as error:
        return f"not converted ({type(error).__name__}) | "
    with duckdb.connect() as connection:
        connection.register("rows", X)
        found = connection.sql(sql).df().iloc[:, 0].to_numpy()
    off = np.abs(found / made.predict(X) - 1)
    return f"{int((off > 1e-9).sum())} | {off.max():.1e}"


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    print(f"orbital {version('orbital')}, scikit-learn {version('scikit-learn')}")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    gaps = X.mask(np.random.default_rng(0).random(X.shape) < 0.1)
    for name, steps in CASES.items():
        print(f"| {name} | {line(steps, gaps if 'Imputer' in name else X, y)} |")
