"""What users of dbt reported of its unit tests, each as a model of the shop: what ours say of it.

The numbers are of github.com/dbt-labs/dbt-core/issues, but for the one of dbt-fusion.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mlflow_sql_flavor import from_dbt
from mlflow_sql_flavor.errors import QueryError

from .record import HERE

MODEL, PARENT = "model.shop.scored_orders", "ref('stg_orders')"


def outcome_of(folder: Path, sql: str, rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> dict[str, Any]:
    """The outcome of one unit test of a model with this compiled text."""
    shutil.copytree(HERE / "shop", folder / "shop")
    shutil.copytree(HERE / "written" / "duckdb", folder / "shop" / "target")
    path = folder / "shop" / "target" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["nodes"][MODEL]["compiled_code"] = sql
    name, test = next(each for each in manifest["unit_tests"].items() if MODEL in each[1]["depends_on"]["nodes"])
    test["given"] = [{**test["given"][0], "input": PARENT, "rows": rows, "format": "dict", "fixture": None}]
    test["expect"] = {**test["expect"], "rows": expected, "format": "dict", "fixture": None}
    test["overrides"] = None
    manifest["unit_tests"] = {name: test}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    model = from_dbt(folder / "shop", "scored_orders", "stg_orders")
    return {verdict.outcome: verdict.rows for verdict in model.about.verdicts}


SHOP = 'from "shop"."main"."stg_orders"'


def test_9627_digits_beyond_those_that_come_out(tmp_path: Path) -> None:
    """Of a DOUBLE they are compared; dbt casts to a DECIMAL first, and so do we (docs/dbt.md says so)."""
    sql = f"select order_id, cast(round(amount / 100, 2) as {{}}) as dollars {SHOP}"
    given = [{"order_id": 1, "amount": 1000}, {"order_id": 2, "amount": 33.33}]
    right = [{"order_id": 1, "dollars": 10}, {"order_id": 2, "dollars": 0.33}]
    wrong = [right[0], {"order_id": 2, "dollars": 0.3333}]
    assert outcome_of(tmp_path / "right", sql.format("double"), given, right) == {"equal": 2}
    with pytest.raises(QueryError, match=r"0\.3333"):
        outcome_of(tmp_path / "wrong", sql.format("double"), given, wrong)
    assert outcome_of(tmp_path / "cast", sql.format("decimal(10, 2)"), given, wrong) == {"equal": 2}
    with pytest.raises(QueryError, match="fails: mend the model or the test"):
        outcome_of(
            tmp_path / "other", sql.format("decimal(10, 2)"), given, [right[0], {"order_id": 2, "dollars": 0.34}]
        )


def test_10110_a_null_in_the_first_row_does_not_make_the_type(tmp_path: Path) -> None:
    sql = f"select order_id, amount > 10 and ordered_at is not null as late {SHOP}"
    given = [
        {"order_id": 1, "amount": None, "ordered_at": None},
        {"order_id": 2, "amount": 12.5, "ordered_at": "2024-01-01 10:02:00"},
    ]
    expected = [{"order_id": 1, "late": False}, {"order_id": 2, "late": True}]
    assert outcome_of(tmp_path, sql, given, expected) == {"equal": 2}


def test_10586_columns_without_rows_have_their_types(tmp_path: Path) -> None:
    sql = f"select coalesce(max(cast(ordered_at as date)), date '2024-01-01') as d {SHOP}"
    assert outcome_of(tmp_path, sql, [], [{"d": "2024-01-01"}]) == {"equal": 1}


@pytest.mark.parametrize("expected", [{"n": 0, "d": "2023-01-01"}, {"n": None, "d": "2023-01-02"}])
def test_fusion_153_null_is_not_zero_and_dates_are_compared(expected: dict[str, Any], tmp_path: Path) -> None:
    sql = f"select amount as n, cast(ordered_at as date) as d {SHOP}"
    given = [{"amount": None, "ordered_at": "2023-01-01 00:00:00"}]
    assert outcome_of(tmp_path / "right", sql, given, [{"n": None, "d": "2023-01-01"}]) == {"equal": 1}
    with pytest.raises(QueryError, match="fails: mend the model or the test"):
        outcome_of(tmp_path / "wrong", sql, given, [expected])


def test_12083_a_longer_expected_text_is_shown_whole(tmp_path: Path) -> None:
    sql = f"select 'id,name,age' as result {SHOP}"
    with pytest.raises(QueryError, match="id,name,age,and_a_longer_one"):
        outcome_of(tmp_path, sql, [{"order_id": 1}], [{"result": "id,name,age,and_a_longer_one"}])
