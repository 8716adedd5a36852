"""What predict reads, and how a result becomes the kind of frame that came in."""

import datetime
import decimal
import re
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, QueryError
from mlflow_sql_flavor.frames import writing as outputs
from mlflow_sql_flavor.frames.columns import FEW
from mlflow_sql_flavor.frames.reading import read
from mlflow_sql_flavor.frames.schema import arrow_schema as to_schema

#: pandas before version 3 has no type of text.
STR = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"


@pytest.fixture(scope="module")
def plus_one():
    return SQLModel("SELECT a + 1 AS b, typeof(a) AS t FROM input")


@pytest.mark.parametrize(
    ("data", "values", "kind"),
    [
        (pd.DataFrame({"a": [1, 2]}), [2, 3], "BIGINT"),
        (pd.DataFrame({"A": [1, 2]}), [2, 3], "BIGINT"),
        (pd.DataFrame({"a": [1, None]}, dtype=object), [2, None], "BIGINT"),
        (pd.DataFrame({"a": pd.array([1, None], "Int64")}), [2, None], "BIGINT"),
        (pd.DataFrame({"a": pd.array([1, None], "int64[pyarrow]")}), [2, None], "BIGINT"),
        (pd.DataFrame({"a": pd.Categorical([1, 2])}), [2, 3], "BIGINT"),
        (pd.DataFrame({"a": np.array([1.5, np.nan], "float32")}), [2.5, None], "FLOAT"),
        (pd.Series([1, 2], name="a"), [2, 3], "BIGINT"),
        ({"a": [1, None]}, [2, None], "BIGINT"),
        ({"a": np.array([1, 2], "int32")}, [2, 3], "INTEGER"),
        ({"a": 1}, [2], "BIGINT"),
        ([{"a": 2**53 + 1}, {"a": None}], [2**53 + 2, None], "BIGINT"),
        ([{"a": 2**53 + 1}, {"b": 1}], [2**53 + 2, None], "BIGINT"),
        (({"a": 1}, {"a": 2.5}), [2.0, 3.5], "DOUBLE"),
        ([{"a": decimal.Decimal("1.5")}], [2.5], "DECIMAL(2,1)"),
        ([{"a": datetime.date(2024, 2, 28)}], [pd.Timestamp("2024-02-29")], "DATE"),
        (np.array([(1,), (2,)], dtype=[("a", "i8")]), [2, 3], "BIGINT"),
    ],
)
def test_inputs_as_pandas(plus_one, data, values, kind):
    found = plus_one.predict(data)
    assert isinstance(found, pd.DataFrame)
    assert found["b"].astype(object).where(found["b"].notna(), None).tolist() == values
    assert set(found["t"]) == {kind}


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (pl.DataFrame({"a": [1, None]}), pl.DataFrame),
        (pl.LazyFrame({"a": [1, None]}), pl.DataFrame),
        (pa.table({"a": [1, None]}), pa.Table),
        (pa.record_batch({"a": [1, None]}), pa.Table),
        (pa.table({"a": [1, None]}).to_reader(), pa.Table),
    ],
)
def test_the_kind_that_came_in_comes_out(plus_one, data, result):
    found = plus_one.predict(data)
    assert isinstance(found, result)
    assert (found["b"].to_pylist() if result is pa.Table else found["b"].to_list()) == [2, None]


def test_output_of_another_kind(plus_one):
    data = pd.DataFrame({"a": [1, 2]})
    assert plus_one.predict(data, output="arrow").schema.field("b").type == pa.int64()
    assert plus_one.predict(data, output="polars")["b"].to_list() == [2, 3]
    assert plus_one.predict(pa.table(data), output="pandas")["b"].tolist() == [2, 3]
    with pytest.raises(InputError, match="output is one of pandas, arrow, polars, not 'csv'"):
        plus_one.predict(data, output="csv")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("text", "is a str, which cannot be read"),
        (5, "is an int, which cannot be read"),
        ({1, 2}, "is a set, which cannot be read"),
        ([1, 2], "is a list, which cannot be read"),
        (np.array([[1]]), "no column names"),
        ([], "no columns"),
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame({"": [1]}), "empty name"),
        (pd.DataFrame({"a\0b": [1]}), "not text"),
        (pd.DataFrame([[1, 2]], columns=["a", "A"]), "same name"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Column 'a' occurs twice"),
        (pa.table([[1], [2]], names=["a", "A"]), "same name"),
        (pl.DataFrame({"a": [1], "A": [2]}), "same name"),
        ({"a": [1, 2], "b": [1]}, "do not form a table"),
        (pd.DataFrame({"a": [1, "x"]}), "more than one type"),
        (pd.DataFrame({"a": [1j]}), "complex numbers, which SQL"),
        (pd.DataFrame({"a": [2**140]}), "integers of more than 38 digits"),
        (pd.DataFrame({"a": pd.period_range("2020", "2021", freq="Y")}), "periods, which SQL"),
    ],
)
def test_what_is_no_input_is_one_sentence(plus_one, data, words):
    with pytest.raises(InputError, match=words) as error:
        plus_one.predict(data)
    assert "\n" not in str(error.value)


def test_no_rows(plus_one):
    found = plus_one.predict(pa.table({"a": pa.array([], pa.int64())}))
    assert found.num_rows == 0
    assert found.schema.field("b").type == pa.int64()
    assert plus_one.predict(pd.DataFrame({"a": pd.array([], "Int64")})).dtypes.astype(str).tolist() == ["Int64", STR]


NAMES = [
    "a b",
    "한국어",
    "MixedCase",
    'qu"ote',
    "new\nline",
    "x" * 10_000,
    "select",
    '"; DROP TABLE input; --',
    "é",
    "É",
]


def test_hostile_names():
    data = pd.DataFrame([range(len(NAMES) - 1)], columns=NAMES[:-1])
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in NAMES[:-1])
    model = SQLModel(f"SELECT {quoted} FROM input")
    found = model.predict(data)
    assert found.columns.tolist() == NAMES[:-1]
    assert found.iloc[0].tolist() == list(range(len(NAMES) - 1))
    assert model.predict(pa.table(data)).column_names == NAMES[:-1]
    with pytest.raises(InputError, match="same name"):
        model.predict(data.assign(É=1))


# NaN and NULL


def test_nan_is_null_in_pandas_and_a_number_in_arrow():
    model = SQLModel("SELECT x, x IS NULL AS n FROM input")
    assert model.predict(pd.DataFrame({"x": [1.5, np.nan]}))["n"].tolist() == [False, True]
    assert model.predict([{"x": 1.5}, {"x": float("nan")}])["n"].tolist() == [False, True]
    arrow = model.predict(pa.table({"x": [1.5, float("nan"), None]}))
    assert arrow["n"].to_pylist() == [False, False, True]
    assert np.isnan(arrow["x"][1].as_py())
    assert arrow["x"][2].as_py() is None
    found = model.predict(pl.DataFrame({"x": [1.5, float("nan"), None]}))
    assert found["n"].to_list() == [False, False, True]


# a signature


SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec("long", "a"), ColSpec("boolean", "b"), ColSpec("string", "c"), ColSpec("datetime", "d")])
)
ROW = {"a": 1, "b": True, "c": "x", "d": pd.Timestamp("2024-01-01")}


@pytest.fixture(scope="module")
def typed():
    return SQLModel("SELECT a, b, c, d FROM input", signature=SIGNATURE)


@pytest.mark.parametrize("rows", [1, FEW + 1])
@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({}, None), ({"a": None}, pd.NA), ({"b": None}, pd.NA), ({"a": float("nan")}, pd.NA), ({"a": 2.0}, 2),
        ({"a": np.int32(3)}, 3), ({"a": 2**63 - 1}, 2**63 - 1), ({"b": np.bool_(False)}, False), ({"b": 0}, False),
        ({"d": datetime.date(2024, 1, 2)}, pd.Timestamp("2024-01-02")),
        ({"d": "2024-01-02"}, pd.Timestamp("2024-01-02")),
        ({"d": pd.Timestamp("2024-01-01", tz="Asia/Seoul")}, pd.Timestamp("2023-12-31 15:00")),
        ({"d": pd.NaT}, pd.NaT), ({"c": ""}, ""), ({"c": "é\n😀"}, "é\n😀"),
    ],
)  # fmt: skip
def test_values_of_a_signatures_types(typed, change, value, rows):
    found = typed.predict(pd.DataFrame([ROW | change] * rows, dtype=object))
    assert found.dtypes.astype(str).tolist() == ["Int64", "boolean", STR, "datetime64[us]"]
    for name in change:
        last = found[name][rows - 1]
        assert last is value if value is pd.NA or value is pd.NaT else last == value


@pytest.mark.parametrize("rows", [1, FEW + 1])
@pytest.mark.parametrize(
    "change",
    [{"a": 1.5}, {"a": "x"}, {"a": 1e30}, {"a": 2**64}, {"a": [1]}, {"b": "t"}, {"b": 2}, {"c": {"x": 1}}, {"d": 1},
     {"d": 1.5}, {"d": "soon"}],
)  # fmt: skip
def test_values_that_do_not_fit_are_one_sentence(typed, change, rows):
    (name,) = change
    with pytest.raises(InputError, match=f"A value in column '{name}' does not fit its type") as error:
        typed.predict(pd.DataFrame([ROW | change] * rows, dtype=object))
    assert "\n" not in str(error.value)


MOMENT, DAY, CLOCK, SPAN = (
    datetime.datetime(2024, 1, 1, 10), datetime.date(2024, 1, 1), datetime.time(1), datetime.timedelta(hours=1),
)  # fmt: skip
NO_COUNTERPART = {
    "BIGINT": [MOMENT, CLOCK, SPAN, DAY], "INTEGER": [DAY, MOMENT], "DOUBLE": [MOMENT, DAY], "VARCHAR": [SPAN],
    "BLOB": [1.5, 5, True, MOMENT, SPAN, decimal.Decimal(1)], "TIMESTAMP": [5, 1.5, True, CLOCK, SPAN],
    "TIMESTAMP WITH TIME ZONE": [5], "DATE": [5, MOMENT], "TIME": [5, 1.5, MOMENT, decimal.Decimal(1)],
    "BOOLEAN": [MOMENT, SPAN, 2, 1.0], "HUGEINT": [1.5, MOMENT],
}  # fmt: skip


@pytest.mark.parametrize("rows", [1, FEW + 1])
@pytest.mark.parametrize(("kind", "value"), [(kind, v) for kind, values in NO_COUNTERPART.items() for v in values])
def test_a_value_is_not_read_by_its_bits(kind, value, rows):
    types = to_schema({"v": kind})
    column = [value] * rows
    frames = [pd.DataFrame({"v": column}), pd.DataFrame({"v": column}, dtype=object), pa.table({"v": column}),
              pd.DataFrame({"v": [*column[1:], None, value]}, dtype=object)]  # fmt: skip
    for frame in frames:
        with pytest.raises(InputError, match="A value in column 'v' does not fit its type"):
            read(frame, types)


@pytest.mark.parametrize("rows", [1, FEW + 1])
@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [("HUGEINT", 2.0, 2), ("BLOB", b"x", b"x"), ("BLOB", "x", b"x"), ("TIME", CLOCK, CLOCK),
     ("TIME", "01:00:00", CLOCK), ("VARCHAR", 5, "5"), ("VARCHAR", DAY, "2024-01-01"), ("BIGINT", True, 1),
     ("TIMESTAMP", DAY, datetime.datetime(2024, 1, 1)), ("TIMESTAMP", float("nan"), None), ("BLOB", float("nan"), None),
     ("TIME", float("nan"), None), ("BIGINT", pd.NaT, None)],
)  # fmt: skip
def test_a_value_with_a_counterpart_is_taken(kind, value, found, rows):
    table = read(pd.DataFrame({"v": [value] * rows}), to_schema({"v": kind})).table
    assert table.column("v").to_pylist() == [found] * rows


def test_columns_by_name_in_any_order_and_case(typed):
    found = typed.predict(pd.DataFrame({"extra": [0], "D": [ROW["d"]], "c": ["x"], "B": [True], "a": [1]}))
    assert found.columns.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(InputError, match="lacks column 'b'"):
        typed.predict(pd.DataFrame([ROW]).drop(columns="b"))
    with pytest.raises(InputError, match="lacks columns 'a', 'b', 'c', 'd'"):
        typed.predict([{"z": 1}])
    with pytest.raises(
        InputError, match=r"lacks column 'b'.*'b' is in the index: .*reset_index\(\)\. It has: 'a', 'c'"
    ):
        typed.predict(pd.DataFrame([ROW]).set_index("b"))
    with pytest.raises(InputError, match=r"lacks column 'c'\. Is it spelled 'cc'"):
        typed.predict(pd.DataFrame([ROW]).rename(columns={"c": "cc"}))


def test_numpy_in_the_signatures_order(typed):
    signature = ModelSignature(inputs=Schema([ColSpec("double", "x"), ColSpec("double", "y")]))
    model = SQLModel("SELECT x - y AS d FROM input", signature=signature)
    assert model.predict(np.array([[3.0, 1.0], [2.0, 5.0]]))["d"].tolist() == [2.0, -3.0]
    assert model.predict(np.array([3.0, 1.0]))["d"].tolist() == [2.0]
    with pytest.raises(InputError, match=r"shape \(2, 3\); the model reads 2 columns"):
        model.predict(np.ones((2, 3)))
    assert typed.predict(np.array([[1, True, "x", ROW["d"]]], dtype=object))["a"].tolist() == [1]


def test_exact_types_of_the_input():
    model = SQLModel(
        "SELECT typeof(m) AS m, typeof(d) AS d, typeof(x) AS x FROM input",
        input_types={"M": "decimal(10,2)", "d": "date"},
    )
    data = pd.DataFrame({"m": [1.25], "d": [pd.Timestamp("2024-01-01")], "x": [1]})
    assert model.predict(data).iloc[0].tolist() == ["DECIMAL(10,2)", "DATE", "BIGINT"]
    with pytest.raises(InputError, match="does not fit its type DATE"):
        model.predict(data.assign(d=pd.Timestamp("2024-01-01 12:00")))
    with pytest.raises(InputError, match="input_types names a column the input lacks: 'M'"):
        model.predict(data[["d", "x"]])
    schema = pa.schema([("m", pa.decimal128(10, 2))])
    assert SQLModel("SELECT typeof(m) AS t FROM input", input_types=schema).predict(data)["t"][0] == "DECIMAL(10,2)"
    with pytest.raises(InputError, match="Argument input_types takes a dict of texts to texts"):
        SQLModel("SELECT 1 AS x", input_types=["INTEGER"])


def test_a_missing_input():
    with pytest.raises(QueryError, match="reads its input 'input', whose columns are not known"):
        SQLModel("SELECT a FROM input").predict()
    with pytest.raises(InputError, match="pass the data to predict"):
        SQLModel("SELECT a FROM input", input_types={"a": "BIGINT"}).predict()
    assert SQLModel("SELECT 1 AS one").predict(pd.DataFrame({"a": [1, 2]}))["one"].tolist() == [1]


# JSON


def test_encodable_is_json():
    import json

    from mlflow.utils.proto_json_utils import NumpyEncoder

    found = SQLModel(
        """SELECT NULL::INTEGER AS i, NULL::BOOLEAN AS b, 'nan'::DOUBLE AS f, 'inf'::FLOAT AS g, NULL::VARCHAR AS s,
        NULL::DATE AS d, NULL::TIMESTAMPTZ AS z, TIMESTAMP '10000-01-01' AS far, [1.5, NULL, 'nan'::DOUBLE] AS l,
        {'a': DATE '2024-01-01', 'b': [DATE '2024-01-01']} AS st, NULL::INTEGER[] AS nl, MAP {1: 'nan'::DOUBLE} AS m"""
    ).predict()
    text = json.dumps(outputs.encodable(found).to_dict("records"), cls=NumpyEncoder, allow_nan=False)
    (row,) = json.loads(text)
    assert {k for k, v in row.items() if v is None} == {"i", "b", "f", "g", "s", "d", "z", "nl"}
    assert row["far"].startswith("10000-01-01")
    assert row["l"] == [1.5, None, None]
    assert row["st"] == {"a": "2024-01-01", "b": ["2024-01-01"]}
    assert row["m"] == {"1": None}


def test_a_dict_of_lists_of_different_lengths():
    found = SQLModel("SELECT len(a) AS n FROM input").predict({"a": [[1], [2, 3]]})
    assert found["n"].tolist() == [1, 2]


HALF = "x\ud83d"


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("VARCHAR", lambda rows: pd.Series([HALF] * rows, dtype=object)),
        ("VARCHAR", lambda rows: pd.Series(pd.array([HALF] * rows, dtype=pd.StringDtype("python")))),
        ("VARCHAR", lambda rows: pd.Categorical.from_codes([0] * rows, pd.Index([HALF], dtype=object))),
        ("VARCHAR[]", lambda rows: pd.Series([[HALF]] * rows, dtype=object)),
        ("DATE", lambda rows: pd.Series([HALF] * rows, dtype=object)),
        (None, lambda rows: pd.Series([HALF] * rows, dtype=object)),
    ],
)
def test_half_a_surrogate_pair_is_said_of_its_column(kind, made, rows) -> None:
    frame = pd.DataFrame({"s": made(rows)})
    model = SQLModel("SELECT s FROM input", input_types={"s": kind} if kind else None)
    with pytest.raises(InputError, match="Column 's' has half of a surrogate pair"):
        model.predict(frame)


def test_half_a_surrogate_pair_in_other_kinds_of_input() -> None:
    model = SQLModel("SELECT s FROM input", input_types={"s": "VARCHAR"})
    given = {"s": [HALF]}, [{"s": HALF}], pd.Series([HALF], name="s", dtype=object), {"s": np.array([HALF], object)}
    for each in given:
        with pytest.raises(InputError, match="has half of a surrogate pair"):
            model.predict(each)
    types = pa.schema([("s", pa.string())])
    with pytest.raises(InputError, match="Column 's' has half of a surrogate pair"):
        read(np.array([[HALF]], dtype=object), types)
    assert model.predict(pd.Series(["a"], name="s"))["s"].tolist() == ["a"]


NANOS = pd.Timestamp("2024-01-01 00:00:00.123456789")
MORE_DIGITS = {
    "pandas": pd.Series([NANOS]),
    "pandas with NaT": pd.Series([NANOS, pd.NaT]),
    "objects": pd.Series([NANOS, None], dtype=object),
    "a zone": pd.Series([NANOS.tz_localize("UTC")]),
    "Arrow in pandas": pd.Series(pd.array([NANOS], dtype="timestamp[ns][pyarrow]")),
}


@pytest.mark.parametrize("column", MORE_DIGITS.values(), ids=MORE_DIGITS)
@pytest.mark.parametrize("times", [1, 20])
@pytest.mark.parametrize("typed", [True, False])
def test_digits_below_a_microsecond_are_never_cut_silently(column, times: int, typed: bool) -> None:
    data = pd.DataFrame({"a": pd.concat([column] * times, ignore_index=True)})
    zone = data["a"].iloc[0].tzinfo is not None
    kind = "TIMESTAMPTZ_NS" if zone else "TIMESTAMP_NS"
    types = to_schema({"a": "TIMESTAMPTZ" if zone else "TIMESTAMP"}) if typed else None
    with pytest.raises(InputError, match=r"digits of a second that its type TIMESTAMP.* does not keep") as error:
        read(data, types)
    assert "data['a'].dt.floor('us')" in error.value.message and f"declare it {kind} in" in error.value.message
    floored = data.assign(a=pd.to_datetime(data["a"]).dt.floor("us"))
    got = read(floored, types).table.column("a").to_pylist()[0]
    assert got.replace(tzinfo=None) == NANOS.floor("us").to_pydatetime()
    exact = read(data, to_schema({"a": kind})).table.column("a")
    assert exact.cast(pa.int64()).to_pylist()[0] == NANOS.value


def test_digits_that_a_type_does_not_keep_in_arrow_in_lists_and_of_durations() -> None:
    micros = datetime.datetime(2024, 1, 1, 0, 0, 0, 123456)
    for data, kind in (
        (pa.table({"a": pa.array([NANOS.value], pa.timestamp("ns"))}), "TIMESTAMP"),
        (pd.DataFrame({"a": [[NANOS]]}), "TIMESTAMP[]"),
        (pd.DataFrame({"a": [micros]}), "TIMESTAMP_S"),
        (pd.DataFrame({"a": [micros] * 20}, dtype=object), "TIMESTAMP_MS"),
        (pd.DataFrame({"a": pd.to_timedelta([1], unit="ns")}), "INTERVAL"),
    ):
        with pytest.raises(InputError, match=r"'a'.* does not (keep|fit)"):
            read(data, to_schema({"a": kind}))


@pytest.mark.parametrize("rows", [1, 20])
def test_a_duration_has_no_days_however_many_rows(rows: int) -> None:
    for data in (pd.to_timedelta(["25h"] * rows), pd.Series([datetime.timedelta(hours=25)] * rows, dtype=object)):
        got = read(pd.DataFrame({"a": data}), to_schema({"a": "INTERVAL"})).table.column("a")
        assert got.to_pylist()[0] == pa.MonthDayNano([0, 0, 25 * 3600 * 10**9])


NO_TYPE = {
    "UUID": [uuid.UUID(int=7), None],
    "period": pd.period_range("2024-01", periods=2, freq="M"),
    "complex": np.array([1 + 2j, 3j]),
    "complex objects": pd.Series([1 + 2j, None], dtype=object),
    "beyond 38 digits": [2**130, None],
    "interval": pd.interval_range(0, 2),
    "sparse": pd.arrays.SparseArray([1, 0]),
    "mixed": [1, "x"],
}


@pytest.mark.parametrize("values", NO_TYPE.values(), ids=NO_TYPE)
def test_a_type_that_sql_does_not_have_is_said_with_a_conversion_that_works(values) -> None:
    data = pd.DataFrame({"a": values})
    with pytest.raises(InputError, match="Column 'a'") as error:
        read(data)
    calls = re.findall(r"data\['a'\](?:\.\w+)+\((?:[^()])*\)", error.value.message)
    assert calls
    for call in calls:
        assert read(data.assign(a=eval(call))).table.num_rows == 2
