"""A chained call is read as the plain one that DuckDB makes of it, and so are its columns, its types and its text."""

import duckdb
import pytest

from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.targets.render import render
from mlflow_sql_flavor.query.translation.lineage import trace

COLUMNS = {"a": "BIGINT", "s": "VARCHAR", "l": "VARCHAR[]", "st": "STRUCT(x INTEGER)", "d": "DATE"}

#: ``{chained: plain}``
CALLS = {
    "s.upper()": "upper(s)",
    's."Upper"()': "upper(s)",
    "input.s.upper().lower()": "lower(upper(input.s))",
    "st.x.abs()": "abs(st.x)",
    "s[1].upper()": "upper(s[1])",
    "(s || s).upper()": "upper((s || s))",
    "'x'.concat(s, a)": "concat('x', s, a)",
    "s.upper()::VARCHAR.lower()": "lower(upper(s)::VARCHAR)",
    "a.sum() FILTER (WHERE a > 1)": "sum(a) FILTER (WHERE a > 1)",
    "a.first(ORDER BY s)": "first(a ORDER BY s)",
    "s.string_agg(',' ORDER BY a)": "string_agg(s, ',' ORDER BY a)",
    "s.trim('x')": "trim(s, 'x')",
    "s.substring(1, 2)": "substring(s, 1, 2)",
    "s.left(1).right(1)": "right(left(s, 1), 1)",
    "l.list_transform(lambda x: x.upper())": "list_transform(l, lambda x: upper(x))",
    "l.list_filter(lambda x: x.len() > a.abs())": "list_filter(l, lambda x: len(x) > abs(a))",
    "[x.upper() FOR x IN l IF x.len() > 0]": "[upper(x) FOR x IN l IF len(x) > 0]",
    "[1, 2].list_sum()": "list_sum([1, 2])",
    "{'x': a}.x.abs()": "abs({'x': a}.x)",
    "s.struct_pack().s": "struct_pack(s).s",
    "(SELECT max(a.abs()) FROM input).abs()": "abs((SELECT max(abs(a)) FROM input))",
    "'day'.date_diff(d, d)": "date_diff('day', d, d)",
    "DATE '2020-01-01'.year()": "year(DATE '2020-01-01')",
    "$p.upper()": "upper($p)",
}


def _query(call: str) -> str:
    return f"SELECT {call} AS r FROM input"


@pytest.mark.parametrize("chained", CALLS)
def test_it_is_the_plain_call(chained: str) -> None:
    read, plain = parse(_query(chained)), parse(_query(CALLS[chained]))
    assert read.tree is not None
    assert plain.tree is not None
    assert read.tree.sql("duckdb") == plain.tree.sql("duckdb")
    if "concat" not in chained and "FOR" not in chained:  # read with marks of how they were written
        assert read.tree == plain.tree
    assert trace(read, {"input": COLUMNS}, "input").edges == trace(plain, {"input": COLUMNS}, "input").edges


def test_both_give_the_same_rows() -> None:
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE input AS SELECT -1 AS a, 'xyx' AS s, ['q'] AS l, {'x': -3} AS st, DATE '2020-02-01' d"
        )
        for pair in CALLS.items():
            if "struct_pack" not in pair[0]:  # whose field is called after the column
                rows = [con.execute(_query(call), {"p": "x"} if "$p" in call else None).fetchall() for call in pair]
                assert rows[0] == rows[1], pair


@pytest.mark.parametrize("call", ["main.upper(s)", "system.main.upper(s)", '"MAIN".upper(s)', "concat(temp.abs(a), s)"])
def test_a_schema_is_no_column(call: str) -> None:
    """The gate refuses it: here it is not taken for an argument."""
    found = trace(parse(_query(call)), {"input": COLUMNS}, "input")
    assert not any(edge.source_column in ("main", "MAIN", "system", "temp") for edge in found.edges)


def test_other_engines_get_the_plain_call() -> None:
    query = parse("SELECT s.upper().left(1) AS r FROM input")
    assert render(query, "postgres", {"input": COLUMNS}, {}) == render(
        parse("SELECT left(upper(s), 1) AS r FROM input"), "postgres", {"input": COLUMNS}, {}
    )
