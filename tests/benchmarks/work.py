"""The work that is timed: data, queries, and the same work written in other ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

REGIONS = ["Seoul", "Busan", "Jeju", "Daegu", "Incheon"]


@dataclass(frozen=True)
class Work:
    """A query and its reference tables; where there is one, the fitted estimator it was made of."""

    name: str
    sql: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    estimator: Any = None
    columns: int = 0

    def data(self, rows: int) -> pd.DataFrame:
        """An input of so many rows, the same in every run."""
        if self.estimator is not None:
            return features(rows, self.columns)
        if self.name == "ranking" and rows == 1:
            return pd.DataFrame({"region": ["Seoul"], "guests": [2]})
        return customers(rows)


def customers(rows: int) -> pd.DataFrame:
    """Five columns, one of them text."""
    random = np.random.default_rng(rows)
    return pd.DataFrame(
        {
            "age": random.integers(18, 90, rows),
            "income": random.lognormal(10, 1, rows),
            "region": random.choice(REGIONS, rows),
            "visits": random.integers(0, 100, rows),
            "guests": random.integers(1, 6, rows),
        }
    )


def features(rows: int, columns: int) -> pd.DataFrame:
    """Numbers, normally distributed."""
    random = np.random.default_rng(rows + columns)
    return pd.DataFrame({f"f{i}": random.normal(size=rows) for i in range(columns)})


def ten_columns(rows: int) -> pd.DataFrame:
    """Ten columns, three of them text: five cities, five thousand names, and a note that is never the same."""
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            **{f"x{i}": random.normal(size=rows) for i in range(4)},
            "k": random.integers(0, 1000, rows),
            "small": random.integers(0, 10, rows).astype("int32"),
            "large": random.integers(0, 10**12, rows),
            "name": random.choice([f"name-{i:05d}" for i in range(5000)], rows),
            "city": random.choice(REGIONS, rows),
            "note": [f"a note of some length, number {i}" for i in range(rows)],
        }
    )


#: One query that hands its keys on and computes seven columns, and one that computes all ten.
TEN = {
    "keys handed on": """SELECT k, name, note, small + 1 AS small, large * 2 AS large, x0 * 0.3 + x1 AS x0,
        x1 - x2 AS x1, x2 / (1 + abs(x3)) AS x2, exp(-x3) AS x3, upper(city) AS city FROM input""",
    "all computed": """SELECT k + 1 AS k, small + 1 AS small, large * 2 AS large, x0 * 0.3 + x1 AS x0, x1 - x2 AS x1,
        x2 / (1 + abs(x3)) AS x2, exp(-x3) AS x3, upper(name) AS name, lower(city) AS city, note || '.' AS note
        FROM input""",
}


def listings(rows: int = 10_000) -> pd.DataFrame:
    """Places to rank."""
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "listing_id": np.arange(rows),
            "region": random.choice(REGIONS, rows),
            "beds": random.integers(1, 8, rows),
            "review_score": random.random(rows).round(4),
        }
    )


SCALAR = Work(
    "scalar",
    """SELECT 0.02 * age + ln(1 + income) / 10 + CASE WHEN region = 'Seoul' THEN 1.5 ELSE 0.5 END
         + sqrt(visits) * 0.1 - guests / 10 AS score, upper(region) AS region FROM input""",
)
#: At one row the usual ranking request; at many, each row's best place.
RANKING = Work(
    "ranking",
    """SELECT listing_id, review_score FROM listings JOIN input USING (region)
       WHERE review_score >= 0.99 AND beds >= guests ORDER BY review_score DESC, listing_id""",
    {"listings": listings()},
)
WINDOW = Work(
    "window",
    """SELECT region, income, rank() OVER (PARTITION BY region ORDER BY income DESC) AS place,
         income / sum(income) OVER (PARTITION BY region) AS share FROM input""",
)


def linear(columns: int = 100) -> Work:
    """A linear model, as scikit-learn fits it and as SQL."""
    from sklearn.linear_model import LinearRegression

    from mlflow_sql_flavor.convert.convert import sklearn_to_sql

    data = features(2000, columns)
    target = data.to_numpy() @ np.linspace(-1, 1, columns)
    estimator = LinearRegression().fit(data, target)
    return Work("linear", sklearn_to_sql(estimator, data), {}, estimator, columns)


def boosted(trees: int = 100, columns: int = 10) -> Work:
    """A gradient-boosted model of so many trees of depth three, as scikit-learn fits it and as SQL."""
    from sklearn.ensemble import GradientBoostingRegressor

    from mlflow_sql_flavor.convert.convert import sklearn_to_sql

    data = features(2000, columns)
    target = data["f0"] * data["f1"] + np.sin(3 * data["f2"])
    estimator = GradientBoostingRegressor(n_estimators=trees, max_depth=3, random_state=0).fit(data, target)
    return Work("boosted", sklearn_to_sql(estimator, data), {}, estimator, columns)


def pandas_of(work: Work) -> Any:
    """The same work by hand in pandas; None where the work is an estimator's."""
    return {"scalar": _scalar, "ranking": _ranking, "window": _window}.get(work.name)


def _scalar(data: pd.DataFrame) -> pd.DataFrame:
    seoul = np.where(data["region"] == "Seoul", 1.5, 0.5)
    score = (
        0.02 * data["age"] + np.log1p(data["income"]) / 10 + seoul + np.sqrt(data["visits"]) * 0.1 - data["guests"] / 10
    )
    return pd.DataFrame({"score": score, "region": data["region"].str.upper()})


def _ranking(data: pd.DataFrame) -> pd.DataFrame:
    best = RANKING.tables["listings"]
    joined = best[best["review_score"] >= 0.99].merge(data, on="region")
    found = joined[joined["beds"] >= joined["guests"]]
    found = found.sort_values(["review_score", "listing_id"], ascending=[False, True])
    return found[["listing_id", "review_score"]].reset_index(drop=True)


def _window(data: pd.DataFrame) -> pd.DataFrame:
    groups = data.groupby("region")["income"]
    return pd.DataFrame(
        {
            "region": data["region"],
            "income": data["income"],
            "place": groups.rank(method="min", ascending=False),
            "share": data["income"] / groups.transform("sum"),
        }
    )
