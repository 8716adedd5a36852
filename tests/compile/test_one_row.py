"""One row of pandas, whose values are bound as parameters: the same answers as the same row gives as Arrow."""

from __future__ import annotations

import datetime
import decimal
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.one_row import with_parameters
from mlflow_sql_flavor.engines.program import Program
from mlflow_sql_flavor.errors import InputError, LimitError
from mlflow_sql_flavor.model import compiled_model_of

TABLE = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", None]})


def both(sql: str, frame: pd.DataFrame, **given: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The answer by parameters, and by Arrow; says if there is no first one."""
    params = given.pop("params", None)
    model = SQLModel(sql, **given)
    found, bound = compiled_model_of(model).read(frame, params)
    quick = bound.of_one_row(frame, params)
    assert quick is not None, "the row was not bound as parameters"
    again = bound.of_one_row(frame, params)  # executed, where it was prepared
    pd.testing.assert_frame_equal(quick, again)
    return quick, bound.run(found, bound.parameters.values(params))


def prepared(model: SQLModel) -> bool:
    """Whether a model's one row runs by a plan that is kept."""
    _, runner = compiled_model_of(model).bound[-1]._one_row  # type: ignore[misc]
    return any(session._prepared for session in runner._sessions)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("BIGINT", [0, -1, 2**63 - 1, -(2**63), None]),
        ("UTINYINT", [0, 255]),
        ("DOUBLE", [0.1, -0.0, float("inf"), float("nan"), 3, 2**53, None]),
        ("FLOAT", [0.1, float("-inf"), None]),
        ("BOOLEAN", [True, False, None]),
        ("VARCHAR", ["", "한글", "it's $1 ?", "a\0b", None]),
        ("BLOB", [b"\0\xff", None]),
        ("DATE", [datetime.date(2024, 2, 29), datetime.date(1, 1, 1), datetime.datetime(1969, 1, 1), None]),
        ("TIMESTAMP", [datetime.datetime(2024, 2, 29, 1, 2, 3, 4), pd.Timestamp("1900-01-01"), None]),
        ("DECIMAL(10,2)", [decimal.Decimal("1.25"), decimal.Decimal("-3"), None]),
        ("DECIMAL(38,10)", [decimal.Decimal("1234567890123456789012345678.0123456789")]),
    ],
)
def test_every_type(kind: str, values: list[Any]) -> None:
    for value in values:
        frame = pd.DataFrame({"v": pd.Series([value], dtype=object)}, index=[7])
        sql = "SELECT v, CAST(v AS VARCHAR) AS t, typeof(v) AS k, v IS NULL AS n FROM input"
        if kind == "DECIMAL(38,10)":  # beyond 18 digits it comes as Arrow
            sql = "SELECT CAST(v AS VARCHAR) AS t, typeof(v) AS k FROM input"
        if kind == "BLOB":
            sql = "SELECT v, typeof(v) AS k, v IS NULL AS n FROM input"
        pd.testing.assert_frame_equal(*both(sql, frame, input_types={"v": kind}))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"v": np.array([1.5], dtype="float64")}),
        pd.DataFrame({"v": np.array([1.5], dtype="float32")}),
        pd.DataFrame({"v": np.array([7], dtype="int8")}),
        pd.DataFrame({"v": pd.array([7], dtype="Int64")}),
        pd.DataFrame({"v": pd.array([None], dtype="Int64")}),
        pd.DataFrame({"v": pd.array([True], dtype="boolean")}),
        pd.DataFrame({"v": ["text"]}),
        pd.DataFrame({"v": pd.to_datetime(["2024-01-02 03:04:05.678901"])}),
    ],
)
def test_every_dtype(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(*both("SELECT v, CAST(v AS VARCHAR) AS t, typeof(v) AS k FROM input", frame))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a + :p AS x, upper(b) AS y FROM input",
        "-- said\n WITH s AS (SELECT a * 2 AS d, b FROM input) SELECT d, b, name FROM s LEFT JOIN t ON d = id",
        "WITH RECURSIVE r AS (SELECT a AS n FROM input UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
        "SELECT i.a, (SELECT max(id) FROM t WHERE id <= i.a) AS m FROM input i",
        "SELECT count(*) AS n, sum(a) AS s FROM input WHERE a > 100",
        "SELECT b, rank() OVER (ORDER BY a) AS r FROM input",
        "(SELECT a FROM input) UNION ALL (SELECT a + 1 FROM input) ORDER BY 1 DESC",
        "SELECT x.a FROM input x, input y WHERE x.a = y.a",
        "FROM input SELECT a",
    ],
)
def test_every_form(sql: str) -> None:
    frame = pd.DataFrame({"a": [1], "b": ["q"]}, index=[3])
    given = {"tables": {"t": TABLE}} if " t " in sql else {}
    pd.testing.assert_frame_equal(*both(sql, frame, **given, **({"params": {"p": 5}} if ":p" in sql else {})))


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("TINYINT", 300, "does not fit"),
        ("DECIMAL(4,1)", decimal.Decimal("1.25"), "does not fit"),
        ("BIGINT", "x", "fit"),
    ],
)
def test_what_does_not_fit_is_said_as_of_many_rows(kind: str, value: Any, told: str) -> None:
    model = SQLModel("SELECT v FROM input", input_types={"v": kind})
    frame = pd.DataFrame({"v": pd.Series([value], dtype=object)})
    with pytest.raises(InputError, match=told) as one:
        model.predict(frame)
    with pytest.raises(InputError) as two:
        model.predict(pd.concat([frame, frame]))
    assert str(one.value) == str(two.value)


def test_an_error_of_the_data_and_a_limit() -> None:
    model = SQLModel("SELECT CAST(s AS INTEGER) AS n FROM input")
    assert model.predict(pd.DataFrame({"s": ["5"]}))["n"].tolist() == [5]
    with pytest.raises(InputError, match="cannot be converted"):
        model.predict(pd.DataFrame({"s": ["x"]}))
    assert model.predict(pd.DataFrame({"s": ["6"]}))["n"].tolist() == [6]
    slow = SQLModel("SELECT count(*) AS n FROM range(100000000000) r, input", limits={"timeout_seconds": 0.2})
    with pytest.raises(LimitError, match="timeout_seconds"):
        slow.predict(pd.DataFrame({"s": ["x"]}))
    many = SQLModel("SELECT r.range AS n FROM range(5) r, input", limits={"max_rows": 4})
    with pytest.raises(LimitError, match="max_rows"):
        many.predict(pd.DataFrame({"s": ["x"]}))


def test_what_the_query_computes_of_a_row_is_not_computed_while_it_is_planned() -> None:
    """There no limit is looked at."""
    model = SQLModel("SELECT reverse(s) || n AS r FROM input")
    frame = pd.DataFrame({"s": ["ab"], "n": [3]})
    assert model.predict(frame)["r"].tolist() == ["ba3"]
    _, runner = compiled_model_of(model).bound[0]._one_row  # type: ignore[misc]
    with compiled_model_of(model).bound[0].compiled.quick.cursor() as cursor:
        (plan,) = cursor.execute(f"EXPLAIN {runner.program.sql}", {"__0": "ab", "__1": 3}).fetchall()
    assert "Column Data Scan" in plan[1] and "ba3" not in plan[1]


def test_a_comment_hides_nothing_from_the_gate() -> None:
    """DuckDB judged a text in which comments nest: its first word is looked for after none but whole lines."""
    hidden = "/* /* */ WITH x AS (DELETE FROM t RETURNING 1) SELECT 1 --*/ */\nSELECT v FROM input"
    program = Program(hidden, "input", None, {})
    changed = with_parameters(program, {"v": "BIGINT"})
    assert changed is not None and changed.sql.endswith(f")) {hidden}")
    assert changed.sql.startswith('WITH "input"("v") AS (VALUES (')


def test_a_model_that_answered_is_pickled() -> None:
    model = SQLModel("SELECT v + 1 AS w FROM input")
    frame = pd.DataFrame({"v": [1]})
    model.predict(frame)
    assert pickle.loads(pickle.dumps(model)).predict(frame)["w"].tolist() == [2]


def test_parameters_of_the_same_name_stay_the_query_s_own() -> None:
    model = SQLModel("SELECT v + :__0 AS w FROM input")
    assert model.predict(pd.DataFrame({"v": [1]}), params={"__0": 10})["w"].tolist() == [11]


NUMBERS = [0.1, 1 / 3, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23, 123456789.123456789]


def test_numbers_of_what_is_executed_are_the_same_to_the_last_bit() -> None:
    draw = np.random.default_rng(0)
    bits = draw.integers(0, 2**64, 500, dtype=np.uint64).view(np.float64)
    model = SQLModel("SELECT v AS v, -v AS w FROM input", input_types={"v": "DOUBLE"})
    for value in [*NUMBERS, *draw.normal(size=200), *bits[np.isfinite(bits)], float("inf"), float("-inf")]:
        row = model.predict(pd.DataFrame({"v": [float(value)]}))
        assert row["v"].to_numpy().tobytes() == np.array([value]).tobytes()
        assert row["w"].to_numpy().tobytes() == np.array([-value]).tobytes()
    assert prepared(model)


def test_integers_moments_and_decimals_of_what_is_executed_are_the_same() -> None:
    types = {"i": "BIGINT", "u": "UBIGINT", "b": "BOOLEAN", "d": "DATE", "t": "TIMESTAMP", "m": "DECIMAL(18,4)"}
    model = SQLModel(f"SELECT {', '.join(f'CAST({n} AS VARCHAR) AS {n}' for n in types)} FROM input", input_types=types)
    rows: list[tuple[Any, ...]] = [
        (0, 0, True, datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2, 3, 4), decimal.Decimal("1.5")),
        (-(2**63), 2**64 - 1, False, datetime.date(1, 1, 1), datetime.datetime(1, 1, 1), decimal.Decimal("-0.0001")),
        (2**63 - 1, 1, None, datetime.date(9999, 12, 31), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
         decimal.Decimal("99999999999999.9999")),
        (None, None, None, None, None, None),
    ]  # fmt: skip
    frames = [pd.DataFrame({n: pd.Series([v], dtype=object) for n, v in zip(types, row, strict=True)}) for row in rows]
    found = [model.predict(frame) for frame in [frames[0], *frames]][1:]
    assert prepared(model)
    many = model.predict(pd.concat(frames, ignore_index=True))
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), many)


def test_a_kept_plan_keeps_no_answer() -> None:
    model = SQLModel("SELECT v + 1 AS w, random() AS r, CAST(now() AS TIMESTAMP) AS t FROM input")
    answers = [model.predict(pd.DataFrame({"v": [float(v)]})) for v in range(5)]
    assert prepared(model)
    assert [answer["w"][0] for answer in answers] == [1, 2, 3, 4, 5]
    assert len({answer["r"][0] for answer in answers}) == 5
    times = [answer["t"][0] for answer in answers]
    assert times == sorted(times) and times[0] < times[-1]


def test_a_kept_plan_is_none_of_texts_parameters_or_tables() -> None:
    """A text is bound, as a parameter is: what stands in one is no part of a statement."""
    text = SQLModel("SELECT s || 'x' AS s FROM input")
    given = SQLModel("SELECT v + :p AS w FROM input")
    joined = SQLModel("SELECT v, name FROM input LEFT JOIN t ON t.id = v", tables={"t": TABLE})
    for value in (1, 2, 3):
        assert text.predict(pd.DataFrame({"s": [f"'); {value}"]}))["s"][0] == f"'); {value}x"
        assert given.predict(pd.DataFrame({"v": [value]}), params={"p": 5})["w"][0] == value + 5
        assert joined.predict(pd.DataFrame({"v": [value]}))["name"].tolist() == [TABLE["name"][value - 1]]
    assert not prepared(text) and not prepared(given) and not prepared(joined)


def test_what_fails_and_what_is_stopped_of_a_kept_plan() -> None:
    model = SQLModel("SELECT CAST(v AS TINYINT) AS n FROM input")
    for _ in range(2):
        assert model.predict(pd.DataFrame({"v": [5]}))["n"].tolist() == [5]
        assert model.predict(pd.DataFrame({"v": [6]}))["n"].tolist() == [6]
        with pytest.raises(InputError, match="cannot be converted"):
            model.predict(pd.DataFrame({"v": [300]}))
    slow = SQLModel(
        "SELECT (SELECT count(*) FROM range(v) r, range(v) s) AS n FROM input", limits={"timeout_seconds": 0.3}
    )
    assert [slow.predict(pd.DataFrame({"v": [3]}))["n"][0] for _ in range(3)] == [9, 9, 9]
    with pytest.raises(LimitError, match="timeout_seconds"):
        slow.predict(pd.DataFrame({"v": [10_000_000]}))


def test_kept_plans_of_threads_are_apart() -> None:
    model = SQLModel("SELECT v * 2 AS w FROM input")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda v: model.predict(pd.DataFrame({"v": [v]}))["w"][0], range(200)))
    assert found == [2 * v for v in range(200)]
