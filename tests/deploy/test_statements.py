"""All that is said to engines that are not run here, from create to delete: each statement is read back by a parser of
the engine's dialect, and has none of the forms that its manual says it refuses.
"""

from __future__ import annotations

import datetime
import decimal
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

import mlflow_sql_flavor
from mlflow_sql_flavor.deploy import ddl, lifecycle, serving, verify
from mlflow_sql_flavor.deploy.engines import ENGINES, engine_of
from mlflow_sql_flavor.deploy.fetching import Fetched, fetched
from mlflow_sql_flavor.deploy.settings import Settings
from mlflow_sql_flavor.errors import InputError
from mlflow_sql_flavor.query.targets import literals

from .dry import NOT_RUN, DryBook, DryServer

EXAMPLE = pd.DataFrame({"id": [1, 2], "code": ["a", "b"], "price": [1.5, 2.5]})
REGIONS = pa.table({"code": ["a"], "label": ["x"]})
#: What bodies have that engines take in one place and not in another.
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "steps": ("WITH c AS (SELECT id, price * :by AS t FROM input) SELECT id, t FROM c WHERE t > 1", {"by": 2.0}),
    "steps of each row": ("WITH c AS (SELECT id, price * 2 AS t FROM input) SELECT id, t > 1 AS big FROM c", {}),
    "the first rows": ("SELECT id, price FROM input ORDER BY price DESC LIMIT 2", {}),
    "an order alone": ("SELECT id, price FROM input ORDER BY price", {}),
    "an order within": ("SELECT id FROM (SELECT id, price FROM input ORDER BY price) s WHERE price > 1", {}),
    "truth values": (
        "SELECT id, price > :least AS big, price IS NULL AS none, (price > 1) IS TRUE AS sure, :asked AS asked, "
        "code IN ('a', 'é') OR id = 2 AS one FROM input WHERE price > 0 AND (:asked OR (id > 1) = (price > 2))",
        {"least": 1.0, "asked": True},
    ),
    "reference tables": (
        "SELECT code, label, price FROM input LEFT JOIN regions USING (code) WHERE label IS NOT NULL",
        {},
    ),
    "a window's filter": (
        "SELECT id, code FROM input QUALIFY row_number() OVER (PARTITION BY code ORDER BY id) = 1",
        {},
    ),
    "names in quotes": ('SELECT id AS "Order", code AS "x; y", price AS "a b" FROM input', {}),
    "types": (
        "SELECT id, :i AS i, :d AS d, :f AS f, :t AS t, :b AS b, :day AS day, :at AS at FROM input",
        {
            "i": 7,
            "d": decimal.Decimal("1.50"),
            "f": 0.5,
            "t": "it's 100%\\ 한",
            "b": False,
            "day": datetime.date(2024, 2, 29),
            "at": datetime.datetime(2024, 2, 29, 1, 2, 3, 45),
        },
    ),
}


class Models(dict[str, str]):
    """Folders of the bodies' models, each saved where it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __missing__(self, name: str) -> str:
        sql, params = BODIES[name]
        path = self._folder / name.replace(" ", "_").replace("'", "")
        mlflow_sql_flavor.save_model(
            sql, path, tables={"regions": REGIONS} if "regions" in sql else None,
            input_example=(EXAMPLE, params) if params else EXAMPLE, pip_requirements=["mlflow"],
        )  # fmt: skip
        return self.setdefault(name, str(path))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("bodies"))


def said(dialect: str, model: str, monkeypatch: pytest.MonkeyPatch, kind: str) -> list[str]:
    """What create, update, predict, explain and delete say."""
    monkeypatch.setattr(verify, "compare", lambda *args, **kwargs: SimpleNamespace(equal=True))
    server = DryServer(dialect)
    book = DryBook(server)
    with fetched(model) as found:
        small = Fetched(found.model, found.uri, found.version, found.run_id, found.folder)
        settings = Settings(input="events", kind=kind)
        record = lifecycle.create(server, book, "My Ranker", small, settings)
        serving.predicted(server, record, EXAMPLE)
        serving.described(server, record)
        if engine_of(dialect).plan:
            serving.explained(server, record)
        else:
            with pytest.raises(InputError, match="tells no plan"):
                serving.explained(server, record)
        server.token = "4567cdef"
        lifecycle.update(server, book, "My Ranker", small, Settings.read(None, record.config))
        lifecycle.delete(server, book, "My Ranker")
    assert not book.rows()
    return server.said


def pieces(statement: str, dialect: str) -> list[str]:
    """The statements within one that a parser reads as a command."""
    if dialect == "tsql" and statement.startswith("SET SHOWPLAN_ALL "):
        return []
    if dialect == "databricks" and statement == "SET TIME ZONE 'UTC'":  # which the parser does not know
        return []
    if dialect == "oracle" and statement.startswith("BEGIN "):
        body = statement.removeprefix("BEGIN ").removesuffix(" COMMIT; END;")
        return [each for each in re.split(r";\s*(?=INSERT)|;$", body) if each.strip()]
    if dialect == "bigquery" and statement.startswith("BEGIN TRANSACTION; "):
        body = statement.removeprefix("BEGIN TRANSACTION; ").removesuffix("; COMMIT TRANSACTION")
        return re.split(r"; (?=INSERT)", body)
    if dialect == "bigquery" and statement.startswith("DROP TABLE FUNCTION "):  # which the parser does not know
        return [statement.replace("TABLE FUNCTION", "FUNCTION")]
    values = re.sub(r"%\(\w+\)s|:\w+", "NULL", statement) if statement.startswith("INSERT") else statement
    return [re.sub(r"^EXPLAIN (PLAN FOR |USING TEXT )?", "", values)]


def read(statement: str, dialect: str) -> exp.Expr:
    tree = sqlglot.parse_one(statement, dialect=dialect, error_level=ErrorLevel.RAISE)
    assert not isinstance(tree, exp.Command), statement
    return tree


QUICK = {"truth values", "steps of each row"}


@pytest.mark.parametrize("body", [pytest.param(b, marks=[] if b in QUICK else [pytest.mark.ci]) for b in BODIES])
@pytest.mark.parametrize("dialect", NOT_RUN)
def test_every_statement_is_the_engine_s(
    dialect: str, body: str, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ["view", *(["table"] if body in ("steps of each row", "types", "names in quotes") else [])]
    if engine_of(dialect).functions:
        kinds.append("function")
    for kind in kinds:
        all_of_it = said(dialect, models[body], monkeypatch, kind)
        assert len(all_of_it) > 8
        for statement in all_of_it:
            for piece in pieces(statement, dialect):
                check(read(piece, dialect), piece, dialect)
            check_words(statement, dialect)


def check(tree: exp.Expr, text: str, dialect: str) -> None:
    """What a manual says the engine refuses."""
    if dialect in ("tsql", "oracle"):
        for node in tree.find_all(exp.Predicate, exp.And, exp.Or, exp.Not):
            if not isinstance(node, (exp.Any, exp.All)):
                assert not isinstance(node.parent, (exp.Select, exp.Alias, exp.Cast, exp.Coalesce)), text
        assert not tree.find(exp.Boolean), text
        assert not any(kind.this == exp.DType.BOOLEAN for kind in tree.find_all(exp.DataType)) or dialect == "tsql", (
            text
        )
    if dialect == "tsql":
        for query in tree.find_all(exp.Query):
            inner = query.parent is not None and not isinstance(query.parent, exp.Insert)
            if inner and query.args.get("order"):
                assert query.args.get("limit") or query.args.get("offset"), text
            assert not (query.args.get("with_") and isinstance(query.parent, (exp.Subquery, exp.CTE))), text
        assert not any(join.args.get("using") for join in tree.find_all(exp.Join)), text
        assert not any(not t.this.isascii() for t in tree.find_all(exp.Literal)), text  # but as N'…'


#: Words that an engine does not have, over all of its statements.
REFUSED = {
    "tsql": r"CREATE OR REPLACE|\bLIMIT\b|\bUSING\b|IS TRUE|CREATE TABLE .* AS |\bTEXT\b|TIMESTAMP|\bDEFERRABLE\b",
    "oracle": (
        r"OR REPLACE TABLE|IF EXISTS|\bBOOLEAN\b|\bTRUE\b|\bFALSE\b|\bLIMIT\b|IS TRUE|[\s(]_\w|EXPLAIN (?!PLAN)"
        r"|VARCHAR2?(?!2?\()|DROP TABLE \S+$"
    ),
    "redshift": r"SAVEPOINT|OR REPLACE TABLE|TRUNCATE|\bTEXT\b|\bVARCHAR\b(?!\()|\[\]|ROLLBACK TO|FUNCTION",
    "snowflake": r"SAVEPOINT|ROLLBACK TO|RENAME TABLE",
    "bigquery": r"SAVEPOINT|EXPLAIN|TEMPORARY|NUMERIC\((3[0-9]),\s*0\)(?<!BIGNUMERIC\(38, 0\))|ROLLBACK TO|::",
    "trino": r"SAVEPOINT|TEMPORARY|FUNCTION|\bTIMESTAMP\b(?!\()|::",
    # https://docs.databricks.com/aws/en/sql/language-manual/: no temporary tables of a connection, no RENAME TABLE
    "databricks": r"SAVEPOINT|ROLLBACK TO|RENAME TABLE|CREATE TEMPORARY TABLE|\bVARCHAR\b(?!\()|\bDATETIME\b|\bTEXT\b",
}


def check_words(statement: str, dialect: str) -> None:
    bare = re.sub(r"'(?:[^']|'')*'", "''", statement)
    assert not re.search(REFUSED[dialect], bare), statement
    if dialect == "bigquery" and (found := re.search(r"TABLE FUNCTION \S+\((.*?)\) AS", bare)):
        assert "DEFAULT" not in found[1] and "(" not in found[1], statement


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("tsql", "SELECT x FROM (WITH c AS (SELECT 1 AS x) SELECT x FROM c) AS r"),
        ("tsql", "SELECT x FROM (SELECT x FROM t ORDER BY x) AS r"),
        ("tsql", "SELECT x > 1 AS b FROM t"),
        ("tsql", "SELECT a.x FROM a JOIN b USING (x)"),
        ("tsql", "SELECT 'é' AS x"),
        ("tsql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS x"),
        ("oracle", "CREATE OR REPLACE TABLE t AS SELECT 1 AS x FROM dual"),
        ("oracle", "SELECT CAST(1 AS BOOLEAN) AS x FROM dual"),
        ("oracle", "DROP VIEW IF EXISTS v"),
        ("oracle", "EXPLAIN SELECT 1 AS x FROM dual"),
        ("redshift", "CREATE TABLE t (x VARCHAR)"),
        ("snowflake", "ROLLBACK TO SAVEPOINT s"),
        ("bigquery", "EXPLAIN SELECT 1 AS x"),
        ("bigquery", "CREATE TABLE FUNCTION f(x NUMERIC(3, 2)) AS SELECT 1 AS x"),
        ("trino", "SELECT CAST(x AS TIMESTAMP) AS x FROM t"),
        ("databricks", "CREATE TABLE t (x VARCHAR)"),
    ],
)
def test_what_an_engine_refuses_is_seen(dialect: str, text: str) -> None:
    with pytest.raises(AssertionError):
        check_words(text, dialect)
        for piece in pieces(text, dialect):
            check(read(piece, dialect), piece, dialect)


def test_one_table_says_what_engines_can() -> None:
    """In the forms that create and update use: a way for each kind, or a sentence."""
    assert set(NOT_RUN) < set(ENGINES)
    for dialect in ENGINES:
        for kind in ("view", "table"):
            try:
                (first, *_) = ddl.create(kind, dialect, "r", "SELECT 1 AS x", columns=[("x", "INT")], replace=True)
            except InputError as error:
                assert "in another one's place" in error.message
                assert kind == "table" or dialect == "sqlite"
            else:
                assert first.startswith(("CREATE OR REPLACE", "CREATE OR ALTER"))
        new = ddl.refresh(dialect, "r", "made", ["x"], "SELECT 1 AS x")
        assert bool(new) == (dialect != "trino")
    assert ddl.create("table", "tsql", "r", "SELECT 1 AS x")[0].startswith("SELECT * INTO r FROM (")


def test_a_table_of_sql_server_has_its_steps_first() -> None:
    (made,) = ddl.create("table", "tsql", "s.r", "WITH c AS (SELECT 1 AS x) SELECT x FROM c")
    assert made == "WITH c AS (SELECT 1 AS x) SELECT * INTO s.r FROM (SELECT x AS x FROM c) AS deployed"


@pytest.mark.parametrize("dialect", NOT_RUN)
def test_no_row_is_asked_for(dialect: str) -> None:
    """Oracle takes no AS before a table's alias."""
    sql = ddl.no_row("SELECT * FROM ranker", dialect)
    assert sqlglot.parse_one(sql, dialect=dialect).find(exp.Subquery).alias.lower() == "tried"
    assert (" AS " in sql) == (dialect != "oracle")


def test_values_stay_values() -> None:
    """Whatever a text holds is one literal to the engine's reader."""
    for dialect in (*NOT_RUN, "postgres", "mysql", "clickhouse", "duckdb", "sqlite"):
        for text in ("'; DROP TABLE x; --", "\\' OR 1=1 --", "a\\", "\\\\'", "''", '"', "é\n"):
            tree = sqlglot.parse_one(f"SELECT {literals.literal(text, dialect)} AS x", dialect=dialect)
            assert tree.selects[0].unalias().this == text, (dialect, text)
