"""The table of types, against DuckDB itself: every type in and out, nested, NULL, empty, few rows and many."""

import datetime
import decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.duckdb import SMALL
from mlflow_sql_flavor.errors import InputError, QueryError, SQLModelError
from mlflow_sql_flavor.frames import schema
from mlflow_sql_flavor.frames.mlflow_schema import to_mlflow

DOC = Path(__file__).parents[2] / "docs" / "types.md"

#: DuckDB type -> (literal, its pandas value, its value as a Python object of Arrow)
VALUES = {
    "BOOLEAN": ("true", True, True),
    "TINYINT": ("-128", -128, -128),
    "SMALLINT": ("-32768", -32768, -32768),
    "INTEGER": ("-2147483648", -(2**31), -(2**31)),
    "BIGINT": ("9223372036854775807", 2**63 - 1, 2**63 - 1),
    "HUGEINT": ("-9223372036854775808", -(2**63), decimal.Decimal(-(2**63))),
    "UTINYINT": ("255", 255, 255),
    "USMALLINT": ("65535", 65535, 65535),
    "UINTEGER": ("4294967295", 2**32 - 1, 2**32 - 1),
    "UBIGINT": ("9223372036854775807", 2**63 - 1, 2**63 - 1),
    "UHUGEINT": ("9223372036854775807", 2**63 - 1, str(2**63 - 1)),
    "BIGNUM": ("123456789012345678901234567890123456789012", "123456789012345678901234567890123456789012", None),
    "FLOAT": ("0.1", float(np.float32(0.1)), float(np.float32(0.1))),
    "DOUBLE": ("0.1", 0.1, 0.1),
    "DECIMAL(10,2)": ("1.15", 1.15, decimal.Decimal("1.15")),
    "VARCHAR": ("'한국 é 😀 ''\n'", "한국 é 😀 '\n", "한국 é 😀 '\n"),
    "JSON": ("""'{"a": [1, null]}'""", '{"a": [1, null]}', '{"a": [1, null]}'),
    "ENUM('a', 'b')": ("'b'", "b", "b"),
    "UUID": ("'00000000-0000-4000-8000-00000000000A'", "00000000-0000-4000-8000-00000000000a", None),
    "BLOB": (r"'\x00\xFF'", b"\x00\xff", b"\x00\xff"),
    "BIT": ("'0101'", "0101", "0101"),
    "DATE": ("'2024-02-29'", pd.Timestamp("2024-02-29"), datetime.date(2024, 2, 29)),
    "TIME": ("'03:04:05.123456'", "03:04:05.123456", datetime.time(3, 4, 5, 123456)),
    "TIME_NS": ("'03:04:05.123456789'", "03:04:05.123456789", None),
    "TIME WITH TIME ZONE": ("'03:04:05+01'", "03:04:05+01", "03:04:05+01"),
    "TIMESTAMP": ("'1500-01-01 00:00:00.000001'", pd.Timestamp("1500-01-01 00:00:00.000001"), None),
    "TIMESTAMP_S": ("'2024-01-01 00:00:01'", pd.Timestamp("2024-01-01 00:00:01"), None),
    "TIMESTAMP_MS": ("'2024-01-01 00:00:00.123'", pd.Timestamp("2024-01-01 00:00:00.123"), None),
    "TIMESTAMP_NS": ("'2024-01-01 00:00:00.123456789'", pd.Timestamp("2024-01-01 00:00:00.123456789"), None),
    "TIMESTAMP WITH TIME ZONE": ("'2024-01-01 00:00:00+09'", pd.Timestamp("2023-12-31 15:00", tz="UTC"), None),
    "TIMESTAMPTZ_NS": ("'2024-01-01 00:00:00.123456789+09'", pd.Timestamp("2023-12-31 15:00:00.123456789Z"), None),
    "INTERVAL": ("'1 year 2 days 3 hours'", "1 year 2 days 03:00:00", pa.MonthDayNano([12, 2, 3 * 3600 * 10**9])),
    "INTEGER[]": ("[1, NULL]", [1, None], [1, None]),
    "DOUBLE[2]": ("[1.5, NULL]", [1.5, None], [1.5, None]),
    "VARCHAR[][]": ("[['a', NULL], NULL, []]", [["a", None], None, []], [["a", None], None, []]),
    "DATE[]": ("['2024-02-29']", [datetime.date(2024, 2, 29)], [datetime.date(2024, 2, 29)]),
    "UHUGEINT[]": ("[1]", [1], ["1"]),
    "BIT[]": ("['01']", ["01"], ["01"]),
    'STRUCT(a DECIMAL(4,1), "b c" UUID)': (
        "{'a': 0.1, 'b c': NULL}",
        {"a": 0.1, "b c": None},
        {"a": decimal.Decimal("0.1"), "b c": None},
    ),
    "MAP(INTEGER, TIME)": ("MAP {1: '01:02:03'}", {"1": "01:02:03"}, [(1, datetime.time(1, 2, 3))]),
}
NAMES = [f"c{i}" for i in range(len(VALUES))]


def _select(what):
    return ", ".join(
        f"CAST({'NULL' if what == 'null' else literal} AS {kind}) AS {name}"
        for name, (kind, (literal, _, _)) in zip(NAMES, VALUES.items(), strict=True)
    )


@pytest.fixture(scope="module")
def results():
    """Models with a column of every type: a value, NULL, nothing, both, and more rows than the small path takes."""
    ends = {
        "value": f"SELECT {_select('value')}",
        "null": f"SELECT {_select('null')}",
        "empty": f"SELECT {_select('value')} WHERE false",
        "both": f"SELECT {_select('null')} UNION ALL SELECT {_select('value')}",
        "many": f"SELECT v.* FROM (SELECT {_select('value')}) v, range({SMALL + 2})",
    }
    return {name: (m := SQLModel(sql), m.predict(), m.predict(output="arrow")) for name, sql in ends.items()}


def test_values(results):
    _, frame, arrow = results["value"]
    for name, (kind, (_, pandas_value, arrow_value)) in zip(NAMES, VALUES.items(), strict=True):
        assert frame[name][0] == pandas_value, kind
        if arrow_value is not None:
            assert arrow[name].to_pylist()[0] == arrow_value, kind


def test_dtypes_never_depend_on_the_data(results):
    text = str(pd.Series(["a"]).dtype)  # pandas 2 has no type of its own for it
    expected = {name: schema.pandas_dtype(kind) for name, kind in zip(NAMES, VALUES, strict=True)}
    expected = {name: text if kind == "str" else kind for name, kind in expected.items()}
    for what, (_, frame, _) in results.items():
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == expected, what
    types = {what: arrow.schema for what, (_, _, arrow) in results.items()}
    assert all(found == types["value"] for found in types.values())
    assert len(results["empty"][1]) == 0
    assert len(results["many"][1]) == SMALL + 2


def test_null_is_null_in_every_type(results):
    _, frame, arrow = results["null"]
    assert frame.isna().all(axis=None)
    assert all(column.null_count == 1 for column in arrow.columns)
    assert frame.astype(object).equals(results["both"][1].iloc[:1].astype(object))


def test_many_rows_are_the_one_row_many_times(results):
    one, many = results["value"][1], results["many"][1]
    for name in NAMES:
        assert many[name][0] == one[name][0]
        assert many[name][SMALL + 1] == one[name][0]


def test_arrow_is_exact(results):
    """DuckDB's own Arrow, but for the types Arrow has no form of, which are text."""
    sql = f"SELECT {_select('value')}"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        own = con.sql(sql).to_arrow_table()
    arrow = results["value"][2]
    differ = {
        kind for kind, name in zip(VALUES, NAMES, strict=True) if arrow.schema.field(name) != own.schema.field(name)
    }
    assert differ == {"UHUGEINT", "BIGNUM", "BIT", "TIME WITH TIME ZONE", "UHUGEINT[]", "BIT[]"}


@pytest.mark.parametrize("kind", ["HUGEINT", "UBIGINT", "UHUGEINT"])
@pytest.mark.parametrize("rows", [1, SMALL + 1])
def test_overflow_is_an_error(kind, rows):
    model = SQLModel(f"SELECT CAST(18446744073709551615 AS {kind}) AS x FROM range({rows})")
    with pytest.raises(InputError, match="'x' is beyond 64-bit integers: CAST it"):
        model.predict()
    assert int(model.predict(output="arrow")["x"][0].as_py()) == 2**64 - 1


@pytest.mark.parametrize(
    "value",
    ["{}", "[NULL, {}]", "{{'a': 1, 'it''s': {}}}", "MAP {{'k': {}}}", "[[{{'a': [{}]}}], NULL]", "[{}]::INTERVAL[1]"],
)
def test_an_interval_that_arrow_would_wrap_is_an_error(value):
    """Arrow counts an interval's time in nanoseconds, of which 64 bits hold 292 years."""
    for beyond in ("to_seconds(7e12)", "to_hours(-2600000)"):
        model = SQLModel(f'SELECT {value.format(beyond)} AS "x""y"')
        with pytest.raises(InputError, match="beyond what Arrow's intervals hold: CAST it"):
            model.predict(output="arrow")
    assert "1944444444:26:40" in str(SQLModel("SELECT to_seconds(7e12) AS x").predict()["x"][0])
    within = ("to_hours(2500000)", "INTERVAL '3000 years'", "NULL::INTERVAL")
    outputs = ", ".join(f"{value.format(each)} AS x{i}" for i, each in enumerate(within))
    assert SQLModel(f"SELECT {outputs}").predict(output="arrow").num_rows == 1


@pytest.mark.parametrize(
    ("kind", "literal", "cast"),
    [("UNION(a INTEGER, b VARCHAR)", "1", "VARCHAR"), ("NULL", "NULL", "VARCHAR"),
     ("UNION(a INTEGER)[]", "[1]", "VARCHAR[]"), ("STRUCT(a UNION(b INTEGER))", "{'a': 1}", 'STRUCT("a" VARCHAR)')],
)  # fmt: skip
def test_types_without_a_place_are_refused_with_the_cast_to_write(kind, literal, cast):
    expression = literal if kind == "NULL" else f"CAST({literal} AS {kind})"
    with pytest.raises(QueryError) as error:
        SQLModel(f"SELECT {expression} AS x").predict()
    assert f"write CAST(… AS {cast}) AS x" in str(error.value)
    assert len(SQLModel(f"SELECT CAST({expression} AS {cast}) AS x").predict()) == 1


@pytest.mark.parametrize(
    "expression", ["1::VARIANT", "TRY_CAST('[[1]]' AS VARIANT[])", "MAP {1: 2}::MAP(INT, VARIANT)"]
)
def test_a_variant_is_refused_wherever_it_stands(expression):
    with pytest.raises(QueryError, match=r"VARIANT is not a type a query may use: write CAST\(… AS JSON\)"):
        SQLModel(f"SELECT CAST({expression} AS VARCHAR) AS x").predict()


@pytest.mark.parametrize(
    "literal",
    ["DATE 'infinity'", "DATE '-infinity'", "DATE '5881580-07-10'", "DATE '5877642-06-25 (BC)'", "TIMESTAMP 'infinity'",
     "TIMESTAMP '-infinity'", "TIMESTAMPTZ 'infinity'", "TIMESTAMP_S 'infinity'", "TIMESTAMP_NS 'infinity'",
     "[DATE 'infinity']"],
)  # fmt: skip
def test_dates_pandas_lacks_are_an_error(literal):
    model = SQLModel(f"SELECT {literal} AS x")
    with pytest.raises(InputError, match="CAST it to VARCHAR"):
        model.predict()
    assert model.predict(output="arrow").num_rows == 1


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31", "9999-12-31 23:59:59.999999", "10000-01-01", "290000-01-01", "0044-03-15 (BC)"]
)
def test_far_dates_are_exact(text):
    found = SQLModel(f"SELECT TIMESTAMP '{text}' AS x, CAST('{text}' AS DATE) AS d, NULL::DATE AS n").predict()
    with duckdb.connect() as con:
        own = con.sql(f"SELECT TIMESTAMP '{text}' AS x, CAST('{text}' AS DATE) AS d").df()
    assert found["x"].to_numpy().astype("int64")[0] == own["x"].to_numpy().astype("datetime64[us]").astype("int64")[0]
    assert found["d"].to_numpy().astype("int64")[0] == own["d"].to_numpy().astype("datetime64[us]").astype("int64")[0]
    assert found["n"].isna().all()


def test_the_servers_time_zone_is_no_part_of_a_model(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        found = SQLModel("SELECT CAST(TIMESTAMPTZ '2024-01-01 20:00:00+00' AS DATE) AS d").predict()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found["d"][0] == pd.Timestamp("2024-01-01")


def test_decimals_are_rounded_as_duckdb_does():
    texts = [f"{i}.{i % 100:02d}" for i in range(-2000, 2000)]
    data = pa.table({"x": pa.array([decimal.Decimal(t) for t in texts], pa.decimal128(18, 2))})
    found = SQLModel("SELECT x FROM input").predict(data, output="pandas")["x"]
    assert found.tolist() == [float(text) for text in texts]
    assert SQLModel("SELECT x FROM input").predict(data[:900], output="pandas")["x"].tolist() == found[:900].tolist()


# the input's side


@pytest.mark.parametrize("kind", [k for k in VALUES if k not in ("BIGNUM", "UHUGEINT[]", "BIT[]")])
def test_every_type_has_an_arrow_type_and_comes_back(kind):
    found = schema.from_arrow(schema.to_arrow(kind))
    text = {"UHUGEINT", "JSON", "UUID", "BIT", "TIME WITH TIME ZONE"}
    if kind in text or kind.startswith("ENUM"):
        assert found == "VARCHAR"
    elif kind == "HUGEINT":
        assert found == "DECIMAL(38,0)"
    elif "UUID" in kind:
        assert found == 'STRUCT(a DECIMAL(4,1), "b c" VARCHAR)'
    else:
        assert found == schema.canonical(kind)


def test_arrow_input_keeps_its_exact_types():
    types = {
        "a": pa.int8(), "b": pa.uint64(), "c": pa.decimal128(10, 2), "d": pa.date32(), "e": pa.float32(),
        "f": pa.timestamp("ns"), "g": pa.timestamp("ms", "Asia/Seoul"), "h": pa.time64("us"), "i": pa.binary(),
        "j": pa.list_(pa.int16()), "k": pa.struct([("x y", pa.date32())]), "l": pa.map_(pa.string(), pa.int32()),
        "m": pa.large_string(), "n": pa.dictionary(pa.int8(), pa.string()), "o": pa.month_day_nano_interval(),
        "p": pa.timestamp("ns", "UTC"), "q": pa.time64("ns"), "r": pa.list_(pa.float64(), 2), "s": pa.bool_(),
        "t": pa.null(), "u": pa.duration("ms"), "v": pa.float16(), "w": pa.date64(), "x": pa.decimal256(30, 3),
    }  # fmt: skip
    data = pa.table({name: pa.array([None], kind) for name, kind in types.items()})
    model = SQLModel("SELECT " + ", ".join(f"typeof({n}) AS {n}" for n in types) + " FROM input")
    found = model.predict(data).to_pylist()[0]
    assert found == {
        "a": "TINYINT", "b": "UBIGINT", "c": "DECIMAL(10,2)", "d": "DATE", "e": "FLOAT", "f": "TIMESTAMP_NS",
        "g": "TIMESTAMP WITH TIME ZONE", "h": "TIME", "i": "BLOB", "j": "SMALLINT[]", "k": 'STRUCT("x y" DATE)',
        "l": "MAP(VARCHAR, INTEGER)", "m": "VARCHAR", "n": "VARCHAR", "o": "INTERVAL",
        "p": "TIMESTAMPTZ_NS", "q": "TIME_NS", "r": "DOUBLE[2]", "s": "BOOLEAN",
        "t": "VARCHAR", "u": "INTERVAL", "v": "FLOAT", "w": "DATE", "x": "DECIMAL(30,3)",
    }  # fmt: skip


def test_types_that_are_none():
    with pytest.raises(SQLModelError, match="not a DuckDB type"):
        schema.canonical("NUMBERZ")
    with pytest.raises(SQLModelError, match="no type for Arrow"):
        schema.from_arrow(pa.run_end_encoded(pa.int32(), pa.int64()))
    with pytest.raises(SQLModelError, match="wider than"):
        schema.from_arrow(pa.decimal256(50, 2))


# MLflow's schema


def test_mlflow_types():
    from mlflow.types import DataType
    from mlflow.types.schema import Array, Map, Object

    for row in schema.TYPES.values():
        kind = {"DECIMAL": "DECIMAL(10,2)", "ENUM": "ENUM('a')"}.get(row.duckdb, row.duckdb)
        assert to_mlflow(kind) == DataType[row.mlflow]
    assert to_mlflow("DECIMAL(4,1)[]") == Array(DataType.double)
    assert to_mlflow("MAP(INTEGER, DATE)") == Map(DataType.datetime)
    found = to_mlflow("STRUCT(a STRUCT(b UUID)[])")
    assert isinstance(found, Object)
    assert found.properties[0].dtype.dtype.properties[0].dtype == DataType.string
    for text in ("INTEGER[]", "STRUCT(a BIGINT, b VARCHAR)", "MAP(VARCHAR, DOUBLE)", "BOOLEAN"):
        assert schema.from_mlflow(to_mlflow(text)) == schema.canonical(text)


def test_every_type_of_duckdb_has_a_row_or_is_refused():
    with duckdb.connect() as con:
        known = {str(kind) for (kind,) in con.sql("SELECT DISTINCT logical_type FROM duckdb_types()").fetchall()}
    nested = {"LIST", "ARRAY", "STRUCT", "MAP", "TUPLE"}
    refused = {"UNION", "VARIANT", "NULL", "GEOMETRY", "TYPE"}
    assert known - set(schema.TYPES) <= nested | refused


# the document


def document(page: str) -> str:
    """The page with the table, and the refusals under it, as the code has them; the rest of it is written by hand."""
    lines = [
        "| DuckDB | Arrow | MLflow | pandas |",
        "|---|---|---|---|",
        *(f"| {t.duckdb} | {_doc_arrow(t)} | {t.mlflow} | {t.pandas} |" for t in schema.TYPES.values()),
        "| T[], T[n] | list, fixed_size_list | Array | object (list) |",
        "| STRUCT | struct | Object | object (dict) |",
        "| MAP | map | Map | object (dict, keys as text) |",
        "",
        "Refused, with the CAST to write: "
        + ", ".join(f"{name.strip(chr(34))} (`CAST(… AS {cast})`)" for name, cast in schema.REFUSED.items())
        + ".",
    ]
    before, _, rest = page.partition(lines[0])
    after = rest.partition("\nRefused, with the CAST to write: ")[2].partition("\n")[2]
    return "\n".join([before + lines[0], *lines[1:], after])


def _doc_arrow(row):
    return "string" if row.duckdb in schema._NOT_IN_ARROW else "dictionary" if row.duckdb == "ENUM" else row.arrow


def test_document_is_the_table():
    page = DOC.read_text(encoding="utf-8")
    assert page == document(page), "write docs/types.md anew: python -m tests.frames.test_schema"
    assert document(page.replace("| BIGINT | int64", "| BIGINT | int32")) == page


if __name__ == "__main__":
    DOC.write_text(document(DOC.read_text(encoding="utf-8")), encoding="utf-8")
