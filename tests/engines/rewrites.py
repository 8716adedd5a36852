"""Queries whose words mean something else on another engine, and rows on which that shows."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa

MOMENTS = [datetime.datetime(2024, 1, 31, 23, 59, 59, 987654), datetime.datetime(2024, 2, 1), None]
LATER = [datetime.datetime(2024, 2, 1, 0, 0, 1), datetime.datetime(2024, 3, 1, 13, 5, 9), None]
DATA = pa.table(
    {
        "id": list(range(12)),
        "x": [2.5, -2.5, 0.5, -0.5, 1.005, 0.49999999999999994, 4503599627370497.5, 1e300, 0.0, None, 1.45, 2.675],
        "p": [1.0, 10.0, 0.001, 2.5, 1e10, 3.0, 7.0, 8.0, 9.0, None, 11.0, 100.0],
        "d": pa.array(
            [
                *(Decimal(hundredths) / 100 for hundredths in (250, -250, 49, 135, 999, 5, 100, 333, -50)),
                None,
                None,
                None,
            ],
            pa.decimal128(10, 2),
        ),
        "s": ["apple", "", None, "aXbab", "straße", "ünï", "a1b2c3", "x$y\\z", "abc", "b", "aa\nab", "ABba"],
        "n": [-7, -3, -1, 0, 1, 2, 5, None, 3, -2, 100, -100],
        "k": [0, 1, 2, 3, 4, 5, 6, 7, None, 1, 2, 3],
        "t": pa.array(MOMENTS * 4, pa.timestamp("us")),
        "u": pa.array(LATER * 4, pa.timestamp("us")),
        "g": ["a", "b", None] * 4,
    }
)
WHOLE = "x < 1e9 OR x IS NULL"

#: (dialect, query); the rows of DuckDB, by the package's rules for the dialect, are the ones wanted.
SAME = [
    ("postgres", "SELECT id, round(x) AS a, round(d) AS b, round(d, 1) AS c FROM input"),
    ("duckdb", "SELECT id, round(x) AS a, round(d) AS b FROM input"),
    # Not 1.45 and 2.675, which are no ties in bits: DuckDB goes by those, PostgreSQL by the digits.
    (
        "duckdb",
        "SELECT id, round(x, 2) AS c, round(x, 1) AS e FROM input "
        "WHERE x < 1e9 AND x NOT IN (1.45, 2.675) OR x IS NULL",
    ),
    ("databricks", "SELECT id, round(x) AS a, round(d) AS b FROM input"),
    ("databricks", f"SELECT id, round(x, 2) AS c FROM input WHERE {WHOLE}"),
    ("postgres", f"SELECT id, CAST(x AS BIGINT) AS a, d::int AS b, 2.5::int AS c FROM input WHERE {WHOLE}"),
    ("duckdb", f"SELECT id, CAST(x AS BIGINT) AS a, d::int AS b, 2.5::int AS c FROM input WHERE {WHOLE}"),
    ("databricks", f"SELECT id, CAST(x AS BIGINT) AS a, CAST(d AS INT) AS b FROM input WHERE {WHOLE}"),
    ("duckdb", f"SELECT id, x::DECIMAL(18, 2) AS a, x::DECIMAL(18, 0) AS b FROM input WHERE {WHOLE}"),
    ("postgres", "SELECT id, d / 3 AS a, n / 2 AS b, n / 2.0 AS c, round(d / 2.0) AS e, d::numeric AS f FROM input"),
    ("duckdb", "SELECT id, d / 3 AS a, n / 2 AS b, n / 2.0 AS c, n // 2 AS e FROM input WHERE n <> 0"),
    ("postgres", "SELECT id, log(p) AS a, ln(p) AS b, sqrt(p) AS c, log(2.0, 8.0) AS e FROM input"),
    ("duckdb", "SELECT id, log(p) AS a, ln(p) AS b, sqrt(p) AS c FROM input"),
    ("postgres", "SELECT id, to_hex(n) AS a, to_hex(id) AS b, to_hex(255) AS c FROM input"),
    ("postgres", "SELECT id, s::varchar(2) AS a, CAST(id AS VARCHAR(1)) AS b FROM input"),
    *[
        (dialect, f"SELECT id, substr(s, n) AS a, substr(s, n, {size}) AS b, substr(s, {at}) AS c, "
         f"substr(s, {at}, {count}) AS e FROM input")
        for dialect in ("postgres", "duckdb", "databricks")
        for size, at, count in (("k", 0, 2), ("3", -2, 4), ("k + 1", 2, 0), ("0", -9, 6))
    ],
    ("databricks", "SELECT id, substr(s, n, n) AS a, substr(s, 2, -1) AS b FROM input"),
    *[(dialect, "SELECT id, upper(s) AS a FROM input") for dialect in ("postgres", "duckdb", "databricks")],
    *[
        (dialect, f"SELECT id, regexp_replace(s, {rest}) AS a FROM input")
        for dialect in ("postgres", "duckdb")
        for rest in ("'a', 'Z'", "'A', 'z', 'gi'", r"'(a)(.)', '<\2\1>'", r"'([ab])', '[\1]', 'g'", "'b', '$1'")
    ],
    ("databricks", r"SELECT id, regexp_replace(s, '(a)(.)', '<$2$1>') AS a FROM input"),
    ("databricks", "SELECT id, regexp_replace(s, 'b', '[$0]') AS a FROM input"),
    ("databricks", r"SELECT id, regexp_replace(s, 'a', r'\$1\\') AS a FROM input"),
    ("postgres", "SELECT id, s ~ 'a.a' AS a, s ~* '^B.*A$' AS b FROM input"),
    ("databricks", r"SELECT id, s RLIKE '^a.a' AS a, s RLIKE '[.a]\\.|a[^.]a' AS b FROM input"),
    ("duckdb", "SELECT id, regexp_matches(s, '^a.a') AS a, regexp_matches(s, 'a[^b]a') AS b FROM input"),
    ("duckdb", "SELECT id, s SIMILAR TO 'a.*' AS a, s SIMILAR TO 'a|b' AS b FROM input"),
    ("postgres", "SELECT id, to_char(t, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS') AS a, "
     "to_char(t, 'FMDD.FMMM.YY HH:MI AM') AS b, to_char(t, 'DDD Q Dy Mon') AS c FROM input"),
    ("duckdb", "SELECT id, strftime(t, '%Y-%m-%d %H:%M:%S.%g') AS a, strftime(t, '%-d/%-m/%y %I:%M %p %% it''s') AS b, "
     "strftime(t, '%j %a %b') AS c FROM input"),
    ("databricks", "SELECT id, date_format(t, \"yyyy-MM-dd'T'HH:mm:ss.SSS\") AS a, "
     "date_format(t, 'd/M/yy hh:mm a') AS b, date_format(t, 'EEE MMM DDD') AS c FROM input"),
    ("databricks", "SELECT id, datediff(u, t) AS a, from_utc_timestamp(t, 'America/New_York') AS b, "
     "to_utc_timestamp(t, 'Asia/Tokyo') AS c FROM input"),
    ("databricks", "SELECT id, element_at(array(id, n), -1) AS a, array(id, n)[0] AS b, "
     "get(array(id, n), 5) AS c FROM input"),
    ("databricks", "SELECT id, concat_ws('-', array('a', NULL, 'b')) AS a, "
     "concat_ws('-', s, array('p'), 'q') AS b FROM input"),
    ("postgres", "SELECT g, array_agg(n ORDER BY x DESC, id) AS a, array_agg(n ORDER BY n) FILTER (WHERE id > 5) AS b "
     "FROM input GROUP BY g ORDER BY g"),
    ("duckdb", "SELECT g, array_agg(n ORDER BY x DESC, id) AS a, "
     "list(s ORDER BY s NULLS FIRST) FILTER (WHERE id > 20) AS b FROM input GROUP BY g ORDER BY g"),
    ("postgres", "SELECT percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY p) AS a FROM input"),
    *[
        (dialect, f"SELECT DISTINCT ON (g) g, n AS m, x FROM input WHERE n IS NOT NULL ORDER BY g, {key} {rest}")
        for dialect in ("postgres", "duckdb")
        for key, rest in (("m DESC", ""), ("id", "LIMIT 2"), ("3, id", "LIMIT 1 OFFSET 1"), ("-n", ""))
    ],
    ("postgres", "WITH q AS (SELECT DISTINCT ON (g) g, id FROM input ORDER BY g, id DESC) "
     "SELECT g, id FROM q ORDER BY id"),
    ("postgres", "SELECT id, extract(dow FROM t) AS a FROM input"),
    ("databricks", "SELECT id, pmod(id, 5) AS a, pmod(n, 3) AS b, pmod(id, -3) AS c, nullifzero(n) AS e, "
     "zeroifnull(n) AS f, contains(s, 'a') AS g FROM input"),
    ("databricks", "SELECT id, regexp_extract(s, '(a)(.)', 2) AS a, regexp_extract(s, 'b.', 0) AS b, "
     "split(s, 'b') AS c FROM input"),
    ("databricks", "SELECT id, dayofweek(t) AS a, weekday(t) AS b, quarter(t) AS c, dayofyear(t) AS e, "
     "extract(dow FROM t) AS f, add_months(CAST(t AS DATE), n) AS g FROM input"),
    ("databricks", "SELECT g, max(n > 0) AS a, min(n > 0) AS b FROM input GROUP BY g"),
    ("postgres", "SELECT id, substr(s, :start, :many) AS a, regexp_replace(s, 'a', 'b') AS b FROM input "
     "WHERE id >= :start"),
]  # fmt: skip
PARAMS = {"start": 0, "many": 3}

#: (dialect, query, engine, what the refusal names)
REFUSED = [
    ("duckdb", "SELECT x::VARCHAR AS a FROM input", "postgres spark", "text of a double"),
    ("databricks", "SELECT concat('n', x) AS a FROM input", "postgres", "text of a double"),
    ("postgres", "SELECT (u - t)::text AS a FROM input", "spark", "text of an interval"),
    ("duckdb", "SELECT age(u, t)::VARCHAR AS a FROM input", "postgres spark", "text of an interval"),
    ("postgres", "SELECT regexp_replace(s, '[[:alpha:]]', 'x') AS a FROM input", "spark", "regexp_replace"),
    ("postgres", "SELECT regexp_replace(s, s, 'x') AS a FROM input", "spark", "regexp_replace"),
    ("postgres", "SELECT to_char(t, 'Day') AS a FROM input", "spark", "date pattern"),
    ("duckdb", "SELECT strftime(t, '%U') AS a FROM input", "postgres spark", "date pattern"),
    ("databricks", "SELECT array(1, 2)[9] AS a FROM input", "postgres", "subscript"),
    ("databricks", "SELECT split(s, 'a')[id] AS a FROM input", "postgres", "subscript"),
    ("postgres", "SELECT array_agg(DISTINCT n) AS a FROM input", "spark", "array_agg"),
    ("postgres", "SELECT array_agg(n) OVER () AS a FROM input", "spark", "array_agg"),
    ("duckdb", "SELECT substr(s, 2, -1) AS a FROM input", "postgres spark", "substr"),
    ("duckdb", 'SELECT q."A" AS r, q."a" AS o FROM (SELECT id AS "A", n AS "a" FROM input) AS q', "postgres", "names"),
    ("postgres", "SELECT s::char(3) AS a FROM input", "spark", "CHAR"),
]
