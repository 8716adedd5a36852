from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

DATA = pd.DataFrame({"x": [1.0, 2.0, 3.5]})
ANSWER = [2.0, 4.0, 7.0]


@dataclass(frozen=True)
class Flavor:
    """A flavor with a model in it: the sklearn one and the SQL one both double ``x``.

    Attributes:
        name: The section in MLmodel.
        module: The flavor.
        model: What its verbs take.
        requirement: What the model needs, beside MLflow; given so that nothing is inferred in a subprocess.
        defaults: Arguments of its own, the same in every scenario.
        needs: Arguments without which the flavor cannot save; the named difference of SQL is its input's types.
        files: Files of its own in a model.
        answer: Files of its own beside an input example.
    """

    name: str
    module: Any
    make: Callable[[], Any]
    requirement: str
    defaults: dict[str, Any]
    needs: dict[str, Any]
    files: set[str] = field(default_factory=set)
    answer: set[str] = field(default_factory=set)

    @property
    def model(self) -> Any:
        return self.make()

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        found = {**self.defaults, **given}
        if not {"pip_requirements", "extra_pip_requirements", "conda_env"} & set(given):
            found["pip_requirements"] = [self.requirement]
        if not {"signature", "input_example"} & set(given):
            found.update(self.needs)
        return found

    def save(self, path: Path | str, **given: Any) -> None:
        self.module.save_model(self.model, str(path), **self.arguments(given))

    def log(self, **given: Any) -> Any:
        if not {"name", "artifact_path"} & set(given):
            given["name"] = "doubler"
        return self.module.log_model(self.model, **self.arguments(given))


def values(result: Any) -> list[float]:
    """The predictions as numbers: sklearn's are an array, SQL's a table with one column."""
    return [float(value) for value in np.ravel(np.asarray(result))]


def _sklearn() -> Flavor:
    import mlflow.sklearn
    from sklearn.linear_model import LinearRegression

    def make() -> Any:
        return LinearRegression().fit(DATA, ANSWER)

    return Flavor(
        "sklearn", mlflow.sklearn, make, "scikit-learn", {"serialization_format": "cloudpickle"}, {}, {"model.pkl"}
    )


def _sql() -> Flavor:
    import mlflow_sql_flavor

    return Flavor(
        "sql",
        mlflow_sql_flavor,
        lambda: "SELECT 2 * x AS y FROM input",
        "duckdb",
        {"bundle_flavor": False},  # the code/ folder it would make is shown in tests/artifact/test_packaging.py
        {"input_types": {"x": "DOUBLE"}},
        {"README.md", "lineage.svg"},
        {"example_output.arrow"},
    )


@pytest.fixture(scope="session", params=["sklearn", "sql"])
def flavor(request: pytest.FixtureRequest) -> Flavor:
    return {"sklearn": _sklearn, "sql": _sql}[request.param]()
