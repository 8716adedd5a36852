"""A project that dbt itself compiles and tests, in an environment of its own."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from mlflow_sql_flavor import from_dbt

from .record import HERE, build

pytestmark = pytest.mark.ci


def test_what_dbt_compiles_and_tests_is_logged(dbt, tmp_path):
    """dbt passes the tests (it would fail otherwise), and so does the model."""
    project = Path(shutil.copytree(HERE / "shop", tmp_path / "shop"))
    build(dbt, project)
    model = from_dbt(project, "scored_orders", "stg_orders")
    assert [verdict.outcome for verdict in model.about.verdicts] == ["equal"] * 4 + ["not run"]
    assert model.tables["shop.main.regions"].types["factor"] == "DECIMAL(6,3)"
    orders = pd.DataFrame({"order_id": [1], "customer_id": [1], "region": ["02"], "amount": [10.0]})
    assert model.predict(orders.assign(ordered_at=pd.Timestamp("2024-01-01")))["score"].tolist() == [5.0]
    assert [v.outcome for v in from_dbt(project, "order_log", "stg_orders").about.verdicts] == ["not run", "equal"]
