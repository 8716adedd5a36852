"""A query as text for an engine that has its tables under other names."""

import pytest

from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.targets.render import render_for
from mlflow_sql_flavor.query.targets.rendered_query import Raw

SCHEMA = {"input": {"a": "BIGINT", "d": "DATE"}, "listings": {"a": "BIGINT"}}
TYPES = {"x": "BIGINT", "n": "BIGINT", "xs": "BIGINT[]"}
NAMES = {"input": Raw("{t0}"), "listings": ("s", "li")}


def written(sql, dialect="databricks", target="databricks", **more):
    return render_for(
        parse(sql, dialect), target, SCHEMA, TYPES, NAMES, lambda name, kind, number: f":p{number}", **more
    )


def test_its_own_dialect_stays_as_written():
    found = written(
        "SELECT  i.a+:x AS b,date_add(d, :n) AS e -- why\nFROM `input` AS i JOIN listings USING (a) LIMIT :n;"
    )
    assert found.sql == (
        "SELECT  i.a+CAST(:p1 AS BIGINT) AS b,date_add(d, :p2) AS e FROM {t0} AS i JOIN `s`.`li` AS listings USING (a) "
        "LIMIT :p2"
    )
    assert found.uses == ("x", "n", "n") and found.parameters == ("x", "n")


@pytest.mark.parametrize("dialect", ["databricks", "postgres", "duckdb"])
def test_texts_that_would_be_expanded_are_bound(dialect):
    found = written(
        "SELECT '${env:HOME}{' AS l, a FROM input", dialect, unsafe="${", escape=lambda text: text.replace("{", "{{")
    )
    assert found.sql == "SELECT :p1 AS l, a FROM {t0} AS input"
    assert list(found.literals.values()) == ["${env:HOME}{"]


def test_names_that_would_be_expanded_are_refused():
    with pytest.raises(QueryError, match="would expand"):
        written("SELECT a AS `${env:HOME}` FROM input", unsafe="${")


def test_a_table_named_as_a_cte_is_left_alone():
    found = written("WITH input2 AS (SELECT a FROM input) SELECT a FROM input2", "postgres")
    assert found.sql == "WITH input2 AS (SELECT a FROM {t0} AS input) SELECT a FROM input2"
    found = written("WITH listings AS (SELECT a FROM input) SELECT a FROM listings")
    assert found.sql == "WITH listings AS (SELECT a FROM {t0} AS input) SELECT a FROM listings"


def test_a_table_without_a_name_there():
    with pytest.raises(QueryError, match="'others' has no name in databricks"):
        written("SELECT a FROM others")


@pytest.mark.parametrize("negated", ["", "NOT "])
def test_lists(negated):
    sql = f"SELECT a FROM input WHERE a {negated}IN (:xs)"
    found = written(sql, lists={"xs": 2})
    assert found.uses == ("xs[0]", "xs[1]")
    assert "IN (CAST(:p1 AS BIGINT), CAST(:p2 AS BIGINT))" in found.sql and ("NOT" in found.sql) == bool(negated)
    assert ("NOT" in written(sql, lists={"xs": 0}).sql) == bool(negated)
    assert "= ANY(CAST(:p1 AS BIGINT[]))" in written(sql, "postgres", "postgres").sql


def test_qualify_filters_before_the_limit():
    found = written("SELECT a, :x AS x FROM input QUALIFY row_number() OVER (ORDER BY d) = 1 ORDER BY d LIMIT :n")
    inner, _, outer = found.sql.partition(") AS `_kept`")
    assert "QUALIFY" not in found.sql and "LIMIT" not in inner
    assert outer.endswith("WHERE `_qualified` ORDER BY `_order_0` LIMIT :p2") and found.uses == ("x", "n")


def test_places_in_a_list_that_postgres_and_duckdb_count_alike():
    """Below 1 DuckDB counts from the end, PostgreSQL gives NULL."""

    def at(place):
        return written(f"SELECT [10, 20, 30][{place}] AS r FROM input", "duckdb", "postgres").sql

    assert "[1 + CASE WHEN" in at("1 + CASE WHEN a > 1 THEN 2 ELSE 0 END")
    for place in ("a", "CASE WHEN a > 1 THEN 2 ELSE 0 END", "1 + CASE WHEN a > 1 THEN -2 ELSE 0 END"):
        with pytest.raises(QueryError, match="may be below 1"):
            at(place)
