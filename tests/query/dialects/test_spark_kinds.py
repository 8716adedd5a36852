"""Kinds of Spark's queries that were once other rows or refused: each value is Spark 4.2's, in ANSI mode."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError

ROWS = pa.table({
    "n": pa.array([1, 2, 3], pa.int32()), "i": pa.array([1, 7, None], pa.int32()),
    "g": pa.array([1, None, 2], pa.int32()),
    "c": pa.array([Decimal("99999.99"), Decimal("0.00"), None], pa.decimal128(10, 2)),
    "ts": pa.array([dt.datetime(2024, 2, 29, 12, 34, 56, 789012), dt.datetime(1970, 1, 1), None], pa.timestamp("us")),
    "a": pa.array([[1, 2], [], None], pa.list_(pa.int32())),
})  # fmt: skip


def rows(sql):
    model = SQLModel(sql, "databricks", tables={"t": ROWS})
    return [list(row.values()) for row in model.predict(output="arrow").to_pylist()]


def column(value):
    return [row[0] for row in rows(f"SELECT {value} AS x FROM t ORDER BY n")]


def one(value):
    return column(value)[0]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("NOT (i > 5 OR i IN (SELECT g FROM t))", []),
        ("NOT (i > 5 AND i IN (SELECT g FROM t))", [[1]]),
        ("NOT (i > 5 OR i NOT IN (SELECT g FROM t))", [[1]]),
        ("NOT NOT (i IN (SELECT g FROM t))", [[1]]),
    ],
)
def test_membership_below_not(condition, kept):
    assert rows(f"SELECT i FROM t WHERE {condition}") == kept


@pytest.mark.parametrize(
    ("text", "pattern", "moment"),
    [
        ("12", "HH", (1970, 1, 1, 12)), ("12:30 pm", "hh:mm a", (1970, 1, 1, 12, 30)),
        ("12:30", "hh:mm", (1970, 1, 1, 0, 30)), ("009999", "y", (9999, 1, 1)), ("99", "yy", (2099, 1, 1)),
        ("2024 300", "yyyy DDD", (2024, 10, 26)), ("009", "d", (1970, 1, 9)),
        ("2024-01-02t03:04:05z", "yyyy-MM-dd'T'HH:mm:ssX", (2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05.123-09:30", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", (2024, 1, 2, 12, 34, 5, 123000)),
        ("2024-01-02T03:04:05 +0930", "yyyy-MM-dd'T'HH:mm:ss Z", (2024, 1, 1, 17, 34, 5)),
        ("2024-01-02", "yyyy-MM-dd[ HH:mm[:ss]]", (2024, 1, 2)),
        ("2024-01-02 03:04:05", "yyyy-MM-dd[ HH:mm[:ss]]", (2024, 1, 2, 3, 4, 5)),
        ("2024-01-02 03:04:05.1", "yyyy-MM-dd HH:mm:ss.SSS", (2024, 1, 2, 3, 4, 5, 100000)),
        ("2024-01-02 03:04:05.123456789", "yyyy-MM-dd HH:mm:ss.SSSSSSSSS", (2024, 1, 2, 3, 4, 5, 123456)),
        ("2024-01-02 03:04:05.", "yyyy-MM-dd HH:mm:ss.SSS", None), ("24:00", "HH:mm", None),
        ("2024-01-02 03:04:05.1234", "yyyy-MM-dd HH:mm:ss.SSS", None), ("2024-02-30", "yyyy-MM-dd", None),
        ("2023-366", "yyyy-DDD", None), ("13:30 PM", "hh:mm a", None), ("5 January 2024", "d MMM yyyy", None),
    ],
)  # fmt: skip
def test_patterns_that_read(text, pattern, moment):
    assert one(f'try_to_timestamp("{text}", "{pattern}")') == (dt.datetime(*moment) if moment else None)


@pytest.mark.parametrize("pattern", ["yyyyMMddHHmmssSSS", "yyyyM", "EEE, d MMM yyyy", "MM-DDD", "a", "YYYY", "y[y"])
def test_patterns_that_are_refused(pattern):
    with pytest.raises(MlflowException, match="date pattern"):
        one(f"to_timestamp('2024', '{pattern}')")


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("k kk K KK", ["12 12 0 00", "24 24 0 00", None]), ("F DD D", ["1 60 60", "1 01 1", None]),
        ("S SSSS SSSSSSSSS", ["7 7890 789012000", "0 0000 000000000", None]),
        ("G X XXX Z", ["AD Z Z +0000"] * 2 + [None]),
        ("q QQ QQQ QQQQ", ["1 01 Q1 1st quarter"] * 2 + [None]), ("", ["", "", None]),
    ],
)  # fmt: skip
def test_patterns_that_write(pattern, texts):
    assert column(f"date_format(ts, '{pattern}')") == texts


def test_units_of_trunc_are_read_as_written():
    day = dt.date(2024, 1, 1)
    assert rows("SELECT trunc(ts, 'Q') AS a, trunc(ts, 'QUARTER') AS b FROM t WHERE n = 1") == [[None, day]]
    with pytest.raises(MlflowException, match="not a constant"):
        rows("SELECT date_trunc(u, ts) AS x FROM (SELECT ts, 'month' AS u FROM t)")


def test_a_quotient_of_decimals_is_exact():
    assert column("try_divide(c, n)")[0] == Decimal("99999.99")
    assert column("try_divide(7, c)") == [Decimal("0.00007000001"), None, None]


def test_a_left_join_of_a_generator_says_its_condition():
    kept = rows("SELECT n, x FROM t LEFT JOIN LATERAL explode(a) AS e(x) ON true ORDER BY n, x")
    assert kept == [[1, 1], [1, 2], [2, None], [3, None]]
    with pytest.raises(MlflowException, match="ON true"):
        rows("SELECT n, x FROM t LEFT JOIN LATERAL explode(a) AS e(x)")


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ('{"a":1.5}', "a INT", {"a": None}), ('{"a":"5"}', "a INT", {"a": None}),
        ('{"a":1}', "a BOOLEAN", {"a": None}),
        ('{"a":1e3}', "a BIGINT", {"a": None}), ('{"a":"1.5"}', "a DOUBLE", {"a": None}), ("x", "a INT", {"a": None}),
        ("", "a INT", None), ("null", "a INT", {"a": None}),
        ('{"a":1, "b": 5', "a INT, b STRING", {"a": None, "b": None}),
        ('{"a":{"b":"x","c":2}}', "a STRUCT<b: INT, c: INT>", {"a": {"b": None, "c": 2}}),
        ('{"a":[1,"x"]}', "a ARRAY<INT>", {"a": None}), ("[1, 2, null]", "array<int>", [1, 2, None]),
        ('[1, "x"]', "array<int>", None), ('{"a": 1}', "array<struct<a:int>>", [{"a": 1}]),
        ('[null, {"a":"x"}]', "array<struct<a:int>>", [None, {"a": None}]),
        ('{"a":1,"b":null}', "map<string,int>", [("a", 1), ("b", None)]), ('{"a":"x"}', "map<string,int>", None),
        ('{"d":"2024-01-02"}', "d DATE", {"d": dt.date(2024, 1, 2)}),
        ('{"n":"12.345"}', "n DECIMAL(10,2)", {"n": Decimal("12.35")}),
    ],
)  # fmt: skip
def test_from_json_permits(text, schema, value):
    assert one(f"from_json('{text}', '{schema}')") == value


def test_from_json_says_what_it_does_not_read():
    for text in ('{"a":1,"a":2}', '{"a":1}{"a":2}'):
        with pytest.raises(MlflowException, match="not supported"):
            one(f"from_json('{text}', 'a INT')")
    with pytest.raises(MlflowException, match="without options"):
        one("from_json('{}', 'a INT', map('mode', 'FAILFAST'))")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("to_json(named_struct('a', CAST(NULL AS INT), 'b', array(1, NULL), 'c', map('k', NULL)))",
         '{"b":[1,null],"c":{"k":null}}'),
        ("to_json(named_struct('d', 1e10D, 'e', double('NaN'), 'f', CAST(1.5 AS DECIMAL(5,2))))",
         '{"d":1.0E10,"e":"NaN","f":1.50}'),
        ("to_json(named_struct('t', timestamp'2024-01-02 03:04:05.123456', 'v', date'2024-01-02'))",
         '{"t":"2024-01-02T03:04:05.123Z","v":"2024-01-02"}'),
        ("CAST(map('a', array(1, NULL)) AS STRING)", "{a -> [1, null]}"),
        ("CAST(array(struct(1, 1.5D)) AS STRING)", "[{1, 1.5}]"), ("CAST(a AS STRING)", "[1, 2]"),
    ],
)  # fmt: skip
def test_nested_values_as_text(value, text):
    assert one(value) == text


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("CAST(a AS ARRAY<STRING>)", ["1", "2"]), ("CAST(map('k', 1) AS MAP<STRING, STRING>)", [("k", "1")]),
        ("CAST(named_struct('x', 1, 'y', 'b') AS STRUCT<a: STRING, b: STRING>)", {"a": "1", "b": "b"}),
        ("try_add(c, c)", Decimal("199999.98")), ("try_subtract(date'2024-01-02', 1)", dt.date(2024, 1, 1)),
        ("str_to_map('a=1&b=2=3&c', '&', '=')", [("a", "1"), ("b", "2=3"), ("c", None)]),
        ("array_insert(a, 4, 9)", [1, 2, None, 9]), ("split('a日', '')", ["a", "日"]), ("getbit(-1, 31)", 1),
        ("map_keys(map_concat(map('z', 9), map('y', 8)))", ["z", "y"]),
        ("make_dt_interval(1, 2, 3, 4.5) + ts", dt.datetime(2024, 3, 1, 14, 38, 1, 289012)),
        ("try_make_timestamp(2024, 12, 2, 3, 4, 60)", dt.datetime(2024, 12, 2, 3, 5)),
        ("try_make_timestamp(2024, 12, 2, 3, 4, 60.5)", None), ("try_make_timestamp(2024, 13, 2, 3, 4, 5)", None),
    ],
)  # fmt: skip
def test_values(value, made):
    assert one(value) == made


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("SELECT max_by(n, c) OVER (ORDER BY n) AS x FROM t", [[1], [1], [1]]),
        ("SELECT count(i, g) AS x, try_sum(c) AS y FROM t", [[1, Decimal("99999.99")]]),
        ("SELECT n, posexplode_outer(a) AS (p, x) FROM t ORDER BY n, p",
         [[1, 0, 1], [1, 1, 2], [2, None, None], [3, None, None]]),
        ("SELECT n, p, x FROM t, LATERAL posexplode(a) e(p, x) ORDER BY p", [[1, 0, 1], [1, 1, 2]]),
        ("SELECT n, k, v FROM t LATERAL VIEW OUTER explode(map_filter(map('a', n), (p, q) -> q > 2)) e AS k, v "
         "ORDER BY n",
         [[1, None, None], [2, None, None], [3, "a", 3]]),
    ],
)  # fmt: skip
def test_rows(query, want):
    assert rows(query) == want


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("split(s, ',')[0]", "split(s, ,, -1)[0]"), ("element_at(a, 1)", "element_at(a, 1)"), ("sin(n)", "SIN(n)"),
        ("to_timestamp(s)", "to_timestamp(s)"), ("int('5')", "5"), ("explode_outer(array(1))", "col"), ("1.50", "1.50"),
        ("array_distinct(a)", "array_distinct(a)"),
    ],
)  # fmt: skip
def test_names_of_outputs(item, name):
    sql = f"SELECT {item} FROM t"
    tables = {"t": pa.table({"s": ["2024-01-01"], "a": [[1]], "n": [1]})}
    assert SQLModel(sql, "databricks", tables=tables).predict(output="arrow").column_names == [name]


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("date 'tomorrow' - date 'yesterday' = interval 2 day", True),
        ("CAST('epoch' AS TIMESTAMP)", dt.datetime(1970, 1, 1)),
        ("timestamp 'today' = date_trunc('day', now())", True),
        ("CAST('2017-12-11' AS STRING) + interval 2 day", "2017-12-13 00:00:00"),
        ("try_add(date'2021-01-01', interval 2 year)", dt.date(2023, 1, 1)),
        ("try_add(date'2021-01-01', interval 2 hour)", dt.datetime(2021, 1, 1, 2)), ("length(binary('abc'))", 3),
        ("luhn_check('79927398713')", True), ("luhn_check('12a')", False),
        ("is_valid_utf8(CAST(NULL AS STRING))", None),
    ],
)  # fmt: skip
def test_more_values(value, made):
    assert one(value) == made


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("SELECT n, inline(array(struct(n AS p, 'x' AS q))) FROM t WHERE n < 3 ORDER BY n", [[1, 1, "x"], [2, 2, "x"]]),
        ("SELECT l.n, r.g FROM t l CROSS JOIN t r ON l.n = r.g ORDER BY l.n", [[1, 1], [2, 2]]),
        ("SELECT n FROM t LEFT SEMI JOIN t u ORDER BY n", [[1], [2], [3]]), ("SELECT n FROM t LEFT ANTI JOIN t u", []),
        ("SELECT coalesce(*) AS x FROM (SELECT g, n FROM t) ORDER BY x", [[1], [2], [2]]),
        ("SELECT try_avg(c) AS x FROM t", [[Decimal("49999.995000")]]),
    ],
)  # fmt: skip
def test_more_rows(query, want):
    assert rows(query) == want


def test_sets_of_one_expression_in_two_orders_are_refused():
    with pytest.raises(MlflowException, match="in one order"):
        rows("SELECT n + i AS s, count(*) AS x FROM t GROUP BY GROUPING SETS ((n + i), (i + n))")


@pytest.mark.parametrize(
    "value",
    [
        "array(struct(1 AS x, 'a' AS y), struct(2, 'b')) AS v",
        "inline(array(struct(1 AS x, 'a' AS y), struct(2, 'b')))",
        "explode(array(named_struct('x', 1), struct(2 AS z))) AS v",
        "CASE WHEN true THEN struct(1 AS x) ELSE struct(2 AS z) END AS v",
        "if(true, struct(1 AS x), struct(2 AS z)) AS v",
        "coalesce(struct(1 AS x), struct(2 AS z)) AS v",
        "greatest(struct(1 AS x), struct(2 AS z)) AS v",
        "map('a', struct(1 AS x), 'b', struct(2 AS z)) AS v",
        "struct(1 AS x) AS v UNION ALL SELECT struct(2 AS z)",  # Spark takes the first's names
    ],
)
def test_structs_of_other_fields_make_no_array(value: str) -> None:
    # DATATYPE_MISMATCH.DATA_DIFF_TYPES in Spark 4, where DuckDB makes a struct of the fields of both.
    with pytest.raises(QueryError, match="other fields"):
        SQLModel(f"SELECT {value}", dialect="databricks").predict()


ZONED = pa.table({"at": pa.array([dt.datetime(2024, 1, 1, 10)], pa.timestamp("us", "UTC")), "q": [2]})


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("CAST(at AS STRING)", "2024-01-01 10:00:00"), ("at + INTERVAL 1 HOUR || ''", "2024-01-01 11:00:00"),
        ("concat_ws('|', at, q)", "2024-01-01 10:00:00|2"),
        ("concat_ws(',', array(at), array(1.5D, 1e10D), array(true))", "2024-01-01 10:00:00,1.5,1.0E10,true"),
        ("listagg(at, ',') WITHIN GROUP (ORDER BY q)", "2024-01-01 10:00:00"),
        ("array_join(array(1.50, NULL), '-', '?')", "1.50-?"), ("typeof(at)", "timestamp"),
        ("typeof(1.5)", "decimal(2,1)"),
        ("CAST(at + make_interval(0, q, 0, 1, 1, 1, 1.5) AS STRING)", "2024-03-02 11:01:01.5"),
    ],
)  # fmt: skip
def test_a_moment_as_text_has_no_zone(value: str, made: object) -> None:
    model = SQLModel(f"SELECT {value} AS x FROM t", "databricks", tables={"t": ZONED})
    assert model.predict(output="arrow").to_pydict() == {"x": [made]}


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("array_sort(array(3, 1, 2), (x, y) -> y - x)", [3, 2, 1]),
        ("array_sort(array('bb', 'a', 'ccc', 'dd'), (x, y) -> length(y) - length(x))", ["ccc", "bb", "dd", "a"]),
        ("array_sort(array(4, NULL), (x, y) -> CASE WHEN x > y THEN -1 WHEN x < y THEN 1 ELSE 0 END)", [4, None]),
        ("map_zip_with(map('a', n, 'b', 2), map('a', 5, 'c', 7), (k, x, y) -> coalesce(x, 0) + coalesce(y, 0))",
         [("a", 6), ("b", 2), ("c", 7)]),
        ("array_sort(array(struct(2 AS p, 'y' AS q), struct(1 AS p, 'x' AS q))).q", ["x", "y"]),
    ],
)  # fmt: skip
def test_lambdas_of_two(value: str, made: object) -> None:
    assert one(value) == made


def test_a_comparator_that_gives_no_order_is_an_error() -> None:
    with pytest.raises(MlflowException, match="no order"):
        one("array_sort(array(1, NULL, 2), (x, y) -> CASE WHEN x > y THEN -1 WHEN x < y THEN 1 ELSE 0 END)")


def test_the_type_of_what_is_computed_is_not_named() -> None:
    with pytest.raises(MlflowException, match="typeof"):
        one("typeof(n + 1)")
