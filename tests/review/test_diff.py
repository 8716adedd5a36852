"""``mlflow_sql_flavor.diff``: what it finds in the query, the signature and the rows, and how it shows it."""

from __future__ import annotations

import datetime
import decimal
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel, diff
from mlflow_sql_flavor.errors import InputError, QueryError
from mlflow_sql_flavor.query.facts.changes import changes
from mlflow_sql_flavor.query.reading.parse import parse

from ..report.test_lineage_picture import safe

LISTINGS = pd.DataFrame(
    {"id": [1, 2, 3, 4], "region": ["s", "s", "b", "j"], "score": [4.5, 3.9, 4.8, 2.0], "day": [1, 2, 3, 4]}
)


def told(old: str, new: str, dialect: str = "duckdb") -> set[tuple[str, str, str, str | None, str | None]]:
    found = changes(parse(old, dialect), parse(new, dialect))
    assert found is not None
    return {(c.kind, c.step, c.clause, c.before, c.after) for c in found}


# the query


def test_layout_and_comments_are_no_change() -> None:
    assert told("SELECT a, b FROM input WHERE a > 1", "select A , b\nfrom INPUT -- why\nwhere a > 1") == set()
    assert told('SELECT a FROM input WHERE "A" > 1', 'SELECT a FROM input WHERE "a" > 1') != set()
    found = diff(SQLModel("SELECT id FROM input"), SQLModel("select  ID /* c */\nFROM input"), LISTINGS)
    assert found.query.equal and "the same, written in another way" in found.text()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("SELECT a FROM input", "SELECT a, b FROM input", {("added", "", "SELECT", None, "b")}),
        ("SELECT a, b FROM input", "SELECT a FROM input", {("removed", "", "SELECT", "b", None)}),
        ("SELECT a AS v FROM input", "SELECT b AS v FROM input", {("changed", "", "SELECT", "a AS v", "b AS v")}),
        (
            "SELECT a FROM input WHERE a > 1 AND b = 2",
            "SELECT a FROM input WHERE b = 2 AND a > 5",
            {("changed", "", "WHERE", "a > 1", "a > 5")},
        ),
        ("SELECT a FROM input LIMIT 5", "SELECT a FROM input LIMIT 6", {
            ("changed", "", "LIMIT", "LIMIT 5", "LIMIT 6")}),
        ("SELECT a FROM input ORDER BY a", "SELECT a FROM input ORDER BY a DESC", {
            ("changed", "", "ORDER BY", "a", "a DESC")}),
        ("SELECT a FROM input", "SELECT DISTINCT a FROM input", {("added", "", "DISTINCT", None, "DISTINCT")}),
        (
            "SELECT a FROM input JOIN t ON t.k = input.k",
            "SELECT a FROM input LEFT JOIN t ON t.k = input.k",
            {("changed", "", "JOIN", "JOIN t ON t.k = input.k", "LEFT JOIN t ON t.k = input.k")},
        ),
        (
            "WITH s AS (SELECT avg(a) AS m FROM input) SELECT m FROM s",
            "WITH s AS (SELECT median(a) AS m FROM input) SELECT m FROM s",
            {("changed", "s", "SELECT", "AVG(a) AS m", "MEDIAN(a) AS m")},
        ),
        (
            "SELECT a FROM input",
            "WITH s AS (SELECT a FROM input) SELECT a FROM s",
            {("added", "", "WITH", None, "s AS (SELECT a FROM input)"), ("changed", "", "FROM", "input", "s")},
        ),
        (
            "SELECT a FROM (SELECT a FROM input WHERE a > 1) AS s",
            "SELECT a FROM (SELECT a FROM input WHERE a > 2) AS s",
            {("changed", "s", "WHERE", "a > 1", "a > 2")},
        ),
        ("SELECT a FROM input UNION SELECT b FROM input", "SELECT a FROM input UNION ALL SELECT b FROM input", {
            ("changed", "", "set operation", "UNION", "UNION ALL")}),
    ],
)  # fmt: skip
def test_changes_of_a_query(old: str, new: str, expected: set[Any]) -> None:
    assert told(old, new) == expected
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert told(new, old) == {(turned[kind], step, clause, b, a) for kind, step, clause, a, b in expected}


def test_queries_that_cannot_be_compared_by_meaning_are_compared_by_text() -> None:
    found = diff(SQLModel("SELECT 1 AS `a`"), SQLModel("SELECT 2 AS `a`"))
    assert found.query.changes is None and not found.query.equal
    assert "-SELECT 1 AS `a`" in found.text() and "+SELECT 2 AS `a`" in found.text()
    same = diff(SQLModel("SELECT 1 AS `a`"), SQLModel("SELECT 1 AS `a`"))
    assert same.equal


# the rows


def test_rows_are_paired_by_what_identifies_them() -> None:
    old = SQLModel("SELECT id, region, score FROM input WHERE score > 3 ORDER BY score DESC")
    new = SQLModel("SELECT id, region, score + (id = 1)::INT AS score FROM input WHERE score < 4.6 ORDER BY score")
    found = diff(old, new, LISTINGS)
    assert found.rows is not None
    assert found.rows.by == ("id",) and found.rows.columns == {"score": 1} and found.rows.changed_rows == 1
    assert found.rows.comparison.added == ({"id": 4, "region": "j", "score": 2.0},)
    assert found.rows.comparison.removed == ({"id": 3, "region": "b", "score": 4.8},)
    assert "id 1, score: 4.5 → 5.5" in found.text()


def test_rows_without_an_identifier_differ_as_a_whole() -> None:
    frame = pd.DataFrame({"g": ["a", "a", "b"], "x": [1.0, 2.0, 3.0]})
    found = diff(
        SQLModel("SELECT g, x FROM input ORDER BY x"), SQLModel("SELECT g, x * 2 AS x FROM input ORDER BY x"), frame
    )
    assert found.rows is not None and found.rows.by == ()
    assert found.rows.comparison.cells == ()
    assert [row["x"] for row in found.rows.comparison.added] == [4.0, 6.0]
    assert [row["x"] for row in found.rows.comparison.removed] == [1.0, 3.0]


def test_rows_of_the_input_are_paired_in_order() -> None:
    found = diff(SQLModel("SELECT score FROM input"), SQLModel("SELECT round(score) AS score FROM input"), LISTINGS)
    assert found.rows is not None and found.rows.by == ()
    assert [(c.row, c.right, c.left) for c in found.rows.comparison.cells] == [
        (0, 4.5, 5.0),
        (1, 3.9, 4.0),
        (2, 4.8, 5.0),
    ]


def test_another_order_is_a_difference_where_the_query_orders() -> None:
    old, new = SQLModel("SELECT id FROM input ORDER BY score"), SQLModel("SELECT id FROM input ORDER BY id")
    found = diff(old, new, LISTINGS)
    assert found.rows is not None and found.rows.reordered and not found.equal
    assert "the same rows in another order" in found.text()
    unordered = SQLModel("SELECT id FROM input WHERE id > 0")
    again = diff(unordered, SQLModel("SELECT id FROM input WHERE id >= 1"), LISTINGS)
    assert again.rows is not None and again.rows.equal


def test_keys_are_the_callers_if_given() -> None:
    old, new = SQLModel("SELECT region, id FROM input"), SQLModel("SELECT region, id + 1 AS id FROM input")
    found = diff(old, new, LISTINGS.drop(index=1), by=["region"])
    assert found.rows is not None and found.rows.columns == {"id": 3}
    with pytest.raises(InputError, match="repeats"):
        diff(old, new, LISTINGS, by="region")
    with pytest.raises(InputError, match="'nope'"):
        diff(old, new, LISTINGS, by="nope")


def test_each_model_takes_the_parameters_it_has() -> None:
    old, new = SQLModel("SELECT id * :k AS v FROM input"), SQLModel("SELECT id * :k + :extra AS v FROM input")
    found = diff(old, new, LISTINGS, {"k": 2, "extra": 1})
    assert found.rows is not None and found.rows.columns == {"v": 4}
    assert ("parameter", "extra") in {(c.part, c.name) for c in found.signature}


def test_no_data_no_rows() -> None:
    found = diff(SQLModel("SELECT id FROM input"), SQLModel("SELECT id + 0 AS id FROM input"))
    assert found.rows is None and "no data was given" in found.text() and not found.equal
    tables = diff(SQLModel("SELECT 1 AS a"), SQLModel("SELECT 1 + 0 AS a"))
    assert tables.rows is not None and tables.rows.equal and not tables.query.equal


# the signature, stored models


def save(path: Path, sql: str, table: pd.DataFrame, **given: Any) -> str:
    example = (LISTINGS, {"k": 2})
    arguments = {"tables": {"t": table}, "input_example": example, "pip_requirements": ["mlflow"], **given}
    mlflow_sql_flavor.save_model(sql, path, bundle_flavor=False, **arguments)
    return str(path)


def test_stored_models_are_compared_on_the_old_ones_example(tmp_path: Path) -> None:
    sql = "SELECT i.id, i.score * :k AS v, t.w FROM input AS i LEFT JOIN t ON t.id = i.id"
    table = pd.DataFrame({"id": [1, 2], "w": [0.5, 0.25]})
    old = save(tmp_path / "old", sql, table)
    new = save(
        tmp_path / "new", sql.replace("t.w", "t.w, i.day"), table.assign(w=[0.5, 0.75]), input_types={"score": "FLOAT"}
    )
    found = diff(old, new)
    assert found.names == (old, new)
    assert {(c.part, c.name, c.before, c.after) for c in found.signature if c.part != "table"} == {
        ("input", "score", "DOUBLE", "FLOAT"),
        ("output", "day", None, "BIGINT"),
    } | {(c.part, c.name, c.before, c.after) for c in found.signature if c.name == "v"}
    assert [(c.part, c.name) for c in found.signature if c.part == "table"] == [("table", "t")]
    assert found.rows is not None and found.rows.data == "the input example of the old model"
    assert found.rows.columns["w"] == 1 and found.rows.comparison.extra == ("day",)
    assert diff(old, old).equal


def test_models_that_read_other_columns_say_which_does_not_run_and_what_to_pass(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": [1]})
    old = save(tmp_path / "old", "SELECT id FROM input", table, input_example=LISTINGS)
    other = pd.DataFrame({"price": [1.5], "id": [1]})
    new = save(tmp_path / "new", "SELECT price FROM input", table, input_example=other)
    with pytest.raises(
        InputError, match=r"The new model .*input example of the old model.*data=.*lacks .*'price'"
    ) as e:
        diff(old, new)
    assert f"({new})" in str(e.value) and f"({old})" not in str(e.value)
    with pytest.raises(QueryError, match=r"^The new model does not run on the input example of the old model.*data="):
        diff(new, SQLModel("SELECT score FROM input"))
    assert diff(old, new, LISTINGS.assign(price=1.5)).rows is not None
    with pytest.raises(InputError, match=r"The old model .* does not run on the data given.*'id'") as second:
        diff(old, new, other[["price"]])
    assert "--data" not in str(second.value)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(InputError, match="not an int"):
        diff(SQLModel("SELECT 1 AS a"), 3)


# how it shows


def test_json_has_every_kind_of_value() -> None:
    frame = pa.table(
        {
            "id": [1, 2],
            "d": pa.array([datetime.date(2024, 1, 1), None]),
            "n": pa.array([decimal.Decimal("1.5"), decimal.Decimal("2.5")]),
            "f": [float("nan"), 1.0],
            "b": [b"\x00", b"\x01"],
        }
    )
    old = SQLModel("SELECT * FROM input")
    new = SQLModel("SELECT id, d + 1 AS d, n + 1 AS n, f + 1 AS f, b || b AS b FROM input WHERE id >= 0")
    found = json.loads(diff(old, new, frame).to_json())
    cells = {(cell["column"], cell["key"][0]): (cell["old"], cell["new"]) for cell in found["rows"]["cells"]}
    assert cells["n", 1] == ("1.500000000000000000", "2.500000000000000000") or cells["n", 1][0].startswith("1.5")
    assert cells["b", 1] == ("AA==", "AAA=")
    assert found["equal"] is False and found["rows"]["counts"] == {"added": 0, "removed": 0, "changed": 2}
    assert json.loads(diff(old, new, frame).to_json(most=1))["rows"]["cells"] == found["rows"]["cells"][:1]


def test_hostile_names_and_values_stay_text() -> None:
    frame = pd.DataFrame({"id": [1, 2], "s": ["</td><script>x</script>", "\x1b[2J\u202e"]})
    old = SQLModel('SELECT id, s AS "<b>" FROM input WHERE id > 0')
    new = SQLModel("SELECT id, s || '<i>' AS \"<b>\", '</pre>' AS \"</div>\" FROM input WHERE id > 1")
    found = diff(old, new, frame)
    safe(found._repr_html_())
    assert "\x1b" not in found.text() and "\u202e" not in found.text()


def test_long_differences_are_cut_and_say_so() -> None:
    frame = pd.DataFrame({"id": range(1000)})
    found = diff(SQLModel("SELECT id, 1 AS v FROM input"), SQLModel("SELECT id, 2 AS v FROM input"), frame)
    assert "… 990 more changed cells" in found.text() and len(found.text().splitlines()) < 30
    assert len(found._repr_html_()) < 20_000
    assert len(found.to_dict()["rows"]["cells"]) == 1000
