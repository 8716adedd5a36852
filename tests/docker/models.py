"""The models the images serve, and the requests made of them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

FRAME = pd.DataFrame(
    {
        "id": [3, 1, 2, 4],
        "region": ["Seoul", "부산", "Seoul", None],
        "price": [10.0, 2.5, None, 7.25],
    }
)
REGIONS = pd.DataFrame({"region": ["Seoul", "부산"], "factor": [1.5, 1.25]})


def surcharge(price: float, factor: float) -> float:
    """A Python function of the query."""
    return round(price * factor, 2)


#: What can be in a model, each alone and all together.
KINDS = {
    "plain": "SELECT id, upper(region) AS region, price * 2 AS total FROM input",
    "table": "SELECT i.id, r.factor, i.price * r.factor AS total FROM input i LEFT JOIN regions r USING (region)",
    "parameter": "SELECT id, price FROM input WHERE price >= :least ORDER BY id",
    "function": "SELECT id, surcharge(price, 1.1) AS total FROM input",
    "all": "SELECT i.id, i.region, surcharge(i.price, r.factor) AS total "
    "FROM input i LEFT JOIN regions r USING (region) WHERE i.price >= :least OR i.price IS NULL ORDER BY i.id",
}
PARAMS = {"least": 3.0}


def save_sql(kind: str, path: Path) -> Path:
    """Saves one of KINDS."""
    import mlflow_sql_flavor

    sql = KINDS[kind]
    params = {"least": 1.0} if ":least" in sql else {}
    mlflow_sql_flavor.save_model(
        sql,
        path,
        tables={"regions": REGIONS} if "regions" in sql else None,
        udfs=[surcharge] if "surcharge" in sql else None,
        input_example=(FRAME, params) if params else FRAME,
    )
    return path


def save_sklearn(path: Path, **given) -> Path:
    """A built-in flavor's model of one row out for one row in; with further arguments of its ``save_model``."""
    import mlflow.sklearn
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame({"id": [1.0, 2.0, 3.0, 4.0], "price": [1.0, 3.0, 2.0, 5.0]})
    model = LinearRegression().fit(frame, [1.0, 2.0, 3.0, 4.0])
    mlflow.sklearn.save_model(model, path, input_example=frame, serialization_format="cloudpickle", **given)
    return path


def bodies(frame: pd.DataFrame, params: dict | None) -> dict[str, dict]:
    """The four JSON formats of MLflow's server."""
    rows = json.loads(frame.to_json(orient="records"))
    split = json.loads(frame.to_json(orient="split"))
    extra = {"params": params} if params else {}
    return {
        "dataframe_split": {"dataframe_split": split, **extra},
        "dataframe_records": {"dataframe_records": rows, **extra},
        "instances": {"instances": rows, **extra},
        "inputs": {"inputs": {name: [row[name] for row in rows] for name in frame.columns}, **extra},
    }


def expected(result) -> list:
    """A result of pyfunc's ``predict`` as the server must answer it: every NULL is JSON's null."""
    if not hasattr(result, "to_dict"):
        return json.loads(json.dumps(result.tolist()))
    rows = result.to_dict("records")
    return [{key: None if _null(value) else value for key, value in row.items()} for row in rows]


def _null(value) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value))
