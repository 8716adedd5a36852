"""Words that mean something else on Spark: the same rows there."""

from __future__ import annotations

import pytest

from mlflow_sql_flavor import SQLModel

from ..engines.rewrites import DATA, PARAMS, SAME
from ..shares import params

pytestmark = pytest.mark.ci


@pytest.mark.parametrize(("dialect", "sql"), params([case for case in SAME if case[0] != "databricks"], 0.3))
def test_spark(classic, dialect, sql):
    found = SQLModel(sql, dialect).verify_on(classic, DATA, params=PARAMS if ":start" in sql else None)
    assert found.equal, found.text("Spark", "DuckDB")


@pytest.mark.parametrize(
    ("expression", "says"),
    [("ln(x)", "logarithm"), ("sqrt(x)", "square root"), ("substr(s, 1, n)", "negative length")],
)
def test_errors_stay_errors(classic, expression, says):
    model = SQLModel(f"SELECT {expression} AS a FROM input", "postgres")
    with pytest.raises(Exception, match=says):
        model.predict(classic.createDataFrame(DATA)).collect()
