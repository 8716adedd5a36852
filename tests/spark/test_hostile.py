"""Names, types, zones and sessions that break what only works on a clean table."""

from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError

pytestmark = pytest.mark.ci
D = decimal.Decimal
DATA = pa.table({"id": [1, 2, 3], "g": ["a", "b", None]})
PARAMS = {
    "i": 5, "f": 1.5, "s": "o'y\\ ${env:HOME} :x {a} \n", "b": True, "d": datetime.date(2024, 2, 29),
    "t": datetime.datetime(2024, 1, 1, 1, 2, 3, 4), "n": D("1.25"), "l": [1, 2], "ls": ["a", None],
    "ld": [datetime.date(2024, 1, 1)], "ln": [D("1.25"), D("2.5")],
}  # fmt: skip
#: Query and rows that DuckDB and Spark have to agree on.
SAME = {
    "parameters": (
        "SELECT id, :i + 0 AS i, :f AS f, :s AS s, :b AS b, :d AS d, :t AS t, :n AS n, id IN (:l) AS l, "
        "g IN (:ls) AS ls, DATE '2024-01-01' IN (:ld) AS ld, CAST(1.25 AS DECIMAL(10,2)) IN (:ln) AS ln FROM input",
        DATA,
    ),
    "names": (
        'SELECT id, "we ""ird"" . ünï select" * 2 AS "out.put ""x""", "select" AS "order", "Ä.b" AS ü, ö FROM input',
        pa.table({'we "ird" . ünï select': [1.5, 2.5], "select": ["x", None], "Ä.b": [1, 2], "ö": [3, 4],
                  "id": [1, 2]}),
    ),
    "no rows": ("SELECT id, count(*) OVER () AS n FROM input", DATA.slice(0, 0)),
    "no rows, counted": ("SELECT count(*) AS n, sum(id) AS s FROM input", DATA.slice(0, 0)),
    "NULLs": ("SELECT id, g, coalesce(g, 'x') AS y FROM input", pa.table({"id": [None, 1], "g": [None, "a"]})),
    "nested": (
        "SELECT id, l, s, l[1] AS first, s.x AS x, ls, m FROM input",
        pa.table({
            "id": [1, 2], "l": [[1, 2], None], "s": [{"x": 1, "y": "a"}, None], "ls": [[{"a": 1}], []],
            "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        }),
    ),
    "decimals": (
        "SELECT a + b AS s, b * b AS m, sum(b) OVER () AS t, a / b AS q, round(b / 3, 4) AS r FROM input",
        pa.table({
            "a": pa.array([D("12345678901234567890.123456"), None], pa.decimal128(38, 6)),
            "b": pa.array([D("0.01"), D("1.00")], pa.decimal128(10, 2)),
        }),
    ),
    "texts": ("SELECT id, '${env:HOME} ${system:user.home} {x} {{y}} {} %s :p ? $1' AS a, '{' AS b FROM input", DATA),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_the_rows_are_duckdb_s(spark, request, case):
    if case == "nested" and "sail" in request.node.callspec.id:
        pytest.xfail("of a structure that is NULL, Sail's fields are 0")
    sql, data = SAME[case]
    found = SQLModel(sql).verify_on(spark, data, params=PARAMS if ":i " in sql else None)
    assert found.equal, found.text("Spark", "DuckDB")


@pytest.mark.parametrize("text", ["'${env:HOME}'", "r'\\n${env:HOME}'", '"${env:HOME}"', "'$${env:HOME} {x}'"])
def test_nothing_in_a_text_is_expanded(classic, connect, text):
    model = SQLModel(f"SELECT {text} AS a FROM input", "databricks")
    expected = model.predict(DATA, output="arrow")["a"][0].as_py()
    assert "${env:HOME}" in expected
    for session in (classic, connect):
        assert model.predict(session.createDataFrame(DATA)).collect()[0]["a"] == expected


def test_columns_in_another_order_and_case(spark):
    model = SQLModel("SELECT id, g || '!' AS g FROM input", input_types={"id": "BIGINT", "g": "VARCHAR"})
    frame = spark.createDataFrame(DATA).selectExpr("g AS G", "1 AS extra", "CAST(id AS INT) AS ID")
    assert [tuple(row) for row in model.predict(frame).collect()] == [(1, "a!"), (2, "b!"), (3, None)]
    with pytest.raises(MlflowException, match="mbiguous"):
        model.predict(spark.createDataFrame(DATA).selectExpr("g", "id", "id AS ID"))


@pytest.fixture
def database(classic):
    classic.sql("CREATE DATABASE hostile")
    yield "hostile"
    classic.sql("DROP DATABASE hostile CASCADE")


def test_tables_by_name(classic, database):
    model = SQLModel("SELECT id, g FROM input", input_types={"id": "BIGINT", "g": "VARCHAR"})
    frame = classic.createDataFrame(DATA)
    model.run_on(classic, input=frame, into=(database, "select"))
    assert model.run_on(classic, input=(database, "select")).count() == 3
    assert model.run_on(classic, input="hostile.`select`").count() == 3
    with pytest.raises(InputError, match="already exists"):
        model.run_on(classic, input=classic.createDataFrame(DATA.slice(0, 1)), into="hostile.`select`")
    assert classic.table("hostile.`select`").count() == 3, "what was there stays"
    for name in ("nowhere", "x; DROP TABLE hostile.`select`", ("a.b", "c`d")):
        with pytest.raises(InputError, match="Spark reads no table"):
            model.run_on(classic, input=name)
    with pytest.raises(InputError, match="Spark makes no table"):
        model.run_on(classic, input=frame, into="x; DROP TABLE y")


WALL = pa.table({"t": pa.array([datetime.datetime(2024, 1, 31, 1, 30), None], pa.timestamp("us")), "n": [1, 2]})


@pytest.fixture
def berlin(classic):
    classic.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    yield classic
    classic.conf.set("spark.sql.session.timeZone", "UTC")


def test_wall_clocks_in_a_session_s_zone(berlin):
    sql = (
        "SELECT i.t, i.t + INTERVAL 1 HOUR AS u, extract(hour FROM i.t) AS h, CAST(i.t AS DATE) AS d, "
        "date_trunc('day', i.t) AS dd, CAST(i.t AS VARCHAR) AS s, :at AS at, i.t < :at AS b, r.n AS found "
        "FROM input AS i LEFT JOIN r ON r.t = i.t"
    )
    found = SQLModel(sql, tables={"r": WALL}).verify_on(berlin, WALL, params={"at": datetime.datetime(2024, 7, 1, 2)})
    assert found.equal, found.text("Spark", "DuckDB")


def test_moments_and_clocks_that_a_zone_changes(berlin):
    moments = pa.table({"z": WALL["t"].cast(pa.timestamp("us", "UTC"))})
    with pytest.raises(InputError, match=r"'z' of 'input' .* Europe/Berlin: run spark\.conf\.set"):
        SQLModel("SELECT extract(hour FROM z) AS h FROM input").verify_on(berlin, moments)
    twice = pa.table({"t": pa.array([datetime.datetime(2024, 10, 27, 2, 30)], pa.timestamp("us"))})
    with pytest.raises(InputError, match="cannot be sent to a Spark session in Europe/Berlin"):
        SQLModel("SELECT t FROM input").verify_on(berlin, twice)


def test_two_models_in_one_session(spark):
    sql = "SELECT id, r.v FROM input JOIN r USING (id)"
    first = SQLModel(sql, tables={"r": pa.table({"id": [1], "v": [9]})})
    second = SQLModel(sql, tables={"r": pa.table({"id": [2], "v": [8]})})
    frame = spark.createDataFrame(DATA)
    one, other = first.predict(frame), second.predict(frame)
    assert sorted(tuple(row) for row in one.union(other).collect()) == [(1, 9), (2, 8)]
    assert one.join(frame, "id").count() == 1
