"""Columns that a query hands on unchanged come from the input itself: the same answer as DuckDB's, and the caller's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.model import compiled_model_of

ROWS = 5000  # more than are fetched as Python values
RANDOM = np.random.default_rng(7)
DATA = pd.DataFrame(
    {
        "k": RANDOM.integers(0, 50, ROWS),
        "x": np.where(RANDOM.random(ROWS) < 0.1, np.nan, RANDOM.normal(size=ROWS)),
        "Name": [None if i % 7 == 0 else f"name {i}, longer than twelve characters" for i in range(ROWS)],
        "day": pd.date_range("2020-01-01", periods=ROWS, unit="us"),
        "flag": RANDOM.random(ROWS) < 0.5,
        "small": RANDOM.integers(0, 9, ROWS).astype("int16"),
    },
    index=pd.Index(RANDOM.permutation(ROWS)),
)
REF = pd.DataFrame({"k": np.arange(0, 40), "x2": np.arange(40) * 1.5, "label": [f"l{i}" for i in range(40)]})

QUERIES = {
    "SELECT * FROM input": {"k", "x", "Name", "day", "flag", "small"},
    "SELECT *, x + 1 AS y FROM input AS i": {"k", "x", "Name", "day", "flag", "small"},
    "SELECT NAME, x * 2 AS x, input.day AS k, k AS day FROM input": {"Name", "day", "k"},
    "SELECT * EXCLUDE (x) FROM input": set(),
    "SELECT * REPLACE (x + 1 AS x) FROM input": set(),
    "SELECT COLUMNS('k|x'), Name FROM input": set(),
    "SELECT k + 1 AS k, k AS other FROM input": {"other"},
    "SELECT k, Name, label FROM input LEFT JOIN ref USING (k)": {"k", "Name"},
    "SELECT i.k, r.k AS rk, Name, x2, label FROM input i LEFT JOIN ref r ON i.k = r.k": {"k", "Name"},
    "SELECT k, i.k AS own, Name, label FROM ref RIGHT JOIN input i USING (k)": {"own", "Name"},
    "SELECT i.k, ref.k AS rk, Name FROM input i LEFT JOIN ref ON i.k + 1 = ref.k": {"k", "Name"},
    "SELECT Name, x, row_number() OVER (PARTITION BY k ORDER BY x, Name, day) AS n FROM input": {"Name", "x"},
    "WITH input2 AS (SELECT k, x + 1 AS x, Name FROM input) SELECT k, x, Name FROM input2": set(),
    "SELECT k, x, Name FROM (SELECT k, -x AS x, upper(Name) AS Name FROM input) AS input": set(),
    "SELECT a AS k, b AS x FROM input AS t(b, a, c, d, e, f)": set(),
    "SELECT CAST(k AS INTEGER) AS k, small, CAST(day AS DATE) AS day FROM input": {"small"},
    "SELECT day, count(*) OVER () AS k FROM input i": {"day"},
}


def _same(left: pa.Table, right: pa.Table) -> None:
    assert left.schema.names == right.schema.names
    for name in left.schema.names:
        one, two = left.column(name).combine_chunks(), right.column(name).combine_chunks()
        assert one.cast(two.type).equals(two) or (pa.types.is_floating(two.type) and _equal_floats(one, two)), name


def _equal_floats(one: pa.Array, two: pa.Array) -> bool:
    return one.is_null().equals(two.is_null()) and np.array_equal(one.to_numpy(False), two.to_numpy(False), True)


@pytest.mark.parametrize("query", QUERIES)
def test_handed_on_or_not_the_answer_is_the_same(query: str) -> None:
    model = SQLModel(query, tables={"ref": REF})
    frame, bound = compiled_model_of(model).read(DATA, None)
    assert frame is not None and bound.program.rows != "table"
    runner = bound.runner
    own = runner.arrow(frame.table, {}, None, False)
    _same(runner.arrow(frame.table, {}, None, True), own)
    assert set(runner._passthrough) == QUERIES[query]
    answer = model.predict(DATA)
    assert answer.index.equals(DATA.index)
    pd.testing.assert_frame_equal(answer.reset_index(drop=True), bound.columns.pandas(own))


@pytest.mark.parametrize("query", ["SELECT * FROM input", "SELECT Name, k, x + 1 AS y, upper(Name) AS u FROM input"])
def test_every_kind_of_frame_gives_the_same_and_in_the_same_layout(query: str) -> None:
    model = SQLModel(query)
    arrow = pa.Table.from_pandas(DATA, preserve_index=False)
    at = arrow.schema.get_field_index("Name")  # pandas 2 gives the other layout
    arrow = arrow.set_column(at, "Name", arrow["Name"].cast(pa.large_string()))
    expected = model.predict(DATA.head(10), output="arrow").schema
    by_arrow = model.predict(arrow)
    by_polars = model.predict(pl.from_arrow(arrow))
    assert by_arrow.schema.equals(expected) and model.predict(DATA, output="arrow").schema.equals(expected)
    assert isinstance(by_polars, pl.DataFrame)
    _same(by_polars.to_arrow(), by_arrow)
    _same(model.predict(pl.from_arrow(arrow), output="arrow"), by_arrow)
    pd.testing.assert_frame_equal(model.predict(arrow, output="pandas"), model.predict(DATA).reset_index(drop=True))


@pytest.mark.parametrize("rows", [3, 500, 2000])
def test_an_answer_shares_no_memory_with_the_callers_frame_and_can_be_written_to(rows: int) -> None:
    model = SQLModel("SELECT *, k + 1 AS l, x + 1 AS y, day + INTERVAL 1 DAY AS next FROM input")
    data = DATA.head(rows).reset_index(drop=True)
    before = data.copy()
    answers = [model.predict(data), model.predict(data, output="arrow").to_pandas()]
    writable, first = answers[0], answers[0].copy()
    for name, value in {"k": -1, "x": -1.0, "Name": "other", "flag": True, "small": -1, "l": 5, "y": -2.0}.items():
        writable.loc[0, name] = value
    writable.loc[0, ["day", "next"]] = pd.Timestamp("1999-01-01")
    pd.testing.assert_frame_equal(data, before)
    data.loc[:, "k"] = -7
    for name in ("k", "x"):
        block = data._get_column_array(data.columns.get_loc(name))
        if block.flags.writeable:
            block[:] = -9
    fresh = model.predict(before)
    pd.testing.assert_frame_equal(first, fresh)
    assert answers[1]["k"].tolist() == before["k"].tolist()
    assert answers[1]["x"].equals(before["x"])
