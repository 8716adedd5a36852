"""A query is parsed, qualified and typed once for all that asks about it while it is saved."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlglot.parser import Parser

import mlflow_sql_flavor
from mlflow_sql_flavor.query.facts import typed
from tests import house

QUERY = """WITH big AS (SELECT id, region, amount FROM input WHERE amount > :least)
SELECT r.label, COUNT(*) AS orders, SUM(b.amount) AS total
FROM big AS b JOIN regions AS r ON r.region = b.region
GROUP BY r.label ORDER BY total DESC"""


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    found: Counter[str] = Counter()

    def counting(name: str, real: Any) -> Any:
        def call(*args: Any, **keywords: Any) -> Any:
            found[name] += 1
            return real(*args, **keywords)

        return call

    for name, function in (("qualify", "qualify"), ("annotate", "annotate_types"), ("scopes", "traverse_scope")):
        monkeypatch.setattr(typed, function, counting(name, getattr(typed, function)))
    real = Parser.parse

    def parse(self: Parser, tokens: Any, sql: str | None = None) -> Any:
        found["parse"] += sql is not None and "FROM big AS b" in sql
        return real(self, tokens, sql)

    monkeypatch.setattr(Parser, "parse", parse)
    return found


def save(path: Path, dialect: str) -> None:
    mlflow_sql_flavor.save_model(
        QUERY,
        path,
        dialect=dialect,
        tables={"regions": pd.DataFrame({"region": ["a"], "label": ["A"]})},
        input_example=(pd.DataFrame({"id": [1], "region": ["a"], "amount": [2.5]}), {"least": 1.0}),
        pip_requirements=[],
    )


@pytest.mark.parametrize("dialect", ["postgres", "databricks", "bigquery", "mysql"])
def test_once_while_it_is_saved(dialect: str, tmp_path: Path, counts: Counter[str]) -> None:
    save(tmp_path / "m", dialect)
    # PostgreSQL asks of the text as it is written, too, which alias each part of it sees
    assert counts == {"parse": 1, "qualify": 1, "annotate": 1, "scopes": 2 if dialect == "postgres" else 1}


def test_one_parse_for_another_engine(tmp_path: Path, counts: Counter[str]) -> None:
    """A stored model's text is held against what runs, and written for the target, from one parse.

    It is typed for each: what is written anew keeps the shape that the dialect's own steps change for DuckDB.
    """
    save(tmp_path / "m", "databricks")
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    counts.clear()
    assert "SUM(" in model.to_sql("postgres")
    assert counts["parse"] == 1 and counts["qualify"] == 2


def test_sqlglot_qualifies_and_types_in_one_place() -> None:
    asked = {
        (module, found.target)
        for module in house.MODULES
        for found in house.imports(module)
        if found.target.startswith("sqlglot.optimizer") and not found.target.endswith(".Scope")
    }
    assert {module for module, _ in asked} == {"mlflow_sql_flavor.query.facts.typed"}
