"""Words of other dialects in a text that is read as DuckDB's: those of each dialect, and none of DuckDB's own."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parser import Parser

from mlflow_sql_flavor.query.reading import foreign_names
from mlflow_sql_flavor.query.reading.foreign_names import FOREIGN_NAMES
from mlflow_sql_flavor.query.reading.foreign_words import foreign_words
from mlflow_sql_flavor.query.translation.hints import function_hint

from .made_foreign_names import MADE_WITH, listed, made

OF = {
    "postgres": [
        "SELECT jsonb_build_object('a', a) AS j FROM input", "SELECT s ~ '^x' AS m FROM input",
        "SELECT btrim(s) AS q FROM input", "SELECT to_number(s, '99') AS n FROM input",
    ],
    "bigquery": [
        "SELECT SAFE.SUBSTR(s, 0) AS x FROM input", "SELECT * EXCEPT(a) FROM input", "SELECT x[OFFSET(0)] FROM input",
        "SELECT DATE_DIFF(a, b, DAY) AS d FROM input", "SELECT DATE_TRUNC(f(t, 1), MONTH) AS m FROM input",
        "SELECT r'\\d' AS p FROM input", "SELECT LOGICAL_OR(a > 1) AS l FROM input", "SELECT `a` FROM input",
    ],
    "snowflake": [
        "SELECT DATEDIFF(day, a, b) AS d FROM input", "SELECT CAST(v:field AS INT) AS x FROM input",
        "SELECT DIV0(a, b) AS d FROM input", "SELECT * FROM input, LATERAL FLATTEN(input => x) f",
    ],
    "databricks": ["SELECT collect_list(a) AS x FROM input", "SELECT s RLIKE 'x' AS m FROM input"],
    "mysql": ["SELECT a DIV b AS q FROM input", "SELECT s REGEXP 'x' AS m FROM input", "SELECT CURDATE() AS c"],
    "tsql": [
        "SELECT TOP 3 a FROM input", "SELECT a FROM [input]", "SELECT i.[a] FROM input i",
        "SELECT EOMONTH(d) FROM input", "SELECT CAST(a AS MONEY) AS m FROM input",
    ],
    "oracle": ["SELECT a FROM input WHERE ROWNUM < 3", "SELECT a FROM i MINUS SELECT b FROM i", "SELECT 1 FROM dual"],
    "clickhouse": ["SELECT toStartOfMonth(d) AS m FROM input", "SELECT a FROM input LIMIT 1 BY s"],
    "trino": ["SELECT from_iso8601_date(s) AS d FROM input"],
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "sql"), [(dialect, sql) for dialect, texts in OF.items() for sql in texts])
def test_a_text_of_another_dialect(dialect: str, sql: str) -> None:
    assert any(dialect in dialects for dialects in foreign_words(sql).values())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT date_part('year', d) AS y, a::int8 AS b, s::string AS t, CAST(a AS int4) AS c, group_concat(s) FROM i",
        "SELECT 'it''s `x`' AS s, \"number\"(1) AS n, a AS \"b`c\" FROM i -- `a`, nvl(a, 1)",
        "SELECT $$ ` $$ AS x /* ` */ FROM i", "SELECT [a], x[a:b], {'a': x, b: y}, ~a, b: a FROM i",
        "SELECT date_trunc('month', day), f(a, day), (a, month) FROM i WHERE a IN (year, day) GROUP BY a, day",
        "SELECT * FROM i EXCEPT (SELECT 1)", "SELECT * EXCLUDE (a), a AS nvl, t.iff FROM i",
        "SELECT regexp, div FROM i",
        "FROM i SELECT top, minus, 'r''x' LIMIT 3",
    ],
)  # fmt: skip
def test_duckdbs_own_words(sql: str) -> None:
    assert foreign_words(sql) == {}


def test_no_name_is_duckdbs_and_those_of_sqlglots_dialects_are_there() -> None:
    own = {
        name.upper()
        for what in ("function_name FROM duckdb_functions()", "type_name FROM duckdb_types()")
        for (name,) in duckdb.sql(f"SELECT DISTINCT {what}").fetchall()
    }
    assert not own & set(FOREIGN_NAMES)
    common = set(Parser.FUNCTIONS) | set(DuckDB.parser_class.FUNCTIONS) | own
    for dialect, name in (("snowflake", "DIV0NULL"), ("clickhouse", "TOMONDAY"), ("bigquery", "REGEXP_CONTAINS")):
        assert name in set(Dialect.get_or_raise(dialect).parser_class.FUNCTIONS) - common
        assert dialect in FOREIGN_NAMES[name]


def test_the_list_is_what_its_command_makes() -> None:
    """With the releases that it names; with others, what the references list is in it at least."""
    text = Path(foreign_names.__file__).read_text(encoding="utf-8")
    if MADE_WITH in text:
        assert made() == text
    own = {name.upper() for (name,) in duckdb.sql("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()}
    for name, dialects in listed().items():
        assert name in own or dialects <= set(FOREIGN_NAMES[name]), name


def test_hints_name_the_dialects_of_the_list() -> None:
    for name, dialects in FOREIGN_NAMES.items():
        told = function_hint(name.lower()).partition(": ")[0].replace(",", "").split()
        assert set(told) - {"and", "has", "have", "it"} == set(dialects), name
