"""A query is parsed, qualified and typed once for all that asks about it while it is saved."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlglot.dialects.dialect import Dialect

import mlflow_sql_flavor
from mlflow_sql_flavor.query.facts import typed

QUERY = """WITH big AS (SELECT id, region, amount FROM input WHERE amount > :least)
SELECT r.label, COUNT(*) AS orders, SUM(b.amount) AS total
FROM big AS b JOIN regions AS r ON r.region = b.region
GROUP BY r.label ORDER BY total DESC"""


@pytest.mark.parametrize("dialect", ["postgres", "databricks", "bigquery", "mysql"])
def test_once_while_it_is_saved(dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()

    def counting(name: str, real: Any) -> Any:
        def call(*args: Any, **keywords: Any) -> Any:
            counts[name] += 1
            return real(*args, **keywords)

        return call

    monkeypatch.setattr(typed, "qualify", counting("qualify", typed.qualify))
    monkeypatch.setattr(typed, "annotate_types", counting("annotate", typed.annotate_types))
    real = Dialect.parser

    def parser(self: Dialect, **options: Any) -> Any:
        made = real(self, **options)
        parse = made.parse

        def count(tokens: Any, sql: str | None = None) -> Any:
            counts["parse"] += sql is not None and "FROM big AS b" in sql
            return parse(tokens, sql)

        made.parse = count
        return made

    monkeypatch.setattr(Dialect, "parser", parser)
    mlflow_sql_flavor.save_model(
        QUERY,
        tmp_path / "m",
        dialect=dialect,
        tables={"regions": pd.DataFrame({"region": ["a"], "label": ["A"]})},
        input_example=(pd.DataFrame({"id": [1], "region": ["a"], "amount": [2.5]}), {"least": 1.0}),
        pip_requirements=[],
    )
    assert counts == {"parse": 1, "qualify": 1, "annotate": 1}
