"""Sizes behind other words: nothing that a query makes larger is lost on the way, by whatever name it is read."""

import duckdb
import pytest

from mlflow_sql_flavor.engines.query_check import parse_tree
from mlflow_sql_flavor.query.gate.query_bounds import is_small

CON = duckdb.connect()
TABLES = {
    "input": {"a": "BIGINT", "s": "VARCHAR", "l": "VARCHAR[]", "b": "BIGNUM"},
    "ref": {"k": "INTEGER", "v": "BIGINT"},
}

#: Each makes a text of 25 steps as long as 2^25 of the first; ``@`` is the step before.
STEPS = {
    "positions": "SELECT #1 || #1 AS t FROM @",
    "a position renamed": "SELECT t FROM (SELECT #1 || #1 FROM @) q(t)",
    "a star replaced": "SELECT * REPLACE (t || t AS t) FROM @",
    "a subquery of a star": "SELECT (SELECT * FROM @) || (SELECT * FROM @) AS t",
    "a subquery of FROM": "SELECT (FROM @) || (FROM @) AS t",
    "a subquery of UNION": "SELECT (SELECT t FROM @ UNION ALL SELECT t || t FROM @ LIMIT 1 OFFSET 1) AS t",
    "COLUMNS": "SELECT COLUMNS('t') || COLUMNS('t') AS t FROM @",
    "COLUMNS by a lambda": "SELECT COLUMNS(lambda c: c = 't') || COLUMNS('t') AS t FROM @",
    "columns as arguments": "SELECT concat(*COLUMNS(*), *COLUMNS(*)) AS t FROM @",
    "a row": "SELECT @::VARCHAR || @::VARCHAR AS t FROM @",
    "a row by another name": "SELECT q::VARCHAR || q::VARCHAR AS t FROM @ AS q",
    "UNPIVOT": "SELECT v || v AS t FROM (UNPIVOT @ ON t INTO NAME n VALUE v)",
    "PIVOT": "SELECT a AS t FROM (PIVOT (SELECT 'a' AS k, t FROM @) ON k IN ('a') USING first(t || t))",
    "a star of a struct": "SELECT t FROM (SELECT st.* FROM (SELECT {'t': t || t} AS st FROM @))",
    "a struct unpacked": "SELECT unnest({'t': t || t}) FROM @",
    "a column renamed": "SELECT * RENAME (u AS t) FROM (SELECT t || t AS u FROM @)",
    "the largest": "SELECT max(t || t) AS t FROM @",
    "the largest of a list": "SELECT list_max([t || t]) AS t FROM @",
    "the middle one": "SELECT median(t || t) AS t FROM @",
    "what two lists have": "SELECT list_intersect([t || t], [t || t])[1] AS t FROM @",
    "lists by a sign": "SELECT ([t] + [t])::VARCHAR AS t FROM @",
    "a window's default": "SELECT lag(t, 1, t || t) OVER () AS t FROM @",
    "a lateral join": "SELECT u AS t FROM @, LATERAL (SELECT t || t AS u) x",
    "LEAST": "SELECT least(t || t, t || t || 'x') AS t FROM @",
    "GREATEST in CASE": "SELECT CASE WHEN length(t) > 1 THEN greatest(t, t || t) END AS t FROM @",
}

#: A number that is larger than it looks.
NUMBERS = {
    "LEAST": "1000000000 - least(1, 1000000000, 1000000000)",
    "LEAST of negative ones": "0 - least(-1000000000, 5, 6)",
    "GREATEST of a column": "greatest(CASE a WHEN 1 THEN 1000000000 END, 1)",
    "LEAST of a column": "1000000000 - least(a, 1000000000)",
    "CASE": "1000000000 - CASE WHEN a = 1 THEN 1 ELSE 1000000000 END",
    "rounding": "((ceil(0.1) - 0.1) * 2000000000)::BIGINT",
    "digits before the point": "(round(5, -1) - 5)::INT * 400000000",
    "half": "((0.5::INT - 0.5) * 4000000000)::BIGINT",
    "beyond what a float holds": "(9007199254740993 - 9007199254740992) * 2000000000",
    "a decimal": "((10000000000000000.5 - 10000000000000000) * 2000000000)::BIGINT",
    "a small float": "((16777217 - 16777217::FLOAT) * 2000000000)::BIGINT",
    "bytes as bits": "('0'::BLOB::BIT::INT) * 40000000",
    "a truth": "(a = 1)::INT * 1000000000",
    "dates apart": "100000000000000 // (DATE '2024-01-01' - DATE '2020-01-01')",
    "a shorter text": f"(9008 - length(trim('{' ' * 9000}'))) * 200000",
    "a column by the same name": "ref.v",
    "a column by a new name": "w",
}

#: A list of moments that is longer than it looks.
MOMENTS = {
    "a date and days": "DATE '1970-01-01', DATE '1970-01-01' + 3000000, INTERVAL 1 HOUR",
    "months and days": "DATE '2000-01-01' + to_months(95000), DATE '2000-01-01' + to_days(2850000), INTERVAL 1 SECOND",
    "months less days": "TIMESTAMP '2000-01-01', DATE '2000-01-01' + (to_months(12) - to_days(360)) * 100000, "
    "INTERVAL 1 SECOND",
    "times": "TIMESTAMP '2000-01-01', TIMESTAMP '2000-01-01' + (TIME '10:00' - TIME '09:00') * 1000000, "
    "INTERVAL 1 SECOND",
    "zones": "TIMESTAMPTZ '1970-01-01 00:00:00+14', TIMESTAMPTZ '1970-01-01 00:00:00-12', INTERVAL 1 MILLISECOND",
}

KEY = "k" * 30_000
OTHERS = {
    "names in the same SELECT": "SELECT s || s AS a0"
    + "".join(f", a{i} || a{i} AS a{i + 1}" for i in range(25))
    + " FROM input",
    "a recursion that escapes": "WITH RECURSIVE r(t, n) AS (SELECT 'x', 1 UNION ALL SELECT hex(t), n + 1 FROM r "
    "WHERE n < 33) SELECT max(length(t)) AS r FROM r",
    "a recursion by a star": "WITH RECURSIVE r(t) AS (SELECT 'x' UNION ALL SELECT * REPLACE (t || t AS t) FROM r) "
    "SELECT max(length(t)) AS r FROM r",
    "a recursion by position": "WITH RECURSIVE r(t) AS (SELECT 'x' UNION ALL SELECT #1 || #1 FROM r) "
    "SELECT max(length(t)) AS r FROM r",
    "rounds that escape": "SELECT list_reduce(range(33)::VARCHAR[], lambda a, b: hex(a)) AS r FROM input",
    "pairs in a list": "SELECT list_transform([repeat('ab', 20000)], lambda x: levenshtein(x, x || 'c')) AS r "
    "FROM input",
    "pairs two lists deep": "SELECT list_transform([repeat('ab', 20000)], lambda x: list_transform([x], lambda y: "
    "levenshtein(y, x))) AS r FROM input",
    "lengths in a list": "SELECT list_transform([repeat('ab', 20000)], lambda x: len(range(length(x) * length(x)))) "
    "AS r FROM input",
    "lists of the data": "WITH c0 AS (SELECT l FROM input)"
    + "".join(f", c{i + 1} AS (SELECT l + l AS l FROM c{i})" for i in range(25))
    + " SELECT l FROM c25",
    "numbers without end": "WITH c0 AS (SELECT b FROM input)"
    + "".join(f", c{i + 1} AS (SELECT (repeat((b + 1)::VARCHAR, 8))::BIGNUM + 1 AS b FROM c{i})" for i in range(9))
    + " SELECT b FROM c9",
    "many quantiles": "SELECT quantile_disc(s, range(1000)::DOUBLE[]) AS r FROM input",
    "names of fields": f"SELECT {' || '.join([f'to_json({{{KEY!r}: a}})'] * 5)} AS r FROM input",
    "names of fields, once written": f"WITH c AS (SELECT {{{KEY!r}: a}} AS st FROM input) "
    f"SELECT {' || '.join(['to_json(st)'] * 20)} AS r FROM c",
    "names of values": f"SELECT {' || '.join(['enum_range(e)::VARCHAR'] * 20)} AS r FROM "
    f"(SELECT 'a'::ENUM('a', {KEY!r}) AS e FROM input)",
    "a frame": "SELECT sum(a) OVER (ORDER BY a ROWS BETWEEN length(repeat(s, 1000)) PRECEDING AND CURRENT ROW) AS r "
    "FROM input",
}  # fmt: skip


def _steps(step: str) -> str:
    chain = "".join(f", c{i + 1} AS ({step.replace('@', f'c{i}')})" for i in range(25))
    return f"WITH c0 AS (SELECT s AS t FROM input){chain} SELECT length(t) AS r FROM c25"


CASES = {
    **{f"25 steps: {name}": _steps(step) for name, step in STEPS.items()},
    **{
        f"number: {name}": f"SELECT length(repeat('x', {text})) AS r FROM input, ref AS ref(k, v), (SELECT 0 AS v) c, "
        "ref AS q(u, w), (SELECT 0 AS w) d"
        for name, text in NUMBERS.items()
    },
    **{f"moments: {name}": f"SELECT list_sum(list_transform(range({text}), lambda x: 1)) AS r FROM input"
       for name, text in MOMENTS.items()},
    **OTHERS,
}  # fmt: skip


@pytest.mark.parametrize("known", [True, False], ids=["known columns", "unknown columns"])
@pytest.mark.parametrize("name", CASES)
def test_what_grows_is_not_known_to_be_small(name: str, known: bool) -> None:
    assert not is_small(parse_tree(CON, CASES[name]), tables=TABLES if known else None)


SMALL = {
    "sums of numbers": f"SELECT {' + '.join(['v'] * 300)} AS r FROM ref",
    "sums of sums": "WITH c AS (SELECT a * 2 AS x FROM input) SELECT " + " + ".join(["x"] * 200) + " AS r FROM c",
    "LEAST of many": f"SELECT least({', '.join(['a'] * 200)}) AS r FROM input",
    "a number behind names": "WITH c AS (SELECT 5 AS n) SELECT repeat(s, n) AS r FROM input, c",
    "a number of two": "SELECT repeat(s, CASE WHEN a = 1 THEN 3 ELSE 5 END) AS r FROM input",
    "months": "SELECT unnest(range(DATE '2024-01-01', DATE '2024-01-01' + INTERVAL 24 MONTH, INTERVAL 1 MONTH)) AS r",
    "days back": "SELECT range(DATE '2024-02-01', DATE '2024-01-01', INTERVAL '-1 day') AS r FROM input",
    "a name used anew": "WITH c AS (SELECT upper(s) AS s FROM input) SELECT trim(s) || '!' AS s, s || s AS t FROM c",
    "columns as they are": "SELECT * EXCLUDE (a), coalesce(COLUMNS('s'), '') FROM input",
}


@pytest.mark.parametrize("name", SMALL)
def test_what_does_not_grow_is(name: str) -> None:
    tables = {**TABLES, "input": {"a": "BIGINT", "s": "VARCHAR"}}
    assert is_small(parse_tree(CON, SMALL[name]), tables=tables)
