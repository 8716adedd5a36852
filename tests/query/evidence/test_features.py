"""Features of queries: constructs that the engines treat apart have names apart."""

from __future__ import annotations

import pytest

from mlflow_sql_flavor.query.evidence.features import Feature, features
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.translation.transpile import translate

SCHEMA = {
    "t": {"i": "INTEGER", "x": "DOUBLE", "d": "DECIMAL(10,2)", "s": "VARCHAR", "u": "DATE", "o": "BOOLEAN"},
    "r": {"i": "INTEGER", "s": "VARCHAR"},
}


def all_of(sql: str, dialect: str) -> list[Feature]:
    query = parse(sql, dialect)
    typed = translate(query, SCHEMA, {})[1]
    assert typed is not None
    return features(typed.tree, query.sql)


def names(sql: str, dialect: str = "postgres") -> set[str]:
    return {feature.name for feature in all_of(sql, dialect)}


@pytest.mark.parametrize(
    ("one", "other", "dialect"),
    [
        ("SELECT ifnull(i, 0) AS c FROM t", "SELECT coalesce(i, 0) AS c FROM t", "mysql"),
        ("SELECT sum(i) AS c FROM t", "SELECT sum(DISTINCT i) AS c FROM t", "postgres"),
        ("SELECT sum(i) AS c FROM t", "SELECT sum(x) AS c FROM t", "postgres"),
        ("SELECT sum(i) OVER () AS c FROM t", "SELECT sum(i) OVER (ORDER BY i) AS c FROM t", "postgres"),
        ("SELECT sum(i) AS c FROM t", "SELECT sum(i) OVER () AS c FROM t", "postgres"),
        ("SELECT d::numeric(5,0) AS c FROM t", "SELECT d::numeric(5,1) AS c FROM t", "postgres"),
        ("SELECT t.i FROM t JOIN r USING (i)", "SELECT t.i FROM t JOIN r ON t.i = r.i", "postgres"),
        ("SELECT i FROM t JOIN r USING (i)", "SELECT i FROM t LEFT JOIN r USING (i)", "postgres"),
        ("SELECT i FROM t GROUP BY i", "SELECT i FROM t GROUP BY ROLLUP (i)", "postgres"),
        ("SELECT s FROM t UNION SELECT s FROM r", "SELECT s FROM t UNION ALL SELECT s FROM r", "postgres"),
        ("SELECT i FROM t UNION SELECT i FROM r", "SELECT x AS i FROM t UNION SELECT i FROM r", "postgres"),
        ("SELECT i FROM t ORDER BY i", "SELECT i FROM t ORDER BY i NULLS FIRST", "postgres"),
        ("SELECT i FROM t WHERE u > '2024-01-01'", "SELECT i FROM t WHERE s > '2024-01-01'", "postgres"),
        ("SELECT i FROM t WHERE i IN (SELECT i FROM r)", "SELECT i FROM t WHERE NOT i IN (SELECT i FROM r)", "mysql"),
        ("SELECT count(*) AS c FROM t", "SELECT count(t.*) AS c FROM t", "postgres"),
        ("SELECT x / 3 AS c FROM t", "SELECT x / 3 / 4 AS c FROM t", "postgres"),
        ("SELECT 1 AS c", "SELECT 3000000000 AS c", "postgres"),
        ("SELECT 'a' AS c", "SELECT '' AS c", "postgres"),
    ],
)
def test_what_differs_has_another_feature(one: str, other: str, dialect: str) -> None:
    assert names(other, dialect) - names(one, dialect)


def test_sides_of_a_comparison_are_alike() -> None:
    assert names("SELECT i FROM t WHERE i < x") == names("SELECT i FROM t WHERE x > i")


def test_a_cast_within_a_comparison_is_a_pair_of_its_own() -> None:
    assert "compared cast text as int with int" in names("SELECT i FROM t WHERE CAST(s AS int) = i")


def test_a_column_of_no_known_type_is_a_class_of_its_own() -> None:
    assert any(feature.unknown for feature in all_of("SELECT abs(nowhere) AS c FROM t", "sqlite"))


def test_a_name_made_in_the_select_has_the_type_of_what_it_names() -> None:
    assert "group by text" in names("SELECT upper(s) AS k, count(*) AS n FROM t GROUP BY k")


@pytest.mark.parametrize(
    ("one", "other", "dialect"),
    [
        ("SELECT transform(ARRAY(1), x -> x + 1) AS c", "SELECT transform(ARRAY(1), price -> price + 1) AS c", "spark"),
        (
            "SELECT sum(i) OVER w AS c FROM t WINDOW w AS (ORDER BY i)",
            "SELECT sum(i) OVER running AS c FROM t WINDOW running AS (ORDER BY i)",
            "postgres",
        ),
    ],
)
def test_names_that_the_writer_chose_are_no_features(one: str, other: str, dialect: str) -> None:
    assert names(one, dialect) == names(other, dialect)


@pytest.mark.parametrize(
    ("sql", "kind", "dialect"),
    [
        ("SELECT v FROM t, unnest(ARRAY[1, 2]) AS q (v) ORDER BY v", "int", "postgres"),
        ("SELECT v FROM t CROSS JOIN LATERAL unnest(string_to_array(s, ',')) AS q (v) ORDER BY v", "text", "postgres"),
        ("SELECT n FROM generate_series(1, 3) AS q (n) ORDER BY n", "int", "postgres"),
        ("SELECT i + 1 AS p, p * 2 AS q FROM t ORDER BY q", "int", "databricks"),
        ("SELECT v FROM t LATERAL VIEW explode(split(s, ',')) q AS v ORDER BY v", "text", "databricks"),
        ("SELECT i, grouping(i) AS h FROM t GROUP BY ROLLUP (i) ORDER BY h", "int", "postgres"),
    ],
)
def test_columns_that_sqlglot_does_not_type_have_their_class(sql: str, kind: str, dialect: str) -> None:
    found = all_of(sql, dialect)
    assert not [feature.name for feature in found if feature.unknown]
    assert any(f.name.startswith("order asc") and f.name.endswith(f" of {kind}") for f in found)


def test_a_list_of_arguments_is_its_classes_each() -> None:
    assert {"function concat(.. text ..)", "function concat(.. int ..)"} <= names("SELECT concat(s, i, s) AS c FROM t")
